//! Reads attributes by the category of their device.

use alloc::vec::Vec;

use crate::{
    Alarm, BatteryCurve, ButtonAction, Category, Channel, Decimal, Decoded, DeviceEvent, Fields, Flag, Kind,
    Light, Model, Orientation, Power, Quantity, Rotation, State, Switch, TextState, UnlockMethod, Value,
};

/// Which kind of message attributes come from. It decides what may be an event, and what may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Something changed.
    Report,
    /// A sign of life, with states that may be stale.
    Heartbeat,
    /// The answer to a read.
    Read,
    /// The answer to a write: the state before it.
    Write,
}

impl Source {
    pub(crate) const fn of(kind: &Kind<'_>) -> Option<Self> {
        match kind {
            Kind::Report => Some(Self::Report),
            Kind::Heartbeat => Some(Self::Heartbeat),
            Kind::ReadReply => Some(Self::Read),
            Kind::WriteReply => Some(Self::Write),
            _ => None,
        }
    }
}

/// Reads the attributes of a model's message.
///
/// Attributes of both generations are understood whatever the message's form, since gateways mix them.
///
/// ```
/// use xiaomi_gateway_proto::{Fields, Quantity, Source, decode};
///
/// let fields = Fields::new().with("temperature", "-1959").with("voltage", 2875);
/// let decoded = decode("weather.v1", Source::Read, &fields);
/// assert_eq!(decoded.number(Quantity::Temperature).unwrap().to_string(), "-19.59");
/// assert_eq!(decoded.number(Quantity::Battery).unwrap().to_string(), "15.0");
/// ```
#[must_use]
pub fn decode<'a>(model: &str, source: Source, fields: &'a Fields<'a>) -> Decoded<'a> {
    let row = Model::find(model);
    let category = row.map(|row| row.category);
    let stale = matches!(
        category,
        Some(Category::Magnet | Category::Leak | Category::Smoke | Category::Natgas | Category::Motion)
    );
    let mut decoder = Decoder {
        out: Decoded {
            category,
            state: Vec::with_capacity(fields.len()),
            events: Vec::new(),
            invalid: Vec::new(),
            unparsed: Vec::new(),
            trusted: source != Source::Heartbeat || !stale,
        },
        source,
        rotation: None,
    };
    let on_battery = row.is_some_and(|row| row.power == Power::Battery);
    for (name, value) in fields.iter() {
        let known = match name {
            "voltage" | "battery_voltage" => decoder.voltage(name, value, on_battery),
            _ => category.is_some_and(|category| decoder.field(category, name, value)),
        };
        if !known {
            decoder.out.unparsed.push((name, value));
        }
    }
    decoder.finish()
}

struct Decoder<'a> {
    out: Decoded<'a>,
    source: Source,
    /// What a cube's attributes said about its rotation so far.
    rotation: Option<Rotation>,
}

