//! Maps to measure with: a made-up one of the size of a real one, and the real one where it is.

use std::path::Path as FilePath;

use vacuum_map::block::Content;
use vacuum_map::path::Path;
use vacuum_map::record::{Area, Line};
use vacuum_map::{Image, Map, Point, Position};

/// A map of `width` times `height` cells: rooms of 60 x 45 cells with walls, furniture that no machine would have put
/// so, a path through them all, carpet, areas.
///
/// # Panics
///
/// Never: the image has as many cells as it says.
#[must_use]
pub fn made_up(width: u16, height: u16) -> Map {
    let mut cells = Vec::new();
    let mut carpet = Vec::new();
    let mut noise = 1_u32;
    let border = |at: u16, side: u16| at < 20 || at + 20 >= side;
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let room = 1 + (x / 60 + y / 45 * 5) % 30;
            let room = u8::try_from(room).unwrap_or(1) << 3;
            cells.push(match (x % 60, y % 45) {
                _ if border(x, width) || border(y, height) => 0,
                (25..=35, 0) | (0, 18..=25) => room | 7,
                (0, _) | (_, 0) => room | 1,
                (5..=20, 5..=12) if noise >> 30 == 0 => room | 7,
                (5..=20, 5..=12) => room,
                _ => room | 7,
            });
            carpet.push(u8::from(
                (20..40).contains(&(x % 60)) && (20..30).contains(&(y % 45)),
            ));
        }
    }
    let mut path = Vec::new();
    for (index, y) in (25..height.saturating_sub(25)).step_by(6).enumerate() {
        let columns = (25..width.saturating_sub(25)).step_by(5);
        let lane: Vec<Point> = columns.map(|x| middle(x, y)).collect();
        path.extend(if index % 2 == 0 {
            lane
        } else {
            lane.into_iter().rev().collect()
        });
    }
    // As long as the longest of real ones.
    path.truncate(4_000);
    let flags = vec![1; path.len()];
    let image = Image::new(0, 0, width.into(), height.into(), &cells);
    let corner = middle(width / 2, height / 2);
    let area = Area([
        corner,
        middle(width / 2 + 30, height / 2),
        middle(width / 2 + 30, height / 2 + 20),
        middle(width / 2, height / 2 + 20),
    ]);
    let contents = [
        image.map(Content::Image),
        Some(Content::Charger(Position::new(
            corner.x.into(),
            corner.y.into(),
            Some(90),
        ))),
        Some(Content::Robot(Position::new(
            corner.x.into(),
            corner.y.into(),
            Some(-88),
        ))),
        Some(Content::Path(Path::new(path))),
        Some(Content::PathFlags(flags)),
        Some(Content::NoGo(vec![area])),
        Some(Content::Walls(vec![Line([
            corner,
            middle(width / 2, height / 2 + 40),
        ])])),
        Some(Content::CarpetMap(carpet)),
    ];
    Map::new(42, 7, contents.into_iter().flatten())
}

fn middle(x: u16, y: u16) -> Point {
    Point::new(x.saturating_mul(50), y.saturating_mul(50))
}

/// The real map of 124 KB, packed, where it is: below `VACUUM_MAP_REAL`, or beside the repository.
#[must_use]
pub fn real() -> Option<Vec<u8>> {
    let folder = std::env::var_os("VACUUM_MAP_REAL").map_or_else(
        || FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/vacuum-map-real"),
        Into::into,
    );
    std::fs::read(folder.join("s8-fw1286-obstacles.rrmap.gz")).ok()
}

/// A gzip member around a raw stream.
#[must_use]
pub fn gzip(stream: &[u8], unpacked: &[u8], crc: u32) -> Vec<u8> {
    let size = u32::try_from(unpacked.len()).unwrap_or(u32::MAX);
    [
        &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
        stream,
        &crc.to_le_bytes(),
        &size.to_le_bytes(),
    ]
    .concat()
}
