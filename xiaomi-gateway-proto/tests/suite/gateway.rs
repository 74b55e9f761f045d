//! Messages, keys, sids and values.

use serde_json::{Value as Json, json};
use xiaomi_gateway_proto::{
    BatteryCurve, BuildError, Decimal, Fields as Attributes, Generation, Key, Kind, Light, Liveness, Message,
    ParseError, PresentedKey, Rotation, Route, Sid, Source, Token, Value, ha_to_pct, pct_to_ha,
};

use super::{Fields, to_hex};

pub fn write_key(input: &Fields, expect: &Fields) {
    let key = input.text_or_empty("key").parse::<Key>();
    let token = input.text("token").parse::<Token>();
    let (key, token) = match (key, token) {
        (Ok(key), Ok(token)) => (key, token),
        (Err(error), _) => {
            assert!(error.help().is_some());
            return refused(expect, "bad_key");
        }
        (_, Err(error)) => {
            assert!(error.help().is_some());
            return refused(expect, "bad_token");
        }
    };
    if let Some(presented) = input.value("presented") {
        return expect.check("valid", key.verify(&token, presented.as_str().unwrap()));
    }
    let write_key = key.write_key(&token);
    expect.check("ok", true);
    expect.check("wire", write_key.expose());
    expect.check("write_key_hex", write_key.expose().to_ascii_lowercase());
}

pub fn sid(input: &Fields, expect: &Fields) {
    if let Some(a) = input.value("a") {
        let sid = |value: &Json| Sid::device(value.as_str().unwrap()).unwrap();
        return expect.check("equal", sid(a) == sid(input.value("b").unwrap()));
    }
    // Numbers go the way of a message, since only there a sid can be one.
    let is_gateway = input.flag("is_gateway");
    let model = if is_gateway { "gateway" } else { "plug" };
    let message = json!({"cmd": "read_ack", "model": model, "sid": input.value("sid").unwrap()}).to_string();
    match Message::parse(message.as_bytes()) {
        Ok(message) => {
            expect.check("ok", true);
            expect.check("sid", message.sid.unwrap().to_string());
        }
        Err(error) => refused(expect, parse_error(&error)),
    }
}

pub fn parse(input: &Fields, expect: &Fields) {
    let bytes = input.hex("datagram_hex");
    if let Some(text) = input.value("datagram") {
        assert_eq!(text.as_str().unwrap().as_bytes(), bytes);
    }
    let message = match Message::parse(&bytes) {
        Ok(message) => message,
        Err(error) => return refused(expect, parse_error(&error)),
    };
    expect.check("ok", true);
    expect.check("cmd", &*message.cmd);
    expect.check("kind", kind(&message.kind));
    expect.check("generation", message.generation.map(Generation::number));
    expect.check("sid", message.sid.map(|sid| sid.to_string()));
    expect.check("model", message.model.as_deref());
    expect.check("short_id", message.short_id);
    expect.check("token", message.token.as_deref());
    expect.check("proto_version", message.proto_version.as_deref());
    expect.check("error", message.error());
    expect.check("fields", attributes(&message.fields));
    match &message.kind {
        Kind::Iam { ip, port } => {
            expect.check("ip", ip.map(|ip| ip.to_string()));
            expect.check("port", *port);
        }
        Kind::ListReply { devices } => {
            let devices = devices
                .iter()
                .map(|device| json!({"sid": device.sid.to_string(), "model": device.model}));
            expect.check("devices", devices.collect::<Json>());
        }
        Kind::WriteRequest { key } => expect.check("key", key.as_ref().map(PresentedKey::expose)),
        _ => {}
    }
    let again = message.encode();
    let again = Message::parse(&again).expect("what is written can be read");
    assert_eq!(again.fields, message.fields);
    assert_eq!(again.sid, message.sid);
}

