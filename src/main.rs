//! The program `tsnr`; see the library's [`cli`](tsnr::cli).

use std::process::ExitCode;

fn main() -> ExitCode {
    tsnr::cli::main()
}
