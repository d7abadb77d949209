//! The three modes mean the same: whatever the mode, the threads and the chunk length, the same
//! voxels are undefined, and the others equal numpy's, and one another, to 1e-12. Within a mode
//! a result does not depend on the threads or on the run of the program, not in its last bit.

use crate::program;

use program::bytes::{FLOAT32, FLOAT64, Header, INT16, Random, UINT16};
use program::{MODES, Map, Scratch, assert_same, bits, session_pattern, session_runs, testdata};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use tsnr::maps::{MEAN, Maps, STD, TSNR};
use tsnr::pipeline::{self, Analysis, Mode, PassOutcome, RunSignals, Settings};
use tsnr::runs::Session;
use tsnr::stats::formula::{Ddof, Formula, NotFinite};
use tsnr::stats::signals::{SamplePrecision, SignalsWanted, Spans, VolumesWanted, VoxelSample};

const THREADS: [usize; 3] = [1, 2, 7];
const CHUNK_LENGTHS: [Option<usize>; 5] = [None, Some(1), Some(2), Some(5), Some(1000)];

/// The datatypes with one number per voxel: code, bits, and the numbers they hold.
const DATATYPES: [(i16, i16, [f64; 2]); 10] = [
    (INT16, 16, [-32768.0, 32767.0]),
    (FLOAT32, 32, [f64::MIN, f64::MAX]),
    (2, 8, [0.0, 255.0]),
    (8, 32, [-2147483648.0, 2147483647.0]),
    (FLOAT64, 64, [f64::MIN, f64::MAX]),
    (256, 8, [-128.0, 127.0]),
    (UINT16, 16, [0.0, 65535.0]),
    (768, 32, [0.0, 4294967295.0]),
    (1024, 64, [-9e15, 9e15]),
    (1280, 64, [0.0, 9e15]),
];

/// A way to compute that differs from the others in nothing but time and memory.
#[derive(Clone, Copy, Debug)]
struct Way {
    mode: Mode,
    threads: usize,
    chunk_length: Option<usize>,
}

/// Every mode with every number of threads, and array mode with every chunk length.
fn ways() -> Vec<Way> {
    let mut ways = vec![Way { mode: Mode::Serial, threads: 1, chunk_length: None }];
    for threads in THREADS {
        ways.push(Way { mode: Mode::Delayed, threads, chunk_length: None });
        for chunk_length in CHUNK_LENGTHS {
            ways.push(Way { mode: Mode::Array, threads, chunk_length });
        }
    }
    ways
}

/// The plain definition with another ddof.
fn analysis(session: &Session, ddof: usize) -> Analysis {
    let plain = Analysis::plain(session);
    Analysis { definition: Formula { ddof: Ddof::Fixed(ddof), ..plain.definition }, ..plain }
}

impl Way {
    fn maps(self, session: &Session, ddof: usize) -> Maps {
        self.computed(session, analysis(session, ddof)).maps
    }

    fn computed(self, session: &Session, analysis: Analysis) -> PassOutcome {
        let nonzero = |number| NonZeroUsize::new(number).expect("not zero");
        let settings = Settings {
            mode: self.mode,
            threads: nonzero(self.threads),
            chunk_length: self.chunk_length.map(nonzero),
            analysis,
        };
        let computed = pipeline::compute(session, &settings, Arc::new(()));
        computed.unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }
}

/// tSNR, mean and std, each in the order of the file.
type Statistics = [Vec<f64>; 3];

fn statistics(maps: &Maps) -> Statistics {
    [TSNR, MEAN, STD].map(|kind| maps.get(kind).expect("a map that is wanted").values().to_vec())
}

fn all_bits(statistics: &Statistics) -> Vec<u64> {
    statistics.iter().flat_map(bits).collect()
}

