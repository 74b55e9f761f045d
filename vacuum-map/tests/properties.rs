//! What holds for all maps.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod flat;

use proptest::collection::vec;
use proptest::prelude::*;
use vacuum_map::block::{Block, BlockType, Content, Raw};
use vacuum_map::draw::MapConfig;
use vacuum_map::obstacle::{ObstacleType, Obstacles, PhotoId, PhotoObstacle, SimpleObstacle, WideObstacle};
use vacuum_map::path::Path;
use vacuum_map::record::{Area, Date, FloorDirection, Line, Rect, SmartZone, Spot};
use vacuum_map::{Image, Map, ParseOptions, Point, Position, parse, parse_unpacked};

fn point() -> impl Strategy<Value = Point> + Clone {
    any::<(u16, u16)>().prop_map(|(x, y)| Point::new(x, y))
}

fn position() -> impl Strategy<Value = Position> {
    any::<(i32, i32, Option<i32>)>().prop_map(|(x, y, angle)| Position::new(x, y, angle))
}

fn path() -> impl Strategy<Value = Path> {
    (vec(point(), 0..20), any::<i32>()).prop_map(|(points, angle)| Path {
        points,
        angle,
        announced: None,
    })
}

fn areas() -> impl Strategy<Value = Vec<Area>> {
    vec([point(), point(), point(), point()].prop_map(Area), 0..4)
}

fn image() -> impl Strategy<Value = Image> {
    (any::<(i32, i32, Option<u32>)>(), 0..9_i32, 0..9_i32)
        .prop_flat_map(|(head, width, height)| {
            let count = usize::try_from(width * height).unwrap();
            (Just(head), Just(width), Just(height), vec(any::<u8>(), count))
        })
        .prop_map(|((left, top, segments), width, height, cells)| {
            Image::new_old(left, top, width, height, &cells)
                .unwrap()
                .with_segments(segments)
        })
}

fn spots() -> impl Strategy<Value = Vec<Spot>> {
    vec(
        (point(), any::<u16>()).prop_map(|(point, spot_type)| Spot { point, spot_type }),
        0..4,
    )
}

fn photo() -> impl Strategy<Value = Option<PhotoId>> {
    proptest::option::of("[!-~]{1,16}".prop_map(|id| PhotoId::new(&id).unwrap()))
}

fn content() -> impl Strategy<Value = Content> {
    let bytes = || vec(any::<u8>(), 0..30);
    let pairs = || vec([point(), point()], 0..4);
    let simple = || {
        vec((point(), any::<u8>()), 0..4).prop_map(|list| {
            let list: Vec<SimpleObstacle> = list
                .into_iter()
                .map(|(point, kind)| SimpleObstacle {
                    point,
                    obstacle_type: ObstacleType(kind.into()),
                })
                .collect();
            Obstacles::new(&list)
        })
    };
    let wide = spots().prop_map(|spots| {
        let list: Vec<WideObstacle> = spots
            .into_iter()
            .map(|spot| WideObstacle {
                point: spot.point,
                obstacle_type: ObstacleType(spot.spot_type),
            })
            .collect();
        Obstacles::new(&list)
    });
    let photos = vec((point(), any::<(u16, u16, u16)>(), photo()), 0..4).prop_map(|list| {
        let list: Vec<PhotoObstacle> = list
            .into_iter()
            .map(|(point, (kind, confidence, divisor), photo)| PhotoObstacle {
                point,
                obstacle_type: ObstacleType(kind),
                confidence,
                divisor,
                photo,
            })
            .collect();
        Obstacles::new(&list)
    });
    prop_oneof![
        position().prop_map(Content::Charger),
        position().prop_map(Content::Robot),
        image().prop_map(Content::Image),
        prop_oneof![
            path().prop_map(Content::Path),
            path().prop_map(Content::GotoPath),
            path().prop_map(Content::PredictedPath)
        ],
        pairs().prop_map(|list| Content::Zones(list.into_iter().map(Rect).collect())),
        pairs().prop_map(|list| Content::Walls(list.into_iter().map(Line).collect())),
        prop_oneof![
            areas().prop_map(Content::NoGo),
            areas().prop_map(Content::NoMop),
            areas().prop_map(Content::NoCarpet),
            areas().prop_map(Content::CustomCarpets),
            areas().prop_map(Content::NoVacuum),
            areas().prop_map(Content::DoorSills),
            areas().prop_map(Content::Cliffs)
        ],
        point().prop_map(Content::GotoTarget),
        prop_oneof![
            bytes().prop_map(Content::ActiveRooms),
            bytes().prop_map(Content::CarpetMap),
            bytes().prop_map(Content::PathFlags),
            bytes().prop_map(Content::FloorMaterial)
        ],
        prop_oneof![
            simple().prop_map(Content::ObstaclesV1),
            simple().prop_map(Content::IgnoredObstaclesV1)
        ],
        photos.prop_map(Content::Obstacles),
        wide.prop_map(Content::IgnoredObstacles),
        prop_oneof![
            spots().prop_map(Content::Enemies),
            spots().prop_map(Content::StuckPoints)
        ],
        vec((any::<u16>(), [point(), point(), point(), point()]), 0..3).prop_map(|list| {
            Content::SmartZones(
                list.into_iter()
                    .map(|(id, area)| SmartZone { id, area: Area(area) })
                    .collect(),
            )
        }),
        vec(any::<(u8, u16)>(), 0..3).prop_map(|list| {
            Content::FloorDirections(
                list.into_iter()
                    .map(|(room, angle)| FloorDirection { room, angle })
                    .collect(),
            )
        }),
        any::<u8>().prop_map(Content::PathType),
        any::<u32>().prop_map(Content::DockType),
        any::<(u32, Option<[u8; 4]>)>()
            .prop_map(|(unix_seconds, more)| Content::Date(Date { unix_seconds, more })),
        (34..1000_u16, bytes(), bytes()).prop_map(|(kind, header, data)| Content::Raw(Raw {
            block_type: BlockType(kind),
            header,
            data
        })),
    ]
}

