//! Real runs, read by the `nifti` crate, as facts.

use crate::sessions::Sums;
use nifti::{IntoNdArray, NiftiObject, ReaderOptions};
use std::path::{Path, PathBuf};
use tsnr::formats;
use tsnr::pictures::Grid;
use tsnr::report::facts::{Facts, Use};

/// The file below `../shared/data`, or nothing if there is no such folder.
pub fn data(path: &str) -> Option<PathBuf> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data"));
    root.is_dir().then(|| root.join(path))
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
    let affine = formats::open(path).expect("a run").geometry().affine.0;
    (Grid { shape, affine }, volumes.collect())
}
