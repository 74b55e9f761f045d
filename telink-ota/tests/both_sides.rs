//! Client against device, over links and with faults of every kind: the new image runs or the old one, never neither.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test fails by panicking

mod support;

use std::time::Duration;

use proptest::prelude::*;
use support::*;
use telink_ota::command::keys::Did;
use telink_ota::command::{Command, LogQuery, Notification, Setting, Value};
use telink_ota::device::{AttError, Disturbance, Faults, Link, Profile, Thermometer, block_on};
use telink_ota::flow::{FlowError, KeyGoal};
use telink_ota::gatt::{Characteristic, WriteMode};
use telink_ota::identify::Kind;
use telink_ota::image::container::RootKey;
use telink_ota::image::{Declaration, inspect};
use telink_ota::inquiry::InquiryEvent;
use telink_ota::ota::{Options, OtaError, Outcome};
use telink_ota::pdu::{LegacyStatus, ResultCode};
use telink_ota::preflight::{Preflight, Reason, Target};
use telink_ota::proof::{Expectation, Proof};
use telink_ota::transport::drive;
use telink_ota::{BindKey, FirmwareVersion, Inquiry, LogDownload, MiToken, Pin};

const START: Duration = Duration::ZERO;
const NONE: Disturbance = Disturbance::none();
const STOCK: Options = Options::stock(WriteMode::WithResponse);

/// Which of the two images runs.
fn running<'i>(device: &Thermometer<'_>, images: &[&'i [u8]]) -> Option<&'i [u8]> {
    let found = device.running_image().expect("a brick");
    images.iter().copied().find(|image| *image == found)
}

#[test]
fn stock_becomes_custom_and_the_proof_says_so() {
    let (old, new) = (stock(60_000), pvvx(86_336, "5.8"));
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &old);
    let before = device.identify();
    assert_eq!((before.kind, before.hardware_id), (Kind::Stock, Some(4)));
    let expectation = Expectation::new(before, &inspect(new.as_slice()).unwrap());

    let (flashed, _) = flash_image(&mut device, &new, STOCK, NONE, START);

    assert_eq!(flashed, Flashed::Sent(Outcome::SentThenDisconnected));
    assert_eq!(running(&device, &[&old, &new]), Some(&new[..]));
    assert_eq!(expectation.judge(&device.identify()), Proof::NewImageRuns);
}

/// 86 KiB over a link that loses a tenth of the notifications, with a disconnect at every chunk.
#[test]
fn a_disconnect_at_any_chunk_leaves_one_of_the_two_images() {
    let (old, new) = (pvvx(40_000, "4.6"), pvvx(86_336, "5.8"));
    let (_, clearance) = clear(&new, &thermometer(&mut flash(), &old).identify());
    let mut memory = flash();
    let installed = {
        thermometer(&mut memory, &old);
        memory.clone()
    };
    let chunks = new.len().div_ceil(16) as u32;
    let mut ends = [0; 2];
    // 00ff and 01ff come before, 02ff after the chunks.
    for write in 0..chunks + 4 {
        memory.copy_from_slice(&installed);
        let mut device = Thermometer::new(Profile::lywsd03mmc(), &mut memory);
        device.set_faults(Faults {
            drop_at_write: Some(write),
            ..Faults::default()
        });
        let disturbance = Disturbance {
            seed: write.into(),
            lost: 100,
            ..NONE
        };
        let (flashed, _) = flash_cleared(&mut device, &new, &clearance, OPTIONS, disturbance, START);
        let found = running(&device, &[&old, &new]).expect("old or new");
        let is_new = found == new;
        ends[usize::from(is_new)] += 1;
        match flashed {
            Flashed::Sent(_) => assert!(is_new, "write {write}"),
            Flashed::Failed(error) => {
                assert!(!is_new, "write {write}: {error}");
                assert_eq!(error.restart_from(), Some(0));
            }
            Flashed::NotConnected => panic!("write {write}"),
        }
    }
    assert_eq!(ends, [chunks + 3, 1]);
}

