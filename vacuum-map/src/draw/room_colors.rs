//! Colours of rooms, so that neighbours differ.

use alloc::vec;
use alloc::vec::Vec;

use super::color::Rgba;
use crate::image::Image;

/// Gives each room its colour in `own`, or, where a neighbour with a smaller id has that already, the first colour of
/// `choice` that no such neighbour has. Where there is none it keeps its own, as `python-roborock` does.
///
/// Rooms are neighbours if their floors are next to each other in a row or column, with at most `apart` other cells
/// between them: 0 are those that touch.
#[must_use]
pub fn room_colors(image: &Image, own: &[Rgba; 32], choice: &[Rgba], apart: u32) -> [Rgba; 32] {
    assign(&neighbours(image, apart), own, choice, |_, own| own)
}

/// The same, but where `choice` has no colour left, lighter and darker shades are taken, so that neighbours always
/// differ.
#[must_use]
pub fn distinct_room_colors(image: &Image, own: &[Rgba; 32], choice: &[Rgba], apart: u32) -> [Rgba; 32] {
    assign(&neighbours(image, apart), own, choice, |taken, own| {
        let shades = (1..=16).flat_map(|step| {
            let part = step * 12;
            [own.mixed(Rgba::BLACK, part), own.mixed(Rgba::WHITE, part)]
        });
        let grey = (0..=u8::MAX).map(|level| Rgba {
            r: level,
            g: level,
            b: level,
            a: own.a,
        });
        let free = shades.chain(grey).find(|color| !taken.contains(&color.rgb()));
        free.unwrap_or(own)
    })
}

fn assign(
    neighbours: &[u32; 32],
    own: &[Rgba; 32],
    choice: &[Rgba],
    exhausted: impl Fn(&[[u8; 3]], Rgba) -> Rgba,
) -> [Rgba; 32] {
    let mut colors = *own;
    for (id, near) in neighbours
        .iter()
        .enumerate()
        .filter(|(_, near)| **near & PRESENT != 0)
    {
        let Some(color) = colors.get(id).copied() else {
            continue;
        };
        let before = colors.iter().enumerate().take(id);
        let taken: Vec<[u8; 3]> = before
            .filter(|(other, _)| near & (1 << other) != 0)
            .map(|(_, color)| color.rgb())
            .collect();
        if taken.contains(&color.rgb()) {
            let free = choice.iter().find(|color| !taken.contains(&color.rgb()));
            let free = free.copied().unwrap_or_else(|| exhausted(&taken, color));
            if let Some(place) = colors.get_mut(id) {
                *place = free;
            }
        }
    }
    colors
}

/// For each room the bits of its neighbours; bit 0, which is no room, says that the room is there.
fn neighbours(image: &Image, apart: u32) -> [u32; 32] {
    let mut near = [0; 32];
    let mut meet = |last: &mut (u8, u32), byte: u8| {
        if byte & 7 != 7 || byte >> 3 == 0 {
            last.1 = last.1.saturating_add(1);
            return;
        }
        let (room, (other, between)) = (byte >> 3, *last);
        if let Some(bits) = near.get_mut(usize::from(room)) {
            *bits |= PRESENT;
        }
        if other != room && other != 0 && between <= apart {
            for (a, b) in [(room, other), (other, room)] {
                if let Some(bits) = near.get_mut(usize::from(a)) {
                    *bits |= 1 << b;
                }
            }
        }
        *last = (room, 0);
    };
    let width = image.rows().next().map_or(0, <[u8]>::len);
    let mut above = vec![(0, 0); width];
    for row in image.rows() {
        let mut left = (0, 0);
        for (byte, above) in row.iter().zip(&mut above) {
            meet(&mut left, *byte);
            meet(above, *byte);
        }
    }
    near
}

const PRESENT: u32 = 1;
