//! Maps for tests: small ones with everything in them.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "several test programs share this module, and each uses a part of it"
)]

use vacuum_map::block::{BlockType, Content, Raw};
use vacuum_map::obstacle::{ObstacleType, Obstacles, PhotoId, PhotoObstacle, SimpleObstacle, WideObstacle};
use vacuum_map::path::Path;
use vacuum_map::record::{Area, Date, FloorDirection, Line, Rect, SmartZone, Spot};
use vacuum_map::{Image, Map, Point, Position};

/// Cells of a drawing, whose first line is the north: `#` wall, `.` floor, `o` obstacle of the room whose letter
/// comes next on the line (`a` is 1), space outside.
pub fn image(rows: &[&str]) -> Image {
    let width = rows[0].len();
    let mut cells = Vec::new();
    for row in rows.iter().rev() {
        assert_eq!(row.len(), width);
        cells.extend(row.bytes().map(|byte| match byte {
            b' ' => 0,
            b'#' => 1,
            b'.' => 7,
            b'a'..=b'z' => (byte - b'a' + 1) << 3 | 7,
            b'A'..=b'Z' => (byte - b'A' + 1) << 3 | 1,
            b'0'..=b'9' => (byte - b'0') << 3,
            other => panic!("{other}"),
        }));
    }
    let side = |length: usize| i32::try_from(length).unwrap();
    Image::new(500, 490, side(width), side(rows.len()), &cells).unwrap()
}

pub const ROOMS: [&str; 10] = [
    "                    ", " AAAAAAAABBBBBBBBBB ", " AaaaaaaaAbbbbbbbbB ", " Aaa11aaaabbbbbbbbB ",
    " Aaa11aaaAbb2bbbbbB ", " AaaaaaaaAbbbbbbbbB ", " AAAAAaaACCCbbCCCCC ", "      aacccccccccC  ",
    "    . CCCCCCCCCCCC  ", "                    ",
];

/// Every block that is decoded, and one that isn't.
pub fn small() -> Map {
    let image = image(&ROOMS);
    let point = Point::new;
    let area = Area([
        point(25_100, 24_600),
        point(25_300, 24_600),
        point(25_300, 24_700),
        point(25_100, 24_700),
    ]);
    let points: Vec<Point> = (0..12)
        .map(|step| point(25_150 + step * 50, 24_700 + step % 3 * 50))
        .collect();
    let wide = |x, kind| WideObstacle {
        point: point(x, 24_750),
        obstacle_type: ObstacleType(kind),
    };
    let simple = SimpleObstacle {
        point: point(25_400, 24_700),
        obstacle_type: ObstacleType(2),
    };
    let photo = PhotoObstacle {
        point: point(25_500, 24_750),
        obstacle_type: ObstacleType(48),
        confidence: 9414,
        divisor: 1001,
        photo: PhotoId::new("0017Q80vVl5VD5Gf"),
    };
    let spot = Spot {
        point: point(25_200, 24_650),
        spot_type: 1,
    };
    let carpet = (0..200_u8).map(|cell| u8::from(cell % 7 == 0)).collect();
    Map::new(
        140,
        393,
        [
            Content::Image(image),
            Content::Charger(Position::new(25_150, 24_750, Some(90))),
            Content::Robot(Position::new(25_300, 24_750, Some(-88))),
            Content::Path(Path::new(points.clone())),
            Content::GotoPath(Path::new(points[..2].to_vec())),
            Content::PredictedPath(Path::new(points[2..5].to_vec())),
            Content::PathFlags(vec![0, 1, 1, 1, 8, 12, 4, 0, 1, 0, 0, 0]),
            Content::NoGo(vec![area]),
            Content::SmartZones(vec![SmartZone { id: 3, area }]),
            Content::Walls(vec![Line([point(25_100, 24_800), point(25_700, 24_800)])]),
            Content::NoMop(vec![area, area]),
            Content::Zones(vec![Rect([point(25_500, 24_800), point(25_100, 24_600)])]),
            Content::GotoTarget(point(25_600, 24_700)),
            Content::ActiveRooms(vec![1, 2]),
            Content::ObstaclesV1(Obstacles::new(&[simple])),
            Content::IgnoredObstaclesV1(Obstacles::new(&[simple, simple])),
            Content::Obstacles(Obstacles::new(&[photo, PhotoObstacle { photo: None, ..photo }])),
            Content::IgnoredObstacles(Obstacles::new(&[wide(25_600, 51)])),
            Content::CarpetMap(carpet),
            Content::NoCarpet(vec![area]),
            Content::PathType(2),
            Content::CustomCarpets(vec![]),
            Content::NoVacuum(vec![area]),
            Content::DoorSills(vec![area]),
            Content::Cliffs(vec![]),
            Content::FloorMaterial(vec![0; 32]),
            Content::FloorDirections(vec![FloorDirection { room: 1, angle: 90 }]),
            Content::Enemies(vec![spot]),
            Content::StuckPoints(vec![spot, spot]),
            Content::DockType(1),
            Content::Date(Date {
                unix_seconds: 1_688_197_468,
                more: Some([0; 4]),
            }),
            Content::Raw(Raw {
                block_type: BlockType(31),
                header: vec![1, 0, 0, 0],
                data: vec![0; 84],
            }),
            Content::Digest,
        ],
    )
}
