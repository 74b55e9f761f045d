//! What a decoder keeps of one device.

use core::num::NonZeroU16;
use core::time::Duration;

use macaddr::MacAddr6;

use super::outcome::KeyStatus;
use super::state::DeviceState;
use super::{Format, Policy};
use crate::crypto::Cipher;
use crate::fingerprint::Fingerprint;
use crate::frame::{self, ProductId, Scheme};
use crate::{BindKey, DecryptError, bthome};

/// Memory for one device of a [`Decoder`](super::Decoder): at most 320 bytes, the AES key schedule included.
#[derive(Default)]
pub struct Slot {
    address: Option<MacAddr6>,
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
    pub(super) fn new(address: MacAddr6) -> Self {
        Self { address: Some(address), ..Self::default() }
    }

    pub(super) const fn address(&self) -> Option<MacAddr6> {
        self.address
    }

    pub(super) const fn has_key(&self) -> bool {
        self.key.is_some()
    }

    pub(super) const fn is_proven(&self) -> bool {
        self.proven
    }

    pub(super) const fn failures(&self) -> u8 {
        self.failures
    }

    /// Sets or replaces the key. Another key than before starts all counters anew: a device that was paired again
    /// counts from zero. The same key changes nothing, so that reading a configuration again opens no replay window.
    pub(super) fn set_key(&mut self, key: BindKey) {
        if self.key.as_ref() == Some(&key) {
            return;
        }
        self.schedule = None;
        self.frame_replay = frame::Replay::default();
        self.bthome_replay = bthome::Replay::default();
        (self.seen_encrypted, self.proven, self.too_short, self.failures) = (false, false, false, 0);
        self.key = Some(key);
    }

    /// The key schedule of MiBeacon's schemes; `None` without a key.
    pub(super) fn cipher(&mut self, scheme: Scheme) -> Option<&Cipher> {
        self.seen_encrypted = true;
        let key = self.key.as_ref()?;
        if self.schedule.as_ref().is_none_or(|(cached, _)| *cached != scheme) {
            self.schedule = Some((scheme, Cipher::new(&scheme.expose_aes_key(key))));
        }
        self.schedule.as_ref().map(|(_, cipher)| cipher)
    }

    /// The key schedule of BTHome, ATC and pvvx, which know no short keys.
    pub(super) fn full_cipher(&mut self) -> Option<Result<&Cipher, DecryptError>> {
        let key = self.key.as_ref()?;
        if let Err(error) = key.full() {
            (self.seen_encrypted, self.too_short) = (true, true);
            return Some(Err(error));
        }
        self.cipher(Scheme::Modern).map(Ok)
    }

    pub(super) fn note_success(&mut self) {
        (self.proven, self.too_short, self.failures) = (true, false, 0);
    }

    pub(super) fn note_failure(&mut self) {
        self.failures = self.failures.saturating_add(1);
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
        self.frame_replay = frame::Replay::default();
        self.bthome_replay = bthome::Replay::default();
        self.last_plain = None;
    }

    pub(super) fn state(&self) -> Option<DeviceState> {
        Some(DeviceState {
            address: self.address?,
            frame_counter: self.frame_replay.last(),
            bthome_counter: self.bthome_replay.counter(),
            key_proven: self.proven,
        })
    }

    pub(super) fn restore(&mut self, state: &DeviceState) {
        self.frame_replay = frame::Replay::resume_after(state.frame_counter);
        self.bthome_replay = bthome::Replay::resume_after(state.bthome_counter);
        self.proven = state.key_proven;
    }

    /// A repeat of a format that has no counter worth the name.
    pub(super) fn is_repeat(&mut self, policy: Policy, seen: Fingerprint) -> bool {
        let repeat = self.last_plain == Some(seen) && policy != Policy::Off;
        self.last_plain = Some(seen);
        repeat
    }
}

/// From this failure in a row on, the key is to blame: one failure may be a packet that the radio damaged.
const ENOUGH_FAILURES: u8 = 2;
