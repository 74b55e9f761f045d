//! Draws a map.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use vacuum_map::Decoded;
use vacuum_map::draw::{Crop, MapConfig, Scene, Style};

use super::Answer;
use super::failure::Failure;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The map, packed or not
    pub(super) file: PathBuf,
    /// The picture: .png or .svg
    picture: PathBuf,
    /// Draw as openHAB does, with this mapConfig.json
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where --config names a file that is missing or invalid, write openHAB's default there and use it
    #[arg(long, requires = "config")]
    write_config: bool,
    /// Colours and shapes; openhab with --config
    #[arg(long, value_enum, conflicts_with = "config")]
    style: Option<Look>,
    /// Write the rooms' names, or their numbers
    #[arg(long)]
    rooms: bool,
    /// A room's name: --name 16=Kitchen
    #[arg(long = "name", value_parser = room_name)]
    names: Vec<(u8, String)>,
    /// Pixels for a cell of 5 cm, up to 64
    #[arg(long)]
    scale: Option<f32>,
    /// Degrees clockwise
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    rotate: f64,
    /// Cells around what is known; below 0 nothing is cropped
    #[arg(long, allow_negative_numbers = true)]
    crop: Option<i32>,
    /// Let the background show through where the map is unknown
    #[arg(long)]
    transparent: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Look {
    /// Calm colours on a transparent background
    Plain,
    /// openHAB's default
    Openhab,
    /// Home Assistant's map extractor
    Extractor,
}

impl Arguments {
    /// With names of rooms and all other defaults.
    pub(super) fn named(file: &Path, picture: &Path, names: &[(u8, &str)]) -> Self {
        Self {
            file: file.to_owned(),
            picture: picture.to_owned(),
            config: None,
            write_config: false,
            style: None,
            rooms: true,
            names: names.iter().map(|(id, name)| (*id, (*name).to_owned())).collect(),
            scale: None,
            rotate: 0.0,
            crop: None,
            transparent: false,
        }
    }

    fn style(&self) -> Result<Style, Failure> {
        let mut style = match (&self.config, self.style) {
            (Some(path), _) => Style::openhab(&self.read_config(path)?),
            (None, Some(Look::Openhab)) => Style::openhab(&MapConfig::default()),
            (None, Some(Look::Extractor)) => Style::extractor(),
            (None, Some(Look::Plain) | None) => Style::plain(),
        };
        if let Some(scale) = self.scale {
            style.scale = scale;
        }
        if let Some(border) = self.crop {
            style.crop = u32::try_from(border).map_or(Crop::None, |cells| Crop::Border { cells, below: 0 });
        }
        style.rotation = self.rotate;
        if self.transparent {
            style.palette.outside = vacuum_map::draw::Rgba::TRANSPARENT;
        }
        if self.rooms || !self.names.is_empty() {
            style = style.with_room_names(self.names.iter().cloned());
        }
        Ok(style)
    }

    fn read_config(&self, path: &Path) -> Result<MapConfig, Failure> {
        let failure = match fs::read_to_string(path) {
            Ok(text) => match MapConfig::parse(&text) {
                Ok(config) => return Ok(config.unwrap_or_default()),
                Err(error) => Failure::of_file(path, &error).help(error.help()),
            },
            Err(error) => Failure::of_file(path, &error).help(Some(
                "With --write-config the program writes a file with all options there.",
            )),
        };
        if !self.write_config {
            return Err(failure);
        }
        let config = MapConfig::default();
        fs::write(path, config.to_json()).map_err(|error| Failure::of_file(path, &error))?;
        eprintln!("{}: wrote the default options", path.display());
        Ok(config)
    }
}

pub(super) fn render(arguments: &Arguments, decoded: &Decoded) -> Result<Answer, Failure> {
    let path = &arguments.picture;
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_svg = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => true,
        Some("png") => false,
        _ => {
            return Err(Failure::of_file(
                path,
                "the name of a picture has to end with .png or .svg",
            ));
        }
    };
    let style = arguments.style()?;
    let scene = Scene::new(&decoded.map, &style).map_err(|error| Failure::new(error).help(error.help()))?;
    let Some(scene) = scene else {
        return Err(
            Failure::of_file(&arguments.file, "there is nothing to draw: the map has no cells").help(Some(
                "An erased map has none; let the robot clean, and fetch its map again.",
            )),
        );
    };
    let bytes = if is_svg {
        scene.to_svg().into_bytes()
    } else {
        scene
            .to_png()
            .map_err(|error| Failure::new(error).help(error.help()))?
    };
    fs::write(path, &bytes).map_err(|error| Failure::of_file(path, &error))?;
    let (width, height) = (scene.width(), scene.height());
    let calibration = scene.transform().calibration();
    let mut text = format!(
        "{}: {width} x {height} pixels, {} bytes\n",
        path.display(),
        bytes.len()
    );
    text += "calibration: ";
    let points: Vec<String> = calibration
        .iter()
        .map(|(mm, pixel)| format!("{}, {} mm is pixel {:.2}, {:.2}", mm.x, mm.y, pixel.x, pixel.y))
        .collect();
    text += &points.join("; ");
    text.push('\n');
    for warning in &decoded.warnings {
        text += &format!("warning: {warning}\n");
    }
    let calibration: Value = calibration
        .iter()
        .map(|(mm, pixel)| json!({"vacuum": {"x": mm.x, "y": mm.y}, "map": {"x": pixel.x, "y": pixel.y}}))
        .collect();
    let json = json!({
        "picture": path.display().to_string(), "width": width, "height": height, "bytes": bytes.len(),
        "transform": scene.transform().coefficients(), "calibration_points": calibration,
        "warnings": decoded.warnings.iter().map(ToString::to_string).collect::<Value>(),
    });
    Ok(Answer::new(text, json))
}

fn room_name(text: &str) -> Result<(u8, String), String> {
    let wrong = || String::from("a room's name looks like 16=Kitchen");
    let (id, name) = text.split_once('=').ok_or_else(wrong)?;
    let id = id
        .trim()
        .parse()
        .ok()
        .filter(|id| (1..=31).contains(id))
        .ok_or_else(wrong)?;
    Ok((id, name.trim().to_owned()))
}
