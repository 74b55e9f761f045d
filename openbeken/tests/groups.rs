//! Members of a device group over a network that loses, doubles and delays, driven by a seed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use openbeken::dgr::{Config, Event, Item, Member, share};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

fn address(index: usize) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 10 + index as u8), 4447)
}

struct Network {
    members: Vec<Member>,
    /// Arrives at, from, to, bytes.
    air: Vec<(Duration, usize, usize, Vec<u8>)>,
    random: Random,
    loss: u64,
    now: Duration,
    events: Vec<(usize, Event)>,
}

impl Network {
    fn new(count: usize, seed: u64, loss: u64) -> Self {
        let members = (0..count)
            .map(|index| {
                let mut config = Config::new("hall");
                config.own = Some(address(index));
                Member::new(config).unwrap()
            })
            .collect();
        Self {
            members,
            air: Vec::new(),
            random: Random(seed),
            loss,
            now: Duration::ZERO,
            events: Vec::new(),
        }
    }

    fn run(&mut self, until: Duration) {
        while self.now < until {
            for index in 0..self.members.len() {
                while let Some(out) = self.members[index].poll_transmit(self.now) {
                    for to in 0..self.members.len() {
                        if out.destination.ip().is_multicast() || out.destination == address(to) {
                            self.carry(index, to, &out.payload);
                        }
                    }
                }
                while let Some(event) = self.members[index].poll_event() {
                    self.events.push((index, event));
                }
            }
            let timeouts = self.members.iter().filter_map(Member::poll_timeout);
            let next = self
                .air
                .iter()
                .map(|entry| entry.0)
                .chain(timeouts)
                .min()
                .unwrap_or(until);
            self.now = next.clamp(
                self.now + Duration::from_millis(1),
                until.max(self.now + Duration::from_millis(1)),
            );
            let due: Vec<_> = self.air.extract_if(.., |entry| entry.0 <= self.now).collect();
            for (_, from, to, bytes) in due {
                self.members[to].handle_datagram(self.now, address(from), &bytes);
            }
            for member in &mut self.members {
                if member.poll_timeout().is_some_and(|time| time <= self.now) {
                    member.handle_timeout(self.now);
                }
            }
        }
    }

    fn carry(&mut self, from: usize, to: usize, bytes: &[u8]) {
        for _ in 0..1 + u64::from(self.random.next().is_multiple_of(10)) {
            if self.random.next() % 100 < self.loss {
                continue;
            }
            let delay = Duration::from_millis(self.random.next() % 60);
            self.air.push((self.now + delay, from, to, bytes.to_vec()));
        }
    }
}

#[test]
fn a_change_reaches_everybody_however_bad_the_network_is() {
    for seed in 0..300 {
        let mut network = Network::new(3, seed, 30);
        for index in 0..3 {
            network.members[index].start(network.now);
        }
        // Announcements and requests may all be lost; after some minutes everybody knows everybody.
        network.run(Duration::from_secs(5 * 60));
        for member in &network.members {
            assert_eq!(member.members().count(), 2, "seed {seed}");
        }
        network.events.clear();
        let now = network.now;
        network.members[0]
            .change(now, vec![Item::power(1, 1), Item::brightness(200)])
            .unwrap();
        network.members[0]
            .change(now, vec![Item::brightness(77)])
            .unwrap();
        network.run(now + Duration::from_secs(44));
        for member in &network.members {
            assert_eq!(member.state().get(&5), Some(&Item::brightness(77)), "seed {seed}");
            assert_eq!(member.state().get(&128), Some(&Item::power(1, 1)), "seed {seed}");
        }
        let acked = network
            .events
            .iter()
            .any(|(index, event)| *index == 0 && matches!(event, Event::Acked { .. }));
        assert!(acked, "seed {seed}: {:?}", network.events);
    }
}

#[test]
fn a_change_is_told_once_however_often_it_arrives() {
    let mut network = Network::new(2, 5, 0);
    network.members[0].start(network.now);
    network.members[1].start(network.now);
    network.run(Duration::from_secs(1));
    network.events.clear();
    let now = network.now;
    network.members[0].change(now, vec![Item::power(1, 1)]).unwrap();
    network.run(now + Duration::from_secs(2));
    let told = network
        .events
        .iter()
        .filter(|(index, event)| *index == 1 && matches!(event, Event::Changed { .. }));
    assert_eq!(told.count(), 1);
}

#[test]
fn a_newcomer_gets_the_state() {
    let mut network = Network::new(2, 1, 0);
    network.members[0].start(network.now);
    let now = network.now;
    network.members[0]
        .change(now, vec![Item::color([1, 2, 3, 4, 5])])
        .unwrap();
    network.run(Duration::from_secs(1));
    network.members[1].start(network.now);
    network.run(Duration::from_secs(2));
    assert_eq!(
        network.members[1].state().get(&224),
        Some(&Item::color([1, 2, 3, 4, 5]))
    );
}

#[test]
fn a_silent_member_is_forgotten_and_masks_count() {
    let mut config = Config::new("hall");
    config.send = share::POWER;
    config.receive = share::BRIGHTNESS;
    let mut member = Member::new(config).unwrap();
    member.start(Duration::ZERO);
    // An OpenBeken device, which never acks.
    member.handle_datagram(
        Duration::ZERO,
        address(9),
        b"TASMOTA_DGRhall\0\x01\0\0\0\x80\x01\0\0\x01\x05\x7f\0",
    );
    assert_eq!(member.state().keys().copied().collect::<Vec<_>>(), [5]);
    while member.poll_transmit(Duration::ZERO).is_some() {}
    member
        .change(Duration::ZERO, vec![Item::power(1, 1), Item::brightness(9)])
        .unwrap();
    let sent = member.poll_transmit(Duration::ZERO).unwrap();
    assert!(
        !sent.payload.contains(&9) || sent.payload.len() < 30,
        "brightness isn't shared: {:?}",
        sent.payload
    );
    let mut now = Duration::ZERO;
    let mut repeats = 0;
    while now < Duration::from_secs(50) {
        now = member.poll_timeout().unwrap().max(now + Duration::from_millis(1));
        member.handle_timeout(now);
        repeats += std::iter::from_fn(|| member.poll_transmit(now))
            .filter(|out| out.destination == address(9))
            .count();
    }
    assert!((5..40).contains(&repeats), "{repeats}");
    assert_eq!(member.members().count(), 0);
    assert!(std::iter::from_fn(|| member.poll_event()).any(|event| event == Event::MemberLost(address(9))));
}

#[test]
fn strangers_do_not_make_it_grow() {
    let mut member = Member::new(Config::new("hall")).unwrap();
    for index in 0..10_000_u32 {
        let from = SocketAddrV4::new(Ipv4Addr::from(0x0a00_0000 + index), 4447);
        member.handle_datagram(Duration::ZERO, from, b"TASMOTA_DGRhall\0\x01\0\0\0\x05\x7f\0");
        member.handle_datagram(Duration::ZERO, from, b"noise");
    }
    assert!(member.members().count() <= 64);
    assert!(std::iter::from_fn(|| member.poll_event()).count() <= 256);
    assert!(std::iter::from_fn(|| member.poll_transmit(Duration::ZERO)).count() <= 256);
}
