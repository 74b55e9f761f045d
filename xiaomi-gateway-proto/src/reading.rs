//! What attributes mean: states with names and units, and things that happened.

use alloc::string::String;
use alloc::vec::Vec;

use crate::json::Writer;
use crate::{Category, Decimal, Light, Value};

/// The attributes of one message, read by the device's category.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<'a> {
    /// What the device does; `None` for a model that isn't in the table.
    pub category: Option<Category>,
    /// Values that hold until they change.
    pub state: Vec<State<'a>>,
    /// What just happened. Only reports have any: read replies and heartbeats repeat old ones.
    pub events: Vec<DeviceEvent<'a>>,
    /// Names of attributes whose value can't be used, sorted: a mark for "no value", or nonsense.
    pub invalid: Vec<&'a str>,
    /// Attributes that the category doesn't know.
    pub unparsed: Vec<(&'a str, &'a Value<'a>)>,
    /// Whether the state may be taken for an event. Heartbeats of motion, contact, leak, smoke and gas sensors repeat
    /// stale states, so there it is `false`: show such a state, but don't ring a bell.
    pub trusted: bool,
}

impl Decoded<'_> {
    /// The value of a quantity.
    #[must_use]
    pub fn number(&self, quantity: Quantity) -> Option<Decimal> {
        self.state.iter().find_map(|state| match state {
            State::Number(found, value) if *found == quantity => Some(*value),
            _ => None,
        })
    }

    /// The value of a yes-no state.
    #[must_use]
    pub fn flag(&self, flag: Flag) -> Option<bool> {
        self.state.iter().find_map(|state| match state {
            State::Flag(found, on) if *found == flag => Some(*on),
            _ => None,
        })
    }

    /// The state of a relay.
    #[must_use]
    pub fn relay(&self, channel: u8) -> Option<Switch> {
        self.state.iter().find_map(|state| match state {
            State::Relay {
                channel: found,
                state,
            } if *found == channel => Some(*state),
            _ => None,
        })
    }

    /// Everything as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut writer = Writer::default();
        writer.object(|writer| {
            let category = self
                .category
                .map_or(Value::Null, |category| category.name().into());
            writer.member("category", &category);
            writer.name("state");
            writer.object(|writer| {
                for state in &self.state {
                    writer.name(state.name());
                    state.write(writer);
                }
            });
            writer.name("events");
            writer.array(|writer| self.events.iter().for_each(|event| event.write(writer)));
            writer.name("invalid");
            writer.array(|writer| self.invalid.iter().for_each(|name| writer.string(name)));
            writer.name("unparsed");
            writer.object(|writer| {
                self.unparsed
                    .iter()
                    .for_each(|(name, value)| writer.member(name, value));
            });
            writer.member("trusted", &Value::Bool(self.trusted));
        });
        writer.finish()
    }
}

