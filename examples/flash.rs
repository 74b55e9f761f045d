//! Takes a Xiaomi thermometer from stock to custom firmware and back over Bluetooth, without bricking it.
//!
//! A `Host` leads to a device: a simulated one, which is a thermometer of `telink-ota` behind the
//! authentication of `mi-auth` (`simulation`), or with the feature `btleplug` a real one (`radio`). Each command is a
//! module that works over any host; `transfer` is the one that flashes.

mod arguments;
mod authenticate;
mod config;
mod console;
mod diagnose;
mod failure;
mod host;
mod identify;
mod keyfile;
mod keys;
mod listen;
mod log;
#[cfg(feature = "btleplug")]
mod radio;
mod samples;
mod simulation;
mod stock;
mod tour;
mod transfer;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use console::Console;
use failure::Failure;
use host::Host;
use simulation::{Memory, Simulation};

/// The program: takes the command line, and says how it went.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let console = Console::new(arguments.json, arguments.yes);
    let result = match &arguments.command {
        None => tour::run(&arguments, &console),
        Some(Command::Inspect { image }) => identify::inspect(image, &console),
        Some(command) => on_device(&arguments, command, &console),
    };
    match result.and_then(|()| console.finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console.failure(&failure);
            ExitCode::FAILURE
        }
    }
}

fn on_device(arguments: &Arguments, command: &Command, console: &Console) -> Result<(), Failure> {
    #[cfg(feature = "btleplug")]
    if arguments.device.simulate.is_none() {
        return radio::block_on(
            async |host| run(host, arguments, command, console).await,
            arguments,
        );
    }
    let model = arguments.device.model();
    let mut memory = Memory::open(&model, arguments.device.memory.as_deref())?;
    let mut simulation = Simulation::new(&model, &mut memory, &arguments.device);
    // Nothing in a simulation ever waits.
    let result = telink_ota::device::block_on(run(&mut simulation, arguments, command, console));
    drop(simulation);
    memory.save()?;
    result
}

/// Runs a command on the device that the host leads to.
async fn run<H: Host>(
    host: &mut H,
    arguments: &Arguments,
    command: &Command,
    console: &Console,
) -> Result<(), Failure> {
    let attempts = arguments.attempts.max(1);
    match command {
        Command::Identify => identify::run(host, console).await,
        Command::Inspect { image } => identify::inspect(image, console),
        Command::Activate(options) => authenticate::activate(host, options, console).await,
        Command::Login { login } => authenticate::login(host, &login.keys()?, console).await,
        Command::Preflight {
            image,
            login,
            overrides,
        } => {
            let keys = login.keys()?;
            let job = transfer::Job::read(host, image.as_deref(), overrides, &keys)?;
            transfer::preflight(host, &job, console).await
        }
        Command::Flash {
            image,
            login,
            overrides,
        } => {
            let keys = login.keys()?;
            let job = transfer::Job::read(host, image.as_deref(), overrides, &keys)?;
            transfer::flash(host, &job, attempts, console).await
        }
        Command::Stock(options) => stock::run(host, options, attempts, console).await,
        Command::Keys(command) => keys::run(host, command, console).await,
        Command::Config(command) => config::run(host, command, console).await,
        Command::Log(options) => log::run(host, options, attempts, console).await,
        Command::Diagnose { symptom, offline } => diagnose::run(host, *symptom, *offline, console).await,
        Command::Pair => stock::pair(host, console).await,
        Command::Listen(options) => listen::run(host, options, console).await,
    }
}
