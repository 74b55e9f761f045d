//! The image: block 2, and the flags of its cells, block 17.
//!
//! | header | offsets of segment count, top, left, height, width |
//! |---|---|
//! | 24 bytes, old | none, 8, 12, 16, 20 |
//! | 28 bytes | 8, 12, 16, 20, 24 |
//! | longer | 8, and the last 16 bytes |
//!
//! The data are width times height cells, the first row in the **south**. A cell is a byte:
//!
//! | bits 0-2 | | bits 3-7 |
//! |---|---|---|
//! | 0 | nothing if the whole byte is 0, else an obstacle | the room; 0 is none, |
//! | 1 | wall | and so are all in an image |
//! | 7 | floor | with the old header |
//! | 2-6 | unknown, not seen | |
//!
//! ```
//! use vacuum_map::image::{Cell, CellKind, Image};
//!
//! let image = Image::new(510, 511, 3, 2, &[0x00, 0x81, 0x87, 0x80, 0x87, 0x07]).expect("3 x 2 cells");
//! let [room] = &image.rooms()[..] else { panic!() };
//! assert_eq!((room.id, room.floor, room.wall, room.obstacle), (16, 2, 1, 1));
//! assert_eq!(image.cell(2, 0), Some(Cell { kind: CellKind::Floor, room: Some(16) }));
//! ```

use alloc::vec::Vec;
use core::fmt;

use crate::bytes::{i32_at, u32_at};
use crate::place::{Grid, Mm};

/// The cells of a map, and where they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    grid: Grid,
    segments: Option<u32>,
    /// As many as the grid has, or `None` in a damaged map.
    cells: Option<Vec<u8>>,
}

impl Image {
    /// Bytes of the block's header in old maps.
    pub(crate) const OLD_HEADER: usize = 24;
    /// Bytes of the block's header since there are rooms.
    pub(crate) const HEADER: usize = 28;

    /// An image of cell bytes, whose first is in the south-west, in the layout with rooms. `None` if there aren't
    /// width times height.
    #[must_use]
    pub fn new(left: i32, top: i32, width: i32, height: i32, cells: &[u8]) -> Option<Self> {
        let mut image = Self::new_old(left, top, width, height, cells)?;
        image.segments = Some(0);
        // As robots count: the rooms, and one more.
        image.segments = u32::try_from(image.rooms().len() + 1).ok();
        Some(image)
    }

    /// The same in the old layout, which has no rooms.
    #[must_use]
    pub fn new_old(left: i32, top: i32, width: i32, height: i32, cells: &[u8]) -> Option<Self> {
        let grid = Grid {
            left,
            top,
            width,
            height,
        };
        (grid.cells() == u64::try_from(cells.len()).ok()).then(|| Self {
            grid,
            segments: None,
            cells: Some(cells.to_vec()),
        })
    }

    /// The same, with the number that the header has for segments; `None` for the old layout.
    #[must_use]
    pub fn with_segments(mut self, segments: Option<u32>) -> Self {
        self.segments = segments;
        self
    }

    /// Where the cells are.
    #[must_use]
    pub const fn grid(&self) -> Grid {
        self.grid
    }

    /// Number of rooms and one more, as the header says it; `None` with the old header, which has no rooms.
    /// [`rooms`](Self::rooms) counts.
    #[must_use]
    pub const fn segments(&self) -> Option<u32> {
        self.segments
    }

    /// The cells row by row from the south-west; `None` if the file's image was damaged.
    #[must_use]
    pub fn cells(&self) -> Option<&[u8]> {
        self.cells.as_deref()
    }

