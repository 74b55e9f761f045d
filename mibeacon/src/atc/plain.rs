//! The plain forms; [`atc`](super) shows their bytes.

use core::ops::Deref;

use arrayvec::ArrayVec;
use macaddr::MacAddr6;

use super::{Flags, battery, humidity, temperature, voltage};
use crate::Reading;

/// The form of atc1441's firmware, 13 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Atc1441 {
    /// The device's MAC.
    pub mac: MacAddr6,
    /// 0.1 °C. atc1441's own firmware sends 0.1 °F after command `0f`; nothing in the frame tells.
    pub temperature: i16,
    /// Percent.
    pub humidity: u8,
    /// Percent.
    pub battery_level: u8,
    /// mV.
    pub battery_millivolts: u16,
    /// Low byte of the count of measurements.
    pub counter: u8,
}

impl Atc1441 {
    /// Reads the form.
    #[must_use]
    #[inline]
    pub const fn from_bytes(bytes: [u8; 13]) -> Self {
        let [a, b, c, d, e, f, t1, t0, humidity, level, v1, v0, counter] = bytes;
        Self {
            mac: MacAddr6::new(a, b, c, d, e, f),
            temperature: i16::from_be_bytes([t1, t0]),
            humidity,
            battery_level: level,
            battery_millivolts: u16::from_be_bytes([v1, v0]),
            counter,
        }
    }

    /// The exact inverse of [`from_bytes`](Self::from_bytes).
    #[must_use]
    pub const fn encode(&self) -> [u8; 13] {
        let [a, b, c, d, e, f] = self.mac.into_array();
        let [t1, t0] = self.temperature.to_be_bytes();
        let [v1, v0] = self.battery_millivolts.to_be_bytes();
        let (humidity, level, counter) = (self.humidity, self.battery_level, self.counter);
        [a, b, c, d, e, f, t1, t0, humidity, level, v1, v0, counter]
    }

    /// Temperature, humidity, battery level and battery voltage, in the order of the wire.
    #[must_use]
    pub fn measurements(&self) -> [Reading<'static>; 4] {
        [
            temperature(self.temperature.into(), -1),
            humidity(self.humidity.into(), 0),
            battery(self.battery_level),
            voltage(self.battery_millivolts),
        ]
    }
}

/// The "custom" form of pvvx's firmware, 15 or 14 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pvvx {
    /// The device's MAC.
    pub mac: MacAddr6,
    /// 0.01 °C.
    pub temperature: i16,
    /// 0.01 %.
    pub humidity: u16,
    /// Average, mV.
    pub battery_millivolts: u16,
    /// Percent.
    pub battery_level: u8,
    /// Low byte of the count of measurements.
    pub counter: u8,
    /// Absent in the 14 bytes of builds without trigger service.
    pub flags: Option<Flags>,
}

impl Pvvx {
    /// Reads the form with flags byte.
    #[must_use]
    #[inline]
    pub const fn from_bytes(bytes: [u8; 15]) -> Self {
        let [a, b, c, d, e, f, t0, t1, h0, h1, v0, v1, level, counter, flags] = bytes;
        Self {
            mac: MacAddr6::new(f, e, d, c, b, a),
            temperature: i16::from_le_bytes([t0, t1]),
            humidity: u16::from_le_bytes([h0, h1]),
            battery_millivolts: u16::from_le_bytes([v0, v1]),
            battery_level: level,
            counter,
            flags: Some(Flags(flags)),
        }
    }

    /// Reads the form without flags byte.
    #[must_use]
    pub const fn from_short_bytes(bytes: [u8; 14]) -> Self {
        let [a, b, c, d, e, f, t0, t1, h0, h1, v0, v1, level, counter] = bytes;
        let bytes = [a, b, c, d, e, f, t0, t1, h0, h1, v0, v1, level, counter, 0];
        Self {
            flags: None,
            ..Self::from_bytes(bytes)
        }
    }

    /// The 14 bytes that both forms begin with; the flags byte follows if there is one.
    #[must_use]
    pub fn encode(&self) -> impl Deref<Target = [u8]> + Clone + use<> {
        let [a, b, c, d, e, f] = self.mac.into_array();
        let [t0, t1] = self.temperature.to_le_bytes();
        let [h0, h1] = self.humidity.to_le_bytes();
        let [v0, v1] = self.battery_millivolts.to_le_bytes();
        let (level, counter, flags) = (self.battery_level, self.counter, self.flags.unwrap_or_default().0);
        let bytes = [f, e, d, c, b, a, t0, t1, h0, h1, v0, v1, level, counter, flags];
        let mut bytes = ArrayVec::<u8, 15>::from(bytes);
        if self.flags.is_none() {
            bytes.truncate(14);
        }
        bytes
    }

    /// Temperature, humidity, battery voltage and battery level, in the order of the wire.
    #[must_use]
    pub fn measurements(&self) -> [Reading<'static>; 4] {
        [
            temperature(self.temperature.into(), -2),
            humidity(self.humidity.into(), -2),
            voltage(self.battery_millivolts),
            battery(self.battery_level),
        ]
    }
}
