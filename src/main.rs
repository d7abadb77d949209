//! The program `tsnr`; see the library's [`cli`](tsnr::cli).

use std::process::ExitCode;
use std::thread;
use tsnr::resources;

/// A first thread whose stack may not grow so far has another one take its place.
const STACK_BYTES: u64 = 1024 * 1024;

fn main() -> ExitCode {
    if resources::stack_limit_bytes().is_some_and(|limit| limit < STACK_BYTES)
        && let Ok(other) = thread::Builder::new().spawn(tsnr::cli::main)
    {
        return other.join().unwrap_or(ExitCode::from(101));
    }
    tsnr::cli::main()
}
