//! Counters for Prometheus, over HTTP: `GET /metrics`. And the health line in the log.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::home::{Health, Home};

/// Answers requests on a listener, for ever.
pub async fn serve(listener: TcpListener, home: Arc<Home>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // Waiting here keeps further callers waiting in the system's queue.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let home = Arc::clone(&home);
        tokio::spawn(async move {
            let _ = timeout(PATIENCE, answer(stream, &home)).await;
            drop(place);
        });
    }
}

/// Listens.
///
/// # Errors
///
/// The address can't be had.
pub async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

async fn answer(mut stream: TcpStream, home: &Home) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > LONGEST_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let (status, body) = match line {
        b"GET /metrics HTTP/1.1" | b"GET /metrics HTTP/1.0" => ("200 OK", text(home)),
        _ => ("404 Not Found", "only GET /metrics is here\n".to_owned()),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len(),
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// All figures, in Prometheus' text form.
#[must_use]
pub fn text(home: &Home) -> String {
    let mut out = String::new();
    home.counters.write(&mut out);
    let summary = home.summary();
    let broker_up = u8::from(home.broker() == Health::Up);
    for (name, kind, help, value) in [
        ("devices", "gauge", "Devices known.", summary.devices as u64),
        (
            "devices_available",
            "gauge",
            "Devices that are there.",
            summary.available as u64,
        ),
        (
            "outbox",
            "gauge",
            "Messages waiting for the broker.",
            summary.waiting as u64,
        ),
        (
            "superseded_total",
            "counter",
            "Values replaced by a newer one before they were sent.",
            summary.losses.superseded,
        ),
        (
            "dropped_events_total",
            "counter",
            "Events dropped because too many waited.",
            summary.losses.dropped_events,
        ),
        (
            "dropped_topics_total",
            "counter",
            "Values dropped because of too many topics.",
            summary.losses.dropped_topics,
        ),
        (
            "broker_up",
            "gauge",
            "Whether the broker is connected.",
            broker_up.into(),
        ),
        (
            "uptime_seconds",
            "gauge",
            "Time since the start.",
            home.now().as_secs(),
        ),
    ] {
        let _ = writeln!(
            out,
            "# HELP bridge_{name} {help}\n# TYPE bridge_{name} {kind}\nbridge_{name} {value}"
        );
    }
    let _ = writeln!(
        out,
        "# HELP bridge_source_up Whether a source works.\n# TYPE bridge_source_up gauge"
    );
    for (name, health) in home.sources() {
        let name = name
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let _ = writeln!(
            out,
            "bridge_source_up{{source=\"{name}\"}} {}",
            u8::from(health == Health::Up)
        );
    }
    out
}

/// One line for the log.
#[must_use]
pub fn health_line(home: &Home) -> String {
    let summary = home.summary();
    let down = home
        .sources()
        .into_iter()
        .filter(|(_, health)| *health != Health::Up);
    let down: Vec<_> = down.map(|(name, _)| name.as_ref().to_owned()).collect();
    let broker = match home.broker() {
        Health::Up => "connected",
        Health::Starting => "starting",
        Health::Down(_) => "away",
    };
    let mut line = format!(
        "{} of {} devices there, {} values, {} published, {} waiting, broker {broker}",
        summary.available,
        summary.devices,
        summary.values,
        home.counters.published.get(),
        summary.waiting,
    );
    if !down.is_empty() {
        let _ = write!(line, ", not working: {}", down.join(", "));
    }
    line
}

const MOST_CONNECTIONS: usize = 16;
const LONGEST_HEAD: usize = 8192;
const PATIENCE: Duration = Duration::from_secs(5);
