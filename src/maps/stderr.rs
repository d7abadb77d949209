use super::{Extent, MapKind, Part, UndefinedFor, Unit};

/// The standard error of the tSNR, to first order, for noise that is normal and independent over
/// time: of fMRI a lower bound.
pub const STDERR: MapKind = MapKind {
    name: "stderr",
    title: "stderr of tSNR",
    recorded_as: "stderr",
    description: "the standard error of the tSNR if noise is independent over time",
    formula: "sqrt((1 + tSNR^2 / 2) / N)",
    unit: Unit::None,
    parts: &[Part::Mean, Part::Std],
    extent: Extent::Session,
    needs: &[],
    undefined_for: UndefinedFor::ReasonOfTsnr,
    value: |voxel| ((1.0 + voxel.tsnr * voxel.tsnr / 2.0) / voxel.totals.volumes).sqrt(),
};
