//! The request for an analysis, as plain data: a [`Recipe`].
//!
//! A recipe names inputs, a definition of the tSNR, volumes, regressors, a mask, regions, maps and
//! how to compute. It can be written as JSON and read back. The command line makes one of what was
//! typed, Python one of its arguments, and [`analyze`](crate::analyze) makes a
//! [`Record`](crate::record::Record) of it. What the names of tools mean, and whether a definition
//! is still that of its tool, is decided here ([`Tool`], [`TsnrDefinition`]). This module reads no
//! file and computes nothing.
//!
//! ```
//! use tsnr::recipe::{MaskChoice, Recipe, Tool};
//!
//! let mut recipe = Recipe::new(["sub-01/func/*_bold.nii.gz"]);
//! recipe.definition.tool = Some(Tool::Afni);
//! recipe.definition.detrend = Some(1);
//! recipe.mask = Some(MaskChoice::Auto);
//! let definition = recipe.resolved()?;
//! assert_eq!(definition.tool(), None, "AFNI's 3dTstat -tsnr removes no trend");
//! # Ok::<(), tsnr::error::Error>(())
//! ```

mod definition;
mod differences;
mod mode;
mod recorded;
mod selection;
mod tools;

pub use definition::{MeanKept, TsnrDefinition};
pub use differences::FieldDifference;
pub use mode::Mode;
pub(crate) use recorded::{COSINE, POLYNOMIAL, is_named, is_trend};
pub use recorded::{RecordedDefinition, RecordedPair, Regressors, SCHEMA, is_tsnr, recorded_map};
pub use selection::Selection;
pub use tools::Tool;

use crate::error::Result;
use crate::maps::Wanted;
use crate::maps::WrittenUndefined;
use crate::stats::formula::{Combine, Ddof};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

/// The request: inputs, definition, volumes, regressors, mask, regions, maps, and how to compute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Recipe {
    /// Images, or patterns that are expanded in natural order.
    pub inputs: Vec<PathBuf>,
    /// The repetition time of all runs in seconds; what their sidecars and headers state if there
    /// is none.
    pub tr_seconds: Option<f64>,
    /// The choice of a definition of the tSNR.
    pub definition: DefinitionChoice,
    /// The choice of the volumes of each run that are used.
    pub volumes: VolumeChoice,
    /// Tables of confounds, and which of their columns are regressed out.
    pub confounds: ConfoundChoice,
    /// Where the maps are looked at; everywhere if there is none.
    pub mask: Option<MaskChoice>,
    /// A voxel of a mask image is inside from this value on; what is not 0 if there is none.
    pub mask_threshold: Option<f64>,
    /// Whether masks, atlases and tissues that lie elsewhere than the runs are resampled to their grid,
    /// each voxel from the nearest one.
    pub is_resampled: bool,
    /// Parts of the grid that are summed up by themselves.
    pub regions: RegionChoice,
    /// The maps that are made beside that of the tSNR.
    pub maps: Wanted,
    /// Whether global signal and DVARS of every volume are kept. Those of the first volumes always
    /// are.
    pub signals: bool,
    /// How to compute; the numbers do not depend on it beyond the documented tolerance.
    pub computing: Computing,
}

impl Recipe {
    /// Whether the courses of the runs are kept, for JSON or a page.
    pub fn is_described(&self) -> bool {
        self.signals || self.computing.is_reported
    }

    /// The recipe of a plain map: these inputs, all volumes, nothing removed.
    pub fn new<P: Into<PathBuf>>(inputs: impl IntoIterator<Item = P>) -> Recipe {
        Recipe { inputs: inputs.into_iter().map(Into::into).collect(), ..Recipe::default() }
    }

    /// The whole definition that the choices come to.
    ///
    /// # Errors
    /// Choices that contradict each other.
    pub fn resolved(&self) -> Result<TsnrDefinition> {
        TsnrDefinition::from_choice(&self.definition, self.confounds.columns.as_deref())
    }
}

/// The choice of a definition: a tool's, and single fields of it, which go first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DefinitionChoice {
    /// The tool whose definition is taken where nothing else is chosen.
    pub tool: Option<Tool>,
    /// How the runs become one map.
    pub combine: Option<Combine>,
    /// The divisor of the sum of squares.
    pub ddof: Option<Ddof>,
    /// The image whose mean takes the place of the data's: a map, or a run whose mean is taken.
    pub mean_from: Option<PathBuf>,
    /// The value that is written for a voxel without a tSNR.
    pub undefined: Option<WrittenUndefined>,
    /// The order of the polynomial trend that is removed: 0 to 9.
    pub detrend: Option<usize>,
    /// The cut-off period of the cosine set that is removed, in seconds.
    pub highpass_seconds: Option<f64>,
}

