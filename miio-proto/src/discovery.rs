//! Discovery: who is there? By broadcast hello (every miIO device, no model) and by mDNS (model and id, not every
//! device), merged by device id.
//!
//! [`Discovery`] does it without I/O: it says what to send and takes what comes in.
//!
//! ```
//! use core::time::Duration;
//! use miio_proto::discovery::{Discovery, Target};
//!
//! let mut discovery = Discovery::new(Duration::from_secs(5));
//! let now = Duration::ZERO;
//! while let Some(transmit) = discovery.poll_transmit(now) {
//!     // Send `transmit.payload` to `transmit.target`.
//!     assert!(matches!(transmit.target, Target::Hello | Target::Mdns));
//! }
//! let from = "192.168.1.20:54321".parse().unwrap();
//! discovery.handle_datagram(now, from, b"\x21\x31\x00\x20\0\0\0\0\x03\x17\x2d\xcf\x5a\x68\x54\x32\
//!     \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
//! assert_eq!(discovery.poll_event().unwrap().device_id.to_string(), "51850703");
//! ```

mod mdns;
mod name;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use crate::{DeviceId, HELLO, HelloReply, Token, TokenField};

pub use mdns::{Announcement, MDNS_PORT, MDNS_V4, mdns_query, parse_mdns};
pub use name::{MdnsName, NameError, model_of_host};

/// A search for devices.
#[derive(Debug)]
pub struct Discovery {
    until: Duration,
    next_send: Option<Duration>,
    interval: Duration,
    transmits: VecDeque<Target>,
    found: BTreeMap<DeviceId, Found>,
    events: VecDeque<DeviceId>,
    strangers: u64,
}

/// A device that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub device_id: DeviceId,
    /// Where it answers.
    pub address: Option<SocketAddr>,
    /// Its model, if mDNS told it.
    pub model: Option<String>,
    /// Its clock, if it answered a hello.
    pub stamp: Option<u32>,
    /// Its token, if it disclosed it.
    pub token: Option<Token>,
    /// How it was found.
    pub sources: Sources,
}

/// How a device was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sources {
    /// It answered a hello.
    pub hello: bool,
    /// It was announced by mDNS.
    pub mdns: bool,
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub target: Target,
    /// What.
    pub payload: Vec<u8>,
}

/// Where a datagram of a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Port 54321 of 255.255.255.255, of each interface's broadcast address, and of known addresses.
    Hello,
    /// Port 5353 of 224.0.0.251.
    Mdns,
}

impl Discovery {
    /// A search that sends three hellos and queries in its first seconds, then one every 10 seconds, and ends
    /// after `duration`. 5 seconds find most devices; some need minutes.
    #[must_use]
    pub const fn new(duration: Duration) -> Self {
        Self {
            until: duration,
            next_send: Some(Duration::ZERO),
            interval: Duration::from_millis(500),
            transmits: VecDeque::new(),
            found: BTreeMap::new(),
            events: VecDeque::new(),
            strangers: 0,
        }
    }

    /// Takes a datagram that arrived, of miIO or of mDNS. What is neither is counted and dropped, the search's own
    /// echo is dropped.
    pub fn handle_datagram(&mut self, _now: Duration, from: SocketAddr, datagram: &[u8]) {
        if datagram.starts_with(b"\x21\x31") {
            match HelloReply::parse(datagram) {
                Ok(reply) => self.merge(Found::from_hello(reply, from)),
                Err(crate::FrameError::HelloRequest) => {}
                Err(_) => self.strangers += 1,
            }
            return;
        }
        match parse_mdns(datagram) {
            Some(announcements) => {
                for announcement in announcements {
                    self.merge(Found::from_mdns(announcement, from.ip()));
                }
            }
            None => self.strangers += 1,
        }
    }

    /// Sends again when it is time to.
    pub fn handle_timeout(&mut self, now: Duration) {
        if let Some(next) = self.next_send
            && now >= next
        {
            self.transmits = [Target::Hello, Target::Mdns].into();
            let later = now + self.interval;
            self.interval = (self.interval * 2).min(Duration::from_secs(10));
            self.next_send = Some(later).filter(|&later| later < self.until);
        }
    }

