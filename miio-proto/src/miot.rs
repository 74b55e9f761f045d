//! MIoT: devices as numbered services (siid) with properties (piid), actions (aiid) and events (eiid).
//!
//! An [`Instance`] is read from the JSON of miot-spec.org. It names everything, checks values before they are
//! sent, and reads what comes back. Without one, [`get`], [`set`] and [`action`] build the requests from numbers.
//!
//! ```
//! use miio_proto::miot::{Instance, ValueError};
//! use serde_json::json;
//!
//! let spec = Instance::from_json(&json!({
//!     "type": "urn:miot-spec-v2:device:light:0000A001:yeelink-lamp4:1", "description": "Lamp",
//!     "services": [{"iid": 2, "type": "urn:miot-spec-v2:service:light:00007802:yeelink-lamp4:1",
//!         "properties": [{"iid": 2, "type": "urn:miot-spec-v2:property:brightness:0000000D:yeelink-lamp4:1",
//!             "format": "uint8", "access": ["read", "write"], "unit": "percentage", "value-range": [1, 100, 1]}]}],
//! }))?;
//! let brightness = spec.property("light:brightness").unwrap();
//! assert_eq!(brightness.key.to_string(), "2.2");
//! assert_eq!(brightness.check(&json!(101)), Err(ValueError::OutOfRange { min: 1.0, max: 100.0 }));
//!
//! let request = brightness.set(json!(40), None)?;
//! assert_eq!(request.params, json!([{"did": "set-2-2", "siid": 2, "piid": 2, "value": 40}]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod code;
mod instance;
mod mappings_table;
mod reader;
mod request;
mod unit;
mod urn;
mod value;

pub use code::{CodeError, Detail, DeviceMeaning, Place, Status};
pub use instance::{
    Access, Action, ActionKey, Event, Format, Instance, InstanceError, Property, PropertyKey, Service,
    ValueRange, choose,
};
pub use reader::{PropertyReader, PropertyResult};
pub use request::{ActionResult, SetResult, action, get, set};
pub use unit::Unit;
pub use urn::{Urn, UrnError, UrnKind};
pub use value::{Reading, TypedValue, ValueError};

/// A name that python-miio gives to a property or an action of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Named {
    /// The name.
    pub name: &'static str,
    /// The service.
    pub siid: u16,
    /// The property (piid), or the action (aiid).
    pub iid: u16,
    /// Whether it is an action.
    pub action: bool,
}

/// The names that python-miio gives to a model's properties and actions; empty if it doesn't know the model.
#[must_use]
pub fn names_of(model: &str) -> &'static [Named] {
    let order = |known: &str| {
        known
            .bytes()
            .cmp(model.bytes().map(|byte| byte.to_ascii_lowercase()))
    };
    let found = mappings_table::MAPPINGS.binary_search_by(|row| order(row.0)).ok();
    found
        .and_then(|index| mappings_table::MAPPINGS.get(index))
        .map_or(&[], |row| row.1)
}

/// The request that tells a MIoT device from a legacy one: the first property of the first service. A legacy
/// device answers with an error, often -9999.
#[must_use]
pub fn probe() -> crate::Request {
    get(&[PropertyKey { siid: 1, piid: 1 }], None).without_error_retries()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        let rows = mappings_table::MAPPINGS;
        assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(rows.iter().map(|row| row.1.len()).sum::<usize>(), 1219);
    }

    #[test]
    fn a_model_has_its_names() {
        let names = names_of("CGLLC.airm.cgdn1");
        assert_eq!(
            names[0],
            Named {
                name: "humidity",
                siid: 3,
                iid: 1,
                action: false
            }
        );
        assert!(names_of("a.b.c").is_empty());
    }
}
