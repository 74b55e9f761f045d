//! The commands of custom firmware, on characteristic 0x1F1F.
//!
//! Subscribe first; write [`Command`]s of pvvx's firmware; parse what comes back as [`Notification`]s, which start with
//! the id of the command. atc1441's firmware has [commands of its own](atc1441) and never answers.
//!
//! Most commands that set something store it: don't repeat them in a loop, even `20`, `44` and `55` without arguments
//! write the flash.
//!
//! ```
//! use telink_ota::command::{Command, Context, Notification};
//!
//! assert_eq!(Command::SetName("Kitchen").encode()?.expose(), b"\x01Kitchen");
//!
//! // 33 | 1f09 | 9a00 | f109 | 3449 | 61: 2.335 V, 1.54 °C, 25.45 %, the 18740th, flags
//! let bytes = [0x33, 0x1f, 0x09, 0x9a, 0x00, 0xf1, 0x09, 0x34, 0x49, 0x61];
//! let Ok(Notification::Measurement(measured)) = Notification::parse(&bytes, &Context::default()) else { panic!() };
//! assert_eq!(measured.temperature.to_string(), "1.54");
//! assert!(measured.flags.unwrap().reed_open());
//! # Ok::<(), telink_ota::command::CommandError>(())
//! ```

pub mod atc1441;
mod config;
mod display;
mod error;
mod fields;
mod flags;
pub mod keys;
mod log;
mod measurement;
mod notification;
pub mod rf_power;
mod sensor;
mod services;
mod trigger;

pub use config::{AdvertisingType, Config, Setting, Value};
pub use display::{Comfort, ExternalNumber, ExternalValue, ExternalValues};
pub use error::{CommandError, NotificationError};
pub use fields::{Encoded, Opaque};
pub use flags::Flags;
pub use log::{LogQuery, LogRecord};
pub use measurement::{Ina3221, Measurement};
pub use notification::{Context, ExtendedOtaState, ExtendedOtaStatus, KeyPiece, Notification, PinResult};
pub use sensor::{Coefficients, SensorConfig, SensorKind};
pub use services::{DeviceId, Service, Services};
pub use trigger::{Reed, ReedMode, Trigger};

use crate::{BindKey, MiToken, Pin};
use fields::in_range;
use keys::Did;
use macaddr::MacAddr6;

