//! A connected peripheral of the `btleplug` library.

use std::pin::Pin;
use std::time::{Duration, Instant};

use btleplug::api::{
    CharPropFlags, Characteristic as GattCharacteristic, Peripheral, ValueNotification, WriteType,
};
use futures_util::{Stream, StreamExt};
use tokio::time::timeout;

use super::{Gatt, Incoming};
use crate::parcel::FrameBytes;
use crate::{Characteristic, Scheme};

/// A connected peripheral whose services were discovered. Needs a tokio runtime with time.
///
/// ```no_run
/// use mi_auth::transport::{BtleplugLink, run};
/// use mi_auth::{Login, LoginConfig, LoginRandom, Token};
///
/// # async fn example(
/// #     peripheral: btleplug::platform::Peripheral,
/// #     token: Token,
/// #     generator: &mut impl rand_core::CryptoRng,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// use btleplug::api::Peripheral as _;
///
/// peripheral.connect().await?;
/// peripheral.discover_services().await?;
/// let mut link = BtleplugLink::new(peripheral).await?;
/// let mut login = Login::new(LoginConfig::default(), token, LoginRandom::generate(generator));
/// run(&mut login, &mut link, |_, event| println!("{event:?}")).await?;
/// // A session is open, until the peripheral disconnects.
/// # Ok(())
/// # }
/// ```
pub struct BtleplugLink<P> {
    peripheral: P,
    start: Instant,
    notifications: Pin<Box<dyn Stream<Item = ValueNotification> + Send>>,
    characteristics: Vec<(Characteristic, GattCharacteristic)>,
}

impl<P: Peripheral> BtleplugLink<P> {
    /// Listens to a peripheral that is connected.
    pub async fn new(peripheral: P) -> Result<Self, btleplug::Error> {
        let notifications = peripheral.notifications().await?;
        let characteristics = peripheral
            .characteristics()
            .into_iter()
            .filter_map(|found| Some((Characteristic::from_uuid(found.uuid.as_u128())?, found)))
            .collect();
        Ok(Self {
            peripheral,
            start: Instant::now(),
            notifications,
            characteristics,
        })
    }

    /// How the device authenticates; `None` if it has no such service.
    pub fn scheme(&self) -> Option<Scheme> {
        Scheme::of(self.characteristics.iter().map(|(known, _)| *known))
    }

    /// The ATT MTU, for [`LoginConfig::mtu`](crate::LoginConfig::mtu) and
    /// [`RegisterConfig::mtu`](crate::RegisterConfig::mtu).
    pub fn mtu(&self) -> u16 {
        self.peripheral.mtu()
    }

    /// The peripheral, for what comes after a login.
    pub fn into_peripheral(self) -> P {
        self.peripheral
    }

    fn find(&self, wanted: Characteristic) -> Result<&GattCharacteristic, btleplug::Error> {
        self.characteristics
            .iter()
            .find(|(known, _)| *known == wanted)
            .map(|(_, found)| found)
            .ok_or(btleplug::Error::NoSuchCharacteristic)
    }
}

impl<P: Peripheral> Gatt for BtleplugLink<P> {
    type Error = btleplug::Error;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    async fn subscribe(&mut self, to: Characteristic) -> Result<(), btleplug::Error> {
        self.peripheral.subscribe(self.find(to)?).await
    }

    async fn write(&mut self, to: Characteristic, bytes: &[u8]) -> Result<(), btleplug::Error> {
        let characteristic = self.find(to)?;
        let without_response = CharPropFlags::WRITE_WITHOUT_RESPONSE;
        let kind = if characteristic.properties.contains(without_response) {
            WriteType::WithoutResponse
        } else {
            WriteType::WithResponse
        };
        self.peripheral.write(characteristic, bytes, kind).await
    }

    async fn read(&mut self, from: Characteristic) -> Result<FrameBytes, btleplug::Error> {
        let bytes = self.peripheral.read(self.find(from)?).await?;
        Ok(bytes.into_iter().take(crate::parcel::MAX_FRAME).collect())
    }

    async fn next(&mut self, until: Duration) -> Incoming {
        loop {
            let left = until.saturating_sub(self.now());
            match timeout(left.min(LOOK), self.notifications.next()).await {
                Ok(Some(notification)) => {
                    let Some(from) = Characteristic::from_uuid(notification.uuid.as_u128()) else {
                        continue;
                    };
                    let bytes = notification.value.into_iter().take(crate::parcel::MAX_FRAME);
                    return Incoming::Notification {
                        from,
                        bytes: bytes.collect(),
                    };
                }
                Ok(None) => return Incoming::Disconnected,
                // Not every system ends the stream when the connection breaks.
                Err(_) if !self.peripheral.is_connected().await.unwrap_or(false) => {
                    return Incoming::Disconnected;
                }
                Err(_) if self.now() >= until => return Incoming::TimedOut,
                Err(_) => {}
            }
        }
    }
}

impl<P> std::fmt::Debug for BtleplugLink<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BtleplugLink").finish_non_exhaustive()
    }
}

/// How often to look whether the peripheral is still connected.
const LOOK: Duration = Duration::from_secs(1);
