use alloc::string::String;

use crate::Decimal;

/// How a meter's values stand in a raw data point; all big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MeterFormat {
    /// 6 bytes: V / 10, A / 10, W / 10, two each.
    V2C2P2,
    /// 8 bytes: V / 10 (two), A / 1000 (three), W (three). 10 bytes exist, the last two mean nothing.
    V2C3P3,
    /// 15 bytes: V / 10 at 0, A / 1000 at 3, W at 6, power factor / 1000 at 11, Hz / 1000 at 13.
    Vcppff,
}

/// What a meter measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MeterValues {
    /// V.
    pub voltage: Decimal,
    /// A.
    pub current: Decimal,
    /// W.
    pub power: Decimal,
    /// Power factor.
    pub factor: Option<Decimal>,
    /// Hz.
    pub frequency: Option<Decimal>,
}

impl MeterFormat {
    /// Reads the bytes of a data point; `None` if there are too few.
    #[must_use]
    pub fn read(self, data: &[u8]) -> Option<MeterValues> {
        let number = |at: usize, size: usize, decimals: u8| {
            let digits = data.get(at..at + size)?;
            let number = digits
                .iter()
                .fold(0, |number: i64, byte| number << 8 | i64::from(*byte));
            Some(Decimal::new(number, decimals))
        };
        Some(match self {
            Self::V2C2P2 => MeterValues {
                voltage: number(0, 2, 1)?,
                current: number(2, 2, 1)?,
                power: number(4, 2, 1)?,
                factor: None,
                frequency: None,
            },
            Self::V2C3P3 => MeterValues {
                voltage: number(0, 2, 1)?,
                current: number(2, 3, 3)?,
                power: number(5, 3, 0)?,
                factor: None,
                frequency: None,
            },
            Self::Vcppff => MeterValues {
                voltage: number(0, 2, 1)?,
                current: number(3, 2, 3)?,
                power: number(6, 2, 0)?,
                factor: Some(number(11, 2, 3)?),
                frequency: Some(number(13, 2, 3)?),
            },
        })
    }
}

/// The text of a lamp's colour: hue in degrees, saturation and value as whole percent times ten, four hex digits each.
/// Takes red, green and blue from 0 to 1; what is beyond counts as the limit.
#[must_use]
pub fn color_text(red: f64, green: f64, blue: f64) -> String {
    let [r, g, b] = [red, green, blue].map(|part| if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) });
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let spread = most - least;
    let hue = if spread <= 0.0 {
        0.0
    } else if most <= r {
        60.0 * ((g - b) / spread) + if g < b { 360.0 } else { 0.0 }
    } else if most <= g {
        60.0 * ((b - r) / spread) + 120.0
    } else {
        60.0 * ((r - g) / spread) + 240.0
    };
    let saturation = if most <= 0.0 { 0.0 } else { spread / most };
    // The degrees are cut, as are the percent.
    let percent = |part: f64| (part * 100.0) as u32 * 10;
    alloc::format!(
        "{:04x}{:04x}{:04x}",
        hue as u32,
        percent(saturation),
        percent(most)
    )
}
