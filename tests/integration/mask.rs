//! The brain mask is nilearn's, voxel by voxel, on made images and on real runs.
//!
//! Expected are nilearn 0.14.1's number of voxels and the CRC-32 of its mask, as
//! `python tests/mask_check.py made` and `python tests/mask_check.py expected RUN...` print them.

use crate::program;

use program::{session_runs, shared_data};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tsnr::maps::MEAN;
use tsnr::pipeline::{self, Analysis, Mode, Settings};
use tsnr::regions::{Mask, brain_mask, dice};
use tsnr::runs;
use tsnr::runs::Session;

/// What nilearn says of a mask.
struct Nilearn {
    shape: [usize; 3],
    voxels: usize,
    crc: u32,
}

#[track_caller]
fn assert_nilearns(mask: &Mask, expected: &Nilearn, what: &str) {
    let bytes: Vec<u8> = mask.inside().iter().map(|&inside| u8::from(inside)).collect();
    assert_eq!(mask.shape(), expected.shape, "{what}");
    assert_eq!(mask.count(), expected.voxels, "{what}: voxels");
    assert_eq!(crc32fast::hash(&bytes), expected.crc, "{what}: CRC-32");
}

/// The temporal mean of all volumes of the runs, and its grid.
fn temporal_mean(runs: &[PathBuf]) -> (Vec<f64>, [usize; 3]) {
    let session = Session::open(runs).expect("runs of one grid");
    let settings = Settings {
        mode: Mode::Array,
        threads: NonZeroUsize::MIN,
        chunk_length: None,
        analysis: Analysis::plain(&session),
    };
    let maps = pipeline::compute(&session, &settings, Arc::new(())).expect("maps").maps;
    (maps.get(MEAN).expect("a map that is wanted").values().to_vec(), maps.shape())
}

/// Whole numbers from 0 to 255, those of `noise` in tests/mask_check.py.
fn noise(count: usize) -> impl Iterator<Item = f64> {
    let mut state = 1_u64;
    (0..count).map(move |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as f64
    })
}

/// A head, a neck of one voxel that joins it to a smaller body, and a brighter body apart, in
/// noise: `made` in tests/mask_check.py.
fn made(shape: [usize; 3]) -> Vec<f64> {
    let [nx, ny, nz] = shape;
    let mut image: Vec<f64> = noise(nx * ny * nz).map(|value| value / 8.0).collect();
    for (voxel, value) in image.iter_mut().enumerate() {
        let (x, y) = ((voxel % nx) as i32 - 12, (voxel / nx % ny) as i32 - 10);
        let z = if nz > 1 { (voxel / nx / ny) as i32 - 8 } else { 0 };
        let is_neck = (6..=8).contains(&x) && y == 0 && z == 0;
        *value += if x * x + y * y + z * z < 36 { 500.0 } else { 0.0 };
        *value += if is_neck { 500.0 } else { 0.0 };
        *value += if x >= 8 && y.abs() < 4 && z.abs() < 4 { 450.0 } else { 0.0 };
        *value += if x < -7 && y > 4 && z.abs() < 3 { 900.0 } else { 0.0 };
    }
    image
}

#[test]
fn the_head_is_told_from_a_body_on_a_thread_and_one_apart() {
    for (shape, voxels, crc) in [([24, 20, 16], 872, 0xebbb08aa), ([24, 20, 1], 110, 0x09fe4780)] {
        let mask = brain_mask(&made(shape), shape);
        assert_nilearns(&mask, &Nilearn { shape, voxels, crc }, "made");
    }
}

#[test]
fn what_is_not_finite_counts_as_0() {
    for (shape, voxels, crc) in [([24, 20, 16], 549, 0x9c41c40d), ([24, 20, 1], 65, 0xfef5eef7)] {
        for nothing in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut image = made(shape);
            image.iter_mut().skip(14).step_by(24).for_each(|value| *value = nothing);
            let mask = brain_mask(&image, shape);
            assert_nilearns(&mask, &Nilearn { shape, voxels, crc }, "made, with NaN");
        }
    }
}

