//! Images and devices for the tests that run client and device against each other.
#![allow(dead_code, reason = "each test uses some of it")]

use std::time::Duration;

use telink_ota::command::keys::MiKeys;
use telink_ota::command::{Command, Context, Notification};
use telink_ota::device::{Disturbance, FLASH_SIZE, Link, Profile, Thermometer, block_on};
use telink_ota::flow::{Exchange, ExchangeEvent, ExtendedOtaEvent, FlowError, KeyEvent, KeyFlow, KeyGoal};
use telink_ota::gatt::WriteMode;
use telink_ota::identify::Device;
use telink_ota::image::{self, Declaration, Image};
use telink_ota::ota::{Options, OtaError, OtaEvent, Outcome, Progress};
use telink_ota::preflight::{Clearance, Preflight, Reason, Target};
use telink_ota::transport::drive;
use telink_ota::{ExtendedOta, FirmwareVersion, LogDownload, Ota};

/// An image whose body has some text and else looks like code.
pub(crate) fn image(length: usize, declaration: &Declaration, text: &[u8], seed: u8) -> Vec<u8> {
    let mut raw: Vec<u8> = (0..length + 20)
        .map(|place| (place as u8).wrapping_mul(31) ^ (place >> 8) as u8 ^ seed)
        .collect();
    raw[64..64 + text.len()].copy_from_slice(text);
    let length = image::finish(&mut raw, length, declaration).unwrap();
    raw.truncate(length);
    raw
}

/// Stock firmware of the LYWSD03MMC.
pub(crate) fn stock(length: usize) -> Vec<u8> {
    image(length, &Declaration::stock(), b"\0LYWSD03MMC\x001.0.0_0130\0", 1)
}

/// Stock firmware that starts signed images only.
pub(crate) fn signed_stock(length: usize) -> Vec<u8> {
    image(length, &Declaration::stock(), b"\0LYWSD03MMC\x002.1.1_0159\0", 2)
}

/// pvvx's firmware.
pub(crate) fn pvvx(length: usize, version: &str) -> Vec<u8> {
    let text = format!("\0V{version}\0");
    image(length, &Declaration::pvvx(10), text.as_bytes(), 3)
}

/// A firmware with Telink's newer SDK.
pub(crate) fn sdk(length: usize, seed: u8) -> Vec<u8> {
    let declaration = Declaration {
        file_version: u32::from(seed) << 16 | 0x0100,
        ..Declaration::stock()
    };
    image(length, &declaration, b"", seed)
}

pub(crate) fn flash() -> Vec<u8> {
    vec![0xff; FLASH_SIZE]
}

pub(crate) fn thermometer<'f>(flash: &'f mut [u8], installed: &[u8]) -> Thermometer<'f> {
    let mut device = Thermometer::new(Profile::lywsd03mmc(), flash);
    device.install(installed);
    device
}

/// The permission to flash this on a device as it is, with a login where it needs one.
pub(crate) fn clear(file: &[u8], device: &Device) -> (Image, Clearance) {
    let image = image::inspect(file).unwrap();
    let target = Target {
        logged_in: true,
        ..Target::from(device)
    };
    let preflight = Preflight::of(&image, &target);
    let clearance = preflight.clear_despite(&[Reason::TooSmall]).unwrap();
    (image, clearance)
}

/// What a transfer came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flashed {
    Sent(Outcome),
    Failed(OtaError),
    NotConnected,
}

/// Transfers an image, and lets the device restart. Returns the time too.
pub(crate) fn flash_image(
    device: &mut Thermometer<'_>,
    file: &[u8],
    options: Options,
    disturbance: Disturbance,
    now: Duration,
) -> (Flashed, Duration) {
    let (_, clearance) = clear(file, &device.identify());
    flash_cleared(device, file, &clearance, options, disturbance, now)
}

