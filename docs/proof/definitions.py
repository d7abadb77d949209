"""Each definition by name against the tool itself, and options on real data against least squares.

    python -m venv venv && venv/bin/pip install -r docs/proof/requirements.txt
    cargo build --release
    venv/bin/python docs/proof/definitions.py target/release/tsnr DATA

DATA is a folder of published runs: `haxby/`, `single/`, `odd/` (see docs/definitions.md). Prints
the tables of docs/definitions.md as markdown. With `edges FOLDER` in the place of DATA, writes the
voxels that tools treat differently and the tools' maps of them, which tests/integration/definitions.rs holds the
program to: `definitions.py target/release/tsnr edges testdata/definitions`.

numpy, nipype and niimath are run; AFNI and the SFNR are their formulas in numpy, since their
programs are not packages of Python. Differences are relative to the tool's own map, over voxels
that both have a value for; voxels where one has a number and the other has none (or another of
NaN, Inf and 0) are counted.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np
from numpy.polynomial.legendre import Legendre

PROGRAM, DATA = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
PROJECT = Path(__file__).resolve().parents[2]
SCRATCH = Path(tempfile.mkdtemp())


def load(path):
    """Values [x, y, z, t] in float64."""
    return nibabel.load(path, mmap=False).get_fdata(dtype=np.float64)


def concatenated(paths):
    return np.concatenate([load(path) for path in paths], axis=3)


def tsnr(paths, *options):
    out = SCRATCH / "tsnr.nii"
    arguments = [PROGRAM, *paths, "-o", out, "-q", "--dtype", "float64", *options]
    subprocess.run(arguments, check=True, stderr=subprocess.DEVNULL)
    return load_map(out)


def load_map(path):
    return nibabel.load(path, mmap=False).get_fdata(dtype=np.float64).reshape(-1, order="F")


# ---- The tools ----------------------------------------------------------------------------------


def by_numpy(paths):
    series = concatenated(paths)
    return (series.mean(-1) / series.std(-1)).reshape(-1, order="F")


def by_niimath(paths, *datatype):
    """One file of all runs, then as fslmaths: -Tmean, -Tstd, -div."""
    merged = paths[0]
    if len(paths) > 1:
        merged, series = SCRATCH / "merged.nii", concatenated(paths)
        assert np.array_equal(series, series.astype(np.float32)), "exact in float32"
        affine = nibabel.load(paths[0]).affine
        nibabel.save(nibabel.Nifti1Image(series.astype(np.float32), affine), merged)
    mean, std, out = (SCRATCH / f"{name}.nii" for name in ("mean", "std", "ratio"))
    niimath = Path(sys.executable).parent / "niimath"
    kind = ["-dt", "double"] if datatype else []
    wide = ["-odt", "double"] if datatype else []
    plain = {**os.environ, "FSLOUTPUTTYPE": "NIFTI"}
    for path, what in ((mean, "-Tmean"), (std, "-Tstd")):
        subprocess.run([niimath, *kind, merged, what, path, *wide], check=True, env=plain)
    subprocess.run([niimath, *kind, mean, "-div", std, out, *wide], check=True, env=plain)
    return load_map(out)


def by_nipype(paths, order=0, copies=True):
    """nipype's TSNR on copies in float32, as it writes its map in the input's type."""
    os.environ["NO_ET"] = "1"  # or it asks a server for its newest version
    os.environ["NIPYPE_CONFIG_DIR"] = str(SCRATCH)
    from nipype.algorithms.confounds import TSNR

    inputs = []
    for number, path in enumerate(paths):
        image = nibabel.load(path)
        copy = SCRATCH / f"copy_{number}.nii"
        series = image.get_fdata(dtype=np.float64).astype(np.float32)
        nibabel.save(nibabel.Nifti1Image(series, image.affine), copy)
        inputs.append(str(copy if copies else path))
    names = {f"{it}_file": str(SCRATCH / f"{it}.nii") for it in ("tsnr", "mean", "stddev")}
    interface = TSNR(in_file=inputs, **names)
    if order:
        interface.inputs.regress_poly = order
        interface.inputs.detrended_file = str(SCRATCH / "detrended.nii")
    with np.errstate(all="ignore"):
        interface.run(cwd=str(SCRATCH))
    return load_map(SCRATCH / "tsnr.nii")


def by_nipypes_formula(paths, order=0):
    """The same steps in float64, to tell its definition from its float32."""
    series = concatenated(paths)
    series = np.where(np.isnan(series), 0.0, series)
    if order:
        x = np.linspace(-1, 1, series.shape[3])
        trends = np.column_stack([Legendre.basis(k)(x) for k in range(order + 1)])
        with np.errstate(all="ignore"):
            betas = np.linalg.pinv(trends) @ series.reshape(-1, len(x)).T
            series = series - (trends[:, 1:] @ betas[1:]).T.reshape(series.shape)
    mean, std = series.mean(-1), series.std(-1)
    with np.errstate(all="ignore"):
        return np.where(std > 1e-3, mean / std, 0.0).reshape(-1, order="F")


def by_afnis_formula(paths, order):
    """3dTstat -tsnr (order 0) and -cvarinv (order 1): |mean| / std, ddof 1, 0 where std is 0."""
    series = concatenated(paths)
    series = np.where(np.isfinite(series), series, 0.0)
    mean = series.mean(-1)
    left = residuals(series, order)
    std = np.sqrt((left**2).sum(-1) / (series.shape[3] - 1))
    with np.errstate(all="ignore"):
        ratio = np.where(is_noise(std, series), np.abs(mean) / std, 0.0)
    return ratio.reshape(-1, order="F")


def by_sfnrs_formula(paths):
    """mean / std of what a quadratic of each run leaves; ddof 1."""
    runs = [load(path) for path in paths]
    series = np.concatenate(runs, axis=3)
    left = [residuals(run, 2) + run.mean(-1, keepdims=True) for run in runs]
    std = np.concatenate(left, axis=3).std(-1, ddof=1)
    with np.errstate(all="ignore"):
        ratio = np.where(is_noise(std, series), series.mean(-1) / std, 0.0)
    return np.where(np.isfinite(ratio), ratio, 0.0).reshape(-1, order="F")


def residuals(series, order):
    x = np.linspace(-1, 1, series.shape[3])
    trends = np.column_stack([Legendre.basis(k)(x) for k in range(order + 1)])
    flat = (series - series.mean(-1, keepdims=True)).reshape(-1, len(x))
    with np.errstate(all="ignore"):
        finite = np.where(np.isfinite(flat), flat, 0.0)
        betas = np.linalg.lstsq(trends, finite.T, rcond=None)[0]
        return (flat - (trends @ betas).T).reshape(series.shape)


def is_noise(std, series):
    """A constant series keeps what rounding left of its mean; that is no noise."""
    return std > 1e-12 * np.abs(series).max(-1)


# ---- Beside each other --------------------------------------------------------------------------


def kind(values):
    return np.where(np.isnan(values), 3, np.where(np.isinf(values), 2, values == 0))


def beside(found, expected):
    """The greatest relative difference, and how many voxels are of another kind."""
    same = kind(found) == kind(expected)
    both = same & (kind(expected) == 0)
    difference = np.abs(found[both] - expected[both]) / np.abs(expected[both])
    return (difference.max() if both.any() else 0.0), int((~same).sum())


def cell(found, expected):
    difference, others = beside(found, expected)
    return f"{difference:.1e}" + (f" ({others} of another kind)" if others else "")


def made():
    """Voxels that tools treat differently, in float32; and a large offset."""
    random = np.random.default_rng(1)
    t = np.arange(60)
    noise = random.normal(0, 1, (12, 60))
    edges = 100 + noise
    edges[0, 7] = np.nan
    edges[1, 7] = np.inf
    edges[2], edges[3], edges[4] = 5, 0, -5
    edges[5] = -113 + noise[5]
    edges[6] = 1000 + 1e-4 * noise[6]
    edges[7] = 1e-3 + 1e-5 * noise[7]
    edges[8] = 1e4 + 5 * t + noise[8]
    edges[9] = 1e-2 * noise[9]
    offset = 1e5 + random.normal(0, 1, (12, 60))
    paths = []
    for name, series in (("edges", edges), ("offset", offset)):
        path = SCRATCH / f"{name}.nii"
        series = series.astype(np.float32).reshape(3, 2, 2, 60)
        image = nibabel.Nifti1Image(series, np.eye(4))
        image.header.set_zooms((3, 3, 3, 2))
        nibabel.save(image, path)
        paths.append([path])
    return paths


def edge_maps(path):
    with np.errstate(all="ignore"):
        return {
            "numpy": by_numpy([path]),
            "nipype": by_nipype([path]),
            "fsl": by_niimath([path], "double"),
            "afni": by_afnis_formula([path], 0),
        }


def write_edges(folder):
    """The voxels, and each tool's map as texts, since JSON knows no NaN."""
    (path,), _ = made()
    image = nibabel.load(path, mmap=False)
    nibabel.save(image, folder / "edges.nii")
    maps = {name: [repr(float(value)) for value in map] for name, map in edge_maps(path).items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(map)}" for name, map in maps.items())
    (folder / "edges.json").write_text("{" + lines + "}\n")


