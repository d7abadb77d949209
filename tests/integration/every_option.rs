//! No option is without effect: alone, beside each other option, and in random company it changes an
//! output, or the command line is refused.
//!
//! [`RUN`], [`COMPARE`] and [`DIFF`] have a row for every option that the program knows, so a new one
//! fails here until it has a row. A row says how the option is typed, what it acts on, and how its
//! effect is seen. `without_end` in a name: run by `.ci/run-all`.

use crate::make::gifti as made;
use crate::program;

use program::bytes::{FLOAT32, Header, INT16, Random};
use program::{Scratch, testdata};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Where the effect of an option is seen.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    /// In some output.
    Output,
    /// In how the numbers are computed, and in no number: time, memory, a promise of equal bytes.
    Course,
    /// In data that have what it acts on; these have not.
    OtherData,
}

/// An option as it is typed, and what it acts on.
struct Row {
    option: &'static str,
    typed: &'static str,
    beside: &'static [&'static str],
    seen: Seen,
}

const fn row(option: &'static str, typed: &'static str, beside: &'static [&'static str]) -> Row {
    Row { option, typed, beside, seen: Seen::Output }
}

const fn how(option: &'static str, typed: &'static str, beside: &'static [&'static str]) -> Row {
    Row { option, typed, beside, seen: Seen::Course }
}

const fn other(option: &'static str, typed: &'static str, beside: &'static [&'static str]) -> Row {
    Row { option, typed, beside, seen: Seen::OtherData }
}

const OUTPUT: &str = "--output=o.nii";
const TABLE: &str = "--table=t.tsv";
const JSON: &str = "--json=j.json";
const PNG: &str = "--png=p.png";
const GRAPH: &str = "--visualize=g.svg";
const TABLES: &str = "--confounds=IN/run-*_confounds.tsv";
const CENSOR: &str = "--censor=IN/run-*_keep.1D";
const MASK: &str = "--mask=IN/mask.nii";
const ATLAS: &str = "--atlas=IN/atlas.nii";
const TISSUE: &str = "--tissue=GM=IN/gm.nii";

/// The options of the command that computes maps.
const RUN: &[Row] = &[
    row("output", OUTPUT, &[]),
    row("mean", "--mean=mean.nii", &[]),
    row("std", "--std=std.nii.gz", &[]),
    row("map", "--map=cv=cv.nii", &[]),
    row("dtype", "--dtype=float64", &[OUTPUT]),
    row("output-format", "--output-format=nifti2", &[OUTPUT]),
    // Of these data, where all voxels are defined but one, in what is said of the definition.
    row("undefined", "--undefined=nan", &[OUTPUT]),
    row("mask", MASK, &[]),
    row("mask-out", "--mask-out=m.nii", &[MASK]),
    // Of a mask of 0 and 1, on the grid of the runs.
    other("mask-threshold", "--mask-threshold=0.5", &[MASK]),
    other("resample", "--resample", &[MASK]),
    row("json", JSON, &[]),
    row("definition", "--definition=afni", &[]),
    row("combine", "--combine=demean", &[]),
    row("ddof", "--ddof=2", &[]),
    row("mean-from", "--mean-from=IN/mean.nii", &[]),
    row("detrend", "--detrend=1", &[]),
    row("highpass", "--highpass=20", &[]),
    // It is in JSON and headers, in what is found of TRs, and in what a high-pass filter removes.
    other("tr", "--tr=3", &[JSON]),
    row("confounds", TABLES, &["--confound-columns=csf"]),
    row("confound-columns", "--confound-columns=csf", &[TABLES]),
    row("dummy-scans", "--dummy-scans=2", &[]),
    row("volumes", "--volumes=1:15", &[]),
    row("censor", CENSOR, &[]),
    row("fd-thresh", "--fd-thresh=0.5", &[TABLES]),
    row("dvars-thresh", "--dvars-thresh=1.5", &[TABLES]),
    row("censor-before", "--censor-before=1", &[CENSOR]),
    row("censor-after", "--censor-after=1", &[CENSOR]),
    other("skip-short-runs", "--skip-short-runs", &[]),
    row("atlas", ATLAS, &[TABLE]),
    row("atlas-labels", "--atlas-labels=IN/labels.tsv", &[ATLAS, TABLE]),
    row("by-slice", "--by-slice", &[TABLE]),
    row("tissue", TISSUE, &[TABLE]),
    row("tissue-threshold", "--tissue-threshold=0.9", &[TISSUE, TABLE]),
    row("table", TABLE, &[]),
    row("report", "--report=r.html", &[]),
    row("png", PNG, &[]),
    row("preview", "--preview", &[]),
    row("views", "--views=coronal", &[PNG]),
    row("slices", "--slices=1", &[PNG]),
    row("range", "--range=0:50", &[PNG]),
    row("colormap", "--colormap=magma", &[PNG]),
    row("dark", "--dark", &[PNG]),
    row("transparent", "--transparent", &[PNG]),
    row("overlay", "--overlay=mean", &[PNG]),
    row("width", "--width=900", &[PNG]),
    row("definitions", "--definitions", &[]),
    other("strict", "--strict", &[]),
    other("allow", "--allow=clipped", &["--strict"]),
    how("mode", "--mode=serial", &[]),
    how("threads", "--threads=1", &[]),
    how("mem-limit", "--mem-limit=1G", &[]),
    how("chunk-length", "--chunk-length=3", &[]),
    row("visualize", GRAPH, &[]),
    row("visualize-raw", "--visualize-raw", &[GRAPH]),
    row("color-by", "--color-by=order", &[GRAPH]),
    row("dry-run", "--dry-run", &[]),
    row("explain", "--explain", &[]),
    how("no-optimize", "--no-optimize", &[]),
    row("profile", "--profile=profile.html", &[]),
    row("compare", "--compare", &["--repeat=1"]),
    row("repeat", "--repeat=1", &["--compare"]),
    // The variable that asks for it is set in all of these.
    how("reproducible", "--reproducible", &[JSON]),
    row("quiet", "--quiet", &[OUTPUT]),
    row("log-format", "--log-format=json", &[]),
    row("verbose", "--verbose", &[]),
];

