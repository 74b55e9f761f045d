//! Files and blocks, in and out.

use std::path::Path as FilePath;

use serde_json::{Value, json};
use vacuum_map::block::Content;
use vacuum_map::container::unpack;
use vacuum_map::header::Header;
use vacuum_map::image::Image;
use vacuum_map::obstacle::{ObstacleType, Obstacles, PhotoId, PhotoObstacle, SimpleObstacle, WideObstacle};
use vacuum_map::path::Path;
use vacuum_map::record::{Area, FloorDirection, SmartZone, Spot};
use vacuum_map::{
    Decoded, Map, ParseError, ParseOptions, Point, Position, parse, parse_blocks, parse_unpacked,
};

use super::{Fields, facts, hex, sha1, to_hex};

pub fn header(_: &FilePath, input: &Fields, expect: &Fields) {
    match Header::parse(&input.hex("hex")) {
        Ok(header) => {
            let Value::Object(fields) = header_facts(&header) else {
                unreachable!()
            };
            expect.check_all(&fields);
        }
        Err(error) => expect.check("error", error.name()),
    }
}

fn header_facts(header: &Header) -> Value {
    json!({
        "header_len": header.length, "data_len": header.data_length, "major": header.major, "minor": header.minor,
        "map_index": header.index, "map_sequence": header.sequence,
    })
}

pub fn container(_: &FilePath, input: &Fields, expect: &Fields) {
    let limit = input
        .value("max_output_bytes")
        .and_then(Value::as_u64)
        .unwrap_or(16 << 20);
    match unpack(&input.hex("hex"), usize::try_from(limit).unwrap()) {
        Ok(unpacked) => {
            expect.check("container", unpacked.container.name());
            expect.check("length", unpacked.bytes.len());
            expect.check("sha1", sha1(&unpacked.bytes));
        }
        Err(error) => expect.check("error", error.name()),
    }
}

pub fn blocks(_: &FilePath, input: &Fields, expect: &Fields) {
    let bytes = input.hex("hex");
    let decoded = parse_blocks(&bytes).unwrap();
    assert_eq!(decoded.warnings, []);
    let [block] = &decoded.map.blocks[..] else {
        panic!("not one block")
    };
    expect.check("type", block.block_type().0);
    // Header and data come out as they were, so that these say the same of what was read and what is written.
    let file = decoded.map.encode().unwrap();
    let written = &file[Header::LENGTH..file.len() - 28];
    assert_eq!(to_hex(written), to_hex(&bytes));
    expect.check("header_len", u16::from_le_bytes([written[2], written[3]]));
    expect.check("data_len", u32::from_le_bytes(written[4..8].try_into().unwrap()));
    if matches!(block.content, Content::Raw(_)) {
        expect.check("raw", true);
    }
    let expected = Value::Object(expect_map(expect));
    expect.check_all(&facts::as_named(facts::of_blocks(&decoded.map), &expected));
}

pub fn maps(_: &FilePath, input: &Fields, expect: &Fields) {
    file(&input.hex("hex"), expect);
}

pub fn real_maps(folder: &FilePath, input: &Fields, expect: &Fields) {
    let bytes = std::fs::read(folder.join(input.text("file"))).unwrap();
    assert_eq!(sha1(&bytes), input.text("file_sha1"));
    file(&bytes, expect);
}

fn file(bytes: &[u8], expect: &Fields) {
    let decoded = parse(bytes).unwrap();
    expect.check("container", decoded.container.name());
    expect.check("header", header_facts(&decoded.header.unwrap()));
    let names: Vec<&str> = decoded.warnings.iter().map(vacuum_map::Warning::name).collect();
    expect.check("warnings", json!(names));
    let expected = Value::Object(expect_map(expect));
    expect.check_all(&facts::as_named(facts::of_file(&decoded), &expected));
    if !decoded.warnings.is_empty() {
        // What is damaged is mended when it is written.
        return;
    }
    let unpacked = unpack(bytes, usize::MAX).unwrap();
    assert!(
        decoded.map.encode().unwrap() == *unpacked.bytes,
        "another file is written"
    );
    assert_eq!(ParseOptions::new().strict().parse(bytes), Ok(decoded));
}

