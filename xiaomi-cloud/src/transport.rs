//! An async client over `reqwest`, for callers with tokio. It sends what [`Login`] and [`Session`] want sent and
//! decides nothing itself.
//!
//! ```no_run
//! use xiaomi_cloud::transport::{Client, Http};
//! use xiaomi_cloud::{Identity, Login, LoginEvent, Region};
//!
//! # async fn example(mut generator: impl rand_core::CryptoRng) -> Result<(), Box<dyn std::error::Error>> {
//! let http = Http::new()?;
//! let mut login = Login::qr(Identity::random(&mut generator));
//! let credentials = loop {
//!     match http.login(&mut login).await {
//!         LoginEvent::LoggedIn(credentials) => break *credentials,
//!         LoginEvent::Ask(question) => println!("{question:?}"),
//!         LoginEvent::Failed(error) => return Err(error.into()),
//!         _ => {}
//!     }
//! };
//! let mut client = Client::new(http, xiaomi_cloud::Session::new(credentials), generator);
//! for device in client.devices(&Region::ALL).await.devices {
//!     println!("{} {:?}", device.did, device.name);
//! }
//! # Ok(())
//! # }
//! ```

use std::collections::HashMap;
use std::future::pending;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use rand_core::CryptoRng;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::api::{Call, MapStep, MapUrl};
use crate::error::{ApiError, LoginError};
use crate::listing::{DeviceListing, Listing};
use crate::login::{Login, LoginEvent};
use crate::region::Region;
use crate::session::{CallId, MAX_BODY, Session, SessionEvent};
use crate::transmit::{Failure, RequestId, Transmit};

/// Sends requests: over TLS, without following redirects, without a cookie store. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    reroute: Option<SocketAddr>,
    clock: Clock,
}

/// Time since 1970 that never goes back, whatever is done to the system's clock.
#[derive(Clone, Copy, Debug)]
struct Clock {
    started: Instant,
    since_1970: Duration,
}

impl Http {
    /// For the real cloud. Certificates are verified the way the operating system does it. Where the program hasn't
    /// chosen a provider of cryptography for rustls, ring becomes its default.
    ///
    /// # Errors
    ///
    /// The operating system's certificates can't be used.
    pub fn new() -> Result<Self, StartError> {
        Self::build(None)
    }

