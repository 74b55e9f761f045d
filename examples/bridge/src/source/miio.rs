//! Wi-Fi devices with a token: vacuums, everything with a MIoT specification, lamps and others of the older protocol.
//!
//! Each device is a source of its own: one that is switched off doesn't delay the others.

mod legacy;
mod miot;
mod vacuum;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use miio_proto::info::DeviceDescription;
use miio_proto::transport::{Client, Handle, SessionEvent, discover};
use miio_proto::{CallError, DeviceId, Request, Token};
use serde_json::Value as Json;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use crate::home::{About, Action, Entity, Health, Id, Presence, Says, Update, Value};
use crate::source::cloud::News;
use crate::source::{Desk, SourceError};

/// What a device is reached with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name, for people.
    pub name: Option<String>,
    /// Where it is; `None` to look for `device_id`.
    pub address: Option<SocketAddr>,
    /// Its id.
    pub device_id: Option<u32>,
    /// Its token; without one, what the account has for `device_id`.
    pub token: Option<Token>,
    /// The account.
    pub account: Option<News>,
    /// Its model, where it doesn't tell.
    pub model: Option<String>,
    /// Its specification.
    pub spec: Option<Arc<miio_proto::miot::Instance>>,
    /// How often it is asked.
    pub every: Duration,
    /// The last message ids of all devices, by token-free name, kept from run to run.
    pub ids: Arc<LastIds>,
}

/// The last message ids that were used, by the source's name. Some firmwares ignore ids that don't grow.
#[derive(Debug, Default)]
pub struct LastIds(Mutex<std::collections::BTreeMap<String, u32>>);

impl LastIds {
    /// Of an earlier run.
    #[must_use]
    pub fn new(ids: std::collections::BTreeMap<String, u32>) -> Self {
        Self(Mutex::new(ids))
    }

    /// All.
    #[must_use]
    pub fn all(&self) -> std::collections::BTreeMap<String, u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn get(&self, name: &str) -> u32 {
        let ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.get(name).copied().unwrap_or_default()
    }

    fn set(&self, name: &str, id: u32) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(name.to_owned(), id);
    }
}

/// Serves one device until it fails, or until the account has another token for it.
///
/// # Errors
///
/// It can't be found, or answered nothing for three rounds.
pub async fn run(mut desk: Desk, mut options: Options) -> Result<(), SourceError> {
    let configured = options.address;
    let (token, mut news) = match (options.token.clone(), options.account.take()) {
        (Some(token), _) => (token, None),
        (None, account) => {
            let mut news = account.ok_or_else(|| SourceError::new("there is no token", None))?;
            (ask_account(&desk, &mut options, &mut news).await?, Some(news))
        }
    };
    let last_id = options.ids.get(&desk.name);
    let opened = match options.address {
        None => open(find(options.device_id).await?, &options, &token, last_id).await?,
        Some(address) => match open(address, &options, &token, last_id).await {
            // It was there when the cloud saw it last.
            Err(error) if configured.is_none() => match find(options.device_id).await {
                Ok(other) if other != address => open(other, &options, &token, last_id).await?,
                _ => return Err(error),
            },
            outcome => outcome?,
        },
    };
    let Opened {
        // It lives as long as this.
        client: _client,
        mut events,
        handle,
        info,
        address,
    } = opened;
    let mut device = Device::new(&desk, &options, &info, handle)?;
    info!("{} is {} at {address}", device.about.name, device.model);

    let mut next = Instant::now();
    let mut failures = 0;
    loop {
        tokio::select! {
            () = sleep_until(next) => {
                match device.driver.poll(&device.handle).await {
                    Ok(says) => {
                        failures = 0;
                        desk.up();
                        device.tell(&desk, says, true);
                    }
                    Err(error) => {
                        failures += 1;
                        let error = call_error(&error);
                        if failures >= MOST_FAILURES {
                            device.tell(&desk, Vec::new(), false);
                            return Err(error);
                        }
                        warn!("{}: {error}. {}", device.about.name, error.help().unwrap_or_default());
                        desk.home.set_health(&desk.name, Health::Down(error.to_string()));
                    }
                }
                if let Some(id) = device.handle.last_id().await {
                    options.ids.set(&desk.name, id);
                }
                next = Instant::now() + options.every;
            }
            command = desk.commands.recv() => {
                let Some(command) = command else { return Ok(()) };
                let outcome = device.driver.command(&device.handle, &command.key, &command.action).await;
                desk.done(&command, outcome);
                // What became of it is asked for at once.
                next = Instant::now() + SETTLE;
            }
            error = replaced(&mut news, options.device_id, &token) => return Err(error),
            event = events.recv() => {
                if let Some(event) = event
                    && let miio_proto::Event::Notice(notice) = event.event
                {
                    warn!("{}: {notice:?}. {}", device.about.name, notice.help().unwrap_or_default());
                }
            }
        }
    }
}

