//! All attributes: where they occur, their form, unit, scale, values and meaning.
//!
//! Documentation as data, for bridges and tools that show attributes; [`decode`](crate::decode) is what reads them.

use crate::Category;

/// A row of the table of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// Where it occurs; empty for all categories.
    pub categories: &'static [Category],
    /// Its form in generation 1.
    pub generation_1: Wire,
    /// Its form in generation 2.
    pub generation_2: Wire,
    /// Unit after scaling; empty for words.
    pub unit: &'static str,
    /// Power of ten: the value is the number times `10^scale`.
    pub scale: i8,
    /// Values and ranges.
    pub values: &'static str,
    /// What may be done with it.
    pub access: Access,
    /// What it says.
    pub meaning: &'static str,
}

/// The JSON form of an attribute. Readers accept numbers and numbers as text everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wire {
    /// It doesn't occur in this generation.
    Absent,
    /// A word.
    Text,
    /// Decimal text.
    NumberInText,
    /// A JSON number.
    Number,
}

/// What may be done with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// It is a state, and read only.
    Read,
    /// It is a state, and can be written.
    ReadWrite,
    /// It can be written, and is no state.
    Write,
    /// Something that happened: good only in a report.
    Event,
}

impl Field {
    /// The row of an attribute; without category the first one of that name.
    #[must_use]
    pub fn find(name: &str, category: Option<Category>) -> Option<&'static Self> {
        let start = FIELDS.partition_point(|row| row.name < name);
        FIELDS
            .get(start..)?
            .iter()
            .take_while(|row| row.name == name)
            .find(|row| {
                row.categories.is_empty()
                    || category.is_none_or(|category| row.categories.contains(&category))
            })
    }
}

#[expect(clippy::too_many_arguments, reason = "a row of a table")]
const fn field(
    name: &'static str,
    categories: &'static [Category],
    generation_1: Wire,
    generation_2: Wire,
    unit: &'static str,
    scale: i8,
    values: &'static str,
    access: Access,
    meaning: &'static str,
) -> Field {
    Field {
        name,
        categories,
        generation_1,
        generation_2,
        unit,
        scale,
        values,
        access,
        meaning,
    }
}

use Access::*;
use Category::*;
use Wire::*;

