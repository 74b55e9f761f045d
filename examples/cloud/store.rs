//! Where the session is kept: in a file, or, for the tour, in memory.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::PathBuf;

use getrandom::SysRng;
use rand_core::UnwrapErr;
use serde_json::json;
use xiaomi_cloud::transport::Client;
use xiaomi_cloud::{Credentials, Region, Session};

use crate::Context;
use crate::failure::{Failure, with_path};
use crate::output::Output;
use crate::session_file::{SessionFileError, default_session, read_session, write_session};

/// The operating system's randomness.
pub(crate) type Generator = UnwrapErr<SysRng>;

pub(crate) enum Store {
    File(PathBuf),
    Memory(RefCell<Option<Credentials>>),
}

impl Store {
    pub(crate) fn at(path: Option<PathBuf>) -> Result<Self, Failure> {
        Ok(Self::File(match path {
            Some(path) => path,
            None => default_session().ok_or_else(|| {
                Failure::new("there is no home folder for the session").help("Name a file with --session.")
            })?,
        }))
    }

    pub(crate) const fn in_memory() -> Self {
        Self::Memory(RefCell::new(None))
    }

    /// The client for the stored session.
    pub(crate) fn client(&self, context: &Context) -> Result<Client<Generator>, Failure> {
        let credentials = self.read().map_err(|error| {
            let help = error.help();
            let cause = match (&error, self) {
                (SessionFileError::Missing, _) | (_, Self::Memory(_)) => error.to_string(),
                (_, Self::File(path)) => format!("{}: {error}", path.display()),
            };
            Failure::new(cause).help_of(help)
        })?;
        let output = context.output;
        let session = Session::new(credentials);
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
        self.read().ok()
    }

    pub(crate) fn write(&self, credentials: &Credentials) -> Result<(), Failure> {
        match self {
            Self::Memory(slot) => *slot.borrow_mut() = Some(credentials.clone()),
            Self::File(path) => write_session(path, credentials).map_err(with_path(path))?,
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

    fn read(&self) -> Result<Credentials, SessionFileError> {
        match self {
            Self::Memory(slot) => slot.borrow().clone().ok_or(SessionFileError::Missing),
            Self::File(path) => read_session(path),
        }
    }
}

/// The regions that were named, or all.
pub(crate) fn regions(named: &[Region]) -> Vec<Region> {
    if named.is_empty() {
        Region::ALL.to_vec()
    } else {
        named.to_vec()
    }
}