/// Holds what the ways make of a session against what is expected, and against one another.
/// Integers of one scaling are summed exactly, so `are_integers` asks for the same bits
/// whatever the chunk length.
fn assert_all_ways_give(
    session: &Session,
    ddof: usize,
    expected: &Statistics,
    are_integers: bool,
    what: &str,
) {
    let mut found: Vec<(Way, Statistics)> = Vec::new();
    for way in ways() {
        let statistics = statistics(&way.maps(session, ddof));
        for (name, (found, expected)) in
            ["tsnr", "mean", "std"].iter().zip(statistics.iter().zip(expected))
        {
            assert_same(found, expected, &format!("{what}, {way:?}: {name}"));
        }
        let like = |(other, _): &&(Way, Statistics)| {
            other.mode == way.mode && (other.chunk_length == way.chunk_length || are_integers)
        };
        if let Some((other, of_other)) = found.iter().find(like) {
            let same = all_bits(of_other) == all_bits(&statistics);
            assert!(same, "{what}: {way:?} and {other:?} differ in bits");
        }
        found.push((way, statistics));
    }
    // Each is within the tolerance of what is expected; they are to be so of one another, too.
    let (_, reference) = &found[0];
    for (way, statistics) in &found[1..] {
        for (found, reference) in statistics.iter().zip(reference) {
            assert_same(found, reference, &format!("{what}, {way:?} against serial mode"));
        }
    }
}

// ---- Sessions made here -----------------------------------------------------------------------

/// A run: its header and the numbers it stores, `[voxel, t]` with voxels fastest.
struct Run {
    header: Header,
    stored: Vec<f64>,
}

impl Run {
    /// `values` as the header's datatype and scaling come closest to them.
    fn of_values(header: Header, values: &[f64]) -> Run {
        let (slope, inter) = (f64::from(header.slope), f64::from(header.inter));
        let (_, _, [low, high]) = *DATATYPES
            .iter()
            .find(|(code, ..)| *code == header.datatype)
            .expect("a datatype of the table");
        let store = |value: &f64| match ((value - inter) / slope, header.datatype) {
            (stored, FLOAT64) => stored,
            (stored, FLOAT32) => f64::from(stored as f32),
            (stored, _) => stored.round().clamp(low, high),
        };
        let stored = values.iter().map(store).collect();
        Run { header, stored }
    }

    /// What the stored numbers stand for.
    fn values(&self) -> Vec<f64> {
        let (slope, inter) = (f64::from(self.header.slope), f64::from(self.header.inter));
        self.stored.iter().map(|stored| slope * stored + inter).collect()
    }
}

/// Mean, then the deviations from it, voxel by voxel in float64.
fn two_passes(runs: &[Run], voxel_count: usize, ddof: usize) -> Statistics {
    let values: Vec<f64> = runs.iter().flat_map(Run::values).collect();
    let mut statistics = Statistics::default();
    for voxel in 0..voxel_count {
        let series: Vec<f64> = values[voxel..].iter().step_by(voxel_count).copied().collect();
        let count = series.len() as f64;
        let mean = if series.iter().all(|value| *value == series[0]) {
            series[0] // a sum of equal numbers may round
        } else {
            series.iter().sum::<f64>() / count
        };
        let squares: f64 = series.iter().map(|value| (value - mean).powi(2)).sum();
        let std = (squares / (count - ddof as f64)).sqrt();
        let values = [mean / std, mean, std];
        statistics.iter_mut().zip(values).for_each(|(map, value)| map.push(value));
    }
    statistics
}

fn write(scratch: &Scratch, runs: &[Run]) -> Session {
    let mut paths = Vec::new();
    for (number, run) in runs.iter().enumerate() {
        let content = run.header.file(&run.stored);
        paths.push(match number % 2 {
            0 => scratch.file(&format!("run-{number}.nii.gz"), program::bytes::gzip(&content)),
            _ => scratch.file(&format!("run-{number}.nii"), content),
        });
    }
    Session::open(&paths).expect("a session")
}

fn opened(paths: &[PathBuf]) -> Session {
    Session::open(paths).unwrap_or_else(|error| panic!("{error}"))
}

/// `count` numbers of the given mean and standard deviation.
fn noise(random: &mut Random, count: usize, mean: f64, std: f64) -> Vec<f64> {
    (0..count).map(|_| mean + std * random.normal()).collect()
}

