use super::{Extent, MapKind, Part, UndefinedFor, Unit};

/// The standard deviation that the tSNR is made of, NaN in voxels with samples that are not finite.
pub const STD: MapKind = MapKind {
    name: "std",
    title: "std",
    recorded_as: "std",
    description: "the standard deviation over time that the tSNR is made of",
    formula: "std",
    unit: Unit::Data,
    parts: &[Part::Std],
    extent: Extent::Session,
    needs: &[],
    undefined_for: UndefinedFor::ItsOwnReason,
    value: |voxel| voxel.std,
};
