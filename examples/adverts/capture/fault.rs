//! What can be wrong with a capture, and what to do about it.

use std::fmt;
use std::io;

use mibeacon::ParseError;

/// Where in a capture something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adverts) enum Place {
    /// In a text: both from 1 on.
    Line {
        /// The line.
        line: u64,
        /// The column, if it is known.
        column: Option<usize>,
    },
    /// In a file of records.
    Record {
        /// Which one, from 1 on.
        record: u64,
        /// Where it starts, in bytes from the start of the file.
        offset: u64,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, column: None } => write!(f, "line {line}"),
            Self::Line {
                line,
                column: Some(column),
            } => write!(f, "line {line}, column {column}"),
            Self::Record { record, offset } => write!(f, "record {record} at byte {offset}"),
        }
    }
}

/// A record that can't be read; those after it can.
#[derive(Debug, thiserror::Error)]
pub(in crate::adverts) enum Fault {
    #[error("the line is longer than {limit} bytes")]
    LongLine { limit: usize },
    #[error("not the JSON object of an advert: {message}")]
    Json { message: String },
    #[error("the object has none of `adv`, `service_data` and `manufacturer_data`")]
    NoData,
    #[error("`{field}` isn't hex, two digits a byte")]
    NotHex { field: &'static str },
    #[error("`{field}` has {found} bytes, an advertisement has at most {limit}")]
    TooLong {
        field: &'static str,
        found: usize,
        limit: usize,
    },
    #[error("`address` isn't a Bluetooth address")]
    Address,
    #[error("`time` is neither seconds nor an RFC 3339 time")]
    Time,
    #[error("a key of `{field}` isn't {expected}")]
    Id {
        field: &'static str,
        expected: &'static str,
    },
    #[error("the HCI event can't be read: {0}")]
    Event(ParseError),
    #[error("the link-layer packet can't be read: {0}")]
    Packet(ParseError),
    #[error("interface {interface} isn't described before its packet")]
    Interface { interface: u32 },
    #[error("the packet is shorter than its header")]
    Header,
}

impl Fault {
    /// What a person can do about it, in one sentence.
    pub(in crate::adverts) const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::LongLine { .. } => "Write one advert a line; the line was left out.",
            Self::Json { .. } | Self::NoData => {
                "A line looks like {\"time\":12.5,\"address\":\"A4:C1:38:01:02:03\",\"rssi\":-70,\"service_data\":\
                 {\"fe95\":\"3058..\"}} or {\"adv\":\"020106..\"}; it was left out."
            }
            Self::NotHex { .. } => "Write the bytes as hex digits without spaces: \"020106\".",
            Self::TooLong { .. } => "Put each advert on a line of its own.",
            Self::Address => "Write it as \"A4:C1:38:01:02:03\", or leave it out if it isn't known.",
            Self::Time => "Write 1700000000.25 or \"2023-11-14T22:13:20.25Z\", or leave it out.",
            Self::Id { .. } => "Write numbers in hex (\"fe95\", \"038f\") or the whole 128-bit UUID.",
            Self::Event(_) | Self::Packet(_) | Self::Header => {
                "If there are many, capture again without a limit for the length of packets."
            }
            Self::Interface { .. } => "The file was cut or joined by hand: save it anew with Wireshark.",
        })
    }
}

/// Why the rest of a capture can't be read.
#[derive(Debug, thiserror::Error)]
pub(in crate::adverts) enum CaptureError {
    #[error("it can't be read: {0}")]
    Io(io::Error),
    #[error("it is none of JSON lines, btsnoop, pcap and pcapng")]
    UnknownFormat,
    #[error("it is compressed")]
    Compressed,
    #[error("it is a JSON array")]
    JsonArray,
    #[error("it isn't {0}: the header is missing or wrong")]
    WrongHeader(&'static str),
    #[error("version {version} of btsnoop is unknown, only 1 is known")]
    BtsnoopVersion { version: u32 },
    #[error("it holds {protocol} packets (btsnoop data link {number})")]
    DataLink { protocol: &'static str, number: u32 },
    #[error("it holds no Bluetooth advertisements: link type {number}")]
    LinkType { number: i32 },
    #[error("it ends inside of {place}")]
    Truncated { place: Place },
    #[error("{place} announces more than {limit} bytes: the file is damaged there")]
    Oversized { place: Place, limit: usize },
    #[error("{place} is damaged, so that the ones after it can't be found")]
    Damaged { place: Place },
    #[error("it describes more than {limit} interfaces")]
    Interfaces { limit: usize },
}

impl CaptureError {
    /// What a person can do about it, in one sentence.
    pub(in crate::adverts) const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Io(_) => return None,
            Self::UnknownFormat | Self::WrongHeader(_) => {
                "Check that it is the right file; --capture says which format it is if the first bytes don't."
            }
            Self::Compressed => "Unpack it first: gunzip, zstd -d or unzip.",
            Self::JsonArray => "Write one object a line; `jq -c '.[]'` makes such lines of an array.",
            Self::BtsnoopVersion { .. } => "Open it with Wireshark and save it as pcapng.",
            Self::DataLink { .. } => {
                "Log with Android's developer option or `btmon -w`, which write data links 1002 and 2001."
            }
            Self::LinkType { .. } => {
                "Capture on a Bluetooth interface: link types 187, 201 and 254 (HCI), 251, 256 and 272 (sniffers)."
            }
            Self::Truncated { .. } => {
                "What came before was read; the capture was cut or is still being written."
            }
            Self::Oversized { .. } | Self::Damaged { .. } | Self::Interfaces { .. } => {
                "What came before was read; copy the capture again from where it was made."
            }
        })
    }
}
