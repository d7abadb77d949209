use super::{Extent, MapKind, Part, UndefinedFor, Unit};

/// The coefficient of variation over time, not defined where the mean is 0.
pub const CV: MapKind = MapKind {
    name: "cv",
    title: "CV",
    recorded_as: "std/mean",
    description: "the coefficient of variation over time",
    formula: "std / mean",
    unit: Unit::None,
    parts: &[Part::Mean, Part::Std],
    extent: Extent::Session,
    needs: &[],
    undefined_for: UndefinedFor::ItsOwnReason,
    value: |voxel| if voxel.mean == 0.0 { f64::NAN } else { voxel.std / voxel.mean },
};
