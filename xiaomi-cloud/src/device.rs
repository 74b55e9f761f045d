//! Device records: what the cloud knows about a device, its token above all.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use macaddr::MacAddr6;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::answer::Key;
use crate::connect_type::ConnectType;
use crate::did::{self, DidKind};
use crate::records::{Record, Records};
use crate::region::Region;

/// A device of the account. `Debug` shows neither token nor place.
#[derive(Clone)]
pub struct Device {
    /// The cloud's id.
    pub did: String,
    /// The name that its owner gave it.
    pub name: Option<String>,
    /// The model, as `yeelink.light.lamp4`.
    pub model: Option<String>,
    /// The token; sub-devices have none.
    pub token: Option<DeviceToken>,
    /// Its MAC address, of Wi-Fi or Bluetooth.
    pub mac: Option<MacAddr6>,
    /// Where it was last seen on the LAN. Devices on mobile networks may have a public address here.
    pub local_ip: Option<String>,
    /// Name of its Wi-Fi.
    pub ssid: Option<String>,
    /// Access point of its Wi-Fi.
    pub bssid: Option<MacAddr6>,
    /// Whether the cloud reaches it; often `false` for Bluetooth. `None` where the record doesn't say.
    pub online: Option<bool>,
    /// How it is connected.
    pub connect_type: Option<ConnectType>,
    /// The gateway of a sub-device, or the device whose channel this is.
    pub parent_did: Option<String>,
    /// The owner's account.
    pub uid: Option<String>,
    /// Its firmware.
    pub fw_version: Option<String>,
    /// Strength of its Wi-Fi in dBm; 0 is unknown.
    pub rssi: Option<i64>,
    /// Its product id: for Bluetooth, what advertisements carry as device type.
    pub product_id: Option<i64>,
    /// The URN of its MIoT specification.
    pub spec_type: Option<String>,
    /// Whether somebody else shares it with the account.
    pub shared: bool,
    /// The server that it was listed by.
    pub region: Region,
    /// The home and the room, where the listing knows them.
    pub home: Option<String>,
    /// The room's name.
    pub room: Option<String>,
    record: Record,
}

impl Device {
    /// What kind of id it has.
    #[must_use]
    pub fn did_kind(&self) -> DidKind {
        DidKind::of(&self.did)
    }

    /// Whether its advertisements are read with a bind key: Bluetooth, by id or by connection. Locks have ids without
    /// `blt.`.
    #[must_use]
    pub fn needs_bind_key(&self) -> bool {
        self.did_kind() == DidKind::Ble || self.connect_type == Some(ConnectType::BLE)
    }

    /// Whether it can be spoken to on the LAN: a token of 16 bytes, an address, and a connection that has miIO.
    #[must_use]
    pub fn has_local_control(&self) -> bool {
        matches!(self.token, Some(DeviceToken::Wifi(_)))
            && self.local_ip.is_some()
            && self.connect_type.is_some_and(ConnectType::has_local_miio)
    }

