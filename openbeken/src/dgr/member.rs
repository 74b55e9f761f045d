use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddrV4;
use core::time::Duration;

use super::packet::{Flags, Item, ItemError, Packet, is_newer};
use super::{GROUP, MAX_PACKET, share};

/// What a member is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The group's name.
    pub group: String,
    /// Its own address, so that its own multicasts that come back are known.
    pub own: Option<SocketAddrV4>,
    /// What it tells, a mask of [`share`].
    pub send: u32,
    /// What it takes, a mask of [`share`].
    pub receive: u32,
}

impl Config {
    /// Shares all.
    #[must_use]
    pub fn new(group: &str) -> Self {
        Self {
            group: group.into(),
            own: None,
            send: share::ALL,
            receive: share::ALL,
        }
    }
}

/// A member of a group.
///
/// ```
/// use core::time::Duration;
/// use openbeken::dgr::{Config, Item, Member};
///
/// let mut member = Member::new(Config::new("tgrp"))?;
/// member.start(Duration::ZERO);
/// member.change(Duration::ZERO, vec![Item::power(1, 1)])?;
/// while let Some(out) = member.poll_transmit(Duration::ZERO) {
///     println!("{} bytes to {}", out.payload.len(), out.destination);
/// }
/// # Ok::<(), openbeken::dgr::ItemError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Member {
    config: Config,
    sequence: u16,
    peers: BTreeMap<SocketAddrV4, Peer>,
    state: BTreeMap<u8, Item>,
    pending: Option<Pending>,
    next_announcement: Option<Duration>,
    out: VecDeque<Transmit>,
    events: VecDeque<Event>,
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// To whom.
    pub destination: SocketAddrV4,
    /// The bytes.
    pub payload: Vec<u8>,
}

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The sequence that it was sent with.
    pub sequence: u16,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another member changed something.
    Changed {
        /// Who.
        from: SocketAddrV4,
        /// What, without what isn't to be taken.
        items: Vec<Item>,
    },
    /// All known members have acked the last change.
    Acked {
        /// The sequence that it was sent with.
        sequence: u16,
    },
    /// There is another member.
    MemberFound(SocketAddrV4),
    /// A member didn't ack for 45 seconds, and is forgotten. OpenBeken's devices never ack.
    MemberLost(SocketAddrV4),
    /// A datagram that is none of the group's.
    Ignored {
        /// From whom.
        from: SocketAddrV4,
    },
}

impl Event {
    /// What a person can do about it, in one sentence; `None` where nothing is wrong.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::MemberLost(_) => {
                Some("Look whether the device is on; devices with OpenBeken never ack, and still follow.")
            }
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Peer {
    last_sequence: u16,
    /// Since when it owes an ack.
    owes_since: Option<Duration>,
}

#[derive(Clone, Debug)]
struct Pending {
    packet: Packet,
    next: Duration,
    wait: Duration,
}

impl Member {
    /// Not yet started.
    ///
    /// # Errors
    ///
    /// If the group's name has a zero byte, or leaves no room for items.
    pub fn new(config: Config) -> Result<Self, ItemError> {
        let bare = Packet::new(&config.group, 0, Flags::default(), Vec::new())?
            .encode()
            .len();
        if bare > MAX_PACKET {
            return Err(ItemError::TooLong {
                found: bare,
                limit: MAX_PACKET,
            });
        }
        Ok(Self {
            config,
            sequence: 0,
            peers: BTreeMap::new(),
            state: BTreeMap::new(),
            pending: None,
            next_announcement: None,
            out: VecDeque::new(),
            events: VecDeque::new(),
        })
    }

    /// Announces itself and asks for the state.
    pub fn start(&mut self, now: Duration) {
        self.announce(now);
        let sequence = self.next_sequence();
        self.multicast(sequence, Flags::STATUS_REQUEST.with(Flags::RESET));
    }

