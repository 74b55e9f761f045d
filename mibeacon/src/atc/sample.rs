//! What the firmware measures, and how it rounds it into each form.
//!
//! ```
//! use mibeacon::atc::{Flags, Sample};
//!
//! let sample = Sample {
//!     address: [0xa4, 0xc1, 0x38, 0x13, 0x19, 0x78].into(),
//!     temperature: -115,
//!     humidity: 5049,
//!     battery_level: 34,
//!     battery_millivolts: 2993,
//!     counter: 0,
//!     flags: Flags::default(),
//! };
//! // Rounding is C's: -1.15 °C becomes -1.1 °C.
//! assert_eq!(sample.atc1441().temperature, -11);
//! assert_eq!(sample.atc1441().humidity, 50);
//! ```

use macaddr::MacAddr6;

use super::{Atc1441, Atc1441Payload, Encrypted, Flags, Frame, Payload, Pvvx, PvvxPayload, UUID};
use crate::ad::{self, AdvertBuf, Encoder};
use crate::{BindKey, EncodeError, NonceGuard};

/// One measurement of a thermometer, at the firmware's own resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sample {
    /// The device's address.
    pub address: MacAddr6,
    /// 0.01 °C.
    pub temperature: i16,
    /// 0.01 %.
    pub humidity: u16,
    /// Percent.
    pub battery_level: u8,
    /// mV.
    pub battery_millivolts: u16,
    /// Low byte of the count of measurements.
    pub counter: u8,
    /// Inputs and triggers.
    pub flags: Flags,
}

impl Sample {
    /// The atc1441 form: 0.1 °C and 1 %, rounded as the firmware does, toward zero after adding half a step.
    #[must_use]
    pub const fn atc1441(&self) -> Atc1441 {
        Atc1441 {
            mac: self.address,
            temperature: ((self.temperature as i32 + 5) / 10) as i16,
            humidity: ((self.humidity as u32 + 50) / 100) as u8,
            battery_level: self.battery_level,
            battery_millivolts: self.battery_millivolts,
            counter: self.counter,
        }
    }

    /// The pvvx form, without loss.
    #[must_use]
    pub const fn pvvx(&self) -> Pvvx {
        Pvvx {
            flags: Some(self.flags),
            ..self.pvvx_without_flags()
        }
    }

    /// The pvvx form of builds without trigger service.
    #[must_use]
    pub const fn pvvx_without_flags(&self) -> Pvvx {
        Pvvx {
            mac: self.address,
            temperature: self.temperature,
            humidity: self.humidity,
            battery_millivolts: self.battery_millivolts,
            battery_level: self.battery_level,
            counter: self.counter,
            flags: None,
        }
    }

    /// The plaintext of the encrypted pvvx form.
    #[must_use]
    pub const fn pvvx_payload(&self) -> Payload {
        Payload::Pvvx(PvvxPayload {
            temperature: self.temperature,
            humidity: self.humidity,
            battery_level: self.battery_level,
            flags: self.flags,
        })
    }

    /// The plaintext of the encrypted atc1441 form: 0.5 °C and 0.5 %, rounded as the firmware does, toward
    /// zero, so that temperatures just below zero become zero. Only the low 8 bits are kept, so that values
    /// below -40 °C and above 87.5 °C come out wrong, as with the firmware.
    #[must_use]
    pub const fn atc1441_payload(&self) -> Payload {
        let controlled = (self.flags.trigger_controlled() as u8) << 7;
        Payload::Atc1441(Atc1441Payload {
            temperature_steps: ((self.temperature as i32 + 25) / 50 + 80) as u8,
            humidity_steps: ((self.humidity as u32 + 25) / 50) as u8,
            battery: self.battery_level & 0x7f | controlled,
        })
    }

    /// The encrypted pvvx form.
    ///
    /// # Errors
    ///
    /// Those of [`Payload::encrypt`].
    pub fn pvvx_encrypted(&self, key: &BindKey, guard: &mut NonceGuard) -> Result<Encrypted, EncodeError> {
        self.pvvx_payload()
            .encrypt(key, self.address, self.counter, guard)
    }

    /// The encrypted atc1441 form.
    ///
    /// # Errors
    ///
    /// Those of [`Payload::encrypt`].
    pub fn atc1441_encrypted(&self, key: &BindKey, guard: &mut NonceGuard) -> Result<Encrypted, EncodeError> {
        self.atc1441_payload()
            .encrypt(key, self.address, self.counter, guard)
    }
}

impl Frame {
    /// Writes the AD structure of this frame: `len 16 1a 18` and the service data.
    ///
    /// # Errors
    ///
    /// Those of the [`Encoder`].
    pub fn encode(&self, ad: &mut Encoder<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Atc1441(frame) => ad.service_data(UUID, &frame.encode()),
            Self::Pvvx(frame) => ad.service_data(UUID, &frame.encode()),
            Self::Encrypted(frame) => ad.service_data(UUID, &frame.encode()),
        }
        .map(drop)
    }

    /// The whole advertisement, with the flags `020106` before the frame if the device is configured so.
    ///
    /// # Errors
    ///
    /// None in practice: every form fits.
    pub fn advert(&self, with_flags: bool) -> Result<AdvertBuf, EncodeError> {
        AdvertBuf::build(|ad| {
            if with_flags {
                ad.flags(ad::Flags::LE_ONLY_GENERAL)?;
            }
            self.encode(ad)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(temperature: i16, humidity: u16) -> Sample {
        Sample {
            address: MacAddr6::nil(),
            temperature,
            humidity,
            battery_level: 0xff,
            battery_millivolts: 3000,
            counter: 9,
            flags: Flags(4),
        }
    }

    #[test]
    fn atc1441_rounds_like_c() {
        for (raw, rounded) in [
            (-4000, -399),
            (-6, 0),
            (-1, 0),
            (4, 0),
            (5, 1),
            (-115, -11),
            (32767, 3277),
            (-32768, -3276),
        ] {
            assert_eq!(sample(raw, 0).atc1441().temperature, rounded);
        }
        assert_eq!(sample(0, 6494).atc1441().humidity, 65);
        assert_eq!(sample(0, 6449).atc1441().humidity, 64);
    }

    #[test]
    fn the_short_form_rounds_toward_zero() {
        for (raw, steps) in [
            (-74, 80),
            (-75, 79),
            (-25, 80),
            (24, 80),
            (25, 81),
            (2437, 129),
            (-4000, 1),
            (-4100, 255),
        ] {
            let Payload::Atc1441(payload) = sample(raw, 7643).atc1441_payload() else {
                panic!()
            };
            assert_eq!(payload.temperature_steps, steps, "{raw}");
            assert_eq!((payload.humidity_steps, payload.battery), (153, 0xff));
        }
    }

    #[test]
    fn an_advert_may_begin_with_flags() {
        let frame = Frame::Pvvx(sample(0, 0).pvvx());
        let (plain, flagged) = (frame.advert(false).unwrap(), frame.advert(true).unwrap());
        assert!(plain.starts_with(b"\x12\x16\x1a\x18"));
        assert_eq!(flagged[..3], *b"\x02\x01\x06");
        assert_eq!(flagged[3..], *plain);
    }
}