#[test]
fn power_may_fail_at_any_operation_of_the_flash() {
    let (old, new) = (pvvx(4_000, "4.6"), pvvx(5_000, "5.8"));
    let mut installed = flash();
    let (_, clearance) = clear(&new, &thermometer(&mut installed, &old).identify());
    let mut ends = [0; 2];
    let mut last = 0;
    for operation in 0.. {
        let mut memory = installed.clone();
        let mut device = Thermometer::new(Profile::lywsd03mmc(), &mut memory);
        device.set_faults(Faults {
            cut_power_at: Some(operation),
            ..Faults::default()
        });
        let (flashed, _) = flash_cleared(&mut device, &new, &clearance, OPTIONS, NONE, START);
        let is_new = running(&device, &[&old, &new]).expect("old or new") == new;
        ends[usize::from(is_new)] += 1;
        last = operation;
        if flashed == Flashed::Sent(Outcome::SentThenDisconnected) && device.reboots() == 2 && is_new {
            break;
        }
    }
    // Every chunk is an operation; the last two write the marks.
    assert!(last > 5_000 / 16, "{last} operations");
    assert!(ends[0] > 5_000 / 16 && ends[1] >= 1, "{ends:?}");
}

#[test]
fn a_damaged_chunk_is_reported_by_the_next_status() {
    let (old, new) = (pvvx(4_000, "4.6"), pvvx(5_000, "5.8"));
    for write in [2, 9, 100] {
        let mut memory = flash();
        let mut device = thermometer(&mut memory, &old);
        device.set_faults(Faults {
            corrupt_write: Some(write),
            ..Faults::default()
        });
        let (flashed, now) = flash_image(&mut device, &new, OPTIONS, NONE, START);
        assert_eq!(flashed, Flashed::Failed(OtaError::Status(LegacyStatus::DataCrc)));
        assert_eq!(running(&device, &[&old, &new]), Some(&old[..]));

        let (again, _) = flash_image(&mut device, &new, OPTIONS, NONE, now);
        assert_eq!(again, Flashed::Sent(Outcome::SentThenDisconnected));
        assert_eq!(running(&device, &[&old, &new]), Some(&new[..]));
    }
}

#[test]
fn a_device_that_falls_silent_is_given_up_in_time() {
    let (old, new) = (pvvx(4_000, "4.6"), pvvx(5_000, "5.8"));
    for write in [0, 1, 2, 9, 314] {
        let mut memory = flash();
        let mut device = thermometer(&mut memory, &old);
        device.set_faults(Faults {
            stall_at_write: Some(write),
            ..Faults::default()
        });
        let (flashed, now) = flash_image(&mut device, &new, OPTIONS, NONE, START);
        let Flashed::Failed(error) = flashed else {
            panic!("write {write}: {flashed:?}");
        };
        assert!(
            matches!(
                error,
                OtaError::WriteTimeout
                    | OtaError::ReadTimeout
                    | OtaError::DisconnectedDuringTransfer { .. }
                    | OtaError::DisconnectedBeforeStart
            ),
            "{error}"
        );
        assert!(now < Duration::from_secs(60), "{now:?}");
        assert_eq!(running(&device, &[&old, &new]), Some(&old[..]));
    }
}

#[test]
fn a_refused_image_shows_in_the_proof_only() {
    let (old, new) = (stock(20_000), pvvx(30_000, "5.8"));
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &old);
    let expectation = Expectation::new(device.identify(), &inspect(new.as_slice()).unwrap());
    device.set_faults(Faults {
        refuse_image: true,
        ..Faults::default()
    });
    let (flashed, _) = flash_image(&mut device, &new, STOCK, NONE, START);
    assert_eq!(flashed, Flashed::Sent(Outcome::SentThenDisconnected));
    let proof = expectation.judge(&device.identify());
    assert_eq!(proof, Proof::OldImageRuns);
    assert!(proof.help().is_some());
}

#[test]
fn stock_firmware_without_login_drops_the_link() {
    let (old, new) = (stock(20_000), pvvx(30_000, "5.8"));
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &old);
    let target = Target::from(&device.identify());
    let image = inspect(new.as_slice()).unwrap();
    assert_eq!(Preflight::of(&image, &target).reasons(), [Reason::LoginRequired]);

    let (_, clearance) = clear(&new, &device.identify());
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    let flashed = transfer(&mut link, &new, &clearance, STOCK);
    assert_eq!(flashed, Flashed::Failed(OtaError::DisconnectedBeforeStart));
}