impl<'a> Decoder<'a> {
    /// Reads one attribute; `false` if the category doesn't know it.
    fn field(&mut self, category: Category, name: &'a str, value: &'a Value<'a>) -> bool {
        match category {
            Category::Gateway | Category::Acpartner => return self.gateway(name, value),
            Category::Motion => return self.motion(name, value),
            Category::Magnet => match name {
                "status" | "window_status" => self.flag(name, value, Flag::Open, &["open"], &["close"]),
                "no_close" => {
                    if self.number(name, value, Quantity::OpenFor) {
                        self.set_flag(Flag::Open, true);
                    }
                }
                _ => return false,
            },
            Category::Leak => match name {
                "status" | "wleak_status" if value.text() == Some("iam") => self.event(DeviceEvent::Iam),
                "status" | "wleak_status" => {
                    self.flag(name, value, Flag::Leak, &["leak"], &["no_leak", "normal"]);
                }
                _ => return false,
            },
            Category::Smoke | Category::Natgas => match name {
                "alarm" => match unsigned(value) {
                    Some(code) => {
                        self.out
                            .state
                            .push(State::Alarm(Alarm::from_code(code, category == Category::Smoke)));
                    }
                    None => self.out.invalid.push(name),
                },
                "density" => _ = self.number(name, value, Quantity::Density),
                _ => return false,
            },
            Category::Button | Category::WallButton1 | Category::WallButton2 => {
                return self.button(category, name, value);
            }
            Category::Cube => return self.cube(name, value),
            Category::Vibration => return self.vibration(name, value),
            Category::ClimateTh | Category::ClimateThp => return self.climate(category, name, value),
            Category::Plug => match name {
                "status" | "channel_0" => self.relay(name, value, 0),
                "inuse" => match unsigned(value) {
                    Some(flag @ (0 | 1)) => self.set_flag(Flag::InUse, flag == 1),
                    _ => self.out.invalid.push(name),
                },
                "load_power" => _ = self.number(name, value, Quantity::Power),
                // The document of generation 1 says kWh; devices send Wh (vector `plug/read_off`).
                "power_consumed" | "energy_consumed" => _ = self.number(name, value, Quantity::Energy),
                "load_voltage" => _ = self.number(name, value, Quantity::LoadVoltage),
                _ => return false,
            },
            Category::Relay1 | Category::Relay2 => match (name, category) {
                ("channel_0", _) => self.relay(name, value, 0),
                ("channel_1", Category::Relay2) => self.relay(name, value, 1),
                _ => return false,
            },
            Category::Curtain => match name {
                "curtain_level" => match value.number() {
                    Some(level) => {
                        let position = level.to_i64().and_then(|level| u8::try_from(level).ok());
                        self.out
                            .state
                            .push(State::Position(position.filter(|position| *position <= 100)));
                    }
                    None => self.out.invalid.push(name),
                },
                "status" | "curtain_status" => match value.text() {
                    Some(word @ ("open" | "close" | "stop" | "auto")) => {
                        self.out.state.push(State::Curtain(word));
                    }
                    _ => self.out.invalid.push(name),
                },
                _ => return false,
            },
            Category::Lock => return self.lock(name, value),
            Category::Dimmer => match name {
                "power_status" => self.power(name, value),
                "light_rgb" => self.light(name, value),
                "light_level" => _ = self.number(name, value, Quantity::LevelPct),
                _ => return false,
            },
            Category::Hvac => return self.climate_control(name, value),
            Category::Light => {
                let quantity = match name {
                    "status" => {
                        self.power(name, value);
                        return true;
                    }
                    "level" => Quantity::Level,
                    "hue" => Quantity::Hue,
                    "saturation" => Quantity::Saturation,
                    "color_temperature" => Quantity::ColorTemperature,
                    "x" => Quantity::X,
                    "y" => Quantity::Y,
                    _ => return false,
                };
                self.number(name, value, quantity);
            }
        }
        true
    }

    fn voltage(&mut self, name: &'a str, value: &'a Value<'a>, on_battery: bool) -> bool {
        let millivolts = value
            .number()
            .and_then(|value| i32::try_from(value.rescaled(0)?).ok());
        self.number(name, value, Quantity::Voltage);
        let percent = millivolts.and_then(|millivolts| BatteryCurve::default().percent(millivolts));
        if let (true, Some(percent)) = (on_battery, percent) {
            self.out.state.push(State::Number(Quantity::Battery, percent));
        }
        true
    }

    fn gateway(&mut self, name: &'a str, value: &'a Value<'a>) -> bool {
        match name {
            "rgb" => self.light(name, value),
            "illumination" => _ = self.number(name, value, Quantity::IlluminationRaw),
            "proto_version" => self.text(name, value, TextState::ProtoVersion),
            "ip" => self.text(name, value, TextState::Ip),
            "fw_ver" => self.text(name, value, TextState::Firmware),
            "swing_cfg" => self.text(name, value, TextState::Swing),
            "relay_status" => self.text(name, value, TextState::RelayStatus),
            "ac_power" => _ = self.number(name, value, Quantity::AcPower),
            _ => return self.climate_control(name, value),
        }
        true
    }

