//! One object and what it says.

use macaddr::MacAddr6;

use super::number::number;
use super::objects::Layout;
use super::{ButtonCode, CommandCode, DimmerCode, ObjectKind, ObjectSpec, Objects, float};
use crate::{
    Button, ButtonEvent, CommandEvent, Decimal, DimmerEvent, Event, FirmwareVersion, Reading, UnknownObject,
};

/// One object of an advert, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    pub(super) id: u8,
    pub(super) spec: Option<&'static ObjectSpec>,
    pub(super) format: Option<Format>,
    pub(super) data: &'a [u8],
    pub(super) area: &'a [u8],
    pub(super) offset: usize,
}

/// What the data of a v1 object are: the upper three bits of its control byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// 0: an unsigned integer.
    Unsigned,
    /// 1: a signed integer.
    Signed,
    /// 2: an IEEE 754 float of 2, 4 or 8 bytes.
    Float,
    /// 3: UTF-8.
    Text,
    /// 4: a MAC address, reversed; opaque bytes in object 0x54.
    Mac,
    /// 5: unsigned seconds since 1970-01-01T00:00:00Z.
    Timestamp,
    /// 6 or 7: not assigned.
    Reserved(u8),
}

/// What an object says, before it becomes a [`Reading`], and what an encoder takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A number, factor applied: sensors, packet id, timestamp, device type.
    Number(Decimal),
    /// A yes/no state.
    Binary(bool),
    /// A button.
    Button(ButtonCode),
    /// A dimmer and by how many steps it was turned.
    Dimmer(DimmerCode, u8),
    /// A command and its arguments, at most 31 bytes.
    Command(CommandCode, &'a [u8]),
    /// Text.
    Text(&'a str),
    /// Text that isn't UTF-8.
    InvalidText(&'a [u8]),
    /// Opaque bytes.
    Raw(&'a [u8]),
    /// A firmware version.
    Version(FirmwareVersion),
    /// A MAC address. Only v1 has such objects.
    Mac(MacAddr6),
    /// Data that don't suit the object, or an object that nobody knows. Only in v1.
    Opaque(&'a [u8]),
}

impl<'a> Object<'a> {
    /// The object id.
    #[inline]
    #[must_use]
    pub const fn id(&self) -> u8 {
        self.id
    }

    /// The row of the table; `None` for an id that nobody knows, which only v1 can carry.
    #[inline]
    #[must_use]
    pub const fn spec(&self) -> Option<&'static ObjectSpec> {
        self.spec
    }

    /// What the control byte says; `None` in v2.
    #[must_use]
    pub const fn format(&self) -> Option<Format> {
        self.format
    }

    /// The data after id and length: for a command its opcode and arguments.
    #[inline]
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Where the object starts, from the start of the object area.
    #[inline]
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The integer on the wire, before the factor: event code for buttons and dimmers, opcode for commands.
    /// `None` for what is no integer or exceeds 64 bits.
    #[inline]
    #[must_use]
    pub fn raw(&self) -> Option<i64> {
        match (self.spec?.kind, self.format) {
            (
                ObjectKind::Button | ObjectKind::Dimmer | ObjectKind::Command,
                None | Some(Format::Unsigned | Format::Signed),
            ) => self.data.first().copied().map(i64::from),
            (ObjectKind::Text | ObjectKind::Raw | ObjectKind::FirmwareVersion, _) => None,
            _ => self.integer(),
        }
    }

    /// What the object says.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Value<'a> {
        match (self.spec, self.format) {
            (Some(spec), None | Some(Format::Unsigned | Format::Signed)) => self.scaled(spec),
            (Some(spec), Some(format)) => self.formatted(spec, format),
            (None, _) => Value::Opaque(self.data),
        }
    }

    /// What the object says, in the words of the whole crate. `None` for the `none` of a button or dimmer:
    /// nothing happened there.
    #[inline]
    #[must_use]
    pub fn reading(&self) -> Option<Reading<'a>> {
        // Nearly everything on air is a number of version 2.
        let found = match self.format {
            None => number(self.id).split(self.data),
            Some(_) => None,
        };
        match found {
            Some((reading, _)) => Some(reading),
            None => self.reading_of_any_kind(),
        }
    }

    fn reading_of_any_kind(&self) -> Option<Reading<'a>> {
        let unknown = Reading::Unknown(UnknownObject {
            id: self.id.into(),
            data: self.data,
        });
        let Some(spec) = self.spec else {
            return Some(unknown);
        };
        Some(match (self.value(), spec.kind) {
            (Value::Number(value), ObjectKind::DeviceType) => value
                .to_i64()
                .and_then(|number| u16::try_from(number).ok())
                .map_or(unknown, Reading::DeviceType),
            (Value::Number(value), kind) => kind.quantity().map_or(unknown, |quantity| {
                Reading::measurement(quantity, value, spec.unit)
            }),
            (Value::Binary(on), ObjectKind::Binary { sensor, .. }) => Reading::binary(sensor, on),
            (Value::Button(code), _) => Reading::Event(Event::Button(ButtonEvent {
                action: code.action()?,
                button: self.occurrence().map_or(Button::Single, Button::Number),
            })),
            (Value::Dimmer(code, amount), _) => Reading::Event(Event::Dimmer(DimmerEvent {
                action: code.action()?,
                amount,
            })),
            (Value::Command(code, args), _) => Reading::Event(Event::Command(CommandEvent {
                command: code.command(),
                args,
            })),
            (Value::Text(text), ObjectKind::Text) => Reading::Text(text),
            (Value::InvalidText(bytes), ObjectKind::Text) => Reading::InvalidText(bytes),
            (Value::Raw(bytes), ObjectKind::Raw) => Reading::Raw(bytes),
            (Value::Version(version), _) => Reading::FirmwareVersion(version),
            _ => unknown,
        })
    }

    /// Which of the objects with this property it is, from 1, in order of appearance; `None` if it is the only
    /// one. A button's or dimmer's `none` counts.
    #[must_use]
    pub fn occurrence(&self) -> Option<u16> {
        let layout = self.format.map_or(Layout::V2, |_| Layout::V1);
        let (mut all, mut number) = (0_usize, 0_u16);
        for other in Objects::new(layout, self.area) {
            if self.shares_property_with(&other) {
                all += 1;
                number = number.saturating_add((other.offset <= self.offset).into());
            }
        }
        (all > 1).then_some(number)
    }

    /// The number of a packet id.
    #[inline]
    pub(super) fn packet_id(&self) -> Option<u8> {
        match (self.format, self.data) {
            (None, [number]) => Some(*number),
            _ => match self.value() {
                Value::Number(number) => u8::try_from(number.to_i64()?).ok(),
                _ => None,
            },
        }
    }

    fn shares_property_with(&self, other: &Self) -> bool {
        match (self.spec, other.spec) {
            (Some(spec), Some(other)) => spec.shares_property_with(other),
            _ => self.id == other.id,
        }
    }

    /// Data as the table describes them, or a v1 integer of any size.
    #[inline]
    fn scaled(&self, spec: &'static ObjectSpec) -> Value<'a> {
        let value = match (spec.kind, self.data) {
            (ObjectKind::Sensor(_), _) => self.integer().and_then(|raw| {
                let mantissa = raw.checked_mul(spec.factor.mantissa())?;
                Some(Value::Number(Decimal::new(mantissa, spec.factor.exponent())))
            }),
            (ObjectKind::PacketId | ObjectKind::Timestamp | ObjectKind::DeviceType, _) => {
                self.integer().map(|raw| Value::Number(raw.into()))
            }
            (ObjectKind::Binary { .. }, data @ [_, ..]) => {
                Some(Value::Binary(data.iter().any(|byte| *byte != 0)))
            }
            (ObjectKind::Button, [code, ..]) => Some(Value::Button(ButtonCode(*code))),
            (ObjectKind::Dimmer, [code, steps, ..]) => Some(Value::Dimmer(DimmerCode(*code), *steps)),
            // v1 senders may leave the steps out where nothing happened.
            (ObjectKind::Dimmer, [code]) => Some(Value::Dimmer(DimmerCode(*code), 0)),
            (ObjectKind::Command, [opcode, args @ ..]) => Some(Value::Command(CommandCode(*opcode), args)),
            (ObjectKind::FirmwareVersion, &[d, c, b, a]) => {
                Some(Value::Version(FirmwareVersion::four([a, b, c, d])))
            }
            (ObjectKind::FirmwareVersion, &[c, b, a]) => {
                Some(Value::Version(FirmwareVersion::three([a, b, c])))
            }
            (ObjectKind::Text, data) if self.format.is_none() => Some(text(data)),
            (ObjectKind::Raw, data) if self.format.is_none() => Some(Value::Raw(data)),
            _ => None,
        };
        value.unwrap_or(Value::Opaque(self.data))
    }

    /// Data of v1 that are no integer.
    fn formatted(&self, spec: &'static ObjectSpec, format: Format) -> Value<'a> {
        let value = match (format, spec.kind) {
            (Format::Float, ObjectKind::Binary { .. }) => {
                float::decimal(self.data).map(|value| Value::Binary(value != Decimal::ZERO))
            }
            (Format::Float, ObjectKind::Sensor(_) | ObjectKind::PacketId | ObjectKind::Timestamp) => {
                float::decimal(self.data).and_then(|value| {
                    let mantissa = value.mantissa().checked_mul(spec.factor.mantissa())?;
                    let exponent = value.exponent().checked_add(spec.factor.exponent())?;
                    Some(Value::Number(Decimal::new(mantissa, exponent)))
                })
            }
            (Format::Text, _) => Some(text(self.data)),
            (Format::Mac, ObjectKind::Raw) => Some(Value::Raw(self.data)),
            (Format::Mac, _) => match *self.data {
                [f, e, d, c, b, a] => Some(Value::Mac(MacAddr6::new(a, b, c, d, e, f))),
                _ => None,
            },
            // The format says how the number is written; what it counts is the object's affair.
            (Format::Timestamp, ObjectKind::Sensor(_)) => return self.scaled(spec),
            (Format::Timestamp, _) => self.integer().map(|raw| Value::Number(raw.into())),
            _ => None,
        };
        value.unwrap_or(Value::Opaque(self.data))
    }

    #[inline]
    fn integer(&self) -> Option<i64> {
        let signed = match (self.format, self.spec) {
            (Some(Format::Signed), _) => true,
            (Some(Format::Unsigned | Format::Timestamp), _) => false,
            (None, Some(spec)) => spec.signed,
            _ => return None,
        };
        short_integer(self.data, signed).or_else(|| long_integer(self.data, signed))
    }
}

impl From<bool> for Value<'_> {
    fn from(on: bool) -> Self {
        Self::Binary(on)
    }
}

impl From<Decimal> for Value<'_> {
    fn from(value: Decimal) -> Self {
        Self::Number(value)
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Self::Number(Decimal::new(value.into(), 0))
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<ButtonCode> for Value<'_> {
    fn from(code: ButtonCode) -> Self {
        Self::Button(code)
    }
}

impl From<FirmwareVersion> for Value<'_> {
    fn from(version: FirmwareVersion) -> Self {
        Self::Version(version)
    }
}

