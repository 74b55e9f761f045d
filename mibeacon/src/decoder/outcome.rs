//! What became of an advertisement, and what to do about it.

use crate::ParseError;

/// What became of one payload. Only [`Readings`](Self::Readings) gives readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// New readings.
    Readings,
    /// The device is there and says nothing else.
    Presence,
    /// The same as the last one.
    Duplicate,
    /// A little older than the last one: a late copy through another receiver.
    Stale,
    /// An old counter: somebody sends a recorded packet, or the device has lost its counter.
    Replayed {
        /// In the packet.
        counter: u32,
        /// The last accepted one.
        last: u32,
    },
    /// Plain readings of a device that has a key: anybody could have sent them.
    Downgraded,
    /// Encrypted, and no key is known for the device.
    NoKey,
    /// The key has 12 bytes, and this format needs 16.
    KeyTooShort,
    /// The packet doesn't authenticate, for the first time: radio noise does that.
    AuthenticationFailed,
    /// Nothing was ever decrypted with this key: it is not this device's.
    WrongKey,
    /// The key worked before and doesn't any more: the device was paired again since.
    PairedAgain,
    /// A device that encrypts once it is bound, and isn't bound yet.
    NotBound,
    /// Encrypted, and neither the packet nor the host says who sent it.
    AddressUnknown,
    /// Nobody knows this product, and its objects don't explain themselves.
    UnknownProduct,
    /// The bytes don't form what they claim to be.
    Malformed(ParseError),
}

impl Outcome {
    /// Every [`name`](Self::name).
    pub const NAMES: [&str; 15] = [
        "readings", "presence", "duplicate", "stale", "replayed", "downgraded", "no_key", "key_too_short",
        "authentication_failed", "wrong_key", "paired_again", "not_bound", "address_unknown",
        "unknown_product", "malformed",
    ];

    /// A stable name in `snake_case`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Readings => "readings",
            Self::Presence => "presence",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Replayed { .. } => "replayed",
            Self::Downgraded => "downgraded",
            Self::NoKey => "no_key",
            Self::KeyTooShort => "key_too_short",
            Self::AuthenticationFailed => "authentication_failed",
            Self::WrongKey => "wrong_key",
            Self::PairedAgain => "paired_again",
            Self::NotBound => "not_bound",
            Self::AddressUnknown => "address_unknown",
            Self::UnknownProduct => "unknown_product",
            Self::Malformed(_) => "malformed",
        }
    }

    /// What a person can do about it, in one sentence; `None` where there is nothing to do.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Readings | Self::Presence | Self::Duplicate | Self::Stale => return None,
            Self::Replayed { .. } => {
                "If the device lost power, reset its counter in this decoder; else somebody nearby repeats recorded \
                 packets."
            }
            Self::Downgraded => {
                "If you turned encryption off on the device, remove its key here; else ignore these packets, anybody \
                 can send them."
            }
            Self::NoKey => {
                "Add the device's bind key: Xiaomi's cloud lists it for stock firmware, the device's configuration \
                 page shows it for custom firmware."
            }
            Self::KeyTooShort => {
                "This key has 12 bytes, as old Yeelight remotes use them; this device needs one of 16 bytes (32 hex \
                 digits), fetch it again."
            }
            Self::AuthenticationFailed => {
                "One damaged packet is normal; if the next one fails too, the bind key is wrong."
            }
            Self::WrongKey => {
                "This is another device's bind key: compare the address and fetch the key of this one."
            }
            Self::PairedAgain => {
                "The device was paired again since this key was fetched, which gave it a new one: fetch it again."
            }
            Self::NotBound => {
                "Bind the device in the Mi Home app first; it sends readings, and has a key, only after that."
            }
            Self::AddressUnknown => {
                "This host hides the device's address and the packet doesn't carry it: wait for one that does, or \
                 hand in the public address."
            }
            Self::UnknownProduct => {
                "This product isn't in the table: report its product id with some packets and what the app shows."
            }
            Self::Malformed(error) => return error.help(),
        })
    }
}

