//! The decoder as a state machine: a script of keys, adverts, recordings, damage, restarts and time, against a model
//! of what the decoder may say.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fuzz::{Script, check_debug, check_display, check_hides, check_reading, flip, hidden_key};
use libfuzzer_sys::fuzz_target;
use mibeacon::bthome::{ButtonCode, v1, v2};
use mibeacon::frame::{Builder, Object, ProductId};
use mibeacon::{
    BindKey, Decimal, Decoder, DeviceState, Format, KeyStatus, MacAddr6, NonceGuard, Outcome, Payload,
    Policy, Report, Slot, atc, bthome, frame, payloads,
};

fuzz_target!(|bytes: &[u8]| {
    let mut script = Script::new(bytes);
    let mut world = World::new(script.byte(), script.byte(), bytes);
    for _ in 0..MOST_STEPS {
        if script.is_over() {
            break;
        }
        world.step(&mut script);
        world.check_devices();
    }
    world.check_hides_keys(&check_debug(&world.decoder));
});

/// Enough for every state; more only makes the fuzzer slow.
const MOST_STEPS: usize = 120;
const MOST_RECORDED: usize = 24;
/// What stands in the middle of an expanded key of old MiBeacon.
const EXPANSION: [u8; 4] = [0x8d, 0x3d, 0x3c, 0x97];

/// The decoder, and what it has to agree with.
struct World {
    decoder: Decoder<Vec<Slot>>,
    policy: Policy,
    capacity: usize,
    now: Duration,
    addresses: [MacAddr6; 4],
    /// The last one is short; none of them stands in the input.
    keys: [BindKey; 3],
    known: BTreeMap<[u8; 6], Known>,
    /// The counter that each device has sent last.
    counters: [u32; 4],
    recorded: Vec<Recorded>,
}

/// What the decoder must know of a device.
#[derive(Default)]
struct Known {
    key: Option<BindKey>,
    /// Accepted authenticated counters, MiBeacon's and BTHome's, since counters were forgotten.
    accepted: [BTreeSet<u32>; 2],
    last: [Option<u32>; 2],
}

/// What a host has stored.
enum Stored {
    Key(([u8; 6], BindKey)),
    State(DeviceState),
}

/// A genuine encrypted payload.
#[derive(Clone)]
struct Recorded {
    uuid: u16,
    data: Vec<u8>,
    sender: MacAddr6,
    key: BindKey,
    /// With a tag of one byte, which lets damaged payloads through.
    is_legacy: bool,
    readings: Vec<String>,
}

impl World {
    fn new(policy: u8, capacity: u8, seed: &[u8]) -> Self {
        let policy = [Policy::Strict, Policy::Lenient, Policy::Off][usize::from(policy) % 3];
        let capacity = usize::from(capacity) % 6;
        let first = hidden_key(seed);
        // The only one of 16 bytes that suits old MiBeacon.
        let mut second = hidden_key(&first);
        second[6..10].copy_from_slice(&EXPANSION);
        let short = BindKey::new(&hidden_key(&second)[..12]).expect("12 bytes");
        Self {
            decoder: Decoder::with_capacity(capacity, policy),
            policy,
            capacity,
            now: Duration::ZERO,
            addresses: [1, 2, 3, 4].map(|last| MacAddr6::new(0xa4, 0xc1, 0x38, 0, 0, last)),
            keys: [BindKey::from(first), BindKey::from(second), short],
            known: BTreeMap::new(),
            counters: [200; 4],
            recorded: Vec::new(),
        }
    }

