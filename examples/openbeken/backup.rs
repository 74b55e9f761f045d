//! `config`: configuration backups.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use openbeken::Platform;
use openbeken::channel_type::ChannelType;
use openbeken::config::{CharKind, Config, ConfigError, Layout, TextField};
use openbeken::flags::FLAGS;
use openbeken::pin_role::PinRole;
use serde_json::{Map, Value, json};

use super::failure::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Prints what is in it; passwords are hidden
    Show {
        #[command(flatten)]
        block: Block,
        /// Print passwords too
        #[arg(long)]
        show: bool,
    },
    /// Changes fields and writes it with the right checksum, old passwords' remains cleared
    Set {
        #[command(flatten)]
        block: Block,
        /// `wifi_ssid=Home`, `mqtt_port=1883`, `flag.10=1`, `pin.6=Rel,1`, `channel_type.2=Temperature_div10`,
        /// `start_value.1=-1`; texts have the names that `show` prints
        #[arg(required = true, value_name = "FIELD=VALUE")]
        changes: Vec<String>,
        /// Where to write it
        #[arg(long, short)]
        output: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct Block {
    /// 3584 bytes, or the hex digits that `api/flash` answers with
    file: PathBuf,
    /// The chip it is from; guessed from its names if absent
    #[arg(long)]
    chip: Option<String>,
}

pub(super) fn run(command: &Command, as_json: bool) -> Result<bool, Failure> {
    match command {
        Command::Show { block, show } => {
            let (config, guessed) = load(block)?;
            let found = describe(&config, *show);
            if as_json {
                say!("{found}");
            } else {
                print(&config, &found, guessed);
            }
            Ok(config.checksum().is_valid())
        }
        Command::Set {
            block,
            changes,
            output,
        } => {
            let (mut config, _) = load(block)?;
            let kind = char_kind(block, &config)?;
            for change in changes {
                apply(&mut config, change)?;
            }
            let bytes = config.encode(kind);
            std::fs::write(output, &bytes).map_err(|error| {
                Failure::new(
                    format!("{}: {error}", output.display()),
                    "Give a folder that can be written to.",
                )
            })?;
            if as_json {
                say!(
                    "{}",
                    json!({ "written": output.display().to_string(), "bytes": bytes.len() })
                );
            } else {
                say!("{} bytes written to {}", bytes.len(), output.display());
            }
            Ok(true)
        }
    }
}

/// The block, and whether its layout was guessed.
fn load(block: &Block) -> Result<(Config, bool), Failure> {
    let bytes = from_hex(super::read(&block.file)?);
    let (layout, guessed) = match platform(block)? {
        Some(row) => (row.layout.unwrap_or(Layout::D), false),
        None => (Config::guess_layout(&bytes).unwrap_or(Layout::D), true),
    };
    let config = Config::parse(&bytes, layout).map_err(|error| of(&error))?;
    Ok((config, guessed))
}

fn platform(block: &Block) -> Result<Option<&'static Platform>, Failure> {
    let Some(chip) = &block.chip else { return Ok(None) };
    let help = "Take the name from `chipset` of the device's api/info: BK7231N, BL602.";
    Platform::of(chip)
        .map(Some)
        .ok_or_else(|| Failure::new(format!("the chip {chip} is unknown"), help))
}

/// The kind that the original had, else the chip's.
fn char_kind(block: &Block, config: &Config) -> Result<CharKind, Failure> {
    let of_chip = platform(block)?.and_then(|row| row.char_kind);
    config.checksum().char_kind().or(of_chip).ok_or_else(|| {
        Failure::new(
            "the checksum doesn't tell which kind of chip it is from",
            "Give --chip.",
        )
    })
}

fn of(error: &ConfigError) -> Failure {
    Failure::of(error, error.help())
}

/// Digits instead of bytes, if it is nothing else.
fn from_hex(bytes: Vec<u8>) -> Vec<u8> {
    let digits: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return bytes;
    }
    base16ct::mixed::decode_vec(&digits).unwrap_or(bytes)
}

