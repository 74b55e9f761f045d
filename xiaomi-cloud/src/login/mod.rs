//! The login: a state machine from user name or QR code to [`Credentials`].
//!
//! It makes requests, reads their answers and redirects, and asks the user what only the user can answer. Between two
//! questions it can be saved and, days later, restored.
//!
//! `now` is always the time since 1970: the account server wants it.

mod answers;
mod flow;
mod question;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use zeroize::Zeroizing;

use crate::credentials::{Credentials, RestoreError};
use crate::error::LoginError;
use crate::identity::Identity;
use crate::secret::{PassToken, Password, Secret};
use crate::transmit::{Failure, RequestId, Transmit};
use crate::trusted_url::Scope;

use flow::Flow;
pub use flow::State;
pub use question::{AnswerError, OpenReason, Question, Via};

/// What a login says.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoginEvent {
    /// The user must answer.
    Ask(Question),
    /// It is done.
    LoggedIn(Box<Credentials>),
    /// It ended without success. After [`LoginError::Unreachable`] it can go on with [`Login::retry`].
    Failed(LoginError),
}

/// A login. Drive it with `poll_transmit` and `poll_event` after every call, until both say `None`.
///
/// ```
/// use std::time::Duration;
/// use xiaomi_cloud::{Identity, Login, Password};
/// # use rand_core::SeedableRng;
/// # let mut generator = rand_chacha::ChaCha20Rng::seed_from_u64(1);
///
/// let identity = Identity::random(&mut generator);
/// let mut login = Login::password(identity, "user@example.com", Password::new("correct"));
/// let transmit = login.poll_transmit(Duration::from_secs(1_763_629_200)).unwrap();
/// assert_eq!(transmit.request.uri().host(), Some("account.xiaomi.com"));
/// ```
pub struct Login {
    flow: Flow,
    outgoing: Outgoing,
    events: VecDeque<LoginEvent>,
    last_id: u64,
    attempts: u8,
}

/// The one request of the state.
enum Outgoing {
    /// There is none, or it was answered.
    Idle,
    /// It goes out at this time.
    At(Duration),
    /// It is on its way.
    Flying(RequestId),
}

impl Login {
    /// With the password. The user is an email address, a phone number with country code, or the numeric account id.
    #[must_use]
    pub fn password(identity: Identity, user: impl Into<String>, password: Password) -> Self {
        let mut flow = Flow::new(identity);
        flow.user = Some(user.into());
        flow.password = Some(password.0);
        Self::start(flow)
    }

    /// With a QR code, which the user scans with an app that is logged in: no password, no captcha.
    #[must_use]
    pub fn qr(identity: Identity) -> Self {
        let mut flow = Flow::new(identity);
        flow.by_qr = true;
        Self::start(flow)
    }

    /// With the pass token of an earlier login of the same identity.
    #[must_use]
    pub fn pass_token(identity: Identity, user_id: impl Into<String>, token: PassToken) -> Self {
        let mut flow = Flow::new(identity);
        let user_id = user_id.into();
        flow.jar
            .set(Scope::Account, "userId", Secret::new(user_id.as_str()));
        flow.jar.set(Scope::Account, "passToken", token.0.clone());
        flow.user_id = Some(user_id);
        flow.pass_token = Some(token.0);
        Self::start(flow)
    }

    /// Renews earlier credentials.
    #[must_use]
    pub fn renew(credentials: &Credentials) -> Option<Self> {
        let token = credentials.pass_token.clone()?;
        let login = Self::pass_token(credentials.identity.clone(), credentials.user_id.as_str(), token);
        Some(login.sid(credentials.sid.as_str()))
    }

