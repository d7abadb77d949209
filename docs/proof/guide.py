"""Finds the figures of docs/guide.md that no run of tsnr shows: simulations, and regressors to try.

    pip install numpy==2.4.6 nibabel==5.4.2
    python docs/proof/guide.py NAME     one of the functions below; `all` is every simulation

Written for and run with Python 3.11.7, numpy 2.4.6 and, for what reads runs, nibabel 5.4.2; each function has a seed of its own.
`tests/integration/guide.rs` runs each command as it stands in the guide, and holds what is printed
to what is shown there; those of simulations also where no real data are.
"""

import glob
import os
import sys
from statistics import NormalDist

import numpy as np

SIMULATIONS = {}


def simulation(function):
    SIMULATIONS[function.__name__] = function
    return function


def row(*cells):
    """A line: words to the left, numbers to the right."""
    first, *others = cells
    print((f"{first:<46}" + "".join(f"{it:>12}" for it in others)).rstrip())


def two(value):
    return f"{value:.2f}"


def percent(value):
    return f"{100 * value:.2g}%"


def residual_squares(series, design):
    """The sums of squares that columns, the constant among them, leave of `series` [case, t]."""
    basis = np.linalg.qr(design)[0]
    return (series**2).sum(-1) - ((series @ basis) ** 2).sum(-1)


def tsnr(series):
    return series.mean(-1) / series.std(-1)


@simulation
def stages():
    """One noise, independent from voxel to voxel, as it is and after it was interpolated.

    24 x 24 x 24 voxels, 200 volumes; the mean is 72.7 and the noise has a std of 1. Cubic is the cubic B-spline through the samples
    (order 3 of scipy and SPM), computed exactly by its transfer function on a periodic grid.
    """
    random = np.random.default_rng(20261)
    noise = random.standard_normal((24, 24, 24, 200))
    angle = 2 * np.pi * np.fft.fftfreq(24)

    def filtered(response):
        spectrum = np.fft.fftn(noise, axes=(0, 1, 2))
        for axis in range(3):
            spectrum *= response.reshape([-1 if it == axis else 1 for it in range(4)])
        return 72.7 + np.fft.ifftn(spectrum, axes=(0, 1, 2)).real

    half = np.cos(angle / 2)
    spline = (23 * half + np.cos(1.5 * angle)) / 24 / ((2 + np.cos(angle)) / 3)
    smooth = np.exp(-((2 / np.sqrt(8 * np.log(2))) ** 2) * angle**2 / 2)
    row("the same noise", "median tSNR")
    for name, response in [
        ("on its own grid", np.ones(24)),
        ("moved by half a voxel along each axis, cubic", spline),
        ("moved by half a voxel along each axis, linear", half),
        ("smoothed, FWHM of 2 voxels", smooth),
    ]:
        row(name, f"{np.median(tsnr(filtered(response))):.1f}")


@simulation
def ceiling():
    """tSNR = SNR0 / sqrt(1 + lambda^2 SNR0^2) of Krueger and Glover (2001), simulated."""
    random = np.random.default_rng(20262)
    row("image SNR (thermal noise only)", "25", "50", "100", "200", "400")
    for lam in (0, 0.005, 0.01):
        found = []
        for snr in (25, 50, 100, 200, 400):
            thermal = random.standard_normal(400000) / snr
            found.append(f"{tsnr(1 + thermal + lam * random.standard_normal(400000)):.0f}")
        words = f"tSNR, physiological noise {100 * lam:g}% of the signal"
        row(words if lam else "tSNR, no physiological noise", *found)


@simulation
def volumes():
    """Volumes after which half of them in a block design show an effect: N = 4 (z / (effect tSNR))^2.

    With N so large the expected z is the threshold, so that it is found every second time; for 80%
    z is larger by 0.84, for 99% by 2.33. White noise. The simulation counts how often that many find it.
    """
    random = np.random.default_rng(20263)
    quantile = NormalDist().inv_cdf
    voxel, brain = quantile(1 - 0.001), quantile(1 - 0.05 / 50000)
    row("effect, tSNR", "for 50%", "for 80%", "found", "brain, 99%", "found")
    for effect, ratio in [(0.02, 50), (0.01, 50), (0.01, 60), (0.01, 100), (0.005, 100)]:
        cells = []
        for threshold, power in [(voxel, 0.5), (voxel, 0.8), (brain, 0.99)]:
            needed = 4 * ((threshold + quantile(power)) / (effect * ratio)) ** 2
            half = round(needed / 2)
            on, off = (random.standard_normal((2, 200000))) / np.sqrt(half)
            z = (on + effect * ratio - off) / np.sqrt(2 / half)
            found = f"{100 * (z > threshold).mean():.0f}%"
            cells += [f"{needed:.0f}"] if power == 0.5 else [f"{needed:.0f}", found]
        row(f"{100 * effect:g}% of the signal, tSNR {ratio}", *cells)


@simulation
def rician():
    """Mean / std of the magnitude of a complex signal with noise of std 1 in each part."""
    random = np.random.default_rng(20264)
    row("signal / noise of one part, one coil", "tSNR")
    for signal in (0, 1, 2, 3, 5, 10):
        real, imaginary = random.standard_normal((2, 4000000))
        row(f"{signal}", two(tsnr(np.hypot(signal + real, imaginary))))


