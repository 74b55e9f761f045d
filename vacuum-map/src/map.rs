//! A map: its blocks, and what they say.

use alloc::vec::Vec;

use crate::block::{Block, BlockType, Content};
use crate::bytes::u32_at;
use crate::image::Image;
use crate::obstacle::{Obstacles, PhotoObstacle, SimpleObstacle, WideObstacle};
use crate::path::Path;
use crate::place::Mm;
use crate::record::{Area, Date, FloorDirection, Line, Point, Position, Record, Rect, SmartZone, Spot};

/// A map: a list of blocks. It is read with [`parse`](crate::parse) or made of blocks, and written with
/// [`encode`](Self::encode).
///
/// The list is all there is; methods such as [`robot`](Self::robot) search it, and give the last block of a type, as
/// robots' apps do. `None` says that the map has no such block: the robot doesn't know such a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    /// Major and minor version. Layouts don't follow from it.
    pub version: (u16, u16),
    /// The same for all uploads of one stored map.
    pub index: u32,
    /// Counts up with every upload.
    pub sequence: u32,
    /// What the file's header has after its 20 bytes; empty in all maps seen.
    pub extra_header: Vec<u8>,
    /// The blocks in the order of the file.
    pub blocks: Vec<Block>,
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident: $variant:ident($type:ty) $(as $view:ident)?;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> Option<&$type> {
            self.last(|content| match content {
                Content::$variant(value) => Some(value$(.$view())?),
                _ => None,
            })
        }
    )*};
}

impl Map {
    /// A map of version 1.0 with these contents.
    pub fn new(index: u32, sequence: u32, contents: impl IntoIterator<Item = Content>) -> Self {
        Self {
            version: (1, 0),
            index,
            sequence,
            extra_header: Vec::new(),
            blocks: contents.into_iter().map(Block::from).collect(),
        }
    }

    accessors! {
        /// Where the dock is.
        charger: Charger(Position);
        /// Where the robot is.
        robot: Robot(Position);
        /// The cells.
        image: Image(Image);
        /// Where the robot drove.
        path: Path(Path);
        /// The way to a target, as driven.
        goto_path: GotoPath(Path);
        /// The way to a target, as planned.
        predicted_path: PredictedPath(Path);
        /// Where the robot was sent.
        goto_target: GotoTarget(Point);
        /// Zones that are being cleaned.
        zones: Zones([Rect]) as as_slice;
        /// Virtual walls.
        walls: Walls([Line]) as as_slice;
        /// Ids of the rooms that are being cleaned.
        active_rooms: ActiveRooms([u8]) as as_slice;
        /// Areas where the robot must not go.
        no_go: NoGo([Area]) as as_slice;
        /// Areas where the robot must not mop.
        no_mop: NoMop([Area]) as as_slice;
        /// Areas where carpet is to be ignored.
        no_carpet: NoCarpet([Area]) as as_slice;
        /// Carpets that the user drew.
        custom_carpets: CustomCarpets([Area]) as as_slice;
        /// Areas where the robot must only mop.
        no_vacuum: NoVacuum([Area]) as as_slice;
        /// Door sills.
        door_sills: DoorSills([Area]) as as_slice;
        /// Cliffs.
        cliffs: Cliffs([Area]) as as_slice;
        /// Smart zones.
        smart_zones: SmartZones([SmartZone]) as as_slice;
        /// Obstacles of the old form.
        obstacles_v1: ObstaclesV1(Obstacles<SimpleObstacle>);
        /// Those that the user called none.
        ignored_obstacles_v1: IgnoredObstaclesV1(Obstacles<SimpleObstacle>);
        /// Obstacles with confidence and photo.
        obstacles: Obstacles(Obstacles<PhotoObstacle>);
        /// Those that the user called none.
        ignored_obstacles: IgnoredObstacles(Obstacles<WideObstacle>);
        /// Flags of each cell: see [`CarpetFlags`](crate::image::CarpetFlags).
        carpet_map: CarpetMap([u8]) as as_slice;
        /// Flags of each point of the path: see [`PathFlags`](crate::path::PathFlags).
        path_flags: PathFlags([u8]) as as_slice;
        /// What kind of path it is (unverified).
        path_type: PathType(u8);
        /// Material of the floor by room id: 0 generic, 3 wood, 4 tile.
        floor_material: FloorMaterial([u8]) as as_slice;
        /// How the boards of the floor lie.
        floor_directions: FloorDirections([FloorDirection]) as as_slice;
        /// The kind of dock.
        dock_type: DockType(u32);
        /// Other robots that were seen.
        enemies: Enemies([Spot]) as as_slice;
        /// Where the robot got stuck.
        stuck_points: StuckPoints([Spot]) as as_slice;
        /// When the map was made.
        date: Date(Date);
    }

    /// Extended zones, block 36, as far as its bytes are areas. That they are is unverified, since no map with any was
    /// seen, so that the block itself is kept undecoded.
    #[must_use]
    pub fn ext_zones(&self) -> Vec<Area> {
        let zones = self.last(|content| match content {
            Content::Raw(raw) if raw.block_type == BlockType::EXT_ZONES => Some(raw),
            _ => None,
        });
        let Some((raw, count)) = zones.and_then(|raw| Some((raw, u32_at(&raw.header, 0)?))) else {
            return Vec::new();
        };
        let areas = Area::parse_all(&raw.data);
        if areas.len() == count as usize && areas.len() * Area::LENGTH == raw.data.len() {
            areas
        } else {
            Vec::new()
        }
    }

    /// The types of the blocks, in order.
    pub fn block_types(&self) -> impl Iterator<Item = BlockType> {
        self.blocks.iter().map(Block::block_type)
    }

    /// Where the robot looks, in degrees from east, counter-clockwise: what it says, or else where its path leads.
    #[must_use]
    pub fn robot_heading(&self) -> Option<i32> {
        let said = self.robot().and_then(|robot| robot.angle);
        said.or_else(|| self.path()?.heading())
    }

    /// The room that a place is in: floor, wall or obstacle of it.
    #[must_use]
    pub fn room_at(&self, place: impl Into<Mm>) -> Option<u8> {
        self.image()?.room_at(place)
    }

    /// The last block that `content` takes.
    fn last<'a, T: ?Sized>(&'a self, content: impl Fn(&'a Content) -> Option<&'a T>) -> Option<&'a T> {
        self.blocks.iter().rev().find_map(|block| content(&block.content))
    }
}