/// What is refused beside what: each pair contradicts itself.
const REFUSED: &[(&str, &[&str])] = &[
    ("quiet", &["verbose", "explain", "preview", "dry-run"]),
    ("log-format", &["preview"]),
    ("dry-run", &["preview"]),
    ("chunk-length", &["mode"]),
    ("no-optimize", &["mode"]),
    ("visualize-raw", &["mode"]),
    ("reproducible", &["profile"]),
];

/// What a command that is an option takes beside itself; all else is refused.
const TAKEN_BY_DEFINITIONS: &[&str] = &[
    "combine",
    "ddof",
    "mean-from",
    "detrend",
    "highpass",
    "tr",
    "confounds",
    "confound-columns",
    "dummy-scans",
    "volumes",
    "censor",
    "fd-thresh",
    "dvars-thresh",
    "censor-before",
    "censor-after",
    "skip-short-runs",
    "mask",
    "mask-threshold",
    "resample",
    "mode",
    "threads",
    "mem-limit",
    "chunk-length",
    "no-optimize",
    "quiet",
    "log-format",
    "definitions",
];
const TAKEN_BY_COMPARE: &[&str] = &[
    "combine",
    "ddof",
    "mean-from",
    "detrend",
    "highpass",
    "tr",
    "confounds",
    "confound-columns",
    "dummy-scans",
    "volumes",
    "censor",
    "fd-thresh",
    "dvars-thresh",
    "censor-before",
    "censor-after",
    "skip-short-runs",
    "definition",
    "threads",
    "mem-limit",
    "chunk-length",
    "quiet",
    "log-format",
    "compare",
    "repeat",
    "json",
];

/// Options that are seen in nothing beside another, and why that is in order.
const UNSEEN: &[(&str, &str, &str)] = &[
    ("log-format", "quiet", "of which there are warnings and errors, in other data"),
    ("log-format", "definitions", "whose table is printed as it is, and messages in other data"),
    ("quiet", "definitions", "what is not said are notes, as of runs in memory"),
    ("names", "quiet", "no words are in a picture"),
];

