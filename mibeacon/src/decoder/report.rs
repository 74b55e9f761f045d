//! What one payload says.

use arrayvec::ArrayVec;
use macaddr::MacAddr6;

use super::Outcome;
use crate::frame::{Frame, ObjectReadings, Product, ProductId};
use crate::{Format, ParseError, Reading, atc, bthome, frame, hhcc, qingping, scale};

/// What one payload says, and what became of it.
#[derive(Clone, Debug)]
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
    /// Where the payload is broken off. The readings before that are good.
    pub fault: Option<ParseError>,
    /// The typed content, for what has no [`Reading`].
    pub content: Content<'a>,
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
    #[inline]
    pub fn readings(&self) -> Readings<'a> {
        match self.outcome {
            Outcome::Readings => self.all_readings(),
            _ => Readings(Source::Few(ArrayVec::new().into_iter())),
        }
    }

    /// All readings, also those of duplicates, replays and downgrades. Encrypted ones need a key all the same.
    #[must_use]
    #[inline]
    pub fn all_readings(&self) -> Readings<'a> {
        Readings(match &self.content {
            Content::Nothing => Source::Few(ArrayVec::new().into_iter()),
            Content::MiBeacon(frame, objects) => Source::MiBeacon {
                objects: objects.clone(),
                product: frame.product_id,
                current: None,
            },
            Content::Atc(frame) => few(frame.readings()),
            Content::AtcPayload(payload) => few(payload.readings()),
            Content::Reed(event) => few(event.readings()),
            Content::Bthome(Some(objects)) => Source::Bthome(objects.clone()),
            Content::Bthome(None) => Source::Few(ArrayVec::new().into_iter()),
            Content::WeightScale(scale) => few(scale.readings()),
            Content::BodyComposition(scale) => few(scale.readings()),
            Content::Qingping(frame) => Source::Qingping(frame.readings()),
            Content::Hhcc(frame) => few(frame.readings()),
        })
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

/// The readings of a [`Report`].
#[derive(Clone, Debug)]
pub struct Readings<'a>(Source<'a>);

#[derive(Clone, Debug)]
enum Source<'a> {
    Few(arrayvec::IntoIter<Reading<'a>, FEW>),
    MiBeacon {
        objects: frame::Objects<'a>,
        product: ProductId,
        current: Option<ObjectReadings<'a>>,
    },
    Bthome(bthome::Objects<'a>),
    Qingping(qingping::Readings<'a>),
}

fn few<'a>(readings: impl Iterator<Item = Reading<'a>>) -> Source<'a> {
    Source::Few(readings.take(FEW).collect::<ArrayVec<_, FEW>>().into_iter())
}

impl<'a> Iterator for Readings<'a> {
    type Item = Reading<'a>;

    #[inline]
    fn next(&mut self) -> Option<Reading<'a>> {
        match &mut self.0 {
            Source::Few(readings) => readings.next(),
            Source::MiBeacon {
                objects,
                product,
                current,
            } => loop {
                if let reading @ Some(_) = current.as_mut().and_then(ObjectReadings::next) {
                    return reading;
                }
                *current = Some(objects.next()?.ok()?.readings(*product));
            },
            Source::Bthome(objects) => objects.find_map(|object| object.reading()),
            Source::Qingping(readings) => readings.next(),
        }
    }
}

/// No format of fixed length has more readings.
const FEW: usize = 6;

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
        if let Some(fault) = &self.fault {
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
impl<T: core::fmt::Display> serde::Serialize for Shown<'_, T> {
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
