//! The resources of this process, allowed and used: cores, memory.

use std::num::NonZeroUsize;
use std::path::Path;

/// The cores that this process may use: affinity and cgroup limits counted.
pub fn available_threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The most memory that this process has held at once (peak resident set), in bytes.
/// Known on Linux; there `ru_maxrss` would count the parent's, too.
pub fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The memory that this process could have now: what the machine has available, or what
/// the tightest of its cgroups or its address space limit (`ulimit -v`) allows in all, if
/// that is less. Known on Linux.
pub fn available_memory_bytes() -> Option<u64> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let limits = cgroup_limits_bytes().into_iter().chain(address_space_limit_bytes());
    Some(limits.fold(kibibytes * 1024, u64::min))
}

fn address_space_limit_bytes() -> Option<u64> {
    limit("Max address space")
}

/// How far the stack of the first thread may grow (`ulimit -s`), if there is a limit. Known on Linux.
pub fn stack_limit_bytes() -> Option<u64> {
    limit("Max stack size")
}

/// A limit of this process by its name in `/proc/self/limits`.
fn limit(name: &str) -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    // The soft limit comes first; "unlimited" is no number.
    line.split_whitespace().next()?.parse().ok()
}

/// The memory that may be taken, in bytes: what was allowed, or what this process could have if that is
/// less; none where neither is known.
pub fn memory_limit_bytes(allowed: Option<u64>) -> Option<u64> {
    [allowed, available_memory_bytes()].into_iter().flatten().min()
}

/// The limits of this process's cgroup and those above it, versions 2 and 1.
fn cgroup_limits_bytes() -> Vec<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, file) = if controllers.is_empty() {
            ("/sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|name| name == "memory") {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            continue;
        };
        for group in Path::new(path).ancestors() {
            let group = group.strip_prefix("/").unwrap_or(group);
            let limit = std::fs::read_to_string(Path::new(root).join(group).join(file));
            // "max" is no limit.
            limits.extend(limit.ok().and_then(|limit| limit.trim().parse::<u64>().ok()));
        }
    }
    limits
}

/// The bytes of a size as people type it, with K, M, G or T for powers of 1024: `512M`.
///
/// # Errors
/// What was expected.
pub fn byte_size(text: &str) -> Result<u64, String> {
    let text = text.trim_end_matches(['B', 'b']);
    let text = text.strip_suffix('i').unwrap_or(text);
    let (number, power) = match text.chars().last().map(|unit| unit.to_ascii_uppercase()) {
        Some('K') => (&text[..text.len() - 1], 1),
        Some('M') => (&text[..text.len() - 1], 2),
        Some('G') => (&text[..text.len() - 1], 3),
        Some('T') => (&text[..text.len() - 1], 4),
        _ => (text, 0),
    };
    let number: f64 =
        number.parse().map_err(|_| "expected a size such as 512M or 2G".to_owned())?;
    let bytes = number * 1024_f64.powi(power);
    if bytes >= 1.0 && bytes.is_finite() {
        Ok(bytes as u64)
    } else {
        Err("expected a size above 0".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_the_units_that_people_type() {
        let sizes = ["512M", "2G", "1.5g", "100KiB", "1048576", "3MB"].map(byte_size);
        let mib = 1024 * 1024;
        let expected = [512 * mib, 2048 * mib, 1536 * mib, 102_400, mib, 3 * mib];
        assert_eq!(sizes, expected.map(Ok));
        for wrong in ["", "M", "-1M", "0", "much", "nan"] {
            assert!(byte_size(wrong).is_err(), "{wrong}");
        }
    }
}
