use alloc::string::String;
use alloc::vec::Vec;

/// What a host asks of a chip. All numbers are little-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// 00: is anybody there?
    LinkCheck,
    /// 01: writes a register.
    WriteRegister {
        /// Where.
        address: u32,
        /// What.
        value: u32,
    },
    /// 03: reads a register.
    ReadRegister {
        /// Where.
        address: u32,
    },
    /// 0E: restarts.
    Reboot,
    /// 0F: another speed, from so many milliseconds on; the answer comes at the new speed.
    SetBaud {
        /// Bits a second.
        baud: u32,
        /// Milliseconds.
        delay_ms: u8,
    },
    /// 10: CRC-32 of a part of the flash. Whether the end counts depends on who answers.
    CheckCrc {
        /// The first byte.
        start: u32,
        /// The last, or the one after it.
        end: u32,
    },
    /// 11: which version it has.
    BootVersion,
    /// 06: writes up to 256 bytes.
    Write {
        /// Where.
        address: u32,
        /// What.
        data: Vec<u8>,
    },
    /// 07: writes 4096 bytes.
    Write4k {
        /// Where.
        address: u32,
        /// What: cut or filled up with FF to 4096 bytes.
        data: Vec<u8>,
    },
    /// 09: reads 4096 bytes.
    Read4k {
        /// Where.
        address: u32,
    },
    /// 0A: erases all. Not verified.
    EraseAll,
    /// 0B: erases 4096 bytes, of old bootloaders.
    Erase4k {
        /// Where.
        address: u32,
    },
    /// 0C: reads a status register of the flash chip, by the chip's own command.
    ReadStatus {
        /// 05 or 35.
        register: u8,
    },
    /// 0D: writes the status register of the flash chip.
    WriteStatus {
        /// The chip's own command, 01.
        register: u8,
        /// What.
        value: u16,
        /// 1 or 2 bytes of it.
        width: u8,
    },
    /// 0E, long: which flash chip it is.
    FlashId {
        /// The chip's own command, 9F.
        command: u32,
    },
    /// 0F, long: erases a block.
    Erase {
        /// How large.
        size: BlockSize,
        /// Where.
        address: u32,
    },
}

/// How large a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockSize {
    /// 4096 bytes.
    K4,
    /// 65536 bytes.
    K64,
}

impl BlockSize {
    /// The flash chip's own command.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::K4 => 0x20,
            Self::K64 => 0xd8,
        }
    }
}

