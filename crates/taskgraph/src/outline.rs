//! The outline of a graph, without what it computes: for drawings, profiles and counts.

use std::borrow::Cow;

/// Tasks and their dependencies.
///
/// A task's index in `tasks` is its number. Law: every task comes after its dependencies and what it waits
/// for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// All tasks.
    pub tasks: Vec<OutlineTask>,
    /// The numbers of the tasks whose values are asked for.
    pub wanted: Vec<usize>,
}

/// A task of an [`Outline`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutlineTask {
    /// The name: an operation, and what it is done to: `load part-1`.
    pub name: String,
    /// The numbers of the tasks whose values it takes, in declared order, repetitions included.
    pub dependencies: Vec<usize>,
    /// The numbers of the tasks that it waits for and takes nothing of.
    pub after: Vec<usize>,
    /// Bytes of memory that its value is expected to hold, where that was declared.
    pub value_bytes: Option<u64>,
}

impl OutlineTask {
    /// The operation: the first word of its name. Tasks with one operation are of one kind. Of a chain
    /// that became one task it is the first of the chain.
    pub fn operation(&self) -> &str {
        first_word(&self.name)
    }

    /// The subject that it is done to: the rest of its name, often nothing. Of a chain it has what
    /// follows: `merge, gather` is the operation `merge`, `then gather`.
    pub fn subject(&self) -> Cow<'_, str> {
        let rest = self.name.trim_start().strip_prefix(self.operation()).unwrap_or("").trim();
        match rest.strip_prefix(',') {
            Some(next) => format!("then {}", next.trim()).into(),
            None => rest.into(),
        }
    }
}

/// The first word of a task's or phase's name.
pub(crate) fn first_word(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or("").trim_end_matches(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_of_a_name_is_the_operation() {
        let task = |name: &str| OutlineTask { name: name.to_owned(), ..OutlineTask::default() };
        let moments = task("moments part-1 [0..32)");
        assert_eq!((moments.operation(), &*moments.subject()), ("moments", "part-1 [0..32)"));
        assert_eq!((task("divide").operation(), &*task("divide").subject()), ("divide", ""));
        assert_eq!((task("").operation(), &*task("").subject()), ("", ""));
        let chain = task("merge, gather");
        assert_eq!((chain.operation(), &*chain.subject()), ("merge", "then gather"));
    }
}