// ---- The promises -----------------------------------------------------------------------------

#[test]
fn the_session_equals_numpys_maps_in_every_way() {
    let session = opened(&session_runs());
    for ddof in [0, 1] {
        let expected = ["tsnr", "mean", "std"].map(|statistic| {
            Map::read(&testdata(&format!("expected/session_ddof{ddof}_{statistic}.nii"))).values
        });
        assert_all_ways_give(&session, ddof, &expected, true, &format!("ddof {ddof}"));
    }
}

#[test]
fn the_program_writes_the_same_file_from_run_to_run_and_whatever_the_threads() {
    let scratch = Scratch::new();
    for mode in MODES {
        let mut files = Vec::new();
        for threads in ["1", "2", "7", "7"] {
            let runs = session_pattern();
            let arguments =
                ["-o", "map.nii.gz", "--dtype", "float64", "--mode", mode, "--threads", threads];
            scratch.tsnr([&*runs].into_iter().chain(arguments)).succeeded();
            files.push(std::fs::read(scratch.path("map.nii.gz")).expect("a map"));
        }
        assert!(files.iter().all(|file| *file == files[0]), "{mode}");
    }
}

#[test]
fn delayed_mode_is_serial_mode_to_the_last_bit() {
    for paths in [session_runs(), vec![testdata("odd/float64_offset.nii.gz")]] {
        let session = opened(&paths);
        let way = |mode| Way { mode, threads: 2, chunk_length: None };
        let [serial, delayed] =
            [Mode::Serial, Mode::Delayed].map(|mode| statistics(&way(mode).maps(&session, 0)));
        assert_eq!(all_bits(&serial), all_bits(&delayed));
    }
}

#[test]
fn a_mean_of_1e7_costs_a_std_of_1_no_digits() {
    let (scratch, mut random) = (Scratch::new(), Random::new("large offset"));
    let runs: Vec<Run> = [40, 3, 75]
        .iter()
        .map(|&volumes| {
            let header = Header::new(FLOAT64, 64, 5, 4, 3, volumes);
            let mut values = noise(&mut random, 60 * volumes as usize, 1e7, 1.0);
            values.iter_mut().step_by(60).for_each(|value| *value = 1e7);
            Run::of_values(header, &values)
        })
        .collect();
    let session = write(&scratch, &runs);
    let expected = two_passes(&runs, 60, 0);
    assert_eq!(expected[2][0], 0.0);
    assert_all_ways_give(&session, 0, &expected, false, "offset 1e7");
}

#[test]
fn the_limits_of_int16_overflow_nothing() {
    let (scratch, mut random) = (Scratch::new(), Random::new("limits"));
    let (low, high) = (-32768.0, 32767.0);
    let runs: Vec<Run> = [300, 1, 99]
        .iter()
        .map(|&volumes| {
            let mut values = Vec::new();
            for time in 0..i32::from(volumes) {
                let alternating = if time % 2 == 0 { low } else { high };
                let coin = if random.uniform(0.0, 1.0) < 0.5 { low } else { high };
                let rare = if time == 7 { high } else { low };
                values.extend([low, high, alternating, coin, rare, 0.0]);
            }
            Run::of_values(Header::new(INT16, 16, 3, 2, 1, volumes), &values)
        })
        .collect();
    let session = write(&scratch, &runs);
    let expected = two_passes(&runs, 6, 1);
    assert_all_ways_give(&session, 1, &expected, true, "int16 at its limits");
}

