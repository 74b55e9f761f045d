//! What the device advertises, decoded with its key.

use std::collections::BTreeSet;
use std::time::Duration;

use mibeacon::{Decoder, Outcome, Policy};
use serde_json::json;

use super::arguments::ListenArguments;
use super::console::Console;
use super::failure::Failure;
use super::host::Host;
use super::keyfile::{self, Keys};

pub(super) async fn run<H: Host>(
    host: &mut H,
    options: &ListenArguments,
    console: &Console,
) -> Result<(), Failure> {
    let keys = match &options.keys {
        Some(path) => keyfile::read(path)?,
        None => Keys::default(),
    };
    let mut decoder = Decoder::with_capacity(64, Policy::Lenient);
    if let Some((address, key)) = keys.address.zip(keys.bind_key.as_ref()) {
        let key = mibeacon::BindKey::from(*key.expose());
        decoder
            .insert_key(address, key)
            .map_err(|error| Failure::new("key", error))?;
    }
    let mut count = 0_u32;
    let mut trouble = None;
    let mut said = BTreeSet::new();
    let mut heard = |report: &mibeacon::Report<'_>| {
        if keys.address.is_some() && report.address != keys.address {
            return;
        }
        count += 1;
        match report.outcome {
            Outcome::Readings => {
                let readings: Vec<String> = report.readings().map(|reading| reading.to_string()).collect();
                let address = report
                    .address
                    .map_or_else(|| "unknown".into(), |address| address.to_string());
                let how = if report.authenticated {
                    "encrypted"
                } else {
                    "plain"
                };
                let text = format!(
                    "{address}  {} {how}  {}",
                    report.format.name(),
                    readings.join(", ")
                );
                let value = json!({
                    "address": address, "format": report.format.name(), "authenticated": report.authenticated,
                    "readings": readings,
                });
                console.say(text, &value);
            }
            outcome if report.help().is_some() => {
                if said.insert(outcome.name()) {
                    console.note(format_args!(
                        "  {}: {}",
                        outcome.name(),
                        report.help().unwrap_or_default()
                    ));
                }
                trouble = Some((outcome.name(), report.help().unwrap_or_default()));
            }
            _ => {}
        }
    };
    host.listen(Duration::from_secs(options.seconds), decoder, &mut heard)
        .await?;
    match (count, trouble) {
        (0, _) => Err(Failure::new("not_heard", "nothing was heard").help("Move closer, and listen longer.")),
        (_, Some((name, help))) => Err(Failure::new(name, "some adverts couldn't be decoded").help(help)),
        _ => Ok(()),
    }
}
