//! What each answer leads to.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, Response};

use super::flow::{CaptchaFor, State, XIAOMIIO, account, parsed};
use super::question::{OpenReason, Via};
use super::{Login, LoginEvent, Outgoing};
use crate::account_body::AccountBody;
use crate::credentials::Credentials;
use crate::crypto::client_sign;
use crate::error::LoginError;
use crate::refusal::Refusal;
use crate::secret::{PassToken, Secret, ServiceToken, Ssecurity};
use crate::transmit::Failure;
use crate::trusted_url::{Scope, TrustedUrl};

impl Login {
    /// Starts from the beginning, with what is known by now.
    pub(super) fn begin(&mut self) {
        let flow = &mut self.flow;
        flow.jar.clear(Scope::Api);
        flow.ssecurity = None;
        flow.captcha_sent = false;
        flow.captcha_wrong = false;
        flow.captcha_rounds = 0;
        flow.hops = 0;
        flow.tips_seen = false;
        let by_qr_at_once = flow.by_qr && flow.sid == XIAOMIIO;
        // Other services name their QR parameters in the answer to step 1.
        self.go(if by_qr_at_once {
            State::AwaitQrStart
        } else {
            State::AwaitServiceLogin
        });
    }

    /// Goes on from a saved state.
    pub(super) fn resume(&mut self) {
        match self.flow.state {
            State::Start => self.begin(),
            // Whether this one arrived isn't known, and a code counts once.
            State::AwaitVerifyPost => self.ask(State::AwaitTicketAnswer, None),
            state => {
                if let Some(question) = self.flow.question(None) {
                    self.events.push_back(LoginEvent::Ask(question));
                }
                if state.is_request() {
                    self.outgoing = Outgoing::At(Duration::ZERO);
                }
            }
        }
    }

    /// Sends the request of another state.
    pub(super) fn go(&mut self, state: State) {
        self.flow.state = state;
        self.outgoing = Outgoing::At(Duration::ZERO);
    }

    pub(super) fn fail(&mut self, error: LoginError) {
        self.flow.state = State::Failed;
        self.outgoing = Outgoing::Idle;
        // Nothing secret outlives a login that is over.
        self.flow.password = None;
        self.flow.ticket = None;
        self.events.push_back(LoginEvent::Failed(error));
    }

    fn ask(&mut self, state: State, now: Option<Duration>) {
        self.flow.state = state;
        if let Some(question) = self.flow.question(now) {
            self.events.push_back(LoginEvent::Ask(question));
        }
    }

    pub(super) fn answered(&mut self, now: Duration, response: &Response<Bytes>) {
        let outcome = match self.flow.state {
            State::AwaitServiceLogin => self.service_login(response),
            State::AwaitAuth2 => self.auth2(response),
            State::AwaitCaptchaImage => self.captcha_image(response),
            State::AwaitIdentityList => self.identity_list(response),
            State::AwaitVerifyInfo => self.verify_info(response),
            State::AwaitSendTicket => self.ticket_sent(now, response),
            State::AwaitVerifyPost => self.ticket_verified(now, response),
            State::AwaitHop | State::AwaitSts => self.hop(response),
            State::AwaitQrStart => self.qr_started(now, response),
            State::AwaitQrPoll => self.qr_polled(now, response),
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            self.fail(error);
        }
    }

    pub(super) fn unanswered(&mut self, now: Duration, failure: Failure) {
        match self.flow.state {
            State::AwaitQrPoll if self.flow.qr_is_over(now) => self.fail(LoginError::QrExpired),
            // The server holds the request open until something happens.
            State::AwaitQrPoll if failure == Failure::Timeout => self.outgoing = Outgoing::At(now),
            State::AwaitQrPoll => self.outgoing = Outgoing::At(now + QR_PAUSE),
            // The code may be on its way all the same; sending again would count against the day's quota.
            State::AwaitSendTicket | State::AwaitVerifyPost => {
                self.flow.ticket_wrong = false;
                self.ask(State::AwaitTicketAnswer, Some(now));
            }
            _ if self.attempts < MAX_REPEATS => {
                self.attempts += 1;
                self.outgoing = Outgoing::At(now + Duration::from_secs(u64::from(self.attempts)));
            }
            _ => self.events.push_back(LoginEvent::Failed(LoginError::Unreachable)),
        }
    }

    pub(super) fn captcha_answered(&mut self, text: Secret) {
        self.flow.captcha_answer = Some(text);
        self.flow.captcha_sent = true;
        self.flow.image = None;
        self.go(match self.flow.captcha_for {
            CaptchaFor::Password => State::AwaitAuth2,
            CaptchaFor::SendTicket => State::AwaitVerifyInfo,
        });
    }

