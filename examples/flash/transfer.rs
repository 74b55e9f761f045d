//! Checks an image against the device, flashes it, and proves that it runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use telink_ota::flow::ExtendedOtaEvent;
use telink_ota::identify::Kind;
use telink_ota::image::{self, Family, Image, Strings};
use telink_ota::inquiry::Report;
use telink_ota::ota::{Options, OtaEvent, Outcome};
use telink_ota::preflight::{Clearance, ImageFacts, Preflight, Reason, Target};
use telink_ota::proof::{Expectation, Proof};
use telink_ota::transport::{Peripheral, drive};
use telink_ota::{ExtendedOta, FirmwareVersion, Ota};

use super::arguments::Overrides;
use super::authenticate::log_in;
use super::console::Console;
use super::failure::{Failure, with_path};
use super::host::{Connection, Host, Sample, survey};
use super::identify::{describe, describe_image};
use super::keyfile::Keys;

/// What is to be flashed.
pub(super) struct Job<'k> {
    name: String,
    file: Vec<u8>,
    image: Image,
    strings: Strings,
    overrides: Vec<Reason>,
    keys: &'k Keys,
}

impl<'k> Job<'k> {
    /// The image of a file; without one, the custom firmware that a simulated device brings along.
    pub(super) fn read<H: Host>(
        host: &H,
        path: Option<&Path>,
        overrides: &Overrides,
        keys: &'k Keys,
    ) -> Result<Self, Failure> {
        Self::read_or(host, path, Sample::Custom, overrides, keys)
    }

    pub(super) fn read_or<H: Host>(
        host: &H,
        path: Option<&Path>,
        sample: Sample,
        overrides: &Overrides,
        keys: &'k Keys,
    ) -> Result<Self, Failure> {
        let (name, file) = match path {
            Some(path) => (
                path.display().to_string(),
                fs::read(path).map_err(with_path(path))?,
            ),
            None => match host.sample(sample) {
                Some(file) => (format!("a sample of {sample:?} firmware").to_lowercase(), file),
                None => {
                    return Err(Failure::new("no_image", "which image?")
                        .help("Name the file; only simulated devices bring images along."));
                }
            },
        };
        let image = image::inspect(file.as_slice())?;
        let strings = image::find_strings(image::payload(&image, file.as_slice())).unwrap_or_default();
        Ok(Self {
            name,
            image,
            strings,
            file,
            overrides: overrides.reasons(),
            keys,
        })
    }

    /// The image, with what its text tells and its header doesn't.
    fn facts(&self) -> ImageFacts {
        let facts = ImageFacts::from(&self.image);
        if self.is_stock() { facts.of_stock() } else { facts }
    }

    fn is_stock(&self) -> bool {
        match self.image.family() {
            Family::SignedStock { .. } => true,
            Family::Undeclared => self.strings.model.is_some() && self.strings.version.is_some(),
            _ => false,
        }
    }

    pub(super) const fn payload_length(&self) -> u32 {
        self.image.payload_length
    }

    fn expectation(&self, before: &Report) -> Expectation {
        let expectation = Expectation::new(before.device.clone(), &self.image);
        match &self.strings.version {
            Some(version) if self.is_stock() => expectation.with_kind(Kind::Stock).with_revision(version),
            _ => expectation,
        }
    }
}

/// Tells whether the image may go onto the device.
pub(super) async fn preflight<H: Host>(
    host: &mut H,
    job: &Job<'_>,
    console: &Console,
) -> Result<(), Failure> {
    let mut connection = host.connect().await?;
    let report = survey(&mut connection).await?;
    let logged_in = log_in_where_needed(&mut connection, &report, job).await?;
    let preflight = check(&report, job, logged_in);
    let (text, image) = describe_image(&job.name, &job.image, &job.strings);
    let mut lines = vec![
        text,
        format!("{}: {}", connection.advertised().label(), describe(&report)),
    ];
    for reason in preflight.reasons() {
        let overridden = if job.overrides.contains(reason) {
            ", overridden"
        } else {
            ""
        };
        lines.push(format!(
            "  against it{overridden}: {}  {}",
            reason.name(),
            reason.help().unwrap_or_default()
        ));
    }
    for warning in preflight.warnings() {
        lines.push(format!(
            "  mind: {}  {}",
            warning.name(),
            warning.help().unwrap_or_default()
        ));
    }
    let cleared = preflight.clear_despite(&job.overrides);
    lines.push(if cleared.is_ok() {
        "go".into()
    } else {
        "NO: see above".into()
    });
    let value = json!({
        "image": image, "firmware": report.device.kind.name(), "hardware_id": report.device.hardware_id,
        "go": cleared.is_ok(),
        "reasons": preflight.reasons().iter().map(|reason| reason.name()).collect::<Vec<_>>(),
        "warnings": preflight.warnings().iter().map(|warning| warning.name()).collect::<Vec<_>>(),
        "extended": preflight.extended(),
    });
    console.say(lines.join("\n"), &value);
    cleared.map(drop).map_err(Into::into)
}

/// Flashes, again if the connection breaks, and looks which image runs afterwards.
pub(super) async fn flash<H: Host>(
    host: &mut H,
    job: &Job<'_>,
    attempts: u32,
    console: &Console,
) -> Result<(), Failure> {
    let mut before = None;
    let mut attempt = 1;
    loop {
        let result = attempt_once(host, job, &mut before, console).await;
        console.end_progress();
        match result {
            Ok(()) => break,
            Err(failure) if failure.is_of_the_link && attempt < attempts => {
                attempt += 1;
                let cause = failure.cause;
                console.note(format_args!(
                    "  {cause}; the old firmware still runs: attempt {attempt} of {attempts}"
                ));
                host.pause(BETWEEN_ATTEMPTS).await;
            }
            Err(failure) => return Err(failure),
        }
    }
    let Some(before) = before else {
        return Err(Failure::new("no_end", "the transfer ended without a result"));
    };
    host.pause(RESTART).await;
    let after = look_again(host, attempts).await?;
    prove(&job.expectation(&before), &after, job, console)
}

