use core::time::Duration;

use super::{Device, FLAG_KWH, FLAG_TELE};
use crate::mqtt::Publish;

/// What a meter measures.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Meter {
    /// V.
    pub voltage: f64,
    /// A.
    pub current: f64,
    /// W.
    pub power: f64,
    /// Wh since it was cleared.
    pub total_wh: f64,
    load: (f64, f64, f64),
    sent: [Sent; 4],
    readings: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Default)]
struct Sent {
    value: f64,
    readings_ago: u32,
}

impl Meter {
    pub(super) const fn set_load(&mut self, voltage: f64, current: f64, power: f64) {
        self.load = (voltage, current, power);
    }

    pub(super) fn apparent(&self) -> f64 {
        self.voltage * self.current
    }

    pub(super) fn factor(&self) -> f64 {
        let apparent = self.apparent();
        if apparent == 0.0 {
            1.0
        } else {
            self.power / apparent
        }
    }

    pub(super) fn reactive(&self) -> f64 {
        let apparent = self.apparent();
        if apparent <= libm::fabs(self.power) {
            0.0
        } else {
            libm::sqrt(apparent * apparent - self.power * self.power)
        }
    }

    pub(super) const fn clear(&mut self) {
        self.total_wh = 0.0;
    }

    const fn read(&mut self, flows: bool, elapsed: Duration) {
        let (voltage, current, power) = self.load;
        (self.voltage, self.current, self.power) = if flows {
            (voltage, current, power)
        } else {
            (voltage, 0.0, 0.0)
        };
        self.total_wh += self.power * elapsed.as_secs_f64() / 3600.0;
        self.readings = self.readings.wrapping_add(1);
    }

    /// Whether the value of a row is to be sent: it changed by more than the threshold and five readings have passed,
    /// or sixty have.
    fn is_due(&mut self, row: usize, value: f64, threshold: f64) -> bool {
        let Some(sent) = self.sent.get_mut(row) else {
            return false;
        };
        sent.readings_ago = sent.readings_ago.saturating_add(1);
        let changed = libm::fabs(value - sent.value) > threshold;
        let due = (changed && sent.readings_ago >= 5) || sent.readings_ago >= 60;
        if due {
            *sent = Sent {
                value,
                readings_ago: 0,
            };
        }
        due
    }
}

impl Device {
    /// A reading, once a second.
    pub(super) fn measure(&mut self, elapsed: Duration) {
        if !self.profile.meter {
            return;
        }
        let mut relays = self.relays().peekable();
        let flows = relays.peek().is_none()
            || relays.any(|channel| self.channel(channel).is_some_and(|value| value != 0));
        self.meter.read(flows, elapsed);
        if !self.connected {
            return;
        }
        let meter = self.meter;
        if self.meter.is_due(0, meter.voltage, 0.25) {
            self.publish_value("voltage", alloc::format!("{:.1}", meter.voltage).into_bytes(), 0);
        }
        if self.meter.is_due(1, meter.current, 0.002) {
            self.publish_value("current", alloc::format!("{:.3}", meter.current).into_bytes(), 0);
        }
        if self.meter.is_due(2, meter.power, 0.25) {
            self.publish_value("power", alloc::format!("{:.2}", meter.power).into_bytes(), 0);
            self.publish_value(
                "power_apparent",
                alloc::format!("{:.2}", meter.apparent()).into_bytes(),
                0,
            );
            self.publish_value(
                "power_reactive",
                alloc::format!("{:.2}", meter.reactive()).into_bytes(),
                0,
            );
            self.publish_value(
                "power_factor",
                alloc::format!("{:.2}", meter.factor()).into_bytes(),
                0,
            );
        }
        if self.meter.is_due(3, meter.total_wh, 0.1) {
            let scale = if self.has_flag(FLAG_KWH) { 0.001 } else { 1.0 };
            self.publish_value(
                "energycounter",
                alloc::format!("{:.3}", meter.total_wh * scale).into_bytes(),
                0,
            );
        }
        if self.has_flag(FLAG_TELE) && self.meter.readings.is_multiple_of(3) {
            let topic = alloc::format!("tele/{}/SENSOR", self.profile.topics.client_id());
            let payload = self.sensor_object().into_bytes();
            self.send(Publish {
                topic,
                payload,
                qos: 1,
                retain: false,
            });
        }
    }
}
