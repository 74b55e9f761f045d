//! Shows and changes the settings of pvvx's firmware.

use jiff::Zoned;
use serde_json::{Map, Value as Json, json};
use telink_ota::command::{Command, Config, Context, Notification, Setting, Value};
use telink_ota::flow::{Exchange, ExchangeEvent};
use telink_ota::transport::drive;

use super::arguments::{ConfigCommand, SetArguments};
use super::console::Console;
use super::failure::Failure;
use super::host::{Connection, Host, survey};
use super::keyfile;
use super::keys::connect_to_pvvx;

pub(super) async fn run<H: Host>(
    host: &mut H,
    command: &ConfigCommand,
    console: &Console,
) -> Result<(), Failure> {
    let mut connection = connect_to_pvvx(host).await?;
    // By a read: to ask for it by command would write the device's flash.
    let report = survey(&mut connection).await?;
    let config = report.config.ok_or_else(|| {
        Failure::new("config", "the device's config can't be read").help("Update its firmware first.")
    })?;
    match command {
        ConfigCommand::Show => {
            show(&config, console);
            Ok(())
        }
        ConfigCommand::Set(arguments) => set(&mut connection, config, arguments, console).await,
    }
}

fn show(config: &Config, console: &Console) {
    let mut lines = vec![format!("config of version {}", config.version())];
    let mut object = Map::new();
    for (setting, value) in config.settings() {
        lines.push(format!("  {:<24} {value}", setting.name()));
        object.insert(setting.name().into(), to_json(&value));
    }
    console.say(
        lines.join("\n"),
        &json!({"version": config.version().to_string(), "config": object}),
    );
}

async fn set<C: Connection>(
    connection: &mut C,
    mut config: Config,
    arguments: &SetArguments,
    console: &Console,
) -> Result<(), Failure> {
    // Everything is understood before anything is written.
    let wishes = arguments
        .settings
        .iter()
        .map(|wish| parse(wish))
        .collect::<Result<Vec<_>, _>>()?;
    let key = match &arguments.bind_key_from {
        None => None,
        Some(path) => match keyfile::read(path)?.bind_key {
            Some(key) => Some(telink_ota::BindKey::from(*key.expose())),
            None => {
                return Err(Failure::new(
                    "no_bind_key",
                    format_args!("{} has no bind key", path.display()),
                ));
            }
        },
    };
    let before = config;
    for (setting, value) in &wishes {
        config.set(*setting, *value)?;
    }
    let mut changes: Vec<String> = Vec::new();
    for (setting, value) in config.settings() {
        match before.value(setting) {
            Some(old) if old != value => changes.push(format!("{} {old} -> {value}", setting.name())),
            _ => {}
        }
    }
    changes.extend(
        arguments
            .defaults
            .then(|| "everything else to its default".into()),
    );
    changes.extend(key.as_ref().map(|_| "the bind key of adverts".into()));
    changes.extend(arguments.name.as_ref().map(|name| format!("the name to {name}")));
    changes.extend(arguments.time.then(|| "the clock".into()));
    if changes.is_empty() {
        console.say("nothing to change", &json!({"changed": []}));
        return Ok(());
    }
    let label = connection.advertised().label();
    console.ask(format_args!("Change on {label}: {}?", changes.join(", ")))?;

    let context = Context {
        version: config.version(),
        variant: config.variant(),
        ..Context::default()
    };
    if arguments.defaults {
        config = match exchange(connection, &Command::DefaultConfig, &context, stored_config).await? {
            Some(config) => config,
            None => return Err(not_stored("the defaults")),
        };
        for (setting, value) in &wishes {
            config.set(*setting, *value)?;
        }
    }
    if !wishes.is_empty() {
        let command = Command::SetConfig(config);
        let stored = exchange(connection, &command, &context, stored_config).await?;
        if stored.is_none_or(|stored| {
            wishes
                .iter()
                .any(|&(setting, _)| stored.value(setting) != config.value(setting))
        }) {
            return Err(not_stored("the config"));
        }
    }
    if let Some(key) = &key {
        let is_stored = |answer: &Notification<'_>| matches!(answer, Notification::BindKey(Some(found)) if *found == *key);
        if !exchange(connection, &Command::SetBindKey(key), &context, is_stored).await? {
            return Err(not_stored("the bind key"));
        }
    }
    if let Some(name) = &arguments.name {
        let is_stored =
            |answer: &Notification<'_>| matches!(answer, Notification::Name(found) if *found == name);
        if !exchange(connection, &Command::SetName(name), &context, is_stored).await? {
            return Err(not_stored("the name"));
        }
    }
    if arguments.time {
        let command = Command::SetTime(local_time());
        exchange(connection, &command, &context, |_| ()).await?;
    }
    console.say(
        format_args!("changed on {label}: {}", changes.join(", ")),
        &json!({"changed": changes}),
    );
    Ok(())
}

/// One command, and what its answer says.
async fn exchange<C: Connection, T>(
    connection: &mut C,
    command: &Command<'_>,
    context: &Context,
    read: impl FnOnce(&Notification<'_>) -> T,
) -> Result<T, Failure> {
    let mut exchange = Exchange::new(command)?;
    let mut failed = None;
    drive(connection, &mut exchange, |event| {
        if let ExchangeEvent::Failed(error) = event {
            failed = Some(error);
        }
    })
    .await;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(read(&exchange.answer(context)?)),
    }
}

fn stored_config(answer: &Notification<'_>) -> Option<Config> {
    match answer {
        Notification::Config(config) => Some(*config),
        _ => None,
    }
}

fn not_stored(what: &str) -> Failure {
    Failure::new(
        "not_stored",
        format_args!("the device reports another value for {what} than was written"),
    )
    .help("Put in a fresh battery, and try again.")
}

/// `NAME=VALUE`.
fn parse(wish: &str) -> Result<(Setting, Value), Failure> {
    let help = "Write NAME=VALUE, such as encrypted=on; `config show` lists names and values.";
    let (name, value) = wish
        .split_once('=')
        .ok_or_else(|| Failure::new("setting", format_args!("`{wish}` isn't NAME=VALUE")).help(help))?;
    let setting = Setting::of(name)
        .ok_or_else(|| Failure::new("setting", format_args!("no setting `{name}`")).help(help))?;
    let value = value
        .parse()
        .map_err(|error| Failure::new("setting", format_args!("{name}: `{value}`: {error}")).help(help))?;
    Ok((setting, value))
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Flag(on) => json!(on),
        Value::Number(number) => json!(number.to_f64()),
        other => json!(other.to_string()),
    }
}

/// What clocks show, in seconds since 1970: the device knows no time zones.
fn local_time() -> u32 {
    let now = Zoned::now();
    let seconds = now.timestamp().as_second() + i64::from(now.offset().seconds());
    u32::try_from(seconds).unwrap_or_default()
}
