//! The Python that some tests hold the program against.

use std::process::Command;

/// Python with numpy and nibabel: the one that TSNR_PYTHON names, which must have them, or
/// python3 if it happens to.
pub fn with_numpy_and_nibabel() -> Option<String> {
    let named = std::env::var("TSNR_PYTHON").ok();
    let is_named = named.is_some();
    let python = named.unwrap_or_else(|| "python3".to_owned());
    let import = Command::new(&python).args(["-c", "import nibabel, numpy"]).output();
    let has_them = import.is_ok_and(|output| output.status.success());
    assert!(has_them || !is_named, "{python} has no numpy and nibabel");
    has_them.then_some(python)
}
