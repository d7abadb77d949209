//! Where the grid of a header lies in space.

use super::fields::{Fields, Standard};
use crate::formats::geometry::{Affine, Geometry, Orientation, SpatialUnit, positive};

/// The missing fact where both codes are 0, or the form that counts names no directions.
const NO_FORM: &str = "neither sform nor qform says how the voxels lie";

/// The codes that say what a form is relative to, from unknown to a template: another one is 0 to nibabel,
/// which then does not read the form.
const CODES: std::ops::RangeInclusive<i32> = 0..=5;

/// How far the sum of the squares of a half turn's quaternion may be above 1 by rounding: in NIfTI-2,
/// too, for most of its numbers were once of 32 bits.
const ROUNDING: f64 = 3.0 * f32::EPSILON as f64;

/// How far that sum may be off 1 by the rounding of the numbers as they are stored, as nibabel allows
/// it (`quaternion_threshold` of `Nifti1Header` and `Nifti2Header`).
fn rounding(standard: Standard) -> f64 {
    match standard {
        Standard::One => ROUNDING,
        Standard::Two => 3.0 * f64::EPSILON,
    }
}

/// Mends what a header says of space where it cannot be, so that it can be read by everybody; what
/// was done, in words. A form that counts and holds numbers that are not finite, or rows that name
/// no directions, is taken out; a quaternion that is longer than 1 becomes a half turn, as in
/// nifti1_io (`nifti_quatern_to_mat44`); a voxel size that is 0 or not finite becomes 1, and one below 0
/// positive (as nibabel's `_chk_pixdims` has it); a code that is none becomes 0.
pub(super) fn mend(header: &mut Fields, standard: Standard) -> Vec<String> {
    let mut mended = Vec::new();
    for (axis, size) in (1..).zip(&mut header.pixdim[1..=3]) {
        let counted = if size.is_finite() && *size != 0.0 { size.abs() } else { 1.0 };
        if counted != *size {
            mended.push(format!("pixdim[{axis}] is {size} and was taken for {counted}"));
            *size = counted;
        }
    }
    if !header.pixdim[0].is_finite() {
        header.pixdim[0] = 1.0;
    }
    let Fields { sform_code, qform_code, .. } = header;
    for (name, code) in [("sform_code", sform_code), ("qform_code", qform_code)] {
        if !CODES.contains(code) {
            mended.push(format!("{name} is {code}, which means nothing, and was taken for 0"));
            *code = 0;
        }
    }
    let counted = [header.sform_code, header.qform_code].map(|code| code > 0);
    let sform_fault = fault_of_sform(header);
    if sform_fault.is_some() {
        header.sform_code = 0;
        header.srow = [[0.0; 4]; 3];
    }
    let qform_fault = fault_of_qform(header);
    let [b, c, d] = header.quatern;
    let length = (b * b + c * c + d * d).sqrt();
    if qform_fault.is_some() {
        header.qform_code = 0;
        header.quatern = [0.0; 3];
        header.qoffset = [0.0; 3];
    } else if length * length > 1.0 + rounding(standard) {
        header.quatern = [b, c, d].map(|it| it / length);
    }
    let instead = match (header.sform_code > 0, header.qform_code > 0) {
        (true, _) => "the sform says how the voxels lie",
        (false, true) => "the qform says how the voxels lie",
        (false, false) => "nothing else says how the voxels lie",
    };
    for (fault, is_counted) in [(sform_fault, counted[0]), (qform_fault, counted[1])] {
        if let Some(fault) = fault.filter(|_| is_counted) {
            mended.push(format!("{fault} and was left out: {instead}"));
        }
    }
    if qform_fault.is_none() && counted[1] && length * length > 1.0 + ROUNDING {
        mended.push(format!(
            "its quaternion has the length {length:.6}, expected at most 1, and was taken for a half turn"
        ));
    }
    mended
}

/// The fault of the sform; one that does not count need not name directions.
fn fault_of_sform(header: &Fields) -> Option<&'static str> {
    if header.srow.as_flattened().iter().any(|it| !it.is_finite()) {
        return Some("its sform has numbers that are not finite");
    }
    let is_one = Affine(header.srow).names_directions();
    (header.sform_code > 0 && !is_one).then_some("its sform names no three directions")
}

/// The fault of the qform.
fn fault_of_qform(header: &Fields) -> Option<&'static str> {
    let is_finite = header.quatern.iter().chain(&header.qoffset).all(|it| it.is_finite());
    (!is_finite).then_some("its qform has numbers that are not finite")
}

