//! Commands of custom firmware.

use macaddr::MacAddr6;
use serde_json::Value as Json;
use telink_ota::command::atc1441::{self, Smiley};
use telink_ota::command::{
    Coefficients, Comfort, Command, CommandError, Encoded, ExternalNumber, ExternalValue, ExternalValues,
    LogQuery, Reed, ReedMode, Trigger,
};
use telink_ota::hardware::Variant;
use telink_ota::{BindKey, Decimal, FirmwareVersion, MiToken, Pin};

use super::{Fields, config, hex, to_hex};

pub(crate) fn pvvx(input: &Fields, expect: &Fields) {
    finish(encode(input), expect);
}

pub(crate) fn atc1441(input: &Fields, expect: &Fields) {
    finish(encode_atc1441(input), expect);
}

fn finish(encoded: Result<Encoded, CommandError>, expect: &Fields) {
    match encoded {
        Ok(encoded) => expect.check("write", to_hex(encoded.expose())),
        Err(error) => expect.check("error", error.name()),
    }
}

fn encode(input: &Fields) -> Result<Encoded, CommandError> {
    let number = |name| input.integer(name);
    let byte = |name| u8::try_from(input.integer(name)).map_err(|_| out_of_range());
    let word = |name| u16::try_from(input.integer(name)).map_err(|_| out_of_range());
    let long = |name| u32::try_from(input.integer(name)).map_err(|_| out_of_range());
    let key = |name| input.text(name).parse::<BindKey>().map_err(|_| out_of_range());
    match input.text("op") {
        "set_name" => Command::SetName(input.text("name")).encode(),
        "set_mac" => Command::SetMac {
            mac: mac(input.text("mac")),
            random: input.value("random_hi_lo").map(|random| {
                let mut bytes = hex(random.as_str().unwrap());
                bytes.reverse();
                bytes.try_into().unwrap()
            }),
        }
        .encode(),
        "set_mi_name" | "set_mi_device_name" | "set_device_name" => {
            Command::SetDid(&input.text("name").parse().unwrap()).encode()
        }
        "set_mi_keys" => {
            let token: MiToken = input.text("token").parse().map_err(|_| out_of_range())?;
            Command::SetMiKeys {
                token: &token,
                bind_key: &key("bindkey")?,
            }
            .encode()
        }
        "set_bindkey" => Command::SetBindKey(&key("key")?).encode(),
        "set_comfort" => Command::SetComfort(Comfort {
            temperature_low: hundredths(input, "temp_lo_c"),
            temperature_high: hundredths(input, "temp_hi_c"),
            humidity_low: hundredths(input, "humi_lo_pct"),
            humidity_high: hundredths(input, "humi_hi_pct"),
        })
        .encode(),
        "set_scan_time" => Command::SetScanTime {
            interval: long("interval_s")?,
            mac: mac(input.text("mac")),
        }
        .encode(),
        "set_external_data" => Command::SetExternalValue(external(input)).encode(),
        "set_time" => Command::SetTime(long("time_s")?).encode(),
        "set_time_adjust" => {
            let delta = i16::try_from(number("delta")).map_err(|_| out_of_range())?;
            Command::SetTimeAdjust(delta).encode()
        }
        "set_sensor_config" => {
            let short = |name| i16::try_from(input.integer(name)).map_err(|_| out_of_range());
            Command::SetSensorConfig(Coefficients {
                k: [long("k1")?, long("k2")?],
                z: [short("z1")?, short("z2")?],
            })
            .encode()
        }
        "notify_measurements" => Command::NotifyMeasurements(byte("count")?).encode(),
        "read_log" => Command::ReadLog(LogQuery {
            last: word("count")?,
            skip: word("start")?,
        })
        .encode(),
        "set_trigger" => Command::SetTrigger(trigger(input)).encode(),
        "set_trigger_output" => Command::SetTriggerOutput(input.flag("on")).encode(),
        "set_config" => {
            let name = input.value("variant").and_then(Json::as_str).unwrap_or("lcd");
            Command::SetConfig(config::build(input, config::variant(name))?).encode()
        }
        "set_lcd" => Command::SetLcd(&input.hex("buffer")).encode(),
        "set_lcd_flags" => Command::SetLcdFlags(byte("flags")?).encode(),
        "set_pin" => match number("pin") {
            0 => Command::SetPin(None).encode(),
            pin => {
                let pin = u32::try_from(pin).ok().and_then(Pin::new).ok_or(out_of_range())?;
                Command::SetPin(Some(&pin)).encode()
            }
        },
        "request_mtu" | "set_mtu" => Command::RequestMtu(byte("mtu")?).encode(),
        "ext_ota" => Command::PrepareExtendedOta {
            address: long("address")?,
            kib: long("size_kb")?,
        }
        .encode(),
        "i2c_transaction" | "i2c_transfer" => Command::BusTransfer {
            address: byte("address")?,
            read: byte("read_len")?,
            write: &input.hex("data"),
        }
        .encode(),
        other => without_arguments(other).encode(),
    }
}

