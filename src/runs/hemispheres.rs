//! The runs of each hemisphere, of a session whose surfaces are files of their own.

use super::session::is_map;
use super::{Entities, expand};
use crate::error::{Error, Result};
use crate::formats::{self, Hemisphere, Source, hemisphere};
use std::path::PathBuf;

/// The part of a file's name in which the letter of the hemisphere stands.
pub const HEMISPHERE_PLACE: &str = "{hemi}";

/// The images that arguments bring, by the hemisphere that each is of: the letter of BIDS, and its images in their
/// order. It is told by the entity `hemi` of the name, or else by the structure that the file states. Maps of
/// tsnr that a pattern brings are passed over.
///
/// # Errors
/// Those of [`expand`] and of opening an image; one that is of no hemisphere.
pub fn by_hemisphere(arguments: &[PathBuf]) -> Result<Vec<(&'static str, Vec<PathBuf>)>> {
    let mut found = vec![("L", Vec::new()), ("R", Vec::new())];
    for input in expand(arguments)?.images {
        if formats::is_stream(&input.path) {
            let problem = format!("a stream, where {HEMISPHERE_PLACE} asks for files");
            return Err(Error::unsupported(problem)
                .remedy("write it to a file first")
                .at(&input.path));
        }
        let image = formats::open(&input.path)?;
        if input.pattern.is_some() && is_map(&*image)? {
            continue;
        }
        let side = of_image(&*image).ok_or_else(|| {
            Error::mismatch(format!("of no hemisphere, where {HEMISPHERE_PLACE} asks for one"))
                .remedy("give runs of surfaces with hemi-L or hemi-R in their names")
                .at(&input.path)
        })?;
        found[side as usize].1.push(input.path);
    }
    found.retain(|(_, images)| !images.is_empty());
    Ok(found)
}

fn of_image(image: &dyn Source) -> Option<Hemisphere> {
    let name = image.path().file_name().unwrap_or_default().to_string_lossy();
    match Entities::of_file_name(&name).get("hemi") {
        Some("L") => Some(Hemisphere::Left),
        Some("R") => Some(Hemisphere::Right),
        _ => hemisphere(image.geometry().points.as_ref()?.structure_of(0)),
    }
}
