//! CSE7766 and HLW8032: 4800 baud, a frame about every 50 ms.
//!
//! | offset | size | field, big-endian |
//! |---|---|---|
//! | 0 | 1 | 55h normal, AAh not calibrated, F0h to FFh abnormal |
//! | 1 | 1 | 5Ah |
//! | 2, 8, 14 | 3 | coefficients of voltage, current, power |
//! | 5, 11, 17 | 3 | cycles of voltage, current, power |
//! | 20 | 1 | what is valid: 40h voltage, 20h current, 10h power |
//! | 21 | 2 | pulses |
//! | 23 | 1 | sum of bytes 2 to 22 |
//!
//! Frames F0h to FFh are normal without a load: OpenBeken drops them and keeps old values, a reader should not.

use super::{FrameError, u24_be};

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// How the chip is.
    pub state: State,
    /// Coefficient and cycle of voltage.
    pub voltage: (u32, u32),
    /// Coefficient and cycle of current.
    pub current: (u32, u32),
    /// Coefficient and cycle of power.
    pub power: (u32, u32),
    /// What is valid, and more.
    pub adjustment: u8,
    /// Pulses of energy.
    pub pulses: u16,
}

/// How a chip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Well.
    Normal,
    /// Its memory is damaged: no values.
    Uncalibrated,
    /// Some cycles are too long; without a load that is normal. The low four bits.
    Abnormal(u8),
}

impl State {
    /// Coefficients are wrong.
    #[must_use]
    pub const fn coefficient_error(self) -> bool {
        self.has(1)
    }

    /// Power cycles are too long: there is no load.
    #[must_use]
    pub const fn power_out_of_range(self) -> bool {
        self.has(2)
    }

    /// Current cycles are too long.
    #[must_use]
    pub const fn current_out_of_range(self) -> bool {
        self.has(4)
    }

    /// Voltage cycles are too long.
    #[must_use]
    pub const fn voltage_out_of_range(self) -> bool {
        self.has(8)
    }

    const fn has(self, bit: u8) -> bool {
        matches!(self, Self::Abnormal(bits) if bits & bit != 0)
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Normal => 0x55,
            Self::Uncalibrated => 0xaa,
            Self::Abnormal(bits) => 0xf0 | bits & 15,
        }
    }
}

/// What a frame says, in V, A and W.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Values {
    /// V.
    pub volts: f64,
    /// A; counts only together with power.
    pub amperes: f64,
    /// W.
    pub watts: f64,
}

/// By what a board's values are multiplied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multipliers {
    /// For V.
    pub voltage: f64,
    /// For A.
    pub current: f64,
    /// For W.
    pub power: f64,
}

impl Multipliers {
    /// Nothing is changed.
    pub const ONE: Self = Self {
        voltage: 1.0,
        current: 1.0,
        power: 1.0,
    };
    /// What OpenBeken starts with for voltage and power. Its start for current belongs to another chip and gives tens of
    /// thousands of amperes, so that 1 stands here.
    pub const OPENBEKEN: Self = Self {
        voltage: 1.940_347_19,
        current: 1.0,
        power: 1.882_144_09,
    };
}

impl Reading {
    /// Reads a frame; what follows it is ignored.
    ///
    /// # Errors
    ///
    /// If it is too short, begins with something else, or is damaged, in this order.
    pub fn parse(bytes: &[u8]) -> Result<Self, FrameError> {
        let Some(frame) = bytes.first_chunk::<FRAME>() else {
            return Err(FrameError::NeedMore {
                found: bytes.len(),
                expected: FRAME,
            });
        };
        let [
            head,
            second,
            a0,
            a1,
            a2,
            b0,
            b1,
            b2,
            c0,
            c1,
            c2,
            d0,
            d1,
            d2,
            e0,
            e1,
            e2,
            f0,
            f1,
            f2,
            adjustment,
            p0,
            p1,
            stored,
        ] = *frame;
        let state = match head {
            0x55 => State::Normal,
            0xaa => State::Uncalibrated,
            0xf0.. => State::Abnormal(head & 15),
            found => return Err(FrameError::BadHead { offset: 0, found }),
        };
        if second != 0x5a {
            return Err(FrameError::BadHead {
                offset: 1,
                found: second,
            });
        }
        let computed = checksum(frame);
        if stored != computed {
            return Err(FrameError::Checksum { stored, computed });
        }
        Ok(Self {
            state,
            voltage: (u24_be([a0, a1, a2]), u24_be([b0, b1, b2])),
            current: (u24_be([c0, c1, c2]), u24_be([d0, d1, d2])),
            power: (u24_be([e0, e1, e2]), u24_be([f0, f1, f2])),
            adjustment,
            pulses: u16::from_be_bytes([p0, p1]),
        })
    }

