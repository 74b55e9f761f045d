//! Building advertisements, into a caller's buffer or into an inline one.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

use super::{AdType, Flags, LEGACY_LIMIT};
use crate::EncodeError;
use crate::reading::HexBytes;

/// Writes AD structures into a buffer, each one whole or not at all.
///
/// ```
/// use mibeacon::ad::{Encoder, Flags};
///
/// let mut buffer = [0; 31];
/// let mut encoder = Encoder::new(&mut buffer);
/// encoder.flags(Flags::LE_ONLY_GENERAL)?.complete_name("MMC")?.service_data(0xfe95, &[1, 2])?;
/// assert_eq!(encoder.finish(), b"\x02\x01\x06\x04\x09MMC\x05\x16\x95\xfe\x01\x02");
/// # Ok::<(), mibeacon::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct Encoder<'a> {
    out: &'a mut [u8],
    length: usize,
}

impl<'a> Encoder<'a> {
    /// Starts an empty advertisement that may fill all of `out`.
    #[must_use]
    pub const fn new(out: &'a mut [u8]) -> Self {
        Self { out, length: 0 }
    }

    /// The flags.
    pub fn flags(&mut self, flags: Flags) -> Result<&mut Self, EncodeError> {
        self.structure(AdType::FLAGS, &[flags.0])
    }

    /// The complete local name.
    pub fn complete_name(&mut self, name: &str) -> Result<&mut Self, EncodeError> {
        self.structure(AdType::COMPLETE_LOCAL_NAME, name.as_bytes())
    }

    /// A shortened local name.
    pub fn shortened_name(&mut self, name: &str) -> Result<&mut Self, EncodeError> {
        self.structure(AdType::SHORTENED_LOCAL_NAME, name.as_bytes())
    }

    /// The complete list of 16-bit service UUIDs.
    pub fn complete_uuids_16(&mut self, uuids: &[u16]) -> Result<&mut Self, EncodeError> {
        let data = self.reserve(AdType::COMPLETE_UUIDS_16, 2 * uuids.len())?;
        for (to, uuid) in data.as_chunks_mut().0.iter_mut().zip(uuids) {
            *to = uuid.to_le_bytes();
        }
        Ok(self)
    }

    /// Service data of a 16-bit UUID, at most 252 bytes.
    pub fn service_data(&mut self, uuid: u16, data: &[u8]) -> Result<&mut Self, EncodeError> {
        self.prefixed(AdType::SERVICE_DATA_16, uuid, data)
    }

    /// Manufacturer data, at most 252 bytes.
    pub fn manufacturer_data(&mut self, company: u16, data: &[u8]) -> Result<&mut Self, EncodeError> {
        self.prefixed(AdType::MANUFACTURER_DATA, company, data)
    }

    /// Any structure with at most 254 bytes of data.
    pub fn structure(&mut self, ad_type: AdType, data: &[u8]) -> Result<&mut Self, EncodeError> {
        self.reserve(ad_type, data.len())?.copy_from_slice(data);
        Ok(self)
    }

    /// How many bytes were written.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The finished advertisement.
    #[must_use]
    pub fn finish(self) -> &'a [u8] {
        self.out.get(..self.length).unwrap_or_default()
    }

    fn prefixed(&mut self, ad_type: AdType, id: u16, data: &[u8]) -> Result<&mut Self, EncodeError> {
        let target = self.reserve(ad_type, 2 + data.len())?;
        if let Some((prefix, rest)) = target.split_first_chunk_mut() {
            *prefix = id.to_le_bytes();
            rest.copy_from_slice(data);
        }
        Ok(self)
    }

    /// Writes length and type, and hands out the place of the data.
    fn reserve(&mut self, ad_type: AdType, length: usize) -> Result<&mut [u8], EncodeError> {
        let declared = u8::try_from(length + 1).map_err(|_| EncodeError::TooLong {
            found: length,
            limit: DATA_LIMIT,
        })?;
        let (start, available) = (self.length, self.out.len());
        let needed = start + 2 + length;
        let target = self
            .out
            .get_mut(start..needed)
            .and_then(<[u8]>::split_first_chunk_mut);
        let (header, data) = target.ok_or(EncodeError::BufferTooSmall { needed, available })?;
        *header = [declared, ad_type.0];
        self.length = needed;
        Ok(data)
    }
}

