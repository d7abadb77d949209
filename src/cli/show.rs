//! What came out, to be looked at: the page, the slide, and what a terminal shows.

use super::arguments::{Arguments, PictureArguments};
use super::outcome::{Outcome, Work};
use super::talk::Talk;
use super::terminal::Terminal;
use super::{facts, regions};
use crate::error::Result;
use crate::formats::{Orientation, Source};
use crate::output::Batch;
use crate::pictures::{Look, Slices, Volume, mosaic, preview};
use crate::pipeline::{self, Session, Settings, in_file_order};
use crate::report::{Facts, page, tsnr_range};
use std::path::Path;

/// Of a page, its text and pictures.
const PAGE_BYTES: u64 = 12 * 1024 * 1024;
/// Copies of a map while a page is drawn: to order its values, and to show them.
const COPIES: u64 = 3;

/// The most memory that the run and what is drawn of it will take, in bytes.
pub(super) fn predicted_bytes(
    arguments: &Arguments,
    session: &Session,
    settings: &Settings,
) -> u64 {
    pipeline::predicted_bytes(session, settings) + bytes_beside(arguments, session)
}

/// The part of that which is not the run's: a page's, and that of regions.
pub(super) fn bytes_beside(arguments: &Arguments, session: &Session) -> u64 {
    let voxels = session.geometry().voxels() as u64;
    let page = if arguments.is_reported() { PAGE_BYTES + COPIES * 8 * voxels } else { 0 };
    page + regions::bytes_per_voxel(&arguments.regions) * voxels
}

/// Refuses slices that the grid does not have, before anything is computed, and says what pictures
/// will not know.
pub(super) fn check_pictures(work: &Work, talk: Talk) -> Result<()> {
    let options = &work.arguments.pictures;
    if options.preview || options.files().next().is_some() {
        let image = work.prepared.session.first_image();
        note_unknown_sides(&**image, talk);
    }
    let PictureArguments { slices: Some(slices), .. } = options else {
        return Ok(());
    };
    let grid = facts::grid(work.prepared.session.geometry());
    options.views().into_iter().try_for_each(|view| slices.check(view, &grid))
}

/// Says that left and right are a guess in pictures of an image, if they are.
pub(super) fn note_unknown_sides(image: &dyn Source, talk: Talk) {
    if let Orientation::Unknown { reason } = image.geometry().orientation {
        talk.note(format_args!(
            "{}: {reason}, so left and right in pictures are \
             a guess",
            image.path().display()
        ));
    }
}

/// What the summary shows of the map: its distribution, where a person reads it or asks for it, and
/// slices, where the terminal has colours as well. Each line begins with a line break.
pub(super) fn preview(outcome: &Outcome, work: &Work, terminal: Terminal) -> Result<String> {
    let options = &work.arguments.pictures;
    if work.arguments.quiet || (terminal == Terminal::None && !options.preview) {
        return Ok(String::new());
    }
    let grid = facts::grid(work.prepared.session.geometry());
    let volume = Volume::new(&grid, in_file_order(&outcome.maps.tsnr))?;
    let mut text = preview::histogram(volume.values());
    if let (Terminal::Colored(colors), true, false) = (terminal, options.preview, text.is_empty()) {
        let (range, _) = tsnr_range(&volume, options.range());
        text += &preview::axial_slices(&volume, options.colormap, range, colors);
    }
    Ok(match text.trim_end_matches('\n') {
        "" => String::new(),
        text => format!("\ntSNR, and the share of the defined voxels with it:\n{text}"),
    })
}

/// Draws the slide, if it was asked for.
pub(super) fn write_png(outcome: &Outcome, work: &Work, batch: &mut Batch) -> Result<()> {
    let options = &work.arguments.pictures;
    let Some(path) = &options.png else { return Ok(()) };
    let session = &work.prepared.session;
    let grid = facts::grid(session.geometry());
    let volume = Volume::new(&grid, in_file_order(&outcome.maps.tsnr))?;
    let (range, label) = tsnr_range(&volume, options.range());
    let look = Look {
        title: format!("tSNR of {}", facts::title(session)),
        label,
        colormap: options.colormap,
        range,
        views: options.views(),
        slices: options.slices.clone().unwrap_or(Slices::All),
    };
    let picture = mosaic::png(&volume, &look)?;
    batch.write(path, |to| to.write_all(&picture))
}

/// Writes the page.
pub(super) fn write_page(path: &Path, facts: &Facts, batch: &mut Batch) -> Result<()> {
    let text = page(facts)?;
    batch.write(path, |to| to.write_all(text.as_bytes()))
}
