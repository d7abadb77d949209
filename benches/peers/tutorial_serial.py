"""tSNR as the Dask lesson first computes it: a loop over the runs, then numpy.

python tutorial_serial.py MAP RUN...
"""

import sys

import nibabel as nib
import numpy as np

output, *fnames = sys.argv[1:]

data = []
for fname in fnames:
    data.append(nib.load(fname).get_fdata())
data = np.concatenate(data, -1)

with np.errstate(all="ignore"):  # 0 / 0 in the background
    tsnr = data.mean(-1) / data.std(-1)

nib.save(nib.Nifti1Image(tsnr, nib.load(fnames[0]).affine), output)
