//! More than one machine: workers decode raw advertisements that they share, and one bridge publishes what they found.
//!
//! ```text
//! gateways --raw (QoS 1)--> broker --$share/<group>--> worker, worker, worker
//!                           broker <--bridge/decoded (QoS 1)-- workers
//! bridge   <--bridge/decoded-- broker              bridge --state--> broker
//! ```
//!
//! **Nothing is lost:** a worker acknowledges a raw advertisement only after the broker has acknowledged what was decoded
//! from it. Its session at the broker outlives it, so what it had not acknowledged is delivered when it is started again;
//! if it isn't, the bridge takes over the session of a worker whose last will says that it is gone ([`adopt`]).
//! **Nothing is published twice:** what arrives more than once (several gateways, redeliveries) is told by counter and
//! content in one place, the bridge's [`Merger`].

mod adopt;
mod merge;
mod report;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, Publish};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use crate::config::{BleDevice, Cloud, Config};
use crate::home::{Health, Home, Id};
use crate::mqtt::{self, Backoff, Happened, Link, TlsError, stopped};
use crate::source::ble::{Advert, Ble};
use crate::source::cloud::{self, Account};
use crate::source::supervise;

pub use adopt::{Adopter, adopt};
pub use merge::Merger;
pub use report::Report;

/// Where workers publish what they decoded.
#[must_use]
pub fn decoded_topic(base: &str) -> String {
    format!("{base}/bridge/decoded")
}

/// Where a worker says whether it runs.
#[must_use]
pub fn status_topic(base: &str, name: &str) -> String {
    format!("{base}/bridge/workers/{name}")
}

/// A worker, or the stand-in of one that is gone.
#[derive(Debug)]
pub struct Worker {
    options: MqttOptions,
    filters: Vec<String>,
    decoded: String,
    status: String,
    /// Counters of what it did.
    pub home: Arc<Home>,
    ble: Arc<Ble>,
    cloud: Option<Cloud>,
    listed: Vec<BleDevice>,
}

/// Why a worker doesn't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// No group.
    #[error("the configuration names no group of workers")]
    NoGroup,
    /// No topics.
    #[error("the configuration names no topics of raw advertisements")]
    NoTopics,
    /// The connection can't be encrypted.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl WorkerError {
    /// What a person can do about it, in one sentence.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoGroup => Some("Set ble.workers = \"group1\"; bridge and workers read the same file."),
            Self::NoTopics => Some("Set ble.topics."),
            Self::Tls(error) => error.help(),
        }
    }
}

impl Worker {
    /// A worker of the group that the configuration names. Its name is that of its session at the broker: use the same one
    /// when it is started again.
    ///
    /// # Errors
    ///
    /// The configuration isn't one for workers.
    pub fn new(config: &Config, name: &Id) -> Result<Self, WorkerError> {
        let group = config.ble.workers.as_ref().ok_or(WorkerError::NoGroup)?;
        if config.ble.topics.is_empty() {
            return Err(WorkerError::NoTopics);
        }
        let base = &config.mqtt.base;
        let client_id = format!("{}-worker-{name}", config.mqtt.client_id);
        let mut options = mqtt::options(&config.mqtt, &client_id)?;
        let status = status_topic(base, name.as_str());
        options
            .set_clean_start(false)
            .set_session_expiry_interval(Some(SESSION_EXPIRY))
            .set_receive_maximum(Some(UNACKNOWLEDGED))
            .set_manual_acks(true)
            .set_last_will(LastWill::new(&status, "offline", QoS::AtLeastOnce, true, None));
        let home = Home::new(base, config.discovery(), Default::default(), Default::default());
        let topics = config.ble.topics.iter();
        Ok(Self {
            options,
            filters: topics.map(|topic| format!("$share/{group}/{topic}")).collect(),
            decoded: decoded_topic(base),
            status,
            ble: Arc::new(Ble::new(
                Arc::clone(&home),
                &config.ble.device,
                config.ble.strangers,
            )),
            home,
            cloud: config.cloud.clone(),
            listed: config.ble.device.clone(),
        })
    }

