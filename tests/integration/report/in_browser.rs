//! A session's page in a browser: links of findings lead to their places, the values at the crosshair
//! are numpy's, and who uses a keyboard or a screen reader finds what everybody does.

use super::sessions::{Fault, Plan, name};
use super::{LOST_SLICE, made, plan};
use crate::browser::{STATE, Screen, asked, assert_values_are_numpys, browser};
use crate::program::Scratch;
use serde_json::Value;
use std::fs;

/// Every way to a place: links of findings, of runs, and a cell of the lost slice of the third run.
const VISIT: &str = r#"
const visited = [];
for (const link of document.querySelectorAll('a.show')) {
  link.click();
  visited.push(await state({...link.dataset}));
}
const table = [...document.querySelectorAll('table[data-cells=slice]')].find(it => Number(it.dataset.first) === 0);
table.tBodies[0].rows[3].cells[1 + SLICE].click();
visited.push(await state({run: '2', slice: 'SLICE'}));
const [axial] = document.querySelectorAll('.plane canvas');
axial.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft'}));
axial.dispatchEvent(new KeyboardEvent('keydown', {key: 'PageUp'}));
visited.push(await state({}));
return {visited, violations};
"#;

fn faulty(scratch: &Scratch) -> (Plan, String, Value) {
    let plan = plan(vec![
        Fault::Spike { run: 1, volume: 31 },
        Fault::DroppedSlice { run: 2, slice: LOST_SLICE },
        Fault::NonSteady { volumes: 3 },
    ]);
    plan.write(scratch);
    let page = made(scratch, "in_browser.html", &["--mask=auto"]);
    (plan, page.page, page.run)
}

#[test]
#[ignore = "needs a browser and Python"]
fn links_lead_to_places_where_the_values_are_numpys_to_four_digits() {
    let scratch = Scratch::new();
    let (plan, page, _) = faulty(&scratch);
    let script = format!("{STATE}{}", VISIT.replace("SLICE", &LOST_SLICE.to_string()));
    let screen = Screen { width: 1400, is_dark: false };
    let found = asked(&browser(), &page, screen, &script);
    assert_eq!(found["violations"], serde_json::json!([]));
    let visited = found["visited"].as_array().expect("places");
    assert!(visited.len() >= 5 + 2, "{visited:?}");
    let runs: Vec<_> = (1..=plan.runs).map(|run| scratch.path(&name(run))).collect();
    assert_values_are_numpys(&runs, visited);
    for place in visited {
        let from = &place["from"];
        if let Some(slice) = from["slice"].as_str() {
            assert_eq!(place["voxel"][2].to_string(), slice, "{place}");
        }
        if let Some(voxel) = from["voxel"].as_str() {
            let there: Vec<String> =
                place["voxel"].as_array().expect("a voxel").iter().map(Value::to_string).collect();
            assert_eq!(there.join(","), voxel);
        }
        if let (Some(run), Some(volume)) = (from["run"].as_str(), from["volume"].as_str()) {
            let run = run.parse::<usize>().expect("a number") + 1;
            let moment = place["moment"].as_str().expect("a text");
            assert!(moment.starts_with(&format!("run-{run}, volume {volume} (")), "{moment}");
        }
    }
    // One voxel to the left in the slice, which is one more as the first axis runs to the left, and one
    // slice up.
    let [.., cell, keys] = &visited[..] else { panic!("two at least") };
    let moved = [0, 1, 2].map(|axis| {
        let at = |place: &Value| place["voxel"][axis].as_i64().expect("an index");
        at(keys) - at(cell)
    });
    assert_eq!(moved, [1, 0, 1]);
}

/// axe-core, a list of what assistive technology needs: the file that `TSNR_AXE` names.
#[test]
#[ignore = "needs a browser and axe-core"]
fn axe_finds_no_violation_in_light_and_dark_wide_and_narrow() {
    let axe = std::env::var_os("TSNR_AXE").expect("TSNR_AXE names axe.min.js");
    let axe = fs::read_to_string(axe).expect("axe-core");
    let look = "const found = await axe.run(document);
return found.violations.map(it => it.id + ': ' + it.nodes.map(node => node.html.slice(0, 120)).join(' | '));";
    let scratch = Scratch::new();
    let (_, page, _) = faulty(&scratch);
    let points = super::of_points(&scratch);
    let sizes = [(1400, false), (1400, true), (400, false), (400, true)];
    let screens = |page| sizes.map(|it| (page, it));
    for (page, (width, is_dark)) in [&page, &points].into_iter().flat_map(screens) {
        let body = format!("{axe}\n{look}");
        let found = asked(&browser(), page, Screen { width, is_dark }, &body);
        assert_eq!(found, serde_json::json!([]), "{width} {is_dark}");
    }
}
