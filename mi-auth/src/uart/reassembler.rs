//! Puts packets together from the pieces of 20 bytes in which they come.

use super::{MIN_PACKET, Packet};

/// Puts packets together from notifications.
///
/// ```
/// use mi_auth::uart::Reassembler;
///
/// let mut reassembler = Reassembler::new();
/// let packet = [0x55, 0xab, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
/// assert!(reassembler.push(&packet[..10]).is_none());
/// assert_eq!(reassembler.push(&packet[10..]).unwrap().as_slice(), packet);
/// ```
#[derive(Debug, Default)]
pub struct Reassembler {
    bytes: Packet,
}

impl Reassembler {
    /// Waits for a header.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one notification; gives the packet that it completes. Each packet starts with a notification of its own:
    /// one that starts with `55 ab` while a packet is open is taken as its continuation, one that starts otherwise
    /// while none is open is dropped.
    pub fn push(&mut self, notification: &[u8]) -> Option<Packet> {
        let starts = notification.starts_with(&[0x55, 0xab]);
        if self.bytes.is_empty() && !starts {
            return None;
        }
        for &byte in notification {
            if self.bytes.try_push(byte).is_err() {
                break;
            }
            if Some(self.bytes.len()) == self.expected() {
                return Some(core::mem::take(&mut self.bytes));
            }
        }
        None
    }

    /// Forgets an open packet, as after a time without notifications: its end was lost.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// How long the open packet will be.
    fn expected(&self) -> Option<usize> {
        let size = *self.bytes.get(2)?;
        Some(MIN_PACKET + 1 + usize::from(size))
    }
}
