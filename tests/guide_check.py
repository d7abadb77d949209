"""Recomputes the medians of the guide's tables with numpy, of tSNR and of the share of variance
between runs: plain least squares on whole runs.

    python tests/guide_check.py docs/guide.md path/to/tsnr     (in a folder with the guide's data)

Rows on data that are absent are left out. A mask is the one that the program writes, of which other
tests say that it is nilearn's. Needs numpy and nibabel (made with 2.4.6 and 5.4.2).
"""

import argparse
import fnmatch
import glob
import os
import shlex
import subprocess
import sys

import nibabel
import numpy

numpy.seterr(invalid="ignore", divide="ignore")

parser = argparse.ArgumentParser()
parser.add_argument("inputs")
parser.add_argument("--mask")
parser.add_argument("--combine", default="concat")
parser.add_argument("--detrend", type=int, default=0)
parser.add_argument("--highpass", type=float)
parser.add_argument("--ddof", default="0")
parser.add_argument("--confounds")
parser.add_argument("--confound-columns", default="")
parser.add_argument("--fd-thresh", type=float)
parser.add_argument("--censor")
parser.add_argument("--censor-before", type=int, default=0)
parser.add_argument("--censor-after", type=int, default=0)
parser.add_argument("--mean-from")
parser.add_argument("-o", "--output")


def columns_and_used(options, name, tr, volumes):
    """What is fitted to a run beside its mean, and which volumes count."""
    time = numpy.linspace(-1, 1, volumes)
    fitted = [time**order for order in range(1, options.detrend + 1)]
    if options.highpass:
        count = int(2 * volumes * tr / options.highpass)
        step = (2 * numpy.arange(volumes) + 1) / (2 * volumes)
        fitted += [numpy.cos(numpy.pi * k * step) for k in range(1, count + 1)]
    used = numpy.loadtxt(options.censor) != 0 if options.censor else numpy.ones(volumes, bool)
    if options.confounds:
        stem = os.path.basename(name).removesuffix("_bold.nii.gz")
        (file,) = (it for it in glob.glob(options.confounds) if os.path.basename(it).startswith(stem))
        table = numpy.genfromtxt(file, names=True, missing_values="n/a", delimiter="\t")
        patterns = [it for it in options.confound_columns.split(",") if it]
        is_chosen = lambda column: any(fnmatch.fnmatch(column, it) for it in patterns)
        chosen = filter(is_chosen, table.dtype.names)
        for column in chosen:
            values = table[column].copy()
            values[0] = values[1] if numpy.isnan(values[0]) else values[0]
            fitted.append(values)
        if options.fd_thresh:
            moved = numpy.nan_to_num(table["framewise_displacement"]) > options.fd_thresh
            for volume in numpy.flatnonzero(moved):
                first = max(volume - options.censor_before, 0)
                used[first : volume + options.censor_after + 1] = False
    return fitted, used


def medians(options, program):
    names = sorted(glob.glob(options.inputs))
    sums, means, squares, ratios, parameters, volumes = 0, [], [], [], 0, []
    for name in names:
        image = nibabel.load(name)
        series = image.get_fdata().reshape(-1, image.shape[3]).T
        fitted, used = columns_and_used(options, name, float(image.header["pixdim"][4]), len(series))
        series = series[used]
        design = numpy.column_stack([numpy.ones(len(series)), *(it[used] for it in fitted)])
        residuals = series - design @ numpy.linalg.lstsq(design, series, rcond=None)[0]
        means.append(series.mean(0))
        squares.append((residuals**2).sum(0))
        volumes.append(len(series))
        parameters += numpy.linalg.matrix_rank(design / numpy.linalg.norm(design, axis=0))
        ratios.append(means[-1] / numpy.sqrt(squares[-1] / len(series)))
    mean = numpy.average(means, axis=0, weights=volumes)
    total = sum(squares)
    shifts = sum(n * (it - mean) ** 2 for n, it in zip(volumes, means))
    share = shifts / (total + shifts)
    if options.combine == "concat":
        total = total + shifts
        parameters -= len(names) - 1
    if options.mean_from:
        image = nibabel.load(options.mean_from).get_fdata()
        mean = (image.mean(-1) if image.ndim == 4 else image).ravel()
    ddof = parameters if options.ddof == "rank" else int(options.ddof)
    tsnr = mean / numpy.sqrt(total / (sum(volumes) - ddof))
    if options.combine == "average":
        tsnr = sum(ratios) / len(ratios)
    if options.combine == "weighted":
        tsnr = numpy.sqrt(numpy.average(numpy.square(ratios), axis=0, weights=volumes))
    if options.mask == "auto":
        write = ["--mask", "auto", "--mask-out", "checked.nii.gz", "-q"]
        subprocess.run([program, options.inputs, *write], check=True, stderr=subprocess.DEVNULL)
        options.mask = "checked.nii.gz"
    if options.mask:
        inside = nibabel.load(options.mask).get_fdata().ravel() != 0
        tsnr, share = tsnr[inside], share[inside]
    is_defined = numpy.isfinite(tsnr)
    return numpy.median(tsnr[is_defined]), 100 * numpy.median(share[is_defined])


def main(guide, program):
    checked, command, header = 0, "", None
    for line in open(guide, encoding="utf-8"):
        if line.startswith("`tsnr ") and "OPTIONS" in line:
            command = line.strip().strip("`")
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| OPTIONS"):
            header = cells
        elif not line.startswith("|"):
            header = None
        elif header and not line.startswith("|-"):
            typed = cells[0].strip("`") if cells[0].startswith("`") else ""
            words = shlex.split(command.replace("OPTIONS", typed))
            options = parser.parse_args(words[1:])
            if not glob.glob(options.inputs):
                continue
            found = dict(zip(("median", "between runs"), medians(options, program)))
            for column in found.keys() & set(header):
                shown = cells[header.index(column)].rstrip("%")
                # Half of the last digit that is shown, and rounding.
                half = 0.5001 / 10 ** len(shown.partition(".")[2])
                what = f"{words}: {column} {found[column]}, the guide says {shown}"
                assert abs(found[column] - float(shown)) < half, what
            checked += 1
    print(checked)


main(*sys.argv[1:])
