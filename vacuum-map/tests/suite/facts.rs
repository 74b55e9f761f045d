//! Everything that a map says, as the vectors write it.

use std::collections::BTreeMap;

use serde_json::{Map as Object, Value, json};
use vacuum_map::block::Content;
use vacuum_map::image::Image;
use vacuum_map::path::Path;
use vacuum_map::record::{Area, Point, Spot};
use vacuum_map::{Decoded, Map, Position, Warning};

use super::{sha1, to_hex};

/// The facts that the blocks of a map say, without those that aren't there.
pub fn of_blocks(map: &Map) -> Object<String, Value> {
    let mut facts = Object::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), value);
        }
    };
    put("charger", map.charger().map(position));
    put("robot", map.robot().map(position));
    put("image", map.image().map(image));
    put("path", map.path().map(path));
    put("goto_path", map.goto_path().map(path));
    put("predicted_path", map.predicted_path().map(path));
    put(
        "goto_target_mm",
        map.goto_target().map(|target| json!([target.x, target.y])),
    );
    put(
        "zones_mm",
        map.zones()
            .map(|list| list.iter().map(|rect| flat(&rect.0)).collect()),
    );
    put(
        "walls_mm",
        map.walls()
            .map(|list| list.iter().map(|line| flat(&line.0)).collect()),
    );
    put("active_rooms", map.active_rooms().map(|rooms| json!(rooms)));
    put("no_go_mm", map.no_go().map(areas));
    put("no_mop_mm", map.no_mop().map(areas));
    put("no_carpet_mm", map.no_carpet().map(areas));
    put("custom_carpet_mm", map.custom_carpets().map(areas));
    put("no_vacuum_mm", map.no_vacuum().map(areas));
    put("door_sill_no_go_mm", map.door_sills().map(areas));
    put("cliff_no_go_mm", map.cliffs().map(areas));
    let simple = |point: Point, kind: u16| json!({"x_mm": point.x, "y_mm": point.y, "type": kind});
    put(
        "obstacles_v1",
        map.obstacles_v1()
            .map(|list| list.iter().map(|o| simple(o.point, o.obstacle_type.0)).collect()),
    );
    put(
        "ignored_obstacles_v1",
        map.ignored_obstacles_v1()
            .map(|list| list.iter().map(|o| simple(o.point, o.obstacle_type.0)).collect()),
    );
    put(
        "ignored_obstacles",
        map.ignored_obstacles()
            .map(|list| list.iter().map(|o| simple(o.point, o.obstacle_type.0)).collect()),
    );
    let spots = |list: &[Spot]| {
        list.iter()
            .map(|spot| simple(spot.point, spot.spot_type))
            .collect()
    };
    put("enemies", map.enemies().map(spots));
    put("stuck_points", map.stuck_points().map(spots));
    put(
        "obstacles",
        map.obstacles().map(|list| {
            list.iter().map(|o| json!({
        "x_mm": o.point.x, "y_mm": o.point.y, "type": o.obstacle_type.0, "confidence_raw": o.confidence,
        "confidence_div": o.divisor, "photo": o.photo.map(|id| id.to_string()),
    })).collect()
        }),
    );
    put(
        "smart_zones",
        map.smart_zones().map(|list| {
            list.iter()
                .map(|zone| json!({"id": zone.id, "corners_mm": flat(&zone.area.0)}))
                .collect()
        }),
    );
    put("carpet_map", map.carpet_map().map(|cells| mask("cells", cells)));
    put(
        "mop_path_flags",
        map.path_flags().map(|flags| mask("points", flags)),
    );
    put("path_type", map.path_type().map(|kind| json!(kind)));
    put("dock_type", map.dock_type().map(|kind| json!(kind)));
    put(
        "floor_material",
        map.floor_material().map(|materials| {
            let non_zero: BTreeMap<String, u8> = (0..)
                .zip(materials)
                .filter(|(_, m)| **m != 0)
                .map(|(room, m): (u32, _)| (room.to_string(), *m))
                .collect();
            json!({"length": materials.len(), "non_zero": non_zero})
        }),
    );
    put(
        "floor_direction",
        map.floor_directions().map(|list| {
            list.iter()
                .map(|direction| json!({"room": direction.room, "angle_deg": direction.angle}))
                .collect()
        }),
    );
    put("date_unix_s", map.date().map(|date| json!(date.unix_seconds)));
    facts
}

/// The facts of a file.
pub fn of_file(decoded: &Decoded) -> Object<String, Value> {
    let map = &decoded.map;
    let mut facts = of_blocks(map);
    facts.insert("digest".to_owned(), decoded.digest.map_or(Value::Null, |digest| json!({
        "stored": to_hex(&digest.stored), "computed": to_hex(&digest.computed), "valid": digest.is_valid(),
    })));
    for always in ["image", "charger", "robot"] {
        facts.entry(always).or_insert(Value::Null);
    }
    facts.insert(
        "block_types".to_owned(),
        map.block_types().map(|block| block.0).collect(),
    );
    let raw: Vec<u16> = map.blocks.iter().filter_map(unknown).collect();
    if !raw.is_empty() {
        facts.insert("raw_block_types".to_owned(), json!(raw));
    }
    if let (Some(robot), Some(image)) = (map.robot(), map.image().filter(|image| image.cells().is_some())) {
        facts.insert("robot_room".to_owned(), json!(map.room_at(*robot)));
        facts.insert("robot_cell".to_owned(), json!(image.grid().cell_at(*robot)));
    }
    if let (Some(path), Some(flags)) = (map.path(), map.path_flags()) {
        let lengths: Vec<usize> = path.mopped(flags).map(<[Point]>::len).collect();
        facts.insert("mop_path_segments".to_owned(), json!(lengths));
    }
    facts
}

