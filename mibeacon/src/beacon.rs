//! The device's side: a beacon that counts, encrypts and keeps time like the real thing.

mod message;

use core::time::Duration;

use arrayvec::ArrayVec;
use macaddr::MacAddr6;

pub use message::{Climate, Message};

use crate::ad::{AdvertBuf, Flags};
use crate::frame::{self, Capability, ProductId};
use crate::{BindKey, EncodeError, NonceGuard};

/// Plays a device: tell it what to say, and it gives the advertisements to broadcast, when it is time.
///
/// ```
/// use core::time::Duration;
/// use mibeacon::{Beacon, BeaconFormat, Climate, Decoder, MacAddr6, Message, Policy, Slot, payloads};
///
/// let address = MacAddr6::new(0xa4, 0xc1, 0x38, 0, 0, 1);
/// let mut beacon = Beacon::new(address, BeaconFormat::Pvvx);
/// let climate = Climate { temperature: 2137, humidity: 4390, battery_level: 87, battery_millivolts: 2900 };
/// beacon.send(Duration::ZERO, &Message::Climate(climate))?;
///
/// let mut decoder = Decoder::new([const { Slot::EMPTY }; 1], Policy::Lenient);
/// let now = beacon.poll_timeout().unwrap();
/// let advert = beacon.poll_transmit(now).unwrap();
/// let payload = payloads(&advert).next().unwrap();
/// let report = decoder.decode(now, Some(address), payload);
/// assert_eq!(report.readings().next().unwrap().to_string(), "temperature 21.37 °C");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The loop is the one of every state machine here: call [`poll_transmit`](Self::poll_transmit) until it is `None`,
/// then sleep until [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
pub struct Beacon {
    address: MacAddr6,
    format: BeaconFormat,
    timing: Timing,
    key: Option<BindKey>,
    guard: NonceGuard,
    counter: u32,
    nonce_reuse_as_firmware: bool,
    queue: ArrayVec<Pending, QUEUE>,
    /// Which of the advertisements that take turns comes next.
    turn: usize,
    next: Option<Duration>,
}

/// What a [`Beacon`] speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BeaconFormat {
    /// Xiaomi's firmware, MiBeacon of this version (2 to 5).
    MiBeacon {
        /// Which product.
        product_id: ProductId,
        /// Version of the format.
        version: u8,
    },
    /// atc1441 firmware.
    Atc1441,
    /// pvvx firmware.
    Pvvx,
    /// BTHome version 1.
    BthomeV1,
    /// BTHome version 2.
    BthomeV2 {
        /// Speaks only when something happens.
        trigger_based: bool,
    },
    /// A device that sends one format of fixed length: a scale, Qingping, HHCCJCY10.
    Plain,
}

/// When a [`Beacon`] speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timing {
    /// From the message to the first advertisement.
    pub delay: Duration,
    /// Between advertisements of one message.
    pub interval: Duration,
    /// How long one message is repeated; `None` = until the next one.
    pub hold: Option<Duration>,
    /// Between the idle frames that say only that the device is there; `None` = none.
    pub idle: Option<Duration>,
}

impl Timing {
    /// Xiaomi's firmware: 10 ms after the event, every 200 ms for 3 s, then an idle frame every 2 s.
    pub const STOCK: Self = Self {
        delay: Duration::from_millis(10),
        interval: Duration::from_millis(200),
        hold: Some(Duration::from_secs(3)),
        idle: Some(Duration::from_secs(2)),
    };
    /// Custom firmware of thermometers: every 2.5 s, the last measurement until there is a new one.
    pub const THERMOMETER: Self = Self {
        delay: Duration::ZERO,
        interval: Duration::from_millis(2500),
        hold: None,
        idle: None,
    };
    /// A button or contact: every 100 ms for one second, then silence.
    pub const EVENT: Self = Self {
        delay: Duration::ZERO,
        interval: Duration::from_millis(100),
        hold: Some(Duration::from_secs(1)),
        idle: None,
    };
}

impl Beacon {
    /// A device without key that was never heard.
    #[must_use]
    pub fn new(address: MacAddr6, format: BeaconFormat) -> Self {
        let timing = match format {
            BeaconFormat::MiBeacon { .. } => Timing::STOCK,
            BeaconFormat::BthomeV2 { trigger_based: true } => Timing::EVENT,
            _ => Timing::THERMOMETER,
        };
        Self {
            address,
            format,
            timing,
            key: None,
            guard: NonceGuard::new(),
            counter: 0,
            nonce_reuse_as_firmware: false,
            queue: ArrayVec::new(),
            turn: 0,
            next: timing.idle.map(|_| Duration::ZERO),
        }
    }

    /// Encrypts with a key that was never used before.
    #[must_use]
    pub fn with_key(mut self, key: BindKey) -> Self {
        self.key = Some(key);
        self.guard = NonceGuard::new();
        self
    }

    /// Continues after a stored [`counter`](Self::counter): a key that was used before needs this.
    #[must_use]
    pub fn with_counter(mut self, last: u32) -> Self {
        self.counter = last;
        self.guard = NonceGuard::resume_after(last);
        self
    }

