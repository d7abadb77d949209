//! What is to be looked at, as the program makes it: the page tells what `--json` tells and shows
//! what is wrong, left is left whatever the orientation of a file, and a terminal is shown no more
//! than it can show.

use crate::browser;
use crate::program;

use program::bytes::{Header, INT16, Random};
use program::{Scratch, program, session_pattern, session_runs, testdata};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tsnr::pictures::Colormap;

/// The most bytes of a page.
const LARGEST_PAGE: usize = 10_000_000;

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("a text")
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&text(path)).expect("JSON")
}

/// The figures of a page for a program.
fn figures(page: &str) -> Value {
    let (_, after) = page.split_once("<script type=\"application/json\" id=\"tsnr\">").unwrap();
    serde_json::from_str(after.split_once("</script>").unwrap().0).expect("JSON")
}

/// Runs with a page and with JSON; what both are.
fn page_and_json<A: AsRef<std::ffi::OsStr>>(
    scratch: &Scratch,
    arguments: impl IntoIterator<Item = A>,
) -> (String, Value) {
    let [page, figures] = ["page.html", "run.json"].map(|name| scratch.path(name));
    let mut command = scratch.program();
    command.args(arguments).arg("--report").arg(&page).arg("--json").arg(&figures);
    program::Outcome::from_output(command.output().expect("the program starts")).succeeded();
    (text(&page), json(&figures))
}

/// Holds what a page embeds for programs against `--json`: it is that very object.
#[track_caller]
fn assert_same_figures(page: &str, run: &Value) {
    let shown = figures(page);
    assert_eq!(shown["schema"], "tsnr-run/2");
    let (shown, run) = (shown.as_object().expect("an object"), run.as_object().expect("one"));
    assert_eq!(Vec::from_iter(shown.keys()), Vec::from_iter(run.keys()));
    for (key, value) in shown {
        assert_eq!(value, &run[key], "{key}");
    }
}

#[test]
fn the_figures_of_a_page_are_those_of_the_json_file() {
    let scratch = Scratch::new();
    let runs = session_runs();
    let pattern = session_pattern();
    let one = runs[0].display().to_string();
    let commands: [&[&str]; 6] = [
        &[&pattern],
        &[&pattern, "--mask", "auto", "--dummy-scans", "3", "--detrend", "2"],
        &[&pattern, "--combine", "demean", "--volumes", "2:18", "--ddof", "rank"],
        &[&pattern, "--combine", "average", "--highpass", "60", "--mode", "serial"],
        &[&one, "--definition", "afni", "--mode", "delayed"],
        &[&one, "--dummy-scans", "auto", "--definition", "nipype"],
    ];
    for command in commands {
        let (page, run) = page_and_json(&scratch, command);
        assert_same_figures(&page, &run);
        let tsnr = &run["tsnr"];
        let median = tsnr["median"].as_f64().expect("a median");
        let shown = |median: f64, of: &str| {
            let median = tsnr::numbers::figure(median);
            page.contains(&format!("<b>{median}</b><span>median tSNR{of}</span>"))
        };
        let of_brain = &run["brain"]["tsnr"]["median"];
        assert_eq!(of_brain.is_null(), command.contains(&"--mask"));
        match of_brain.as_f64() {
            Some(brain) => {
                assert!(shown(median, " of all voxels") && shown(brain, " in the brain"))
            }
            None => assert!(shown(median, ""), "{command:?}"),
        }
        let sentence = run["definition"]["sentence"].as_str().expect("a sentence");
        assert!(page.contains(&format!("<p>{sentence}</p>")), "{sentence}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_whose_name_is_no_text_has_a_page_and_json() {
    use std::os::unix::ffi::OsStrExt;
    let scratch = Scratch::new();
    let name = std::ffi::OsStr::from_bytes(b"run-\xff.nii");
    fs::copy(testdata("odd/int16_le.nii"), scratch.path(".").join(name)).expect("a copy");
    let (page, run) = page_and_json(&scratch, [name]);
    assert_same_figures(&page, &run);
    assert!(page.contains("<td>run-\u{fffd}.nii</td>"));
    assert_eq!(run["runs"][0]["files"][0]["path"], "run-\u{fffd}.nii");
}

/// The elements of a kind that no other of the kind is in.
fn elements<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name} "), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find(&open) {
        let end = start + rest[start..].find(&close).expect("an end") + close.len();
        found.push(&rest[start..end]);
        rest = &rest[end..];
    }
    found
}

