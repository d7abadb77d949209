//! The kernels by themselves: `cargo bench --bench kernels`.
//!
//! Throughput is in bytes of samples as stored, decompressed.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use std::io::{Read, Write};
use std::path::PathBuf;
use tsnr::formats::{self, Encoding, Keep, MapFile, MapPrecision, VolumeReader};
use tsnr::stats::moments::Moments;
use tsnr::stats::sampling::Sampling;
use tsnr::voxels::{ByteOrder, Datatype, OutOfMemory, Samples, Scaling};

const DATATYPES: [Datatype; 6] = [
    Datatype::Uint8,
    Datatype::Int16,
    Datatype::Uint16,
    Datatype::Int32,
    Datatype::Float32,
    Datatype::Float64,
];

/// A chunk as array mode takes it: 8 volumes of 64x64x30.
const VOLUMES: usize = 8;
const VOXELS: usize = 64 * 64 * 30;

fn main() {
    divan::main();
}

/// Signal with a percent of noise, or small noise around 0, as in a head and around it;
/// the same on each call.
fn series(voxels: usize, volumes: usize) -> Vec<i16> {
    let mut state = 1_u64;
    let mut random = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    let in_head: Vec<bool> =
        (0..voxels).map(|voxel| voxel / 64 % 64 > 12 && voxel % 64 > 16).collect();
    let mut samples = Vec::with_capacity(voxels * volumes);
    for _ in 0..volumes {
        for &in_head in &in_head {
            let noise = random() + random() + random() - 1.5;
            samples.push(if in_head { 900.0 + 20.0 * noise } else { 8.0 * noise.abs() } as i16);
        }
    }
    samples
}

fn block(datatype: Datatype, order: ByteOrder) -> Samples {
    let numbers = series(VOXELS, VOLUMES);
    Samples::none(datatype)
        .refilled(order, VOLUMES, VOXELS, |memory| {
            for (bytes, &number) in memory.chunks_exact_mut(datatype.bytes()).zip(&numbers) {
                match datatype {
                    Datatype::Float32 => bytes.copy_from_slice(&f32::from(number).to_le_bytes()),
                    Datatype::Float64 => bytes.copy_from_slice(&f64::from(number).to_le_bytes()),
                    _ => bytes.copy_from_slice(&i64::from(number).to_le_bytes()[..bytes.len()]),
                }
            }
            Ok::<_, OutOfMemory>(())
        })
        .expect("filling memory cannot fail")
}

#[divan::bench(args = DATATYPES)]
fn accumulate(bencher: Bencher, datatype: Datatype) {
    let samples = block(datatype, ByteOrder::NATIVE);
    let mut moments = Moments::empty(datatype, Scaling::IDENTITY, VOXELS);
    bencher
        .counter(BytesCount::new(VOLUMES * VOXELS * datatype.bytes()))
        .bench_local(|| moments.add(black_box(&samples), 0));
}

/// A slab of a plain file: its samples and moments fit the second cache.
#[divan::bench(args = DATATYPES)]
fn accumulate_a_slab(bencher: Bencher, datatype: Datatype) {
    let samples = block(datatype, ByteOrder::NATIVE);
    let voxels = VOXELS / 8;
    let mut moments = Moments::empty(datatype, Scaling::IDENTITY, voxels);
    bencher
        .counter(BytesCount::new(VOLUMES * voxels * datatype.bytes()))
        .bench_local(|| moments.add(black_box(&samples), 0));
}

#[divan::bench(args = [Datatype::Int16, Datatype::Float32])]
fn convert_from_the_other_byte_order(bencher: Bencher, datatype: Datatype) {
    let other = match ByteOrder::NATIVE {
        ByteOrder::Little => ByteOrder::Big,
        ByteOrder::Big => ByteOrder::Little,
    };
    let bytes = VOLUMES * VOXELS * datatype.bytes();
    let mut samples = Some(block(datatype, ByteOrder::NATIVE));
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let again = samples.take().expect("put back each time");
        samples = again.refilled(other, VOLUMES, VOXELS, |_| Ok::<_, OutOfMemory>(())).ok();
    });
}