    /// Step 1: the pass token is accepted, or `_sign` and `qs` for step 2 come.
    fn service_login(&mut self, response: &Response<Bytes>) -> Result<(), LoginError> {
        let body = self.body("/pass/serviceLogin", response)?;
        if body.code() == Some(0) && body.filled("location").is_some() && body.filled("ssecurity").is_some() {
            return self.succeeded("/pass/serviceLogin", &body);
        }
        // The pass token isn't accepted any more: it mustn't get into the way of what follows.
        self.flow.jar.remove(Scope::Account, "passToken");
        let sign = body.filled("_sign").ok_or(LoginError::missing("_sign"))?;
        if self.flow.by_qr {
            let location = body.filled("location").ok_or(LoginError::missing("location"))?;
            let location = TrustedUrl::parse(&location, Some(&account("/pass/serviceLogin", None)?))?;
            self.flow.qr_query = location.query().map(Into::into);
            self.go(State::AwaitQrStart);
            return Ok(());
        }
        if self.flow.password.is_none() {
            return Err(LoginError::ReloginRequired);
        }
        self.flow.sign = sign;
        self.flow.qs = body.text("qs").unwrap_or_default();
        self.flow.callback = body.text("callback").unwrap_or_default();
        self.flow.captcha_sent = false;
        self.go(State::AwaitAuth2);
        Ok(())
    }

    /// Step 2. The order of the questions matters: an identity check comes with code 0 and "ok".
    fn auth2(&mut self, response: &Response<Bytes>) -> Result<(), LoginError> {
        let body = self.body("/pass/serviceLoginAuth2", response)?;
        if body.filled("location").is_some() {
            self.flow.password = None;
            return self.succeeded("/pass/serviceLoginAuth2", &body);
        }
        if let Some(captcha) = body.filled("captchaUrl") {
            return self.captcha_wanted(&captcha, CaptchaFor::Password);
        }
        self.flow.captcha_sent = false;
        if let Some(notification) = body.filled("notificationUrl") {
            let url = TrustedUrl::parse(&notification, Some(&account("/", None)?))?;
            self.flow.verify_url = Some(url.as_str().into());
            if url.path().contains("identity/authStart") {
                self.go(State::AwaitIdentityList);
            } else {
                self.open_url(if url.path().contains("verifyPhone") {
                    OpenReason::ConfirmPhone
                } else {
                    OpenReason::Verification
                });
            }
            return Ok(());
        }
        Err(match body.code().unwrap_or_default() {
            // In this step the limit is one of attempts, not of codes.
            code @ 70022 => LoginError::Refused {
                refusal: Refusal::RateLimited,
                code,
                description: body.description(),
            },
            code => LoginError::refused(code, body.description()),
        })
    }

    /// Takes over what a successful step names, and exchanges it for a service token.
    fn succeeded(&mut self, path: &str, body: &AccountBody) -> Result<(), LoginError> {
        let location = body.filled("location").ok_or(LoginError::missing("location"))?;
        let location = TrustedUrl::parse(&location, Some(&account(path, None)?))?;
        let ssecurity = body.text("ssecurity").unwrap_or_default();
        let ssecurity = Ssecurity::from_base64(&ssecurity).map_err(|_| LoginError::MissingSsecurity)?;
        self.flow.ssecurity = Some(ssecurity.0);
        self.flow.nonce = body.text("nonce");
        if let Some(user_id) = body.filled("userId") {
            self.flow
                .jar
                .set(Scope::Account, "userId", Secret::new(user_id.as_str()));
            self.flow.user_id = Some(user_id);
        }
        if let Some(c_user_id) = body.filled("cUserId") {
            self.flow.c_user_id = Some(c_user_id);
        }
        if let Some(token) = body.filled("passToken").map(Secret::new) {
            self.flow.jar.set(Scope::Account, "passToken", token.clone());
            self.flow.pass_token = Some(token);
        }
        self.flow.hops = 0;
        self.follow(location)
    }

    /// Requests an address that was already found trustworthy.
    fn follow(&mut self, url: TrustedUrl) -> Result<(), LoginError> {
        let enters_sts = url.is_sts() && self.flow.state != State::AwaitSts;
        let url = match (&self.flow.nonce, &self.flow.ssecurity) {
            (Some(nonce), Some(ssecurity)) if enters_sts && self.flow.sid != XIAOMIIO => {
                url.with_parameter("clientSign", &client_sign(nonce, &Ssecurity(ssecurity.clone())))?
            }
            _ => url,
        };
        let state = if url.is_sts() {
            State::AwaitSts
        } else {
            State::AwaitHop
        };
        self.flow.last_url = Some(Secret::new(url.as_str()));
        self.go(state);
        Ok(())
    }

