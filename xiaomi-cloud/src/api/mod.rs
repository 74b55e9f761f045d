//! What can be asked: one type for each call, with its path, its parameters, and how its answer is read.
//!
//! | call | answer |
//! |---|---|
//! | [`DeviceList`], [`DeviceListPage`], [`HomeDevices`] | [`DevicePage`] |
//! | [`Homes`], [`HomesMerged`], [`HomeRooms`], [`DeviceCount`] | [`HomePage`] |
//! | [`BeaconKey`] | [`BindKeyAnswer`] |
//! | [`Rpc`], [`PropGet`], [`PropSet`], [`Action`] | JSON, [`PropertyResults`], [`ActionResult`] |
//! | [`MapUrl`] | [`MapStep`] |
//! | [`UserDeviceData`] | [`UserDataEntry`]s |
//! | [`DeviceDatas`] | legacy properties by device |
//! | [`CheckMessages`] | nothing: is the session alive? |
//! | [`Raw`] | JSON: every other path |

mod bind_key;
mod control;
mod device_page;
mod devices;
mod homes;
mod map;
mod user_data;

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::error::ApiError;

pub use bind_key::{BeaconKey, BindKey, BindKeyAnswer, NoBindKey, ShortBindKey};
pub use control::{
    Action, ActionResult, ItemStatus, PropGet, PropSet, PropertyKey, PropertyResult, PropertyResults, Rpc,
};
pub use device_page::DevicePage;
pub use devices::{DeviceList, DeviceListPage, HomeDevices};
pub use homes::{DeviceCount, Home, HomePage, HomeRooms, Homes, HomesMerged, Room};
pub use map::{MapApi, MapName, MapStep, MapUrl};
pub use user_data::{DataKind, DeviceDatas, UserDataEntry, UserDeviceData};

/// A call of the API.
pub trait Call {
    /// What its answer is read as.
    type Output;

    /// The path below the region's base URL, from its slash on.
    fn path(&self) -> Cow<'_, str>;

    /// The parameters.
    fn data(&self) -> Value;

    /// Reads the answer.
    ///
    /// # Errors
    ///
    /// [`ApiError::Malformed`] where it doesn't fit.
    fn read(&self, answer: &Answer) -> Result<Self::Output, ApiError>;

    /// How long to wait for the answer.
    fn timeout(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// Whether asking twice does no harm, so that it may be sent again when an answer got lost.
    fn is_repeatable(&self) -> bool {
        true
    }
}

/// Asks for nothing of interest: the cheapest way to see whether the session is alive.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckMessages {
    /// Messages after this time, in seconds since 1970.
    pub begin_at: u64,
}

impl Call for CheckMessages {
    type Output = ();

    fn path(&self) -> Cow<'_, str> {
        "/v2/message/v2/check_new_msg".into()
    }

    fn data(&self) -> Value {
        json!({"begin_at": self.begin_at})
    }

    fn read(&self, answer: &Answer) -> Result<(), ApiError> {
        answer.required().map(drop)
    }
}

/// Any other call.
#[derive(Clone, Debug)]
pub struct Raw {
    /// The path below the base URL, from its slash on.
    pub path: String,
    /// The parameters.
    pub data: Value,
    /// Whether asking twice does no harm.
    pub repeatable: bool,
}

impl Call for Raw {
    type Output = Value;

    fn path(&self) -> Cow<'_, str> {
        self.path.as_str().into()
    }

    fn data(&self) -> Value {
        self.data.clone()
    }

    fn read(&self, answer: &Answer) -> Result<Value, ApiError> {
        answer.read()
    }

    fn is_repeatable(&self) -> bool {
        self.repeatable
    }
}

/// Whether a list goes on: a cursor that isn't empty and isn't the one that was just asked for.
fn next_cursor(has_more: bool, cursor: Option<String>, asked: &str) -> Option<String> {
    cursor.filter(|cursor| has_more && !cursor.is_empty() && cursor != asked)
}
