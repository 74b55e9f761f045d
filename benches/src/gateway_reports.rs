//! A gateway with 200 sub-devices that report 10 times a second each, on loopback.
//!
//! Prints what was sent, received and lost, and the share of one core that the client needs. The gateway runs in a
//! process of its own (`gateway_reports gateway`), which this program starts.
//!
//! ```sh
//! cargo run --release -p benches --bin gateway_reports -- 200 10 30   # devices, reports a second of each, seconds
//! ```

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio::time::{Instant as Moment, MissedTickBehavior, interval, timeout_at};
use xiaomi_gateway_proto::transport::{UdpClient, UdpGateway};
use xiaomi_gateway_proto::{Config, Event, Fields, Generation, Quantity, Sid, gateway};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().unwrap_or_else(|| "200".into());
    let mut number = |default: u32| arguments.next().map_or(Ok(default), |text| text.parse());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if first == "gateway" {
        let (devices, rate, seconds) = (number(200)?, number(10)?, number(10)?);
        return runtime.block_on(report(devices, rate, seconds));
    }
    let (devices, rate, seconds) = (first.parse()?, number(10)?, number(10)?);
    let mut child = Command::new(std::env::current_exe()?)
        .arg("gateway")
        .args([devices, rate, seconds].map(|number: u32| number.to_string()))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut port = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut port)?;
    let outcome = runtime.block_on(receive(port.trim().parse()?, devices, rate, seconds));
    child.kill()?;
    child.wait()?;
    outcome
}

/// Waits until a client has read all devices, and reports then.
async fn report(devices: u32, rate: u32, seconds: u32) -> Result<()> {
    let sid = Sid::gateway("34ce00880099")?;
    let mut setup = gateway::Config::new(sid, Generation::One, "41D49ED97B487373".parse()?, [9; 16]);
    setup.port = 0;
    let mut udp = UdpGateway::bind(setup, INTERFACE)?;
    for number in 0..devices {
        let fields = Fields::new().with("temperature", "2000");
        udp.gateway().add_device(device(number)?, "weather.v1", fields);
    }
    println!("{}", udp.gateway().port());
    // The client writes to say that it is ready.
    while !matches!(udp.next_event().await?, gateway::Event::Written { .. }) {}
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let start = Instant::now();
    let total = devices * rate * seconds;
    let mut sent = 0;
    loop {
        tokio::select! {
            _ = udp.next_event() => {}
            _ = ticks.tick() => {
                let due = start.elapsed().as_secs_f64() * f64::from(devices * rate);
                let now = udp.now();
                while sent < total && f64::from(sent) < due {
                    let round = sent / devices;
                    let change = Fields::new().with("temperature", round.to_string());
                    udp.gateway().poke(now, device(sent % devices)?, change);
                    sent += 1;
                }
                udp.flush().await?;
            }
        }
    }
}

async fn receive(port: u16, devices: u32, rate: u32, seconds: u32) -> Result<()> {
    let host = SocketAddrV4::new(INTERFACE, port);
    let config = Config::new().key("41D49ED97B487373".parse()?).address(host);
    let mut client = UdpClient::bind(config, INTERFACE)?;
    let gateway = loop {
        if let Event::Ready { gateway } = client.next_event().await? {
            break gateway;
        }
    };
    println!("{} devices are read", client.client().devices(gateway).count());
    client
        .client()
        .write(gateway, Fields::new().with("mid", 10_000))?;

    let (processor, started) = (processor_time()?, Instant::now());
    let end = Moment::now() + Duration::from_secs((seconds + 5).into());
    let total = devices * rate * seconds;
    let mut received = 0;
    let mut next = vec![0_u32; devices as usize];
    let mut disordered = 0;
    while received < total
        && let Ok(event) = timeout_at(end, client.next_event()).await
    {
        let Event::Report(update) = event? else { continue };
        let decoded = update.decode();
        let Some(temperature) = decoded.number(Quantity::Temperature) else {
            continue;
        };
        let Ok(index) = usize::try_from(update.sid.number() - FIRST) else {
            continue;
        };
        let Some(round) = next.get_mut(index) else {
            continue;
        };
        disordered += u32::from(temperature.mantissa() != i64::from(*round));
        *round += 1;
        received += 1;
    }
    let wall = started.elapsed();
    let share = (processor_time()? - processor).as_secs_f64() / wall.as_secs_f64();
    println!(
        "{received} of {total} reports in {:.1} s, {} lost, {disordered} out of order",
        wall.as_secs_f64(),
        total - received
    );
    println!("{:.1} % of one core for the client", share * 100.0);
    if received < total || disordered > 0 {
        return Err("reports were lost".into());
    }
    Ok(())
}

fn device(number: u32) -> Result<Sid> {
    Ok(format!("{:x}", FIRST + u64::from(number)).parse()?)
}

/// Processor time of this process (Linux, 100 ticks a second).
fn processor_time() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().ok_or("no fields")?.split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 10))
}

const INTERFACE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// The sid of the first device.
const FIRST: u64 = 0x0015_8d00_0100_0000;

/// Reports go out in small bursts, as a radio brings them.
const TICK: Duration = Duration::from_millis(5);
