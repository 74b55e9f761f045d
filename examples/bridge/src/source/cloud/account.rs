//! What an account is known to have, for all who wait for it.

use std::net::SocketAddr;
use std::sync::Arc;

use macaddr::MacAddr6;
use miio_proto::Token;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::watch;

use crate::config::{BleDevice, Secret};

/// What an account has. It is kept from run to run, so that a home works on while the cloud is away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Bluetooth devices.
    pub ble: Vec<Bluetooth>,
    /// Devices with a token.
    pub lan: Vec<Lan>,
}

/// A Bluetooth device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bluetooth {
    /// Its address.
    #[serde(with = "crate::json::address")]
    pub address: MacAddr6,
    /// Its bind key in hex, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed")]
    pub key: Option<Secret>,
    /// Its name.
    pub name: Option<String>,
}

/// A device with a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lan {
    /// Its id, which is the same in the cloud and in its own packets.
    pub device_id: u32,
    /// Its token.
    #[serde(serialize_with = "hex", deserialize_with = "token")]
    pub token: Token,
    /// Where the cloud last saw it.
    pub address: Option<SocketAddr>,
    /// Its name.
    pub name: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Whether it speaks miIO on the LAN, by the kind of its connection.
    pub speaks: bool,
}

impl Found {
    /// The device of this id.
    #[must_use]
    pub fn lan(&self, device_id: u32) -> Option<&Lan> {
        self.lan.iter().find(|device| device.device_id == device_id)
    }

    /// The Bluetooth device of this address.
    #[must_use]
    pub fn bluetooth(&self, address: MacAddr6) -> Option<&Bluetooth> {
        self.ble.iter().find(|device| device.address == address)
    }

    /// Listed devices and those of the account. What is listed counts more.
    #[must_use]
    pub fn with_listed(&self, listed: &[BleDevice]) -> Vec<BleDevice> {
        let mut devices = listed.to_vec();
        for found in &self.ble {
            let key = found.key.as_ref().and_then(|key| key.expose().parse().ok());
            let mut known = devices.iter_mut();
            match known.find(|device| device.address == found.address) {
                Some(device) => {
                    device.key = device.key.take().or(key);
                    device.name = device.name.take().or_else(|| found.name.clone());
                }
                None => devices.push(BleDevice {
                    address: found.address,
                    key,
                    name: found.name.clone(),
                }),
            }
        }
        devices
    }

    /// Adds what was known before and isn't in it.
    pub(super) fn keep(&mut self, before: &Self) {
        for device in &before.ble {
            if self.bluetooth(device.address).is_none() {
                self.ble.push(device.clone());
            }
        }
        for device in &before.lan {
            if self.lan(device.device_id).is_none() {
                self.lan.push(device.clone());
            }
        }
    }
}

/// What is known now: nothing until the cloud, or a file of an earlier run, has told.
#[derive(Debug)]
pub struct Account(watch::Sender<Option<Arc<Found>>>);

/// Waits for news of an account.
pub type News = watch::Receiver<Option<Arc<Found>>>;

impl Account {
    /// Of an earlier run.
    #[must_use]
    pub fn new(found: Option<Found>) -> Self {
        Self(watch::Sender::new(found.map(Arc::new)))
    }

    /// What is known.
    #[must_use]
    pub fn found(&self) -> Option<Arc<Found>> {
        self.0.borrow().clone()
    }

    /// To be told of changes. What is known already is the first of them.
    #[must_use]
    pub fn news(&self) -> News {
        let mut news = self.0.subscribe();
        news.mark_changed();
        news
    }

    pub(super) fn learn(&self, found: Found) {
        self.0.send_if_modified(|known| {
            let is_new = known.as_deref() != Some(&found);
            if is_new {
                *known = Some(Arc::new(found));
            }
            is_new
        });
    }
}

fn exposed<S: Serializer>(key: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    key.as_ref().map(Secret::expose).serialize(serializer)
}

fn hex<S: Serializer>(token: &Token, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&token.to_hex())
}

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Token, D::Error> {
    let text = Secret::deserialize(deserializer)?;
    text.expose().parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "8f8e8d8c8b8a89888786858483828180";

    fn found() -> Found {
        Found {
            ble: vec![Bluetooth {
                address: [1, 2, 3, 4, 5, 6].into(),
                key: Some(Secret::new(KEY)),
                name: Some("Attic".into()),
            }],
            lan: vec![Lan {
                device_id: 7,
                token: "00112233445566778899aabbccddeeff".parse().unwrap(),
                address: Some("192.168.1.20:54321".parse().unwrap()),
                name: None,
                model: Some("yeelink.light.lamp4".into()),
                speaks: true,
            }],
        }
    }

    #[test]
    fn what_is_kept_is_read_again_and_never_printed() {
        let text = serde_json::to_string(&found()).unwrap();
        assert_eq!(serde_json::from_str::<Found>(&text).unwrap(), found());
        let shown = format!("{:?}", found());
        assert!(!shown.contains("8f8e") && !shown.contains("0011"), "{shown}");
    }

    #[test]
    fn what_is_listed_counts_more() {
        let other = "00000000000000000000000000000001".parse().unwrap();
        let listed = BleDevice {
            address: [1, 2, 3, 4, 5, 6].into(),
            key: Some(other),
            name: None,
        };
        let devices = found().with_listed(std::slice::from_ref(&listed));
        assert_eq!(devices.len(), 1);
        assert_eq!(
            (&devices[0].key, devices[0].name.as_deref()),
            (&listed.key, Some("Attic"))
        );
        let devices = found().with_listed(&[]);
        assert_eq!(devices[0].key, Some(KEY.parse().unwrap()));
    }

    #[test]
    fn news_come_only_when_something_changes() {
        let account = Account::new(None);
        let mut news = account.news();
        assert!(news.has_changed().unwrap(), "the first look");
        assert!(news.borrow_and_update().is_none());
        account.learn(found());
        assert!(news.has_changed().unwrap() && news.borrow_and_update().is_some());
        account.learn(found());
        assert!(!news.has_changed().unwrap());
    }
}
