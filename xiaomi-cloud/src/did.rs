//! Device ids: what kind of device one names.

/// What a device id says about its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DidKind {
    /// `200000011.s2`: a channel of another device.
    Split,
    /// `blt.3.…`: Bluetooth.
    Ble,
    /// `lumi.…`: Zigbee behind a gateway.
    Zigbee,
    /// `group.…`: a group of lamps.
    Group,
    /// `miwifi.…`: a router.
    Router,
    /// `proxy.…`.
    Proxy,
    /// `ir.…`: an infrared remote control.
    Infrared,
    /// Digits only: Wi-Fi devices, and many others.
    Numeric,
    /// Anything else.
    Other,
}

impl DidKind {
    /// What kind of id this is.
    ///
    /// ```
    /// use xiaomi_cloud::DidKind;
    ///
    /// assert_eq!(DidKind::of("blt.3.1abcdef"), DidKind::Ble);
    /// ```
    #[must_use]
    pub fn of(did: &str) -> Self {
        if split(did).is_some() {
            return Self::Split;
        }
        for (prefix, kind) in PREFIXES {
            if did.starts_with(prefix) {
                return *kind;
            }
        }
        if !did.is_empty() && did.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Numeric;
        }
        Self::Other
    }

    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Ble => "ble",
            Self::Zigbee => "zigbee",
            Self::Group => "group",
            Self::Router => "router",
            Self::Proxy => "proxy",
            Self::Infrared => "infrared",
            Self::Numeric => "numeric",
            Self::Other => "other",
        }
    }
}

/// The device whose channel this id is.
#[must_use]
pub fn parent_of_split(did: &str) -> Option<&str> {
    split(did)
}

/// The cloud's id of a device whose 32-bit miIO id is known.
#[must_use]
pub fn of_miio_device_id(id: u32) -> String {
    id.to_string()
}

fn split(did: &str) -> Option<&str> {
    let (parent, channel) = did.rsplit_once(".s")?;
    let digits = !channel.is_empty() && channel.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !parent.is_empty()).then_some(parent)
}

const PREFIXES: &[(&str, DidKind)] = &[
    ("blt.", DidKind::Ble),
    ("lumi.", DidKind::Zigbee),
    ("group.", DidKind::Group),
    ("miwifi.", DidKind::Router),
    ("proxy.", DidKind::Proxy),
    ("ir.", DidKind::Infrared),
];
