//! Bad input through the whole decoder: broken adverts, damaged and cut vectors, wrong keys, counters that go back.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod suite;

use std::time::Duration;

use mibeacon::ad::{AdvertBuf, Flags};
use mibeacon::frame::{Body, Frame, ProductId, Scheme};
use mibeacon::{
    Beacon, BeaconFormat, BindKey, Climate, Decoder, Format, KeyStatus, MacAddr6, Message, Outcome, Payload,
    Policy, Report, Slot, atc, bthome, frame, hhcc, payloads, qingping, scale,
};
use serde_json::Value;

const POLICIES: [Policy; 3] = [Policy::Strict, Policy::Lenient, Policy::Off];
const ADDRESS: MacAddr6 = MacAddr6::new(0xa4, 0xc1, 0x38, 0x12, 0x34, 0x56);

/// Every UUID that means something to this crate, and two that don't.
const UUIDS: [u16; 15] = [
    frame::UUID,
    atc::UUID,
    atc::ReedEvent::DIGITAL_UUID,
    atc::ReedEvent::COUNT_UUID,
    bthome::UUID_V1,
    bthome::UUID_V1_ENCRYPTED,
    bthome::UUID_V2,
    scale::WeightScale::UUID,
    scale::BodyComposition::UUID,
    qingping::UUID,
    qingping::OLD_UUID,
    hhcc::UUID,
    frame::COMPANY,
    0x0000,
    0xffff,
];

fn decoder(policy: Policy, address: MacAddr6, key: &BindKey) -> Decoder<Vec<Slot>> {
    let mut decoder = Decoder::with_capacity(1, policy);
    decoder.insert_key(address, key.clone()).unwrap();
    decoder
}

/// Looks at all of a report. What isn't accepted has no readings.
fn look_at(report: &Report<'_>) {
    assert!(!report.outcome.to_string().is_empty());
    let mut one_by_one = Vec::new();
    for reading in report.all_readings() {
        assert!(!reading.to_string().is_empty());
        one_by_one.push(reading);
    }
    // `for_each` goes another way through the readings, from whichever of them on.
    for start in 0..=one_by_one.len() {
        let mut at_once = Vec::new();
        let mut readings = report.all_readings();
        assert_eq!(readings.by_ref().take(start).count(), start);
        readings.for_each(|reading| at_once.push(reading));
        assert_eq!(at_once, one_by_one[start..]);
    }
    if report.outcome != Outcome::Readings {
        assert_eq!(report.readings().count(), 0, "{report:?}");
    }
}

/// Decodes an advert whose sender can't know the key.
fn assert_not_authentic(decoder: &mut Decoder<Vec<Slot>>, policy: Policy, advert: &[u8]) {
    for payload in payloads(advert) {
        let report = decoder.decode(Duration::from_secs(1), Some(ADDRESS), payload);
        look_at(&report);
        assert!(!report.authenticated, "{report:?}");
        // Reed events are never encrypted; a MAC inside BTHome v2 makes the sender a stranger.
        let is_exempt = report.format == Format::Reed || report.address != Some(ADDRESS);
        let is_believed = report.outcome == Outcome::Readings && !is_exempt;
        assert!(
            policy != Policy::Strict || !is_believed,
            "a device with a key must encrypt: {report:?}"
        );
    }
}

#[test]
fn adverts_of_0_to_255_bytes_of_every_uuid_and_fill_give_a_report() {
    let key = BindKey::from(*b"\x13\x57\x9b\xdf\x02\x46\x8a\xce\xfd\xb9\x75\x31\xec\xa8\x64\x20");
    let mut decoders = POLICIES.map(|policy| (policy, decoder(policy, ADDRESS, &key)));
    for uuid in UUIDS {
        // Service data or manufacturer data that takes the whole advert.
        let ad_type = if uuid == frame::COMPANY { 0xff } else { 0x16 };
        let [low, high] = uuid.to_le_bytes();
        for length in 0..=255_u8 {
            // Each policy meets a third of the fills; the last ones count instead.
            for (fill, turn) in (0..=255_u8).zip([0, 1, 2].into_iter().cycle()) {
                let mut advert = [fill; 255];
                if fill > 250 {
                    (0..=254)
                        .zip(&mut advert)
                        .for_each(|(index, byte)| *byte = fill.wrapping_mul(index));
                }
                advert[..4].copy_from_slice(&[length.saturating_sub(1), ad_type, low, high]);
                let (policy, decoder) = &mut decoders[turn];
                assert_not_authentic(decoder, *policy, &advert[..usize::from(length)]);
            }
        }
    }
}