/// The options of `tsnr diff`.
const DIFF: &[Row] = &[
    row("report", "--report=r.html", &[]),
    row("png", PNG, &[]),
    row("difference", "--difference=d.nii", &[]),
    row("ratio", "--ratio=q.nii.gz", &[]),
    row("dtype", "--dtype=float64", &["--ratio=q.nii.gz"]),
    row("output-format", "--output-format=nifti2", &["--ratio=q.nii.gz"]),
    how("reproducible", "--reproducible", &[JSON]),
    row("json", JSON, &[]),
    row("mask", MASK, &[]),
    other("mask-threshold", "--mask-threshold=0.5", &[MASK]),
    other("resample", "--resample", &[MASK]),
    row("names", "--names=one,two", &[]),
    other("any-definition", "--any-definition", &[]),
    other("mem-limit", "--mem-limit=1G", &[]),
    row("atlas", ATLAS, &[TABLE]),
    row("atlas-labels", "--atlas-labels=IN/labels.tsv", &[ATLAS, TABLE]),
    row("table", TABLE, &[]),
    row("quiet", "--quiet", &[PNG]),
    row("log-format", "--log-format=json", &[]),
];

/// The options of `tsnr compare`, whose table has times: what is computed is tested in other places.
const COMPARE: &[Row] = &[
    how("repeat", "--repeat=1", &[]),
    row("json", JSON, &[]),
    how("definition", "--definition=afni", &[]),
    how("combine", "--combine=demean", &[]),
    how("ddof", "--ddof=2", &[]),
    how("mean-from", "--mean-from=IN/mean.nii", &[]),
    how("detrend", "--detrend=1", &[]),
    how("highpass", "--highpass=20", &[]),
    how("tr", "--tr=3", &[]),
    how("confounds", TABLES, &["--confound-columns=csf"]),
    how("confound-columns", "--confound-columns=csf", &[TABLES]),
    how("dummy-scans", "--dummy-scans=2", &[]),
    how("volumes", "--volumes=1:15", &[]),
    how("censor", CENSOR, &[]),
    how("fd-thresh", "--fd-thresh=0.5", &[TABLES]),
    how("dvars-thresh", "--dvars-thresh=1.5", &[TABLES]),
    how("censor-before", "--censor-before=1", &[CENSOR]),
    how("censor-after", "--censor-after=1", &[CENSOR]),
    how("skip-short-runs", "--skip-short-runs", &[]),
    how("threads", "--threads=1,2", &[]),
    how("mem-limit", "--mem-limit=1G", &[]),
    how("chunk-length", "--chunk-length=3", &[]),
];

/// The options that act on points which lie on surfaces.
const ON_SURFACES: &[Row] = &[row("surfaces", "--surfaces=IN/L.surf.gii", &["--report=r.html"])];

/// The options of `tsnr info`.
const INFO: &[Row] = &[
    row("json", JSON, &[]),
    row("quiet", "--quiet", &[JSON]),
    other("log-format", "--log-format=json", &[]),
];

/// Options of messages, which `tsnr compare` has too.
const COMPARE_MESSAGES: &[Row] =
    &[other("quiet", "--quiet", &[]), other("log-format", "--log-format=json", &[])];

// ---- The data ---------------------------------------------------------------------------------

/// The volumes of a run, of 5 x 4 x 3 voxels.
const VOLUMES: usize = 16;

