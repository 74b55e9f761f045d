//! Client against gateway over a network that loses, doubles, delays and reorders, driven by a seed.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use xiaomi_gateway_proto::client::{CallError, Failure, Health, Ignored, KnownGateway, RequestId, Silence};
use xiaomi_gateway_proto::gateway::{self, Gateway};
use xiaomi_gateway_proto::{
    Client, Config, Event, Fields, GROUP, Generation, Key, Light, Message, Sid, command,
};

const KEY: &str = "41D49ED97B487373";
const HOST: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 11), 9898);
const CLIENT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 2), 40_000);

/// Splitmix64: every seed is another network.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }
}

/// What a network does to datagrams.
#[derive(Clone, Copy)]
struct Weather {
    loss: u64,
    double: u64,
    delay_ms: u64,
}

const CALM: Weather = Weather {
    loss: 0,
    double: 0,
    delay_ms: 1,
};

struct World {
    client: Client,
    gateway: Gateway,
    now: Duration,
    weather: Weather,
    random: Random,
    /// Arrival, a number that keeps order, and whom it goes to.
    flights: BTreeMap<(Duration, u64), Flight>,
    number: u64,
    events: Vec<Event>,
}

enum Flight {
    ToGateway(u16, Vec<u8>),
    ToClient(SocketAddrV4, Vec<u8>),
}

fn sid() -> Sid {
    Sid::gateway("04cf8c915f95").unwrap()
}

fn plug() -> Sid {
    "158d00023f3f19".parse().unwrap()
}

fn magnet() -> Sid {
    "4cf8cdf3c7a6ab1".parse().unwrap()
}

impl World {
    fn new(generation: Generation, key: &str, weather: Weather, seed: u64) -> Self {
        let config = Config::new().key(key.parse().unwrap());
        Self::with_client(generation, config, weather, seed)
    }

