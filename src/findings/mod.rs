//! Findings: what a person should know of a session and its maps, each with a name that stays.
//!
//! A finding is a file: its rule, name, severity, words, remedy and data. [`RULES`] lists them all.
//! Some look at what is known before a voxel is read (`Opened`), the others at what came out of
//! the one pass (`Computed`). What is found stands in one list of the
//! [`Record`](crate::record::Record), which every output reads. [`DIFF_RULES`] are those of the
//! comparison of two maps, whose findings stand in the [`DiffRecord`](crate::diff::DiffRecord);
//! [`IMAGE_RULES`] look at one image alone, for its [`ImageInfo`](crate::info::ImageInfo).
//!
//! To add one: write its file beside these, with a `RULE`, and name it in [`RULES`];
//! CONTRIBUTING.md has a worked example. A finding of a comparison has a `DIFF_RULE`, named in
//! [`DIFF_RULES`]. This module decides; it does not print.

mod affine_differs;
pub mod between_runs;
mod clipped;
mod columns_differ;
mod confounds_matched;
mod confounds_unused;
mod constant;
mod definition_not_recorded;
pub(crate) mod definitions_differ;
mod demeaned;
mod dependent_regressors;
mod drift;
mod dropout;
mod dummy_scans;
mod entities_differ;
mod extension_dropped;
mod few_volumes;
mod fewer_threads;
mod files_skipped;
mod ghost;
mod gzip_surplus;
mod header_mended;
mod image_misplaced;
mod image_resampled;
mod least_std;
mod low_tsnr;
mod mask_not_binary;
mod mostly_undefined;
mod motion;
mod no_cosines;
mod no_mask;
mod non_steady;
mod not_checked;
mod not_finite;
mod orientation_unknown;
mod outlier_run;
mod outlier_slice;
mod outlier_volume;
mod part_phase;
mod run_left_out;
mod runs_in_memory;
mod same_run;
mod shift;
mod short_run;
mod single_volume;
mod slope_differs;
mod tr_differs;
mod tr_milliseconds;
mod tr_sidecar;
mod units_differ;
mod volumes_reordered;
mod words;

use crate::error::Setting;
use crate::formats::{Geometry, Oddity, Source};
use crate::maps::Counts;
use crate::nuisance::Prepared;
use crate::numbers::counted;
use crate::pipeline::{Analysis, Beside, RunSignals};
use crate::quality::{Quality, RunQuality};
use crate::recipe::{FieldDifference, Recipe, RecordedDefinition, TsnrDefinition};
use crate::regions::{Brain, NamedMask};
use crate::runs::{Run, grouped_by, names_of, shortened};
use crate::stats::peak::RunPeak;
use crate::stats::summary::Summary;
use crate::voxels::Datatype;
use between_runs::BetweenRuns;
use serde::Serialize;
use serde_json::{Map, Value};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// No text of a finding has more characters: a few of many things are named, the rest is counted,
/// and of what is long all the same the middle is left out.
const LONGEST_TEXT: usize = 300;

/// All rules, in the order in which their findings are listed.
pub const RULES: &[Rule] = &[
    files_skipped::RULE,
    volumes_reordered::RULE,
    same_run::RULE,
    part_phase::RULE,
    entities_differ::RULE,
    affine_differs::RULE,
    units_differ::RULE,
    tr_sidecar::RULE,
    tr_milliseconds::RULE,
    tr_differs::RULE,
    slope_differs::RULE,
    single_volume::RULE,
    orientation_unknown::RULE,
    header_mended::RULE,
    confounds_matched::RULE,
    confounds_unused::RULE,
    columns_differ::RULE,
    run_left_out::RULE,
    dummy_scans::RULE,
    few_volumes::RULE,
    dependent_regressors::RULE,
    no_cosines::RULE,
    image_misplaced::RULE,
    mask_not_binary::RULE,
    image_resampled::RULE,
    extension_dropped::RULE,
    fewer_threads::RULE,
    runs_in_memory::RULE,
    short_run::RULE,
    no_mask::RULE,
    low_tsnr::RULE,
    outlier_run::RULE,
    motion::RULE,
    shift::RULE,
    outlier_slice::RULE,
    outlier_volume::RULE,
    drift::RULE,
    ghost::RULE,
    dropout::RULE,
    between_runs::RULE,
    non_steady::RULE,
    demeaned::RULE,
    clipped::RULE,
    constant::RULE,
    least_std::RULE,
    not_finite::RULE,
    gzip_surplus::RULE,
    mostly_undefined::RULE,
    not_checked::RULE,
];