#[test]
fn frames_of_every_first_byte_and_length_give_a_report() {
    // The first two bytes decide the form of MiBeacon, the first one that of BTHome v2.
    let key = BindKey::from([0x5a; 16]);
    for policy in POLICIES {
        let mut decoder = decoder(policy, ADDRESS, &key);
        for first in 0..=255 {
            for second in [0x00, 0x10, 0x20, 0x30, 0x48, 0x55, 0x58, 0xf9, 0xff] {
                for length in 0..=48 {
                    let mut data = [0x11; 48];
                    data[..2].copy_from_slice(&[first, second]);
                    let data = &data[..length];
                    let advert = AdvertBuf::build(|ad| {
                        ad.service_data(frame::UUID, data)?
                            .service_data(bthome::UUID_V2, data)
                            .map(drop)
                    });
                    for payload in payloads(&advert.unwrap()) {
                        look_at(&decoder.decode(Duration::ZERO, Some(ADDRESS), payload));
                        look_at(&decoder.decode(Duration::ZERO, None, payload));
                    }
                }
            }
        }
    }
}

#[test]
fn bytes_without_any_structure_give_no_authentic_report() {
    let key = BindKey::from([0x5a; 16]);
    for policy in POLICIES {
        let mut decoder = decoder(policy, ADDRESS, &key);
        for length in 0..=255 {
            for fill in 0..=255_u8 {
                assert_not_authentic(&mut decoder, policy, &vec![fill; length]);
            }
        }
    }
}

/// Service data of a vector with what its case says of the sender.
#[derive(Clone, Debug)]
struct Sent {
    uuid: u16,
    data: Vec<u8>,
    address: Option<MacAddr6>,
    key: Option<BindKey>,
}

impl Sent {
    fn advert(&self) -> Option<AdvertBuf> {
        AdvertBuf::build(|ad| {
            ad.flags(Flags::LE_ONLY_GENERAL)?
                .service_data(self.uuid, &self.data)
                .map(drop)
        })
        .ok()
    }

    /// Who sent it, also if only the frame says.
    fn sender(&self) -> Option<MacAddr6> {
        let in_frame = match self.uuid {
            frame::UUID => Frame::parse(&self.data).ok()?.mac,
            bthome::UUID_V2 => bthome::v2::Frame::parse(&self.data).ok()?.mac(),
            _ => None,
        };
        in_frame.or(self.address)
    }

    /// Where nothing may be changed: counter, ciphertext and tag. `None` unless the tag has four bytes.
    fn protected(&self) -> Option<Vec<usize>> {
        let length = self.data.len();
        match self.uuid {
            frame::UUID => {
                let frame = Frame::parse(&self.data).ok()?;
                let Body::Encrypted(encrypted) = frame.body else {
                    return None;
                };
                let end = length - frame.mesh_info.map_or(0, |_| 2);
                let start = end - encrypted.mic.len() - 3 - encrypted.ciphertext.len();
                (frame.control.scheme() == Scheme::Modern)
                    .then(|| std::iter::once(4).chain(start..end).collect())
            }
            bthome::UUID_V2 => {
                let frame = bthome::v2::Frame::parse(&self.data).ok()?;
                frame.encrypted()?;
                // The MAC in a frame is part of its nonce.
                Some((1..length).collect())
            }
            bthome::UUID_V1_ENCRYPTED => Some((0..length).collect()),
            atc::UUID => {
                let frame = atc::Frame::parse(&self.data).ok()?;
                matches!(frame, atc::Frame::Encrypted(_)).then(|| (0..length).collect())
            }
            _ => None,
        }
    }

    fn is_legacy(&self) -> bool {
        self.uuid == frame::UUID
            && Frame::parse(&self.data).is_ok_and(|frame| frame.control.scheme() == Scheme::Legacy)
    }

    fn payload(&self) -> Payload<'_> {
        Payload::service_data(self.uuid, &self.data).unwrap()
    }
}

/// All service data of all vectors.
fn vectors() -> Vec<Sent> {
    let root = suite::folder();
    let mut found = Vec::new();
    for file in suite::files(&root) {
        let text = std::fs::read_to_string(root.join(&file)).unwrap();
        let uuid = match file.as_str() {
            "mibeacon/qingping.json" => qingping::UUID,
            "mibeacon/hhcc_fd50.json" => hhcc::UUID,
            "bthome/sequences.json" | "bthome/v2_encode.json" => bthome::UUID_V2,
            _ if file.starts_with("atc/") => atc::UUID,
            _ => frame::UUID,
        };
        let context = Sent {
            uuid,
            data: Vec::new(),
            address: None,
            key: None,
        };
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for case in cases {
            collect(&case["input"], context.clone(), &mut found);
            // Encoders' results are good frames of the same sender.
            if case["expect"]["service_data"].is_string() {
                let mut sent = context.clone();
                read_sender(&case["input"], &mut sent);
                collect(&case["expect"], sent, &mut found);
            }
        }
    }
    assert!(found.len() > 1400, "{}", found.len());
    found
}

