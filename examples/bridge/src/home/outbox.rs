//! What waits to be published: of each topic only the latest, and of events a bounded number.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Messages on their way to a broker that may be slow or away.
///
/// A retained topic has one slot: a newer payload takes the place of one that wasn't sent yet, so that the queue never
/// has more messages than there are topics, and after any pause the broker gets what is true now. Events wait in a ring;
/// when it is full the oldest go. Both losses are counted.
#[derive(Debug)]
pub struct Outbox {
    topics: HashMap<Arc<str>, Slot>,
    queue: VecDeque<Arc<str>>,
    events: VecDeque<Message>,
    in_flight: HashMap<u64, Flying>,
    next_ticket: u64,
    limits: OutboxLimits,
    /// What was lost and why.
    pub losses: Losses,
}

/// How much an outbox keeps.
#[derive(Clone, Copy, Debug)]
pub struct OutboxLimits {
    /// Retained topics. Values of further ones are dropped.
    pub topics: usize,
    /// Events.
    pub events: usize,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self {
            topics: 100_000,
            events: 10_000,
        }
    }
}

/// What didn't reach the broker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Values that a newer one of the same topic replaced before they were sent.
    pub superseded: u64,
    /// Events that had to go, oldest first.
    pub dropped_events: u64,
    /// Values of topics that had no room.
    pub dropped_topics: u64,
}

/// Something to publish.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Where.
    pub topic: Arc<str>,
    /// What. Empty and retained removes what the broker has.
    pub payload: Arc<str>,
    /// Whether the broker keeps it.
    pub retain: bool,
}

/// Names a message that was taken out, until the broker has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

#[derive(Debug)]
struct Slot {
    payload: Arc<str>,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// The broker has it.
    Sent,
    Queued,
    InFlight,
    /// In flight with an older payload than the slot's.
    Outdated,
}

#[derive(Debug)]
enum Flying {
    Topic(Arc<str>),
    Event(Message),
}

impl Outbox {
    /// An empty one.
    #[must_use]
    pub fn new(limits: OutboxLimits) -> Self {
        Self {
            topics: HashMap::new(),
            queue: VecDeque::new(),
            events: VecDeque::new(),
            in_flight: HashMap::new(),
            next_ticket: 0,
            limits,
            losses: Losses::default(),
        }
    }

    /// Publishes a retained value. An empty one removes the topic.
    pub fn keep(&mut self, topic: &Arc<str>, payload: Arc<str>) {
        let full = self.topics.len() >= self.limits.topics;
        match self.topics.get_mut(topic) {
            Some(slot) => match slot.status {
                Status::Sent if slot.payload == payload => {}
                Status::Sent => {
                    (slot.payload, slot.status) = (payload, Status::Queued);
                    self.queue.push_back(Arc::clone(topic));
                }
                Status::Queued => {
                    self.losses.superseded += u64::from(slot.payload != payload);
                    slot.payload = payload;
                }
                Status::InFlight if slot.payload == payload => {}
                Status::InFlight => (slot.payload, slot.status) = (payload, Status::Outdated),
                Status::Outdated => {
                    self.losses.superseded += u64::from(slot.payload != payload);
                    slot.payload = payload;
                }
            },
            None if full => self.losses.dropped_topics += 1,
            None => {
                let status = Status::Queued;
                self.topics.insert(Arc::clone(topic), Slot { payload, status });
                self.queue.push_back(Arc::clone(topic));
            }
        }
    }

    /// Publishes a retained value again though it may be the same, because what the broker's clients know of it expires.
    pub fn keep_alive(&mut self, topic: &Arc<str>, payload: Arc<str>) {
        if let Some(slot) = self.topics.get_mut(topic)
            && slot.status == Status::Sent
            && slot.payload == payload
        {
            slot.status = Status::Queued;
            self.queue.push_back(Arc::clone(topic));
        } else {
            self.keep(topic, payload);
        }
    }

    /// Publishes something that happened, once.
    pub fn tell(&mut self, topic: &Arc<str>, payload: Arc<str>) {
        if self.events.len() >= self.limits.events {
            self.events.pop_front();
            self.losses.dropped_events += 1;
        }
        self.events.push_back(Message {
            topic: Arc::clone(topic),
            payload,
            retain: false,
        });
    }

    /// The next message to send, values before events: who hears of an event knows the entity by then.
    pub fn take(&mut self) -> Option<(Ticket, Message)> {
        let ticket = Ticket(self.next_ticket);
        while let Some(topic) = self.queue.pop_front() {
            let Some(slot) = self.topics.get_mut(&topic) else {
                continue;
            };
            slot.status = Status::InFlight;
            let message = Message {
                topic: Arc::clone(&topic),
                payload: Arc::clone(&slot.payload),
                retain: true,
            };
            self.in_flight.insert(ticket.0, Flying::Topic(topic));
            self.next_ticket += 1;
            return Some((ticket, message));
        }
        let message = self.events.pop_front()?;
        self.in_flight.insert(ticket.0, Flying::Event(message.clone()));
        self.next_ticket += 1;
        Some((ticket, message))
    }

