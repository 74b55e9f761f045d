//! SVG. Cells become outlines, so that a picture is small and sharp at any size.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt::Write as _;

use super::scene::{Scene, Turn};
use super::shape::{Item, Label, Outline, Shape, Step};
use super::{Rgba, font};
use crate::image::{CarpetFlags, Image};
use crate::outline::{Corner, rings};
use crate::place::{Grid, Pixel};

impl Scene<'_> {
    /// The picture as SVG.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let (width, height) = (self.width(), self.height());
        let mut svg = String::new();
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">"
        );
        for item in &self.items {
            match item {
                Item::Cells => self.svg_cells(&mut svg),
                Item::Shape(shape) => svg_shape(&mut svg, shape),
                Item::Label(label) => svg_label(&mut svg, label),
            }
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn svg_cells(&self, svg: &mut String) {
        if self.background.a > 0 {
            let _ = writeln!(
                svg,
                "<rect width=\"100%\" height=\"100%\"{}/>",
                paint("fill", self.background)
            );
        }
        // From corners of cells, counted from the south-west, to pixels.
        let grid = self.image.grid();
        let [a, b, c, d, ..] = self.transform().coefficients();
        let cell = f64::from(Grid::CELL_MM);
        let origin: Pixel = self.transform().pixel(grid.corner(0, 0));
        if self.turn == Turn::Free {
            self.svg_clip(svg);
        }
        let _ = writeln!(
            svg,
            "<g shape-rendering=\"crispEdges\" fill-rule=\"evenodd\" transform=\"matrix({} {} {} {} {} {})\">",
            Short(a * cell),
            Short(b * cell),
            Short(c * cell),
            Short(d * cell),
            Short(origin.x),
            Short(origin.y)
        );
        let mut colors: BTreeMap<[u8; 4], [bool; 256]> = BTreeMap::new();
        for ((byte, color), count) in self.colors.iter().enumerate().zip(self.image.histogram()) {
            if count > 0 && *color != self.background && color.a > 0 {
                let members = colors.entry(color.to_bytes()).or_insert([false; 256]);
                if let Some(member) = members.get_mut(byte) {
                    *member = true;
                }
            }
        }
        for ([r, g, b, a], members) in colors {
            let color = Rgba { r, g, b, a };
            self.svg_rings(svg, self.image, color, &|byte| {
                members.get(usize::from(byte)).copied().unwrap_or(false)
            });
        }
        self.svg_flags(svg);
        svg.push_str("</g>\n");
        if self.turn == Turn::Free {
            svg.push_str("</g>\n");
        }
    }

    /// In the corners of a turned picture nothing is seen of what was cropped.
    fn svg_clip(&self, svg: &mut String) {
        let grid = self.image.grid();
        let north = u32::try_from(grid.height).unwrap_or_default();
        let (top, bottom) = (
            north.saturating_sub(self.rect.top),
            north.saturating_sub(self.rect.bottom),
        );
        let corners = [
            (self.rect.left, top),
            (self.rect.right, top),
            (self.rect.right, bottom),
            (self.rect.left, bottom),
        ];
        let corners = corners.map(|(x, y)| self.transform().pixel(grid.corner(x, y)));
        svg.push_str("<clipPath id=\"vacuum-map-crop\"><path d=\"");
        svg_outline(svg, &Outline::polygon(corners));
        svg.push_str("\"/></clipPath>\n<g clip-path=\"url(#vacuum-map-crop)\">\n");
    }

    /// Carpet above, and what the user removed covered; on a transparent background it stays.
    fn svg_flags(&self, svg: &mut String) {
        let (Some(carpet), Some(cells)) = (self.carpet, self.image.cells()) else {
            return;
        };
        let mut flags = alloc::vec![0; cells.len()];
        for ((place, flags), byte) in flags.iter_mut().zip(carpet.flags).zip(cells) {
            *place = if *byte == 0 { 0 } else { *flags };
        }
        let grid = self.image.grid();
        let Some(flags) = Image::new_old(grid.left, grid.top, grid.width, grid.height, &flags) else {
            return;
        };
        if let Some(mut color) = carpet.color {
            if carpet.checkered {
                color.a /= 2;
            }
            self.svg_rings(svg, &flags, color, &|byte| {
                CarpetFlags(byte).is_carpet() && !CarpetFlags(byte).is_removed()
            });
        }
        self.svg_rings(svg, &flags, self.background, &|byte| {
            CarpetFlags(byte).is_removed()
        });
    }

    fn svg_rings(&self, svg: &mut String, image: &Image, color: Rgba, member: &dyn Fn(u8) -> bool) {
        let parts = rings(image, member);
        if parts.is_empty() || color.a == 0 {
            return;
        }
        let _ = write!(svg, "<path{} d=\"", paint("fill", color));
        for (outer, holes) in &parts {
            for ring in core::iter::once(outer).chain(holes) {
                svg_ring(svg, ring);
            }
        }
        svg.push_str("\"/>\n");
    }
}

