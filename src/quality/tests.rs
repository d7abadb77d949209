//! The figures are those of numpy and scipy, and faults are found where they are.
//!
//! numpy 2.4.6, scipy 1.17.1, with T, K = 40, 30, t and v the numbers of volumes and voxels, and
//! `y = (1000 + 50 * v % 7 + ((t * 7919 + v * 104729 + t * t * 31 * (v + 3)) % 1009) * 0.05)` in float32.

use super::*;

const VOLUMES: usize = 40;
const VOXELS: usize = 30;

/// `y`, with something added at each volume.
fn series(added: impl Fn(usize) -> f64) -> Series {
    let value = |at: usize| {
        let (t, v) = (at / VOXELS, at % VOXELS);
        let noise = (t * 7919 + v * 104_729 + t * t * 31 * (v + 3)) % 1009;
        let value = 1000.0 + (50 * v % 7) as f64 + noise as f64 * 0.05;
        (f64::from(value as f32) + added(t)) as f32
    };
    Series::new((0..VOLUMES).collect(), VOXELS, (0..VOLUMES * VOXELS).map(value).collect())
}

fn assert_near(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-6, "{found}, expected {expected}");
}

/// `y[17] += 100; D = (np.diff(y, axis=0)**2).mean(1); m = np.median(D)`: `sqrt(m)`,
/// `sqrt(D.max() / m)`, and `(D.max() - m) / 4` over the median over volumes of the mean squared
/// distance from `y.mean(0)`.
#[test]
fn a_spike_is_an_outlier_by_as_much_as_numpy_finds() {
    let found = changes(&series(|t| if t == 17 { 100.0 } else { 0.0 })).expect("enough volumes");
    assert_eq!(found.count, VOLUMES - 1);
    assert_near(found.median_dvars, 20.247_483_272_211_383);
    let [spike] = found.outliers[..] else { panic!("one volume: {found:?}") };
    assert_eq!((spike.volume, spike.is_step), (17, false));
    assert_near(spike.times_median, 5.104_399_272_478_965);
    assert_near(spike.share, 12.047_573_891_729_304);
}

#[test]
fn a_jump_a_first_and_a_last_volume_are_where_they_are() {
    let volumes = |added: &dyn Fn(usize) -> f64| {
        let found = changes(&series(added)).expect("enough volumes").outliers;
        found.iter().map(|it| (it.volume, it.is_step)).collect::<Vec<_>>()
    };
    assert!(volumes(&|_| 0.0).is_empty());
    assert_eq!(volumes(&|t| if t >= 25 { 200.0 } else { 0.0 }), [(25, true)]);
    assert_eq!(volumes(&|t| if t == 0 { 200.0 } else { 0.0 }), [(0, false)]);
    assert_eq!(volumes(&|t| if t == 39 { 200.0 } else { 0.0 }), [(39, false)]);
    let two =
        |t: usize| [(12, 100.0), (13, -100.0)].iter().find(|it| it.0 == t).map_or(0.0, |it| it.1);
    assert_eq!(volumes(&two), [(12, false), (13, false)]);
}

/// `z = y + 2 * t`; `np.polyfit` of its mean over the voxels, and of each voxel.
#[test]
fn a_drift_is_the_line_that_numpy_fits() {
    let found = trend(&series(|t| 2.0 * t as f64 + if t == 17 { 100.0 } else { 0.0 }));
    let found = found.expect("a line");
    assert_near(found.percent, 7.305_082_908_561_311);
    assert_near(found.share, 0.682_742_345_492_967_5);
    assert_near(found.percent_error, 0.121_102_242_172_228_06);
    assert!(found.is_drift());
    assert!(!trend(&series(|_| 0.0)).expect("a line").is_drift());
}

/// numpy's figures of `y` with `y[17] += 100`: `np.median(y.mean(0) / y.std(0))`, and
/// `sqrt(pi / 2 / K)` times the interquartile range of the logarithms over that of the normal distribution.
#[test]
fn the_figure_of_a_run_is_numpys() {
    let found = figure_of_run(&series(|t| if t == 17 { 100.0 } else { 0.0 }), 0, &[]);
    let found = found.expect("enough voxels");
    assert_near(found.median, 49.491_602_525_497_86);
    assert_near(found.log_error, 0.020_396_055_208_054_792);
}

