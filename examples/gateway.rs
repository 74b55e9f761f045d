//! `gateway`: finds gateways on the LAN, shows and switches their devices, says what is wrong, and plays a gateway.
//!
//! ```console
//! $ cargo run --release --example gateway                      # a tour against a simulated gateway
//! $ cargo run --release --example gateway -- simulate          # a gateway of its own, in one terminal
//! $ cargo run --release --example gateway -- devices           # and what it has, in another
//! ```

mod doctor;
mod simulate;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tokio::time::{Instant, timeout_at};
use xiaomi_gateway_proto::client::{RequestId, Update};
use xiaomi_gateway_proto::transport::{UdpClient, UdpGateway};
use xiaomi_gateway_proto::{Config, Event, Fields, Key, Light, PORT, Ringtone, Sid, Source, Value, command};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Talks to Mijia and Lumi gateways on the LAN. Without a command: a tour against a simulated gateway.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    network: Network,
}

#[derive(Debug, Args)]
struct Network {
    /// This host's address in the gateway's network; 0.0.0.0 lets the system choose
    #[arg(long, global = true, default_value = "0.0.0.0")]
    interface: Ipv4Addr,
    /// The gateway's address, where multicast doesn't reach it
    #[arg(long, global = true)]
    host: Option<Ipv4Addr>,
    /// The KEY from the app, 16 characters; better in the environment
    #[arg(long, global = true, env = "XIAOMI_GATEWAY_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Start a simulated gateway in this process and talk to it
    #[arg(long, global = true)]
    simulated: bool,
    /// Give up after this many seconds
    #[arg(long, global = true, default_value_t = 30)]
    seconds: u64,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Which gateways are there?
    Discover,
    /// Which devices do they have, and what do they say?
    Devices,
    /// Prints what happens, until --seconds are over
    Watch {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// All attributes of a device
    Read {
        /// Which
        sid: Sid,
    },
    /// Sets attributes of a device
    Write {
        /// Which
        sid: Sid,
        /// name=value; whole numbers are sent as numbers, name:=value as text
        #[arg(required = true)]
        values: Vec<String>,
    },
    /// The night light
    Light {
        /// RRGGBB, or off
        colour: String,
        /// Percent
        #[arg(default_value_t = 100)]
        brightness: u8,
    },
    /// Plays a sound
    Ring {
        /// 0-8, 10-13, 20-29, 10001 and up; 10000 stops
        mid: u32,
        /// Percent
        volume: Option<u8>,
    },
    /// Opens the gateway for new devices for 30 s
    Join,
    /// Says what is wrong, and what to do about it
    Doctor,
    /// Plays a gateway, until --seconds are over
    Simulate(simulate::Options),
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    let Some(command) = cli.command else {
        return tour().await;
    };
    if let Command::Simulate(options) = command {
        return simulate::run(
            &options,
            cli.network.interface,
            Duration::from_secs(cli.network.seconds),
        )
        .await;
    }
    if !cli.network.simulated {
        return obey(command, &cli.network, None).await;
    }
    let mut simulated = simulate::start(&simulate::Options::default(), Ipv4Addr::LOCALHOST, 0)?;
    let host = SocketAddrV4::new(Ipv4Addr::LOCALHOST, simulated.gateway().port());
    let network = Network {
        interface: Ipv4Addr::LOCALHOST,
        key: Some(cli.network.key.unwrap_or_else(|| simulate::KEY.to_owned())),
        ..cli.network
    };
    tokio::select! {
        outcome = obey(command, &network, Some(host)) => outcome,
        outcome = serve(&mut simulated) => outcome,
    }
}

async fn serve(gateway: &mut UdpGateway) -> Result<()> {
    simulate::live(gateway, |_| ()).await
}

async fn tour() -> Result<()> {
    println!("A tour against a simulated gateway; `--help` shows what else there is.\n");
    let mut simulated = simulate::start(&simulate::Options::default(), Ipv4Addr::LOCALHOST, 0)?;
    let host = SocketAddrV4::new(Ipv4Addr::LOCALHOST, simulated.gateway().port());
    let network = Network {
        interface: Ipv4Addr::LOCALHOST,
        host: None,
        key: Some(simulate::KEY.to_owned()),
        simulated: true,
        seconds: 5,
    };
    let stops = async {
        for (text, command) in [
            ("devices", Command::Devices),
            (
                "light ff8000 40",
                Command::Light {
                    colour: "ff8000".into(),
                    brightness: 40,
                },
            ),
            (
                "ring 10 20",
                Command::Ring {
                    mid: 10,
                    volume: Some(20),
                },
            ),
            ("watch", Command::Watch { json: false }),
        ] {
            println!("$ gateway {text}");
            obey(command, &network, Some(host)).await?;
            println!();
        }
        Ok(())
    };
    tokio::select! {
        outcome = stops => outcome,
        outcome = serve(&mut simulated) => outcome,
    }
}

async fn obey(command: Command, network: &Network, host: Option<SocketAddrV4>) -> Result<()> {
    let key: Option<Key> = match &network.key {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|error: xiaomi_gateway_proto::KeyError| helped(&error, error.help()))?,
        ),
    };
    let mut config = Config::new();
    if let Some(key) = key {
        config = config.key(key);
    }
    if let Some(host) = host.or(network.host.map(|ip| SocketAddrV4::new(ip, PORT))) {
        config = config.address(host);
    }
    let deadline = Instant::now() + Duration::from_secs(network.seconds);
    if let Command::Doctor = command {
        return doctor::run(config, network.interface, deadline).await;
    }
    let mut session = Session {
        udp: UdpClient::bind(config, network.interface)?,
        deadline,
    };
    session.obey(command).await
}

