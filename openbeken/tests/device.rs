//! The simulated device against what a bridge sends, over HTTP and MQTT.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use openbeken::device::{Device, Event, Profile};
use openbeken::discovery::Entity;
use openbeken::http::{Credentials, Reply, Request, RestError, WebPassword};
use openbeken::mqtt::{Message, Publish};
use openbeken::provision::{Network, Refusal, plan};
use openbeken::status::{Energy, Info, Pin, Power, Status, channels};
use openbeken::{Decimal, Platform, json};
use proptest::prelude::*;

const NOW: Duration = Duration::from_secs(10);

fn ask(device: &mut Device, request: &Request) -> Result<json::Value, RestError> {
    let bytes = device
        .handle_request(NOW, &request.encode("plug").unwrap())
        .unwrap()
        .unwrap();
    Reply::parse(&bytes)?.result()
}

fn drain(device: &mut Device) -> Vec<Publish> {
    std::iter::from_fn(|| device.poll_transmit(NOW)).collect()
}

fn events(device: &mut Device) -> Vec<Event> {
    std::iter::from_fn(|| device.poll_event()).collect()
}

#[test]
fn a_plug_switches_by_http() {
    let mut plug = Device::new(Profile::plug("plug"));
    let reply = ask(&mut plug, &Request::command("power toggle").unwrap()).unwrap();
    assert_eq!(Power::of(&reply).relays.get(&1), Some(&true));
    assert_eq!(plug.channel(1), Some(1));
    let reply = ask(&mut plug, &Request::channels()).unwrap();
    assert_eq!(channels(&reply).into_iter().collect::<Vec<_>>(), [(1, 1)]);
    ask(&mut plug, &Request::set_channels(&[0, 0])).unwrap();
    assert_eq!(plug.channel(1), Some(0));
}

#[test]
fn a_plug_tells_what_it_is() {
    let mut plug = Device::new(Profile::plug("plug"));
    let info = Info::of(&ask(&mut plug, &Request::info()).unwrap());
    assert_eq!(info.chipset.as_deref(), Some("BK7231N"));
    assert_eq!(info.mac.as_deref(), Some("02005e1a2b3c"));
    assert_eq!(info.flags, Some(1 << 10));
    let status = Status::of(&ask(&mut plug, &Request::command("STATUS 0").unwrap()).unwrap());
    assert_eq!(status.is_openbeken, Some(true));
    assert_eq!(status.wifi.unwrap().signal_dbm, Some(-61));
    assert_eq!(status.ip.as_deref(), Some("192.0.2.20"));
    let pins = Pin::list(&ask(&mut plug, &Request::pins()).unwrap());
    assert_eq!(pins.len(), 2);
    assert!(pins[0].role().unwrap().is_relay());
}

#[test]
fn an_unknown_command_shows_only_when_posted() {
    let mut plug = Device::new(Profile::plug("plug"));
    let reply = ask(&mut plug, &Request::command("nosuchcommand 1").unwrap()).unwrap();
    assert_eq!(reply, json::parse(b"{}").unwrap());
    let error = ask(&mut plug, &Request::post_command("nosuchcommand 1").unwrap()).unwrap_err();
    assert!(
        matches!(&error, RestError::Device(failure) if failure.code == 501),
        "{error}"
    );
    assert!(error.help().is_some());
}

#[test]
fn a_password_keeps_strangers_out() {
    let mut profile = Profile::plug("plug");
    profile.web_password = Some(WebPassword::new("zażółć").unwrap());
    let mut plug = Device::new(profile);
    assert_eq!(ask(&mut plug, &Request::info()), Err(RestError::Unauthorized));
    let wrong = Request::info().with_credentials(Credentials::new("zazolc"));
    assert_eq!(ask(&mut plug, &wrong), Err(RestError::Unauthorized));
    assert!(
        ask(
            &mut plug,
            &Request::info().with_credentials(Credentials::new("zażółć"))
        )
        .is_ok()
    );
}

