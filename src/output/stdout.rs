//! Whether standard output was closed when the process began.
//!
//! Rust's runtime opens `/dev/null` in the place of a standard stream that is closed (`>&-`), into which
//! everything can be written and nothing arrives. So the program looks before the runtime begins, on Linux.

use crate::error::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicBool, Ordering};

static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Finds out whether there is a standard output to print to.
///
/// # Errors
/// If it was closed.
pub fn check_stdout() -> Result<()> {
    match WAS_CLOSED.load(Ordering::Relaxed) {
        false => Ok(()),
        true => Err(Error::new(ErrorKind::Io, "cannot print: standard output is closed")
            .remedy("leave it open, or send it to /dev/null")),
    }
}

/// Looks whether there is a standard output. It is called by the loader, before `main`.
#[cfg(all(feature = "cli", target_os = "linux"))]
extern "C" fn look() {
    let streams = std::path::Path::new("/proc/self/fd");
    let is_open = |number: &str| streams.join(number).symlink_metadata().is_ok();
    if streams.is_dir() && !is_open("1") {
        WAS_CLOSED.store(true, Ordering::Relaxed);
    }
}

#[cfg(all(feature = "cli", target_os = "linux"))]
#[expect(
    unsafe_code,
    reason = "a function that the loader calls is named in a section of the file"
)]
// SAFETY: the section holds pointers to functions without result, which are called once. This one looks
// at two names and writes an atomic; it needs nothing of what the runtime prepares.
#[unsafe(link_section = ".init_array")]
#[used]
static LOOK: extern "C" fn() = look;
