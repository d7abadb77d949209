"""Draws docs/tsnr-map.png: slices of the map that the README's first command writes.

    python docs/picture.py tsnr.nii.gz docs/tsnr-map.png

Needs numpy, nibabel and matplotlib (made with 2.4.6, 5.4.2 and 3.11.2).
"""

import sys

import matplotlib
import nibabel
import numpy

matplotlib.use("Agg")
import matplotlib.pyplot as plt

tsnr = nibabel.load(sys.argv[1]).get_fdata()
slices = range(1, tsnr.shape[2] - 1, 1)
top = numpy.percentile(tsnr[tsnr > 0], 98)
figure, axes = plt.subplots(1, len(slices), figsize=(9, 1.6), layout="constrained")
for axis, z in zip(axes, slices):
    shown = axis.imshow(tsnr[:, :, z].T, origin="lower", vmin=0, vmax=top, cmap="viridis")
    axis.set_axis_off()
    axis.set_title(f"z = {z}", fontsize=8)
figure.colorbar(shown, ax=axes, label="tSNR", shrink=0.9)
figure.savefig(sys.argv[2], dpi=110, metadata={"Software": None})
