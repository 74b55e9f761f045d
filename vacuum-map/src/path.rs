//! Paths: blocks 3, 4, 5, and the flags of block 18.
//!
//! | offset in the header | size | field |
//! |---|---|---|
//! | 8 | 4 | number of points |
//! | 12 | 4 | size of a point, 4 |
//! | 16 | 4 | angle, 0 in all maps seen |
//!
//! The data are points: x, y as u16.

use alloc::vec::Vec;

use crate::bytes::{i32_at, u32_at};
use crate::place::Mm;
use crate::record::{Point, Record};

/// A path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// Its points, the oldest first.
    pub points: Vec<Point>,
    /// The angle of the header, degrees; 0 in all maps seen.
    pub angle: i32,
    /// What the header says of the points, if it is wrong; it is never written.
    pub announced: Option<Announced>,
}

/// What the header of a path says of its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Announced {
    /// How many there are.
    pub points: u32,
    /// Bytes of one.
    pub point_size: u32,
}

impl Path {
    /// Bytes of the block's header.
    pub(crate) const HEADER: usize = 20;

    /// A path through points.
    #[must_use]
    pub const fn new(points: Vec<Point>) -> Self {
        Self {
            points,
            angle: 0,
            announced: None,
        }
    }

    pub(crate) fn parse(header: &[u8], data: &[u8]) -> Option<Self> {
        let points = Point::parse_all(data);
        let announced = Announced {
            points: u32_at(header, 8)?,
            point_size: u32_at(header, 12)?,
        };
        let wrong = announced.points as usize != points.len() || announced.point_size != POINT_SIZE;
        Some(Self {
            points,
            angle: i32_at(header, 16)?,
            announced: wrong.then_some(announced),
        })
    }

    /// The fields of the header.
    pub(crate) fn encode_header(&self, count: u32, to: &mut Vec<u8>) {
        to.extend(count.to_le_bytes());
        to.extend(POINT_SIZE.to_le_bytes());
        to.extend(self.angle.to_le_bytes());
    }

    /// Its length in metres.
    #[must_use]
    pub fn length_m(&self) -> f64 {
        let steps = self.points.windows(2).map(|step| match step {
            [from, to] => Mm::from(*from).distance(Mm::from(*to)),
            _ => 0.0,
        });
        steps.sum::<f64>() / 1000.0
    }

    /// Where its last step leads, in degrees from east, counter-clockwise; `None` with fewer than two points.
    #[must_use]
    pub fn heading(&self) -> Option<i32> {
        let [.., from, to] = self.points.as_slice() else {
            return None;
        };
        let (dx, dy) = (
            i32::from(to.x) - i32::from(from.x),
            i32::from(to.y) - i32::from(from.y),
        );
        let degrees = libm::atan2(f64::from(dy), f64::from(dx)).to_degrees();
        #[expect(clippy::cast_possible_truncation, reason = "between -180 and 180")]
        Some(libm::round(degrees) as i32)
    }

    /// The parts on which the robot mopped, by the flags of its points; points without flags were not mopped.
    pub fn mopped(&self, flags: &[u8]) -> impl Iterator<Item = &[Point]> {
        let known = self.points.get(..flags.len()).unwrap_or(&self.points);
        let mut rest = known.iter().zip(flags).enumerate().peekable();
        core::iter::from_fn(move || {
            let start = rest.find(|(_, (_, flags))| PathFlags(**flags).is_mopping())?.0;
            let mut end = start + 1;
            while rest
                .next_if(|(_, (_, flags))| PathFlags(**flags).is_mopping())
                .is_some()
            {
                end += 1;
            }
            known.get(start..end)
        })
    }
}

/// What the robot did at a point of its path: a byte of block 18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathFlags(pub u8);

impl PathFlags {
    /// It mopped: bit 0.
    #[must_use]
    pub const fn is_mopping(self) -> bool {
        self.0 & 1 != 0
    }

    /// It drove to or from the dock, or had its mop washed: bits 1 and 3 (unverified).
    #[must_use]
    pub const fn is_transit(self) -> bool {
        self.0 & 0b1010 != 0
    }

    /// It cleaned without its mop: bit 2 (unverified).
    #[must_use]
    pub const fn is_dry(self) -> bool {
        self.0 & 0b100 != 0
    }
}

const POINT_SIZE: u32 = 4;
