//! The progress bar: bytes of voxels read over all runs, and the tasks that have ended.

use super::messages::Messages;
use crate::analysis::Observer;
use crate::findings::Finding;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The bar moves in steps of this size.
const STEP_BYTES: u64 = 1024 * 1024;

/// A bar on stderr; nothing where stderr is no terminal. It passes on what is found.
///
/// Threads that read only count: who asks the bar for anything waits for its lock.
pub(super) struct Progress {
    messages: Messages,
    is_hidden: bool,
    bar: OnceLock<ProgressBar>,
    total_bytes: AtomicU64,
    read_bytes: AtomicU64,
    tasks: Arc<Tasks>,
}

/// How many tasks of the graph have ended. The bar looks when it is drawn.
#[derive(Default)]
struct Tasks {
    ended: AtomicUsize,
    total: AtomicUsize,
}

impl Progress {
    pub fn new(messages: Messages, is_dry_run: bool) -> Progress {
        Progress {
            messages,
            is_hidden: messages.is_quiet || messages.is_json || is_dry_run,
            bar: OnceLock::new(),
            total_bytes: AtomicU64::new(u64::MAX),
            read_bytes: AtomicU64::new(0),
            tasks: Arc::default(),
        }
    }

    fn begin(&self, total_bytes: u64) -> ProgressBar {
        let target = match self.is_hidden {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let template = "{msg:<9} [{bar:24}] {binary_bytes} of {binary_total_bytes} of voxels, \
                        {binary_bytes_per_sec}, {tasks}, {eta} left";
        let shown = Arc::clone(&self.tasks);
        let show = move |_: &ProgressState, text: &mut dyn fmt::Write| {
            let [ended, total] = [&shown.ended, &shown.total].map(|it| it.load(Ordering::Relaxed));
            // A bar that cannot be written shows less.
            let _ = write!(text, "{ended}/{total} tasks");
        };
        let style = ProgressStyle::with_template(template)
            .expect("the template is well formed")
            .with_key("tasks", show);
        let bar = ProgressBar::with_draw_target(Some(total_bytes), target)
            .with_style(style.progress_chars("=> "))
            .with_message("reading");
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

impl Observer for Progress {
    fn planned(&self, tasks: usize, voxel_bytes: u64) {
        self.tasks.total.store(tasks, Ordering::Relaxed);
        self.total_bytes.store(voxel_bytes, Ordering::Relaxed);
        self.bar.get_or_init(|| self.begin(voxel_bytes));
    }

    fn task_ended(&self) {
        self.tasks.ended.fetch_add(1, Ordering::Relaxed);
    }

    fn voxel_bytes_read(&self, count: u64) {
        let before = self.read_bytes.fetch_add(count, Ordering::Relaxed);
        let after = before + count;
        let is_all = after == self.total_bytes.load(Ordering::Relaxed);
        let Some(bar) = self.bar.get() else { return };
        if before / STEP_BYTES != after / STEP_BYTES || is_all {
            bar.set_position(after);
        }
        if is_all {
            bar.set_message("computing");
        }
    }

    fn computed(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    fn found(&self, finding: &Finding) {
        self.messages.finding(finding);
    }
}

/// A bar of programs that were run, on stderr.
pub(super) struct RoundBar(ProgressBar);

impl RoundBar {
    pub fn new(total: usize, messages: Messages) -> RoundBar {
        let target = match messages.is_quiet || messages.is_json {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let style =
            ProgressStyle::with_template("comparing [{bar:32}] {pos} of {len} runs, {eta} left");
        let style = style.expect("the template is well formed").progress_chars("=> ");
        let bar = ProgressBar::with_draw_target(Some(total as u64), target).with_style(style);
        bar.tick();
        RoundBar(bar)
    }

    /// One more has ended.
    pub fn advance(&self) {
        self.0.inc(1);
    }

    /// Takes the bar off the terminal.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}
