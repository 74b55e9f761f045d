//! How much the robot has cleaned.

use alloc::vec;
use alloc::vec::Vec;

use crate::Map;
use crate::image::{CellKind, Image};
use crate::path::Path;
use crate::place::{Grid, Mm};

impl Map {
    /// The floor that the robot passed over, in square metres: floor cells whose middle is within half of `width_mm`
    /// of a cell that the path of block 3 passes. A robot is about 350 mm wide, its main brush about 170 mm. `None` without image or
    /// path.
    #[must_use]
    pub fn cleaned_m2(&self, width_mm: f64) -> Option<f64> {
        let (image, path) = (self.image()?, self.path()?);
        image.cells()?;
        Some(f64::from(cleaned_cells(image, path, width_mm)) * Grid::CELL_M2)
    }
}

/// How many floor cells are within half of `width_mm` of a path.
///
/// The path is marked in the cells that it passes, then the marks grow. So the time depends on the length of the path
/// and the number of cells, and not on their product.
fn cleaned_cells(image: &Image, path: &Path, width_mm: f64) -> u32 {
    let grid = image.grid();
    let (Ok(width), Ok(height)) = (usize::try_from(grid.width), usize::try_from(grid.height)) else {
        return 0;
    };
    let mut nearest = vec![FAR; image.cells().unwrap_or_default().len()];
    let mut mark = |place: Mm| {
        if let Some((column, row)) = grid.cell_at(place)
            && let Some(cell) = nearest.get_mut(row as usize * width + column as usize)
        {
            *cell = 0.0;
        }
    };
    if let Some(point) = path.points.first() {
        mark((*point).into());
    }
    for step in path.points.windows(2) {
        let [from, to] = step else { continue };
        let (from, to) = (Mm::from(*from), Mm::from(*to));
        // Half a cell a step, so that none is jumped over; at most 2,622 steps for 65,535 mm in each direction.
        let steps = libm::ceil((to.x - from.x).abs().max((to.y - from.y).abs()) / 25.0).max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 2622"
        )]
        for step in 0..=steps as u32 {
            let part = f64::from(step) / steps;
            mark(Mm::new(
                from.x + (to.x - from.x) * part,
                from.y + (to.y - from.y) * part,
            ));
        }
    }
    spread(&mut nearest, width, height);
    let reach = (width_mm / 2.0 / f64::from(Grid::CELL_MM)).max(0.0);
    let cells = image.cells().unwrap_or_default().iter().zip(&nearest);
    let cleaned = cells.filter(|(byte, distance)| {
        f64::from(**distance) <= reach * reach && image.decode(**byte).kind == CellKind::Floor
    });
    u32::try_from(cleaned.count()).unwrap_or(u32::MAX)
}

/// Turns marks (0) into the squared distance, in cells, to the nearest of them: first along the columns, then, with
/// the lower envelope of parabolas, along the rows.
fn spread(distance: &mut [f32], width: usize, height: usize) {
    if width == 0 || height == 0 {
        return;
    }
    for column in 0..width {
        let mut last = FAR;
        for row in 0..height {
            last = if let Some(cell) = distance.get_mut(row * width + column) {
                if *cell > 0.0 {
                    *cell = last + 1.0;
                }
                *cell
            } else {
                FAR
            };
        }
        let mut last = FAR;
        for row in (0..height).rev() {
            if let Some(cell) = distance.get_mut(row * width + column) {
                *cell = cell.min(last + 1.0);
                last = *cell;
            }
        }
    }
    let mut line = vec![0.0; width];
    let mut hull: Vec<(usize, f32, f32)> = Vec::with_capacity(width);
    for row in distance.chunks_exact_mut(width) {
        line.copy_from_slice(row);
        hull.clear();
        for (place, along) in line.iter().enumerate().filter(|(_, along)| **along < FAR) {
            let height = along * along;
            let at = place as f32;
            let start = loop {
                let Some(&(other, below, start)) = hull.last() else {
                    break f32::NEG_INFINITY;
                };
                let other = other as f32;
                let cross = ((height + at * at) - (below + other * other)) / (2.0 * (at - other));
                if cross > start {
                    break cross;
                }
                hull.pop();
            };
            hull.push((place, height, start));
        }
        let mut parabolas = hull.iter().peekable();
        let mut current = None;
        for (place, cell) in row.iter_mut().enumerate() {
            while let Some(next) = parabolas.next_if(|(_, _, start)| *start <= place as f32) {
                current = Some(next);
            }
            *cell = current.map_or(FAR, |(other, height, _)| {
                let along = place as f32 - *other as f32;
                along * along + height
            });
        }
    }
}

/// Nothing near.
const FAR: f32 = 1e9;
