//! Obstacles that the camera saw: blocks 13 to 16.
//!
//! A block has records of one length, which is D / count:
//!
//! | block | form | bytes | record |
//! |---|---|---|---|
//! | 13, 14 | [`SimpleObstacle`] | 5 | x, y u16; type u8 |
//! | 13, 14 | | 6 or more | x, y, type u16 |
//! | 15 | [`PhotoObstacle`] | 28 | x, y, type, confidence, divisor, unknown u16; photo id, 16 ASCII characters |
//! | 15 | | 12 to 27 | the same without photo; the rest is unknown |
//! | 16 | [`WideObstacle`] | 6 | x, y, type u16 |
//!
//! What isn't decoded is kept and written again.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use crate::bytes::{array, u16_at};
use crate::record::{Point, Record};

/// The obstacles of a block, in one of its forms.
#[derive(Clone, PartialEq, Eq)]
pub struct Obstacles<F> {
    /// Records of `record` bytes each, without a rest.
    data: Vec<u8>,
    record: usize,
    form: PhantomData<F>,
}

impl<F: Form> Obstacles<F> {
    /// Records of the form's usual length.
    #[must_use]
    pub fn new(obstacles: &[F]) -> Self {
        let mut data = Vec::new();
        for obstacle in obstacles {
            obstacle.encode(&mut data);
        }
        Self {
            data,
            record: F::LENGTH,
            form: PhantomData,
        }
    }

    /// `None` if the data isn't `count` records of at least the least length.
    pub(crate) fn parse(count: u32, data: &[u8]) -> Option<Self> {
        let count = usize::try_from(count).ok()?;
        if count == 0 {
            return data.is_empty().then(|| Self::new(&[]));
        }
        let record = data.len() / count;
        (record >= F::LEAST && data.len().is_multiple_of(count)).then(|| Self {
            data: data.to_vec(),
            record,
            form: PhantomData,
        })
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len() / self.record.max(1)
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = F> {
        self.data.chunks_exact(self.record.max(1)).filter_map(F::parse)
    }
}

impl<F: Form> fmt::Debug for Obstacles<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// How an obstacle is written. The three forms of this module have it.
pub trait Form: fmt::Debug + Sized + private::Sealed {
    /// The usual length of a record.
    #[doc(hidden)]
    const LENGTH: usize;
    /// The least.
    #[doc(hidden)]
    const LEAST: usize;
    #[doc(hidden)]
    fn parse(bytes: &[u8]) -> Option<Self>;
    #[doc(hidden)]
    fn encode(&self, to: &mut Vec<u8>);
}

mod private {
    pub trait Sealed {}
    impl Sealed for super::SimpleObstacle {}
    impl Sealed for super::WideObstacle {}
    impl Sealed for super::PhotoObstacle {}
}

/// A place and a type of one byte: blocks 13 and 14.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SimpleObstacle {
    /// Where.
    pub point: Point,
    /// What. Longer records have two bytes; only types up to 255 are written.
    pub obstacle_type: ObstacleType,
}

/// A place and a type of two bytes: block 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WideObstacle {
    /// Where.
    pub point: Point,
    /// What.
    pub obstacle_type: ObstacleType,
}

/// An obstacle of block 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PhotoObstacle {
    /// Where.
    pub point: Point,
    /// What.
    pub obstacle_type: ObstacleType,
    /// How sure the robot is: hundredths of a percent.
    pub confidence: u16,
    /// A number beside the confidence; 0, 1000 and 1001 were seen. Its meaning isn't known.
    pub divisor: u16,
    /// Names the photo; `None` without one.
    pub photo: Option<PhotoId>,
}

impl PhotoObstacle {
    /// How sure the robot is, in percent: 94.14.
    #[must_use]
    pub fn confidence_percent(&self) -> f64 {
        f64::from(self.confidence) / 100.0
    }
}

