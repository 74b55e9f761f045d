//! The account in Xiaomi's cloud: tokens and bind keys, so that nobody has to copy them.
//!
//! The cloud is asked now and then; devices are spoken to on the spot. What it told is an [`Account`], which the other
//! sources look at, and which is kept from run to run: without the cloud a home goes on as before. The session is a file
//! that another program made by a login; it renews itself, and where it can't, this source waits until somebody logs in.

mod account;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tokio::time::{sleep, timeout};
use tracing::{debug, info, warn};
use xiaomi_cloud::api::{BeaconKey, BindKeyAnswer};
use xiaomi_cloud::transport::{Client, Http};
use xiaomi_cloud::{ApiError, Credentials, Device, DeviceToken, LoginError, Session, SessionEvent};

use crate::config::{Cloud, Secret};
use crate::home::Health;
use crate::session_file::{SessionFileError, read_session, write_session};
use crate::source::{Desk, SourceError};

pub use account::{Account, Bluetooth, Found, Lan, News};

/// The name of this source.
pub const SOURCE: &str = "cloud";

/// Asks the account again and again.
///
/// # Errors
///
/// The session's file can't be used, or the cloud isn't reached.
pub async fn run(desk: Desk, table: Cloud, account: Arc<Account>) -> Result<(), SourceError> {
    let path = session_path(&table)?;
    let http = match table.server {
        Some(address) => Http::rerouted(address),
        None => Http::new(),
    };
    let http = http.map_err(|error| SourceError::new(&error, error.help()))?;
    let mut sessions = Sessions::default();
    loop {
        let credentials = sessions.read(&path)?;
        let session = Session::new(credentials);
        let mut client = Client::new(http.clone(), session, generator()?).on_event(notice);
        let known = account.found().unwrap_or_default();
        let outcome = timeout(PATIENCE, list(&mut client, &table, &known)).await;
        if client.take_renewed() {
            sessions.renewed(&desk, &path, client.session().credentials());
        }
        match outcome {
            Err(_) => return Err(SourceError::new("the cloud is too slow", None)),
            Ok(Err(Trouble::Passing(error))) => return Err(SourceError::new(&error, error.help())),
            Ok(Err(Trouble::LoginNeeded(error))) => {
                let what = format!("{error}. Log in again: {}", login_command(&path));
                warn!("the cloud: {what}");
                desk.home.set_health(&desk.name, Health::Down(what));
                sessions.changed(&path).await;
            }
            Ok(Ok(listed)) => {
                let Listed { mut found, complete } = listed;
                let keys = found.ble.iter().filter(|device| device.key.is_some()).count();
                info!(
                    "the cloud knows {} Bluetooth devices, {keys} of them with a key, and {} devices with a token",
                    found.ble.len(),
                    found.lan.len()
                );
                if !complete {
                    found.keep(&known);
                }
                account.learn(found);
                desk.up();
                let pause = table.refresh.duration();
                sleep(if complete { pause } else { pause.min(INCOMPLETE) }).await;
            }
        }
    }
}

/// Looks whether there is a session to begin with.
///
/// # Errors
///
/// Its file can't be used.
pub fn check(table: &Cloud) -> Result<(), SourceError> {
    let path = session_path(table)?;
    read_session(&path)
        .map(drop)
        .map_err(|error| session_error(&path, &error))
}

fn session_path(table: &Cloud) -> Result<PathBuf, SourceError> {
    table.session_path().ok_or_else(|| {
        SourceError::new(
            "there is no home folder for the session",
            Some("Name its file with cloud.session."),
        )
    })
}

/// What a person runs to log in, in whatever folder.
fn login_command(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!(
        "cargo run --release --example cloud -- --session {} login",
        path.display()
    )
}

/// The session as it stands in its file, and as it is now: the same, unless the file can't be written.
#[derive(Default)]
struct Sessions {
    file: Option<Credentials>,
    now: Option<Credentials>,
}

