//! Pixels and PNG, with `tiny-skia` and `png`.

use alloc::vec;
use alloc::vec::Vec;

use tiny_skia::{Color, FillRule, LineCap, LineJoin, PathBuilder, Pixmap, PremultipliedColorU8, Stroke};

use super::scene::{Carpet, Scene, Turn};
use super::shape::{Item, Outline, Shape, Step};
use super::{DrawError, Rgba, font};
use crate::image::CarpetFlags;
use crate::place::{Pixel, Transform};

/// A picture of pixels.
#[derive(Clone)]
pub struct Picture {
    pixmap: Pixmap,
    transform: Transform,
}

impl core::fmt::Debug for Picture {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Picture")
            .field("width", &self.width())
            .field("height", &self.height())
            .field("transform", &self.transform)
            .finish()
    }
}

impl Scene<'_> {
    /// The picture as pixels.
    ///
    /// # Errors
    ///
    /// A picture that is too large for memory's numbers.
    pub fn to_picture(&self) -> Result<Picture, DrawError> {
        let (width, height) = (self.width(), self.height());
        let mut pixmap = Pixmap::new(width, height).ok_or(DrawError::TooLarge {
            width,
            height,
            limit: u64::from(u32::MAX),
        })?;
        for item in &self.items {
            match item {
                Item::Cells => self.draw_cells(&mut pixmap),
                Item::Shape(shape) => draw_shape(&mut pixmap, shape),
                Item::Label(label) => {
                    let outline = font::outline(&label.text, label.at, label.size);
                    let weight = font::weight(label.size);
                    for (color, width) in [(label.halo, weight * 3.0), (label.color, weight)] {
                        if let Some(path) = path(&outline) {
                            draw_stroke(&mut pixmap, &path, color, width);
                        }
                    }
                }
            }
        }
        Ok(Picture {
            pixmap,
            transform: self.transform(),
        })
    }

    /// The picture as the bytes of a PNG file.
    ///
    /// # Errors
    ///
    /// As [`to_picture`](Self::to_picture) and [`Picture::to_png`].
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        self.to_picture()?.to_png()
    }

    /// Each pixel shows the cell that its middle is in.
    fn draw_cells(&self, pixmap: &mut Pixmap) {
        match self.turn {
            Turn::Quarters(quarters) => self.draw_straight(pixmap, quarters),
            Turn::Free => self.draw_turned(pixmap),
        }
    }

    /// Along the axes each column and each row of pixels belongs to one column or row of cells, and many rows of
    /// pixels are the same.
    fn draw_straight(&self, pixmap: &mut Pixmap, quarters: u8) {
        let (width, height) = (pixmap.width(), pixmap.height());
        let (columns, rows) = (self.rect.right - self.rect.left, self.rect.bottom - self.rect.top);
        let cells = |pixels: u32, cells: u32, backwards: bool| -> Vec<u32> {
            let cell = |pixel: u32| self.cell_of(f64::from(pixel) + 0.5, cells);
            if backwards {
                (0..pixels).rev().map(cell).collect()
            } else {
                (0..pixels).map(cell).collect()
            }
        };
        // A quarter turn clockwise: the picture's x runs along the rows, from the last to the first.
        let (along_x, along_y, swapped) = match quarters {
            1 => (cells(width, rows, true), cells(height, columns, false), true),
            2 => (cells(width, columns, true), cells(height, rows, true), false),
            3 => (cells(width, rows, false), cells(height, columns, true), true),
            _ => (cells(width, columns, false), cells(height, rows, false), false),
        };
        let side = width as usize;
        let mut lines = pixmap.pixels_mut().chunks_exact_mut(side);
        let table = self.colors.map(premultiplied);
        let mut above: Option<(u32, &[PremultipliedColorU8])> = None;
        for y in &along_y {
            let Some(line) = lines.next() else { return };
            match above {
                Some((cell, same)) if cell == *y => line.copy_from_slice(same),
                _ if swapped => {
                    let mut last = None;
                    for (pixel, x) in line.iter_mut().zip(&along_x) {
                        *pixel = match last {
                            Some((cell, color)) if cell == *x => color,
                            _ => {
                                // Its x runs along the rows.
                                premultiplied(self.cell_color(*y, *x))
                            }
                        };
                        last = Some((*x, *pixel));
                    }
                }
                _ => self.draw_line(line, &along_x, *y, &table),
            }
            above = Some((*y, line));
        }
    }

    /// A row of cells as it is: the most frequent case, and the fastest.
    fn draw_line(
        &self,
        line: &mut [PremultipliedColorU8],
        along_x: &[u32],
        row: u32,
        table: &[PremultipliedColorU8; 256],
    ) {
        let grid = self.image.grid();
        let side = |side: i32| usize::try_from(side).unwrap_or_default();
        let (left, right) = (self.rect.left as usize, self.rect.right as usize);
        let start = side(grid.height).saturating_sub((self.rect.top + row) as usize + 1) * side(grid.width);
        let cells = self.image.cells().unwrap_or_default();
        let cells = cells.get(start + left..start + right).unwrap_or_default();
        let color = |cell: u8| table.get(usize::from(cell)).copied().unwrap_or(CLEAR);
        #[expect(clippy::float_cmp, reason = "a pixel a cell, and nothing near it")]
        let same = self.scale == 1.0 && self.turn == Turn::Quarters(0);
        if same {
            for (pixel, cell) in line.iter_mut().zip(cells) {
                *pixel = color(*cell);
            }
        } else {
            for (pixel, x) in line.iter_mut().zip(along_x) {
                *pixel = cells.get(*x as usize).map_or(CLEAR, |cell| color(*cell));
            }
        }
        let Some(carpet) = self.carpet else { return };
        let end = carpet.flags.len().min(start + right);
        let flags = carpet.flags.get(start + left..end).unwrap_or_default();
        if flags.iter().all(|flags| *flags == 0) {
            return;
        }
        for (pixel, x) in line.iter_mut().zip(along_x) {
            if let (Some(flags @ 1..), Some(byte)) = (flags.get(*x as usize), cells.get(*x as usize)) {
                let below = self.colors.get(usize::from(*byte)).copied().unwrap_or_default();
                *pixel = premultiplied(carpet.over(below, self.background, *byte, *flags, *x + row));
            }
        }
    }

    fn draw_turned(&self, pixmap: &mut Pixmap) {
        let width = pixmap.width() as usize;
        let (columns, rows) = (self.rect.right - self.rect.left, self.rect.bottom - self.rect.top);
        let grid = self.image.grid();
        // The upper left corner of what is shown, in cells of the image from its north-west.
        let (left, top) = (f64::from(self.rect.left), f64::from(self.rect.top));
        let background = premultiplied(self.background);
        let lines = pixmap.pixels_mut().chunks_exact_mut(width);
        for (y, line) in (0_u32..).zip(lines) {
            for (x, pixel) in (0_u32..).zip(line) {
                let middle = Pixel::new(f64::from(x) + 0.5, f64::from(y) + 0.5);
                let place = self.transform().place(middle);
                let column = place.x / 50.0 + 0.5 - f64::from(grid.left) - left;
                let row = f64::from(grid.height) + f64::from(grid.top) - place.y / 50.0 - 0.5 - top;
                let inside =
                    column >= 0.0 && row >= 0.0 && column < f64::from(columns) && row < f64::from(rows);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "it is inside"
                )]
                let cell = inside.then(|| self.cell_color(column as u32, row as u32));
                *pixel = cell.map_or(background, premultiplied);
            }
        }
    }

    /// The colour of a cell; column and row count from the upper left corner of what is shown.
    fn cell_color(&self, column: u32, row: u32) -> Rgba {
        let grid = self.image.grid();
        let (x, y) = (self.rect.left + column, self.rect.top + row);
        let y = u32::try_from(grid.height)
            .unwrap_or_default()
            .saturating_sub(y + 1);
        let Some(byte) = self.image.byte(x, y) else {
            return self.background;
        };
        let color = self.colors.get(usize::from(byte)).copied().unwrap_or_default();
        let Some(carpet) = self.carpet else {
            return color;
        };
        let index = u64::from(y) * u64::try_from(grid.width).unwrap_or_default() + u64::from(x);
        let flags = usize::try_from(index)
            .ok()
            .and_then(|index| carpet.flags.get(index));
        carpet.over(
            color,
            self.background,
            byte,
            flags.copied().unwrap_or_default(),
            column + row,
        )
    }

    fn cell_of(&self, pixel: f64, cells: u32) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates"
        )]
        let cell = (pixel / f64::from(self.scale)) as u32;
        cell.min(cells.saturating_sub(1))
    }
}