    /// The frame that a chip sends. Values beyond 24 bits are cut.
    #[must_use]
    pub fn encode(&self) -> [u8; FRAME] {
        let mut frame = [0; FRAME];
        frame[0] = self.state.byte();
        frame[1] = 0x5a;
        let numbers =
            [self.voltage, self.current, self.power].map(|(coefficient, cycle)| [coefficient, cycle]);
        let digits = numbers
            .iter()
            .flatten()
            .flat_map(|number| number.to_be_bytes().into_iter().skip(1));
        for (to, from) in frame.iter_mut().skip(2).zip(digits) {
            *to = from;
        }
        frame[20] = self.adjustment;
        [frame[21], frame[22]] = self.pulses.to_be_bytes();
        frame[23] = checksum(&frame);
        frame
    }

    /// Whether voltage is valid, by the chip's own word.
    #[must_use]
    pub const fn voltage_valid(&self) -> bool {
        self.adjustment & 0x40 != 0
    }

    /// Whether current is valid, by the chip's own word.
    #[must_use]
    pub const fn current_valid(&self) -> bool {
        self.adjustment & 0x20 != 0
    }

    /// Whether power is valid, by the chip's own word.
    #[must_use]
    pub const fn power_valid(&self) -> bool {
        self.adjustment & 0x10 != 0
    }

    /// The values, 0 for those that aren't valid; `None` of a chip that isn't calibrated.
    #[must_use]
    pub fn values(&self, multipliers: &Multipliers) -> Option<Values> {
        if self.state == State::Uncalibrated {
            return None;
        }
        let ratio = |(coefficient, cycle): (u32, u32), valid: bool| {
            if valid && cycle != 0 {
                f64::from(coefficient) / f64::from(cycle)
            } else {
                0.0
            }
        };
        let power_valid = self.power_valid() && self.power.1 != 0 && !self.state.power_out_of_range();
        let current_valid = self.current_valid() && !self.state.current_out_of_range() && power_valid;
        let voltage_valid = self.voltage_valid() && !self.state.voltage_out_of_range();
        Some(Values {
            volts: ratio(self.voltage, voltage_valid) * multipliers.voltage,
            amperes: ratio(self.current, current_valid) * multipliers.current,
            watts: ratio(self.power, power_valid) * multipliers.power,
        })
    }
}

const fn checksum(frame: &[u8; FRAME]) -> u8 {
    let (mut sum, mut rest): (u8, &[u8]) = (0, frame.as_slice().split_at(2).1);
    while let [byte, _, ..] = rest {
        sum = sum.wrapping_add(*byte);
        rest = match rest.split_first() {
            Some((_, rest)) => rest,
            None => &[],
        };
    }
    sum
}

/// The length of a frame.
pub const FRAME: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back() {
        for state in [
            State::Normal,
            State::Uncalibrated,
            State::Abnormal(2),
            State::Abnormal(15),
        ] {
            let reading = Reading {
                state,
                voltage: (185_600, 1446),
                current: (15_365, 64_939),
                power: (5_092_000, 0xff_ffff),
                adjustment: 0x71,
                pulses: 65_535,
            };
            assert_eq!(Reading::parse(&reading.encode()), Ok(reading));
        }
    }

    #[test]
    fn every_damaged_byte_is_found() {
        let reading = Reading {
            state: State::Normal,
            voltage: (1, 2),
            current: (3, 4),
            power: (5, 6),
            adjustment: 0x70,
            pulses: 9,
        };
        for at in 0..FRAME {
            let mut frame = reading.encode();
            frame[at] ^= 0x10;
            assert!(Reading::parse(&frame).is_err(), "{at}");
        }
    }
}
