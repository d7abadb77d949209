"""Holds the figures of a session's page to numpy, on real sessions, and its DVARS and carpet to nipype's
and niworkflows'.

    pip install numpy==2.4.6 nibabel==5.4.2
    python docs/proof/page.py figures path/to/tsnr path/to/data
    pip install nipype==1.11.0 nitime==0.12.1 nilearn==0.14.1
    python docs/proof/page.py peers path/to/tsnr path/to/data

`figures` reads what the page shows, text, maps, courses and pictures, and computes each figure from the
runs; it prints how many there are of each kind, and fails where one is off by more than half of its last
digit. `peers` prints how far DVARS is from nipype's, and the carpet from the steps of niworkflows 1.14.5's
`plot_carpet`. The data are those of
docs/definitions.md; the masks are the program's, which other tests hold to nilearn's.
"""

import base64
import glob
import html
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

import nibabel
import numpy

numpy.seterr(invalid="ignore", divide="ignore")

SESSIONS = [
    ("12 runs of one slice (haxby)", "haxby/*_bold.nii.gz", []),
    ("the same in a mask, 2 dummy scans, demean", "haxby/*_bold.nii.gz",
     ["--combine=demean", "--dummy-scans=2", "--mask=MASK", "--by-slice"]),
    ("a whole brain (filtered_func_data)", "single/filtered_func_data.nii.gz", ["--mask=MASK"]),
    ("scaled integers (functional_scaled)", "single/functional_scaled_int16.nii", []),
]

# The greatest number of voxels of which all are in the sample that the program keeps.
ALL_SAMPLED = 4096


class Page:
    """What the program writes of runs: the page, its JSON, and the mask in which it looks."""

    def __init__(self, program, pattern, options, is_mask_varying=False):
        self.folder = tempfile.TemporaryDirectory()
        path = lambda name: os.path.join(self.folder.name, name)
        tsnr = lambda words: subprocess.run([program, pattern, "-q", *words], check=True, stderr=subprocess.DEVNULL)
        tsnr(["--mask=auto", "--mask-out=" + path("mask.nii")])
        self.mask_path = path("mask.nii")
        self.paths = sorted(glob.glob(pattern))
        self.images = [nibabel.load(it) for it in self.paths]
        self.all = [it.get_fdata() for it in self.images]
        mask = nibabel.load(self.mask_path)
        self.auto = mask.get_fdata() != 0
        if is_mask_varying:
            self.auto &= numpy.all([numpy.ptp(it, axis=-1) > 0 for it in self.all], axis=0)
            nibabel.save(nibabel.Nifti1Image(self.auto.astype(numpy.uint8), mask.affine), self.mask_path)
        self.is_masked = "--mask=MASK" in options
        options = [it.replace("MASK", self.mask_path) for it in options]
        tsnr([*options, "--report=" + path("page.html"), "--json=" + path("run.json")])
        self.text = open(path("page.html"), encoding="utf-8").read()
        self.json = json.load(open(path("run.json"), encoding="utf-8"))
        self.dummies = int(next((it.split("=")[1] for it in options if "dummy" in it), 0))
        self.is_pooled = "--combine=demean" in options
        self.runs = [it[..., self.dummies :] for it in self.all]
        varies = numpy.any([numpy.ptp(it, axis=-1) > 0 for it in self.runs], axis=0)
        self.inside = self.auto if self.is_masked else numpy.ones_like(varies)
        session = numpy.concatenate(self.runs, axis=-1)
        self.mean, total = session.mean(-1), session.var(-1)
        centred = [it - it.mean(-1, keepdims=True) for it in self.runs]
        within = numpy.concatenate(centred, axis=-1).var(-1)
        self.std = numpy.sqrt(within if self.is_pooled else total)
        self.between = numpy.where(varies & self.inside, 1 - within / total, numpy.nan)
        self.demean = numpy.where(varies, self.mean / numpy.sqrt(within), numpy.nan)
        ratio = numpy.where(varies, self.mean / self.std, numpy.nan)
        hidden = lambda it: numpy.where(self.inside, it, numpy.nan)
        self.tsnr = hidden(ratio)
        own = [numpy.where(numpy.ptp(it, axis=-1) > 0, it.mean(-1) / it.std(-1), numpy.nan) for it in self.runs]
        self.own = [hidden(it) for it in own]
        in_brain = lambda it: numpy.where(self.auto, it, numpy.nan)
        # Boxes are of the brain where no mask was given, and slices of what hangs on it as well.
        self.brain_own = [in_brain(it) for it in self.own]
        whole = self.auto if self.is_masked else whole_brain(self.mean, self.auto)
        in_slices = lambda it: numpy.where(whole, it, numpy.nan)
        self.slices_tsnr, self.slices_own = in_slices(self.tsnr), [in_slices(it) for it in self.own]

    def of_script(self, name):
        found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', self.text, re.S)
        return json.loads(found[1])

    def looked_at(self):
        """The voxels of rules and DVARS: in the mask, else in the brain."""
        return self.auto & numpy.isfinite(self.tsnr)