    /// Works until `stop` says so.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.learn(stop.clone()) => {}
            () = stopped(&mut stop) => return,
        }
        let mut backoff = Backoff::new(u64::from(std::process::id()));
        loop {
            let mut link = Link::open(self.options.clone());
            let began = Instant::now();
            let (reason, help) = tokio::select! {
                down = self.connection(&mut link, None) => down,
                () = stopped(&mut stop) => {
                    // In order: the last will isn't needed, the session stays.
                    let _ = link.client.try_publish(&self.status, QoS::AtLeastOnce, true, "offline");
                    sleep(Duration::from_millis(100)).await;
                    link.close().await;
                    return;
                }
            };
            self.home.counters.disconnects.add();
            self.home.set_broker(Health::Down(reason.clone()));
            if began.elapsed() > Duration::from_secs(10) {
                backoff.reset();
            }
            let pause = backoff.pause();
            warn!("the broker is away: {reason}. {}", help.unwrap_or_default());
            tokio::select! {
                () = sleep(pause) => {}
                () = stopped(&mut stop) => return,
            }
        }
    }

    /// Asks the account for keys, and waits for its first answer: without keys, raw advertisements that other workers could
    /// have decoded would be thrown away.
    async fn learn(&self, stop: watch::Receiver<bool>) {
        let Some(table) = &self.cloud else { return };
        let account = Arc::new(Account::new(None));
        let (asked, table) = (Arc::clone(&account), table.clone());
        drop(supervise(&self.home, cloud::SOURCE, stop, move |desk| {
            cloud::run(desk, table.clone(), Arc::clone(&asked))
        }));
        let mut news = account.news();
        if news.wait_for(Option::is_some).await.is_err() {
            return;
        }
        if let Some(found) = account.found() {
            self.ble.learn(&found.with_listed(&self.listed));
        }
        let (ble, listed) = (Arc::clone(&self.ble), self.listed.clone());
        tokio::spawn(async move {
            while news.changed().await.is_ok() {
                if let Some(found) = account.found() {
                    ble.learn(&found.with_listed(&listed));
                }
            }
        });
    }

    /// One connection until it ends, or, as a stand-in, until nothing has come for `idle`.
    async fn connection(&self, link: &mut Link, idle: Option<Duration>) -> (String, Option<&'static str>) {
        let mut desk = Bench::default();
        loop {
            let quiet = async {
                match idle {
                    Some(idle) => sleep(idle).await,
                    None => std::future::pending().await,
                }
            };
            let happened = tokio::select! {
                happened = link.next() => happened,
                () = quiet => return ("nothing more".to_owned(), None),
            };
            match happened {
                Happened::Connected { session_present, .. } => {
                    info!("connected; session from before: {session_present}");
                    self.home.counters.connects.add();
                    self.home.set_broker(Health::Up);
                    if idle.is_some() {
                        continue;
                    }
                    let online = link
                        .client
                        .try_publish(&self.status, QoS::AtLeastOnce, true, "online");
                    if online.is_ok() {
                        desk.submitted.push_back(None);
                    }
                    for filter in &self.filters {
                        if let Err(error) = link.client.try_subscribe(filter, QoS::AtLeastOnce) {
                            return (error.to_string(), None);
                        }
                    }
                }
                Happened::Message(publish) => self.take(&mut desk, publish),
                Happened::Sent(number) => desk.sent(number),
                Happened::Acknowledged(number, outcome) => {
                    if outcome.is_ok() {
                        self.home.counters.published.add();
                    } else {
                        self.home.counters.refused.add();
                    }
                    desk.acknowledged(number);
                }
                Happened::Down { reason, help } => return (reason, help),
            }
            desk.work(link, &self.decoded);
        }
    }

    /// Decodes one message.
    fn take(&self, desk: &mut Bench, publish: Publish) {
        let topic = String::from_utf8_lossy(&publish.topic);
        let reports = match Advert::parse(&topic, &publish.payload) {
            Ok(advert) => self.ble.reports(&advert),
            Err(error) => {
                self.home.counters.payloads_malformed.add();
                debug!("{topic}: {error}");
                Vec::new()
            }
        };
        let report = (!reports.is_empty()).then(|| serde_json::to_string(&reports).unwrap_or_default());
        desk.push(publish, report);
    }
}

/// Raw messages that aren't acknowledged yet, in the order in which they came: MQTT wants the acknowledgements so.
#[derive(Debug, Default)]
struct Bench {
    raw: VecDeque<(Publish, bool)>,
    /// The number of the first of `raw`.
    first: u64,
    /// Reports to be sent, each with the number of its raw message.
    reports: VecDeque<(u64, String)>,
    /// Handed to the client, in order; `None` is a message of the worker's own.
    submitted: VecDeque<Option<u64>>,
    sent: HashMap<u16, u64>,
}

impl Bench {
    fn push(&mut self, publish: Publish, report: Option<String>) {
        let number = self.first + self.raw.len() as u64;
        self.raw.push_back((publish, report.is_none()));
        if let Some(report) = report {
            if self.reports.len() >= MOST_REPORTS
                && let Some((number, _)) = self.reports.pop_front()
            {
                // Only messages of QoS 0 can come to this: of the others, so many aren't delivered.
                self.done(number);
            }
            self.reports.push_back((number, report));
        }
    }

    fn done(&mut self, number: u64) {
        let index = number
            .checked_sub(self.first)
            .and_then(|index| usize::try_from(index).ok());
        if let Some((_, done)) = index.and_then(|index| self.raw.get_mut(index)) {
            *done = true;
        }
    }

    fn sent(&mut self, packet: u16) {
        if let Some(Some(number)) = self.submitted.pop_front() {
            self.sent.insert(packet, number);
        }
    }

    fn acknowledged(&mut self, packet: u16) {
        if let Some(number) = self.sent.remove(&packet) {
            self.done(number);
        }
    }

    /// Sends reports, and acknowledges what is done with.
    fn work(&mut self, link: &Link, decoded: &str) {
        while self.submitted.len() + self.sent.len() < usize::from(mqtt::IN_FLIGHT) {
            let Some((number, report)) = self.reports.front() else {
                break;
            };
            let sent = link
                .client
                .try_publish(decoded, QoS::AtLeastOnce, false, report.clone());
            if sent.is_err() {
                break;
            }
            self.submitted.push_back(Some(*number));
            self.reports.pop_front();
        }
        while let Some((publish, true)) = self.raw.front() {
            // QoS 0 has nothing to acknowledge.
            if publish.qos != QoS::AtMostOnce && link.client.try_ack(publish).is_err() {
                break;
            }
            self.raw.pop_front();
            self.first += 1;
        }
    }
}

/// Seconds that the broker keeps the session of a worker that is gone.
const SESSION_EXPIRY: u32 = 24 * 60 * 60;
/// Raw messages that the broker hands out before the first is acknowledged.
const UNACKNOWLEDGED: u16 = 200;
/// Reports that wait to be sent.
const MOST_REPORTS: usize = 10_000;
