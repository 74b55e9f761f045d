//! Helps with OpenBeken devices: says why one doesn't join the Wi-Fi, sends a password so that it arrives whole, reads
//! and edits configuration backups, checks firmware before it is sent, asks and commands devices, and simulates one.
//!
//! Without arguments it explains a bundled log: a BL602 at a router with WPA2 and WPA3.

/// Prints a line. Nobody who reads it any more is no failure: `openbeken .. | head`.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}

mod backup;
mod client;
mod diagnosis;
mod failure;
mod provisioning;
mod simulate;
mod update;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use openbeken::http::Credentials;

use self::failure::Failure;

#[derive(Debug, Parser)]
#[command(name = "openbeken", about = "Helps with devices that run OpenBeken")]
struct Arguments {
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    /// Without one: `diagnose` of a bundled log
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says from a serial log why a module doesn't join the Wi-Fi
    Diagnose {
        /// The log, `-` for standard input; without one the bundled log of a BL602 at a FRITZ!Box 7560
        log: Option<PathBuf>,
        /// How many bytes the right password has, to tell whether the module has another
        #[arg(long, value_name = "BYTES")]
        password_length: Option<usize>,
    },
    /// Plans how name and password of a network get into a device whole, and sends them if a device is given
    Provision(Provision),
    /// Reads and edits a configuration backup
    #[command(subcommand)]
    Config(backup::Command),
    /// Says whether a firmware file may be sent to a chip over the air, or every reason why not
    CheckOta {
        /// `chipset` of the device's api/info: BK7231N, BK7231T, BL602
        chip: String,
        /// The file, with the name that it had where it came from
        file: PathBuf,
        /// Size of the device's file system in bytes (`lfs_size` of its configuration)
        #[arg(long, value_name = "BYTES")]
        lfs_size: Option<u32>,
    },
    /// Asks a device what it is and how it does
    Status {
        #[command(flatten)]
        device: Device,
    },
    /// Runs a command on a device
    Cmd {
        #[command(flatten)]
        device: Device,
        /// The command and its arguments: POWER TOGGLE
        #[arg(required = true, trailing_var_arg = true)]
        words: Vec<String>,
    },
    /// Plays a plug, so that the other commands have something to talk to
    Simulate {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8080")]
        address: String,
        /// Its name
        #[arg(long, default_value = "plug")]
        name: String,
        /// Play a lamp instead
        #[arg(long)]
        lamp: bool,
        /// The password of its pages, 5 to 32 bytes
        #[arg(long, env = "OPENBEKEN_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        /// Stop after so many seconds
        #[arg(long)]
        seconds: Option<u64>,
    },
}

#[derive(Debug, Args)]
struct Device {
    /// Its address: 192.168.1.20, http://plug.local, 127.0.0.1:8080
    url: String,
    /// The password of its pages
    #[arg(long, env = "OPENBEKEN_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Seconds to wait for it
    #[arg(long, default_value_t = 10.0)]
    timeout: f64,
}

#[derive(Debug, Args)]
struct Provision {
    /// The network's name
    ssid: String,
    /// The network's password; better in the environment, where others don't see it
    #[arg(
        long = "wifi-password",
        env = "WIFI_PASSWORD",
        hide_env_values = true,
        conflicts_with = "open"
    )]
    wifi_password: Option<String>,
    /// The network has no password
    #[arg(long)]
    open: bool,
    /// Send the plan to this device: 192.168.4.1 while it is an access point
    #[arg(long, value_name = "URL")]
    device: Option<String>,
    /// The password of the device's pages, which is kept
    #[arg(long, env = "OPENBEKEN_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Seconds to wait for it
    #[arg(long, default_value_t = 10.0)]
    timeout: f64,
    /// Print requests with the password in them
    #[arg(long)]
    show: bool,
}

impl Device {
    fn client(&self) -> Result<client::Client, Failure> {
        let credentials = self.password.as_deref().map(Credentials::new);
        client::Client::new(&self.url, credentials, seconds(self.timeout)?)
    }
}

/// What the program does with the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            failure.print(arguments.json);
            ExitCode::from(2)
        }
    }
}

/// Whether all is well: `false` is an answer of "no", not a failure.
fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let json = arguments.json;
    match &arguments.command {
        None => diagnosis::run(None, None, json),
        Some(Command::Diagnose { log, password_length }) => {
            diagnosis::run(log.as_deref(), *password_length, json)
        }
        Some(Command::Provision(provision)) => provisioning::run(provision, json),
        Some(Command::Config(command)) => backup::run(command, json),
        Some(Command::CheckOta { chip, file, lfs_size }) => update::run(chip, file, *lfs_size, json),
        Some(Command::Status { device }) => client::status(&device.client()?, json),
        Some(Command::Cmd { device, words }) => client::command(&device.client()?, &words.join(" "), json),
        Some(Command::Simulate {
            address,
            name,
            lamp,
            password,
            seconds,
        }) => simulate::run(
            address,
            name,
            *lamp,
            password.as_deref(),
            seconds.map(Duration::from_secs),
            json,
        ),
    }
}

fn seconds(number: f64) -> Result<Duration, Failure> {
    Duration::try_from_secs_f64(number)
        .ok()
        .filter(|time| !time.is_zero() && *time <= Duration::from_secs(3600))
        .ok_or_else(|| Failure::new(format!("{number} is no time to wait"), "Give seconds: 10, 0.5."))
}

/// Reads a file, or standard input for `-`; no more than this program can use.
fn read(path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read;

    let failed = |error: std::io::Error| {
        Failure::new(
            format!("{}: {error}", path.display()),
            "Give a file that exists and can be read, or `-`.",
        )
    };
    let mut bytes = Vec::new();
    let limit = LARGEST + 1;
    if path.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(failed)?;
    }
    if bytes.len() as u64 == limit {
        let help = "Give the part of it that matters: the last minutes of a log, one flash chip's dump.";
        return Err(Failure::new(
            format!("{}: more than {LARGEST} bytes", path.display()),
            help,
        ));
    }
    Ok(bytes)
}

const LARGEST: u64 = 256 * 1024 * 1024;
