//! Legacy authentication of MiBeacon v2 and v3 devices: Yeelight remotes and lamps, kettles, the first Flower Care.
//!
//! Everything is scrambled with RC4, each message with a fresh key stream. RC4 protects nothing today: who overhears a
//! registration and knows the device's address has the token.
//!
//! | step | register: characteristic, bytes | login: characteristic, bytes |
//! |---|---|---|
//! | 1 | write 0010 `90ca85de` | write 0010 `00bc43cd` |
//! | 2 | write 0001 RC4(mix A, token) | notify 0001 RC4(token, tick) |
//! | 3 | notify 0001 N; RC4(mix B, RC4(mix A, N)) is the token | write 0001 RC4(key, `09acbf93`) |
//! | 4 | write 0001 RC4(token, `92ab54fa`) | notify 0001 RC4(key, `c9589a36`) |
//! | 5 | read 0014 RC4(token, beacon key) | |
//! | 6 | read 0004 RC4(token, version) | |
//!
//! With the address reversed as r and the product id as p: mix A is r0 r2 r5 p0 p0 r4 r5 r1, mix B is
//! r0 r2 r5 p1 r4 r0 r5 p0. The key of a login is the token whose first four bytes are XORed with the tick.
//!
//! ```
//! use mi_auth::legacy::{LegacyConfig, LegacyRegister};
//!
//! let config = LegacyConfig::new([0xd0, 0x76, 0xeb, 0xe3, 0xf2, 0xdc].into(), 339);
//! // 12 bytes of a good generator in your code: they become the token.
//! let register = LegacyRegister::new(config, [7; 12].into());
//! # let _ = register;
//! ```

use core::time::Duration;

use macaddr::MacAddr6;
use rc4::{KeyInit, Rc4, StreamCipher};
use zeroize::Zeroizing;

use crate::{LegacySessionKey, Token};

mod login;
mod register;

pub use login::LegacyLogin;
pub use register::{LegacyRegister, LegacyRegistration, LegacyVersion};

/// What legacy authentication has to know of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LegacyConfig {
    /// Its address.
    pub address: MacAddr6,
    /// Its product id, as its advertisements have it.
    pub product_id: u16,
    /// Whose constants it uses. Default: Xiaomi's.
    pub family: Family,
    /// How long it may take for an answer. Default: 15 s.
    pub answer_timeout: Duration,
}

impl LegacyConfig {
    /// With the defaults.
    #[must_use]
    pub const fn new(address: MacAddr6, product_id: u16) -> Self {
        Self {
            address,
            product_id,
            family: Family::Xiaomi,
            answer_timeout: Duration::from_secs(15),
        }
    }

    /// The key of what the client sends first.
    #[must_use]
    pub const fn mix_a(&self) -> [u8; 8] {
        let ([r0, r1, r2, _, r4, r5], [low, _]) = self.parts();
        [r0, r2, r5, low, low, r4, r5, r1]
    }

    /// The key of what the device answers.
    #[must_use]
    pub const fn mix_b(&self) -> [u8; 8] {
        let ([r0, _, r2, _, r4, r5], [low, high]) = self.parts();
        [r0, r2, r5, high, r4, r0, r5, low]
    }

    const fn parts(&self) -> ([u8; 6], [u8; 2]) {
        let [a, b, c, d, e, f] = self.address.into_array();
        ([f, e, d, c, b, a], self.product_id.to_le_bytes())
    }
}

/// Whose constants a device uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Xiaomi and those who build for it.
    #[default]
    Xiaomi,
    /// Ryeex: each constant is larger by one.
    Ryeex,
}

impl Family {
    pub(crate) const fn constant(self, value: u32) -> [u8; 4] {
        match self {
            Self::Xiaomi => value,
            Self::Ryeex => value.wrapping_add(1),
        }
        .to_le_bytes()
    }
}

/// RC4 with a fresh key stream: encrypts, and decrypts what it encrypted. An empty key, and one above 256 bytes,
/// changes nothing.
pub fn rc4(key: &[u8], bytes: &mut [u8]) {
    if let Ok(mut cipher) = Rc4::new_from_slice(key) {
        cipher.apply_keystream(bytes);
    }
}

/// The same, for an array.
pub(crate) fn scrambled<const N: usize>(key: &[u8], mut bytes: [u8; N]) -> [u8; N] {
    rc4(key, &mut bytes);
    bytes
}

impl LegacySessionKey {
    /// Encrypts or decrypts one message of the device's own characteristics after login, in place. Unverified: clients
    /// disagree whether devices take this key or the token.
    pub fn apply(&self, bytes: &mut [u8]) {
        rc4(self.expose(), bytes);
    }

    /// The key of a login, from the tick that the device gave for it.
    #[must_use]
    pub fn derive(token: &Token, tick: [u8; 4]) -> Self {
        let mut key = Zeroizing::new(*token.expose());
        for (to, from) in key.iter_mut().zip(tick) {
            *to ^= from;
        }
        Self::from(*key)
    }
}

/// Control: register.
pub(crate) const REGISTER: u32 = 0xde85_ca90;
/// Token: the client agrees.
pub(crate) const REGISTER_CONFIRM: u32 = 0xfa54_ab92;
/// Control: log in.
pub(crate) const LOGIN: u32 = 0xcd43_bc00;
/// Token: the client has the token.
pub(crate) const LOGIN_CONFIRM: u32 = 0x93bf_ac09;
/// Token: the device has it too.
pub(crate) const LOGIN_ACK: u32 = 0x369a_58c9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_family_adds_one_to_each_constant() {
        assert_eq!(Family::Xiaomi.constant(REGISTER), [0x90, 0xca, 0x85, 0xde]);
        assert_eq!(Family::Ryeex.constant(REGISTER), [0x91, 0xca, 0x85, 0xde]);
    }

    #[test]
    fn keys_that_rc4_can_not_have_change_nothing() {
        for key in [&[][..], &[1; 257]] {
            assert_eq!(scrambled(key, [1, 2, 3]), [1, 2, 3]);
        }
    }
}
