//! Specimens of pairs: either half of each sound one, and what a half can lack.

use super::bytes::{Header, gzip, with_flipped_byte};
use super::{Specimens, plain_voxels};
use std::io;

pub fn write_specimens(odd: &mut Specimens) -> io::Result<()> {
    let header = |offset: f32, big_endian: bool| Header {
        magic: *b"ni1\0",
        vox_offset: offset,
        big_endian,
        ..Header::int16(6)
    };
    let one = header(0.0, false);
    let (head, voxels) = (one.bytes(), one.encode(&plain_voxels()));
    let mut pair = |name: &str, [head, voxels]: [&[u8]; 2], gz: [&str; 2], why: &str| {
        for (half, gz, content) in [("hdr", gz[0], head), ("img", gz[1], voxels)] {
            let content = if gz.is_empty() { content.to_vec() } else { gzip(content) };
            odd.same(&format!("{name}.{half}{gz}"), content, why)?;
        }
        Ok::<(), io::Error>(())
    };
    let plain: [&[u8]; 2] = [&head, &voxels];
    pair("pair", plain, ["", ""], "a half of a pair")?;
    pair("pair_gz", plain, [".gz", ".gz"], "a half of a compressed pair")?;
    pair("pair_gz_header", plain, [".gz", ""], "of this pair only the header is compressed")?;
    pair("pair_gz_voxels", plain, ["", ".gz"], "of this pair only the voxels are compressed")?;
    let moved = header(16.0, true);
    let behind = [&[0x55; 16][..], &moved.encode(&plain_voxels())].concat();
    let why = "a half of a big-endian pair, whose voxels begin at byte 16 of their file";
    pair("pair_offset", [&moved.bytes(), &behind], ["", ""], why)?;
    let comment = [&[1, 0, 0, 0, 32, 0, 0, 0, 6, 0, 0, 0][..], b"a comment of 24 bytes..."];
    let extended = [&head[..], &comment.concat()].concat();
    pair("pair_extension", [&extended, &voxels], ["", ""], "a half of a pair with an extension")?;
    let mut two = one.nifti2_bytes();
    two[168..176].fill(0);
    pair("pair2", [&two, &voxels], ["", ""], "a half of a pair of NIfTI-2")?;
    pair("pair2_gz", [&two, &voxels], [".gz", ".gz"], "the same, compressed")?;

    odd.no("pair_alone.hdr", &head, "voxels are not beside it", "a header without its voxels")?;
    odd.no("voxels_alone.img", &voxels, "header is not beside it", "voxels without their header")?;
    let why = "the header of a pair under the name of a single file";
    odd.no("pair_named_single.nii", &head, "does not end in .hdr", why)?;
    // The half that is wrong is given last, and named.
    let mut wrong = |[first, last]: [(&str, &[u8]); 2], says: &str, why: &str| {
        odd.row(&format!("{} {}", first.0, last.0), "error", says, "", why);
        odd.file(first.0, first.1)?;
        odd.file(last.0, last.1)
    };
    let cut = &voxels[..300];
    let why = "two and a half of six volumes in the half with the voxels";
    wrong([("pair_cut.hdr", &head), ("pair_cut.img", cut)], "2 are whole", why)?;
    let packed = gzip(&voxels);
    let files = [("pair_crc.hdr", &head[..]), ("pair_crc.img.gz", &with_flipped_byte(&packed, 8))];
    wrong(files, "CRC", "the checksum of the voxels is wrong")?;
    let files = [("pair_header_cut.img", &voxels[..]), ("pair_header_cut.hdr", &head[..100])];
    wrong(files, "takes 348", "100 of the header's 348 bytes")?;
    let negative = header(-16.0, false).bytes();
    let files = [("pair_negative.img", &voxels[..]), ("pair_negative.hdr", &negative)];
    wrong(files, "vox_offset", "voxels start before their file")?;
    let single = Header::int16(6).bytes();
    let files = [("half_single.img", &voxels[..]), ("half_single.hdr", &single)];
    wrong(files, "the header of a single file", "the magic says that the voxels are in it, too")?;
    let analyze = Header { magic: [0; 4], ..one.clone() }.bytes();
    let files = [("analyze.img", &voxels[..]), ("analyze.hdr", &analyze)];
    wrong(files, "ANALYZE 7.5", "no magic: ANALYZE 7.5, not NIfTI")
}