pub fn rgb(input: &Fields, expect: &Fields) {
    if let Some(percent) = input.value("brightness_pct")
        && input.value("r").is_none()
    {
        return expect.check("ha_brightness", pct_to_ha(number(percent)));
    }
    if let Some(brightness) = input.value("ha_brightness") {
        return expect.check("brightness_pct", ha_to_pct(number(brightness)));
    }
    if input.value("value").is_some() {
        let Some(light) = Light::from_wire(input.integer("value")) else {
            return refused(expect, "out_of_range");
        };
        let [red, green, blue] = light.rgb();
        for (name, value) in [
            ("brightness_pct", light.brightness_pct()),
            ("r", red),
            ("g", green),
            ("b", blue),
        ] {
            expect.check(name, value);
        }
        expect.check("on", light.is_on());
        expect.check("raw", light.to_wire());
        return expect.check("ok", true);
    }
    let part = |name: &str| u8::try_from(input.integer(name)).ok();
    let parts = (part("r"), part("g"), part("b"), part("brightness_pct"));
    let (Some(red), Some(green), Some(blue), Some(brightness)) = parts else {
        return refused(expect, "out_of_range");
    };
    match Light::new(brightness, [red, green, blue]) {
        Ok(light) => {
            expect.check("ok", true);
            expect.check("value", light.to_wire());
        }
        Err(BuildError::OutOfRange { max: 100, .. }) => refused(expect, "out_of_range"),
        Err(error) => panic!("{error}"),
    }
}

pub fn battery(input: &Fields, expect: &Fields) {
    let curve = match input.text("curve") {
        "home_assistant" => BatteryCurve::HomeAssistant,
        "openhab" => BatteryCurve::OpenHab,
        "iobroker" => BatteryCurve::IoBroker,
        "lumi_aqara" => BatteryCurve::LumiAqara,
        "homebridge" => BatteryCurve::Homebridge,
        "domoticz" => BatteryCurve::Domoticz,
        other => panic!("no curve {other}"),
    };
    let millivolts = i32::try_from(input.integer("millivolts")).unwrap();
    expect.check("percent", curve.percent(millivolts).map(Decimal::to_f64));
}

pub fn cube_rotate(input: &Fields, expect: &Fields) {
    let Some(rotation) = Rotation::parse(input.get("rotate").unwrap().as_str().unwrap()) else {
        return refused(expect, "bad_value");
    };
    expect.check("ok", true);
    expect.check("percent", rotation.percent.unwrap().to_f64());
    expect.check("degrees", rotation.degrees.unwrap().to_f64());
    expect.check("duration_ms", rotation.duration_ms);
}

pub fn decode(input: &Fields, expect: &Fields) {
    let source = match input.text("cmd") {
        "report" => Source::Report,
        "heartbeat" => Source::Heartbeat,
        "read" => Source::Read,
        "write" => Source::Write,
        other => panic!("no source {other}"),
    };
    assert!(matches!(input.integer("generation"), 1 | 2));
    let fields = values(input.value("fields").unwrap());
    let model = input.get("model").unwrap().as_str().unwrap();
    let decoded = xiaomi_gateway_proto::decode(model, source, &fields);
    let json: Json = serde_json::from_str(&decoded.to_json()).expect("JSON");
    for name in ["category", "state", "events", "invalid", "unparsed", "trusted"] {
        expect.check(name, json[name].clone());
    }
}

pub fn build(input: &Fields, expect: &Fields) {
    let sid = || Sid::device(input.text("sid")).unwrap();
    let generation = || generation(input.value("generation").unwrap());
    let message = match input.text("kind") {
        "whois" => Message::whois(),
        "list" => Message::list_request(generation()),
        "read" => Message::read_request(sid()),
        "write" => {
            let (key, token) = (
                input.text("key").parse::<Key>(),
                input.text("token").parse::<Token>(),
            );
            let Ok(key) = key else {
                return refused(expect, "bad_key");
            };
            let Ok(token) = token else {
                return refused(expect, "bad_token");
            };
            let model = input
                .value("model")
                .map(|model| model.as_str().unwrap().to_owned().into());
            let fields = in_order_of(expect, values(input.value("values").unwrap()));
            match Message::write_request(generation(), sid(), model, &key.write_key(&token), fields) {
                Ok(message) => message,
                Err(BuildError::EmptyWrite) => return refused(expect, "empty_write"),
                Err(BuildError::ReservedField) => return refused(expect, "reserved_field"),
                Err(error) => panic!("{error}"),
            }
        }
        other => panic!("nothing is called {other}"),
    };
    let bytes = message.encode();
    expect.check("ok", true);
    expect.check("datagram", core::str::from_utf8(&bytes).unwrap());
    expect.check("datagram_hex", to_hex(&bytes));
    match message.route() {
        Route::Multicast(port) => {
            expect.check("cast", "multicast");
            expect.check("port", port);
            expect.check("address", xiaomi_gateway_proto::GROUP.to_string());
        }
        Route::Unicast(port) => {
            expect.check("cast", "unicast");
            expect.check("port", port);
        }
    }
    assert_eq!(Message::parse(&bytes).unwrap().encode(), bytes);
}

