//! Types of channels: what a channel's integer means.

use crate::Decimal;

/// What a channel's integer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelType {
    /// The number that the configuration and `api/channelTypes` hold.
    pub id: u8,
    /// The firmware's name, as `SetChannelType` takes it.
    pub name: &'static str,
    /// What is measured, empty if it isn't a measurement.
    pub title: &'static str,
    /// The unit as the firmware prints it, empty if there is none.
    pub unit: &'static str,
    /// By what the integer is divided.
    pub divider: u16,
    /// How many decimals the divided value has.
    pub decimals: u8,
    /// How many decimals the firmware prints: one more for dividers 10, 100 and 1000.
    pub firmware_decimals: u8,
}

impl ChannelType {
    /// The row of a number. Numbers above the table exist in newer firmware.
    #[must_use]
    pub fn of(id: u8) -> Option<&'static Self> {
        CHANNEL_TYPES.get(usize::from(id))
    }

    /// The row of a name; upper and lower case are the same.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        CHANNEL_TYPES
            .iter()
            .find(|row| row.name.eq_ignore_ascii_case(name))
    }

    /// The value in [`unit`](Self::unit): 215 of `Temperature_div10` is 21.5.
    #[must_use]
    pub const fn value(&self, raw: i32) -> Decimal {
        match self.divider {
            // Halves are five tenths.
            2 => Decimal::new(raw as i64 * 5, 1),
            10 => Decimal::new(raw as i64, 1),
            100 => Decimal::new(raw as i64, 2),
            1000 => Decimal::new(raw as i64, 3),
            _ => Decimal::new(raw as i64, 0),
        }
    }
}

const fn row(
    id: u8,
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    divider: u16,
    decimals: u8,
    firmware_decimals: u8,
) -> ChannelType {
    ChannelType {
        id,
        name,
        title,
        unit,
        divider,
        decimals,
        firmware_decimals,
    }
}

