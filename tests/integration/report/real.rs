//! Real runs, read by the `nifti` crate, as facts.

use super::sessions::Sums;
use crate::program::shared_data;
use nifti::{IntoNdArray, NiftiObject, ReaderOptions};
use std::path::{Path, PathBuf};
use tsnr::formats;
use tsnr::pictures::Grid;
use tsnr::report::facts::{Facts, Use};

/// The twelve runs of the first subject of Haxby and others.
pub fn haxby() -> Facts {
    let name = |it| format!("haxby/sub-001_task-objectviewing_run-{it:02}_bold.nii.gz");
    let runs: Vec<PathBuf> = (1..=12).map(|it| shared_data(&name(it))).collect();
    session(&runs, "Haxby, subject 1")
}

/// The facts of a session of these runs, of which every volume is used.
pub fn session(paths: &[PathBuf], title: &str) -> Facts {
    let mut sums: Option<(Sums, Grid)> = None;
    for path in paths {
        let (grid, volumes) = volumes(path);
        let (sums, _) = sums.get_or_insert_with(|| (Sums::new(grid.voxel_count()), grid));
        let name = path.file_name().expect("a name").to_str().expect("UTF-8");
        sums.add(name.trim_end_matches(".nii.gz"), &volumes);
    }
    let (sums, grid) = sums.expect("a run");
    sums.facts(grid, title)
}

fn volumes(path: &Path) -> (Grid, Vec<(Vec<f64>, Use)>) {
    let object = ReaderOptions::new().read_file(path).expect("a run");
    let samples = object.into_volume().into_ndarray::<f64>().expect("samples");
    let shape = [samples.shape()[0], samples.shape()[1], samples.shape()[2]];
    // The order of the transpose is that of the file: the first axis fastest.
    let values: Vec<f64> = samples.t().iter().copied().collect();
    let volumes = values.chunks(shape.iter().product()).map(|it| (it.to_vec(), Use::Used));
    let image = formats::open(path).expect("a run");
    let geometry = image.geometry();
    let unknown_sides = geometry.orientation.unknown_reason();
    (Grid { shape, affine: geometry.affine.0, unknown_sides }, volumes.collect())
}
