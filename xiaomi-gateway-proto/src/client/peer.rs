//! What the client knows of one gateway.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddrV4;
use core::time::Duration;

use super::event::{Health, Silence};
use super::exchange::{Job, Lane, What};
use super::sockets::Sockets;
use super::tokens::Tokens;
use super::{KnownGateway, MAX_DEVICES, is_wireless_switch};
use crate::diagnose::Symptoms;
use crate::{Category, Fields, Generation, Key, Listed, Liveness, Sid, Value};

#[derive(Debug)]
pub(super) struct Peer {
    pub(super) sid: Sid,
    pub(super) address: SocketAddrV4,
    /// When it moved here, to notice two that claim one sid.
    pub(super) left: Option<Duration>,
    /// The user gave the address.
    pub(super) configured: bool,
    pub(super) duplicate_told: bool,
    pub(super) model: Option<String>,
    pub(super) generation: Option<Generation>,
    pub(super) firmware: Option<String>,
    pub(super) tokens: Tokens,
    pub(super) sockets: Sockets,
    pub(super) devices: BTreeMap<Sid, Device>,
    pub(super) reads: Lane,
    pub(super) writes: Lane,
    pub(super) scan: Scan,
    /// The last message of any kind.
    pub(super) heard: Duration,
    /// The last heartbeat, or when the gateway was met.
    pub(super) heartbeat: Duration,
    /// The last answer to a request.
    pub(super) answered: Option<Duration>,
    pub(super) probed: Duration,
    pub(super) degraded: bool,
    pub(super) offline: bool,
    pub(super) heartbeat_seen: bool,
    pub(super) key_proven: bool,
    pub(super) key_rejected: bool,
    pub(super) key_stale: bool,
    /// A request was sent until its end, without an answer.
    pub(super) unanswered: bool,
    pub(super) empty_models: bool,
}

#[derive(Debug)]
pub(super) struct Device {
    pub(super) model: String,
    pub(super) heard: Duration,
    pub(super) online: bool,
}

/// Getting to know the devices of a gateway.
#[derive(Debug)]
pub(super) enum Scan {
    Done,
    /// Which generation? A read of the gateway shows it.
    Generation,
    /// Which devices?
    List {
        gateway_read: bool,
    },
    /// What are they? The next one at this time, unless one is being asked.
    Devices {
        left: VecDeque<Sid>,
        due: Duration,
    },
    /// The gateway doesn't answer; tried again when it is heard after this time.
    Failed {
        retry: Duration,
    },
}

impl Peer {
    pub(super) fn new(
        sid: Sid,
        address: SocketAddrV4,
        model: Option<String>,
        generation: Option<Generation>,
        now: Duration,
    ) -> Self {
        Self {
            sid: sid.as_gateway(true),
            address,
            left: None,
            configured: false,
            duplicate_told: false,
            model,
            generation,
            firmware: None,
            tokens: Tokens::default(),
            sockets: Sockets::default(),
            devices: BTreeMap::new(),
            reads: Lane::default(),
            writes: Lane::default(),
            scan: Scan::Done,
            heard: now,
            heartbeat: now,
            answered: None,
            probed: now,
            degraded: false,
            offline: false,
            heartbeat_seen: false,
            key_proven: false,
            key_rejected: false,
            key_stale: false,
            unanswered: false,
            empty_models: false,
        }
    }

    pub(super) fn restored(known: KnownGateway, now: Duration) -> Self {
        let mut peer = Self::new(known.sid, known.address, known.model, known.generation, now);
        if let Some((token, age)) = known.token
            && let Some(received) = now.checked_sub(age)
        {
            peer.tokens.restore(token, received);
        }
        let devices = known
            .devices
            .into_iter()
            .filter(|(sid, _)| *sid != peer.sid)
            .take(MAX_DEVICES);
        peer.devices = devices
            .map(|(sid, model)| {
                (
                    sid,
                    Device {
                        model,
                        heard: now,
                        online: true,
                    },
                )
            })
            .collect();
        peer
    }

    pub(super) fn known(&self, now: Duration) -> KnownGateway {
        KnownGateway {
            sid: self.sid,
            address: self.address,
            model: self.model.clone(),
            generation: self.generation,
            token: self.tokens.newest(now),
            devices: self
                .devices
                .iter()
                .map(|(sid, device)| (*sid, device.model.clone()))
                .collect(),
        }
    }

    pub(super) fn begin_scan(&mut self, _now: Duration) {
        self.scan = match self.generation {
            None => Scan::Generation,
            Some(_) => Scan::List { gateway_read: false },
        };
        let what = match self.generation {
            None => What::Read { sid: self.sid },
            Some(_) => What::List,
        };
        // A queue that is full of the user's requests has no place for ours; the next heartbeat tries again.
        if self.reads.push_user(Job { id: None, what }).is_err() {
            self.scan = Scan::Done;
        }
    }