/// All rules of the comparison of two maps, in the order in which their findings are listed.
pub const DIFF_RULES: &[Rule] = &[
    orientation_unknown::DIFF_RULE,
    image_misplaced::DIFF_RULE,
    mask_not_binary::DIFF_RULE,
    image_resampled::DIFF_RULE,
    definition_not_recorded::DIFF_RULE,
    definitions_differ::DIFF_RULE,
    header_mended::DIFF_RULE,
    gzip_surplus::DIFF_RULE,
];

/// All rules that one image tells by its header and name, in the order in which their findings are listed.
pub const IMAGE_RULES: &[Rule] = &[
    part_phase::IMAGE_RULE,
    tr_sidecar::IMAGE_RULE,
    tr_milliseconds::IMAGE_RULE,
    orientation_unknown::IMAGE_RULE,
    header_mended::IMAGE_RULE,
];

/// A rule that finds something.
pub struct Rule {
    /// A name that stays as it is.
    pub name: &'static str,
    /// How much its findings matter, where a finding does not say otherwise.
    pub severity: Severity,
    /// The rule in a sentence, for a table of all rules.
    pub about: &'static str,
    look: Look,
}

/// The moment at which a rule looks, and at what.
enum Look {
    /// A look before a voxel is read, at what is known then.
    Before(fn(&Opened) -> Vec<Finding>),
    /// A look after the pass, at what came out.
    After {
        /// The thing that is looked for, in words; nothing where it could not be found.
        looked_for: fn(&Computed) -> Option<String>,
        /// The findings; asked for only where something was looked for.
        find: fn(&Computed) -> Vec<Finding>,
    },
    /// A look at what came out, as far as it suffices to judge.
    Judge {
        /// The thing that is looked for, as in `After`.
        looked_for: fn(&Computed) -> Option<String>,
        /// The findings, as in `After`.
        find: fn(&Computed) -> Vec<Finding>,
        /// The need of the rule, in words, which is said where it could not be looked for.
        needs: &'static str,
    },
    /// Both: what is known before a voxel is read, and then what came out.
    BeforeAndAfter {
        /// The findings before a voxel is read.
        before: fn(&Opened) -> Vec<Finding>,
        /// The thing that is looked for, as in `After`.
        looked_for: fn(&Computed) -> Option<String>,
        /// The findings, as in `After`.
        find: fn(&Computed) -> Vec<Finding>,
    },
    /// Two maps that are compared.
    Pair(fn(&Pair) -> Vec<Finding>),
    /// One image, of which no voxel is read.
    Image(fn(&Run) -> Vec<Finding>),
}

impl Rule {
    fn finding(&self, text: impl Into<String>) -> Finding {
        Finding {
            name: self.name,
            severity: self.severity,
            text: shortened(&text.into(), LONGEST_TEXT),
            remedy: String::new(),
            place: None,
            data: Map::new(),
            settings: Vec::new(),
        }
    }

