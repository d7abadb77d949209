//! Pages of made sessions: what is planted shows, the figures agree, nothing is fetched. The pages
//! and pictures are left in `target/tmp/pages`, to be looked at.

pub mod browser;
mod real;
mod sessions;

use crate::program::shared_data;
use sessions::{Fault, Plan, multiband, session};
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;
use tsnr::pictures::{Colormap, Look, Range, Slices, View, Volume, mosaic, preview};
use tsnr::report::compare_maps::{self, Comparison, RegionPair, Side};
use tsnr::report::facts::{Facts, Mask, Region, Shown, Use, Warning};
use tsnr::report::page;

/// The most bytes of a page.
const LARGEST_PAGE: usize = 5_000_000;

fn written(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    fs::write(&path, content).expect("a file");
    path
}

fn plan(faults: Vec<Fault>) -> Plan {
    Plan { shape: [48, 56, 20], voxel: [4.0, 4.0, 4.5], runs: 5, volumes: 50, faults }
}

fn faulty() -> Facts {
    let mut facts = session(&plan(vec![
        Fault::Spike { run: 1, volume: 31 },
        Fault::DroppedSlice { run: 2, slice: 12 },
        Fault::Shift { run: 3 },
        Fault::NonSteady { volumes: 3 },
        Fault::Clip,
    ]));
    facts.warnings = vec![
        Warning {
            name: "between-runs".to_owned(),
            text: "61% of the variance lies between the runs: the concatenation measures their \
                   shifts more than the noise"
                .to_owned(),
            remedy: "use --combine demean, or realign the runs first".to_owned(),
        },
        Warning {
            name: "clipped".to_owned(),
            text: "2123 voxels reach <the limit> of the datatype".to_owned(),
            remedy: "scan again with a lower gain & look at the raw values".to_owned(),
        },
    ];
    facts
}

/// The elements between a tag and its end, whole.
fn elements<'a>(page: &'a str, tag: &str) -> Vec<&'a str> {
    let (begin, end) = (format!("<{tag}"), format!("</{tag}>"));
    let starts = page.match_indices(&begin).map(|(at, _)| at);
    starts.map(|at| &page[at..at + page[at..].find(&end).expect("an end") + end.len()]).collect()
}

/// The block of figures for programs.
fn figures(page: &str) -> serde_json::Value {
    let [figures] = elements(page, "script")[..] else { panic!("one block of figures") };
    let text = figures.split_once('>').unwrap().1.strip_suffix("</script>").unwrap();
    serde_json::from_str(text).expect("JSON")
}

/// The voxels that the bars of a histogram say they stand for.
fn bar_sum(histogram: &str) -> usize {
    let titles = elements(histogram, "title").into_iter();
    let count = |it: &str| it.split(": ").nth(1)?.split(' ').next()?.parse::<usize>().ok();
    titles.map(|it| count(it).expect("a count")).sum()
}

#[test]
fn a_page_needs_nothing_else_and_its_drawings_are_well_formed() {
    let facts = faulty();
    let page = page(&facts).unwrap();
    written("faulty.html", &page);
    assert!(page.len() < LARGEST_PAGE, "{} bytes", page.len());
    for fetched in ["http:", "https:", "<link rel=\"stylesheet", "@import", "src=\"/", "url("] {
        assert!(!page.contains(fetched), "{fetched}");
    }
    let drawings = elements(&page, "svg");
    assert!(drawings.len() > 15, "{}", drawings.len());
    for drawing in drawings {
        roxmltree::Document::parse(drawing).expect("well-formed XML");
        let is_said = drawing.contains("role=\"img\" aria-label=\"");
        assert!(is_said || drawing.contains("aria-hidden"), "{}", &drawing[..200]);
    }
    for image in page.match_indices("<img ").map(|(at, _)| &page[at..at + 200]) {
        assert!(image.contains(" alt=\""), "{image}");
    }
    assert!(page.contains("Look at: between-runs, clipped."));
    assert!(page.contains("What to do: scan again with a lower gain &amp; look"));
    assert!(page.contains("reach &lt;the limit&gt;"));
}

