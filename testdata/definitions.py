"""Makes runs with what the definitions are about, and the maps that plain least squares give.

    pip install numpy==2.4.6 nibabel==5.4.2 mpmath==1.4.1
    python testdata/definitions.py [TESTDATA_DIR]

Written for and run with Python 3.11.7 and these versions. Writes `definitions/`: runs, confounds,
censor lists, a mask and means, and `cases.json`: for each case the options of `tsnr` and the maps
that they stand for, voxels in the order of the file, null where a voxel is undefined; and
`told.json`: figures that `--json` must have.

The reference shares nothing with tsnr: each run's design holds 1, Legendre polynomials
(`numpy.polynomial.legendre`), SPM's cosines and the confounds, all at the used volumes;
`numpy.linalg.lstsq` solves it in float64 for series held whole. Cases named `hard: ...` are
solved by mpmath with 60 digits instead.
"""

import csv
import fnmatch
import gzip
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import mpmath
import nibabel
import numpy as np
from numpy.polynomial.legendre import Legendre

ROOT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
HERE = ROOT / "definitions"
SHAPE = (4, 3, 2)
VOXELS = 24

# What a fit leaves of a sum of squares counts as nothing up to this part of the whole.
NOTHING_LEFT = 1e-12


@dataclass
class Run:
    values: np.ndarray  # [voxel, t], voxels in the order of the file
    tr: float
    table: dict = field(default_factory=dict)
    keep: np.ndarray | None = None


# ---- The reference ------------------------------------------------------------------------------


def float_fit(design, series):
    """Residuals of `series` [voxel, t] on the columns, and the rank."""
    scaled = design / np.linalg.norm(design, axis=0)
    beta, _, rank, _ = np.linalg.lstsq(scaled, series.T, rcond=None)
    return series - (scaled @ beta).T, rank


def exact_squares(design, series):
    """The sums of squared residuals with 60 digits."""
    mpmath.mp.dps = 60
    x = mpmath.matrix(design.tolist())
    normal = x.T * x
    sums = []
    for voxel in series:
        y = mpmath.matrix([mpmath.mpf(float(value)) for value in voxel])
        left = y - x * mpmath.lu_solve(normal, x.T * y)
        sums.append(float(mpmath.fsum(value**2 for value in left)))
    return np.array(sums)


def columns_of(run, options):
    count = run.values.shape[1]
    position = np.linspace(-1, 1, count)
    columns = [Legendre.basis(k)(position) for k in range(1, options.get("order", 0) + 1)]
    if "highpass" in options:
        last = int(np.trunc(2 * (count * run.tr) / options["highpass"] + 1))
        t = np.arange(count)
        columns += [np.cos(np.pi * (2 * t + 1) * j / (2 * count)) for j in range(1, last)]
    patterns = options["columns"].split(",") if "columns" in options else []
    for name, values in run.table.items():
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            values = values.copy()
            if np.isnan(values[0]):
                values[0] = values[1]
            columns.append(values)
    return columns


def used_of(run, options):
    count = run.values.shape[1]
    used = np.zeros(count, bool)
    used[slice(*options.get("volumes", (None, None)))] = True
    used[: dummies_of(run, options)] = False
    censored = np.zeros(count, bool)
    if options.get("censor"):
        censored |= run.keep == 0
    for key, name in (("fd", "framewise_displacement"), ("dvars", "std_dvars")):
        if key in options:
            censored |= np.nan_to_num(run.table[name], nan=0.0) > options[key]
    for volume in np.flatnonzero(censored):
        first = max(volume - options.get("before", 0), 0)
        used[first : volume + options.get("after", 0) + 1] = False
    return np.flatnonzero(used)


