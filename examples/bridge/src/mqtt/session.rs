//! The bridge's own connection: publishes what the home has to say, and hears what it subscribed to, for ever.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::LastWill;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, info, warn};

use super::{Backoff, Happened, IN_FLIGHT, Link, matches};
use crate::home::{Health, Home, Ticket};
use crate::home_assistant::status_topic;

/// Takes a message: topic, payload, whether the broker had kept it.
pub type Handler = Arc<dyn Fn(&str, &[u8], bool) + Send + Sync>;

/// Topics to hear, and who takes their messages.
#[derive(Clone)]
pub struct Subscription {
    /// The topic filter.
    pub filter: String,
    /// Whether a message may be lost.
    pub qos: QoS,
    /// Takes the messages. It is called in the connection's task and must not wait.
    pub handler: Handler,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.filter).finish()
    }
}

/// The bridge's connection to its broker.
#[derive(Debug)]
pub struct Session {
    home: Arc<Home>,
    options: MqttOptions,
    subscriptions: Vec<Subscription>,
}

impl Session {
    /// Prepares it; [`run`](Self::run) connects.
    #[must_use]
    pub fn new(home: Arc<Home>, mut options: MqttOptions, mut subscriptions: Vec<Subscription>) -> Self {
        let status: Arc<str> = status_topic(home.base()).into();
        let will = LastWill::new(status.as_ref(), "offline", QoS::AtLeastOnce, true, None);
        options.set_last_will(will);
        home.outbox(|outbox| outbox.keep(&status, "online".into()));
        subscriptions.extend(own_subscriptions(&home));
        Self {
            home,
            options,
            subscriptions,
        }
    }

    /// Connects, works, and connects again, until `stop` says so; then sends what waits and says goodbye.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut backoff = Backoff::new(seed());
        loop {
            let mut link = Link::open(self.options.clone());
            let mut flight = Flight::default();
            let began = Instant::now();
            let (reason, help) = tokio::select! {
                down = self.work(&mut link, &mut flight) => down,
                () = stopped(&mut stop) => {
                    self.finish(link, flight).await;
                    return;
                }
            };
            self.home.counters.disconnects.add();
            self.home.outbox(crate::home::Outbox::disconnected);
            if began.elapsed() > SETTLED {
                backoff.reset();
            }
            let pause = backoff.pause();
            warn!(
                "the broker is away: {reason}; next attempt in {:.1} s. {}",
                pause.as_secs_f64(),
                help.unwrap_or_default()
            );
            let reason = match help {
                Some(help) => format!("{reason}. {help}"),
                None => reason,
            };
            self.home.set_broker(Health::Down(reason));
            tokio::select! {
                () = sleep(pause) => {}
                () = stopped(&mut stop) => return,
            }
        }
    }

    /// One connection, until it ends.
    async fn work(&self, link: &mut Link, flight: &mut Flight) -> (String, Option<&'static str>) {
        loop {
            let happened = tokio::select! {
                happened = link.next() => happened,
                () = self.home.outgoing.notified(), if flight.open => {
                    flight.fill(&self.home, link);
                    continue;
                }
            };
            if let Some(down) = self.handle(link, flight, happened) {
                return down;
            }
            // A burst is worked off before more is sent.
            for _ in 0..BURST {
                let Some(happened) = link.try_next() else { break };
                if let Some(down) = self.handle(link, flight, happened) {
                    return down;
                }
            }
            flight.fill(&self.home, link);
        }
    }

    fn handle(
        &self,
        link: &Link,
        flight: &mut Flight,
        happened: Happened,
    ) -> Option<(String, Option<&'static str>)> {
        match happened {
            Happened::Connected { largest_packet, .. } => {
                info!("connected to the broker");
                self.home.counters.connects.add();
                self.home.set_broker(Health::Up);
                (flight.open, flight.largest) = (true, largest_packet);
                for Subscription { filter, qos, .. } in &self.subscriptions {
                    if let Err(error) = link.client.try_subscribe(filter, *qos) {
                        return Some((format!("{filter} can't be subscribed to: {error}"), None));
                    }
                }
            }
            Happened::Message(publish) => {
                let Ok(topic) = std::str::from_utf8(&publish.topic) else {
                    self.home.counters.payloads_malformed.add();
                    return None;
                };
                for subscription in &self.subscriptions {
                    if matches(&subscription.filter, topic) {
                        (subscription.handler)(topic, &publish.payload, publish.retain);
                    }
                }
            }
            Happened::Sent(number) => flight.sent(number),
            Happened::Acknowledged(number, outcome) => {
                match outcome {
                    Ok(()) => self.home.counters.published.add(),
                    Err(reason) => {
                        self.home.counters.refused.add();
                        warn!("the broker refused a message: {reason:?}");
                    }
                }
                flight.acknowledged(&self.home, number);
            }
            Happened::Down { reason, help } => return Some((reason, help)),
        }
        None
    }

    /// Sends what waits, for a moment, then ends the connection in order.
    async fn finish(&self, mut link: Link, mut flight: Flight) {
        self.home
            .outbox(|outbox| outbox.keep(&status_topic(self.home.base()).into(), "offline".into()));
        let last = async {
            if !flight.open {
                return;
            }
            flight.fill(&self.home, &link);
            while self.home.outbox(|outbox| outbox.waiting()) > 0 {
                let happened = link.next().await;
                if matches!(happened, Happened::Message(_)) {
                    continue;
                }
                if self.handle(&link, &mut flight, happened).is_some() {
                    return;
                }
                flight.fill(&self.home, &link);
            }
        };
        if timeout(LAST_WORDS, last).await.is_err() {
            debug!("the broker was too slow for the last messages");
        }
        link.close().await;
    }
}

