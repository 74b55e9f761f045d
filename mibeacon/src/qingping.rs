//! Qingping (Cleargrass): service data 0xFDCD.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | [`Header`] |
//! | 1 | 1 | device id, see [`Frame::model`] |
//! | 2 | 6 | MAC, reversed |
//! | 8 | n | items: id (1), length (1), data |
//!
//! Items, little-endian:
//!
//! | id | bytes | data |
//! |---|---|---|
//! | 01 | 4 | temperature i16 0.1 °C, humidity u16 0.1 % |
//! | 02 | 1 | battery % in the low 7 bits; ff = external power |
//! | 04 | 1 | door: 0 open, 1 closed, 2 left open |
//! | 07 | 2 | pressure 0.1 hPa |
//! | 08 | 4 | motion, illuminance u24 lx |
//! | 09 | 4 | illuminance lx |
//! | 0f | 1 | packet counter |
//! | 11 | 1 | light: 0 dark, 1 bright |
//! | 12 | 4 | PM2.5 u16, PM10 u16, µg/m³ |
//! | 13 | 2 | CO2 ppm |
//! | 15 | 2 | VOC index |
//! | 18 | 2 | hardware bitmap |
//! | 19 | 1 | noise dB |
//!
//! ```
//! use mibeacon::qingping::Frame;
//!
//! let frame = Frame::parse(b"\x08\x0c\xbf\x65\x52\x34\x2d\x58\x01\x04\xf1\x00\xad\x01\x02\x01\x25")?;
//! assert_eq!(frame.model(), Some("CGD1"));
//! assert_eq!(frame.mac.to_string(), "58:2D:34:52:65:BF");
//! let readings: Vec<_> = frame.readings().map(|reading| reading.to_string()).collect();
//! assert_eq!(readings, ["temperature 24.1 °C", "humidity 42.9 %", "battery 37 %"]);
//! # Ok::<(), mibeacon::ParseError>(())
//! ```

mod value;

use core::iter::FusedIterator;

use macaddr::MacAddr6;

use crate::reading::UnknownObject;
use crate::writer::Writer;
use crate::{EncodeError, Field, ParseError, Reading};

pub use value::{Battery, Value};

/// The UUID of this service data.
pub const UUID: u16 = 0xfdcd;

/// Another UUID that some models use for the same bytes.
pub const OLD_UUID: u16 = 0xfff9;

/// Service data 0xFDCD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Frame<'a> {
    /// Kind of frame.
    pub header: Header,
    /// The vendor's number of the model.
    pub device_id: u8,
    /// The MAC inside. CGDN1 sends another one than its Bluetooth address: don't reject it.
    pub mac: MacAddr6,
    /// The items as sent.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads service data, without the UUID.
    ///
    /// # Errors
    ///
    /// [`ParseError::TooShort`] for less than 8 bytes. Faults among the items are reported by
    /// [`items`](Self::items).
    pub fn parse(service_data: &'a [u8]) -> Result<Self, ParseError> {
        let &[header, device_id, a, b, c, d, e, f, ref payload @ ..] = service_data else {
            return Err(ParseError::TooShort {
                expected: 8,
                found: service_data.len(),
            });
        };
        Ok(Self {
            header: Header(header),
            device_id,
            mac: MacAddr6::new(f, e, d, c, b, a),
            payload,
        })
    }

    /// Writes service data and returns its length; the exact inverse of [`parse`](Self::parse).
    /// [`Item::encode`] and [`Value::encode`] make the payload.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let [a, b, c, d, e, f] = self.mac.into_array();
        let mut writer = Writer::new(out);
        writer.put(&[self.header.0, self.device_id, f, e, d, c, b, a])?;
        writer.put(self.payload)?;
        Ok(writer.len())
    }

    /// The model's name; `None` if the device id isn't known.
    #[must_use]
    pub fn model(&self) -> Option<&'static str> {
        let row = MODELS.binary_search_by_key(&self.device_id, |(id, _)| *id).ok()?;
        MODELS.get(row).map(|(_, model)| *model)
    }

    /// Every item in the order of the wire; an error, if there is one, comes last.
    #[must_use]
    pub const fn items(&self) -> Items<'a> {
        Items {
            rest: self.payload,
            offset: 0,
        }
    }

    /// The item that runs past the end, if one does. The items before it are good.
    #[must_use]
    pub fn error(&self) -> Option<ParseError> {
        self.items().find_map(Result::err)
    }

    /// What the items say, in the order of the wire.
    ///
    /// The illuminance of item 08 is left out on event frames: it has spurious spikes there. The hardware bitmap is no
    /// reading.
    #[must_use]
    pub const fn readings(&self) -> Readings<'a> {
        Readings {
            items: self.items(),
            second: None,
            is_event: self.header.is_event(),
        }
    }
}

/// The first byte of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header(pub u8);

impl Header {
    /// Measurements.
    pub const DATA: Self = Self(0x08);
    /// Something happened: motion, a door.
    pub const EVENT: Self = Self(0x48);

    /// Whether the frame reports an event.
    #[must_use]
    pub const fn is_event(self) -> bool {
        self.0 & 1 << 6 != 0
    }

    /// Bit 7, probably "bound to an account" (not verified).
    #[must_use]
    pub const fn is_bound(self) -> bool {
        self.0 & 1 << 7 != 0
    }
}

/// One item: id, length and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Item<'a> {
    /// What the data means.
    pub id: u8,
    /// The data.
    pub data: &'a [u8],
}

