//! Xiaomi's data on a device: device id, token, bind key. Shown, backed up, erased, restored.
//!
//! Custom firmware sends them as records (command 15): `id | remaining u8 | data`. A record longer than 18 bytes comes
//! in pieces, each with the number of bytes still to come, this piece included; 0 is "none".
//!
//! In the flash, sector 0x78000, they stand in one of two layouts:
//!
//! | layout | record | on |
//! |---|---|---|
//! | [`Layout::Tlv`] | `id u16 | length u8 | data`, back to back | LYWSD03MMC, CGG1, CGDK2, MJWSD05MMC |
//! | [`Layout::A5`] | `a5 | length u8 | id u16 | 4 bytes | data`, each at a multiple of 16 | MHO-C401 |
//!
//! Ids: 1 device id, 4 counter, 0x10 token and bind key, 0 deleted.

use core::fmt;
use core::str::FromStr;

use arrayvec::ArrayVec;
use macaddr::MacAddr6;
use zeroize::{Zeroize, Zeroizing};

use super::error::NotificationError;
use super::notification::KeyPiece;
use crate::{BindKey, MiToken};

/// Xiaomi's data on a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MiKeys {
    /// The MAC address.
    pub mac: Option<MacAddr6>,
    /// The two free bytes of the random static address, as the wire has them.
    pub random: Option<[u8; 2]>,
    /// The device id in Xiaomi's cloud.
    pub did: Option<Did>,
    /// The token that logs in.
    pub token: Option<MiToken>,
    /// The bind key of Xiaomi's adverts.
    pub bind_key: Option<BindKey>,
    /// Counter and configuration of Xiaomi's adverts.
    pub counter: Option<[u8; 4]>,
    /// The bind key of custom firmware's adverts.
    pub advert_key: Option<BindKey>,
    /// Records that were deleted or replaced, the oldest first: up to 8.
    pub deleted: ArrayVec<DeletedRecord, 8>,
    /// Deleted records that didn't fit.
    pub dropped: u8,
    /// Whether the device said that this is all.
    pub complete: bool,
}

impl MiKeys {
    /// The random static address that goes with the free bytes.
    #[must_use]
    pub fn random_address(&self) -> Option<MacAddr6> {
        let (mac, [low, high]) = (self.mac?, self.random?);
        let [_, _, _, d, e, f] = mac.into_array();
        Some(MacAddr6::new(0xc0, high, low, d, e, f))
    }

    /// Whether anything is there that a return to stock would stumble over.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.did.is_none() && self.token.is_none() && self.bind_key.is_none() && self.counter.is_none()
    }

    /// Writes a backup: the records as they stand in the flash, [`Layout::Tlv`]. Returns its length, 361 at most;
    /// `None` if it doesn't fit. The bytes are secret.
    pub fn encode(&self, out: &mut [u8]) -> Option<usize> {
        let mut length = 0;
        let mut put = |id: u16, data: &[u8]| {
            let target = out.get_mut(length..)?.get_mut(..data.len() + 3)?;
            let (head, body) = target.split_first_chunk_mut::<3>()?;
            let [low, high] = id.to_le_bytes();
            *head = [low, high, u8::try_from(data.len()).ok()?];
            body.copy_from_slice(data);
            length += data.len() + 3;
            Some(())
        };
        if let Some(did) = &self.did {
            put(DID, did.bytes())?;
        }
        if let Some(counter) = &self.counter {
            put(COUNTER, counter)?;
        }
        for record in &self.deleted {
            put(DELETED, record.expose())?;
        }
        if let Some((token, key)) = self.token.as_ref().zip(self.bind_key.as_ref()) {
            put(KEYS, &*join(token, key))?;
        }
        Some(length)
    }

    /// Reads a backup, or the sector of a flash.
    pub fn parse(bytes: &[u8], layout: Layout) -> Result<Self, SectorError> {
        let mut keys = Self::default();
        for record in Records::new(bytes, layout) {
            let record = record?;
            match record.id {
                DID => keys.did = Did::from_wire(record.bytes),
                COUNTER => keys.counter = record.bytes.try_into().ok(),
                KEYS => keys.put_keys(record.bytes),
                DELETED => keys.put_deleted(record.bytes),
                _ => {}
            }
        }
        keys.complete = true;
        Ok(keys)
    }

    fn put_keys(&mut self, bytes: &[u8]) {
        let Some((token, key)) = bytes.split_first_chunk::<12>() else {
            return;
        };
        self.token = Some(MiToken::from(*token));
        self.bind_key = BindKey::try_from(key).ok();
    }

    fn put_deleted(&mut self, bytes: &[u8]) {
        let record = DeletedRecord::new(bytes);
        if record.is_none_or(|record| self.deleted.try_push(record).is_err()) {
            self.dropped = self.dropped.saturating_add(1);
        }
    }
}

