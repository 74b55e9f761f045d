//! What a client reports.

use alloc::string::String;
use core::net::SocketAddrV4;
use core::time::Duration;

use super::RequestId;
use crate::{BuildError, Decoded, Fields, Generation, ParseError, Sid, Source};

/// Something that the user should know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A gateway that wasn't known. Its devices follow, then [`Ready`](Self::Ready).
    GatewayFound {
        /// Which.
        sid: Sid,
        /// Where it takes requests.
        address: SocketAddrV4,
        /// Its model, if it said.
        model: Option<String>,
        /// Its generation, if it showed.
        generation: Option<Generation>,
    },
    /// A known gateway answers from another address, and is asked there from now on.
    AddressChanged {
        /// Which.
        sid: Sid,
        /// Where it was.
        from: SocketAddrV4,
        /// Where it is.
        to: SocketAddrV4,
    },
    /// Two addresses claim one gateway in turn. The client stays with `used`.
    DuplicateSid {
        /// Which.
        sid: Sid,
        /// The address that is asked.
        used: SocketAddrV4,
        /// The other one.
        other: SocketAddrV4,
    },
    /// All attributes of a device: the answer to a read, or to somebody's write.
    Device(Update),
    /// Attributes that changed. Only here are events of devices.
    Report(Update),
    /// A sign of life of a sub-device, perhaps with stale attributes.
    Heartbeat(Update),
    /// All devices of a gateway were asked.
    Ready {
        /// Which gateway.
        gateway: Sid,
    },
    /// The gateway took a write. The new state comes as a [`Report`](Self::Report).
    WriteAccepted {
        /// Of the call.
        id: RequestId,
        /// Which device.
        sid: Sid,
        /// The attributes **before** the write.
        before: Fields<'static>,
    },
    /// A request failed for good.
    Failed {
        /// Of the call; `None` for a request of the client's own.
        id: Option<RequestId>,
        /// Which device.
        sid: Sid,
        /// Why.
        failure: Failure,
    },
    /// Nobody answered `whois`, or a configured address is silent. The client goes on, once in 300 s.
    NoGateway {
        /// The silent address; `None` for multicast.
        address: Option<SocketAddrV4>,
    },
    /// The gateway's heartbeats stopped. Requests may still work.
    MulticastDegraded {
        /// Which.
        gateway: Sid,
    },
    /// They are back.
    MulticastRestored {
        /// Which.
        gateway: Sid,
    },
    /// Nothing of the gateway was heard for more than 65 s.
    GatewayOffline {
        /// Which.
        gateway: Sid,
    },
    /// It is heard again.
    GatewayOnline {
        /// Which.
        gateway: Sid,
    },
    /// A sub-device isn't in its gateway's list any more.
    DeviceRemoved {
        /// Which.
        sid: Sid,
    },
    /// A sub-device was silent for too long.
    DeviceOffline {
        /// Which.
        sid: Sid,
    },
    /// It is heard again.
    DeviceOnline {
        /// Which.
        sid: Sid,
    },
    /// A datagram that changes nothing. At most one a second for each reason.
    Ignored {
        /// Who sent it.
        from: SocketAddrV4,
        /// Why.
        reason: Ignored,
    },
}

impl Event {
    /// What a person can do about it, in one sentence; `None` for good news.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Failed { failure, .. } => failure.help(),
            Self::NoGateway { address: None } => Some(
                "Check that the LAN mode is on in the app, that this host is in the gateway's subnet and its firewall \
                 lets UDP 9898 in, and that multicast (IGMP) isn't filtered; with several interfaces choose the right \
                 one, or configure the gateway's address.",
            ),
            Self::NoGateway { .. } => Failure::Timeout {
                sends: 0,
                silence: Silence::NeverAnswered,
            }
            .help(),
            Self::DuplicateSid { .. } => Some(
                "Two devices say that they are this gateway: look for a second one, a simulator or a forger, or configure the right address.",
            ),
            Self::MulticastDegraded { .. } => Health::MulticastLost.help(),
            Self::GatewayOffline { .. } => Health::Offline.help(),
            Self::DeviceOffline { .. } => {
                Some("Check its battery or supply, and its distance to the gateway.")
            }
            _ => None,
        }
    }
}

/// Attributes of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The gateway that it belongs to.
    pub gateway: Sid,
    /// Which device; the gateway itself is one too.
    pub sid: Sid,
    /// Its model; empty if nobody knows.
    pub model: String,
    /// The generation of the message.
    pub generation: Option<Generation>,
    /// The kind of the message.
    pub source: Source,
    /// The call that it answers.
    pub request: Option<RequestId>,
    /// What came.
    pub fields: Fields<'static>,
}

impl Update {
    /// What the attributes mean.
    #[must_use]
    pub fn decode(&self) -> Decoded<'_> {
        crate::decode(&self.model, self.source, &self.fields)
    }
}

/// How a gateway is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    /// Heartbeats and answers arrive.
    Online,
    /// It answers, but its multicasts don't arrive: no reports, and a new token before each write.
    MulticastLost,
    /// Nothing arrives.
    Offline,
}

