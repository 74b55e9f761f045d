//! Signing a request of `xiaomi-cloud` beside the bare RC4 and SHA-1 work in it, and a list of 10,000 devices beside
//! bare `serde_json` into a typed struct.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::process::ExitCode;

use benches::{Comparison, Target, run};
use rc4::{KeyInit, Rc4, StreamCipher};
use serde::Deserialize;
use serde_json::json;
use sha1::{Digest, Sha1};
use xiaomi_cloud::api::{Call, DeviceList};
use xiaomi_cloud::{Answer, Nonce, Region, SignedNonce, Ssecurity, sign};

fn main() -> ExitCode {
    let ssecurity: Ssecurity = "ABEiM0RVZneImaq7zN3u/w==".parse().unwrap();
    run(vec![signing(&ssecurity), devices()])
}

/// A call of a usual length: six properties.
fn signing(ssecurity: &Ssecurity) -> Comparison<'_> {
    let params: Vec<_> = (1..=6)
        .map(|piid| json!({"did": "200000001", "siid": 2, "piid": piid}))
        .collect();
    let data = json!({"params": params}).to_string();
    let nonce = Nonce::new([7; 8], 1_763_629_200_000);
    let key = SignedNonce::new(ssecurity, &nonce);
    let key_text = key.to_base64();
    let bare = data.clone();
    // Both values are encrypted from the same place of the key stream, so every client sets the cipher up twice.
    let encrypt = move |bytes: &mut [u8]| {
        let mut cipher = Rc4::new_from_slice(key.expose()).unwrap();
        cipher.apply_keystream(&mut [0; 1024]);
        cipher.apply_keystream(bytes);
    };
    let hash = |parts: [&[u8]; 4]| {
        let mut hash = Sha1::new();
        for part in parts {
            hash.update(part);
        }
        <[u8; 20]>::from(hash.finalize())
    };
    Comparison::new("sign a request", 1)
        .contender("bare", move || {
            let first = hash([
                b"POST&/miotspec/prop/get&data=",
                bare.as_bytes(),
                b"&",
                key_text.as_bytes(),
            ]);
            let mut bytes = bare.clone().into_bytes();
            encrypt(&mut bytes);
            let mut sum = [b'A'; 28];
            encrypt(&mut sum);
            let second = hash([
                b"POST&/miotspec/prop/get&data=",
                &bytes,
                &sum,
                key_text.as_bytes(),
            ]);
            black_box((first, second, bytes));
        })
        .contender("crate, with the body of the request", move || {
            let signed = sign::rc4(
                "POST",
                "/miotspec/prop/get",
                black_box(&data),
                ssecurity,
                nonce,
                false,
            );
            black_box(signed.body());
        })
        .target(Target::AtMost(1.2, "crate, with the body of the request", "bare"))
}

fn devices() -> Comparison<'static> {
    let list: Vec<_> = (0..10_000).map(record).collect();
    let text = json!({"code": 0, "message": "ok", "result": {"list": list}}).to_string();
    let answer = Answer::from_json(text.clone()).unwrap();
    let (whole, again) = (text.clone(), text.clone());
    Comparison::new("10,000 devices", 10_000)
        .contender("serde_json into a typed struct", move || {
            let envelope: Envelope = serde_json::from_str(black_box(&text)).unwrap();
            assert_eq!(envelope.result.list.len(), 10_000);
            black_box(envelope);
        })
        .contender("crate", move || {
            let page = DeviceList {
                region: Region::Germany,
            }
            .read(black_box(&answer))
            .unwrap();
            assert_eq!(page.devices.len(), 10_000);
            black_box(page);
        })
        .contender("crate, from the decrypted text on", move || {
            let answer = Answer::from_json(black_box(&whole).clone()).unwrap();
            black_box(
                DeviceList {
                    region: Region::Germany,
                }
                .read(&answer)
                .unwrap(),
            );
        })
        .contender("serde_json into values", move || {
            black_box(serde_json::from_str::<serde_json::Value>(black_box(&again)).unwrap());
        })
        .target(Target::AtMost(1.3, "crate", "serde_json into a typed struct"))
        .target(Target::Shown(
            "crate, from the decrypted text on",
            "serde_json into a typed struct",
        ))
        .target(Target::Shown(
            "serde_json into values",
            "serde_json into a typed struct",
        ))
}

fn record(number: u32) -> serde_json::Value {
    let [_, a, b, c] = number.to_be_bytes();
    json!({
        "did": (200_000_000 + number).to_string(), "token": format!("{number:032x}"), "longitude": "12.3456",
        "latitude": "45.6789", "name": format!("Lamp {number}"), "pid": "0",
        "localip": format!("192.168.{}.{}", b, c), "mac": format!("5C:E5:0C:{a:02X}:{b:02X}:{c:02X}"),
        "ssid": "HomeNet", "bssid": "AA:BB:CC:FF:00:01", "parent_id": "", "parent_model": "", "show_mode": 1,
        "model": "yeelink.light.lamp4", "adminFlag": 1, "shareFlag": 0, "permitLevel": 16, "isOnline": true,
        "desc": "Device online ", "extra": {"isSetPincode": 0, "pincodeType": 0, "fw_version": "2.0.6_0010",
            "needVerifyCode": 0, "isPasswordEncrypt": 0},
        "uid": 1_000_000_001, "pd_id": 211, "password": "", "p2p_id": "", "rssi": -55, "family_id": 0,
        "reset_flag": 0, "spec_type": "urn:miot-spec-v2:device:light:0000A001:yeelink-lamp4:1",
    })
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is made, not read")]
struct Envelope {
    code: i64,
    message: String,
    result: List,
}

#[derive(Deserialize)]
struct List {
    list: Vec<Record>,
}

/// What somebody would write who wants the same fields, without looking at any of them.
#[derive(Deserialize)]
#[allow(dead_code, reason = "it is made, not read")]
struct Record {
    did: String,
    name: String,
    model: String,
    token: String,
    mac: String,
    localip: String,
    ssid: String,
    bssid: String,
    #[serde(rename = "isOnline")]
    is_online: bool,
    pid: String,
    parent_id: String,
    uid: i64,
    extra: Extra,
    rssi: i64,
    pd_id: i64,
    spec_type: String,
    #[serde(rename = "shareFlag")]
    share_flag: i64,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is made, not read")]
struct Extra {
    fw_version: String,
}
