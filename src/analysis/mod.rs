//! From a recipe to a record: the order of the steps of an analysis.
//!
//! [`analyze`] does it all. Who wants to know what will be done before a voxel is read (the files,
//! the task graph, the memory) takes the first step by itself: [`Planned::new`], then
//! [`Planned::run`].
//!
//! Inputs are expanded and opened, files beside them read, volumes and regressors settled, the
//! threads chosen by the memory, and the task graph made; then the pass is run, masks are applied,
//! and what came out is summed up and looked at by the [rules](crate::findings). This module decides
//! the order; what is done stands in the modules below it.

mod definitions;
mod mask;
mod memory;
mod observer;
mod quality;
mod regions;
mod sample;
mod surfaces;

pub use definitions::{ByTool, by_each_tool, check_read_again};
pub use mask::mask_on_grid;
pub use observer::Observer;
pub use regions::{atlas_on_grid, or_whole, structures_of};
pub use surfaces::PlacedSurface;

use crate::error::{Error, Result, Setting};
use crate::findings::between_runs::BetweenRuns;
use crate::findings::{self, Finding, Opened};
use crate::formats::{Keep, MapFormat, MapSink, PointsPlaces, Progress, Source, bytes_of_files};
use crate::maps::{BETWEEN, MEAN, MapKind, Maps, RUN_TSNR, STD, STDERR, Status, TSNR, Wanted};
use crate::nuisance::{Prepared, PreparedRun, prepare};
use crate::pipeline::{self, Analysis, Beside, OffGrid, PassOutcome, Plan, RunSignals, Settings};
use crate::recipe::{BEGINNING_VOLUMES, MaskChoice, Mode, Recipe, TsnrDefinition};
use crate::record::{Brain, FileRecord, NamedMask, Provenance, Record, RunRecord, Timings};
use crate::regions::Regions;
use crate::resources;
use crate::runs::{self, Run, Session};
use crate::stats::formula::{Combine, Formula};
use crate::stats::quantiles::median_of_finite;
use crate::stats::sampling::Model;
use crate::stats::signals::{SignalsWanted, Spans};
use crate::stats::summary::Summary;
use memory::{predicted_bytes, within_memory};
use observer::Watch;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use taskgraph::profile::Recorder;
use taskgraph::{Cancellation, Outline, PassReport};

/// Computes what a recipe asks for. `observer` is told on the way; `cancellation` ends it.
///
/// # Errors
/// Whatever stands in the way, each with its [kind](crate::error::ErrorKind): inputs that cannot
/// be found, read or put together, memory that does not suffice, a cancellation.
pub fn analyze(
    recipe: &Recipe,
    observer: Arc<dyn Observer>,
    cancellation: &Cancellation,
) -> Result<Record> {
    Planned::new(recipe, observer, cancellation)?.run()
}

/// An analysis of which everything is settled and no voxel has been read for the maps.
pub struct Planned {
    recipe: Recipe,
    definition: TsnrDefinition,
    prepared: Prepared,
    settings: Settings,
    predicted_bytes: u64,
    mask: Option<NamedMask>,
    regions: Vec<Regions>,
    sink: Arc<dyn MapSink>,
    places: Option<PointsPlaces>,
    findings: Vec<Finding>,
    images: Vec<PathBuf>,
    files_beside: Vec<PathBuf>,
    plan: Plan,
    watch: Arc<Watch>,
    began: (Instant, SystemTime),
    /// The time at which the opening ended, in seconds.
    opened: f64,
}

