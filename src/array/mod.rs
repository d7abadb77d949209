//! Lazy arrays that are chunked along an axis, and what is computed of them chunk by chunk.
//!
//! A [`Chunked`] array is a list of chunks in order, each a task of the
//! [graph](crate::graph) that has not run. Concatenating puts lists one behind the other;
//! nothing is copied. Two ways lead to one value:
//!
//! - [`Chunked::accumulate`]: a chain of tasks, each of which takes over a state from the
//!   one before and adds its chunk. One state lives, however many chunks there are.
//! - [`fold`]: values joined from left to right.
//!
//! Both have a shape that depends on the chunks alone, never on threads or time, so a result
//! is the same however it is computed. This module does not know what is in a chunk, nor
//! where it comes from.

use crate::graph::{Delayed, delayed};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Consecutive ranges of `chunk_length` (the last may be shorter) that make up `0..length`.
pub fn chunk_ranges(
    length: usize,
    chunk_length: NonZeroUsize,
) -> impl Iterator<Item = Range<usize>> {
    let step = chunk_length.get();
    (0..length).step_by(step).map(move |start| start..length.min(start.saturating_add(step)))
}

/// A value that is passed on, from the task that made it to the one task that goes on with it.
#[derive(Debug)]
pub struct Baton<T>(Mutex<Option<T>>);

impl<T> Baton<T> {
    /// A baton that holds `value`.
    pub fn new(value: T) -> Baton<T> {
        Baton(Mutex::new(Some(value)))
    }

    /// The value.
    ///
    /// # Panics
    /// If it was taken before: two tasks were made to go on with it.
    pub fn take(&self) -> T {
        let mut value = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        value.take().expect("one task goes on")
    }
}

/// A lazy array: its chunks, in order.
#[derive(Debug)]
pub struct Chunked<T> {
    chunks: Vec<Chunk<T>>,
}

/// One chunk: what it is of, in words (`run-01 [0..32)`), and the task that makes it.
#[derive(Debug)]
pub struct Chunk<T> {
    /// What the chunk is of; names the tasks made from it.
    pub label: String,
    /// The task that makes it.
    pub value: Delayed<T>,
}

impl<T: Send + Sync + 'static> Chunked<T> {
    /// An array of these chunks.
    pub fn new(chunks: Vec<Chunk<T>>) -> Chunked<T> {
        Chunked { chunks }
    }

    /// The arrays one behind the other. Nothing is computed or copied.
    pub fn concatenate(arrays: impl IntoIterator<Item = Chunked<T>>) -> Chunked<T> {
        Chunked { chunks: arrays.into_iter().flat_map(|array| array.chunks).collect() }
    }

    /// `start()`, to which `add` adds each chunk in order: a task a chunk, called `name` and
    /// the chunk's label.
    ///
    /// # Panics
    /// If the array has no chunk.
    pub fn accumulate<S, B, A>(&self, name: &str, start: B, add: A) -> Delayed<Baton<S>>
    where
        S: Send + 'static,
        B: Fn() -> S + Send + Sync + 'static,
        A: Fn(&mut S, &T) + Send + Sync + 'static,
    {
        let (first, rest) = self.chunks.split_first().expect("an array has a chunk");
        let add = Arc::new(add);
        let task = |chunk: &Chunk<T>| format!("{name} {}", chunk.label);
        let begin = Arc::clone(&add);
        let begin = delayed(task(first), &first.value, move |chunk| {
            let mut state = start();
            begin(&mut state, &chunk);
            Baton::new(state)
        });
        rest.iter().fold(begin, |state, chunk| {
            let add = Arc::clone(&add);
            delayed(task(chunk), (&state, &chunk.value), move |(state, chunk)| {
                let mut state = state.take();
                add(&mut state, &chunk);
                Baton::new(state)
            })
        })
    }
}

/// The values joined by `merge` from left to right, each join a task called `name`. `merge`
/// need not be commutative.
///
/// # Panics
/// If there is no value.
pub fn fold<P, M>(name: &str, values: Vec<Delayed<P>>, merge: M) -> Delayed<P>
where
    P: Clone + Send + Sync + 'static,
    M: Fn(P, &P) -> P + Send + Sync + 'static,
{
    let merge = Arc::new(merge);
    let join = |left: Delayed<P>, right: Delayed<P>| {
        let merge = Arc::clone(&merge);
        delayed(name, (&left, &right), move |(left, right)| {
            merge(Arc::unwrap_or_clone(left), &right)
        })
    };
    values.into_iter().reduce(join).expect("there is a value to fold")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Pool;

    fn chunked(range: Range<u32>) -> Chunked<u32> {
        Chunked::new(
            range
                .map(|number| Chunk {
                    label: number.to_string(),
                    value: delayed("number", (), move |()| number),
                })
                .collect(),
        )
    }

    #[test]
    fn chunks_cover_the_axis_in_order() {
        let length = NonZeroUsize::new(4).unwrap();
        assert_eq!(chunk_ranges(10, length).collect::<Vec<_>>(), [0..4, 4..8, 8..10]);
        assert_eq!(chunk_ranges(3, NonZeroUsize::MAX).next(), Some(0..3));
        assert_eq!(chunk_ranges(3, NonZeroUsize::MAX).count(), 1);
    }

    #[test]
    fn chunks_are_accumulated_in_order_whatever_the_threads() {
        for threads in [1, 2, 7] {
            let pool = Pool::new(NonZeroUsize::new(threads).unwrap()).unwrap();
            let array = Chunked::concatenate([chunked(0..3), chunked(3..5)]);
            let word = array.accumulate("add", String::new, |word: &mut String, number| {
                word.push_str(&number.to_string());
            });
            assert_eq!(word.compute(&pool).unwrap().take(), "01234");
            assert_eq!(word.compute(&pool).unwrap().take(), "01234", "computed again");
        }
    }

    #[test]
    fn values_are_folded_from_the_left() {
        let pool = Pool::new(NonZeroUsize::new(2).unwrap()).unwrap();
        let letters =
            ["a", "b", "c"].map(|letter| delayed(letter, (), move |()| letter.to_owned()));
        let letters = letters.to_vec();
        let joined = fold("join", letters, |left, right| format!("({left}{right})"));
        assert_eq!(*joined.compute(&pool).unwrap(), "((ab)c)");
    }
}
