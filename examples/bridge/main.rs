//! From Xiaomi devices to MQTT and Home Assistant: see the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    bridge::cli::main()
}