pub fn liveness(input: &Fields, expect: &Fields) {
    let class = match input.text("class") {
        "gateway" => Liveness::Gateway,
        "mains" => Liveness::Mains,
        "battery" => Liveness::Battery,
        other => panic!("no class {other}"),
    };
    let elapsed = core::time::Duration::from_secs_f64(input.value("elapsed_s").unwrap().as_f64().unwrap());
    expect.check("online", class.is_online(elapsed));
}

/// JSON objects have no order here, but a datagram has one: it shows in which order the values were given.
fn in_order_of(expect: &Fields, values: Attributes<'static>) -> Attributes<'static> {
    let Some(datagram) = expect.get("datagram").and_then(Json::as_str) else {
        return values;
    };
    let mut members: Vec<_> = values.into_iter().collect();
    members.sort_by_key(|(name, _)| datagram.find(&**name));
    members.into_iter().collect()
}

/// The case expects this error.
pub fn refused(expect: &Fields, kind: &str) {
    expect.check("ok", false);
    expect.check("error_kind", kind);
}

pub fn generation(value: &Json) -> Generation {
    match value.as_u64() {
        Some(1) => Generation::One,
        Some(2) => Generation::Two,
        other => panic!("no generation {other:?}"),
    }
}

/// Attributes from JSON, through the crate's own reader.
pub fn values(json: &Json) -> Attributes<'static> {
    let members = json.as_object().expect("an object").iter();
    let members = members.map(|(name, value)| {
        let value = match value {
            Json::String(text) => Value::from(text.clone()),
            Json::Number(number) => Value::Number(number.to_string().parse_decimal()),
            Json::Bool(flag) => Value::Bool(*flag),
            Json::Null => Value::Null,
            other => Value::Json(other.to_string().into()),
        };
        (name.clone().into(), value)
    });
    members.collect()
}

pub fn attributes(fields: &Attributes<'_>) -> Json {
    serde_json::from_str(&fields.to_json()).expect("JSON")
}

trait ParseDecimal {
    fn parse_decimal(&self) -> Decimal;
}

impl ParseDecimal for String {
    fn parse_decimal(&self) -> Decimal {
        Decimal::from_text(self).expect("a decimal")
    }
}

fn kind(kind: &Kind<'_>) -> &'static str {
    match kind {
        Kind::Whois => "whois",
        Kind::Iam { .. } => "iam",
        Kind::ListRequest => "list_request",
        Kind::ListReply { .. } => "list_reply",
        Kind::ReadRequest => "read_request",
        Kind::ReadReply => "read_reply",
        Kind::WriteRequest { .. } => "write_request",
        Kind::WriteReply => "write_reply",
        Kind::Report => "report",
        Kind::Heartbeat => "heartbeat",
        _ => "other",
    }
}

fn parse_error(error: &ParseError) -> &'static str {
    match error {
        ParseError::TooLarge { .. } => "too_large",
        ParseError::NotUtf8 { .. } => "not_utf8",
        ParseError::NotJson { .. } => "not_json",
        ParseError::NotObject => "not_object",
        ParseError::MissingCmd => "missing_cmd",
        ParseError::BadType { .. } => "bad_type",
        ParseError::BadDataJson => "bad_data_json",
        ParseError::BadSid(_) => "bad_sid",
        other => panic!("{other}"),
    }
}

fn number(value: &Json) -> u8 {
    u8::try_from(value.as_u64().unwrap()).unwrap()
}
