//! Objects: what a frame reports, as id, length and data.
//!
//! | Offset | Size | Field |
//! |---|---|---|
//! | 0 | 2 | id |
//! | 2 | 1 | length, may be 0 |
//! | 3 | n | data |
//!
//! Repeated while 3 bytes are left; one or two stray bytes at the end are ignored. Ids 0x4000 to 0x7FFF are built
//! from an address of the MIoT specification, see [`SpecId`].
//!
//! ```
//! use mibeacon::frame::{Objects, ProductId};
//!
//! let mut objects = Objects::new(b"\x02\x4c\x01\x3a");
//! let object = objects.next().unwrap()?;
//! // An unknown product: the MIoT address tells that this is humidity.
//! let reading = object.readings(ProductId(0)).next().unwrap();
//! assert_eq!(reading.to_string(), "humidity 58 %");
//! # Ok::<(), mibeacon::ParseError>(())
//! ```

mod attribute;
mod build;
mod button;
mod lock;
mod miot;
mod scale;

use core::fmt;

pub use build::{ObjectBuf, S400};

use super::ProductId;
use crate::reading::UnknownObject;
use crate::{BinarySensor, Decimal, Event, ParseError, Quantity, Reading, State, Unit};

/// One object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Object<'a> {
    /// What it is.
    pub id: u16,
    /// Its data, at most 255 bytes.
    pub data: &'a [u8],
}

impl<'a> Object<'a> {
    /// The address in the MIoT specification, for ids 0x4000 to 0x7FFF.
    #[must_use]
    pub const fn spec_id(&self) -> Option<SpecId> {
        SpecId::of(self.id)
    }

    /// Whether the id means the same in every product, so that an unknown product's object can be read.
    #[must_use]
    #[inline]
    pub const fn is_generic(&self) -> bool {
        match self.id {
            0x0000..=0x3fff => attribute::is_known(self.id),
            0x4000..=0x7fff => miot::is_generic(self.id),
            _ => false,
        }
    }

    /// What the object says. The product decides where one id has several meanings; an unknown one (id 0) gets
    /// the meaning that most share.
    ///
    /// Data of the wrong length or an undocumented value gives nothing; an object without known meaning gives
    /// [`Reading::Unknown`].
    #[must_use]
    pub fn readings(&self, product: ProductId) -> ObjectReadings<'a> {
        ObjectReadings {
            object: *self,
            product,
            next: 0,
            count: self.reading(product, u8::MAX, &mut None),
        }
    }

    /// Its reading, if it is a number and nothing else.
    #[inline]
    fn number(&self) -> Option<Reading<'static>> {
        let number = attribute::number(self.id).filter(|number| number.size() == self.data.len())?;
        number.split(self.data).map(|(reading, _)| reading)
    }

    /// How many readings there are. The one of the wanted number goes straight to where the caller wants it.
    fn reading(&self, product: ProductId, wanted: u8, found: &mut Option<Reading<'a>>) -> u8 {
        let mut sink = Sink {
            wanted,
            count: 0,
            found,
        };
        if let Some(reading) = self.number() {
            sink.push(reading);
            return sink.count;
        }
        let known = match self.id {
            0x0000..=0x3fff => attribute::interpret(self, product, &mut sink),
            0x4000..=0x7fff => miot::interpret(self, product, &mut sink),
            _ => Known::No,
        };
        if known == Known::No {
            sink.push(Reading::Unknown(UnknownObject {
                id: self.id,
                data: self.data,
            }));
        }
        sink.count
    }
}

/// The objects of one frame. An object that is longer than what is left is an error and ends the list.
#[derive(Clone, Debug)]
pub struct Objects<'a> {
    all: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Objects<'a> {
    /// Reads the plain bytes of a frame's objects.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            all: bytes,
            rest: bytes,
        }
    }

    /// The bytes that are not read yet. After the last object: one or two stray bytes.
    #[must_use]
    pub const fn trailing(&self) -> &'a [u8] {
        self.rest
    }

    /// All bytes, from the first object on.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.all
    }

    /// Whether the bytes are nothing but whole objects.
    pub(crate) fn are_whole(mut self) -> bool {
        self.by_ref().all(|object| object.is_ok()) && self.rest.is_empty() && !self.all.is_empty()
    }
}

