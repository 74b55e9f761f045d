//! The home: what is known of all devices, between sources that tell and sinks that are told.
//!
//! [`Home`] is called by many tasks, and never waits for one: a source's update goes into the [`Store`], what changed
//! goes into the [`Outbox`] for the broker and the [`Journal`](Change) for the screen, and both are bounded.

mod action;
mod cadence;
mod counters;
mod entity;
mod id;
mod outbox;
mod store;
mod value;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};

pub use action::{Action, Command, CommandError, CoverAction, VacuumAction};
pub use cadence::Cadence;
pub use counters::{Counter, Counters};
pub use entity::{Entity, Kind};
pub use id::{Id, IdError};
pub use outbox::{Losses, Message, Outbox, OutboxLimits, Ticket};
pub use store::{About, Device, Effect, Limits, Presence, Says, Slot, Store, Update};
pub use value::Value;

use crate::home_assistant::Discovery;

/// Everything that is known, for all tasks.
#[derive(Debug)]
pub struct Home {
    inner: Mutex<Inner>,
    /// What happened.
    pub counters: Counters,
    /// Something waits in the outbox.
    pub outgoing: Notify,
    /// Something waits in the journal.
    pub journal: Notify,
    base: String,
    discovery: Discovery,
    started: Instant,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    outbox: Outbox,
    changes: VecDeque<Change>,
    /// Whether somebody reads the journal.
    journal_read: bool,
    sources: BTreeMap<Arc<str>, Source>,
    /// Topics of each announcement, to take back.
    announced: HashMap<Id, Announced>,
    broker: Health,
}

#[derive(Debug)]
struct Source {
    commands: mpsc::Sender<Command>,
    health: Health,
}

/// What the broker keeps of a device, and which source it came from: to take it back, also in a later run.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Announced {
    /// The source's name.
    pub source: String,
    /// Retained topics.
    pub topics: Vec<String>,
}

/// How a source or the broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not there yet.
    Starting,
    /// Fine.
    Up,
    /// Failed, with the reason; it is tried again.
    Down(String),
}

/// A value that changed, for people.
#[derive(Clone, Debug)]
pub struct Change {
    /// When.
    pub at: Duration,
    /// Whose.
    pub device: Id,
    /// The device's name.
    pub name: String,
    /// Which value.
    pub key: String,
    /// The value.
    pub value: Value,
    /// Its unit; empty without one.
    pub unit: String,
}

/// What to say about a whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Devices.
    pub devices: usize,
    /// Of these, the ones that are there.
    pub available: usize,
    /// Values.
    pub values: usize,
    /// Messages that wait for the broker.
    pub waiting: usize,
    /// What was lost on the way.
    pub losses: Losses,
}

