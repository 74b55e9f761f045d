//! A gateway with a device of every kind, to which things happen.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::time::{Instant, interval, sleep_until, timeout};
use xiaomi_gateway_proto::gateway::{Config, Event};
use xiaomi_gateway_proto::model::MODELS;
use xiaomi_gateway_proto::transport::UdpGateway;
use xiaomi_gateway_proto::{Category, Fields, Generation, PORT, Sid, SidError, Value};

use super::failure::{Failure, Result};
use super::output::{Output, fields, pairs};

/// The KEY of the simulated gateway.
pub(super) const KEY: &str = "41D49ED97B487373";

const SID: &str = "04cf8c915f95";

/// The device that joins.
const NEW: &str = "158d0001ffffff";

/// So long somebody looks for the reset key.
const JOIN_AFTER: Duration = Duration::from_secs(1);

/// What to simulate.
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    /// 1 or 2
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    generation: u8,
    /// Its sid
    #[arg(long, default_value = SID, value_parser = gateway_sid)]
    sid: Sid,
    /// Its KEY
    #[arg(long, default_value = KEY)]
    secret: String,
    /// A device of every model, not only of every category
    #[arg(long)]
    all_models: bool,
    /// Nothing is multicast
    #[arg(long)]
    no_multicast: bool,
    /// Requests aren't answered: LAN mode off
    #[arg(long)]
    closed: bool,
    /// iam doesn't tell the generation
    #[arg(long)]
    hide_version: bool,
    /// The firmware knows no device's model
    #[arg(long)]
    empty_models: bool,
    /// Reports come twice
    #[arg(long)]
    double_reports: bool,
    /// Token that changes every second, so that clients meet `Invalid key`
    #[arg(long)]
    hasty_token: bool,
    /// Where requests go; 0 takes any free port
    #[arg(long, default_value_t = PORT)]
    port: u16,
}

impl Options {
    /// As without arguments, but on any free port.
    pub(super) fn any_port() -> Result<Self> {
        Ok(Self {
            generation: 1,
            sid: gateway_sid(SID)?,
            secret: KEY.into(),
            all_models: false,
            no_multicast: false,
            closed: false,
            hide_version: false,
            empty_models: false,
            double_reports: false,
            hasty_token: false,
            port: 0,
        })
    }
}

fn gateway_sid(text: &str) -> Result<Sid, SidError> {
    Sid::gateway(text)
}

