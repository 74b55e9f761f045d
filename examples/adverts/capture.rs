//! Captures of advertisements: files and streams of several formats, told apart by their first bytes.
//!
//! Every reader works through its input once, in memory that doesn't grow with it, and hands what it finds to a
//! [`Sink`]. A record that can't be read is a [`Fault`] and no reason to stop; what makes the rest unreadable is a
//! [`CaptureError`].

mod btsnoop;
mod fault;
mod hci;
mod json_lines;
mod link_layer;
mod pcap;

use std::io::{self, BufReader, Cursor, Read};
use std::time::Duration;

use clap::ValueEnum;
use macaddr::MacAddr6;

pub(super) use fault::{CaptureError, Fault, Place};

/// One advertisement of a capture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Advert<'a> {
    /// Since 1970, or since any start.
    pub(super) time: Option<Duration>,
    /// Who sent it, as the radio saw it.
    pub(super) address: Option<MacAddr6>,
    /// The address changes with time, so it says nothing about the device and doesn't help to decrypt.
    pub(super) is_private: bool,
    /// Signal strength, dBm.
    pub(super) rssi: Option<i8>,
    /// AD structures.
    pub(super) data: &'a [u8],
}

/// Takes what a reader finds. An error ends the reading.
pub(super) trait Sink {
    /// An advertisement; a record may hold several.
    fn advert(&mut self, advert: Advert<'_>) -> io::Result<()>;

    /// A record that can't be read.
    fn fault(&mut self, place: Place, fault: Fault) -> io::Result<()>;

    /// A packet whose checksum is wrong.
    fn damaged(&mut self);

    /// A record without advertisement: a command, a connection's packet.
    fn other(&mut self);
}

/// The formats of captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// An advert a line, as JSON object
    Jsonl,
    /// Android's and BlueZ's logs
    Btsnoop,
    /// tcpdump's and sniffers' files
    Pcap,
    /// Wireshark's files
    Pcapng,
}

/// Why reading ended before the end.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The capture is to blame.
    Capture(CaptureError),
    /// The sink is: its output can't be written.
    Sink(io::Error),
}

impl From<CaptureError> for Stopped {
    fn from(error: CaptureError) -> Self {
        Self::Capture(error)
    }
}

/// Reads a capture to its end. Its format is what its first bytes say, unless it is given.
pub(super) fn read(mut input: impl Read, kind: Option<Kind>, sink: &mut impl Sink) -> Result<(), Stopped> {
    let mut head = Vec::new();
    fill(&mut input, &mut head, LONGEST_MAGIC).map_err(CaptureError::Io)?;
    let kind = match kind {
        Some(kind) => kind,
        None => detect(&head)?,
    };
    if kind == Kind::Pcapng {
        // `PcapNGReader` wants its first block with the first read.
        let length = pcap::section_header_length(&head);
        fill(&mut input, &mut head, length).map_err(CaptureError::Io)?;
    }
    let input = Cursor::new(head).chain(input);
    match kind {
        Kind::Jsonl => json_lines::read(BufReader::with_capacity(BUFFER, input), sink),
        Kind::Btsnoop => btsnoop::read(BufReader::with_capacity(BUFFER, input), sink),
        Kind::Pcap => pcap::read_legacy(input, sink),
        Kind::Pcapng => pcap::read_ng(input, sink),
    }
}

/// The format of a capture that starts like this.
fn detect(head: &[u8]) -> Result<Kind, CaptureError> {
    let text = head.strip_prefix(json_lines::BYTE_ORDER_MARK).unwrap_or(head);
    match head {
        [b'b', b't', b's', b'n', b'o', b'o', b'p', 0, ..] => Ok(Kind::Btsnoop),
        [0x0a, 0x0d, 0x0d, 0x0a, ..] => Ok(Kind::Pcapng),
        [0xd4 | 0x4d, 0xc3 | 0x3c, 0xb2, 0xa1, ..]
        | [0xa1, 0xb2, 0xc3 | 0x3c, 0xd4 | 0x4d, ..]
        | [0x34, 0xcd, 0xb2, 0xa1, ..] => Ok(Kind::Pcap),
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [b'P', b'K', 3, 4, ..] => {
            Err(CaptureError::Compressed)
        }
        _ => match text.trim_ascii_start() {
            [] | [b'{', ..] => Ok(Kind::Jsonl),
            [b'[', ..] => Err(CaptureError::JsonArray),
            _ => Err(CaptureError::UnknownFormat),
        },
    }
}

/// Reads until `head` has this length, or to the end of the input.
fn fill(input: &mut impl Read, head: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let missing = length.saturating_sub(head.len());
    input.take(missing as u64).read_to_end(head).map(|_| ())
}

/// As many bytes as tell every format, and white space before the first JSON object.
const LONGEST_MAGIC: usize = 32;

/// For reading from files.
const BUFFER: usize = 1 << 16;

/// The longest packet that a Bluetooth capture may hold: 64 KiB and the headers around them, or what the tools
/// that write captures cut packets to.
const LONGEST_PACKET: usize = 1 << 18;

#[cfg(test)]
mod files;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_format() {
        for (head, expected) in [
            (&b"btsnoop\0\0\0\0\x01"[..], Kind::Btsnoop),
            (b"\x0a\x0d\x0d\x0a\x1c", Kind::Pcapng),
            (b"\xd4\xc3\xb2\xa1\x02", Kind::Pcap),
            (b"\xa1\xb2\xc3\xd4\x00", Kind::Pcap),
            (b"\x4d\x3c\xb2\xa1\x02", Kind::Pcap),
            (b"\xa1\xb2\x3c\x4d\x00", Kind::Pcap),
            (b"\x34\xcd\xb2\xa1\x02", Kind::Pcap),
            (b"{\"adv\":\"020106\"}", Kind::Jsonl),
            (b"\xef\xbb\xbf \r\n{", Kind::Jsonl),
            (b"", Kind::Jsonl),
        ] {
            assert_eq!(detect(head).unwrap(), expected, "{head:?}");
        }
    }

    #[test]
    fn what_is_no_capture_says_what_to_do() {
        for (head, word) in [
            (&b"\x1f\x8b\x08"[..], "npack"),
            (b" [{\"adv\"", "a line"),
            (b"hello", "--capture"),
            (b"\x7fELF", "--capture"),
        ] {
            let help = detect(head).unwrap_err().help().unwrap();
            assert!(help.contains(word), "{help}");
        }
    }
}
