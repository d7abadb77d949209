//! Two maps beside each other: what their headers record of their definitions, and their values.

use super::{images, is_meant};
use crate::bytes::{FLOAT32, Header};
use crate::driver::{Reached, Target};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tsnr::diff::{DiffMask, DiffRecipe, compare};
use tsnr::export::diff::{json, page, png, text, tsv};
use tsnr::export::{Context, nifti};
use tsnr::formats::{self, Encoding};
use tsnr::maps::TSNR;
use tsnr::{Cancellation, Recipe, analyze};

pub const TARGET: Target = Target {
    name: "maps",
    seeds,
    words: &[
        "{\"tsnr\":",
        "tsnr-definition/1",
        "\"ddof\":",
        "null",
        "true",
        "1e999",
        "\"combine\":",
        "[",
        "]",
        "}",
        "\"regressors\":",
        "\"a\\u0000b\"",
        "\0",
        "n+1\0",
    ],
    longest: 1 << 14,
    most_memory: 128 << 20,
    run,
};

/// The bytes of the first map, of the grid of the first of [`images`], after a byte that says what is
/// done.
const FIRST: usize = 352 + 4 * 12;

/// A map that says nothing of its definition, and some that this program makes.
fn seeds() -> Vec<Vec<u8>> {
    let plain: Vec<f64> = (1..=12).map(|it| 30.0 + f64::from(it)).collect();
    let plain = Header::new(FLOAT32, 32, 3, 2, 2, 1).file(&plain);
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run.nii");
    fs::write(&run, &images()[1]).expect("a file");
    let mut seeds = Vec::new();
    for order in [None, Some(1), Some(2)] {
        let mut recipe = Recipe::new([&run]);
        recipe.definition.detrend = order;
        let record = analyze(&recipe, Arc::new(()), &Cancellation::default()).expect("a record");
        let mut map = Vec::new();
        let context = Context::new();
        nifti::write(&record, &[(TSNR, 0)], Encoding::Plain, &context, &mut map).expect("a map");
        seeds.extend([0, 2, 4, 11, 19].map(|kind| [&[kind][..], &plain, &map].concat()));
    }
    seeds
}

fn run(input: &[u8], folder: &Path) -> Reached {
    let Some((&kind, maps)) = input.split_first() else { return Reached::Head };
    let (plain, second) = maps.split_at(FIRST.min(maps.len()));
    let [a, b] = ["a.nii", "b.nii"].map(|it| folder.join(it));
    // The second against itself, or against one that records nothing.
    fs::write(&a, if kind & 1 == 0 { plain } else { second }).expect("a file");
    fs::write(&b, second).expect("a file");
    let mut recipe = DiffRecipe::new(&a, &b);
    recipe.is_any_definition_allowed = kind & 2 != 0;
    recipe.mask = match kind >> 2 & 3 {
        1 => Some(DiffMask::Auto),
        2 => Some(DiffMask::File(b.clone())),
        _ => None,
    };
    recipe.atlas = (kind & 16 != 0).then(|| b.clone());
    let record = match compare(&recipe) {
        Ok(record) => record,
        Err(error) => {
            is_meant(&error);
            let are_opened = [&a, &b].iter().all(|it| formats::open(it).is_ok());
            return if are_opened { Reached::Content } else { Reached::Head };
        }
    };
    let context = Context::new();
    let said = json::text(&record, &context);
    serde_json::from_str::<serde_json::Value>(&said).expect("JSON");
    assert!(!text::summary(&record, &[]).is_empty() && !tsv::table(&record).is_empty());
    let drawn = [
        page(&record, &context).err(),
        png::with_slide(&record, |slide| slide.png().map(drop)).err(),
    ];
    drawn.iter().flatten().for_each(is_meant);
    Reached::End
}
