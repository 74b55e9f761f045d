//! The answer to `miIO.info`: model, firmware, network. Every field may be missing.
//!
//! ```
//! use miio_proto::info::DeviceDescription;
//! use serde_json::json;
//!
//! let result = json!({"model": "philips.light.bulb", "fw_ver": "1.4.1", "ap": {"rssi": "-52"}, "life": 62848});
//! let info = DeviceDescription::from_json(&result);
//! assert_eq!(info.model.as_deref(), Some("philips.light.bulb"));
//! assert_eq!(info.access_point.rssi_dbm, Some(-52));
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::Ipv4Addr;

use serde_json::Value;

use crate::rpc::integer;
use crate::{Request, Token};

/// What a device says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DeviceDescription {
    /// `vendor.category.name`.
    pub model: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// The chip: "ESP8266", "MW300", "Linux".
    pub hardware: Option<String>,
    /// Firmware version of the Wi-Fi module.
    pub wifi_firmware: Option<String>,
    /// Firmware version of the microcontroller.
    pub mcu_firmware: Option<String>,
    /// The miIO library's version.
    pub miio_version: Option<String>,
    /// `AA:BB:CC:DD:EE:FF`.
    pub mac: Option<String>,
    /// The current token, if the device tells it.
    pub token: Option<Token>,
    /// Seconds since it started.
    pub uptime_s: Option<i64>,
    /// Free memory in bytes.
    pub free_memory: Option<i64>,
    /// The account that owns it; `None` without one.
    pub user_id: Option<i64>,
    /// How it reaches the cloud: "otu" by UDP, "ott" by TCP.
    pub cloud_link: Option<String>,
    /// The Wi-Fi network.
    pub access_point: AccessPoint,
    /// Its addresses.
    pub network: Network,
}

/// The Wi-Fi network that a device is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessPoint {
    /// The network's name; U+FFFD stands for bytes that aren't UTF-8.
    pub ssid: Option<String>,
    /// The access point's address.
    pub bssid: Option<String>,
    /// Signal strength in dBm.
    pub rssi_dbm: Option<i64>,
    /// Frequency in MHz.
    pub frequency_mhz: Option<i64>,
    /// Channel.
    pub channel: Option<i64>,
}

/// The addresses of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Network {
    /// Its own.
    pub local: Option<Ipv4Addr>,
    /// The netmask.
    pub mask: Option<Ipv4Addr>,
    /// The gateway.
    pub gateway: Option<Ipv4Addr>,
}

impl DeviceDescription {
    /// The request for it.
    #[must_use]
    pub fn request() -> Request {
        Request::new("miIO.info", Value::Null)
    }

    /// Reads the result. What has another type than expected is left out; an empty answer (a gateway without
    /// internet) gives an empty description.
    #[must_use]
    pub fn from_json(result: &Value) -> Self {
        let text = |key: &str| text(result, key);
        let ap = result.get("ap").unwrap_or(&Value::Null);
        let netif = result.get("netif").unwrap_or(&Value::Null);
        let number = |value: &Value, key: &str| value.get(key).and_then(integer);
        let address = |key: &str| self::text(netif, key).and_then(|text| text.parse().ok());
        Self {
            model: text("model"),
            firmware: text("fw_ver"),
            hardware: text("hw_ver"),
            wifi_firmware: text("wifi_fw_ver"),
            mcu_firmware: text("mcu_fw_ver"),
            miio_version: text("miio_ver"),
            mac: text("mac"),
            token: text("token").and_then(|text| text.parse().ok()),
            uptime_s: number(result, "life"),
            free_memory: number(result, "mmfree"),
            user_id: number(result, "uid").filter(|&uid| uid != i64::from(u32::MAX) && uid != 0),
            cloud_link: text("ot"),
            access_point: AccessPoint {
                ssid: self::text(ap, "ssid"),
                bssid: self::text(ap, "bssid"),
                rssi_dbm: number(ap, "rssi").or_else(|| number(ap, "wifi_rssi")),
                frequency_mhz: number(ap, "freq"),
                channel: number(ap, "primary"),
            },
            network: Network {
                local: address("localIp"),
                mask: address("mask"),
                gateway: address("gw"),
            },
        }
    }
}

impl Network {
    /// Whether an address is in the device's own network; `None` if the device didn't tell address and mask.
    ///
    /// Some firmwares answer only their own network: a hello, or nothing at all.
    #[must_use]
    pub fn contains(&self, address: Ipv4Addr) -> Option<bool> {
        let (local, mask) = (self.local?, self.mask?);
        Some(local & mask == address & mask)
    }
}

/// A copy of an answer that may be logged or reported: without token, network, MAC and account.
#[must_use]
pub fn redacted(result: &Value) -> Value {
    match result {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !PRIVATE.contains(&key.as_str()));
            kept.map(|(key, value)| (key.clone(), redacted(value))).collect()
        }
        Value::Array(list) => list.iter().map(redacted).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What never belongs into a report.
const PRIVATE: [&str; 4] = ["token", "ap", "mac", "uid"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_names_neither_token_nor_network() {
        let result = json!({"model": "a.b.c", "token": "00", "ap": {"ssid": "home"}, "mac": "AA", "uid": 5,
            "inner": [{"token": "11", "x": 1}]});
        assert_eq!(redacted(&result), json!({"model": "a.b.c", "inner": [{"x": 1}]}));
    }

    #[test]
    fn a_host_in_another_network_is_recognised() {
        let result =
            json!({"netif": {"localIp": "192.168.8.20", "mask": "255.255.255.0", "gw": "192.168.8.1"}});
        let network = DeviceDescription::from_json(&result).network;
        assert_eq!(network.contains(Ipv4Addr::new(192, 168, 8, 7)), Some(true));
        assert_eq!(network.contains(Ipv4Addr::new(192, 168, 9, 7)), Some(false));
        assert_eq!(
            DeviceDescription::from_json(&Value::Null)
                .network
                .contains(Ipv4Addr::LOCALHOST),
            None
        );
    }

    #[test]
    fn a_withheld_token_is_none() {
        let info = DeviceDescription::from_json(&json!({"token": "ff".repeat(16), "uid": 4_294_967_295_u32}));
        assert_eq!((info.token, info.user_id), (None, None));
    }
}
