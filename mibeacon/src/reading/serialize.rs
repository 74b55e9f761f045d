//! `serde`: a reading is a flat object, `{"name", "value", "unit"}` or `{"event", ...}`.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Event, HexBytes, Reading, Unit};

impl Serialize for Reading<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Event(event) => return serialize_event(event, map),
            reading => map.serialize_entry("name", reading.name())?,
        }
        match self {
            Self::Measurement(measurement) => {
                map.serialize_entry("value", &measurement.value)?;
                match measurement.unit {
                    Unit::None => {}
                    Unit::UnixSecond => map.serialize_entry("unit", "unix")?,
                    unit => map.serialize_entry("unit", unit.symbol())?,
                }
            }
            Self::Binary { on, .. } => map.serialize_entry("value", on)?,
            Self::State(state) => map.serialize_entry("value", state.value())?,
            Self::Text(text) => map.serialize_entry("value", text)?,
            Self::InvalidText(bytes) => {
                map.serialize_entry("value", &None::<&str>)?;
                map.serialize_entry("data", &Hex(bytes))?;
            }
            Self::Raw(bytes) => map.serialize_entry("value", &Hex(bytes))?,
            Self::DeviceType(id) => map.serialize_entry("value", id)?,
            Self::FirmwareVersion(version) => map.serialize_entry("value", &Shown(version))?,
            Self::Unknown(object) => {
                map.serialize_entry("object", &Shown(&format_args!("{:#06x}", object.id)))?;
                map.serialize_entry("data", &Hex(object.data))?;
            }
            Self::Event(_) => {}
        }
        map.end()
    }
}

fn serialize_event<M: SerializeMap>(event: &Event<'_>, mut map: M) -> Result<M::Ok, M::Error> {
    map.serialize_entry("event", event.name())?;
    match event {
        Event::Armed(event) => {
            map.serialize_entry("armed", &event.armed)?;
            map.serialize_entry("timestamp", &event.timestamp)?;
        }
        Event::Base(action) => map.serialize_entry("action", action)?,
        Event::Button(event) => {
            map.serialize_entry("button", &event.button)?;
            map.serialize_entry("action", &event.action)?;
        }
        Event::Command(event) => {
            map.serialize_entry("action", &event.command)?;
            map.serialize_entry("args", &Hex(event.args))?;
        }
        Event::Cube(action) => map.serialize_entry("action", action)?,
        Event::Dimmer(event) => {
            map.serialize_entry("action", &event.action)?;
            map.serialize_entry("amount", &event.amount)?;
        }
        Event::Door(event) => {
            map.serialize_entry("action", &event.action)?;
            map.serialize_entry("timestamp", &event.timestamp)?;
        }
        Event::Fingerprint(event) => {
            map.serialize_entry("result", &event.result)?;
            map.serialize_entry("key", &event.key)?;
        }
        Event::Gesture(gesture) => map.serialize_entry("action", gesture)?,
        Event::Lock(event) => {
            map.serialize_entry("action", &event.action)?;
            map.serialize_entry("method", &event.method)?;
            map.serialize_entry("key", &event.key)?;
            map.serialize_entry("timestamp", &event.timestamp)?;
        }
        Event::Peephole(action) => map.serialize_entry("action", action)?,
        Event::PlantMonitor(action) => map.serialize_entry("action", action)?,
        Event::Pomodoro(action) => map.serialize_entry("action", action)?,
        Event::Weighing(event) => {
            map.serialize_entry("grams", &event.grams)?;
            map.serialize_entry("kind", &event.kind)?;
        }
        Event::DeviceReset | Event::ForciblyRemoved => {}
    }
    map.end()
}

struct Shown<'a, T>(&'a T);

impl<T: core::fmt::Display> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

struct Hex<'a>(&'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&HexBytes(self.0))
    }
}
