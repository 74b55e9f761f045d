//! Watches a gateway for a while and names causes and remedies.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use xiaomi_gateway_proto::diagnose::{Symptoms, diagnose};
use xiaomi_gateway_proto::transport::UdpClient;
use xiaomi_gateway_proto::{Config, Event, Ringtone, Sid, TextState, command};

use super::Result;

/// Looks for a gateway, waits for a heartbeat, and writes what does no harm: "stop playing".
pub(super) async fn run(config: Config, interface: Ipv4Addr, deadline: Instant) -> Result<()> {
    let mut symptoms = Symptoms {
        container: Path::new("/.dockerenv").exists(),
        ..Symptoms::default()
    };
    let mut client = match UdpClient::bind(config, interface) {
        Ok(client) => client,
        Err(error) => {
            symptoms.port_taken = error.kind() == ErrorKind::AddrInUse;
            symptoms.not_own_interface = !symptoms.port_taken;
            println!("the sockets can't be opened: {error}");
            return conclude(&symptoms);
        }
    };
    let deadline = deadline.max(Instant::now() + Duration::from_secs(15));
    let mut firmware = None;
    let mut gateway: Option<Sid> = None;
    while let Ok(event) = timeout_at(deadline, client.next_event()).await {
        match event? {
            Event::GatewayFound { sid, address, .. } => {
                println!("found {sid} at {address}");
                gateway = Some(sid);
            }
            Event::Device(update) if Some(update.sid) == gateway => {
                let decoded = update.decode();
                firmware = decoded.state.iter().find_map(|state| match state {
                    xiaomi_gateway_proto::State::Text(TextState::Firmware, version) => {
                        Some((*version).to_owned())
                    }
                    _ => None,
                });
                println!("it answers: {}", decoded.to_json());
            }
            Event::Ready { gateway } => {
                println!("it has {} devices", client.client().devices(gateway).count());
                match client
                    .client()
                    .write(gateway, command::ring(Ringtone::STOP, None)?)
                {
                    Ok(_) => {}
                    Err(error) => println!("no write is tried: {error}"),
                }
            }
            Event::WriteAccepted { .. } => println!("it takes the KEY"),
            Event::Failed { sid, failure, .. } => println!("{sid}: {failure}"),
            _ => {}
        }
        let found = gateway.and_then(|gateway| client.client().symptoms(gateway));
        symptoms = found.unwrap_or(symptoms);
        if symptoms.heartbeats == Some(true) && (symptoms.key_worked || symptoms.key_rejected) {
            break;
        }
    }
    symptoms.firmware = firmware;
    conclude(&symptoms)
}

fn conclude(symptoms: &Symptoms) -> Result<()> {
    let troubles = diagnose(symptoms);
    if troubles.is_empty() {
        println!("all is well");
        return Ok(());
    }
    for trouble in &troubles {
        println!("\ncause:  {}\nremedy: {}", trouble.cause(), trouble.remedy());
    }
    Err("there is trouble".into())
}