#[test]
fn a_run_far_from_the_others_is_found_and_no_other() {
    let found = |medians: &[f64]| {
        let figure = |&median: &f64| Some(RunFigure { median, log_error: 0.02 });
        let figures: Vec<_> = medians.iter().map(figure).collect();
        outlier_runs(&figures).iter().map(|it| it.run).collect::<Vec<_>>()
    };
    assert_eq!(found(&[67.0, 67.0, 11.0, 67.0]), [2]);
    assert_eq!(found(&[67.0, 11.0]), [1], "the lower");
    assert_eq!(found(&[67.0, 66.0, 11.0]), [2]);
    assert!(found(&[67.0, 60.0, 55.0]).is_empty());
    assert_eq!(found(&[60.0, 61.0, 59.0, 62.0, 40.0, 58.0]), [4]);
    assert!(found(&[30.0, 60.0, 45.0, 80.0, 20.0, 90.0]).is_empty(), "all of them differ");
    assert!(found(&[67.0]).is_empty());
}

#[test]
fn a_lost_slice_is_found_and_a_drift_of_all_is_not() {
    let means = |lost: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
        let mean = |volume: usize, slice: usize| {
            let noise = ((volume * 7919 + slice * 104_729) % 101) as f64 / 101.0;
            (500.0 + 20.0 * slice as f64) * (1.0 + 0.01 * noise) * lost(volume, slice)
        };
        (0..50).map(|volume| (0..9).map(|slice| mean(volume, slice)).collect()).collect()
    };
    let found = |lost: &dyn Fn(usize, usize) -> f64| {
        let found = outlier_slices(&means(lost), |_, _| false);
        found.iter().map(|it| (it.volume, it.slice)).collect::<Vec<_>>()
    };
    assert!(found(&|_, _| 1.0).is_empty());
    assert!(found(&|volume, _| 1.0 + 0.01 * volume as f64).is_empty());
    assert!(found(&|volume, _| if volume == 30 { 1.5 } else { 1.0 }).is_empty(), "a whole volume");
    let one = |volume, slice| if (volume, slice) == (30, 4) { 0.7 } else { 1.0 };
    assert_eq!(found(&one), [(30, 4)]);
    let deviation = outlier_slices(&means(&one), |_, _| false)[0].deviation;
    assert!((deviation + 0.3).abs() < 0.02, "{deviation}");
}

#[test]
fn a_slice_is_low_beside_both_neighbours_only() {
    let found = |medians: &[f64]| {
        let all: Vec<_> = medians.iter().map(|&it| Some((it, 100))).collect();
        low_slices(&all).iter().map(|it| (it.slice, it.tsnr, it.beside)).collect::<Vec<_>>()
    };
    assert_eq!(found(&[50.0, 49.0, 19.0, 51.0, 50.0]), [(2, 19.0, 49.0)]);
    assert!(found(&[50.0, 40.0, 30.0, 20.0, 10.0]).is_empty());
    assert!(low_slices(&[Some((50.0, 100)), Some((19.0, 10)), Some((50.0, 100))]).is_empty());
}

