//! What a picture consists of, for all ways of putting it out.

use alloc::string::String;
use alloc::vec::Vec;

use super::Rgba;
use crate::place::Pixel;

/// A step of an outline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    Move(Pixel),
    Line(Pixel),
    Quad(Pixel, Pixel),
    Cubic(Pixel, Pixel, Pixel),
    Close,
}

impl Step {
    /// Where it leads.
    pub(crate) const fn end(&self) -> Option<Pixel> {
        match *self {
            Self::Move(to) | Self::Line(to) | Self::Quad(_, to) | Self::Cubic(_, _, to) => Some(to),
            Self::Close => None,
        }
    }

    /// Points around what it draws.
    pub(crate) fn points(&self) -> impl Iterator<Item = Pixel> {
        let points = match *self {
            Self::Move(to) | Self::Line(to) => [Some(to), None, None],
            Self::Quad(by, to) => [Some(by), Some(to), None],
            Self::Cubic(first, second, to) => [Some(first), Some(second), Some(to)],
            Self::Close => [None; 3],
        };
        points.into_iter().flatten()
    }
}

/// Lines and curves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outline {
    pub(crate) steps: Vec<Step>,
}

impl Outline {
    pub(crate) fn line(points: impl IntoIterator<Item = Pixel>) -> Self {
        let mut steps: Vec<Step> = points.into_iter().map(Step::Line).collect();
        if let Some(first) = steps.first_mut()
            && let Step::Line(point) = *first
        {
            *first = Step::Move(point);
            if steps.len() == 1 {
                // A dot, by the round ends of a line.
                steps.push(Step::Line(point));
            }
        }
        Self { steps }
    }

    /// Lines one after the other.
    pub(crate) fn lines(lines: impl IntoIterator<Item = Self>) -> Self {
        Self {
            steps: lines.into_iter().flat_map(|line| line.steps).collect(),
        }
    }

    pub(crate) fn polygon(points: impl IntoIterator<Item = Pixel>) -> Self {
        let mut outline = Self::line(points);
        outline.steps.push(Step::Close);
        outline
    }

    pub(crate) fn circle(center: Pixel, radius: f64) -> Self {
        let mut outline = Self::default();
        outline.add_arc(center, radius, 0.0, 360.0);
        outline.steps.push(Step::Close);
        outline
    }

    /// Half a disc, from `from` degrees on; degrees are clockwise from the right.
    pub(crate) fn half_disc(center: Pixel, radius: f64, from: f64) -> Self {
        let mut outline = Self::default();
        outline.add_arc(center, radius, from, 180.0);
        outline.steps.push(Step::Close);
        outline
    }

    fn add_arc(&mut self, center: Pixel, radius: f64, from: f64, degrees: f64) {
        let parts = libm::ceil(degrees / 90.0);
        let step = degrees / parts;
        // How far the handles of a curve are, so that it follows the circle.
        let handle = radius * 4.0 / 3.0 * libm::tan(step.to_radians() / 4.0);
        let at = |degrees: f64| {
            let (sin, cos) = libm::sincos(degrees.to_radians());
            let point = Pixel::new(center.x + radius * cos, center.y + radius * sin);
            (point, Pixel::new(-sin * handle, cos * handle))
        };
        self.steps.push(Step::Move(at(from).0));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 4"
        )]
        for part in 0..parts as u32 {
            let (start, start_handle) = at(from + step * f64::from(part));
            let (end, end_handle) = at(from + step * f64::from(part + 1));
            self.steps.push(Step::Cubic(
                Pixel::new(start.x + start_handle.x, start.y + start_handle.y),
                Pixel::new(end.x - end_handle.x, end.y - end_handle.y),
                end,
            ));
        }
    }
}

/// An outline with its colours.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) outline: Outline,
    pub(crate) fill: Rgba,
    pub(crate) stroke: Rgba,
    /// Width of the stroke in pixels.
    pub(crate) width: f32,
}

impl Shape {
    pub(crate) fn filled(outline: Outline, fill: Rgba) -> Self {
        Self {
            outline,
            fill,
            stroke: Rgba::TRANSPARENT,
            width: 0.0,
        }
    }

    pub(crate) fn stroked(outline: Outline, stroke: Rgba, width: f32) -> Self {
        Self {
            outline,
            fill: Rgba::TRANSPARENT,
            stroke,
            width,
        }
    }

    pub(crate) fn and_stroked(self, stroke: Rgba, width: f32) -> Self {
        Self {
            stroke,
            width,
            ..self
        }
    }
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    pub(crate) text: String,
    /// Where its baseline starts.
    pub(crate) at: Pixel,
    /// Of the font, in pixels.
    pub(crate) size: f32,
    pub(crate) color: Rgba,
    /// Around the letters.
    pub(crate) halo: Rgba,
}

/// A part of the picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Cells,
    Shape(Shape),
    Label(Label),
}
