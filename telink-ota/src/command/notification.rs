//! What pvvx's firmware answers.

use macaddr::MacAddr6;

use super::config::Config;
use super::display::{Comfort, ExternalValue};
use super::error::NotificationError;
use super::fields::{Opaque, Reader};
use super::flags::Flags;
use super::log::LogRecord;
use super::measurement::{Ina3221, Measurement};
use super::sensor::{SensorConfig, SensorKind};
use super::services::{DeviceId, Service, Services};
use super::trigger::Trigger;
use crate::hardware::Variant;
use crate::{BindKey, FirmwareVersion};

/// What is known of a device, so that its notifications can be read: layouts depend on version and board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The version.
    pub version: FirmwareVersion,
    /// The kind of display.
    pub variant: Variant,
    /// What the build can do; `None` goes by lengths.
    pub services: Option<Services>,
    /// Its sensors.
    pub sensors: [Option<SensorKind>; 2],
}

impl Default for Context {
    /// A LYWSD03MMC with current firmware.
    fn default() -> Self {
        Self {
            version: FirmwareVersion::CURRENT,
            variant: Variant::Lcd,
            services: None,
            sensors: [None; 2],
        }
    }
}

impl From<&DeviceId> for Context {
    fn from(device: &DeviceId) -> Self {
        let hardware = crate::hardware::Hardware::of(device.hardware_id);
        Self {
            version: device.version,
            variant: hardware
                .and_then(|hardware| hardware.variant)
                .unwrap_or(Variant::Lcd),
            services: Some(device.services),
            sensors: device.sensors.map(Some),
        }
    }
}

