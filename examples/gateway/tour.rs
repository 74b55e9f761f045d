//! What the program shows without arguments: the other commands, against a simulated gateway in this process.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use clap::Parser;
use serde_json::json;

use super::arguments::Arguments;
use super::failure::{Failure, Result};
use super::output::Output;
use super::{obey, serve, simulate};

pub(super) async fn run(output: Output) -> Result<()> {
    let mut gateway = simulate::start(&simulate::Options::any_port()?, Ipv4Addr::LOCALHOST)?;
    let host = SocketAddrV4::new(Ipv4Addr::LOCALHOST, gateway.gateway().port());
    let title = "A tour against a simulated gateway; --help shows what else there is.";
    output.line(title, &json!({"tour": title}));
    let stops = async {
        for line in STOPS {
            output.line(format!("\n$ gateway {line}"), &json!({"command": line}));
            let words = ["gateway"].into_iter().chain(line.split_whitespace());
            let Arguments { command, mut network } =
                Arguments::try_parse_from(words).map_err(Failure::new)?;
            network.interface = Ipv4Addr::LOCALHOST;
            network.host = Some(host);
            network.key = Some(simulate::KEY.to_owned());
            let Some(command) = command else { continue };
            if let Err(failure) = obey(command, &network, output).await {
                output.failure(&failure);
            }
        }
        // Nothing more than what goes out at the end.
        tokio::time::sleep(Duration::from_millis(10)).await;
        Ok(())
    };
    tokio::select! {
        outcome = stops => outcome,
        outcome = serve(&mut gateway) => outcome,
    }
}

/// The last but one shows how a failure looks.
const STOPS: &[&str] = &[
    "discover",
    "devices",
    "write 158d0001000000 status=on",
    "light ff8000 40",
    "ring 10 20",
    "read 158d0000000bad",
    "watch --seconds 3",
];
