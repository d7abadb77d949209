//! `--definition afni --detrend 1 --mask auto --map stderr` from the library, with JSON and a
//! sentence for a paper: `cargo run --example library -- func/sub-01_task-rest_bold.nii.gz`.

use std::{env, fs::File, sync::Arc};
use tsnr::export::{Context, json, nifti, sentence};
use tsnr::formats::Encoding;
use tsnr::recipe::{MaskChoice, Recipe, Tool};
use tsnr::{Cancellation, analyze, maps::STDERR};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut recipe = Recipe::new(env::args_os().skip(1));
    recipe.definition.tool = Some(Tool::Afni);
    recipe.definition.detrend = Some(1);
    recipe.mask = Some(MaskChoice::Auto);
    recipe.maps.extend([STDERR]);
    recipe.signals = true;
    let record = analyze(&recipe, Arc::new(()), &Cancellation::default())?;
    let (context, mut file) = (Context::new(), File::create("stderr.nii")?);
    nifti::write(&record, &[(STDERR, 0)], Encoding::Plain, &context, &mut file)?;
    println!("{}{}", json::text(&record, &context), sentence::sentence(&record));
    Ok(())
}
