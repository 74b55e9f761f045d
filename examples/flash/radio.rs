//! A real device, by the `btleplug` crate.

use std::time::{Duration, Instant};

use btleplug::api::{Central, Manager as _, Peripheral as _, ScanFilter};
use btleplug::platform::{Adapter, Manager, Peripheral as Device};
use macaddr::MacAddr6;
use mi_auth::parcel::FrameBytes;
use mi_auth::transport::{BtleplugLink, Gatt, Incoming as MiIncoming};
use mibeacon::transport::Scan;
use mibeacon::{Decoder, Report, Slot};
use telink_ota::gatt::{Characteristic, WriteMode};
use telink_ota::transport::btleplug::Connection as OtaConnection;
use telink_ota::transport::{Incoming, LinkError, Peripheral};

use super::arguments::Arguments;
use super::failure::Failure;
use super::host::{Advertised, Connection, Host, Sample};

/// Runs a command inside a runtime of its own.
pub(super) fn block_on(
    run: impl AsyncFnOnce(&mut Radio) -> Result<(), Failure>,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut radio = Radio::new(arguments.device.device.clone()).await?;
        let result = run(&mut radio).await;
        // The last connection ends in a task of its own.
        tokio::time::sleep(Duration::from_millis(500)).await;
        result
    })
}

/// The first Bluetooth adapter.
pub(super) struct Radio {
    adapter: Adapter,
    /// Address, or how the name starts.
    wanted: String,
}

impl Radio {
    async fn new(wanted: Option<String>) -> Result<Self, Failure> {
        let wanted = wanted.ok_or_else(|| {
            Failure::new("which_device", "which device?")
                .help("Name it with --device, by its address or the start of its name; or take --simulate LYWSD03MMC.")
        })?;
        let adapters = Manager::new().await?.adapters().await?;
        let adapter = adapters.into_iter().next().ok_or_else(|| {
            Failure::new("no_adapter", "this machine has no Bluetooth adapter")
                .help("Plug one in and switch it on; or take --simulate LYWSD03MMC.")
        })?;
        Ok(Self { adapter, wanted })
    }

    /// Scans until the device is heard.
    async fn find(&self) -> Result<(Device, Advertised), Failure> {
        self.adapter.start_scan(ScanFilter::default()).await?;
        let start = Instant::now();
        let found = loop {
            match self.look().await? {
                Some(found) => break Some(found),
                None if start.elapsed() > SCAN => break None,
                None => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        };
        self.adapter.stop_scan().await?;
        found.ok_or_else(|| {
            Failure::new(
                "not_found",
                format_args!("{} wasn't heard within {} s", self.wanted, SCAN.as_secs()),
            )
            .help("Move closer, put in a fresh battery, and see that no other host is connected to it.")
            .of_the_link(true)
        })
    }

    async fn look(&self) -> Result<Option<(Device, Advertised)>, Failure> {
        for device in self.adapter.peripherals().await? {
            let Some(properties) = device.properties().await? else {
                continue;
            };
            let address = MacAddr6::from(properties.address.into_inner());
            let name = properties.local_name.unwrap_or_default();
            let is_wanted = address.to_string().eq_ignore_ascii_case(&self.wanted)
                || (!name.is_empty() && name.starts_with(&self.wanted));
            // What was heard in an earlier scan only has no signal strength now.
            if is_wanted && properties.rssi.is_some() {
                let advertised = Advertised {
                    name,
                    address: (!address.is_nil()).then_some(address),
                    services: Vec::new(),
                };
                return Ok(Some((device, advertised)));
            }
        }
        Ok(None)
    }
}

impl Host for Radio {
    type Connection<'a> = RadioConnection;

    async fn connect(&mut self) -> Result<RadioConnection, Failure> {
        let (device, mut advertised) = self.find().await?;
        let ota = OtaConnection::open(device.clone()).await?;
        advertised.services = ota.services();
        let mi = BtleplugLink::new(device).await?;
        Ok(RadioConnection { ota, mi, advertised })
    }

    async fn pause(&mut self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn listen(
        &mut self,
        time: Duration,
        decoder: Decoder<Vec<Slot>>,
        heard: &mut dyn FnMut(&Report<'_>),
    ) -> Result<(), Failure> {
        let mut scan = Scan::start(self.adapter.clone(), decoder).await?;
        let end = tokio::time::Instant::now() + time;
        while let Ok(Some(report)) = tokio::time::timeout_at(end, scan.next()).await {
            heard(&report);
        }
        scan.stop().await?;
        Ok(())
    }

    fn sample(&self, _: Sample) -> Option<Vec<u8>> {
        None
    }

    async fn pair_in_app(&mut self) -> Option<Result<(), Failure>> {
        None
    }
}

/// A connected device, for the machines of both crates.
pub(super) struct RadioConnection {
    ota: OtaConnection,
    mi: BtleplugLink<Device>,
    advertised: Advertised,
}

impl Drop for RadioConnection {
    fn drop(&mut self) {
        let device = self.ota.device().clone();
        // The runtime is still there: it is what runs this.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { device.disconnect().await });
        }
    }
}

impl Connection for RadioConnection {
    fn advertised(&self) -> &Advertised {
        &self.advertised
    }

    fn ota_write_mode(&self) -> WriteMode {
        self.ota.ota_write_mode()
    }

    fn mtu(&self) -> u16 {
        self.mi.mtu()
    }
}

impl Peripheral for RadioConnection {
    fn now(&self) -> Duration {
        Peripheral::now(&self.ota)
    }

    async fn subscribe(&mut self, characteristic: Characteristic) -> Result<(), LinkError> {
        self.ota.subscribe(characteristic).await
    }

    async fn write(
        &mut self,
        characteristic: Characteristic,
        bytes: &[u8],
        mode: WriteMode,
    ) -> Result<(), LinkError> {
        self.ota.write(characteristic, bytes, mode).await
    }

    async fn read(&mut self, characteristic: Characteristic, buffer: &mut [u8]) -> Result<usize, LinkError> {
        self.ota.read(characteristic, buffer).await
    }

    async fn notification(&mut self, until: Duration, buffer: &mut [u8]) -> Incoming {
        self.ota.notification(until, buffer).await
    }
}

impl Gatt for RadioConnection {
    type Error = btleplug::Error;

    fn now(&self) -> Duration {
        Gatt::now(&self.mi)
    }

    async fn subscribe(&mut self, to: mi_auth::Characteristic) -> Result<(), btleplug::Error> {
        self.mi.subscribe(to).await
    }

    async fn write(&mut self, to: mi_auth::Characteristic, bytes: &[u8]) -> Result<(), btleplug::Error> {
        self.mi.write(to, bytes).await
    }

    async fn read(&mut self, from: mi_auth::Characteristic) -> Result<FrameBytes, btleplug::Error> {
        self.mi.read(from).await
    }

    async fn next(&mut self, until: Duration) -> MiIncoming {
        self.mi.next(until).await
    }
}

impl From<btleplug::Error> for Failure {
    fn from(error: btleplug::Error) -> Self {
        let lost = matches!(
            error,
            btleplug::Error::NotConnected | btleplug::Error::DeviceNotFound
        );
        Self::new("bluetooth", error)
            .help("See that Bluetooth is on, move closer, and try again.")
            .of_the_link(lost)
    }
}

/// How long to look for the device.
const SCAN: Duration = Duration::from_secs(30);
