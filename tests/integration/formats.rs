//! The seam of formats: a second format, made here, goes through every mode as NIfTI does. In it
//! the samples of a voxel lie one behind the other (time fastest), and nothing says how the grid
//! lies in space.

use crate::program::bytes::{FLOAT32, Header, INT16, Random, gzip};
use crate::program::{self, Map, Scratch, bits, testdata};
use std::fs::File;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tsnr::error::Result;
use tsnr::formats::{
    self, Affine, BlockReader, Encoding, Geometry, Keep, MapFile, MapFormat, MapPrecision,
    Orientation, Progress, Source, SpatialUnit, Time, TimeUnit, VolumeStream, VoxelEncoding,
    Voxels,
};
use tsnr::maps::{MEAN, STD, TSNR};
use tsnr::pipeline::{self, Analysis, Mode, PassOutcome, Settings};
use tsnr::runs::Session;
use tsnr::stats::signals::{SamplePrecision, SignalsWanted, VoxelSample};
use tsnr::voxels::{ByteOrder, Datatype, Samples, Scaling};

/// More voxels than array mode takes for a slab.
const SHAPE: [usize; 3] = [40, 40, 25];
const VOXELS: usize = 40 * 40 * 25;
const VOLUMES: usize = 7;

/// An image in memory, time fastest.
#[derive(Clone, Debug)]
struct TimeFastest {
    path: PathBuf,
    geometry: Geometry,
    time: Time,
    encoding: VoxelEncoding,
    is_seekable: bool,
    /// `[voxel, t]`, little-endian.
    bytes: Arc<[u8]>,
}

impl TimeFastest {
    /// The samples of `volume` and `voxel`, as they are stored.
    fn sample(&self, volume: usize, voxel: usize) -> &[u8] {
        let size = self.encoding.datatype.bytes();
        &self.bytes[(voxel * self.time.volumes + volume) * size..][..size]
    }
}

impl Source for TimeFastest {
    fn path(&self) -> &Path {
        &self.path
    }

    fn format(&self) -> &'static str {
        "time fastest"
    }

    fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    fn time(&self) -> &Time {
        &self.time
    }

    fn voxel_encoding(&self) -> VoxelEncoding {
        self.encoding
    }

    fn is_seekable(&self) -> bool {
        self.is_seekable
    }

    fn open_voxels(&self) -> Result<Voxels> {
        Ok(match self.is_seekable {
            true => Voxels::Blocks(Box::new(self.clone())),
            false => Voxels::Stream(Box::new(Stream { image: self.clone(), next_volume: 0 })),
        })
    }

    fn header_bytes(&self) -> &[u8] {
        b"time fastest"
    }
}

impl BlockReader for TimeFastest {
    fn read(
        &self,
        volumes: Range<usize>,
        voxels: Range<usize>,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        let (rows, columns) = (volumes.len(), voxels.len());
        memory.refilled(ByteOrder::Little, rows, columns, |memory| {
            let places =
                volumes.flat_map(|volume| voxels.clone().map(move |voxel| (volume, voxel)));
            let size = self.encoding.datatype.bytes();
            for (bytes, (volume, voxel)) in memory.chunks_exact_mut(size).zip(places) {
                bytes.copy_from_slice(self.sample(volume, voxel));
            }
            progress.voxel_bytes_read(memory.len() as u64);
            Ok(())
        })
    }
}

struct Stream {
    image: TimeFastest,
    next_volume: usize,
}

impl VolumeStream for Stream {
    fn read(
        &mut self,
        volumes: usize,
        memory: Samples,
        progress: &dyn Progress,
    ) -> Result<Samples> {
        let next = self.next_volume..self.next_volume + volumes;
        self.next_volume = next.end;
        self.image.read(next, 0..VOXELS, memory, progress)
    }
}

/// A run as NIfTI has it, without a form, and its stored numbers `[t, voxel]`.
fn run(datatype: i16, name: &str) -> (Header, Vec<f64>) {
    let (bitpix, scale) = if datatype == INT16 { (16, 1.0) } else { (32, 0.37) };
    let header = Header {
        qform_code: 0,
        sform_code: 0,
        slope: 0.5,
        inter: -20.0,
        ..Header::new(datatype, bitpix, 40, 40, 25, VOLUMES as i16)
    };
    let mut random = Random::new(name);
    let mut stored: Vec<f64> =
        (0..VOXELS * VOLUMES).map(|_| scale * random.uniform(700.0, 900.0).round()).collect();
    for volume in 0..VOLUMES {
        // Two voxels that never change, and of floats one with a NaN.
        stored[volume * VOXELS + 11] = 800.0;
        stored[volume * VOXELS + VOXELS - 1] = 0.0;
    }
    if datatype == FLOAT32 {
        stored[3 * VOXELS + 35_000] = f64::NAN;
    }
    (header, stored)
}

