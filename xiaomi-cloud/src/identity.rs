//! Who the client says it is. Invented once and kept with the session: a new identity for each login makes captchas and
//! verifications more likely.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

/// The values by which the account server recognises a client. They are no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub(crate) device_id: String,
    pub(crate) sdk_version: String,
    pub(crate) user_agent: String,
}

impl Identity {
    /// A new one, as the Android app has it.
    #[must_use]
    pub fn random(generator: &mut impl CryptoRng) -> Self {
        let device_id: String = letters(generator, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
            .take(16)
            .collect();
        let agent: String = letters(generator, b"ABCDE").take(13).collect();
        Self {
            device_id,
            sdk_version: SDK_VERSION.into(),
            user_agent: format!(
                "Android-7.1.1-1.0.0-ONEPLUS A3010-136-{agent} APP/xiaomi.smarthome APPV/62830"
            ),
        }
    }

    /// The one that another program used: its `deviceId` (6 to 64 letters, digits, `_` and `-`) and user agent.
    /// `None` for text that doesn't fit into a header.
    #[must_use]
    pub fn existing(device_id: &str, user_agent: &str) -> Option<Self> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let fits = (6..=64).contains(&device_id.len()) && device_id.bytes().all(legal);
        let agent_fits =
            user_agent.len() <= 512 && user_agent.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        (fits && agent_fits).then(|| Self {
            device_id: device_id.into(),
            sdk_version: SDK_VERSION.into(),
            user_agent: user_agent.into(),
        })
    }

    /// The cookie `deviceId`.
    #[must_use]
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// The header `User-Agent`.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }
}

fn letters(generator: &mut impl CryptoRng, alphabet: &'static [u8]) -> impl Iterator<Item = char> {
    let alphabet_length = u32::try_from(alphabet.len()).unwrap_or(1);
    std::iter::repeat_with(move || {
        let index = usize::try_from(generator.next_u32() % alphabet_length).unwrap_or_default();
        alphabet.get(index).copied().map_or('A', char::from)
    })
}

const SDK_VERSION: &str = "accountsdk-18.8.15";
