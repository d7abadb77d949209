//! CIFTI-2: what is computed of points on no grid, what is kept of their file, and what is refused for
//! them. (What is in the files, `specimens` holds to numpy.)

use crate::make::cifti as made;
use crate::make::gifti as surfaces;
use crate::program;

use program::{Map, Outcome, Scratch, bits, python, testdata};
use std::fs;
use std::path::Path;
use std::process::Command;

fn run() -> String {
    testdata("odd/cifti.dtseries.nii").display().to_string()
}

fn tsnr(scratch: &Scratch, options: &[&str]) -> Outcome {
    scratch.tsnr([&[&*run()][..], options].concat())
}

/// The XML of a file, by the bytes of its first extension.
fn xml(path: &Path) -> String {
    let bytes = fs::read(path).expect("a file");
    let number = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));
    assert_eq!((bytes[540], number(548)), (1, 32), "{}", path.display());
    let text = String::from_utf8(bytes[552..544 + number(544) as usize].to_vec());
    text.expect("UTF-8").trim_end_matches('\0').to_owned()
}

#[test]
fn the_xml_is_kept_but_for_the_series_and_the_header_is_that_of_scalars() {
    let scratch = Scratch::new();
    let options = ["-o", "tsnr.dscalar.nii", "--mean", "mean.dscalar.nii"];
    let options = [&options[..], &["--std", "std.dscalar.nii", "--ddof", "1"]].concat();
    let outcome = tsnr(&scratch, &options).succeeded();
    assert_eq!(outcome.summary("points"), "60 grayordinates of 3 structures");
    let written = "tsnr.dscalar.nii, mean.dscalar.nii, std.dscalar.nii (CIFTI-2, float32)";
    assert_eq!(outcome.summary("written"), written);
    let of_run = xml(&testdata("odd/cifti.dtseries.nii"));
    for (name, title) in [("tsnr", "TSNR"), ("mean", "MEAN"), ("std", "SAMPSTDEV")] {
        let path = scratch.path(&format!("{name}.dscalar.nii"));
        assert_eq!(xml(&path), of_run.replace(&made::series(), &made::scalars(&[title])));
        let bytes = fs::read(&path).expect("a map");
        let dim: Vec<u8> =
            [6_i64, 1, 1, 1, 1, 1, 60, 1].iter().flat_map(|it| it.to_le_bytes()).collect();
        assert_eq!(bytes[16..80], dim);
        assert_eq!(bytes[504..524], *b"\xbe\x0b\0\0ConnDenseScalar\0");
    }
    let parcels = testdata("odd/cifti.ptseries.nii").display().to_string();
    let outcome = scratch.tsnr([&*parcels, "-o", "tsnr.pscalar.nii"]).succeeded();
    assert_eq!(outcome.summary("points"), "7 parcels of 7 structures");
    let bytes = fs::read(scratch.path("tsnr.pscalar.nii")).expect("a map");
    assert_eq!(bytes[504..524], *b"\xc0\x0b\0\0ConnParcelScalr\0");
}