#[test]
fn a_long_command_by_cm_runs_twice() {
    let mut plug = Device::new(Profile::plug("plug"));
    let line = format!("AddChannel 1 1 {}", "x".repeat(120));
    let target = format!("GET /cm?cmnd={} HTTP/1.1\r\n\r\n", line.replace(' ', "%20"));
    plug.handle_request(NOW, target.as_bytes()).unwrap().unwrap();
    assert_eq!(plug.channel(1), Some(2));
    // The crate posts it instead.
    ask(&mut plug, &Request::command(&line).unwrap()).unwrap();
    assert_eq!(plug.channel(1), Some(3));
}

#[test]
fn mqtt_commands_are_answered_values_first() {
    let mut plug = Device::new(Profile::plug("plug"));
    plug.handle_connect(NOW);
    drain(&mut plug);
    let topics = plug.profile().topics.clone();
    let command = topics.command("POWER", "ON").unwrap();
    plug.handle_publish(NOW, &command.topic, &command.payload);
    let sent = drain(&mut plug);
    assert_eq!(
        sent.last().map(|publish| publish.topic.clone()),
        topics.reply_topic("POWER", "ON")
    );
    let value = topics.classify(&sent[0].topic, &sent[0].payload);
    assert_eq!(
        value,
        Message::Channel {
            channel: 1,
            value: Decimal::new(1, 0)
        }
    );
    assert_eq!(events(&mut plug), [Event::Channel { channel: 1, value: 1 }]);
    // Its own value that comes back is no request.
    plug.handle_publish(NOW, &sent[0].topic, &sent[0].payload);
    assert!(drain(&mut plug).is_empty());
    let group = topics.set_group_channel(1, 0);
    plug.handle_publish(NOW, &group.topic, &group.payload);
    assert_eq!(plug.channel(1), Some(0));
}

#[test]
fn a_meter_publishes_what_changed() {
    let mut plug = Device::new(Profile::plug("plug"));
    plug.set_load(Decimal::new(230, 0), Decimal::new(26, 2), Decimal::new(60, 0));
    plug.set_channel(1, 1);
    plug.handle_connect(Duration::ZERO);
    let topics = plug.profile().topics.clone();
    let mut power = Vec::new();
    for second in 1..=120 {
        plug.handle_timeout(Duration::from_secs(second));
        for publish in drain(&mut plug) {
            if let Message::Sensor { name: "power", value } =
                topics.classify(&publish.topic, &publish.payload)
            {
                power.push((second, value));
            }
        }
    }
    assert_eq!(power, [(5, Decimal::new(60, 0)), (65, Decimal::new(60, 0))]);
    assert!(
        (plug.meter().total_wh - 2.0).abs() < 1e-9,
        "{}",
        plug.meter().total_wh
    );
    let energy = Energy::of(&ask(&mut plug, &Request::command("STATUS 8").unwrap()).unwrap()).unwrap();
    assert_eq!((energy.power_w, energy.total_wh), (Some(60.0), Some(2.0)));
}

#[test]
fn a_lamp_obeys() {
    let mut lamp = Device::new(Profile::lamp("lamp"));
    lamp.handle_connect(NOW);
    let topics = lamp.profile().topics.clone();
    for publish in [
        topics.led_enable(true),
        topics.led_dimmer(40),
        topics.led_rgb(255, 128, 0),
        topics.led_temperature(300),
    ] {
        lamp.handle_publish(NOW, &publish.topic, &publish.payload);
    }
    let state = lamp.lamp();
    assert_eq!(
        (state.on, state.dimmer, state.rgb, state.mired),
        (true, 40, [255, 128, 0], 300)
    );
    let power = Power::of(&ask(&mut lamp, &Request::command("POWER").unwrap()).unwrap());
    assert_eq!((power.dimmer_percent, power.ct_mired), (Some(40), Some(300)));
}

