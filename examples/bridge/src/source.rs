//! Where the home's news comes from: one module a kind of device.
//!
//! A source that waits for devices runs under [`supervise`]: when it fails it is started again, alone, after a pause.

pub mod ble;
pub mod cloud;
pub mod gateway;
pub mod miio;
pub mod openbeken;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

use crate::home::{Command, Health, Home};
use crate::mqtt::Backoff;

/// Why a source stopped.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct SourceError {
    what: String,
    help: Option<String>,
}

impl SourceError {
    /// What went wrong, and what a person can do about it.
    pub fn new(what: &(impl ToString + ?Sized), help: Option<&str>) -> Self {
        Self {
            what: what.to_string(),
            help: help.map(str::to_owned),
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// What a source gets: the home to tell, and commands to carry out.
#[derive(Debug)]
pub struct Desk {
    /// The home.
    pub home: Arc<Home>,
    /// The source's name.
    pub name: Arc<str>,
    /// What people want its devices to do.
    pub commands: mpsc::Receiver<Command>,
}

impl Desk {
    /// Says that the source works.
    pub fn up(&self) {
        self.home.set_health(&self.name, Health::Up);
    }

    /// Notes how a command ended.
    pub fn done(&self, command: &Command, outcome: Result<(), SourceError>) {
        match outcome {
            Ok(()) => info!("{} {}: done", command.device, command.key),
            Err(error) => {
                self.home.counters.commands_failed.add();
                let help = error.help().unwrap_or_default();
                warn!("{} {}: {error}. {help}", command.device, command.key);
            }
        }
    }
}

/// Runs a source until `stop` says so; starts it again when it fails or panics.
pub fn supervise<F>(
    home: &Arc<Home>,
    name: &str,
    mut stop: watch::Receiver<bool>,
    mut source: impl FnMut(Desk) -> F + Send + 'static,
) -> JoinHandle<()>
where
    F: Future<Output = Result<(), SourceError>> + Send + 'static,
{
    let (home, name): (Arc<Home>, Arc<str>) = (Arc::clone(home), name.into());
    tokio::spawn(async move {
        let mut backoff = Backoff::new(name.len() as u64 ^ 0x9e37_79b9);
        loop {
            let (sender, commands) = mpsc::channel(MOST_COMMANDS);
            home.register(&name, sender);
            let desk = Desk {
                home: Arc::clone(&home),
                name: Arc::clone(&name),
                commands,
            };
            let began = Instant::now();
            // A task of its own, so that a panic ends only this attempt.
            let mut task = tokio::spawn(source(desk));
            let outcome = tokio::select! {
                outcome = &mut task => outcome,
                () = crate::mqtt::stopped(&mut stop) => {
                    task.abort();
                    return;
                }
            };
            let (what, help) = match outcome {
                Ok(Ok(())) => return,
                Ok(Err(error)) => (error.to_string(), error.help),
                Err(panic) => {
                    error!("source {name} broke: {panic}");
                    ("it broke; see the log".into(), None)
                }
            };
            if began.elapsed() > SETTLED {
                backoff.reset();
            }
            let pause = backoff.pause();
            warn!(
                "source {name}: {what}; next attempt in {:.1} s. {}",
                pause.as_secs_f64(),
                help.as_deref().unwrap_or_default()
            );
            home.counters.source_restarts.add();
            let what = match help {
                Some(help) => format!("{what}. {help}"),
                None => what,
            };
            home.set_health(&name, Health::Down(what));
            tokio::select! {
                () = sleep(pause) => {}
                () = crate::mqtt::stopped(&mut stop) => return,
            }
        }
    })
}

/// Commands that wait for a source.
const MOST_COMMANDS: usize = 32;
/// A source that ran so long was well.
const SETTLED: Duration = Duration::from_secs(60);
