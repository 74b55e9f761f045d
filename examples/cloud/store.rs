//! Where the session is kept: a file that only its owner can read.

use std::cell::RefCell;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use getrandom::SysRng;
use rand_core::UnwrapErr;
use serde_json::json;
use xiaomi_cloud::transport::Client;
use xiaomi_cloud::{Credentials, Region, Session};
use zeroize::Zeroizing;

use crate::Context;
use crate::failure::{Failure, with_path};
use crate::output::Output;

/// The operating system's randomness.
pub(crate) type Generator = UnwrapErr<SysRng>;

pub(crate) enum Store {
    File(PathBuf),
    Memory(RefCell<Option<Zeroizing<Vec<u8>>>>),
}

impl Store {
    pub(crate) fn at(path: Option<PathBuf>) -> Result<Self, Failure> {
        Ok(Self::File(match path {
            Some(path) => path,
            None => default_path()?,
        }))
    }

    pub(crate) const fn in_memory() -> Self {
        Self::Memory(RefCell::new(None))
    }

    /// The client for the stored session.
    pub(crate) fn client(&self, context: &Context) -> Result<Client<Generator>, Failure> {
        let bytes = self
            .read()?
            .ok_or_else(|| Failure::new("nobody is logged in").help("Run `cloud login` first."))?;
        let session = Session::restore(&bytes).map_err(|error| Failure::new(error).help_of(error.help()))?;
        let output = context.output;
        let client = Client::new(context.http.clone(), session, UnwrapErr(SysRng));
        Ok(client.on_event(move |event| {
            if let xiaomi_cloud::SessionEvent::Notice(notice) = event {
                output.note(format_args!("{notice:?}. {}", event.help().unwrap_or_default()));
            }
        }))
    }

    /// Keeps the session if it was renewed.
    pub(crate) fn keep(&self, client: &mut Client<Generator>) -> Result<(), Failure> {
        if client.take_renewed() {
            self.write(client.session().credentials())?;
        }
        Ok(())
    }

    pub(crate) fn credentials(&self) -> Option<Credentials> {
        Credentials::restore(&self.read().ok()??).ok()
    }

    pub(crate) fn write(&self, credentials: &Credentials) -> Result<(), Failure> {
        let bytes = credentials.save();
        match self {
            Self::Memory(slot) => *slot.borrow_mut() = Some(bytes),
            Self::File(path) => write_private(path, &bytes).map_err(with_path(path))?,
        }
        Ok(())
    }

    pub(crate) fn forget(&self, output: Output) -> Result<(), Failure> {
        let known = match self {
            Self::Memory(slot) => slot.borrow_mut().take().is_some(),
            Self::File(path) => match fs::remove_file(path) {
                Ok(()) => true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                Err(error) => return Err(with_path(path)(error)),
            },
        };
        let text = if known {
            "The session is forgotten."
        } else {
            "Nobody was logged in."
        };
        output.line(text, &json!({"forgotten": known}));
        Ok(())
    }

    pub(crate) fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Memory(_) => "memory only".into(),
        }
    }

    fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        match self {
            Self::Memory(slot) => Ok(slot.borrow().clone()),
            Self::File(path) => match fs::read(path) {
                Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(with_path(path)(error)),
            },
        }
    }
}

/// Writes a file that only its owner can read, and puts it in place at once.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let temporary = PathBuf::from(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // What a killed run left behind isn't written into: somebody else might have it open.
    let _ = fs::remove_file(&temporary);
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&temporary, path));
    if placed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    placed
}

fn default_path() -> Result<PathBuf, Failure> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|text| !text.is_empty())
            .map(PathBuf::from)
    };
    let state = folder("XDG_STATE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| Some(folder("HOME")?.join(".local/state")));
    let state = state.ok_or_else(|| {
        Failure::new("there is no home folder for the session").help("Name a file with --session.")
    })?;
    Ok(state.join("xiaomi-cloud").join("session"))
}

/// The regions that were named, or all.
pub(crate) fn regions(named: &[Region]) -> Vec<Region> {
    if named.is_empty() {
        Region::ALL.to_vec()
    } else {
        named.to_vec()
    }
}
