//! `vacuum-map` beside what it can't do without: inflating and hashing a file, filling and encoding a picture.

use std::hint::black_box;
use std::process::ExitCode;

use benches::maps::{gzip, made_up, real};
use benches::{Comparison, Target, run};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec;
use sha1::{Digest, Sha1};
use tiny_skia::{Color, IntSize, Pixmap};
use vacuum_map::container::unpack;
use vacuum_map::draw::{Crop, MapConfig, Scene, Style};
use vacuum_map::{Map, parse};

fn main() -> ExitCode {
    let mut comparisons = vec![
        reading("parse a made-up map of 150 KB", &pack(&made_up(295, 203))),
        drawing("draw 1024 x 1024, openHAB", openhab()),
        drawing("draw 1024 x 1024, plain", plain()),
    ];
    match real() {
        Some(file) => comparisons.push(reading("parse a real map of 124 KB", &file)),
        None => eprintln!("skipped: the real map isn't here; VACUUM_MAP_REAL can name its folder"),
    }
    run(comparisons)
}

fn pack(map: &Map) -> Vec<u8> {
    let file = map.encode().expect("it is whole");
    gzip(&compress_to_vec(&file, 6), &file, crc32fast::hash(&file))
}

/// All of parsing, beside inflating the same stream with the same library and hashing what comes out.
fn reading(name: &'static str, file: &[u8]) -> Comparison<'static> {
    let map = parse(file).expect("a map").map;
    let unpacked = unpack(file, usize::MAX).expect("a map").bytes.into_owned();
    // Packed again, so that the bare stream has no header.
    let stream = compress_to_vec(&unpacked, 6);
    let ours = gzip(&stream, &unpacked, crc32fast::hash(&unpacked));
    Comparison::new(name, 1)
        .contender("parse", move || {
            black_box(parse(black_box(&ours)).expect("a map"));
        })
        .contender(INFLATE_AND_HASH, move || {
            let bytes = decompress_to_vec(black_box(&stream)).expect("a stream");
            black_box(Sha1::digest(&bytes));
        })
        .contender("encode", move || {
            black_box(black_box(&map).encode().expect("it is whole"));
        })
        .target(Target::AtMost(1.5, "parse", INFLATE_AND_HASH))
        .target(Target::Shown("encode", INFLATE_AND_HASH))
}

fn openhab() -> Style {
    Style::openhab(&MapConfig {
        scale: 1.0,
        crop_border: -1,
        ..MapConfig::default()
    })
}

fn plain() -> Style {
    Style {
        scale: 1.0,
        crop: Crop::None,
        ..Style::plain()
    }
}

/// All layers and PNG. The floor is what nobody can do without who has such a picture made by these crates: as many
/// pixels filled once, and the picture's own pixels encoded as `tiny-skia` has them, with the fast compression that the
/// crate has, too. What it takes to encode a picture of one colour, which is hardly any work, is shown besides.
fn drawing(name: &'static str, style: Style) -> Comparison<'static> {
    let map = made_up(1024, 1024);
    let contents = map.blocks.iter().map(|block| block.content.clone());
    let few = Map::new(1, 1, contents.filter(is_no_path));
    let cells = style.clone();
    let picture = Scene::new(&map, &style)
        .expect("it fits")
        .expect("cells")
        .to_picture()
        .expect("it fits");
    let size = IntSize::from_wh(1024, 1024).expect("a size");
    let same = Pixmap::from_vec(picture.to_rgba(), size).expect("as many bytes");
    Comparison::new(name, 1)
        .contender("draw and encode", move || {
            let scene = Scene::new(black_box(&map), &style)
                .expect("it fits")
                .expect("cells");
            black_box(scene.to_png().expect("it is encoded"));
        })
        .contender("without the path", move || {
            let scene = Scene::new(black_box(&few), &cells)
                .expect("it fits")
                .expect("cells");
            black_box(scene.to_png().expect("it is encoded"));
        })
        .contender(FILL_AND_ENCODE, move || {
            black_box(filled());
            black_box(encode(&same));
        })
        .contender(FILL_AND_ENCODE_PLAIN, move || {
            let pixmap = filled();
            black_box(encode(black_box(&pixmap)));
        })
        .target(Target::AtMost(1.5, "draw and encode", FILL_AND_ENCODE))
        .target(Target::Shown("without the path", FILL_AND_ENCODE))
        .target(Target::Shown("draw and encode", FILL_AND_ENCODE_PLAIN))
}

fn filled() -> Pixmap {
    let mut pixmap = Pixmap::new(1024, 1024).expect("memory");
    pixmap.fill(Color::from_rgba8(19, 87, 148, 255));
    pixmap
}

fn is_no_path(content: &vacuum_map::block::Content) -> bool {
    !matches!(content, vacuum_map::block::Content::Path(_))
}

/// As pixels are in memory.
fn encode(pixmap: &Pixmap) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect("memory");
    writer.write_image_data(pixmap.data()).expect("memory");
    writer.finish().expect("memory");
    file
}

const INFLATE_AND_HASH: &str = "bare inflate and SHA-1";
const FILL_AND_ENCODE: &str = "bare fill, and PNG of the same picture";
const FILL_AND_ENCODE_PLAIN: &str = "bare fill and PNG of one colour";