    /// What air-conditioning companions and thermostats share.
    fn climate_control(&mut self, name: &'a str, value: &'a Value<'a>) -> bool {
        match name {
            "on_off_cfg" => self.text(name, value, TextState::OnOff),
            "mode_cfg" => self.text(name, value, TextState::Mode),
            "ws_cfg" => self.text(name, value, TextState::WindSpeed),
            "on_off_status" => self.text(name, value, TextState::OnOffStatus),
            "temp_cfg" => _ = self.number(name, value, Quantity::TargetTemperature),
            "env_temp" => _ = self.number(name, value, Quantity::EnvironmentTemperature),
            _ => return false,
        }
        true
    }

    /// Only reports tell of motion: heartbeats and read replies repeat the last one for hours.
    fn motion(&mut self, name: &'a str, value: &'a Value<'a>) -> bool {
        match name {
            "lux" => _ = self.number(name, value, Quantity::Illuminance),
            "illumination" => _ = self.number(name, value, Quantity::IlluminationLux),
            "status" | "motion_status" => match (self.source, value.text()) {
                (_, None) => self.out.invalid.push(name),
                (Source::Report, Some("motion")) => {
                    self.set_flag(Flag::Motion, true);
                    self.event(DeviceEvent::Motion);
                }
                (_, Some("unknown" | "motion")) => {}
                (_, Some(value)) => self.event(DeviceEvent::Unknown { value }),
            },
            "no_motion" => {
                if self.source != Source::Heartbeat && self.number(name, value, Quantity::NoMotion) {
                    self.set_flag(Flag::Motion, false);
                }
            }
            _ => return false,
        }
        true
    }

    fn button(&mut self, category: Category, name: &'a str, value: &'a Value<'a>) -> bool {
        let channel = match (category, name) {
            (Category::Button, "status" | "button_0" | "channel_0") => Channel::Left,
            (Category::WallButton1 | Category::WallButton2, "channel_0" | "button_0") => Channel::Left,
            (Category::WallButton2, "channel_1" | "button_1") => Channel::Right,
            (Category::WallButton2, "dual_channel") => Channel::Both,
            _ => return false,
        };
        let Some(word) = value.text() else {
            self.out.invalid.push(name);
            return true;
        };
        let action = match channel {
            Channel::Both => ButtonAction::parse_both(word),
            Channel::Left | Channel::Right => ButtonAction::parse(word),
        };
        self.event(match action {
            Some(action) => DeviceEvent::Button { channel, action },
            None => DeviceEvent::Unknown { value: word },
        });
        true
    }

    fn cube(&mut self, name: &'a str, value: &'a Value<'a>) -> bool {
        let nothing = Rotation::from_degrees(None, None);
        match name {
            "status" | "cube_status" => match value.text() {
                Some("rotate") => _ = self.rotation.get_or_insert(nothing),
                Some(word) => self.gesture(word, CUBE_GESTURES, DeviceEvent::Cube),
                None => self.out.invalid.push(name),
            },
            "rotate" => match value.text().and_then(Rotation::parse) {
                Some(rotation) => self.rotation = Some(rotation),
                None => self.out.invalid.push(name),
            },
            "rotate_degree" => match value.number() {
                Some(degrees) => {
                    let known = self.rotation.unwrap_or(nothing);
                    self.rotation = Some(Rotation::from_degrees(Some(degrees), known.duration_ms));
                }
                None => self.out.invalid.push(name),
            },
            "detect_time" => match unsigned(value) {
                Some(time) => self.rotation.get_or_insert(nothing).duration_ms = Some(time),
                None => self.out.invalid.push(name),
            },
            _ => return false,
        }
        true
    }

    fn vibration(&mut self, name: &'a str, value: &'a Value<'a>) -> bool {
        match name {
            "status" | "motion_status" => match value.text() {
                Some(word) => self.gesture(word, VIBRATIONS, DeviceEvent::Vibration),
                None => self.out.invalid.push(name),
            },
            "final_tilt_angle" => _ = self.number(name, value, Quantity::TiltAngle),
            "bed_activity" => _ = self.number(name, value, Quantity::BedActivity),
            "coordination" => match value.text().and_then(Orientation::parse) {
                Some(orientation) => self.out.state.push(State::Orientation(orientation)),
                None => self.out.invalid.push(name),
            },
            _ => return false,
        }
        true
    }

