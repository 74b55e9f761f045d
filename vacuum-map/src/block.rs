//! Blocks: what a map consists of.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | type |
//! | 2 | 2 | length H of this header, at least 8 |
//! | 4 | 4 | length D of the data |
//! | 8 | H - 8 | fields of the type: a count, for the image its place and size |
//! | H | D | data |
//!
//! H is 8 for plain blocks, 12 for those with a count, 20 for paths, 24 or 28 for the image. What a header has beyond
//! that is kept, so that a map that was read is written again byte by byte.
//!
//! ```
//! use vacuum_map::block::Content;
//!
//! // Where the dock is.
//! let decoded = vacuum_map::parse_blocks(b"\x01\0\x08\0\x0c\0\0\0\xce\x63\0\0\xe7\x63\0\0\xa6\xff\xff\xff")?;
//! let Content::Charger(dock) = &decoded.map.blocks[0].content else { panic!() };
//! assert_eq!((dock.x, dock.y, dock.angle), (25550, 25575, Some(-90)));
//! # Ok::<(), vacuum_map::ParseError>(())
//! ```

use alloc::vec::Vec;
use core::fmt;

use crate::image::Image;
use crate::obstacle::{Obstacles, PhotoObstacle, SimpleObstacle, WideObstacle};
use crate::path::Path;
use crate::record::{Area, Date, FloorDirection, Line, Point, Position, Rect, SmartZone, Spot};

/// The number that says what a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockType(pub u16);

impl BlockType {
    /// The image.
    pub const IMAGE: Self = Self(2);
    /// Extended zones, which aren't decoded.
    pub const EXT_ZONES: Self = Self(36);
    /// The digest.
    pub const DIGEST: Self = Self(1024);

    /// Its name, `no_go`; `None` if nobody knows it.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.1)
    }

    /// What the phone app's code calls it, `fbzs`.
    #[must_use]
    pub fn app_name(self) -> Option<&'static str> {
        self.row().map(|row| row.2).filter(|name| !name.is_empty())
    }

    fn row(self) -> Option<&'static (u16, &'static str, &'static str)> {
        let index = TABLE.binary_search_by_key(&self.0, |row| row.0).ok()?;
        TABLE.get(index)
    }
}

impl fmt::Display for BlockType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "type {}", self.0),
        }
    }
}

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it holds.
    pub content: Content,
    /// What its header has beyond the fields of its type; empty in all maps seen.
    pub extra_header: Vec<u8>,
}

impl Block {
    /// Its type.
    #[must_use]
    pub fn block_type(&self) -> BlockType {
        self.content.block_type()
    }
}

impl From<Content> for Block {
    fn from(content: Content) -> Self {
        Self {
            content,
            extra_header: Vec::new(),
        }
    }
}

/// What a block holds. A list that is there and empty says that the robot knows such a thing and has none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// 1: where the dock is; its angle seems to be where it faces.
    Charger(Position),
    /// 2: the cells.
    Image(Image),
    /// 3: where the robot drove.
    Path(Path),
    /// 4: the way to a target, as driven.
    GotoPath(Path),
    /// 5: the way to a target, as planned.
    PredictedPath(Path),
    /// 6: zones that are being cleaned.
    Zones(Vec<Rect>),
    /// 7: where the robot was sent.
    GotoTarget(Point),
    /// 8: where the robot is.
    Robot(Position),
    /// 9: areas where the robot must not go.
    NoGo(Vec<Area>),
    /// 10: virtual walls.
    Walls(Vec<Line>),
    /// 11: ids of the rooms that are being cleaned.
    ActiveRooms(Vec<u8>),
    /// 12: areas where the robot must not mop.
    NoMop(Vec<Area>),
    /// 13: obstacles, the old form.
    ObstaclesV1(Obstacles<SimpleObstacle>),
    /// 14: those of 13 that the user called none.
    IgnoredObstaclesV1(Obstacles<SimpleObstacle>),
    /// 15: obstacles with confidence and photo.
    Obstacles(Obstacles<PhotoObstacle>),
    /// 16: those of 15 that the user called none.
    IgnoredObstacles(Obstacles<WideObstacle>),
    /// 17: flags of each cell, in the order of the image: see [`CarpetFlags`](crate::image::CarpetFlags).
    CarpetMap(Vec<u8>),
    /// 18: flags of each point of block 3: see [`PathFlags`](crate::path::PathFlags).
    PathFlags(Vec<u8>),
    /// 19: areas where carpet is to be ignored.
    NoCarpet(Vec<Area>),
    /// 20: what kind of path it is (unverified).
    PathType(u8),
    /// 21: smart zones.
    SmartZones(Vec<SmartZone>),
    /// 22: carpets that the user drew.
    CustomCarpets(Vec<Area>),
    /// 23: areas where the robot must only mop.
    NoVacuum(Vec<Area>),
    /// 24: material of the floor by room id: 0 generic, 3 wood, 4 tile.
    FloorMaterial(Vec<u8>),
    /// 26: the kind of dock.
    DockType(u32),
    /// 27: other robots that were seen.
    Enemies(Vec<Spot>),
    /// 28: door sills.
    DoorSills(Vec<Area>),
    /// 29: where the robot got stuck.
    StuckPoints(Vec<Spot>),
    /// 30: cliffs.
    Cliffs(Vec<Area>),
    /// 32: how the boards of the floor lie.
    FloorDirections(Vec<FloorDirection>),
    /// 33: when the map was made.
    Date(Date),
    /// 1024: the place of the digest. The encoder computes it; what a file had is in
    /// [`Decoded::digest`](crate::Decoded::digest).
    Digest,
    /// Any other block, and those that couldn't be decoded, as they are.
    Raw(Raw),
}

