//! Tells new adverts from repeated, recorded and forged ones.
//!
//! Radio repeats every advert, proxies reorder them, and anybody can record one and send it again. Encrypted
//! adverts carry a counter, plain ones perhaps a packet id. What real senders do with them differs, so there
//! are four [`Policy`]s:
//!
//! | | [`Strict`](Policy::Strict) | [`Compatible`](Policy::Compatible) | [`BthomeBle`](Policy::BthomeBle) |
//! |---|---|---|---|
//! | counter higher | accept | accept | accept |
//! | counter equal, other bytes | replay | accept: pvvx firmware sends two payloads with one counter | accept |
//! | counter equal, same bytes | replay | duplicate | duplicate, if more than 4 s after the last one |
//! | counter lower, below 100 | replay | accept as a restart | accept as a restart |
//! | counter lower, 100 and more | replay | replay | replay, if the key is proven |
//! | plain, key known | downgrade | downgrade | downgrade |
//! | packet id equal, same bytes | duplicate | duplicate | duplicate within 4 s |
//! | packet id equal, other bytes | accept | accept | duplicate within 4 s |
//! | packet id 1 to 63 lower | stale within 4 s | stale within 4 s | stale within 4 s |
//! | packet id 64 to 128 off | accept | accept | stale within 4 s |
//!
//! [`Strict`](Policy::Strict) looks at packet ids of plain adverts only.
//!
//! A counter below 100 that is accepted as a restart lets an attacker replay what was recorded below 100: use
//! [`Strict`](Policy::Strict) for events that open doors.

use core::time::Duration;

use crate::Fingerprint;

/// What is remembered of one device.
///
/// Ask only after an encrypted advert has been authenticated: a forged one must not change anything.
///
/// ```
/// use core::time::Duration;
/// use mibeacon::Fingerprint;
/// use mibeacon::bthome::{Advert, Policy, Replay, Security, Verdict, v2};
///
/// let service_data = b"\x40\x00\x09\x01\x61";
/// let frame = v2::Frame::parse(service_data)?;
/// let advert = Advert {
///     security: Security::Plain { key_known: false },
///     packet_id: frame.objects().unwrap().packet_id(),
///     fingerprint: Fingerprint::of(service_data),
/// };
///
/// let mut replay = Replay::new(Policy::Compatible);
/// assert_eq!(replay.check(Duration::from_secs(10), &advert), Verdict::Accept);
/// assert_eq!(replay.check(Duration::from_secs(11), &advert), Verdict::Duplicate);
/// # Ok::<(), mibeacon::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Replay {
    /// When the last advert was accepted; unknown after a restart of the host.
    last_accepted: Option<Duration>,
    fingerprint: Option<Fingerprint>,
    counter: Option<u32>,
    packet_id: Option<u8>,
    key_proven: bool,
    decryption_failed: bool,
    policy: Policy,
}

/// What is accepted. See the table of this module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// The counter must grow. Loses every second payload of pvvx firmware, and a device after a change of its
    /// battery until [`Replay::reset_counter`].
    Strict,
    /// Everything that real senders do.
    #[default]
    Compatible,
    /// What Home Assistant does (bthome-ble 3.24 and 3.25), quirks included.
    BthomeBle,
    /// Everything is accepted, nothing is remembered.
    None,
}

/// What counts of an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Advert {
    /// How it is protected.
    pub security: Security,
    /// The packet id: [`Objects::packet_id`](super::Objects::packet_id).
    pub packet_id: Option<u8>,
    /// Of the service data; of counter and tag is enough where they are authenticated.
    pub fingerprint: Fingerprint,
}

/// How an advert is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// Not at all.
    Plain {
        /// Whether a key is known for this device: then it should have encrypted.
        key_known: bool,
    },
    /// Encrypted, and the tag was right.
    Authenticated {
        /// Its counter.
        counter: u32,
    },
}

/// What to do with an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// New.
    Accept,
    /// New: the counter started again from a number below 100.
    Restart,
    /// New, with the counter of the advert before: two plaintexts under one nonce.
    SharedCounter,
    /// Heard before.
    Duplicate,
    /// The counter was used before: recorded and sent again, or a device that restarted.
    Replay,
    /// The packet id is lower than the last one: an older advert that came late.
    Stale,
    /// Plain, although the device is known to encrypt.
    Downgrade,
}

/// What outlives a restart of the host, as plain values. No time: the clock starts anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReplayState {
    /// The last counter accepted.
    pub counter: Option<u32>,
    /// The last packet id accepted.
    pub packet_id: Option<u8>,
    /// [`Fingerprint::get`] of the last advert accepted.
    pub fingerprint: Option<u64>,
    /// Whether the key has decrypted an advert.
    pub key_proven: bool,
}

