//! Provisioning: telling a device in setup mode which Wi-Fi network to join.
//!
//! 1. Join the device's open network (see [`SetupNetwork`]) and say hello to its gateway address: the reply
//!    discloses the token.
//! 2. Send [`ConfigRouter::request`]. The device leaves its network at once, so no answer is no failure.
//! 3. Find the device by its id in the home network, 10 to 60 seconds later.
//!
//! The request is encrypted only under a token that anyone near could read: provisioning is no secret.
//!
//! ```
//! use miio_proto::provision::{ConfigRouter, Passphrase, Ssid, Warning};
//!
//! let config = ConfigRouter::new(Ssid::new("Café \"24\"")?, Passphrase::new("correct horse")?);
//! assert_eq!(config.warnings(), [Warning::BackslashOrQuote, Warning::NonAsciiSsid]);
//! let request = config.request();
//! assert_eq!(request.params["ssid"], "Café \"24\"");
//! assert!(!format!("{config:?} {request:?}").contains("horse"));
//! # Ok::<(), miio_proto::provision::ProvisionError>(())
//! ```

mod setup_network;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde_json::{Map, Value};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::Request;

pub(crate) use setup_network::is_model;
pub use setup_network::{SetupNetwork, SetupNetworkError};

/// The name of a Wi-Fi network: 1 to 32 octets. Any octets: names aren't always UTF-8.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Ssid(Vec<u8>);

/// The passphrase of a network, as WPA2 takes it, or none for an open network. Never prints.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

/// What kind of passphrase a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PassphraseKind {
    /// Nothing: an open network.
    Open,
    /// 8 to 63 printable ASCII characters.
    Passphrase,
    /// 64 hex digits: the PMK itself. Some devices refuse it.
    RawPsk,
}

impl Ssid {
    /// A name of 1 to 32 octets.
    ///
    /// # Errors
    ///
    /// Another length, in octets.
    pub fn new(name: impl AsRef<[u8]>) -> Result<Self, ProvisionError> {
        let name = name.as_ref();
        match name.len() {
            0 => Err(ProvisionError::SsidEmpty),
            1..=32 => Ok(Self(name.to_vec())),
            found => Err(ProvisionError::SsidTooLong { found }),
        }
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ssid({:?})", String::from_utf8_lossy(&self.0))
    }
}

impl Passphrase {
    /// A passphrase, a PMK in hex, or an empty text for an open network.
    ///
    /// # Errors
    ///
    /// A length or a character that WPA2 doesn't allow; the length is tested first, in characters.
    pub fn new(text: &str) -> Result<Self, ProvisionError> {
        Self::classify(text)?;
        Ok(Self(Zeroizing::new(text.into())))
    }

    /// What kind of passphrase a text is.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn classify(text: &str) -> Result<PassphraseKind, ProvisionError> {
        let found = text.chars().count();
        match found {
            0 => Ok(PassphraseKind::Open),
            1..=7 => Err(ProvisionError::PassphraseTooShort { found }),
            8..=63 if text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) => Ok(PassphraseKind::Passphrase),
            8..=63 => Err(ProvisionError::BadCharacter),
            64 if text.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(PassphraseKind::RawPsk),
            64 => Err(ProvisionError::BadPskHex),
            found => Err(ProvisionError::PassphraseTooLong { found }),
        }
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> PassphraseKind {
        Self::classify(&self.0).unwrap_or(PassphraseKind::Open)
    }

    /// The secret text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The network's pairwise master key (WPA and WPA2): PBKDF2-HMAC-SHA1 with 4096 rounds over the name's
    /// octets. A name in UTF-8 and the same name in GBK have different keys. `None` for an open network.
    ///
    /// ```
    /// use miio_proto::provision::{Passphrase, Ssid};
    ///
    /// let pmk = Passphrase::new("password")?.pmk(&Ssid::new("IEEE")?).unwrap();
    /// assert_eq!(pmk[..4], [0xf4, 0x2c, 0x6f, 0xc5]);
    /// # Ok::<(), miio_proto::provision::ProvisionError>(())
    /// ```
    #[must_use]
    pub fn pmk(&self, ssid: &Ssid) -> Option<Zeroizing<[u8; 32]>> {
        let mut pmk = Zeroizing::new([0; 32]);
        match self.kind() {
            PassphraseKind::Open => return None,
            PassphraseKind::Passphrase => {
                pbkdf2::pbkdf2_hmac::<Sha1>(self.0.as_bytes(), ssid.as_bytes(), 4096, pmk.as_mut());
            }
            PassphraseKind::RawPsk => {
                base16ct::mixed::decode(self.0.as_bytes(), pmk.as_mut()).ok()?;
            }
        }
        Some(pmk)
    }
}

