//! What pictures show, pixel by pixel where that can be said.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod flat;

use vacuum_map::block::{BlockType, Content, Raw};
use vacuum_map::draw::{
    Crop, DrawError, Layer, MapConfig, Palette, Picture, Rgba, Scene, Style, Text, distinct_room_colors,
};
use vacuum_map::{Image, Map, Mm, Pixel, Point, Position};

fn draw(map: &Map, style: &Style) -> Picture {
    Scene::new(map, style).unwrap().unwrap().to_picture().unwrap()
}

fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 4] {
    let at = (y * picture.width() + x) as usize * 4;
    picture.to_rgba()[at..at + 4].try_into().unwrap()
}

#[test]
fn a_png_has_the_pixels_of_the_picture() {
    // So many colours that a palette can't hold them.
    let colorful = |style: Style| Style {
        texts: (0..300_u32)
            .map(|index| Text {
                text: String::from("I"),
                x: f64::from(index % 20) * 5.0,
                y: f64::from(index / 20) * 6.0,
                color: Rgba::new(index << 16 | (index % 200) << 8 | 0xff),
                size: 9.0,
            })
            .collect(),
        scale: 12.0,
        ..style
    };
    let few = |style: Style| Style {
        layers: vec![Layer::Cells, Layer::Carpet, Layer::Path, Layer::Robot],
        ..style
    };
    let openhab = || Style::openhab(&MapConfig::default());
    for (style, color, channels) in [
        (few(Style::plain()), png::ColorType::Indexed, 4),
        (few(openhab()), png::ColorType::Indexed, 3),
        (colorful(Style::plain()), png::ColorType::Rgba, 4),
        (colorful(openhab()), png::ColorType::Rgb, 3),
    ] {
        let picture = draw(&flat::small(), &style);
        let file = picture.to_png().unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        assert_eq!(reader.info().color_type, color);
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (picture.width(), picture.height()));
        let rgba = picture.to_rgba();
        assert_eq!(pixels.len() / channels, rgba.len() / 4);
        for (png, rgba) in pixels.chunks(channels).zip(rgba.chunks(4)) {
            assert_eq!(png, &rgba[..channels]);
        }
    }
}

#[test]
fn the_plain_background_is_transparent() {
    let picture = draw(
        &flat::small(),
        &Style {
            crop: Crop::None,
            ..Style::plain()
        },
    );
    assert_eq!(pixel(&picture, 0, 0)[3], 0);
    assert_eq!(pixel(&picture, picture.width() - 1, picture.height() - 1)[3], 0);
}

#[test]
fn turned_pictures_are_the_same_turned() {
    let map = flat::small();
    let carpet = |is_checkered| Style {
        layers: vec![Layer::Cells, Layer::Carpet],
        checkered_carpet: is_checkered,
        ..Style::extractor()
    };
    let looks = [
        Style::cells(Palette::extractor(), 1.0),
        carpet(false),
        carpet(true),
    ];
    for (look, scale) in looks
        .iter()
        .flat_map(|look| [1.0, 2.5, 3.0, 0.7].map(|scale| (look, scale)))
    {
        let style = |rotation| Style {
            rotation,
            scale,
            crop: Crop::Border { cells: 2, below: 1 },
            ..look.clone()
        };
        let straight = draw(&map, &style(0.0));
        let (width, height) = (straight.width(), straight.height());
        for (rotation, turned_size) in [
            (90.0, (height, width)),
            (180.0, (width, height)),
            (270.0, (height, width)),
            (-90.0, (height, width)),
            (720.0, (width, height)),
        ] {
            let turned = draw(&map, &style(rotation));
            assert_eq!((turned.width(), turned.height()), turned_size);
            let (rgba, turned_rgba) = (straight.to_rgba(), turned.to_rgba());
            for y in 0..height {
                for x in 0..width {
                    let (to_x, to_y) = match rotation as i32 {
                        90 => (height - 1 - y, x),
                        180 => (width - 1 - x, height - 1 - y),
                        270 | -90 => (y, width - 1 - x),
                        _ => (x, y),
                    };
                    let from = (y * width + x) as usize * 4;
                    let to = (to_y * turned.width() + to_x) as usize * 4;
                    assert_eq!(
                        rgba[from..from + 4],
                        turned_rgba[to..to + 4],
                        "{rotation} {x} {y}"
                    );
                }
            }
        }
    }
}

