//! The match of companions and runs: a companion is a file that says something of one run.

use crate::error::{Error, Result};
use crate::runs::Entities;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The entities that say which run a file is of. What else a name holds (`space`, `res`, `desc`,
/// the suffix) says what was made of the run.
const OF_A_RUN: [&str; 11] =
    ["sub", "ses", "task", "acq", "ce", "rec", "dir", "run", "echo", "part", "chunk"];

/// Entities that are numbers, so that `run-1` is `run-01`.
const NUMBERS: [&str; 3] = ["run", "echo", "chunk"];

/// More files than this are counted, not named.
const MOST_NAMED: usize = 4;

/// A companion for each run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// The companions, in the order of the runs.
    pub companions: Vec<PathBuf>,
    /// A line for each run, which says what goes with it and why, and one for companions that
    /// are left over if there are any.
    pub report: Vec<String>,
}

/// Finds the companion of each run.
///
/// By the BIDS entities of the file names where they settle it: a companion is named for a run
/// if it has one or more of the entities that tell runs apart, and the run has those too, with
/// the same values. Of several that are named for a run, the one with the most entities is its
/// own; each run must have its own. Companions that are named for no run are then left over.
///
/// Otherwise by order, if there are as many companions as runs and no name contradicts it.
///
/// # Errors
/// A run for which neither settles it.
pub fn matched(runs: &[PathBuf], companions: &[PathBuf]) -> Result<Matching> {
    let entities = |paths: &[PathBuf]| -> Vec<Entities> {
        paths.iter().map(|path| Entities::of_file_name(&name(path))).collect()
    };
    let (run_entities, companion_entities) = (entities(runs), entities(companions));
    let index = Index::new(&companion_entities);
    let named: Vec<Named> = run_entities.iter().map(|run| index.named_for(run)).collect();

    let own: Vec<usize> = named.iter().filter_map(only).collect();
    let is_by_entities =
        own.len() == runs.len() && own.iter().collect::<HashSet<_>>().len() == runs.len();
    let is_by_order = companions.len() == runs.len()
        && run_entities.iter().zip(&companion_entities).all(|(a, b)| !contradicts(a, b));

    let (chosen, reasons): (Vec<usize>, Vec<String>) = if is_by_entities {
        let telling = keys_that_differ(&run_entities);
        let reason = |&companion: &usize| what_tells(&companion_entities[companion], &telling);
        (own.clone(), own.iter().map(reason).collect())
    } else if is_by_order {
        ((0..runs.len()).collect(), vec!["order".to_owned(); runs.len()])
    } else {
        return Err(unsettled(runs, companions, &named));
    };
    let line = |((run, &companion), reason): ((&PathBuf, &usize), String)| {
        format!("{} <- {} (by {reason})", name(run), name(&companions[companion]))
    };
    let mut report: Vec<String> = runs.iter().zip(&chosen).zip(reasons).map(line).collect();
    let taken: HashSet<usize> = chosen.iter().copied().collect();
    let left: Vec<usize> = (0..companions.len()).filter(|it| !taken.contains(it)).collect();
    if !left.is_empty() {
        report.push(format!("named for no run and not used: {}", listed(companions, &left)));
    }
    let companions = chosen.iter().map(|&companion| companions[companion].clone()).collect();
    Ok(Matching { companions, report })
}

/// Finds the companions of each run, several of which may be taken side by side: one set for each
/// that has a companion for each run. `groups` are the files of the arguments that named them.
///
/// If each group by itself has one for each run ([`matched`]), each is a set. Else all files together
/// are looked at: by [`matched`], or by names of which as many fit each run.
///
/// # Errors
/// As [`matched`].
pub fn matched_side_by_side(runs: &[PathBuf], groups: &[Vec<PathBuf>]) -> Result<Vec<Matching>> {
    if groups.len() > 1
        && let Ok(sets) = groups.iter().map(|group| matched(runs, group)).collect()
    {
        return Ok(sets);
    }
    let all = groups.concat();
    let error = match matched(runs, &all) {
        Ok(matching) => return Ok(vec![matching]),
        Err(error) => error,
    };
    let entities = |paths: &[PathBuf]| -> Vec<Entities> {
        paths.iter().map(|path| Entities::of_file_name(&name(path))).collect()
    };
    let index_of = entities(&all);
    let index = Index::new(&index_of);
    let named_for = |run| {
        let mut named = index.named_for(run).concat();
        named.sort_unstable();
        named
    };
    let named: Vec<Vec<usize>> = entities(runs).iter().map(named_for).collect();
    let count = named.first().map_or(0, Vec::len);
    let taken: HashSet<usize> = named.iter().flatten().copied().collect();
    let are_as_many = count > 0 && named.iter().all(|of_run| of_run.len() == count);
    if !are_as_many || taken.len() != count * runs.len() {
        return Err(error);
    }
    let set = |number: usize| {
        let companions: Vec<PathBuf> =
            named.iter().map(|of_run| all[of_run[number]].clone()).collect();
        matched(runs, &companions)
    };
    (0..count).map(set).collect()
}

