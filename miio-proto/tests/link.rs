//! Client against device over a simulated link that loses, doubles, delays and reorders: every call ends with its
//! own answer or a clear error, no machine gets stuck, and the diagnosis is right.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use miio_proto::device::{BrokenJson, Device, DeviceConfig, Event as DeviceEvent, Fault};
use miio_proto::session::Notice;
use miio_proto::{CallError, Config, DeviceId, Event, Request, RequestId, Session, Token, Value};
use proptest::prelude::*;
use serde_json::json;

/// A small generator (xorshift), so that a seed names a run.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

/// What a link does to datagrams, in percent and milliseconds.
#[derive(Clone, Copy, Debug)]
struct Link {
    loss: u64,
    doubles: u64,
    damage: u64,
    delay: u64,
}

const PERFECT: Link = Link {
    loss: 0,
    doubles: 0,
    damage: 0,
    delay: 0,
};
const BAD: Link = Link {
    loss: 20,
    doubles: 5,
    damage: 0,
    delay: 400,
};

/// One device and any number of clients, each with its own address, in simulated time.
struct World {
    now: Duration,
    dice: Dice,
    link: Link,
    device: Device,
    sessions: Vec<Session>,
    /// Arrival time, a number that keeps the order, client, towards the device or back.
    air: BTreeMap<(Duration, u64), (usize, bool, Vec<u8>)>,
    sent: u64,
    events: Vec<(usize, Event)>,
    /// Whether datagrams from the client to the device arrive at all.
    reachable: bool,
    /// Answers forwarded requests with their own params, and 3 in 100 with an error that passes.
    echoes: bool,
}

fn address(client: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 4000 + client as u16))
}

fn token() -> Token {
    Token::new([0x42; 16])
}

fn device() -> Device {
    let config = DeviceConfig::new(DeviceId(77), token(), "philips.light.bulb");
    Device::new(config)
        .with_legacy("power", "on")
        .with_legacy("bright", 40)
}

impl World {
    fn new(seed: u64, link: Link, device: Device, configs: Vec<Config>) -> Self {
        Self {
            now: Duration::ZERO,
            dice: Dice::new(seed),
            link,
            device,
            sessions: configs.into_iter().map(Session::new).collect(),
            air: BTreeMap::new(),
            sent: 0,
            events: Vec::new(),
            reachable: true,
            echoes: false,
        }
    }

    fn send(&mut self, client: usize, to_device: bool, mut payload: Vec<u8>) {
        if self.dice.percent(self.link.loss) {
            return;
        }
        if self.dice.percent(self.link.damage) {
            let at = self.dice.roll(payload.len() as u64) as usize;
            payload[at] ^= 1 << self.dice.roll(8);
        }
        let copies = 1 + u64::from(self.dice.percent(self.link.doubles));
        for _ in 0..copies {
            let delay = Duration::from_millis(self.dice.roll(self.link.delay + 1));
            self.sent += 1;
            self.air.insert(
                (self.now + delay, self.sent),
                (client, to_device, payload.clone()),
            );
        }
    }

    /// Everything that is due now.
    fn settle(&mut self) {
        loop {
            let mut idle = true;
            for client in 0..self.sessions.len() {
                while let Some(transmit) = self.sessions[client].poll_transmit(self.now) {
                    idle = false;
                    if self.reachable {
                        self.send(client, true, transmit.payload);
                    }
                }
                while let Some(event) = self.sessions[client].poll_event() {
                    self.events.push((client, event));
                }
            }
            while self.echoes
                && let Some(event) = self.device.poll_event()
            {
                if let DeviceEvent::Request { ticket, request } = event {
                    if self.dice.percent(3) {
                        self.device.refuse(self.now, ticket, -9999, "user ack timeout");
                    } else {
                        self.device.answer(self.now, ticket, request.params);
                    }
                }
            }
            while let Some(transmit) = self.device.poll_transmit(self.now) {
                idle = false;
                let client = usize::from(transmit.to.port() - 4000);
                self.send(client, false, transmit.payload);
            }
            while let Some((&(at, number), _)) = self.air.first_key_value()
                && at <= self.now
            {
                idle = false;
                let (client, to_device, payload) = self.air.remove(&(at, number)).unwrap();
                if to_device {
                    self.device.handle_datagram(self.now, address(client), &payload);
                } else {
                    self.sessions[client].handle_datagram(self.now, &payload);
                }
            }
            if idle {
                return;
            }
        }
    }

