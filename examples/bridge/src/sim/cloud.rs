//! A cloud on loopback: the account that knows the simulated home's tokens and bind keys. The home's owner logs in, and the
//! bridge goes on with the session that was saved, as with the real one.

#[path = "../../../cloud/loopback.rs"]
mod loopback;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;
use xiaomi_cloud::server::{Account, Cloud};
use xiaomi_cloud::transport::Http;
use xiaomi_cloud::{Identity, Login, LoginEvent, Password, Region};

use super::{SimulationError, ble, miio};
use crate::session_file::write_session;
use crate::source::cloud::generator;

/// An account without devices.
#[must_use]
pub fn account() -> Cloud {
    Cloud::new(1, Account::new(USER, PASSWORD, "1000000001"))
}

/// Serves a cloud on loopback; port 0 takes a free one. Aborting the task ends it with all its connections.
///
/// # Errors
///
/// The port is taken.
pub async fn serve(cloud: Arc<Mutex<Cloud>>, port: u16) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
    loopback::serve_cloud(cloud, port).await
}

/// Logs in to a cloud of [`account`], and saves the session as the program `cloud` does.
///
/// # Errors
///
/// The cloud refuses, or asks something; or the file can't be written.
pub async fn login(server: SocketAddr, session: &Path) -> Result<(), SimulationError> {
    let error = |error: &dyn std::fmt::Display| SimulationError::Cloud(error.to_string());
    let http = Http::rerouted(server).map_err(|problem| error(&problem))?;
    let mut generator = generator().map_err(|problem| error(&problem))?;
    let mut login = Login::password(Identity::random(&mut generator), USER, Password::new(PASSWORD));
    match http.login(&mut login).await {
        LoginEvent::LoggedIn(credentials) => {
            write_session(session, &credentials).map_err(|problem| error(&problem))
        }
        LoginEvent::Failed(problem) => Err(error(&problem)),
        _ => Err(error(&"it asks something")),
    }
}

/// The account of the simulated home.
pub(super) fn of_home(wifi: &miio::Devices) -> Cloud {
    let mut cloud = account();
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
    cloud
}

const USER: &str = "user@example.com";
const PASSWORD: &str = "simulated";
