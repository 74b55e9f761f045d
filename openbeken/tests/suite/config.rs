//! Configuration blocks: fields of all layouts, checksums, what is no block.

use openbeken::config::{CharKind, Checksum, Config, Layout, TextField, crc8};
use serde_json::{Map, Value, json};

use super::{Fields, hex, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "crc8" => {
            let data = input.hex("data_hex");
            expect.check("signed", crc8(&data, CharKind::Signed));
            expect.check("unsigned", crc8(&data, CharKind::Unsigned));
        }
        "parse" => {
            let config = Config::parse(&block(input), layout(input)).unwrap();
            expect.check_all(&describe(&config));
            round_trip(&config);
        }
        "parse_error" => {
            let error = Config::parse(&block(input), layout(input)).unwrap_err();
            expect.check("error", error.name());
        }
        op => panic!("unknown operation {op}"),
    }
}

fn layout(input: &Fields) -> Layout {
    Layout::named(input.text("layout")).unwrap()
}

fn block(input: &Fields) -> Vec<u8> {
    let mut bytes = vec![0; input.number::<usize>("size")];
    for segment in input.list("segments") {
        let offset = usize::try_from(segment[0].as_u64().unwrap()).unwrap();
        for (at, byte) in hex(segment[1].as_str().unwrap()).into_iter().enumerate() {
            if let Some(place) = bytes.get_mut(offset + at) {
                *place = byte;
            }
        }
    }
    bytes
}

fn crc_match(checksum: &Checksum) -> &'static str {
    match (checksum.fits(CharKind::Signed), checksum.fits(CharKind::Unsigned)) {
        (true, true) => "both",
        (true, false) => "signed",
        (false, true) => "unsigned",
        (false, false) => "none",
    }
}

fn describe(config: &Config) -> Value {
    let checksum = config.checksum();
    let mut found = Map::new();
    for field in TextField::ALL {
        let Some(text) = config.text(field) else { continue };
        found.insert(field.name().into(), String::from_utf8_lossy(text).into());
        found.insert(format!("{}_hex", field.name()), to_hex(text).into());
    }
    let pins: Vec<Value> = config
        .pins()
        .map(|pin| json!({ "pin": pin.pin, "role": pin.role, "channel": pin.channel, "channel2": pin.channel2 }))
        .collect();
    let nonzero = |value: &dyn Fn(u8) -> i64| -> Value {
        let entries = (0..64)
            .map(|channel| (channel.to_string(), value(channel)))
            .filter(|(_, value)| *value != 0);
        entries
            .map(|(channel, value)| (channel, value.into()))
            .collect::<Map<_, _>>()
            .into()
    };
    let [short, long, repeat] = config.buttons();
    let [ip, mask, gateway, dns] = config.static_ip();
    let (ping_interval, ping_restart) = config.ping();
    let others = json!({
        "version": config.version(),
        "stored_crc": checksum.stored,
        "crc_signed": checksum.signed,
        "crc_unsigned": checksum.unsigned,
        "crc_match": crc_match(&checksum),
        "flags": config.flags(),
        "change_counter": config.change_counter(),
        "ota_counter": config.ota_counter(),
        "mqtt_port": config.mqtt_port(),
        "mac": to_hex(&config.mac()),
        "pins": pins,
        "channel_types": nonzero(&|channel| i64::from(config.channel_type(channel).unwrap())),
        "start_values": nonzero(&|channel| i64::from(config.start_value(channel).unwrap())),
        "log2lfs": config.log2lfs(),
        "dgr_send": config.dgr_send(),
        "dgr_recv": config.dgr_receive(),
        "calibration": config.calibration(),
        "led_correction": config.led_correction(),
        "led_remap": config.led_remap(),
        "button_short_ds": short,
        "button_long_ds": long,
        "button_repeat_ds": repeat,
        "lfs_size": config.lfs_size(),
        "logger_flags": config.logger_flags(),
        "static_ip": ip,
        "static_mask": mask,
        "static_gateway": gateway,
        "static_dns": dns,
        "boot_ok_s": config.boot_ok_seconds(),
        "ping_interval_s": ping_interval,
        "ping_restart_s": ping_restart,
        "mqtt_tls": config.mqtt_tls().map(|(on, _)| on),
        "mqtt_tls_verify": config.mqtt_tls().map(|(_, verify)| verify),
        "disable_web_server": config.disable_web_server(),
    });
    found.extend(others.as_object().unwrap().clone());
    found.into()
}

/// Written and read again it says the same, its checksum fits, and nothing is left behind.
fn round_trip(config: &Config) {
    for kind in [CharKind::Signed, CharKind::Unsigned] {
        let again = Config::parse(&config.encode(kind), config.layout()).unwrap();
        assert!(again.checksum().fits(kind));
        assert_eq!(again.leftovers(), 0);
        let (mut before, mut after) = (describe(config), describe(&again));
        for found in [&mut before, &mut after] {
            for name in ["stored_crc", "crc_signed", "crc_unsigned", "crc_match"] {
                found.as_object_mut().unwrap().remove(name);
            }
        }
        assert_eq!(before, after);
    }
}