/// Commands of one byte or of fixed bytes, under the names that the tables use.
fn without_arguments(op: &str) -> Command<'static> {
    match op {
        "get_device_id" => Command::DeviceId,
        "get_name" | "get_device_name" => Command::Name,
        "restore_name" | "default_name" => Command::RestoreName,
        "get_bus_addresses" => Command::BusAddresses,
        "i2c_scan" => Command::ScanBus,
        "get_sensor_id" => Command::SensorId,
        "get_flash_id" | "get_flash_jedec_id" => Command::FlashId,
        "get_mac" => Command::Mac,
        "restore_mac" => Command::RestoreMac,
        "get_mi_name" | "get_mi_device_name" => Command::Did,
        "get_mi_keys" | "get_mi_token_bindkey" => Command::MiKeys,
        "get_all_mi_keys" => Command::AllMiKeys,
        "restore_mi_keys" => Command::SwapMiKeys,
        "erase_mi_keys" => Command::EraseMiKeys,
        "get_bindkey" => Command::BindKey,
        "get_comfort" => Command::Comfort,
        "get_scan_time" => Command::ScanTime,
        "get_external_data" => Command::ExternalValue,
        "get_time" => Command::Time,
        "get_time_adjust" => Command::TimeAdjust,
        "get_sensor_config" => Command::SensorConfig,
        "default_sensor_config" => Command::DefaultSensorConfig,
        "stop_measurements" | "stop_notify" => Command::NotifyMeasurements(0),
        "stop_log" => Command::StopLog,
        "clear_log" => Command::ClearLog,
        "get_trigger" => Command::Trigger,
        "get_trigger_output" => Command::TriggerOutput,
        "get_config" => Command::Config,
        "default_config" => Command::DefaultConfig,
        "restore_lcd" | "get_lcd" => Command::RestoreLcd,
        "get_lcd_flags" => Command::LcdFlags,
        "reboot_on_disconnect" => Command::RebootOnDisconnect,
        "get_ota_region" => Command::ExtendedOta,
        "reset_long_range" => Command::ResetLongRange,
        "set_long_range" => Command::SetLongRange,
        other => panic!("unknown op {other}"),
    }
}

fn external(input: &Fields) -> ExternalValue {
    let small = |name| u8::try_from(input.integer(name)).unwrap();
    let validity = u16::try_from(input.integer("validity_s")).unwrap();
    match input.text("variant") {
        "lcd" => ExternalValue::Segments(ExternalValues {
            big: hundredths(input, "big"),
            small: i16::try_from(input.integer("small")).unwrap(),
            validity,
            smiley: small("smiley"),
            percent: input.flag("percent"),
            battery: input.flag("battery"),
            symbol: small("symbol"),
        }),
        _ => ExternalValue::Clock(ExternalNumber {
            number: hundredths(input, "number"),
            validity,
            smiley: small("smiley"),
            battery: input.flag("battery"),
            symbol: small("symbol"),
        }),
    }
}

