//! After how much silence a device counts as gone.

use core::time::Duration;

use crate::{Model, Power};

/// How often a device gives a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Liveness {
    /// A heartbeat every 10 s.
    Gateway,
    /// A heartbeat every 10 min.
    Mains,
    /// A heartbeat every 60 min.
    Battery,
}

impl Liveness {
    /// By the table of models; an unknown model gets the long limit.
    #[must_use]
    pub fn of(model: &str) -> Self {
        match Model::find(model) {
            Some(model) if model.category.is_gateway() => Self::Gateway,
            Some(Model {
                power: Power::Mains, ..
            }) => Self::Mains,
            _ => Self::Battery,
        }
    }

    /// Silence of more than this is too long: 65 s, 1500 s (2.5 heartbeats), 9000 s (2.5 heartbeats).
    #[must_use]
    pub const fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Gateway => 65,
            Self::Mains => 1500,
            Self::Battery => 9000,
        })
    }

    /// Whether a device that was silent for this long still counts as there; exactly at the limit it does.
    #[must_use]
    pub fn is_online(self, silence: Duration) -> bool {
        silence <= self.limit()
    }
}