impl Command {
    /// The command's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (long, code, payload) = self.parts();
        let length = payload.len() + 1;
        let mut bytes = Vec::from(HOST);
        if long || length >= 0xff {
            bytes.extend([0xff, 0xf4]);
            bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
        } else {
            bytes.push(length as u8);
        }
        bytes.push(code);
        bytes.extend(payload);
        bytes
    }

    /// Whether the answer is of the long form, and its code. The answer to a link check has 01.
    pub(super) fn answer(&self) -> Option<(bool, u8)> {
        match self {
            Self::LinkCheck => Some((false, 1)),
            Self::Reboot => None,
            _ => {
                let (long, code, _) = self.parts();
                Some((long, code))
            }
        }
    }

    fn parts(&self) -> (bool, u8, Vec<u8>) {
        let words = |words: &[u32]| {
            words
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        let addressed = |address: &u32, data: &[u8]| [&address.to_le_bytes(), data].concat();
        match self {
            Self::LinkCheck => (false, 0x00, Vec::new()),
            Self::WriteRegister { address, value } => (false, 0x01, words(&[*address, *value])),
            Self::ReadRegister { address } => (false, 0x03, words(&[*address])),
            Self::Reboot => (false, 0x0e, Vec::from([0xa5])),
            Self::SetBaud { baud, delay_ms } => (false, 0x0f, addressed(baud, &[*delay_ms])),
            Self::CheckCrc { start, end } => (false, 0x10, words(&[*start, *end])),
            Self::BootVersion => (false, 0x11, Vec::new()),
            Self::Write { address, data } => {
                (true, 0x06, addressed(address, data.get(..256).unwrap_or(data)))
            }
            Self::Write4k { address, data } => {
                let mut block = data.clone();
                block.resize(SECTOR, 0xff);
                (true, 0x07, addressed(address, &block))
            }
            Self::Read4k { address } => (true, 0x09, words(&[*address])),
            Self::EraseAll => (true, 0x0a, Vec::new()),
            Self::Erase4k { address } => (true, 0x0b, words(&[*address])),
            Self::ReadStatus { register } => (true, 0x0c, Vec::from([*register])),
            Self::WriteStatus {
                register,
                value,
                width,
            } => {
                let [low, high] = value.to_le_bytes();
                let payload = if *width == 2 {
                    Vec::from([*register, low, high])
                } else {
                    Vec::from([*register, low])
                };
                (true, 0x0d, payload)
            }
            Self::FlashId { command } => (true, 0x0e, words(&[*command])),
            Self::Erase { size, address } => {
                let [a, b, c, d] = address.to_le_bytes();
                (true, 0x0f, Vec::from([size.code(), a, b, c, d]))
            }
        }
    }

    /// Takes a command off the front of what a chip received: `None` until one is whole. Bytes before it are skipped.
    pub(super) fn take(buffer: &mut Vec<u8>) -> Option<Self> {
        loop {
            let start = memchr::memmem::find(buffer, &HOST);
            let Some(start) = start else {
                // The last bytes may begin the next one.
                let keep = buffer.len().saturating_sub(HOST.len() - 1);
                buffer.drain(..keep);
                return None;
            };
            buffer.drain(..start);
            let (long, length, head) = match buffer.get(3..)? {
                [0xff, 0xf4, l0, l1, ..] => (true, usize::from(u16::from_le_bytes([*l0, *l1])), 7),
                [0xff, ..] if buffer.len() < 7 => return None,
                [length, ..] => (false, usize::from(*length), 4),
                [] => return None,
            };
            if length == 0 || length > SECTOR + 5 {
                buffer.drain(..1);
                continue;
            }
            let body = buffer.get(head..head + length)?.to_vec();
            buffer.drain(..head + length);
            if let Some(command) = body
                .split_first()
                .and_then(|(code, payload)| Self::read(long, *code, payload))
            {
                return Some(command);
            }
        }
    }

    fn read(long: bool, code: u8, payload: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            payload
                .get(at..)
                .and_then(<[u8]>::first_chunk)
                .map(|word| u32::from_le_bytes(*word))
        };
        Some(match (long, code) {
            (false, 0x00) => Self::LinkCheck,
            (false, 0x01) => Self::WriteRegister {
                address: word(0)?,
                value: word(4)?,
            },
            (false, 0x03) => Self::ReadRegister { address: word(0)? },
            (false, 0x0e) if payload == [0xa5] => Self::Reboot,
            (false, 0x0f) => Self::SetBaud {
                baud: word(0)?,
                delay_ms: *payload.get(4)?,
            },
            (false, 0x10) => Self::CheckCrc {
                start: word(0)?,
                end: word(4)?,
            },
            (false, 0x11) => Self::BootVersion,
            (true, 0x06) => Self::Write {
                address: word(0)?,
                data: payload.get(4..)?.to_vec(),
            },
            (true, 0x07) if payload.len() == SECTOR + 4 => Self::Write4k {
                address: word(0)?,
                data: payload.get(4..)?.to_vec(),
            },
            (true, 0x09) => Self::Read4k { address: word(0)? },
            (true, 0x0a) => Self::EraseAll,
            (true, 0x0b) => Self::Erase4k { address: word(0)? },
            (true, 0x0c) => Self::ReadStatus {
                register: *payload.first()?,
            },
            (true, 0x0d) => match payload {
                [register, low] => Self::WriteStatus {
                    register: *register,
                    value: u16::from(*low),
                    width: 1,
                },
                [register, low, high] => Self::WriteStatus {
                    register: *register,
                    value: u16::from_le_bytes([*low, *high]),
                    width: 2,
                },
                _ => return None,
            },
            (true, 0x0e) => Self::FlashId { command: word(0)? },
            (true, 0x0f) => {
                let (size, address) = payload.split_first()?;
                let size = match size {
                    0x20 => BlockSize::K4,
                    0xd8 => BlockSize::K64,
                    _ => return None,
                };
                Self::Erase {
                    size,
                    address: address.first_chunk().map(|word| u32::from_le_bytes(*word))?,
                }
            }
            _ => return None,
        })
    }
}

