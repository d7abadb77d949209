//! Made sessions: heads of which every volume is drawn at random and the maps are computed, with
//! faults where a test plants them.

use tsnr::pictures::{Grid, Volume};
use tsnr::report::facts::*;
use tsnr::stats::quantiles::quantiles_of_finite as quantiles;
use tsnr::taskgraph::drawing::{Format, Picture};
use tsnr::taskgraph::{Outline, OutlineTask};

/// Random numbers that are the same each time (xorshift64*, Vigna 2016).
pub struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal, with variance 1: a sum of three uniform numbers.
    fn normal(&mut self) -> f64 {
        2.0 * (self.uniform() + self.uniform() + self.uniform() - 1.5)
    }
}

/// What is wrong in a session.
#[derive(Clone, Copy, PartialEq)]
pub enum Fault {
    /// A volume of a run is brighter by a tenth.
    Spike { run: usize, volume: usize },
    /// A slice of a run is lost in half of its volumes.
    DroppedSlice { run: usize, slice: usize },
    /// A run lies two voxels to anterior, and is brighter.
    Shift { run: usize },
    /// The first volumes of every run are brighter; they are dropped.
    NonSteady { volumes: usize },
    /// The brightest quarter at the right is cut off at one value.
    Clip,
}

/// How a session is made.
pub struct Plan {
    pub shape: [usize; 3],
    pub voxel: [f64; 3],
    pub runs: usize,
    pub volumes: usize,
    pub faults: Vec<Fault>,
}

/// The signal of a head without noise, 0 outside: brighter in front, with dark ventricles.
fn head(shape: [usize; 3], voxel: [usize; 3], shift: usize) -> f64 {
    let at = |axis: usize, moved: usize| {
        let half = shape[axis] as f64 / 2.0;
        (voxel[axis] as f64 - moved as f64 + 0.5 - half) / half
    };
    let [x, y] = [at(0, 0), at(1, shift)];
    let z = if shape[2] == 1 { 0.1 } else { at(2, 0) };
    let radius = (x / 0.72).powi(2) + (y / 0.9).powi(2) + (z / 1.05).powi(2);
    let folds = 60.0 * ((9.0 * x).sin() * (8.0 * y).cos() * (7.0 * z + 1.0).sin());
    let ventricle = ((x.abs() - 0.12) / 0.1).powi(2) + (y / 0.3).powi(2) + (z / 0.35).powi(2);
    match radius {
        outside if outside > 1.0 => 0.0,
        rim if rim > 0.86 => 420.0,
        _ if ventricle < 1.0 => 1150.0,
        _ => 800.0 + 120.0 * y + folds,
    }
}

/// The facts of a made session, computed from its volumes.
pub fn session(plan: &Plan) -> Facts {
    let [nx, ny, nz] = plan.shape;
    let count = nx * ny * nz;
    let [dx, dy, dz] = plan.voxel;
    let grid = Grid {
        shape: plan.shape,
        affine: [
            [-dx, 0.0, 0.0, dx * (nx as f64 - 1.0) / 2.0],
            [0.0, dy, 0.0, -dy * (ny as f64 - 1.0) / 2.0 - 15.0],
            [0.0, 0.0, dz, -dz * (nz as f64 - 1.0) / 2.0 + 12.0],
        ],
        unknown_sides: None,
    };
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let voxel = |it: usize| [it % nx, it / nx % ny, it / nx / ny];
    let steady = |volume: usize| {
        let is_before =
            |fault: &Fault| matches!(fault, Fault::NonSteady { volumes } if volume < *volumes);
        !plan.faults.iter().any(is_before)
    };
    let mut sums = Sums::new(count);
    for run in 0..plan.runs {
        let has = |fault: Fault| plan.faults.contains(&fault);
        let shift = if has(Fault::Shift { run }) { 2 } else { 0 };
        let level = if has(Fault::Shift { run }) { 1.06 } else { 1.0 + 0.004 * run as f64 };
        let signal: Vec<f64> =
            (0..count).map(|it| level * head(plan.shape, voxel(it), shift)).collect();
        let mut values = |volume: usize| -> Vec<f64> {
            let mut gain = 1.0 + 0.0015 * noise.normal();
            if !steady(volume) {
                gain *= 1.0 + 0.35 * (-(volume as f64)).exp();
            }
            if has(Fault::Spike { run, volume }) {
                gain *= 1.1;
            }
            let value = |it: usize| {
                let [x, _, z] = voxel(it);
                if signal[it] == 0.0 {
                    return 0.0;
                }
                let lost = Fault::DroppedSlice { run, slice: z };
                let kept = if volume % 2 == 1 && has(lost) { 0.3 } else { 1.0 };
                let value = (signal[it] * gain + 11.0 * noise.normal()) * kept;
                // The grid's first axis runs to the left, so low indices lie at the right.
                if has(Fault::Clip) && x < nx / 2 { value.min(880.0) } else { value }
            };
            (0..count).map(value).collect()
        };
        let volumes: Vec<(Vec<f64>, Use)> = (0..plan.volumes)
            .map(|it| (values(it), if steady(it) { Use::Used } else { Use::Dummy }))
            .collect();
        sums.add(&format!("sub-01_ses-test_task-rest_run-{}_bold", run + 1), &volumes);
    }
    sums.facts(grid, "sub-01, ses-test")
}

