//! A broker that goes away, is started anew, closes at any byte, or sends nonsense: the bridge stays, and what it says in
//! the end is true.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may panic"
)]

mod common;

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bridge::home::{About, Entity, Home, Id, Presence, Says, Update, Value};
use bridge::run::Bridge;
use bridge::sim::Simulation;
use common::{Listener, Mosquitto, config, free};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

fn tell(home: &Home, device: usize, value: u64) {
    home.apply(Update {
        device: Id::of(&format!("device{device}")).unwrap(),
        about: Arc::new(About {
            name: format!("Device {device}"),
            model: None,
            manufacturer: None,
            firmware: None,
            via: None,
            source: "test".into(),
            presence: Presence::Speaks,
        }),
        says: vec![Says {
            entity: Entity::sensor("temperature", Some("temperature"), "°C"),
            value: Some(Value::Number(value.to_string())),
        }],
        available: None,
    });
}

#[tokio::test]
async fn everything_is_said_again_when_home_assistant_starts() {
    let broker = bridge::sim::Broker::start(0).await.unwrap().mqtt5();
    let bridge = Bridge::start(&config(broker, ""), None).await.unwrap();
    tell(&bridge.home, 0, 21);
    let listener = Listener::start("listener", broker);
    listener.until_is("xiaomi/device0/temperature", "21").await;
    let said = |topic: &str, payload: &str| {
        let heard = listener.heard();
        let same = |(heard, value): &&(String, String)| heard == topic && value == payload;
        heard.iter().filter(same).count()
    };
    let all = || {
        [
            said("xiaomi/bridge/status", "online"),
            said("xiaomi/device0/availability", "online"),
            said("xiaomi/device0/temperature", "21"),
        ]
    };
    common::until("something was not said", || all().iter().all(|times| *times > 0)).await;
    let before = all();
    listener.publish("homeassistant/status", "offline").await;
    listener.publish("homeassistant/status", "online").await;
    common::until("something was not said again", || {
        all().iter().zip(before).all(|(now, before)| *now > before)
    })
    .await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_broker_that_is_down_costs_no_latest_state() {
    let Some(mut mosquitto) = Mosquitto::start("allow_anonymous true").await else {
        return;
    };
    // Devices that don't speak through the broker live on: a vacuum, a purifier, a gateway and what is behind it.
    let simulation = Simulation::start(0).await.unwrap();
    let mut config = simulation.config.clone();
    config.mqtt.port = Some(mosquitto.address.port());
    let bridge = Bridge::start(&config, None).await.unwrap();
    for device in 0..50 {
        tell(&bridge.home, device, 1);
    }
    let listener = Listener::start("listener", mosquitto.address);
    listener.until_is("xiaomi/device49/temperature", "1").await;

    listener
        .until("the vacuum is silent", |latest| {
            latest.contains_key("xiaomi/0200034d7687/vacuum")
        })
        .await;

    // It dies, and with it all that it had in memory; meanwhile every value changes a hundred times.
    mosquitto.kill();
    let down = common::broker_down();
    for value in 2..=101 {
        for device in 0..50 {
            tell(&bridge.home, device, value);
        }
        sleep(Duration::from_secs_f64(down / 100.0)).await;
    }
    let topics = bridge.home.summary().values + 3 * bridge.home.summary().devices + 1;
    assert!(
        bridge.home.summary().waiting <= topics,
        "{:?}",
        bridge.home.summary()
    );
    let changes = bridge.home.counters.changes.get();
    mosquitto.again().await;
    let back = Instant::now();
    for device in 0..50 {
        listener
            .until_is(&format!("xiaomi/device{device}/temperature"), "101")
            .await;
    }
    listener.until_is("xiaomi/bridge/status", "online").await;
    let pause = back.elapsed();
    // All that is known, the broker knows.
    let differences = || {
        let latest = listener.latest();
        bridge.home.look(|store| {
            let slots = store.devices().flat_map(|device| &device.slots);
            let told = slots.filter_map(|slot| Some((&slot.topic, slot.value.as_ref()?)));
            let lasting = told.filter(|(_, value)| !value.is_event());
            let wrong = lasting.filter(|(topic, value)| latest.get(topic.as_ref()) != Some(&value.payload()));
            wrong.map(|(topic, _)| topic.to_string()).collect::<Vec<_>>()
        })
    };
    common::until("the broker doesn't know all that the bridge knows", || {
        differences().is_empty()
    })
    .await;
    eprintln!(
        "down for {down} s; {changes} changes until then; back after {:.1} s: {:?}",
        pause.as_secs_f64(),
        bridge.home.summary()
    );
    let summary = bridge.home.summary();
    assert!(summary.losses.superseded >= 50 * 98, "{summary:?}");
    assert_eq!(
        (summary.losses.dropped_events, summary.losses.dropped_topics),
        (0, 0),
        "{summary:?}"
    );
    // A device that never changed is known to the new broker too, as are all announcements.
    assert!(
        listener
            .latest()
            .contains_key("homeassistant/device/xiaomi_device7/config")
    );
    bridge.stop().await;
}

#[tokio::test]
async fn the_last_will_says_that_a_bridge_is_gone() {
    let Some(mosquitto) = Mosquitto::start("allow_anonymous true").await else {
        return;
    };
    let listener = Listener::start("listener", mosquitto.address);
    let bridge = Bridge::start(&config(mosquitto.address, ""), None).await.unwrap();
    listener.until_is("xiaomi/bridge/status", "online").await;
    bridge.stop().await;
    listener.until_is("xiaomi/bridge/status", "offline").await;
}

/// Runs the program, kills it, and waits for what the broker says of it.
async fn killed(broker: SocketAddr) {
    let folder = common::folder("killed");
    let path = folder.join("bridge.toml");
    let text = format!("[mqtt]\nhost = '127.0.0.1'\nport = {}\n", broker.port());
    std::fs::write(&path, text).unwrap();
    let listener = Listener::start("listener", broker);
    let mut child = Command::new(common::bridge())
        .args(["--quiet", "--config"])
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    listener.until_is("xiaomi/bridge/status", "online").await;
    // No goodbye: on Unix this is SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    listener.until_is("xiaomi/bridge/status", "offline").await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn the_last_will_of_a_bridge_that_is_killed_arrives() {
    killed(bridge::sim::Broker::start(0).await.unwrap().mqtt5()).await;
    if let Some(mosquitto) = Mosquitto::start("allow_anonymous true").await {
        killed(mosquitto.address).await;
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_with_a_remedy() {
    let Some(mosquitto) = Mosquitto::start("allow_anonymous false").await else {
        return;
    };
    let more = "username = \"somebody\"\npassword = \"wrong\"\n";
    let bridge = Bridge::start(&config(mosquitto.address, more), None)
        .await
        .unwrap();
    let home = Arc::clone(&bridge.home);
    common::until(
        "nothing is said about the password",
        || matches!(home.broker(), bridge::home::Health::Down(reason) if reason.contains("mqtt.password")),
    )
    .await;
    bridge.stop().await;
}

/// Passes bytes on to a broker, and closes after so many of either direction.
async fn cut_after(broker: SocketAddr, listener: &TcpListener, bytes: usize) {
    let (mut client, _) = listener.accept().await.unwrap();
    let mut upstream = tokio::net::TcpStream::connect(broker).await.unwrap();
    let (mut left, mut up, mut down) = (bytes, [0; 512], [0; 512]);
    while left > 0 {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let part = count.min(left);
                left -= part;
                let _ = upstream.write_all(&up[..part]).await;
            }
            read = upstream.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                let part = count.min(left);
                left -= part;
                let _ = client.write_all(&down[..part]).await;
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_closes_at_any_byte_is_taken_up_again() {
    let broker = bridge::sim::Broker::start(0).await.unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    // The pauses between attempts are the bridge's own, so each cut gets a session of its own, side by side.
    for cut in [1, 2, 3, 5, 8, 13, 21, 40, 77, 90, 111, 160, 222, 301, 444, 777] {
        let home = Home::new(
            "xiaomi",
            Default::default(),
            Default::default(),
            Default::default(),
        );
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let mut table = config(address, "").mqtt;
        table.client_id = format!("cut-{cut}");
        let options = bridge::mqtt::options(&table, &table.client_id).unwrap();
        let session = bridge::mqtt::Session::new(Arc::clone(&home), options, Vec::new());
        tell(&home, 1, 1);
        let task = tokio::spawn(session.run(stopped));
        cut_after(broker.mqtt5(), &proxy, cut).await;
        // What follows isn't cut.
        let whole = async {
            let (mut client, _) = proxy.accept().await.unwrap();
            let mut upstream = tokio::net::TcpStream::connect(broker.mqtt5()).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
        };
        let done = async {
            while home.summary().waiting > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = whole => {}
            outcome = timeout(Duration::from_secs(10), done) => outcome.unwrap_or_else(|_| panic!("cut after {cut}: {:?}", home.summary())),
        }
        stop.send(true).unwrap();
        task.abort();
    }
}

#[tokio::test]
async fn a_broker_that_sends_nonsense_ends_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bridge = Bridge::start(&config(listener.local_addr().unwrap(), ""), None)
        .await
        .unwrap();
    let answers: [&[u8]; 4] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        // CONNACK, then a publish that is longer than allowed.
        b"\x20\x03\x00\x00\x00\x30\xff\xff\xff\x7f",
        // CONNACK, then a packet type that doesn't exist.
        b"\x20\x03\x00\x00\x00\xf0\x00\x00",
        // CONNACK, then an acknowledgement of what was never sent.
        b"\x20\x03\x00\x00\x00\x40\x02\xff\xff",
    ];
    let end = Instant::now() + Duration::from_secs(30);
    for answer in answers {
        let (mut client, _) = timeout(end - Instant::now(), listener.accept())
            .await
            .unwrap()
            .unwrap();
        let mut hello = [0; 512];
        let _ = client.read(&mut hello).await;
        let _ = client.write_all(answer).await;
        sleep(Duration::from_millis(50)).await;
    }
    assert!(bridge.home.counters.disconnects.get() >= 3);
    tell(&bridge.home, 1, 1);
    assert_eq!(bridge.home.summary().devices, 1, "it works on");
    bridge.stop().await;
}

#[tokio::test]
async fn figures_are_served_and_nothing_else() {
    let config = config(free(), "");
    let bridge = Bridge::start(&config, Some("127.0.0.1:0".parse().unwrap()))
        .await
        .unwrap();
    tell(&bridge.home, 1, 1);
    let get = async |path: &str| {
        let mut stream = tokio::net::TcpStream::connect(bridge.metrics.unwrap())
            .await
            .unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let metrics = get("/metrics").await;
    assert!(
        metrics.starts_with("HTTP/1.1 200") && metrics.contains("\nbridge_devices 1\n"),
        "{metrics}"
    );
    assert!(metrics.contains("\nbridge_broker_up 0\n"), "{metrics}");
    assert!(get("/etc/passwd").await.starts_with("HTTP/1.1 404"));
    bridge.stop().await;
}
