//! MiBeacon frames: frames, errors, crypto, encode, objects, spec_ids, sequences.

use macaddr::MacAddr6;
use mibeacon::frame::{
    AuthMode, Body, BondAbility, Builder, Capability, Frame, FrameControl, IoCapability, MeshInfo, Nonce,
    Object, Objects, ProductId, Replay, SpecId, SpecKind,
};
use mibeacon::{BindKey, DecryptError, Field, KeyError, NonceGuard, ParseError, Policy, ad};
use serde_json::{Value, json};

use super::readings::{check_readings, reading_json, readings_json};
use super::{Fields, hex, to_hex};

/// Why a frame gives no objects, in the order in which the specification lists the causes.
enum Failure {
    Parse(ParseError),
    KeyMissing,
    Key(KeyError),
    Decrypt(DecryptError),
    /// A truncated object, after these.
    Object(ParseError, Vec<Value>),
}

struct Decoded {
    plaintext: Vec<u8>,
    objects: Vec<Value>,
    readings: Vec<Value>,
    trailing: Vec<u8>,
    aes_key: Option<Vec<u8>>,
    nonce: Option<Nonce>,
}

pub fn frames(input: &Fields, expect: &Fields) {
    let service_data = input.hex("service_data");
    let frame = Frame::parse(&service_data).expect("a frame");
    check_header(&frame, &Fields::new(expect.get("header").expect("a header")));

    let decoded = decode(&frame, input).unwrap_or_else(|failure| panic!("{}", failure.code()));
    expect.check("objects", decoded.objects);
    check_readings(expect, decoded.readings);
    expect.check_if_present("trailing", to_hex(&decoded.trailing));
    match frame.body {
        Body::Encrypted(_) => {
            expect.check("plaintext", to_hex(&decoded.plaintext));
            expect.check("aes_key", to_hex(&decoded.aes_key.expect("a key")));
            expect.check("nonce", to_hex(decoded.nonce.expect("a nonce").as_bytes()));
        }
        _ => assert!(decoded.nonce.is_none()),
    }
}

pub fn errors(input: &Fields, expect: &Fields) {
    let service_data = input.hex("service_data");
    let failure = match Frame::parse(&service_data) {
        Ok(frame) => decode(&frame, input).err().expect("a failure"),
        Err(error) => Failure::Parse(error),
    };
    expect.check("error", failure.code());
    match failure {
        Failure::Parse(ParseError::Truncated { field, .. }) => expect.check("field", field_name(field)),
        Failure::Object(
            ParseError::TruncatedObject {
                id,
                declared,
                available,
                ..
            },
            objects,
        ) => {
            expect.check("object_id", format!("{id:04x}"));
            expect.check("declared", declared);
            expect.check("available", available);
            expect.check("objects", objects);
        }
        _ => {}
    }
}

pub fn crypto(input: &Fields, expect: &Fields) {
    let key = BindKey::new(&input.hex("key")).expect("a key");
    let counter = u32::try_from(input.integer("counter32")).expect("a counter");
    let product = product(input.text("product_id"));
    let sender = mac(input.text("mac"));
    let plaintext = input.hex("plaintext");
    let control = match input.text("scheme") {
        "legacy" => FrameControl(id(input.text("frame_control"))),
        "v4v5" => FrameControl(0x5858),
        other => panic!("scheme {other}"),
    };

    let header = header_only(control, product, counter, sender);
    let frame = Frame::parse(&header).expect("a frame");
    let nonce = frame.nonce(sender, counter);
    let [_, extended @ ..] = counter.to_le_bytes();
    let (ciphertext, full_tag) = encrypt(&frame, &key, &nonce, &plaintext);
    let tag = &full_tag[..control.scheme().mic_length()];

    expect.check("aes_key", to_hex(&*control.scheme().expose_aes_key(&key)));
    expect.check("nonce", to_hex(nonce.as_bytes()));
    expect.check("aad", "11");
    expect.check("ciphertext", to_hex(&ciphertext));
    expect.check("ext_counter_bytes", to_hex(&extended));
    expect.check("tag", to_hex(tag));
    if matches!(nonce, Nonce::Legacy(_)) {
        expect.check("full_tag16", to_hex(&full_tag));
    }

    // What the crate seals is the same, unless no frame looks like this.
    let builder = builder_of(control, product, counter, sender);
    if builder.control(true).0 | 1 << 6 == control.0 && plaintext.len() >= 3 {
        let mut bytes = [0; 300];
        let length = builder
            .seal_bytes(&plaintext, &key, sender, &mut NonceGuard::new(), &mut bytes)
            .expect("a frame");
        let sealed = Frame::parse(&bytes[..length]).expect("a frame");
        let Body::Encrypted(encrypted) = sealed.body else {
            panic!("not encrypted")
        };
        assert_eq!(sealed.counter32(), Some(counter));
        assert_eq!(to_hex(encrypted.ciphertext), to_hex(&ciphertext));
        assert_eq!(to_hex(encrypted.mic), to_hex(tag));
    }
}

