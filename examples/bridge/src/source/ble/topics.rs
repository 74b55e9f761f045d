//! Advertisements that other gateways publish to MQTT.

use std::sync::Arc;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use tracing::info;

use super::Ble;
use crate::mqtt::{Happened, Link};
use crate::source::{Desk, SourceError};

/// The source's name.
pub const SOURCE: &str = "adverts";

/// Hears advertisements until the connection ends.
///
/// The connection is the source's own, so that a flood of advertisements and what is published don't wait for each
/// other. It also keeps them quick behind brokers that hold small packets back until the last one is acknowledged: a
/// client that sends nothing acknowledges at once, one that publishes too puts it off for up to 40 ms.
///
/// # Errors
///
/// The broker is away or refuses.
pub async fn run(
    desk: Desk,
    options: MqttOptions,
    filters: Arc<[String]>,
    ble: Arc<Ble>,
) -> Result<(), SourceError> {
    let mut link = Link::open(options);
    loop {
        match link.next().await {
            Happened::Connected { .. } => {
                for filter in filters.iter() {
                    let subscribed = link.client.try_subscribe(filter, QoS::AtMostOnce);
                    subscribed.map_err(|error| SourceError::new(&format!("{filter}: {error}"), None))?;
                }
                info!("hearing advertisements");
                desk.up();
            }
            Happened::Message(publish) => match std::str::from_utf8(&publish.topic) {
                Ok(topic) => ble.handle_message(topic, &publish.payload),
                Err(_) => desk.home.counters.payloads_malformed.add(),
            },
            Happened::Sent(_) | Happened::Acknowledged(..) => {}
            Happened::Down { reason, help } => return Err(SourceError::new(&reason, help)),
        }
    }
}
