"""What is timed, and how it is called."""

from dataclasses import dataclass

from prepare import HERE


@dataclass(frozen=True)
class Contender:
    """A command that is timed. `{map}` in it is the map to write; the runs follow it.

    Its stdout is thrown away.
    """

    key: str
    label: str
    command: list[str]
    needs: tuple[str, ...] = ()
    suffix: str | None = None  # only for files of this kind
    ddof: int | None = 0  # of the map; None if there is none


def contenders(threads: int) -> list[Contender]:
    """tsnr first: the others are compared with the first one's map, time and memory."""

    def tsnr(mode: str, thread_count: int) -> Contender:
        unit = "thread" if thread_count == 1 else "threads"
        label = f"**tsnr**, {mode}" + ("" if mode == "serial" else f", {thread_count} {unit}")
        options = [f"--mode={mode}", f"--threads={thread_count}", "-o", "{map}"]
        return Contender("tsnr", label, ["tsnr", *options])

    def script(key: str, label: str, *needs: str) -> Contender:
        command = ["python", str(HERE / f"{key}.py"), "{map}"]
        return Contender(key, label, command, ("numpy", "nibabel", *needs))

    def decoder(key: str, command: str, at_a_time: int) -> Contender:
        label = f"*limit:* {command}, {at_a_time} at a time"
        script = f'printf "%s\\0" "$@" | xargs -0 -n 1 -P {at_a_time} {command}'
        needs = (command.split()[0],)
        return Contender(key, label, ["sh", "-c", script, "sh"], needs, "nii.gz", ddof=None)

    niimath = ["sh", str(HERE / "niimath.sh"), "{map}"]
    return [
        tsnr("array", threads),
        tsnr("array", 1),
        tsnr("delayed", threads),
        tsnr("serial", 1),
        script("dask_tuned", "Dask tuned by hand (ISA-L, blocks, one pass)", "dask", "isal"),
        script("numpy_blocks", "numpy + nibabel, one pass over blocks"),
        script("tutorial_serial", "numpy + nibabel, the lesson's loop"),
        script("dask_delayed", "dask.delayed, the lesson's", "dask"),
        script("dask_array", "dask.array, the lesson's", "dask"),
        script("nipype_tsnr", "nipype TSNR", "nipype"),
        Contender("niimath", "niimath -Tstd, -Tmean -div", niimath, ("niimath", "nibabel"), ddof=1),
        decoder("igzip", "igzip -dc", threads),
        decoder("igzip", "igzip -dc", 1),
        decoder("libdeflate", "libdeflate-gunzip -c", threads),
        decoder("libdeflate", "libdeflate-gunzip -c", 1),
        Contender("cat", "*limit:* cat", ["cat"], suffix="nii", ddof=None),
        Contender(
            "start",
            "*for scale:* Python starts, imports numpy and nibabel",
            ["python", "-c", "import numpy, nibabel"],
            ("numpy", "nibabel"),
            ddof=None,
        ),
    ]
