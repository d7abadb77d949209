//! The task graph as files and lines: drawn, explained, profiled.

use super::arguments::{Arguments, ColorBy};
use super::{show, summary};
use crate::drawing::{Coloring, Format, Picture};
use crate::error::Result;
use crate::formats::Progress;
use crate::graph::Observer;
use crate::output::Batch;
use crate::pipeline::{Plan, Session, Settings, mebibytes};
use crate::profile::{Profile, Recorder};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::progress::ByteBar;

/// Who is told of the tasks and of the bytes that are read: the bar, and the recorder if there is
/// one.
pub(super) struct Watchers {
    pub bar: ByteBar,
    pub recorder: Option<Recorder>,
}

impl Watchers {
    pub fn new(arguments: &Arguments, bar: ByteBar, started: Instant) -> Watchers {
        let is_recorded = arguments.profile.is_some() || arguments.is_reported();
        let recorder = is_recorded.then(|| Recorder::new(started));
        Watchers { bar, recorder }
    }

    /// A phase that began at `begin` seconds ends now; when that is.
    pub fn phase(&self, name: &'static str, begin: f64) -> f64 {
        self.recorder.as_ref().map_or(0.0, |recorder| recorder.phase(name, begin))
    }
}

impl Observer for Watchers {
    fn began(&self, task: usize, worker: usize) {
        if let Some(recorder) = &self.recorder {
            recorder.began(task, worker);
        }
    }

    fn ended(&self, task: usize, worker: usize) {
        self.bar.ended(task, worker);
        if let Some(recorder) = &self.recorder {
            recorder.ended(task, worker);
        }
    }
}

impl Progress for Watchers {
    fn voxel_bytes_read(&self, count: u64) {
        self.bar.voxel_bytes_read(count);
        if let Some(recorder) = &self.recorder {
            recorder.bytes_read(count);
        }
    }

    fn time_spent(&self, waiting: Duration, decoding: Duration) {
        if let Some(recorder) = &self.recorder {
            recorder.time_spent(waiting, decoding);
        }
    }
}

/// What is written of the graph of one run.
pub(super) struct Graphs<'a> {
    arguments: &'a Arguments,
    title: String,
    drawn: Picture,
    whole: Picture,
    outline: crate::graph::Outline,
}

impl Graphs<'_> {
    /// The pictures of what is planned.
    pub fn of<'a>(
        plan: &Plan,
        arguments: &'a Arguments,
        session: &Session,
        settings: &Settings,
    ) -> Graphs<'a> {
        let title = format!("tsnr, {} mode", settings.mode);
        let outline = plan.outline();
        let picture = |outline: &crate::graph::Outline, how: &str| {
            let caption = format!(
                "{}, {} volumes; {}; {} tasks{how}",
                summary::counted(session.runs().len(), "run"),
                session.volumes(),
                summary::threads(settings),
                outline.tasks.len()
            );
            let coloring = match arguments.color_by {
                ColorBy::Kind => Coloring::Kind,
                ColorBy::Order => Coloring::Order,
            };
            Picture::new(outline.clone(), &title, &caption).colored_by(coloring)
        };
        let whole = picture(&outline, "");
        let drawn = match arguments.visualize_raw {
            true => picture(&plan.raw_outline(), " before optimisation"),
            false => whole.clone(),
        };
        Graphs { arguments, title, drawn, whole, outline }
    }

    /// Draws the graph, unless it will be drawn with its times.
    ///
    /// # Errors
    /// Those of writing it.
    pub fn draw_before(&self) -> Result<()> {
        if self.arguments.profile.is_some() && !self.arguments.dry_run {
            return Ok(());
        }
        let mut batch = Batch::default();
        self.draw(&self.drawn, &mut batch)?;
        batch.commit()
    }

    fn draw(&self, picture: &Picture, batch: &mut Batch) -> Result<()> {
        let Some(path) = &self.arguments.visualize else { return Ok(()) };
        let format = Format::of_name(path).expect("the arguments were checked");
        batch.write(path, |to| to.write_all(picture.text(format).as_bytes()))
    }

    /// The graph that ran, with the times of its tasks, as an SVG; and the profile so far.
    pub fn timed(&self, recorder: &Recorder) -> (String, Profile) {
        let profile = recorder.so_far(self.outline.clone());
        let picture = self.whole.clone().with_seconds(profile.task_seconds());
        (picture.text(Format::Svg), profile)
    }

    /// Writes what a recorder has seen, and the graph with its times.
    ///
    /// # Errors
    /// Those of writing them.
    pub fn write_profile(self, recorder: &Recorder) -> Result<()> {
        let Some(path) = &self.arguments.profile else { return Ok(()) };
        let caption = "What each worker did, and when.";
        let profile = recorder.finish(self.outline.clone());
        let timed = |picture: &Picture| picture.clone().with_seconds(profile.task_seconds());
        let mut batch = Batch::default();
        match self.arguments.visualize_raw {
            // The tasks that ran are others.
            true => self.draw(&self.drawn, &mut batch)?,
            false => self.draw(&timed(&self.drawn), &mut batch)?,
        }
        let is_trace = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("json"));
        let text = match is_trace {
            true => profile.trace(),
            false => profile.page(&self.title, caption, &timed(&self.whole).text(Format::Svg)),
        };
        batch.write(path, |to| to.write_all(text.as_bytes()))?;
        batch.commit()
    }
}

/// What each pass made of the graph, a line each.
pub(super) fn explanation(plan: &Plan) -> String {
    let passes = plan.passes();
    if passes.is_empty() {
        let count = plan.outline().tasks.len();
        return format!("graph        {count} tasks, as they are declared");
    }
    let line = |pass: &crate::graph::PassReport| {
        format!(
            "{:<12} {:>6} -> {:>6} tasks   {}",
            pass.name, pass.before, pass.after, pass.description
        )
    };
    passes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What would be done.
pub(super) fn dry_run(
    plan: &Plan,
    arguments: &Arguments,
    session: &Session,
    settings: &Settings,
) -> String {
    format!(
        "dry run      {} mode, {}, {} tasks\nruns         {}\ngrid         {} voxels\nmemory       {} predicted\nnothing was computed",
        settings.mode,
        summary::threads(settings),
        plan.outline().tasks.len(),
        summary::runs(session),
        session.geometry().grid(),
        mebibytes(show::predicted_bytes(arguments, session, settings)),
    )
}

/// A recorder and a bar, as what the pipeline is given.
pub(super) fn watched(watchers: &Arc<Watchers>) -> Arc<dyn Progress> {
    Arc::clone(watchers) as Arc<dyn Progress>
}
