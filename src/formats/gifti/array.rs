//! The attributes and metadata of a DataArray (GIFTI 1.0, "DataArray").

use super::xml::{Fault, Tag};
use crate::error::Error;
use crate::voxels::{ByteOrder, Datatype};

/// Names and texts of metadata, in their order.
pub(super) type Metadata = Vec<(String, String)>;

/// The order of the samples of an array of two axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The last axis is fastest.
    RowMajor,
    /// The first axis is fastest.
    ColumnMajor,
}

/// How the samples of an array stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Numbers in words.
    Ascii,
    /// Their bytes in base 64.
    Base64,
    /// Their bytes in a zlib stream, in base 64.
    ZlibBase64,
    /// Their bytes in another file, from a place on.
    External { name: String, offset: u64 },
}

/// An array without its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Array {
    /// Its intent, without what they all begin with: `TIME_SERIES`.
    pub intent: String,
    pub datatype: Datatype,
    /// The lengths of its axes, each at least 1: `Dim0` first.
    pub lengths: Vec<usize>,
    pub order: Order,
    pub encoding: Encoding,
    pub byte_order: ByteOrder,
    pub metadata: Metadata,
}

impl Array {
    /// The array whose element opens with this tag; `number` is its place in the file, from 1.
    ///
    /// # Errors
    /// Attributes that are missing or cannot be understood; a type that is not read.
    pub fn of_tag(tag: &Tag, number: usize) -> Result<Array, Fault> {
        let attribute = |name: &str| {
            tag.attribute(name)
                .map(str::trim)
                .ok_or_else(|| Fault::damaged(format!("data array {number} has no {name}")))
        };
        let wrong = |name: &str, found: &str, expected: &str| {
            let problem =
                format!("{name} of data array {number} is '{found}', expected {expected}");
            Fault::damaged(problem)
        };
        let whole = |name: &str| {
            let text = attribute(name)?;
            let length = text.parse::<usize>().ok().filter(|it| *it > 0);
            length.ok_or_else(|| wrong(name, text, "a positive whole number"))
        };
        let intent = attribute("Intent")?;
        let datatype = datatype(attribute("DataType")?, number)?;
        let dimensionality = whole("Dimensionality")?;
        if dimensionality > 6 {
            return Err(wrong("Dimensionality", attribute("Dimensionality")?, "at most 6"));
        }
        let lengths: Vec<usize> = (0..dimensionality)
            .map(|axis| whole(&format!("Dim{axis}")))
            .collect::<Result<_, _>>()?;
        let bytes = lengths.iter().try_fold(datatype.bytes(), |bytes, it| bytes.checked_mul(*it));
        if bytes.is_none_or(|bytes| bytes > isize::MAX as usize) {
            let problem = format!("data array {number} claims more samples than any file holds");
            return Err(Fault::damaged(problem));
        }
        let order = match attribute("ArrayIndexingOrder") {
            Ok("RowMajorOrder") => Order::RowMajor,
            Ok("ColumnMajorOrder") => Order::ColumnMajor,
            // Of one axis there is one order.
            _ if lengths[1..].iter().all(|it| *it == 1) => Order::RowMajor,
            Ok(other) => {
                let expected = "RowMajorOrder or ColumnMajorOrder";
                return Err(wrong("ArrayIndexingOrder", other, expected));
            }
            Err(fault) => return Err(fault),
        };
        let encoding = match attribute("Encoding")? {
            "ASCII" => Encoding::Ascii,
            "Base64Binary" => Encoding::Base64,
            "GZipBase64Binary" => Encoding::ZlibBase64,
            "ExternalFileBinary" => {
                let text = tag.attribute("ExternalFileOffset").unwrap_or_default().trim();
                let offset = if text.is_empty() { Ok(0) } else { text.parse() };
                let offset =
                    offset.map_err(|_| wrong("ExternalFileOffset", text, "a whole number"))?;
                Encoding::External { name: attribute("ExternalFileName")?.to_owned(), offset }
            }
            other => {
                let expected = "ASCII, Base64Binary, GZipBase64Binary or ExternalFileBinary";
                return Err(wrong("Encoding", other, expected));
            }
        };
        let byte_order = match tag.attribute("Endian").map(str::trim) {
            Some("LittleEndian") => ByteOrder::Little,
            Some("BigEndian") => ByteOrder::Big,
            // Words and single bytes have none.
            _ if encoding == Encoding::Ascii || datatype.bytes() == 1 => ByteOrder::NATIVE,
            other => {
                let found = other.unwrap_or_default();
                return Err(wrong("Endian", found, "LittleEndian or BigEndian"));
            }
        };
        let intent = intent.strip_prefix("NIFTI_INTENT_").unwrap_or(intent).to_owned();
        let metadata = Metadata::new();
        Ok(Array { intent, datatype, lengths, order, encoding, byte_order, metadata })
    }

    /// The length of its first axis, and of all others together.
    pub fn rows_and_columns(&self) -> [usize; 2] {
        [self.lengths[0], self.lengths[1..].iter().product()]
    }

    /// How many samples it has.
    pub fn samples(&self) -> usize {
        self.lengths.iter().product()
    }

