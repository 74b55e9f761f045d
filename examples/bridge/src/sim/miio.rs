//! A vacuum of the older protocol and an air purifier with a MIoT specification, on UDP ports of loopback.

use std::net::SocketAddr;
use std::time::Duration;

use miio_proto::device::{Device, DeviceConfig, Event, Ticket};
use miio_proto::miot::{Instance, PropertyKey};
use miio_proto::transport::Host;
use miio_proto::{DeviceId, Token, Value as Json};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::interval;

use super::{SimulationError, wave};

/// The specification of the purifier.
pub const PURIFIER: &str = include_str!("purifier.json");

/// Models of the devices.
pub const VACUUM_MODEL: &str = "roborock.vacuum.s5";
/// As `VACUUM_MODEL`.
pub const PURIFIER_MODEL: &str = "xiaomirs.airpurifier.sim1";

/// The devices, and what keeps them alive.
#[derive(Debug)]
pub struct Devices {
    vacuum: SocketAddr,
    purifier: SocketAddr,
    /// Their lives.
    pub tasks: Vec<JoinHandle<()>>,
}

impl Devices {
    /// Name, address, id and token of each.
    #[must_use]
    pub fn listed(&self) -> [(&'static str, SocketAddr, u32, &'static str); 2] {
        [
            ("Vacuum", self.vacuum, VACUUM, VACUUM_TOKEN),
            ("Purifier", self.purifier, PURIFIER_ID, PURIFIER_TOKEN),
        ]
    }
}

/// Puts them on sockets.
pub(super) async fn start() -> Result<Devices, SimulationError> {
    let config = |id, token: &str, model: &str| {
        let token: Token = token
            .parse()
            .map_err(|error| SimulationError::Spec(format!("{error}")))?;
        Ok::<_, SimulationError>(DeviceConfig::new(DeviceId(id), token, model))
    };
    let mut vacuum = config(VACUUM, VACUUM_TOKEN, VACUUM_MODEL)?;
    (vacuum.forwards, vacuum.rising_ids) = (true, true);
    let spec = purifier_spec()?;
    let purifier = config(PURIFIER_ID, PURIFIER_TOKEN, PURIFIER_MODEL)?;
    let vacuum = Host::bind("127.0.0.1:0", Device::new(vacuum)).await?;
    let purifier = Host::bind("127.0.0.1:0", Device::new(purifier).with_spec(spec)).await?;
    Ok(Devices {
        vacuum: vacuum.address(),
        purifier: purifier.address(),
        tasks: vec![
            tokio::spawn(live_vacuum(vacuum)),
            tokio::spawn(live_purifier(purifier)),
        ],
    })
}

fn purifier_spec() -> Result<Instance, SimulationError> {
    let json: Json =
        serde_json::from_str(PURIFIER).map_err(|error| SimulationError::Spec(error.to_string()))?;
    Instance::from_json(&json).map_err(|error| SimulationError::Spec(error.to_string()))
}

/// A vacuum that cleans, returns and charges.
struct Vacuum {
    state: u8,
    battery: f64,
    fan: u8,
    seconds: f64,
}

async fn live_vacuum(host: Host) {
    let mut vacuum = Vacuum {
        state: CLEANING,
        battery: 92.0,
        fan: 102,
        seconds: 0.0,
    };
    let mut beat = interval(BEAT);
    loop {
        tokio::select! {
            event = host.next_event() => {
                if let Event::Request { ticket, request } = event {
                    answer(&host, &mut vacuum, ticket, &request.method, &request.params);
                }
            }
            _ = beat.tick() => vacuum.live(),
        }
    }
}

fn answer(host: &Host, vacuum: &mut Vacuum, ticket: Ticket, method: &str, params: &Json) {
    let mut result = json!(["ok"]);
    match method {
        "get_status" => result = vacuum.status(),
        "app_start" | "app_spot" => vacuum.state = CLEANING,
        "app_pause" => vacuum.state = PAUSED,
        "app_stop" => vacuum.state = IDLE,
        "app_charge" => vacuum.state = RETURNING,
        "find_me" => {}
        "set_custom_mode" => {
            let speed = params.get(0).and_then(Json::as_u64);
            vacuum.fan = speed
                .and_then(|speed| u8::try_from(speed).ok())
                .unwrap_or(vacuum.fan);
        }
        _ => return host.with(|device, now| device.refuse(now, ticket, -32601, "Method not found")),
    }
    host.with(|device, now| device.answer(now, ticket, result));
}

impl Vacuum {
    fn live(&mut self) {
        match self.state {
            CLEANING => {
                self.seconds += 1.0;
                self.battery = (self.battery - 0.3).max(20.0);
                if self.battery <= 80.0 {
                    self.state = RETURNING;
                }
            }
            RETURNING => self.state = CHARGING,
            CHARGING => {
                self.battery = (self.battery + 2.0).min(100.0);
                if self.battery >= 100.0 {
                    (self.state, self.seconds) = (CLEANING, 0.0);
                }
            }
            _ => {}
        }
    }

    fn status(&self) -> Json {
        json!([{
            "msg_ver": 2, "msg_seq": 4, "state": self.state, "battery": self.battery as u8,
            "clean_time": self.seconds as u32, "clean_area": (self.seconds * 12_000.0) as u64,
            "error_code": 0, "map_present": 1, "in_cleaning": u8::from(self.state == CLEANING),
            "fan_power": self.fan, "dnd_enabled": 0,
        }])
    }
}

/// A purifier that cleans the air while it is on.
async fn live_purifier(host: Host) {
    let key = |siid, piid| PropertyKey { siid, piid };
    let (on, pm25, humidity, temperature, filter) = (key(2, 1), key(3, 4), key(3, 1), key(3, 7), key(4, 1));
    let mut dust = 75.0;
    host.with(|device, _| {
        if let Some(store) = device.store_mut() {
            store.put(on, true);
            store.put(key(2, 4), 0);
            store.put(key(2, 5), 2);
            store.put(filter, 87);
        }
    });
    let mut beat = interval(BEAT);
    loop {
        beat.tick().await;
        host.with(|device, now| {
            let Some(store) = device.store_mut() else { return };
            let cleans = store.value(on) == Some(&json!(true));
            dust = if cleans {
                dust * 0.97 + 0.2
            } else {
                (dust + 1.5_f64).min(120.0)
            };
            store.put(pm25, dust as u16);
            store.put(humidity, wave(now, 42.0, 47.0, 80.0) as u8);
            store.put(temperature, (wave(now, 21.0, 22.5, 60.0) * 10.0).round() / 10.0);
        });
        // What happened there is of no interest.
        while host.event().is_some() {}
    }
}

const VACUUM: u32 = 55_408_263;
const VACUUM_TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const PURIFIER_ID: u32 = 271_828_182;
const PURIFIER_TOKEN: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0f";

const IDLE: u8 = 3;
const CLEANING: u8 = 5;
const RETURNING: u8 = 6;
const CHARGING: u8 = 8;
const PAUSED: u8 = 10;
const BEAT: Duration = Duration::from_secs(1);
