//! How a map is drawn.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::{Crop, MapConfig, Palette, Rgba};

/// How a map is drawn: colours, layers from bottom to top, scale, crop and rotation. Start with one of
/// [`plain`](Self::plain), [`openhab`](Self::openhab) and [`extractor`](Self::extractor), and change what you like.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// Colours of cells. With a transparent `outside` the picture's background is transparent.
    pub palette: Palette,
    /// What is drawn, the lowest first. [`Layer::Carpet`] is part of the cells wherever it stands.
    pub layers: Vec<Layer>,
    /// How layers look that aren't cells; those that are missing aren't drawn.
    pub paints: BTreeMap<Layer, Paint>,
    /// The shapes of robot and dock.
    pub symbols: Symbols,
    /// Pixels for a cell, above 0 and at most 64.
    pub scale: f32,
    /// What is cut off.
    pub crop: Crop,
    /// Degrees by which the picture is turned clockwise. Multiples of 90 are exact.
    pub rotation: f64,
    /// Rooms get different colours if at most so many cells are between them; `None` leaves the palette's.
    pub distinct_rooms: Option<u32>,
    /// Carpet colours every second cell only.
    pub checkered_carpet: bool,
    /// What [`Layer::RoomNames`] writes; rooms without a name get their id.
    pub room_names: BTreeMap<u8, String>,
    /// What [`Layer::Caption`] writes beside the logo.
    pub caption: Caption,
    /// Texts above everything, which don't turn with the picture.
    pub texts: Vec<Text>,
    /// The most pixels that a picture may have: 33,554,432.
    pub max_pixels: u64,
}

/// A part of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// Floors, walls, obstacles of the scanner. Without it no carpet is drawn.
    Cells,
    /// Carpet, block 17.
    Carpet,
    /// Carpets that the user drew.
    CustomCarpets,
    /// Zones that are being cleaned.
    Zones,
    /// Smart zones.
    SmartZones,
    /// Extended zones: see [`Map::ext_zones`](crate::Map::ext_zones).
    ExtZones,
    /// Areas where the robot must not go.
    NoGo,
    /// Areas where the robot must not mop.
    NoMop,
    /// Areas where carpet is to be ignored.
    NoCarpet,
    /// Areas where the robot must only mop.
    NoVacuum,
    /// Door sills.
    DoorSills,
    /// Cliffs.
    Cliffs,
    /// Virtual walls.
    Walls,
    /// The path as wide as the robot.
    CleanedArea,
    /// Parts of the path on which the robot mopped.
    MopPath,
    /// The path.
    Path,
    /// The way to a target, as driven.
    GotoPath,
    /// The way to a target, as planned.
    PredictedPath,
    /// The dock.
    Charger,
    /// The robot.
    Robot,
    /// Where the robot was sent.
    GotoTarget,
    /// Obstacles of block 13.
    Obstacles,
    /// Obstacles of block 15.
    PhotoObstacles,
    /// Those of block 14.
    IgnoredObstacles,
    /// Those of block 16.
    IgnoredPhotoObstacles,
    /// Where the robot got stuck.
    StuckPoints,
    /// Names of rooms.
    RoomNames,
    /// Logo and text.
    Caption,
}

/// How a layer looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    /// What is inside: areas, discs. The colour of paths and texts.
    pub fill: Rgba,
    /// What is around: outlines of areas, rings, walls.
    pub outline: Rgba,
    /// Width of paths and outlines, radius of discs, height of texts.
    pub size: Size,
}

/// A length in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// Grows with the scale.
    Cells(f32),
    /// Is always the same.
    Pixels(f32),
}

impl Size {
    pub(crate) fn pixels(self, scale: f32) -> f32 {
        match self {
            Self::Cells(cells) => cells * scale,
            Self::Pixels(pixels) => pixels,
        }
    }
}

/// The shapes of robot and dock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbols {
    /// Icons in rings, as openHAB has them. The robot's looks where the robot does, which openHAB's doesn't.
    Ringed,
    /// A disc with lidar and bin for the robot, half a disc for the dock.
    Discs,
}

/// Logo and text at the lower left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Caption {
    /// Blank for the logo alone.
    pub text: String,
    /// Its size at scale 1.
    pub font_size: f32,
}