    /// The broker has it.
    pub fn acknowledged(&mut self, ticket: Ticket) {
        let Some(Flying::Topic(topic)) = self.in_flight.remove(&ticket.0) else {
            return;
        };
        let Some(slot) = self.topics.get_mut(&topic) else {
            return;
        };
        if slot.status == Status::Outdated {
            slot.status = Status::Queued;
            self.queue.push_back(topic);
        } else if slot.payload.is_empty() {
            // Removed for good: it takes no room any more.
            self.topics.remove(&topic);
        } else {
            slot.status = Status::Sent;
        }
    }

    /// It couldn't be sent: back into the queue.
    pub fn returned(&mut self, ticket: Ticket) {
        match self.in_flight.remove(&ticket.0) {
            Some(Flying::Event(message)) => self.events.push_front(message),
            Some(Flying::Topic(topic)) => {
                if let Some(slot) = self.topics.get_mut(&topic) {
                    slot.status = Status::Queued;
                    self.queue.push_front(topic);
                }
            }
            None => {}
        }
    }

    /// Everything that is in flight goes back into the queue.
    fn return_all(&mut self) {
        let mut tickets: Vec<_> = self.in_flight.keys().copied().collect();
        tickets.sort_unstable();
        for ticket in tickets.into_iter().rev() {
            self.returned(Ticket(ticket));
        }
    }

    /// The connection is gone: what wasn't acknowledged is sent again, and all that is retained too, since a broker that
    /// was started anew has lost it.
    pub fn disconnected(&mut self) {
        self.return_all();
        while self.events.len() > self.limits.events {
            self.events.pop_front();
            self.losses.dropped_events += 1;
        }
        for (topic, slot) in &mut self.topics {
            if slot.status != Status::Queued {
                slot.status = Status::Queued;
                self.queue.push_back(Arc::clone(topic));
            }
        }
    }

    /// Messages that wait or are in flight.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.len() + self.events.len() + self.in_flight.len()
    }

    /// Messages in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Whether there is nothing to take.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.events.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox() -> Outbox {
        Outbox::new(OutboxLimits { topics: 3, events: 2 })
    }

    fn keep(outbox: &mut Outbox, topic: &str, payload: &str) {
        outbox.keep(&topic.into(), payload.into());
    }

    /// Takes and acknowledges all.
    fn drain(outbox: &mut Outbox) -> Vec<String> {
        let mut sent = Vec::new();
        while let Some((ticket, message)) = outbox.take() {
            outbox.acknowledged(ticket);
            sent.push(format!("{}={}", message.topic, message.payload));
        }
        sent
    }

    #[test]
    fn a_newer_value_takes_the_place_of_one_that_waits() {
        let mut outbox = outbox();
        keep(&mut outbox, "a", "1");
        keep(&mut outbox, "b", "1");
        keep(&mut outbox, "a", "2");
        assert_eq!(drain(&mut outbox), ["a=2", "b=1"]);
        assert_eq!(outbox.losses.superseded, 1);
        keep(&mut outbox, "a", "2");
        assert!(outbox.is_empty(), "the broker has it already");
    }

    #[test]
    fn the_same_value_is_sent_again_only_to_keep_it_alive() {
        let mut outbox = outbox();
        keep(&mut outbox, "a", "1");
        drain(&mut outbox);
        keep(&mut outbox, "a", "1");
        assert!(outbox.is_empty());
        outbox.keep_alive(&"a".into(), "1".into());
        outbox.keep_alive(&"a".into(), "1".into());
        assert_eq!(drain(&mut outbox), ["a=1"]);
    }

    #[test]
    fn a_value_that_changes_in_flight_is_sent_after_it() {
        let mut outbox = outbox();
        keep(&mut outbox, "a", "1");
        let (ticket, _) = outbox.take().unwrap();
        keep(&mut outbox, "a", "2");
        keep(&mut outbox, "a", "3");
        assert_eq!(outbox.take(), None, "one topic is in flight once");
        outbox.acknowledged(ticket);
        assert_eq!(drain(&mut outbox), ["a=3"]);
    }

    #[test]
    fn a_lost_connection_loses_no_latest_state() {
        let mut outbox = outbox();
        keep(&mut outbox, "a", "1");
        drain(&mut outbox);
        keep(&mut outbox, "b", "1");
        outbox.tell(&"e".into(), "press".into());
        outbox.take().unwrap();
        outbox.take().unwrap();
        keep(&mut outbox, "b", "2");
        outbox.disconnected();
        keep(&mut outbox, "a", "9");
        let mut sent = drain(&mut outbox);
        sent.sort();
        assert_eq!(sent, ["a=9", "b=2", "e=press"]);
        assert_eq!(outbox.waiting(), 0);
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let mut outbox = outbox();
        for topic in ["a", "b", "c", "d"] {
            keep(&mut outbox, topic, "1");
        }
        for event in ["1", "2", "3"] {
            outbox.tell(&"e".into(), event.into());
        }
        assert_eq!(drain(&mut outbox), ["a=1", "b=1", "c=1", "e=2", "e=3"]);
        let losses = Losses {
            superseded: 0,
            dropped_events: 1,
            dropped_topics: 1,
        };
        assert_eq!(outbox.losses, losses);
    }

    #[test]
    fn a_removed_topic_frees_its_place() {
        let mut outbox = outbox();
        keep(&mut outbox, "a", "1");
        drain(&mut outbox);
        keep(&mut outbox, "a", "");
        assert_eq!(drain(&mut outbox), ["a="]);
        assert!(outbox.topics.is_empty());
    }
}
