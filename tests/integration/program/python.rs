//! The Python that some tests hold the program against.

use std::process::Command;

/// Python with numpy and nibabel: the one that TSNR_PYTHON names, or else python3. A test that
/// needs it is ignored, and run by `.ci/run`.
pub fn with_numpy_and_nibabel() -> String {
    let python = std::env::var("TSNR_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let import = Command::new(&python).args(["-c", "import nibabel, numpy"]).output();
    let has_them = import.is_ok_and(|output| output.status.success());
    assert!(has_them, "{python} has no numpy and nibabel: set TSNR_PYTHON to one that has");
    python
}
