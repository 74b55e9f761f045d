//! pcap and pcapng, with link types of HCI and of sniffers.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;
use std::time::Duration;

use mibeacon::ll::LinkType;
use pcap_parser::pcapng::Block;
use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{LegacyPcapReader, PcapBlockOwned, PcapError, PcapNGReader};

use super::{BUFFER, CaptureError, Fault, LONGEST_PACKET, Place, Sink, Stopped, hci, link_layer};

/// Reads a pcap file to its end.
pub(super) fn read_legacy(input: impl Read, sink: &mut impl Sink) -> Result<(), Stopped> {
    let (input, error) = Remembering::new(input);
    let reader = LegacyPcapReader::new(BUFFER, input).map_err(|_| CaptureError::WrongHeader("pcap"))?;
    let (mut link, mut is_nano) = (Link::Foreign, false);
    walk(reader, &error, |place, block| {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                // The upper bits tell about checksums.
                let number = header.network.0 & 0xffff;
                link = Link::from_number(number);
                is_nano = header.is_nanosecond_precision();
                if link == Link::Foreign {
                    return Err(CaptureError::LinkType { number }.into());
                }
            }
            PcapBlockOwned::Legacy(block) => {
                let nanos = u64::from(block.ts_usec) * if is_nano { 1 } else { 1000 };
                let time = Duration::from_secs(block.ts_sec.into()) + Duration::from_nanos(nanos);
                link.packet(Some(time), place, block.data, sink)
                    .map_err(Stopped::Sink)?;
            }
            PcapBlockOwned::NG(_) => {}
        }
        Ok(())
    })
}

/// Reads a pcapng file to its end.
pub(super) fn read_ng(input: impl Read, sink: &mut impl Sink) -> Result<(), Stopped> {
    let (input, error) = Remembering::new(input);
    let reader = PcapNGReader::new(BUFFER, input).map_err(|_| CaptureError::WrongHeader("pcapng"))?;
    let mut interfaces = Vec::new();
    let (mut foreign, mut seen) = (None, false);
    walk(reader, &error, |place, block| {
        let PcapBlockOwned::NG(block) = block else {
            return Ok(());
        };
        let (index, ticks, data) = match &block {
            Block::SectionHeader(_) => {
                interfaces.clear();
                return Ok(());
            }
            Block::InterfaceDescription(block) => {
                if interfaces.len() == MOST_INTERFACES {
                    return Err(CaptureError::Interfaces {
                        limit: MOST_INTERFACES,
                    }
                    .into());
                }
                let link = Link::from_number(block.linktype.0);
                match link {
                    Link::Foreign => foreign = Some(block.linktype.0),
                    _ => seen = true,
                }
                interfaces.push(Interface {
                    link,
                    ticks_per_second: block.ts_resolution(),
                    start: block.ts_offset(),
                });
                return Ok(());
            }
            Block::EnhancedPacket(block) => {
                let ticks = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
                (block.if_id, Some(ticks), block.packet_data())
            }
            Block::SimplePacket(block) => (0, None, block.packet_data()),
            _ => return Ok(()),
        };
        match interfaces.get(index as usize) {
            Some(interface) => {
                let time = ticks.and_then(|ticks| interface.time(ticks));
                interface.link.packet(time, place, data, sink)
            }
            None => sink.fault(place, Fault::Interface { interface: index }),
        }
        .map_err(Stopped::Sink)
    })?;
    match foreign {
        Some(number) if !seen => Err(CaptureError::LinkType { number }.into()),
        _ => Ok(()),
    }
}

/// The length of the first block of a pcapng file, options included.
pub(super) fn section_header_length(head: &[u8]) -> usize {
    let length = match head {
        [_, _, _, _, a, b, c, d, 0x4d, 0x3c, 0x2b, 0x1a, ..] => u32::from_le_bytes([*a, *b, *c, *d]),
        [_, _, _, _, a, b, c, d, ..] => u32::from_be_bytes([*a, *b, *c, *d]),
        _ => 0,
    };
    BUFFER.min(length as usize)
}

