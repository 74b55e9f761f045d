//! Provisioning and Wi-Fi keys.

use miio_proto::Value;
use miio_proto::provision::{ConfigRouter, Passphrase, PassphraseKind, ProvisionError, Ssid};

use super::{Fields, to_hex};

fn error_name(error: ProvisionError) -> &'static str {
    match error {
        ProvisionError::SsidEmpty => "empty",
        ProvisionError::SsidTooLong { .. } | ProvisionError::PassphraseTooLong { .. } => "too_long",
        ProvisionError::PassphraseTooShort { .. } => "too_short",
        ProvisionError::BadPskHex => "bad_psk_hex",
        ProvisionError::BadCharacter => "bad_character",
        other => panic!("unnamed {other:?}"),
    }
}

pub fn params(input: &Fields, expect: &Fields) {
    let Ok(ssid) = Ssid::new(input.text("ssid")) else {
        return expect.check("error", "bad_ssid");
    };
    let Ok(passphrase) = Passphrase::new(input.text("pw")) else {
        return expect.check("error", "bad_passphrase");
    };
    let text = |name: &str| {
        input
            .value(name)
            .map(|text| text.as_str().expect("text").to_owned())
    };
    let mut config = ConfigRouter::new(ssid, passphrase);
    config.user_id = input.value("uid").and_then(Value::as_u64).unwrap_or_default();
    config.gmt_offset = input
        .value("off")
        .map(|off| i32::try_from(off.as_i64().expect("s")).expect("32 bits"));
    config.time_zone = text("tz");
    config.country_domain = text("country");
    config.bind_key = text("bind");
    expect.check("params", config.request().params);
    let warnings: Vec<_> = config.warnings().iter().map(|warning| warning.name()).collect();
    expect.check("warnings", warnings);
}

pub fn wpa(input: &Fields, expect: &Fields) {
    match input.op() {
        "pmk" => {
            let ssid = Ssid::new(input.hex("ssid")).expect("a name");
            let pmk = Passphrase::new(input.text("passphrase"))
                .expect("a passphrase")
                .pmk(&ssid);
            expect.check("pmk", to_hex(&*pmk.expect("no open network")));
        }
        "classify" => {
            let result = match Passphrase::classify(input.text("passphrase")) {
                Ok(PassphraseKind::Open) => "open",
                Ok(PassphraseKind::Passphrase) => "passphrase",
                Ok(PassphraseKind::RawPsk) => "raw_psk",
                Err(error) => error_name(error),
            };
            expect.check("result", result);
        }
        "ssid" => {
            let result = Ssid::new(input.hex("ssid")).map_or_else(error_name, |_| "ok");
            expect.check("result", result);
        }
        op => panic!("unknown operation {op}"),
    }
}