def dummies_of(run, options):
    dummies = options.get("dummies", 0)
    if dummies != "auto":
        return dummies
    if run.table:
        flags = [run.table[name] for name in run.table if name.startswith("non_steady_state")]
        flagged = np.sum(flags, axis=0) if flags else np.zeros(run.values.shape[1])
    else:  # nipype's is_outlier
        signal = run.values[:, :50].mean(axis=0)
        distance = np.abs(signal - np.median(signal))
        flagged = 0.6745 * distance / np.median(distance) > 3.5
    return int(np.argmin(np.append(flagged, 0) != 0))


def left(total, residual):
    explained = total - residual
    return np.where((explained > 0) & (residual <= NOTHING_LEFT * total), 0.0, residual)


def ratio(mean, std):
    with np.errstate(all="ignore"):
        result = mean / std
    return np.where((std > 0) & np.isfinite(result), result, np.nan)


def reference(runs, options):
    """The maps that the options stand for."""
    combine, ddof = options.get("combine", "concat"), options.get("ddof", 0)
    fits = "order" in options or "highpass" in options or "columns" in options
    fewest = 2 if fits or combine != "concat" or ddof == "rank" else 1
    parts = []
    for run in runs:
        columns, used = columns_of(run, options), used_of(run, options)
        if len(used) < len(columns) + fewest:
            assert options.get("skip"), "a run is too short"
            continue
        series = run.values[:, used]
        mean = series.mean(axis=1)
        deviations = series - mean[:, None]
        total = (deviations**2).sum(axis=1)
        design = np.column_stack([np.ones(len(used))] + [column[used] for column in columns])
        if options.get("exact"):
            exact_mean = [float(mpmath.fsum(map(float, voxel)) / len(used)) for voxel in series]
            mean, rank = np.array(exact_mean), design.shape[1]
            total = exact_squares(design[:, :1], series)
            residual = exact_squares(design, series) if columns else total
        elif columns:
            residuals, rank = float_fit(design, deviations)
            residual = (residuals**2).sum(axis=1)
        else:
            residual, rank = total, 1
        parts.append((len(used), mean, total, residual, rank - 1))

    counts = np.array([part[0] for part in parts], float)
    means = np.array([part[1] for part in parts])
    totals = np.array([part[2] for part in parts])
    residuals = np.array([part[3] for part in parts])
    ranks = np.array([part[4] for part in parts])
    own = np.array([left(t, r) for t, r in zip(totals, residuals)])
    used, regressors, within = counts.sum(), ranks.sum(), own.sum(axis=0)
    mean = (counts[:, None] * means).sum(axis=0) / used
    between = (counts[:, None] * (means - mean) ** 2).sum(axis=0)
    whole = left(totals.sum(axis=0) + between, residuals.sum(axis=0) + between)

    def freedom(volumes, fitted):
        return volumes - (fitted if ddof == "rank" else ddof)

    numerators = means if "mean_from" not in options else [options["mean_from"]] * len(parts)
    with np.errstate(all="ignore"):
        own_std = [np.sqrt(s / freedom(n, 1 + k)) for s, n, k in zip(own, counts, ranks)]
        own_tsnr = [ratio(m, s) for m, s in zip(numerators, own_std)]
        share = np.clip(1 - within / whole, 0, 1)
    if combine == "average":
        mean, std = np.mean(numerators, axis=0), np.mean(own_std, axis=0)
        tsnr = np.mean(own_tsnr, axis=0)
    elif combine == "weighted":
        mean = np.average(numerators, axis=0, weights=counts)
        with np.errstate(all="ignore"):
            std = np.average(np.power(own_std, -2.0), axis=0, weights=counts) ** -0.5
        tsnr = np.sqrt(np.average(np.square(own_tsnr), axis=0, weights=counts))
    else:
        mean = options.get("mean_from", mean)
        if combine == "demean":
            std = np.sqrt(within / freedom(used, len(parts) + regressors))
        else:
            std = np.sqrt(whole / freedom(used, 1 + regressors))
        tsnr = ratio(mean, std)
    if options.get("absolute"):
        tsnr, own_tsnr = np.abs(tsnr), np.abs(own_tsnr)
    single = np.zeros(len(mean))
    maps = {
        "tsnr": tsnr,
        "mean": mean,
        "std": std,
        "between": share if len(parts) > 1 else np.where(np.isnan(tsnr), np.nan, single),
        "volumes": np.where(np.isnan(tsnr), np.nan, used),
    }
    # Independent normal noise; of runs that are concatenated as they are there is none.
    if combine in ("average", "weighted"):
        weights = counts / used if combine == "weighted" else 1 / len(parts)
        nu = np.minimum([freedom(n, 1 + k) for n, k in zip(counts, ranks)], counts - ranks)
        variance = weights**2 * (1 / counts + tsnr[:, None] ** 2 / (2 * nu))
        maps["stderr"] = np.sqrt(variance.sum(axis=1))
    elif combine == "demean" or len(parts) == 1:
        means_fitted = len(parts) if combine == "demean" else 1
        nu = min(freedom(used, means_fitted + regressors), used - regressors)
        maps["stderr"] = np.sqrt(1 / used + tsnr**2 / (2 * nu))
    if "mask" in options:
        own_tsnr = [np.where(options["mask"], run, 0.0) for run in own_tsnr]
        maps = {name: np.where(options["mask"], map, 0.0) for name, map in maps.items()}
    return {**maps, "run-tsnr": own_tsnr}