/// The same run, time fastest.
fn time_fastest((header, stored): &(Header, Vec<f64>), is_seekable: bool) -> Arc<dyn Source> {
    let voxel = |voxel: usize| stored[voxel..].iter().step_by(VOXELS).copied();
    let turned: Vec<f64> = (0..VOXELS).flat_map(voxel).collect();
    Arc::new(TimeFastest {
        path: PathBuf::from("made-here.tf"),
        geometry: Geometry::unoriented(
            SHAPE,
            [4.0, 4.0, 6.0],
            SpatialUnit::Millimetre,
            "no affine says how the voxels lie",
        ),
        time: Time {
            volumes: VOLUMES,
            has_axis: true,
            tr_seconds: None,
            tr_place: "RepetitionTime in its sidecar",
            unit: TimeUnit::Unknown,
        },
        encoding: VoxelEncoding {
            datatype: if header.datatype == INT16 { Datatype::Int16 } else { Datatype::Float32 },
            scaling: Scaling::new(0.5, -20.0).expect("a scaling"),
        },
        is_seekable,
        bytes: header.encode(&turned).into(),
    })
}

fn computed(session: &Session, mode: Mode, threads: usize) -> PassOutcome {
    let signals = SignalsWanted {
        slice_means: true,
        sample: Some(VoxelSample::new([0, 11, 35_000], SamplePrecision::Float64)),
        hashes: true,
        ..SignalsWanted::global_and_dvars()
    };
    let settings = Settings {
        mode,
        threads: NonZeroUsize::new(threads).expect("a thread"),
        chunk_length: None,
        analysis: Analysis { signals, ..Analysis::plain(session) },
    };
    pipeline::compute(session, &settings, Arc::new(())).unwrap_or_else(|error| panic!("{error}"))
}

/// Everything that came out, to the last bit.
fn all_bits(computed: &PassOutcome) -> (Vec<u64>, String) {
    let PassOutcome { maps, at_limit, signals, .. } = computed;
    let of_maps = [TSNR, MEAN, STD].map(|kind| maps.get(kind).expect("a map").values());
    let others = format!("{:?} {at_limit:?} {signals:?}", maps.counts());
    (of_maps.into_iter().flat_map(bits).collect(), others)
}

#[test]
fn time_fastest_without_an_affine_gives_the_bits_of_nifti_in_every_mode() {
    let scratch = Scratch::new();
    for datatype in [INT16, FLOAT32] {
        let runs = ["first", "second"].map(|name| run(datatype, name));
        for is_seekable in [true, false] {
            let files: Vec<PathBuf> = (0..)
                .zip(&runs)
                .map(|(number, (header, stored))| {
                    let file = header.file(stored);
                    match is_seekable {
                        true => scratch.file(&format!("{number}.nii"), file),
                        false => scratch.file(&format!("{number}.nii.gz"), gzip(&file)),
                    }
                })
                .collect();
            let of_files = Session::open(&files).expect("a session");
            let images = runs.iter().map(|run| time_fastest(run, is_seekable)).collect();
            let of_images = Session::of_images(images).expect("a session");
            for (mode, threads) in [Mode::Serial, Mode::Delayed, Mode::Array]
                .into_iter()
                .flat_map(|mode| [1, 3].map(|threads| (mode, threads)))
            {
                let what = format!("{datatype}, seekable: {is_seekable}, {mode}, {threads}");
                let [expected, found] =
                    [&of_files, &of_images].map(|it| computed(it, mode, threads));
                let counts = found.maps.counts();
                assert_eq!(counts.constant, 2, "{what}");
                assert_eq!(counts.not_finite, usize::from(datatype == FLOAT32), "{what}");
                assert!(all_bits(&found) == all_bits(&expected), "{what}");
            }
        }
    }
}

