//! Nothing that can be printed holds a secret.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::fmt::{Debug, Write};
use std::time::Duration;

use support::*;
use telink_ota::command::keys::{KeyCollector, Layout, MiKeys, Records};
use telink_ota::command::{Command, Context, LogQuery, Notification};
use telink_ota::device::{Disturbance, Link, Profile, Thermometer, block_on};
use telink_ota::flow::KeyGoal;
use telink_ota::gatt::Transmit;
use telink_ota::transport::{Incoming, Peripheral};
use telink_ota::{
    BindKey, Exchange, ExtendedOta, FirmwareVersion, Inquiry, KeyFlow, LogDownload, MiToken, Ota, Pin,
    Session,
};

/// Four bytes in a row of a secret are enough to be one.
const GIVEAWAY: usize = 4;
const OLD: [u8; 28] = secret(0x31);
const NEW: [u8; 28] = secret(0x97);
const ADVERTS: [u8; 28] = secret(0xd3);
const PIN: u32 = 731_942;

/// Bytes that nothing else prints by chance.
const fn secret(seed: u8) -> [u8; 28] {
    let mut bytes = [0; 28];
    let mut place = 0;
    while place < bytes.len() {
        bytes[place] = seed.wrapping_add((place as u8).wrapping_mul(83)) ^ 0x5a;
        place += 1;
    }
    bytes
}

fn keys_of(secret: &[u8; 28]) -> (MiToken, BindKey) {
    (
        MiToken::try_from(&secret[..12]).unwrap(),
        BindKey::try_from(&secret[12..]).unwrap(),
    )
}

#[test]
fn sessions_and_devices_print_no_secret() {
    let mut secrets = Secrets::default();
    for secret in [&OLD, &NEW, &ADVERTS] {
        secrets.add(secret);
    }
    let mut log = String::new();
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &pvvx(10_000, "5.8"));
    let mut printed = |device: &Thermometer<'_>| write!(log, "{device:?}{device:#?}").unwrap();
    for secret in [&OLD, &NEW] {
        let (token, bind_key) = keys_of(secret);
        device.register(None, &token, &bind_key);
        printed(&device);
    }
    let services = device.services();
    device.log(Duration::ZERO);
    let mut link = Link::connect(&mut device, Duration::ZERO, Disturbance::none()).unwrap();

    let (_, advert_key) = keys_of(&ADVERTS);
    let (token, bind_key) = keys_of(&NEW);
    let pin = Pin::new(PIN).unwrap();
    let backup = keys(&mut link, KeyGoal::BackUp).unwrap();
    assert_eq!(backup.deleted[0].expose(), OLD);
    for command in [
        Command::SetBindKey(&advert_key),
        Command::BindKey,
        Command::SetMiKeys {
            token: &token,
            bind_key: &bind_key,
        },
        Command::MiKeys,
        Command::Config,
    ] {
        print_run(&mut link, Exchange::new(&command).unwrap(), &mut log);
        write!(log, "{command:?}{:?}", command.encode()).unwrap();
    }
    for goal in [KeyGoal::BackUp, KeyGoal::Erase, KeyGoal::Restore(backup.clone())] {
        write!(log, "{goal:?}{goal:#?}").unwrap();
        print_run(&mut link, KeyFlow::new(goal).unwrap(), &mut log);
    }
    print_run(&mut link, LogDownload::new(LogQuery::ALL).unwrap(), &mut log);
    print_run(&mut link, Inquiry::new("ATC_112233", services), &mut log);
    print_run(
        &mut link,
        ExtendedOta::new(165_588, FirmwareVersion::CURRENT).unwrap(),
        &mut log,
    );
    let set_pin = Command::SetPin(Some(&pin));
    print_run(&mut link, Exchange::new(&set_pin).unwrap(), &mut log);
    write!(log, "{set_pin:?}{pin:?}{link:?}{link:#?}{backup:?}").unwrap();
    link.disconnect();
    write!(log, "{device:?}").unwrap();

    let image = pvvx(4_000, "5.8");
    let (_, clearance) = clear(&image, &device.identify());
    let ota = Ota::new(Duration::ZERO, image.as_slice(), &clearance, OPTIONS).unwrap();
    write!(log, "{ota:?}{clearance:?}").unwrap();
    assert!(!log.contains(&PIN.to_string()), "the PIN is printed");
    secrets.assert_none_in(&log);
}

