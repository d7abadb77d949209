//! Sessions that are made: heads of a smooth texture that beat, breathe, drift and move a little, half
//! of them with a scalp, with noise, and where it is asked for one planted fault of a known place and
//! size.

use crate::program::bytes::{Header, INT16};
use std::fmt::Write;
use std::sync::OnceLock;

/// A session's runs on one grid.
pub struct Session {
    /// The grid, `[x, y, z]`.
    pub shape: [usize; 3],
    /// Of each run its samples, `[volume, voxel]`, first axis fastest.
    runs: Vec<Vec<i16>>,
    /// Of each run the translations of the head by its table of motion, in mm, `[volume]`.
    pub translations: Option<Vec<Vec<[f64; 3]>>>,
    /// When each slice was excited, in seconds, if a sidecar says so.
    pub slice_times: Option<Vec<f64>>,
    /// Where the fault was planted.
    pub truth: Truth,
}

/// Where a fault is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Truth {
    pub run: usize,
    pub volume: usize,
    pub slice: usize,
    pub voxel: [usize; 3],
}

/// A fault, with its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// One volume brighter by this part.
    Spike(f64),
    /// Ten volumes brighter by this part.
    LoudVolumes(f64),
    /// The first volumes brighter by this part, and by a third of that, and so on.
    UnsteadyStart(f64),
    /// One slice darker by this part at one volume.
    DarkSlice(f64),
    /// One slice brighter by this part at one volume.
    BrightSlice(f64),
    /// All slices that are excited together darker by this part at one volume.
    DarkBand(f64),
    /// Every other slice darker by this part from one volume on.
    HalfLost(f64),
    /// One slice with so many times the noise all along a run of one run.
    NoisySlice(f64),
    /// One run with so many times the noise.
    BadRun(f64),
    /// The signal falls or rises by this part over a run.
    Drift(f64),
    /// The head moves so many voxels in one place and stays there.
    Shift(f64),
    /// By its table of motion the head moves so many mm at one volume.
    Moved(f64),
    /// Samples of this part of the head's voxels end at one value.
    Clipped(f64),
    /// A copy of the head with this part of its signal, half of the grid off along y.
    Ghost(f64),
    /// A ball of this radius in voxels has lost its signal.
    Dropout(f64),
}

const SHAPES: [[usize; 3]; 6] =
    [[20, 20, 12], [24, 22, 10], [16, 20, 16], [22, 26, 8], [28, 28, 6], [18, 20, 18]];
const LENGTHS: [usize; 5] = [60, 90, 120, 160, 240];

/// A source of random numbers: xorshift64*.
struct Random(u64);

/// The quantiles of the normal distribution in the middles of 65,536 equal parts.
fn normal_quantiles() -> &'static [f32] {
    static QUANTILES: OnceLock<Vec<f32>> = OnceLock::new();
    QUANTILES.get_or_init(|| {
        const PARTS: f64 = 65_536.0;
        let (step, mut below, mut z) = (1e-5, 0.0, -6.0);
        let mut quantiles = Vec::new();
        while quantiles.len() < PARTS as usize && z < 6.0 {
            z += step;
            let middle: f64 = z - 0.5 * step;
            below += step * (-0.5 * middle * middle).exp() / std::f64::consts::TAU.sqrt();
            while below > (quantiles.len() as f64 + 0.5) / PARTS {
                quantiles.push(z as f32);
            }
        }
        quantiles.resize(PARTS as usize, 4.5);
        quantiles
    })
}

impl Random {
    fn new(seed: u64) -> Random {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..20 {
            random.bits();
        }
        random
    }

    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    fn below(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    /// Two independent standard normal numbers.
    fn normals(&mut self, quantiles: &[f32]) -> [f32; 2] {
        let bits = self.bits();
        [48, 32].map(|shift| quantiles[(bits >> shift) as usize & 0xFFFF])
    }

    fn normal(&mut self) -> f64 {
        f64::from(self.normals(normal_quantiles())[0])
    }

    /// A course of so many numbers of std 1, each `correlation` of the one before and the rest its own.
    fn course(&mut self, count: usize, correlation: f64) -> Vec<f64> {
        let own = (1.0 - correlation * correlation).sqrt();
        let mut value = self.normal();
        (0..count)
            .map(|_| {
                value = correlation * value + own * self.normal();
                value
            })
            .collect()
    }
}

/// A head: its signal at any point of space, in parts of the grid from -1 to 1.
struct Head {
    radii: [f64; 3],
    /// `[wave]`: a direction, a phase, and a height.
    waves: Vec<([f64; 3], f64, f64)>,
    bias: f64,
    /// How sharp its edge is.
    sharpness: f64,
    /// How bright its scalp is beside it.
    scalp: f64,
}

impl Head {
    fn new(random: &mut Random) -> Head {
        let radii = [0, 1, 2].map(|axis| match axis {
            2 => random.between(0.85, 1.3),
            _ => random.between(0.6, 0.8),
        });
        let wave = |scale: f64| {
            let direction = [0, 1, 2].map(|_| scale * random.normal());
            (direction, random.between(0.0, 6.3), random.between(0.03, 0.12))
        };
        let waves = [2.0, 3.0, 4.0, 6.0, 8.0, 10.0].map(wave).to_vec();
        let bias = random.between(0.0, 0.4);
        let sharpness = random.between(12.0, 25.0);
        let scalp = if random.uniform() < 0.5 { random.between(0.1, 0.3) } else { 0.0 };
        Head { radii, waves, bias, sharpness, scalp }
    }