    fn with_client(generation: Generation, config: Config, weather: Weather, seed: u64) -> Self {
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
            now: Duration::ZERO,
            weather,
            random,
            flights: BTreeMap::new(),
            number: 0,
            events: Vec::new(),
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

    fn pump(&mut self) {
        while let Some(transmit) = self.client.poll_transmit(self.now) {
            let port = transmit.destination.port();
            self.fly(|| Flight::ToGateway(port, transmit.payload.clone()));
        }
        while let Some(transmit) = self.gateway.poll_transmit() {
            assert!(*transmit.destination.ip() == GROUP || transmit.destination == CLIENT);
            let from = SocketAddrV4::new(*HOST.ip(), transmit.source_port);
            self.fly(|| Flight::ToClient(from, transmit.payload.clone()));
        }
        self.events
            .extend(std::iter::from_fn(|| self.client.poll_event()));
        while self.gateway.poll_event().is_some() {}
    }

    /// The next thing that happens, if it is before `end`.
    fn step(&mut self, end: Duration) -> bool {
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
                Flight::ToGateway(port, bytes) => {
                    self.gateway.handle_datagram(self.now, CLIENT, port, &bytes);
                }
                Flight::ToClient(from, bytes) => self.client.handle_datagram(self.now, from, &bytes),
            }
        }
        self.client.handle_timeout(self.now);
        self.gateway.handle_timeout(self.now);
        self.pump();
        true
    }

    fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        let mut steps = 0;
        while self.step(end) {
            steps += 1;
            assert!(steps < 100_000, "the machines spin at {:?}", self.now);
        }
    }

    fn run_until(&mut self, limit: Duration, done: impl Fn(&Event) -> bool) -> Option<Event> {
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

    fn outcome(&mut self, id: RequestId) -> Event {
        let answers = |event: &Event| match event {
            Event::WriteAccepted { id: found, .. } => *found == id,
            Event::Failed { id: found, .. } => *found == Some(id),
            Event::Device(update) => update.request == Some(id),
            _ => false,
        };
        self.run_until(Duration::from_secs(60), answers)
            .expect("every request ends")
    }

    fn ready(&mut self) -> bool {
        self.client.start(self.now);
        self.run_until(Duration::from_secs(120), |event| {
            matches!(event, Event::Ready { .. })
        })
        .is_some()
    }

    fn switch(&mut self, on: bool) -> Event {
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

    fn plug_is(&self) -> &str {
        let fields = self.gateway.fields(plug()).unwrap();
        fields.text("status").or(fields.text("channel_0")).unwrap()
    }
}

fn failure(event: &Event) -> &Failure {
    match event {
        Event::Failed { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_request_ends_with_the_right_answer_or_a_clear_error() {
    let weather = Weather {
        loss: 20,
        double: 20,
        delay_ms: 300,
    };
    let (mut good, mut bad, mut wrong) = (0, 0, 0);
    for seed in 0..4000 {
        let generation = if seed % 2 == 0 {
            Generation::One
        } else {
            Generation::Two
        };
        let mut world = World::new(generation, KEY, weather, seed);
        if !world.ready() {
            // The list can be lost four times in a row: then the user is told, and it is tried again.
            assert!(
                world
                    .events
                    .iter()
                    .any(|event| matches!(event, Event::Failed { .. } | Event::NoGateway { .. })),
                "seed {seed} is silent"
            );
            continue;
        }
        assert_eq!(world.client.generation_of(sid()), Some(generation), "seed {seed}");
        for on in [true, false, true] {
            // Replies carry no id: what is still on its way belongs to the write before.
            world.run_for(Duration::from_secs(1));
            match world.switch(on) {
                Event::WriteAccepted { .. } => {
                    world.run_for(Duration::from_secs(1));
                    assert_eq!(world.plug_is(), if on { "on" } else { "off" }, "seed {seed}");
                    good += 1;
                }
                event => {
                    let failure = failure(&event);
                    // In such weather a refusal that comes twice, or a token that comes late, looks like a wrong KEY.
                    wrong += u32::from(matches!(failure, Failure::KeyRejected { .. }));
                    assert!(event.help().is_some(), "seed {seed}: {failure}");
                    bad += 1;
                }
            }
        }
        let id = world.client.read(plug()).unwrap();
        if let Event::Device(update) = world.outcome(id) {
            assert_eq!(
                (update.sid, update.model.as_str()),
                (plug(), "plug"),
                "seed {seed}"
            );
        }
    }
    // A try is lost with 1 - 0.8 * 0.8, a write has three: 560 of 12,000 must fail.
    assert!(good > 11_000 && bad < 800, "{good} good, {bad} bad");
    assert!(wrong < 20, "{wrong} right keys are called wrong");
}

#[test]
fn a_wrong_key_is_called_wrong_and_nothing_else() {
    for seed in 0..200 {
        let generation = if seed % 2 == 0 {
            Generation::One
        } else {
            Generation::Two
        };
        let mut world = World::new(generation, "41D49ED97B487374", CALM, seed);
        assert!(world.ready());
        let event = world.switch(true);
        assert_eq!(
            *failure(&event),
            Failure::KeyRejected { worked_before: false },
            "seed {seed}"
        );
        assert_eq!(world.plug_is(), "off");
        let symptoms = world.client.symptoms(sid()).unwrap();
        assert!(
            xiaomi_gateway_proto::diagnose::diagnose(&symptoms)
                .contains(&xiaomi_gateway_proto::diagnose::Trouble::KeyWrong)
        );
    }
}

#[test]
fn a_token_that_changed_unseen_costs_one_retry() {
    let mut world = World::new(Generation::One, KEY, CALM, 1);
    assert!(world.ready());
    world.gateway.rotate_token();
    assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
    assert_eq!(world.plug_is(), "on");
}

#[test]
fn without_multicast_writes_work_and_the_state_has_its_own_name() {
    let mut world = World::with_client(
        Generation::Two,
        Config::new()
            .key(KEY.parse().unwrap())
            .probe_without_heartbeat(Duration::from_secs(20)),
        CALM,
        2,
    );
    assert!(world.ready());
    world.gateway.faults().lost_multicast = true;
    world.run_for(Duration::from_secs(300));
    assert_eq!(world.client.health(sid()), Some(Health::MulticastLost));
    assert!(
        world
            .client
            .health(sid())
            .unwrap()
            .help()
            .unwrap()
            .contains("IGMP")
    );
    assert!(
        !world
            .events
            .iter()
            .any(|event| matches!(event, Event::GatewayOffline { .. }))
    );
    assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
    world.gateway.faults().lost_multicast = false;
    world.run_for(Duration::from_secs(11));
    assert_eq!(world.client.health(sid()), Some(Health::Online));
}

#[test]
fn a_closed_port_is_told_from_a_silent_device() {
    let mut world = World::new(Generation::One, KEY, CALM, 3);
    world.gateway.faults().closed_port = true;
    assert!(!world.ready());
    let failed = world.events.iter().find_map(|event| match event {
        Event::Failed { failure, .. } => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(
        failed,
        Some(Failure::Timeout {
            sends: 4,
            silence: Silence::NeverAnswered
        })
    );

    let mut world = World::new(Generation::One, KEY, CALM, 4);
    assert!(world.ready());
    let gone: Sid = "158d000000dead".parse().unwrap();
    world.gateway.add_device(gone, "magnet", Fields::new());
    world
        .gateway
        .poke(world.now, gone, Fields::new().with("status", "open"));
    world.run_for(Duration::from_secs(1));
    let removed = command::remove_device(gone);
    let id = world.client.write(sid(), removed).unwrap();
    assert!(matches!(world.outcome(id), Event::WriteAccepted { .. }));
    let id = world.client.read(gone).unwrap();
    let event = world.outcome(id);
    assert_eq!(
        *failure(&event),
        Failure::Timeout {
            sends: 4,
            silence: Silence::Device
        }
    );
}

#[test]
fn what_must_not_happen_twice_is_sent_once() {
    let mut world = World::new(Generation::Two, KEY, CALM, 5);
    assert!(world.ready());
    world.gateway.faults().drop_replies = 1;
    let id = world
        .client
        .write(sid(), Fields::new().with("relay_status", "toggle"))
        .unwrap();
    let event = world.outcome(id);
    assert!(matches!(failure(&event), Failure::Timeout { sends: 1, .. }));
    assert_eq!(
        world.gateway.fields(sid()).unwrap().text("relay_status"),
        Some("off"),
        "toggled once"
    );
}

#[test]
fn a_reported_event_arrives_once_although_it_is_sent_twice() {
    for seed in 0..32 {
        let mut world = World::new(Generation::One, KEY, CALM, seed);
        assert!(world.ready());
        world
            .gateway
            .poke(world.now, magnet(), Fields::new().with("status", "open"));
        world.run_for(Duration::from_secs(1));
        let reports: Vec<_> = world
            .events
            .iter()
            .filter(|event| matches!(event, Event::Report(_)))
            .collect();
        assert_eq!(reports.len(), 1, "seed {seed}");
    }
}

#[test]
fn pairing_needs_permission_and_ends_after_30_s() {
    let mut world = World::new(Generation::One, KEY, CALM, 6);
    assert!(world.ready());
    let new: Sid = "158d0000000001".parse().unwrap();
    let now = world.now;
    assert!(!world.gateway.join(now, new, "cube", Fields::new()));
    let id = world.client.write(sid(), command::join_permission(true)).unwrap();
    assert!(matches!(world.outcome(id), Event::WriteAccepted { .. }));
    let now = world.now;
    assert!(world.gateway.join(now, new, "cube", Fields::new()));
    world.run_for(Duration::from_secs(31));
    let now = world.now;
    assert!(!world.gateway.join(now, new, "cube", Fields::new()));
}

#[test]
fn a_configured_address_needs_no_multicast_in_either_generation() {
    for (seed, generation) in [(7, Generation::One), (8, Generation::Two)] {
        let config = Config::new().key(KEY.parse().unwrap()).address(HOST);
        let mut world = World::with_client(generation, config, CALM, seed);
        world.gateway.faults().lost_multicast = true;
        assert!(world.ready(), "{:?}", world.events);
        assert_eq!(world.client.generation_of(sid()), Some(generation));
        assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
        let names: Vec<_> = world
            .client
            .devices(sid())
            .map(|(_, model)| model.to_owned())
            .collect();
        assert_eq!(names.len(), 2);
    }
}

#[test]
fn a_gateway_that_moves_is_followed_and_two_that_claim_one_sid_are_told() {
    let mut world = World::new(Generation::One, KEY, CALM, 9);
    assert!(world.ready());
    let elsewhere = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 77), 9898);
    let iam = |at: SocketAddrV4| Message::iam(sid(), "gateway", *at.ip(), 9898, Some("1.1.2")).encode();
    world
        .client
        .handle_datagram(world.now, elsewhere, &iam(elsewhere));
    world.client.handle_datagram(world.now, HOST, &iam(HOST));
    let events: Vec<_> = std::iter::from_fn(|| world.client.poll_event()).collect();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::AddressChanged { to, .. } if *to == elsewhere))
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::DuplicateSid { used, .. } if *used == elsewhere))
    );
}

