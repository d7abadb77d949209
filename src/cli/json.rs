//! Everything that the summary knows, for a program. `docs/json.md` describes the schema.

use super::outcome::{NamedMask, Outcome, Work};
use super::summary::written;
use super::{resources, show};
use crate::design::Use;
use crate::error::Result;
use crate::output::Batch;
use crate::stats::definition::{Combine, Ddof, NotFinite, Sign};
use crate::stats::sampling::Scope;
use crate::stats::summary::Summary;
use crate::stats::tsnr::WrittenUndefined;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// The name and version of the schema. A reader may rely on what it documents; fields may be
/// added without a new version.
const SCHEMA: &str = "tsnr-run/1";

/// Writes the outcome where that was asked for.
pub(super) fn write(
    outcome: &Outcome,
    work: &Work,
    started: Instant,
    batch: &mut Batch,
) -> Result<()> {
    let Some(path) = &work.arguments.json else { return Ok(()) };
    let text = format!("{:#}\n", value(outcome, work, started));
    batch.write(path, |to| to.write_all(text.as_bytes()))
}

fn value(outcome: &Outcome, work: &Work, started: Instant) -> Value {
    let Work { arguments, chosen, request, prepared, settings } = *work;
    let geometry = prepared.session.geometry();
    let affine = &geometry.affine.0;
    let mask = outcome
        .mask
        .as_ref()
        .map(|NamedMask { name, mask, .. }| json!({"name": name, "voxels": mask.count()}));
    let findings: Vec<Value> = outcome
        .findings
        .iter()
        .map(|it| json!({"name": it.name, "text": it.text, "remedy": it.remedy}))
        .collect();
    let counts = outcome.counts;
    json!({
        "schema": SCHEMA,
        "program": {
            "name": "tsnr",
            "version": env!("CARGO_PKG_VERSION"),
            "command": std::env::args_os().map(|it| text(Path::new(&it))).collect::<Vec<_>>(),
            "mode": settings.mode.to_string(),
            "threads": settings.threads.get(),
            "seconds": started.elapsed().as_secs_f64(),
            "peak_bytes": resources::peak_memory_bytes(),
            "predicted_bytes": show::predicted_bytes(arguments, &prepared.session, settings),
        },
        "definition": {
            "name": chosen.named.map(crate::modelling::Named::name),
            "in_words": chosen.in_words(prepared, request),
            "sentence": chosen.sentence(prepared, request, mask_name(outcome)),
            "combine": match chosen.definition.combine {
                Combine::Concat => "concat",
                Combine::Demean => "demean",
                Combine::Average => "average",
            },
            "ddof": match chosen.definition.ddof {
                Ddof::Fixed(ddof) => json!(ddof),
                Ddof::Rank => json!("rank"),
            },
            "divisor": match chosen.definition.combine {
                Combine::Average => Value::Null,
                _ => json!(chosen.definition.freedom(&settings.analysis.model)),
            },
            "sign": match chosen.definition.sign {
                Sign::Signed => "signed",
                Sign::Absolute => "absolute",
            },
            "not_finite": match chosen.definition.not_finite {
                NotFinite::Undefined => "undefined",
                NotFinite::NanIsZero => "nan-is-zero",
                NotFinite::Zero => "zero",
            },
            "least_std": chosen.definition.least_std,
            "polynomial_order": request.polynomial_order,
            "trend_through": match request.scope {
                Scope::Run => "each run",
                Scope::Concatenation => "all runs",
            },
            "highpass_seconds": request.highpass_seconds,
            "mean_from": arguments.analysis.mean_from.as_deref().map(text),
        },
        "grid": {
            "shape": geometry.shape,
            "voxel_sizes": geometry.voxel_sizes,
            "spatial_unit": geometry.unit.to_string(),
            "affine": [affine[0], affine[1], affine[2], [0.0, 0.0, 0.0, 1.0]],
        },
        "runs": runs(outcome, work),
        "volumes_used": prepared.model.volumes(),
        "mask": mask,
        "tsnr": summary(outcome.summary()),
        "undefined": {
            "always_zero": counts.all_zero,
            "constant": counts.constant,
            "not_finite": counts.not_finite,
            "written_as": match chosen.undefined {
                WrittenUndefined::Zero => "zero",
                WrittenUndefined::Nan => "nan",
                WrittenUndefined::Division => "numpy",
                WrittenUndefined::ZeroOrNan => "fsl",
            },
        },
        "voxels_at_limit": outcome.maps.at_limit.len(),
        "between_runs": outcome.between.map(|it| json!({
            "share_of_variance": it.share,
            "concat_median": it.concat_median,
            "demean_median": it.demean_median,
        })),
        "findings": findings,
        "notes": prepared.notes,
        "written": written(work),
        "tables": arguments.regions.table.iter().flat_map(|it| it.files()).map(text).collect::<Vec<_>>(),
        "pictures": arguments.pictures.files().map(text).collect::<Vec<_>>(),
        "dtype": arguments.dtype.name(),
    })
}

/// A name as JSON can hold it, which knows Unicode only.
fn text(name: &Path) -> String {
    name.display().to_string()
}

fn mask_name(outcome: &Outcome) -> Option<&str> {
    outcome.mask.as_ref().map(|it| it.name.as_str())
}

fn summary(summary: &Summary) -> Value {
    let Some(it) = &summary.distribution else {
        return json!({"voxels": 0, "mean": null, "median": null});
    };
    let [q05, q25, q75, q95] = it.quantiles;
    json!({
        "voxels": summary.voxels - summary.undefined,
        "mean": it.mean, "median": it.median,
        "q05": q05, "q25": q25, "q75": q75, "q95": q95,
    })
}

fn runs(outcome: &Outcome, work: &Work) -> Vec<Value> {
    let prepared = work.prepared;
    let each = prepared.session.runs().iter().zip(&prepared.runs).zip(&outcome.maps.signals);
    each.enumerate()
        .map(|(number, ((run, prepared_run), signals))| {
            let volumes = |wanted: Use| -> Vec<usize> {
                let uses = prepared_run.uses.iter().enumerate();
                uses.filter(|(_, it)| **it == wanted).map(|(volume, _)| volume).collect()
            };
            let files: Vec<Value> = run
                .images()
                .iter()
                .map(|image| {
                    let scaling = image.scaling();
                    json!({
                        "path": text(image.path()),
                        "datatype": image.datatype().to_string(),
                        "slope": scaling.slope(),
                        "intercept": scaling.intercept(),
                    })
                })
                .collect();
            // The first volume of a file has no change from the one before.
            let dvars: Vec<Option<f64>> =
                signals.dvars.iter().map(|&it| it.is_finite().then_some(it)).collect();
            json!({
                "name": run.name(),
                "files": files,
                "tr_seconds": run.tr_seconds(),
                "volumes": run.volumes(),
                "used": prepared_run.count(Use::Used),
                "dummies": volumes(Use::Dummy),
                "censored": volumes(Use::Censored),
                "not_chosen": volumes(Use::NotChosen),
                "regressors": prepared_run.regressors,
                "dependent_regressors": prepared_run.dependent,
                "median_tsnr": outcome.run_medians.get(number).copied().flatten(),
                "global_signal": signals.global,
                "dvars": dvars,
            })
        })
        .collect()
}
