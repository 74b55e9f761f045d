//! MIoT names: `urn:<namespace>:<type>:<name>:<8 hex>[:<vendor-product>[:<version>[:<extra>..]]]`.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// A MIoT name, taken apart.
///
/// ```
/// use miio_proto::miot::Urn;
///
/// let urn: Urn = "urn:miot-spec-v2:device:air-purifier:0000A007:zhimi-ma4:1".parse()?;
/// assert_eq!((urn.name.as_str(), urn.value), ("air-purifier", 0xa007));
/// assert_eq!(urn.to_string(), "urn:miot-spec-v2:device:air-purifier:0000A007:zhimi-ma4:1");
/// # Ok::<(), miio_proto::miot::UrnError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Urn {
    /// `miot-spec-v2`, or a vendor's own.
    pub namespace: String,
    /// What it names.
    pub kind: UrnKind,
    /// Lower case with dashes: `air-purifier`, `pm2.5-density`.
    pub name: String,
    /// The type's number.
    pub value: u32,
    /// `zhimi-ma4`; absent in the generic templates.
    pub vendor_product: Option<String>,
    /// The version; absent in the generic templates.
    pub version: Option<u32>,
    /// What follows: a template's number.
    pub extra: Vec<String>,
}

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrnKind {
    /// A device.
    Device,
    /// A service.
    Service,
    /// A property.
    Property,
    /// An action.
    Action,
    /// An event.
    Event,
    /// A category.
    Category,
}

impl UrnKind {
    /// The word in the name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Service => "service",
            Self::Property => "property",
            Self::Action => "action",
            Self::Event => "event",
            Self::Category => "category",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "device" => Self::Device,
            "service" => Self::Service,
            "property" => Self::Property,
            "action" => Self::Action,
            "event" => Self::Event,
            "category" => Self::Category,
            _ => return None,
        })
    }
}

impl FromStr for Urn {
    type Err = UrnError;

    fn from_str(text: &str) -> Result<Self, UrnError> {
        parse(text).ok_or(UrnError)
    }
}

fn parse(text: &str) -> Option<Urn> {
    let mut parts = text.split(':');
    if parts.next()? != "urn" {
        return None;
    }
    let word = |part: &str| {
        let plain = |c: char| c.is_ascii_graphic();
        (!part.is_empty() && part.chars().all(plain)).then(|| part.to_owned())
    };
    let namespace = word(parts.next()?)?;
    let kind = UrnKind::from_name(parts.next()?)?;
    let name = word(parts.next()?)?;
    let digits = parts.next()?;
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let vendor_product = parts.next().map(word);
    let vendor_product = match vendor_product {
        Some(word) => Some(word?),
        None => None,
    };
    let version = match parts.next() {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        Some(_) => return None,
        None => None,
    };
    Some(Urn {
        namespace,
        kind,
        name,
        value,
        vendor_product,
        version,
        extra: parts.map(ToOwned::to_owned).collect(),
    })
}

impl fmt::Display for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.name();
        write!(
            f,
            "urn:{}:{kind}:{}:{:08X}",
            self.namespace, self.name, self.value
        )?;
        if let Some(product) = &self.vendor_product {
            write!(f, ":{product}")?;
        }
        if let Some(version) = self.version {
            write!(f, ":{version}")?;
        }
        self.extra.iter().try_for_each(|part| write!(f, ":{part}"))
    }
}

/// Text that is no MIoT name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a MIoT name, which looks like urn:miot-spec-v2:property:on:00000006:vendor-product:1")]
pub struct UrnError;

impl UrnError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Take the `type` of the model's entry at miot-spec.org as it is.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_prints_as_it_was_read(
            name in "[a-z][a-z0-9.-]{0,12}", value: u32, product in proptest::option::of("[a-z]{1,6}-[a-z0-9]{1,6}"),
            version in 0u32..1000, extra in proptest::collection::vec("[0-9A-F]{8}", 0..2),
        ) {
            let extra = if product.is_some() { extra } else { Vec::new() };
            let version = product.as_ref().map(|_| version);
            let urn = Urn {
                namespace: "miot-spec-v2".into(), kind: UrnKind::Property, name, value,
                vendor_product: product, version, extra,
            };
            prop_assert_eq!(urn.to_string().parse(), Ok(urn));
        }

        #[test]
        fn any_text_parses_or_fails_without_a_panic(text in ".{0,80}") {
            let _ = text.parse::<Urn>();
        }
    }
}
