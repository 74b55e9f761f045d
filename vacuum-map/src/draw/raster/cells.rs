//! Cells as pixels: each pixel shows the cell that its middle is in.

use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;

use tiny_skia::{Pixmap, PremultipliedColorU8};

use super::premultiplied;
use crate::draw::runs::{Run, runs};
use crate::draw::scene::{Carpet, Scene, Turn};
use crate::image::CarpetFlags;
use crate::place::Pixel;

/// Draws them over all of a picture.
pub(super) fn draw(scene: &Scene<'_>, pixmap: &mut Pixmap) {
    let colors = Colors::new(scene);
    match scene.turn {
        Turn::Quarters(quarters) => straight(scene, &colors, quarters, pixmap),
        Turn::Free => turned(scene, &colors, pixmap),
    }
}

/// The colours of cells, by their byte.
struct Colors {
    plain: [PremultipliedColorU8; 256],
    carpet: [PremultipliedColorU8; 256],
    background: PremultipliedColorU8,
    checkered: bool,
}

impl Colors {
    fn new(scene: &Scene<'_>) -> Self {
        let plain = scene.colors.map(premultiplied);
        let mut carpet = plain;
        if let Some(over) = scene.carpet.and_then(|carpet| carpet.color) {
            // Outside there is none.
            for (place, color) in carpet.iter_mut().zip(scene.colors).skip(1) {
                *place = premultiplied(color.mixed(over, over.a));
            }
        }
        Self {
            plain,
            carpet,
            background: premultiplied(scene.background),
            checkered: scene.carpet.is_some_and(|carpet| carpet.checkered),
        }
    }

    fn plain(&self, byte: u8) -> PremultipliedColorU8 {
        self.plain
            .get(usize::from(byte))
            .copied()
            .unwrap_or(self.background)
    }

    /// The colour of a cell with flags; `place` is the sum of its column and its row.
    fn of(&self, byte: u8, flags: u8, place: usize) -> PremultipliedColorU8 {
        let flags = CarpetFlags(flags);
        if flags.is_removed() {
            return self.background;
        }
        let is_carpet = flags.is_carpet() && (!self.checkered || place % 2 == 1);
        let table = if is_carpet { &self.carpet } else { &self.plain };
        table.get(usize::from(byte)).copied().unwrap_or(self.background)
    }
}

/// Along the axes a row of cells is some rows of pixels, all the same.
fn straight(scene: &Scene<'_>, colors: &Colors, quarters: u8, pixmap: &mut Pixmap) {
    let seen = Seen::new(scene, quarters);
    let (width, height) = (pixmap.width(), pixmap.height());
    let is_backwards = |axis: u8| match quarters {
        1 => axis == 0,
        2 => true,
        3 => axis == 1,
        _ => false,
    };
    let columns = edges(width, seen.width, scene.scale, is_backwards(0));
    let rows = edges(height, seen.cells.len(), scene.scale, is_backwards(1));
    let width = width as usize;
    let mut rest = pixmap.pixels_mut();
    let mut above: Option<(Row<'_>, &[PremultipliedColorU8])> = None;
    for (y, cells) in seen.cells.iter().enumerate() {
        let count = match rows.get(y..y + 2) {
            Some([start, end]) => end - start,
            _ => 0,
        };
        let row = Row {
            cells,
            flags: seen.flags.get(y).map_or(&[][..], |flags| flags),
            place: if colors.checkered {
                (y + seen.parity) % 2
            } else {
                0
            },
        };
        for _ in 0..count {
            let Some((line, below)) = rest.split_at_mut_checked(width) else {
                return;
            };
            rest = below;
            // With a pixel a cell, too, many rows are as the one before.
            match above {
                Some((same, drawn)) if same == row => line.copy_from_slice(drawn),
                _ if width == row.cells.len() => row.draw(line, colors),
                _ => row.draw_wide(line, &columns, colors),
            }
            above = Some((row, line));
        }
    }
}

/// What there is to draw in a line of pixels.
#[derive(Clone, Copy, PartialEq)]
struct Row<'a> {
    cells: &'a [u8],
    /// Perhaps fewer than cells.
    flags: &'a [u8],
    /// Of the first cell.
    place: usize,
}

