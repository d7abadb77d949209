//! The outcome of a comparison: a [`DiffRecord`], of which every output is a function.

use super::{DiffRecipe, DiffSide};
use crate::findings::Finding;
use crate::formats::{Geometry, MapSink};
use crate::recipe::FieldDifference;
use crate::record::NamedMask;
use crate::regions::{Mask, Row};
use crate::stats::paired::Pairs;
use crate::stats::summary::Summary;
use std::sync::Arc;
use std::time::SystemTime;

/// The outcome of a comparison: both maps, their pairs, summaries, findings and provenance.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DiffRecord {
    /// The recipe that was followed.
    pub recipe: DiffRecipe,
    /// The first map, against which the second is held.
    pub a: DiffSide,
    /// The second map.
    pub b: DiffSide,
    /// The fields in which the recorded definitions differ, those that change the meaning first;
    /// none where one of the maps has no definition.
    pub differences: Vec<FieldDifference>,
    /// The geometry of the first map, which the maps of the pairs have.
    pub geometry: Geometry,
    /// The writer of the maps of the pairs, with that geometry.
    pub sink: Arc<dyn MapSink>,
    /// Where the maps are looked at; everywhere if there is none.
    pub mask: Option<NamedMask>,
    /// The counts of voxels in the mask by which of the maps has a value.
    pub counts: DiffCounts,
    /// The voxels with a value in both maps, in the mask.
    pub pairs: Pairs,
    /// The pairs in the mask, or the whole grid, as one region.
    pub whole: PairedRegion,
    /// The pairs in each region of the atlas, if one was given.
    pub regions: Vec<PairedRegion>,
    /// The findings, in the order of the [rules](crate::findings::DIFF_RULES).
    pub findings: Vec<Finding>,
    /// How the record came about.
    pub provenance: DiffProvenance,
}

/// Counts of voxels in the mask by which of the maps has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiffCounts {
    /// All voxels in the mask.
    pub voxels: usize,
    /// Voxels with a value in both maps, which are compared.
    pub both: usize,
    /// Voxels with a value in the first map alone.
    pub only_a: usize,
    /// Voxels with a value in the second map alone.
    pub only_b: usize,
}

/// A region in both maps, their difference and their ratio.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PairedRegion {
    /// The label of the region; 1 of the whole grid.
    pub index: i64,
    /// The name of the region.
    pub name: String,
    /// Summaries of [`Pairs::maps`], in their order, over the voxels of the region in the mask.
    /// Voxels that are not compared are undefined.
    pub summaries: [Summary; 4],
}

/// How a record of a comparison came about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DiffProvenance {
    /// The version of tsnr.
    pub version: &'static str,
    /// The time at which the comparison began.
    pub began: SystemTime,
    /// The most memory that the process had held when it ended, where the system tells.
    pub peak_bytes: Option<u64>,
    /// The predicted peak, in bytes.
    pub predicted_bytes: u64,
}

impl DiffRecord {
    /// Whether both definitions are recorded and mean the same.
    pub fn is_alike(&self) -> bool {
        let are_known = self.a.definition.is_some() && self.b.definition.is_some();
        are_known && !self.differences.iter().any(|it| it.changes_meaning)
    }

    /// The comparison in a few words.
    pub fn title(&self) -> String {
        format!("{} against {}", self.b.name, self.a.name)
    }
}

impl DiffCounts {
    pub(super) fn from_maps(a: &[f64], b: &[f64], mask: Option<&Mask>) -> DiffCounts {
        let voxels = a.iter().zip(b).enumerate();
        let inside = voxels.filter(|(voxel, _)| mask.is_none_or(|mask| mask.inside()[*voxel]));
        let mut counts = DiffCounts { voxels: 0, both: 0, only_a: 0, only_b: 0 };
        for (_, (a, b)) in inside {
            let (has_a, has_b) = (a.is_finite(), b.is_finite());
            counts.voxels += 1;
            counts.both += usize::from(has_a && has_b);
            counts.only_a += usize::from(has_a && !has_b);
            counts.only_b += usize::from(has_b && !has_a);
        }
        counts
    }

    /// How many voxels have a value in neither map.
    pub fn neither(&self) -> usize {
        self.voxels - self.both - self.only_a - self.only_b
    }
}

impl PairedRegion {
    /// The regions of a table that has a row for each of [`Pairs::maps`].
    pub(super) fn of_rows(rows: &[Row]) -> Vec<PairedRegion> {
        let region = |rows: &[Row]| PairedRegion {
            index: rows[0].index,
            name: rows[0].name.clone(),
            summaries: std::array::from_fn(|map| rows[map].summary),
        };
        rows.chunks_exact(Pairs::NAMES.len()).map(region).collect()
    }

    /// How many of its voxels are compared.
    pub fn compared(&self) -> usize {
        self.summaries[0].voxels - self.summaries[0].undefined
    }
}
