//! Three workers on one mosquitto, one of them killed in the middle: no reading is lost, and each is published once.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may panic"
)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bridge::run::Bridge;
use common::{Listener, Mosquitto};
use mibeacon::frame::{ObjectBuf, ProductId};
use mibeacon::{Beacon, BeaconFormat, BindKey, ButtonAction, MacAddr6, Message};
use rumqttc::v5::mqttbytes::QoS;
use tokio::time::sleep;

const KEY: &str = "8f8e8d8c8b8a89888786858483828180";
const DEVICES: u8 = 4;
const PRESSES: usize = 150;

/// The program, as it is built beside this test.
fn program() -> std::path::PathBuf {
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

struct Process(Child);

impl Process {
    fn start(config: &Path, name: &str) -> Self {
        let child = Command::new(program())
            .args(["--quiet", "--worker", name, "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
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

#[tokio::test]
async fn three_workers_lose_nothing_when_one_is_killed() {
    let Some(mosquitto) = Mosquitto::start("allow_anonymous true").await else {
        return;
    };
    let folder = common::folder("workers");
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
    let bridge = Bridge::start(&config, None).await.unwrap();
    let listener = Listener::start("listener", mosquitto.address);
    let mut workers: Vec<_> = ["one", "two", "three"]
        .map(|name| Process::start(&path, name))
        .into();
    for name in ["one", "two", "three"] {
        listener
            .until_is(&format!("xiaomi/bridge/workers/{name}"), "online")
            .await;
    }
    sleep(Duration::from_millis(300)).await;

    // Every press is heard by two gateways.
    let all: Vec<_> = (0..DEVICES).map(|device| (device, presses(device))).collect();
    for press in 0..PRESSES {
        for (device, adverts) in &all {
            let digits = base16ct::lower::encode_string(&address(*device).into_array());
            for gateway in ["kitchen", "hall"] {
                let topic = format!("adverts/{gateway}/{digits}");
                listener
                    .client
                    .publish(topic, QoS::AtLeastOnce, false, adverts[press].clone())
                    .await
                    .unwrap();
            }
        }
        if press == PRESSES / 2 {
            workers[1].kill();
        }
    }
    listener.until_is("xiaomi/bridge/workers/two", "offline").await;

    let expected = PRESSES * usize::from(DEVICES);
    let count = |listener: &Listener| -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (topic, _) in listener
            .heard()
            .into_iter()
            .filter(|(topic, _)| topic.ends_with("/button"))
        {
            *counts.entry(topic).or_default() += 1;
        }
        counts
    };
    let home = Arc::clone(&bridge.home);
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    while count(&listener).values().sum::<usize>() < expected && tokio::time::Instant::now() < end {
        sleep(Duration::from_millis(100)).await;
    }
    // Nothing more comes.
    sleep(Duration::from_millis(500)).await;
    let counts = count(&listener);
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
    bridge.stop().await;
    drop(workers);
    std::fs::remove_dir_all(folder).unwrap();
}