/// Whatever the crop and the rotation, the transform leads to the pixel that shows the cell.
#[test]
fn the_transform_leads_to_the_cell() {
    let map = flat::small();
    let image = map.image().unwrap();
    let palette = Palette::extractor();
    for rotation in [0.0, 90.0, 180.0, 270.0, 30.0, -123.4] {
        for crop in [
            Crop::None,
            Crop::Border { cells: 1, below: 2 },
            Crop::Trim {
                left: 10.0,
                right: 5.0,
                top: 20.0,
                bottom: 10.0,
            },
        ] {
            let style = Style {
                rotation,
                crop,
                ..Style::cells(palette.clone(), 6.0)
            };
            let picture = draw(&map, &style);
            let rgba = picture.to_rgba();
            let mut seen = 0;
            for row in 0..10 {
                for column in 0..20 {
                    let place = image.grid().middle(column, row);
                    let Pixel { x, y } = picture.transform().pixel(place);
                    assert!(picture.transform().place(Pixel::new(x, y)).distance(place) < 1e-6);
                    if x < 0.0 || y < 0.0 || x >= picture.width().into() || y >= picture.height().into() {
                        continue;
                    }
                    let byte = image.cells().unwrap()[(row * 20 + column) as usize];
                    let at = (y as u32 * picture.width() + x as u32) as usize * 4;
                    let shown = &rgba[at..at + 4];
                    // Beyond the crop a turned picture has the background.
                    let background = palette.outside.to_bytes();
                    assert!(
                        shown == palette.color(byte).to_bytes()
                            || (rotation % 90.0 != 0.0 && shown == background)
                    );
                    seen += usize::from(shown == palette.color(byte).to_bytes());
                }
            }
            assert!(seen > 90, "{seen}");
        }
    }
}

#[test]
fn the_robot_looks_where_it_looks() {
    let floor = flat::image(&[".........................................."; 42]);
    let middle = floor.grid().middle(21, 21);
    let at = |angle| Position::new(middle.x as i32, middle.y as i32, Some(angle));
    // The nose is dark, and lies ahead: east, north, west, south on the picture; and after a quarter turn.
    for (angle, rotation, ahead) in [
        (0, 0.0, (1, 0)),
        (90, 0.0, (0, -1)),
        (180, 0.0, (-1, 0)),
        (-90, 0.0, (0, 1)),
        (0, 90.0, (0, 1)),
        (450, 0.0, (0, -1)),
    ] {
        let map = Map::new(1, 1, [Content::Image(floor.clone()), Content::Robot(at(angle))]);
        let style = Style {
            rotation,
            crop: Crop::None,
            ..Style::plain()
        };
        let picture = draw(&map, &style);
        let center = picture.transform().pixel(middle);
        let look = |step: i32| {
            pixel(
                &picture,
                (center.x as i32 + ahead.0 * step) as u32,
                (center.y as i32 + ahead.1 * step) as u32,
            )
        };
        assert!(
            look(7)[0] < 100,
            "{angle} {rotation}: no nose ahead but {:?}",
            look(7)
        );
        assert!(
            look(-11)[0] > 200,
            "{angle} {rotation}: a nose behind: {:?}",
            look(-11)
        );
    }
}

#[test]
fn openhabs_removed_and_carpet_cells_are_drawn() {
    let image = flat::image(&["...", "..."]);
    let map = Map::new(
        1,
        1,
        [Content::Image(image), Content::CarpetMap(vec![1, 8, 0, 16, 1])],
    );
    let config = MapConfig {
        scale: 1.0,
        crop_border: -1,
        show_logo: false,
        ..MapConfig::default()
    };
    let picture = draw(&map, &Style::openhab(&config));
    let (outside, scan) = (config.color_map_outside.to_bytes(), config.color_scan.to_bytes());
    // Row 0 is the south. Carpet of the same colour as the floor can't be told.
    assert_eq!(pixel(&picture, 1, 1), outside);
    assert_eq!(pixel(&picture, 0, 0), outside);
    assert_eq!(pixel(&picture, 2, 1), scan);
    let picture = draw(
        &map,
        &Style {
            layers: vec![Layer::Cells, Layer::Carpet],
            ..Style::extractor()
        },
    );
    let carpet = Rgba::new(0xa9f7_a9ff).to_bytes();
    // Only where x + y is odd: (0, 1) is, (1, 0) is.
    assert_eq!(pixel(&picture, 0, 1), carpet);
    assert_eq!(pixel(&picture, 1, 0), carpet);
    assert_eq!(pixel(&picture, 2, 0), scan);
}

/// A map with extended zones: a counted block of areas.
fn with_ext_zones(map: &Map, count: u32) -> Map {
    let corners = [25_750_u16, 24_550, 25_850, 24_550, 25_850, 24_650, 25_750, 24_650];
    let zones = Raw {
        block_type: BlockType::EXT_ZONES,
        header: count.to_le_bytes().to_vec(),
        data: corners.iter().flat_map(|corner| corner.to_le_bytes()).collect(),
    };
    let contents = map.blocks.iter().map(|block| block.content.clone());
    Map::new(1, 1, contents.chain([Content::Raw(zones)]))
}

