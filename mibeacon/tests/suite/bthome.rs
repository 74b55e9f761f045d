//! Checks of the BTHome vectors.

use std::time::Duration;

use macaddr::MacAddr6;
use mibeacon::ad::AdvertBuf;
use mibeacon::bthome::{
    Advert, ButtonCode, CommandCode, DimmerCode, Encrypted, Format, Object, ObjectKind, ObjectSpec, Objects,
    Policy, Replay, Security, UUID_V2, Value, v1, v2,
};
use mibeacon::{
    BindKey, Decimal, DecryptError, DimmerAction, EncodeError, Fingerprint, FirmwareVersion, NonceGuard,
    ParseError, Reading,
};
use serde_json::{Map, Value as Json, json};

use super::{Fields, hex, same, to_hex};

/// Checks a case of `v1_plain`, `v1_encrypted`, `v2_plain` and `v2_encrypted`.
pub(crate) fn decode(input: &Fields, expect: &Fields) {
    let (service_data, address) = (input.hex("service_data"), address(input));
    let uuid = input.text("uuid");
    let key = input.optional_hex("key").map(|bytes| BindKey::new(&bytes));
    if key
        .as_ref()
        .is_some_and(|key| !key.as_ref().is_ok_and(|key| !key.is_short()))
    {
        return check_bad_key(expect, uuid, &service_data, address);
    }
    let frame = match Frame::parse(uuid, &service_data) {
        Ok(frame) => frame,
        Err(error) => return check_parse_error(expect, uuid, &service_data, error),
    };
    frame.check_header(expect);
    let Some(encrypted) = frame.encrypted() else {
        expect.check("encrypted", false);
        return check_objects(
            expect,
            frame.objects().expect("a plain frame has objects"),
            frame.is_v2(),
        );
    };
    expect.check("encrypted", true);
    expect.check("counter", encrypted.counter);
    expect.check("ciphertext", to_hex(encrypted.ciphertext));
    expect.check("tag", to_hex(&encrypted.tag));
    expect.check_if_present("nonce", to_hex(&frame.nonce(address)));
    let Some(Ok(key)) = key else {
        return expect.check("error", "missing_key");
    };
    let mut plaintext = vec![0; encrypted.ciphertext.len()];
    match frame.decrypt(&key, address, &mut plaintext) {
        Ok(objects) => {
            expect.check("plaintext", to_hex(objects.as_bytes()));
            check_objects(expect, objects, frame.is_v2());
        }
        Err(DecryptError::Authentication) => expect.check("error", "auth_failed"),
        Err(error) => panic!("{error}"),
    }
}

/// A key of 12 bytes is one, but not for BTHome. The vectors refuse a key of the wrong length before they look at the
/// frame; what they say about the frame all the same must be right.
fn check_bad_key(expect: &Fields, uuid: &str, service_data: &[u8], address: MacAddr6) {
    expect.check("error", "bad_key_length");
    let Ok(frame) = Frame::parse(uuid, service_data) else {
        return;
    };
    frame.check_optional_header(expect);
    let encrypted = frame.encrypted();
    expect.check_if_present("encrypted", encrypted.is_some());
    if let Some(encrypted) = encrypted {
        expect.check_if_present("counter", encrypted.counter);
        expect.check_if_present("ciphertext", to_hex(encrypted.ciphertext));
        expect.check_if_present("tag", to_hex(&encrypted.tag));
        expect.check_if_present("nonce", to_hex(&frame.nonce(address)));
        let short = BindKey::new(&[0; 12]).expect("a short key");
        let refused = frame.decrypt(&short, address, &mut []).err();
        assert!(matches!(refused, Some(DecryptError::KeyTooShort { .. })));
    }
}

