//! Colours and pictures.

use std::path::Path;

use serde_json::{Map, Value, json};
use vacuum_map::draw::{Crop, MapConfig, Palette, Rgba, Scene, Style, room_colors as separate};
use vacuum_map::image::{Bounds, Cell, Image};
use vacuum_map::parse;
use vacuum_map::place::Grid;

use super::{Fields, to_hex};

pub fn pixels(_: &Path, input: &Fields, expect: &Fields) {
    let byte = u8::try_from(input.integer("value")).unwrap();
    let cell = Cell::of(byte, input.integer("image_header_len") >= 28);
    expect.check("kind", cell.kind.name());
    expect.check("room", cell.room);
    expect.check("openhab_rgba", to_hex(&palette("openhab").color(byte).to_bytes()));
    expect.check(
        "extractor_rgba",
        to_hex(&palette("extractor").color(byte).to_bytes()),
    );
}

fn palette(name: &str) -> Palette {
    match name {
        "openhab" => Palette::openhab(&MapConfig::default()),
        "extractor" => Palette::extractor(),
        other => panic!("unknown palette {other}"),
    }
}

pub fn crop(_: &Path, input: &Fields, expect: &Fields) {
    let side = |name| i32::try_from(input.integer(name)).unwrap();
    let grid = Grid {
        left: 0,
        top: 0,
        width: side("width"),
        height: side("height"),
    };
    let used = input.value("used_bbox_cells").map(|used| {
        let side = |index: usize| u32::try_from(used[index].as_u64().unwrap()).unwrap();
        Bounds {
            west: side(0),
            south: side(1),
            east: side(2),
            north: side(3),
        }
    });
    #[expect(clippy::cast_possible_truncation, reason = "openHAB's scale is a float")]
    let scale = input
        .value("scale")
        .map_or(1.0, |scale| scale.as_f64().unwrap() as f32);
    let crop = match input.value("trim_percent") {
        Some(trim) => {
            let percent = |name: &str| trim[name].as_f64().unwrap();
            Crop::Trim {
                left: percent("left"),
                right: percent("right"),
                top: percent("top"),
                bottom: percent("bottom"),
            }
        }
        None => Crop::openhab(side("crop_border"), scale),
    };
    let rect = crop.rect(grid, used).unwrap();
    expect.check("cell_rect", json!([rect.left, rect.top, rect.right, rect.bottom]));
    let (width, height) = rect.size(scale);
    expect.check("width", width);
    expect.check("height", height);
}

pub fn render(_: &Path, input: &Fields, expect: &Fields) {
    let map = parse(&input.hex("hex")).unwrap().map;
    #[expect(clippy::cast_possible_truncation, reason = "openHAB's scale is a float")]
    let scale = input.number("scale") as f32;
    let scene = Scene::new(&map, &Style::cells(palette(input.text("palette")), scale))
        .unwrap()
        .unwrap();
    let picture = scene.to_picture().unwrap();
    expect.check("width", picture.width());
    expect.check("height", picture.height());
    let row = picture.width() as usize * 4;
    let rows: Vec<String> = picture.to_rgba().chunks(row).map(to_hex).collect();
    expect.check("rgba_rows", json!(rows));
}

pub fn room_colors(_: &Path, input: &Fields, expect: &Fields) {
    let cells: Vec<u8> = input
        .list("grid")
        .iter()
        .map(|cell| u8::try_from(cell.as_u64().unwrap()).unwrap())
        .collect();
    let width = i32::try_from(input.integer("width")).unwrap();
    let height = i32::try_from(cells.len()).unwrap() / width;
    let image = Image::new(0, 0, width, height, &cells).unwrap();
    let palette = Palette::extractor();
    let colors = separate(&image, &palette.rooms, &palette.choice, 0);
    let rgb = |color: Rgba| to_hex(&color.to_bytes()[..3]);
    let rooms: Map<String, Value> = image
        .rooms()
        .iter()
        .map(|room| (room.id.to_string(), json!(rgb(colors[usize::from(room.id)]))))
        .collect();
    expect.check("rgb", rooms);
}
