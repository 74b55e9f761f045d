//! The rooms of a map.

use std::fmt::Write as _;

use serde_json::{Value, json};
use vacuum_map::{Map, Mm};

use super::Answer;

pub(super) fn rooms(map: &Map) -> Answer {
    let Some(image) = map.image().filter(|image| !image.is_empty()) else {
        return Answer::new("The map has no cells.\n".to_owned(), json!({"rooms": []}));
    };
    let rooms = image.rooms();
    let mut text = String::new();
    if rooms.is_empty() {
        let _ = writeln!(text, "The map has no rooms; {:.1} m² of floor.", image.floor_m2());
    } else {
        let _ = writeln!(text, "\nroom    area  parts  holes   from x, y to x, y (mm)");
    }
    let robot = map.robot().and_then(|robot| map.room_at(*robot));
    let dock = map.charger().and_then(|dock| map.room_at(*dock));
    let mut list = Vec::new();
    for room in &rooms {
        let outline = image.room_outline(room.id);
        let holes: usize = outline.iter().map(|part| part.holes.len()).sum();
        let bounds = room.bounds.map(|bounds| {
            let from = image.grid().corner(bounds.west, bounds.south);
            let to = image.grid().corner(bounds.east + 1, bounds.north + 1);
            [from, to]
        });
        let place = bounds.map_or(String::from("no floor"), |[from, to]| {
            format!("{}, {} to {}, {}", from.x, from.y, to.x, to.y)
        });
        let _ = write!(
            text,
            "{:>4} {:>5.1} m² {:>5} {holes:>6}   {place}",
            room.id,
            room.area_m2(),
            outline.len()
        );
        for (who, whose) in [("robot", robot), ("dock", dock)] {
            if whose == Some(room.id) {
                let _ = write!(text, ", {who}");
            }
        }
        text.push('\n');
        let ring = |ring: &[Mm]| {
            ring.iter()
                .map(|corner| json!([corner.x, corner.y]))
                .collect::<Value>()
        };
        list.push(json!({
            "id": room.id, "area_m2": room.area_m2(),
            "cells": {"floor": room.floor, "wall": room.wall, "obstacle": room.obstacle, "other": room.other},
            "bounds_mm": bounds.map(|corners| ring(&corners)),
            "robot": robot == Some(room.id), "dock": dock == Some(room.id),
            "outline_mm": outline.iter().map(|part| json!({
                "outer": ring(&part.outer),
                "holes": part.holes.iter().map(|hole| ring(hole)).collect::<Value>(),
            })).collect::<Value>(),
        }));
    }
    Answer::new(text, json!({"rooms": list, "floor_m2": image.floor_m2()}))
}