    /// Each of the three has a number that means "no value".
    fn climate(&mut self, category: Category, name: &'a str, value: &'a Value<'a>) -> bool {
        let number = value.number();
        let (quantity, scale, valid) = match (name, category) {
            ("temperature", _) => (
                Quantity::Temperature,
                -2,
                number.is_some_and(|number| number != 10_000.into()),
            ),
            ("humidity", _) => (
                Quantity::Humidity,
                -2,
                number.is_some_and(|number| number.mantissa() > 0 && number.to_f64() <= 10_000.0),
            ),
            ("pressure", Category::ClimateThp) => (
                Quantity::Pressure,
                0,
                number.is_some_and(|number| number != Decimal::ZERO),
            ),
            _ => return false,
        };
        match number.and_then(|number| number.shifted(scale)) {
            Some(number) if valid => self.out.state.push(State::Number(quantity, number)),
            _ => self.out.invalid.push(name),
        }
        true
    }

    fn lock(&mut self, name: &'a str, value: &'a Value<'a>) -> bool {
        let method = match name {
            "fing_verified" => Some(UnlockMethod::Fingerprint),
            "psw_verified" => Some(UnlockMethod::Password),
            "card_verified" => Some(UnlockMethod::Card),
            "verified_wrong" => None,
            "status" | "lock_status" => {
                self.out.state.push(State::Lock(value));
                return true;
            }
            _ => return false,
        };
        match (unsigned(value), method) {
            (Some(user_id), Some(method)) => self.event(DeviceEvent::Unlock { method, user_id }),
            (Some(count), None) => self.event(DeviceEvent::WrongCredentials { count }),
            (None, _) => self.out.invalid.push(name),
        }
        true
    }

    fn number(&mut self, name: &'a str, value: &Value<'_>, quantity: Quantity) -> bool {
        match value.number() {
            Some(number) => self.out.state.push(State::Number(quantity, number)),
            None => self.out.invalid.push(name),
        }
        value.number().is_some()
    }

    fn text(&mut self, name: &'a str, value: &'a Value<'a>, state: TextState) {
        match value.text() {
            Some(text) => self.out.state.push(State::Text(state, text)),
            None => self.out.invalid.push(name),
        }
    }

    fn flag(&mut self, name: &'a str, value: &Value<'_>, flag: Flag, on: &[&str], off: &[&str]) {
        match value.text() {
            Some(word) if on.contains(&word) => self.set_flag(flag, true),
            Some(word) if off.contains(&word) => self.set_flag(flag, false),
            Some("unknown") => {}
            _ => self.out.invalid.push(name),
        }
    }

    /// The last attribute that says something about a flag decides.
    fn set_flag(&mut self, flag: Flag, on: bool) {
        self.out
            .state
            .retain(|state| !matches!(state, State::Flag(known, _) if *known == flag));
        self.out.state.push(State::Flag(flag, on));
    }

    fn relay(&mut self, name: &'a str, value: &Value<'_>, channel: u8) {
        match value.text().and_then(Switch::parse) {
            Some(state) => {
                self.out
                    .state
                    .retain(|old| !matches!(old, State::Relay { channel: known, .. } if *known == channel));
                self.out.state.push(State::Relay { channel, state });
            }
            None => self.out.invalid.push(name),
        }
    }

    fn power(&mut self, name: &'a str, value: &Value<'_>) {
        match value.text().and_then(Switch::parse) {
            Some(state) => self.out.state.push(State::Power(state)),
            None => self.out.invalid.push(name),
        }
    }

    fn light(&mut self, name: &'a str, value: &Value<'_>) {
        match value
            .number()
            .and_then(Decimal::to_i64)
            .and_then(Light::from_wire)
        {
            Some(light) => self.out.state.push(State::Light(light)),
            None => self.out.invalid.push(name),
        }
    }

