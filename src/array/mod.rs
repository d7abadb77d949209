//! Lazy arrays in chunks: how an axis is cut, and how what is computed of the parts becomes
//! one value.
//!
//! - [`chunk_ranges`] cuts an axis.
//! - A [`Baton`] is the state of a chain of tasks, each of which adds a chunk to it and
//!   passes it on: one state lives, however many chunks there are.
//!
//! What results has a shape that depends on the chunks alone, never on threads or time, so
//! it is the same however it is computed. This module does not know what is in a chunk, nor
//! where it comes from.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Pool, delayed};

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
}