impl Carpet<'_> {
    /// The colour of a cell with its flags; `place` is the sum of its column and row.
    fn over(&self, color: Rgba, background: Rgba, byte: u8, flags: u8, place: u32) -> Rgba {
        let flags = CarpetFlags(flags);
        if flags.is_removed() {
            return background;
        }
        match self.color {
            Some(carpet) if flags.is_carpet() && byte != 0 && (!self.checkered || place % 2 == 1) => {
                color.mixed(carpet, carpet.a)
            }
            _ => color,
        }
    }
}

impl Picture {
    /// Pixels from left to right.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.pixmap.width()
    }

    /// Pixels from top to bottom.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.pixmap.height()
    }

    /// Where places of the robot's world are in the picture.
    #[must_use]
    pub const fn transform(&self) -> Transform {
        self.transform
    }

    /// The pixels from the upper left, row by row: red, green, blue, opacity, not premultiplied.
    #[must_use]
    pub fn to_rgba(&self) -> Vec<u8> {
        if self.is_opaque() {
            return self.pixmap.data().to_vec();
        }
        self.pixmap.clone().take_demultiplied()
    }

    fn is_opaque(&self) -> bool {
        self.pixmap
            .data()
            .chunks_exact(4)
            .all(|pixel| pixel.last() == Some(&255))
    }

    /// The bytes of a PNG file: RGB if nothing is transparent, else RGBA.
    ///
    /// # Errors
    ///
    /// [`DrawError::Encode`], which doesn't happen as long as there is memory.
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        let (color, pixels) = if self.is_opaque() {
            let data = self.pixmap.data();
            let mut rgb = vec![0; data.len() / 4 * 3];
            for (to, from) in rgb.chunks_exact_mut(3).zip(data.chunks_exact(4)) {
                if let (Some(to), Some(from)) = (to.first_chunk_mut::<3>(), from.first_chunk()) {
                    *to = *from;
                }
            }
            (png::ColorType::Rgb, rgb)
        } else {
            (png::ColorType::Rgba, self.to_rgba())
        };
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width(), self.height());
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&pixels).and_then(|()| writer.finish()));
        written.map(|()| file).map_err(|_| DrawError::Encode)
    }
}