fn join(token: &MiToken, key: &BindKey) -> Zeroizing<[u8; 28]> {
    let mut joined = Zeroizing::new([0; 28]);
    for (to, from) in joined.iter_mut().zip(token.expose().iter().chain(key.expose())) {
        *to = *from;
    }
    joined
}

/// A device id of Xiaomi's cloud: up to 20 characters, filled with zeros on the left.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Did([u8; 20]);

impl Did {
    /// The id of a record; `None` if it is empty or has another length.
    #[must_use]
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; 20] = bytes.try_into().ok()?;
        (bytes != [0; 20]).then_some(Self(bytes))
    }

    /// The 20 bytes of the record.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The characters; `None` if damage made something else of them.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let text = core::str::from_utf8(self.significant()).ok()?;
        text.bytes().all(|byte| byte.is_ascii_graphic()).then_some(text)
    }

    /// Without the zeros on the left.
    fn significant(&self) -> &[u8] {
        let zeros = self.0.iter().take_while(|&&byte| byte == 0).count();
        self.0.get(zeros..).unwrap_or_default()
    }

    /// Whether a web flasher invented it: Xiaomi's cloud refuses such ids with error -29.
    ///
    /// ```
    /// use telink_ota::command::keys::Did;
    ///
    /// assert!("blt.3.129vAbCdEfg00".parse::<Did>()?.is_invented());
    /// assert!(!"blt.3.1hc1p4nu8k400".parse::<Did>()?.is_invented());
    /// # Ok::<(), telink_ota::command::keys::DidError>(())
    /// ```
    #[must_use]
    pub fn is_invented(&self) -> bool {
        self.text().is_some_and(|text| {
            text.starts_with("blt.3.129v") && (text.ends_with("g00") || text.ends_with("ATC"))
        })
    }
}

impl FromStr for Did {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let mut bytes = [0; 20];
        let start = bytes.len().checked_sub(text.len());
        let target = start.and_then(|start| bytes.get_mut(start..)).ok_or(DidError)?;
        target.copy_from_slice(text.as_bytes());
        Self::from_wire(&bytes)
            .filter(|did| did.text().is_some())
            .ok_or(DidError)
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => f.write_str(text),
            None => self
                .significant()
                .iter()
                .try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

impl fmt::Debug for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Did({self})")
    }
}

/// Text that is no device id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a device id has 1 to 20 characters of ASCII")]
pub struct DidError;

impl DidError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Copy it from the vendor's cloud: it looks like blt.3.1hc1p4nu8k400.")
    }
}

/// A record that was deleted or replaced: of a device id, or of keys. It never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct DeletedRecord {
    bytes: [u8; 32],
    length: u8,
}

impl DeletedRecord {
    fn new(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        Some(Self {
            bytes,
            length: from.len() as u8,
        })
    }

    /// The bytes: 28 are token and bind key, 20 a device id.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl Drop for DeletedRecord {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for DeletedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeletedRecord({} bytes)", self.length)
    }
}

/// Puts records together from their pieces.
#[derive(Debug, Default)]
pub struct KeyCollector {
    keys: MiKeys,
    record: Option<Record>,
}

/// A record of which not all pieces are there.
struct Record {
    id: u8,
    remaining: u8,
    bytes: ArrayVec<u8, 32>,
    /// Longer than any that Xiaomi's firmware writes.
    too_long: bool,
}

