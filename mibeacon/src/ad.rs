//! AD structures: the grammar of every Bluetooth advertisement, legacy and extended.
//!
//! An advertising payload is a row of AD structures. A length of zero ends it; what follows is padding.
//!
//! | offset | size | field | unit |
//! |---|---|---|---|
//! | 0 | 1 | length of type and data; 0 ends the payload | bytes |
//! | 1 | 1 | [`AdType`] | |
//! | 2 | length - 1 | data | |
//!
//! Flags, LYWSDCGQ service data of 0xFE95:
//!
//! ```
//! use mibeacon::ad::{Advertisement, Flags};
//!
//! // 020106 15 16 95fe 5020aa01da219335342d580d1004fe004802
//! let bytes = b"\x02\x01\x06\x15\x16\x95\xfe\x50\x20\xaa\x01\xda\x21\x93\x35\x34\x2d\x58\x0d\x10\x04\xfe\x00\x48\x02";
//! let advertisement = Advertisement::new(bytes);
//! assert_eq!(advertisement.flags(), Some(Flags::LE_ONLY_GENERAL));
//! let service_data = advertisement.service_data().next().unwrap();
//! assert_eq!(service_data.uuid, 0xfe95);
//! assert_eq!(service_data.data.len(), 18);
//! assert_eq!(advertisement.error(), None);
//! ```

mod encoder;

use core::iter::FusedIterator;

use crate::ParseError;

pub use encoder::{AdvertBuf, Encoder};

/// The payload of one advertisement, any length. A view: it copies nothing and checks nothing in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Advertisement<'a>(&'a [u8]);

impl<'a> Advertisement<'a> {
    /// A view of the AD structures, as the radio or the host delivers them.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes, padding included.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Every AD structure in the order of the air; an error, if there is one, comes last.
    #[must_use]
    pub const fn structures(&self) -> Structures<'a> {
        Structures {
            rest: self.0,
            offset: 0,
        }
    }

    /// The structure that runs past the end, if one does. The structures before it are good: CGDN1 sends
    /// frames that end in garbage.
    #[must_use]
    pub fn error(&self) -> Option<ParseError> {
        self.structures().find_map(Result::err)
    }

    /// The flags; some devices (YLKG07YL, YLYK01YL) send none.
    #[must_use]
    pub fn flags(&self) -> Option<Flags> {
        self.find(AdType::FLAGS)?.first().copied().map(Flags)
    }

    /// The local name: the complete one if there is one, else the shortened one.
    #[must_use]
    pub fn name(&self) -> Option<LocalName<'a>> {
        let complete = self.find(AdType::COMPLETE_LOCAL_NAME);
        let (bytes, is_complete) = match complete {
            Some(bytes) => (bytes, true),
            None => (self.find(AdType::SHORTENED_LOCAL_NAME)?, false),
        };
        Some(LocalName { bytes, is_complete })
    }

    /// Service data of all 16-bit UUIDs, in the order of the air. Structures without a whole UUID are left
    /// out.
    pub fn service_data(&self) -> impl Iterator<Item = ServiceData<'a>> + Clone + 'a {
        self.good().filter_map(|structure| structure.service_data())
    }

    /// The first service data of a 16-bit UUID.
    #[must_use]
    pub fn service_data_of(&self, uuid: u16) -> Option<&'a [u8]> {
        self.service_data()
            .find(|service_data| service_data.uuid == uuid)
            .map(|service_data| service_data.data)
    }

    /// Manufacturer data of all companies, in the order of the air.
    pub fn manufacturer_data(&self) -> impl Iterator<Item = ManufacturerData<'a>> + Clone + 'a {
        self.good().filter_map(|structure| structure.manufacturer_data())
    }

    /// The 16-bit service UUIDs that the device lists, from complete and incomplete lists. A hint only: they
    /// carry no data.
    pub fn uuids_16(&self) -> impl Iterator<Item = u16> + Clone + 'a {
        self.good()
            .filter(|structure| {
                matches!(
                    structure.ad_type,
                    AdType::INCOMPLETE_UUIDS_16 | AdType::COMPLETE_UUIDS_16
                )
            })
            .flat_map(|structure| structure.data.as_chunks().0)
            .map(|uuid| u16::from_le_bytes(*uuid))
    }

    fn good(&self) -> impl Iterator<Item = Structure<'a>> + Clone + 'a {
        self.structures().map_while(Result::ok)
    }

    fn find(&self, ad_type: AdType) -> Option<&'a [u8]> {
        self.good()
            .find(|structure| structure.ad_type == ad_type)
            .map(|structure| structure.data)
    }
}

