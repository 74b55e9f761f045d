//! The account in Xiaomi's cloud: tokens and bind keys, so that nobody has to copy them.
//!
//! The bridge asks once, at its start; devices are then spoken to on the spot. Who carries the requests is a
//! [`Carrier`]: HTTPS for the real cloud, a call for a simulated one.

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Response;
use macaddr::MacAddr6;
use rand_core::SeedableRng;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};
use xiaomi_cloud::api::{BeaconKey, BindKeyAnswer, Call};
use xiaomi_cloud::{
    Credentials, Failure, Identity, Listing, Login, LoginEvent, Password, Region, Session, SessionEvent,
    Transmit,
};

use crate::config::{BleDevice, Config, Every, Miio};

/// Carries requests to the cloud.
pub trait Carrier {
    /// Sends a request and waits for the answer, no longer than it says.
    fn send(&mut self, transmit: Transmit) -> impl Future<Output = Result<Response<Bytes>, Failure>>;
}

/// Why the cloud gave nothing.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct CloudError {
    what: String,
    help: Option<&'static str>,
}

impl CloudError {
    fn new(what: &impl ToString, help: Option<&'static str>) -> Self {
        Self {
            what: what.to_string(),
            help,
        }
    }

    /// What a person can do about it, in one sentence.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        self.help
    }
}

/// What an account knows.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Bluetooth devices.
    pub ble: Vec<BleDevice>,
    /// Devices with a token and an address.
    pub wifi: Vec<Miio>,
}

/// Logs in with a password, where the cloud asks nothing more.
///
/// # Errors
///
/// The cloud refuses, or asks for something that only a person can answer.
pub async fn login(
    carrier: &mut impl Carrier,
    user: &str,
    password: Password,
) -> Result<Credentials, CloudError> {
    let identity = Identity::random(&mut generator()?);
    let mut login = Login::password(identity, user, password);
    loop {
        while let Some(transmit) = login.poll_transmit(now()) {
            let id = transmit.id;
            match carrier.send(transmit).await {
                Ok(response) => login.handle_response(now(), id, &response),
                Err(failure) => login.handle_failure(now(), id, failure),
            }
        }
        match login.poll_event() {
            Some(LoginEvent::LoggedIn(credentials)) => return Ok(*credentials),
            Some(LoginEvent::Failed(error)) => return Err(CloudError::new(&error, error.help())),
            Some(LoginEvent::Ask(_)) => {
                return Err(CloudError::new(
                    &"the cloud asks for a captcha, a code or a confirmation",
                    Some("Log in with a program that can ask you, and name the session that it saved."),
                ));
            }
            Some(_) => {}
            None => match login.poll_timeout() {
                Some(at) => {
                    sleep(at.saturating_sub(now()).min(Duration::from_secs(5))).await;
                    login.handle_timeout(now());
                }
                None => return Err(CloudError::new(&"the login ended without a word", None)),
            },
        }
    }
}

/// Lists an account's devices with their tokens and keys. The session may renew itself: save it afterwards.
///
/// # Errors
///
/// Nothing came within a minute. Single devices or regions that fail are left out, with a warning.
pub async fn fetch(
    session: &mut Session,
    carrier: &mut impl Carrier,
    regions: &[Region],
) -> Result<Found, CloudError> {
    timeout(PATIENCE, list(session, carrier, regions))
        .await
        .unwrap_or_else(|_| Err(CloudError::new(&"the cloud is too slow", None)))
}

