//! Where a vacuum's map can be downloaded.
//!
//! The robot names its map; the cloud has a short-lived address for the name. There are three kinds of names and
//! endpoints, by vendor. The address is on a storage host: download it with a plain `GET` without cookies.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use super::Call;
use crate::answer::Answer;
use crate::error::ApiError;

/// Which endpoint has a vendor's maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapApi {
    /// Roborock: the robot says the whole name.
    Roborock,
    /// Viomi, Roidmi, Dreame.
    Interim,
    /// Ijai, Xiaomi, newer Dreame.
    InterimPro,
}

impl MapApi {
    /// The first to try for a model.
    #[must_use]
    pub fn of_model(model: &str) -> Self {
        let vendor = model.split('.').next().unwrap_or_default();
        match vendor {
            "roborock" | "rockrobo" => Self::Roborock,
            "ijai" | "xiaomi" => Self::InterimPro,
            _ => Self::Interim,
        }
    }

    /// Its path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Roborock => "/home/getmapfileurl",
            Self::Interim => "/v2/home/get_interim_file_url",
            Self::InterimPro => "/v2/home/get_interim_file_url_pro",
        }
    }

    /// The one to try when this one has nothing.
    const fn other(self) -> Option<Self> {
        match self {
            Self::Roborock => None,
            Self::Interim => Some(Self::InterimPro),
            Self::InterimPro => Some(Self::Interim),
        }
    }
}

/// What a robot says when it is asked for its map's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapName {
    /// A name.
    Name(String),
    /// It isn't ready: ask it again after this time, at most [`MapName::MAX_RETRIES`] times.
    Retry {
        /// How long to wait.
        after: Duration,
    },
    /// It has no map now.
    NoMap,
}

impl MapName {
    /// How often a robot that says `retry` is asked again.
    pub const MAX_RETRIES: usize = 8;

    /// Reads the robot's answer.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match text {
            "" | "locating" => Self::NoMap,
            "retry" => Self::Retry {
                after: Duration::from_secs(1),
            },
            name => Self::Name(name.into()),
        }
    }

    /// The same for the result of `get_map_v1` and its relatives: a list with one text.
    #[must_use]
    pub fn of_result(result: &Value) -> Self {
        let text = result.get(0).unwrap_or(result).as_str();
        text.map_or(Self::NoMap, Self::of)
    }
}

/// Asks for a map's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapUrl {
    api: MapApi,
    object: String,
    tried: Option<MapApi>,
}

impl MapUrl {
    /// For Roborock: the name as the robot said it, not decoded.
    pub fn roborock(name: impl Into<String>) -> Self {
        Self {
            api: MapApi::Roborock,
            object: name.into(),
            tried: None,
        }
    }

    /// For the others: the account that owns the device (not the one that is logged in, if it is shared), the device,
    /// and the map's name, often `0`.
    #[must_use]
    pub fn interim(api: MapApi, owner: &str, did: &str, name: &str) -> Self {
        Self {
            api,
            object: format!("{owner}/{did}/{name}"),
            tried: None,
        }
    }

    /// Leaves out an endpoint that was already asked.
    #[must_use]
    pub const fn after(mut self, tried: MapApi) -> Self {
        self.tried = Some(tried);
        self
    }

    /// Which endpoint this asks.
    #[must_use]
    pub const fn api(&self) -> MapApi {
        self.api
    }

    /// Decides what follows an answer: the address, the other endpoint, or a failure.
    ///
    /// # Errors
    ///
    /// The answer's own failure, [`ApiError::NoMapUrl`] where it has no address, and where the address isn't `https`.
    pub fn step(&self, answer: Result<&Answer, ApiError>) -> Result<MapStep, ApiError> {
        let failure = match answer.and_then(address) {
            Ok(address) => return Ok(MapStep::Download(address)),
            Err(failure) => failure,
        };
        let other = self.api.other().filter(|other| self.tried != Some(*other));
        match (&failure, other) {
            (ApiError::Api { .. } | ApiError::NoMapUrl, Some(api)) => Ok(MapStep::TryNext(Self {
                api,
                object: self.object.clone(),
                tried: Some(self.api),
            })),
            _ => Err(failure),
        }
    }
}

/// What follows an answer.
#[derive(Clone, PartialEq, Eq)]
pub enum MapStep {
    /// The map is here, for a short time: a plain `GET`, up to 4 times.
    Download(String),
    /// Ask this next.
    TryNext(MapUrl),
}

impl std::fmt::Debug for MapStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // Its query is the key to the map.
            Self::Download(_) => f.write_str("Download(..)"),
            Self::TryNext(next) => f.debug_tuple("TryNext").field(next).finish(),
        }
    }
}

impl Call for MapUrl {
    type Output = MapStep;

    fn path(&self) -> Cow<'_, str> {
        self.api.path().into()
    }

    fn data(&self) -> Value {
        json!({"obj_name": self.object})
    }

    fn read(&self, answer: &Answer) -> Result<MapStep, ApiError> {
        self.step(Ok(answer))
    }
}

fn address(answer: &Answer) -> Result<String, ApiError> {
    let result: Value = answer.read()?;
    match result.get("url") {
        Some(Value::String(url)) if url.is_empty() => Err(ApiError::NoMapUrl),
        Some(Value::String(url)) if is_https(url) => Ok(url.clone()),
        Some(Value::String(_)) => Err(ApiError::InsecureMapUrl),
        _ => Err(ApiError::NoMapUrl),
    }
}

fn is_https(url: &str) -> bool {
    url.parse::<http::Uri>()
        .is_ok_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| !host.is_empty()))
}
