//! Pages of made sessions: what is planted shows, the figures agree, nothing is fetched. The pages
//! and pictures are left in `target/tmp/pages`, to be looked at.

mod in_browser;
mod sessions;

use crate::browser;
use crate::program::bytes::FLOAT32;
use crate::program::python::with_numpy_and_nibabel as python;
use crate::program::{Map, Outcome, Scratch, names, session_image, session_runs, shared_data};
use serde_json::Value;
use sessions::{Fault, Noise, Plan, head, name};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use tsnr::numbers::{count, figure};
use tsnr::pictures::{Colormap, Crop, Grid, Paper, Range, Slide, View, Volume, preview};

/// The most bytes of a page.
const LARGEST_PAGE: usize = 10_000_000;

/// Leaves what a test made where a person finds it.
fn left(name: &str, content: impl AsRef<[u8]>) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), content).expect("a file");
}

fn plan(faults: Vec<Fault>) -> Plan {
    Plan { shape: [32, 36, 12], voxel: [6.0, 6.0, 7.0], runs: 5, volumes: 40, faults }
}

const LOST_SLICE: usize = 7;

/// What the program made of a session.
struct Made {
    page: String,
    run: Value,
    tsnr: Vec<f64>,
}

/// Runs the program on everything in a folder, with a page, JSON and a map.
fn made(scratch: &Scratch, left_as: &str, options: &[&str]) -> Made {
    let outputs = ["--report=page.html", "--json=run.json", "-o", "tsnr.nii", "--undefined=nan"];
    scratch.tsnr([&["*_bold.nii", "-q"], &outputs[..], options].concat()).succeeded();
    let text = |name: &str| fs::read_to_string(scratch.path(name)).expect("a text");
    let page = text("page.html");
    left(left_as, &page);
    let run = serde_json::from_str(&text("run.json")).expect("JSON");
    assert_eq!(embedded(&page), run, "a page embeds what --json writes");
    Made { page, run, tsnr: Map::read(&scratch.path("tsnr.nii")).values }
}

/// Five runs with every fault, and an atlas; made once.
fn faulty() -> &'static Made {
    static FAULTY: OnceLock<Made> = OnceLock::new();
    FAULTY.get_or_init(|| {
        let scratch = Scratch::new();
        let plan = plan(vec![
            Fault::Spike { run: 1, volume: 31 },
            Fault::DroppedSlice { run: 2, slice: LOST_SLICE },
            Fault::Shift { run: 3 },
            Fault::NonSteady { volumes: 3 },
            Fault::Clip,
        ]);
        plan.write(&scratch);
        let [nx, ny, _] = plan.shape;
        let is_left = |it: usize| it % nx > 20 && it / nx / ny == 5;
        scratch.file("atlas.nii", plan.image(|it| i16::from(is_left(it))));
        scratch.file("labels.tsv", "index\tname\n1\tleft <hippocampus>\n");
        let atlas = ["--dummy-scans=3", "--atlas=atlas.nii", "--atlas-labels=labels.tsv"];
        made(&scratch, "faulty.html", &atlas)
    })
}

/// The elements between a tag and its end, whole.
fn elements<'a>(page: &'a str, tag: &str) -> Vec<&'a str> {
    let (begin, end) = (format!("<{tag}"), format!("</{tag}>"));
    let starts = page.match_indices(&begin).map(|(at, _)| at);
    starts.map(|at| &page[at..at + page[at..].find(&end).expect("an end") + end.len()]).collect()
}

/// The object that a page has for programs.
fn embedded(page: &str) -> Value {
    let begin = "<script type=\"application/json\" id=\"tsnr\">";
    let script = elements(page, "script").into_iter().find(|it| it.starts_with(begin));
    let text = script.expect("one element for programs").strip_prefix(begin);
    let text = text.and_then(|it| it.strip_suffix("</script>")).expect("its tags");
    serde_json::from_str(text).expect("JSON")
}

/// The voxels that the bars of a histogram say they stand for.
fn bar_sum(histogram: &str) -> usize {
    let titles = elements(histogram, "title").into_iter();
    let count = |it: &str| it.split(": ").nth(1)?.split(' ').next()?.parse::<usize>().ok();
    titles.map(|it| count(it).expect("a count")).sum()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("a number, found {value}"))
}

