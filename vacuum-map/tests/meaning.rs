//! Rooms, outlines, areas and paths of small maps that can be counted by hand, and of the real ones where they are.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod flat;
mod suite;

use vacuum_map::block::Content;
use vacuum_map::outline::Polygon;
use vacuum_map::path::Path;
use vacuum_map::{Image, Map, Mm, Point};

use flat::image;

fn corners(polygon: &Polygon) -> (usize, Vec<usize>) {
    (polygon.outer.len(), polygon.holes.iter().map(Vec::len).collect())
}

#[test]
fn a_room_around_furniture_has_a_hole() {
    let image = image(&["aaaaa", "a111a", "a1aaa", "aaaaa"]);
    let [polygon] = &image.room_outline(1)[..] else {
        panic!("one part")
    };
    assert_eq!(corners(polygon), (4, vec![6]));
    assert!((polygon.area_m2() - 16.0 * 0.0025).abs() < 1e-12);
    // The south-west corner of the first cell is half a cell from its middle.
    assert!(
        polygon
            .outer
            .contains(&Mm::new(500.0 * 50.0 - 25.0, 490.0 * 50.0 - 25.0))
    );
}

#[test]
fn cells_that_touch_at_a_corner_are_two_parts() {
    let image = image(&["a  ", " a ", "  a"]);
    let parts = image.room_outline(1);
    assert_eq!(
        parts.iter().map(corners).collect::<Vec<_>>(),
        vec![(4, vec![]); 3]
    );
}

#[test]
fn holes_that_touch_at_a_corner_are_two_holes() {
    let image = image(&["aaaa", "a aa", "aa a", "aaaa"]);
    let [polygon] = &image.room_outline(1)[..] else {
        panic!("one part")
    };
    assert_eq!(corners(polygon), (4, vec![4, 4]));
}

#[test]
fn a_ring_that_closes_at_a_corner_has_a_hole_and_no_ring_meets_itself() {
    let image = image(&["aaa", "a a", "aa "]);
    let [polygon] = &image.room_outline(1)[..] else {
        panic!("one part")
    };
    assert_eq!(corners(polygon), (6, vec![4]));
    assert!((polygon.area_m2() - 7.0 * 0.0025).abs() < 1e-12);
}

#[test]
fn outlines_of_random_cells_have_the_area_of_the_cells_and_simple_rings() {
    let mut state = 1_u64;
    for round in 0..400 {
        let (width, height) = (1 + round % 13, 1 + round / 13 % 11);
        let mut cells = Vec::new();
        for _ in 0..width * height {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            cells.push([0, 15, 15, 23][usize::try_from(state >> 62).unwrap()]);
        }
        let image = Image::new(-3, 7, width, height, &cells).unwrap();
        for room in image.rooms() {
            let parts = image.room_outline(room.id);
            let area: f64 = parts.iter().map(Polygon::area_m2).sum();
            assert!(
                (area - room.area_m2()).abs() < 1e-9,
                "round {round}: {area} of {}",
                room.area_m2()
            );
            for ring in parts
                .iter()
                .flat_map(|part| part.holes.iter().chain([&part.outer]))
            {
                let mut seen: Vec<(i64, i64)> = ring.iter().map(|at| (at.x as i64, at.y as i64)).collect();
                seen.sort_unstable();
                seen.dedup();
                assert_eq!(seen.len(), ring.len(), "round {round}: a ring meets itself");
                assert!(ring.len() >= 4 && ring.len() % 2 == 0);
            }
            // Each part hangs together, so that there are as many as a flood fill finds.
            assert_eq!(
                parts.len(),
                flood(&cells, usize::try_from(width).unwrap(), room.id << 3 | 7)
            );
        }
    }
}

/// How many parts hang together along edges.
fn flood(cells: &[u8], width: usize, member: u8) -> usize {
    let mut seen = vec![false; cells.len()];
    let mut parts = 0;
    for start in 0..cells.len() {
        if cells[start] != member || seen[start] {
            continue;
        }
        parts += 1;
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            if cells[at] != member || std::mem::replace(&mut seen[at], true) {
                continue;
            }
            let column = at % width;
            open.extend((column > 0).then(|| at - 1));
            open.extend((column + 1 < width).then_some(at + 1));
            open.extend(at.checked_sub(width));
            open.extend((at + width < cells.len()).then_some(at + width));
        }
    }
    parts
}

#[test]
fn rooms_are_found_at_places() {
    let map = flat::small();
    let ids: Vec<u8> = map.image().unwrap().rooms().iter().map(|room| room.id).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(map.room_at(*map.robot().unwrap()), Some(1));
    assert_eq!(map.room_at(Mm::new(25_600.0, 24_800.0)), Some(2));
    assert_eq!(map.room_at(Mm::new(25_000.0, 24_500.0)), None);
    assert_eq!(map.room_at(Mm::new(-1e9, 1e9)), None);
}

