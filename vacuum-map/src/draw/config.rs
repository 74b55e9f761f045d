//! openHAB's options for drawing maps, and their file `mapConfig.json`.
//!
//! The file is a JSON object. Every key is optional, unknown ones are ignored, and of a key that is there twice the
//! last one counts.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::color::Rgba;

/// openHAB's drawing options. [`Default`] has openHAB's.
#[derive(Clone, Debug, PartialEq)]
pub struct MapConfig {
    /// Floor of maps without rooms, cell 0xff.
    pub color_map_inside: Rgba,
    /// Unknown area, cell 0x00.
    pub color_map_outside: Rgba,
    /// Walls of no room, cell 0x01.
    pub color_map_wall: Rgba,
    /// Over cells with carpet.
    pub color_carpet: Rgba,
    /// Obstacles in rooms.
    pub color_grey_wall: Rgba,
    /// The path, if the map has no rooms; else it is white.
    pub color_path: Rgba,
    /// Zones that are being cleaned.
    pub color_zones: Rgba,
    /// Areas where the robot must not go, mop, or look for carpet.
    pub color_no_go_zones: Rgba,
    /// Extended zones, block 36.
    pub color_ext_zones: Rgba,
    /// The ring around the dock.
    pub color_charger_halo: Rgba,
    /// The ring around the robot.
    pub color_robo: Rgba,
    /// Floor of no room, cell 0x07.
    pub color_scan: Rgba,
    /// Floor of rooms: the colour at the room's id modulo 15. Not empty; of 16 only 15 are ever used.
    pub room_colors: Vec<Rgba>,
    /// Draw logo and text.
    pub show_logo: bool,
    /// Text beside the logo; blank for none.
    pub text: String,
    /// Its size at scale 1.
    pub text_font_size: i32,
    /// Pixels of the picture for a cell, above 0 and at most 64.
    pub scale: f32,
    /// Cells that are kept around the used area; below 0 nothing is cropped.
    pub crop_border: i32,
}

impl Default for MapConfig {
    fn default() -> Self {
        Self {
            color_map_inside: Rgba::new(0x2073_b9ff),
            color_map_outside: Rgba::new(0x1357_94ff),
            color_map_wall: Rgba::new(0x64c4_feff),
            color_carpet: Rgba::new(0xdfdf_dfa0),
            color_grey_wall: Rgba::new(0x5d6d_7eff),
            color_path: Rgba::new(0x93c2_eeff),
            color_zones: Rgba::new(0xadd8_ff8f),
            color_no_go_zones: Rgba::new(0xff21_377f),
            color_ext_zones: Rgba::new(0x4caf_507f),
            color_charger_halo: Rgba::new(0x66fe_da7f),
            color_robo: Rgba::new(0x4beb_95ff),
            color_scan: Rgba::new(0xdfdf_dfff),
            room_colors: [
                0xf0b2_7aff, 0x85c1_e9ff, 0xd988_80ff, 0x3498_dbff, 0xcd61_55ff, 0xf39c_12ff, 0x58d6_8dff,
                0xf5b0_41ff, 0xfcd4_51ff, 0x48c9_b0ff, 0x5499_c7ff, 0xffd5_d1ff, 0xe4e4_d7ff, 0x52be_80ff,
                0x48c9_b0ff, 0xa569_bdff,
            ]
            .map(Rgba::new)
            .to_vec(),
            show_logo: true,
            text: String::from("Openhab rocks your Xiaomi vacuum!"),
            text_font_size: 12,
            scale: 2.0,
            crop_border: 10,
        }
    }
}