#[test]
fn one_to_twelve_runs_of_unequal_length_scaling_and_datatype_agree() {
    let mut random = Random::new("sessions");
    for run_count in 1..=12 {
        let scratch = Scratch::new();
        let mut runs = Vec::new();
        for run in 0..run_count {
            let (datatype, bitpix, [low, high]) = DATATYPES[(run + run_count) % 10];
            let volumes = random.uniform(2.0, 9.0) as i16;
            let mut header = Header::new(datatype, bitpix, 3, 2, 2, volumes);
            // Values between 500 and 1500 in each; a range of 2000 about 1000 fills a narrow type.
            let slope = if high - low < 300.0 { 2000.0 / (high - low) } else { 0.05 };
            header.slope = (slope * random.uniform(1.0, 1.3)) as f32;
            header.inter = if low == 0.0 || high < 300.0 { 50.0 } else { 0.0 };
            header.inter += if high == 127.0 { 1000.0 } else { 0.0 };
            let baseline = random.uniform(950.0, 1050.0);
            let values = noise(&mut random, 12 * volumes as usize, baseline, 40.0);
            runs.push(Run::of_values(header, &values));
        }
        let session = write(&scratch, &runs);
        let expected = two_passes(&runs, 12, 0);
        assert!(expected[2].iter().all(|std| *std > 1.0));
        assert_all_ways_give(&session, 0, &expected, false, &format!("{run_count} runs"));
    }
}

#[test]
fn a_voxel_that_is_constant_across_scalings_and_datatypes_is_undefined_in_every_way() {
    let (scratch, mut random) = (Scratch::new(), Random::new("constants"));
    let mut runs = Vec::new();
    for (index, slope) in [0.5, 0.25, 2.0, 0.125, 1.0].into_iter().enumerate() {
        let (datatype, bitpix, _) = DATATYPES[[0, 3, 1, 8, 4][index]];
        let volumes = index as i16 + 2;
        let mut header = Header::new(datatype, bitpix, 3, 2, 1, volumes);
        header.slope = slope;
        let mut values = Vec::new();
        for _ in 0..volumes {
            values.extend([0.0, 500.0, -34.0]); // multiples of every slope
            values.extend(noise(&mut random, 3, 800.0, 30.0));
        }
        runs.push(Run::of_values(header, &values));
    }
    let session = write(&scratch, &runs);
    let expected = two_passes(&runs, 6, 0);
    assert_eq!(expected[2][..3], [0.0; 3]);
    assert_all_ways_give(&session, 0, &expected, false, "constants");
    for way in ways() {
        let counts = way.maps(&session, 0).counts();
        assert_eq!((counts.defined, counts.all_zero, counts.constant), (3, 1, 2), "{way:?}");
    }
}

#[test]
fn a_constant_that_no_float_holds_is_undefined_across_datatypes_of_one_scaling() {
    let (scratch, mut random) = (Scratch::new(), Random::new("inexact constants"));
    let mut runs = Vec::new();
    for (index, volumes) in [4, 3, 5, 2].into_iter().enumerate() {
        let (datatype, bitpix, _) = DATATYPES[[0, 3, 8, 6][index]];
        let mut header = Header::new(datatype, bitpix, 2, 2, 1, volumes);
        (header.slope, header.inter) = (0.0754, 3100.76);
        let mut stored = Vec::new();
        for _ in 0..volumes {
            stored.extend([0.0, 1234.0, 77.0, random.uniform(1e3, 2e3).round()]);
        }
        runs.push(Run { header, stored });
    }
    let session = write(&scratch, &runs);
    let expected = two_passes(&runs, 4, 0);
    assert_eq!(expected[2][..3], [0.0; 3]);
    assert_all_ways_give(&session, 0, &expected, false, "inexact constants");
}

#[test]
fn nan_and_infinity_spoil_their_voxel_and_no_other_in_every_way() {
    let (scratch, mut random) = (Scratch::new(), Random::new("not finite"));
    let mut values = noise(&mut random, 8 * 12, 900.0, 30.0);
    for (voxel, time, value) in [
        (0, 0, f64::NAN),
        (1, 11, f64::NAN),
        (2, 0, f64::INFINITY),
        (3, 5, f64::NEG_INFINITY),
        (4, 3, f64::INFINITY),
        (4, 8, f64::NEG_INFINITY),
    ] {
        values[8 * time + voxel] = value;
    }
    (0..12).for_each(|time| values[8 * time + 5] = f64::INFINITY);
    let run = Run::of_values(Header::new(FLOAT64, 64, 2, 2, 2, 12), &values);
    let session = write(&scratch, &[run]);
    let runs = [Run::of_values(Header::new(FLOAT64, 64, 2, 2, 2, 12), &values)];
    let mut expected = two_passes(&runs, 8, 0);
    // Where the tSNR is undefined for this reason, mean and std are, too.
    expected.iter_mut().for_each(|map| map[..6].fill(f64::NAN));
    assert_all_ways_give(&session, 0, &expected, false, "not finite");
    for way in ways() {
        let counts = way.maps(&session, 0).counts();
        assert_eq!((counts.defined, counts.not_finite), (2, 6), "{way:?}");
    }
}

