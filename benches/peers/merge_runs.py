"""Merges runs along time, for the tools that take one image.

python merge_runs.py MERGED RUN...
"""

import sys

import nibabel as nib

output, *runs = sys.argv[1:]
nib.save(nib.concat_images(runs, axis=3), output)