/// A straight path over a wide floor: every distance can be counted.
#[test]
fn the_cleaned_area_is_what_is_near_the_path() {
    let row = ".".repeat(41);
    let rows = [row.as_str(); 21];
    let image = image(&rows);
    let at = |column: u16, row: u16| Point::new((500 + column) * 50, (490 + row) * 50);
    let cleaned = |points: Vec<Point>, width: f64| {
        let map = Map::new(
            1,
            1,
            [Content::Image(image.clone()), Content::Path(Path::new(points))],
        );
        (map.cleaned_m2(width).unwrap() / 0.0025).round() as u32
    };
    assert_eq!(cleaned(vec![], 350.0), 0);
    assert_eq!(cleaned(vec![at(20, 10)], 0.0), 1);
    // All cells whose middle is within 3 cells: 29 of 7 x 7.
    assert_eq!(cleaned(vec![at(20, 10)], 300.0), 29);
    // From (10, 10) to (30, 10): 21 columns of 7, and two halves of the rest of the disc.
    assert_eq!(cleaned(vec![at(10, 10), at(30, 10)], 300.0), 21 * 7 + 22);
    // There and back is no more.
    assert_eq!(
        cleaned(vec![at(10, 10), at(30, 10), at(10, 10)], 300.0),
        21 * 7 + 22
    );
    assert_eq!(cleaned(vec![at(0, 0), at(40, 20)], 1e9), 41 * 21);
}

#[test]
fn the_cleaned_area_is_that_of_a_search_through_all_cells() {
    let map = flat::small();
    let image = map.image().unwrap();
    for width in [0.0, 50.0, 170.0, 350.0, 1000.0] {
        let marks: Vec<(f64, f64)> = marks(map.path().unwrap(), image);
        let mut count = 0;
        for row in 0..10_u32 {
            for column in 0..20_u32 {
                let floor = image.cell(column, row).unwrap().kind == vacuum_map::image::CellKind::Floor;
                let near = marks.iter().any(|(x, y)| {
                    let (dx, dy) = (f64::from(column) - x, f64::from(row) - y);
                    (dx * dx + dy * dy).sqrt() * 50.0 <= width / 2.0
                });
                count += u32::from(floor && near);
            }
        }
        let cleaned = map.cleaned_m2(width).unwrap() / 0.0025;
        assert!(
            (cleaned - f64::from(count)).abs() < 1e-6,
            "width {width}: {cleaned} and {count}"
        );
    }
}

fn marks(path: &Path, image: &Image) -> Vec<(f64, f64)> {
    let mut marks = Vec::new();
    for step in path.points.windows(2) {
        let (from, to) = (Mm::from(step[0]), Mm::from(step[1]));
        // As fine as the crate does it: half a cell a step.
        let steps = ((to.x - from.x).abs().max((to.y - from.y).abs()) / 25.0)
            .ceil()
            .max(1.0);
        for part in 0..=steps as u32 {
            let part = f64::from(part) / steps;
            let place = Mm::new(from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part);
            if let Some((x, y)) = image.grid().cell_at(place) {
                marks.push((f64::from(x), f64::from(y)));
            }
        }
    }
    marks
}

#[test]
fn a_path_has_a_length_and_a_heading() {
    let path = Path::new(vec![
        Point::new(1000, 1000),
        Point::new(4000, 5000),
        Point::new(4000, 4000),
    ]);
    assert!((path.length_m() - 6.0).abs() < 1e-9);
    assert_eq!(path.heading(), Some(-90));
    assert_eq!(flat::small().robot_heading(), Some(-88));
}

/// Checked against the facts of the real maps: outlines have the area of their rooms, robots stand on their paths.
#[test]
fn real_maps_make_sense() {
    let Some(folder) = suite::real_maps() else {
        eprintln!("skipped: no real maps; VACUUM_MAP_REAL can name their folder");
        return;
    };
    let mut maps = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "gz") {
            continue;
        }
        let map = vacuum_map::parse(&std::fs::read(&path).unwrap()).unwrap().map;
        let image = map.image().unwrap();
        for room in image.rooms() {
            let area: f64 = image.room_outline(room.id).iter().map(Polygon::area_m2).sum();
            assert!((area - room.area_m2()).abs() < 1e-9);
        }
        let path = map.path().unwrap();
        let cleaned = map.cleaned_m2(350.0).unwrap();
        assert!(
            cleaned > 0.0 && cleaned <= image.floor_m2(),
            "{cleaned} of {}",
            image.floor_m2()
        );
        // Not less than a thin line along the path, nor more than a path that never crosses itself.
        assert!(cleaned <= path.length_m() * 0.35 + 0.2);
        let last = Mm::from(*path.points.last().unwrap());
        assert!(last.distance((*map.robot().unwrap()).into()) < 200.0);
        maps += 1;
    }
    assert!(maps >= 1);
}