/// The geometry of a header on a grid of `shape`: the sform if its code says so, else the qform,
/// else the voxel sizes alone, as in nibabel (`Nifti1Header.get_best_affine`).
pub(super) fn geometry(header: &Fields, shape: [usize; 3], standard: Standard) -> Geometry {
    let affine = if header.sform_code > 0 {
        Affine(header.srow)
    } else if header.qform_code > 0 {
        from_quaternion(header, standard)
    } else {
        return Geometry::unoriented(shape, voxel_sizes(header), unit(header), NO_FORM);
    };
    Geometry {
        shape,
        affine,
        unit: unit(header),
        voxel_sizes: voxel_sizes(header),
        orientation: match affine.names_directions() {
            true => Orientation::Known,
            false => Orientation::Unknown { reason: NO_FORM },
        },
        points: None,
    }
}

fn voxel_sizes(header: &Fields) -> [f32; 3] {
    [1, 2, 3].map(|axis| (header.pixdim[axis] as f32).abs())
}

/// The spatial unit of `xyzt_units`.
fn unit(header: &Fields) -> SpatialUnit {
    match header.xyzt_units & 0b111 {
        1 => SpatialUnit::Metre,
        2 => SpatialUnit::Millimetre,
        3 => SpatialUnit::Micrometre,
        _ => SpatialUnit::Unknown,
    }
}

/// A spatial unit as `xyzt_units` has it.
pub(super) fn unit_code(unit: SpatialUnit) -> i32 {
    match unit {
        SpatialUnit::Unknown => 0,
        SpatialUnit::Metre => 1,
        SpatialUnit::Millimetre => 2,
        SpatialUnit::Micrometre => 3,
    }
}

