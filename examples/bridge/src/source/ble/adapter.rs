//! This machine's own Bluetooth adapter.

use std::sync::Arc;

use btleplug::api::{Central, CentralEvent, Manager as _, Peripheral, ScanFilter, bleuuid::BleUuid};
use btleplug::platform::Manager;
use futures_util::StreamExt;
use macaddr::MacAddr6;

use super::{Advert, Ble, Part};
use crate::source::{Desk, SourceError};

/// Hears advertisements until the adapter is gone.
///
/// # Errors
///
/// There is no adapter, or it went away.
pub async fn run(desk: Desk, ble: Arc<Ble>) -> Result<(), SourceError> {
    let error = |error: btleplug::Error| {
        SourceError::new(
            &error,
            Some("Switch Bluetooth on; on Linux, bluetoothd must run and let this user scan."),
        )
    };
    let manager = Manager::new().await.map_err(error)?;
    let adapters = manager.adapters().await.map_err(error)?;
    let adapter = adapters.into_iter().next().ok_or_else(|| {
        SourceError::new(
            "this machine has no Bluetooth adapter",
            Some("Plug one in, or let another gateway publish advertisements to MQTT."),
        )
    })?;
    let mut events = adapter.events().await.map_err(error)?;
    adapter.start_scan(ScanFilter::default()).await.map_err(error)?;
    desk.up();
    while let Some(event) = events.next().await {
        let (id, parts) = match event {
            CentralEvent::ServiceDataAdvertisement { id, service_data } => {
                let parts = service_data.into_iter();
                let short = parts.filter_map(|(uuid, data)| Some(Part::Service(uuid.to_ble_u16()?, data)));
                (id, short.collect())
            }
            CentralEvent::ManufacturerDataAdvertisement {
                id,
                manufacturer_data,
            } => {
                let parts = manufacturer_data.into_iter();
                let parts = parts.map(|(company, data)| Part::Manufacturer(company, data));
                (id, parts.collect())
            }
            _ => continue,
        };
        let address = adapter.peripheral(&id).await.ok();
        let address = address.map(|peripheral| MacAddr6::from(peripheral.address().into_inner()));
        // macOS hides addresses: all zeros.
        let address = address.filter(|address| !address.is_nil());
        ble.handle(&Advert { address, parts });
    }
    Err(SourceError::new("the adapter went away", None))
}
