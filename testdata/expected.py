"""Computes the expected maps of the test data with numpy and nibabel.

    python testdata/expected.py [TESTDATA_DIR]

Written for and run with Python 3.11.7, numpy 2.4.6, nibabel 5.4.2; needs nothing
else but the program zstd (1.5.4), as nibabel reads that by Python 3.14 only.

For each row of `odd/index.tsv` that names an expected map NAME, and for the five-run session,
writes `expected/NAME_tsnr.nii`, `_mean.nii` and `_std.nii`: float64, uncompressed, as numpy gives
them (NaN and Inf kept), under the affine that nibabel reads from the first file.

- Runs are concatenated along time in the order of the row; files of a pattern in natural order.
- mean = mean over time, std = standard deviation over time, tSNR = mean / std, all in float64.
  ddof is 0; the session has ddof 1 as well (`session_ddof0`, `session_ddof1`).
- Values are slope * raw + inter in float64, the two float32 header fields widened first. This is
  what `get_fdata(dtype=float64)` does; `scaled` checks it voxel by voxel.
- Time series are held in Fortran order, so numpy adds the time points one after the other.
- Rows that share a NAME must give the same bits; that is checked, not assumed.
"""

import bz2
import csv
import gzip
import io
import re
import subprocess
import sys
from pathlib import Path

import nibabel
import nibabel.brikhead
import numpy

NIFTI1_SINGLE_FILE_OFFSET = 352


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    expected = root / "expected"
    expected.mkdir(exist_ok=True)

    session = sorted((root / "sub-01/ses-test/func").glob("*_bold.nii.gz"))
    for ddof in (0, 1):
        write(expected, f"session_ddof{ddof}", *maps(session, ddof))

    done = {}
    with open(root / "odd/index.tsv", newline="") as index:
        rows = list(csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        name = row["expected"]
        if not name:
            continue
        found, affine = maps(files(root / "odd", row["files"]), ddof=0)
        if name not in done:
            done[name] = found, affine
            write(expected, name, found, affine)
        for statistic, values in done[name][0].items():
            same = values.tobytes() == found[statistic].tobytes()
            # Directions and sizes apart, as MGH has them, are rounded more than once.
            lies_there = numpy.allclose(affine, done[name][1], rtol=0, atol=1e-4)
            assert same and lies_there, (row["files"], statistic)


def files(folder, patterns):
    """The files of an index row, those of one pattern in natural order (2 before 10)."""

    def natural(path):
        return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]

    found = []
    for pattern in patterns.split():
        found += sorted(folder.glob(pattern), key=natural)
    return found


def maps(paths, ddof):
    """The three maps over all runs together, and the first run's affine."""
    runs = [load(path) for path in paths]
    series = numpy.asfortranarray(numpy.concatenate([values for values, _ in runs], axis=-1))
    with numpy.errstate(all="ignore"):
        mean = series.mean(axis=-1)
        std = series.std(axis=-1, ddof=ddof)
        return {"tsnr": mean / std, "mean": mean, "std": std}, runs[0][1]


def load(path):
    """A run's values `[x, y, z, t]` in float64, and its affine."""
    is_gifti = ".gii" in path.suffixes
    image, values = AWKWARD.get(path.name, vertices if is_gifti else read)(path)
    if values.ndim == 5:  # [x, y, z, 1, t] or [x, y, z, t, 1]
        values = values.reshape((*values.shape[:3], -1), order="F")
    elif values.ndim == 3:
        values = values[..., numpy.newaxis]
    return values, image.affine


def read(path):
    """The plain way, for all that nibabel understands."""
    image = nibabel.load(path)
    return image, scaled(image)


def read_by_content(path):
    """The name lies: inflate by the first bytes, and let nibabel read from memory."""
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    elif content.startswith(b"BZh"):
        content = bz2.decompress(content)
    elif path.name.startswith("zstd"):
        content = subprocess.run(["zstd", "-dc"], input=content, capture_output=True, check=True).stdout
    is_mgh = content.startswith(b"\0\0\0\1")
    image = (nibabel.MGHImage if is_mgh else nibabel.Nifti1Image).from_bytes(content)
    return image, scaled(image)