/// A finished advertisement of at most 255 bytes, held inline.
///
/// ```
/// use mibeacon::ad::{AdvertBuf, Flags};
///
/// let advert = AdvertBuf::build(|ad| {
///     ad.flags(Flags::LE_ONLY_GENERAL)?.service_data(0x181a, &[0; 13])?;
///     Ok(())
/// })?;
/// assert_eq!(advert.len(), 20);
/// assert!(advert.fits_legacy());
/// # Ok::<(), mibeacon::EncodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct AdvertBuf {
    bytes: [u8; CAPACITY],
    length: u8,
}

impl AdvertBuf {
    /// An advertisement without any structure.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; CAPACITY],
            length: 0,
        }
    }

    /// An advertisement with what `write` puts into the [`Encoder`].
    ///
    /// # Errors
    ///
    /// Those of `write`; [`BufferTooSmall`](EncodeError::BufferTooSmall) beyond 255 bytes.
    pub fn build(
        write: impl FnOnce(&mut Encoder<'_>) -> Result<(), EncodeError>,
    ) -> Result<Self, EncodeError> {
        let mut advert = Self::new();
        let mut encoder = Encoder::new(&mut advert.bytes);
        write(&mut encoder)?;
        let length = encoder.len();
        advert.length = u8::try_from(length).map_err(|_| too_long(length))?;
        Ok(advert)
    }

    /// The AD structures.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or(&self.bytes)
    }

    /// Whether legacy advertising (31 bytes) can carry it; if not, only extended advertising does.
    #[must_use]
    pub const fn fits_legacy(&self) -> bool {
        self.length as usize <= LEGACY_LIMIT
    }
}

impl Default for AdvertBuf {
    fn default() -> Self {
        Self::new()
    }
}

impl TryFrom<&[u8]> for AdvertBuf {
    type Error = EncodeError;

    fn try_from(bytes: &[u8]) -> Result<Self, EncodeError> {
        let mut advert = Self::new();
        advert.length = u8::try_from(bytes.len()).map_err(|_| too_long(bytes.len()))?;
        for (to, from) in advert.bytes.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(advert)
    }
}

impl Deref for AdvertBuf {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for AdvertBuf {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for AdvertBuf {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for AdvertBuf {}

impl Hash for AdvertBuf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for AdvertBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdvertBuf({})", HexBytes(self.as_bytes()))
    }
}

const fn too_long(found: usize) -> EncodeError {
    EncodeError::TooLong {
        found,
        limit: CAPACITY,
    }
}

/// The length byte counts the type too.
const DATA_LIMIT: usize = 254;

const CAPACITY: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_structure_that_does_not_fit_leaves_the_others_untouched() {
        let mut buffer = [0; 8];
        let mut encoder = Encoder::new(&mut buffer);
        encoder.flags(Flags(6)).unwrap();
        let error = encoder.service_data(0xfe95, &[1, 2]).unwrap_err();
        assert_eq!(
            error,
            EncodeError::BufferTooSmall {
                needed: 9,
                available: 8
            }
        );
        encoder.service_data(0xfe95, &[1]).unwrap();
        assert_eq!(encoder.finish(), b"\x02\x01\x06\x04\x16\x95\xfe\x01");
    }

    #[test]
    fn the_length_byte_limits_a_structure() {
        let mut buffer = [0; 600];
        let mut encoder = Encoder::new(&mut buffer);
        encoder.manufacturer_data(0xffff, &[0; 252]).unwrap();
        assert_eq!(
            encoder.manufacturer_data(0xffff, &[0; 253]).unwrap_err(),
            EncodeError::TooLong {
                found: 255,
                limit: 254
            }
        );
        encoder.complete_uuids_16(&[0x181a, 0xfe95]).unwrap();
        assert!(encoder.finish().ends_with(b"\x05\x03\x1a\x18\x95\xfe"));
    }

    #[test]
    fn a_buffer_is_equal_by_its_contents() {
        let built = AdvertBuf::build(|ad| ad.flags(Flags(6)).map(drop)).unwrap();
        assert_eq!(built, AdvertBuf::try_from(&b"\x02\x01\x06"[..]).unwrap());
        assert_eq!(format!("{built:?}"), "AdvertBuf(020106)");
        assert!(AdvertBuf::try_from(&[0; 256][..]).is_err());
        assert!(AdvertBuf::new().is_empty());
    }
}
