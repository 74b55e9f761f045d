//! Plays a device on a UDP port.

use std::net::SocketAddr;
use std::time::Duration;

use miio_proto::device::{Device, DeviceConfig, Event};
use miio_proto::miot::{Instance, PropertyKey};
use miio_proto::transport::Host;
use miio_proto::{DeviceId, Token, Value};
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

/// The simulated device's token: no secret.
pub(crate) const TOKEN: &str = "00112233445566778899aabbccddeeff";

/// The simulated device's specification.
pub(crate) const SPEC: &str = include_str!("lamp.json");

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The device's id
    #[arg(long, default_value_t = 305_419_896)]
    device_id: u32,
    /// Its model
    #[arg(long, default_value = "xiaomirs.light.lamp1")]
    model: String,
    /// Disclose the token, as a device in setup mode does
    #[arg(long)]
    disclose: bool,
    /// Ignore message ids that don't grow, as Roborock's firmware does
    #[arg(long)]
    rising_ids: bool,
    /// Answer -9999 to requests for more values than this
    #[arg(long)]
    batch_limit: Option<usize>,
    /// Milliseconds before each answer
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// Give it a legacy property, as power=on; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    legacy: Vec<String>,
    /// End after so many seconds
    #[arg(long)]
    seconds: Option<f64>,
}

pub(crate) async fn run(
    address: SocketAddr,
    token: Token,
    spec: Instance,
    arguments: &Arguments,
    output: Output,
) -> Result<(), Failure> {
    let mut config = DeviceConfig::new(DeviceId(arguments.device_id), token, &arguments.model);
    config.discloses_token = arguments.disclose;
    config.rising_ids = arguments.rising_ids;
    config.batch_limit = arguments.batch_limit;
    config.latency = Duration::from_millis(arguments.latency);
    let mut device = Device::new(config)
        .with_spec(spec)
        .with_legacy("power", "on")
        .with_legacy("bright", 40)
        .with_result("miIO.config_router", json!(["ok"]))
        .with_result("miIO.stop_diag_mode", json!(["ok"]));
    for property in &arguments.legacy {
        let (name, value) = property
            .split_once('=')
            .ok_or_else(|| Failure::new(format!("`{property}` has no =")).help("Write --legacy power=on."))?;
        let value: Value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        device = device.with_legacy(name, value);
    }
    if let Some(store) = device.store_mut() {
        store.put(PropertyKey { siid: 3, piid: 1 }, 21.4);
    }
    let host = Host::bind(&address.to_string(), device).await.map_err(|error| {
        Failure::new(format!("{address}: {error}")).help("Name a free port with --address.")
    })?;
    output.line(
        format!("device {} at {}", arguments.device_id, host.address()),
        &json!({"device_id": arguments.device_id, "address": host.address().to_string()}),
    );
    let end = async {
        match arguments.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 1e9))).await,
            None => drop(tokio::signal::ctrl_c().await),
        }
    };
    tokio::pin!(end);
    loop {
        let event = tokio::select! {
            () = &mut end => return Ok(()),
            event = host.next_event() => event,
        };
        match event {
            Event::Answered { from, method } => {
                output.line(
                    format!("{from} {method}"),
                    &json!({"from": from.to_string(), "method": method}),
                );
            }
            Event::Started(started) => host.with(|device, _| {
                let on = PropertyKey { siid: 2, piid: 1 };
                let is_toggle = (started.action.siid, started.action.aiid) == (2, 1);
                if let Some(store) = device.store_mut().filter(|_| is_toggle) {
                    let now = store.value(on) == Some(&json!(true));
                    store.put(on, !now);
                }
            }),
            Event::Ignored { from, reason } => {
                output.note(format!("{from} ignored: {reason:?}"));
            }
            _ => {}
        }
    }
}