/// Two runs in which nothing is wrong, two maps, and every file that can be given beside them.
fn data() -> Scratch {
    let scratch = Scratch::new();
    for run in 1..=2 {
        let mut random = Random::new(&format!("run {run}"));
        let levels: Vec<f64> = (0..60).map(|it| 500.0 + 17.0 * f64::from(it)).collect();
        let value = |volume: usize, voxel: usize, noise: f64| match voxel {
            0 => 0.0,
            _ => levels[voxel] * (1.0 + 0.001 * volume as f64) + 6.0 * noise,
        };
        let voxels: Vec<f64> =
            (0..60 * VOLUMES).map(|it| value(it / 60, it % 60, random.normal())).collect();
        let header = Header::new(INT16, 16, 5, 4, 3, VOLUMES as i16);
        scratch.file(&format!("run-{run}_bold.nii"), header.file(&voxels));
        let moved = |it: usize| if it == 9 { 0.9 } else { 0.1 };
        let rows = (0..VOLUMES).map(|it| {
            let (csf, dvars) = (10.0 + random.normal(), if it == 4 { 1.9 } else { 1.0 });
            format!("{csf}\t{}\t{dvars}\t{}\n", moved(it), u8::from(it == 0))
        });
        let head = "csf\tframewise_displacement\tstd_dvars\tnon_steady_state_outlier00\n";
        scratch
            .file(&format!("run-{run}_confounds.tsv"), head.to_owned() + &rows.collect::<String>());
        let kept = (0..VOLUMES).map(|it| if it == 7 { "0\n" } else { "1\n" });
        scratch.file(&format!("run-{run}_keep.1D"), kept.collect::<String>());
    }
    let image = |datatype, bits, value: fn(usize) -> f64| {
        let header = Header::new(datatype, bits, 5, 4, 3, 1);
        header.file(&(0..60).map(value).collect::<Vec<f64>>())
    };
    scratch.file("mask.nii", image(INT16, 16, |it| f64::from(it % 7 != 3)));
    scratch.file("atlas.nii", image(INT16, 16, |it| (it % 4) as f64));
    scratch.file("labels.tsv", "index\tname\n1\tone\n2\ttwo\n3\tthree\n");
    scratch.file("gm.nii", image(FLOAT32, 32, |it| it as f64 / 59.0));
    scratch.file("mean.nii", image(FLOAT32, 32, |it| 700.0 + it as f64));
    let points = std::fs::read(testdata("odd/cifti.dtseries.nii")).expect("a specimen");
    scratch.file("points.dtseries.nii", points);
    scratch.file("L.surf.gii", made::sheet("CortexLeft"));
    scratch.file("a.nii", image(FLOAT32, 32, |it| 20.0 + it as f64));
    scratch.file("b.nii", image(FLOAT32, 32, |it| 90.0 - it as f64 * 0.7));
    scratch
}

/// What came out: the exit status, what was printed and said, and the files.
#[derive(Clone, PartialEq)]
struct Outputs {
    outcome: (Option<i32>, String, String),
    files: BTreeMap<String, Vec<u8>>,
}

impl Outputs {
    fn exit_code(&self) -> Option<i32> {
        self.outcome.0
    }
}

/// A command on these data, and what came out of it for each set of options.
struct Bench {
    data: Scratch,
    command: &'static [&'static str],
    inputs: &'static [&'static str],
    known: BTreeMap<BTreeSet<String>, Outputs>,
}

impl Bench {
    fn new(command: &'static [&'static str], inputs: &'static [&'static str]) -> Bench {
        Bench { data: data(), command, inputs, known: BTreeMap::new() }
    }

    /// What comes out, in a folder of its own.
    fn outputs(&mut self, options: &BTreeSet<String>) -> Outputs {
        if let Some(known) = self.known.get(options) {
            return known.clone();
        }
        let folder = self.data.path("");
        let folder = folder.to_str().expect("UTF-8").trim_end_matches('/');
        let scratch = Scratch::new();
        let mut program = scratch.program();
        program.env("SOURCE_DATE_EPOCH", "1").env_remove("TERM").args(self.command);
        program.args(self.inputs.iter().map(|it| format!("{folder}/{it}")));
        program.args(options.iter().map(|it| it.replace("IN/", &format!("{folder}/"))));
        let output = program.output().expect("the program starts");
        let mut files = BTreeMap::new();
        for name in scratch.names() {
            let content = match name.as_str() {
                // It is made of times.
                "profile.html" => Vec::new(),
                _ => fs::read(scratch.path(&name)).expect("a file"),
            };
            files.insert(name, content);
        }
        // A map on stdout is no text.
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
        let outputs = Outputs { outcome: (output.status.code(), stdout, stderr), files };
        self.known.insert(options.clone(), outputs.clone());
        outputs
    }

    /// Sees that all went as it has to, whatever the options: no panic, and no file after a failure.
    fn checked(&mut self, options: &BTreeSet<String>) -> Outputs {
        let outputs = self.outputs(options);
        let (exit_code, _, stderr) = &outputs.outcome;
        let is_in_order = matches!(exit_code, Some(0..=2))
            && !stderr.contains("panicked")
            && !stderr.contains("defect of tsnr");
        assert!(is_in_order, "{options:?} ends with {exit_code:?}: {stderr}");
        let is_clean = outputs.files.keys().all(|name| !name.starts_with('.'));
        assert!(is_clean && (*exit_code == Some(0) || outputs.files.is_empty()), "{options:?}");
        if *exit_code == Some(2) {
            assert!(stderr.contains("--"), "{options:?}: it names an option: {stderr}");
        }
        outputs
    }
}

fn set(options: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    options.into_iter().map(str::to_owned).collect()
}