/// A frame with this control word, whatever its other bits, and zeros for what it hides.
fn header_only(control: FrameControl, product: ProductId, counter: u32, sender: MacAddr6) -> Vec<u8> {
    let mut bytes = control.0.to_le_bytes().to_vec();
    bytes.extend(product.0.to_le_bytes());
    bytes.push(counter.to_le_bytes()[0]);
    if control.has_mac() {
        bytes.extend(sender.into_array().iter().rev());
    }
    if control.has_capability() {
        bytes.push(0x08);
    }
    bytes.extend([0; 16]);
    bytes
}

fn builder_of(control: FrameControl, product: ProductId, counter: u32, sender: MacAddr6) -> Builder<'static> {
    let mut builder = Builder::new(product, counter);
    builder.version = control.version();
    builder.auth_mode = control.auth_mode();
    builder.registered = control.is_registered();
    builder.solicited = control.is_solicited();
    builder.mac = control.has_mac().then_some(sender);
    builder.capability = control.has_capability().then_some(Capability(0x08));
    builder.mesh_info = control.is_mesh().then_some(MeshInfo([0; 2]));
    builder
}

pub fn encode(input: &Fields, expect: &Fields) {
    let objects: Vec<(u16, Vec<u8>)> = input
        .list("objects")
        .iter()
        .map(|object| {
            (
                id(object["id"].as_str().unwrap()),
                hex(object["data"].as_str().unwrap()),
            )
        })
        .collect();
    let objects: Vec<Object<'_>> = objects
        .iter()
        .map(|(id, data)| Object { id: *id, data })
        .collect();
    let sender = host(input).unwrap_or_default();
    let mut builder = Builder::new(
        product(input.text("product_id")),
        u32::try_from(input.integer("counter32")).unwrap(),
    );
    builder.version = u8::try_from(input.integer("version")).unwrap();
    builder.auth_mode = match input.integer("auth_mode") {
        0 => AuthMode::Old,
        1 => AuthMode::HighSecurity,
        2 => AuthMode::Standard,
        _ => AuthMode::Reserved,
    };
    builder.registered = input.flag("registered");
    builder.solicited = input.flag("solicited");
    builder.mac = input.flag("include_mac").then_some(sender);
    builder.capability = input
        .value("capability")
        .map(|c| Capability(u8::try_from(c.as_u64().unwrap()).unwrap()));
    builder.wifi_mac_tail = input
        .optional_hex("wifi_mac_tail")
        .map(|tail| tail.try_into().unwrap());
    builder.io_capability = input
        .optional_hex("io_capability")
        .map(|io| IoCapability(io.try_into().unwrap()));
    builder.mesh_info = input
        .optional_hex("mesh_info")
        .map(|info| MeshInfo(info.try_into().unwrap()));
    builder.objects = &objects;

    let mut bytes = [0; 300];
    let length = match input.optional_hex("key") {
        Some(key) => {
            let key = BindKey::new(&key).expect("a key");
            builder.seal(&key, sender, &mut NonceGuard::new(), &mut bytes)
        }
        None => builder.encode(&mut bytes),
    };
    let length = length.expect("a frame");
    expect.check("service_data", to_hex(&bytes[..length]));
    expect.check("length", length);
    let mut legacy = [0; 31];
    let mut advert = ad::Encoder::new(&mut legacy);
    let fits = advert
        .flags(ad::Flags::LE_ONLY_GENERAL)
        .and_then(|advert| advert.service_data(0xfe95, &bytes[..length]))
        .is_ok();
    assert_eq!(fits, length <= mibeacon::frame::LEGACY_LIMIT_WITH_FLAGS);
    expect.check("fits_legacy_adv_with_flags", fits);
}