impl Home {
    /// An empty home whose topics begin with `base`.
    #[must_use]
    pub fn new(base: &str, discovery: Discovery, limits: Limits, outbox: OutboxLimits) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::new(Inner {
                store: Store::new(base, limits),
                outbox: Outbox::new(outbox),
                changes: VecDeque::new(),
                journal_read: false,
                sources: BTreeMap::new(),
                announced: HashMap::new(),
                broker: Health::Starting,
            }),
            counters: Counters::default(),
            outgoing: Notify::new(),
            journal: Notify::new(),
            base: base.to_owned(),
            discovery,
            started: Instant::now(),
        })
    }

    /// The first levels of all topics.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The time since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves the maps whole: every change of them is one call.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what a source tells.
    pub fn apply(&self, update: Update) {
        let now = self.now();
        self.counters.readings.add_many(update.says.len() as u64);
        let inner = &mut *self.inner();
        let Inner {
            store,
            outbox,
            changes,
            journal_read,
            announced,
            ..
        } = inner;
        let mut evicted = None;
        store.apply(
            now,
            update,
            |device| evicted = Some(device),
            |effect| match effect {
                Effect::Announce(device) => self.announce(outbox, announced, device),
                Effect::Available(device) => self.tell_availability(outbox, device),
                Effect::Says {
                    device,
                    slot,
                    value,
                    changed,
                } => {
                    let payload = value.payload().into();
                    if value.is_event() {
                        outbox.tell(&slot.topic, payload);
                    } else if !changed {
                        outbox.keep_alive(&slot.topic, payload);
                    } else {
                        outbox.keep(&slot.topic, payload);
                    }
                    if changed {
                        self.counters.changes.add();
                        if *journal_read {
                            if changes.len() >= MOST_CHANGES {
                                changes.pop_front();
                                self.counters.journal_dropped.add();
                            }
                            changes.push_back(Change::new(now, device, slot, value));
                        }
                    }
                }
            },
        );
        if let Some(device) = evicted {
            self.counters.devices_evicted.add();
            self.retract(inner, &device);
        }
        let wake = (!inner.outbox.is_empty(), !inner.changes.is_empty());
        if wake.0 {
            self.outgoing.notify_one();
        }
        if wake.1 {
            self.journal.notify_one();
        }
    }

    /// Says everything again in a moment: Home Assistant has started.
    pub fn say_again(&self) {
        let inner = &mut *self.inner();
        inner.store.say_again(self.now());
    }

    /// The topic at which Home Assistant says that it has started.
    #[must_use]
    pub fn birth_topic(&self) -> String {
        format!("{}/status", self.discovery.prefix)
    }

    /// Looks for devices that went silent, or have to say everything again. Call it once in a few seconds.
    pub fn handle_timeout(&self) {
        let inner = &mut *self.inner();
        let Inner { store, outbox, .. } = inner;
        let greets = store.handle_timeout(self.now(), |effect| match effect {
            Effect::Available(device) => self.tell_availability(outbox, device),
            Effect::Says { slot, value, .. } => outbox.keep_alive(&slot.topic, value.payload().into()),
            Effect::Announce(_) => {}
        });
        if greets {
            let status = crate::home_assistant::status_topic(&self.base).into();
            outbox.keep_alive(&status, "online".into());
        }
        self.outgoing.notify_one();
    }

    /// Forgets a device and removes all that the broker keeps of it. Says whether there was one.
    pub fn remove(&self, id: &str) -> bool {
        let inner = &mut *self.inner();
        let Some(device) = inner.store.remove(id) else {
            // Perhaps of an earlier run.
            let Ok(id) = id.parse::<Id>() else { return false };
            let Some(announced) = inner.announced.remove(&id) else {
                return false;
            };
            for topic in announced.topics {
                inner.outbox.keep(&topic.into(), "".into());
            }
            self.outgoing.notify_one();
            return true;
        };
        self.retract(inner, &device);
        self.outgoing.notify_one();
        true
    }

    fn announce(&self, outbox: &mut Outbox, announced: &mut HashMap<Id, Announced>, device: &Device) {
        let mut topics: Vec<_> = device
            .slots
            .iter()
            .map(|slot| slot.topic.as_ref().to_owned())
            .collect();
        topics.push(self.availability_topic(&device.id).as_ref().to_owned());
        for (topic, payload) in self.discovery.announce(&self.base, device) {
            outbox.keep(&topic, payload);
            topics.push(topic.as_ref().to_owned());
        }
        let source = device.about.source.as_ref().to_owned();
        announced.insert(device.id.clone(), Announced { source, topics });
    }

    fn tell_availability(&self, outbox: &mut Outbox, device: &Device) {
        let word = if device.available { "online" } else { "offline" };
        outbox.keep_alive(&self.availability_topic(&device.id), word.into());
    }

    fn availability_topic(&self, id: &Id) -> Arc<str> {
        format!("{}/{id}/availability", self.base).into()
    }

    fn retract(&self, inner: &mut Inner, device: &Device) {
        for topic in inner.announced.remove(&device.id).unwrap_or_default().topics {
            inner.outbox.keep(&topic.into(), "".into());
        }
    }

    /// What was announced so far, so that a later run can take it back.
    #[must_use]
    pub fn announced(&self) -> BTreeMap<String, Announced> {
        let inner = self.inner();
        let rows = inner.announced.iter();
        rows.map(|(id, announced)| (id.as_str().to_owned(), announced.clone()))
            .collect()
    }

    /// Restores what [`announced`](Self::announced) gave in an earlier run.
    pub fn restore_announced(&self, announced: BTreeMap<String, Announced>) {
        let mut inner = self.inner();
        for (id, announced) in announced {
            if let Ok(id) = id.parse() {
                inner.announced.insert(id, announced);
            }
        }
    }

    /// Names a source, and takes its end for commands. A source that is started again replaces itself.
    pub fn register(&self, source: &Arc<str>, commands: mpsc::Sender<Command>) {
        let health = Health::Starting;
        self.inner()
            .sources
            .insert(Arc::clone(source), Source { commands, health });
    }

    /// Says how a source is.
    pub fn set_health(&self, source: &str, health: Health) {
        if let Some(source) = self.inner().sources.get_mut(source) {
            source.health = health;
        }
    }

    /// Says how the broker is.
    pub fn set_broker(&self, health: Health) {
        self.inner().broker = health;
    }

    /// How the broker is.
    #[must_use]
    pub fn broker(&self) -> Health {
        self.inner().broker.clone()
    }

    /// How the sources are.
    #[must_use]
    pub fn sources(&self) -> Vec<(Arc<str>, Health)> {
        let inner = self.inner();
        let rows = inner.sources.iter();
        rows.map(|(name, source)| (Arc::clone(name), source.health.clone()))
            .collect()
    }

    /// Hands a command on: `topic` is what came after the base, `<device>/<key>/set` or `<device>/<key>/set/<aspect>`.
    ///
    /// # Errors
    ///
    /// Nobody can carry it out.
    pub fn command(&self, topic: &str, payload: &str) -> Result<(), CommandError> {
        let outcome = self.try_command(topic, payload);
        match &outcome {
            Ok(()) => self.counters.commands.add(),
            Err(_) => self.counters.commands_failed.add(),
        }
        outcome
    }

    fn try_command(&self, topic: &str, payload: &str) -> Result<(), CommandError> {
        let mut levels = topic.split('/');
        let (Some(id), Some(key), Some("set"), aspect, None) = (
            levels.next(),
            levels.next(),
            levels.next(),
            levels.next(),
            levels.next(),
        ) else {
            return Err(CommandError::Topic);
        };
        let inner = self.inner();
        let device = inner
            .store
            .device(id)
            .ok_or_else(|| CommandError::Device(id.chars().take(64).collect()))?;
        let slot = device
            .slot(key)
            .ok_or_else(|| CommandError::Entity(key.chars().take(64).collect()))?;
        if !slot.entity.takes_commands() {
            return Err(CommandError::ReadOnly(key.to_owned()));
        }
        let command = Command {
            device: device.id.clone(),
            key: key.to_owned(),
            action: Action::parse(&slot.entity.kind, aspect, payload)?,
        };
        let busy = || CommandError::Busy(device.about.source.as_ref().to_owned());
        let source = inner.sources.get(&device.about.source).ok_or_else(busy)?;
        source.commands.try_send(command).map_err(|_| busy())
    }

    /// Publishes something once, at a topic of somebody else's: a command for a device.
    pub fn send(&self, topic: &str, payload: &str) {
        self.inner().outbox.tell(&topic.into(), payload.into());
        self.outgoing.notify_one();
    }

    /// The next message for the broker.
    #[must_use]
    pub fn take_message(&self) -> Option<(Ticket, Message)> {
        self.inner().outbox.take()
    }

    /// Works on the outbox.
    pub fn outbox<T>(&self, act: impl FnOnce(&mut Outbox) -> T) -> T {
        act(&mut self.inner().outbox)
    }

    /// Takes the changes since the last call. The first call turns the journal on.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let mut inner = self.inner();
        inner.journal_read = true;
        inner.changes.drain(..).collect()
    }

    /// Looks at the store.
    pub fn look<T>(&self, act: impl FnOnce(&Store) -> T) -> T {
        act(&self.inner().store)
    }

    /// Figures.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let inner = self.inner();
        let devices = || inner.store.devices();
        Summary {
            devices: devices().count(),
            available: devices().filter(|device| device.available).count(),
            values: devices()
                .flat_map(|device| &device.slots)
                .filter(|slot| slot.value.is_some())
                .count(),
            waiting: inner.outbox.waiting(),
            losses: inner.outbox.losses,
        }
    }
}

impl Change {
    fn new(at: Duration, device: &Device, slot: &Slot, value: &Value) -> Self {
        let unit = match &slot.entity.kind {
            Kind::Sensor { unit: Some(unit), .. } => unit.clone().into_owned(),
            _ => String::new(),
        };
        Self {
            at,
            device: device.id.clone(),
            name: device.about.name.clone(),
            key: slot.entity.key.clone().into_owned(),
            value: value.clone(),
            unit,
        }
    }
}

/// Changes that wait for a slow screen.
const MOST_CHANGES: usize = 10_000;
