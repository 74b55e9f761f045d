//! The broker: connections that end, and what is done to go on.

mod backoff;
mod link;
mod remedy;
mod session;
mod tls;

pub use backoff::Backoff;
pub use link::{Happened, Link};
pub(crate) use session::stopped;
pub use session::{Handler, Session, Subscription};
pub use tls::TlsError;

use rumqttc::NetworkOptions;
use rumqttc::v5::MqttOptions;

use crate::config::Mqtt;

/// The options of a connection.
///
/// # Errors
///
/// A certificate can't be read.
pub fn options(mqtt: &Mqtt, client_id: &str) -> Result<MqttOptions, TlsError> {
    let mut options = MqttOptions::new(client_id, mqtt.host.clone(), mqtt.port());
    let keep_alive = mqtt.keep_alive.duration().max(std::time::Duration::from_secs(5));
    options
        .set_keep_alive(keep_alive)
        .set_clean_start(true)
        .set_connection_timeout(10)
        .set_max_packet_size(Some(LARGEST_PACKET));
    options.set_outgoing_inflight_upper_limit(IN_FLIGHT);
    options.set_network_options(without_delay());
    if let Some(username) = &mqtt.username {
        let password = mqtt.password.as_ref().map_or("", |password| password.expose());
        options.set_credentials(username, password);
    }
    if let Some(tls) = &mqtt.tls {
        options.set_transport(tls::transport(tls)?);
    }
    Ok(options)
}

/// Small packets go out at once, instead of when the one before is acknowledged.
pub(crate) fn without_delay() -> NetworkOptions {
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network
}

/// Whether a topic is one of a filter.
#[must_use]
pub fn matches(filter: &str, topic: &str) -> bool {
    let mut topic = topic.split('/');
    for level in filter.split('/') {
        match (level, topic.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(found)) if level == found => {}
            _ => return false,
        }
    }
    topic.next().is_none()
}

/// Packets that brokers may send us. Larger ones end the connection.
const LARGEST_PACKET: u32 = 256 * 1024;

/// Messages that are sent before the first is acknowledged.
pub const IN_FLIGHT: u16 = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_as_the_specification_says() {
        for (filter, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/+", "a/b", true),
            ("a/+", "a/b/c", false),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("+/b/#", "x/b", true),
            ("a/b", "a", false),
            ("a", "a/b", false),
        ] {
            assert_eq!(matches(filter, topic), expected, "{filter} {topic}");
        }
    }
}
