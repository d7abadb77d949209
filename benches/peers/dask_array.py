"""tSNR with dask.array, as in the Dask lesson: one lazy chunk for each run.

python dask_array.py MAP RUN...
"""

import sys

import dask.array as da
import nibabel as nib
import numpy as np
from dask import delayed

output, *fnames = sys.argv[1:]

delayed_get_fdata = delayed(nib.Nifti1Image.get_fdata)
delayed_arrays = []
for fname in fnames:
    img = nib.load(fname)
    delayed_arrays.append(da.from_delayed(delayed_get_fdata(img), img.shape, img.get_data_dtype()))
arr = da.concatenate(delayed_arrays, -1)
tsnr = arr.mean(-1) / arr.std(-1)

with np.errstate(all="ignore"):
    result = tsnr.compute()

nib.save(nib.Nifti1Image(result, nib.load(fnames[0]).affine), output)
