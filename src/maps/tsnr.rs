use super::{Extent, MapKind, Part, UndefinedFor, Unit};

/// The temporal signal-to-noise ratio.
pub const TSNR: MapKind = MapKind {
    name: "tsnr",
    title: "tSNR",
    recorded_as: "mean/std",
    description: "the temporal signal-to-noise ratio",
    formula: "mean / std",
    unit: Unit::None,
    parts: &[Part::Mean, Part::Std],
    extent: Extent::Session,
    needs: &[],
    undefined_for: UndefinedFor::ReasonOfTsnr,
    value: |voxel| voxel.tsnr,
};