impl Content {
    /// The type of a block with this content.
    #[must_use]
    pub const fn block_type(&self) -> BlockType {
        BlockType(match self {
            Self::Charger(_) => 1,
            Self::Image(_) => 2,
            Self::Path(_) => 3,
            Self::GotoPath(_) => 4,
            Self::PredictedPath(_) => 5,
            Self::Zones(_) => 6,
            Self::GotoTarget(_) => 7,
            Self::Robot(_) => 8,
            Self::NoGo(_) => 9,
            Self::Walls(_) => 10,
            Self::ActiveRooms(_) => 11,
            Self::NoMop(_) => 12,
            Self::ObstaclesV1(_) => 13,
            Self::IgnoredObstaclesV1(_) => 14,
            Self::Obstacles(_) => 15,
            Self::IgnoredObstacles(_) => 16,
            Self::CarpetMap(_) => 17,
            Self::PathFlags(_) => 18,
            Self::NoCarpet(_) => 19,
            Self::PathType(_) => 20,
            Self::SmartZones(_) => 21,
            Self::CustomCarpets(_) => 22,
            Self::NoVacuum(_) => 23,
            Self::FloorMaterial(_) => 24,
            Self::DockType(_) => 26,
            Self::Enemies(_) => 27,
            Self::DoorSills(_) => 28,
            Self::StuckPoints(_) => 29,
            Self::Cliffs(_) => 30,
            Self::FloorDirections(_) => 32,
            Self::Date(_) => 33,
            Self::Digest => 1024,
            Self::Raw(raw) => raw.block_type.0,
        })
    }
}

/// A block that isn't decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// Its type.
    pub block_type: BlockType,
    /// Its header after the first 8 bytes.
    pub header: Vec<u8>,
    /// Its data.
    pub data: Vec<u8>,
}

/// Type, name, name in the phone app's code; sorted.
const TABLE: &[(u16, &str, &str)] = &[
    (1, "charger", "charger"),
    (2, "image", "map"),
    (3, "path", "path"),
    (4, "goto_path", "pathGoto"),
    (5, "predicted_path", "pathGotoPlan"),
    (6, "zones", "zones"),
    (7, "goto_target", "target"),
    (8, "robot", "robot"),
    (9, "no_go", "fbzs"),
    (10, "walls", "walls"),
    (11, "active_rooms", "blocks"),
    (12, "no_mop", "mfbzs"),
    (13, "obstacles_v1", "obstaclesOld"),
    (14, "ignored_obstacles_v1", "ignoredObstaclesOld"),
    (15, "obstacles", "obstacles"),
    (16, "ignored_obstacles", "ignoredObstacles"),
    (17, "carpet_map", "carpetMap"),
    (18, "mop_path_flags", "mopPath"),
    (19, "no_carpet", "cfbzs"),
    (20, "path_type", "pathType"),
    (21, "smart_zones", "smartZones"),
    (22, "custom_carpet", "customCarpet"),
    (23, "no_vacuum", "clfbzs"),
    (24, "floor_material", "floorMap"),
    (25, "furniture", "furnitures"),
    (26, "dock_type", "dockType"),
    (27, "enemies", "enemies"),
    (28, "door_sill_no_go", "dsfbz"),
    (29, "stuck_points", "stuckpts"),
    (30, "cliff_no_go", "clffbz"),
    (31, "smart_door_sill", "smartds"),
    (32, "floor_direction", "flDirec"),
    (33, "date", "date"),
    (34, "nonce_data", "nonceData"),
    (35, "unknown_35", ""),
    (36, "ext_zones", "extZones"),
    (37, "patrol", "patrol"),
    (38, "pet_patrol", "petPatrol"),
    (39, "mode_carpet", "modeCarpet"),
    (40, "unknown_40", ""),
    (41, "story_points", "stroyPt"),
    (42, "dirty_rect", "dirtyRect"),
    (43, "ignored_dirty_rect", "ignoreDirtyRect"),
    (44, "brush_points", "brushPt"),
    (45, "dirty_new", "dirtyNew"),
    (46, "mop_error_points", "mopErrPt"),
    (47, "eraser_zones", "erazerZone"),
    (48, "long_carpet", "longCarpet"),
    (49, "door_sill_sides", "dsSides"),
    (50, "steering_points", "steeringPt"),
    (51, "sensor_info", "sensorInfo"),
    (52, "low_spaces", "lowSpaces"),
    (53, "tidy_zones", "tidyZones"),
    (54, "garbage", "garbage"),
    (55, "zone_lines", "zoneLines"),
    (56, "unknown_56", ""),
    (59, "curtain", "curtain"),
    (60, "missed_zone", "missZone"),
    (1024, "digest", "digest"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn types_have_names() {
        assert_eq!(BlockType(9).name(), Some("no_go"));
        assert_eq!(BlockType(9).app_name(), Some("fbzs"));
        assert_eq!(
            std::format!("{} {}", BlockType::DIGEST, BlockType(7000)),
            "digest type 7000"
        );
    }
}
