//! Lazy arrays in chunks: how an axis is cut, and how what is computed of the parts becomes
//! one value.
//!
//! - [`chunk_ranges`] cuts an axis.
//! - A [`Baton`] is the state of a chain of tasks, each of which adds a chunk to it and
//!   passes it on: one state lives, however many chunks there are.
//! - [`fold`] joins values from left to right.
//!
//! What results has a shape that depends on the chunks alone, never on threads or time, so
//! it is the same however it is computed. This module does not know what is in a chunk, nor
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

    #[test]
    fn chunks_cover_the_axis_in_order() {
        let length = NonZeroUsize::new(4).unwrap();
        assert_eq!(chunk_ranges(10, length).collect::<Vec<_>>(), [0..4, 4..8, 8..10]);
        assert_eq!(chunk_ranges(3, NonZeroUsize::MAX).next(), Some(0..3));
        assert_eq!(chunk_ranges(3, NonZeroUsize::MAX).count(), 1);
    }

    #[test]
    fn a_chain_of_tasks_passes_one_state_on() {
        let pool = Pool::new(NonZeroUsize::new(2).unwrap()).unwrap();
        let start = delayed("start", (), |()| Baton::new(String::from("0")));
        let word = (1..5).fold(start, |state, number| {
            delayed("add", &state, move |state| {
                let mut word: String = state.take();
                word.push_str(&number.to_string());
                Baton::new(word)
            })
        });
        assert_eq!(word.compute(&pool).unwrap().take(), "01234");
        assert_eq!(word.compute(&pool).unwrap().take(), "01234", "computed again");
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
