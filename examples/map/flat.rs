//! A made-up flat with everything that a map can show.

use vacuum_map::block::Content;
use vacuum_map::obstacle::{ObstacleType, Obstacles, PhotoId, PhotoObstacle, WideObstacle};
use vacuum_map::path::Path;
use vacuum_map::record::{Area, Date, Line, Rect};
use vacuum_map::{Image, Map, Point, Position};

/// Its rooms, as the app would name them.
pub const ROOM_NAMES: [(u8, &str); 6] = [
    (16, "Living room"),
    (17, "Kitchen"),
    (18, "Hall"),
    (19, "Bedroom"),
    (20, "Bath"),
    (21, "Study"),
];

/// The first cell, in cells of the world.
const LEFT: u16 = 430;
const TOP: u16 = 440;
const WIDTH: u16 = 200;
const HEIGHT: u16 = 150;

/// Columns and rows of a rectangle of cells, the last ones included.
#[derive(Clone, Copy)]
struct Cells(u16, u16, u16, u16);

/// Id and floor. Between them is a wall of two cells.
const ROOMS: [(u8, Cells); 6] = [
    (16, Cells(10, 72, 104, 140)),
    (17, Cells(107, 88, 188, 140)),
    (18, Cells(10, 52, 150, 69)),
    (19, Cells(10, 8, 74, 49)),
    (20, Cells(77, 8, 122, 49)),
    (21, Cells(125, 8, 188, 49)),
];

/// Passages, with the id of the room that they belong to.
const DOORS: [(u8, Cells); 6] = [
    (16, Cells(50, 70, 66, 71)),
    (17, Cells(105, 110, 106, 126)),
    (18, Cells(30, 50, 44, 51)),
    (18, Cells(95, 50, 107, 51)),
    (18, Cells(130, 50, 144, 51)),
    (17, Cells(128, 70, 142, 87)),
];

/// What stands around: a sofa, a table, a kitchen counter, a bed, a bath tub, a desk, shelves.
const FURNITURE: [Cells; 9] = [
    Cells(10, 96, 26, 130),
    Cells(58, 96, 84, 112),
    Cells(107, 130, 170, 140),
    Cells(150, 96, 176, 112),
    Cells(28, 8, 60, 30),
    Cells(77, 8, 92, 36),
    Cells(158, 8, 188, 18),
    Cells(125, 24, 130, 46),
    Cells(96, 72, 104, 92),
];

/// A carpet in the living room.
const CARPET: Cells = Cells(34, 88, 94, 120);

