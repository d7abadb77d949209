"""Held against nilearn: the brain mask of some runs, and a mask that tsnr wrote.

    pip install nilearn==0.14.1 nibabel==5.4.2 numpy==2.4.6
    python tests/mask_check.py expected RUN.nii.gz...
    python tests/mask_check.py made
    python tests/mask_check.py output MASK.nii.gz RUN.nii.gz...

`expected` prints the number of voxels of nilearn's mask of the mean over all runs and the CRC-32
of its voxels (a byte 0 or 1 for each, first axis fastest); `made` the same of the images that the
tests make; `output` prints the Dice coefficient of a mask and how nilearn was called, and exits with a message if a voxel
differs.
"""

import sys
import zlib

import nibabel
import numpy
from nilearn.masking import compute_epi_mask

# nilearn erodes a single slice away. In the middle of as many equal slices as no erosion
# reaches through, its mask is what it would be in two dimensions.
EQUAL_SLICES = 13


def mean_of(paths):
    """The mean over time of the runs, one behind the other, and the affine of the first."""
    images = [nibabel.load(path) for path in paths]
    series = [numpy.atleast_3d(numpy.asarray(image.dataobj, dtype=float)) for image in images]
    series = [run[..., None] if run.ndim == 3 else run for run in series]
    return numpy.concatenate(series, axis=3).mean(axis=3), images[0].affine


def nilearn_mask(mean, affine=None):
    """nilearn's mask, without opening where opening leaves nothing, and how it was called."""
    is_slice = mean.shape[2] == 1
    if is_slice:
        mean = numpy.repeat(mean, EQUAL_SLICES, axis=2)
    how = f"of the slice {EQUAL_SLICES} times" if is_slice else "as it is"
    image = nibabel.Nifti1Image(mean, numpy.eye(4) if affine is None else affine)
    mask = numpy.asarray(compute_epi_mask(image).dataobj) != 0
    if not mask.any():
        mask = numpy.asarray(compute_epi_mask(image, opening=False).dataobj) != 0
        how = f"{how}, opening=False (with opening 0 voxels)"
    middle = EQUAL_SLICES // 2
    return (mask[:, :, middle : middle + 1] if is_slice else mask), how


def figures(mask):
    crc = zlib.crc32(mask.astype("u1").tobytes(order="F"))
    return f"shape {list(mask.shape)}, {mask.sum()} voxels, CRC-32 0x{crc:08x}"


def expected(*runs):
    print(figures(nilearn_mask(*mean_of(runs))[0]))


def noise(count):
    """Whole numbers from 0 to 255 that `noise` in tests/integration/mask.rs makes as well."""
    state, values = 1, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append(state >> 56)
    return numpy.array(values, dtype=float)


def made():
    for shape in [(24, 20, 16), (24, 20, 1)]:
        x, y, z = numpy.indices(shape)
        x, y = x - 12, y - 10
        z = z - 8 if shape[2] > 1 else z
        image = noise(numpy.prod(shape)).reshape(shape, order="F") / 8
        # A head, a neck of one voxel that joins it to a smaller body, and a body apart.
        image[x * x + y * y + z * z < 36] += 500
        image[(x >= 6) & (x <= 8) & (y == 0) & (z == 0)] += 500
        image[(x >= 8) & (abs(y) < 4) & (abs(z) < 4)] += 450
        image[(x < -7) & (y > 4) & (abs(z) < 3)] += 900
        print("made", figures(nilearn_mask(image)[0]))
        image[x == 2] = numpy.nan
        print("made, with NaN", figures(nilearn_mask(image)[0]))


def output(path, *runs):
    found = numpy.atleast_3d(numpy.asarray(nibabel.load(path).dataobj)) != 0
    mask, how = nilearn_mask(*mean_of(runs))
    assert found.shape == mask.shape, f"grid {found.shape} of the mask, {mask.shape} of the runs"
    dice = 2 * (found & mask).sum() / max(found.sum() + mask.sum(), 1)
    print(f"{path}: {found.sum()} voxels, nilearn's {mask.sum()}, Dice {dice:.6f}; {how}")
    assert numpy.array_equal(found, mask), f"{(found != mask).sum()} voxels differ"


if __name__ == "__main__":
    {"expected": expected, "made": made, "output": output}[sys.argv[1]](*sys.argv[2:])
