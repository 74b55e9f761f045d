//! A bridge that runs: a configuration, turned into tasks.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use miio_proto::miot::Instance;
use rumqttc::v5::mqttbytes::QoS;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::config::{Config, Every, Miio};
use crate::home::{Health, Home, Limits, OutboxLimits};
use crate::metrics;
use crate::mqtt::{self, Session, Subscription, TlsError};
use crate::source::ble::{Ble, topics};
use crate::source::cloud::{self, Account, Found, News};
use crate::source::miio::LastIds;
use crate::source::openbeken::{self, Plugs};
use crate::source::{gateway, miio, supervise};
use crate::state::{Saved, StateError};
use crate::worker::{self, Adopter, Merger};

/// A bridge at work.
#[derive(Debug)]
pub struct Bridge {
    /// What it knows.
    pub home: Arc<Home>,
    /// Where Prometheus finds its figures.
    pub metrics: Option<SocketAddr>,
    keeper: Keeper,
    stop: watch::Sender<bool>,
    session: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
}

/// Why a bridge doesn't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The connection can't be encrypted.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The state of the last run can't be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A specification isn't one.
    #[error("{}: {reason}", path.display())]
    Spec {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The address for figures can't be had.
    #[error("metrics at {address}: {error}")]
    Metrics {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
}

impl StartError {
    /// What a person can do about it, in one sentence.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Tls(error) => error.help(),
            Self::State(error) => error.help(),
            Self::Spec { .. } => Some("Fetch the model's specification from miot-spec.org anew."),
            Self::Metrics { .. } => Some("Choose another address with --metrics."),
        }
    }
}

/// Reads all files that a configuration names, and starts nothing. Says what won't work yet, though it is no error.
///
/// # Errors
///
/// What would keep the bridge from starting.
pub fn check(config: &Config) -> Result<Vec<String>, StartError> {
    mqtt::options(&config.mqtt, &config.mqtt.client_id)?;
    if let Some(path) = &config.state_file {
        Saved::read(path)?;
    }
    let ids = Arc::default();
    for device in &config.miio {
        miio_options(device, &ids, None)?;
    }
    let mut notes = Vec::new();
    if let Some(table) = &config.cloud
        && let Err(error) = cloud::check(table)
    {
        let help = error.help().unwrap_or_default();
        notes.push(format!("the cloud: {error}. {help}"));
    }
    let hears = config.ble.adapter || !config.ble.topics.is_empty();
    if !config.ble.device.is_empty() && !hears {
        notes.push(
            "Bluetooth devices are listed, and nothing hears them: name ble.topics or set ble.adapter".into(),
        );
    }
    if config.ble.workers.is_some() && config.ble.topics.is_empty() {
        notes.push("ble.workers have nothing to read: name ble.topics".into());
    }
    let others = config.miio.is_empty() && config.gateway.is_empty() && config.openbeken.is_empty();
    let adopts = config.cloud.as_ref().is_some_and(|cloud| cloud.adopt);
    if others && !adopts && !hears {
        notes.push("no device is listed, and nothing is heard".into());
    }
    Ok(notes)
}