/// The map of the flat, half cleaned.
///
/// # Panics
///
/// Never: all of it is fixed.
#[must_use]
pub fn flat() -> Map {
    let mut cells = vec![0; usize::from(WIDTH) * usize::from(HEIGHT)];
    let at = |x: u16, y: u16| usize::from(y) * usize::from(WIDTH) + usize::from(x);
    let mut fill = |Cells(left, bottom, right, top): Cells, value: &dyn Fn(u8) -> u8| {
        for y in bottom..=top {
            for x in left..=right {
                if let Some(cell) = cells.get_mut(at(x, y)) {
                    *cell = value(*cell);
                }
            }
        }
    };
    for (id, Cells(left, bottom, right, top)) in ROOMS {
        fill(Cells(left - 1, bottom - 1, right + 1, top + 1), &|_| id << 3 | 1);
    }
    for (id, room) in ROOMS.into_iter().chain(DOORS) {
        fill(room, &|_| id << 3 | 7);
    }
    // The passage to the kitchen has walls of its own.
    for wall in [Cells(127, 71, 127, 86), Cells(143, 71, 143, 86)] {
        fill(wall, &|_| 17 << 3 | 1);
    }
    for piece in FURNITURE {
        fill(piece, &|cell| cell & !7);
    }
    let mut carpet = vec![0; cells.len()];
    for y in CARPET.1..=CARPET.3 {
        for x in CARPET.0..=CARPET.2 {
            if let (Some(flag), Some(cell)) = (carpet.get_mut(at(x, y)), cells.get(at(x, y))) {
                *flag = u8::from(cell & 7 == 7);
            }
        }
    }
    let floor = |x: u16, y: u16| cells.get(at(x, y)).is_some_and(|cell| cell & 7 == 7);
    let (path, flags) = drive(&floor);
    let robot = path.last().copied().unwrap_or_default();
    let obstacles = [
        (48, 44, 80, 9120, None),
        (2, 120, 60, 8440, PhotoId::new("0017Q80vVl5VD5Gf")),
        (1, 100, 20, 7740, None),
    ];
    let obstacles = obstacles.map(|(kind, x, y, confidence, photo)| PhotoObstacle {
        point: middle(x, y),
        obstacle_type: ObstacleType(kind),
        confidence,
        divisor: 1001,
        photo,
    });
    let ignored = [WideObstacle {
        point: middle(180, 60 + 34),
        obstacle_type: ObstacleType(51),
    }];
    let image = Image::new(LEFT.into(), TOP.into(), WIDTH.into(), HEIGHT.into(), &cells);
    let contents = [
        image.map(Content::Image),
        Some(Content::Charger(Position::new(
            middle(14, 60).x.into(),
            middle(14, 60).y.into(),
            Some(0),
        ))),
        Some(Content::Robot(Position::new(
            robot.x.into(),
            robot.y.into(),
            Some(180),
        ))),
        Some(Content::Path(Path::new(path))),
        Some(Content::PathFlags(flags)),
        Some(Content::Zones(vec![Rect([middle(20, 12), middle(26, 46)])])),
        Some(Content::NoGo(vec![area(Cells(150, 116, 186, 126))])),
        Some(Content::Walls(vec![Line([middle(125, 22), middle(156, 22)])])),
        Some(Content::NoMop(vec![area(CARPET)])),
        Some(Content::ActiveRooms(vec![16, 18])),
        Some(Content::Obstacles(Obstacles::new(&obstacles))),
        Some(Content::IgnoredObstacles(Obstacles::new(&ignored))),
        Some(Content::CarpetMap(carpet)),
        Some(Content::DockType(1)),
        Some(Content::Date(Date {
            unix_seconds: 1_790_000_000,
            more: Some([0; 4]),
        })),
    ];
    Map::new(42, 7, contents.into_iter().flatten())
}

/// From the dock through the hall into the living room, there in lanes from wall to wall, as robots do.
fn drive(floor: &dyn Fn(u16, u16) -> bool) -> (Vec<Point>, Vec<u8>) {
    const TRANSIT: u8 = 8;
    const MOPPING: u8 = 1;
    let clear = |x: u16, y: u16| {
        let near = |x: u16, y: u16| (x - 3..=x + 3).all(|x| (y - 3..=y + 3).all(|y| floor(x, y)));
        near(x, y)
    };
    let mut steps: Vec<(u16, u16, u8)> = vec![(17, 60, TRANSIT)];
    let mut lane = |y: u16, from: u16, to: u16, flags: u8, backwards: bool| {
        let lane = from..=to;
        let columns: Vec<u16> = if backwards {
            lane.rev().collect()
        } else {
            lane.collect()
        };
        for x in columns.into_iter().filter(|x| clear(*x, y)) {
            steps.push((x, y, flags));
        }
    };
    // The hall, then the living room.
    for (index, y) in (56..=66).step_by(5).enumerate() {
        lane(y, 20, 146, MOPPING, index % 2 == 1);
    }
    lane(66, 58, 146, TRANSIT, true);
    // Through the door.
    lane(76, 58, 58, TRANSIT, false);
    for (index, y) in (76..=118).step_by(6).enumerate() {
        lane(y, 13, 101, 4, index % 2 == 1);
    }
    let flags = steps.iter().map(|step| step.2).collect();
    let points = steps.into_iter().map(|(x, y, _)| middle(x, y));
    (points.collect(), flags)
}

/// The middle of a cell.
fn middle(x: u16, y: u16) -> Point {
    Point::new((LEFT + x) * 50, (TOP + y) * 50)
}

/// The area of some cells.
fn area(Cells(left, bottom, right, top): Cells) -> Area {
    Area([
        middle(left, top),
        middle(right, top),
        middle(right, bottom),
        middle(left, bottom),
    ])
}
