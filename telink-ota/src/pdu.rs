//! What goes over the OTA characteristic: commands, data, notifications, status.
//!
//! From the client, numbers little-endian:
//!
//! | bytes | name | fields |
//! |---|---|---|
//! | `00ff` | version request | legacy devices don't answer |
//! | `01ff` | start | |
//! | `02ff iiii nnnn` | end | index of the last data PDU, and its complement |
//! | `03ff pp cc` 16 × `00` | start extended | PDU length 16 to 240, compare versions |
//! | `04ff vvvv cc` | version request extended | version, compare versions |
//! | `iiii` data `rrrr` | data | index below 0xff00, 16 to 240 bytes, [`crc16`] of both |
//!
//! From the device, by notification:
//!
//! | bytes | name | fields |
//! |---|---|---|
//! | `05ff vvvv aa` | version | version, 1 = accepted |
//! | `06ff rr` | result | [`ResultCode`]; a fourth byte may follow |
//! | `08ff nnnn` | progress | PDUs so far |
//! | `09ff ssssssss` | progress | bytes so far |
//!
//! ```
//! use telink_ota::pdu::{DataPdu, encode_end};
//!
//! // 0700 | 6a, filled with ff | 2fde
//! let pdu = DataPdu::new(7, &[0x6a]).unwrap();
//! assert_eq!(pdu.bytes(), b"\x07\x00\x6a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x2f\xde");
//! assert_eq!(encode_end(5), [0x02, 0xff, 0x05, 0x00, 0xfa, 0xff]);
//! ```

use crate::crc::crc16;

/// The data bytes of a legacy PDU.
pub const LEGACY_LENGTH: u8 = 16;
/// The most data bytes of a PDU.
pub const MAXIMUM_LENGTH: u8 = 240;
/// The most PDUs of an image: higher indices are commands.
pub const MAXIMUM_COUNT: u32 = 0xff00;

/// `00ff`: asks for a version. Legacy devices don't answer.
pub const VERSION: [u8; 2] = 0xff00_u16.to_le_bytes();
/// `01ff`: starts the legacy protocol.
pub const START: [u8; 2] = 0xff01_u16.to_le_bytes();

/// `02ff`: ends the transfer. Takes the index of the last data PDU, not their number.
#[must_use]
pub const fn encode_end(last_index: u16) -> [u8; 6] {
    let [i0, i1] = last_index.to_le_bytes();
    let [n0, n1] = (!last_index).to_le_bytes();
    [0x02, 0xff, i0, i1, n0, n1]
}

/// `03ff`: starts the extended protocol.
pub const fn encode_start_extended(pdu_length: u8, compare: bool) -> Result<[u8; 20], PduError> {
    if let Err(error) = check_length(pdu_length) {
        return Err(error);
    }
    let mut bytes = [0; 20];
    [bytes[0], bytes[1], bytes[2], bytes[3]] = [0x03, 0xff, pdu_length, compare as u8];
    Ok(bytes)
}

/// `04ff`: asks a device of the extended protocol whether it takes an image of this version.
#[must_use]
pub const fn encode_version_request(version: u16, compare: bool) -> [u8; 5] {
    let [v0, v1] = version.to_le_bytes();
    [0x04, 0xff, v0, v1, compare as u8]
}

/// Whether a PDU may have so many data bytes: 16 to 240, a multiple of 16.
pub(crate) const fn check_length(pdu_length: u8) -> Result<(), PduError> {
    if pdu_length == 0 || !pdu_length.is_multiple_of(16) {
        return Err(PduError::PduLength { found: pdu_length });
    }
    Ok(())
}

/// A piece of the image, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPdu {
    bytes: [u8; 244],
    length: u8,
}

impl DataPdu {
    /// A PDU of 1 to 240 bytes, which are filled with 0xFF up to a multiple of 16; `None` for more or fewer, and
    /// for an index that is a command.
    #[must_use]
    pub fn new(index: u16, data: &[u8]) -> Option<Self> {
        let mut pdu = Self::empty();
        pdu.fill(index, data.len(), |target| target.copy_from_slice(data))
            .then_some(pdu)
    }

    pub(crate) const fn empty() -> Self {
        Self {
            bytes: [0; 244],
            length: 0,
        }
    }