#[test]
fn stock_firmware_drops_who_does_nothing() {
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &stock(20_000));
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    link.pass(Duration::from_secs(14));
    assert!(link.device().is_connected());
    link.pass(Duration::from_secs(2));
    assert!(!link.device().is_connected());
}

/// The signed image comes from a vector, with a root key of its own.
fn signed_image() -> (Vec<u8>, RootKey) {
    let text = include_str!("vectors/telink-ota/mifota.json");
    let cases: serde_json::Value = serde_json::from_str(text).unwrap();
    let case = cases
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["name"] == "mifota-ok-mini")
        .unwrap();
    let bytes = |field: &str| -> Vec<u8> {
        let hex = case["input"][field].as_str().unwrap();
        (0..hex.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
            .collect()
    };
    (
        bytes("image"),
        RootKey(bytes("root_public_key").try_into().unwrap()),
    )
}

#[test]
fn firmware_that_demands_signatures_starts_only_signed_images() {
    let (signed, root) = signed_image();
    let (old, unsigned) = (signed_stock(20_000), pvvx(30_000, "5.8"));
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &old);
    device.set_root_key(root);
    assert!(device.identify().signed_firmware);

    // The preflight knows; who overrides it wastes an upload, and no more.
    let image = inspect(unsigned.as_slice()).unwrap();
    let target = Target {
        logged_in: true,
        ..Target::from(&device.identify())
    };
    let preflight = Preflight::of(&image, &target);
    assert_eq!(preflight.reasons(), [Reason::SignatureRequired]);
    let clearance = preflight.clear_despite(&[Reason::SignatureRequired]).unwrap();
    let (flashed, now) = flash_cleared(&mut device, &unsigned, &clearance, STOCK, NONE, START);
    assert_eq!(flashed, Flashed::Sent(Outcome::SentThenDisconnected));
    assert_eq!(running(&device, &[&old, &unsigned]), Some(&old[..]));

    let image = inspect(signed.as_slice()).unwrap();
    let clearance = Preflight::of(&image, &target)
        .clear_despite(&[Reason::TooSmall, Reason::WrongProduct])
        .unwrap();
    let (flashed, _) = flash_cleared(&mut device, &signed, &clearance, STOCK, NONE, now);
    assert_eq!(flashed, Flashed::Sent(Outcome::SentThenDisconnected));
    let size = image.header.size as usize;
    assert_eq!(device.running_image(), Some(&signed[..size]));
}

#[test]
fn another_image_than_the_cleared_one_isnt_sent() {
    let (old, new, other) = (pvvx(4_000, "4.6"), pvvx(5_000, "5.8"), pvvx(5_000, "5.7"));
    let mut memory = flash();
    let device = thermometer(&mut memory, &old);
    let (_, clearance) = clear(&new, &device.identify());
    let refused = telink_ota::Ota::new(START, other.as_slice(), &clearance, OPTIONS).unwrap_err();
    assert_eq!(refused, OtaError::NotTheClearedImage);
}

#[test]
fn the_extended_protocol_confirms_success_and_names_failures() {
    let (old, new) = (sdk(20_000, 7), sdk(30_000, 8));
    for pdu_length in [16, 64, 240] {
        let mut memory = flash();
        let mut device = thermometer(&mut memory, &old);
        let options = Options::extended(pdu_length, 0x0200, true);
        device.set_faults(Faults {
            corrupt_write: Some(40),
            ..Faults::default()
        });
        let (flashed, now) = flash_image(&mut device, &new, options, NONE, START);
        assert_eq!(flashed, Flashed::Failed(OtaError::Result(ResultCode::DataCrc)));
        assert_eq!(running(&device, &[&old, &new]), Some(&old[..]));

        let (flashed, now) = flash_image(&mut device, &new, options, NONE, now);
        assert_eq!(flashed, Flashed::Sent(Outcome::Confirmed));
        assert_eq!(running(&device, &[&old, &new]), Some(&new[..]));

        let older = Options::extended(pdu_length, 0x0001, true);
        let (flashed, _) = flash_image(&mut device, &old, older, NONE, now);
        assert_eq!(
            flashed,
            Flashed::Failed(OtaError::VersionRejected { version: 0x0100 })
        );
    }
}