def edge_table(path):
    tools, names = {}, {"numpy": "numpy", "nipype": "nipype", "fsl": "niimath", "afni": "AFNI's formula"}
    for name, map in edge_maps(path).items():
        tools[names[name]] = map
        tools[f"tsnr {name}"] = tsnr([path], f"--definition={name}")
    # The map's own order: the last axis of the series' voxels is the fastest in memory.
    place = np.arange(12).reshape(3, 2, 2).reshape(-1, order="F")
    names = {0: "one NaN", 1: "one Inf", 2: "constant 5", 3: "constant 0", 4: "constant -5",
             5: "negative signal", 6: "std 1e-4 around 1000", 7: "std 1e-5 around 1e-3"}
    print("\n| voxel | " + " | ".join(tools) + " |")
    print("|---" * (len(tools) + 1) + "|")
    for voxel, name in names.items():
        at = int(np.flatnonzero(place == voxel)[0])
        print(f"| {name} | " + " | ".join(f"{tool[at]:.6g}" for tool in tools.values()) + " |")


def tool_table(sets):
    print("| data | numpy | fsl: niimath in double | niimath | afni: formula |"
          " afni-cvarinv: formula | sfnr: formula |")
    print("|---|---|---|---|---|---|---|")
    for name, paths in sets.items():
        with np.errstate(all="ignore"):
            cells = [
                cell(tsnr(paths, "--definition=numpy"), by_numpy(paths)),
                cell(tsnr(paths, "--definition=fsl"), by_niimath(paths, "double")),
                cell(tsnr(paths, "--definition=fsl"), by_niimath(paths)),
                cell(tsnr(paths, "--definition=afni"), by_afnis_formula(paths, 0)),
                cell(tsnr(paths, "--definition=afni-cvarinv"), by_afnis_formula(paths, 1)),
                cell(tsnr(paths, "--definition=sfnr"), by_sfnrs_formula(paths)),
            ]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print("\n| data | nipype, order 0: the tool | its steps in float64 |"
          + "".join(f" order {k}: the tool | in float64 |" for k in (1, 2, 3)) + " order 0 as it"
          " writes it |")
    print("|---" * 10 + "|")
    for name, paths in sets.items():
        cells = []
        for order in range(4):
            found = tsnr(paths, "--definition=nipype", f"--detrend={order}")
            with np.errstate(all="ignore"):
                cells.append(cell(found, by_nipype(paths, order)))
                cells.append(cell(found, by_nipypes_formula(paths, order)))
        found = tsnr(paths, "--definition=nipype")
        cells.append(cell(found, by_nipype(paths, copies=False)))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def options_table(sets):
    """Options on real data against numpy.linalg.lstsq, and array mode against serial."""
    place = PROJECT / "testdata/definitions.py"
    spec = importlib.util.spec_from_file_location("made", place)
    least_squares = importlib.util.module_from_spec(spec)
    sys.modules["made"] = least_squares
    spec.loader.exec_module(least_squares)
    print("\n| data | options | serial against lstsq | array against lstsq | array against serial |")
    print("|---|---|---|---|---|")
    cases = [
        {},
        {"combine": "demean", "ddof": "rank"},
        {"combine": "average"},
        {"order": 2},
        {"order": 3, "combine": "demean", "ddof": "rank", "dummies": 2},
        {"order": 6, "combine": "average"},
    ]
    for name, paths in sets.items():
        runs = []
        for path in paths:
            series = load(path)
            runs.append(least_squares.Run(series.reshape(-1, series.shape[3], order="F"), 2.0))
        for options in cases:
            words = [f"{least_squares.OPTION[key]}={value}" for key, value in options.items()]
            expected = least_squares.reference(runs, options)["tsnr"]
            serial, array = (tsnr(paths, *words, f"--mode={mode}", "--undefined=nan")
                             for mode in ("serial", "array"))
            cells = [cell(serial, expected), cell(array, expected), cell(array, serial)]
            print(f"| {name} | `{' '.join(words)}` | " + " | ".join(cells) + " |", flush=True)