/// The bytes of a map of which each value is the place of its voxel.
fn written(image: &dyn Source, keep: Keep, file: &MapFile) -> Vec<u8> {
    let mut places = (0..image.voxels()).map(|place| place as f64);
    let mut bytes = Vec::new();
    let sink = image.map_sink(keep).expect("a sink");
    sink.write(&mut bytes, &mut places, file).expect("written to memory");
    bytes
}

fn plain(name: &str, notes: &[&str]) -> MapFile {
    MapFile {
        names: vec![name.to_owned()],
        description: format!("a map of {name}"),
        notes: notes.iter().map(|&it| it.to_owned()).collect(),
        ..MapFile::new(Encoding::Plain, MapPrecision::Float32)
    }
}

#[test]
fn a_map_of_another_format_is_the_file_that_nifti_without_a_form_gives() {
    let scratch = Scratch::new();
    let run = run(INT16, "first");
    let nifti = formats::open(&scratch.file("run.nii", run.0.file(&run.1))).expect("an image");
    let [mut expected, found] = [nifti, time_fastest(&run, true)]
        .map(|image| written(&*image, Keep::Extensions, &plain("tSNR", &["a note"])));
    // What is kept of the forms, whose codes are 0.
    assert_eq!(expected[252..256], [0; 4]);
    assert!(expected[256..328].iter().any(|&byte| byte != 0));
    expected[256..328].fill(0);
    assert!(found == expected);
}

#[test]
fn a_known_affine_of_another_format_becomes_the_sform() {
    let scratch = Scratch::new();
    let rows = [[0.0, -4.0, 0.0, 7.5], [4.0, 0.0, 0.0, -8.0], [0.0, 0.0, 6.0, 1.25]];
    let mut image = TimeFastest {
        path: PathBuf::from("made-here.tf"),
        geometry: Geometry {
            shape: [2, 3, 4],
            affine: Affine(rows),
            unit: SpatialUnit::Millimetre,
            voxel_sizes: [4.0, 4.0, 6.0],
            orientation: Orientation::Known,
            points: None,
        },
        time: Time {
            volumes: 1,
            has_axis: false,
            tr_seconds: None,
            tr_place: "its sidecar",
            unit: TimeUnit::Unknown,
        },
        encoding: VoxelEncoding { datatype: Datatype::Uint8, scaling: Scaling::IDENTITY },
        is_seekable: true,
        bytes: vec![0; 24].into(),
    };
    let path = scratch.file("map.nii", written(&image, Keep::Geometry, &plain("tSNR", &[])));
    let map = formats::open(&path).expect("a map");
    assert_eq!(*map.geometry(), image.geometry);
    assert_eq!(Map::read(&path).values, (0..24).map(f64::from).collect::<Vec<_>>());

    image.geometry.shape = [32_768, 1, 1];
    let sink = image.map_sink(Keep::Geometry).expect("a sink");
    assert_eq!(sink.format(None).expect("a format"), MapFormat::Nifti2);
    image.geometry.shape = [32_768, 2, 1];
    let sink = image.map_sink(Keep::Geometry).expect("a sink");
    let error = sink.format(Some(MapFormat::Nifti1)).expect_err("too long").to_string();
    let says = "an axis of 32768 voxels, expected at most 32767 for a map in NIfTI-1";
    assert!(error.contains(says), "{error}");
}

// nibabel 5.4.2: nib.load("testdata/odd/mgh_int16.mgh").header.get_zooms()[3] in ms, and .affine of
// mgh_no_ras.mgh.
#[test]
fn an_mgh_image_lies_where_nibabel_has_it_and_has_the_tr_behind_its_voxels() {
    let odd = |name: &str| formats::open(&testdata("odd").join(name)).expect("an image");
    let (nifti, mgh, packed) = (odd("int16_le.nii"), odd("mgh_int16.mgh"), odd("mgh_tags.mgz"));
    assert!(nifti.geometry().greatest_displacement_mm(mgh.geometry()) < 1e-4);
    assert_eq!(mgh.geometry().orientation, Orientation::Known);
    assert_eq!([&mgh, &packed].map(|it| it.time().tr_seconds), [Some(2.5); 2]);
    assert_eq!(odd("mgh_no_footer.mgh").time().tr_seconds, None);
    assert_eq!(packed.notes().expect("notes"), ["mri_convert run.nii run.mgz"]);
    let nowhere = odd("mgh_no_ras.mgh");
    assert!(nowhere.geometry().orientation.unknown_reason().is_some());
    let rows = [[-1.0, 0.0, 0.0, 2.5], [0.0, 0.0, -1.0, 1.5], [0.0, 1.0, 0.0, -2.0]];
    assert_eq!(nowhere.geometry().affine, Affine(rows));
    assert_eq!(odd("mgh_surface.mgz").geometry().shape, [60, 1, 1]);
}

