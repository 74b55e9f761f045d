//! Backs up, erases and restores Xiaomi's keys.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use telink_ota::command::keys::MiKeys;
use telink_ota::flow::{KeyEvent, KeyFlow, KeyGoal};
use telink_ota::identify::Kind;
use telink_ota::transport::drive;

use super::arguments::KeysCommand;
use super::console::Console;
use super::failure::Failure;
use super::host::{Connection, Host, survey};
use super::keyfile::{self, Keys, Reserved};

pub(super) async fn run<H: Host>(
    host: &mut H,
    command: &KeysCommand,
    console: &Console,
) -> Result<(), Failure> {
    match command {
        KeysCommand::Backup { file } => {
            let reserved = Reserved::new(file)?;
            back_up(host, reserved, file, 3, console).await.map(drop)
        }
        KeysCommand::Erase { file } => {
            let reserved = Reserved::new(file)?;
            console.ask("Erase Xiaomi's keys? They come back from the backup only.")?;
            // On the disk before anything is erased.
            back_up(host, reserved, file, 3, console).await?;
            let mut connection = connect_to_pvvx(host).await?;
            key_flow(&mut connection, KeyGoal::Erase).await?;
            console.say("Xiaomi's keys are erased", &json!({"erased": true}));
            Ok(())
        }
        KeysCommand::Restore { file } => {
            let keys = keyfile::read(file)?.to_mi_keys()?;
            let mut connection = connect_to_pvvx(host).await?;
            let label = connection.advertised().label();
            console.ask(format_args!("Write the keys of {} to {label}?", file.display()))?;
            let restored = key_flow(&mut connection, KeyGoal::Restore(keys)).await?;
            let did = restored.did.map(|did| did.to_string());
            console.say(
                format_args!(
                    "{label} has token, bind key and the id {} again",
                    did.as_deref().unwrap_or("none")
                ),
                &json!({"restored": label, "did": did}),
            );
            Ok(())
        }
    }
}

/// Reads all keys and writes them to a file; comes back when they are on the disk.
pub(super) async fn back_up<H: Host>(
    host: &mut H,
    reserved: Reserved,
    file: &Path,
    attempts: u32,
    console: &Console,
) -> Result<MiKeys, Failure> {
    let mut attempt = 1;
    let (keys, address) = loop {
        let result = match connect_to_pvvx(host).await {
            Ok(mut connection) => {
                let address = connection.advertised().address;
                key_flow(&mut connection, KeyGoal::BackUp)
                    .await
                    .map(|keys| (keys, address))
            }
            Err(failure) => Err(failure),
        };
        match result {
            Err(failure) if failure.is_of_the_link && attempt < attempts => {
                attempt += 1;
                console.note(format_args!(
                    "  {}: attempt {attempt} of {attempts}",
                    failure.cause
                ));
                host.pause(Duration::from_secs(3)).await;
            }
            result => break result?,
        }
    };
    reserved.write(&Keys::of_backup(address, &keys)?)?;
    let file = file.display().to_string();
    let did = keys.did.map(|did| did.to_string());
    let invented = keys.did.is_some_and(|did| did.is_invented());
    let has = |there: bool| if there { "yes" } else { "none" };
    let text = format!(
        "backed up to {file}: id {}{}, token and bind key: {}, deleted records: {}",
        did.as_deref().unwrap_or("none"),
        if invented { " (invented)" } else { "" },
        has(keys.token.is_some() && keys.bind_key.is_some()),
        keys.deleted.len(),
    );
    let value = json!({
        "backup": file, "did": did, "invented": invented, "token": keys.token.is_some(),
        "bind_key": keys.bind_key.is_some(), "deleted": keys.deleted.len(), "dropped": keys.dropped,
    });
    console.say(text, &value);
    Ok(keys)
}

/// Runs a flow to its end.
pub(super) async fn key_flow<C: Connection>(connection: &mut C, goal: KeyGoal) -> Result<MiKeys, Failure> {
    let mut flow = KeyFlow::new(goal)?;
    let mut end = None;
    drive(connection, &mut flow, |event| end = Some(event)).await;
    match end {
        Some(KeyEvent::Keys(keys) | KeyEvent::Erased(keys) | KeyEvent::Restored(keys)) => Ok(keys),
        Some(KeyEvent::Failed(error)) => Err(error.into()),
        _ => Err(Failure::new("no_end", "the conversation ended without a result")),
    }
}

/// A connection to a device that has pvvx's commands.
pub(super) async fn connect_to_pvvx<H: Host>(host: &mut H) -> Result<H::Connection<'_>, Failure> {
    let mut connection = host.connect().await?;
    let kind = survey(&mut connection).await?.device.kind;
    if kind == Kind::Pvvx {
        return Ok(connection);
    }
    Err(Failure::new(
        "not_pvvx",
        format_args!("{} hasn't the commands of pvvx's firmware", kind.name()),
    )
    .help("Flash pvvx's firmware first."))
}
