//! MQTT: what messages mean, what is built, and whole exchanges.

use openbeken::mqtt::{Led, LedValue, Message, Publish, Target, Topics};
use openbeken::status::Power;
use openbeken::{Decimal, json};
use serde_json::{Value, json};

use super::http::relays;
use super::{Fields, same};

pub fn check(input: &Fields, expect: &Fields) {
    let topics = Topics::new(input.text("client_id"), input.text("group")).unwrap();
    match input.op() {
        "classify" => {
            input.get("qos");
            input.get("retain");
            let payload = input.text("payload").as_bytes();
            let mut found = describe(&topics.classify(input.text("topic"), payload));
            respell(&mut found, expect);
            expect.check_exactly(&found);
        }
        "build" => {
            let publish = build(&topics, input);
            expect.check("topic", publish.topic);
            let payload = String::from_utf8(publish.payload).unwrap();
            if input.text("action") == "led_rgb" {
                // The device takes a colour with `#` before it or without, in any case of letters.
                let bare = |text: &str| text.trim_start_matches('#').to_ascii_uppercase();
                assert_eq!(bare(expect.text("payload")), bare(&payload));
            } else {
                expect.check("payload", payload);
            }
            expect.check("qos", publish.qos);
            expect.check("retain", publish.retain);
        }
        "exchange" => exchange(&topics, input, expect),
        op => panic!("unknown operation {op}"),
    }
}

/// The kinds whose names, and the members whose names, the specification leaves open.
fn respell(found: &mut Value, expect: &Fields) {
    let kinds: &[&str] = match found["kind"].as_str() {
        Some("ha_discovery") => &["ha_discovery", "discovery", "ha_config"],
        Some("text_sensor") => &["text_sensor", "sensor_text"],
        _ => return,
    };
    let expected = expect.value("kind").and_then(Value::as_str);
    if let Some(kind) = expected.filter(|kind| kinds.contains(kind)) {
        found["kind"] = kind.into();
    }
    for name in ["component", "object_id"] {
        if expect.value(name).is_none()
            && let Some(found) = found.as_object_mut()
        {
            found.remove(name);
        }
    }
}

fn number(value: Decimal) -> Value {
    value.to_f64().into()
}

fn target(target: Target) -> &'static str {
    match target {
        Target::Device => "device",
        Target::Group => "group",
    }
}

fn describe(message: &Message<'_>) -> Value {
    match message {
        Message::Availability { online } => json!({ "kind": "availability", "online": online }),
        Message::Tele { name } => json!({ "kind": "tele", "name": name }),
        Message::Stat { name } => json!({ "kind": "stat", "name": name }),
        Message::CommandEcho { target: who, command } => {
            json!({ "kind": "command_echo", "target": target(*who), "command": command })
        }
        Message::Discovery { component, object_id } => {
            json!({ "kind": "ha_discovery", "component": component, "object_id": object_id })
        }
        Message::HaStatus { online } => json!({ "kind": "ha_status", "online": online }),
        Message::ChannelSet { target: who, channel } => {
            json!({ "kind": "channel_set", "target": target(*who), "channel": channel })
        }
        Message::GetRequest { name } => json!({ "kind": "get_request", "name": name }),
        Message::Channel { channel, value } => {
            json!({ "kind": "channel", "channel": channel, "value": number(*value) })
        }
        Message::Sensor { name, value } => json!({ "kind": "sensor", "name": name, "value": number(*value) }),
        Message::TextSensor { name, value } => json!({ "kind": "text_sensor", "name": name, "value": value }),
        Message::Led(led) => {
            let (name, value): (_, Value) = match led {
                Led::Power(on) => ("power", (*on).into()),
                Led::DimmerPercent(percent) => ("dimmer_percent", (*percent).into()),
                Led::TemperatureMired(mired) => ("temperature_mired", (*mired).into()),
                Led::BaseColor(color) => ("basecolor_rgb", color.clone().into()),
                Led::FinalColor(color) => ("finalcolor_rgb", color.clone().into()),
                Led::FinalColorCw(color) => ("finalcolor_rgbcw", color.clone().into()),
                other => panic!("{other:?}"),
            };
            json!({ "kind": "led", name: value })
        }
        Message::SelfState { name, value } => json!({ "kind": "self_state", "name": name, "value": value }),
        Message::TuyaDp { kind, dp, value } => {
            json!({ "kind": "tuya_dp", "type": kind.name(), "dp": dp, "value": value })
        }
        Message::DriverState { driver, running } => {
            json!({ "kind": "driver_state", "driver": driver, "running": running })
        }
        Message::Custom { name, value } => {
            json!({ "kind": "custom", "name": name, "value": String::from_utf8_lossy(value) })
        }
        Message::Foreign => json!({ "kind": "foreign" }),
        other => panic!("{other:?}"),
    }
}

