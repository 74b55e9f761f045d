//! What a client has to know beforehand.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddrV4;
use core::time::Duration;

use crate::{Generation, Key, Sid, Token};

/// Settings of a [`Client`](super::Client). Without a KEY it reads and listens, but can't write.
#[derive(Clone, Debug)]
pub struct Config {
    key: Option<Key>,
    keys: BTreeMap<Sid, Key>,
    pub(super) addresses: Vec<SocketAddrV4>,
    pub(super) discovery_retry: u32,
    pub(super) probe: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            key: None,
            keys: BTreeMap::new(),
            addresses: Vec::new(),
            discovery_retry: 5,
            probe: None,
        }
    }
}

impl Config {
    /// No KEY, discovery by multicast with 5 tries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The KEY of the only gateway, or of all that have no own one.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// The KEY of one gateway.
    #[must_use]
    pub fn key_for(mut self, gateway: Sid, key: Key) -> Self {
        self.keys.insert(gateway, key);
        self
    }

    /// A gateway's address, usually with port 9898. With one, `whois` isn't sent: for networks without multicast.
    #[must_use]
    pub fn address(mut self, address: SocketAddrV4) -> Self {
        self.addresses.push(address);
        self
    }

    /// How often `whois` is sent, 5 s apart, before [`Event::NoGateway`](super::Event::NoGateway): 5; on bad Wi-Fi
    /// take 10.
    #[must_use]
    pub fn discovery_retry(mut self, sends: u32) -> Self {
        self.discovery_retry = sends.max(1);
        self
    }

    /// Reads a gateway this often while its heartbeats don't arrive, so that "multicast is lost" and "the gateway
    /// is gone" can be told apart without other traffic. Off by default.
    #[must_use]
    pub fn probe_without_heartbeat(mut self, every: Duration) -> Self {
        self.probe = Some(every.max(Duration::from_secs(1)));
        self
    }

    pub(super) fn key_of(&self, gateway: Sid) -> Option<&Key> {
        self.keys.get(&gateway).or(self.key.as_ref())
    }
}

/// A gateway from an earlier run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownGateway {
    /// Its sid.
    pub sid: Sid,
    /// Where it takes requests.
    pub address: SocketAddrV4,
    /// Its model; `None` if it never said.
    pub model: Option<String>,
    /// Its generation; `None` if it never showed.
    pub generation: Option<Generation>,
    /// Its last token and how old it is.
    pub token: Option<(Token, Duration)>,
    /// Its devices and their models.
    pub devices: Vec<(Sid, String)>,
}
