//! One connection, from its beginning to its end.

use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, Publish};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::remedy;

/// A connection that is driven by a task of its own, so that nothing that waits here is cut off in the middle of a
/// packet, and a panic below is a lost connection like any other.
#[derive(Debug)]
pub struct Link {
    /// To publish and subscribe; use the `try_` forms, the others can wait for ever.
    pub client: AsyncClient,
    happened: mpsc::Receiver<Happened>,
    task: JoinHandle<()>,
}

/// What happens on a connection.
#[derive(Debug)]
pub enum Happened {
    /// It stands.
    Connected {
        /// The broker knows this client from before.
        session_present: bool,
        /// Packets that it takes, in bytes.
        largest_packet: usize,
    },
    /// A message that was subscribed to.
    Message(Publish),
    /// A message went out under this number; in the order of the calls.
    Sent(u16),
    /// The broker has the message of this number, or doesn't want it.
    Acknowledged(u16, Result<(), PubAckReason>),
    /// It is over.
    Down {
        /// Why.
        reason: String,
        /// What a person can do about it.
        help: Option<&'static str>,
    },
}

impl Link {
    /// Begins to connect.
    #[must_use]
    pub fn open(options: MqttOptions) -> Self {
        let (client, mut events) = AsyncClient::new(options, REQUESTS);
        let (sender, happened) = mpsc::channel(EVENTS);
        let task = tokio::spawn(async move {
            let mut stood = false;
            loop {
                let happened = match events.poll().await {
                    Ok(event) => match read(event) {
                        Some(happened) => happened,
                        None => continue,
                    },
                    Err(error) => {
                        let (reason, help) = (error.to_string(), remedy::of(&error, stood));
                        let _ = sender.send(Happened::Down { reason, help }).await;
                        return;
                    }
                };
                stood |= matches!(happened, Happened::Connected { .. });
                if sender.send(happened).await.is_err() {
                    return;
                }
            }
        });
        Self {
            client,
            happened,
            task,
        }
    }

    /// What happens next. After [`Happened::Down`] nothing does. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Happened {
        match self.happened.recv().await {
            Some(happened) => happened,
            None => Happened::Down {
                reason: "the connection's task ended".into(),
                help: None,
            },
        }
    }

    /// What has happened already.
    pub fn try_next(&mut self) -> Option<Happened> {
        self.happened.try_recv().ok()
    }

    /// Says goodbye, so that the broker doesn't publish the last will.
    pub async fn close(mut self) {
        if self.client.try_disconnect().is_ok() {
            let end = async { while !matches!(self.next().await, Happened::Down { .. }) {} };
            let _ = tokio::time::timeout(Duration::from_secs(1), end).await;
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn read(event: Event) -> Option<Happened> {
    Some(match event {
        Event::Incoming(Packet::ConnAck(acknowledged)) => Happened::Connected {
            session_present: acknowledged.session_present,
            largest_packet: acknowledged
                .properties
                .and_then(|properties| properties.max_packet_size)
                .map_or(usize::MAX, |size| size as usize),
        },
        Event::Incoming(Packet::Publish(publish)) => Happened::Message(publish),
        Event::Incoming(Packet::PubAck(acknowledged)) => {
            let outcome = match acknowledged.reason {
                PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Ok(()),
                reason => Err(reason),
            };
            Happened::Acknowledged(acknowledged.pkid, outcome)
        }
        Event::Outgoing(Outgoing::Publish(number)) => Happened::Sent(number),
        _ => return None,
    })
}

/// Requests that wait to be written.
const REQUESTS: usize = 512;
/// Events that wait to be read; the network waits beyond that.
const EVENTS: usize = 1024;