    /// Changes something, and tells the others. A change before the last was acked takes that with it.
    ///
    /// # Errors
    ///
    /// If it doesn't fit into a packet that OpenBeken's devices can receive.
    pub fn change(&mut self, now: Duration, items: Vec<Item>) -> Result<Change, ItemError> {
        let mut told: BTreeMap<u8, Item> = BTreeMap::new();
        if let Some(pending) = &self.pending {
            told.extend(pending.packet.items.iter().map(|item| (item.id(), item.clone())));
        }
        told.extend(
            items
                .iter()
                .filter(|item| self.sends(item))
                .map(|item| (item.id(), item.clone())),
        );
        let told: Vec<Item> = told.into_values().collect();
        let packet = self.packet(self.sequence.wrapping_add(1), Flags::default(), told);
        let found = packet.encode().len();
        if found > MAX_PACKET {
            return Err(ItemError::TooLong {
                found,
                limit: MAX_PACKET,
            });
        }
        self.state.extend(items.into_iter().map(|item| (item.id(), item)));
        let sequence = self.next_sequence();
        // Each change goes out twice.
        for _ in 0..2 {
            self.send(group_address(), packet.encode());
        }
        for peer in self.peers.values_mut() {
            peer.owes_since.get_or_insert(now);
        }
        self.pending = (!self.peers.is_empty()).then_some(Pending {
            packet,
            next: now + FIRST_WAIT,
            wait: FIRST_WAIT,
        });
        Ok(Change { sequence })
    }

    /// All that is known of the group's state, by id.
    #[must_use]
    pub const fn state(&self) -> &BTreeMap<u8, Item> {
        &self.state
    }