impl Planned {
    /// Settles everything that can be settled before a voxel is read; with `dummies: auto` and
    /// without tables of confounds, the first volumes are read.
    ///
    /// # Errors
    /// As [`analyze`].
    pub fn new(
        recipe: &Recipe,
        observer: Arc<dyn Observer>,
        cancellation: &Cancellation,
    ) -> Result<Planned> {
        let began = (Instant::now(), SystemTime::now());
        let computing = &recipe.computing;
        let is_recorded = computing.is_profiled || computing.is_reported;
        let recorder = is_recorded.then(|| Recorder::new(began.0));
        let watch = Watch { observer, recorder, cancellation: cancellation.clone() };
        let watch = Arc::new(watch);
        let definition = recipe.resolved()?;
        let mut inputs = runs::expand(&recipe.inputs)?;
        let session = Session::of_inputs(&mut inputs, recipe.tr_seconds)?;
        check_streams(&session, computing.mode)?;
        let threads = computing.threads.unwrap_or_else(resources::available_threads);
        // What is read here is read again, and would be counted twice.
        let unwatched: Arc<dyn Progress> = Arc::new(());
        let limit = resources::memory_limit_bytes(computing.memory_limit);
        let prepared = prepare(&session, recipe, &definition, threads, limit, &unwatched)?;
        let session = &prepared.session;
        check_maps(recipe, &definition, session)?;
        let image = session.first_image();
        check_points(recipe, &**image)?;
        let places = match computing.is_reported && image.geometry().points.is_some() {
            true => Some(image.places()?),
            false => None,
        };
        let mut beside = Beside::within(limit);
        let off_grid = if recipe.is_resampled { OffGrid::Resampled } else { OffGrid::Told };
        let mask = match &recipe.mask {
            Some(MaskChoice::File(path)) => {
                let threshold = recipe.mask_threshold;
                Some(mask_on_grid(path, threshold, &**image, off_grid, &mut beside)?)
            }
            Some(MaskChoice::Auto) | None => None,
        };
        let mean = match &recipe.definition.mean_from {
            Some(path) => Some(pipeline::mean_from(path, session, threads, &mut beside)?),
            None => None,
        };
        let regions = regions::regions_of(&recipe.regions, session, off_grid, &mut beside)?;
        let sink = image.map_sink(Keep::Extensions)?;
        let of_image = |what: &String| format!("{}: {what}", image.path().display());
        let dropped_extensions: Vec<String> = sink.left_out().iter().map(of_image).collect();
        let model = match mean {
            Some(mean) => Arc::new(Model::clone(&prepared.model).with_numerator(mean)),
            None => Arc::clone(&prepared.model),
        };
        let have_own_tsnr =
            (0..model.runs().len()).all(|run| definition.formula.freedom_of_run(&model, run) > 0.0);
        let is_described = recipe.is_described();
        let analysis = Analysis {
            definition: definition.formula,
            wanted: wanted(recipe, &definition.formula, &model, have_own_tsnr),
            signals: SignalsWanted {
                hashes: is_described,
                slice_means: true,
                sample: Some(sample::chosen(
                    session,
                    mask.as_ref().map(|it| &it.mask),
                    computing.memory_limit,
                )),
                ..match is_described {
                    true => SignalsWanted {
                        inside: mask.as_ref().map(|it| Spans::of_mask(it.mask.inside())),
                        ..SignalsWanted::global_and_dvars()
                    },
                    false => SignalsWanted::beginning(BEGINNING_VOLUMES),
                }
            },
            model,
        };
        let asked = Settings {
            mode: computing.mode,
            threads,
            chunk_length: computing.chunk_length,
            analysis,
        };
        let before = beside.most_bytes.max(prepared.most_bytes);
        let mut settings = within_memory((recipe, session, places.as_ref()), asked, before, limit)?;
        let predicted_bytes =
            predicted_bytes((recipe, session, places.as_ref()), &settings, before);
        let mut files_beside = files_beside(recipe)?;
        let sidecars: BTreeSet<&PathBuf> = session.runs().iter().flat_map(Run::sidecars).collect();
        files_beside.extend(sidecars.into_iter().cloned());
        let opened = watch.phase("open", 0.0);
        let progress = Arc::clone(&watch) as Arc<dyn Progress>;
        let plan = pipeline::plan(session, &settings, progress)?;
        let plan = if computing.is_unoptimized { plan.unoptimized() } else { plan };
        let fit = settings.threads;
        settings.threads = fit.min(most_threads(&plan));
        let plan = plan.within(computing.memory_limit).on_threads(settings.threads);
        let findings = findings::before(&Opened {
            recipe,
            definition: &definition,
            skipped_files: &inputs.remarks,
            prepared: &prepared,
            beside: &beside,
            dropped_extensions: &dropped_extensions,
            threads: [settings.threads, fit, threads],
            predicted_bytes,
            have_own_tsnr: have_own_tsnr || !needs_own_tsnr(recipe),
        });
        findings.iter().for_each(|finding| watch.observer.found(finding));
        Ok(Planned {
            recipe: recipe.clone(),
            definition,
            settings,
            predicted_bytes,
            mask,
            regions,
            sink,
            places,
            findings,
            images: inputs.images.into_iter().map(|it| it.path).collect(),
            files_beside,
            plan,
            watch,
            began,
            opened,
            prepared,
        })
    }