/// All types; the index is the number.
#[rustfmt::skip]
pub const CHANNEL_TYPES: &[ChannelType] = &[
    row(0, "Default", "", "", 1, 0, 1),
    row(1, "Error", "", "", 1, 0, 1),
    row(2, "Temperature", "Temperature", "C", 1, 0, 1),
    row(3, "Humidity", "Humidity", "%", 1, 0, 1),
    row(4, "Humidity_div10", "Humidity", "%", 10, 1, 2),
    row(5, "Temperature_div10", "Temperature", "C", 10, 1, 2),
    row(6, "Toggle", "", "", 1, 0, 1),
    row(7, "Dimmer", "", "", 1, 0, 1),
    row(8, "LowMidHigh", "", "", 1, 0, 1),
    row(9, "TextField", "", "", 1, 0, 1),
    row(10, "ReadOnly", "ReadOnly", "", 1, 0, 1),
    row(11, "OffLowMidHigh", "", "", 1, 0, 1),
    row(12, "OffLowestLowMidHighHighest", "", "", 1, 0, 1),
    row(13, "LowestLowMidHighHighest", "", "", 1, 0, 1),
    row(14, "Dimmer256", "", "", 1, 0, 1),
    row(15, "Dimmer1000", "", "", 1, 0, 1),
    row(16, "Frequency_div100", "Frequency", "Hz", 100, 2, 3),
    row(17, "Voltage_div10", "Voltage", "V", 10, 1, 2),
    row(18, "Power", "Power", "W", 1, 0, 1),
    row(19, "Current_div100", "Current", "A", 100, 2, 3),
    row(20, "ActivePower", "", "", 1, 0, 1),
    row(21, "PowerFactor_div1000", "PowerFactor", "", 1000, 3, 4),
    row(22, "ReactivePower", "ReactivePower", "vAr", 1, 0, 1),
    row(23, "EnergyTotal_kWh_div1000", "EnergyTotal", "kWh", 1000, 3, 4),
    row(24, "EnergyExport_kWh_div1000", "EnergyExport", "kWh", 1000, 3, 4),
    row(25, "EnergyToday_kWh_div1000", "EnergyToday", "kWh", 1000, 3, 4),
    row(26, "Current_div1000", "Current", "A", 1000, 3, 4),
    row(27, "EnergyTotal_kWh_div100", "EnergyTotal", "kWh", 100, 2, 3),
    row(28, "OpenClosed", "", "", 1, 0, 1),
    row(29, "OpenClosed_Inv", "", "", 1, 0, 1),
    row(30, "BatteryLevelPercent", "Battery", "%", 1, 0, 1),
    row(31, "OffDimBright", "", "", 1, 0, 1),
    row(32, "LowMidHighHighest", "", "", 1, 0, 1),
    row(33, "OffLowMidHighHighest", "", "", 1, 0, 1),
    row(34, "Custom", "", "", 1, 0, 1),
    row(35, "Power_div10", "Power", "W", 10, 1, 2),
    row(36, "ReadOnlyLowMidHigh", "", "", 1, 0, 1),
    row(37, "SmokePercent", "", "", 1, 0, 1),
    row(38, "Illuminance", "Illuminance", "Lux", 1, 0, 1),
    row(39, "Toggle_Inv", "", "", 1, 0, 1),
    row(40, "OffOnRemember", "", "", 1, 0, 1),
    row(41, "Voltage_div100", "Voltage", "V", 100, 2, 3),
    row(42, "Temperature_div2", "Temperature", "C", 2, 1, 1),
    row(43, "TimerSeconds", "", "", 1, 0, 1),
    row(44, "Frequency_div10", "Frequency", "Hz", 10, 1, 2),
    row(45, "PowerFactor_div100", "PowerFactor", "", 100, 2, 3),
    row(46, "Pressure_div100", "Pressure", "hPa", 100, 2, 3),
    row(47, "Temperature_div100", "Temperature", "C", 100, 2, 3),
    row(48, "LeakageCurrent_div1000", "Leakage", "A", 1000, 3, 4),
    row(49, "Power_div100", "Power", "W", 100, 2, 3),
    row(50, "Motion", "", "", 1, 0, 1),
    row(51, "ReadOnly_div10", "ReadOnly", "", 10, 1, 2),
    row(52, "ReadOnly_div100", "ReadOnly", "", 100, 2, 3),
    row(53, "ReadOnly_div1000", "ReadOnly", "", 1000, 3, 4),
    row(54, "Ph", "Ph Water Quality", "Ph", 100, 2, 3),
    row(55, "Orp", "Orp Water Quality", "mV", 1, 0, 1),
    row(56, "Tds", "TDS Water Quality", "ppm", 1, 0, 1),
    row(57, "Motion_n", "", "", 1, 0, 1),
    row(58, "Frequency_div1000", "Frequency", "Hz", 1000, 3, 4),
    row(59, "OpenStopClose", "", "", 1, 0, 1),
    row(60, "Percent", "", "", 1, 0, 1),
    row(61, "StopUpDown", "", "", 1, 0, 1),
    row(62, "EnergyImport_kWh_div1000", "EnergyImport", "kWh", 1000, 3, 4),
    row(63, "Enum", "", "", 1, 0, 1),
    row(64, "ReadOnlyEnum", "", "", 1, 0, 1),
    row(65, "Current_div10", "Current", "A", 10, 1, 2),
    row(66, "Illuminance_div10", "Illuminance", "Lux", 10, 1, 2),
    row(67, "Frequency", "Frequency", "Hz", 1, 0, 1),
];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_index_is_the_number() {
        for (index, row) in CHANNEL_TYPES.iter().enumerate() {
            assert_eq!(usize::from(row.id), index);
            assert!(matches!(row.divider, 1 | 2 | 10 | 100 | 1000));
        }
    }

    #[test]
    fn values_are_exact() {
        let value = |name, raw| ChannelType::named(name).unwrap().value(raw).to_string();
        assert_eq!(value("temperature_div10", 215), "21.5");
        assert_eq!(value("Temperature_div2", -3), "-1.5");
        assert_eq!(value("Current_div1000", 26), "0.026");
    }
}
