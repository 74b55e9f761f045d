//! What custom firmware answers.

use serde_json::{Value as Json, json};
use telink_ota::command::{
    Context, ExternalValue, Flags, Measurement, Notification, SensorKind, Services, Trigger,
};

use super::commands::{mac_text, variant, version};
use super::config::number_json;
use super::{Fields, config, to_hex};

pub(crate) fn decode(input: &Fields, expect: &Fields) {
    let services = input.value("services").and_then(Json::as_str);
    let context = Context {
        version: version(input.value("fw").and_then(Json::as_str).unwrap_or("58")),
        variant: variant(input),
        services: services.map(|services| Services(u32::from_str_radix(services, 16).unwrap())),
        ..Context::default()
    };
    match Notification::parse(&input.hex("notify"), &context) {
        Ok(notification) => check(&notification, expect),
        Err(error) => expect.check("error", error.name()),
    }
}

fn check(notification: &Notification<'_>, expect: &Fields) {
    let op = |name: &str| expect.check("op", name);
    match notification {
        Notification::DeviceId(id) => {
            op("device_id");
            expect.check("revision", id.revision);
            expect.check("hw_id", id.hardware_id);
            expect.check("fw", format!("{:02x}", id.version.0));
            expect.check("sensor1", id.sensors[0].name());
            expect.check("sensor2", id.sensors[1].name());
            expect.check("services", format!("{:08x}", id.services.0));
        }
        Notification::Name(name) => {
            op("name");
            expect.check("name", *name);
        }
        Notification::BusAddresses { sensor, lcd, clock } => {
            op("bus_addresses");
            expect.check("sensor", *sensor);
            expect.check("lcd", *lcd);
            expect.check_if_present("rtc", *clock);
        }
        Notification::BusScan(addresses) => {
            op("i2c_scan");
            expect.check("addresses", addresses.to_vec());
        }
        Notification::SensorId(id) => {
            op("sensor_id");
            expect.check("id", *id);
        }
        Notification::FlashId(id) => {
            op("flash_id");
            expect.check("id", to_hex(id));
        }
        Notification::Mac { mac, random } => {
            op("mac");
            expect.check("mac", mac_text(*mac));
            expect.check("random_lo_hi", to_hex(random));
            let [_, _, _, d, e, f] = mac.into_array();
            expect.check("random_static", to_hex(&[0xc0, random[1], random[0], d, e, f]));
        }
        Notification::MiKey(piece) => {
            op("mi_key");
            expect.check("id", format!("{:02x}", piece.id));
            let data = (piece.remaining > 0).then(|| to_hex(piece.bytes));
            expect.check("data", data);
            expect.check_if_present("remaining", piece.remaining);
        }
        Notification::MiKeysErased => op("mi_keys_erased"),
        Notification::BindKey(key) => {
            op("bindkey");
            expect.check("key", key.as_ref().map(|key| to_hex(key.expose())));
        }
        Notification::Comfort(comfort) => {
            op("comfort");
            expect.check("temp_lo_c", comfort.temperature_low.to_f64());
            expect.check("temp_hi_c", comfort.temperature_high.to_f64());
            expect.check("humi_lo_pct", comfort.humidity_low.to_f64());
            expect.check("humi_hi_pct", comfort.humidity_high.to_f64());
        }
        Notification::ScanTime { interval, mac } => {
            op("scan_time");
            expect.check("interval_s", *interval);
            expect.check("mac", mac_text(*mac));
        }
        Notification::ExternalValue(value) => check_external(value, expect),
        Notification::Time { time, last_set } => {
            op("time");
            expect.check("time_s", *time);
            expect.check("last_set_s", *last_set);
        }
        Notification::TimeAdjust { ticks } => {
            op("time_adjust");
            expect.check("ticks_per_s", *ticks);
            expect.check("delta", i64::from(*ticks) - 16_000_000);
        }
        Notification::SensorConfig(sensor) => {
            op("sensor_config");
            expect.check("k1", sensor.coefficients.k[0]);
            expect.check("k2", sensor.coefficients.k[1]);
            expect.check("z1", sensor.coefficients.z[0]);
            expect.check("z2", sensor.coefficients.z[1]);
            expect.check("sensor_id", sensor.id);
            expect.check("i2c_addr", sensor.address);
            expect.check_if_present("sensor_type", sensor.kind.map(SensorKind::name));
        }
        Notification::Measuring(count) => {
            op("measure_ack");
            expect.check("count", *count);
        }
        Notification::Measurement(measurement) => check_measurement(measurement, expect),
        Notification::Ina3221(measurement) => {
            op("measurement_ina3221");
            expect.check("battery_mv", measurement.battery);
            expect.check("current_raw", measurement.currents.to_vec());
            expect.check("voltage_mv", measurement.voltages.to_vec());
            expect.check("count", measurement.count);
            expect.check("flags", flags(measurement.flags));
        }
        Notification::LogRecord(record) => {
            op("log_record");
            expect.check("index", record.number);
            expect.check("time_s", record.time);
            expect.check("temperature_c", record.temperature.to_f64());
            expect.check("humidity_pct", record.humidity.to_f64());
            expect.check("battery_mv", record.battery);
        }
        Notification::LogEnd => op("log_end"),
        Notification::LogCleared => op("log_cleared"),
        Notification::Trigger(trigger) => check_trigger(trigger, expect),
        Notification::TriggerOutput(output) => {
            op("trigger_output");
            expect.check("flags", flags(*output));
        }
        Notification::Config(config) => {
            op("config");
            config::check(config, expect);
        }
        Notification::Lcd(buffer) => {
            op("lcd");
            expect.check("buffer", to_hex(buffer));
        }
        Notification::LcdFlags(bits) => {
            op("lcd_flags");
            expect.check("flags", *bits);
        }
        Notification::Pin(result) => {
            op("pin");
            expect.check("result", result.name());
        }
        Notification::Mtu(status) => {
            op("mtu");
            expect.check("status", *status);
        }
        Notification::RebootArmed => op("reboot"),
        Notification::ExtendedOta(status) => {
            op("ext_ota");
            expect.check("status", status.state.name());
            expect.check("address", status.address);
            expect.check("size_kb", status.kib);
        }
        Notification::Error { command } => {
            op("error");
            expect.check("command", format!("{command:02x}"));
        }
        Notification::Other { id, bytes } => {
            op("unknown");
            expect.check("id", format!("{id:02x}"));
            expect.check_if_present("bytes", to_hex(bytes.0));
        }
        other => panic!("{other:?}"),
    }
}

