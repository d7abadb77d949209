//! The names of the files of maps, of which some have one for each run.

use crate::error::{Error, Result};
use crate::formats::{Encoding, MapFormat, MapPrecision};
use crate::maps::{Extent, MapKind};
use std::path::{Path, PathBuf};

/// The part of a file's name in which the number of the run stands, from 1.
pub const RUN_PLACE: &str = "{run}";

/// A file, and the maps that are written to it.
#[derive(Clone, Debug)]
pub struct MapOutput {
    /// The file.
    pub path: PathBuf,
    /// The kind of each map, and the number of the run from 0, of a map of each run. There are several only
    /// where the file's name says that its format holds them.
    pub maps: Vec<(MapKind, usize)>,
}

impl MapOutput {
    /// Every file of maps of a number of runs, for kinds and names as they were asked for: of a
    /// map of each run one for each, its number at [`RUN_PLACE`]. Maps are in one file where they have one
    /// name of a format that holds several.
    ///
    /// # Errors
    /// One name for the maps of several runs.
    pub fn named<'a>(
        asked: impl Iterator<Item = (&'a Path, MapKind)>,
        runs: usize,
    ) -> Result<Vec<MapOutput>> {
        let mut files: Vec<MapOutput> = Vec::new();
        let mut put = |path: PathBuf, kind, run| {
            let together = MapFormat::holds_several_maps_by_output_name(&path);
            match files.iter_mut().find(|it| together && it.path == path) {
                Some(file) => file.maps.push((kind, run)),
                None => files.push(MapOutput { path, maps: vec![(kind, run)] }),
            }
        };
        for (path, kind) in asked {
            let name = path.to_string_lossy();
            match kind.extent {
                Extent::EachRun if name.contains(RUN_PLACE) => (0..runs).for_each(|run| {
                    put(name.replace(RUN_PLACE, &(run + 1).to_string()).into(), kind, run);
                }),
                Extent::EachRun if MapFormat::holds_several_maps_by_output_name(path) => {
                    (0..runs).for_each(|run| put(path.to_owned(), kind, run));
                }
                Extent::EachRun if runs > 1 => {
                    return Err(Error::mismatch(format!("one file for the maps of {runs} runs"))
                        .remedy(format!(
                            "write {RUN_PLACE} where the number of the run is to stand"
                        ))
                        .at(path));
                }
                _ => put(path.to_owned(), kind, 0),
            }
        }
        Ok(files)
    }
}

/// Refuses files of several maps where the format holds one.
///
/// # Errors
/// The first of them.
pub fn check_several(format: MapFormat, files: &[MapOutput]) -> Result<()> {
    match files.iter().find(|it| it.maps.len() > 1 && !format.holds_several_maps()) {
        None => Ok(()),
        Some(file) => Err(Error::mismatch(format!(
            "one file for {} maps in {}, which holds one",
            file.maps.len(),
            format.name()
        ))
        .remedy("give each map a name of its own")
        .at(&file.path)),
    }
}

/// Refuses names of maps that ask for a compression which the format does not have.
///
/// # Errors
/// The first of them.
pub fn check_names(format: MapFormat, files: &[PathBuf]) -> Result<()> {
    let packed = |it: &&PathBuf| {
        format == MapFormat::Cifti2 && Encoding::of_output_name(it) == Some(Encoding::Gzip)
    };
    match files.iter().find(packed) {
        None => Ok(()),
        Some(path) => {
            Err(Error::unsupported("CIFTI is not written compressed: no program reads it so")
                .remedy("give a name that ends in .dscalar.nii")
                .at(path))
        }
    }
}

/// How a map's file is encoded, by its name; one without a known ending, as stdout, is plain, but MGH is
/// compressed.
pub fn encoding(path: &Path, format: Option<MapFormat>) -> Encoding {
    let unnamed = if format == Some(MapFormat::Mgh) { Encoding::Gzip } else { Encoding::Plain };
    Encoding::of_output_name(path).unwrap_or(unnamed)
}

/// The format that is asked for by the names of maps and by a choice, if it is by any.
///
/// # Errors
/// A message where they contradict each other: names of two formats, a choice of another than they say,
/// values that MGH does not have.
pub fn asked_format<'a>(
    names: impl Iterator<Item = &'a Path>,
    chosen: Option<MapFormat>,
    precision: MapPrecision,
) -> std::result::Result<Option<MapFormat>, String> {
    let mut said: Option<(MapFormat, &Path)> = None;
    for name in names {
        let Some(format) = MapFormat::by_output_name(name) else { continue };
        match said {
            Some((other, first)) if other != format => {
                return Err(format!(
                    "{} and {} are of two formats, where one command writes one",
                    first.display(),
                    name.display()
                ));
            }
            _ => said = Some((format, name)),
        }
    }
    let format = match (said, chosen) {
        (Some((MapFormat::Nifti1, _)), None | Some(MapFormat::Nifti1 | MapFormat::Nifti2)) => {
            chosen
        }
        (Some((said, name)), Some(chosen)) if said != chosen => {
            let said = if said == MapFormat::Nifti1 { "NIfTI" } else { said.name() };
            let ending = match chosen {
                MapFormat::Mgh => ", which is .mgz",
                MapFormat::Gifti => ", which is .func.gii",
                _ => "",
            };
            let (name, chosen) = (name.display(), chosen.name());
            return Err(format!("the name {name} says {said}, not {chosen}{ending}"));
        }
        (Some((said, _)), _) => Some(said),
        (None, chosen) => chosen,
    };
    if format == Some(MapFormat::Mgh) && precision != MapPrecision::Float32 {
        return Err(format!("MGH has no {}, only float32", precision.name()));
    }
    Ok(format)
}
