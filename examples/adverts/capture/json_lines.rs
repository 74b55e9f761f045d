//! JSON lines: an advert a line, from scripts, bridges and bug reports.
//!
//! ```json
//! {"time":12.5,"address":"A4:C1:38:01:02:03","rssi":-70,"service_data":{"fe95":"3058.."}}
//! {"time":"2023-11-14T22:13:20.25Z","adv":"0201061a1695fe.."}
//! ```
//!
//! | field | what |
//! |---|---|
//! | `adv` | the whole advertisement, hex |
//! | `service_data` | hex by UUID: 16 bits (`fe95`) or 128 bits; without `adv` |
//! | `manufacturer_data` | hex by company, hex (`038f`); without `adv` |
//! | `address` | who sent it, if known |
//! | `time` | seconds since 1970 or any start, or RFC 3339 |
//! | `rssi` | dBm |
//!
//! Other fields are ignored.

use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, Read};
use std::time::Duration;

use macaddr::MacAddr6;
use mibeacon::ad::{AdType, EXTENDED_LIMIT};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::{Advert, CaptureError, Fault, Place, Sink, Stopped};
use crate::adverts::time;

/// Some editors begin a text with it.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads lines to the end.
pub(super) fn read(mut input: impl BufRead, sink: &mut impl Sink) -> Result<(), Stopped> {
    let mut text = Vec::new();
    let mut advert = Vec::new();
    for line in 1.. {
        let place = |column| Place::Line { line, column };
        text.clear();
        // One more than fits tells a line that is too long.
        let length = input
            .by_ref()
            .take(LONGEST_LINE as u64 + 1)
            .read_until(b'\n', &mut text)
            .map_err(CaptureError::Io)?;
        if length == 0 {
            break;
        }
        if length > LONGEST_LINE {
            if !text.ends_with(b"\n") {
                input.skip_until(b'\n').map_err(CaptureError::Io)?;
            }
            let fault = Fault::LongLine { limit: LONGEST_LINE };
            sink.fault(place(None), fault).map_err(Stopped::Sink)?;
            continue;
        }
        let object = match &*text {
            text if line == 1 => text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text),
            text => text,
        };
        if object.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Line<'_>>(object) {
            Ok(parsed) => match parsed.advert(&mut advert) {
                Ok(advert) => sink.advert(advert),
                Err(fault) => sink.fault(place(None), fault),
            },
            Err(error) => sink.fault(place(Some(error.column())), Fault::from(&error)),
        }
        .map_err(Stopped::Sink)?;
    }
    Ok(())
}

/// A line as it stands there.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Line<'a> {
    time: Option<Time<'a>>,
    #[serde(borrow)]
    address: Option<Text<'a>>,
    rssi: Option<i8>,
    #[serde(borrow)]
    adv: Option<Text<'a>>,
    #[serde(borrow)]
    service_data: Option<Entries<'a>>,
    #[serde(borrow)]
    manufacturer_data: Option<Entries<'a>>,
}

impl Line<'_> {
    /// The advert, whose bytes are put into `data`.
    fn advert<'b>(&self, data: &'b mut Vec<u8>) -> Result<Advert<'b>, Fault> {
        data.clear();
        match (&self.adv, &self.service_data, &self.manufacturer_data) {
            (Some(adv), ..) => push_hex(data, "adv", &adv.0, EXTENDED_LIMIT)?,
            (None, None, None) => return Err(Fault::NoData),
            (None, services, manufacturers) => {
                for (uuid, hex) in services.iter().flat_map(|entries| &entries.0) {
                    // Custom services have UUIDs of their own; none of them is read here.
                    if let Some(uuid) = uuid_16(&uuid.0)? {
                        push_structure(data, AdType::SERVICE_DATA_16, "service_data", uuid, &hex.0)?;
                    }
                }
                for (company, hex) in manufacturers.iter().flat_map(|entries| &entries.0) {
                    let company = company_id(&company.0)?;
                    push_structure(
                        data,
                        AdType::MANUFACTURER_DATA,
                        "manufacturer_data",
                        company,
                        &hex.0,
                    )?;
                }
            }
        }
        let address = match &self.address {
            Some(text) => Some(text.0.parse::<MacAddr6>().map_err(|_| Fault::Address)?),
            None => None,
        };
        Ok(Advert {
            time: self.time.as_ref().map(Time::parse).transpose()?,
            address,
            is_private: false,
            rssi: self.rssi,
            data,
        })
    }
}

