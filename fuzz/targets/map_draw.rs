//! A style and a map: whatever they are, there is a picture, none, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vacuum_map::draw::{Crop, MapConfig, Scene, Style};
use vacuum_map::{Limits, Mm, ParseOptions};

fuzz_target!(|bytes: &[u8]| {
    let [look, scale, rotation, crop, file @ ..] = bytes else {
        return;
    };
    let limits = Limits {
        bytes: 1 << 20,
        cells: 1 << 16,
        path_points: 1 << 12,
        ..Limits::default()
    };
    let Ok(decoded) = ParseOptions::new().limits(limits).parse(file) else {
        return;
    };
    let mut style = match look % 3 {
        0 => Style::plain(),
        1 => Style::openhab(&MapConfig::default()),
        _ => Style::extractor(),
    };
    if look & 0x80 != 0 {
        style = style.with_room_names([(1, String::from("Küche <&>"))]);
    }
    style.scale = f32::from(*scale) / 16.0;
    // 128 steps of a quarter, or of anything.
    style.rotation = f64::from(*rotation) * if rotation & 1 == 0 { 45.0 } else { 1.7 };
    style.crop = match crop % 4 {
        0 => Crop::None,
        1 => Crop::openhab(i32::from(*crop) - 20, style.scale),
        2 => Crop::Trim {
            left: f64::from(*crop),
            right: 3.0,
            top: 12.5,
            bottom: f64::from(crop / 4),
        },
        _ => Crop::Border {
            cells: u32::from(crop / 4),
            below: 0,
        },
    };
    style.max_pixels = 1 << 18;
    let Ok(Some(scene)) = Scene::new(&decoded.map, &style) else {
        return;
    };
    let pixels = u64::from(scene.width()) * u64::from(scene.height());
    assert!(pixels > 0 && pixels <= style.max_pixels);
    let place = Mm::new(25_600.0, 24_000.0);
    let transform = scene.transform();
    // Images may be anywhere in 2^31 cells; so far from the robot's world doubles lose the millimetre.
    if decoded
        .map
        .image()
        .is_some_and(|image| image.grid().left.abs() < 10_000 && image.grid().top.abs() < 10_000)
    {
        assert!(transform.place(transform.pixel(place)).distance(place) < 1e-3);
    }
    let svg = scene.to_svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    let picture = scene.to_picture().expect("it is small");
    assert_eq!(picture.to_rgba().len() as u64, pixels * 4);
});
