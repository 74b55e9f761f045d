//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Parser, ValueEnum};
use macaddr::MacAddr6;
use mibeacon::{Format, Outcome, Policy};

use super::capture::Kind;

/// Prints what Bluetooth advertisements of Xiaomi's devices and of custom firmware say.
///
/// Reads captures: JSON lines, btsnoop logs of Android and BlueZ, pcap and pcapng with HCI or sniffer packets. Decodes
/// MiBeacon, atc1441, pvvx, BTHome, Mi Scale, Qingping and HHCC adverts, decrypts those of devices whose key is given,
/// and ends with a summary that says what could not be decoded, why, and what to do about it.
#[derive(Debug, Parser)]
#[command(name = "adverts", version, max_term_width = 110, after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Captures, read one after the other; `-` is the standard input. Without any, a bundled capture of real adverts
    #[arg(value_name = "CAPTURE")]
    pub(super) captures: Vec<PathBuf>,

    /// Bind keys, a TOML file with lines like "A4:C1:38:01:02:03" = "00112233445566778899aabbccddeeff"
    #[arg(short, long, value_name = "FILE")]
    pub(super) keys: Option<PathBuf>,

    /// What to do about counters that go back and plain packets of devices with a key
    #[arg(short, long, value_enum, value_name = "POLICY", default_value = "lenient")]
    pub(super) policy: PolicyName,

    /// Only this device; can be given several times, as all filters
    #[arg(short, long, value_name = "ADDRESS")]
    pub(super) address: Vec<MacAddr6>,

    /// Only this format
    #[arg(short, long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(Format::ALL.iter().map(|format| format.name())))]
    pub(super) format: Vec<String>,

    /// Only reports with this outcome
    #[arg(short, long, value_name = "OUTCOME", value_parser = PossibleValuesParser::new(Outcome::NAMES))]
    pub(super) outcome: Vec<String>,

    /// Print repeats in the table too: duplicates, and what a device has said before without new readings
    #[arg(long)]
    pub(super) all: bool,

    /// Print a JSON object a report instead of a table, repeats too; the summary goes to the standard error
    #[arg(short, long)]
    pub(super) json: bool,

    /// With --json, print the summary as a last object, {"summary": ...}
    #[arg(long, requires = "json", conflicts_with = "quiet")]
    pub(super) summary: bool,

    /// Print no summary
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// The format of the captures, if their first bytes don't tell
    #[arg(short, long, value_enum, value_name = "KIND")]
    pub(super) capture: Option<Kind>,

    /// Colours; `auto` is for terminals, unless NO_COLOR is set
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
}

/// When to print colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether to print colours to the standard output.
    pub(super) fn is_on(self) -> bool {
        match self {
            Self::Auto => anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// The names of [`Policy`].
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum PolicyName {
    /// Refuse them
    Strict,
    /// Take a counter that goes far back for a device that restarted
    Lenient,
    /// Accept everything, repeats too
    Off,
}

impl From<PolicyName> for Policy {
    fn from(name: PolicyName) -> Self {
        match name {
            PolicyName::Strict => Self::Strict,
            PolicyName::Lenient => Self::Lenient,
            PolicyName::Off => Self::Off,
        }
    }
}

const AFTER_HELP: &str = "\
Examples:
  adverts                                             readings of real devices, bundled with the program
  adverts --keys keys.toml btsnoop_hci.log            a log of Android's developer option
  tcpdump -i bluetooth-monitor -U -w - | adverts -    live, on Linux
  adverts --json capture.pcapng | jq .readings        for other programs

Exit status: 0 if everything was read, 1 if a capture or a part of it could not be read, 2 if the arguments or the key
file are wrong. Devices that could not be decoded don't change it.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