    /// For tests with a fake cloud: every request goes to this address over plain HTTP, whatever host it names; the
    /// header `Host` still says that name. Loopback addresses only, since nothing is encrypted.
    ///
    /// # Errors
    ///
    /// An address that isn't loopback.
    pub fn rerouted(address: SocketAddr) -> Result<Self, StartError> {
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback { found: address });
        }
        Self::build(Some(address))
    }

    fn build(reroute: Option<SocketAddr>) -> Result<Self, StartError> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Another thread may be faster, with a choice that is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(10));
        builder = if reroute.is_some() {
            builder.no_proxy()
        } else {
            builder.https_only(true)
        };
        let clock = Clock {
            started: Instant::now(),
            since_1970: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        };
        Ok(Self {
            client: builder.build().map_err(|_| StartError::Tls)?,
            reroute,
            clock,
        })
    }

    /// The time that logins and sessions of this client are driven with.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.clock.since_1970 + self.clock.started.elapsed()
    }

    /// Sends one request and reads its answer, as far as it may be long.
    ///
    /// # Errors
    ///
    /// No answer in time, no connection, or an answer that is too long.
    pub async fn send(&self, transmit: Transmit) -> Result<Response<Bytes>, Failure> {
        let (wait, request) = (transmit.timeout, self.prepared(transmit.request)?);
        match timeout(wait, self.exchange(request, MAX_BODY)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Timeout),
        }
    }

    /// Runs a login until it says something. It waits where the login waits, as for a QR code to be scanned.
    pub async fn login(&self, login: &mut Login) -> LoginEvent {
        loop {
            if let Some(event) = login.poll_event() {
                return event;
            }
            if let Some(transmit) = login.poll_transmit(self.now()) {
                let id = transmit.id;
                match self.send(transmit).await {
                    Ok(response) => login.handle_response(self.now(), id, &response),
                    Err(failure) => login.handle_failure(self.now(), id, failure),
                }
            } else if let Some(time) = login.poll_timeout() {
                sleep(time.saturating_sub(self.now())).await;
                login.handle_timeout(self.now());
            } else {
                // Over, or a question that the caller has forgotten.
                return LoginEvent::Failed(LoginError::Unreachable);
            }
        }
    }

    /// Downloads a map: without cookies, at most four times, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// What the last attempt met.
    pub async fn download(&self, url: &str, limit: usize) -> Result<Bytes, ApiError> {
        let mut error = ApiError::NoMapUrl;
        for _ in 0..4 {
            let mut request = Request::new(Bytes::new());
            *request.uri_mut() = url.parse().map_err(|_| ApiError::InsecureMapUrl)?;
            if request.uri().scheme_str() != Some("https") {
                return Err(ApiError::InsecureMapUrl);
            }
            let request = self.prepared(request).map_err(|_| ApiError::InsecureMapUrl)?;
            error = match timeout(MAP_TIMEOUT, self.exchange(request, limit)).await {
                Ok(Ok(response)) if response.status() == 200 => return Ok(response.into_body()),
                Ok(Ok(response)) => ApiError::HttpStatus {
                    status: response.status().as_u16(),
                },
                Ok(Err(Failure::TooLong(found))) => return Err(ApiError::TooLong { found, limit }),
                Ok(Err(_)) => ApiError::Unreachable,
                Err(_) => ApiError::TimedOut { after: MAP_TIMEOUT },
            };
            sleep(Duration::from_millis(300)).await;
        }
        Err(error)
    }

    fn prepared(&self, mut request: Request<Bytes>) -> Result<reqwest::Request, Failure> {
        if let Some(address) = self.reroute {
            let host = request.uri().host().unwrap_or_default().to_owned();
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let uri: Uri = format!("http://{address}{path}")
                .parse()
                .map_err(|_| Failure::Unreachable)?;
            *request.uri_mut() = uri;
            let host = HeaderValue::from_str(&host).map_err(|_| Failure::Unreachable)?;
            request.headers_mut().insert(HOST, host);
        }
        reqwest::Request::try_from(request).map_err(|_| Failure::Unreachable)
    }

    async fn exchange(&self, request: reqwest::Request, limit: usize) -> Result<Response<Bytes>, Failure> {
        let mut answer = self
            .client
            .execute(request)
            .await
            .map_err(|_| Failure::Unreachable)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| Failure::Unreachable)? {
            if body.len() + chunk.len() > limit {
                return Err(Failure::TooLong(body.len() + chunk.len()));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// Why there is no client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// TLS can't be set up.
    #[error("TLS can't be set up: the operating system's certificates aren't usable")]
    Tls,
    /// Plain HTTP is only for this machine.
    #[error("{found} isn't an address of this machine")]
    NotLoopback {
        /// The address.
        found: SocketAddr,
    },
}

impl StartError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Tls => "Install the certificates of certificate authorities (on Debian: ca-certificates).",
            Self::NotLoopback { .. } => "Run the fake cloud on 127.0.0.1.",
        })
    }
}

/// Looks at what a session says.
type Watcher = Box<dyn FnMut(&SessionEvent) + Send>;

/// A session with its connections. Calls take turns with `&mut self`; what belongs together, as a list of devices,
/// runs in parallel.
pub struct Client<R> {
    http: Http,
    session: Session,
    generator: R,
    flying: JoinSet<(RequestId, Result<Response<Bytes>, Failure>)>,
    on_event: Option<Watcher>,
    renewed: bool,
}

impl<R: CryptoRng> Client<R> {
    /// Joins a session, connections and a generator for nonces.
    pub fn new(http: Http, session: Session, generator: R) -> Self {
        Self {
            http,
            session,
            generator,
            flying: JoinSet::new(),
            on_event: None,
            renewed: false,
        }
    }

    /// Has a function look at everything that the session says, as [`SessionEvent::Notice`].
    #[must_use]
    pub fn on_event(mut self, function: impl FnMut(&SessionEvent) + Send + 'static) -> Self {
        self.on_event = Some(Box::new(function));
        self
    }

    /// The session, to save it.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The session, to replace its credentials.
    pub const fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Whether the session was renewed since this was last asked: save it then.
    pub const fn take_renewed(&mut self) -> bool {
        std::mem::replace(&mut self.renewed, false)
    }