/// Whether one file may be of all runs: whether its name contradicts that of none.
pub fn may_be_of_all(runs: &[PathBuf], companion: &Path) -> bool {
    let companion = Entities::of_file_name(&name(companion));
    runs.iter().all(|run| !contradicts(&Entities::of_file_name(&name(run)), &companion))
}

/// The companions that are named for a run, in groups that are alike.
type Named<'a> = Vec<&'a [usize]>;

/// Companions by what they are named for: of a few sets of keys each, by the values. Thousands of
/// runs find theirs without looking at each.
struct Index {
    /// The sets of keys, the largest first.
    sets: Vec<OfKeys>,
}

/// The companions that have these keys, by the values.
struct OfKeys {
    keys: Vec<&'static str>,
    by_values: HashMap<Vec<String>, Vec<usize>>,
}

impl Index {
    fn new(companions: &[Entities]) -> Index {
        let mut sets: BTreeMap<Vec<&'static str>, HashMap<_, Vec<usize>>> = BTreeMap::new();
        for (number, companion) in companions.iter().enumerate() {
            let has = |key: &&str| companion.get(key).is_some();
            let keys: Vec<&str> = OF_A_RUN.into_iter().filter(has).collect();
            // A name that says two things of one key is that of no run.
            if !keys.is_empty()
                && !contradicts(companion, companion)
                && let Some(values) = values(companion, &keys)
            {
                sets.entry(keys).or_default().entry(values).or_default().push(number);
            }
        }
        let sets = sets.into_iter().map(|(keys, by_values)| OfKeys { keys, by_values });
        let mut sets: Vec<OfKeys> = sets.collect();
        sets.sort_by_key(|set| Reverse(set.keys.len()));
        Index { sets }
    }

    /// The companions that are named for a run: of those, the ones with the most entities.
    fn named_for(&self, run: &Entities) -> Named<'_> {
        let mut named: Named = Vec::new();
        let mut most = 0;
        for OfKeys { keys, by_values } in &self.sets {
            if keys.len() < most {
                break;
            }
            let group = values(run, keys).and_then(|values| by_values.get(&values));
            if let Some(group) = group {
                most = keys.len();
                named.push(group);
            }
        }
        named
    }
}

/// The values of these keys, if a file has them all; numbers without leading zeros.
fn values(entities: &Entities, keys: &[&str]) -> Option<Vec<String>> {
    keys.iter().map(|key| entities.get(key).map(|value| plain(key, value))).collect()
}

/// A value as it is told from others: `run-01` is `run-1`.
fn plain(key: &str, value: &str) -> String {
    match value.parse::<u64>() {
        Ok(number) if NUMBERS.contains(&key) => number.to_string(),
        _ => value.to_owned(),
    }
}

/// Whether an entity that both have differs.
fn contradicts(run: &Entities, companion: &Entities) -> bool {
    of_a_run(companion)
        .any(|(key, value)| run.get(key).is_some_and(|run| !is_same(key, run, value)))
}

fn of_a_run(entities: &Entities) -> impl Iterator<Item = (&str, &str)> {
    entities.pairs().filter(|(key, _)| OF_A_RUN.contains(key))
}

fn is_same(key: &str, a: &str, b: &str) -> bool {
    plain(key, a) == plain(key, b)
}

