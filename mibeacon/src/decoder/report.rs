//! What one payload says.

use core::fmt;

use macaddr::MacAddr6;

use super::Outcome;
use crate::frame::{Frame, FrameReadings, Product, ProductId};
use crate::{Format, ParseError, Reading, atc, bthome, frame, hhcc, qingping, scale};

/// What one payload says, and what became of it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Report<'a> {
    /// Who sent it: the address that the host saw, or the one inside the payload.
    pub address: Option<MacAddr6>,
    /// The format.
    pub format: Format,
    /// What became of it.
    pub outcome: Outcome,
    /// The counter or packet id, if the format has one.
    pub counter: Option<u32>,
    /// It was encrypted and its tag was right. Anybody can send what isn't authenticated.
    pub authenticated: bool,
    /// The typed content, for what has no [`Reading`].
    pub content: Content<'a>,
    /// As [`fault`](Self::fault), where that doesn't come from the content.
    pub(super) fault: Option<ParseError>,
}

/// The typed content of a payload.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content<'a> {
    /// None: the payload is malformed.
    Nothing,
    /// A MiBeacon frame and its objects, decrypted if that was possible.
    MiBeacon(Frame<'a>, frame::Objects<'a>),
    /// Plain service data 0x181A, or encrypted without a key that fits.
    Atc(atc::Frame),
    /// Decrypted service data 0x181A.
    AtcPayload(atc::Payload),
    /// A reed contact or counter.
    Reed(atc::ReedEvent),
    /// BTHome objects, decrypted if need be; `None` without a key that fits.
    Bthome(Option<bthome::Objects<'a>>),
    /// Mi Scale.
    WeightScale(scale::WeightScale),
    /// Mi Body Composition Scale.
    BodyComposition(scale::BodyComposition),
    /// Qingping and Cleargrass.
    Qingping(qingping::Frame<'a>),
    /// The plant sensor HHCCJCY10.
    Hhcc(hhcc::Frame),
}

impl<'a> Report<'a> {
    pub(super) const fn new(format: Format, address: Option<MacAddr6>, content: Content<'a>) -> Self {
        Self {
            address,
            format,
            outcome: Outcome::Readings,
            counter: None,
            authenticated: false,
            fault: None,
            content,
        }
    }

    pub(super) const fn malformed(format: Format, address: Option<MacAddr6>, error: ParseError) -> Self {
        let mut report = Self::new(format, address, Content::Nothing);
        report.outcome = Outcome::Malformed(error);
        report.fault = Some(error);
        report
    }

    /// The new readings; none unless the outcome is [`Outcome::Readings`].
    #[must_use]
    // Always, so that `for_each` needn't find out once more where they come from.
    #[inline(always)]
    pub fn readings(&self) -> Readings<'a> {
        match (&self.outcome, &self.content) {
            // Not a call more for these: they are a large part of what is on air.
            (Outcome::Readings, Content::Atc(frame)) => Readings(Source::Atc(frame.values())),
            (Outcome::Readings, Content::AtcPayload(payload)) => Readings(Source::Atc(payload.values())),
            (Outcome::Readings, Content::Bthome(Some(objects))) => {
                Readings(Source::Bthome(objects.rewound()))
            }
            (Outcome::Readings, Content::MiBeacon(frame, objects)) => Readings(Source::MiBeacon(
                FrameReadings::new(frame::Objects::new(objects.trailing()), frame.product_id),
            )),
            (Outcome::Readings, _) => self.all_readings(),
            _ => Readings(Source::Nothing),
        }
    }

    /// All readings, also those of duplicates, replays and downgrades. Encrypted ones need a key all the same.
    #[must_use]
    #[inline(never)]
    pub fn all_readings(&self) -> Readings<'a> {
        Readings(match self.content {
            Content::Nothing | Content::Bthome(None) => Source::Nothing,
            Content::MiBeacon(ref frame, ref objects) => {
                Source::MiBeacon(FrameReadings::new(objects.clone(), frame.product_id))
            }
            Content::Atc(frame) => Source::Atc(frame.values()),
            Content::AtcPayload(payload) => Source::Atc(payload.values()),
            Content::Bthome(Some(ref objects)) => Source::Bthome(objects.rewound()),
            Content::Qingping(frame) => Source::Qingping(frame.readings()),
            Content::Reed(event) => Source::Reed(event, 0),
            Content::WeightScale(scale) => Source::WeightScale(scale, 0),
            Content::BodyComposition(scale) => Source::BodyComposition(scale, 0),
            Content::Hhcc(frame) => Source::Hhcc(frame, 0),
        })
    }

    /// Where the payload is broken off. The readings before that are good.
    #[must_use]
    pub fn fault(&self) -> Option<ParseError> {
        match &self.content {
            Content::Bthome(Some(objects)) => objects.fault(),
            _ => self.fault,
        }
    }

    /// Xiaomi's product, if this is a MiBeacon frame of a known one.
    #[must_use]
    pub fn product(&self) -> Option<&'static Product> {
        match &self.content {
            Content::MiBeacon(frame, _) => frame.product(),
            _ => None,
        }
    }

    /// The product id, if this is a MiBeacon frame.
    #[must_use]
    pub const fn product_id(&self) -> Option<ProductId> {
        match &self.content {
            Content::MiBeacon(frame, _) => Some(frame.product_id),
            _ => None,
        }
    }

    /// The model's name, if the payload tells.
    #[must_use]
    pub fn model(&self) -> Option<&'static str> {
        match &self.content {
            Content::MiBeacon(frame, _) => frame
                .product()
                .and_then(|product| product.model.or(product.miot_model)),
            Content::Qingping(frame) => frame.model(),
            Content::WeightScale(_) => Some("Mi Scale"),
            Content::BodyComposition(_) => Some("Mi Body Composition Scale"),
            Content::Hhcc(_) => Some("HHCCJCY10"),
            _ => None,
        }
    }

    /// What a person can do about it, in one sentence; `None` where there is nothing to do.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        self.outcome.help()
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("address", &self.address)
            .field("format", &self.format)
            .field("outcome", &self.outcome)
            .field("counter", &self.counter)
            .field("authenticated", &self.authenticated)
            .field("fault", &self.fault())
            .field("content", &self.content)
            .finish()
    }
}