def through_all_runs(runs, order, ddof):
    """One polynomial through the concatenation, as AFNI's -cvarinv: |mean| of the data."""
    series = np.concatenate([run.values for run in runs], axis=1)
    position = np.linspace(-1, 1, series.shape[1])
    design = np.column_stack([Legendre.basis(k)(position) for k in range(order + 1)])
    mean = series.mean(axis=1)
    deviations = series - mean[:, None]
    residual = (float_fit(design, deviations)[0] ** 2).sum(axis=1)
    squares = left((deviations**2).sum(axis=1), residual)
    return {"tsnr": np.abs(ratio(mean, np.sqrt(squares / (series.shape[1] - ddof))))}


def by_nipypes_steps(runs, order):
    """nipype's TSNR with regress_poly, in float64: the trend is taken out with its own mean."""
    series = np.concatenate([run.values for run in runs], axis=1)
    position = np.linspace(-1, 1, series.shape[1])
    design = np.column_stack([Legendre.basis(k)(position) for k in range(order + 1)])
    betas = np.linalg.pinv(design) @ series.T
    series = series - (design[:, 1:] @ betas[1:]).T
    mean, std = series.mean(axis=1), series.std(axis=1)
    defined = std > 1e-3
    return {"tsnr": np.where(defined, ratio(mean, std), np.nan), "mean": mean}


# ---- The data -----------------------------------------------------------------------------------


def save(name, stored, tr, slope=None, inter=None):
    """An image on the grid; `stored` [voxel, t] as it lies in the file. Returns its values."""
    shape = SHAPE + stored.shape[1:]
    header = nibabel.Nifti1Header()
    header.set_data_dtype(stored.dtype)
    header.set_data_shape(shape)
    header["pixdim"][:5] = [1, 3, 3, 3, tr]
    header.set_xyzt_units("mm", "sec")
    header.set_sform(np.diag([3, 3, 3, 1]), 1)
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    header["scl_slope"], header["scl_inter"] = slope or 1, inter or 0
    content = header.binaryblock + bytes(4) + stored.tobytes(order="F")
    with open(HERE / name, "wb") as file:
        file.write(gzip.compress(content, mtime=0))
    values = stored.astype(float)
    return values if slope is None else values * np.float64(np.float32(slope)) + inter


def read(path):
    image = nibabel.load(path)
    values = image.get_fdata(dtype=float)
    return values.reshape((-1, values.shape[-1]) if values.ndim == 4 else (-1,), order="F"), image


