//! Bluetooth devices: advertisements in, readings out. Who heard them doesn't matter.

#[cfg(feature = "btleplug")]
pub mod adapter;
mod advert;
mod reading;
pub mod topics;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use macaddr::MacAddr6;
use mibeacon::{BindKey, Decoder, DeviceState, Outcome, Policy, Report, Slot};
use tracing::{debug, warn};

pub use advert::{Advert, AdvertError, Part};
pub use reading::says;

use crate::config::BleDevice;
use crate::home::{About, Home, Id, Presence, Update};
use crate::state::KeyedCounters;
use crate::worker::Report as Reported;

/// Decodes advertisements for a home.
#[derive(Debug)]
pub struct Ble {
    home: Arc<Home>,
    inner: Mutex<Inner>,
    strangers: bool,
}

#[derive(Debug)]
struct Inner {
    decoder: Decoder<Vec<Slot>>,
    /// To tell whether a device has another key than before.
    keys: HashMap<[u8; 6], Option<BindKey>>,
    names: HashMap<[u8; 6], String>,
    /// Who the devices are.
    abouts: HashMap<[u8; 6], Known>,
    /// Outcomes that were told already, so that the log tells each once.
    told: HashMap<[u8; 6], &'static str>,
}

/// Who a device is, and what that was made of.
#[derive(Debug)]
struct Known {
    model: Option<&'static str>,
    sleepy: bool,
    about: Arc<About>,
}

impl Ble {
    /// A decoder that knows these devices. With `strangers`, others are shown too as far as they are plain.
    #[must_use]
    pub fn new(home: Arc<Home>, devices: &[BleDevice], strangers: bool) -> Self {
        let (decoder, keys, names) = knowing(devices);
        Self {
            home,
            inner: Mutex::new(Inner {
                decoder,
                keys,
                names,
                abouts: HashMap::new(),
                told: HashMap::new(),
            }),
            strangers,
        }
    }

    /// Knows these devices instead. Counters of those that stay are kept, unless the key is another one.
    pub fn learn(&self, devices: &[BleDevice]) {
        let (mut decoder, keys, names) = knowing(devices);
        let mut inner = self.inner();
        for state in inner.decoder.states() {
            let address = state.address.into_array();
            // One with another key was paired again and counts from zero.
            if keys.contains_key(&address) && keys.get(&address) == inner.keys.get(&address) {
                let _ = decoder.restore(&state);
            }
        }
        (inner.decoder, inner.keys, inner.names) = (decoder, keys, names);
        inner.abouts.clear();
        inner.told.clear();
    }

    /// Takes a message of another gateway: the topic may hold the address, the payload is JSON or hex digits.
    pub fn handle_message(&self, topic: &str, payload: &[u8]) {
        match Advert::parse(topic, payload) {
            Ok(advert) => self.handle(&advert),
            Err(error) => {
                self.home.counters.payloads_malformed.add();
                debug!("{topic}: {error}. {}", error.help().unwrap_or_default());
            }
        }
    }

    /// Takes an advertisement.
    pub fn handle(&self, advert: &Advert) {
        self.home.counters.adverts.add();
        let now = self.home.now();
        let mut guard = self.inner();
        let inner = &mut *guard;
        let mut updates = Vec::new();
        let mut ignored = true;
        advert.payloads(|payload| {
            let address = payload.sender(advert.address);
            let known = address.is_some_and(|address| inner.decoder.device(address).is_some());
            if !known && !self.strangers {
                return;
            }
            let sleepy = |decoder: &Decoder<Vec<Slot>>| {
                let device = address.and_then(|address| decoder.device(address));
                device.is_some_and(|device| device.is_sleepy())
            };
            let sleepy = sleepy(&inner.decoder);
            let report = inner.decoder.decode(now, address, payload);
            match report.outcome {
                Outcome::Readings => ignored = false,
                Outcome::Presence | Outcome::Duplicate | Outcome::Stale => {}
                outcome => {
                    ignored = false;
                    self.home.counters.adverts_failed.add();
                    tell_once(&mut inner.told, address, outcome);
                }
            }
            let Some(address) = report.address else { return };
            if let Some(update) = read(&report, address, sleepy, &mut inner.abouts, &inner.names) {
                updates.push(update);
            }
        });
        drop(guard);
        if ignored {
            self.home.counters.adverts_ignored.add();
        }
        for update in updates {
            self.home.apply(update);
        }
    }