#[test]
fn extended_zones_are_drawn_where_their_size_is_right() {
    let map = flat::small();
    let style = Style::openhab(&MapConfig {
        show_logo: false,
        ..MapConfig::default()
    });
    let plain = draw(&map, &style).to_rgba();
    assert_eq!(with_ext_zones(&map, 1).ext_zones().len(), 1);
    assert!(draw(&with_ext_zones(&map, 1), &style).to_rgba() != plain);
    assert_eq!(with_ext_zones(&map, 2).ext_zones(), []);
    assert!(draw(&with_ext_zones(&map, 2), &style).to_rgba() == plain);
}

#[test]
fn every_option_of_a_map_config_changes_the_picture() {
    let default = MapConfig {
        crop_border: 1,
        text: String::from("I"),
        ..MapConfig::default()
    };
    let old = [0, 1, 255, 255, 255, 7, 16, 0].repeat(20);
    let old = Image::new(500, 490, 8, 20, &old).unwrap();
    let path = vacuum_map::path::Path::new(vec![Point::new(25_050, 24_600), Point::new(25_300, 25_200)]);
    let maps = [
        with_ext_zones(&flat::small(), 1),
        Map::new(1, 1, [Content::Image(old), Content::Path(path)]),
    ];
    let pictures = |config: &MapConfig| {
        maps.each_ref()
            .map(|map| draw(map, &Style::openhab(config)).to_rgba())
    };
    let usual = pictures(&default);
    let color = r#"{"red": 1, "green": 2, "blue": 3, "alpha": 200}"#;
    let mut options: Vec<(&str, String)> = [
        "colorMapInside", "colorMapOutside", "colorMapWall", "colorCarpet", "colorGreyWall", "colorPath",
        "colorZones", "colorNoGoZones", "colorExtZones", "colorChargerHalo", "colorRobo", "colorScan",
    ]
    .map(|name| (name, String::from(color)))
    .to_vec();
    options.extend(
        [
            ("showLogo", "false"),
            ("text", "\"Hello\""),
            ("textFontSize", "4"),
            ("scale", "3.5"),
            ("cropBorder", "-1"),
        ]
        .map(|(name, value)| (name, String::from(value))),
    );
    options.push(("roomColors", format!("[{color}]")));
    // Each option is among them.
    assert_eq!(
        MapConfig::default().to_json().matches("\n  \"").count(),
        options.len()
    );
    for (name, value) in options {
        let others = [("cropBorder", "1"), ("text", "\"I\"")];
        let others = others.iter().filter(|(other, _)| *other != name);
        let others: String = others
            .map(|(name, value)| format!("\"{name}\": {value}, "))
            .collect();
        let config = MapConfig::parse(&format!("{{{others}\"{name}\": {value}}}"))
            .unwrap()
            .unwrap();
        assert!(pictures(&config) != usual, "{name} changes nothing");
    }
}

#[test]
fn neighbours_never_have_one_colour() {
    // Each of the 31 rooms touches each: a column of cells for every pair.
    let mut rows = [Vec::new(), Vec::new()];
    for a in 1..=31_u8 {
        for b in a + 1..=31 {
            rows[0].extend([a << 3 | 7, 0]);
            rows[1].extend([b << 3 | 7, 0]);
        }
    }
    let width = i32::try_from(rows[0].len()).unwrap();
    let image = Image::new(0, 0, width, 2, &rows.concat()).unwrap();
    for palette in [
        Palette::extractor(),
        Palette::openhab(&MapConfig::default()),
        Style::plain().palette,
    ] {
        let colors = distinct_room_colors(&image, &palette.rooms, &palette.choice, 0);
        for a in 1..32 {
            for b in a + 1..32 {
                assert_ne!(colors[a], colors[b], "rooms {a} and {b}");
            }
        }
    }
    // In a real flat the usual colours suffice.
    let palette = Style::plain().palette;
    let colors = distinct_room_colors(flat::small().image().unwrap(), &palette.rooms, &palette.choice, 4);
    assert!(colors[1..4].iter().all(|color| palette.choice.contains(color)));
}

#[test]
fn nothing_to_see_is_no_picture_and_no_error() {
    let erased = Image::new(0, 0, 0, 0, &[]).unwrap();
    let style = Style::plain();
    for map in [Map::new(1, 1, []), Map::new(1, 1, [Content::Image(erased)])] {
        assert!(Scene::new(&map, &style).unwrap().is_none());
    }
    let all = Crop::Trim {
        left: 60.0,
        right: 60.0,
        top: 0.0,
        bottom: 0.0,
    };
    assert!(
        Scene::new(&flat::small(), &Style { crop: all, ..style })
            .unwrap()
            .is_none()
    );
}