impl Bridge {
    /// Starts everything that the configuration names.
    ///
    /// # Errors
    ///
    /// Something that won't get better by waiting. A broker or a device that is away isn't an error.
    pub async fn start(config: &Config, metrics: Option<SocketAddr>) -> Result<Self, StartError> {
        let saved = match &config.state_file {
            Some(path) => Saved::read(path)?,
            None => Saved::default(),
        };
        let mut options = mqtt::options(&config.mqtt, &config.mqtt.client_id)?;
        if config.ble.workers.is_some() {
            // What workers decode while the bridge is away waits for it.
            options
                .set_clean_start(false)
                .set_session_expiry_interval(Some(SESSION_EXPIRY));
        }
        let home = Home::new(
            &config.mqtt.base,
            config.discovery(),
            Limits {
                devices: config.limits.devices.max(1),
                ..Limits::default()
            },
            OutboxLimits {
                events: config.limits.events.max(1),
                ..OutboxLimits::default()
            },
        );
        let listener = match metrics {
            None => None,
            Some(address) => {
                let listener = metrics::listen(address).await;
                Some(listener.map_err(|error| StartError::Metrics { address, error })?)
            }
        };
        let metrics = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        home.restore_announced(saved.announced);
        // What the account told is of use only while it is configured.
        let account = config.cloud.as_ref().map(|_| Arc::new(Account::new(saved.cloud)));
        let known = account.as_ref().and_then(|account| account.found());
        forget_unlisted(&home, config, known.as_deref());

        let (stop, stopped) = watch::channel(false);
        let ble = Arc::new(Ble::new(
            Arc::clone(&home),
            &config.ble.device,
            config.ble.strangers,
        ));
        if let Some(known) = &known {
            ble.learn(&known.with_listed(&config.ble.device));
        }
        ble.restore(&saved.counters);
        let ids = Arc::new(LastIds::new(saved.message_ids));
        let mut tasks = Vec::new();
        tasks.extend(listener.map(|listener| tokio::spawn(metrics::serve(listener, Arc::clone(&home)))));
        if let (Some(table), Some(account)) = (&config.cloud, &account) {
            let (table, told) = (table.clone(), Arc::clone(account));
            tasks.push(supervise(&home, cloud::SOURCE, stopped.clone(), move |desk| {
                cloud::run(desk, table.clone(), Arc::clone(&told))
            }));
        }
        let news = || account.as_ref().map(|account| account.news());
        for (number, device) in config.miio.iter().enumerate() {
            let options = miio_options(device, &ids, news())?;
            let name = miio_name(device, number);
            tasks.push(supervise(&home, &name, stopped.clone(), move |desk| {
                miio::run(desk, options.clone())
            }));
        }
        for (number, table) in config.gateway.iter().enumerate() {
            let options = gateway::Options {
                key: table.key.clone(),
                address: table.address,
                interface: table.interface,
            };
            let name = gateway_name(number);
            tasks.push(supervise(&home, &name, stopped.clone(), move |desk| {
                gateway::run(desk, options.clone())
            }));
        }
        #[cfg(feature = "btleplug")]
        if config.ble.adapter {
            let ble = Arc::clone(&ble);
            tasks.push(supervise(&home, "adapter", stopped.clone(), move |desk| {
                crate::source::ble::adapter::run(desk, Arc::clone(&ble))
            }));
        }
        let (subscriptions, merger) = if config.ble.workers.is_some() {
            let (subscriptions, merger) = decoded(config, &home, news(), &stopped);
            (subscriptions, Some(merger))
        } else {
            (Vec::new(), None)
        };
        if config.ble.workers.is_none() && !config.ble.topics.is_empty() {
            let own = format!("{}-{}", config.mqtt.client_id, topics::SOURCE);
            let options = mqtt::options(&config.mqtt, &own)?;
            let (ble, filters) = (Arc::clone(&ble), Arc::from(config.ble.topics.clone()));
            tasks.push(supervise(&home, topics::SOURCE, stopped.clone(), move |desk| {
                topics::run(desk, options.clone(), Arc::clone(&filters), Arc::clone(&ble))
            }));
        }
        if let Some(news) = news() {
            let follower = Follower {
                home: Arc::clone(&home),
                config: config.clone(),
                ble: Arc::clone(&ble),
                merger,
                ids: Arc::clone(&ids),
                stop: stopped.clone(),
            };
            tasks.push(tokio::spawn(follower.run(news)));
        }
        let plugs = config.openbeken.iter();
        let plugs = plugs.filter_map(|plug| Some((plug.topics()?, plug.name.clone())));
        let plugs = Arc::new(Plugs::new(Arc::clone(&home), plugs));
        if !config.openbeken.is_empty() {
            let served = Arc::clone(&plugs);
            tasks.push(supervise(
                &home,
                openbeken::SOURCE,
                stopped.clone(),
                move |desk| openbeken::run(desk, Arc::clone(&served)),
            ));
        }
        let mut subscriptions = subscriptions;
        subscriptions.extend(plugs.filters().map(|filter| {
            let plugs = Arc::clone(&plugs);
            Subscription {
                filter,
                qos: QoS::AtMostOnce,
                handler: Arc::new(move |topic, payload, _| plugs.handle_message(topic, payload)),
            }
        }));
        let session = Session::new(Arc::clone(&home), options, subscriptions);
        let session = tokio::spawn(session.run(stopped));
        let keeper = Keeper {
            path: config.state_file.clone(),
            home: Arc::clone(&home),
            ble,
            ids,
            account,
        };
        tasks.push(tokio::spawn(keeper.clone().run()));
        Ok(Self {
            home,
            metrics,
            keeper,
            stop,
            session,
            tasks,
        })
    }

