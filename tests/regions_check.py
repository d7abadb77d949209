"""What tests/integration/regions.rs and tests/integration/diff.rs expect, by numpy and nibabel.

    pip install nibabel==5.4.2 numpy==2.4.6
    python tests/regions_check.py session testdata/sub-01/ses-test/func/*_bold.nii.gz
    python tests/regions_check.py masked testdata/sub-01/ses-test/func/*_bold.nii.gz
    python tests/regions_check.py haxby ../shared/data/haxby/*_bold.nii.gz
    python tests/regions_check.py diff testdata/sub-01/ses-test/func/*_bold.nii.gz
    python tests/regions_check.py diff-haxby ../shared/data/haxby/*_bold.nii.gz

Each prints a table as tsnr writes it. `session` and `masked` are testdata/expected/regions.tsv and
regions_masked.tsv: the session in a made atlas, two made tissues and each slice, everywhere and in
a made mask. `diff` is testdata/expected/diff.tsv: the runs concatenated as they are (A) against
each run without its own mean (B), in the atlas. The made images depend on the voxel only, so that
the tests make the same ones.
"""

import sys
from pathlib import Path

import nibabel
import numpy

NAMES = {3: "Grey Matter", 5: "absent"}


def load(paths):
    runs = [numpy.asarray(nibabel.load(path).dataobj, dtype=float) for path in paths]
    return runs, [Path(path).name.removesuffix(".nii.gz") for path in paths]


def tsnr(series):
    with numpy.errstate(divide="ignore", invalid="ignore"):
        return series.mean(-1) / series.std(-1)


def made_atlas(shape):
    x, y, z = numpy.indices(shape)
    labels = numpy.zeros(shape, dtype=int)
    labels[(x < 10) & (z < 5)] = 3
    labels[(x >= 10) & (y < 10)] = 8
    labels[(x >= 10) & (y >= 10) & (z == 9)] = -2
    regions = []
    for label in sorted(set(labels[labels != 0]) | set(NAMES)):
        regions.append((label, NAMES.get(label, f"label-{label}"), labels == label))
    return regions


def made_tissues(shape):
    x, y, z = numpy.indices(shape)
    grey = (z / 9).astype(numpy.float32)
    white = ((7 * x + 3 * y) % 11 / 10).astype(numpy.float32)
    return [(1, "GM", grey >= 0.5), (2, "WM", white >= 0.5)]


def slices(shape):
    z = numpy.indices(shape)[2]
    return [(number, f"slice-{number}", z == number) for number in range(shape[2])]


def made_mask(shape):
    return numpy.indices(shape).sum(0) % 3 != 0


def halves(shape):
    x = numpy.indices(shape)[0]
    return [(1, "label-1", x < 20), (2, "label-2", x >= 20)]


def row(index, name, source, values):
    finite = values[numpy.isfinite(values)]
    fields = [index, name, source, values.size, values.size - finite.size]
    if finite.size:
        quantiles = numpy.quantile(finite, [0.05, 0.25, 0.75, 0.95])
        figures = [numpy.mean(finite), numpy.median(finite), *quantiles]
        fields += [repr(float(figure)) for figure in figures]
    else:
        fields += ["n/a"] * 6
    print(*fields, sep="\t")


def table(source, regions, maps, mask):
    columns = "voxels undefined mean median q05 q25 q75 q95".split()
    print("index", "name", source, *columns, sep="\t")
    for index, name, inside in regions:
        for called, values in maps:
            row(index, name, called, values[inside & mask])


def of_runs(paths, regions, mask):
    runs, names = load(paths)
    shape = runs[0].shape[:3]
    maps = [("all", tsnr(numpy.concatenate(runs, -1)))]
    maps += [(name, tsnr(run)) for name, run in zip(names, runs)]
    table("run", regions(shape), maps, mask(shape))


def of_maps(paths, regions):
    runs, _ = load(paths)
    shape = runs[0].shape[:3]
    together = numpy.concatenate(runs, -1)
    squares = sum(run.shape[-1] * run.var(-1) for run in runs)
    with numpy.errstate(divide="ignore", invalid="ignore"):
        a = together.mean(-1) / together.std(-1)
        b = together.mean(-1) / numpy.sqrt(squares / together.shape[-1])
        ratio = b / a
    maps = [("A", a), ("B", b), ("difference", b - a), ("ratio", ratio)]
    table("map", regions(shape), maps, numpy.ones(shape, dtype=bool))
    both = numpy.isfinite(ratio)
    print(f"compared {both.sum()}, higher in B {(b - a)[both].__gt__(0).sum()}", file=sys.stderr)


def everywhere(shape):
    return numpy.ones(shape, dtype=bool)


def made(shape):
    return made_atlas(shape) + made_tissues(shape) + slices(shape)


def whole(shape):
    return [(1, "all voxels", everywhere(shape))]


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    if what == "session":
        of_runs(paths, made, everywhere)
    elif what == "masked":
        of_runs(paths, made, made_mask)
    elif what == "haxby":
        of_runs(paths, halves, everywhere)
    elif what == "diff":
        of_maps(paths, made_atlas)
    elif what == "diff-haxby":
        of_maps(paths, whole)
    else:
        sys.exit(__doc__)
