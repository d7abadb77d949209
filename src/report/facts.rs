//! What a page is made from.

use crate::pictures::{Colormap, Grid, Range, Slices, View};

/// What is known of a session and its maps.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The headline: which session.
    pub title: String,
    /// How the maps came about.
    pub provenance: Provenance,
    /// What tSNR means in them.
    pub definition: Definition,
    /// Where their voxels lie.
    pub grid: Grid,
    /// How the maps are looked at.
    pub shown: Shown,
    /// In the order in which they were combined.
    pub runs: Vec<Run>,
    /// Of all runs together.
    pub maps: Maps,
    /// Where the maps are looked at; everywhere if there is none.
    pub mask: Option<Mask>,
    /// Of the defined tSNR in the mask; none if none is defined.
    pub summary: Option<Quartiles>,
    /// Why how many voxels in the mask have no tSNR.
    pub undefined: Vec<Undefined>,
    /// The share of the variance over time that lies between the runs, from 0 to 1.
    pub between_runs_share: Option<f64>,
    /// The median tSNR of the runs concatenated as they are.
    pub concat_median: Option<f64>,
    /// The median tSNR of the runs concatenated, each with its own mean removed.
    pub demean_median: Option<f64>,
    /// What was looked for, whether it was found or not, each in a few words.
    pub looked_for: Vec<String>,
    /// What was noticed.
    pub warnings: Vec<Warning>,
    /// The task graph as an SVG document.
    pub graph_svg: Option<String>,
    /// Where the time went.
    pub phases: Vec<Phase>,
    /// tSNR by region, if an atlas was given.
    pub regions: Vec<Region>,
}

/// How the maps are looked at, where that was chosen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Each once; axial if there is none.
    pub views: Vec<View>,
    /// Of each view of the maps of all runs together.
    pub slices: Option<Slices>,
    /// The tSNR at the ends of the colours.
    pub range: Option<Range>,
    /// The colours of the tSNR.
    pub colormap: Colormap,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { views: Vec::new(), slices: None, range: None, colormap: Colormap::Viridis }
    }
}

/// How the maps came about.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// Of the program.
    pub version: String,
    /// What was typed.
    pub command_line: String,
    /// When, in words.
    pub date: String,
    /// How long it took, in seconds.
    pub wall_seconds: f64,
    /// The most memory held at once, where the system tells.
    pub peak_bytes: Option<u64>,
    /// How it was computed.
    pub mode: String,
    /// On how many threads.
    pub threads: usize,
}

/// A definition of tSNR.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The name of the tool whose definition it is, or from which it was modified, if any was named.
    pub name: Option<String>,
    /// As text: `mean / std`.
    pub formula: String,
    /// For the methods section of a paper.
    pub sentence: String,
}

/// A run, and what was seen of it.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// What it was read from.
    pub files: Vec<InputFile>,
    /// The time from one volume to the next, where known.
    pub tr_seconds: Option<f64>,
    /// What became of each volume.
    pub volumes: Vec<Use>,
    /// How many regressors were fitted, the constant not counted.
    pub regressors: usize,
    /// The mean of each volume over the grid, in the unit of the data; NaN where unknown.
    pub global_signal: Vec<f64>,
    /// The root mean square change from the volume before, over the grid, in the unit of the data;
    /// NaN for the first and where unknown.
    pub dvars: Vec<f64>,
    /// Its own tSNR, the first axis fastest, NaN where undefined.
    pub tsnr: Option<Vec<f64>>,
    /// The median of that in the mask.
    pub median_tsnr: Option<f64>,
}

/// A file that a run was read from.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// As it was given.
    pub path: String,
    /// On the disk.
    pub bytes: u64,
    /// SHA-256 of its header, in hexadecimal.
    pub header_sha256: String,
}

/// What became of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is in the maps.
    Used,
    /// It lies outside the part that was asked for.
    NotChosen,
    /// It was dropped from the beginning, before the signal was steady.
    Dummy,
    /// It was left out as disturbed.
    Censored,
}

/// One value for each voxel, the first axis fastest; NaN where undefined.
#[derive(Clone, Debug)]
pub struct Maps {
    /// Without a unit.
    pub tsnr: Vec<f64>,
    /// Over time, in the unit of the data.
    pub mean: Vec<f64>,
    /// Over time, in the unit of the data.
    pub std: Vec<f64>,
}

