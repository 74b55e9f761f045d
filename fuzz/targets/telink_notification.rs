//! What custom firmware answers, in any version and on any board: `version | variant | services | notification`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telink_ota::FirmwareVersion;
use telink_ota::command::keys::{KeyCollector, Layout, MiKeys, Records};
use telink_ota::command::{Command, Config, Context, Notification, Services};
use telink_ota::hardware::Variant;

fuzz_target!(|bytes: &[u8]| {
    check(bytes, &Context::default());
    if let Some((&[version, variant, s0, s1, s2, s3], rest)) = bytes.split_first_chunk() {
        let variants = [Variant::Lcd, Variant::Clock, Variant::Lywsd02, Variant::Headless];
        let context = Context {
            version: FirmwareVersion(version),
            variant: variants[usize::from(variant & 3)],
            services: Some(Services(u32::from_le_bytes([s0, s1, s2, s3]))),
            ..Context::default()
        };
        check(rest, &context);
    }
    for layout in [Layout::Tlv, Layout::A5] {
        assert!(Records::new(bytes, layout).count() <= bytes.len() + 1);
        if let Ok(keys) = MiKeys::parse(bytes, layout) {
            let mut backup = [0; 400];
            let length = keys.encode(&mut backup).expect("room");
            // Half a pair of keys isn't kept.
            let restored = MiKeys::parse(&backup[..length], Layout::Tlv).unwrap();
            assert_eq!((restored.did, restored.counter), (keys.did, keys.counter));
        }
    }
    let mut collector = KeyCollector::new();
    for notification in bytes.chunks(20) {
        let _ = collector.take(notification);
    }
});

fn check(bytes: &[u8], context: &Context) {
    match Notification::parse(bytes, context) {
        Ok(Notification::Config(config)) => check_config(&config),
        Ok(Notification::LogRecord(record)) => assert_eq!(record.encode(), bytes[..13]),
        Ok(Notification::Trigger(trigger)) => {
            let encoded = Command::SetTrigger(trigger).encode().unwrap();
            assert_eq!(encoded.expose(), &bytes[..encoded.expose().len()]);
        }
        Ok(Notification::Comfort(comfort)) => {
            assert_eq!(
                Command::SetComfort(comfort).encode().unwrap().expose(),
                &bytes[..9]
            );
        }
        Ok(Notification::SensorConfig(sensor)) => {
            let encoded = Command::SetSensorConfig(sensor.coefficients).encode().unwrap();
            assert_eq!(encoded.expose()[1..], bytes[1..13]);
        }
        Ok(_) => {}
        Err(error) => assert!(!error.name().is_empty()),
    }
}

/// Reading every setting and writing it back changes no bit.
fn check_config(config: &Config) {
    let mut copy = *config;
    for (setting, value) in config.settings() {
        let _ = copy.set(setting, value);
    }
    assert_eq!(copy, *config);
}