impl Row<'_> {
    /// A pixel a cell. Most are like their neighbours, so that eight are looked at together.
    fn draw(self, line: &mut [PremultipliedColorU8], colors: &Colors) {
        let (blocks, rest) = self.cells.as_chunks::<8>();
        let (lines, rest_of_line) = line.as_chunks_mut::<8>();
        for (pixels, block) in lines.iter_mut().zip(blocks) {
            let [first, ..] = *block;
            *pixels = if *block == [first; 8] {
                [colors.plain(first); 8]
            } else {
                block.map(|byte| colors.plain(byte))
            };
        }
        for (pixel, byte) in rest_of_line.iter_mut().zip(rest) {
            *pixel = colors.plain(*byte);
        }
        for flagged in runs(self.flags).filter(|run| run.byte != 0) {
            let (start, end) = (flagged.start, flagged.end);
            let (Some(pixels), Some(cells)) = (line.get_mut(start..end), self.cells.get(start..end)) else {
                continue;
            };
            for ((pixel, byte), place) in pixels.iter_mut().zip(cells).zip(self.place + start..) {
                *pixel = colors.of(*byte, flagged.byte, place);
            }
        }
    }

    /// Some pixels a cell, or less than one: a run of equal cells is a run of pixels. `columns` has the edges of the
    /// cells.
    fn draw_wide(self, line: &mut [PremultipliedColorU8], columns: &[usize], colors: &Colors) {
        let mut fill = |start: usize, end: usize, color: PremultipliedColorU8| {
            if let (Some(start), Some(end)) = (columns.get(start), columns.get(end))
                && let Some(pixels) = line.get_mut(*start..*end)
            {
                pixels.fill(color);
            }
        };
        for Run { byte, start, end } in runs(self.cells) {
            fill(start, end, colors.plain(byte));
        }
        for flagged in runs(self.flags).filter(|run| run.byte != 0) {
            let cells = self.cells.get(flagged.start..flagged.end).unwrap_or_default();
            for (x, byte) in (flagged.start..).zip(cells) {
                fill(x, x + 1, colors.of(*byte, flagged.byte, self.place + x));
            }
        }
    }
}

/// Where each cell begins along an axis, in pixels, and where the last one ends.
fn edges(pixels: u32, cells: usize, scale: f32, backwards: bool) -> Vec<usize> {
    let mut edges = vec![0; cells + 1];
    for pixel in 0..pixels {
        let cell = cell_of(f64::from(pixel) + 0.5, scale).min(cells.saturating_sub(1));
        if let Some(end) = edges.get_mut(cell + 1) {
            *end = pixel as usize + 1;
        }
    }
    // Cells too small for a pixel end where the one before does.
    let mut last = 0;
    for edge in &mut edges {
        last = last.max(*edge);
        *edge = last;
    }
    if backwards {
        edges.reverse();
        for edge in &mut edges {
            *edge = pixels as usize - *edge;
        }
    }
    edges
}

fn cell_of(pixel: f64, scale: f32) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let cell = (pixel / f64::from(scale)) as usize;
    cell
}

/// The cells that are shown, as they are seen after quarter turns.
struct Seen<'a> {
    width: usize,
    /// From the top.
    cells: Vec<Cow<'a, [u8]>>,
    /// Of each row, and perhaps fewer than cells.
    flags: Vec<Cow<'a, [u8]>>,
    /// What to add to column and row, so that the sum is odd where it was before turning.
    parity: usize,
}

