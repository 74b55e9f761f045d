//! The account in the cloud: a fake one over HTTP on loopback, with a session in a file, as a login leaves it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may panic"
)]

mod common;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bridge::config::Config;
use bridge::home::{Health, Home};
use bridge::run::Bridge;
use bridge::sim::{self, Broker, Simulation};
use bridge::worker::Worker;
use common::{Listener, Mosquitto, free, until};
use mibeacon::frame::{ObjectBuf, ProductId};
use mibeacon::{Beacon, BeaconFormat, BindKey, ButtonAction, MacAddr6, Message};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use xiaomi_cloud::Region;
use xiaomi_cloud::server::Cloud;

/// A broker, an account, and a session for it.
struct Scene {
    broker: Broker,
    listener: Listener,
    cloud: Arc<Mutex<Cloud>>,
    server: SocketAddr,
    serving: JoinHandle<()>,
    folder: PathBuf,
}

impl Scene {
    async fn set() -> Self {
        let broker = Broker::start(0).await.unwrap();
        let cloud = Arc::new(Mutex::new(sim::cloud::account()));
        let (server, serving) = sim::cloud::serve(Arc::clone(&cloud), 0).await.unwrap();
        let folder = common::folder("cloud");
        sim::cloud::login(server, &folder.join("session")).await.unwrap();
        Self {
            listener: Listener::start("listener", broker.mqtt5()),
            broker,
            cloud,
            server,
            serving,
            folder,
        }
    }

    /// The account gets a button.
    fn add(&self, button: &Button) {
        let mut cloud = self.cloud.lock().unwrap();
        let did = format!("blt.3.test{}", button.digits());
        let address = button.address.to_string();
        cloud.region(Region::Germany).add_ble(
            &did,
            &format!("Button {}", button.digits()),
            "",
            &address,
            Some(button.key),
        );
    }

    fn session(&self) -> PathBuf {
        self.folder.join("session")
    }

    fn config(&self) -> Config {
        let text = format!(
            "state_file = 'state.json'\n[mqtt]\nhost = '127.0.0.1'\nport = {}\n\
             [cloud]\nsession = 'session'\nservers = ['de', 'cn']\n[ble]\ntopics = ['adverts/#']\n",
            self.broker.mqtt5().port()
        );
        let path = self.folder.join("bridge.toml");
        std::fs::write(&path, text).unwrap();
        let mut config = Config::read(&path).unwrap();
        let table = config.cloud.as_mut().unwrap();
        table.server = Some(self.server);
        table.refresh = "400ms".parse().unwrap();
        config
    }

