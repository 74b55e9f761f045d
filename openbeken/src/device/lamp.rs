use alloc::string::String;

use super::{Device, Event};

/// The values of a lamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lamp {
    /// Whether it is on.
    pub on: bool,
    /// Brightness, 0 to 100.
    pub dimmer: u8,
    /// Colour temperature in mired, 154 to 500.
    pub mired: u16,
    /// Red, green, blue before dimming.
    pub rgb: [u8; 3],
    /// Whether it shows the temperature, not the colour.
    pub white: bool,
}

impl Default for Lamp {
    fn default() -> Self {
        Self {
            on: false,
            dimmer: 100,
            mired: 250,
            rgb: [255; 3],
            white: false,
        }
    }
}

impl Lamp {
    /// Hue 0 to 360, saturation and brightness 0 to 100 of the colour.
    pub(super) fn hsb(&self) -> (u16, u8, u8) {
        let [r, g, b] = self.rgb.map(i32::from);
        let (most, least) = (r.max(g).max(b), r.min(g).min(b));
        let spread = most - least;
        let hue = if spread == 0 {
            0
        } else if most == r {
            (60 * (g - b) / spread + 360) % 360
        } else if most == g {
            60 * (b - r) / spread + 120
        } else {
            60 * (r - g) / spread + 240
        };
        let saturation = if most == 0 { 0 } else { spread * 100 / most };
        let number = |value: i32| u8::try_from(value).unwrap_or_default();
        (
            u16::try_from(hue).unwrap_or_default(),
            number(saturation),
            number(most * 100 / 255),
        )
    }

    pub(super) fn set_hsb(&mut self, hue: i32, saturation: i32, brightness: i32) {
        let hue = hue.rem_euclid(360);
        let (saturation, brightness) = (saturation.clamp(0, 100), brightness.clamp(0, 100));
        let most = brightness * 255 / 100;
        let spread = most * saturation / 100;
        let least = most - spread;
        let part = least + spread * (60 - (hue % 120 - 60).abs()) / 60;
        let [r, g, b] = match hue / 60 {
            0 => [most, part, least],
            1 => [part, most, least],
            2 => [least, most, part],
            3 => [least, part, most],
            4 => [part, least, most],
            _ => [most, least, part],
        };
        self.rgb = [r, g, b].map(|value| u8::try_from(value).unwrap_or_default());
        self.white = false;
    }

    /// Takes `RRGGBB`, with or without `#`, and ignores what follows; or `r,g,b`.
    pub(super) fn set_color(&mut self, text: &[u8]) -> bool {
        let text = text.strip_prefix(b"#").unwrap_or(text);
        let mut rgb = [0; 3];
        if text.contains(&b',') {
            let mut parts = text.split(|byte| *byte == b',');
            for entry in &mut rgb {
                let number = parts.next().and_then(crate::command::leading_number);
                let Some(number) = number else { return false };
                *entry = u8::try_from(number.clamp(0, 255)).unwrap_or_default();
            }
        } else {
            for (entry, pair) in rgb
                .iter_mut()
                .zip(text.chunks(2).chain(core::iter::repeat(&[][..])))
            {
                let digits = core::str::from_utf8(pair)
                    .ok()
                    .filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
                let Some(value) = digits
                    .filter(|pair| pair.len() == 2)
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                else {
                    return false;
                };
                *entry = value;
            }
        }
        self.rgb = rgb;
        self.white = false;
        true
    }

    pub(super) fn hex(&self) -> String {
        let [r, g, b] = self.rgb;
        alloc::format!("{r:02X}{g:02X}{b:02X}")
    }

    /// Red, green, blue, 0 to 255, after dimming.
    pub(super) fn dimmed(&self) -> [u8; 3] {
        let scale = |value: u8| {
            if self.on {
                (u16::from(value) * u16::from(self.dimmer) / 100) as u8
            } else {
                0
            }
        };
        self.rgb.map(scale)
    }
}

impl Device {
    /// Changes the lamp, and publishes what changed.
    pub(super) fn change_lamp(&mut self, change: impl FnOnce(&mut Lamp)) {
        let before = self.lamp;
        change(&mut self.lamp);
        let after = self.lamp;
        if before.on != after.on {
            self.publish_led("led_enableAll");
        }
        if before.rgb != after.rgb {
            self.publish_led("led_basecolor_rgb");
        }
        if before.mired != after.mired {
            self.publish_led("led_temperature");
        }
        if before.dimmer != after.dimmer {
            self.publish_led("led_dimmer");
        }
        if before != after {
            self.event(Event::Lamp);
        }
    }

    pub(super) fn publish_lamp(&mut self) {
        for name in ["led_enableAll", "led_basecolor_rgb", "led_dimmer"] {
            self.publish_led(name);
        }
    }

    /// Whether there is a value of this name.
    pub(super) fn publish_led(&mut self, name: &str) -> bool {
        let lamp = &self.lamp;
        let value = match name {
            "led_enableAll" => alloc::format!("{}", u8::from(lamp.on)),
            "led_dimmer" => alloc::format!("{}", lamp.dimmer),
            "led_temperature" => alloc::format!("{}", lamp.mired),
            "led_basecolor_rgb" => lamp.hex(),
            _ => return false,
        };
        self.publish_value(name, value.into_bytes(), 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_from_their_hue() {
        for (rgb, hue) in [
            ([255, 0, 0], 0),
            ([0, 255, 0], 120),
            ([0, 0, 255], 240),
            ([255, 255, 0], 60),
        ] {
            let mut lamp = Lamp {
                rgb,
                ..Lamp::default()
            };
            assert_eq!(lamp.hsb(), (hue, 100, 100));
            lamp.set_hsb(i32::from(hue), 100, 100);
            assert_eq!(lamp.rgb, rgb);
        }
    }

    #[test]
    fn colours_are_taken_in_three_forms() {
        let mut lamp = Lamp::default();
        for text in ["FF8000", "#FF80000000", "255,128,0"] {
            lamp.rgb = [0; 3];
            assert!(lamp.set_color(text.as_bytes()), "{text}");
            assert_eq!(lamp.rgb, [255, 128, 0]);
        }
        for text in ["", "FF80", "xyz", "1,2", "+1+2+3"] {
            assert!(!lamp.set_color(text.as_bytes()), "{text}");
        }
    }
}
