//! Maps as little-endian NIfTI single files with the geometry of an image: NIfTI-1 where that holds
//! the grid, for every program reads it, unless NIfTI-2 is asked for.

use super::fields::{Fields, Standard, datatype_of};
use super::header::{Header, LENGTH_IN_GLMIN};
use super::orientation::unit_code;
use crate::error::{Error, Result, Setting};
use crate::formats::{Geometry, HeaderExtension, MapFile, MapFormat, MapSink, Orientation, mgh};
use crate::voxels::ByteOrder;
use std::io::{self, Read, Write};

/// The most bytes that `descrip` holds, a terminating zero kept (nifti1.h, nifti2.h).
pub(in crate::formats) const MOST_DESCRIPTION_BYTES: usize = 79;

/// The most bytes that `intent_name` holds, likewise.
const MOST_NAME_BYTES: usize = 15;

/// A space that the image is aligned to (nifti1.h, `NIFTI_XFORM_ALIGNED_ANAT`).
const ALIGNED: i32 = 2;

/// The code of an extension that holds text (nifti1.h, `NIFTI_ECODE_COMMENT`).
const COMMENT: i32 = 6;

/// The most bytes of a file's extensions that are held: they are notes, of kilobytes.
pub(super) const MOST_EXTENSION_BYTES: u64 = 4 * 1024 * 1024;

/// A header extension: a code that says whose it is (nifti1.h, `NIFTI_ECODE_*`), and data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) struct Extension {
    code: i32,
    data: Vec<u8>,
}

impl Extension {
    /// The extensions in what stands between a header and its voxels, and what breaks the list off,
    /// in words, if something does. `esize` counts itself, the code and the data; what it claims is
    /// held only as far as it is there, and up to `most_bytes` of all.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read_all(
        mut from: impl Read,
        order: ByteOrder,
        most_bytes: u64,
    ) -> io::Result<(Vec<Extension>, Option<String>)> {
        let mut extensions = Vec::new();
        let mut next = |bytes: u64| {
            let mut read = Vec::new();
            from.by_ref().take(bytes).read_to_end(&mut read).map(|_| read)
        };
        let number = |bytes: &[u8]| {
            let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
            match order {
                ByteOrder::Little => i32::from_le_bytes(bytes),
                ByteOrder::Big => i32::from_be_bytes(bytes),
            }
        };
        let damaged = || Some("a damaged header extension".to_owned());
        let flag = next(4)?;
        if flag.len() < 4 || flag[0] == 0 {
            return Ok((extensions, None));
        }
        let mut room = most_bytes;
        loop {
            let head = next(8)?;
            if head.len() < 8 {
                return Ok((extensions, None));
            }
            let Some(size) = u64::try_from(number(&head)).ok().and_then(|it| it.checked_sub(8))
            else {
                return Ok((extensions, damaged()));
            };
            if size > room {
                let most = most_bytes / (1024 * 1024);
                let problem = format!("a header extension, with which they exceed {most} MiB,");
                return Ok((extensions, Some(problem)));
            }
            let data = next(size)?;
            if (data.len() as u64) < size {
                return Ok((extensions, damaged()));
            }
            room -= size;
            extensions.push(Extension { code: number(&head[4..]), data });
        }
    }

    /// The program whose extension it is, if it describes the time course of the run and so is wrong
    /// beside a map: DICOM's attributes (code 2) and AFNI's (code 4).
    fn describes_the_time_course(&self) -> Option<&'static str> {
        match self.code {
            2 => Some("DICOM (code 2)"),
            4 => Some("AFNI (code 4)"),
            _ => None,
        }
    }

    /// An extension of a code.
    pub fn new(code: i32, data: Vec<u8>) -> Extension {
        Extension { code, data }
    }

    /// An extension that holds a text.
    pub fn comment(text: &str) -> Extension {
        Extension::new(COMMENT, text.as_bytes().to_vec())
    }

    /// The code that says whose it is.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// The outline of the extension: whose it is, and its size.
    pub fn outline(&self) -> HeaderExtension {
        let owner = match self.code {
            2 => Some("DICOM"),
            4 => Some("AFNI"),
            COMMENT => Some("comment"),
            8 => Some("XCEDE"),
            10 => Some("JIM"),
            12 => Some("workflow"),
            14 => Some("FreeSurfer"),
            18 => Some("MiND"),
            30 => Some("Caret"),
            32 => Some("CIFTI"),
            34 => Some("frame timing"),
            40 => Some("MATLAB"),
            44 => Some("MRS"),
            _ => None,
        };
        HeaderExtension { code: self.code, owner, bytes: self.bytes() as u64 }
    }

    /// What it holds, with the zeros that pad it.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The text that it holds, if it is a comment, without the zeros that pad it.
    pub fn text(&self) -> Option<&str> {
        let text =
            (self.code == COMMENT).then(|| std::str::from_utf8(&self.data).ok()).flatten()?;
        Some(text.trim_end_matches('\0'))
    }

    /// Writes it, padded with zeros.
    ///
    /// # Errors
    /// Those of writing `to`.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        // esize is a multiple of 16 (nifti1.h); a writer that broke the rule is mended.
        let size = (8 + self.data.len()).next_multiple_of(16);
        let padding = size - 8 - self.data.len();
        to.write_all(&(size as i32).to_le_bytes())?;
        to.write_all(&self.code.to_le_bytes())?;
        to.write_all(&self.data)?;
        to.write_all(&[0; 15][..padding])
    }

    /// The bytes that it takes in a file.
    pub fn bytes(&self) -> usize {
        (8 + self.data.len()).next_multiple_of(16)
    }
}

