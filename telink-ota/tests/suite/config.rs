//! The config, both ways, and the hardware table.

use serde_json::{Value as Json, json};
use telink_ota::Decimal;
use telink_ota::command::{AdvertisingType, CommandError, Config, Setting, Value};
use telink_ota::hardware::{FirmwareFamily, Hardware, Variant};

use super::commands::{decimal, version};
use super::{Fields, to_hex};

pub(crate) fn decode(input: &Fields, expect: &Fields) {
    let variant = variant(input.text("variant"));
    match Config::parse(&input.hex("notify"), variant) {
        Ok(config) => check(&config, expect),
        Err(error) => expect.check("error", error.name()),
    }
}

pub(crate) fn check(config: &Config, expect: &Fields) {
    expect.check("fw", format!("{:02x}", config.version().0));
    expect.check_if_present("variant", config.variant().name());
    for (setting, value) in config.settings() {
        let value = match value {
            Value::Flag(on) => json!(on),
            Value::Number(number) => number_json(number),
            Value::Advertising(kind) => json!(kind.name()),
            other => panic!("{other:?}"),
        };
        // A field that the vector lacks would be one that this version lacks.
        expect.check(setting.name(), value);
    }
}

pub(crate) fn number_json(number: Decimal) -> Json {
    match number.exponent() {
        0.. => json!(number.rescaled(0)),
        _ => json!(number.to_f64()),
    }
}

pub(crate) fn encode(input: &Fields, expect: &Fields) {
    match build(input, variant(input.text("variant"))) {
        Ok(config) => {
            let encoded = telink_ota::command::Command::SetConfig(config).encode().unwrap();
            expect.check("write", to_hex(encoded.expose()));
        }
        Err(error) => expect.check("error", error.name()),
    }
}

/// A config of the fields that are given; the others are 0.
pub(crate) fn build(input: &Fields, variant: Variant) -> Result<Config, CommandError> {
    let mut bytes = [0; 11];
    let hardware = input.value("hw_byte").and_then(Json::as_u64);
    bytes[9] = u8::try_from(hardware.unwrap_or_default()).unwrap();
    let mut config = Config::from_bytes(version(input.text("fw")), variant, &bytes);
    for &setting in Setting::ALL {
        let Some(value) = input.value(setting.name()) else {
            continue;
        };
        if setting.is_read_only() {
            continue;
        }
        if config.value(setting).is_none() && value == &json!(0) {
            // The page gives what the byte of a missing field holds.
            continue;
        }
        let value = match value {
            Json::Bool(on) => Value::Flag(*on),
            Json::String(name) => Value::Advertising(AdvertisingType::of(name).unwrap()),
            number => Value::Number(decimal(number, -4)),
        };
        config.set(setting, value)?;
    }
    Ok(config)
}

pub(crate) fn hardware(input: &Fields, expect: &Fields) {
    let id = u16::try_from(input.integer("hw_id")).unwrap();
    let hardware = Hardware::of(id).unwrap();
    expect.check("model", hardware.model);
    let image_type = hardware
        .image_type()
        .map(|image_type| format!("{image_type:04x}"));
    expect.check("zigbee_image_type", image_type);
    expect.check("firmware_family", hardware.family.map(FirmwareFamily::name));
    expect.check("config_variant", hardware.variant.map(Variant::name));
}

pub(crate) fn variant(name: &str) -> Variant {
    let variants = [Variant::Lcd, Variant::Clock, Variant::Lywsd02, Variant::Headless];
    let found = variants.into_iter().find(|variant| variant.name() == name);
    found.unwrap_or_else(|| panic!("unknown variant {name}"))
}
