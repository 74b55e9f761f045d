//! Advertisements in the messages of other gateways.
//!
//! | form | where the address is | where the bytes are |
//! |---|---|---|
//! | OpenMQTTGateway, Theengs: JSON | `id`, or `mac_id` | `servicedata` and `servicedatauuid`, `manufacturerdata`, hex |
//! | plain hex | a level of the topic, 12 digits, with or without colons | the payload: AD structures |
//! | JSON of this project | `address` | `adv`, hex |
//!
//! Several service data of one advertisement come as lists of the same length, or as several messages.

use std::borrow::Cow;

use macaddr::MacAddr6;
use mibeacon::Payload;
use serde::Deserialize;

/// An advertisement: who sent it, and its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advert {
    /// Who sent it, if the gateway knows.
    pub address: Option<MacAddr6>,
    /// What it holds.
    pub parts: Vec<Part>,
}

/// A part of an advertisement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Service data of a 16-bit UUID.
    Service(u16, Vec<u8>),
    /// Manufacturer data of a company.
    Manufacturer(u16, Vec<u8>),
    /// AD structures.
    Structures(Vec<u8>),
}

/// Why a message is no advertisement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdvertError {
    /// More than any advertisement needs.
    #[error("{0} bytes are too many for an advertisement")]
    TooLong(usize),
    /// Neither JSON nor hex digits.
    #[error("neither a JSON object nor hex digits")]
    Form,
    /// The JSON isn't as expected.
    #[error("{0}")]
    Json(String),
    /// Hex digits with something else between them.
    #[error("{0} has something else than pairs of hex digits")]
    Hex(&'static str),
    /// No raw data.
    #[error("no raw data in it")]
    NoData,
}