impl From<MacAddr6> for Value<'_> {
    fn from(mac: MacAddr6) -> Self {
        Self::Mac(mac)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Raw(bytes)
    }
}

impl Format {
    /// The number in the control byte.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Unsigned => 0,
            Self::Signed => 1,
            Self::Float => 2,
            Self::Text => 3,
            Self::Mac => 4,
            Self::Timestamp => 5,
            Self::Reserved(code) => code & 7,
        }
    }

    /// The format of a number, of which the lowest three bits count.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code & 7 {
            0 => Self::Unsigned,
            1 => Self::Signed,
            2 => Self::Float,
            3 => Self::Text,
            4 => Self::Mac,
            5 => Self::Timestamp,
            reserved => Self::Reserved(reserved),
        }
    }
}

fn text(data: &[u8]) -> Value<'_> {
    core::str::from_utf8(data).map_or(Value::InvalidText(data), Value::Text)
}

/// An integer of 1 to 4 bytes.
#[inline]
fn short_integer(data: &[u8], signed: bool) -> Option<i64> {
    // At the upper end, so that the shift fills with zeros or the sign.
    let (number, unused) = match *data {
        [a] => (u32::from_le_bytes([0, 0, 0, a]), 24),
        [a, b] => (u32::from_le_bytes([0, 0, a, b]), 16),
        [a, b, c] => (u32::from_le_bytes([0, a, b, c]), 8),
        [a, b, c, d] => (u32::from_le_bytes([a, b, c, d]), 0),
        _ => return None,
    };
    Some(if signed {
        i64::from(number.cast_signed() >> unused)
    } else {
        i64::from(number >> unused)
    })
}

