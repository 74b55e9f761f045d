//! The session of a login, in a file that only its owner can read. `cloud login` writes it; the bridge reads it and keeps
//! it renewed.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use xiaomi_cloud::{Credentials, RestoreError};
use zeroize::Zeroizing;

use crate::private_file::write_private;

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionFileError {
    /// There is no file.
    #[error("nobody is logged in")]
    Missing,
    /// Others can read it, so it may be known to them.
    #[error("others can read it (mode {mode:o})")]
    Exposed {
        /// Its permissions.
        mode: u32,
    },
    /// It can't be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is something else.
    #[error(transparent)]
    Content(#[from] RestoreError),
}

impl SessionFileError {
    /// What a person can do about it, in one sentence.
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("Run `cloud login` first."),
            Self::Exposed { .. } => Some("Take the others' rights away: chmod 600 FILE."),
            Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Some("Let the user that runs this program own the file.")
            }
            Self::Io(_) => None,
            Self::Content(error) => error.help(),
        }
    }
}

/// Reads a session.
pub(crate) fn read_session(path: &Path) -> Result<Credentials, SessionFileError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SessionFileError::Missing,
        _ => error.into(),
    })?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            return Err(SessionFileError::Exposed { mode });
        }
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    file.take(LONGEST as u64).read_to_end(&mut bytes)?;
    Ok(Credentials::restore(&bytes)?)
}

/// Writes a session.
pub(crate) fn write_session(path: &Path, credentials: &Credentials) -> io::Result<()> {
    write_private(path, &credentials.save())
}

/// Where the session is unless a file is named; `None` without a home folder.
pub(crate) fn default_session() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|text| !text.is_empty())
            .map(PathBuf::from)
    };
    let state = folder("XDG_STATE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| Some(folder("HOME")?.join(".local/state")));
    Some(state?.join("xiaomi-cloud").join("session"))
}

/// Several times what a session takes.
const LONGEST: usize = 64 * 1024;