/// The writer of maps on one grid.
#[derive(Clone, Debug)]
pub(in crate::formats) struct Sink {
    geometry: Geometry,
    /// The standard of the image, of another format NIfTI-2: the one that is written where NIfTI-1 does
    /// not hold the grid.
    standard: Standard,
    /// The fields that the grid gives, and zeros.
    fields: Fields,
    extensions: Vec<Extension>,
    left_out: Vec<String>,
}

impl Sink {
    /// Maps on the grid of an image. Kept: sform, qform, their codes, the voxel sizes, the spatial
    /// unit, `dim_info`, and those of `extensions` that do not describe the run. Everything that
    /// describes a time axis, another tool's scaling or display range is reset. `broken_off_by` is
    /// what broke the list of extensions off, in words.
    pub(super) fn of_image(
        image: &Header,
        extensions: Vec<Extension>,
        broken_off_by: Option<String>,
    ) -> Sink {
        let run = &image.fields;
        let [qfac, dx, dy, dz, ..] = run.pixdim;
        let fields = Fields {
            dim_info: run.dim_info,
            pixdim: [qfac, dx, dy, dz, 0.0, 0.0, 0.0, 0.0],
            xyzt_units: run.xyzt_units & 0b111,
            qform_code: run.qform_code,
            sform_code: run.sform_code,
            quatern: run.quatern,
            qoffset: run.qoffset,
            srow: run.srow,
            ..Fields::default()
        };
        let (of_the_run, extensions): (Vec<_>, Vec<_>) =
            extensions.into_iter().partition(|it| it.describes_the_time_course().is_some());
        let owners = of_the_run.iter().filter_map(Extension::describes_the_time_course);
        let mut left_out: Vec<String> = owners
            .map(|owner| {
                format!(
                    "its {owner} header extension describes the run and is not copied to the map"
                )
            })
            .collect();
        left_out.extend(broken_off_by.map(|what| format!("{what} is not copied to the map")));
        let (geometry, standard) = (image.geometry.clone(), image.standard);
        Sink { geometry, standard, fields, extensions, left_out }
    }

