//! A simulated device: a plug or a lamp that answers HTTP and MQTT as the firmware does, its quirks included.
//!
//! It is a machine without I/O, to test bridges against, or to be a device. Hand in what arrives
//! ([`Device::handle_request`], [`Device::handle_publish`], [`Device::handle_connect`]), drain
//! [`Device::poll_transmit`] and [`Device::poll_event`] after each call, and call [`Device::handle_timeout`] when the
//! time of [`Device::poll_timeout`] has come.
//!
//! ```
//! use core::time::Duration;
//! use openbeken::device::{Device, Profile};
//!
//! let mut plug = Device::new(Profile::plug("plug"));
//! plug.handle_connect(Duration::ZERO);
//! plug.handle_publish(Duration::ZERO, "cmnd/plug/POWER", b"ON");
//! let topics: Vec<String> = std::iter::from_fn(|| plug.poll_transmit(Duration::ZERO)).map(|out| out.topic).collect();
//! assert_eq!(topics, ["plug/connected", "plug/1/get", "plug/1/get", "stat/plug/RESULT"]);
//! ```

mod commands;
mod lamp;
mod meter;
mod replies;
mod requests;
mod topics;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

pub use self::lamp::Lamp;
pub use self::meter::Meter;
use crate::command::Outcome;
use crate::discovery::Announcer;
use crate::http::WebPassword;
use crate::mqtt::{Publish, Topics};
use crate::platform::Platform;
use crate::status::Pin;
use crate::{Decimal, Secret};

/// What a simulated device is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Profile {
    /// The chip, which decides how passwords are read.
    pub platform: &'static Platform,
    /// MQTT names; the client id is the short name.
    pub topics: Topics,
    /// The long name.
    pub long_name: String,
    /// Hardware address.
    pub mac: [u8; 6],
    /// Address in the network.
    pub ip: [u8; 4],
    /// Version of the firmware.
    pub version: String,
    /// Pins that have a role.
    pub pins: Vec<Pin>,
    /// Channels that measure: channel and number of its type.
    pub channel_types: Vec<(u8, u8)>,
    /// Whether there is a lamp, and whether it has colour and colour temperature.
    pub lamp: Option<(bool, bool)>,
    /// Whether there is a meter.
    pub meter: bool,
    /// Flags that are set from the start.
    pub flags: u64,
    /// The password of the pages.
    pub web_password: Option<WebPassword>,
}

impl Profile {
    /// A BK7231N plug: a relay on channel 1, a button, a meter.
    ///
    /// A name that can't stand in a topic becomes `obk`.
    #[must_use]
    pub fn plug(name: &str) -> Self {
        let mut profile = Self::bare(name);
        profile.pins = Vec::from([Pin::new(6, 1, 1), Pin::new(7, 3, 1)]);
        profile.meter = true;
        profile
    }

    /// A BK7231N lamp with colour and colour temperature.
    ///
    /// A name that can't stand in a topic becomes `obk`.
    #[must_use]
    pub fn lamp(name: &str) -> Self {
        let mut profile = Self::bare(name);
        profile.pins = (0..5)
            .map(|n| {
                Pin::new(
                    [6, 7, 8, 24, 26].get(usize::from(n)).copied().unwrap_or(0),
                    7,
                    n + 1,
                )
            })
            .collect();
        profile.lamp = Some((true, true));
        profile
    }

    /// A BK7231N without anything.
    ///
    /// A name that can't stand in a topic becomes `obk`.
    #[must_use]
    pub fn bare(name: &str) -> Self {
        let platform = Platform::BK7231N;
        let topics = Topics::new(name, platform.default_group).unwrap_or_else(|_| Topics::fallback());
        Self {
            platform,
            long_name: alloc::format!("OpenBK_{}", topics.client_id()),
            topics,
            mac: [0x02, 0x00, 0x5e, 0x1a, 0x2b, 0x3c],
            ip: [192, 0, 2, 20],
            version: "1.18.100".into(),
            pins: Vec::new(),
            channel_types: Vec::new(),
            lamp: None,
            meter: false,
            flags: 1 << FLAG_SELF_STATE_ON_CONNECT,
            web_password: None,
        }
    }
}