    /// Parts of grey matter from 0 to 1, and the signal.
    fn at(&self, place: [f64; 3]) -> [f32; 2] {
        let scaled = [0, 1, 2].map(|axis| place[axis] / self.radii[axis]);
        let radius = scaled.iter().map(|it| it * it).sum::<f64>().sqrt();
        let within = |edge: f64| 1.0 / (1.0 + (self.sharpness * (radius - edge)).exp());
        let inside = within(1.0);
        // The field of view holds the head.
        let wide = self.radii[0].max(self.radii[1]);
        let around = (0.92 / wide - 1.0).min(0.25);
        let scalp = self.scalp * (within(1.0 + around) - within(1.0 + 0.5 * around));
        let texture: f64 = self
            .waves
            .iter()
            .map(|(direction, phase, height)| {
                let angle: f64 = direction.iter().zip(place).map(|(a, b)| a * b).sum();
                height * (angle + phase).sin()
            })
            .sum();
        let grey = (0.5 + 2.0 * texture).clamp(0.0, 1.0);
        let bright = 1.0 + texture + self.bias * radius * radius;
        [(inside * grey) as f32, (1000.0 * (inside * bright + scalp)) as f32]
    }

    /// Grey matter and signal of each voxel of a grid in which the head lies so many voxels off.
    fn in_grid(&self, shape: [usize; 3], offset: [f64; 3]) -> Vec<[f32; 2]> {
        let of = |voxel: usize| {
            let place = place(voxel, shape);
            let there = [0, 1, 2].map(|axis| {
                let half = 0.5 * shape[axis] as f64;
                (place[axis] as f64 + 0.5 - offset[axis]) / half - 1.0
            });
            self.at(there)
        };
        (0..shape.iter().product()).map(of).collect()
    }
}

fn place(voxel: usize, shape: [usize; 3]) -> [usize; 3] {
    [voxel % shape[0], voxel / shape[0] % shape[1], voxel / (shape[0] * shape[1])]
}

/// So many groups of slices are excited one after the other where two and more are excited together.
pub const GROUPS: usize = 3;

/// A clean session of the seed's own shape, length, number of runs, and noise; with a fault, one that
/// has it.
pub fn session(seed: u64, fault: Option<Fault>) -> Session {
    let random = &mut Random::new(seed);
    let shape = SHAPES[random.below(SHAPES.len())];
    let volumes = LENGTHS[random.below(LENGTHS.len())];
    let runs = match fault {
        Some(Fault::NoisySlice(_)) => 1,
        Some(Fault::BadRun(_)) => 3 + random.below(6),
        Some(_) => 1 + random.below(3),
        None => 1 + random.below(12),
    };
    let head = Head::new(random);
    let slice = shape[2] / 4 + random.below(shape[2] / 2);
    let middle = |axis: usize| shape[axis] / 2;
    let truth = Truth {
        run: random.below(runs),
        volume: 10 + random.below(volumes - 20),
        slice,
        // At the front of the head, within it.
        voxel: [
            middle(0),
            middle(1) + (0.5 * head.radii[1] * 0.5 * shape[1] as f64) as usize,
            middle(2),
        ],
    };
    let habits = Habits {
        thermal: 1000.0 * (0.014 * (0.5 * random.normal()).exp()).clamp(0.007, 0.05),
        physiology: random.between(0.002, 0.008),
        correlation: random.between(0.2, 0.6),
        drifts: random.between(0.0, 0.006),
        jitter: random.between(0.0005, 0.006),
    };
    let of_run = |run: usize| {
        let planted = fault.filter(|_| run == truth.run);
        Run { head: &head, habits, shape, volumes, fault, planted, truth }.samples(random)
    };
    let samples = (0..runs).map(of_run).collect();
    let translations = match fault {
        Some(Fault::Moved(mm)) => {
            let mut table = |run: usize| {
                let mut sways = [0, 1, 2].map(|_| random.course(volumes, 0.99));
                sways.iter_mut().flatten().for_each(|it| *it *= 0.08);
                let moved = |volume: usize| {
                    if run == truth.run && volume >= truth.volume { mm } else { 0.0 }
                };
                (0..volumes)
                    .map(|at| [sways[0][at], sways[1][at] + moved(at), sways[2][at]])
                    .collect()
            };
            Some((0..runs).map(&mut table).collect())
        }
        _ => None,
    };
    let slice_times = match fault {
        Some(Fault::DarkBand(_)) => {
            Some((0..shape[2]).map(|it| 0.5 * (it % GROUPS) as f64).collect())
        }
        _ => None,
    };
    Session { shape, runs: samples, translations, slice_times, truth }
}

impl Session {
    /// Of each run its image, and what lies beside it, each with the ending of its name.
    pub fn files(&self) -> Vec<Vec<(&'static str, Vec<u8>)>> {
        let voxels: usize = self.shape.iter().product();
        let [x, y, z] = self.shape.map(|it| it as i16);
        let of_run = |(run, samples): (usize, &Vec<i16>)| {
            let header = Header::new(INT16, 16, x, y, z, (samples.len() / voxels) as i16);
            let mut image = header.bytes();
            image.extend([0; 4]);
            image.extend(samples.iter().flat_map(|it| it.to_le_bytes()));
            let mut files = vec![("_bold.nii", image)];
            if let Some(times) = &self.slice_times {
                let text = format!("{{\"RepetitionTime\": 2.5, \"SliceTiming\": {times:?}}}");
                files.push(("_bold.json", text.into_bytes()));
            }
            if let Some(translations) = &self.translations {
                let mut table = "trans_x\ttrans_y\ttrans_z\trot_x\trot_y\trot_z\n".to_owned();
                for [x, y, z] in &translations[run] {
                    let _ = writeln!(table, "{x:.5}\t{y:.5}\t{z:.5}\t0\t0\t0");
                }
                files.push(("_desc-confounds_timeseries.tsv", table.into_bytes()));
            }
            files
        };
        self.runs.iter().enumerate().map(of_run).collect()
    }
}

/// How a person lies and how the scanner is, in parts of the signal.
#[derive(Clone, Copy)]
struct Habits {
    thermal: f64,
    physiology: f64,
    correlation: f64,
    drifts: f64,
    jitter: f64,
}

struct Run<'a> {
    head: &'a Head,
    habits: Habits,
    shape: [usize; 3],
    volumes: usize,
    /// The fault of the session, and that of the run.
    fault: Option<Fault>,
    planted: Option<Fault>,
    truth: Truth,
}

