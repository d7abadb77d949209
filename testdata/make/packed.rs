//! Files that bzip2 and zstd compressed, sound and damaged: the content of other specimens.

use super::bytes::{Header, bzip2, mgh, with_flipped_byte, with_mgh_footer, zstd};
use super::{Specimens, plain_voxels};
use std::io;

pub fn write(odd: &mut Specimens) -> io::Result<()> {
    let plain = Header::int16(6).file(&plain_voxels());
    let (first, second) = plain.split_at(500);
    let image = with_mgh_footer(&mgh(4, 4, [5, 4, 3, 6], &plain_voxels()));

    let packed = bzip2(&plain);
    odd.same("bzip2.nii.bz2", &packed, "compressed by bzip2")?;
    odd.same("bzip2_named_gzip.nii.gz", &packed, "bzip2, though the name says gzip")?;
    let streams = [bzip2(first), bzip2(second)].concat();
    odd.same("bzip2_streams.nii.bz2", streams, "two bzip2 streams, as from pbzip2 or cat")?;
    odd.same("bzip2.mgh.bz2", bzip2(&image), "MGH, compressed by bzip2")?;
    let cut = &packed[..packed.len() / 2];
    odd.no("bzip2_truncated.nii.bz2", cut, "truncated", "half of a bzip2 stream")?;
    let wrong = with_flipped_byte(&packed, packed.len() / 2);
    odd.no("bzip2_damaged.nii.bz2", wrong, "damaged bzip2", "a byte of the block is another")?;
    let short = bzip2(&plain[..plain.len() - 180]);
    let why = "sound bzip2, 4.5 of 6 volumes inside";
    odd.no("bzip2_short.nii.bz2", short, "4 are whole", why)?;

    let packed = zstd(&plain);
    odd.same("zstd.nii.zst", &packed, "compressed by zstd")?;
    odd.same("zstd_named_plain.nii", &packed, "zstd, though the name says plain")?;
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4];
    let frames = [&skipped[..], &zstd(first), &skipped, &zstd(second)].concat();
    let why = "two zstd frames among some to be skipped, as from pzstd";
    odd.same("zstd_frames.nii.zst", frames, why)?;
    odd.same("zstd.mgh.zst", zstd(&image), "MGH, compressed by zstd")?;
    let cut = &packed[..packed.len() / 2];
    odd.no("zstd_truncated.nii.zst", cut, "truncated", "half of a zstd frame")?;
    let wrong = with_flipped_byte(&packed, 1);
    odd.no("zstd_checksum.nii.zst", wrong, "checksum", "the checksum is not the content's")?;
    let no_checksum = &packed[..packed.len() - 4];
    let why = "a frame without the checksum that its header announces";
    odd.no("zstd_no_checksum.nii.zst", no_checksum, "truncated", why)?;
    let garbage = [&packed[..], b"no frame"].concat();
    odd.no("zstd_garbage.nii.zst", garbage, "damaged zstd", "other bytes behind the frame")?;
    let short = zstd(&plain[..plain.len() - 180]);
    odd.no("zstd_short.nii.zst", short, "4 are whole", "sound zstd, 4.5 of 6 volumes inside")
}
