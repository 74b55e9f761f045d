//! A fake cloud: the server's side of everything that this crate asks, for tests and for trying things out.
//!
//! One function turns requests into answers: [`Cloud::handle`]. It looks at the host that a request names, so one
//! object is the account server, the exchange for service tokens, all regions and the storage of maps. What it has and
//! how it behaves is [`Account`], [`Scenario`] and [`Fault`]; its secrets are made from a seed and are worth nothing.
//!
//! ```
//! use std::time::Duration;
//! use xiaomi_cloud::server::{Account, Cloud};
//! use xiaomi_cloud::{Identity, Login, LoginEvent, Password};
//! # use rand_core::SeedableRng;
//! # let mut generator = rand_chacha::ChaCha20Rng::seed_from_u64(1);
//!
//! let now = Duration::from_secs(1_763_629_200);
//! let mut cloud = Cloud::new(7, Account::new("user@example.com", "correct", "1000000001"));
//! let mut login = Login::password(Identity::random(&mut generator), "user@example.com", Password::new("correct"));
//! while let Some(transmit) = login.poll_transmit(now) {
//!     let response = cloud.handle(now, &transmit.request);
//!     login.handle_response(now, transmit.id, &response);
//! }
//! assert!(matches!(login.poll_event(), Some(LoginEvent::LoggedIn(_))));
//! ```

mod account;
mod api;
mod fault;
mod home;
mod verify;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{DATE, HOST, HeaderName, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::form;
use crate::region::Region;
use crate::secret::{Password, Ssecurity};
use crate::trusted_url::is_below;

pub use fault::{AccountFault, Fault};
pub use home::{FakeHome, FakeRegion};

/// The one account of a fake cloud.
#[derive(Clone, Debug)]
pub struct Account {
    user: String,
    password: Password,
    user_id: String,
}

impl Account {
    /// An account. `user_id` is numeric on the real server.
    pub fn new(user: impl Into<String>, password: impl Into<String>, user_id: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            password: Password::new(password),
            user_id: user_id.into(),
        }
    }
}

/// How the fake cloud behaves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scenario {
    /// The password is taken only with the right answer to a captcha. This is the answer.
    pub captcha: Option<String>,
    /// The account must be verified by a code.
    pub verification: Option<Verification>,
    /// The user must confirm a phone number in the browser first; [`Cloud::confirm_phone`] is what the browser does.
    pub confirm_phone: bool,
    /// Step 2 is refused with this code and these words.
    pub refusal: Option<(i64, String)>,
    /// After a verification, the first answer of the last hop is a page of hints.
    pub tips_page: bool,
    /// So many polls pass before the QR code counts as scanned; `None`: [`Cloud::scan_qr`] scans it.
    pub qr_polls: Option<u32>,
    /// Service tokens are good for so many calls.
    pub calls_per_token: Option<u32>,
    /// How an expired token is answered.
    pub expiry: Expiry,
    /// How far clocks may be off, in minutes.
    pub clock_tolerance: u32,
    /// Map addresses of the interim kind are only at this endpoint.
    pub map_endpoint: Option<String>,
    /// Properties that are set are only accepted (code 1), as gateways do.
    pub sets_are_accepted: bool,
    /// The page size; requests may ask for less.
    pub page: usize,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            captcha: None,
            verification: None,
            confirm_phone: false,
            refusal: None,
            tips_page: false,
            qr_polls: Some(1),
            calls_per_token: None,
            expiry: Expiry::Code3,
            clock_tolerance: 5,
            map_endpoint: None,
            sets_are_accepted: false,
            page: 200,
        }
    }
}

/// How an account is verified.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The method that is used first: 4 is SMS, 8 email; others are unknown to clients.
    pub flag: u8,
    /// All methods.
    pub options: Vec<u8>,
    /// The code.
    pub ticket: String,
    /// A captcha stands before the code.
    pub captcha: bool,
    /// So many codes can be sent.
    pub quota: u32,
}

impl Default for Verification {
    fn default() -> Self {
        Self {
            flag: 4,
            options: vec![4],
            ticket: "123456".into(),
            captcha: false,
            quota: 5,
        }
    }
}