/// Adds the service data of a value and of what it holds; the sender may stand further out.
fn collect(value: &Value, mut context: Sent, found: &mut Vec<Sent>) {
    read_sender(value, &mut context);
    if let Some(data) = value["service_data"].as_str() {
        let data = suite::hex(data);
        if Payload::service_data(context.uuid, &data).is_some() {
            found.push(Sent {
                data,
                ..context.clone()
            });
        }
    }
    let lists = value
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_array());
    for inner in lists.flatten().filter(|inner| inner.is_object()) {
        collect(inner, context.clone(), found);
    }
}

fn read_sender(value: &Value, sent: &mut Sent) {
    let text = |name: &str| value[name].as_str();
    if let Some(address) = text("address").or(text("mac")) {
        sent.address = Some(<[u8; 6]>::try_from(suite::hex(address)).unwrap().into());
    }
    if let Some(key) = text("key") {
        sent.key = BindKey::new(&suite::hex(key)).ok();
    }
    if let Some(uuid) = text("uuid") {
        sent.uuid = u16::from_str_radix(uuid, 16).unwrap();
    }
}

/// The vectors that decrypt, with sender and key.
fn encrypted_vectors() -> Vec<(Sent, MacAddr6, BindKey)> {
    let decrypting: Vec<_> = vectors()
        .into_iter()
        .filter_map(|sent| {
            let (sender, key) = (sent.sender()?, sent.key.clone()?);
            let mut decoder = decoder(Policy::Off, sender, &key);
            let authenticated = decoder
                .decode(Duration::ZERO, Some(sender), sent.payload())
                .authenticated;
            authenticated.then_some((sent, sender, key))
        })
        .collect();
    for (uuid, least) in [
        (frame::UUID, 200),
        (atc::UUID, 35),
        (bthome::UUID_V1_ENCRYPTED, 25),
        (bthome::UUID_V2, 130),
    ] {
        let count = decrypting.iter().filter(|(sent, ..)| sent.uuid == uuid).count();
        assert!(count >= least, "{count} vectors of {uuid:#06x}");
    }
    decrypting
}

#[test]
fn no_flipped_bit_of_ciphertext_counter_or_tag_gives_a_reading() {
    let mut flips = 0;
    for (sent, sender, key) in encrypted_vectors() {
        let Some(protected) = sent.protected() else {
            continue;
        };
        // Without policy nothing but the tag stands in the way.
        let mut decoder = decoder(Policy::Off, sender, &key);
        for index in protected {
            for bit in 0..8 {
                let mut damaged = sent.clone();
                damaged.data[index] ^= 1 << bit;
                let report = decoder.decode(Duration::ZERO, Some(sender), damaged.payload());
                look_at(&report);
                assert!(!report.authenticated, "{damaged:02x?}");
                assert_eq!(report.all_readings().count(), 0, "{damaged:02x?}");
                flips += 1;
            }
        }
    }
    assert!(flips > 30_000, "{flips}");
}

#[test]
fn every_prefix_of_every_advert_gives_a_report_and_none_is_authentic() {
    let mut prefixes = 0;
    for sent in vectors() {
        let Some(advert) = sent.advert() else { continue };
        let key = sent.key.clone().unwrap_or(BindKey::from([0x5a; 16]));
        for policy in POLICIES {
            let mut decoder = decoder(policy, sent.sender().unwrap_or(ADDRESS), &key);
            for length in 0..advert.len() {
                let cut = payloads(&advert[..length]).count();
                assert_eq!(cut, 0, "an AD structure that is cut is none");
                prefixes += 1;
            }
            // The same cut by a device that announces its length rightly.
            for length in 0..sent.data.len() {
                let cut = Sent {
                    data: sent.data[..length].to_vec(),
                    ..sent.clone()
                };
                let report = decoder.decode(Duration::ZERO, sent.sender(), cut.payload());
                look_at(&report);
                // A tag of one byte passes 1 in 256.
                assert!(!report.authenticated || cut.is_legacy(), "{cut:02x?}");
                prefixes += 1;
            }
        }
    }
    assert!(prefixes > 100_000, "{prefixes}");
}

