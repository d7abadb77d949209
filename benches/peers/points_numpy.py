"""The tSNR of a CIFTI file by nibabel and numpy, as a notebook has it: MAP RUN."""

import sys

import nibabel
from nibabel.cifti2 import Cifti2Image, ScalarAxis

run = nibabel.load(sys.argv[2])
data = run.get_fdata(dtype="float32")
tsnr = data.mean(axis=0, dtype="float64") / data.std(axis=0, ddof=1, dtype="float64")
axes = (ScalarAxis(["TSNR"]), run.header.get_axis(1))
nibabel.save(Cifti2Image(tsnr[None].astype("float32"), axes), sys.argv[1])
