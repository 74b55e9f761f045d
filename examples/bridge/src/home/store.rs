//! The latest state of every device, bounded, with change detection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Cadence, Entity, Id, Value};

/// What a source tells of a device.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which device.
    pub device: Id,
    /// Who it is; looked at when the device is new or this changed.
    pub about: Arc<About>,
    /// What it says.
    pub says: Vec<Says>,
    /// Whether it is there; `None` leaves the judgement to its silence.
    pub available: Option<bool>,
}

/// One value of an update.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Says {
    /// What the value belongs to.
    pub entity: Entity,
    /// The value; `None` announces the entity only.
    pub value: Option<Value>,
}

/// Who a device is.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// Its name.
    pub name: String,
    /// Its model, if known.
    pub model: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Its firmware, if known.
    pub firmware: Option<String>,
    /// The device through which it speaks.
    pub via: Option<Id>,
    /// The name of the source that reaches it.
    pub source: Arc<str>,
    /// When it counts as gone.
    pub presence: Presence,
}

/// When a device counts as gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// When it is silent for longer than its cadence allows.
    Speaks,
    /// Never: it speaks when something happens.
    Sleeps,
    /// When its source says so.
    Told,
}

/// What is known of a device.
#[derive(Debug)]
pub struct Device {
    /// Its id.
    pub id: Id,
    /// Who it is.
    pub about: Arc<About>,
    /// What it has, in the order of appearance.
    pub slots: Vec<Slot>,
    /// When it spoke last.
    pub heard: Duration,
    /// Whether it is there.
    pub available: bool,
    /// How often it speaks.
    pub cadence: Cadence,
    /// When all its values are to be said again, since it was announced anew.
    say_again: Option<Duration>,
}

/// An entity and its latest value.
#[derive(Debug)]
pub struct Slot {
    /// What it is.
    pub entity: Entity,
    /// The latest value.
    pub value: Option<Value>,
    /// When that was said last.
    pub heard: Duration,
    /// When it changed.
    pub changed: Duration,
    /// When it was published last.
    published: Duration,
    /// Its topic.
    pub topic: Arc<str>,
}

/// What an update did.
#[derive(Debug)]
pub enum Effect<'a> {
    /// The device is new, or has something new: announce it again.
    Announce(&'a Device),
    /// It went or came back.
    Available(&'a Device),
    /// A value changed, something happened, or a value has to be said again before it expires.
    Says {
        /// Whose.
        device: &'a Device,
        /// Which, in [`Device::slots`].
        slot: &'a Slot,
        /// What.
        value: &'a Value,
        /// Whether it is another value than before, or an event.
        changed: bool,
    },
}

/// How much the store keeps.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Devices. A further one takes the place of the one that was silent for longest.
    pub devices: usize,
    /// Entities of one device. Further ones are left out.
    pub entities: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            devices: 2000,
            entities: 64,
        }
    }
}

/// The latest state of every device.
#[derive(Debug)]
pub struct Store {
    base: String,
    limits: Limits,
    devices: HashMap<Id, Device>,
    /// Until when to say again that the bridge is there, since something was announced.
    greet: Option<Duration>,
    /// Entities that had no room.
    pub left_out: u64,
}

impl Store {
    /// An empty one, whose topics begin with `base`.
    #[must_use]
    pub fn new(base: impl Into<String>, limits: Limits) -> Self {
        Self {
            base: base.into(),
            limits,
            devices: HashMap::new(),
            greet: None,
            left_out: 0,
        }
    }