@simulation
def average():
    """Two runs of 10 volumes, tSNR 60: how often is `average` below `demean`?"""
    random = np.random.default_rng(20265)
    runs = 60 + random.standard_normal((200000, 2, 10))
    squares = ((runs - runs.mean(-1, keepdims=True)) ** 2).sum(-1)
    means = runs.mean(-1)
    for ddof, own, pooled in [("0", 10, 20), ("1", 9, 19), ("rank", 9, 18)]:
        averaged = (means / np.sqrt(squares / own)).mean(-1)
        is_below = averaged < means.mean(-1) / np.sqrt(squares.sum(-1) / pooled)
        row(f"--ddof {ddof}: average below demean, of voxels", f"{100 * is_below.mean():.0f}%")


@simulation
def between():
    """The share of the variance between runs, where the runs differ in nothing: 12 x 121 volumes."""
    random = np.random.default_rng(20266)

    def share(series):
        means = series.mean(-1, keepdims=True)
        shift = 121 * ((means - means.mean(1, keepdims=True)) ** 2).sum((1, 2))
        return np.mean(shift / (shift + ((series - means) ** 2).sum((1, 2))))

    white = random.standard_normal((2000, 12, 121))
    slow = random.standard_normal((2000, 12, 121))
    for volume in range(1, 121):
        slow[..., volume] *= np.sqrt(1 - 0.98**2)
        slow[..., volume] += 0.98 * slow[..., volume - 1]
    row("noise within 12 runs of 121 volumes", "share")
    row("white, for which it is (R - 1) / (N - 1)", percent(share(white)))
    row("half of it white, half AR(1) of 0.98", percent(share(white + slow)))
    row("all of it AR(1) of 0.98", percent(share(slow)))
    row("a tSNR that rises by a tenth: 1 - 1 / 1.1^2", f"{100 * (1 - 1 / 1.1**2):.1f}%")


@simulation
def dummies():
    """How often the rule of 3.5 MAD takes the first volume of a steady run for a dummy scan, and
    what it leaves of a tail: TR 0.8 s, T1 1.3 s, a first volume that is 20% brighter.
    """
    random = np.random.default_rng(20267)

    def flagged(signal):
        distance = np.abs(signal - np.median(signal, -1, keepdims=True))
        return 0.6745 * distance / np.median(distance, -1, keepdims=True) > 3.5

    row("steady runs", "left out")
    for count in (20, 50):
        rate = flagged(random.standard_normal((400000, count)))[:, 0].mean()
        row(f"the first of {count} volumes", f"{100 * rate:.2f}%")
    row("T1 recovery, first volume 20% brighter", "left out", "then still")
    tail = 0.2 * np.exp(-0.8 * np.arange(50) / 1.3)
    for noise in (0.001, 0.005):
        signal = 1 + tail + noise * random.standard_normal((20000, 50))
        left_out = np.argmin(flagged(signal), axis=-1)
        count = int(np.median(left_out))
        words = f"50 volumes, noise of the global signal {100 * noise:g}%"
        row(words, f"{count}", f"+{100 * tail[count]:.1f}%")


@simulation
def drift():
    """What SPM's cosines leave of the variance of a linear drift, and they with a line beside them."""
    row("left of a linear drift, --highpass 128", "cosines", "by them", "and a line")
    for volumes, tr in [(60, 2.0), (121, 2.5), (300, 2.0)]:
        time = np.arange(volumes)
        line = time - time.mean()
        count = int(2 * volumes * tr / 128)
        cosines = [np.cos(np.pi * (2 * time + 1) * j / (2 * volumes)) for j in range(1, count + 1)]
        columns = np.column_stack([np.ones(volumes), *cosines])
        designs = columns, np.column_stack([columns, line])
        left = [residual_squares(line, it) / (line**2).sum() for it in designs]
        row(f"{volumes} volumes, TR {tr:g} s", f"{count}", *(f"{abs(100 * it):.1f}%" for it in left))


@simulation
def stderr():
    """The spread of the tSNR over repetitions, and sqrt(1/N + tSNR^2 / (2 nu))."""
    random = np.random.default_rng(20268)
    row("white noise, tSNR 60", "true", "stderr", "N for nu")

    def old(ratio, count):
        return np.sqrt((1 + ratio**2 / 2) / count)

    def new(ratio, count, nu):
        return np.sqrt(1 / count + ratio**2 / (2 * nu))

    series = 60 + random.standard_normal((100000, 40))
    design = np.column_stack([np.ones(40), random.standard_normal((40, 24))])
    found = series.mean(-1) / np.sqrt(residual_squares(series, design) / 15)
    mean = found.mean()
    row("N 40, 24 regressors, --ddof rank: nu 15", f"{found.std():.1f}",
        f"{new(mean, 40, 15):.1f}", f"{old(mean, 40):.1f}")
    series = 60 + random.standard_normal((10000, 4, 200))
    series += 1.3 * random.standard_normal((10000, 4, 1))
    found = tsnr(series.reshape(10000, 800))
    row("4 runs of 200, shifts of 1.3 std, concat", two(found.std()), "none",
        two(old(found.mean(), 800)))