/// An integer of 5 bytes and more. The bytes beyond the eighth must repeat the sign.
fn long_integer(data: &[u8], signed: bool) -> Option<i64> {
    let negative = data.last()? & 0x80 != 0 && signed;
    let padding = if negative { 0xff } else { 0x00 };
    let mut bytes = [padding; 8];
    for (index, byte) in data.iter().enumerate() {
        match bytes.get_mut(index) {
            Some(to) => *to = *byte,
            None if *byte == padding => {}
            None => return None,
        }
    }
    let value = i64::from_le_bytes(bytes);
    ((value < 0) == negative).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(layout: Layout, bytes: &[u8]) -> Object<'_> {
        Objects::new(layout, bytes).next().unwrap()
    }

    #[test]
    fn every_size_keeps_its_sign() {
        let v1 = |bytes| first(Layout::V1, bytes).raw();
        assert_eq!(v1(&[0x22, 0x02, 0xf6]), Some(-10));
        assert_eq!(v1(&[0x02, 0x02, 0xf6]), Some(246));
        assert_eq!(v1(&[0x24, 0x02, 0xff, 0xff, 0xff]), Some(-1));
        assert_eq!(v1(&[0x25, 0x02, 0x18, 0xfc, 0xff, 0xff]), Some(-1000));
        assert_eq!(v1(&[0x26, 0x02, 0, 0, 0, 0, 0x80]), Some(-0x80_0000_0000));
        assert_eq!(v1(&[0x06, 0x02, 0, 0, 0, 0, 0x80]), Some(0x80_0000_0000));
        assert_eq!(
            v1(&[0x2b, 0x02, 0xfe, 255, 255, 255, 255, 255, 255, 255, 255, 255]),
            Some(-2)
        );
        assert_eq!(v1(&[0x0b, 0x02, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Some(1));
        assert_eq!(v1(&[0x09, 0x02, 0, 0, 0, 0, 0, 0, 0, 0x80]), None);
        assert_eq!(v1(&[0x01, 0x02]), None);
    }

    #[test]
    fn an_exact_step_of_0_35_degrees_is_not_rounded() {
        // Peers round this one to 44.4.
        let object = first(Layout::V2, &[0x58, 127]);
        assert_eq!(object.value(), Value::Number(Decimal::new(4445, -2)));
        assert_eq!(object.reading().unwrap().to_string(), "temperature 44.45 °C");
    }

    #[test]
    fn a_v1_timestamp_of_a_sensor_is_scaled_by_the_factor_of_its_object() {
        let object = first(Layout::V1, &[0xa2, 0x58, 0x03]);
        assert_eq!(object.format(), Some(Format::Timestamp));
        assert_eq!(object.value(), Value::Number(Decimal::new(105, -2)));
    }

    #[test]
    fn a_v1_float_is_scaled_by_the_factor_of_its_object() {
        // A scale's mass as half-precision float, in steps of 0.01 kg.
        let object = first(Layout::V1, &[0x43, 0x06, 0xfe, 0x70]);
        assert_eq!(object.format(), Some(Format::Float));
        assert_eq!(object.raw(), None);
        assert_eq!(object.value(), Value::Number(Decimal::new(10224, -2)));
    }

    #[test]
    fn a_v1_mac_is_sent_reversed() {
        let object = first(Layout::V1, &[0x87, 0x0f, 0xa5, 0x80, 0x8f, 0xe6, 0x48, 0x54]);
        let mac = MacAddr6::new(0x54, 0x48, 0xe6, 0x8f, 0x80, 0xa5);
        assert_eq!(object.value(), Value::Mac(mac));
    }

    #[test]
    fn an_unknown_v1_object_keeps_its_bytes() {
        let object = first(Layout::V1, &[0x03, 0x31, 0xca, 0xfe]);
        assert!(object.spec().is_none());
        assert_eq!(object.value(), Value::Opaque(&[0xca, 0xfe]));
        let unknown = UnknownObject {
            id: 0x31,
            data: &[0xca, 0xfe],
        };
        assert_eq!(object.reading(), Some(Reading::Unknown(unknown)));
    }

    #[test]
    fn a_format_that_does_not_suit_the_object_loses_nothing() {
        for bytes in [
            &[0x63, 0x02, b'o', b'k'][..],
            &[0x43, 0x02, 0x00, 0x7e],
            &[0xe2, 0x02, 1],
            &[0x01, 0x3a],
        ] {
            let object = first(Layout::V1, bytes);
            let Some(Reading::Unknown(unknown)) = object.reading() else {
                panic!("{:?}", object.reading());
            };
            assert_eq!(unknown.data, &bytes[2..]);
        }
    }

    #[test]
    fn nothing_on_button_1_and_a_press_on_button_2() {
        let objects = Objects::new(Layout::V2, &[0x3a, 0x00, 0x3a, 0x01]);
        let readings: Vec<_> = objects.map(|object| object.reading()).collect();
        let press = ButtonEvent {
            button: Button::Number(2),
            action: crate::ButtonAction::Press,
        };
        assert_eq!(readings, [None, Some(Reading::Event(Event::Button(press)))]);
    }

    #[test]
    fn occurrences_are_numbered_by_property_and_not_by_id() {
        let bytes = [0x02, 1, 0, 0x10, 1, 0x45, 1, 0, 0x0b, 1, 0, 0, 0x03, 1, 0];
        let numbers: Vec<_> = Objects::new(Layout::V2, &bytes)
            .map(|object| object.occurrence())
            .collect();
        assert_eq!(numbers, [Some(1), None, Some(2), None, None]);
    }
}