def read_at_352(path):
    """vox_offset 0: nibabel takes it literally and reads the header as voxels."""
    image = nibabel.load(path)
    header = image.header
    raw = numpy.frombuffer(
        path.read_bytes(),
        header.get_data_dtype(),
        numpy.prod(header.get_data_shape()),
        NIFTI1_SINGLE_FILE_OFFSET,
    )
    return image, raw.reshape(header.get_data_shape(), order="F").astype(numpy.float64)


def read_halves(path):
    """nibabel takes both halves of a pair for compressed, or none."""
    halves = {}
    for half, kind in (("hdr", "header"), ("img", "image")):
        file = next(path.parent.glob(f"{path.name.split('.')[0]}.{half}*"))
        content = file.read_bytes()
        content = gzip.decompress(content) if file.name.endswith(".gz") else content
        halves[kind] = nibabel.FileHolder(fileobj=io.BytesIO(content))
    image = nibabel.Nifti1Pair.from_file_map(halves)
    return image, scaled(image)


def points(path):
    """A CIFTI file: its points in the place of voxels, without an affine."""
    image = nibabel.load(path)
    assert isinstance(image, nibabel.Cifti2Image), path
    values = image.get_fdata(dtype=numpy.float64).T
    image = nibabel.Nifti1Image(values.reshape((-1, 1, 1, values.shape[1])), numpy.eye(4))
    return image, image.get_fdata()


def vertices(path):
    """A GIFTI file: its vertices in the place of voxels, without an affine."""
    if path.name.endswith(".gz"):
        image = nibabel.gifti.GiftiImage.from_bytes(gzip.decompress(path.read_bytes()))
    else:
        image = nibabel.load(path)
    arrays = [it.data.reshape(len(it.data), -1) for it in image.darrays]
    values = numpy.concatenate(arrays, axis=1).astype(numpy.float64)
    image = nibabel.Nifti1Image(values.reshape((-1, 1, 1, values.shape[1])), numpy.eye(4))
    return image, image.get_fdata()


AWKWARD = {
    "cifti.dtseries.nii": points,
    "cifti_unknown_intent.dtseries.nii": points,
    "cifti_scaled.dtseries.nii": points,
    "cifti.ptseries.nii": points,
    "pair_gz_header.hdr.gz": read_halves,
    "pair_gz_header.img": read_halves,
    "pair_gz_voxels.hdr": read_halves,
    "pair_gz_voxels.img.gz": read_halves,
    "gzip_named_plain.nii": read_by_content,
    "plain_named_gzip.nii.gz": read_by_content,
    "vox_offset_zero.nii": read_at_352,
    "mgh_named_nifti.nii.gz": read_by_content,
    "bzip2_named_gzip.nii.gz": read_by_content,
    "bzip2.mgh.bz2": read_by_content,
    "zstd.nii.zst": read_by_content,
    "zstd_named_plain.nii": read_by_content,
    "zstd_frames.nii.zst": read_by_content,
    "zstd.mgh.zst": read_by_content,
}


def scaled(image):
    """slope * raw + inter in float64; nibabel takes 1 and 0 where there is no scaling."""
    values = image.get_fdata(dtype=numpy.float64)
    raw = numpy.asanyarray(image.dataobj.get_unscaled()).astype(numpy.float64)
    slope, inter = image.dataobj.slope, image.dataobj.inter
    if isinstance(image, nibabel.brikhead.AFNIImage):
        # A factor of each sub-brick, 0 of those without.
        facs = numpy.array(image.header.info["BRICK_FLOAT_FACS"])
        by_hand = raw * numpy.where(facs == 0, 1.0, facs)
        assert numpy.array_equal(values, by_hand), image.get_filename()
        return values
    by_hand = raw if (slope, inter) == (1, 0) else raw * numpy.float64(slope) + numpy.float64(inter)
    assert numpy.array_equal(values, by_hand, equal_nan=True), image.get_filename()
    return values


def write(folder, name, statistics, affine):
    for statistic, values in statistics.items():
        image = nibabel.Nifti1Image(values.astype(numpy.float64), affine)
        nibabel.save(image, folder / f"{name}_{statistic}.nii")


if __name__ == "__main__":
    main()