    /// Makes the PDU anew, with `length` bytes that `read` brings.
    pub(crate) fn fill(&mut self, index: u16, length: usize, read: impl FnOnce(&mut [u8])) -> bool {
        let padded = length.next_multiple_of(16);
        if length == 0 || padded > usize::from(MAXIMUM_LENGTH) || u32::from(index) >= MAXIMUM_COUNT {
            return false;
        }
        let Some((body, tail)) = self.bytes.split_at_mut_checked(padded + 2) else {
            return false;
        };
        let (Some((head, data)), Some(crc)) = (body.split_first_chunk_mut::<2>(), tail.first_chunk_mut())
        else {
            return false;
        };
        *head = index.to_le_bytes();
        let Some((data, filling)) = data.split_at_mut_checked(length) else {
            return false;
        };
        read(data);
        filling.fill(0xff);
        *crc = crc16(body).to_le_bytes();
        self.length = (padded + 4) as u8;
        true
    }

    /// Keeps a command in the place of a PDU, so that a machine needs one buffer only.
    pub(crate) fn hold(&mut self, command: &[u8]) -> &[u8] {
        if let Some(target) = self.bytes.get_mut(..command.len()) {
            target.copy_from_slice(command);
            self.length = command.len() as u8;
        }
        self.bytes()
    }

    /// What is written: index, data, checksum.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// What a device receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientPdu<'a> {
    /// `00ff`.
    Version,
    /// `01ff`.
    Start,
    /// `02ff`.
    End {
        /// The index of the last data PDU.
        last_index: u16,
    },
    /// `03ff`.
    StartExtended {
        /// Data bytes in each PDU.
        pdu_length: u8,
        /// Whether to refuse an image that isn't newer.
        compare: bool,
    },
    /// `04ff`.
    VersionRequest {
        /// The image's version.
        version: u16,
        /// Whether to refuse an image that isn't newer.
        compare: bool,
    },
    /// A piece of the image.
    Data {
        /// Its place, in PDUs.
        index: u16,
        /// 16 to 240 bytes.
        data: &'a [u8],
    },
}

impl<'a> ClientPdu<'a> {
    /// Parses what a client wrote. `pdu_length` is 16, or what the extended start announced.
    pub fn parse(bytes: &'a [u8], pdu_length: u8) -> Result<Self, PduError> {
        let wrong_length = PduError::Length { found: bytes.len() };
        let (opcode, rest) = bytes.split_first_chunk().ok_or(wrong_length)?;
        let opcode = u16::from_le_bytes(*opcode);
        match (opcode, rest) {
            (0xff00, []) => Ok(Self::Version),
            (0xff01, []) => Ok(Self::Start),
            (0xff02, &[i0, i1, n0, n1]) => {
                let (last_index, complement) = (u16::from_le_bytes([i0, i1]), u16::from_le_bytes([n0, n1]));
                if last_index != !complement {
                    return Err(PduError::Complement {
                        last_index,
                        complement,
                    });
                }
                Ok(Self::End { last_index })
            }
            // The vendor's client for iOS leaves the 16 reserved bytes out.
            (0xff03, &[pdu_length, compare, ..]) if matches!(rest.len(), 2 | 18) => {
                check_length(pdu_length)?;
                Ok(Self::StartExtended {
                    pdu_length,
                    compare: compare != 0,
                })
            }
            (0xff04, &[v0, v1, compare]) => Ok(Self::VersionRequest {
                version: u16::from_le_bytes([v0, v1]),
                compare: compare != 0,
            }),
            (0xff00..=0xff04, _) => Err(wrong_length),
            (0xff05.., _) => Err(PduError::UnknownOpcode { opcode }),
            (index, rest) => {
                let (data, crc) = rest.split_last_chunk().ok_or(wrong_length)?;
                if data.is_empty() || data.len() % 16 != 0 || data.len() > usize::from(pdu_length) {
                    return Err(wrong_length);
                }
                let received = u16::from_le_bytes(*crc);
                let computed = crc16(bytes.get(..data.len() + 2).unwrap_or_default());
                if received != computed {
                    return Err(PduError::Crc {
                        index,
                        received,
                        computed,
                    });
                }
                Ok(Self::Data { index, data })
            }
        }
    }
}

/// What a device of the extended protocol notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerPdu {
    /// `05ff`: its version, and whether it takes the image.
    Version {
        /// The running version.
        version: u16,
        /// Whether it takes the image.
        accept: bool,
    },
    /// `06ff`: the end.
    Result(ResultCode),
    /// `08ff`: how many PDUs it has.
    ReceivedPdus(u16),
    /// `09ff`: how many bytes it has.
    ReceivedBytes(u32),
}