    /// Any field of the record, known to this crate or not.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Value> {
        let fields: serde_json::Map<String, Value> = serde_json::from_str(self.expose()).ok()?;
        fields.get(name).cloned()
    }

    /// The whole record as JSON, with token and place. It is a piece of the answer that it came in, which all devices of
    /// that answer share.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.record.text()
    }

    /// Reads one record; `None` without an id.
    ///
    /// ```
    /// use xiaomi_cloud::{Device, Region};
    ///
    /// let lamp = Device::from_json(r#"{"did":"200000001","pid":"0","name":"Lamp"}"#, Region::Germany).unwrap();
    /// assert_eq!(lamp.name.as_deref(), Some("Lamp"));
    /// ```
    #[must_use]
    pub fn from_json(record: &str, region: Region) -> Option<Self> {
        let fields: Fields<'_> = serde_json::from_str(record).ok()?;
        let records = Arc::new(Records::one(record.to_owned()));
        Self::from_fields(&fields, region, || Record::new(&records, 0))
    }

    /// Its record is asked for only where there is an id.
    pub(crate) fn from_fields(
        fields: &Fields<'_>,
        region: Region,
        record: impl FnOnce() -> Record,
    ) -> Option<Self> {
        let did = fields
            .text(Field::Did)
            .filter(|did| !did.is_empty())?
            .into_owned();
        let filled = |field| {
            fields
                .text(field)
                .filter(|text| !text.is_empty())
                .map(Cow::into_owned)
        };
        let integer = |field| fields.text(field)?.trim().parse::<i64>().ok();
        let parent_did = filled(Field::ParentId).or_else(|| did::parent_of_split(&did).map(Into::into));
        let shared = fields
            .get(Field::Owner)
            .is_some_and(|owner| owner.starts_with('{'))
            || integer(Field::ShareFlag) == Some(1);
        Some(Self {
            name: filled(Field::Name),
            model: filled(Field::Model),
            token: fields
                .text(Field::Token)
                .and_then(|token| DeviceToken::parse(&token)),
            mac: fields.text(Field::Mac).and_then(|mac| parse_mac(&mac)),
            local_ip: filled(Field::LocalIp),
            ssid: filled(Field::Ssid),
            bssid: fields.text(Field::Bssid).and_then(|mac| parse_mac(&mac)),
            online: match fields.get(Field::Online) {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
            connect_type: integer(Field::Pid).map(ConnectType),
            parent_did,
            uid: filled(Field::Uid),
            fw_version: fields.get(Field::Extra).and_then(firmware),
            rssi: integer(Field::Rssi),
            product_id: integer(Field::ProductId),
            spec_type: filled(Field::SpecType),
            shared,
            region,
            home: None,
            room: None,
            record: record(),
            did,
        })
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("did", &self.did)
            .field("name", &self.name)
            .field("model", &self.model)
            .field("token", &self.token)
            .field("region", &self.region)
            .field("online", &self.online)
            .finish_non_exhaustive()
    }
}

/// A device's token. It never prints, compares in constant time, and is overwritten when dropped.
#[derive(Clone)]
pub enum DeviceToken {
    /// 16 bytes: the key of miIO on the LAN.
    Wifi([u8; 16]),
    /// 12 bytes: what logs in to a Bluetooth device. It is not the bind key.
    Ble([u8; 12]),
    /// Another length.
    Other(Vec<u8>),
}

impl DeviceToken {
    /// From hex digits; `None` for text that is no bytes.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        let mut buffer = Zeroizing::new([0; 16]);
        match hex.len() {
            0 => None,
            32 => {
                base16ct::mixed::decode(hex, &mut *buffer).ok()?;
                Some(Self::Wifi(*buffer))
            }
            24 => {
                let mut token = [0; 12];
                base16ct::mixed::decode(hex, &mut token).ok()?;
                Some(Self::Ble(token))
            }
            length if length <= 1024 => base16ct::mixed::decode_vec(hex).ok().map(Self::Other),
            _ => None,
        }
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        match self {
            Self::Wifi(bytes) => bytes,
            Self::Ble(bytes) => bytes,
            Self::Other(bytes) => bytes,
        }
    }

    /// As lower-case hex digits.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(base16ct::lower::encode_string(self.expose()))
    }

    /// Whether it can be a key: 16 or 12 bytes, not all 0 and not all 0xFF.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !matches!(self, Self::Other(_)) && !is_placeholder(self.expose())
    }
}

impl Drop for DeviceToken {
    fn drop(&mut self) {
        match self {
            Self::Wifi(bytes) => bytes.zeroize(),
            Self::Ble(bytes) => bytes.zeroize(),
            Self::Other(bytes) => bytes.zeroize(),
        }
    }
}

impl ZeroizeOnDrop for DeviceToken {}

impl PartialEq for DeviceToken {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for DeviceToken {}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceToken(.. {} bytes)", self.expose().len())
    }
}

/// All 0 or all 0xFF stands for "none".
pub(crate) fn is_placeholder(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0) || bytes.iter().all(|&byte| byte == 0xff)
}

/// A MAC address with any separators, or none.
pub(crate) fn parse_mac(text: &str) -> Option<MacAddr6> {
    let mut digits = [0; 12];
    let mut length = 0;
    for byte in text.bytes().filter(|byte| !b":-.".contains(byte)) {
        *digits.get_mut(length)? = byte;
        length += 1;
    }
    let mut bytes = [0; 6];
    (length == 12).then_some(())?;
    base16ct::mixed::decode(digits, &mut bytes).ok()?;
    Some(MacAddr6::from(bytes))
}

