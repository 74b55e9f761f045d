//! Roles of pins: what hangs on a pin.

/// What hangs on a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PinRole {
    /// The number that the configuration and `api/pins` hold.
    pub id: u8,
    /// The firmware's name, as `SetPinRole` takes it; empty for a pin without role.
    pub name: &'static str,
    /// How many channel numbers belong to it.
    pub channels: u8,
}

impl PinRole {
    /// The row of a number. Numbers above the table exist in newer firmware.
    #[must_use]
    pub fn of(id: u8) -> Option<&'static Self> {
        PIN_ROLES.get(usize::from(id))
    }

    /// The row of a name; upper and lower case are the same.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PIN_ROLES.iter().find(|row| row.name.eq_ignore_ascii_case(name))
    }

    /// Whether it is a relay, plain or inverted.
    #[must_use]
    pub const fn is_relay(&self) -> bool {
        matches!(self.id, 1 | 2)
    }
}

const fn row(id: u8, name: &'static str, channels: u8) -> PinRole {
    PinRole { id, name, channels }
}

/// All roles; the index is the number.
#[rustfmt::skip]
pub const PIN_ROLES: &[PinRole] = &[
    row(0, "", 1),
    row(1, "Rel", 1),
    row(2, "Rel_n", 1),
    row(3, "Btn", 2),
    row(4, "Btn_n", 2),
    row(5, "LED", 1),
    row(6, "LED_n", 1),
    row(7, "PWM", 1),
    row(8, "WifiLED", 0),
    row(9, "WifiLED_n", 0),
    row(10, "Btn_Tgl_All", 0),
    row(11, "Btn_Tgl_All_n", 0),
    row(12, "dInput", 1),
    row(13, "dInput_n", 1),
    row(14, "TglChanOnTgl", 1),
    row(15, "dInput_NoPullUp", 1),
    row(16, "dInput_NoPullUp_n", 1),
    row(17, "BL0937SEL", 0),
    row(18, "BL0937CF", 0),
    row(19, "BL0937CF1", 0),
    row(20, "ADC", 1),
    row(21, "SM2135DAT", 0),
    row(22, "SM2135CLK", 0),
    row(23, "BP5758D_DAT", 0),
    row(24, "BP5758D_CLK", 0),
    row(25, "BP1658CJ_DAT", 0),
    row(26, "BP1658CJ_CLK", 0),
    row(27, "PWM_n", 1),
    row(28, "IRRecv", 0),
    row(29, "IRSend", 0),
    row(30, "Btn_NextColor", 0),
    row(31, "Btn_NextColor_n", 0),
    row(32, "Btn_NextDimmer", 0),
    row(33, "Btn_NextDimmer_n", 0),
    row(34, "AlwaysHigh", 0),
    row(35, "AlwaysLow", 0),
    row(36, "UCS1912_DIN", 0),
    row(37, "SM16703P_DIN", 0),
    row(38, "Btn_NextTemperature", 0),
    row(39, "Btn_NextTemperature_n", 0),
    row(40, "Btn_ScriptOnly", 0),
    row(41, "Btn_ScriptOnly_n", 0),
    row(42, "DHT11", 2),
    row(43, "DHT12", 2),
    row(44, "DHT21", 2),
    row(45, "DHT22", 2),
    row(46, "CHT83XX_SDA", 2),
    row(47, "CHT83XX_SCK", 0),
    row(48, "SHT3X_SDA", 2),
    row(49, "SHT3X_SCK", 0),
    row(50, "SoftSDA", 1),
    row(51, "SoftSCL", 1),
    row(52, "SM2235DAT", 1),
    row(53, "SM2235CLK", 1),
    row(54, "BridgeFWD", 1),
    row(55, "BridgeREV", 1),
    row(56, "Btn_SmartLED", 1),
    row(57, "Btn_SmartLED_n", 1),
    row(58, "DoorSnsrWSleep", 1),
    row(59, "DoorSnsrWSleep_nPup", 1),
    row(60, "BAT_ADC", 1),
    row(61, "BAT_Relay", 1),
    row(62, "TM1637_DIO", 1),
    row(63, "TM1637_CLK", 1),
    row(64, "BL0937SEL_n", 0),
    row(65, "DoorSnsrWSleep_pd", 1),
    row(66, "SGP_CLK", 0),
    row(67, "SGP_DAT", 2),
    row(68, "ADC_Button", 1),
    row(69, "GN6932_CLK", 1),
    row(70, "GN6932_DAT", 1),
    row(71, "GN6932_STB", 1),
    row(72, "TM1638_CLK", 1),
    row(73, "TM1638_DAT", 1),
    row(74, "TM1638_STB", 1),
    row(75, "BAT_Relay_n", 1),
    row(76, "KP18058_CLK", 1),
    row(77, "KP18058_DAT", 1),
    row(78, "DS1820_IO", 1),
    row(79, "PWM_ScriptOnly", 1),
    row(80, "PWM_ScriptOnly_n", 1),
    row(81, "Counter_f", 1),
    row(82, "Counter_r", 1),
    row(83, "IRRecv_nPup", 0),
    row(84, "StripState", 1),
    row(85, "StripState_n", 1),
    row(86, "HLW_8112_SCSN", 0),
    row(87, "RCRecv", 0),
    row(88, "RCRecv_nPup", 0),
    row(89, "Btn_pd", 2),
    row(90, "Btn_pd_n", 2),
    row(91, "TglChanOnTgl_pd", 1),
    row(92, "ShutterA", 1),
    row(93, "ShutterB", 1),
    row(94, "BtnShutterUp", 1),
    row(95, "BtnShutterDown", 1),
    row(96, "BL0939_SCLK", 0),
    row(97, "BL0939_MOSI", 0),
    row(98, "BL0939_MISO", 0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_the_number() {
        for (index, row) in PIN_ROLES.iter().enumerate() {
            assert_eq!(usize::from(row.id), index);
        }
    }
}