impl<'a> Item<'a> {
    /// Writes the item and returns its length.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLong`] beyond 255 bytes of data, [`EncodeError::BufferTooSmall`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let length = u8::try_from(self.data.len()).map_err(|_| EncodeError::TooLong {
            found: self.data.len(),
            limit: u8::MAX.into(),
        })?;
        let mut writer = Writer::new(out);
        writer.put(&[self.id, length])?;
        writer.put(self.data)?;
        Ok(writer.len())
    }

    fn readings(&self, is_event: bool) -> [Option<Reading<'a>>; 2] {
        let Some(value) = self.value() else {
            let unknown = Reading::Unknown(UnknownObject {
                id: self.id.into(),
                data: self.data,
            });
            return [(!KNOWN.contains(&self.id)).then_some(unknown), None];
        };
        value.readings(is_event)
    }
}

/// Walks the items of a frame; made by [`Frame::items`]. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.offset;
        let (id, declared, after_length) = match *core::mem::take(&mut self.rest) {
            [] => return None,
            [id, declared, ref rest @ ..] => (id, declared, rest),
            [_] => {
                return Some(Err(ParseError::Truncated {
                    field: Field::Object,
                    offset,
                }));
            }
        };
        let Some((data, rest)) = after_length.split_at_checked(declared.into()) else {
            return Some(Err(ParseError::TruncatedObject {
                id: id.into(),
                offset,
                declared,
                available: after_length.len(),
            }));
        };
        self.rest = rest;
        self.offset += 2 + data.len();
        Some(Ok(Item { id, data }))
    }
}

impl FusedIterator for Items<'_> {}

/// What the items of a frame say; made by [`Frame::readings`].
#[derive(Clone, Debug)]
pub struct Readings<'a> {
    items: Items<'a>,
    second: Option<Reading<'a>>,
    is_event: bool,
}

impl<'a> Iterator for Readings<'a> {
    type Item = Reading<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(second) = self.second.take() {
            return Some(second);
        }
        loop {
            let item = self.items.next()?.ok()?;
            if let [Some(first), second] = item.readings(self.is_event) {
                self.second = second;
                return Some(first);
            }
        }
    }
}

impl FusedIterator for Readings<'_> {}

/// Device ids and models.
const MODELS: [(u8, &str); 20] = [
    (0x01, "CGG1"),
    (0x04, "CGH1"),
    (0x07, "CGG1"),
    (0x09, "CGP1W"),
    (0x0c, "CGD1"),
    (0x0e, "CGDN1"),
    (0x0f, "CGM1"),
    (0x10, "CGDK2"),
    (0x12, "CGPR1"),
    (0x15, "CGF1W"),
    (0x16, "CGG1"),
    (0x18, "CGP23W"),
    (0x1e, "CGC1"),
    (0x24, "CGDN1"),
    (0x26, "CGP23W"),
    (0x33, "CGP22C"),
    (0x4f, "CGG3"),
    (0x52, "CGR1PC"),
    (0x5d, "CGP22C"),
    (0x62, "CGR1PC"),
];

/// Item ids with a meaning; a wrong length or value among them yields no reading.
const KNOWN: [u8; 13] = [
    0x01, 0x02, 0x04, 0x07, 0x08, 0x09, 0x0f, 0x11, 0x12, 0x13, 0x15, 0x18, 0x19,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<String> {
        let frame = Frame::parse(bytes).unwrap();
        frame.readings().map(|reading| reading.to_string()).collect()
    }

    #[test]
    fn device_ids_are_sorted_and_unique() {
        assert!(MODELS.is_sorted_by(|(a, _), (b, _)| a < b));
        assert!(KNOWN.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn an_event_has_no_illuminance() {
        let event = b"\x48\x12\x00\x5e\x60\x34\x2d\x58\x08\x04\x01\x33\x09\x01\x0f\x01\x34";
        assert_eq!(texts(event), ["motion on", "packet_id 52"]);
        let mut data = *event;
        data[0] = 0x08;
        assert_eq!(
            texts(&data),
            ["motion on", "illuminance 67891 lx", "packet_id 52"]
        );
    }

    #[test]
    fn external_power_is_no_battery_level() {
        assert_eq!(
            texts(b"\x08\x01\x00\x11\x22\x33\x44\x55\x02\x01\xff"),
            ["external_power on"]
        );
        assert_eq!(
            texts(b"\x08\x0c\xaf\xfd\x50\x34\x2d\x58\x02\x01\xaa"),
            ["battery 42 %"]
        );
    }

    #[test]
    fn items_before_a_fault_are_kept() {
        let frame = Frame::parse(b"\x08\x01\x00\x11\x22\x33\x44\x55\x0f\x01\x07\x02\x02\x01").unwrap();
        assert_eq!(frame.items().filter_map(Result::ok).count(), 1);
        assert_eq!(
            frame.error(),
            Some(ParseError::TruncatedObject {
                id: 2,
                offset: 3,
                declared: 2,
                available: 1
            })
        );
        let frame = Frame::parse(b"\x30\x58\x83\x0a\x02\xcd\xd5\x60\x34").unwrap();
        assert_eq!(
            frame.error(),
            Some(ParseError::Truncated {
                field: Field::Object,
                offset: 0
            })
        );
    }

    #[test]
    fn a_bad_item_does_not_stop_the_others() {
        let bytes = b"\x08\x01\x00\x11\x22\x33\x44\x55\x02\x02\x01\x02\x7e\x01\x09\x04\x01\x07\x0f\x01\x07";
        assert_eq!(texts(bytes), ["unknown object 0x007e 09", "packet_id 7"]);
    }
}