#[test]
fn the_figures_of_a_page_are_those_that_it_was_handed() {
    let mut facts = faulty();
    facts.title = "</script><b>".to_owned();
    facts.runs[0].name = "</script>_1".to_owned();
    facts.regions = vec![Region {
        name: "left hippocampus".to_owned(),
        run: "all".to_owned(),
        voxels: 812,
        median: 41.25,
        q25: 30.5,
        q75: 52.0,
    }];
    let page = page(&facts).unwrap();
    let figures = figures(&page);
    let summary = facts.summary.unwrap();
    assert_eq!(figures["schema"], "tsnr-report/1");
    assert_eq!(figures["tsnr"]["median"], summary.median);
    assert_eq!(figures["tsnr"]["voxels"], summary.voxels);
    assert_eq!(figures["volumes"], 250);
    assert_eq!(figures["volumes_used"], 235);
    assert_eq!(figures["runs"][0]["name"], "</script>_1");
    assert_eq!(figures["runs"][4]["dropped"], 3);
    assert_eq!(figures["runs"][2]["median_tsnr"], facts.runs[2].median_tsnr.unwrap());
    assert_eq!(figures["orientation"], "LAS");
    assert_eq!(figures["regions"][0]["median"], 41.25);
    assert_eq!(figures["mask"], serde_json::Value::Null);
    assert!(page.contains(&format!("<b>{:.1}</b>median tSNR", summary.median)));
    assert!(page.contains("<b>235 of 250</b>volumes used<small>15 dropped</small>"));
    assert!(page.contains("<td>left hippocampus</td><td>all</td><td>812</td>"));
}

#[test]
fn the_bars_of_each_histogram_stand_for_every_defined_voxel_of_the_mask() {
    let mut facts = session(&plan(vec![]));
    let voxels: Vec<bool> = (0..facts.grid.voxel_count()).map(|it| it % 3 != 0).collect();
    facts.mask = Some(Mask { name: "two thirds".to_owned(), voxels: voxels.clone() });
    let page = page(&facts).unwrap();
    let volume = Volume::new(&facts.grid, &facts.maps.tsnr).unwrap();
    let all = volume.within(&voxels).unwrap().defined().len();
    let drawings = elements(&page, "svg");
    let histograms: Vec<&&str> =
        drawings.iter().filter(|it| it.contains("Histogram of tSNR")).collect();
    assert_eq!(histograms.len(), 6);
    assert_eq!(bar_sum(histograms[0]), all);
    assert!(histograms[0].contains(&format!(", {all} voxels")));
    for (run, histogram) in facts.runs.iter().zip(&histograms[1..]) {
        let volume = Volume::new(&facts.grid, run.tsnr.as_ref().unwrap()).unwrap();
        assert_eq!(bar_sum(histogram), volume.within(&voxels).unwrap().defined().len());
    }
    assert!(page.contains(">Nothing was found of what was looked for.<"));
    let looked_for = "Looked for: voxels that &lt;never&gt; change; clipping. Nothing else was";
    assert!(page.contains(looked_for));
    facts.mask.as_mut().unwrap().voxels.pop();
    assert!(tsnr::report::page(&facts).unwrap_err().to_string().contains("voxels of the mask"));
}