/// What facts are computed from, run by run.
pub struct Sums {
    total: f64,
    sum: Vec<f64>,
    squares: Vec<f64>,
    within: Vec<f64>,
    runs: Vec<Run>,
}

impl Sums {
    pub fn new(voxels: usize) -> Sums {
        let zeros = vec![0.0; voxels];
        Sums { total: 0.0, sum: zeros.clone(), squares: zeros.clone(), within: zeros, runs: vec![] }
    }

    /// Adds a run of volumes, the signal of which is above 0 inside the head.
    pub fn add(&mut self, name: &str, volumes: &[(Vec<f64>, Use)]) {
        let count = self.sum.len();
        let (mut run_sum, mut run_squares) = (vec![0.0; count], vec![0.0; count]);
        let (mut global_signal, mut dvars) = (vec![], vec![]);
        let inside: Vec<usize> = (0..count).filter(|it| volumes[0].0[*it] > 0.0).collect();
        let mean = |of: &dyn Fn(usize) -> f64| {
            inside.iter().map(|&it| of(it)).sum::<f64>() / inside.len() as f64
        };
        for (number, (values, used)) in volumes.iter().enumerate() {
            global_signal.push(mean(&|it| values[it]));
            let before = number.checked_sub(1).map(|it| &volumes[it].0);
            dvars.push(
                before.map_or(f64::NAN, |before| {
                    mean(&|it| (values[it] - before[it]).powi(2)).sqrt()
                }),
            );
            if *used == Use::Used {
                for (it, value) in values.iter().enumerate() {
                    run_sum[it] += value;
                    run_squares[it] += value * value;
                }
            }
        }
        let volumes: Vec<Use> = volumes.iter().map(|it| it.1).collect();
        let used = volumes.iter().filter(|it| **it == Use::Used).count() as f64;
        let tsnr: Vec<f64> =
            (0..count).map(|it| ratio(used, run_sum[it], run_squares[it])).collect();
        for it in 0..count {
            self.sum[it] += run_sum[it];
            self.squares[it] += run_squares[it];
            self.within[it] += run_squares[it] - run_sum[it] * run_sum[it] / used;
        }
        self.total += used;
        let number = self.runs.len();
        self.runs.push(Run {
            files: vec![InputFile {
                path: format!("sub-01/ses-test/func/{name}.nii.gz"),
                bytes: 22_944_165 + number as u64,
                header_sha256: format!("{:064x}", 0x1234_5678_9abc_u64 + number as u64),
            }],
            name: name.to_owned(),
            tr_seconds: Some(2.5),
            volumes,
            regressors: 0,
            global_signal,
            dvars,
            median_tsnr: quantiles(&tsnr, [0.5]).map(|[median]| median),
            tsnr: Some(tsnr),
        });
    }

    pub fn facts(self, grid: Grid, title: &str) -> Facts {
        let Sums { total, sum, squares, within, runs } = self;
        let count = sum.len();
        let tsnr: Vec<f64> = (0..count).map(|it| ratio(total, sum[it], squares[it])).collect();
        let mean: Vec<f64> = sum.iter().map(|sum| sum / total).collect();
        let spread = |it: usize| squares[it] - sum[it] * sum[it] / total;
        let std: Vec<f64> = (0..count).map(|it| (spread(it).max(0.0) / total).sqrt()).collect();
        let demean: Vec<f64> =
            (0..count).map(|it| mean[it] / (within[it].max(0.0) / total).sqrt()).collect();
        let share = within.iter().sum::<f64>() / (0..count).map(spread).sum::<f64>();
        let summary = summary(&grid, &tsnr);
        Facts {
            title: title.to_owned(),
        provenance: Provenance {
            version: "0.1.0".to_owned(),
            command_line:
                "tsnr 'sub-01/ses-test/func/*_bold.nii.gz' -o tsnr.nii.gz --report report.html"
                    .to_owned(),
            date: "2026-01-31 12:00:00 UTC".to_owned(),
            wall_seconds: 1.84,
            peak_bytes: Some(61_000_000),
            mode: "array".to_owned(),
            threads: 2,
        },
        definition: Definition {
            name: Some("concat".to_owned()),
            formula: "tSNR = mean / std, ddof 0, over all volumes used".to_owned(),
            sentence:
                "Temporal SNR was computed for every voxel as the mean over time divided by the \
                       standard deviation over time of the concatenated runs."
                    .to_owned(),
        },
            undefined: vec![Undefined {
                reason: "always 0".to_owned(),
                voxels: count - summary.map_or(0, |it| it.voxels),
            }],
            grid,
            shown: Shown::default(),
            concat_median: summary.map(|it| it.median),
            demean_median: quantiles(&demean, [0.5]).map(|[median]| median),
            summary,
            maps: Maps { tsnr, mean, std },
            mask: None,
            between_runs_share: (runs.len() > 1).then_some(1.0 - share),
            runs,
            looked_for: vec!["voxels that <never> change".to_owned(), "clipping".to_owned()],
            warnings: vec![],
            graph_svg: Some(graph()),
        phases: vec![
            Phase { name: "reading headers".to_owned(), seconds: 0.004 },
            Phase { name: "computing".to_owned(), seconds: 1.7 },
            Phase { name: "writing".to_owned(), seconds: 0.12 },
        ],
            regions: vec![],
        }
    }
}

