//! From the battery's voltage to the percentage that the firmware sends.

/// pvvx from firmware 3.9, coin cells: 0 % up to 2200 mV, 100 % from 3000 mV, one step each 8 mV. Ni-Zn
/// builds and older firmware have other curves.
///
/// ```
/// assert_eq!(mibeacon::atc::pvvx_battery_level(2456), 32);
/// ```
#[must_use]
pub const fn pvvx_battery_level(millivolts: u16) -> u8 {
    level(millivolts, 8)
}

/// atc1441: 0 % up to 2200 mV, one step each 9 mV, at most 100 %.
///
/// ```
/// assert_eq!(mibeacon::atc::atc1441_battery_level(2456), 28);
/// ```
#[must_use]
pub const fn atc1441_battery_level(millivolts: u16) -> u8 {
    level(millivolts, 9)
}

const fn level(millivolts: u16, step: u16) -> u8 {
    let percent = millivolts.saturating_sub(EMPTY) / step;
    if percent > 100 { 100 } else { percent as u8 }
}

/// mV of an empty battery.
const EMPTY: u16 = 2200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curves_end_at_0_and_100_percent() {
        for (millivolts, pvvx, atc1441) in [
            (0, 0, 0),
            (2199, 0, 0),
            (2208, 1, 0),
            (2209, 1, 1),
            (2999, 99, 88),
            (3000, 100, 88),
            (3099, 100, 99),
            (3100, 100, 100),
            (u16::MAX, 100, 100),
        ] {
            assert_eq!(pvvx_battery_level(millivolts), pvvx);
            assert_eq!(atc1441_battery_level(millivolts), atc1441);
        }
    }
}