/// Text that is borrowed from the line unless it has escapes.
#[derive(Debug, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "`time` in seconds or as RFC 3339 text")]
enum Time<'a> {
    Seconds(f64),
    #[serde(borrow)]
    Text(Text<'a>),
}

impl Time<'_> {
    fn parse(&self) -> Result<Duration, Fault> {
        match self {
            Self::Seconds(seconds) => time::from_seconds(*seconds),
            Self::Text(text) => time::from_rfc_3339(&text.0),
        }
        .ok_or(Fault::Time)
    }
}

/// An object in the order of the line.
#[derive(Debug)]
struct Entries<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of hex text")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl From<&serde_json::Error> for Fault {
    fn from(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The line that serde_json counts is always the first.
        let message = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(message, _)| message);
        Self::Json {
            message: message.to_owned(),
        }
    }
}

fn push_structure(
    advert: &mut Vec<u8>,
    ad_type: AdType,
    field: &'static str,
    id: u16,
    hex: &str,
) -> Result<(), Fault> {
    let start = advert.len();
    let [low, high] = id.to_le_bytes();
    advert.extend([0, ad_type.0, low, high]);
    push_hex(advert, field, hex, LONGEST_STRUCTURE)?;
    // At most 255, since the data was limited.
    let length = (advert.len() - start - 1) as u8;
    if let Some(first) = advert.get_mut(start) {
        *first = length;
    }
    Ok(())
}

fn push_hex(target: &mut Vec<u8>, field: &'static str, hex: &str, limit: usize) -> Result<(), Fault> {
    let found = hex.len() / 2;
    if found > limit {
        return Err(Fault::TooLong { field, found, limit });
    }
    let start = target.len();
    target.resize(start + found, 0);
    let bytes = target.get_mut(start..).unwrap_or_default();
    base16ct::mixed::decode(hex, bytes).map_err(|_| Fault::NotHex { field })?;
    Ok(())
}

/// The 16 bits of a UUID in short or long form; `None` if it has none.
fn uuid_16(text: &str) -> Result<Option<u16>, Fault> {
    let fault = || Fault::Id {
        field: "service_data",
        expected: "a UUID",
    };
    let short = match text.len() {
        36 => match text.split_at_checked(8) {
            Some((short, rest)) if rest.eq_ignore_ascii_case(BASE_UUID) => short,
            _ if is_uuid(text) => return Ok(None),
            _ => return Err(fault()),
        },
        4..=10 => text.trim_start_matches("0x"),
        _ => return Err(fault()),
    };
    let digits = short.bytes().all(|digit| digit.is_ascii_hexdigit());
    match u32::from_str_radix(short, 16) {
        Ok(number) if digits && matches!(short.len(), 4 | 8) => Ok(u16::try_from(number).ok()),
        _ => Err(fault()),
    }
}

fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

fn company_id(text: &str) -> Result<u16, Fault> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let number = u16::from_str_radix(digits, 16).ok();
    number.filter(|_| !digits.starts_with('+')).ok_or(Fault::Id {
        field: "manufacturer_data",
        expected: "a company id in hex",
    })
}

/// The Bluetooth base UUID, without the part that short forms replace.
const BASE_UUID: &str = "-0000-1000-8000-00805f9b34fb";

/// An advertisement of the greatest length in hex, and what bridges may write around it.
const LONGEST_LINE: usize = 1 << 16;

/// An AD structure has at most 255 bytes; type and number take three.
const LONGEST_STRUCTURE: usize = 252;

