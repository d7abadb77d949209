//! How a head moved: six parameters of a rigid body for each volume, and the framewise displacement.

use crate::error::{Error, Result};
use std::f64::consts::PI;
use std::path::Path;

/// The names of the six parameters, as fMRIPrep has them: translations in mm, rotations in radians.
pub const PARAMETERS: [&str; 6] = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"];

/// The radius of the sphere on whose surface a rotation is taken for a path, in mm (Power et al.
/// 2012).
pub const HEAD_RADIUS_MM: f64 = 50.0;

/// How the head moved in a run, as far as its table says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Motion {
    /// The values of each of [`PARAMETERS`] at each volume, in mm and radians, with the signs of the
    /// file; none if the table has not all six.
    pub parameters: Option<[Vec<f64>; 6]>,
    /// The framewise displacement in mm of each volume from the one before, NaN of the first: the
    /// table's own column if it has one, else that [of the parameters](framewise_displacement).
    pub framewise_displacement: Vec<f64>,
}

/// The framewise displacement of Power et al. 2012 in mm: the sum of the absolute changes of the
/// three translations (mm) and of the three rotations (radians), those as paths on a sphere of 50 mm,
/// from the volume before. NaN of the first volume.
pub fn framewise_displacement(parameters: &[Vec<f64>; 6]) -> Vec<f64> {
    let change = |of: usize, volume: usize| {
        let scale = if of < 3 { 1.0 } else { HEAD_RADIUS_MM };
        scale * (parameters[of][volume] - parameters[of][volume - 1]).abs()
    };
    let displacement = |volume| match volume {
        0 => f64::NAN,
        _ => (0..6).map(|of| change(of, volume)).sum(),
    };
    (0..parameters[0].len()).map(displacement).collect()
}

/// A program that writes motion parameters without a line of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MotionProgram {
    Spm,
    Fsl,
    Afni,
}

