"""The figures that tests/integration/atlas.rs expects of its regions, by numpy.

    python tests/table_check.py

Prints for each region and run: voxels, undefined, mean, median, quantiles. numpy 2.4.6.
"""

import numpy

LABELS = numpy.array([0, 3, 3, 8, 3, 8, 0, 3, 3, 3, 8, 3])
MASK = numpy.array([1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0], dtype=bool)
RUN_1 = numpy.array([9, 52.1, 48.7, numpy.nan, 61.3, numpy.nan, 9, 0.1, 77, -3.9, numpy.nan, 5])
RUN_2 = numpy.array([9, 1e-7, 3e17, 20.25, 2 / 3, 1, 9, 1 / 3, 77, 12, 8, 5])


def figures(label, run, mask):
    values = run[(LABELS == label) & mask]
    undefined = int(numpy.isnan(values).sum())
    print(label, len(values), undefined, end=" ")
    if undefined < len(values):
        print(numpy.nanmean(values), numpy.nanmedian(values), end=" ")
        print(*numpy.nanquantile(values, [0.05, 0.25, 0.75, 0.95]))
    else:
        print("no value")


for name, mask in [("masked", MASK), ("not masked", numpy.ones(12, dtype=bool))]:
    print(name)
    for label in (3, 8):
        for run in (RUN_1, RUN_2):
            figures(label, run, mask)
