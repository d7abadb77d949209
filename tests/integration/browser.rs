//! Pages in a real browser, the Chromium that `TSNR_BROWSER` names: it must load each page without
//! an error or a request, at wide and narrow windows, with no label over another or outside its
//! drawing, no empty panel, and nothing that reaches out of the window.

use crate::program::python::with_numpy_and_nibabel as python;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is wrong with how a page looks, and how many texts its drawings have.
const LOOK: &str = r#"
const found = [...violations];
const room = document.documentElement;
if (room.scrollWidth > room.clientWidth) found.push(`the page is ${room.scrollWidth} wide in ${room.clientWidth}`);
for (const image of document.images) if (!image.naturalWidth && image.loading !== 'lazy') found.push('an image is broken');
for (const panel of document.querySelectorAll('h2')) {
  const next = panel.nextElementSibling;
  if (!next || next.getBoundingClientRect().height < 8) found.push('nothing below ' + panel.textContent);
}
let texts = 0;
for (const drawing of document.querySelectorAll('svg.plot, svg.mosaic')) {
  const name = drawing.getAttribute('aria-label').slice(0, 40);
  const outer = drawing.getBoundingClientRect();
  if (outer.height < 40 || outer.width < 200) found.push(`${name} is small`);
  // Line boxes are taller than letters, so some of their height may overlap.
  const boxes = [...drawing.querySelectorAll('text')].filter(it => it.textContent).map(it => {
    const box = it.getBoundingClientRect(), slack = box.height * 0.25;
    return {text: it.textContent, left: box.left, right: box.right, top: box.top + slack, bottom: box.bottom - slack};
  });
  texts += boxes.length;
  boxes.forEach((a, i) => {
    if (a.left < outer.left - 1 || a.right > outer.right + 1 || a.top < outer.top - 1 || a.bottom > outer.bottom + 1)
      found.push(`${name}: '${a.text}' is cut off`);
    for (const b of boxes.slice(0, i))
      if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        found.push(`${name}: '${a.text}' over '${b.text}'`);
  });
}
return {texts, found: found.slice(0, 20)};
"#;

/// A function that tells of a session's page, once it has moved, where it is now: the voxel and the values
/// of each map at the crosshair, and what is said at the cursor.
pub const STATE: &str = r#"
const state = async from => {
  await frames();
  const values = [...document.querySelectorAll('#values tr')].map(it => it.cells[1].textContent.replace(/,/g, ''));
  const voxel = document.getElementById('where').textContent.match(/\d+/g).slice(0, 3).map(Number);
  return {from, voxel, values, map: document.getElementById('map').value, moment: document.getElementById('moment').textContent};
};
"#;

/// The browser: a test that needs it is ignored, and run by `.ci/run`.
pub fn browser() -> PathBuf {
    std::env::var_os("TSNR_BROWSER").expect("TSNR_BROWSER names a Chromium").into()
}

/// The SHA-256 of a text in base 64, as a policy names a script.
pub fn hash(text: &str) -> String {
    tsnr::markup::base64(&hmac_sha256::Hash::hash(text.as_bytes()))
}

/// A page that also runs a script of ours: its policy, which lets nothing be loaded, allows that one
/// beside its own, if it has one.
fn with_script(page: &str, script: &str) -> String {
    let ours = format!("'sha256-{}'", hash(script));
    let (nothing, own) = ("default-src 'none';", "script-src ");
    assert!(page.contains(nothing));
    let page = match page.contains(own) {
        true => page.replacen(own, &format!("{own}{ours} "), 1),
        false => page.replacen(nothing, &format!("{nothing} {own}{ours};"), 1),
    };
    page.replacen("</title>", &format!("</title><script>{script}</script>"), 1)
}

/// How a page is looked at.
#[derive(Clone, Copy)]
pub struct Screen {
    /// Of the window, in pixels.
    pub width: usize,
    /// Whether its reader prefers dark pages.
    pub is_dark: bool,
}

