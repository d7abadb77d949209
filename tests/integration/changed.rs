//! A file that is written to while it is read gives an error that says so, or the map of what it was
//! when it was opened: never one of neither version.

use crate::program;

use program::bytes::{Header, INT16, Random, gzip, gzip_in_members};
use program::{Scratch, assert_same};
use std::fs::{self, File};
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tsnr::formats::Progress;
use tsnr::pipeline::{self, Analysis, Mode, Settings};
use tsnr::runs::Session;

const VOLUMES: i16 = 24;
/// 3.9 MB of voxels: of those that are read in pieces of 1 MiB, several are.
const GRID: [i16; 3] = [64, 64, 20];

/// A run whose samples depend on `name`.
fn run(name: &str) -> Vec<u8> {
    let [x, y, z] = GRID;
    let mut random = Random::new(name);
    let voxels = usize::try_from(VOLUMES).unwrap() * 64 * 64 * 20;
    let samples: Vec<f64> = (0..voxels).map(|_| random.uniform(500.0, 900.0)).collect();
    Header::new(INT16, 16, x, y, z, VOLUMES).file(&samples)
}

/// What is done to a file.
type Act = Arc<dyn Fn(&Path) + Send + Sync>;

/// Does something to the file once so many bytes of its voxels were read.
struct Meanwhile<F> {
    path: PathBuf,
    after_bytes: u64,
    read: AtomicU64,
    act: F,
}

impl<F: Fn(&Path) + Send + Sync> Progress for Meanwhile<F> {
    fn voxel_bytes_read(&self, count: u64) {
        let before = self.read.fetch_add(count, Ordering::SeqCst);
        if (before..before + count).contains(&self.after_bytes) {
            (self.act)(&self.path);
        }
    }
}

fn computed(
    path: &Path,
    mode: Mode,
    progress: impl Progress + 'static,
) -> Result<Vec<f64>, tsnr::error::Error> {
    let session = Session::open(&[path.to_owned()])?;
    let threads = NonZeroUsize::new(2).unwrap();
    let analysis = Analysis::plain(&session);
    let settings = Settings { mode, threads, chunk_length: None, analysis };
    let computed = pipeline::compute(&session, &settings, Arc::new(progress))?;
    Ok(computed.maps.tsnr().to_vec())
}

/// Writes a file as if an hour ago: what is written to it later has another time.
fn write_long_ago(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    File::options().write(true).open(path).unwrap().set_modified(hour_ago).unwrap();
}

fn appended(path: &Path, bytes: &[u8]) {
    File::options().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_file_that_is_written_to_while_it_is_read_is_an_error() {
    let (old, new) = (run("old"), run("new"));
    let scratch = Scratch::new();
    for (name, packed) in [
        ("plain.nii", [old.clone(), new.clone()]),
        ("one.nii.gz", [gzip(&old), gzip(&new)]),
        ("members.nii.gz", [gzip_in_members(&old), gzip_in_members(&new)]),
    ] {
        let path = scratch.path(name);
        let [was, becomes] = packed;
        let half = was.len() as u64 / 2;
        let again = becomes.clone();
        let actions: [(&str, Act); 5] = [
            ("written anew", Arc::new(move |it| fs::write(it, &becomes).unwrap())),
            // As `rsync --inplace --times` does.
            (
                "written anew as if not",
                Arc::new(move |it| {
                    let time = fs::metadata(it).unwrap().modified().unwrap();
                    fs::write(it, &again).unwrap();
                    File::options().write(true).open(it).unwrap().set_modified(time).unwrap();
                }),
            ),
            ("grown", Arc::new(|it| appended(it, &[0; 4096]))),
            (
                "cut",
                Arc::new(move |it| {
                    File::options().write(true).open(it).unwrap().set_len(half).unwrap();
                }),
            ),
            (
                "touched",
                Arc::new(|it| {
                    File::options()
                        .write(true)
                        .open(it)
                        .unwrap()
                        .set_modified(SystemTime::now())
                        .unwrap();
                }),
            ),
        ];
        for (what, act) in actions {
            for mode in [Mode::Serial, Mode::Delayed, Mode::Array] {
                for after_bytes in [0, 1 << 21, 163_840 * 23] {
                    write_long_ago(&path, &was);
                    let (path, act) = (path.clone(), Arc::clone(&act));
                    let act = move |it: &Path| act(it);
                    let progress =
                        Meanwhile { path: path.clone(), after_bytes, read: AtomicU64::new(0), act };
                    let error = computed(&path, mode, progress).expect_err(what).to_string();
                    let case = format!("{name} {what} after {after_bytes} in {mode}: {error}");
                    assert!(error.starts_with(&path.display().to_string()), "{case}");
                    assert!(error.contains("changed while it was read"), "{case}");
                    assert!(error.contains("run again"), "{case}");
                }
            }
        }
    }
}

#[test]
fn a_file_that_is_replaced_while_it_is_read_gives_no_map_of_neither() {
    let (old, new) = (run("old"), run("new"));
    let scratch = Scratch::new();
    for (name, was, becomes) in
        [("plain.nii", old.clone(), new.clone()), ("one.nii.gz", gzip(&old), gzip(&new))]
    {
        let (path, other) = (scratch.path(name), scratch.path("other"));
        write_long_ago(&path, &was);
        for mode in [Mode::Serial, Mode::Delayed, Mode::Array] {
            write_long_ago(&path, &was);
            let expected = computed(&path, mode, ()).unwrap();
            fs::write(&other, &becomes).unwrap();
            let from = other.clone();
            let act = move |it: &Path| fs::rename(&from, it).unwrap();
            let (path, read) = (path.clone(), AtomicU64::new(0));
            let progress = Meanwhile { path: path.clone(), after_bytes: 1 << 20, read, act };
            match computed(&path, mode, progress) {
                Ok(map) => assert_same(&map, &expected, name),
                Err(error) => assert!(error.to_string().contains("changed while"), "{error}"),
            }
        }
    }
}