impl KeyCollector {
    /// With nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a notification; others than `10` to `14` and `18` are passed over. Says whether it was one of these.
    pub fn take(&mut self, notification: &[u8]) -> Result<bool, NotificationError> {
        let (id, remaining, bytes) = match *notification {
            [0x18, 0xff] => {
                self.keys.advert_key = None;
                return Ok(true);
            }
            [0x18, ref key @ ..] => {
                self.keys.advert_key = BindKey::try_from(key).ok();
                return Ok(true);
            }
            [id @ 0x10..=0x14, remaining, ref bytes @ ..] => (id, remaining, bytes),
            _ => return Ok(false),
        };
        let bytes = bytes.get(..usize::from(remaining)).unwrap_or(bytes);
        self.take_piece(KeyPiece { id, remaining, bytes })?;
        Ok(true)
    }

    /// What is there so far.
    #[must_use]
    pub const fn keys(&self) -> &MiKeys {
        &self.keys
    }

    /// What is there in the end.
    #[must_use]
    pub fn into_keys(mut self) -> MiKeys {
        core::mem::take(&mut self.keys)
    }

    fn take_piece(&mut self, piece: KeyPiece<'_>) -> Result<(), NotificationError> {
        let mut record = match self.record.take() {
            Some(record) if record.id != piece.id => {
                return Err(NotificationError::InterruptedRecord {
                    expected: record.id,
                    found: piece.id,
                });
            }
            Some(record) if record.remaining != piece.remaining => {
                return Err(NotificationError::BadPiece {
                    remaining: record.remaining,
                    found: piece.bytes.len(),
                });
            }
            Some(record) => record,
            None => Record {
                id: piece.id,
                remaining: piece.remaining,
                bytes: ArrayVec::new(),
                too_long: false,
            },
        };
        record.too_long |= record.bytes.try_extend_from_slice(piece.bytes).is_err();
        record.remaining -= piece.bytes.len() as u8;
        if record.remaining == 0 {
            self.finish(&record);
        } else {
            self.record = Some(record);
        }
        Ok(())
    }

    fn finish(&mut self, record: &Record) {
        let (keys, bytes) = (&mut self.keys, record.bytes.as_slice());
        match (record.id, bytes) {
            (0x14, []) if !record.too_long => keys.complete = true,
            (0x14, _) if record.too_long => keys.dropped = keys.dropped.saturating_add(1),
            (0x14, bytes) => keys.put_deleted(bytes),
            (0x10, &[f, e, d, c, b, a, ref random @ ..]) => {
                keys.mac = Some(MacAddr6::new(a, b, c, d, e, f));
                keys.random = random.first_chunk().copied();
            }
            (0x11, bytes) => keys.did = Did::from_wire(bytes),
            (0x12, bytes) if bytes.len() == 28 => keys.put_keys(bytes),
            (0x12, _) => (keys.token, keys.bind_key) = (None, None),
            (0x13, bytes) => keys.counter = bytes.try_into().ok(),
            _ => {}
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({:#04x}, {} left)", self.id, self.remaining)
    }
}

/// How records stand in the flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Back to back.
    Tlv,
    /// At multiples of 16, marked `a5`.
    A5,
}

/// The records of a sector, or of the head of one.
#[derive(Clone)]
pub struct Records<'a> {
    bytes: &'a [u8],
    offset: usize,
    layout: Layout,
}

/// Without the bytes, which may be keys.
impl fmt::Debug for Records<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Records({} of {} bytes)", self.offset, self.bytes.len())
    }
}

/// A record in the flash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SectorRecord<'a> {
    /// What it is.
    pub id: u16,
    /// Its bytes, which may be keys.
    pub bytes: &'a [u8],
}

impl fmt::Debug for SectorRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SectorRecord({:#06x}, {} bytes)", self.id, self.bytes.len())
    }
}