impl Sessions {
    /// What to go on with: what was renewed here, unless somebody has logged in since.
    fn read(&mut self, path: &Path) -> Result<Credentials, SourceError> {
        let read = read_session(path).map_err(|error| session_error(path, &error))?;
        if self.file.as_ref() != Some(&read) {
            (self.file, self.now) = (Some(read.clone()), Some(read.clone()));
        }
        Ok(self.now.clone().unwrap_or(read))
    }

    fn renewed(&mut self, desk: &Desk, path: &Path, credentials: &Credentials) {
        self.now = Some(credentials.clone());
        match write_session(path, credentials) {
            Ok(()) => {
                self.file = self.now.clone();
                info!("the cloud's session was renewed");
            }
            Err(error) => {
                desk.home.counters.saves_failed.add();
                warn!(
                    "{}: {error}. The renewed session can't be saved: let the bridge write to its folder.",
                    path.display()
                );
            }
        }
    }

    /// Waits until somebody has logged in.
    async fn changed(&self, path: &Path) {
        loop {
            sleep(LOOK).await;
            match read_session(path) {
                Ok(read) if self.file.as_ref() == Some(&read) => {}
                _ => return,
            }
        }
    }
}

fn session_error(path: &Path, error: &SessionFileError) -> SourceError {
    let command = login_command(path);
    let help = match error {
        SessionFileError::Missing => format!("Log in: {command}"),
        SessionFileError::Exposed { .. } => {
            format!("Take the others' rights away: chmod 600 {}", path.display())
        }
        SessionFileError::Content(_) => format!("It is no session: log in again: {command}"),
        SessionFileError::Io(_) => error.help().unwrap_or_default().to_owned(),
    };
    SourceError::new(&format!("{}: {error}", path.display()), Some(&help))
}

/// What a round gave.
struct Listed {
    found: Found,
    /// Whether every server and every device answered.
    complete: bool,
}

/// Why a round gave nothing.
enum Trouble {
    /// Trying again may help.
    Passing(ApiError),
    /// It would only get the account blocked.
    LoginNeeded(ApiError),
}

impl Trouble {
    fn of(error: ApiError) -> Self {
        match &error {
            ApiError::LoginNeeded(LoginError::Unreachable | LoginError::HttpStatus { .. }) => {
                Self::Passing(error)
            }
            ApiError::LoginNeeded(_) | ApiError::AuthExpired => Self::LoginNeeded(error),
            _ => Self::Passing(error),
        }
    }
}

