//! Tokens from the places where the Mi Home app left them.
//!
//! | source | function |
//! |---|---|
//! | log of Mi Home 5.4.49 and 5.4.54 for Android | [`android_log`] |
//! | table `devicerecord` of Android's `miio2.db` | [`android_row`] |
//! | table `ZDEVICE` of iOS's `_mihome.sqlite` | [`ios_row`] |
//! | the reply to a hello of an unbound device | [`HelloReply::token`](crate::HelloReply) |
//! | one text, whatever its form | [`Token::from_text`] |
//!
//! This crate takes rows; reading the SQLite files is the program's work.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use crate::{Token, TokenError};

/// A device as the app lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDevice {
    /// Its id; a text such as `lumi.158d00..` for a child of a gateway.
    pub did: String,
    /// Its token. Bluetooth devices and children of gateways have none for miIO.
    pub token: Option<Token>,
    /// The name that its owner gave it.
    pub name: String,
    /// Its address, if it has one.
    pub address: Option<String>,
    /// `AA:BB:CC:DD:EE:FF`.
    pub mac: String,
    /// `vendor.category.name`.
    pub model: String,
}

/// The columns that [`android_row`] and [`ios_row`] take, as the databases have them.
#[derive(Clone, Copy, Default)]
pub struct Row<'a> {
    /// `did`, `ZDID`.
    pub did: &'a str,
    /// `token`, `ZTOKEN`.
    pub token: &'a str,
    /// `name`, `ZNAME`.
    pub name: &'a str,
    /// `localIP`, `ZLOCALIP`.
    pub address: &'a str,
    /// `mac`, `ZMAC`.
    pub mac: &'a str,
    /// `model`, `ZMODEL`.
    pub model: &'a str,
}

impl core::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Row")
            .field("did", &self.did)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// The devices of a Mi Home log. Each line with a device list counts; a later entry of a device replaces an
/// earlier one, in its place. Lines that are cut, and entries that are no devices, are skipped.
///
/// ```
/// let line = r#"SmartHome 1:[DEBUG]-01-22 09:02:32.187 processResult in result={"code":0,"result":{"list":[
///     {"did":"1","token":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","name":"Lamp {1}","model":"a.b.c","mac":"AA"}]}}"#;
/// let devices = miio_proto::tokens::android_log(&line.replace('\n', ""));
/// assert_eq!(devices[0].name, "Lamp {1}");
/// assert!(devices[0].token.is_some());
/// ```
#[must_use]
pub fn android_log(log: &str) -> Vec<ListedDevice> {
    let mut devices: Vec<ListedDevice> = Vec::new();
    for line in log.lines() {
        let Some((_, json)) = line.split_once("processResult in result=") else {
            continue;
        };
        // One value, whatever follows it on the line.
        let mut values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
        let Some(Ok(answer)) = values.next() else { continue };
        let list = answer
            .get("result")
            .and_then(|result| result.get("list"))
            .and_then(Value::as_array);
        for device in list.into_iter().flatten().filter_map(listed) {
            match devices.iter_mut().find(|known| known.did == device.did) {
                Some(known) => *known = device,
                None => devices.push(device),
            }
        }
    }
    devices
}

fn listed(entry: &Value) -> Option<ListedDevice> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let did = match entry.get("did")? {
        Value::String(did) => did.clone(),
        Value::Number(did) => did.to_string(),
        _ => return None,
    };
    let token = text("token");
    Some(ListedDevice {
        did,
        token: (token.len() == 32).then(|| token.parse().ok()).flatten(),
        name: text("name").into(),
        address: Some(text("localip"))
            .filter(|text| !text.is_empty())
            .map(Into::into),
        mac: text("mac").into(),
        model: text("model").into(),
    })
}

/// A device of `miio2.db`; `None` for a row without token.
///
/// # Errors
///
/// A token that isn't 32 hex digits.
pub fn android_row(row: &Row<'_>) -> Result<Option<ListedDevice>, TokenError> {
    from_row(row)
}

/// A device of `_mihome.sqlite`, whose token may be encrypted (96 digits); `None` for a row without token.
///
/// # Errors
///
/// A token that is neither 32 hex digits nor decrypts to them.
pub fn ios_row(row: &Row<'_>) -> Result<Option<ListedDevice>, TokenError> {
    from_row(row)
}

fn from_row(row: &Row<'_>) -> Result<Option<ListedDevice>, TokenError> {
    if row.token.trim().is_empty() {
        return Ok(None);
    }
    Ok(Some(ListedDevice {
        did: row.did.into(),
        token: Some(row.token.parse()?),
        name: row.name.into(),
        address: Some(row.address).filter(|text| !text.is_empty()).map(Into::into),
        mac: row.mac.into(),
        model: row.model.into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_newest_entry_of_a_device_counts_in_its_old_place() {
        let entry = |did: &str, token: &str| {
            alloc::format!(r#"{{"did":"{did}","token":"{token}","name":"n","model":"m","mac":"x"}}"#)
        };
        let line = |entries: &[String]| {
            alloc::format!(
                r#"processResult in result={{"result":{{"list":[{}]}}}} tail"#,
                entries.join(",")
            )
        };
        let (old, new) = (
            "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "ac844cbbbcab08769b3f19d0b7992b5d",
        );
        let log = [
            line(&[entry("1", old), entry("2", old)]),
            line(&[entry("1", new)]),
        ]
        .join("\n");
        let devices = android_log(&log);
        assert_eq!(
            devices
                .iter()
                .map(|device| device.did.as_str())
                .collect::<Vec<_>>(),
            ["1", "2"]
        );
        assert_eq!(devices[0].token, Some(new.parse().unwrap()));
    }

    #[test]
    fn rows_without_token_are_skipped_and_broken_ones_told() {
        let row = Row {
            did: "1",
            ..Row::default()
        };
        assert_eq!(android_row(&row), Ok(None));
        assert_eq!(
            ios_row(&Row { token: "abc", ..row }),
            Err(TokenError::Length { found: 3 })
        );
    }

    proptest! {
        #[test]
        fn any_log_parses_without_a_panic(log in "(processResult in result=)?[ -~\n]{0,200}") {
            let _ = android_log(&log);
        }
    }
}
