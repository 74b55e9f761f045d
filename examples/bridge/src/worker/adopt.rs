//! The session of a worker that is gone: what the broker had given to it is taken over and worked off.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{Happened, Link, Worker, WorkerError, stopped};
use crate::config::Config;
use crate::home::{Home, Id};
use crate::source::cloud::News;

/// Works off the session of the worker of this name, and ends it. Says how many raw advertisements there were.
///
/// If the worker is started again meanwhile, the broker gives the session back to it; nothing is lost by that.
///
/// # Errors
///
/// The configuration isn't one for workers.
pub async fn adopt(config: &Config, name: &Id) -> Result<u64, WorkerError> {
    let worker = Worker::new(config, name)?;
    let mut link = Link::open(worker.options.clone());
    // No more for a member that is gone, then the rest.
    for filter in &worker.filters {
        let _ = link.client.try_unsubscribe(filter);
    }
    let (reason, _) = worker.connection(&mut link, Some(IDLE)).await;
    let taken = worker.home.counters.adverts.get();
    if reason != "nothing more" {
        warn!("the session of worker {name} stays: {reason}");
        return Ok(taken);
    }
    link.close().await;
    // A clean start that doesn't outlive its connection is how a session ends.
    let mut options = worker.options.clone();
    options.set_clean_start(true).set_session_expiry_interval(Some(0));
    let mut link = Link::open(options);
    let connected = async {
        while !matches!(
            link.next().await,
            Happened::Connected { .. } | Happened::Down { .. }
        ) {}
    };
    let _ = timeout(Duration::from_secs(5), connected).await;
    link.close().await;
    info!("worker {name} is gone; {taken} advertisements of its session were decoded here");
    Ok(taken)
}

/// Watches workers, and adopts the sessions of those that are gone for some time.
#[derive(Debug)]
pub struct Adopter {
    sender: mpsc::Sender<(Id, bool)>,
}

impl Adopter {
    /// Starts to watch; it ends with `stop`. Keys that aren't configured are those of the account.
    #[must_use]
    pub fn start(home: Arc<Home>, config: Config, news: Option<News>, stop: watch::Receiver<bool>) -> Self {
        let (sender, receiver) = mpsc::channel(64);
        tokio::spawn(watch_workers(home, config, news, receiver, stop));
        Self { sender }
    }

    /// Takes a message of a worker's status topic.
    pub fn handle_message(&self, topic: &str, payload: &[u8]) {
        let name = topic.rsplit('/').next().and_then(|name| name.parse().ok());
        if let Some(name) = name {
            let _ = self.sender.try_send((name, payload == b"online"));
        }
    }
}

async fn watch_workers(
    home: Arc<Home>,
    config: Config,
    account: Option<News>,
    mut news: mpsc::Receiver<(Id, bool)>,
    mut stop: watch::Receiver<bool>,
) {
    let config = Arc::new(config);
    let mut waiting: HashMap<Id, tokio::task::JoinHandle<()>> = HashMap::new();
    loop {
        let (name, online) = tokio::select! {
            news = news.recv() => match news {
                Some(news) => news,
                None => return,
            },
            () = stopped(&mut stop) => return,
        };
        // News of it ends what was going to happen; the status of strangers can't make it grow.
        if let Some(task) = waiting.remove(&name) {
            task.abort();
        }
        waiting.retain(|_, task| !task.is_finished());
        if online || waiting.len() >= MOST_WORKERS {
            continue;
        }
        let (config, gone) = (Arc::clone(&config), name.clone());
        let (home, account) = (Arc::clone(&home), account.clone());
        let task = tokio::spawn(async move {
            // Its supervisor may start it again.
            sleep(GRACE).await;
            let mut config = Config::clone(&config);
            if let Some(mut account) = account {
                // Without keys, what it had would be thrown away.
                let Ok(found) = account.wait_for(Option::is_some).await else {
                    return;
                };
                if let Some(found) = found.as_ref() {
                    config.ble.device = found.with_listed(&config.ble.device);
                }
            }
            match adopt(&config, &gone).await {
                Ok(taken) => {
                    home.counters.workers_adopted.add();
                    home.counters.adverts_adopted.add_many(taken);
                }
                Err(error) => warn!("worker {gone}: {error}"),
            }
        });
        waiting.insert(name, task);
    }
}

/// After so long without a message the session is worked off.
const IDLE: Duration = Duration::from_secs(2);
/// Before a worker counts as gone for good.
const GRACE: Duration = Duration::from_secs(5);
const MOST_WORKERS: usize = 64;