/// Messages between outbox and broker.
#[derive(Debug)]
struct Flight {
    /// Whether the connection stands.
    open: bool,
    /// Handed to the client, in order.
    submitted: VecDeque<Option<Ticket>>,
    /// On the wire, by packet number.
    sent: HashMap<u16, Ticket>,
    /// Bytes that the broker takes.
    largest: usize,
}

impl Default for Flight {
    fn default() -> Self {
        Self {
            open: false,
            submitted: VecDeque::new(),
            sent: HashMap::new(),
            largest: usize::MAX,
        }
    }
}

impl Flight {
    /// Sends as much as may be in flight.
    fn fill(&mut self, home: &Home, link: &Link) {
        while self.open && self.submitted.len() + self.sent.len() < usize::from(IN_FLIGHT) {
            let Some((ticket, message)) = home.take_message() else {
                return;
            };
            if message.topic.len() + message.payload.len() + PACKET_HEAD > self.largest {
                warn!("{} is larger than the broker takes", message.topic);
                home.counters.refused.add();
                home.outbox(|outbox| outbox.acknowledged(ticket));
                continue;
            }
            let (topic, payload) = (message.topic.as_ref(), message.payload.as_ref().to_owned());
            let sent = link
                .client
                .try_publish(topic, QoS::AtLeastOnce, message.retain, payload);
            if let Err(error) = sent {
                debug!("{topic} is sent later: {error}");
                home.outbox(|outbox| outbox.returned(ticket));
                return;
            }
            self.submitted.push_back(Some(ticket));
        }
    }

    fn sent(&mut self, number: u16) {
        if let Some(Some(ticket)) = self.submitted.pop_front() {
            self.sent.insert(number, ticket);
        }
    }

    fn acknowledged(&mut self, home: &Home, number: u16) {
        if let Some(ticket) = self.sent.remove(&number) {
            home.outbox(|outbox| outbox.acknowledged(ticket));
        }
    }
}

/// Commands, the wish that a device be forgotten, and Home Assistant's birth.
fn own_subscriptions(home: &Arc<Home>) -> [Subscription; 3] {
    let prefix = format!("{}/", home.base());
    let commanded = Arc::clone(home);
    let commands = move |topic: &str, payload: &[u8], retained: bool| {
        // A retained command would be carried out at every start.
        let Some(rest) = topic.strip_prefix(&prefix).filter(|_| !retained) else {
            return;
        };
        let payload = String::from_utf8_lossy(payload);
        match commanded.command(rest, &payload) {
            Ok(()) => debug!("command {rest}"),
            Err(error) => warn!("command {rest}: {error}"),
        }
    };
    let forgetting = Arc::clone(home);
    let forget = move |_: &str, payload: &[u8], _: bool| {
        let id = String::from_utf8_lossy(payload);
        if !forgetting.remove(id.trim()) {
            forgetting.counters.commands_failed.add();
            warn!(
                "there is no device {:?} to remove",
                id.chars().take(64).collect::<String>()
            );
        }
    };
    let greeted = Arc::clone(home);
    let birth = move |_: &str, payload: &[u8], _: bool| {
        if payload == b"online" {
            greeted.say_again();
        }
    };
    let base = home.base();
    [
        Subscription {
            filter: format!("{base}/+/+/set/#"),
            qos: QoS::AtLeastOnce,
            handler: Arc::new(commands),
        },
        Subscription {
            filter: format!("{base}/bridge/remove"),
            qos: QoS::AtLeastOnce,
            handler: Arc::new(forget),
        },
        Subscription {
            filter: home.birth_topic(),
            qos: QoS::AtMostOnce,
            handler: Arc::new(birth),
        },
    ]
}

/// Waits until it is time to stop.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone wants the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A number that differs between programs and times.
fn seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default().as_nanos() as u64 ^ u64::from(std::process::id())
}

/// A connection that lasted so long was a good one.
const SETTLED: Duration = Duration::from_secs(10);
/// For the last messages of a bridge that stops.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Fixed header, packet number, lengths and properties.
const PACKET_HEAD: usize = 32;
const BURST: usize = 256;