/// The values of each point are together, as a row of the file has them.
#[test]
fn maps_of_one_name_are_one_file() {
    let scratch = Scratch::new();
    let apart = ["-o", "t.dscalar.nii", "--mean", "m.dscalar.nii", "--std", "s.dscalar.nii"];
    tsnr(&scratch, &apart).succeeded();
    let together = apart.map(|it| if it.starts_with('-') { it } else { "all.dscalar.nii" });
    let outcome = tsnr(&scratch, &together).succeeded();
    assert_eq!(outcome.summary("written"), "all.dscalar.nii (CIFTI-2, float32)");
    let values = |name: &str| Map::read(&scratch.path(name)).values;
    let each = ["t", "m", "s"].map(|it| values(&format!("{it}.dscalar.nii")));
    let expected: Vec<f64> = (0..180).map(|it| each[it % 3][it / 3]).collect();
    assert_eq!(bits(&values("all.dscalar.nii")), bits(&expected));
    let of_run = xml(&testdata("odd/cifti.dtseries.nii"));
    let scalars = made::scalars(&["TSNR", "MEAN", "STDEV"]);
    assert_eq!(xml(&scratch.path("all.dscalar.nii")), of_run.replace(&made::series(), &scalars));
    let info = scratch.tsnr(["info", "all.dscalar.nii"]).succeeded().stdout;
    assert!(info.contains("  MapName      TSNR, MEAN, STDEV\n"), "{info}");
    // A map of each run has the run's name.
    scratch.file("run-1_bold.dtseries.nii", fs::read(run()).expect("a run"));
    scratch.file("run-2_bold.dtseries.nii", fs::read(run()).expect("a run"));
    let options = ["run-*", "-o", "r.dscalar.nii", "--map", "run-tsnr=r.dscalar.nii"];
    scratch.tsnr(options).succeeded();
    let scalars = made::scalars(&["TSNR", "RUN TSNR run-1", "RUN TSNR run-2"]);
    assert_eq!(xml(&scratch.path("r.dscalar.nii")), of_run.replace(&made::series(), &scalars));
    // One of several is not chosen.
    let line = tsnr(&scratch, &["--mean-from", "all.dscalar.nii", "-o", "n.dscalar.nii"]).error();
    let says = "all.dscalar.nii: 3 maps, expected one; take one out, with Connectome Workbench: \
                wb_command -cifti-merge OUT.dscalar.nii -cifti ";
    assert!(line.contains(says), "{line}");
    // A volume has no such file.
    let volume = testdata("odd/int16_le.nii").display().to_string();
    let options = [&*volume, "-o", "v.dscalar.nii", "--mean", "v.dscalar.nii"];
    let line = scratch.tsnr(options).error();
    assert!(line.contains("v.dscalar.nii: one file for 2 maps in NIfTI-1"), "{line}");
}

#[test]
fn structures_are_regions_and_findings_that_need_a_grid_are_not_made() {
    let scratch = Scratch::new();
    let options = ["-o", "tsnr.nii", "--dtype", "float64", "--table", "t.tsv", "--json", "j.json"];
    let outcome = tsnr(&scratch, &options).succeeded();
    let found: Vec<&str> = outcome.found().iter().map(|it| it.name).collect();
    assert!(!found.iter().any(|it| ["no-mask", "orientation-unknown"].contains(it)), "{found:?}");
    let map = Map::read(&scratch.path("tsnr.nii")).values;
    let table = fs::read_to_string(scratch.path("t.tsv")).expect("a table");
    let rows: Vec<Vec<&str>> = table.lines().map(|it| it.split('\t').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|it| *it == name).expect("a column");
    let structures = [("CORTEX_LEFT", 0..24), ("CORTEX_RIGHT", 24..44), ("THALAMUS_LEFT", 44..60)];
    for (name, points) in structures {
        let name = format!("CIFTI_STRUCTURE_{name}");
        let row = rows.iter().find(|row| row.contains(&&*name)).expect("a row of each structure");
        let mut values: Vec<f64> = map[points].iter().copied().filter(|it| *it != 0.0).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        let median: f64 = row[column("median")].parse().expect("a number");
        assert!((median - (low + high) / 2.0).abs() < 1e-9 * median, "{name}: {median}");
    }
    let json = fs::read_to_string(scratch.path("j.json")).expect("JSON");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["runs"][0]["tr_seconds"], 2.5);
    assert_eq!(json["brain"], serde_json::Value::Null);
}

