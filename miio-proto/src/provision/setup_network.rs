//! The open network of a device in setup mode: `zhimi-airpurifier-m1_miapdf91`.

use alloc::string::String;

/// A setup network's name, taken apart.
///
/// ```
/// use miio_proto::provision::SetupNetwork;
///
/// let network = SetupNetwork::parse("zhimi-airpurifier-m1_miapdf91")?;
/// assert_eq!((network.model.as_str(), network.suffix.as_str()), ("zhimi.airpurifier.m1", "df91"));
/// # Ok::<(), miio_proto::provision::SetupNetworkError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetupNetwork {
    /// The device's model.
    pub model: String,
    /// The end of its MAC.
    pub suffix: String,
}

impl SetupNetwork {
    /// Reads the name of a Wi-Fi network.
    ///
    /// # Errors
    ///
    /// Another network, or a device's one without model or suffix.
    pub fn parse(ssid: &str) -> Result<Self, SetupNetworkError> {
        if let Some(suffix) = ssid.strip_prefix("rockrobo-")
            && is_suffix(suffix)
        {
            return Ok(Self {
                model: "rockrobo.vacuum.v1".into(),
                suffix: suffix.into(),
            });
        }
        let (model, suffix) = ssid.rsplit_once("_miap").ok_or(SetupNetworkError::NotSetup)?;
        if !is_model(model) {
            return Err(SetupNetworkError::BadModel);
        }
        if !is_suffix(suffix) {
            return Err(SetupNetworkError::BadSuffix);
        }
        Ok(Self {
            model: model.replace('-', ".").to_ascii_lowercase(),
            suffix: suffix.into(),
        })
    }
}

/// A model with dashes for dots: not empty, no odd characters.
pub(crate) fn is_model(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_suffix(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A network that isn't a device's setup network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupNetworkError {
    /// The name has no `_miap`.
    #[error("not the setup network of a device")]
    NotSetup,
    /// No model in front of it.
    #[error("the setup network's name holds no model")]
    BadModel,
    /// Not four letters or digits behind it.
    #[error("the setup network's name doesn't end in four letters or digits")]
    BadSuffix,
}

impl SetupNetworkError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotSetup => {
                "Reset the device and look for an open 2.4 GHz network with _miap in its name; _mibt devices are \
                 set up by Bluetooth."
            }
            Self::BadModel | Self::BadSuffix => "Copy the network's whole name.",
        })
    }
}
