//! The progress bar: bytes of voxels read over all runs, and the tasks that have ended.

use super::messages::Messages;
use super::talker;
use super::terminal::columns_of_stderr;
use crate::analysis::Observer;
use crate::findings::Finding;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::fmt;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A bar on stderr; nothing where stderr is no terminal. It passes on what is found.
///
/// Threads that read only count: the bar looks when it is drawn.
pub(super) struct ReadingBar {
    messages: Messages,
    is_hidden: bool,
    counts: Arc<BarCounts>,
}

#[derive(Default)]
struct BarCounts {
    tasks: AtomicUsize,
    ended_tasks: AtomicUsize,
    bytes: AtomicU64,
    read_bytes: AtomicU64,
}

impl ReadingBar {
    pub fn new(messages: Messages, is_dry_run: bool) -> ReadingBar {
        let is_hidden = is_dry_run || !has_bar(messages);
        ReadingBar { messages, is_hidden, counts: Arc::default() }
    }
}

/// Whether there is somebody to see a bar.
fn has_bar(messages: Messages) -> bool {
    !messages.is_quiet && !messages.is_json && std::io::stderr().is_terminal()
}

impl Observer for ReadingBar {
    fn planned(&self, tasks: usize, voxel_bytes: u64) {
        self.counts.tasks.store(tasks, Ordering::Relaxed);
        self.counts.bytes.store(voxel_bytes, Ordering::Relaxed);
        if self.is_hidden {
            return;
        }
        // A narrow terminal is shown less.
        let template = match columns_of_stderr().unwrap_or_default() {
            100.. => {
                "{msg:<9} [{wide_bar}] {binary_bytes} of {binary_total_bytes} of voxels, \
                 {binary_bytes_per_sec}, {tasks}, {eta} left"
            }
            76.. => {
                "{msg:<9} [{wide_bar}] {binary_bytes} of {binary_total_bytes}, \
                 {binary_bytes_per_sec}, {eta} left"
            }
            _ => "{msg:<9} [{wide_bar}] {percent:>3}%, {eta} left",
        };
        let shown = Arc::clone(&self.counts);
        let show = move |_: &ProgressState, text: &mut dyn fmt::Write| {
            let [ended, all] =
                [&shown.ended_tasks, &shown.tasks].map(|it| it.load(Ordering::Relaxed));
            // A bar that cannot be written shows less.
            let _ = write!(text, "{ended}/{all} tasks");
        };
        let style = ProgressStyle::with_template(template)
            .expect("the template is well formed")
            .with_key("tasks", show);
        let bar = ProgressBar::new(voxel_bytes)
            .with_style(style.progress_chars("=> "))
            .with_message("reading");
        let counts = Arc::clone(&self.counts);
        talker::show(bar, move |bar| {
            let read = counts.read_bytes.load(Ordering::Relaxed);
            bar.set_position(read);
            if read == counts.bytes.load(Ordering::Relaxed) {
                bar.set_message("computing");
            }
        });
    }

    fn task_ended(&self) {
        self.counts.ended_tasks.fetch_add(1, Ordering::Relaxed);
    }

    fn voxel_bytes_read(&self, count: u64) {
        self.counts.read_bytes.fetch_add(count, Ordering::Relaxed);
    }

    fn computed(&self) {
        talker::hide();
    }

    fn found(&self, finding: &Finding) {
        self.messages.finding(finding);
    }
}

/// A bar of programs that were run, on stderr.
pub(super) struct RoundBar(Arc<AtomicU64>);

impl RoundBar {
    pub fn new(total: usize, messages: Messages) -> RoundBar {
        let ended = Arc::<AtomicU64>::default();
        if has_bar(messages) {
            let template = "comparing [{wide_bar}] {pos} of {len} runs, {eta} left";
            let style = ProgressStyle::with_template(template);
            let style = style.expect("the template is well formed").progress_chars("=> ");
            let shown = Arc::clone(&ended);
            talker::show(ProgressBar::new(total as u64).with_style(style), move |bar| {
                bar.set_position(shown.load(Ordering::Relaxed));
            });
        }
        RoundBar(ended)
    }

    /// One more has ended.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the bar off the terminal.
    pub fn clear(&self) {
        talker::hide();
    }
}
