//! The session: calls become signed requests, answers are decrypted, and what expires is renewed.
//!
//! `now` is always the time since 1970: requests are signed with it. A clock that is wrong is noticed by the header
//! `Date` of the first answer that complains, and corrected for this session.

mod calls;
mod event;
mod request;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::api::Call;
use crate::credentials::{Credentials, RestoreError};
use crate::crypto::{Nonce, SignedNonce};
use crate::error::{ApiError, LoginError};
use crate::login::Login;
use crate::region::Region;
use crate::sign::Form;
use crate::transmit::{Failure, RequestId, Transmit};

#[cfg(feature = "reqwest")]
pub(crate) use calls::MAX_BODY;
use calls::Pending;
pub use event::{Notice, SessionEvent};
pub use request::{Config, api_cookies};

/// Names a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(u64);

/// A session of the API. Any number of calls can be open; a few of them are on their way at a time.
///
/// Drive it with `poll_transmit` and `poll_event` after every call, until both say `None`.
pub struct Session {
    config: Config,
    credentials: Credentials,
    /// Grows with each renewal.
    generation: u32,
    calls: BTreeMap<CallId, Pending>,
    queue: VecDeque<CallId>,
    flying: HashMap<RequestId, Flying>,
    events: VecDeque<SessionEvent>,
    last_call: u64,
    last_request: u64,
    renewal: Option<Renewal>,
    trouble: Trouble,
    /// No request before this time: the server asked for a pause.
    pause_until: Duration,
    clock_offset_ms: i64,
}

/// A request that is on its way.
struct Flying {
    call: CallId,
    key: SignedNonce,
    generation: u32,
    sent_at: Duration,
    timeout: Duration,
}

/// The login that renews the session.
struct Renewal {
    login: Login,
    /// Our number of its request, and its own.
    flying: Option<(RequestId, RequestId, Duration)>,
}

/// What renewals met so far.
#[derive(Default)]
struct Trouble {
    failures: u8,
    error: Option<LoginError>,
    retry_at: Duration,
    renewed_at: Option<Duration>,
}

