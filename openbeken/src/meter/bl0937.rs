//! BL0937 and HLW8012: no frames, but pulses. CF counts power, CF1 voltage or current as SEL says, switched each second.

/// What is multiplied with pulses a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// V.
    pub voltage: f64,
    /// A.
    pub current: f64,
    /// W.
    pub power: f64,
}

impl Calibration {
    /// What the firmware starts with.
    pub const DEFAULT: Self = Self {
        voltage: 0.132_530_120_48,
        current: 0.011_857_707_5,
        power: 1.5,
    };
}

/// V, A and W from pulses that were counted for so many milliseconds. `None` for no time.
///
/// OpenBeken drops what is above 3680 W.
#[must_use]
pub fn scale(pulses: [u32; 3], interval_ms: u32, calibration: &Calibration) -> Option<[f64; 3]> {
    if interval_ms == 0 {
        return None;
    }
    let frequency = pulses.map(|count| f64::from(count) * 1000.0 / f64::from(interval_ms));
    let [voltage, current, power] = frequency;
    Some([
        voltage * calibration.voltage,
        current * calibration.current,
        power * calibration.power,
    ])
}
