//! The memory that a mode will hold, told before it starts.

use super::{Analysis, Mode, Settings, array};
use crate::error::{Error, Result, Setting};
use crate::numbers::mebibytes_needed;
use crate::runs::Session;
use crate::stats::fold::OfRuns;
use crate::stats::signals::SignalsWanted;
use std::num::NonZeroUsize;
use std::path::Path;

/// The process before it has read anything: code, stacks, tables, and what the allocator
/// keeps. Measured: 5 to 9 MiB, more of it where the program lies in the page cache.
pub const BASE_BYTES: u64 = 11 * MIB;

/// More threads than this are not tried one by one when the memory does not suffice.
const MOST_THREADS: usize = 1024;

const MIB: u64 = 1024 * 1024;

/// Bytes of all maps that are made, of one voxel.
pub(super) fn map_bytes_per_voxel(analysis: &Analysis) -> u64 {
    analysis.wanted.bytes_per_voxel(analysis.model.runs().len()) as u64
}

/// Bytes of an image that was opened, of its record and of its tasks: its header in fields and as it
/// is stored, names and lists. Measured: 1.4 to 2 KiB.
const IMAGE_BYTES: u64 = 1792;
/// How often the path of an image is held.
const PATHS: u64 = 5;

/// Bytes of all images that were opened, and of what is kept of them.
fn images_bytes(session: &Session) -> u64 {
    let of_path = |path: &Path| PATHS * path.as_os_str().len() as u64;
    session.images().map(|image| IMAGE_BYTES + of_path(image.path())).sum()
}

/// Bytes of the decoders that are at work at once, beyond the mebibyte that each takes.
fn decoders_bytes(session: &Session, threads: NonZeroUsize) -> u64 {
    let most = session.images().map(|image| image.decoder_bytes()).max().unwrap_or(0);
    most * threads.get().min(session.images().count()) as u64
}

/// Bytes of what is kept of each image and volume: while it is read and gathered, and in the end.
fn signals_bytes(session: &Session, settings: &Settings) -> [u64; 2] {
    let signals = &settings.analysis.signals;
    let shape = session.geometry().shape;
    let volumes = (session.volumes() * signals.bytes_per_volume(shape)) as u64;
    let sampled = (session.volumes() * signals.sampled_bytes_per_volume()) as u64;
    let images = (session.images().count() * SignalsWanted::bytes_per_image(shape)) as u64;
    let gathered = match settings.mode {
        // Of a run that is held whole, what is kept of a file is the run's at once, and may lie beside what
        // the allocator keeps of it.
        Mode::Serial | Mode::Delayed => 2 * (volumes + sampled),
        // As that of files, twice while slabs are gathered, and as the run's. The sample of a file becomes
        // the run's as it is; of several files, the run's grows beside it by doubling.
        Mode::Array => {
            let is_of_one_file = session.runs().iter().all(|run| run.images().len() == 1);
            images + 3 * volumes + if is_of_one_file { sampled } else { 3 * sampled }
        }
    };
    [gathered, volumes + sampled]
}

/// The memory of a pass over the runs, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predicted {
    /// The most that is held, until the maps are made.
    pub most: u64,
    /// What remains then: the maps, and what is kept of volumes.
    pub remains: u64,
}

/// The memory that computing the maps of a session will take.
pub fn predicted(session: &Session, settings: &Settings) -> Predicted {
    let analysis = &settings.analysis;
    let voxels = session.geometry().voxels() as u64;
    let maps = voxels * map_bytes_per_voxel(analysis);
    // In the header that the maps share, and in that of one that is written.
    let extensions = 2 * session.first_image().most_extension_bytes();
    let always = BASE_BYTES + extensions + images_bytes(session) + analysis.model.bytes() as u64;
    let [gathered, kept] = signals_bytes(session, settings);
    let held: u64 = session.images().map(|image| image.held_bytes()).sum();
    let decoding = held + decoders_bytes(session, settings.threads);
    let reading = match settings.mode {
        Mode::Serial | Mode::Delayed => {
            let model = &analysis.model;
            let of_runs =
                OfRuns::bytes_per_voxel(model, &analysis.definition, &analysis.wanted) as u64;
            // The mean, and again beside the spread; the mean of a run; squares, residuals and what
            // was explained; a volume of values and what the fit leaves of it; the products with the
            // regressors.
            let mut passes = 8 * (8 + model.most_regressors() as u64) + of_runs;
            if settings.mode == Mode::Delayed && settings.threads.get() > 1 {
                // The mean is made beside the spread: the first volume, another, and the sum.
                passes += 3 * 8;
            }
            // The mean, the squares and the runs' own, of which the maps are made.
            let making = voxels * (2 * 8 + of_runs) + maps;
            session.voxel_bytes() + (voxels * passes).max(making)
        }
        Mode::Array => {
            let reading = array::predicted_bytes(session, settings);
            // Maps are joined of their parts; what these were made of the allocator may keep.
            let joined = if settings.threads.get() > 1 { 2 * maps } else { maps };
            reading.peak.max(reading.remains + joined)
        }
    };
    Predicted { most: always + gathered + decoding + reading, remains: always + kept + maps }
}

/// The most threads, up to those of the settings, with which the computation stays within
/// `limit_bytes`; `needed` says what it takes with some settings.
///
/// # Errors
/// If it does not with one: what is needed.
pub fn threads_within(
    limit_bytes: u64,
    session: &Session,
    settings: &Settings,
    needed: impl Fn(&Settings) -> u64,
) -> Result<NonZeroUsize> {
    let needed = |threads| needed(&Settings { threads, ..settings.clone() });
    let fits = |threads: &NonZeroUsize| needed(*threads) <= limit_bytes;
    let fewer = (1..settings.threads.get().min(MOST_THREADS)).rev().filter_map(NonZeroUsize::new);
    std::iter::once(settings.threads).chain(fewer).find(fits).ok_or_else(|| {
        let needed = needed(NonZeroUsize::MIN);
        let error = Error::memory(format!(
            "{} mode needs {} of memory for this run and those with it, more than the {} it may use",
            settings.mode,
            mebibytes_needed(needed),
            mebibytes_needed(limit_bytes)
        ))
        .at(session.first_image().path());
        match settings.mode {
            Mode::Array => error
                .remedy("allow more memory, or use another machine")
                .settings([Setting::MemoryLimit]),
            Mode::Serial | Mode::Delayed => {
                error
                .remedy("use array mode, which holds a few chunks only")
                .settings([Setting::Mode])
            }
        }
    })
}