impl Session {
    /// With what a login gave.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Self::with_config(credentials, Config::default())
    }

    /// The same with settings.
    #[must_use]
    pub fn with_config(credentials: Credentials, config: Config) -> Self {
        Self {
            config,
            credentials,
            generation: 0,
            calls: BTreeMap::new(),
            queue: VecDeque::new(),
            flying: HashMap::new(),
            events: VecDeque::new(),
            last_call: 0,
            last_request: 0,
            renewal: None,
            trouble: Trouble::default(),
            pause_until: Duration::ZERO,
            clock_offset_ms: 0,
        }
    }

    /// What must be kept for the next run, as bytes to store. They are not encrypted. Save after the login and after
    /// each [`SessionEvent::Renewed`].
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        self.credentials.save()
    }

    /// From stored bytes.
    ///
    /// # Errors
    ///
    /// Bytes that [`Session::save`] of this version didn't write.
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        Ok(Self::new(Credentials::restore(bytes)?))
    }

    /// The credentials as they are now.
    #[must_use]
    pub const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Replaces the credentials, after the user has logged in again. Calls that wait go on.
    pub fn set_credentials(&mut self, credentials: Credentials) {
        self.credentials = credentials;
        self.generation += 1;
        self.renewal = None;
        self.trouble = Trouble::default();
    }

    /// Asks for something. Its answer is a [`SessionEvent::Answered`], to be read with [`Call::read`].
    pub fn call(&mut self, region: Region, call: &impl Call) -> CallId {
        self.last_call += 1;
        let id = CallId(self.last_call);
        self.calls.insert(id, Pending::new(region, call));
        self.queue.push_back(id);
        id
    }

    /// Forgets a call: no event of it will come. Says whether it was open.
    pub fn cancel(&mut self, call: CallId) -> bool {
        self.queue.retain(|queued| *queued != call);
        self.calls.remove(&call).is_some()
    }

    /// How many calls are open.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.calls.len()
    }

    /// Lets a session that gave up renewing itself try again: for when the user wants it.
    pub fn renew_again(&mut self) {
        self.trouble = Trouble::default();
    }

    /// An answer came. One to a request that isn't open is ignored.
    pub fn handle_response(&mut self, now: Duration, id: RequestId, response: &Response<Bytes>) {
        if let Some(inner) = self.renewal_request(id) {
            if let Some(renewal) = &mut self.renewal {
                renewal.flying = None;
                renewal.login.handle_response(now, inner, response);
            }
            self.advance_renewal(now);
        } else if let Some(flying) = self.flying.remove(&id) {
            self.answered(now, &flying, response);
        }
    }

    /// A request has no answer. Calls that do no harm twice are sent again, at most twice.
    pub fn handle_failure(&mut self, now: Duration, id: RequestId, failure: Failure) {
        if let Some(inner) = self.renewal_request(id) {
            if let Some(renewal) = &mut self.renewal {
                renewal.flying = None;
                renewal.login.handle_failure(now, inner, failure);
            }
            self.advance_renewal(now);
        } else if let Some(flying) = self.flying.remove(&id) {
            self.unanswered(now, &flying, failure);
        }
    }

    /// The time of [`Session::poll_timeout`] has come; earlier is harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        let late: Vec<RequestId> = self
            .flying
            .iter()
            .filter(|(_, flying)| flying.gives_up_at() <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.handle_failure(now, id, Failure::Timeout);
        }
        if let Some(Renewal {
            flying: Some((id, _, gives_up)),
            ..
        }) = self.renewal
            && gives_up <= now
        {
            self.handle_failure(now, id, Failure::Timeout);
        }
    }

    /// A request to send, if there is one now. Call it after each of the other calls until it is `None`. `generator`
    /// makes the nonces.
    pub fn poll_transmit(&mut self, now: Duration, generator: &mut impl CryptoRng) -> Option<Transmit> {
        self.handle_timeout(now);
        if let Some(renewal) = &mut self.renewal {
            if renewal.flying.is_some() {
                return None;
            }
            let transmit = renewal.login.poll_transmit(now)?;
            self.last_request += 1;
            let id = RequestId(self.last_request);
            renewal.flying = Some((id, transmit.id, now + transmit.timeout + GRACE));
            return Some(Transmit { id, ..transmit });
        }
        if self.flying.len() >= self.config.max_in_flight.max(1) || self.pause_until > now {
            return None;
        }
        while let Some(call) = self.next_call(now) {
            match self.sign(now, call, generator) {
                Ok((request, key, timeout)) => {
                    self.last_request += 1;
                    let id = RequestId(self.last_request);
                    self.flying.insert(
                        id,
                        Flying {
                            call,
                            key,
                            generation: self.generation,
                            sent_at: now,
                            timeout,
                        },
                    );
                    return Some(Transmit { id, request, timeout });
                }
                Err(error) => self.fail(call, error),
            }
        }
        None
    }

    /// What happened. Call it after each of the other calls until it is `None`.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    /// When to call [`Session::poll_transmit`] next, if nothing else happens.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let late = self.flying.values().map(Flying::gives_up_at);
        if let Some(renewal) = &self.renewal {
            let login = renewal.login.poll_timeout().into_iter();
            let gives_up = renewal.flying.map(|(.., gives_up)| gives_up);
            return late.chain(login).chain(gives_up).min();
        }
        let room = self.flying.len() < self.config.max_in_flight.max(1);
        let waiting = self
            .queue
            .iter()
            .filter(|_| room)
            .filter_map(|call| self.calls.get(call))
            .map(|call| call.not_before.max(self.pause_until));
        late.chain(waiting).min()
    }

    fn renewal_request(&self, id: RequestId) -> Option<RequestId> {
        let (own, inner, _) = self.renewal.as_ref()?.flying?;
        (own == id).then_some(inner)
    }

    /// The next queued call whose time has come.
    fn next_call(&mut self, now: Duration) -> Option<CallId> {
        if let Some(error) = &self.trouble.error
            && (self.trouble.retry_at > now || self.trouble.failures > MAX_RENEWALS)
        {
            let error = ApiError::LoginNeeded(error.clone());
            for call in std::mem::take(&mut self.queue) {
                self.fail(call, error.clone());
            }
            return None;
        }
        let ready = |call: &CallId| self.calls.get(call).is_none_or(|call| call.not_before <= now);
        let position = self.queue.iter().position(ready)?;
        self.queue.remove(position)
    }

    fn sign(
        &self,
        now: Duration,
        call: CallId,
        generator: &mut impl CryptoRng,
    ) -> Result<(Request<Bytes>, SignedNonce, Duration), ApiError> {
        let call = self.calls.get(&call).ok_or(ApiError::BadPath)?;
        let mut random = [0; 8];
        generator.fill_bytes(&mut random);
        let unix_ms = i64::try_from(now.as_millis())
            .unwrap_or(i64::MAX)
            .saturating_add(self.clock_offset_ms);
        let nonce = Nonce::new(random, u64::try_from(unix_ms).unwrap_or_default());
        let (request, key) = request::build(&self.config, &self.credentials, call, nonce)?;
        Ok((request, key, call.timeout))
    }
}

impl Flying {
    /// Who sends should have told by then.
    fn gives_up_at(&self) -> Duration {
        self.sent_at + self.timeout + GRACE
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("credentials", &self.credentials)
            .field("pending", &self.calls.len())
            .field("flying", &self.flying.len())
            .field("renewing", &self.renewal.is_some())
            .finish_non_exhaustive()
    }
}

const GRACE: Duration = Duration::from_secs(5);
/// Automatic renewals that may fail in a row, with growing pauses.
const MAX_RENEWALS: u8 = 3;

impl Form {
    pub(crate) const fn is_encrypted(self) -> bool {
        matches!(self, Self::Rc4)
    }
}
