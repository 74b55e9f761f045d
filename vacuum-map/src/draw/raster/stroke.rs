//! Lines, above all paths.
//!
//! How much of a pixel a line covers is told by the distance of its middle from the nearest segment, so that a line of
//! thousands of points is drawn in one pass over the few pixels that are near, with round ends and corners. Where it
//! crosses itself it isn't drawn twice, which would show if it is transparent.

use super::coverage::{Coverage, FULL, LEVELS, covers};
use crate::draw::shape::{Outline, Step};
use crate::place::Pixel;

/// Covers the lines and curves of an outline.
pub(super) fn cover(coverage: &mut Coverage, outline: &Outline, width: f32) {
    let mut pen = Pen {
        radius: (width / 2.0).max(0.5),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 255 * 256 / LEVELS"
        )]
        level: (width.min(1.0) * 255.0 * 256.0 / LEVELS) as u16,
        ink: MIN_INK + INK * coverage.covered.len(),
    };
    for_each_segment(&outline.steps, |from, to| pen.draw(coverage, from, to));
}

/// What draws a line.
struct Pen {
    /// Half the line's width, at least half a pixel.
    radius: f32,
    /// What each of the [`LEVELS`] covers, in 256ths: a line that is thinner than a pixel never covers all of it.
    level: u16,
    /// How many pixels it may still look at, so that no map can make it draw for minutes.
    ink: usize,
}

impl Pen {
    /// Covers what is near a segment.
    #[expect(clippy::cast_precision_loss, reason = "pixels of a picture")]
    fn draw(&mut self, part: &mut Coverage, from: Pixel, to: Pixel) {
        let origin = |point: Pixel| (point.x - part.left as f64, point.y - part.top as f64);
        let reach = self.radius + 0.5;
        let Some((from, to)) = clip(
            origin(from),
            origin(to),
            part.width,
            part.height,
            f64::from(reach),
        ) else {
            return;
        };
        let segment = Segment::new(from, to);
        let first = index(from.1.min(to.1) - reach, part.height);
        let last = index(from.1.max(to.1) + reach + 1.0, part.height);
        for row in first..last {
            let y = row as f32 + 0.5 - from.1;
            // Pixels from the first whose middle is at or behind a place.
            let pixels = |(start, end): (f32, f32)| {
                let start = index(start + from.0 + 0.5, part.width);
                (start, index(end + from.0 + 0.5, part.width).max(start))
            };
            let (start, end) = pixels(segment.outside(y, reach));
            let (full_start, full_end) = pixels(segment.inside(y, self.radius - 0.5));
            let (full_start, full_end) = (full_start.clamp(start, end), full_end.clamp(start, end));
            // A row has its price, too.
            let Some(ink) = self.ink.checked_sub(end - start + 8) else {
                return;
            };
            self.ink = ink;
            let line = row * part.width;
            let Some(line) = part.covered.get_mut(line..line + part.width) else {
                return;
            };
            if let Some(pixels) = line.get_mut(full_start..full_end) {
                pixels.fill(covers(FULL, self.level));
            }
            for (start, end) in [(start, full_start), (full_end.max(full_start), end)] {
                if let Some(pixels) = line.get_mut(start..end) {
                    segment.cover(pixels, start as f32 + 0.5 - from.0, y, reach, self.level);
                }
            }
        }
    }
}

/// Curves are some straight lines, so many that it can't be seen.
fn for_each_segment(steps: &[Step], mut add: impl FnMut(Pixel, Pixel)) {
    let (mut start, mut last) = (Pixel::default(), Pixel::default());
    for step in steps {
        match *step {
            Step::Move(to) => start = to,
            Step::Line(to) => add(last, to),
            Step::Close => add(last, start),
            Step::Quad(by, to) => {
                let mut from = last;
                for (part, rest) in parts(bend(last, by, to)) {
                    let at = mixed([(rest * rest, last), (2.0 * rest * part, by), (part * part, to)]);
                    add(from, at);
                    from = at;
                }
            }
            Step::Cubic(first, second, to) => {
                let mut from = last;
                let bend = bend(last, first, second).max(bend(first, second, to)) * 3.0;
                for (part, rest) in parts(bend) {
                    let at = mixed([
                        (rest * rest * rest, last),
                        (3.0 * rest * rest * part, first),
                        (3.0 * rest * part * part, second),
                        (part * part * part, to),
                    ]);
                    add(from, at);
                    from = at;
                }
            }
        }
        last = step.end().unwrap_or(start);
    }
}

/// How far three points are from being evenly spaced on a line.
fn bend(a: Pixel, b: Pixel, c: Pixel) -> f64 {
    libm::hypot(a.x - 2.0 * b.x + c.x, a.y - 2.0 * b.y + c.y)
}

