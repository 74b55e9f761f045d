//! Why a command failed, and what to do about it.

use std::fmt::Display;
use std::io;
use std::path::Path;

use mi_auth::transport::RunError;
use telink_ota::command::{CommandError, NotificationError};
use telink_ota::image::ImageError;
use telink_ota::inquiry::InquiryError;
use telink_ota::pdu::LegacyStatus;
use telink_ota::preflight::Refused;
use telink_ota::{FlowError, OtaError};

/// A cause and a remedy.
#[derive(Debug)]
pub(super) struct Failure {
    /// A short name for programs.
    pub(super) name: &'static str,
    pub(super) cause: String,
    pub(super) help: Option<String>,
    /// Whether it may go better on a new connection.
    pub(super) is_of_the_link: bool,
}

impl Failure {
    pub(super) fn new(name: &'static str, cause: impl Display) -> Self {
        Self {
            name,
            cause: cause.to_string(),
            help: None,
            is_of_the_link: false,
        }
    }

    pub(super) fn help(mut self, help: impl Display) -> Self {
        self.help = Some(help.to_string());
        self
    }

    fn help_of(mut self, help: Option<&str>) -> Self {
        self.help = help.map(Into::into);
        self
    }

    pub(super) const fn of_the_link(mut self, is_of_the_link: bool) -> Self {
        self.is_of_the_link = is_of_the_link;
        self
    }
}

impl From<InquiryError> for Failure {
    fn from(error: InquiryError) -> Self {
        Self::new(error.name(), error)
            .help_of(error.help())
            .of_the_link(true)
    }
}

impl From<OtaError> for Failure {
    fn from(error: OtaError) -> Self {
        let lost = matches!(
            error,
            OtaError::Status(LegacyStatus::PacketLoss | LegacyStatus::DataCrc)
                | OtaError::ReadTimeout
                | OtaError::WriteTimeout
                | OtaError::DisconnectedBeforeStart
                | OtaError::DisconnectedDuringTransfer { .. }
        );
        Self::new(error.name(), error)
            .help_of(error.help())
            .of_the_link(lost)
    }
}

impl From<FlowError> for Failure {
    fn from(error: FlowError) -> Self {
        let lost = matches!(error, FlowError::Disconnected | FlowError::Timeout { .. });
        Self::new(error.name(), error)
            .help_of(error.help())
            .of_the_link(lost)
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        Self::new(error.name(), error).help_of(error.help())
    }
}

impl From<NotificationError> for Failure {
    fn from(error: NotificationError) -> Self {
        Self::new(error.name(), error).help_of(error.help())
    }
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        Self::new(error.name(), error).help_of(error.help())
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let names: Vec<&str> = refused.reasons.iter().map(|reason| reason.name()).collect();
        let name = names.first().copied().unwrap_or("refused");
        Self::new(name, format_args!("the preflight refuses: {}", names.join(", "))).help_of(refused.help())
    }
}

impl<E: Display> From<RunError<E>> for Failure {
    fn from(error: RunError<E>) -> Self {
        let lost = matches!(
            error.failure,
            mi_auth::Failure::Disconnected { .. } | mi_auth::Failure::Timeout { .. }
        );
        Self::new(error.failure.name(), &error)
            .help_of(error.help())
            .of_the_link(lost)
    }
}

impl From<mi_auth::KeyError> for Failure {
    fn from(error: mi_auth::KeyError) -> Self {
        Self::new("key", error).help_of(error.help())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new("io", error)
    }
}

/// Names the file in an error.
pub(super) fn with_path<E: Display>(path: &Path) -> impl FnOnce(E) -> Failure {
    move |error| Failure::new("file", format_args!("{}: {error}", path.display()))
}