    fn step(&mut self, script: &mut Script<'_>) {
        let [action, which] = script.array();
        let device = usize::from(which & 3);
        let address = self.addresses[device];
        match action % 14 {
            0 => self.insert_key(address, self.keys[usize::from(which >> 2) % 3].clone()),
            1 => {
                // A device of the vectors: its address and key stand in the script.
                self.addresses[device] = script.array::<6>().into();
                let key = if which & 4 == 0 {
                    BindKey::from(script.array::<16>())
                } else {
                    short_key(script)
                };
                self.insert_key(self.addresses[device], key);
            }
            2 => {
                let removed = self.decoder.remove(address);
                assert_eq!(removed, self.known.remove(address.as_bytes()).is_some());
            }
            3 => {
                let result = self.decoder.track(address);
                self.admit(address, result.is_ok());
            }
            4 => {
                let known = self.known.get_mut(address.as_bytes());
                assert_eq!(self.decoder.reset_counters(address), known.is_some());
                if let Some(known) = known {
                    known.forget_counters();
                }
            }
            5 => {
                let uuid = u16::from_be_bytes(script.array());
                let host = (which & 4 == 0).then_some(address);
                self.receive(uuid, script.bytes(), host, None);
            }
            6 => self.receive_advert(script.bytes(), address),
            7 => {
                self.counters[device] =
                    self.counters[device].wrapping_add_signed(script.byte().cast_signed().into());
                self.send(script, which);
            }
            8 => {
                self.counters[device] = script.word();
                self.send(script, which);
            }
            9 => self.replay(which.into(), None),
            10 => self.replay(which.into(), Some(script.short())),
            11 => self.restart(which & 1 != 0),
            12 => self.restore(&script.array()),
            _ => self.now += Duration::from_millis(u64::from(which) << (action >> 4)),
        }
    }

    fn insert_key(&mut self, address: MacAddr6, key: BindKey) {
        let result = self.decoder.insert_key(address, key.clone());
        if let Err(error) = result {
            assert!(error.capacity == self.capacity && error.help().is_some());
        }
        if let Some(known) = self.admit(address, result.is_ok())
            && known.key.as_ref() != Some(&key)
        {
            // Counters without a key were restored, and wait for it.
            if known.key.is_some() {
                known.forget_counters();
            }
            known.key = Some(key);
        }
    }

    /// A device is taken in if it is known already or there is room.
    fn admit(&mut self, address: MacAddr6, admitted: bool) -> Option<&mut Known> {
        let fits = self.known.contains_key(address.as_bytes()) || self.known.len() < self.capacity;
        assert_eq!(admitted, fits);
        fits.then(|| self.known.entry(address.into_array()).or_default())
    }

    fn receive_advert(&mut self, advert: &[u8], address: MacAddr6) {
        for payload in payloads(advert) {
            let report = self.decoder.decode(self.now, Some(address), payload);
            self.known.check(self.policy, &report);
        }
    }

    fn receive(
        &mut self,
        uuid: u16,
        data: &[u8],
        host: Option<MacAddr6>,
        genuine: Option<(&Recorded, bool)>,
    ) {
        let Some(payload) = Payload::service_data(uuid, data) else {
            return;
        };
        let report = self.decoder.decode(self.now, host, payload);
        self.known.check(self.policy, &report);
        if let Some((recorded, is_damaged)) = genuine {
            self.known.check_genuine(recorded, is_damaged, &report);
        }
        let text = check_debug(&report);
        self.check_hides_keys(&text);
    }

    /// Sends something new, which is recorded as well.
    fn send(&mut self, script: &mut Script<'_>, which: u8) {
        let sender = self.addresses[usize::from(which & 3)];
        let key = self.keys[usize::from(which >> 2) % 3].clone();
        let counter = self.counters[usize::from(which & 3)];
        let recorded = match script.byte() {
            choice @ ..96 => mibeacon(choice, counter, key, sender, script),
            choice @ ..160 => bthome_v2(choice, counter, key, sender, script),
            choice @ ..192 => bthome_v1(choice, counter, key, sender, script),
            choice => thermometer(choice, counter, key, sender, script),
        };
        if let Some(recorded) = recorded {
            self.receive(
                recorded.uuid,
                &recorded.data,
                Some(sender),
                Some((&recorded, false)),
            );
            if self.recorded.len() == MOST_RECORDED {
                self.recorded.remove(0);
            }
            self.recorded.push(recorded);
        }
    }

    /// Plays back what was recorded, perhaps with a bit flipped.
    fn replay(&mut self, index: usize, damage: Option<u16>) {
        if self.recorded.is_empty() {
            return;
        }
        let mut recorded = self.recorded[index % self.recorded.len()].clone();
        let original = recorded.clone();
        if let Some(choice) = damage {
            flip(&mut recorded.data, choice);
        }
        self.receive(
            recorded.uuid,
            &recorded.data,
            Some(recorded.sender),
            Some((&original, damage.is_some())),
        );
    }

