//! Small things that blocks hold, each with its bytes. All places are millimetres in the robot's world.

use alloc::vec::Vec;

use crate::bytes::{array, i32_at, u16_at, u32_at};

/// A place as most blocks have it: x, y as u16, 4 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Point {
    /// To the east.
    pub x: u16,
    /// To the north.
    pub y: u16,
}

impl Point {
    /// A place in millimetres.
    #[must_use]
    pub const fn new(x: u16, y: u16) -> Self {
        Self { x, y }
    }
}

/// Where the robot or its dock is: x, y and, in newer maps, the angle, each i32; 8 or 12 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// To the east, mm.
    pub x: i32,
    /// To the north, mm.
    pub y: i32,
    /// Degrees from east, counter-clockwise; as the robot says it, not folded into a turn.
    pub angle: Option<i32>,
}

impl Position {
    /// A place and an angle.
    #[must_use]
    pub const fn new(x: i32, y: i32, angle: Option<i32>) -> Self {
        Self { x, y, angle }
    }
}

/// Two opposite corners in any order: 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rect(pub [Point; 2]);

/// From one point to another: 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line(pub [Point; 2]);

/// Four corners in the order in which they are drawn, not always along the axes: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Area(pub [Point; 4]);

/// A zone with a number: id as u16, four corners; 18 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SmartZone {
    /// Its number.
    pub id: u16,
    /// Its corners.
    pub area: Area,
}

/// A place with a type: x, y, type as u16; 6 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spot {
    /// Where.
    pub point: Point,
    /// What; the numbers' meaning isn't known.
    pub spot_type: u16,
}

/// How the boards of a room's floor lie: room as u8, angle as u16; 3 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FloorDirection {
    /// The room's id.
    pub room: u8,
    /// Degrees: 0 is horizontal, 90 vertical.
    pub angle: u16,
}

/// When the map was made: 4 bytes, followed by 4 more in some maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Date {
    /// Seconds since 1970.
    pub unix_seconds: u32,
    /// The four more bytes, zero where they were seen.
    pub more: Option<[u8; 4]>,
}

/// Something of a fixed size, of which a block has many.
pub(crate) trait Record: Sized {
    /// Bytes of one.
    const LENGTH: usize;

    fn parse(bytes: &[u8]) -> Option<Self>;

    fn encode(&self, to: &mut Vec<u8>);

    /// All that are whole.
    fn parse_all(data: &[u8]) -> Vec<Self> {
        data.chunks_exact(Self::LENGTH).filter_map(Self::parse).collect()
    }
}

impl Record for u8 {
    const LENGTH: usize = 1;

    fn parse(bytes: &[u8]) -> Option<Self> {
        bytes.first().copied()
    }

    fn encode(&self, to: &mut Vec<u8>) {
        to.push(*self);
    }
}

impl Record for Point {
    const LENGTH: usize = 4;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let [x0, x1, y0, y1] = array(bytes, 0)?;
        Some(Self::new(
            u16::from_le_bytes([x0, x1]),
            u16::from_le_bytes([y0, y1]),
        ))
    }

    fn encode(&self, to: &mut Vec<u8>) {
        to.extend(self.x.to_le_bytes());
        to.extend(self.y.to_le_bytes());
    }
}

/// Points one behind the other.
fn points<const N: usize>(bytes: &[u8]) -> Option<[Point; N]> {
    let mut points = [Point::default(); N];
    for (point, bytes) in points.iter_mut().zip(bytes.chunks(Point::LENGTH)) {
        *point = Point::parse(bytes)?;
    }
    Some(points)
}

macro_rules! record_of_points {
    ($($name:ident: $points:literal),*) => {$(
        impl Record for $name {
            const LENGTH: usize = $points * Point::LENGTH;

            fn parse(bytes: &[u8]) -> Option<Self> {
                points(bytes).map(Self)
            }

            fn encode(&self, to: &mut Vec<u8>) {
                for point in &self.0 {
                    point.encode(to);
                }
            }
        }
    )*};
}

record_of_points!(Rect: 2, Line: 2, Area: 4);

impl Record for SmartZone {
    const LENGTH: usize = 2 + Area::LENGTH;

    fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            id: u16_at(bytes, 0)?,
            area: Area::parse(bytes.get(2..)?)?,
        })
    }

    fn encode(&self, to: &mut Vec<u8>) {
        to.extend(self.id.to_le_bytes());
        self.area.encode(to);
    }
}

impl Record for Spot {
    const LENGTH: usize = 6;

    fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            point: Point::parse(bytes)?,
            spot_type: u16_at(bytes, 4)?,
        })
    }

    fn encode(&self, to: &mut Vec<u8>) {
        self.point.encode(to);
        to.extend(self.spot_type.to_le_bytes());
    }
}

impl Record for FloorDirection {
    const LENGTH: usize = 3;

    fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            room: *bytes.first()?,
            angle: u16_at(bytes, 1)?,
        })
    }

    fn encode(&self, to: &mut Vec<u8>) {
        to.push(self.room);
        to.extend(self.angle.to_le_bytes());
    }
}

impl Position {
    pub(crate) fn parse(data: &[u8]) -> Option<Self> {
        Some(Self::new(i32_at(data, 0)?, i32_at(data, 4)?, i32_at(data, 8)))
    }

    pub(crate) fn encode(&self, to: &mut Vec<u8>) {
        to.extend(self.x.to_le_bytes());
        to.extend(self.y.to_le_bytes());
        if let Some(angle) = self.angle {
            to.extend(angle.to_le_bytes());
        }
    }
}

impl Date {
    pub(crate) fn parse(data: &[u8]) -> Option<Self> {
        Some(Self {
            unix_seconds: u32_at(data, 0)?,
            more: array(data, 4),
        })
    }

    pub(crate) fn encode(&self, to: &mut Vec<u8>) {
        to.extend(self.unix_seconds.to_le_bytes());
        to.extend(self.more.iter().flatten());
    }
}