/// A value that holds until it changes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum State<'a> {
    /// A measurement or setting.
    Number(Quantity, Decimal),
    /// Yes or no.
    Flag(Flag, bool),
    /// A relay; channel 0 is the first or left one.
    Relay {
        /// 0 or 1.
        channel: u8,
        /// What it is.
        state: Switch,
    },
    /// Whether a lamp is on.
    Power(Switch),
    /// Colour and brightness.
    Light(Light),
    /// A detector's alarm and faults.
    Alarm(Alarm),
    /// Where a vibration sensor's axes point.
    Orientation(Orientation),
    /// Percent open of a curtain; `None` while it doesn't know.
    Position(Option<u8>),
    /// A curtain's last command: `open`, `close`, `stop`, `auto`.
    Curtain(&'a str),
    /// A word or version.
    Text(TextState, &'a str),
    /// Whatever a lock sends as `status`.
    Lock(&'a Value<'a>),
}

/// Numbers that devices measure or are set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quantity {
    /// Battery or supply, mV; 3300 and 3600 are placeholders on mains devices.
    Voltage,
    /// Battery, %, by Home Assistant's curve; battery devices only.
    Battery,
    /// Ambient light of a gateway, uncalibrated.
    IlluminationRaw,
    /// How long there was no motion, s.
    NoMotion,
    /// Light, lx.
    Illuminance,
    /// Light at motion (generation 2), lx.
    IlluminationLux,
    /// How long a contact has been open, s.
    OpenFor,
    /// Smoke or gas, in the device's own unit.
    Density,
    /// Tilt, degrees.
    TiltAngle,
    /// Activity, in the device's own unit.
    BedActivity,
    /// °C.
    Temperature,
    /// %.
    Humidity,
    /// Pa.
    Pressure,
    /// What a load draws, W.
    Power,
    /// What a load drew in all, Wh.
    Energy,
    /// mV.
    LoadVoltage,
    /// What the air conditioner draws, W.
    AcPower,
    /// Set point, °C.
    TargetTemperature,
    /// What a thermostat measures, °C.
    EnvironmentTemperature,
    /// Brightness of a dimmer, %.
    LevelPct,
    /// Brightness of the lamp of the early document.
    Level,
    /// Hue, of that lamp.
    Hue,
    /// Saturation, of that lamp.
    Saturation,
    /// Colour temperature, of that lamp.
    ColorTemperature,
    /// CIE x, of that lamp.
    X,
    /// CIE y, of that lamp.
    Y,
}

impl Quantity {
    /// Its name with the unit: `temperature_c`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voltage => "voltage_mv",
            Self::Battery => "battery_pct",
            Self::IlluminationRaw => "illumination_raw",
            Self::NoMotion => "no_motion_s",
            Self::Illuminance => "illuminance_lux",
            Self::IlluminationLux => "illumination_lux",
            Self::OpenFor => "open_s",
            Self::Density => "density",
            Self::TiltAngle => "tilt_angle_deg",
            Self::BedActivity => "bed_activity",
            Self::Temperature => "temperature_c",
            Self::Humidity => "humidity_pct",
            Self::Pressure => "pressure_pa",
            Self::Power => "power_w",
            Self::Energy => "energy_wh",
            Self::LoadVoltage => "load_voltage_mv",
            Self::AcPower => "ac_power",
            Self::TargetTemperature => "temp_cfg",
            Self::EnvironmentTemperature => "env_temp",
            Self::LevelPct => "level_pct",
            Self::Level => "level",
            Self::Hue => "hue",
            Self::Saturation => "saturation",
            Self::ColorTemperature => "color_temperature",
            Self::X => "x",
            Self::Y => "y",
        }
    }

    /// Its unit; empty where the device has its own.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Voltage | Self::LoadVoltage => "mV",
            Self::Battery | Self::Humidity | Self::LevelPct => "%",
            Self::NoMotion | Self::OpenFor => "s",
            Self::Illuminance | Self::IlluminationLux => "lx",
            Self::TiltAngle => "°",
            Self::Temperature | Self::TargetTemperature | Self::EnvironmentTemperature => "°C",
            Self::Pressure => "Pa",
            Self::Power | Self::AcPower => "W",
            Self::Energy => "Wh",
            Self::IlluminationRaw
            | Self::Density
            | Self::BedActivity
            | Self::Level
            | Self::Hue
            | Self::Saturation
            | Self::ColorTemperature
            | Self::X
            | Self::Y => "",
        }
    }
}

/// States that are yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flag {
    /// Somebody moves. Generation 2 never says when it ends: use a timer of 120 s.
    Motion,
    /// The contact is open.
    Open,
    /// There is water.
    Leak,
    /// The load draws current.
    InUse,
}

/// States that are words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextState {
    /// `1.1.2`.
    ProtoVersion,
    /// The gateway's address.
    Ip,
    /// The gateway's firmware.
    Firmware,
    /// `on`, `off`, `toggle`, `circle`, `invalid`.
    OnOff,
    /// `heat`, `cool`, `auto`, `dry`, `wind`, `circle`, `invalid`.
    Mode,
    /// Fan: `low`, `middle`, `high`, `auto`, `circle`, `invalid`.
    WindSpeed,
    /// `unswing`, `swing`, `invalid`.
    Swing,
    /// The relay of an air-conditioning companion: `on`, `off`.
    RelayStatus,
    /// Whether a thermostat runs: `on`, `off`.
    OnOffStatus,
}