    /// The host restarts: what was stored is what is restored, before or after the keys.
    fn restart(&mut self, reversed: bool) {
        let before = sorted_states(&self.decoder);
        assert_eq!(before.len(), self.known.len());
        self.decoder = Decoder::with_capacity(self.capacity, self.policy);
        let keys = self
            .known
            .iter()
            .filter_map(|(address, known)| Some((*address, known.key.clone()?)));
        let states = before
            .iter()
            .map(|bytes| DeviceState::from_bytes(bytes).expect("its own form"));
        let mut steps: Vec<Stored> = keys.map(Stored::Key).chain(states.map(Stored::State)).collect();
        if reversed {
            steps.reverse();
        }
        for step in steps {
            let result = match step {
                Stored::Key((address, key)) => self.decoder.insert_key(address.into(), key),
                Stored::State(state) => self.decoder.restore(&state),
            };
            result.expect("as many as before");
        }
        assert_eq!(sorted_states(&self.decoder), before);
        self.now = Duration::ZERO;
    }

    /// A stored state from anywhere.
    fn restore(&mut self, bytes: &[u8; DeviceState::LENGTH]) {
        let Some(mut state) = DeviceState::from_bytes(bytes) else {
            return;
        };
        assert_eq!(DeviceState::from_bytes(&state.to_bytes()), Some(state));
        // Most of the time the state of a device that plays a part.
        state.address = self.addresses[usize::from(bytes[6] & 3)];
        let admitted = self.decoder.restore(&state).is_ok();
        if let Some(known) = self.admit(state.address, admitted) {
            known.forget_counters();
            known.last = [state.frame_counter, state.bthome_counter];
        }
    }

    fn check_devices(&self) {
        assert_eq!(
            (self.decoder.capacity(), self.decoder.devices().count()),
            (self.capacity, self.known.len())
        );
        for (address, known) in &self.known {
            let device = self.decoder.device((*address).into()).expect("a known device");
            assert_eq!(device.address(), Some((*address).into()));
            assert_eq!(device.key_status() == KeyStatus::NoKey, known.key.is_none());
            assert!(device.key_status().help().is_some() || device.key_status() == KeyStatus::Works);
            assert!(
                device
                    .last_seen()
                    .is_none_or(|seen| seen <= self.now || self.now == Duration::ZERO)
            );
            assert_eq!(device.last_seen().is_some(), device.format().is_some());
        }
    }

    fn check_hides_keys(&self, text: &str) {
        for key in &self.keys[..2] {
            check_hides(text, key.expose().try_into().expect("16 bytes"));
        }
    }
}

