//! Lists of devices.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Call, DevicePage};
use crate::answer::Answer;
use crate::error::ApiError;
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

/// A wrong type is answered by -8: ids of homes and owners are integers here.
fn number(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

const LIST_TIMEOUT: Duration = Duration::from_secs(60);