    /// Presses a button until the press is published: until its key is known, presses are lost on nobody.
    async fn pressed(&self, button: &mut Button) {
        let topic = format!("xiaomi/{}/button", button.digits());
        let count = || {
            self.listener
                .heard()
                .iter()
                .filter(|(heard, _)| *heard == topic)
                .count()
        };
        let before = count();
        for _ in 0..200 {
            let advert = button.press();
            let raw = format!("adverts/{}", button.digits());
            self.listener.publish(&raw, &advert).await;
            sleep(Duration::from_millis(100)).await;
            if count() > before {
                return;
            }
        }
        panic!("no press of {} is published", button.address);
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.serving.abort();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A button that encrypts.
struct Button {
    address: MacAddr6,
    key: &'static str,
    beacon: Beacon,
    now: Duration,
}

impl Button {
    fn new(number: u8, key: &'static str) -> Self {
        let format = BeaconFormat::MiBeacon {
            product_id: ProductId(0x2387),
            version: 5,
        };
        let address = MacAddr6::new(0x18, 0xc2, 0x3c, 0, 1, number);
        Self {
            address,
            key,
            beacon: Beacon::new(address, format).with_key(key.parse::<BindKey>().unwrap()),
            now: Duration::ZERO,
        }
    }

    fn digits(&self) -> String {
        base16ct::lower::encode_string(&self.address.into_array())
    }

    fn press(&mut self) -> String {
        let object = ObjectBuf::button(0, ButtonAction::Press).unwrap();
        self.beacon
            .send(self.now, &Message::Objects(&[object.as_object()]))
            .unwrap();
        self.now = self.beacon.poll_timeout().unwrap().max(self.now);
        let advert = self.beacon.poll_transmit(self.now).unwrap();
        let text = base16ct::lower::encode_string(&advert);
        // The next one takes its place.
        self.now += Duration::from_secs(4);
        while self.beacon.poll_transmit(self.now).is_some()
            && self.beacon.poll_timeout().is_some_and(|next| next <= self.now)
        {}
        text
    }
}

fn health(home: &Home, source: &str) -> Option<Health> {
    let sources = home.sources();
    sources
        .into_iter()
        .find(|(name, _)| name.as_ref() == source)
        .map(|(_, health)| health)
}

async fn until_up(home: &Home) {
    until("the cloud isn't up", || health(home, "cloud") == Some(Health::Up)).await;
}

async fn until_down(home: &Home, words: &[&str]) {
    until(&format!("the cloud isn't down because of {words:?}"), || {
        matches!(health(home, "cloud"), Some(Health::Down(what)) if words.iter().all(|word| what.contains(word)))
    })
    .await;
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(not(unix))]
fn mode(_: &Path) -> u32 {
    0o600
}

const KEYS: [&str; 3] = [
    "8f8e8d8c8b8a89888786858483828180",
    "0123456789abcdef0123456789abcdef",
    "00112233445566778899aabbccddeeff",
];

#[tokio::test]
async fn an_expired_session_is_renewed_and_saved_and_a_revoked_one_asks_for_a_login() {
    let scene = Scene::set().await;
    let [mut first, mut second, mut third] =
        [1, 2, 3].map(|number| Button::new(number, KEYS[usize::from(number) - 1]));
    scene.add(&first);
    let bridge = Bridge::start(&scene.config(), None).await.unwrap();
    let home = Arc::clone(&bridge.home);
    until_up(&home).await;
    scene.pressed(&mut first).await;
    let name = &scene.listener.latest()[&format!("homeassistant/device/xiaomi_{}/config", first.digits())];
    assert!(name.contains("Button 18c23c000101"), "the account's name: {name}");

    // It expires in the middle: nobody notices, and the file has the new one.
    let before = std::fs::read(scene.session()).unwrap();
    scene.cloud.lock().unwrap().expire_sessions();
    scene.add(&second);
    scene.pressed(&mut second).await;
    until("the renewed session isn't saved", || {
        std::fs::read(scene.session()).unwrap() != before
    })
    .await;
    assert_eq!(mode(&scene.session()), 0o600);
    assert_eq!(health(&home, "cloud"), Some(Health::Up));

    // It is revoked: only a person can log in again. Meanwhile nothing is asked any more, and all else works.
    scene.cloud.lock().unwrap().revoke();
    let path = scene.session().display().to_string();
    until_down(&home, &["Log in again", "--example cloud", &path, "login"]).await;
    let asked = scene.cloud.lock().unwrap().seen().count();
    scene.pressed(&mut first).await;
    scene.pressed(&mut second).await;
    sleep(Duration::from_millis(1000)).await;
    assert_eq!(
        scene.cloud.lock().unwrap().seen().count(),
        asked,
        "a revoked account is left alone"
    );
    scene.add(&third);
    sim::cloud::login(scene.server, &scene.session()).await.unwrap();
    scene.pressed(&mut third).await;
    until_up(&home).await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_session_that_cannot_be_used_says_what_to_do_and_stops_nothing_else() {
    let scene = Scene::set().await;
    let (mut button, session) = (Button::new(1, KEYS[0]), scene.session());
    scene.add(&button);
    let good = std::fs::read(&session).unwrap();
    std::fs::remove_file(&session).unwrap();
    let bridge = Bridge::start(&scene.config(), None).await.unwrap();
    let home = Arc::clone(&bridge.home);
    until_down(&home, &["nobody is logged in", "--example cloud"]).await;
    scene.listener.until_is("xiaomi/bridge/status", "online").await;

    std::fs::write(&session, "{\"version\":1}").unwrap();
    private(&session, 0o600);
    until_down(&home, &["log in again", "--example cloud"]).await;

    #[cfg(unix)]
    {
        std::fs::write(&session, &good).unwrap();
        private(&session, 0o644);
        until_down(&home, &["mode 644", "chmod 600"]).await;
    }

    std::fs::write(&session, &good).unwrap();
    private(&session, 0o600);
    until_up(&home).await;
    scene.pressed(&mut button).await;
    bridge.stop().await;
}

fn private(path: &Path, mode: u32) {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    #[cfg(not(unix))]
    let _ = (path, mode);
}

#[tokio::test]
async fn a_cloud_that_is_away_is_asked_again_and_what_it_told_is_remembered() {
    let mut scene = Scene::set().await;
    let mut button = Button::new(1, KEYS[0]);
    scene.add(&button);
    scene.serving.abort();
    scene.server = free();
    let bridge = Bridge::start(&scene.config(), None).await.unwrap();
    let home = Arc::clone(&bridge.home);
    until_down(&home, &["reached"]).await;
    scene.listener.until_is("xiaomi/bridge/status", "online").await;
    let (_, serving) = sim::cloud::serve(Arc::clone(&scene.cloud), scene.server.port())
        .await
        .unwrap();
    scene.serving = serving;
    until_up(&home).await;
    scene.pressed(&mut button).await;
    bridge.stop().await;

    // The next run knows the key without a cloud, and keeps the device's entities.
    scene.serving.abort();
    let state = scene.folder.join("state.json");
    assert_eq!(mode(&state), 0o600);
    assert!(std::fs::read_to_string(&state).unwrap().contains(KEYS[0]));
    let bridge = Bridge::start(&scene.config(), None).await.unwrap();
    scene.pressed(&mut button).await;
    assert_ne!(health(&bridge.home, "cloud"), Some(Health::Up));
    let announced = format!("homeassistant/device/xiaomi_{}/config", button.digits());
    assert_ne!(scene.listener.latest()[&announced], "");
    bridge.stop().await;

    // Without the account, its devices are removed, and its keys are gone from the file.
    let mut config = scene.config();
    config.cloud = None;
    let bridge = Bridge::start(&config, None).await.unwrap();
    scene.listener.until_is(&announced, "").await;
    bridge.stop().await;
    assert!(!std::fs::read_to_string(&state).unwrap().contains(KEYS[0]));
}

#[tokio::test]
async fn workers_get_keys_from_the_account_too() {
    let Some(mosquitto) = Mosquitto::start("allow_anonymous true").await else {
        return;
    };
    let mut scene = Scene::set().await;
    scene.listener = Listener::start("listener", mosquitto.address);
    let mut button = Button::new(1, KEYS[0]);
    scene.add(&button);
    let mut config = scene.config();
    config.mqtt.port = Some(mosquitto.address.port());
    config.ble.workers = Some("group1".into());
    let bridge = Bridge::start(&config, None).await.unwrap();
    let worker = Worker::new(&config, &"one".parse().unwrap()).unwrap();
    let decoded = Arc::clone(&worker.home);
    let (sender, stop) = tokio::sync::watch::channel(false);
    let task = tokio::spawn(async move { worker.run(stop).await });
    scene.pressed(&mut button).await;
    assert!(decoded.counters.readings.get() > 0, "the worker did it");
    let name = format!("homeassistant/device/xiaomi_{}/config", button.digits());
    scene
        .listener
        .until("the account's name isn't known", |latest| {
            latest
                .get(&name)
                .is_some_and(|config| config.contains("Button 18c23c000101"))
        })
        .await;
    sender.send(true).unwrap();
    task.await.unwrap();
    bridge.stop().await;
}

#[tokio::test]
async fn lan_devices_of_the_account_are_adopted_on_request() {
    let simulation = Simulation::start(0).await.unwrap();
    let mut config = simulation.config.clone();
    config.miio.clear();
    let listener = Listener::start("listener", simulation.broker.mqtt5());
    let bridge = Bridge::start(&config, None).await.unwrap();
    until_up(&bridge.home).await;
    sleep(Duration::from_millis(500)).await;
    assert!(
        !listener.latest().contains_key("xiaomi/0200034d7687/vacuum"),
        "nobody asked for it"
    );
    bridge.stop().await;

    let table = config.cloud.as_mut().unwrap();
    (table.adopt, table.devices) = (true, vec!["Vacuum".into(), "nothing of this name".into()]);
    let bridge = Bridge::start(&config, None).await.unwrap();
    listener
        .until("the vacuum isn't adopted", |latest| {
            latest.contains_key("xiaomi/0200034d7687/vacuum")
        })
        .await;
    let announced = &listener.latest()["homeassistant/device/xiaomi_0200034d7687/config"];
    assert!(announced.contains("\"Vacuum\""), "{announced}");
    assert!(
        health(&bridge.home, "miio 271828182").is_none(),
        "the purifier isn't one of cloud.devices"
    );
    bridge.stop().await;
}
