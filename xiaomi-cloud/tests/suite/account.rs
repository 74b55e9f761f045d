//! Bodies and cookies of the account server.

use serde_json::{Map, Value};
use xiaomi_cloud::{AccountBody, SetCookie};

use super::Fields;

pub fn body(input: &Fields, expect: &Fields) {
    let Ok(body) = AccountBody::parse(input.text("body").as_bytes()) else {
        return expect.check("error", "malformed");
    };
    if expect.has("json") {
        expect.check("json", serde_json::from_str::<Value>(body.json()).expect("JSON"));
    }
    if let Some(fields) = expect.value("json_text_fields") {
        for (name, text) in fields.as_object().expect("an object") {
            assert_eq!(
                body.text(name).as_deref(),
                Some(text.as_str().expect("text")),
                "{name}"
            );
        }
    }
}

pub fn set_cookie(input: &Fields, expect: &Fields) {
    let mut cookies = Map::new();
    for header in input.list("set_cookie") {
        if let Some(cookie) = SetCookie::parse(header.as_str().expect("text")) {
            cookies.insert(cookie.name.into(), cookie.value.map_or(Value::Null, Into::into));
        }
    }
    expect.check("cookies", cookies);
}
