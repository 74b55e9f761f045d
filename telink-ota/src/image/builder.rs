//! Makes an image that can be flashed of a linker's output.

use crate::crc::Crc32;

use super::{CHECK_FLAG, MAGIC};

/// What the header of a new image declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The manufacturer code.
    pub manufacturer: u16,
    /// The image type.
    pub image_type: u16,
    /// The file version.
    pub file_version: u32,
}

impl Declaration {
    /// As pvvx's images for a hardware id declare themselves.
    #[must_use]
    pub const fn pvvx(hardware_id: u8) -> Self {
        Self {
            manufacturer: crate::hardware::PVVX_MANUFACTURER,
            image_type: 0x0200 | hardware_id as u16,
            file_version: 0x9999_3001,
        }
    }

    /// As stock images of thermometers do: not at all.
    #[must_use]
    pub const fn stock() -> Self {
        Self {
            manufacturer: 0,
            image_type: 0,
            file_version: 0,
        }
    }
}

/// Turns the first `length` bytes of `buffer`, a linker's output, into an image: fills up to a multiple of
/// 16 with 0xFF, writes mark, declaration and size, and appends the CRC32.
///
/// Returns the length of the image; `None` if the buffer is too small or the output shorter than a header.
pub fn finish(buffer: &mut [u8], length: usize, declaration: &Declaration) -> Option<usize> {
    if length < 32 {
        return None;
    }
    let padded = length.next_multiple_of(16);
    let total = padded.checked_add(4)?;
    let size = u32::try_from(total).ok()?;
    let image = buffer.get_mut(..total)?;
    image.get_mut(length..)?.fill(0xff);
    put(image, 0x02, &declaration.file_version.to_le_bytes())?;
    put(image, 0x06, &CHECK_FLAG)?;
    put(image, 0x08, &MAGIC)?;
    put(image, 0x12, &declaration.manufacturer.to_le_bytes())?;
    put(image, 0x14, &declaration.image_type.to_le_bytes())?;
    put(image, 0x18, &size.to_le_bytes())?;
    let crc = Crc32::telink().update(image.get(..padded)?).value();
    put(image, padded, &crc.to_le_bytes())?;
    Some(total)
}

fn put(image: &mut [u8], offset: usize, bytes: &[u8]) -> Option<()> {
    image
        .get_mut(offset..)?
        .get_mut(..bytes.len())?
        .copy_from_slice(bytes);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_image_passes_its_inspection() {
        for length in 32..80 {
            let mut buffer = vec![0x11; 100];
            let size = finish(&mut buffer, length, &Declaration::stock()).unwrap();
            let image = crate::image::inspect(&buffer[..size]).unwrap();
            assert_eq!(image.header.size as usize, size);
        }
    }

    #[test]
    fn a_buffer_without_room_for_the_checksum_is_refused() {
        assert_eq!(finish(&mut [0; 51], 48, &Declaration::stock()), None);
        assert_eq!(finish(&mut [0; 99], 31, &Declaration::stock()), None);
    }
}