    /// Takes what a source tells, and tells what is to be done about it. `evicted` gets a device that had to go.
    pub fn apply(
        &mut self,
        now: Duration,
        update: Update,
        mut evicted: impl FnMut(Device),
        mut effect: impl FnMut(Effect<'_>),
    ) {
        if !self.devices.contains_key(&update.device) {
            if self.devices.len() >= self.limits.devices
                && let Some(device) = self.remove_most_silent()
            {
                evicted(device);
            }
            self.devices
                .insert(update.device.clone(), Device::new(&update, now));
        }
        let Some(device) = self.devices.get_mut(&update.device) else {
            return;
        };
        let is_known = !device.slots.is_empty();
        let mut announce = !is_known;
        if !Arc::ptr_eq(&device.about, &update.about) {
            announce |= device.about != update.about;
            device.about = update.about;
        }
        device.heard = now;
        let speaks = device.about.presence == Presence::Speaks;
        // A device that says it all in several messages at once isn't faster for it.
        announce |= device.cadence.note(now) && speaks;
        let available = update
            .available
            .unwrap_or(device.available || device.about.presence != Presence::Told);
        let came_or_went = available != device.available;
        device.available = available;

        let mut told = Vec::with_capacity(update.says.len());
        for Says { entity, value } in update.says {
            let found = device.slots.iter().position(|slot| slot.entity.key == entity.key);
            let index = if let Some(index) = found {
                index
            } else if device.slots.len() < self.limits.entities {
                announce = true;
                device
                    .slots
                    .push(Slot::new(&self.base, &device.id, entity.clone(), now));
                device.slots.len() - 1
            } else {
                self.left_out += 1;
                continue;
            };
            let Some(slot) = device.slots.get_mut(index) else {
                continue;
            };
            announce |= slot.entity.learn(&entity);
            let Some(value) = value else { continue };
            slot.heard = now;
            if value.is_event() {
                slot.changed = now;
                slot.value = Some(value.clone());
                told.push((index, value, true));
                continue;
            }
            let changed = slot.value.as_ref() != Some(&value);
            let fading = speaks && now.saturating_sub(slot.published) * 3 > device.cadence.expiry();
            if changed || fading {
                slot.changed = if changed { now } else { slot.changed };
                slot.published = now;
                slot.value = Some(value.clone());
                told.push((index, value, changed));
            }
        }
        if announce {
            self.greet = Some(now + UNTIL_TAKEN_IN);
            if is_known {
                device.say_again = self.greet;
            }
        }
        let device = &*device;
        if announce {
            effect(Effect::Announce(device));
        }
        if came_or_went || announce {
            effect(Effect::Available(device));
        }
        for (index, value, changed) in &told {
            if let Some(slot) = device.slots.get(*index) {
                effect(Effect::Says {
                    device,
                    slot,
                    value,
                    changed: *changed,
                });
            }
        }
    }

    /// Says everything again in a moment: somebody has come who may have missed it.
    pub fn say_again(&mut self, now: Duration) {
        self.greet = Some(now + UNTIL_TAKEN_IN);
        for device in self.devices.values_mut() {
            device.say_again = self.greet;
        }
    }

    /// Looks for devices that went silent, and for those that have to say everything again. Call it once in a few
    /// seconds.
    ///
    /// Home Assistant takes a sensor with another announcement for expired until it hears the next value, and hears the
    /// broker's only when it subscribes. So all values are said again once the announcement is taken in, of some devices
    /// at once, so that other messages needn't wait long. Returns whether the bridge should say again that it is there:
    /// not every broker sends what it has kept to a client that subscribes a second time, for another entity.
    #[must_use]
    pub fn handle_timeout(&mut self, now: Duration, mut effect: impl FnMut(Effect<'_>)) -> bool {
        // Until the last announcement is taken in: where strangers come all the time, waiting for the end would be for ever.
        let greets = self.greet.is_some();
        self.greet = self.greet.filter(|until| now < *until);
        let mut turns = AT_ONCE;
        for device in self.devices.values_mut() {
            let gone = device.about.presence == Presence::Speaks && device.cadence.is_silent(now);
            let goes = device.available && gone;
            let again = turns > 0 && device.say_again.is_some_and(|due| now >= due);
            if goes {
                device.available = false;
            }
            if again {
                device.say_again = None;
                turns -= 1;
            }
            let says = again && device.available;
            if says {
                for slot in device.slots.iter_mut().filter(|slot| slot.holds_state()) {
                    slot.published = now;
                }
            }
            let device = &*device;
            if goes || again {
                effect(Effect::Available(device));
            }
            for slot in device.slots.iter().filter(|slot| says && slot.holds_state()) {
                let Some(value) = &slot.value else { continue };
                let changed = false;
                effect(Effect::Says {
                    device,
                    slot,
                    value,
                    changed,
                });
            }
        }
        greets
    }

    /// A device.
    #[must_use]
    pub fn device(&self, id: &str) -> Option<&Device> {
        self.devices.get(id)
    }

    /// All devices, in no order.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.devices.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// Forgets a device.
    pub fn remove(&mut self, id: &str) -> Option<Device> {
        self.devices.remove(id)
    }

    fn remove_most_silent(&mut self) -> Option<Device> {
        let id = self
            .devices
            .values()
            .min_by_key(|device| device.heard)?
            .id
            .clone();
        self.devices.remove(&id)
    }
}

impl Device {
    fn new(update: &Update, now: Duration) -> Self {
        Self {
            id: update.device.clone(),
            about: Arc::clone(&update.about),
            slots: Vec::new(),
            heard: now,
            available: update.available.unwrap_or(true),
            cadence: Cadence::default(),
            say_again: None,
        }
    }

    /// An entity by its key.
    #[must_use]
    pub fn slot(&self, key: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.entity.key == key)
    }
}

impl Slot {
    fn new(base: &str, device: &Id, entity: Entity, now: Duration) -> Self {
        let topic = format!("{base}/{device}/{}", entity.key).into();
        Self {
            entity,
            value: None,
            heard: now,
            changed: now,
            published: now,
            topic,
        }
    }

