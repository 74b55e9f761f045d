//! The UART protocol of Beken's boot ROM and bootloaders, both sides.
//!
//! [`Command`] and [`Response`] are what goes over the wire. [`Flasher`] drives a chip: it links, speeds up, identifies,
//! lifts the write protection, reads, writes and verifies, and tells how far it is. [`Rom`] is a simulated chip.
//!
//! | direction | form | bytes |
//! |---|---|---|
//! | host | short | `01 E0 FC` length code payload; length counts code and payload |
//! | host | long | `01 E0 FC FF F4` length (two bytes) code payload |
//! | chip | short | `04 0E` length `01 E0 FC` code payload; length counts all that follows it |
//! | chip | long | `04 0E FF 01 E0 FC F4` length (two bytes) code status payload |
//!
//! ```
//! use core::time::Duration;
//! use openbeken::flash::{Event, Flasher, Output, Rom};
//!
//! // A chip and a flasher, joined by nothing but their bytes.
//! let mut chip = Rom::bk7231n(2 << 20);
//! let mut flasher = Flasher::new(Default::default());
//! flasher.write(0x11000, vec![0x5a; 5000])?;
//! let mut now = Duration::ZERO;
//! loop {
//!     while let Some(output) = flasher.poll_transmit(now) {
//!         match output {
//!             Output::Bytes(bytes) => chip.handle_bytes(now, &bytes),
//!             // Another speed of the port, after a while.
//!             _ => {}
//!         }
//!     }
//!     while let Some(bytes) = chip.poll_transmit(now) {
//!         flasher.handle_bytes(now, &bytes);
//!     }
//!     match flasher.poll_event() {
//!         Some(Event::Written) => break,
//!         Some(Event::Failed(error)) => panic!("{error}"),
//!         Some(_) => continue,
//!         None => {}
//!     }
//!     now += Duration::from_millis(1);
//!     flasher.handle_timeout(now);
//! }
//! assert_eq!(chip.flash()[0x11000..0x11000 + 5000], [0x5a; 5000]);
//! # Ok::<(), openbeken::flash::FlashError>(())
//! ```

mod error;
mod event;
mod frame;
mod host;
mod phase;
mod rom;
mod table;

pub use self::error::FlashError;
pub use self::event::{Event, Identity, Output};
pub use self::frame::{BlockSize, Command, Decoder, Payload, Response, ResponseError};
pub use self::host::{Config, Flasher};
pub use self::rom::Rom;
pub use self::table::{BOOTLOADERS, Bootloader, FLASH_CHIPS, FlashChip, Protocol};