@simulation
def paired():
    """Two maps of one run: 184 volumes, tSNR 60, without and with 6 regressors, --ddof rank."""
    random = np.random.default_rng(20269)
    series = 60 + random.standard_normal((50000, 184))
    design = np.column_stack([np.ones(184), random.standard_normal((184, 6))])
    before = series.mean(-1) / np.sqrt(residual_squares(series, design[:, :1]) / 183)
    after = series.mean(-1) / np.sqrt(residual_squares(series, design) / 177)
    error = np.sqrt(1 / 184 + before.mean() ** 2 / (2 * 183))
    row("SD of the difference", two((after - before).std()))
    row("sqrt(2) * stderr, as if of two runs", two(np.sqrt(2) * error))


def drawn(random):
    """Columns of 121 volumes that know nothing of any data, by name: 6 random walks with their
    differences and the squares of both (24), and 24 of white noise.
    """
    walks = np.cumsum(random.standard_normal((121, 6)), axis=0)
    differences = np.diff(walks, axis=0, prepend=walks[:1])
    white = random.standard_normal((121, 24))
    table = np.column_stack([walks, differences, walks**2, differences**2, white])
    ends = ["", "_derivative1", "_power2", "_derivative1_power2"]
    names = [f"walk_{axis}{end}" for end in ends for axis in "abcdef"]
    return table, names + [f"white_{column:02}" for column in range(24)]


def confounds():
    """The columns above in fMRIPrep's form, for the Haxby runs in haxby/."""
    # Of 30 seeds one whose draw is near the mean of all.
    random = np.random.default_rng(20298)
    os.makedirs("made/random", exist_ok=True)
    for path in sorted(glob.glob("haxby/*_bold.nii.gz")):
        table, names = drawn(random)
        stem = os.path.basename(path).removesuffix("_bold.nii.gz")
        name = f"made/random/{stem}_desc-confounds_timeseries.tsv"
        np.savetxt(name, table, "%.9g", "\t", header="\t".join(names), comments="")


def haxby_runs():
    """The series [voxel, t] of each Haxby run in the mask, of voxels that vary."""
    import nibabel

    mask = nibabel.load("made/brain.nii.gz").get_fdata() != 0
    paths = sorted(glob.glob("haxby/*_bold.nii.gz"))
    runs = [nibabel.load(path).get_fdata()[mask] for path in paths]
    varies = np.all([run.std(-1) > 0 for run in runs], axis=0)
    return [run[varies] for run in runs]


def haxby_cosines():
    """The four cosines of --highpass 128 for 121 volumes of a TR of 2.5 s."""
    time = np.arange(121)
    return np.column_stack([np.cos(np.pi * (2 * time + 1) * j / 242) for j in range(1, 5)])


def correlation():
    """The correlation of a volume with the next one, median over a mask, of each run."""
    constant = np.ones((121, 1))
    row("lag-1 correlation, median voxel of a run", "lowest", "highest")
    for name, design in [
        ("--combine demean", constant),
        ("--combine demean --highpass 128", np.column_stack([constant, haxby_cosines()])),
    ]:
        basis = np.linalg.qr(design)[0]
        found = []
        for series in haxby_runs():
            left = series - series @ basis @ basis.T
            found.append(np.median((left[:, 1:] * left[:, :-1]).sum(-1) / (left**2).sum(-1)))
        row(name, two(min(found)), two(max(found)))


def surrogates():
    """The medians of 20 draws of the columns above: demean, ddof rank, mean and SD over the draws."""
    random = np.random.default_rng(20271)
    runs, constant = haxby_runs(), np.ones((121, 1))
    filtered = np.column_stack([constant, haxby_cosines()])
    mean = np.mean([run.mean(-1) for run in runs], axis=0)
    draws = [[drawn(random)[0] for _ in runs] for _ in range(20)]
    row("20 draws", "mean", "SD", "highpass", "SD")
    for name, columns in [
        ("24 of white noise", slice(24, 48)),
        ("6 random walks", slice(0, 6)),
        ("6 walks, differences and squares: 24", slice(0, 24)),
    ]:
        cells = []
        for before in (constant, filtered):
            medians = []
            for draw in draws:
                designs = [np.column_stack([before, it[:, columns]]) for it in draw]
                # Columns of one length, as random walks and their squares are not.
                designs = [it / np.linalg.norm(it, axis=0) for it in designs]
                squares = sum(map(residual_squares, runs, designs))
                freedom = sum(len(it) - it.shape[1] for it in designs)
                medians.append(np.median(mean / np.sqrt(squares / freedom)))
            cells += [f"{np.mean(medians):.1f}", f"{np.std(medians, ddof=1):.1f}"]
        row(name, *cells)


def all():
    for function in SIMULATIONS.values():
        function()


if __name__ == "__main__":
    {**SIMULATIONS, **{it.__name__: it for it in (confounds, correlation, surrogates, all)}}[sys.argv[1]]()