#[test]
fn a_page_is_whole_in_itself_and_tells_where_it_comes_from() {
    let scratch = Scratch::new();
    let (page, _) = page_and_json(&scratch, [session_pattern()]);
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</body>\n</html>\n"));
    assert!(page.len() < LARGEST_PAGE);
    for outside in ["src=\"http", "href=\"http", "url(", "@import", "<link rel=\"stylesheet"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Figures, maps and courses as data, and one script, which the policy knows by its hash.
    assert_eq!(page.matches("<script type=\"application/json\"").count(), 3);
    assert_eq!(page.matches("<script").count(), 4);
    let (_, script) = page.split_once("<script>").expect("a script");
    let (script, _) = script.split_once("</script>").expect("an end");
    let allowed = format!("script-src 'sha256-{}';", browser::hash(script));
    assert!(page.contains(&allowed), "{allowed}");
    for outside in ["fetch(", "XMLHttpRequest", "import(", "import ", "eval(", "http", "WebSocket"]
    {
        assert!(!script.contains(outside), "{outside}");
    }
    let drawings = elements(&page, "svg");
    assert!(drawings.len() > 10, "{} drawings", drawings.len());
    for drawing in drawings {
        roxmltree::Document::parse(drawing).expect("well-formed XML");
    }
    for part in [
        "<title>sub-01 ses-test, 5 runs</title>",
        "<b>189 of 189</b><span>volumes used</span>",
        "<section id=\"findings\">",
        "<section id=\"maps\" class=\"scripted\" hidden>",
        "<section id=\"time\">",
        "<h2>Maps</h2>",
        "<section id=\"runs\">",
        "<section id=\"slices\">",
        "<section id=\"pictures\">",
        "<section id=\"details\">",
        "<td>compute</td>",
        "array mode on",
        "<dt>voxel axes lead to</dt><dd>RAS</dd>",
        "alt=\"The task graph",
        " UTC</dd>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // Another tool's hash of the header as it is stored, without the gzip around it.
    for run in session_runs() {
        let line = format!("gzip -dc '{}' | head -c 348 | sha256sum", run.display());
        let output = Command::new("bash").args(["-c", &line]).output().expect("bash starts");
        let hash = String::from_utf8(output.stdout).expect("a hash");
        let hash = hash.split(' ').next().expect("a hash");
        assert_eq!(hash.len(), 64);
        let held = format!("\"header_sha256\":\"{hash}\"");
        assert!(page.contains(&held), "{hash} of {}", run.display());
    }
    assert!(page.contains("<td>1c852b1700d119c6</td>"), "the hash of the first run's voxels");
    let (page, _) = page_and_json(&scratch, [testdata("odd/int16_le.nii")]);
    let hash = Command::new("bash")
        .args([
            "-c",
            &format!("head -c 348 '{}' | sha256sum", testdata("odd/int16_le.nii").display()),
        ])
        .output()
        .expect("bash starts");
    assert!(page.contains(&String::from_utf8(hash.stdout).expect("a hash")[..64]));
}

/// A page is drawn within the memory that was predicted, of a grid as large as ds000114's.
#[test]
fn a_page_takes_no_more_memory_than_was_predicted_and_few_bytes() {
    let scratch = Scratch::new();
    let mut random = Random::new("a large grid");
    let head = |it: usize| [it % 64, it / 64 % 64].iter().all(|at| (8..56).contains(at));
    for run in 1..=2 {
        let noise: Vec<f64> = (0..5000).map(|_| random.normal()).collect();
        let voxels = (0..6 * 64 * 64 * 30)
            .map(|it| if head(it) { 900.0 + 15.0 * noise[it * 31 % 4999] } else { 0.0 });
        let file = Header::new(INT16, 16, 64, 64, 30, 6).file(&voxels.collect::<Vec<_>>());
        scratch.file(&format!("run-{run}.nii"), file);
    }
    for options in
        [&["--threads", "2"][..], &["--views", "axial,coronal,sagittal", "--mask", "auto"]]
    {
        let outcome =
            scratch.tsnr(["run-1.nii", "run-2.nii", "--report", "page.html"].iter().chain(options));
        let outcome = outcome.succeeded();
        let (_, memory) = outcome.summary("time").split_once("peak memory ").expect("memory");
        let (peak, predicted) = memory.split_once(" MiB of ").expect("actual of predicted");
        let predicted = predicted.split(' ').next().unwrap();
        let [peak, predicted] = [peak, predicted].map(|it| it.parse::<f64>().expect("a number"));
        assert!(peak <= predicted && predicted < 3.0 * peak, "{memory}");
        assert!(text(&scratch.path("page.html")).len() < LARGEST_PAGE);
    }
}

// ---- Faults -----------------------------------------------------------------------------------

const VOLUMES: usize = 40;
const SPIKE: usize = 25;
const LOST_SLICE: usize = 5;
const UNSTEADY: usize = 3;

/// Three runs of a head, the first with a spike, the second with a slice that is lost in
/// every eighth volume, the third brighter and shifted. In all of them the first volumes are brighter, and
/// a corner of the head reaches the limit of the type.
fn faulty_session(scratch: &Scratch) {
    let [nx, ny, nz] = [16_usize, 16, 8];
    let mut random = Random::new("a session with faults");
    for run in 1..=3 {
        let mut header = Header::new(INT16, 16, 16, 16, 8, VOLUMES as i16);
        header.pixdim[4] = 2.0;
        let mut voxels = Vec::new();
        for volume in 0..VOLUMES {
            let mut gain = 1.0 + 0.3 * f64::from(u8::from(volume < UNSTEADY)) / (1 + volume) as f64;
            if run == 1 && volume == SPIKE {
                gain *= 1.05;
            }
            if run == 3 {
                gain *= 1.06;
            }
            for (z, y, x) in
                (0..nz).flat_map(|z| (0..ny).flat_map(move |y| (0..nx).map(move |x| (z, y, x))))
            {
                let shift = if run == 3 { 1.0 } else { 0.0 };
                let at = |it: usize, count: usize| (it as f64 + 0.5) / count as f64 * 2.0 - 1.0;
                let radius =
                    at(x, nx).powi(2) + (at(y, ny) - shift / 8.0).powi(2) + 0.6 * at(z, nz).powi(2);
                let level = if x < 6 && y < 8 { 31_000.0 } else { 15_000.0 };
                let lost = run == 2 && z == LOST_SLICE && volume % 8 == 7;
                let value = match radius < 0.9 {
                    true => level * gain * if lost { 0.3 } else { 1.0 } + 300.0 * random.normal(),
                    false => 0.0,
                };
                voxels.push(value.min(32_767.0));
            }
        }
        let name = format!("sub-01_task-rest_run-{run}_bold.nii.gz");
        scratch.file(&name, program::bytes::gzip(&header.file(&voxels)));
    }
}

#[test]
fn what_is_wrong_with_a_session_shows_where_a_person_looks() {
    let scratch = Scratch::new();
    faulty_session(&scratch);
    let (page, run) = page_and_json(&scratch, ["*_bold.nii.gz"]);
    assert_same_figures(&page, &run);
    assert!(page.contains("<h2 class=\"verdict look\">Look at "));
    for name in ["between-runs", "non-steady", "clipped"] {
        let card = format!("<article class=\"card warning\"><p><b>{name}</b>: ");
        assert!(page.contains(&card), "{name}");
    }
    assert!(page.contains("What to do: see first that the runs are realigned"));
    assert!(page.contains("What to do: consider leaving out dummy scans (auto)"));
    assert!(page.contains("non-steady</b>: the first volumes look as if"), "told in words");

    // The corner that is cut off: 1 / 6 of the head at least.
    let (_, clipped) = page.split_once("<b>clipped</b>: ").expect("a warning");
    let clipped: usize = clipped.split(' ').next().unwrap().parse().expect("a number of voxels");
    assert!(clipped > 150, "{clipped} voxels");

    // The spike: the largest change of its run.
    let row = |page: &str, part: &str, run: usize| -> String {
        let (_, part) = page.split_once(&format!("<section id=\"{part}\">")).expect("a section");
        let (_, row) = part.split_once(&format!(">run-{run}<")).expect("a row");
        row.split_once("</tr>").expect("an end").0.to_owned()
    };
    let changes = row(&page, "runs", 1);
    assert!(changes.contains(&format!(", {SPIKE}: ")), "{changes}");

    // The lost slice: of all slices its tSNR is by far the least, and the run's row says so.
    let of_slice = |slice: usize| -> f64 {
        let row = row(&page, "slices", 2);
        let cell = row.split("<td").nth(slice + 1).expect("a cell").split(['>', '<']).nth(1);
        cell.expect("a text").parse().expect("a number")
    };
    assert!(of_slice(LOST_SLICE) < 0.5 * of_slice(LOST_SLICE - 1));
    assert!(of_slice(LOST_SLICE) < 0.5 * of_slice(LOST_SLICE + 1));
    let odd = format!("<td class=\"odd\">{LOST_SLICE}: ");
    assert!(row(&page, "runs", 2).contains(&odd), "{}", row(&page, "runs", 2));

    // With the first volumes dropped they are marked, and what changes then is the spike.
    let (page, run) = page_and_json(&scratch, ["*_bold.nii.gz", "--dummy-scans", "auto"]);
    assert_same_figures(&page, &run);
    assert!(!page.contains("<b>non-steady</b>"));
    for run in 1..=3 {
        let band = format!(
            "<title>sub-01_task-rest_run-{run}_bold, volumes 0 to {}: dropped as not yet steady",
            UNSTEADY - 1
        );
        assert!(page.contains(&band), "{band}");
    }
    assert!(page.contains(&format!("{} dropped", 3 * UNSTEADY)));
    // Into the spike or out of it.
    let changes = row(&page, "runs", 1);
    let is_named = |volume: &usize| changes.contains(&format!(">{volume}: "));
    assert!([SPIKE, SPIKE + 1].iter().any(is_named), "{changes}");
}

/// Pages that the program makes, wide and narrow.
#[test]
#[ignore = "needs a browser"]
fn a_browser_finds_no_fault_in_a_page_of_the_program() {
    let scratch = Scratch::new();
    faulty_session(&scratch);
    let faulty = page_and_json(
        &scratch,
        ["*_bold.nii.gz", "--dummy-scans", "2", "--views", "coronal,axial"],
    );
    let session =
        page_and_json(&scratch, [session_pattern(), "--mask".to_owned(), "auto".to_owned()]);
    let one = page_and_json(&scratch, [testdata("odd/int16_le.nii").display().to_string()]);
    for (page, run) in [faulty, session, one] {
        assert_same_figures(&page, &run);
        for width in [1400, 420] {
            browser::look_at(&browser::browser(), &page, width);
        }
    }
}

// ---- Orientation ------------------------------------------------------------------------------

/// Width, height, and the colour of each pixel.
fn decoded(path: &Path) -> (usize, usize, Vec<[u8; 3]>) {
    let mut decoder =
        png::Decoder::new(std::io::BufReader::new(fs::File::open(path).expect("a PNG")));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a header");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut bytes).expect("pixels");
    assert_eq!(frame.color_type, png::ColorType::Rgb);
    let pixels = bytes[..frame.buffer_size()].chunks_exact(3).map(|it| [it[0], it[1], it[2]]);
    (frame.width as usize, frame.height as usize, pixels.collect())
}

/// The middle of the pixels of a colour, and how many there are.
fn middle(pixels: &[[u8; 3]], width: usize, color: [u8; 3]) -> ([f64; 2], usize) {
    let places = pixels.iter().enumerate().filter(|(_, it)| **it == color);
    let places = places.map(|(at, _)| [(at % width) as f64, (at / width) as f64]);
    let (mut sum, mut count) = ([0.0, 0.0], 0);
    for [x, y] in places {
        sum = [sum[0] + x, sum[1] + y];
        count += 1;
    }
    (sum.map(|it| it / f64::from(count.max(1))), count as usize)
}

/// A run whose voxel axes lead to `directions` (body axis, and whether it is followed backwards),
/// tilted by some tenths of a radian; its tSNR is 100 where both `marked` body axes are at the given
/// side of the centre, and 60 elsewhere.
fn oriented(directions: [(usize, bool); 3], tilt: f64, marked: [(usize, bool); 2]) -> Vec<u8> {
    let header = Header::new(INT16, 16, 8, 8, 8, 4);
    let mut affine = [[0.0_f64; 4]; 3];
    for (axis, &(body, is_reversed)) in directions.iter().enumerate() {
        affine[body][axis] = if is_reversed { -3.0 } else { 3.0 };
    }
    // About the axis through the feet and head.
    let ([x, y, z], (sin, cos)) = (affine, tilt.sin_cos());
    let turned =
        |a: [f64; 4], b: [f64; 4], s: f64, c: f64| std::array::from_fn(|at| c * a[at] + s * b[at]);
    let mut affine: [[f64; 4]; 3] = [turned(x, y, -sin, cos), turned(y, x, sin, cos), z];
    for row in &mut affine {
        row[3] = -3.5 * (row[0] + row[1] + row[2]);
    }
    let mut voxels = Vec::new();
    for volume in 0..4 {
        for (k, j, i) in
            (0..8).flat_map(|k| (0..8).flat_map(move |j| (0..8).map(move |i| (k, j, i))))
        {
            // By the indices, so that a tilt does not cut voxels.
            let indices = [i, j, k];
            let is_marked = marked.iter().all(|&(body, is_upper)| {
                let axis = directions.iter().position(|it| it.0 == body).expect("an axis");
                ((indices[axis] >= 4) != directions[axis].1) == is_upper
            });
            let mean = if is_marked { 1000.0 } else { 600.0 };
            voxels.push(mean + if volume % 2 == 0 { 10.0 } else { -10.0 });
        }
    }
    let mut file = header.file(&voxels);
    file[252..254].copy_from_slice(&0_i16.to_le_bytes()); // qform_code
    for (at, value) in affine.as_flattened().iter().enumerate() {
        file[280 + 4 * at..284 + 4 * at].copy_from_slice(&(*value as f32).to_le_bytes());
    }
    file
}

#[test]
fn left_is_left_and_up_is_up_in_files_of_all_48_orientations() {
    let scratch = Scratch::new();
    let [mark, other] = [1.0, 0.0].map(|place| Colormap::Viridis.color(place));
    let axes = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    // Below the views, where the marked quarter is to be seen: at the left, and at the top.
    let views = [
        ("axial", [(0, false), (1, true)], true),
        ("coronal", [(0, false), (2, true)], true),
        ("sagittal", [(1, true), (2, true)], false),
    ];
    let mut looked_at = 0;
    for (order, signs) in axes.into_iter().flat_map(|it| (0..8).map(move |signs| (it, signs))) {
        let directions = [0, 1, 2].map(|axis| (order[axis], signs >> axis & 1 == 1));
        for (view, marked, is_left) in views {
            let tilt = if signs % 3 == 0 { 0.3 } else { 0.0 };
            scratch.file("run.nii", oriented(directions, tilt, marked));
            let arguments = ["run.nii", "--png", "map.png", "--range", "60:100", "-q"];
            scratch.tsnr(arguments.iter().chain(&["--views", view, "--slices", "1"])).succeeded();
            let (width, _, pixels) = decoded(&scratch.path("map.png"));
            let ([x, y], count) = middle(&pixels, width, mark);
            let ([other_x, other_y], others) = middle(&pixels, width, other);
            let share = count as f64 / (count + others) as f64;
            assert!((share - 0.25).abs() < 0.01, "{directions:?} {view}: {share} of the slice");
            assert_eq!(x < other_x, is_left, "{directions:?} {view}");
            assert!(y < other_y, "{directions:?} {view}");
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 3 * 48);
}

#[test]
fn a_slide_has_the_slices_and_colours_that_were_asked_for() {
    let scratch = Scratch::new();
    let pattern = session_pattern();
    let drawn = |arguments: &[&str]| {
        let all = [&[pattern.as_str(), "--png", "map.png", "-q"], arguments].concat();
        scratch.tsnr(all).succeeded();
        decoded(&scratch.path("map.png"))
    };
    let plain = drawn(&["--views", "axial", "--slices", "all", "--range", "auto"]);
    assert_eq!(plain.0, 1600);
    assert_ne!(drawn(&[]), plain, "there are a few sagittal ones");
    assert_eq!(drawn(&["--slices", "10"]), plain, "there are 10");
    assert_ne!(drawn(&["--slices", "4,5"]), plain);
    let two = drawn(&["--views", "axial,sagittal"]);
    assert_ne!(two, plain);
    assert_eq!(drawn(&["--views", "axial,sagittal,axial"]), two, "each view once");
    let has =
        |picture: &(usize, usize, Vec<[u8; 3]>), map: Colormap| picture.2.contains(&map.color(1.0));
    assert!(has(&plain, Colormap::Viridis) && !has(&plain, Colormap::Inferno));
    let other = drawn(&["--colormap", "inferno", "--range", "0:40"]);
    assert!(has(&other, Colormap::Inferno) && !has(&other, Colormap::Viridis));
}

#[test]
fn a_slide_says_what_must_be_known_and_has_the_paper_that_was_asked_for() {
    let scratch = Scratch::new();
    let pattern = session_pattern();
    let run = session_runs()[0].display().to_string();
    let drawn = |arguments: &[&str]| {
        let outcome = scratch.tsnr([&["--png", "map.png", "--mask", "auto"], arguments].concat());
        let median = outcome.succeeded().summary("median tSNR").to_owned();
        let file = fs::File::open(scratch.path("map.png")).expect("a PNG");
        let reader =
            png::Decoder::new(std::io::BufReader::new(file)).read_info().expect("a header");
        let texts = reader.info().utf8_text.iter();
        let texts: Vec<String> = texts.map(|it| it.get_text().expect("a text")).collect();
        let (width, color) = (reader.info().width, reader.info().color_type);
        (median, texts, width, color, fs::read(scratch.path("map.png")).expect("a file"))
    };
    let (median, texts, width, color, plain) = drawn(&[&pattern, "--combine", "demean"]);
    assert_eq!((width, color), (1600, png::ColorType::Rgb));
    assert!(plain.len() < 400_000, "{} bytes", plain.len());
    assert_eq!(texts[0], "tSNR of sub-01 ses-test, 5 runs");
    for part in [
        &*format!("median {median}, quartiles 47.35 to 81.66; N = 189 volumes of 5 runs"),
        "tSNR = mean / std over all volumes, the std within runs, pooled; ddof 0, no detrending",
        "mask auto (nilearn's compute_epi_mask). The patient's left is at the left.",
    ] {
        assert!(texts[1].contains(part), "{part}: {}", texts[1]);
    }
    assert!(texts[2].starts_with("tsnr "), "{}", texts[2]);
    let dark = drawn(&[&run, "--dark", "--width", "800"]);
    assert_eq!((dark.2, dark.3), (800, png::ColorType::Rgb));
    let clear = drawn(&[&run, "--transparent"]);
    assert_eq!(clear.3, png::ColorType::Rgba);
    let plain = drawn(&[&run]).4;
    let over_mean = drawn(&[&run, "--overlay", "mean"]).4;
    assert_ne!(over_mean, plain);
    scratch.tsnr([&run, "--mean", "anatomy.nii"]).succeeded();
    let over_image = drawn(&[&run, "--overlay", "anatomy.nii"]).4;
    assert_ne!(over_image, over_mean, "its label says what lies under");
    let odd = testdata("odd/int16_le.nii").display().to_string();
    let error = scratch.tsnr([&*run, "--png=map.png", "--overlay", &odd]).error();
    assert!(error.contains("expected one"), "{error}");
    let anatomy = ["--png=map.png", "--overlay=anatomy.nii", "-o", "anatomy.nii"];
    assert!(scratch.tsnr([&[&*run][..], &anatomy].concat()).error().contains("one of the inputs"));
    for wrong in [&["--png=m.png", "--width=399"][..], &["--dark"], &["--overlay=mean"]] {
        let outcome = scratch.tsnr([&[&*run, "-o", "o.nii"][..], wrong].concat());
        assert_eq!(outcome.exit_code, Some(2), "{wrong:?}: {}", outcome.stderr);
    }
}

#[test]
fn what_cannot_be_shown_is_refused_before_anything_is_computed() {
    let scratch = Scratch::new();
    let run = session_runs()[0].display().to_string();
    let error = scratch.tsnr([&run, "--png", "map.png", "--slices", "4,10"]).error();
    assert!(
        error.ends_with("axial slice 10 does not exist, the grid has 10; give slices from 0 to 9")
    );
    let error = scratch.tsnr([&run, "--report", "missing/page.html"]).error();
    assert!(error.contains("missing"), "{error}");
    for wrong in [
        vec!["--png", "map.jpg"],
        vec!["--report", "page.pdf"],
        vec!["--preview", "--range", "9:1"],
        vec!["--preview", "--views", "oblique"],
        vec!["--preview", "--slices", "0"],
        vec!["--preview", "--colormap", "jet"],
        vec!["-o", "map.nii", "--views", "axial"],
        vec!["--png", "one.png", "--report", "one.html", "--json", "./one.png"],
        vec!["--compare", "--report", "page.html"],
        vec!["--definitions", "--png", "map.png"],
    ] {
        let outcome = scratch.tsnr([&[run.as_str()], &wrong[..]].concat());
        assert_eq!(outcome.exit_code, Some(2), "{wrong:?}: {}", outcome.stderr);
    }
    let all = [session_pattern().as_str(), "--strict", "--report", "page.html", "--png", "map.png"]
        .map(str::to_owned);
    assert_eq!(scratch.tsnr(all).exit_code, Some(1));
    assert!(scratch.names().is_empty(), "{:?}", scratch.names());
}

#[test]
fn pictures_of_a_file_that_does_not_say_where_left_is_say_that_it_is_unknown() {
    let scratch = Scratch::new();
    let known = Header::int16(6);
    let unknown = Header { qform_code: 0, sform_code: 0, ..Header::int16(6) };
    let samples: Vec<f64> = (0..360).map(|it| f64::from(100 + it * 7 % 11)).collect();
    // The rows of this sform are all 0.
    let mut zeros = Header { qform_code: 0, ..Header::int16(6) }.file(&samples);
    zeros[280..328].fill(0);
    scratch.file("known.nii", known.file(&samples));
    scratch.file("unknown.nii", unknown.file(&samples));
    scratch.file("zeros.nii", zeros);
    let note = "Left and right are unknown: neither sform nor qform says how the voxels lie.";
    const UNSURE: [&str; 4] = ["A?", "L?", "P?", "R?"];
    let marks = |page: &str| {
        let is_mark = |it: &&str| it.contains("class=\"side");
        let texts = elements(page, "text").into_iter().chain(elements(page, "b")).filter(is_mark);
        let texts = texts.map(|it| it.split(['<', '>']).nth(2).expect("a text").to_owned());
        texts.filter(|it| it.len() <= 2).collect::<std::collections::BTreeSet<_>>()
    };
    for (name, expected) in
        [("known.nii", &["A", "L", "P", "R"][..]), ("unknown.nii", &UNSURE), ("zeros.nii", &UNSURE)]
    {
        let is_unknown = name != "known.nii";
        for arguments in [
            &["--png", "map.png"][..],
            &["--report", "page.html", "--views=axial,sagittal,coronal"],
            &["-o", "map.nii"],
        ] {
            let outcome = scratch.tsnr([&[name], arguments].concat()).succeeded();
            let said = outcome.found_as("orientation-unknown");
            assert_eq!(!said.is_empty(), is_unknown, "{}", outcome.stderr);
            let text = format!("{name}: {}", note.trim_end_matches('.'));
            assert!(said.iter().all(|it| it.starts_with(&text)), "{said:?}");
            // Where nobody looks for a side it need not be a warning.
            let is_seen = arguments[0] != "-o";
            let found = outcome.found();
            let warns = found.iter().any(|it| it.is_warning && it.name == "orientation-unknown");
            assert_eq!(warns, is_unknown && is_seen, "{}", outcome.stderr);
        }
        let page = text(&scratch.path("page.html"));
        assert_eq!(marks(&page), expected.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(page.contains(note), is_unknown);
        assert_eq!(page.contains("left is at the left"), !is_unknown);
        assert_eq!(page.contains(" · z "), !is_unknown);
        assert_eq!(page.contains("\"is_oriented\":true"), !is_unknown);
        assert_eq!(page.contains("<dt>voxel axes lead to</dt><dd>unknown</dd>"), is_unknown);
        assert_eq!(figures(&page)["grid"]["orientation"].is_null(), is_unknown);

        let words = ["diff", "map.nii", "map.nii", "--report=d.html", "--png=d.png"];
        let outcome = scratch.tsnr(words).succeeded();
        assert_eq!(outcome.stderr.contains(note), is_unknown, "{}", outcome.stderr);
        let page = text(&scratch.path("d.html"));
        let expected = if is_unknown { &UNSURE } else { &["A", "L", "P", "R"] };
        assert_eq!(marks(&page), expected.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(page.contains(note), is_unknown);
        for picture in ["map.png", "d.png"] {
            let to = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{picture}"));
            fs::copy(scratch.path(picture), to).expect("a copy, to be looked at");
        }
    }
    let [known, unknown] = ["known.nii-map.png", "unknown.nii-map.png"]
        .map(|name| fs::read(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)).unwrap());
    assert_ne!(known, unknown, "the slide has other marks");
}

// ---- The terminal -----------------------------------------------------------------------------

const DISTRIBUTION: &str = "tSNR, and the share of the defined voxels with it:";

#[test]
fn no_colour_is_ever_written_into_a_pipe() {
    let run = session_runs()[0].display().to_string();
    let told = |arguments: &[&str]| {
        let mut command = program();
        command.env("COLORTERM", "truecolor").env("TERM", "xterm-256color").env_remove("NO_COLOR");
        let output = command.arg(&run).args(arguments).output().expect("the program starts");
        program::Outcome::from_output(output).succeeded().stderr
    };
    let scratch = Scratch::new();
    let map = scratch.path("map.nii").display().to_string();
    let plain = told(&["-o", &map]);
    assert!(!plain.contains(DISTRIBUTION) && !plain.contains('\x1b'), "{plain}");
    let asked = told(&["--preview"]);
    let (_, shown) = asked.split_once(DISTRIBUTION).expect("a distribution");
    assert!(shown.contains('█') && !asked.contains('\x1b') && !asked.contains('▀'), "{asked}");
    let percents = shown.lines().filter_map(|line| line.split_once('%')?.0.rsplit(' ').next());
    let sum: f64 = percents.map(|it| it.parse::<f64>().expect("a number")).sum();
    assert!((sum - 100.0).abs() < 0.6, "{shown}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_shown_the_distribution_and_if_asked_slices_in_its_colours() {
    let scratch = Scratch::new();
    let run: PathBuf = session_runs()[0].clone();
    let typed = |options: &str, term: &str, colorterm: &str, no_color: &str| {
        let line = format!("{} '{}' {options}", env!("CARGO_BIN_EXE_tsnr"), run.display());
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(scratch.path("."));
        command.env("TERM", term).env("COLORTERM", colorterm).env("NO_COLOR", no_color);
        let output = command.stdin(std::process::Stdio::null()).output().expect("script starts");
        assert!(output.status.success(), "{output:?}");
        let shown = String::from_utf8(output.stdout).expect("UTF-8");
        // The bar moves the cursor before; what follows the summary's first line stays.
        let (_, summary) = shown.split_once("array mode, ").expect("a summary");
        summary.to_owned()
    };
    let plain = typed("-o map.nii", "xterm-256color", "truecolor", "");
    assert!(plain.contains(DISTRIBUTION) && !plain.contains('\x1b'), "{plain}");
    let exact = typed("--preview", "xterm-256color", "truecolor", "");
    assert!(exact.contains("\x1b[0;38;2;") && exact.contains('▀'), "{exact}");
    let palette = typed("--preview", "xterm-256color", "", "");
    assert!(palette.contains("\x1b[0;38;5;") && !palette.contains("38;2;"), "{palette}");
    for (term, no_color) in [("xterm-256color", "1"), ("dumb", ""), ("vt100", "")] {
        let shown = typed("--preview", term, "", no_color);
        assert!(shown.contains(DISTRIBUTION) && !shown.contains('\x1b'), "{term}: {shown}");
    }
}

/// What the program shows in a terminal of so many columns, without the moves of the progress line.
#[cfg(target_os = "linux")]
fn in_terminal(
    scratch: &Scratch,
    columns: usize,
    arguments: &str,
    variables: &[(&str, &str)],
) -> String {
    let line = format!("stty cols {columns} rows 40; '{}' {arguments}", env!("CARGO_BIN_EXE_tsnr"));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(scratch.path("."));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "CI"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color").envs(variables.iter().copied());
    let output = command.stdin(std::process::Stdio::null()).output().expect("script starts");
    String::from_utf8(output.stdout).expect("UTF-8").replace('\r', "\n")
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_said_fits_the_terminal_and_the_rest_of_a_line_is_indented() {
    let scratch = Scratch::new();
    std::os::unix::fs::symlink(testdata("sub-01"), scratch.path("sub-01")).expect("a link");
    for columns in [50, 80, 120] {
        let run = "'sub-01/ses-test/func/*_task-[cfl]*_bold.nii.gz' -o map.nii";
        let shown = in_terminal(&scratch, columns, run, &[]);
        let (_, summary) = shown.split_once("array mode, ").expect("a summary");
        let summary: Vec<&str> = summary.lines().skip(1).filter(|it| !it.is_empty()).collect();
        assert!(summary.iter().all(|line| line.chars().count() <= columns), "{summary:#?}");
        let folded = summary.iter().filter(|line| line.starts_with("             ")).count();
        assert_eq!(folded > 0, columns < 120, "{summary:#?}");
        let widest = summary.iter().map(|line| line.chars().count()).max();
        assert!(
            widest.is_some_and(|it| it >= columns - 12),
            "the histogram uses the width: {widest:?}"
        );
        let (bars, _) = shown.split_once("tsnr 0.").expect("a summary");
        let bars = bars.split(['\n', '\x1b']).filter(|it| it.contains("left"));
        for bar in bars {
            assert!(bar.chars().count() <= columns + 2, "{columns}: {bar:?}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn errors_are_coloured_as_help_is() {
    let scratch = Scratch::new();
    let shown =
        |variables: &[(&str, &str)]| in_terminal(&scratch, 80, "none.nii -o m.nii", variables);
    let is_colored = |text: &str| text.contains("tsnr: \x1b[1;31merror:\x1b[0m none.nii");
    assert!(is_colored(&shown(&[])));
    for [name, value] in [["NO_COLOR", "1"], ["CLICOLOR", "0"], ["TERM", "dumb"]] {
        let text = shown(&[(name, value)]);
        assert!(text.contains("tsnr: error: none.nii"), "{name}: {text}");
        let help = in_terminal(&scratch, 80, "--wrong", &[(name, value)]);
        assert!(help.contains("error: ") && !help.contains("\x1b[1m"), "{name}: {help:?}");
    }
    let piped = |name: &str| {
        let mut command = scratch.program();
        command.args(["none.nii", "-o", "m.nii"]).env_remove("NO_COLOR").env(name, "1");
        program::Outcome::from_output(command.output().expect("the program starts")).stderr
    };
    assert!(is_colored(&piped("CLICOLOR_FORCE")) && !piped("CLICOLOR").contains('\x1b'));
}