/// A client and the time that it has.
struct Session {
    udp: UdpClient,
    deadline: Instant,
}

impl Session {
    async fn obey(&mut self, command: Command) -> Result<()> {
        match command {
            Command::Discover => {
                self.until(|event| match event {
                    Event::GatewayFound {
                        sid,
                        address,
                        model,
                        generation,
                    } => {
                        let generation =
                            generation.map_or("unknown".into(), |found| found.number().to_string());
                        let model = model.as_deref().unwrap_or("unknown model");
                        println!("{sid} {model} at {address}, generation {generation}");
                        Some(())
                    }
                    _ => None,
                })
                .await
            }
            Command::Devices => self.devices().await,
            Command::Watch { json } => self.watch(json).await,
            Command::Read { sid } => {
                self.ready().await?;
                let id = self
                    .udp
                    .client()
                    .read(sid)
                    .map_err(|error| helped(&error, error.help()))?;
                self.until(|event| match event {
                    Event::Device(update) if update.request == Some(id) => {
                        print_update(update, false);
                        Some(())
                    }
                    _ => None,
                })
                .await
            }
            Command::Write { sid, values } => {
                self.ready().await?;
                let values = values
                    .iter()
                    .map(|text| assignment(text))
                    .collect::<Result<Fields<'static>>>()?;
                self.write(sid, values).await
            }
            Command::Light { colour, brightness } => {
                let light = if colour == "off" {
                    Light::OFF
                } else {
                    Light::new(brightness, parse_colour(&colour)?)?
                };
                self.write_to_gateway(command::light(light)).await
            }
            Command::Ring { mid, volume } => {
                let ringtone = Ringtone::new(mid).map_err(|error| helped(&error, error.help()))?;
                self.write_to_gateway(command::ring(ringtone, volume)?).await
            }
            Command::Join => {
                self.write_to_gateway(command::join_permission(true)).await?;
                println!("open for 30 s: press the device's reset key for 3 to 5 s");
                Ok(())
            }
            Command::Doctor | Command::Simulate(_) => Ok(()),
        }
    }

