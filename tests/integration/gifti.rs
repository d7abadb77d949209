//! GIFTI: maps of vertices, what is kept of the file of the run, and what is refused for vertices. (What is
//! in the files, `specimens` holds to numpy.)

use crate::make::gifti as made;
use crate::program;

use program::{Map, Scratch, bits, python, testdata};
use std::fs;
use std::path::Path;
use std::process::Command;
use tsnr::formats;
use tsnr::voxels::{Block, Samples};

fn odd(name: &str) -> String {
    testdata("odd").join(name).display().to_string()
}

/// The maps in a file, a row each, as this program reads them.
fn maps_in(path: &Path) -> Vec<Vec<f64>> {
    let image = formats::open(path).expect("a file");
    let none = Samples::none(image.datatype());
    let reader = formats::VolumeReader::open(&image);
    let samples = reader.expect("a reader").read(image.volumes(), none, &()).expect("values");
    let block = Block { samples, scaling: image.scaling() };
    let mut maps = Vec::new();
    block.for_each_volume(0..image.volumes(), |map| maps.push(map.to_vec()));
    maps
}

#[test]
fn maps_of_one_name_are_one_file_with_names_structure_and_definitions() {
    let scratch = Scratch::new();
    let run = odd("gifti.func.gii");
    let apart = ["-o", "t.func.gii", "--mean", "m.func.gii", "--std", "s.func.gii", "--ddof", "1"];
    scratch.tsnr([&[&*run][..], &apart].concat()).succeeded();
    let together = apart.map(|it| if it.ends_with(".func.gii") { "all.func.gii" } else { it });
    let outcome = scratch.tsnr([&[&*run][..], &together].concat()).succeeded();
    assert_eq!(outcome.summary("written"), "all.func.gii (GIFTI, float32)");
    let each =
        ["t", "m", "s"].map(|it| maps_in(&scratch.path(&format!("{it}.func.gii"))).remove(0));
    for (found, expected) in maps_in(&scratch.path("all.func.gii")).iter().zip(&each) {
        assert_eq!(bits(found), bits(expected));
    }
    let text = fs::read_to_string(scratch.path("all.func.gii")).expect("XML");
    let named = ["TSNR", "MEAN", "SAMPSTDEV"].map(|it| text.find(&format!(">{it}<")));
    assert!(named.is_sorted() && named[0].is_some(), "{named:?}");
    let image = formats::open(&scratch.path("all.func.gii")).expect("maps");
    let notes = image.notes().expect("notes");
    assert_eq!(notes.len(), 3);
    for (note, map) in notes.iter().zip(["tsnr", "mean", "std"]) {
        assert!(note.contains(&format!("\"map\":\"{map}\"")), "{note}");
    }
    let points = image.geometry().points.clone().expect("vertices");
    assert_eq!(points.in_words(), "60 vertices of CortexLeft");
    // One of several is not chosen.
    let line = scratch.tsnr([&*run, "--mean-from", "all.func.gii", "-o", "n.func.gii"]).error();
    assert!(line.contains("all.func.gii: 3 maps, expected one; take one out"), "{line}");
    assert!(line.contains("wb_command -metric-merge OUT.func.gii -metric "), "{line}");
    let line = scratch.tsnr(["all.func.gii"]).error();
    assert!(line.contains("maps of tsnr"), "{line}");
    // A surface of FreeSurfer has a row in the table, whatever its structure.
    let surface = odd("mgh_surface.mgz");
    let options = ["-o", "f.shape.gii", "--dtype", "float64", "--table", "t.tsv", "-q"];
    scratch.tsnr([&[&*surface][..], &options].concat()).succeeded();
    scratch.tsnr([&*surface, "-o", "f.nii", "--dtype", "float64", "-q"]).succeeded();
    let [found] = &maps_in(&scratch.path("f.shape.gii"))[..] else { panic!("one map") };
    assert_eq!(bits(found), bits(&Map::read(&scratch.path("f.nii")).values));
    let table = fs::read_to_string(scratch.path("t.tsv")).expect("a table");
    assert!(table.contains("\tvertices\t"), "{table}");
}

