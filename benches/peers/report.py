"""What is printed: the circumstances, and a table for each case."""

import os
import platform
import statistics
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from contenders import Contender
from prepare import PROJECT, SCRATCH, Case, Failure, Peers, run

MIB = 2**20

COLUMNS = [
    "contender",
    "wall, s",
    "min to max",
    "ratio",
    "CPU, s",
    "ratio",
    "peak, MiB",
    "ratio",
    "greatest difference",
]


@dataclass
class Result:
    """What was measured of a contender in one case."""

    contender: Contender
    wall: list[float] = field(default_factory=list)  # seconds
    cpu: list[float] = field(default_factory=list)  # seconds
    peak: list[int] = field(default_factory=list)  # bytes
    difference: dict | None = None
    failure: str | None = None


def table(case: Case, results: list[Result]) -> str:
    lines = [
        f"### {case.name}",
        "",
        f"{case.description}. Ratios are to the first row.",
        "",
        row(COLUMNS),
        row(["---"] + ["--:"] * (len(COLUMNS) - 1)),
    ]
    first = results[0]
    for result in results:
        label = result.contender.label
        if result.failure:
            lines.append(row([label, f"failed: {result.failure}"] + ["–"] * (len(COLUMNS) - 2)))
            continue
        cells = [
            seconds(statistics.median(result.wall)),
            f"{seconds(min(result.wall))} to {seconds(max(result.wall))}",
            ratio(result.wall, first.wall),
            seconds(statistics.median(result.cpu)),
            ratio(result.cpu, first.cpu),
            f"{statistics.median(result.peak) / MIB:.0f}",
            ratio(result.peak, first.peak),
            difference(result),
        ]
        lines.append(row([label, *cells]))
    return "\n".join(lines) + "\n"


def row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def difference(result: Result) -> str:
    if result.difference is None:
        return "–"
    greatest = result.difference["greatest"]
    return f"{greatest:.0e}" if greatest else "0"


def seconds(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"


def ratio(values: list, to: list) -> str:
    return f"{statistics.median(values) / statistics.median(to):.2f}"


def machine() -> dict[str, str]:
    found = {"system": f"{platform.system()} {platform.release()} {platform.machine()}"}
    found["processor"], found["cores"] = platform.processor(), str(os.cpu_count())
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                found["processor"] = line.partition(":")[2].strip()
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        found["memory"] = f"{memory / 2**30:.0f} GiB"
        found["system"] += f", {platform.freedesktop_os_release()['PRETTY_NAME']}"
    except (OSError, ValueError):
        pass
    return found


def versions(peers: Peers) -> dict[str, str]:
    try:
        commit = run("git", "describe", "--always", "--dirty", cwd=PROJECT).strip()
    except Failure:
        commit = "unknown commit"
    tsnr = run(SCRATCH / "bin" / "tsnr", "--version").split()[-1]
    return {
        "tsnr": f"{tsnr} ({commit})",
        "rustc": run("rustc", "--version").split()[1],
        "Python": platform.python_version(),
        **peers.versions,
        "zlib that packed the data": zlib.ZLIB_RUNTIME_VERSION,
    }


def heading(about: dict) -> str:
    system, used = about["machine"], about["cores used"]
    memory = system.get("memory", "memory unknown")
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return f"""\
{about["date"]}; {system["processor"]}, {used} of {system["cores"]} cores, {memory}; \
{system["system"]}.

Versions: {versions}.

Scale {about["scale"]}. Medians of {about["rounds"]} rounds after one to warm up, files in the \
page cache. Peaks below {about["peak of /bin/true, MiB"]} MiB cannot be seen.

Left out: {"; ".join(about["left out"])}.
"""


def as_json(result: Result) -> dict:
    return {
        "label": result.contender.label,
        "wall_seconds": result.wall,
        "cpu_seconds": result.cpu,
        "peak_bytes": result.peak,
        "difference": result.difference,
        "failure": result.failure,
    }