def whole_brain(mean, brain):
    """The brain, and the largest set of voxels above half of its median that hang together by their faces."""
    left = set(zip(*numpy.nonzero(mean > 0.5 * numpy.median(mean[brain]))))
    largest = []
    while left:
        found = [left.pop()]
        for x, y, z in found:
            beside = {(x - 1, y, z), (x + 1, y, z), (x, y - 1, z), (x, y + 1, z), (x, y, z - 1), (x, y, z + 1)}
            found += beside & left
            left -= beside
        largest = max(largest, found, key=len)
    whole = brain.copy()
    whole[tuple(numpy.transpose(largest))] = True
    return whole


class Checked:
    """Counts figures by their kind, and stops at one that is not numpy's."""

    def __init__(self):
        self.counts = {}

    def number(self, kind, shown, expected, digits=4):
        """A text with so many significant digits, or a whole number in full."""
        text = shown.replace(",", "").strip()
        value = float(text)
        if expected == 0:
            half = 1e-12
        else:
            power = numpy.floor(numpy.log10(abs(expected)))
            half = 0.5 * 10 ** min(power - digits + 1, 0 if "." not in text and "e" not in text else 99)
        assert abs(value - expected) <= half * (1 + 1e-6), f"{kind}: {shown}, numpy has {expected}"
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def equal(self, kind, shown, expected, count=1):
        assert shown == expected, f"{kind}: {shown}, numpy has {expected}"
        self.counts[kind] = self.counts.get(kind, 0) + count

    def decimals(self, kind, shown, expected, digits=4):
        """Numbers of so many significant digits, NaN where there is none."""
        shown, expected = numpy.ravel(shown), numpy.ravel(expected)
        assert shown.shape == expected.shape, f"{kind}: {shown.shape}, numpy has {expected.shape}"
        known = numpy.isfinite(expected)
        assert (numpy.isfinite(shown) == known).all(), f"{kind}: other voxels have a value"
        shown, expected = shown[known], expected[known]
        scale = numpy.abs(expected) + (expected == 0)
        half = 0.5 * 10.0 ** (numpy.floor(numpy.log10(scale)) - digits + 1)
        off = numpy.abs(shown - expected) > half * (1 + 1e-6) + 1e-13
        assert not off.any(), f"{kind}: {shown[off][:3]}, numpy has {expected[off][:3]}"
        self.counts[kind] = self.counts.get(kind, 0) + len(shown)


def unpacked(packed):
    """Numbers as src/export/html/packed.rs packs them."""
    data = zlib.decompress(base64.b64decode(packed["data"]), -15)
    planes = numpy.frombuffer(data, numpy.uint8).reshape(packed["bytes"], -1).astype(numpy.int64)
    codes = sum(plane << (8 * number) for number, plane in enumerate(planes))
    first = 10 ** (packed["digits"] - 1)
    of_sign = 9 * first * packed["decades"]
    place = (codes - 2) % of_sign
    power = packed["low"] + place // (9 * first) - (packed["digits"] - 1)
    values = (first + place % (9 * first)) * 10.0**power
    values = numpy.where(codes - 2 < of_sign, values, -values)
    return numpy.where(codes == 0, numpy.nan, numpy.where(codes == 1, 0, values))


