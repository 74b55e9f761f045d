//! An MQTT broker in this process: rumqttd, on loopback.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use rumqttd::{Config, ConnectionSettings, RouterConfig, ServerSettings};

/// A broker that lives as long as the process: rumqttd can't be stopped.
#[derive(Clone, Copy, Debug)]
pub struct Broker {
    mqtt3: SocketAddr,
    mqtt5: SocketAddr,
}

/// Why there is no broker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// The port is taken.
    #[error("port {port} can't be had: {error}")]
    Port {
        /// Which.
        port: u16,
        /// Why.
        error: std::io::Error,
    },
    /// It doesn't listen.
    #[error("it doesn't listen after five seconds")]
    Silent,
    /// No thread.
    #[error("no thread for it: {0}")]
    Thread(std::io::Error),
}

impl Broker {
    /// Starts a broker whose MQTT 3.1.1 clients come to `port`; 0 for any. MQTT 5 has a port of its own, since rumqttd
    /// speaks one version a port.
    ///
    /// # Errors
    ///
    /// The port is taken.
    pub async fn start(port: u16) -> Result<Self, BrokerError> {
        let (mqtt3, mqtt5) = (free(port)?, free(0)?);
        let server = |name: &str, listen| ServerSettings {
            name: name.to_owned(),
            listen,
            tls: None,
            next_connection_delay_ms: 1,
            connections: ConnectionSettings {
                connection_timeout_ms: 5000,
                max_payload_size: 256 * 1024,
                // It hands out no more retained messages than this to a new client.
                max_inflight_count: 1000,
                auth: None,
                external_auth: None,
                dynamic_filters: true,
            },
        };
        let config = Config {
            router: RouterConfig {
                max_connections: 100,
                max_outgoing_packet_count: 1000,
                max_segment_size: 1024 * 1024,
                max_segment_count: 4,
                ..RouterConfig::default()
            },
            v4: Some(HashMap::from([("v4".to_owned(), server("v4", mqtt3))])),
            v5: Some(HashMap::from([("v5".to_owned(), server("v5", mqtt5))])),
            ..Config::default()
        };
        std::thread::Builder::new()
            .name("broker".to_owned())
            .spawn(move || {
                if let Err(error) = rumqttd::Broker::new(config).start() {
                    tracing::error!("the embedded broker ended: {error}");
                }
            })
            .map_err(BrokerError::Thread)?;
        for address in [mqtt3, mqtt5] {
            listening(address).await?;
        }
        Ok(Self { mqtt3, mqtt5 })
    }

    /// Where clients of MQTT 3.1.1 connect.
    #[must_use]
    pub const fn mqtt3(&self) -> SocketAddr {
        self.mqtt3
    }

    /// Where clients of MQTT 5 connect.
    #[must_use]
    pub const fn mqtt5(&self) -> SocketAddr {
        self.mqtt5
    }
}

/// A port that is free now. rumqttd takes a number only, so another program can be faster; nothing worse than an error
/// comes of it.
fn free(port: u16) -> Result<SocketAddr, BrokerError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let address = listener.and_then(|listener| listener.local_addr());
    address.map_err(|error| BrokerError::Port { port, error })
}

async fn listening(address: SocketAddr) -> Result<(), BrokerError> {
    for _ in 0..250 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(BrokerError::Silent)
}