#[test]
fn discovery_is_sent_when_asked_for() {
    let mut plug = Device::new(Profile::plug("plug"));
    plug.handle_connect(NOW);
    drain(&mut plug);
    ask(&mut plug, &Request::announce("homeassistant")).unwrap_err();
    let entities: Vec<Entity> = drain(&mut plug)
        .iter()
        .map(|publish| Entity::parse(&publish.topic, &publish.payload).unwrap())
        .collect();
    assert!(
        entities
            .iter()
            .any(|entity| entity.command_topic.as_deref() == Some("plug/1/set"))
    );
    assert!(
        entities
            .iter()
            .any(|entity| entity.device_class.as_deref() == Some("power"))
    );
}

#[test]
fn nobody_who_floods_a_device_makes_it_grow() {
    let mut plug = Device::new(Profile::plug("plug"));
    plug.handle_connect(NOW);
    for round in 0..1000 {
        plug.handle_publish(NOW, "plug/1/set", if round % 2 == 0 { b"1" } else { b"0" });
        plug.handle_publish(NOW, "cmnd/plug/backlog", &b"backlog ;".repeat(200));
    }
    assert!(drain(&mut plug).len() <= 128);
    assert!(events(&mut plug).len() <= 128);
}

/// Passwords of the characters that hurt.
fn passwords() -> impl Strategy<Value = String> {
    let hurting = prop::sample::select(vec![
        " ", "\"", ";", "$", "%", "&", "+", "#", "=", "\\", "'", "à", "ä", "\t", "a", "B", "7", "$IP",
        "\u{a0}",
    ]);
    prop::collection::vec(hurting, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn whatever_is_planned_arrives_whole(ssid in passwords(), password in passwords(), unsigned: bool) {
        let mut profile = Profile::plug("plug");
        profile.platform = Platform::of(if unsigned { "BL602" } else { "BK7231T" }).unwrap();
        let mut plug = Device::new(profile);
        match plan(&Network::new(&ssid, &password)) {
            Ok(plan) => {
                for request in &plan.requests {
                    let _ = ask(&mut plug, request);
                }
                prop_assert_eq!(plug.ssid(), ssid.as_bytes());
                prop_assert_eq!(plug.wifi_password().expose(), password.as_bytes());
                prop_assert!(events(&mut plug).ends_with(&[Event::Restart]));
            }
            Err(Refusal::SsidEmpty) => prop_assert!(ssid.is_empty()),
            Err(Refusal::SsidTooLong { found }) => prop_assert!(found > 32 && found == ssid.len()),
            Err(Refusal::PasswordTooShort { found }) => prop_assert!(found < 8 && found == password.len()),
            Err(Refusal::PasswordTooLong { found }) => prop_assert!(found > 63 && found == password.len()),
            Err(refusal) => prop_assert!(false, "{}", refusal),
        }
    }

    #[test]
    fn anything_may_be_sent_to_a_device(
        topics in prop::collection::vec(("(plug|bekens_n|cmnd/plug|stat/plug|tele/plug|homeassistant)/[ -~]{0,12}(/(get|set))?", prop::collection::vec(any::<u8>(), 0..40)), 0..30),
        request: Vec<u8>,
        flags: u64,
        lamp: bool,
    ) {
        let mut profile = if lamp { Profile::lamp("plug") } else { Profile::plug("plug") };
        profile.flags = flags;
        let mut device = Device::new(profile);
        device.handle_connect(NOW);
        for (topic, payload) in &topics {
            device.handle_publish(NOW, topic, payload);
        }
        let _ = device.handle_request(NOW, &request);
        device.handle_timeout(NOW * 2);
        let names = device.profile().topics.clone();
        for publish in drain(&mut device) {
            prop_assert!(publish.topic.len() <= 200 && publish.qos <= 2);
            let _ = names.classify(&publish.topic, &publish.payload);
        }
    }
}