/// A command of pvvx's firmware.
///
/// Without arguments it reads; what it answers is a [`Notification`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// `00`: hardware, version, sensors, services. Since 4.5.
    DeviceId,
    /// `01`: the name.
    Name,
    /// `01`: sets the name, 1 to 18 bytes. Restarts on disconnect.
    SetName(&'a str),
    /// `01 00`: the default name.
    RestoreName,
    /// `02`: the I²C addresses of sensor, display and clock. Since 4.2.
    BusAddresses,
    /// `03`: all I²C addresses that answer.
    ScanBus,
    /// `04`: an I²C transfer, for diagnosis.
    BusTransfer {
        /// The 8-bit address.
        address: u8,
        /// Bytes to read, 0 to 17.
        read: u8,
        /// Bytes to write first.
        write: &'a [u8],
    },
    /// `05`: the id of the sensor. Since 4.3.
    SensorId,
    /// `06`: the JEDEC id of the flash. Since 4.6.
    FlashId,
    /// `10`: the MAC address.
    Mac,
    /// `10`: sets the MAC address, and the free bytes of the random static one. Restarts on disconnect.
    SetMac {
        /// The address.
        mac: MacAddr6,
        /// The two free bytes as the wire has them; drawn by the device if `None`.
        random: Option<[u8; 2]>,
    },
    /// `10 00`: the factory's MAC address.
    RestoreMac,
    /// `11`: Xiaomi's device id.
    Did,
    /// `11`: replaces Xiaomi's device id. Needs an MTU of 24.
    SetDid(&'a Did),
    /// `12`: Xiaomi's token and bind key.
    MiKeys,
    /// `12`: replaces Xiaomi's token and bind key. Needs an MTU of 32: send [`RequestMtu`](Self::RequestMtu) first.
    SetMiKeys {
        /// The token.
        token: &'a MiToken,
        /// The bind key.
        bind_key: &'a BindKey,
    },
    /// `15`: everything of Xiaomi's that the device has stored.
    AllMiKeys,
    /// `16`: swaps the current token and bind key with the newest deleted ones.
    SwapMiKeys,
    /// `17`: erases everything of Xiaomi's. Since 2.1.
    EraseMiKeys,
    /// `18`: the bind key of encrypted adverts.
    BindKey,
    /// `18`: sets the bind key of encrypted adverts.
    SetBindKey(&'a BindKey),
    /// `20`: the comfort limits.
    Comfort,
    /// `20`: sets the comfort limits.
    SetComfort(Comfort),
    /// `21`: whose adverts set the time. Since 5.2.
    ScanTime,
    /// `21`: sets whose adverts set the time, and how often; 0 = never.
    SetScanTime {
        /// Seconds between two scans.
        interval: u32,
        /// Whose adverts.
        mac: MacAddr6,
    },
    /// `22`: what an outside value shows.
    ExternalValue,
    /// `22`: shows an outside value in turn with the own ones.
    SetExternalValue(ExternalValue),
    /// `23`: the time. Since 1.8.
    Time,
    /// `23`: sets the time: seconds since 1970, **local time** if the display is to be right. The stamps of the log
    /// follow it.
    SetTime(u32),
    /// `24`: the length of a second. Since 2.4.
    TimeAdjust,
    /// `24`: sets the length of a second, in 1/16 µs more than 16000000.
    SetTimeAdjust(i16),
    /// `25`: how readings of the sensor become values. Since 4.7.
    SensorConfig,
    /// `25`: sets how readings of the sensor become values.
    SetSensorConfig(Coefficients),
    /// `26`: the sensor's default.
    DefaultSensorConfig,
    /// `27`: as `25`, of MY18B20 probes; the answer comes raw.
    ProbeConfig,
    /// `28`: the probes' default; the answer comes raw.
    DefaultProbeConfig,
    /// `29`: the soil sensor; the answer comes raw.
    SoilConfig,
    /// `29`: sets the soil sensor.
    SetSoilConfig {
        /// Slope.
        k: u32,
        /// Zero point.
        z: u16,
        /// Difference.
        d: u16,
    },
    /// `2a`: calibrates the soil sensor.
    CalibrateSoil {
        /// 1 temperature, 2 at 100 %, 3 at 0 %.
        step: u8,
    },
    /// `2b`: channel 2 of an INA3221; the answer comes raw.
    Ina3221Channel2,
    /// `2c`: channel 3 of an INA3221; the answer comes raw.
    Ina3221Channel3,
    /// `2d`: the radar; the answer comes raw.
    RadarConfig,
    /// `2d`: sets the radar.
    SetRadarConfig {
        /// Threshold.
        threshold: u16,
        /// Seconds.
        time: u16,
    },
    /// `33`: notifies this many measurements: 0 stops, 255 for ever.
    NotifyMeasurements(u8),
    /// `35`: sends log records. Since 1.9.
    ReadLog(LogQuery),
    /// `35 00 00`: stops sending log records; no answer.
    StopLog,
    /// `36 12 34`: erases the log. Since 2.3.
    ClearLog,
    /// `44`: the trigger.
    Trigger,
    /// `44`: sets the trigger.
    SetTrigger(Trigger),
    /// `45`: the trigger's output.
    TriggerOutput,
    /// `45`: switches the output, if no threshold controls it.
    SetTriggerOutput(bool),
    /// `49`: the load cell; the answer comes raw.
    LoadCell,
    /// `49`: sets the load cell.
    SetLoadCell {
        /// Reading at zero.
        zero: u32,
        /// Coefficient.
        coefficient: u32,
        /// Volume.
        volume: u32,
    },
    /// `55`: the config.
    Config,
    /// `55`: sets the config.
    SetConfig(Config),
    /// `56`: the default config.
    DefaultConfig,
    /// `57`: the config of firmware for BLE and Zigbee; the answer comes raw.
    ZigbeeConfig,
    /// `60`: shows these segments, until [`RestoreLcd`](Self::RestoreLcd) or the end of the connection.
    SetLcd(&'a [u8]),
    /// `60`: gives the display back to the device.
    RestoreLcd,
    /// `61`: what happens on the display.
    LcdFlags,
    /// `61`: bit 0 shows the outside buffer, bit 1 notifies each change.
    SetLcdFlags(u8),
    /// `68`: the analog output; the answer comes raw.
    DacConfig,
    /// `70`: sets the PIN; `None` switches it off. Erases pairings and restarts on disconnect.
    SetPin(Option<&'a Pin>),
    /// `71`: asks the host for a larger MTU, 23 to 255.
    RequestMtu(u8),
    /// `72`: restarts when the connection ends.
    RebootOnDisconnect,
    /// `73`: the state of the extended OTA. Since 4.2.
    ExtendedOta,
    /// `73`: prepares the flash for an image: see [`ExtendedOta`](crate::ExtendedOta).
    PrepareExtendedOta {
        /// Where, from 0x40000 on, at the start of a sector.
        address: u32,
        /// 4 to 207.
        kib: u32,
    },
    /// `dc`: a record of the settings store; the answer comes raw.
    Stored {
        /// Which one.
        id: u16,
    },
    /// `dc`: changes a record of the settings store.
    SetStored {
        /// Which one.
        id: u16,
        /// Its bytes, 1 to 40.
        bytes: Opaque<'a>,
    },
    /// `dd`: leaves long range.
    ResetLongRange,
    /// `dd 01`: enters long range.
    SetLongRange,
    /// Any other id, with arguments as they are: 47 at most.
    Other {
        /// The id.
        id: u8,
        /// The arguments.
        bytes: Opaque<'a>,
    },
}

impl Command<'_> {
    /// What is written to the characteristic.
    pub fn encode(&self) -> Result<Encoded, CommandError> {
        let new = Encoded::new;
        Ok(match *self {
            Self::DeviceId => new(0x00),
            Self::Name => new(0x01),
            Self::SetName(name) => new(0x01).put(sized("name", name.as_bytes(), NAME)?),
            Self::RestoreName => new(0x01).put(&[0]),
            Self::BusAddresses => new(0x02),
            Self::ScanBus => new(0x03),
            Self::BusTransfer { address, read, write } => {
                in_range("bytes to read", read.into(), 0, 17)?;
                if write.len() > 17 {
                    sized("bytes to write", write, 17)?;
                }
                new(0x04).put(&[read, address]).put(write)
            }
            Self::SensorId => new(0x05),
            Self::FlashId => new(0x06),
            Self::Mac => new(0x10),
            Self::SetMac { mac, random } => match random {
                None => new(0x10).put(&[6]).put(&reversed(mac)),
                Some(random) => new(0x10).put(&[8]).put(&reversed(mac)).put(&random),
            },
            Self::RestoreMac => new(0x10).put(&[0]),
            Self::Did => new(0x11),
            Self::SetDid(did) => new(0x11).put(did.bytes()),
            Self::MiKeys => new(0x12),
            Self::SetMiKeys { token, bind_key } => new(0x12).put(token.expose()).put(bind_key.expose()),
            Self::AllMiKeys => new(0x15),
            Self::SwapMiKeys => new(0x16),
            Self::EraseMiKeys => new(0x17),
            Self::BindKey => new(0x18),
            Self::SetBindKey(key) => new(0x18).put(key.expose()),
            Self::Comfort => new(0x20),
            Self::SetComfort(comfort) => comfort.encode(new(0x20))?,
            Self::ScanTime => new(0x21),
            Self::SetScanTime { interval, mac } => new(0x21).put(&interval.to_le_bytes()).put(&reversed(mac)),
            Self::ExternalValue => new(0x22),
            Self::SetExternalValue(value) => value.encode(new(0x22))?,
            Self::Time => new(0x23),
            Self::SetTime(seconds) => new(0x23).put(&seconds.to_le_bytes()),
            Self::TimeAdjust => new(0x24),
            Self::SetTimeAdjust(delta) => new(0x24).put(&delta.to_le_bytes()),
            Self::SensorConfig => new(0x25),
            Self::SetSensorConfig(coefficients) => coefficients.encode(new(0x25)),
            Self::DefaultSensorConfig => new(0x26),
            Self::ProbeConfig => new(0x27),
            Self::DefaultProbeConfig => new(0x28),
            Self::SoilConfig => new(0x29),
            Self::SetSoilConfig { k, z, d } => new(0x29)
                .put(&k.to_le_bytes())
                .put(&z.to_le_bytes())
                .put(&d.to_le_bytes()),
            Self::CalibrateSoil { step } => new(0x2a).put(&[in_range("step", step.into(), 1, 3)? as u8]),
            Self::Ina3221Channel2 => new(0x2b),
            Self::Ina3221Channel3 => new(0x2c),
            Self::RadarConfig => new(0x2d),
            Self::SetRadarConfig { threshold, time } => {
                new(0x2d).put(&threshold.to_le_bytes()).put(&time.to_le_bytes())
            }
            Self::NotifyMeasurements(count) => new(0x33).put(&[count]),
            Self::ReadLog(query) => new(0x35)
                .put(&query.last.to_le_bytes())
                .put(&query.skip.to_le_bytes()),
            Self::StopLog => new(0x35).put(&[0, 0]),
            Self::ClearLog => new(0x36).put(&[0x12, 0x34]),
            Self::Trigger => new(0x44),
            Self::SetTrigger(trigger) => trigger.encode(new(0x44))?,
            Self::TriggerOutput => new(0x45),
            Self::SetTriggerOutput(on) => new(0x45).put(&[on.into()]),
            Self::LoadCell => new(0x49),
            Self::SetLoadCell {
                zero,
                coefficient,
                volume,
            } => new(0x49)
                .put(&zero.to_le_bytes())
                .put(&coefficient.to_le_bytes())
                .put(&volume.to_le_bytes()),
            Self::Config => new(0x55),
            Self::SetConfig(config) => new(0x55).put(config.bytes()),
            Self::DefaultConfig => new(0x56),
            Self::ZigbeeConfig => new(0x57),
            Self::SetLcd(segments) => new(0x60).put(sized("segments", segments, LCD)?),
            Self::RestoreLcd => new(0x60),
            Self::LcdFlags => new(0x61),
            Self::SetLcdFlags(flags) => new(0x61).put(&[flags]),
            Self::DacConfig => new(0x68),
            Self::SetPin(pin) => new(0x70).put(&pin.map_or(0, Pin::expose).to_le_bytes()),
            Self::RequestMtu(mtu) => new(0x71).put(&[in_range("MTU", mtu.into(), 23, 255)? as u8]),
            Self::RebootOnDisconnect => new(0x72),
            Self::ExtendedOta => new(0x73),
            Self::PrepareExtendedOta { address, kib } => {
                in_range("address", address.into(), 0x40000, 0xff_f000)?;
                in_range("address within a sector", (address % 4096).into(), 0, 0)?;
                in_range("KiB", kib.into(), 4, 207)?;
                new(0x73).put(&address.to_le_bytes()).put(&kib.to_le_bytes())
            }
            Self::Stored { id } => new(0xdc).put(&id.to_le_bytes()),
            Self::SetStored { id, bytes } => new(0xdc)
                .put(&id.to_le_bytes())
                .put(sized("record", bytes.0, 40)?),
            Self::ResetLongRange => new(0xdd),
            Self::SetLongRange => new(0xdd).put(&[1]),
            Self::Other { id, bytes } => {
                if bytes.0.len() > 47 {
                    sized("arguments", bytes.0, 47)?;
                }
                new(id).put(bytes.0)
            }
        })
    }
}

impl Command<'_> {
    /// The first byte of the answer; `None` if there is none.
    #[must_use]
    pub fn answer_id(&self) -> Option<u8> {
        match self {
            Self::StopLog => None,
            Self::AllMiKeys => Some(0x10),
            Self::SwapMiKeys => Some(0x12),
            Self::DefaultSensorConfig => Some(0x25),
            Self::DefaultConfig | Self::ResetLongRange | Self::SetLongRange => Some(0x55),
            command => command.encode().ok().map(|encoded| encoded.id()),
        }
    }
}

fn sized<'a>(field: &'static str, bytes: &'a [u8], maximum: usize) -> Result<&'a [u8], CommandError> {
    let found = bytes.len();
    if found == 0 {
        return Err(CommandError::Empty { field });
    }
    if found > maximum {
        return Err(CommandError::TooLong {
            field,
            found,
            maximum,
        });
    }
    Ok(bytes)
}

/// A MAC address as the wire has it.
pub(crate) fn reversed(mac: MacAddr6) -> [u8; 6] {
    let [a, b, c, d, e, f] = mac.into_array();
    [f, e, d, c, b, a]
}

/// Bytes of a name.
const NAME: usize = 18;
/// Bytes of the largest display.
const LCD: usize = 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_a_key_prints_none_of_it() {
        let key: BindKey = "b2d46f0cd168c18b247c0c79e9ad5b8d".parse().unwrap();
        let command = Command::SetBindKey(&key);
        assert_eq!(format!("{command:?}"), "SetBindKey(BindKey(..))");
        assert_eq!(
            format!("{:?}", command.encode().unwrap()),
            "Encoded(0x18, 17 bytes)"
        );
        let pin = Pin::new(123_456).unwrap();
        assert_eq!(
            format!("{:?}", Command::SetPin(Some(&pin))),
            "SetPin(Some(Pin(..)))"
        );
    }

    #[test]
    fn token_and_key_need_a_larger_mtu() {
        let (token, bind_key) = (MiToken::from([1; 12]), BindKey::from([2; 16]));
        let command = Command::SetMiKeys {
            token: &token,
            bind_key: &bind_key,
        };
        assert_eq!(command.encode().unwrap().mtu(), 32);
        assert_eq!(Command::Config.encode().unwrap().mtu(), 23);
    }

    #[test]
    fn values_that_the_device_refuses_are_not_sent() {
        let prepare = |address, kib| Command::PrepareExtendedOta { address, kib }.encode();
        assert!(prepare(0x40000, 207).is_ok());
        assert_eq!(prepare(0x40000, 208).unwrap_err().name(), "out_of_range");
        assert_eq!(prepare(0x40001, 100).unwrap_err().name(), "out_of_range");
        assert_eq!(prepare(0x20000, 100).unwrap_err().name(), "out_of_range");
        assert_eq!(Command::SetName("").encode().unwrap_err().name(), "too_short");
        assert_eq!(
            Command::RequestMtu(22).encode().unwrap_err().name(),
            "out_of_range"
        );
    }
}