/// Waits until the account has a token for the device, and fills in what isn't configured.
async fn ask_account(desk: &Desk, options: &mut Options, news: &mut News) -> Result<Token, SourceError> {
    loop {
        let found = news.borrow_and_update().clone();
        let device = found.as_ref().and_then(|found| found.lan(options.device_id?));
        if let Some(device) = device {
            options.address = options.address.or(device.address);
            options.name = options.name.take().or_else(|| device.name.clone());
            options.model = options.model.take().or_else(|| device.model.clone());
            return Ok(device.token.clone());
        }
        let what = match (found, options.device_id) {
            (Some(_), Some(id)) => {
                let what = format!(
                    "the account has no device {id} with a token. Compare device_id with what \
                     `cargo run --example cloud -- devices` lists, and cloud.devices"
                );
                warn!("{}: {what}", desk.name);
                what
            }
            _ => "it waits for its token from the cloud".to_owned(),
        };
        desk.home.set_health(&desk.name, Health::Down(what));
        if news.changed().await.is_err() {
            return Err(SourceError::new("the account is gone", None));
        }
    }
}

/// Waits until the account has another token for the device than this one; for ever, if nothing is taken from there.
async fn replaced(news: &mut Option<News>, id: Option<u32>, token: &Token) -> SourceError {
    let (Some(news), Some(id)) = (news, id) else {
        return std::future::pending().await;
    };
    loop {
        let found = news.borrow_and_update().clone();
        let device = found.as_ref().and_then(|found| found.lan(id));
        if device.is_some_and(|device| device.token != *token) {
            return SourceError::new("the account has a new token for it", None);
        }
        if news.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// A device that said who it is.
struct Opened {
    client: Client,
    events: mpsc::Receiver<SessionEvent>,
    handle: Handle,
    info: DeviceDescription,
    address: SocketAddr,
}

async fn open(
    address: SocketAddr,
    options: &Options,
    token: &Token,
    last_id: u32,
) -> Result<Opened, SourceError> {
    let bind = match address {
        _ if address.ip().is_loopback() => "127.0.0.1:0",
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let (client, events) = Client::bind(bind)
        .await
        .map_err(|error| SourceError::new(&error, None))?;
    let mut config = miio_proto::Config::new(token.clone()).last_id(last_id);
    if let Some(id) = options.device_id {
        config = config.device_id(DeviceId(id));
    }
    let handle = client.add(address, config).await;
    let info = describe(&handle, options).await?;
    Ok(Opened {
        client,
        events,
        handle,
        info,
        address,
    })
}

/// A device that answers.
struct Device {
    id: Id,
    model: String,
    about: Arc<About>,
    handle: Handle,
    driver: Driver,
}

enum Driver {
    Vacuum(vacuum::Driver),
    Miot(miot::Driver),
    Legacy(legacy::Driver),
}

impl Driver {
    async fn poll(&mut self, handle: &Handle) -> Result<Vec<Says>, CallError> {
        match self {
            Self::Vacuum(driver) => driver.poll(handle).await,
            Self::Miot(driver) => driver.poll(handle).await,
            Self::Legacy(driver) => driver.poll(handle).await,
        }
    }

    async fn command(&mut self, handle: &Handle, key: &str, action: &Action) -> Result<(), SourceError> {
        match self {
            Self::Vacuum(driver) => driver.command(handle, action).await,
            Self::Miot(driver) => driver.command(handle, key, action).await,
            Self::Legacy(driver) => driver.command(handle, action).await,
        }
    }
}

impl Device {
    fn new(
        desk: &Desk,
        options: &Options,
        info: &DeviceDescription,
        handle: Handle,
    ) -> Result<Self, SourceError> {
        let model = miio_proto::models::substitute(options.model.as_deref(), info.model.as_deref());
        let (model, differs) = model.ok_or_else(|| {
            SourceError::new(
                "the device doesn't tell its model",
                Some("Name it in the configuration."),
            )
        })?;
        if differs {
            warn!("{}: taken for a {model}, though it says otherwise", desk.name);
        }
        let id = info.mac.as_deref().map(|mac| mac.replace(':', ""));
        let id = id.or_else(|| Some(format!("miio_{}", options.device_id?)));
        let id = Id::of(id.as_deref().unwrap_or(&desk.name))
            .ok_or_else(|| SourceError::new("the device has no name", None))?;
        let about = About {
            name: options.name.clone().unwrap_or_else(|| model.to_owned()),
            model: Some(model.to_owned()),
            manufacturer: model.split('.').next().map(str::to_owned),
            firmware: info.firmware.clone(),
            via: None,
            source: Arc::clone(&desk.name),
            presence: Presence::Told,
        };
        let is_vacuum = miio_proto::models::category(model) == Some("vacuum");
        let driver = match &options.spec {
            Some(spec) => Driver::Miot(miot::Driver::new(model, Arc::clone(spec))),
            None if is_vacuum => Driver::Vacuum(vacuum::Driver::new(model)),
            None => Driver::Legacy(legacy::Driver::new(model)),
        };
        Ok(Self {
            id,
            model: model.to_owned(),
            about: Arc::new(about),
            handle,
            driver,
        })
    }

    fn tell(&self, desk: &Desk, says: Vec<Says>, available: bool) {
        desk.home.apply(Update {
            device: self.id.clone(),
            about: Arc::clone(&self.about),
            says,
            available: Some(available),
        });
    }
}

async fn find(device_id: Option<u32>) -> Result<SocketAddr, SourceError> {
    let wanted = device_id.map(DeviceId);
    let found = discover(SEARCH, &[], |_| ())
        .await
        .map_err(|error| SourceError::new(&error, None))?;
    let device = found.into_iter().find(|found| Some(found.device_id) == wanted);
    device.and_then(|found| found.address).ok_or_else(|| {
        SourceError::new(
            "the device isn't found in this network",
            Some("Switch it on, or name its address: searches don't reach other subnets."),
        )
    })
}

/// Asks who it is. Devices that don't know `miIO.info` are taken for what the configuration says.
async fn describe(handle: &Handle, options: &Options) -> Result<DeviceDescription, SourceError> {
    match handle
        .call(Request::new("miIO.info", Json::Array(Vec::new())))
        .await
    {
        Ok(answer) => Ok(DeviceDescription::from_json(&answer.result)),
        Err(CallError::Device(_)) if options.model.is_some() => Ok(DeviceDescription::default()),
        Err(error) => Err(call_error(&error)),
    }
}

fn call_error(error: &CallError) -> SourceError {
    SourceError::new(&error, error.help())
}

/// Calls, and fails if the device doesn't say "ok" in one of its ways.
async fn order(handle: &Handle, request: Request) -> Result<Json, SourceError> {
    let answer = handle.call(request).await.map_err(|error| call_error(&error))?;
    Ok(answer.result)
}

/// A value of which nothing else is known, as the entity that fits.
fn plain(name: &str, value: &Json) -> Option<Says> {
    let key = Id::of(name)?.as_str().to_owned();
    let (entity, value) = match value {
        Json::Bool(on) => (Entity::binary(key, None), Value::On(*on)),
        Json::Number(number) => (Entity::sensor(key, None, ""), Value::Number(number.to_string())),
        Json::String(text) => {
            let text: String = text.chars().take(LONGEST_TEXT).collect();
            (
                Entity::new(key, crate::home::Kind::Text),
                Value::Text(text.into()),
            )
        }
        _ => return None,
    };
    Some(Says {
        entity,
        value: Some(value),
    })
}

/// Rounds without an answer after which a device is away.
const MOST_FAILURES: u32 = 3;
/// From a command to the question what became of it.
const SETTLE: Duration = Duration::from_millis(500);
const SEARCH: Duration = Duration::from_secs(5);
/// Home Assistant takes states of 255 characters.
const LONGEST_TEXT: usize = 255;
