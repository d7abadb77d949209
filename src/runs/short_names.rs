//! Short names of runs: what tells them apart.

use std::collections::BTreeSet;

/// Names without the parts between underscores that all of them have: of `sub-01_run-1_bold` and
/// `sub-01_run-2_bold`, `run-1` and `run-2`. Names that would be empty or alike then stay as they are.
///
/// ```
/// use tsnr::runs::short_names;
/// assert_eq!(short_names(&["sub-01_run-1_bold", "sub-01_run-2_bold"]), ["run-1", "run-2"]);
/// ```
pub fn short_names<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    let parts = |name: &S| name.as_ref().split('_').map(str::to_owned).collect::<Vec<_>>();
    let parts: Vec<Vec<String>> = names.iter().map(parts).collect();
    let sets = parts.iter().map(|it| it.iter().collect::<BTreeSet<_>>());
    let shared = sets.reduce(|all, some| &all & &some).unwrap_or_default();
    let told = |parts: &Vec<String>| {
        let own = parts.iter().filter(|part| !shared.contains(part)).cloned();
        own.collect::<Vec<_>>().join("_")
    };
    let short: Vec<String> = parts.iter().map(told).collect();
    let is_telling = !short.contains(&String::new()) && are_distinct(&short);
    if is_telling { short } else { names.iter().map(|it| it.as_ref().to_owned()).collect() }
}

/// Whether no two of some names are alike.
pub fn are_distinct(names: &[String]) -> bool {
    names.iter().collect::<BTreeSet<_>>().len() == names.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_they_share() {
        for (names, expected) in [
            (
                &["sub-01_task-a_run-1_bold", "sub-01_task-a_run-2_bold"][..],
                &["run-1", "run-2"][..],
            ),
            (&["s_a_x_bold", "s_b_bold"], &["a_x", "b"]),
            (&["s-1_run-1_echo-2", "s-2_run-1_echo-3"], &["s-1_echo-2", "s-2_echo-3"]),
            (&["one_bold"], &["one_bold"]),
            (&["same", "same"], &["same", "same"]),
            (&["a_b", "a_b_c"], &["a_b", "a_b_c"]),
            (&[], &[]),
        ] {
            assert_eq!(short_names(names), expected);
        }
    }
}