    /// One call.
    ///
    /// # Errors
    ///
    /// Whatever the session says.
    pub async fn call<C: Call>(&mut self, region: Region, call: &C) -> Result<C::Output, ApiError> {
        let id = self.session.call(region, call);
        while let Some(event) = self.next_event().await {
            match event {
                SessionEvent::Answered { call: done, answer } if done == id => return call.read(&answer),
                SessionEvent::Failed { call: done, error } if done == id => return Err(error),
                _ => {}
            }
        }
        Err(ApiError::Unreachable)
    }

    /// Several calls at once; the answers are in the order of the calls.
    pub async fn calls<C: Call>(&mut self, calls: &[(Region, C)]) -> Vec<Result<C::Output, ApiError>> {
        let mut open: HashMap<CallId, usize> = HashMap::new();
        for (index, (region, call)) in calls.iter().enumerate() {
            open.insert(self.session.call(*region, call), index);
        }
        let mut outcomes: Vec<Option<Result<C::Output, ApiError>>> = calls.iter().map(|_| None).collect();
        while !open.is_empty() {
            let Some(event) = self.next_event().await else {
                break;
            };
            let (id, outcome) = match event {
                SessionEvent::Answered { call, answer } => (call, Ok(answer)),
                SessionEvent::Failed { call, error } => (call, Err(error)),
                _ => continue,
            };
            if let Some(index) = open.remove(&id)
                && let (Some(slot), Some((_, call))) = (outcomes.get_mut(index), calls.get(index))
            {
                *slot = Some(outcome.and_then(|answer| call.read(&answer)));
            }
        }
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or(Err(ApiError::Unreachable)))
            .collect()
    }

    /// All devices of some regions.
    pub async fn devices(&mut self, regions: &[Region]) -> DeviceListing {
        let mut listing = Listing::start(&mut self.session, regions);
        loop {
            if let Some(result) = listing.poll_result() {
                return result;
            }
            let Some(event) = self.next_event().await else {
                return DeviceListing::default();
            };
            listing.handle_event(&mut self.session, &event);
        }
    }

    /// A map's content, at most `limit` bytes: asks for its address, at the other endpoint too, and downloads it.
    ///
    /// # Errors
    ///
    /// Whatever the session or the download says.
    pub async fn map(&mut self, region: Region, url: MapUrl, limit: usize) -> Result<Bytes, ApiError> {
        let mut request = url;
        // There are two endpoints at most.
        for _ in 0..2 {
            let step = match self.call(region, &request).await {
                Ok(step) => step,
                Err(error) => request.step(Err(error))?,
            };
            match step {
                MapStep::Download(url) => return self.http.download(&url, limit).await,
                MapStep::TryNext(next) => request = next,
            }
        }
        Err(ApiError::NoMapUrl)
    }

    /// The connections.
    pub const fn http(&self) -> &Http {
        &self.http
    }

    /// Drives the session until it says something; `None` when it has nothing left to do.
    pub async fn next_event(&mut self) -> Option<SessionEvent> {
        loop {
            while let Some(transmit) = self.session.poll_transmit(self.http.now(), &mut self.generator) {
                let http = self.http.clone();
                self.flying
                    .spawn(async move { (transmit.id, http.send(transmit).await) });
            }
            if let Some(event) = self.session.poll_event() {
                self.renewed |= matches!(event, SessionEvent::Renewed);
                if let Some(function) = &mut self.on_event {
                    function(&event);
                }
                return Some(event);
            }
            let next = self.session.poll_timeout();
            if self.flying.is_empty() && next.is_none() {
                return None;
            }
            let now = self.http.now();
            let wait = async {
                match next {
                    Some(time) => sleep(time.saturating_sub(now)).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                Some(done) = self.flying.join_next() => {
                    // A task that was cancelled has no answer to tell.
                    if let Ok((id, outcome)) = done {
                        let now = self.http.now();
                        match outcome {
                            Ok(response) => self.session.handle_response(now, id, &response),
                            Err(failure) => self.session.handle_failure(now, id, failure),
                        }
                    }
                }
                () = wait => self.session.handle_timeout(self.http.now()),
            }
        }
    }
}

impl<R> std::fmt::Debug for Client<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

const MAP_TIMEOUT: Duration = Duration::from_secs(30);
