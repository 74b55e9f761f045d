//! A home without hardware: every device is played by the other side of its protocol, over real sockets on loopback, and
//! the bridge treats it as any other home.

pub mod ble;
pub mod broker;
pub mod cloud;
pub mod gateway;
pub mod miio;
pub mod openbeken;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::config::{Config, ConfigError};

pub use broker::{Broker, BrokerError};

/// A simulated home that lives until it is dropped.
#[derive(Debug)]
pub struct Simulation {
    /// The embedded broker.
    pub broker: Broker,
    /// What the bridge is to be configured with.
    pub config: Config,
    /// What isn't simulated, and why.
    pub missing: Vec<String>,
    tasks: Vec<JoinHandle<()>>,
    /// Where the session of the simulated account is.
    folder: PathBuf,
}

/// Why there is no simulated home.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// No broker.
    #[error("the embedded broker doesn't start: {0}")]
    Broker(#[from] BrokerError),
    /// No sockets.
    #[error("no socket on loopback: {0}")]
    Socket(#[from] std::io::Error),
    /// The configuration that was made isn't valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The simulated cloud gives nothing.
    #[error("the simulated cloud: {0}")]
    Cloud(String),
    /// A specification that was made isn't valid.
    #[error("{0}")]
    Spec(String),
}

impl Simulation {
    /// Builds the home and lets it live. `port` is where MQTT clients find the broker; 0 for any.
    ///
    /// # Errors
    ///
    /// The broker or a socket can't be had.
    pub async fn start(port: u16) -> Result<Self, SimulationError> {
        let broker = Broker::start(port).await?;
        let (mut tasks, mut missing) = (Vec::new(), Vec::new());

        let wifi = miio::start().await?;
        let gateway = gateway::start();
        let gateway_address = match gateway {
            Ok((address, task)) => {
                tasks.push(task);
                Some(address)
            }
            Err(error) => {
                missing.push(format!("the gateway: {error}"));
                None
            }
        };
        let folder = std::env::temp_dir().join(format!(
            "bridge-simulation-{}-{}",
            std::process::id(),
            broker.mqtt5().port()
        ));
        let mut config = config(&broker, &wifi, gateway_address)?;
        let account = Arc::new(Mutex::new(cloud::of_home(&wifi)));
        let (server, task) = cloud::serve(account, 0).await?;
        tasks.push(task);
        let session = folder.join("session");
        cloud::login(server, &session).await?;
        if let Some(table) = &mut config.cloud {
            (table.server, table.session) = (Some(server), Some(session));
        }
        for device in &mut config.miio {
            if device.name.as_deref() == Some("Purifier") {
                device.spec_text = Some(miio::PURIFIER);
            }
        }
        tasks.extend(wifi.tasks);
        tasks.push(tokio::spawn(openbeken::run(broker.mqtt5())));
        tasks.push(tokio::spawn(ble::run(broker.mqtt5())));
        Ok(Self {
            broker,
            config,
            missing,
            tasks,
            folder,
        })
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The file that a person would write for this home; keys and tokens come from the cloud.
fn config(
    broker: &Broker,
    wifi: &miio::Devices,
    gateway: Option<SocketAddr>,
) -> Result<Config, SimulationError> {
    use std::fmt::Write;
    let mut text = format!(
        "[mqtt]\nhost = \"127.0.0.1\"\nport = {}\n[cloud]\nservers = [\"de\"]\n[ble]\ntopics = [\"{}\"]\n",
        broker.mqtt5().port(),
        ble::TOPICS.join("\", \""),
    );
    for (address, key, name) in ble::listed() {
        if key.is_none() {
            let _ = write!(
                text,
                "[[ble.device]]\naddress = \"{address}\"\nname = \"{name}\"\n"
            );
        }
    }
    for (name, _, id, _) in wifi.listed() {
        let _ = write!(
            text,
            "[[miio]]\nname = \"{name}\"\ndevice_id = {id}\nevery = \"2s\"\n"
        );
    }
    let (client_id, group) = (openbeken::CLIENT_ID, openbeken::GROUP);
    let _ = write!(
        text,
        "[[openbeken]]\nname = \"Heater\"\nclient_id = \"{client_id}\"\ngroup = \"{group}\"\n"
    );
    if let Some(address) = gateway {
        let _ = write!(
            text,
            "[[gateway]]\nkey = \"{}\"\naddress = \"{address}\"\ninterface = \"{}\"\n",
            gateway::KEY,
            Ipv4Addr::LOCALHOST,
        );
    }
    Ok(Config::parse(&text, Path::new("the simulated home"))?)
}

/// A value that goes up and down between `low` and `high`, once in `period`.
fn wave(now: Duration, low: f64, high: f64, period: f64) -> f64 {
    let phase = now.as_secs_f64() / period * std::f64::consts::TAU;
    low + (high - low) * (phase.sin() + 1.0) / 2.0
}
