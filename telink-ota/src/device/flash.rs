//! The flash chip: erasing sets bits, writing clears them, and power may fail between any two operations.

/// A sector: the least that can be erased.
pub(super) const SECTOR: u32 = 4096;

/// The chip.
#[derive(Debug)]
pub(super) struct Flash<'a> {
    bytes: &'a mut [u8],
    operations: u32,
    power_cut_at: Option<u32>,
}

/// The power is gone; nothing was done, or half of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PowerCut;

impl<'a> Flash<'a> {
    pub(super) const fn new(bytes: &'a mut [u8]) -> Self {
        Self {
            bytes,
            operations: 0,
            power_cut_at: None,
        }
    }

    /// Lets the power fail at the operation of this number from now; the first is 0.
    pub(super) const fn cut_power_at(&mut self, operation: Option<u32>) {
        self.operations = 0;
        self.power_cut_at = operation;
    }

    pub(super) fn read(&self, address: u32, length: u32) -> &[u8] {
        let rest = self.bytes.get(address as usize..).unwrap_or_default();
        rest.get(..length as usize).unwrap_or(rest)
    }

    /// Erases the sector of an address.
    pub(super) fn erase(&mut self, address: u32) -> Result<(), PowerCut> {
        let power_stays = self.operate();
        let start = (address - address % SECTOR) as usize;
        // A sector that loses its power is half erased.
        let length = if power_stays { SECTOR } else { SECTOR / 2 } as usize;
        if let Some(sector) = self.bytes.get_mut(start..start + length) {
            sector.fill(0xff);
        }
        if power_stays { Ok(()) } else { Err(PowerCut) }
    }

    /// Clears the bits that are 0 in `data`.
    pub(super) fn program(&mut self, address: u32, data: &[u8]) -> Result<(), PowerCut> {
        let power_stays = self.operate();
        let length = if power_stays { data.len() } else { data.len() / 2 };
        let cells = self.bytes.get_mut(address as usize..).unwrap_or_default();
        for (cell, byte) in cells.iter_mut().zip(data.iter().take(length)) {
            *cell &= byte;
        }
        if power_stays { Ok(()) } else { Err(PowerCut) }
    }

    /// Sets a byte whatever it was, which no flash can: for faults on demand.
    pub(super) fn force(&mut self, address: u32, byte: u8) {
        if let Some(cell) = self.bytes.get_mut(address as usize) {
            *cell = byte;
        }
    }

    fn operate(&mut self) -> bool {
        let stays = self.power_cut_at != Some(self.operations);
        self.operations = self.operations.saturating_add(1);
        if !stays {
            self.power_cut_at = None;
        }
        stays
    }
}
