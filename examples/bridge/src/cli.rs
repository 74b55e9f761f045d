//! The command line.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde_json::json;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::bench;
use crate::config::{Config, EXAMPLE, Every};
use crate::home::Id;
use crate::home_assistant::Form as Announce;
use crate::run::Bridge;
use crate::show::{self, Form};
use crate::sim::Simulation;
use crate::worker::Worker;

/// From Xiaomi devices to MQTT and Home Assistant. Without arguments: a simulated home with a broker of its own, to look
/// at and to connect to.
#[derive(Debug, Parser)]
#[command(name = "bridge")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// The configuration; `bridge init` prints an example
    #[arg(long, short, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Decode raw advertisements together with other workers; the name is that of its session at the broker
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", requires = "config")]
    worker: Option<String>,
    /// End after this time, as 30s or 5m, with a summary
    #[arg(long = "for", value_name = "TIME", global = true)]
    time: Option<Every>,
    /// A JSON object a line
    #[arg(long, global = true)]
    json: bool,
    /// Serve Prometheus' figures at http://ADDRESS/metrics
    #[arg(long, value_name = "ADDRESS", global = true)]
    metrics: Option<SocketAddr>,
    /// Tell more, to standard error; twice: everything
    #[arg(long, short, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    /// Tell nothing but errors
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints an annotated configuration
    Init,
    /// Reads the configuration and the files that it names, and says whether they are valid
    Check,
    /// Measures how much one bridge takes
    Bench {
        /// Advertisements a second
        #[arg(long, default_value_t = 20_000)]
        rate: u32,
        /// Devices that send them
        #[arg(long, default_value_t = 1000)]
        devices: u32,
        /// How often a device repeats an advertisement
        #[arg(long, default_value_t = 5)]
        repeats: u32,
        /// An MQTT 5 broker to measure with; without it, an embedded one
        #[arg(long)]
        broker: Option<SocketAddr>,
    },
    /// Lives in a simulated home, as without arguments
    Sim {
        /// Where MQTT clients find the embedded broker
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// How devices are announced to Home Assistant; components for releases before 2024.12
        #[arg(long, value_enum)]
        announce: Option<Announce>,
    },
}

/// What went wrong, and what a person can do about it.
struct Failure {
    what: String,
    help: Option<String>,
}

