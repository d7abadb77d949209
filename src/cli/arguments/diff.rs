//! The arguments of `tsnr diff`.

use super::regions::table_name;
use super::{
    AtlasArguments, MessageArguments, OnGridArguments, TableName, byte_size, map_format,
    output_name, precision, text_name, two_outputs,
};
use crate::export::asked_format;
use crate::formats::{MapFormat, MapPrecision};
use clap::Args;
use clap::error::ErrorKind;
use std::path::{Path, PathBuf};

const MEANING: &str = "\
What is compared:
  Voxels where both maps have a value, in the mask if there is one. A voxel that is 0, NaN or \
infinite in either map is not compared: tsnr writes undefined voxels as 0. Of these voxels the \
maps, the difference B - A and the ratio B / A are summed up in medians and quantiles; those of \
the difference are of paired values, so its median is not the difference of the medians.

Examples:
  tsnr diff before.nii.gz after.nii.gz --report diff.html
  tsnr diff before.nii.gz after.nii.gz --atlas dseg.nii.gz --table regions.tsv --png diff.png
  tsnr diff day-1.nii.gz day-2.nii.gz --names 'day 1,day 2' --difference difference.nii.gz

Exit status: 0 if every output is complete, 1 if the maps cannot be compared, 2 for a wrong \
command line, 130 after Ctrl-C, 143 after SIGTERM.";

/// Two tSNR maps beside each other: before and after a correction, two protocols, two days
#[derive(Args, Debug)]
#[command(display_name = "tsnr diff", version, max_term_width = 96, after_long_help = MEANING)]
pub(in crate::cli) struct DiffArguments {
    /// The first map, against which the second is held
    #[arg(value_name = "A")]
    pub a: PathBuf,

    /// The second map, on the same grid
    #[arg(value_name = "B")]
    pub b: PathBuf,

    /// Write a page: figures, difference and ratio maps, scatter, distribution, regions
    #[arg(long, value_name = "FILE.html", help_heading = "Output")]
    pub report: Option<PathBuf>,

    /// Write the slices of the difference as a picture
    #[arg(long, value_name = "FILE.png", help_heading = "Output")]
    pub png: Option<PathBuf>,

    /// Write the map B - A; 0 where the maps are not compared
    #[arg(long, value_name = "FILE", value_parser = output_name, help_heading = "Output")]
    pub difference: Option<PathBuf>,

    /// Write the map B / A; 0 where the maps are not compared
    #[arg(long, value_name = "FILE", value_parser = output_name, help_heading = "Output")]
    pub ratio: Option<PathBuf>,

    /// Type of the values of these maps
    #[arg(long, value_name = "TYPE", value_parser = precision(), default_value = "float32",
          help_heading = "Output")]
    pub dtype: MapPrecision,

    /// Format of these maps [default: by their names; nifti2 where an axis is longer than 32,767]
    #[arg(long, value_name = "FORMAT", value_parser = map_format(), hide_short_help = true,
          help_heading = "Output")]
    pub output_format: Option<MapFormat>,

    /// Leave out of all outputs what differs from run to run: times, command, output names
    #[arg(long, help_heading = "Output")]
    pub reproducible: bool,

    /// Write everything that the summary knows as JSON
    #[arg(long, value_name = "FILE", value_parser = text_name(), help_heading = "Output")]
    pub json: Option<PathBuf>,

    /// Compare in a mask only: an image (not 0 is inside), or auto, where both maps have a value
    #[arg(long, value_name = "FILE|auto", help_heading = "Comparison")]
    pub mask: Option<PathBuf>,

    /// What the maps are called, if not by their files
    #[arg(long, value_name = "A,B", value_parser = names, help_heading = "Comparison")]
    pub names: Option<[String; 2]>,

    /// Compare maps all the same whose headers record different definitions of tSNR
    #[arg(long, help_heading = "Comparison")]
    pub any_definition: bool,

    /// Memory that may be used: 512M, 2G
    ///
    /// What a comparison takes is told by its grid: where that is more, nothing is read and the error
    /// says what is needed.
    #[arg(long, value_name = "SIZE", value_parser = byte_size, help_heading = "Comparison")]
    pub mem_limit: Option<u64>,

    #[command(flatten)]
    pub atlas: AtlasArguments,

    #[command(flatten)]
    pub on_grid: OnGridArguments,

    /// Write both maps, difference and ratio in each region as FILE.tsv, and FILE.json that
    /// describes it
    #[arg(long, value_name = "FILE.tsv", value_parser = table_name, help_heading = "Regions")]
    pub table: Option<TableName>,

    #[command(flatten)]
    pub messages: MessageArguments,
}

impl DiffArguments {
    /// The first problem of options that do not go together, beyond what clap knows.
    pub fn problem(&self) -> Option<(ErrorKind, String)> {
        match self.map_format() {
            Err(problem) => Some((ErrorKind::ArgumentConflict, problem)),
            Ok(_) => two_outputs(self.files(), self.table.as_ref()),
        }
    }

    /// The format of the maps, if their names or an option ask for one.
    ///
    /// # Errors
    /// A message that says which names or options contradict each other.
    pub fn map_format(&self) -> Result<Option<MapFormat>, String> {
        let names = self.difference.iter().chain(&self.ratio).map(PathBuf::as_path);
        asked_format(names, self.output_format, self.dtype)
    }

    /// All files to write.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let files = self.report.iter().chain(&self.png).chain(&self.difference);
        let files = files.chain(&self.ratio).chain(&self.json).map(PathBuf::as_path);
        files.chain(self.table.iter().flat_map(TableName::files))
    }

    /// All files to read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let maps = [self.a.as_path(), &self.b].into_iter();
        let mask = self.mask.as_deref().filter(|_| !self.is_mask_automatic());
        maps.chain(mask).chain(self.atlas.inputs())
    }

    /// Whether the mask is where both maps have a value.
    pub fn is_mask_automatic(&self) -> bool {
        self.mask.as_deref() == Some(Path::new("auto"))
    }
}

fn names(text: &str) -> Result<[String; 2], String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    match parts[..] {
        [a, b] if !a.is_empty() && !b.is_empty() && a != b => Ok([a.to_owned(), b.to_owned()]),
        _ => Err("expected two different names, as in before,after".to_owned()),
    }
}