/// What a chip answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Of the short or the long form.
    pub long: bool,
    /// To which command.
    pub code: u8,
    /// What it says.
    pub payload: Payload,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload {
    /// Somebody is there: 0.
    Link {
        /// 0.
        value: u8,
    },
    /// A register.
    Register {
        /// Where.
        address: u32,
        /// What.
        value: u32,
    },
    /// The new speed.
    Baud {
        /// Bits a second.
        baud: u32,
        /// Milliseconds.
        delay_ms: u8,
    },
    /// A checksum.
    Crc {
        /// As sent: the CRC-32 inverted.
        raw: u32,
    },
    /// The version; a single byte 07 stands for none.
    Version {
        /// The text, without zeros at its end.
        text: String,
    },
    /// Written, so many bytes; 0 means 256.
    Written {
        /// 0 if it worked.
        status: u8,
        /// Where.
        address: u32,
        /// How many.
        count: u8,
    },
    /// 4096 bytes written, or 4096 bytes erased.
    Done {
        /// 0 if it worked.
        status: u8,
        /// Where, if the answer says.
        address: Option<u32>,
    },
    /// 4096 bytes read.
    Data {
        /// 0 if it worked.
        status: u8,
        /// Where.
        address: u32,
        /// What.
        data: Vec<u8>,
    },
    /// A status register of the flash chip, read or written.
    FlashStatus {
        /// 0 if it worked.
        status: u8,
        /// Which.
        register: u8,
        /// What.
        value: u16,
    },
    /// Which flash chip it is.
    FlashId {
        /// 0 if it worked.
        status: u8,
        /// Maker, type and size code.
        id: [u8; 3],
    },
    /// A block erased.
    Erased {
        /// 0 if it worked.
        status: u8,
        /// How large, by the flash chip's own command.
        size_code: u8,
        /// Where.
        address: u32,
    },
    /// Something else.
    Other {
        /// All of it.
        bytes: Vec<u8>,
    },
}

