//! A client, a gateway, and the network between them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use xiaomi_gateway_proto::client::{Failure, RequestId};
use xiaomi_gateway_proto::gateway::{self, Gateway};
use xiaomi_gateway_proto::{Client, Config, Event, Fields, GROUP, Generation, Key, Sid, command};

pub const KEY: &str = "41D49ED97B487373";
pub const HOST: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 11), 9898);
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 2);
/// The port of the client's first socket; the others follow.
pub const FIRST_PORT: u16 = 40_000;

/// Splitmix64: every seed is another network.
pub struct Random(u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }
}

/// What a network does to datagrams.
#[derive(Clone, Copy)]
pub struct Weather {
    /// Percent of all datagrams.
    pub loss: u64,
    /// Percent of all datagrams.
    pub double: u64,
    /// The longest delay of one way.
    pub delay_ms: u64,
}

pub const CALM: Weather = Weather {
    loss: 0,
    double: 0,
    delay_ms: 1,
};

pub struct World {
    pub client: Client,
    pub gateway: Gateway,
    /// Where the gateway is.
    pub host: Ipv4Addr,
    pub now: Duration,
    pub weather: Weather,
    pub random: Random,
    /// Arrival, a number that keeps order, and whom it goes to.
    flights: BTreeMap<(Duration, u64), Flight>,
    number: u64,
    pub events: Vec<Event>,
    /// What clients did with the gateway.
    pub done: Vec<gateway::Event>,
    /// The client has one socket for all, as simple programs have.
    pub one_socket: bool,
}

enum Flight {
    ToGateway {
        from: SocketAddrV4,
        port: u16,
        bytes: Vec<u8>,
    },
    ToClient {
        from: SocketAddrV4,
        socket: Option<usize>,
        bytes: Vec<u8>,
    },
}

pub fn sid() -> Sid {
    Sid::gateway("04cf8c915f95").unwrap()
}

pub fn plug() -> Sid {
    "158d00023f3f19".parse().unwrap()
}

pub fn magnet() -> Sid {
    "4cf8cdf3c7a6ab1".parse().unwrap()
}

impl World {
    pub fn new(generation: Generation, key: &str, weather: Weather, seed: u64) -> Self {
        let config = Config::new().key(key.parse().unwrap());
        Self::with_client(generation, config, weather, seed)
    }

    pub fn with_client(generation: Generation, config: Config, weather: Weather, seed: u64) -> Self {
        let mut random = Random(seed);
        let key: Key = KEY.parse().unwrap();
        let mut setup = gateway::Config::new(sid(), generation, key, [random.next() as u8; 16]);
        setup.ip = *HOST.ip();
        let quirks = random.next();
        setup.quirks.strip_zero = quirks & 1 != 0;
        setup.quirks.text_short_id = quirks & 2 != 0;
        setup.quirks.double_reports = quirks & 4 != 0;
        setup.quirks.numbers_as_text = quirks & 8 != 0;
        setup.quirks.hide_proto_version = quirks & 16 != 0;
        let mut gateway = Gateway::new(Duration::ZERO, setup);
        let relay = if generation == Generation::One {
            "status"
        } else {
            "channel_0"
        };
        gateway.add_device(plug(), "plug", Fields::new().with(relay, "off"));
        gateway.add_device(
            magnet(),
            "magnet",
            Fields::new().with("status", "close").with("voltage", 3005),
        );
        let client = Client::new(config);
        Self {
            client,
            gateway,
            host: *HOST.ip(),
            now: Duration::ZERO,
            weather,
            random,
            flights: BTreeMap::new(),
            number: 0,
            events: Vec::new(),
            done: Vec::new(),
            one_socket: false,
        }
    }

    fn fly(&mut self, flight: impl Fn() -> Flight) {
        if self.random.percent(self.weather.loss) {
            return;
        }
        let copies = 1 + u64::from(self.random.percent(self.weather.double));
        for _ in 0..copies {
            let delay = 1 + self.random.next() % self.weather.delay_ms;
            self.number += 1;
            self.flights
                .insert((self.now + Duration::from_millis(delay), self.number), flight());
        }
    }