/// A simulated device.
#[derive(Clone, Debug)]
pub struct Device {
    profile: Profile,
    channels: [i32; CHANNELS],
    channel_types: [u8; CHANNELS],
    flags: u64,
    lamp: Lamp,
    meter: Meter,
    ssid: Vec<u8>,
    wifi_password: Secret,
    web_password: Option<WebPassword>,
    mqtt_host: String,
    connected: bool,
    booted: Duration,
    last_tick: Duration,
    next_tick: Duration,
    self_states: usize,
    out: VecDeque<Publish>,
    events: VecDeque<Event>,
}

/// What happened in a device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A channel has another value.
    Channel {
        /// Which.
        channel: u8,
        /// The value.
        value: i32,
    },
    /// The lamp has other values: [`Device::lamp`].
    Lamp,
    /// The network's name or password was stored: [`Device::ssid`], [`Device::wifi_password`].
    WifiStored,
    /// It restarts; the connection to the broker ends.
    Restart,
    /// A command did nothing.
    CommandFailed {
        /// The command's name, cut at 127 bytes.
        name: String,
        /// Why.
        outcome: Outcome,
    },
    /// A message was lost, because nobody called [`Device::poll_transmit`].
    Overflow,
}

impl Event {
    /// What a person can do about it, in one sentence; `None` where nothing is wrong.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::CommandFailed {
                outcome: Outcome::Unknown,
                ..
            } => Some("The simulated device doesn't have this command; a real one may."),
            Self::CommandFailed {
                outcome: Outcome::NotEnoughArguments,
                ..
            } => Some("Give the command's arguments."),
            Self::CommandFailed { .. } => Some("Compare the arguments with the list of commands."),
            Self::Overflow => {
                Some("Call `poll_transmit` until it returns `None` after each call that hands something in.")
            }
            _ => None,
        }
    }
}