fn firmware(extra: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Extra<'a> {
        #[serde(borrow)]
        fw_version: Option<&'a RawValue>,
    }
    if !extra.starts_with('{') {
        return None;
    }
    let version = serde_json::from_str::<Extra<'_>>(extra).ok()?.fw_version?;
    text_of(version.get())
        .filter(|text| !text.is_empty())
        .map(Cow::into_owned)
}

/// The fields of a record that this crate knows, in the order of their slots.
#[derive(Clone, Copy)]
enum Field {
    Did,
    Name,
    Model,
    Token,
    Mac,
    LocalIp,
    Ssid,
    Bssid,
    Online,
    Pid,
    ParentId,
    Uid,
    Extra,
    Rssi,
    ProductId,
    SpecType,
    Owner,
    ShareFlag,
}

const FIELDS: usize = 18;

impl Field {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "did" => Self::Did,
            "name" => Self::Name,
            "model" => Self::Model,
            "token" => Self::Token,
            "mac" => Self::Mac,
            "localip" | "local_ip" => Self::LocalIp,
            "ssid" => Self::Ssid,
            "bssid" => Self::Bssid,
            "isOnline" => Self::Online,
            "pid" => Self::Pid,
            "parent_id" => Self::ParentId,
            "uid" => Self::Uid,
            "extra" => Self::Extra,
            "rssi" => Self::Rssi,
            "pd_id" => Self::ProductId,
            "spec_type" => Self::SpecType,
            "owner" => Self::Owner,
            "shareFlag" => Self::ShareFlag,
            _ => return None,
        })
    }
}

/// A record's fields as pieces of its text. Types vary between endpoints (a `pid` is a number or a string of one), so
/// they are looked at only where they are used.
pub(crate) struct Fields<'a>([Option<&'a RawValue>; FIELDS]);

impl<'a> Fields<'a> {
    fn get(&self, field: Field) -> Option<&'a str> {
        self.0.get(field as usize).copied().flatten().map(RawValue::get)
    }

    /// A string's content or a number's digits.
    fn text(&self, field: Field) -> Option<Cow<'a, str>> {
        text_of(self.get(field)?)
    }
}

fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes() {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => raw.get(1..raw.len() - 1).map(Cow::Borrowed),
        [b'"', ..] => serde_json::from_str(raw).ok().map(Cow::Owned),
        [b'-' | b'0'..=b'9', ..] => Some(Cow::Borrowed(raw)),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Record;
        impl<'de> Visitor<'de> for Record {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a device")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Fields([None; FIELDS]);
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    let value: &RawValue = map.next_value()?;
                    if let Some(field) = Field::of(&key.0)
                        && let Some(slot) = fields.0.get_mut(field as usize)
                    {
                        *slot = Some(value);
                    }
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unknown_fields_stay_accessible_and_nothing_private_shows() {
        let record = r#"{"did":"1","token":"00112233445566778899aabbccddeeff","longitude":"12.3","new":[1]}"#;
        let device = Device::from_json(record, Region::China).unwrap();
        assert_eq!(device.field("new"), Some(serde_json::json!([1])));
        let shown = format!("{device:?}");
        assert!(!shown.contains("00112233") && !shown.contains("12.3"), "{shown}");
    }

    #[test]
    fn a_token_that_is_no_bytes_is_none() {
        for text in ["", "x", "abc", "zz", &"0".repeat(4096)] {
            assert_eq!(DeviceToken::parse(text), None);
        }
        assert_eq!(DeviceToken::parse("AbCd").unwrap().to_hex().as_str(), "abcd");
        assert!(!DeviceToken::parse(&"fF".repeat(16)).unwrap().is_usable());
    }

    proptest! {
        #[test]
        fn any_record_parses_or_is_skipped(text in "\\{(\"(did|mac|pid|extra|token)\":(\"\\PC{0,5}\"|[0-9]{1,20}|null|\\[\\]|\\{\\}),?){0,4}\\}") {
            if let Some(device) = Device::from_json(&text, Region::India) {
                prop_assert!(!device.did.is_empty());
            }
        }

        #[test]
        fn a_mac_reads_back_whatever_separates_it(bytes: [u8; 6], separator in "[-:.]?") {
            let text: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            prop_assert_eq!(parse_mac(&text.join(&separator)), Some(MacAddr6::from(bytes)));
        }
    }
}
