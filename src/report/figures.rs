//! The figures of a page once more, for a program.

use super::facts::{Facts, Use};
use serde_json::{Value, json};

/// `{"schema": "tsnr-report/1", "version", "definition", "shape", "voxel_sizes_mm", "orientation",
/// "runs": [{"name", "volumes", "used", "dropped", "censored", "not_chosen", "tr_seconds",
/// "regressors", "median_tsnr"}], "volumes", "volumes_used", "mask", "tsnr": {"voxels", "q05",
/// "q25", "median", "q75", "q95"}, "undefined": [{"reason", "voxels"}], "between_runs_share",
/// "concat_median", "demean_median", "warnings": [name], "regions": [...]}`; what is not known is
/// null.
pub(super) fn figures(facts: &Facts) -> Value {
    let runs: Vec<Value> = facts
        .runs
        .iter()
        .map(|run| {
            json!({
                "name": run.name,
                "volumes": run.volumes.len(),
                "used": run.count(Use::Used),
                "dropped": run.count(Use::Dummy),
                "censored": run.count(Use::Censored),
                "not_chosen": run.count(Use::NotChosen),
                "tr_seconds": run.tr_seconds,
                "regressors": run.regressors,
                "median_tsnr": run.median_tsnr,
            })
        })
        .collect();
    let [volumes, used] = facts.volumes();
    json!({
        "schema": "tsnr-report/1",
        "version": facts.provenance.version,
        "definition": facts.definition.name,
        "shape": facts.grid.shape,
        "voxel_sizes_mm": facts.grid.voxel_sizes(),
        "orientation": facts.grid.is_oriented.then(|| facts.grid.orientation().codes()),
        "runs": runs,
        "volumes": volumes,
        "volumes_used": used,
        "mask": facts.mask.as_ref().map(|mask| &mask.name),
        "tsnr": facts.summary.map(|it| json!({
            "voxels": it.voxels,
            "q05": it.q05,
            "q25": it.q25,
            "median": it.median,
            "q75": it.q75,
            "q95": it.q95,
        })),
        "undefined": facts.undefined.iter().map(|it| json!({
            "reason": it.reason,
            "voxels": it.voxels,
        })).collect::<Vec<_>>(),
        "between_runs_share": facts.between_runs_share,
        "concat_median": facts.concat_median,
        "demean_median": facts.demean_median,
        "warnings": facts.warnings.iter().map(|it| &it.name).collect::<Vec<_>>(),
        "regions": facts.regions.iter().map(|it| json!({
            "name": it.name,
            "run": it.run,
            "voxels": it.voxels,
            "median": it.median,
            "q25": it.q25,
            "q75": it.q75,
        })).collect::<Vec<_>>(),
    })
}

/// The element that holds them. `<` cannot end it early.
pub(super) fn element(figures: &Value) -> String {
    let text = figures.to_string().replace('<', "\\u003c");
    format!("<script type=\"application/json\" id=\"figures\">{text}</script>\n")
}
