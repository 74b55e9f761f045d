//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use telink_ota::diagnose::Symptom;
use telink_ota::preflight::Reason;

use super::failure::Failure;
use super::keyfile::{self, Keys};
use super::simulation::Model;

/// Takes a Xiaomi thermometer from stock to custom firmware and back over Bluetooth.
///
/// Without a command: a tour with a simulated thermometer, all the way and back.
#[derive(Debug, Parser)]
#[command(name = "flash", version, max_term_width = 110, after_help = AFTER_HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) device: DeviceArguments,

    /// Print JSON, an object a line
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// Write and erase without asking
    #[arg(short, long, global = true)]
    pub(super) yes: bool,

    /// How often to try when the connection breaks
    #[arg(long, global = true, value_name = "N", default_value_t = 3)]
    pub(super) attempts: u32,

    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Device")]
pub(super) struct DeviceArguments {
    /// A simulated device: LYWSD03MMC or MJWSD05MMC, and after a colon what it runs: 1.0.0_0130, 2.1.1_0159, V5.8,
    /// atc1441. The default, if this program was built without a radio
    #[arg(long, global = true, value_name = "MODEL[:FIRMWARE]")]
    pub(super) simulate: Option<Model>,

    /// Keep the simulated device in this file, from one call to the next
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) memory: Option<PathBuf>,

    /// Simulated: the connection drops once, at this write of a transfer
    #[arg(long, global = true, value_name = "N")]
    pub(super) drop_at: Option<u32>,

    /// Simulated: so many of a thousand notifications get lost
    #[arg(long, global = true, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..1000))]
    pub(super) lost: u16,

    /// The real device: its address or how its name starts
    #[cfg(feature = "btleplug")]
    #[arg(long, global = true, value_name = "ADDRESS|NAME")]
    pub(super) device: Option<String>,
}

