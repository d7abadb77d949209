//! The arguments of `tsnr info`.

use super::{MessageArguments, text_name};
use clap::Args;
use std::path::PathBuf;

const MEANING: &str = "\
No voxel is read, so a file of any size takes a moment; only the repetition time of a compressed \
MGH image lies behind its voxels, which are decompressed and not held.

Examples:
  tsnr info sub-01_task-rest_bold.nii.gz
  tsnr info 'sub-*/func/*_bold.nii.gz' --json info.json
  curl -s URL | tsnr info -

Exit status: 0 if every file can be read, 1 if one cannot (the others are told), 2 for a wrong \
command line.";

/// Describe images without reading voxels: format, grid, volumes, TR, scaling, oddities
#[derive(Args, Debug)]
#[command(display_name = "tsnr info", version, max_term_width = 96, after_long_help = MEANING)]
pub(in crate::cli) struct InfoArguments {
    /// Images of any format that is read, or quoted patterns; - is standard input
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,

    /// Write everything that is known as JSON; - is standard output, which is then all there
    #[arg(long, value_name = "FILE", value_parser = text_name(), help_heading = "Output")]
    pub json: Option<PathBuf>,

    #[command(flatten)]
    pub messages: MessageArguments,
}
