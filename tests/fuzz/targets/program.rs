//! The whole program in one process: from a recipe and its files to every output.

use super::{WORDS_OF_IMAGES, images, is_meant};
use crate::driver::{Reached, Target};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use taskgraph::drawing::{Coloring, Format};
use tsnr::analysis::Planned;
use tsnr::export::html::Shown;
use tsnr::export::{Context, graph, html, json, nifti, png, sentence, text, tsv};
use tsnr::formats::Encoding;
use tsnr::maps::{ALL, Extent, MapKind};
use tsnr::pictures::Paper;
use tsnr::recipe::{Dummies, MaskChoice, Mode, Tool};
use tsnr::stats::formula::{Combine, Ddof};
use tsnr::{Cancellation, Recipe};

pub const TARGET: Target = Target {
    name: "program",
    seeds,
    words: WORDS_OF_IMAGES,
    longest: 1 << 14,
    most_memory: MOST_MEMORY,
    run,
};

/// The most memory that is taken, of which the program is allowed a half.
const MOST_MEMORY: usize = 128 << 20;
/// The bytes of the recipe.
const RECIPE: usize = 8;

fn seeds() -> Vec<Vec<u8>> {
    let images = images().into_iter().enumerate();
    let recipe = |number: usize| [0, 3, 5, 9, 17, 33, 65, 129].map(|it: usize| (it * number) as u8);
    let whole = images.map(|(number, image)| [recipe(number).to_vec(), image].concat());
    whole.collect()
}

/// A recipe of whatever these bytes say, of the runs in a folder.
fn recipe(bytes: &[u8], folder: &Path) -> Recipe {
    let second = if bytes[0] & 1 == 0 { "run-2_bold.nii" } else { "run-1_bold.nii" };
    let files = ["run-1_bold.nii", second].map(|it| folder.join(it));
    let mut recipe = Recipe::new(files.into_iter().take(1 + usize::from(bytes[0] >> 1 & 1)));
    recipe.computing.mode = Mode::ALL[usize::from(bytes[0] >> 2) % 3];
    recipe.computing.threads = NonZeroUsize::new(1);
    recipe.computing.is_reported = bytes[0] & 16 != 0;
    recipe.computing.is_profiled = bytes[0] & 32 != 0;
    recipe.computing.is_unoptimized = bytes[0] & 64 != 0;
    let definition = &mut recipe.definition;
    definition.tool = Tool::ALL.get(usize::from(bytes[1] & 7)).copied();
    definition.combine =
        [None, Some(Combine::Demean), Some(Combine::Average), Some(Combine::Weighted)]
            [usize::from(bytes[1] >> 3) % 4];
    definition.ddof = [None, Some(Ddof::Rank), Some(Ddof::Fixed(usize::from(bytes[2])))]
        [usize::from(bytes[1] >> 5) % 3];
    definition.detrend = (bytes[2] & 8 != 0).then_some(usize::from(bytes[2] & 7));
    definition.highpass_seconds = (bytes[2] & 16 != 0).then_some(f64::from(bytes[3]) + 0.5);
    recipe.tr_seconds = (bytes[2] & 32 != 0).then_some(f64::from(bytes[3]) / 16.0 + 0.1);
    if bytes[2] & 64 != 0 {
        recipe.definition.mean_from = Some(folder.join("run-2_bold.nii"));
    }
    recipe.volumes.dummies = match bytes[4] & 3 {
        3 => Dummies::Auto,
        count => Dummies::Count(usize::from(count)),
    };
    recipe.volumes.chosen = (bytes[4] & 4 != 0).then_some(1..usize::from(bytes[4] >> 3) + 2);
    recipe.mask = match bytes[5] & 7 {
        1 => Some(MaskChoice::Auto),
        2 => Some(MaskChoice::File(folder.join("run-2_bold.nii"))),
        _ => None,
    };
    recipe.regions.by_slice = bytes[5] & 8 != 0;
    recipe.regions.is_tabled = bytes[5] & 16 != 0;
    if bytes[5] & 32 != 0 {
        recipe.regions.atlas = Some(folder.join("run-2_bold.nii"));
    }
    if bytes[5] & 64 != 0 {
        recipe.regions.tissues = vec![("GM".to_owned(), folder.join("run-2_bold.nii"))];
    }
    recipe.signals = bytes[6] & 1 != 0;
    recipe.computing.memory_limit = Some(MOST_MEMORY as u64 / 2);
    recipe.maps.extend([ALL[usize::from(bytes[6] >> 1) % ALL.len()]]);
    recipe
}

fn run(input: &[u8], folder: &Path) -> Reached {
    let Some((bytes, image)) = input.split_at_checked(RECIPE) else { return Reached::Head };
    let content = if bytes[7] & 1 == 1 { crate::bytes::gzip(image) } else { image.to_vec() };
    fs::write(folder.join("run-1_bold.nii"), content).expect("a file");
    // A part of the same image for what goes beside it, cut or whole.
    let part = if bytes[7] & 2 == 0 { image } else { &image[..image.len() * 2 / 3] };
    fs::write(folder.join("run-2_bold.nii"), part).expect("a file");
    let recipe = recipe(bytes, folder);
    let maps: Vec<MapKind> = recipe.maps.iter().collect();
    let planned = match Planned::new(&recipe, Arc::new(()), &Cancellation::default()) {
        Ok(planned) => planned,
        Err(error) => {
            is_meant(&error);
            let is_opened = tsnr::formats::open(&folder.join("run-1_bold.nii")).is_ok();
            return if is_opened { Reached::Content } else { Reached::Head };
        }
    };
    let predicted = planned.predicted_bytes();
    assert!(predicted < 1 << 40, "{predicted} bytes are predicted for {} bytes", input.len());
    text::inputs(planned.session());
    text::dry_run(&planned, &[]);
    text::passes(planned.passes(), 1);
    let record = match planned.run() {
        Ok(record) => record,
        Err(error) => {
            is_meant(&error);
            return Reached::Content;
        }
    };
    let context = Context::new();
    let said = json::text(&record, &context);
    serde_json::from_str::<serde_json::Value>(&said).expect("JSON");
    let measured = text::ProcessFigures { seconds: 1.0, peak_bytes: None };
    assert!(!text::summary(&record, &context, measured).is_empty());
    assert!(!sentence::sentence(&record).is_empty());
    tsv::table(&record);
    let shown = Shown::default();
    let paper = Paper { width: 400, ..Paper::SLIDE };
    let drawn = [
        png::with_slide(&record, &shown, &png::Ground::Mean, paper, |slide| slide.png().map(drop))
            .err(),
        text::preview(&record, &shown, None, 79).err(),
        match recipe.computing.is_reported {
            true => html::page(&record, &shown, &context).err(),
            false => None,
        },
    ];
    drawn.iter().flatten().for_each(is_meant);
    let picture = graph::Subject::from_record(&record).picture(Coloring::Kind);
    assert!(!picture.text(Format::Svg).is_empty());
    for kind in maps {
        let runs = if kind.extent == Extent::EachRun { record.runs.len() } else { 1 };
        for run in 0..runs {
            let mut file = Vec::new();
            nifti::write(&record, &[(kind, run)], Encoding::Plain, &context, &mut file)
                .expect("a map");
            fs::write(folder.join("map.nii"), &file).expect("a file");
            let opened = tsnr::formats::open(&folder.join("map.nii")).expect("our own map is read");
            assert_eq!(opened.geometry().shape, record.geometry.shape);
        }
    }
    Reached::End
}
