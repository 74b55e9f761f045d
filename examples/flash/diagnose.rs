//! Why something went wrong, and what helps.

use mi_auth::AppCode;
use serde_json::json;
use telink_ota::command::keys::Did;
use telink_ota::diagnose::{Finding, Observation, Symptom, diagnose};
use telink_ota::flow::KeyGoal;
use telink_ota::identify::Kind;
use telink_ota::inquiry::Report;

use super::console::Console;
use super::failure::Failure;
use super::host::{Host, survey};
use super::identify::describe;
use super::keys::key_flow;

pub(super) async fn run<H: Host>(
    host: &mut H,
    symptom: Option<Symptom>,
    offline: bool,
    console: &Console,
) -> Result<(), Failure> {
    let seen = if offline {
        None
    } else {
        Some(look(host, console).await?)
    };
    let observe = |symptom| match &seen {
        Some((report, did)) => Observation {
            did: *did,
            ..report.observe(symptom)
        },
        None => Observation::of(symptom),
    };
    let mut told = 0;
    match symptom {
        Some(symptom) => {
            if let Symptom::AppError(code) = symptom {
                let code = AppCode(code.into());
                if let Some(help) = code.help() {
                    console.say(
                        format_args!("{code}: {help}"),
                        &json!({"code": code.0, "name": code.name(), "help": help}),
                    );
                    told += 1;
                }
            }
            for finding in diagnose(&observe(symptom)) {
                say(symptom, &finding, console);
                told += 1;
            }
        }
        None => {
            // What the device's own state already speaks for.
            let foretold = [-29, -27].map(Symptom::AppError).into_iter().chain(Symptom::ALL);
            for symptom in foretold {
                for finding in diagnose(&observe(symptom)).filter(|finding| finding.confirmed) {
                    say(symptom, &finding, console);
                    told += 1;
                }
            }
        }
    }
    if told == 0 {
        console.say("nothing is known that would explain it", &json!({"findings": 0}));
    }
    Ok(())
}

async fn look<H: Host>(host: &mut H, console: &Console) -> Result<(Report, Option<Did>), Failure> {
    let mut connection = host.connect().await?;
    let report = survey(&mut connection).await?;
    let mut did = None;
    if report.device.kind == Kind::Pvvx {
        match key_flow(&mut connection, KeyGoal::BackUp).await {
            Ok(keys) => did = keys.did,
            Err(failure) => console.note(format_args!("  its device id can't be read: {}", failure.cause)),
        }
    }
    console.note(format_args!("  the device reports {}", describe(&report)));
    Ok((report, did))
}

fn say(symptom: Symptom, finding: &Finding, console: &Console) {
    let sure = if finding.confirmed { "" } else { " (maybe)" };
    let mut text = format!("{symptom}{sure}: {}", finding.cause);
    for remedy in finding.remedies {
        text += &format!("\n  - {remedy}");
    }
    let value = json!({
        "symptom": symptom.to_string(), "confirmed": finding.confirmed, "cause": finding.cause,
        "remedies": finding.remedies, "source": finding.source,
    });
    console.say(text, &value);
}
