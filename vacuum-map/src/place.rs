//! Places: millimetres of the robot's world, cells of the image, pixels of a picture.
//!
//! | system | unit | origin | x | y |
//! |---|---|---|---|---|
//! | world | mm | a corner of the robot's world of 51,200 mm; the dock is near (25,600, 25,600) | east | north |
//! | cell | 50 mm | the image's first cell, in the south-west | east | north |
//! | pixel | 1/scale cells | the picture's upper left corner | right, east | down, south |
//!
//! A multiple of 50 mm is the **middle** of a cell, so that a point belongs to the cell ⌊(mm + 25) / 50⌋: measured at
//! 7,401 points of ten robots' paths. The same half cell is in the way from millimetres to pixels.
//!
//! ```
//! use vacuum_map::place::{Grid, Mm, Transform};
//!
//! let grid = Grid { left: 510, top: 511, width: 3, height: 2 };
//! let dock = Mm::new(25550.0, 25575.0);
//! assert_eq!(grid.cell_at(dock), Some((1, 1)));
//! let pixel = Transform::new(grid, 4.0).pixel(dock);
//! assert!((pixel.x - 6.0).abs() < 1e-9 && (pixel.y - 4.0).abs() < 1e-9);
//! ```

use crate::record::{Point, Position};

/// A place in the robot's world, in millimetres.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mm {
    /// To the east.
    pub x: f64,
    /// To the north.
    pub y: f64,
}

impl Mm {
    /// A place.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// How far it is to another place, in millimetres.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        libm::hypot(other.x - self.x, other.y - self.y)
    }
}

impl From<Point> for Mm {
    fn from(point: Point) -> Self {
        Self::new(f64::from(point.x), f64::from(point.y))
    }
}

impl From<Position> for Mm {
    fn from(position: Position) -> Self {
        Self::new(f64::from(position.x), f64::from(position.y))
    }
}

/// A place in a picture, from its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pixel {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Pixel {
    /// A place.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

/// Where the cells of an image are in the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Grid {
    /// World column of the first column.
    pub left: i32,
    /// World row of the first row, which is the southernmost.
    pub top: i32,
    /// Cells from west to east.
    pub width: i32,
    /// Cells from south to north.
    pub height: i32,
}

impl Grid {
    /// Edge of a cell, in millimetres.
    pub const CELL_MM: i32 = 50;
    /// Area of a cell, in square metres.
    pub const CELL_M2: f64 = 0.0025;

    /// How many cells there are; `None` if a side is negative.
    #[must_use]
    pub fn cells(self) -> Option<u64> {
        let (width, height) = (u64::try_from(self.width).ok()?, u64::try_from(self.height).ok()?);
        // Each is below 2^31.
        Some(width * height)
    }

    /// Column and row of the cell at a place; `None` outside the image.
    #[must_use]
    pub fn cell_at(self, place: impl Into<Mm>) -> Option<(u32, u32)> {
        let place = place.into();
        Some((
            along(place.x, self.left, self.width)?,
            along(place.y, self.top, self.height)?,
        ))
    }

    /// The middle of a cell.
    #[must_use]
    pub fn middle(self, column: u32, row: u32) -> Mm {
        let along = |start: i32, cell: u32| (f64::from(start) + f64::from(cell)) * CELL;
        Mm::new(along(self.left, column), along(self.top, row))
    }

    /// The south-west corner of a cell, or of one beyond the last.
    #[must_use]
    pub fn corner(self, column: u32, row: u32) -> Mm {
        let middle = self.middle(column, row);
        Mm::new(middle.x - CELL / 2.0, middle.y - CELL / 2.0)
    }
}

/// The cell along one axis.
fn along(mm: f64, start: i32, cells: i32) -> Option<u32> {
    let cell = libm::floor((mm + CELL / 2.0) / CELL) - f64::from(start);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it was compared"
    )]
    (cell >= 0.0 && cell < f64::from(cells)).then_some(cell as u32)
}