def read_table(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    number = lambda cell: float("nan") if cell == "n/a" else float(cell)
    return {name: np.array([number(row[name]) for row in rows]) for name in rows[0]}


def write_table(name, table):
    cell = lambda value: "n/a" if np.isnan(value) else repr(float(value))
    lines = ["\t".join(table)] + ["\t".join(map(cell, row)) for row in zip(*table.values())]
    (HERE / name).write_text("\n".join(lines) + "\n")
    return read_table(HERE / name)


def make_runs(random):
    """Three runs: int16, scaled int16 and float32, with shifts, drift, confounds, dummies."""
    lengths, slopes = (60, 50, 40), (None, 0.25, None)
    baseline = random.uniform(200, 2000, VOXELS)
    runs = []
    for number, (count, slope) in enumerate(zip(lengths, slopes), start=1):
        t = np.linspace(-1, 1, count)
        motion = np.cumsum(random.normal(0, 0.05, (6, count)), axis=1)
        csf = 900 + random.normal(0, 5, count)
        moved = random.uniform(0.02, 0.3, count)
        moved[[count // 2, count - 1]] = 0.9, 0.7
        std_dvars = random.uniform(0.8, 1.3, count)
        std_dvars[[5, count // 3]] = 1.9, 1.6
        moved[0] = std_dvars[0] = np.nan
        derivative = np.append(np.nan, np.diff(csf))
        table = {"csf": csf, "csf_derivative1": derivative, "std_dvars": std_dvars}
        table["framewise_displacement"] = moved
        for flag in range((3, 1, 0)[number - 1]):
            table[f"non_steady_state_outlier{flag:02d}"] = (np.arange(count) == flag) * 1.0
        table |= dict(zip(("trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"), motion))
        series = baseline[:, None] * (1 + 0.01 * random.normal(0, 1, (VOXELS, 1)))
        series = series + baseline[:, None] * random.normal(0, 0.01, (VOXELS, count))
        series += baseline[:, None] * random.uniform(-0.03, 0.03, (VOXELS, 1)) * t
        series += baseline[:, None] * random.uniform(-0.02, 0.02, (VOXELS, 1)) * t**2
        series += random.uniform(-20, 20, (VOXELS, 6)) @ motion
        series += random.uniform(-1, 1, (VOXELS, 1)) * (csf - 900)
        for volume in range((2, 1, 0)[number - 1]):
            series[:, volume] *= 1.3 - 0.1 * volume
        series[0], series[1] = 0, 7
        if number == 2:
            series[2] = 640
        series[3] = 1000 + np.arange(count)  # nothing but a line
        series[4] *= -1
        name = f"run-{number}_bold.nii.gz"
        if number == 3:
            values = save(name, series.astype(np.float32), 2.0)
        else:
            inter = None if slope is None else 100
            stored = np.rint((series - (inter or 0)) / (slope or 1)).astype(np.int16)
            values = save(name, stored, 2.0, slope, inter)
        table = write_table(f"run-{number}_desc-confounds_timeseries.tsv", table)
        keep = np.ones(count, int)
        keep[[0, 7, 8, count // 4]] = 0
        (HERE / f"run-{number}_keep.1D").write_text("\n".join(map(str, keep)) + "\n")
        runs.append(Run(values, 2.0, table, keep))
    # Keeps so few volumes of the second run that nothing can be fitted there.
    few = np.array([1] * 3 + [0] * 47)
    (HERE / "run-2_few.1D").write_text("3@1 47@0\n")
    for number in (1, 3):
        (HERE / f"run-{number}_few.1D").write_text("1 " * lengths[number - 1] + "\n")
    return runs, few


def make_hard(random):
    """Data on which a sum of squares less another loses digits."""
    count, hard = 80, {}
    t = np.linspace(-1, 1, count)
    noise = random.normal(0, 1, (VOXELS, count))
    shape = random.uniform(-1, 1, (VOXELS, 3)) @ np.array([t, 1.5 * t**2 - 0.5, t**3])
    drift = 100 * shape / shape.std(axis=1, keepdims=True)
    a = random.normal(0, 1, count)
    table = {"a": a, "b": a + 1e-6 * random.normal(0, 1, count), "c": 1e4 + random.normal(0, 1, count)}
    table = write_table("hard_confounds.tsv", table)
    weights = random.uniform(-50, 50, (VOXELS, 3))
    with_confounds = 5e3 + noise + weights @ np.array([table["a"], table["b"], table["c"] - 1e4])
    for name, series, dtype in (
        ("offset_float64", 1e6 + noise, np.float64),
        ("offset_float32", 1e5 + noise, np.float32),
        ("offset_int32", np.rint(2**30 + 3 * noise), np.int32),
        ("drift_float64", 1e4 + drift + noise, np.float64),
        ("drift_float32", 1e4 + drift + noise, np.float32),
        ("drift_int16", np.rint(1e4 + 30 * (drift + noise)), np.int16),
        ("drift_int32", np.rint(1e6 + 1e4 * (drift + noise)), np.int32),
        ("confounds_float64", with_confounds, np.float64),
    ):
        values = save(f"hard_{name}.nii.gz", series.astype(dtype), 2.0)
        hard[name] = Run(values, 2.0, table)
    return hard


# ---- The cases ----------------------------------------------------------------------------------

OPTION = {
    "combine": "--combine", "order": "--detrend", "highpass": "--highpass", "ddof": "--ddof",
    "columns": "--confound-columns", "dummies": "--dummy-scans", "fd": "--fd-thresh",
    "dvars": "--dvars-thresh", "before": "--censor-before", "after": "--censor-after",
}  # fmt: skip

EVERY_MAP = ["tsnr", "mean", "std", "between", "volumes", "stderr", "run-tsnr"]
SIMPLE = [{}] + [{"combine": "demean"}, {"combine": "average"}]
WHOLE = {"order": 2, "columns": "csf,trans_*", "ddof": "rank", "dummies": 2}


def listed(values):
    return [None if np.isnan(value) else float(value) for value in values]


def case(name, inputs, runs, options, maps=("tsnr",), more=(), stride=1, files=None):
    arguments = list(inputs)
    arguments += [f"{OPTION[key]}={value}" for key, value in options.items() if key in OPTION]
    if "volumes" in options:
        first, end = options["volumes"]
        arguments.append(f"--volumes={first}:{'' if end is None else end}")
    if {"columns", "fd", "dvars"} & set(options) or options.get("dummies") == "auto":
        arguments += [f"--confounds={it}" for it in files["tables"]] if files else []
    if options.get("censor"):
        arguments += [f"--censor={it}" for it in files["lists"]]
    arguments += more
    found = reference(runs, options)
    expected = {}
    for kind in [kind for kind in maps if kind in found]:
        each = found[kind] if kind == "run-tsnr" else [found[kind]]
        expected[kind] = [listed(map[::stride]) for map in each]
    return {"name": name, "arguments": arguments, "stride": stride, "maps": expected}


def made_cases(runs, few, mean_3d, other_4d, mask):
    inputs = ["@definitions/run-?_bold.nii.gz"]
    files = {
        "tables": ["@definitions/run-?_desc-confounds_timeseries.tsv"],
        "lists": ["@definitions/run-?_keep.1D"],
    }
    cases = []

    def add(name, options, maps=("tsnr",), more=(), of=runs, files=files, inputs=inputs):
        cases.append(case(name, inputs, of, options, maps, more, files=files))

    for combine in ("concat", "demean", "average", "weighted"):
        of = {"combine": combine}
        add(f"{combine}, every map", of, EVERY_MAP)
        for ddof in (1, 3, "rank"):
            add(f"{combine}, ddof {ddof}", of | {"ddof": ddof}, ["tsnr", "std", "run-tsnr"])
        for order in range(1, 10):
            add(f"{combine}, order {order}", of | {"order": order}, ["tsnr", "mean", "std"])
        add(f"{combine}, order 3, rank", of | {"order": 3, "ddof": "rank"}, EVERY_MAP)
        add(f"{combine}, highpass", of | {"highpass": 50, "ddof": 1})
        add(f"{combine}, confounds", of | {"columns": "csf,csf_derivative1,trans_*,rot_[xy]"})
        add(f"{combine}, everything", of | WHOLE | {"censor": True, "highpass": 70, "fd": 0.5,
            "dvars": 1.5, "before": 1, "after": 2, "volumes": (1, 45), "order": 1}, EVERY_MAP)
        add(f"{combine}, 3-D mean", of | {"order": 1, "mean_from": mean_3d}, EVERY_MAP[:3],
            ["--mean-from=@definitions/mean_3d.nii.gz"])
    add("a mean over 4-D", {"mean_from": other_4d}, EVERY_MAP[:3],
        ["--mean-from=@definitions/other_4d.nii.gz"])
    add("dummies", {"dummies": 4}, EVERY_MAP)
    without = {"tables": [], "lists": []}
    of_no_table = [Run(run.values, run.tr) for run in runs]
    add("dummies by the signal", {"dummies": "auto"}, EVERY_MAP, of=of_no_table, files=without)
    add("dummies by the tables", {"dummies": "auto"}, EVERY_MAP)
    add("a censor list", {"censor": True, "order": 2}, EVERY_MAP)
    add("a censor list, widened", {"censor": True, "before": 2, "after": 1, "order": 2})
    add("FD", {"fd": 0.5}, EVERY_MAP)
    add("FD, widened", {"fd": 0.5, "before": 1, "after": 3, "order": 9, "ddof": "rank"})
    add("DVARS", {"dvars": 1.5}, EVERY_MAP)
    add("FD and DVARS and a list", {"fd": 0.5, "dvars": 1.5, "censor": True, "after": 1})
    add("a part", {"volumes": (10, 35)}, EVERY_MAP)
    add("a part to the end, dummies count from the run's first", {"volumes": (2, None), "dummies": 4})
    add("cosines and polynomial", {"highpass": 60, "order": 1, "ddof": "rank"})
    add("a mask", {"mask": mask, "order": 1}, EVERY_MAP, ["--mask=@definitions/mask.nii.gz"])
    skipped = [Run(run.values, run.tr, run.table, keep) for run, keep in
               zip(runs, (np.ones(60), few, np.ones(40)))]
    add("a short run skipped", {"censor": True, "order": 3, "skip": True}, EVERY_MAP,
        ["--skip-short-runs"], skipped, files | {"lists": ["@definitions/run-?_few.1D"]})
    for number, run in enumerate(runs, start=1):
        add(f"run {number} alone", {"order": 2, "ddof": "rank"}, EVERY_MAP, of=[run],
            inputs=[f"@definitions/run-{number}_bold.nii.gz"])
    add("sfnr", {"order": 2, "ddof": 1}, ["tsnr"], ["--definition=sfnr"])
    cases[-1]["arguments"] = [it for it in cases[-1]["arguments"] if it[:5] not in ("--det", "--ddo")]
    add("afni", {"ddof": 1, "absolute": True}, ["tsnr"], ["--definition=afni"])
    cases[-1]["arguments"] = [it for it in cases[-1]["arguments"] if it[:5] != "--ddo"]
    expected = {"tsnr": [listed(through_all_runs(runs, 1, 1)["tsnr"])]}
    cases.append({"name": "afni-cvarinv", "arguments": inputs + ["--definition=afni-cvarinv"],
                  "stride": 1, "maps": expected})
    for order in range(4):
        found = by_nipypes_steps(runs, order)
        expected = {kind: [listed(map)] for kind, map in found.items()}
        cases.append({"name": f"nipype, order {order}", "stride": 1, "maps": expected,
                      "arguments": inputs + ["--definition=nipype", f"--detrend={order}"]})
    return cases


def hard_cases(hard):
    cases = []
    for name, run in hard.items():
        inputs = [f"@definitions/hard_{name}.nii.gz"]
        files = {"tables": ["@definitions/hard_confounds.tsv"]}
        if name.startswith("confounds"):
            sets = [{"columns": "a,b,c"}, {"columns": "a,b,c", "order": 2, "ddof": "rank"}]
        else:
            sets = [{}, {"order": 3, "ddof": "rank"}, {"order": 9}]
        for options in sets:
            options = options | {"exact": True}
            words = ", ".join(f"{key} {value}" for key, value in options.items() if key != "exact")
            name_of_case = f"hard: {name} {words}".strip()
            cases.append(case(name_of_case, inputs, [run], options, EVERY_MAP[:3], files=files))
    # Runs of hard data beside each other: the drift of each is far above the noise.
    runs = [hard["drift_float32"], hard["drift_int16"], hard["drift_float64"]]
    names = ("drift_float32", "drift_int16", "drift_float64")
    inputs = [f"@definitions/hard_{name}.nii.gz" for name in names]
    for combine in ("concat", "demean", "average", "weighted"):
        options = {"combine": combine, "order": 3, "exact": True}
        cases.append(case(f"hard: three runs, {combine}", inputs, runs, options, EVERY_MAP[:3]))
    return cases


def specimen_cases():
    cases = []
    types = [f"{sign}int{bits}" for bits in (8, 16, 32, 64) for sign in ("", "u")]
    for name in types + ["float32", "float64"]:
        values, image = read(ROOT / f"odd/{name}_le.nii")
        run = Run(values, 2.5)
        for options in ({"order": 1, "ddof": "rank"}, {"order": 2, "volumes": (1, None)}):
            cases.append(case(f"{name}, {options}", [f"@odd/{name}_le.nii"], [run], options,
                              ["tsnr", "mean", "std"]))
    volumes = [read(ROOT / f"odd/series/vol_{number}.nii")[0] for number in range(1, 13)]
    run = Run(np.stack(volumes, axis=1), 0.0)
    for options in ({"order": 2, "ddof": "rank"}, {"dummies": 3, "order": 1}):
        cases.append(case(f"3-D files, {options}", ["@odd/series/vol_*.nii"], [run], options,
                          ["tsnr", "mean", "std"]))
    return cases


def session_cases():
    """The session of the test data with its tables: every 97th voxel."""
    folder = ROOT / "sub-01/ses-test/func"
    runs = []
    for path in sorted(folder.glob("*_bold.nii.gz")):
        values, image = read(path)
        stem = path.name.removesuffix("_bold.nii.gz")
        table = read_table(ROOT / f"confounds/{stem}_desc-confounds_timeseries.tsv")
        keep = np.where(np.nan_to_num(table["framewise_displacement"]) > 0.5, 0, 1)
        runs.append(Run(values, float(image.header["pixdim"][4]), table, keep))
    inputs = ["@sub-01/ses-test/func/*_bold.nii.gz"]
    files = {
        "tables": ["@confounds/*_timeseries.tsv"],
        "lists": ["@confounds/*_censor.1D"],
    }
    cases = []
    for options in (
        {"order": 2},
        {"order": 2, "combine": "demean", "ddof": "rank", "dummies": "auto"},
        {"highpass": 100, "combine": "demean", "ddof": "rank"},
        {"columns": "trans_?,rot_?", "order": 1, "combine": "average", "dummies": "auto"},
        {"columns": "csf,csf_derivative1,a_comp_cor_0[0-2]", "highpass": 100, "dummies": "auto",
         "fd": 0.5, "before": 1, "after": 2, "ddof": "rank", "combine": "demean"},
        {"censor": True, "order": 3, "combine": "demean"},
    ):
        words = ", ".join(f"{key} {value}" for key, value in options.items())
        cases.append(case(f"session: {words}", inputs, runs, options, EVERY_MAP, stride=97,
                          files=files))
    return cases


def told_cases(runs, mask):
    """What `--json` tells of the three runs, with a mask, a fit, and volumes left out."""
    options = {"order": 2, "columns": "csf,trans_*", "ddof": "rank", "dummies": "auto",
               "censor": True, "after": 1, "volumes": (0, 38)}  # fmt: skip
    plain, demeaned = (reference(runs, options | {"combine": it}) for it in ("concat", "demean"))
    inside = lambda values: values[mask & np.isfinite(values)]
    middle = lambda values: float(np.median(inside(values)))
    tsnr = inside(plain["tsnr"])
    told_runs = []
    for run, own in zip(runs, plain["run-tsnr"]):
        used, count = used_of(run, options), run.values.shape[1]
        dummies = dummies_of(run, options)
        chosen = np.arange(count) < 38
        left_out = ~np.isin(np.arange(count), used)
        censored = left_out & chosen & (np.arange(count) >= dummies)
        changes = np.diff(run.values, axis=1)
        told_runs.append({
            "volumes": count, "used": len(used), "dummies": list(range(dummies)),
            "censored": np.flatnonzero(censored).tolist(),
            "not_chosen": np.flatnonzero(~chosen).tolist(),
            "median_tsnr": middle(own),
            "global_signal": run.values.mean(axis=0).tolist(),
            "dvars": [None] + np.sqrt((changes**2).mean(axis=0)).tolist(),
        })  # fmt: skip
    quantiles = np.quantile(tsnr, [0.05, 0.25, 0.75, 0.95]).tolist()
    used = sum(run["used"] for run in told_runs)
    return {
        "options": ["--detrend=2", "--confound-columns=csf,trans_*", "--ddof=rank",
                    "--dummy-scans=auto", "--censor-after=1", "--volumes=0:38"],
        "json": {
            "definition": {"divisor": used - 1 - 3 * (2 + 4)},
            "volumes_used": used,
            "mask": {"voxels": int(mask.sum())},
            "tsnr": {"voxels": len(tsnr), "mean": float(tsnr.mean()),
                     "median": middle(plain["tsnr"]), **dict(zip(("q05", "q25", "q75", "q95"), quantiles))},
            "between_runs": {
                "share_of_variance": middle(plain["between"]),
                "concat_median": middle(plain["tsnr"]),
                "demean_median": middle(demeaned["tsnr"]),
            },
            "runs": told_runs,
        },
    }  # fmt: skip


def main():
    HERE.mkdir(exist_ok=True)
    random = np.random.default_rng(20260101)
    runs, few = make_runs(random)
    mean_3d = save("mean_3d.nii.gz", random.uniform(500, 900, VOXELS).astype(np.float32), 0)
    other = np.rint(random.uniform(500, 900, (VOXELS, 10))).astype(np.int16)
    other_4d = save("other_4d.nii.gz", other, 2.0, 0.5, 3.0).mean(axis=1)
    mask = np.arange(VOXELS) % 3 != 1
    save("mask.nii.gz", mask.astype(np.uint8), 0)
    cases = made_cases(runs, few, mean_3d, other_4d, mask)
    cases += hard_cases(make_hard(random)) + specimen_cases() + session_cases()
    made_with = f"numpy {np.__version__}, nibabel {nibabel.__version__}, mpmath {mpmath.__version__}"
    lines = ",\n".join(json.dumps(case) for case in cases)
    told = json.dumps(told_cases(runs, mask), indent=1)
    (HERE / "told.json").write_text(told + "\n")
    (HERE / "cases.json").write_text(f'{{"made_with": "{made_with}", "cases": [\n{lines}\n]}}\n')
    print(len(cases), "cases,", made_with)


if __name__ == "__main__":
    main()