    fn gesture(
        &mut self,
        word: &'a str,
        known: &[&'static str],
        event: impl Fn(&'static str) -> DeviceEvent<'a>,
    ) {
        match known.iter().find(|gesture| **gesture == word) {
            Some(gesture) => self.event(event(gesture)),
            None => self.event(DeviceEvent::Unknown { value: word }),
        }
    }

    fn event(&mut self, event: DeviceEvent<'a>) {
        if self.source == Source::Report {
            self.out.events.push(event);
        }
    }

    fn finish(mut self) -> Decoded<'a> {
        if let Some(rotation) = self.rotation {
            self.event(DeviceEvent::CubeRotated(rotation));
        }
        self.out.invalid.sort_unstable();
        self.out
    }
}

fn unsigned(value: &Value<'_>) -> Option<u32> {
    u32::try_from(value.number()?.to_i64()?).ok()
}

pub(crate) const CUBE_GESTURES: &[&str] = &[
    "alert", "flip180", "flip90", "free_fall", "move", "shake_air", "swing", "tap_twice",
];

const VIBRATIONS: &[&str] = &["actively", "free_fall", "tilt", "vibrate"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_of_generation_2_is_one_event() {
        let fields = Fields::new()
            .with("cube_status", "rotate")
            .with("detect_time", 500)
            .with("rotate_degree", -90);
        let decoded = decode("cube", Source::Report, &fields);
        let rotation = Rotation::from_degrees(Some((-90).into()), Some(500));
        assert_eq!(rotation.percent, Some((-25).into()));
        assert_eq!(decoded.events, [DeviceEvent::CubeRotated(rotation)]);
    }

    #[test]
    fn a_rotation_without_figures_is_still_one() {
        let fields = Fields::new().with("cube_status", "rotate");
        let decoded = decode("cube", Source::Report, &fields);
        assert_eq!(
            decoded.events,
            [DeviceEvent::CubeRotated(Rotation::from_degrees(None, None))]
        );
    }

    #[test]
    fn nothing_but_reports_makes_events() {
        let fields = Fields::new().with("status", "click");
        for source in [Source::Read, Source::Write, Source::Heartbeat] {
            let decoded = decode("switch", source, &fields);
            assert!(decoded.events.is_empty() && decoded.unparsed.is_empty());
        }
        assert_eq!(decode("switch", Source::Report, &fields).events.len(), 1);
    }

    #[test]
    fn smoke_has_a_battery_and_gas_has_none() {
        let fields = Fields::new().with("alarm", "9");
        let State::Alarm(smoke) = decode("smoke", Source::Read, &fields).state[0] else {
            panic!()
        };
        let State::Alarm(gas) = decode("natgas", Source::Read, &fields).state[0] else {
            panic!()
        };
        assert!(smoke.alarm && smoke.battery_fault && gas.alarm && !gas.battery_fault);
    }

    #[test]
    fn a_humidity_may_have_a_fraction_and_ends_at_100_percent() {
        for (text, expected) in [
            ("4567.5", Some(Decimal::new(45_675, -3))),
            ("10000.0", Some(100.into())),
            ("10000.5", None),
            ("0.0", None),
            ("-0.5", None),
        ] {
            let fields = Fields::new().with("humidity", text);
            let decoded = decode("sensor_ht", Source::Report, &fields);
            assert_eq!(decoded.number(Quantity::Humidity), expected, "{text}");
            assert_eq!(decoded.invalid.is_empty(), expected.is_some(), "{text}");
        }
    }

    #[test]
    fn a_leak_sensor_that_is_pressed_keeps_its_state() {
        let fields = Fields::new().with("status", "iam");
        let decoded = decode("sensor_wleak.aq1", Source::Report, &fields);
        assert_eq!(
            (decoded.events, decoded.state),
            (alloc::vec![DeviceEvent::Iam], alloc::vec![])
        );
    }
}
