//! Names that tell model and id: `rockrobo-vacuum-v1_miio55408263._miio._udp.local.`

use alloc::string::String;
use core::str::FromStr;

use crate::DeviceId;
use crate::provision::is_model;

/// An mDNS instance name, taken apart.
///
/// ```
/// use miio_proto::discovery::MdnsName;
///
/// let name: MdnsName = "mmgg-pet_waterer-s1_miio123456._miio._udp.local.".parse()?;
/// assert_eq!((name.model.as_str(), name.device_id.unwrap().0), ("mmgg.pet_waterer.s1", 123456));
/// # Ok::<(), miio_proto::discovery::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MdnsName {
    /// The device's model.
    pub model: String,
    /// The device's id; old vacuums don't tell it.
    pub device_id: Option<DeviceId>,
}

impl FromStr for MdnsName {
    type Err = NameError;

    /// Takes an instance name with or without the service behind it, or a host name.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = strip_service(text.trim());
        let Some((model, id)) = name.rsplit_once("_miio") else {
            return model_of_host(name)
                .map(|model| Self {
                    model: model.into(),
                    device_id: None,
                })
                .ok_or(NameError::NotMiio);
        };
        if !is_model(model) {
            return Err(NameError::BadModel);
        }
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NameError::BadDeviceId);
        }
        let id = id.parse().map_err(|_| NameError::BadDeviceId)?;
        Ok(Self {
            model: model.replace('-', ".").to_ascii_lowercase(),
            device_id: Some(DeviceId(id)),
        })
    }
}

/// The model of a host name without `_miio`: old vacuums are called `rockrobo`.
#[must_use]
pub fn model_of_host(host: &str) -> Option<&'static str> {
    let name = host.to_ascii_lowercase();
    (name.contains("rockrobo") && !name.contains("_miio")).then_some("rockrobo.vacuum.v1")
}

/// The first label of a name below the service or below `.local`.
fn strip_service(name: &str) -> &str {
    let name = name.strip_suffix('.').unwrap_or(name);
    let end = name
        .len()
        .checked_sub(SERVICE.len())
        .filter(|&at| name.is_char_boundary(at));
    match end.map(|at| name.split_at(at)) {
        Some((head, tail)) if tail.eq_ignore_ascii_case(SERVICE) => head,
        _ => name.strip_suffix(".local").unwrap_or(name),
    }
}

/// The service, with the dot in front.
const SERVICE: &str = "._miio._udp.local";

/// A name that is no miIO device's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No `_miio` in it.
    #[error("not the name of a miIO device")]
    NotMiio,
    /// No model in front of it.
    #[error("the name holds no model")]
    BadModel,
    /// No 32-bit decimal number behind it.
    #[error("the name doesn't end in a device id")]
    BadDeviceId,
}

impl NameError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Names of miIO devices look like yeelink-light-color1_miio70058436; find others with a hello.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_old_vacuum_has_a_model_and_no_id() {
        let name: MdnsName = "rockrobo.local.".parse().unwrap();
        assert_eq!(
            name,
            MdnsName {
                model: "rockrobo.vacuum.v1".into(),
                device_id: None
            }
        );
    }

    proptest! {
        #[test]
        fn any_name_parses_or_fails_without_a_panic(name in "\\PC{0,30}(_miio)?\\PC{0,12}(\\._miio\\._udp\\.local)?") {
            let _ = name.parse::<MdnsName>();
        }
    }
}