/// The choice of the volumes of each run that are used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct VolumeChoice {
    /// The part of each run that is looked at, in volumes from 0.
    pub chosen: Option<Range<usize>>,
    /// How many volumes at the beginning are left out.
    pub dummies: Dummies,
    /// Lists of volumes to keep, or patterns for them, for the runs.
    pub censor_lists: Vec<PathBuf>,
    /// Volumes with a framewise displacement above so many mm are censored.
    pub fd_threshold_mm: Option<f64>,
    /// Volumes with a standardized DVARS above this are censored.
    pub dvars_threshold: Option<f64>,
    /// Neighbours of censored volumes that are censored as well.
    pub widening: Widening,
    /// The fate of a run that keeps too few volumes for what is fitted.
    pub short_runs: ShortRuns,
}

/// How many neighbours of a censored volume are left out with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widening {
    /// Volumes before it.
    pub before: usize,
    /// Volumes after it.
    pub after: usize,
}

/// How many volumes at the beginning of each run are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dummies {
    /// This number of volumes.
    Count(usize),
    /// The volumes that are not yet steady: those that the table of confounds flags, if there is
    /// one, else by [`non_steady_volumes`](crate::nuisance::non_steady_volumes) of the global
    /// signal of the first [`BEGINNING_VOLUMES`].
    Auto,
}

/// The steady state is looked for in so many first volumes (nipype's `NonSteadyStateDetector`).
pub const BEGINNING_VOLUMES: usize = 50;

impl FromStr for Dummies {
    type Err = String;

    /// `4`, `auto`; the error says what was expected.
    fn from_str(text: &str) -> std::result::Result<Dummies, String> {
        let number = |_| "expected a number of volumes, or 'auto'".to_owned();
        match text {
            "auto" => Ok(Dummies::Auto),
            _ => text.parse().map(Dummies::Count).map_err(number),
        }
    }
}

impl Default for Dummies {
    fn default() -> Dummies {
        Dummies::Count(0)
    }
}

/// The fate of a run that keeps too few volumes for what is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShortRuns {
    /// A short run is an error.
    #[default]
    Refused,
    /// A short run is left out.
    Skipped,
}

/// Tables of confounds, and which of their columns are regressed out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ConfoundChoice {
    /// Tables as fMRIPrep writes them, or patterns for them, one for each run.
    pub tables: Vec<PathBuf>,
    /// Names and patterns of columns, with commas between them: `trans_*,rot_*`.
    pub columns: Option<String>,
}

/// Where the maps are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MaskChoice {
    /// A brain mask made of the mean over time, as nilearn's `compute_epi_mask` makes it.
    Auto,
    /// An image on the grid of the runs: what is not 0 is inside.
    File(PathBuf),
}

/// Parts of the grid that are summed up by themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RegionChoice {
    /// An image of labels: each label but 0 is a region.
    pub atlas: Option<PathBuf>,
    /// The names of the labels.
    pub atlas_labels: Option<PathBuf>,
    /// Each slice of the third axis as a region.
    pub by_slice: bool,
    /// Probability maps of tissues, by name.
    pub tissues: Vec<(String, PathBuf)>,
    /// The least probability of a tissue's voxels.
    pub tissue_threshold: f64,
    /// Whether there is a table also without regions: of the mask, or the whole grid.
    pub is_tabled: bool,
}

impl Default for RegionChoice {
    fn default() -> RegionChoice {
        RegionChoice {
            atlas: None,
            atlas_labels: None,
            by_slice: false,
            tissues: Vec::new(),
            // More likely than not.
            tissue_threshold: 0.5,
            is_tabled: false,
        }
    }
}

impl RegionChoice {
    /// Whether regions are named, and not the whole alone.
    pub fn is_any_named(&self) -> bool {
        self.atlas.is_some() || !self.tissues.is_empty() || self.by_slice
    }

    /// How many kinds of regions there are; one at least where there is a table.
    pub(crate) fn kinds(&self) -> usize {
        let kinds =
            usize::from(self.atlas.is_some()) + self.tissues.len() + usize::from(self.by_slice);
        kinds.max(usize::from(self.is_tabled))
    }
}

/// How to compute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Computing {
    /// The mode, one of three ways to compute the same map.
    pub mode: Mode,
    /// Threads; as many as this process has cores if none are given.
    pub threads: Option<NonZeroUsize>,
    /// The memory that may be taken, in bytes; what the machine has if that is less.
    pub memory_limit: Option<u64>,
    /// Volumes in a chunk of array mode; chosen by size if none are given.
    pub chunk_length: Option<NonZeroUsize>,
    /// Whether the task graph is run as it is declared, without optimisation.
    pub is_unoptimized: bool,
    /// Whether the times of all tasks are recorded, for a profile.
    pub is_profiled: bool,
    /// Whether memory is kept free for a page that will be made of the record.
    pub is_reported: bool,
    /// The memory that is kept free for a picture that will be made of the record and its mean, in
    /// bytes; none if there will be no picture.
    pub picture_bytes: u64,
}
