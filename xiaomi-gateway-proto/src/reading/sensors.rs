//! What detectors and vibration sensors pack into one attribute.

/// What a smoke or gas detector says: bits of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Alarm {
    /// The code on the wire.
    pub code: u32,
    /// Bit 0: smoke or gas.
    pub alarm: bool,
    /// Bit 1: somebody pressed the test button.
    pub test: bool,
    /// Bit 3: the battery of a smoke detector.
    pub battery_fault: bool,
    /// Bit 6: the sensor isn't sensitive any more.
    pub sensitivity_fault: bool,
    /// Bit 15: the detector's electronics.
    pub i2c_fault: bool,
}

impl Alarm {
    /// Reads the code; gas detectors have no battery.
    #[must_use]
    pub const fn from_code(code: u32, has_battery: bool) -> Self {
        Self {
            code,
            alarm: code & 1 != 0,
            test: code & 1 << 1 != 0,
            battery_fault: has_battery && code & 1 << 3 != 0,
            sensitivity_fault: code & 1 << 6 != 0,
            i2c_fault: code & 1 << 15 != 0,
        }
    }
}

/// Raw accelerometer values, about 1200 per g, and the angle of each axis above the horizon in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Orientation {
    /// x, y, z as sent.
    pub raw: [i32; 3],
    /// -90 to 90.
    pub angles_deg: [i32; 3],
}

impl Orientation {
    /// Angles of raw values, rounded, halves up.
    #[must_use]
    pub fn new(raw: [i32; 3]) -> Self {
        let [x, y, z] = raw.map(f64::from);
        let angle = |of: f64, a: f64, b: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "between -90 and 90")]
            let degrees = libm::floor(libm::atan2(of, libm::sqrt(a * a + b * b)).to_degrees() + 0.5) as i32;
            degrees
        };
        Self {
            raw,
            angles_deg: [angle(x, y, z), angle(y, x, z), angle(z, x, y)],
        }
    }

    /// `x,y,z`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(|part| part.trim().parse().ok());
        let raw = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then(|| Self::new(raw))
    }
}