/// Steps along a curve from 0 to 1, each with the rest up to 1; the straight lines between them are at most a tenth of a
/// pixel beside the curve.
fn parts(bend: f64) -> impl Iterator<Item = (f64, f64)> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 64"
    )]
    let count = libm::ceil(libm::sqrt(bend / 0.4)).clamp(1.0, 64.0) as u32;
    (1..=count).map(move |part| {
        let part = f64::from(part) / f64::from(count);
        (part, 1.0 - part)
    })
}

fn mixed<const N: usize>(parts: [(f64, Pixel); N]) -> Pixel {
    parts.iter().fold(Pixel::default(), |sum, (part, point)| {
        Pixel::new(sum.x + part * point.x, sum.y + part * point.y)
    })
}

/// A segment from (0, 0).
struct Segment {
    /// Its direction, a unit long. That of a point doesn't matter.
    x: f32,
    y: f32,
    length: f32,
}

impl Segment {
    fn new(from: (f32, f32), to: (f32, f32)) -> Self {
        let (x, y) = (to.0 - from.0, to.1 - from.1);
        let length = (x * x + y * y).sqrt();
        if length > 0.0 {
            Self {
                x: x / length,
                y: y / length,
                length,
            }
        } else {
            Self {
                x: 1.0,
                y: 0.0,
                length: 0.0,
            }
        }
    }

    /// In a row, places between which all are that are as near as `reach`.
    fn outside(&self, y: f32, reach: f32) -> (f32, f32) {
        let end = self.x * self.length;
        let (left, right) = between(end.min(0.0) - reach, end.max(0.0) + reach);
        let (from, to) = self.beside(y, reach);
        (left.max(from), right.min(to))
    }

    /// In a row, places between which all are as near as `reach`, and neither before the segment nor behind it.
    fn inside(&self, y: f32, reach: f32) -> (f32, f32) {
        let (from, to) = self.beside(y, reach);
        let past = y * self.y;
        let (start, end) = if self.x.abs() > LEVEL {
            between(-past / self.x, (self.length - past) / self.x)
        } else if (0.0..=self.length).contains(&past) {
            (f32::MIN, f32::MAX)
        } else {
            (0.0, 0.0)
        };
        (from.max(start), to.min(end))
    }

    /// In a row, places between which all are as near as `reach` to the endless line.
    fn beside(&self, y: f32, reach: f32) -> (f32, f32) {
        if self.y.abs() > LEVEL {
            between((y * self.x - reach) / self.y, (y * self.x + reach) / self.y)
        } else if y.abs() <= reach {
            (f32::MIN, f32::MAX)
        } else {
            (0.0, 0.0)
        }
    }

    /// Covers pixels of a row, of which the first's middle is at `x`.
    fn cover(&self, pixels: &mut [u8], x: f32, y: f32, reach: f32, level: u16) {
        let (along, aside) = (y * self.y, y * self.x);
        // How much is covered at eight places: nothing at `reach`, all of it a pixel nearer.
        let eight = |x: f32| -> [u8; 8] {
            core::array::from_fn(|step| {
                let x = x + STEPS.get(step).copied().unwrap_or_default();
                let along = x * self.x + along;
                let beyond = along - along.max(0.0).min(self.length);
                let aside = x * self.y - aside;
                let near = (reach - (beyond * beyond + aside * aside).sqrt()).clamp(0.0, 1.0);
                // Where a float's last bit is 1, its lowest byte is the whole number.
                let [levels, ..] = (near * LEVELS + 8_388_608.0).to_bits().to_le_bytes();
                covers(levels, level)
            })
        };
        let mut x = x;
        for pixels in pixels.chunks_mut(8) {
            for (covered, covers) in pixels.iter_mut().zip(eight(x)) {
                *covered = covers.max(*covered);
            }
            x += 8.0;
        }
    }
}

const fn between(a: f32, b: f32) -> (f32, f32) {
    (a.min(b), a.max(b))
}

/// The longest of real paths doesn't need a tenth of that for a pixel of the picture.
const INK: usize = 64;
const MIN_INK: usize = 1 << 16;
const STEPS: [f32; 8] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
/// A slope so small that a line of a picture doesn't get to the next row.
const LEVEL: f32 = 1e-6;

/// The pixel that a place is in, within a side.
fn index(place: f32, side: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let index = place as usize;
    index.min(side)
}

/// The part of a segment that may be seen, with some room around the picture, so that single precision suffices.
/// `None` if there is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "near the picture"
)]
fn clip(
    from: (f64, f64),
    to: (f64, f64),
    width: usize,
    height: usize,
    reach: f64,
) -> Option<((f32, f32), (f32, f32))> {
    // The part of the segment between 0 and 1 that is inside on both axes.
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (from, to, side) in [(from.0, to.0, width), (from.1, to.1, height)] {
        let (low, high) = (-reach - 1.0, side as f64 + reach + 1.0);
        let step = to - from;
        if step == 0.0 {
            if from < low || from > high {
                return None;
            }
            continue;
        }
        let (enter, leave) = ((low - from) / step, (high - from) / step);
        start = start.max(enter.min(leave));
        end = end.min(enter.max(leave));
    }
    let at = |part: f64| {
        (
            (from.0 + (to.0 - from.0) * part) as f32,
            (from.1 + (to.1 - from.1) * part) as f32,
        )
    };
    (start <= end).then(|| (at(start), at(end)))
}