#[test]
fn devices_of_the_legacy_protocol_dont_answer_the_extended_one() {
    let (old, new) = (pvvx(4_000, "4.6"), pvvx(5_000, "5.8"));
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &old);
    let (flashed, _) = flash_image(&mut device, &new, Options::extended(64, 1, false), NONE, START);
    assert_eq!(flashed, Flashed::Failed(OtaError::VersionResponseTimeout));
}

#[test]
fn an_image_over_128_kib_goes_by_the_extended_ota() {
    let (old, large) = (pvvx(80_000, "5.8"), pvvx(165_584, "6.0"));
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &old);
    device.log(START);
    let target = Target::from(&device.identify());
    let image = inspect(large.as_slice()).unwrap();
    let clearance = Preflight::of(&image, &target).clear().unwrap();
    assert!(clearance.extended());

    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    let max_payload = prepare(&mut link, image.payload_length).unwrap();
    assert!(max_payload >= image.payload_length);
    let flashed = transfer(&mut link, &large, &clearance, OPTIONS);
    assert_eq!(flashed, Flashed::Sent(Outcome::SentThenDisconnected));
    link.disconnect();
    assert_eq!(running(&device, &[&old, &large]), Some(&large[..]));
    assert_eq!(device.running().unwrap().bank, 0x40000);
}

#[test]
fn an_image_over_128_kib_by_a_plain_ota_never_starts() {
    let (old, large) = (pvvx(80_000, "4.0"), pvvx(165_584, "6.0"));
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &old);
    let image = inspect(large.as_slice()).unwrap();
    let preflight = Preflight::of(&image, &Target::from(&device.identify()));
    assert_eq!(preflight.reasons(), [Reason::ExtendedOtaRequired]);
    let clearance = preflight.clear_despite(&[Reason::ExtendedOtaRequired]).unwrap();
    let (flashed, _) = flash_cleared(&mut device, &large, &clearance, OPTIONS, NONE, START);
    assert_eq!(flashed, Flashed::Sent(Outcome::SentThenDisconnected));
    assert_eq!(running(&device, &[&old, &large]), Some(&old[..]));
}

#[test]
fn the_way_back_to_stock_pairs_without_29() {
    let (custom, original) = (pvvx(80_000, "5.8"), stock(70_000));
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &custom);
    let did: Did = "blt.3.129vAbCdEfg00".parse().unwrap();
    let (token, key) = (MiToken::from([7; 12]), BindKey::from([9; 16]));
    device.register(Some(&did), &token, &key);

    // Straight back: the app refuses.
    let (_, now) = flash_image(&mut device, &original, OPTIONS, NONE, START);
    assert_eq!(device.pair_in_app(), Err(-29));
    let (_, now) = flash_image(&mut device, &custom, STOCK, NONE, now);

    // With the keys erased it pairs, and the backup still has them.
    let mut link = Link::connect(&mut device, now, NONE).unwrap();
    let backup = keys(&mut link, KeyGoal::Erase).unwrap();
    let now = link.disconnect();
    assert_eq!((backup.did, &backup.token), (Some(did), &Some(token)));
    let (_, now) = flash_image(&mut device, &original, OPTIONS, NONE, now);
    assert_eq!(device.identify().kind, Kind::Stock);
    assert_eq!(device.pair_in_app(), Ok(()));

    // And the backup can be restored.
    let (_, now) = flash_image(&mut device, &custom, STOCK, NONE, now);
    let mut link = Link::connect(&mut device, now, NONE).unwrap();
    let restored = keys(&mut link, KeyGoal::Restore(backup.clone())).unwrap();
    assert_eq!(restored.bind_key, backup.bind_key);
    link.disconnect();
    assert_eq!(device.mi_keys().token, backup.token);
}