/// A ring turns by right angles, so that each step is along one axis.
fn svg_ring(svg: &mut String, ring: &[Corner]) {
    let Some(&(mut x, mut y)) = ring.first() else {
        return;
    };
    let _ = write!(svg, "M{x} {y}");
    for &(next_x, next_y) in ring.iter().skip(1) {
        let (dx, dy) = (i64::from(next_x) - i64::from(x), i64::from(next_y) - i64::from(y));
        let _ = if dy == 0 {
            write!(svg, "h{dx}")
        } else {
            write!(svg, "v{dy}")
        };
        (x, y) = (next_x, next_y);
    }
    svg.push('z');
}

fn svg_shape(svg: &mut String, shape: &Shape) {
    let _ = write!(svg, "<path{}", paint("fill", shape.fill));
    if shape.stroke.a > 0 && shape.width > 0.0 {
        let _ = write!(
            svg,
            "{} stroke-width=\"{}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"",
            paint("stroke", shape.stroke),
            Short(f64::from(shape.width))
        );
    }
    svg.push_str(" d=\"");
    svg_outline(svg, &shape.outline);
    svg.push_str("\"/>\n");
}

fn svg_outline(svg: &mut String, outline: &Outline) {
    for step in &outline.steps {
        let _ = match *step {
            Step::Move(to) => write!(svg, "M{}", Pair(to)),
            Step::Line(to) => write!(svg, "L{}", Pair(to)),
            Step::Quad(by, to) => write!(svg, "Q{} {}", Pair(by), Pair(to)),
            Step::Cubic(first, second, to) => write!(svg, "C{} {} {}", Pair(first), Pair(second), Pair(to)),
            Step::Close => write!(svg, "z"),
        };
    }
}

fn svg_label(svg: &mut String, label: &Label) {
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" font-family=\"sans-serif\" font-weight=\"bold\" font-size=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"{}",
        Short(label.at.x),
        Short(label.at.y),
        Short(f64::from(label.size)),
        Short(font::width(&label.text, label.size)),
        paint("fill", label.color)
    );
    if label.halo.a > 0 {
        let _ = write!(
            svg,
            "{} stroke-width=\"{}\" paint-order=\"stroke\"",
            paint("stroke", label.halo),
            Short(f64::from(font::weight(label.size)) * 2.0)
        );
    }
    svg.push('>');
    for character in label.text.chars() {
        match character {
            '&' => svg.push_str("&amp;"),
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            // Control characters aren't allowed in XML, not even escaped.
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => svg.push(' '),
            _ => svg.push(character),
        }
    }
    svg.push_str("</text>\n");
}

fn paint(attribute: &str, color: Rgba) -> String {
    let [r, g, b] = color.rgb();
    match color.a {
        0 => alloc::format!(" {attribute}=\"none\""),
        255 => alloc::format!(" {attribute}=\"#{r:02x}{g:02x}{b:02x}\""),
        a => {
            let opacity = Short(f64::from(a) / 255.0);
            alloc::format!(" {attribute}=\"#{r:02x}{g:02x}{b:02x}\" {attribute}-opacity=\"{opacity}\"")
        }
    }
}

/// A number without needless digits.
struct Short(f64);

impl core::fmt::Display for Short {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let rounded = libm::round(self.0 * 1000.0) / 1000.0;
        // No negative zero.
        write!(f, "{}", rounded + 0.0)
    }
}

struct Pair(Pixel);

impl core::fmt::Display for Pair {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {}", Short(self.0.x), Short(self.0.y))
    }
}