    /// The first event that `pick` takes; what fails on the way ends it.
    async fn until<T>(&mut self, mut pick: impl FnMut(&Event) -> Option<T>) -> Result<T> {
        loop {
            let Ok(event) = timeout_at(self.deadline, self.udp.next_event()).await else {
                return Err("time is over".into());
            };
            let event = event?;
            if let Some(found) = pick(&event) {
                return Ok(found);
            }
            match &event {
                Event::NoGateway { .. } => return Err(helped(&"no gateway answers", event.help())),
                Event::Failed { id, sid, failure } => {
                    let error = helped(&format!("{sid}: {failure}"), failure.help());
                    if id.is_some() {
                        return Err(error);
                    }
                    eprintln!("{error}");
                }
                _ => {}
            }
        }
    }

    /// Waits until all devices are known.
    async fn ready(&mut self) -> Result<Sid> {
        self.until(|event| match event {
            Event::Ready { gateway } => Some(*gateway),
            _ => None,
        })
        .await
    }

    async fn devices(&mut self) -> Result<()> {
        self.until(|event| match event {
            Event::Device(update) => {
                print_update(update, false);
                None
            }
            Event::Ready { .. } => Some(()),
            _ => None,
        })
        .await
    }

    async fn watch(&mut self, json: bool) -> Result<()> {
        while let Ok(event) = timeout_at(self.deadline, self.udp.next_event()).await {
            match event? {
                Event::Report(update) | Event::Heartbeat(update) | Event::Device(update) => {
                    print_update(&update, json);
                }
                other if json => println!("{{\"event\":{}}}", quoted(&format!("{other:?}"))),
                other => {
                    println!("{other:?}");
                    if let Some(help) = other.help() {
                        println!("  {help}");
                    }
                }
            }
        }
        Ok(())
    }

    async fn write_to_gateway(&mut self, values: Fields<'static>) -> Result<()> {
        let gateway = self.ready().await?;
        self.write(gateway, values).await
    }

    async fn write(&mut self, sid: Sid, values: Fields<'static>) -> Result<()> {
        let text = values.to_json();
        let asked = self.udp.client().write(sid, values);
        let asked: RequestId = asked.map_err(|error| helped(&error, error.help()))?;
        self.until(|event| match event {
            Event::WriteAccepted { id, .. } if *id == asked => Some(()),
            _ => None,
        })
        .await?;
        println!("{sid} took {text}");
        Ok(())
    }
}

fn print_update(update: &Update, json: bool) {
    let decoded = update.decode();
    let source = match update.source {
        Source::Report => "report",
        Source::Heartbeat => "heartbeat",
        Source::Read => "read",
        Source::Write => "write",
    };
    if json {
        println!(
            "{{\"sid\":\"{}\",\"model\":{},\"source\":\"{source}\",\"decoded\":{}}}",
            update.sid,
            quoted(&update.model),
            decoded.to_json()
        );
    } else {
        println!(
            "{} {:<18} {source:<9} {}",
            update.sid,
            update.model,
            decoded.to_json()
        );
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let object = Fields::new().with("_", text.to_owned()).to_json();
    object
        .trim_start_matches("{\"_\":")
        .trim_end_matches('}')
        .to_owned()
}

fn assignment(text: &str) -> Result<(std::borrow::Cow<'static, str>, Value<'static>)> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("{text} is not name=value"))?;
    let value = match (name.strip_suffix(':'), value.parse::<u32>()) {
        (None, Ok(number)) => Value::from(number),
        _ => Value::from(value.to_owned()),
    };
    Ok((name.trim_end_matches(':').to_owned().into(), value))
}

fn parse_colour(text: &str) -> Result<[u8; 3]> {
    let number = u32::from_str_radix(text, 16).ok().filter(|_| text.len() == 6);
    let number = number.ok_or_else(|| format!("{text} is not RRGGBB"))?;
    let [_, red, green, blue] = number.to_be_bytes();
    Ok([red, green, blue])
}

fn helped(error: &impl ToString, help: Option<&'static str>) -> Box<dyn Error> {
    match help {
        Some(help) => format!("{}\n  {help}", error.to_string()).into(),
        None => error.to_string().into(),
    }
}
