//! Prints what happens.

use xiaomi_gateway_proto::client::Event;

use super::failure::{Failure, Result};
use super::session::Session;

/// Until the time is over; a gateway that nobody finds ends it too.
pub(super) async fn run(session: &mut Session) -> Result<()> {
    while let Some(event) = session.next().await? {
        match &event {
            Event::Report(update) | Event::Heartbeat(update) | Event::Device(update) => {
                session.output.update(update);
            }
            Event::NoGateway { .. } => {
                return Err(Failure::of_event(&event).unwrap_or_else(|| Failure::new("no gateway")));
            }
            event => session.output.event(event),
        }
    }
    Ok(())
}
