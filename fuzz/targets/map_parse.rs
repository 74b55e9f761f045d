//! A map file, packed or not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vacuum_map::container::unpack;
use vacuum_map::outline::Polygon;
use vacuum_map::{Decoded, ParseError, ParseOptions, parse, parse_blocks, parse_unpacked};

fuzz_target!(|bytes: &[u8]| {
    check(bytes, parse(bytes), ParseOptions::new().strict().parse(bytes));
    check(
        bytes,
        parse_unpacked(bytes),
        ParseOptions::new().strict().parse_unpacked(bytes),
    );
    if let Ok(blocks) = parse_blocks(bytes) {
        use_it(bytes, &blocks);
    }
});

fn check(bytes: &[u8], lenient: Result<Decoded, ParseError>, strict: Result<Decoded, ParseError>) {
    match (lenient, strict) {
        (Err(lenient), Err(strict)) => {
            // Strictly, a file may be refused for a warning before the limit is met.
            assert!(
                lenient == strict
                    || matches!(
                        (&lenient, &strict),
                        (ParseError::TooLarge { .. }, ParseError::Strict(_))
                    )
            );
            assert!(!lenient.to_string().is_empty() && !lenient.name().is_empty());
        }
        (Ok(lenient), Err(ParseError::Strict(first))) => {
            assert_eq!(lenient.warnings.first(), Some(&first));
            use_it(bytes, &lenient);
        }
        (Ok(lenient), Ok(strict)) => {
            assert_eq!(lenient, strict);
            assert!(strict.warnings.is_empty());
            let written = strict.map.encode().expect("nothing is missing");
            let unpacked = unpack(bytes, usize::MAX).expect("it was read");
            assert!(written == *unpacked.bytes, "another file is written");
            use_it(bytes, &strict);
        }
        (lenient, strict) => panic!("{lenient:?} but {strict:?}"),
    }
}

fn use_it(bytes: &[u8], decoded: &Decoded) {
    for warning in &decoded.warnings {
        assert!(!warning.to_string().is_empty());
        assert!(warning.help().is_none_or(|help| !help.is_empty()));
    }
    let map = &decoded.map;
    if let Some(image) = map.image() {
        for room in image.rooms() {
            let area: f64 = image.room_outline(room.id).iter().map(Polygon::area_m2).sum();
            // Images may be anywhere in 2^31 cells, where doubles are coarser.
            assert!((area - room.area_m2()).abs() < 1e-3, "{area} {}", room.area_m2());
        }
        let cleaned = map.cleaned_m2(f64::from(bytes.len() as u32)).unwrap_or_default();
        assert!(cleaned <= image.floor_m2());
    }
    let _ = (map.robot_heading(), map.robot().map(|robot| map.room_at(*robot)));
    if let Ok(written) = map.encode() {
        let again = parse_unpacked(&written).expect("it was written");
        assert!(again.digest.is_some_and(|digest| digest.is_valid()));
        assert_eq!(again.map.encode().as_ref(), Ok(&written));
    }
}
