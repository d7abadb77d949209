use super::{Extent, MapKind, Part, UndefinedFor, Unit};

/// The mean over time, NaN in voxels with samples that are not finite.
pub const MEAN: MapKind = MapKind {
    name: "mean",
    title: "mean",
    recorded_as: "mean",
    description: "the mean over the used volumes",
    formula: "mean",
    unit: Unit::Data,
    parts: &[Part::Mean],
    extent: Extent::Session,
    needs: &[],
    undefined_for: UndefinedFor::ItsOwnReason,
    value: |voxel| voxel.mean,
};
