use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A packet of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Packet {
    /// The group's name, without zero.
    pub group: Vec<u8>,
    /// Counts per sender: 1, 2, .. 65535, 0.
    pub sequence: u16,
    /// What it is.
    pub flags: Flags,
    /// What is shared.
    pub items: Vec<Item>,
    /// Whether the closing 00 was there.
    pub terminated: bool,
}

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Flags(pub u16);

impl Flags {
    /// The sender has started.
    pub const RESET: Self = Self(1);
    /// Asks for the state.
    pub const STATUS_REQUEST: Self = Self(2);
    /// All of the state.
    pub const FULL_STATUS: Self = Self(4);
    /// Has arrived.
    pub const ACK: Self = Self(8);
    /// Another packet follows.
    pub const MORE_TO_COME: Self = Self(16);
    /// To one member.
    pub const DIRECT: Self = Self(32);
    /// The sender is there.
    pub const ANNOUNCEMENT: Self = Self(64);
    /// Only for the sender itself.
    pub const LOCAL: Self = Self(128);

    /// Whether all of these are set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether such a packet has neither items nor a closing 00.
    #[must_use]
    pub const fn is_bare(self) -> bool {
        self.0 & (2 | 8 | 64) != 0
    }
}

/// Something that is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    id: u8,
    value: ItemValue,
}

/// The value of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItemValue {
    /// Ids 1 to 63 (a byte), 64 to 127 (two), 129 to 191 (four).
    Number(u32),
    /// Id 128: a bit a relay, and how many relays there are.
    Power {
        /// The bits, 24 of them.
        bits: u32,
        /// How many.
        count: u8,
    },
    /// Ids 192 to 223, at most 254 bytes, without the closing zero.
    Text(Vec<u8>),
    /// Ids 224 to 255, at most 255 bytes.
    Bytes(Vec<u8>),
}

impl Item {
    /// An item, if the value is one that this id has.
    ///
    /// # Errors
    ///
    /// If it isn't.
    pub fn new(id: u8, value: ItemValue) -> Result<Self, ItemError> {
        let fits = match (&value, id) {
            (ItemValue::Number(number), 1..=63) => *number <= 0xff,
            (ItemValue::Number(number), 64..=127) => *number <= 0xffff,
            (ItemValue::Number(_), 129..=191) => true,
            (ItemValue::Power { bits, .. }, 128) => *bits <= 0xff_ffff,
            (ItemValue::Text(text), 192..=223) => text.len() <= 254 && !text.contains(&0),
            (ItemValue::Bytes(bytes), 224..) => bytes.len() <= 255,
            _ => false,
        };
        if fits {
            Ok(Self { id, value })
        } else {
            Err(ItemError::Value { id })
        }
    }

    /// Relays: the lowest 24 bits, and how many there are.
    #[must_use]
    pub const fn power(bits: u32, count: u8) -> Self {
        Self {
            id: 128,
            value: ItemValue::Power {
                bits: bits & 0xff_ffff,
                count,
            },
        }
    }

    /// Brightness, 0 to 255.
    #[must_use]
    pub const fn brightness(value: u8) -> Self {
        Self {
            id: 5,
            value: ItemValue::Number(value as u32),
        }
    }

    /// Red, green, blue, cold and warm white.
    #[must_use]
    pub fn color(channels: [u8; 5]) -> Self {
        Self {
            id: 224,
            value: ItemValue::Bytes(channels.to_vec()),
        }
    }

    /// The id.
    #[must_use]
    pub const fn id(&self) -> u8 {
        self.id
    }

    /// The value.
    #[must_use]
    pub const fn value(&self) -> &ItemValue {
        &self.value
    }

    /// Whether OpenBeken reads it as something else: at the ends of its ranges it counts wrongly.
    #[must_use]
    pub const fn is_misread(&self) -> bool {
        matches!(self.id, 63 | 127 | 191 | 223)
    }
}

impl Packet {
    /// A packet. Items are left out where the flags allow none.
    ///
    /// # Errors
    ///
    /// If the name has a zero byte.
    pub fn new(group: &str, sequence: u16, flags: Flags, items: Vec<Item>) -> Result<Self, ItemError> {
        if let Some(offset) = group.bytes().position(|byte| byte == 0) {
            return Err(ItemError::GroupName { offset });
        }
        let items = if flags.is_bare() { Vec::new() } else { items };
        Ok(Self {
            group: group.as_bytes().to_vec(),
            sequence,
            flags,
            items,
            terminated: !flags.is_bare(),
        })
    }

