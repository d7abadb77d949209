"""Builds tsnr, makes the data, and fetches the peers into a scratch environment."""

import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
SCRATCH = PROJECT / "target" / "peers"

# Programs that are not on PyPI, and the Debian packages that have them.
DEBIAN_PACKAGES = {"igzip": ["isal", "libisal2"], "libdeflate-gunzip": ["libdeflate-tools"]}


def cores() -> set[int]:
    """The cores that this process and those it starts may use."""
    try:
        return os.sched_getaffinity(0)
    except AttributeError:  # not Linux
        return set(range(os.cpu_count() or 1))


class Failure(Exception):
    """What cannot be done, and why."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(*command: str | Path, **options) -> str:
    """Runs a command that must succeed, and returns what it says on stdout."""
    try:
        done = subprocess.run(
            command,
            check=True,
            text=True,
            capture_output=True,
            **options,
        )
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip() or error.stdout.strip() or "no message").splitlines()
        raise Failure(f"{Path(command[0]).name}: {said[-1]}") from error
    return done.stdout


# ---- tsnr, the data generator, the launcher --------------------------------------------------


def build() -> tuple[Path, Path]:
    """Puts tsnr, `measure` and the data generator into `bin`, and returns the last two."""
    say("building tsnr")
    (SCRATCH / "bin").mkdir(parents=True, exist_ok=True)
    command = ["cargo", "build", "--release", "--bin=tsnr", "--example=make_benchmark_data"]
    messages = run(*command, "--message-format=json", cwd=PROJECT).splitlines()
    copies = {}
    for message in map(json.loads, messages):
        if message.get("executable"):
            copies[message["target"]["name"]] = shutil.copy2(
                message["executable"], SCRATCH / "bin" / message["target"]["name"]
            )  # a copy, so that a later build does not change what is measured
    # Where Rust can link, there is a C compiler.
    measure = SCRATCH / "bin" / "measure"
    run(os.environ.get("CC", "cc"), "-O2", "-o", measure, HERE / "measure.c")
    return measure, copies["make_benchmark_data"]


# ---- The data --------------------------------------------------------------------------------


@dataclass
class Case:
    """Runs that are given together, in one encoding."""

    name: str
    files: list[Path]
    volumes: int
    description: str

    @property
    def suffix(self) -> str:
        return self.name.partition(".")[2]


def make_data(generator: Path, folder: Path, scale: str, wanted: list[str]) -> list[Case]:
    folder.mkdir(parents=True, exist_ok=True)
    names = [name.partition(".")[0] for name in wanted]
    say(f"making the data in {folder}")
    subprocess.run([generator, folder, f"--scale={scale}", *names], check=True)

    cases = []
    for name in sorted(set(names)):
        plain = sorted(folder.glob(f"{name}_run-*_bold.nii"))
        compressed = [path.with_suffix(".nii.gz") for path in plain]
        for suffix, files in [("nii.gz", compressed), ("nii", plain)]:
            if name in wanted or f"{name}.{suffix}" in wanted:
                cases.append(describe(f"{name}.{suffix}", files, plain))
    with ThreadPoolExecutor(len(cores())) as pool:  # zlib lets threads run
        needed = {path for case in cases for path in case.files if path.suffix == ".gz"}
        list(pool.map(pack, sorted(needed, key=lambda path: -plain_of(path).stat().st_size)))
    for case in cases:
        packed = sum(path.stat().st_size for path in case.files)
        plain = sum(plain_of(path).stat().st_size for path in case.files)
        case.description += f", {packed / 1e6:.1f} MB"
        if packed != plain:
            case.description += f" (gzip {plain / packed:.2f} to 1)"
    return cases


def describe(name: str, files: list[Path], plain: list[Path]) -> Case:
    volumes = []
    for path in plain:
        with open(path, "rb") as file:
            header = file.read(348)
        _, x, y, z, t = struct.unpack_from("<5h", header, 40)
        datatype = {4: "int16", 16: "float32"}[struct.unpack_from("<h", header, 70)[0]]
        volumes.append(t)
    runs = "1 run" if len(files) == 1 else f"{len(files)} runs"
    lengths = " + ".join(map(str, volumes))
    return Case(name, files, sum(volumes), f"{runs} of {x}x{y}x{z} {datatype}, {lengths} volumes")


def plain_of(path: Path) -> Path:
    return path.with_suffix("") if path.suffix == ".gz" else path


def pack(path: Path) -> None:
    """Makes a .nii.gz of its .nii: zlib, level 6, one member, as most converters write it."""
    plain = plain_of(path)
    if path.exists() and path.stat().st_mtime_ns >= plain.stat().st_mtime_ns:
        return
    unfinished = path.with_name(path.name + ".part")
    compressor = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    with open(plain, "rb") as source, open(unfinished, "wb") as to:
        while block := source.read(1 << 20):
            to.write(compressor.compress(block))
        to.write(compressor.flush())
    unfinished.replace(path)
    say(f"wrote {path}")


# ---- The peers -------------------------------------------------------------------------------


@dataclass
class Peers:
    """What could be had."""

    variables: dict[str, str]
    versions: dict[str, str] = field(default_factory=dict)
    # Each package or program that is not there, and why.
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        return SCRATCH / "venv" / "bin" / "python"


def fetch_peers() -> Peers:
    """Everything goes below `target/peers`; nothing is installed into the system."""
    say("fetching the peers")
    debian = SCRATCH / "debian" / "usr"
    variables = dict(os.environ)
    folders = [SCRATCH / "bin", SCRATCH / "venv" / "bin", debian / "bin"]
    variables["PATH"] = os.pathsep.join([*map(str, folders), os.environ["PATH"]])
    # nipype asks a server for its newest version, and keeps its settings in the home folder.
    variables |= {"NO_ET": "1", "NIPYPE_CONFIG_DIR": str(SCRATCH / "nipype")}

    peers = Peers(variables)
    fetch_from_pypi(peers)
    for program, packages in DEBIAN_PACKAGES.items():
        fetch_from_debian(peers, program, packages)
    for library in debian.glob("lib/*/libisal.so.2"):  # igzip's
        variables["LD_LIBRARY_PATH"] = str(library.parent)
    for program in DEBIAN_PACKAGES:
        if program not in peers.missing:
            said = run(program, "-V", env=variables).splitlines()[0]
            peers.versions[program] = said.split()[-1]
    return peers


def fetch_from_pypi(peers: Peers) -> None:
    requirements = (HERE / "requirements.txt").read_text()
    installed = SCRATCH / "venv" / "installed.txt"  # the requirements, once they are there
    lines = [line for line in requirements.splitlines() if line and not line.startswith("#")]
    pip = [peers.python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    if not installed.exists() or installed.read_text() != requirements:
        run(sys.executable, "-m", "venv", "--clear", SCRATCH / "venv")
        try:
            run(*pip, *lines)
            installed.write_text(requirements)
        except Failure:  # one by one, to keep those that can be had
            for line in lines:
                try:
                    run(*pip, line)
                except Failure as failure:
                    peers.missing[package_name(line)] = str(failure)

    script = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]), sep='\\n')"
    found = [package_name(line) for line in lines if package_name(line) not in peers.missing]
    versions = run(peers.python, "-c", script, *found).split()
    peers.versions |= dict(zip(found, versions, strict=True))
    if "niimath" in found:
        # The program itself, as its authors distribute it, without the Python that starts it.
        program = run(peers.python, "-c", "import niimath; print(niimath.bin)").strip()
        shutil.copy2(program, SCRATCH / "bin" / "niimath")


def package_name(requirement: str) -> str:
    return requirement.partition("==")[0].partition("[")[0]


def fetch_from_debian(peers: Peers, program: str, packages: list[str]) -> None:
    """Unpacks the packages, unless the program is there. No root is needed for that."""
    if shutil.which(program, path=peers.variables["PATH"]):
        return
    folder = SCRATCH / "debian"
    try:
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            raise Failure("not a Debian system")
        folder.mkdir(exist_ok=True)
        run("apt-get", "download", *packages, cwd=folder)
        for name in packages:
            for archive in folder.glob(f"{name}_*.deb"):
                run("dpkg", "-x", archive, folder)
    except Failure as failure:
        peers.missing[program] = f"not installed, and not to be had from Debian: {failure}"