#[test]
fn replaced_keys_are_listed_as_deleted_and_can_be_swapped_back() {
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &pvvx(10_000, "5.8"));
    device.register(None, &MiToken::from([1; 12]), &BindKey::from([1; 16]));
    device.register(None, &MiToken::from([2; 12]), &BindKey::from([2; 16]));
    let mut link = Link::connect(&mut device, START, NONE).unwrap();

    let found = keys(&mut link, KeyGoal::BackUp).unwrap();
    assert_eq!(found.token, Some(MiToken::from([2; 12])));
    assert_eq!(found.deleted[0].expose(), [1; 28]);
    exchange(&mut link, &Command::SwapMiKeys, |_| ()).unwrap();
    let swapped = keys(&mut link, KeyGoal::BackUp).unwrap();
    assert_eq!(swapped.token, Some(MiToken::from([1; 12])));
}

#[test]
fn settings_survive_a_restart() {
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &pvvx(10_000, "5.8"));
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    let mut config = exchange(&mut link, &Command::Config, |answer| match answer {
        Notification::Config(config) => config,
        other => panic!("{other:?}"),
    })
    .unwrap();
    config.set(Setting::ShowBattery, Value::Flag(true)).unwrap();
    exchange(&mut link, &Command::SetConfig(config), |answer| {
        assert_eq!(answer, Notification::Config(config));
    })
    .unwrap();
    exchange(&mut link, &Command::SetName("Kitchen"), |answer| {
        assert_eq!(answer, Notification::Name("Kitchen"));
    })
    .unwrap();
    link.disconnect();
    assert_eq!(device.reboots(), 3);
    assert_eq!(device.name(), "Kitchen");
    assert_eq!(device.config(), Some(config));
}

#[test]
fn whoever_keeps_the_flash_keeps_the_device() {
    let mut memory = flash();
    let key = BindKey::from([0x42; 16]);
    {
        let mut device = thermometer(&mut memory, &pvvx(10_000, "5.8"));
        let mut link = Link::connect(&mut device, START, NONE).unwrap();
        for command in [Command::SetBindKey(&key), Command::SetName("Attic")] {
            exchange(&mut link, &command, |_| ()).unwrap();
        }
        link.disconnect();
        device.register(None, &MiToken::from([7; 12]), &key);
        device.log(START);
    }
    let mut device = Thermometer::new(Profile::lywsd03mmc(), &mut memory);
    assert_eq!(device.name(), "Attic");
    assert_eq!(*device.advert_key(), key);
    assert_eq!(device.mi_keys().token, Some(MiToken::from([7; 12])));
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    let (records, _) = log(&mut link, LogDownload::new(LogQuery::ALL).unwrap());
    assert_eq!(records.len(), 1);
}

#[test]
fn an_inquiry_knows_the_board_of_custom_firmware() {
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &pvvx(10_000, "5.8"));
    let (name, services) = (device.name().to_owned(), device.services());
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    let mut inquiry = Inquiry::new(&name, services);
    let mut report = None;
    block_on(drive(&mut link, &mut inquiry, |event| report = Some(event)));
    let Some(InquiryEvent::Done(report)) = report else {
        panic!("{report:?}");
    };
    assert_eq!(
        (report.device.kind, report.device.hardware_id),
        (Kind::Pvvx, Some(4))
    );
    assert_eq!(report.battery_percent, Some(93));
    assert_eq!(report.config, link.device().config());
    assert_eq!(&report.software[..], "V5.8");
}

#[test]
fn unknown_commands_are_told_from_silence() {
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &pvvx(10_000, "5.8"));
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    let unknown = exchange(&mut link, &Command::LoadCell, |_| ()).unwrap_err();
    assert_eq!(unknown, FlowError::Unsupported { command: 0x49 });

    let mut memory = flash();
    let atc1441 = image(10_000, &Declaration::stock(), b"\0ATC_\0", 5);
    let mut device = thermometer(&mut memory, &atc1441);
    assert_eq!(device.identify().kind, Kind::Atc1441);
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    let silent = exchange(&mut link, &Command::Config, |_| ()).unwrap_err();
    assert_eq!(silent, FlowError::Timeout { command: 0x55 });
    assert!(silent.help().unwrap().contains("atc1441"));
}