impl Health {
    /// What a person can do about it, in one sentence; `None` where there is nothing to do.
    #[must_use]
    pub const fn help(self) -> Option<&'static str> {
        match self {
            Self::Online => None,
            Self::MulticastLost => Some(
                "The gateway's multicasts to 224.0.0.50 port 9898 don't arrive: open the firewall for UDP 9898 and IGMP, \
                 join on the right interface, give a container the host's network, and switch off IGMP snooping where \
                 no router sends queries. Writes go on working.",
            ),
            Self::Offline => Some("Check the gateway's supply and Wi-Fi, and that the LAN mode is still on."),
        }
    }
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No answer.
    #[error("no answer to {sends} requests")]
    Timeout {
        /// How often it was sent.
        sends: u32,
        /// What else is silent.
        silence: Silence,
    },
    /// The gateway refused the write key, also one made with a token that it had just sent.
    #[error("the gateway refuses the KEY")]
    KeyRejected {
        /// It took this KEY before, in this run.
        worked_before: bool,
    },
    /// The gateway refused the write key, and a newer token couldn't be had, or kept changing.
    #[error("the gateway's token is stale and no newer one arrives")]
    TokenStale,
    /// The gateway answered with another error.
    #[error("the gateway answers {text:?}")]
    Refused {
        /// Its words.
        text: String,
    },
}

impl Failure {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Timeout {
                silence: Silence::Device,
                ..
            } => Some(
                "The gateway answers for others: the device is unknown to it, out of range or without power.",
            ),
            Self::Timeout {
                silence: Silence::Gateway,
                ..
            } => Some(
                "The gateway answered before: check its supply and Wi-Fi, and whether the LAN mode was switched off.",
            ),
            Self::Timeout {
                silence: Silence::NeverAnswered,
                ..
            } => Some(
                "It is heard but answers nothing on UDP 9898, or isn't there at all: switch on the LAN mode in the app and press OK; new hardware (MAC \
                 04:CF:8C, 7C:49:EB) keeps the port closed although the app shows it on.",
            ),
            Self::KeyRejected { worked_before: false } => Some(
                "The KEY is another one: compare it with the app's, upper and lower case; if an iPhone made it, make it \
                 again with Android.",
            ),
            Self::KeyRejected { worked_before: true } => {
                Some("The KEY was made anew in the app since: copy the new one.")
            }
            Self::TokenStale => Some(
                "Tokens change every 10 s and arrive by multicast or list: see that the gateway answers, and that its \
                 multicasts arrive.",
            ),
            Self::Refused { text } if text.contains("No key") => Some(
                "The write key is missing at the place where this gateway looks: its generation isn't the one assumed.",
            ),
            Self::Refused { .. } => None,
        }
    }
}

/// What is silent when a request isn't answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Silence {
    /// Only this device: the gateway answered others since.
    Device,
    /// The whole gateway, which answered before.
    Gateway,
    /// The gateway never answered a request: LAN mode off, or port closed.
    NeverAnswered,
}

/// A call that can't be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No gateway has such a device.
    #[error("no gateway has a device {sid}")]
    UnknownDevice {
        /// Which.
        sid: Sid,
    },
    /// Writing takes the gateway's KEY.
    #[error("there is no KEY for gateway {gateway}")]
    NoKey {
        /// Which gateway.
        gateway: Sid,
    },
    /// Too many calls wait.
    #[error("{waiting} requests are waiting already")]
    QueueFull {
        /// How many.
        waiting: usize,
    },
    /// The values can't be sent.
    #[error(transparent)]
    Values(#[from] BuildError),
}

impl CallError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::UnknownDevice { .. } => {
                Some("Wait for the gateway's list, or pair the device with it; `devices` shows what it has.")
            }
            Self::NoKey { .. } => crate::KeyError::Empty.help(),
            Self::QueueFull { .. } => Some("Wait for answers before asking more."),
            Self::Values(error) => error.help(),
        }
    }
}

/// Why a datagram changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ignored {
    /// It isn't a message.
    Malformed(ParseError),
    /// It comes from an address that is no gateway's.
    Stranger,
    /// A gateway's heartbeat from another gateway's address.
    WrongSid,
    /// There are as many gateways or devices as the client holds.
    Full,
}

impl Ignored {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Malformed(error) => error.help(),
            Self::Stranger => None,
            Self::WrongSid => Some("Somebody forges heartbeats, or two gateways are behind one address."),
            Self::Full => {
                Some("Somebody floods the network with gateways or devices: at most 32 and 1024 are kept.")
            }
        }
    }

    pub(super) const fn same_kind(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Malformed(_), Self::Malformed(_))
                | (Self::Stranger, Self::Stranger)
                | (Self::WrongSid, Self::WrongSid)
                | (Self::Full, Self::Full)
        )
    }

    pub(super) const REPEAT: Duration = Duration::from_secs(1);
}
