//! `gateway`: finds gateways on the LAN, shows and switches their devices, says what is wrong, and plays a gateway.
//!
//! ```console
//! $ cargo run --release --example gateway                      # a tour against a simulated gateway
//! $ cargo run --release --example gateway -- simulate          # a gateway of its own, in one terminal
//! $ cargo run --release --example gateway -- devices           # and what it has, in another
//! ```

mod arguments;
mod doctor;
mod failure;
mod join;
mod output;
mod session;
mod simulate;
mod tour;
mod watch;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::ExitCode;

use clap::Parser;
use xiaomi_gateway_proto::transport::UdpGateway;
use xiaomi_gateway_proto::{Category, Generation, Light, Ringtone, command};

use arguments::{Arguments, Colour, Command, Sound};
use failure::{Failure, Result};
use output::Output;
use session::Session;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.network.json);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments, output)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments, output: Output) -> Result<()> {
    let Arguments { command, mut network } = arguments;
    let Some(command) = command else {
        return tour::run(output).await;
    };
    if let Command::Simulate(options) = command {
        return simulate::run(&options, network.interface, network.limit(), output).await;
    }
    if !network.simulated {
        return obey(command, &network, output).await;
    }
    let mut gateway = simulate::start(&simulate::Options::any_port()?, Ipv4Addr::LOCALHOST)?;
    network.interface = Ipv4Addr::LOCALHOST;
    network.host = Some(SocketAddrV4::new(Ipv4Addr::LOCALHOST, gateway.gateway().port()));
    network.key.get_or_insert_with(|| simulate::KEY.to_owned());
    tokio::select! {
        outcome = obey(command, &network, output) => outcome,
        outcome = serve(&mut gateway) => outcome,
    }
}

/// The simulated gateway of this process, silently.
async fn serve(gateway: &mut UdpGateway) -> Result<()> {
    simulate::live(gateway, false, |_| ()).await
}

async fn obey(command: Command, network: &arguments::Network, output: Output) -> Result<()> {
    let limit = match command {
        Command::Watch => network.limit(),
        _ => Some(network.limit().unwrap_or(arguments::PATIENCE)),
    };
    let config = network.config()?;
    if let Command::Doctor = command {
        return doctor::run(config, network, limit, output).await;
    }
    let mut session = Session::open(config, network, limit, output)?;
    match command {
        Command::Discover => session.discover().await,
        Command::Devices => session.devices().await,
        Command::Watch => watch::run(&mut session).await,
        Command::Read { sid } => {
            session.know(sid).await?;
            let update = session.read(sid).await?;
            output.update(&update);
            Ok(())
        }
        Command::Write { sid, values } => {
            session.know(sid).await?;
            session.write(sid, values.into_iter().collect()).await
        }
        Command::Light { colour, brightness } => {
            let light = match colour {
                Colour::Off => Light::OFF,
                Colour::Rgb(rgb) => Light::new(brightness, rgb)?,
            };
            let gateway = session.gateway().await?;
            let model = session.model_of(gateway);
            if Category::of(&model) == Some(Category::Acpartner) {
                return Err(Failure::new(format!(
                    "{gateway} is a {model}, which has no light"
                )));
            }
            session.write(gateway, command::light(light)).await
        }
        Command::Ring {
            sound: Some(sound),
            volume,
        } => {
            let ringtone = match sound {
                Sound::Stop => Ringtone::STOP,
                Sound::Play(ringtone) => ringtone,
            };
            let gateway = session.gateway().await?;
            session.write(gateway, command::ring(ringtone, volume)?).await
        }
        Command::Ring { sound: None, .. } => {
            output.ringtones();
            Ok(())
        }
        Command::Join => join::run(&mut session).await,
        Command::Doctor | Command::Simulate(_) => Ok(()),
    }
}

/// 1 or 2.
const fn number(generation: Option<Generation>) -> Option<u8> {
    match generation {
        Some(generation) => Some(generation.number()),
        None => None,
    }
}