    /// Maps on the grid of an image of another format: where its orientation is known, the affine is
    /// the sform, with the code of a space that it is aligned to, as nibabel writes it.
    pub(in crate::formats) fn on_grid(geometry: &Geometry) -> Sink {
        let [dx, dy, dz] = geometry.voxel_sizes.map(f64::from);
        let mut fields = Fields {
            pixdim: [1.0, dx, dy, dz, 0.0, 0.0, 0.0, 0.0],
            xyzt_units: unit_code(geometry.unit),
            ..Fields::default()
        };
        if geometry.orientation == Orientation::Known {
            fields.sform_code = ALIGNED;
            fields.srow = geometry.affine.0;
        }
        let (geometry, standard) = (geometry.clone(), Standard::Two);
        Sink { geometry, standard, fields, extensions: Vec::new(), left_out: Vec::new() }
    }

    /// These, whose sform has the code of this space, if it is known.
    pub(in crate::formats) fn in_space(mut self, code: i32) -> Sink {
        if self.fields.sform_code != 0 {
            self.fields.sform_code = code;
        }
        self
    }

    /// The header and extensions of a map.
    fn header(&self, file: &MapFile, standard: Standard) -> MapHeader {
        let notes = file.notes.iter().map(|note| Extension::comment(note));
        let extensions: Vec<Extension> = notes.chain(self.extensions.iter().cloned()).collect();
        let extension_bytes: usize = extensions.iter().map(Extension::bytes).sum();
        let [x, y, z] = self.geometry.shape.map(|length| length as i64);
        // A vector that is too long for dim[1] is written as it is read.
        let (x, glmin) = match (standard, x) {
            (Standard::One, 32_768..) => (LENGTH_IN_GLMIN, x as i32),
            (_, x) => (x, 0),
        };
        let (datatype, bitpix) = datatype_of(file.precision);
        let fields = Fields {
            dim: [3, x, y, z, 1, 1, 1, 1],
            datatype,
            bitpix,
            vox_offset: standard.first_voxel_offset() as f64 + extension_bytes as f64,
            scl_slope: 1.0,
            scl_inter: 0.0,
            glmin,
            intent_name: fixed(file.names[0].as_bytes(), MOST_NAME_BYTES),
            descrip: fixed(file.description.as_bytes(), MOST_DESCRIPTION_BYTES),
            // The rest is zero: no intent, slice timing, display range, names.
            ..self.fields.clone()
        };
        MapHeader { bytes: fields.to_bytes(standard), extensions }
    }

    /// Whether NIfTI-1 holds the grid: as axes of its `dim`, or as a long vector, whose length stands in
    /// `glmin`.
    fn is_held_by_nifti_1(&self) -> bool {
        let longest = Standard::One.longest_axis() as usize;
        let is_vector =
            self.geometry.shape[1..] == [1, 1] && self.geometry.shape[0] <= i32::MAX as usize;
        is_vector || self.geometry.shape.iter().all(|&length| length <= longest)
    }
}

impl MapSink for Sink {
    fn format(&self, asked: Option<MapFormat>) -> Result<MapFormat> {
        let longest = self.geometry.shape.into_iter().max().unwrap_or(1) as u64;
        match asked {
            // Few programs know of the length in glmin: only an image that has it is so continued.
            None if longest > Standard::One.longest_axis() && self.standard == Standard::Two => {
                Ok(MapFormat::Nifti2)
            }
            Some(format @ (MapFormat::Nifti2 | MapFormat::Mgh)) => Ok(format),
            None | Some(MapFormat::Nifti1) if self.is_held_by_nifti_1() => Ok(MapFormat::Nifti1),
            None => Ok(MapFormat::Nifti2),
            Some(other @ (MapFormat::Cifti2 | MapFormat::Gifti)) => {
                let problem = format!("{} is asked for, and the maps lie on a grid", other.name());
                Err(Error::unsupported(problem)
                    .remedy("give names that end in .nii.gz")
                    .settings([Setting::MapFormat]))
            }
            Some(MapFormat::Nifti1) => Err(Error::unsupported(format!(
                "an axis of {longest} voxels, expected at most {} for a map in NIfTI-1",
                Standard::One.longest_axis()
            ))
            .remedy("write NIfTI-2")
            .settings([Setting::MapFormat])),
        }
    }