impl Replay {
    /// For a device that was never heard.
    #[must_use]
    pub const fn new(policy: Policy) -> Self {
        Self {
            last_accepted: None,
            fingerprint: None,
            counter: None,
            packet_id: None,
            key_proven: false,
            decryption_failed: true,
            policy,
        }
    }

    /// For a device that was heard before the host restarted.
    #[must_use]
    pub fn import(policy: Policy, state: ReplayState) -> Self {
        Self {
            fingerprint: state.fingerprint.and_then(Fingerprint::from_stored),
            counter: state.counter,
            packet_id: state.packet_id,
            key_proven: state.key_proven,
            decryption_failed: !state.key_proven,
            ..Self::new(policy)
        }
    }

    /// What to store where it survives a restart, after every advert that was accepted.
    #[must_use]
    pub fn export(&self) -> ReplayState {
        ReplayState {
            counter: self.counter,
            packet_id: self.packet_id,
            fingerprint: self.fingerprint.map(Fingerprint::get),
            key_proven: self.key_proven,
        }
    }

    /// What is accepted.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// The counter of the last encrypted advert that was accepted.
    #[inline]
    #[must_use]
    pub const fn last_counter(&self) -> Option<u32> {
        self.counter
    }

    /// Accepts any counter next: the user says that the device has restarted.
    pub const fn reset_counter(&mut self) {
        self.counter = None;
    }

    /// Judges an advert that was heard at `now`, and remembers it if it is accepted.
    // Inlined with `judge`, so that what is known of the advert stays in registers.
    #[inline(always)]
    pub fn check(&mut self, now: Duration, advert: &Advert) -> Verdict {
        match self.policy {
            Policy::None => Verdict::Accept,
            Policy::BthomeBle => self.check_as_bthome_ble(now, *advert),
            Policy::Strict | Policy::Compatible => {
                let verdict = self.judge(now, advert);
                if verdict.is_accepted() {
                    self.remember(now, advert);
                }
                verdict
            }
        }
    }

    /// Notes that an encrypted advert didn't authenticate. `true` if the user should be asked for the key: it
    /// has never worked, or this is the second failure in a row. One failure alone is a damaged packet.
    ///
    /// Counter and packet id stay. But [`Policy::BthomeBle`] trusts any counter after two failures.
    pub const fn authentication_failed(&mut self) -> bool {
        let again = self.decryption_failed;
        if again && matches!(self.policy, Policy::BthomeBle) {
            self.key_proven = false;
        }
        self.decryption_failed = true;
        again
    }

    #[inline(always)]
    fn judge(&self, now: Duration, advert: &Advert) -> Verdict {
        let strict = self.policy == Policy::Strict;
        let same_bytes = self.fingerprint == Some(advert.fingerprint);
        let is_plain = matches!(advert.security, Security::Plain { .. });
        let verdict = match (advert.security, self.counter) {
            (Security::Plain { key_known: true }, _) => return Verdict::Downgrade,
            (Security::Plain { key_known: false }, _) => Verdict::Accept,
            (Security::Authenticated { counter }, Some(last)) if counter <= last => {
                if !strict && counter < last && counter < RESTART_BELOW {
                    Verdict::Restart
                } else if strict || counter < last {
                    return Verdict::Replay;
                } else if same_bytes {
                    return Verdict::Duplicate;
                } else {
                    Verdict::SharedCounter
                }
            }
            (Security::Authenticated { .. }, _) => Verdict::Accept,
        };
        if strict && !is_plain {
            // A counter that has grown says more than any packet id.
            return verdict;
        }
        match self.packet_id_distance(advert) {
            Some(0) if same_bytes => Verdict::Duplicate,
            Some(192..) if self.is_recent(now) => Verdict::Stale,
            _ => verdict,
        }
    }

    #[inline(never)]
    fn check_as_bthome_ble(&mut self, now: Duration, advert: Advert) -> Verdict {
        let mut verdict = Verdict::Accept;
        match advert.security {
            Security::Plain { key_known: true } => return Verdict::Downgrade,
            Security::Plain { key_known: false } => {}
            Security::Authenticated { counter } => {
                // It looks for equal bytes only when 4 s have passed, unlike for packet ids.
                let same_bytes = self.fingerprint == Some(advert.fingerprint);
                let late = self.last_accepted.is_some() && !self.is_recent(now);
                if same_bytes && late && self.key_proven {
                    return Verdict::Duplicate;
                }
                let lower = self.key_proven && self.counter.is_some_and(|last| counter < last);
                if lower && counter >= RESTART_BELOW {
                    return Verdict::Replay;
                }
                if lower {
                    verdict = Verdict::Restart;
                } else if self.key_proven && self.counter == Some(counter) && !same_bytes {
                    verdict = Verdict::SharedCounter;
                }
                // The counter moves on even if the packet id then drops the advert.
                self.accept_counter(counter);
            }
        }
        if self.is_recent(now) {
            match self.packet_id_distance(&advert) {
                None | Some(1..=63) => {}
                Some(0) => return Verdict::Duplicate,
                Some(_) => return Verdict::Stale,
            }
        }
        self.remember(now, &advert);
        verdict
    }