fn check_external(value: &ExternalValue, expect: &Fields) {
    expect.check("op", "external_data");
    match value {
        ExternalValue::Segments(values) => {
            expect.check("big", values.big.to_f64());
            expect.check("small", values.small);
            expect.check("validity_s", values.validity);
            expect.check("smiley", values.smiley);
            expect.check("percent", values.percent);
            expect.check("battery", values.battery);
            expect.check("symbol", values.symbol);
        }
        ExternalValue::Clock(number) => {
            expect.check("number", number.number.to_f64());
            expect.check("validity_s", number.validity);
            expect.check("smiley", number.smiley);
            expect.check("battery", number.battery);
            expect.check("symbol", number.symbol);
        }
    }
}

fn check_measurement(measurement: &Measurement, expect: &Fields) {
    expect.check("op", "measurement");
    expect.check("battery_mv", measurement.battery);
    expect.check("temperature_c", measurement.temperature.to_f64());
    expect.check("humidity_pct", measurement.humidity.to_f64());
    expect.check("count", measurement.count);
    if let Some(bits) = measurement.flags {
        expect.check("flags", flags(bits));
    }
    if let Some(count) = measurement.reed_count {
        expect.check("reed_count", count);
    }
    if let Some(ppm) = measurement.co2 {
        expect.check("co2_ppm", ppm);
    }
}

fn check_trigger(trigger: &Trigger, expect: &Fields) {
    expect.check("op", "trigger");
    expect.check("temp_threshold_c", trigger.temperature.to_f64());
    expect.check("humi_threshold_pct", trigger.humidity.to_f64());
    expect.check("temp_hysteresis_c", number_json(trigger.temperature_hysteresis));
    expect.check("humi_hysteresis_pct", number_json(trigger.humidity_hysteresis));
    if let Some(reed) = trigger.reed {
        expect.check("reed_report_s", reed.report_interval);
        expect.check("reed1", reed.mode(1).name());
        expect.check("reed2", reed.mode(2).name());
        expect.check("reed1_invert", reed.is_inverted(1));
        expect.check("reed2_invert", reed.is_inverted(2));
    }
    if let Some(bits) = trigger.flags {
        expect.check("flags", flags(bits));
    }
}

fn flags(flags: Flags) -> Json {
    json!({
        "raw": flags.0,
        "reed_open": flags.reed_open(),
        "trg_output": flags.output(),
        "trg_controlled": flags.controlled(),
        "temp_trigger": flags.temperature_trigger(),
        "humi_trigger": flags.humidity_trigger(),
        "key_pressed": flags.key_pressed(),
        "reed2_open": flags.reed2_open(),
    })
}