#[test]
fn every_prefix_of_every_captured_advert_gives_reports() {
    let text = std::fs::read_to_string(suite::folder().join("mibeacon/adv.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut decoder = decoder(Policy::Lenient, ADDRESS, &BindKey::from([0x5a; 16]));
    for case in &cases {
        let advert = suite::hex(case["input"]["adv"].as_str().unwrap());
        for length in 0..=advert.len() {
            let mut found = payloads(&advert[..length]);
            for payload in found.by_ref() {
                look_at(&decoder.decode(Duration::ZERO, None, payload));
            }
            let rest = found.error().map(|error| error.offset());
            assert!(rest.is_none_or(|offset| offset < length));
        }
    }
    assert!(cases.len() > 40);
}

#[test]
fn another_device_s_key_opens_no_vector() {
    let vectors = encrypted_vectors();
    let keys: Vec<&BindKey> = vectors.iter().map(|(_, _, key)| key).collect();
    for (index, (sent, sender, key)) in vectors.iter().enumerate() {
        let other = keys
            .iter()
            .cycle()
            .skip(index)
            .find(|other| **other != key)
            .unwrap();
        let mut decoder = decoder(Policy::Off, *sender, other);
        let report = decoder.decode(Duration::ZERO, Some(*sender), sent.payload());
        look_at(&report);
        if sent.is_legacy() {
            continue;
        }
        assert!(
            !report.authenticated && report.all_readings().count() == 0,
            "{sent:02x?}"
        );
        let expected = [Outcome::AuthenticationFailed, Outcome::KeyTooShort];
        assert!(expected.contains(&report.outcome), "{}", report.outcome);
    }
}

#[test]
fn a_key_under_another_address_opens_no_vector() {
    for (sent, sender, key) in encrypted_vectors()
        .into_iter()
        .filter(|(sent, ..)| !sent.is_legacy())
    {
        // The device's own key, but the user has mistyped the address.
        let [a, b, c, d, e, f] = sender.into_array();
        let mistyped = MacAddr6::new(a, b, c, d, e, f ^ 1);
        let mut at_home = decoder(Policy::Off, mistyped, &key);
        let outcome = at_home
            .decode(Duration::ZERO, Some(sender), sent.payload())
            .outcome;
        assert_eq!(outcome, Outcome::NoKey);
        assert_eq!(
            at_home.device(mistyped).unwrap().key_status(),
            KeyStatus::NothingEncryptedYet
        );

        // The device's own key, but somebody else sends its bytes.
        let report = at_home.decode(Duration::ZERO, Some(mistyped), sent.payload());
        look_at(&report);
        assert!(
            !report.authenticated && report.all_readings().count() == 0,
            "{sent:02x?}"
        );
    }
}

#[test]
fn keys_of_other_lengths_are_no_keys_and_short_ones_open_nothing_of_16_bytes() {
    for length in (0..=64).filter(|length| ![12, 16].contains(length)) {
        assert!(BindKey::new(&vec![7; length]).is_err());
        assert!("07".repeat(length).parse::<BindKey>().is_err());
    }
    let mut tried = 0;
    for (sent, sender, key) in encrypted_vectors()
        .into_iter()
        .filter(|(sent, ..)| !sent.is_legacy())
    {
        let is_extended = key.is_short() || key.expose()[12..] == [0xff; 4];
        if is_extended {
            continue;
        }
        let short = BindKey::new(&key.expose()[..12]).unwrap();
        let mut decoder = decoder(Policy::Off, sender, &short);
        let report = decoder.decode(Duration::ZERO, Some(sender), sent.payload());
        look_at(&report);
        assert!(
            !report.authenticated && report.all_readings().count() == 0,
            "{sent:02x?}"
        );
        let expected = if sent.uuid == frame::UUID {
            Outcome::AuthenticationFailed
        } else {
            Outcome::KeyTooShort
        };
        assert_eq!(report.outcome, expected);
        tried += 1;
    }
    assert!(tried > 300, "{tried}");
}

/// The first advertisement of a message with this counter.
fn say(format: BeaconFormat, key: &BindKey, counter: u32) -> AdvertBuf {
    let timing = mibeacon::Timing::THERMOMETER;
    let mut beacon = Beacon::new(ADDRESS, format)
        .with_timing(timing)
        .with_key(key.clone())
        .with_counter(counter - 1);
    let climate = Climate {
        temperature: 2137,
        humidity: 4390,
        battery_level: 87,
        battery_millivolts: 2900,
    };
    beacon.send(Duration::ZERO, &Message::Climate(climate)).unwrap();
    beacon.poll_transmit(Duration::ZERO).unwrap()
}

const COUNTED: [BeaconFormat; 3] = [
    BeaconFormat::MiBeacon {
        product_id: ProductId(0x055b),
        version: 5,
    },
    BeaconFormat::BthomeV1,
    BeaconFormat::BthomeV2 { trigger_based: false },
];

/// What a decoder says to one counter after another.
fn outcomes(policy: Policy, format: BeaconFormat, counters: &[u32]) -> Vec<Outcome> {
    let key = BindKey::from([0x5a; 16]);
    let mut decoder = decoder(policy, ADDRESS, &key);
    let mut now = Duration::ZERO;
    counters
        .iter()
        .map(|counter| {
            now += Duration::from_secs(60);
            let advert = say(format, &key, *counter);
            let payload = payloads(&advert).next().unwrap();
            let report = decoder.decode(now, Some(ADDRESS), payload);
            look_at(&report);
            assert!(report.authenticated);
            report.outcome
        })
        .collect()
}

#[test]
fn strict_accepts_no_counter_that_goes_back_however_far() {
    for format in COUNTED {
        for back in (0..=300).chain([1000, 65_535, 65_536, 99_999]) {
            let counter = 100_000 - back;
            let found = outcomes(Policy::Strict, format, &[100_000, counter, 100_001, counter]);
            assert_eq!((found[0], found[2]), (Outcome::Readings, Outcome::Readings));
            for outcome in [found[1], found[3]] {
                assert!(
                    matches!(
                        outcome,
                        Outcome::Duplicate | Outcome::Stale | Outcome::Replayed { .. }
                    ),
                    "{format:?}, {back} back: {outcome}"
                );
            }
        }
    }
}

#[test]
fn lenient_takes_a_lower_counter_for_a_restart_and_then_refuses_what_lies_behind_it() {
    for format in COUNTED {
        let found = outcomes(Policy::Lenient, format, &[100_000, 5, 5, 4, 6]);
        assert_eq!(
            (found[0], found[1]),
            (Outcome::Readings, Outcome::Readings),
            "{format:?}"
        );
        assert_eq!(found[2], Outcome::Duplicate);
        assert_eq!(found[4], Outcome::Readings);
        // BTHome's rule takes every lower counter below 100 for one more restart.
        let is_mibeacon = matches!(format, BeaconFormat::MiBeacon { .. });
        assert_eq!(found[3] == Outcome::Stale, is_mibeacon, "{format:?}");
    }
}

#[test]
fn a_refused_counter_changes_nothing() {
    for format in COUNTED {
        // If the replayed 50 were remembered, 60 would pass.
        let found = outcomes(Policy::Strict, format, &[1000, 50, 60, 999, 1001]);
        let accepted = found
            .iter()
            .map(|outcome| *outcome == Outcome::Readings)
            .collect::<Vec<_>>();
        assert_eq!(
            accepted,
            [true, false, false, false, true],
            "{format:?}: {found:?}"
        );
    }
}

/// The tag of versions 2 and 3 has one byte: whoever could send such frames in the name of a newer device would need
/// 256 attempts, not four thousand million.
#[test]
fn a_key_of_versions_4_and_5_opens_no_frame_with_the_weak_tag_of_older_ones() {
    let [full, expanded] = [
        [0x5a; 16],
        *b"\x5a\x5a\x5a\x5a\x5a\x5a\x8d\x3d\x3c\x97\x5a\x5a\x5a\x5a\x5a\x5a",
    ];
    let short = BindKey::new(&[0x5a; 12]).unwrap();
    let listed = BindKey::new(&[[0x5a; 12].as_slice(), &[0xff; 4]].concat()).unwrap();
    for version in [2, 3] {
        let format = BeaconFormat::MiBeacon {
            product_id: ProductId(0x0153),
            version,
        };
        for (key, belongs) in [
            (BindKey::from(full), false),
            (BindKey::from(expanded), true),
            (short.clone(), true),
            (listed.clone(), true),
        ] {
            // The tag is right, as it would be by chance.
            let advert = say(format, &key, 7);
            let mut decoder = decoder(Policy::Off, ADDRESS, &key);
            let report = decoder.decode(Duration::ZERO, Some(ADDRESS), payloads(&advert).next().unwrap());
            look_at(&report);
            assert_eq!(report.authenticated, belongs);
            assert_eq!(report.all_readings().count() > 0, belongs);
            assert_eq!(report.outcome == Outcome::AuthenticationFailed, !belongs);
        }
    }
}