impl Failure {
    fn new(what: &(impl ToString + ?Sized), help: Option<&str>) -> Self {
        Self {
            what: what.to_string(),
            help: help.map(str::to_owned),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(&error, None)
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // One thread: a bridge waits most of the time, and small machines have one core.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(&cli)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bridge: {}", failure.what);
            if let Some(help) = failure.help {
                eprintln!("  {help}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<(), Failure> {
    match (&cli.command, &cli.config) {
        (Some(Command::Init), _) => Ok(io::stdout().write_all(EXAMPLE.as_bytes())?),
        (Some(Command::Check), _) => check(cli),
        (Some(Command::Sim { port, announce }), _) => simulated(cli, *port, *announce).await,
        (
            Some(Command::Bench {
                rate,
                devices,
                repeats,
                broker,
            }),
            _,
        ) => {
            let time = cli.time.map_or(Duration::from_secs(10), Every::duration);
            let options = bench::Options {
                rate: *rate,
                devices: *devices,
                repeats: *repeats,
                time,
                broker: *broker,
            };
            measure(&options, cli.json).await
        }
        (None, Some(_)) => match &cli.worker {
            Some(name) => work(cli, name).await,
            None => real(cli).await,
        },
        (None, None) => simulated(cli, 0, None).await,
    }
}

fn read(cli: &Cli) -> Result<Config, Failure> {
    let path = cli
        .config
        .as_ref()
        .ok_or_else(|| Failure::new("no configuration", Some("Name a file with --config.")))?;
    Config::read(path).map_err(|error| Failure::new(&error, error.help()))
}

fn check(cli: &Cli) -> Result<(), Failure> {
    let config = read(cli)?;
    let notes = crate::run::check(&config).map_err(|error| Failure::new(&error, error.help()))?;
    let mut out = io::stdout().lock();
    if cli.json {
        writeln!(out, "{}", json!({"valid": true, "notes": notes}))?;
        return Ok(());
    }
    let encrypted = if config.mqtt.tls.is_some() { ", by TLS" } else { "" };
    writeln!(
        out,
        "the configuration is valid\n  broker {}:{}{encrypted}\n  {} Bluetooth devices, {} with a token, {} gateways, \
         {} OpenBeken devices{}",
        config.mqtt.host,
        config.mqtt.port(),
        config.ble.device.len(),
        config.miio.len(),
        config.gateway.len(),
        config.openbeken.len(),
        if config.cloud.is_some() {
            ", and those of the account"
        } else {
            ""
        },
    )?;
    for note in notes {
        writeln!(out, "  note: {note}")?;
    }
    Ok(())
}

async fn real(cli: &Cli) -> Result<(), Failure> {
    let config = read(cli)?;
    // A program that runs for months tells what it does; one that is looked at shows its table.
    log(cli, form(cli) != Form::Live);
    let title = format!("bridge to {}:{}", config.mqtt.host, config.mqtt.port());
    serve(cli, &config, &title, cli.time.map(Every::duration)).await
}

async fn measure(options: &bench::Options, as_json: bool) -> Result<(), Failure> {
    if !as_json {
        println!(
            "{} advertisements a second of {} devices, each repeated {} times, for {} s",
            options.rate,
            options.devices,
            options.repeats,
            options.time.as_secs()
        );
    }
    let figures = bench::run(options)
        .await
        .map_err(|error| Failure::new(&error, None))?;
    let [median, most, worst] = figures.latency.map(|latency| latency.as_secs_f64() * 1000.0);
    let rate = figures.sent as f64 / figures.seconds;
    if as_json {
        let json = json!({
            "adverts_per_second": rate, "expected": figures.expected, "received": figures.received,
            "announced_ms": figures.announced.as_secs_f64() * 1000.0,
            "latency_ms": {"p50": median, "p99": most, "worst": worst},
            "core": figures.core, "memory_kib": figures.memory,
        });
        println!("{json}");
        return Ok(());
    }
    println!("sent       {rate:>10.0} a second");
    println!(
        "changed    {:>10} values, of which {} came back",
        figures.expected, figures.received
    );
    println!(
        "announced  {:>10.0} ms for all devices, before the rest was measured",
        figures.announced.as_secs_f64() * 1000.0
    );
    println!(
        "latency    {median:>10.2} ms median, {most:.2} ms at 99 % (wanted: below 50), {worst:.2} ms at worst"
    );
    if let Some(core) = figures.core {
        println!(
            "processor  {:>10.0} % of one core (wanted: below 100)",
            core * 100.0
        );
    }
    if let Some(memory) = figures.memory {
        println!(
            "memory     {:>10.1} MiB (wanted: below 64)",
            memory as f64 / 1024.0
        );
    }
    Ok(())
}

async fn work(cli: &Cli, name: &str) -> Result<(), Failure> {
    let config = read(cli)?;
    log(cli, true);
    let own = format!("pid-{}", std::process::id());
    let name = if name.is_empty() { &own } else { name };
    let name = name
        .parse::<Id>()
        .map_err(|error| Failure::new(&error, Some("Choose another name for --worker.")))?;
    let worker = Worker::new(&config, &name).map_err(|error| Failure::new(&error, error.help()))?;
    let (sender, stop) = tokio::sync::watch::channel(false);
    let home = std::sync::Arc::clone(&worker.home);
    let task = tokio::spawn(async move { worker.run(stop).await });
    end(cli.time.map(Every::duration)).await;
    let _ = sender.send(true);
    let _ = task.await;
    show::summary(&mut io::stdout().lock(), &home, cli.json)?;
    Ok(())
}

async fn simulated(cli: &Cli, port: u16, announce: Option<Announce>) -> Result<(), Failure> {
    log(cli, false);
    let mut simulation = Simulation::start(port)
        .await
        .map_err(|error| Failure::new(&error, Some("Choose a free port with `bridge sim --port`.")))?;
    if let Some(announce) = announce {
        simulation.config.home_assistant.announce = announce;
    }
    let broker = simulation.broker;
    let title = format!(
        "simulated home | mosquitto_sub -p {} -t 'xiaomi/#' -v | MQTT 5: port {}",
        broker.mqtt3().port(),
        broker.mqtt5().port()
    );
    // Nobody would press Ctrl-C.
    let unattended = (!io::stdout().is_terminal()).then_some(UNATTENDED);
    let time = cli.time.map(Every::duration).or(unattended);
    match form(cli) {
        Form::Live => {}
        Form::Json => {
            let json = json!({
                "simulation": {
                    "mqtt": broker.mqtt3().to_string(),
                    "mqtt5": broker.mqtt5().to_string(),
                    "missing": simulation.missing,
                    "seconds": time.map(|time| time.as_secs_f64()),
                }
            });
            println!("{json}");
        }
        Form::Plain => {
            println!("{title}");
            for missing in &simulation.missing {
                println!("not simulated: {missing}");
            }
            if let (Some(time), None) = (time, cli.time) {
                println!(
                    "not a terminal: it ends after {} s; --for names another time",
                    time.as_secs()
                );
            }
        }
    }
    serve(cli, &simulation.config, &title, time).await
}

/// Runs a bridge until the time is over or somebody wants it to stop.
async fn serve(cli: &Cli, config: &Config, title: &str, time: Option<Duration>) -> Result<(), Failure> {
    let bridge = Bridge::start(config, cli.metrics)
        .await
        .map_err(|error| Failure::new(&error, error.help()))?;
    if let (Some(address), Form::Plain) = (bridge.metrics, form(cli)) {
        println!("figures at http://{address}/metrics");
    }
    let shown = show::show(&bridge.home, form(cli), title, end(time)).await;
    let home = std::sync::Arc::clone(&bridge.home);
    bridge.stop().await;
    // A reader that went away, as `head` does, ends the run and isn't an error.
    match shown.and_then(|()| show::summary(&mut io::stdout().lock(), &home, cli.json)) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Waits for the end of the time, Ctrl-C, or the wish of the system that it end.
async fn end(time: Option<Duration>) {
    let over = async {
        match time {
            Some(time) => tokio::time::sleep(time).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = over => {}
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

fn form(cli: &Cli) -> Form {
    match (cli.json, io::stdout().is_terminal()) {
        (true, _) => Form::Json,
        (false, true) => Form::Live,
        (false, false) => Form::Plain,
    }
}

/// Turns the log on. It goes to standard error.
fn log(cli: &Cli, working: bool) {
    let own = match (cli.quiet, cli.verbose, working) {
        (true, ..) => LevelFilter::ERROR,
        (false, 0, false) => LevelFilter::OFF,
        (false, 0, true) => LevelFilter::INFO,
        (false, 1, _) => LevelFilter::DEBUG,
        (false, ..) => LevelFilter::TRACE,
    };
    let others = if cli.verbose > 1 {
        LevelFilter::DEBUG
    } else {
        LevelFilter::OFF
    };
    let filter = Targets::new().with_target("bridge", own).with_default(others);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // Another one may be there already, in tests.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// How long a simulation lasts that nobody looks at.
const UNATTENDED: Duration = Duration::from_secs(20);