impl ServerPdu {
    /// Parses a notification of the OTA characteristic. More bytes than the table has are ignored.
    pub fn parse(bytes: &[u8]) -> Result<Self, PduError> {
        let wrong_length = PduError::Length { found: bytes.len() };
        let (opcode, rest) = bytes.split_first_chunk().ok_or(wrong_length)?;
        let opcode = u16::from_le_bytes(*opcode);
        match (opcode, rest) {
            (0xff05, &[v0, v1, accept, ..]) => Ok(Self::Version {
                version: u16::from_le_bytes([v0, v1]),
                accept: accept == 1,
            }),
            (0xff06, &[code, ..]) => Ok(Self::Result(ResultCode::from_wire(code))),
            (0xff08, &[n0, n1, ..]) => Ok(Self::ReceivedPdus(u16::from_le_bytes([n0, n1]))),
            (0xff09, &[s0, s1, s2, s3, ..]) => Ok(Self::ReceivedBytes(u32::from_le_bytes([s0, s1, s2, s3]))),
            (0xff05 | 0xff06 | 0xff08 | 0xff09, _) => Err(wrong_length),
            _ => Err(PduError::UnknownOpcode { opcode }),
        }
    }

    /// As a device sends it: bytes, and how many of them.
    #[must_use]
    pub const fn encode(&self) -> ([u8; 6], usize) {
        match *self {
            Self::Version { version, accept } => {
                let [v0, v1] = version.to_le_bytes();
                ([0x05, 0xff, v0, v1, accept as u8, 0], 5)
            }
            Self::Result(code) => ([0x06, 0xff, code.to_wire(), 0, 0, 0], 4),
            Self::ReceivedPdus(count) => {
                let [n0, n1] = count.to_le_bytes();
                ([0x08, 0xff, n0, n1, 0, 0], 4)
            }
            Self::ReceivedBytes(count) => {
                let [s0, s1, s2, s3] = count.to_le_bytes();
                ([0x09, 0xff, s0, s1, s2, s3], 6)
            }
        }
    }
}

macro_rules! codes {
    ($(#[$doc:meta])* $type:ident { $($code:literal $variant:ident $name:literal $says:literal $help:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $(#[doc = $says] $variant,)*
            /// A code that no documentation has.
            Unknown(u8),
        }

        impl $type {
            /// The meaning of the byte.
            #[must_use]
            pub const fn from_wire(code: u8) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    code => Self::Unknown(code),
                }
            }

            /// The byte.
            #[must_use]
            pub const fn to_wire(self) -> u8 {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unknown(code) => code,
                }
            }

            /// A short name for programs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown(_) => "unknown",
                }
            }

            /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
            #[must_use]
            pub const fn help(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => $help,)*
                    Self::Unknown(_) => None,
                }
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match *self {
                    $(Self::$variant => f.write_str($says),)*
                    Self::Unknown(code) => write!(f, "unknown code {code:#04x}"),
                }
            }
        }
    };
}

codes! {
    /// How an OTA ended, as devices of the extended protocol notify it.
    ResultCode {
        0 Success "success" "success, the device restarts" None,
        1 PacketSequence "packet_sequence" "a PDU was repeated or lost" LINK,
        2 PacketInvalid "packet_invalid" "a PDU with a wrong opcode, index or length" None,
        3 DataCrc "data_crc" "a PDU with a wrong checksum" LINK,
        4 FlashWrite "flash_write" "the flash didn't keep what was written" BATTERY,
        5 DataIncomplete "data_incomplete" "the end came before the last PDU" LINK,
        6 Flow "flow" "a command at the wrong time" None,
        7 FirmwareCheck "fw_check" "the image's checksum is wrong" IMAGE,
        8 VersionCompare "version_compare" "the image isn't newer than the running one"
            Some("Start again without comparing versions to install an older or the same version."),
        9 PduLength "pdu_len" "a PDU of another length than announced" None,
        10 FirmwareMark "firmware_mark" "the image has no KNLT mark" IMAGE,
        11 FirmwareSize "fw_size" "the image's size is missing, too small or too big" IMAGE,
        12 PacketTimeout "packet_timeout" "too long a gap between PDUs" LINK,
        13 Timeout "timeout" "the whole transfer took too long"
            Some("Move closer, use a host that grants a short connection interval, or larger PDUs."),
        14 ConnectionTerminated "connection_terminated" "the connection ended" LINK,
        15 McuNotSupported "mcu_not_supported" "the chip isn't supported"
            Some("The image is for another chip: take the one for this hardware."),
        16 Logic "logic" "an error in the device's own logic" None,
    }
}

