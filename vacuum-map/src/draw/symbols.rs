//! Robot, dock, target and obstacles.

use alloc::string::String;
use alloc::vec::Vec;

use super::font;
use super::shape::{Item, Label, Outline, Shape};
use super::{Paint, Rgba, Symbols};
use crate::place::Pixel;

/// Where something stands, and where it looks: degrees clockwise from the right of the picture.
#[derive(Clone, Copy)]
pub(crate) struct Pose {
    pub(crate) at: Pixel,
    pub(crate) angle: f64,
}

impl Pose {
    /// A place in units of `radius`, ahead and to the right of who stands here.
    fn ahead(self, radius: f64, forward: f64, right: f64) -> Pixel {
        let (sin, cos) = libm::sincos(self.angle.to_radians());
        Pixel::new(
            self.at.x + (forward * cos - right * sin) * radius,
            self.at.y + (forward * sin + right * cos) * radius,
        )
    }
}

pub(crate) fn robot(symbols: Symbols, pose: Pose, paint: Paint, radius: f32, scale: f32) -> Vec<Item> {
    match symbols {
        Symbols::Ringed => {
            let mut items = ring(pose.at, paint, radius, scale);
            let body = Paint {
                fill: paint.outline,
                outline: Rgba::new(0x2b32_3dff),
                ..paint
            };
            items.extend(disc_robot(pose, body, f64::from(radius) * 0.72));
            items
        }
        Symbols::Discs => disc_robot(pose, paint, f64::from(radius.max(LEAST_RADIUS))),
    }
}

/// A disc with an arrow that looks ahead, the lidar, and the bin behind.
fn disc_robot(pose: Pose, paint: Paint, radius: f64) -> Vec<Item> {
    let width = line(radius, 0.16);
    let body = Shape::filled(Outline::circle(pose.at, radius), paint.fill).and_stroked(paint.outline, width);
    let bin = [pose.ahead(radius, -0.6, -0.72), pose.ahead(radius, -0.6, 0.72)];
    let lidar = Outline::circle(pose.ahead(radius, -0.12, 0.0), radius * 0.26);
    let nose = [
        pose.ahead(radius, 0.8, 0.0),
        pose.ahead(radius, 0.3, -0.34),
        pose.ahead(radius, 0.3, 0.34),
    ];
    [
        body,
        Shape::stroked(Outline::line(bin), paint.outline, line(radius, 0.12)),
        Shape::stroked(lidar, paint.outline, line(radius, 0.13)),
        Shape::filled(Outline::polygon(nose), paint.outline),
    ]
    .map(Item::Shape)
    .into()
}

pub(crate) fn charger(
    symbols: Symbols,
    at: Pixel,
    angle: Option<f64>,
    paint: Paint,
    radius: f32,
    scale: f32,
) -> Vec<Item> {
    match symbols {
        Symbols::Ringed => {
            let mut items = ring(at, paint, radius, scale);
            let size = f64::from(radius);
            items.extend(bolt(at, size * 0.85, paint.outline, Rgba::new(0x1b5e_40ff)));
            items
        }
        Symbols::Discs => {
            let size = f64::from(radius.max(LEAST_RADIUS));
            // The dock is behind its contacts: the half disc is on the side away from where it faces.
            let outline = match angle {
                Some(angle) => Outline::half_disc(at, size, angle + 90.0),
                None => Outline::circle(at, size),
            };
            let shape = Shape::filled(outline, paint.fill).and_stroked(paint.outline, line(size, 0.2));
            let mut items = Vec::from([Item::Shape(shape)]);
            let (middle, part) = match angle {
                Some(angle) => (Pose { at, angle }.ahead(size, -0.45, 0.0), 0.42),
                None => (at, 0.66),
            };
            items.extend(bolt(middle, size * part, paint.outline, paint.outline));
            items
        }
    }
}

/// A flash.
fn bolt(at: Pixel, size: f64, fill: Rgba, stroke: Rgba) -> Vec<Item> {
    let points = [
        (0.18, -0.8),
        (-0.5, 0.14),
        (-0.06, 0.14),
        (-0.18, 0.8),
        (0.5, -0.16),
        (0.06, -0.16),
    ];
    let outline = Outline::polygon(points.map(|(x, y)| Pixel::new(at.x + x * size, at.y + y * size)));
    let shape = Shape::filled(outline, fill).and_stroked(stroke, line(size, 0.1));
    Vec::from([Item::Shape(shape)])
}

/// openHAB's ring: a line of two cells.
fn ring(at: Pixel, paint: Paint, radius: f32, scale: f32) -> Vec<Item> {
    let shape = Shape::stroked(Outline::circle(at, f64::from(radius)), paint.fill, 2.0 * scale);
    Vec::from([Item::Shape(shape)])
}

/// A triangle that stands on its tip: `width` wide and a quarter higher, below the place as openHAB has it.
pub(crate) fn target(at: Pixel, paint: Paint, width: f32) -> Vec<Item> {
    let (half, height) = (f64::from(width) / 2.0, f64::from(width) * 1.25);
    let outline = Outline::polygon([
        at,
        Pixel::new(at.x - half, at.y + height),
        Pixel::new(at.x + half, at.y + height),
    ]);
    let shape = Shape::filled(outline, paint.fill).and_stroked(paint.outline, line(half, 0.2));
    Vec::from([Item::Shape(shape)])
}

/// A disc, and as far as there is room the first letter of what it is.
pub(crate) fn obstacle(at: Pixel, name: Option<&str>, paint: Paint, radius: f32) -> Vec<Item> {
    let size = f64::from(radius);
    let disc =
        Shape::filled(Outline::circle(at, size), paint.fill).and_stroked(paint.outline, line(size, 0.2));
    let mut items = Vec::from([Item::Shape(disc)]);
    if radius >= 5.0 {
        let letter = name.and_then(|name| name.chars().next()).unwrap_or('?');
        items.push(label(
            String::from_iter(letter.to_uppercase()),
            at,
            radius * 1.4,
            paint.outline,
            Rgba::TRANSPARENT,
        ));
    }
    items
}

/// A text around a place.
pub(crate) fn label(text: String, middle: Pixel, size: f32, color: Rgba, halo: Rgba) -> Item {
    let at = Pixel::new(
        middle.x - font::width(&text, size) / 2.0,
        middle.y + font::height(size) / 2.0,
    );
    Item::Label(Label {
        text,
        at,
        size,
        color,
        halo,
    })
}

/// The logo: a robot that draws its path.
pub(crate) fn logo(at: Pixel, radius: f64, body: Rgba, detail: Rgba) -> Vec<Item> {
    let paint = Paint {
        fill: body,
        outline: detail,
        size: super::Size::Pixels(0.0),
    };
    let lanes = [
        (-2.6, 0.75),
        (-2.6, -0.75),
        (-2.05, -0.75),
        (-2.05, 0.75),
        (-1.5, 0.75),
        (-1.5, 0.0),
        (-1.0, 0.0),
    ];
    let lanes = Outline::line(lanes.map(|(x, y)| Pixel::new(at.x + x * radius, at.y + y * radius)));
    let mut items = Vec::from([Item::Shape(Shape::stroked(lanes, body, line(radius, 0.22)))]);
    items.extend(disc_robot(Pose { at, angle: 0.0 }, paint, radius));
    items
}

#[expect(clippy::cast_possible_truncation, reason = "a width in pixels")]
fn line(radius: f64, part: f64) -> f32 {
    (radius * part) as f32
}

/// Of robot and dock in pixels, so that they can be told in a small picture.
const LEAST_RADIUS: f32 = 5.0;