    /// The bytes of its samples.
    pub fn bytes(&self) -> usize {
        self.samples() * self.datatype.bytes()
    }

    /// Whether its samples stand in the file as they are wanted in memory.
    pub fn is_in_order(&self, wanted: Order) -> bool {
        let [rows, columns] = self.rows_and_columns();
        self.order == wanted || rows == 1 || columns == 1
    }

    /// The least bytes that its samples take in the file itself, however well they are packed.
    pub fn least_bytes_in_file(&self) -> u64 {
        let (samples, bytes) = (self.samples() as u64, self.bytes() as u64);
        match self.encoding {
            // A digit and a space.
            Encoding::Ascii => 2 * samples - 1,
            Encoding::Base64 => bytes / 3 * 4,
            // 258 bytes in 2 bits (RFC 1951).
            Encoding::ZlibBase64 => bytes / 1032 / 3 * 4,
            Encoding::External { .. } => 0,
        }
    }
}

/// The type of a name (nifti1.h, `NIFTI_TYPE_*`).
fn datatype(name: &str, number: usize) -> Result<Datatype, Fault> {
    Ok(match name.strip_prefix("NIFTI_TYPE_").unwrap_or(name) {
        "UINT8" => Datatype::Uint8,
        "INT8" => Datatype::Int8,
        "UINT16" => Datatype::Uint16,
        "INT16" => Datatype::Int16,
        "UINT32" => Datatype::Uint32,
        "INT32" => Datatype::Int32,
        "UINT64" => Datatype::Uint64,
        "INT64" => Datatype::Int64,
        "FLOAT32" => Datatype::Float32,
        "FLOAT64" => Datatype::Float64,
        _ => {
            let problem = format!(
                "data array {number} of a GIFTI file stores {name}, expected real numbers of up to \
                 64 bits (NIFTI_TYPE_FLOAT32, INT32, UINT8, ...)"
            );
            return Err(Fault::Wrong(
                Error::unsupported(problem).remedy("convert it to NIFTI_TYPE_FLOAT32"),
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::xml::TagKind;
    use super::*;

    fn tag(changed: &[(&str, &str)]) -> Tag {
        let mut attributes: Vec<(String, String)> = [
            ("Intent", "NIFTI_INTENT_TIME_SERIES"),
            ("DataType", "NIFTI_TYPE_INT16"),
            ("ArrayIndexingOrder", "ColumnMajorOrder"),
            ("Dimensionality", "2"),
            ("Dim0", "5"),
            ("Dim1", "3"),
            ("Encoding", "Base64Binary"),
            ("Endian", "BigEndian"),
            ("ExternalFileName", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, value) in changed {
            attributes.retain(|(it, _)| it != name);
            if *value != "-" {
                attributes.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        Tag { name: "DataArray".to_owned(), attributes, kind: TagKind::Start }
    }

    #[test]
    fn attributes_are_understood() {
        let array = Array::of_tag(&tag(&[]), 1).unwrap();
        assert_eq!((array.intent.as_str(), array.datatype), ("TIME_SERIES", Datatype::Int16));
        assert_eq!((array.rows_and_columns(), array.order), ([5, 3], Order::ColumnMajor));
        assert_eq!((&array.encoding, array.byte_order), (&Encoding::Base64, ByteOrder::Big));
        assert_eq!((array.bytes(), array.least_bytes_in_file()), (30, 40));
        let one = [("Dimensionality", "1"), ("ArrayIndexingOrder", "-"), ("Endian", "-")];
        let one = [&one[..], &[("DataType", "NIFTI_TYPE_UINT8")]].concat();
        assert_eq!(Array::of_tag(&tag(&one), 1).unwrap().rows_and_columns(), [5, 1]);
        let file = [("Encoding", "ExternalFileBinary"), ("ExternalFileName", "a.bin")];
        let file = [&file[..], &[("ExternalFileOffset", "12")]].concat();
        let expected = Encoding::External { name: "a.bin".to_owned(), offset: 12 };
        assert_eq!(Array::of_tag(&tag(&file), 1).unwrap().encoding, expected);
    }

    #[test]
    fn what_is_wrong_is_named_with_the_array() {
        for (name, value, says) in [
            ("Intent", "-", "data array 7 has no Intent"),
            ("DataType", "NIFTI_TYPE_RGB24", "stores NIFTI_TYPE_RGB24"),
            ("Dimensionality", "0", "Dimensionality of data array 7 is '0'"),
            ("Dimensionality", "7", "expected at most 6"),
            ("Dim1", "-3", "Dim1 of data array 7 is '-3'"),
            ("Dim0", "9223372036854775807", "more samples than any file holds"),
            ("Encoding", "Base85", "Encoding of data array 7 is 'Base85'"),
            ("Endian", "-", "Endian of data array 7 is ''"),
            ("ArrayIndexingOrder", "Fortran", "ArrayIndexingOrder of data array 7 is 'Fortran'"),
        ] {
            let Err(Fault::Wrong(error)) = Array::of_tag(&tag(&[(name, value)]), 7) else {
                panic!("{name} is wrong");
            };
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
