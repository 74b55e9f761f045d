//! Takes a thermometer from stock to custom firmware and back: see [`examples::flash`].

use std::process::ExitCode;

fn main() -> ExitCode {
    examples::flash::main()
}