impl<'a> Iterator for Objects<'a> {
    type Item = Result<Object<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&[low, high, declared], rest) = self.rest.split_first_chunk()?;
        let id = u16::from_le_bytes([low, high]);
        let Some((data, after)) = rest.split_at_checked(declared.into()) else {
            let offset = self.all.len() - self.rest.len();
            self.rest = &[];
            return Some(Err(ParseError::TruncatedObject {
                id,
                offset,
                declared,
                available: rest.len(),
            }));
        };
        self.rest = after;
        Some(Ok(Object { id, data }))
    }
}

impl core::iter::FusedIterator for Objects<'_> {}

/// An address in the MIoT specification, as object ids 0x4000 to 0x7FFF hold it.
///
/// | Bits | Field |
/// |---|---|
/// | 14-15 | 01 |
/// | 10-13 | service (siid) |
/// | 8-9 | 0 property, 2 event |
/// | 0-7 | piid or eiid, less 1000 |
///
/// ```
/// use mibeacon::frame::{SpecId, SpecKind};
/// let id = SpecId::of(0x4c01).unwrap();
/// assert_eq!((id.siid, id.kind, id.iid), (3, SpecKind::Property, 1001));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SpecId {
    /// Service.
    pub siid: u8,
    /// Property or event.
    pub kind: SpecKind,
    /// Property or event within the service, from 1000.
    pub iid: u16,
}

/// What a [`SpecId`] addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SpecKind {
    /// A property.
    Property,
    /// An event.
    Event,
    /// Not seen (bits 01 or 11).
    Other(u8),
}

impl SpecId {
    /// The address that an object id holds; `None` outside 0x4000 to 0x7FFF.
    #[must_use]
    pub const fn of(id: u16) -> Option<Self> {
        if id >> 14 != 0b01 {
            return None;
        }
        let kind = match (id >> 8 & 0b11) as u8 {
            0 => SpecKind::Property,
            2 => SpecKind::Event,
            other => SpecKind::Other(other),
        };
        Some(Self {
            siid: (id >> 10 & 0b1111) as u8,
            kind,
            iid: 1000 + (id & 0xff),
        })
    }

    /// The object id that holds this address; `None` if none has room for it.
    #[must_use]
    pub fn object_id(&self) -> Option<u16> {
        let kind = match self.kind {
            SpecKind::Property => 0,
            SpecKind::Event => 2,
            SpecKind::Other(kind) => kind,
        };
        let iid = self.iid.checked_sub(1000).filter(|iid| *iid <= 0xff)?;
        let fits = self.siid <= 0b1111 && kind <= 0b11;
        fits.then(|| 0b01 << 14 | u16::from(self.siid) << 10 | u16::from(kind) << 8 | iid)
    }
}

impl fmt::Display for SpecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SpecKind::Property => "property",
            SpecKind::Event => "event",
            SpecKind::Other(_) => "kind unknown",
        };
        write!(f, "{kind} {}.{}", self.siid, self.iid)
    }
}

/// The readings of one object, see [`Object::readings`]. Each is made when it is asked for.
#[derive(Clone, Debug)]
pub struct ObjectReadings<'a> {
    object: Object<'a>,
    product: ProductId,
    next: u8,
    count: u8,
}

impl<'a> Iterator for ObjectReadings<'a> {
    type Item = Reading<'a>;

    #[inline]
    fn next(&mut self) -> Option<Reading<'a>> {
        let mut found = None;
        if self.next < self.count {
            self.object.reading(self.product, self.next, &mut found);
            self.next += 1;
        }
        found
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(self.count - self.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for ObjectReadings<'_> {}

/// The readings of all objects of a frame, up to the first one that is cut off.
#[derive(Clone, Debug)]
pub(crate) struct FrameReadings<'a> {
    objects: Objects<'a>,
    current: ObjectReadings<'a>,
}

impl<'a> FrameReadings<'a> {
    #[inline]
    pub(crate) const fn new(objects: Objects<'a>, product: ProductId) -> Self {
        let current = ObjectReadings {
            object: Object { id: 0, data: &[] },
            product,
            next: 0,
            count: 0,
        };
        Self { objects, current }
    }

