//! Remote calls, maps, histories, codes.

use serde_json::{Value, json};
use xiaomi_cloud::MiotCode;
use xiaomi_cloud::api::{
    Action, Call, DataKind, ItemStatus, MapApi, MapName, MapStep, MapUrl, PropGet, PropSet, PropertyKey, Rpc,
    UserDeviceData,
};

use super::answers::answer_of;
use super::{Fields, check_api_error};

pub fn check(input: &Fields, expect: &Fields) {
    let op = input.text("op");
    match input.get("json") {
        None => build(op, input, expect),
        Some(json) => read(op, json, expect),
    }
}

fn build(op: &str, input: &Fields, expect: &Fields) {
    let key = |item: &Value| {
        let number = |name: &str| u32::try_from(item[name].as_u64().expect("a number")).expect("32 bits");
        PropertyKey::new(
            item["did"].as_str().expect("a did"),
            number("siid"),
            number("piid"),
        )
    };
    let items = || input.list("items");
    let number = |name| u32::try_from(input.integer(name)).expect("32 bits");
    match op {
        "rpc" => {
            let params = input.get("params").cloned().expect("params");
            request(
                &Rpc::new(input.text("did"), number("id"), input.text("method"), params),
                expect,
            );
        }
        "prop_get" => {
            let keys: Vec<PropertyKey> = items().iter().map(key).collect();
            request(&PropGet::batches(&keys)[0], expect);
        }
        "prop_set" => {
            let values: Vec<_> = items()
                .iter()
                .map(|item| (key(item), item["value"].clone()))
                .collect();
            request(&PropSet::batches(&values)[0], expect);
        }
        "action" => {
            let inputs = ["in", "inputs", "args"].iter().find_map(|name| input.value(name));
            let call = Action {
                did: input.text("did").into(),
                siid: number("siid"),
                aiid: number("aiid"),
                inputs: inputs.and_then(Value::as_array).cloned().unwrap_or_default(),
            };
            request(&call, expect);
        }
        other => panic!("nobody knows {other}"),
    }
}

fn request(call: &impl Call, expect: &Fields) {
    expect.check("path", call.path().as_ref());
    expect.check("data", call.data());
}

fn read(op: &str, json: &Value, expect: &Fields) {
    let answer = match answer_of(200, json) {
        Ok(answer) => answer,
        Err(error) => return check_api_error(&error, expect),
    };
    let status = |status: ItemStatus| match status {
        ItemStatus::Ok => "ok",
        ItemStatus::Accepted => "accepted",
        ItemStatus::Error(_) => "error",
    };
    let outcome = match op {
        "rpc" => Rpc::new("1", 1, "x", json!([]))
            .read(&answer)
            .map(|result| expect.check("ok", result)),
        "prop_get" | "prop_set" => PropGet::one(PropertyKey::new("1", 1, 1))
            .read(&answer)
            .map(|results| {
                let items: Vec<Value> = results
                    .items
                    .iter()
                    .map(|item| {
                        let key = &item.key;
                        let mut shown = json!({
                            "did": key.did, "siid": key.siid, "piid": key.piid, "status": status(item.status),
                        });
                        if let Some(value) = &item.value {
                            shown["value"] = value.clone();
                        }
                        if let ItemStatus::Error(code) = item.status {
                            shown["code"] = code.0.into();
                        }
                        assert_eq!(results.get(key), Some(item));
                        shown
                    })
                    .collect();
                expect.check("items", items);
            }),
        "action" => {
            let call = Action {
                did: "1".into(),
                siid: 1,
                aiid: 1,
                inputs: Vec::new(),
            };
            call.read(&answer).map(|result| {
                expect.check("status", status(result.status));
                if let ItemStatus::Error(code) = result.status {
                    expect.check_if_present("code", code.0);
                }
                expect.check_if_present("out", result.outputs.unwrap_or_default());
            })
        }
        other => panic!("nobody knows {other}"),
    };
    if let Err(error) = outcome {
        check_api_error(&error, expect);
    }
}

pub fn map_url(input: &Fields, expect: &Fields) {
    let api = |name: &str| match name {
        "roborock" => MapApi::Roborock,
        "interim" => MapApi::Interim,
        "interim_pro" => MapApi::InterimPro,
        other => panic!("nobody knows {other}"),
    };
    let of = |api| match api {
        MapApi::Roborock => MapUrl::roborock("x"),
        api => MapUrl::interim(api, "1", "2", "0"),
    };
    if let Some(json) = input.get("json") {
        let mut call = of(input.optional_text("api").map_or(MapApi::Roborock, api));
        let tried = input.value("already_tried").and_then(Value::as_array);
        // The list may name the endpoint that answers here too.
        let tried = tried
            .into_iter()
            .flatten()
            .map(|tried| api(tried.as_str().expect("text")));
        if let Some(tried) = tried.into_iter().find(|tried| *tried != call.api()) {
            call = call.after(tried);
        }
        let answer = answer_of(200, json);
        match call.step(answer.as_ref().map_err(Clone::clone)) {
            Ok(MapStep::Download(url)) => expect.check("url", url),
            Ok(MapStep::TryNext(next)) => expect.check(
                "try_next",
                match next.api() {
                    MapApi::Roborock => "roborock",
                    MapApi::Interim => "interim",
                    MapApi::InterimPro => "interim_pro",
                },
            ),
            Err(error) => check_api_error(&error, expect),
        }
        return;
    }
    let name = match MapName::of(input.text("map_name")) {
        MapName::Name(name) => name,
        MapName::Retry { after } => {
            expect.check("action", "retry");
            return expect.check(
                "after_ms",
                u64::try_from(after.as_millis()).expect("milliseconds"),
            );
        }
        MapName::NoMap => return expect.check("action", "no_map"),
    };
    let call = match api(input.text("api")) {
        MapApi::Roborock => MapUrl::roborock(name),
        api => MapUrl::interim(api, input.text("user_id"), input.text("did"), &name),
    };
    request(&call, expect);
}

pub fn user_data(input: &Fields, expect: &Fields) {
    let call = UserDeviceData {
        did: "blt.3.x".into(),
        key: "4109".into(),
        kind: DataKind::Prop,
        start: 0,
        end: 1,
        limit: 2,
    };
    let answer = answer_of(200, input.get("json").expect("JSON"));
    let entries = match answer.and_then(|answer| call.read(&answer)) {
        Ok(entries) => entries,
        Err(error) => return check_api_error(&error, expect),
    };
    let entries: Vec<Value> = entries
        .into_iter()
        .map(
            |entry| json!({"time": entry.time, "key": entry.key, "type": entry.kind, "values": entry.values}),
        )
        .collect();
    expect.check("entries", entries);
}

pub fn miot_code(input: &Fields, expect: &Fields) {
    let code = MiotCode(input.integer("code"));
    expect.check("known", code.meaning().is_some());
    expect.check("family", code.family().name());
}