    /// The generation is known: the list is next.
    pub(super) fn scan_list_next(&mut self, gateway_read: bool) {
        self.scan = Scan::List { gateway_read };
        let _ = self.reads.push_user(Job {
            id: None,
            what: What::List,
        });
    }

    /// Forgets the devices that aren't in a list, and returns them.
    pub(super) fn keep_devices(&mut self, listed: &[Listed<'_>]) -> Vec<Sid> {
        let listed: BTreeSet<Sid> = listed.iter().map(|device| device.sid).collect();
        let gone = self.devices.keys().filter(|sid| !listed.contains(sid));
        let gone: Vec<Sid> = gone.copied().collect();
        for sid in &gone {
            self.devices.remove(sid);
        }
        gone
    }

    pub(super) fn model_of(&self, sid: Sid) -> Option<&str> {
        if sid == self.sid {
            return self.model.as_deref();
        }
        self.devices
            .get(&sid)
            .map(|device| &*device.model)
            .filter(|model| !model.is_empty())
    }

    /// Whether sending the values twice does something else than sending them once.
    pub(super) fn must_not_repeat(&self, sid: Sid, values: &Fields<'_>) -> bool {
        let model = self.model_of(sid).unwrap_or_default();
        // A curtain's `auto` is whatever is next: open, stop, close.
        let is_curtain = Category::of(model) == Some(Category::Curtain);
        let steps = |(name, value): (&str, &Value<'_>)| match value.text() {
            Some("toggle" | "circle") => true,
            Some("auto") => is_curtain && matches!(name, "status" | "curtain_status"),
            _ => false,
        };
        is_wireless_switch(model) || values.iter().any(steps)
    }

    /// A device that a message names. `false` if there is no room for a new one.
    pub(super) fn meet_device(&mut self, sid: Sid, model: Option<&str>, now: Duration) -> bool {
        if sid == self.sid {
            if let Some(model) = model.filter(|model| !model.is_empty()) {
                self.model = Some(model.into());
            }
            return true;
        }
        self.empty_models |= model == Some("");
        if let Some(device) = self.devices.get_mut(&sid) {
            if let Some(model) = model.filter(|model| !model.is_empty() && **model != device.model) {
                device.model = model.into();
            }
            return true;
        }
        if self.devices.len() >= MAX_DEVICES {
            return false;
        }
        let model = model.unwrap_or_default().into();
        self.devices.insert(
            sid,
            Device {
                model,
                heard: now,
                online: true,
            },
        );
        true
    }

    /// Nothing is lost with it: it never answered, sent no heartbeat, is silent, and nobody asks for it.
    pub(super) fn is_forgettable(&self) -> bool {
        self.offline
            && self.answered.is_none()
            && !self.heartbeat_seen
            && self.reads.is_idle()
            && self.writes.is_idle()
    }

    pub(super) const fn health(&self) -> Health {
        if self.offline {
            Health::Offline
        } else if self.degraded {
            Health::MulticastLost
        } else {
            Health::Online
        }
    }

    /// Who else was silent since a request was sent first.
    pub(super) fn silence(&self, since: Duration, now: Duration) -> Silence {
        match self.answered {
            None => Silence::NeverAnswered,
            Some(answered)
                if answered >= since
                    || (!self.degraded && now.saturating_sub(self.heartbeat) < super::TOKEN_AGE) =>
            {
                Silence::Device
            }
            Some(_) => Silence::Gateway,
        }
    }

    pub(super) fn symptoms(&self, key: Option<&Key>, now: Duration) -> Symptoms {
        let answers = match self.answered {
            Some(_) => Some(true),
            None => self.unanswered.then_some(false),
        };
        // One is due every 10 s; while the first may still come, nobody knows.
        let overdue = now.saturating_sub(self.heartbeat) > HEARTBEAT_DUE;
        let heartbeats = if self.heartbeat_seen {
            Some(!self.degraded)
        } else {
            overdue.then_some(false)
        };
        Symptoms {
            found: true,
            answers,
            heartbeats,
            model: self.model.clone(),
            firmware: self.firmware.clone(),
            mac_oui: Some(self.sid.oui()),
            key: key.is_some(),
            key_unusual: key.is_some_and(Key::looks_unusual),
            key_rejected: self.key_rejected,
            key_worked: self.key_proven,
            key_stale: self.key_stale,
            empty_models: self.empty_models,
            ..Symptoms::default()
        }
    }
}

impl Device {
    pub(super) fn due(&self) -> Duration {
        self.heard + Liveness::of(&self.model).limit()
    }
}

/// An interval of heartbeats and a half.
const HEARTBEAT_DUE: Duration = Duration::from_secs(15);
