//! The definition of each tool of the field, computed on the same runs.

use super::{Observer, analyze};
use crate::error::{Error, ErrorKind, Result};
use crate::formats::is_stream;
use crate::recipe::{Recipe, Tool};
use std::path::PathBuf;
use std::sync::Arc;
use taskgraph::Cancellation;

/// The outcome of a tool's definition.
#[derive(Clone, Debug)]
pub struct ByTool {
    /// The tool.
    pub tool: Tool,
    /// The median of the tSNR, if a voxel has one.
    pub median: Option<f64>,
    /// How many voxels have a tSNR; none if the definition cannot be had on these runs.
    pub voxels: Option<usize>,
    /// The difference of the definition from others, what is changed of it, or why it cannot be had.
    pub remark: String,
}

/// Computes the definition of every tool on the runs of a recipe, whose other settings apply to all of
/// them. What is found in the runs is told of the first only.
///
/// # Errors
/// As [`analyze`]; but a definition that does not go with the settings is an outcome.
pub fn by_each_tool(
    recipe: &Recipe,
    observer: Arc<dyn Observer>,
    cancellation: &Cancellation,
) -> Result<Vec<ByTool>> {
    check_read_again(&recipe.inputs)?;
    let mut outcomes: Vec<ByTool> = Vec::new();
    let mut observer = Some(observer);
    for tool in Tool::ALL {
        let mut recipe = recipe.clone();
        recipe.definition.tool = Some(tool);
        let observer = observer.take().unwrap_or_else(|| Arc::new(()));
        outcomes.push(match analyze(&recipe, observer, cancellation) {
            Ok(record) => ByTool {
                tool,
                median: record.summary().distribution.map(|it| it.median),
                voxels: Some(record.counts.defined),
                remark: match record.definition.modified_tool() {
                    None => tool.what_differs().to_owned(),
                    Some(tool) => record.definition.modified_from(tool.cited()),
                },
            },
            Err(error) if error.kind() == ErrorKind::Usage && !outcomes.is_empty() => {
                ByTool { tool, median: None, voxels: None, remark: error.problem().to_owned() }
            }
            Err(error) => return Err(error),
        });
    }
    Ok(outcomes)
}

/// Refuses runs that can be read once only, where each is read several times.
///
/// # Errors
/// The first of them.
pub fn check_read_again(inputs: &[PathBuf]) -> Result<()> {
    match inputs.iter().find(|path| is_stream(path)) {
        None => Ok(()),
        Some(path) => Err(Error::unsupported(
            "a stream, which is read once, expected a regular file: each run is read several times here",
        )
        .remedy("write it to a file first")
        .at(path)),
    }
}