/// Checks a case of `v2_encode`, and that the crate reads back what it built.
pub(crate) fn v2_encode(input: &Fields, expect: &Fields) {
    assert_eq!(input.integer("version"), 2, "only version 2 is built here");
    let address = address(input);
    let mut out = [0; 1024];
    let mut encoder = v2::Encoder::new(&mut out);
    if input.flag("trigger_based") {
        encoder = encoder.trigger_based();
    }
    if input.flag("mac_in_payload") {
        encoder = encoder.with_mac(address);
    }
    for object in input.list("objects") {
        if let Err(error) = push(&mut encoder, object) {
            return expect.check("error", error);
        }
    }
    let key = input
        .optional_hex("key")
        .map(|bytes| BindKey::new(&bytes).expect("a key"));
    let service_data = match &key {
        None => encoder.finish(),
        Some(key) => {
            let counter = u32::try_from(input.integer("counter")).expect("a counter");
            encoder.seal(key, address, counter, &mut NonceGuard::new())
        }
    };
    let service_data = match service_data {
        Ok(service_data) => service_data,
        Err(error) => return expect.check("error", encode_error(error)),
    };
    expect.check("service_data", to_hex(service_data));
    let ad = AdvertBuf::build(|ad| ad.service_data(UUID_V2, service_data).map(drop)).expect("fits");
    expect.check("ad", to_hex(&ad));

    let frame = v2::Frame::parse(service_data).expect("reads back");
    let mut plaintext = [0; 1024];
    let mut objects = match &key {
        None => frame.objects().expect("plain"),
        Some(key) => frame.decrypt(key, address, &mut plaintext).expect("opens"),
    };
    assert_eq!(objects.by_ref().count(), input.list("objects").len());
    assert!(objects.in_order() && objects.stopped().is_none());
}

/// Checks a case of `sequences`.
pub(crate) fn sequences(input: &Fields, expect: &Fields) {
    let key = input
        .optional_hex("key")
        .map(|bytes| BindKey::new(&bytes).expect("a key"));
    let mut replay = Replay::new(match input.text("policy") {
        "bthome-ble" => Policy::BthomeBle,
        "strict" => Policy::Strict,
        "compatible" => Policy::Compatible,
        "none" => Policy::None,
        other => panic!("no policy {other}"),
    });
    let verdicts: Vec<_> = input
        .list("adverts")
        .iter()
        .map(|advert| {
            let advert = Fields::new(advert);
            let now = advert.value("t").and_then(Json::as_f64).expect("a time");
            let accepted = hear(
                &mut replay,
                Duration::from_secs_f64(now),
                advert
                    .value("uuid")
                    .map_or("fcd2", |uuid| uuid.as_str().expect("a UUID")),
                &advert.hex("service_data"),
                address(input),
                key.as_ref(),
            );
            if accepted { "accept" } else { "drop" }
        })
        .collect();
    expect.check("verdicts", verdicts);
}

fn hear(
    replay: &mut Replay,
    now: Duration,
    uuid: &str,
    service_data: &[u8],
    address: MacAddr6,
    key: Option<&BindKey>,
) -> bool {
    let Ok(frame) = Frame::parse(uuid, service_data) else {
        return false;
    };
    let mut plaintext = vec![0; service_data.len()];
    let (security, objects) = match (frame.encrypted(), key) {
        (None, key) => (
            Security::Plain {
                key_known: key.is_some(),
            },
            frame.objects().expect("plain"),
        ),
        (Some(_), None) => return false,
        (Some(encrypted), Some(key)) => match frame.decrypt(key, address, &mut plaintext) {
            Ok(objects) => (
                Security::Authenticated {
                    counter: encrypted.counter,
                },
                objects,
            ),
            Err(_) => {
                replay.authentication_failed();
                return false;
            }
        },
    };
    let advert = Advert {
        security,
        packet_id: objects.packet_id(),
        fingerprint: Fingerprint::of(service_data),
    };
    replay.check(now, &advert).is_accepted()
}

