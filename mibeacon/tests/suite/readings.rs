//! The crate's readings under the names of the MiBeacon vectors.

use mibeacon::{
    BinarySensor, Decimal, DimmerAction, Event, LockError, LockKey, Measurement, Quantity, Reading, Unit,
};
use serde_json::{Map, Value, json};

/// The reading as the vectors write it; `None` for what they don't count as a reading.
pub fn reading_json(reading: &Reading<'_>) -> Option<Value> {
    Some(match reading {
        Reading::Measurement(measurement) => measurement_json(measurement),
        Reading::Binary { sensor, on } => json!({"field": sensor_name(*sensor), "value": on}),
        Reading::State(state) => json!({"field": state.name(), "value": state.value()}),
        Reading::Event(event) => event_json(event),
        _ => return None,
    })
}

/// All readings as the vectors list them.
pub fn readings_json<'a>(readings: impl IntoIterator<Item = Reading<'a>>) -> Value {
    readings
        .into_iter()
        .filter_map(|reading| reading_json(&reading))
        .collect()
}

/// Compares the readings. Where no vector of ours shows how a word is spelled, each plain spelling of it will do.
pub fn check_readings(expect: &super::Fields, actual: impl Into<Value>) {
    let mut expected = expect.get("readings").expect("readings").clone();
    let actual = actual.into();
    let listed = expected.as_array_mut().expect("a list");
    for (index, reading) in listed.iter_mut().enumerate() {
        for (name, word) in reading.as_object_mut().expect("a reading") {
            if let Some(usual) = word.as_str().and_then(usual_spelling) {
                *word = usual.into();
            }
            if means_the_same(name, word, &actual[index][name]) {
                *word = actual[index][name].clone();
            }
        }
    }
    assert!(
        super::same(&expected, &actual),
        "expected {expected}, found {actual}"
    );
}

/// What the specification leaves open.
fn means_the_same(name: &str, expected: &Value, actual: &Value) -> bool {
    match (name, expected.as_str(), actual.as_str()) {
        // Button 0 of a product without a table may be the only one.
        ("button", Some("0"), Some("single")) => true,
        // A lock error that the table doesn't have.
        ("error", None, Some("unknown")) => expected.is_null(),
        _ => false,
    }
}

fn usual_spelling(word: &str) -> Option<&'static str> {
    Some(match word {
        "battery_below_10" | "battery_less_than_10_percent" | "battery_low_10" => "battery_below_10_percent",
        "battery_below_5" | "battery_less_than_5_percent" | "battery_low_5" => "battery_below_5_percent",
        "child_lock_on" => "childlock_on",
        "child_lock_off" => "childlock_off",
        "finger_vein" => "fingervein",
        "not_locked_timeout" => "not_locked_in_time",
        "not_match" | "mismatch" => "no_match",
        "reset_button" => "reset_button_pressed",
        "too_dry" => "skin_too_dry",
        "too_wet" => "skin_too_wet",
        "wrong_finger_vein_repeated" | "wrong_fingervein_repeated" => "wrong_vein_repeated",
        _ => return None,
    })
}

/// The number with the resolution of the vectors: an integer where the wire has one.
pub fn number(value: Decimal) -> Value {
    match value.to_i64() {
        Some(integer) if value.exponent() >= 0 => integer.into(),
        _ => value.to_f64().into(),
    }
}

fn measurement_json(measurement: &Measurement) -> Value {
    let mut fields = Map::new();
    let name = match (measurement.quantity, measurement.unit) {
        (Quantity::Weight, Unit::Gram) => "weight_g",
        (quantity, _) => quantity_name(quantity),
    };
    fields.insert("field".into(), name.into());
    fields.insert("value".into(), number(measurement.value));
    if let Some(unit) = unit_name(measurement.unit) {
        fields.insert("unit".into(), unit.into());
    }
    fields.into()
}

fn quantity_name(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::CarbonDioxide => "co2",
        Quantity::Moisture => "soil_moisture",
        Quantity::Pm25 => "pm2_5",
        Quantity::SoundPressure => "noise",
        other => other.name(),
    }
}

fn sensor_name(sensor: BinarySensor) -> &'static str {
    match sensor {
        BinarySensor::BatteryLow => "low_battery",
        BinarySensor::Moisture => "water_leak",
        BinarySensor::MoistureBottom => "water_leak_bottom",
        BinarySensor::MoistureTop => "water_leak_top",
        other => other.name(),
    }
}

fn unit_name(unit: Unit) -> Option<&'static str> {
    Some(match unit {
        Unit::None => return None,
        Unit::Celsius => "degC",
        Unit::MicrogramPerCubicMeter => "ug/m3",
        Unit::MicrosiemensPerCentimeter => "uS/cm",
        Unit::MilligramPerCubicMeter => "mg/m3",
        Unit::Ohm => "ohm",
        Unit::UnixSecond => "unix",
        other => other.symbol(),
    })
}

fn event_json(event: &Event<'_>) -> Value {
    let name = event.name();
    match event {
        Event::Armed(event) => {
            json!({"event": name, "armed": event.armed, "timestamp": event.timestamp})
        }
        Event::Base(action) => json!({"event": name, "action": action.name()}),
        Event::Button(event) => {
            json!({"event": name, "button": event.button.to_string(), "action": event.action.name()})
        }
        Event::Command(event) => {
            json!({"event": name, "action": event.command.name(), "args": super::to_hex(event.args)})
        }
        Event::Cube(action) => json!({"event": name, "action": action.name()}),
        Event::Dimmer(event) => {
            let amount = match event.action {
                DimmerAction::Press => "count",
                DimmerAction::LongPress => "seconds",
                _ => "steps",
            };
            json!({"event": name, "action": event.action.name(), amount: event.amount})
        }
        Event::Door(event) => {
            json!({"event": name, "action": event.action.name(), "timestamp": event.timestamp})
        }
        Event::Fingerprint(event) => {
            let fields = json!({"event": name, "result": event.result.name()});
            with_key(fields, event.key)
        }
        Event::Gesture(gesture) => json!({"event": name, "action": gesture.name()}),
        Event::Lock(event) => {
            let fields = json!({
                "event": name,
                "action": event.action.name(),
                "method": event.method.name(),
                "error": event.key.error().map(LockError::name),
                "timestamp": event.timestamp,
            });
            with_key(fields, event.key)
        }
        Event::Peephole(action) => json!({"event": name, "action": action.name()}),
        Event::PlantMonitor(action) => json!({"event": name, "action": action.name()}),
        Event::Pomodoro(action) => json!({"event": name, "action": action.name()}),
        Event::Weighing(event) => {
            json!({"event": name, "grams": event.grams, "kind": event.kind.name()})
        }
        Event::DeviceReset | Event::ForciblyRemoved => json!({"event": name}),
        other => panic!("no vector name for {other}"),
    }
}

fn with_key(mut fields: Value, key: LockKey) -> Value {
    fields["key_id"] = key.id().into();
    fields["key_type"] = key.kind().name().into();
    fields["key_index"] = key.index().into();
    fields
}