#[test]
fn pictures_that_cannot_be_are_refused() {
    let map = flat::small();
    for scale in [0.0, -1.0, 65.0, f32::NAN, f32::INFINITY] {
        let error = Scene::new(
            &map,
            &Style {
                scale,
                ..Style::plain()
            },
        )
        .unwrap_err();
        assert!(matches!(error, DrawError::Scale { .. }), "{error}");
    }
    let error = Scene::new(
        &map,
        &Style {
            rotation: f64::NAN,
            ..Style::plain()
        },
    )
    .unwrap_err();
    assert_eq!(error, DrawError::Rotation);
    let style = Style {
        scale: 64.0,
        max_pixels: 1000,
        ..Style::plain()
    };
    let error = Scene::new(&map, &style).unwrap_err();
    assert!(error.to_string().ends_with("has more than 1000"), "{error}");
}

/// Points as far away as the format allows, and beyond.
#[test]
fn far_places_do_no_harm() {
    let far = [
        Point::new(0, 0),
        Point::new(u16::MAX, u16::MAX),
        Point::new(0, u16::MAX),
        Point::new(u16::MAX, 0),
    ];
    let mut contents = vec![
        Content::Image(flat::image(&flat::ROOMS)),
        Content::Path(vacuum_map::path::Path::new(far.to_vec())),
        Content::PathFlags(vec![1; 4]),
        Content::NoGo(vec![vacuum_map::record::Area(far)]),
    ];
    for (x, y, angle) in [
        (i32::MIN, i32::MAX, i32::MIN),
        (i32::MAX, 0, i32::MAX),
        (25_400, 24_700, i32::MIN),
    ] {
        contents.push(Content::Robot(Position::new(x, y, Some(angle))));
        contents.push(Content::Charger(Position::new(x, y, Some(angle))));
        let map = Map::new(1, 1, contents.clone());
        for style in [
            Style::plain(),
            Style::extractor(),
            Style::openhab(&MapConfig::default()),
        ] {
            for (scale, rotation) in [(1.0, 0.0), (64.0, 0.0), (0.1, 45.0), (7.3, 12.0)] {
                let style = Style {
                    scale,
                    rotation,
                    ..style.clone()
                };
                if let Some(scene) = Scene::new(&map, &style).unwrap() {
                    scene.to_picture().unwrap();
                    assert!(!scene.to_svg().contains("NaN"));
                }
            }
        }
    }
}

#[test]
fn an_svg_is_well_formed_and_escapes_text() {
    let mut style =
        Style::plain().with_room_names([(1, String::from("<Küche> & \"Bad\"\u{1}")), (2, String::new())]);
    style.texts.push(Text {
        text: String::from("1 < 2"),
        x: 0.0,
        y: 0.0,
        color: Rgba::BLACK,
        size: 10.0,
    });
    let svg = Scene::new(&flat::small(), &style).unwrap().unwrap().to_svg();
    assert!(svg.contains("&lt;Küche&gt; &amp; \"Bad\" </text>"), "{svg}");
    assert!(svg.contains("1 &lt; 2"));
    // Every tag is closed.
    assert_eq!(svg.matches("<g").count(), svg.matches("</g>").count());
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    assert_eq!(
        svg.matches("<path").count(),
        svg.matches("z\"/>").count() + svg.matches("\"/>").count() - svg.matches("z\"/>").count()
    );
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"));
    assert!(svg.len() < 30_000, "{}", svg.len());
}

#[test]
fn every_layer_changes_the_picture() {
    let map = with_ext_zones(&flat::small(), 1);
    let all = Style {
        layers: Vec::new(),
        ..Style::plain()
    };
    for layer in Style::plain().layers {
        let base = match layer {
            Layer::Carpet => vec![Layer::Cells],
            _ => vec![],
        };
        // The small map has neither.
        if matches!(layer, Layer::CustomCarpets | Layer::Cliffs) {
            continue;
        }
        let without = draw(
            &map,
            &Style {
                layers: base.clone(),
                ..all.clone()
            },
        );
        let with = draw(
            &map,
            &Style {
                layers: [base, vec![layer]].concat(),
                ..all.clone()
            },
        );
        assert!(without.to_rgba() != with.to_rgba(), "{layer:?} shows nothing");
    }
}

#[test]
fn places_in_the_readme_picture_agree() {
    let map = flat::small();
    let scene = Scene::new(&map, &Style::extractor()).unwrap().unwrap();
    for (mm, at) in scene.transform().calibration() {
        assert!(scene.transform().place(at).distance(Mm::new(mm.x, mm.y)) < 1e-6);
    }
}