impl AdvertError {
    /// What a person can do about it, in one sentence.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoData => Some(
                "Let the gateway publish raw data: OpenMQTTGateway's `pubadvdata`, Theengs' `publish_advdata`.",
            ),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Json<'a> {
    #[serde(borrow, alias = "mac_id", alias = "address", alias = "mac")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    servicedata: Option<Texts<'a>>,
    #[serde(borrow)]
    servicedatauuid: Option<Texts<'a>>,
    #[serde(borrow)]
    manufacturerdata: Option<Cow<'a, str>>,
    #[serde(borrow)]
    adv: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts<'a> {
    One(#[serde(borrow)] Cow<'a, str>),
    Many(#[serde(borrow)] Vec<Cow<'a, str>>),
}

impl Texts<'_> {
    fn list(&self) -> &[Cow<'_, str>] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

impl Advert {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// It is none of the forms, or has no raw data.
    pub fn parse(topic: &str, payload: &[u8]) -> Result<Self, AdvertError> {
        if payload.len() > LONGEST {
            return Err(AdvertError::TooLong(payload.len()));
        }
        let text = payload.trim_ascii();
        match text.first() {
            Some(b'{') => Self::from_json(topic, text),
            Some(b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => Ok(Self {
                address: address_in(topic),
                parts: vec![Part::Structures(hex(text, "the payload")?)],
            }),
            _ => Err(AdvertError::Form),
        }
    }

    fn from_json(topic: &str, text: &[u8]) -> Result<Self, AdvertError> {
        let json: Json<'_> =
            serde_json::from_slice(text).map_err(|error| AdvertError::Json(error.to_string()))?;
        let address = json.id.as_deref().and_then(|id| address(id.as_bytes()));
        let mut parts = Vec::with_capacity(1);
        if let Some(adv) = &json.adv {
            parts.push(Part::Structures(hex(adv.as_bytes(), "adv")?));
        }
        if let (Some(data), Some(uuids)) = (&json.servicedata, &json.servicedatauuid) {
            for (data, uuid) in data.list().iter().zip(uuids.list()) {
                // Longer UUIDs are nobody's whom we read.
                if let Some(uuid) = short_uuid(uuid) {
                    parts.push(Part::Service(uuid, hex(data.as_bytes(), "servicedata")?));
                }
            }
        }
        if let Some(data) = &json.manufacturerdata {
            let bytes = hex(data.as_bytes(), "manufacturerdata")?;
            if let [low, high, data @ ..] = bytes.as_slice() {
                parts.push(Part::Manufacturer(
                    u16::from_le_bytes([*low, *high]),
                    data.to_vec(),
                ));
            }
        }
        if parts.is_empty() && json.servicedatauuid.is_none() {
            return Err(AdvertError::NoData);
        }
        Ok(Self {
            address: address.or_else(|| address_in(topic)),
            parts,
        })
    }

    /// The parts that can be read.
    pub fn payloads(&self, mut each: impl FnMut(Payload<'_>)) {
        for part in &self.parts {
            match part {
                Part::Service(uuid, data) => {
                    if let Some(payload) = Payload::service_data(*uuid, data) {
                        each(payload);
                    }
                }
                Part::Manufacturer(company, data) => {
                    if let Some(payload) = Payload::manufacturer_data(*company, data) {
                        each(payload);
                    }
                }
                Part::Structures(bytes) => mibeacon::payloads(bytes).for_each(&mut each),
            }
        }
    }
}

/// `fe95`, `0xfe95`, `0000fe95-0000-1000-8000-00805f9b34fb`.
fn short_uuid(text: &str) -> Option<u16> {
    let text = text
        .strip_prefix("0x")
        .or(text.strip_prefix("0X"))
        .unwrap_or(text);
    let short = match text.len() {
        4 => text,
        36 => {
            let (first, rest) = text.split_at_checked(8)?;
            let base = rest.eq_ignore_ascii_case("-0000-1000-8000-00805f9b34fb");
            first.strip_prefix("0000").filter(|_| base)?
        }
        _ => return None,
    };
    u16::from_str_radix(short, 16).ok()
}

/// Twelve hex digits, with or without colons or dashes.
fn address(text: &[u8]) -> Option<MacAddr6> {
    let mut digits = [0; 12];
    let mut length = 0;
    for byte in text {
        match byte {
            b':' | b'-' => {}
            digit if digit.is_ascii_hexdigit() => {
                *digits.get_mut(length)? = *digit;
                length += 1;
            }
            _ => return None,
        }
    }
    let mut bytes = [0; 6];
    let full = length == digits.len() && base16ct::mixed::decode(digits, &mut bytes).is_ok();
    full.then(|| bytes.into())
}

fn address_in(topic: &str) -> Option<MacAddr6> {
    topic.rsplit('/').find_map(|level| address(level.as_bytes()))
}

fn hex(text: &[u8], what: &'static str) -> Result<Vec<u8>, AdvertError> {
    let text = text.strip_prefix(b"0x").unwrap_or(text);
    base16ct::mixed::decode_vec(text).map_err(|_| AdvertError::Hex(what))
}

/// Bytes of a message: an extended advertisement has 1650, two digits each, and JSON around it.
const LONGEST: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "A4:C1:38:01:02:03";

    fn parse(topic: &str, payload: &str) -> Result<Advert, AdvertError> {
        Advert::parse(topic, payload.as_bytes())
    }

    fn expected(parts: Vec<Part>) -> Result<Advert, AdvertError> {
        Ok(Advert {
            address: Some(ADDRESS.parse().unwrap()),
            parts,
        })
    }

    #[test]
    fn open_mqtt_gateway_and_theengs_are_read() {
        let service = vec![Part::Service(0xfe95, vec![0x30, 0x58])];
        for uuid in ["0xfe95", "fe95", "FE95", "0000fe95-0000-1000-8000-00805f9b34fb"] {
            let json = format!(
                r#"{{"id":"{ADDRESS}","rssi":-67,"servicedata":"3058","servicedatauuid":"{uuid}","tempc":21.4}}"#
            );
            assert_eq!(
                parse("home/OMG/BTtoMQTT/x", &json),
                expected(service.clone()),
                "{uuid}"
            );
        }
        let lists = format!(
            r#"{{"id":"{ADDRESS}","servicedata":["3058","00"],"servicedatauuid":["fe95","6e400001-b5a3-f393-e0a9-e50e24dcca9e"]}}"#
        );
        assert_eq!(parse("x", &lists), expected(service));
        let manufacturer = format!(r#"{{"id":"{ADDRESS}","manufacturerdata":"8f030a0b"}}"#);
        let parts = vec![Part::Manufacturer(0x038f, vec![0x0a, 0x0b])];
        assert_eq!(parse("x", &manufacturer), expected(parts));
    }

    #[test]
    fn hex_takes_the_address_from_the_topic() {
        let parts = vec![Part::Structures(vec![2, 1, 6])];
        for topic in ["adverts/kitchen/a4c138010203", "adverts/A4:C1:38:01:02:03/raw"] {
            assert_eq!(parse(topic, " 020106\n"), expected(parts.clone()), "{topic}");
        }
        assert_eq!(parse("adverts", "020106").unwrap().address, None);
        let own = format!(r#"{{"address":"{ADDRESS}","adv":"020106"}}"#);
        assert_eq!(parse("x", &own), expected(parts));
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for (payload, error) in [
            ("", AdvertError::Form),
            ("[]", AdvertError::Form),
            ("abc", AdvertError::Hex("the payload")),
            (r#"{"id":"x"}"#, AdvertError::NoData),
            (
                r#"{"servicedata":"3","servicedatauuid":"fe95"}"#,
                AdvertError::Hex("servicedata"),
            ),
        ] {
            assert_eq!(parse("x", payload), Err(error), "{payload}");
        }
        assert!(matches!(parse("x", "{"), Err(AdvertError::Json(_))));
        assert!(matches!(parse("x", r#"{"id":7}"#), Err(AdvertError::Json(_))));
        assert!(matches!(
            parse("x", &"0".repeat(10_000)),
            Err(AdvertError::TooLong(10_000))
        ));
    }

    proptest::proptest! {
        #[test]
        fn anything_is_read_or_refused(topic in ".{0,40}", payload in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            if let Ok(advert) = Advert::parse(&topic, &payload) {
                advert.payloads(|_| ());
            }
        }
    }
}
