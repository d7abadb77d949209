//! A session's page in a browser: links of findings lead to their places, the values at the crosshair
//! are numpy's, and who uses a keyboard or a screen reader finds what everybody does.

use super::sessions::{Fault, Plan, name};
use super::{LOST_SLICE, made, plan};
use crate::browser::{Screen, asked, browser};
use crate::program::Scratch;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Every way to a place: links of findings, of runs, and a cell of the lost slice of the third run.
const VISIT: &str = r#"
const state = async from => {
  await frames();
  const values = [...document.querySelectorAll('#values tr')].map(it => it.cells[1].textContent.replace(/,/g, ''));
  const voxel = document.getElementById('where').textContent.match(/\d+/g).slice(0, 3).map(Number);
  return {from, voxel, values, map: document.getElementById('map').value, moment: document.getElementById('moment').textContent};
};
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

/// numpy's tSNR of all runs, mean, std, and the tSNR of each run at voxels.
fn of_numpy(scratch: &Scratch, runs: usize, voxels: &[Value]) -> Vec<Vec<f64>> {
    let python = std::env::var_os("TSNR_PYTHON").expect("TSNR_PYTHON names a Python with nibabel");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page_check.py");
    let voxels = serde_json::to_string(voxels).expect("JSON");
    let output = Command::new(python)
        .arg("-B")
        .arg(script)
        .arg(voxels)
        .args((1..=runs).map(|run| scratch.path(&name(run))))
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
#[ignore = "needs a browser and Python"]
fn links_lead_to_places_where_the_values_are_numpys_to_four_digits() {
    let scratch = Scratch::new();
    let (plan, page, _) = faulty(&scratch);
    let script = VISIT.replace("SLICE", &LOST_SLICE.to_string());
    let screen = Screen { width: 1400, is_dark: false };
    let found = asked(&browser(), &page, screen, &script);
    assert_eq!(found["violations"], serde_json::json!([]));
    let visited = found["visited"].as_array().expect("places");
    assert!(visited.len() >= 5 + 2, "{visited:?}");
    let voxels: Vec<Value> = visited.iter().map(|it| it["voxel"].clone()).collect();
    for (place, expected) in visited.iter().zip(of_numpy(&scratch, plan.runs, &voxels)) {
        let values: Vec<f64> = place["values"]
            .as_array()
            .expect("values")
            .iter()
            .map(|it| it.as_str().expect("a text").parse().expect("a number"))
            .collect();
        // The share between runs, which numpy is not asked for, stands before the runs'.
        let values = [&values[..3], &values[4..]].concat();
        let rounded: Vec<f64> =
            expected.iter().map(|it| format!("{it:.3e}").parse().expect("a number")).collect();
        assert_eq!(values, rounded, "{place}");
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
    for (width, is_dark) in [(1400, false), (1400, true), (400, false), (400, true)] {
        let body = format!("{axe}\n{look}");
        let found = asked(&browser(), &page, Screen { width, is_dark }, &body);
        assert_eq!(found, serde_json::json!([]), "{width} {is_dark}");
    }
}