/// On, off, or neither known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
    /// The gateway doesn't know: the device doesn't answer. After a write, take it as a failure.
    Unknown,
}

impl Switch {
    /// `on`, `off`, `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "on" => Some(Self::On),
            "off" => Some(Self::Off),
            "unknown" => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// What a smoke or gas detector says: bits of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Alarm {
    /// The code on the wire.
    pub code: u32,
    /// Bit 0: smoke or gas.
    pub alarm: bool,
    /// Bit 1: somebody pressed the test button.
    pub test: bool,
    /// Bit 3: the battery of a smoke detector.
    pub battery_fault: bool,
    /// Bit 6: the sensor isn't sensitive any more.
    pub sensitivity_fault: bool,
    /// Bit 15: the detector's electronics.
    pub i2c_fault: bool,
}

impl Alarm {
    /// Reads the code; gas detectors have no battery.
    #[must_use]
    pub const fn from_code(code: u32, has_battery: bool) -> Self {
        Self {
            code,
            alarm: code & 1 != 0,
            test: code & 1 << 1 != 0,
            battery_fault: has_battery && code & 1 << 3 != 0,
            sensitivity_fault: code & 1 << 6 != 0,
            i2c_fault: code & 1 << 15 != 0,
        }
    }
}

/// Raw accelerometer values, about 1200 per g, and the angle of each axis above the horizon in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Orientation {
    /// x, y, z as sent.
    pub raw: [i32; 3],
    /// -90 to 90.
    pub angles_deg: [i32; 3],
}

impl Orientation {
    /// Angles of raw values, rounded, halves up.
    #[must_use]
    pub fn new(raw: [i32; 3]) -> Self {
        let [x, y, z] = raw.map(f64::from);
        let angle = |of: f64, a: f64, b: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "between -90 and 90")]
            let degrees = libm::floor(libm::atan2(of, libm::sqrt(a * a + b * b)).to_degrees() + 0.5) as i32;
            degrees
        };
        Self {
            raw,
            angles_deg: [angle(x, y, z), angle(y, x, z), angle(z, x, y)],
        }
    }

    /// `x,y,z`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(|part| part.trim().parse().ok());
        let raw = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then(|| Self::new(raw))
    }
}

/// Something that happened to a device.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DeviceEvent<'a> {
    /// Somebody moved.
    Motion,
    /// Somebody pressed a leak sensor: "I am here".
    Iam,
    /// A button or key.
    Button {
        /// Which.
        channel: Channel,
        /// What was done with it.
        action: ButtonAction,
    },
    /// A gesture with the cube: `flip90`, `flip180`, `move`, `tap_twice`, `shake_air`, `swing`, `alert`, `free_fall`.
    Cube(&'static str),
    /// The cube was turned.
    CubeRotated(Rotation),
    /// `vibrate`, `tilt`, `free_fall`, `actively`.
    Vibration(&'static str),
    /// A lock was opened.
    Unlock {
        /// How.
        method: UnlockMethod,
        /// The user, as sent: 65537.
        user_id: u32,
    },
    /// Somebody tried to open a lock and failed this often.
    WrongCredentials {
        /// Tries.
        count: u32,
    },
    /// A word that no table has.
    Unknown {
        /// The word.
        value: &'a str,
    },
}

/// A key of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The only key, or the left one.
    Left,
    /// The right key.
    Right,
    /// Both at once.
    Both,
}

/// What was done with a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ButtonAction {
    /// Pressed once.
    Single,
    /// Pressed twice within 400 ms.
    Double,
    /// Held; the button is still down.
    LongPress,
    /// Released after it was held.
    LongRelease,
    /// Pressed for long.
    Long,
    /// Shaken.
    Shake,
}

