//! Colours of rooms, so that neighbours differ.

use alloc::vec;
use alloc::vec::Vec;

use super::color::Rgba;
use super::runs::{Run, runs};
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
///
/// Most of a map are equal rows and long runs of equal cells, so that they are looked at as a whole: a run meets in its
/// rows the run before, and in its columns usually nothing but its own room.
fn neighbours(image: &Image, apart: u32) -> [u32; 32] {
    let mut near = [0_u32; 32];
    let mut meet = |room: u8, other: u8, between: u32| {
        if other != room && other != 0 && between <= apart {
            for (a, b) in [(room, other), (other, room)] {
                if let Some(bits) = near.get_mut(usize::from(a)) {
                    *bits |= 1 << b;
                }
            }
        }
    };
    let width = image.rows().next().map_or(0, <[u8]>::len);
    // The last floor of each column, by room, and the row in which it was.
    let mut last_rooms = vec![0_u8; width];
    let mut last_rows = vec![0_u32; width];
    let mut present = 0_u32;
    let rows: Vec<&[u8]> = image.rows().collect();
    let mut next = 0_u32;
    for same in rows.chunk_by(|a, b| a == b) {
        let (y, Some(row)) = (next, same.first()) else {
            continue;
        };
        next += saturated(same.len());
        // The last floor of the row, and the column after it.
        let mut left = (0, 0);
        for Run { byte, start, end } in runs(row) {
            let room = byte >> 3;
            if byte & 7 != 7 || room == 0 {
                continue;
            }
            present |= 1 << room;
            meet(room, left.0, saturated(start - left.1));
            left = (room, end);
            let (Some(rooms), Some(rows)) = (last_rooms.get_mut(start..end), last_rows.get_mut(start..end))
            else {
                continue;
            };
            if rooms.iter().any(|above| *above != room) {
                for (above, at) in rooms.iter_mut().zip(rows.iter()) {
                    meet(room, *above, y.saturating_sub(at + 1));
                    *above = room;
                }
            }
            rows.fill(next - 1);
        }
    }
    for (room, bits) in near.iter_mut().enumerate() {
        *bits |= present >> room & PRESENT;
    }
    near
}

fn saturated(cells: usize) -> u32 {
    u32::try_from(cells).unwrap_or(u32::MAX)
}

const PRESENT: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    /// Cell by cell, as the rule is told.
    fn slowly(image: &Image, apart: u32) -> [u32; 32] {
        let grid = image.grid();
        let mut near = [0_u32; 32];
        let floor = |x: i32, y: i32| {
            let byte = image.byte(u32::try_from(x).ok()?, u32::try_from(y).ok()?)?;
            (byte & 7 == 7 && byte > 7).then_some(byte >> 3)
        };
        for (x, y) in (0..grid.height).flat_map(|y| (0..grid.width).map(move |x| (x, y))) {
            let Some(room) = floor(x, y) else { continue };
            near[usize::from(room)] |= PRESENT;
            for (dx, dy) in [(1, 0), (0, 1)] {
                let ahead =
                    (1..=grid.width.max(grid.height)).map(|step| (step, floor(x + dx * step, y + dy * step)));
                let next = ahead.into_iter().find_map(|(step, room)| Some((step, room?)));
                if let Some((step, other)) = next
                    && step <= i32::try_from(apart).unwrap() + 1
                    && other != room
                {
                    near[usize::from(room)] |= 1 << other;
                    near[usize::from(other)] |= 1 << room;
                }
            }
        }
        near
    }

    #[test]
    fn neighbours_are_found_as_the_rule_says() {
        let mut noise = 7_u32;
        let mut random = |below: u32| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 16) % below
        };
        for _ in 0..400 {
            let (width, height) = (1 + random(40), 1 + random(12));
            let (mut byte, mut stays) = (0, 0);
            let cells: Vec<u8> = (0..width * height)
                .map(|_| {
                    if stays == 0 {
                        byte = [0, 1, 7, 0x0f, 0x17, 0x1f, 0xff, 0x0a, 0x10][random(9) as usize];
                        stays = random(12);
                    }
                    stays = stays.saturating_sub(1);
                    byte
                })
                .collect();
            let side = |side: u32| i32::try_from(side).unwrap();
            let image = Image::new(0, 0, side(width), side(height), &cells).unwrap();
            for apart in [0, 1, 3, 100] {
                assert_eq!(
                    neighbours(&image, apart),
                    slowly(&image, apart),
                    "{cells:?} {width}"
                );
            }
        }
    }
}
