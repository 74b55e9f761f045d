//! A scan with the machine's own Bluetooth adapter, by the `btleplug` crate. On Linux it needs libdbus.

use std::boxed::Box;
use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Instant;
use std::vec::Vec;

use btleplug::api::{Central, CentralEvent, Peripheral, ScanFilter, bleuuid::BleUuid};
use btleplug::platform::Adapter;
use futures_util::stream::{Stream, StreamExt};

use crate::{Decoder, MacAddr6, Payload, Report, Slot};

/// Hears the advertisements around and decodes them.
///
/// ```no_run
/// use btleplug::api::Manager as _;
/// use mibeacon::{Decoder, Policy, transport::Scan};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = btleplug::platform::Manager::new().await?;
/// let adapter = manager.adapters().await?.into_iter().next().ok_or("no Bluetooth adapter")?;
///
/// let mut scan = Scan::start(adapter, Decoder::with_capacity(64, Policy::Lenient)).await?;
/// while let Some(report) = scan.next().await {
///     for reading in report.readings() {
///         println!("{:?} {reading}", report.address);
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// macOS hides addresses: [`Report::address`] is then what the payload itself carries, and encrypted payloads without
/// an address end in [`AddressUnknown`](crate::Outcome::AddressUnknown).
pub struct Scan<S> {
    adapter: Adapter,
    events: Pin<Box<dyn Stream<Item = CentralEvent> + Send>>,
    decoder: Decoder<S>,
    started: Instant,
    waiting: VecDeque<Heard>,
    current: Vec<u8>,
}

/// One part of an advertisement, owned.
struct Heard {
    address: Option<MacAddr6>,
    source: Source,
    data: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Source {
    Service(u16),
    Manufacturer(u16),
}

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> Scan<S> {
    /// Starts to listen. The decoder may know keys already; more can be set through [`decoder`](Self::decoder).
    pub async fn start(adapter: Adapter, decoder: Decoder<S>) -> Result<Self, btleplug::Error> {
        let events = adapter.events().await?;
        adapter.start_scan(ScanFilter::default()).await?;
        let (started, waiting) = (Instant::now(), VecDeque::new());
        Ok(Self {
            adapter,
            events,
            decoder,
            started,
            waiting,
            current: Vec::new(),
        })
    }

    /// The next report; `None` when the adapter is gone.
    pub async fn next(&mut self) -> Option<Report<'_>> {
        let heard = loop {
            match self.waiting.pop_front() {
                Some(heard) => break heard,
                None => {
                    let event = self.events.next().await?;
                    self.take_apart(event).await;
                }
            }
        };
        self.current = heard.data;
        let payload = heard.source.payload(&self.current)?;
        Some(
            self.decoder
                .decode(self.started.elapsed(), heard.address, payload),
        )
    }

    /// Keys, devices and states.
    pub const fn decoder(&mut self) -> &mut Decoder<S> {
        &mut self.decoder
    }

    /// Stops to listen.
    pub async fn stop(self) -> Result<Decoder<S>, btleplug::Error> {
        self.adapter.stop_scan().await?;
        Ok(self.decoder)
    }

    async fn take_apart(&mut self, event: CentralEvent) {
        let (id, parts): (_, Vec<(Source, Vec<u8>)>) = match event {
            CentralEvent::ServiceDataAdvertisement { id, service_data } => {
                let short = service_data
                    .into_iter()
                    .filter_map(|(uuid, data)| Some((uuid.to_ble_u16()?, data)));
                (
                    id,
                    short.map(|(uuid, data)| (Source::Service(uuid), data)).collect(),
                )
            }
            CentralEvent::ManufacturerDataAdvertisement {
                id,
                manufacturer_data,
            } => {
                let parts = manufacturer_data.into_iter();
                (
                    id,
                    parts
                        .map(|(company, data)| (Source::Manufacturer(company), data))
                        .collect(),
                )
            }
            _ => return,
        };
        let address = match self.adapter.peripheral(&id).await {
            Ok(peripheral) => {
                Some(MacAddr6::from(peripheral.address().into_inner())).filter(|address| !address.is_nil())
            }
            Err(_) => None,
        };
        let readable = parts
            .into_iter()
            .filter(|(source, data)| source.payload(data).is_some());
        self.waiting.extend(readable.map(|(source, data)| Heard {
            address,
            source,
            data,
        }));
    }
}

impl Source {
    const fn payload(self, data: &[u8]) -> Option<Payload<'_>> {
        match self {
            Self::Service(uuid) => Payload::service_data(uuid, data),
            Self::Manufacturer(company) => Payload::manufacturer_data(company, data),
        }
    }
}

impl<S> core::fmt::Debug for Scan<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Scan")
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}
