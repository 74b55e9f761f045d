//! JSON objects, a member at a time.

use serde_json::Value;

/// Sets a member; does nothing to what is no object.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value.into());
    }
}
