//! Colours.

use core::fmt;

/// A colour with its opacity, 8 bits each, not premultiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rgba {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// Opacity: 255 hides what is below, 0 shows nothing.
    pub a: u8,
}

impl Rgba {
    /// Nothing.
    pub const TRANSPARENT: Self = Self::new(0x0000_0000);
    /// Black.
    pub const BLACK: Self = Self::new(0x0000_00ff);
    /// White.
    pub const WHITE: Self = Self::new(0xffff_ffff);
    /// Red.
    pub const RED: Self = Self::new(0xff00_00ff);

    /// A colour written as `0xrrggbbaa`.
    #[must_use]
    pub const fn new(rgba: u32) -> Self {
        let [r, g, b, a] = rgba.to_be_bytes();
        Self { r, g, b, a }
    }

    /// Red, green, blue, opacity.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        [self.r, self.g, self.b, self.a]
    }

    /// The same with another opacity.
    #[must_use]
    pub const fn with_alpha(self, a: u8) -> Self {
        Self { a, ..self }
    }

    pub(crate) const fn rgb(self) -> [u8; 3] {
        [self.r, self.g, self.b]
    }

    /// Closer to another colour, by `part` of 255.
    pub(crate) fn mixed(self, other: Self, part: u8) -> Self {
        let mix = |from: u8, to: u8| {
            let sum = u16::from(from) * u16::from(255 - part) + u16::from(to) * u16::from(part);
            u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
        };
        Self {
            r: mix(self.r, other.r),
            g: mix(self.g, other.g),
            b: mix(self.b, other.b),
            a: self.a,
        }
    }
}

/// `#rrggbbaa`.
impl fmt::Display for Rgba {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:08x}", u32::from_be_bytes(self.to_bytes()))
    }
}