fn describe(config: &Config, show: bool) -> Value {
    let checksum = config.checksum();
    let mut found = Map::new();
    found.insert("version".into(), config.version().into());
    found.insert("layout".into(), config.layout().name().into());
    found.insert("checksum_valid".into(), checksum.is_valid().into());
    found.insert("leftover_bytes".into(), config.leftovers().into());
    for field in TextField::ALL {
        let Some(text) = config.text(field) else { continue };
        let value = if field.is_secret() && !show && !text.is_empty() {
            format!("*** ({} bytes)", text.len())
        } else {
            String::from_utf8_lossy(text).into_owned()
        };
        found.insert(field.name().into(), value.into());
    }
    found.insert("mqtt_port".into(), config.mqtt_port().into());
    found.insert(
        "mac".into(),
        config.mac().map(|byte| format!("{byte:02x}")).concat().into(),
    );
    let flags: Vec<&str> = FLAGS
        .iter()
        .filter(|flag| flag.is_set(config.flags()))
        .map(|flag| flag.name)
        .collect();
    found.insert("flags".into(), flags.into());
    let pins: Vec<Value> = config
        .pins()
        .map(|pin| {
            let role = pin
                .role()
                .map_or_else(|| pin.role.to_string(), |role| role.name.into());
            json!({ "pin": pin.pin, "role": role, "channel": pin.channel, "channel2": pin.channel2 })
        })
        .collect();
    found.insert("pins".into(), pins.into());
    let types: Map<String, Value> = (0..64)
        .filter_map(|channel| {
            let kind = config.channel_type(channel).filter(|kind| *kind != 0)?;
            let name = ChannelType::of(kind).map_or_else(|| kind.to_string(), |row| row.name.into());
            Some((channel.to_string(), name.into()))
        })
        .collect();
    found.insert("channel_types".into(), types.into());
    found.insert("lfs_size".into(), config.lfs_size().into());
    found.into()
}

fn print(config: &Config, found: &Value, guessed: bool) {
    for (name, value) in found.as_object().into_iter().flatten() {
        let shown = value.as_str().map_or_else(|| value.to_string(), String::from);
        if !shown.is_empty() && shown != "[]" && shown != "{}" {
            say!("{name:<18} {shown}");
        }
    }
    if !config.checksum().is_valid() {
        say!("warning: the checksum is wrong; the device would drop this and start with its defaults");
    }
    if config.leftovers() > 0 {
        say!(
            "warning: remains of {} bytes of older, longer texts, perhaps passwords, are in it",
            config.leftovers()
        );
        say!("  help: `config set` clears them; don't pass this file on");
    }
    if guessed && !config.is_plausible() {
        say!("warning: the layout was guessed, and what it shows is not plausible");
        say!("  help: give --chip");
    }
}

fn apply(config: &mut Config, change: &str) -> Result<(), Failure> {
    let help = "Write FIELD=VALUE, with a name that `config show` prints.";
    let (name, value) = change
        .split_once('=')
        .ok_or_else(|| Failure::new(format!("`{change}` has no `=`"), help))?;
    if let Some(field) = TextField::named(name) {
        return config
            .set_text(field, value.as_bytes())
            .map_err(|error| of(&error));
    }
    let number = |text: &str| {
        text.trim()
            .parse::<i64>()
            .map_err(|_| Failure::new(format!("{name}: `{text}` is no number"), help))
    };
    let fits = |number: i64| {
        Failure::new(
            format!("{name}: {number} doesn't fit"),
            "Give a number in the field's range.",
        )
    };
    let byte = |number: i64| u8::try_from(number).map_err(|_| fits(number));
    match name.split_once('.') {
        None if name == "mqtt_port" => {
            let port = number(value)?;
            config.set_mqtt_port(u16::try_from(port).map_err(|_| fits(port))?);
        }
        Some(("flag", bit)) => {
            let bit = byte(number(bit)?)?;
            if bit > 63 {
                return Err(fits(bit.into()));
            }
            let mask = 1 << bit;
            let flags = config.flags();
            config.set_flags(if number(value)? == 0 {
                flags & !mask
            } else {
                flags | mask
            });
        }
        Some(("pin", pin)) => {
            let mut parts = value.split(',');
            let role = parts.next().unwrap_or_default();
            let role = match PinRole::named(role) {
                Some(row) => row.id,
                None => byte(number(role)?)?,
            };
            let channel = parts.next().map_or(Ok(0), |part| byte(number(part)?))?;
            let second = parts.next().map_or(Ok(0), |part| byte(number(part)?))?;
            config
                .set_pin(byte(number(pin)?)?, role, channel, second)
                .map_err(|error| of(&error))?;
        }
        Some(("channel_type", channel)) => {
            let kind = match ChannelType::named(value) {
                Some(row) => row.id,
                None => byte(number(value)?)?,
            };
            config
                .set_channel_type(byte(number(channel)?)?, kind)
                .map_err(|error| of(&error))?;
        }
        Some(("start_value", channel)) => {
            let start = number(value)?;
            let start = i16::try_from(start).map_err(|_| fits(start))?;
            config
                .set_start_value(byte(number(channel)?)?, start)
                .map_err(|error| of(&error))?;
        }
        _ => return Err(Failure::new(format!("there is no field {name}"), help)),
    }
    Ok(())
}
