//! What differs between two maps.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vacuum_map::image::CellKind;
use vacuum_map::{Image, Map, Mm};

use super::Answer;

pub(super) fn diff(old: &Map, new: &Map) -> Answer {
    let mut found: Vec<(&str, String, Value)> = Vec::new();
    let mut add = |what: &'static str, text: String, json: Value| found.push((what, text, json));
    if old.index != new.index {
        let text = format!("these are two maps: {} and {}", old.index, new.index);
        add("index", text, json!([old.index, new.index]));
    }
    if old.sequence != new.sequence {
        let text = format!("upload {} and {}", old.sequence, new.sequence);
        add("sequence", text, json!([old.sequence, new.sequence]));
    }
    let types = |map: &Map| {
        map.block_types()
            .map(|block| block.to_string())
            .collect::<BTreeSet<_>>()
    };
    for (what, less, more) in [("blocks_gone", new, old), ("blocks_new", old, new)] {
        let names: Vec<String> = types(more).difference(&types(less)).cloned().collect();
        if !names.is_empty() {
            add(what, names.join(", "), json!(names));
        }
    }
    for (what, old, new) in [
        ("robot", old.robot(), new.robot()),
        ("dock", old.charger(), new.charger()),
    ] {
        if let (Some(old), Some(new)) = (old, new)
            && old != new
        {
            let moved = Mm::from(*old).distance(Mm::from(*new));
            add(
                what,
                format!("moved by {moved:.0} mm to {}, {}", new.x, new.y),
                json!({"moved_mm": moved}),
            );
        }
    }
    if let (Some(old), Some(new)) = (old.path(), new.path())
        && old.points != new.points
    {
        let same = old
            .points
            .iter()
            .zip(&new.points)
            .take_while(|(old, new)| old == new)
            .count();
        let (gone, more) = (old.points.len() - same, new.points.len() - same);
        let length = new.length_m() - old.length_m();
        add(
            "path",
            format!("{same} points are the same, {gone} are gone, {more} are new; {length:+.1} m"),
            json!({"same": same, "gone": gone, "new": more, "longer_m": length}),
        );
    }
    if let (Some(old), Some(new)) = (old.image(), new.image()) {
        images(old, new, &mut add);
    }
    // Whatever else is in a block, byte by byte.
    let told = ["charger", "robot", "image", "path", "digest"];
    for block in &new.blocks {
        let block_type = block.block_type();
        let before = old.blocks.iter().rev().find(|old| old.block_type() == block_type);
        let name = block_type.to_string();
        if before.is_some_and(|before| before != block) && !told.contains(&name.as_str()) {
            add("block", format!("{name} has changed"), json!(name));
        }
    }
    if found.is_empty() {
        return Answer::new(
            "The maps are the same.\n".to_owned(),
            json!({"same": true, "differences": []}),
        );
    }
    let text = found
        .iter()
        .map(|(what, text, _)| format!("{what:<12} {text}\n"))
        .collect();
    let json: Value = found
        .iter()
        .map(|(what, text, json)| json!({"what": what, "text": text, "value": json}))
        .collect();
    Answer {
        code: 1,
        ..Answer::new(text, json!({"same": false, "differences": json}))
    }
}

/// Cells are compared where they are in the world, since images grow in all directions.
fn images(old: &Image, new: &Image, add: &mut impl FnMut(&'static str, String, Value)) {
    if old.grid() != new.grid() {
        let size = |image: &Image| format!("{} x {}", image.grid().width, image.grid().height);
        let text = format!("{} cells and {}", size(old), size(new));
        add("image", text.clone(), json!(text));
    }
    let (mut appeared, mut gone, mut changed) = (0_u32, 0_u32, 0_u32);
    let mut count = |from: &Image, to: &Image, forwards: bool| {
        let grid = from.grid();
        for row in 0..u32::try_from(grid.height).unwrap_or_default() {
            for column in 0..u32::try_from(grid.width).unwrap_or_default() {
                let Some(cell) = from.cell(column, row) else {
                    return;
                };
                if cell.kind == CellKind::Outside {
                    continue;
                }
                let other = to
                    .cell_at(grid.middle(column, row))
                    .filter(|cell| cell.kind != CellKind::Outside);
                match other {
                    None if forwards => gone += 1,
                    None => appeared += 1,
                    Some(other) if forwards && other != cell => changed += 1,
                    Some(_) => {}
                }
            }
        }
    };
    count(old, new, true);
    count(new, old, false);
    if appeared + gone + changed > 0 {
        add(
            "cells",
            format!("{appeared} appeared, {gone} are gone, {changed} have changed"),
            json!({"appeared": appeared, "gone": gone, "changed": changed}),
        );
    }
    let ids: BTreeSet<u8> = old
        .rooms()
        .iter()
        .chain(&new.rooms())
        .map(|room| room.id)
        .collect();
    let area = |image: &Image, id: u8| {
        image
            .rooms()
            .iter()
            .find(|room| room.id == id)
            .map(vacuum_map::image::Room::area_m2)
    };
    for id in ids {
        let (before, after) = (area(old, id), area(new, id));
        let text = match (before, after) {
            (None, Some(after)) => format!("{id} is new, {after:.1} m²"),
            (Some(before), None) => format!("{id} is gone, {before:.1} m²"),
            (Some(before), Some(after)) if (before - after).abs() > 1e-9 => {
                format!("{id} has {after:.2} m² instead of {before:.2}")
            }
            _ => continue,
        };
        add(
            "room",
            text,
            json!({"id": id, "before_m2": before, "after_m2": after}),
        );
    }
}