/// A text at a place of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it starts, in percent of the width.
    pub x: f64,
    /// Where its upper edge is, in percent of the height.
    pub y: f64,
    /// Its colour.
    pub color: Rgba,
    /// Its height in pixels.
    pub size: f32,
}

impl Default for Style {
    /// [`Style::plain`].
    fn default() -> Self {
        Self::plain()
    }
}

impl Style {
    /// Calm colours on a transparent background.
    #[must_use]
    pub fn plain() -> Self {
        let wall = Rgba::new(0x3d46_55ff);
        let rooms = PLAIN_ROOMS.map(Rgba::new);
        let palette = Palette {
            outside: Rgba::TRANSPARENT,
            wall,
            room_wall: wall,
            obstacle: Rgba::new(0x8c96_a5ff),
            scan: Rgba::new(0xdde2_e8ff),
            inside: Rgba::new(0x9cc5_e8ff),
            other: Rgba::new(0xdde2_e8ff),
            rooms: core::array::from_fn(|id| rooms.get(id % rooms.len()).copied().unwrap_or_default()),
            choice: rooms.to_vec(),
        };
        let (cells, red) = (Size::Cells, Rgba::new(0xd93a_3aff));
        Self {
            palette,
            paints: paints(&[
                (Layer::CustomCarpets, 0xb58a_5a50, 0xb58a_5ab0, cells(0.4)),
                (Layer::Carpet, 0xb58a_5a70, 0, cells(0.0)),
                (Layer::Zones, 0x2f80_ed40, 0x2f80_edff, cells(0.5)),
                (Layer::SmartZones, 0x2f80_ed20, 0x2f80_ed90, cells(0.4)),
                (Layer::ExtZones, 0x4caf_5040, 0x4caf_50ff, cells(0.4)),
                (Layer::NoGo, 0xd93a_3a50, 0xd93a_3aff, cells(0.5)),
                (Layer::NoMop, 0x8e5b_d650, 0x8e5b_d6ff, cells(0.5)),
                (Layer::NoCarpet, 0xb58a_5a40, 0x8a64_3cff, cells(0.5)),
                (Layer::NoVacuum, 0x1a9f_a840, 0x1a9f_a8ff, cells(0.5)),
                (Layer::DoorSills, 0xf2c9_4c60, 0xd9a3_1cff, cells(0.4)),
                (Layer::Cliffs, 0xf299_4a60, 0xd97a_1cff, cells(0.4)),
                (Layer::MopPath, 0x2f80_ed30, 0, cells(6.0)),
                (Layer::CleanedArea, 0xffff_ff50, 0, cells(7.0)),
                (Layer::Path, 0xffff_ffe0, 0, cells(0.5)),
                (Layer::GotoPath, 0x27ae_60ff, 0, cells(0.6)),
                (Layer::PredictedPath, 0xf2c9_4cff, 0, cells(0.6)),
                (Layer::GotoTarget, 0xf2c9_4cff, 0x8a6d_00ff, cells(4.0)),
                (Layer::Charger, 0x27ae_60ff, 0xffff_ffff, cells(3.4)),
                (Layer::Robot, 0xffff_ffff, 0x2b32_3dff, cells(3.4)),
                (Layer::IgnoredObstacles, 0x8c96_a5a0, 0xffff_ffc0, cells(1.8)),
                (Layer::IgnoredPhotoObstacles, 0x8c96_a5a0, 0xffff_ffc0, cells(1.8)),
                (Layer::Obstacles, 0xe056_9aff, 0xffff_ffff, cells(2.2)),
                (Layer::PhotoObstacles, 0xe056_9aff, 0xffff_ffff, cells(2.2)),
                (Layer::StuckPoints, 0xf299_4aff, 0xffff_ffff, cells(1.6)),
                (Layer::RoomNames, 0x2b32_3dff, 0xffff_ffc0, cells(5.0)),
            ])
            .with(Layer::Walls, Rgba::TRANSPARENT, red, cells(0.8)),
            layers: vec![
                Layer::Cells,
                Layer::Carpet,
                Layer::CustomCarpets,
                Layer::MopPath,
                Layer::Zones,
                Layer::SmartZones,
                Layer::ExtZones,
                Layer::NoGo,
                Layer::NoMop,
                Layer::NoCarpet,
                Layer::NoVacuum,
                Layer::DoorSills,
                Layer::Cliffs,
                Layer::Walls,
                Layer::Path,
                Layer::GotoPath,
                Layer::PredictedPath,
                Layer::Charger,
                Layer::IgnoredObstacles,
                Layer::IgnoredPhotoObstacles,
                Layer::Obstacles,
                Layer::PhotoObstacles,
                Layer::StuckPoints,
                Layer::GotoTarget,
                Layer::Robot,
            ],
            symbols: Symbols::Discs,
            scale: 4.0,
            crop: Crop::Border { cells: 6, below: 0 },
            rotation: 0.0,
            distinct_rooms: Some(8),
            checkered_carpet: false,
            room_names: BTreeMap::new(),
            caption: Caption::default(),
            texts: Vec::new(),
            max_pixels: MAX_PIXELS,
        }
    }