fn build(topics: &Topics, input: &Fields) -> Publish {
    match input.text("action") {
        "set_channel" => topics.set_channel(input.number("channel"), input.number("value")),
        "toggle_channel" => topics.toggle_channel(input.number("channel")),
        "get_channel" => topics.get_channel(input.number("channel")),
        "get_led" => {
            let values = [
                LedValue::EnableAll,
                LedValue::Dimmer,
                LedValue::Temperature,
                LedValue::BaseColor,
            ];
            let wanted = input.text("name");
            topics.get_led(values.into_iter().find(|value| value.name() == wanted).unwrap())
        }
        "command" => topics.command(input.text("command"), input.text("args")).unwrap(),
        "group_command" => topics
            .group_command(input.text("command"), input.text("args"))
            .unwrap(),
        "group_set_channel" => topics.set_group_channel(input.number("channel"), input.number("value")),
        "led_rgb" => topics.led_rgb(input.number("r"), input.number("g"), input.number("b")),
        "led_temperature" => topics.led_temperature(input.number("mired")),
        "led_dimmer" => topics.led_dimmer(input.number("percent")),
        "led_enable" => topics.led_enable(input.flag("on")),
        action => panic!("unknown action {action}"),
    }
}

fn exchange(topics: &Topics, input: &Fields, expect: &Fields) {
    let classify = |publish: &Value| {
        let (topic, payload) = (
            publish["topic"].as_str().unwrap(),
            publish["payload"].as_str().unwrap(),
        );
        describe(&topics.classify(topic, payload.as_bytes()))
    };
    let request = input.value("publish").unwrap();
    let request_topic = request["topic"].as_str().unwrap();
    let classify_as = |publish: &Value, expected: &Value| {
        let mut found = classify(publish);
        respell(&mut found, &Fields::new(expected));
        found
    };
    expect.check("request", classify_as(request, expect.value("request").unwrap()));
    let published = input.list("device_publishes");
    let found: Vec<Value> = published
        .iter()
        .zip(expect.list("publishes"))
        .map(|(publish, expected)| classify_as(publish, expected))
        .collect();
    assert_eq!(found.len(), published.len());
    assert!(
        same(expect.get("publishes").unwrap(), &found.clone().into()),
        "{found:?}"
    );
    let is_command = matches!(topics.classify(request_topic, b""), Message::CommandEcho { .. });
    let reply = found
        .iter()
        .position(|found| is_command && found["kind"] == "stat");
    expect.check("reply_index", reply);
    if let Some(index) = reply {
        let object = json::parse(published[index]["payload"].as_str().unwrap().as_bytes()).unwrap();
        let power = Power::of(&object);
        let found = if power.relays.is_empty() {
            Value::Null
        } else {
            relays(&power)
        };
        expect.check("reply_power", found);
        // The crate foretells where the reply comes.
        let Message::CommandEcho { command, .. } = topics.classify(request_topic, b"") else {
            unreachable!()
        };
        let foretold = topics.reply_topic(command, request["payload"].as_str().unwrap());
        assert_eq!(foretold.as_deref(), published[index]["topic"].as_str());
    }
}