/// Checks of what the decoder says, against the devices that it knows.
trait Devices {
    fn check(&mut self, policy: Policy, report: &Report<'_>);
    fn check_genuine(&self, recorded: &Recorded, is_damaged: bool, report: &Report<'_>);
}

impl Devices for BTreeMap<[u8; 6], Known> {
    fn check(&mut self, policy: Policy, report: &Report<'_>) {
        check_report(report);
        let known = report
            .address
            .and_then(|address| self.get_mut(address.as_bytes()));
        let is_known = known.is_some();
        let key = known.as_ref().and_then(|known| known.key.clone());
        if report.authenticated {
            let key = key.as_ref().expect("only a key authenticates");
            assert!(report.format == Format::MiBeacon || !key.is_short());
        }
        match report.outcome {
            Outcome::Readings if policy == Policy::Strict && key.is_some() => {
                assert!(
                    report.authenticated || report.format == Format::Reed,
                    "a downgrade is accepted"
                );
            }
            Outcome::Duplicate | Outcome::Stale | Outcome::Replayed { .. } => {
                assert!(is_known && policy != Policy::Off);
            }
            Outcome::Downgraded => assert!(key.is_some() && !report.authenticated && policy != Policy::Off),
            Outcome::NoKey => assert!(key.is_none()),
            Outcome::AddressUnknown => assert!(report.address.is_none()),
            Outcome::KeyTooShort => assert!(key.is_some_and(|key| key.is_short())),
            Outcome::AuthenticationFailed | Outcome::WrongKey | Outcome::PairedAgain => {
                assert!(key.is_some() && !report.authenticated);
            }
            _ => {}
        }
        let is_new = matches!(
            report.outcome,
            Outcome::Readings | Outcome::UnknownProduct | Outcome::Malformed(_)
        );
        if let (Some(known), true, true) = (known, report.authenticated, is_new) {
            known.accept(policy, report);
        }
    }

    /// What an undamaged payload says is known, and damage must not make it say anything else.
    fn check_genuine(&self, recorded: &Recorded, is_damaged: bool, report: &Report<'_>) {
        let key = self
            .get(recorded.sender.as_bytes())
            .and_then(|known| known.key.as_ref());
        let has_key = key == Some(&recorded.key);
        let suits_legacy = key.is_some_and(suits_legacy);
        if is_damaged {
            // A flip in the version makes a legacy frame of a modern one, whose tag of one byte passes 1 in 256.
            let is_legacy = match report.content {
                mibeacon::Content::MiBeacon(frame, _) => frame.control.scheme() == frame::Scheme::Legacy,
                _ => false,
            };
            assert!(!report.authenticated || !is_legacy || suits_legacy);
            if report.authenticated && !is_legacy {
                assert!(has_key);
                assert_eq!(texts(report), recorded.readings);
            }
            return;
        }
        let fits = recorded.uuid == frame::UUID || !recorded.key.is_short();
        assert!(fits, "a short key seals MiBeacon only");
        if has_key && (suits_legacy || !recorded.is_legacy) {
            assert!(report.authenticated, "{}", report.outcome);
            assert_eq!(texts(report), recorded.readings);
        } else if !(suits_legacy && recorded.is_legacy) {
            assert!(!report.authenticated);
            assert_eq!(texts(report), [""; 0], "nothing comes out without the key");
        }
    }
}

impl Known {
    fn forget_counters(&mut self) {
        self.accepted = Default::default();
        self.last = [None; 2];
    }

    /// A strict decoder takes a counter once. MiBeacon's wraps at 2^32, and counts as ahead for half of that.
    fn accept(&mut self, policy: Policy, report: &Report<'_>) {
        let class = match report.format {
            Format::MiBeacon => 0,
            Format::BthomeV1 | Format::BthomeV2 => 1,
            _ => return,
        };
        let counter = report.counter.expect("authenticated payloads have one");
        if policy == Policy::Strict {
            if let Some(last) = self.last[class] {
                assert!(
                    (1..=1 << 31).contains(&counter.wrapping_sub(last)) || counter > last,
                    "{counter} after {last}"
                );
                assert!(class == 0 || counter > last, "{counter} after {last}");
                if counter < last {
                    self.accepted[class].clear();
                }
            }
            assert!(
                self.accepted[class].insert(counter),
                "counter {counter} is accepted twice"
            );
        }
        self.last[class] = Some(counter);
    }
}

fn short_key(script: &mut Script<'_>) -> BindKey {
    BindKey::new(&script.array::<12>()).expect("12 bytes")
}

/// Whether a key belongs to a device of MiBeacon v2 or v3.
fn suits_legacy(key: &BindKey) -> bool {
    key.is_short() || key.expose()[12..] == [0xff; 4] || key.expose()[6..10] == EXPANSION
}

fn sorted_states(decoder: &Decoder<Vec<Slot>>) -> Vec<[u8; DeviceState::LENGTH]> {
    let mut states: Vec<_> = decoder.states().map(|state| state.to_bytes()).collect();
    states.sort_unstable();
    states
}

/// What holds for every report.
fn check_report(report: &Report<'_>) {
    check_display(&report.outcome);
    check_display(&report.format);
    assert!(!report.outcome.name().is_empty());
    assert_eq!(report.help(), report.outcome.help());
    if report.outcome != Outcome::Readings {
        assert_eq!(report.readings().count(), 0);
    }
    report.all_readings().for_each(|reading| check_reading(&reading));
    let json = serde_json::to_value(report).expect("every report serializes");
    assert_eq!(json["outcome"], report.outcome.name());
    assert_eq!(
        json["readings"].as_array().map(Vec::len),
        Some(report.readings().count())
    );
}

fn texts(report: &Report<'_>) -> Vec<String> {
    report.all_readings().map(|reading| reading.to_string()).collect()
}

fn mibeacon(
    choice: u8,
    counter: u32,
    key: BindKey,
    sender: MacAddr6,
    script: &mut Script<'_>,
) -> Option<Recorded> {
    let product_id = ProductId([0x055b, 0x0a8d, 0x069e, 0xfff0][usize::from(choice & 3)]);
    let id = match script.byte() {
        0x80.. => script.short(),
        common => [0x1004, 0x1006, 0x100a, 0x100d, 0x1001, 0x4c01, 0x5403, 0x000b][usize::from(common & 7)],
    };
    let object = [Object {
        id,
        data: script.bytes(),
    }];
    let mut builder = Builder::new(product_id, counter);
    builder.version = [5, 4, 3, 5][usize::from(choice >> 2 & 3)];
    builder.mac = (choice & 16 == 0).then_some(sender);
    builder.registered = true;
    builder.objects = &object;
    let mut data = vec![0; 300];
    let length = builder
        .seal(&key, sender, &mut NonceGuard::new(), &mut data)
        .expect("room");
    data.truncate(length);
    Some(Recorded {
        uuid: frame::UUID,
        data,
        sender,
        key,
        is_legacy: builder.version < 4,
        readings: object[0]
            .readings(product_id)
            .map(|reading| reading.to_string())
            .collect(),
    })
}

fn bthome_v2(
    choice: u8,
    counter: u32,
    key: BindKey,
    sender: MacAddr6,
    script: &mut Script<'_>,
) -> Option<Recorded> {
    let mut buffer = [0; 128];
    let mut encoder = v2::Encoder::new(&mut buffer);
    if choice & 1 != 0 {
        encoder = encoder.with_mac(sender);
    }
    if choice & 2 != 0 {
        encoder.push(0x00, u32::from(script.byte())).ok()?;
    }
    if choice & 4 != 0 {
        encoder.push(0x3a, ButtonCode(script.byte())).ok()?;
    }
    encoder
        .push(0x02, Decimal::new(script.short().cast_signed().into(), -2))
        .ok()?;
    let mut plain = vec![0; 128];
    let sealed = encoder.seal(&key, sender, counter, &mut NonceGuard::new()).ok()?;
    let frame = v2::Frame::parse(sealed).expect("what was built parses");
    let objects = frame.decrypt(&key, sender, &mut plain).expect("its own key");
    let readings = objects
        .filter_map(|object| object.reading())
        .map(|reading| reading.to_string())
        .collect();
    Some(Recorded {
        uuid: bthome::UUID_V2,
        data: sealed.to_vec(),
        sender,
        key,
        is_legacy: false,
        readings,
    })
}

fn bthome_v1(
    choice: u8,
    counter: u32,
    key: BindKey,
    sender: MacAddr6,
    script: &mut Script<'_>,
) -> Option<Recorded> {
    let mut buffer = [0; 300];
    let mut encoder = v1::Encoder::new(&mut buffer);
    encoder
        .push(0x02, Decimal::new(script.short().cast_signed().into(), -2))
        .ok()?;
    encoder
        .push_bytes(script.byte(), bthome::Format::from_code(choice), script.bytes())
        .ok()?;
    let sealed = encoder.seal(&key, sender, counter, &mut NonceGuard::new()).ok()?;
    let frame = v1::Frame::parse_encrypted(sealed).expect("what was built parses");
    let mut plain = vec![0; 300];
    let objects = frame.decrypt(&key, sender, &mut plain).expect("its own key");
    let readings = objects
        .filter_map(|object| object.reading())
        .map(|reading| reading.to_string())
        .collect();
    Some(Recorded {
        uuid: bthome::UUID_V1_ENCRYPTED,
        data: sealed.to_vec(),
        sender,
        key,
        is_legacy: false,
        readings,
    })
}

fn thermometer(
    choice: u8,
    counter: u32,
    key: BindKey,
    sender: MacAddr6,
    script: &mut Script<'_>,
) -> Option<Recorded> {
    let payload = if choice & 1 == 0 {
        atc::Payload::Pvvx(atc::PvvxPayload::from_bytes(script.array()))
    } else {
        atc::Payload::Atc1441(atc::Atc1441Payload::from_bytes(script.array()))
    };
    let sealed = payload
        .encrypt(&key, sender, counter as u8, &mut NonceGuard::new())
        .ok()?;
    let readings = payload.readings().map(|reading| reading.to_string()).collect();
    Some(Recorded {
        uuid: atc::UUID,
        data: sealed.encode().to_vec(),
        sender,
        key,
        is_legacy: false,
        readings,
    })
}
