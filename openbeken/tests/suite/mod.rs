//! Reads vector files and makes sure that every expectation is checked.

mod config;
mod firmware;
mod flash;
mod home_assistant;
mod http;
mod lan;
mod meters;
mod mqtt;
mod provision;
mod tuya_mcu;
mod wifi;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value};

/// A JSON object that knows which of its fields nobody has asked for.
pub struct Fields {
    map: Map<String, Value>,
    unread: RefCell<BTreeSet<String>>,
}

impl Fields {
    pub fn new(value: &Value) -> Self {
        let map = value
            .as_object()
            .unwrap_or_else(|| panic!("not an object: {value}"))
            .clone();
        let unread = RefCell::new(map.keys().cloned().collect());
        Self { map, unread }
    }

    /// The field, `null` included; `None` if it is absent.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.unread.borrow_mut().remove(name);
        self.map.get(name)
    }

    /// The field, `None` if it is absent or `null`.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&self, name: &str) -> &str {
        self.value(name)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no text {name} in {:?}", self.map))
    }

    pub fn hex(&self, name: &str) -> Vec<u8> {
        hex(self.text(name))
    }

    pub fn integer(&self, name: &str) -> i64 {
        self.value(name)
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("no integer {name} in {:?}", self.map))
    }

    pub fn float(&self, name: &str) -> f64 {
        self.value(name)
            .and_then(Value::as_f64)
            .unwrap_or_else(|| panic!("no number {name} in {:?}", self.map))
    }

    pub fn flag(&self, name: &str) -> bool {
        self.value(name)
            .and_then(Value::as_bool)
            .unwrap_or_else(|| panic!("no boolean {name} in {:?}", self.map))
    }

    pub fn list(&self, name: &str) -> &[Value] {
        let list = self.value(name).and_then(Value::as_array);
        list.unwrap_or_else(|| panic!("no list {name} in {:?}", self.map))
    }

    /// Compares a field, which must be there, with what the crate says.
    pub fn check(&self, name: &str, actual: impl Into<Value>) {
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
    pub fn check_if_present(&self, name: &str, actual: impl Into<Value>) -> bool {
        let present = self.map.contains_key(name);
        if present {
            self.check(name, actual);
        }
        present
    }

    /// Compares every field with that of the same name of an object, which may have more.
    pub fn check_all(&self, found: &Value) {
        for name in self.map.keys() {
            let actual = found
                .get(name)
                .unwrap_or_else(|| panic!("nobody computes {name}, but {found}"));
            self.check(name, actual.clone());
        }
    }

    /// Gives a member of what the crate says the spelling that the case has, if that is another one of `names`: the
    /// specification says what the member means, but not what it is called.
    pub fn respell(&self, found: &mut Value, names: &[&str]) {
        let Some(found) = found.as_object_mut() else {
            return;
        };
        let wanted = names.iter().find(|name| self.map.contains_key(**name));
        let ours = names.iter().find(|name| found.contains_key(**name));
        if let (Some(wanted), Some(ours)) = (wanted, ours)
            && let Some(value) = found.remove(*ours)
        {
            found.insert((*wanted).to_owned(), value);
        }
    }

    /// Compares every field, none may be missing on either side.
    pub fn check_exactly(&self, found: &Value) {
        self.check_all(found);
        for name in found.as_object().expect("an object").keys() {
            assert!(self.map.contains_key(name), "{name} is not expected: {found}");
        }
    }

    /// The field as an unsigned number of any width.
    pub fn number<T: TryFrom<i64>>(&self, name: &str) -> T {
        let number = self.integer(name);
        T::try_from(number).unwrap_or_else(|_| panic!("{name}: {number} is out of range"))
    }

    /// The operation, which a file with only one doesn't name.
    pub fn op(&self) -> &str {
        self.value("op").and_then(Value::as_str).unwrap_or_default()
    }

    /// Fails if a field was never looked at.
    pub fn assert_all_read(&self) {
        let unread = self.unread.borrow();
        assert!(unread.is_empty(), "nobody checks {unread:?}");
    }
}

/// Equality with the tolerance that the vectors allow for numbers.
pub fn same(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(a), Value::Number(b)) => {
            if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
                return a == b;
            }
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            // The vectors' values are rounded to the digits shown.
            (a - b).abs() <= (1e-4 * a.abs().max(b.abs())).max(1e-3)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

pub fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd hex {text}");
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex"))
        .collect()
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder of the vectors: `VECTORS_DIR`, or the one in the repository. A folder with several areas is narrowed
/// to this crate's.
pub fn folder() -> PathBuf {
    let root = env::var_os("VECTORS_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    );
    let own = root.join("openbeken");
    if own.is_dir() { own } else { root }
}

/// All `*.json` files below the folder, as `area/name.json`.
pub fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
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
pub type Check = fn(input: &Fields, expect: &Fields);

/// Who checks the cases of a file of this name.
pub fn check_for(name: &str) -> Option<Check> {
    Some(match name {
        "beken_image.json" => firmware::check,
        "bk_uart.json" => flash::check,
        "config.json" => config::check,
        "ddp.json" => lan::ddp,
        "dgr.json" => lan::dgr,
        "ha_discovery.json" => home_assistant::check,
        "http.json" => http::check,
        "meters.json" => meters::check,
        "mqtt.json" => mqtt::check,
        "ssdp.json" => lan::ssdp,
        "tuyamcu.json" => tuya_mcu::check,
        "wifi_log.json" => wifi::log,
        "wifi_provision.json" => provision::check,
        "wpa.json" => wifi::keys,
        _ => return None,
    })
}

/// Runs `check` on every case of a file; the panic in the end names all cases that fail.
pub fn run(root: &Path, file: &str, check: Check) -> usize {
    let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(!cases.is_empty(), "{file} has no case");
    let mut failed = Vec::new();
    for case in &cases {
        let name = case["name"].as_str().expect("a case has a name");
        let (input, expect) = (Fields::new(&case["input"]), Fields::new(&case["expect"]));
        assert!(!expect.map.is_empty(), "{file}: {name} expects nothing");
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            check(&input, &expect);
            expect.assert_all_read();
        }));
        if outcome.is_err() {
            eprintln!("{file}: {name}");
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{file}: {failed:?} failed");
    cases.len()
}