    /// Speaks at other times than the format's own.
    ///
    /// Bluetooth allows no interval below 20 ms: shorter ones are taken as 20 ms, so that the loop around
    /// [`poll_transmit`](Self::poll_transmit) ends.
    #[must_use]
    pub fn with_timing(mut self, timing: Timing) -> Self {
        self.timing = Timing {
            interval: timing.interval.max(SHORTEST_INTERVAL),
            idle: timing.idle.map(|interval| interval.max(SHORTEST_INTERVAL)),
            ..timing
        };
        self.next = timing.idle.map(|_| Duration::ZERO);
        self
    }

    /// Lets the 8-bit counter of the encrypted 0x181A forms wrap, as the firmware does.
    ///
    /// Without this, the 256th message with one key is refused. With it, nonces repeat, and two messages under one
    /// nonce give away both: for simulations only.
    #[must_use]
    pub const fn with_nonce_reuse_as_firmware(mut self) -> Self {
        self.nonce_reuse_as_firmware = true;
        self
    }

    /// Whom it plays.
    #[must_use]
    pub const fn address(&self) -> MacAddr6 {
        self.address
    }

    /// The last counter used. Store it if the key outlives this beacon.
    #[must_use]
    pub const fn counter(&self) -> u32 {
        self.counter
    }

    /// Puts a message on air, after those that are waiting if the format holds each one for a time, instead of the
    /// last one else.
    ///
    /// Fails with [`EncodeError::Conflict`] if the format has no such message or eight are waiting, and as the
    /// format's encoder does; nothing is sent then.
    pub fn send(&mut self, now: Duration, message: &Message<'_>) -> Result<(), EncodeError> {
        let mut adverts = ArrayVec::<AdvertBuf, QUEUE>::new();
        message::encode(self, message, &mut adverts)?;
        if self.timing.hold.is_none() {
            self.queue.clear();
        } else if self.queue.len() + adverts.len() > self.queue.capacity() {
            return Err(EncodeError::Conflict("eight messages are waiting to be sent"));
        }
        if self.queue.is_empty() {
            (self.turn, self.next) = (0, now.checked_add(self.timing.delay));
        }
        for advert in adverts {
            // The room was looked at before.
            let _ = self.queue.try_push(Pending {
                advert,
                started: None,
            });
        }
        Ok(())
    }

    /// The advertisement that is due at `now`, if one is.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<AdvertBuf> {
        if now < self.next? {
            return None;
        }
        self.drop_finished(now);
        let turns = if self.timing.hold.is_some() {
            1
        } else {
            self.queue.len()
        };
        let turn = if turns == 0 { 0 } else { self.turn % turns };
        self.turn = turn + 1;
        if let Some(pending) = self.queue.get_mut(turn) {
            pending.started.get_or_insert(now);
            self.next = now.checked_add(self.timing.interval);
            return Some(pending.advert);
        }
        let idle = self
            .timing
            .idle
            .and_then(|interval| Some((self.idle_advert()?, interval)));
        self.next = idle.and_then(|(_, interval)| now.checked_add(interval));
        idle.map(|(advert, _)| advert)
    }

    /// When [`poll_transmit`](Self::poll_transmit) has something next; `None` = not before the next message.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Duration> {
        self.next
    }

    fn drop_finished(&mut self, now: Duration) {
        let Some(hold) = self.timing.hold else { return };
        while let Some(Pending {
            started: Some(started),
            ..
        }) = self.queue.first()
        {
            if now.saturating_sub(*started) < hold {
                break;
            }
            self.queue.remove(0);
        }
    }

    /// Presence, MAC and capability, as stock firmware sends while it has nothing to say.
    fn idle_advert(&mut self) -> Option<AdvertBuf> {
        let BeaconFormat::MiBeacon { product_id, version } = self.format else {
            return None;
        };
        self.counter = self.counter.wrapping_add(1);
        let mut builder = frame::Builder::new(product_id, self.counter);
        builder.version = version;
        builder.registered = self.key.is_some();
        builder.mac = Some(self.address);
        builder.capability = Some(Capability(CONFIRMS_BEFORE_CONNECTING));
        AdvertBuf::build(|ad| {
            let mut bytes = [0; frame::LEGACY_LIMIT];
            let length = builder.encode(&mut bytes)?;
            ad.flags(Flags::LE_ONLY_GENERAL)?;
            ad.service_data(frame::UUID, bytes.get(..length).unwrap_or_default())?;
            Ok(())
        })
        .ok()
    }
}

/// An advertisement in the queue.
#[derive(Debug)]
struct Pending {
    advert: AdvertBuf,
    /// When it went out first.
    started: Option<Duration>,
}

/// The shortest advertising interval of Bluetooth.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);

/// As many messages as the vendor's firmware keeps.
const QUEUE: usize = 8;

/// The capability that most products show.
const CONFIRMS_BEFORE_CONNECTING: u8 = 0x08;
