//! What a mode will hold in memory, told before it starts.

use super::{Mode, Session, Settings, array};
use crate::error::{Error, Result};
use std::num::NonZeroUsize;

/// The process before it has read anything: code, stacks, tables, and what the allocator
/// keeps. Measured: 5 to 7 MiB.
const BASE_BYTES: u64 = 8 * MIB;

/// Mean, std and tSNR in float64, and a copy of the last, of which the median is taken. Where mean and std are computed apart,
/// each keeps as much again for itself.
const MAP_BYTES_PER_VOXEL: u64 = 4 * 8;

/// More threads than this are not tried one by one when the memory does not suffice.
const MOST_THREADS: usize = 1024;

const MIB: u64 = 1024 * 1024;

/// The most memory that computing and writing the maps will take, in bytes.
pub fn predicted_bytes(session: &Session, settings: &Settings) -> u64 {
    let maps = session.header().voxels() as u64 * MAP_BYTES_PER_VOXEL;
    BASE_BYTES
        + match settings.mode {
            Mode::Serial | Mode::Delayed => session.voxel_bytes() + 2 * maps,
            Mode::Array => {
                let reading = array::predicted_bytes(session, settings);
                reading.peak.max(reading.moments + maps)
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
    let needed = |threads| predicted_bytes(session, &Settings { threads, ..*settings });
    let fits = |threads: &NonZeroUsize| needed(*threads) <= limit_bytes;
    let fewer = (1..settings.threads.get().min(MOST_THREADS)).rev().filter_map(NonZeroUsize::new);
    std::iter::once(settings.threads).chain(fewer).find(fits).ok_or_else(|| {
        let needed = needed(NonZeroUsize::MIN);
        let error = Error::new(format!(
            "{} mode needs {} of memory for this run and those with it, more than the {} it may use",
            settings.mode,
            mebibytes(needed),
            mebibytes(limit_bytes)
        ))
        .at(&session.first_image().path);
        match settings.mode {
            Mode::Array => error.remedy("allow more with --mem-limit, or use another machine"),
            Mode::Serial | Mode::Delayed => {
                error.remedy("use --mode array, which holds a few chunks only")
            }
        }
    })
}

/// A size in words: `512 MiB`.
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(MIB))
}