impl<'a> From<&'a [u8]> for Advertisement<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

/// One AD structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Structure<'a> {
    /// What the data means.
    pub ad_type: AdType,
    /// The data, 0 to 254 bytes.
    pub data: &'a [u8],
}

impl<'a> Structure<'a> {
    /// The data of a 16-bit service, if this is such a structure and holds a whole UUID.
    #[must_use]
    pub fn service_data(&self) -> Option<ServiceData<'a>> {
        let (&uuid, data) = match self.ad_type {
            AdType::SERVICE_DATA_16 => self.data.split_first_chunk()?,
            _ => return None,
        };
        Some(ServiceData {
            uuid: u16::from_le_bytes(uuid),
            data,
        })
    }

    /// Manufacturer data, if this is such a structure and holds a whole company identifier.
    #[must_use]
    pub fn manufacturer_data(&self) -> Option<ManufacturerData<'a>> {
        let (&company, data) = match self.ad_type {
            AdType::MANUFACTURER_DATA => self.data.split_first_chunk()?,
            _ => return None,
        };
        Some(ManufacturerData {
            company: u16::from_le_bytes(company),
            data,
        })
    }
}

/// Service data of a 16-bit UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceData<'a> {
    /// The service's UUID.
    pub uuid: u16,
    /// Its data, 0 to 252 bytes.
    pub data: &'a [u8],
}

/// Data in a manufacturer's own format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ManufacturerData<'a> {
    /// The company identifier: 0x038F Xiaomi, 0x0157 Huami.
    pub company: u16,
    /// Its data, 0 to 252 bytes.
    pub data: &'a [u8],
}

/// A device's local name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalName<'a> {
    /// The name as sent, normally UTF-8.
    pub bytes: &'a [u8],
    /// Whether this is the complete name rather than a shortened one.
    pub is_complete: bool,
}

impl<'a> LocalName<'a> {
    /// The name as text; `None` if it isn't UTF-8.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        match core::str::from_utf8(self.bytes) {
            Ok(text) => Some(text),
            Err(_) => None,
        }
    }
}

/// Walks the AD structures of a payload; made by [`Advertisement::structures`].
///
/// Ends at a zero length, at the end of the bytes, or after the one
/// [`TruncatedAd`](ParseError::TruncatedAd).
#[derive(Clone, Debug)]
pub struct Structures<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Structures<'a> {
    type Item = Result<Structure<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&declared, after_length) = core::mem::take(&mut self.rest).split_first()?;
        if declared == 0 {
            return None;
        }
        let Some((structure, rest)) = after_length.split_at_checked(usize::from(declared)) else {
            return Some(Err(ParseError::TruncatedAd {
                offset: self.offset,
                declared,
                available: after_length.len(),
            }));
        };
        self.rest = rest;
        self.offset += 1 + structure.len();
        let (&ad_type, data) = structure.split_first()?;
        Some(Ok(Structure {
            ad_type: AdType(ad_type),
            data,
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // The shortest structure has two bytes; a lone length byte is one more item.
        (0, Some(self.rest.len().div_ceil(2)))
    }
}

impl FusedIterator for Structures<'_> {}

/// The type of an AD structure, as the Bluetooth SIG assigns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AdType(pub u8);

impl AdType {
    /// Flags.
    pub const FLAGS: Self = Self(0x01);
    /// Incomplete list of 16-bit service UUIDs.
    pub const INCOMPLETE_UUIDS_16: Self = Self(0x02);
    /// Complete list of 16-bit service UUIDs.
    pub const COMPLETE_UUIDS_16: Self = Self(0x03);
    /// Shortened local name.
    pub const SHORTENED_LOCAL_NAME: Self = Self(0x08);
    /// Complete local name.
    pub const COMPLETE_LOCAL_NAME: Self = Self(0x09);
    /// Transmit power level, dBm.
    pub const TX_POWER_LEVEL: Self = Self(0x0a);
    /// Service data, 16-bit UUID.
    pub const SERVICE_DATA_16: Self = Self(0x16);
    /// Service data, 32-bit UUID.
    pub const SERVICE_DATA_32: Self = Self(0x20);
    /// Service data, 128-bit UUID.
    pub const SERVICE_DATA_128: Self = Self(0x21);
    /// Mesh message.
    pub const MESH_MESSAGE: Self = Self(0x2a);
    /// Mesh beacon.
    pub const MESH_BEACON: Self = Self(0x2b);
    /// Manufacturer specific data.
    pub const MANUFACTURER_DATA: Self = Self(0xff);
}

/// The flags of an advertisement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl Flags {
    /// LE only, general discoverable: `020106`, what nearly every sensor sends.
    pub const LE_ONLY_GENERAL: Self = Self(0x06);

    /// LE limited discoverable mode.
    #[must_use]
    pub const fn limited_discoverable(self) -> bool {
        self.0 & 1 != 0
    }

    /// LE general discoverable mode.
    #[must_use]
    pub const fn general_discoverable(self) -> bool {
        self.0 & 1 << 1 != 0
    }

    /// BR/EDR not supported.
    #[must_use]
    pub const fn br_edr_not_supported(self) -> bool {
        self.0 & 1 << 2 != 0
    }
}