impl ConstantTimeEq for Passphrase {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.as_bytes().ct_eq(other.0.as_bytes())
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Passphrase {}

impl ZeroizeOnDrop for Passphrase {}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// The params of `miIO.config_router`.
///
/// Network, passphrase and account id are always sent; vacuums need time zone and offset for their timers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigRouter {
    ssid: Ssid,
    passphrase: Passphrase,
    /// The account that the device will belong to; 0: none, it stays local.
    pub user_id: u64,
    /// Seconds east of Greenwich.
    pub gmt_offset: Option<i32>,
    /// IANA name of the time zone: "Europe/Berlin".
    pub time_zone: Option<String>,
    /// The cloud's region: "de", "us", "sg", "ru", "i2"; none for China.
    pub country_domain: Option<String>,
    /// The one-time key from the cloud with which the device binds itself to the account.
    pub bind_key: Option<String>,
}

impl ConfigRouter {
    /// A configuration that stays local.
    #[must_use]
    pub const fn new(ssid: Ssid, passphrase: Passphrase) -> Self {
        Self {
            ssid,
            passphrase,
            user_id: 0,
            gmt_offset: None,
            time_zone: None,
            country_domain: None,
            bind_key: None,
        }
    }

    /// The request. Its params never print. A JSON text must be UTF-8: other octets of a name become U+FFFD, which
    /// [`warnings`](Self::warnings) tells.
    #[must_use]
    pub fn request(&self) -> Request {
        let mut params = Map::new();
        let mut put = |key: &str, value: Value| params.insert(key.into(), value);
        put("ssid", String::from_utf8_lossy(self.ssid.as_bytes()).into());
        put("passwd", self.passphrase.expose().into());
        put("uid", self.user_id.into());
        if let Some(offset) = self.gmt_offset {
            put("gmt_offset", offset.into());
        }
        let texts = [
            ("tz", &self.time_zone),
            ("country_domain", &self.country_domain),
            ("bind_key", &self.bind_key),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                put(key, text.as_str().into());
            }
        }
        Request::new("miIO.config_router", params).secret()
    }

    /// What is known to fail with such a network, in a fixed order.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let (ssid, passphrase) = (self.ssid.as_bytes(), self.passphrase.expose().as_bytes());
        let quotes = |text: &[u8]| text.iter().any(|byte| matches!(byte, b'\\' | b'"' | b'\''));
        let edge = |text: &[u8]| text.first() == Some(&b' ') || text.last() == Some(&b' ');
        [
            (quotes(ssid) || quotes(passphrase), Warning::BackslashOrQuote),
            (!ssid.is_ascii(), Warning::NonAsciiSsid),
            (
                self.passphrase.kind() == PassphraseKind::Open,
                Warning::OpenNetwork,
            ),
            (edge(ssid) || edge(passphrase), Warning::EdgeSpace),
            (core::str::from_utf8(ssid).is_err(), Warning::NotUtf8),
        ]
        .into_iter()
        .filter_map(|(applies, warning)| applies.then_some(warning))
        .collect()
    }
}

/// The request that the app sends after [`ConfigRouter::request`]. No answer is needed.
#[must_use]
pub fn stop_diag_mode() -> Request {
    Request::new("miIO.stop_diag_mode", "").once()
}

