//! What a login gives: all that a session needs, and all that must be kept for the next run.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::identity::Identity;
use crate::secret::{PassToken, Secret, ServiceToken, Ssecurity};

/// The result of a login. Whoever has it controls the account's devices: it prints nothing of that.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The service that it is for: `xiaomiio`, the Mi Home app, unless another was asked for.
    pub sid: String,
    /// Who the client says it is.
    pub identity: Identity,
    /// The numeric account id.
    pub user_id: String,
    /// The account's other id.
    pub c_user_id: Option<String>,
    /// What renews the session.
    pub pass_token: Option<PassToken>,
    /// What signs requests.
    pub ssecurity: Ssecurity,
    /// The session.
    pub service_token: ServiceToken,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    sid: String,
    identity: Identity,
    user_id: String,
    c_user_id: Option<String>,
    pass_token: Option<Secret>,
    ssecurity: Secret,
    service_token: Secret,
}

impl Credentials {
    /// As bytes to store. They are not encrypted: encrypt them, or keep them where only the user can read.
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        let saved = Saved {
            version: 1,
            sid: self.sid.clone(),
            identity: self.identity.clone(),
            user_id: self.user_id.clone(),
            c_user_id: self.c_user_id.clone(),
            pass_token: self.pass_token.as_ref().map(|token| token.0.clone()),
            ssecurity: self.ssecurity.0.clone(),
            service_token: self.service_token.0.clone(),
        };
        Zeroizing::new(serde_json::to_vec(&saved).unwrap_or_default())
    }

    /// From stored bytes.
    ///
    /// # Errors
    ///
    /// Bytes that [`Credentials::save`] of this version didn't write.
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        let broken = RestoreError { found: bytes.len() };
        let saved: Saved = serde_json::from_slice(bytes).map_err(|_| broken)?;
        if saved.version != 1 || saved.user_id.is_empty() || saved.service_token.is_empty() {
            return Err(broken);
        }
        Ok(Self {
            sid: saved.sid,
            identity: saved.identity,
            user_id: saved.user_id,
            c_user_id: saved.c_user_id,
            pass_token: saved.pass_token.map(PassToken),
            ssecurity: Ssecurity::from_base64(saved.ssecurity.expose()).map_err(|_| broken)?,
            service_token: ServiceToken(saved.service_token),
        })
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}

/// Stored bytes that aren't what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored {found} bytes are no saved state of this version")]
pub struct RestoreError {
    /// Their number.
    pub found: usize,
}

impl RestoreError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Remove the stored session and log in again.")
    }
}
