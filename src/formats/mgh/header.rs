//! The header of an MGH file: the 284 bytes before the voxels, all big-endian.

use crate::error::{Error, Result};
use crate::formats::geometry::positive;
use crate::formats::stored::Layout;
use crate::formats::{Affine, Geometry, Orientation, Points, SpatialUnit};
use crate::voxels::{ByteOrder, Datatype};
use std::sync::Arc;

/// Where the voxels begin.
pub(super) const HEADER_BYTES: usize = 284;

/// The only version there is.
pub(super) const VERSION: i32 = 1;

/// Where each field stands.
pub(super) mod at {
    /// Width, height, depth and number of frames: four int32.
    pub const LENGTHS: usize = 4;
    /// The type of a sample: int32.
    pub const TYPE: usize = 20;
    /// Whether the fields of space behind it are valid: int16.
    pub const GOOD_RAS: usize = 28;
    /// The voxel sizes in mm: three float32.
    pub const SIZES: usize = 30;
    /// The directions of the three axes, `x_ras`, `y_ras` and `z_ras`: nine float32.
    pub const DIRECTIONS: usize = 42;
    /// The position of the centre, `c_ras`, in mm: three float32.
    pub const CENTRE: usize = 78;
}

/// The code of float32 samples.
pub(super) const FLOAT32: i32 = 3;

/// Whether a content begins as an MGH image does: version 1, then a width below 2^24.
pub(in crate::formats) fn is_mgh(head: &[u8]) -> bool {
    head.starts_with(&[0, 0, 0, 1, 0])
}

/// The contents of a valid header.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub geometry: Geometry,
    pub volumes: usize,
    pub datatype: Datatype,
    /// The header as it is stored.
    pub bytes: [u8; HEADER_BYTES],
}

impl Header {
    /// The header in the first bytes of a decompressed file.
    ///
    /// # Errors
    /// What makes the header unusable, without the file's name.
    pub fn parse(head: &[u8]) -> Result<Header> {
        let Some(bytes) = head.first_chunk::<HEADER_BYTES>() else {
            return Err(Error::damaged(format!(
                "truncated: {} bytes, where an MGH header alone takes {HEADER_BYTES}",
                head.len()
            ))
            .remedy("copy or convert it again"));
        };
        let names = ["width", "height", "depth", "nframes"];
        let mut lengths = [0; 4];
        for (axis, name) in names.into_iter().enumerate() {
            let length = int32(bytes, at::LENGTHS + 4 * axis);
            lengths[axis] = usize::try_from(length).ok().filter(|&it| it > 0).ok_or_else(|| {
                Error::damaged(format!(
                    "{name} is {length}, expected a positive length: the header is damaged"
                ))
                .remedy("copy or convert it again")
            })?;
        }
        let [x, y, z, volumes] = lengths;
        let datatype = datatype(int32(bytes, at::TYPE))?;
        Layout::check([x, y, z], volumes, datatype, HEADER_BYTES as u64)?;
        // FreeSurfer writes the vertices of a surface along the first axis, where a volume has depth.
        let is_surface = x > 1 && [y, z] == [1, 1];
        let points = is_surface.then(|| Arc::new(Points::of_surface(x, None)));
        let geometry = Geometry { points, ..geometry(bytes, [x, y, z]) };
        Ok(Header { geometry, volumes, datatype, bytes: *bytes })
    }

    /// The place of the voxels in the file, and how they are stored.
    pub fn layout(&self) -> Layout {
        Layout {
            offset: HEADER_BYTES as u64,
            byte_order: ByteOrder::Big,
            datatype: self.datatype,
            voxels: self.geometry.voxels(),
            volumes: self.volumes,
            other_size: None,
        }
    }
}

/// The type of a code (mri.h, `MRI_*`).
fn datatype(code: i32) -> Result<Datatype> {
    let unwanted = match code {
        0 => return Ok(Datatype::Uint8),
        1 => return Ok(Datatype::Int32),
        FLOAT32 => return Ok(Datatype::Float32),
        4 => return Ok(Datatype::Int16),
        10 => return Ok(Datatype::Uint16),
        2 => "64-bit integers of no fixed size",
        5 => "single bits",
        6 => "tensors",
        7 => "complex numbers",
        9 => "colours",
        _ => "nothing that MGH defines",
    };
    Err(Error::unsupported(format!(
        "type {code} stores {unwanted}, expected uint8 (0), int32 (1), float32 (3), int16 (4) or \
         uint16 (10)"
    ))
    .remedy("convert it, with FreeSurfer: mri_convert -odt float FILE run.mgz"))
}

/// Where the grid lies: the directions times the sizes, so that the voxel of half the lengths has
/// the position of the centre (`MGHHeader.get_affine` of nibabel, in float32 where it is).
fn geometry(bytes: &[u8], shape: [usize; 3]) -> Geometry {
    let three = |at: usize| [0, 1, 2].map(|index| float32(bytes, at + 4 * index));
    let is_good = i16::from_be_bytes([bytes[at::GOOD_RAS], bytes[at::GOOD_RAS + 1]]) != 0;
    let (sizes, directions, centre) = match is_good {
        true => (
            three(at::SIZES),
            [0, 1, 2].map(|axis| three(at::DIRECTIONS + 12 * axis)),
            three(at::CENTRE),
        ),
        false => ([1.0; 3], [[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]], [0.0; 3]),
    };
    let row = |row: usize| {
        let column = |axis: usize| f64::from(directions[axis][row] * sizes[axis]);
        let [a, b, c] = [column(0), column(1), column(2)];
        let half = |axis: usize| shape[axis] as f64 / 2.0;
        [a, b, c, f64::from(centre[row]) - (a * half(0) + b * half(1) + c * half(2))]
    };
    let affine = Affine([row(0), row(1), row(2)]);
    let unit = SpatialUnit::Millimetre;
    let reason = match is_good {
        false => "goodRASFlag is 0, by which nothing says how the voxels lie",
        true if affine.names_directions() => {
            let orientation = Orientation::Known;
            return Geometry { shape, affine, unit, voxel_sizes: sizes, orientation, points: None };
        }
        true => {
            let reason = "its direction cosines name no directions";
            return Geometry::unoriented(shape, positive(sizes).map(|it| it as f32), unit, reason);
        }
    };
    let orientation = Orientation::Unknown { reason };
    Geometry { shape, affine, unit, voxel_sizes: sizes, orientation, points: None }
}

fn int32(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn float32(bytes: &[u8], at: usize) -> f32 {
    f32::from_bits(int32(bytes, at) as u32)
}