    /// The next reading of objects that are more than a number. Leaves nothing in `found` after the last one.
    #[inline(never)]
    fn find(&mut self, mut object: Option<Object<'a>>, found: &mut Option<Reading<'a>>) {
        let current = &mut self.current;
        if current.next < current.count {
            current.object.reading(current.product, current.next, found);
            current.next += 1;
            return;
        }
        while let Some(next) = object {
            // Counting and making the first are one step.
            current.count = next.reading(current.product, 0, found);
            (current.object, current.next) = (next, 1);
            if found.is_some() {
                return;
            }
            object = self.objects.next().and_then(Result::ok);
        }
    }
}

impl<'a> Iterator for FrameReadings<'a> {
    type Item = Reading<'a>;

    #[inline]
    fn next(&mut self) -> Option<Reading<'a>> {
        let mut object = None;
        if self.current.next >= self.current.count {
            object = self.objects.next().and_then(Result::ok);
            // Nearly every object is a number, and goes straight to the caller.
            if let Some(number) = object?.number() {
                return Some(number);
            }
        }
        let mut found = None;
        self.find(object, &mut found);
        found
    }
}

/// Whether an object id has a meaning at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Yes,
    No,
}

/// Counts the readings of one object and keeps one of them.
struct Sink<'a, 'f> {
    wanted: u8,
    count: u8,
    found: &'f mut Option<Reading<'a>>,
}

impl<'a> Sink<'a, '_> {
    fn push(&mut self, reading: Reading<'a>) {
        if self.count == self.wanted {
            *self.found = Some(reading);
        }
        self.count += 1;
    }

    fn measure(&mut self, quantity: Quantity, value: impl Into<Decimal>, unit: Unit) {
        self.push(Reading::measurement(quantity, value.into(), unit));
    }

    /// A value in steps of `10^exponent`.
    fn scaled(&mut self, quantity: Quantity, value: impl Into<i64>, exponent: i8, unit: Unit) {
        self.measure(quantity, Decimal::new(value.into(), exponent), unit);
    }

    fn binary(&mut self, sensor: BinarySensor, on: bool) {
        self.push(Reading::binary(sensor, on));
    }

    fn state(&mut self, state: Option<State>) {
        if let Some(state) = state {
            self.push(Reading::State(state));
        }
    }

    fn event(&mut self, event: Option<Event<'a>>) {
        if let Some(event) = event {
            self.push(Reading::Event(event));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_before_a_truncated_one_are_delivered() {
        let mut objects = Objects::new(b"\x0a\x10\x01\x64\x06\x10\x03");
        assert_eq!(
            objects.next(),
            Some(Ok(Object {
                id: 0x100a,
                data: &[0x64]
            }))
        );
        let error = ParseError::TruncatedObject {
            id: 0x1006,
            offset: 4,
            declared: 3,
            available: 0,
        };
        assert_eq!(objects.next(), Some(Err(error)));
        assert_eq!(objects.next(), None);
    }

    #[test]
    fn stray_bytes_are_no_object() {
        let mut objects = Objects::new(b"\x0a\x00\x02\x75\x0d\x07");
        assert!(objects.next().is_some());
        assert_eq!(objects.next(), None);
        assert_eq!(objects.trailing(), [0x07]);
    }

    #[test]
    fn an_object_of_any_id_product_and_length_gives_as_many_readings_as_it_counts() {
        let products = super::super::Product::all()
            .iter()
            .map(|product| product.id)
            .chain([ProductId(0)]);
        let attributes = (0..0x20)
            .chain(0x1000..0x1020)
            .chain(0x2000..0x2010)
            .chain([0x20e1])
            .chain(0x3000..0x3010);
        let ids: Vec<u16> = attributes
            .chain((0x4000..0x8000).filter(|id| id & 0x100 == 0))
            .collect();
        for product in products {
            for &id in &ids {
                for (length, byte) in [
                    (0, 0),
                    (1, 1),
                    (2, 2),
                    (3, 3),
                    (4, 0x90),
                    (5, 0),
                    (6, 0),
                    (9, 0x90),
                    (10, 0),
                ] {
                    let data = [byte; 10];
                    let data = &data[..length];
                    let readings = Object { id, data }.readings(product);
                    let counted = readings.len();
                    assert_eq!(readings.count(), counted, "{product} {id:#06x} {data:?}");
                }
            }
        }
    }
}