    /// The runs, without those that were left out.
    pub fn session(&self) -> &Session {
        &self.prepared.session
    }

    /// The images of all runs, also of those that were left out.
    pub fn images(&self) -> &[PathBuf] {
        &self.images
    }

    /// The files that are read beside the images: tables, lists, masks and atlases.
    pub fn files_beside(&self) -> &[PathBuf] {
        &self.files_beside
    }

    /// All files that are read.
    pub fn files_read(&self) -> impl Iterator<Item = &Path> {
        self.images.iter().chain(&self.files_beside).map(PathBuf::as_path)
    }

    /// The values of another image on the grid of the runs, in its order.
    ///
    /// # Errors
    /// An image that cannot be read, has several volumes or another grid, or lies elsewhere; `what` is
    /// what it is called.
    pub fn values_on_grid(&self, path: &Path, what: &str) -> Result<Vec<f64>> {
        let limit = resources::memory_limit_bytes(self.recipe.computing.memory_limit);
        let (first, mut beside) = (self.session().first_image(), Beside::within(limit));
        let (values, _) = pipeline::on_grid_of(path, what, &**first, OffGrid::Told, &mut beside)?;
        match beside.misplaced.pop() {
            Some(it) => {
                Err(Error::mismatch(it.words).remedy("give an image in the space of the runs"))
            }
            None => Ok(values),
        }
    }

    /// The surfaces in these files, on which points of the runs lie.
    ///
    /// # Errors
    /// Runs whose voxels lie on a grid; a file that is no surface, or one of another structure or with
    /// another number of vertices than those of the points; two of one structure.
    pub fn surfaces(&self, paths: &[PathBuf]) -> Result<Vec<PlacedSurface>> {
        surfaces::on_which_points_lie(paths, self.places.as_ref())
    }

    /// How the maps are computed.
    pub fn mode(&self) -> Mode {
        self.settings.mode
    }

    /// The definition as it was resolved.
    pub fn definition(&self) -> &TsnrDefinition {
        &self.definition
    }

    /// The most memory that is expected to be taken, in bytes.
    pub fn predicted_bytes(&self) -> u64 {
        self.predicted_bytes
    }

    /// How many threads will compute; one in serial mode.
    pub fn threads(&self) -> usize {
        threads_of(&self.settings)
    }

    /// The findings that need no voxel, in the order of their rules.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The format of maps where this one is asked for, or none.
    ///
    /// # Errors
    /// One that cannot hold the grid of the runs; the first image is named.
    pub fn map_format(&self, asked: Option<MapFormat>) -> Result<MapFormat> {
        self.sink.format(asked).map_err(|error| error.at(self.session().first_image().path()))
    }

    /// The tasks that will run.
    pub fn outline(&self) -> Outline {
        self.plan.outline()
    }

    /// The tasks as they are before optimisation.
    pub fn raw_outline(&self) -> Outline {
        self.plan.raw_outline()
    }

    /// A report of each pass of the optimisation.
    pub fn passes(&self) -> &[PassReport] {
        self.plan.passes()
    }