impl<'a> Seen<'a> {
    fn new(scene: &Scene<'a>, quarters: u8) -> Self {
        let rect = scene.rect;
        let (left, right) = (rect.left as usize, rect.right as usize);
        let (width, height) = (right - left, (rect.bottom - rect.top) as usize);
        let side = |side: i32| usize::try_from(side).unwrap_or_default();
        let grid = scene.image.grid();
        let (all_columns, all_rows) = (side(grid.width), side(grid.height));
        let rows = |bytes: &'a [u8]| -> Vec<&'a [u8]> {
            let rows = (rect.top..rect.bottom).map(|row| {
                let start = all_rows.saturating_sub(row as usize + 1) * all_columns;
                let end = bytes.len().min(start + right);
                bytes.get(start + left..end).unwrap_or_default()
            });
            rows.collect()
        };
        let cells = rows(scene.image.cells().unwrap_or_default());
        let flags = scene
            .carpet
            .map_or_else(Vec::new, |Carpet { flags, .. }| rows(flags));
        let turned = |rows: Vec<&'a [u8]>| turned_rows(rows, width, quarters);
        Self {
            width: if quarters.is_multiple_of(2) { width } else { height },
            cells: turned(cells),
            flags: turned(flags),
            parity: match quarters {
                1 => height + 1,
                2 => width + height,
                3 => width + 1,
                _ => 0,
            },
        }
    }
}

/// Turns rows clockwise; where one is too short there are zeros.
fn turned_rows(rows: Vec<&[u8]>, width: usize, quarters: u8) -> Vec<Cow<'_, [u8]>> {
    let column = |rows: &mut dyn Iterator<Item = &&[u8]>, x: usize| -> Vec<u8> {
        rows.map(|row| row.get(x).copied().unwrap_or_default()).collect()
    };
    if rows.is_empty() {
        return Vec::new();
    }
    match quarters {
        0 => rows.into_iter().map(Cow::Borrowed).collect(),
        1 => (0..width)
            .map(|x| Cow::Owned(column(&mut rows.iter().rev(), x)))
            .collect(),
        2 => {
            let backwards = |row: &&[u8]| {
                let mut row = row.to_vec();
                row.resize(width, 0);
                row.reverse();
                Cow::Owned(row)
            };
            rows.iter().rev().map(backwards).collect()
        }
        _ => (0..width)
            .rev()
            .map(|x| Cow::Owned(column(&mut rows.iter(), x)))
            .collect(),
    }
}

/// At any angle the cell is looked up for each pixel.
fn turned(scene: &Scene<'_>, colors: &Colors, pixmap: &mut Pixmap) {
    let width = pixmap.width() as usize;
    let (columns, rows) = (
        scene.rect.right - scene.rect.left,
        scene.rect.bottom - scene.rect.top,
    );
    let grid = scene.image.grid();
    // The upper left corner of what is shown, in cells of the image from its north-west.
    let (left, top) = (f64::from(scene.rect.left), f64::from(scene.rect.top));
    let lines = pixmap.pixels_mut().chunks_exact_mut(width);
    for (y, line) in (0_u32..).zip(lines) {
        for (x, pixel) in (0_u32..).zip(line) {
            let middle = Pixel::new(f64::from(x) + 0.5, f64::from(y) + 0.5);
            let place = scene.transform().place(middle);
            let column = place.x / 50.0 + 0.5 - f64::from(grid.left) - left;
            let row = f64::from(grid.height) + f64::from(grid.top) - place.y / 50.0 - 0.5 - top;
            let inside = column >= 0.0 && row >= 0.0 && column < f64::from(columns) && row < f64::from(rows);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is inside"
            )]
            let cell = inside.then(|| cell_color(scene, colors, column as u32, row as u32));
            *pixel = cell.unwrap_or(colors.background);
        }
    }
}

/// The colour of a cell; column and row count from the upper left corner of what is shown.
fn cell_color(scene: &Scene<'_>, colors: &Colors, column: u32, row: u32) -> PremultipliedColorU8 {
    let grid = scene.image.grid();
    let (x, y) = (scene.rect.left + column, scene.rect.top + row);
    let y = u32::try_from(grid.height)
        .unwrap_or_default()
        .saturating_sub(y + 1);
    let Some(byte) = scene.image.byte(x, y) else {
        return colors.background;
    };
    let index = u64::from(y) * u64::try_from(grid.width).unwrap_or_default() + u64::from(x);
    let flags = scene.carpet.and_then(|carpet| {
        let index = usize::try_from(index).ok()?;
        carpet.flags.get(index).copied()
    });
    colors.of(byte, flags.unwrap_or_default(), (column + row) as usize)
}
