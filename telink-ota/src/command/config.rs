//! The config (command 0x55): eleven bytes whose meaning depends on version and board.
//!
//! | offset | field |
//! |---|---|
//! | 0 | flags 1: advertising type, smiley, display, measuring |
//! | 1 | flags 2: smiley or screen, encryption, radio |
//! | 2 | before 4.7: temperature offset, 0.1 °C; since: flags 3 |
//! | 3 | before 4.7: humidity offset, 0.1 %; since 5.1: adverts an event |
//! | 4 | advertising interval, 62.5 ms |
//! | 5 | adverts a measurement |
//! | 6 | transmit power, see [`rf_power`](super::rf_power) |
//! | 7 | connection latency, (n + 1) × 20 ms |
//! | 8 | display refresh, 50 ms |
//! | 9 | hardware, read only |
//! | 10 | averaged measurements a log record |
//!
//! A [`Config`] keeps the bytes, and [`Setting`]s read and change single fields: so a config goes back to the device
//! with all bits that nobody understands as they were.
//!
//! ```
//! use telink_ota::command::{Config, Setting, Value};
//! use telink_ota::{Decimal, hardware::Variant};
//!
//! // 55 58 | 87 10 0a 06 28 04 a9 31 31 00 b4 | xx
//! let notification = [0x55, 0x58, 0x87, 0x10, 0x0a, 0x06, 0x28, 0x04, 0xa9, 0x31, 0x31, 0x00, 0xb4, 0x7f];
//! let mut config = Config::parse(&notification, Variant::Lcd)?;
//! assert_eq!(config.value(Setting::AdvertisingInterval), Some(Value::Number(Decimal::new(2500, 0))));
//! config.set(Setting::ShowBattery, Value::Flag(true)).unwrap();
//! assert_eq!(config.bytes()[0], 0xa7);
//! # Ok::<(), telink_ota::command::NotificationError>(())
//! ```

use super::error::{CommandError, NotificationError};
use super::fields::in_range;
use crate::hardware::Variant;
use crate::{Decimal, FirmwareVersion};

/// A device's config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    version: FirmwareVersion,
    variant: Variant,
    bytes: [u8; LENGTH],
}

impl Config {
    /// Parses the notification `55 version config`; bytes beyond the config have no meaning.
    pub fn parse(notification: &[u8], variant: Variant) -> Result<Self, NotificationError> {
        let found = notification.len();
        let too_short = |expected| NotificationError::TooShort {
            what: "config",
            expected,
            found,
        };
        let &[_, version, ref rest @ ..] = notification else {
            return Err(too_short(2 + SHORT_LENGTH));
        };
        let version = FirmwareVersion(version);
        let length = length(version);
        let fields = rest.get(..length).ok_or_else(|| too_short(2 + length))?;
        Ok(Self::from_bytes(version, variant, fields))
    }

    /// A config of bytes that were kept; missing ones are 0.
    #[must_use]
    pub fn from_bytes(version: FirmwareVersion, variant: Variant, fields: &[u8]) -> Self {
        let mut bytes = [0; LENGTH];
        for (to, from) in bytes.iter_mut().zip(fields) {
            *to = *from;
        }
        Self {
            version,
            variant,
            bytes,
        }
    }

