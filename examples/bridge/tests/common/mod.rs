//! What the tests share: a client that remembers all it hears, and mosquitto where it is installed.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test uses some, and panics where it fails"
)]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tokio::time::{Instant, sleep};

/// A client that subscribes to everything.
pub struct Listener {
    pub client: AsyncClient,
    heard: Arc<Mutex<Vec<(String, String)>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    pub fn start(name: &str, broker: SocketAddr) -> Self {
        let mut options = MqttOptions::new(name, broker.ip().to_string(), broker.port());
        options.set_keep_alive(Duration::from_secs(30));
        options.set_max_packet_size(Some(1 << 20));
        let (client, mut events) = AsyncClient::new(options, 10_000);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (all, subscriber) = (Arc::clone(&heard), client.clone());
        let task = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        subscriber.try_subscribe("#", QoS::AtLeastOnce).unwrap();
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let topic = String::from_utf8(publish.topic.to_vec()).unwrap();
                        let payload = String::from_utf8(publish.payload.to_vec()).unwrap();
                        all.lock().unwrap().push((topic, payload));
                    }
                    Ok(_) => {}
                    Err(_) => sleep(Duration::from_millis(200)).await,
                }
            }
        });
        Self { client, heard, task }
    }

    /// All messages so far, in order.
    pub fn heard(&self) -> Vec<(String, String)> {
        self.heard.lock().unwrap().clone()
    }

    /// The last payload of each topic.
    pub fn latest(&self) -> BTreeMap<String, String> {
        self.heard().into_iter().collect()
    }

    pub async fn publish(&self, topic: &str, payload: &str) {
        self.publish_with(topic, payload, false).await;
    }

    pub async fn publish_with(&self, topic: &str, payload: &str, retain: bool) {
        self.client
            .publish(topic, QoS::AtLeastOnce, retain, payload.to_owned())
            .await
            .unwrap();
    }

    /// Waits until the latest payloads are as wanted.
    pub async fn until(&self, what: &str, wanted: impl Fn(&BTreeMap<String, String>) -> bool) {
        let end = Instant::now() + patience();
        while !wanted(&self.latest()) {
            assert!(Instant::now() < end, "{what}; heard:\n{:#?}", self.latest());
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn until_is(&self, topic: &str, payload: &str) {
        self.until(&format!("{topic} is never {payload}"), |latest| {
            latest.get(topic).is_some_and(|found| found == payload)
        })
        .await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits until it is so.
pub async fn until(what: &str, wanted: impl Fn() -> bool) {
    let end = Instant::now() + patience();
    while !wanted() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The program, as it is built beside the tests.
pub fn bridge() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(2).unwrap();
    let program = target
        .join("examples")
        .join(format!("bridge{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} isn't built: cargo builds examples for tests",
        program.display()
    );
    program
}

/// A mosquitto of its own; it ends with this value.
pub struct Mosquitto {
    pub address: SocketAddr,
    folder: PathBuf,
    child: Option<Child>,
}

impl Mosquitto {
    /// `None`, said aloud, where it isn't installed.
    pub async fn start(extra: &str) -> Option<Self> {
        let program = program()?;
        let address = free();
        let folder = folder("mosquitto");
        let config = format!(
            "listener {} 127.0.0.1\nmax_queued_messages 0\n{extra}\n",
            address.port()
        );
        std::fs::write(folder.join("mosquitto.conf"), config).unwrap();
        let mut mosquitto = Self {
            address,
            folder,
            child: None,
        };
        mosquitto.up(&program).await;
        Some(mosquitto)
    }

    /// Starts it again.
    pub async fn again(&mut self) {
        let program = program().unwrap();
        self.up(&program).await;
    }

    async fn up(&mut self, program: &str) {
        let child = Command::new(program)
            .arg("-c")
            .arg(self.folder.join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let end = Instant::now() + patience();
        while tokio::net::TcpStream::connect(self.address).await.is_err() {
            assert!(Instant::now() < end, "mosquitto doesn't listen");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills it, so that it loses all that it has in memory.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn program() -> Option<String> {
    let found = ["mosquitto", "/usr/sbin/mosquitto"]
        .into_iter()
        .find(|program| is_there(program, "-h"));
    if found.is_none() {
        eprintln!("SKIPPED: mosquitto isn't installed (Debian: apt-get install mosquitto)");
    }
    found.map(str::to_owned)
}

/// Whether a program can be started.
pub fn is_there(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// An address that is free now.
pub fn free() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

/// An empty folder of this test.
pub fn folder(name: &str) -> PathBuf {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("bridge-{name}-{}-{number}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A configuration for a broker.
pub fn config(broker: SocketAddr, more: &str) -> bridge::config::Config {
    let text = format!(
        "[mqtt]\nhost = \"{}\"\nport = {}\nclient_id = \"bridge-{}\"\n{more}",
        broker.ip(),
        broker.port(),
        broker.port()
    );
    bridge::config::Config::parse(&text, std::path::Path::new("test")).unwrap()
}

/// Seconds for which a broker is down in tests; `BROKER_DOWN_SECONDS` names a longer time.
pub fn broker_down() -> f64 {
    let seconds = std::env::var("BROKER_DOWN_SECONDS").ok();
    seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(0.3)
}

/// A bridge waits longer for a broker that was away for long.
fn patience() -> Duration {
    Duration::from_secs_f64(20.0 + 1.5 * broker_down())
}
