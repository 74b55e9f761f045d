//! openHAB's options.

use std::path::Path;

use serde_json::Value;
use vacuum_map::draw::MapConfig;

use super::Fields;

pub fn check(_: &Path, input: &Fields, expect: &Fields) {
    let parsed = MapConfig::parse(input.text("text"));
    let outcome = match &parsed {
        Ok(Some(_)) => "ok",
        Ok(None) => "defaults",
        Err(error) => {
            assert!(error.help().is_some() && !error.to_string().is_empty());
            "invalid"
        }
    };
    expect.check("outcome", outcome);
    let Ok(config) = parsed else { return };
    let config = config.unwrap_or_default();
    // All that the text doesn't name has the default.
    let mut expected: Value = serde_json::from_str(&MapConfig::default().to_json()).unwrap();
    for (name, value) in expect.get("changed").unwrap().as_object().unwrap() {
        expected[name] = value.clone();
    }
    let actual: Value = serde_json::from_str(&config.to_json()).unwrap();
    assert_eq!(actual, expected);
}
