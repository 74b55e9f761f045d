//! What a decoder keeps of one device.

use core::num::{NonZeroU16, NonZeroUsize};
use core::time::Duration;

use macaddr::MacAddr6;

use super::outcome::{KeyStatus, Outcome};
use super::state::DeviceState;
use crate::crypto::Cipher;
use crate::frame::{self, ProductId, Scheme};
use crate::{BindKey, DecryptError, Fingerprint, Format, Policy, bthome};

/// Memory for one device of a [`Decoder`](super::Decoder): at most 320 bytes, the AES key schedule included.
// Whole cache lines where processors have them: a device that wasn't heard for a while has one less to fetch.
#[cfg_attr(target_pointer_width = "64", repr(align(64)))]
pub struct Slot {
    address: Option<MacAddr6>,
    /// The position of the next slot of the table's chain, plus one.
    next: Option<NonZeroUsize>,
    key: Option<BindKey>,
    schedule: Option<(Scheme, Cipher)>,
    pub(super) last_seen: Option<Duration>,
    pub(super) frame_replay: frame::Replay,
    pub(super) bthome_replay: bthome::Replay,
    pub(super) last_plain: Option<Fingerprint>,
    pub(super) product: Option<NonZeroU16>,
    pub(super) format: Option<Format>,
    /// The device says that it speaks irregularly.
    pub(super) sleepy: bool,
    /// An encrypted packet has arrived since the key was set.
    seen_encrypted: bool,
    /// The key has decrypted a packet.
    proven: bool,
    /// The firmware needs a longer key.
    too_short: bool,
    /// Failures in a row.
    failures: u8,
}

impl Slot {
    /// A free slot.
    pub const EMPTY: Self = Self {
        address: None,
        next: None,
        key: None,
        schedule: None,
        last_seen: None,
        frame_replay: frame::Replay::new(),
        bthome_replay: bthome::Replay::new(bthome::Policy::Compatible),
        last_plain: None,
        product: None,
        format: None,
        sleepy: false,
        seen_encrypted: false,
        proven: false,
        too_short: false,
        failures: 0,
    };

    pub(super) const fn new(address: MacAddr6, policy: Policy) -> Self {
        let mut slot = Self::EMPTY;
        slot.address = Some(address);
        slot.bthome_replay = bthome::Replay::new(match policy {
            Policy::Strict => bthome::Policy::Strict,
            Policy::Lenient => bthome::Policy::Compatible,
            Policy::Off => bthome::Policy::None,
        });
        slot
    }

    pub(super) const fn address(&self) -> Option<MacAddr6> {
        self.address
    }

    /// Where the next slot of the table's chain is.
    pub(super) const fn next(&self) -> Option<usize> {
        match self.next {
            Some(next) => Some(next.get() - 1),
            None => None,
        }
    }

    pub(super) const fn set_next(&mut self, next: Option<usize>) {
        self.next = match next {
            Some(next) => NonZeroUsize::new(next + 1),
            None => None,
        };
    }

    pub(super) const fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Sets or replaces the key. Another key than before starts all counters anew: a device that was paired again
    /// counts from zero. The same key changes nothing, so that reading a configuration again opens no replay window.
    /// Counters without any key were restored, and belong to the one that comes now.
    pub(super) fn set_key(&mut self, key: BindKey) {
        match &self.key {
            Some(old) if *old == key => return,
            Some(_) => {
                self.forget_counters();
                self.proven = false;
            }
            None => {}
        }
        self.schedule = None;
        (self.seen_encrypted, self.too_short, self.failures) = (false, false, 0);
        self.key = Some(key);
    }

    /// The key schedule of MiBeacon's schemes; `None` without a key.
    ///
    /// Newer devices never speak the legacy scheme. Its tag of one byte would let anybody forge their packets, so their
    /// keys don't open it.
    pub(super) fn frame_cipher(&mut self, scheme: Scheme) -> Option<Result<&Cipher, DecryptError>> {
        if scheme == Scheme::Legacy && !self.key.as_ref()?.suits_legacy() {
            self.seen_encrypted = true;
            return Some(Err(DecryptError::Authentication));
        }
        self.cipher(scheme).map(Ok)
    }

    #[inline]
    fn cipher(&mut self, scheme: Scheme) -> Option<&Cipher> {
        self.seen_encrypted = true;
        if self.schedule.as_ref().is_none_or(|(cached, _)| *cached != scheme) {
            self.expand_key(scheme);
        }
        self.schedule.as_ref().map(|(_, cipher)| cipher)
    }

