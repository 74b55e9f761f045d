//! Asks devices by HTTP: one connection a request, a time to wait, a limit to what is read.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use openbeken::http::{Credentials, MAX_REPLY, PORT, Reply, Request, RestError};
use openbeken::json::Value;
use openbeken::status::Status;
use serde_json::json;

use super::failure::Failure;

#[derive(Debug)]
pub(super) struct Client {
    host: String,
    port: u16,
    credentials: Option<Credentials>,
    timeout: Duration,
}

impl Client {
    pub(super) fn new(
        url: &str,
        credentials: Option<Credentials>,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        if rest.contains("://") {
            return Err(Failure::new(
                format!("{url}: devices speak plain HTTP"),
                "Give http://ADDRESS, or the address alone.",
            ));
        }
        let authority = rest.split('/').next().unwrap_or_default();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => {
                let port = port
                    .parse()
                    .map_err(|_| Failure::new(format!("{port} is no port"), "Give a number, or none."))?;
                (host, port)
            }
            None => (authority, PORT),
        };
        Ok(Self {
            host: host.into(),
            port,
            credentials,
            timeout,
        })
    }

    /// Sends a request and reads to the end of the connection.
    pub(super) fn send(&self, request: Request) -> Result<Vec<u8>, Failure> {
        let request = match &self.credentials {
            Some(credentials) => request.with_credentials(credentials.clone()),
            None => request,
        };
        let bytes = request
            .encode(&self.host)
            .map_err(|error| Failure::of(&error, error.help()))?;
        self.exchange(&bytes).map_err(|error| {
            let help = match error.kind() {
                ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                    "Look whether the device is on and in this network; after a restart it needs some seconds."
                }
                ErrorKind::ConnectionRefused => "Something is at this address, but no device with OpenBeken: check it.",
                _ => "Check the address: open it in a browser.",
            };
            Failure::new(format!("{}:{}: {error}", self.host, self.port), help)
        })
    }

    fn exchange(&self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        let end = Instant::now() + self.timeout;
        let rest = || {
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                Err(std::io::Error::from(ErrorKind::TimedOut))
            } else {
                Ok(rest)
            }
        };
        let mut failed = std::io::Error::new(ErrorKind::NotFound, "no such host");
        let mut stream = None;
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, rest()?) {
                Ok(connected) => {
                    stream = Some(connected);
                    break;
                }
                Err(error) => failed = error,
            }
        }
        let Some(mut stream) = stream else {
            return Err(failed);
        };
        stream.set_write_timeout(Some(rest()?))?;
        stream.write_all(bytes)?;
        let mut reply = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            stream.set_read_timeout(Some(rest()?))?;
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(reply),
                Ok(count) => reply.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                // Some devices reset the connection instead of closing it.
                Err(error) if error.kind() == ErrorKind::ConnectionReset && !reply.is_empty() => {
                    return Ok(reply);
                }
                Err(error) => return Err(error),
            }
            if reply.len() > MAX_REPLY {
                return Err(std::io::Error::new(
                    ErrorKind::InvalidData,
                    format!("more than {MAX_REPLY} bytes"),
                ));
            }
        }
    }

    /// The JSON of a reply that worked.
    pub(super) fn ask(&self, request: Request) -> Result<Value, Failure> {
        let bytes = self.send(request)?;
        let result = Reply::parse(&bytes)
            .map_err(RestError::from)
            .and_then(|reply| reply.result());
        result.map_err(|error| Failure::of(&error, error.help()))
    }
}

pub(super) fn status(client: &Client, as_json: bool) -> Result<bool, Failure> {
    let request = Request::command("STATUS 0").map_err(|error| Failure::of(&error, error.help()))?;
    let reply = client.ask(request)?;
    let status = Status::of(&reply);
    if as_json {
        say!("{}", to_json(&status));
        return Ok(true);
    }
    let line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            say!("{name:<12} {value}");
        }
    };
    if status.is_openbeken == Some(false) {
        say!("This is no OpenBeken, but a Tasmota.");
    }
    line("name", status.device_name.clone());
    line("chip", status.chip.clone());
    line("version", status.version.clone());
    line("address", status.ip.clone());
    line("MAC", status.mac.clone());
    line("broker", status.mqtt_host.clone().filter(|host| !host.is_empty()));
    line("uptime", status.uptime_s.map(|seconds| format!("{seconds} s")));
    for (relay, on) in &status.power.relays {
        say!(
            "{:<12} {}",
            format!("relay {relay}"),
            if *on { "on" } else { "off" }
        );
    }
    line(
        "dimmer",
        status.power.dimmer_percent.map(|percent| format!("{percent} %")),
    );
    if let Some(wifi) = &status.wifi {
        line("network", wifi.ssid.clone());
        line("signal", wifi.signal_dbm.map(|dbm| format!("{dbm} dBm")));
    }
    if let Some(energy) = &status.energy {
        line("power", energy.power_w.map(|watts| format!("{watts:.2} W")));
        line("voltage", energy.voltage_v.map(|volts| format!("{volts:.1} V")));
        line(
            "current",
            energy.current_a.map(|amperes| format!("{amperes:.3} A")),
        );
        line("energy", energy.total_wh.map(|wh| format!("{wh:.1} Wh")));
    }
    for (driver, member, value) in &status.sensors {
        say!("{:<12} {value} ({member})", driver);
    }
    Ok(true)
}

fn to_json(status: &Status) -> Value {
    let relays: serde_json::Map<_, _> = status
        .power
        .relays
        .iter()
        .map(|(relay, on)| (relay.to_string(), json!(on)))
        .collect();
    json!({
        "name": status.device_name,
        "chip": status.chip,
        "version": status.version,
        "is_openbeken": status.is_openbeken,
        "ip": status.ip,
        "mac": status.mac,
        "mqtt_host": status.mqtt_host,
        "uptime_s": status.uptime_s,
        "relays": relays,
        "dimmer_percent": status.power.dimmer_percent,
        "ssid": status.wifi.as_ref().and_then(|wifi| wifi.ssid.clone()),
        "signal_dbm": status.wifi.as_ref().and_then(|wifi| wifi.signal_dbm),
        "power_w": status.energy.as_ref().and_then(|energy| energy.power_w),
        "total_wh": status.energy.as_ref().and_then(|energy| energy.total_wh),
    })
}

pub(super) fn command(client: &Client, command: &str, as_json: bool) -> Result<bool, Failure> {
    // Posted, so that an unknown command shows.
    let request = Request::post_command(command).map_err(|error| Failure::of(&error, error.help()))?;
    let reply = client.ask(request)?;
    let result = reply.get("res").cloned().unwrap_or(Value::Null);
    if as_json {
        say!("{result}");
    } else {
        say!("{}", serde_json::to_string_pretty(&result).unwrap_or_default());
    }
    Ok(true)
}
