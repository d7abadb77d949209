//! The progress bar: bytes of voxels read over all runs.

use crate::image::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// A bar on stderr; nothing where stderr is no terminal.
pub(super) struct ByteBar {
    bar: ProgressBar,
}

impl ByteBar {
    pub fn new(total_bytes: u64, quiet: bool) -> ByteBar {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let template = "{msg:<9} [{bar:32}] {binary_bytes} of {binary_total_bytes} of voxels, \
                        {binary_bytes_per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).expect("the template is well formed");
        let bar = ProgressBar::with_draw_target(Some(total_bytes), target)
            .with_style(style.progress_chars("=> "))
            .with_message("reading");
        bar.enable_steady_tick(Duration::from_millis(200));
        ByteBar { bar }
    }

    /// Takes the bar off the terminal.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for ByteBar {
    fn voxel_bytes_read(&self, count: u64) {
        self.bar.inc(count);
        if self.bar.length() == Some(self.bar.position()) {
            self.bar.set_message("computing");
        }
    }
}
