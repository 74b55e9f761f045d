//! What attributes mean, as JSON.

use alloc::string::String;

use super::{Channel, Decoded, DeviceEvent, Orientation, State};
use crate::json::Writer;
use crate::{Decimal, Value};

impl Decoded<'_> {
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

impl State<'_> {
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
