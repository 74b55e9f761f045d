//! Why a command failed, and what to do about it.

use std::fmt::Display;
use std::io;

use xiaomi_gateway_proto::client::{CallError, Event};
use xiaomi_gateway_proto::diagnose::Trouble;
use xiaomi_gateway_proto::{BuildError, KeyError, Sid, SidError};

pub(super) type Result<T, E = Failure> = std::result::Result<T, E>;

/// A cause and a remedy.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) cause: String,
    pub(super) help: Option<&'static str>,
}

impl Failure {
    pub(super) fn new(cause: impl Display) -> Self {
        Self {
            cause: cause.to_string(),
            help: None,
        }
    }

    pub(super) fn help(self, help: &'static str) -> Self {
        self.help_of(Some(help))
    }

    pub(super) fn help_of(mut self, help: Option<&'static str>) -> Self {
        self.help = help;
        self
    }

    /// The events that end a command.
    pub(super) fn of_event(event: &Event) -> Option<Self> {
        let failure = match event {
            Event::NoGateway { address: None } => Self::new("no gateway answers"),
            Event::NoGateway {
                address: Some(address),
            } => Self::new(format!("nobody answers at {address}")),
            Event::Failed {
                id: Some(_),
                sid,
                failure,
            } => Self::new(format!("{sid}: {failure}")),
            _ => return None,
        };
        Some(failure.help_of(event.help()))
    }

    /// Sockets that can't be opened.
    pub(super) fn of_sockets(error: &io::Error) -> Self {
        Self::new(format!("the sockets can't be opened: {error}")).help(trouble_of(error).remedy())
    }
}

/// What it means that a socket can't be opened.
pub(super) fn trouble_of(error: &io::Error) -> Trouble {
    if error.kind() == io::ErrorKind::AddrInUse {
        Trouble::PortTaken
    } else {
        Trouble::WrongInterface
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(error)
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::new(error).help_of(error.help())
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        Self::new(error).help_of(error.help())
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::new(error).help_of(error.help())
    }
}

impl From<SidError> for Failure {
    fn from(error: SidError) -> Self {
        Self::new(error).help_of(error.help())
    }
}

/// Several gateways, and none chosen.
pub(super) fn ambiguous(gateways: &[Sid]) -> Failure {
    let names: Vec<_> = gateways.iter().map(ToString::to_string).collect();
    Failure::new(format!("there are several gateways: {}", names.join(", ")))
        .help("Choose one with --gateway.")
}
