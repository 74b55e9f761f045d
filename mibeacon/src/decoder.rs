//! From an address and an advertisement to a [`Report`], with keys, duplicates and replays taken care of.

mod atc;
mod bthome;
mod device;
mod outcome;
mod report;
mod slot;
mod state;
mod table;

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::num::NonZeroU16;
use core::time::Duration;

use macaddr::MacAddr6;

pub use device::{AVAILABLE_FOR, Device};
pub use outcome::{KeyStatus, Outcome};
pub use report::{Content, Readings, Report};
pub use slot::Slot;
pub use state::DeviceState;

use crate::bthome::v1;
use crate::frame::{self, Body, Frame, FrameControl, Objects, Product, ProductId};
use crate::payload::{Part, Payload};
use crate::{BindKey, Fingerprint, Format, ParseError, Policy, hhcc, qingping, scale};
use table::Table;

/// Reads the advertisements of many devices.
///
/// It knows the devices that you name with [`insert_key`](Self::insert_key) or [`track`](Self::track); their state
/// sits in slots that you provide: an array on a microcontroller, a `Vec` elsewhere. Strangers take no memory: their
/// plain readings are decoded, without telling duplicates.
///
/// ```
/// use core::time::Duration;
/// use mibeacon::{Decoder, MacAddr6, Outcome, Policy, Slot};
///
/// let mut decoder = Decoder::new([const { Slot::EMPTY }; 8], Policy::Lenient);
/// let address = MacAddr6::new(0xa4, 0xc1, 0x38, 0xf8, 0x4b, 0x18);
/// decoder.insert_key(address, "b2d46f0cd168c18b247c0c79e9ad5b8d".parse()?)?;
///
/// let advert = b"\x1a\x16\x95\xfe\x58\x58\x5b\x05\xdb\x18\x4b\xf8\x38\xc1\xa4\x72\xc3\xfa\x42\xcd\x05\x00\x00\xce\x7b\x8a\x28";
/// for payload in mibeacon::payloads(advert) {
///     let report = decoder.decode(Duration::ZERO, Some(address), payload);
///     assert_eq!(report.outcome, Outcome::Readings);
///     assert_eq!(report.model(), Some("LYWSD03MMC"));
///     assert_eq!(report.readings().next().unwrap().to_string(), "humidity 43.9 %");
/// }
///
/// // The same packet again is a duplicate; without a key it would say so and what to do.
/// let payload = mibeacon::payloads(advert).next().unwrap();
/// assert_eq!(decoder.decode(Duration::ZERO, Some(address), payload).outcome, Outcome::Duplicate);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Decoder<S> {
    table: Table<S>,
    policy: Policy,
    plaintext: [u8; MOST_PLAINTEXT],
}

