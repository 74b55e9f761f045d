//! Battery percent from millivolts. Every project has its own curve; the voltage itself is the better value.

use crate::Decimal;

/// A formula for the battery percentage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BatteryCurve {
    /// 2800 to 3300 mV, in steps of 0.2 %. A new CR2032 of 3000 to 3100 mV shows at most 60 %.
    #[default]
    HomeAssistant,
    /// 2700 to 3100 mV, whole percent.
    OpenHab,
    /// 2655 to 3000 mV, tenths.
    IoBroker,
    /// 2725 to 3100 mV, whole percent.
    LumiAqara,
    /// 2800 to 3300 mV, not limited: below 0 and above 100 occur.
    Homebridge,
    /// 2200 to 3200 mV, not limited. 3600 is what mains devices send in the place of a voltage.
    Domoticz,
}

impl BatteryCurve {
    /// The percentage; `None` where the curve takes the voltage for none of a battery.
    ///
    /// ```
    /// use xiaomi_gateway_proto::BatteryCurve;
    /// assert_eq!(BatteryCurve::HomeAssistant.percent(3055).unwrap().to_string(), "51.0");
    /// assert_eq!(BatteryCurve::Domoticz.percent(3600), None);
    /// ```
    #[must_use]
    pub fn percent(self, millivolts: i32) -> Option<Decimal> {
        let mv = i64::from(millivolts);
        Some(match self {
            Self::HomeAssistant => Decimal::new((mv.clamp(2800, 3300) - 2800) * 2, -1),
            Self::OpenHab => Decimal::new((mv.clamp(2700, 3100) - 2700) / 4, 0),
            Self::IoBroker => {
                // (mv - 2655) / 3.45 in tenths, halves up.
                let tenths = ((mv - 2655) * 2000 + 345).div_euclid(690);
                Decimal::new(tenths.clamp(0, 1000), -1)
            }
            Self::LumiAqara => Decimal::new(((mv - 2725) * 8 + 15).div_euclid(30).clamp(0, 100), 0),
            Self::Homebridge => Decimal::new((mv - 2800) * 2, -1),
            Self::Domoticz if mv == 3600 => return None,
            Self::Domoticz => Decimal::new((mv - 2200) / 10, 0),
        })
    }

    /// Whether the battery is nearly empty, by the documents: below 2800 mV.
    #[must_use]
    pub const fn is_low(millivolts: i32) -> bool {
        millivolts < 2800
    }
}
