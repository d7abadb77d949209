//! FreeSurfer's MGH, sound and damaged: the voxels of other specimens, big-endian, behind 284 bytes.

use super::Specimens;
use super::bytes::{
    FLOAT32, INT16, MGH_VOXELS_AT as VOXELS_AT, UINT16, gzip, mgh, with_mgh_footer as with_footer,
};
use std::io;

/// An int16 run with the grid and the voxels of `int16_le.nii`.
fn int16() -> Vec<u8> {
    mgh(4, INT16, [5, 4, 3, 6], &super::plain_voxels())
}

/// The voxels of a NIfTI specimen of the same type.
pub fn write_datatype(
    odd: &mut Specimens,
    name: &str,
    datatype: i16,
    voxels: &[f64],
) -> io::Result<()> {
    let code = match datatype {
        2 => 0,
        8 => 1,
        FLOAT32 => 3,
        INT16 => 4,
        UINT16 => 10,
        _ => return Ok(()),
    };
    let file = format!("mgh_{name}.mgh");
    odd.row(&file, "ok", "", name, &format!("{name} voxels in FreeSurfer's MGH"));
    odd.file(&file, with_footer(&mgh(code, datatype, [5, 4, 3, 6], voxels)))
}

pub fn write(odd: &mut Specimens) -> io::Result<()> {
    let sound = with_footer(&int16());
    let tag = |number: i32, text: &[u8]| {
        [&number.to_be_bytes()[..], &(text.len() as i64).to_be_bytes(), text].concat()
    };
    let direction = tag(41, b"ROW\0");
    let command = tag(3, b"mri_convert run.nii run.mgz\0");
    let tagged = [&sound[..], &direction, &command].concat();
    odd.same("mgh_tags.mgz", gzip(&tagged), "MGH, compressed, with tags behind its footer")?;
    odd.same("mgh_no_footer.mgh", int16(), "MGH that ends with its voxels: no TR")?;
    odd.same("mgh_named_nifti.nii.gz", gzip(&sound), "MGH, though the name says NIfTI")?;
    let mut without_space = sound.clone();
    without_space[28..30].fill(0);
    odd.ok("mgh_no_ras.mgh", without_space, "MGH with goodRASFlag 0: lies nobody knows how")?;
    let surface = with_footer(&mgh(4, INT16, [60, 1, 1, 6], &super::plain_voxels()));
    odd.ok("mgh_surface.mgz", gzip(&surface), "MGH of a surface: a vector of vertices")?;

    odd.no("mgh_header_cut.mgh", &sound[..200], "MGH header", "200 of the header's 284 bytes")?;
    let cut = &sound[..VOXELS_AT + 300];
    odd.no("mgh_truncated.mgh", cut, "2 are whole", "MGH, two and a half of six volumes")?;
    let short = gzip(cut);
    odd.no("mgh_short_inside.mgz", short, "2 are whole", "sound gzip, 2.5 of 6 volumes inside")?;
    let packed = gzip(&sound);
    let half = &packed[..packed.len() / 2];
    odd.no(
        "mgh_truncated.mgz",
        half,
        "truncated",
        "MGZ, the second half of the stream is missing",
    )?;
    let mut wrong = |name: &str, at: usize, number: i32, says: &str, why: &str| {
        let mut file = sound.clone();
        file[at..at + 4].copy_from_slice(&number.to_be_bytes());
        odd.no(name, file, says, why)
    };
    wrong("mgh_height_zero.mgh", 8, 0, "height is 0", "no voxels along the second axis")?;
    wrong("mgh_nframes_negative.mgh", 16, -6, "nframes is -6", "-6 volumes")?;
    wrong("mgh_type_9.mgh", 20, 9, "colours", "MGH of colours")?;
    let huge = "claims more volumes than the file has bytes";
    wrong("mgh_claims.mgh", 16, i32::MAX, "are whole", huge)
}