    /// Reads the runs, computes the maps, and looks at what came out.
    ///
    /// # Errors
    /// Voxels that cannot be read; a mask that cannot be made; a cancellation.
    pub fn run(self) -> Result<Record> {
        let Planned { prepared, settings, watch, plan, .. } = self;
        let outline = plan.outline();
        let planned = watch.phase("plan", self.opened);
        watch.observer.planned(outline.tasks.len(), prepared.session.voxel_bytes());
        let maps = plan.run(&*watch, &watch.cancellation);
        watch.observer.computed();
        let PassOutcome { mut maps, mut at_limit, mut peaks, signals } = maps?;
        let computed = watch.phase("compute", planned);
        let mask = match &self.recipe.mask {
            Some(MaskChoice::Auto) => {
                Some(mask::automatic(&maps, prepared.session.runs()[0].path())?)
            }
            _ => self.mask,
        };
        // Where no mask was asked for, what is said of the brain is said beside what is said of all.
        let is_grid = prepared.session.geometry().points.is_none();
        let brain = match &mask {
            None if is_grid => mask::brain(&maps),
            _ => None,
        };
        let is_concatenated = settings.analysis.definition.combine == Combine::Concat;
        let quality = quality::Seen {
            prepared: &prepared,
            model: &settings.analysis.model,
            signals: &signals,
            shape: maps.shape(),
            is_grid,
            mean: maps.get(MEAN).expect("the mean is always made").values(),
            tsnr: maps.tsnr(),
            is_described: self.recipe.is_described(),
            between: maps.get(BETWEEN).filter(|_| is_concatenated).map(|it| it.values()),
            inside: mask.as_ref().or(brain.as_ref()),
        };
        let quality = quality.quality(settings.threads);
        let brain = brain.map(|mask| Brain::in_map(mask, maps.tsnr()));
        let mut whole = Vec::new();
        if let Some(NamedMask { mask, .. }) = &mask {
            let shown: &[MapKind] = match &self.recipe.computing {
                computing if computing.is_reported => &[MEAN, STD],
                computing if computing.picture_bytes > 0 => &[MEAN],
                _ => &[],
            };
            whole.extend(shown.iter().filter_map(|kind| maps.get(*kind).cloned()));
            maps.hide_outside(mask.inside());
        }
        // A voxel that never changes is another finding.
        let is_looked_at =
            |voxel: &usize| matches!(maps.status()[*voxel], Status::Defined | Status::NotFinite);
        at_limit.retain(is_looked_at);
        peaks.iter_mut().for_each(|peak| peak.voxels.retain(is_looked_at));
        let (tsnr, counts) = (maps.tsnr(), maps.counts());
        // The values of a map in the voxels that have a tSNR: as many as were counted.
        let of_defined = |map: &[f64]| {
            let mut values = Vec::with_capacity(counts.defined);
            let defined = map.iter().zip(tsnr).filter(|(_, tsnr)| tsnr.is_finite());
            values.extend(defined.map(|(&value, _)| value));
            values
        };
        let defined = of_defined(tsnr);
        let summary = Summary::from_finite(&mut defined.clone());
        let share = maps.get(BETWEEN).map(|share| of_defined(share.values()));
        let analysis = &settings.analysis;
        let least_std = analysis.definition.least_std;
        let stds = maps.get(STD).filter(|_| least_std > 0.0).map(|map| map.values());
        let vary_too_little = |it: &&f64| 0.0 < **it && **it <= least_std;
        let below_least_std = stds.map_or(0, |stds| stds.iter().filter(vary_too_little).count());
        let between_runs =
            share.and_then(|share| BetweenRuns::from_shares(&summary, &defined, &share, analysis));
        let seen = findings::Computed {
            prepared: &prepared,
            analysis,
            signals: &signals,
            at_limit: &at_limit,
            peaks: &peaks,
            below_least_std,
            tsnr: &defined,
            summary: &summary,
            counts,
            mask: mask.as_ref(),
            brain: brain.as_ref(),
            quality: &quality,
            between: between_runs,
        };
        let (found, looked_for) = (findings::after(&seen), findings::looked_for(&seen));
        found.iter().for_each(|finding| watch.observer.found(finding));
        let mut findings = self.findings;
        findings.extend(found);
        let sampled = signals.first().and_then(|it| it.sampled.as_ref());
        let sampled = sampled.map_or(&[][..], |it| &it.places);
        let tissues = regions::tissues(&self.recipe.regions, &self.regions, sampled);
        let runs = run_records(&prepared, &maps, brain.as_ref(), signals)?;
        let name = |run: &RunRecord| (run.name.clone(), run.files[0].path.display().to_string());
        let names: Vec<_> = runs.iter().map(name).collect();
        let regions = match self.recipe.regions.kinds() {
            0 if is_grid || !self.recipe.is_described() => Vec::new(),
            _ => regions::rows(&self.regions, &maps, &names, mask.as_ref().map(|it| &it.mask)),
        };
        watch.phase("summarize", computed);
        let formula = &self.definition.formula;
        Ok(Record {
            divisor: (!formula.combine.is_of_the_runs_own())
                .then(|| formula.freedom(&analysis.model)),
            geometry: prepared.session.geometry().clone(),
            sink: self.sink,
            runs,
            volumes_used: analysis.model.volumes(),
            maps,
            whole,
            at_limit,
            mask,
            brain,
            quality,
            counts,
            between_runs,
            regions,
            tissues,
            places: self.places,
            findings,
            looked_for,
            provenance: Provenance {
                version: env!("CARGO_PKG_VERSION"),
                began: self.began.1,
                seconds: self.began.0.elapsed().as_secs_f64(),
                mode: settings.mode,
                threads: threads_of(&settings),
                peak_bytes: resources::peak_memory_bytes(),
                predicted_bytes: self.predicted_bytes,
            },
            timings: Timings {
                profile: watch.recorder.as_ref().map(|it| it.finish(outline.clone())),
                outline,
            },
            recipe: self.recipe,
            definition: self.definition,
            summary,
        })
    }
}