#[test]
fn a_series_of_three_dimensional_files_equals_its_four_dimensional_file() {
    let volumes: Vec<PathBuf> =
        (1..=12).map(|number| testdata(&format!("odd/series/vol_{number}.nii"))).collect();
    let (series, stacked) = (opened(&volumes), opened(&[testdata("odd/series_4d.nii")]));
    assert_eq!((series.runs().len(), series.volumes()), (1, 12));
    for way in ways() {
        let [series, stacked] =
            [&series, &stacked].map(|session| all_bits(&statistics(&way.maps(session, 0))));
        assert!(series == stacked, "{way:?}");
    }
}

/// Everything that can be known of volumes, with the values of some voxels.
fn signals_of(session: &Session, way: Way, not_finite: NotFinite) -> Vec<RunSignals> {
    let plain = analysis(session, 0);
    let voxels = session.geometry().voxels();
    let places: Vec<usize> = (0..voxels).step_by(1 + voxels / 50).collect();
    let signals = SignalsWanted {
        global: VolumesWanted::All,
        dvars: true,
        slice_means: true,
        sample: Some(VoxelSample::new(places, SamplePrecision::Float64)),
        inside: Some(Spans::of_mask(&(0..voxels).map(|it| it % 7 < 3).collect::<Vec<_>>())),
        hashes: true,
    };
    let definition = Formula { not_finite, ..plain.definition };
    way.computed(session, Analysis { definition, signals, ..plain }).signals
}

/// The bits of signals, each list behind its length.
fn signal_bits(runs: &[RunSignals]) -> Vec<Vec<u64>> {
    let of_run = |run: &RunSignals| {
        let sampled = run.sampled.as_ref().expect("a sample").values();
        let inside = run.in_mask.as_ref().expect("signals of a mask");
        let lists = [bits(&run.global), bits(&run.dvars), bits(&run.slice_means), bits(&sampled)];
        let lists = lists.into_iter().chain([bits(&inside.global), bits(&inside.dvars)]);
        lists.chain([
            run.volume_hashes.clone(),
            vec![run.data_hash(run.volume_hashes.len()).expect("a hash")],
        ])
    };
    runs.iter().flat_map(of_run).collect()
}

#[test]
fn what_is_known_of_volumes_is_the_same_in_every_way() {
    let (scratch, mut random) = (Scratch::new(), Random::new("signals"));
    // More voxels than are added up at a time, in slices that end elsewhere.
    let [x, y, z, volumes] = [41_usize, 40, 21, 7];
    let mut header = Header::new(FLOAT32, 32, x as i16, y as i16, z as i16, volumes as i16);
    (header.slope, header.inter) = (0.5, 20.0);
    let mut values = noise(&mut random, x * y * z * volumes, 900.0, 30.0);
    values[5] = f64::NAN;
    values[33_000] = f64::INFINITY;
    let run = Run::of_values(header, &values);
    let content = run.header.file(&run.stored);
    let plain = opened(&[scratch.file("plain.nii", &content)]);
    let packed = opened(&[scratch.file("packed.nii.gz", program::bytes::gzip(&content))]);
    let mut expected = None;
    for (session, way) in
        [&plain, &packed].into_iter().flat_map(|it| ways().into_iter().map(move |way| (it, way)))
    {
        let signals = signals_of(session, way, NotFinite::Undefined);
        let found = signal_bits(&signals);
        assert!(*expected.get_or_insert(found.clone()) == found, "{way:?}");
        // The means of slices, plainly; what is not finite counts as the stored 0.
        let means = &signals[0].slice_means;
        assert_eq!(means.dim(), (volumes, z));
        for (number, slice) in run.stored.chunks(x * y).enumerate() {
            let sum: f64 = slice.iter().filter(|it| it.is_finite()).sum();
            let (found, mean) =
                (means[[number / z, number % z]], 0.5 * sum / (x * y) as f64 + 20.0);
            assert!((found - mean).abs() <= 1e-12 * mean, "{way:?}: {found}, expected {mean}");
        }
        // The hash is of what is stored, whatever a definition makes of it.
        let counted = signals_of(session, way, NotFinite::Zero);
        assert_eq!(counted[0].volume_hashes, signals[0].volume_hashes, "{way:?}");
    }
}