#[test]
fn notes_come_back_before_those_of_the_image_and_what_describes_the_run_is_left_out() {
    let scratch = Scratch::new();
    let extension = |code: i32, text: &str| {
        let size = (8 + text.len()).next_multiple_of(16);
        let mut bytes = [(size as i32).to_le_bytes(), code.to_le_bytes()].concat();
        bytes.extend(text.as_bytes());
        bytes.resize(size, 0);
        bytes
    };
    let extensions = [extension(4, "<AFNI_attributes/>"), extension(6, "of the run")].concat();
    let header = Header { vox_offset: 352.0 + extensions.len() as f32, ..Header::int16(2) };
    let voxels = header.encode(&(0..120).map(f64::from).collect::<Vec<_>>());
    let run = [header.bytes(), vec![1, 0, 0, 0], extensions, voxels].concat();
    let run = formats::open(&scratch.file("run.nii", run)).expect("a run");
    assert_eq!(run.notes().expect("notes"), ["of the run"]);

    let sink = run.map_sink(Keep::Extensions).expect("a sink");
    let [left_out] = sink.left_out() else { panic!("{:?}", sink.left_out()) };
    assert!(left_out.contains("AFNI (code 4) header extension describes the run"), "{left_out}");
    assert!(run.map_sink(Keep::Geometry).expect("a sink").left_out().is_empty());

    let definition = "{\"tool\": \"numpy\", \"mean\": \"\u{b5}\"}";
    for (keep, expected) in [
        (Keep::Extensions, vec![definition, "", "of the run"]),
        (Keep::Geometry, vec![definition, ""]),
    ] {
        let file = plain("tSNR", &[definition, ""]);
        let path = scratch.file("map.nii", written(&*run, keep, &file));
        let map = formats::open(&path).expect("a map");
        assert_eq!(map.notes().expect("notes"), expected);
        assert_eq!(map.description(), "a map of tSNR");
        // Another reader finds the voxels behind the notes.
        assert_eq!(Map::read(&path).values, (0..60).map(f64::from).collect::<Vec<_>>());
        let gzipped = MapFile { encoding: Encoding::Gzip, ..file };
        let path = scratch.file("map.nii.gz", written(&*run, keep, &gzipped));
        assert_eq!(formats::open(&path).expect("a map").notes().expect("notes"), expected);
    }
}

#[test]
#[ignore = "needs the programs bzip2, zstd and pzstd"]
fn what_these_programs_pack_gives_the_bits_of_the_file() {
    let scratch = Scratch::new();
    let run = testdata("sub-01/ses-test/func/sub-01_ses-test_task-linebisection_bold.nii.gz");
    let output = |command: &mut Command| {
        let output = command.output().expect("the program starts");
        assert!(output.status.success(), "{command:?}");
        output.stdout
    };
    let plain = scratch.file("plain.nii", output(Command::new("gzip").arg("-dc").arg(&run)));
    let map = |path: &Path| {
        let mut command = scratch.program();
        command.arg(path).args(["-o", "-", "--mem-limit", "96M", "-q"]);
        output(&mut command)
    };
    let expected = map(&run);
    for command in [
        &["bzip2", "-kc"][..],
        &["zstd", "-c"],
        &["zstd", "-c", "--ultra", "-22", "--long=24"],
        &["pzstd", "-c", "-p", "3"],
    ] {
        let mut packed = Command::new(command[0]);
        packed.args(&command[1..]).stdin(File::open(&plain).expect("the run"));
        if command[0] == "pzstd" {
            packed.arg(&plain);
        }
        let path = scratch.file("packed.nii", output(&mut packed));
        assert!(map(&path) == expected, "{command:?}");
    }
}

