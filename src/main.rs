//! A doorway: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    passerby::cli::main()
}
