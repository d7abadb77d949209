//! The memory that a mode will hold, told before it starts.

use super::{Analysis, Mode, Settings, array};
use crate::error::{Error, Result, Setting};
use crate::numbers::count;
use crate::runs::{Run, Session};
use crate::stats::fold::OfRuns;
use std::num::NonZeroUsize;

/// The process before it has read anything: code, stacks, tables, and what the allocator
/// keeps. Measured: 5 to 8 MiB.
pub(super) const BASE_BYTES: u64 = 10 * MIB;

/// More threads than this are not tried one by one when the memory does not suffice.
const MOST_THREADS: usize = 1024;

const MIB: u64 = 1024 * 1024;

/// Bytes of all maps that are made, of one voxel.
pub(super) fn map_bytes_per_voxel(analysis: &Analysis) -> u64 {
    analysis.wanted.bytes_per_voxel(analysis.model.runs().len()) as u64
}

/// Bytes of what is kept of each volume: of a run's files, twice while slabs are gathered, and as the
/// run's.
fn signals_bytes(session: &Session, settings: &Settings) -> u64 {
    let volumes: usize = session.runs().iter().map(Run::volumes).sum();
    let shape = session.geometry().shape;
    3 * (volumes * settings.analysis.signals.bytes_per_volume(shape)) as u64
}

/// Bytes of the series that are looked at at once when what was kept is judged: of a run a thread, of the
/// voxels in the brain, and of those where the mean is steep.
fn judged_bytes(session: &Session, settings: &Settings) -> u64 {
    let sampled = settings.analysis.signals.sample.as_ref().map_or(0, |it| it.places().len());
    let longest = session.runs().iter().map(Run::volumes).max().unwrap_or(0);
    let runs = settings.threads.get().min(session.runs().len());
    (runs * longest * sampled * size_of::<f32>() * 5 / 4) as u64
}

/// The most memory that computing and writing the maps will take, in bytes.
pub fn predicted_bytes(session: &Session, settings: &Settings) -> u64 {
    let analysis = &settings.analysis;
    let voxels = session.geometry().voxels() as u64;
    let maps = voxels * map_bytes_per_voxel(analysis);
    // To find medians: the defined voxels, sorted, and of several runs what lies between them. To find
    // the brain: the mean, smoothed in two rooms, and sorted.
    let sorted = 4 * 8 * voxels + judged_bytes(session, settings);
    // In the header that the maps share, and in that of one that is written.
    let extensions = 2 * session.first_image().most_extension_bytes();
    BASE_BYTES
        + extensions
        + analysis.model.bytes() as u64
        + signals_bytes(session, settings)
        + match settings.mode {
            Mode::Serial | Mode::Delayed => {
                let model = &analysis.model;
                let of_runs =
                    OfRuns::bytes_per_voxel(model, &analysis.definition, &analysis.wanted) as u64;
                // Means of all and of a run, squares and residuals, a volume of values and what
                // the fit leaves of it, and the products with the regressors.
                let passes = 8 * (6 + model.most_regressors() as u64) + of_runs;
                let signals = analysis.signals.bytes_per_voxel() as u64;
                session.voxel_bytes() + voxels * (passes + signals) + maps + sorted
            }
            Mode::Array => {
                let reading = array::predicted_bytes(session, settings);
                reading.peak.max(reading.remains + maps).max(2 * maps).max(maps + sorted)
            }
        }
}

/// The most threads, up to those of the settings, with which the computation stays within
/// `limit_bytes`.
///
/// # Errors
/// If it does not with one: what is needed.
pub fn threads_within(
    limit_bytes: u64,
    session: &Session,
    settings: &Settings,
) -> Result<NonZeroUsize> {
    let needed = |threads| predicted_bytes(session, &Settings { threads, ..settings.clone() });
    let fits = |threads: &NonZeroUsize| needed(*threads) <= limit_bytes;
    let fewer = (1..settings.threads.get().min(MOST_THREADS)).rev().filter_map(NonZeroUsize::new);
    std::iter::once(settings.threads).chain(fewer).find(fits).ok_or_else(|| {
        let needed = needed(NonZeroUsize::MIN);
        let error = Error::memory(format!(
            "{} mode needs {} of memory for this run and those with it, more than the {} it may use",
            settings.mode,
            mebibytes(needed),
            mebibytes(limit_bytes)
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

/// A size in words: `512 MiB`.
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", count(bytes.div_ceil(MIB) as usize))
}
