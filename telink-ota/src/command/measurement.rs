//! Measurements (notification 33).
//!
//! `33 | battery u16 mV | temperature i16 0.01 °C | humidity u16 0.01 % | count u16`, then what the build has, in this
//! order: flags u8, CO₂ u16, reed count u32, illuminance u16, pressure u16, one or two probes i16. Builds with an
//! INA3221 send 18 bytes of another layout.

use super::error::NotificationError;
use super::fields::Reader;
use super::flags::Flags;
use super::notification::Context;
use super::sensor::SensorKind;
use super::services::Service;
use crate::Decimal;

/// A measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Measurement {
    /// mV; the average since 4.3.
    pub battery: u16,
    /// °C.
    pub temperature: Decimal,
    /// %.
    pub humidity: Decimal,
    /// Counts measurements; on soil builds the moisture in 0.01 %.
    pub count: u16,
    /// Inputs and outputs.
    pub flags: Option<Flags>,
    /// CO₂ in ppm.
    pub co2: Option<u16>,
    /// Pulses of input 1.
    pub reed_count: Option<u32>,
    /// Illuminance, in the unit of the build.
    pub illuminance: Option<u16>,
    /// Pressure, in the unit of the build.
    pub pressure: Option<u16>,
    /// Temperatures of probes, °C.
    pub probes: [Option<Decimal>; 2],
}

impl Measurement {
    pub(super) fn read(fields: &mut Reader<'_>, context: &Context) -> Result<Self, NotificationError> {
        let mut measurement = Self {
            battery: fields.u16()?,
            temperature: fields.hundredths()?,
            humidity: fields.hundredths_u16()?,
            count: fields.u16()?,
            flags: None,
            co2: None,
            reed_count: None,
            illuminance: None,
            pressure: None,
            probes: [None; 2],
        };
        let has = |service, otherwise| {
            context
                .services
                .map_or(otherwise, |services| services.has(service))
        };
        // Without knowing the build: flags, and the reed count that follows on most builds.
        let plain = matches!(fields.rest().len(), 1 | 5);
        if has(Service::Trigger, plain) && !fields.is_empty() {
            measurement.flags = Some(Flags(fields.u8()?));
        }
        if context.sensors.contains(&Some(SensorKind::Scd41)) && !fields.is_empty() {
            measurement.co2 = Some(fields.u16()?);
        }
        if has(Service::Reed, plain) && fields.rest().len() >= 4 {
            measurement.reed_count = Some(fields.u32()?);
        }
        if has(Service::Illuminance, false) && !fields.is_empty() {
            measurement.illuminance = Some(fields.u16()?);
        }
        if has(Service::Pressure, false) && !fields.is_empty() {
            measurement.pressure = Some(fields.u16()?);
        }
        if has(Service::My18b20, false) {
            for probe in &mut measurement.probes {
                if !fields.is_empty() {
                    *probe = Some(fields.hundredths()?);
                }
            }
        }
        Ok(measurement)
    }
}

/// A measurement of a build with an INA3221: three currents, three voltages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ina3221 {
    /// mV.
    pub battery: u16,
    /// Currents as read, in the unit of the build's resistors.
    pub currents: [i16; 3],
    /// mV.
    pub voltages: [u16; 3],
    /// Counts measurements.
    pub count: u16,
    /// Inputs and outputs.
    pub flags: Flags,
}

impl Ina3221 {
    pub(super) fn read(fields: &mut Reader<'_>) -> Result<Self, NotificationError> {
        Ok(Self {
            battery: fields.u16()?,
            currents: [fields.i16()?, fields.i16()?, fields.i16()?],
            voltages: [fields.u16()?, fields.u16()?, fields.u16()?],
            count: fields.u16()?,
            flags: Flags(fields.u8()?),
        })
    }
}