    /// As openHAB draws, by its options. What it does by mistake isn't copied; neighbouring rooms get different
    /// colours, and the robot shows where it looks. The logo is ours, since openHAB's belongs to openHAB.
    #[must_use]
    pub fn openhab(config: &MapConfig) -> Self {
        let cells = Size::Cells;
        let no_go = config.color_no_go_zones;
        let magenta = Rgba::new(0xff00_ffff);
        let paints = BTreeMap::new()
            .with(Layer::Carpet, config.color_carpet, Rgba::TRANSPARENT, cells(0.0))
            .with(Layer::Zones, config.color_zones, Rgba::TRANSPARENT, cells(0.0))
            .with(
                Layer::ExtZones,
                config.color_ext_zones,
                Rgba::TRANSPARENT,
                cells(0.0),
            )
            .with(Layer::NoGo, no_go, Rgba::RED, cells(1.1))
            .with(Layer::NoMop, no_go, Rgba::WHITE, cells(1.1))
            .with(Layer::NoCarpet, no_go, Rgba::WHITE, cells(1.1))
            .with(Layer::Walls, Rgba::TRANSPARENT, Rgba::RED, cells(3.0))
            .with(Layer::Path, config.color_path, Rgba::WHITE, cells(0.5))
            .with(
                Layer::GotoPath,
                Rgba::new(0x00ff_00ff),
                Rgba::TRANSPARENT,
                cells(0.5),
            )
            .with(
                Layer::PredictedPath,
                Rgba::new(0xffff_00ff),
                Rgba::TRANSPARENT,
                cells(0.5),
            )
            .with(Layer::Charger, config.color_charger_halo, Rgba::WHITE, cells(3.0))
            .with(Layer::Robot, config.color_robo, Rgba::WHITE, cells(3.0))
            .with(
                Layer::GotoTarget,
                Rgba::new(0xffff_00ff),
                Rgba::TRANSPARENT,
                cells(4.0),
            )
            .with(Layer::RoomNames, Rgba::BLACK, Rgba::new(0xffff_ff90), cells(5.0))
            .with(Layer::Caption, Rgba::WHITE, config.color_robo, cells(3.0));
        let obstacles = [
            Layer::Obstacles,
            Layer::IgnoredObstacles,
            Layer::PhotoObstacles,
            Layer::IgnoredPhotoObstacles,
        ];
        let paints = obstacles.iter().fold(paints, |paints, layer| {
            paints.with(*layer, magenta, Rgba::WHITE, cells(2.0))
        });
        let mut layers = vec![
            Layer::Cells,
            Layer::Carpet,
            Layer::Zones,
            Layer::ExtZones,
            Layer::NoGo,
            Layer::NoMop,
            Layer::NoCarpet,
            Layer::Walls,
            Layer::Path,
            Layer::GotoPath,
            Layer::PredictedPath,
            Layer::Charger,
            Layer::Robot,
            Layer::GotoTarget,
        ];
        layers.extend(obstacles);
        if config.show_logo {
            layers.push(Layer::Caption);
        }
        #[expect(clippy::cast_precision_loss, reason = "a font size")]
        let font_size = config.text_font_size as f32;
        Self {
            palette: Palette::openhab(config),
            layers,
            paints,
            symbols: Symbols::Ringed,
            scale: config.scale,
            crop: Crop::openhab(config.crop_border, config.scale),
            caption: Caption {
                text: config.text.clone(),
                font_size,
            },
            ..Self::plain()
        }
    }