async fn list(client: &mut Client<ChaCha20Rng>, table: &Cloud, known: &Found) -> Result<Listed, Trouble> {
    let listing = client.devices(&table.regions()).await;
    for (region, error) in &listing.failures {
        if let trouble @ Trouble::LoginNeeded(_) = Trouble::of(error.clone()) {
            return Err(trouble);
        }
        warn!(
            "the cloud, {region}: {error}. {}",
            error.help().unwrap_or_default()
        );
    }
    if let (true, Some((_, error))) = (listing.devices.is_empty(), listing.failures.first()) {
        return Err(Trouble::Passing(error.clone()));
    }
    let mut complete = listing.failures.is_empty();
    let merged = listing.merged(&table.servers);
    for device in merged.iter().filter(|merged| merged.has_conflict()) {
        let (name, did) = (device.device.name.as_deref().unwrap_or("?"), &device.device.did);
        info!(
            "{name} ({did}) has another token on another server; that of {} is taken. cloud.servers sets the order",
            device.device.region
        );
    }
    let devices: Vec<Device> = merged.into_iter().map(|merged| merged.device).collect();
    if devices.is_empty() {
        warn!(
            "the cloud knows no device. Is it the account that has them in the app? Are its servers asked?"
        );
    }
    for wished in table.unmet(&devices) {
        warn!("cloud.devices: the account has nothing of the id, name or address {wished:?}");
    }
    let devices = devices.into_iter().filter(|device| table.wants(device));
    let (ble, others): (Vec<_>, Vec<_>) = devices.take(MOST_DEVICES).partition(Device::needs_bind_key);
    let calls: Vec<_> = ble
        .iter()
        .map(|device| {
            let did = device.did.clone();
            (device.region, BeaconKey { did })
        })
        .collect();
    let mut found = Found {
        lan: others
            .iter()
            .filter_map(|device| lan(device, table.server.is_some()))
            .collect(),
        ble: Vec::with_capacity(ble.len()),
    };
    let answers = client.calls(&calls).await;
    for (device, answer) in ble.iter().zip(answers) {
        let Some(address) = device.mac else { continue };
        let key = match answer {
            Ok(BindKeyAnswer::Key(key)) => Some(key.to_hex()),
            Ok(BindKeyAnswer::Short(key)) => Some(key.to_hex()),
            Ok(BindKeyAnswer::None(_)) => None,
            Err(error) => {
                if let trouble @ Trouble::LoginNeeded(_) = Trouble::of(error.clone()) {
                    return Err(trouble);
                }
                complete = false;
                let name = device.name.as_deref().unwrap_or(&device.did);
                warn!(
                    "the cloud, key of {name}: {error}. {}",
                    error.help().unwrap_or_default()
                );
                let before = known.bluetooth(address).and_then(|known| known.key.as_ref());
                before.map(|key| key.expose().to_owned().into())
            }
        };
        found.ble.push(Bluetooth {
            address,
            key: key.map(|key| Secret::new(key.as_str())),
            name: device.name.clone(),
        });
    }
    Ok(Listed { found, complete })
}

/// A device that may be spoken to. `simulated` ones live on loopback, on any port.
fn lan(device: &Device, simulated: bool) -> Option<Lan> {
    let token = device.token.as_ref().filter(|token| token.is_usable())?;
    let DeviceToken::Wifi(_) = token else { return None };
    let address = device.local_ip.as_deref().and_then(|text| {
        let with_port = text.parse().ok().filter(|_| simulated);
        with_port.or_else(|| {
            let address = text.parse::<IpAddr>().ok()?;
            is_local(address).then(|| SocketAddr::new(address, miio_proto::PORT))
        })
    });
    Some(Lan {
        device_id: device.did.parse().ok()?,
        token: token.to_hex().parse().ok()?,
        address,
        name: device.name.clone(),
        model: device.model.clone(),
        speaks: device.has_local_control(),
    })
}

/// Whether an address that the cloud names is one of a home: nothing is sent elsewhere on its word.
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    }
}

fn notice(event: &SessionEvent) {
    if let SessionEvent::Notice(notice) = event {
        debug!("the cloud: {notice:?}. {}", event.help().unwrap_or_default());
    }
}

/// A generator seeded by the system.
pub(crate) fn generator() -> Result<ChaCha20Rng, SourceError> {
    let mut seed = [0; 32];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random
        .fill(&mut seed)
        .map_err(|_| SourceError::new("this system has no random numbers", None))?;
    Ok(ChaCha20Rng::from_seed(seed))
}

/// For all answers of a round.
const PATIENCE: Duration = Duration::from_secs(180);
/// Until the next round, if something was missing.
const INCOMPLETE: Duration = Duration::from_secs(600);
/// Between looks at the session's file, while a login is needed.
const LOOK: Duration = Duration::from_secs(2);
/// Devices of which something is taken.
const MOST_DEVICES: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_out_of_the_home() {
        for (text, expected) in [
            ("192.168.1.20", true),
            ("10.0.0.7", true),
            ("169.254.3.4", true),
            ("fd00::1", true),
            ("127.0.0.1", false),
            ("8.8.8.8", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_local(text.parse().unwrap()), expected, "{text}");
        }
    }
}