#[test]
fn maps_are_written_as_mgh_where_a_name_or_an_option_says_so() {
    let scratch = Scratch::new();
    let run = testdata("odd/int16_le.nii");
    let run = run.to_str().expect("UTF-8");
    let maps = ["-o", "o.mgz", "--mean", "m.mgh", "--mask", "auto", "--mask-out", "k.MGZ", "-q"];
    scratch.tsnr([run].into_iter().chain(maps)).succeeded();
    scratch.tsnr([run, "-o", "o.nii", "--mean", "m.nii", "--mask", "auto", "-q"]).succeeded();
    for (mgh, nifti) in [("o.mgz", "o.nii"), ("m.mgh", "m.nii")] {
        let [mgh, nifti] = [mgh, nifti].map(|it| formats::open(&scratch.path(it)).expect("a map"));
        assert_eq!(mgh.format(), "MGH");
        assert!(nifti.geometry().greatest_displacement_mm(mgh.geometry()) < 1e-4);
        assert_eq!(mgh.notes().expect("notes"), nifti.notes().expect("notes"));
        let values = |image: &Arc<dyn Source>| {
            let none = Samples::none(Datatype::Float32);
            let samples = formats::VolumeReader::open(image).expect("a reader").read(1, none, &());
            let Samples::Float32(array) = samples.expect("voxels") else { panic!("float32") };
            array.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(values(&mgh), values(&nifti));
    }
    // What it is is read from its tags: the definitions are known to be alike.
    scratch.tsnr(["diff", "o.mgz", "o.nii", "--difference", "d.mgz", "-q"]).succeeded();
    let mut command = scratch.program();
    command.args([run, "-o", "-", "--output-format", "mgz", "--mask", "auto", "-q"]);
    let output = command.output().expect("the program starts");
    assert_eq!(output.stdout, std::fs::read(scratch.path("o.mgz")).expect("a map"));
    for (arguments, says) in [
        (&["-o", "a.mgz", "--mean", "b.nii"][..], "of two formats"),
        (&["-o", "a.mgz", "--output-format", "nifti1"], "says MGH, not NIfTI-1"),
        (&["-o", "a.nii.gz", "--output-format", "mgz"], "says NIfTI, not MGH"),
        (&["-o", "a.mgz", "--dtype", "float64"], "MGH has no float64"),
    ] {
        let outcome = scratch.tsnr([run].iter().chain(arguments));
        assert_eq!(outcome.exit_code, Some(2), "{arguments:?}");
        assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    }
}

#[test]
#[ignore = "needs Python with numpy and nibabel"]
fn nibabel_finds_the_map_in_an_mgh_file_where_it_finds_it_in_nifti() {
    let scratch = Scratch::new();
    for name in ["int16_le.nii", "mgh_surface.mgz", "affine_qform_only.nii"] {
        let run = testdata("odd").join(name);
        for map in ["o.mgz", "o.nii"] {
            scratch.tsnr([run.as_os_str(), "-o".as_ref(), map.as_ref(), "-q".as_ref()]).succeeded();
        }
        let check = "import nibabel, numpy\n\
            mgh, nifti = (nibabel.load(f'o.{it}') for it in ('mgz', 'nii'))\n\
            assert mgh.get_data_dtype().str == '>f4'\n\
            assert (mgh.get_fdata().squeeze() == nifti.get_fdata().squeeze()).all()\n\
            assert numpy.allclose(mgh.affine, nifti.affine, rtol=0, atol=1e-4)\n";
        let mut python = Command::new(program::python::with_numpy_and_nibabel());
        let output = python.args(["-c", check]).current_dir(scratch.path(".")).output();
        let output = output.expect("Python starts");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

// The values are nibabel's (testdata/expected.py); the codes are those that AFNI writes for its views.
#[test]
fn an_afni_dataset_has_its_tr_its_place_and_its_factors_and_its_map_its_space() {
    let scratch = Scratch::new();
    let odd = |name: &str| formats::open(&testdata("odd").join(name)).expect("an image");
    let (nifti, plain) = (odd("int16_le.nii"), odd("afni+orig.HEAD"));
    assert!(nifti.geometry().greatest_displacement_mm(plain.geometry()) < 1e-4);
    assert_eq!((plain.format(), plain.time().tr_seconds), ("AFNI", Some(2.5)));
    assert_eq!(plain.files(), odd("afni+orig.BRIK").files());
    let (one, each) = (odd("afni_factor+orig.HEAD"), odd("afni_factors+orig.BRIK"));
    assert_eq!((one.datatype(), one.scaling().slope()), (Datatype::Int16, 0.0125));
    assert_eq!((each.datatype(), each.scaling()), (Datatype::Float64, Scaling::IDENTITY));
    for (name, code) in [("afni+orig.HEAD", 1), ("afni_floats+acpc.BRIK", 2), ("afni+tlrc.HEAD", 3)]
    {
        let run = testdata("odd").join(name);
        scratch.tsnr([run.as_os_str(), "-o".as_ref(), "o.nii".as_ref(), "-q".as_ref()]).succeeded();
        let map = std::fs::read(scratch.path("o.nii")).expect("a map");
        assert_eq!(map[254..256], [code, 0], "{name}");
    }
}

#[test]
fn an_afni_dataset_that_is_cut_is_told_and_both_its_files_are_one_run() {
    let scratch = Scratch::new();
    for name in ["afni_factors+orig.HEAD", "afni_factors+orig.BRIK"] {
        std::fs::copy(testdata("odd").join(name), scratch.path(name)).expect("a copy");
    }
    for input in ["afni*", "afni_factors+orig.BRIK"] {
        let arguments = [input, "afni_factors+orig.HEAD", "-o", "o.nii", "--verbose"];
        let outcome = scratch.tsnr(arguments).succeeded();
        assert!(!outcome.stderr.contains("run 2:"), "{}", outcome.stderr);
    }
    let brik = File::options().write(true).open(scratch.path("afni_factors+orig.BRIK"));
    brik.and_then(|file| file.set_len(300)).expect("cut");
    let line = scratch.tsnr(["afni_factors+orig.HEAD", "-o", "map.nii"]).error();
    let says = "afni_factors+orig.BRIK: truncated: its header has 6 volumes, of which 2 are whole";
    assert!(line.contains(says), "{line}");
}

/// The attributes of a `.HEAD` of one sub-brick of shorts, on the grid of `int16_le.nii`.
fn head_of_one_volume() -> String {
    let head = std::fs::read_to_string(testdata("odd/afni+orig.HEAD")).expect("a header");
    let attributes = head.split("\n\n").filter(|it| !it.contains("TAXIS") && !it.contains("LABS"));
    let attribute = |it: &str| match it {
        it if it.contains("BRICK_TYPES") => {
            "type = integer-attribute\nname = BRICK_TYPES\ncount = 1\n1".to_owned()
        }
        it if it.contains("FLOAT_FACS") => {
            "type = float-attribute\nname = BRICK_FLOAT_FACS\ncount = 1\n0".to_owned()
        }
        it => it.replace(" 3 6 0", " 3 1 0"),
    };
    attributes.map(attribute).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn masks_atlases_and_means_of_a_volume_may_be_in_mgh_and_afni() {
    let scratch = Scratch::new();
    let run = testdata("odd/int16_le.nii").display().to_string();
    // Regions 0, 1 and 2, of 20 voxels each.
    let labels: Vec<f64> = (0..60).map(|it| f64::from(it / 20)).collect();
    let one = Header::int16(1);
    scratch.file("labels.nii", one.file(&labels));
    let image = program::bytes::mgh(4, INT16, [5, 4, 3, 1], &labels);
    scratch.file("labels.mgh", &image);
    scratch.file("labels.mgz", gzip(&image));
    scratch.file("labels+orig.HEAD", head_of_one_volume());
    scratch.file("labels+orig.BRIK", one.encode(&labels));
    let mut outcomes = Vec::new();
    for labels in ["labels.nii", "labels.mgh", "labels.mgz", "labels+orig.HEAD", "labels+orig.BRIK"]
    {
        let options = ["--mask", labels, "--atlas", labels, "--table", "t.tsv", "--json", "j.json"];
        let options = [&[&*run, "-o", "t.nii", "--reproducible"][..], &options].concat();
        let outcome = scratch.tsnr(options).succeeded();
        assert!(outcome.summary("mask").starts_with("40 of 60 voxels"), "{}", outcome.stderr);
        assert!(outcome.found_as("affine-differs").is_empty(), "{}", outcome.stderr);
        let table = std::fs::read_to_string(scratch.path("t.tsv")).expect("a table");
        outcomes.push((bits(&Map::read(&scratch.path("t.nii")).values), table));
        let mean = ["-q", "-o", "m.nii", "--mean-from", labels];
        scratch.tsnr([&[&*run][..], &mean].concat()).succeeded();
        outcomes.last_mut().expect("it").0.extend(bits(&Map::read(&scratch.path("m.nii")).values));
    }
    assert!(outcomes.iter().all(|it| *it == outcomes[0]), "{outcomes:?}");
}