#[cfg(test)]
mod tests {
    use super::*;

    /// Data, address and time.
    type Fields = (Vec<u8>, Option<MacAddr6>, Option<Duration>);

    fn advert(line: &str) -> Result<Fields, Fault> {
        let line: Line<'_> = serde_json::from_str(line).map_err(|error| Fault::from(&error))?;
        let mut data = Vec::new();
        let advert = line.advert(&mut data)?;
        let (address, time) = (advert.address, advert.time);
        Ok((data, address, time))
    }

    #[test]
    fn service_data_becomes_ad_structures_in_the_order_of_the_line() {
        let line = r#"{"manufacturer_data":{"0x038F":"aa"},"service_data":{"2a56":"01","0000FCD2-0000-1000-8000-00805F9B34FB":"40","fe950000-1234-1000-8000-00805f9b34fb":"ff"}}"#;
        let (data, ..) = advert(line).unwrap();
        assert_eq!(
            data,
            b"\x04\x16\x56\x2a\x01\x04\x16\xd2\xfc\x40\x04\xff\x8f\x03\xaa"
        );
    }

    #[test]
    fn an_address_has_three_spellings() {
        for text in ["A4:C1:38:01:02:03", "a4-c1-38-01-02-03", "a4c138010203"] {
            let (_, address, _) = advert(&format!(r#"{{"adv":"","address":"{text}"}}"#)).unwrap();
            assert_eq!(address, Some(MacAddr6::new(0xa4, 0xc1, 0x38, 1, 2, 3)), "{text}");
        }
    }

    #[test]
    fn times_are_seconds_or_text() {
        let time = |text: &str| advert(&format!(r#"{{"adv":"","time":{text}}}"#)).map(|(.., time)| time);
        let expected = Some(Duration::from_millis(1_700_000_000_250));
        assert_eq!(time("1700000000.25").unwrap(), expected);
        assert_eq!(time("\"2023-11-14T22:13:20.25Z\"").unwrap(), expected);
        assert_eq!(time("\"2023-11-15T00:13:20.25+02:00\"").unwrap(), expected);
        assert_eq!(time("7").unwrap(), Some(Duration::from_secs(7)));
        assert_eq!(time("null").unwrap(), None);
        for wrong in ["-1", "1e300", "\"yesterday\"", "[]"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_mistake_has_its_own_message() {
        for (line, expected) in [
            (r#"{"adv":"0g"}"#, "`adv` isn't hex"),
            (r#"{"adv":"020"}"#, "`adv` isn't hex"),
            (r#"{"adv":7}"#, "expected a string"),
            (r#"{"rssi":-70}"#, "none of"),
            (r#"{"adv":"","address":"a4:c1:38"}"#, "`address`"),
            (r#"{"adv":"","address":"a4:c1:38:01:02:03:04"}"#, "`address`"),
            (r#"{"adv":"","rssi":-700}"#, "-700"),
            (r#"{"service_data":{"fe9":"00"}}"#, "isn't a UUID"),
            (r#"{"service_data":{"+e95":"00"}}"#, "isn't a UUID"),
            (
                r#"{"service_data":{"0000fe95-0000-1000-8000-00805f9b34f":""}}"#,
                "isn't a UUID",
            ),
            (r#"{"service_data":{"fe95":"0"}}"#, "`service_data` isn't hex"),
            (r#"{"service_data":[]}"#, "an object of hex text"),
            (r#"{"manufacturer_data":{"apple":"00"}}"#, "a company id"),
            ("{", "EOF"),
        ] {
            let message = advert(line).unwrap_err().to_string();
            assert!(message.contains(expected), "{line}: {message}");
        }
        let long = format!(r#"{{"service_data":{{"fe95":"{}"}}}}"#, "00".repeat(253));
        assert!(matches!(
            advert(&long),
            Err(Fault::TooLong {
                found: 253,
                limit: 252,
                ..
            })
        ));
    }
}