def mask_table(sets):
    print("\n| data | `--mask auto` | nilearn's mask | Dice | `compute_epi_mask` was called |")
    print("|---|---|---|---|---|")
    for name, paths in sets.items():
        out = SCRATCH / "mask.nii"
        arguments = [PROGRAM, *paths, "--mask", "auto", "--mask-out", out, "-q"]
        subprocess.run(arguments, check=True, stderr=subprocess.DEVNULL)
        check = [sys.executable, PROJECT / "tests/mask_check.py", "output", out, *paths]
        said = subprocess.run(check, check=True, capture_output=True, text=True)
        figures, how = said.stdout.strip().split(": ", 1)[1].split("; ", 1)
        found, expected, dice = figures.split(", ")
        expected, dice = expected.split()[-1], dice.split()[-1]
        print(f"| {name} | {found} | {expected} voxels | {dice} | {how} |", flush=True)


def main():
    if sys.argv[2] == "edges":
        return write_edges(Path(sys.argv[3]))
    real = {
        "haxby, 1 run": sorted(DATA.glob("haxby/*run-01_bold.nii.gz")),
        "haxby, 12 runs": sorted(DATA.glob("haxby/*_bold.nii.gz")),
        "filtered_func_data": [DATA / "single/filtered_func_data.nii.gz"],
        "functional_scaled": [DATA / "single/functional_scaled_int16.nii"],
        "pcasl": [DATA / "single/pcasl_int16.nii.gz"],
        "trailing_352_bytes": [DATA / "odd/trailing_352_bytes.nii.gz"],
    }
    edges, offset = made()
    tool_table(real | {"made: edge voxels, float32": edges, "made: 1e5 + noise, float32": offset})
    edge_table(edges[0])
    options_table(real)
    mask_table(real)


if __name__ == "__main__":
    main()