impl MapConfig {
    /// The options as the text of a `mapConfig.json`: what to write where a file is invalid, so that its owner sees
    /// what there is to set.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::from("{\n");
        for (key, color) in self.colors() {
            let _ = write!(json, "  \"{key}\": ");
            color_json(&mut json, color, "  ");
            json.push_str(",\n");
        }
        json.push_str("  \"roomColors\": [");
        for (index, color) in self.room_colors.iter().enumerate() {
            json.push_str(if index == 0 { "\n    " } else { ",\n    " });
            color_json(&mut json, *color, "    ");
        }
        json.push_str("\n  ],\n");
        let _ = write!(json, "  \"showLogo\": {},\n  \"text\": ", self.show_logo);
        text_json(&mut json, &self.text);
        let _ = write!(
            json,
            ",\n  \"textFontSize\": {},\n  \"scale\": {:?},\n  \"cropBorder\": {}\n}}\n",
            self.text_font_size, self.scale, self.crop_border
        );
        json
    }

    fn colors(&self) -> [(&'static str, Rgba); 12] {
        [
            ("colorMapInside", self.color_map_inside),
            ("colorMapOutside", self.color_map_outside),
            ("colorMapWall", self.color_map_wall),
            ("colorCarpet", self.color_carpet),
            ("colorGreyWall", self.color_grey_wall),
            ("colorPath", self.color_path),
            ("colorZones", self.color_zones),
            ("colorNoGoZones", self.color_no_go_zones),
            ("colorExtZones", self.color_ext_zones),
            ("colorChargerHalo", self.color_charger_halo),
            ("colorRobo", self.color_robo),
            ("colorScan", self.color_scan),
        ]
    }

    #[cfg(feature = "config")]
    fn color_mut(&mut self, key: &str) -> Option<&mut Rgba> {
        Some(match key {
            "colorMapInside" => &mut self.color_map_inside,
            "colorMapOutside" => &mut self.color_map_outside,
            "colorMapWall" => &mut self.color_map_wall,
            "colorCarpet" => &mut self.color_carpet,
            "colorGreyWall" => &mut self.color_grey_wall,
            "colorPath" => &mut self.color_path,
            "colorZones" => &mut self.color_zones,
            "colorNoGoZones" => &mut self.color_no_go_zones,
            "colorExtZones" => &mut self.color_ext_zones,
            "colorChargerHalo" => &mut self.color_charger_halo,
            "colorRobo" => &mut self.color_robo,
            "colorScan" => &mut self.color_scan,
            _ => return None,
        })
    }
}

fn color_json(json: &mut String, color: Rgba, indent: &str) {
    let Rgba { r, g, b, a } = color;
    let _ = write!(
        json,
        "{{\n{indent}  \"red\": {r},\n{indent}  \"green\": {g},\n{indent}  \"blue\": {b},\n{indent}  \"alpha\": {a}\n{indent}}}"
    );
}

