//! The header of an AFNI dataset: grid, place in space, type and factors, as its attributes say.

use super::attributes::{Attributes, damaged};
use crate::error::{Error, Result};
use crate::formats::stored::Layout;
use crate::formats::{Affine, Geometry, Orientation, SpatialUnit, TimeUnit};
use crate::voxels::{ByteOrder, Datatype, Scaling};

/// The contents of a valid header.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub geometry: Geometry,
    /// The code of the space in NIfTI: that of the scanner for the view +orig, aligned to it for +acpc,
    /// Talairach's or the MNI's for +tlrc.
    pub space_code: i32,
    /// The view: `+orig`, `+acpc` or `+tlrc`.
    pub view: &'static str,
    pub volumes: usize,
    /// Whether the sub-bricks are said to follow one another in time.
    pub has_time_axis: bool,
    pub tr_seconds: Option<f64>,
    pub tr_unit: TimeUnit,
    pub datatype: Datatype,
    pub byte_order: ByteOrder,
    pub factors: Factors,
    /// The labels of the sub-bricks (`BRICK_LABS`); none where they have none.
    pub labels: Vec<String>,
}

/// The factors of the sub-bricks.
#[derive(Clone, Debug)]
pub(super) enum Factors {
    /// One factor of all sub-bricks, or none.
    One(Scaling),
    /// A factor of each sub-brick.
    Each(Vec<Scaling>),
}

impl Header {
    /// The header in the text of a `.HEAD`.
    ///
    /// # Errors
    /// A header that cannot be used; the file is not named.
    pub fn parse(text: &str) -> Result<Header> {
        let attributes = Attributes::parse(text)?;
        let rank = attributes.numbers("DATASET_RANK")?;
        let [space, volumes, ..] = rank[..] else {
            return Err(damaged("DATASET_RANK has no two numbers"));
        };
        let dimensions = attributes.numbers("DATASET_DIMENSIONS")?;
        let [x, y, z, ..] = dimensions[..] else {
            return Err(damaged("DATASET_DIMENSIONS has no three lengths"));
        };
        if space != 3.0 {
            return Err(damaged(&format!(
                "DATASET_RANK is {space}, expected 3 dimensions of space"
            )));
        }
        let length = |name: &str, length: f64| {
            let is_length = length >= 1.0 && length.fract() == 0.0 && length <= f64::from(i32::MAX);
            match is_length {
                true => Ok(length as usize),
                false => Err(damaged(&format!("{name} has {length}, expected a positive length"))),
            }
        };
        let shape = [x, y, z].map(|it| length("DATASET_DIMENSIONS", it));
        let [x, y, z] = shape;
        let (shape, volumes) = ([x?, y?, z?], length("DATASET_RANK", volumes)?);
        let datatype = datatype(&attributes.numbers("BRICK_TYPES")?, volumes)?;
        Layout::check(shape, volumes, datatype, 0)?;
        let time = attributes.numbers("TAXIS_NUMS")?;
        let unit = match time.get(2) {
            Some(77001.0) => TimeUnit::Millisecond,
            Some(77002.0) => TimeUnit::Second,
            _ => TimeUnit::Unknown,
        };
        let step = attributes.numbers("TAXIS_FLOATS")?.get(1).map(|step| step * unit.seconds());
        Ok(Header {
            geometry: geometry(&attributes, shape)?,
            space_code: space_code(&attributes)?,
            view: match attributes.numbers("SCENE_DATA")?.first() {
                Some(1.0) => "+acpc",
                Some(2.0) => "+tlrc",
                _ => "+orig",
            },
            volumes,
            has_time_axis: !time.is_empty(),
            tr_seconds: step.filter(|&it| it > 0.0 && it.is_finite()),
            tr_unit: unit,
            datatype,
            byte_order: match attributes.text("BYTEORDER_STRING") {
                Some("MSB_FIRST") => ByteOrder::Big,
                Some("LSB_FIRST") | None => ByteOrder::Little,
                Some(other) => {
                    return Err(damaged(&format!(
                        "BYTEORDER_STRING is '{other}', expected LSB_FIRST or MSB_FIRST"
                    )));
                }
            },
            factors: factors(&attributes.numbers("BRICK_FLOAT_FACS")?, volumes)?,
            labels: labels(attributes.text("BRICK_LABS")),
        })
    }

