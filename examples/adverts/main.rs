//! Reads captures of Bluetooth advertisements and prints what they say: see [`examples::adverts`].

use std::process::ExitCode;

fn main() -> ExitCode {
    examples::adverts::main()
}
