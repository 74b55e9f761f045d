//! The sensor: which one, and how its readings become values (commands 25 and 26).
//!
//! Set: `25 | k1 u32 | k2 u32 | z1 i16 | z2 i16`; the answer adds `id u32 | I²C address u8 | kind u8`, before 4.8
//! without the kind. A value is `(reading × k >> 16) + z`, in steps of 0.01; 1 is the temperature, 2 the humidity.

use super::error::NotificationError;
use super::fields::{Encoded, Reader};

/// How readings become values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coefficients {
    /// Slopes of temperature and humidity.
    pub k: [u32; 2],
    /// Zero points of temperature and humidity, in 0.01: since 4.7 offsets go here.
    pub z: [i16; 2],
}

impl Coefficients {
    pub(super) fn encode(&self, command: Encoded) -> Encoded {
        let ([k1, k2], [z1, z2]) = (self.k, self.z);
        command
            .put(&k1.to_le_bytes())
            .put(&k2.to_le_bytes())
            .put(&z1.to_le_bytes())
            .put(&z2.to_le_bytes())
    }
}

/// The sensor and its coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SensorConfig {
    /// How readings become values.
    pub coefficients: Coefficients,
    /// The sensor's own id.
    pub id: u32,
    /// Its 8-bit I²C address.
    pub address: u8,
    /// Which one; `None` before 4.8.
    pub kind: Option<SensorKind>,
}

impl SensorConfig {
    pub(super) fn read(fields: &mut Reader<'_>) -> Result<Self, NotificationError> {
        Ok(Self {
            coefficients: Coefficients {
                k: [fields.u32()?, fields.u32()?],
                z: [fields.i16()?, fields.i16()?],
            },
            id: fields.u32()?,
            address: fields.u8()?,
            kind: fields.u8().ok().map(SensorKind::from_wire),
        })
    }
}

/// A sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SensorKind {
    /// None.
    None,
    /// SHTC3.
    Shtc3,
    /// SHT4x.
    Sht4x,
    /// SHT30.
    Sht30,
    /// CHT8305.
    Cht8305,
    /// AHT2x and AHT30.
    Aht2x,
    /// CHT8215.
    Cht8215,
    /// INA226.
    Ina226,
    /// MY18B20.
    My18b20,
    /// Two MY18B20.
    TwoMy18b20,
    /// HX71x.
    Hx71x,
    /// A humidity sensor with pulse width.
    PwmRh,
    /// A thermistor.
    Ntc,
    /// INA3221.
    Ina3221,
    /// SCD41.
    Scd41,
    /// BME280.
    Bme280,
    /// BMP280.
    Bmp280,
    /// PCF85163, a clock.
    Pcf85163,
    /// A microcontroller of its own.
    Mcu,
    /// A code that this crate doesn't know.
    Unknown(u8),
}

impl SensorKind {
    /// The sensor of a code.
    #[must_use]
    pub fn from_wire(code: u8) -> Self {
        let row = TABLE.get(usize::from(code));
        row.map_or(Self::Unknown(code), |&(kind, _)| kind)
    }

    /// A short name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        let row = TABLE.iter().find(|&&(kind, _)| kind == self);
        row.map_or("unknown", |&(_, name)| name)
    }
}

/// By code.
#[rustfmt::skip]
const TABLE: &[(SensorKind, &str)] = &[
    (SensorKind::None, "none"),
    (SensorKind::Shtc3, "shtc3"),
    (SensorKind::Sht4x, "sht4x"),
    (SensorKind::Sht30, "sht30"),
    (SensorKind::Cht8305, "cht8305"),
    (SensorKind::Aht2x, "aht2x"),
    (SensorKind::Cht8215, "cht8215"),
    (SensorKind::Ina226, "ina226"),
    (SensorKind::My18b20, "my18b20"),
    (SensorKind::TwoMy18b20, "my18b20x2"),
    (SensorKind::Hx71x, "hx71x"),
    (SensorKind::PwmRh, "pwm_rh"),
    (SensorKind::Ntc, "ntc"),
    (SensorKind::Ina3221, "ina3221"),
    (SensorKind::Scd41, "scd41"),
    (SensorKind::Bme280, "bme280"),
    (SensorKind::Bmp280, "bmp280"),
    (SensorKind::Pcf85163, "pcf85163"),
    (SensorKind::Mcu, "mcu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ordered_by_code() {
        assert_eq!(SensorKind::from_wire(17), SensorKind::Pcf85163);
        assert_eq!(SensorKind::from_wire(18).name(), "mcu");
        assert_eq!(SensorKind::from_wire(19), SensorKind::Unknown(19));
    }
}
