//! NIfTI-2 is read wherever an image is, and maps are NIfTI-1 where that holds their grid, else
//! NIfTI-2, or what was asked for. (What is in the files, `specimens` holds to numpy.)

use crate::program;

use program::bytes::{Header, INT16, Random};
use program::{Map, Outcome, Scratch, testdata};
use std::fs;
use std::path::Path;

/// An image of NIfTI-2 with these lengths: int16 noise about a mean.
fn nifti2(dim: [i64; 4]) -> Vec<u8> {
    let header = Header::new(INT16, 16, 1, 1, 1, 1);
    let mut head = header.nifti2_bytes();
    for (place, length) in dim.into_iter().enumerate() {
        head[24 + 8 * place..][..8].copy_from_slice(&length.to_le_bytes());
    }
    let mut random = Random::new("nifti2");
    let count = dim.into_iter().product::<i64>() as usize;
    let voxels: Vec<f64> = (0..count).map(|_| random.uniform(900.0, 1100.0)).collect();
    [head, vec![0; 4], header.encode(&voxels)].concat()
}

/// The header of a map in NIfTI-2: its lengths, its sform, and where its voxels are.
fn header_of_two(path: &Path) -> ([i64; 8], Vec<f64>, Vec<u8>) {
    let bytes = fs::read(path).expect("a map");
    assert_eq!(bytes[..12], *b"\x1c\x02\0\0n+2\0\r\n\x1a\n", "{}", path.display());
    let words = |at: usize, count: usize| {
        bytes[at..at + 8 * count].chunks_exact(8).map(|it| <[u8; 8]>::try_from(it).expect("eight"))
    };
    let dim: Vec<i64> = words(16, 8).map(i64::from_le_bytes).collect();
    let sform = words(400, 12).map(f64::from_le_bytes).collect();
    let offset = words(168, 1).map(i64::from_le_bytes).next().expect("one") as usize;
    (dim.try_into().expect("eight"), sform, bytes[offset..].to_vec())
}

fn run(scratch: &Scratch, input: &Path, options: &[&str]) -> Outcome {
    scratch.tsnr([&[input.to_str().expect("UTF-8")], options].concat())
}

#[test]
fn the_map_is_nifti_1_and_of_the_same_bytes_unless_nifti_2_is_asked_for() {
    let scratch = Scratch::new();
    let (one, two) = (testdata("odd/int16_le.nii"), testdata("odd/nifti2.nii"));
    run(&scratch, &one, &["-o", "one.nii"]).succeeded();
    let outcome = run(&scratch, &two, &["-o", "two.nii"]).succeeded();
    assert_eq!(outcome.summary("written"), "two.nii (NIfTI-1, float32)");
    let (one, from_two) = (fs::read(scratch.path("one.nii")), fs::read(scratch.path("two.nii")));
    assert_eq!(one.expect("a map"), from_two.expect("a map"));

    let asked = ["-o", "asked.nii", "--output-format", "nifti2", "--json", "asked.json"];
    let outcome = run(&scratch, &two, &asked).succeeded();
    assert_eq!(outcome.summary("written"), "asked.nii (NIfTI-2, float32)");
    let (dim, sform, voxels) = header_of_two(&scratch.path("asked.nii"));
    assert_eq!(dim, [3, 5, 4, 3, 1, 1, 1, 1]);
    let map = Map::read(&scratch.path("two.nii"));
    let rows = [map.header.srow_x, map.header.srow_y, map.header.srow_z];
    let expected: Vec<f64> = rows.as_flattened().iter().copied().map(f64::from).collect();
    assert_eq!(sform, expected);
    let values = voxels.chunks_exact(4).map(|it| f32::from_le_bytes(it.try_into().expect("four")));
    assert_eq!(values.map(f64::from).collect::<Vec<_>>(), map.values);
    let json = fs::read_to_string(scratch.path("asked.json")).expect("JSON");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["format"], "NIfTI-2");
    assert_eq!(json["runs"][0]["files"][0]["format"], "NIfTI-2");
}

#[test]
fn an_axis_that_nifti_1_does_not_hold_makes_the_map_nifti_2() {
    let scratch = Scratch::new();
    let input = scratch.file("long.nii", nifti2([40_000, 2, 1, 3]));
    let outcome = run(&scratch, &input, &["-o", "map.nii"]).succeeded();
    assert_eq!(outcome.summary("written"), "map.nii (NIfTI-2, float32)");
    let (dim, _, voxels) = header_of_two(&scratch.path("map.nii"));
    assert_eq!((dim[..4].to_vec(), voxels.len()), (vec![3, 40_000, 2, 1], 4 * 80_000));
    let line = run(&scratch, &input, &["-o", "one.nii", "--output-format", "nifti1"]).error();
    for says in ["long.nii: ", "an axis of 40000 voxels", "32767", "--output-format"] {
        assert!(line.contains(says), "'{says}' in: {line}");
    }
    assert_eq!(scratch.names(), ["long.nii", "map.nii"]);
    // The map is read again: as a mask, and against itself.
    let outcome = run(&scratch, &input, &["-o", "in.nii", "--mask", "map.nii"]).succeeded();
    // One voxel is the same in all three volumes, and its tSNR 0 in the map.
    assert!(outcome.summary("mask").starts_with("79,999 of 80,000 voxels"), "{}", outcome.stderr);
    let outcome = scratch.tsnr(["diff", "map.nii", "in.nii", "--ratio", "q.nii"]).succeeded();
    assert!(outcome.summary("B / A").starts_with("median 1.000,"), "{}", outcome.stderr);
    assert_eq!(header_of_two(&scratch.path("q.nii")).0[1], 40_000);
}

#[test]
fn masks_atlases_and_means_may_be_nifti_2() {
    let scratch = Scratch::new();
    let run_file = testdata("odd/int16_le.nii");
    let beside = |name: &str, datatype: i16, bits: i16, value: fn(usize) -> f64| {
        let header = Header::new(datatype, bits, 5, 4, 3, 1);
        let voxels: Vec<f64> = (0..60).map(value).collect();
        let mut head = header.nifti2_bytes();
        head[16] = 3;
        scratch.file(name, [head, vec![0; 4], header.encode(&voxels)].concat());
        let one = Header { dim: [3, 5, 4, 3, 1, 1, 1, 1], ..header };
        scratch.file(&format!("one-{name}"), one.file(&voxels));
    };
    beside("mask.nii", 2, 8, |it| f64::from(u8::from(it >= 20)));
    beside("atlas.nii", INT16, 16, |it| (it / 20) as f64);
    beside("mean.nii", 64, 64, |it| 500.0 + it as f64);
    let [one, two] = ["one-", ""].map(|prefix| {
        let named = |it: &str| format!("{prefix}{it}.nii");
        let [mask, atlas, mean] = ["mask", "atlas", "mean"].map(named);
        let options = ["-o", "map.nii", "--mask", &mask, "--atlas", &atlas, "--mean-from", &mean];
        let table = ["--table", "regions.tsv"];
        run(&scratch, &run_file, &[&options[..], &table].concat()).succeeded();
        let table = fs::read_to_string(scratch.path("regions.tsv")).expect("a table");
        (Map::read(&scratch.path("map.nii")).values, table)
    });
    assert_eq!(one, two);
}
