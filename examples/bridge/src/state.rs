//! What is kept from one run to the next: replay counters, message ids, what was announced, what the cloud told.
//!
//! The file is written anew beside the old one and takes its place when it is whole and on disk: a crash or a full disk
//! leaves the old one. Only its owner can read it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mibeacon::DeviceState;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::home::Announced;
use crate::private_file::write_private;
use crate::source::cloud::Found;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Replay counters of Bluetooth devices.
    #[serde(default)]
    pub counters: Vec<KeyedCounters>,
    /// Last message ids of miIO devices, by source.
    #[serde(default)]
    pub message_ids: BTreeMap<String, u32>,
    /// What the broker keeps of each device.
    #[serde(default)]
    pub announced: BTreeMap<String, Announced>,
    /// What the account in the cloud has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Found>,
}

/// The replay counters of a device, and which key they belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyedCounters {
    /// The counters.
    #[serde(flatten)]
    pub state: DeviceState,
    /// The key's check value, if the device has a key.
    pub key_check: Option<[u8; 3]>,
}

/// Why state can't be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The file can't be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file isn't what was written.
    #[error("{}: {error}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
}

impl StateError {
    /// What a person can do about it, in one sentence.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Content { .. } => Some(
                "Move it away: without it the bridge starts anew, and the first advertisement of each device is believed.",
            ),
            Self::File { error, .. } => match error.kind() {
                io::ErrorKind::StorageFull => {
                    Some("Free some space; until then the state of the last save is kept.")
                }
                io::ErrorKind::PermissionDenied => Some("Let the bridge's user write to the file's folder."),
                _ => None,
            },
        }
    }
}

impl Saved {
    /// Reads the file; a missing one is an empty state.
    ///
    /// # Errors
    ///
    /// It can't be read, or has something else in it.
    pub fn read(path: &Path) -> Result<Self, StateError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(file(path, error)),
        };
        serde_json::from_slice(&text).map_err(|error| StateError::Content {
            path: path.to_owned(),
            error,
        })
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// It can't be written; what was there stays.
    pub fn write(&self, path: &Path) -> Result<(), StateError> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| StateError::Content {
            path: path.to_owned(),
            error,
        })?;
        write_private(path, &Zeroizing::new(text)).map_err(|error| file(path, error))
    }
}

fn file(path: &Path, error: io::Error) -> StateError {
    StateError::File {
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mibeacon::MacAddr6;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("bridge-state-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = folder("round");
        let path = folder.join("state.json");
        assert_eq!(Saved::read(&path).unwrap(), Saved::default());
        let mut saved = Saved::default();
        saved.message_ids.insert("miio Vacuum".into(), 7);
        saved.announced.insert(
            "a4c138000001".into(),
            Announced {
                source: "ble".into(),
                topics: vec!["x/a/temperature".into()],
            },
        );
        let state = DeviceState {
            address: MacAddr6::new(0xa4, 0xc1, 0x38, 0, 0, 1),
            frame_counter: None,
            bthome_counter: Some(u32::MAX),
            bthome_packet_id: Some(7),
            bthome_fingerprint: Some(u64::MAX),
            key_proven: true,
        };
        for key_check in [None, Some([1, 2, 255])] {
            saved.counters.push(KeyedCounters { state, key_check });
        }
        saved.write(&path).unwrap();
        assert_eq!(Saved::read(&path).unwrap(), saved);
        assert_eq!(
            fs::read_dir(&folder).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_broken_file_is_an_error_with_a_remedy() {
        let folder = folder("broken");
        let path = folder.join("state.json");
        fs::write(&path, "{\"counters\": [").unwrap();
        let error = Saved::read(&path).unwrap_err();
        assert!(error.help().unwrap().contains("Move it away"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_file() {
        let folder = folder("kept");
        let path = folder.join("state.json");
        Saved::default().write(&path).unwrap();
        let before = fs::read(&path).unwrap();
        // A folder in the way of the new file: as good as a full disk, also for root.
        fs::create_dir_all(folder.join(format!("state.json.{}/x", std::process::id()))).unwrap();
        assert!(Saved::default().write(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), before);
        fs::remove_dir_all(folder).unwrap();
    }
}