    /// Goes to the next moment at which something happens; `false` if there is none.
    fn step(&mut self) -> bool {
        self.settle();
        let air = self.air.first_key_value().map(|((at, _), _)| *at);
        let timers = self.sessions.iter().map(Session::poll_timeout);
        let next = timers.chain([air, self.device.poll_timeout()]).flatten().min();
        match next {
            Some(at) => {
                assert!(
                    at > self.now,
                    "something is due at {at:?}, but nothing happens at {:?}",
                    self.now
                );
                self.now = at;
                true
            }
            None => false,
        }
    }

    /// Runs until all calls have ended.
    fn run(&mut self) {
        let mut steps = 0;
        while self.sessions.iter().any(|session| session.pending() > 0) {
            assert!(
                self.step() || self.sessions.iter().all(|session| session.pending() == 0),
                "stuck"
            );
            steps += 1;
            assert!(steps < 100_000, "no end");
        }
        self.settle();
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            self.settle();
            let air = self.air.first_key_value().map(|((at, _), _)| *at);
            let timers = self.sessions.iter().map(Session::poll_timeout);
            match timers.chain([air, self.device.poll_timeout()]).flatten().min() {
                Some(at) if at < until => self.now = at.max(self.now + Duration::from_millis(1)),
                _ => break,
            }
        }
        self.now = until;
    }

    /// Calls and returns the end of the call.
    fn call(&mut self, client: usize, request: Request) -> Result<Value, CallError> {
        let id = self.sessions[client].call(request);
        self.run();
        self.end_of(client, id)
    }

    fn end_of(&self, client: usize, id: RequestId) -> Result<Value, CallError> {
        let mut ends = self.events.iter().filter_map(|(from, event)| match event {
            Event::Answered(answered) if *from == client && answered.request == id => {
                Some(Ok(answered.result.clone()))
            }
            Event::Failed { request, error } if *from == client && *request == id => Some(Err(error.clone())),
            _ => None,
        });
        let end = ends.next().expect("an end");
        assert!(ends.next().is_none(), "{id:?} ended twice");
        end
    }

    fn notices(&self) -> Vec<Notice> {
        let notice = |(_, event): &(usize, Event)| match event {
            Event::Notice(notice) => Some(*notice),
            _ => None,
        };
        self.events.iter().filter_map(notice).collect()
    }
}

fn get_power() -> Request {
    Request::new("get_prop", json!(["power"]))
}

/// Answers each call with what was asked, so that a wrong assignment shows.
fn echo_device() -> Device {
    let mut config = DeviceConfig::new(DeviceId(77), token(), "a.b.echo");
    config.forwards = true;
    Device::new(config)
}

/// Runs `count` calls over a link and checks that each ends with its own answer or an error.
fn run_calls(seed: u64, link: Link, count: usize, in_flight: u8) -> (usize, HashMap<&'static str, usize>) {
    let mut config = Config::new(token());
    config.in_flight = in_flight;
    config.queue = usize::MAX;
    config.deadline = Duration::from_secs(100_000_000);
    let mut world = World::new(seed, link, echo_device(), vec![config]);
    world.echoes = true;
    let (mut answered, mut failed) = (0, HashMap::new());
    let mut asked = HashMap::new();
    let mut next = 0;
    while next < count || world.sessions[0].pending() > 0 {
        while next < count && world.sessions[0].pending() < 5 {
            let id = world.sessions[0].call(Request::new("get_echo", json!([next])));
            asked.insert(id, next);
            next += 1;
        }
        world.step();
        for (_, event) in std::mem::take(&mut world.events) {
            match event {
                Event::Answered(end) => {
                    let number = asked.remove(&end.request).expect("each call ends once");
                    assert_eq!(end.result, json!([number]), "an answer of another call");
                    answered += 1;
                }
                Event::Failed { request, error } => {
                    asked.remove(&request).expect("each call ends once");
                    assert!(error.help().is_some(), "{error}");
                    *failed.entry(error.name()).or_default() += 1;
                }
                _ => {}
            }
        }
    }
    world.settle();
    for (_, event) in world.events {
        match event {
            Event::Answered(end) => {
                assert_eq!(
                    end.result,
                    json!([asked.remove(&end.request).expect("each call ends once")])
                );
                answered += 1;
            }
            Event::Failed { request, error } => {
                asked.remove(&request).expect("each call ends once");
                *failed.entry(error.name()).or_default() += 1;
            }
            _ => {}
        }
    }
    assert!(asked.is_empty(), "{} calls never ended", asked.len());
    (answered, failed)
}