    /// Is there nothing to see: no cell at all, as after a map was erased or damaged?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells().is_none_or(<[u8]>::is_empty)
    }

    /// The cell in a column and a row, counted from the south-west.
    #[must_use]
    pub fn cell(&self, column: u32, row: u32) -> Option<Cell> {
        self.byte(column, row).map(|byte| self.decode(byte))
    }

    /// The cell at a place.
    #[must_use]
    pub fn cell_at(&self, place: impl Into<Mm>) -> Option<Cell> {
        let (column, row) = self.grid.cell_at(place)?;
        self.cell(column, row)
    }

    /// The room that a place is in.
    #[must_use]
    pub fn room_at(&self, place: impl Into<Mm>) -> Option<u8> {
        let cell = self.cell_at(place)?;
        cell.room.filter(|_| cell.kind != CellKind::Other)
    }

    /// What a byte of this image means.
    #[must_use]
    pub const fn decode(&self, byte: u8) -> Cell {
        Cell::of(byte, self.segments.is_some())
    }

    pub(crate) fn byte(&self, column: u32, row: u32) -> Option<u8> {
        let (width, column) = (self.width()?, usize::try_from(column).ok()?);
        if column >= width {
            return None;
        }
        let row = usize::try_from(row).ok()?;
        let index = row.checked_mul(width)?.checked_add(column)?;
        self.cells()?.get(index).copied()
    }

    fn width(&self) -> Option<usize> {
        usize::try_from(self.grid.width).ok()
    }

    /// The rows from the south, none if there are no cells.
    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        let width = self.width().filter(|width| *width > 0).unwrap_or(1);
        self.cells().unwrap_or_default().chunks_exact(width)
    }

    /// How often each of the 256 bytes occurs.
    #[must_use]
    pub fn histogram(&self) -> [u32; 256] {
        let mut counts = [0; 256];
        for byte in self.cells().unwrap_or_default() {
            if let Some(count) = counts.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
        counts
    }

    /// The rooms, by rising id; none with the old header.
    #[must_use]
    pub fn rooms(&self) -> Vec<Room> {
        let mut rooms: Vec<Room> = (0..=31).map(Room::new).collect();
        for (byte, count) in (0..=u8::MAX).zip(self.histogram()) {
            let cell = self.decode(byte);
            if let Some(room) = cell.room.and_then(|id| rooms.get_mut(usize::from(id))) {
                match cell.kind {
                    CellKind::Floor => room.floor += count,
                    CellKind::Wall => room.wall += count,
                    CellKind::Obstacle => room.obstacle += count,
                    CellKind::Other | CellKind::Outside => room.other += count,
                }
            }
        }
        if self.segments.is_some() {
            for (y, row) in (0..).zip(self.rows()) {
                for (x, byte) in (0..).zip(row) {
                    if byte & KIND == FLOOR
                        && let Some(room) = rooms.get_mut(usize::from(byte >> 3))
                    {
                        room.bounds = Some(room.bounds.map_or(Bounds::of(x, y), |b| b.with(x, y)));
                    }
                }
            }
        }
        rooms.retain(|room| room.id != 0 && room.floor + room.wall + room.obstacle + room.other > 0);
        rooms
    }

    /// The box around all cells that aren't outside.
    #[must_use]
    pub fn used(&self) -> Option<Bounds> {
        let mut used: Option<Bounds> = None;
        for (y, row) in (0..).zip(self.rows()) {
            let first = row.iter().position(|byte| *byte != 0);
            let last = row.iter().rposition(|byte| *byte != 0);
            for x in [first, last].into_iter().flatten() {
                let x = u32::try_from(x).unwrap_or(u32::MAX);
                used = Some(used.map_or(Bounds::of(x, y), |b| b.with(x, y)));
            }
        }
        used
    }

    /// Floor in square metres.
    #[must_use]
    pub fn floor_m2(&self) -> f64 {
        let floor = (0..=u8::MAX).zip(self.histogram());
        let cells: u32 = floor
            .filter(|(byte, _)| self.decode(*byte).kind == CellKind::Floor)
            .map(|(_, count)| count)
            .sum();
        f64::from(cells) * Grid::CELL_M2
    }

    /// Reads the fields of a block's header. Gives the image without cells, and what the header has besides.
    pub(crate) fn parse_header(header: &[u8]) -> Option<(Self, Vec<u8>)> {
        let place = header.len().checked_sub(16).filter(|place| *place >= 8)?;
        let segments = u32_at(header, 8).filter(|_| header.len() >= Self::HEADER);
        let between = if segments.is_some() { 12 } else { 8 };
        let image = Self {
            grid: Grid {
                top: i32_at(header, place)?,
                left: i32_at(header, place + 4)?,
                height: i32_at(header, place + 8)?,
                width: i32_at(header, place + 12)?,
            },
            segments,
            cells: None,
        };
        Some((image, header.get(between..place)?.to_vec()))
    }

    /// Takes the cells off the data; `false` if there are too few.
    pub(crate) fn take_cells(&mut self, data: &[u8]) -> bool {
        let cells = self.grid.cells().and_then(|count| usize::try_from(count).ok());
        self.cells = cells.and_then(|count| data.get(..count)).map(<[u8]>::to_vec);
        self.cells.is_some()
    }

    /// The fields of the header.
    pub(crate) fn encode_header(&self, between: &[u8], to: &mut Vec<u8>) {
        to.extend(self.segments.map(u32::to_le_bytes).iter().flatten());
        to.extend(between);
        for number in [self.grid.top, self.grid.left, self.grid.height, self.grid.width] {
            to.extend(number.to_le_bytes());
        }
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image")
            .field("grid", &self.grid)
            .field("segments", &self.segments)
            .field("cells", &self.cells.as_ref().map(Vec::len))
            .finish()
    }
}