#[test]
fn a_page_needs_nothing_else_and_its_drawings_are_well_formed() {
    let page = &faulty().page;
    assert!(page.len() < LARGEST_PAGE, "{} bytes", page.len());
    for fetched in ["http:", "https:", "<link rel=\"stylesheet", "@import", "src=\"/", "url("] {
        assert!(!page.contains(fetched), "{fetched}");
    }
    let drawings = elements(page, "svg");
    assert!(drawings.len() > 15, "{}", drawings.len());
    for drawing in drawings {
        roxmltree::Document::parse(drawing).expect("well-formed XML");
        let is_said = drawing.contains("role=\"img\" aria-label=\"");
        assert!(is_said || drawing.contains("aria-hidden"), "{}", &drawing[..200]);
    }
    for image in page.match_indices("<img ").map(|(at, _)| &page[at..at + 200]) {
        assert!(image.contains(" alt=\""), "{image}");
    }
    for name in ["between-runs", "clipped"] {
        let card = format!("<article class=\"card warning\"><p><b>{name}</b>: ");
        assert!(page.contains(&card), "{}", faulty().run["findings"]);
    }
    assert!(page.contains("What to do: look at the reconstruction, or leave them out with a mask"));
}

#[test]
fn the_figures_of_a_page_are_those_that_json_has() {
    let Made { page, run, .. } = faulty();
    assert_eq!(run["schema"], "tsnr-run/2");
    assert_eq!(run["volumes_used"], 185);
    assert_eq!(run["runs"][4]["dummies"], serde_json::json!([0, 1, 2]));
    assert_eq!(run["grid"]["orientation"], "LAS");
    assert_eq!(run["mask"], Value::Null);
    let median = number(&run["tsnr"]["median"]);
    let brain = number(&run["brain"]["tsnr"]["median"]);
    for (median, of) in [(median, "of all voxels"), (brain, "in the brain")] {
        let shown = format!("<b>{}</b><span>median tSNR {of}</span>", figure(median));
        assert!(page.contains(&shown), "{median} {of}");
    }
    assert!(page.contains("<b>185 of 200</b><span>volumes used</span><small>15 dropped</small>"));
    let voxels = count(run["tsnr"]["voxels"].as_u64().expect("a count") as usize);
    let undefined = run["undefined"].as_object().expect("counts").values();
    let undefined: u64 = undefined.map(|it| it.as_u64().expect("a count")).sum();
    let undefined = count(undefined as usize);
    let shown =
        format!("<b>{voxels}</b><span>voxels</span><small>{undefined} more have no tSNR</small>");
    assert!(page.contains(&shown), "{shown}");
    let rows = elements(page, "tr");
    for (number_of_run, of_run) in run["runs"].as_array().expect("runs").iter().enumerate() {
        let own = number(&of_run["median_tsnr"]);
        let name = name(number_of_run + 1);
        let name = name.trim_end_matches(".nii");
        let link = format!("data-run=\"{number_of_run}\">run-{}</a></th>", number_of_run + 1);
        let row = rows.iter().find(|it| it.contains(&link)).expect("a row of the run");
        assert!(row.contains(&format!(">{}</td>", figure(own))), "{row}");
        assert!(row.contains("<td>40</td><td>37</td><td>3</td>"), "{row}");
        let hash = of_run["data_xxh3"].as_str().expect("a hash");
        assert!(page.contains(&format!("<td>{hash}</td>")), "{name}");
    }
    let regions = run["regions"].as_array().expect("regions");
    assert_eq!(regions.len(), 1 + 5, "all runs, and each");
    let medians = regions.iter().map(|it| format!("{:.0}", number(&it["median"])));
    let (_, row) = page.split_once("<th scope=\"row\">left &lt;hippocampus&gt; (").expect("a row");
    let (voxels, row) = row.split_once(")</th>").expect("a count");
    assert_eq!(voxels, count(regions[0]["voxels"].as_u64().expect("a count") as usize));
    let cells = row.split("</tr>").next().expect("an end").split("</td>");
    let shown = cells.filter_map(|it| it.rsplit_once('>')).map(|it| it.1.to_owned());
    assert_eq!(shown.collect::<Vec<_>>(), medians.collect::<Vec<_>>());
}

