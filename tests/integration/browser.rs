//! Pages in a real browser, the Chromium that `TSNR_BROWSER` names: it must load each page without
//! an error or a request, at wide and narrow windows, with no label over another or outside its
//! drawing, no empty panel, and nothing that reaches out of the window.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs when everything is loaded, and leaves what it found where the test finds it.
const LOOK: &str = r#"
<script>
const found = [];
addEventListener('securitypolicyviolation', event => found.push('it wants ' + event.blockedURI));
addEventListener('error', event => found.push('error: ' + event.message));
addEventListener('load', () => {
  const room = document.documentElement;
  if (room.scrollWidth > room.clientWidth) found.push(`the page is ${room.scrollWidth} wide in ${room.clientWidth}`);
  for (const image of document.images) if (!image.naturalWidth) found.push('an image is broken');
  for (const panel of document.querySelectorAll('h2')) {
    const next = panel.nextElementSibling;
    if (!next || next.getBoundingClientRect().height < 8) found.push('nothing below ' + panel.textContent);
  }
  let texts = 0;
  for (const drawing of document.querySelectorAll('svg[role=img]')) {
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
  const note = document.createElement('pre');
  note.id = 'found';
  note.textContent = JSON.stringify({texts, found: found.slice(0, 20)});
  document.body.append(note);
});
</script>
"#;

/// The browser: a test that needs it is ignored, and run by `.ci/run`.
pub fn browser() -> PathBuf {
    std::env::var_os("TSNR_BROWSER").expect("TSNR_BROWSER names a Chromium").into()
}

/// Loads a page in a window of a width, and holds what it looks like against what it should.
pub fn look_at(browser: &Path, page: &str, width: usize) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("page.html");
    // The page lets nothing be loaded and no script be run, but for the one that looks at it.
    let policy = "default-src 'none';";
    assert!(page.contains(policy));
    let page = page.replacen(policy, &format!("{policy} script-src 'unsafe-inline';"), 1);
    fs::write(&file, page.replacen("</title>", &format!("</title>{LOOK}"), 1)).expect("a page");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--hide-scrollbars", "--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--window-size={width},1000"))
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
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
    let note = note.split("</pre>").next().expect("an end").replace("&amp;", "&");
    let note: serde_json::Value =
        serde_json::from_str(&note.replace("&lt;", "<").replace("&gt;", ">")).expect("JSON");
    assert_eq!(note["found"], serde_json::json!([]), "in a window of {width}");
    assert!(note["texts"].as_u64().is_some_and(|texts| texts > 20), "{note}");
}
