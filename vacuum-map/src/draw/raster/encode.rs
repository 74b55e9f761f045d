//! Pictures as PNG files.
//!
//! Maps have few colours: most pictures have at most 256, with which a pixel is a byte and the file is half as large
//! and written in half the time. Others are RGB, or RGBA where something is transparent.

use alloc::vec;
use alloc::vec::Vec;

use tiny_skia::PremultipliedColorU8;

use super::Picture;
use crate::draw::DrawError;

impl Picture {
    /// The bytes of a PNG file: with a palette if there are at most 256 colours, else RGB, or RGBA if anything is
    /// transparent.
    ///
    /// # Errors
    ///
    /// [`DrawError::Encode`], which doesn't happen as long as there is memory.
    pub fn to_png(&self) -> Result<Vec<u8>, DrawError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width(), self.height());
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let pixels = match Indexed::new(self.pixmap.data(), self.width() as usize) {
            Some(Indexed { colors, pixels }) => {
                encoder.set_color(png::ColorType::Indexed);
                let (rgb, mut alpha): (Vec<[u8; 3]>, Vec<u8>) = colors.into_iter().map(demultiplied).unzip();
                encoder.set_palette(rgb.concat());
                // Those at the end that are opaque needn't be said.
                while alpha.pop_if(|alpha| *alpha == u8::MAX).is_some() {}
                if !alpha.is_empty() {
                    encoder.set_trns(alpha);
                }
                pixels
            }
            None if self.is_opaque() => {
                encoder.set_color(png::ColorType::Rgb);
                rgb(self.pixmap.data())
            }
            None => {
                encoder.set_color(png::ColorType::Rgba);
                self.to_rgba()
            }
        };
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&pixels).and_then(|()| writer.finish()));
        written.map(|()| file).map_err(|_| DrawError::Encode)
    }
}

fn demultiplied([red, green, blue, alpha]: [u8; 4]) -> ([u8; 3], u8) {
    let color = PremultipliedColorU8::from_rgba(red, green, blue, alpha);
    let color = color.unwrap_or(PremultipliedColorU8::TRANSPARENT).demultiply();
    ([color.red(), color.green(), color.blue()], color.alpha())
}

fn rgb(rgba: &[u8]) -> Vec<u8> {
    let mut rgb = vec![0; rgba.len() / 4 * 3];
    for (to, from) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(rgba.as_chunks::<4>().0) {
        let [r, g, b, _] = *from;
        *to = [r, g, b];
    }
    rgb
}

/// Pixels as numbers of colours.
struct Indexed {
    /// As pixels are in memory: premultiplied.
    colors: Vec<[u8; 4]>,
    pixels: Vec<u8>,
}

impl Indexed {
    /// `None` if there are more than 256 colours.
    fn new(pixels: &[u8], width: usize) -> Option<Self> {
        let (pixels, _) = pixels.as_chunks::<4>();
        let mut table = Table {
            colors: Vec::new(),
            slots: [None; SLOTS],
        };
        let mut numbers = vec![0; pixels.len()];
        let mut above: (&[_], &[_]) = (&[], &[]);
        for (line, to) in pixels.chunks_exact(width).zip(numbers.chunks_exact_mut(width)) {
            table.number_line(line, to, above)?;
            above = (line, to);
        }
        Some(Self {
            colors: table.colors,
            pixels: numbers,
        })
    }
}

/// Colours in the order in which they were met, with a hash table to find them.
struct Table {
    colors: Vec<[u8; 4]>,
    slots: [Option<([u8; 4], u8)>; SLOTS],
}

impl Table {
    /// Most of a line is as the line above, of which the numbers are known.
    fn number_line(&mut self, line: &[[u8; 4]], to: &mut [u8], above: (&[[u8; 4]], &[u8])) -> Option<()> {
        let (blocks, rest) = line.as_chunks::<BLOCK>();
        let (numbers, rest_of_numbers) = to.as_chunks_mut::<BLOCK>();
        let (above_blocks, _) = above.0.as_chunks::<BLOCK>();
        let mut known = above_blocks.iter().zip(above.1.as_chunks::<BLOCK>().0);
        for (block, to) in blocks.iter().zip(numbers) {
            match known.next() {
                Some((same, numbers)) if same.as_flattened() == block.as_flattened() => *to = *numbers,
                _ => self.number_each(block, to)?,
            }
        }
        self.number_each(rest, rest_of_numbers)
    }

    fn number_each(&mut self, pixels: &[[u8; 4]], to: &mut [u8]) -> Option<()> {
        for (color, to) in pixels.iter().zip(to) {
            *to = match self.slots.get(hash(*color)) {
                Some(Some((other, number))) if other == color => *number,
                _ => self.find_or_add(*color)?,
            };
        }
        Some(())
    }

    #[cold]
    fn find_or_add(&mut self, color: [u8; 4]) -> Option<u8> {
        let start = hash(color);
        // At most a quarter of the slots is taken, so that the search ends soon.
        for slot in (start..SLOTS).chain(0..start) {
            match self.slots.get_mut(slot)? {
                Some((other, number)) if *other == color => return Some(*number),
                Some(_) => {}
                free => {
                    let number = u8::try_from(self.colors.len()).ok()?;
                    *free = Some((color, number));
                    self.colors.push(color);
                    return Some(number);
                }
            }
        }
        None
    }
}

fn hash(color: [u8; 4]) -> usize {
    (u32::from_le_bytes(color).wrapping_mul(0x9e37_79b1) >> (32 - SLOT_BITS)) as usize
}

const SLOT_BITS: u32 = 10;
const SLOTS: usize = 1 << SLOT_BITS;
/// Pixels that are compared at once.
const BLOCK: usize = 8;
