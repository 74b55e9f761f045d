//! Any specification and any request at a simulated device: it answers or ignores, and its answers can be read.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use miio_proto::device::{Device, DeviceConfig};
use miio_proto::miot::Instance;
use miio_proto::{BatchSize, Cipher, DeviceId, Frame, Token, json, miot};

fuzz_target!(|data: &[u8]| {
    let (spec, requests) = match data.iter().position(|&byte| byte == b'\n') {
        Some(at) => data.split_at(at),
        None => (data, &b""[..]),
    };
    let token = Token::new([0x42; 16]);
    let cipher = Cipher::new(&token);
    let mut device = Device::new(DeviceConfig::new(DeviceId(77), token, "a.b.c")).with_legacy("power", "on");
    let host = "127.0.0.1:4000".parse().unwrap();
    let spec = json::decode(spec)
        .ok()
        .and_then(|decoded| Instance::from_json(&decoded.value).ok());
    if let Some(spec) = spec {
        device = device.with_spec(spec.clone());
        let keys = spec.properties().map(|property| property.key);
        let mut reader = miot::PropertyReader::new(keys, BatchSize::new(10), None);
        let mut rounds = 0;
        while let Some(request) = reader.next_request() {
            let datagram = cipher.seal(DeviceId(77), 0, &request.encode(1), Default::default());
            device.handle_datagram(Duration::ZERO, host, &datagram.unwrap());
            match device.poll_transmit(Duration::ZERO) {
                Some(transmit) => {
                    let plaintext = cipher.open(&Frame::parse(&transmit.payload).unwrap()).unwrap();
                    reader.handle_result(&json::decode(&plaintext).unwrap().value["result"]);
                }
                None => break,
            }
            rounds += 1;
            assert!(rounds <= spec.properties().count(), "it reads without end");
        }
    }
    for request in requests.split(|&byte| byte == b'\n') {
        if let Ok(datagram) = cipher.seal(DeviceId(77), 0, request, Default::default()) {
            device.handle_datagram(Duration::ZERO, host, &datagram);
        }
        while let Some(transmit) = device.poll_transmit(Duration::ZERO) {
            let plaintext = cipher.open(&Frame::parse(&transmit.payload).unwrap()).unwrap();
            assert!(json::decode(&plaintext).unwrap().value.is_object());
        }
    }
});