#[test]
fn every_call_over_a_bad_link_ends_with_its_own_answer_or_a_clear_error() {
    let (mut answered, mut failed) = (0, HashMap::<_, usize>::new());
    // 1,000 runs of 100 calls (a fifth of that without optimisation), one in flight in most and up to four in some.
    let runs = if cfg!(debug_assertions) { 200 } else { 1000 };
    for seed in 0..runs {
        let in_flight = if seed % 5 == 0 { 1 + (seed % 4) as u8 } else { 1 };
        let (good, bad) = run_calls(seed, BAD, 100, in_flight);
        answered += good;
        for (name, count) in bad {
            *failed.entry(name).or_default() += count;
        }
    }
    let bad: usize = failed.values().sum();
    println!("{answered} answered, failed: {failed:?}");
    assert_eq!(answered + bad, runs as usize * 100);
    assert!(
        answered > runs as usize * 92,
        "{answered} answered, failed: {failed:?}"
    );
}

#[test]
fn a_link_that_damages_datagrams_never_gives_a_wrong_answer() {
    let link = Link {
        loss: 10,
        doubles: 10,
        damage: 15,
        delay: 300,
    };
    let answered: usize = (0..200).map(|seed| run_calls(seed, link, 20, 1).0).sum();
    assert!(answered > 3500, "{answered}");
}

#[test]
fn a_perfect_link_answers_everything_at_the_first_attempt() {
    let mut world = World::new(1, PERFECT, device(), vec![Config::new(token())]);
    assert_eq!(world.call(0, get_power()), Ok(json!(["on"])));
    assert_eq!(
        world.call(0, Request::new("set_power", json!(["off"]))),
        Ok(json!(["ok"]))
    );
    assert_eq!(world.call(0, get_power()), Ok(json!(["off"])));
    assert_eq!(world.sessions[0].last_id(), 3);
    assert!(world.notices().is_empty());
}

#[test]
fn nobody_at_the_address_is_told_from_a_wrong_token() {
    let mut world = World::new(2, PERFECT, device(), vec![Config::new(token())]);
    world.reachable = false;
    let error = world.call(0, get_power()).unwrap_err();
    assert_eq!(error, CallError::Unreachable { hellos: 5 });
    assert!(error.help().unwrap().contains("subnet"));

    let wrong = Config::new(Token::new([1; 16]));
    let mut world = World::new(2, PERFECT, device(), vec![wrong]);
    let CallError::Unanswered {
        attempts: 3,
        suspects,
    } = world.call(0, get_power()).unwrap_err()
    else {
        panic!("unanswered")
    };
    assert!(suspects.wrong_token && !suspects.second_client);
}

#[test]
fn an_answer_under_another_token_is_a_wrong_token() {
    let mut device = device();
    device.inject(Fault::ForeignToken);
    let mut world = World::new(3, PERFECT, device, vec![Config::new(token())]);
    let error = world.call(0, get_power()).unwrap_err();
    assert_eq!(error, CallError::WrongToken { disclosed: false });
}

#[test]
fn a_device_that_was_reset_discloses_its_new_token() {
    let mut config = DeviceConfig::new(DeviceId(77), Token::new([9; 16]), "a.b.c");
    config.discloses_token = true;
    let mut world = World::new(4, PERFECT, Device::new(config), vec![Config::new(token())]);
    assert_eq!(
        world.call(0, get_power()),
        Err(CallError::WrongToken { disclosed: true })
    );
    assert_eq!(world.notices(), [Notice::TokenDiffers]);
}

