//! Lists devices and bind keys. Secrets are shown only where they are asked for.

use std::time::Duration;

use indicatif::ProgressBar;
use serde_json::{Value, json};
use xiaomi_cloud::api::{BeaconKey, BindKeyAnswer, NoBindKey};
use xiaomi_cloud::{Device, DeviceToken, MergedDevice, Region};

use crate::Context;
use crate::failure::Failure;
use crate::store::{Generator, regions};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Ask only this region; may be repeated, and the first one named wins where several have a device
    #[arg(long, value_name = "REGION")]
    region: Vec<Region>,
    /// Show tokens and keys
    #[arg(long)]
    secrets: bool,
}

type Client = xiaomi_cloud::transport::Client<Generator>;

/// All devices, merged.
pub(crate) async fn all(
    context: &Context,
    client: &mut Client,
    named: &[Region],
) -> Result<Vec<MergedDevice>, Failure> {
    let progress = ProgressBar::new_spinner().with_message("asking the regions");
    progress.enable_steady_tick(Duration::from_millis(100));
    let listing = client.devices(&regions(named)).await;
    progress.finish_and_clear();
    for (region, error) in &listing.failures {
        context.output.note(format_args!(
            "{region}: {error}. {}",
            error.help().unwrap_or_default()
        ));
    }
    if let (true, Some((_, error))) = (listing.devices.is_empty(), listing.failures.first()) {
        return Err(Failure::new(error).help_of(error.help()));
    }
    if listing.skipped > 0 {
        context
            .output
            .note(format_args!("{} records have no id", listing.skipped));
    }
    Ok(listing.merged(named))
}

pub(crate) async fn list(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let mut client = context.store.client(context)?;
    let merged = all(context, &mut client, &arguments.region).await?;
    context.store.keep(&mut client)?;
    for device in &merged {
        context
            .output
            .line(row(device, arguments.secrets), &record(device, arguments.secrets));
    }
    if merged.is_empty() {
        context
            .output
            .note("No devices. Is it the account that has them in the app?");
    }
    Ok(())
}

fn row(merged: &MergedDevice, secrets: bool) -> String {
    let device = &merged.device;
    let mut row = format!(
        "{:<3} {:<22} {:<20} {:<26} {:<15} {}",
        device.region.name(),
        device.did,
        device.name.as_deref().unwrap_or("-"),
        device.model.as_deref().unwrap_or("-"),
        device.local_ip.as_deref().unwrap_or("-"),
        shown(device.token.as_ref(), secrets),
    );
    if let Some(room) = &device.room {
        row.push_str(&format!("  {room}"));
    }
    if merged.has_conflict() {
        let others: Vec<String> = merged
            .alternatives
            .iter()
            .map(|(region, token)| format!("{region} {}", shown(Some(token), secrets)))
            .collect();
        row.push_str(&format!(
            "  other tokens: {} (this one: {:?})",
            others.join(", "),
            merged.reason
        ));
    }
    row
}

fn record(merged: &MergedDevice, secrets: bool) -> Value {
    let device = &merged.device;
    let hex = |token: &DeviceToken| {
        if secrets {
            json!(token.to_hex().as_str())
        } else {
            json!("hidden")
        }
    };
    let alternatives: Vec<Value> = merged
        .alternatives
        .iter()
        .map(|(region, token)| json!({"region": region.name(), "token": hex(token)}))
        .collect();
    json!({
        "did": device.did, "name": device.name, "model": device.model, "region": device.region.name(),
        "token": device.token.as_ref().map(hex), "mac": device.mac.map(|mac| mac.to_string()),
        "address": device.local_ip, "online": device.online, "parent": device.parent_did, "home": device.home,
        "room": device.room, "shared": device.shared, "firmware": device.fw_version,
        "connection": device.connect_type.and_then(xiaomi_cloud::ConnectType::name),
        "product_id": device.product_id, "alternatives": alternatives,
    })
}

fn shown(token: Option<&DeviceToken>, secrets: bool) -> String {
    match token {
        None => "no token".into(),
        Some(token) if secrets => token.to_hex().to_string(),
        Some(token) => format!("token of {} bytes", token.expose().len()),
    }
}

pub(crate) async fn keys(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let mut client = context.store.client(context)?;
    let devices: Vec<Device> = all(context, &mut client, &arguments.region)
        .await?
        .into_iter()
        .map(|merged| merged.device)
        .filter(Device::needs_bind_key)
        .collect();
    let calls: Vec<(Region, BeaconKey)> = devices
        .iter()
        .map(|device| {
            (
                device.region,
                BeaconKey {
                    did: device.did.clone(),
                },
            )
        })
        .collect();
    let outcomes = client.calls(&calls).await;
    context.store.keep(&mut client)?;
    for (device, outcome) in devices.iter().zip(outcomes) {
        let (kind, key, help) = match &outcome {
            Ok(answer) => {
                let (kind, key) = match answer {
                    BindKeyAnswer::Key(key) => ("key of 16 bytes", Some(key.to_hex())),
                    BindKeyAnswer::Short(key) => ("key of 12 bytes", Some(key.to_hex())),
                    BindKeyAnswer::None(NoBindKey::AllFf) => ("no key (all FF)", None),
                    BindKeyAnswer::None(_) => ("no key", None),
                };
                (kind.to_owned(), key, answer.help())
            }
            Err(error) => (error.to_string(), None, error.help()),
        };
        let key = key.map(|key| {
            if arguments.secrets {
                key.to_string()
            } else {
                "hidden".to_owned()
            }
        });
        let mac = device.mac.map(|mac| mac.to_string());
        context.output.line(
            format_args!(
                "{:<22} {:<20} {:<17} {} {}",
                device.did,
                device.name.as_deref().unwrap_or("-"),
                mac.as_deref().unwrap_or("-"),
                key.as_deref().filter(|_| arguments.secrets).unwrap_or(&kind),
                help.map(|help| format!("| {help}")).unwrap_or_default(),
            ),
            &json!({
                "did": device.did, "name": device.name, "mac": mac, "model": device.model,
                "product_id": device.product_id, "kind": kind, "key": key, "help": help,
            }),
        );
    }
    if devices.is_empty() {
        context.output.note("No Bluetooth devices.");
    }
    Ok(())
}
