//! MQTT: topic and payload, divided by the first line feed; classified, read as discovery, given to a device.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use openbeken::device::{Device, Profile};
use openbeken::discovery::Entity;
use openbeken::mqtt::Message;
use openbeken::{Decimal, Topics};

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let (topic, payload) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Ok(topic) = core::str::from_utf8(topic) else {
        return;
    };
    let topics = Topics::new("myDev", "bekens").unwrap();
    let message = topics.classify(topic, payload);
    match &message {
        Message::Foreign => {}
        Message::GetRequest { name } => assert_eq!(topic, format!("myDev/{name}/get")),
        Message::Custom { name, value } => {
            assert_eq!(*value, payload);
            assert!(topic == format!("myDev/{name}") || topic == format!("myDev/{name}/get"));
        }
        Message::Channel { value, .. } | Message::Sensor { value, .. } => {
            assert_eq!(Decimal::parse(&value.to_string()), Some(*value));
        }
        other => assert!(!format!("{other:?}").is_empty()),
    }
    if let Ok(entity) = Entity::parse(topic, payload) {
        let publish = entity.publish();
        if let Ok(again) = Entity::parse(&publish.topic, &publish.payload) {
            // Written once more it is the same: what is left out is left out for good.
            assert_eq!(again.publish(), publish);
        }
    }
    for mut profile in [Profile::plug("myDev"), Profile::lamp("myDev")] {
        profile.flags = payload
            .iter()
            .fold(0, |flags, byte| flags << 8 | u64::from(*byte));
        let mut device = Device::new(profile);
        device.handle_connect(Duration::ZERO);
        device.handle_publish(Duration::ZERO, topic, payload);
        device.handle_timeout(Duration::from_secs(61));
        let out: Vec<_> = std::iter::from_fn(|| device.poll_transmit(Duration::ZERO)).collect();
        assert!(out.len() <= 128);
        for publish in out {
            assert!(publish.qos <= 2 && !publish.topic.contains(['+', '#']));
        }
    }
});
