//! The things that the sections of a page share: a session's short names, its maps as they are shown, and the
//! slices of the scan.

use super::Shown;
use crate::export::Context;
use crate::export::words::grid;
use crate::maps::{MEAN, MapKind, RUN_TSNR, STD};
use crate::pictures::{Crop, Grid, Range, Volume};
use crate::quality::{ComparedSlice, compared_slices};
use crate::record::{Record, short_names};
use crate::stats::quantiles::quantiles_of_finite as quantiles;

/// A record as its page shows it.
pub(super) struct Seen<'a> {
    pub(super) record: &'a Record,
    pub(super) shown: &'a Shown,
    pub(super) context: &'a Context,
    pub(super) grid: Grid,
    /// The names that tell the runs apart.
    pub(super) names: Vec<String>,
    /// The voxels that the figures are of, if not all.
    pub(super) inside: Option<&'a [bool]>,
    /// The mean over all runs, on the whole grid: also outside the mask.
    pub(super) mean: &'a [f64],
    pub(super) std: &'a [f64],
    /// The tSNR in the mask.
    pub(super) tsnr: &'a [f64],
    /// The tSNR of each run by itself; of none where there is one run only, or they have none of their own.
    pub(super) runs: Vec<&'a [f64]>,
    /// The part of the grid that is shown.
    pub(super) head: Crop,
    /// The values at the ends of the colours of every map of tSNR.
    pub(super) tsnr_range: Range,
    /// The slices along the third voxel axis, in the mask, else in the brain: of all runs, then of each of
    /// `runs`.
    pub(super) slices: Vec<SliceMedians>,
}

/// The median tSNR of each slice of a map; NaN where nothing is defined.
pub(super) struct SliceMedians {
    pub(super) medians: Vec<f64>,
    /// The slices that can be held against those beside them.
    pub(super) compared: Vec<ComparedSlice>,
}