/// The names of the options in a command line.
fn named(options: &BTreeSet<String>) -> BTreeSet<&str> {
    options
        .iter()
        .map(|it| it.trim_start_matches("--").split('=').next().expect("a name"))
        .collect()
}

/// Whether a command line of these options has to be refused.
fn is_refused(options: &BTreeSet<String>) -> bool {
    let named = named(options);
    let has = |name: &str| named.contains(name);
    let takes = |taken: &[&str]| named.iter().all(|it| taken.contains(it));
    (has("definitions") && !takes(TAKEN_BY_DEFINITIONS))
        || (has("compare") && !takes(TAKEN_BY_COMPARE))
        // No terminal shows colours here.
        || (has("preview")
            && (has("range") || has("colormap"))
            && !has("png")
            && !has("report"))
        || REFUSED.iter().any(|(one, others)| {
            let is_meant = *one == "quiet" && (has("visualize") || has("strict"));
            has(one) && others.iter().any(|it| has(it) && !(*it == "dry-run" && is_meant))
        })
}

/// Whether outputs of these options say nothing of what another option does: a comparison has times,
/// a dry run says what would be written, and not what is in it; a quiet one that writes a profile only
/// writes times.
fn hides_effects(options: &BTreeSet<String>) -> bool {
    let named = named(options);
    let is_written = |it: &&String| is_output(it) || it.ends_with("=-");
    let mut written = options.iter().filter(is_written).peekable();
    let has_times_only = named.contains("quiet")
        && written.peek().is_some()
        && written.all(|it| it.starts_with("--profile="));
    named.contains("compare") || named.contains("dry-run") || has_times_only
}

/// Whether an option has no effect that is seen beside others, and that is in order.
fn is_unseen(row: &Row, others: &BTreeSet<String>) -> bool {
    let others = named(others);
    let mut unseen = UNSEEN.iter();
    unseen.any(|(option, beside, _)| row.option == *option && others.contains(beside))
}

/// Sees that an option beside others is refused if it has to be, and is not without effect else.
fn see(bench: &mut Bench, row: &Row, others: &BTreeSet<String>) -> bool {
    let mut without: BTreeSet<String> = others.clone();
    without.extend(set(row.beside.iter().copied()));
    without.remove(row.typed);
    let mut with = without.clone();
    with.insert(row.typed.to_owned());
    let found = bench.checked(&with);
    if is_refused(&with) {
        assert_eq!(found.exit_code(), Some(2), "{with:?} has to be refused");
        let names = named(&with);
        let said = names.iter().filter(|it| found.outcome.2.contains(&format!("--{it}"))).count();
        assert!(said >= 2, "{with:?}: both are named: {}", found.outcome.2);
        return false;
    }
    // A voxel that never changes is an error where a mask says that it is of the brain.
    if found.exit_code() == Some(1) && named(&with).contains("strict") {
        return true;
    }
    assert_eq!(found.exit_code(), Some(0), "{with:?}: {}", found.outcome.2);
    let mut before = bench.checked(&without);
    if before.exit_code() == Some(2) {
        if others.contains(row.typed) {
            return true;
        }
        before = bench.checked(others);
    }
    if row.seen == Seen::Output && !hides_effects(&without) && !is_unseen(row, others) {
        assert!(found != before, "--{} does nothing beside {without:?}", row.option);
    }
    true
}

fn bench_of_runs() -> Bench {
    Bench::new(&[], &["run-1_bold.nii", "run-2_bold.nii"])
}

// ---- The tests --------------------------------------------------------------------------------

#[test]
fn every_option_has_a_row() {
    let known = tsnr::cli::options();
    let of = |command: &str| -> BTreeSet<String> {
        let of_command = known.iter().filter(|(name, _)| name == command);
        of_command.map(|(_, option)| option.clone()).collect()
    };
    let rows =
        |rows: &[Row]| -> BTreeSet<String> { rows.iter().map(|it| it.option.to_owned()).collect() };
    assert_eq!(of("run"), &rows(RUN) | &rows(ON_SURFACES));
    assert_eq!(of("diff"), rows(DIFF));
    assert_eq!(of("info"), rows(INFO));
    assert_eq!(of("compare"), &rows(COMPARE) | &rows(COMPARE_MESSAGES));
}

