//! Sessions with 10,000 simulated devices in one process on loopback, each polled once in 10 seconds.
//!
//! Prints calls, failures, memory per idle session and the share of one core that the client needs. The devices
//! run in a process of their own (`miio_fleet devices`), which this program starts.

use std::error::Error;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use miio_proto::device::{Device, DeviceConfig};
use miio_proto::transport::Client;
use miio_proto::{Config, DeviceId, Request, Token};
use serde_json::json;
use tokio::net::UdpSocket;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_else(|| "10000".into());
    if mode == "devices" {
        let count = arguments.next().ok_or("how many?")?.parse()?;
        return runtime()?.block_on(devices(count));
    }
    let count: usize = mode.parse()?;
    let seconds = arguments.next().map_or(Ok(30), |text| text.parse())?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["devices", &count.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let result = runtime()?.block_on(clients(count, seconds));
    child.kill()?;
    child.wait()?;
    result
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn address(number: usize) -> SocketAddr {
    // One address of the loopback network for each device, so that the devices need only one socket.
    let [_, a, b, c] = (number as u32 + 1).to_be_bytes();
    SocketAddr::from(([127, a + 1, b, c], PORT))
}

/// All devices on one socket that listens on every address; the answers must come from the address asked, so each
/// device answers from a socket bound to it.
async fn devices(count: usize) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    for number in 0..count {
        let socket = UdpSocket::bind(address(number)).await?;
        let config = DeviceConfig::new(DeviceId(number as u32 + 1), Token::new([7; 16]), "a.b.c");
        let mut device = Device::new(config).with_legacy("power", "on");
        tokio::spawn(async move {
            let mut buffer = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let now = started.elapsed();
                device.handle_datagram(now, from, buffer.get(..length).unwrap_or_default());
                while let Some(transmit) = device.poll_transmit(now) {
                    let _ = socket.send_to(&transmit.payload, transmit.to).await;
                }
                while device.poll_event().is_some() {}
            }
        });
    }
    println!("ready");
    core::future::pending().await
}

async fn clients(count: usize, seconds: u64) -> Result<(), Box<dyn Error>> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (client, _events) = Client::bind("0.0.0.0:0").await?;
    let before = memory()?;
    let mut handles = Vec::with_capacity(count);
    for number in 0..count {
        let config = Config::new(Token::new([7; 16]));
        handles.push(client.add(address(number), config).await);
    }
    println!(
        "{count} sessions; {} bytes each before the first call",
        (memory()? - before) / count
    );

    let (processor, started) = (processor_time()?, Instant::now());
    let (mut calls, mut failures) = (0, 0);
    let interval = Duration::from_secs(10);
    let mut round: u32 = 0;
    while started.elapsed() < Duration::from_secs(seconds) {
        // A tenth of a second for a hundredth of the devices.
        for (slot, chunk) in handles.chunks(count.div_ceil(100)).enumerate() {
            let due = started + interval * round + interval / 100 * slot as u32;
            tokio::time::sleep_until(due.into()).await;
            let ends = chunk.iter().map(|handle| {
                let handle = handle.clone();
                tokio::spawn(async move { handle.call(Request::new("get_prop", json!(["power"]))).await })
            });
            for end in ends.collect::<Vec<_>>() {
                calls += 1;
                failures += usize::from(end.await?.is_err());
            }
        }
        round += 1;
    }
    let wall = started.elapsed();
    let share = (processor_time()? - processor).as_secs_f64() / wall.as_secs_f64();
    let idle = (memory()? - before) / count;
    println!(
        "{calls} calls in {:.1} s, {failures} failures",
        wall.as_secs_f64()
    );
    println!(
        "{:.1} % of one core, {idle} bytes of memory for each idle session",
        share * 100.0
    );
    Ok(())
}

/// Resident memory of this process in bytes (Linux).
fn memory() -> Result<usize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .ok_or("no VmRSS")?;
    let kilobytes: usize = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
    Ok(kilobytes * 1024)
}

/// Processor time of this process (Linux, 100 ticks a second).
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().ok_or("no fields")?.split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// The port of the simulated devices.
const PORT: u16 = 54_321;