#[test]
fn the_hash_of_a_run_depends_neither_on_byte_order_nor_on_files_and_on_every_sample() {
    let way = ways()[0];
    let hash = |paths: &[PathBuf]| {
        let signals = signals_of(&opened(paths), way, NotFinite::Undefined);
        signals[0].data_hash(signals[0].volume_hashes.len()).expect("a hash")
    };
    for name in ["int16", "float32", "float64", "int64"] {
        let [little, big] =
            ["le", "be"].map(|order| hash(&[testdata(&format!("odd/{name}_{order}.nii"))]));
        assert_eq!(little, big, "{name}");
    }
    let series: Vec<PathBuf> =
        (1..=12).map(|number| testdata(&format!("odd/series/vol_{number}.nii"))).collect();
    assert_eq!(hash(&series), hash(&[testdata("odd/series_4d.nii")]));
    let (scratch, path) = (Scratch::new(), testdata("odd/int16_le.nii"));
    let mut bytes = std::fs::read(&path).expect("a file");
    *bytes.last_mut().expect("a voxel") ^= 1;
    assert_ne!(hash(&[scratch.file("changed.nii", bytes)]), hash(&[path]));
}

#[test]
fn a_chunk_length_of_the_command_line_changes_no_bit_of_an_integer_session() {
    let scratch = Scratch::new();
    let mut files = Vec::new();
    for chunk_length in ["1", "2", "5", "1000"] {
        let runs = session_pattern();
        let arguments = ["-o", "map.nii", "--dtype", "float64", "--chunk-length", chunk_length];
        scratch.tsnr([&*runs].into_iter().chain(arguments)).succeeded();
        files.push(std::fs::read(scratch.path("map.nii")).expect("a map"));
    }
    assert!(files.iter().all(|file| *file == files[0]));
}

/// numpy and the two plain modes scale each sample and so round it; array mode scales the sums of
/// integers. With an intercept that dwarfs the noise, that rounding is seen: a sample is off by
/// 2^-53 of itself, twice, so the std is off by at most 2 tSNR 2^-53 of itself. Below a tSNR of
/// 1000 this is less than the tolerance.
#[test]
fn beside_an_intercept_of_1e7_modes_differ_by_no_more_than_scaling_a_sample_rounds_it() {
    let (scratch, mut random) = (Scratch::new(), Random::new("large intercept"));
    let mut runs = Vec::new();
    for (slope, volumes) in [(0.0013, 40), (0.0011, 25), (0.002, 7)] {
        let mut header = Header::new(INT16, 16, 5, 4, 3, volumes);
        (header.slope, header.inter) = (slope, 1e7);
        let values = noise(&mut random, 60 * volumes as usize, 1e7, 1.0);
        runs.push(Run::of_values(header, &values));
    }
    let session = write(&scratch, &runs);
    let [tsnr, mean, std] = two_passes(&runs, 60, 0);
    for way in ways() {
        let found = statistics(&way.maps(&session, 0));
        assert_same(&found[1], &mean, &format!("{way:?}: mean"));
        for voxel in 0..60 {
            let tolerance = 2.0 * tsnr[voxel] * 2_f64.powi(-53);
            for (found, expected) in [(found[0][voxel], tsnr[voxel]), (found[2][voxel], std[voxel])]
            {
                let error = (found - expected).abs() / expected;
                assert!(error <= tolerance, "{way:?}: voxel {voxel}: {found}, not {expected}");
            }
        }
    }
}

