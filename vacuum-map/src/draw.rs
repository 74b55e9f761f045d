//! Pictures of maps.
//!
//! A [`Style`] says how: [`Style::plain`], openHAB's ([`Style::openhab`], with its [`MapConfig`]), or that of Home
//! Assistant's map extractor ([`Style::extractor`]). A [`Scene`] is the map drawn in that style; it becomes SVG, or, with
//! the feature `render`, a [`Picture`] or PNG. [`Scene::transform`] leads from the robot's millimetres to pixels and
//! back.

mod color;
mod config;
mod crop;
#[cfg_attr(
    not(feature = "render"),
    allow(dead_code, reason = "only pixels need the strokes")
)]
mod font;
mod palette;
#[cfg(feature = "render")]
mod raster;
mod room_colors;
mod runs;
mod scene;
#[cfg_attr(
    not(feature = "render"),
    allow(dead_code, reason = "only pixels need the strokes")
)]
mod shape;
mod simplify;
mod style;
mod svg;
mod symbols;

pub use color::Rgba;
#[cfg(feature = "config")]
pub use config::ConfigError;
pub use config::MapConfig;
pub use crop::{CellRect, Crop};
pub use palette::Palette;
#[cfg(feature = "render")]
pub use raster::Picture;
pub use room_colors::{distinct_room_colors, room_colors};
pub use scene::{DrawError, Scene};
pub use style::{Caption, Layer, Paint, Size, Style, Symbols, Text};