// nibabel 5.4.2 and numpy 2.4.6.
#[test]
#[ignore = "needs Python with numpy and nibabel"]
fn nibabel_finds_the_maps_their_names_and_the_structure() {
    let scratch = Scratch::new();
    let run = odd("gifti.func.gii");
    let all = "all.func.gii";
    scratch.tsnr([&*run, "-o", all, "--mean", all, "--std", all]).succeeded();
    let script = "import nibabel, numpy, sys\n\
        run, maps = nibabel.load(sys.argv[1]), nibabel.load(sys.argv[2])\n\
        names = [it.meta['Name'] for it in maps.darrays]\n\
        assert names == ['TSNR', 'MEAN', 'STDEV'], names\n\
        assert maps.meta['AnatomicalStructurePrimary'] == 'CortexLeft'\n\
        assert maps.meta['made by'] == 'tsnr <test> & data'\n\
        intents = {nibabel.nifti1.intent_codes.niistring[it.intent] for it in maps.darrays}\n\
        assert intents == {'NIFTI_INTENT_NORMAL'}, intents\n\
        data = numpy.array([it.data for it in run.darrays], float)\n\
        mean, std = data.mean(0), data.std(0)\n\
        with numpy.errstate(all='ignore'): tsnr = mean / std\n\
        tsnr[~numpy.isfinite(tsnr)] = 0\n\
        for found, expected in zip(maps.darrays, (tsnr, mean, std)):\n\
        \x20   assert found.data.dtype == numpy.float32\n\
        \x20   numpy.testing.assert_allclose(found.data, expected, rtol=1e-6)\n";
    let mut command = Command::new(python::with_numpy_and_nibabel());
    let output = command.args(["-c", script, &run]).arg(scratch.path(all)).output();
    let output = output.expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_map_in_gifti_is_that_in_nifti_and_is_known_again() {
    let scratch = Scratch::new();
    let run = odd("gifti.func.gii");
    let outcome = scratch.tsnr([&*run, "-o", "t.func.gii", "--mean", "m.shape.gii"]).succeeded();
    assert_eq!(outcome.summary("points"), "60 vertices of CortexLeft");
    assert_eq!(outcome.summary("written"), "t.func.gii, m.shape.gii (GIFTI, float32)");
    let options = ["-o", "t.nii", "--mean", "m.nii", "--dtype", "float64", "-q"];
    scratch.tsnr([&[&*run][..], &options].concat()).succeeded();
    // The same mean, from either.
    for mean in ["m.shape.gii", "m.nii"] {
        let out = format!("from-{}.nii", &mean[2..]);
        scratch.tsnr([&*run, "-q", "-o", &out, "--mean-from", mean]).succeeded();
    }
    let maps =
        ["from-shape.gii.nii", "from-nii.nii", "t.nii"].map(|it| Map::read(&scratch.path(it)));
    for ((from_gifti, from_nifti), own) in
        maps[0].values.iter().zip(&maps[1].values).zip(&maps[2].values)
    {
        // The mean of GIFTI is float32.
        assert!((from_gifti - own).abs() <= 1e-6 * own.abs() && *from_nifti as f32 == *own as f32);
    }
    // A pattern passes over maps.
    fs::copy(&run, scratch.path("run-1_bold.func.gii")).expect("a run");
    let outcome = scratch.tsnr(["*.func.gii", "-o", "again.func.gii"]).succeeded();
    assert_eq!(outcome.summary("runs"), "1: 6 volumes");
    let said = scratch.tsnr(["info", "t.func.gii"]).succeeded();
    assert!(said.stdout.contains("tsnr"), "{}", said.stdout);
    let outcome = scratch.tsnr(["diff", "t.func.gii", "again.func.gii"]).succeeded();
    assert!(outcome.stderr.contains("60 vertices"), "{}", outcome.stderr);
}

#[test]
fn masks_labels_and_surfaces_of_freesurfer_are_of_the_same_vertices() {
    let scratch = Scratch::new();
    scratch.file("mask.shape.gii", made::mask());
    scratch.file("areas.label.gii", made::label_file());
    let run = odd("gifti.func.gii");
    let options = ["--mask", "mask.shape.gii", "--atlas", "areas.label.gii", "--table", "t.tsv"];
    let outcome = scratch.tsnr([&[&*run, "-o", "in.nii"][..], &options].concat()).succeeded();
    assert!(outcome.summary("mask").starts_with("24 of 60 vertices"), "{}", outcome.stderr);
    let table = fs::read_to_string(scratch.path("t.tsv")).expect("a table");
    assert!(table.contains("\tV1\t") && table.contains("\tV2 & more\t"), "{table}");
    let inside = Map::read(&scratch.path("in.nii")).values;
    assert!(inside[24..].iter().all(|it| *it == 0.0) && inside[2] > 0.0);
    // FreeSurfer's vectors do not say their structure, and may be beside it.
    let surface = odd("mgh_surface.mgz");
    let outcome = scratch.tsnr([&*surface, "--mask", "mask.shape.gii"]).succeeded();
    assert_eq!(outcome.summary("points"), "60 vertices");
    assert!(outcome.summary("mask").starts_with("24 of 60 vertices"), "{}", outcome.stderr);
    let right = made::mask().replace("CortexLeft", "CortexRight");
    scratch.file("right.shape.gii", right);
    let line = scratch.tsnr([&*run, "--mask", "right.shape.gii"]).error();
    assert!(line.contains("60 vertices of CortexRight"), "{line}");
    // Hemispheres are no runs of one session.
    let other = fs::read_to_string(&run).expect("a run").replace("CortexLeft", "CortexRight");
    scratch.file("hemi-R_bold.func.gii", other);
    let line = scratch.tsnr([&*run, "hemi-R_bold.func.gii"]).error();
    let says = "hemi-R_bold.func.gii: it has 60 vertices of CortexRight, which differs from the 60 vertices of CortexLeft";
    assert!(line.contains(says) && line.contains("the runs of one hemisphere"), "{line}");
}

#[test]
fn what_needs_a_grid_is_refused_for_vertices_of_either_format() {
    let scratch = Scratch::new();
    for run in [odd("gifti.func.gii"), odd("mgh_surface.mgz")] {
        for (options, says) in [
            (&["--mask", "auto"][..], "an automatic mask, which is found by who is beside whom"),
            (&["--by-slice", "--table", "t.tsv"], "slices: vertices lie on no grid"),
            (&["--mask", &odd("gifti_mask.shape.gii"), "--resample"], "resampling"),
            (&["--png", "p.png"], "a picture, which shows slices: vertices lie on no grid"),
            (&["-o", "t.nii", "--output-format", "gifti"], "says NIfTI, not GIFTI"),
            (&["-o", "t.func.gii", "--mean", "m.nii"], "are of two formats"),
            (&["-o", "t.surf.gii"], ".mgz or .func.gii"),
        ] {
            let outcome = scratch.tsnr([&[&*run][..], options].concat());
            assert_ne!(outcome.exit_code, Some(0), "{options:?}");
            assert!(outcome.stderr.contains(says), "'{says}' in: {}", outcome.stderr);
        }
    }
    let volume = odd("int16_le.nii");
    let line = scratch.tsnr([&*volume, "-o", "t.func.gii"]).error();
    assert!(line.contains("GIFTI is asked for, and the maps lie on a grid"), "{line}");
    assert_eq!(scratch.names(), [""; 0]);
}

#[test]
fn a_stream_gives_the_bits_of_the_file() {
    let scratch = Scratch::new();
    for run in ["gifti.func.gii", "gifti_packed.func.gii.gz", "gifti_rows.time.gii"] {
        let run = odd(run);
        for options in ["", "--dummy-scans auto"] {
            let options = format!("-q --dtype float64 {options}");
            scratch.bash(&format!("\"$1\" '{run}' -o a.nii {options}"), [""; 0]).succeeded();
            scratch
                .bash(&format!("cat '{run}' | \"$1\" - -o b.nii {options}"), [""; 0])
                .succeeded();
            let [a, b] = ["a.nii", "b.nii"].map(|it| bits(&Map::read(&scratch.path(it)).values));
            assert_eq!(a, b, "{run} {options}");
        }
    }
}

/// What stands before the first samples is bounded, not the samples.
#[test]
fn a_file_of_many_samples_is_read() {
    let scratch = Scratch::new();
    let volumes = 75_000;
    let small: Vec<f64> = (0..made::VERTICES * volumes).map(|it| (it % 13 % 7) as f64).collect();
    let array = made::Array { encoding: "Base64Binary", ..made::VOLUME };
    let lengths = [made::VERTICES, volumes];
    let array = made::Array { lengths: &lengths, ..array };
    let turned: Vec<f64> =
        (0..small.len()).map(|it| small[it % volumes * made::VERTICES + it / volumes]).collect();
    let content = made::file(1, "", &array.element(&turned, ("", 0)));
    assert!(content.len() > 20 << 20, "{}", content.len());
    scratch.file("run.func.gii", content);
    let outcome = scratch.tsnr(["run.func.gii", "-q", "--mean", "m.func.gii"]).succeeded();
    assert_eq!(outcome.stderr, "");
    let found = &maps_in(&scratch.path("m.func.gii"))[0];
    for (vertex, found) in found.iter().enumerate() {
        let sum: f64 = small.iter().skip(vertex).step_by(made::VERTICES).sum();
        assert!((found - sum / volumes as f64).abs() < 1e-5, "{vertex}: {found}");
    }
}

/// Vertices that are in no body are not drawn, and a surface of what is no cortex is not either.
#[test]
fn hemispheres_are_drawn_on_surfaces_of_the_mesh_of_the_run() {
    let scratch = Scratch::new();
    let run = testdata("odd/gifti.func.gii").display().to_string();
    let line =
        scratch.tsnr([&*run, "--report", "p.html", "--surfaces", &odd("gifti_left.surf.gii")]);
    let says = "a surface of 32 vertices, expected the 60 of CortexLeft";
    assert!(line.error().contains(says));
    scratch.file("far.surf.gii", made::sheet("CortexLeft").replace("GZipBase64Binary", "ASCII"));
    let line = scratch.tsnr([&*run, "--report", "p.html", "--surfaces", "far.surf.gii"]).error();
    assert!(line.starts_with("tsnr: error: far.surf.gii: "), "{line}");
    let names = scratch.names();
    assert_eq!(names, ["far.surf.gii"]);
}

/// The runs of both hemispheres, two of each: named by the entity, the second of each only by its structure.
fn both_hemispheres(scratch: &Scratch) {
    let run = fs::read_to_string(odd("gifti.func.gii")).expect("a specimen");
    for (letter, structure) in [("L", "CortexLeft"), ("R", "CortexRight")] {
        let content = run.replace("CortexLeft", structure);
        scratch.file(&format!("run-1_hemi-{letter}_bold.func.gii"), &content);
        let side = if letter == "L" { "lh" } else { "rh" };
        scratch.file(&format!("{side}.run-2_bold.func.gii"), &content);
    }
}

#[test]
fn both_hemispheres_have_outputs_of_their_own_which_appear_together() {
    let scratch = Scratch::new();
    both_hemispheres(&scratch);
    let outputs = ["-o", "t_{hemi}.func.gii", "--json", "j_{hemi}.json", "--table", "r_{hemi}.tsv"];
    let both = [&["*_bold.func.gii"][..], &outputs].concat();
    let outcome = scratch.tsnr(&both).succeeded();
    assert!(outcome.stderr.contains("written      t_L.func.gii (GIFTI, float32)"));
    assert!(outcome.stderr.contains("written      t_R.func.gii (GIFTI, float32)"));
    for (letter, structure) in [("L", "CortexLeft"), ("R", "CortexRight")] {
        // As of one call for each.
        let side = if letter == "L" { "lh" } else { "rh" };
        let [first, second] =
            [format!("run-1_hemi-{letter}_bold.func.gii"), format!("{side}.run-2_bold.func.gii")];
        scratch.tsnr([&*second, &first, "-o", "one.func.gii"]).succeeded();
        let [one, of_both] = ["one.func.gii".to_owned(), format!("t_{letter}.func.gii")]
            .map(|it| maps_in(&scratch.path(&it)));
        assert_eq!(bits(&one[0]), bits(&of_both[0]));
        let table = fs::read_to_string(scratch.path(&format!("r_{letter}.tsv"))).expect("a table");
        assert!(table.contains(structure), "{table}");
    }
    let before = scratch.names();
    // All together or none.
    for (options, says) in [
        (
            &["-o", "u_{hemi}.func.gii", "--json", "same.json"][..],
            "cannot be written to one file: same.json",
        ),
        (&["-o", "u_{hemi}.func.gii", "--mean", "none/m_{hemi}.func.gii"], "none"),
        (&["-o", "u_{hemi}.func.gii", "--strict"], "same-run"),
        (&["-o", "u.func.gii"], "or write {hemi} where L and R are to stand"),
    ] {
        let line = scratch.tsnr([&["*_bold.func.gii"][..], options].concat());
        assert_eq!(line.exit_code, Some(1), "{options:?}: {}", line.stderr);
        assert!(line.stderr.contains(says), "'{says}' in {}", line.stderr);
        assert_eq!(scratch.names(), before, "{options:?}");
    }
    // Of one side that is there alone, and of none.
    scratch.tsnr(["run-1_hemi-R_bold.func.gii", "-q", "-o", "w_{hemi}.func.gii"]).succeeded();
    assert!(scratch.path("w_R.func.gii").exists() && !scratch.path("w_L.func.gii").exists());
    let line =
        scratch.tsnr([&*testdata("odd/int16_le.nii").display().to_string(), "-o", "v_{hemi}.nii"]);
    assert!(line.error().contains("of no hemisphere, where {hemi} asks for one"));
}