def pixels(png):
    """The numbers of the colours of an indexed PNG of 8 bits, row by row (PNG specification, section 9)."""
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    data = numpy.frombuffer(zlib.decompress(data), numpy.uint8).reshape(height, width + 1).astype(int)
    rows = numpy.zeros((height, width), int)
    above = numpy.zeros(width, int)
    for number, (filtered, *row) in enumerate(data.tolist()):
        made = [0] * width
        for x, value in enumerate(row):
            a, b, c = (made[x - 1], above[x - 1]) if x else (0, 0), above[x], 0
            left, corner = a
            guess = left + b - corner
            near = min((left, b, corner), key=lambda it: abs(guess - it))
            made[x] = (value + (0, left, b, (left + b) // 2, near)[filtered]) & 255
        rows[number] = above = numpy.array(made)
    return rows


def said(values, share):
    return numpy.nanquantile(values, share)


def key_figures(page, checked):
    found = {}
    part = page.text.split('<div class="figures">')[1].split("</div>\n")[0]
    for value, name, note in re.findall(r"<b>(.*?)</b><span>(.*?)</span><small>(.*?)</small>", part):
        found[html.unescape(name)] = (value, html.unescape(note))
    kind = "key figures"
    numbers = lambda text: re.findall(r"(?<![\w-])\d[\d,]*\.?\d*(?:e-?\d+)?", text)

    def spread(name, values):
        value, note = found.pop(name)
        expected = [said(values, 0.5)]
        for share in (0.25, 0.75, 0.05, 0.95):
            expected.append(said(values, share))
        note = note.replace("90%", "")
        for shown, it in zip([value, *numbers(note)], expected, strict=True):
            checked.number(kind, shown, it)

    values = page.tsnr[numpy.isfinite(page.tsnr)]
    brain = page.tsnr[page.auto & numpy.isfinite(page.tsnr)]
    is_brain_said = "median tSNR in the brain" in found
    assert is_brain_said == (not page.is_masked)
    if is_brain_said:
        spread("median tSNR in the brain", brain)
        checked.equal(kind, found.pop("voxels in the brain")[0], f"{len(brain):,}")
    spread("median tSNR of all voxels" if is_brain_said else "median tSNR", values)
    (name,) = (it for it in found if it == "voxels" or it.startswith("voxels in the mask"))
    value, note = found.pop(name)
    checked.equal(kind, value, f"{len(values):,}")
    undefined = page.inside.sum() - len(values)
    checked.equal(kind, note, f"{undefined:,} more have no tSNR" if undefined else "all have a tSNR")
    count = len(page.runs)
    each = {"median tSNR of each run in the brain": page.auto, "median tSNR of each run, all voxels": page.inside,
            "median tSNR of each run": page.inside}
    for name, where in each.items():
        if name not in found:
            continue
        value, note = found.pop(name)
        medians = numpy.array([said(own[where], 0.5) for own in page.own])
        if count <= 8:
            for shown, it in zip(value.split(" · "), medians, strict=True):
                checked.number(kind, shown, it)
            continue
        for shown, it in zip(value.split(" to "), (medians.min(), medians.max()), strict=True):
            checked.number(kind, shown, it)
        for shown, run in zip(note.removeprefix("lowest: ").split(", "), numpy.argsort(medians), strict=False):
            label, shown = shown.rsplit(" ", 1)
            assert f"{run + 1:02}" in label, f"{label} is run {run + 1}"
            checked.number(kind, shown, medians[run])
    used, volumes = sum(it.shape[-1] for it in page.runs), sum(it.shape[-1] for it in page.all)
    value, note = found.pop("volumes used")
    checked.equal(kind, (value, note), (f"{used:,} of {volumes:,}", f"{volumes - used} dropped" if used < volumes else ""))
    between = [it for it in found if "lies between runs" in it]
    for name in between:
        value, note = found.pop(name)
        checked.number(kind, value.rstrip("%"), 100 * said(page.between, 0.5), digits=2)
        for shown, it in zip(numbers(note), (said(page.tsnr, 0.5), said(page.demean[page.inside], 0.5)), strict=True):
            checked.number(kind, shown, it)
    assert not found, f"figures that were not checked: {found}"


def rows_of(table):
    body = table.split("<tbody>")[1].split("</tbody>")[0]
    for row in re.findall(r"<tr>(.*?)</tr>", body, re.S):
        yield [html.unescape(re.sub(r"<[^>]*>", "", it)) for it in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]


def compared_slices(own):
    """Slices with one on both sides and enough voxels: number, median, and the lower median beside it."""
    values = [own[:, :, it][numpy.isfinite(own[:, :, it])] for it in range(own.shape[2])]
    for it in range(1, len(values) - 1):
        before, here, after = (len(values[it + step]) for step in (-1, 0, 1))
        if min(before, after) >= 30 and here >= max(0.5 * max(before, after), 30):
            yield it, numpy.median(values[it]), min(numpy.median(values[it - 1]), numpy.median(values[it + 1]))


def standardised_dvars(series):
    """Nichols 2013 of [voxel, t], as nipype's dvars_std with remove_zerovariance: quartiles taken downwards."""
    last = series.shape[1] - 1
    ordered = numpy.sort(series, axis=1)
    spread = (ordered[:, 3 * last // 4] - ordered[:, last // 4]) / 1.349
    series, spread = series[spread > 0], spread[spread > 0]
    centred = series - series.mean(1, keepdims=True)
    lag = (centred[:, 1:] * centred[:, :-1]).sum(1) / (centred**2).sum(1)
    expected = (numpy.sqrt(2 * (1 - lag)) * spread).mean()
    return numpy.sqrt((numpy.diff(series, axis=1) ** 2).mean(0)) / expected


def courses(page, checked):
    """The global signal and DVARS of all volumes."""
    found = page.of_script("courses")
    named = {row["name"]: unpacked(row["values"]) for row in found["rows"]}
    where = page.auto if page.is_masked else numpy.ones_like(page.auto)
    signals, dvars = [], []
    for whole, used in zip(page.all, page.runs):
        signals.append(100 * (whole[where].mean(0) / used[where].mean(0).mean() - 1))
        here = page.looked_at()
        course = standardised_dvars(used[here].astype(numpy.float32).astype(float))
        dvars.append(numpy.concatenate([numpy.full(page.dummies + 1, numpy.nan), course]))
    checked.decimals("global signal", named["global signal %"], numpy.concatenate(signals))
    if where.size <= ALL_SAMPLED:
        checked.decimals("DVARS", named["DVARS"], numpy.concatenate(dvars))
    return dvars


def runs(page, checked, dvars):
    table = page.text.split('<section id="runs">')[1].split("</section>")[0]
    heads = [html.unescape(it) for it in re.findall(r'<th scope="col">(.*?)</th>', table)]
    labels = re.findall(r'aria-label="quartiles (\S+) and (\S+), 90% from (\S+) to (\S+)"', table)
    assert len(labels) == len(page.runs)
    kind = "runs"
    for run, row in enumerate(rows_of(table)):
        cells = dict(zip(heads, row, strict=True))
        own, whole = page.own[run], page.all[run]
        for shown, share in zip(labels[run], (0.25, 0.75, 0.05, 0.95)):
            checked.number(kind, shown, said(page.brain_own[run], share))
        for name, where in [("median tSNR in the brain", page.auto), ("of all voxels", page.inside),
                            ("median tSNR", page.inside)]:
            if name in cells:
                checked.number(kind, cells.pop(name), said(own[where], 0.5))
        if "oddest slice: tSNR" in cells:
            odd = min(compared_slices(page.slices_own[run]), key=lambda it: it[1] / it[2])
            shown = re.match(r"(\d+): (\S+) \(beside (\S+)\)", cells.pop("oddest slice: tSNR")).groups()
            checked.equal(kind, int(shown[0]), odd[0])
            for text, it in zip(shown[1:], odd[1:]):
                checked.number(kind, text, it)
        changes = cells.pop("largest DVARS, volume: standardised").split(", ")
        if own.size <= ALL_SAMPLED:
            order = numpy.argsort(-numpy.nan_to_num(dvars[run]))
            for shown, volume in zip(changes, order):
                at, text = shown.split(": ")
                checked.equal(kind, int(at), volume)
                checked.number(kind, text, dvars[run][volume])
        expected = {"volumes": whole.shape[-1], "used": page.runs[run].shape[-1], "dropped": page.dummies}
        for name in expected.keys() & cells.keys():
            checked.equal(kind, cells.pop(name), f"{expected[name]:,}")
        tr = float(page.images[run].header["pixdim"][4])
        if "TR (s)" in cells:
            assert abs(float(cells.pop("TR (s)")) - tr) < 1e-6 * tr
        cells.pop("run"), cells.pop("tSNR", None)
        assert not cells, f"columns that were not checked: {cells}"


def slices(page, checked):
    for table in re.findall(r'<table class="heat" data-cells="slice" data-first="(\d+)">(.*?)</table>', page.text, re.S):
        first, rows = int(table[0]), list(rows_of(table[1]))
        maps = [page.slices_tsnr, *page.slices_own] if len(page.runs) > 1 else [page.slices_tsnr]
        for row, values in zip(rows, maps, strict=True):
            for slice, shown in enumerate(row[1:], first):
                finite = values[:, :, slice][numpy.isfinite(values[:, :, slice])]
                if shown == "" or not len(finite):
                    checked.equal("slice by run", (shown, len(finite)), ("", 0))
                else:
                    half = abs(float(shown) - numpy.median(finite))
                    assert half <= 0.5 + 1e-9, f"slice {slice}: {shown}, numpy has {numpy.median(finite)}"
                    checked.equal("slice by run", 0, 0)


def maps(page, checked):
    found = page.of_script("volumes")
    order = lambda it: numpy.ravel(it, order="F")
    inside = order(page.inside)
    expected = {"tSNR": page.tsnr, "tSNR of all runs": page.tsnr, "mean": page.mean, "std": page.std, "between runs": page.between}
    top = lambda it: said(it, 0.98)
    shared = top(page.tsnr)
    if len(page.runs) > 1:
        shared = max(shared, numpy.median([top(it) for it in page.own]))
    ends = {"mean": top(numpy.where(page.inside, page.mean, numpy.nan)),
            "std": top(numpy.where(page.inside, page.std, numpy.nan)), "between runs": 1}
    for shown in found["maps"]:
        values = page.own[shown["run"]] if shown["run"] is not None else expected[shown["name"]]
        assert shown["block"] == [1, 1, 1]
        kind = "voxels of maps"
        checked.decimals(kind, unpacked(shown["values"]), order(values)[inside], shown["values"]["digits"])
        if shown["outside"]:
            checked.decimals(kind, unpacked(shown["outside"]), order(values)[~inside], shown["outside"]["digits"])
        low, high = shown["range"]
        assert low == 0 and abs(high / ends.get(shown["name"], shared) - 1) < 1e-9, shown["name"]
        checked.equal("ends of colours", 0, 0)
    for place in found["places"]:
        for text, shown in zip(place["values"], found["maps"], strict=True):
            values = page.own[shown["run"]] if shown["run"] is not None else expected[shown["name"]]
            if text is not None:
                checked.number("values at places", text, values[tuple(place["voxel"])])


def is_upwards(page):
    """Whether higher slices are drawn above."""
    return page.json["grid"]["orientation"] is None or page.images[0].affine[2, 2] >= 0


def carpet(page):
    """The rows of the carpet [voxel, volume of all runs] by the definition, in their order from the top."""
    shown = numpy.flatnonzero(numpy.ravel(numpy.isfinite(page.tsnr), order="F") if not page.is_masked
                              else numpy.ravel(page.inside, order="F"))
    if is_upwards(page):
        shown = shown[::-1]
    rows = []
    for whole in page.all:
        series = whole.reshape(-1, whole.shape[-1], order="F")[shown]
        time = numpy.arange(page.dummies, whole.shape[-1])
        line = numpy.polynomial.polynomial.polyfit(time, series[:, time].T, 1)
        rest = series - numpy.polynomial.polynomial.polyval(numpy.arange(whole.shape[-1]), line)
        std = rest[:, time].std(1)
        rows.append(numpy.where(std[:, None] > 1e-9, rest / std[:, None], numpy.nan))
    return numpy.concatenate(rows, axis=1)


def pictures(page, checked):
    """The carpet and the means of the slices, to one of 254 levels and a grey of 32."""
    found = re.findall(r'<image x="128"[^>]*base64,([A-Za-z0-9+/=]+)"', page.text)
    found = [pixels(base64.b64decode(it)) for it in found]
    level = lambda values, low, high: 2 + numpy.round(numpy.clip((values - low) / (high - low), 0, 1) * LEVELS)
    if page.tsnr.size <= ALL_SAMPLED:
        picture = found.pop(0)
        rows = carpet(page)
        few = -(-len(rows) // 300)
        assert rows.shape[1] <= 1600, "several volumes share a column"
        cells = [rows[at : at + few] for at in range(0, len(rows), few)]
        count = [numpy.isfinite(it).sum(0) for it in cells]
        cells = numpy.array([numpy.nansum(it, 0) / numpy.sqrt(n) for it, n in zip(cells, count)])
        greys = numpy.round(cells * 8) / 8
        off = numpy.abs(picture - level(greys, -2, 2)) > 1
        # Where the mean lies between two greys rounding decides.
        is_between = numpy.abs(numpy.abs(cells * 8 % 1) - 0.5) < 1e-6
        assert not (off & ~is_between).any(), f"carpet: {off.sum()} of {off.size} pixels"
        checked.counts["pixels of the carpet"] = off.size
    else:
        found.pop(0)
    if found:
        (picture,) = found
        changes, brightest = [], 0
        for whole, used in zip(page.all, page.runs):
            means, usual = whole.mean((0, 1)), used.mean((0, 1)).mean(-1, keepdims=True)
            brightest = max(brightest, usual.max())
            changes.append((usual, 100 * (means / usual - 1)))
        changes = [numpy.where(usual > 0.05 * brightest, it, numpy.nan) for usual, it in changes]
        changes = numpy.concatenate(changes, axis=1)
        most = max(said(numpy.abs(changes), 0.99), 0.1)
        expected = numpy.where(numpy.isfinite(changes), level(numpy.nan_to_num(changes), -most, most), 0)
        off = numpy.minimum(numpy.abs(picture - expected).max(), numpy.abs(picture - expected[::-1]).max())
        assert off <= 1, f"slice means: {off} levels"
        checked.counts["pixels of slice means"] = picture.size


# The colours of a picture, but for the one of what is undefined and that of paper.
LEVELS = 253


def figures(program, data):
    for name, pattern, options in SESSIONS:
        page, checked = Page(program, os.path.join(data, pattern), options), Checked()
        key_figures(page, checked)
        dvars = courses(page, checked)
        runs(page, checked, dvars)
        slices(page, checked)
        maps(page, checked)
        pictures(page, checked)
        print(name + ": " + ", ".join(f"{count:,} {kind}" for kind, count in checked.counts.items()))


def peers(program, data):
    from nilearn.signal import clean
    from nipype.algorithms.confounds import compute_dvars

    print("| data | voxels in the mask that vary, of these in the sample | `std_dvars` beside `dvars_std` | "
          "`dvars_in_mask` beside `dvars_nstd` | rows of the carpet | black and white of niworkflows' |")
    print("|---|---|---|---|---|---|")
    for name, pattern in [("haxby, 1 run", "haxby/sub-001_task-objectviewing_run-01_bold.nii.gz"),
                          ("filtered_func_data", "single/filtered_func_data.nii.gz"),
                          ("functional_scaled", "single/functional_scaled_int16.nii")]:
        page = Page(program, os.path.join(data, pattern), ["--mask=MASK"], is_mask_varying=True)
        options = {"in_file": page.paths[0], "in_mask": page.mask_path, "intensity_normalization": 0}
        standardised, plain, _ = compute_dvars(**options, remove_zerovariance=True)
        run = page.json["runs"][0]
        off = lambda name, theirs: f"{numpy.abs(numpy.array(run[name][1:], float) / theirs - 1).max():.1e}"
        # niworkflows' plot_carpet: rows by nilearn's clean, black and white at the 2nd and 98th percentile.
        volumes = page.all[0].shape[-1]
        series = page.all[0].reshape(-1, volumes, order="F")[numpy.ravel(page.auto, order="F")]
        theirs = clean(series.T, filter=False).T
        ours = carpet(page)[:: -1 if is_upwards(page) else 1]
        apart = numpy.abs(ours - theirs * numpy.sqrt(volumes / (volumes - 1))).max()
        sampled = re.search(r"a sample of ([\d,]+) voxels|$", page.text)[1]
        if page.tsnr.size <= ALL_SAMPLED:
            sampled = f"{page.auto.sum():,}"
        black, white = numpy.percentile(theirs, [2, 98])
        print(f"| {name} | {page.auto.sum():,}, {sampled} | {off('std_dvars', standardised)} | {off('dvars_in_mask', plain)} | "
              f"{apart:.1e} | {black:.2f}, {white:.2f} |")


if __name__ == "__main__":
    {it.__name__: it for it in (figures, peers)}[sys.argv[1]](*sys.argv[2:4])
