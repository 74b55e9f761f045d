//! What the items of a frame mean.

use super::Item;
use crate::{BinarySensor, Decimal, EncodeError, OpeningState, Quantity, Reading, State, Unit};

/// The meaning of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// 01.
    Climate {
        /// 0.1 °C.
        temperature: i16,
        /// 0.1 %.
        humidity: u16,
    },
    /// 02.
    Battery(Battery),
    /// 04: open, closed or left open.
    Door(OpeningState),
    /// 07, in 0.1 hPa.
    Pressure(u16),
    /// 08.
    Motion {
        /// Motion, or none.
        motion: bool,
        /// lx, 24 bits. Wrong at times on event frames.
        illuminance: u32,
    },
    /// 09, in lx.
    Illuminance(u32),
    /// 0f.
    PacketCounter(u8),
    /// 11: bright or dark.
    Light(bool),
    /// 12.
    ParticulateMatter {
        /// µg/m³.
        pm25: u16,
        /// µg/m³.
        pm10: u16,
    },
    /// 13, in ppm.
    CarbonDioxide(u16),
    /// 15, without unit.
    VocIndex(u16),
    /// 18: which parts the device has.
    Hardware(u16),
    /// 19, in dB.
    Noise(u8),
}

impl Value {
    /// Writes the item and returns its length.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLarge`] for an illuminance above 24 bits on [`Motion`](Self::Motion),
    /// [`EncodeError::OutOfRange`] for the door state "reset", [`EncodeError::BufferTooSmall`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let put = |id, data: &[u8], out: &mut [u8]| Item { id, data }.encode(out);
        match *self {
            Self::Climate {
                temperature,
                humidity,
            } => {
                let ([t0, t1], [h0, h1]) = (temperature.to_le_bytes(), humidity.to_le_bytes());
                put(0x01, &[t0, t1, h0, h1], out)
            }
            Self::Battery(Battery(raw)) => put(0x02, &[raw], out),
            Self::Door(state) => {
                let code = match state {
                    OpeningState::Open => 0,
                    OpeningState::Closed => 1,
                    OpeningState::OpenTimeout => 2,
                    OpeningState::Reset => return Err(EncodeError::OutOfRange { id: 0x04 }),
                };
                put(0x04, &[code], out)
            }
            Self::Pressure(pressure) => put(0x07, &pressure.to_le_bytes(), out),
            Self::Motion { motion, illuminance } => {
                let [i0, i1, i2, i3] = illuminance.to_le_bytes();
                if i3 != 0 {
                    return Err(EncodeError::TooLarge {
                        found: illuminance,
                        limit: 0xff_ffff,
                    });
                }
                put(0x08, &[motion.into(), i0, i1, i2], out)
            }
            Self::Illuminance(illuminance) => put(0x09, &illuminance.to_le_bytes(), out),
            Self::PacketCounter(counter) => put(0x0f, &[counter], out),
            Self::Light(light) => put(0x11, &[light.into()], out),
            Self::ParticulateMatter { pm25, pm10 } => {
                let ([a0, a1], [b0, b1]) = (pm25.to_le_bytes(), pm10.to_le_bytes());
                put(0x12, &[a0, a1, b0, b1], out)
            }
            Self::CarbonDioxide(ppm) => put(0x13, &ppm.to_le_bytes(), out),
            Self::VocIndex(index) => put(0x15, &index.to_le_bytes(), out),
            Self::Hardware(bitmap) => put(0x18, &bitmap.to_le_bytes(), out),
            Self::Noise(decibel) => put(0x19, &[decibel], out),
        }
    }

    pub(super) fn readings<'a>(&self, is_event: bool) -> [Option<Reading<'a>>; 2] {
        let one = |quantity, value, unit| Some(Reading::measurement(quantity, value, unit));
        let tenths = |value: i64| Decimal::new(value, -1);
        match *self {
            Self::Climate {
                temperature,
                humidity,
            } => [
                one(Quantity::Temperature, tenths(temperature.into()), Unit::Celsius),
                one(Quantity::Humidity, tenths(humidity.into()), Unit::Percent),
            ],
            Self::Battery(battery) => [
                Some(match battery.level() {
                    Some(level) => Reading::measurement(Quantity::Battery, level.into(), Unit::Percent),
                    None => Reading::binary(BinarySensor::ExternalPower, true),
                }),
                None,
            ],
            Self::Door(state) => [Some(Reading::State(State::Opening(state))), None],
            Self::Pressure(pressure) => [
                one(Quantity::Pressure, tenths(pressure.into()), Unit::Hectopascal),
                None,
            ],
            Self::Motion { motion, illuminance } => [
                Some(Reading::binary(BinarySensor::Motion, motion)),
                one(Quantity::Illuminance, illuminance.into(), Unit::Lux).filter(|_| !is_event),
            ],
            Self::Illuminance(illuminance) => {
                [one(Quantity::Illuminance, illuminance.into(), Unit::Lux), None]
            }
            Self::PacketCounter(counter) => [one(Quantity::PacketId, counter.into(), Unit::None), None],
            Self::Light(light) => [Some(Reading::binary(BinarySensor::Light, light)), None],
            Self::ParticulateMatter { pm25, pm10 } => [
                one(Quantity::Pm25, pm25.into(), Unit::MicrogramPerCubicMeter),
                one(Quantity::Pm10, pm10.into(), Unit::MicrogramPerCubicMeter),
            ],
            Self::CarbonDioxide(ppm) => [
                one(Quantity::CarbonDioxide, ppm.into(), Unit::PartsPerMillion),
                None,
            ],
            Self::VocIndex(index) => [one(Quantity::VocIndex, index.into(), Unit::None), None],
            Self::Hardware(_) => [None; 2],
            Self::Noise(decibel) => [one(Quantity::SoundPressure, decibel.into(), Unit::Decibel), None],
        }
    }
}

