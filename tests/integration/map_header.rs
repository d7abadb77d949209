//! A map's header records what its numbers mean, as docs/map-header.md says, and nothing of how it
//! was made. The extension is read from the bytes here, not by the library.

use crate::program;

use program::bytes::{Header, Random};
use program::{MODES, Scratch, session_runs, testdata};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The extensions of a little-endian file, each a code and its content, and where voxels begin.
#[track_caller]
fn extensions(file: &[u8]) -> (Vec<(i32, &[u8])>, usize) {
    let number = |at: usize| i32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let vox_offset = f32::from_le_bytes(file[108..112].try_into().expect("four bytes")) as usize;
    assert_eq!(file[348..352], [1, 0, 0, 0], "extensions follow");
    let (mut found, mut at) = (Vec::new(), 352);
    while at < vox_offset {
        let size = usize::try_from(number(at)).expect("a size");
        assert!(size >= 16 && size % 16 == 0 && at + size <= vox_offset, "{size} bytes at {at}");
        found.push((number(at + 4), &file[at + 8..at + size]));
        at += size;
    }
    assert_eq!(at, vox_offset, "the extensions reach to the voxels");
    (found, vox_offset)
}

/// The text of the first extension of a map, a comment.
#[track_caller]
fn recorded_text(file: &[u8]) -> String {
    let (extensions, _) = extensions(file);
    let (code, content) = extensions[0];
    assert_eq!(code, 6, "a comment");
    assert!(content.len() <= 64 * 1024, "{} bytes", content.len());
    let text = std::str::from_utf8(content).expect("UTF-8").trim_end_matches('\0');
    assert!(!text.contains('\0') && text.starts_with("{\"tsnr\":{"), "{text}");
    text.to_owned()
}

