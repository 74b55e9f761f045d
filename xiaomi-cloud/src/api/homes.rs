//! Homes and rooms.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{Call, next_cursor};
use crate::answer::Answer;
use crate::error::ApiError;
use crate::json;

/// A home, own or shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// Its id.
    pub id: String,
    /// The account whose home it is.
    pub owner: String,
    /// Its name.
    pub name: Option<String>,
    /// Whether somebody else shares it.
    pub shared: bool,
    /// Devices that are in no room.
    pub dids: Vec<String>,
    /// Its rooms.
    pub rooms: Vec<Room>,
}

/// A room of a home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The devices in it.
    pub dids: Vec<String>,
}

/// Some homes, own ones first, and where the rest goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HomePage {
    /// The homes.
    pub homes: Vec<Home>,
    /// Where [`HomeRooms`] goes on; `None` at the end.
    pub next: Option<String>,
}

/// Own and shared homes with their rooms.
#[derive(Clone, Debug)]
pub struct Homes {
    /// The account; homes without an owner are its own.
    pub user_id: String,
}

/// The same in one list, as newer apps ask for it.
#[derive(Clone, Debug)]
pub struct HomesMerged {
    /// The account.
    pub user_id: String,
}

/// Further device ids of homes.
#[derive(Clone, Debug)]
pub struct HomeRooms {
    /// The account.
    pub user_id: String,
    /// Where to go on: [`HomePage::next`].
    pub start_id: String,
}

/// How many devices there are; of interest are the shared homes that it names.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeviceCount;

impl Call for Homes {
    type Output = HomePage;

    fn path(&self) -> Cow<'_, str> {
        "/v2/homeroom/gethome".into()
    }

    fn data(&self) -> Value {
        json!({"fg": true, "fetch_share": true, "fetch_share_dev": true, "limit": 300, "app_ver": 7})
    }

    fn read(&self, answer: &Answer) -> Result<HomePage, ApiError> {
        HomePage::read(answer, &self.user_id, "")
    }
}

impl Call for HomesMerged {
    type Output = HomePage;

    fn path(&self) -> Cow<'_, str> {
        "/v2/homeroom/gethome_merged".into()
    }

    fn data(&self) -> Value {
        json!({
            "fg": true, "fetch_share": true, "fetch_share_dev": true, "fetch_cariot": true, "limit": 300, "app_ver": 7,
            "plat_form": 0,
        })
    }

    fn read(&self, answer: &Answer) -> Result<HomePage, ApiError> {
        HomePage::read(answer, &self.user_id, "")
    }
}

impl Call for HomeRooms {
    type Output = HomePage;

    fn path(&self) -> Cow<'_, str> {
        Self::PATH.into()
    }

    fn data(&self) -> Value {
        json!({"start_id": self.start_id, "limit": 150})
    }

    fn read(&self, answer: &Answer) -> Result<HomePage, ApiError> {
        HomePage::read(answer, &self.user_id, &self.start_id)
    }
}

impl HomeRooms {
    /// Its path.
    pub const PATH: &'static str = "/v2/homeroom/get_dev_room_page";
}

impl Call for DeviceCount {
    type Output = HomePage;

    fn path(&self) -> Cow<'_, str> {
        "/v2/user/get_device_cnt".into()
    }

    fn data(&self) -> Value {
        json!({"fetch_own": true, "fetch_share": true})
    }

    fn read(&self, answer: &Answer) -> Result<HomePage, ApiError> {
        let result: Value = answer.read()?;
        if !result.is_object() {
            return Err(answer.malformed("the count of devices isn't an object"));
        }
        let families = list(result.pointer("/share/share_family"), answer)?;
        let homes = families.iter().filter_map(|family| {
            Some(Home {
                id: json::value_text(family.get("home_id")?)?,
                owner: json::value_text(family.get("home_owner")?)?,
                shared: true,
                ..Home::default()
            })
        });
        Ok(HomePage {
            homes: homes.collect(),
            next: None,
        })
    }
}

impl HomePage {
    fn read(answer: &Answer, user_id: &str, asked: &str) -> Result<Self, ApiError> {
        let result: Value = answer.read()?;
        if !result.is_object() {
            return Err(answer.malformed("the list of homes isn't an object"));
        }
        let mut homes = Vec::new();
        // Further pages call the list `info`.
        for (name, shared) in [("homelist", false), ("info", false), ("share_home_list", true)] {
            for home in list(result.get(name), answer)? {
                homes.extend(Home::read(home, user_id, shared));
            }
        }
        // `gethome_merged` mixes both kinds.
        homes.sort_by_key(|home| home.shared);
        let has_more = result.get("has_more") == Some(&Value::Bool(true));
        let cursor = result.get("max_id").and_then(json::value_text);
        Ok(Self {
            homes,
            next: next_cursor(has_more, cursor, asked),
        })
    }
}

impl Home {
    fn read(home: &Value, user_id: &str, shared: bool) -> Option<Self> {
        let flag = home.get("shareflag").and_then(json::value_integer);
        Some(Self {
            id: json::value_text(home.get("id")?)?,
            owner: home
                .get("uid")
                .and_then(json::value_text)
                .filter(|uid| !uid.is_empty())
                .unwrap_or_else(|| user_id.into()),
            name: home.get("name").and_then(json::value_text),
            shared: shared || flag == Some(1),
            dids: dids(home.get("dids")),
            rooms: match home.get("roomlist") {
                Some(Value::Array(rooms)) => rooms.iter().filter_map(Room::read).collect(),
                _ => Vec::new(),
            },
        })
    }

    /// The room that a device is in.
    #[must_use]
    pub fn room_of(&self, did: &str) -> Option<&Room> {
        self.rooms
            .iter()
            .find(|room| room.dids.iter().any(|other| other == did))
    }
}

impl Room {
    fn read(room: &Value) -> Option<Self> {
        Some(Self {
            id: json::value_text(room.get("id")?)?,
            name: room.get("name").and_then(json::value_text),
            dids: dids(room.get("dids")),
        })
    }
}

fn dids(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(dids)) => dids.iter().filter_map(json::value_text).collect(),
        _ => Vec::new(),
    }
}

/// Absent and `null` are an empty list, another type is a fault.
fn list<'a>(value: Option<&'a Value>, answer: &Answer) -> Result<&'a [Value], ApiError> {
    match value {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(answer.malformed("the homes aren't a list")),
    }
}
