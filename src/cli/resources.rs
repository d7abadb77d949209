//! What the process may use and has used.

use std::num::NonZeroUsize;

/// The cores that this process may use: affinity and cgroup limits counted.
pub(super) fn available_threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The most memory that this process has held at once (peak resident set), in bytes.
/// Known on Linux; there `ru_maxrss` would count the parent's, too.
pub(super) fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
