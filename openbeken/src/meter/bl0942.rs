//! BL0942: 4800 baud, 8N1, up to four on a line.
//!
//! | offset | size | field, little-endian |
//! |---|---|---|
//! | 0 | 1 | 55h |
//! | 1 | 3 | current |
//! | 4 | 3 | voltage |
//! | 7 | 3 | fast current |
//! | 10 | 3 | power, signed |
//! | 13 | 3 | energy pulses, which wrap |
//! | 16 | 3 | period of the mains, two bytes used |
//! | 19 | 3 | status |
//! | 22 | 1 | NOT of the sum of the read command and all before |

use super::{FrameError, u24_le};

/// What is sent to read everything: the chip's address is 0 to 3.
#[must_use]
pub const fn read_request(address: u8) -> [u8; 2] {
    [READ | (address & 3), 0xaa]
}

/// What is sent to write a register, of 24 bits.
#[must_use]
pub const fn write(address: u8, register: u8, value: u32) -> [u8; 6] {
    let [a, b, c, _] = value.to_le_bytes();
    let head = WRITE | (address & 3);
    let sum = head
        .wrapping_add(register)
        .wrapping_add(a)
        .wrapping_add(b)
        .wrapping_add(c);
    [head, register, a, b, c, !sum]
}

/// What is sent at the start: unlock, then the mode.
#[must_use]
pub const fn setup(address: u8) -> [[u8; 6]; 2] {
    [write(address, 0x1d, 0x55), write(address, 0x19, 0x8f)]
}

/// A reading, in the chip's own units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Reading {
    /// Current.
    pub current: u32,
    /// Voltage.
    pub voltage: u32,
    /// Current, measured over a shorter time.
    pub fast_current: u32,
    /// Power; negative if it flows back.
    pub power: i32,
    /// Pulses of energy, 24 bits that wrap.
    pub pulses: u32,
    /// Period of the mains in microseconds.
    pub period: u16,
    /// Bits.
    pub status: u32,
}

impl Reading {
    /// Reads a frame of the chip with this address; what follows it is ignored.
    ///
    /// # Errors
    ///
    /// If it is too short, begins with something else, or is damaged, in this order.
    pub fn parse(bytes: &[u8], address: u8) -> Result<Self, FrameError> {
        let Some(frame) = bytes.first_chunk::<FRAME>() else {
            return Err(FrameError::NeedMore {
                found: bytes.len(),
                expected: FRAME,
            });
        };
        let [
            head,
            i0,
            i1,
            i2,
            v0,
            v1,
            v2,
            f0,
            f1,
            f2,
            p0,
            p1,
            p2,
            c0,
            c1,
            c2,
            t0,
            t1,
            _,
            s0,
            s1,
            s2,
            stored,
        ] = *frame;
        if head != HEAD {
            return Err(FrameError::BadHead {
                offset: 0,
                found: head,
            });
        }
        let computed = checksum(frame, address);
        if stored != computed {
            return Err(FrameError::Checksum { stored, computed });
        }
        Ok(Self {
            current: u24_le([i0, i1, i2]),
            voltage: u24_le([v0, v1, v2]),
            fast_current: u24_le([f0, f1, f2]),
            // The sign stands in the third byte.
            power: i32::from_le_bytes([0, p0, p1, p2]) >> 8,
            pulses: u24_le([c0, c1, c2]),
            period: u16::from_le_bytes([t0, t1]),
            status: u24_le([s0, s1, s2]),
        })
    }

    /// The frame that a chip with this address sends. Values beyond 24 bits are cut.
    #[must_use]
    pub const fn encode(&self, address: u8) -> [u8; FRAME] {
        let [i0, i1, i2, _] = self.current.to_le_bytes();
        let [v0, v1, v2, _] = self.voltage.to_le_bytes();
        let [f0, f1, f2, _] = self.fast_current.to_le_bytes();
        let [p0, p1, p2, _] = self.power.to_le_bytes();
        let [c0, c1, c2, _] = self.pulses.to_le_bytes();
        let [t0, t1] = self.period.to_le_bytes();
        let [s0, s1, s2, _] = self.status.to_le_bytes();
        let mut frame = [
            HEAD, i0, i1, i2, v0, v1, v2, f0, f1, f2, p0, p1, p2, c0, c1, c2, t0, t1, 0, s0, s1, s2, 0,
        ];
        frame[FRAME - 1] = checksum(&frame, address);
        frame
    }

    /// V.
    #[must_use]
    pub fn volts(&self, calibration: &Calibration) -> f64 {
        f64::from(self.voltage) / calibration.voltage
    }

    /// A.
    #[must_use]
    pub fn amperes(&self, calibration: &Calibration) -> f64 {
        f64::from(self.current) / calibration.current
    }

    /// W; OpenBeken shows negative power as 0 unless flag 25 is set.
    #[must_use]
    pub fn watts(&self, calibration: &Calibration) -> f64 {
        f64::from(self.power) / calibration.power
    }

    /// Hz; `None` if the chip measures none.
    #[must_use]
    pub fn hertz(&self) -> Option<f64> {
        (self.period != 0).then(|| 1_000_000.0 / f64::from(self.period))
    }
}

/// By what readings are divided: the raw reading divided by the true one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// For V.
    pub voltage: f64,
    /// For A.
    pub current: f64,
    /// For W.
    pub power: f64,
}

impl Calibration {
    /// What the firmware starts with.
    pub const DEFAULT: Self = Self {
        voltage: 15188.0,
        current: 251_210.0,
        power: 598.0,
    };
}

/// Pulses and Wh between two readings; the counter wraps at 24 bits.
#[must_use]
pub fn energy(before: u32, now: u32, calibration: &Calibration) -> (u32, f64) {
    let pulses = now.wrapping_sub(before) & 0xff_ffff;
    (
        pulses,
        f64::from(pulses) / calibration.power * 1638.4 * 256.0 / 3600.0,
    )
}

const fn checksum(frame: &[u8; FRAME], address: u8) -> u8 {
    let (mut sum, mut rest) = (READ | (address & 3), frame.as_slice());
    while let [byte, _, ..] = rest {
        sum = sum.wrapping_add(*byte);
        rest = match rest.split_first() {
            Some((_, rest)) => rest,
            None => &[],
        };
    }
    !sum
}

/// The length of a frame.
pub const FRAME: usize = 23;
pub(super) const HEAD: u8 = 0x55;
const READ: u8 = 0x58;
const WRITE: u8 = 0xa8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_come_back() {
        let reading = Reading {
            current: 0xff_ffff,
            voltage: 1,
            fast_current: 2,
            power: -3,
            pulses: 4,
            period: 20_000,
            status: 5,
        };
        for address in 0..4 {
            assert_eq!(Reading::parse(&reading.encode(address), address), Ok(reading));
            assert!(Reading::parse(&reading.encode(address), address ^ 1).is_err());
        }
        assert_eq!(reading.hertz(), Some(50.0));
        assert!(reading.watts(&Calibration::DEFAULT) < 0.0);
    }

    #[test]
    fn the_counter_of_energy_wraps() {
        let (pulses, _) = energy(0xff_fff0, 0x10, &Calibration::DEFAULT);
        assert_eq!(pulses, 0x20);
    }
}