impl Payload {
    /// The status of the long form.
    #[must_use]
    pub const fn status(&self) -> Option<u8> {
        match self {
            Self::Written { status, .. }
            | Self::Done { status, .. }
            | Self::Data { status, .. }
            | Self::FlashStatus { status, .. }
            | Self::FlashId { status, .. }
            | Self::Erased { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl Response {
    /// Reads an answer from the front of these bytes, after what isn't one: gives it, how many bytes were skipped
    /// before it, and how many it has.
    ///
    /// # Errors
    ///
    /// If it isn't whole, or what follows its length isn't the mark.
    pub fn parse(bytes: &[u8]) -> Result<(Self, usize, usize), ResponseError> {
        let need = ResponseError::NeedMore { found: bytes.len() };
        let skipped = memchr::memmem::find(bytes, &CHIP).ok_or(need)?;
        let frame = bytes.get(skipped..).unwrap_or_default();
        let length = usize::from(*frame.get(2).ok_or(need)?);
        let mark = frame.get(3..6).ok_or(need)?;
        if mark != HOST {
            return Err(ResponseError::BadMarker { offset: skipped + 3 });
        }
        let bad = ResponseError::BadMarker { offset: skipped + 6 };
        let (long, start, length) = if length == 0xff {
            match frame.get(6).ok_or(need)? {
                0xf4 => {}
                _ => return Err(bad),
            }
            let size = frame.get(7..).and_then(<[u8]>::first_chunk).ok_or(need)?;
            (true, 9, usize::from(u16::from_le_bytes(*size)))
        } else {
            (false, 6, length.checked_sub(3).ok_or(bad)?)
        };
        if length == 0 || length > SECTOR + 6 {
            return Err(bad);
        }
        let body = frame.get(start..start + length).ok_or(need)?;
        let (code, payload) = body.split_first().ok_or(bad)?;
        let payload = read_payload(long, *code, payload);
        Ok((
            Self {
                long,
                code: *code,
                payload,
            },
            skipped,
            start + length,
        ))
    }

    /// The answer's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let body = self.body();
        let mut bytes = Vec::from(CHIP);
        if self.long {
            bytes.push(0xff);
            bytes.extend(HOST);
            bytes.push(0xf4);
            bytes.extend(u16::try_from(body.len() + 1).unwrap_or(u16::MAX).to_le_bytes());
        } else {
            bytes.push(u8::try_from(body.len() + 4).unwrap_or(u8::MAX));
            bytes.extend(HOST);
        }
        bytes.push(self.code);
        bytes.extend(body);
        bytes
    }

    fn body(&self) -> Vec<u8> {
        match &self.payload {
            Payload::Link { value } => Vec::from([*value]),
            Payload::Register { address, value } => [address.to_le_bytes(), value.to_le_bytes()].concat(),
            Payload::Baud { baud, delay_ms } => [baud.to_le_bytes().as_slice(), &[*delay_ms]].concat(),
            Payload::Crc { raw } => raw.to_le_bytes().to_vec(),
            Payload::Version { text } => [text.as_bytes(), &[0]].concat(),
            Payload::Written {
                status,
                address,
                count,
            } => [[*status].as_slice(), &address.to_le_bytes(), &[*count]].concat(),
            Payload::Done { status, address } => {
                let address = address.map(u32::to_le_bytes);
                [
                    [*status].as_slice(),
                    address.as_ref().map_or(&[], <[u8; 4]>::as_slice),
                ]
                .concat()
            }
            Payload::Data {
                status,
                address,
                data,
            } => [[*status].as_slice(), &address.to_le_bytes(), data].concat(),
            Payload::FlashStatus {
                status,
                register,
                value,
            } => {
                let [low, high] = value.to_le_bytes();
                let mut body = Vec::from([*status, *register, low]);
                // The answer to writing two bytes has both.
                if high != 0 {
                    body.push(high);
                }
                body
            }
            Payload::FlashId {
                status,
                id: [a, b, c],
            } => Vec::from([*status, *a, *b, *c]),
            Payload::Erased {
                status,
                size_code,
                address,
            } => [[*status, *size_code].as_slice(), &address.to_le_bytes()].concat(),
            Payload::Other { bytes } => bytes.clone(),
        }
    }
}

fn read_payload(long: bool, code: u8, payload: &[u8]) -> Payload {
    let word = |bytes: &[u8]| {
        bytes
            .first_chunk()
            .map(|word| u32::from_le_bytes(*word))
            .unwrap_or_default()
    };
    match (long, code, payload) {
        (false, 0x01, [value]) => Payload::Link { value: *value },
        (false, 0x01 | 0x03, [_, _, _, _, value @ ..]) if value.len() == 4 => Payload::Register {
            address: word(payload),
            value: word(value),
        },
        (false, 0x0f, [_, _, _, _, delay_ms]) => Payload::Baud {
            baud: word(payload),
            delay_ms: *delay_ms,
        },
        (false, 0x10, [_, _, _, _]) => Payload::Crc { raw: word(payload) },
        (false, 0x11, text) if text != [7] => {
            let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
            Payload::Version {
                text: String::from_utf8_lossy(text.get(..end).unwrap_or_default()).into_owned(),
            }
        }
        (true, 0x06, [status, address @ .., count]) if address.len() == 4 => Payload::Written {
            status: *status,
            address: word(address),
            count: *count,
        },
        (true, 0x07 | 0x0a | 0x0b, [status, address @ ..]) => Payload::Done {
            status: *status,
            address: (address.len() == 4).then(|| word(address)),
        },
        (true, 0x09, [status, rest @ ..]) if rest.len() >= 4 => Payload::Data {
            status: *status,
            address: word(rest),
            data: rest.get(4..).unwrap_or_default().to_vec(),
        },
        (true, 0x0c | 0x0d, [status, register, low, high @ ..]) if high.len() <= 1 => {
            let high = high.first().copied().unwrap_or_default();
            Payload::FlashStatus {
                status: *status,
                register: *register,
                value: u16::from_le_bytes([*low, high]),
            }
        }
        (true, 0x0e, [status, a, b, c, ..]) => Payload::FlashId {
            status: *status,
            id: [*a, *b, *c],
        },
        (true, 0x0f, [status, size_code, address @ ..]) if address.len() == 4 => Payload::Erased {
            status: *status,
            size_code: *size_code,
            address: word(address),
        },
        _ => Payload::Other {
            bytes: payload.to_vec(),
        },
    }
}

/// Cuts a stream into answers.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    skipped: u64,
}

impl Decoder {
    /// Hand in what came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        let over = self.buffer.len().saturating_sub(MAX_BUFFER);
        self.buffer.drain(..over);
        self.skipped += over as u64;
    }

    /// The next whole answer.
    pub fn next_response(&mut self) -> Option<Response> {
        loop {
            match Response::parse(&self.buffer) {
                Ok((response, skipped, length)) => {
                    self.skipped += skipped as u64;
                    self.buffer.drain(..skipped + length);
                    return Some(response);
                }
                Err(ResponseError::BadMarker { .. }) => {
                    // Search again behind the false start.
                    let start = memchr::memmem::find(&self.buffer, &CHIP).map_or(1, |at| at + 1);
                    self.skipped += start as u64;
                    self.buffer.drain(..start);
                }
                Err(ResponseError::NeedMore { .. }) => return None,
            }
        }
    }

    /// Forgets the start of an answer whose rest didn't come.
    pub fn reset(&mut self) {
        self.skipped += self.buffer.len() as u64;
        self.buffer.clear();
    }

    /// How many bytes were no part of an answer.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// Bytes that are no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// Not whole.
    #[error("{found} bytes are no whole answer")]
    NeedMore {
        /// What was there.
        found: usize,
    },
    /// What follows the length isn't the mark, or the length can't be.
    #[error("no answer: the mark at byte {offset} is missing")]
    BadMarker {
        /// Where.
        offset: usize,
    },
}

impl ResponseError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NeedMore { .. } => "need_more",
            Self::BadMarker { .. } => "bad_marker",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NeedMore { .. } => None,
            Self::BadMarker { .. } => Some("If it goes on, use a lower speed or shorter wires."),
        }
    }
}

pub(super) const SECTOR: usize = 4096;
const HOST: [u8; 3] = [0x01, 0xe0, 0xfc];
const CHIP: [u8; 2] = [0x04, 0x0e];
const MAX_BUFFER: usize = 2 * SECTOR;
