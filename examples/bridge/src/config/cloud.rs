//! `[cloud]`: the account whose devices the bridge knows.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use xiaomi_cloud::Region;

use super::Every;
use crate::session_file::default_session;

/// The account in Xiaomi's cloud.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    /// The session that `cloud login` wrote; without it, the one that it writes unless told otherwise.
    pub session: Option<PathBuf>,
    /// The servers to ask; empty for all. Where several know a device, the first one that is named counts.
    #[serde(default, deserialize_with = "servers")]
    pub servers: Vec<Region>,
    /// How often the account is asked.
    #[serde(default = "refresh", deserialize_with = "not_too_often")]
    pub refresh: Every,
    /// Whether LAN devices of the account that aren't listed are served too.
    #[serde(default)]
    pub adopt: bool,
    /// Of which devices anything is taken, by id, name or address; empty for all.
    #[serde(default)]
    pub devices: Vec<String>,
    /// A fake cloud on loopback, for simulated homes.
    #[serde(skip)]
    pub server: Option<SocketAddr>,
}

impl Cloud {
    /// Where the session is; `None` if no file is named and there is no home folder.
    #[must_use]
    pub fn session_path(&self) -> Option<PathBuf> {
        self.session.clone().or_else(default_session)
    }

    /// The servers that are asked.
    #[must_use]
    pub fn regions(&self) -> Vec<Region> {
        if self.servers.is_empty() {
            Region::ALL.to_vec()
        } else {
            self.servers.clone()
        }
    }

    /// Whether anything of a device is to be taken.
    #[must_use]
    pub fn wants(&self, device: &xiaomi_cloud::Device) -> bool {
        self.devices.is_empty() || self.devices.iter().any(|wanted| names(wanted, device))
    }

    /// Wishes that none of the devices is meant by.
    pub fn unmet<'a>(&'a self, devices: &'a [xiaomi_cloud::Device]) -> impl Iterator<Item = &'a str> {
        let wished = self.devices.iter().map(String::as_str);
        wished.filter(|wanted| !devices.iter().any(|device| names(wanted, device)))
    }
}

fn names(wanted: &str, device: &xiaomi_cloud::Device) -> bool {
    let address = device.mac.map(|mac| mac.to_string());
    device.did == wanted
        || device.name.as_deref() == Some(wanted)
        || address.is_some_and(|address| address.eq_ignore_ascii_case(wanted))
}

fn servers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Region>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let parse = |name: &String| {
        name.parse()
            .map_err(|_| D::Error::custom(format!("{name:?} is no server: cn, de, i2, ru, sg, us, tw or in")))
    };
    names.iter().map(parse).collect()
}

fn not_too_often<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Every, D::Error> {
    let every = Every::deserialize(deserializer)?;
    if every.duration().as_secs() < SHORTEST {
        return Err(D::Error::custom(
            "the cloud blocks accounts that ask often: 10m at least, 12h are enough",
        ));
    }
    Ok(every)
}

fn refresh() -> Every {
    Every::seconds(12 * 60 * 60)
}

/// Seconds.
const SHORTEST: u64 = 600;
