"""What the browser tests of the page expect at the crosshair and at the cursor, by numpy and nibabel.

    pip install nibabel==5.4.2 numpy==2.4.6
    python tests/page_check.py '{"voxels": [[20, 16, 5]], "moments": [[0, 31]]}' run-1_bold.nii run-2_bold.nii

Prints of each voxel the tSNR of all runs concatenated, their mean and std, and the tSNR of each run, and of
each moment, a run and a volume, the mean over the grid as its change from that of the run in percent, as
JSON.
"""

import json
import sys

import nibabel
import numpy

places, *paths = sys.argv[1:]
places = json.loads(places)
runs = [numpy.asarray(nibabel.load(path).dataobj, dtype=float) for path in paths]


def figures(voxel):
    series = [run[tuple(voxel)] for run in runs]
    together = numpy.concatenate(series)
    own = [each.mean() / each.std() for each in series]
    return [together.mean() / together.std(), together.mean(), together.std(), *own]


def change(run, volume):
    signal = runs[run].mean(axis=(0, 1, 2))
    return 100 * (signal[volume] / signal.mean() - 1)


found = {
    "voxels": [figures(voxel) for voxel in places["voxels"]],
    "moments": [change(*moment) for moment in places["moments"]],
}
print(json.dumps(found))