#[test]
fn the_log_comes_whole_over_several_sectors() {
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &pvvx(10_000, "5.8"));
    for minute in 0..1000 {
        device.log(Duration::from_secs(60 * minute));
    }
    let now = Duration::from_secs(60_000);
    let mut link = Link::connect(&mut device, now, NONE).unwrap();
    let (records, end) = log(&mut link, LogDownload::new(LogQuery::ALL).unwrap());
    assert_eq!(end.unwrap().received, 1000);
    assert_eq!(records[0].time, 999 * 60);
    assert_eq!(records[999].time, 0);
    assert!(
        records
            .windows(2)
            .all(|pair| pair[0].number + 1 == pair[1].number)
    );

    let some = LogQuery { last: 420, skip: 400 };
    let (records, end) = log(&mut link, LogDownload::new(some).unwrap());
    let numbers: Vec<u16> = records.iter().map(|record| record.number).collect();
    assert_eq!(numbers, (401..=420).collect::<Vec<_>>());
    assert_eq!(end.unwrap().wanted, Some(20));

    exchange(&mut link, &Command::ClearLog, |answer| {
        assert_eq!(answer, Notification::LogCleared);
    })
    .unwrap();
    let (records, _) = log(&mut link, LogDownload::new(LogQuery::ALL).unwrap());
    assert!(records.is_empty());
}

#[test]
fn a_pin_closes_commands_and_ota_until_the_host_pairs() {
    let (old, new) = (pvvx(10_000, "5.7"), pvvx(10_000, "5.8"));
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &old);
    let pin = Pin::new(123_456).unwrap();
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    exchange(&mut link, &Command::SetPin(Some(&pin)), |answer| {
        assert!(matches!(answer, Notification::Pin(_)));
    })
    .unwrap();
    let now = link.disconnect();

    let (_, clearance) = clear(&new, &device.identify());
    let mut link = Link::connect(&mut device, now, NONE).unwrap();
    assert_eq!(
        link.device().subscribe(Characteristic::Command),
        Err(AttError::InsufficientAuthentication)
    );
    let flashed = transfer(&mut link, &new, &clearance, OPTIONS);
    assert_eq!(flashed, Flashed::Failed(OtaError::WriteFailed));
    assert!(link.device().pair(&pin));
    let flashed = transfer(&mut link, &new, &clearance, OPTIONS);
    assert_eq!(flashed, Flashed::Sent(Outcome::SentThenDisconnected));
}

#[test]
fn old_firmware_without_extended_ota_says_so() {
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &pvvx(10_000, "4.5"));
    assert_eq!(device.identify().version, Some(FirmwareVersion(0x45)));
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    let error = prepare(&mut link, 165_588).unwrap_err();
    assert_eq!(error.name(), "ext_ota_unsupported");
}

