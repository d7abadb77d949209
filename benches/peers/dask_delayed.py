"""tSNR with dask.delayed, as in the Dask lesson: the runs are loaded in parallel.

python dask_delayed.py MAP RUN...
"""

import sys

import nibabel as nib
import numpy as np
from dask import delayed

output, *fnames = sys.argv[1:]

delayed_get_fdata = delayed(nib.Nifti1Image.get_fdata)
data = []
for fname in fnames:
    data.append(delayed_get_fdata(nib.load(fname)))
data = delayed(np.concatenate)(data, -1)
tsnr = delayed(data.mean)(-1) / delayed(data.std)(-1)

with np.errstate(all="ignore"):
    result = tsnr.compute()

nib.save(nib.Nifti1Image(result, nib.load(fnames[0]).affine), output)
