//! `simulate`: a plug or a lamp on a TCP port.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use openbeken::Decimal;
use openbeken::device::{Device, Event, Profile};
use openbeken::http::WebPassword;
use serde_json::json;

use super::failure::Failure;

pub(super) fn run(
    address: &str,
    name: &str,
    lamp: bool,
    password: Option<&str>,
    seconds: Option<Duration>,
    as_json: bool,
) -> Result<bool, Failure> {
    let mut profile = if lamp {
        Profile::lamp(name)
    } else {
        Profile::plug(name)
    };
    if let Some(password) = password {
        profile.web_password = Some(WebPassword::new(password).map_err(|found| {
            Failure::new(
                format!("a device's password has 5 to 32 bytes, this one {found}"),
                "Choose another.",
            )
        })?);
    }
    let failed = |error: std::io::Error| {
        Failure::new(
            format!("{address}: {error}"),
            "Give an address of this machine and a free port: 127.0.0.1:0.",
        )
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    if as_json {
        say!("{}", json!({ "address": local.to_string() }));
    } else {
        say!(
            "A simulated device listens at http://{local}; try `status {local}` and `cmd {local} POWER TOGGLE`."
        );
    }
    let mut device = Device::new(profile);
    device.set_load(Decimal::new(2301, 1), Decimal::new(261, 3), Decimal::new(598, 1));
    let start = Instant::now();
    while seconds.is_none_or(|seconds| start.elapsed() < seconds) {
        device.handle_timeout(start.elapsed());
        match listener.accept() {
            Ok((stream, _)) => {
                // One that fails is the peer's business.
                let _ = serve(&mut device, start, stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(200)),
        }
        while let Some(event) = device.poll_event() {
            print(&event, as_json);
        }
    }
    Ok(true)
}

fn serve(device: &mut Device, start: Instant, mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let end = Instant::now() + PATIENCE;
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let rest = end.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return Ok(());
        }
        stream.set_read_timeout(Some(rest))?;
        let count = stream.read(&mut buffer)?;
        request.extend_from_slice(buffer.get(..count).unwrap_or_default());
        match device.handle_request(start.elapsed(), &request) {
            Ok(Some(reply)) => return stream.write_all(&reply),
            Ok(None) if count > 0 && request.len() < LARGEST => {}
            _ => return Ok(()),
        }
    }
}

fn print(event: &Event, as_json: bool) {
    let (name, text) = match event {
        Event::Channel { channel, value } => ("channel", format!("channel {channel} is {value}")),
        Event::Lamp => ("lamp", "the lamp has other values".into()),
        Event::WifiStored => ("wifi_stored", "another network is stored".into()),
        Event::Restart => ("restart", "it restarts".into()),
        Event::CommandFailed { name, outcome } => ("command_failed", format!("{name}: {outcome:?}")),
        _ => ("other", format!("{event:?}")),
    };
    if as_json {
        say!("{}", json!({ "event": name, "text": text }));
    } else {
        say!("{text}");
    }
}

const PATIENCE: Duration = Duration::from_secs(2);
const LARGEST: usize = 1 << 20;
