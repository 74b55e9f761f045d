//! Which parts of an advertisement this crate reads.

use crate::ad::{Advertisement, Structures};
use crate::atc::ReedEvent;
use crate::frame::Frame;
use crate::reading::named_enum;
use crate::{MacAddr6, ParseError, atc, bthome, frame, hhcc, qingping, scale};

named_enum! {
    /// The formats that a [`Decoder`](crate::Decoder) reads.
    pub enum Format {
        /// Xiaomi's own: see [`frame`].
        MiBeacon => "mibeacon",
        /// atc1441 firmware, plain or encrypted: see [`atc`].
        Atc1441 => "atc1441",
        /// pvvx firmware, plain or encrypted: see [`atc`].
        Pvvx => "pvvx",
        /// A reed contact or counter of pvvx firmware: see [`ReedEvent`].
        Reed => "reed",
        /// BTHome version 1: see [`bthome::v1`].
        BthomeV1 => "bthome_v1",
        /// BTHome version 2: see [`bthome::v2`].
        BthomeV2 => "bthome_v2",
        /// Mi Scale: see [`scale::WeightScale`].
        WeightScale => "weight_scale",
        /// Mi Body Composition Scale: see [`scale::BodyComposition`].
        BodyComposition => "body_composition",
        /// Qingping and Cleargrass: see [`qingping`].
        Qingping => "qingping",
        /// The plant sensor HHCCJCY10: see [`hhcc`].
        Hhcc => "hhcc",
    }
}

/// A part of an advertisement that this crate can read: service data or manufacturer data of a known number.
///
/// Get them all with [`payloads`], or one from a host that takes advertisements apart itself.
///
/// ```
/// use mibeacon::Payload;
///
/// assert!(Payload::service_data(0xfcd2, &[0x40, 0x01, 0x61]).is_some());
/// assert!(Payload::service_data(0x180f, &[0x61]).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a>(pub(crate) Part<'a>);

/// What [`Payload`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    MiBeacon(&'a [u8]),
    Atc(&'a [u8]),
    Reed(ReedEvent),
    BthomeV1(&'a [u8]),
    BthomeV1Encrypted(&'a [u8]),
    BthomeV2(&'a [u8]),
    WeightScale(&'a [u8]),
    BodyComposition(&'a [u8]),
    Qingping(&'a [u8]),
    Hhcc(&'a [u8]),
}

impl<'a> Payload<'a> {
    /// Service data of a 16-bit UUID, without the UUID; `None` if no format of this crate uses the UUID.
    ///
    /// The two structures of a [`ReedEvent`] belong together; only [`payloads`] finds them.
    #[must_use]
    #[inline]
    pub const fn service_data(uuid: u16, data: &'a [u8]) -> Option<Self> {
        Some(Self(match uuid {
            frame::UUID => Part::MiBeacon(data),
            atc::UUID => Part::Atc(data),
            bthome::UUID_V2 => Part::BthomeV2(data),
            bthome::UUID_V1 => Part::BthomeV1(data),
            bthome::UUID_V1_ENCRYPTED => Part::BthomeV1Encrypted(data),
            scale::WeightScale::UUID => Part::WeightScale(data),
            scale::BodyComposition::UUID => Part::BodyComposition(data),
            qingping::UUID | qingping::OLD_UUID => Part::Qingping(data),
            hhcc::UUID => Part::Hhcc(data),
            _ => return None,
        }))
    }

    /// Who sent it: what the payload itself says where that counts, else `host`, the address that the radio saw.
    #[must_use]
    pub fn sender(&self, host: Option<MacAddr6>) -> Option<MacAddr6> {
        match self.0 {
            Part::MiBeacon(data) => Frame::parse(data).ok().and_then(|frame| frame.sender(host).ok()?),
            Part::Atc(data) => host.or_else(|| atc::Frame::parse(data).ok()?.mac()),
            Part::BthomeV2(data) => bthome::v2::Frame::parse(data)
                .ok()
                .and_then(|frame| frame.mac())
                .or(host),
            Part::Qingping(data) => host.or_else(|| Some(qingping::Frame::parse(data).ok()?.mac)),
            _ => host,
        }
    }

    /// Manufacturer data, without the company id; `None` for every company but Xiaomi.
    #[must_use]
    pub const fn manufacturer_data(company: u16, data: &'a [u8]) -> Option<Self> {
        match company {
            frame::COMPANY => Some(Self(Part::MiBeacon(data))),
            _ => None,
        }
    }
}

/// The parts of an advertisement (AD structures, legacy or extended) that this crate can read.
///
/// ```
/// let advert = b"\x02\x01\x06\x15\x16\x95\xfe\x50\x20\xaa\x01\xda\x21\x93\x35\x34\x2d\x58\x0d\x10\x04\xfe\x00\x48\x02";
/// assert_eq!(mibeacon::payloads(advert).count(), 1);
/// ```
#[must_use]
pub const fn payloads(advertisement: &[u8]) -> Payloads<'_> {
    let advertisement = Advertisement::new(advertisement);
    Payloads {
        advertisement,
        structures: advertisement.structures(),
        reed_seen: false,
        error: None,
    }
}

/// See [`payloads`].
#[derive(Clone, Debug)]
pub struct Payloads<'a> {
    advertisement: Advertisement<'a>,
    structures: Structures<'a>,
    reed_seen: bool,
    error: Option<ParseError>,
}

impl Payloads<'_> {
    /// Where the advertisement is broken off, once the iterator has come that far. What came before is good.
    #[must_use]
    pub const fn error(&self) -> Option<ParseError> {
        self.error
    }
}

impl<'a> Iterator for Payloads<'a> {
    type Item = Payload<'a>;

    #[inline]
    fn next(&mut self) -> Option<Payload<'a>> {
        loop {
            let structure = match self.structures.next()? {
                Ok(structure) => structure,
                Err(error) => {
                    self.error = Some(error);
                    return None;
                }
            };
            if let Some(service_data) = structure.service_data() {
                if let payload @ Some(_) = Payload::service_data(service_data.uuid, service_data.data) {
                    return payload;
                }
                if matches!(service_data.uuid, ReedEvent::DIGITAL_UUID | ReedEvent::COUNT_UUID)
                    && !self.reed_seen
                {
                    self.reed_seen = true;
                    if let Some(event) = ReedEvent::find(self.advertisement) {
                        return Some(Payload(Part::Reed(event)));
                    }
                }
            } else if let Some(manufacturer) = structure.manufacturer_data()
                && let payload @ Some(_) = Payload::manufacturer_data(manufacturer.company, manufacturer.data)
            {
                return payload;
            }
        }
    }
}