pub(crate) fn flash_cleared(
    device: &mut Thermometer<'_>,
    file: &[u8],
    clearance: &Clearance,
    options: Options,
    disturbance: Disturbance,
    now: Duration,
) -> (Flashed, Duration) {
    let Some(mut link) = Link::connect(device, now, disturbance) else {
        return (Flashed::NotConnected, now);
    };
    link.device().unlock();
    let flashed = transfer(&mut link, file, clearance, options);
    link.pass(Duration::from_secs(1));
    (flashed, link.disconnect())
}

/// Transfers an image over a connection that is there.
pub(crate) fn transfer(
    link: &mut Link<'_, '_>,
    file: &[u8],
    clearance: &Clearance,
    options: Options,
) -> Flashed {
    use telink_ota::transport::Peripheral;

    let mut ota = Ota::new(link.now(), file, clearance, options).unwrap();
    let mut flashed = None;
    let mut before: Option<Progress> = None;
    block_on(drive(link, &mut ota, |event| {
        assert!(flashed.is_none(), "{event:?} after the end");
        match event {
            OtaEvent::Progress(progress) => {
                assert!(before.is_none_or(|before| before.sent < progress.sent));
                before = Some(progress);
            }
            OtaEvent::Finished(outcome) => flashed = Some(Flashed::Sent(outcome)),
            OtaEvent::Failed(error) => flashed = Some(Flashed::Failed(error)),
            _ => {}
        }
    }));
    flashed.expect("an end")
}

pub(crate) const OPTIONS: Options = Options::custom(WriteMode::WithResponse);

/// One command and its answer, as a value of the caller's.
pub(crate) fn exchange<T>(
    link: &mut Link<'_, '_>,
    command: &Command<'_>,
    read: impl FnOnce(Notification<'_>) -> T,
) -> Result<T, FlowError> {
    let mut exchange = Exchange::new(command)?;
    let mut failed = None;
    block_on(drive(link, &mut exchange, |event| {
        if let ExchangeEvent::Failed(error) = event {
            failed = Some(error);
        }
    }));
    match failed {
        Some(error) => Err(error),
        None => Ok(read(exchange.answer(&Context::default())?)),
    }
}

pub(crate) fn keys(link: &mut Link<'_, '_>, goal: KeyGoal) -> Result<MiKeys, FlowError> {
    let mut flow = KeyFlow::new(goal)?;
    let mut result = None;
    block_on(drive(link, &mut flow, |event| {
        result = Some(match event {
            KeyEvent::Keys(keys) | KeyEvent::Erased(keys) | KeyEvent::Restored(keys) => Ok(keys),
            KeyEvent::Failed(error) => Err(error),
            other => panic!("{other:?}"),
        });
    }));
    result.expect("an end")
}

pub(crate) fn log(
    link: &mut Link<'_, '_>,
    mut download: LogDownload,
) -> (Vec<telink_ota::command::LogRecord>, LogEnd) {
    use telink_ota::flow::LogEvent;

    let (mut records, mut end) = (Vec::new(), None);
    block_on(drive(link, &mut download, |event| match event {
        LogEvent::Record(record) => records.push(record),
        LogEvent::Finished(progress) => end = Some(Ok(progress)),
        LogEvent::Failed(error) => end = Some(Err(error)),
        other => panic!("{other:?}"),
    }));
    (records, end.expect("an end"))
}

pub(crate) type LogEnd = Result<telink_ota::flow::LogProgress, FlowError>;

pub(crate) fn prepare(link: &mut Link<'_, '_>, length: u32) -> Result<u32, FlowError> {
    let mut flow = ExtendedOta::new(length, FirmwareVersion::CURRENT)?;
    let mut result = None;
    block_on(drive(link, &mut flow, |event| match event {
        ExtendedOtaEvent::Ready { max_payload } => result = Some(Ok(max_payload)),
        ExtendedOtaEvent::Failed(error) => result = Some(Err(error)),
        _ => {}
    }));
    result.expect("an end")
}