    /// The bytes that are sent to the device: 11, or 9 before version 2.0.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..length(self.version)).unwrap_or(&self.bytes)
    }

    /// The version that they belong to.
    #[must_use]
    pub const fn version(&self) -> FirmwareVersion {
        self.version
    }

    /// The kind of board that they belong to.
    #[must_use]
    pub const fn variant(&self) -> Variant {
        self.variant
    }

    /// The hardware id; `None` before version 2.0, which has none.
    #[must_use]
    pub fn hardware_id(&self) -> Option<u16> {
        let [.., step, hardware, _] = self.bytes;
        match self.version.0 {
            ..0x20 => None,
            0x20..0x36 => Some((hardware & 0x07).into()),
            0x36..0x48 => Some(match hardware & 0x0f {
                15 => 16 + u16::from(step & 0x7f),
                id => id.into(),
            }),
            0x48.. => Some(hardware.into()),
        }
    }

    /// A setting; `None` where version or board doesn't have it.
    #[must_use]
    pub fn value(&self, setting: Setting) -> Option<Value> {
        if setting == Setting::HardwareId {
            return self.hardware_id().map(|id| Value::Number(i32::from(id).into()));
        }
        let row = self.row(setting)?;
        let byte = *self.bytes.get(row.offset)?;
        let raw = (byte >> row.shift) & row.mask();
        Some(match row.kind {
            Field::Flag => Value::Flag(raw != 0),
            Field::Advertising => Value::Advertising(AdvertisingType::from_wire(raw, self.version)),
            Field::Signed(exponent) => Value::Number(Decimal::new(raw.cast_signed().into(), exponent)),
            Field::Steps {
                step, exponent, plus, ..
            } => Value::Number(Decimal::new((i32::from(raw) + plus) * step, exponent)),
        })
    }

    /// Changes a setting and nothing else. Numbers are rounded to the steps that the wire has.
    pub fn set(&mut self, setting: Setting, value: Value) -> Result<(), CommandError> {
        let field = setting.name();
        let none = CommandError::NoSuchSetting {
            field,
            version: self.version,
        };
        if setting.is_read_only() {
            return Err(none);
        }
        let row = *self.row(setting).ok_or(none)?;
        let raw = match (row.kind, value) {
            (Field::Flag, Value::Flag(on)) => u8::from(on),
            (Field::Advertising, Value::Advertising(kind)) => {
                kind.to_wire(self.version).ok_or(CommandError::NoSuchSetting {
                    field: kind.name(),
                    version: self.version,
                })?
            }
            (Field::Signed(exponent), Value::Number(number)) => {
                // The page and the device take offsets up to 12.5.
                in_range(field, number.rescaled(exponent), -125, 125)? as i8 as u8
            }
            (
                Field::Steps {
                    step,
                    exponent,
                    plus,
                    minimum,
                    maximum,
                },
                Value::Number(number),
            ) => {
                let (scaled, step) = (number.rescaled(exponent), i64::from(step));
                let raw = (2 * scaled + step).div_euclid(2 * step) - i64::from(plus);
                in_range(field, raw, minimum.into(), maximum.into())? as u8
            }
            _ => return Err(CommandError::WrongKind { field }),
        };
        if let Some(byte) = self.bytes.get_mut(row.offset) {
            *byte = (*byte & !(row.mask() << row.shift)) | (raw << row.shift);
        }
        Ok(())
    }

    /// All settings that this version and board have, with their values.
    pub fn settings(&self) -> impl Iterator<Item = (Setting, Value)> + '_ {
        Setting::ALL
            .iter()
            .filter_map(|&setting| Some((setting, self.value(setting)?)))
    }

    fn row(&self, setting: Setting) -> Option<&'static Row> {
        let row = TABLE.iter().find(|row| {
            row.setting == setting
                && (row.since..row.until).contains(&self.version.0)
                && row.variants.contains(self.variant)
        })?;
        let has = match setting {
            // Only the English MJWSD05MMC.
            Setting::DateDdMm => self.hardware_id() == Some(12),
            // The byte holds an extended hardware id instead.
            Setting::LcdStep => self.hardware_id().is_none_or(|id| id < 16) || self.version.0 >= 0x48,
            _ => true,
        };
        has.then_some(row)
    }
}

