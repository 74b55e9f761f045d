//! What is known of a model: its protocol, and how many values it takes in one request.
//!
//! ```
//! use miio_proto::models;
//!
//! let model = models::find("zhimi.airpurifier.ma4").expect("a known model");
//! assert!(model.protocols.miot);
//! assert_eq!(models::legacy_batch("zhimi.humidifier.ca1").get(), 1);
//! assert_eq!(models::category("yeelink.light.ceiling4.ambi"), Some("light"));
//! ```

mod table;

use crate::BatchSize;

/// A model that public sources list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Model {
    /// `vendor.category.name`.
    pub name: &'static str,
    /// The protocols that the sources name; none if they disagree or don't say.
    pub protocols: Protocols,
    /// The kind of thing that it is in openHAB's binding, if it is in its list.
    pub thing: Option<ThingKind>,
}

/// Which protocols a model speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Protocols {
    /// Legacy: `get_prop` and a method for each setting.
    pub miio: bool,
    /// MIoT: numbered services and properties.
    pub miot: bool,
    /// A child behind a gateway; it has no address of its own.
    pub subdevice: bool,
}

impl Protocols {
    const NONE: Self = Self {
        miio: false,
        miot: false,
        subdevice: false,
    };
    const MIIO: Self = Self {
        miio: true,
        ..Self::NONE
    };
    const MIOT: Self = Self {
        miot: true,
        ..Self::NONE
    };
    const SUBDEVICE: Self = Self {
        subdevice: true,
        ..Self::NONE
    };

    const fn with(self, other: Self) -> Self {
        Self {
            miio: self.miio || other.miio,
            miot: self.miot || other.miot,
            subdevice: self.subdevice || other.subdevice,
        }
    }
}

/// The kinds of things of openHAB's miio binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThingKind {
    /// Described by its database.
    Basic,
    /// A gateway.
    Gateway,
    /// A child of a gateway.
    Lumi,
    /// Known, but without a description.
    Unsupported,
    /// A vacuum.
    Vacuum,
}

/// The model of this name, whatever its case.
#[must_use]
pub fn find(name: &str) -> Option<Model> {
    let order = |known: &str| {
        known
            .bytes()
            .cmp(name.bytes().map(|byte| byte.to_ascii_lowercase()))
    };
    let index = table::MODELS.binary_search_by(|row| order(row.0)).ok()?;
    table::MODELS.get(index).map(|&(name, protocols, thing)| Model {
        name,
        protocols,
        thing,
    })
}

/// All models of the table, sorted by name.
pub fn all() -> impl Iterator<Item = Model> {
    table::MODELS.iter().map(|&(name, protocols, thing)| Model {
        name,
        protocols,
        thing,
    })
}

/// The second part of a model's name: `light`, `vacuum`.
#[must_use]
pub fn category(model: &str) -> Option<&str> {
    model.split('.').nth(1).filter(|part| !part.is_empty())
}

/// The model to treat a device as: the configured one if there is one (a known model that behaves like it), else the
/// one that the device reports. The flag says that the two differ, which a log should mention.
///
/// ```
/// use miio_proto::models::substitute;
///
/// assert_eq!(substitute(Some("yeelink.light.lamp1"), Some("yeelink.light.lamp9")), Some(("yeelink.light.lamp1", true)));
/// assert_eq!(substitute(None, Some("yeelink.light.lamp9")), Some(("yeelink.light.lamp9", false)));
/// ```
#[must_use]
pub fn substitute<'a>(configured: Option<&'a str>, reported: Option<&'a str>) -> Option<(&'a str, bool)> {
    let configured = configured.map(str::trim).filter(|model| !model.is_empty());
    let differs = configured
        .zip(reported)
        .is_some_and(|(ours, its)| !ours.eq_ignore_ascii_case(its));
    configured.or(reported).map(|model| (model, differs))
}

/// How many values `get_prop` may ask a model for at once.
#[must_use]
pub fn legacy_batch(model: &str) -> BatchSize {
    limit(LEGACY_LIMITS, model).unwrap_or_default()
}

/// How many values `get_properties` may ask a model for at once.
#[must_use]
pub fn miot_batch(model: &str) -> BatchSize {
    limit(MIOT_LIMITS, model).unwrap_or(BatchSize::new(10))
}

fn limit(table: &[(&str, u8)], model: &str) -> Option<BatchSize> {
    let row = table.iter().find(|(pattern, _)| matches(pattern, model))?;
    Some(BatchSize::new(row.1))
}

/// A pattern is a model, or the start of one with a `*` behind.
fn matches(pattern: &str, model: &str) -> bool {
    let head = match pattern.strip_suffix('*') {
        Some(prefix) => model.get(..prefix.len()),
        None => Some(model),
    };
    head.is_some_and(|head| head.eq_ignore_ascii_case(pattern.trim_end_matches('*')))
}

/// Legacy limits that differ from 15; the first row that fits counts.
const LEGACY_LIMITS: &[(&str, u8)] = &[
    ("zhimi.humidifier.ca1", 1),
    ("zhimi.humidifier.cb1", 1),
    ("zhimi.humidifier.cb2", 1),
    ("zhimi.fan.sa1", 1),
    ("zhimi.fan.za1", 1),
    ("zhimi.fan.za3", 1),
    ("zhimi.fan.za4", 1),
    ("zhimi.heater.ma1", 1),
    ("zhimi.heater.za1", 1),
    ("yunmi.waterpuri*", 1),
    ("deerma.humidifier.mjjsq*", 1),
    ("deerma.humidifier.jsq*", 1),
    ("nwt.derh.*", 1),
    ("viomi.dishwasher.*", 1),
    ("ksmb.walkingpad.*", 1),
    ("mrbond.airer.*", 2),
    ("lumi.gateway.*", 4),
    ("philips.light.ceiling", 8),
    ("airdog.*", 10),
];

/// MIoT limits that differ from 10; the first row that fits counts.
const MIOT_LIMITS: &[(&str, u8)] = &[
    ("yeelink.light.ceiling23", 1),
    ("zhimi.*", 15),
    ("dmaker.*", 15),
    ("leshow.*", 15),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        assert_eq!(table::MODELS.len(), 1601);
        assert!(table::MODELS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn every_model_is_found_in_any_case() {
        for model in all() {
            assert_eq!(find(&model.name.to_uppercase()), Some(model));
        }
        assert_eq!(find("nobody.made.this"), None);
    }

    #[test]
    fn limits_follow_the_model_family() {
        assert_eq!(legacy_batch("nwt.derh.wdh318efw1").get(), 1);
        assert_eq!(legacy_batch("lumi.gateway.v3").get(), 4);
        assert_eq!(legacy_batch("zhimi.airpurifier.m1").get(), 15);
        assert_eq!(miot_batch("yeelink.light.ceiling23").get(), 1);
        assert_eq!(miot_batch("xiaomi.vacuum.b112").get(), 10);
        assert_eq!(miot_batch("é").get(), 10);
    }
}
