//! TuyaMCU.

use openbeken::tuya_mcu::{
    DataPoint, DataType, DataValue, Frame, Frames, LocalTime, MeterFormat, NetworkState, color_text,
};
use serde_json::{Value, json};

use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "encode" => expect.check("hex", to_hex(&encode(input))),
        "decode" => {
            let bytes = input.hex("hex");
            let frame = Frame::parse(&bytes).unwrap();
            assert_eq!(frame.encode(), bytes);
            let mut found = json!({
                "version": frame.version,
                "command": frame.command,
                "payload_hex": to_hex(&frame.payload),
            });
            if let Some(points) = frame.data_points() {
                found["dps"] = points.list.iter().map(describe).collect();
                found["truncated"] = points.truncated.into();
            }
            if let Some((valid, time)) = frame.record_time() {
                let mut entry = json!({ "valid": valid, "raw_hex": to_hex(&time) });
                // Only the raw bytes are expected of a time that isn't valid.
                if let Some(expected) = expect.value("datetime").and_then(Value::as_object) {
                    let [year, month, day, hour, minute, second] = time;
                    let parts = json!({
                        "year": 2000 + u16::from(year), "month": month, "day": day, "hour": hour, "minute": minute,
                        "second": second,
                    });
                    for name in expected
                        .keys()
                        .filter(|name| entry.get(name.as_str()).is_none())
                        .cloned()
                        .collect::<Vec<_>>()
                    {
                        entry[&name] = parts[&name].clone();
                    }
                }
                found["datetime"] = entry;
            }
            expect.check_exactly(&found);
        }
        "decode_error" => expect.check("error", Frame::parse(&input.hex("hex")).unwrap_err().name()),
        "stream" => {
            let bytes = input.hex("hex");
            let mut frames = Frames::new(&bytes);
            let found: Vec<String> = frames.by_ref().map(|frame| to_hex(&frame.encode())).collect();
            expect.check("frames", found);
            expect.check("skipped", frames.skipped());
            expect.check("remaining", frames.remaining().len());
        }
        "raw_power" => {
            let format = match input.text("format") {
                "V2C2P2" => MeterFormat::V2C2P2,
                "V2C3P3" => MeterFormat::V2C3P3,
                "VCPPFF" => MeterFormat::Vcppff,
                format => panic!("unknown format {format}"),
            };
            let values = format.read(&input.hex("hex")).unwrap();
            let mut found = json!({
                "voltage_v": values.voltage.to_f64(),
                "current_a": values.current.to_f64(),
                "power_w": values.power.to_f64(),
            });
            if let (Some(factor), Some(frequency)) = (values.factor, values.frequency) {
                found["power_factor"] = factor.to_f64().into();
                found["frequency_hz"] = frequency.to_f64().into();
            }
            expect.check_exactly(&found);
        }
        "color_string" => {
            expect.check(
                "text",
                color_text(input.float("r"), input.float("g"), input.float("b")),
            );
        }
        op => panic!("unknown operation {op}"),
    }
}

fn encode(input: &Fields) -> Vec<u8> {
    let frame = match input.text("command") {
        "heartbeat" => Frame::heartbeat(),
        "query_product" => Frame::query_product(),
        "query_config" | "query_configuration" | "query_mcu_conf" => Frame::query_configuration(),
        "query_state" => Frame::query_state(),
        "wifi_state" => Frame::network_state(NetworkState::from_number(input.number("state")).unwrap()),
        "set_time" => {
            let valid = input.value("valid").is_none_or(|valid| valid.as_bool().unwrap());
            let time = valid.then(|| LocalTime {
                year: input.number("year"),
                month: input.number("month"),
                day: input.number("day"),
                hour: input.number("hour"),
                minute: input.number("minute"),
                second: input.number("second"),
                weekday: input.number("weekday"),
            });
            Frame::local_time(time)
        }
        "set_rssi" => Frame::signal(input.number("dbm")),
        "ack_state_sync" => Frame::state_sync_ack(),
        "set_dp" => return set_dp(input),
        command => panic!("unknown command {command}"),
    };
    frame.encode()
}

fn set_dp(input: &Fields) -> Vec<u8> {
    let id = input.number("dp");
    let raw = input.value("value_hex").map(|_| input.hex("value_hex"));
    let point = match input.text("type") {
        "bool" => DataPoint::bool(id, input.flag("value")),
        "value" => DataPoint::value_of(id, input.number("value")),
        "string" => DataPoint::text(id, input.text("value")),
        "enum" => DataPoint::choice(id, input.number("value")),
        "raw" => DataPoint::raw(id, raw.as_deref().unwrap()),
        "bitmap" => DataPoint {
            id,
            data_type: DataType::BITMAP,
            data: raw.clone().unwrap().into(),
        },
        kind => panic!("unknown type {kind}"),
    };
    Frame::set(&[point]).encode()
}

fn describe(point: &DataPoint<'_>) -> Value {
    let mut found =
        json!({ "dp": point.id, "type": point.data_type.name(), "data_hex": to_hex(&point.data) });
    match point.value() {
        Some(DataValue::Bool(on)) => found["value"] = on.into(),
        Some(DataValue::Value(number)) => found["value"] = number.into(),
        Some(DataValue::Text(text)) => found["value"] = text.into(),
        Some(DataValue::Enum(choice)) => found["value"] = choice.into(),
        Some(DataValue::Bitmap(bits)) => found["value"] = bits.into(),
        _ => {}
    }
    found
}