#[test]
fn a_disclosed_token_is_taken_and_a_withheld_one_is_told() {
    let mut config = DeviceConfig::new(DeviceId(77), Token::new([9; 16]), "a.b.c");
    config.discloses_token = true;
    let open = Device::new(config).with_legacy("power", "on");
    let mut world = World::new(5, PERFECT, open, vec![Config::disclosed()]);
    assert_eq!(world.call(0, get_power()), Ok(json!(["on"])));

    let mut world = World::new(5, PERFECT, device(), vec![Config::disclosed()]);
    assert_eq!(world.call(0, get_power()), Err(CallError::TokenWithheld));
}

#[test]
fn another_device_at_the_address_is_recognised() {
    let config = Config::new(token()).device_id(DeviceId(5));
    let mut world = World::new(6, PERFECT, device(), vec![config]);
    let expected = CallError::WrongDevice {
        expected: DeviceId(5),
        found: DeviceId(77),
    };
    assert_eq!(world.call(0, get_power()), Err(expected));
}

#[test]
fn device_errors_come_with_meaning_and_those_that_pass_are_tried_again() {
    let mut world = World::new(7, PERFECT, device(), vec![Config::new(token())]);
    let ack = Fault::Error {
        code: -9999,
        message: "user ack timeout".into(),
    };
    world.device.inject(ack.clone());
    assert_eq!(world.call(0, get_power()), Ok(json!(["on"])));
    for _ in 0..3 {
        world.device.inject(ack.clone());
    }
    let CallError::Device(error) = world.call(0, get_power()).unwrap_err() else {
        panic!("a device error")
    };
    assert_eq!(error.code, Some(-9999));
    let CallError::Device(error) = world.call(0, Request::new("no_such", json!([]))).unwrap_err() else {
        panic!("a device error")
    };
    assert!(error.help().unwrap().contains("protocol"));
}

#[test]
fn broken_json_is_mended_or_fails_this_one_call() {
    let mut world = World::new(8, PERFECT, device(), vec![Config::new(token())]);
    for (broken, expected) in [
        (BrokenJson::ExtraComma, Ok(json!(["ok"]))),
        (BrokenJson::Hole, Ok(json!([1, null, 3]))),
        (BrokenJson::Garbage, Ok(json!(["ok"]))),
        (BrokenJson::Empty, Ok(Value::Null)),
    ] {
        world.device.inject(Fault::BrokenJson(broken));
        assert_eq!(world.call(0, get_power()), expected, "{broken:?}");
    }
    world.device.inject(Fault::BrokenJson(BrokenJson::Cut));
    assert_eq!(world.call(0, get_power()).unwrap_err().name(), "bad_json");
    assert_eq!(world.call(0, get_power()), Ok(json!(["on"])));
    let mended = world
        .events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Answered(answered) if !answered.repairs.is_empty()));
    assert_eq!(mended.count(), 4);
}

#[test]
fn late_doubled_and_foreign_answers_change_nothing() {
    let mut world = World::new(9, PERFECT, device(), vec![Config::new(token())]);
    world.device.inject(Fault::Duplicate);
    assert_eq!(world.call(0, get_power()), Ok(json!(["on"])));
    world.device.inject(Fault::ForeignId);
    assert_eq!(world.call(0, get_power()), Ok(json!(["on"])));
    world.device.inject(Fault::Delay(Duration::from_secs(40)));
    let late = world.sessions[0].call(get_power().once());
    world.run();
    assert_eq!(world.end_of(0, late).unwrap_err().name(), "unanswered");
    world.wait(Duration::from_secs(60));
    let counters = world.sessions[0].counters();
    assert_eq!((counters.doubled, counters.unexpected, counters.late), (1, 1, 1));
    assert_eq!(world.notices(), [Notice::LateAnswer { id: 3 }]);
    assert_eq!(world.call(0, get_power()), Ok(json!(["on"])));
}