impl core::fmt::Display for Outcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Replayed { counter, last } => write!(f, "replayed: counter {counter} after {last}"),
            Self::Malformed(error @ ParseError::MacMismatch { .. }) => write!(f, "malformed: {error}"),
            Self::Malformed(error) => write!(f, "malformed at offset {}: {error}", error.offset()),
            outcome => f.write_str(match outcome {
                Self::Readings => "new readings",
                Self::Presence => "no readings in it",
                Self::Duplicate => "the same as before",
                Self::Stale => "older than the last one",
                Self::Downgraded => "not encrypted, although the device has a key",
                Self::NoKey => "encrypted, no key",
                Self::KeyTooShort => "encrypted, the key is too short",
                Self::AuthenticationFailed => "doesn't authenticate, for the first time",
                Self::WrongKey => "encrypted with another key",
                Self::PairedAgain => "encrypted with a newer key",
                Self::NotBound => "not bound to an account yet",
                Self::AddressUnknown => "encrypted, sender unknown",
                _ => "unknown product",
            }),
        }
    }
}

/// Whether a device's bind key works, and if not, why.
///
/// This is the answer to "the bind key does not work"; ask for it with [`Device::key_status`](super::Device).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyStatus {
    /// None was set.
    NoKey,
    /// It has decrypted the last packet.
    Works,
    /// No encrypted packet has arrived since it was set.
    NothingEncryptedYet,
    /// One packet has failed; wait for the next.
    Failing,
    /// Several packets have failed and none was decrypted: not this device's key.
    NotThisDevice,
    /// It worked, then several packets failed: the device was paired again since.
    PairedAgain,
    /// 12 bytes, where the device's firmware needs 16.
    TooShort,
}

impl KeyStatus {
    /// A stable name in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoKey => "no_key",
            Self::Works => "works",
            Self::NothingEncryptedYet => "nothing_encrypted_yet",
            Self::Failing => "failing",
            Self::NotThisDevice => "not_this_device",
            Self::PairedAgain => "paired_again",
            Self::TooShort => "too_short",
        }
    }

    /// What a person can do about it, in one sentence; `None` where there is nothing to do.
    #[must_use]
    pub const fn help(self) -> Option<&'static str> {
        match self {
            Self::Works => None,
            Self::NothingEncryptedYet => Some(
                "No encrypted packet has arrived yet: wait for one (sleepy devices need an event, a press or a \
                 motion), check the address, and bring the device nearer.",
            ),
            Self::NoKey => Outcome::NoKey.help(),
            Self::Failing => Outcome::AuthenticationFailed.help(),
            Self::NotThisDevice => Outcome::WrongKey.help(),
            Self::PairedAgain => Outcome::PairedAgain.help(),
            Self::TooShort => Outcome::KeyTooShort.help(),
        }
    }
}

impl core::fmt::Display for KeyStatus {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_among_the_names_and_every_problem_has_help() {
        let outcomes = [
            Outcome::Readings,
            Outcome::Presence,
            Outcome::Duplicate,
            Outcome::Stale,
            Outcome::Replayed { counter: 1, last: 2 },
            Outcome::Downgraded,
            Outcome::NoKey,
            Outcome::KeyTooShort,
            Outcome::AuthenticationFailed,
            Outcome::WrongKey,
            Outcome::PairedAgain,
            Outcome::NotBound,
            Outcome::AddressUnknown,
            Outcome::UnknownProduct,
            Outcome::Malformed(ParseError::TooShort {
                expected: 5,
                found: 1,
            }),
        ];
        assert_eq!(outcomes.map(|outcome| outcome.name()), Outcome::NAMES);
        for outcome in &outcomes[4..14] {
            assert!(outcome.help().is_some_and(|help| help.len() > 30), "{outcome}");
        }
    }
}