fn threads_of(settings: &Settings) -> usize {
    if settings.mode == Mode::Serial { 1 } else { settings.threads.get() }
}

/// The most threads that can help: one for each task, or for each core where these are more.
fn most_threads(plan: &Plan) -> NonZeroUsize {
    let tasks = NonZeroUsize::new(plan.outline().tasks.len()).unwrap_or(NonZeroUsize::MIN);
    tasks.max(resources::available_threads())
}

/// The files that a recipe names beside the images.
fn files_beside(recipe: &Recipe) -> Result<Vec<PathBuf>> {
    let mut files = runs::expand_files(&recipe.confounds.tables)?;
    files.extend(runs::expand_files(&recipe.volumes.censor_lists)?);
    files.extend(recipe.definition.mean_from.clone());
    if let Some(MaskChoice::File(mask)) = &recipe.mask {
        files.push(mask.clone());
    }
    let regions = &recipe.regions;
    files.extend(regions.atlas.iter().chain(&regions.atlas_labels).cloned());
    files.extend(regions.tissues.iter().map(|(_, file)| file.clone()));
    Ok(files)
}

/// Whether each run's own tSNR is shown somewhere, though nobody asked for its map.
fn needs_own_tsnr(recipe: &Recipe) -> bool {
    recipe.is_described() || recipe.regions.is_tabled
}

/// The maps that are made: the tSNR, those that are asked for, and what the rest is made from.
fn wanted(recipe: &Recipe, definition: &Formula, model: &Model, have_own_tsnr: bool) -> Wanted {
    let is_reported = recipe.computing.is_reported;
    let for_others = [
        // By which the brain is found, and steps of the head.
        (MEAN, true),
        // By which it is told what a least std leaves undefined.
        (STD, is_reported || definition.least_std > 0.0),
        (BETWEEN, model.runs().len() > 1),
        // Where a run is too short for a tSNR of its own, only who asked for that is refused.
        (RUN_TSNR, needs_own_tsnr(recipe) && have_own_tsnr),
    ];
    let for_others = for_others.into_iter().filter(|(_, is_needed)| *is_needed);
    let asked = std::iter::once(TSNR).chain(recipe.maps.iter());
    asked.chain(for_others.map(|(kind, _)| kind)).collect()
}

/// Refuses a mode for which it is not enough to read a run once, from its beginning to its end.
fn check_streams(session: &Session, mode: Mode) -> Result<()> {
    let stream = session.images().find(|image| image.stream_bytes().is_some());
    match stream {
        Some(image) if mode != Mode::Array => Err(Error::unsupported(format!(
            "a stream, which is read once, in the one pass of array mode; {mode} mode loads runs whole"
        ))
        .remedy("use array mode, or write the run to a file first")
        .settings([Setting::Mode])
        .at(image.path())),
        _ => Ok(()),
    }
}

