//! The choice of the volumes of a run that take part.

use crate::recipe::Widening;
use std::ops::Range;

/// Whether a volume takes part, or the one reason why not. Of several reasons that hold, the
/// last in this order is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// The volume takes part.
    Used,
    /// The volume is marked as bad, or is a neighbour of such a volume.
    Censored,
    /// The volume is one of the first of the run, which are not yet steady.
    Dummy,
    /// The volume lies outside the part of the run that was chosen.
    NotChosen,
}

/// The volumes of one run, each with its use. The order in which reasons are given does not
/// matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volumes {
    uses: Vec<Use>,
}

impl Volumes {
    /// A run of `count` volumes, all used.
    pub fn all(count: usize) -> Volumes {
        Volumes { uses: vec![Use::Used; count] }
    }

    /// Leaves out what lies outside `chosen`: counted from 0, without its end, and cut where
    /// the run ends, as a slice in numpy.
    pub fn choose(mut self, chosen: Range<usize>) -> Volumes {
        let count = self.uses.len();
        let from = chosen.start.min(count);
        let to = chosen.end.clamp(from, count);
        self.leave_out(0..from, Use::NotChosen);
        self.leave_out(to..count, Use::NotChosen);
        self
    }

    /// Leaves out the first `count` volumes: of the run, whichever part of it is chosen.
    pub fn drop_dummies(mut self, count: usize) -> Volumes {
        self.leave_out(0..count.min(self.uses.len()), Use::Dummy);
        self
    }

    /// Leaves out the `censored` volumes, and of each the neighbours that the run has.
    ///
    /// # Panics
    /// If the run has no such volume.
    pub fn censor(mut self, censored: &[usize], widening: Widening) -> Volumes {
        let count = self.uses.len();
        for &volume in censored {
            assert!(volume < count, "volume {volume} of {count}");
            let end = volume.saturating_add(widening.after).min(count - 1);
            self.leave_out(volume.saturating_sub(widening.before)..end + 1, Use::Censored);
        }
        self
    }

    fn leave_out(&mut self, volumes: Range<usize>, reason: Use) {
        for found in &mut self.uses[volumes] {
            *found = reason.max(*found);
        }
    }

    /// The use of each volume of the run.
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// The used volumes, ascending.
    pub fn used(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.uses.len()).filter(|&volume| self.uses[volume] == Use::Used)
    }

    /// How many volumes have this use.
    pub fn count(&self, wanted: Use) -> usize {
        self.uses.iter().filter(|&&found| found == wanted).count()
    }

    /// The values at the used volumes, of a column over the whole run.
    ///
    /// # Panics
    /// If the column is not as long as the run.
    pub fn picked(&self, column: &[f64]) -> Vec<f64> {
        assert_eq!(column.len(), self.uses.len(), "a value for each volume");
        self.used().map(|volume| column[volume]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Use::{Censored, Dummy, NotChosen, Used};
    use super::*;

    #[test]
    fn a_chosen_part_is_cut_as_a_numpy_slice() {
        let used = |chosen| Vec::from_iter(Volumes::all(5).choose(chosen).used());
        assert_eq!(used(1..3), [1, 2]);
        assert_eq!(used(3..usize::MAX), [3, 4]);
        assert_eq!(used(7..9), [0; 0]);
        assert_eq!(used(Range { start: 3, end: 1 }), [0; 0]);
    }

    #[test]
    fn dummies_are_counted_from_the_start_of_the_run() {
        let volumes = Volumes::all(5).choose(1..5).drop_dummies(2);
        assert_eq!(volumes.uses(), [NotChosen, Dummy, Used, Used, Used]);
        assert_eq!(Volumes::all(2).drop_dummies(9).count(Dummy), 2);
    }

    #[test]
    fn a_censored_volume_takes_its_neighbours_but_not_across_the_border() {
        let censored = |volume, before, after| {
            let widening = Widening { before, after };
            let volumes = Volumes::all(6).censor(&[volume], widening);
            Vec::from_iter((0..6).filter(|&it| volumes.uses()[it] == Censored))
        };
        assert_eq!(censored(3, 0, 0), [3]);
        assert_eq!(censored(3, 1, 2), [2, 3, 4, 5]);
        assert_eq!(censored(0, 1, 1), [0, 1]);
        assert_eq!(censored(5, 1, 1), [4, 5]);
        assert_eq!(censored(2, usize::MAX, usize::MAX), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_volume_outside_the_chosen_part_still_takes_its_neighbours() {
        let widening = Widening { before: 1, after: 0 };
        let volumes = Volumes::all(4).choose(0..3).censor(&[3], widening);
        assert_eq!(volumes.uses(), [Used, Used, Censored, NotChosen]);
    }

    #[test]
    fn the_reason_given_does_not_depend_on_the_order() {
        let one =
            Volumes::all(5).choose(1..5).drop_dummies(2).censor(&[0, 1, 2], Default::default());
        let two =
            Volumes::all(5).censor(&[2, 1, 0], Default::default()).drop_dummies(2).choose(1..5);
        assert_eq!(one, two);
        assert_eq!(one.uses(), [NotChosen, Dummy, Censored, Used, Used]);
        let counts = [Used, NotChosen, Dummy, Censored].map(|reason| one.count(reason));
        assert_eq!(counts, [2, 1, 1, 1]);
    }

    #[test]
    fn picking_from_a_column_leaves_gaps_in_time() {
        let volumes = Volumes::all(4).censor(&[1], Widening::default());
        assert_eq!(volumes.picked(&[-1.0, -0.5, 0.5, 1.0]), [-1.0, 0.5, 1.0]);
    }
}