#[test]
fn a_slow_answer_to_the_first_attempt_still_counts() {
    let mut world = World::new(10, PERFECT, device(), vec![Config::new(token())]);
    world.device.inject(Fault::Delay(Duration::from_secs(7)));
    world.device.inject(Fault::Silence);
    assert_eq!(world.call(0, get_power()), Ok(json!(["on"])));
    assert_eq!(world.now, Duration::from_secs(7));
}

#[test]
fn a_second_client_with_higher_ids_is_recognised() {
    let mut config = DeviceConfig::new(DeviceId(77), token(), "roborock.vacuum.s5");
    config.rising_ids = true;
    let device = Device::new(config).with_legacy("power", "on");
    let (ours, other) = (Config::new(token()), Config::new(token()).last_id(50));
    let mut world = World::new(11, PERFECT, device, vec![ours, other]);
    for _ in 0..30 {
        for client in 0..2 {
            let _ = world.call(client, get_power());
            world.wait(Duration::from_secs(10));
        }
    }
    let second = world
        .notices()
        .into_iter()
        .any(|notice| matches!(notice, Notice::SecondClient { .. }));
    assert!(
        second,
        "{:?}",
        world.events.iter().rev().take(20).collect::<Vec<_>>()
    );
}

#[test]
fn a_client_whose_ids_fell_behind_hears_of_a_second_client_once_its_token_is_proved() {
    let mut config = DeviceConfig::new(DeviceId(77), token(), "roborock.vacuum.s5");
    config.rising_ids = true;
    let device = Device::new(config).with_legacy("power", "on");
    let (ours, other) = (Config::new(token()), Config::new(token()).last_id(1_700_000_000));
    let mut world = World::new(12, PERFECT, device, vec![ours, other]);
    assert!(world.call(0, get_power()).is_ok());
    assert!(world.call(1, get_power()).is_ok());
    let CallError::Unanswered { suspects, .. } = world.call(0, get_power()).unwrap_err() else {
        panic!("unanswered")
    };
    assert!(suspects.second_client && !suspects.wrong_token);
}

#[test]
fn a_lossy_link_is_not_taken_for_a_second_client() {
    let mut false_alarms = 0;
    for seed in 0..200 {
        let mut world = World::new(seed, BAD, device(), vec![Config::new(token())]);
        for _ in 0..50 {
            let _ = world.call(0, get_power());
        }
        let second = |notice: &Notice| matches!(notice, Notice::SecondClient { .. });
        false_alarms += world.notices().iter().filter(|notice| second(notice)).count();
    }
    println!("{false_alarms} false alarms in 10,000 calls");
    assert!(false_alarms <= 10, "{false_alarms} false alarms in 10,000 calls");
}

#[test]
fn stored_ids_survive_a_restart_of_the_program() {
    let mut config = DeviceConfig::new(DeviceId(77), token(), "roborock.vacuum.s5");
    config.rising_ids = true;
    let device = Device::new(config).with_legacy("power", "on");
    let mut world = World::new(13, PERFECT, device, vec![Config::new(token())]);
    for _ in 0..5 {
        assert!(world.call(0, get_power()).is_ok());
    }
    let stored = world.sessions[0].last_id();
    world.sessions[0] = Session::new(Config::new(token()).last_id(stored));
    world.events.clear();
    assert!(world.call(0, get_power()).is_ok());
    assert_eq!(world.device.requests(), 6);
}

#[test]
fn the_clock_advances_with_time_and_is_renewed_when_old() {
    let mut config = DeviceConfig::new(DeviceId(77), token(), "a.b.c");
    config.stamp_tolerance = Some(1);
    config.stamp_at_start = u32::MAX - 30;
    let device = Device::new(config).with_legacy("power", "on");
    let mut world = World::new(14, PERFECT, device, vec![Config::new(token())]);
    for seconds in [1, 20, 59, 61, 3600] {
        world.wait(Duration::from_secs(seconds));
        assert_eq!(world.call(0, get_power()), Ok(json!(["on"])), "after {seconds} s");
    }
}