#[cfg(test)]
mod tests {
    use tiny_skia::Pixmap;

    use super::*;
    use crate::draw::Rgba;
    use crate::draw::raster::stroke;

    fn drawn(points: &[(f64, f64)], color: Rgba, width: f32) -> Pixmap {
        let mut pixmap = Pixmap::new(90, 90).unwrap();
        let line = Outline::line(points.iter().map(|(x, y)| Pixel::new(*x, *y)));
        stroke(&mut pixmap, &line, color, width);
        pixmap
    }

    fn covered(pixmap: &Pixmap) -> f64 {
        pixmap
            .pixels()
            .iter()
            .map(|pixel| f64::from(pixel.alpha()) / 255.0)
            .sum()
    }

    /// Length times width and a disc for the ends, in whatever direction, and wherever between the pixels.
    #[test]
    fn a_line_covers_as_much_as_it_is_large() {
        for step in 0..180 {
            let (sin, cos) = f64::from(step * 2).to_radians().sin_cos();
            let middle = 45.0 + f64::from(step % 7) / 7.0;
            let ends = [
                (middle - 30.0 * cos, 45.0 - 30.0 * sin),
                (middle + 30.0 * cos, 45.0 + 30.0 * sin),
            ];
            for width in [0.5_f32, 1.0, 1.6, 3.0, 8.0] {
                let width_of_area = f64::from(width);
                let ends_area = if width < 1.0 {
                    width_of_area * 0.8
                } else {
                    width_of_area * width_of_area * 0.785
                };
                let area = 60.0 * width_of_area + ends_area;
                // Eight levels are coarse for thin lines.
                let tolerance = if width < 3.0 { 0.1 } else { 0.04 };
                let found = covered(&drawn(&ends, Rgba::BLACK, width));
                assert!(
                    (found / area - 1.0).abs() < tolerance,
                    "{step} {width}: {found} instead of {area}"
                );
            }
        }
    }

    #[test]
    fn a_line_that_crosses_itself_is_not_darker_there() {
        let knot = [
            (10.0, 10.0),
            (70.0, 70.0),
            (10.0, 70.0),
            (70.0, 10.0),
            (10.0, 10.0),
            (70.0, 70.0),
        ];
        let pixmap = drawn(&knot, Rgba::new(0x2f80_ed30), 6.0);
        assert_eq!(
            pixmap.pixels().iter().map(|pixel| pixel.alpha()).max(),
            Some(0x30)
        );
        assert_eq!(pixmap.pixel(40, 40).unwrap().alpha(), 0x30);
    }

    #[test]
    fn what_is_far_away_costs_nothing_and_what_crosses_is_drawn() {
        let line = drawn(&[(-1e7, 45.5), (1e7, 45.5)], Rgba::BLACK, 1.0);
        assert!((covered(&line) - 90.0).abs() < 1.0);
        for far in [
            [(-1e7, -9.0), (1e7, -9.0)],
            [(200.0, -1e7), (200.0, 1e7)],
            [(-5e4, 0.0), (0.0, -5e4)],
        ] {
            assert!(covered(&drawn(&far, Rgba::BLACK, 3.0)) == 0.0);
        }
        assert!(covered(&drawn(&[(f64::NAN, 3.0), (4.0, f64::INFINITY)], Rgba::BLACK, 3.0)) == 0.0);
    }

    #[test]
    fn a_line_without_end_ends() {
        let zigzag = |count: u32| -> Vec<(f64, f64)> {
            (0..count)
                .map(|step| (f64::from(step % 90), f64::from(step % 2 * 90)))
                .collect()
        };
        let start = std::time::Instant::now();
        let endless = drawn(&zigzag(1_000_000), Rgba::BLACK, 3.0);
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
        // All of it is black long before.
        assert!(covered(&endless) == covered(&drawn(&zigzag(200), Rgba::BLACK, 3.0)));
    }

    #[test]
    fn a_dot_and_a_circle_are_round() {
        assert!((covered(&drawn(&[(45.0, 45.0)], Rgba::BLACK, 10.0)) - 78.5).abs() < 2.0);
        let mut pixmap = Pixmap::new(90, 90).unwrap();
        stroke(
            &mut pixmap,
            &Outline::circle(Pixel::new(45.0, 45.0), 30.0),
            Rgba::BLACK,
            2.0,
        );
        assert!((covered(&pixmap) / (60.0 * core::f64::consts::PI * 2.0) - 1.0).abs() < 0.03);
        for degrees in 0..360_u16 {
            let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
            let pixel = pixmap
                .pixel((45.0 + 30.0 * cos) as u32, (45.0 + 30.0 * sin) as u32)
                .unwrap();
            assert!(pixel.alpha() > 100, "{degrees}");
        }
    }
}