#[test]
fn strangers_forgers_and_floods_change_nothing_and_are_told_rarely() {
    let mut world = World::new(Generation::One, KEY, CALM, 10);
    assert!(world.ready());
    world.run_for(Duration::from_secs(2));
    world.events.clear();
    let token = "AAAAAAAAAAAAAAAA".parse().unwrap();
    let mut forged = Message::heartbeat(
        Generation::One,
        Sid::gateway("34ce00880088").unwrap(),
        "gateway",
        Fields::new(),
    );
    forged.token = Some("AAAAAAAAAAAAAAAA".into());
    let stranger = SocketAddrV4::new(Ipv4Addr::new(10, 9, 9, 9), 9898);
    let list = Message::list_reply(Generation::One, sid(), &token, Vec::new()).encode();
    for number in 0..20_000_u32 {
        let from = if number % 2 == 0 { HOST } else { stranger };
        world.client.handle_datagram(world.now, from, &forged.encode());
        world.client.handle_datagram(world.now, stranger, &list);
        world
            .client
            .handle_datagram(world.now, stranger, &number.to_be_bytes());
    }
    world.pump();
    let reasons: Vec<_> = world
        .events
        .iter()
        .filter(|event| matches!(event, Event::Ignored { .. }))
        .collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(world.events.iter().any(|event| matches!(
        event,
        Event::Ignored {
            reason: Ignored::WrongSid,
            ..
        }
    )));
    assert!(
        matches!(world.switch(true), Event::WriteAccepted { .. }),
        "the token is still the gateway's"
    );
}