#[cfg(feature = "alloc")]
impl Decoder<Vec<Slot>> {
    /// A decoder that can know this many devices.
    #[must_use]
    pub fn with_capacity(devices: usize, policy: Policy) -> Self {
        Self::new(
            core::iter::repeat_with(|| Slot::EMPTY).take(devices).collect(),
            policy,
        )
    }
}

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> Decoder<S> {
    /// A decoder that knows as many devices as there are slots. What the slots held is forgotten.
    pub fn new(slots: S, policy: Policy) -> Self {
        Self {
            table: Table::new(slots),
            policy,
            plaintext: [0; MOST_PLAINTEXT],
        }
    }

    /// How many devices it can know.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.table.capacity()
    }

    /// Sets or replaces a device's key.
    ///
    /// Another key than before starts the counters anew, since a device that was paired again counts from zero; the
    /// same key again changes nothing.
    pub fn insert_key(&mut self, address: MacAddr6, key: BindKey) -> Result<(), CapacityError> {
        self.slot(address)?.set_key(key);
        Ok(())
    }

    /// Gets to know a device without key, so that its duplicates are told.
    pub fn track(&mut self, address: MacAddr6) -> Result<(), CapacityError> {
        self.slot(address).map(|_| ())
    }

    /// Forgets a device and its key; says whether it was known.
    pub fn remove(&mut self, address: MacAddr6) -> bool {
        self.table.remove(address)
    }

    /// Forgets a device's counters: after it lost power and counts from somewhere else. Says whether it was known.
    pub fn reset_counters(&mut self, address: MacAddr6) -> bool {
        self.table.find_mut(address).map(Slot::forget_counters).is_some()
    }

    /// What is known of a device.
    #[must_use]
    pub fn device(&self, address: MacAddr6) -> Option<Device<'_>> {
        self.table.find(address).map(Device)
    }

    /// All known devices, in no order.
    pub fn devices(&self) -> impl Iterator<Item = Device<'_>> {
        self.table.iter().map(Device)
    }

    /// What must survive a restart, a line a device. Store it now and then: a counter that was stored late only makes
    /// the replay window longer by that time.
    pub fn states(&self) -> impl Iterator<Item = DeviceState> {
        self.table.iter().filter_map(Slot::state)
    }

    /// Restores what [`states`](Self::states) gave, before or after the keys are inserted. Only with the same key as
    /// then, see [`BindKey::check_value`]: the counters of a device that was paired again start at zero.
    pub fn restore(&mut self, state: &DeviceState) -> Result<(), CapacityError> {
        self.slot(state.address)?.restore(state);
        Ok(())
    }

    /// Decodes one payload of an advertisement that `address` sent; `None` if the host hides addresses.
    ///
    /// `now` is the time since any start, and never goes back. The report borrows the decoder, since the plaintext sits
    /// there.
    #[inline(always)]
    pub fn decode<'a>(
        &'a mut self,
        now: Duration,
        address: Option<MacAddr6>,
        payload: Payload<'a>,
    ) -> Report<'a> {
        match payload.0 {
            Part::MiBeacon(data) => self.mibeacon(now, address, data),
            Part::Atc(data) => self.atc(now, address, data),
            Part::BthomeV2(data) => self.bthome_v2(now, address, data),
            part => self.other(now, address, part),
        }
    }

    /// The formats that are less common.
    #[inline(never)]
    fn other<'a>(&'a mut self, now: Duration, address: Option<MacAddr6>, part: Part<'a>) -> Report<'a> {
        match part {
            Part::MiBeacon(data) => self.mibeacon(now, address, data),
            Part::Atc(data) => self.atc(now, address, data),
            Part::BthomeV2(data) => self.bthome_v2(now, address, data),
            Part::Reed(event) => self.reed(now, address, event),
            Part::BthomeV1(data) => {
                let frame = v1::Frame::parse_plain(data);
                self.bthome_v1(now, address, data, Ok(frame))
            }
            Part::BthomeV1Encrypted(data) => {
                let frame = v1::Frame::parse_encrypted(data);
                self.bthome_v1(now, address, data, frame)
            }
            Part::WeightScale(data) => {
                let parsed = scale::WeightScale::parse(data).map(Content::WeightScale);
                self.plain(now, address, Format::WeightScale, data, parsed)
            }
            Part::BodyComposition(data) => {
                let parsed = scale::BodyComposition::parse(data).map(Content::BodyComposition);
                self.plain(now, address, Format::BodyComposition, data, parsed)
            }
            Part::Qingping(data) => {
                let parsed = qingping::Frame::parse(data).map(Content::Qingping);
                self.plain(now, address, Format::Qingping, data, parsed)
            }
            Part::Hhcc(data) => {
                let parsed = hhcc::Frame::parse(data).map(Content::Hhcc);
                self.plain(now, address, Format::Hhcc, data, parsed)
            }
        }
    }

    fn slot(&mut self, address: MacAddr6) -> Result<&mut Slot, CapacityError> {
        let capacity = self.capacity();
        self.table
            .find_or_insert(address, self.policy)
            .ok_or(CapacityError { capacity })
    }

    #[inline(never)]
    fn mibeacon<'a>(&'a mut self, now: Duration, host: Option<MacAddr6>, data: &'a [u8]) -> Report<'a> {
        let Ok(frame) = Frame::read(data, drop) else {
            return broken_frame(host, data);
        };
        let sender = match frame.sender(host) {
            Ok(sender) => sender,
            Err(error) => return Report::malformed(Format::MiBeacon, host, error),
        };
        let policy = self.policy;
        let mut slot = sender.and_then(|sender| self.table.find_mut(sender));
        if let Some(slot) = &mut slot {
            slot.note_seen(now, Format::MiBeacon);
            slot.product = NonZeroU16::new(frame.product_id.0);
        }
        let (mut objects, mut authenticated) = (Objects::new(&[]), false);
        let mut outcome = match (&frame.body, slot, sender) {
            (Body::Idle { .. }, ..) if is_unbound(&frame) => Outcome::NotBound,
            (Body::Idle { .. }, ..) => Outcome::Presence,
            (Body::Plain(bytes), slot, _) => {
                objects = Objects::new(bytes);
                match slot {
                    Some(slot) if slot.has_key() && policy == Policy::Strict => Outcome::Downgraded,
                    Some(slot) => verdict(slot.frame_replay.check_plain(policy, frame.counter, bytes), 0, 0),
                    None => Outcome::Readings,
                }
            }
            (Body::Encrypted(_), _, None) => Outcome::AddressUnknown,
            (Body::Encrypted(_), None, _) => Outcome::NoKey,
            (Body::Encrypted(encrypted), Some(slot), Some(sender)) => {
                match slot.frame_cipher(frame.control.scheme()) {
                    None => Outcome::NoKey,
                    Some(Err(error)) => slot.refused(error),
                    Some(Ok(cipher)) => {
                        match frame.decrypt_with(cipher, encrypted, sender, &mut self.plaintext) {
                            Ok(decrypted) => {
                                (objects, authenticated) = (decrypted, true);
                                slot.note_success();
                                let counter = frame.counter32().unwrap_or_default();
                                let last = slot.frame_replay.last().unwrap_or_default();
                                verdict(slot.frame_replay.check_encrypted(policy, counter), counter, last)
                            }
                            Err(error) => slot.refused(error),
                        }
                    }
                }
            }
        };
        let mut fault = None;
        if outcome == Outcome::Readings {
            (outcome, fault) = judge(frame.product_id, objects.clone());
        }
        Report {
            address: sender,
            format: Format::MiBeacon,
            outcome,
            counter: Some(frame.counter32().unwrap_or(frame.counter.into())),
            authenticated,
            fault,
            content: Content::MiBeacon(frame, objects),
        }
    }

    /// What to do with readings of a format that has no encryption or doesn't use it here.
    fn hear_plain(
        &mut self,
        now: Duration,
        sender: Option<MacAddr6>,
        format: Format,
        data: &[u8],
    ) -> Outcome {
        let policy = self.policy;
        let Some(slot) = sender.and_then(|sender| self.table.find_mut(sender)) else {
            return Outcome::Readings;
        };
        slot.note_seen(now, format);
        slot.plain_outcome(policy, Fingerprint::of(data))
    }

    fn plain<'a>(
        &mut self,
        now: Duration,
        address: Option<MacAddr6>,
        format: Format,
        data: &[u8],
        parsed: Result<Content<'a>, ParseError>,
    ) -> Report<'a> {
        let content = match parsed {
            Ok(content) => content,
            Err(error) => return Report::malformed(format, address, error),
        };
        let mut report = Report::new(format, address, content);
        if let Content::Qingping(frame) = &report.content {
            // The device embeds its MAC; one model embeds another one than it sends from.
            report.address = address.or(Some(frame.mac));
            report.fault = frame.error();
        }
        let policy = self.policy;
        if let Some(slot) = report.address.and_then(|address| self.table.find_mut(address)) {
            slot.note_seen(now, format);
            slot.sleepy = matches!(format, Format::WeightScale | Format::BodyComposition);
            report.outcome = slot.plain_outcome(policy, Fingerprint::of(data));
        }
        if report.outcome == Outcome::Readings && report.all_readings().next().is_none() {
            // A scale while the weight isn't final.
            report.outcome = Outcome::Presence;
        }
        report
    }
}