    /// The next datagram to send; call until `None`.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        if self.transmits.is_empty() {
            self.handle_timeout(now);
        }
        let target = self.transmits.pop_front()?;
        let payload = match target {
            Target::Hello => HELLO.to_vec(),
            Target::Mdns => mdns_query(),
        };
        Some(Transmit { target, payload })
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do; `None` after the last sending.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Duration> {
        self.next_send
    }

    /// When the search is over.
    #[must_use]
    pub const fn ends_at(&self) -> Duration {
        self.until
    }

    /// A device that is new, or of which something new is known; all that is known of it. Call until `None`.
    pub fn poll_event(&mut self) -> Option<Found> {
        let id = self.events.pop_front()?;
        self.found.get(&id).cloned()
    }

    /// All devices so far, by id.
    pub fn devices(&self) -> impl Iterator<Item = &Found> {
        self.found.values()
    }

    /// Datagrams that were neither a reply nor an mDNS answer.
    #[must_use]
    pub const fn strangers(&self) -> u64 {
        self.strangers
    }

    fn merge(&mut self, new: Found) {
        let id = new.device_id;
        if let Some(known) = self.found.get_mut(&id) {
            if !known.merge(new) {
                return;
            }
        } else if self.found.len() < MAX_DEVICES {
            self.found.insert(id, new);
        } else {
            // Whoever makes up ids can't fill the memory.
            self.strangers += 1;
            return;
        }
        if !self.events.contains(&id) {
            self.events.push_back(id);
        }
    }
}

impl Found {
    fn from_hello(reply: HelloReply, from: SocketAddr) -> Self {
        Self {
            device_id: reply.device_id,
            address: Some(from),
            model: None,
            stamp: Some(reply.stamp),
            token: match reply.token {
                TokenField::Disclosed(token) => Some(token),
                TokenField::WithheldFf | TokenField::WithheldZero => None,
            },
            sources: Sources {
                hello: true,
                mdns: false,
            },
        }
    }

    fn from_mdns(announcement: Announcement, from: IpAddr) -> Self {
        let address = announcement.address.map_or(from, IpAddr::V4);
        Self {
            device_id: announcement.device_id,
            address: Some(SocketAddr::new(address, announcement.port)),
            model: Some(announcement.model),
            stamp: None,
            token: None,
            sources: Sources {
                hello: false,
                mdns: true,
            },
        }
    }

    /// Takes over what is new; `false` if nothing is. The address of a hello counts more than an announced one.
    fn merge(&mut self, new: Self) -> bool {
        let before = self.clone();
        if new.sources.hello || !self.sources.hello {
            self.address = new.address.or(self.address);
        }
        self.model = new.model.or_else(|| self.model.take());
        self.token = new.token.or_else(|| self.token.take());
        self.stamp = new.stamp.or(self.stamp);
        self.sources.hello |= new.sources.hello;
        self.sources.mdns |= new.sources.mdns;
        let clock_only = Self {
            stamp: before.stamp,
            ..self.clone()
        };
        clock_only != before
    }
}

/// How many devices a search remembers.
const MAX_DEVICES: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(id: u32) -> [u8; 32] {
        HelloReply {
            device_id: DeviceId(id),
            stamp: 5,
            token: TokenField::WithheldFf,
            trailing: 0,
        }
        .encode()
    }

    #[test]
    fn hello_and_mdns_of_one_device_are_one_device() {
        let mut discovery = Discovery::new(Duration::from_secs(5));
        let now = Duration::ZERO;
        let from = "192.168.1.9:54321".parse().unwrap();
        discovery.handle_datagram(now, from, &reply(55_408_263));
        assert_eq!(discovery.poll_event().unwrap().model, None);
        discovery.handle_datagram(now, from, &mdns::tests::announcement());
        let found = discovery.poll_event().unwrap();
        assert_eq!(found.model.as_deref(), Some("rockrobo.vacuum.v1"));
        assert_eq!((found.sources.hello, found.sources.mdns), (true, true));
        discovery.handle_datagram(now, from, &reply(55_408_263));
        assert_eq!((discovery.poll_event(), discovery.devices().count()), (None, 1));
    }

    #[test]
    fn it_sends_at_growing_distances_and_then_ends() {
        let mut discovery = Discovery::new(Duration::from_secs(5));
        let mut times = Vec::new();
        let mut now = Duration::ZERO;
        loop {
            while discovery.poll_transmit(now).is_some() {
                times.push(now.as_millis());
            }
            match discovery.poll_timeout() {
                Some(next) => now = next,
                None => break,
            }
        }
        assert_eq!(times, [0, 0, 500, 500, 1500, 1500, 3500, 3500]);
    }

    #[test]
    fn echoes_and_strangers_are_no_devices() {
        let mut discovery = Discovery::new(Duration::from_secs(1));
        let from = "10.0.0.1:1".parse().unwrap();
        for datagram in [&HELLO[..], b"", b"hi", &[0x21, 0x31, 0, 5], &[0xff; 600]] {
            discovery.handle_datagram(Duration::ZERO, from, datagram);
        }
        assert_eq!((discovery.devices().count(), discovery.strangers()), (0, 4));
    }
}
