//! `mibeacon` beside the crates `btsensor` and `atc_mi_thermometer` on the same advertisements, and beside the bare
//! cipher.

mod ciphers;
mod peers;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use benches::adverts::{Advert, Form, INTERVAL, key_bytes};
use benches::{Comparison, Target, run};
use mibeacon::{Decoder, Outcome, Reading, Slot, atc, bthome};

use peers::{AtcMiThermometer, Btsensor};

fn main() -> ExitCode {
    run(vec![
        plain("pvvx", Form::Pvvx),
        plain("atc1441", Form::Atc1441),
        plain("BTHome v2", Form::BthomeV2),
        encrypted("pvvx, encrypted", Form::PvvxEncrypted),
        encrypted("MiBeacon v5, encrypted", Form::MiBeaconEncrypted),
        encrypted("BTHome v2, encrypted", Form::BthomeV2Encrypted),
        encrypted("BTHome v2 without packet id, encrypted", Form::BthomeV2WithoutId),
        many_devices("pvvx, encrypted, devices", Form::PvvxEncrypted),
        many_devices("MiBeacon v5, encrypted, devices", Form::MiBeaconEncrypted),
        many_devices("BTHome v2, encrypted, devices", Form::BthomeV2Encrypted),
    ])
}

/// Plain advertisements. The peers get maps of service data that are ready: making them isn't their work.
fn plain(name: &'static str, form: Form) -> Comparison<'static> {
    let ring = form.ring(1, RING);
    let btsensor = Btsensor::new(&ring);
    let inner = ring.clone();
    let atc_mi_thermometer = AtcMiThermometer::new(&ring, None);
    Comparison::new(name, ring.len())
        .contender("parse", parse(form, ring.clone()))
        .contender("Decoder", decode(form, 1, ring))
        .contender(BTSENSOR, move || btsensor.decode_all())
        .contender(BTSENSOR_INNER, move || peers::btsensor_inner(&inner))
        .contender(ATC_MI_THERMOMETER, move || atc_mi_thermometer.parse_all())
        .target(Target::Faster(1.5, "parse", BTSENSOR))
        .target(Target::Faster(1.5, "parse", ATC_MI_THERMOMETER))
        .target(Target::AtMost(1.0, "Decoder", BTSENSOR))
        .target(Target::AtMost(1.0, "Decoder", ATC_MI_THERMOMETER))
        .target(Target::Shown("parse", BTSENSOR_INNER))
        .target(Target::Shown("Decoder", BTSENSOR_INNER))
}

/// Encrypted advertisements of a device whose key schedule is kept.
fn encrypted(name: &'static str, form: Form) -> Comparison<'static> {
    let ring = form.ring(1, RING);
    let key = key_bytes(0);
    let atc_mi_thermometer = AtcMiThermometer::new(&ring, Some(key));
    Comparison::new(name, ring.len())
        .contender("bare ccm", ciphers::ccm(form, &ring, key))
        .contender("bare aes", ciphers::aes(form, &ring, key))
        .contender("Decoder", decode(form, 1, ring))
        .contender(ATC_MI_THERMOMETER, move || atc_mi_thermometer.parse_all())
        .target(Target::AtMost(1.25, "Decoder", "bare ccm"))
        .target(Target::Faster(1.4, "Decoder", ATC_MI_THERMOMETER))
        .target(Target::Shown("bare ccm", "bare aes"))
}

/// As many advertisements of one device as of a thousand that take turns.
fn many_devices(name: &'static str, form: Form) -> Comparison<'static> {
    let (one, thousand) = (form.ring(1, 4000), form.ring(1000, 4));
    Comparison::new(name, one.len())
        .contender("1 device", decode(form, 1, one))
        .contender("1,000 devices", decode(form, 1000, thousand))
        .target(Target::AtMost(1.3, "1,000 devices", "1 device"))
}

/// Bytes to values, and nothing else.
fn parse(form: Form, ring: Vec<Advert>) -> Box<dyn FnMut()> {
    match form {
        Form::BthomeV2 => Box::new(move || {
            for advert in &ring {
                let frame = bthome::v2::Frame::parse(&advert.service_data);
                if let Some(objects) = frame.ok().and_then(|frame| frame.objects()) {
                    read(objects.filter_map(|object| object.reading()));
                }
            }
        }),
        _ => Box::new(move || {
            for advert in &ring {
                if let Ok(frame) = atc::Frame::parse(&advert.service_data) {
                    read(frame.readings());
                }
            }
        }),
    }
}

/// Keys, duplicates and replays taken care of.
fn decode(form: Form, devices: u32, ring: Vec<Advert>) -> impl FnMut() {
    let mut decoder = form.decoder(devices);
    let mut now = Duration::ZERO;
    assert!(
        ring.iter()
            .all(|advert| is_new(&mut decoder, step(&mut now), advert)),
        "every advertisement has to be new"
    );
    move || {
        for advert in &ring {
            let report = decoder.decode(step(&mut now), Some(advert.address), advert.payload());
            read(report.readings());
        }
    }
}

fn is_new(decoder: &mut Decoder<Vec<Slot>>, now: Duration, advert: &Advert) -> bool {
    let report = decoder.decode(now, Some(advert.address), advert.payload());
    report.outcome == Outcome::Readings && report.readings().count() > 0
}

fn step(now: &mut Duration) -> Duration {
    *now += INTERVAL;
    *now
}

/// Reads every value out, as the exact decimal that the crate gives.
fn read<'a>(readings: impl Iterator<Item = Reading<'a>>) {
    readings.for_each(|reading| {
        if let Some(measurement) = reading.as_measurement() {
            black_box(measurement.value);
        }
    });
}

/// Few enough that each contender's inputs stay in the first-level cache.
const RING: u32 = 64;

const BTSENSOR: &str = "btsensor";
/// Its functions for one format each, behind the one that takes what hosts deliver.
const BTSENSOR_INNER: &str = "btsensor's inner function";
const ATC_MI_THERMOMETER: &str = "atc_mi_thermometer";
