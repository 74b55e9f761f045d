//! Xiaomi's keys, and the extended OTA's messages.

use serde_json::{Value, json};
use telink_ota::command::keys::{KeyCollector, Layout, MiKeys, Records};
use telink_ota::command::{Command, Context, Notification};
use telink_ota::{BindKey, MiToken, flow};

use super::commands::{mac, mac_text, version};
use super::{Fields, hex, to_hex};

pub(crate) fn mi_keys(input: &Fields, expect: &Fields) {
    match input.text("op") {
        "encode_key_command" => encode(input, expect),
        "decode_key_notifications" => {
            let mut collector = KeyCollector::new();
            for notification in input.list("notifications") {
                let bytes = hex(notification.as_str().unwrap());
                match collector.take(&bytes) {
                    Ok(known) => assert!(known, "{notification} is none of keys"),
                    Err(error) => return expect.check("error", error.name()),
                }
            }
            check(collector.keys(), expect);
        }
        "parse_key_sector" => {
            let layout = match input.text("layout") {
                "tlv" => Layout::Tlv,
                "a5" => Layout::A5,
                other => panic!("unknown layout {other}"),
            };
            let sector = input.hex("sector_head");
            let records: Result<Vec<Value>, _> = Records::new(&sector, layout)
                .map(|record| record.map(|record| json!({"id": record.id, "data": to_hex(record.bytes)})))
                .collect();
            match records {
                Ok(records) => expect.check("records", records),
                Err(error) => expect.check("error", error.name()),
            }
        }
        other => panic!("unknown op {other}"),
    }
}

fn encode(input: &Fields, expect: &Fields) {
    let token: Option<MiToken> = input
        .value("token")
        .map(|token| token.as_str().unwrap().parse().unwrap());
    let key: Option<BindKey> = input
        .value("bind_key")
        .map(|key| key.as_str().unwrap().parse().unwrap());
    let did = input
        .value("did")
        .map(|did| did.as_str().unwrap().parse().unwrap());
    let command = match input.text("command") {
        "get_mac" => Command::Mac,
        "restore_mac" | "default_mac" | "default_random_mac" => Command::RestoreMac,
        "set_mac" => Command::SetMac {
            mac: mac(input.text("mac")),
            random: input
                .value("random")
                .map(|random| hex(random.as_str().unwrap()).try_into().unwrap()),
        },
        "get_did" => Command::Did,
        "set_did" => Command::SetDid(did.as_ref().unwrap()),
        "get_token_bindkey" => Command::MiKeys,
        "set_token_bindkey" => Command::SetMiKeys {
            token: token.as_ref().unwrap(),
            bind_key: key.as_ref().unwrap(),
        },
        "get_all" | "get_all_keys" | "send_all" | "show_all" | "backup" => Command::AllMiKeys,
        "swap_previous" => Command::SwapMiKeys,
        "erase" => Command::EraseMiKeys,
        "get_beacon_bindkey" => Command::BindKey,
        "set_beacon_bindkey" => Command::SetBindKey(key.as_ref().unwrap()),
        "request_mtu" => Command::RequestMtu(u8::try_from(input.integer("mtu")).unwrap()),
        other => panic!("unknown command {other}"),
    };
    let encoded = command.encode().unwrap();
    expect.check("bytes", to_hex(encoded.expose()));
    expect.check_if_present("needs_mtu", encoded.mtu());
}

pub(crate) fn check(keys: &MiKeys, expect: &Fields) {
    expect.check_if_present("mac", keys.mac.map(mac_text));
    expect.check_if_present("random_mac", keys.random_address().map(mac_text));
    expect.check_if_present("did", keys.did.map(|did| did.to_string()));
    expect.check_if_present("token", keys.token.as_ref().map(|token| to_hex(token.expose())));
    expect.check_if_present("bind_key", keys.bind_key.as_ref().map(|key| to_hex(key.expose())));
    expect.check_if_present("cfg", keys.counter.map(|counter| to_hex(&counter)));
    let advert_key = keys.advert_key.as_ref().map(|key| to_hex(key.expose()));
    expect.check_if_present("beacon_bind_key", advert_key);
    let deleted: Vec<String> = keys
        .deleted
        .iter()
        .map(|record| to_hex(record.expose()))
        .collect();
    expect.check_if_present("deleted", deleted);
    expect.check("complete", keys.complete);
}

pub(crate) fn extended_ota(input: &Fields, expect: &Fields) {
    match input.text("op") {
        "encode_ext_ota_request" => {
            let length = u32::try_from(input.integer("payload_len")).unwrap();
            let request = flow::request(length, version(input.text("fw_bcd")));
            match request.encode() {
                Ok(encoded) => {
                    expect.check("bytes", to_hex(encoded.expose()));
                    let Command::PrepareExtendedOta { kib, .. } = request else {
                        panic!("{request:?}");
                    };
                    expect.check("kib", kib);
                }
                Err(error) => expect.check("error", error.name()),
            }
        }
        "encode_ext_ota_query" => {
            expect.check("bytes", to_hex(Command::ExtendedOta.encode().unwrap().expose()));
        }
        "decode_ext_ota_notification" => {
            match Notification::parse(&input.hex("bytes"), &Context::default()) {
                Ok(Notification::ExtendedOta(status)) => {
                    expect.check("state", status.state.name());
                    expect.check("address", status.address);
                    expect.check("kib", status.kib);
                    expect.check_if_present("max_payload", status.max_payload());
                }
                Ok(other) => panic!("{other:?}"),
                Err(error) => {
                    assert_eq!(error.name(), "too_short");
                    expect.check("error", "bad_length");
                }
            }
        }
        other => panic!("unknown op {other}"),
    }
}

/// Records in several notifications, of any of the four commands.
pub(crate) fn chunks(input: &Fields, expect: &Fields) {
    let mut collector = KeyCollector::new();
    let notifications: Vec<Vec<u8>> = input
        .list("notifies")
        .iter()
        .map(|notification| hex(notification.as_str().unwrap()))
        .collect();
    for notification in &notifications {
        assert!(collector.take(notification).unwrap());
    }
    let keys = collector.keys();
    let id = notifications[0][0];
    expect.check("id", format!("{id:02x}"));
    if expect.check_if_present("device_name", keys.did.map(|did| did.to_string())) {
        return;
    }
    let (token, key) = match id {
        0x12 => (
            keys.token.as_ref().unwrap().expose().to_vec(),
            keys.bind_key.as_ref().unwrap().expose().to_vec(),
        ),
        0x14 => {
            let (token, key) = keys.deleted[0].expose().split_at(12);
            (token.to_vec(), key.to_vec())
        }
        other => panic!("unknown record {other:02x}"),
    };
    expect.check("token", to_hex(&token));
    expect.check("bindkey", to_hex(&key));
}