/// The readings of a [`Report`]. Where every nanosecond counts, `for_each` takes fewer than a loop.
#[derive(Clone, Debug)]
pub struct Readings<'a>(Source<'a>);

/// Where the readings come from. They are made one by one when they are asked for: a list of them is several times
/// as large as what they are made from.
#[derive(Clone, Debug)]
enum Source<'a> {
    Nothing,
    Atc(atc::Values),
    Bthome(bthome::Objects<'a>),
    MiBeacon(FrameReadings<'a>),
    Qingping(qingping::Readings<'a>),
    // With the number of the next one.
    Reed(atc::ReedEvent, usize),
    WeightScale(scale::WeightScale, usize),
    BodyComposition(scale::BodyComposition, usize),
    Hhcc(hhcc::Frame, usize),
}

impl<'a> Iterator for Readings<'a> {
    type Item = Reading<'a>;

    #[inline]
    fn next(&mut self) -> Option<Reading<'a>> {
        match &mut self.0 {
            Source::Nothing => None,
            Source::Atc(values) => values.next(),
            Source::Bthome(objects) => objects.next_reading(),
            source => source.next(),
        }
    }

    /// What the source is, is asked once: this is what makes `for_each` faster than a loop.
    #[inline]
    fn fold<B, F: FnMut(B, Reading<'a>) -> B>(mut self, init: B, f: F) -> B {
        match &mut self.0 {
            Source::Nothing => init,
            Source::Atc(values) => values.fold_in_place(init, f),
            Source::Bthome(objects) => objects.fold_readings(init, f),
            Source::MiBeacon(readings) => readings.by_ref().fold(init, f),
            source => core::iter::from_fn(|| source.next()).fold(init, f),
        }
    }
}

impl<'a> Source<'a> {
    #[inline(never)]
    fn next(&mut self) -> Option<Reading<'a>> {
        match self {
            Self::Nothing => None,
            Self::Atc(values) => values.next(),
            Self::Bthome(objects) => objects.next_reading(),
            Self::MiBeacon(readings) => readings.next(),
            Self::Qingping(readings) => readings.next(),
            Self::Reed(event, next) => numbered(next, event.readings()),
            Self::WeightScale(scale, next) => numbered(next, scale.readings()),
            Self::BodyComposition(scale, next) => numbered(next, scale.readings()),
            Self::Hhcc(frame, next) => numbered(next, frame.readings()),
        }
    }
}

/// The reading of this number, and on to the next.
fn numbered(
    next: &mut usize,
    mut readings: impl Iterator<Item = Reading<'static>>,
) -> Option<Reading<'static>> {
    let reading = readings.nth(*next)?;
    *next += 1;
    Some(reading)
}

#[cfg(feature = "serde")]
impl serde::Serialize for Report<'_> {
    /// A flat object: address, format, model, counter, authenticated, outcome, help, readings.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        if let Some(address) = &self.address {
            map.serialize_entry("address", &Shown(address))?;
        }
        map.serialize_entry("format", &self.format)?;
        if let Some(id) = self.product_id() {
            map.serialize_entry("product_id", &Shown(&id))?;
        }
        if let Some(model) = self.model() {
            map.serialize_entry("model", model)?;
        }
        if let Some(counter) = self.counter {
            map.serialize_entry("counter", &counter)?;
        }
        map.serialize_entry("authenticated", &self.authenticated)?;
        map.serialize_entry("outcome", self.outcome.name())?;
        if let Some(fault) = &self.fault() {
            map.serialize_entry("fault", &Shown(fault))?;
        }
        if let Some(help) = self.help() {
            map.serialize_entry("help", help)?;
        }
        map.serialize_entry("readings", &List(self))?;
        map.end()
    }
}

#[cfg(feature = "serde")]
struct Shown<'a, T>(&'a T);

#[cfg(feature = "serde")]
impl<T: fmt::Display> serde::Serialize for Shown<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

#[cfg(feature = "serde")]
struct List<'a, 'b>(&'a Report<'b>);

#[cfg(feature = "serde")]
impl serde::Serialize for List<'_, '_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.readings())
    }
}