    /// Stops in order: sources first, then the last messages, then the state.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in &self.tasks {
            task.abort();
        }
        let _ = tokio::time::timeout(PATIENCE, self.session).await;
        self.keeper.save();
    }
}

/// What workers made of raw advertisements: the topics, and who takes their messages.
fn decoded(
    config: &Config,
    home: &Arc<Home>,
    news: Option<News>,
    stopped: &watch::Receiver<bool>,
) -> (Vec<Subscription>, Arc<Merger>) {
    // Workers know the account's devices, and perhaps sooner.
    let strangers = config.ble.strangers || config.cloud.is_some();
    let merger = Arc::new(Merger::new(Arc::clone(home), &config.ble.device, strangers));
    let adopter = Adopter::start(Arc::clone(home), config.clone(), news, stopped.clone());
    let taker = Arc::clone(&merger);
    let subscriptions = vec![
        Subscription {
            filter: worker::decoded_topic(home.base()),
            qos: QoS::AtLeastOnce,
            handler: Arc::new(move |_, payload, _| taker.handle_message(payload)),
        },
        Subscription {
            filter: worker::status_topic(home.base(), "+"),
            qos: QoS::AtLeastOnce,
            handler: Arc::new(move |topic, payload, _| adopter.handle_message(topic, payload)),
        },
    ];
    (subscriptions, merger)
}

fn miio_name(device: &Miio, number: usize) -> String {
    match &device.name {
        Some(name) => format!("miio {name}"),
        None => format!("miio {}", number + 1),
    }
}

/// The source of a device of the account that isn't listed. Its name there may change, its id doesn't.
fn adopted_name(device_id: u32) -> String {
    format!("miio {device_id}")
}

fn gateway_name(number: usize) -> String {
    format!("gateway {}", number + 1)
}

fn miio_options(
    device: &Miio,
    ids: &Arc<LastIds>,
    account: Option<News>,
) -> Result<miio::Options, StartError> {
    let text = match (&device.spec, device.spec_text) {
        (Some(path), _) => Some(std::fs::read_to_string(path).map_err(|error| error.to_string())),
        (None, text) => text.map(|text| Ok(text.to_owned())),
    };
    let spec = text.map(|text| {
        let json = serde_json::from_str(&text?).map_err(|error| error.to_string())?;
        Instance::from_json(&json).map_err(|error| error.to_string())
    });
    let spec = spec.transpose().map_err(|reason| StartError::Spec {
        path: device.spec.clone().unwrap_or_default(),
        reason,
    })?;
    Ok(miio::Options {
        name: device.name.clone(),
        address: device.address,
        device_id: device.device_id,
        token: device.token.clone(),
        account,
        model: device.model.clone(),
        spec: spec.map(Arc::new),
        every: device.every.duration(),
        ids: Arc::clone(ids),
    })
}

/// Gives what the account tells to those who need it: keys to the decoder, and LAN devices sources of their own.
struct Follower {
    home: Arc<Home>,
    config: Config,
    ble: Arc<Ble>,
    merger: Option<Arc<Merger>>,
    ids: Arc<LastIds>,
    stop: watch::Receiver<bool>,
}

impl Follower {
    async fn run(self, mut news: News) {
        let listed = self.config.miio.iter();
        let mut served: BTreeSet<_> = listed.filter_map(|device| device.device_id).collect();
        let addresses: BTreeSet<_> = self
            .config
            .miio
            .iter()
            .filter_map(|device| device.address)
            .collect();
        let adopts = self.config.cloud.as_ref().is_some_and(|cloud| cloud.adopt);
        while news.changed().await.is_ok() {
            let Some(found) = news.borrow_and_update().clone() else {
                continue;
            };
            let devices = found.with_listed(&self.config.ble.device);
            self.ble.learn(&devices);
            if let Some(merger) = &self.merger {
                merger.learn(&devices);
            }
            let lan = found.lan.iter().filter(|device| adopts && device.speaks);
            for device in lan {
                // One that is listed by its address alone has its token from there.
                let is_listed = device.address.is_some_and(|address| addresses.contains(&address));
                if !is_listed && served.insert(device.device_id) {
                    self.serve(device.device_id, &news);
                }
            }
        }
    }