fn draw_shape(pixmap: &mut Pixmap, shape: &Shape) {
    let Some(path) = path(&shape.outline) else {
        return;
    };
    if shape.fill.a > 0 {
        pixmap.fill_path(
            &path,
            &paint(shape.fill),
            FillRule::EvenOdd,
            tiny_skia::Transform::identity(),
            None,
        );
    }
    draw_stroke(pixmap, &path, shape.stroke, f64::from(shape.width));
}

fn draw_stroke(pixmap: &mut Pixmap, path: &tiny_skia::Path, color: Rgba, width: f64) {
    if color.a == 0 || width <= 0.0 {
        return;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a width in pixels")]
    let stroke = Stroke {
        width: width as f32,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    };
    pixmap.stroke_path(
        path,
        &paint(color),
        &stroke,
        tiny_skia::Transform::identity(),
        None,
    );
}

fn paint(color: Rgba) -> tiny_skia::Paint<'static> {
    tiny_skia::Paint {
        shader: tiny_skia::Shader::SolidColor(Color::from_rgba8(color.r, color.g, color.b, color.a)),
        ..tiny_skia::Paint::default()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "places in a picture")]
fn path(outline: &Outline) -> Option<tiny_skia::Path> {
    let mut path = PathBuilder::new();
    let f = |pixel: Pixel| (pixel.x as f32, pixel.y as f32);
    for step in &outline.steps {
        match *step {
            Step::Move(to) => path.move_to(f(to).0, f(to).1),
            Step::Line(to) => path.line_to(f(to).0, f(to).1),
            Step::Quad(by, to) => path.quad_to(f(by).0, f(by).1, f(to).0, f(to).1),
            Step::Cubic(a, b, to) => path.cubic_to(f(a).0, f(a).1, f(b).0, f(b).1, f(to).0, f(to).1),
            Step::Close => path.close(),
        }
    }
    path.finish()
}

fn premultiplied(color: Rgba) -> PremultipliedColorU8 {
    tiny_skia::ColorU8::from_rgba(color.r, color.g, color.b, color.a).premultiply()
}

const CLEAR: PremultipliedColorU8 = PremultipliedColorU8::TRANSPARENT;
