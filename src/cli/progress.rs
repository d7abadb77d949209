//! The progress bar: bytes of voxels read over all runs, and the tasks that have ended.

use crate::formats::Progress;
use crate::graph::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// The bar moves in steps of this size.
const STEP_BYTES: u64 = 1024 * 1024;

/// A bar on stderr; nothing where stderr is no terminal.
///
/// Threads that read only count: who asks the bar for anything waits for its lock.
pub(super) struct ByteBar {
    bar: ProgressBar,
    total_bytes: u64,
    read_bytes: AtomicU64,
    tasks: Arc<Tasks>,
}

/// How many tasks of the graph have ended. The bar looks when it is drawn.
#[derive(Default)]
struct Tasks {
    ended: AtomicUsize,
    total: AtomicUsize,
}

impl ByteBar {
    pub fn new(total_bytes: u64, quiet: bool) -> ByteBar {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let template = "{msg:<9} [{bar:24}] {binary_bytes} of {binary_total_bytes} of voxels, \
                        {binary_bytes_per_sec}, {tasks}, {eta} left";
        let tasks = Arc::<Tasks>::default();
        let shown = Arc::clone(&tasks);
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
        ByteBar { bar, total_bytes, read_bytes: AtomicU64::new(0), tasks }
    }

    /// So many tasks will be run.
    pub fn expect_tasks(&self, count: usize) {
        self.tasks.total.store(count, Ordering::Relaxed);
    }

    /// Takes the bar off the terminal.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for ByteBar {
    fn voxel_bytes_read(&self, count: u64) {
        let before = self.read_bytes.fetch_add(count, Ordering::Relaxed);
        let after = before + count;
        if before / STEP_BYTES != after / STEP_BYTES || after == self.total_bytes {
            self.bar.set_position(after);
        }
        if after == self.total_bytes {
            self.bar.set_message("computing");
        }
    }
}

impl Observer for ByteBar {
    fn ended(&self, _task: usize, _worker: usize) {
        self.tasks.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// A bar of programs that were run, on stderr.
pub(super) struct RoundBar(ProgressBar);

impl RoundBar {
    pub fn new(total: usize, quiet: bool) -> RoundBar {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
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