/// The battery byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Battery(pub u8);

impl Battery {
    /// Supplied from outside.
    pub const EXTERNAL: Self = Self(0xff);

    /// Percent; `None` on external power.
    #[must_use]
    pub const fn level(self) -> Option<u8> {
        match self {
            Self::EXTERNAL => None,
            Self(raw) => Some(raw & 0x7f),
        }
    }

    /// Bit 7, which some mains-powered clocks set, probably "charging" (not verified).
    #[must_use]
    pub const fn is_charging(self) -> bool {
        self.0 & 1 << 7 != 0
    }
}

impl Item<'_> {
    /// The meaning; `None` for an unknown id, or a known one with another length or value than documented.
    #[must_use]
    pub const fn value(&self) -> Option<Value> {
        Some(match (self.id, self.data) {
            (0x01, &[t0, t1, h0, h1]) => Value::Climate {
                temperature: i16::from_le_bytes([t0, t1]),
                humidity: u16::from_le_bytes([h0, h1]),
            },
            (0x02, &[raw]) => Value::Battery(Battery(raw)),
            (0x04, &[0]) => Value::Door(OpeningState::Open),
            (0x04, &[1]) => Value::Door(OpeningState::Closed),
            (0x04, &[2]) => Value::Door(OpeningState::OpenTimeout),
            (0x07, &[p0, p1]) => Value::Pressure(u16::from_le_bytes([p0, p1])),
            (0x08, &[motion, i0, i1, i2]) => Value::Motion {
                motion: motion != 0,
                illuminance: u32::from_le_bytes([i0, i1, i2, 0]),
            },
            (0x09, &[i0, i1, i2, i3]) => Value::Illuminance(u32::from_le_bytes([i0, i1, i2, i3])),
            (0x0f, &[counter]) => Value::PacketCounter(counter),
            (0x11, &[light]) => Value::Light(light != 0),
            (0x12, &[a0, a1, b0, b1]) => Value::ParticulateMatter {
                pm25: u16::from_le_bytes([a0, a1]),
                pm10: u16::from_le_bytes([b0, b1]),
            },
            (0x13, &[c0, c1]) => Value::CarbonDioxide(u16::from_le_bytes([c0, c1])),
            (0x15, &[v0, v1]) => Value::VocIndex(u16::from_le_bytes([v0, v1])),
            (0x18, &[b0, b1]) => Value::Hardware(u16::from_le_bytes([b0, b1])),
            (0x19, &[noise]) => Value::Noise(noise),
            _ => return None,
        })
    }
}
