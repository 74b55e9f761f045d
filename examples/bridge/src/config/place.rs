//! Where in a file a table or key stands, for errors that are found when all has been read.

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

/// A place that errors point at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    BleDevice(usize),
    Miio(usize),
    OpenBeken(usize),
    Tls,
    Adapter,
}

impl Place {
    /// The line on which it begins, from 1.
    pub(super) fn line(self, text: &str) -> Option<usize> {
        let places: Places = toml::from_str(text).ok()?;
        let at = match self {
            Self::BleDevice(number) => places.ble?.device.get(number)?.span().start,
            Self::Miio(number) => places.miio.get(number)?.span().start,
            Self::OpenBeken(number) => places.openbeken.get(number)?.span().start,
            Self::Tls => places.mqtt?.tls?.span().start,
            Self::Adapter => places.ble?.adapter?.span().start,
        };
        let before = text.as_bytes().get(..at)?;
        Some(before.iter().filter(|byte| **byte == b'\n').count() + 1)
    }
}

#[derive(Deserialize)]
struct Places {
    mqtt: Option<MqttPlaces>,
    ble: Option<BlePlaces>,
    #[serde(default)]
    miio: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    openbeken: Vec<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct MqttPlaces {
    tls: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
struct BlePlaces {
    adapter: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    device: Vec<Spanned<IgnoredAny>>,
}