/// A field of the config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// Which adverts.
    AdvertisingType,
    /// The smiley shows comfort.
    ComfortSmiley,
    /// The smiley blinks; or, with a real-time clock, the clock shows.
    BlinkOrClock,
    /// Numbers × 100, on clocks.
    X100,
    /// Fahrenheit on the display.
    Fahrenheit,
    /// The battery on the display.
    ShowBattery,
    /// 12 hours instead of 24.
    TimeAmPm,
    /// Measurements are always notified.
    TxMeasures,
    /// The sensor measures with less power.
    LowPowerMeasures,
    /// The smiley, 0 to 7.
    Smiley,
    /// What a clock shows, 0 to 5: time, temperature, humidity, battery in percent, battery in volts, external.
    ScreenType,
    /// Adverts are encrypted.
    Encrypted,
    /// Adverts have the flags structure.
    AdvFlags,
    /// The 2 Mbit/s and coded PHYs in connections.
    Bt5Phy,
    /// Channel selection algorithm 2.
    Csa2,
    /// Extended advertising.
    ExtendedAdvertising,
    /// Long range: adverts on the coded PHY.
    LongRange,
    /// The display is off.
    ScreenOff,
    /// Offset of the temperature, °C.
    TemperatureOffset,
    /// Offset of the humidity, %.
    HumidityOffset,
    /// Random delay between adverts, ms.
    AdvDelay,
    /// Adverts an event.
    EventAdvCount,
    /// The weekday doesn't show.
    HideWeekday,
    /// The weekday shows.
    ShowWeekday,
    /// The date as day and month instead of month and day.
    DateDdMm,
    /// Advertising interval, ms.
    AdvertisingInterval,
    /// Adverts a measurement.
    MeasureInterval,
    /// Transmit power, a code.
    RfTxPower,
    /// Connection latency, ms.
    ConnectLatency,
    /// Display refresh, ms.
    LcdStep,
    /// Hardware id; read only.
    HardwareId,
    /// The sensor is an SHTC3; read only.
    SensorShtc3,
    /// Measurements a log record, 0 = no log.
    Averaging,
}

impl Setting {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::AdvertisingType,
        Self::ComfortSmiley,
        Self::BlinkOrClock,
        Self::X100,
        Self::Fahrenheit,
        Self::ShowBattery,
        Self::TimeAmPm,
        Self::TxMeasures,
        Self::LowPowerMeasures,
        Self::Smiley,
        Self::ScreenType,
        Self::Encrypted,
        Self::AdvFlags,
        Self::Bt5Phy,
        Self::Csa2,
        Self::ExtendedAdvertising,
        Self::LongRange,
        Self::ScreenOff,
        Self::TemperatureOffset,
        Self::HumidityOffset,
        Self::AdvDelay,
        Self::EventAdvCount,
        Self::HideWeekday,
        Self::ShowWeekday,
        Self::DateDdMm,
        Self::AdvertisingInterval,
        Self::MeasureInterval,
        Self::RfTxPower,
        Self::ConnectLatency,
        Self::LcdStep,
        Self::HardwareId,
        Self::SensorShtc3,
        Self::Averaging,
    ];

    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdvertisingType => "advertising_type",
            Self::ComfortSmiley => "comfort_smiley",
            Self::BlinkOrClock => "blink_or_clock",
            Self::X100 => "x100",
            Self::Fahrenheit => "fahrenheit",
            Self::ShowBattery => "show_battery",
            Self::TimeAmPm => "time_am_pm",
            Self::TxMeasures => "tx_measures",
            Self::LowPowerMeasures => "lp_measures",
            Self::Smiley => "smiley",
            Self::ScreenType => "screen_type",
            Self::Encrypted => "encrypted",
            Self::AdvFlags => "adv_flags",
            Self::Bt5Phy => "bt5phy",
            Self::Csa2 => "csa2",
            Self::ExtendedAdvertising => "ext_adv",
            Self::LongRange => "longrange",
            Self::ScreenOff => "screen_off",
            Self::TemperatureOffset => "temp_offset_c",
            Self::HumidityOffset => "humi_offset_pct",
            Self::AdvDelay => "adv_delay_ms",
            Self::EventAdvCount => "event_adv_count",
            Self::HideWeekday => "hide_weekday",
            Self::ShowWeekday => "show_weekday",
            Self::DateDdMm => "date_ddmm",
            Self::AdvertisingInterval => "advertising_interval_ms",
            Self::MeasureInterval => "measure_interval",
            Self::RfTxPower => "rf_tx_power",
            Self::ConnectLatency => "connect_latency_ms",
            Self::LcdStep => "lcd_step_ms",
            Self::HardwareId => "hw_id",
            Self::SensorShtc3 => "sensor_shtc3",
            Self::Averaging => "averaging",
        }
    }

    /// The setting of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.name() == name)
    }

    /// Whether only the device changes it.
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        matches!(self, Self::HardwareId | Self::SensorShtc3)
    }
}

/// The value of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// On or off.
    Flag(bool),
    /// A number in the unit of the setting.
    Number(Decimal),
    /// The advertising type.
    Advertising(AdvertisingType),
}

