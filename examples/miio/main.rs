//! Talks to miIO devices: finds them, reads and sets their properties, gets their tokens, sets them up, and
//! simulates one.
//!
//! Without arguments it starts a simulated lamp and talks to it. To play with one, start `cargo run --example miio -- simulate` in one terminal and, say,
//! `cargo run --example miio -- get` in another: address and token of the simulated device are the defaults.

mod calls;
mod failure;
mod output;
mod probe;
mod provision;
mod simulate;
mod tokens;

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use miio_proto::miot::Instance;
use miio_proto::transport::{Client, Handle};
use miio_proto::{Config, PORT, Token};

use failure::{Failure, with_path};
use output::Output;

#[derive(Parser)]
#[command(name = "miio", about = "Talks to Xiaomi devices over the LAN (miIO)")]
struct Arguments {
    #[command(flatten)]
    device: DeviceArguments,
    /// Print JSON, one value a line
    #[arg(long, global = true)]
    json: bool,
    /// Without one: a tour with a simulated device
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct DeviceArguments {
    /// The device's address, with or without a port
    #[arg(long, global = true, default_value = "127.0.0.1")]
    address: String,
    /// Its token: 32 hex digits. The default is the simulated device's
    #[arg(long, global = true, env = "MIIO_TOKEN", hide_env_values = true, default_value = simulate::TOKEN)]
    token: String,
    /// Take the all-zero token, as python-miio's simulators have it
    #[arg(long, global = true)]
    zero_token: bool,
    /// The MIoT specification of its model, from miot-spec.org. The default is the simulated device's
    #[arg(long, global = true)]
    spec: Option<PathBuf>,
    /// Seconds to wait for the first answer to a request
    #[arg(long, global = true, default_value_t = 5.0)]
    timeout: f64,
}

#[derive(Subcommand)]
enum Command {
    /// Searches the LAN by broadcast and mDNS
    Discover {
        /// Seconds to search
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
    },
    /// Asks for model, firmware and network
    Info,
    /// Calls a method: call get_prop '["power"]', or call 'set_power["on"]'
    Call {
        /// The method, or a whole command
        method: String,
        /// Its params as JSON
        params: Option<String>,
        /// Call so many times
        #[arg(long, default_value_t = 1)]
        repeat: usize,
    },
    /// Reads MIoT properties by name or number: get light:on 2.2; all without a name
    Get {
        /// light:on, light.on or 2.1
        names: Vec<String>,
    },
    /// Sets a MIoT property: set light:brightness 40
    Set {
        /// light:on, light.on or 2.1
        name: String,
        /// A JSON value, or a label of the property's list
        value: String,
    },
    /// Starts a MIoT action: action light:toggle
    Action {
        /// light:toggle, light.toggle or 2.1
        name: String,
        /// Its inputs as JSON values
        inputs: Vec<String>,
        /// Send the inputs as plain values, as firmwares before 2020 want them
        #[arg(long)]
        plain: bool,
    },
    /// Tests every known legacy property
    Probe {
        /// Keep the progress in this file, and resume from it
        #[arg(long)]
        state: Option<PathBuf>,
        /// The model that decides the order; asked for if absent
        #[arg(long)]
        model: Option<String>,
        /// Stop after this many requests
        #[arg(long)]
        limit: Option<usize>,
    },
    /// Lists the tokens of a Mi Home log, an Android database or an iOS database
    Tokens {
        /// The file
        file: PathBuf,
        /// Print the tokens themselves
        #[arg(long)]
        show: bool,
    },
    /// Tells a device in setup mode which Wi-Fi to join; its passphrase is read from standard input
    Provision(provision::Arguments),
    /// Plays a device
    Simulate(simulate::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    let result = match arguments.command {
        Some(command) => run(&arguments.device, command, output).await,
        None => tour(output).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Runs some commands against a simulated device on a free port of this machine.
async fn tour(output: Output) -> Result<(), Failure> {
    let address = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let run_line = async |words: &[&str]| {
        let program = ["miio", "--address", &address];
        let arguments = Arguments::try_parse_from(program.iter().chain(words)).map_err(Failure::new)?;
        match arguments.command {
            Some(command) => run(&arguments.device, command, output).await,
            None => Ok(()),
        }
    };
    let steps = async {
        for words in [
            &["info"][..],
            &["get"],
            &["set", "light:brightness", "40"],
            &["action", "light:toggle"],
            &["get", "light:on", "light:brightness"],
            &["call", "set_power[\"off\"]"],
        ] {
            output.note(format_args!("$ miio {}", words.join(" ")));
            run_line(words).await?;
        }
        Ok(())
    };
    tokio::select! {
        ended = run_line(&["simulate"]) => ended,
        done = steps => done,
    }
}

async fn run(device: &DeviceArguments, command: Command, output: Output) -> Result<(), Failure> {
    match command {
        Command::Discover { seconds } => calls::discover(device.socket_address()?, seconds, output).await,
        Command::Info => calls::info(&device.connect().await?, output).await,
        Command::Call {
            method,
            params,
            repeat,
        } => {
            let text = format!("{method}{}", params.unwrap_or_default());
            calls::call(&device.connect().await?, &text, repeat, output).await
        }
        Command::Get { names } => calls::get(&device.connect().await?, &device.spec()?, &names, output).await,
        Command::Set { name, value } => {
            calls::set(&device.connect().await?, &device.spec()?, &name, &value, output).await
        }
        Command::Action { name, inputs, plain } => {
            let (handle, spec) = (device.connect().await?, device.spec()?);
            calls::action(&handle, &spec, &name, &inputs, !plain, output).await
        }
        Command::Probe { state, model, limit } => {
            probe::run(&device.connect().await?, state.as_deref(), model, limit, output).await
        }
        Command::Tokens { file, show } => tokens::run(&file, show, output),
        Command::Provision(arguments) => provision::run(device.socket_address()?, arguments, output).await,
        Command::Simulate(arguments) => {
            simulate::run(
                device.socket_address()?,
                device.token()?,
                device.spec()?,
                &arguments,
                output,
            )
            .await
        }
    }
}

impl DeviceArguments {
    fn socket_address(&self) -> Result<SocketAddr, Failure> {
        let alone = || {
            self.address
                .parse::<IpAddr>()
                .map(|address| SocketAddr::new(address, PORT))
        };
        self.address.parse().or_else(|_| alone()).map_err(|_| {
            Failure::new(format!("`{}` is no address", self.address))
                .help("Write it as 192.168.1.20 or 192.168.1.20:54321; `discover` lists the devices.")
        })
    }

    fn token(&self) -> Result<Token, Failure> {
        if self.zero_token {
            return Ok(Token::new([0; 16]));
        }
        self.token
            .parse::<Token>()
            .map_err(|error| Failure::new(error).help_of(error.help()))
    }

    async fn connect(&self) -> Result<Handle, Failure> {
        let (client, _events) = Client::bind("0.0.0.0:0").await?;
        let timeout = Duration::try_from_secs_f64(self.timeout)
            .map_err(|_| Failure::new("the time-out isn't a positive number of seconds"))?;
        let config = Config::new(self.token()?).timeout(timeout);
        Ok(client.add(self.socket_address()?, config).await)
    }

    fn spec(&self) -> Result<Instance, Failure> {
        let text = match &self.spec {
            Some(path) => std::fs::read_to_string(path).map_err(with_path(path))?,
            None => simulate::SPEC.to_owned(),
        };
        let json = serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("the specification: {error}")))?;
        Instance::from_json(&json).map_err(|error| Failure::new(error).help_of(error.help()))
    }
}
