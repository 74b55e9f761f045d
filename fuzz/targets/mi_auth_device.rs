//! Devices that get anything at any time: they come to rest, and nobody gets a session without the token.
#![no_main]

use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use mi_auth::Characteristic;
use mi_auth::device::{Device, DeviceConfig, DeviceKeys, LegacyDevice, LegacyDeviceConfig, Peripheral};
use mi_auth::legacy::LegacyConfig;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, script)) = bytes.split_first() else {
        return;
    };
    let generator = ChaCha8Rng::seed_from_u64(1);
    if kind % 8 == 7 {
        let identity = LegacyConfig::new([1, 2, 3, 4, 5, 6].into(), 339);
        let mut device = LegacyDevice::new(LegacyDeviceConfig::new(identity), generator);
        play(&mut device, script);
        // Without a registration there is no token that a login could have.
        assert!(device.session().is_none() || device.keys().is_some());
        return;
    }
    let mut config = DeviceConfig::default();
    config.needs_button = kind & 1 != 0;
    config.single_packets = kind & 2 != 0;
    config.registers_once = true;
    config.mtu = u16::from(kind);
    config.keys = Some(DeviceKeys::new([9; 12].into(), [9; 16].into()));
    let mut device = Device::new(config, generator);
    play(&mut device, script);
    assert!(device.session().is_none(), "nobody here can make the HMAC");
    assert!(
        device.keys().is_some_and(|keys| keys.token == [9; 12].into()),
        "it registers once"
    );
});

fn play(device: &mut impl Peripheral, mut script: &[u8]) {
    let mut now = Duration::ZERO;
    device.handle_connect(now);
    while let Some((&head, rest)) = script.split_first() {
        let length = usize::from(head & 0x1f).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        script = rest;
        match head >> 5 {
            0..=2 => device.handle_write(now, Characteristic::Data, bytes),
            3 => device.handle_write(now, Characteristic::Control, bytes),
            4 => device.handle_write(now, Characteristic::Token, bytes),
            5 => {
                now = device.poll_timeout().unwrap_or(now);
                device.handle_timeout(now);
            }
            6 => drop(device.handle_read(now, Characteristic::Version)),
            _ => {
                device.handle_disconnect(now);
                device.handle_connect(now);
            }
        }
        drain(device, now);
    }
    // Left alone, it comes to rest.
    for _ in 0..100 {
        let Some(next) = device.poll_timeout() else {
            return;
        };
        now = next;
        device.handle_timeout(now);
        drain(device, now);
    }
    panic!("it never rests");
}

fn drain(device: &mut impl Peripheral, now: Duration) {
    for _ in 0..200 {
        while device.poll_event().is_some() {}
        if device.poll_transmit(now).is_none() {
            return;
        }
    }
    panic!("it sends for ever");
}
