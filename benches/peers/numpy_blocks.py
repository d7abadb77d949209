"""tSNR with numpy and nibabel in one pass: blocks of volumes, their sums and sums of squares.

    python numpy_blocks.py MAP RUN...

What a user writes when the runs do not fit into memory. nibabel keeps the file open, so a block of
a .nii.gz is decompressed from where the last one ended.
"""

import sys

import nibabel as nib
import numpy as np

VOLUMES_PER_BLOCK = 8

output, *paths = sys.argv[1:]
first = nib.load(paths[0])
total = np.zeros(first.shape[:3], order="F")
total_of_squares = np.zeros_like(total)
count = 0

for path in paths:
    image = nib.load(path, keep_file_open=True)
    for start in range(0, image.shape[3], VOLUMES_PER_BLOCK):
        block = image.dataobj[..., start : start + VOLUMES_PER_BLOCK]
        for index in range(block.shape[3]):
            volume = block[..., index].astype(np.float64)
            total += volume
            volume *= volume
            total_of_squares += volume
    count += image.shape[3]

mean = total / count
with np.errstate(all="ignore"):
    tsnr = mean / np.sqrt(total_of_squares / count - mean * mean)

nib.save(nib.Nifti1Image(tsnr, first.affine), output)