/// The keys whose values differ among the runs.
fn keys_that_differ(runs: &[Entities]) -> Vec<&'static str> {
    let differs = |key: &&str| runs.iter().any(|run| run.get(key) != runs[0].get(key));
    OF_A_RUN.into_iter().filter(differs).collect()
}

/// The companion's entities that tell runs apart, or all of them if none does.
fn what_tells(companion: &Entities, telling: &[&str]) -> String {
    let all: Vec<(&str, &str)> = of_a_run(companion).collect();
    let tells = |(key, _): &(&str, &str)| telling.contains(key);
    let those: Vec<(&str, &str)> = all.iter().copied().filter(tells).collect();
    let those = if those.is_empty() { all } else { those };
    those.iter().map(|(key, value)| format!("{key}-{value}")).collect::<Vec<_>>().join(", ")
}

/// Names the first run that has no file, or several, or one that another run has too.
fn unsettled(runs: &[PathBuf], companions: &[PathBuf], named: &[Named]) -> Error {
    let mut takers: HashMap<usize, Vec<usize>> = HashMap::new();
    for (run, named) in named.iter().enumerate() {
        only(named).into_iter().for_each(|it| takers.entry(it).or_default().push(run));
    }
    let shared = |run: usize| {
        let takers = takers.get(&only(&named[run])?)?;
        takers.iter().copied().find(|&other| other != run)
    };
    let run = (0..runs.len()).find(|&run| only(&named[run]).is_none() || shared(run).is_some());
    let run = run.expect("a run without a companion of its own, or the match is settled");
    let mut all = named[run].concat();
    all.sort_unstable();
    let problem = match (&all[..], shared(run)) {
        (&[companion], Some(other)) => {
            let companion = name(&companions[companion]);
            format!("{companion} is named for this run and for {} too", name(&runs[other]))
        }
        ([], _) => {
            let (companions, runs) = (companions.len(), runs.len());
            format!("no file is named for this run (files: {companions}, runs: {runs})")
        }
        (several, _) => {
            format!("several files are named for this run: {}", listed(companions, several))
        }
    };
    Error::mismatch(problem)
        .at(&runs[run])
        .remedy("give one for each run, with its BIDS entities in its name or in the runs' order")
}

