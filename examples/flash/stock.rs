//! The way back to stock firmware.

use serde_json::{Value, json};
use telink_ota::flow::KeyGoal;
use telink_ota::inquiry::Report;
use telink_ota::preflight::Reason;
use telink_ota::stock::{Caution, Goal, Plan, State, Step, plan};

use super::arguments::StockArguments;
use super::console::Console;
use super::failure::Failure;
use super::host::{Connection, Host, Sample, survey};
use super::keyfile::{Keys, Reserved};
use super::keys::{self, key_flow};
use super::transfer::{self, Job};

pub(super) async fn run<H: Host>(
    host: &mut H,
    options: &StockArguments,
    attempts: u32,
    console: &Console,
) -> Result<(), Failure> {
    let nothing = Keys::default();
    let image = options.image.as_deref();
    let job = Job::read_or(host, image, Sample::Stock, &options.overrides, &nothing)?;
    let reserved = Reserved::new(&options.backup)?;
    let (report, label) = {
        let mut connection = host.connect().await?;
        (survey(&mut connection).await?, connection.advertised().label())
    };
    let plan = way(&report, &job);
    show(&plan, console);
    if plan.steps().is_empty() {
        return match plan.cautions().first() {
            Some(caution) if caution.help().is_some() => Err(Failure::new(
                caution.name(),
                "there is no way back that this program could go",
            )
            .help(caution.help().unwrap_or_default())),
            _ => Ok(()),
        };
    }
    if let Some(Step::FlashCustom { file }) = plan.steps().first() {
        let file = file.unwrap_or("pvvx's firmware for this board");
        return Err(
            Failure::new("custom_first", "this firmware can't erase Xiaomi's keys").help(format_args!(
                "Flash {file} with `flash` first, then go back from there."
            )),
        );
    }
    let overridden = options.overrides.reasons().contains(&Reason::WrongHardware);
    if plan.cautions().contains(&Caution::NoKnownStockImage) && !overridden {
        return Err(Failure::new(
            Caution::NoKnownStockImage.name(),
            "no stock image is known to work on this board, and there is no way on from one that doesn't",
        )
        .help(
            "Keep the custom firmware; or name the reason that you know better: --override wrong_hardware.",
        ));
    }
    console.ask(format_args!(
        "Go this way with {label}? It erases Xiaomi's keys and replaces the firmware."
    ))?;

    let kept = keys::back_up(host, reserved, &options.backup, attempts, console).await?;
    if plan.steps().contains(&Step::EraseKeys) {
        let mut connection = host.connect().await?;
        key_flow(&mut connection, KeyGoal::Erase).await?;
        let text = "Xiaomi's keys are erased";
        console.say(
            text,
            &json!({"step": Step::EraseKeys.name(), "had_keys": !kept.is_empty()}),
        );
    }
    transfer::flash(host, &job, attempts, console).await?;
    pair(host, console).await
}

/// Lets the app pair, or tells a person to.
pub(super) async fn pair<H: Host>(host: &mut H, console: &Console) -> Result<(), Failure> {
    match host.pair_in_app().await {
        None => console.say(
            "now pair it in the vendor's app; up to four attempts are normal",
            &json!({"step": "pair"}),
        ),
        Some(result) => {
            result?;
            console.say(
                "the vendor's app pairs it, without -29",
                &json!({"step": "pair", "paired": true}),
            );
        }
    }
    Ok(())
}

fn way(report: &Report, job: &Job<'_>) -> Plan {
    let state = State {
        payload_length: Some(job.payload_length()),
        ..State::from(report)
    };
    plan(&state, Goal::Stock)
}

fn show(plan: &Plan, console: &Console) {
    let mut lines = Vec::new();
    for (number, step) in plan.steps().iter().enumerate() {
        lines.push(format!("  {}. {:<20} {}", number + 1, step.name(), step.why()));
    }
    for caution in plan.cautions() {
        lines.push(format!(
            "  mind: {}  {}",
            caution.name(),
            caution.help().unwrap_or_default()
        ));
    }
    let steps: Vec<Value> = plan
        .steps()
        .iter()
        .map(|step| json!({"step": step.name(), "why": step.why()}))
        .collect();
    let cautions: Vec<&str> = plan.cautions().iter().map(|caution| caution.name()).collect();
    console.say(lines.join("\n"), &json!({"plan": steps, "cautions": cautions}));
}