#[test]
fn a_flood_of_gateways_and_devices_is_bounded() {
    let mut client = Client::new(Config::new());
    for number in 0..5000_u32 {
        let from = SocketAddrV4::new(Ipv4Addr::from(0x0a00_0000 + number), 9898);
        let gateway = Sid::gateway(&format!("{number:012x}")).unwrap();
        client.handle_datagram(
            Duration::ZERO,
            from,
            &Message::iam(gateway, "gateway", *from.ip(), 9898, None).encode(),
        );
        let device: Sid = format!("158d{number:010x}").parse().unwrap();
        let report = Message::report(
            Generation::One,
            device,
            "magnet",
            Fields::new().with("status", "open"),
        );
        client.handle_datagram(
            Duration::ZERO,
            SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 0), 9898),
            &report.encode(),
        );
    }
    assert_eq!(client.known().len(), 32);
    assert_eq!(client.devices(Sid::gateway("0").unwrap()).count(), 1024);
}

#[test]
fn calls_that_cannot_be_made_say_why() {
    let mut world = World::with_client(Generation::One, Config::new(), CALM, 11);
    assert!(world.ready());
    let unknown: Sid = "123".parse().unwrap();
    assert_eq!(
        world.client.read(unknown),
        Err(CallError::UnknownDevice { sid: unknown })
    );
    let light = command::light(Light::new(100, [0, 255, 0]).unwrap());
    assert_eq!(
        world.client.write(sid(), light),
        Err(CallError::NoKey { gateway: sid() })
    );
    assert!(matches!(
        world.client.write(sid(), Fields::new()),
        Err(CallError::Values(_))
    ));
}

#[test]
fn a_restored_client_writes_without_looking_for_anything() {
    let mut world = World::new(Generation::One, KEY, CALM, 12);
    assert!(world.ready());
    let known = world.client.known();
    world.client = Client::new(Config::new().key(KEY.parse().unwrap()));
    world.client.restore(world.now, known[0].clone());
    assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
}

#[test]
fn silent_devices_go_offline_by_their_class_and_come_back() {
    let mut world = World::new(Generation::One, KEY, CALM, 13);
    assert!(world.ready());
    world.gateway.faults().lost_multicast = true;
    world.run_for(Duration::from_secs(1510));
    assert_eq!(world.client.is_online(plug()), Some(false), "mains: 1500 s");
    assert_eq!(world.client.is_online(magnet()), Some(true), "battery: 9000 s");
    let id = world.client.read(plug()).unwrap();
    assert!(matches!(world.outcome(id), Event::Device(_)));
    assert_eq!(world.client.is_online(plug()), Some(true));
}

/// Found by fuzzing: the refusal of the user's own read was taken for the answer to the client's question for the
/// generation, and the user never heard of it.
#[test]
fn a_refused_read_of_a_gateway_whose_generation_is_unknown_is_told() {
    for refusal in [
        r#"{"cmd":"read_rsp","sid":"04cf8c915f95","params":[{"error":"No sid"}]}"#,
        r#"{"cmd":"read_rsp","params":[{"error":"No sid"}]}"#,
    ] {
        let mut client = Client::new(Config::new());
        let known = KnownGateway {
            sid: sid(),
            address: HOST,
            model: None,
            generation: None,
            token: None,
            devices: Vec::new(),
        };
        client.restore(Duration::ZERO, known);
        let id = client.read(sid()).unwrap();
        client.refresh(sid()).unwrap();
        assert!(client.poll_transmit(Duration::ZERO).is_some());
        client.handle_datagram(Duration::ZERO, HOST, refusal.as_bytes());
        let failed = |event: &Event| matches!(event, Event::Failed { id: Some(found), .. } if *found == id);
        assert!(
            std::iter::from_fn(|| client.poll_event()).any(|event| failed(&event)),
            "{refusal}"
        );
    }
}
