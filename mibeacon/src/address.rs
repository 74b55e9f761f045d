//! Bluetooth addresses as they stand on the wire.

use macaddr::MacAddr6;

/// An address that is sent with its last byte first.
#[inline]
pub(crate) fn reversed([f, e, d, c, b, a]: [u8; 6]) -> MacAddr6 {
    // As one number, since compilers make a detour of six single bytes.
    let number = u64::from_le_bytes([f, e, d, c, b, a, 0, 0]).swap_bytes() >> 16;
    let bytes = number.to_le_bytes();
    let (mac, _) = bytes.as_chunks::<6>();
    mac.first().copied().unwrap_or_default().into()
}

/// An address as a number, its first byte lowest.
#[inline]
pub(crate) fn number(address: MacAddr6) -> u64 {
    let [a, b, c, d, e, f] = address.into_array();
    u64::from_le_bytes([a, b, c, d, e, f, 0, 0])
}

/// The same with its last byte lowest.
#[inline]
pub(crate) fn reversed_number(address: MacAddr6) -> u64 {
    number(address).swap_bytes() >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_byte_comes_first() {
        assert_eq!(reversed([6, 5, 4, 3, 2, 1]), MacAddr6::new(1, 2, 3, 4, 5, 6));
    }
}
