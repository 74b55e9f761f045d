//! Tokens from texts and logs.

use miio_proto::{Token, TokenError, TokenForm, Value, tokens};
use serde_json::json;

use super::{Fields, to_hex};

pub fn android_log(input: &Fields, expect: &Fields) {
    let devices: Vec<Value> = tokens::android_log(input.text("text"))
        .into_iter()
        .map(|device| {
            json!({"did": device.did, "token": device.token.map(|token| to_hex(token.expose())),
                "name": device.name, "localip": device.address, "mac": device.mac, "model": device.model})
        })
        .collect();
    expect.check("devices", devices);
}

pub fn token(input: &Fields, expect: &Fields) {
    match Token::from_text(input.text("text")) {
        Ok((token, form)) => {
            let kind = match form {
                TokenForm::Hex => "hex",
                TokenForm::Ascii => "ascii",
                TokenForm::IosEncrypted => "ios_encrypted",
                other => panic!("unnamed {other:?}"),
            };
            expect.check("kind", kind);
            expect.check("token", to_hex(token.expose()));
        }
        Err(error) => expect.check(
            "error",
            match error {
                TokenError::Length { .. } => "bad_length",
                TokenError::NotHex => "bad_hex",
                TokenError::Withheld => "withheld",
                TokenError::BadEncrypted => "bad_encrypted_token",
                other => panic!("unnamed {other:?}"),
            },
        ),
    }
}
