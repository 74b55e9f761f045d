//! A connection between a handshake and a device, with a clock of its own, over which each packet meets its fate.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "a test may panic, and shares this module"
)]

use core::fmt::{Arguments, Debug};
use core::time::Duration;
use std::collections::BTreeMap;

use mi_auth::device::{Outgoing, Peripheral};
use mi_auth::parcel::FrameBytes;
use mi_auth::{Characteristic, Event, Failure, Handshake, Transmit};

/// What becomes of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Arrives,
    IsLost,
    /// Comes again, so much later.
    ComesTwice(Duration),
    /// Comes so much later, when others may have overtaken it.
    IsLate(Duration),
    /// The connection breaks instead.
    BreaksTheLink,
}

/// A packet on its way.
#[derive(Clone, Debug)]
pub struct Packet {
    pub to_device: bool,
    pub characteristic: Characteristic,
    pub bytes: Vec<u8>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ending<T> {
    pub result: Result<T, Failure>,
    pub at: Duration,
    /// All packets that were sent.
    pub packets: Vec<Packet>,
}

pub struct Air<'a, D> {
    device: &'a mut D,
    fate: Box<dyn FnMut(usize, &Packet) -> Fate + 'a>,
    now: Duration,
    on_the_way: BTreeMap<(Duration, usize), Packet>,
    sent: Vec<Packet>,
    connected: bool,
    arrivals: usize,
}

/// Runs a handshake to its end. Fails if it waits for nothing, or for ever.
pub fn run<H, D>(
    client: &mut H,
    device: &mut D,
    fate: &mut dyn FnMut(usize, &Packet) -> Fate,
) -> Ending<H::Output>
where
    H: Handshake + Debug,
    H::Output: Debug,
    D: Peripheral + Debug,
    D::Event: Debug,
{
    run_printing(client, device, fate, &mut |_| {})
}

/// The same, and prints everything that can be printed on the way.
pub fn run_printing<H, D>(
    client: &mut H,
    device: &mut D,
    fate: &mut dyn FnMut(usize, &Packet) -> Fate,
    print: &mut dyn FnMut(Arguments<'_>),
) -> Ending<H::Output>
where
    H: Handshake + Debug,
    H::Output: Debug,
    D: Peripheral + Debug,
    D::Event: Debug,
{
    device.handle_connect(Duration::ZERO);
    let mut air = Air {
        device,
        fate: Box::new(fate),
        now: Duration::ZERO,
        on_the_way: BTreeMap::new(),
        sent: Vec::new(),
        connected: true,
        arrivals: 0,
    };
    for _ in 0..5000 {
        print(format_args!("{client:?}{:?}{:#?}", air.device, air.device));
        while let Some(transmit) = client.poll_transmit(air.now) {
            print(format_args!("{transmit:?}"));
            match transmit {
                Transmit::Subscribe(_) => client.handle_subscribed(air.now),
                Transmit::Write { to, bytes } => air.send(true, to, &bytes),
                Transmit::Read(from) => match air.read(from) {
                    Some(bytes) => client.handle_read(air.now, &bytes),
                    None => client.handle_refusal(air.now),
                },
                other => panic!("a new transmit: {other:?}"),
            }
        }
        while let Some(event) = client.poll_event() {
            print(format_args!("{event:?}{:?}", event.help()));
            let result = match event {
                Event::Done(output) => Ok(output),
                Event::Failed(failure) => {
                    print(format_args!("{failure}"));
                    Err(failure)
                }
                _ => continue,
            };
            assert_eq!(client.poll_timeout(), None, "it is over and waits");
            air.settle();
            while let Some(event) = air.device.poll_event() {
                print(format_args!("{event:?}"));
            }
            return Ending {
                result,
                at: air.now,
                packets: air.sent,
            };
        }
        assert!(
            client.poll_timeout().is_some(),
            "it waits for nothing: {client:?}"
        );
        air.step(client);
    }
    panic!("no end after {:?}: {client:?}", air.now);
}

impl<D: Peripheral> Air<'_, D> {
    fn send(&mut self, to_device: bool, characteristic: Characteristic, bytes: &[u8]) {
        if !self.connected {
            return;
        }
        let packet = Packet {
            to_device,
            characteristic,
            bytes: bytes.to_vec(),
        };
        let fate = (self.fate)(self.sent.len(), &packet);
        self.sent.push(packet.clone());
        match fate {
            Fate::Arrives => self.arrive_in(LATENCY, packet),
            Fate::IsLost => {}
            Fate::ComesTwice(later) => {
                self.arrive_in(LATENCY, packet.clone());
                self.arrive_in(LATENCY + later, packet);
            }
            Fate::IsLate(later) => self.arrive_in(LATENCY + later, packet),
            Fate::BreaksTheLink => self.break_link(),
        }
    }

    /// A read comes after the writes before it.
    fn read(&mut self, from: Characteristic) -> Option<FrameBytes> {
        self.now += LATENCY;
        let due: Vec<_> = self
            .on_the_way
            .iter()
            .filter(|((time, _), packet)| *time <= self.now && packet.to_device)
            .map(|(key, _)| *key)
            .collect();
        for key in due {
            let packet = self.on_the_way.remove(&key).unwrap();
            self.device
                .handle_write(self.now, packet.characteristic, &packet.bytes);
        }
        self.device.handle_read(self.now, from).filter(|_| self.connected)
    }

    fn arrive_in(&mut self, time: Duration, packet: Packet) {
        self.arrivals += 1;
        self.on_the_way.insert((self.now + time, self.arrivals), packet);
    }

    fn break_link(&mut self) {
        self.connected = false;
        self.on_the_way.clear();
        self.device.handle_disconnect(self.now);
    }

    /// Takes what the device has to say.
    fn drain_device(&mut self) {
        while let Some(outgoing) = self.device.poll_transmit(self.now) {
            match outgoing {
                Outgoing::Notification { from, bytes } => self.send(false, from, &bytes),
                Outgoing::Disconnect => self.break_link(),
                other => panic!("new: {other:?}"),
            }
        }
    }

    /// Goes to whatever happens next.
    fn step(&mut self, client: &mut impl Handshake) {
        self.drain_device();
        if !self.connected {
            return client.handle_disconnect(self.now);
        }
        let arrival = self.on_the_way.first_key_value().map(|(key, _)| key.0);
        let times = [arrival, client.poll_timeout(), self.device.poll_timeout()];
        let next = times.into_iter().flatten().min().unwrap();
        self.now = self.now.max(next);
        if arrival == Some(next) {
            let (_, packet) = self.on_the_way.pop_first().unwrap();
            if packet.to_device {
                self.device
                    .handle_write(self.now, packet.characteristic, &packet.bytes);
            } else {
                client.handle_notification(self.now, packet.characteristic, &packet.bytes);
            }
        }
        client.handle_timeout(self.now);
        self.device.handle_timeout(self.now);
        self.drain_device();
    }

    /// Lets arrive at the device what is on its way. What it answers, nobody hears.
    fn settle(&mut self) {
        self.drain_device();
        self.fate = Box::new(|_, _| Fate::IsLost);
        while let Some(((time, _), packet)) = self.on_the_way.pop_first() {
            self.now = self.now.max(time);
            if packet.to_device {
                self.device
                    .handle_write(self.now, packet.characteristic, &packet.bytes);
            }
            self.drain_device();
        }
    }
}

const LATENCY: Duration = Duration::from_millis(15);