#[test]
fn the_page_shows_the_voxels_below_the_cortex_the_distribution_and_the_carpet_by_structure() {
    let scratch = Scratch::new();
    tsnr(&scratch, &["--report", "p.html"]).succeeded();
    let page = fs::read_to_string(scratch.path("p.html")).expect("a page");
    for part in [
        "<h2>Cortex</h2>\n<p class=\"faint\">Not drawn: no surface was given",
        "<h2>Distribution</h2>",
        "<h2>Slices below the cortex</h2>",
        "<h2>Region by run</h2>",
        ">cortex L</text>",
        ">cortex R</text>",
        ">subcort.</text>",
        "<dt>points</dt><dd>60 grayordinates</dd>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for part in
        ["Slice by run", "Background of the mean", "voxel axes lead to", "in the brain or not"]
    {
        assert!(!page.contains(part), "{part}");
    }
    // With surfaces the hemispheres are drawn, each from two sides, in each map.
    scratch.file("L.surf.gii", surfaces::sheet("CortexLeft"));
    scratch.file("R.surf.gii", surfaces::sheet("CortexRight"));
    let options = ["--report", "s.html", "--surfaces", "L.surf.gii", "R.surf.gii"];
    tsnr(&scratch, &options).succeeded();
    let page = fs::read_to_string(scratch.path("s.html")).expect("a page");
    for map in ["tSNR", "Mean over time", "Standard deviation over time"] {
        for view in ["left lateral", "left medial", "right medial", "right lateral"] {
            assert!(page.contains(&format!("alt=\"{map}: {view}\"")), "{map}: {view}");
        }
    }
    // One that does not fit is refused before anything is computed.
    scratch.file("other.surf.gii", surfaces::surface(3.0));
    scratch.file("thalamus.surf.gii", surfaces::sheet("ThalamusLeft"));
    scratch.file("unsaid.surf.gii", surfaces::sheet(""));
    let volume = testdata("odd/int16_le.nii").display().to_string();
    for (run, surface, says) in [
        (&*run(), "other.surf.gii", "4 vertices, expected the 32 of CIFTI_STRUCTURE_CORTEX_LEFT"),
        (
            &*run(),
            "thalamus.surf.gii",
            "a surface of ThalamusLeft, expected one of CIFTI_STRUCTURE_CORTEX_LEFT,",
        ),
        (&*run(), "unsaid.surf.gii", "does not say of which hemisphere it is"),
        (&*run(), "s.html", "s.html: "),
        (&*volume, "L.surf.gii", "a surface, where the runs have no points that lie on one"),
    ] {
        let options = [run, "--report", "n.html", "--surfaces", surface];
        let line = scratch.tsnr(options).error();
        assert!(line.contains(says), "'{says}' in: {line}");
        assert!(!scratch.path("n.html").exists());
    }
    let line =
        tsnr(&scratch, &["--report", "L.surf.gii.html", "--surfaces", "L.surf.gii", "L.surf.gii"]);
    assert!(line.error().contains("a second surface of CIFTI_STRUCTURE_CORTEX_LEFT"));
    // Of parcels nothing is known below the cortex.
    let parcels = testdata("odd/cifti.ptseries.nii").display().to_string();
    scratch.tsnr([&*parcels, "--report", "q.html"]).succeeded();
    let page = fs::read_to_string(scratch.path("q.html")).expect("a page");
    assert!(page.contains("7 parcels") && page.contains("<h2>Distribution</h2>"));
}

#[test]
fn masks_labels_and_means_are_of_the_same_points() {
    let scratch = Scratch::new();
    scratch.file("mask.dscalar.nii", made::mask());
    scratch.file("areas.dlabel.nii", made::label_file());
    let options = ["-o", "in.dscalar.nii", "--mask", "mask.dscalar.nii"];
    let options = [&options[..], &["--atlas", "areas.dlabel.nii", "--table", "t.tsv"]].concat();
    let outcome = tsnr(&scratch, &options).succeeded();
    assert!(outcome.summary("mask").starts_with("24 of 60 grayordinates"), "{}", outcome.stderr);
    let table = fs::read_to_string(scratch.path("t.tsv")).expect("a table");
    assert!(table.contains("\tV1\t") && table.contains("\tV2\t"), "{table}");
    let inside = Map::read(&scratch.path("in.dscalar.nii")).values;
    assert!(inside[24..].iter().all(|it| *it == 0.0) && inside[2] > 0.0);
    // A mean of the run, which is its own.
    tsnr(&scratch, &["-o", "a.nii", "--dtype", "float64", "--mean", "mean.nii"]).succeeded();
    let given = ["-o", "b.nii", "--dtype", "float64", "--mean-from", "mean.nii"];
    tsnr(&scratch, &given).succeeded();
    let [a, b] = ["a.nii", "b.nii"].map(|it| bits(&Map::read(&scratch.path(it)).values));
    assert_eq!(a, b);
    // Two runs, and a pattern that passes over the maps.
    scratch.file("run-1_bold.dtseries.nii", fs::read(run()).expect("a run"));
    scratch.file("run-2_bold.dtseries.nii", fs::read(run()).expect("a run"));
    let outcome = scratch.tsnr(["run-*", "-o", "run-tsnr.dscalar.nii"]).succeeded();
    assert_eq!(outcome.summary("runs"), "2: 6 volumes each = 12 volumes");
    scratch.tsnr(["run-*", "-o", "again.dscalar.nii"]).succeeded();
    let outcome = scratch.tsnr(["diff", "a.nii", "in.dscalar.nii", "--ratio", "q.dscalar.nii"]);
    let outcome = outcome.succeeded();
    assert_eq!(outcome.summary("grid"), "60 grayordinates");
    assert_eq!(Map::read(&scratch.path("q.dscalar.nii")).values.len(), 60);
}

#[test]
fn the_map_does_not_depend_on_threads_or_modes() {
    let scratch = Scratch::new();
    let maps: Vec<Vec<u64>> = ["1", "2", "5"]
        .map(|threads| {
            tsnr(&scratch, &["-o", "t.nii", "--dtype", "float64", "--threads", threads])
                .succeeded();
            bits(&Map::read(&scratch.path("t.nii")).values)
        })
        .into();
    assert!(maps.iter().all(|it| *it == maps[0]));
}

#[test]
fn what_needs_a_grid_is_refused_with_the_reason() {
    let scratch = Scratch::new();
    scratch.file("mask.dscalar.nii", made::mask());
    let parcels = testdata("odd/cifti.ptseries.nii").display().to_string();
    let volume = testdata("odd/series/vol_1.nii").display().to_string();
    for (options, says) in [
        (&["--mask", "auto"][..], "an automatic mask, which is found by who is beside whom"),
        (&["--by-slice", "--table", "t.tsv"], "slices: grayordinates lie on no grid"),
        (&["--mask", "mask.dscalar.nii", "--resample"], "resampling"),
        (&["--png", "p.png"], "a picture, which shows slices: grayordinates lie on no grid"),
        (&["-o", "t.nii", "--output-format", "nifti1"], "NIfTI-1 is asked for"),
        (&["-o", "t.dscalar.nii.gz"], "t.dscalar.nii.gz: CIFTI is not written compressed"),
        (&["--mask", &volume], "it has 5x4x3, which differs from the 60 grayordinates"),
        (&[&*parcels], "it has 7 parcels, which differs from the 60 grayordinates"),
    ] {
        let line = tsnr(&scratch, options).error();
        assert!(line.contains(says), "'{says}' in: {line}");
        assert_eq!(scratch.names(), ["mask.dscalar.nii"]);
    }
}

// nibabel 5.4.2 and numpy 2.4.6.
#[test]
#[ignore = "needs Python with numpy and nibabel"]
fn nibabel_reads_the_maps_and_finds_the_axis_of_the_run() {
    let scratch = Scratch::new();
    tsnr(&scratch, &["-o", "tsnr.dscalar.nii", "--mean", "tsnr.dscalar.nii"]).succeeded();
    let script = "import nibabel, numpy, sys\n\
        run, map = nibabel.load(sys.argv[1]), nibabel.load(sys.argv[2])\n\
        assert type(map) is nibabel.Cifti2Image and map.shape == (2, 60)\n\
        names, models = [map.header.get_axis(it) for it in (0, 1)]\n\
        assert list(names.name) == ['TSNR', 'MEAN'] and models == run.header.get_axis(1)\n\
        data = run.get_fdata()\n\
        with numpy.errstate(all='ignore'): tsnr = data.mean(0) / data.std(0)\n\
        tsnr[~numpy.isfinite(tsnr)] = 0\n\
        numpy.testing.assert_allclose(map.get_fdata()[0], tsnr, rtol=1e-6)\n\
        numpy.testing.assert_allclose(map.get_fdata()[1], data.mean(0), rtol=1e-6)\n";
    let mut command = Command::new(python::with_numpy_and_nibabel());
    let output =
        command.args(["-c", script, &run()]).arg(scratch.path("tsnr.dscalar.nii")).output();
    let output = output.expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
