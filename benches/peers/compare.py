"""Compares a map with a reference, in the scratch environment's Python.

    python compare.py REFERENCE VOLUMES DDOF MAP

Writes one JSON object. Differences are relative, over the voxels that have a value in both maps,
after a map with ddof 1 has been brought to ddof 0.

median, greatest: of the differences.
undefined: voxels that have a value in one map and none (0, NaN, infinite) in the other.
"""

import json
import sys

import nibabel as nib
import numpy as np

reference_path, volumes, ddof, path = sys.argv[1:]
expected = nib.load(reference_path).get_fdata()
found = nib.load(path).get_fdata()
assert found.shape == expected.shape, f"a map of {found.shape}, expected {expected.shape}"
found *= np.sqrt(int(volumes) / (int(volumes) - int(ddof)))

expected_defined = np.isfinite(expected) & (expected != 0)
found_defined = np.isfinite(found) & (found != 0)
both = expected_defined & found_defined
difference = np.abs(found[both] / expected[both] - 1)

result = {
    "median": float(np.median(difference)),
    "greatest": float(difference.max()),
    "undefined": int(np.count_nonzero(expected_defined != found_defined)),
}
print(json.dumps(result))
