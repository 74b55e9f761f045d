//! A small font of strokes, so that pictures need no font file: Latin letters, digits, punctuation, German umlauts.
//! Letters with other marks lose them, and what is unknown is a box.
//!
//! A glyph is a list of strokes. Two characters are a point: x from the left, y above the baseline (`a`, `b` are 1 and
//! 2 below it); capitals are 6 high. A stroke after `~` is rounded at its inner points, one after `o` is a closed
//! round line, `d` is a dot.

use alloc::vec::Vec;

use super::shape::{Outline, Step};
use crate::place::Pixel;

/// How wide a text is at a font size, in pixels.
pub(crate) fn width(text: &str, size: f32) -> f64 {
    let units: f64 = text.chars().map(|character| advance(&glyph(character))).sum();
    (units - GAP).max(0.0) * unit(size)
}

/// Height of capitals at a font size, in pixels.
pub(crate) fn height(size: f32) -> f64 {
    6.0 * unit(size)
}

/// Width of the strokes.
pub(crate) fn weight(size: f32) -> f32 {
    size * CAPITALS / 6.0 * 1.15
}

/// The strokes of a text whose baseline starts at a place.
pub(crate) fn outline(text: &str, at: Pixel, size: f32) -> Outline {
    let unit = unit(size);
    let mut outline = Outline::default();
    let mut left = at.x;
    for character in text.chars() {
        let glyph = glyph(character);
        let place = |point: (f64, f64)| Pixel::new(left + point.0 * unit, at.y - point.1 * unit);
        for stroke in &glyph {
            add(&mut outline.steps, stroke, place);
        }
        left += advance(&glyph) * unit;
    }
    outline
}

struct Stroke {
    kind: u8,
    points: Vec<(f64, f64)>,
}

fn add(steps: &mut Vec<Step>, stroke: &Stroke, place: impl Fn((f64, f64)) -> Pixel) {
    let middle = |a: (f64, f64), b: (f64, f64)| ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    let points = &stroke.points;
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else {
        return;
    };
    match stroke.kind {
        b'd' => {
            // So short that round ends make a dot of it.
            steps.push(Step::Move(place(first)));
            steps.push(Step::Line(place((first.0, first.1 + 0.05))));
        }
        b'o' => {
            steps.push(Step::Move(place(middle(last, first))));
            for (at, next) in points.iter().zip(points.iter().cycle().skip(1)) {
                steps.push(Step::Quad(place(*at), place(middle(*at, *next))));
            }
            steps.push(Step::Close);
        }
        b'~' => {
            steps.push(Step::Move(place(first)));
            let inner = points.windows(3);
            let count = inner.len();
            for (index, three) in inner.enumerate() {
                let [_, at, next] = three else { continue };
                let end = if index + 1 == count {
                    *next
                } else {
                    middle(*at, *next)
                };
                steps.push(Step::Quad(place(*at), place(end)));
            }
        }
        _ => {
            steps.push(Step::Move(place(first)));
            steps.extend(points.iter().skip(1).map(|point| Step::Line(place(*point))));
        }
    }
}

fn glyph(character: char) -> Vec<Stroke> {
    let found = GLYPHS.binary_search_by_key(&character, |row| row.0).ok();
    let strokes = found.and_then(|index| GLYPHS.get(index)).map(|row| row.1);
    let strokes = strokes.or_else(|| {
        let plain = FOLDED.iter().find(|(marked, _)| marked.contains(character))?.1;
        let index = GLYPHS.binary_search_by_key(&plain, |row| row.0).ok()?;
        GLYPHS.get(index).map(|row| row.1)
    });
    strokes
        .unwrap_or(BOX)
        .split_ascii_whitespace()
        .map(parse)
        .collect()
}

fn parse(stroke: &str) -> Stroke {
    let bytes = stroke.as_bytes();
    let (kind, points) = match bytes.split_first() {
        Some((kind @ (b'~' | b'o' | b'd'), points)) => (*kind, points),
        _ => (b'-', bytes),
    };
    let number = |byte: u8| match byte {
        b'a'..=b'b' => -f64::from(byte - b'a' + 1),
        _ => f64::from(byte.saturating_sub(b'0')),
    };
    let points = points.chunks_exact(2).map(|point| match *point {
        [x, y] => (number(x), number(y)),
        _ => (0.0, 0.0),
    });
    Stroke {
        kind,
        points: points.collect(),
    }
}

fn advance(strokes: &[Stroke]) -> f64 {
    let points = strokes.iter().flat_map(|stroke| &stroke.points);
    let right = points.map(|point| point.0).reduce(f64::max);
    right.map_or(SPACE, |right| right + GAP)
}

fn unit(size: f32) -> f64 {
    f64::from(size) * f64::from(CAPITALS) / 6.0
}

/// Height of capitals as a part of a font's size.
const CAPITALS: f32 = 0.72;
const GAP: f64 = 1.9;
const SPACE: f64 = 3.2;
const BOX: &str = "0006464000";