/// All attributes, sorted by name; a name that means different things has a row for each.
#[rustfmt::skip]
pub const FIELDS: &[Field] = &[
    field("ac_power", &[Acpartner], Absent, Number, "W", 0, "", Read, "what the air conditioner draws"),
    field("alarm", &[Smoke, Natgas], NumberInText, Number, "", 0, "0 1 2 8 64 32768", Read, "bits: 0 alarm, 1 test, 3 battery fault, 6 sensitivity fault, 15 I2C fault"),
    field("battery_voltage", &[], Absent, Number, "mV", 0, "3300 = mains placeholder", Read, "battery or supply"),
    field("bed_activity", &[Vibration], NumberInText, Absent, "device unit", 0, "", Read, "activity level"),
    field("button_0", &[Button, WallButton1, WallButton2], Absent, Text, "", 0, "click double_click long_click shake", Event, "first or left key"),
    field("button_1", &[WallButton2], Absent, Text, "", 0, "click double_click long_click", Event, "right key"),
    field("card_verified", &[Lock], NumberInText, Number, "user id", 0, "", Event, "opened by card"),
    field("channel_0", &[WallButton1, WallButton2], Text, Absent, "", 0, "click double_click long_click", Event, "first or left key"),
    field("channel_0", &[Plug, Relay1, Relay2], Text, Text, "", 0, "on off unknown (toggle on write, dualchn)", ReadWrite, "first or left relay"),
    field("channel_1", &[WallButton2], Text, Absent, "", 0, "click double_click long_click", Event, "right key"),
    field("channel_1", &[Relay2], Text, Text, "", 0, "on off unknown", ReadWrite, "second or right relay"),
    field("coordination", &[Vibration], Text, Absent, "raw accelerometer", 0, "about 1000..1250 per g", Read, "orientation"),
    field("cube_status", &[Cube], Absent, Text, "", 0, "as gen1 plus rotate", Event, "gesture"),
    field("curtain_level", &[Curtain], NumberInText, Number, "%", 0, "0..100; -1 and 255 = unknown", ReadWrite, "write as text on gen1"),
    field("curtain_status", &[Curtain], Absent, Text, "", 0, "open close stop auto", Write, "motor command; not reported"),
    field("density", &[Smoke, Natgas], NumberInText, Number, "device unit", 0, "", Read, "smoke or gas density"),
    field("detect_time", &[Cube], Absent, Number, "ms", 0, "", Event, "rotation sampling time"),
    field("dual_channel", &[WallButton2], Text, Text, "", 0, "both_click double_both_click long_both_click (click on gen2)", Event, "both keys"),
    field("energy_consumed", &[Plug], Absent, Number, "Wh", 0, "", Read, "lifetime energy"),
    field("env_temp", &[Hvac], Absent, Number, "°C", 0, "", Read, "measured"),
    field("final_tilt_angle", &[Vibration], NumberInText, Absent, "°", 0, "", Read, "tilt angle; follows status tilt"),
    field("fing_verified", &[Lock], NumberInText, Number, "user id", 0, "65536 and up", Event, "opened by fingerprint"),
    field("fw_ver", &[Acpartner], Absent, Text, "", 0, "1.4.1_115.0149", Read, "the gateway's firmware"),
    field("humidity", &[ClimateTh, ClimateThp], NumberInText, Number, "%", -2, "0 = invalid", Read, "relative humidity"),
    field("illumination", &[Gateway, Acpartner], Number, Number, "raw", 0, "gateway about 276..1300, acpartner 0..1300", Read, "ambient light, uncalibrated; Home Assistant subtracts 300 and clamps at 0; homebridge-mi-aqara subtracts 279 for gateway and 0 for acpartner"),
    field("illumination", &[Motion], Absent, Number, "lx", 0, "0..1200", Read, "light level at motion only"),
    field("inuse", &[Plug], NumberInText, Absent, "", 0, "0 1", Read, "a load draws current"),
    field("ip", &[Gateway, Acpartner], Text, Text, "", 0, "", Read, "in gateway heartbeats"),
    field("join_permission", &[Gateway, Acpartner], Text, Text, "", 0, "yes no", Write, "30 s pairing window"),
    field("light_level", &[Dimmer], Absent, Number, "%", 0, "0..100", ReadWrite, "brightness"),
    field("light_rgb", &[Dimmer], Absent, Number, "0xBBRRGGBB", 0, "0..0x64FFFFFF", ReadWrite, "colour and brightness"),
    field("load_power", &[Plug], NumberInText, Number, "W", 0, "", Read, "what the load draws"),
    field("load_voltage", &[Plug], NumberInText, Absent, "mV", 0, "", Read, "document only"),
    field("lux", &[Motion], NumberInText, Number, "lx", 0, "0..1200", Read, "light level at motion and at heartbeat"),
    field("mid", &[Gateway, Acpartner], Number, Number, "ringtone id", 0, "0-8 10-13 20-29 10000 = stop, above 10000 = custom", Write, "ringtone to play"),
    field("mode_cfg", &[Acpartner, Hvac], Absent, Text, "", 0, "heat cool auto dry wind circle invalid", ReadWrite, "mode of the air conditioner"),
    field("motion_status", &[Motion], Absent, Text, "", 0, "motion unknown", Read, "motion detected; there is no end-of-motion message"),
    field("no_close", &[Magnet], NumberInText, Absent, "s", 0, "", Read, "has been open for this long"),
    field("no_motion", &[Motion], NumberInText, Absent, "s", 0, "120 180 300 (600 1200 1800 unverified)", Read, "time without motion; state becomes clear"),
    field("on_off_cfg", &[Acpartner, Hvac], Absent, Text, "", 0, "on off toggle invalid (circle on hvac)", ReadWrite, "switches the air conditioner"),
    field("on_off_status", &[Hvac], Absent, Text, "", 0, "on off", Read, "whether it runs"),
    field("power_consumed", &[Plug], NumberInText, Absent, "Wh", 0, "document says kWh, devices send Wh", Read, "lifetime energy"),
    field("power_status", &[Dimmer], Absent, Text, "", 0, "on off unknown", ReadWrite, "whether it is on"),
    field("pressure", &[ClimateThp], NumberInText, Number, "Pa", 0, "30000..110000; 0 = invalid", Read, "air pressure"),
    field("proto_version", &[Gateway, Acpartner], Text, Text, "", 0, "1.0.6 1.0.9 1.1.2 2.0.0 2.0.1 2.0.2", Read, "protocol version"),
    field("psw_verified", &[Lock], NumberInText, Number, "user id", 0, "131072 and up", Event, "opened by password"),
    field("relay_status", &[Acpartner], Absent, Text, "", 0, "on off toggle", ReadWrite, "built-in relay"),
    field("remove_device", &[Gateway, Acpartner], Text, Text, "", 0, "sid of the sub-device", Write, "un-pair"),
    field("rgb", &[Gateway], Number, Number, "0xBBRRGGBB", 0, "0 = off; BB 0..100", ReadWrite, "night light"),
    field("rotate", &[Cube], Text, Absent, "% of a turn, ms", 0, "sign + = clockwise", Event, "rotation; degrees = P x 3.6"),
    field("rotate_degree", &[Cube], Absent, Number, "°", 0, "sign + = clockwise", Event, "rotation angle"),
    field("status", &[Button], Text, Absent, "", 0, "click double_click long_click_press long_click_release shake", Event, "button"),
    field("status", &[Cube], Text, Absent, "", 0, "flip90 flip180 move tap_twice shake_air swing alert free_fall", Event, "gesture"),
    field("status", &[Curtain], Text, Absent, "", 0, "open close stop auto", Write, "motor command"),
    field("status", &[Leak], Text, Absent, "", 0, "leak no_leak iam", Read, "iam = button press; not a state"),
    field("status", &[Magnet], Text, Absent, "", 0, "open close", Read, "contact"),
    field("status", &[Motion], Text, Absent, "", 0, "motion", Read, "motion detected; ignore in heartbeats"),
    field("status", &[Plug], Text, Absent, "", 0, "on off unknown", ReadWrite, "relay"),
    field("status", &[Vibration], Text, Absent, "", 0, "vibrate tilt free_fall actively", Event, "movement"),
    field("swing_cfg", &[Acpartner], Absent, Text, "", 0, "unswing swing invalid", ReadWrite, "swing of the air outlet"),
    field("temp_cfg", &[Acpartner, Hvac], Absent, Number, "°C", 0, "17..30 on acpartner", ReadWrite, "set point, integer"),
    field("temperature", &[ClimateTh, ClimateThp], NumberInText, Number, "°C", -2, "10000 = invalid; may be negative", Read, "temperature"),
    field("verified_wrong", &[Lock], NumberInText, Number, "tries", 0, "3 and up", Event, "failed tries"),
    field("vol", &[Gateway, Acpartner], Number, Number, "%", 0, "0..100", Write, "only together with mid"),
    field("voltage", &[], Number, Absent, "mV", 0, "3600 and 3300 = mains placeholder", Read, "battery or supply"),
    field("window_status", &[Magnet], Absent, Text, "", 0, "open close unknown", Read, "contact"),
    field("wleak_status", &[Leak], Absent, Text, "", 0, "leak normal (no_leak accepted)", Read, "water leak"),
    field("ws_cfg", &[Acpartner, Hvac], Absent, Text, "", 0, "low middle high auto circle invalid", ReadWrite, "fan speed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_sorted_and_unique_in_each_category() {
        assert_eq!(FIELDS.len(), 68);
        assert!(FIELDS.windows(2).all(|pair| pair[0].name <= pair[1].name));
        for (index, row) in FIELDS.iter().enumerate() {
            for other in &FIELDS[..index] {
                let overlap = row
                    .categories
                    .iter()
                    .any(|category| other.categories.contains(category));
                assert!(row.name != other.name || !overlap, "{}", row.name);
            }
        }
    }

    #[test]
    fn a_name_reads_by_its_category() {
        assert_eq!(Field::find("illumination", Some(Motion)).unwrap().unit, "lx");
        assert_eq!(Field::find("illumination", Some(Gateway)).unwrap().unit, "raw");
        assert_eq!(Field::find("voltage", Some(Cube)).unwrap().unit, "mV");
        assert_eq!(Field::find("rgb", Some(Cube)), None);
    }
}