impl ButtonAction {
    /// `single`, `double`, `long_press`, `long_release`, `long`, `shake`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Double => "double",
            Self::LongPress => "long_press",
            Self::LongRelease => "long_release",
            Self::Long => "long",
            Self::Shake => "shake",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "click" => Self::Single,
            "double_click" => Self::Double,
            "long_click_press" => Self::LongPress,
            "long_click_release" => Self::LongRelease,
            "long_click" => Self::Long,
            "shake" => Self::Shake,
            _ => return None,
        })
    }

    /// For `dual_channel`. Documents say `both_click`, gateways of generation 2 also send `click`.
    pub(crate) fn parse_both(word: &str) -> Option<Self> {
        Some(match word {
            "both_click" | "click" => Self::Single,
            "double_both_click" | "double_click" => Self::Double,
            "long_both_click" | "long_click" => Self::Long,
            _ => return None,
        })
    }
}

/// How a lock was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnlockMethod {
    /// With a finger.
    Fingerprint,
    /// With a number.
    Password,
    /// With a card.
    Card,
}

impl UnlockMethod {
    /// `fingerprint`, `password`, `card`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fingerprint => "fingerprint",
            Self::Password => "password",
            Self::Card => "card",
        }
    }
}

/// How a cube was turned; clockwise is positive.
///
/// Generation 1 sends `"25,500"`: 25 percent of a full turn in 500 ms, so 90 degrees. (Home Assistant reads it as the
/// number 25.5.) Generation 2 sends degrees and milliseconds as two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rotation {
    /// Of a full turn, to 3 decimals.
    pub percent: Option<Decimal>,
    /// To 3 decimals.
    pub degrees: Option<Decimal>,
    /// How long it took.
    pub duration_ms: Option<u32>,
}

impl Rotation {
    /// The text of generation 1. `None` unless it has two numbers and the time isn't negative.
    ///
    /// ```
    /// use xiaomi_gateway_proto::{Decimal, Rotation};
    /// let rotation = Rotation::parse("-25,500").unwrap();
    /// assert_eq!(rotation.degrees, Some(Decimal::new(-90, 0)));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (percent, duration) = text.split_once(',')?;
        let percent = Decimal::from_text(percent)?;
        let duration = Decimal::from_text(duration)?.rescaled(0)?;
        let degrees = Decimal::new(
            percent.mantissa().checked_mul(36)?,
            percent.exponent().checked_sub(1)?,
        );
        Some(Self {
            percent: Some(thousandths(percent)?),
            degrees: Some(thousandths(degrees)?),
            duration_ms: Some(u32::try_from(duration).ok()?),
        })
    }

    /// The numbers of generation 2; a missing one stays unknown.
    #[must_use]
    pub fn from_degrees(degrees: Option<Decimal>, duration_ms: Option<u32>) -> Self {
        let percent = degrees.and_then(|degrees| {
            let tenths = degrees.rescaled(-3)?.checked_mul(10)?;
            Some(Decimal::new((tenths.abs() + 18) / 36 * tenths.signum(), -3))
        });
        Self {
            percent,
            degrees: degrees.and_then(thousandths),
            duration_ms,
        }
    }
}

fn thousandths(value: Decimal) -> Option<Decimal> {
    value.rescaled(-3).map(|value| Decimal::new(value, -3))
}