    /// One answer of a chain of redirects: what is needed is in headers on the way.
    fn hop(&mut self, response: &Response<Bytes>) -> Result<(), LoginError> {
        let url = parsed(self.flow.last_url.as_ref().map(Secret::expose))?;
        let headers = response.headers();
        let status = response.status().as_u16();
        self.flow.jar.store(&url, headers);
        self.take_cookies();
        self.take_pragma(headers);
        let location = headers
            .get(LOCATION)
            .and_then(|location| std::str::from_utf8(location.as_bytes()).ok());
        if let (301 | 302 | 303 | 307 | 308, Some(location)) = (status, location) {
            let mut target = TrustedUrl::parse(location, Some(&url))?;
            if target.path().starts_with("/fe/")
                && let Some(skip) = target.parameter("skipUrl")
            {
                target = TrustedUrl::parse(&skip, Some(&target))?;
            }
            if self.flow.hops >= MAX_HOPS {
                return Err(LoginError::RedirectLoop { hops: MAX_HOPS });
            }
            self.flow.hops += 1;
            return self.follow(target);
        }
        if status == 200 && self.flow.jar.get(Scope::Api, "serviceToken").is_some() {
            return self.finished();
        }
        if self.flow.state == State::AwaitSts {
            return Err(match status {
                401 | 403 => LoginError::AccessDenied { status },
                200 => LoginError::MissingServiceToken,
                _ => LoginError::HttpStatus { status },
            });
        }
        if status == 200 && contains(response.body(), b"Xiaomi Account - Tips") {
            if self.flow.tips_seen {
                return Err(LoginError::MissingSsecurity);
            }
            self.flow.tips_seen = true;
            self.go(State::AwaitHop);
            return Ok(());
        }
        let body = AccountBody::parse(response.body()).ok();
        let code = body.as_ref().and_then(AccountBody::code).unwrap_or_default();
        Err(LoginError::Refused {
            refusal: Refusal::AccountError,
            code,
            description: body.as_ref().and_then(AccountBody::description),
        })
    }

    /// Names that redirects set as cookies only.
    fn take_cookies(&mut self) {
        let flow = &mut self.flow;
        for scope in [Scope::Account, Scope::Api] {
            let text = |name| flow.jar.get(scope, name).filter(|value| !value.is_empty());
            if let Some(user_id) = text("userId") {
                flow.user_id = Some(user_id.expose().into());
            }
            if let Some(c_user_id) = text("cUserId") {
                flow.c_user_id = Some(c_user_id.expose().into());
            }
        }
        if let Some(token) = flow.jar.get(Scope::Account, "passToken") {
            flow.pass_token = Some(token.clone());
        }
    }

    /// The header that carries ssecurity after a verification.
    fn take_pragma(&mut self, headers: &HeaderMap) {
        let Some(pragma) = headers.get("extension-pragma") else {
            return;
        };
        let Ok(pragma) = AccountBody::parse(pragma.as_bytes()) else {
            return;
        };
        let ssecurity = pragma.text("ssecurity").unwrap_or_default();
        if let Ok(ssecurity) = Ssecurity::from_base64(&ssecurity) {
            self.flow.ssecurity = Some(ssecurity.0);
            self.flow.nonce = pragma.text("nonce").or(self.flow.nonce.take());
        }
    }

    fn finished(&mut self) -> Result<(), LoginError> {
        let flow = &mut self.flow;
        let Some(ssecurity) = flow.ssecurity.clone() else {
            // With the pass token, step 1 tells what was missed.
            if flow.jar.get(Scope::Account, "passToken").is_some()
                && flow.user_id.is_some()
                && !flow.stepped_back
            {
                flow.stepped_back = true;
                if let Some(user_id) = &flow.user_id {
                    flow.jar
                        .set(Scope::Account, "userId", Secret::new(user_id.as_str()));
                }
                flow.by_qr = false;
                self.begin();
                return Ok(());
            }
            return Err(LoginError::MissingSsecurity);
        };
        let service_token = flow
            .jar
            .get(Scope::Api, "serviceToken")
            .ok_or(LoginError::MissingServiceToken)?;
        let credentials = Credentials {
            sid: flow.sid.clone(),
            identity: flow.identity.clone(),
            user_id: flow.user_id.clone().ok_or(LoginError::missing("userId"))?,
            c_user_id: flow.c_user_id.clone(),
            pass_token: flow.pass_token.clone().map(PassToken),
            ssecurity: Ssecurity(ssecurity),
            service_token: ServiceToken(service_token.clone()),
        };
        flow.password = None;
        flow.ticket = None;
        flow.state = State::LoggedIn;
        self.events.push_back(LoginEvent::LoggedIn(Box::new(credentials)));
        Ok(())
    }