fn trigger(input: &Fields) -> Trigger {
    let reed = input.value("reed_report_s").map(|seconds| {
        let mut reed = Reed {
            report_interval: u16::try_from(seconds.as_u64().unwrap()).unwrap(),
            bits: 0,
        };
        for (index, mode, inverted) in [(1, "reed1", "reed1_invert"), (2, "reed2", "reed2_invert")] {
            if let Some(name) = input.value(mode).and_then(Json::as_str) {
                let modes = [
                    ReedMode::None,
                    ReedMode::Switch,
                    ReedMode::Counter,
                    ReedMode::Connect,
                ];
                reed.set_mode(index, modes.into_iter().find(|mode| mode.name() == name).unwrap());
            }
            reed.set_inverted(
                index,
                input.value(inverted).is_some_and(|inverted| inverted == true),
            );
        }
        reed
    });
    Trigger {
        version: version(input.text("fw")),
        temperature: hundredths(input, "temp_threshold_c"),
        humidity: hundredths(input, "humi_threshold_pct"),
        temperature_hysteresis: hundredths(input, "temp_hysteresis_c"),
        humidity_hysteresis: hundredths(input, "humi_hysteresis_pct"),
        reed,
        flags: None,
    }
}

fn encode_atc1441(input: &Fields) -> Result<Encoded, CommandError> {
    use atc1441::Command;

    let small = |name| i8::try_from(input.integer(name)).map_err(|_| out_of_range());
    let byte = |name| u8::try_from(input.integer(name)).map_err(|_| out_of_range());
    match input.text("op") {
        "set_fahrenheit" => Command::Fahrenheit(input.flag("on")),
        "set_adv_fahrenheit" | "set_advertising_fahrenheit" => Command::FahrenheitAdverts(input.flag("on")),
        "set_show_battery" => Command::ShowBattery(input.flag("on")),
        "set_smiley" => Command::Smiley(match input.text("mode") {
            "off" => Smiley::Off,
            "happy" => Smiley::Happy,
            "sad" => Smiley::Sad,
            "comfort" => Smiley::Comfort,
            "blinking" => Smiley::Blinking,
            other => panic!("unknown smiley {other}"),
        }),
        "set_advertising" => Command::MiAdverts(input.text("type") == "mi"),
        "set_interval" => Command::Interval(byte("value_10s")?),
        "set_temp_offset" => Command::TemperatureOffset(hundredths(input, "c")),
        "set_humi_offset" => Command::HumidityOffset(small("pct")?),
        "set_temp_alarm" => Command::TemperatureAlarm(hundredths(input, "c")),
        "set_humi_alarm" => Command::HumidityAlarm(byte("pct")?),
        "set_lcd" => Command::SetLcd(input.hex("buffer").try_into().expect("6 bytes")),
        "reset_settings" => Command::ResetSettings,
        "save_settings" => Command::SaveSettings,
        other => panic!("unknown op {other}"),
    }
    .encode()
}

/// What a value that its type can't even hold would be.
fn out_of_range() -> CommandError {
    CommandError::OutOfRange {
        field: "test",
        minimum: 0,
        maximum: 0,
    }
}

pub(crate) fn hundredths(input: &Fields, name: &str) -> Decimal {
    decimal(input.value(name).unwrap_or_else(|| panic!("no {name}")), -2)
}

/// The exact number that a JSON number stands for.
pub(crate) fn decimal(number: &Json, exponent: i8) -> Decimal {
    let scale = 10_f64.powi(i32::from(-exponent));
    #[expect(clippy::cast_possible_truncation)]
    let mantissa = (number.as_f64().expect("a number") * scale).round() as i32;
    Decimal::new(mantissa, exponent)
}

pub(crate) fn version(bcd: &str) -> FirmwareVersion {
    FirmwareVersion(u8::from_str_radix(bcd, 16).unwrap())
}

pub(crate) fn mac(text: &str) -> MacAddr6 {
    let bytes: [u8; 6] = hex(text).try_into().expect("6 bytes");
    bytes.into()
}

pub(crate) fn mac_text(mac: MacAddr6) -> String {
    to_hex(mac.as_bytes())
}

/// The variant of a case, a display with segments if it has none.
pub(crate) fn variant(input: &Fields) -> Variant {
    let name = input.value("variant").and_then(Json::as_str);
    config::variant(name.unwrap_or("lcd"))
}