/// A frame of any version.
enum Frame<'a> {
    V1(v1::Frame<'a>),
    V2(v2::Frame<'a>),
}

impl<'a> Frame<'a> {
    fn parse(uuid: &str, service_data: &'a [u8]) -> Result<Self, ParseError> {
        Ok(match uuid {
            "181c" => Self::V1(v1::Frame::parse_plain(service_data)),
            "181e" => Self::V1(v1::Frame::parse_encrypted(service_data)?),
            "fcd2" => Self::V2(v2::Frame::parse(service_data)?),
            other => panic!("no UUID {other}"),
        })
    }

    fn is_v2(&self) -> bool {
        matches!(self, Self::V2(_))
    }

    fn check_header(&self, expect: &Fields) {
        let Self::V2(frame) = self else {
            return expect.check("version", 1);
        };
        let info = frame.info();
        expect.check("version", info.version());
        expect.check("trigger_based", info.is_trigger_based());
        assert_eq!(info.has_mac(), frame.mac().is_some());
        match frame.mac() {
            Some(mac) => expect.check("mac_in_payload", to_hex(mac.as_bytes())),
            None => assert!(expect.value("mac_in_payload").is_none(), "no MAC in the frame"),
        }
    }

    /// The same where a vector needn't say it.
    fn check_optional_header(&self, expect: &Fields) {
        let Self::V2(frame) = self else {
            expect.check_if_present("version", 1);
            return;
        };
        expect.check_if_present("version", frame.info().version());
        expect.check_if_present("trigger_based", frame.info().is_trigger_based());
        let mac = frame.mac().map(|mac| to_hex(mac.as_bytes()));
        expect.check_if_present("mac_in_payload", mac);
    }

    fn encrypted(&self) -> Option<Encrypted<'a>> {
        match self {
            Self::V1(frame) => frame.encrypted(),
            Self::V2(frame) => frame.encrypted(),
        }
    }

    fn objects(&self) -> Option<Objects<'a>> {
        match self {
            Self::V1(frame) => frame.objects(),
            Self::V2(frame) => frame.objects(),
        }
    }

    fn nonce(&self, address: MacAddr6) -> Vec<u8> {
        match self {
            Self::V1(frame) => frame.nonce(address).expect("encrypted").to_vec(),
            Self::V2(frame) => frame.nonce(address).expect("encrypted").to_vec(),
        }
    }

    fn decrypt<'o>(
        &self,
        key: &BindKey,
        address: MacAddr6,
        out: &'o mut [u8],
    ) -> Result<Objects<'o>, DecryptError> {
        match self {
            Self::V1(frame) => frame.decrypt(key, address, out),
            Self::V2(frame) => frame.decrypt(key, address, out),
        }
    }
}

fn check_parse_error(expect: &Fields, uuid: &str, service_data: &[u8], error: ParseError) {
    match error {
        ParseError::TooShort { .. } => {
            expect.check("error", "too_short");
            // What the first byte says is known by then; the crate gives no frame.
            match (uuid, service_data) {
                ("fcd2", [info, ..]) => {
                    expect.check_if_present("version", info >> 5);
                    expect.check_if_present("encrypted", info & 1 != 0);
                    expect.check_if_present("trigger_based", info & 4 != 0);
                }
                ("181e", _) => {
                    expect.check_if_present("version", 1);
                    expect.check_if_present("encrypted", true);
                }
                _ => {}
            }
        }
        ParseError::UnsupportedVersion { version } => {
            expect.check("error", "unsupported_version");
            expect.check_if_present("version", version);
        }
        error => panic!("{error}"),
    }
}

fn check_objects(expect: &Fields, mut objects: Objects<'_>, is_v2: bool) {
    let expected = expect.list("objects");
    let mut found = 0;
    for object in objects.by_ref() {
        let expected = expected
            .get(found)
            .unwrap_or_else(|| panic!("one object too many: {object:?}"));
        let actual = to_json(&object, expected);
        assert!(
            same(&without_absent(expected, &actual), &actual),
            "object {found}: expected {expected}, found {actual}"
        );
        check_number(expected, &actual);
        check_reading(&object, expected);
        found += 1;
    }
    assert_eq!(found, expected.len(), "objects are missing");
    if is_v2 {
        expect.check("in_order", objects.in_order());
    }
    match objects.stopped() {
        Some(stopped) => {
            expect.check(
                "stopped",
                json!({"reason": stopped.reason.name(), "offset": stopped.offset}),
            );
        }
        None => assert!(expect.value("stopped").is_none(), "the walk went to the end"),
    }
}