#[test]
fn keys_their_pieces_and_errors_about_them_print_no_secret() {
    let mut secrets = Secrets::default();
    secrets.add(&NEW);
    let hex: String = NEW.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut log = String::new();
    for text in [&hex[..], &hex[..24], &hex[24..], &hex[..23], "zz"] {
        let (token, key) = (text.parse::<MiToken>(), text.parse::<BindKey>());
        write!(log, "{token:?}{key:?}").unwrap();
        for error in [token.err(), key.err()].into_iter().flatten() {
            write!(log, "{error}{:?}", error.help()).unwrap();
        }
    }
    let mut collector = KeyCollector::new();
    let mut sector = vec![0x10, 0, 28];
    sector.extend(NEW);
    for id in [0x11, 0x12, 0x13, 0x14] {
        for piece in [&NEW[..18], &NEW[18..]] {
            let remaining = if piece.len() == 18 { 28 } else { 10 };
            let bytes = [&[id, remaining], piece].concat();
            let notification = Notification::parse(&bytes, &Context::default()).unwrap();
            write!(log, "{notification:?}{notification:#?}").unwrap();
            let _ = collector.take(&bytes);
            write!(log, "{collector:?}").unwrap();
        }
    }
    let advert_key = [&[0x18], &NEW[12..]].concat();
    let notification = Notification::parse(&advert_key, &Context::default()).unwrap();
    write!(log, "{notification:?}").unwrap();
    for record in Records::new(&sector, Layout::Tlv) {
        write!(log, "{record:?}").unwrap();
    }
    let (records, parsed) = (
        Records::new(&sector, Layout::Tlv),
        MiKeys::parse(&sector, Layout::Tlv),
    );
    write!(log, "{records:?}{parsed:?}").unwrap();
    let other = Command::Other {
        id: 0x12,
        bytes: telink_ota::command::Opaque(&NEW),
    };
    write!(log, "{other:?}{:?}{:?}", other.encode(), Profile::lywsd03mmc()).unwrap();
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
        "5a:c3:17:e8",
        "[0x5a, 0xc3, 0x17, 0xe8]",
    ] {
        assert!(secrets.found_in(log), "{log}");
    }
    assert!(!secrets.found_in("[90, 195, 24, 232] 5ac318e8"));
}

/// Runs a session to its end, and prints everything on the way that can be printed.
fn print_run<S>(link: &mut Link<'_, '_>, mut session: S, log: &mut String)
where
    S: Session + Debug,
    S::Event: Debug,
{
    let mut buffer = [0; 256];
    for _ in 0..2000 {
        write!(log, "{session:?}{link:?}").unwrap();
        while let Some(event) = session.poll_event() {
            write!(log, "{event:?}{event:#?}").unwrap();
        }
        let now = link.now();
        let transmit = session.poll_transmit(now);
        write!(log, "{transmit:?}").unwrap();
        let until = match transmit {
            Some(Transmit::Subscribe { characteristic }) => {
                block_on(link.subscribe(characteristic)).unwrap();
                session.handle_subscribed(link.now());
                link.now()
            }
            Some(Transmit::Write {
                characteristic,
                bytes,
                mode,
            }) => {
                block_on(link.write(characteristic, bytes, mode)).unwrap();
                session.handle_written(link.now());
                link.now()
            }
            Some(Transmit::Read { characteristic }) => {
                match block_on(link.read(characteristic, &mut buffer)) {
                    Ok(length) => session.handle_read(link.now(), &buffer[..length]),
                    Err(_) => session.handle_failure(link.now()),
                }
                link.now()
            }
            None => match session.poll_timeout() {
                Some(until) => until,
                None => match session.poll_event() {
                    Some(event) => {
                        write!(log, "{event:?}").unwrap();
                        continue;
                    }
                    None => return,
                },
            },
        };
        match block_on(link.notification(until, &mut buffer)) {
            Incoming::Notification { from, length } => {
                session.handle_notification(link.now(), from, &buffer[..length]);
            }
            Incoming::Nothing => session.handle_timeout(link.now()),
            Incoming::Disconnected => session.handle_disconnect(link.now()),
        }
    }
    panic!("no end: {session:?}");
}

/// Windows of secrets, in the forms in which they could be printed.
#[derive(Default)]
struct Secrets(BTreeSet<Vec<u8>>);

impl Secrets {
    fn add(&mut self, bytes: &[u8]) {
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
            hex.contains(&digits) || decimal.contains(&numbers.join(","))
        })
    }

    fn assert_none_in(&self, log: &str) {
        assert!(log.len() > 500, "there is something to search");
        assert!(!self.found_in(log), "a secret is printed");
    }
}
