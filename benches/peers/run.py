"""Times tsnr and its peers on the same runs, in turns, and prints tables.

    python3 benches/peers/run.py [--scale small] [--repeat 5] [--cases D1,D2.nii] [--peers KEYS]

Needs Rust, Python 3.11 and, at the first call, a network; README.md beside this file has the rest.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

from contenders import Contender, contenders
from prepare import (
    HERE,
    PROJECT,
    SCRATCH,
    Case,
    Failure,
    Peers,
    build,
    cores,
    fetch_peers,
    make_data,
    run,
    say,
)
from report import MIB, Result, as_json, heading, machine, table, versions

CASES = ["D1", "D2", "D3"]

NOT_TO_BE_HAD = ["AFNI 3dTstat and FSL fslmaths (neither on PyPI nor in Debian)"]

# Maps agree if half of the voxels differ by no more than this. nipype's int16 maps need 1e-4; a
# wrong ddof is 6.6e-4 in the longest case.
GREATEST_MEDIAN_DIFFERENCE = 3e-4


class Benchmark:
    def __init__(self, measure: Path, peers: Peers):
        self.measure = measure
        self.peers = peers
        self.can_compare = not {"numpy", "nibabel"} & set(peers.missing)
        self.folder = SCRATCH / "maps"
        self.folder.mkdir(exist_ok=True)

    def time(self, case: Case, entries: list[Contender], repeat: int) -> list[Result]:
        """One round to warm up and to compare the maps, then rounds whose order rotates."""
        results = [Result(contender) for contender in entries]
        turns = list(enumerate(results))
        for round_number in range(repeat + 1):
            shift = round_number % len(turns)
            for index, result in turns[shift:] + turns[:shift]:
                if result.failure is None:
                    self.take_turn(case, index, result, round_number)
        for left_over in self.folder.iterdir():
            left_over.unlink()
        return results

    def take_turn(self, case: Case, index: int, result: Result, round_number: int) -> None:
        entry = result.contender
        reference, output = (self.folder / f"{at}.{case.suffix}" for at in (0, index))
        command = [str(output) if word == "{map}" else word for word in entry.command]
        is_warm_up = round_number == 0
        os.sync()  # so that nobody waits for what another one wrote
        subprocess.run(["cat", *case.files], stdout=subprocess.DEVNULL, check=True)
        try:
            used = self.measured([*command, *case.files])
            if is_warm_up and entry.ddof is not None and self.can_compare:
                result.difference = self.compared(reference, case.volumes, entry.ddof, output)
        except Failure as failure:
            if index == 0:
                raise
            result.failure = str(failure)
            say(f"{case.name}: {entry.label}: {failure}")
            return
        if not is_warm_up:
            result.wall.append(used["wall"])
            result.cpu.append(used["cpu"])
            result.peak.append(used["peak"])
        kind = "warm-up" if is_warm_up else f"round {round_number}"
        said = f"{used['wall']:.3f} s, {used['peak'] / MIB:.0f} MiB"
        say(f"{case.name:10} {kind:8} {said:20} {entry.label}")

    def measured(self, command: list[str | Path]) -> dict:
        """What a command uses: wall and cpu in seconds, peak in bytes."""
        report, messages = self.folder / "measured.json", self.folder / "messages.txt"
        with open(messages, "w") as to:
            done = subprocess.run(
                [self.measure, report, *command],
                env=self.peers.variables,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=to,
            )
        if done.returncode != 0:
            lines = messages.read_text().strip().splitlines() or ["no message"]
            raise Failure(f"exit status {done.returncode}, {lines[-1]}")
        return json.loads(report.read_text())

    def compared(self, reference: Path, volumes: int, ddof: int, output: Path) -> dict:
        """How a map differs from the first contender's. It must not differ much."""
        arguments = [reference, str(volumes), str(ddof), output]
        difference = json.loads(run(self.peers.python, HERE / "compare.py", *arguments))
        if difference["median"] > GREATEST_MEDIAN_DIFFERENCE or difference["undefined"]:
            raise Failure(f"its map is another one: {difference}")
        return difference


def main() -> None:
    options = parsed()
    if hasattr(os, "sched_setaffinity"):  # inherited by all that is started
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    measure, generator = build()
    peers = fetch_peers()
    folder = options.folder / options.scale
    cases = make_data(generator, folder, options.scale, options.cases)

    entries = [
        entry
        for entry in contenders(len(cores()))
        if entry.key == "tsnr" or not options.peers or entry.key in options.peers
    ]
    left_out = [
        f"{entry.label} ({name}: {peers.missing[name]})"
        for entry in entries
        for name in entry.needs
        if name in peers.missing
    ]
    entries = [entry for entry in entries if not set(entry.needs) & set(peers.missing)]

    benchmark = Benchmark(measure, peers)
    about = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "cores used": len(cores()),
        "versions": versions(peers),
        "scale": options.scale,
        "rounds": options.repeat,
        "peak of /bin/true, MiB": round(benchmark.measured(["true"])["peak"] / MIB, 1),
        "left out": left_out + NOT_TO_BE_HAD,
    }
    print(heading(about), flush=True)

    found = {}
    for case in cases:
        suited = [entry for entry in entries if entry.suffix in (None, case.suffix)]
        results = benchmark.time(case, suited, options.repeat)
        print(table(case, results), flush=True)
        found[case.name] = {
            "description": case.description,
            "results": [as_json(result) for result in results],
        }
        if options.json:
            options.json.write_text(json.dumps({"about": about, "cases": found}, indent=1) + "\n")


def parsed() -> argparse.Namespace:
    keys = list(dict.fromkeys(entry.key for entry in contenders(2)))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", choices=["full", "small"], default="full")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds that count [5]")
    parser.add_argument(
        "--cases",
        type=lambda text: text.split(","),
        default=CASES,
        help="such as D1,D2.nii.gz,D3.nii [D1,D2,D3: both encodings of each]",
    )
    parser.add_argument(
        "--peers",
        type=lambda text: text.split(","),
        help=f"only these beside tsnr, of {','.join(keys[1:])}",
    )
    parser.add_argument(
        "--folder", type=Path, default=PROJECT / "target" / "benchmark-data", help="for the data"
    )
    parser.add_argument("--cores", type=int, default=2, help="that all contenders may use [2]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every measurement")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    if options.repeat < 1 or options.cores < 1:
        parser.error("--repeat and --cores take numbers from 1")
    for name in options.cases:
        if name not in [f"{case}{suffix}" for case in CASES for suffix in ("", ".nii", ".nii.gz")]:
            parser.error(f"there is no case {name}")
    for key in options.peers or []:
        if key not in keys:
            parser.error(f"there is no peer {key}; there are {', '.join(keys)}")
    return options


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"run.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
