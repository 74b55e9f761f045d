//! Nothing that can be printed holds a secret.

mod air;

use std::collections::BTreeSet;
use std::fmt::Write;

use air::{Fate, run_printing};
use mi_auth::device::{Device, DeviceConfig, LegacyDevice, LegacyDeviceConfig, Outgoing};
use mi_auth::legacy::{LegacyConfig, LegacyLogin, LegacyRegister};
use mi_auth::parcel::FrameBytes;
use mi_auth::transport::Incoming;
use mi_auth::uart::{Decryptor, Encryptor, Reassembler};
use mi_auth::{
    BindKey, DidKey, LoggedIn, Login, LoginConfig, LoginRandom, PrivateKey, Register, RegisterConfig,
    SharedSecret, Token,
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// Four bytes in a row of a secret are enough to be one.
const GIVEAWAY: usize = 4;

#[test]
fn standard_handshakes_print_no_secret() {
    let mut log = String::new();
    let mut secrets = Secrets::default();
    let mut config = DeviceConfig::default();
    config.did = "blt.3.1hc1p4nu8k400".parse().ok();
    let mut device = Device::new(config, ChaCha8Rng::seed_from_u64(1));
    let private = [0x5a, 0xc3, 0x17, 0xe8, 0x91, 0x2d, 0x76, 0xb4].repeat(4);
    let key = PrivateKey::new(&private.as_slice().try_into().expect("32 bytes")).expect("a key");
    secrets.add(&private);

    let mut register = Register::new(RegisterConfig::default(), key.clone());
    let mut arrives = |_: usize, _: &air::Packet| Fate::Arrives;
    let mut print = |text: std::fmt::Arguments<'_>| log.write_fmt(text).expect("memory");
    let ending = run_printing(&mut register, &mut device, &mut arrives, &mut print);
    let registration = ending.result.expect("a registration");
    secrets.add(registration.token.expose());
    secrets.add(registration.bind_key.expose());

    let random = LoginRandom::from([0x3c; 16]);
    let mut login = Login::new(LoginConfig::default(), registration.token.clone(), random);
    let ending = run_printing(&mut login, &mut device, &mut arrives, &mut print);
    let Ok(LoggedIn::Opened(keys)) = ending.result else {
        panic!("no session")
    };
    secrets.add(keys.device_key.expose());
    secrets.add(keys.client_key.expose());

    let mut wrong = Login::new(LoginConfig::default(), Token::from([0x99; 12]), random);
    run_printing(&mut wrong, &mut device, &mut arrives, &mut print)
        .result
        .expect_err("another token");
    secrets.add(&[0x99; 12]);

    let mut encryptor = Encryptor::for_client(&keys);
    let mut decryptor = Decryptor::for_device(&keys);
    let message = [0x55, 0xaa, 6, 0x20, 3, 0x70, 0xde, 0xad, 0xbe, 0xef];
    let packet = encryptor.encrypt(&message, [1, 2, 3, 4]).expect("a packet");
    let decrypted = decryptor.decrypt(&packet).expect("a message");
    secrets.add(&message[6..]);
    let mut reassembler = Reassembler::new();
    reassembler.push(&packet[..10]);
    let all = (
        &registration, &keys, &key, &device, &register, &login, &encryptor, &decryptor,
    );
    print(format_args!("{all:?}{all:#?}{decrypted:?}{reassembler:?}"));

    secrets.assert_none_in(&log);
}

#[test]
fn legacy_handshakes_print_no_secret() {
    let mut log = String::new();
    let mut secrets = Secrets::default();
    let identity = LegacyConfig::new([0xd0, 0x76, 0xeb, 0xe3, 0xf2, 0xdc].into(), 339);
    let mut device = LegacyDevice::new(LegacyDeviceConfig::new(identity), ChaCha8Rng::seed_from_u64(1));
    let token: Token = "d460d1b4f8c569cfa570a8a6".parse().expect("a token");
    secrets.add(token.expose());

    let mut arrives = |_: usize, _: &air::Packet| Fate::Arrives;
    let mut packets = Vec::new();
    let mut print = |text: std::fmt::Arguments<'_>| log.write_fmt(text).expect("memory");
    let mut register = LegacyRegister::new(identity, token.clone());
    let ending = run_printing(&mut register, &mut device, &mut arrives, &mut print);
    packets.extend(ending.packets);
    let registration = ending.result.expect("a registration");
    secrets.add(registration.beacon_key.expose());
    secrets.add(registration.beacon_key.extended().expose());
    let mut login = LegacyLogin::new(token);
    let ending = run_printing(&mut login, &mut device, &mut arrives, &mut print);
    packets.extend(ending.packets);
    let key = ending.result.expect("a session");
    secrets.add(key.expose());
    // Everybody can compute the token from these.
    for packet in packets {
        secrets.add(&packet.bytes);
        let (from, bytes): (_, FrameBytes) = (packet.characteristic, packet.bytes.iter().copied().collect());
        let outgoing = Outgoing::Notification {
            from,
            bytes: bytes.clone(),
        };
        print(format_args!(
            "{outgoing:?}{:?}",
            Incoming::Notification { from, bytes }
        ));
    }
    print(format_args!(
        "{registration:?}{key:#?}{device:?}{register:?}{login:#?}"
    ));

    secrets.assert_none_in(&log);
}

#[test]
fn keys_and_the_errors_about_them_print_no_secret() {
    let text = "5ac317e8912d76b45ac317e8912d76b45ac317e8912d76b45ac317e8912d76b4";
    let bytes: Vec<u8> = (0..32)
        .map(|index| u8::from_str_radix(&text[index * 2..][..2], 16).expect("hex"))
        .collect();
    let mut secrets = Secrets::default();
    secrets.add(&bytes);
    let shared = SharedSecret::new(&bytes).expect("32 bytes");
    let keys = shared.setup_keys();
    secrets.add(keys.token.expose());
    secrets.add(keys.bind_key.expose());
    secrets.add(keys.did_key.expose());
    let mut log = format!("{shared:?}{keys:?}{keys:#?}");
    for wrong in [text, &text[..32], &text[..24], &text[..23]] {
        let results = (
            wrong.parse::<Token>(),
            wrong.parse::<BindKey>(),
            wrong.parse::<DidKey>(),
        );
        log += &format!("{results:?}");
        for error in [results.0.err(), results.1.err(), results.2.err()]
            .into_iter()
            .flatten()
        {
            log += &format!("{error}{:?}", error.help());
        }
    }

    secrets.assert_none_in(&log);
}

#[test]
fn the_search_finds_secrets_in_every_form() {
    let mut secrets = Secrets::default();
    secrets.add(&[0x5a, 0xc3, 0x17, 0xe8, 0x91]);
    for log in [
        "..c317e891..",
        "C317E891",
        "[90, 195, 23, 232]",
        "[\n    90,\n    195,\n    23,\n    232,\n]",
        "5a:c3:17:e8",
        "[0x5a, 0xc3, 0x17, 0xe8]",
    ] {
        assert!(secrets.found_in(log), "{log}");
    }
    assert!(!secrets.found_in("[90, 195, 24, 232] 5ac318e8"));
}

/// Windows of secrets, in the forms in which they could be printed.
#[derive(Default)]
struct Secrets(BTreeSet<Vec<u8>>);

impl Secrets {
    fn add(&mut self, bytes: &[u8]) {
        assert!(bytes.len() >= GIVEAWAY);
        self.0.extend(bytes.windows(GIVEAWAY).map(<[u8]>::to_vec));
    }

    fn found_in(&self, log: &str) -> bool {
        let lower = log.to_lowercase();
        let hex: String = lower
            .replace("0x", "")
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, ':' | ',' | '-'))
            .collect();
        let decimal: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
        self.0.iter().any(|window| {
            let digits: String = window.iter().map(|byte| format!("{byte:02x}")).collect();
            let numbers: Vec<String> = window.iter().map(u8::to_string).collect();
            let numbers = numbers.join(",");
            let listed = decimal.match_indices(&numbers).any(|(start, _)| {
                let before = decimal[..start].chars().next_back();
                let after = decimal[start + numbers.len()..].chars().next();
                !before.is_some_and(|c| c.is_ascii_digit()) && !after.is_some_and(|c| c.is_ascii_digit())
            });
            hex.contains(&digits) || listed
        })
    }

    fn assert_none_in(&self, log: &str) {
        assert!(log.len() > 500, "there is something to search");
        assert!(!self.found_in(log), "a secret is printed");
    }
}