/// Refuses maps that mean nothing for these runs.
fn check_maps(recipe: &Recipe, definition: &TsnrDefinition, session: &Session) -> Result<()> {
    let runs = session.runs().len();
    let is_concatenated = runs > 1 && definition.formula.combine == Combine::Concat;
    if !(is_concatenated && recipe.maps.has(STDERR)) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "there is no {STDERR} of {runs} runs that are concatenated as they are: shifts between runs \
         are no noise that is independent over time, and the figure would be many times too small"
    ))
    .remedy("remove each run's own mean (combine demean), average the runs, or leave that map out")
    .settings([Setting::Combine]))
}

fn run_records(
    prepared: &Prepared,
    maps: &Maps,
    brain: Option<&Brain>,
    signals: Vec<RunSignals>,
) -> Result<Vec<RunRecord>> {
    let (mut signals, mut own) = (signals.into_iter(), maps.of_kind(RUN_TSNR));
    let runs = prepared.session.runs().iter().zip(&prepared.runs);
    runs.map(|(run, prepared)| {
        let (mut median_tsnr, mut brain_median_tsnr) = (None, None);
        if let Some(map) = own.next() {
            median_tsnr = median_of_finite(map.values().iter().copied());
            let inside = brain.map(|it| it.mask.mask.values_inside(map.values()));
            brain_median_tsnr = inside.and_then(|it| median_of_finite(it.into_iter()));
        }
        let signals = signals.next().unwrap_or_default();
        let record = run_record(run, prepared, signals)?;
        Ok(RunRecord { median_tsnr, brain_median_tsnr, ..record })
    })
    .collect()
}

/// Refuses what needs a grid, of points that lie on none.
///
/// # Errors
/// That; the image is named.
fn check_points(recipe: &Recipe, image: &dyn Source) -> Result<()> {
    let Some(points) = &image.geometry().points else { return Ok(()) };
    let computing = &recipe.computing;
    let (what, remedy) = if recipe.mask == Some(MaskChoice::Auto) {
        (
            "an automatic mask, which is found by who is beside whom",
            "give a mask of the same points",
        )
    } else if recipe.regions.by_slice {
        ("slices", "leave them out: a table is by structures here")
    } else if recipe.is_resampled {
        (
            "resampling, which looks for the nearest voxel",
            "give masks and atlases of the same points",
        )
    } else if computing.picture_bytes > 0 {
        ("a picture, which shows slices", "write a page")
    } else {
        return Ok(());
    };
    Err(Error::unsupported(format!("{what}: {} lie on no grid", points.kind.in_words()))
        .remedy(remedy)
        .at(image.path()))
}

fn run_record(run: &Run, prepared: &PreparedRun, signals: RunSignals) -> Result<RunRecord> {
    Ok(RunRecord {
        name: run.name(),
        files: run.images().iter().map(|image| file_record(&**image)).collect::<Result<_>>()?,
        tr_seconds: run.tr_seconds(),
        uses: prepared.uses.clone(),
        regressors: prepared.regressors.clone(),
        dependent_regressors: prepared.dependent.clone(),
        dummies: prepared.dummies,
        dummies_by: prepared.dummies_by,
        motion: prepared.motion.clone(),
        data_hash: signals.data_hash(run.volumes()),
        median_tsnr: None,
        brain_median_tsnr: None,
        signals,
    })
}

fn file_record(image: &dyn Source) -> Result<FileRecord> {
    let hash = hmac_sha256::Hash::hash(image.header_bytes());
    let scaling = image.scaling();
    Ok(FileRecord {
        path: image.path().to_owned(),
        bytes: match image.stream_bytes() {
            Some(bytes) => bytes,
            None => bytes_of_files(image)?,
        },
        format: image.format(),
        datatype: image.datatype(),
        slope: scaling.slope(),
        intercept: scaling.intercept(),
        header_sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}
