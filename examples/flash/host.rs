//! What leads to a device, simulated or real.

use std::fmt::Display;
use std::time::Duration;

use macaddr::MacAddr6;
use mi_auth::transport::Gatt;
use mibeacon::{Decoder, Report, Slot};
use telink_ota::gatt::WriteMode;
use telink_ota::inquiry::{self, Inquiry, InquiryEvent};
use telink_ota::transport::{Peripheral, drive};
use uuid::Uuid;

use super::failure::Failure;

/// What finds the device, and connects to it again and again: each transfer ends with a restart.
// Everything runs on one thread, so nothing has to be `Send`.
pub(super) trait Host {
    /// A connection; dropped, it ends.
    type Connection<'a>: Connection
    where
        Self: 'a;

    /// Waits for the device, connects, and discovers its services.
    async fn connect(&mut self) -> Result<Self::Connection<'_>, Failure>;

    /// Lets time pass without a connection.
    async fn pause(&mut self, time: Duration);

    /// Decodes what is advertised.
    async fn listen(
        &mut self,
        time: Duration,
        decoder: Decoder<Vec<Slot>>,
        heard: &mut dyn FnMut(&Report<'_>),
    ) -> Result<(), Failure>;

    /// The firmware to go from or back to: simulated devices have images, real ones don't.
    fn sample(&self, kind: Sample) -> Option<Vec<u8>>;

    /// Lets the vendor's app pair; `None` where that is a person's part.
    async fn pair_in_app(&mut self) -> Option<Result<(), Failure>>;
}

/// An image that a simulated device brings along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    Custom,
    Stock,
}

/// A connected device: `telink-ota` and `mi-auth` each drive their machines over it.
pub(super) trait Connection: Peripheral + Gatt<Error: Display> {
    /// What it advertised.
    fn advertised(&self) -> &Advertised;

    /// How to write to the OTA characteristic.
    fn ota_write_mode(&self) -> WriteMode;

    /// The ATT MTU.
    fn mtu(&self) -> u16;
}

/// What is known of a device before anything was asked.
#[derive(Clone, Debug)]
pub(super) struct Advertised {
    pub(super) name: String,
    /// `None` where the system hides it.
    pub(super) address: Option<MacAddr6>,
    pub(super) services: Vec<Uuid>,
}

impl Advertised {
    /// How to call it.
    pub(super) fn label(&self) -> String {
        match self.address {
            Some(address) => format!("{} ({address})", self.name),
            None => self.name.clone(),
        }
    }
}

/// Asks a device what it is.
pub(super) async fn survey<C: Connection>(connection: &mut C) -> Result<inquiry::Report, Failure> {
    let advertised = connection.advertised().clone();
    let mut inquiry = Inquiry::new(&advertised.name, &advertised.services);
    let mut end = None;
    drive(connection, &mut inquiry, |event| end = Some(event)).await;
    match end {
        Some(InquiryEvent::Done(report)) => Ok(report),
        Some(InquiryEvent::Failed(error)) => Err(error.into()),
        _ => Err(Failure::new("no_end", "the inquiry ended without a result")),
    }
}
