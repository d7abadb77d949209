"""Compares the maps of two builds of tsnr bit for bit: same_maps.py OLD NEW [FOLDER_OF_BENCHMARK_DATA]

Every image of testdata and of ../shared/data by itself, sessions with options that change the number, and
the runs of the benchmark (make_data.rs, prepare.py), in every mode. The voxels and the geometry of each map
have to be one byte string; what a header says of the definition may differ. Exit status 1 if they are not.
"""

import itertools
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
MODES = ["serial", "delayed", "array"]

# Options that change the number; the standard error is left out, whose formula was mended.
CHANGES = [
    "",
    "--definition fsl",
    "--definition afni --detrend 1",
    "--definition afni-cvarinv",
    "--definition nipype --detrend 2",
    "--definition sfnr --undefined nan",
    "--mask auto --undefined numpy",
    "--combine demean --highpass 60",
    "--combine average",
    "--dummy-scans 2 --volumes 1:",
    "--ddof rank --detrend 3 --dtype float64",
    "--no-optimize",
]


def commands(benchmark: Path | None):
    """What is typed before the mode and the outputs: inputs and options."""
    folders = [PROJECT / "testdata", PROJECT.parent / "shared" / "data"]
    for folder in filter(Path.is_dir, folders):
        images = {*folder.rglob("*.nii"), *folder.rglob("*.nii.gz"), *folder.rglob("*.img")}
        for image in sorted(images):
            yield [str(image)], ["mean", "std", "volumes"]
    sessions = [folders[0] / "sub-01/ses-test/func/*_bold.nii.gz"]
    sessions += [folders[1] / name for name in ("haxby/*bold*.nii*", "series3d/*.nii*")]
    for session, change in itertools.product(sessions, CHANGES):
        if any(session.parent.glob(session.name)):
            yield [str(session), *change.split()], ["mean", "std", "volumes", "between"]
    for case, ending in itertools.product(["D1", "D2", "D3"], ["nii", "nii.gz"]):
        if benchmark and any(benchmark.glob(f"{case}_run-*_bold.{ending}")):
            yield [str(benchmark / f"{case}_run-*_bold.{ending}")], ["mean", "std"]


def made(program: str, command: list[str], maps: list[str], mode: str, folder: Path):
    """The exit status, and of each map the bytes of its geometry, type and voxels."""
    outputs = ["-o", f"{folder}/tsnr.nii"]
    for name in maps:
        outputs += ["--map", f"{name}={folder}/{name}.nii"]
    done = subprocess.run([program, "-q", "--mode", mode, *outputs, *command], capture_output=True)
    found = {}
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        (voxels,) = struct.unpack("<f", data[108:112])
        found[path.name] = data[40:56] + data[70:108] + data[112:120] + data[252:328] + data[int(voxels) :]
        path.unlink()
    return done.returncode, found


def main(old: str, new: str, benchmark: str | None = None) -> int:
    counts, differ = Counter(), []
    for (command, maps), mode in itertools.product(commands(benchmark and Path(benchmark)), MODES):
        with tempfile.TemporaryDirectory() as folder:
            before, now = (made(it, command, maps, mode, Path(folder)) for it in (old, new))
        if before == now:
            counts["maps" if now[1] else "refused by both"] += len(now[1]) or 1
        elif before[1] and now[1]:
            differ.append((mode, command, [it for it in before[1] if before[1][it] != now[1].get(it)]))
        else:
            counts["made by the old alone" if before[1] else "made by the new alone"] += 1
            print(mode, *command, f"status {before[0]}, now {now[0]}", flush=True)
    for mode, command, names in differ:
        print("DIFFER:", mode, *command, *names)
    print(f"bit for bit the same: {dict(counts)}; commands that differ: {len(differ)}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