impl Device {
    /// Switched on, in its network, not yet connected to a broker.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let mut channel_types = [0; CHANNELS];
        for (channel, kind) in &profile.channel_types {
            if let Some(entry) = channel_types.get_mut(usize::from(*channel)) {
                *entry = *kind;
            }
        }
        Self {
            channels: [0; CHANNELS],
            channel_types,
            flags: profile.flags,
            lamp: Lamp::default(),
            meter: Meter::default(),
            ssid: b"Home".to_vec(),
            wifi_password: Secret::default(),
            web_password: profile.web_password.clone(),
            mqtt_host: String::new(),
            connected: false,
            booted: Duration::ZERO,
            last_tick: Duration::ZERO,
            next_tick: Duration::ZERO,
            self_states: usize::MAX,
            out: VecDeque::new(),
            events: VecDeque::new(),
            profile,
        }
    }

    /// What it is.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The value of a channel, 0 to 63.
    #[must_use]
    pub fn channel(&self, channel: u8) -> Option<i32> {
        self.channels.get(usize::from(channel)).copied()
    }

    /// Sets a channel as a sensor or a button does; it is published.
    pub fn set_channel(&mut self, channel: u8, value: i32) {
        let Some(entry) = self.channels.get_mut(usize::from(channel)) else {
            return;
        };
        if *entry != value {
            *entry = value;
            self.publish_channel(channel);
            self.event(Event::Channel { channel, value });
        }
    }

    /// The lamp's values.
    #[must_use]
    pub const fn lamp(&self) -> &Lamp {
        &self.lamp
    }

    /// The meter's values.
    #[must_use]
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// What flows while a relay is on, or always if there is none: V, A and W.
    pub fn set_load(&mut self, voltage: Decimal, current: Decimal, power: Decimal) {
        self.meter
            .set_load(voltage.to_f64(), current.to_f64(), power.to_f64());
    }

    /// The network's name as it is stored.
    #[must_use]
    pub fn ssid(&self) -> &[u8] {
        &self.ssid
    }

    /// The network's password as it is stored.
    #[must_use]
    pub const fn wifi_password(&self) -> &Secret {
        &self.wifi_password
    }

    /// The flags.
    #[must_use]
    pub const fn flags(&self) -> u64 {
        self.flags
    }

    /// Whether it is connected to a broker.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.connected
    }

    /// Hand in that the connection to the broker stands, with [`Topics::last_will`] and
    /// [`Topics::device_subscriptions`].
    pub fn handle_connect(&mut self, now: Duration) {
        self.connected = true;
        self.next_tick = now + TICK;
        self.last_tick = now;
        let topic = alloc::format!("{}/connected", self.profile.topics.client_id());
        self.send(Publish {
            topic,
            payload: b"online".to_vec(),
            qos: 2,
            retain: true,
        });
        if self.has_flag(FLAG_SELF_STATE_ON_CONNECT) {
            self.self_states = 0;
        }
        for channel in self.relays() {
            self.publish_channel(channel);
        }
        if self.profile.lamp.is_some() {
            self.publish_lamp();
        }
    }

    /// Hand in that the connection to the broker is gone. What wasn't sent is lost.
    pub fn handle_disconnect(&mut self, _now: Duration) {
        self.connected = false;
        self.out.clear();
    }

    /// Call when the time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        if now < self.next_tick {
            return;
        }
        let elapsed = now.saturating_sub(self.last_tick);
        self.last_tick = now;
        self.next_tick = now + TICK;
        self.measure(elapsed);
        if self.connected {
            self.publish_self_state(now);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Duration> {
        Some(self.next_tick)
    }

    /// What goes to the broker: call until it returns `None`.
    pub fn poll_transmit(&mut self, _now: Duration) -> Option<Publish> {
        self.out.pop_front()
    }

    /// What happened: call until it returns `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The entities that it announces to Home Assistant.
    #[must_use]
    pub fn announcer(&self) -> Announcer {
        let profile = &self.profile;
        let [a, b, c, d] = profile.ip;
        Announcer::new(profile.topics.clone(), &profile.long_name).with_device(
            profile.platform.chip,
            profile.platform.manufacturer,
            &profile.version,
            &alloc::format!("http://{a}.{b}.{c}.{d}/index"),
        )
    }

    fn announce(&mut self) {
        let announcer = self.announcer();
        let mut entities: Vec<_> = self.relays().map(|channel| announcer.relay(channel)).collect();
        for pin in &self.profile.pins {
            // Inputs, plain ones with a pull-up.
            match pin.role {
                12 => entities.push(announcer.input(pin.channel, false)),
                13 => entities.push(announcer.input(pin.channel, true)),
                _ => {}
            }
        }
        let typed = self
            .channel_types
            .iter()
            .zip(0_u8..)
            .filter_map(|(kind, channel)| {
                announcer.channel(channel, crate::channel_type::ChannelType::of(*kind)?)
            });
        entities.extend(typed);
        if let Some((color, temperature)) = self.profile.lamp {
            entities.push(announcer.light(color, temperature));
        }
        if self.profile.meter {
            entities.extend(announcer.meter());
        }
        entities.extend(announcer.diagnostics());
        for entity in entities {
            self.send(entity.publish());
        }
    }

    fn restart(&mut self, now: Duration) {
        self.booted = now;
        self.connected = false;
        self.out.clear();
        self.event(Event::Restart);
    }

    /// Channels of relays, each once, in the order of pins.
    fn relays(&self) -> impl Iterator<Item = u8> + use<> {
        let mut channels: Vec<u8> = Vec::new();
        for pin in &self.profile.pins {
            if matches!(pin.role, 1 | 2) && !channels.contains(&pin.channel) {
                channels.push(pin.channel);
            }
        }
        channels.into_iter()
    }

    /// What a relay's channel is called in `POWER<n>`: one more if any relay has channel 0.
    fn relay_offset(&self) -> u8 {
        u8::from(self.relays().any(|channel| channel == 0))
    }

    fn uptime(&self, now: Duration) -> u64 {
        now.saturating_sub(self.booted).as_secs()
    }

    const fn has_flag(&self, bit: u8) -> bool {
        self.flags >> bit & 1 == 1
    }

    fn send(&mut self, publish: Publish) {
        if !self.connected {
            return;
        }
        if self.out.len() < MAX_QUEUE {
            self.out.push_back(publish);
        } else {
            self.event(Event::Overflow);
        }
    }

    fn event(&mut self, event: Event) {
        if self.events.len() >= MAX_QUEUE {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

const CHANNELS: usize = 64;
const TICK: Duration = Duration::from_secs(1);
/// The real queue holds 32; discovery of a meter needs more, which the real device sends one by one.
const MAX_QUEUE: usize = 128;

const FLAG_RETAIN_ALL: u8 = 7;
const FLAG_SELF_STATE_EACH_MINUTE: u8 = 2;
const FLAG_SELF_STATE_ON_CONNECT: u8 = 10;
const FLAG_RETAIN_RELAYS: u8 = 21;
const FLAG_AUTO_DISCOVERY: u8 = 27;
const FLAG_TELE: u8 = 30;
const FLAG_SCALED: u8 = 33;
const FLAG_KWH: u8 = 40;
const FLAG_NO_GET: u8 = 50;