/// Alone, with what it acts on.
#[test]
fn no_option_is_without_effect() {
    let mut runs = bench_of_runs();
    RUN.iter().for_each(|row| assert!(see(&mut runs, row, &BTreeSet::new()), "{}", row.option));
    let mut maps = Bench::new(&["diff"], &["a.nii", "b.nii"]);
    DIFF.iter().for_each(|row| assert!(see(&mut maps, row, &BTreeSet::new()), "{}", row.option));
    let mut points = Bench::new(&[], &["points.dtseries.nii"]);
    let of_points = ON_SURFACES.iter();
    of_points.for_each(|row| assert!(see(&mut points, row, &BTreeSet::new()), "{}", row.option));
    let mut images = Bench::new(&["info"], &["a.nii", "run-1_bold.nii"]);
    INFO.iter().for_each(|row| assert!(see(&mut images, row, &BTreeSet::new()), "{}", row.option));
    let mut modes = Bench::new(&["compare", "--repeat=1"], &["run-1_bold.nii", "run-2_bold.nii"]);
    for row in COMPARE.iter().chain(COMPARE_MESSAGES).filter(|it| it.option != "repeat") {
        assert!(see(&mut modes, row, &BTreeSet::new()), "{}", row.option);
    }
}

/// Sees each option beside each other one, of every so many pairs.
fn see_pairs(every: usize) {
    let rows: Vec<&Row> = RUN.iter().collect();
    let pairs = (0..rows.len() * rows.len()).filter(|it| it % every == 0);
    let pairs: Vec<[&Row; 2]> =
        pairs.map(|it| [rows[it / rows.len()], rows[it % rows.len()]]).collect();
    let of_thread = |part: &[[&Row; 2]]| {
        let mut bench = bench_of_runs();
        for [row, other] in part {
            let others = set(other.beside.iter().copied().chain([other.typed]));
            see(&mut bench, row, &others);
        }
    };
    std::thread::scope(|scope| {
        let parts = pairs.chunks(pairs.len().div_ceil(2));
        let threads: Vec<_> = parts.map(|it| scope.spawn(move || of_thread(it))).collect();
        threads.into_iter().for_each(|it| it.join().expect("all pairs are in order"));
    });
    let mut maps = Bench::new(&["diff"], &["a.nii", "b.nii"]);
    for (row, other) in DIFF.iter().flat_map(|row| DIFF.iter().map(move |other| (row, other))) {
        let others = set(other.beside.iter().copied().chain([other.typed]));
        see(&mut maps, row, &others);
    }
}

#[test]
fn no_option_is_without_effect_beside_another() {
    see_pairs(17);
}

#[test]
#[ignore = "takes minutes"]
fn no_option_is_without_effect_beside_any_other_without_end() {
    see_pairs(1);
}

// ---- Random company ---------------------------------------------------------------------------

/// Other values than those of the rows, some of which cannot be meant or had with others.
const OTHER_VALUES: &[&str] = &[
    "--output=IN/run-1_bold.nii",
    "--output=none/o.nii",
    "--output=o.nii.gz",
    "--output=o.txt",
    "--mean=o.nii",
    "--map=run-tsnr=r-{run}.nii",
    "--map=run-tsnr=r.nii",
    "--map=stderr=e.nii",
    "--map=between=b.nii",
    "--map=volumes=v.nii.gz",
    "--undefined=numpy",
    "--undefined=fsl",
    "--mask=auto",
    "--mask=IN/run-1_bold.nii",
    "--json=-",
    "--table=-",
    "--output=-",
    "--definition=fsl",
    "--definition=nipype",
    "--definition=sfnr",
    "--definition=afni-cvarinv",
    "--combine=average",
    "--combine=weighted",
    "--combine=concat",
    "--ddof=rank",
    "--ddof=14",
    "--ddof=99",
    "--mean-from=IN/run-2_bold.nii",
    "--mean-from=IN/labels.tsv",
    "--detrend=9",
    "--detrend=4",
    "--highpass=0.1",
    "--highpass=1e9",
    "--tr=1e-3",
    "--tr=40",
    "--dummy-scans=auto",
    "--dummy-scans=16",
    "--volumes=3:4",
    "--volumes=:7",
    "--volumes=20:",
    "--censor=IN/labels.tsv",
    "--fd-thresh=1e-9",
    "--dvars-thresh=0.5",
    "--censor-before=99",
    "--censor-after=3",
    "--atlas=IN/gm.nii",
    "--atlas-labels=IN/mask.nii",
    "--tissue=WM=IN/mask.nii",
    "--views=axial,sagittal",
    "--slices=all",
    "--slices=0,2",
    "--slices=7,",
    "--range=9:3",
    "--allow=between-runs",
    "--mode=delayed",
    "--mode=array",
    "--threads=7",
    "--threads=1,2",
    "--mem-limit=1M",
    "--chunk-length=1000",
    "--visualize=g.json",
    "--visualize=g.dot",
    "--profile=profile.json",
];