#[test]
fn a_name_never_ends_what_it_stands_in() {
    let scratch = Scratch::new();
    let small = Plan { shape: [8, 9, 4], voxel: [20.0; 3], runs: 2, volumes: 20, faults: vec![] };
    small.write(&scratch);
    fs::create_dir(scratch.path("x<")).expect("a folder");
    let path = |run: usize| format!("x</script><b>&_run-{run}_bold.nii");
    for run in [1, 2] {
        fs::rename(scratch.path(&name(run)), scratch.path(&path(run))).expect("another name");
    }
    let inputs = [path(1), path(2), "--report=page.html".to_owned(), "--by-slice".to_owned()];
    scratch.tsnr(inputs).succeeded();
    let page = fs::read_to_string(scratch.path("page.html")).expect("a page");
    let run = embedded(&page);
    assert_eq!(run["runs"][0]["files"][0]["path"], path(1));
    assert_eq!(run["runs"][0]["name"], "script><b>&_run-1_bold");
    assert!(page.contains("<title>script&gt;&lt;b&gt;&amp;, 2 runs</title>"), "{}", &page[..600]);
    assert!(page.contains("data-run=\"1\">run-2</a></th>"));
    assert!(page.contains("<td>x&lt;/script&gt;&lt;b&gt;&amp;_run-1_bold.nii</td>"));
    assert!(!page.contains("script><b>"));
    for drawing in elements(&page, "svg") {
        roxmltree::Document::parse(drawing).expect("well-formed XML");
    }
}

#[test]
fn the_figures_of_a_page_are_those_of_the_mask() {
    let scratch = Scratch::new();
    let plan = plan(vec![]);
    plan.write(&scratch);
    let is_inside = |it: usize| !it.is_multiple_of(3);
    scratch.file("mask.nii", plan.image(|it| i16::from(is_inside(it))));
    let Made { page, run, tsnr } = made(&scratch, "masked.html", &["--mask=mask.nii"]);
    let defined = |it: &usize| is_inside(*it) && tsnr[*it].is_finite();
    let all = (0..tsnr.len()).filter(defined).count();
    assert!(all > 1000 && run["tsnr"]["voxels"] == all, "{all}");
    let shown = format!("<b>{}</b><span>voxels in the mask mask.nii</span>", count(all));
    assert!(page.contains(&shown), "{shown}");
    // Background that is always 0 is inside this mask.
    for name in ["constant", "mostly-undefined"] {
        assert!(page.contains(&format!("<p><b>{name}</b>: ")), "{}", run["findings"]);
    }
    let sound = made(&scratch, "sound.html", &["--mask=auto"]);
    assert!(sound.page.contains(">Nothing was found of what was looked for<"));
    let (_, said) = sound.page.split_once("Looked for</b>: names that say phase").unwrap();
    let said = said.split("</p>").next().expect("an end");
    let end = "; samples at the limit of the stored integers or that share the greatest value of \
               their run; voxels that never change; samples that are NaN or infinite; a mask that \
               does not fit the runs. <span class=\"faint\">Nothing else was";
    assert!(said.contains("; variance between the runs; ") && said.contains(end), "{said}");
}