impl State<'_> {
    /// Its name: `temperature_c`, `channel_0`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Number(quantity, _) => quantity.name(),
            Self::Flag(Flag::Motion, _) => "motion",
            Self::Flag(Flag::Open, _) => "open",
            Self::Flag(Flag::Leak, _) => "leak",
            Self::Flag(Flag::InUse, _) => "in_use",
            Self::Relay { channel: 0, .. } => "channel_0",
            Self::Relay { .. } => "channel_1",
            Self::Power(_) => "power",
            Self::Light(_) => "light",
            Self::Alarm(_) => "alarm",
            Self::Orientation(_) => "orientation",
            Self::Position(_) => "position_pct",
            Self::Curtain(_) => "curtain_status",
            Self::Text(TextState::ProtoVersion, _) => "proto_version",
            Self::Text(TextState::Ip, _) => "ip",
            Self::Text(TextState::Firmware, _) => "fw_ver",
            Self::Text(TextState::OnOff, _) => "on_off_cfg",
            Self::Text(TextState::Mode, _) => "mode_cfg",
            Self::Text(TextState::WindSpeed, _) => "ws_cfg",
            Self::Text(TextState::Swing, _) => "swing_cfg",
            Self::Text(TextState::RelayStatus, _) => "relay_status",
            Self::Text(TextState::OnOffStatus, _) => "on_off_status",
            Self::Lock(_) => "lock_status",
        }
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Number(_, value) => writer.value(&(*value).into()),
            Self::Flag(_, on) => writer.value(&Value::Bool(*on)),
            Self::Relay { state, .. } | Self::Power(state) => writer.string(state.name()),
            Self::Light(light) => writer.object(|writer| {
                let [red, green, blue] = light.rgb();
                writer.member("on", &Value::Bool(light.is_on()));
                for (name, value) in [
                    ("brightness_pct", light.brightness_pct()),
                    ("r", red),
                    ("g", green),
                    ("b", blue),
                ] {
                    writer.member(name, &u32::from(value).into());
                }
                writer.member("raw", &light.to_wire().into());
            }),
            Self::Alarm(alarm) => writer.object(|writer| {
                writer.member("code", &alarm.code.into());
                for (name, on) in [
                    ("alarm", alarm.alarm),
                    ("test", alarm.test),
                    ("battery_fault", alarm.battery_fault),
                    ("sensitivity_fault", alarm.sensitivity_fault),
                    ("i2c_fault", alarm.i2c_fault),
                ] {
                    writer.member(name, &Value::Bool(on));
                }
            }),
            Self::Orientation(Orientation {
                raw: [x, y, z],
                angles_deg: [a, b, c],
            }) => writer.object(|writer| {
                for (name, value) in [
                    ("x", x),
                    ("y", y),
                    ("z", z),
                    ("angle_x_deg", a),
                    ("angle_y_deg", b),
                    ("angle_z_deg", c),
                ] {
                    writer.member(name, &(*value).into());
                }
            }),
            Self::Position(position) => {
                writer.value(&position.map_or(Value::Null, |position| u32::from(position).into()));
            }
            Self::Curtain(text) | Self::Text(_, text) => writer.string(text),
            Self::Lock(value) => writer.value(value),
        }
    }
}

impl DeviceEvent<'_> {
    /// `motion`, `button`, `cube`, ...
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Motion => "motion",
            Self::Iam => "iam",
            Self::Button { .. } => "button",
            Self::Cube(_) | Self::CubeRotated(_) => "cube",
            Self::Vibration(_) => "vibration",
            Self::Unlock { .. } => "unlock",
            Self::WrongCredentials { .. } => "wrong_credentials",
            Self::Unknown { .. } => "unknown",
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.text_member("type", self.name());
            match self {
                Self::Motion | Self::Iam => {}
                Self::Button { channel, action } => {
                    let channel = match channel {
                        Channel::Left => Value::from(0),
                        Channel::Right => Value::from(1),
                        Channel::Both => Value::from("both"),
                    };
                    writer.member("channel", &channel);
                    writer.text_member("action", action.name());
                }
                Self::Cube(action) | Self::Vibration(action) => writer.text_member("action", action),
                Self::CubeRotated(rotation) => {
                    writer.text_member("action", "rotate");
                    let number = |number: Option<Decimal>| number.map_or(Value::Null, Value::Number);
                    writer.member("percent", &number(rotation.percent));
                    writer.member("degrees", &number(rotation.degrees));
                    writer.member("duration_ms", &number(rotation.duration_ms.map(Decimal::from)));
                }
                Self::Unlock { method, user_id } => {
                    writer.text_member("method", method.name());
                    writer.member("user_id", &(*user_id).into());
                    writer.member("method_code", &(user_id >> 16).into());
                    writer.member("user_index", &(user_id & 0xffff).into());
                }
                Self::WrongCredentials { count } => writer.member("count", &(*count).into()),
                Self::Unknown { value } => writer.text_member("value", value),
            }
        });
    }
}