impl Form for SimpleObstacle {
    const LENGTH: usize = 5;
    const LEAST: usize = 5;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let obstacle_type = match u16_at(bytes, 4) {
            Some(wide) => wide,
            None => u16::from(*bytes.get(4)?),
        };
        Some(Self {
            point: Point::parse(bytes)?,
            obstacle_type: ObstacleType(obstacle_type),
        })
    }

    fn encode(&self, to: &mut Vec<u8>) {
        self.point.encode(to);
        // Above 255 there is no number for it; 255 is none of those that are known.
        to.push(u8::try_from(self.obstacle_type.0).unwrap_or(u8::MAX));
    }
}

impl Form for WideObstacle {
    const LENGTH: usize = 6;
    const LEAST: usize = 6;

    fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            point: Point::parse(bytes)?,
            obstacle_type: ObstacleType(u16_at(bytes, 4)?),
        })
    }

    fn encode(&self, to: &mut Vec<u8>) {
        self.point.encode(to);
        to.extend(self.obstacle_type.0.to_le_bytes());
    }
}

impl Form for PhotoObstacle {
    const LENGTH: usize = 28;
    const LEAST: usize = 12;

    fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            point: Point::parse(bytes)?,
            obstacle_type: ObstacleType(u16_at(bytes, 4)?),
            confidence: u16_at(bytes, 6)?,
            divisor: u16_at(bytes, 8)?,
            photo: array(bytes, 12).and_then(PhotoId::from_bytes),
        })
    }

    fn encode(&self, to: &mut Vec<u8>) {
        self.point.encode(to);
        for number in [self.obstacle_type.0, self.confidence, self.divisor, 0] {
            to.extend(number.to_le_bytes());
        }
        to.extend(self.photo.map_or([0; PhotoId::LENGTH], |photo| photo.bytes));
    }
}

/// What an obstacle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObstacleType(pub u16);

impl ObstacleType {
    /// `cable`, `shoes`; `None` if nobody knows the number.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let index = TYPES.binary_search_by_key(&self.0, |row| row.0).ok()?;
        TYPES.get(index).map(|row| row.1)
    }
}

impl fmt::Display for ObstacleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "type {}", self.0),
        }
    }
}

/// Names a photo of an obstacle: 1 to 16 ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhotoId {
    bytes: [u8; Self::LENGTH],
}

impl PhotoId {
    const LENGTH: usize = 16;

    /// `None` if it is empty, longer than 16, or not printable ASCII.
    #[must_use]
    pub fn new(id: &str) -> Option<Self> {
        let mut bytes = [0; Self::LENGTH];
        bytes.get_mut(..id.len())?.copy_from_slice(id.as_bytes());
        (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic())).then_some(Self { bytes })
    }

    /// `None` if the first byte is 0 or the text isn't ASCII.
    fn from_bytes(bytes: [u8; Self::LENGTH]) -> Option<Self> {
        let text = bytes.split(|byte| *byte == 0).next()?;
        Self::new(core::str::from_utf8(text).ok()?)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = self.bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }
}

impl fmt::Display for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Type and name; sorted.
const TYPES: &[(u16, &str)] = &[
    (0, "cable"),
    (1, "pet_waste"),
    (2, "shoes"),
    (3, "pedestal"),
    (4, "pedestal"),
    (5, "power_strip"),
    (9, "bathroom_scale"),
    (10, "fabric"),
    (18, "generic"),
    (25, "dustpan"),
    (26, "furniture"),
    (27, "furniture"),
    (34, "fabric"),
    (42, "generic"),
    (48, "cable"),
    (49, "cat"),
    (50, "dog"),
    (51, "fabric"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_are_sorted_and_unique() {
        assert!(TYPES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_photo_id_has_1_to_16_ascii_characters() {
        assert_eq!(PhotoId::new("abc123").unwrap().as_str(), "abc123");
        assert_eq!(
            PhotoId::new("0017Q80vVl5VD5Gf").unwrap().as_str(),
            "0017Q80vVl5VD5Gf"
        );
        for wrong in ["", "ä", "0017Q80vVl5VD5Gf0", "a b"] {
            assert_eq!(PhotoId::new(wrong), None, "{wrong}");
        }
    }
}
