//! Outlines of rooms, and of any set of cells, as polygons.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use crate::image::{Cell, CellKind, Image};
use crate::place::Mm;

/// An area with holes. Rings are closed without naming the first corner again, meet themselves and each other at most
/// in corners, and turn at each corner by a right angle. Corners of cells are at odd multiples of 25 mm.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    /// The outer ring, counter-clockwise with north up.
    pub outer: Vec<Mm>,
    /// What isn't part of it, clockwise.
    pub holes: Vec<Vec<Mm>>,
}

impl Polygon {
    /// Its area in square metres, without the holes.
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        let rings = core::iter::once(&self.outer).chain(&self.holes);
        rings.map(|ring| signed_area(ring)).sum::<f64>() / 1e6
    }
}

impl Image {
    /// The outline of a room's floor: one polygon for each part that hangs together. What stands in the room is a
    /// hole. The areas sum up to that of the room.
    #[must_use]
    pub fn room_outline(&self, id: u8) -> Vec<Polygon> {
        self.outline(|cell| cell.kind == CellKind::Floor && cell.room == Some(id))
    }

    /// The outline of all cells that `member` takes. Cells that only touch at a corner don't hang together.
    #[must_use]
    pub fn outline(&self, member: impl Fn(Cell) -> bool) -> Vec<Polygon> {
        let mut members = [false; 256];
        for (byte, is_member) in (0..=u8::MAX).zip(&mut members) {
            *is_member = member(self.decode(byte));
        }
        let member = |byte: u8| members.get(usize::from(byte)).copied().unwrap_or(false);
        let grid = self.grid();
        let parts = rings(self, &member).into_iter().map(|(outer, holes)| {
            let place = |ring: Vec<Corner>| ring.into_iter().map(|(x, y)| grid.corner(x, y)).collect();
            Polygon {
                outer: place(outer),
                holes: holes.into_iter().map(place).collect(),
            }
        });
        parts.collect()
    }
}

/// Column and row of a cell's south-west corner.
pub(crate) type Corner = (u32, u32);

/// The rings around cells: the outer one and the holes of each part that hangs together, in corners of cells.
pub(crate) fn rings(image: &Image, member: &dyn Fn(u8) -> bool) -> Vec<(Vec<Corner>, Vec<Vec<Corner>>)> {
    let Some(window) = Window::around(image, member) else {
        return Vec::new();
    };
    let labels = window.parts();
    let mut walked = vec![false; window.inside.len()];
    let mut parts: BTreeMap<u32, (Vec<Corner>, Vec<Vec<Corner>>)> = BTreeMap::new();
    // Every ring has a southern edge of a cell: its lowest.
    for y in 0..window.height {
        for x in 0..window.width {
            if !window.is_member(x, y) || window.is_member(x, y - 1) || window.was_walked(&walked, x, y) {
                continue;
            }
            let label = window.index(x, y).and_then(|index| labels.get(index)).copied();
            let part = parts.entry(label.unwrap_or_default()).or_default();
            for ring in split(window.walk(x, y, &mut walked)) {
                let ring = straighten(&ring);
                let corners = ring.iter().map(|&(x, y)| window.corner(x, y)).collect();
                if is_counter_clockwise(&ring) {
                    part.0 = corners;
                } else {
                    part.1.push(corners);
                }
            }
        }
    }
    parts.into_values().collect()
}

/// The box around the members, so that a small room in a large image is quickly walked around.
struct Window {
    left: u32,
    bottom: u32,
    width: i32,
    height: i32,
    inside: Vec<bool>,
}

/// Directions with the member on the left: along its southern edge to the east, and so on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heading {
    East,
    North,
    West,
    South,
}

impl Heading {
    const fn left(self) -> Self {
        match self {
            Self::East => Self::North,
            Self::North => Self::West,
            Self::West => Self::South,
            Self::South => Self::East,
        }
    }

    const fn right(self) -> Self {
        self.left().left().left()
    }

    const fn step(self, (x, y): (i32, i32)) -> (i32, i32) {
        match self {
            Self::East => (x + 1, y),
            Self::North => (x, y + 1),
            Self::West => (x - 1, y),
            Self::South => (x, y - 1),
        }
    }

    /// The cell on the left of who leaves a corner in this direction.
    const fn cell_on_the_left(self, (x, y): (i32, i32)) -> (i32, i32) {
        match self {
            Self::East => (x, y),
            Self::North => (x - 1, y),
            Self::West => (x - 1, y - 1),
            Self::South => (x, y - 1),
        }
    }

    /// The cell on the right.
    const fn cell_on_the_right(self, corner: (i32, i32)) -> (i32, i32) {
        self.right().cell_on_the_left(corner)
    }
}