/// Each fault stands where a person looks for it.
#[test]
fn planted_faults_show() {
    let Made { page, run, tsnr } = faulty();
    let row = |part: &str, run: usize| -> &str {
        let (_, part) = page.split_once(&format!("<section id=\"{part}\">")).expect("a section");
        let (_, row) = part.split_once(&format!(">run-{run}<")).expect("a row");
        row.split("</tr>").next().expect("an end")
    };
    // The spike: the largest change of its run is into it or out of it.
    let spiking = row("runs", 2);
    assert!(["31", "32"].iter().any(|it| spiking.contains(&format!("<td>{it}: "))), "{spiking}");
    // The lost slice: its median is the lowest of all slices of its run, and its run's row says so.
    let cells = row("slices", 3).split("</td>").filter_map(|it| Some(it.rsplit_once('>')?.1));
    // The slices at the ends have nothing of the automatic brain mask.
    let medians: Vec<f64> = cells.map(|it| it.parse().unwrap_or(f64::INFINITY)).take(12).collect();
    assert_eq!(medians.len(), 12);
    let lowest = (0..12).min_by(|&a, &b| medians[a].total_cmp(&medians[b])).unwrap();
    assert_eq!(lowest, LOST_SLICE, "{medians:?}");
    assert!(row("runs", 3).contains(&format!("<td class=\"odd\">{LOST_SLICE}: ")));
    // The shift: variance between the runs.
    let share = number(&run["between_runs"]["share_of_variance"]);
    assert!(share > 0.3, "{share}");
    let shown = format!("<b>{:.0}%</b><span>of the variance lies between runs", 100.0 * share);
    assert!(page.contains(&shown), "{shown}");
    // The first volumes: marked in every run.
    assert_eq!(page.matches("volumes 0 to 2: dropped as not yet steady").count(), 5);
    // The clipped region: its voxels have the highest tSNR, all at the right.
    let highest: Vec<usize> = (0..tsnr.len()).filter(|&it| tsnr[it] > 180.0).collect();
    assert!(highest.len() > 50 && highest.iter().all(|it| it % 32 < 16), "{}", highest.len());
    let clipped = run["findings"].as_array().unwrap().iter().find(|it| it["name"] == "clipped");
    let clipped = clipped.expect("a finding")["data"]["voxels"].as_u64().expect("a count");
    assert!(clipped as usize >= highest.len(), "{clipped}");
}

#[test]
fn a_page_exists_for_few_voxels_one_run_and_maps_without_a_value() {
    let scratch = Scratch::new();
    let slice = Plan {
        shape: [40, 20, 1],
        voxel: [3.5, 3.75, 3.75],
        runs: 12,
        volumes: 121,
        faults: vec![],
    };
    slice.write(&scratch);
    let twelve = made(&scratch, "twelve_runs_of_one_slice.html", &[]);
    assert!(twelve.page.contains("<b>tSNR of run-12</b>") && !twelve.page.contains("Slice by run"));
    for run in 2..=12 {
        fs::remove_file(scratch.path(&name(run))).expect("a run");
    }
    let single = made(&scratch, "one_run.html", &[]);
    assert!(!single.page.contains("<b>tSNR of ") && !single.page.contains("Slice by run"));

    let nothing = [sessions::header(&slice, 5), vec![7; 2 * 5 * 800]].concat();
    scratch.file(&name(1), nothing);
    let empty = made(&scratch, "nothing_defined.html", &[]);
    assert_eq!(empty.run["tsnr"]["voxels"], 0);
    assert!(
        empty
            .page
            .contains("<b>none</b><span>median tSNR</span><small>no voxel is defined</small>")
    );
    assert!(empty.page.contains("No voxel has a tSNR, so no map is drawn"));
    // What was looked for has the word, and the script.
    let (content, _) = empty.page.split_once("<script>").expect("a script");
    assert!(!content.replace("samples that are NaN", "").contains("NaN"));
    for panel in ["<section id=\"maps\"", "<section id=\"pictures\"", "id=\"volumes\""] {
        assert!(twelve.page.contains(panel), "{panel}");
        assert!(!empty.page.contains(panel), "no empty picture");
    }
}