    fn captcha_wanted(&mut self, url: &str, captcha_for: CaptchaFor) -> Result<(), LoginError> {
        let flow = &mut self.flow;
        // The same code says "needed" and "wrong": only who has just sent an answer was wrong.
        flow.captcha_wrong = flow.captcha_sent;
        flow.captcha_rounds += u8::from(flow.captcha_sent);
        if flow.captcha_rounds >= MAX_CAPTCHAS {
            return Err(LoginError::CaptchaRefused {
                rounds: flow.captcha_rounds,
            });
        }
        flow.captcha_for = captcha_for;
        flow.captcha_sent = false;
        flow.captcha_answer = None;
        flow.jar.remove(Scope::Account, "ick");
        let url = TrustedUrl::parse(url, Some(&account("/", None)?))?;
        flow.captcha_url = Some(url.as_str().into());
        self.go(State::AwaitCaptchaImage);
        Ok(())
    }

    fn captcha_image(&mut self, response: &Response<Bytes>) -> Result<(), LoginError> {
        let flow = &mut self.flow;
        let url = parsed(flow.captcha_url.as_deref())?;
        flow.jar.store(&url, response.headers());
        let (status, image) = (response.status().as_u16(), response.body());
        let cookie = flow.jar.get(Scope::Account, "ick").is_some();
        if status != 200 || image.is_empty() || image.len() > MAX_IMAGE || !cookie {
            return Err(LoginError::CaptchaIncomplete {
                status,
                bytes: image.len(),
                cookie,
            });
        }
        let content_type = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        flow.image_type = content_type.map(|text| text.chars().take(100).collect());
        flow.image = Some(STANDARD.encode(image));
        self.ask(State::AwaitCaptchaAnswer, None);
        Ok(())
    }

    fn identity_list(&mut self, response: &Response<Bytes>) -> Result<(), LoginError> {
        let body = self.body("/identity/list", response)?;
        if self.flow.jar.get(Scope::Account, "identity_session").is_none() {
            return Err(LoginError::MissingIdentitySession);
        }
        let mut options: Vec<u8> = body
            .value::<Vec<serde_json::Value>>("options")
            .unwrap_or_default()
            .iter()
            .filter_map(|option| u8::try_from(crate::json::value_integer(option)?).ok())
            .collect();
        options.truncate(16);
        let flag = body
            .integer("flag")
            .map(|flag| u8::try_from(flag).unwrap_or_default())
            .or_else(|| options.first().copied());
        self.flow.options = options;
        match flag.filter(|flag| Via::of_flag(*flag).is_some()) {
            Some(flag) => {
                self.flow.flag = Some(flag);
                self.go(State::AwaitVerifyInfo);
            }
            None => self.open_url(OpenReason::UnsupportedMethod),
        }
        Ok(())
    }

    fn verify_info(&mut self, response: &Response<Bytes>) -> Result<(), LoginError> {
        let body = self.body("/identity/auth/verify", response)?;
        match body.code() {
            Some(0) => {}
            code => return Err(LoginError::refused(code.unwrap_or_default(), body.description())),
        }
        let masked = body.filled("maskedPhone").or_else(|| body.filled("maskedEmail"));
        self.flow.masked = masked.map(|masked| crate::error::presentable(&masked));
        self.go(State::AwaitSendTicket);
        Ok(())
    }

    fn ticket_sent(&mut self, now: Duration, response: &Response<Bytes>) -> Result<(), LoginError> {
        let body = self.body("/identity/auth/send", response)?;
        self.flow.resend = false;
        if let Some(captcha) = body.filled("captchaUrl") {
            return self.captcha_wanted(&captcha, CaptchaFor::SendTicket);
        }
        self.flow.captcha_sent = false;
        if body.text("type").as_deref() == Some("manMachine") {
            self.open_url(OpenReason::UnsolvableCaptcha);
            return Ok(());
        }
        match body.code() {
            Some(0) => {}
            code => return Err(LoginError::refused(code.unwrap_or_default(), body.description())),
        }
        let wait = body
            .value::<serde_json::Value>("data")
            .and_then(|data| crate::json::value_integer(data.get("wt")?))
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map(|seconds| Duration::from_secs(seconds.min(24 * 3600)));
        self.flow.resend_at_ms = wait.map(|wait| milliseconds(now + wait));
        self.flow.ticket_wrong = false;
        self.ask(State::AwaitTicketAnswer, Some(now));
        Ok(())
    }

