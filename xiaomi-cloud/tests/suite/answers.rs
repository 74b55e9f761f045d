//! Answers of the API, and bind keys.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use xiaomi_cloud::api::{BeaconKey, BindKeyAnswer, Call, NoBindKey};
use xiaomi_cloud::{Answer, ApiError, Nonce, SignedNonce};

use super::crypto::key_of;
use super::{Fields, check_api_error};

pub fn response(input: &Fields, expect: &Fields) {
    let status =
        StatusCode::from_u16(u16::try_from(input.integer("status")).expect("a status")).expect("a status");
    let mut headers = HeaderMap::new();
    for pair in input
        .value("headers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let name: HeaderName = pair[0].as_str().expect("text").parse().expect("a name");
        headers.append(
            name,
            HeaderValue::from_str(pair[1].as_str().expect("text")).expect("a value"),
        );
    }
    let body = match input.optional_text("body") {
        Some(body) => body.as_bytes().to_vec(),
        None => input.hex("body_hex"),
    };
    match Answer::open(status, &headers, &body, &key_of(input)) {
        Ok(answer) if expect.optional_text("kind") == Some("json") => {
            expect.check_if_present("plaintext", answer.expose());
        }
        Ok(answer) => failed(&answer.read::<Value>().expect_err("a failure"), expect),
        Err(error) => failed(&error, expect),
    }
}

fn failed(error: &ApiError, expect: &Fields) {
    expect.check("kind", "error");
    check_api_error(error, expect);
}

/// Reads an envelope as it would come with this status.
pub fn answer_of(status: u16, json: &Value) -> Result<Answer, ApiError> {
    let ssecurity = "ABEiM0RVZneImaq7zN3u/w==".parse().expect("ssecurity");
    let key = SignedNonce::new(&ssecurity, &Nonce::from_bytes([0; 12]));
    let status = StatusCode::from_u16(status).expect("a status");
    Answer::open(status, &HeaderMap::new(), json.to_string().as_bytes(), &key)
}

pub fn api_error(input: &Fields, expect: &Fields) {
    let status = u16::try_from(input.integer("status")).expect("a status");
    let json = input.get("json").expect("JSON");
    match answer_of(status, json).and_then(|answer| answer.read::<Value>()) {
        Ok(_) => expect.check("class", "ok"),
        Err(error) => check_api_error(&error, expect),
    }
}

pub fn beaconkey(input: &Fields, expect: &Fields) {
    let json = input.get("json").expect("JSON");
    let call = BeaconKey {
        did: "blt.3.x".into(),
    };
    let answer = match answer_of(200, json).and_then(|answer| call.read(&answer)) {
        Ok(answer) => answer,
        Err(error) => return check_api_error(&error, expect),
    };
    match &answer {
        BindKeyAnswer::Key(key) => {
            expect.check("kind", "key16");
            expect.check("key", key.to_hex().as_str());
        }
        BindKeyAnswer::Short(key) => {
            expect.check("kind", "key12");
            expect.check("key", key.to_hex().as_str());
        }
        BindKeyAnswer::None(reason) => {
            expect.check("kind", "none");
            expect.check(
                "reason",
                match reason {
                    NoBindKey::AllFf => "all_ff",
                    NoBindKey::Empty => "empty",
                    NoBindKey::Missing => "missing",
                },
            );
            assert!(answer.help().is_some());
        }
    }
}