/// How an expired token is answered: all of these were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// `{"code":3,"message":"auth err"}`.
    #[default]
    Code3,
    /// HTTP status 401.
    Status401,
    /// Code 0 with the message `SERVICETOKEN_EXPIRED`.
    Message,
}

/// A request that was handled, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its method.
    pub method: Method,
    /// The host that it named.
    pub host: String,
    /// Its path.
    pub path: String,
    /// The status of its answer.
    pub status: u16,
}

/// The fake cloud.
pub struct Cloud {
    /// How it behaves.
    pub scenario: Scenario,
    account: Account,
    regions: BTreeMap<Region, FakeRegion>,
    seed: u64,
    counter: u64,
    faults: VecDeque<Fault>,
    account_faults: VecDeque<AccountFault>,
    seen: VecDeque<Seen>,
    map: Bytes,
    // The account server.
    icks: HashSet<String>,
    identity_sessions: HashMap<String, IdentitySession>,
    pass_tokens: HashSet<String>,
    tickets: HashMap<String, Grant>,
    qr: HashMap<String, Qr>,
    phone_confirmed: bool,
    // The API.
    tokens: HashMap<String, Token>,
    nonces: HashSet<Vec<u8>>,
}

/// What a location's ticket is exchanged for.
struct Grant {
    sid: String,
    ssecurity: Ssecurity,
    nonce: String,
}

/// A verification that is going on.
#[derive(Clone, Default)]
struct IdentitySession {
    context: String,
    sent: u32,
    verified: bool,
    captcha_passed: bool,
    tips_shown: bool,
}

/// A QR code.
struct Qr {
    sid: String,
    polls: u32,
    scanned: bool,
}

/// A service token.
struct Token {
    ssecurity: Ssecurity,
    calls: u32,
    expired: bool,
}

impl Cloud {
    /// A cloud with one account and no devices. The seed makes its secrets: same seed, same secrets.
    #[must_use]
    pub fn new(seed: u64, account: Account) -> Self {
        Self {
            scenario: Scenario::default(),
            account,
            regions: BTreeMap::new(),
            seed,
            counter: 0,
            faults: VecDeque::new(),
            account_faults: VecDeque::new(),
            seen: VecDeque::new(),
            map: Bytes::new(),
            icks: HashSet::new(),
            identity_sessions: HashMap::new(),
            pass_tokens: HashSet::new(),
            tickets: HashMap::new(),
            qr: HashMap::new(),
            phone_confirmed: false,
            tokens: HashMap::new(),
            nonces: HashSet::new(),
        }
    }

    /// What a region has; made when it is asked for the first time.
    pub fn region(&mut self, region: Region) -> &mut FakeRegion {
        self.regions.entry(region).or_default()
    }

    /// What a map's address leads to.
    pub fn set_map(&mut self, map: impl Into<Bytes>) {
        self.map = map.into();
    }

    /// Spoils the next answer of the API.
    pub fn inject(&mut self, fault: Fault) {
        self.faults.push_back(fault);
    }

    /// Spoils the next answer of the account server.
    pub fn inject_account(&mut self, fault: AccountFault) {
        self.account_faults.push_back(fault);
    }

    /// Ends all sessions; pass tokens stay valid.
    pub fn expire_sessions(&mut self) {
        for token in self.tokens.values_mut() {
            token.expired = true;
        }
    }

    /// Ends all sessions and makes all pass tokens invalid, as a changed password does.
    pub fn revoke(&mut self) {
        self.expire_sessions();
        self.pass_tokens.clear();
    }

    /// Somebody scans all open QR codes.
    pub fn scan_qr(&mut self) {
        for qr in self.qr.values_mut() {
            qr.scanned = true;
        }
    }

    /// The user confirms the phone number in a browser.
    pub fn confirm_phone(&mut self) {
        self.phone_confirmed = true;
    }