#[test]
fn nothing_that_prints_shows_a_key() {
    let mut memory = flash();
    let mut device = thermometer(&mut memory, &pvvx(10_000, "5.8"));
    let (token, key) = (MiToken::from([0xa7; 12]), BindKey::from([0xb6; 16]));
    device.register(None, &token, &key);
    let mut link = Link::connect(&mut device, START, NONE).unwrap();
    let found = keys(&mut link, KeyGoal::BackUp).unwrap();
    exchange(&mut link, &Command::SetBindKey(&key), |answer| {
        let text = format!(
            "{answer:?} {found:?} {:?} {link_free:?}",
            Command::SetBindKey(&key),
            link_free = key
        );
        for secret in ["a7", "b6", "167", "182", "A7", "B6"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    })
    .unwrap();
    let text = format!("{link:?}");
    assert!(!text.contains("182") && !text.contains("167"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Thousands of bad links and faults: one of the two images always runs, and a failed transfer can be repeated.
    #[test]
    fn any_link_and_any_fault_leave_a_device_that_can_be_flashed(
        seed: u64,
        lost in 0..300_u16,
        doubled in 0..200_u16,
        swapped in 0..200_u16,
        latency in 1..400_u64,
        drop_at_write: Option<u8>,
        corrupt_write: Option<u8>,
        cut_power_at in proptest::option::of(0..260_u32),
        refuse_image: bool,
        extended: bool,
        pdu in 1..=15_u8,
    ) {
        let (old, new) = if extended { (sdk(3_000, 1), sdk(3_500, 2)) } else { (pvvx(3_000, "4.6"), pvvx(3_500, "5.8")) };
        let options = if extended { Options::extended(pdu * 16, 2, false) } else { OPTIONS };
        let mut memory = flash();
        let mut device = thermometer(&mut memory, &old);
        let disturbance = Disturbance { seed, lost, doubled, swapped, latency: Duration::from_millis(latency) };
        device.set_faults(Faults {
            drop_at_write: drop_at_write.map(Into::into),
            corrupt_write: corrupt_write.map(Into::into),
            cut_power_at,
            refuse_image,
            ..Faults::default()
        });
        let (flashed, now) = flash_image(&mut device, &new, options, disturbance, START);
        let found = running(&device, &[&old, &new]).expect("old or new");
        if flashed == Flashed::Sent(Outcome::Confirmed) && !refuse_image && cut_power_at.is_none() {
            prop_assert_eq!(found, &new[..]);
        }
        if let Flashed::Failed(error) = flashed {
            // The device takes the image and then the answer is lost: the client can't know.
            let unsure = matches!(error, OtaError::ResultTimeout | OtaError::DisconnectedDuringTransfer { .. });
            prop_assert!(unsure || found == old, "{}", error);
        }

        device.set_faults(Faults::default());
        let other = if found == new { &old } else { &new };
        let (flashed, _) = flash_image(&mut device, other, options, NONE, now);
        prop_assert!(matches!(flashed, Flashed::Sent(_)), "{:?}", flashed);
        prop_assert_eq!(running(&device, &[&old, &new]), Some(&other[..]));
    }

    /// Keys and log over links that lose, double and swap: the right answer or a clear error.
    #[test]
    fn flows_over_bad_links_bring_the_truth_or_an_error(
        seed: u64,
        lost in 0..200_u16,
        doubled in 0..200_u16,
        swapped in 0..200_u16,
        records in 0..60_u64,
    ) {
        let mut memory = flash();
        let mut device = thermometer(&mut memory, &pvvx(3_000, "5.8"));
        let (token, key) = (MiToken::from([3; 12]), BindKey::from([4; 16]));
        let did: Did = "blt.3.1hc1p4nu8k400".parse().unwrap();
        device.register(Some(&did), &token, &key);
        for minute in 0..records {
            device.log(Duration::from_secs(60 * minute));
        }
        let disturbance = Disturbance { seed, lost, doubled, swapped, ..NONE };
        let mut link = Link::connect(&mut device, Duration::from_secs(10_000), disturbance).unwrap();

        if let Ok(found) = keys(&mut link, KeyGoal::BackUp) {
            prop_assert!(found.token.is_none_or(|found| found == token));
            prop_assert!(found.bind_key.is_none_or(|found| found == key));
            prop_assert!(found.did.is_none_or(|found| found == did));
        }
        let (brought, end) = log(&mut link, LogDownload::new(LogQuery::ALL).unwrap());
        for record in &brought {
            prop_assert_eq!(u64::from(record.time), (records - u64::from(record.number)) * 60);
        }
        prop_assert!(brought.windows(2).all(|pair| pair[0].number < pair[1].number));
        if let Ok(end) = end {
            prop_assert_eq!(usize::from(end.received), brought.len());
        }
    }
}

#[test]
fn a_machine_needs_at_most_a_kibibyte() {
    for (name, size) in [
        ("Ota", size_of::<telink_ota::Ota<&[u8]>>()),
        ("KeyFlow", size_of::<telink_ota::KeyFlow>()),
        ("LogDownload", size_of::<LogDownload>()),
        ("ExtendedOta", size_of::<telink_ota::ExtendedOta>()),
        ("Exchange", size_of::<telink_ota::Exchange>()),
        ("Inquiry", size_of::<Inquiry<'_>>()),
    ] {
        println!("{name}: {size} bytes");
        assert!(size <= 1024, "{name}: {size} bytes");
    }
}

#[test]
fn an_empty_flash_boots_nothing() {
    let mut memory = flash();
    let mut device = Thermometer::new(Profile::lywsd03mmc(), &mut memory);
    assert_eq!(device.running(), None);
    assert!(!device.connect(START));
}
