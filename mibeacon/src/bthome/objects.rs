//! The sequence of objects.

use core::iter::FusedIterator;

use super::number::number;
use super::{Format, Object, ObjectSpec};
use crate::{Field, ParseError, Reading};

/// Walks through the objects of an advert; ends at the end or at the first object whose length can't be
/// known.
///
/// ```
/// use mibeacon::bthome::{Objects, StopReason};
///
/// let mut objects = Objects::v2(&[0x01, 0x64, 0x30, 0x01, 0x02]);
/// let readings: Vec<_> = objects.by_ref().filter_map(|object| object.reading()).collect();
/// assert_eq!(readings[0].to_string(), "battery 100 %");
/// assert_eq!(readings.len(), 1);
///
/// let stopped = objects.stopped().unwrap();
/// assert_eq!((stopped.reason, stopped.offset), (StopReason::UnknownObject { id: 0x30 }, 2));
/// ```
#[derive(Clone, Debug)]
pub struct Objects<'a> {
    layout: Layout,
    area: &'a [u8],
    rest: &'a [u8],
    highest: u8,
    in_order: bool,
    /// Why the object at the start of `rest` can't be read.
    stopped: Option<StopReason>,
}

/// Which version's objects these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    V1,
    V2,
}

/// Where the walk ended before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stopped {
    /// Why.
    pub reason: StopReason,
    /// Where the object starts that couldn't be read, from the start of the object area.
    pub offset: usize,
}

/// Why the walk ended before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// A v2 object that nobody knows: its length isn't known either.
    UnknownObject {
        /// The object id.
        id: u8,
    },
    /// The object is longer than what is left.
    Truncated,
    /// A v1 object of length 0, which has no room for its id.
    ZeroLength,
}

impl<'a> Objects<'a> {
    /// The objects of version 2, without info byte and MAC.
    #[inline]
    #[must_use]
    pub const fn v2(area: &'a [u8]) -> Self {
        Self::new(Layout::V2, area)
    }

    /// The objects of version 1.
    #[inline]
    #[must_use]
    pub const fn v1(area: &'a [u8]) -> Self {
        Self::new(Layout::V1, area)
    }

    #[inline]
    pub(super) const fn new(layout: Layout, area: &'a [u8]) -> Self {
        Self {
            layout,
            area,
            rest: area,
            highest: 0,
            in_order: true,
            stopped: None,
        }
    }