/// All voxels are in the sample; no more than 300 rows of them are drawn.
#[test]
fn a_carpet_is_drawn_tissue_by_tissue() {
    let scratch = Scratch::new();
    let third = |[_, _, z]: [usize; 3]| if z < 3 { 1.0 } else { 0.0 };
    scratch.file("csf.nii", session_image(FLOAT32, 32, third));
    // The slices from 2 on, of which the one that is in both is in the tissue named first.
    let rest = |[_, _, z]: [usize; 3]| if (2..8).contains(&z) { 0.9 } else { 0.1 };
    scratch.file("gm.nii", session_image(FLOAT32, 32, rest));
    let run = session_runs().remove(0).display().to_string();
    let tissues = ["--tissue=CSF & more=csf.nii", "--tissue=GM=gm.nii"];
    let arguments =
        [&[&*run, "-q", "--report=page.html", "--undefined=nan", "-o=t.nii"], &tissues[..]];
    scratch.tsnr(arguments.concat()).succeeded();
    let page = fs::read_to_string(scratch.path("page.html")).expect("a page");
    left("tissues.html", &page);
    let tsnr = Map::read(&scratch.path("t.nii")).values;
    let defined = |slices: std::ops::Range<usize>| {
        let voxels = &tsnr[400 * slices.start..400 * slices.end];
        voxels.iter().filter(|it| it.is_finite()).count()
    };
    let in_row = defined(0..10).div_ceil(300);
    let rows = [0..3, 3..8, 8..10].map(|it| defined(it).div_ceil(in_row) as f64);
    let parts: Vec<&str> = page.split("<rect class=\"part ").skip(1).collect();
    assert_eq!(parts.len(), 3);
    for (part, (name, rows_of)) in
        parts.iter().zip(["CSF &amp; more", "GM", "other"].iter().zip(rows))
    {
        assert!(part.contains(&format!("<title>{name}</title>")), "{part:.200}");
        let (_, height) = part.split_once("height=\"").expect("a height");
        let height: f64 = height.split('"').next().expect("a height").parse().expect("a number");
        let expected = 190.0 * rows_of / rows.iter().sum::<f64>();
        assert!((height - expected).abs() < 0.1, "{name}: {height}, expected {expected}");
    }
}

#[test]
fn a_page_shows_the_views_that_are_asked_for() {
    let scratch = Scratch::new();
    Plan { shape: [48, 56, 20], voxel: [4.0, 4.0, 4.5], volumes: 10, ..plan(vec![]) }
        .write(&scratch);
    let Made { page, .. } = made(&scratch, "two_views.html", &["--views=sagittal,coronal"]);
    // The axial slices of this scan are shown as well, as far as one is odd.
    for (view, count) in [("sagittal", 11), ("coronal", 3)] {
        let shown = format!("aria-label=\"Mean over time: {view} slice ");
        assert_eq!(page.matches(&shown).count(), count, "{view}");
    }
    assert!(page.contains(" at-left\">P</b>") && page.contains(" at-right\">A</b>"));
}

/// Of `tsnr diff`: figures and sums are computed once more, in another way.
#[test]
fn two_maps_are_compared_where_both_are_defined() {
    let scratch = Scratch::new();
    let plan = plan(vec![Fault::Shift { run: 3 }]);
    plan.write(&scratch);
    let is_inside = |it: usize| !it.is_multiple_of(5);
    scratch.file("mask.nii", plan.image(|it| i16::from(is_inside(it))));
    let all = ["*_bold.nii", "-q", "--undefined=nan", "--dtype=float64", "-o"];
    scratch.tsnr([&all[..], &["a.nii"]].concat()).succeeded();
    fs::remove_file(scratch.path(&name(4))).expect("the run that is shifted");
    scratch.tsnr([&all[..], &["b.nii"]].concat()).succeeded();
    let words = ["diff", "a.nii", "b.nii", "--mask=mask.nii", "--report=d.html", "--json=d.json"];
    scratch.tsnr(words).succeeded();
    let page = fs::read_to_string(scratch.path("d.html")).expect("a page");
    left("compared.html", &page);
    assert!(page.len() < LARGEST_PAGE && !page.contains("http:") && !page.contains("NaN"));
    let [a, b] = ["a.nii", "b.nii"].map(|name| Map::read(&scratch.path(name)).values);
    let both = (0..a.len()).filter(|&it| is_inside(it) && a[it].is_finite() && b[it].is_finite());
    let mut ratios: Vec<f64> = both.map(|it| b[it] / a[it]).collect();
    ratios.sort_by(f64::total_cmp);
    let middle = ratios.len() / 2;
    let median = match ratios.len() % 2 {
        0 => (ratios[middle - 1] + ratios[middle]) / 2.0,
        _ => ratios[middle],
    };
    let text = fs::read_to_string(scratch.path("d.json")).expect("JSON");
    let said: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(embedded(&page), said);
    assert_eq!(said["tsnr"]["ratio"]["voxels"], ratios.len());
    let found = number(&said["tsnr"]["ratio"]["median"]);
    assert!((found - median).abs() < 1e-12 && median > 1.1, "{found} {median}");
    let drawings = elements(&page, "svg");
    let histogram = drawings.iter().find(|it| it.contains("Histogram of difference")).unwrap();
    assert_eq!(bar_sum(histogram), ratios.len());
}