pub fn objects(input: &Fields, expect: &Fields) {
    let data = input.hex("data");
    let object = Object {
        id: id(input.text("object_id")),
        data: &data,
    };
    let readings = readings_json(object.readings(product(input.text("product_id"))));
    check_readings(expect, readings);
}

pub fn spec_ids(input: &Fields, expect: &Fields) {
    let spec_id = SpecId::of(id(input.text("object_id")));
    expect.check("siid", spec_id.map(|id| id.siid));
    expect.check("iid", spec_id.map(|id| id.iid));
    expect.check(
        "kind",
        spec_id.map(|id| match id.kind {
            SpecKind::Property => json!("property"),
            SpecKind::Event => json!("event"),
            other => json!(format!("{other:?}")),
        }),
    );
}

pub fn sequences(input: &Fields, expect: &Fields) {
    let policy = match input.text("policy") {
        "strict" => Policy::Strict,
        "lenient" => Policy::Lenient,
        "off" => Policy::Off,
        other => panic!("policy {other}"),
    };
    let mut replay = Replay::default();
    let mut plaintext = [0; 255];
    let verdicts: Vec<Value> = input
        .list("frames")
        .iter()
        .map(|frame| {
            let fields = Fields::new(frame);
            let service_data = fields.hex("service_data");
            let parsed = Frame::parse(&service_data).expect("a frame");
            let verdict = match parsed.body {
                Body::Plain(bytes) => replay.check_plain(policy, parsed.counter, bytes),
                Body::Encrypted(_) => {
                    let Some(key) = fields.optional_hex("key") else {
                        return json!("key_missing");
                    };
                    let key = BindKey::new(&key).expect("a key");
                    match parsed.decrypt(&key, host(&fields), &mut plaintext) {
                        Ok(_) => replay.check_encrypted(policy, parsed.counter32().unwrap()),
                        Err(DecryptError::Authentication) => return json!("auth_failed"),
                        Err(error) => panic!("{error}"),
                    }
                }
                _ => return json!("no_object"),
            };
            json!(match verdict {
                mibeacon::frame::Verdict::Accept => "accept",
                mibeacon::frame::Verdict::AcceptReset => "accept_reset",
                mibeacon::frame::Verdict::Duplicate => "duplicate",
                mibeacon::frame::Verdict::Stale => "stale",
                mibeacon::frame::Verdict::Replay => "replay",
                other => panic!("{other:?}"),
            })
        })
        .collect();
    expect.check("verdicts", verdicts);
}

fn decode(frame: &Frame<'_>, input: &Fields) -> Result<Decoded, Failure> {
    let host = host(input);
    let sender = frame.sender(host).map_err(Failure::Parse)?;
    let mut plaintext = [0; 255];
    let mut aes_key = None;
    let mut nonce = None;
    let mut objects = match frame.body {
        Body::Encrypted(_) => {
            let key = input.optional_hex("key").ok_or(Failure::KeyMissing)?;
            let key = BindKey::new(&key).map_err(Failure::Key)?;
            aes_key = Some(frame.control.scheme().expose_aes_key(&key).to_vec());
            let objects = frame
                .decrypt(&key, host, &mut plaintext)
                .map_err(Failure::Decrypt)?;
            nonce = Some(frame.nonce(sender.expect("decrypted"), frame.counter32().expect("encrypted")));
            objects
        }
        _ => frame.objects().unwrap_or(Objects::new(&[])),
    };
    let plaintext = objects.as_bytes().to_vec();
    let (mut list, mut readings) = (Vec::new(), Vec::new());
    for object in objects.by_ref() {
        let object = match object {
            Ok(object) => object,
            Err(error) => return Err(Failure::Object(error, list)),
        };
        list.push(json!({ "id": format!("{:04x}", object.id), "data": to_hex(object.data) }));
        readings.extend(
            object
                .readings(frame.product_id)
                .filter_map(|reading| reading_json(&reading)),
        );
    }
    let trailing = match frame.body {
        Body::Idle { .. } => Vec::new(),
        _ => objects.trailing().to_vec(),
    };
    Ok(Decoded {
        plaintext,
        objects: list,
        readings,
        trailing,
        aes_key,
        nonce,
    })
}

