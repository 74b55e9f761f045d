//! The simulated home, as everybody sees it: what the embedded broker has, and what commands do.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may panic"
)]

mod common;

use bridge::run::Bridge;
use bridge::sim::Simulation;
use common::Listener;
use serde_json::Value;

#[tokio::test]
async fn every_device_of_the_simulated_home_is_announced_speaks_and_obeys() {
    let simulation = Simulation::start(0).await.unwrap();
    let bridge = Bridge::start(&simulation.config, None).await.unwrap();
    let listener = Listener::start("listener", simulation.broker.mqtt5());

    // Every source has spoken.
    for topic in [
        "xiaomi/a4c138000001/temperature",
        "xiaomi/a4c138000002/voltage",
        "xiaomi/5448e6000003/humidity",
        "xiaomi/c47c8d000004/moisture",
        "xiaomi/e4aaec000005/opening",
        "xiaomi/18c23c000006/button",
        "xiaomi/c80f10000007/weight",
        "xiaomi/0200034d7687/vacuum",
        "xiaomi/02001033c4d6/pm2_5_density",
        "xiaomi/obksimulated/switch",
    ] {
        listener
            .until(&format!("nothing at {topic}"), |latest| {
                latest.contains_key(topic)
            })
            .await;
    }
    listener.until_is("xiaomi/bridge/status", "online").await;
    let latest = listener.latest();
    let purifier: Value =
        serde_json::from_str(&latest["homeassistant/device/xiaomi_02001033c4d6/config"]).unwrap();
    let components = &purifier["components"];
    assert_eq!(components["pm2_5_density"]["device_class"], "pm25");
    assert_eq!(
        components["fan"]["preset_modes"],
        serde_json::json!(["auto", "sleep", "favorite"])
    );
    assert_eq!(components["fan"]["command_topic"], "xiaomi/02001033c4d6/fan/set");
    assert_eq!(purifier["device"]["name"], "Purifier");
    assert_eq!(latest["xiaomi/02001033c4d6/availability"], "online");

    // Commands reach the devices, and the devices say so.
    listener
        .publish(
            "xiaomi/02001033c4d6/fan/set",
            r#"{"preset_mode":"sleep","percentage":100}"#,
        )
        .await;
    listener
        .until("the purifier doesn't obey", |latest| {
            latest["xiaomi/02001033c4d6/fan"].contains("\"sleep\"")
                && latest["xiaomi/02001033c4d6/fan"].contains("\"percentage\":100")
        })
        .await;
    listener.publish("xiaomi/0200034d7687/vacuum/set", "pause").await;
    listener
        .until("the vacuum doesn't pause", |latest| {
            latest["xiaomi/0200034d7687/vacuum"].contains("\"paused\"")
        })
        .await;
    listener
        .publish("xiaomi/0200034d7687/vacuum/set/fan_speed", "turbo")
        .await;
    listener
        .until("the vacuum keeps its suction", |latest| {
            latest["xiaomi/0200034d7687/vacuum"].contains("\"turbo\"")
        })
        .await;

    listener.publish("xiaomi/obksimulated/switch/set", "OFF").await;
    listener.until_is("xiaomi/obksimulated/switch", "OFF").await;

    // A gateway needs multicast, which some containers don't have.
    if simulation.missing.is_empty() {
        listener
            .until("no plug", |latest| {
                latest.contains_key("xiaomi/158d00e1000004/switch")
            })
            .await;
        listener.publish("xiaomi/158d00e1000004/switch/set", "OFF").await;
        listener.until_is("xiaomi/158d00e1000004/switch", "OFF").await;
        let light = r#"{"state":"ON","brightness":255,"color":{"r":0,"g":255,"b":0}}"#;
        listener.publish("xiaomi/04cf8c915e01/light/set", light).await;
        listener
            .until("the gateway stays dark", |latest| {
                latest["xiaomi/04cf8c915e01/light"].contains("\"g\":255")
            })
            .await;
        listener
            .publish(
                "xiaomi/04cf8c915e01/ringtone/set",
                r#"{"state":"ON","tone":"doorbell","volume_level":0.2}"#,
            )
            .await;
    } else {
        eprintln!("SKIPPED: {:?}", simulation.missing);
    }

    // Nonsense is counted, and nothing else.
    let before = bridge.home.counters.commands_failed.get();
    for (topic, payload) in [
        ("xiaomi/0200034d7687/vacuum/set", "fly"),
        ("xiaomi/nobody/switch/set", "ON"),
        ("xiaomi/0200034d7687/battery/set", "100"),
        ("xiaomi/0200034d7687/vacuum/set/x/y", "start"),
    ] {
        listener.publish(topic, payload).await;
    }
    let home = std::sync::Arc::clone(&bridge.home);
    common::until("nonsense isn't counted", || {
        home.counters.commands_failed.get() >= before + 4
    })
    .await;

    // Removing a device removes its entities.
    listener.publish("xiaomi/bridge/remove", "e4aaec000005").await;
    listener
        .until_is("homeassistant/device/xiaomi_e4aaec000005/config", "")
        .await;
    listener.until_is("xiaomi/e4aaec000005/opening", "").await;

    let summary = home.summary();
    assert!(summary.devices >= 8, "{summary:?}");
    bridge.stop().await;
    listener.until_is("xiaomi/bridge/status", "offline").await;
}
