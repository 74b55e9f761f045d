//! Coordinates, angles and paths.

use std::path::Path as FilePath;

use serde_json::{Value, json};
use vacuum_map::path::{Path, PathFlags};
use vacuum_map::place::{Grid, Transform, clockwise_from_north};
use vacuum_map::{Mm, Pixel, Point};

use super::Fields;

pub fn coords(_: &FilePath, input: &Fields, expect: &Fields) {
    if input.value("points_mm").is_some() {
        expect.check("fallback_angle_deg", Path::new(points(input)).heading());
        return;
    }
    if let Some(angle) = input.value("angle_deg").and_then(Value::as_i64) {
        expect.check(
            "clockwise_from_north_deg",
            clockwise_from_north(i32::try_from(angle).unwrap()),
        );
        return;
    }
    let number = |name| i32::try_from(input.integer(name)).unwrap();
    let grid = Grid {
        left: number("left"),
        top: number("top"),
        width: number("width"),
        height: number("height"),
    };
    let transform = Transform::new(grid, input.number("scale"));
    if input.value("px_x").is_some() {
        let place = transform.place(Pixel::new(input.number("px_x"), input.number("px_y")));
        expect.check("x_mm", place.x);
        expect.check("y_mm", place.y);
    } else {
        let place = Mm::new(input.number("x_mm"), input.number("y_mm"));
        let pixel = transform.pixel(place);
        expect.check("px_x", pixel.x);
        expect.check("px_y", pixel.y);
        expect.check("cell", json!(grid.cell_at(place)));
        assert!(transform.place(pixel).distance(place) < 1e-6);
    }
}

pub fn mop_path(_: &FilePath, input: &Fields, expect: &Fields) {
    let path = Path::new(points(input));
    let flags: Vec<u8> = input
        .list("flags")
        .iter()
        .map(|flag| u8::try_from(flag.as_u64().unwrap()).unwrap())
        .collect();
    let mopped: Value = path
        .mopped(&flags)
        .map(|run| run.iter().map(|p| json!([p.x, p.y])).collect::<Value>())
        .collect();
    expect.check("segments_mm", mopped);
    let known = || {
        flags
            .iter()
            .take(path.points.len())
            .map(|flags| PathFlags(*flags))
    };
    expect.check(
        "transit_points",
        known().filter(|flags| flags.is_transit()).count(),
    );
    expect.check("bit2_points", known().filter(|flags| flags.is_dry()).count());
}

fn points(input: &Fields) -> Vec<Point> {
    let coordinate = |value: &Value| u16::try_from(value.as_u64().unwrap()).unwrap();
    input
        .list("points_mm")
        .iter()
        .map(|point| Point::new(coordinate(&point[0]), coordinate(&point[1])))
        .collect()
}
