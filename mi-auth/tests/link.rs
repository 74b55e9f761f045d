//! Registrations and logins over a connection that loses, doubles, delays and reorders: each ends in time, with the
//! right keys on both sides or with an error.

mod air;

use core::time::Duration;
use std::collections::BTreeMap;

use air::{Ending, Fate, Packet, run};
use mi_auth::device::{Device, DeviceConfig, DeviceKeys, LegacyDevice, LegacyDeviceConfig};
use mi_auth::legacy::{LegacyConfig, LegacyLogin, LegacyRegister, LegacyRegistration};
use mi_auth::{
    Characteristic, LoggedIn, Login, LoginConfig, PrivateKey, Register, RegisterConfig, Registration, Token,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// No handshake takes longer: seven answers of 15 s, and some requests for frames.
const LONGEST: Duration = Duration::from_secs(120);

const SEEDS: u64 = 2000;

#[test]
fn every_single_packet_of_a_registration_may_meet_any_fate() {
    every_single_fate("register", |fate| check_register(0, fate).map(drop));
}

#[test]
fn every_single_packet_of_a_segmented_login_may_meet_any_fate() {
    every_single_fate("login", |fate| check_login(0, false, fate).map(drop));
}

#[test]
fn every_single_packet_of_a_login_in_single_packets_may_meet_any_fate() {
    every_single_fate("single login", |fate| check_login(0, true, fate).map(drop));
}

#[test]
fn every_single_packet_of_legacy_handshakes_may_meet_any_fate() {
    every_single_fate("legacy register", |fate| check_legacy_register(0, fate).map(drop));
    every_single_fate("legacy login", |fate| check_legacy_login(0, fate).map(drop));
}

#[test]
fn registrations_end_in_time_over_a_bad_link_whatever_the_seed() {
    let mut succeeded = 0;
    for seed in 0..SEEDS {
        let mut fates = bad_link(seed, 40);
        succeeded += u64::from(check_register(seed, &mut fates).is_ok());
    }
    println!("{succeeded} of {SEEDS} registrations succeed where one packet in 20 has an accident");
    assert!(succeeded > SEEDS / 10 && succeeded < SEEDS, "{succeeded}");
}

#[test]
fn logins_end_in_time_over_a_bad_link_whatever_the_seed() {
    for single in [false, true] {
        let mut succeeded = 0;
        for seed in 0..SEEDS {
            let mut fates = bad_link(seed, 40);
            succeeded += u64::from(check_login(seed, single, &mut fates).is_ok());
        }
        println!("{succeeded} of {SEEDS} logins succeed where one packet in 20 has an accident");
        assert!(succeeded > SEEDS / 10 && succeeded < SEEDS, "{succeeded}");
    }
}

#[test]
fn handshakes_end_in_time_over_a_terrible_link_whatever_the_seed() {
    for seed in 0..SEEDS {
        let _ = check_register(seed, &mut bad_link(seed, 4));
        let _ = check_login(seed, seed % 2 == 0, &mut bad_link(seed, 4));
        let _ = check_legacy_register(seed, &mut bad_link(seed, 4));
        let _ = check_legacy_login(seed, &mut bad_link(seed, 4));
    }
}

#[test]
fn ten_percent_lost_data_frames_are_all_made_up_for() {
    for seed in 0..SEEDS {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut last_lost = Vec::new();
        let mut fates = move |_: usize, packet: &Packet| {
            // The same frame is lost three times in a row at most: that is what the protocol asks for.
            let lose = is_data_frame(packet) && random.next_u32() % 10 == 0 && last_lost != packet.bytes;
            if lose {
                last_lost.clone_from(&packet.bytes);
                Fate::IsLost
            } else {
                Fate::Arrives
            }
        };
        check_register(seed, &mut fates).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        check_login(seed, false, &mut fates).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}

/// Lets each packet of a run meet each fate, and one packet at a time.
fn every_single_fate(
    name: &str,
    mut run: impl FnMut(&mut dyn FnMut(usize, &Packet) -> Fate) -> Result<(), mi_auth::Failure>,
) {
    let mut packets = Vec::new();
    run(&mut |_, packet: &Packet| {
        packets.push(packet.clone());
        Fate::Arrives
    })
    .expect("nothing goes wrong");
    let mut outcomes = BTreeMap::new();
    for (target, packet) in packets.iter().enumerate() {
        for fate in fates() {
            let result = run(&mut |index, _: &Packet| if index == target { fate } else { Fate::Arrives });
            if is_data_frame(packet) && must_recover(fate) {
                result.unwrap_or_else(|error| panic!("packet {target} {fate:?} {packet:?}: {error}"));
            }
            *outcomes
                .entry(result.map_or_else(|failure| failure.name(), |()| "success"))
                .or_insert(0) += 1;
        }
    }
    println!(
        "{name}: {} packets x {} fates: {outcomes:?}",
        packets.len(),
        fates().len()
    );
}

/// A lost frame is sent again; a frame that comes once more or a little later does no harm.
fn must_recover(fate: Fate) -> bool {
    match fate {
        Fate::IsLost | Fate::ComesTwice(Duration::ZERO) => true,
        Fate::IsLate(time) => time < Duration::from_millis(100),
        _ => false,
    }
}

fn fates() -> [Fate; 10] {
    let milliseconds = Duration::from_millis;
    [
        Fate::IsLost,
        Fate::ComesTwice(Duration::ZERO),
        Fate::ComesTwice(milliseconds(20)),
        Fate::ComesTwice(milliseconds(600)),
        Fate::IsLate(milliseconds(1)),
        Fate::IsLate(milliseconds(20)),
        Fate::IsLate(milliseconds(450)),
        Fate::IsLate(milliseconds(2_000)),
        Fate::IsLate(milliseconds(20_000)),
        Fate::BreaksTheLink,
    ]
}

/// One packet in half of `rarity` has an accident, or a little less.
fn bad_link(seed: u64, rarity: u32) -> impl FnMut(usize, &Packet) -> Fate {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    move |_, _| {
        let delay = Duration::from_millis(u64::from(random.next_u32() % 1_500));
        match random.next_u32() % (rarity * 4) {
            0 | 1 => Fate::IsLost,
            2 | 3 => Fate::ComesTwice(delay),
            4..=6 => Fate::IsLate(delay),
            7 if random.next_u32() % 8 == 0 => Fate::BreaksTheLink,
            _ => Fate::Arrives,
        }
    }
}

fn check_register(
    seed: u64,
    fate: &mut dyn FnMut(usize, &Packet) -> Fate,
) -> Result<Registration, mi_auth::Failure> {
    let mut config = DeviceConfig::default();
    config.did = Some("blt.3.1hc1p4nu8k400".parse().expect("an id"));
    let mut device = Device::new(config, generator(seed, 1));
    let key = PrivateKey::generate(&mut generator(seed, 2)).expect("a key");
    let mut register = Register::new(RegisterConfig::default(), key);

    let ending = run(&mut register, &mut device, fate);

    let registration = in_time(ending)?;
    let keys = device.keys().expect("a device that said so is registered");
    assert_eq!(keys.token, registration.token, "seed {seed}");
    assert_eq!(keys.bind_key, registration.bind_key, "seed {seed}");
    assert_eq!(device.did(), Some(registration.did), "seed {seed}");
    Ok(registration)
}

fn check_login(
    seed: u64,
    single: bool,
    fate: &mut dyn FnMut(usize, &Packet) -> Fate,
) -> Result<LoggedIn, mi_auth::Failure> {
    let token = Token::from([seed as u8; 12]);
    let mut config = DeviceConfig::default();
    config.keys = Some(DeviceKeys::new(token.clone(), [2; 16].into()));
    config.single_packets = single;
    let mut device = Device::new(config, generator(seed, 1));
    let mut random = [0; 16];
    generator(seed, 2).fill_bytes(&mut random);
    let mut login = Login::new(LoginConfig::default(), token, random.into());

    let ending = run(&mut login, &mut device, fate);

    let output = in_time(ending)?;
    match &output {
        LoggedIn::Opened(keys) => assert_eq!(device.session(), Some(keys), "seed {seed}"),
        _ => assert!(device.session().is_some(), "seed {seed}"),
    }
    Ok(output)
}

fn check_legacy_register(
    seed: u64,
    fate: &mut dyn FnMut(usize, &Packet) -> Fate,
) -> Result<LegacyRegistration, mi_auth::Failure> {
    let mut device = legacy_device(seed);
    let mut register = LegacyRegister::new(identity(), [7; 12].into());

    let registration = in_time(run(&mut register, &mut device, fate))?;

    let (token, key) = device.keys().expect("a device that said so is registered");
    assert_eq!(*token, registration.token);
    assert_eq!(*key, registration.beacon_key);
    assert_eq!(registration.version.as_str(), "1.0.1_1");
    Ok(registration)
}

fn check_legacy_login(
    seed: u64,
    fate: &mut dyn FnMut(usize, &Packet) -> Fate,
) -> Result<(), mi_auth::Failure> {
    let mut device = legacy_device(seed);
    let mut register = LegacyRegister::new(identity(), [7; 12].into());
    in_time(run(&mut register, &mut device, &mut |_, _| Fate::Arrives)).expect("a registered device");
    let mut login = LegacyLogin::new([7; 12].into());

    let key = in_time(run(&mut login, &mut device, fate))?;

    assert_eq!(device.session(), Some(&key));
    Ok(())
}

fn in_time<T>(ending: Ending<T>) -> Result<T, mi_auth::Failure> {
    assert!(ending.at <= LONGEST, "{:?}", ending.at);
    if let Err(failure) = &ending.result {
        assert!(!failure.to_string().is_empty());
    }
    ending.result
}

fn is_data_frame(packet: &Packet) -> bool {
    packet.characteristic == Characteristic::Data && packet.bytes[..2] != [0, 0]
}

fn legacy_device(seed: u64) -> LegacyDevice<ChaCha8Rng> {
    LegacyDevice::new(LegacyDeviceConfig::new(identity()), generator(seed, 3))
}

fn identity() -> LegacyConfig {
    LegacyConfig::new([0xd0, 0x76, 0xeb, 0xe3, 0xf2, 0xdc].into(), 339)
}

fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed * 10 + stream)
}
