//! A real connection, by the library `btleplug`, inside a `tokio` runtime.

use core::pin::Pin;
use core::time::Duration;
use std::boxed::Box;
use std::time::Instant;
use std::vec::Vec;

use ::btleplug::api::{
    CharPropFlags, Characteristic as Found, Peripheral as _, ValueNotification, WriteType,
};
use ::btleplug::platform::Peripheral as Device;
use futures_util::{Stream, StreamExt};
use uuid::Uuid;

use super::{Incoming, LinkError, Peripheral};
use crate::gatt::{Characteristic, WriteMode};

/// A connected device whose services are known.
pub struct Connection {
    device: Device,
    characteristics: Vec<(Characteristic, Found)>,
    notifications: Pin<Box<dyn Stream<Item = ValueNotification> + Send>>,
    start: Instant,
}

impl Connection {
    /// Connects, if that isn't done yet, and discovers the services.
    pub async fn open(device: Device) -> Result<Self, ::btleplug::Error> {
        if !device.is_connected().await? {
            device.connect().await?;
        }
        device.discover_services().await?;
        let found = device.characteristics();
        let known = found
            .into_iter()
            .filter_map(|found| Some((Characteristic::of(found.uuid)?, found)));
        Ok(Self {
            characteristics: known.collect(),
            notifications: device.notifications().await?,
            device,
            start: Instant::now(),
        })
    }

    /// The services, for [`identify`](crate::identify::identify).
    #[must_use]
    pub fn services(&self) -> Vec<Uuid> {
        self.device
            .services()
            .into_iter()
            .map(|service| service.uuid)
            .collect()
    }

    /// How to write to the OTA characteristic: with response wherever it can.
    #[must_use]
    pub fn ota_write_mode(&self) -> WriteMode {
        match self.find(Characteristic::Ota) {
            Ok(found) if found.properties.contains(CharPropFlags::WRITE) => WriteMode::WithResponse,
            _ => WriteMode::WithoutResponse,
        }
    }

    /// The device, to authenticate on the same connection.
    #[must_use]
    pub const fn device(&self) -> &Device {
        &self.device
    }

    fn find(&self, characteristic: Characteristic) -> Result<&Found, LinkError> {
        let found = self
            .characteristics
            .iter()
            .find(|(known, _)| *known == characteristic);
        found.map(|(_, found)| found).ok_or(LinkError::Refused)
    }

    /// What an error means for the connection.
    async fn cause(&self) -> LinkError {
        match self.device.is_connected().await {
            Ok(true) => LinkError::Refused,
            _ => LinkError::Disconnected,
        }
    }
}

impl core::fmt::Debug for Connection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Connection")
            .field("device", &self.device.address())
            .finish_non_exhaustive()
    }
}

impl Peripheral for Connection {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    async fn subscribe(&mut self, characteristic: Characteristic) -> Result<(), LinkError> {
        match self.device.subscribe(self.find(characteristic)?).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.cause().await),
        }
    }

    async fn write(
        &mut self,
        characteristic: Characteristic,
        bytes: &[u8],
        mode: WriteMode,
    ) -> Result<(), LinkError> {
        let found = self.find(characteristic)?;
        let with_response =
            mode == WriteMode::WithResponse && found.properties.contains(CharPropFlags::WRITE);
        let kind = if with_response {
            WriteType::WithResponse
        } else {
            WriteType::WithoutResponse
        };
        match self.device.write(found, bytes, kind).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.cause().await),
        }
    }

    async fn read(&mut self, characteristic: Characteristic, buffer: &mut [u8]) -> Result<usize, LinkError> {
        match self.device.read(self.find(characteristic)?).await {
            Ok(bytes) => {
                for (to, from) in buffer.iter_mut().zip(&bytes) {
                    *to = *from;
                }
                Ok(bytes.len().min(buffer.len()))
            }
            Err(_) => Err(self.cause().await),
        }
    }

    async fn notification(&mut self, until: Duration, buffer: &mut [u8]) -> Incoming {
        loop {
            let wait = until.saturating_sub(self.start.elapsed());
            match tokio::time::timeout(wait, self.notifications.next()).await {
                Ok(Some(notification)) => {
                    // Others of the same device are nobody's business here.
                    let Some(from) = Characteristic::of(notification.uuid) else {
                        continue;
                    };
                    for (to, byte) in buffer.iter_mut().zip(&notification.value) {
                        *to = *byte;
                    }
                    let length = notification.value.len().min(buffer.len());
                    return Incoming::Notification { from, length };
                }
                Ok(None) => return Incoming::Disconnected,
                // Asking the stack takes longer than a write, so only a real wait asks.
                Err(_) if wait.is_zero() => return Incoming::Nothing,
                Err(_) => {
                    return match self.device.is_connected().await {
                        Ok(true) => Incoming::Nothing,
                        _ => Incoming::Disconnected,
                    };
                }
            }
        }
    }
}