    pub fn pump(&mut self) {
        while let Some(transmit) = self.client.poll_transmit(self.now) {
            let port = FIRST_PORT + u16::try_from(transmit.socket).unwrap();
            self.fly(|| Flight::ToGateway {
                from: SocketAddrV4::new(CLIENT, port),
                port: transmit.destination.port(),
                bytes: transmit.payload.clone(),
            });
        }
        while let Some(transmit) = self.gateway.poll_transmit() {
            let to = transmit.destination;
            assert!([GROUP, CLIENT].contains(to.ip()));
            let from = SocketAddrV4::new(self.host, transmit.source_port);
            let socket = to.port().checked_sub(FIRST_PORT).map(usize::from);
            let socket = socket.filter(|_| *to.ip() == CLIENT && !self.one_socket);
            self.fly(|| Flight::ToClient {
                from,
                socket,
                bytes: transmit.payload.clone(),
            });
        }
        self.events
            .extend(std::iter::from_fn(|| self.client.poll_event()));
        self.done.extend(std::iter::from_fn(|| self.gateway.poll_event()));
    }

    /// The next thing that happens, if it is before `end`.
    pub fn step(&mut self, end: Duration) -> bool {
        self.pump();
        let timers = [self.client.poll_timeout(), self.gateway.poll_timeout()];
        let flight = self.flights.keys().next().map(|(at, _)| *at);
        let Some(at) = timers.into_iter().flatten().chain(flight).min() else {
            return false;
        };
        if at > end {
            self.now = self.now.max(end);
            return false;
        }
        self.now = self.now.max(at);
        while let Some(entry) = self
            .flights
            .first_entry()
            .filter(|entry| entry.key().0 <= self.now)
        {
            match entry.remove() {
                Flight::ToGateway { from, port, bytes } => {
                    self.gateway.handle_datagram(self.now, from, port, &bytes);
                }
                Flight::ToClient { from, socket, bytes } => {
                    self.client.handle_datagram(self.now, from, socket, &bytes);
                }
            }
        }
        self.client.handle_timeout(self.now);
        self.gateway.handle_timeout(self.now);
        self.pump();
        true
    }

    pub fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        let mut steps = 0;
        while self.step(end) {
            steps += 1;
            assert!(steps < 100_000, "the machines spin at {:?}", self.now);
        }
        self.client.handle_timeout(self.now);
    }

    pub fn run_until(&mut self, limit: Duration, done: impl Fn(&Event) -> bool) -> Option<Event> {
        let end = self.now + limit;
        let mut steps = 0;
        loop {
            if let Some(index) = self.events.iter().position(&done) {
                return Some(self.events.remove(index));
            }
            steps += 1;
            assert!(steps < 100_000, "the machines spin at {:?}", self.now);
            if !self.step(end) {
                return None;
            }
        }
    }

    pub fn outcome(&mut self, id: RequestId) -> Event {
        let answers = |event: &Event| match event {
            Event::WriteAccepted { id: found, .. } => *found == id,
            Event::Failed { id: found, .. } => *found == Some(id),
            Event::Device(update) => update.request == Some(id),
            _ => false,
        };
        self.run_until(Duration::from_secs(60), answers)
            .expect("every request ends")
    }

    pub fn ready(&mut self) -> bool {
        self.client.start(self.now);
        self.run_until(Duration::from_secs(120), |event| {
            matches!(event, Event::Ready { .. })
        })
        .is_some()
    }

    pub fn switch(&mut self, on: bool) -> Event {
        let generation = self.client.generation_of(plug()).unwrap();
        let to = if on {
            command::Switching::On
        } else {
            command::Switching::Off
        };
        let id = self
            .client
            .write(plug(), command::switch("plug", generation, 0, to).unwrap())
            .unwrap();
        self.outcome(id)
    }

    pub fn plug_is(&self) -> &str {
        let fields = self.gateway.fields(plug()).unwrap();
        fields.text("status").or(fields.text("channel_0")).unwrap()
    }
}

pub fn failure(event: &Event) -> &Failure {
    match event {
        Event::Failed { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

/// Even seeds are of the first generation.
pub fn generation_of(seed: u64) -> Generation {
    if seed.is_multiple_of(2) {
        Generation::One
    } else {
        Generation::Two
    }
}