/// A blob that is moved by 0.6 voxels along y at volume 20.
#[test]
fn a_step_of_the_head_is_found_with_its_axis() {
    let shape = [12, 14, 8];
    let blob = |place: usize, off: f64| {
        let at = [place % 12, place / 12 % 14, place / 168];
        let there = [at[0] as f64 - 5.5, at[1] as f64 - 6.5 - off, at[2] as f64 - 3.5];
        let radius = there.iter().zip([4.0, 5.0, 3.0]).map(|(a, b)| (a / b).powi(2)).sum::<f64>();
        1000.0 / (1.0 + (4.0 * (radius - 1.0)).exp())
    };
    let places: Vec<usize> = (0..12 * 14 * 8).collect();
    let mean: Vec<f64> = places.iter().map(|&it| 0.5 * (blob(it, 0.0) + blob(it, 0.6))).collect();
    let gradients = Gradients::at_edges(&mean, shape, &places).expect("edges");
    let series = |off: &dyn Fn(usize) -> f64, bright: &dyn Fn(usize) -> f64| {
        let row = |volume: usize| {
            let value = move |&at: &usize| blob(at, off(volume)) * bright(volume);
            gradients.chosen().iter().map(value).collect::<Vec<f64>>()
        };
        let values = (0..40).flat_map(row).map(|it| it as f32).collect();
        Series::new((100..140).collect(), gradients.chosen().len(), values)
    };
    let step = |volume: usize| if volume >= 20 { 0.6 } else { 0.0 };
    let found = shift(&series(&step, &|_| 1.0), &gradients).expect("a step");
    assert_eq!(found.volume, 120, "by its number in the run");
    assert!((found.voxels[1] - 0.6).abs() < 0.1 && found.share > 0.9, "{found:?}");
    assert!(found.voxels[0].abs() < 0.02 && found.voxels[2].abs() < 0.02, "{found:?}");
    let slow = |volume: usize| 0.6 * volume as f64 / 40.0;
    assert_eq!(shift(&series(&slow, &|_| 1.0), &gradients), None, "a slow sway");
    let brighter = |volume: usize| if volume >= 20 { 1.3 } else { 1.0 };
    assert_eq!(shift(&series(&|_| 0.0, &brighter), &gradients), None, "brightness");
}

const SHAPE: [usize; 3] = [20, 24, 10];

/// The places of a grid of 20x24x10 voxels.
fn places() -> impl Iterator<Item = [usize; 3]> {
    (0..SHAPE.iter().product()).map(|it: usize| [it % 20, it / 20 % 24, it / 480])
}

/// `((x - 9.5) / 6)**2 + ((y - 11.5) / 7)**2 + ((z - 4.5) / 4)**2 < 1`.
fn is_brain([x, y, z]: [usize; 3]) -> bool {
    let parts = [(x, 9.5, 6.0), (y, 11.5, 7.0), (z, 4.5, 4.0)];
    parts.iter().map(|(at, middle, radius)| ((*at as f64 - middle) / radius).powi(2)).sum::<f64>()
        < 1.0
}

/// `np.where(brain, 1000 + 50 * ((7 * x + 3 * y + 5 * z) % 11), 10 + (5 * x + 11 * y + 3 * z) % 7)`.
fn mean_at(at: [usize; 3]) -> f64 {
    let [x, y, z] = at;
    match is_brain(at) {
        true => (1000 + 50 * ((7 * x + 3 * y + 5 * z) % 11)) as f64,
        false => (10 + (5 * x + 11 * y + 3 * z) % 7) as f64,
    }
}

/// `mean += 0.1 * np.roll(mean * brain, -12, 1)`. Layers by `scipy.ndimage.binary_dilation`, quantiles
/// by `np.quantile`.
#[test]
fn a_ghost_is_as_bright_as_numpy_finds() {
    let brain: Vec<bool> = places().map(is_brain).collect();
    let clean: Vec<f64> = places().map(mean_at).collect();
    assert_eq!(ghost(&clean, SHAPE, &brain), Some(None));
    let opposite = |[x, y, z]: [usize; 3]| [x, (y + 12) % 24, z];
    let of_ghost = |at: [usize; 3]| match is_brain(opposite(at)) {
        true => mean_at(at) + 0.1 * mean_at(opposite(at)),
        false => mean_at(at),
    };
    let mean: Vec<f64> = places().map(of_ghost).collect();
    let found = ghost(&mean, SHAPE, &brain).flatten().expect("a ghost");
    assert_eq!(found.axis, 1);
    assert_near(found.part, 0.108_805_127_478_421_07);
    assert!(!found.is_large());
    let there = places().nth(found.voxel).map(opposite).expect("a place");
    assert!(is_brain(there), "{there:?}");
    assert_eq!(ghost(&mean[..100], [10, 10, 1], &brain[..100]), None, "too small");
}