#[track_caller]
fn recorded(scratch: &Scratch, name: &str) -> Value {
    let text = recorded_text(&fs::read(scratch.path(name)).expect("a map"));
    let object: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(object.as_object().expect("an object").len(), 1, "tsnr and nothing else");
    object["tsnr"].clone()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

#[test]
fn every_kind_of_map_records_the_definition_that_json_tells() {
    let scratch = Scratch::new();
    let runs = testdata("definitions/run-?_bold.nii.gz").display().to_string();
    let table = testdata("definitions/run-?_desc-confounds_timeseries.tsv").display().to_string();
    let confounds = format!("--confounds={table}");
    let kinds = tsnr::maps::ALL.map(|kind| kind.name);
    let maps = kinds.map(|kind| match kind {
        "run-tsnr" => "--map=run-tsnr=run-tsnr-{run}.nii".to_owned(),
        kind => format!("--map={kind}={kind}.nii"),
    });
    let options = [
        "--definition=fsl",
        "--combine=demean",
        "--detrend=1",
        "--dummy-scans=2",
        "--confound-columns=csf",
    ];
    let outputs = ["--mask=auto", "--mask-out=mask.nii", "--json=said.json", "-q"];
    let mut arguments: Vec<&str> = vec![&runs, &confounds];
    arguments.extend(options.iter().chain(&outputs));
    arguments.extend(maps.iter().map(String::as_str));
    scratch.tsnr(arguments).succeeded();
    let said: Value =
        serde_json::from_str(&fs::read_to_string(scratch.path("said.json")).unwrap()).unwrap();
    for kind in kinds.iter().chain(&["mask"]) {
        let file = if *kind == "run-tsnr" { "run-tsnr-2.nii" } else { &format!("{kind}.nii") };
        let found = recorded(&scratch, file);
        assert_eq!(found["schema"], "tsnr-definition/1");
        assert_eq!(found["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(&found["map"], kind);
        // The trend is not fsl's.
        assert_eq!(found["tool"], Value::Null);
        let fields = keys(&found["definition"]);
        assert!(fields.len() > 10, "{fields:?}");
        for field in fields {
            assert_eq!(found["definition"][&field], said["definition"][&field], "{field}");
        }
        assert_eq!(found["regressors"], said["runs"][0]["regressors"]);
        assert_eq!(found["runs"], 3);
        assert_eq!(found["volumes"], said["volumes_used"]);
        assert_eq!(found["mask"], "auto");
        assert_eq!(found["tr_seconds"], json!([said["runs"][0]["tr_seconds"]]));
    }
    let run = session_runs()[0].display().to_string();
    scratch.tsnr([&*run, "--definition=afni", "-o", "afni.nii.gz", "-q"]).succeeded();
    let map = fs::read(scratch.path("afni.nii.gz")).expect("a map");
    let mut content = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&map[..]);
    std::io::Read::read_to_end(&mut decoder, &mut content).expect("sound gzip");
    let found: Value = serde_json::from_str(&recorded_text(&content)).expect("JSON");
    assert_eq!(found["tsnr"]["tool"], "afni");
    assert_eq!(found["tsnr"]["definition"]["sign"], "absolute");
}

#[test]
fn the_fields_are_those_of_the_page_about_them() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/map-header.md");
    let page = fs::read_to_string(page).expect("docs/map-header.md");
    let (_, table) = page.split_once("| field | type | meaning |").expect("a table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let names = |row: &str| -> Vec<String> {
        let first = row.split(" | ").next().expect("a column");
        first.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let documented: BTreeSet<String> = rows.flat_map(names).collect();
    let scratch = Scratch::new();
    let run = session_runs()[0].display().to_string();
    scratch.tsnr([&*run, "-o", "map.nii", "-q"]).succeeded();
    assert_eq!(keys(&recorded(&scratch, "map.nii")), documented);
}

/// No path, run, command, thread, mode or date; so that modes write one header.
#[test]
fn nothing_of_how_a_map_was_made_is_in_its_header() {
    let scratch = Scratch::new();
    let mut random = Random::new("a run with a name");
    let samples: Vec<f64> = (0..30 * 60).map(|_| 1000.0 + 10.0 * random.normal()).collect();
    scratch.file("unheard/murmur_bold.nii", Header::int16(30).file(&samples));
    let mut mask = Header::int16(1);
    mask.dim = [3, 5, 4, 3, 1, 1, 1, 1];
    scratch.file("whisper.nii", mask.file(&[1.0; 60]));
    scratch.file("means.nii", mask.file(&[1000.0; 60]));
    let mut headers = BTreeSet::new();
    for mode in MODES {
        let (threads, output) = (format!("--threads={}", headers.len() + 1), format!("{mode}.nii"));
        scratch
            .tsnr([
                "unheard/murmur_bold.nii",
                "--mask=whisper.nii",
                "--mean-from=means.nii",
                "-q",
                "--mode",
                mode,
                &threads,
                "-o",
                &output,
            ])
            .succeeded();
        let map = fs::read(scratch.path(&output)).expect("a map");
        let (_, voxels_at) = extensions(&map);
        let text = String::from_utf8_lossy(&map[..voxels_at]).to_lowercase();
        let folder = scratch.path("").display().to_string();
        let made = ["unheard", "murmur", "whisper", "means", "serial", "delayed", "array"];
        let words = ["thread", "--", "command", "date", "utc", "tmp"];
        for word in made.into_iter().chain(words).chain([&*folder]) {
            assert!(!text.contains(word), "'{word}' in: {text}");
        }
        assert_eq!(recorded(&scratch, &output)["mask"], "file");
        headers.insert(map[..voxels_at].to_vec());
    }
    assert_eq!(headers.len(), 1, "one header, whatever the mode and threads");
}

#[test]
fn names_of_regressors_that_are_too_many_are_told_by_their_number_and_digest() {
    let scratch = Scratch::new();
    let mut random = Random::new("many regressors");
    for run in 10..22 {
        let samples: Vec<f64> = (0..70 * 60).map(|_| 1000.0 + 10.0 * random.normal()).collect();
        scratch.file(&format!("run-{run}_bold.nii"), Header::int16(70).file(&samples));
        let name = |column: usize| format!("c{run}_{column}_{}", "long".repeat(24));
        let mut table = (0..60).map(name).collect::<Vec<_>>().join("\t") + "\n";
        for _ in 0..70 {
            let row: Vec<String> = (0..60).map(|_| format!("{:.3}", random.normal())).collect();
            table += &(row.join("\t") + "\n");
        }
        scratch.file(&format!("run-{run}_desc-confounds_timeseries.tsv"), table);
    }
    let arguments = ["run-*_bold.nii", "--confounds=run-*.tsv", "--confound-columns=c*"];
    let outputs = ["-o", "map.nii", "--json=said.json", "-q"];
    scratch.tsnr(arguments.iter().chain(&outputs)).succeeded();
    let said: Value =
        serde_json::from_str(&fs::read_to_string(scratch.path("said.json")).unwrap()).unwrap();
    let names: Vec<&Value> =
        said["runs"].as_array().expect("runs").iter().map(|run| &run["regressors"]).collect();
    let text = serde_json::to_string(&names).expect("names");
    assert!(text.len() > 64 * 1024, "{} bytes of names", text.len());
    let hash = hmac_sha256::Hash::hash(text.as_bytes());
    let sha256: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let found = recorded(&scratch, "map.nii");
    assert_eq!(found["regressors"], json!({"count": 720, "sha256": sha256}));
}

#[test]
fn a_comment_of_the_input_is_kept_beside_the_definition() {
    let scratch = Scratch::new();
    let run = testdata("odd/extensions.nii.gz").display().to_string();
    scratch.tsnr([&*run, "-o", "map.nii", "-q"]).succeeded();
    let map = fs::read(scratch.path("map.nii")).expect("a map");
    let (extensions, _) = extensions(&map);
    let [(6, definition), (6, comment)] = extensions[..] else { panic!("two comments") };
    assert!(definition.starts_with(b"{\"tsnr\":{"));
    assert!(comment.starts_with(b"a comment of the scanner\0"));
}
