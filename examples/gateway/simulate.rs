//! A gateway with a device of every kind, to which things happen.

use std::net::Ipv4Addr;
use std::time::Duration;

use clap::Args;
use tokio::time::{interval, timeout};
use xiaomi_gateway_proto::gateway::{Config, Event};
use xiaomi_gateway_proto::model::MODELS;
use xiaomi_gateway_proto::transport::UdpGateway;
use xiaomi_gateway_proto::{Category, Fields, Generation, PORT, Sid, Value};

use super::Result;

/// The KEY of the simulated gateway.
pub(super) const KEY: &str = "41D49ED97B487373";

/// What to simulate.
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    /// 1 or 2
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    generation: u8,
    /// A device of every model, not only of every category
    #[arg(long)]
    all_models: bool,
    /// Nothing is multicast but the answer to whois
    #[arg(long)]
    no_multicast: bool,
    /// Requests aren't answered: LAN mode off
    #[arg(long)]
    closed: bool,
    /// iam doesn't tell the generation
    #[arg(long)]
    hide_version: bool,
    /// Token that changes every second, so that clients meet `Invalid key`
    #[arg(long)]
    hasty_token: bool,
    /// Where requests go
    #[arg(long, default_value_t = PORT)]
    port: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            generation: 1,
            all_models: false,
            no_multicast: false,
            closed: false,
            hide_version: false,
            hasty_token: false,
            port: PORT,
        }
    }
}

pub(super) fn start(options: &Options, interface: Ipv4Addr, port: u16) -> Result<UdpGateway> {
    let generation = if options.generation == 2 {
        Generation::Two
    } else {
        Generation::One
    };
    let sid = Sid::gateway("04cf8c915f95")?;
    let mut config = Config::new(sid, generation, KEY.parse()?, *b"not random, demo");
    config.port = port;
    config.quirks.strip_zero = true;
    config.quirks.text_short_id = true;
    config.quirks.hide_proto_version = options.hide_version;
    let mut udp = UdpGateway::bind(config, interface)?;
    let gateway = udp.gateway();
    gateway.faults().lost_multicast = options.no_multicast;
    gateway.faults().closed_port = options.closed;
    let mut seen = Vec::new();
    for (number, model) in MODELS.iter().enumerate() {
        let known = seen.contains(&model.category) && !options.all_models;
        if model.category.is_gateway() || known {
            continue;
        }
        seen.push(model.category);
        gateway.add_device(device(number)?, model.model, state(model.category, generation));
    }
    Ok(udp)
}

/// Serves, and lets something happen every 2 s.
pub(super) async fn live(udp: &mut UdpGateway, mut told: impl FnMut(&Event)) -> Result<()> {
    let mut beat = interval(Duration::from_secs(2));
    let mut turn = 0;
    loop {
        tokio::select! {
            event = udp.next_event() => told(&event?),
            _ = beat.tick() => {
                turn += 1;
                happen(udp, turn)?;
                udp.flush().await?;
            }
        }
    }
}

pub(super) async fn run(options: &Options, interface: Ipv4Addr, time: Duration) -> Result<()> {
    let mut udp = start(options, interface, options.port)?;
    println!(
        "gateway {} with KEY {KEY}, on port {}, generation {}",
        udp.gateway().sid(),
        options.port,
        options.generation
    );
    if options.hasty_token {
        let hasty = async {
            let mut beat = interval(Duration::from_secs(1));
            loop {
                tokio::select! {
                    event = udp.next_event() => println!("{:?}", event?),
                    _ = beat.tick() => udp.gateway().rotate_token(),
                }
            }
        };
        return timeout(time, hasty).await.unwrap_or(Ok(()));
    }
    timeout(time, live(&mut udp, |event| println!("{event:?}")))
        .await
        .unwrap_or(Ok(()))
}

fn device(number: usize) -> Result<Sid> {
    Ok(format!("158d0001{number:06x}").parse()?)
}

/// The event that a category reports, if any.
fn happen(udp: &mut UdpGateway, turn: usize) -> Result<()> {
    let number = turn * 7 % MODELS.len();
    let Some(model) = MODELS.get(number) else {
        return Ok(());
    };
    let (now, sid) = (udp.now(), device(number)?);
    let name = match model.category {
        Category::Button | Category::Motion | Category::Cube | Category::Vibration => "status",
        _ => "channel_0",
    };
    let change = match model.category {
        Category::Button | Category::WallButton1 | Category::WallButton2 => Fields::new().with(name, "click"),
        Category::Motion => Fields::new().with(name, "motion"),
        Category::Cube => Fields::new().with("rotate", "25,500"),
        Category::Vibration => Fields::new().with(name, "vibrate"),
        Category::ClimateTh | Category::ClimateThp => {
            Fields::new().with("temperature", (2000 + turn % 500).to_string())
        }
        Category::Magnet => {
            Fields::new().with("status", if turn.is_multiple_of(2) { "open" } else { "close" })
        }
        _ => return Ok(()),
    };
    udp.gateway().poke(now, sid, change);
    Ok(())
}

/// What a device of a category has to tell.
fn state(category: Category, generation: Generation) -> Fields<'static> {
    let one = generation == Generation::One;
    let number = |number: u32| {
        if one {
            Value::from(number.to_string())
        } else {
            Value::from(number)
        }
    };
    let name = |first: &'static str, second: &'static str| if one { first } else { second };
    let battery = || Fields::new().with(name("voltage", "battery_voltage"), 3005);
    match category {
        Category::Motion => battery().with("lux", number(65)),
        Category::Magnet => battery().with(name("status", "window_status"), "close"),
        Category::Leak => battery().with(name("status", "wleak_status"), name("no_leak", "normal")),
        Category::Smoke => battery().with("alarm", number(0)).with("density", number(3)),
        Category::Natgas => Fields::new().with("alarm", number(0)).with("density", number(1)),
        Category::ClimateTh => battery()
            .with("temperature", number(2287))
            .with("humidity", number(5177)),
        Category::ClimateThp => battery()
            .with("temperature", number(2333))
            .with("humidity", number(6678))
            .with("pressure", number(99900)),
        Category::Plug => Fields::new()
            .with(name("status", "channel_0"), "off")
            .with(
                "load_power",
                if one { Value::from("9.57") } else { Value::from(10) },
            )
            .with(name("power_consumed", "energy_consumed"), number(1728)),
        Category::Relay1 => Fields::new().with("channel_0", "off"),
        Category::Relay2 => Fields::new().with("channel_0", "off").with("channel_1", "on"),
        Category::Curtain => Fields::new().with("curtain_level", number(50)),
        Category::Dimmer => Fields::new()
            .with("power_status", "on")
            .with("light_rgb", 845_905_783),
        Category::Hvac => Fields::new()
            .with("on_off_status", "on")
            .with("temp_cfg", 21)
            .with("env_temp", 20),
        Category::Light => Fields::new().with("status", "on").with("level", number(126)),
        _ => battery(),
    }
}