    /// Decodes an advertisement for somebody else: what was read is returned and not applied. Whether a counter was seen
    /// before is the other one's judgement too, save for plain repeats, whose first copy was returned before.
    #[must_use]
    pub fn reports(&self, advert: &Advert) -> Vec<Reported> {
        self.home.counters.adverts.add();
        let now = self.home.now();
        let mut guard = self.inner();
        let inner = &mut *guard;
        let mut reports = Vec::new();
        advert.payloads(|payload| {
            let address = payload.sender(advert.address);
            let device = address.and_then(|address| inner.decoder.device(address));
            if device.is_none() && !self.strangers {
                return;
            }
            let sleepy = device.is_some_and(|device| device.is_sleepy());
            let report = inner.decoder.decode(now, address, payload);
            match report.outcome {
                Outcome::Readings | Outcome::Stale | Outcome::Replayed { .. } => {}
                Outcome::Presence | Outcome::Duplicate => return self.home.counters.adverts_ignored.add(),
                outcome => {
                    self.home.counters.adverts_failed.add();
                    return tell_once(&mut inner.told, address, outcome);
                }
            }
            let Some(address) = report.address else { return };
            let says = says(report.all_readings());
            if says.is_empty() {
                return;
            }
            self.home.counters.readings.add_many(says.len() as u64);
            reports.push(Reported {
                address,
                model: report.model().map(str::to_owned),
                sleepy: is_sleepy(&report, sleepy),
                format: report.format.name().to_owned(),
                counter: report.counter,
                authenticated: report.authenticated,
                says,
            });
        });
        reports
    }

    /// The counters of all devices, to be restored after a restart.
    #[must_use]
    pub fn states(&self) -> Vec<KeyedCounters> {
        let inner = self.inner();
        let keyed = |state: DeviceState| KeyedCounters {
            state,
            key_check: inner.key_check(state.address),
        };
        inner.decoder.states().map(keyed).collect()
    }

    /// Restores counters, so that a restart opens no window for replays. Those of another key don't count: the device
    /// was paired again and starts from zero.
    pub fn restore(&self, counters: &[KeyedCounters]) {
        let mut inner = self.inner();
        for KeyedCounters { state, key_check } in counters {
            // A device that isn't listed any more has no room, and needs none.
            if inner.decoder.device(state.address).is_some() && inner.key_check(state.address) == *key_check {
                let _ = inner.decoder.restore(state);
            }
        }
    }

