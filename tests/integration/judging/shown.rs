//! The page of a session with a planted fault: *show* of its finding leads to it, and the values there are
//! numpy's to four digits. Of each fault there is one page, and of a run that does not say where left is.

use super::{FAULT_SEEDS, PLANTED, Planted, each, name_of, sessions, written};
use crate::browser::{STATE, Screen, asked, assert_values_are_numpys, browser};
use crate::program::Scratch;
use serde_json::Value;
use sessions::Truth;
use std::fs;
use std::path::PathBuf;
use tsnr::findings::Place;

/// Clicks *show* on each finding of a rule.
const SHOW: &str = r#"
const visited = [];
for (const card of document.querySelectorAll('#findings .card, #findings details li')) {
  const link = card.querySelector('a.show');
  if (!link || card.querySelector('b').textContent !== 'RULE') continue;
  link.click();
  visited.push(await state({...link.dataset}));
}
return {visited, violations};
"#;

/// The bytes of a header that say whether qform and sform are known.
const CODES: std::ops::Range<usize> = 252..256;

/// The places on a page that *show* of a rule's findings leads to, whose values are seen to be numpy's: of
/// the images of a folder.
fn visited(scratch: &Scratch, rule: &str, images: &[PathBuf], options: &[&str]) -> Vec<Value> {
    let words = ["*.nii", "--report=page.html", "-q"];
    scratch.tsnr([&words[..], options].concat()).succeeded();
    let page = fs::read_to_string(scratch.path("page.html")).expect("a page");
    let screen = Screen { width: 1400, is_dark: false };
    let found = asked(&browser(), &page, screen, &format!("{STATE}{}", SHOW.replace("RULE", rule)));
    assert_eq!(found["violations"], serde_json::json!([]));
    let visited = found["visited"].as_array().expect("places").clone();
    assert!(!visited.is_empty(), "{rule}: no finding with a place");
    assert_values_are_numpys(images, &visited);
    visited
}

/// The place that a link has.
fn place(from: &Value) -> Place {
    let number = |name: &str| from[name].as_str().map(|it| it.parse::<usize>().expect("a number"));
    let mut place = Place::default();
    place.run = number("run").map(name_of);
    place.volume = number("volume");
    place.slice = number("slice");
    place.voxel = from["voxel"].as_str().map(|it| {
        let voxel: Vec<usize> = it.split(',').map(|it| it.parse().expect("a number")).collect();
        voxel.try_into().expect("three numbers")
    });
    place
}

/// Whether the page stands where its link says: at the voxel, in the slice.
fn is_there(visited: &Value) -> bool {
    let place = place(&visited["from"]);
    let voxel = &visited["voxel"];
    place.voxel.is_none_or(|it| *voxel == serde_json::json!(it))
        && place.slice.is_none_or(|it| voxel[2] == it)
}

fn assert_shown(planted: &Planted) {
    let session = sessions::session(FAULT_SEEDS + 1000, Some((planted.fault)(planted.sizes[2])));
    let scratch = Scratch::new();
    let [images, tables] = written(&session, &scratch);
    let options: &[&str] = if tables.is_empty() { &[] } else { &["--confounds=*_timeseries.tsv"] };
    let visited = visited(&scratch, planted.rule, &images, options);
    assert!(visited.iter().all(is_there), "{}: {visited:?}", planted.what);
    let Truth { run, volume, slice, voxel } = session.truth;
    let is_at_fault = |it: &Value| planted.is_at(&place(&it["from"]), session.truth);
    assert!(
        visited.iter().any(is_at_fault),
        "{}: run {run}, volume {volume}, slice {slice}, voxel {voxel:?}: {visited:?}",
        planted.what
    );
}

fn assert_unknown_orientation_is_shown() {
    let session = sessions::session(FAULT_SEEDS + 1000, None);
    let scratch = Scratch::new();
    let [images, _] = written(&session, &scratch);
    for image in &images {
        let mut bytes = fs::read(image).expect("an image");
        bytes[CODES].fill(0);
        fs::write(image, bytes).expect("an image");
    }
    let visited = visited(&scratch, "orientation-unknown", &images, &[]);
    assert_eq!(place(&visited[0]["from"]).run, Some(name_of(0)), "{visited:?}");
}

#[test]
#[ignore = "needs a browser and Python"]
fn show_leads_to_each_planted_fault_where_the_values_are_numpys() {
    each(0..PLANTED.len() as u64 + 1, |number| match PLANTED.get(number as usize) {
        Some(planted) => assert_shown(planted),
        None => assert_unknown_orientation_is_shown(),
    });
}
