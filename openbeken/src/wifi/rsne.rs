//! The RSN element, in which access points and stations say which ciphers and keys they take.

use alloc::vec::Vec;

/// What an access point offers, or a station chooses.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 1 | 30h |
/// | 1 | 1 | length of what follows |
/// | 2 | 2 | version, 1 |
/// | 4 | 4 | group cipher: `00 0F AC` and its type |
/// | 8 | 2 | number of pairwise ciphers, 4 bytes each, follow |
/// | | 2 | number of AKM suites, 4 bytes each, follow |
/// | | 2 | capabilities: 40h management frame protection required, 80h capable |
/// | | 2 | number of PMKIDs, 16 bytes each, follow |
/// | | 4 | group management cipher |
///
/// All after the version may be missing; missing ciphers are CCMP-128, a missing AKM is 802.1X, by the standard.
///
/// ```
/// use openbeken::wifi::{Akm, Rsne};
///
/// let element = [
///     0x30, 0x18, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 4, 2, 0, 0, 0x0f, 0xac, 2, 0, 0x0f, 0xac, 8, 0x80, 0,
/// ];
/// let rsne = Rsne::parse(&element)?;
/// assert!(rsne.offers(Akm::PSK) && rsne.offers(Akm::SAE) && rsne.mfp_capable() && !rsne.mfp_required());
/// assert_eq!(rsne.encode(), element);
/// # Ok::<(), openbeken::wifi::RsneError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Rsne {
    /// The group cipher.
    pub group_cipher: Option<Suite>,
    /// The pairwise ciphers.
    pub pairwise: Option<Vec<Suite>>,
    /// The kinds of keys.
    pub akms: Option<Vec<Suite>>,
    /// All capabilities.
    pub capabilities: Option<u16>,
    /// Keys that the sender thinks are known.
    pub pmkids: Option<Vec<[u8; 16]>>,
    /// The cipher of protected management frames for all.
    pub group_management: Option<Suite>,
}

/// A cipher or a kind of key: three bytes that say whose number it is, and the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Suite(pub [u8; 4]);

impl Suite {
    /// One of the standard's own.
    #[must_use]
    pub const fn standard(number: u8) -> Self {
        Self([0x00, 0x0f, 0xac, number])
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0[3]
    }

    /// The name, if it is a cipher of the standard.
    #[must_use]
    pub fn cipher_name(self) -> Option<&'static str> {
        self.name(CIPHERS)
    }

    /// The name, if it is a kind of key of the standard.
    #[must_use]
    pub fn akm_name(self) -> Option<&'static str> {
        self.name(AKMS)
    }

    fn name(self, table: &[(u8, &'static str)]) -> Option<&'static str> {
        let [0x00, 0x0f, 0xac, number] = self.0 else {
            return None;
        };
        table.iter().find(|row| row.0 == number).map(|row| row.1)
    }
}

/// Kinds of keys that this crate asks for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Akm;

impl Akm {
    /// WPA2 with a password.
    pub const PSK: Suite = Suite::standard(2);
    /// The same with SHA-256.
    pub const PSK_SHA256: Suite = Suite::standard(6);
    /// WPA3.
    pub const SAE: Suite = Suite::standard(8);
    /// WPA3 with fast transition.
    pub const FT_SAE: Suite = Suite::standard(9);
    /// WPA3 with larger hashes.
    pub const SAE_EXT: Suite = Suite::standard(24);

    /// Whether it needs authentication by SAE.
    #[must_use]
    pub const fn is_sae(suite: Suite) -> bool {
        matches!(suite.0, [0x00, 0x0f, 0xac, 8 | 9 | 24 | 25])
    }
}

impl Rsne {
    /// Reads an element, id and length included. What follows it is ignored.
    ///
    /// # Errors
    ///
    /// If it is another element, shorter than it says, or of another version.
    pub fn parse(bytes: &[u8]) -> Result<Self, RsneError> {
        let [id, length, rest @ ..] = bytes else {
            return match bytes {
                [] | [0x30] => Err(RsneError::Truncated { offset: bytes.len() }),
                [id, ..] => Err(RsneError::NotRsne { id: *id }),
            };
        };
        if *id != 0x30 {
            return Err(RsneError::NotRsne { id: *id });
        }
        let body = rest
            .get(..usize::from(*length))
            .ok_or(RsneError::Truncated { offset: bytes.len() })?;
        let mut reader = Reader { body, offset: 0 };
        let version = reader.short()?.ok_or(RsneError::Truncated {
            offset: bytes.len().min(2),
        })?;
        if version != 1 {
            return Err(RsneError::UnsupportedVersion { found: version });
        }
        Ok(Self {
            group_cipher: reader.array()?.map(Suite),
            pairwise: reader.list()?.map(|list| list.into_iter().map(Suite).collect()),
            akms: reader.list()?.map(|list| list.into_iter().map(Suite).collect()),
            capabilities: reader.short()?,
            pmkids: reader.list()?,
            group_management: reader.array()?.map(Suite),
        })
    }

    /// The element, id and length included. Fields behind a missing one are left out too, and so is what would make it
    /// longer than an element can be.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::from([1, 0]);
        let counted = |count: usize| u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
        let suites = |list: &[Suite]| -> Vec<u8> {
            counted(list.len())
                .into_iter()
                .chain(list.iter().flat_map(|suite| suite.0))
                .collect()
        };
        let fields = [
            self.group_cipher.map(|suite| suite.0.to_vec()),
            self.pairwise.as_deref().map(suites),
            self.akms.as_deref().map(suites),
            self.capabilities.map(|bits| bits.to_le_bytes().to_vec()),
            self.pmkids.as_ref().map(|ids| {
                counted(ids.len())
                    .into_iter()
                    .chain(ids.iter().flatten().copied())
                    .collect()
            }),
            self.group_management.map(|suite| suite.0.to_vec()),
        ];
        for field in fields {
            let Some(field) = field.filter(|field| body.len() + field.len() <= 255) else {
                break;
            };
            body.extend_from_slice(&field);
        }
        let mut element = Vec::from([0x30, body.len() as u8]);
        element.extend_from_slice(&body);
        element
    }

    /// Whether it names this kind of key.
    #[must_use]
    pub fn offers(&self, akm: Suite) -> bool {
        self.akms.as_ref().is_some_and(|akms| akms.contains(&akm))
    }

    /// Whether management frames must be protected.
    #[must_use]
    pub const fn mfp_required(&self) -> bool {
        matches!(self.capabilities, Some(bits) if bits & 0x40 != 0)
    }

    /// Whether management frames can be protected.
    #[must_use]
    pub const fn mfp_capable(&self) -> bool {
        matches!(self.capabilities, Some(bits) if bits & 0x80 != 0)
    }
}

/// Bytes that are no RSN element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RsneError {
    /// Another element.
    #[error("element {id:#04x} is no RSN element, which is 0x30")]
    NotRsne {
        /// Its id.
        id: u8,
    },
    /// It ends within a field.
    #[error("the element ends within a field at byte {offset}")]
    Truncated {
        /// Where, from the start of the element.
        offset: usize,
    },
    /// Nobody knows another version than 1.
    #[error("version {found} of the element is unknown")]
    UnsupportedVersion {
        /// What it says.
        found: u16,
    },
}