/// Runs so many command lines of up to nine options, of which each is drawn by its number alone.
/// Of those that succeed, so many options are left out in turn, and have to be missed.
fn see_combinations(numbers: std::ops::Range<usize>, options_left_out: usize) -> [usize; 3] {
    let rows: Vec<&Row> = RUN.iter().collect();
    let mut ends = [0; 3];
    let mut bench = bench_of_runs();
    for number in numbers {
        let mut random = Random::new(&format!("options {number}"));
        let mut below = |end: usize| random.uniform(0.0, end as f64) as usize;
        let mut options = BTreeSet::new();
        for _ in 0..1 + below(5) {
            let row = rows[below(rows.len())];
            // Comparisons take as long as ten others.
            if row.option == "compare" && below(10) > 0 {
                continue;
            }
            options.insert(row.typed.to_owned());
            if below(8) > 0 {
                options.extend(set(row.beside.iter().copied()));
            }
        }
        let others = below(3);
        for _ in 0..others {
            let value = OTHER_VALUES[below(OTHER_VALUES.len())];
            let option = value.split('=').next().expect("a name");
            options.retain(|it| it.split('=').next() != Some(option));
            options.insert(value.to_owned());
        }
        bench.known.clear();
        let outputs = bench.checked(&options);
        let exit_code = outputs.exit_code().expect("an exit status");
        ends[exit_code as usize] += 1;
        if exit_code != 0 || hides_effects(&options) {
            continue;
        }
        for file in options.iter().filter(|it| is_output(it)) {
            let name = file.rsplit('=').next().expect("a name").replace("{run}", "2");
            assert!(outputs.files.contains_key(&name), "{options:?}: {name} is there");
        }
        let is_seen = |it: &&&Row| it.seen == Seen::Output && options.contains(it.typed);
        let mut seen: Vec<&&Row> = rows.iter().filter(is_seen).collect();
        // Another value may leave nothing to others: of one volume none is censored.
        let checks = if others == 0 { options_left_out.min(seen.len()) } else { 0 };
        for _ in 0..checks {
            let row = seen.swap_remove(below(seen.len()));
            let mut without = options.clone();
            without.remove(row.typed);
            let before = bench.checked(&without);
            let is_missed = before.exit_code() != Some(0) || outputs != before;
            assert!(
                is_missed || is_unseen(row, &without),
                "--{} does nothing beside {without:?}",
                row.option
            );
        }
    }
    ends
}

/// Whether an option names a file of the folder to write.
fn is_output(option: &str) -> bool {
    let outputs = ["--output", "--mean", "--std", "--map", "--mask-out", "--json", "--table"];
    let outputs = outputs.iter().chain(&["--report", "--png", "--visualize", "--profile"]);
    outputs.clone().any(|it| option.split('=').next() == Some(it)) && !option.ends_with("=-")
}

#[test]
fn combinations_of_options_are_done_or_refused() {
    let ends = see_combinations(0..250, 1);
    assert!(ends.iter().all(|&count| count >= 10), "{ends:?}");
}

/// Ten thousand command lines, and each option of those that succeed left out.
#[test]
#[ignore = "takes minutes"]
fn ten_thousand_combinations_of_options_are_done_or_refused_without_end() {
    let ends: Vec<[usize; 3]> = std::thread::scope(|scope| {
        let parts = [0..5000, 5000..10_000].map(|it| scope.spawn(|| see_combinations(it, 9)));
        parts.into_iter().map(|it| it.join().expect("all are in order")).collect()
    });
    let ends: [usize; 3] = std::array::from_fn(|code| ends.iter().map(|it| it[code]).sum());
    println!("exit status 0, 1, 2: {ends:?}");
    assert_eq!(ends.iter().sum::<usize>(), 10_000);
}
