//! Lines with fewer points. Robots tell a point every few centimetres, also when they drive straight on.

use alloc::vec::Vec;

use crate::place::Pixel;

/// The points of a line without those from which the line is nowhere farther than [`TOLERANCE`].
pub(crate) fn simplified(points: impl IntoIterator<Item = Pixel>) -> Vec<Pixel> {
    let mut points = points.into_iter();
    let Some(mut start) = points.next() else {
        return Vec::new();
    };
    let mut kept = Vec::from([start]);
    // The last point, which may be left out if the line goes on in one of these directions.
    let mut last: Option<(Pixel, Sector)> = None;
    for point in points {
        if let Some((end, sector)) = last {
            if let Some(narrowed) = sector.narrowed(start, point) {
                last = Some((point, narrowed));
                continue;
            }
            kept.push(end);
            start = end;
        }
        last = Sector::around(start, point).map(|sector| (point, sector));
    }
    kept.extend(last.map(|(end, _)| end));
    kept
}

/// Directions from a place in which the line passes all points that were left out.
#[derive(Clone, Copy)]
struct Sector {
    left: Vector,
    right: Vector,
    /// How far the farthest of the points is: a line that turns back has an end there.
    farthest: f64,
}

#[derive(Clone, Copy)]
struct Vector {
    x: f64,
    y: f64,
}

impl Vector {
    /// Above 0 if the other one is to the left, with y upwards.
    fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }
}

impl Sector {
    /// Past one point; `None` if that is at the place itself.
    fn around(place: Pixel, point: Pixel) -> Option<Self> {
        let (x, y) = (point.x - place.x, point.y - place.y);
        let farthest = libm::sqrt(x * x + y * y);
        if farthest <= TOLERANCE {
            return None;
        }
        let (aside_x, aside_y) = (-y / farthest * TOLERANCE, x / farthest * TOLERANCE);
        Some(Self {
            left: Vector {
                x: x + aside_x,
                y: y + aside_y,
            },
            right: Vector {
                x: x - aside_x,
                y: y - aside_y,
            },
            farthest,
        })
    }

    /// With one more point; `None` if that isn't ahead.
    fn narrowed(self, place: Pixel, point: Pixel) -> Option<Self> {
        let ahead = Vector {
            x: point.x - place.x,
            y: point.y - place.y,
        };
        let next = Self::around(place, point)?;
        let inside = self.right.cross(ahead) >= 0.0 && ahead.cross(self.left) >= 0.0;
        (inside && next.farthest >= self.farthest).then(|| Self {
            left: if next.left.cross(self.left) >= 0.0 {
                next.left
            } else {
                self.left
            },
            right: if self.right.cross(next.right) >= 0.0 {
                next.right
            } else {
                self.right
            },
            farthest: next.farthest,
        })
    }
}

/// In pixels: less than can be seen.
const TOLERANCE: f64 = 0.0625;

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(point: Pixel, from: Pixel, to: Pixel) -> f64 {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let (x, y) = (point.x - from.x, point.y - from.y);
        let length = dx * dx + dy * dy;
        let part = if length > 0.0 {
            ((x * dx + y * dy) / length).clamp(0.0, 1.0)
        } else {
            0.0
        };
        libm::hypot(x - dx * part, y - dy * part)
    }

    #[test]
    fn points_on_a_line_are_left_out_and_turns_are_not() {
        let line = |points: &[(f64, f64)]| {
            let points = points.iter().map(|(x, y)| Pixel::new(*x, *y));
            simplified(points)
                .iter()
                .map(|point| (point.x, point.y))
                .collect::<Vec<_>>()
        };
        assert_eq!(line(&[]), []);
        assert_eq!(line(&[(1.0, 2.0), (1.0, 2.0)]), [(1.0, 2.0)]);
        assert_eq!(
            line(&[(0.0, 0.0), (1.0, 0.01), (2.0, 0.0), (9.0, 0.0)]),
            [(0.0, 0.0), (9.0, 0.0)]
        );
        assert_eq!(
            line(&[
                (0.0, 0.0),
                (5.0, 0.0),
                (3.0, 0.0),
                (3.0, 4.0),
                (3.0, 4.0),
                (3.0, 8.0)
            ]),
            [(0.0, 0.0), (5.0, 0.0), (3.0, 0.0), (3.0, 8.0)]
        );
    }

    #[test]
    fn no_point_is_far_from_the_line() {
        let mut noise = 1_u32;
        let mut random = |below: u32| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from((noise >> 8) % below)
        };
        let mut left_out = 0;
        for round in 0..300 {
            let mut at = Pixel::new(0.0, 0.0);
            let (mut dx, mut dy) = (1.0, 0.0);
            let points: Vec<Pixel> = (0..60)
                .map(|_| {
                    if random(8) == 0.0 {
                        (dx, dy) = (random(5) - 2.0, random(5) - 2.0);
                    }
                    let shake = f64::from(round) / 1000.0;
                    at = Pixel::new(at.x + dx + random(3) * shake, at.y + dy + random(3) * shake);
                    at
                })
                .collect();
            let line = simplified(points.iter().copied());
            left_out += points.len() - line.len();
            assert_eq!(line.first(), points.first());
            // Each point is near the line, in the same order.
            let mut segment = 0;
            for point in points {
                while segment + 2 < line.len()
                    && distance(point, line[segment], line[segment + 1]) > TOLERANCE + 1e-9
                {
                    segment += 1;
                }
                let end = line[(segment + 1).min(line.len() - 1)];
                assert!(distance(point, line[segment], end) <= TOLERANCE * 2.0, "{round}");
            }
        }
        assert!(left_out > 2000, "{left_out}");
    }
}