impl RsneError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotRsne { .. } => "not_rsne",
            Self::Truncated { .. } => "truncated",
            Self::UnsupportedVersion { .. } => "unsupported_version",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotRsne { .. } => Some("Hand in one element, from its id 30h on."),
            Self::Truncated { .. } | Self::UnsupportedVersion { .. } => None,
        }
    }
}

struct Reader<'a> {
    body: &'a [u8],
    offset: usize,
}

impl Reader<'_> {
    /// So many bytes, or `None` if nothing is left.
    fn array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, RsneError> {
        if self.body.is_empty() {
            return Ok(None);
        }
        let truncated = RsneError::Truncated {
            offset: self.offset + 2,
        };
        let (array, rest) = self.body.split_first_chunk().ok_or(truncated)?;
        self.body = rest;
        self.offset += N;
        Ok(Some(*array))
    }

    fn short(&mut self) -> Result<Option<u16>, RsneError> {
        Ok(self.array()?.map(u16::from_le_bytes))
    }

    fn list<const N: usize>(&mut self) -> Result<Option<Vec<[u8; N]>>, RsneError> {
        let Some(count) = self.short()? else {
            return Ok(None);
        };
        let truncated = RsneError::Truncated {
            offset: self.offset + 2,
        };
        // No more than an element can hold: the count is checked before anything is reserved.
        if usize::from(count) * N > self.body.len() {
            return Err(truncated);
        }
        (0..count)
            .map(|_| self.array()?.ok_or(truncated))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

const CIPHERS: &[(u8, &str)] = &[
    (1, "WEP-40"),
    (2, "TKIP"),
    (4, "CCMP-128"),
    (5, "WEP-104"),
    (6, "BIP-CMAC-128"),
    (8, "GCMP-128"),
    (9, "GCMP-256"),
    (10, "CCMP-256"),
];

const AKMS: &[(u8, &str)] = &[
    (1, "802.1X"),
    (2, "PSK"),
    (3, "FT-802.1X"),
    (4, "FT-PSK"),
    (5, "802.1X-SHA256"),
    (6, "PSK-SHA256"),
    (8, "SAE"),
    (9, "FT-SAE"),
    (12, "Suite-B-192"),
    (18, "OWE"),
    (24, "SAE-EXT"),
];