codes! {
    /// How an OTA goes, as a read of the characteristic says on legacy devices. The numbers aren't those of
    /// [`ResultCode`].
    LegacyStatus {
        0 Success "success" "no error" None,
        1 PacketLoss "packet_loss" "a PDU was lost" LINK,
        2 DataCrc "data_crc" "a PDU with a wrong checksum" LINK,
        3 FlashWrite "flash_write" "the flash didn't keep what was written" BATTERY,
        4 DataIncomplete "data_incomplete" "the end came before the last PDU" LINK,
        5 Timeout "timeout" "the transfer took too long" LINK,
        6 FirmwareCheck "fw_check" "the image's checksum is wrong" IMAGE,
    }
}

impl LegacyStatus {
    /// The status of what was read: only the first byte counts, and no byte is no error.
    #[must_use]
    pub const fn parse(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [] => None,
            [code, ..] => Some(Self::from_wire(*code)),
        }
    }
}

const LINK: Option<&str> = Some(
    "Move closer, keep other Bluetooth traffic away, put in a fresh battery, and start again from the beginning.",
);
const BATTERY: Option<&str> = Some("Put in a fresh battery: a weak one can't write the flash.");
const IMAGE: Option<&str> = Some("Download the image again, and check that it is for this hardware.");

/// Bytes that are no PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PduError {
    /// A length that this PDU can't have.
    #[error("{found} bytes are none of the lengths of this PDU")]
    Length {
        /// What was there.
        found: usize,
    },
    /// The checksum is wrong.
    #[error("PDU {index} carries checksum {received:04x}, its bytes give {computed:04x}")]
    Crc {
        /// Which one.
        index: u16,
        /// In the PDU.
        received: u16,
        /// Of its bytes.
        computed: u16,
    },
    /// The end command's two numbers don't belong together.
    #[error("{complement:#06x} isn't the complement of the last index {last_index:#06x}")]
    Complement {
        /// The last index.
        last_index: u16,
        /// What should be its complement.
        complement: u16,
    },
    /// A command that this crate doesn't know.
    #[error("opcode {opcode:#06x} is unknown")]
    UnknownOpcode {
        /// The opcode.
        opcode: u16,
    },
    /// PDUs of a length that the protocol doesn't have.
    #[error("PDUs of {found} bytes: they have 16 to 240, a multiple of 16")]
    PduLength {
        /// What was asked for.
        found: u8,
    },
}

impl PduError {
    /// A short name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Length { .. } => "bad_length",
            Self::Crc { .. } => "bad_crc",
            Self::Complement { .. } => "bad_complement",
            Self::UnknownOpcode { .. } => "unknown_opcode",
            Self::PduLength { .. } => "bad_pdu_len",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::PduLength { .. } => Some("Take 16 to 240 in steps of 16, at most the MTU minus 7."),
            Self::UnknownOpcode { .. } => {
                Some("The firmware has notifications of its own; they can be ignored.")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_data_pdu_is_read_as_it_was_written(
            index in 0u16..0xff00,
            data in proptest::collection::vec(any::<u8>(), 1..=240),
        ) {
            let pdu = DataPdu::new(index, &data).unwrap();
            let Ok(ClientPdu::Data { index: found, data: bytes }) = ClientPdu::parse(pdu.bytes(), 240) else {
                panic!("not a data PDU");
            };
            prop_assert_eq!(found, index);
            prop_assert_eq!(&bytes[..data.len()], &data[..]);
            prop_assert!(bytes[data.len()..].iter().all(|&byte| byte == 0xff));
        }

        #[test]
        fn parsers_survive_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..260), length: u8) {
            let _ = ClientPdu::parse(&bytes, length);
            let _ = ServerPdu::parse(&bytes);
        }

        #[test]
        fn codes_keep_their_byte(code: u8) {
            prop_assert_eq!(ResultCode::from_wire(code).to_wire(), code);
            prop_assert_eq!(LegacyStatus::from_wire(code).to_wire(), code);
        }
    }

    #[test]
    fn what_a_device_encodes_its_client_reads() {
        for pdu in [
            ServerPdu::Version {
                version: 0x0102,
                accept: true,
            },
            ServerPdu::Result(ResultCode::FirmwareCheck),
            ServerPdu::ReceivedPdus(300),
            ServerPdu::ReceivedBytes(70_000),
        ] {
            let (bytes, length) = pdu.encode();
            assert_eq!(ServerPdu::parse(&bytes[..length]), Ok(pdu));
        }
    }

    #[test]
    fn indices_that_are_commands_make_no_data() {
        assert!(DataPdu::new(0xfeff, &[1]).is_some());
        assert!(DataPdu::new(0xff00, &[1]).is_none());
        assert!(DataPdu::new(0, &[]).is_none());
        assert!(DataPdu::new(0, &[0; 241]).is_none());
    }
}