/// Where the maps are looked at.
#[derive(Clone, Debug)]
pub struct Mask {
    /// What it is called, or how it was made.
    pub name: String,
    /// Whether each voxel is in it, the first axis fastest.
    pub voxels: Vec<bool>,
}

/// How values are distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quartiles {
    /// How many they are.
    pub voxels: usize,
    /// 5% are below.
    pub q05: f64,
    /// A quarter is below.
    pub q25: f64,
    /// Half are below.
    pub median: f64,
    /// Three quarters are below.
    pub q75: f64,
    /// 95% are below.
    pub q95: f64,
}

/// Voxels without a tSNR.
#[derive(Clone, Debug)]
pub struct Undefined {
    /// Why.
    pub reason: String,
    /// How many.
    pub voxels: usize,
}

/// Something that was noticed.
#[derive(Clone, Debug)]
pub struct Warning {
    /// Its stable name.
    pub name: String,
    /// What was found.
    pub text: String,
    /// What to do; empty if the text says it.
    pub remedy: String,
}

/// A part of the time.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What was done.
    pub name: String,
    /// For how long, in seconds.
    pub seconds: f64,
}

/// tSNR in a region of an atlas.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// The run, or all of them together.
    pub run: String,
    /// How many voxels have a tSNR.
    pub voxels: usize,
    /// Of these.
    pub median: f64,
    /// A quarter is below.
    pub q25: f64,
    /// Three quarters are below.
    pub q75: f64,
}

impl Run {
    /// How many volumes had this use.
    pub fn count(&self, wanted: Use) -> usize {
        self.volumes.iter().filter(|it| **it == wanted).count()
    }
}

impl Facts {
    /// How many volumes the runs have, and how many of them are in the maps.
    pub fn volumes(&self) -> [usize; 2] {
        let used = |run: &Run| run.count(Use::Used);
        [self.runs.iter().map(|run| run.volumes.len()).sum(), self.runs.iter().map(used).sum()]
    }

    /// Where the maps are looked at, in words.
    pub(super) fn place(&self) -> String {
        match &self.mask {
            Some(mask) => format!("in the mask {}", mask.name),
            None => "over all defined voxels".to_owned(),
        }
    }
}

/// The parts of the runs' names that tell them apart: of `sub-01_run-1_bold` and
/// `sub-01_run-2_bold`, `run-1` and `run-2`.
pub(super) fn short_names(runs: &[Run]) -> Vec<String> {
    let names: Vec<Vec<&str>> = runs.iter().map(|run| run.name.split('_').collect()).collect();
    let shortest = names.iter().map(Vec::len).min().unwrap_or(0);
    let alike = |part: &dyn Fn(&Vec<&str>) -> String| {
        names.windows(2).all(|pair| part(&pair[0]) == part(&pair[1]))
    };
    let head = (0..shortest).take_while(|&it| alike(&|name| name[it].to_owned())).count();
    let tail =
        (1..=shortest).take_while(|&it| alike(&|name| name[name.len() - it].to_owned())).count();
    if runs.len() < 2 || head + tail >= shortest {
        return runs.iter().map(|run| run.name.clone()).collect();
    }
    names.iter().map(|name| name[head..name.len() - tail].join("_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_they_share() {
        let of = |names: &[&str]| -> Vec<String> {
            let run = |name: &&str| Run {
                name: (*name).to_owned(),
                files: vec![],
                tr_seconds: None,
                volumes: vec![],
                regressors: 0,
                global_signal: vec![],
                dvars: vec![],
                tsnr: None,
                median_tsnr: None,
            };
            short_names(&names.iter().map(run).collect::<Vec<_>>())
        };
        assert_eq!(
            of(&["sub-01_task-a_run-1_bold", "sub-01_task-a_run-2_bold"]),
            ["run-1", "run-2"]
        );
        assert_eq!(of(&["s_a_x_bold", "s_b_bold"]), ["a_x", "b"]);
        assert_eq!(of(&["one_bold"]), ["one_bold"]);
        assert_eq!(of(&["same", "same"]), ["same", "same"]);
        assert_eq!(of(&["a_b", "a_b_c"]), ["a_b", "a_b_c"]);
        assert!(of(&[]).is_empty());
    }
}