    fn serve(&self, device_id: u32, news: &News) {
        let options = miio::Options {
            name: None,
            address: None,
            device_id: Some(device_id),
            token: None,
            account: Some(news.clone()),
            model: None,
            spec: None,
            every: Every::seconds(30).duration(),
            ids: Arc::clone(&self.ids),
        };
        // It ends with `stop`, as all sources.
        drop(supervise(
            &self.home,
            &adopted_name(device_id),
            self.stop.clone(),
            move |desk| miio::run(desk, options.clone()),
        ));
    }
}

/// Devices of an earlier run that the configuration has no more: their entities are removed. `known` is what the account
/// told in that run; without it, nobody knows which devices are the account's.
fn forget_unlisted(home: &Home, config: &Config, known: Option<&Found>) {
    use crate::home::Id;
    let is_unknown = config.cloud.is_some() && known.is_none();
    let none = Found::default();
    let (known, adopts) = (
        known.unwrap_or(&none),
        config.cloud.as_ref().is_some_and(|cloud| cloud.adopt),
    );
    let listed: BTreeSet<_> = known
        .with_listed(&config.ble.device)
        .iter()
        .map(|device| Id::of_address(device.address).as_str().to_owned())
        .collect();
    let miio = config.miio.iter().enumerate();
    let gateways = (0..config.gateway.len()).map(gateway_name);
    let adopted = known.lan.iter().filter(|_| adopts);
    let sources: BTreeSet<_> = miio
        .map(|(number, device)| miio_name(device, number))
        .chain(gateways)
        .chain(adopted.map(|device| adopted_name(device.device_id)))
        .collect();
    for (id, announced) in home.announced() {
        let stays = match announced.source.as_str() {
            "ble" => config.ble.strangers || is_unknown || listed.contains(&id),
            openbeken::SOURCE => config
                .openbeken
                .iter()
                .any(|device| Id::of(&device.client_id).is_some_and(|own| own.as_str() == id)),
            source => sources.contains(source) || (is_unknown && adopts && is_adopted(source)),
        };
        if !stays && home.remove(&id) {
            info!("{id} isn't configured any more: its entities are removed");
        }
    }
}

fn is_adopted(source: &str) -> bool {
    let id = source.strip_prefix("miio ");
    id.is_some_and(|id| id.parse::<u32>().is_ok())
}

/// Saves the state, looks for silent devices, and logs how things are.
#[derive(Clone, Debug)]
struct Keeper {
    path: Option<PathBuf>,
    home: Arc<Home>,
    ble: Arc<Ble>,
    ids: Arc<LastIds>,
    account: Option<Arc<Account>>,
}

impl Keeper {
    async fn run(self) {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for turn in 0_u64.. {
            beat.tick().await;
            self.home.handle_timeout();
            if turn % SAVE_EVERY == SAVE_EVERY - 1 {
                self.save();
                info!("{}", metrics::health_line(&self.home));
                for (address, status) in self.ble.key_problems() {
                    warn!("{address}: key {status}. {}", status.help().unwrap_or_default());
                }
                if let Health::Down(reason) = self.home.broker() {
                    warn!("the broker is away: {reason}");
                }
            }
        }
    }

    fn save(&self) {
        let Some(path) = &self.path else { return };
        let saved = Saved {
            counters: self.ble.states(),
            message_ids: self.ids.all(),
            announced: self.home.announced(),
            cloud: self
                .account
                .as_ref()
                .and_then(|account| account.found())
                .map(|found| Found::clone(&found)),
        };
        if let Err(error) = saved.write(path) {
            self.home.counters.saves_failed.add();
            warn!("{error}. {}", error.help().unwrap_or_default());
        }
    }
}

/// Seconds that the broker keeps what workers decoded.
const SESSION_EXPIRY: u32 = 24 * 60 * 60;
const BEAT: Duration = Duration::from_secs(2);
/// Beats.
const SAVE_EVERY: u64 = 30;
const PATIENCE: Duration = Duration::from_secs(6);