    /// Whether the rule looks at what came out, and not at what is known before.
    pub fn looks_at_maps(&self) -> bool {
        matches!(self.look, Look::After { .. } | Look::Judge { .. } | Look::BeforeAndAfter { .. })
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Severity {
    /// Something that was done, or was not checked; never an error.
    Note,
    /// Something that may make the result other than what is expected.
    Warning,
    /// Something that makes the result wrong.
    Error,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Finding {
    /// The name of its rule, in [`RULES`], [`DIFF_RULES`] or [`IMAGE_RULES`].
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The finding, in plain words.
    pub text: String,
    /// The next step; empty if the text says it.
    pub remedy: String,
    /// Where it was found, if it is of one place.
    pub place: Option<Place>,
    /// The figures of the finding, by name.
    pub data: Map<String, Value>,
    /// The settings that the remedy speaks of.
    #[serde(skip)]
    pub settings: Vec<Setting>,
}

/// The findings that make a strict run fail: warnings and errors whose names are not allowed.
pub fn refused<'a>(findings: &'a [Finding], allowed: &[String]) -> Vec<&'a Finding> {
    let is_allowed = |it: &Finding| allowed.iter().any(|name| name == it.name);
    findings.iter().filter(|it| it.severity >= Severity::Warning && !is_allowed(it)).collect()
}

/// A place in the data. Volumes, slices and voxels count from 0 within the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Place {
    /// The run's name.
    pub run: Option<String>,
    /// The volume.
    pub volume: Option<usize>,
    /// The slice along the third axis.
    pub slice: Option<usize>,
    /// The voxel, `[x, y, z]`.
    pub voxel: Option<[usize; 3]>,
}

impl Place {
    fn run(name: impl Into<String>) -> Place {
        Place { run: Some(name.into()), ..Place::default() }
    }

    fn voxel(position: [usize; 3]) -> Place {
        Place { voxel: Some(position), ..Place::default() }
    }
}

impl Finding {
    fn remedy(self, remedy: &str, settings: impl Into<Vec<Setting>>) -> Finding {
        Finding { remedy: remedy.to_owned(), settings: settings.into(), ..self }
    }

    fn place(self, place: Place) -> Finding {
        Finding { place: Some(place), ..self }
    }

    fn severity(self, severity: Severity) -> Finding {
        Finding { severity, ..self }
    }

    fn figure(mut self, name: &str, value: impl Into<Value>) -> Finding {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// Whether the summary has it as a line of its own, so that it need not be told before.
    pub fn is_in_summary(&self) -> bool {
        [no_mask::RULE.name, not_checked::RULE.name].contains(&self.name)
    }

    /// The finding in one line, the name first: by it the finding is looked up, or allowed.
    pub fn line(&self) -> String {
        match self.remedy.as_str() {
            "" => format!("{}: {}", self.name, self.text),
            remedy => format!("{}: {}; {remedy}", self.name, self.text),
        }
    }
}

/// The facts of an analysis that are known before a voxel is read.
pub(crate) struct Opened<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The definition that its choices come to.
    pub definition: &'a TsnrDefinition,
    /// Files that patterns brought and that were left out, a line each.
    pub skipped_files: &'a [String],
    /// The runs, and what is used of them.
    pub prepared: &'a Prepared,
    /// The oddities of the images beside the runs.
    pub beside: &'a Beside,
    /// Extensions of the first image's header that its maps do not get, in words.
    pub dropped_extensions: &'a [String],
    /// Threads that compute, those that fit into the memory, and those that were asked for.
    pub threads: [NonZeroUsize; 3],
    /// The memory that is expected to be taken, in bytes.
    pub predicted_bytes: u64,
    /// Whether each run has a tSNR of its own, where that was asked for.
    pub have_own_tsnr: bool,
}

impl Opened<'_> {
    /// How much it matters that a repetition time is not what it seems.
    fn severity_of_tr(&self) -> Severity {
        match self.definition.highpass_seconds {
            Some(_) => Severity::Warning,
            None => Severity::Note,
        }
    }
}