    /// The bytes of all objects, read or not.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.area
    }

    /// Where and why the walk ended, if it has ended before the end. What came before is good.
    #[must_use]
    pub const fn stopped(&self) -> Option<Stopped> {
        match self.stopped {
            Some(reason) => Some(Stopped {
                reason,
                offset: self.offset(),
            }),
            None => None,
        }
    }

    /// Whether the ids of the objects so far went up. v2 demands it; peers only write a warning to their log.
    #[must_use]
    pub const fn in_order(&self) -> bool {
        self.in_order
    }

    /// The packet id, wherever in the advert it is; this doesn't move the iterator.
    #[inline]
    #[must_use]
    pub fn packet_id(&self) -> Option<u8> {
        match (self.layout, self.area) {
            // Where version 2 has it.
            (Layout::V2, [PACKET_ID, number, ..]) => Some(*number),
            // No id without its byte. This is faster than to go from object to object.
            (Layout::V2, area) if !area.contains(&PACKET_ID) => None,
            _ => Self::find_packet_id(self.layout, self.area),
        }
    }

    #[inline(never)]
    fn find_packet_id(layout: Layout, mut area: &'a [u8]) -> Option<u8> {
        if layout == Layout::V2 {
            // Most objects are numbers of a known size.
            while let [id, behind @ ..] = area
                && *id != PACKET_ID
                && let Some(behind) = number(*id).skip(behind)
            {
                area = behind;
            }
        }
        Self::new(layout, area)
            .find(|object| object.id() == PACKET_ID)?
            .packet_id()
    }

    /// Where the objects are broken off.
    pub(crate) fn fault(&self) -> Option<ParseError> {
        let mut all = self.rewound();
        all.by_ref().for_each(drop);
        let Stopped { reason, offset } = all.stopped()?;
        Some(match reason {
            StopReason::UnknownObject { id } => ParseError::UnknownObject {
                id: id.into(),
                offset,
            },
            _ => ParseError::Truncated {
                field: Field::Object,
                offset,
            },
        })
    }

    /// The same objects, from the first one on.
    #[inline]
    pub(crate) const fn rewound(&self) -> Self {
        Self::new(self.layout, self.area)
    }

    /// The next reading of the objects that are left. Whether they are in order isn't looked at.
    #[inline]
    pub(crate) fn next_reading(&mut self) -> Option<Reading<'a>> {
        let (id, behind) = self.rest.split_first()?;
        if self.layout == Layout::V2
            && let Some((reading, rest)) = number(*id).split(behind)
        {
            self.rest = rest;
            return Some(reading);
        }
        self.next_other_reading()
    }

    /// All readings of the objects that are left, as [`Iterator::fold`].
    #[inline]
    pub(crate) fn fold_readings<B, F: FnMut(B, Reading<'a>) -> B>(&mut self, init: B, mut f: F) -> B {
        let (mut all, mut rest) = (init, self.rest);
        if self.layout == Layout::V2 {
            while let [id, behind @ ..] = rest
                && let Some((reading, behind)) = number(*id).split(behind)
            {
                (all, rest) = (f(all, reading), behind);
            }
        }
        self.rest = rest;
        while let Some(reading) = self.next_reading() {
            all = f(all, reading);
        }
        all
    }

    #[inline(never)]
    fn next_other_reading(&mut self) -> Option<Reading<'a>> {
        self.find_map(|object| object.reading())
    }

    #[inline]
    fn pass(&mut self, id: u8, rest: &'a [u8]) {
        self.rest = rest;
        self.in_order &= id >= self.highest;
        self.highest = self.highest.max(id);
    }

    #[inline]
    fn advance(&mut self) -> Option<Split<'a>> {
        if self.rest.is_empty() || self.stopped.is_some() {
            return None;
        }
        let split = match self.layout {
            Layout::V2 => split_v2(self.rest),
            Layout::V1 => split_v1(self.rest),
        };
        match split {
            Ok(split) => {
                self.pass(split.id, split.rest);
                Some(split)
            }
            Err(reason) => {
                self.stopped = Some(reason);
                None
            }
        }
    }

    #[inline]
    const fn offset(&self) -> usize {
        self.area.len() - self.rest.len()
    }
}

impl<'a> Iterator for Objects<'a> {
    type Item = Object<'a>;

    #[inline]
    fn next(&mut self) -> Option<Object<'a>> {
        let offset = self.offset();
        Some(self.advance()?.object(self.area, offset))
    }
}

impl FusedIterator for Objects<'_> {}

impl Stopped {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self.reason {
            StopReason::UnknownObject { .. } => {
                Some("The device sends an object that is newer than this table: update this software.")
            }
            StopReason::Truncated => Some(
                "The device packed more into the advert than fits, or announces a wrong length: update its \
                 firmware.",
            ),
            StopReason::ZeroLength => Some("The device's firmware builds wrong adverts: update it."),
        }
    }
}

impl StopReason {
    /// A stable name in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownObject { .. } => "unknown_object",
            Self::Truncated => "truncated",
            Self::ZeroLength => "zero_length",
        }
    }
}

/// The first object and what follows it.
struct Split<'a> {
    id: u8,
    spec: Option<&'static ObjectSpec>,
    format: Option<Format>,
    data: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Split<'a> {
    #[inline]
    const fn object(&self, area: &'a [u8], offset: usize) -> Object<'a> {
        Object {
            id: self.id,
            spec: self.spec,
            format: self.format,
            data: self.data,
            area,
            offset,
        }
    }
}

#[inline]
fn split_v2(objects: &[u8]) -> Result<Split<'_>, StopReason> {
    let [id, rest @ ..] = objects else {
        return Err(StopReason::Truncated);
    };
    let spec = ObjectSpec::of(*id).ok_or(StopReason::UnknownObject { id: *id })?;
    let split = match spec.size {
        Some(size) => rest.split_at_checked(size.into()),
        None => split_variable(*id, rest),
    };
    let (data, rest) = split.ok_or(StopReason::Truncated)?;
    Ok(Split {
        id: *id,
        spec: Some(spec),
        format: None,
        data,
        rest,
    })
}