    /// The group's name as text.
    #[must_use]
    pub fn group_name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.group)
    }

    /// The packet's bytes. For OpenBeken's devices they should be at most [`MAX_PACKET`](super::MAX_PACKET), without
    /// items that [`is_misread`](Item::is_misread) names.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = HEADER.to_vec();
        bytes.extend_from_slice(&self.group);
        bytes.push(0);
        bytes.extend(self.sequence.to_le_bytes());
        bytes.extend(self.flags.0.to_le_bytes());
        if self.flags.is_bare() {
            return bytes;
        }
        for item in &self.items {
            bytes.push(item.id);
            match &item.value {
                ItemValue::Number(number) => {
                    let width = number_width(item.id);
                    bytes.extend(number.to_le_bytes().into_iter().take(width));
                }
                ItemValue::Power { bits, count } => {
                    bytes.extend(bits.to_le_bytes().into_iter().take(3));
                    bytes.push(*count);
                }
                ItemValue::Text(text) => {
                    bytes.push(u8::try_from(text.len() + 1).unwrap_or(u8::MAX));
                    bytes.extend_from_slice(text);
                    bytes.push(0);
                }
                ItemValue::Bytes(data) => {
                    bytes.push(u8::try_from(data.len()).unwrap_or(u8::MAX));
                    bytes.extend_from_slice(data);
                }
            }
        }
        if self.terminated {
            bytes.push(0);
        }
        bytes
    }

    /// Reads a packet; what follows the closing 00 is ignored.
    ///
    /// # Errors
    ///
    /// If it begins with something else, or ends within a field. A missing 00 at the end is no error.
    pub fn parse(bytes: &[u8]) -> Result<Self, PacketError> {
        let rest = bytes
            .strip_prefix(HEADER)
            .ok_or(PacketError::BadHeader { length: bytes.len() })?;
        let truncated = |rest: &[u8]| PacketError::Truncated {
            offset: bytes.len() - rest.len(),
        };
        let end = memchr::memchr(0, rest).ok_or(PacketError::Truncated { offset: bytes.len() })?;
        let group = rest.get(..end).unwrap_or_default().to_vec();
        let rest = rest.get(end + 1..).unwrap_or_default();
        let ([s0, s1, f0, f1], mut rest) = rest.split_first_chunk::<4>().ok_or(truncated(rest))?;
        let flags = Flags(u16::from_le_bytes([*f0, *f1]));
        let mut packet = Self {
            group,
            sequence: u16::from_le_bytes([*s0, *s1]),
            flags,
            items: Vec::new(),
            terminated: false,
        };
        if flags.is_bare() {
            return Ok(packet);
        }
        while let [id, after @ ..] = rest {
            if *id == 0 {
                packet.terminated = true;
                break;
            }
            let (value, after) = item_value(*id, after).ok_or(truncated(rest))?;
            packet.items.push(Item { id: *id, value });
            rest = after;
        }
        Ok(packet)
    }
}

/// Whether a sequence is newer than the last of its sender: by 1 to 32767 of 65536.
#[must_use]
pub const fn is_newer(last: u16, sequence: u16) -> bool {
    matches!(sequence.wrapping_sub(last), 1..=32767)
}

/// A packet that can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ItemError {
    /// A value that this id doesn't have.
    #[error("item {id} has no such value")]
    Value {
        /// The id.
        id: u8,
    },
    /// A name with a zero byte.
    #[error("the group's name has a zero byte at {offset}")]
    GroupName {
        /// Where.
        offset: usize,
    },
    /// More than OpenBeken's devices can receive.
    #[error("{found} bytes are too many for a packet, OpenBeken takes {limit}")]
    TooLong {
        /// What it would be.
        found: usize,
        /// The most that can be.
        limit: usize,
    },
}

impl ItemError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Value { .. } => {
                "Ids 1 to 63 take a byte, to 127 two, 128 is power, to 191 four, to 223 text, then bytes."
            }
            Self::GroupName { .. } => "Use printable characters only.",
            Self::TooLong { .. } => "Share fewer items at once, or give the group a shorter name.",
        })
    }
}

/// Bytes that are no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// They begin with something else.
    #[error("a datagram of {length} bytes that is no packet of a device group")]
    BadHeader {
        /// Its length.
        length: usize,
    },
    /// They end within a field.
    #[error("the packet ends within the field at byte {offset}")]
    Truncated {
        /// Where.
        offset: usize,
    },
}

impl PacketError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BadHeader { .. } => "bad_header",
            Self::Truncated { .. } => "truncated",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::BadHeader { .. } => Some("Something else uses this multicast group: ignore it."),
            Self::Truncated { .. } => None,
        }
    }
}

fn item_value(id: u8, bytes: &[u8]) -> Option<(ItemValue, &[u8])> {
    match id {
        128 => {
            let ([a, b, c, count], rest) = bytes.split_first_chunk::<4>()?;
            Some((
                ItemValue::Power {
                    bits: u32::from_le_bytes([*a, *b, *c, 0]),
                    count: *count,
                },
                rest,
            ))
        }
        0..=191 => {
            let (digits, rest) = bytes.split_at_checked(number_width(id))?;
            let number = digits
                .iter()
                .rev()
                .fold(0, |number, byte| number << 8 | u32::from(*byte));
            Some((ItemValue::Number(number), rest))
        }
        192.. => {
            let (length, rest) = bytes.split_first()?;
            let (data, rest) = rest.split_at_checked(usize::from(*length))?;
            let value = if id < 224 {
                let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
                ItemValue::Text(data.get(..end)?.to_vec())
            } else {
                ItemValue::Bytes(data.to_vec())
            };
            Some((value, rest))
        }
    }
}

const fn number_width(id: u8) -> usize {
    match id {
        0..=63 => 1,
        64..=127 => 2,
        _ => 4,
    }
}

const HEADER: &[u8] = b"TASMOTA_DGR";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_belong_to_their_ids() {
        assert!(Item::new(63, ItemValue::Number(256)).is_err());
        assert!(Item::new(0, ItemValue::Number(1)).is_err());
        assert!(Item::new(200, ItemValue::Bytes(Vec::new())).is_err());
        assert!(Item::new(192, ItemValue::Text([b'x'; 255].to_vec())).is_err());
        assert!(Item::new(191, ItemValue::Number(u32::MAX)).unwrap().is_misread());
    }

    #[test]
    fn a_missing_end_is_told_but_accepted() {
        let packet = Packet::parse(b"TASMOTA_DGRg\0\x01\0\0\0\x05\x7f").unwrap();
        assert_eq!((packet.items.len(), packet.terminated), (1, false));
        assert_eq!(packet.encode(), b"TASMOTA_DGRg\0\x01\0\0\0\x05\x7f");
    }
}
