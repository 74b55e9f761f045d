//! How much of each pixel a shape covers, and colours mixed in so far.

use alloc::vec;
use alloc::vec::Vec;

use tiny_skia::{FillRule, Mask, Path, Pixmap, Transform};

use super::premultiplied;
use crate::draw::Rgba;
use crate::draw::shape::{Outline, Step};
use crate::place::Pixel;

/// How much of each pixel is covered, for the part of a picture in which something is.
pub(super) struct Coverage {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    /// From 0 to 255.
    pub(super) covered: Vec<u8>,
}

impl Coverage {
    /// Nothing covered yet, around an outline and so many pixels more. `None` if that is beside the picture.
    pub(super) fn around(pixmap: &Pixmap, outline: &Outline, reach: f32) -> Option<Self> {
        let reach = f64::from(reach) + 1.0;
        let side = |along: fn(Pixel) -> f64, side: u32| {
            let places = outline.steps.iter().flat_map(Step::points).map(along);
            let (least, most) = places.fold((f64::MAX, f64::MIN), |(least, most), at| {
                (least.min(at), most.max(at))
            });
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the side"
            )]
            let clamp = |at: f64| at.clamp(0.0, f64::from(side)) as usize;
            let (start, end) = (clamp(libm::floor(least - reach)), clamp(libm::ceil(most + reach)));
            (start < end).then_some((start, end - start))
        };
        let (left, width) = side(|point| point.x, pixmap.width())?;
        let (top, height) = side(|point| point.y, pixmap.height())?;
        Some(Self {
            left,
            top,
            width,
            height,
            covered: vec![0; width * height],
        })
    }

    /// Covers what is inside a path; where it covers itself there are holes.
    pub(super) fn fill(&mut self, path: &Path) {
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let Some(mut mask) = Mask::new(side(self.width), side(self.height)) else {
            return;
        };
        #[expect(clippy::cast_precision_loss, reason = "pixels of a picture")]
        let origin = Transform::from_translate(-(self.left as f32), -(self.top as f32));
        mask.fill_path(path, FillRule::EvenOdd, true, origin);
        for (covered, mask) in self.covered.iter_mut().zip(mask.data()) {
            let levels = (u16::from(*mask) * u16::from(FULL) + 127) / 255;
            let [levels, _] = levels.to_le_bytes();
            *covered = covers(levels, 255 * 256 / u16::from(FULL));
        }
    }

    /// Mixes a colour into the picture.
    pub(super) fn blend(&self, pixmap: &mut Pixmap, color: Rgba) {
        let color = premultiplied(color);
        let color = [color.red(), color.green(), color.blue(), color.alpha()];
        let stride = pixmap.width() as usize;
        let (lines, _) = pixmap.data_mut().as_chunks_mut::<4>();
        let lines = lines.chunks_exact_mut(stride).skip(self.top);
        for (line, covered) in lines.zip(self.covered.chunks_exact(self.width)) {
            let Some(line) = line.get_mut(self.left..self.left + self.width) else {
                return;
            };
            let (blocks, rest) = covered.as_chunks::<8>();
            let (lines, rest_of_line) = line.as_chunks_mut::<8>();
            for (pixels, covered) in lines.iter_mut().zip(blocks) {
                // Few blocks have anything of the line.
                if *covered != [0; 8] {
                    *pixels = core::array::from_fn(|at| match (pixels.get(at), covered.get(at)) {
                        (Some(pixel), Some(covered)) => blended(*pixel, color, *covered),
                        _ => color,
                    });
                }
            }
            for (pixel, covered) in rest_of_line.iter_mut().zip(rest) {
                *pixel = blended(*pixel, color, *covered);
            }
        }
    }
}

/// A premultiplied colour over another one, as far as it covers it.
fn blended(below: [u8; 4], color: [u8; 4], covered: u8) -> [u8; 4] {
    let (part, [.., alpha]) = (u16::from(covered), color);
    // Of what was there so much stays.
    let rest = 255 - divided(u16::from(alpha) * part);
    core::array::from_fn(|channel| {
        let channel = |of: [u8; 4]| u16::from(of.get(channel).copied().unwrap_or_default());
        // At most 255 * 255 and the rounding.
        let [mixed, _] = divided(channel(color) * part + channel(below) * rest).to_le_bytes();
        mixed
    })
}

/// By 255, rounded.
const fn divided(product: u16) -> u16 {
    let sum = product + 128;
    (sum + (sum >> 8)) >> 8
}

/// So many levels cover so much of a pixel.
pub(super) const fn covers(levels: u8, level: u16) -> u8 {
    let [_, covers] = (levels as u16 * level + 128).to_le_bytes();
    covers
}

/// Steps from nothing to all of a pixel: more can't be seen, and with fewer colours files are smaller.
pub(super) const LEVELS: f32 = FULL as f32;
pub(super) const FULL: u8 = 8;