#[test]
fn the_mask_of_a_session_is_nilearns() {
    let (mean, shape) = temporal_mean(&session_runs());
    let mask = brain_mask(&mean, shape);
    let expected = Nilearn { shape: [20, 20, 10], voxels: 1088, crc: 0x0c049574 };
    assert_nilearns(&mask, &expected, "the five runs of testdata");
}

#[test]
#[ignore = "needs ../shared/data"]
fn the_masks_of_real_runs_are_nilearns() {
    let cases = [
        ("haxby/*.nii.gz", [40, 20, 1], 444, 0xd7f6787f),
        ("single/filtered_func_data.nii.gz", [64, 64, 21], 12924, 0x3ad5d753),
        ("single/functional_scaled_int16.nii", [17, 21, 3], 852, 0x2f36df92),
        ("single/pcasl_int16.nii.gz", [52, 68, 20], 23253, 0x10207951),
        ("series3d/dmri_4d.nii.gz", [40, 42, 5], 132, 0xb86c65a4),
        ("pair/example4d.nii.gz", [128, 96, 24], 84767, 0x775668d7),
        ("odd/trailing_352_bytes.nii.gz", [10, 10, 18], 13, 0xa8ce246e),
    ];
    for (pattern, shape, voxels, crc) in cases {
        let runs = runs::expand(&[shared_data(pattern)]).expect("files").images;
        let runs: Vec<_> = runs.into_iter().map(|it| it.path).collect();
        let (mean, found_shape) = temporal_mean(&runs);
        let mask = brain_mask(&mean, found_shape);
        assert_nilearns(&mask, &Nilearn { shape, voxels, crc }, pattern);
    }
}

#[test]
fn one_slice_has_the_mask_of_the_middle_of_many_equal_ones() {
    let shape = [24, 20, 1];
    let slice = made(shape);
    let mask = brain_mask(&slice, shape);
    let many = brain_mask(&slice.repeat(13), [24, 20, 13]);
    let middle = many.inside()[6 * 480..7 * 480].to_vec();
    assert_eq!(dice(&mask, &Mask::new(shape, middle)), Some(1.0));
}

#[test]
fn an_image_without_contrast_has_an_empty_mask_and_a_masked_one_its_voxels() {
    for value in [0.0, 7.0, f64::NAN] {
        assert_eq!(brain_mask(&[value; 1000], [10, 10, 10]).count(), 0, "{value}");
    }
    // A masked brain in a wide grid: both cutoffs lie among the zeros.
    let shape = [20, 20, 20];
    let is_brain = |voxel: usize| [1, 20, 400].map(|stride| voxel / stride % 20 / 4) == [2; 3];
    let image: Vec<f64> = (0..8000).map(|voxel| f64::from(is_brain(voxel))).collect();
    assert_eq!(brain_mask(&image, shape), Mask::of_values(shape, &image));
}

#[test]
fn small_grids_have_masks_too() {
    for nx in 0..5 {
        for ny in 0..5 {
            for nz in 0..3 {
                let values: Vec<f64> = noise(nx * ny * nz).collect();
                let mask = brain_mask(&values, [nx, ny, nz]);
                // Between the cutoffs of as many voxels there is a gap.
                assert!(values.len() < 4 || mask.count() > 0, "{nx}x{ny}x{nz}");
            }
        }
    }
}

#[test]
fn a_million_voxels_take_a_fraction_of_a_second() {
    let shape = [100, 100, 100];
    let distance = |voxel: usize| {
        [1, 100, 10_000].map(|stride| (voxel / stride % 100) as f64 - 50.0).map(|it| it * it)
    };
    let brightness = |voxel| {
        if distance(voxel).iter().sum::<f64>() < 1600.0 { 900.0 } else { 0.0 }
    };
    let image: Vec<f64> =
        noise(1_000_000).enumerate().map(|(voxel, noise)| brightness(voxel) + noise).collect();
    let started = Instant::now();
    let mask = brain_mask(&image, shape);
    let took = started.elapsed();
    println!("{} voxels of 1 million in {took:?}", mask.count());
    assert!((250_000..290_000).contains(&mask.count()), "{}", mask.count());
    // A limit that only an algorithm of another order would pass, on a busy machine, unoptimised.
    assert!(took < Duration::from_secs(2), "{took:?}");
}
