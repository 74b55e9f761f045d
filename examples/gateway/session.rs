//! A client with a time limit, and what the commands do with it.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout_at};
use xiaomi_gateway_proto::client::{Event, Update};
use xiaomi_gateway_proto::transport::UdpClient;
use xiaomi_gateway_proto::{Config, Fields, Model, Sid};

use super::arguments::Network;
use super::failure::{Failure, Result, ambiguous};
use super::output::{Output, fields, pairs};

/// A client and the time that it has.
pub(super) struct Session {
    pub(super) udp: UdpClient,
    pub(super) output: Output,
    /// Where the gateway is that is meant; others may be heard too.
    host: Option<SocketAddrV4>,
    chosen: Option<Sid>,
    deadline: Option<Instant>,
    found: Vec<Sid>,
    ready: BTreeSet<Sid>,
}

impl Session {
    pub(super) fn open(
        config: Config,
        network: &Network,
        limit: Option<Duration>,
        output: Output,
    ) -> Result<Self> {
        Ok(Self {
            udp: UdpClient::bind(config, network.interface).map_err(|error| Failure::of_sockets(&error))?,
            output,
            host: network.host,
            chosen: network.gateway,
            deadline: limit.map(|limit| Instant::now() + limit),
            found: Vec::new(),
            ready: BTreeSet::new(),
        })
    }

    /// What happens next; `None` when the time is over.
    pub(super) async fn next(&mut self) -> Result<Option<Event>> {
        let deadline = self.deadline;
        self.next_before(deadline).await
    }

    async fn next_before(&mut self, deadline: Option<Instant>) -> Result<Option<Event>> {
        loop {
            let event = match deadline {
                None => self.udp.next_event().await?,
                Some(deadline) => match timeout_at(deadline, self.udp.next_event()).await {
                    Ok(event) => event?,
                    Err(_) => return Ok(None),
                },
            };
            match &event {
                Event::GatewayFound { address, .. } if self.host.is_some_and(|host| host != *address) => {
                    continue;
                }
                Event::Device(update) | Event::Report(update) | Event::Heartbeat(update)
                    if !self.found.contains(&update.gateway) =>
                {
                    continue;
                }
                Event::GatewayFound { sid, .. } => self.found.push(*sid),
                Event::Ready { gateway } => _ = self.ready.insert(*gateway),
                _ => {}
            }
            return Ok(Some(event));
        }
    }

    /// The first event that `pick` takes; what fails on the way ends it.
    pub(super) async fn until<T>(
        &mut self,
        mut pick: impl FnMut(&mut Self, &Event) -> Option<T>,
    ) -> Result<T> {
        loop {
            let Some(event) = self.next().await? else {
                return Err(Failure::new("time is over")
                    .help("Give more with --seconds; `doctor` finds out what is silent."));
            };
            if let Some(found) = pick(self, &event) {
                return Ok(found);
            }
            if let Some(failure) = Failure::of_event(&event) {
                return Err(failure);
            }
            if let Event::Failed { sid, failure, .. } = &event {
                self.output.note(format!("{sid}: {failure}"));
            }
        }
    }

    /// Prints gateways until a second passed without another one.
    pub(super) async fn discover(&mut self) -> Result<()> {
        let first = self
            .until(|_, event| matches!(event, Event::GatewayFound { .. }).then(|| event.clone()))
            .await?;
        self.output.event(&first);
        let end = Some(Instant::now() + Duration::from_secs(1));
        while let Some(event) = self.next_before(end).await? {
            if let Event::GatewayFound { .. } = event {
                self.output.event(&event);
            }
        }
        Ok(())
    }

    /// Prints all devices of all gateways.
    pub(super) async fn devices(&mut self) -> Result<()> {
        // An answer that comes twice is shown once.
        let mut shown = BTreeSet::new();
        self.until(|session, event| {
            if let Event::Device(update) = event
                && shown.insert(update.sid)
            {
                session.output.update(update);
            }
            session.is_complete().then_some(())
        })
        .await
    }

    /// All devices of all gateways that were found are read.
    fn is_complete(&self) -> bool {
        !self.found.is_empty() && self.found.iter().all(|gateway| self.ready.contains(gateway))
    }

    /// Waits until all devices are read.
    pub(super) async fn complete(&mut self) -> Result<()> {
        if self.is_complete() {
            return Ok(());
        }
        self.until(|session, _| session.is_complete().then_some(())).await
    }

    pub(super) fn devices_of(&mut self, gateway: Sid) -> impl Iterator<Item = Sid> {
        let devices: Vec<Sid> = self.udp.client().devices(gateway).map(|(sid, _)| sid).collect();
        devices.into_iter()
    }

    /// Waits until the device's model is known, or there is no such device.
    pub(super) async fn know(&mut self, sid: Sid) -> Result<()> {
        self.until(|session, _| {
            let known = session.udp.client().model_of(sid).is_some();
            (known || session.is_complete()).then_some(())
        })
        .await
    }

    /// The gateway that is meant, once it is known.
    pub(super) async fn gateway(&mut self) -> Result<Sid> {
        if let Some(chosen) = self.chosen {
            self.know(chosen).await?;
            return Ok(chosen);
        }
        self.until(|_, event| matches!(event, Event::GatewayFound { .. }).then_some(()))
            .await?;
        let end = Some(Instant::now() + Duration::from_millis(200));
        while self.next_before(end).await?.is_some() {}
        match *self.found {
            [gateway] => {
                if !self.ready.contains(&gateway) && self.udp.client().model_of(gateway).is_none() {
                    self.know(gateway).await?;
                }
                Ok(gateway)
            }
            _ => Err(ambiguous(&self.found)),
        }
    }

    /// Its model; empty while nobody knows.
    pub(super) fn model_of(&mut self, sid: Sid) -> String {
        self.udp.client().model_of(sid).unwrap_or_default().to_owned()
    }

    pub(super) async fn read(&mut self, sid: Sid) -> Result<Update> {
        let id = self.udp.client().read(sid)?;
        self.until(|_, event| match event {
            Event::Device(update) if update.request == Some(id) => Some(update.clone()),
            _ => None,
        })
        .await
    }

    /// Writes, and shows what the device reports then.
    pub(super) async fn write(&mut self, sid: Sid, values: Fields<'static>) -> Result<()> {
        let mut strange = Vec::new();
        if let Some(model) = Model::find(&self.model_of(sid)) {
            let names = values.iter().map(|(name, _)| name.to_owned());
            strange.extend(names.filter(|name| !model.writable.contains(&&**name)));
        }
        if !strange.is_empty() {
            self.output.note(format!(
                "note: a {} isn't known to take {}",
                self.model_of(sid),
                strange.join(", ")
            ));
        }
        let written = fields(&values);
        let asked = self.udp.client().write(sid, values)?;
        self.until(|_, event| matches!(event, Event::WriteAccepted { id, .. } if *id == asked).then_some(()))
            .await?;
        self.output.line(
            format!("{sid} took {}", pairs(&written)),
            &json!({"event": "written", "sid": sid.to_string(), "values": written}),
        );
        let end = Some(Instant::now() + REPORT_WAIT);
        while let Some(event) = self.next_before(end).await? {
            if let Event::Report(update) = &event
                && update.sid == sid
            {
                self.output.update(update);
                break;
            }
        }
        Ok(())
    }
}

/// The report of a write comes at once, if it comes.
const REPORT_WAIT: Duration = Duration::from_millis(500);
