//! How an axis is cut into chunks.

use std::num::NonZeroUsize;
use std::ops::Range;

/// Consecutive ranges of `chunk_length` (the last may be shorter) that make up `0..length`.
pub(super) fn chunk_ranges(
    length: usize,
    chunk_length: NonZeroUsize,
) -> impl Iterator<Item = Range<usize>> {
    let step = chunk_length.get();
    (0..length).step_by(step).map(move |start| start..length.min(start.saturating_add(step)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_the_axis_in_order() {
        let length = NonZeroUsize::new(4).unwrap();
        assert_eq!(chunk_ranges(10, length).collect::<Vec<_>>(), [0..4, 4..8, 8..10]);
        assert_eq!(chunk_ranges(3, NonZeroUsize::MAX).next(), Some(0..3));
        assert_eq!(chunk_ranges(3, NonZeroUsize::MAX).count(), 1);
    }
}
