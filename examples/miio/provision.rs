//! Sets a device in setup mode up.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;

use miio_proto::provision::{ConfigRouter, Passphrase, ProvisionError, Ssid, stop_diag_mode};
use miio_proto::rpc::is_acknowledged;
use miio_proto::transport::Client;
use miio_proto::{CallError, Config};
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The network to join
    #[arg(long)]
    ssid: String,
    /// The account that the device will belong to; 0: none
    #[arg(long, default_value_t = 0)]
    uid: u64,
    /// IANA name of the time zone
    #[arg(long)]
    tz: Option<String>,
    /// Seconds east of Greenwich
    #[arg(long)]
    gmt_offset: Option<i32>,
    /// Only check and warn
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(device: SocketAddr, arguments: Arguments, output: Output) -> Result<(), Failure> {
    let refused = |error: ProvisionError| Failure::new(error).help_of(error.help());
    let ssid = Ssid::new(&arguments.ssid).map_err(refused)?;
    if io::stdin().is_terminal() {
        output.note("passphrase (empty for an open network):");
    }
    let mut passphrase = String::new();
    io::stdin().read_line(&mut passphrase)?;
    let passphrase = Passphrase::new(passphrase.trim_end_matches(['\n', '\r'])).map_err(refused)?;
    let mut router = ConfigRouter::new(ssid, passphrase);
    router.user_id = arguments.uid;
    router.time_zone = arguments.tz;
    router.gmt_offset = arguments.gmt_offset;
    for warning in router.warnings() {
        output.note(format!("warning: {warning}: {}", warning.help()));
    }
    if arguments.dry_run {
        output.line("the network is fine", &json!({"ok": true}));
        return Ok(());
    }
    let (client, _events) = Client::bind("0.0.0.0:0").await?;
    let handle = client.add(device, Config::disclosed()).await;
    // The device leaves its network at once: no answer is no proof of failure.
    match handle.call(router.request().once()).await {
        Ok(answer) if is_acknowledged(&answer.result) => {
            let _ = handle.call(stop_diag_mode()).await;
            output.line(
                "accepted: find the device in its new network in a minute",
                &json!({"accepted": true}),
            );
            Ok(())
        }
        Ok(answer) => Err(Failure::new(format!("the device answers {}", answer.result))),
        Err(CallError::Unanswered { .. }) => {
            output.line(
                "sent, no answer: look for the device in its new network",
                &json!({"accepted": null}),
            );
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