/// Hands every block to `handle`, the header included, with its place.
fn walk<R: PcapReaderIterator>(
    mut reader: R,
    error: &Rc<RefCell<Option<io::Error>>>,
    mut handle: impl FnMut(Place, PcapBlockOwned<'_>) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    // The header of the file, which comes as the first block, isn't a record.
    for record in 0.. {
        let place = Place::Record {
            record,
            offset: reader.consumed() as u64,
        };
        while !has_block(&mut reader, place)? {
            let before = reader.data().len();
            if reader.refill().is_err() {
                let error = error.borrow_mut().take().unwrap_or(io::ErrorKind::Other.into());
                return Err(CaptureError::Io(error).into());
            }
            if reader.data().len() == before && !reader.reader_exhausted() {
                grow(&mut reader, place)?;
            }
        }
        let length = match reader.next() {
            Ok((length, block)) => {
                handle(place, block)?;
                length
            }
            Err(_) => break,
        };
        reader.consume(length);
    }
    Ok(())
}

/// Whether there is a whole block, or the end; `false` if more has to be read.
fn has_block<R: PcapReaderIterator>(reader: &mut R, place: Place) -> Result<bool, Stopped> {
    loop {
        let is_empty = reader.data().is_empty();
        match reader.next() {
            Ok(_) | Err(PcapError::Eof) => return Ok(true),
            Err(PcapError::Incomplete(_)) => return Ok(false),
            Err(PcapError::UnexpectedEof) if is_empty => return Ok(true),
            Err(PcapError::UnexpectedEof) => return Err(CaptureError::Truncated { place }.into()),
            Err(PcapError::BufferTooSmall) => {}
            Err(_) => return Err(CaptureError::Damaged { place }.into()),
        }
        grow(reader, place)?;
    }
}

fn grow<R: PcapReaderIterator>(reader: &mut R, place: Place) -> Result<(), Stopped> {
    let limit = LONGEST_PACKET;
    for size in [BUFFER * 2, limit + BLOCK_HEADER] {
        if reader.grow(size) {
            return Ok(());
        }
    }
    Err(CaptureError::Oversized { place, limit }.into())
}

/// An interface of a pcapng file.
#[derive(Debug)]
struct Interface {
    link: Link,
    ticks_per_second: Option<u64>,
    /// What to add to all times, seconds.
    start: i64,
}

impl Interface {
    fn time(&self, ticks: u64) -> Option<Duration> {
        let per_second = self.ticks_per_second.filter(|ticks| *ticks > 0)?;
        let seconds = (ticks / per_second).checked_add_signed(self.start)?;
        let nanos = u128::from(ticks % per_second) * 1_000_000_000 / u128::from(per_second);
        Some(Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(nanos).ok()?))
    }
}

/// What the packets of a link type are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// HCI with packet indicator.
    Uart,
    /// The same after four bytes with the direction.
    UartWithDirection,
    /// BlueZ's monitor: adapter and opcode first.
    Monitor,
    /// Packets of the radio.
    Radio(LinkType),
    /// Something else.
    Foreign,
}

impl Link {
    fn from_number(number: i32) -> Self {
        match number {
            187 => Self::Uart,
            201 => Self::UartWithDirection,
            254 => Self::Monitor,
            _ => u32::try_from(number)
                .ok()
                .and_then(LinkType::from_number)
                .map_or(Self::Foreign, Self::Radio),
        }
    }

    fn packet(
        self,
        time: Option<Duration>,
        place: Place,
        data: &[u8],
        sink: &mut impl Sink,
    ) -> io::Result<()> {
        match (self, data) {
            (Self::Uart, packet) | (Self::UartWithDirection, [_, _, _, _, packet @ ..]) => {
                hci::uart_packet(time, place, packet, sink)
            }
            (Self::Monitor, [_, _, o0, o1, packet @ ..]) => {
                hci::monitor_packet(time, place, u16::from_be_bytes([*o0, *o1]), packet, sink)
            }
            (Self::UartWithDirection | Self::Monitor, _) => sink.fault(place, Fault::Header),
            (Self::Radio(link_type), bytes) => link_layer::packet(link_type, time, place, bytes, sink),
            (Self::Foreign, _) => {
                sink.other();
                Ok(())
            }
        }
    }
}

/// Keeps the error of a read, which the parser throws away, and tries again where nothing is wrong.
struct Remembering<R> {
    input: R,
    error: Rc<RefCell<Option<io::Error>>>,
}

impl<R: Read> Remembering<R> {
    fn new(input: R) -> (Self, Rc<RefCell<Option<io::Error>>>) {
        let error = Rc::default();
        let remembering = Self {
            input,
            error: Rc::clone(&error),
        };
        (remembering, error)
    }
}

impl<R: Read> Read for Remembering<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.input.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let kind = error.kind();
                    *self.error.borrow_mut() = Some(error);
                    return Err(kind.into());
                }
                read => return read,
            }
        }
    }
}

/// Room for what stands around a packet: the fields of its block, and options.
const BLOCK_HEADER: usize = 1 << 12;

/// More than any machine has; every one takes memory.
const MOST_INTERFACES: usize = 1 << 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_for_every_resolution() {
        let interface = |ticks_per_second, start| Interface {
            link: Link::Uart,
            ticks_per_second,
            start,
        };
        let micro = interface(Some(1_000_000), 0);
        assert_eq!(micro.time(1_500_000), Some(Duration::from_millis(1500)));
        let binary = interface(Some(1 << 63), 10);
        assert_eq!(
            binary.time(3 << 62),
            Some(Duration::from_secs(11) + Duration::from_millis(500))
        );
        assert_eq!(interface(Some(1), -5).time(3), None);
        assert_eq!(interface(None, 0).time(3), None);
        assert_eq!(interface(Some(1), i64::MAX).time(u64::MAX), None, "no overflow");
    }

    #[test]
    fn the_first_block_is_read_whole_in_either_byte_order() {
        let little = b"\x0a\x0d\x0d\x0a\x9c\x00\x00\x00\x4d\x3c\x2b\x1a";
        let big = b"\x0a\x0d\x0d\x0a\x00\x00\x00\x9c\x1a\x2b\x3c\x4d";
        assert_eq!(section_header_length(little), 0x9c);
        assert_eq!(section_header_length(big), 0x9c);
        assert_eq!(
            section_header_length(b"\x0a\x0d\x0d\x0a\xff\xff\xff\xff\x4d\x3c\x2b\x1a"),
            BUFFER
        );
        assert_eq!(section_header_length(b"\x0a"), 0);
    }
}
