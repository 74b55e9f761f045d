//! Files that somebody made to do harm, and files that an accident made.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod flat;

use std::time::{Duration, Instant};

use vacuum_map::draw::{Scene, Style};
use vacuum_map::{Limits, ParseError, ParseOptions, Warning, parse, parse_unpacked};

/// A map with every block that is decoded, 1,5 KB.
fn file() -> Vec<u8> {
    flat::small().encode().unwrap()
}

/// Reads bytes in all ways, and does with the map what users do.
fn use_it(bytes: &[u8]) {
    let lenient = parse_unpacked(bytes);
    let strict = ParseOptions::new().strict().parse_unpacked(bytes);
    match (lenient, strict) {
        (Err(lenient), Err(strict)) => assert_eq!(lenient, strict),
        (Ok(lenient), Err(ParseError::Strict(first))) => assert_eq!(lenient.warnings[0], first),
        (Ok(lenient), Ok(strict)) => {
            assert_eq!(lenient.warnings, []);
            assert_eq!(lenient, strict);
            assert!(strict.map.encode().unwrap() == bytes, "another file is written");
        }
        (lenient, strict) => panic!("{lenient:?} but {strict:?}"),
    }
    let _ = parse(bytes);
    let Ok(decoded) = parse_unpacked(bytes) else {
        return;
    };
    for warning in &decoded.warnings {
        assert!(!warning.to_string().is_empty());
        assert!(warning.offset().is_none_or(|offset| offset < bytes.len()));
    }
    let map = &decoded.map;
    let _ = (
        map.cleaned_m2(350.0),
        map.robot_heading(),
        map.path().map(vacuum_map::path::Path::length_m),
    );
    let mut style = Style::plain().with_room_names([]);
    style.scale = 1.0;
    if let Ok(Some(scene)) = Scene::new(map, &style) {
        assert!(scene.to_svg().ends_with("</svg>\n"));
    }
    if let Ok(again) = map.encode() {
        assert_eq!(parse_unpacked(&again).unwrap().map.encode(), Ok(again));
    }
}

#[test]
fn every_prefix_is_an_error_or_warns() {
    let file = file();
    assert_eq!(parse(&file).unwrap().warnings, []);
    for length in 0..file.len() {
        let cut = &file[..length];
        match parse_unpacked(cut) {
            Ok(decoded) => assert!(
                matches!(decoded.warnings[0], Warning::Truncated { .. }),
                "{length}"
            ),
            Err(error) => assert!(length < 20 && error.name() == "too_short", "{length}: {error}"),
        }
        use_it(cut);
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let file = file();
    for place in 0..file.len() {
        // All bits of headers and small blocks, one of each cell.
        let bits = if (200..1000).contains(&place) { 1 } else { 8 };
        for bit in 0..bits {
            let mut damaged = file.clone();
            damaged[place] ^= 1 << bit;
            if let Ok(decoded) = parse_unpacked(&damaged) {
                assert_ne!(decoded.warnings, [], "bit {bit} of byte {place}");
            }
            use_it(&damaged);
        }
    }
}

#[test]
fn lying_lengths_and_counts_cost_nothing() {
    let file = file();
    let lies = [0, 1, 7, 8, 0x7fff_ffff, 0x8000_0000, u32::MAX];
    let start = Instant::now();
    let mut tried = 0;
    for place in (2..file.len() - 4).filter(|place| *place < 120 || *place % 5 == 0) {
        for lie in lies {
            let mut lying = file.clone();
            lying[place..place + 4].copy_from_slice(&lie.to_le_bytes());
            use_it(&lying);
            tried += 1;
        }
    }
    assert!(tried > 1000);
    assert!(start.elapsed() < Duration::from_secs(60));
}

/// Robots don't do it, but one that did stopped five other decoders, three of them for good.
#[test]
fn eight_zero_bytes_at_the_tail_are_a_warning() {
    let mut file = file();
    file.extend([0; 8]);
    assert_eq!(
        parse(&file).unwrap().warnings,
        [Warning::TrailingBytes { extra: 8 }]
    );
    // Also where the header counts them.
    let length = u32::from_le_bytes(file[4..8].try_into().unwrap()) + 8;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    let warnings = parse(&file).unwrap().warnings;
    let names: Vec<&str> = warnings.iter().map(Warning::name).collect();
    assert_eq!(names, ["digest_mismatch", "bad_block_header"]);
    assert_eq!(warnings[1].offset(), Some(file.len() - 8));
    use_it(&file);
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    // A block whose code has one bit for "258 bytes more" and one for "of the byte before": 2 bits for 258 bytes.
    let mut bomb = unhex("1f8b08000000000002ffedc13101000000c2a0f54f6d067fa0");
    bomb.resize(bomb.len() + 65_536, 0);
    let unpacked = 65_536 * 4 * 258;
    assert!(unpacked / bomb.len() > 1000);
    let start = Instant::now();
    let limited = |bytes| {
        ParseOptions::new()
            .limits(Limits {
                bytes,
                ..Limits::default()
            })
            .parse(&bomb)
    };
    for limit in [1000, 1 << 20, unpacked - 1000] {
        assert_eq!(limited(limit).unwrap_err().name(), "too_large");
    }
    // It is cut off, which shows only where there is room for all of it.
    assert_eq!(limited(unpacked + 10_000).unwrap_err().name(), "bad_compression");
    let error = parse(&bomb).unwrap_err();
    assert!(error.to_string().contains("16777216 bytes"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn more_blocks_and_points_than_the_limits_are_refused() {
    let mut blocks = Vec::new();
    for _ in 0..5000 {
        blocks.extend([99, 0, 8, 0, 0, 0, 0, 0]);
    }
    let error = vacuum_map::parse_blocks(&blocks).unwrap_err();
    assert_eq!(error.to_string(), "the map has more than 4096 blocks");
    let mut path = vec![3, 0, 20, 0];
    path.extend((4_u32 * 300_000).to_le_bytes());
    path.extend([0; 12]);
    path.resize(path.len() + 4 * 300_000, 0);
    let error = vacuum_map::parse_blocks(&path).unwrap_err();
    assert_eq!(error.to_string(), "the map has more than 262144 points in a path");
}

#[test]
fn other_files_are_named() {
    for (bytes, name, help) in [
        (&b""[..], "too_short", "fetch the map again"),
        (b"{\"code\":0}", "unknown_container", "answer of a server"),
        (b"<html>", "unknown_container", "answer of a server"),
        (b"retry", "unknown_container", "growing pauses"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "bad_compression", "as binary"),
        (b"\x78\x9c\xff\xff", "bad_compression", "as binary"),
        (&[b'a'; 80], "unknown_container", "ijai"),
        (&[b'Z'; 80], "unknown_container", "Dreame"),
        (b"\x89PNG", "unknown_container", "Roborock"),
    ] {
        let error = parse(bytes).unwrap_err();
        assert_eq!(error.name(), name, "{bytes:?}");
        assert!(
            error.help().unwrap().contains(help),
            "{bytes:?}: {:?}",
            error.help()
        );
    }
}