/// Runs of nothing but a line about one mean: with their trends taken out nothing varies, whatever
/// rounding makes of the means of runs that begin elsewhere.
#[test]
fn voxels_of_nothing_but_trend_are_constant_in_every_mode() {
    let scratch = Scratch::new();
    for (run, volumes, slope) in [(1, 20, 2.0), (2, 31, -2.0), (3, 25, 4.0)] {
        let line = |t: i16| slope * (f64::from(t) - f64::from(volumes - 1) / 2.0);
        let values = |t| (0..40).map(move |voxel| 0.37 * (500.0 + 7.0 * voxel as f64 + line(t)));
        let samples: Vec<f64> = (0..volumes).flat_map(values).collect();
        let file = Header::new(FLOAT64, 64, 5, 4, 2, volumes).file(&samples);
        scratch.file(&format!("run-{run}.nii"), file);
    }
    for mode in MODES {
        let arguments = ["run-?.nii", "-o", "map.nii", "--detrend", "1", "--mode", mode];
        let outcome = scratch.tsnr(arguments).succeeded();
        assert!(outcome.stderr.contains("40 constant but not 0"), "{mode}: {}", outcome.stderr);
    }
}

/// Squares of numbers of float64 beyond about 1e150 are infinite, those below 1e-150 nothing: such a voxel has
/// no tSNR for the same reason in all modes, also where a fit leaves nothing, and whatever the slope.
#[test]
fn numbers_too_large_or_too_small_to_be_squared_are_told_alike_in_all_modes() {
    let mut random = Random::new("too large");
    let (mut values, volumes) = (Vec::new(), 20);
    for volume in 0..volumes {
        let line = 1.0 + f64::from(volume);
        // Noise and lines, of several sizes, and a line with noise.
        let noise = 10.0 + random.normal();
        values.extend([1e160 * noise, 1e160 * line, 1e160 * (line + 1e-3 * noise), noise, line]);
        values.extend([1e-170, 1e-157, 1e-145, 1e145, 1e153].map(|size| size * noise));
    }
    let expected = |constant, not_finite| vec![constant, not_finite];
    for (slope, options, expected) in [
        (1.0, &[][..], expected(2, 4)),
        (1.0, &["--detrend", "1"], expected(3, 4)),
        // What is stored is too large or too small, what it stands for not, or the other way round.
        (1e-15, &[], expected(3, 0)),
        (1e25, &[], expected(0, 5)),
    ] {
        let scratch = Scratch::new();
        let mut header = Header::new(FLOAT64, 64, 10, 1, 1, volumes as i16);
        header.slope = slope;
        scratch.file("run.nii", header.file(&values));
        let mut medians = Vec::new();
        for mode in MODES {
            let arguments = ["run.nii", "--json", "-", "--mode", mode].into_iter();
            let outcome = scratch.tsnr(arguments.chain(options.iter().copied())).succeeded();
            let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
            let undefined = ["constant", "not_finite"].map(|it| json["undefined"][it].as_u64());
            let expected: Vec<_> = expected.iter().copied().map(Some).collect();
            assert_eq!(undefined.to_vec(), expected, "{mode}, {slope}, {options:?}");
            let told = [
                "too little to be squared (below 1e-150)",
                "too large to be squared (above 1e150)",
            ]
            .map(|it| outcome.stderr.contains(it));
            assert_eq!(told.to_vec(), expected.iter().map(|it| *it != Some(0)).collect::<Vec<_>>());
            medians.push(json["tsnr"]["median"].as_f64().expect("a median"));
        }
        assert!(medians.iter().all(|it| (it / medians[0] - 1.0).abs() < 1e-12), "{medians:?}");
    }
}