    /// As Home Assistant's map extractor draws by default: one pixel a cell, no crop.
    #[must_use]
    pub fn extractor() -> Self {
        let pixels = Size::Pixels;
        let paints = paints(&[
            (Layer::Carpet, 0xa9f7_a9ff, 0, pixels(0.0)),
            (Layer::Charger, 0x66fe_da7f, 0x66fe_da7f, pixels(6.0)),
            (Layer::CleanedArea, 0x7f7f_7f7f, 0, Size::Cells(7.0)),
            (Layer::GotoPath, 0x00ff_00ff, 0, pixels(1.0)),
            (Layer::IgnoredObstacles, 0x0000_0080, 0x0000_0080, pixels(3.0)),
            (
                Layer::IgnoredPhotoObstacles,
                0x0000_0080,
                0x0000_0080,
                pixels(3.0),
            ),
            (Layer::MopPath, 0xffff_ff48, 0, pixels(16.0)),
            (Layer::NoCarpet, 0xff21_377f, 0xff00_00ff, pixels(1.0)),
            (Layer::NoGo, 0xff21_377f, 0xff00_00ff, pixels(1.0)),
            (Layer::NoMop, 0xa382_d37f, 0xa382_d3ff, pixels(1.0)),
            (Layer::Obstacles, 0x0000_0080, 0x0000_0080, pixels(3.0)),
            (Layer::PhotoObstacles, 0x0000_0080, 0x0000_0080, pixels(3.0)),
            (Layer::Path, 0x93c2_eeff, 0, pixels(1.0)),
            (Layer::PredictedPath, 0xffff_00ff, 0, pixels(1.0)),
            (Layer::Robot, 0xffff_ffff, 0x0000_00ff, pixels(6.0)),
            (Layer::RoomNames, 0x0000_00ff, 0, pixels(12.0)),
            (Layer::Walls, 0, 0xff00_00ff, pixels(2.0)),
            (Layer::Zones, 0xadd8_ff8f, 0xadd8_ffff, pixels(1.0)),
        ]);
        Self {
            palette: Palette::extractor(),
            layers: vec![
                Layer::Cells,
                Layer::Carpet,
                Layer::Charger,
                Layer::GotoPath,
                Layer::IgnoredObstacles,
                Layer::IgnoredPhotoObstacles,
                Layer::MopPath,
                Layer::NoCarpet,
                Layer::NoGo,
                Layer::NoMop,
                Layer::Obstacles,
                Layer::PhotoObstacles,
                Layer::Path,
                Layer::PredictedPath,
                Layer::Robot,
                Layer::Walls,
                Layer::Zones,
            ],
            paints,
            scale: 1.0,
            crop: Crop::None,
            checkered_carpet: true,
            ..Self::plain()
        }
    }

    /// Cells alone, in the palette's own colours.
    #[must_use]
    pub fn cells(palette: Palette, scale: f32) -> Self {
        Self {
            palette,
            layers: vec![Layer::Cells],
            scale,
            crop: Crop::None,
            distinct_rooms: None,
            ..Self::plain()
        }
    }

    /// With the names of rooms on top.
    #[must_use]
    pub fn with_room_names(mut self, names: impl IntoIterator<Item = (u8, String)>) -> Self {
        self.room_names = names.into_iter().collect();
        if !self.layers.contains(&Layer::RoomNames) {
            self.layers.push(Layer::RoomNames);
        }
        self
    }
}

/// Adds a layer's looks.
trait With {
    fn with(self, layer: Layer, fill: Rgba, outline: Rgba, size: Size) -> Self;
}

impl With for BTreeMap<Layer, Paint> {
    fn with(mut self, layer: Layer, fill: Rgba, outline: Rgba, size: Size) -> Self {
        self.insert(layer, Paint { fill, outline, size });
        self
    }
}

fn paints(rows: &[(Layer, u32, u32, Size)]) -> BTreeMap<Layer, Paint> {
    rows.iter()
        .fold(BTreeMap::new(), |paints, &(layer, fill, outline, size)| {
            paints.with(layer, Rgba::new(fill), Rgba::new(outline), size)
        })
}

const PLAIN_ROOMS: [u32; 8] = [
    0x9cc5_e8ff, 0xf3b6_a4ff, 0xa9d8_a4ff, 0xf5d9_8aff, 0xc9b6_e4ff, 0x9edb_d1ff, 0xe8b7_d2ff, 0xd4cf_a9ff,
];

const MAX_PIXELS: u64 = 1 << 25;
