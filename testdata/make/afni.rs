//! AFNI's datasets, sound and damaged: the voxels of other specimens in a `.BRIK`, described by a `.HEAD`.

use super::bytes::{FLOAT32, Header, INT16, gzip};
use super::{Specimens, noisy, plain_voxels};
use std::io;

/// The text of a `.HEAD` for a 5 x 4 x 3 grid of 6 sub-bricks, where `Header::new` puts it.
fn head(view: i32, kind: i32, order: &str, factors: &[f64]) -> String {
    let run = Header::new(INT16, 16, 5, 4, 3, 6);
    let affine = run.affine();
    // AFNI's axes run to the left and to the back.
    let dicom: Vec<String> = (0..12)
        .map(|it| affine[it / 4][it % 4] * if it < 8 { -1.0 } else { 1.0 })
        .map(|it| it.to_string())
        .collect();
    let numbers = |kind: &str, name: &str, values: &[String]| {
        let lines: Vec<String> =
            values.chunks(5).map(|line| format!(" {}", line.join(" "))).collect();
        let (count, lines) = (values.len(), lines.join("\n"));
        format!("\ntype  = {kind}-attribute\nname  = {name}\ncount = {count}\n{lines}\n")
    };
    let text = |name: &str, value: &str| {
        let count = value.len() + 1;
        format!("\ntype  = string-attribute\nname  = {name}\ncount = {count}\n'{value}~\n")
    };
    let integers = |name: &str, values: &[i32]| {
        numbers("integer", name, &values.iter().map(i32::to_string).collect::<Vec<_>>())
    };
    let floats = |name: &str, values: &[f64]| {
        numbers("float", name, &values.iter().map(f64::to_string).collect::<Vec<_>>())
    };
    [
        text("TYPESTRING", "3DIM_HEAD_ANAT"),
        integers("DATASET_RANK", &[3, 6, 0, 0, 0, 0, 0, 0]),
        integers("DATASET_DIMENSIONS", &[5, 4, 3, 0, 0]),
        integers("SCENE_DATA", &[view, 2, 0, -999, -999, -999, -999, -999]),
        integers("BRICK_TYPES", &[kind; 6]),
        floats("BRICK_FLOAT_FACS", factors),
        text("BRICK_LABS", "#0~#1~#2~#3~#4~#5"),
        text("BYTEORDER_STRING", order),
        text("TEMPLATE_SPACE", if view == 2 { "TLRC" } else { "ORIG" }),
        floats("DELTA", &[-4.0, 4.0, 6.0]),
        numbers("float", "IJK_TO_DICOM_REAL", &dicom),
        integers("TAXIS_NUMS", &[6, 0, 77001, -999, -999, -999, -999, -999]),
        floats("TAXIS_FLOATS", &[0.0, 2500.0, 0.0, 0.0, 0.0]),
    ]
    .concat()
}

/// A dataset by either half: the same maps.
fn dataset(
    odd: &mut Specimens,
    [head, brik]: [&str; 2],
    text: &str,
    voxels: &[u8],
    [expected, why]: [&str; 2],
) -> io::Result<()> {
    for (name, half) in [(head, "the header of"), (brik, "the voxels of")] {
        odd.row(name, "ok", "", expected, &format!("{half} an AFNI dataset: {why}"));
    }
    odd.file(head, text)?;
    odd.file(brik, voxels)
}

pub fn write(odd: &mut Specimens) -> io::Result<()> {
    let (little, big) = ("LSB_FIRST", "MSB_FIRST");
    let run = Header::int16(6);
    let shorts = run.encode(&plain_voxels());
    let names = ["afni+orig.HEAD", "afni+orig.BRIK"];
    let sound = head(0, 1, little, &[0.0; 6]);
    dataset(odd, names, &sound, &shorts, ["int16", "shorts without factors"])?;
    let swapped = Header { big_endian: true, ..run.clone() }.encode(&plain_voxels());
    let names = ["afni+tlrc.HEAD", "afni+tlrc.BRIK.gz"];
    let why = ["int16", "big-endian, compressed, of another view beside the first"];
    dataset(odd, names, &head(2, 1, big, &[0.0; 6]), &gzip(&swapped), why)?;
    let names = ["afni_factor+orig.HEAD", "afni_factor+orig.BRIK"];
    let why = ["afni_factor", "one factor of all sub-bricks"];
    dataset(odd, names, &head(0, 1, little, &[0.0125; 6]), &shorts, why)?;
    let factors = [0.5, 0.5125, 0.0, 0.4875, 0.5, 0.51];
    let each = head(0, 1, little, &factors);
    let why = ["afni_factors", "a factor of each sub-brick, of one none"];
    dataset(odd, ["afni_factors+orig.HEAD", "afni_factors+orig.BRIK"], &each, &shorts, why)?;
    let names = ["afni_factors_gz+orig.HEAD", "afni_factors_gz+orig.BRIK.gz"];
    let why = ["afni_factors", "the same, compressed"];
    dataset(odd, names, &each, &gzip(&shorts), why)?;
    let floats = noisy("float32", [60, 6], [1e-3, 2e-3], 1e-5, 12.5);
    let floats = Header::new(FLOAT32, 32, 5, 4, 3, 6).encode(&floats);
    let names = ["afni_floats+acpc.HEAD", "afni_floats+acpc.BRIK"];
    dataset(odd, names, &head(1, 3, little, &[0.0; 6]), &floats, ["float32", "floats"])?;

    let why = "the header of an AFNI dataset without its voxels";
    odd.no("afni_alone+orig.HEAD", &sound, "its voxels, afni_alone+orig.BRIK", why)?;
    let why = "the voxels of an AFNI dataset; the header beside them is of another view";
    odd.no("afni_alone+tlrc.BRIK", &shorts, "its header, afni_alone+tlrc.HEAD", why)?;
    let mut wrong = |name: &str, from: &str, to: &str, says: &str, why: &str| {
        odd.no(&format!("afni_{name}+orig.HEAD"), sound.replacen(from, to, 1), says, why)
    };
    wrong("cut", "0 2500", "", "TAXIS_FLOATS ends before its 5 values", "three of five numbers")?;
    wrong("length", " 5 4 3 0 0", " 5 0 3 0 0", "DATASET_DIMENSIONS has 0", "no voxels along y")?;
    wrong(
        "word",
        " 5 4 3 0 0",
        " 5 x 3 0 0",
        "'x', expected a number",
        "a length that is no number",
    )?;
    wrong("order", "LSB_FIRST", "PDP_FIRST", "BYTEORDER_STRING", "an unknown order of bytes")?;
    wrong("complex", " 1 1 1 1 1\n 1", " 5 5 5 5 5\n 5", "complex numbers", "pairs of floats")?;
    wrong("types", " 1 1 1 1 1\n 1", " 1 1 3 1 1\n 1", "several types", "shorts and floats")?;
    wrong("rank", "DATASET_RANK", "DATASET_RANG", "DATASET_RANK", "no number of sub-bricks")
}
