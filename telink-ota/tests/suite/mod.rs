//! Reads vector files and makes sure that every expectation is checked.

mod commands;
mod config;
mod flow;
mod images;
mod keys;
mod notifications;
mod packets;
mod target;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value};

/// A JSON object that knows which of its fields nobody has asked for.
pub(crate) struct Fields {
    map: Map<String, Value>,
    unread: RefCell<BTreeSet<String>>,
}

impl Fields {
    pub(crate) fn new(value: &Value) -> Self {
        let map = value
            .as_object()
            .unwrap_or_else(|| panic!("not an object: {value}"))
            .clone();
        let unread = RefCell::new(map.keys().cloned().collect());
        Self { map, unread }
    }

    /// The field, `null` included; `None` if it is absent.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.unread.borrow_mut().remove(name);
        self.map.get(name)
    }

    /// The field, `None` if it is absent or `null`.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.value(name)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no text {name} in {:?}", self.map))
    }

    pub(crate) fn hex(&self, name: &str) -> Vec<u8> {
        hex(self.text(name))
    }

    pub(crate) fn integer(&self, name: &str) -> i64 {
        self.value(name)
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("no integer {name} in {:?}", self.map))
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.value(name)
            .and_then(Value::as_bool)
            .unwrap_or_else(|| panic!("no boolean {name} in {:?}", self.map))
    }

    pub(crate) fn list(&self, name: &str) -> &[Value] {
        let list = self.value(name).and_then(Value::as_array);
        list.unwrap_or_else(|| panic!("no list {name} in {:?}", self.map))
    }

    /// Compares a field, which must be there, with what the crate says.
    pub(crate) fn check(&self, name: &str, actual: impl Into<Value>) {
        let expected = self
            .get(name)
            .unwrap_or_else(|| panic!("no field {name} in {:?}", self.map));
        let actual = actual.into();
        assert!(
            same(expected, &actual),
            "{name}: expected {expected}, found {actual}"
        );
    }

    /// Compares a field if it is there, and says whether it is.
    pub(crate) fn check_if_present(&self, name: &str, actual: impl Into<Value>) -> bool {
        let present = self.map.contains_key(name);
        if present {
            self.check(name, actual);
        }
        present
    }

    /// Fails if a field was never looked at.
    pub(crate) fn assert_all_read(&self) {
        let unread = self.unread.borrow();
        assert!(unread.is_empty(), "nobody checks {unread:?}");
    }
}

/// Equality with the tolerance that the vectors allow for numbers.
pub(crate) fn same(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(a), Value::Number(b)) => {
            if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
                return a == b;
            }
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            // Values that went through an `f32` on the wire are given as the double of that float.
            (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd hex {text}");
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex"))
        .collect()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder of the vectors: `VECTORS_DIR`, or the one in the repository.
pub(crate) fn folder() -> PathBuf {
    env::var_os("VECTORS_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    )
}

/// All `*.json` files below the folder, as `area/name.json`. A folder with several areas is narrowed to this crate's.
pub(crate) fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let areas = ["telink-ota", "thermometer"].map(|area| root.join(area));
    let mut open: Vec<PathBuf> = areas.into_iter().filter(|area| area.is_dir()).collect();
    if open.is_empty() {
        open.push(root.to_path_buf());
    }
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("folder entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let name = path.strip_prefix(root).expect("below the root");
                found.push(name.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// Checks one case: what goes in and what must come out.
pub(crate) type Check = fn(input: &Fields, expect: &Fields);

/// Who checks the cases of a file of this name.
pub(crate) fn check_for(name: &str) -> Option<Check> {
    Some(match name {
        "atc1441_command.json" => commands::atc1441,
        "command_encode.json" => commands::pvvx,
        "commands.json" => packets::commands,
        "config_decode.json" => config::decode,
        "config_encode.json" => config::encode,
        "crc.json" => packets::crc,
        "custom_flow.json" => flow::custom,
        "data_pdu.json" => packets::data_pdu,
        "detect.json" => target::detect,
        "ext_ota.json" => keys::extended_ota,
        "flow.json" => flow::ota,
        "hardware.json" => config::hardware,
        "image.json" => images::inspect,
        "mi_keys.json" => keys::mi_keys,
        "mifota.json" => images::container,
        "notify_chunks.json" => keys::chunks,
        "notify_decode.json" => notifications::decode,
        "preflight.json" => target::preflight,
        "real_images.json" => images::real,
        "stream.json" => packets::stream,
        "zigbee_wrapper.json" => images::zigbee,
        _ => return None,
    })
}

/// Runs `check` on every case of a file; a panic names the case.
pub(crate) fn run(root: &Path, file: &str, check: Check) -> usize {
    let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(!cases.is_empty(), "{file} has no case");
    for case in &cases {
        let name = case["name"].as_str().expect("a case has a name");
        let (input, expect) = (Fields::new(&case["input"]), Fields::new(&case["expect"]));
        assert!(!expect.map.is_empty(), "{file}: {name} expects nothing");
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            check(&input, &expect);
            expect.assert_all_read();
        }));
        if let Err(panic) = outcome {
            eprintln!("{file}: {name}");
            std::panic::resume_unwind(panic);
        }
    }
    cases.len()
}
