//! The flags of a device: 64 bits, of which these have a meaning.

/// A bit of the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flag {
    /// The bit, 0 to 63, as the command `SetFlag` and `deviceFlag` take it.
    pub bit: u8,
    /// The firmware's name.
    pub name: &'static str,
    /// What it does when set.
    pub meaning: &'static str,
}

impl Flag {
    /// The row of a bit.
    #[must_use]
    pub fn of(bit: u8) -> Option<&'static Self> {
        FLAGS.get(usize::from(bit))
    }

    /// The row of a name; upper and lower case are the same.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FLAGS.iter().find(|row| row.name.eq_ignore_ascii_case(name))
    }

    /// Whether it is set in a device's flags.
    #[must_use]
    pub const fn is_set(&self, flags: u64) -> bool {
        flags >> self.bit & 1 == 1
    }
}

const fn row(bit: u8, name: &'static str, meaning: &'static str) -> Flag {
    Flag { bit, name, meaning }
}

/// All flags; the index is the bit.
#[rustfmt::skip]
pub const FLAGS: &[Flag] = &[
    row(0, "MQTT_BROADCASTLEDPARAMSTOGETHER", "MQTT: publish colour and dimmer together"),
    row(1, "MQTT_BROADCASTLEDFINALCOLOR", "MQTT: publish led_finalcolor_rgb"),
    row(2, "MQTT_BROADCASTSELFSTATEPERMINUTE", "MQTT: publish self state periodically (default every 60 s)"),
    row(3, "LED_RAWCHANNELSMODE", "web UI: raw PWM sliders"),
    row(4, "LED_FORCESHOWRGBCWCONTROLLER", "web UI: always show the RGBCW control"),
    row(5, "CMD_ENABLETCPRAWPUTTYSERVER", "TCP console on port 100"),
    row(6, "BTN_INSTANTTOUCH", "buttons act on press"),
    row(7, "MQTT_ALWAYSSETRETAIN", "MQTT: retain every publish"),
    row(8, "LED_ALTERNATE_CW_MODE", "alternate CW mode: channel 1 temperature, channel 2 brightness"),
    row(9, "SM2135_SEPARATE_MODES", "SM2135: separate RGB and CW modes"),
    row(10, "MQTT_BROADCASTSELFSTATEONCONNECT", "MQTT: publish self state on connect (default on)"),
    row(11, "SLOW_PWM", "PWM 600 Hz instead of 1 kHz"),
    row(12, "LED_REMEMBERLASTSTATE", "remember LED state over reboots"),
    row(13, "HTTP_PINMONITOR", "web UI: show levels of unused pins"),
    row(14, "IR_PUBLISH_RECEIVED", "IR: publish received codes as text"),
    row(15, "IR_ALLOW_UNKNOWN", "IR: accept unknown protocols"),
    row(16, "LED_BROADCAST_FULL_RGBCW", "MQTT: publish led_finalcolor_rgbcw"),
    row(17, "LED_AUTOENABLE_ON_WWW_ACTION", "LED: switch on when changed on the web page"),
    row(18, "LED_SMOOTH_TRANSITIONS", "LED: smooth transitions"),
    row(19, "TUYAMCU_ALWAYSPUBLISHCHANNELS", "TuyaMCU: always publish its channels"),
    row(20, "LED_FORCE_MODE_RGB", "LED: use three channels only"),
    row(21, "MQTT_RETAIN_POWER_CHANNELS", "MQTT: retain relay channels"),
    row(22, "IR_PUBLISH_RECEIVED_IN_JSON", "IR: publish as Tasmota JSON"),
    row(23, "LED_AUTOENABLE_ON_ANY_ACTION", "LED: switch on at any change"),
    row(24, "LED_EMULATE_COOL_WITH_RGB", "LED: emulate cool white with RGB (four PWMs)"),
    row(25, "POWER_ALLOW_NEGATIVE", "power: allow negative values"),
    row(26, "USE_SECONDARY_UART", "use the alternate UART"),
    row(27, "AUTOMAIC_HASS_DISCOVERY", "send HA discovery automatically after changes"),
    row(28, "LED_SETTING_WHITE_RGB_ENABLES_CW", "LED: white RGB enables temperature mode"),
    row(29, "USE_SHORT_DEVICE_NAME_AS_HOSTNAME", "short name as host name"),
    row(30, "DO_TASMOTA_TELE_PUBLISHES", "MQTT: Tasmota tele/stat publishes and subscriptions"),
    row(31, "CMD_ACCEPT_UART_COMMANDS", "commands over UART"),
    row(32, "LED_USE_OLD_LINEAR_MODE", "LED: linear brightness"),
    row(33, "PUBLISH_MULTIPLIED_VALUES", "MQTT: publish channel values scaled by their type"),
    row(34, "MQTT_HASS_ADD_RELAYS_AS_LIGHTS", "HA discovery: relays as lights"),
    row(35, "NOT_PUBLISH_AVAILABILITY", "HA discovery: no availability topic"),
    row(36, "DRV_DISABLE_AUTOSTART", "drivers do not start by themselves"),
    row(37, "WIFI_FAST_CONNECT", "Wi-Fi quick connect"),
    row(38, "POWER_FORCE_ZERO_IF_RELAYS_OPEN", "power: zero while all relays are open"),
    row(39, "MQTT_PUBLISH_ALL_CHANNELS", "MQTT: publish all 64 channels"),
    row(40, "MQTT_ENERGY_IN_KWH", "MQTT: energy in kWh instead of Wh"),
    row(41, "BUTTON_DISABLE_ALL", "ignore all buttons"),
    row(42, "DOORSENSOR_INVERT_STATE", "door sensor inverted"),
    row(43, "TUYAMCU_USE_QUEUE", "TuyaMCU: send queue"),
    row(44, "HTTP_DISABLE_AUTH_IN_SAFE_MODE", "HTTP: no password in safe mode"),
    row(45, "DISCOVERY_DONT_MERGE_LIGHTS", "HA discovery: do not merge dimmers into lights"),
    row(46, "TUYAMCU_STORE_RAW_DATA", "TuyaMCU: keep raw data"),
    row(47, "TUYAMCU_STORE_ALL_DATA", "TuyaMCU: keep all data"),
    row(48, "POWER_INVERT_AC", "power: invert direction"),
    row(49, "HTTP_NO_ONOFF_WORDS", "web UI: no ON/OFF words"),
    row(50, "MQTT_NEVERAPPENDGET", "MQTT: never append /get"),
    row(51, "WIFI_ENHANCED_FAST_CONNECT", "Wi-Fi enhanced quick connect (AP data kept in flash)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_the_bit() {
        for (index, row) in FLAGS.iter().enumerate() {
            assert_eq!(usize::from(row.bit), index);
        }
    }
}
