//! Workers on one mosquitto, one of them killed in the middle: no reading is lost, and each is published once.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may panic"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bridge::run::Bridge;
use common::{Listener, Mosquitto};
use mibeacon::frame::{ObjectBuf, ProductId};
use mibeacon::{Beacon, BeaconFormat, BindKey, ButtonAction, MacAddr6, Message};
use rumqttc::v5::mqttbytes::QoS;
use tokio::time::{Instant, sleep, timeout};

const KEY: &str = "8f8e8d8c8b8a89888786858483828180";
const DEVICES: u8 = 4;
const PRESSES: usize = 150;

struct Process(Child);

impl Process {
    fn start(config: &Path, name: &str) -> Self {
        let child = Command::new(common::bridge())
            .args(["--quiet", "--worker", name, "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Lets it stand still, with its connection open.
    #[cfg(unix)]
    fn hang(&self) {
        let status = Command::new("kill")
            .args(["-STOP", &self.0.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn address(device: u8) -> MacAddr6 {
    MacAddr6::new(0x18, 0xc2, 0x3c, 0, 0, device)
}

/// Presses of one button, encrypted, a counter each.
fn presses(device: u8) -> Vec<String> {
    let format = BeaconFormat::MiBeacon {
        product_id: ProductId(0x2387),
        version: 5,
    };
    let mut beacon = Beacon::new(address(device), format).with_key(KEY.parse::<BindKey>().unwrap());
    let object = ObjectBuf::button(0, ButtonAction::Press).unwrap();
    let mut now = Duration::ZERO;
    let mut adverts = Vec::new();
    for _ in 0..PRESSES {
        beacon
            .send(now, &Message::Objects(&[object.as_object()]))
            .unwrap();
        now = beacon.poll_timeout().unwrap().max(now);
        adverts.push(base16ct::lower::encode_string(
            &beacon.poll_transmit(now).unwrap(),
        ));
        // The next one takes its place.
        now += Duration::from_secs(4);
        while beacon.poll_transmit(now).is_some() && beacon.poll_timeout().is_some_and(|next| next <= now) {}
    }
    adverts.sort();
    adverts.dedup();
    assert_eq!(adverts.len(), PRESSES);
    adverts
}

/// A bridge with workers on one mosquitto.
struct Scene {
    mosquitto: Mosquitto,
    listener: Listener,
    bridge: Bridge,
    folder: PathBuf,
    path: PathBuf,
}

impl Scene {
    /// `None`, said aloud, without mosquitto.
    async fn set(name: &str) -> Option<Self> {
        let mosquitto = Mosquitto::start("allow_anonymous true").await?;
        let folder = common::folder(name);
        let path = folder.join("bridge.toml");
        let mut text = format!(
            "[mqtt]\nhost = \"127.0.0.1\"\nport = {}\nclient_id = \"group\"\n[ble]\ntopics = [\"adverts/#\"]\nworkers = \"group1\"\n",
            mosquitto.address.port()
        );
        for device in 0..DEVICES {
            text += &format!(
                "[[ble.device]]\naddress = \"{}\"\nkey = \"{KEY}\"\n",
                address(device)
            );
        }
        std::fs::write(&path, text).unwrap();
        let config = bridge::config::Config::read(&path).unwrap();
        Some(Self {
            listener: Listener::start("listener", mosquitto.address),
            bridge: Bridge::start(&config, None).await.unwrap(),
            mosquitto,
            folder,
            path,
        })
    }

    async fn worker(&self, name: &str) -> Process {
        let process = Process::start(&self.path, name);
        self.listener
            .until_is(&format!("xiaomi/bridge/workers/{name}"), "online")
            .await;
        // It subscribes after that.
        sleep(Duration::from_millis(300)).await;
        process
    }

    async fn hear(&self, gateway: &str, device: u8, advert: &str) {
        let digits = base16ct::lower::encode_string(&address(device).into_array());
        let topic = format!("adverts/{gateway}/{digits}");
        let client = &self.listener.client;
        client
            .publish(topic, QoS::AtLeastOnce, false, advert.to_owned())
            .await
            .unwrap();
    }

    /// How many presses of each button were published.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let heard = self.listener.heard().into_iter();
        for (topic, _) in heard.filter(|(topic, _)| topic.ends_with("/button")) {
            *counts.entry(topic).or_default() += 1;
        }
        counts
    }

    fn total(&self) -> usize {
        self.counts().values().sum()
    }

    async fn end(self) {
        self.bridge.stop().await;
        drop(self.mosquitto);
        std::fs::remove_dir_all(self.folder).unwrap();
    }
}

#[tokio::test]
async fn three_workers_lose_nothing_when_one_is_killed() {
    let Some(scene) = Scene::set("workers").await else {
        return;
    };
    let one = scene.worker("one").await;
    let mut two = scene.worker("two").await;
    let three = scene.worker("three").await;

    // Every press is heard by two gateways.
    let all: Vec<_> = (0..DEVICES).map(|device| (device, presses(device))).collect();
    for press in 0..PRESSES {
        for (device, adverts) in &all {
            for gateway in ["kitchen", "hall"] {
                scene.hear(gateway, *device, &adverts[press]).await;
            }
        }
        if press == PRESSES / 2 {
            two.kill();
        }
    }
    scene
        .listener
        .until_is("xiaomi/bridge/workers/two", "offline")
        .await;

    let expected = PRESSES * usize::from(DEVICES);
    let end = Instant::now() + Duration::from_secs(30);
    while scene.total() < expected && Instant::now() < end {
        sleep(Duration::from_millis(100)).await;
    }
    // Nothing more comes.
    sleep(Duration::from_millis(500)).await;
    let (counts, home) = (scene.counts(), &scene.bridge.home);
    assert_eq!(counts.len(), usize::from(DEVICES));
    assert!(
        counts.values().all(|count| *count == PRESSES),
        "{PRESSES} presses of each button, published were {counts:?}; {} duplicates",
        home.counters.duplicates.get()
    );
    assert!(
        home.counters.duplicates.get() > 0,
        "two gateways heard each press"
    );
    drop((one, three));
    scene.end().await;
}

#[cfg(unix)]
/// Two workers, of which one hangs with what the broker gave it, until it is killed. Says how many presses are missing.
async fn hang_and_kill(scene: &Scene, expected: &[String]) -> (Process, usize) {
    let one = scene.worker("one").await;
    let mut two = scene.worker("two").await;
    two.hang();
    for advert in expected {
        scene.hear("kitchen", 0, advert).await;
    }
    let mut total = 0;
    let rest = async {
        while scene.total() < expected.len() / 2 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let _ = timeout(Duration::from_secs(10), rest).await;
    // All that the living one had.
    while scene.total() > total {
        total = scene.total();
        sleep(Duration::from_millis(700)).await;
    }
    two.kill();
    scene
        .listener
        .until_is("xiaomi/bridge/workers/two", "offline")
        .await;
    (one, expected.len() - total)
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_dead_worker_had_is_worked_off_by_the_bridge() {
    let Some(scene) = Scene::set("adopted").await else {
        return;
    };
    let adverts = presses(0);
    let (one, missing) = hang_and_kill(&scene, &adverts).await;
    assert!(
        missing >= PRESSES / 4,
        "{missing} presses are in the session of the dead worker"
    );
    let counters = &scene.bridge.home.counters;
    common::until("the session isn't taken over", || {
        counters.workers_adopted.get() == 1
    })
    .await;
    assert_eq!(
        counters.adverts_adopted.get(),
        missing as u64,
        "what was missing, and nothing else, was decoded by the bridge"
    );
    common::until("presses are missing", || scene.total() == PRESSES).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(scene.total(), PRESSES);
    assert_eq!(counters.workers_adopted.get(), 1);

    // Its session is gone: a new worker of the name begins without one, and takes part.
    let two = scene.worker("two").await;
    sleep(Duration::from_secs(6)).await;
    assert_eq!(counters.workers_adopted.get(), 1, "it lives");
    drop((one, two));
    scene.end().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_worker_that_comes_back_in_time_goes_on_by_itself() {
    let Some(scene) = Scene::set("back").await else {
        return;
    };
    let adverts = presses(0);
    let (one, missing) = hang_and_kill(&scene, &adverts).await;
    assert!(missing >= PRESSES / 4, "{missing}");
    let two = scene.worker("two").await;
    common::until("presses are missing", || scene.total() == PRESSES).await;
    // Longer than the bridge waits for a worker.
    sleep(Duration::from_secs(7)).await;
    let counters = &scene.bridge.home.counters;
    assert_eq!(
        (counters.workers_adopted.get(), counters.adverts_adopted.get()),
        (0, 0)
    );
    assert_eq!(scene.total(), PRESSES);
    assert_eq!(scene.listener.latest()["xiaomi/bridge/workers/two"], "online");
    drop((one, two));
    scene.end().await;
}
