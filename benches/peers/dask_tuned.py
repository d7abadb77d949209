"""tSNR with Dask as fast as we could make it, in memory that does not grow with the runs.

    python dask_tuned.py MAP RUN...

- .nii.gz is decompressed by ISA-L (python-isal), which lets other threads run meanwhile.
- A run that is compressed can only be read from front to back: a chain of tasks reads its blocks
  into two buffers in turn, and a second chain adds the block that was read to the run's sums. The
  scheduler runs different chains, of one run or of two, at once.
- A run that is not compressed is read in slabs of voxels, each a task of its own.
- One pass: sums and sums of squares, exact integers of int16, float64 of anything else, over slabs
  that stay in the processor's cache.

Runs with scl_slope or scl_inter are refused.
"""

import os
import sys

import dask
import nibabel as nib
import numpy as np
from dask import delayed
from isal import igzip

SLAB_VOXELS = 65536
BLOCK_BYTES = 4 << 20


class Sums:
    """Sum and sum of squares over time, for each of some voxels."""

    def __init__(self, voxels: int, dtype: np.dtype):
        # A sum of int16 is exact in int32 for 65,536 volumes, its squares' in int64 for ever.
        is_short = dtype == np.int16
        self.total = np.zeros(voxels, np.int32 if is_short else np.float64)
        self.squares = np.zeros(voxels, np.int64 if is_short else np.float64)
        self.scratch = np.empty(min(voxels, SLAB_VOXELS), self.total.dtype)

    def add(self, volumes: np.ndarray) -> None:
        """Adds volumes `[t, voxel]`."""
        for start in range(0, self.total.size, SLAB_VOXELS):
            slab = slice(start, start + SLAB_VOXELS)
            total, squares = self.total[slab], self.squares[slab]
            scratch = self.scratch[: total.size]
            for volume in volumes[:, slab]:
                scratch[...] = volume
                total += scratch
                scratch *= scratch
                squares += scratch


class Run:
    """A run and how it is read."""

    def __init__(self, path: str):
        image = nib.load(path)
        assert (image.dataobj.slope, image.dataobj.inter) == (1, 0), f"{path} is scaled"
        self.path = path
        self.affine = image.affine
        self.shape = image.shape[:3]
        self.volumes = image.shape[3]
        self.voxels = int(np.prod(self.shape))
        self.dtype = image.get_data_dtype()
        self.offset = image.dataobj.offset


class CompressedRun(Run):
    """Reads blocks one after the other, into two buffers in turn."""

    def tasks(self) -> list:
        read_block, add_block = delayed(self.read), delayed(self.add)
        length = max(1, BLOCK_BYTES // (self.voxels * self.dtype.itemsize))
        read, added, added_before = delayed(self.open)(length), None, None
        for start in range(0, self.volumes, length):
            count = min(length, self.volumes - start)
            # Its buffer is free again when the block before the last one has been added.
            read = read_block(count, start // length % 2, read, added_before)
            added, added_before = add_block(count, start // length % 2, read, added), added
        return [delayed(self.close)(added)]

    def open(self, length: int) -> None:
        self.sums = Sums(self.voxels, self.dtype)
        self.buffers = [np.empty((length, self.voxels), self.dtype) for _ in range(2)]
        self.stream = igzip.IGzipFile(self.path)
        self.stream.read(self.offset)

    def read(self, count: int, buffer: int, *_after: None) -> None:
        rest = memoryview(self.buffers[buffer][:count]).cast("B")
        while rest:
            size = self.stream.readinto(rest)
            assert size, f"{self.path} ends early"
            rest = rest[size:]

    def add(self, count: int, buffer: int, *_after: None) -> None:
        self.sums.add(self.buffers[buffer][:count])

    def close(self, _after: None) -> tuple:
        assert not self.stream.read(1)  # to the end, so that the checksum is compared
        return slice(None), self.sums.total, self.sums.squares


class PlainRun(Run):
    """Reads slabs of voxels of all volumes, each by itself."""

    def tasks(self) -> list:
        slabs = range(0, self.voxels, SLAB_VOXELS)
        return [delayed(self.slab)(start, min(SLAB_VOXELS, self.voxels - start)) for start in slabs]

    def slab(self, start: int, voxels: int) -> tuple:
        sums = Sums(voxels, self.dtype)
        volume = np.empty((1, voxels), self.dtype)
        with open(self.path, "rb", buffering=0) as file:
            for time in range(self.volumes):
                at = self.offset + (time * self.voxels + start) * self.dtype.itemsize
                assert os.preadv(file.fileno(), [volume], at) == volume.nbytes
                sums.add(volume)
        return slice(start, start + voxels), sums.total, sums.squares


def open_run(path: str) -> Run:
    return CompressedRun(path) if path.endswith(".gz") else PlainRun(path)


def main() -> None:
    output, *paths = sys.argv[1:]
    runs = [open_run(path) for path in paths]
    first, count = runs[0], sum(run.volumes for run in runs)

    total, squares = np.zeros(first.voxels), np.zeros(first.voxels)
    for part, part_total, part_squares in dask.compute(*[t for run in runs for t in run.tasks()]):
        total[part] += part_total
        squares[part] += part_squares

    mean = total / count
    with np.errstate(all="ignore"):
        tsnr = mean / np.sqrt(squares / count - mean * mean)
    image = nib.Nifti1Image(tsnr.astype(np.float32).reshape(first.shape, order="F"), first.affine)
    if output.endswith(".gz"):
        with igzip.open(output, "wb") as file:
            file.write(image.to_bytes())
    else:
        nib.save(image, output)


main()