    /// The last requests, oldest first.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.seen.iter()
    }

    /// All secrets that are known to both sides now: for tests that look for them where they mustn't be.
    #[must_use]
    pub fn expose_secrets(&self) -> Vec<String> {
        let mut secrets: Vec<String> = vec![self.account.password.hash().into()];
        secrets.extend(self.pass_tokens.iter().cloned());
        secrets.extend(self.tokens.keys().cloned());
        secrets.extend(self.icks.iter().cloned());
        secrets.extend(self.identity_sessions.keys().cloned());
        secrets.extend(self.tickets.keys().cloned());
        secrets.extend(
            self.tokens
                .values()
                .map(|token| token.ssecurity.expose().to_owned()),
        );
        secrets
    }

    /// Answers a request. `now` is the time since 1970, by the server's clock.
    pub fn handle(&mut self, now: Duration, request: &Request<Bytes>) -> Response<Bytes> {
        let uri = request.uri();
        let host = uri
            .host()
            .or_else(|| request.headers().get(HOST)?.to_str().ok()?.split(':').next())
            .unwrap_or_default()
            .to_ascii_lowercase();
        let incoming = Incoming {
            now,
            method: request.method().clone(),
            path: uri.path().to_owned(),
            fields: form::decode(uri.query().unwrap_or_default())
                .into_iter()
                .chain(form::decode(
                    std::str::from_utf8(request.body()).unwrap_or_default(),
                ))
                .collect(),
            cookies: crate::cookies::parse_header(request.headers()),
            headers: request.headers().clone(),
            host,
        };
        let mut response = self.route(&incoming);
        if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(UNIX_EPOCH + now)) {
            response.headers_mut().insert(DATE, date);
        }
        if self.seen.len() >= MAX_SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back(Seen {
            method: incoming.method,
            host: incoming.host,
            path: incoming.path,
            status: response.status().as_u16(),
        });
        response
    }

    fn route(&mut self, incoming: &Incoming) -> Response<Bytes> {
        let host = incoming.host.as_str();
        if is_below(host, "account.xiaomi.com") {
            return self.account_server(incoming);
        }
        if incoming.path.ends_with("/sts") && (host == "sts.api.io.mi.com" || host == "api2.mina.mi.com") {
            return self.sts(incoming);
        }
        if host == MAP_HOST {
            return Reply::new(200).body(self.map.clone());
        }
        let region = match host {
            "api.mijia.tech" => Some(Region::China),
            _ => [Region::Taiwan, Region::IndiaOld]
                .into_iter()
                .chain(Region::ALL)
                .find(|region| region.host() == host),
        };
        match region {
            Some(region) if incoming.path.starts_with("/app/") => self.api(region, incoming),
            _ => Reply::new(404).body("no such host"),
        }
    }

    /// A new secret, as long as the real ones.
    fn fresh(&mut self, label: &str) -> String {
        self.counter += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(self.counter.to_be_bytes());
        hash.update(label.as_bytes());
        base16ct::lower::encode_string(&hash.finalize())
    }

    fn fresh_bytes(&mut self) -> [u8; 16] {
        let digits = self.fresh("bytes");
        let mut bytes = [0; 16];
        let _ = base16ct::lower::decode(digits.get(..32).unwrap_or_default(), &mut bytes);
        bytes
    }
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cloud")
            .field("scenario", &self.scenario)
            .finish_non_exhaustive()
    }
}

/// A request, taken apart. Fields come from the query and the body alike: real clients use both.
struct Incoming {
    now: Duration,
    method: Method,
    host: String,
    path: String,
    fields: HashMap<String, String>,
    cookies: BTreeMap<String, String>,
    headers: HeaderMap,
}

impl Incoming {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    fn cookie(&self, name: &str) -> &str {
        self.cookies.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// An answer that is being made.
struct Reply(Response<Bytes>);

impl Reply {
    fn new(status: u16) -> Self {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(response)
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().append(HeaderName::from_static(name), value);
        }
        self
    }

    fn cookie(mut self, name: &str, value: &str, domain: &str) -> Self {
        let text = format!("{name}={value}; Path=/; Domain={domain}");
        if let Ok(value) = HeaderValue::from_str(&text) {
            self.0.headers_mut().append(SET_COOKIE, value);
        }
        self
    }

    fn body(mut self, body: impl Into<Bytes>) -> Response<Bytes> {
        *self.0.body_mut() = body.into();
        self.0
    }

    /// The account server's form.
    fn start(self, json: &Value) -> Response<Bytes> {
        self.body(format!("&&&START&&&{json}"))
    }
}

/// Sets a field of a JSON object; of anything else nothing.
fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = object {
        fields.insert(name.into(), value.into());
    }
}

pub(crate) const MAP_HOST: &str = "maps.storage.example";
const MAX_SEEN: usize = 10_000;