    fn remember(&mut self, now: Duration, advert: &Advert) {
        if let Security::Authenticated { counter } = advert.security {
            self.accept_counter(counter);
        }
        if advert.packet_id.is_some() {
            self.packet_id = advert.packet_id;
        }
        self.fingerprint = Some(advert.fingerprint);
        self.last_accepted = Some(now);
    }

    const fn accept_counter(&mut self, counter: u32) {
        self.counter = Some(counter);
        self.key_proven = true;
        self.decryption_failed = false;
    }

    /// How far the packet id is ahead of the last one, modulo 256.
    fn packet_id_distance(&self, advert: &Advert) -> Option<u8> {
        Some(advert.packet_id?.wrapping_sub(self.packet_id?))
    }

    fn is_recent(&self, now: Duration) -> bool {
        self.last_accepted
            .is_some_and(|last| now.saturating_sub(last) <= PACKET_ID_LIFE)
    }
}

impl Verdict {
    /// Whether the advert's readings count.
    #[must_use]
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::Accept | Self::Restart | Self::SharedCounter)
    }

    /// What a person can do about it, in one sentence; `None` where nothing is wrong.
    #[must_use]
    pub const fn help(self) -> Option<&'static str> {
        match self {
            Self::Accept | Self::Restart | Self::Duplicate | Self::Stale => None,
            Self::SharedCounter => Some(
                "The firmware encrypts two payloads with one counter, which weakens the encryption: look for an \
                 update.",
            ),
            Self::Replay => Some(
                "If the device was restarted or got a new battery, reset its counter; else somebody sends \
                 recorded adverts.",
            ),
            Self::Downgrade => Some(
                "If encryption was switched off on the device, remove its key here; else somebody forges \
                 adverts.",
            ),
        }
    }
}

