"""Times tsnr beside Connectome Workbench and nibabel on CIFTI files: 91,282 points of float32.

    python3 benches/peers/points.py [--volumes 400,1200] [--repeat N] [--json FILE]

Prints a table of medians of paired rounds. What it needs, and where everything goes, is as with run.py.
"""

import argparse
import json
import statistics
from pathlib import Path

from contenders import Contender
from prepare import HERE, PROJECT, Case, build, fetch_from_debian, fetch_peers, run, say
from report import MIB
from run import Benchmark

# Debian's package has many dependencies, which only an installation brings.
WORKBENCH = "wb_command"

MAKE = """
import sys
import numpy
from nibabel.cifti2 import BrainModelAxis, Cifti2Image, SeriesAxis
path, volumes = sys.argv[1], int(sys.argv[2])
random = numpy.random.default_rng(0)
affine = numpy.array([[-2, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1.0]])
def cortex(count, name):
    vertices = numpy.sort(random.permutation(32492)[:count])
    return BrainModelAxis.from_surface(vertices, 32492, name=name)
axis = cortex(29696, "CORTEX_LEFT") + cortex(29716, "CORTEX_RIGHT")
names = "ACCUMBENS AMYGDALA CAUDATE CEREBELLUM DIENCEPHALON_VENTRAL HIPPOCAMPUS PALLIDUM PUTAMEN THALAMUS"
names = [f"{name}_{side}" for name in names.split() for side in ("LEFT", "RIGHT")] + ["BRAIN_STEM"]
voxels = numpy.argwhere(numpy.ones((40, 40, 40)))[: 91282 - len(axis)] + 20
for name, part in zip(names, numpy.array_split(voxels, len(names))):
    axis += BrainModelAxis(name=name, voxel=part, affine=affine, volume_shape=(91, 109, 91))
data = 10000 + 200 * random.standard_normal((volumes, len(axis)), dtype="float32")
image = Cifti2Image(data, (SeriesAxis(0, 0.72, volumes), axis))
image.nifti_header.set_intent("NIFTI_INTENT_CONNECTIVITY_DENSE_SERIES")
image.nifti_header.set_data_dtype("float32")
image.to_filename(path)
"""

COMPARE = """
import sys
import nibabel
import numpy
a, b = (nibabel.load(path).get_fdata()[0] for path in sys.argv[1:])
print(numpy.abs(a / b - 1).max())
"""
# Each rounds to float32.
GREATEST_DIFFERENCE = 4e-7


def contenders() -> list[Contender]:
    def tsnr(threads: int) -> Contender:
        options = ["--definition=workbench", "-q", f"--threads={threads}", "-o", "{map}"]
        unit = "thread" if threads == 1 else "threads"
        return Contender("tsnr", f"**tsnr**, {threads} {unit}", ["tsnr", *options], ddof=None)

    reduce = f'{WORKBENCH} -cifti-reduce "$1" TSNR "$0"'
    numpy = ["python", str(HERE / "points_numpy.py"), "{map}"]
    return [
        tsnr(2),
        tsnr(1),
        Contender("workbench", "wb_command -cifti-reduce TSNR", ["sh", "-c", reduce, "{map}"], ddof=None),
        Contender("numpy", "nibabel + numpy", numpy, ddof=None),
        Contender("cat", "*limit:* cat", ["cat"], ddof=None),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--volumes", type=lambda text: text.split(","), default=["400", "1200"])
    parser.add_argument("--repeat", type=int, default=7, metavar="N")
    parser.add_argument("--folder", type=Path, default=PROJECT / "target" / "benchmark-data")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every measurement")
    options = parser.parse_args()
    measure, _ = build()
    peers = fetch_peers()
    peers.variables["QT_QPA_PLATFORM"] = "offscreen"
    fetch_from_debian(peers, WORKBENCH, ["connectome-workbench"])
    options.folder.mkdir(parents=True, exist_ok=True)
    benchmark, measured = Benchmark(measure, peers), {}
    for volumes in options.volumes:
        path = options.folder.resolve() / f"points_{volumes}.dtseries.nii"
        if not path.exists():
            say(f"making {path.name}")
            unfinished = path.with_name(f"unfinished_{path.name}")
            run(peers.python, "-c", MAKE, unfinished, volumes)
            unfinished.rename(path)
        say_maps_agree(benchmark, path)
        case = Case(f"{volumes}.dscalar.nii", [path], int(volumes), "")
        results = [it for it in benchmark.time(case, contenders(), options.repeat) if not it.failure]
        first, limit = results[0].wall, results[-1].wall
        size = path.stat().st_size / 1e6
        print(f"\n{volumes} volumes, {size:.0f} MB\n\n| | time | of tsnr's | of cat's | peak MiB |")
        print("|---|--:|--:|--:|--:|")
        for it in results:
            of = [statistics.median(a / b for a, b in zip(it.wall, wall)) for wall in (first, limit)]
            row = f"{statistics.median(it.wall):.3f} s | {of[0]:.2f} | {of[1]:.2f}"
            print(f"| {it.contender.label} | {row} | {statistics.median(it.peak) / MIB:.0f} |")
        measured[volumes] = {it.contender.label: vars(it) | {"contender": None} for it in results}
    if options.json:
        options.json.write_text(json.dumps(measured, default=str, indent=1))


def say_maps_agree(benchmark: Benchmark, path: Path) -> None:
    """Every map is Workbench's, before anything is timed."""
    entries = [it for it in contenders() if it.key != "cat"]
    maps = [benchmark.folder / f"{number}.dscalar.nii" for number in range(len(entries))]
    for entry, output in zip(entries, maps):
        command = [str(output) if word == "{map}" else word for word in entry.command]
        run(*command, path, env=benchmark.peers.variables, cwd=benchmark.folder)
    for output in maps[1:]:
        difference = float(run(benchmark.peers.python, "-c", COMPARE, maps[0], output))
        assert difference <= GREATEST_DIFFERENCE, f"{output.name}: {difference}"


if __name__ == "__main__":
    main()
