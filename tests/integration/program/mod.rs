//! What the whole-program tests share: running the built program, reading maps with another
//! reader, and comparing them.

pub mod python;

pub(crate) use crate::make::bytes;
use nifti::{IntoNdArray, NiftiHeader, NiftiObject, ReaderOptions};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The modes, as they are typed.
pub const MODES: [&str; 3] = ["serial", "delayed", "array"];

/// What two defined values may differ by, relative: sums in float64 that are taken in another
/// order differ by rounding, and this is what the program promises. Not taken from the library,
/// so that a promise loosened there is noticed here.
pub const TOLERANCE: f64 = 1e-12;

/// The file below `testdata`.
pub fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path)
}

/// The file below `../shared/data`, the real runs that are not part of the project: a test that
/// needs them is ignored, and run by `.ci/run`.
#[track_caller]
pub fn shared_data(path: &str) -> PathBuf {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data"));
    assert!(root.is_dir(), "{}: no such folder, expected the real runs", root.display());
    root.join(path)
}

/// The five runs of the session in `testdata`, in the order of their names.
pub fn session_runs() -> Vec<PathBuf> {
    let tasks = [
        "covertverbgeneration",
        "fingerfootlips",
        "linebisection",
        "overtverbgeneration",
        "overtwordrepetition",
    ];
    let run =
        |task| testdata(&format!("sub-01/ses-test/func/sub-01_ses-test_task-{task}_bold.nii.gz"));
    tasks.map(run).to_vec()
}

/// A pattern that matches the five runs and nothing else.
pub fn session_pattern() -> String {
    testdata("sub-01/ses-test/func/*_bold.nii.gz").display().to_string()
}

// ---- Running the program ----------------------------------------------------------------------

/// A line of stderr about something that was found.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    pub line: &'a str,
    pub is_warning: bool,
    pub name: &'a str,
    pub text: &'a str,
}

/// How the program ended and what it said.
#[derive(Debug)]
pub struct Outcome {
    pub exit_code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn from_output(output: Output) -> Outcome {
        Outcome {
            exit_code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// The same outcome, once it is seen that it is a success.
    #[track_caller]
    pub fn succeeded(self) -> Outcome {
        assert_eq!(self.exit_code, Some(0), "{}", self.stderr);
        self
    }

    /// The one line of an error, once it is seen that there is nothing else but what was found
    /// before.
    #[track_caller]
    pub fn error(self) -> String {
        self.error_of(1)
    }

    /// The one line of an error, as [`Outcome::error`] has it, with another exit status.
    #[track_caller]
    pub fn error_of(self, exit_code: i32) -> String {
        assert_eq!(self.exit_code, Some(exit_code), "{}", self.stderr);
        assert_eq!(self.stdout, "", "stdout stays empty");
        let found: Vec<&str> = self.found().iter().map(|it| it.line).collect();
        let lines: Vec<&str> = self.stderr.lines().filter(|line| !found.contains(line)).collect();
        let [line] = lines[..] else { panic!("one line on stderr, found: {}", self.stderr) };
        assert!(line.starts_with("tsnr: error: "), "{line}");
        assert!(!line.contains("panic") && !line.contains("defect of tsnr"), "{line}");
        line.to_owned()
    }

    /// The warnings, each without the words before it.
    pub fn warnings(&self) -> Vec<&str> {
        self.stderr.lines().filter_map(|line| line.strip_prefix("tsnr: warning: ")).collect()
    }

    /// What was found, in the order in which it is said.
    pub fn found(&self) -> Vec<Found<'_>> {
        let found = |line| {
            let text: &str = str::strip_prefix(line, "tsnr: ")?;
            let is_warning = text.starts_with("warning: ");
            let (name, text) = text.trim_start_matches("warning: ").split_once(": ")?;
            let is_known = tsnr::findings::names().any(|known| known == name);
            is_known.then_some(Found { line, is_warning, name, text })
        };
        self.stderr.lines().filter_map(found).collect()
    }

    /// The texts of what was found under a name.
    pub fn found_as(&self, name: &str) -> Vec<&str> {
        self.found().iter().filter(|it| it.name == name).map(|it| it.text).collect()
    }

    /// The text behind a label of the summary.
    #[track_caller]
    pub fn summary(&self, label: &str) -> &str {
        let line = self.stderr.lines().find(|line| line.split("  ").next() == Some(label));
        let line = line.unwrap_or_else(|| panic!("no line '{label}' in {}", self.stderr));
        line[label.len()..].trim_start()
    }
}

/// The program, not yet started.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tsnr"));
    command.stdin(Stdio::null());
    command
}

/// A folder that vanishes with the test, and the program run inside it.
pub struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    pub fn new() -> Scratch {
        Scratch { folder: tempfile::tempdir().expect("a scratch folder") }
    }

    /// The path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and the folders above it.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, content).expect("a file");
        path
    }

    /// The program with this folder as its working directory.
    pub fn program(&self) -> Command {
        let mut command = program();
        command.current_dir(self.folder.path());
        command
    }

    /// Runs the program with these arguments.
    pub fn tsnr<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        Outcome::from_output(self.program().args(arguments).output().expect("the program starts"))
    }

    /// Runs the program bound by the permissions of files, even by root.
    pub fn tsnr_without_privileges<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Outcome {
        let is_root = fs::metadata(self.folder.path()).expect("the folder").uid() == 0;
        let drop = "setpriv --inh-caps=-all --bounding-set=-dac_override,-dac_read_search";
        let line = format!("exec {} \"$@\"", if is_root { drop } else { "" });
        self.bash(&line, arguments)
    }

    /// Runs a line of bash in which `"$@"` is the program and its arguments.
    pub fn bash<A: AsRef<OsStr>>(
        &self,
        line: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Outcome {
        let mut command = Command::new("bash");
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.args(["-c", line, "bash", env!("CARGO_BIN_EXE_tsnr")]).args(arguments);
        Outcome::from_output(command.output().expect("bash starts"))
    }

    /// The names in the folder, hidden ones too, sorted.
    pub fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

/// The names in a folder, hidden ones too, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
    names.sort();
    names
}