    /// How the keys are, for people: address and status of each device whose key doesn't work.
    #[must_use]
    pub fn key_problems(&self) -> Vec<(MacAddr6, mibeacon::KeyStatus)> {
        use mibeacon::KeyStatus::{NothingEncryptedYet, Works};
        let inner = self.inner();
        let devices = inner.decoder.devices();
        devices
            .filter_map(|device| Some((device.address()?, device.key_status())))
            .filter(|(_, status)| !matches!(status, Works | NothingEncryptedYet | mibeacon::KeyStatus::NoKey))
            .collect()
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn key_check(&self, address: MacAddr6) -> Option<[u8; 3]> {
        let key = self.keys.get(&address.into_array())?.as_ref()?;
        Some(key.check_value())
    }
}

type Knowing = (
    Decoder<Vec<Slot>>,
    HashMap<[u8; 6], Option<BindKey>>,
    HashMap<[u8; 6], String>,
);

/// A decoder, keys and names of these devices.
fn knowing(devices: &[BleDevice]) -> Knowing {
    let capacity = devices.len() + devices.len() / 3 + 1;
    let mut decoder = Decoder::with_capacity(capacity, Policy::Lenient);
    let (mut keys, mut names) = (HashMap::new(), HashMap::new());
    for device in devices {
        keys.insert(device.address.into_array(), device.key.clone());
        let known = match &device.key {
            Some(key) => decoder.insert_key(device.address, key.clone()),
            None => decoder.track(device.address),
        };
        if let Err(error) = known {
            warn!("{}: {error}", device.address);
        }
        if let Some(name) = &device.name {
            names.insert(device.address.into_array(), name.clone());
        }
    }
    (decoder, keys, names)
}

/// What a report says, as an update; `None` if there is nothing to say.
fn read(
    report: &Report<'_>,
    address: MacAddr6,
    sleepy: bool,
    abouts: &mut HashMap<[u8; 6], Known>,
    names: &HashMap<[u8; 6], String>,
) -> Option<Update> {
    let says = says(report.readings());
    if says.is_empty() {
        return None;
    }
    let model = report.model();
    let bytes = address.into_array();
    let about = match abouts.get(&bytes) {
        Some(known) if (model.is_none() || known.model == model) && known.sleepy == sleepy => {
            Arc::clone(&known.about)
        }
        _ => {
            let about = Arc::new(about(report, address, sleepy, names.get(&bytes)));
            if abouts.len() >= MOST_STRANGERS {
                abouts.clear();
            }
            let known = Known {
                model,
                sleepy,
                about: Arc::clone(&about),
            };
            abouts.insert(bytes, known);
            about
        }
    };
    Some(Update {
        device: Id::of_address(address),
        about,
        says,
        available: None,
    })
}

fn about(report: &Report<'_>, address: MacAddr6, sleepy: bool, name: Option<&String>) -> About {
    let model = report.model();
    let [.., a, b, c] = address.into_array();
    let name = name
        .cloned()
        .unwrap_or_else(|| format!("{} {a:02X}{b:02X}{c:02X}", model.unwrap_or("Bluetooth")));
    About {
        name,
        model: model.map(str::to_owned),
        manufacturer: None,
        firmware: None,
        via: None,
        source: "ble".into(),
        presence: if is_sleepy(report, sleepy) {
            Presence::Sleeps
        } else {
            Presence::Speaks
        },
    }
}

fn is_sleepy(report: &Report<'_>, known: bool) -> bool {
    known
        || report
            .product()
            .is_some_and(|product| product.sleepy == Some(true))
        || matches!(
            report.format,
            mibeacon::Format::WeightScale | mibeacon::Format::BodyComposition | mibeacon::Format::Reed
        )
        || only_events(report)
}

/// A device that speaks of itself only when something happens: a button, a contact.
fn only_events(report: &Report<'_>) -> bool {
    let mut readings = report.all_readings().peekable();
    readings.peek().is_some()
        && readings.all(|reading| {
            matches!(
                reading,
                mibeacon::Reading::Event(_)
                    | mibeacon::Reading::State(mibeacon::State::Opening(_))
                    | mibeacon::Reading::Binary {
                        sensor: mibeacon::BinarySensor::Door
                            | mibeacon::BinarySensor::Window
                            | mibeacon::BinarySensor::Opening,
                        ..
                    }
            )
        })
}

fn tell_once(told: &mut HashMap<[u8; 6], &'static str>, address: Option<MacAddr6>, outcome: Outcome) {
    let bytes = address.map(MacAddr6::into_array).unwrap_or_default();
    if told.len() >= MOST_STRANGERS {
        told.clear();
    }
    if told.insert(bytes, outcome.name()) != Some(outcome.name()) {
        let address = address.map_or_else(|| "unknown address".to_owned(), |address| address.to_string());
        warn!("{address}: {outcome}. {}", outcome.help().unwrap_or_default());
    }
}

/// Devices of which something is remembered besides the listed ones.
const MOST_STRANGERS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home_assistant::Discovery;

    #[test]
    fn counters_of_another_key_are_not_restored() {
        let address = MacAddr6::new(0xa4, 0xc1, 0x38, 0, 0, 1);
        let ble = |key: u8| {
            let home = Home::new("x", Discovery::default(), Default::default(), Default::default());
            let device = BleDevice {
                address,
                key: Some([key; 16].into()),
                name: None,
            };
            Ble::new(home, &[device], false)
        };
        let mut counters = ble(1).states();
        counters[0].state.bthome_counter = Some(1000);
        for (key, expected) in [(1, Some(1000)), (2, None)] {
            let restarted = ble(key);
            restarted.restore(&counters);
            assert_eq!(restarted.states()[0].state.bthome_counter, expected, "key {key}");
        }
    }
}