impl Window {
    fn around(image: &Image, member: &dyn Fn(u8) -> bool) -> Option<Self> {
        let (mut left, mut right, mut bottom, mut top) = (u32::MAX, 0, u32::MAX, 0);
        for (y, row) in (0_u32..).zip(image.rows()) {
            let first = row.iter().position(|byte| member(*byte));
            let last = row.iter().rposition(|byte| member(*byte));
            if let (Some(first), Some(last)) = (first, last) {
                left = left.min(u32::try_from(first).ok()?);
                right = right.max(u32::try_from(last).ok()?);
                bottom = bottom.min(y);
                top = y;
            }
        }
        if left > right {
            return None;
        }
        let rows = image
            .rows()
            .skip(bottom as usize)
            .take((top - bottom + 1) as usize);
        let columns = left as usize..=right as usize;
        let inside = rows.flat_map(|row| row.get(columns.clone()).unwrap_or_default());
        Some(Self {
            left,
            bottom,
            width: i32::try_from(right - left + 1).ok()?,
            height: i32::try_from(top - bottom + 1).ok()?,
            inside: inside.map(|byte| member(*byte)).collect(),
        })
    }

    fn index(&self, x: i32, y: i32) -> Option<usize> {
        let inside = (0..self.width).contains(&x) && (0..self.height).contains(&y);
        inside.then(|| y as usize * self.width as usize + x as usize)
    }

    fn is_member(&self, x: i32, y: i32) -> bool {
        let cell = self.index(x, y).and_then(|index| self.inside.get(index));
        cell.copied().unwrap_or(false)
    }

    /// Has somebody walked along the southern edge of a cell?
    fn was_walked(&self, walked: &[bool], x: i32, y: i32) -> bool {
        let edge = self.index(x, y).and_then(|index| walked.get(index));
        edge.copied().unwrap_or(true)
    }

    fn corner(&self, x: i32, y: i32) -> Corner {
        (
            self.left.saturating_add_signed(x),
            self.bottom.saturating_add_signed(y),
        )
    }

    /// Numbers the parts that hang together along edges.
    fn parts(&self) -> Vec<u32> {
        let mut labels = vec![0; self.inside.len()];
        let mut open = Vec::new();
        let mut count = 0;
        for y in 0..self.height {
            for x in 0..self.width {
                if !self.is_member(x, y) || self.index(x, y).and_then(|i| labels.get(i)) != Some(&0) {
                    continue;
                }
                count += 1;
                open.push((x, y));
                while let Some((x, y)) = open.pop() {
                    let Some(label) = self.index(x, y).and_then(|index| labels.get_mut(index)) else {
                        continue;
                    };
                    if *label == 0 && self.is_member(x, y) {
                        *label = count;
                        open.extend([(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]);
                    }
                }
            }
        }
        labels
    }

    /// Walks around members from the southern edge of a cell, until it is there again.
    fn walk(&self, x: i32, y: i32, walked: &mut [bool]) -> Vec<(i32, i32)> {
        let mut ring = Vec::new();
        let (mut corner, mut heading) = ((x, y), Heading::East);
        loop {
            ring.push(corner);
            if heading == Heading::East
                && let Some(edge) = self.index(corner.0, corner.1).and_then(|i| walked.get_mut(i))
            {
                *edge = true;
            }
            corner = heading.step(corner);
            // The member stays on the left. Where two members touch at a corner only, this one is kept to.
            let (ahead_left, ahead_right) = (
                heading.cell_on_the_left(corner),
                heading.cell_on_the_right(corner),
            );
            heading = if !self.is_member(ahead_left.0, ahead_left.1) {
                heading.left()
            } else if self.is_member(ahead_right.0, ahead_right.1) {
                heading.right()
            } else {
                heading
            };
            if corner == (x, y) && heading == Heading::East {
                return ring;
            }
        }
    }
}

/// Cuts a ring where it meets itself: what it encloses there is a hole, or two holes meet.
fn split(ring: Vec<(i32, i32)>) -> Vec<Vec<(i32, i32)>> {
    let mut found = Vec::new();
    let mut open: Vec<(i32, i32)> = Vec::with_capacity(ring.len());
    let mut places = BTreeMap::new();
    for corner in ring {
        if let Some(place) = places.get(&corner).copied() {
            let loop_: Vec<_> = open.drain(place..).collect();
            for corner in &loop_ {
                places.remove(corner);
            }
            found.push(loop_);
        }
        places.insert(corner, open.len());
        open.push(corner);
    }
    found.push(open);
    found
}

/// Leaves out corners at which a ring goes straight on.
fn straighten(ring: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let before = ring.iter().cycle().skip(ring.len().saturating_sub(1));
    let after = ring.iter().cycle().skip(1);
    let corners = ring.iter().zip(before).zip(after);
    let turns =
        corners.filter(|((at, from), to)| (at.0 - from.0) * (to.1 - at.1) != (at.1 - from.1) * (to.0 - at.0));
    turns.map(|((at, _), _)| *at).collect()
}

fn is_counter_clockwise(ring: &[(i32, i32)]) -> bool {
    let next = ring.iter().cycle().skip(1);
    let twice: i64 = ring
        .iter()
        .zip(next)
        .map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1))
        .sum();
    twice > 0
}

/// In square millimetres; negative for clockwise rings.
fn signed_area(ring: &[Mm]) -> f64 {
    let Some(origin) = ring.first() else {
        return 0.0;
    };
    let next = ring.iter().cycle().skip(1);
    let twice: f64 = ring
        .iter()
        .zip(next)
        .map(|(a, b)| (a.x - origin.x) * (b.y - origin.y) - (b.x - origin.x) * (a.y - origin.y))
        .sum();
    twice / 2.0
}
