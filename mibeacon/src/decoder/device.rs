//! What a decoder knows of a device.

use core::time::Duration;

use macaddr::MacAddr6;

use super::{KeyStatus, Slot};
use crate::Format;
use crate::frame::{Product, ProductId};

/// A known device, see [`Decoder::device`](super::Decoder::device).
#[derive(Clone, Copy, Debug)]
pub struct Device<'a>(pub(super) &'a Slot);

impl Device<'_> {
    /// Its address.
    #[must_use]
    pub const fn address(&self) -> Option<MacAddr6> {
        self.0.address()
    }

    /// Whether its key works, and if not, why.
    #[must_use]
    pub fn key_status(&self) -> KeyStatus {
        self.0.key_status()
    }

    /// The format that it spoke last.
    #[must_use]
    pub const fn format(&self) -> Option<Format> {
        self.0.format
    }

    /// The product id of its MiBeacon frames.
    #[must_use]
    pub fn product_id(&self) -> Option<ProductId> {
        self.0.product()
    }

    /// The product, if its id is known.
    #[must_use]
    pub fn product(&self) -> Option<&'static Product> {
        self.product_id().and_then(Product::of)
    }

    /// When it was heard last, authenticated or not.
    #[must_use]
    pub const fn last_seen(&self) -> Option<Duration> {
        self.0.last_seen
    }

    /// The counter of the last encrypted payload that was accepted.
    #[must_use]
    pub fn last_counter(&self) -> Option<u32> {
        match self.0.format {
            Some(Format::MiBeacon) => self.0.frame_replay.last(),
            Some(Format::BthomeV1 | Format::BthomeV2) => self.0.bthome_replay.last_counter(),
            _ => None,
        }
    }

    /// Whether it is silent for long and must not be taken for gone: a scale, a contact, a button.
    #[must_use]
    pub fn is_sleepy(&self) -> bool {
        self.0.sleepy || self.product().is_some_and(|product| product.sleepy == Some(true))
    }

    /// Whether it is there: heard within [`AVAILABLE_FOR`], or sleepy and heard at all.
    #[must_use]
    pub fn is_available(&self, now: Duration) -> bool {
        self.last_seen()
            .is_some_and(|seen| self.is_sleepy() || now.saturating_sub(seen) <= AVAILABLE_FOR)
    }
}

/// After this time of silence a device that isn't sleepy counts as gone, as in Home Assistant.
pub const AVAILABLE_FOR: Duration = Duration::from_secs(15 * 60);
