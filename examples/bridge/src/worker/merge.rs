//! What several workers decoded, put together: each reading once, in whatever order it arrives.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::debug;

use super::Report;
use crate::config::BleDevice;
use crate::home::{About, Home, Id, Presence, Update, Value};

/// Takes reports of workers.
#[derive(Debug)]
pub struct Merger {
    home: Arc<Home>,
    /// Known devices and their names.
    names: Mutex<HashMap<[u8; 6], Option<String>>>,
    strangers: bool,
    devices: Mutex<HashMap<[u8; 6], Window>>,
}

/// What has come from one device.
#[derive(Debug, Default)]
struct Window {
    /// Reports that were seen, so that doubles are known: the last ones, in order.
    order: VecDeque<u64>,
    seen: HashSet<u64>,
    /// The highest authenticated counter.
    highest: Option<u32>,
    /// The counter of each key's latest value: an older report that comes late doesn't overwrite it.
    latest: HashMap<String, u32>,
    about: Option<(Option<String>, bool, Arc<About>)>,
}

impl Merger {
    /// Knows these devices; with `strangers`, others are shown too.
    #[must_use]
    pub fn new(home: Arc<Home>, devices: &[BleDevice], strangers: bool) -> Self {
        Self {
            home,
            names: Mutex::new(names(devices)),
            strangers,
            devices: Mutex::new(HashMap::new()),
        }
    }

    /// Knows these devices instead.
    pub fn learn(&self, devices: &[BleDevice]) {
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names(devices);
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        for window in devices.values_mut() {
            window.about = None;
        }
    }

    /// Takes a message of a worker.
    pub fn handle_message(&self, payload: &[u8]) {
        match serde_json::from_slice::<Vec<Report>>(payload) {
            Ok(reports) => reports.into_iter().for_each(|report| self.handle(report)),
            Err(error) => {
                self.home.counters.payloads_malformed.add();
                debug!("a worker's report: {error}");
            }
        }
    }

    /// Takes a report.
    pub fn handle(&self, report: Report) {
        let address = report.address.into_array();
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let name = names.get(&address).cloned();
        drop(names);
        if name.is_none() && !self.strangers {
            return;
        }
        self.home.counters.adverts.add();
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if devices.len() >= MOST_DEVICES && !devices.contains_key(&address) {
            devices.clear();
        }
        let window = devices.entry(address).or_default();
        let Some(update) = window.update(report, name.flatten()) else {
            drop(devices);
            self.home.counters.duplicates.add();
            return;
        };
        drop(devices);
        self.home.apply(update);
    }
}

fn names(devices: &[BleDevice]) -> HashMap<[u8; 6], Option<String>> {
    let names = devices.iter();
    names
        .map(|device| (device.address.into_array(), device.name.clone()))
        .collect()
}

impl Window {
    /// The update that a report makes; `None` if it is known, or too old to be anything but a replay.
    fn update(&mut self, report: Report, name: Option<String>) -> Option<Update> {
        let print = print(&report);
        if self.seen.contains(&print) {
            return None;
        }
        let counter = report.counter.filter(|_| report.authenticated);
        if let (Some(counter), Some(highest)) = (counter, self.highest)
            && u64::from(counter) + LATE <= u64::from(highest)
        {
            return None;
        }
        self.highest = self.highest.max(counter);
        self.seen.insert(print);
        self.order.push_back(print);
        if self.order.len() > REMEMBERED
            && let Some(old) = self.order.pop_front()
        {
            self.seen.remove(&old);
        }
        let about = self.about(&report, name);
        let mut says = report.says;
        if let Some(counter) = counter {
            says.retain(|says| {
                let is_event = says.value.as_ref().is_some_and(Value::is_event);
                if is_event || self.latest.len() >= MOST_KEYS {
                    return true;
                }
                let latest = self
                    .latest
                    .entry(says.entity.key.clone().into_owned())
                    .or_insert(counter);
                let is_newer = counter >= *latest;
                *latest = counter.max(*latest);
                is_newer
            });
        }
        Some(Update {
            device: Id::of_address(report.address),
            about,
            says,
            available: None,
        })
    }

    fn about(&mut self, report: &Report, name: Option<String>) -> Arc<About> {
        if let Some((model, sleepy, about)) = &self.about
            && (report.model.is_none() || *model == report.model)
            && *sleepy == report.sleepy
        {
            return Arc::clone(about);
        }
        let [.., a, b, c] = report.address.into_array();
        let model = report.model.as_deref().unwrap_or("Bluetooth");
        let about = Arc::new(About {
            name: name.unwrap_or_else(|| format!("{model} {a:02X}{b:02X}{c:02X}")),
            model: report.model.clone(),
            manufacturer: None,
            firmware: None,
            via: None,
            source: "ble".into(),
            presence: if report.sleepy {
                Presence::Sleeps
            } else {
                Presence::Speaks
            },
        });
        self.about = Some((report.model.clone(), report.sleepy, Arc::clone(&about)));
        about
    }
}

/// Stands for a report, whatever gateway heard it and whatever worker decoded it.
fn print(report: &Report) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&report.format, report.counter).hash(&mut hasher);
    for says in &report.says {
        says.entity.key.hash(&mut hasher);
        says.value.as_ref().map(Value::payload).hash(&mut hasher);
    }
    hasher.finish()
}

/// Reports of a device that are remembered. Formats with a counter of 8 bits come around after 256.
const REMEMBERED: usize = 200;
/// Counters that may come late. What is older is taken for a replay.
const LATE: u64 = 4096;
const MOST_KEYS: usize = 64;
const MOST_DEVICES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::{Entity, Says};

    fn report(counter: u32, key: &'static str, value: &str) -> Report {
        Report {
            address: [1, 2, 3, 4, 5, 6].into(),
            model: None,
            sleepy: false,
            format: "mibeacon".into(),
            counter: Some(counter),
            authenticated: true,
            says: vec![Says {
                entity: Entity::sensor(key, None, ""),
                value: Some(Value::Number(value.into())),
            }],
        }
    }

    fn told(window: &mut Window, report: Report) -> Option<usize> {
        window.update(report, None).map(|update| update.says.len())
    }

    #[test]
    fn each_counter_is_told_once_and_late_ones_overwrite_nothing() {
        let mut window = Window::default();
        assert_eq!(told(&mut window, report(7, "temperature", "21")), Some(1));
        assert_eq!(told(&mut window, report(7, "temperature", "21")), None);
        assert_eq!(
            told(&mut window, report(5, "temperature", "20")),
            Some(0),
            "older"
        );
        assert_eq!(
            told(&mut window, report(6, "humidity", "40")),
            Some(1),
            "nothing newer is known"
        );
        assert_eq!(
            told(&mut window, report(8, "temperature", "21")),
            Some(1),
            "the same value again"
        );
    }

    #[test]
    fn a_counter_far_back_is_a_replay() {
        let mut window = Window::default();
        assert_eq!(told(&mut window, report(10_000, "temperature", "21")), Some(1));
        assert_eq!(told(&mut window, report(5_000, "humidity", "21")), None);
    }

    #[test]
    fn a_report_survives_the_wire() {
        let sent = vec![report(7, "temperature", "21.37")];
        let json = serde_json::to_string(&sent).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Report>>(&json).unwrap(), sent);
    }
}
