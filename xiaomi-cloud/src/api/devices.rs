//! Lists of devices.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, from_str, json};

use super::{Call, next_cursor};
use crate::answer::{Answer, Key};
use crate::device::Device;
use crate::error::ApiError;
use crate::json;
use crate::region::Region;

/// All devices of the account on one server, at once. May miss those of other people's homes.
#[derive(Clone, Copy, Debug)]
pub struct DeviceList {
    /// The server that is asked; it gets into the records.
    pub region: Region,
}

impl Call for DeviceList {
    type Output = DevicePage;

    fn path(&self) -> Cow<'_, str> {
        "/home/device_list".into()
    }

    fn data(&self) -> Value {
        json!({
            "getVirtualModel": true, "getHuamiDevices": 1, "get_split_device": true, "support_smart_home": true,
        })
    }

    fn read(&self, answer: &Answer) -> Result<DevicePage, ApiError> {
        DevicePage::read(answer, self.region, "")
    }

    fn timeout(&self) -> Duration {
        LIST_TIMEOUT
    }
}

/// The same, a page at a time, with devices that others share.
#[derive(Clone, Debug)]
pub struct DeviceListPage {
    /// The server that is asked.
    pub region: Region,
    /// Where to go on: empty, or [`DevicePage::next`].
    pub start_did: String,
}

impl Call for DeviceListPage {
    type Output = DevicePage;

    fn path(&self) -> Cow<'_, str> {
        "/v2/home/device_list_page".into()
    }

    fn data(&self) -> Value {
        json!({
            "getVirtualModel": true, "getHuamiDevices": 1, "get_split_device": true, "support_smart_home": true,
            "limit": 200, "start_did": self.start_did,
        })
    }

    fn read(&self, answer: &Answer) -> Result<DevicePage, ApiError> {
        DevicePage::read(answer, self.region, &self.start_did)
    }

    fn timeout(&self) -> Duration {
        LIST_TIMEOUT
    }
}

/// The devices of one home, a page at a time.
#[derive(Clone, Debug)]
pub struct HomeDevices {
    /// The server that is asked.
    pub region: Region,
    /// The home.
    pub home_id: String,
    /// The account whose home it is.
    pub owner: String,
    /// Where to go on: empty, or [`DevicePage::next`].
    pub start_did: String,
}

impl Call for HomeDevices {
    type Output = DevicePage;

    fn path(&self) -> Cow<'_, str> {
        "/v2/home/home_device_list".into()
    }

    fn data(&self) -> Value {
        json!({
            "home_owner": number(&self.owner), "home_id": number(&self.home_id), "limit": 200,
            "start_did": self.start_did, "get_split_device": true, "support_smart_home": true,
        })
    }

    fn read(&self, answer: &Answer) -> Result<DevicePage, ApiError> {
        DevicePage::read(answer, self.region, &self.start_did)
    }

    fn timeout(&self) -> Duration {
        LIST_TIMEOUT
    }
}

/// Some devices, and where the rest goes on.
#[derive(Clone, Debug, Default)]
pub struct DevicePage {
    /// The devices.
    pub devices: Vec<Device>,
    /// Entries that weren't objects or had no id.
    pub skipped: usize,
    /// Where the next page starts; `None` at the end.
    pub next: Option<String>,
}

impl DevicePage {
    fn read(answer: &Answer, region: Region, asked: &str) -> Result<Self, ApiError> {
        let result = answer.required()?;
        if !result.starts_with('{') {
            return Err(answer.malformed("the list of devices isn't an object"));
        }
        // Of two equal keys the last wins.
        let fields: BTreeMap<Key<'_>, &RawValue> =
            from_str(result).map_err(|_| answer.malformed("the list of devices is broken"))?;
        let field = |name: &'static str| fields.get(&Key(name.into())).copied();
        let records = field("device_info")
            .or(field("list"))
            .map_or("null", RawValue::get);
        let mut page = Self::default();
        let records: Option<Vec<&RawValue>> =
            from_str(records).map_err(|_| answer.malformed("the devices aren't a list"))?;
        let records = records.unwrap_or_default();
        page.devices.reserve(records.len());
        for record in records {
            match Device::from_json(record.get(), region) {
                Some(device) => page.devices.push(device),
                None => page.skipped += 1,
            }
        }
        let has_more = field("has_more").is_some_and(|flag| flag.get() == "true");
        let cursor = field("max_did")
            .or(field("next_start_did"))
            .and_then(json::text_of);
        page.next = next_cursor(has_more, cursor, asked);
        Ok(page)
    }
}

/// A wrong type is answered by -8: ids of homes and owners are integers here.
fn number(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

const LIST_TIMEOUT: Duration = Duration::from_secs(60);
