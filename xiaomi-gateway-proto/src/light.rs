//! The gateway's night light: attribute `rgb`, `light_rgb` of the dimmer.
//!
//! | bits | what | unit |
//! |---|---|---|
//! | 31..24 | brightness | percent, 0 to 100 |
//! | 23..16 | red | 0 to 255 |
//! | 15..8 | green | 0 to 255 |
//! | 7..0 | blue | 0 to 255 |
//!
//! 0 is off; anything else is on.
//!
//! ```
//! use xiaomi_gateway_proto::Light;
//!
//! let red = Light::new(100, [255, 0, 0])?;
//! assert_eq!(red.to_wire(), 1_694_433_280);
//! assert_eq!(Light::from_wire(1_694_433_280), Some(red));
//! # Ok::<(), xiaomi_gateway_proto::BuildError>(())
//! ```

use crate::BuildError;

/// Colour and brightness of a lamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Light {
    raw: u32,
}

impl Light {
    /// Dark.
    pub const OFF: Self = Self { raw: 0 };

    /// A brightness of 0 to 100 percent, 0 being off, and the colour as red, green, blue.
    ///
    /// # Errors
    /// A brightness above 100.
    pub const fn new(brightness_pct: u8, [red, green, blue]: [u8; 3]) -> Result<Self, BuildError> {
        if brightness_pct > 100 {
            return Err(BuildError::OutOfRange {
                name: "brightness",
                found: brightness_pct as i64,
                min: 0,
                max: 100,
            });
        }
        if brightness_pct == 0 {
            return Ok(Self::OFF);
        }
        Ok(Self {
            raw: u32::from_be_bytes([brightness_pct, red, green, blue]),
        })
    }

    /// Reads the attribute. Clients that overflow to signed numbers are understood; `None` outside 32 bits.
    #[must_use]
    pub fn from_wire(value: i64) -> Option<Self> {
        let value = if value < 0 {
            value.checked_add(1 << 32)?
        } else {
            value
        };
        u32::try_from(value).ok().map(|raw| Self { raw })
    }

    /// The number to send.
    #[must_use]
    pub const fn to_wire(self) -> u32 {
        self.raw
    }

    /// Whether it shines.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.raw != 0
    }

    /// Brightness in percent. Old clients wrote up to 255 (vector `over_100`); that reads as 100.
    #[must_use]
    pub const fn brightness_pct(self) -> u8 {
        let [brightness, ..] = self.raw.to_be_bytes();
        if brightness > 100 { 100 } else { brightness }
    }

    /// Brightness on Home Assistant's scale of 0 to 255.
    #[must_use]
    pub const fn brightness_ha(self) -> u8 {
        pct_to_ha(self.brightness_pct())
    }

    /// Red, green, blue.
    #[must_use]
    pub const fn rgb(self) -> [u8; 3] {
        let [_, red, green, blue] = self.raw.to_be_bytes();
        [red, green, blue]
    }
}

/// Percent to Home Assistant's 0 to 255, cut to whole numbers as Home Assistant does.
#[must_use]
pub const fn pct_to_ha(percent: u8) -> u8 {
    let percent = if percent > 100 { 100 } else { percent };
    (percent as u16 * 255 / 100) as u8
}

/// Home Assistant's 0 to 255 to percent, cut to whole numbers as Home Assistant does.
#[must_use]
pub const fn ha_to_pct(brightness: u8) -> u8 {
    (brightness as u16 * 100 / 255) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_outside_32_bits_are_no_colour() {
        assert_eq!(Light::from_wire(-(1 << 32)), Some(Light::OFF));
        assert_eq!(Light::from_wire(-(1 << 32) - 1), None);
        assert_eq!(Light::from_wire(i64::MIN), None);
        assert_eq!(Light::from_wire(1 << 32), None);
    }

    proptest! {
        #[test]
        fn lights_read_back(brightness in 0_u8..=100, rgb: [u8; 3]) {
            let light = Light::new(brightness, rgb).unwrap();
            prop_assert_eq!(Light::from_wire(light.to_wire().into()), Some(light));
            prop_assert_eq!(light.brightness_pct(), brightness);
            prop_assert!(brightness == 0 || light.rgb() == rgb);
        }
    }
}
