//! Lazy arrays that are chunked along one axis, here time.
//!
//! A [`Chunked`] array is a list of chunks of which none has been computed: each is a task
//! of the [graph](crate::graph). Concatenating two puts their lists one behind the other;
//! [`Chunked::map_reduce`] adds a task per chunk and a tree of tasks that merges the
//! results two by two. The tree's shape depends on the number of chunks alone, never on
//! threads or time, so a result is the same however it is computed.
//!
//! This module does not know what is in a chunk, nor where it comes from.

use crate::graph::{Delayed, delayed};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

/// Consecutive ranges of `chunk_length` (the last may be shorter) that make up `0..length`.
pub fn chunk_ranges(
    length: usize,
    chunk_length: NonZeroUsize,
) -> impl Iterator<Item = Range<usize>> {
    let step = chunk_length.get();
    (0..length).step_by(step).map(move |start| start..length.min(start.saturating_add(step)))
}

/// A lazy array: its chunks, in order.
pub struct Chunked<T> {
    chunks: Vec<Chunk<T>>,
}

/// One chunk: what it is of, in words (`run-01 [0..32)`), and the task that makes it.
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

    /// `map` of each chunk, merged in a balanced binary tree over neighbours, left before
    /// right. `merge` must be associative, and need not be commutative.
    ///
    /// # Panics
    /// If the array has no chunk.
    pub fn map_reduce<P, M, J>(&self, map_name: &str, map: M, merge: J) -> Delayed<P>
    where
        P: Clone + Send + Sync + 'static,
        M: Fn(&T) -> P + Send + Sync + 'static,
        J: Fn(P, &P) -> P + Send + Sync + 'static,
    {
        let map = Arc::new(map);
        let merge = Arc::new(merge);
        let mut level: Vec<Delayed<P>> = Vec::with_capacity(self.chunks.len());
        for chunk in &self.chunks {
            let map = Arc::clone(&map);
            let name = format!("{map_name} {}", chunk.label);
            level.push(delayed(name, (&chunk.value,), move |(chunk,)| map(&chunk)));
        }
        assert!(!level.is_empty(), "an array has a chunk");
        while level.len() > 1 {
            let pair = |pair: &[Delayed<P>]| match pair {
                [left, right] => {
                    let merge = Arc::clone(&merge);
                    delayed("merge", (left, right), move |(left, right)| {
                        merge(Arc::unwrap_or_clone(left), &right)
                    })
                }
                [odd] => odd.clone(),
                _ => unreachable!("chunks(2) gives one or two"),
            };
            level = level.chunks(2).map(pair).collect();
        }
        level.swap_remove(0)
    }
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
    fn the_tree_keeps_the_order_and_its_shape_whatever_the_threads() {
        for threads in [1, 2, 7] {
            let pool = Pool::new(NonZeroUsize::new(threads).unwrap()).unwrap();
            let array = Chunked::concatenate([chunked(0..3), chunked(3..5)]);
            let joined = array.map_reduce(
                "word",
                |number| number.to_string(),
                |left, right| format!("({left}{right})"),
            );
            assert_eq!(*joined.compute(&pool).unwrap(), "(((01)(23))4)");
        }
    }
}