#[test]
fn a_restart_of_the_device_is_noticed_and_survived() {
    let mut config = DeviceConfig::new(DeviceId(77), token(), "a.b.c");
    config.stamp_tolerance = Some(2);
    config.stamp_at_start = 5000;
    let device = Device::new(config.clone()).with_legacy("power", "on");
    let mut world = World::new(15, PERFECT, device, vec![Config::new(token())]);
    assert!(world.call(0, get_power()).is_ok());
    config.stamp_at_start = 3;
    world.device = Device::new(config).with_legacy("power", "on");
    world.wait(Duration::from_secs(1));
    assert!(world.call(0, get_power()).is_ok());
    assert!(
        world
            .events
            .iter()
            .any(|(_, event)| matches!(event, Event::Rebooted { .. }))
    );
}

#[test]
fn keep_alive_tells_when_a_device_goes_and_returns() {
    let config = Config::new(token()).keep_alive(Duration::from_secs(30));
    let mut world = World::new(16, PERFECT, device(), vec![config]);
    world.wait(Duration::from_secs(65));
    assert!(world.sessions[0].is_online());
    world.reachable = false;
    world.wait(Duration::from_secs(120));
    assert!(!world.sessions[0].is_online());
    world.reachable = true;
    world.wait(Duration::from_secs(120));
    assert!(world.sessions[0].is_online());
    let names: Vec<_> = world
        .events
        .iter()
        .map(|(_, event)| match event {
            Event::Connected(_) => "connected",
            Event::Offline { .. } => "offline",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["connected", "offline", "connected"]);
}

#[test]
fn a_cancelled_call_is_silent_and_frees_its_place() {
    let mut world = World::new(17, PERFECT, device(), vec![Config::new(token())]);
    world.device.inject(Fault::Delay(Duration::from_secs(3)));
    let slow = world.sessions[0].call(get_power());
    let queued = world.sessions[0].call(get_power());
    let last = world.sessions[0].call(get_power());
    world.settle();
    assert!(world.sessions[0].cancel(slow) && world.sessions[0].cancel(queued));
    assert!(!world.sessions[0].cancel(slow));
    world.run();
    assert_eq!(world.end_of(0, last), Ok(json!(["on"])));
    let at_once = |event: &Event| matches!(event, Event::Answered(end) if end.latency == Duration::ZERO);
    assert!(world.events.iter().any(|(_, event)| at_once(event)));
    world.wait(Duration::from_secs(5));
    let ends = world
        .events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Answered(_)));
    assert_eq!((ends.count(), world.sessions[0].counters().late), (1, 1));
}

#[test]
fn a_full_queue_and_a_long_request_fail_at_once() {
    let mut config = Config::new(token());
    config.queue = 2;
    let mut world = World::new(18, PERFECT, device(), vec![config]);
    let calls: Vec<_> = (0..3).map(|_| world.sessions[0].call(get_power())).collect();
    world.run();
    assert_eq!(world.end_of(0, calls[2]), Err(CallError::QueueFull { limit: 2 }));
    let long = Request::new("get_prop", json!(vec!["x"; 300]));
    assert_eq!(world.call(0, long).unwrap_err().name(), "too_long");
    let huge = Request::new("get_prop", json!(vec!["x"; 30_000]));
    assert_eq!(world.call(0, huge).unwrap_err().name(), "too_long");
}

#[test]
fn a_call_behind_slow_ones_ends_at_its_deadline() {
    let mut config = Config::new(token());
    config.deadline = Duration::from_secs(12);
    let mut world = World::new(19, PERFECT, device(), vec![config]);
    for _ in 0..9 {
        world.device.inject(Fault::Silence);
    }
    let first = world.sessions[0].call(get_power());
    let second = world.sessions[0].call(get_power());
    world.run();
    let end = |sent| {
        Err(CallError::Deadline {
            waited: Duration::from_secs(12),
            sent,
        })
    };
    assert_eq!(
        (world.end_of(0, first), world.end_of(0, second)),
        (end(true), end(false))
    );
}