    fn ticket_verified(&mut self, now: Duration, response: &Response<Bytes>) -> Result<(), LoginError> {
        let body = self.body("/identity/auth/verify", response)?;
        self.flow.ticket = None;
        if body.code() != Some(0) {
            self.flow.ticket_wrong = true;
            self.ask(State::AwaitTicketAnswer, Some(now));
            return Ok(());
        }
        self.flow.hops = 0;
        self.flow.tips_seen = false;
        let next = match body.filled("location") {
            Some(location) => TrustedUrl::parse(&location, Some(&account("/identity/auth/verify", None)?))?,
            None => {
                let verify = parsed(self.flow.verify_url.as_deref())?;
                let context = verify
                    .parameter("context")
                    .ok_or(LoginError::missing("context"))?;
                let sid = verify.parameter("sid").unwrap_or_else(|| self.flow.sid.clone());
                let query = crate::form::encode([("sid", sid.as_str()), ("context", context.as_str())]);
                account("/identity/result/check", Some(&query))?
            }
        };
        self.follow(next)
    }

    fn qr_started(&mut self, now: Duration, response: &Response<Bytes>) -> Result<(), LoginError> {
        let body = self.body("/longPolling/loginUrl", response)?;
        match body.code() {
            Some(0) => {}
            None => return Err(LoginError::missing("code")),
            Some(code) => return Err(LoginError::refused(code, body.description())),
        }
        let base = account("/longPolling/loginUrl", None)?;
        let url = |name: &'static str| {
            let text = body.filled(name).ok_or(LoginError::missing(name))?;
            Ok::<_, LoginError>(TrustedUrl::parse(&text, Some(&base))?.as_str().to_owned())
        };
        let (image, login, poll) = (url("qr")?, url("loginUrl")?, url("lp")?);
        let timeout = body
            .integer("timeout")
            .and_then(|seconds| u64::try_from(seconds).ok());
        let timeout = Duration::from_secs(timeout.unwrap_or(300).min(3600));
        let flow = &mut self.flow;
        flow.qr_image_url = Some(image);
        flow.qr_login_url = Some(login);
        flow.lp = Some(poll);
        flow.deadline_ms = Some(milliseconds(now + timeout));
        self.ask(State::AwaitQrPoll, Some(now));
        self.go(State::AwaitQrPoll);
        Ok(())
    }

    fn qr_polled(&mut self, now: Duration, response: &Response<Bytes>) -> Result<(), LoginError> {
        if response.status() != 200 {
            if self.flow.qr_is_over(now) {
                return Err(LoginError::QrExpired);
            }
            self.outgoing = Outgoing::At(now + QR_PAUSE);
            return Ok(());
        }
        let body = AccountBody::parse(response.body())?;
        if body.filled("location").is_none() {
            return Err(LoginError::refused(
                body.code().unwrap_or_default(),
                body.description(),
            ));
        }
        self.succeeded("/longPolling/loginUrl", &body)
    }

    fn open_url(&mut self, reason: OpenReason) {
        self.flow.open_reason = Some(reason);
        self.ask(State::AwaitUserBrowser, None);
    }

    /// The JSON of an answer with status 200, after its cookies.
    fn body(&mut self, path: &str, response: &Response<Bytes>) -> Result<AccountBody, LoginError> {
        let status = response.status().as_u16();
        if status != 200 {
            return Err(LoginError::HttpStatus { status });
        }
        let body = AccountBody::parse(response.body())?;
        self.flow.jar.store(&account(path, None)?, response.headers());
        Ok(body)
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn contains(body: &[u8], words: &[u8]) -> bool {
    let head = body.get(..MAX_PAGE).unwrap_or(body);
    head.windows(words.len()).any(|window| window == words)
}

const MAX_HOPS: u8 = 10;
const MAX_CAPTCHAS: u8 = 3;
const MAX_REPEATS: u8 = 2;
const MAX_IMAGE: usize = 1 << 20;
/// How far into a page its title is looked for.
const MAX_PAGE: usize = 64 << 10;
const QR_PAUSE: Duration = Duration::from_secs(1);
