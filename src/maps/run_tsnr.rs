use super::{Extent, MapKind, Part, UndefinedFor, Unit};

/// The tSNR of each run by itself.
pub const RUN_TSNR: MapKind = MapKind {
    name: "run-tsnr",
    title: "run tSNR",
    recorded_as: "mean/std",
    description: "the tSNR of each run by itself",
    formula: "mean_r / std_r",
    unit: Unit::None,
    parts: &[Part::Mean, Part::Std],
    extent: Extent::EachRun,
    needs: &[],
    undefined_for: UndefinedFor::ReasonOfTsnr,
    value: |voxel| voxel.tsnr,
};
