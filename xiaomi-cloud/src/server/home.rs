//! What a region of the fake cloud has: homes, devices, keys, properties.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A region's devices and homes.
#[derive(Clone, Debug, Default)]
pub struct FakeRegion {
    pub(super) devices: Vec<Value>,
    pub(super) homes: Vec<FakeHome>,
    pub(super) keys: BTreeMap<String, Value>,
    pub(super) properties: BTreeMap<(String, u32, u32), Value>,
    pub(super) results: BTreeMap<(String, String), Value>,
    pub(super) history: BTreeMap<(String, String), Vec<Value>>,
}

/// A home.
#[derive(Clone, Debug, Default)]
pub struct FakeHome {
    /// Its id, numeric.
    pub id: u64,
    /// The account whose home it is.
    pub owner: u64,
    /// Its name.
    pub name: String,
    /// Whether another account shares it.
    pub shared: bool,
    /// Rooms, with the devices in them.
    pub rooms: Vec<(String, Vec<String>)>,
    /// Devices in no room.
    pub dids: Vec<String>,
    /// Its devices are only in the list of this home, not in the account's own.
    pub hidden: bool,
}

impl FakeHome {
    pub(super) fn has(&self, did: &str) -> bool {
        self.dids
            .iter()
            .chain(self.rooms.iter().flat_map(|(_, dids)| dids))
            .any(|other| other == did)
    }

    pub(super) fn record(&self) -> Value {
        let rooms: Vec<Value> = self
            .rooms
            .iter()
            .enumerate()
            .map(|(index, (name, dids))| json!({"id": format!("{}{index:03}", self.id), "name": name, "dids": dids}))
            .collect();
        json!({
            "id": self.id.to_string(), "name": self.name, "uid": self.owner, "dids": self.dids, "roomlist": rooms,
            "shareflag": u8::from(self.shared), "city_id": 0, "longitude": 0.0, "latitude": 0.0, "address": "",
        })
    }
}

impl FakeRegion {
    /// Adds a device, as the record that lists show; it must have a `did`.
    pub fn add_device(&mut self, record: Value) -> &mut Self {
        self.devices.push(record);
        self
    }

    /// Adds a Wi-Fi device with the usual fields.
    pub fn add_wifi(&mut self, did: &str, name: &str, model: &str, token: &str, address: &str) -> &mut Self {
        let number = did
            .bytes()
            .fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let [a, b, c, d] = number.to_be_bytes();
        self.add_device(json!({
            "did": did, "token": token, "longitude": "0.0", "latitude": "0.0", "name": name, "pid": "0",
            "localip": address, "mac": format!("5C:E5:{a:02X}:{b:02X}:{c:02X}:{d:02X}"), "ssid": "HomeNet",
            "bssid": "AA:BB:CC:FF:00:01", "parent_id": "", "parent_model": "", "show_mode": 1, "model": model,
            "adminFlag": 1, "shareFlag": 0, "permitLevel": 16, "isOnline": true, "desc": "Device online ",
            "extra": {"isSetPincode": 0, "pincodeType": 0, "fw_version": "2.0.6_0010", "needVerifyCode": 0,
                "isPasswordEncrypt": 0},
            "uid": 1_000_000_001, "pd_id": 211, "password": "", "p2p_id": "", "rssi": -55, "family_id": 0,
            "reset_flag": 0,
        }))
    }

    /// Adds a Bluetooth device with the usual fields; `key` is what the cloud says for its bind key.
    pub fn add_ble(&mut self, did: &str, name: &str, model: &str, mac: &str, key: Option<&str>) -> &mut Self {
        self.keys.insert(did.into(), key.map_or(Value::Null, Into::into));
        self.add_device(json!({
            "did": did, "token": "00112233445566778899AABB", "name": name, "pid": "6", "localip": "", "mac": mac,
            "ssid": "", "bssid": "", "parent_id": "", "parent_model": "", "model": model, "isOnline": false,
            "desc": "", "extra": {"isSetPincode": 0, "fw_version": "1.0.0_0106"}, "prop": {"4109": "e9007601"},
            "uid": 1_000_000_001, "pd_id": 1371, "rssi": 0,
        }))
    }

    /// Adds a home.
    pub fn add_home(&mut self, home: FakeHome) -> &mut Self {
        self.homes.push(home);
        self
    }

    /// Gives a device a MIoT property.
    pub fn set_property(&mut self, did: &str, siid: u32, piid: u32, value: impl Into<Value>) -> &mut Self {
        self.properties.insert((did.into(), siid, piid), value.into());
        self
    }

    /// A MIoT property as it is now.
    #[must_use]
    pub fn property(&self, did: &str, siid: u32, piid: u32) -> Option<&Value> {
        self.properties.get(&(did.into(), siid, piid))
    }

    /// What a miIO method of a device returns.
    pub fn set_result(&mut self, did: &str, method: &str, result: impl Into<Value>) -> &mut Self {
        self.results.insert((did.into(), method.into()), result.into());
        self
    }

    /// What a device has reported under a key, newest first.
    pub fn set_history(&mut self, did: &str, key: &str, entries: Vec<Value>) -> &mut Self {
        self.history.insert((did.into(), key.into()), entries);
        self
    }
}
