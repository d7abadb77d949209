//! An image is opened, and computed in all three modes to one map, or refused in all three.

use super::{WORDS_OF_IMAGES, images, is_meant};
use crate::bytes;
use crate::driver::{Reached, Target};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use tsnr::compare::{Difference, Rounding, tolerance};
use tsnr::maps::{MEAN, STD};
use tsnr::recipe::Mode;
use tsnr::voxels::{Datatype, Scaling};
use tsnr::{Cancellation, Recipe, analyze, formats};

pub const TARGET: Target = Target {
    name: "modes",
    seeds,
    words: WORDS_OF_IMAGES,
    longest: 1 << 14,
    most_memory: 128 << 20,
    run,
};

/// The bit of the first byte that says that the rest is a file as it stands.
const AS_IT_IS: u8 = 1 << 6;

/// The bit that says that the rest is the header of an AFNI dataset.
const AFNI: u8 = 1 << 7;

const HEAD: &str = "type = integer-attribute\nname = DATASET_RANK\ncount = 2\n3 9\n\n\
    type = integer-attribute\nname = DATASET_DIMENSIONS\ncount = 3\n2 2 3\n\n\
    type = integer-attribute\nname = BRICK_TYPES\ncount = 9\n1 1 1 1 1 1 1 1 1\n\n\
    type = float-attribute\nname = BRICK_FLOAT_FACS\ncount = 9\n0 1 1 0 0.5 1 1 1 2\n\n\
    type = string-attribute\nname = BYTEORDER_STRING\ncount = 10\n'LSB_FIRST~\n";

/// No larger run is computed: a header of NIfTI-2 claims one by a single byte.
const LARGEST_RUN: u64 = 16 << 20;

/// A byte that says how the image is compressed, and how many threads and volumes a chunk.
fn seeds() -> Vec<Vec<u8>> {
    let images = images();
    let packed = [bytes::gzip, bytes::bzip2, bytes::zstd].map(|packed| packed(&images[0]));
    let packed = packed.into_iter().map(|file| [vec![AS_IT_IS], file].concat());
    let numbered = images.iter().enumerate();
    let seeds = numbered.map(|(number, image)| [vec![number as u8], image.clone()].concat());
    let afni = [vec![AFNI], HEAD.as_bytes().to_vec()].concat();
    seeds.chain(packed).chain([afni]).collect()
}

fn run(input: &[u8], folder: &Path) -> Reached {
    let Some((&kind, image)) = input.split_first() else { return Reached::Head };
    let is_afni = kind & AFNI != 0;
    let packed = |part: &[u8]| match kind % 4 {
        _ if is_afni || kind & AS_IT_IS != 0 => part.to_vec(),
        1 => bytes::gzip(part),
        2 => bytes::bzip2(part),
        3 => bytes::zstd(part),
        _ => part.to_vec(),
    };
    // What has the magic of a pair is cut into its halves.
    let is_there =
        |at: usize, magic: &[u8]| image.get(at..).is_some_and(|it| it.starts_with(magic));
    let halves = match (is_there(344, b"ni1"), is_there(4, b"ni2")) {
        (_, true) => image.split_at_checked(540),
        (true, _) => image.split_at_checked(348),
        _ => None,
    };
    let file = folder.join(match (halves, is_afni) {
        (_, true) => "run+orig.HEAD",
        (Some(_), _) => "run.img",
        _ => "run.nii",
    });
    let halves = halves.filter(|_| !is_afni);
    if is_afni {
        let samples: Vec<u8> = (0..216_u32).map(|it| (it * it % 251) as u8).collect();
        fs::write(folder.join("run+orig.BRIK"), samples).expect("a file");
    }
    fs::write(&file, packed(halves.map_or(image, |(_, voxels)| voxels))).expect("a file");
    if let Some((header, _)) = halves {
        fs::write(folder.join("run.hdr"), packed(header)).expect("a file");
    }
    let opened = match formats::open(&file) {
        Ok(opened) => opened,
        Err(error) => {
            is_meant(&error);
            return Reached::Head;
        }
    };
    // Serial mode holds what the header claims, and of bzip2 a few bytes may stand for all of it.
    if opened.voxel_bytes() > LARGEST_RUN {
        return Reached::Head;
    }
    let maps = Mode::ALL.map(|mode| {
        let mut recipe = Recipe::new([&file]);
        recipe.computing.mode = mode;
        recipe.computing.threads = NonZeroUsize::new(1 + usize::from(kind >> 2 & 1));
        if mode == Mode::Array {
            recipe.computing.chunk_length = NonZeroUsize::new(1 + usize::from(kind >> 3 & 7));
        }
        recipe.maps.extend([MEAN, STD]);
        analyze(&recipe, Arc::new(()), &Cancellation::default()).map(|record| {
            let map = |kind| record.maps.get(kind).expect("a map").values().to_vec();
            [record.maps.tsnr().to_vec(), map(MEAN), map(STD)]
        })
    });
    maps.iter().for_each(|it| it.as_ref().err().into_iter().for_each(is_meant));
    let ends = maps.each_ref().map(Result::is_ok);
    assert!(ends == [ends[0]; 3], "the modes end differently: {:?}", maps.map(|it| it.err()));
    let [Ok(first), Ok(second), Ok(third)] = maps else { return Reached::Content };
    let scaling = opened.scaling();
    let is_scaled = scaling != Scaling::IDENTITY;
    let is_float = matches!(opened.datatype(), Datatype::Float32 | Datatype::Float64);
    let largest = 1.0 + scaling.slope().recip().abs();
    let rounding =
        Rounding { is_fitted: false, intercept: is_scaled.then(|| scaling.intercept().abs()) };
    for [tsnr, mean, std] in [second, third] {
        // Sums of floats near the ends of their range overflow in one order and not in another; those
        // of array mode are of stored samples.
        let is_sane = |it: usize| {
            let [mean, std] = [first[1][it].abs(), first[2][it]];
            (!is_float && !is_scaled)
                || (std > 1e-8 * mean && std > 1e-140 && mean.max(std) * largest < 1e140)
        };
        let sane: Vec<usize> = (0..tsnr.len()).filter(|it| is_sane(*it)).collect();
        let of = |map: &[f64]| -> Vec<f64> { sane.iter().map(|it| map[*it]).collect() };
        let stds = of(&first[2]);
        let allowed = |voxel: usize, tsnr: f64| tolerance(tsnr, stds[voxel], rounding);
        let (_, found) = Difference::between(&of(&tsnr), &of(&first[0]), allowed);
        assert!(found.is_none(), "the modes disagree: {found:?}, std {:?}", of(&std));
        assert_eq!(mean.len(), tsnr.len());
    }
    Reached::End
}
