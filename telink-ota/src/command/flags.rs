//! The flags byte of measurements, triggers and adverts.

/// Inputs, outputs and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flags(
    /// The byte.
    pub u8,
);

impl Flags {
    /// Input 1 is open: the contact of a door.
    #[must_use]
    pub const fn reed_open(self) -> bool {
        self.bit(0)
    }

    /// The output is on.
    #[must_use]
    pub const fn output(self) -> bool {
        self.bit(1)
    }

    /// Thresholds control the output.
    #[must_use]
    pub const fn controlled(self) -> bool {
        self.bit(2)
    }

    /// The temperature has passed its threshold.
    #[must_use]
    pub const fn temperature_trigger(self) -> bool {
        self.bit(3)
    }

    /// The humidity has passed its threshold.
    #[must_use]
    pub const fn humidity_trigger(self) -> bool {
        self.bit(4)
    }

    /// The key is pressed.
    #[must_use]
    pub const fn key_pressed(self) -> bool {
        self.bit(5)
    }

    /// Input 2 is open.
    #[must_use]
    pub const fn reed2_open(self) -> bool {
        self.bit(6)
    }

    const fn bit(self, bit: u8) -> bool {
        self.0 & (1 << bit) != 0
    }
}