/// The grid of a multiband scan, and a map of its tSNR drawn at random: slices excited together
/// are alike, and every ninth is a little worse.
fn multiband() -> (Grid, Vec<f64>) {
    let shape = [104, 104, 72];
    let affine = [[-2.0, 0.0, 0.0, 103.0], [0.0, 2.0, 0.0, -118.0], [0.0, 0.0, 2.0, -60.0]];
    let mut noise = Noise(77);
    let tsnr = |it: usize| {
        let [x, y, z] = [it % 104, it / 104 % 104, it / 104 / 104];
        match head(shape, [x, y, z], 0) {
            0.0 => f64::NAN,
            signal => signal / if z % 9 == 4 { 16.0 } else { 13.0 } * (1.0 + 0.12 * noise.normal()),
        }
    };
    let tsnr = (0..104 * 104 * 72).map(tsnr).collect();
    (Grid { shape, affine, unknown_sides: None }, tsnr)
}

/// The pictures beside the page, of a large map.
#[test]
fn a_slide_and_a_preview_are_made_of_the_same_map() {
    let (grid, tsnr) = multiband();
    let volume = Volume::new(&grid, &tsnr).unwrap();
    let range = Range::from_zero(volume.values());
    let all: Vec<usize> = (0..72).collect();
    let mut slide = Slide {
        title: "tSNR of 5 runs, concat (sub-01, ses-test)".to_owned(),
        caption: vec!["median 13.00 (quartiles 12.01 and 13.99) over 250,000 voxels".to_owned()],
        software: "tsnr".to_owned(),
        map: &volume,
        label: "tSNR (no unit), colours end at the 98th percentile".to_owned(),
        colormap: Colormap::Viridis,
        range,
        ground: None,
        inside: None,
        head: Crop::whole(&grid),
        slices: vec![(View::Axial, all.clone())],
        paper: Paper::SLIDE,
    };
    let file = slide.png().unwrap();
    left("axial.png", &file);
    let few: Vec<usize> = all.into_iter().step_by(8).collect();
    slide.slices = View::ALL.map(|view| (view, few.clone())).into();
    slide.paper.is_dark = true;
    left("three_views.png", slide.png().unwrap());
    assert!(file.len() < 2_000_000, "{} bytes", file.len());
    let preview = preview::histogram(volume.values(), 79)
        + &preview::axial_slices(&volume, slide.colormap, range, preview::Colors::True, 79);
    left("preview.txt", &preview);
    assert!(preview.lines().count() < 40);
}

/// A session on the grid of a multiband scan, of few volumes.
fn large_session() -> Scratch {
    let scratch = Scratch::new();
    Plan { shape: [104, 104, 72], voxel: [2.0; 3], runs: 5, volumes: 6, faults: vec![] }
        .write(&scratch);
    for run in 1..=5 {
        let list = if run == 2 { "1\n1\n1\n0\n1\n1\n" } else { "1\n1\n1\n1\n1\n1\n" };
        scratch.file(&format!("sub-01_ses-test_task-rest_run-{run}_keep.1D"), list);
    }
    scratch
}

#[test]
fn a_large_page_is_small() {
    let scratch = large_session();
    let Made { page, .. } =
        made(&scratch, "multiband.html", &["--volumes=1:", "--censor=*_keep.1D"]);
    assert!(page.len() < LARGEST_PAGE, "{} bytes", page.len());
    assert!(page.contains("<small>1 censored, 5 not chosen</small>"));
    assert!(page.contains("run-2_bold, volumes 3 to 3: censored"));
}