    #[cold]
    fn expand_key(&mut self, scheme: Scheme) {
        let key = self.key.as_ref();
        self.schedule = key.map(|key| (scheme, Cipher::new(&scheme.expose_aes_key(key))));
    }

    /// The key schedule of BTHome, ATC and pvvx, which know no short keys.
    #[inline]
    pub(super) fn full_cipher(&mut self) -> Option<Result<&Cipher, DecryptError>> {
        let key = self.key.as_ref()?;
        if key.is_short() {
            (self.seen_encrypted, self.too_short) = (true, true);
            return Some(Err(DecryptError::KeyTooShort {
                expected: 16,
                found: 12,
            }));
        }
        self.cipher(Scheme::Modern).map(Ok)
    }

    pub(super) const fn note_seen(&mut self, now: Duration, format: Format) {
        self.last_seen = Some(now);
        self.format = Some(format);
    }

    pub(super) const fn note_success(&mut self) {
        (self.proven, self.too_short, self.failures) = (true, false, 0);
    }

    /// A packet that doesn't decrypt.
    pub(super) const fn refused(&mut self, error: DecryptError) -> Outcome {
        if let DecryptError::KeyTooShort { .. } = error {
            return Outcome::KeyTooShort;
        }
        self.failures = self.failures.saturating_add(1);
        match (self.failures, self.proven) {
            (..ENOUGH_FAILURES, _) => Outcome::AuthenticationFailed,
            (_, true) => Outcome::PairedAgain,
            (_, false) => Outcome::WrongKey,
        }
    }

    /// Readings of a format without a counter worth the name: repeats are equal bytes.
    pub(super) fn repeat_or_readings(&mut self, policy: Policy, seen: Fingerprint) -> Outcome {
        if self.last_plain == Some(seen) && policy != Policy::Off {
            return Outcome::Duplicate;
        }
        self.last_plain = Some(seen);
        Outcome::Readings
    }

    /// The same, from a device that would encrypt if it had a key.
    pub(super) fn plain_outcome(&mut self, policy: Policy, seen: Fingerprint) -> Outcome {
        if self.has_key() && policy != Policy::Off {
            return Outcome::Downgraded;
        }
        self.repeat_or_readings(policy, seen)
    }

    pub(super) fn key_status(&self) -> KeyStatus {
        if !self.has_key() {
            return KeyStatus::NoKey;
        }
        match (self.too_short, self.failures, self.proven) {
            (true, ..) => KeyStatus::TooShort,
            (_, ENOUGH_FAILURES.., true) => KeyStatus::PairedAgain,
            (_, ENOUGH_FAILURES.., false) => KeyStatus::NotThisDevice,
            (.., true) => KeyStatus::Works,
            (.., false) if self.seen_encrypted => KeyStatus::Failing,
            (.., false) => KeyStatus::NothingEncryptedYet,
        }
    }

    pub(super) fn product(&self) -> Option<ProductId> {
        self.product.map(|id| ProductId(id.get()))
    }

    pub(super) fn forget_counters(&mut self) {
        self.frame_replay = frame::Replay::new();
        self.bthome_replay = bthome::Replay::new(self.bthome_replay.policy());
        self.last_plain = None;
    }

    pub(super) fn state(&self) -> Option<DeviceState> {
        let bthome = self.bthome_replay.export();
        Some(DeviceState {
            address: self.address?,
            frame_counter: self.frame_replay.last(),
            bthome_counter: bthome.counter,
            bthome_packet_id: bthome.packet_id,
            bthome_fingerprint: bthome.fingerprint,
            key_proven: self.proven,
        })
    }

    pub(super) fn restore(&mut self, state: &DeviceState) {
        self.frame_replay = frame::Replay::resume_after(state.frame_counter);
        let bthome = bthome::ReplayState {
            counter: state.bthome_counter,
            packet_id: state.bthome_packet_id,
            fingerprint: state.bthome_fingerprint,
            key_proven: state.key_proven,
        };
        self.bthome_replay = bthome::Replay::import(self.bthome_replay.policy(), bthome);
        self.proven = state.key_proven;
    }
}

impl core::fmt::Debug for Slot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Slot")
            .field("address", &self.address)
            .field("key_status", &self.key_status())
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// From this failure in a row on, the key is to blame: one failure may be a packet that the radio damaged.
const ENOUGH_FAILURES: u8 = 2;

/// On 32-bit processors the software cipher keeps a longer schedule.
#[cfg(target_arch = "x86_64")]
const _: () = assert!(size_of::<Slot>() <= 320);