async fn list(
    session: &mut Session,
    carrier: &mut impl Carrier,
    regions: &[Region],
) -> Result<Found, CloudError> {
    let mut generator = generator()?;
    let mut listing = Listing::start(session, regions);
    let mut found = Found::default();
    let mut keys = Vec::new();
    loop {
        let mut idle = true;
        while let Some(transmit) = session.poll_transmit(now(), &mut generator) {
            idle = false;
            let id = transmit.id;
            match carrier.send(transmit).await {
                Ok(response) => session.handle_response(now(), id, &response),
                Err(failure) => session.handle_failure(now(), id, failure),
            }
        }
        while let Some(event) = session.poll_event() {
            idle = false;
            if listing.handle_event(session, &event) {
                if let Some(devices) = listing.poll_result() {
                    for merged in devices.merged(&[]) {
                        let device = merged.device;
                        if device.needs_bind_key() {
                            let call = BeaconKey {
                                did: device.did.clone(),
                            };
                            let id = session.call(device.region, &call);
                            keys.push((id, call, device));
                        } else if device.has_local_control() {
                            found.wifi.extend(wifi(&device));
                        }
                    }
                }
                continue;
            }
            match event {
                SessionEvent::Answered { call, answer } => {
                    let Some((_, request, device)) = keys.iter().find(|(id, ..)| *id == call) else {
                        continue;
                    };
                    match request.read(&answer) {
                        Ok(BindKeyAnswer::Key(key)) => found.ble.extend(ble(device, Some(&key.to_hex()))),
                        Ok(_) => found.ble.extend(ble(device, None)),
                        Err(error) => warn!("the cloud has no key for {:?}: {error}", device.name),
                    }
                }
                SessionEvent::Failed { error, .. } => {
                    warn!("the cloud: {error}. {}", error.help().unwrap_or_default());
                }
                SessionEvent::LoginNeeded(error) => {
                    return Err(CloudError::new(
                        &error,
                        Some("Log in again, and name the new session."),
                    ));
                }
                _ => {}
            }
        }
        if !idle {
            continue;
        }
        match session.poll_timeout().filter(|_| session.pending() > 0) {
            Some(at) => {
                sleep(
                    at.saturating_sub(now())
                        .clamp(Duration::from_millis(10), Duration::from_secs(5)),
                )
                .await;
                session.handle_timeout(now());
            }
            None => return Ok(found),
        }
    }
}

/// Adds what an account knows to a configuration. What is configured counts more.
pub fn enrich(config: &mut Config, found: Found) {
    info!(
        "the cloud knows {} Bluetooth devices and {} with a token",
        found.ble.len(),
        found.wifi.len()
    );
    for device in found.ble {
        let mut listed = config.ble.device.iter_mut();
        match listed.find(|listed| listed.address == device.address) {
            Some(listed) => {
                listed.key = listed.key.take().or(device.key);
                listed.name = listed.name.take().or(device.name);
            }
            None => config.ble.device.push(device),
        }
    }
    for device in found.wifi {
        let known = config.miio.iter().any(|listed| {
            (listed.device_id.is_some() && listed.device_id == device.device_id)
                || (listed.address.is_some() && listed.address == device.address)
        });
        if !known {
            config.miio.push(device);
        }
    }
}

fn ble(device: &xiaomi_cloud::Device, key: Option<&str>) -> Option<BleDevice> {
    let address: MacAddr6 = device.mac?;
    Some(BleDevice {
        address,
        key: key.and_then(|key| key.parse().ok()),
        name: device.name.clone(),
    })
}

fn wifi(device: &xiaomi_cloud::Device) -> Option<Miio> {
    let token = device.token.as_ref()?.to_hex().parse().ok()?;
    let text = device.local_ip.as_deref()?;
    let without_port = || Some(SocketAddr::new(text.parse().ok()?, miio_proto::PORT));
    Some(Miio {
        name: device.name.clone(),
        address: text.parse().ok().or_else(without_port),
        device_id: device.did.parse().ok(),
        token,
        model: device.model.clone(),
        spec: None,
        spec_text: None,
        every: Every::seconds(30),
    })
}

/// A generator seeded by the system.
fn generator() -> Result<rand_chacha::ChaCha20Rng, CloudError> {
    let mut seed = [0; 32];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random
        .fill(&mut seed)
        .map_err(|_| CloudError::new(&"this system has no random numbers", None))?;
    Ok(rand_chacha::ChaCha20Rng::from_seed(seed))
}

/// The time since 1970.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

const PATIENCE: Duration = Duration::from_secs(60);