/// `null` in a field that other objects have says the same as no such field.
fn without_absent(expected: &Json, actual: &Json) -> Json {
    const FIELDS: [&str; 6] = ["args", "hex", "raw", "steps", "unit", "value"];
    let fields = expected.as_object().expect("an object");
    let is_said = |name: &String, value: &Json| {
        !value.is_null() || actual.get(name).is_some() || !FIELDS.contains(&name.as_str())
    };
    fields
        .iter()
        .filter(|(name, value)| is_said(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

/// BTHome's numbers are exact to 1e-9, closer than the vectors of other formats can be.
fn check_number(expected: &Json, actual: &Json) {
    if let (Some(expected), Some(actual)) = (expected["value"].as_f64(), actual["value"].as_f64()) {
        assert!(
            (expected - actual).abs() <= 1e-9 * expected.abs(),
            "expected {expected}, found {actual}"
        );
    }
}

/// The object in the form of the vectors.
fn to_json(object: &Object<'_>, expected: &Json) -> Json {
    let mut map = Map::new();
    map.insert("id".into(), format!("{:02x}", object.id()).into());
    map.insert("property".into(), object.spec().map(|spec| spec.property).into());
    if let Some(format) = object.format() {
        map.insert("format".into(), format.code().into());
    }
    if let Some(raw) = object.raw() {
        map.insert("raw".into(), raw.into());
    }
    let value = match object.value() {
        Value::Number(number) => {
            if let Some(unit) = unit(object) {
                map.insert("unit".into(), unit.into());
            }
            number.to_i64().map_or_else(|| number.to_f64().into(), Json::from)
        }
        Value::Binary(on) => on.into(),
        Value::Button(code) => code.name().into(),
        Value::Dimmer(code, steps) => {
            // Where v1 leaves the steps out, a vector may leave them out, too.
            let steps = Json::from(steps);
            match expected.get("steps") {
                Some(Json::Null) if object.data().len() == 1 => map.insert("steps".into(), Json::Null),
                None if object.data().len() == 1 => None,
                _ => map.insert("steps".into(), steps),
            };
            code.action().map(DimmerAction::name).into()
        }
        Value::Command(code, args) => {
            map.insert("args".into(), to_hex(args).into());
            code.command().name().into()
        }
        Value::Text(text) => {
            if object.format().is_none() {
                map.insert("hex".into(), to_hex(text.as_bytes()).into());
            }
            text.into()
        }
        Value::InvalidText(bytes) => {
            map.insert("hex".into(), to_hex(bytes).into());
            map.insert("error".into(), "invalid_utf8".into());
            Json::Null
        }
        Value::Raw(bytes) => to_hex(bytes).into(),
        Value::Version(version) => version.to_string().into(),
        Value::Mac(mac) => to_hex(mac.as_bytes()).into(),
        Value::Opaque(bytes) => {
            map.remove("raw");
            map.insert("hex".into(), to_hex(bytes).into());
            return map.into();
        }
        other => panic!("nobody knows {other:?}"),
    };
    map.insert("value".into(), value);
    map.into()
}

/// The unit in the words of the vectors; `None` for the device type, which has none there.
fn unit(object: &Object<'_>) -> Option<&'static str> {
    let spec = object.spec()?;
    match (spec.kind, object.format()) {
        (ObjectKind::DeviceType, _) => None,
        (ObjectKind::Timestamp, _) | (_, Some(Format::Timestamp)) => Some("s"),
        _ => Some(spec.unit.symbol()),
    }
}

/// The reading says the same as the vector, in the words of the whole crate.
fn check_reading(object: &Object<'_>, expected: &Json) {
    let value = &expected["value"];
    match object.reading() {
        None => assert!(value.is_null(), "{object:?} says nothing"),
        Some(Reading::Measurement(measurement)) => {
            assert!(same(value, &measurement.value.to_f64().into()), "{measurement}");
            let unit = expected["unit"].as_str().expect("a unit");
            let is_time = object
                .spec()
                .is_some_and(|spec| spec.kind == ObjectKind::Timestamp);
            assert_eq!(measurement.unit.symbol(), if is_time { "" } else { unit });
        }
        Some(Reading::Binary { on, .. }) => assert_eq!(value.as_bool(), Some(on)),
        Some(Reading::Event(event)) => {
            let name = value.as_str().expect("an event").trim_end_matches("_shelly");
            assert!(event.to_string().contains(name), "{event} instead of {name}");
        }
        Some(Reading::Text(text)) => assert_eq!(value.as_str(), Some(text)),
        Some(Reading::InvalidText(bytes)) => assert_eq!(expected["hex"].as_str(), Some(&*to_hex(bytes))),
        Some(Reading::Raw(bytes)) => assert_eq!(value.as_str(), Some(&*to_hex(bytes))),
        Some(Reading::DeviceType(number)) => assert_eq!(value.as_u64(), Some(number.into())),
        Some(Reading::FirmwareVersion(version)) => assert_eq!(value.as_str(), Some(&*version.to_string())),
        Some(Reading::Unknown(unknown)) => {
            assert_eq!(unknown.id, u16::from(object.id()));
            assert_eq!(unknown.data, object.data());
        }
        Some(other) => panic!("nobody knows {other:?}"),
    }
}

/// Adds an object, or says why the vectors refuse it. What the crate's types can't hold is out of range, too.
fn push(encoder: &mut v2::Encoder<'_>, object: &Json) -> Result<(), &'static str> {
    let fields = Fields::new(object);
    let id = *fields.hex("id").first().expect("an id");
    let value = fields.get("value").expect("a value");
    let text = value.as_str().unwrap_or_default();
    let bytes = fields.optional_hex("args").unwrap_or_default();
    let raw = if ObjectSpec::of(id).is_some_and(|spec| spec.kind == ObjectKind::Raw) {
        hex(text)
    } else {
        Vec::new()
    };
    let value = match ObjectSpec::of(id).map(|spec| spec.kind) {
        Some(ObjectKind::Binary { .. }) => match value.as_bool().or(value.as_u64().and_then(boolean)) {
            Some(on) => Value::Binary(on),
            None => return Err("out_of_range"),
        },
        Some(ObjectKind::Button) => Value::Button(ButtonCode(code(value, |code| ButtonCode(code).name())?)),
        Some(ObjectKind::Dimmer) => {
            let code = code(value, |code| DimmerCode(code).action().map(DimmerAction::name))?;
            let steps = fields.get("steps").and_then(Json::as_i64).unwrap_or_default();
            Value::Dimmer(DimmerCode(code), u8::try_from(steps).map_err(|_| "out_of_range")?)
        }
        Some(ObjectKind::Command) => {
            let code = code(value, |code| Some(CommandCode(code).command().name()))?;
            Value::Command(CommandCode(code), &bytes)
        }
        Some(ObjectKind::Text) => Value::Text(text),
        Some(ObjectKind::Raw) => Value::Raw(&raw),
        Some(ObjectKind::FirmwareVersion) => {
            let parts: Result<Vec<u8>, _> = text.split('.').map(str::parse).collect();
            Value::Version(match *parts.map_err(|_| "out_of_range")? {
                [a, b, c, d] => FirmwareVersion::four([a, b, c, d]),
                [a, b, c] => FirmwareVersion::three([a, b, c]),
                _ => return Err("out_of_range"),
            })
        }
        _ => Value::Number(decimal(value)),
    };
    encoder.push(id, value).map_err(encode_error)?;
    fields.assert_all_read();
    Ok(())
}

/// The code that has this name; `null` stands for none.
fn code(name: &Json, name_of: impl Fn(u8) -> Option<&'static str>) -> Result<u8, &'static str> {
    (0..=u8::MAX)
        .find(|code| name_of(*code) == name.as_str())
        .ok_or("out_of_range")
}

const fn boolean(number: u64) -> Option<bool> {
    match number {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn decimal(value: &Json) -> Decimal {
    match value.as_i64() {
        Some(integer) => integer.into(),
        None => value
            .as_f64()
            .and_then(Decimal::from_f64)
            .unwrap_or_else(|| panic!("no number {value}")),
    }
}

fn encode_error(error: EncodeError) -> &'static str {
    match error {
        EncodeError::OutOfRange { .. } => "out_of_range",
        EncodeError::UnknownObject { .. } => "unknown_object",
        EncodeError::TooLong { .. } => "too_long",
        EncodeError::KeyTooShort { .. } => "bad_key_length",
        error => panic!("{error}"),
    }
}

fn address(input: &Fields) -> MacAddr6 {
    let bytes: [u8; 6] = input.hex("address").try_into().expect("6 bytes");
    bytes.into()
}