/// The outcome of the pass, as far as it tells something.
pub(crate) struct Computed<'a> {
    /// The runs, and what was used of them.
    pub prepared: &'a Prepared,
    /// The analysis that was asked for.
    pub analysis: &'a Analysis,
    /// The signals of the volumes of each run.
    pub signals: &'a [RunSignals],
    /// The voxels in the mask that change and have a sample at the limit of its type, unscaled.
    pub at_limit: &'a [usize],
    /// The greatest value of each run, and its samples in voxels in the mask that change.
    pub peaks: &'a [RunPeak],
    /// How many voxels in the mask vary, but by no more than the least std of the definition.
    pub below_least_std: usize,
    /// The tSNR of the voxels in the mask that have one.
    pub tsnr: &'a [f64],
    /// The summary of these.
    pub summary: &'a Summary,
    /// How many voxels in the mask have a tSNR, and why the others have none.
    pub counts: Counts,
    /// The mask, if one was asked for.
    pub mask: Option<&'a NamedMask>,
    /// The brain, if no mask was asked for and one was found.
    pub brain: Option<&'a Brain>,
    /// The quality of the runs as their series tell it.
    pub quality: &'a Quality,
    /// The share of variance that lies between the runs, if it was computed.
    pub between: Option<BetweenRuns>,
}

impl Computed<'_> {
    /// Whether samples are of float64, so that they may be too large or too small to be squared.
    fn has_float64(&self) -> bool {
        self.prepared.session.images().any(|image| image.datatype() == Datatype::Float64)
    }

    /// Whether the data have a mean that a rule can measure them by: not where it looks removed, from the
    /// brain as well.
    fn has_mean(&self) -> bool {
        let of_brain = self.brain.and_then(Brain::median);
        of_brain.is_some_and(|it| !demeaned::is_none(it)) || !demeaned::is_demeaned(self)
    }

    /// Where it was looked at: `in the mask`, `in the brain`, `in the voxels that vary`.
    fn place(&self) -> &'static str {
        match (self.mask, self.brain) {
            (Some(NamedMask { is_automatic: false, .. }), _) => "in the mask",
            (Some(_), _) | (None, Some(_)) => "in the automatic brain mask",
            (None, None) => "in the voxels that vary",
        }
    }

    /// The voxels whose series were looked at, in words.
    fn sample(&self) -> String {
        let count = self.quality.sampled;
        format!("a sample of {} {}", counted(count, "voxel"), self.place())
    }

    /// The position of a voxel of the grid.
    fn position(&self, voxel: usize) -> [usize; 3] {
        let [x, y, _] = self.prepared.session.geometry().shape;
        [voxel % x, voxel / x % y, voxel / (x * y)]
    }

    /// The name of a run.
    fn name_of_run(&self, run: usize) -> String {
        self.prepared.session.runs()[run].name()
    }

    /// The number of runs in which something could be looked for, where it is not all of them: ` (in 2 of 3
    /// runs)`; nothing where it is none.
    fn in_runs(&self, could_be: impl Fn(&RunQuality) -> bool) -> Option<String> {
        let runs = &self.quality.runs;
        let count = runs.iter().filter(|it| could_be(it)).count();
        match count {
            0 => None,
            count if count < runs.len() => Some(format!(" (in {count} of {} runs)", runs.len())),
            _ => Some(String::new()),
        }
    }
}

/// The number of findings of many runs that are listed each by itself, the worst of them.
const MOST_LISTED: usize = 6;

/// Findings of runs, each with how bad it is, in the order of the runs: of many the worst, the last of
/// which says how many more there are.
fn worst(mut found: Vec<(f64, Finding)>) -> Vec<Finding> {
    let more = found.len().saturating_sub(MOST_LISTED);
    if more > 0 {
        let mut order: Vec<usize> = (0..found.len()).collect();
        order.sort_by(|&a, &b| found[b].0.total_cmp(&found[a].0).then(a.cmp(&b)));
        let mut kept = order[..MOST_LISTED].to_vec();
        kept.sort_unstable();
        found = kept.into_iter().map(|it| found[it].clone()).collect();
        let last = &mut found[MOST_LISTED - 1].1;
        let runs = if more == 1 { "1 more run".to_owned() } else { format!("{more} more runs") };
        last.text = shortened(&format!("{}; so have {runs}", last.text), LONGEST_TEXT);
        last.data.insert("more_runs".to_owned(), more.into());
    }
    found.into_iter().map(|it| it.1).collect()
}