async fn look_again<H: Host>(host: &mut H, attempts: u32) -> Result<Report, Failure> {
    let mut attempt = 1;
    loop {
        let result = match host.connect().await {
            Ok(mut connection) => survey(&mut connection).await,
            Err(failure) => Err(failure),
        };
        match result {
            Err(failure) if failure.is_of_the_link && attempt < attempts => {
                attempt += 1;
                host.pause(BETWEEN_ATTEMPTS).await;
            }
            result => return result,
        }
    }
}

fn prove(expectation: &Expectation, after: &Report, job: &Job<'_>, console: &Console) -> Result<(), Failure> {
    let proof = expectation.judge(&after.device);
    let value = json!({
        "flashed": job.name, "proof": format!("{proof:?}"), "firmware": after.device.kind.name(),
        "revision": after.device.revision.as_str(),
    });
    match proof {
        Proof::NewImageRuns => {
            console.say(
                format_args!("it runs: the device reports {}", describe(after)),
                &value,
            );
            Ok(())
        }
        Proof::SameFirmware => {
            let help = proof.help().unwrap_or_default();
            console.say(
                format_args!("sent; the device reports {}. {help}", describe(after)),
                &value,
            );
            Ok(())
        }
        proof => {
            let failure = Failure::new(
                "not_flashed",
                format_args!(
                    "the new image doesn't run: the device reports {}",
                    describe(after)
                ),
            );
            Err(failure.help(proof.help().unwrap_or_default()))
        }
    }
}

/// One transfer on one connection.
async fn attempt_once<H: Host>(
    host: &mut H,
    job: &Job<'_>,
    before: &mut Option<Report>,
    console: &Console,
) -> Result<(), Failure> {
    let mut connection = host.connect().await?;
    let report = survey(&mut connection).await?;
    if let Some(before) = before.as_ref()
        && job.expectation(before).judge(&report.device) == Proof::NewImageRuns
    {
        // The connection broke after the end, and not before.
        return Ok(());
    }
    let logged_in = log_in_where_needed(&mut connection, &report, job).await?;
    let preflight = check(&report, job, logged_in);
    let clearance = preflight.clear_despite(&job.overrides)?;
    if before.is_none() {
        for warning in preflight.warnings() {
            console.note(format_args!(
                "  mind: {}",
                warning.help().unwrap_or(warning.name())
            ));
        }
        let label = connection.advertised().label();
        console.ask(format_args!(
            "Flash {} ({} bytes) onto {label}, which runs {}?",
            job.name,
            job.payload_length(),
            describe(&report)
        ))?;
    }
    let version = report.device.version.unwrap_or(FirmwareVersion::CURRENT);
    let kind = report.device.kind;
    *before = before.take().or(Some(report));
    if clearance.extended() {
        make_room(&mut connection, job.payload_length(), version, console).await?;
    }
    send(&mut connection, job, &clearance, kind, console).await
}

async fn send<C: Connection>(
    connection: &mut C,
    job: &Job<'_>,
    clearance: &Clearance,
    kind: Kind,
    console: &Console,
) -> Result<(), Failure> {
    let mode = connection.ota_write_mode();
    let options = if kind == Kind::Stock {
        Options::stock(mode)
    } else {
        Options::custom(mode)
    };
    let payload = image::payload(&job.image, job.file.as_slice());
    let mut ota = Ota::new(Peripheral::now(connection), payload, clearance, options)?;
    let mut end = None;
    drive(connection, &mut ota, |event| match event {
        OtaEvent::Progress(progress) => console.progress(progress),
        OtaEvent::Finished(outcome) => end = Some(Ok(outcome)),
        OtaEvent::Failed(error) => end = Some(Err(error)),
        _ => {}
    })
    .await;
    match end {
        Some(Ok(Outcome::Confirmed | Outcome::SentThenDisconnected | Outcome::SentUnconfirmed)) => Ok(()),
        Some(Err(error)) => Err(error.into()),
        _ => Err(Failure::new("no_end", "the transfer ended without a result")),
    }
}

/// pvvx's extended OTA: erases the flash from 0x40000 on.
async fn make_room<C: Connection>(
    connection: &mut C,
    length: u32,
    version: FirmwareVersion,
    console: &Console,
) -> Result<(), Failure> {
    console.note("  making room for a large image");
    let mut flow = ExtendedOta::new(length, version)?;
    let mut end = None;
    drive(connection, &mut flow, |event| match event {
        ExtendedOtaEvent::Ready { .. } => end = Some(Ok(())),
        ExtendedOtaEvent::Failed(error) => end = Some(Err(error)),
        _ => {}
    })
    .await;
    match end {
        Some(result) => Ok(result?),
        None => Err(Failure::new("no_end", "the extended OTA ended without a result")),
    }
}

async fn log_in_where_needed<C: Connection>(
    connection: &mut C,
    report: &Report,
    job: &Job<'_>,
) -> Result<bool, Failure> {
    let needed = report.device.kind == Kind::Stock && job.keys.token.is_some();
    if needed {
        log_in(connection, job.keys).await?;
    }
    Ok(needed)
}

fn check(report: &Report, job: &Job<'_>, logged_in: bool) -> Preflight {
    let target = Target {
        logged_in,
        ..Target::from(report)
    };
    Preflight::of(job.facts(), &target)
}

/// What a device needs to erase and to start again.
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(3);
/// From the end of a transfer to the first advert of the new firmware.
const RESTART: Duration = Duration::from_secs(7);
