//! Logs in to a Xiaomi account, lists its devices with tokens and bind keys, calls devices, and fetches maps.
//!
//! Without arguments: a tour against a fake cloud on this machine. With `--simulate`, every command works against that
//! cloud; without it, against the real one.

mod calls;
mod devices;
// How failures and results are shown is the same as in `miio`.
#[path = "../miio/failure.rs"]
mod failure;
mod login;
mod loopback;
mod map;
#[path = "../miio/output.rs"]
mod output;
mod private_file;
mod session_file;
mod simulate;
mod store;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xiaomi_cloud::Region;
use xiaomi_cloud::transport::Http;

use failure::Failure;
use output::Output;
use store::Store;

#[derive(Parser)]
#[command(
    name = "cloud",
    about = "Speaks to the Xiaomi cloud: login, devices, tokens, bind keys, calls, maps"
)]
struct Arguments {
    /// Where the session is kept; only you can read it
    #[arg(long, global = true, value_name = "FILE")]
    session: Option<PathBuf>,
    /// Use a fake cloud on this machine. Its user is user@example.com, its password `correct`
    #[arg(long, global = true)]
    simulate: bool,
    /// Print JSON, one value a line
    #[arg(long, global = true)]
    json: bool,
    /// Without one: a tour with a fake cloud
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Logs in and keeps the session. The password is asked for, and never shown or stored
    Login(login::Arguments),
    /// Lists the devices of all regions
    Devices(devices::Arguments),
    /// Lists the bind keys of Bluetooth devices
    Keys(devices::Arguments),
    /// Calls a device: call DID get_prop '["power"]'; reads and sets MIoT properties: call DID 2.1 true
    Call(calls::Arguments),
    /// Fetches the map of a vacuum
    Map(map::Arguments),
    /// Lists the regions, or says which one a country uses
    Regions {
        /// A country, as AT
        country: Option<String>,
    },
    /// Forgets the session
    Logout,
    /// Runs the fake cloud until it is stopped, for other programs
    Serve(simulate::Arguments),
}

/// What commands share.
struct Context {
    http: Http,
    store: Store,
    output: Output,
    /// The fake cloud's user answers by itself.
    simulated: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    let result = match arguments.command {
        Some(command) => start(arguments.session, arguments.simulate, command, output).await,
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

async fn start(
    session: Option<PathBuf>,
    simulate: bool,
    command: Command,
    output: Output,
) -> Result<(), Failure> {
    if let Command::Serve(arguments) = &command {
        return simulate::serve(arguments, output).await;
    }
    if !simulate {
        let context = Context {
            http: Http::new().map_err(|error| Failure::new(error).help_of(error.help()))?,
            store: Store::at(session)?,
            output,
            simulated: false,
        };
        return run(&context, command).await;
    }
    // The fake cloud lives as long as the command, so each one logs in for itself.
    let context = simulated(session, output).await?;
    if !matches!(
        command,
        Command::Login(_) | Command::Logout | Command::Regions { .. }
    ) {
        login::run(&context, &login::Arguments::scripted()).await?;
    }
    run(&context, command).await
}

async fn simulated(session: Option<PathBuf>, output: Output) -> Result<Context, Failure> {
    let address = simulate::start().await?;
    Ok(Context {
        http: Http::rerouted(address).map_err(|error| Failure::new(error).help_of(error.help()))?,
        store: match session {
            Some(path) => Store::at(Some(path))?,
            None => Store::in_memory(),
        },
        output,
        simulated: true,
    })
}

async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Login(arguments) => login::run(context, &arguments).await,
        Command::Devices(arguments) => devices::list(context, &arguments).await,
        Command::Keys(arguments) => devices::keys(context, &arguments).await,
        Command::Call(arguments) => calls::run(context, &arguments).await,
        Command::Map(arguments) => map::run(context, &arguments).await,
        Command::Regions { country } => regions(context.output, country.as_deref()),
        Command::Logout => context.store.forget(context.output),
        Command::Serve(_) => Ok(()),
    }
}

/// Runs some commands against a fake cloud.
async fn tour(output: Output) -> Result<(), Failure> {
    let context = simulated(None, output).await?;
    output.note("This is a tour with a fake cloud on this machine; `cloud login` is for the real one.");
    for words in [
        &["login", "--user", "user@example.com"][..],
        &["devices"],
        &["keys"],
        &["call", "200000001", "get_prop", "[\"power\"]"],
        &["call", "200000001", "2.1", "true"],
        &["call", "200000001", "2.1"],
        &["map", "200000003"],
        &["regions", "AT"],
        &["logout"],
    ] {
        output.note(format_args!("\n$ cloud {}", words.join(" ")));
        let arguments = Arguments::try_parse_from(["cloud"].iter().chain(words)).map_err(Failure::new)?;
        if let Some(command) = arguments.command {
            run(&context, command).await?;
        }
    }
    Ok(())
}

fn regions(output: Output, country: Option<&str>) -> Result<(), Failure> {
    let line = |region: Region| {
        output.line(
            format_args!("{region:<3} {}", region.description()),
            &serde_json::json!({"region": region.name(), "serves": region.description()}),
        );
    };
    match country {
        None => Region::ALL.into_iter().for_each(line),
        Some(country) => line(Region::of_country(country).ok_or_else(|| {
            Failure::new("this country isn't in the table")
                .help("Write its code of two letters, as AT or US.")
        })?),
    }
    Ok(())
}
