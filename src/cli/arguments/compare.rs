//! The arguments of `tsnr compare`.

use super::{
    AnalysisArguments, ComputingArguments, MessageArguments, RunArguments, at_least_one, text_name,
};
use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const MEANING: &str = "\
Wall and processor time, peak memory, tasks, speed-up over serial, and the greatest difference \
from serial's map. Each mode runs in a process of its own; all files are read once before. Writes \
no map.

Exit status: 0 if the modes agree, 1 if two of them disagree, 2 for a wrong command line.";

/// The modes on some runs.
#[derive(Args, Debug)]
#[command(max_term_width = 96, after_long_help = MEANING)]
pub(in crate::cli) struct CompareArguments {
    /// Runs: images, or quoted patterns such as 'sub-01/func/*_bold.nii.gz'
    #[arg(required = true, value_name = "INPUTS")]
    pub inputs: Vec<PathBuf>,

    /// How often each mode is run: the table has the medians [default: 3]
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Comparison")]
    pub repeat: Option<NonZeroUsize>,

    /// Write every run of every mode as JSON; to - for stdout, with the table on stderr
    #[arg(long, value_name = "FILE", value_parser = text_name(), help_heading = "Output")]
    pub json: Option<PathBuf>,

    #[command(flatten)]
    pub analysis: AnalysisArguments,

    #[command(flatten)]
    pub computing: ComputingArguments,

    #[command(flatten)]
    pub messages: MessageArguments,
}

impl RunArguments {
    /// These arguments as a comparison, as `--compare` asks for it.
    pub fn as_comparison(&self) -> CompareArguments {
        CompareArguments {
            inputs: self.inputs.clone(),
            repeat: self.repeat,
            json: self.json.clone(),
            analysis: self.analysis.clone(),
            computing: self.computing.clone(),
            messages: self.messages,
        }
    }
}
