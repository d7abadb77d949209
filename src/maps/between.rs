use super::{Extent, MapKind, Need, UndefinedFor, Unit, VoxelFigures};

/// The share of the variance about the grand mean that lies between the runs.
///
/// 0 of a single run. Not defined where nothing varies, or where one fit runs through all runs and
/// what is within them is not known after it.
pub const BETWEEN: MapKind = MapKind {
    name: "between",
    title: "between runs",
    recorded_as: "share between runs",
    description: "the share of the variance that lies between runs, 0 to 1",
    formula: "1 - sum_r R_r / (sum_r R_r + sum_r n_r (mean_r - mean)^2)",
    unit: Unit::Share,
    parts: &[],
    extent: Extent::Session,
    needs: &[Need::SpreadWithinRuns],
    undefined_for: UndefinedFor::ItsOwnReason,
    value,
};

fn value(voxel: &VoxelFigures) -> f64 {
    match voxel.within {
        Some(within) if voxel.squares > 0.0 && voxel.totals.is_fit_within_runs => {
            (1.0 - within / voxel.squares).clamp(0.0, 1.0)
        }
        None if !voxel.tsnr.is_nan() => 0.0,
        _ => f64::NAN,
    }
}
