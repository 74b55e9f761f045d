//! RC4, and transcripts of legacy handshakes.

use mi_auth::Token;
use mi_auth::legacy::{LegacyConfig, LegacyLogin, LegacyRegister, rc4};

use super::transcript::{Outcome, check_failure, play};
use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.text("op") {
        "rc4" => {
            let mut data = input.hex("data");
            rc4(&input.hex("key"), &mut data);
            expect.check("data", to_hex(&data));
        }
        "legacy_mix" => {
            let config = config(input);
            expect.check("mix_a", to_hex(&config.mix_a()));
            expect.check("mix_b", to_hex(&config.mix_b()));
        }
        "legacy_register" => match play(LegacyRegister::new(config(input), token(input)), expect) {
            Outcome::Done(registration) => {
                expect.check("result", "registered");
                expect.check("token", to_hex(registration.token.expose()));
                expect.check("beacon_key", to_hex(registration.beacon_key.expose()));
                expect.check("version", registration.version.as_str());
            }
            Outcome::Failed(failure) => check_failure(&failure, expect),
        },
        "legacy_login" => match play(LegacyLogin::new(token(input)), expect) {
            Outcome::Done(key) => {
                expect.check("result", "logged_in");
                expect.check("session_key", to_hex(key.expose()));
            }
            Outcome::Failed(failure) => check_failure(&failure, expect),
        },
        op => panic!("nobody knows the operation {op}"),
    }
}

fn config(input: &Fields) -> LegacyConfig {
    let mac: [u8; 6] = input.hex("mac").try_into().unwrap();
    LegacyConfig::new(mac.into(), input.integer("product_id").try_into().unwrap())
}

fn token(input: &Fields) -> Token {
    Token::new(&input.hex("token")).unwrap()
}
