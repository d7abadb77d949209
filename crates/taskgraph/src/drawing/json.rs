//! Every task, for a program.

use super::Picture;
use serde_json::json;

pub(super) fn text(picture: &Picture) -> String {
    let task = |(number, task): (usize, &crate::OutlineTask)| {
        json!({
            "number": number,
            "name": task.name,
            "operation": task.operation(),
            "dependencies": task.dependencies,
            "after": task.after,
            "value_bytes": task.value_bytes,
            "seconds": picture.seconds.as_ref().map(|seconds| seconds[number]),
        })
    };
    let outline = &picture.outline;
    let graph = json!({
        "schema": "taskgraph/1",
        "title": picture.title,
        "caption": picture.caption,
        "tasks": outline.tasks.iter().enumerate().map(task).collect::<Vec<_>>(),
        "wanted": outline.wanted,
    });
    format!("{graph:#}\n")
}