/// The type of a block that the crate keeps undecoded by design.
fn unknown(block: &vacuum_map::block::Block) -> Option<u16> {
    const DECODED: [u16; 32] = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 27, 28,
        29, 30, 32, 33, 1024,
    ];
    let Content::Raw(raw) = &block.content else {
        return None;
    };
    Some(raw.block_type.0).filter(|block| !DECODED.contains(block))
}

pub fn warnings(warnings: &[Warning]) -> Value {
    warnings
        .iter()
        .map(|warning| {
            let mut fields = Object::new();
            fields.insert("kind".to_owned(), json!(warning.name()));
            match warning {
                Warning::Truncated { need, have } => {
                    fields.insert("need".to_owned(), json!(need));
                    fields.insert("have".to_owned(), json!(have));
                }
                Warning::TrailingBytes { extra } => {
                    fields.insert("extra".to_owned(), json!(extra));
                }
                _ => {}
            }
            if let Some(offset) = warning.offset() {
                fields.insert("offset".to_owned(), json!(offset));
            }
            if let Some(block) = warning.block() {
                fields.insert("type".to_owned(), json!(block.0));
            }
            Value::Object(fields)
        })
        .collect()
}

fn position(position: &Position) -> Value {
    json!({"x_mm": position.x, "y_mm": position.y, "angle_deg": position.angle})
}

fn image(image: &Image) -> Value {
    let grid = image.grid();
    let mut facts = json!({
        "top": grid.top, "left": grid.left, "height": grid.height, "width": grid.width,
        "segment_count": image.segments(),
    });
    let Some(cells) = image.cells() else {
        facts["pixels"] = Value::Null;
        return facts;
    };
    facts["pixels_sha1"] = json!(sha1(cells));
    facts["pixel_value_counts"] = counts(cells);
    facts["rooms"] = image
        .rooms()
        .iter()
        .map(|room| {
            json!({
                "id": room.id, "floor_px": room.floor, "wall_px": room.wall, "obstacle_px": room.obstacle,
                "other_px": room.other,
                "bbox_px": room.bounds.map(|b| json!([b.west, b.south, b.east, b.north])),
            })
        })
        .collect();
    facts
}

fn path(path: &Path) -> Value {
    let points = &path.points;
    let (count, size) = path
        .announced
        .map_or((points.len(), 4), |a| (a.points as usize, a.point_size));
    let mut facts = json!({
        "point_count_field": count, "point_size_field": size, "angle_field": path.angle, "points": points.len(),
    });
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        facts["first_mm"] = json!([first.x, first.y]);
        facts["last_mm"] = json!([last.x, last.y]);
    }
    facts["points_mm"] = points.iter().map(|point| json!([point.x, point.y])).collect();
    let raw: Vec<u8> = points
        .iter()
        .flat_map(|p| [p.x.to_le_bytes(), p.y.to_le_bytes()])
        .flatten()
        .collect();
    facts["points_sha1"] = json!(sha1(&raw));
    facts
}

fn mask(count: &str, bytes: &[u8]) -> Value {
    json!({count: bytes.len(), "sha1": sha1(bytes), "value_counts": counts(bytes), "hex": to_hex(bytes)})
}

fn counts(bytes: &[u8]) -> Value {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for byte in bytes {
        *counts.entry(byte.to_string()).or_default() += 1;
    }
    json!(counts)
}

fn areas(areas: &[Area]) -> Value {
    areas.iter().map(|area| flat(&area.0)).collect()
}

fn flat(points: &[Point]) -> Value {
    points.iter().flat_map(|point| [point.x, point.y]).collect()
}

/// A vector names either all points of a path, or how many and their SHA-1; a mask as hex or not. What it doesn't
/// name of these is taken out.
pub fn as_named(mut actual: Object<String, Value>, expected: &Value) -> Object<String, Value> {
    let optional = [
        ("path", ["points_mm", "points_sha1"]),
        ("goto_path", ["points_mm", "points_sha1"]),
        ("predicted_path", ["points_mm", "points_sha1"]),
        ("carpet_map", ["hex", "hex"]),
        ("mop_path_flags", ["hex", "hex"]),
        ("image", ["rooms", "rooms"]),
    ];
    for (fact, fields) in optional {
        for field in fields {
            if expected
                .get(fact)
                .is_some_and(|expected| expected.get(field).is_none())
                && let Some(Value::Object(fact)) = actual.get_mut(fact)
            {
                fact.remove(field);
            }
        }
        if fact.ends_with("path")
            && let Some(expected) = expected.get(fact)
        {
            assert!(
                fields.iter().any(|field| expected.get(field).is_some()),
                "{fact} names no points"
            );
        }
    }
    actual
}
