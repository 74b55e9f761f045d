//! How much one bridge takes: advertisements at a fixed rate through a broker, decoded and published changed-only.
//!
//! The bridge under test is a process of its own, so that its memory and its time on the processor are its own. It runs on
//! one thread, so it never has more than one core. Sender, listener and broker are in this process.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mibeacon::{Beacon, BeaconFormat, Climate, EncodeError, MacAddr6, Message};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::mqtt::without_delay;
use crate::sim::{Broker, BrokerError};

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// Advertisements a second.
    pub rate: u32,
    /// Devices that send them.
    pub devices: u32,
    /// How often each advertisement is sent before the next: devices repeat themselves.
    pub repeats: u32,
    /// For how long.
    pub time: Duration,
    /// An MQTT 5 broker; `None` for an embedded one.
    pub broker: Option<SocketAddr>,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Advertisements sent.
    pub sent: u64,
    /// In how many seconds.
    pub seconds: f64,
    /// Values that came back.
    pub received: u64,
    /// Values that should have come back.
    pub expected: u64,
    /// From the first advertisement of an unknown device until all devices were announced and their values came back.
    pub announced: Duration,
    /// From the sender to the listener, for devices that are known: median, 99 %, worst.
    pub latency: [Duration; 3],
    /// The bridge's time on the processor, as a part of one core; `None` where the system doesn't tell.
    pub core: Option<f64>,
    /// The bridge's largest memory, in KiB; `None` where the system doesn't tell.
    pub memory: Option<u64>,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The process under test, or its configuration.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The advertisements.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// It doesn't come up.
    #[error("the bridge under test says nothing after ten seconds")]
    Silent,
    /// It doesn't publish what it hears.
    #[error("the bridge under test hasn't published a value of every device after ten seconds")]
    Unannounced,
}

/// Measures.
///
/// # Errors
///
/// Broker or bridge don't start.
pub async fn run(options: &Options) -> Result<Figures, BenchError> {
    let address = match options.broker {
        Some(address) => address,
        None => Broker::start(0).await?.mqtt5(),
    };
    let under_test = UnderTest::start(address)?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let listener = connect("bench-listener", address);
    tokio::spawn(listen(listener, Arc::clone(&seen)));
    online(&seen).await?;
    let (client, events) = connect("bench-sender", address);
    tokio::spawn(keep(events));
    sleep(Duration::from_millis(500)).await;

    let mut sender = Sender::new(options, client, Arc::clone(&seen));
    let announced = sender.announce().await?;
    let before = under_test.processor();
    let began = Instant::now();
    let sent = sender.send(options.time).await?;
    let seconds = began.elapsed().as_secs_f64();
    let core = under_test.processor().zip(before);
    let core = core.map(|(after, before)| (after - before).as_secs_f64() / seconds);
    // What is on its way.
    sleep(Duration::from_secs(1)).await;
    let memory = under_test.memory();
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let expected = seen.expected;
    let received = seen.latencies.len() as u64;
    Ok(Figures {
        sent,
        seconds,
        received,
        expected,
        announced,
        latency: quantiles(&mut seen.latencies),
        core,
        memory,
    })
}

/// What the listener knows.
#[derive(Debug, Default)]
struct Seen {
    online: bool,
    /// When a value was sent first.
    waiting: HashMap<(String, String), Instant>,
    expected: u64,
    latencies: Vec<Duration>,
}

/// Plays the devices.
struct Sender {
    client: AsyncClient,
    seen: Arc<Mutex<Seen>>,
    rate: f64,
    repeats: u64,
    devices: Vec<Beacon>,
    /// Topic and payload of each.
    messages: Vec<(String, String)>,
}

impl Sender {
    fn new(options: &Options, client: AsyncClient, seen: Arc<Mutex<Seen>>) -> Self {
        let devices: Vec<_> = (0..options.devices.max(1))
            .map(|number| {
                let [_, a, b, c] = number.to_be_bytes();
                Beacon::new(MacAddr6::new(0xa4, 0xc1, 0x38, a, b, c), BeaconFormat::Pvvx)
            })
            .collect();
        Self {
            client,
            seen,
            rate: options.rate.into(),
            repeats: options.repeats.max(1).into(),
            messages: vec![(String::new(), String::new()); devices.len()],
            devices,
        }
    }

    /// Every device once, until the bridge knows them all. What came of it doesn't count.
    async fn announce(&mut self) -> Result<Duration, BenchError> {
        let began = Instant::now();
        for index in 0..self.devices.len() {
            self.change(index, FIRST)?;
            self.publish(index).await;
        }
        for _ in 0..10_000 {
            if self.all_came_back() {
                let took = began.elapsed();
                let mut seen = self.seen();
                (seen.expected, seen.latencies) = (0, Vec::new());
                return Ok(took);
            }
            sleep(Duration::from_millis(1)).await;
        }
        Err(BenchError::Unannounced)
    }

    fn all_came_back(&self) -> bool {
        self.seen().latencies.len() == self.devices.len()
    }

    /// Advertisements at the rate, in even steps.
    async fn send(&mut self, time: Duration) -> Result<u64, BenchError> {
        let devices = self.devices.len() as u64;
        let mut beat = interval(Duration::from_millis(1));
        // What was missed is made up for: the rate is the rate.
        beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (began, mut sent) = (Instant::now(), 0_u64);
        while began.elapsed() < time {
            beat.tick().await;
            let due = (began.elapsed().as_secs_f64() * self.rate) as u64;
            while sent < due {
                let (round, index) = (sent / devices, (sent % devices) as usize);
                if round % self.repeats == 0 {
                    let turn = round / self.repeats;
                    self.change(index, FIRST + 1 + (turn % 3000) as i16)?;
                }
                self.publish(index).await;
                sent += 1;
            }
        }
        Ok(sent)
    }