/// A notification of characteristic 0x1F1F.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notification<'a> {
    /// `00`.
    DeviceId(DeviceId),
    /// `01`: the name; empty if it isn't UTF-8.
    Name(&'a str),
    /// `02`: 8-bit I²C addresses; 0 is none or a UART, 1 is SPI.
    BusAddresses {
        /// The sensor.
        sensor: u8,
        /// The display.
        lcd: u8,
        /// The clock, where there is one.
        clock: Option<u8>,
    },
    /// `03`: the 8-bit addresses that answer.
    BusScan(&'a [u8]),
    /// `04`: what an I²C transfer read; `None` if it failed.
    BusTransfer(Option<&'a [u8]>),
    /// `05`.
    SensorId(u32),
    /// `06`.
    FlashId([u8; 3]),
    /// `10`.
    Mac {
        /// The MAC address.
        mac: MacAddr6,
        /// The two free bytes of the random static address, as the wire has them.
        random: [u8; 2],
    },
    /// `11` to `14`: a record of Xiaomi's, or a piece of one: see [`KeyCollector`](super::keys::KeyCollector).
    MiKey(KeyPiece<'a>),
    /// `17`.
    MiKeysErased,
    /// `18`: the bind key of adverts; `None` if there is none.
    BindKey(Option<BindKey>),
    /// `20`.
    Comfort(Comfort),
    /// `21`.
    ScanTime {
        /// Seconds; 0 = never.
        interval: u32,
        /// Whose adverts.
        mac: MacAddr6,
    },
    /// `22`.
    ExternalValue(ExternalValue),
    /// `23`.
    Time {
        /// Seconds since 1970, or since the start.
        time: u32,
        /// When it was set; only where the clock can be adjusted.
        last_set: Option<u32>,
    },
    /// `24`: the length of a second, in 1/16 µs; 16000000 is nominal.
    TimeAdjust {
        /// Ticks.
        ticks: u32,
    },
    /// `25`, `26`.
    SensorConfig(SensorConfig),
    /// `33 n`: so many measurements will come.
    Measuring(u8),
    /// `33`.
    Measurement(Measurement),
    /// `33`, of a build with an INA3221.
    Ina3221(Ina3221),
    /// `35`.
    LogRecord(LogRecord),
    /// `35 00 00`: that was the last record.
    LogEnd,
    /// `36`.
    LogCleared,
    /// `44`.
    Trigger(Trigger),
    /// `45`: also sent unasked when an input changes.
    TriggerOutput(Flags),
    /// `55`.
    Config(Config),
    /// `60`: the segments.
    Lcd(&'a [u8]),
    /// `61`.
    LcdFlags(u8),
    /// `70`.
    Pin(PinResult),
    /// `71`: 0 if the request was sent.
    Mtu(u8),
    /// `72`: the device will restart when the connection ends.
    RebootArmed,
    /// `73`.
    ExtendedOta(ExtendedOtaStatus),
    /// `id ff`: unknown to this build.
    Error {
        /// The command.
        command: u8,
    },
    /// An id that this crate reads no further.
    Other {
        /// The id.
        id: u8,
        /// What follows.
        bytes: Opaque<'a>,
    },
}

impl<'a> Notification<'a> {
    /// Parses a notification. Bytes beyond its layout are ignored, as newer firmware may add some.
    pub fn parse(bytes: &'a [u8], context: &Context) -> Result<Self, NotificationError> {
        let Some((&id, rest)) = bytes.split_first() else {
            return Err(NotificationError::TooShort {
                what: "a notification",
                expected: 1,
                found: 0,
            });
        };
        if rest == [0xff] && !matches!(id, 0x18 | 0x33 | 0x45 | 0x61 | 0x71) {
            return Ok(Self::Error { command: id });
        }
        let fields = |what| Reader::new(what, rest);
        Ok(match id {
            0x00 => Self::DeviceId(DeviceId::read(&mut fields("the device id"))?),
            0x01 => Self::Name(
                core::str::from_utf8(rest)
                    .unwrap_or_default()
                    .trim_end_matches('\0'),
            ),
            0x02 => bus_addresses(fields("the bus addresses"))?,
            0x03 => Self::BusScan(rest),
            0x04 => Self::BusTransfer((rest != [0xff]).then_some(rest)),
            0x05 => Self::SensorId(fields("the sensor id").u32()?),
            0x06 => Self::FlashId(fields("the flash id").take()?),
            0x10 => mac(fields("the MAC address"))?,
            0x11..=0x14 => Self::MiKey(KeyPiece::read(id, fields("a record of Xiaomi's"))?),
            0x17 => Self::MiKeysErased,
            0x18 if rest == [0xff] => Self::BindKey(None),
            0x18 => Self::BindKey(Some(BindKey::from(fields("the bind key").take::<16>()?))),
            0x20 => Self::Comfort(Comfort::read(&mut fields("the comfort limits"))?),
            0x21 => scan_time(fields("the time source"))?,
            0x22 => {
                let value = ExternalValue::read(&mut fields("the outside value"), context.variant)?;
                Self::ExternalValue(value)
            }
            0x23 => {
                let mut fields = fields("the time");
                Self::Time {
                    time: fields.u32()?,
                    last_set: fields.u32().ok(),
                }
            }
            0x24 => Self::TimeAdjust {
                ticks: fields("the length of a second").u32()?,
            },
            0x25 | 0x26 => Self::SensorConfig(SensorConfig::read(&mut fields("the sensor"))?),
            0x33 => measurement(rest, context)?,
            0x35 if rest == [0, 0] => Self::LogEnd,
            0x35 => Self::LogRecord(LogRecord::read(&mut fields("a log record"))?),
            0x36 => Self::LogCleared,
            0x44 => Self::Trigger(Trigger::read(&mut fields("the trigger"), context.version)?),
            0x45 => Self::TriggerOutput(Flags(fields("the output").u8()?)),
            0x55 => Self::Config(Config::parse(bytes, context.variant)?),
            0x60 => Self::Lcd(rest),
            0x61 => Self::LcdFlags(fields("the display's flags").u8()?),
            0x70 => Self::Pin(PinResult::from_wire(fields("the PIN's result").u8()?)),
            0x71 => Self::Mtu(fields("the MTU's status").u8()?),
            0x72 => Self::RebootArmed,
            0x73 => Self::ExtendedOta(ExtendedOtaStatus::read(fields("the extended OTA"))?),
            id => Self::Other {
                id,
                bytes: Opaque(rest),
            },
        })
    }
}

fn bus_addresses(mut fields: Reader<'_>) -> Result<Notification<'_>, NotificationError> {
    Ok(Notification::BusAddresses {
        sensor: fields.u8()?,
        lcd: fields.u8()?,
        clock: fields.u8().ok(),
    })
}

fn mac(mut fields: Reader<'_>) -> Result<Notification<'_>, NotificationError> {
    let _length = fields.u8()?;
    Ok(Notification::Mac {
        mac: read_mac(&mut fields)?,
        random: fields.take()?,
    })
}

fn scan_time(mut fields: Reader<'_>) -> Result<Notification<'_>, NotificationError> {
    Ok(Notification::ScanTime {
        interval: fields.u32()?,
        mac: read_mac(&mut fields)?,
    })
}

fn read_mac(fields: &mut Reader<'_>) -> Result<MacAddr6, NotificationError> {
    let [f, e, d, c, b, a] = fields.take()?;
    Ok(MacAddr6::new(a, b, c, d, e, f))
}

fn measurement<'a>(rest: &[u8], context: &Context) -> Result<Notification<'a>, NotificationError> {
    let mut fields = Reader::new("a measurement", rest);
    let three_channels = context
        .services
        .is_none_or(|services| services.has(Service::CurrentVoltage));
    Ok(match rest {
        &[count] => Notification::Measuring(count),
        rest if rest.len() == 17 && three_channels => Notification::Ina3221(Ina3221::read(&mut fields)?),
        _ => Notification::Measurement(Measurement::read(&mut fields, context)?),
    })
}

/// A record of Xiaomi's, or a piece of one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyPiece<'a> {
    /// The command: 11 device id, 12 token and bind key, 13 counter, 14 a deleted record.
    pub id: u8,
    /// The bytes that are left of the record, this piece included; 0 if there is no such record.
    pub remaining: u8,
    /// This piece. It may be of a key.
    pub bytes: &'a [u8],
}

impl<'a> KeyPiece<'a> {
    fn read(id: u8, mut fields: Reader<'a>) -> Result<Self, NotificationError> {
        let remaining = fields.u8()?;
        let bytes = fields.rest();
        let bytes = bytes.get(..usize::from(remaining)).unwrap_or(bytes);
        Ok(Self { id, remaining, bytes })
    }
}

impl core::fmt::Debug for KeyPiece<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "KeyPiece({:#04x}, {} of {} bytes)",
            self.id,
            self.bytes.len(),
            self.remaining
        )
    }
}

/// What became of a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PinResult {
    /// It was that already.
    Unchanged,
    /// It is stored.
    Stored,
    /// The flash failed.
    FlashError,
    /// Something else.
    Unknown(u8),
}

impl PinResult {
    const fn from_wire(code: u8) -> Self {
        match code {
            0 => Self::Unchanged,
            1 => Self::Stored,
            3 => Self::FlashError,
            code => Self::Unknown(code),
        }
    }

    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Stored => "stored",
            Self::FlashError => "flash_error",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// The extended OTA: `73 | state u8 | address u32 | KiB u32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExtendedOtaStatus {
    /// How far it is.
    pub state: ExtendedOtaState,
    /// Where; while erasing, the next sector.
    pub address: u32,
    /// How much; 0 while erasing.
    pub kib: u32,
}

impl ExtendedOtaStatus {
    fn read(mut fields: Reader<'_>) -> Result<Self, NotificationError> {
        Ok(Self {
            state: ExtendedOtaState::from_wire(fields.u8()?),
            address: fields.u32()?,
            kib: fields.u32()?,
        })
    }

    /// The most bytes of an image, once the flash is ready.
    #[must_use]
    pub const fn max_payload(&self) -> Option<u32> {
        match self.state {
            ExtendedOtaState::Ready => Some(self.kib.saturating_mul(1024).saturating_add(4096)),
            _ => None,
        }
    }

    /// As a device sends it.
    #[must_use]
    pub fn encode(&self) -> [u8; 10] {
        let [a0, a1, a2, a3] = self.address.to_le_bytes();
        let [k0, k1, k2, k3] = self.kib.to_le_bytes();
        [0x73, self.state.to_wire(), a0, a1, a2, a3, k0, k1, k2, k3]
    }
}

/// How far the extended OTA is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtendedOtaState {
    /// Only an answer: nothing happens.
    Idle,
    /// Another OTA runs.
    OtaRunning,
    /// It begins, or is at it.
    Busy,
    /// The flash is ready: start the OTA.
    Ready,
    /// Erasing.
    Erasing,
    /// Address or size are wrong.
    BadParameter,
    /// Something else: an error.
    Unknown(u8),
}

impl ExtendedOtaState {
    const fn from_wire(code: u8) -> Self {
        match code {
            0 => Self::Idle,
            1 => Self::OtaRunning,
            2 => Self::Busy,
            3 => Self::Ready,
            4 => Self::Erasing,
            0xfe => Self::BadParameter,
            code => Self::Unknown(code),
        }
    }

    const fn to_wire(self) -> u8 {
        match self {
            Self::Idle => 0,
            Self::OtaRunning => 1,
            Self::Busy => 2,
            Self::Ready => 3,
            Self::Erasing => 4,
            Self::BadParameter => 0xfe,
            Self::Unknown(code) => code,
        }
    }

    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "info",
            Self::OtaRunning => "ota_running",
            Self::Busy => "busy",
            Self::Ready => "ready",
            Self::Erasing => "erasing",
            Self::BadParameter => "bad_parameter",
            Self::Unknown(_) => "error",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parsing_survives_any_bytes(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
            version: u8,
            services: Option<u32>,
        ) {
            let context = Context {
                version: FirmwareVersion(version),
                services: services.map(Services),
                sensors: [Some(SensorKind::Scd41), None],
                ..Context::default()
            };
            let _ = Notification::parse(&bytes, &context);
        }

        #[test]
        fn a_log_record_is_read_as_it_was_written(number in 1_u16.., time: u32, raw: i16, humidity: u16, battery: u16) {
            let record = LogRecord {
                number,
                time,
                temperature: crate::Decimal::new(raw.into(), -2),
                humidity: crate::Decimal::new(humidity.into(), -2),
                battery,
            };
            let bytes = record.encode();
            let parsed = Notification::parse(&bytes, &Context::default()).unwrap();
            prop_assert_eq!(parsed, Notification::LogRecord(record));
        }
    }

    #[test]
    fn a_piece_of_a_key_prints_no_byte_of_it() {
        let bytes = [0x12, 0x1c, 0xab, 0xcd, 0xef];
        let parsed = Notification::parse(&bytes, &Context::default()).unwrap();
        assert_eq!(format!("{parsed:?}"), "MiKey(KeyPiece(0x12, 3 of 28 bytes))");
    }
}
