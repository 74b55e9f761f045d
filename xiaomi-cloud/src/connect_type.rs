//! How devices are connected: the number `pid` of their records.

/// How a device is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectType(pub i64);

impl ConnectType {
    /// Bluetooth low energy.
    pub const BLE: Self = Self(6);

    /// A short name in lower case, if the number is known.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|(_, name, ..)| *name)
    }

    /// Xiaomi's own words, if the number is known.
    #[must_use]
    pub fn description(self) -> Option<&'static str> {
        self.row().map(|(_, _, text, _)| *text)
    }

    /// Whether such devices speak miIO on the LAN.
    #[must_use]
    pub fn has_local_miio(self) -> bool {
        self.row().is_some_and(|(.., local)| *local)
    }

    fn row(self) -> Option<&'static (i64, &'static str, &'static str, bool)> {
        let index = TYPES.binary_search_by_key(&self.0, |(pid, ..)| *pid).ok()?;
        TYPES.get(index)
    }
}

/// Number, name, Xiaomi's words, miIO on the LAN; sorted by number.
#[rustfmt::skip]
const TYPES: &[(i64, &str, &str, bool)] = &[
    (0, "wifi", "WiFi", true),
    (1, "yunyi", "yunyi device", false),
    (2, "cloud", "Cloud device", false),
    (3, "zigbee", "ZigBee", false),
    (4, "websocket", "webSocket", false),
    (5, "virtual", "Virtual device", false),
    (6, "ble", "BLE", false),
    (7, "local_ap", "Local AP", false),
    (8, "wifi_ble", "WiFi+BLE", true),
    (9, "other", "Other", false),
    (10, "plugin", "Function plug-in", false),
    (11, "cellular", "Cellular network", false),
    (12, "cable", "Cable", true),
    (13, "nb_iot", "NB-IoT", false),
    (14, "third_party_cloud", "Third-party cloud access", false),
    (15, "infrared", "Infrared remote control device", false),
    (16, "ble_mesh", "BLE-Mesh", false),
    (17, "virtual_group", "Virtual device group", false),
    (18, "gateway_sub", "Gateway sub-device", false),
    (19, "secure_gateway_sub", "Security level gateway sub-device", false),
    (22, "plc", "PLC", false),
    (23, "cable_only", "Cable only", true),
    (24, "matter", "Matter", false),
    (25, "wifi_cellular", "WiFi+Cellular network", false),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        assert!(TYPES.is_sorted_by(|(a, ..), (b, ..)| a < b));
        let local: Vec<i64> = TYPES.iter().filter(|row| row.3).map(|row| row.0).collect();
        assert_eq!(local, [0, 8, 12, 23]);
    }
}
