//! The halves of a pair, by their names: `run.hdr` has the header and `run.img` the voxels, each of
//! them plain or compressed, which `.gz` and others behind its name say.

use crate::error::{Error, Result};
use crate::formats::codec;
use std::fs;
use std::path::{Path, PathBuf};

/// The files of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) struct Halves {
    pub header: PathBuf,
    pub voxels: PathBuf,
}

/// A half of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Header,
    Voxels,
}

impl Half {
    fn ending(self) -> &'static str {
        match self {
            Half::Header => "hdr",
            Half::Voxels => "img",
        }
    }

    fn other(self) -> Half {
        match self {
            Half::Header => Half::Voxels,
            Half::Voxels => Half::Header,
        }
    }

    /// The half that a file is by its name, if it is any.
    pub fn by_name(path: &Path) -> Option<Half> {
        let (_, ending, _) = parts(path)?;
        [Half::Header, Half::Voxels].into_iter().find(|it| ending.eq_ignore_ascii_case(it.ending()))
    }
}

/// The halves of the pair of which a file is one by its name, where the other is there. One that is
/// compressed as the file is goes first.
pub(in crate::formats) fn halves(path: &Path) -> Option<Halves> {
    let half = Half::by_name(path)?;
    let is_there = |it: &PathBuf| fs::symlink_metadata(it).is_ok();
    let other = others(path, half).into_iter().find(is_there)?;
    Some(match half {
        Half::Header => Halves { header: path.to_owned(), voxels: other },
        Half::Voxels => Halves { header: other, voxels: path.to_owned() },
    })
}

/// The halves of the pair of which a file is one by its name.
///
/// # Errors
/// The other half is not there.
pub(super) fn whole(path: &Path, half: Half) -> Result<Halves> {
    halves(path).ok_or_else(|| {
        let others = others(path, half);
        let (this, other) = match half {
            Half::Header => ("the header", "its voxels are"),
            Half::Voxels => ("the voxels", "its header is"),
        };
        Error::not_found(format!("{this} of a .hdr/.img pair, and {other} not beside it"))
            .remedy(format!("bring the other half, {} or compressed", others[0].display()))
            .at(path)
    })
}

/// The names that the other half may have, the likeliest first.
fn others(path: &Path, half: Half) -> Vec<PathBuf> {
    let (stem, ending, packed) = parts(path).unwrap_or_default();
    let is_upper = ending.bytes().any(|it| it.is_ascii_uppercase());
    let in_case = |text: &str| if is_upper { text.to_uppercase() } else { text.to_owned() };
    let ending = in_case(half.other().ending());
    let further = [""].into_iter().chain(codec::ENDINGS).map(in_case);
    let packings = std::iter::once(packed.clone()).chain(further.filter(|it| *it != packed));
    packings.map(|packed| path.with_file_name(format!("{stem}.{ending}{packed}"))).collect()
}

/// A file's name as its stem, its ending, and what says that it is compressed.
fn parts(path: &Path) -> Option<(String, String, String)> {
    let name = path.file_name()?.to_str()?;
    let packed = codec::ENDINGS.iter().find_map(|packed| {
        let (name, end) = name.split_at_checked(name.len().checked_sub(packed.len())?)?;
        end.eq_ignore_ascii_case(packed).then_some((name, end))
    });
    let (name, packed) = packed.unwrap_or((name, ""));
    let (stem, ending) = name.rsplit_once('.')?;
    Some((stem.to_owned(), ending.to_owned(), packed.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_half_is_found_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        for name in ["a.hdr", "a.img", "b.hdr.bz2", "b.img", "c.HDR", "c.IMG", "d.img", "e.nii"] {
            fs::write(file(name), "").unwrap();
        }
        let pair = |header: &str, voxels: &str| {
            Some(Halves { header: file(header), voxels: file(voxels) })
        };
        for (path, found) in [
            ("a.hdr", pair("a.hdr", "a.img")),
            ("a.img", pair("a.hdr", "a.img")),
            ("b.img", pair("b.hdr.bz2", "b.img")),
            ("b.hdr.bz2", pair("b.hdr.bz2", "b.img")),
            ("c.IMG", pair("c.HDR", "c.IMG")),
            ("d.img", None),
            ("e.nii", None),
        ] {
            assert_eq!(halves(&file(path)), found, "{path}");
        }
        let error = whole(&file("d.img"), Half::Voxels).unwrap_err().to_string();
        assert!(error.contains("its header is not beside it; bring the other half, "), "{error}");
    }
}
