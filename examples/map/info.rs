//! What is in a map.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use vacuum_map::image::CellKind;
use vacuum_map::{Decoded, Map, Position};

use super::Answer;

/// Width of the robot, for the cleaned area.
const ROBOT_MM: f64 = 350.0;

pub(super) fn info(path: &Path, decoded: &Decoded) -> Answer {
    let map = &decoded.map;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12} {value}");
    };
    line("file", path.display().to_string());
    let (major, minor) = map.version;
    let packed = match decoded.container {
        vacuum_map::container::Container::None => "not packed",
        container => container.name(),
    };
    line(
        "map",
        format!(
            "{} of upload {}, version {major}.{minor}, {packed}",
            map.index, map.sequence
        ),
    );
    let digest = match decoded.digest {
        None => "none",
        Some(digest) if digest.is_valid() => "valid",
        Some(_) => "WRONG: the file was changed or damaged",
    };
    line("digest", digest.to_owned());
    if let Some(date) = map.date() {
        let time = jiff::Timestamp::from_second(i64::from(date.unix_seconds));
        line(
            "made",
            time.map_or_else(|_| String::from("?"), |time| time.to_string()),
        );
    }
    line("image", image_text(map));
    line("robot", map.robot().map_or_else(none, |robot| place(map, robot)));
    line("dock", map.charger().map_or_else(none, |dock| place(map, dock)));
    if let Some(path) = map.path() {
        let cleaned = map.cleaned_m2(ROBOT_MM);
        let cleaned = cleaned.map_or(String::new(), |area| format!(", {area:.1} m² of floor passed"));
        line(
            "path",
            format!("{} points, {:.1} m{cleaned}", path.points.len(), path.length_m()),
        );
    }
    if let Some(rooms) = map.active_rooms() {
        line("cleaning", format!("rooms {rooms:?}"));
    }
    for (name, count) in counts(map) {
        line(name, count.to_string());
    }
    for obstacle in map.obstacles().iter().flat_map(|list| list.iter()) {
        let photo = obstacle.photo.map_or(String::new(), |id| format!(", photo {id}"));
        line(
            "obstacle",
            format!(
                "{}, {:.0} % sure, at {}, {} mm{photo}",
                obstacle.obstacle_type,
                obstacle.confidence_percent(),
                obstacle.point.x,
                obstacle.point.y
            ),
        );
    }
    let blocks: Vec<String> = map.block_types().map(|block| block.to_string()).collect();
    line("blocks", blocks.join(", "));
    for warning in &decoded.warnings {
        line("WARNING", warning.to_string());
        if let Some(help) = warning.help() {
            line("", help.to_owned());
        }
    }
    Answer::new(text, to_json(path, decoded))
}

fn none() -> String {
    String::from("not on the map")
}

fn image_text(map: &Map) -> String {
    let Some(image) = map.image() else {
        return String::from("none");
    };
    let grid = image.grid();
    let size = format!("{} x {} cells of 5 cm", grid.width, grid.height);
    match image.cells() {
        None => format!("{size}, damaged"),
        Some([]) => format!("{size}: an erased map"),
        Some(_) => format!(
            "{size}, {:.1} m² of floor, {} rooms",
            image.floor_m2(),
            image.rooms().len()
        ),
    }
}

fn place(map: &Map, position: &Position) -> String {
    let room = map
        .room_at(*position)
        .map_or(String::new(), |room| format!(", room {room}"));
    let angle = position
        .angle
        .map_or(String::new(), |angle| format!(", {angle}°"));
    let cell = map.image().and_then(|image| image.cell_at(*position));
    let outside = match cell {
        None => ", outside the image",
        Some(cell) if cell.kind == CellKind::Outside => ", on an unknown cell",
        Some(_) => "",
    };
    format!("at {}, {} mm{angle}{room}{outside}", position.x, position.y)
}

/// What there is some of.
fn counts(map: &Map) -> Vec<(&'static str, usize)> {
    let areas = [
        ("zones", map.zones().map(<[_]>::len)),
        ("no-go", map.no_go().map(<[_]>::len)),
        ("no-mop", map.no_mop().map(<[_]>::len)),
        ("no-carpet", map.no_carpet().map(<[_]>::len)),
        ("no-vacuum", map.no_vacuum().map(<[_]>::len)),
        ("walls", map.walls().map(<[_]>::len)),
        ("carpets", map.custom_carpets().map(<[_]>::len)),
        ("door sills", map.door_sills().map(<[_]>::len)),
        ("cliffs", map.cliffs().map(<[_]>::len)),
        ("got stuck", map.stuck_points().map(<[_]>::len)),
    ];
    let counts = areas
        .into_iter()
        .map(|(name, count)| (name, count.unwrap_or_default()));
    counts.filter(|(_, count)| *count > 0).collect()
}

fn to_json(path: &Path, decoded: &Decoded) -> Value {
    let map = &decoded.map;
    let position = |position: &Position| {
        json!({
            "x_mm": position.x, "y_mm": position.y, "angle": position.angle, "room": map.room_at(*position),
        })
    };
    let counts: serde_json::Map<String, Value> = counts(map)
        .into_iter()
        .map(|(name, count)| (name.replace([' ', '-'], "_"), json!(count)))
        .collect();
    json!({
        "file": path.display().to_string(),
        "container": decoded.container.name(),
        "version": [map.version.0, map.version.1],
        "index": map.index,
        "sequence": map.sequence,
        "digest_valid": decoded.digest.map(|digest| digest.is_valid()),
        "date": map.date().map(|date| date.unix_seconds),
        "image": map.image().map(|image| {
            let grid = image.grid();
            json!({
                "left": grid.left, "top": grid.top, "width": grid.width, "height": grid.height,
                "damaged": image.cells().is_none(), "floor_m2": image.floor_m2(), "rooms": image.rooms().len(),
            })
        }),
        "robot": map.robot().map(position),
        "dock": map.charger().map(position),
        "path": map.path().map(|path| json!({
            "points": path.points.len(), "length_m": path.length_m(), "cleaned_m2": map.cleaned_m2(ROBOT_MM),
        })),
        "active_rooms": map.active_rooms(),
        "counts": counts,
        "obstacles": map.obstacles().iter().flat_map(|list| list.iter()).map(|obstacle| json!({
            "type": obstacle.obstacle_type.0, "name": obstacle.obstacle_type.name(),
            "x_mm": obstacle.point.x, "y_mm": obstacle.point.y,
            "confidence": obstacle.confidence_percent(), "photo": obstacle.photo.map(|id| id.to_string()),
        })).collect::<Value>(),
        "blocks": map.block_types().map(|block| block.to_string()).collect::<Value>(),
        "warnings": decoded.warnings.iter().map(|warning| json!({
            "name": warning.name(), "text": warning.to_string(), "offset": warning.offset(), "help": warning.help(),
        })).collect::<Value>(),
    })
}