impl Run<'_> {
    /// The head of the run, lying so many voxels off, with what a fault of the session makes of it.
    fn head(&self, offset: [f64; 3]) -> Vec<[f32; 2]> {
        let Run { shape, truth, .. } = *self;
        let mut head = self.head.in_grid(shape, offset);
        match self.fault {
            Some(Fault::Ghost(part)) => {
                let half = shape[1] / 2;
                let there = |voxel: usize| {
                    let [x, y, z] = place(voxel, shape);
                    x + shape[0] * ((y + half) % shape[1] + shape[1] * z)
                };
                let ghost: Vec<f32> =
                    (0..head.len()).map(|it| part as f32 * head[there(it)][1]).collect();
                head.iter_mut().zip(ghost).for_each(|(it, ghost)| it[1] += ghost);
            }
            Some(Fault::Dropout(radius)) => {
                for (voxel, it) in head.iter_mut().enumerate() {
                    let from = place(voxel, shape).into_iter().zip(truth.voxel);
                    let square: f64 = from.map(|(a, b)| (a as f64 - b as f64).powi(2)).sum();
                    let kept = 1.0 / (1.0 + (3.0 * (radius - square.sqrt())).exp());
                    it[1] *= 0.02 + 0.98 * kept as f32;
                }
            }
            _ => {}
        }
        head
    }

    fn samples(&self, random: &mut Random) -> Vec<i16> {
        let Run { habits, shape, volumes, planted, truth, .. } = *self;
        let slice_voxels = shape[0] * shape[1];
        let voxels = slice_voxels * shape[2];
        let noise = habits.thermal * (0.04 * random.normal()).exp();
        let gain = 1.0 + 0.015 * random.normal();
        let offset = [0, 1, 2].map(|_| 0.08 * random.normal());
        let here = self.head(offset);
        let moved = match planted {
            Some(Fault::Shift(by)) => {
                let axis = random.below(2);
                let mut there = offset;
                there[axis] += by;
                Some(self.head(there))
            }
            _ => None,
        };
        let breath = random.course(volumes, 0.5);
        let network = random.course(volumes, 0.8);
        let sway = random.course(volumes, 0.97);
        let twitch = random.course(volumes, 0.0);
        let common = habits.drifts * random.normal();
        let own: Vec<f32> =
            (0..voxels).map(|_| (common + 0.7 * habits.drifts * random.normal()) as f32).collect();
        // The head moves along x, within the first order.
        let slope: Vec<f32> = (0..voxels)
            .map(|voxel| match voxel % shape[0] {
                0 => 0.0,
                last if last + 1 == shape[0] => 0.0,
                _ => 0.5 * (here[voxel + 1][1] - here[voxel - 1][1]),
            })
            .collect();
        let most = match self.fault {
            Some(Fault::Clipped(part)) => {
                let mut signals: Vec<f32> =
                    here.iter().map(|it| it[1]).filter(|it| *it > 500.0).collect();
                signals.sort_by(f32::total_cmp);
                gain * f64::from(signals[((1.0 - part) * signals.len() as f64) as usize])
            }
            _ => 32767.0,
        } as f32;
        let quantiles = normal_quantiles();
        let correlation = habits.correlation as f32;
        let own_part = (1.0 - correlation * correlation).sqrt();
        let mut before: Vec<f32> = (0..voxels).map(|_| random.normals(quantiles)[0]).collect();
        let mut values = Vec::with_capacity(volumes * voxels);
        for volume in 0..volumes {
            let time = volume as f64 / volumes as f64 - 0.5;
            let is_here = volume == truth.volume;
            let shift = (habits.jitter * (2.0 * sway[volume] + twitch[volume])) as f32;
            let grey_course =
                (habits.physiology * (0.5 * breath[volume] + 0.6 * network[volume])) as f32;
            let head = match &moved {
                Some(moved) if volume >= truth.volume => moved,
                _ => &here,
            };
            let bright = gain
                * match planted {
                    Some(Fault::Spike(size)) if is_here => 1.0 + size,
                    Some(Fault::LoudVolumes(size))
                        if (truth.volume..truth.volume + 10).contains(&volume) =>
                    {
                        1.0 + size
                    }
                    Some(Fault::UnsteadyStart(size)) if volume < 3 => {
                        1.0 + size * (-(volume as f64)).exp()
                    }
                    Some(Fault::Drift(size)) => 1.0 + size * time,
                    _ => 1.0,
                };
            for slice in 0..shape[2] {
                let is_slice = slice == truth.slice;
                let (bright, noise) = match planted {
                    Some(Fault::DarkSlice(size)) if is_here && is_slice => {
                        (bright * (1.0 - size), noise)
                    }
                    Some(Fault::BrightSlice(size)) if is_here && is_slice => {
                        (bright * (1.0 + size), noise)
                    }
                    Some(Fault::DarkBand(size))
                        if is_here && slice % GROUPS == truth.slice % GROUPS =>
                    {
                        (bright * (1.0 - size), noise)
                    }
                    Some(Fault::HalfLost(size)) if volume >= truth.volume && slice % 2 == 0 => {
                        (bright * (1.0 - size), noise)
                    }
                    Some(Fault::NoisySlice(times)) if is_slice => (bright, noise * times),
                    Some(Fault::BadRun(times)) => (bright, noise * times),
                    _ => (bright, noise),
                };
                let (bright, noise, time) = (bright as f32, noise as f32, time as f32);
                for voxel in slice * slice_voxels..(slice + 1) * slice_voxels {
                    let [grey, signal] = head[voxel];
                    let [new, imaginary] = random.normals(quantiles);
                    before[voxel] = correlation * before[voxel] + own_part * new;
                    let course = (0.3 + grey) * grey_course + own[voxel] * time;
                    let real = bright * (signal * (1.0 + course) - shift * slope[voxel])
                        + noise * before[voxel];
                    let imaginary = noise * imaginary;
                    let value = (real * real + imaginary * imaginary).sqrt();
                    values.push((value + 0.5).min(most) as i16);
                }
            }
        }
        values
    }
}