pub fn malformed(_: &FilePath, input: &Fields, expect: &Fields) {
    let bytes = input.hex("hex");
    let lenient = parse_unpacked(&bytes);
    let strict = ParseOptions::new().strict().parse_unpacked(&bytes);
    let decoded = match lenient {
        Ok(decoded) => decoded,
        Err(error) => {
            expect.check("fatal", error.name());
            assert_eq!(strict, Err(error));
            return;
        }
    };
    check_strict(&strict, &decoded);
    expect.check("strict_error", strict.err().map(|error| error.name()));
    let lenient = Fields::new(expect.get("lenient").unwrap());
    lenient.check("warnings", facts::warnings(&decoded.warnings));
    let expected = lenient.get("facts").unwrap().clone();
    let mut actual = facts::as_named(facts::of_file(&decoded), &expected);
    for fact in ["warnings", "header"] {
        actual.remove(fact);
    }
    let facts = Fields::new(&expected);
    facts.check_all(&actual);
    facts.assert_all_read();
    lenient.assert_all_read();
}

fn check_strict(strict: &Result<Decoded, ParseError>, lenient: &Decoded) {
    match lenient.warnings.first() {
        None => assert_eq!(strict.as_ref(), Ok(lenient)),
        Some(warning) => assert_eq!(strict, &Err(ParseError::Strict(*warning))),
    }
}

pub fn encode(_: &FilePath, input: &Fields, expect: &Fields) {
    let number = |name| u32::try_from(input.integer(name)).unwrap();
    let version = |name| u16::try_from(input.integer(name)).unwrap();
    let contents = input.list("blocks").iter().map(content);
    let mut map = Map::new(number("map_index"), number("map_sequence"), contents);
    map.version = (version("major"), version("minor"));
    let file = map.encode().unwrap();
    expect.check("hex", to_hex(&file));
    let read = ParseOptions::new().strict().parse(&file).unwrap().map;
    map.blocks.push(Content::Digest.into());
    assert_eq!(read, map);
}