/// What a function of ours finds in a page once the page's own script, if it has one, is ready: what its
/// `body` returns. `violations` has what the page's policy refused, and errors.
pub fn asked(browser: &Path, page: &str, screen: Screen, body: &str) -> Value {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("page.html");
    let script = format!(
        "const violations = [];
addEventListener('securitypolicyviolation', event => violations.push('it wants ' + event.blockedURI));
addEventListener('error', event => violations.push('error: ' + event.message));
const frames = async () => {{ for (let it = 0; it < 3; it++) await new Promise(done => setTimeout(done, 30)); }};
const ask = async () => {{ {body} }};
const say = text => {{
  const note = document.createElement('pre');
  note.id = 'found';
  note.textContent = encodeURIComponent(text);
  document.body.append(note);
}};
const begin = () => {{
  const isReady = document.documentElement.dataset.ready || !document.querySelector('script:not([type]):not(#ours)');
  if (!isReady) return setTimeout(begin, 30);
  ask().then(found => say(JSON.stringify(found)), error => say(JSON.stringify({{failed: String(error)}})));
}};
document.currentScript.id = 'ours';
addEventListener('load', begin);
"
    );
    fs::write(&file, with_script(page, &script)).expect("a page");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--hide-scrollbars", "--enable-logging=stderr", "--virtual-time-budget=60000"])
        .arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!screen.is_dark)))
        .arg(format!("--window-size={},1000", screen.width))
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg("--dump-dom")
        .arg(&file)
        .stdin(Stdio::null())
        .output()
        .expect("the browser starts");
    let (dom, log) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    let console: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{console:?}");
    let note = dom.split("<pre id=\"found\">").nth(1).unwrap_or_else(|| panic!("no note: {log}"));
    let found = serde_json::from_slice(&decoded(note.split("</pre>").next().expect("an end")));
    let found: Value = found.expect("JSON");
    assert!(found["failed"].is_null(), "{found}");
    found
}

/// A text that was encoded for a URI.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend(parts.next().into_iter().flat_map(str::bytes));
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend(part[2..].bytes());
    }
    bytes
}

/// Loads a page in a window of a width, light and dark, and holds what it looks like against what it
/// should.
pub fn look_at(browser: &Path, page: &str, width: usize) {
    for is_dark in [false, true] {
        let note = asked(browser, page, Screen { width, is_dark }, LOOK);
        assert_eq!(note["found"], serde_json::json!([]), "in a window of {width}");
        assert!(note["texts"].as_u64().is_some_and(|texts| texts > 15), "{note}");
    }
}

/// Sees that at each place of a session's page, as [`STATE`] tells of it, the values of all maps and the
/// global signal are numpy's of these runs to four digits.
pub fn assert_values_are_numpys(runs: &[PathBuf], places: &[Value]) {
    let moment = |place: &Value| {
        let at = |name: &str| {
            place["from"][name].as_str().map(|it| it.parse::<usize>().expect("a number"))
        };
        Some([at("run")?, at("volume")?])
    };
    let asked = json!({
        "voxels": places.iter().map(|it| it["voxel"].clone()).collect::<Vec<_>>(),
        "moments": places.iter().filter_map(moment).collect::<Vec<_>>(),
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page_check.py");
    let mut check = Command::new(python());
    let output = check.arg("-B").arg(script).arg(asked.to_string()).args(runs).output();
    let output = output.expect("Python starts");
    assert!(output.status.success(), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rounded = |it: &Value| -> f64 {
        format!("{:.3e}", it.as_f64().expect("a number")).parse().expect("a number")
    };
    let number = |text: &str| text.replace(',', "").parse::<f64>().expect("a number");
    let mut signals = found["moments"].as_array().expect("figures").iter();
    for (place, expected) in places.iter().zip(found["voxels"].as_array().expect("figures")) {
        let values = place["values"].as_array().expect("values").iter();
        let mut values: Vec<f64> = values.map(|it| number(it.as_str().expect("a text"))).collect();
        if runs.len() > 1 {
            // The share between runs, which numpy is not asked for.
            values.remove(3);
        }
        let mut expected: Vec<f64> =
            expected.as_array().expect("figures").iter().map(rounded).collect();
        if runs.len() == 1 {
            expected.pop();
        }
        assert_eq!(values, expected, "{place}");
        if let Some([_, volume]) = moment(place) {
            let said = place["moment"].as_str().expect("a text");
            assert!(said.contains(&format!(", volume {volume} (")), "{said}");
            let signal = said.split(" · ").find_map(|it| it.strip_prefix("global signal % "));
            let expected = rounded(signals.next().expect("a figure"));
            assert_eq!(signal.map(number), Some(expected), "{place}");
        }
    }
}
