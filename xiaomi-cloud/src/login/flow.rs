//! What a login remembers, and the request that belongs to each of its states.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, USER_AGENT};
use http::{HeaderValue, Method, Request};
use serde::{Deserialize, Serialize};

use super::question::{OpenReason, Question, Via};
use crate::cookies::{self, Jar};
use crate::error::LoginError;
use crate::form;
use crate::identity::Identity;
use crate::secret::Secret;
use crate::trusted_url::{Scope, TrustedUrl};

/// Where a login stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Nothing was sent yet.
    #[default]
    Start,
    /// Step 1 is on its way.
    AwaitServiceLogin,
    /// The password's hash is on its way.
    AwaitAuth2,
    /// A captcha's picture is on its way.
    AwaitCaptchaImage,
    /// The user looks at a captcha.
    AwaitCaptchaAnswer,
    /// The ways of verification are on their way.
    AwaitIdentityList,
    /// The masked phone number or email address is on its way.
    AwaitVerifyInfo,
    /// A code is being sent.
    AwaitSendTicket,
    /// The user waits for a code.
    AwaitTicketAnswer,
    /// The code is on its way.
    AwaitVerifyPost,
    /// A redirect is followed.
    AwaitHop,
    /// The exchange for a service token is on its way.
    AwaitSts,
    /// A QR code is on its way.
    AwaitQrStart,
    /// The user scans a QR code.
    AwaitQrPoll,
    /// The user does something in a browser.
    AwaitUserBrowser,
    /// Done.
    LoggedIn,
    /// Over.
    Failed,
}

impl State {
    pub(super) const fn is_request(self) -> bool {
        !matches!(
            self,
            Self::Start
                | Self::AwaitCaptchaAnswer
                | Self::AwaitTicketAnswer
                | Self::AwaitUserBrowser
                | Self::LoggedIn
                | Self::Failed
        )
    }
}

/// What a captcha belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CaptchaFor {
    #[default]
    Password,
    SendTicket,
}

/// Everything that outlives a question.
#[derive(Serialize, Deserialize)]
pub(super) struct Flow {
    pub(super) version: u32,
    pub(super) sid: String,
    pub(super) locale: String,
    pub(super) identity: Identity,
    pub(super) by_qr: bool,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) jar: Jar,
    pub(super) state: State,
    // Step 1's values, which step 2 echoes.
    pub(super) qs: String,
    pub(super) sign: String,
    pub(super) callback: String,
    // Captchas.
    pub(super) captcha_for: CaptchaFor,
    pub(super) captcha_url: Option<String>,
    pub(super) captcha_answer: Option<Secret>,
    pub(super) captcha_sent: bool,
    pub(super) captcha_wrong: bool,
    pub(super) captcha_rounds: u8,
    pub(super) image: Option<String>,
    pub(super) image_type: Option<String>,
    // Verification.
    pub(super) verify_url: Option<String>,
    pub(super) open_reason: Option<OpenReason>,
    pub(super) flag: Option<u8>,
    pub(super) options: Vec<u8>,
    pub(super) masked: Option<String>,
    pub(super) ticket: Option<Secret>,
    pub(super) ticket_wrong: bool,
    pub(super) resend: bool,
    pub(super) resend_at_ms: Option<u64>,
    // Redirects.
    pub(super) hops: u8,
    pub(super) last_url: Option<Secret>,
    pub(super) tips_seen: bool,
    pub(super) stepped_back: bool,
    // QR code.
    pub(super) qr_query: Option<String>,
    pub(super) qr_login_url: Option<String>,
    pub(super) qr_image_url: Option<String>,
    pub(super) lp: Option<String>,
    pub(super) deadline_ms: Option<u64>,
    // What the login is for.
    pub(super) nonce: Option<String>,
    pub(super) ssecurity: Option<Secret>,
    pub(super) user_id: Option<String>,
    pub(super) c_user_id: Option<String>,
    pub(super) pass_token: Option<Secret>,
}

pub(super) const VERSION: u32 = 1;