/// Two maps that are compared, as far as it tells something.
pub(crate) struct Pair<'a> {
    /// The files of the two maps.
    pub paths: [&'a Path; 2],
    /// The geometry of the first.
    pub geometry: &'a Geometry,
    /// The definitions in the headers of the two maps.
    pub definitions: [Option<&'a RecordedDefinition>; 2],
    /// The fields in which these differ.
    pub differences: &'a [FieldDifference],
    /// The oddities of the images beside the first map.
    pub beside: &'a Beside,
}

/// The findings that need no voxel.
pub(crate) fn before(opened: &Opened) -> Vec<Finding> {
    let rule = |rule: &Rule| match rule.look {
        Look::Before(look) | Look::BeforeAndAfter { before: look, .. } => look(opened),
        Look::After { .. } | Look::Judge { .. } | Look::Pair(_) | Look::Image(_) => Vec::new(),
    };
    RULES.iter().flat_map(rule).collect()
}

/// The findings that the maps tell.
pub(crate) fn after(computed: &Computed) -> Vec<Finding> {
    let rule = |rule: &Rule| match rule.look {
        Look::Before(_) | Look::Pair(_) | Look::Image(_) => Vec::new(),
        Look::After { looked_for, find }
        | Look::Judge { looked_for, find, .. }
        | Look::BeforeAndAfter { looked_for, find, .. } => match looked_for(computed) {
            Some(_) => find(computed),
            None => Vec::new(),
        },
    };
    RULES.iter().flat_map(rule).chain(not_checked::find(computed)).collect()
}

/// The findings of a comparison.
pub(crate) fn of_pair(pair: &Pair) -> Vec<Finding> {
    let rule = |rule: &Rule| match rule.look {
        Look::Pair(look) => look(pair),
        _ => Vec::new(),
    };
    DIFF_RULES.iter().flat_map(rule).collect()
}

/// The findings that one image tells by itself.
pub(crate) fn of_image(image: &Run) -> Vec<Finding> {
    let rule = |rule: &Rule| match rule.look {
        Look::Image(look) => look(image),
        _ => Vec::new(),
    };
    IMAGE_RULES.iter().flat_map(rule).collect()
}

/// The oddities of images that go by the name of their files.
fn oddities<'a>(
    images: impl Iterator<Item = &'a Arc<dyn Source>>,
) -> impl Iterator<Item = (&'a Path, Oddity)> {
    images.flat_map(|image| image.oddities().into_iter().map(move |it| (image.path(), it)))
}

/// Each oddity that `chosen` takes once, with the files of which it is true.
fn odd_files<'a>(
    oddities: impl Iterator<Item = (&'a Path, Oddity)>,
    chosen: fn(Oddity) -> Option<String>,
) -> impl Iterator<Item = (String, String)> {
    let odd = oddities.filter_map(|(path, oddity)| Some((chosen(oddity)?, path)));
    grouped_by(odd).into_iter().map(|(what, files)| (what, names_of(&files)))
}

/// Everything that was looked for in headers and maps, whether it was found or not, each in a few
/// words.
pub(crate) fn looked_for(computed: &Computed) -> Vec<String> {
    let is_compared = computed.prepared.session.images().count() > 1;
    let of_each = "names that say phase, TRs that a sidecar contradicts or that look like \
                   milliseconds"
        .to_owned();
    let of_headers = is_compared.then(|| {
        "headers that differ in affine, units, TR or scaling, or in having one volume only; names \
         and links that tell of one run, or of several subjects, reconstructions or directions"
            .to_owned()
    });
    let of_maps = RULES.iter().filter_map(|rule| match rule.look {
        Look::Before(_) | Look::Pair(_) | Look::Image(_) => None,
        Look::After { looked_for, .. }
        | Look::Judge { looked_for, .. }
        | Look::BeforeAndAfter { looked_for, .. } => looked_for(computed),
    });
    std::iter::once(of_each).chain(of_headers).chain(of_maps).collect()
}

/// The names of the rules.
pub fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}
