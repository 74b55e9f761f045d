//! Which part of the image a picture shows.

use crate::image::Bounds;
use crate::place::Grid;

/// What is cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Crop {
    /// Nothing.
    #[default]
    None,
    /// All but the used area and so many cells around it; nothing if no cell is used.
    Border {
        /// Cells on each side.
        cells: u32,
        /// Further cells below, where openHAB puts its logo.
        below: u32,
    },
    /// Shares of width and height, in percent, rounded down to cells: what Home Assistant's extractor calls trim.
    Trim {
        /// In the west.
        left: f64,
        /// In the east.
        right: f64,
        /// In the north.
        top: f64,
        /// In the south.
        bottom: f64,
    },
}

impl Crop {
    /// openHAB's `cropBorder`: below 0 is no crop. Below the used area there is room for the logo.
    #[must_use]
    pub fn openhab(border: i32, scale: f32) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates"
        )]
        u32::try_from(border).map_or(Self::None, |cells| Self::Border {
            cells,
            below: (8.0 * scale) as u32,
        })
    }

    /// The cells that are left of an image, of which `used` aren't outside; `None` if there are none.
    #[must_use]
    pub fn rect(self, grid: Grid, used: Option<Bounds>) -> Option<CellRect> {
        let width = u32::try_from(grid.width).ok()?;
        let height = u32::try_from(grid.height).ok()?;
        let rect = match (self, used) {
            (Self::Border { cells, below }, Some(used)) => {
                let north = i64::from(height) - i64::from(used.north);
                let south = i64::from(height) - i64::from(used.south);
                let (cells, below) = (i64::from(cells), i64::from(below));
                CellRect {
                    left: clamp(i64::from(used.west) - cells, width),
                    top: clamp(north - cells, height),
                    right: clamp(i64::from(used.east) + cells, width),
                    bottom: clamp(south + cells + below, height),
                }
            }
            (
                Self::Trim {
                    left,
                    right,
                    top,
                    bottom,
                },
                _,
            ) => CellRect {
                left: share(left, width),
                top: share(top, height),
                right: width - share(right, width),
                bottom: height - share(bottom, height),
            },
            (Self::None | Self::Border { .. }, _) => CellRect {
                left: 0,
                top: 0,
                right: width,
                bottom: height,
            },
        };
        (rect.left < rect.right && rect.top < rect.bottom).then_some(rect)
    }
}

fn clamp(place: i64, length: u32) -> u32 {
    u32::try_from(place.clamp(0, i64::from(length))).unwrap_or(length)
}

fn share(percent: f64, length: u32) -> u32 {
    let cells = f64::from(length) * percent.clamp(0.0, 100.0) / 100.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded down; at most `length`"
    )]
    (cells as u32).min(length)
}

/// Columns and rows of cells, counted from the upper left corner of the picture. The last ones are excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellRect {
    /// The first column.
    pub left: u32,
    /// The first row.
    pub top: u32,
    /// The column after the last.
    pub right: u32,
    /// The row after the last.
    pub bottom: u32,
}

impl CellRect {
    /// Width and height of its picture in pixels, rounded down.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "openHAB multiplies as float; saturates"
    )]
    pub fn size(self, scale: f32) -> (u32, u32) {
        let side = |cells: u32| (cells as f32 * scale) as u32;
        (side(self.right - self.left), side(self.bottom - self.top))
    }
}