/// Few frames are broken, so that few are read once more to tell where.
#[cold]
fn broken_frame(host: Option<MacAddr6>, data: &[u8]) -> Report<'_> {
    match Frame::parse(data) {
        Ok(frame) => Report::new(
            Format::MiBeacon,
            host,
            Content::MiBeacon(frame, Objects::new(&[])),
        ),
        Err(error) => Report::malformed(Format::MiBeacon, host, error),
    }
}

/// There is no free slot for another device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all {capacity} slots are taken")]
#[non_exhaustive]
pub struct CapacityError {
    /// How many slots there are.
    pub capacity: usize,
}

impl CapacityError {
    /// What a person can do about it, in one sentence.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Make the decoder with more slots, or remove devices that are gone.")
    }
}

fn verdict(verdict: frame::Verdict, counter: u32, last: u32) -> Outcome {
    match verdict {
        frame::Verdict::Accept | frame::Verdict::AcceptReset => Outcome::Readings,
        frame::Verdict::Duplicate => Outcome::Duplicate,
        frame::Verdict::Stale => Outcome::Stale,
        frame::Verdict::Replay => Outcome::Replayed { counter, last },
    }
}

/// Before it is bound, a device of version 5 shows its capability and doesn't set the registered bit.
#[inline(always)]
fn is_unbound(frame: &Frame<'_>) -> bool {
    let control: FrameControl = frame.control;
    let encrypts = frame
        .product()
        .is_some_and(|product| product.key_kind.is_encrypted_when_bound());
    control.version() == 5 && control.has_capability() && !control.is_registered() && encrypts
}

/// Whether accepted objects say anything, and where they are broken off.
fn judge(product_id: ProductId, objects: Objects<'_>) -> (Outcome, Option<ParseError>) {
    let (mut known, mut fault) = (false, None);
    for object in objects {
        match object {
            Ok(object) => known |= object.is_generic(),
            Err(error) => fault = Some(error),
        }
    }
    match fault {
        _ if known => (Outcome::Readings, fault),
        Some(error) => (Outcome::Malformed(error), fault),
        None if Product::of(product_id).is_none() => (Outcome::UnknownProduct, None),
        None => (Outcome::Readings, None),
    }
}

/// The longest plaintext: extended advertisements have at most 255 bytes in one AD structure.
const MOST_PLAINTEXT: usize = 255;