impl<'a> Seen<'a> {
    /// # Panics
    /// If the record lacks the maps of mean and std.
    pub(super) fn new(record: &'a Record, shown: &'a Shown, context: &'a Context) -> Seen<'a> {
        let grid = grid(&record.geometry);
        let whole = |kind: MapKind| {
            let map = record.whole.iter().find(|map| map.kind() == kind);
            map.or(record.maps.get(kind)).expect("a page needs mean and std").values()
        };
        let tsnr = record.maps.tsnr();
        let runs: Vec<&[f64]> = match record.runs.len() {
            1 => Vec::new(),
            _ => record.maps.of_kind(RUN_TSNR).map(|map| map.values()).collect(),
        };
        let inside = record.mask.as_ref().map(|it| it.mask.inside());
        let mean = whole(MEAN);
        let head = Crop::of_head(&Volume::new(&grid, mean).expect("a map of the grid"), inside);
        let own: Vec<Range> = runs.iter().map(|values| Range::from_zero(values)).collect();
        let all = Range::from_zero(tsnr);
        let range = Range::shared(&own).map_or(all, |own| own.union(all));
        let in_slice = (grid.shape[0] * grid.shape[1]).max(1);
        let slices = std::iter::once(&tsnr).chain(&runs);
        // Where no mask was given, slices are compared by the brain: the rest is air, for the most part.
        let brain = record.quality.of_slices.as_deref().filter(|_| record.mask.is_none());
        let medians = |values: &&[f64]| match brain {
            None => SliceMedians::new(values, in_slice),
            Some(brain) => {
                let voxels = values.iter().zip(brain);
                let in_brain = voxels.map(|(&it, &is_in)| if is_in { it } else { f64::NAN });
                SliceMedians::new(&in_brain.collect::<Vec<_>>(), in_slice)
            }
        };
        Seen {
            names: short_names(&record.runs),
            inside,
            mean,
            std: whole(STD),
            tsnr,
            slices: slices.map(medians).collect(),
            head,
            tsnr_range: shown.range.unwrap_or(range),
            record,
            shown,
            context,
            grid,
            runs,
        }
    }

    /// Whether a voxel has a tSNR.
    pub(super) fn is_any_defined(&self) -> bool {
        self.record.counts.defined > 0
    }

    /// The slices of a run by itself.
    pub(super) fn slices_of(&self, run: usize) -> Option<&SliceMedians> {
        match self.record.runs.len() {
            1 => self.slices.first(),
            _ => self.slices.get(run + 1),
        }
    }

    /// The slice that is oddest beside its neighbours, in all runs together or in one of them.
    pub(super) fn oddest_slice(&self) -> Option<ComparedSlice> {
        let oddest = self.slices.iter().filter_map(SliceMedians::oddest);
        oddest.min_by(|a, b| a.part().total_cmp(&b.part()))
    }

    /// The values of a map in the mask.
    pub(super) fn in_mask(&self, values: &[f64]) -> Vec<f64> {
        match self.inside {
            None => values.to_vec(),
            Some(inside) => {
                values.iter().zip(inside).filter(|(_, is_in)| **is_in).map(|it| *it.0).collect()
            }
        }
    }

    /// The values at the ends of the colours of a map that begins at 0.
    pub(super) fn range_of(&self, values: &[f64]) -> Range {
        Range::from_zero(&self.in_mask(values))
    }

    /// A text in which the runs are called by what tells them apart.
    pub(super) fn with_short_names(&self, text: &str) -> String {
        let runs = self.record.runs.iter().map(|run| run.name.as_str()).zip(&self.names);
        let mut named: Vec<(&str, &String)> =
            runs.filter(|(name, _)| text.contains(name)).collect();
        // A name may be the beginning of another.
        named.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        named.iter().fold(text.to_owned(), |text, (name, short)| text.replace(name, short))
    }

    /// The number of a run by its name.
    pub(super) fn run_of(&self, name: &str) -> Option<usize> {
        self.record.runs.iter().position(|run| run.name == name)
    }
}

impl SliceMedians {
    fn new(values: &[f64], in_slice: usize) -> SliceMedians {
        let of_slice = |slice: &[f64]| {
            let [median] = quantiles(slice, [0.5])?;
            Some((median, slice.iter().filter(|it| it.is_finite()).count()))
        };
        let medians: Vec<_> = values.chunks(in_slice).map(of_slice).collect();
        SliceMedians {
            compared: compared_slices(&medians),
            medians: medians.iter().map(|it| it.map_or(f64::NAN, |it| it.0)).collect(),
        }
    }

    /// The slice with the least median beside its neighbours'.
    pub(super) fn oddest(&self) -> Option<ComparedSlice> {
        self.compared.iter().copied().min_by(|a, b| a.part().total_cmp(&b.part()))
    }
}

/// The slice along the third voxel axis that is oddest beside its neighbours, of so many voxels each.
pub(in crate::export) fn oddest_slice(values: &[f64], in_slice: usize) -> Option<usize> {
    SliceMedians::new(values, in_slice.max(1)).oddest().map(|it| it.slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_odd_beside_its_neighbours_and_not_at_the_edge() {
        let mut values: Vec<f64> =
            (0..10).flat_map(|slice| vec![40.0 + f64::from(slice); 40]).collect();
        values[..38].fill(f64::NAN);
        values[38..40].fill(3.0);
        values[120..160].fill(19.0);
        let slices = SliceMedians::new(&values, 40);
        let odd = slices.oddest().unwrap();
        assert_eq!(odd, ComparedSlice { slice: 3, tsnr: 19.0, beside: 42.0 });
        let compared: Vec<usize> = slices.compared.iter().map(|it| it.slice).collect();
        assert_eq!(compared, [2, 3, 4, 5, 6, 7, 8], "none at the edge, or beside a few voxels");
        assert!(slices.compared.iter().all(|it| it.is_low() == (it.slice == 3)));
        assert!(SliceMedians::new(&[f64::NAN; 9], 3).oddest().is_none());
    }
}
