//! Short names of runs, for charts and small pictures.

use crate::record::RunRecord;

/// The runs' names without what they share.
pub(super) fn short_names(runs: &[RunRecord]) -> Vec<String> {
    shortened(&runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>())
}

/// The parts of the runs' names that tell them apart: of `sub-01_run-1_bold` and
/// `sub-01_run-2_bold`, `run-1` and `run-2`.
fn shortened(runs: &[&str]) -> Vec<String> {
    let names: Vec<Vec<&str>> = runs.iter().map(|run| run.split('_').collect()).collect();
    let shortest = names.iter().map(Vec::len).min().unwrap_or(0);
    let alike = |part: &dyn Fn(&Vec<&str>) -> String| {
        names.windows(2).all(|pair| part(&pair[0]) == part(&pair[1]))
    };
    let head = (0..shortest).take_while(|&it| alike(&|name| name[it].to_owned())).count();
    let tail =
        (1..=shortest).take_while(|&it| alike(&|name| name[name.len() - it].to_owned())).count();
    if runs.len() < 2 || head + tail >= shortest {
        return runs.iter().map(|&run| run.to_owned()).collect();
    }
    names.iter().map(|name| name[head..name.len() - tail].join("_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_they_share() {
        assert_eq!(
            shortened(&["sub-01_task-a_run-1_bold", "sub-01_task-a_run-2_bold"]),
            ["run-1", "run-2"]
        );
        assert_eq!(shortened(&["s_a_x_bold", "s_b_bold"]), ["a_x", "b"]);
        assert_eq!(shortened(&["one_bold"]), ["one_bold"]);
        assert_eq!(shortened(&["same", "same"]), ["same", "same"]);
        assert_eq!(shortened(&["a_b", "a_b_c"]), ["a_b", "a_b_c"]);
        assert!(shortened(&[]).is_empty());
    }
}