/// The way from the world into a picture and back: x' = a x + c y + e, y' = b x + d y + f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform {
    /// a, b, c, d, e, f.
    coefficients: [f64; 6],
}

impl Transform {
    /// Into a picture of the whole image with `scale` pixels a cell.
    #[must_use]
    pub fn new(grid: Grid, scale: f64) -> Self {
        let step = scale / CELL;
        let x = (0.5 - f64::from(grid.left)) * scale;
        let y = (f64::from(grid.height) + f64::from(grid.top) - 0.5) * scale;
        Self {
            coefficients: [step, 0.0, 0.0, -step, x, y],
        }
    }

    /// Moves the picture, in pixels.
    #[must_use]
    pub fn moved(self, x: f64, y: f64) -> Self {
        let [a, b, c, d, e, f] = self.coefficients;
        Self {
            coefficients: [a, b, c, d, e + x, f + y],
        }
    }

    /// Turns the picture clockwise by a sine and a cosine, about its upper left corner.
    pub(crate) fn turned(self, sin: f64, cos: f64) -> Self {
        let [a, b, c, d, e, f] = self.coefficients;
        let turn = |x: f64, y: f64| (x * cos - y * sin, x * sin + y * cos);
        let ((a, b), (c, d), (e, f)) = (turn(a, b), turn(c, d), turn(e, f));
        Self {
            coefficients: [a, b, c, d, e, f],
        }
    }

    /// a, b, c, d, e, f of x' = a x + c y + e, y' = b x + d y + f: the order of SVG's `matrix`.
    #[must_use]
    pub const fn coefficients(self) -> [f64; 6] {
        self.coefficients
    }

    /// Where a place is in the picture.
    #[must_use]
    pub fn pixel(self, place: impl Into<Mm>) -> Pixel {
        let place = place.into();
        let [a, b, c, d, e, f] = self.coefficients;
        Pixel::new(a * place.x + c * place.y + e, b * place.x + d * place.y + f)
    }

    /// Which place a pixel shows.
    #[must_use]
    pub fn place(self, pixel: Pixel) -> Mm {
        let [a, b, c, d, e, f] = self.coefficients;
        let determinant = a * d - b * c;
        let (x, y) = (pixel.x - e, pixel.y - f);
        Mm::new((d * x - c * y) / determinant, (a * y - b * x) / determinant)
    }

    /// Where the three places are that dashboards calibrate with: (25500, 25500), (35500, 25500), (25500, 35500).
    #[must_use]
    pub fn calibration(self) -> [(Mm, Pixel); 3] {
        [(25_500.0, 25_500.0), (35_500.0, 25_500.0), (25_500.0, 35_500.0)].map(|(x, y)| {
            let place = Mm::new(x, y);
            (place, self.pixel(place))
        })
    }
}

/// A robot's angle as degrees clockwise from north, 0 to 359.
#[must_use]
pub fn clockwise_from_north(angle: i32) -> u16 {
    let degrees = (450 - i64::from(angle)).rem_euclid(360);
    u16::try_from(degrees).unwrap_or_default()
}

/// Edge of a cell, mm.
const CELL: f64 = Grid::CELL_MM as f64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_through_any_transform() {
        let grid = Grid {
            left: -5,
            top: 400,
            width: 30,
            height: 40,
        };
        for (sin, cos) in [(0.0, 1.0), (1.0, 0.0), (0.6, 0.8)] {
            let transform = Transform::new(grid, 3.5).turned(sin, cos).moved(7.0, -3.0);
            let place = Mm::new(123.0, 20_456.0);
            assert!(transform.place(transform.pixel(place)).distance(place) < 1e-6);
        }
    }

    #[test]
    fn far_and_strange_places_are_in_no_cell() {
        let grid = Grid {
            left: i32::MIN,
            top: i32::MAX,
            width: i32::MAX,
            height: 1,
        };
        for mm in [f64::NAN, f64::INFINITY, -1e300, 0.0] {
            assert_eq!(grid.cell_at(Mm::new(mm, mm)), None);
        }
    }
}
