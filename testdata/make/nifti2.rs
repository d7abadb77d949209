//! Specimens of NIfTI-2: sound in each layout, and wrong in one field each.

use super::bytes::{Header, gzip};
use super::{Specimens, noisy, plain_voxels};
use std::io;

/// Where voxels start in a single file without extensions.
const VOXELS_AT: usize = 544;

pub fn write_specimens(odd: &mut Specimens) -> io::Result<()> {
    let run = Header::int16(6);
    let file = |header: &Header, between: &[u8]| {
        let offset = VOXELS_AT + between.len() - 4;
        let head = with(header, &header.nifti2_bytes(), 168, offset as i64);
        [&head[..], between, &header.encode(&plain_voxels())].concat()
    };
    let plain = file(&run, &[0; 4]);
    odd.same("nifti2.nii", &plain, "NIfTI-2, little-endian")?;
    odd.same("nifti2.nii.gz", gzip(&plain), "NIfTI-2 in gzip")?;
    let swapped = Header { big_endian: true, ..run.clone() };
    odd.same("nifti2_be.nii", file(&swapped, &[0; 4]), "NIfTI-2, big-endian")?;
    odd.same("nifti2_be.nii.gz", gzip(&file(&swapped, &[0; 4])), "big-endian, in gzip")?;
    let padded = [&[0; 4][..], &[0x55; 64]].concat();
    odd.same("nifti2_vox_offset_608.nii", file(&run, &padded), "padding before the voxels")?;
    let comment = [&[1, 0, 0, 0, 32, 0, 0, 0, 6, 0, 0, 0][..], b"a comment of 24 bytes..."];
    let why = "a comment as an extension";
    odd.same("nifti2_extension.nii.gz", gzip(&file(&run, &comment.concat())), why)?;

    let volumes = 32_768;
    let mut long = Header::new(2, 8, 2, 1, 1, 1);
    long.dim[4] = 0;
    let head = with(&long, &long.nifti2_bytes(), 16 + 8 * 4, volumes);
    // Of period 7, so that it takes next to nothing in gzip.
    let samples = (0..volumes).flat_map(|volume| [100 + volume % 7, 50 - volume * volume % 7]);
    let samples: Vec<u8> = samples.map(|it| it as u8).collect();
    let content = gzip(&[&head[..], &[0; 4], &samples].concat());
    odd.ok("nifti2_long.nii.gz", content, "more volumes than dim of NIfTI-1 can say")?;
    // The noise behind the voxels of the other specimens, as floats.
    let mut float = Header::new(64, 64, 5, 4, 3, 6);
    (float.slope, float.inter) = (-0.5, 100.0);
    let voxels = noisy("nifti2_scaled", [60, 6], [400.0, 600.0], 7.0, 500.0);
    let content = [float.nifti2_bytes(), vec![0; 4], float.encode(&voxels)].concat();
    odd.ok("nifti2_scaled.nii", content, "float64 with a slope and an intercept")?;

    let mut wrong = |name: &str, at: usize, field: &[u8], says: &str, why: &str| {
        let mut damaged = plain.clone();
        damaged[at..at + field.len()].copy_from_slice(field);
        odd.no(name, damaged, says, why)
    };
    let number = |value: i64| value.to_le_bytes();
    wrong("nifti2_sizeof_541.nii", 0, &[29], "sizeof_hdr", "541 bytes, where 540 are")?;
    let why = "the end of the magic as a transfer of text changes it";
    wrong("nifti2_as_text.nii", 8, b"\n\x1a\n\0", "transfer", why)?;
    wrong("nifti2_no_magic.nii", 4, &[0; 8], "without the magic", "540 and no magic")?;
    wrong("nifti2_dim0_zero.nii", 16, &number(0), "dim[0]", "no dimensions")?;
    wrong("nifti2_dim_negative.nii", 32, &number(-4), "dim[2]", "-4 voxels along y")?;
    let why = "no length in glmin: that is NIfTI-1";
    wrong("nifti2_dim_minus_one.nii", 24, &number(-1), "dim[1]", why)?;
    let why = "more voxels than 64 bits count";
    wrong("nifti2_dim_overflow.nii", 24, &number(i64::MAX), "more than any file", why)?;
    wrong("nifti2_dim_huge.nii", 48, &number(1 << 40), "truncated", "2^40 volumes, 6 are there")?;
    let why = "voxels start inside the header";
    wrong("nifti2_vox_offset_540.nii", 168, &number(540), "vox_offset", why)?;
    let why = "voxels start before the file";
    wrong("nifti2_vox_offset_negative.nii", 168, &number(-544), "vox_offset", why)?;
    let why = "voxels start after the file's end";
    wrong("nifti2_vox_offset_huge.nii", 168, &number(1 << 60), "voxels begin at byte", why)?;
    wrong("nifti2_complex64.nii", 12, &[32, 0, 64, 0], "datatype", "pairs of float32")?;
    let nan = f64::NAN.to_le_bytes();
    wrong("nifti2_inter_nan.nii", 184, &nan, "scl_inter", "slope 1 is sound, inter NaN is not")?;
    odd.no("nifti2_header_cut.nii", &plain[..300], "takes 540", "300 of the header's 540 bytes")?;
    odd.no("nifti2_truncated.nii", &plain[..VOXELS_AT + 300], "2 are whole", "2.5 of 6 volumes")?;
    let mut claims = plain.clone();
    claims[48..56].copy_from_slice(&number(1 << 20));
    let why = "a million volumes, of which 6 are there";
    odd.no("nifti2_claims.nii.gz", gzip(&claims), "truncated", why)?;
    let mut cut = gzip(&plain);
    cut.truncate(cut.len() * 2 / 3);
    odd.no("nifti2_truncated.nii.gz", cut, "truncated", "the last third of the stream is missing")
}

/// A header with this whole number of 64 bits in a place.
fn with(header: &Header, head: &[u8], at: usize, number: i64) -> Vec<u8> {
    let mut head = head.to_vec();
    head[at..at + 8].copy_from_slice(&match header.big_endian {
        true => number.to_be_bytes(),
        false => number.to_le_bytes(),
    });
    head
}