impl DeviceArguments {
    /// What to simulate.
    pub(super) fn model(&self) -> Model {
        self.simulate.unwrap_or_default()
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tells what the device is, and what it takes to flash it
    Identify,
    /// Tells what an image file is, for which hardware, and whether it is genuine; needs no device
    Inspect {
        /// The file
        image: PathBuf,
    },
    /// Registers a device with stock firmware: makes a token and a bind key, and takes it away from who had it
    Activate(Activation),
    /// Logs in to stock firmware, to see whether the token is right
    Login {
        #[command(flatten)]
        login: LoginArguments,
    },
    /// Tells whether an image may go onto the device, or every reason why not; writes nothing
    Preflight {
        /// The file; a simulated device has one of its own
        image: Option<PathBuf>,
        #[command(flatten)]
        login: LoginArguments,
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Flashes an image, and proves that it runs
    Flash {
        /// The file; a simulated device has one of its own
        image: Option<PathBuf>,
        #[command(flatten)]
        login: LoginArguments,
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Goes back to stock firmware: backs up Xiaomi's keys, erases them, flashes, and tells how to pair
    Stock(StockArguments),
    /// Xiaomi's keys on a device with custom firmware
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The settings of custom firmware
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Brings the log of custom firmware, the newest record first
    Log(LogArguments),
    /// Tells why something went wrong, and what helps
    Diagnose {
        /// The code that the app shows, such as -29, or one of: activation_hangs, all_segments_lit,
        /// dark_after_signed_stock, dead_after_zigbee, login_fails, not_found, not_registered, old_firmware_returns,
        /// several_attempts, upload_stops, wrong_model. Without one: what the device's state foretells
        #[arg(allow_negative_numbers = true, value_parser = symptom)]
        symptom: Option<Symptom>,
        /// Don't ask the device
        #[arg(long, requires = "symptom")]
        offline: bool,
    },
    /// Lets the vendor's app pair: a simulated one does, with a real device that is your part
    Pair,
    /// Prints what the device advertises, decoded with its bind key
    Listen(ListenArguments),
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct LoginArguments {
    /// The key file of `activate`, with the token
    #[arg(long, value_name = "FILE")]
    pub(super) keys: Option<PathBuf>,
    /// The token, 24 hex digits, from the vendor's cloud; better in the environment, where others don't see it
    #[arg(
        long,
        value_name = "HEX",
        env = "MI_TOKEN",
        hide_env_values = true,
        conflicts_with = "keys"
    )]
    token: Option<String>,
}

impl LoginArguments {
    /// What the key file holds, or the token alone.
    pub(super) fn keys(&self) -> Result<Keys, Failure> {
        match (&self.keys, &self.token) {
            (Some(path), _) => keyfile::read(path),
            (None, Some(token)) => Keys::of_token(token),
            (None, None) => Ok(Keys::default()),
        }
    }
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct Overrides {
    /// Flash despite this reason, by its name; can be given several times
    #[arg(long = "override", value_name = "REASON", value_parser = PossibleValuesParser::new(Reason::ALL.iter().map(|reason| reason.name())))]
    names: Vec<String>,
}

impl Overrides {
    pub(super) fn reasons(&self) -> Vec<Reason> {
        let named = |reason: &Reason| self.names.iter().any(|name| name == reason.name());
        Reason::ALL.into_iter().filter(named).collect()
    }
}

#[derive(Debug, Args)]
pub(super) struct Activation {
    /// Where to write device id, token and bind key; the file must not exist yet
    #[arg(long, value_name = "FILE")]
    pub(super) keys: PathBuf,
    /// The id for a device that has none, from the vendor's cloud
    #[arg(long, value_name = "ID")]
    pub(super) did: Option<mi_auth::Did>,
    /// Invent an id for a device that has none. The vendor's app refuses it later with -29, until `stock` erases it
    #[arg(long, conflicts_with = "did")]
    pub(super) invent_did: bool,
}

#[derive(Debug, Args)]
pub(super) struct StockArguments {
    /// The stock image; a simulated device has one of its own
    pub(super) image: Option<PathBuf>,
    /// Where to back up Xiaomi's keys before they are erased; the file must not exist yet
    #[arg(long, value_name = "FILE")]
    pub(super) backup: PathBuf,
    #[command(flatten)]
    pub(super) overrides: Overrides,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Writes all that the device has of Xiaomi's to a file
    Backup {
        /// The file, which must not exist yet
        file: PathBuf,
    },
    /// Backs up, and then erases
    Erase {
        /// Where the backup goes; the file must not exist yet
        file: PathBuf,
    },
    /// Writes device id, token and bind key of a backup to the device
    Restore {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Prints all settings that the device's version and board have
    Show,
    /// Changes settings: set encrypted=on advertising_interval_ms=5000
    Set(SetArguments),
}

#[derive(Debug, Args)]
pub(super) struct SetArguments {
    /// `config show` lists names and values
    #[arg(value_name = "NAME=VALUE")]
    pub(super) settings: Vec<String>,
    /// Takes the bind key of this key file for encrypted adverts, so that receivers need no new one
    #[arg(long, value_name = "FILE")]
    pub(super) bind_key_from: Option<PathBuf>,
    /// The device's name, up to 18 bytes; the device restarts for it
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Sets the clock to this machine's local time
    #[arg(long)]
    pub(super) time: bool,
    /// Goes back to the defaults first
    #[arg(long)]
    pub(super) defaults: bool,
}

#[derive(Debug, Args)]
pub(super) struct LogArguments {
    /// How many of the newest records; all without it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) last: Option<u16>,
    /// How many of the newest to leave out
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) skip: u16,
}

#[derive(Debug, Args)]
pub(super) struct ListenArguments {
    /// The key file with the bind key
    #[arg(long, value_name = "FILE")]
    pub(super) keys: Option<PathBuf>,
    /// How long
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(super) seconds: u64,
}

fn symptom(text: &str) -> Result<Symptom, String> {
    text.parse::<Symptom>().map_err(|error| match error.help() {
        Some(help) => format!("{error}. {help}"),
        None => error.to_string(),
    })
}

const AFTER_HELP: &str = "\
Examples, on a simulated device that lives in a file:
  flash --memory device.bin identify
  flash --memory device.bin --yes activate --invent-did --keys keys.json
  flash --memory device.bin --yes flash --keys keys.json
  flash --memory device.bin --yes config set advertising_type=pvvx encrypted=on --bind-key-from keys.json
  flash --memory device.bin listen --keys keys.json
  flash --memory device.bin --yes stock --backup backup.json

Keys go to files that only you can read, and never to the screen. Exit status: 0 if all went well, 1 if something
failed or you declined, 2 if the arguments are wrong.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_symptom_is_in_the_help() {
        let mut command = Arguments::command();
        let diagnose = command.find_subcommand_mut("diagnose").expect("a command");
        let help = diagnose.render_long_help().to_string();
        for symptom in Symptom::ALL {
            assert!(help.contains(symptom.name()), "{symptom}");
        }
    }
}