    /// A device measures something else.
    fn change(&mut self, index: usize, temperature: i16) -> Result<(), BenchError> {
        let (Some(device), Some(message)) = (self.devices.get_mut(index), self.messages.get_mut(index))
        else {
            return Ok(());
        };
        *message = advert(device, temperature)?;
        let id = base16ct::lower::encode_string(&device.address().into_array());
        let value = format!("{}.{:02}", temperature / 100, temperature % 100);
        let mut seen = self.seen();
        seen.waiting.insert((id, value), Instant::now());
        seen.expected += 1;
        Ok(())
    }

    async fn publish(&self, index: usize) {
        if let Some((topic, payload)) = self.messages.get(index).cloned() {
            // The connection's end shows in what doesn't come back.
            let _ = self.client.publish(topic, QoS::AtMostOnce, false, payload).await;
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hundredths of a degree.
const FIRST: i16 = 1000;

/// A message as OpenMQTTGateway publishes it.
fn advert(device: &mut Beacon, temperature: i16) -> Result<(String, String), EncodeError> {
    let climate = Climate {
        temperature,
        humidity: 4390,
        battery_level: 87,
        battery_millivolts: 2911,
    };
    let now = device.poll_timeout().unwrap_or_default();
    device.send(now, &Message::Climate(climate))?;
    let advert = device.poll_transmit(now).unwrap_or_default();
    let data = mibeacon::ad::Advertisement::new(&advert)
        .service_data_of(0x181a)
        .unwrap_or_default()
        .to_vec();
    let digits = base16ct::upper::encode_string(&device.address().into_array());
    let json = json!({
        "id": device.address().to_string(), "rssi": -67, "name": "ATC",
        "servicedata": base16ct::lower::encode_string(&data), "servicedatauuid": "0x181a",
    });
    Ok((format!("home/bench/BTtoMQTT/{digits}"), json.to_string()))
}

fn connect(name: &str, address: SocketAddr) -> (AsyncClient, rumqttc::v5::EventLoop) {
    let name = format!("{name}-{}", std::process::id());
    let mut options = MqttOptions::new(name, address.ip().to_string(), address.port());
    options.set_keep_alive(Duration::from_secs(30));
    options.set_network_options(without_delay());
    AsyncClient::new(options, 10_000)
}

async fn keep(mut events: rumqttc::v5::EventLoop) {
    while events.poll().await.is_ok() {}
}

async fn listen((client, mut events): (AsyncClient, rumqttc::v5::EventLoop), seen: Arc<Mutex<Seen>>) {
    while let Ok(event) = events.poll().await {
        match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                for filter in ["bench/+/temperature", "bench/bridge/status"] {
                    let _ = client.try_subscribe(filter, QoS::AtMostOnce);
                }
            }
            Event::Incoming(Packet::Publish(publish)) => {
                let arrived = Instant::now();
                let (topic, payload) = (
                    String::from_utf8_lossy(&publish.topic),
                    String::from_utf8_lossy(&publish.payload).into_owned(),
                );
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                if topic == "bench/bridge/status" {
                    seen.online = payload == "online";
                    continue;
                }
                let id = topic.split('/').nth(1).unwrap_or_default().to_owned();
                if let Some(sent) = seen.waiting.remove(&(id, payload)) {
                    seen.latencies.push(arrived - sent);
                }
            }
            _ => {}
        }
    }
}

async fn online(seen: &Mutex<Seen>) -> Result<(), BenchError> {
    for _ in 0..200 {
        if seen.lock().unwrap_or_else(PoisonError::into_inner).online {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    Err(BenchError::Silent)
}

fn quantiles(latencies: &mut [Duration]) -> [Duration; 3] {
    latencies.sort_unstable();
    let at = |part: f64| {
        let index = ((latencies.len() as f64 * part) as usize).min(latencies.len().saturating_sub(1));
        latencies.get(index).copied().unwrap_or_default()
    };
    [at(0.5), at(0.99), at(1.0)]
}

/// The process under test.
struct UnderTest {
    child: Child,
    config: PathBuf,
}

impl UnderTest {
    fn start(broker: SocketAddr) -> Result<Self, BenchError> {
        let config = std::env::temp_dir().join(format!("bridge-bench-{}.toml", std::process::id()));
        let text = format!(
            "[mqtt]\nhost = \"{}\"\nport = {}\nbase = \"bench\"\nclient_id = \"bridge-bench-{}\"\n\
             [ble]\ntopics = [\"home/bench/BTtoMQTT/#\"]\nstrangers = true\n",
            broker.ip(),
            broker.port(),
            std::process::id(),
        );
        std::fs::write(&config, text)?;
        let child = Command::new(std::env::current_exe()?)
            .args(["--quiet", "--json", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self { child, config })
    }

    /// Its time on the processor so far.
    fn processor(&self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
        // Linux tells hundredths of a second to programs on every machine.
        Some(Duration::from_millis(ticks * 10))
    }

    /// Its largest memory, in KiB.
    fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse().ok()
    }
}

impl Drop for UnderTest {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.config);
    }
}