/// Letters whose marks are left out.
const FOLDED: &[(&str, char)] = &[
    ("ÀÁÂÃÅĀĂĄ", 'A'),
    ("ÇĆČ", 'C'),
    ("ÈÉÊËĒĘĚ", 'E'),
    ("ÌÍÎÏĪ", 'I'),
    ("Ł", 'L'),
    ("ÑŃŇ", 'N'),
    ("ÒÓÔÕØŌŐ", 'O'),
    ("ŘŔ", 'R'),
    ("ŚŠŞ", 'S'),
    ("ŤŢ", 'T'),
    ("ÙÚÛŪŮŰ", 'U'),
    ("Ý", 'Y'),
    ("ŹŻŽ", 'Z'),
    ("àáâãåāăą", 'a'),
    ("çćč", 'c'),
    ("ďđ", 'd'),
    ("èéêëēęě", 'e'),
    ("ğ", 'g'),
    ("ìíîïīı", 'i'),
    ("ł", 'l'),
    ("ñńň", 'n'),
    ("òóôõøōő", 'o'),
    ("řŕ", 'r'),
    ("śšş", 's'),
    ("ťţ", 't'),
    ("ùúûūůű", 'u'),
    ("ýÿ", 'y'),
    ("źżž", 'z'),
    ("–—−", '-'),
    ("’‘´`", '\''),
    ("“”„", '"'),
    ("\u{a0}", ' '),
];

/// Sorted by character.
const GLYPHS: &[(char, &str)] = &[
    (' ', ""),
    ('!', "0602 d00"),
    ('"', "0604 2624"),
    ('#', "1016 3036 0242 0444"),
    ('%', "0046 d06 d40"),
    ('&', "40140516252411 ~11000040"),
    ('\'', "0604"),
    ('(', "~262501002b"),
    (')', "~062521200b"),
    ('*', "2226 0345 0543"),
    ('+', "0343 2125"),
    (',', "100a"),
    ('-', "0333"),
    ('.', "d00"),
    ('/', "0046"),
    ('0', "o00064640"),
    ('1', "052620"),
    ('2', "~0506464300 0040"),
    ('3', "~0506464313 ~1343400001"),
    ('4', "30360242"),
    ('5', "460603 ~0343400000"),
    ('6', "o00034340 ~02064645"),
    ('7', "064610"),
    ('8', "o03064643 o00034340"),
    ('9', "o03064643 ~44400001"),
    (':', "d00 d03"),
    (';', "d13 100a"),
    ('<', "350331"),
    ('=', "0242 0444"),
    ('>', "053301"),
    ('?', "~0506464323 2322 d20"),
    ('A', "002640 1232"),
    ('B', "0006 ~06464303 ~03434000"),
    ('C', "~454606004041"),
    ('D', "0006 ~06464000"),
    ('E', "46060040 0333"),
    ('F', "460600 0333"),
    ('G', "~454606004043 4323"),
    ('H', "0006 4046 0343"),
    ('I', "0006"),
    ('J', "3632 ~32300001"),
    ('K', "0006 4602 2440"),
    ('L', "060040"),
    ('M', "0006234640"),
    ('N', "00064046"),
    ('O', "o00064640"),
    ('P', "0006 ~06464303"),
    ('Q', "o00064640 2240"),
    ('R', "0006 ~06464303 2340"),
    ('S', "~4546060343400001"),
    ('T', "0646 2620"),
    ('U', "0602 ~02004042 4246"),
    ('V', "062046"),
    ('W', "0610243046"),
    ('X', "0046 0640"),
    ('Y', "062346 2320"),
    ('Z', "06460040"),
    ('[', "26060b2b"),
    (']', "06262b0b"),
    ('_', "0040"),
    ('a', "o00043430 3430"),
    ('b', "0006 o00043430"),
    ('c', "~333404003031"),
    ('d', "3036 o00043430"),
    ('e', "0232 ~323404003031"),
    ('f', "~361613 1310 0434"),
    ('g', "o00043430 3430 ~303b0b"),
    ('h', "0006 ~02043432 3230"),
    ('i', "0004 d06"),
    ('j', "1410 ~101b0b d16"),
    ('k', "0006 3401 1230"),
    ('l', "0006"),
    ('m', "0004 ~02042422 2220 ~22244442 4240"),
    ('n', "0004 ~02043432 3230"),
    ('o', "o00043430"),
    ('p', "040b o00043430"),
    ('q', "343b o00043430"),
    ('r', "0004 ~02043434"),
    ('s', "~3334040232300001"),
    ('t', "1612 ~121030 0434"),
    ('u', "0402 ~02003032 3430"),
    ('v', "042044"),
    ('w', "0410233044"),
    ('x', "0034 0430"),
    ('y', "0420 441b"),
    ('z', "04340030"),
    ('|', "0b06"),
    ('°', "o04062624"),
    ('²', "~0506262503 0323"),
    ('³', "~06262504 ~04252302"),
    ('Ä', "002640 1232 d08 d48"),
    ('Ö', "o00064640 d18 d38"),
    ('Ü', "0602 ~02004042 4246 d08 d48"),
    ('ß', "0006 ~06364404 ~04444000"),
    ('ä', "o00043430 3430 d06 d36"),
    ('ö', "o00043430 d06 d36"),
    ('ü', "0402 ~02003032 3430 d06 d36"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glyphs_are_sorted_and_have_whole_points() {
        assert!(GLYPHS.is_sorted_by(|a, b| a.0 < b.0));
        for (character, strokes) in GLYPHS {
            for stroke in strokes.split(' ') {
                let points = stroke.trim_start_matches(['~', 'o', 'd']);
                assert!(points.len().is_multiple_of(2), "{character}: {stroke}");
            }
        }
        assert!(
            FOLDED
                .iter()
                .all(|(_, plain)| GLYPHS.iter().any(|row| row.0 == *plain))
        );
    }

    #[test]
    fn a_text_is_as_wide_as_its_letters() {
        assert!(width("", 12.0) == 0.0);
        assert!(width("MM", 12.0) > width("M", 12.0) * 2.0);
        assert!(width("\u{1f916}", 12.0) > 0.0);
    }
}
