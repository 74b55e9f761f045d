//! Rings of advertisements, each different from the one before it, as devices send them.
//!
//! A ring can be worked through again and again with a [`Decoder`] of [`Policy::Lenient`]: every advertisement is
//! new to it, also the first one after the last, if [`INTERVAL`] passes between two.

use std::time::Duration;

use mibeacon::atc::{Flags, Sample};
use mibeacon::bthome::v2;
use mibeacon::frame::{Builder, Object, ProductId};
use mibeacon::{BindKey, Decimal, Decoder, MacAddr6, NonceGuard, Payload, Policy, Slot, atc, bthome, frame};

/// One advertisement, as hosts deliver it.
#[derive(Clone, Debug)]
pub struct Advert {
    /// Who sent it.
    pub address: MacAddr6,
    /// Whose service data it is.
    pub uuid: u16,
    /// The service data, without the UUID.
    pub service_data: Vec<u8>,
}

/// Which advertisements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// pvvx, 15 bytes.
    Pvvx,
    /// atc1441, 13 bytes.
    Atc1441,
    /// BTHome v2: packet id, battery, temperature, humidity.
    BthomeV2,
    /// MiBeacon v5 of a LYWSD03MMC: humidity.
    MiBeacon,
    /// pvvx, encrypted, 11 bytes.
    PvvxEncrypted,
    /// atc1441, encrypted, 8 bytes.
    Atc1441Encrypted,
    /// BTHome v2, encrypted: packet id, battery, temperature, humidity.
    BthomeV2Encrypted,
    /// BTHome v2, encrypted, without packet id, which the counter makes needless: battery, temperature, humidity.
    BthomeV2WithoutId,
    /// MiBeacon v5 of a LYWSD03MMC, encrypted: humidity.
    MiBeaconEncrypted,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Pvvx,
        Self::Atc1441,
        Self::BthomeV2,
        Self::MiBeacon,
        Self::PvvxEncrypted,
        Self::Atc1441Encrypted,
        Self::BthomeV2Encrypted,
        Self::BthomeV2WithoutId,
        Self::MiBeaconEncrypted,
    ];

    /// Whether a key is needed.
    #[must_use]
    pub const fn is_encrypted(self) -> bool {
        matches!(
            self,
            Self::PvvxEncrypted
                | Self::Atc1441Encrypted
                | Self::BthomeV2Encrypted
                | Self::BthomeV2WithoutId
                | Self::MiBeaconEncrypted
        )
    }

    /// One advertisement of a device.
    ///
    /// # Panics
    ///
    /// If this crate's encoders refuse it, which they don't.
    #[must_use]
    pub fn advert(self, device: u32, counter: u32) -> Advert {
        let (uuid, service_data) = self.encode(device, counter).expect("the encoders take it");
        Advert {
            address: address(device),
            uuid,
            service_data,
        }
    }

    fn encode(self, device: u32, counter: u32) -> Result<(u16, Vec<u8>), mibeacon::EncodeError> {
        let [low, ..] = counter.to_le_bytes();
        let sample = Sample {
            address: address(device),
            temperature: 2000 + i16::from(low),
            humidity: 4500 - u16::from(low),
            battery_level: 87,
            battery_millivolts: 2900,
            counter: low,
            flags: Flags::default(),
        };
        let mut out = [0; 31];
        let mut guard = NonceGuard::new();
        Ok(match self {
            Self::Pvvx => (atc::UUID, sample.pvvx().encode().to_vec()),
            Self::Atc1441 => (atc::UUID, sample.atc1441().encode().to_vec()),
            Self::PvvxEncrypted => {
                let frame = sample.pvvx_encrypted(&key(device), &mut guard)?;
                (atc::UUID, frame.encode().to_vec())
            }
            Self::Atc1441Encrypted => {
                let frame = sample.atc1441_encrypted(&key(device), &mut guard)?;
                (atc::UUID, frame.encode().to_vec())
            }
            Self::BthomeV2 | Self::BthomeV2Encrypted | Self::BthomeV2WithoutId => {
                let mut encoder = v2::Encoder::new(&mut out);
                if self != Self::BthomeV2WithoutId {
                    encoder.push(0x00, u32::from(low))?;
                }
                encoder
                    .push(0x01, u32::from(sample.battery_level))?
                    .push(0x02, Decimal::new(sample.temperature.into(), -2))?
                    .push(0x03, Decimal::new(sample.humidity.into(), -2))?;
                let service_data = match self {
                    Self::BthomeV2 => encoder.finish()?,
                    _ => encoder.seal(&key(device), address(device), counter, &mut guard)?,
                };
                (bthome::UUID_V2, service_data.to_vec())
            }
            Self::MiBeacon | Self::MiBeaconEncrypted => {
                let objects = [Object {
                    id: 0x1006,
                    data: &(sample.humidity / 10).to_le_bytes(),
                }];
                let mut builder = Builder::new(ProductId(0x055b), counter);
                builder.mac = Some(address(device));
                builder.registered = true;
                builder.objects = &objects;
                let length = match self {
                    Self::MiBeacon => builder.encode(&mut out)?,
                    _ => builder.seal(&key(device), address(device), &mut guard, &mut out)?,
                };
                let service_data = out.get(..length).unwrap_or_default();
                (frame::UUID, service_data.to_vec())
            }
        })
    }

    /// `rounds` advertisements of each device, the devices taking turns.
    #[must_use]
    pub fn ring(self, devices: u32, rounds: u32) -> Vec<Advert> {
        (1..=rounds)
            .flat_map(|counter| (0..devices).map(move |device| self.advert(device, counter)))
            .collect()
    }

    /// A decoder that knows so many devices, with their keys if the form is encrypted.
    ///
    /// # Panics
    ///
    /// Never: there is room for all.
    #[must_use]
    pub fn decoder(self, devices: u32) -> Decoder<Vec<Slot>> {
        let mut decoder = Decoder::with_capacity(devices as usize, Policy::Lenient);
        for device in 0..devices {
            let known = if self.is_encrypted() {
                decoder.insert_key(address(device), key(device))
            } else {
                decoder.track(address(device))
            };
            known.expect("there is room for all");
        }
        decoder
    }
}

impl Advert {
    /// What a decoder takes.
    ///
    /// # Panics
    ///
    /// If the UUID is of none of the [`Form`]s.
    #[must_use]
    #[inline]
    pub fn payload(&self) -> Payload<'_> {
        Payload::service_data(self.uuid, &self.service_data).expect("a UUID of a form")
    }
}

/// The address of a device: Xiaomi's prefix, and numbers without order.
#[must_use]
pub fn address(device: u32) -> MacAddr6 {
    let [a, b, c, _] = device.wrapping_mul(0x9e37_79b1).to_be_bytes();
    MacAddr6::new(0xa4, 0xc1, 0x38, a, b, c)
}

/// The key of a device.
#[must_use]
pub fn key(device: u32) -> BindKey {
    BindKey::from(key_bytes(device))
}

/// The bytes of the key of a device.
#[must_use]
pub fn key_bytes(device: u32) -> [u8; 16] {
    let [a, b, c, d] = device.to_be_bytes();
    [a, b, c, d, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
}

/// Between two advertisements. A thermometer sends one measurement in such a time.
pub const INTERVAL: Duration = Duration::from_secs(10);