#[inline]
fn split_v1(objects: &[u8]) -> Result<Split<'_>, StopReason> {
    let [control, rest @ ..] = objects else {
        return Err(StopReason::Truncated);
    };
    let length = control & 0x1f;
    if length == 0 {
        return Err(StopReason::ZeroLength);
    }
    let (object, rest) = rest
        .split_at_checked(length.into())
        .ok_or(StopReason::Truncated)?;
    let [id, data @ ..] = object else {
        return Err(StopReason::ZeroLength);
    };
    Ok(Split {
        id: *id,
        spec: ObjectSpec::of(*id),
        format: Some(Format::from_code(control >> 5)),
        data,
        rest,
    })
}

/// Splits data with a length byte of their own from what follows.
fn split_variable(id: u8, rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = rest.split_first()?;
    // A command's length byte counts its arguments, after the opcode, in the lower five bits.
    let length = if id == COMMAND {
        usize::from(length & 0x1f) + 1
    } else {
        usize::from(*length)
    };
    rest.split_at_checked(length)
}

pub(super) const PACKET_ID: u8 = 0x00;
const COMMAND: u8 = 0x3b;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bthome::Value;

    fn ids(objects: &mut Objects<'_>) -> Vec<u8> {
        objects.map(|object| object.id()).collect()
    }

    #[test]
    fn every_cut_inside_an_object_is_truncated_at_its_start() {
        // battery, text "ok", command step_up 5
        let bytes = [0x01, 0x64, 0x53, 0x02, b'o', b'k', 0x3b, 0x01, 0x03, 0x05];
        for (length, expected) in [
            (0, None),
            (1, Some(0)),
            (2, None),
            (3, Some(2)),
            (5, Some(2)),
            (6, None),
            (9, Some(6)),
        ] {
            let mut objects = Objects::v2(&bytes[..length]);
            objects.by_ref().for_each(drop);
            let stopped = expected.map(|offset| Stopped {
                reason: StopReason::Truncated,
                offset,
            });
            assert_eq!(objects.stopped(), stopped, "{length}");
        }
    }

    #[test]
    fn the_reserved_bits_of_a_command_length_are_ignored() {
        let mut objects = Objects::v2(&[0x3b, 0xe1, 0x03, 0x05, 0x01, 0x64]);
        assert_eq!(ids(&mut objects), [0x3b, 0x01]);
        assert!(!objects.in_order());
        assert_eq!(objects.stopped(), None);
    }

    #[test]
    fn text_that_is_not_utf_8_does_not_end_the_walk() {
        let mut objects = Objects::v2(&[0x53, 0x02, 0xc3, 0x28, 0x60, 0x01]);
        assert_eq!(objects.next().unwrap().value(), Value::InvalidText(&[0xc3, 0x28]));
        assert_eq!(ids(&mut objects), [0x60]);
    }

    #[test]
    fn a_v1_object_of_length_0_ends_the_walk() {
        let mut objects = Objects::v1(&[0x02, 0x01, 0x61, 0xe0, 0x02, 0x01, 0x61]);
        assert_eq!(ids(&mut objects), [0x01]);
        let reason = StopReason::ZeroLength;
        assert_eq!(objects.stopped(), Some(Stopped { reason, offset: 3 }));
        assert!(objects.next().is_none());
    }

    #[test]
    fn the_packet_id_is_found_without_moving_on() {
        let mut objects = Objects::v2(&[0x00, 0x09, 0x01, 0x64]);
        assert_eq!(objects.packet_id(), Some(9));
        assert_eq!(ids(&mut objects), [0x00, 0x01]);
        assert_eq!(Objects::v1(&[0x03, 0x00, 0x00, 0x01]).packet_id(), None);
    }

    #[test]
    fn the_packet_id_is_found_wherever_it_is_and_only_there() {
        for (area, expected) in [
            (&[0x01, 0x64, 0x00, 0x09][..], Some(9)),
            (
                &[0x02, 0x00, 0x00, 0x53, 0x01, 0x00, 0x00, 0x09, 0x01, 0x64],
                Some(9),
            ),
            (&[0x02, 0x00, 0x00, 0x01, 0x00], None),
            (&[0x01, 0x64, 0x02, 0xca, 0x09], None),
            // Behind an object of unknown length, and cut off.
            (&[0x30, 0x00, 0x09], None),
            (&[0x01, 0x64, 0x00], None),
            (&[0x00], None),
            (&[], None),
        ] {
            assert_eq!(Objects::v2(area).packet_id(), expected, "{area:02x?}");
        }
    }
}
