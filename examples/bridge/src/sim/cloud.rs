//! A cloud in this process: the account that knows the simulated home's tokens and bind keys. The bridge gets them by a
//! login, as from the real one; only the wire between the two is a call.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Response;
use xiaomi_cloud::server::{Account, Cloud};
use xiaomi_cloud::{Failure, Password, Region, Session, Transmit};

use super::{SimulationError, ble, miio};
use crate::config::Config;
use crate::source::cloud::{self, Carrier};

struct InProcess(Cloud);

impl Carrier for InProcess {
    async fn send(&mut self, transmit: Transmit) -> Result<Response<Bytes>, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(self.0.handle(now, &transmit.request))
    }
}

/// Logs in to the simulated cloud and adds what it knows to the configuration.
pub(super) async fn enrich(config: &mut Config, wifi: &miio::Devices) -> Result<(), SimulationError> {
    let error = |error: cloud::CloudError| SimulationError::Cloud(error.to_string());
    let mut cloud = Cloud::new(1, Account::new(USER, PASSWORD, "1000000001"));
    let region = cloud.region(Region::Germany);
    for (number, (address, key, name)) in ble::listed().enumerate() {
        if let Some(key) = key {
            let did = format!("blt.3.simulated{number:06}");
            region.add_ble(&did, name, "", &address.to_string(), Some(key));
        }
    }
    for (name, address, id, token) in wifi.listed() {
        let model = match name {
            "Vacuum" => miio::VACUUM_MODEL,
            _ => miio::PURIFIER_MODEL,
        };
        region.add_wifi(&id.to_string(), name, model, token, &address.to_string());
    }
    let mut carrier = InProcess(cloud);
    let credentials = cloud::login(&mut carrier, USER, Password::new(PASSWORD))
        .await
        .map_err(error)?;
    let mut session = Session::new(credentials);
    let found = cloud::fetch(&mut session, &mut carrier, &[Region::Germany])
        .await
        .map_err(error)?;
    cloud::enrich(config, found);
    Ok(())
}

const USER: &str = "user@example.com";
const PASSWORD: &str = "simulated";
