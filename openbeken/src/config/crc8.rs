use super::CharKind;

/// The configuration's checksum: CRC-8/MAXIM, computed with a `char` that has a sign or has none.
///
/// Where it has one, shifting right copies the top bit, in the checksum and in the data.
///
/// ```
/// use openbeken::config::{CharKind, crc8};
///
/// assert_eq!(crc8(b"123456789", CharKind::Unsigned), 0xa1);
/// assert_eq!(crc8(b"123456789", CharKind::Signed), 0x63);
/// ```
#[must_use]
pub fn crc8(data: &[u8], char_kind: CharKind) -> u8 {
    match char_kind {
        CharKind::Unsigned => data.iter().fold(0, |crc, byte| {
            UNSIGNED.get(usize::from(crc ^ byte)).copied().unwrap_or(0)
        }),
        CharKind::Signed => data.iter().fold(0, |crc, byte| signed(crc, *byte)),
    }
}

const fn signed(crc: u8, byte: u8) -> u8 {
    let (mut crc, mut byte) = (crc as i8, byte as i8);
    let mut bit = 0;
    while bit < 8 {
        let differs = (crc ^ byte) & 1 == 1;
        crc >>= 1;
        byte >>= 1;
        if differs {
            crc ^= 0x8c_u8 as i8;
        }
        bit += 1;
    }
    crc as u8
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const UNSIGNED: [u8; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x8c } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_agree_with_the_firmware() {
        for (data, unsigned, signed) in [
            (b"123456789".as_slice(), 0xa1, 0x63),
            (&[0x80], 0x8c, 0x8c),
            (&[1, 2, 3, 0x80, 0xff], 0x34, 0xfe),
            (b"CFG OpenBeken", 0x5a, 0xc7),
            (&[], 0, 0),
        ] {
            assert_eq!(
                (crc8(data, CharKind::Unsigned), crc8(data, CharKind::Signed)),
                (unsigned, signed)
            );
        }
    }
}
