//! Runs a target on one input after the other, and says how that went.

use crate::coverage::Coverage;
use crate::memory;
use crate::mutation::{Random, mutated};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{fs, panic, process, thread};

/// An input that takes more processor time hangs.
pub const LONGEST: Duration = Duration::from_secs(20);
/// An input that takes longer hangs, however few turns the process gets among others.
const LONGEST_OF_ALL: Duration = Duration::from_secs(300);
/// So many inputs are kept beside the seeds, the last ones; and as many of those that get past their
/// head, which are changed the most often.
const MOST_INPUTS: usize = 4096;

/// How far an input came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// It is refused by its head: it is no image, table or command line.
    Head,
    /// It is understood as what it says it is, and what follows is wrong or does not go together.
    Content,
    /// All of it was used.
    End,
}

/// A place that reads what others wrote.
pub struct Target {
    pub name: &'static str,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// What is put into inputs beside numbers.
    pub words: &'static [&'static str],
    /// The longest input, in bytes.
    pub longest: usize,
    /// The most memory that any input may take, in bytes.
    pub most_memory: usize,
    /// Uses an input, with a folder for its files.
    pub run: fn(&[u8], &Path) -> Reached,
}

pub struct Options {
    pub runs: usize,
    pub seed: u64,
    pub input: Option<PathBuf>,
}

/// What is being done, for the thread that waits for it to end.
static UNDER_WAY: Mutex<Option<(Instant, &'static str, Vec<u8>)>> = Mutex::new(None);

thread_local! {
    /// What a panic of this thread said.
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs a target, prints a line of figures, and says whether all went well.
pub fn run(target: &'static Target, options: &Options) -> bool {
    let began = Instant::now();
    let folder = scratch_folder();
    watch();
    let mut random = Random(options.seed ^ target.name.len() as u64);
    let mut inputs = match &options.input {
        Some(path) => vec![fs::read(path).expect("the input")],
        None => (target.seeds)(),
    };
    let (seeds, mut coverage) = (inputs.len(), Coverage::default());
    let mut deep: Vec<Vec<u8>> = Vec::new();
    let (mut reached, mut longest, mut most_memory) = ([0; 3], Duration::ZERO, 0);
    let mut is_well = true;
    for number in 0..if options.input.is_some() { 1 } else { options.runs } {
        let input = match inputs.get(number).filter(|_| number < seeds) {
            Some(seed) => seed.clone(),
            None => {
                let is_deep = !deep.is_empty() && random.below(8) > 0;
                let from = if is_deep { &deep } else { &inputs };
                mutated(from, target.words, target.longest, &mut random)
            }
        };
        let (started, memory) = (Instant::now(), memory::begin());
        *UNDER_WAY.lock().unwrap() = Some((started, target.name, input.clone()));
        let outcome = panic::catch_unwind(|| (target.run)(&input, &folder));
        *UNDER_WAY.lock().unwrap() = None;
        let (seconds, taken) = (started.elapsed(), memory::taken_since(memory));
        longest = longest.max(seconds);
        most_memory = most_memory.max(taken);
        let is_new = coverage.add() || number < seeds;
        let problem = match outcome {
            Ok(depth) => {
                if depth > Reached::Head && is_new {
                    keep(&mut deep, &input);
                }
                reached[depth as usize] += 1;
                (taken > target.most_memory).then(|| format!("{} MiB were taken", taken >> 20))
            }
            Err(_) => Some(SAID.take()),
        };
        if let Some(problem) = problem {
            let path = kept(target.name, &input);
            println!("{}: {problem}\n  input: {}", target.name, path.display());
            is_well = false;
        }
        if is_new && number >= seeds {
            keep(&mut inputs, &input);
        }
    }
    fs::remove_dir_all(&folder).expect("the folder can be removed");
    let runs: usize = reached.iter().sum();
    let share = |from: Reached| {
        let count: usize = reached[from as usize..].iter().sum();
        100.0 * count as f64 / runs.max(1) as f64
    };
    let edges = match coverage.edges() {
        Some([taken, all]) => format!(", {taken} of {all} edges, {} inputs kept", inputs.len()),
        None => String::new(),
    };
    println!(
        "fuzz {:<8} {runs:>8} inputs in {:.0} s: {:.0}% past the head, {:.0}% to the end; longest \
         {:.2} s, most memory {} MiB{edges}",
        target.name,
        began.elapsed().as_secs_f64(),
        share(Reached::Content),
        share(Reached::End),
        longest.as_secs_f64(),
        most_memory >> 20,
    );
    let is_deep = share(Reached::Content) >= 20.0 || options.input.is_some();
    if !is_deep {
        println!("{}: fewer than a fifth of the inputs get past their head", target.name);
    }
    is_well && is_deep
}

/// Adds an input, and lets go of the first one where there are many.
fn keep(inputs: &mut Vec<Vec<u8>>, input: &[u8]) {
    if inputs.len() >= MOST_INPUTS {
        inputs.remove(0);
    }
    inputs.push(input.to_vec());
}

/// A folder in memory, if there is one.
fn scratch_folder() -> PathBuf {
    let parent = Path::new("/dev/shm");
    let parent = if parent.is_dir() { parent.to_owned() } else { std::env::temp_dir() };
    let folder = parent.join(format!("tsnr-fuzz-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Keeps an input that was not taken well.
fn kept(name: &str, input: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("{name}-{:08x}", crc32fast::hash(input)));
    fs::write(&path, input).expect("a file");
    path
}

/// Ends the process on an input that hangs, and lets panics say nothing until they are asked.
fn watch() {
    panic::set_hook(Box::new(|info| SAID.set(info.to_string())));
    thread::spawn(|| {
        // The beginning of what was under way at the last look, and the processor time then.
        let mut first_seen: Option<(Instant, Duration)> = None;
        loop {
            thread::sleep(Duration::from_secs(1));
            let under_way = UNDER_WAY.lock().unwrap();
            let Some((started, name, input)) = under_way.as_ref() else { continue };
            let now = processor_time().unwrap_or_else(|| started.elapsed());
            let (_, before) = match first_seen {
                Some(seen) if seen.0 == *started => seen,
                _ => *first_seen.insert((*started, now)),
            };
            if now.saturating_sub(before) > LONGEST || started.elapsed() > LONGEST_OF_ALL {
                println!("{name}: hangs\n  input: {}", kept(name, input).display());
                process::exit(1);
            }
        }
    });
}

/// The processor time that this process has taken, where the system tells it in hundredths of a second.
fn processor_time() -> Option<Duration> {
    let figures = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which stands in brackets: the state, and figures of which the 11th and 12th are these.
    let figures: Vec<&str> = figures.rsplit_once(')')?.1.split_whitespace().collect();
    let hundredths = |at: usize| figures.get(at)?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (hundredths(11)? + hundredths(12)?)))
}