/// Something that is allowed and yet often fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// A backslash or a quote in name or passphrase.
    BackslashOrQuote,
    /// The name isn't ASCII.
    NonAsciiSsid,
    /// The network is open.
    OpenNetwork,
    /// A blank at the start or end of name or passphrase.
    EdgeSpace,
    /// The name isn't UTF-8.
    NotUtf8,
}

impl Warning {
    /// The name, in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BackslashOrQuote => "backslash_or_quote",
            Self::NonAsciiSsid => "non_ascii_ssid",
            Self::OpenNetwork => "open_network",
            Self::EdgeSpace => "edge_space",
            Self::NotUtf8 => "not_utf8",
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::BackslashOrQuote => {
                "Roborock vacuums write name and passphrase unescaped into a file and then can't join: use a \
                 network without quotes and backslashes in either."
            }
            Self::NonAsciiSsid => {
                "Simple devices and routers disagree about the name's encoding: use a network with an ASCII name."
            }
            Self::OpenNetwork => "Anyone near can use and read an open network, and some devices refuse it.",
            Self::EdgeSpace => {
                "Blanks at the edge are easily typed by mistake: check that they belong there."
            }
            Self::NotUtf8 => {
                "JSON can't carry this name, so the device will look for another network: rename the network."
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A network that no device can join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// No name.
    #[error("a network's name has at least 1 octet")]
    SsidEmpty,
    /// A name that is too long, counted in UTF-8 octets.
    #[error("a network's name has at most 32 octets, this has {found}")]
    SsidTooLong {
        /// What was there.
        found: usize,
    },
    /// Too few characters.
    #[error("a passphrase has at least 8 characters, this has {found}")]
    PassphraseTooShort {
        /// What was there.
        found: usize,
    },
    /// Too many characters.
    #[error("a passphrase has at most 63 characters, this has {found}")]
    PassphraseTooLong {
        /// What was there.
        found: usize,
    },
    /// 64 characters that aren't hex digits.
    #[error("64 characters are a key in hex, but these aren't all hex digits")]
    BadPskHex,
    /// A character other than ASCII 0x20 to 0x7E.
    #[error("a passphrase consists of printable ASCII characters")]
    BadCharacter,
}

impl ProvisionError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::SsidEmpty => {
                "Enter the network's name as the router shows it; a hidden network has one too."
            }
            Self::SsidTooLong { .. } => {
                "Rename the network: letters beyond ASCII take 2 to 4 octets each, 32 are allowed."
            }
            Self::PassphraseTooShort { .. } | Self::PassphraseTooLong { .. } | Self::BadPskHex => {
                "Enter the passphrase of the router: 8 to 63 characters, nothing for an open network."
            }
            Self::BadCharacter => {
                "Set a passphrase of plain ASCII characters on the router, or on a guest network."
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_that_is_not_utf8_is_told() {
        let gbk = Ssid::new(b"\xb2\xe2\xca\xd4").unwrap();
        let config = ConfigRouter::new(gbk, Passphrase::new("12345678").unwrap());
        assert_eq!(config.warnings(), [Warning::NonAsciiSsid, Warning::NotUtf8]);
    }

    #[test]
    fn non_ascii_names_are_sent_raw() {
        let config = ConfigRouter::new(Ssid::new("网").unwrap(), Passphrase::new("").unwrap());
        let text = String::from_utf8(config.request().encode(1)).unwrap();
        assert!(
            text.contains("\"ssid\":\"网\"") && text.contains("\"passwd\":\"\""),
            "{text}"
        );
    }

    proptest! {
        #[test]
        fn any_legal_network_survives_the_way_through_json(ssid in "\\PC{1,8}", passphrase in "[ -~]{8,63}") {
            let config = ConfigRouter::new(Ssid::new(&ssid).unwrap(), Passphrase::new(&passphrase).unwrap());
            let json: Value = serde_json::from_slice(&config.request().encode(1)).unwrap();
            prop_assert_eq!(&json["params"]["ssid"], &Value::from(ssid));
            prop_assert_eq!(&json["params"]["passwd"], &Value::from(passphrase));
        }

        #[test]
        fn any_text_classifies_without_a_panic(text in "\\PC{0,80}") {
            let _ = Passphrase::classify(&text);
        }
    }
}
