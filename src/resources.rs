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
