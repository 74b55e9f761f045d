//! Looks at one thing after the other, and names causes and remedies.

use std::net::SocketAddrV4;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout_at};
use xiaomi_gateway_proto::client::Event;
use xiaomi_gateway_proto::diagnose::{Symptoms, Trouble, diagnose};
use xiaomi_gateway_proto::transport::UdpClient;
use xiaomi_gateway_proto::{Config, PORT, Ringtone, Sid, command};

use super::arguments::Network;
use super::failure::{Failure, Result, trouble_of};
use super::output::Output;

/// Opens the port, looks for a gateway, reads it, waits for a heartbeat, and writes what does no harm: "stop playing".
pub(super) async fn run(
    config: Config,
    network: &Network,
    limit: Option<Duration>,
    output: Output,
) -> Result<()> {
    let mut patient = Patient {
        output,
        symptoms: Symptoms {
            container: Path::new("/.dockerenv").exists(),
            ..Symptoms::default()
        },
        host: network.host,
        told: Vec::new(),
    };
    // Two tries tell as much as five.
    match UdpClient::bind(config.discovery_retry(2), network.interface) {
        Ok(client) => {
            patient.tell("port", true, &format!("UDP {PORT} can be listened to"));
            patient.examine(client, limit).await?;
        }
        Err(error) => {
            patient.tell("port", false, &format!("the sockets can't be opened: {error}"));
            let taken = trouble_of(&error) == Trouble::PortTaken;
            patient.symptoms.port_taken = taken;
            patient.symptoms.not_own_interface = !taken;
        }
    }
    patient.conclude()
}

struct Patient {
    output: Output,
    symptoms: Symptoms,
    /// Where the gateway is that is meant; others may be heard too.
    host: Option<SocketAddrV4>,
    told: Vec<&'static str>,
}

impl Patient {
    async fn examine(&mut self, mut client: UdpClient, limit: Option<Duration>) -> Result<()> {
        let start = Instant::now();
        let deadline = start + limit.unwrap_or(Duration::from_secs(30));
        let mut gateway: Option<Sid> = None;
        let mut silent = false;
        loop {
            // What nobody hears is noticed by the clock.
            let tick = (Instant::now() + Duration::from_secs(1)).min(deadline);
            let event = match timeout_at(tick, client.next_event()).await {
                Ok(event) => Some(event?),
                Err(_) => None,
            };
            match event {
                Some(Event::GatewayFound { sid, address, .. })
                    if self.host.is_none_or(|host| host == address) =>
                {
                    self.tell("found", true, &format!("gateway {sid} is at {address}"));
                    gateway = gateway.or(Some(sid));
                }
                Some(Event::Ready { gateway: ready }) if Some(ready) == gateway => {
                    let devices = client.client().devices(ready).count();
                    self.tell("answers", true, &format!("it answers, and has {devices} devices"));
                    // Without KEY there is nothing to try.
                    let _ = client.client().write(ready, command::ring(Ringtone::STOP, None)?);
                }
                Some(Event::WriteAccepted { .. }) => self.tell("key", true, "it takes the KEY"),
                Some(Event::Failed { sid, failure, .. }) => {
                    self.tell("failed", false, &format!("{sid}: {failure}"));
                }
                Some(Event::NoGateway { .. }) => {
                    self.tell("found", false, "no gateway answers");
                    silent = true;
                }
                _ => {}
            }
            if let Some(symptoms) = gateway.and_then(|gateway| client.client().symptoms(gateway)) {
                let container = self.symptoms.container;
                self.symptoms = Symptoms {
                    container,
                    ..symptoms
                };
            }
            let elapsed = start.elapsed().as_secs_f32();
            match self.symptoms.heartbeats {
                Some(true) => self.tell(
                    "heartbeats",
                    true,
                    &format!("its heartbeats arrive, the first after {elapsed:.1} s"),
                ),
                Some(false) => self.tell("heartbeats", false, &format!("no heartbeat for {elapsed:.0} s")),
                None if gateway.is_some() => {
                    self.remark("waiting up to 15 s for a heartbeat, which comes every 10 s");
                }
                None => {}
            }
            if silent || self.is_done() || Instant::now() >= deadline {
                return Ok(());
            }
        }
    }

    /// Everything was tried.
    fn is_done(&self) -> bool {
        let symptoms = &self.symptoms;
        let key = !symptoms.key || symptoms.key_worked || symptoms.key_rejected || symptoms.key_stale;
        match symptoms.answers {
            Some(true) => symptoms.heartbeats.is_some() && key,
            Some(false) => true,
            None => false,
        }
    }

    fn remark(&mut self, text: &'static str) {
        if !self.told.contains(&text) {
            self.told.push(text);
            self.output.note(text);
        }
    }

    /// A finding, once.
    fn tell(&mut self, check: &'static str, good: bool, text: &str) {
        if check != "failed" && self.told.contains(&check) {
            return;
        }
        self.told.push(check);
        let mark = if good { "ok " } else { "BAD" };
        self.output.line(
            format!("{mark} {text}"),
            &json!({"check": check, "ok": good, "finding": text}),
        );
    }

    fn conclude(self) -> Result<()> {
        let troubles = diagnose(&self.symptoms);
        for trouble in &troubles {
            let (cause, remedy) = (trouble.cause(), trouble.remedy());
            self.output.line(
                format!("\ncause:  {cause}\nremedy: {remedy}"),
                &json!({"trouble": trouble.name(), "cause": cause, "remedy": remedy}),
            );
        }
        // Without KEY everything but writing works.
        if troubles.iter().all(|trouble| *trouble == Trouble::NoKey) {
            self.output.line("\nall is well", &json!({"well": true}));
            return Ok(());
        }
        Err(Failure::new("there is trouble").help_of(troubles.first().map(|trouble| trouble.remedy())))
    }
}
