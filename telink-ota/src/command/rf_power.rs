//! The codes of the transmit power.

use crate::Decimal;

/// The transmit power of a code, in dBm; `None` for codes that the device changes to one of the table.
#[must_use]
pub fn dbm(code: u8) -> Option<Decimal> {
    let index = TABLE.binary_search_by_key(&code, |&(code, _)| code).ok()?;
    TABLE
        .get(index)
        .map(|&(_, hundredths)| Decimal::new(hundredths, -2))
}

/// The code whose power is nearest to this many dBm.
#[must_use]
pub fn nearest(dbm: Decimal) -> u8 {
    let wanted = dbm.rescaled(-2);
    let distance = |&&(_, power): &&(u8, i32)| (i64::from(power) - wanted).unsigned_abs();
    TABLE.iter().min_by_key(distance).map_or(169, |&(code, _)| code)
}

/// Code and power in 0.01 dBm. Below 128 the amplifier runs from the battery ("VBAT"), above from the regulator.
#[rustfmt::skip]
const TABLE: &[(u8, i32)] = &[
    (23, 323),
    (25, 394),
    (27, 457),
    (29, 513),
    (31, 565),
    (33, 614),
    (35, 660),
    (37, 702),
    (39, 741),
    (41, 779),
    (43, 813),
    (45, 844),
    (47, 873),
    (49, 897),
    (51, 924),
    (53, 948),
    (56, 981),
    (58, 1001),
    (61, 1029),
    (63, 1046),
    (128, -5000),
    (130, -2518),
    (132, -1927),
    (134, -1588),
    (136, -1329),
    (138, -1140),
    (140, -989),
    (142, -865),
    (144, -765),
    (146, -667),
    (148, -581),
    (150, -503),
    (152, -426),
    (154, -361),
    (156, -303),
    (158, -248),
    (160, -189),
    (162, -142),
    (164, -97),
    (168, -14),
    (169, 4),
    (172, 58),
    (174, 90),
    (176, 117),
    (178, 145),
    (180, 173),
    (182, 199),
    (185, 239),
    (187, 261),
    (189, 281),
    (191, 301),
    (255, -3000),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_without_repetition() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn codes_and_powers_lead_to_each_other() {
        assert_eq!(dbm(0xbf), Some(Decimal::new(301, -2)));
        assert_eq!(nearest(Decimal::new(0, 0)), 0xa9);
        assert_eq!(nearest(Decimal::new(99, 0)), 63);
        assert_eq!(dbm(0), None);
    }
}