pub(super) fn start(options: &Options, interface: Ipv4Addr) -> Result<UdpGateway> {
    let generation = if options.generation == 2 {
        Generation::Two
    } else {
        Generation::One
    };
    let mut config = Config::new(options.sid, generation, options.secret.parse()?, random());
    config.port = options.port;
    config.quirks.strip_zero = true;
    config.quirks.text_short_id = true;
    config.quirks.hide_proto_version = options.hide_version;
    config.quirks.empty_models = options.empty_models;
    config.quirks.double_reports = options.double_reports;
    let mut udp = UdpGateway::bind(config, interface).map_err(|error| Failure::of_sockets(&error))?;
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

/// Nobody shall guess the tokens. The standard library's hash keys are random.
fn random() -> [u8; 16] {
    use std::hash::{BuildHasher, RandomState};
    let half = |number: u8| u128::from(RandomState::new().hash_one(number));
    (half(1) << 64 | half(2)).to_be_bytes()
}

/// Serves, and lets something happen every 2 s; `hasty` changes the token every second.
pub(super) async fn live(udp: &mut UdpGateway, hasty: bool, mut told: impl FnMut(&Event)) -> Result<()> {
    let (mut beat, mut haste) = (interval(Duration::from_secs(2)), interval(Duration::from_secs(1)));
    let mut turn = 0;
    let mut joins = None;
    loop {
        tokio::select! {
            event = udp.next_event() => {
                let event = event?;
                match event {
                    // Somebody presses a device's reset key.
                    Event::JoinOpen { .. } => joins = Some(Instant::now() + JOIN_AFTER),
                    Event::JoinClosed => joins = None,
                    _ => {}
                }
                told(&event);
            }
            _ = beat.tick() => {
                turn += 1;
                happen(udp, turn)?;
                udp.flush().await?;
            }
            _ = haste.tick(), if hasty => udp.gateway().rotate_token(),
            () = sleep_until(joins.unwrap_or_else(Instant::now)), if joins.is_some() => {
                joins = None;
                join(udp)?;
                udp.flush().await?;
            }
        }
    }
}

/// A new button joins, and is pressed.
fn join(udp: &mut UdpGateway) -> Result<()> {
    let (now, sid) = (udp.now(), NEW.parse::<Sid>()?);
    let gateway = udp.gateway();
    if gateway.join(now, sid, "sensor_switch.aq2", Fields::new().with("voltage", 3005)) {
        gateway.poke(now, sid, Fields::new().with("status", "click"));
    }
    Ok(())
}

pub(super) async fn run(
    options: &Options,
    interface: Ipv4Addr,
    limit: Option<Duration>,
    output: Output,
) -> Result<()> {
    let mut udp = start(options, interface)?;
    let (sid, port, generation) = (udp.gateway().sid(), udp.gateway().port(), options.generation);
    let address = SocketAddrV4::new(interface, port).to_string();
    output.line(
        format!(
            "gateway {sid} with KEY {}, at {address}, generation {generation}",
            options.secret
        ),
        &json!({
            "event": "listening", "sid": sid.to_string(), "address": address, "key": options.secret,
            "generation": generation,
        }),
    );
    let serve = live(&mut udp, options.hasty_token, |event| tell(event, output));
    match limit {
        None => serve.await,
        Some(limit) => timeout(limit, serve).await.unwrap_or(Ok(())),
    }
}

fn tell(event: &Event, output: Output) {
    let (text, value) = match event {
        Event::Written { sid, values } => (
            format!("{sid} was written {}", pairs(&fields(values))),
            json!({"event": "written", "sid": sid.to_string(), "values": fields(values)}),
        ),
        Event::Refused { from, sid } => (
            format!("a write to {sid} from {from} was refused"),
            json!({"event": "refused", "sid": sid.to_string(), "from": from.to_string()}),
        ),
        Event::JoinOpen { .. } => ("open for new devices".into(), json!({"event": "join_open"})),
        Event::JoinClosed => ("closed for new devices".into(), json!({"event": "join_closed"})),
        Event::Removed { sid } => (
            format!("{sid} was removed"),
            json!({"event": "removed", "sid": sid.to_string()}),
        ),
        other => (format!("{other:?}"), json!({"event": format!("{other:?}")})),
    };
    output.line(text, &value);
}

fn device(number: usize) -> Result<Sid> {
    Ok(format!("158d0001{number:06x}").parse()?)
}

/// Something happens to one of the devices that anything can happen to, in turn.
fn happen(udp: &mut UdpGateway, turn: usize) -> Result<()> {
    let mut restless = Vec::new();
    for (number, model) in MODELS.iter().enumerate() {
        let sid = device(number)?;
        if udp.gateway().fields(sid).is_some()
            && let Some(change) = change(model.category, udp.gateway().generation(), turn)
        {
            restless.push((sid, change));
        }
    }
    if !restless.is_empty() {
        let (sid, change) = restless.swap_remove(turn * 7 % restless.len());
        let now = udp.now();
        udp.gateway().poke(now, sid, change);
    }
    Ok(())
}

/// What a device of a category reports, if anything.
fn change(category: Category, generation: Generation, turn: usize) -> Option<Fields<'static>> {
    let one = generation == Generation::One;
    let name = |first: &'static str, second: &'static str| if one { first } else { second };
    let odd = turn % 2 == 1;
    let fields = Fields::new();
    Some(match category {
        Category::Button => fields.with(name("status", "button_0"), "click"),
        Category::WallButton1 | Category::WallButton2 => {
            fields.with(name("channel_0", "button_0"), "double_click")
        }
        Category::Motion => fields.with(name("status", "motion_status"), "motion"),
        Category::Cube if one => fields.with("rotate", "25,500"),
        Category::Cube => fields
            .with("cube_status", "rotate")
            .with("rotate_degree", 90)
            .with("detect_time", 500),
        Category::Vibration => fields.with("status", "vibrate"),
        Category::ClimateTh | Category::ClimateThp => {
            let hundredths = u32::try_from(2000 + turn % 500).unwrap_or(2000);
            let value = if one {
                Value::from(hundredths.to_string())
            } else {
                Value::from(hundredths)
            };
            fields.with("temperature", value)
        }
        Category::Magnet => fields.with(
            name("status", "window_status"),
            if odd { "open" } else { "close" },
        ),
        _ => return None,
    })
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