fn check_header(frame: &Frame<'_>, expect: &Fields) {
    let control = frame.control;
    expect.check("frame_control", format!("{:04x}", control.0));
    expect.check("version", control.version());
    expect.check("auth_mode", control.auth_mode().bits());
    expect.check("solicited", control.is_solicited());
    expect.check("registered", control.is_registered());
    expect.check("mesh", control.is_mesh());
    expect.check("object_included", control.has_objects());
    expect.check("capability_included", control.has_capability());
    expect.check("mac_included", control.has_mac());
    expect.check("encrypted", control.is_encrypted());
    expect.check("reserved", control.reserved());
    expect.check("product_id", format!("{:04x}", frame.product_id.0));
    expect.check("frame_counter", frame.counter);
    expect.check("mac", frame.mac.map(|mac| to_hex(mac.as_bytes())));
    expect.check("capability", frame.capability.map(|capability| capability.0));
    let bond_ability = frame
        .capability
        .map(|capability| match capability.bond_ability() {
            BondAbility::None => 0,
            BondAbility::BeforeConnecting => 1,
            BondAbility::AfterConnecting => 2,
            BondAbility::Combo => 3,
        });
    expect.check("bond_ability", bond_ability);
    expect.check("wifi_mac_tail", frame.wifi_mac_tail.map(|tail| to_hex(&tail)));
    expect.check("io_capability", frame.io_capability.map(|io| to_hex(&io.0)));
    expect.check("object_bytes", to_hex(frame.object_bytes()));
    let (extended, mic) = match frame.body {
        Body::Encrypted(encrypted) => (Some(encrypted.extended_counter), Some(to_hex(encrypted.mic))),
        _ => (None, None),
    };
    expect.check("ext_counter", extended);
    expect.check("counter32", frame.counter32());
    expect.check("mic", mic);
    expect.check("mesh_info", frame.mesh_info.map(|info| to_hex(&info.0)));
    if let Body::Idle { trailing } = frame.body {
        expect.check("trailing", to_hex(trailing));
    }
    expect.assert_all_read();
}

impl Failure {
    fn code(&self) -> &'static str {
        match self {
            Self::Parse(ParseError::TooShort { .. }) => "too_short",
            Self::Parse(ParseError::Truncated { .. }) => "truncated",
            Self::Parse(ParseError::MacMismatch { .. }) => "mac_mismatch",
            Self::KeyMissing => "key_missing",
            Self::Key(KeyError::Length { .. }) => "bad_key_length",
            Self::Decrypt(DecryptError::MacUnknown) => "mac_unknown",
            Self::Decrypt(DecryptError::Authentication) => "auth_failed",
            Self::Object(..) => "truncated_object",
            Self::Parse(error) => panic!("{error}"),
            Self::Key(error) => panic!("{error}"),
            Self::Decrypt(error) => panic!("{error}"),
        }
    }
}

fn field_name(field: Field) -> &'static str {
    match field {
        Field::Mac => "mac",
        Field::Capability => "capability",
        Field::IoCapability => "io_capability",
        Field::MeshInfo => "mesh_info",
        Field::Object => "object",
        Field::EncryptedObject => "encrypted_object",
        other => panic!("{other}"),
    }
}

/// The cipher alone, with the crate's key and nonce: ciphertext and the whole tag, of which versions 2 and 3 send one
/// byte.
fn encrypt(frame: &Frame<'_>, key: &BindKey, nonce: &Nonce, plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
    use ccm::aead::{AeadInOut, KeyInit};
    use ccm::consts::{U4, U12, U13, U16};
    let key = (*frame.control.scheme().expose_aes_key(key)).into();
    let mut buffer = plaintext.to_vec();
    let in_out = buffer.as_mut_slice().into();
    let tag = match nonce {
        Nonce::Legacy(nonce) => ccm::Ccm::<aes::Aes128, U16, U13>::new(&key)
            .encrypt_inout_detached(nonce.into(), &[0x11], in_out)
            .map(|tag| tag.to_vec()),
        Nonce::Modern(nonce) => ccm::Ccm::<aes::Aes128, U4, U12>::new(&key)
            .encrypt_inout_detached(nonce.into(), &[0x11], in_out)
            .map(|tag| tag.to_vec()),
    };
    (buffer, tag.expect("short"))
}

/// The address that the radio saw, if it is known.
fn host(input: &Fields) -> Option<MacAddr6> {
    input.value("mac").map(|text| mac(text.as_str().expect("hex")))
}

fn mac(text: &str) -> MacAddr6 {
    <[u8; 6]>::try_from(hex(text)).expect("6 bytes").into()
}

fn id(text: &str) -> u16 {
    u16::from_str_radix(text, 16).expect("hex")
}

fn product(text: &str) -> ProductId {
    ProductId(id(text))
}
