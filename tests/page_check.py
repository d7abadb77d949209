"""What tests/integration/report/in_browser.rs expects at the crosshair, by numpy and nibabel.

    pip install nibabel==5.4.2 numpy==2.4.6
    python tests/page_check.py '[[20, 16, 5]]' run-1_bold.nii run-2_bold.nii

Prints of each voxel the tSNR of all runs concatenated, their mean and std, and the tSNR of each run, as
JSON.
"""

import json
import sys

import nibabel
import numpy

voxels, *paths = sys.argv[1:]
runs = [numpy.asarray(nibabel.load(path).dataobj, dtype=float) for path in paths]


def figures(voxel):
    series = [run[tuple(voxel)] for run in runs]
    together = numpy.concatenate(series)
    own = [each.mean() / each.std() for each in series]
    return [together.mean() / together.std(), together.mean(), together.std(), *own]


print(json.dumps([figures(voxel) for voxel in json.loads(voxels)]))
