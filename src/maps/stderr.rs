use super::{Extent, MapKind, Part, Totals, UndefinedFor, Unit};

/// The standard error of the tSNR, to first order, for noise that is normal and independent over
/// time: of fMRI a lower bound. Not made of several runs that are concatenated, whose shifts are no
/// such noise.
pub const STDERR: MapKind = MapKind {
    name: "stderr",
    title: "stderr of tSNR",
    recorded_as: "stderr",
    description: "the standard error of the tSNR if noise is independent over time (not of concatenated runs)",
    formula: "sqrt(1 / N + tSNR^2 / (2 nu)), nu the divisor",
    unit: Unit::None,
    parts: &[Part::Mean, Part::Std],
    extent: Extent::Session,
    needs: &[],
    undefined_for: UndefinedFor::ReasonOfTsnr,
    value: |voxel| {
        let Totals { mean_variance, std_variance, .. } = voxel.totals;
        (mean_variance + voxel.tsnr * voxel.tsnr * std_variance).sqrt()
    },
};