/// The page of points that lie on hemispheres and below them.
fn of_points(scratch: &Scratch) -> String {
    let odd = |name: &str| crate::program::testdata("odd").join(name).display().to_string();
    let [run, left, right] =
        ["cifti.dtseries.nii", "gifti_left.surf.gii", "gifti_right.surf.gii"].map(odd);
    scratch.tsnr([&*run, "--report=points.html", "--surfaces", &left, &right]).succeeded();
    fs::read_to_string(scratch.path("points.html")).expect("a page")
}

/// A page of each kind, at the width of a desk and of a telephone.
#[test]
#[ignore = "needs a browser"]
fn a_browser_finds_no_fault_in_any_page() {
    let large = large_session();
    let views = made(&large, "three_views.html", &["--views=axial,coronal,sagittal"]);
    large.tsnr(["*_bold.nii", "-q", "--volumes=1:", "-o", "other.nii"]).succeeded();
    large.tsnr(["diff", "tsnr.nii", "other.nii", "--report=d.html"]).succeeded();
    let compared = fs::read_to_string(large.path("d.html")).expect("a page");
    for page in [&faulty().page, &views.page, &compared, &of_points(&large)] {
        for width in [1400, 420] {
            browser::look_at(&browser::browser(), page, width);
        }
    }
}

/// A page of real runs below `../shared/data`.
fn of_real_runs(pattern: &str, left_as: &str) -> Made {
    let scratch = Scratch::new();
    let (folder, pattern) = pattern.split_once('/').expect("a folder");
    let folder = shared_data(folder);
    let (page, json) = (scratch.path("page.html"), scratch.path("run.json"));
    let runs = folder.join(pattern).display().to_string();
    let outputs = [format!("--report={}", page.display()), format!("--json={}", json.display())];
    scratch.tsnr([&*runs, &outputs[0], &outputs[1]]).succeeded();
    let page = fs::read_to_string(page).expect("a page");
    left(left_as, &page);
    let run = serde_json::from_str(&fs::read_to_string(json).expect("JSON")).expect("JSON");
    assert_eq!(embedded(&page), run);
    Made { page, run, tsnr: Vec::new() }
}

#[test]
#[ignore = "needs a browser, and ../shared/data"]
fn a_browser_finds_no_fault_in_the_page_of_real_runs() {
    let Made { page, .. } = of_real_runs("haxby/*_bold.nii.gz", "haxby.html");
    for width in [1400, 420] {
        browser::look_at(&browser::browser(), &page, width);
    }
}

/// `docs/proof/page.py` reads key figures, courses, runs, slices, maps and pictures of four pages.
#[test]
#[ignore = "needs ../shared/data, and Python with numpy and nibabel"]
fn every_figure_on_pages_of_real_runs_is_numpys() {
    let mut check = Command::new(python());
    check.args(["-B", concat!(env!("CARGO_MANIFEST_DIR"), "/docs/proof/page.py"), "figures"]);
    check.arg(env!("CARGO_BIN_EXE_tsnr")).arg(shared_data(""));
    let found = Outcome::from_output(check.output().expect("Python starts")).succeeded();
    let counts: Vec<usize> = found
        .stdout
        .lines()
        .map(|line| {
            let words = line.rsplit_once("): ").unwrap_or(line.split_once(": ").expect("counts")).1;
            let count = |it: &str| it.split(' ').next()?.replace(',', "").parse::<usize>().ok();
            words.split(", ").filter_map(count).sum()
        })
        .collect();
    assert!(counts.len() == 4 && counts.iter().all(|it| *it > 1000), "{}", found.stdout);
}

#[test]
#[ignore = "needs ../shared/data"]
fn pages_of_real_runs_are_made() {
    let haxby = of_real_runs("haxby/*_bold.nii.gz", "haxby.html");
    assert_eq!(haxby.run["tsnr"]["voxels"], 530);
    let single = of_real_runs("single/filtered_func_data.nii.gz", "filtered_func_data.html");
    assert_eq!(single.run["tsnr"]["voxels"], 22468);
    assert!(single.page.len() < LARGEST_PAGE);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
    assert!(names(&folder).contains(&"haxby.html".to_owned()));
}