    /// Whether it has a value that lasts: an event is over.
    fn holds_state(&self) -> bool {
        self.value.as_ref().is_some_and(|value| !value.is_event())
    }
}

/// Devices that say everything again at once.
const AT_ONCE: usize = 50;
/// For who hears an announcement, to act on it.
const UNTIL_TAKEN_IN: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        devices: 3,
        entities: 2,
    };

    fn about(presence: Presence) -> Arc<About> {
        Arc::new(About {
            name: "Thermometer".into(),
            model: None,
            manufacturer: None,
            firmware: None,
            via: None,
            source: "ble".into(),
            presence,
        })
    }

    fn temperature(device: &str, value: &str) -> Update {
        Update {
            device: Id::of(device).unwrap(),
            about: about(Presence::Speaks),
            says: vec![Says {
                entity: Entity::sensor("temperature", Some("temperature"), "°C"),
                value: Some(Value::Number(value.into())),
            }],
            available: None,
        }
    }

    /// What an update did, as words.
    fn apply(store: &mut Store, seconds: u64, update: Update) -> Vec<String> {
        let (mut gone, mut done) = (Vec::new(), Vec::new());
        store.apply(
            Duration::from_secs(seconds),
            update,
            |device| gone.push(format!("evicted {}", device.id)),
            |effect| {
                done.push(match effect {
                    Effect::Announce(device) => format!("announce {}", device.id),
                    Effect::Available(device) => format!("available {}", device.available),
                    Effect::Says {
                        slot, value, changed, ..
                    } => {
                        format!("{} {value} {changed}", slot.topic)
                    }
                });
            },
        );
        gone.extend(done);
        gone
    }

    #[test]
    fn only_changes_are_told() {
        let mut store = Store::new("x", LIMITS);
        let first = apply(&mut store, 0, temperature("a", "21.4"));
        assert_eq!(
            first,
            ["announce a", "available true", "x/a/temperature 21.4 true"]
        );
        assert!(apply(&mut store, 1, temperature("a", "21.4")).is_empty());
        assert_eq!(
            apply(&mut store, 2, temperature("a", "21.5")),
            ["x/a/temperature 21.5 true"]
        );
    }

    #[test]
    fn a_value_that_stays_is_said_again_before_it_expires() {
        let mut store = Store::new("x", LIMITS);
        apply(&mut store, 0, temperature("a", "21.4"));
        assert!(apply(&mut store, 299, temperature("a", "21.4")).is_empty());
        assert_eq!(
            apply(&mut store, 301, temperature("a", "21.4")),
            ["x/a/temperature 21.4 false"]
        );
        assert!(apply(&mut store, 302, temperature("a", "21.4")).is_empty());
    }

    #[test]
    fn what_is_announced_anew_says_all_its_values_again() {
        let mut store = Store::new("x", LIMITS);
        let due = |store: &mut Store, second| {
            let mut said = Vec::new();
            let greets = store.handle_timeout(Duration::from_secs(second), |effect| match effect {
                Effect::Says {
                    slot, value, changed, ..
                } => said.push(format!("{} {value} {changed}", slot.topic)),
                Effect::Available(device) => said.push(format!("available {}", device.available)),
                Effect::Announce(_) => panic!("{effect:?}"),
            });
            if greets {
                said.push("greets".into());
            }
            said
        };
        // At the eighth message the cadence is known, and with it another expiry.
        for second in 0..7 {
            apply(&mut store, second, temperature("a", "21.4"));
        }
        assert_eq!(due(&mut store, 2), ["greets"]);
        assert_eq!(
            due(&mut store, 6),
            ["greets"],
            "its topics are new, and nobody missed anything"
        );
        assert_eq!(due(&mut store, 7), [""; 0]);
        assert_eq!(
            apply(&mut store, 7, temperature("a", "21.4")),
            ["announce a", "available true"]
        );
        assert_eq!(due(&mut store, 9), ["greets"]);
        let everything = ["available true", "x/a/temperature 21.4 false", "greets"];
        assert_eq!(due(&mut store, 10), everything);
        assert_eq!(due(&mut store, 12), [""; 0]);
        store.say_again(Duration::from_secs(12));
        assert_eq!(due(&mut store, 14), ["greets"]);
        assert_eq!(due(&mut store, 15), everything);
    }

    #[test]
    fn events_are_told_each_time() {
        let mut store = Store::new("x", LIMITS);
        let mut update = temperature("a", "1");
        update.says[0].entity = Entity::new(
            "button",
            crate::home::Kind::Event {
                class: Some("button".into()),
                types: vec!["press".into()],
            },
        );
        update.says[0].value = Some(Value::Event("press".into(), serde_json::Value::Null));
        apply(&mut store, 0, update.clone());
        assert_eq!(apply(&mut store, 0, update), ["x/a/button press true"]);
    }

    #[test]
    fn memory_is_bounded_by_the_most_silent_device() {
        let mut store = Store::new("x", LIMITS);
        for (second, device) in ["a", "b", "c", "a"].into_iter().enumerate() {
            apply(&mut store, second as u64, temperature(device, "1"));
        }
        assert_eq!(apply(&mut store, 9, temperature("d", "1"))[0], "evicted b");
        assert_eq!(store.len(), 3);

        for key in ["p", "q", "r"] {
            let mut update = temperature("a", "1");
            update.says[0].entity.key = key.into();
            apply(&mut store, 10, update);
        }
        assert_eq!((store.device("a").unwrap().slots.len(), store.left_out), (2, 2));
    }

    #[test]
    fn a_silent_device_is_gone_and_comes_back() {
        let mut store = Store::new("x", LIMITS);
        for second in 0..10 {
            apply(&mut store, second, temperature("a", "1"));
        }
        let gone = |store: &mut Store, second| {
            let mut gone = 0;
            let _ = store.handle_timeout(Duration::from_secs(second), |effect| {
                gone += u32::from(matches!(effect, Effect::Available(device) if !device.available));
            });
            gone
        };
        assert_eq!(
            (gone(&mut store, 69), gone(&mut store, 70), gone(&mut store, 71)),
            (0, 1, 0)
        );
        let back = apply(&mut store, 80, temperature("a", "1"));
        assert!(back.contains(&"available true".to_owned()), "{back:?}");
    }

    #[test]
    fn a_source_that_tells_who_is_there_is_believed() {
        let mut store = Store::new("x", LIMITS);
        let mut update = temperature("a", "1");
        update.about = about(Presence::Told);
        update.available = Some(true);
        apply(&mut store, 0, update.clone());
        (update.available, update.says) = (Some(false), Vec::new());
        assert_eq!(apply(&mut store, 1, update), ["available false"]);
        let _ = store.handle_timeout(Duration::from_secs(10_000), |_| panic!("nothing changed"));
    }
}