/// What a legacy advertisement holds.
pub const LEGACY_LIMIT: usize = 31;

/// What extended advertising can chain together.
pub const EXTENDED_LIMIT: usize = 1650;

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(bytes: &[u8]) -> (Vec<(u8, &[u8])>, Option<ParseError>) {
        let advertisement = Advertisement::new(bytes);
        let good = advertisement
            .good()
            .map(|structure| (structure.ad_type.0, structure.data));
        (good.collect(), advertisement.error())
    }

    #[test]
    fn a_scale_lists_its_uuid_and_sends_manufacturer_data() {
        let bytes = b"\x02\x01\x06\x03\x02\x1d\x18\x09\xff\x57\x01\xc8\x47\x8c\xc0\x95\x89\
            \x0d\x16\x1d\x18\xa2\x20\x44\xb2\x07\x01\x01\x0a\x1a\x15";
        let advertisement = Advertisement::new(bytes);
        assert_eq!(advertisement.uuids_16().collect::<Vec<_>>(), [0x181d]);
        let huami = advertisement.manufacturer_data().next().unwrap();
        assert_eq!(
            (huami.company, huami.data),
            (0x0157, &b"\xc8\x47\x8c\xc0\x95\x89"[..])
        );
        assert_eq!(advertisement.service_data_of(0x181d).unwrap().len(), 10);
        assert_eq!(advertisement.service_data_of(0x181b), None);
    }

    #[test]
    fn what_comes_before_a_fault_is_kept() {
        let (good, error) = walk(b"\x02\x01\x06\x1b\x16\x95\xfe\x58\x58");
        assert_eq!(good, [(1, &b"\x06"[..])]);
        assert_eq!(
            error,
            Some(ParseError::TruncatedAd {
                offset: 3,
                declared: 27,
                available: 5
            })
        );
    }

    #[test]
    fn a_zero_length_ends_the_walk_without_an_error() {
        assert_eq!(walk(b"\x02\x01\x06\x00\xff\xff"), (vec![(1, &b"\x06"[..])], None));
        assert_eq!(walk(b""), (vec![], None));
    }

    #[test]
    fn a_type_without_data_is_a_structure_without_uuid() {
        let advertisement = Advertisement::new(b"\x01\x16\x02\x16\x95\x01\xff");
        assert_eq!(advertisement.structures().count(), 3);
        assert_eq!(advertisement.service_data().count(), 0);
        assert_eq!(advertisement.manufacturer_data().count(), 0);
    }

    #[test]
    fn the_complete_name_wins() {
        let name = Advertisement::new(b"\x04\x08MMC\x05\x09MMC1").name().unwrap();
        assert_eq!((name.as_str(), name.is_complete), (Some("MMC1"), true));
        let name = Advertisement::new(b"\x04\x08MMC").name().unwrap();
        assert_eq!((name.as_str(), name.is_complete), (Some("MMC"), false));
        assert_eq!(Advertisement::new(b"\x02\x09\xff").name().unwrap().as_str(), None);
    }

    #[test]
    fn long_chained_payloads_are_walked_to_the_end() {
        let bytes: Vec<u8> = (0..EXTENDED_LIMIT / 3).flat_map(|i| [2, 0xff, i as u8]).collect();
        assert_eq!(Advertisement::new(&bytes).structures().count(), 550);
    }
}