fn text_json(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\u{0}'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

#[cfg(feature = "config")]
#[cfg_attr(docsrs, doc(cfg(feature = "config")))]
pub use parse::ConfigError;

#[cfg(feature = "config")]
mod parse {
    use alloc::borrow::ToOwned;
    use alloc::format;
    use alloc::string::{String, ToString};

    use serde_json::{Map, Value};

    use super::{MapConfig, Rgba};

    /// What is wrong with a `mapConfig.json`. openHAB then writes the default file over it and uses the defaults; in
    /// the same way the caller may write [`MapConfig::to_json`] of the default.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ConfigError {
        /// It isn't JSON.
        #[error("this isn't JSON: {0}")]
        Json(String),
        /// It is JSON, but no object.
        #[error("this is JSON, but no object of options")]
        NotAnObject,
        /// An option has the wrong type or is out of its range.
        #[error("{option} has to be {wanted}, and is {found}")]
        Option {
            /// Which: `colorPath.red`.
            option: String,
            /// What it has to be.
            wanted: &'static str,
            /// What it is.
            found: String,
        },
    }

    impl ConfigError {
        /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
        #[must_use]
        pub const fn help(&self) -> Option<&'static str> {
            Some(match self {
                Self::Json(_) => {
                    "Mend the file at that line: names in double quotes, commas between the options and none after \
                     the last one."
                }
                Self::NotAnObject => "The file has to start with { and end with }.",
                Self::Option { .. } => "Change that option, or leave it out to get its default.",
            })
        }
    }

    impl MapConfig {
        /// Reads a `mapConfig.json`. What it doesn't name has the default. `None` if it is blank or `null`, for which
        /// the defaults are meant.
        ///
        /// ```
        /// use vacuum_map::draw::MapConfig;
        ///
        /// let config = MapConfig::parse(r#"{"scale": 4, "cropBorder": -1}"#)?.unwrap_or_default();
        /// assert_eq!((config.scale, config.crop_border, config.show_logo), (4.0, -1, true));
        /// let error = MapConfig::parse(r#"{"colorPath": {"red": 300}}"#).unwrap_err();
        /// assert_eq!(error.to_string(), "colorPath.red has to be a whole number from 0 to 255, and is 300");
        /// # Ok::<(), vacuum_map::draw::ConfigError>(())
        /// ```
        ///
        /// # Errors
        ///
        /// Everything else that isn't a JSON object, and options of the wrong type or out of range.
        pub fn parse(text: &str) -> Result<Option<Self>, ConfigError> {
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            if text.trim().is_empty() {
                return Ok(None);
            }
            let value = serde_json::from_str(text).map_err(|error| ConfigError::Json(error.to_string()))?;
            let options: Map<String, Value> = match value {
                Value::Null => return Ok(None),
                Value::Object(options) => options,
                _ => return Err(ConfigError::NotAnObject),
            };
            let mut config = Self::default();
            for (key, value) in options.iter().filter(|(_, value)| !value.is_null()) {
                config.set(key, value)?;
            }
            Ok(Some(config))
        }

        fn set(&mut self, key: &str, value: &Value) -> Result<(), ConfigError> {
            match key {
                "roomColors" => {
                    let colors = value.as_array().filter(|colors| !colors.is_empty());
                    let colors =
                        colors.ok_or_else(|| wrong(key, "a list of colours that isn't empty", value))?;
                    let colors = colors.iter().enumerate();
                    self.room_colors = colors
                        .map(|(index, value)| color(&format!("{key}[{index}]"), value))
                        .collect::<Result<_, _>>()?;
                }
                "showLogo" => {
                    self.show_logo = value
                        .as_bool()
                        .ok_or_else(|| wrong(key, "true or false", value))?;
                }
                "text" => {
                    let text = value.as_str().ok_or_else(|| wrong(key, "a text", value))?;
                    self.text = text.to_owned();
                }
                "textFontSize" => self.text_font_size = whole(key, value)?,
                "cropBorder" => self.crop_border = whole(key, value)?,
                "scale" => self.scale = scale(key, value)?,
                _ => {
                    if let Some(place) = self.color_mut(key) {
                        *place = color(key, value)?;
                    }
                }
            }
            Ok(())
        }
    }

    fn color(key: &str, value: &Value) -> Result<Rgba, ConfigError> {
        let channels = value
            .as_object()
            .ok_or_else(|| wrong(key, "a colour with red, green, blue and perhaps alpha", value))?;
        let channel = |name: &str, default: Option<u8>| {
            let value = channels.get(name).filter(|value| !value.is_null());
            match (value, default) {
                (None, Some(default)) => Ok(default),
                (value, _) => {
                    let value = value.unwrap_or(&Value::Null);
                    let number = integer(value).and_then(|number| u8::try_from(number).ok());
                    number
                        .ok_or_else(|| wrong(&format!("{key}.{name}"), "a whole number from 0 to 255", value))
                }
            }
        };
        Ok(Rgba {
            r: channel("red", None)?,
            g: channel("green", None)?,
            b: channel("blue", None)?,
            a: channel("alpha", Some(u8::MAX))?,
        })
    }

    fn whole(key: &str, value: &Value) -> Result<i32, ConfigError> {
        let number = integer(value).and_then(|number| i32::try_from(number).ok());
        number.ok_or_else(|| wrong(key, "a whole number of 32 bits", value))
    }

    /// 10 and 10.0 alike, as Gson takes them.
    fn integer(value: &Value) -> Option<i64> {
        value.as_i64().or_else(|| {
            let number = value.as_f64()?;
            #[expect(clippy::cast_possible_truncation, reason = "far below 2^53")]
            (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
        })
    }

    fn scale(key: &str, value: &Value) -> Result<f32, ConfigError> {
        #[expect(clippy::cast_possible_truncation, reason = "openHAB's scale is a float")]
        let scale = value.as_f64().map(|scale| scale as f32);
        let scale = scale.filter(|scale| *scale > 0.0 && *scale <= 64.0);
        scale.ok_or_else(|| wrong(key, "a number above 0 and up to 64", value))
    }

    fn wrong(option: &str, wanted: &'static str, value: &Value) -> ConfigError {
        let mut found = value.to_string();
        if value.is_null() {
            found = "missing".to_owned();
        } else if found.chars().count() > 40 {
            found = format!("{}...", found.chars().take(40).collect::<String>());
        }
        ConfigError::Option {
            option: option.to_owned(),
            wanted,
            found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_openhabs_file() {
        assert_eq!(
            MapConfig::default().to_json(),
            include_str!("../../tests/default-mapConfig.json")
        );
    }
}
