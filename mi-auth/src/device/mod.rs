//! The other side: devices as they behave on the air, for tests, for simulations, and for firmware that wants to be
//! one.
//!
//! [`Device`] speaks standard authentication, [`LegacyDevice`] the RC4 one. Both are state machines like those of the
//! client, with the calls of a GATT server: what a client writes goes in, notifications come out.
//!
//! ```
//! use core::time::Duration;
//! use mi_auth::device::{Device, DeviceConfig, DeviceEvent};
//! use mi_auth::transport::{SimulatedLink, run_blocking};
//! use mi_auth::{LoggedIn, Login, LoginConfig, PrivateKey, Register, RegisterConfig};
//!
//! // Seeded, so that the example does the same each time. Firmware takes its hardware's generator.
//! let generator = <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::seed_from_u64(1);
//! let mut config = DeviceConfig::default();
//! config.did = Some("blt.3.1hc1p4nu8k400".parse()?);
//! let mut link = SimulatedLink::new(Device::new(config, generator));
//!
//! let mut register = Register::new(RegisterConfig::default(), PrivateKey::new(&[1; 32])?);
//! let registration = run_blocking(&mut register, &mut link, |_| {})?;
//! assert!(matches!(link.poll_event(), Some(DeviceEvent::Registered(keys)) if keys.token == registration.token));
//!
//! let mut login = Login::new(LoginConfig::default(), registration.token, [2; 16].into());
//! assert!(matches!(run_blocking(&mut login, &mut link, |_| {})?, LoggedIn::Opened(_)));
//! assert!(link.device().session().is_some());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use core::fmt;
use core::time::Duration;

use crate::Characteristic;
use crate::parcel::FrameBytes;

mod legacy;
mod standard;

pub use legacy::{LegacyDevice, LegacyDeviceConfig, LegacyDeviceEvent};
pub use standard::{Device, DeviceConfig, DeviceEvent, DeviceKeys, Fault};

/// The calls of a device, seen from a radio.
pub trait Peripheral {
    /// What it tells its owner.
    type Event;

    /// A client connected.
    fn handle_connect(&mut self, now: Duration);

    /// A client wrote these bytes.
    fn handle_write(&mut self, now: Duration, to: Characteristic, bytes: &[u8]);

    /// A client reads; `None` if there is no such characteristic, or it can't be read.
    fn handle_read(&mut self, now: Duration, from: Characteristic) -> Option<FrameBytes>;

    /// The connection is gone.
    fn handle_disconnect(&mut self, now: Duration);

    /// The time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    fn handle_timeout(&mut self, now: Duration);

    /// What goes out next. Call it after each of the calls above, until it is `None`.
    fn poll_transmit(&mut self, now: Duration) -> Option<Outgoing>;

    /// What happened. Call it after each of the calls above, until it is `None`.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    fn poll_timeout(&self) -> Option<Duration>;
}

/// What a device does on the air.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outgoing {
    /// It notifies.
    Notification {
        /// Which characteristic.
        from: Characteristic,
        /// One packet.
        bytes: FrameBytes,
    },
    /// It drops the connection. Call [`handle_disconnect`](Peripheral::handle_disconnect) when that is done.
    Disconnect,
}

/// Prints no bytes: from those of a legacy registration everybody can compute the token.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notification { from, bytes } => write!(f, "Notification({from}, {} bytes)", bytes.len()),
            Self::Disconnect => f.write_str("Disconnect"),
        }
    }
}
