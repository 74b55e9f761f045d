//! btsnoop: what Android's developer option and BlueZ's `btmon -w` write. All fields are big-endian.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | `btsnoop\0` |
//! | 8 | 4 | version, 1 |
//! | 12 | 4 | data link: 1001 HCI, 1002 HCI with packet indicator, 2001 BlueZ's monitor |
//!
//! Then records:
//!
//! | offset | size | field | unit |
//! |---|---|---|---|
//! | 0 | 4 | original length | bytes |
//! | 4 | 4 | included length | bytes |
//! | 8 | 4 | flags: bit 0 received, bit 1 command or event; of the monitor: adapter, opcode | |
//! | 12 | 4 | packets dropped so far | |
//! | 16 | 8 | time since the year 0 | µs |
//! | 24 | n | packet | |
//!
//! It is read here by hand: the parser of the crate `btsnoop` 0.2 wants the whole file in memory, keeps all packets
//! there, and stands on nom 7.

use std::io::{self, BufRead};
use std::time::Duration;

use super::{CaptureError, LONGEST_PACKET, Place, Sink, Stopped, hci};

/// Reads a log to its end.
pub(super) fn read(mut input: impl BufRead, sink: &mut impl Sink) -> Result<(), Stopped> {
    let mut header = [0; HEADER];
    if read_full(&mut input, &mut header)? < HEADER {
        return Err(CaptureError::WrongHeader("btsnoop").into());
    }
    let [magic @ .., v0, v1, v2, v3, d0, d1, d2, d3] = header;
    if magic != *b"btsnoop\0" {
        return Err(CaptureError::WrongHeader("btsnoop").into());
    }
    let version = u32::from_be_bytes([v0, v1, v2, v3]);
    if version != 1 {
        return Err(CaptureError::BtsnoopVersion { version }.into());
    }
    let data_link = DataLink::from_number(u32::from_be_bytes([d0, d1, d2, d3]))?;

    let mut packet = Vec::new();
    let mut offset = HEADER as u64;
    for record in 1.. {
        let place = Place::Record { record, offset };
        let mut header = [0; RECORD_HEADER];
        match read_full(&mut input, &mut header)? {
            0 => break,
            RECORD_HEADER => {}
            _ => return Err(CaptureError::Truncated { place }.into()),
        }
        let [
            _,
            _,
            _,
            _,
            l0,
            l1,
            l2,
            l3,
            flags @ ..,
            _,
            _,
            _,
            _,
            t0,
            t1,
            t2,
            t3,
            t4,
            t5,
            t6,
            t7,
        ] = header;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        if length > LONGEST_PACKET {
            return Err(CaptureError::Oversized {
                place,
                limit: LONGEST_PACKET,
            }
            .into());
        }
        packet.resize(length, 0);
        if read_full(&mut input, &mut packet)? < length {
            return Err(CaptureError::Truncated { place }.into());
        }
        let time = since_1970(u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]));
        data_link
            .packet(u32::from_be_bytes(flags), time, place, &packet, sink)
            .map_err(Stopped::Sink)?;
        offset += (RECORD_HEADER + length) as u64;
    }
    Ok(())
}

/// What the packets are.
#[derive(Clone, Copy, Debug)]
enum DataLink {
    Hci,
    Uart,
    Monitor,
}

impl DataLink {
    fn from_number(number: u32) -> Result<Self, CaptureError> {
        let protocol = match number {
            1001 => return Ok(Self::Hci),
            1002 => return Ok(Self::Uart),
            2001 => return Ok(Self::Monitor),
            1003 => "BCSP",
            1004 => "three-wire UART",
            2002 => "simulator",
            _ => "unknown",
        };
        Err(CaptureError::DataLink { protocol, number })
    }

    fn packet(
        self,
        flags: u32,
        time: Option<Duration>,
        place: Place,
        packet: &[u8],
        sink: &mut impl Sink,
    ) -> io::Result<()> {
        match self {
            Self::Uart => hci::uart_packet(time, place, packet, sink),
            Self::Monitor => {
                let [_, _, o0, o1] = flags.to_be_bytes();
                hci::monitor_packet(time, place, u16::from_be_bytes([o0, o1]), packet, sink)
            }
            Self::Hci if flags & RECEIVED_EVENT == RECEIVED_EVENT => hci::event(time, place, packet, sink),
            Self::Hci => {
                sink.other();
                Ok(())
            }
        }
    }
}

/// Fills the buffer and returns how much of it, which is less only at the end of the input.
fn read_full(input: &mut impl BufRead, buffer: &mut [u8]) -> Result<usize, CaptureError> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(CaptureError::Io(error)),
        }
    }
    Ok(filled)
}

/// `None` for times before 1970: devices without a clock write them.
fn since_1970(micros: u64) -> Option<Duration> {
    micros.checked_sub(YEAR_0_TO_1970).map(Duration::from_micros)
}

const HEADER: usize = 16;
const RECORD_HEADER: usize = 24;
const YEAR_0_TO_1970: u64 = 0x00dc_ddb3_0f2f_8000;
/// Bit 0: from the controller. Bit 1: command or event.
const RECEIVED_EVENT: u32 = 0b11;