// ---- Reading maps -----------------------------------------------------------------------------

/// A NIfTI file as the `nifti` crate reads it.
pub struct Map {
    pub header: NiftiHeader,
    pub shape: Vec<usize>,
    /// Scaled values in the order of the file: the first axis fastest.
    pub values: Vec<f64>,
}

impl Map {
    #[track_caller]
    pub fn read(path: &Path) -> Map {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if bytes.starts_with(&540_i32.to_le_bytes()) {
            return Map::of_nifti_2(&bytes);
        }
        let object = ReaderOptions::new()
            .read_file(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let header = object.header().clone();
        let array = object.into_volume().into_ndarray::<f64>().expect("voxels");
        // Logical order runs along the last axis first, so that of the transpose is the file's.
        Map { header, shape: array.shape().to_vec(), values: array.t().iter().copied().collect() }
    }

    /// A map of NIfTI-2 or CIFTI-2 as this program writes it, which the crate does not read.
    fn of_nifti_2(bytes: &[u8]) -> Map {
        let number = |at: usize| {
            i64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes")) as usize
        };
        let shape = match number(16) {
            // A row for each point, of CIFTI, in which are the maps.
            6 if number(56) == 1 => vec![number(64), 1, 1],
            6 => vec![number(56), number(64)],
            axes => (1..=axes).map(|axis| number(16 + 8 * axis)).collect(),
        };
        let voxels = &bytes[number(168)..];
        let values: Vec<f64> = match bytes[12] {
            16 => {
                voxels.as_chunks::<4>().0.iter().map(|it| f32::from_le_bytes(*it).into()).collect()
            }
            64 => voxels.as_chunks::<8>().0.iter().map(|it| f64::from_le_bytes(*it)).collect(),
            other => panic!("a map of datatype {other}"),
        };
        assert_eq!(values.len(), shape.iter().product::<usize>());
        Map { header: NiftiHeader::default(), shape, values }
    }

    /// How many values are finite.
    pub fn finite_count(&self) -> usize {
        self.values.iter().filter(|value| value.is_finite()).count()
    }

    /// The sum of the finite values.
    pub fn finite_sum(&self) -> f64 {
        self.values.iter().filter(|value| value.is_finite()).sum()
    }
}

/// Holds two maps against each other: the same voxels finite, and those within [`TOLERANCE`].
#[track_caller]
pub fn assert_same(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: number of voxels");
    for (voxel, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let agree = if expected.is_finite() {
            (found - expected).abs() <= TOLERANCE * expected.abs()
        } else {
            !found.is_finite()
        };
        assert!(agree, "{what}: voxel {voxel} is {found}, expected {expected}");
    }
}

/// The bits of each value: NaN equals NaN, and 0 differs from -0.
pub fn bits<'a>(values: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    values.into_iter().map(|value| value.to_bits()).collect()
}

// ---- Made images ------------------------------------------------------------------------------

/// A three-dimensional image on the grid of the session's runs, whose value depends on the voxel.
pub fn session_image(datatype: i16, bitpix: i16, value: impl Fn([usize; 3]) -> f64) -> Vec<u8> {
    let header = bytes::Header::new(datatype, bitpix, 20, 20, 10, 1);
    let voxels = (0..20 * 20 * 10).map(|it| value([it % 20, it / 20 % 20, it / 400]));
    header.file(&voxels.collect::<Vec<f64>>())
}

/// `made_atlas` in tests/regions_check.py.
pub fn session_atlas() -> Vec<u8> {
    session_image(bytes::INT16, 16, |[x, y, z]| match (x < 10, y < 10, z) {
        (true, _, 0..5) => 3.0,
        (false, true, _) => 8.0,
        (false, false, 9) => -2.0,
        _ => 0.0,
    })
}

/// A BIDS table of the labels of [`session_atlas`], and of one that no voxel has.
pub const ATLAS_LABELS: &str = "index\tname\n0\tair\n3\tGrey Matter\n5\tabsent\n";

/// Holds a table that was written against one that `tests/regions_check.py` printed: the same
/// words and counts, and figures within [`TOLERANCE`] of `scale` at least.
#[track_caller]
pub fn assert_same_table(found: &str, expected: &str, scale: f64) {
    assert_eq!(found.lines().count(), expected.lines().count(), "rows of\n{found}");
    for (found, expected) in found.lines().zip(expected.lines()) {
        let [found_fields, expected_fields] =
            [found, expected].map(|line| line.split('\t').collect::<Vec<_>>());
        assert_eq!(found_fields[..5], expected_fields[..5], "{found}");
        assert_eq!(found_fields.len(), expected_fields.len(), "{found}");
        for (a, b) in found_fields[5..].iter().zip(&expected_fields[5..]) {
            let (Ok(a), Ok(b)) = (a.parse::<f64>(), b.parse::<f64>()) else {
                assert_eq!(a, b, "{found}");
                continue;
            };
            assert!((a - b).abs() <= TOLERANCE * b.abs().max(scale), "{a}, expected {b}: {found}");
        }
    }
}

/// What `tests/regions_check.py` prints, in the Python that has numpy and nibabel.
pub fn regions_check<A: AsRef<OsStr>>(what: &str, runs: impl IntoIterator<Item = A>) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regions_check.py");
    let mut command = Command::new(python::with_numpy_and_nibabel());
    let output = command.args([script, what]).args(runs).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
