//! Colours of cells.

use alloc::vec::Vec;

use super::MapConfig;
use super::color::Rgba;

/// The colour of each kind of cell. It is chosen by the byte alone, as openHAB and the extractor do: 0xff is "inside"
/// also where it is the floor of room 31.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    /// 0x00: unknown.
    pub outside: Rgba,
    /// 0x01: a wall of no room.
    pub wall: Rgba,
    /// A wall of a room.
    pub room_wall: Rgba,
    /// An obstacle in a room.
    pub obstacle: Rgba,
    /// 0x07: floor of no room.
    pub scan: Rgba,
    /// 0xff: floor in old maps.
    pub inside: Rgba,
    /// Cells of unknown kind.
    pub other: Rgba,
    /// Floor by room id.
    pub rooms: [Rgba; 32],
    /// Colours to choose from for neighbours that would have the same.
    pub choice: Vec<Rgba>,
}

impl Palette {
    /// openHAB's, of its options.
    #[must_use]
    pub fn openhab(config: &MapConfig) -> Self {
        // Of 16 colours only 15 are ever used.
        let choice: Vec<Rgba> = config.room_colors.iter().take(15).copied().collect();
        Self {
            outside: config.color_map_outside,
            wall: config.color_map_wall,
            room_wall: Rgba::BLACK,
            obstacle: config.color_grey_wall,
            scan: config.color_scan,
            inside: config.color_map_inside,
            other: Rgba::WHITE,
            rooms: core::array::from_fn(|id| {
                let index = (id % 15).checked_rem(choice.len()).unwrap_or_default();
                choice.get(index).copied().unwrap_or(config.color_scan)
            }),
            choice,
        }
    }

    /// The default of Home Assistant's map extractor.
    #[must_use]
    pub fn extractor() -> Self {
        Self {
            outside: Rgba::new(0x1357_94ff),
            wall: Rgba::new(0x64c4_feff),
            room_wall: Rgba::new(0x5d6d_7eff),
            obstacle: Rgba::new(0x5d6d_7eff),
            scan: Rgba::new(0xdfdf_dfff),
            inside: Rgba::new(0x2073_b9ff),
            other: Rgba::BLACK,
            rooms: core::array::from_fn(|id| {
                let index = (id + EXTRACTOR_ROOMS.len() - 1) % EXTRACTOR_ROOMS.len();
                EXTRACTOR_ROOMS.get(index).copied().unwrap_or_default()
            }),
            choice: EXTRACTOR_ROOMS.to_vec(),
        }
    }

    /// The colour of a cell.
    #[must_use]
    pub fn color(&self, byte: u8) -> Rgba {
        match (byte, byte & 7) {
            (0x00, _) => self.outside,
            (0x01, _) => self.wall,
            (0x07, _) => self.scan,
            (0xff, _) => self.inside,
            (_, 0) => self.obstacle,
            (_, 1) => self.room_wall,
            (_, 7) => self
                .rooms
                .get(usize::from(byte >> 3))
                .copied()
                .unwrap_or(self.scan),
            _ => self.other,
        }
    }

    /// The colours of all bytes.
    #[must_use]
    pub fn table(&self) -> [Rgba; 256] {
        let mut table = [Rgba::TRANSPARENT; 256];
        for (byte, color) in (0..=u8::MAX).zip(&mut table) {
            *color = self.color(byte);
        }
        table
    }
}

/// Colours 1 to 32.
const EXTRACTOR_ROOMS: [Rgba; 32] = [
    Rgba::new(0xf0b2_7aff),
    Rgba::new(0x85c1_e9ff),
    Rgba::new(0xd988_80ff),
    Rgba::new(0x3498_dbff),
    Rgba::new(0xcd61_55ff),
    Rgba::new(0xf39c_12ff),
    Rgba::new(0x58d6_8dff),
    Rgba::new(0xf5b0_41ff),
    Rgba::new(0xfcd4_51ff),
    Rgba::new(0x48c9_b0ff),
    Rgba::new(0x5499_c7ff),
    Rgba::new(0x85c1_e9ff),
    Rgba::new(0xf5b0_41ff),
    Rgba::new(0x52be_80ff),
    Rgba::new(0x48c9_b0ff),
    Rgba::new(0xa569_bdff),
    Rgba::new(0xf0b2_7aff),
    Rgba::new(0x85c1_e9ff),
    Rgba::new(0xd988_80ff),
    Rgba::new(0x3498_dbff),
    Rgba::new(0xcd61_55ff),
    Rgba::new(0xf39c_12ff),
    Rgba::new(0x58d6_8dff),
    Rgba::new(0xf5b0_41ff),
    Rgba::new(0xfcd4_51ff),
    Rgba::new(0x48c9_b0ff),
    Rgba::new(0x5499_c7ff),
    Rgba::new(0x85c1_e9ff),
    Rgba::new(0xf5b0_41ff),
    Rgba::new(0x52be_80ff),
    Rgba::new(0x48c9_b0ff),
    Rgba::new(0xa569_bdff),
];