impl MotionProgram {
    /// The program that names its files so: `rp_*.txt` SPM, `*.par` FSL, `*.1D` AFNI.
    pub fn of_file(path: &Path) -> Option<MotionProgram> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        match () {
            _ if name.ends_with(".par") => Some(MotionProgram::Fsl),
            _ if name.ends_with(".1d") => Some(MotionProgram::Afni),
            _ if name.starts_with("rp_") && name.ends_with(".txt") => Some(MotionProgram::Spm),
            _ => None,
        }
    }

    /// The name of the program, and what its columns are.
    pub fn in_words(self) -> &'static str {
        match self {
            MotionProgram::Spm => "SPM's (3 translations in mm, 3 rotations in radians)",
            MotionProgram::Fsl => "FSL's (3 rotations in radians, 3 translations in mm)",
            MotionProgram::Afni => "AFNI's (roll, pitch, yaw in degrees, dS, dL, dP in mm)",
        }
    }

    /// The columns of a file of its, by the names of [`PARAMETERS`] and in mm and radians where they
    /// are those; `stem` is the file's name.
    ///
    /// # Errors
    /// Another number of columns than the program writes.
    pub fn named(self, columns: Vec<Vec<f64>>, stem: &str) -> Result<Vec<(String, Vec<f64>)>> {
        // Where each of the parameters stands. AFNI's: dL, dP, dS, pitch, yaw, roll (nipype's
        // `normalize_mc_params` has the same order).
        let (places, are_degrees) = match (self, columns.len()) {
            (MotionProgram::Spm, 6) => ([0, 1, 2, 3, 4, 5], false),
            (MotionProgram::Fsl, 6) => ([3, 4, 5, 0, 1, 2], false),
            // What 3dvolreg's -1Dfile writes; changes from volume to volume are no positions.
            (MotionProgram::Afni, 6) if !stem.contains("deriv") => ([4, 5, 3, 1, 2, 0], true),
            // What its -dfile writes: the volume before them, and two root mean squares behind.
            (MotionProgram::Afni, 9) => ([5, 6, 4, 2, 3, 1], true),
            (MotionProgram::Afni, _) => {
                let named = |(number, values)| (format!("column_{}", number + 1), values);
                return Ok(columns.into_iter().enumerate().map(named).collect());
            }
            (MotionProgram::Spm | MotionProgram::Fsl, count) => {
                return Err(Error::format(format!(
                    "{count} columns without names, expected 6, {}",
                    self.in_words()
                ))
                .remedy("name the columns in a first line, with tabs between them"));
            }
        };
        let parameter = |(number, place): (usize, usize)| {
            let in_units = |value: &f64| match number >= 3 && are_degrees {
                true => value * PI / 180.0,
                false => *value,
            };
            (PARAMETERS[number].to_owned(), columns[place].iter().map(in_units).collect())
        };
        Ok(places.into_iter().enumerate().map(parameter).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six parameters at four volumes, a row each.
    const ROWS: [[f64; 4]; 6] = [
        [0.0, 0.11, -0.02, 0.3],
        [0.01, -0.2, 0.4, 0.4],
        [0.5, 0.25, 0.0, -1.25],
        [0.0, 0.002, 0.001, -0.004],
        [0.001, 0.0, -0.003, 0.01],
        [0.0, -0.004, 0.0, 0.02],
    ];

    // nipype 1.11.0 (Python 3.11.7, numpy 2.4.6) on the same six columns as a file of SPM's:
    // FramewiseDisplacement(in_file="rp.txt", parameter_source="SPM").run() writes 0.92, 1.38 and
    // 3.47 for the volumes from the second on.
    #[test]
    fn the_framewise_displacement_is_powers() {
        let parameters = ROWS.map(|row| row.to_vec());
        let found = framewise_displacement(&parameters);
        assert!(found[0].is_nan());
        for (found, expected) in found[1..].iter().zip([0.92, 1.38, 3.47]) {
            assert!((found - expected).abs() <= 1e-15, "{found} is not {expected}");
        }
        assert_eq!(framewise_displacement(&Default::default()), [0.0; 0]);
    }

    // nipype 1.11.0: nipype.utils.misc.normalize_mc_params(np.arange(1.0, n + 1), source) for n
    // columns.
    #[test]
    fn columns_are_put_in_order_as_nipype_does() {
        let named = |program: MotionProgram, count: usize| {
            let columns = (1..=count).map(|value| vec![value as f64]).collect();
            let named = program.named(columns, "dfile.1D").unwrap();
            assert_eq!(named.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), PARAMETERS);
            named.into_iter().map(|it| it.1[0]).collect::<Vec<_>>()
        };
        assert_eq!(named(MotionProgram::Spm, 6), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(named(MotionProgram::Fsl, 6), [4.0, 5.0, 6.0, 1.0, 2.0, 3.0]);
        let afni = [5.0, 6.0, 4.0, 0.03490658503988659, 0.05235987755982988, 0.017453292519943295];
        assert_eq!(named(MotionProgram::Afni, 6), afni);
        let afni = [6.0, 7.0, 5.0, 0.05235987755982988, 0.06981317007977318, 0.03490658503988659];
        assert_eq!(named(MotionProgram::Afni, 9), afni);
    }

    #[test]
    fn files_are_known_by_the_names_that_programs_give_them() {
        let program = |name| MotionProgram::of_file(Path::new(name));
        assert_eq!(program("func/rp_bold.txt"), Some(MotionProgram::Spm));
        assert_eq!(program("prefiltered_func_data_mcf.par"), Some(MotionProgram::Fsl));
        assert_eq!(program("dfile_rall.1D"), Some(MotionProgram::Afni));
        assert_eq!((program("bold.txt"), program("rp_bold.tsv")), (None, None));
    }

    #[test]
    fn another_number_of_columns_is_refused_or_has_numbers_for_names() {
        let error =
            MotionProgram::Spm.named(vec![vec![0.0]; 7], "rp_a.txt").unwrap_err().to_string();
        assert!(error.starts_with("7 columns without names, expected 6, SPM's"), "{error}");
        for (count, stem) in [(2, "ort.1D"), (6, "motion_deriv.1D")] {
            let named = MotionProgram::Afni.named(vec![vec![0.0]; count], stem).unwrap();
            assert_eq!((named.len(), named[1].0.as_str()), (count, "column_2"));
        }
    }
}