    /// The statements that only AFNI makes: the view, labels, and the factors where sub-bricks differ in them.
    pub fn particulars(&self) -> Vec<(&'static str, String)> {
        let mut particulars = vec![("view", self.view.to_owned())];
        if let [first, .., last] = &self.labels[..] {
            particulars.push(("BRICK_LABS", format!("{first} to {last}")));
        }
        if let Factors::Each(factors) = &self.factors {
            let slopes = factors.iter().map(|it| it.slope());
            let least = slopes.clone().fold(f64::INFINITY, f64::min);
            let greatest = slopes.fold(f64::NEG_INFINITY, f64::max);
            let text = format!("one of each sub-brick, {least} to {greatest}");
            particulars.push(("BRICK_FLOAT_FACS", text));
        }
        particulars
    }

    /// The place of the voxels in the `.BRIK`, and how they are stored.
    pub fn layout(&self) -> Layout {
        Layout {
            offset: 0,
            byte_order: self.byte_order,
            datatype: self.datatype,
            voxels: self.geometry.voxels(),
            volumes: self.volumes,
            other_size: None,
        }
    }
}

/// The labels of sub-bricks, which a `~` ends each.
fn labels(text: Option<&str>) -> Vec<String> {
    let labels = text.unwrap_or_default().split('~').map(str::trim);
    labels.filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// The one type of all sub-bricks.
fn datatype(types: &[f64], volumes: usize) -> Result<Datatype> {
    let (Some(&first), true) = (types.first(), types.len() == 1 || types.len() >= volumes) else {
        return Err(damaged(&format!("BRICK_TYPES has {} of {volumes} types", types.len())));
    };
    let as_floats = "convert it, with AFNI: 3dcalc -a FILE -expr a -datum float -prefix run.nii.gz";
    if types.iter().take(volumes).any(|&it| it != first) {
        let problem = "sub-bricks of several types, expected one";
        return Err(Error::unsupported(problem).remedy(as_floats));
    }
    let unwanted = match first {
        0.0 => return Ok(Datatype::Uint8),
        1.0 => return Ok(Datatype::Int16),
        3.0 => return Ok(Datatype::Float32),
        5.0 => "complex numbers",
        6.0 => "colours",
        _ => "nothing that AFNI writes",
    };
    Err(Error::unsupported(format!(
        "BRICK_TYPES {first} stores {unwanted}, expected bytes (0), shorts (1) or floats (3)"
    ))
    .remedy(as_floats))
}

/// The factors of the sub-bricks, of which 0 is none.
fn factors(factors: &[f64], volumes: usize) -> Result<Factors> {
    let scaling = |factor: f64| {
        let factor = if factor == 0.0 { 1.0 } else { factor };
        Scaling::new(factor, 0.0)
            .filter(|_| factor.is_finite())
            .ok_or_else(|| damaged(&format!("BRICK_FLOAT_FACS has {factor}, expected a number")))
    };
    // One that is missing is none.
    let of_each = (0..volumes).map(|volume| factors.get(volume).copied().unwrap_or(0.0));
    let of_each = of_each.map(scaling).collect::<Result<Vec<_>>>()?;
    Ok(match of_each.iter().all(|it| *it == of_each[0]) {
        true => Factors::One(of_each[0]),
        false => Factors::Each(of_each),
    })
}

/// Where the grid lies: AFNI's first two axes run the other way, to the left and to the back.
fn geometry(attributes: &Attributes, shape: [usize; 3]) -> Result<Geometry> {
    let mut sizes = [1.0; 3];
    for (size, step) in sizes.iter_mut().zip(attributes.numbers("DELTA")?) {
        *size = step.abs() as f32;
    }
    let unit = SpatialUnit::Millimetre;
    let unoriented = |reason| Ok(Geometry::unoriented(shape, sizes, unit, reason));
    let numbers = attributes.numbers("IJK_TO_DICOM_REAL")?;
    let Some(numbers) = numbers.first_chunk::<12>() else {
        return unoriented("no IJK_TO_DICOM_REAL says how the voxels lie");
    };
    let row = |row: usize, sign: f64| [0, 1, 2, 3].map(|column| sign * numbers[4 * row + column]);
    let affine = Affine([row(0, -1.0), row(1, -1.0), row(2, 1.0)]);
    if !affine.names_directions() {
        return unoriented("its IJK_TO_DICOM_REAL names no directions");
    }
    let orientation = Orientation::Known;
    Ok(Geometry { shape, affine, unit, voxel_sizes: sizes, orientation, points: None })
}

/// The space of the view, as AFNI writes it into NIfTI.
fn space_code(attributes: &Attributes) -> Result<i32> {
    let view = attributes.numbers("SCENE_DATA")?.first().copied().unwrap_or(0.0);
    let is_of_mni = attributes.text("TEMPLATE_SPACE").is_some_and(|it| it.starts_with("MNI"));
    Ok(match view {
        1.0 => 2,
        2.0 if is_of_mni => 4,
        2.0 => 3,
        _ => 1,
    })
}