    fn write(
        &self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
        file: &MapFile,
    ) -> io::Result<()> {
        let voxels: usize = self.geometry.shape.iter().product();
        assert_eq!(
            (values.len(), file.names.len()),
            (voxels, 1),
            "one map, of a value for each voxel"
        );
        let format = self.format(file.format).expect("a format that was asked for");
        file.encoding.write(to, |to| match format {
            MapFormat::Nifti1 => self.write_nifti(to, values, file, Standard::One),
            MapFormat::Mgh => mgh::write(&self.geometry, to, values, file),
            _ => self.write_nifti(to, values, file, Standard::Two),
        })
    }

    fn left_out(&self) -> &[String] {
        &self.left_out
    }
}

impl Sink {
    fn write_nifti(
        &self,
        to: &mut dyn Write,
        values: &mut dyn ExactSizeIterator<Item = f64>,
        file: &MapFile,
        standard: Standard,
    ) -> io::Result<()> {
        self.header(file, standard).write(to)?;
        file.precision.write_values(to, values)
    }
}

/// The header of a map as it stands in the file, and its extensions.
struct MapHeader {
    bytes: Vec<u8>,
    extensions: Vec<Extension>,
}

impl MapHeader {
    /// The header, and what follows it before the voxels.
    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(&self.bytes)?;
        to.write_all(&[u8::from(!self.extensions.is_empty()), 0, 0, 0])?;
        self.extensions.iter().try_for_each(|extension| extension.write(to))
    }
}

/// The first `most` bytes of `text`, the rest zero.
pub(in crate::formats) fn fixed<const LENGTH: usize>(text: &[u8], most: usize) -> [u8; LENGTH] {
    let mut field = [0; LENGTH];
    let count = text.len().min(most);
    field[..count].copy_from_slice(&text[..count]);
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_end_where_damage_begins() {
        let mut bytes = vec![1, 0, 0, 0];
        bytes.extend(16_i32.to_le_bytes());
        bytes.extend(6_i32.to_le_bytes());
        bytes.extend(b"comment!");
        let whole = vec![Extension { code: 6, data: b"comment!".to_vec() }];
        let read = |bytes: &[u8]| {
            Extension::read_all(bytes, ByteOrder::Little, MOST_EXTENSION_BYTES).unwrap()
        };
        let damaged = Some("a damaged header extension".to_owned());
        assert_eq!(read(&bytes), (whole.clone(), None));
        for size in [99_i32, 7, -1] {
            let bytes = [&bytes[..], &size.to_le_bytes(), &4_i32.to_le_bytes()].concat();
            assert_eq!(read(&bytes), (whole.clone(), damaged.clone()), "{size}");
        }
        bytes[0] = 0;
        assert_eq!(read(&bytes), (vec![], None));
    }

    #[test]
    fn extensions_are_held_up_to_a_size_whatever_they_claim() {
        let extension = |data: u64| [(8 + data as i32).to_le_bytes(), 6_i32.to_le_bytes()].concat();
        let most = MOST_EXTENSION_BYTES;
        for (size, is_kept) in [(most - 8, true), (most, false), (i32::MAX as u64 - 8, false)] {
            let head = [vec![1, 0, 0, 0], extension(8), vec![0; 8], extension(size)].concat();
            let mut rest = io::repeat(b'c').take(size);
            let bytes = head.chain(&mut rest);
            let (kept, problem) =
                Extension::read_all(bytes, ByteOrder::Little, MOST_EXTENSION_BYTES).unwrap();
            assert_eq!(kept.len(), if is_kept { 2 } else { 1 }, "{size}");
            let is_said = problem.is_some_and(|it| it.contains("exceed 4 MiB"));
            assert_eq!(is_said, !is_kept, "{size}");
            assert_eq!(size - rest.limit(), if is_kept { size } else { 0 }, "bytes read");
        }
    }
}