/// A lower counter below this is taken as a restart.
const RESTART_BELOW: u32 = 100;
/// Within this time after the last advert an old packet id is one.
const PACKET_ID_LIFE: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Security = Security::Plain { key_known: false };

    fn advert(security: Security, packet_id: Option<u8>, content: u8) -> Advert {
        Advert {
            security,
            packet_id,
            fingerprint: Fingerprint::of(&[content]),
        }
    }

    fn counted(counter: u32, content: u8) -> Advert {
        advert(Security::Authenticated { counter }, None, content)
    }

    fn verdicts(policy: Policy, adverts: &[(u64, Advert)]) -> Vec<Verdict> {
        let mut replay = Replay::new(policy);
        adverts
            .iter()
            .map(|(seconds, advert)| replay.check(Duration::from_secs(*seconds), advert))
            .collect()
    }

    #[test]
    fn the_state_of_a_device_is_small() {
        assert!(size_of::<Replay>() <= 40, "{}", size_of::<Replay>());
    }

    #[test]
    fn the_two_payloads_of_pvvx_firmware_share_a_counter_and_a_packet_id() {
        let security = Security::Authenticated { counter: 500 };
        let (first, second) = (advert(security, Some(7), 1), advert(security, Some(7), 2));
        let adverts = [
            (0, first),
            (1, first),
            (2, second),
            (5, first),
            (7, second),
            (8, second),
        ];
        use Verdict::{Accept, Duplicate, Replay, SharedCounter};
        assert_eq!(
            verdicts(Policy::Compatible, &adverts),
            [
                Accept, Duplicate, SharedCounter, SharedCounter, SharedCounter, Duplicate
            ]
        );
        assert_eq!(
            verdicts(Policy::Strict, &adverts),
            [Accept, Replay, Replay, Replay, Replay, Replay]
        );
        assert_eq!(verdicts(Policy::None, &adverts), [Accept; 6]);
    }

    #[test]
    fn a_lower_counter_is_a_restart_below_100_only() {
        let adverts = [
            (0, counted(500, 1)),
            (1, counted(100, 2)),
            (2, counted(99, 3)),
            (3, counted(100, 4)),
        ];
        use Verdict::{Accept, Replay, Restart};
        for policy in [Policy::Compatible, Policy::BthomeBle] {
            assert_eq!(verdicts(policy, &adverts), [Accept, Replay, Restart, Accept]);
        }
        assert_eq!(
            verdicts(Policy::Strict, &adverts),
            [Accept, Replay, Replay, Replay]
        );
    }

    #[test]
    fn plain_adverts_of_a_device_with_a_key_are_refused_and_forgotten() {
        let forged = advert(Security::Plain { key_known: true }, Some(9), 9);
        for policy in [Policy::Strict, Policy::Compatible, Policy::BthomeBle] {
            let mut replay = Replay::new(policy);
            let before = replay.export();
            assert_eq!(replay.check(Duration::ZERO, &forged), Verdict::Downgrade);
            assert_eq!(replay.export(), before);
        }
    }

    #[test]
    fn a_packet_id_ages_within_4_seconds() {
        let adverts = |seconds| {
            [
                (0, advert(PLAIN, Some(10), 1)),
                (seconds, advert(PLAIN, Some(9), 2)),
            ]
        };
        for policy in [Policy::Strict, Policy::Compatible, Policy::BthomeBle] {
            assert_eq!(verdicts(policy, &adverts(4))[1], Verdict::Stale);
            assert_eq!(verdicts(policy, &adverts(5))[1], Verdict::Accept);
        }
    }

    #[test]
    fn the_window_of_older_packet_ids_is_64_wide() {
        let verdict = |policy, distance: u8| {
            let second = advert(PLAIN, Some(20_u8.wrapping_add(distance)), 2);
            verdicts(policy, &[(0, advert(PLAIN, Some(20), 1)), (1, second)])[1]
        };
        for distance in 1..=63 {
            assert_eq!(verdict(Policy::Compatible, distance), Verdict::Accept);
            assert_eq!(verdict(Policy::BthomeBle, distance), Verdict::Accept);
        }
        for distance in 64..=191 {
            assert_eq!(verdict(Policy::Compatible, distance), Verdict::Accept);
            assert_eq!(verdict(Policy::BthomeBle, distance), Verdict::Stale);
        }
        for distance in 192..=255 {
            assert_eq!(verdict(Policy::Compatible, distance), Verdict::Stale);
            assert_eq!(verdict(Policy::BthomeBle, distance), Verdict::Stale);
        }
    }

    #[test]
    fn an_equal_packet_id_with_other_bytes_is_new_except_for_bthome_ble() {
        let adverts = [(0, advert(PLAIN, Some(3), 1)), (2, advert(PLAIN, Some(3), 2))];
        assert_eq!(verdicts(Policy::Compatible, &adverts)[1], Verdict::Accept);
        assert_eq!(verdicts(Policy::BthomeBle, &adverts)[1], Verdict::Duplicate);
    }

    #[test]
    fn replay_protection_survives_a_restart_of_the_host() {
        let mut replay = Replay::new(Policy::Strict);
        replay.check(Duration::from_secs(9000), &counted(700, 1));
        let mut replay = Replay::import(Policy::Strict, replay.export());
        assert_eq!(replay.check(Duration::ZERO, &counted(700, 1)), Verdict::Replay);
        assert_eq!(replay.check(Duration::ZERO, &counted(701, 2)), Verdict::Accept);
    }

    #[test]
    fn a_reset_counter_lets_a_restarted_device_in() {
        let mut replay = Replay::new(Policy::Strict);
        replay.check(Duration::ZERO, &counted(5000, 1));
        assert_eq!(replay.check(Duration::ZERO, &counted(300, 2)), Verdict::Replay);
        replay.reset_counter();
        assert_eq!(replay.check(Duration::ZERO, &counted(300, 2)), Verdict::Accept);
    }

    #[test]
    fn the_key_is_doubted_after_the_second_failure_in_a_row() {
        for policy in [Policy::Strict, Policy::Compatible, Policy::BthomeBle] {
            let mut replay = Replay::new(policy);
            assert!(replay.authentication_failed(), "it has never worked");
            replay.check(Duration::ZERO, &counted(500, 1));
            assert!(!replay.authentication_failed());
            assert!(replay.authentication_failed());
            // Whoever can send two forged adverts can replay recorded ones to bthome-ble, and to nobody else.
            let replayed = replay.check(Duration::ZERO, &counted(400, 2));
            assert_eq!(replayed.is_accepted(), policy == Policy::BthomeBle);
        }
    }

    #[test]
    fn time_that_goes_back_is_no_time_at_all() {
        let mut replay = Replay::new(Policy::Compatible);
        replay.check(Duration::from_secs(100), &advert(PLAIN, Some(10), 1));
        assert_eq!(
            replay.check(Duration::ZERO, &advert(PLAIN, Some(9), 2)),
            Verdict::Stale
        );
    }
}