/// `mean / std` from a count, a sum and a sum of squares; NaN for 0/0.
fn ratio(count: f64, sum: f64, squares: f64) -> f64 {
    let mean = sum / count;
    mean / (squares / count - mean * mean).max(0.0).sqrt()
}

pub fn summary(grid: &Grid, tsnr: &[f64]) -> Option<Quartiles> {
    let values = Volume::new(grid, tsnr).expect("one value for each voxel").defined();
    let [q05, q25, median, q75, q95] = quantiles(&values, [0.05, 0.25, 0.5, 0.75, 0.95])?;
    Some(Quartiles { voxels: values.len(), q05, q25, median, q75, q95 })
}

/// A task graph, drawn as the program draws it.
fn graph() -> String {
    let mut outline = Outline::default();
    let mut task = |name: &str, dependencies: &[usize]| {
        let dependencies = dependencies.to_vec();
        outline.tasks.push(OutlineTask {
            name: name.to_owned(),
            dependencies,
            ..OutlineTask::default()
        });
        outline.tasks.len() - 1
    };
    let parts = ["run-1", "run-2", "run-3"].map(|run| {
        let load = task(&format!("load {run}"), &[]);
        task(&format!("moments {run}"), &[load])
    });
    let merged = task("merge", &parts);
    let mean = task("mean", &[merged]);
    let std = task("std", &[merged]);
    let tsnr = task("divide", &[mean, std]);
    outline.wanted = vec![mean, std, tsnr];
    Picture::new(outline, "Task graph", "three runs in array mode").text(Format::Svg)
}

/// A session of a grid as large as a multiband scan's: maps drawn at random, no volumes.
pub fn multiband() -> Facts {
    let mut facts = session(&Plan {
        shape: [26, 26, 18],
        voxel: [8.0, 8.0, 8.0],
        runs: 5,
        volumes: 90,
        faults: vec![],
    });
    let shape = [104, 104, 72];
    let mut noise = Noise(77);
    let mut map = |of: &dyn Fn(f64, usize) -> f64, rough: f64| -> Vec<f64> {
        let mut values = Vec::with_capacity(104 * 104 * 72);
        for (z, y, x) in
            (0..72).flat_map(|z| (0..104).flat_map(move |y| (0..104).map(move |x| (z, y, x))))
        {
            let signal = head(shape, [x, y, z], 0);
            values.push(match signal {
                0.0 => f64::NAN,
                signal => of(signal, z) * (1.0 + rough * noise.normal()),
            });
        }
        values
    };
    // Slices excited together are alike, and every ninth is a little worse.
    let tsnr = |signal: f64, z: usize| signal / if z % 9 == 4 { 16.0 } else { 13.0 };
    facts.maps = Maps {
        tsnr: map(&tsnr, 0.12),
        mean: map(&|signal, _| signal, 0.02),
        std: map(&|_, z| if z % 9 == 4 { 16.0 } else { 13.0 }, 0.12),
    };
    for run in &mut facts.runs {
        let values = map(&tsnr, 0.2);
        run.median_tsnr = quantiles(&values, [0.5]).map(|[median]| median);
        run.tsnr = Some(values);
    }
    facts.grid = Grid {
        shape,
        affine: [[-2.0, 0.0, 0.0, 103.0], [0.0, 2.0, 0.0, -118.0], [0.0, 0.0, 2.0, -60.0]],
        unknown_sides: None,
    };
    facts.summary = summary(&facts.grid, &facts.maps.tsnr);
    facts.title = "A multiband session".to_owned();
    facts
}
