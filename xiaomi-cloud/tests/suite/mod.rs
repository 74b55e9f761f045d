//! Reads vector files and makes sure that every expectation is checked.

mod account;
mod answers;
mod control;
mod crypto;
mod devices;
mod flow;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value};
use xiaomi_cloud::ApiError;

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

    pub fn optional_text(&self, name: &str) -> Option<&str> {
        self.value(name).map(|value| value.as_str().expect("text"))
    }

    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    pub fn integer(&self, name: &str) -> i64 {
        self.value(name)
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("no integer {name} in {:?}", self.map))
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

    /// Fails if a field was never looked at.
    pub fn assert_all_read(&self) {
        let unread = self.unread.borrow();
        assert!(unread.is_empty(), "nobody checks {unread:?}");
    }
}

/// Equality in which 1 and 1.0 are the same number.
pub fn same(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(a), Value::Number(b)) => {
            if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
                return a == b;
            }
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            a == b
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
    let own = root.join("cloud");
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
        "account_body.json" => account::body,
        "api_cookies.json" => crypto::api_cookies,
        "api_error.json" => answers::api_error,
        "beaconkey.json" => answers::beaconkey,
        "client_sign.json" => crypto::client_sign,
        "control.json" => control::check,
        "device_list.json" => devices::device_list,
        "did.json" => devices::did,
        "homes.json" => devices::homes,
        "login_flow.json" | "qr_flow.json" => flow::check,
        "map_url.json" => control::map_url,
        "merge.json" => devices::merge,
        "miot_code.json" => control::miot_code,
        "nonce.json" => crypto::nonce,
        "password_hash.json" => crypto::password_hash,
        "rc4.json" => crypto::rc4,
        "request_plain.json" => crypto::request_plain,
        "request_rc4.json" => crypto::request_rc4,
        "response.json" => answers::response,
        "server_url.json" => crypto::server_url,
        "set_cookie.json" => account::set_cookie,
        "sign_path.json" => crypto::sign_path,
        "signed_nonce.json" => crypto::signed_nonce,
        "user_data.json" => control::user_data,
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

/// The name that the vectors have for a failure of the API, with its figures.
pub fn check_api_error(error: &ApiError, expect: &Fields) {
    let (kind, code, message) = match error {
        ApiError::AuthExpired => ("auth_expired", None, None),
        ApiError::HttpStatus { status } => {
            expect.check_if_present("status", *status);
            ("http_status", None, None)
        }
        ApiError::Api { code, message } => ("api", Some(code), message.as_ref()),
        ApiError::Device { code, message } => ("device", Some(code), message.as_ref()),
        ApiError::NoMapUrl => ("no_url", None, None),
        ApiError::InsecureMapUrl => ("untrusted_url", None, None),
        ApiError::Malformed { .. } | ApiError::TooLong { .. } => ("malformed", None, None),
        other => panic!("the vectors have no name for {other}"),
    };
    if expect.has("class") {
        expect.check("class", kind);
    } else {
        expect.check("error", kind);
    }
    if let Some(code) = code {
        expect.check_if_present("code", *code);
    }
    expect.check_if_present(
        "message",
        message.map_or(Value::Null, |text| text.as_str().into()),
    );
}
