//! The command `tsnr info`, which describes images.

use super::arguments::InfoArguments;
use super::{Process, outputs, print};
use crate::error::{Error, Result};
use crate::export::info::{json, text};
use crate::info::ImageInfo;
use crate::output::STDOUT;
use crate::runs::expand_files;
use std::path::{Path, PathBuf};

/// Says what the images say of themselves. One that cannot be read is told, and the others are all the
/// same.
pub(super) fn run(arguments: &InfoArguments, process: &Process) -> Result<()> {
    let files = expand_files(&arguments.files)?;
    let written: Vec<PathBuf> = arguments.json.iter().cloned().collect();
    outputs::check(&written, files.iter().map(PathBuf::as_path), process)?;
    let is_printed =
        !process.messages.is_quiet && arguments.json.as_deref() != Some(Path::new(STDOUT));
    let (mut images, mut refused) = (Vec::new(), Vec::new());
    for path in &files {
        if process.interruption.is_there() {
            return Err(Error::cancelled());
        }
        match ImageInfo::read(path) {
            Ok(info) => {
                if is_printed {
                    let space = if images.is_empty() { "" } else { "\n" };
                    print(&format!("{space}{}\n", text::lines(&info)))?;
                }
                images.push(info);
            }
            Err(error) => {
                process.messages.error(&error);
                refused.push(error);
            }
        }
    }
    if let Some(path) = &arguments.json {
        let mut batch = process.under_way.batch();
        batch.write_text(path, &json::text(&images, &refused))?;
        process.commit(batch)?;
    }
    match refused.len() {
        0 => Ok(()),
        count => Err(Error::mismatch(format!("{count} of {} files cannot be read", files.len()))),
    }
}
