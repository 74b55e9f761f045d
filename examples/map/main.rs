//! Shows, measures, draws and compares map files of robot vacuums: see [`examples::map`].

use std::process::ExitCode;

fn main() -> ExitCode {
    examples::map::main()
}