/// A ball of 100 about (9, 14, 4) in it; components by `scipy.ndimage.label`.
#[test]
fn lost_signal_is_as_large_as_scipy_finds() {
    let brain: Vec<bool> = places().map(is_brain).collect();
    let clean: Vec<f64> = places().map(mean_at).collect();
    assert_eq!(dropout(&clean, SHAPE, &brain), None);
    let square = |at: [usize; 3]| -> f64 {
        at.iter().zip([9.0, 14.0, 4.0]).map(|(&at, middle)| (at as f64 - middle).powi(2)).sum()
    };
    let is_lost = |at: [usize; 3]| square(at) < 2.2 * 2.2;
    let of_ball = |at: [usize; 3]| if is_lost(at) { 100.0 } else { mean_at(at) };
    let mean: Vec<f64> = places().map(of_ball).collect();
    let hollow: Vec<bool> = places().map(|at| is_brain(at) && !is_lost(at)).collect();
    for brain in [brain, hollow] {
        let found = dropout(&mean, SHAPE, &brain).expect("a dark place");
        assert_eq!(found.voxels, 33);
        assert_near(found.part, 0.045_329_670_329_670_33);
        assert_eq!(places().nth(found.voxel), Some([9, 14, 4]));
    }
}

#[test]
fn what_slices_lose_for_good_is_found_with_its_volume() {
    let means = |kept: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
        let mean = |volume: usize, slice: usize| {
            let noise = ((volume * 7919 + slice * 104_729) % 101) as f64 / 101.0;
            (500.0 + 20.0 * slice as f64) * (1.0 + 0.01 * noise) * kept(volume, slice)
        };
        (0..50).map(|volume| (0..9).map(|slice| mean(volume, slice)).collect()).collect()
    };
    let found = |kept: &dyn Fn(usize, usize) -> f64| {
        let found = outlier_slices(&means(kept), |_, _| false);
        found.iter().map(|it| (it.volume, it.slice, it.lasts)).collect::<Vec<_>>()
    };
    let half = |volume: usize, slice: usize| {
        if volume >= 30 && slice.is_multiple_of(2) { 0.3 } else { 1.0 }
    };
    assert_eq!(found(&half), [0, 2, 4, 6, 8].map(|slice| (30, slice, true)));
    let deviation = outlier_slices(&means(&half), |_, _| false)[0].deviation;
    assert!((deviation + 0.7).abs() < 0.01, "{deviation}");
    assert!(found(&|volume, _| if volume >= 30 { 0.3 } else { 1.0 }).is_empty(), "all of them");
}

/// Slices that were excited together and lose signal together are not held against each other.
#[test]
fn a_lost_group_of_slices_is_found_by_the_times_of_the_slices() {
    let mean = |volume: usize, slice: usize| {
        let noise = ((volume * 7919 + slice * 104_729) % 101) as f64 / 101.0;
        let lost = volume == 20 && [3, 4].contains(&slice);
        500.0 * (1.0 + 0.01 * noise) * if lost { 0.88 } else { 1.0 }
    };
    let means: Vec<Vec<f64>> =
        (0..50).map(|volume| (0..9).map(|slice| mean(volume, slice)).collect()).collect();
    let found = |together: fn(usize, usize) -> bool| outlier_slices(&means, together).len();
    assert_eq!(found(|a, b| a.min(b) == 3 && a.max(b) == 4), 2);
    assert_eq!(found(|_, _| false), 0);
}

#[test]
fn a_jump_that_is_taken_back_is_the_volumes_between() {
    let volumes = |from: usize, to: usize| {
        let added = |t: usize| if (from..to).contains(&t) { 200.0 } else { 0.0 };
        let found = changes(&series(added)).expect("enough volumes").outliers;
        found.iter().map(|it| it.volume).collect::<Vec<_>>()
    };
    assert_eq!(volumes(12, 17), [12, 13, 14, 15, 16]);
    assert_eq!(volumes(8, 34), [8, 34], "more than half of the run");
}