#[divan::bench(args = [Datatype::Int16, Datatype::Float32])]
fn merge(bencher: Bencher, datatype: Datatype) {
    let mut moments = Moments::empty(datatype, Scaling::IDENTITY, VOXELS);
    moments.add(&block(datatype, ByteOrder::NATIVE), 0);
    bencher
        .counter(BytesCount::new(VOXELS * Moments::bytes_per_voxel(datatype, 0)))
        .with_inputs(|| (moments.clone(), moments.clone()))
        .bench_local_values(|(moments, other)| moments.merge(other));
}

/// Moments of these samples, with products with two regressors.
#[divan::bench(args = DATATYPES)]
fn accumulate_with_two_regressors(bencher: Bencher, datatype: Datatype) {
    let samples = block(datatype, ByteOrder::NATIVE);
    let weights = (0..2 * VOLUMES).map(|it| it as f64 / 10.0).collect();
    let sampling = Sampling::new((0..VOLUMES).collect(), 2, weights);
    let mut moments = Moments::with_regressors(datatype, Scaling::IDENTITY, VOXELS, 2);
    bencher
        .counter(BytesCount::new(VOLUMES * VOXELS * datatype.bytes()))
        .bench_local(|| moments.add_rows(black_box(&samples), sampling.rows(0..VOLUMES), 0));
}

/// A run of 64x64x30x40 int16 in a scratch folder, removed when dropped.
struct Run {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Run {
    fn new() -> Run {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let path = folder.path().join("run.nii.gz");
        let mut header = [0_u8; 352];
        header[..4].copy_from_slice(&348_i32.to_le_bytes());
        for (axis, length) in [4_i16, 64, 64, 30, 40, 1, 1, 1].into_iter().enumerate() {
            header[40 + 2 * axis..][..2].copy_from_slice(&length.to_le_bytes());
        }
        header[70..74].copy_from_slice(&[4, 0, 16, 0]);
        header[108..112].copy_from_slice(&352_f32.to_le_bytes());
        header[344..347].copy_from_slice(b"n+1");
        let file = std::fs::File::create(&path).expect("a file");
        let mut file = flate2::write::GzEncoder::new(file, flate2::Compression::new(6));
        file.write_all(&header).expect("written");
        let samples = series(VOXELS, 40);
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        file.write_all(&bytes).expect("written");
        file.finish().expect("written");
        Run { _folder: folder, path }
    }
}

const RUN_BYTES: usize = VOXELS * 40 * 2;

#[divan::bench]
fn decode_a_run(bencher: Bencher) {
    let run = Run::new();
    let image = formats::open(&run.path).expect("an image");
    bencher.counter(BytesCount::new(RUN_BYTES)).bench_local(|| {
        let mut reader = VolumeReader::open(&image).expect("opened");
        let mut memory = Samples::none(Datatype::Int16);
        for _ in 0..40 / VOLUMES {
            memory = reader.read(VOLUMES, memory, &()).expect("read");
        }
        memory.volumes()
    });
}

#[divan::bench]
fn decode_a_run_by_zlib_rs(bencher: Bencher) {
    let run = Run::new();
    let mut memory = vec![0; VOLUMES * VOXELS * 2];
    bencher.counter(BytesCount::new(RUN_BYTES)).bench_local(|| {
        let file = std::fs::File::open(&run.path).expect("opened");
        let file = std::io::BufReader::with_capacity(256 * 1024, file);
        let mut decoder = flate2::bufread::MultiGzDecoder::new(file);
        let mut bytes = 0;
        loop {
            match decoder.read(&mut memory).expect("read") {
                0 => break bytes,
                count => bytes += count,
            }
        }
    });
}

#[divan::bench(args = ["plain", "gzip"])]
fn write(bencher: Bencher, encoding: &str) {
    let encoding = if encoding == "plain" { Encoding::Plain } else { Encoding::Gzip };
    let run = Run::new();
    let image = formats::open(&run.path).expect("an image");
    let sink = image.map_sink(Keep::Geometry).expect("a sink");
    let file = MapFile::new(encoding, MapPrecision::Float32);
    let series = series(VOXELS, 1);
    let map: Vec<f64> = series.iter().map(|&it| (f64::from(it) * 0.061).sqrt()).collect();
    bencher.counter(BytesCount::new(VOXELS * 4)).bench_local(|| {
        let mut bytes = Vec::new();
        let mut values = map.iter().copied();
        sink.write(&mut bytes, &mut values, &file).expect("written to memory");
        bytes.len()
    });
}