/// The companion that is named for a run, if it is the only one.
fn only(named: &Named) -> Option<usize> {
    if let [&[companion]] = named[..] { Some(companion) } else { None }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn listed(paths: &[PathBuf], indexes: &[usize]) -> String {
    let names = indexes.iter().take(MOST_NAMED).map(|&index| name(&paths[index]));
    let names = names.collect::<Vec<_>>().join(", ");
    match indexes.len().saturating_sub(MOST_NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    /// The companions' places in the list, and the report.
    #[track_caller]
    fn matches(runs: &[&str], companions: &[&str]) -> (Vec<usize>, Vec<String>) {
        let found = matched(&paths(runs), &paths(companions)).unwrap();
        let place = |path: &PathBuf| paths(companions).iter().position(|it| it == path).unwrap();
        (found.companions.iter().map(place).collect(), found.report)
    }

    #[track_caller]
    fn assert_error(runs: &[&str], companions: &[&str], expected: &str) {
        let error = matched(&paths(runs), &paths(companions)).unwrap_err().to_string();
        let remedy =
            "give one for each run, with its BIDS entities in its name or in the runs' order";
        assert_eq!(error, format!("{expected}; {remedy}"));
    }

    #[test]
    fn a_table_goes_with_the_run_whose_entities_it_has() {
        let (places, report) = matches(
            &[
                "func/sub-01_task-rest_run-01_space-MNI_desc-preproc_bold.nii.gz",
                "func/sub-01_task-rest_run-02_space-MNI_desc-preproc_bold.nii.gz",
            ],
            &[
                "sub-01_task-rest_run-2_desc-confounds_timeseries.tsv",
                "sub-01_task-rest_run-1_desc-confounds_timeseries.tsv",
            ],
        );
        assert_eq!(places, [1, 0]);
        assert_eq!(
            report[0],
            "sub-01_task-rest_run-01_space-MNI_desc-preproc_bold.nii.gz <- \
             sub-01_task-rest_run-1_desc-confounds_timeseries.tsv (by run-1)"
        );
    }

    #[test]
    fn what_tells_runs_apart_is_said_or_all_if_nothing_does() {
        let (_, report) = matches(
            &["sub-1_task-a_bold.nii", "sub-1_task-b_bold.nii"],
            &["sub-1_task-b.1D", "sub-1_task-a.1D"],
        );
        assert_eq!(report[0], "sub-1_task-a_bold.nii <- sub-1_task-a.1D (by task-a)");
        let (_, report) = matches(&["sub-1_task-a_bold.nii"], &["sub-1_task-a.1D"]);
        assert_eq!(report, ["sub-1_task-a_bold.nii <- sub-1_task-a.1D (by sub-1, task-a)"]);
    }

    #[test]
    fn part_and_chunk_tell_runs_apart() {
        let (places, _) = matches(
            &["run-1_part-mag_bold.nii", "run-1_part-phase_bold.nii"],
            &["run-1_part-phase_a.tsv", "run-1_part-mag_a.tsv"],
        );
        assert_eq!(places, [1, 0]);
        let (places, _) = matches(&["a_chunk-01_bold.nii"], &["a_chunk-1.tsv"]);
        assert_eq!(places, [0]);
        assert_error(
            &["run-1_part-mag_bold.nii"],
            &["run-1_part-phase_a.tsv"],
            "run-1_part-mag_bold.nii: no file is named for this run (files: 1, runs: 1)",
        );
    }

    /// The companions of each set.
    fn side_by_side(runs: &[&str], groups: &[&[&str]]) -> Result<Vec<Vec<PathBuf>>> {
        let groups: Vec<Vec<PathBuf>> = groups.iter().map(|group| paths(group)).collect();
        let sets = matched_side_by_side(&paths(runs), &groups)?;
        Ok(sets.into_iter().map(|set| set.companions).collect())
    }

    #[test]
    fn tables_of_several_sorts_are_sets_for_all_runs() {
        let runs = ["run-1_bold.nii", "run-2_bold.nii"];
        let found = side_by_side(&runs, &[&["run-2_a.tsv", "run-1_a.tsv"], &["x.tsv", "y.tsv"]]);
        let expected = [paths(&["run-1_a.tsv", "run-2_a.tsv"]), paths(&["x.tsv", "y.tsv"])];
        assert_eq!(found.unwrap(), expected);
        // One argument that brings both sorts.
        let all = ["run-1_a.tsv", "run-1_b.tsv", "run-2_a.tsv", "run-2_b.tsv"];
        let found = side_by_side(&runs, &[&all]).unwrap();
        assert_eq!(found[1], paths(&["run-1_b.tsv", "run-2_b.tsv"]));
        // A file for each run, named one by one, is one set.
        let found = side_by_side(&runs, &[&["run-1_a.tsv"], &["run-2_a.tsv"]]).unwrap();
        assert_eq!(found, [paths(&["run-1_a.tsv", "run-2_a.tsv"])]);
        let found = side_by_side(&["a.nii"], &[&["b.tsv"], &["c.tsv"]]).unwrap();
        assert_eq!(found, [paths(&["b.tsv"]), paths(&["c.tsv"])]);
        for (files, says) in [
            (&all[..3], "several files are named for this run"),
            (&["run-3_a.tsv"], "no file is named for this run"),
            (&[], "no file is named for this run"),
        ] {
            let error = side_by_side(&runs, &[files]).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_file_that_names_one_run_is_not_of_all() {
        let runs = paths(&["sub-1_run-1_bold.nii", "sub-1_run-2_bold.nii"]);
        assert!(may_be_of_all(&runs, Path::new("sub-1_censor.1D")));
        assert!(may_be_of_all(&runs, Path::new("censor_combined.1D")));
        assert!(!may_be_of_all(&runs, Path::new("sub-1_run-1_censor.1D")));
    }

    #[test]
    fn of_several_the_most_specific_is_the_runs_own() {
        let (places, _) = matches(
            &["sub-1_task-a_bold.nii", "sub-1_task-a_run-2_bold.nii"],
            &["sub-1_task-a_run-2.tsv", "sub-1_task-a.tsv"],
        );
        assert_eq!(places, [1, 0]);
    }

    /// The outcome of [`Index::named_for`], found by looking at every companion.
    fn named_by_looking(run: &Entities, companions: &[Entities]) -> Vec<usize> {
        let entities_that_agree = |companion: &Entities| {
            let own: Vec<_> = of_a_run(companion).collect();
            let agrees = |(key, value): &(&str, &str)| {
                run.get(key).is_some_and(|it| is_same(key, it, value))
            };
            if own.iter().all(agrees) { own.len() } else { 0 }
        };
        let agreeing: Vec<usize> = companions.iter().map(entities_that_agree).collect();
        let most = agreeing.iter().copied().max().unwrap_or(0).max(1);
        (0..companions.len()).filter(|&index| agreeing[index] == most).collect()
    }

    #[test]
    fn the_index_finds_what_looking_at_every_companion_finds() {
        let mut names = Vec::new();
        for sub in ["", "sub-1_", "sub-01_", "sub-2_"] {
            for task in ["", "task-a_", "task-b_"] {
                for run in ["", "run-1_", "run-02_", "run-2_", "run-x_", "run-1_run-2_"] {
                    names.push(format!("{sub}{task}{run}space-b_x.tsv"));
                }
            }
        }
        let entities: Vec<_> = names.iter().map(|name| Entities::of_file_name(name)).collect();
        for step in 1..7 {
            let companions: Vec<_> = entities.iter().step_by(step).cloned().collect();
            let index = Index::new(&companions);
            for (run, name) in entities.iter().zip(&names) {
                let mut found = index.named_for(run).concat();
                found.sort_unstable();
                assert_eq!(found, named_by_looking(run, &companions), "{name}, {step}");
            }
        }
    }

    #[test]
    fn companions_of_other_runs_are_left_over_and_that_is_said() {
        let (places, report) =
            matches(&["run-2_bold.nii"], &["run-1.tsv", "run-2.tsv", "run-3.tsv", "all.tsv"]);
        assert_eq!(places, [1]);
        assert_eq!(report[1], "named for no run and not used: run-1.tsv, run-3.tsv, all.tsv");
    }

    #[test]
    fn names_that_say_nothing_go_by_order() {
        let (places, report) =
            matches(&["a.nii", "sub-1_run-2_bold.nii"], &["z/confounds.tsv", "y/confounds.tsv"]);
        assert_eq!(places, [0, 1]);
        assert_eq!(
            report,
            [
                "a.nii <- confounds.tsv (by order)",
                "sub-1_run-2_bold.nii <- confounds.tsv (by order)"
            ]
        );
        // One list for both runs, given twice.
        let (places, _) = matches(
            &["sub-1_run-1_bold.nii", "sub-1_run-2_bold.nii"],
            &["sub-1_keep.1D", "sub-1_keep.1D"],
        );
        assert_eq!(places, [0, 0]);
    }

    #[test]
    fn an_order_that_the_names_contradict_is_refused() {
        assert_error(
            &["run-1_bold.nii", "run-2_bold.nii"],
            &["run-2.tsv", "run-3.tsv"],
            "run-1_bold.nii: no file is named for this run (files: 2, runs: 2)",
        );
        assert_error(
            &["sub-01_bold.nii"],
            &["sub-1.tsv"],
            "sub-01_bold.nii: no file is named for this run (files: 1, runs: 1)",
        );
    }

    #[test]
    fn a_run_without_a_file_or_with_several_is_named() {
        assert_error(
            &["a.nii", "b.nii"],
            &["c.tsv"],
            "a.nii: no file is named for this run (files: 1, runs: 2)",
        );
        assert_error(
            &["run-1_bold.nii", "run-2_bold.nii"],
            &["run-1.tsv", "run-2_a.tsv", "run-2_b.tsv"],
            "run-2_bold.nii: several files are named for this run: run-2_a.tsv, run-2_b.tsv",
        );
        assert_error(
            &["sub-1_run-1_bold.nii", "sub-1_run-2_bold.nii"],
            &["sub-1.tsv"],
            "sub-1_run-1_bold.nii: sub-1.tsv is named for this run and for \
             sub-1_run-2_bold.nii too",
        );
        assert_error(&["a.nii"], &[], "a.nii: no file is named for this run (files: 0, runs: 1)");
    }
}