    /// For another service than `xiaomiio`: `mijia` (newer Mi Home), `micoapi` (speakers), `i.mi.com`. Anything but
    /// letters, digits, `.`, `_` and `-` is ignored.
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        let sid = sid.into();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !sid.is_empty() && sid.len() <= 64 && sid.bytes().all(legal) {
            self.flow.sid = sid;
            self.begin();
        }
        self
    }

    /// The language of what the server says, as `en_GB`, the default. Other text than letters and `_` is ignored.
    #[must_use]
    pub fn locale(mut self, locale: impl Into<String>) -> Self {
        let locale = locale.into();
        if locale.len() <= 16
            && locale
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            self.flow.locale = locale;
        }
        self
    }

    fn start(flow: Flow) -> Self {
        let mut login = Self::with(flow);
        login.begin();
        login
    }

    const fn with(flow: Flow) -> Self {
        Self {
            flow,
            outgoing: Outgoing::Idle,
            events: VecDeque::new(),
            last_id: 0,
            attempts: 0,
        }
    }

    /// The state as bytes, to go on with another time. They hold secrets, the password's hash among them.
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(&self.flow).unwrap_or_default())
    }

    /// Goes on where [`Login::save`] was called: an open question is asked again, a request without answer is sent
    /// again, except that a code from an SMS or email is asked for again.
    ///
    /// # Errors
    ///
    /// Bytes that [`Login::save`] of this version didn't write.
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        let broken = RestoreError { found: bytes.len() };
        let flow: Flow = serde_json::from_slice(bytes).map_err(|_| broken)?;
        if flow.version != flow::VERSION {
            return Err(broken);
        }
        let mut login = Self::with(flow);
        login.resume();
        Ok(login)
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.flow.state
    }

    /// An answer came. One that doesn't belong to the open request is ignored.
    pub fn handle_response(&mut self, now: Duration, id: RequestId, response: &Response<Bytes>) {
        if !matches!(self.outgoing, Outgoing::Flying(open) if open == id) {
            return;
        }
        self.outgoing = Outgoing::Idle;
        self.attempts = 0;
        self.answered(now, response);
    }

    /// A request has no answer. Most are sent again, at most three times.
    pub fn handle_failure(&mut self, now: Duration, id: RequestId, failure: Failure) {
        if !matches!(self.outgoing, Outgoing::Flying(open) if open == id) {
            return;
        }
        self.outgoing = Outgoing::Idle;
        self.unanswered(now, failure);
    }

    /// The time of [`Login::poll_timeout`] has come; earlier is harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.flow.state == State::AwaitQrPoll && self.flow.qr_is_over(now) {
            self.outgoing = Outgoing::Idle;
            self.fail(LoginError::QrExpired);
        }
    }

    /// A request to send, if there is one now. Call it after each of the other calls.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        self.handle_timeout(now);
        match self.outgoing {
            Outgoing::At(time) if time <= now => {}
            _ => return None,
        }
        self.last_id += 1;
        let id = RequestId(self.last_id);
        match self.flow.request(now) {
            Ok(request) => {
                self.outgoing = Outgoing::Flying(id);
                Some(Transmit {
                    id,
                    request,
                    timeout: self.flow.timeout(),
                })
            }
            Err(error) => {
                self.outgoing = Outgoing::Idle;
                self.fail(error);
                None
            }
        }
    }

    /// What happened. Call it after each of the other calls until it is `None`.
    pub fn poll_event(&mut self) -> Option<LoginEvent> {
        self.events.pop_front()
    }

    /// When to call [`Login::poll_transmit`] and [`Login::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let send = match self.outgoing {
            Outgoing::At(time) if time > Duration::ZERO => Some(time),
            _ => None,
        };
        let over = self
            .flow
            .qr_deadline()
            .filter(|_| self.flow.state == State::AwaitQrPoll);
        send.into_iter().chain(over).min()
    }

    /// Answers a captcha. Letter case counts; space around the text doesn't.
    ///
    /// # Errors
    ///
    /// No captcha is asked, or the text is empty.
    pub fn answer_captcha(&mut self, text: &str) -> Result<(), AnswerError> {
        let text = self.answer(State::AwaitCaptchaAnswer, text)?;
        self.captcha_answered(text);
        Ok(())
    }

    /// Answers with the code of the SMS or email.
    ///
    /// # Errors
    ///
    /// No code is asked for, or the text is empty.
    pub fn answer_ticket(&mut self, text: &str) -> Result<(), AnswerError> {
        let text = self.answer(State::AwaitTicketAnswer, text)?;
        self.flow.ticket = Some(text);
        self.go(State::AwaitVerifyPost);
        Ok(())
    }

    /// Has another code sent.
    ///
    /// # Errors
    ///
    /// No code is asked for, or the last one is too young.
    pub fn resend_ticket(&mut self, now: Duration) -> Result<(), AnswerError> {
        if self.flow.state != State::AwaitTicketAnswer {
            return Err(AnswerError::NotAsked);
        }
        if let Some(wait) = self.flow.resend_wait(now) {
            return Err(AnswerError::TooEarly { wait });
        }
        self.flow.resend = true;
        self.go(State::AwaitVerifyInfo);
        Ok(())
    }

    /// Has the code sent the other way, where the question names one.
    ///
    /// # Errors
    ///
    /// No code is asked for, or the account doesn't have this way.
    pub fn use_method(&mut self, via: Via) -> Result<(), AnswerError> {
        if self.flow.state != State::AwaitTicketAnswer || !self.flow.options.contains(&via.flag()) {
            return Err(AnswerError::NotAsked);
        }
        self.flow.flag = Some(via.flag());
        self.flow.masked = None;
        self.go(State::AwaitVerifyInfo);
        Ok(())
    }

    /// The user has done what the address of [`Question::OpenUrl`] asked for: the login starts again.
    ///
    /// # Errors
    ///
    /// No address is open.
    pub fn browser_done(&mut self) -> Result<(), AnswerError> {
        if self.flow.state != State::AwaitUserBrowser {
            return Err(AnswerError::NotAsked);
        }
        self.begin();
        Ok(())
    }

    /// Sends the last request again, after [`LoginError::Unreachable`].
    pub fn retry(&mut self) {
        if matches!(self.outgoing, Outgoing::Idle) && self.flow.state.is_request() {
            self.attempts = 0;
            self.outgoing = Outgoing::At(Duration::ZERO);
        }
    }

    fn answer(&self, state: State, text: &str) -> Result<Secret, AnswerError> {
        if self.flow.state != state {
            return Err(AnswerError::NotAsked);
        }
        match text.trim() {
            "" => Err(AnswerError::Empty),
            text if text.len() > 64 => Err(AnswerError::TooLong { found: text.len() }),
            text => Ok(Secret::new(text)),
        }
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("state", &self.flow.state)
            .finish_non_exhaustive()
    }
}
