//! The options that name parts of the grid, and the table of what the maps are like there.

use super::analysis::above_zero;
use crate::output::STDOUT;
use clap::Args;
use std::path::{Path, PathBuf};

/// The choice of regions and their table, as it was typed.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct RegionArguments {
    #[command(flatten)]
    pub atlas: AtlasArguments,

    /// Each slice of the third axis as a region: slice-0 and so on
    #[arg(long, hide_short_help = true, help_heading = "Regions")]
    pub by_slice: bool,

    /// The voxels of a tissue as a region: where its probability map is 0.5 or more
    ///
    /// May be repeated: --tissue GM=gm.nii.gz --tissue WM=wm.nii.gz. A voxel may be of several.
    #[arg(long = "tissue", value_name = "NAME=FILE", value_parser = tissue,
          hide_short_help = true, help_heading = "Regions")]
    pub tissues: Vec<(String, PathBuf)>,

    /// The least probability of a tissue's voxels [default: 0.5]
    #[arg(long, value_name = "P", value_parser = probability,
          hide_short_help = true, help_heading = "Regions")]
    pub tissue_threshold: Option<f64>,

    /// Write the tSNR of each region and run as FILE.tsv, and FILE.json that describes it
    ///
    /// Voxels, undefined, mean, median and quantiles of all runs together ('all') and of each run
    /// by itself, in the mask if there is one; without regions those of the mask, or of all voxels.
    #[arg(long, value_name = "FILE.tsv", value_parser = table_name,
          hide_short_help = true, help_heading = "Regions")]
    pub table: Option<TableName>,
}

/// The treatment of masks, atlases and tissues that are no masks, or lie elsewhere.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct OnGridArguments {
    /// What is inside the mask image: this value and more [default: what is not 0]
    #[arg(long, value_name = "X", value_parser = above_zero, hide_short_help = true,
          help_heading = "Regions")]
    pub mask_threshold: Option<f64>,

    /// Resample masks, atlases and tissues on another grid, or that lie elsewhere: nearest voxel
    ///
    /// By both affines: nilearn's resample_to_img(interpolation='nearest'), but that a voxel reaches
    /// half its size beyond its centre also at the faces of its grid. Told in a note.
    #[arg(long, hide_short_help = true, help_heading = "Regions")]
    pub resample: bool,
}

/// A label image and the names of its labels.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct AtlasArguments {
    /// An image of labels on the grid of the maps: each label but 0 is a region
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = "Regions")]
    pub atlas: Option<PathBuf>,

    /// The names of the labels: BIDS dseg.tsv, the XML of an FSL atlas, or a FreeSurfer colour table
    ///
    /// A label without a name is called label-N; a name without a voxel is listed all the same.
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = "Regions")]
    pub atlas_labels: Option<PathBuf>,
}

/// The names of a table and of the JSON that describes it, which a table on stdout has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct TableName {
    pub table: PathBuf,
    pub sidecar: Option<PathBuf>,
}

impl TableName {
    /// All files.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.table).chain(&self.sidecar).map(PathBuf::as_path)
    }

    /// All files, owned.
    pub fn owned_files(&self) -> impl Iterator<Item = PathBuf> {
        self.files().map(Path::to_owned)
    }
}

impl RegionArguments {
    /// The name that two tissues have, if there is one.
    pub fn repeated_tissue(&self) -> Option<&str> {
        let names: Vec<&str> = self.tissues.iter().map(|(name, _)| name.as_str()).collect();
        let is_repeated = |(number, name): &(usize, &&str)| names[..*number].contains(name);
        names.iter().enumerate().find(is_repeated).map(|(_, name)| *name)
    }
}

impl AtlasArguments {
    /// The files that are read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.atlas.iter().chain(&self.atlas_labels).map(PathBuf::as_path)
    }
}

fn tissue(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.trim().is_empty() && !file.is_empty() => {
            Ok((name.trim().to_owned(), PathBuf::from(file)))
        }
        _ => Err("expected NAME=FILE, as in GM=gm.nii.gz".to_owned()),
    }
}

fn probability(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|it| *it > 0.0 && *it <= 1.0);
    number.ok_or_else(|| "expected a probability above 0 and at most 1".to_owned())
}

pub(in crate::cli) fn table_name(text: &str) -> Result<TableName, String> {
    if text == "-" {
        return Ok(TableName { table: STDOUT.into(), sidecar: None });
    }
    match text.strip_suffix(".tsv") {
        Some(stem) if !stem.is_empty() && !stem.ends_with('/') => {
            Ok(TableName { table: text.into(), sidecar: Some(format!("{stem}.json").into()) })
        }
        _ => Err("expected a name that ends in .tsv, or - for stdout".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_its_description_beside_it() {
        let name = table_name("out/regions.tsv").unwrap();
        let files = [Path::new("out/regions.tsv"), Path::new("out/regions.json")];
        assert_eq!(name.files().collect::<Vec<_>>(), files);
        assert_eq!(table_name("-").unwrap().files().count(), 1, "stdout takes one");
        for wrong in ["regions", "regions.csv", "regions.tsv.gz", ".tsv", "out/.tsv"] {
            assert!(table_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_tissue_has_a_name_and_a_file() {
        assert_eq!(tissue("GM=a=b.nii"), Ok(("GM".to_owned(), "a=b.nii".into())));
        for wrong in ["gm.nii", "=gm.nii", "GM=", " =gm.nii"] {
            assert!(tissue(wrong).is_err(), "{wrong}");
        }
        for wrong in ["0", "-1", "1.01", "nan", "half"] {
            assert!(probability(wrong).is_err(), "{wrong}");
        }
    }
}
