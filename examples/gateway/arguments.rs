//! What the program is told.

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use xiaomi_gateway_proto::{Config, Decimal, Key, PORT, Ringtone, Sid, Value};

use super::failure::{Failure, Result};
use super::simulate;

/// Talks to Mijia and Lumi gateways on the LAN. Without a command: a tour against a simulated gateway.
#[derive(Debug, Parser)]
#[command(name = "gateway")]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) network: Network,
}

#[derive(Clone, Debug, Args)]
pub(super) struct Network {
    /// This host's address in the gateway's network, or "any": the system chooses
    #[arg(long, global = true, default_value = "any", value_parser = interface)]
    pub(super) interface: Ipv4Addr,
    /// The gateway's address, where multicast doesn't reach it; with a port if it isn't 9898
    #[arg(long, global = true, value_parser = host)]
    pub(super) host: Option<SocketAddrV4>,
    /// Which gateway is meant, where there are several: its sid, or MAC
    #[arg(long, global = true, value_parser = gateway)]
    pub(super) gateway: Option<Sid>,
    /// The KEY from the app, 16 characters; better in the environment
    #[arg(long, global = true, env = "XIAOMI_GATEWAY_KEY", hide_env_values = true)]
    pub(super) key: Option<String>,
    /// Start a simulated gateway in this process and talk to it
    #[arg(long, global = true)]
    pub(super) simulated: bool,
    /// End after so many seconds; by default 30, or never for watch and simulate
    #[arg(long, global = true, value_parser = seconds)]
    seconds: Option<Duration>,
    /// Print JSON, one object a line
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// Which gateways are there?
    Discover,
    /// Which devices do they have, and what do they say?
    Devices,
    /// Prints what happens
    Watch,
    /// All attributes of a device
    Read {
        /// Which
        sid: Sid,
    },
    /// Sets attributes of a device: write 158d00023f3f19 status=on
    Write {
        /// Which
        sid: Sid,
        /// name=value; numbers are sent as numbers, name:=value as text
        #[arg(required = true, value_parser = assignment)]
        values: Vec<(Cow<'static, str>, Value<'static>)>,
    },
    /// The gateway's night light: light ff8000 40, light off
    Light {
        /// RRGGBB, or off
        #[arg(value_parser = colour)]
        colour: Colour,
        /// Percent
        #[arg(default_value_t = 100, value_parser = clap::value_parser!(u8).range(0..=100))]
        brightness: u8,
    },
    /// Plays a sound; without a number lists them
    Ring {
        /// 0-8, 10-13, 20-29, 10001 and up for your own, or stop
        #[arg(value_parser = sound)]
        sound: Option<Sound>,
        /// Percent
        #[arg(value_parser = clap::value_parser!(u8).range(0..=100))]
        volume: Option<u8>,
    },
    /// Opens the gateway for new devices for 30 s, and shows those that come
    Join,
    /// Says what is wrong, and what to do about it
    Doctor,
    /// Plays a gateway
    Simulate(simulate::Options),
}

/// Of a light.
#[derive(Clone, Copy, Debug)]
pub(super) enum Colour {
    Off,
    Rgb([u8; 3]),
}

/// What to ring.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sound {
    Stop,
    Play(Ringtone),
}

impl Network {
    pub(super) const fn limit(&self) -> Option<Duration> {
        self.seconds
    }

    pub(super) fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        if let Some(text) = &self.key {
            let key = text
                .parse::<Key>()
                .map_err(|error| Failure::new(error).help_of(error.help()))?;
            config = config.key(key);
        }
        if let Some(host) = self.host {
            config = config.address(host);
        }
        Ok(config)
    }
}

fn interface(text: &str) -> Result<Ipv4Addr, String> {
    if text == "any" {
        return Ok(Ipv4Addr::UNSPECIFIED);
    }
    text.parse()
        .map_err(|_| "give this host's IPv4 address in the gateway's network, or \"any\"".into())
}

fn host(text: &str) -> Result<SocketAddrV4, String> {
    text.parse()
        .or_else(|_| text.parse().map(|ip| SocketAddrV4::new(ip, PORT)))
        .map_err(|_| "give the gateway's IPv4 address, such as 192.168.1.20".into())
}

fn gateway(text: &str) -> Result<Sid, String> {
    Sid::gateway(text).map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "give a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn colour(text: &str) -> Result<Colour, String> {
    if text == "off" {
        return Ok(Colour::Off);
    }
    let is_hex = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u32::from_str_radix(text, 16).ok().filter(|_| is_hex);
    let [_, red, green, blue] = number.ok_or("give six hex digits RRGGBB, or off")?.to_be_bytes();
    Ok(Colour::Rgb([red, green, blue]))
}

fn sound(text: &str) -> Result<Sound, String> {
    if text == "stop" {
        return Ok(Sound::Stop);
    }
    let mid = text.parse().map_err(|_| "give the number of a sound, or stop")?;
    Ringtone::new(mid)
        .map(Sound::Play)
        .map_err(|error| format!("{error}: {}", error.help().unwrap_or_default()))
}

fn assignment(text: &str) -> Result<(Cow<'static, str>, Value<'static>), String> {
    let (name, value) = text.split_once('=').ok_or("give name=value, such as status=on")?;
    let (name, is_text) = match name.strip_suffix(':') {
        Some(name) => (name, true),
        None => (name, false),
    };
    if name.is_empty() {
        return Err("the name is missing".into());
    }
    let value = match Decimal::from_text(value) {
        Some(number) if !is_text => Value::Number(number),
        _ => Value::from(value.to_owned()),
    };
    Ok((name.to_owned().into(), value))
}

/// How long a command waits.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
