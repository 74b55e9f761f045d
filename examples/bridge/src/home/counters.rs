//! What happened, counted.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    ($($(#[$doc:meta])+ $name:ident, $help:literal;)+) => {
        /// What happened since the start. Each is a Prometheus counter `bridge_<name>_total`.
        #[derive(Debug, Default)]
        pub struct Counters { $($(#[$doc])+ pub $name: Counter,)+ }

        impl Counters {
            /// Prometheus' text.
            pub fn write(&self, out: &mut String) {
                $(
                    let _ = writeln!(
                        out,
                        "# HELP bridge_{0}_total {1}\n# TYPE bridge_{0}_total counter\nbridge_{0}_total {2}",
                        stringify!($name), $help, self.$name.get(),
                    );
                )+
            }
        }
    };
}

counters! {
    /// Advertisements that came in, of whatever kind.
    adverts, "Advertisements received.";
    /// Advertisements without a new reading: duplicates, presence, unknown formats.
    adverts_ignored, "Advertisements that held nothing new.";
    /// Advertisements that can't be decrypted or are malformed.
    adverts_failed, "Advertisements that could not be decoded.";
    /// Messages that are none of the forms known.
    payloads_malformed, "Incoming messages that are malformed.";
    /// Values that sources told.
    readings, "Values told by sources.";
    /// Values that changed, and events.
    changes, "Values that changed, and events.";
    /// Messages that the broker has.
    published, "Messages acknowledged by the broker.";
    /// Messages that the broker refused.
    refused, "Messages refused by the broker.";
    /// Connections to the broker.
    connects, "Connections to the broker.";
    /// Lost or failed connections.
    disconnects, "Connections to the broker that failed or ended.";
    /// Commands that were handed to a source.
    commands, "Commands carried out.";
    /// Commands that weren't understood, or failed.
    commands_failed, "Commands that were refused or failed.";
    /// Times that a source failed and was started again.
    source_restarts, "Failures of sources, each followed by a restart.";
    /// Devices that had to go because there were too many.
    devices_evicted, "Devices dropped because there were too many.";
    /// Changes that the live view or the log didn't show in time.
    journal_dropped, "Changes that the view was too slow for.";
    /// Readings that arrived through workers more than once.
    duplicates, "Readings of workers that were known already.";
    /// Sessions of workers that were gone, worked off.
    workers_adopted, "Sessions of dead workers that were taken over and worked off.";
    /// Raw advertisements in these sessions.
    adverts_adopted, "Raw advertisements that were decoded in place of a dead worker.";
    /// State that could not be saved.
    saves_failed, "Attempts to save the state that failed.";
}

/// A number that grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    /// Some more.
    pub fn add_many(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    /// How many.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
