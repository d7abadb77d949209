use super::{Extent, MapKind, UndefinedFor, Unit};

/// The number of volumes that are used, where there is a tSNR.
pub const VOLUMES: MapKind = MapKind {
    name: "volumes",
    title: "volumes used",
    recorded_as: "volumes used",
    description: "the number of volumes used, where there is a tSNR",
    formula: "N",
    unit: Unit::Volumes,
    parts: &[],
    extent: Extent::Session,
    needs: &[],
    undefined_for: UndefinedFor::ReasonOfTsnr,
    value: |voxel| if voxel.tsnr.is_nan() { f64::NAN } else { voxel.totals.volumes },
};
