//! How the samples of a header are stored: datatype codes, and the rule of the slope.

use super::fields::Fields;
use crate::error::{Error, Result};
use crate::formats::VoxelEncoding;
use crate::voxels::{Datatype, Scaling};

/// The voxel encoding of a header.
///
/// # Errors
/// A datatype that is no real number; an intercept that cannot be.
pub(super) fn voxel_encoding(header: &Fields) -> Result<VoxelEncoding> {
    let datatype = datatype(header.datatype).map_err(|content| {
        Error::unsupported(format!(
            "datatype {} stores {content}, expected 8- to 64-bit integers or 32- or 64-bit floats, \
             of which a tSNR makes sense",
            header.datatype
        ))
    })?;
    let scaling = scaling(header.scl_slope, header.scl_inter)?;
    Ok(VoxelEncoding { datatype, scaling })
}

/// The bits of a sample by `bitpix`, where that contradicts the datatype.
pub(super) fn contradicting_bits(header: &Fields, datatype: Datatype) -> Option<i16> {
    (i32::from(header.bitpix) != 8 * datatype.bytes() as i32).then_some(header.bitpix)
}

/// The type of a `datatype` code (nifti1.h, `DT_*`), or in words what is stored instead of one
/// real number per voxel.
fn datatype(code: i16) -> std::result::Result<Datatype, &'static str> {
    Ok(match code {
        2 => Datatype::Uint8,
        256 => Datatype::Int8,
        512 => Datatype::Uint16,
        4 => Datatype::Int16,
        768 => Datatype::Uint32,
        8 => Datatype::Int32,
        1280 => Datatype::Uint64,
        1024 => Datatype::Int64,
        16 => Datatype::Float32,
        64 => Datatype::Float64,
        1 => return Err("single bits (binary)"),
        32 => return Err("complex numbers (complex64)"),
        1792 => return Err("complex numbers (complex128)"),
        2048 => return Err("complex numbers (complex256)"),
        128 => return Err("colours (RGB24)"),
        2304 => return Err("colours (RGBA32)"),
        1536 => return Err("128-bit floats (float128)"),
        _ => return Err("nothing that NIfTI defines"),
    })
}

/// The scaling of `scl_slope` and `scl_inter`, by nibabel's rules
/// (`Nifti1Header.get_slope_inter`):
///
/// | `scl_slope` | `scl_inter` | meaning |
/// |---|---|---|
/// | 0, NaN, infinite | anything | unscaled |
/// | else | finite | `slope * stored + intercept` |
/// | else | NaN, infinite | an error: the values cannot be known |
fn scaling(scl_slope: f64, scl_inter: f64) -> Result<Scaling> {
    if scl_slope == 0.0 || !scl_slope.is_finite() {
        return Ok(Scaling::IDENTITY);
    }
    Scaling::new(scl_slope, scl_inter).ok_or_else(|| {
        Error::damaged(format!(
            "scl_slope {scl_slope} is valid but scl_inter is {scl_inter}, so the values cannot be \
             known; expected a finite scl_inter"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_that_would_destroy_the_data_scales_nothing() {
        for slope in [0.0, f64::NAN, f64::INFINITY] {
            assert_eq!(scaling(slope, 7.0).unwrap(), Scaling::IDENTITY);
        }
        assert_eq!(scaling(0.5, -100.0).unwrap().apply(3.0), -98.5);
        let error = scaling(2.0, f64::NAN).unwrap_err().to_string();
        assert!(error.contains("scl_inter is NaN"), "{error}");
    }
}
