"""Holds tsnr's maps to those of Connectome Workbench, and has Workbench and nibabel read them.

    python docs/proof/workbench.py TSNR WB_COMMAND

TSNR is the program, WB_COMMAND Workbench's. Prints a row for each file: how many values both maps have,
the greatest difference, relative, and how many values are of another kind (NaN, Inf, -Inf or a number).

Written for and run with Python 3.11.7, numpy 2.4.6, nibabel 5.4.2, Connectome Workbench 1.5.0.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy

TESTDATA = Path(__file__).parents[2] / "testdata"


def main():
    tsnr, wb_command = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        made = folder / "made.dtseries.nii"
        make(made)
        edges = TESTDATA / "definitions/edges.nii"
        names = ["cifti.dtseries", "cifti_scaled.dtseries", "cifti.ptseries"]
        series = [made, *(TESTDATA / f"odd/{name}.nii" for name in names), edges]
        print("| file | values | difference | of another kind |\n|---|--:|--:|--:|")
        for run in series:
            kind = "volume" if run == edges else "cifti"
            out = {"ptseries": "pscalar", "dtseries": "dscalar"}.get(run.name.split(".")[1], "")
            theirs, ours = (folder / f"{who}.{out}.nii".replace("..", ".") for who in "ab")
            command = [wb_command, f"-{kind}-reduce", run, "TSNR", theirs]
            subprocess.run(command, check=True, capture_output=True)
            subprocess.run([tsnr, run, "--definition", "workbench", "-q", "-o", ours], check=True,
                           stderr=subprocess.DEVNULL)
            print(f"| `{run.name}` | {' | '.join(compared(theirs, ours))} |")
            if kind == "cifti":
                same_axes(run, theirs, ours)
                for command in ["-file-information", ours], ["-cifti-math", "x", folder / "x.dscalar.nii",
                                                             "-var", "x", ours]:
                    subprocess.run([wb_command, *command], check=True, capture_output=True)


def make(path):
    """300 grayordinates of two cortices and 60 volumes, among them voxels that tools treat differently."""
    axes = nibabel.cifti2.cifti2_axes
    brain = axes.BrainModelAxis.from_surface(numpy.arange(0, 600, 4), 700, "CortexLeft")
    brain += axes.BrainModelAxis.from_surface(numpy.arange(0, 450, 3), 700, "CortexRight")
    random = numpy.random.default_rng(7)
    data = random.normal(1000, 20, (60, len(brain))).astype(numpy.float32)
    data[:, 0], data[:, 1], data[:, 2], data[:, 3] = 0, 100, -100, -data[:, 3]
    data[5, 4], data[5, 5], data[5, 6] = numpy.nan, numpy.inf, -numpy.inf
    header = nibabel.Cifti2Header.from_axes((axes.SeriesAxis(0, 0.72, 60), brain))
    image = nibabel.Cifti2Image(data, header)
    image.nifti_header.set_intent("ConnDenseSeries")
    image.to_filename(path)


def compared(theirs, ours):
    a, b = (nibabel.load(it).get_fdata(dtype=numpy.float64).ravel() for it in (theirs, ours))
    both = numpy.isfinite(a) & numpy.isfinite(b)
    kinds = numpy.isnan(a) == numpy.isnan(b)
    kinds &= numpy.isinf(a) == numpy.isinf(b)
    kinds &= ~numpy.isinf(a) | (a == b)
    difference = numpy.max(numpy.abs(a[both] - b[both]) / numpy.abs(a[both]))
    return str(both.sum()), f"{difference:.1e}", str((~kinds).sum())


def same_axes(run, theirs, ours):
    run, theirs, ours = (nibabel.load(it).header for it in (run, theirs, ours))
    assert run.get_axis(1) == theirs.get_axis(1) == ours.get_axis(1)
    assert list(theirs.get_axis(0).name) == list(ours.get_axis(0).name) == ["TSNR"]


if __name__ == "__main__":
    main()