impl core::fmt::Display for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flag(true) => f.write_str("on"),
            Self::Flag(false) => f.write_str("off"),
            Self::Number(number) => number.fmt(f),
            Self::Advertising(kind) => f.write_str(kind.name()),
        }
    }
}

impl core::str::FromStr for Value {
    type Err = crate::DecimalError;

    /// `on`, `off`, a number, or the name of an advertising type.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "on" | "true" => Self::Flag(true),
            "off" | "false" => Self::Flag(false),
            other => match AdvertisingType::of(other) {
                Some(kind) => Self::Advertising(kind),
                None => Self::Number(other.parse()?),
            },
        })
    }
}

/// Which adverts a device sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AdvertisingType {
    /// atc1441's, UUID 0x181A.
    Atc1441,
    /// pvvx's own, UUID 0x181A.
    Pvvx,
    /// MiBeacon, UUID 0xFE95.
    Mi,
    /// All three in turn: before 3.7.
    All,
    /// BTHome: version 1 from 3.7, version 2 from 4.5.
    BtHome,
}

impl AdvertisingType {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Atc1441, Self::Pvvx, Self::Mi, Self::All, Self::BtHome];

    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Atc1441 => "atc1441",
            Self::Pvvx => "pvvx",
            Self::Mi => "mi",
            Self::All => "all",
            Self::BtHome => "bthome",
        }
    }

    /// The type of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    const fn from_wire(raw: u8, version: FirmwareVersion) -> Self {
        match raw & 3 {
            0 => Self::Atc1441,
            1 => Self::Pvvx,
            2 => Self::Mi,
            _ if version.0 < BTHOME => Self::All,
            _ => Self::BtHome,
        }
    }

    const fn to_wire(self, version: FirmwareVersion) -> Option<u8> {
        match self {
            Self::Atc1441 => Some(0),
            Self::Pvvx => Some(1),
            Self::Mi => Some(2),
            Self::All if version.0 < BTHOME => Some(3),
            Self::BtHome if version.0 >= BTHOME => Some(3),
            Self::All | Self::BtHome => None,
        }
    }
}

const fn length(version: FirmwareVersion) -> usize {
    if version.0 < 0x20 { SHORT_LENGTH } else { LENGTH }
}

const LENGTH: usize = 11;
/// Before version 2.0.
const SHORT_LENGTH: usize = 9;
/// The first version with BTHome.
const BTHOME: u8 = 0x37;

/// Where a setting is, in which versions, on which boards.
#[derive(Clone, Copy)]
struct Row {
    setting: Setting,
    since: u8,
    /// The first version without it.
    until: u8,
    variants: Variants,
    offset: usize,
    shift: u8,
    width: u8,
    kind: Field,
}

impl Row {
    const fn mask(&self) -> u8 {
        u8::MAX >> (8 - self.width)
    }
}

#[derive(Clone, Copy)]
enum Field {
    Flag,
    Advertising,
    /// A signed byte in steps of a power of ten.
    Signed(i8),
    /// `(raw + plus) × step × 10^exponent`, raw within limits.
    Steps {
        step: i32,
        exponent: i8,
        plus: i32,
        minimum: u8,
        maximum: u8,
    },
}

/// A set of variants.
#[derive(Clone, Copy)]
struct Variants(u8);

impl Variants {
    const fn contains(self, variant: Variant) -> bool {
        self.0 & (1 << variant as u8) != 0
    }
}

const fn steps(step: i32, exponent: i8, minimum: u8, maximum: u8) -> Field {
    Field::Steps {
        step,
        exponent,
        plus: 0,
        minimum,
        maximum,
    }
}

