//! Pixels, with `tiny-skia`.

mod cells;
mod coverage;
mod encode;
mod stroke;

use alloc::vec::Vec;

use tiny_skia::{PathBuilder, Pixmap, PremultipliedColorU8};

use self::coverage::Coverage;
use super::scene::Scene;
use super::shape::{Item, Outline, Shape, Step};
use super::{DrawError, Rgba, font};
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
                Item::Cells => cells::draw(self, &mut pixmap),
                Item::Shape(shape) => draw_shape(&mut pixmap, shape),
                Item::Label(label) => {
                    let outline = font::outline(&label.text, label.at, label.size);
                    let weight = font::weight(label.size);
                    stroke(&mut pixmap, &outline, label.halo, weight * 3.0);
                    stroke(&mut pixmap, &outline, label.color, weight);
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
        let (blocks, rest) = self.pixmap.pixels().as_chunks::<16>();
        // Without a branch for each pixel.
        let is_opaque = |pixels: &[PremultipliedColorU8]| {
            pixels.iter().fold(u8::MAX, |least, pixel| least & pixel.alpha()) == u8::MAX
        };
        blocks.iter().all(|block| is_opaque(block)) && is_opaque(rest)
    }
}

fn draw_shape(pixmap: &mut Pixmap, shape: &Shape) {
    if shape.fill.a > 0
        && let Some(path) = path(&shape.outline)
        && let Some(mut coverage) = Coverage::around(pixmap, &shape.outline, 0.0)
    {
        coverage.fill(&path);
        coverage.blend(pixmap, shape.fill);
    }
    stroke(pixmap, &shape.outline, shape.stroke, shape.width);
}

fn stroke(pixmap: &mut Pixmap, outline: &Outline, color: Rgba, width: f32) {
    if color.a == 0 || !(width > 0.0 && width.is_finite()) {
        return;
    }
    let Some(mut coverage) = Coverage::around(pixmap, outline, width / 2.0) else {
        return;
    };
    stroke::cover(&mut coverage, outline, width);
    coverage.blend(pixmap, color);
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