#[test]
fn a_request_of_the_device_is_surfaced_and_answered() {
    let mut world = World::new(20, PERFECT, device(), vec![Config::new(token())]);
    assert!(world.call(0, get_power()).is_ok());
    // Its id is the one of a request that waits: it must not be taken for the answer.
    world.device.inject(Fault::Delay(Duration::from_secs(1)));
    let waiting = world.sessions[0].call(get_power());
    world.settle();
    let request = Request::new("chuangmi.plug.v3.open:lumi_1", json!([]));
    for _ in 0..2 {
        world.device.push(world.now, address(0), &request);
    }
    world.settle();
    let pushed: Vec<_> = world
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::DeviceRequest(request) => request.id,
            _ => None,
        })
        .collect();
    assert_eq!(pushed, [1, 2]);
    world.sessions[0].answer(2, "ok");
    world.run();
    assert_eq!(world.end_of(0, waiting), Ok(json!(["on"])));
    let acknowledged = std::iter::from_fn(|| world.device.poll_event())
        .any(|event| matches!(event, DeviceEvent::Acknowledged { id: 2 }));
    assert!(acknowledged);
}

#[test]
fn a_flood_of_strangers_ends_no_call_and_fills_no_memory() {
    let mut world = World::new(21, PERFECT, device(), vec![Config::new(token())]);
    world.device.inject(Fault::Delay(Duration::from_secs(2)));
    let call = world.sessions[0].call(get_power());
    world.settle();
    let mut dice = Dice::new(5);
    let other = miio_proto::Cipher::new(&Token::new([3; 16]));
    let forged = other
        .seal(
            DeviceId(77),
            1,
            b"{\"id\":1,\"result\":[\"off\"]}",
            Default::default(),
        )
        .unwrap();
    for number in 0..20_000 {
        let datagram = match number % 3 {
            0 => forged.clone(),
            1 => (0..dice.roll(80)).map(|_| dice.roll(256) as u8).collect(),
            _ => vec![0; 65_535],
        };
        world.sessions[0].handle_datagram(world.now, &datagram);
    }
    world.run();
    assert_eq!(world.end_of(0, call), Ok(json!(["on"])));
    assert!(world.events.len() < 10);
    assert!(world.sessions[0].counters().bad_checksum > 6000);
}

#[test]
fn an_idle_session_takes_less_than_two_kibibytes() {
    let mut world = World::new(22, PERFECT, device(), vec![Config::new(token())]);
    assert!(world.call(0, get_power()).is_ok());
    let size = size_of::<Session>() + size_of::<Config>();
    println!("{size} bytes");
    assert!(size <= 2048, "{size}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_arrives_whenever_no_machine_panics_or_sticks(
        seed: u64, steps in proptest::collection::vec((0u8..8, 0u64..20_000, any::<u16>()), 1..40),
    ) {
        let config = Config::new(token()).keep_alive(Duration::from_secs(20));
        let mut world = World::new(seed, BAD, device(), vec![config]);
        let mut calls = Vec::new();
        for (what, time, extra) in steps {
            match what {
                0..=2 => calls.push(world.sessions[0].call(get_power())),
                3 => { if let Some(&call) = calls.get(usize::from(extra) % calls.len().max(1)) {
                    world.sessions[0].cancel(call);
                } }
                4 => world.sessions[0].network_changed(),
                5 => world.sessions[0].answer(extra.into(), json!("ok")),
                6 => {
                    let length = usize::from(extra % 200);
                    let junk: Vec<u8> = (0..length).map(|_| world.dice.roll(256) as u8).collect();
                    world.sessions[0].handle_datagram(world.now, &junk);
                    world.device.handle_datagram(world.now, address(0), &junk);
                }
                _ => world.reachable = !world.reachable,
            }
            world.wait(Duration::from_millis(time));
        }
        world.reachable = true;
        world.run();
        let ended: Vec<_> = world.events.iter().filter_map(|(_, event)| match event {
            Event::Answered(answered) => Some(answered.request),
            Event::Failed { request, .. } => Some(*request),
            _ => None,
        }).collect();
        let mut unique = ended.clone();
        unique.sort_unstable();
        unique.dedup();
        prop_assert_eq!(unique.len(), ended.len(), "a call ended twice");
        prop_assert_eq!(world.sessions[0].pending(), 0);
    }
}