fn map() -> impl Strategy<Value = Map> {
    let block = (content(), vec(any::<u8>(), 0..3)).prop_map(|(content, extra_header)| {
        // What a raw block's header has is all its own; an old image's would be a new one's.
        let fixed = match &content {
            Content::Raw(_) => true,
            Content::Image(image) => image.segments().is_none(),
            _ => false,
        };
        Block {
            content,
            extra_header: if fixed { Vec::new() } else { extra_header },
        }
    });
    (
        any::<(u16, u16, u32, u32)>(),
        vec(any::<u8>(), 0..4),
        vec(block, 0..12),
    )
        .prop_map(|((major, minor, index, sequence), extra_header, mut blocks)| {
            let mut seen = Vec::new();
            blocks.retain(|block| {
                let new = !seen.contains(&block.block_type());
                seen.push(block.block_type());
                new
            });
            blocks.push(Content::Digest.into());
            Map {
                version: (major, minor),
                index,
                sequence,
                extra_header,
                blocks,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_written_is_read_again(map in map()) {
        let file = map.encode().unwrap();
        let decoded = ParseOptions::new().strict().parse(&file).unwrap();
        prop_assert!(decoded.digest.unwrap().is_valid());
        prop_assert_eq!(&decoded.map, &map);
        prop_assert_eq!(decoded.map.encode().unwrap(), file);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
        let mut file = b"rr\x14\0\xff\xff\0\0\x01\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        file.extend(bytes);
        let decoded = parse_unpacked(&file).unwrap();
        prop_assert!(!decoded.warnings.is_empty());
        if let Ok(again) = decoded.map.encode() {
            prop_assert_eq!(parse_unpacked(&again).unwrap().map.encode().unwrap(), again);
        }
    }

    #[test]
    fn options_are_read_as_they_are_written(
        colors in vec(any::<[u8; 4]>(), 1..20), text in any::<String>(), size in any::<i32>(), border in any::<i32>(),
        scale in 0.001_f32..64.0, logo in any::<bool>(),
    ) {
        let mut config = MapConfig {
            show_logo: logo,
            text,
            text_font_size: size,
            crop_border: border,
            scale,
            ..MapConfig::default()
        };
        config.room_colors = colors.iter().map(|[r, g, b, a]| vacuum_map::draw::Rgba { r: *r, g: *g, b: *b, a: *a }).collect();
        config.color_robo = config.room_colors[0];
        prop_assert_eq!(MapConfig::parse(&config.to_json()).unwrap(), Some(config));
    }
}