const LCD: Variants = Variants(1 << Variant::Lcd as u8);
const CLOCK: Variants = Variants(1 << Variant::Clock as u8);
const LYWSD02: Variants = Variants(1 << Variant::Lywsd02 as u8);
const HEADLESS: Variants = Variants(1 << Variant::Headless as u8);
const ANY: Variants = Variants(LCD.0 | CLOCK.0 | LYWSD02.0 | HEADLESS.0);
const PLAIN: Variants = Variants(LCD.0 | HEADLESS.0);
const CLOCKS: Variants = Variants(CLOCK.0 | LYWSD02.0);
const NO_CLOCK: Variants = Variants(LCD.0 | LYWSD02.0 | HEADLESS.0);
/// No version is the first without it.
const NOW: u8 = u8::MAX;
const BYTE: Field = steps(1, 0, 0, 255);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { setting: Setting::AdvertisingType, since: 0, until: NOW, variants: ANY, offset: 0, shift: 0, width: 2, kind: Field::Advertising },
    Row { setting: Setting::ComfortSmiley, since: 0, until: NOW, variants: ANY, offset: 0, shift: 2, width: 1, kind: Field::Flag },
    Row { setting: Setting::BlinkOrClock, since: 0, until: NOW, variants: PLAIN, offset: 0, shift: 3, width: 1, kind: Field::Flag },
    Row { setting: Setting::X100, since: 0, until: NOW, variants: CLOCK, offset: 0, shift: 3, width: 1, kind: Field::Flag },
    Row { setting: Setting::ShowBattery, since: 0, until: NOW, variants: LYWSD02, offset: 0, shift: 3, width: 1, kind: Field::Flag },
    Row { setting: Setting::Fahrenheit, since: 0, until: NOW, variants: ANY, offset: 0, shift: 4, width: 1, kind: Field::Flag },
    Row { setting: Setting::ShowBattery, since: 0, until: NOW, variants: PLAIN, offset: 0, shift: 5, width: 1, kind: Field::Flag },
    Row { setting: Setting::TimeAmPm, since: 0, until: NOW, variants: CLOCKS, offset: 0, shift: 5, width: 1, kind: Field::Flag },
    Row { setting: Setting::TxMeasures, since: 0, until: NOW, variants: ANY, offset: 0, shift: 6, width: 1, kind: Field::Flag },
    Row { setting: Setting::LowPowerMeasures, since: 0, until: NOW, variants: ANY, offset: 0, shift: 7, width: 1, kind: Field::Flag },
    Row { setting: Setting::Smiley, since: 0, until: NOW, variants: NO_CLOCK, offset: 1, shift: 0, width: 3, kind: steps(1, 0, 0, 7) },
    Row { setting: Setting::ScreenType, since: 0, until: NOW, variants: CLOCK, offset: 1, shift: 0, width: 3, kind: steps(1, 0, 0, 7) },
    Row { setting: Setting::Encrypted, since: 0x22, until: NOW, variants: ANY, offset: 1, shift: 3, width: 1, kind: Field::Flag },
    Row { setting: Setting::AdvFlags, since: 0x30, until: NOW, variants: ANY, offset: 1, shift: 4, width: 1, kind: Field::Flag },
    Row { setting: Setting::Bt5Phy, since: 0x36, until: NOW, variants: ANY, offset: 1, shift: 5, width: 1, kind: Field::Flag },
    Row { setting: Setting::Csa2, since: 0x36, until: 0x40, variants: ANY, offset: 1, shift: 6, width: 1, kind: Field::Flag },
    Row { setting: Setting::ExtendedAdvertising, since: 0x40, until: 0x42, variants: ANY, offset: 1, shift: 6, width: 1, kind: Field::Flag },
    Row { setting: Setting::LongRange, since: 0x40, until: 0x42, variants: ANY, offset: 1, shift: 7, width: 1, kind: Field::Flag },
    Row { setting: Setting::LongRange, since: 0x42, until: NOW, variants: ANY, offset: 1, shift: 6, width: 1, kind: Field::Flag },
    Row { setting: Setting::ScreenOff, since: 0x43, until: NOW, variants: ANY, offset: 1, shift: 7, width: 1, kind: Field::Flag },
    Row { setting: Setting::TemperatureOffset, since: 0, until: 0x47, variants: ANY, offset: 2, shift: 0, width: 8, kind: Field::Signed(-1) },
    Row { setting: Setting::AdvDelay, since: 0x51, until: NOW, variants: ANY, offset: 2, shift: 0, width: 4, kind: steps(625, -3, 0, 15) },
    Row { setting: Setting::DateDdMm, since: 0x54, until: NOW, variants: CLOCK, offset: 2, shift: 6, width: 1, kind: Field::Flag },
    Row { setting: Setting::HideWeekday, since: 0x49, until: NOW, variants: CLOCK, offset: 2, shift: 7, width: 1, kind: Field::Flag },
    Row { setting: Setting::ShowWeekday, since: 0x47, until: NOW, variants: LYWSD02, offset: 2, shift: 7, width: 1, kind: Field::Flag },
    Row { setting: Setting::HumidityOffset, since: 0, until: 0x47, variants: ANY, offset: 3, shift: 0, width: 8, kind: Field::Signed(-1) },
    Row { setting: Setting::EventAdvCount, since: 0x51, until: NOW, variants: ANY, offset: 3, shift: 0, width: 8, kind: BYTE },
    Row { setting: Setting::AdvertisingInterval, since: 0, until: NOW, variants: ANY, offset: 4, shift: 0, width: 8, kind: steps(625, -1, 1, 160) },
    Row { setting: Setting::MeasureInterval, since: 0, until: NOW, variants: ANY, offset: 5, shift: 0, width: 8, kind: steps(1, 0, 2, 255) },
    Row { setting: Setting::RfTxPower, since: 0, until: NOW, variants: ANY, offset: 6, shift: 0, width: 8, kind: BYTE },
    Row { setting: Setting::ConnectLatency, since: 0, until: NOW, variants: ANY, offset: 7, shift: 0, width: 8, kind: Field::Steps { step: 20, exponent: 0, plus: 1, minimum: 0, maximum: 255 } },
    Row { setting: Setting::LcdStep, since: 0, until: NOW, variants: LCD, offset: 8, shift: 0, width: 8, kind: steps(50, 0, 0, 255) },
    Row { setting: Setting::SensorShtc3, since: 0x33, until: 0x48, variants: ANY, offset: 9, shift: 7, width: 1, kind: Field::Flag },
    Row { setting: Setting::Averaging, since: 0x20, until: NOW, variants: ANY, offset: 10, shift: 0, width: 8, kind: BYTE },
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VARIANTS: [Variant; 4] = [Variant::Lcd, Variant::Clock, Variant::Lywsd02, Variant::Headless];

    #[test]
    fn no_two_settings_share_a_bit() {
        for version in 0..=0x99 {
            for variant in VARIANTS {
                let mut taken = [0_u8; LENGTH];
                for row in TABLE {
                    if (row.since..row.until).contains(&version) && row.variants.contains(variant) {
                        let bits = row.mask() << row.shift;
                        assert_eq!(taken[row.offset] & bits, 0, "{:?} in {version:#x}", row.setting);
                        taken[row.offset] |= bits;
                    }
                }
            }
        }
    }

    #[test]
    fn the_table_is_sorted_by_place() {
        assert!(TABLE.is_sorted_by_key(|row| row.offset));
    }

    #[test]
    fn every_setting_is_found_by_its_name() {
        for &setting in Setting::ALL {
            assert_eq!(Setting::of(setting.name()), Some(setting));
        }
    }

    #[test]
    fn a_setting_of_another_version_is_refused() {
        let mut config = Config::from_bytes(FirmwareVersion(0x58), Variant::Lcd, &[0; 11]);
        let error = config
            .set(Setting::TemperatureOffset, Value::Number(1.into()))
            .unwrap_err();
        assert_eq!(error.name(), "no_such_setting");
        let error = config.set(Setting::Smiley, Value::Flag(true)).unwrap_err();
        assert_eq!(error.name(), "wrong_kind");
        let all = Value::Advertising(AdvertisingType::All);
        assert_eq!(
            config.set(Setting::AdvertisingType, all).unwrap_err().name(),
            "no_such_setting"
        );
    }

    proptest! {
        #[test]
        fn what_is_read_and_written_back_changes_no_bit(
            version: u8,
            variant in 0..4_usize,
            bytes: [u8; 11],
        ) {
            let config = Config::from_bytes(FirmwareVersion(version), VARIANTS[variant], &bytes);
            let mut copy = config;
            for (setting, value) in config.settings() {
                // Values that the device corrects itself are refused.
                if !setting.is_read_only() && copy.set(setting, value).is_err() {
                    prop_assert!(matches!(
                        setting,
                        Setting::AdvertisingInterval | Setting::MeasureInterval
                            | Setting::TemperatureOffset | Setting::HumidityOffset
                    ));
                }
            }
            prop_assert_eq!(copy, config);
        }

        #[test]
        fn parsing_survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let _ = Config::parse(&bytes, Variant::Lcd);
        }
    }
}
