//! Files with keys: only the owner can read them, and nothing is ever overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use macaddr::MacAddr6;
use serde::{Deserialize, Serialize};
use telink_ota::command::keys::{Layout, MiKeys};
use zeroize::Zeroizing;

use super::failure::{Failure, with_path};

/// What a key file holds.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) address: Option<MacAddr6>,
    pub(super) did: Option<mi_auth::Did>,
    pub(super) token: Option<mi_auth::Token>,
    pub(super) bind_key: Option<mi_auth::BindKey>,
    /// The records of the device, deleted ones too: a backup has them.
    pub(super) records: Option<Zeroizing<Vec<u8>>>,
}

impl Keys {
    pub(super) fn of_token(token: &str) -> Result<Self, Failure> {
        Ok(Self {
            token: Some(token.parse()?),
            ..Self::default()
        })
    }

    /// What was read from a device.
    pub(super) fn of_backup(address: Option<MacAddr6>, keys: &MiKeys) -> Result<Self, Failure> {
        let mut records = Zeroizing::new(vec![0; 400]);
        let length = keys.encode(&mut records).unwrap_or_default();
        records.truncate(length);
        Ok(Self {
            address: address.or(keys.mac),
            did: keys.did.and_then(|did| mi_auth::Did::parse(did.bytes())),
            token: keys.token.as_ref().map(|token| (*token.expose()).into()),
            bind_key: keys.bind_key.as_ref().map(|key| (*key.expose()).into()),
            records: Some(records),
        })
    }

    /// As `telink-ota` restores them.
    pub(super) fn to_mi_keys(&self) -> Result<MiKeys, Failure> {
        if let Some(records) = &self.records {
            return MiKeys::parse(records, Layout::Tlv).map_err(|error| Failure::new("backup", error));
        }
        let mut keys = MiKeys::default();
        keys.did = self
            .did
            .and_then(|did| telink_ota::command::keys::Did::from_wire(&did.encode()));
        keys.token = self.token.as_ref().map(|token| (*token.expose()).into());
        keys.bind_key = self.bind_key.as_ref().map(|key| (*key.expose()).into());
        Ok(keys)
    }
}

/// The file as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    did: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bind_key: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    records: Option<Zeroizing<String>>,
}

/// Reads a key file.
pub(super) fn read(path: &Path) -> Result<Keys, Failure> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(with_path(path))?);
    // What serde says of a mistake may quote it.
    let form: Form = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        with_path(path)(format_args!(
            "no key file of this program (line {line}, column {column})"
        ))
        .help("Take the file that `activate` or `keys backup` wrote.")
    })?;
    let wrong = |what: &'static str| with_path(path)(format_args!("no {what}"));
    let records = match &form.records {
        None => None,
        Some(text) => {
            let bytes = base16ct::mixed::decode_vec(text.as_bytes()).map_err(|_| wrong("records"))?;
            Some(Zeroizing::new(bytes))
        }
    };
    Ok(Keys {
        address: parse(form.address.as_deref(), || wrong("address"))?,
        did: parse(form.did.as_deref(), || wrong("device id"))?,
        token: parse(form.token.as_ref().map(|text| text.as_str()), || wrong("token"))?,
        bind_key: parse(form.bind_key.as_ref().map(|text| text.as_str()), || {
            wrong("bind key")
        })?,
        records,
    })
}

fn parse<T: std::str::FromStr>(
    text: Option<&str>,
    wrong: impl FnOnce() -> Failure,
) -> Result<Option<T>, Failure> {
    text.map(str::parse).transpose().map_err(|_| wrong())
}

/// A file that is there, empty, before anything happens to the device: so that keys never have nowhere to go.
pub(super) struct Reserved {
    path: PathBuf,
    file: File,
    written: bool,
}

impl Reserved {
    pub(super) fn new(path: &Path) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| {
            let exists = error.kind() == std::io::ErrorKind::AlreadyExists;
            let failure = with_path(path)(error);
            if exists {
                failure.help("Name another file: the keys in this one may be the only copy.")
            } else {
                failure
            }
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            written: false,
        })
    }

    /// Writes the keys, and comes back when they are on the disk.
    pub(super) fn write(mut self, keys: &Keys) -> Result<(), Failure> {
        let hex = |bytes: &[u8]| Zeroizing::new(base16ct::lower::encode_string(bytes));
        let form = Form {
            address: keys.address.map(|address| address.to_string()),
            did: keys.did.map(|did| did.to_string()),
            token: keys.token.as_ref().map(|token| hex(token.expose())),
            bind_key: keys.bind_key.as_ref().map(|key| hex(key.expose())),
            records: keys.records.as_ref().map(|records| hex(records)),
        };
        let mut text = Zeroizing::new(Vec::with_capacity(2048));
        serde_json::to_writer_pretty(&mut *text, &form).map_err(|error| Failure::new("json", error))?;
        text.push(b'\n');
        let path = self.path.clone();
        self.file.write_all(&text).map_err(with_path(&path))?;
        self.file.sync_all().map_err(with_path(&path))?;
        self.written = true;
        Ok(())
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.written {
            let _ = fs::remove_file(&self.path);
        }
    }
}