/// What is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// What it is.
    pub kind: CellKind,
    /// The room that it belongs to, 1 to 31.
    pub room: Option<u8>,
}

impl Cell {
    /// What a byte means, in an image with rooms or without.
    #[must_use]
    pub const fn of(byte: u8, with_rooms: bool) -> Self {
        let kind = match byte & KIND {
            0 if byte == 0 => CellKind::Outside,
            0 => CellKind::Obstacle,
            1 => CellKind::Wall,
            FLOOR => CellKind::Floor,
            _ => CellKind::Other,
        };
        let room = byte >> 3;
        let room = if with_rooms && room != 0 { Some(room) } else { None };
        Self { kind, room }
    }
}

/// What a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellKind {
    /// Unknown.
    Outside,
    /// Seen inside a room, such as furniture.
    Obstacle,
    /// A wall.
    Wall,
    /// Floor.
    Floor,
    /// None of them; no robot was seen to write it.
    Other,
}

impl CellKind {
    /// `outside`, `obstacle`, `wall`, `floor`, `other`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Obstacle => "obstacle",
            Self::Wall => "wall",
            Self::Floor => "floor",
            Self::Other => "other",
        }
    }
}

/// What there is of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its number, 1 to 31, as the robot's commands take it.
    pub id: u8,
    /// Cells of floor.
    pub floor: u32,
    /// Cells of wall.
    pub wall: u32,
    /// Cells of obstacles.
    pub obstacle: u32,
    /// Cells of unknown kind.
    pub other: u32,
    /// The box around its floor.
    pub bounds: Option<Bounds>,
}

impl Room {
    const fn new(id: u8) -> Self {
        Self {
            id,
            floor: 0,
            wall: 0,
            obstacle: 0,
            other: 0,
            bounds: None,
        }
    }

    /// Its floor in square metres.
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        f64::from(self.floor) * Grid::CELL_M2
    }
}

/// A box of cells; all four belong to it. Rows count from the south.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// The westernmost column.
    pub west: u32,
    /// The southernmost row.
    pub south: u32,
    /// The easternmost column.
    pub east: u32,
    /// The northernmost row.
    pub north: u32,
}

impl Bounds {
    const fn of(x: u32, y: u32) -> Self {
        Self {
            west: x,
            south: y,
            east: x,
            north: y,
        }
    }

    fn with(self, x: u32, y: u32) -> Self {
        Self {
            west: self.west.min(x),
            south: self.south.min(y),
            east: self.east.max(x),
            north: self.north.max(y),
        }
    }
}

/// What is known of a cell besides: a byte of block 17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CarpetFlags(pub u8);

impl CarpetFlags {
    /// There is carpet: bit 0.
    #[must_use]
    pub const fn is_carpet(self) -> bool {
        self.0 & 1 != 0
    }

    /// The user deleted this part of the map: bits 3 and 4. It is drawn as outside.
    #[must_use]
    pub const fn is_removed(self) -> bool {
        self.0 & 0b1_1000 != 0
    }
}

/// The bits of the kind.
const KIND: u8 = 7;
const FLOOR: u8 = 7;