/// The qform (nifti1.h, "METHOD 2"): a rotation from the quaternion, voxel sizes, and qfac for the
/// third axis. `pixdim[0]` of -1 means qfac -1, everything else 1.
fn from_quaternion(header: &Fields, standard: Standard) -> Affine {
    let [mut b, mut c, mut d] = header.quatern;
    let squares = b * b + c * c + d * d;
    let a = if squares > 1.0 - rounding(standard) {
        // Rounding can push a half turn to either side of 1.
        let norm = squares.sqrt();
        (b, c, d) = (b / norm, c / norm, d / norm);
        0.0
    } else {
        (1.0 - squares).sqrt()
    };
    let rotation = [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
        [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
        [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - b * b - c * c],
    ];
    let [dx, dy, dz] = positive(voxel_sizes(header));
    let qfac = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let offset = header.qoffset;
    Affine([0, 1, 2].map(|row| {
        [rotation[row][0] * dx, rotation[row][1] * dy, rotation[row][2] * dz * qfac, offset[row]]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// nibabel 5.4.2 sets both to 0 when it reads such a file, and takes the centre of the grid.
    #[test]
    fn a_code_that_means_nothing_is_0() {
        let rows = [[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]];
        for code in [99, -1, 6] {
            let mut odd = Fields { sform_code: code, qform_code: code, srow: rows, ..header() };
            let said = mend(&mut odd, Standard::One);
            let expected =
                format!("sform_code is {code}, which means nothing, and was taken for 0");
            assert_eq!((said.len(), &said[0]), (2, &expected));
            assert_eq!((odd.sform_code, odd.qform_code), (0, 0));
        }
    }

    const ONE: Standard = Standard::One;

    fn header() -> Fields {
        Fields {
            sform_code: 0,
            qform_code: 0,
            pixdim: [0.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0],
            ..Fields::default()
        }
    }

    #[test]
    fn without_codes_the_orientation_is_unknown() {
        let geometry = geometry(&header(), [3, 5, 7], ONE);
        assert_eq!(geometry.affine, Affine::centred([3, 5, 7], [2.0, 3.0, 4.0]));
        assert_eq!(geometry.orientation, Orientation::Unknown { reason: NO_FORM });
    }

    #[test]
    fn a_broken_form_is_left_out_and_the_other_one_counts() {
        let zeros = [[0.0; 4]; 3];
        let mut not_finite = [[2.0, 0.0, 0.0, 1.0], [0.0, 3.0, 0.0, 1.0], [0.0, 0.0, 4.0, 1.0]];
        not_finite[1][2] = f64::NAN;
        for (rows, says) in [(zeros, "names no three directions"), (not_finite, "not finite")] {
            let broken = Fields { sform_code: 1, srow: rows, ..header() };
            let mut alone = broken.clone();
            let mended = mend(&mut alone, ONE);
            assert!(mended[0].contains(says) && mended[0].contains("nothing else"), "{mended:?}");
            let found = geometry(&alone, [3, 5, 7], ONE);
            assert_eq!(found.affine, Affine::centred([3, 5, 7], [2.0, 3.0, 4.0]));
            assert_eq!(found.orientation, Orientation::Unknown { reason: NO_FORM });

            let mut beside = Fields { qform_code: 1, quatern: [0.0, 0.0, 1.0], ..broken };
            let mended = mend(&mut beside, ONE);
            assert!(mended[0].ends_with("left out: the qform says how the voxels lie"));
            assert_eq!((beside.sform_code, beside.srow), (0, [[0.0; 4]; 3]));
            assert_eq!(geometry(&beside, [3, 5, 7], ONE).orientation, Orientation::Known);
        }
        // What does not count need not be told.
        let rest =
            Fields { quatern: [f64::NAN, 0.0, 0.0], srow: [[f64::INFINITY; 4]; 3], ..header() };
        let mut mended = rest.clone();
        assert_eq!(mend(&mut mended, ONE), [""; 0]);
        assert_eq!((mended.quatern, mended.srow), ([0.0; 3], [[0.0; 4]; 3]));
        assert_eq!(mend(&mut header(), ONE), [""; 0]);
    }

    /// nibabel 5.4.2 sets the sizes to 1 and 3 when it reads such a file ("setting 0 dims to 1", "setting to
    /// abs of pixdim values").
    #[test]
    fn a_voxel_size_that_is_0_or_negative_is_told_and_mended() {
        let mut odd = header();
        (odd.pixdim[1], odd.pixdim[2]) = (0.0, -3.0);
        let says = ["pixdim[1] is 0 and was taken for 1", "pixdim[2] is -3 and was taken for 3"];
        assert_eq!(mend(&mut odd, ONE), says);
        assert_eq!(odd.pixdim[1..4], [1.0, 3.0, 4.0]);
        assert_eq!(mend(&mut odd, ONE), [""; 0]);
    }

    #[test]
    fn a_quaternion_that_is_too_long_is_a_half_turn_and_fits_when_it_is_written() {
        for bcd in [[3.0, 4.0, 0.0], [0.0, 0.0, 1.0001], [1.0, 1.0, 1.0], [0.6, 0.8, 0.1]] {
            let long = Fields { qform_code: 1, quatern: bcd, ..header() };
            let before = geometry(&long, [3, 5, 7], ONE);
            let mut mended = long.clone();
            let says = mend(&mut mended, ONE);
            assert!(says[0].contains("taken for a half turn"), "{says:?}");
            let [b, c, d] = mended.quatern;
            assert!((b * b + c * c + d * d - 1.0).abs() < ROUNDING, "{bcd:?}");
            assert!(before.greatest_displacement_mm(&geometry(&mended, [3, 5, 7], ONE)) < 1e-4);
        }
        // A half turn that float32 rounded is none of these.
        let quatern = [0.5_f32.sqrt().into(), 0.5_f32.sqrt().into(), 0.0];
        let turn = Fields { qform_code: 1, quatern, ..header() };
        assert_eq!(mend(&mut turn.clone(), ONE), [""; 0]);
    }

    #[test]
    fn a_quaternion_turns_half_around_z_and_qfac_flips_the_slices() {
        let mut header = Fields { qform_code: 1, quatern: [0.0, 0.0, 1.0], ..header() };
        let upright = geometry(&header, [3, 5, 7], ONE);
        assert_eq!(upright.affine.position([1.0, 1.0, 1.0]), [-2.0, -3.0, 4.0]);
        assert_eq!(upright.orientation, Orientation::Known);
        header.pixdim[0] = -1.0;
        let flipped = geometry(&header, [3, 5, 7], ONE);
        assert_eq!(flipped.affine.position([1.0, 1.0, 1.0]), [-2.0, -3.0, -4.0]);
    }

    #[test]
    fn units_are_read_as_they_are_written() {
        for code in 0..4 {
            let header = Fields { xyzt_units: code | 8, ..header() };
            assert_eq!(unit_code(unit(&header)), code);
        }
    }
}
