//! Talks to Mijia and Lumi gateways, and plays one: see [`examples::gateway`].

use std::process::ExitCode;

fn main() -> ExitCode {
    examples::gateway::main()
}
