//! Helps with OpenBeken devices: see [`examples::openbeken`].

use std::process::ExitCode;

fn main() -> ExitCode {
    examples::openbeken::main()
}
