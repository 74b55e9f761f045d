//! Readings of advertisements, as entities and values.

use std::borrow::Cow;

use mibeacon::{Event, GasState, OpeningState, Quantity, Reading, SmokeState, State};
use serde_json::Value as Json;

use crate::home::{Entity, Kind, Says, Value};

/// What the readings of one report say. The second of a name in one report gets `_2`, and so on.
pub fn says<'a>(readings: impl Iterator<Item = Reading<'a>>) -> Vec<Says> {
    let mut all: Vec<Says> = Vec::new();
    for reading in readings {
        let Some((mut entity, value)) = say(&reading) else {
            continue;
        };
        let base = entity.key.clone();
        let mut number = 1;
        while all.iter().any(|other| other.entity.key == entity.key) {
            number += 1;
            entity.key = format!("{base}_{number}").into();
        }
        let value = Some(value);
        all.push(Says { entity, value });
    }
    all
}

fn say(reading: &Reading<'_>) -> Option<(Entity, Value)> {
    let name = reading.name();
    Some(match reading {
        Reading::Measurement(measurement) => {
            let own = matches!(
                measurement.quantity,
                // Of the packet, not of the world.
                Quantity::PacketId | Quantity::Channel | Quantity::MeasureStage | Quantity::PairingObject
            );
            if own {
                return None;
            }
            let entity = Entity::sensor(name, reading.device_class(), measurement.unit.symbol());
            let entity = match measurement.quantity {
                Quantity::Battery | Quantity::Voltage | Quantity::Rssi | Quantity::RssiRaw => {
                    entity.diagnostic()
                }
                _ => entity,
            };
            (entity, Value::Number(measurement.value.to_string()))
        }
        Reading::Binary { sensor, on } => (Entity::binary(name, sensor.device_class()), Value::On(*on)),
        Reading::State(State::Opening(state)) => {
            let open = match state {
                OpeningState::Open | OpeningState::OpenTimeout => true,
                OpeningState::Closed => false,
                _ => return None,
            };
            (Entity::binary(name, Some("opening")), Value::On(open))
        }
        Reading::State(State::Smoke(state)) => (
            Entity::binary(name, Some("smoke")),
            Value::On(matches!(state, SmokeState::Alarm | SmokeState::SimulatedAlarm)),
        ),
        Reading::State(State::Gas(state)) => (
            Entity::binary(name, Some("gas")),
            Value::On(matches!(state, GasState::Alarm | GasState::SimulatedAlarm)),
        ),
        Reading::State(state) => (Entity::new(name, Kind::Text), Value::Text(state.value().into())),
        Reading::Event(event) => {
            let (kind, more) = event_type(reading, event);
            let entity = Kind::Event {
                class: event.device_class().map(Cow::Borrowed),
                types: vec![kind.clone()],
            };
            (Entity::new(name, entity), Value::Event(kind, more))
        }
        Reading::Text(text) => (
            Entity::new(name, Kind::Text),
            Value::Text(text.chars().take(LONGEST_TEXT).collect::<String>().into()),
        ),
        Reading::FirmwareVersion(version) => (
            Entity::new(name, Kind::Text).diagnostic(),
            Value::Text(version.to_string().into()),
        ),
        _ => return None,
    })
}

/// The type of an event, and the object with the rest.
fn event_type(reading: &Reading<'_>, event: &Event<'_>) -> (Cow<'static, str>, Json) {
    if let Event::Button(event) = event {
        let kind = match event.button {
            mibeacon::Button::Single => event.action.name().into(),
            button => format!("{button}_{}", event.action.name()).into(),
        };
        return (kind, Json::Null);
    }
    let Ok(Json::Object(mut object)) = serde_json::to_value(reading) else {
        return (event.name().into(), Json::Null);
    };
    object.remove("event");
    object.retain(|_, value| !value.is_null());
    let kind = ["action", "result", "kind"]
        .into_iter()
        .find_map(|name| match object.remove(name) {
            Some(Json::String(kind)) => Some(kind),
            _ => None,
        });
    let kind = kind.map_or_else(|| event.name().into(), Cow::Owned);
    let more = if object.is_empty() {
        Json::Null
    } else {
        Json::Object(object)
    };
    (kind, more)
}

/// Home Assistant takes states of 255 characters.
const LONGEST_TEXT: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use mibeacon::{Button, ButtonAction, ButtonEvent, Decimal, Unit};

    fn shown(readings: &[Reading<'_>]) -> Vec<String> {
        says(readings.iter().copied())
            .into_iter()
            .map(|says| format!("{} {}", says.entity.key, says.value.unwrap().payload()))
            .collect()
    }

    #[test]
    fn two_of_a_name_are_told_apart() {
        let temperature =
            |tenths| Reading::measurement(Quantity::Temperature, Decimal::new(tenths, -1), Unit::Celsius);
        assert_eq!(
            shown(&[temperature(214), temperature(198)]),
            ["temperature 21.4", "temperature_2 19.8"]
        );
    }

    #[test]
    fn a_button_says_which_and_how() {
        let press = |button| {
            Reading::Event(Event::Button(ButtonEvent {
                button,
                action: ButtonAction::LongPress,
            }))
        };
        assert_eq!(
            shown(&[press(Button::Single)]),
            [r#"button {"event_type":"long_press"}"#]
        );
        assert_eq!(
            shown(&[press(Button::Left)]),
            [r#"button {"event_type":"left_long_press"}"#]
        );
    }

    #[test]
    fn a_contact_is_open_or_not() {
        let state = |state| Reading::State(State::Opening(state));
        assert_eq!(shown(&[state(OpeningState::OpenTimeout)]), ["opening ON"]);
        assert_eq!(shown(&[state(OpeningState::Closed)]), ["opening OFF"]);
        assert!(shown(&[state(OpeningState::Reset)]).is_empty());
    }
}