impl<'a> Records<'a> {
    /// The records of these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8], layout: Layout) -> Self {
        Self {
            bytes,
            offset: 0,
            layout,
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<SectorRecord<'a>, SectorError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.offset..)?;
        let (id, length, head) = match (self.layout, rest) {
            (_, []) | (Layout::Tlv, [0xff, 0xff, 0xff, ..] | [0xff] | [0xff, 0xff]) => return None,
            (Layout::Tlv, &[low, high, length, ..]) => (u16::from_le_bytes([low, high]), length, 3),
            (Layout::A5, &[0xa5, length, low, high, _, _, _, _, ..]) => {
                (u16::from_le_bytes([low, high]), length, 8)
            }
            (Layout::A5, [0xa5, ..]) | (Layout::Tlv, _) => (0, u8::MAX, 0),
            (Layout::A5, _) => return None,
        };
        let truncated = SectorError::TruncatedRecord { offset: self.offset };
        let end = head + usize::from(length);
        let bytes = (head > 0).then(|| rest.get(head..end)).flatten();
        // After a fault there is no telling where the next record starts.
        self.offset = match (bytes, self.layout) {
            (None, _) => self.bytes.len(),
            (Some(_), Layout::Tlv) => self.offset + end,
            (Some(_), Layout::A5) => self.offset + end.next_multiple_of(16),
        };
        Some(bytes.map(|bytes| SectorRecord { id, bytes }).ok_or(truncated))
    }
}

/// A sector that can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SectorError {
    /// A record goes beyond the bytes.
    #[error("the record at offset {offset} goes beyond the bytes that are there")]
    TruncatedRecord {
        /// Where it starts.
        offset: usize,
    },
}

impl SectorError {
    /// A short name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TruncatedRecord { .. } => "truncated_record",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("The backup is cut off or the sector is damaged: take a whole backup, or the other layout.")
    }
}

const DELETED: u16 = 0;
const DID: u16 = 1;
const COUNTER: u16 = 4;
const KEYS: u16 = 0x10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_output_has_a_byte_of_a_key() {
        let mut collector = KeyCollector::new();
        let mut notification = vec![0x12, 28];
        notification.extend([0xab; 28]);
        collector.take(&notification).unwrap();
        collector.take(&[0x14, 4, 0xab, 0xab, 0xab, 0xab]).unwrap();
        collector.take(&[0x12, 28, 0xab]).unwrap();
        let text = format!("{collector:?} {:?}", collector.keys());
        assert!(
            !text.contains("171") && !text.to_lowercase().contains("ab, "),
            "{text}"
        );
        assert!(text.contains("MiToken(..)"));
    }

    proptest! {
        #[test]
        fn a_backup_restores_what_was_there(
            did in "[!-~]{1,20}",
            token: Option<([u8; 12], [u8; 16])>,
            counter: Option<[u8; 4]>,
            deleted in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..=32), 0..=8),
        ) {
            let mut keys = MiKeys { did: did.parse().ok(), counter, complete: true, ..MiKeys::default() };
            if let Some((token, key)) = token {
                (keys.token, keys.bind_key) = (Some(token.into()), Some(key.into()));
            }
            for record in &deleted {
                keys.put_deleted(record);
            }
            let mut backup = [0; 361];
            let length = keys.encode(&mut backup).unwrap();
            prop_assert_eq!(MiKeys::parse(&backup[..length], Layout::Tlv), Ok(keys));
        }

        #[test]
        fn collecting_survives_any_notifications(
            notifications in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..24), 0..24),
            ids in proptest::collection::vec(0x10_u8..0x19, 24),
        ) {
            let mut collector = KeyCollector::new();
            for (notification, id) in notifications.iter().zip(ids) {
                let mut bytes = notification.clone();
                if let Some(first) = bytes.first_mut() {
                    *first = id;
                }
                let _ = collector.take(&bytes);
            }
        }

        #[test]
        fn sectors_end(bytes in proptest::collection::vec(any::<u8>(), 0..200), a5: bool) {
            let layout = if a5 { Layout::A5 } else { Layout::Tlv };
            prop_assert!(Records::new(&bytes, layout).count() <= bytes.len() + 1);
            let _ = MiKeys::parse(&bytes, layout);
        }
    }
}