/// Each fault stands where a person looks for it.
#[test]
fn planted_faults_show() {
    let facts = faulty();
    let page = page(&facts).unwrap();
    // The spike: the largest changes of its run, into it and out of it.
    let rows = elements(&page, "tr");
    let spiking = rows.iter().find(|it| it.contains("run-2_bold") && it.contains(": "));
    let largest = spiking.unwrap().rsplit("<td>").next().unwrap();
    assert!(largest.starts_with("32: ") && largest.contains(", 31: "), "{largest}");
    // The lost slice: its median is the lowest of all slices.
    let by_slice =
        elements(&page, "svg").into_iter().find(|it| it.contains("tSNR by slice")).unwrap();
    let medians: Vec<f64> = elements(by_slice, "title")
        .iter()
        .map(|it| it.split("median ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(medians.len(), 20);
    let lowest = (0..20).min_by(|&a, &b| medians[a].total_cmp(&medians[b])).unwrap();
    assert_eq!(lowest, 12, "{medians:?}");
    // The shift: variance between the runs.
    assert!(facts.between_runs_share.unwrap() > 0.3, "{:?}", facts.between_runs_share);
    assert!(page.contains("of the variance lies between runs"));
    // The first volumes: marked in every run, in both charts.
    assert_eq!(page.matches("volumes 0 to 2: dropped as not yet steady").count(), 10);
    // The clipped region: its voxels have the highest tSNR, all at the right.
    let tsnr = &facts.maps.tsnr;
    let highest: Vec<usize> = (0..tsnr.len()).filter(|&it| tsnr[it] > 3.0 * 60.0).collect();
    assert!(highest.len() > 50 && highest.iter().all(|it| it % 48 < 24), "{}", highest.len());
}

#[test]
fn a_page_exists_for_few_voxels_one_run_and_maps_without_a_value() {
    let mut facts = session(&Plan {
        shape: [40, 20, 1],
        voxel: [3.5, 3.75, 3.75],
        runs: 12,
        volumes: 121,
        faults: vec![],
    });
    written("twelve_runs_of_one_slice.html", page(&facts).unwrap());
    facts.runs.truncate(1);
    facts.between_runs_share = None;
    let single = page(&facts).unwrap();
    written("one_run.html", &single);
    assert!(!single.contains("single runs") && !single.contains("tSNR by slice"));
    for map in [&mut facts.maps.tsnr, &mut facts.maps.mean, &mut facts.maps.std] {
        map.fill(f64::NAN);
    }
    facts.summary = None;
    facts.runs[0].tsnr = None;
    facts.runs[0].global_signal.clear();
    facts.runs[0].dvars.clear();
    facts.graph_svg = None;
    let empty = page(&facts).unwrap();
    written("nothing_defined.html", &empty);
    assert!(empty.contains("no voxel is defined") && empty.contains("Not known for these runs"));
    assert!(empty.contains("Look at: no voxel has a tSNR"));
    assert!(!empty.contains("NaN") && !empty.contains("<svg"), "no empty picture");
}

fn comparison() -> Comparison {
    let before = session(&plan(vec![Fault::Shift { run: 3 }]));
    let after = session(&plan(vec![]));
    let side = |name: &str, facts: &Facts| Side {
        name: name.to_owned(),
        definition: Some("mean / std, ddof 0, runs concatenated".to_owned()),
        tsnr: facts.maps.tsnr.clone(),
    };
    Comparison {
        title: "Before and after motion correction".to_owned(),
        a: side("before/tsnr.nii.gz", &before),
        b: side("after/tsnr.nii.gz", &after),
        grid: before.grid,
        mask: None,
        regions: vec![RegionPair {
            name: "left <thalamus>".to_owned(),
            voxels: 411,
            median_a: 39.5,
            median_b: 65.25,
            median_difference: 25.5,
            median_ratio: 1.651,
        }],
        version: "0.1.0".to_owned(),
        command_line: "tsnr diff before/tsnr.nii.gz after/tsnr.nii.gz --report diff.html"
            .to_owned(),
        date: "2026-01-31 12:00:00 UTC".to_owned(),
    }
}

/// Figures and sums are computed once more, in another way.
#[test]
fn two_maps_are_compared_where_both_are_defined() {
    let mut comparison = comparison();
    let count = comparison.grid.voxel_count();
    let voxels: Vec<bool> = (0..count).map(|it| it % 5 != 0).collect();
    comparison.mask = Some(Mask { name: "four fifths".to_owned(), voxels: voxels.clone() });
    let page = compare_maps::page(&comparison).unwrap();
    written("compared.html", &page);
    assert!(page.len() < LARGEST_PAGE && !page.contains("http:") && !page.contains("NaN"));
    assert!(page.contains("Both are defined as: mean / std"));
    assert!(page.contains("<td>left &lt;thalamus&gt;</td><td>411</td><td>39.5</td>"));
    for drawing in elements(&page, "svg") {
        roxmltree::Document::parse(drawing).expect("well-formed XML");
    }
    let (a, b) = (&comparison.a.tsnr, &comparison.b.tsnr);
    let both = (0..count).filter(|&it| voxels[it] && a[it].is_finite() && b[it].is_finite());
    let mut ratios: Vec<f64> = both.map(|it| b[it] / a[it]).collect();
    ratios.sort_by(f64::total_cmp);
    let middle = ratios.len() / 2;
    let median = match ratios.len() % 2 {
        0 => (ratios[middle - 1] + ratios[middle]) / 2.0,
        _ => ratios[middle],
    };
    let figures = figures(&page);
    assert_eq!(figures["summaries"][3]["of"], "B / A");
    assert_eq!(figures["summaries"][3]["voxels"], ratios.len());
    let found = figures["summaries"][3]["median"].as_f64().unwrap();
    assert!((found - median).abs() < 1e-12, "{found} {median}");
    let drawings = elements(&page, "svg");
    let histogram = drawings.iter().find(|it| it.contains("Histogram of difference")).unwrap();
    assert_eq!(bar_sum(histogram), ratios.len());
}

#[test]
fn maps_that_may_mean_something_else_are_said_to() {
    let mut comparison = comparison();
    comparison.b.definition = None;
    comparison.a.tsnr.fill(f64::NAN);
    let page = compare_maps::page(&comparison).unwrap();
    assert!(page.contains("Look at: the maps may not mean the same."));
    assert!(page.contains("B is defined as: not recorded"));
    assert!(page.contains("no voxel is defined in both") && !page.contains("NaN"));
    comparison.b.tsnr.pop();
    assert!(compare_maps::page(&comparison).is_err());
}

#[test]
fn a_page_shows_the_views_that_are_asked_for() {
    let mut facts = session(&plan(vec![]));
    facts.shown.views = vec![View::Sagittal, View::Coronal];
    let page = page(&facts).unwrap();
    written("two_views.html", &page);
    for (shown, count) in [
        ("24 sagittal slices, 24 coronal slices", 1),
        ("12 sagittal slices, 12 coronal slices", 2),
        ("6 axial slices;", 5),
    ] {
        assert_eq!(page.matches(shown).count(), count, "{shown}");
    }
    assert!(page.contains(">P</text>") && page.contains(">A</text>"));
}

/// The pictures beside the page, of the same session.
#[test]
fn a_mosaic_for_a_slide_and_a_preview_are_made_of_the_same_maps() {
    let facts = multiband();
    let volume = Volume::new(&facts.grid, &facts.maps.tsnr).unwrap();
    let range = Range::from_zero(volume.values());
    let mut look = Look {
        title: "tSNR of 5 runs, concat (sub-01, ses-test)".to_owned(),
        label: "tSNR (no unit), colours end at the 98th percentile".to_owned(),
        colormap: Colormap::Viridis,
        range,
        views: vec![View::Axial],
        slices: Slices::All,
    };
    let file = mosaic::png(&volume, &look).unwrap();
    written("axial.png", &file);
    look.views = View::ALL.to_vec();
    look.slices = Slices::Count(NonZeroUsize::new(9).unwrap());
    written("three_views.png", mosaic::png(&volume, &look).unwrap());
    assert!(file.len() < 2_000_000, "{} bytes", file.len());
    let preview = preview::histogram(volume.values())
        + &preview::axial_slices(&volume, look.colormap, range, preview::Colors::True);
    written("preview.txt", &preview);
    assert!(preview.lines().count() < 40);
}

#[test]
fn a_large_page_is_small_and_made_at_once() {
    let mut facts = multiband();
    facts.runs[0].volumes[40..44].fill(Use::Censored);
    facts.runs[4].volumes[..10].fill(Use::NotChosen);
    let started = Instant::now();
    let page = page(&facts).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    written("multiband.html", &page);
    println!("{} bytes in {seconds:.2} s", page.len());
    assert!(page.len() < LARGEST_PAGE, "{} bytes", page.len());
    // Generous, since tests run unoptimised and beside others; released it takes a quarter.
    assert!(seconds < 10.0, "{seconds} s");
}

/// A page of each kind, at the width of a desk and of a telephone.
#[test]
#[ignore = "needs a browser"]
fn a_browser_finds_no_fault_in_any_page() {
    let pages = [
        page(&faulty()).unwrap(),
        page(&Facts {
            shown: Shown { views: View::ALL.to_vec(), ..Shown::default() },
            ..multiband()
        })
        .unwrap(),
        compare_maps::page(&comparison()).unwrap(),
    ];
    for page in &pages {
        for width in [1400, 420] {
            browser::look_at(&browser::browser(), page, width);
        }
    }
}

#[test]
#[ignore = "needs a browser, and ../shared/data"]
fn a_browser_finds_no_fault_in_the_page_of_real_runs() {
    let page = page(&real::haxby()).unwrap();
    for width in [1400, 420] {
        browser::look_at(&browser::browser(), &page, width);
    }
}

#[test]
#[ignore = "needs ../shared/data"]
fn pages_of_real_runs_are_made() {
    let facts = real::haxby();
    assert_eq!(facts.summary.unwrap().voxels, 530);
    written("haxby.html", page(&facts).unwrap());
    let single = shared_data("single/filtered_func_data.nii.gz");
    let facts = real::session(&[single], "filtered_func_data");
    assert_eq!(facts.summary.unwrap().voxels, 22468);
    let page = page(&facts).unwrap();
    written("filtered_func_data.html", &page);
    assert!(page.len() < LARGEST_PAGE);
}
