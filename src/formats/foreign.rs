//! Formats that are not read: by what each is told, and the command that converts it.
//!
//! Once a format is read, its row here goes.

use crate::error::{Error, Result};
use std::path::Path;

/// A format that is not read.
struct Foreign {
    /// The format, in words: `a FreeSurfer MGH image`.
    what: &'static str,
    /// The beginnings of its content, decompressed once: any of these.
    signatures: &'static [Signature],
    /// The endings of its names, in small letters and without `.gz`: asked where no content tells.
    endings: &'static [&'static str],
    /// The remedy; `FILE` stands for the path, in quotes.
    remedy: &'static str,
}

/// A sign by which a content is told.
enum Signature {
    /// The bytes at a place.
    At(usize, &'static [u8]),
    /// A text that has this word near its beginning; in small letters, whatever those of the text.
    Word(&'static str),
    /// Any text.
    Text,
}

use Signature::{At, Text, Word};

/// The first row that tells a file is taken.
const TABLE: &[Foreign] = &[
    Foreign {
        what: "a file that was compressed twice",
        signatures: &[
            At(0, &[0x1F, 0x8B]),
            #[cfg(feature = "bzip2")]
            At(0, b"BZh"),
            #[cfg(feature = "zstd")]
            At(0, &[0x28, 0xB5, 0x2F, 0xFD]),
        ],
        endings: &[],
        remedy: "decompress it once, with gzip -dc, bzip2 -dc or zstd -dc: gzip -dc FILE > once.nii.gz",
    },
    #[cfg(not(feature = "bzip2"))]
    Foreign {
        what: "compressed by bzip2",
        signatures: &[At(0, b"BZh")],
        endings: &["bz2"],
        remedy: "decompress it: bunzip2 -k FILE",
    },
    Foreign {
        what: "compressed by xz",
        signatures: &[At(0, b"\xFD7zXZ\0")],
        endings: &["xz"],
        remedy: "decompress it: unxz -k FILE",
    },
    #[cfg(not(feature = "zstd"))]
    Foreign {
        what: "compressed by zstd",
        signatures: &[At(0, &[0x28, 0xB5, 0x2F, 0xFD])],
        endings: &["zst"],
        remedy: "decompress it: unzstd FILE",
    },
    Foreign {
        what: "compressed by lz4",
        signatures: &[At(0, &[0x04, 0x22, 0x4D, 0x18])],
        endings: &["lz4"],
        remedy: "decompress it: unlz4 FILE",
    },
    Foreign {
        what: "compressed by compress",
        signatures: &[At(0, &[0x1F, 0x9D])],
        endings: &["z"],
        remedy: "decompress it: gzip -dc FILE > run.nii",
    },
    Foreign {
        what: "a zip archive",
        signatures: &[At(0, b"PK\x03\x04")],
        endings: &["zip"],
        remedy: "take the image out of it: unzip FILE",
    },
    Foreign {
        what: "a 7z archive",
        signatures: &[At(0, b"7z\xBC\xAF\x27\x1C")],
        endings: &["7z"],
        remedy: "take the image out of it: 7z x FILE",
    },
    Foreign {
        what: "a tar archive",
        signatures: &[At(257, b"ustar")],
        endings: &["tar", "tgz"],
        remedy: "take the image out of it: tar -xf FILE",
    },
    Foreign {
        what: "a MINC image",
        signatures: &[At(0, b"CDF\x01"), At(0, b"CDF\x02"), At(0, b"\x89HDF\r\n\x1A\n")],
        endings: &["mnc"],
        remedy: "convert it, with the MINC tools: mnc2nii FILE run.nii",
    },
    Foreign {
        what: "the header of a Philips PAR/REC image",
        signatures: &[Word("data description file")],
        endings: &["par"],
        remedy: "convert it, with nibabel: parrec2nii FILE",
    },
    Foreign {
        what: "the voxels of a Philips PAR/REC image",
        signatures: &[],
        endings: &["rec"],
        remedy: "convert the .PAR beside it, with nibabel: parrec2nii RUN.PAR",
    },
    Foreign {
        what: "an NRRD image",
        signatures: &[At(0, b"NRRD0")],
        endings: &["nrrd", "nhdr"],
        remedy: "convert it, with SimpleITK: sitk.WriteImage(sitk.ReadImage(FILE), 'run.nii.gz')",
    },
    Foreign {
        what: "a MetaImage",
        signatures: &[Word("objecttype = image")],
        endings: &["mha", "mhd"],
        remedy: "convert it, with SimpleITK: sitk.WriteImage(sitk.ReadImage(FILE), 'run.nii.gz')",
    },
    Foreign {
        what: "an MRtrix image",
        signatures: &[At(0, b"mrtrix image")],
        endings: &["mif", "mih"],
        remedy: "convert it, with MRtrix: mrconvert FILE run.nii.gz",
    },
    Foreign {
        what: "a DICOM file",
        signatures: &[At(128, b"DICM")],
        endings: &["dcm", "ima"],
        remedy: "convert its folder: dcm2niix -z y FOLDER",
    },
    Foreign {
        what: "a numpy array",
        signatures: &[At(0, b"\x93NUMPY")],
        endings: &["npy", "npz"],
        remedy: "write it as an image, with nibabel: nib.save(nib.Nifti1Image(array, affine), \
                 'run.nii.gz')",
    },
    Foreign {
        what: "a MATLAB file",
        signatures: &[At(0, b"MATLAB 5.0 MAT-file")],
        endings: &["mat"],
        remedy: "write its array as an image, with MATLAB: niftiwrite(array, 'run.nii')",
    },
    Foreign {
        what: "a web page (HTML)",
        signatures: &[Word("<!doctype html"), Word("<html")],
        endings: &["html", "htm"],
        remedy: "look at it in a browser: a download that failed leaves such a page, so download \
                 the image again",
    },
    Foreign {
        what: "a text",
        signatures: &[Text],
        endings: &[],
        remedy: "look at it: head FILE. A download that failed leaves such a text",
    },
];

/// How much of a text is looked at, and of what is to be told as one.
const TEXT_BYTES: usize = 512;

/// The error for a file that is no image that is read, by what it is: `error`, if that is not known.
pub(super) fn refused(path: &Path, head: &[u8], error: Error) -> Error {
    found(path, &head[..head.len().min(TEXT_BYTES)]).map_or(error, |it| it.refusal(path))
}

fn found(path: &Path, head: &[u8]) -> Option<&'static Foreign> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let by_content = TABLE.iter().find(|row| row.signatures.iter().any(|sign| sign.is_of(head)));
    let by_name = || {
        let (_, ending) = name.rsplit_once('.')?;
        TABLE.iter().find(|row| row.endings.contains(&ending))
    };
    // A name says more than that a file is some text.
    match by_content {
        Some(Foreign { signatures: [Text], .. }) | None => by_name().or(by_content),
        found => found,
    }
}

impl Foreign {
    fn refusal(&self, path: &Path) -> Error {
        let file = format!("'{}'", path.display());
        Error::unsupported(format!("{}, expected an image that is read", self.what))
            .remedy(self.remedy.replace("FILE", &file))
            .at(path)
    }
}

impl Signature {
    fn is_of(&self, head: &[u8]) -> bool {
        match self {
            At(place, bytes) => head.get(*place..).is_some_and(|it| it.starts_with(bytes)),
            Word(word) => is_text(head) && text(head).contains(word),
            Text => is_text(head),
        }
    }
}

/// The beginning of a text in small letters, one space for several.
fn text(head: &[u8]) -> String {
    let lower = String::from_utf8_lossy(head).to_lowercase();
    let lines = lower.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether these bytes are those of a text: no control characters but those that lay it out.
fn is_text(head: &[u8]) -> bool {
    let is_of_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    !head.is_empty() && head.iter().all(is_of_text)
}

/// [`formats::open`](super::open) without the name of what is not read.
pub(super) fn named<T>(opened: Result<T>, path: &Path, head: &[u8]) -> Result<T> {
    opened.map_err(|error| match error.kind() {
        crate::error::ErrorKind::Format => refused(path, head, error),
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_told_by_its_content_or_its_name() {
        let html = b"\n<!DOCTYPE  HTML>\n<head>";
        let par = b"# === DATA DESCRIPTION FILE ======================\n#\n";
        let meta = b"ObjectType = Image\nNDims = 4\n";
        let mut dicom = vec![0; 128];
        dicom.extend(b"DICM\x02");
        for (name, head, what) in [
            ("run.nii.gz", &[0x1F, 0x8B, 8][..], "compressed twice"),
            ("run.nii.gz", b"BZh91AY", "compressed"),
            ("run.nii.gz", html, "HTML"),
            ("run.nii", par, "PAR/REC"),
            ("run.PAR", b"# some text", "PAR/REC"),
            ("run.nii", meta, "MetaImage"),
            ("IM0001", &dicom, "DICOM"),
            ("IM0001.IMA", &[1, 2, 3], "DICOM"),
            ("run.nii", b"quite another text", "a text"),
        ] {
            let found = found(Path::new(name), head).map(|it| it.what);
            assert!(found.is_some_and(|it| it.contains(what)), "{name}, {what}: {found:?}");
        }
        assert!(found(Path::new("run.nii"), &[0, 9, 0, 9]).is_none());
        assert!(found(Path::new("run.nii"), b"").is_none());
    }

    #[test]
    fn rows_are_told_by_something_and_say_what_to_do() {
        for row in TABLE {
            assert!(!row.signatures.is_empty() || !row.endings.is_empty(), "{}", row.what);
            assert!(row.endings.iter().all(|it| *it == it.to_lowercase()), "{}", row.what);
            let refusal = row.refusal(Path::new("a file")).to_string();
            assert!(!refusal.contains("FILE"), "{refusal}");
        }
    }
}