/// A block as the vectors describe it.
fn content(block: &Value) -> Content {
    let (name, value) = block.as_object().unwrap().iter().next().unwrap();
    let int = |value: &Value| i32::try_from(value.as_i64().unwrap()).unwrap();
    let short = |value: &Value| u16::try_from(value.as_u64().unwrap()).unwrap();
    let position = || {
        Position::new(
            int(&value["x_mm"]),
            int(&value["y_mm"]),
            value["angle_deg"].as_i64().map(|a| i32::try_from(a).unwrap()),
        )
    };
    let point = |value: &Value| Point::new(short(&value[0]), short(&value[1]));
    let path = || Path {
        points: value["points_mm"].as_array().unwrap().iter().map(point).collect(),
        angle: value.get("angle_field").map_or(0, int),
        announced: None,
    };
    let numbers = |value: &Value| -> Vec<Point> {
        let numbers: Vec<u16> = value.as_array().unwrap().iter().map(short).collect();
        numbers
            .chunks(2)
            .map(|pair| Point::new(pair[0], pair[1]))
            .collect()
    };
    let areas = || {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|area| Area(numbers(area).try_into().unwrap()))
            .collect()
    };
    let bytes = || hex(value.as_str().unwrap());
    match name.as_str() {
        "charger" => Content::Charger(position()),
        "robot" => Content::Robot(position()),
        "image" => {
            let (left, top) = (int(&value["left"]), int(&value["top"]));
            let (width, height) = (int(&value["width"]), int(&value["height"]));
            let cells = hex(value["pixels_hex"].as_str().unwrap());
            let segments = value["segment_count"]
                .as_u64()
                .map(|count| u32::try_from(count).unwrap());
            Content::Image(
                Image::new_old(left, top, width, height, &cells)
                    .unwrap()
                    .with_segments(segments),
            )
        }
        "path" => Content::Path(path()),
        "goto_path" => Content::GotoPath(path()),
        "predicted_path" => Content::PredictedPath(path()),
        "goto_target_mm" => Content::GotoTarget(point(value)),
        "zones_mm" => Content::Zones(
            value
                .as_array()
                .unwrap()
                .iter()
                .map(|rect| vacuum_map::record::Rect(numbers(rect).try_into().unwrap()))
                .collect(),
        ),
        "walls_mm" => Content::Walls(
            value
                .as_array()
                .unwrap()
                .iter()
                .map(|line| vacuum_map::record::Line(numbers(line).try_into().unwrap()))
                .collect(),
        ),
        "no_go_mm" => Content::NoGo(areas()),
        "no_mop_mm" => Content::NoMop(areas()),
        "no_carpet_mm" => Content::NoCarpet(areas()),
        "custom_carpet_mm" => Content::CustomCarpets(areas()),
        "no_vacuum_mm" => Content::NoVacuum(areas()),
        "door_sill_no_go_mm" => Content::DoorSills(areas()),
        "cliff_no_go_mm" => Content::Cliffs(areas()),
        "active_rooms" => Content::ActiveRooms(
            value
                .as_array()
                .unwrap()
                .iter()
                .map(|id| u8::try_from(id.as_u64().unwrap()).unwrap())
                .collect(),
        ),
        "mop_path_flags_hex" => Content::PathFlags(bytes()),
        "carpet_map_hex" => Content::CarpetMap(bytes()),
        "floor_material_hex" => Content::FloorMaterial(bytes()),
        "dock_type" => Content::DockType(u32::try_from(value.as_u64().unwrap()).unwrap()),
        "path_type" => Content::PathType(u8::try_from(value.as_u64().unwrap()).unwrap()),
        "obstacles_v1" => Content::ObstaclesV1(Obstacles::new(&spots(value, |point, obstacle_type| {
            SimpleObstacle { point, obstacle_type }
        }))),
        "ignored_obstacles_v1" => {
            Content::IgnoredObstaclesV1(Obstacles::new(&spots(value, |point, obstacle_type| {
                SimpleObstacle { point, obstacle_type }
            })))
        }
        "ignored_obstacles" => {
            Content::IgnoredObstacles(Obstacles::new(&spots(value, |point, obstacle_type| {
                WideObstacle { point, obstacle_type }
            })))
        }
        "enemies" => Content::Enemies(spots(value, |point, kind| Spot {
            point,
            spot_type: kind.0,
        })),
        "stuck_points" => Content::StuckPoints(spots(value, |point, kind| Spot {
            point,
            spot_type: kind.0,
        })),
        "smart_zones" => Content::SmartZones(
            value
                .as_array()
                .unwrap()
                .iter()
                .map(|zone| SmartZone {
                    id: short(&zone["id"]),
                    area: Area(numbers(&zone["corners_mm"]).try_into().unwrap()),
                })
                .collect(),
        ),
        "floor_direction" => Content::FloorDirections(
            value
                .as_array()
                .unwrap()
                .iter()
                .map(|direction| FloorDirection {
                    room: u8::try_from(short(&direction["room"])).unwrap(),
                    angle: short(&direction["angle_deg"]),
                })
                .collect(),
        ),
        "obstacles" => {
            let obstacles: Vec<PhotoObstacle> = value
                .as_array()
                .unwrap()
                .iter()
                .map(|o| PhotoObstacle {
                    point: Point::new(short(&o["x_mm"]), short(&o["y_mm"])),
                    obstacle_type: ObstacleType(short(&o["type"])),
                    confidence: short(&o["confidence_raw"]),
                    divisor: short(&o["confidence_div"]),
                    photo: o["photo"].as_str().map(|id| PhotoId::new(id).unwrap()),
                })
                .collect();
            Content::Obstacles(Obstacles::new(&obstacles))
        }
        other => panic!("unknown block {other}"),
    }
}

/// Records of a place and a type.
fn spots<T>(value: &Value, record: impl Fn(Point, ObstacleType) -> T) -> Vec<T> {
    let short = |value: &Value| u16::try_from(value.as_u64().unwrap()).unwrap();
    let records = value.as_array().unwrap().iter();
    records
        .map(|spot| {
            record(
                Point::new(short(&spot["x_mm"]), short(&spot["y_mm"])),
                ObstacleType(short(&spot["type"])),
            )
        })
        .collect()
}

/// A copy of the expectations, to see what they name.
fn expect_map(expect: &Fields) -> serde_json::Map<String, Value> {
    expect.map.clone()
}