    /// The members that are known.
    pub fn members(&self) -> impl Iterator<Item = SocketAddrV4> + '_ {
        self.peers.keys().copied()
    }

    /// Hand in a datagram.
    pub fn handle_datagram(&mut self, _now: Duration, from: SocketAddrV4, bytes: &[u8]) {
        if self.config.own == Some(from) {
            return;
        }
        let packet = match Packet::parse(bytes) {
            Ok(packet) if packet.group == self.config.group.as_bytes() => packet,
            _ => return self.event(Event::Ignored { from }),
        };
        if packet.flags.has(Flags::ACK) {
            self.acked(from, packet.sequence);
            return;
        }
        let is_new = self.is_new(from, &packet);
        if packet.flags.has(Flags::STATUS_REQUEST) {
            if is_new {
                let items = self
                    .state
                    .values()
                    .filter(|item| self.sends(item))
                    .cloned()
                    .collect();
                let sequence = self.next_sequence();
                let status = self.packet(sequence, Flags::FULL_STATUS.with(Flags::DIRECT), items);
                self.send(from, status.encode());
            }
            return;
        }
        if packet.flags.has(Flags::ANNOUNCEMENT) {
            return;
        }
        if !packet.flags.has(Flags::MORE_TO_COME) {
            // Also for what was heard before: the first ack may be lost.
            let ack = self.packet(packet.sequence, Flags::ACK, Vec::new());
            self.send(from, ack.encode());
        }
        if is_new {
            let items: Vec<Item> = packet
                .items
                .into_iter()
                .filter(|item| takes(self.config.receive, item))
                .collect();
            self.state
                .extend(items.iter().map(|item| (item.id(), item.clone())));
            self.event(Event::Changed { from, items });
        }
    }

    /// Call when the time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.next_announcement.is_some_and(|next| now >= next) {
            self.announce(now);
        }
        let lost: Vec<SocketAddrV4> = self
            .peers
            .iter()
            .filter(|(_, peer)| peer.owes_since.is_some_and(|since| now >= since + FORGET))
            .map(|(address, _)| *address)
            .collect();
        for address in lost {
            self.peers.remove(&address);
            self.event(Event::MemberLost(address));
        }
        let Some(pending) = self.pending.as_mut().filter(|pending| now >= pending.next) else {
            self.end_if_acked();
            return;
        };
        // Waits grow, so that a silent member isn't flooded.
        pending.wait = (pending.wait * 2).min(LONGEST_WAIT);
        pending.next = now + pending.wait;
        let mut repeated = pending.packet.clone();
        repeated.flags = repeated.flags.with(Flags::DIRECT);
        let bytes = repeated.encode();
        let owing: Vec<SocketAddrV4> = self
            .peers
            .iter()
            .filter(|(_, peer)| peer.owes_since.is_some())
            .map(|(address, _)| *address)
            .collect();
        for address in owing {
            self.send(address, bytes.clone());
        }
        self.end_if_acked();
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let owed = self
            .peers
            .values()
            .filter_map(|peer| peer.owes_since)
            .min()
            .map(|since| since + FORGET);
        [
            self.next_announcement,
            self.pending.as_ref().map(|pending| pending.next),
            owed,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What goes out: call until it returns `None`.
    pub fn poll_transmit(&mut self, _now: Duration) -> Option<Transmit> {
        self.out.pop_front()
    }

    /// What happened: call until it returns `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn acked(&mut self, from: SocketAddrV4, sequence: u16) {
        let is_last = self
            .pending
            .as_ref()
            .is_some_and(|pending| pending.packet.sequence == sequence);
        if let (true, Some(peer)) = (is_last, self.peers.get_mut(&from)) {
            peer.owes_since = None;
            self.end_if_acked();
        }
    }

    fn end_if_acked(&mut self) {
        if self.peers.values().any(|peer| peer.owes_since.is_some()) {
            return;
        }
        if let Some(pending) = self.pending.take() {
            self.event(Event::Acked {
                sequence: pending.packet.sequence,
            });
        }
    }

    /// Notes who speaks, and says whether this wasn't heard before.
    fn is_new(&mut self, from: SocketAddrV4, packet: &Packet) -> bool {
        if let Some(peer) = self.peers.get_mut(&from) {
            let reset = packet.flags.has(Flags::RESET) && packet.sequence != peer.last_sequence;
            let is_new = reset || is_newer(peer.last_sequence, packet.sequence);
            if is_new {
                peer.last_sequence = packet.sequence;
            }
            return is_new;
        }
        // A stranger who finds no room is answered, but not remembered.
        if self.peers.len() < MAX_PEERS {
            self.peers.insert(
                from,
                Peer {
                    last_sequence: packet.sequence,
                    owes_since: None,
                },
            );
            self.event(Event::MemberFound(from));
        }
        true
    }

    fn announce(&mut self, now: Duration) {
        self.next_announcement = Some(now + ANNOUNCE);
        let sequence = self.next_sequence();
        self.multicast(sequence, Flags::ANNOUNCEMENT);
    }

    fn multicast(&mut self, sequence: u16, flags: Flags) {
        let packet = self.packet(sequence, flags, Vec::new());
        self.send(group_address(), packet.encode());
    }

    fn packet(&self, sequence: u16, flags: Flags, items: Vec<Item>) -> Packet {
        Packet {
            group: self.config.group.as_bytes().to_vec(),
            sequence,
            flags,
            items,
            terminated: !flags.is_bare(),
        }
    }

    const fn next_sequence(&mut self) -> u16 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    fn sends(&self, item: &Item) -> bool {
        takes(self.config.send, item)
    }

    fn send(&mut self, destination: SocketAddrV4, payload: Vec<u8>) {
        if self.out.len() >= MAX_QUEUE {
            self.out.pop_front();
        }
        self.out.push_back(Transmit { destination, payload });
    }

    fn event(&mut self, event: Event) {
        if self.events.len() >= MAX_QUEUE {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

fn takes(mask: u32, item: &Item) -> bool {
    let bit = share::of(item.id());
    bit == 0 || mask & bit != 0
}

fn group_address() -> SocketAddrV4 {
    let ([a, b, c, d], port) = GROUP;
    SocketAddrV4::new(core::net::Ipv4Addr::new(a, b, c, d), port)
}

const FIRST_WAIT: Duration = Duration::from_millis(150);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
const FORGET: Duration = Duration::from_secs(45);
const ANNOUNCE: Duration = Duration::from_secs(60);
const MAX_PEERS: usize = 64;
const MAX_QUEUE: usize = 256;