impl Flow {
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            version: VERSION,
            sid: XIAOMIIO.into(),
            locale: "en_GB".into(),
            identity,
            by_qr: false,
            user: None,
            password: None,
            jar: Jar::default(),
            state: State::Start,
            qs: String::new(),
            sign: String::new(),
            callback: String::new(),
            captcha_for: CaptchaFor::Password,
            captcha_url: None,
            captcha_answer: None,
            captcha_sent: false,
            captcha_wrong: false,
            captcha_rounds: 0,
            image: None,
            image_type: None,
            verify_url: None,
            open_reason: None,
            flag: None,
            options: Vec::new(),
            masked: None,
            ticket: None,
            ticket_wrong: false,
            resend: false,
            resend_at_ms: None,
            hops: 0,
            last_url: None,
            tips_seen: false,
            stepped_back: false,
            qr_query: None,
            qr_login_url: None,
            qr_image_url: None,
            lp: None,
            deadline_ms: None,
            nonce: None,
            ssecurity: None,
            user_id: None,
            c_user_id: None,
            pass_token: None,
        }
    }

    /// The request of the state. Redirects aside, it depends on nothing but what is remembered, so it can be made again.
    pub(super) fn request(&self, now: Duration) -> Result<Request<Bytes>, LoginError> {
        match self.state {
            State::AwaitServiceLogin => {
                let query = form::encode([("sid", self.sid.as_str()), ("_json", "true")]);
                self.get(&account("/pass/serviceLogin", Some(&query))?)
            }
            State::AwaitAuth2 => self.auth2(),
            State::AwaitCaptchaImage => self.get(&parsed(self.captcha_url.as_deref())?),
            State::AwaitIdentityList => {
                let url = parsed(self.verify_url.as_deref())?;
                self.get(&url.with_path("/identity/list")?)
            }
            State::AwaitVerifyInfo => {
                let query = format!("_flag={}&_json=true", self.via().flag());
                self.get(&account(self.verify_path(), Some(&query))?)
            }
            State::AwaitSendTicket => self.send_ticket(),
            State::AwaitVerifyPost => self.verify_ticket(now),
            State::AwaitHop | State::AwaitSts => {
                self.get(&parsed(self.last_url.as_ref().map(Secret::expose))?)
            }
            State::AwaitQrStart => self.qr_start(now),
            State::AwaitQrPoll => self.get(&parsed(self.lp.as_deref())?),
            // The others have none, and nobody asks for it.
            _ => Err(LoginError::missing("state")),
        }
    }

    pub(super) fn timeout(&self) -> Duration {
        match self.state {
            State::AwaitQrPoll => Duration::from_secs(30),
            _ => Duration::from_secs(10),
        }
    }

    fn auth2(&self) -> Result<Request<Bytes>, LoginError> {
        let mut fields = vec![
            ("_json", "true"),
            ("sid", self.sid.as_str()),
            ("callback", &self.callback),
            ("qs", &self.qs),
            ("_sign", &self.sign),
            ("user", self.user.as_deref().unwrap_or_default()),
            (
                "hash",
                self.password.as_ref().map(Secret::expose).unwrap_or_default(),
            ),
        ];
        if self.captcha_sent
            && let Some(answer) = &self.captcha_answer
        {
            fields.push(("captCode", answer.expose()));
        }
        self.post(&account("/pass/serviceLoginAuth2", None)?, fields)
    }

    fn send_ticket(&self) -> Result<Request<Bytes>, LoginError> {
        let path = match self.via() {
            Via::Phone => "/identity/auth/sendPhoneTicket",
            Via::Email => "/identity/auth/sendEmailTicket",
        };
        let answer = self
            .captcha_answer
            .as_ref()
            .filter(|_| self.captcha_for == CaptchaFor::SendTicket && self.captcha_sent);
        let fields = [
            ("retry", if self.resend { "1" } else { "0" }),
            ("icode", answer.map(Secret::expose).unwrap_or_default()),
            ("_json", "true"),
        ];
        self.post(&account(path, None)?, fields)
    }

    fn verify_ticket(&self, now: Duration) -> Result<Request<Bytes>, LoginError> {
        let flag = self.via().flag().to_string();
        let query = format!("_dc={}", now.as_millis());
        let fields = [
            ("_flag", flag.as_str()),
            (
                "ticket",
                self.ticket.as_ref().map(Secret::expose).unwrap_or_default(),
            ),
            ("trust", "false"),
            ("_json", "true"),
        ];
        self.post(&account(self.verify_path(), Some(&query))?, fields)
    }

    fn qr_start(&self, now: Duration) -> Result<Request<Bytes>, LoginError> {
        let time = now.as_millis().to_string();
        let query = if let Some(query) = &self.qr_query {
            let more = [
                ("theme", ""),
                ("bizDeviceType", ""),
                ("_hasLogo", "false"),
                ("_qrsize", "480"),
                ("_dc", time.as_str()),
            ];
            format!("{query}&{}", form::encode(more))
        } else {
            form::encode([
                ("_qrsize", "480"),
                ("qs", QR_QS),
                ("callback", QR_CALLBACK),
                ("_hasLogo", "false"),
                ("sid", self.sid.as_str()),
                ("serviceParam", ""),
                ("_locale", self.locale.as_str()),
                ("_dc", time.as_str()),
            ])
        };
        self.get(&account("/longPolling/loginUrl", Some(&query))?)
    }

    fn get(&self, url: &TrustedUrl) -> Result<Request<Bytes>, LoginError> {
        self.finish(Method::GET, url, Bytes::new())
    }

    fn post<'a>(
        &self,
        url: &TrustedUrl,
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Request<Bytes>, LoginError> {
        let mut request = self.finish(Method::POST, url, form::encode(fields).into())?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        Ok(request)
    }

    fn finish(&self, method: Method, url: &TrustedUrl, body: Bytes) -> Result<Request<Bytes>, LoginError> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = url.as_str().parse().map_err(|_| LoginError::missing("address"))?;
        let headers = request.headers_mut();
        if let Ok(agent) = HeaderValue::from_str(&self.identity.user_agent) {
            headers.insert(USER_AGENT, agent);
        }
        let scope = url.scope();
        let own = [
            ("sdkVersion", self.identity.sdk_version.as_str()),
            ("deviceId", self.identity.device_id.as_str()),
        ];
        let own = own.into_iter().filter(|_| scope == Scope::Account);
        if let Some(cookie) = cookies::header(own.chain(self.jar.all(scope))) {
            headers.insert(COOKIE, cookie);
        }
        Ok(request)
    }

    pub(super) fn via(&self) -> Via {
        self.flag.and_then(Via::of_flag).unwrap_or(Via::Phone)
    }

    fn verify_path(&self) -> &'static str {
        match self.via() {
            Via::Phone => "/identity/auth/verifyPhone",
            Via::Email => "/identity/auth/verifyEmail",
        }
    }

    pub(super) fn qr_deadline(&self) -> Option<Duration> {
        self.deadline_ms.map(Duration::from_millis)
    }

    pub(super) fn qr_is_over(&self, now: Duration) -> bool {
        self.qr_deadline().is_some_and(|deadline| deadline <= now)
    }

    pub(super) fn resend_wait(&self, now: Duration) -> Option<Duration> {
        let wait = Duration::from_millis(self.resend_at_ms?).checked_sub(now)?;
        Some(wait).filter(|wait| !wait.is_zero())
    }

    /// The question that is open in this state.
    pub(super) fn question(&self, now: Option<Duration>) -> Option<Question> {
        match self.state {
            State::AwaitCaptchaAnswer => Some(Question::Captcha {
                image: STANDARD.decode(self.image.as_deref()?).ok()?.into(),
                content_type: self.image_type.clone(),
                wrong: self.captcha_wrong,
            }),
            State::AwaitTicketAnswer => Some(Question::Ticket {
                via: self.via(),
                masked: self.masked.clone(),
                resend_after: now.and_then(|now| self.resend_wait(now)),
                wrong: self.ticket_wrong,
                other: self
                    .options
                    .iter()
                    .filter_map(|flag| Via::of_flag(*flag))
                    .find(|via| *via != self.via()),
            }),
            State::AwaitUserBrowser => Some(Question::OpenUrl {
                reason: self.open_reason.unwrap_or(OpenReason::Verification),
                url: self.verify_url.clone()?,
            }),
            State::AwaitQrPoll => Some(Question::ScanQr {
                login_url: self.qr_login_url.clone()?,
                image_url: self.qr_image_url.clone()?,
                expires_in: self.qr_deadline()?.saturating_sub(now.unwrap_or_default()),
            }),
            _ => None,
        }
    }
}

/// An address of the account server.
pub(super) fn account(path: &str, query: Option<&str>) -> Result<TrustedUrl, LoginError> {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok(TrustedUrl::parse(
        &format!("https://{ACCOUNT_HOST}{path}{query}"),
        None,
    )?)
}

/// A remembered address. It was trusted when it came; a saved state is checked again.
pub(super) fn parsed(text: Option<&str>) -> Result<TrustedUrl, LoginError> {
    let text = text.ok_or(LoginError::missing("address"))?;
    Ok(TrustedUrl::parse(text, None)?)
}

pub(super) const XIAOMIIO: &str = "xiaomiio";
const ACCOUNT_HOST: &str = "account.xiaomi.com";
const QR_QS: &str = "%3Fsid%3Dxiaomiio%26_json%3Dtrue";
const QR_CALLBACK: &str = "https://sts.api.io.mi.com/sts";
