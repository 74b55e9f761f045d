//! The fake cloud: an account with devices of all kinds.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use xiaomi_cloud::Region;
use xiaomi_cloud::server::{Account, Cloud, FakeHome, Verification};

use crate::failure::Failure;
use crate::loopback::serve_cloud;
use crate::output::Output;

// None of these is a secret.
pub(crate) const USER: &str = "user@example.com";
pub(crate) const PASSWORD: &str = "correct";
pub(crate) const CAPTCHA: &str = "aBcD";
pub(crate) const TICKET: &str = "123456";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The port; 0 takes a free one, which is printed
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Ask for a captcha (its answer is aBcD)
    #[arg(long)]
    captcha: bool,
    /// Ask for a code by SMS (it is 123456)
    #[arg(long)]
    verify: bool,
    /// Let service tokens expire after so many calls
    #[arg(long)]
    calls_per_token: Option<u32>,
    /// End after so many seconds
    #[arg(long)]
    seconds: Option<f64>,
}

/// Starts the cloud of `--simulate`, with a captcha, on a free port.
pub(crate) async fn start() -> Result<SocketAddr, Failure> {
    let mut cloud = cloud();
    cloud.scenario.captcha = Some(CAPTCHA.into());
    listen(cloud, 0).await
}

pub(crate) async fn serve(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let mut cloud = cloud();
    cloud.scenario.captcha = arguments.captcha.then(|| CAPTCHA.into());
    cloud.scenario.verification = arguments.verify.then(Verification::default);
    cloud.scenario.calls_per_token = arguments.calls_per_token;
    let address = listen(cloud, arguments.port).await?;
    output.line(
        format_args!("the fake cloud is at http://{address}; name the real host in the header Host"),
        &json!({"address": address.to_string(), "user": USER, "password": PASSWORD}),
    );
    match arguments.seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 1e9))).await,
        None => tokio::signal::ctrl_c().await?,
    }
    Ok(())
}

async fn listen(cloud: Cloud, port: u16) -> Result<SocketAddr, Failure> {
    let (address, _) = serve_cloud(Arc::new(Mutex::new(cloud)), port).await?;
    Ok(address)
}

/// An account with devices of all kinds. Everything in it is invented.
fn cloud() -> Cloud {
    let mut cloud = Cloud::new(2026, Account::new(USER, PASSWORD, "1000000001"));
    let europe = cloud.region(Region::Germany);
    europe
        .add_wifi(
            "200000001",
            "Desk lamp",
            "yeelink.light.lamp4",
            "00112233445566778899aabbccddeeff",
            "192.168.1.20",
        )
        .add_wifi(
            "200000002",
            "Plug",
            "cuco.plug.v3",
            "ffeeddccbbaa99887766554433221100",
            "192.168.1.21",
        )
        .add_wifi(
            "200000003",
            "Vacuum",
            "roborock.vacuum.s5",
            "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "192.168.1.22",
        )
        .add_ble(
            "blt.3.synthetic00001",
            "Thermometer",
            "miaomiaoce.sensor_ht.t2",
            "A4:C1:38:00:00:01",
            Some("0123456789ABCDEF0123456789ABCDEF"),
        )
        .add_ble(
            "blt.3.synthetic00002",
            "Plant sensor",
            "hhcc.plantmonitor.v1",
            "C4:7C:8D:00:00:02",
            Some("a1a2a3a4a5a6a7a8a9aaabacffffffff"),
        )
        .add_ble(
            "blt.3.synthetic00003",
            "Door sensor",
            "isa.magnet.dw2hl",
            "A4:C1:38:00:00:03",
            Some("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"),
        )
        .add_ble(
            "1000000123", "Lock", "xiaomi.lock.syn1", "CD:BE:1C:00:00:02", None,
        )
        .set_property("200000001", 2, 1, false)
        .set_result("200000001", "get_prop", json!(["on"]))
        .set_result("200000003", "get_map_v1", json!(["roboroommap%2F200000003%2F3"]))
        .add_home(FakeHome {
            id: 300_000_001,
            owner: 1_000_000_001,
            name: "Home".into(),
            rooms: vec![
                ("Study".into(), vec!["200000001".into(), "200000002".into()]),
                ("Bedroom".into(), vec!["blt.3.synthetic00001".into()]),
            ],
            dids: vec!["200000003".into()],
            ..FakeHome::default()
        })
        .add_home(FakeHome {
            id: 300_000_002,
            owner: 1_000_000_002,
            name: "Friend".into(),
            shared: true,
            dids: vec!["200000020".into()],
            hidden: true,
            ..FakeHome::default()
        });
    europe.add_wifi(
        "200000020",
        "Friend's fan",
        "dmaker.fan.p5",
        "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3",
        "192.168.7.20",
    );
    // The lamp was in China before: its old token is still there.
    cloud.region(Region::China).add_wifi(
        "200000001",
        "Desk lamp",
        "yeelink.light.lamp4",
        "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
        "",
    );
    cloud.set_map(MAP);
    cloud
}

/// A packed nothing, as gzip writes it.
const MAP: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
