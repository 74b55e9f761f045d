//! MiBeacon frames: parsing, building, both encryption schemes, objects and their readings.
#![no_main]

use fuzz::{ADDRESS, check_debug, check_display, check_reading, flip, hidden_key};
use libfuzzer_sys::fuzz_target;
use mibeacon::frame::{
    AuthMode, Body, BondAbility, Builder, Capability, Frame, Object, Objects, Product, ProductId, Scheme,
};
use mibeacon::{BindKey, DecryptError, EncodeError, MacAddr6, NonceGuard, ParseError};

fuzz_target!(|bytes: &[u8]| {
    let frame = match Frame::parse(bytes) {
        Ok(frame) => frame,
        Err(error) => {
            assert!(error.offset() <= bytes.len(), "{error}");
            check_display(&error);
            return;
        }
    };
    check_debug(&frame);
    check_header(&frame, bytes);
    check_sender(&frame);
    match frame.body {
        Body::Plain(objects) => {
            assert_eq!(frame.counter32(), None);
            check_objects(objects, frame.product_id);
            check_plain(&frame, objects, bytes);
            check_sealed(&frame, objects, bytes);
        }
        Body::Encrypted(_) => check_encrypted(&frame, bytes),
        _ => check_idle(&frame, bytes),
    }
});

/// Every byte of the frame belongs to one of its fields.
fn check_header(frame: &Frame<'_>, bytes: &[u8]) {
    let body = match frame.body {
        Body::Idle { trailing } => trailing.len(),
        Body::Plain(objects) => objects.len(),
        Body::Encrypted(encrypted) => {
            assert_eq!(encrypted.mic.len(), frame.control.scheme().mic_length());
            assert!(encrypted.ciphertext.len() >= 3 && encrypted.extended_counter < 1 << 24);
            encrypted.ciphertext.len() + 3 + encrypted.mic.len()
        }
        _ => unreachable!("a body of another kind"),
    };
    let header = 5
        + frame.mac.map_or(0, |_| 6)
        + frame.capability.map_or(0, |_| 1)
        + frame.wifi_mac_tail.map_or(0, |_| 2)
        + frame.io_capability.map_or(0, |_| 2);
    assert_eq!(header + body + frame.mesh_info.map_or(0, |_| 2), bytes.len());
    assert_eq!(frame.control.0.to_le_bytes(), bytes[..2]);
    assert_eq!(frame.product_id.0.to_le_bytes(), bytes[2..4]);
    assert_eq!(frame.counter, bytes[4]);
    assert_eq!(frame.mac.is_some(), frame.control.has_mac());
    assert_eq!(frame.capability.is_some(), frame.control.has_capability());
    assert_eq!(frame.mesh_info.is_some(), frame.control.is_mesh());
    assert_eq!(frame.product(), Product::of(frame.product_id));
}

fn check_sender(frame: &Frame<'_>) {
    assert_eq!(frame.sender(None), Ok(frame.mac));
    match (frame.sender(Some(ADDRESS)), frame.mac) {
        (Ok(sender), mac) => assert!(sender == Some(ADDRESS) && mac.is_none_or(|mac| mac == ADDRESS)),
        (Err(ParseError::MacMismatch { frame, host }), mac) => {
            assert!(Some(frame) == mac && host == ADDRESS && frame != host);
        }
        (Err(other), _) => panic!("{other}"),
    }
}

/// Objects stand one behind the other, and each has readings that print, whatever the product.
fn check_objects(bytes: &[u8], product: ProductId) {
    let mut objects = Objects::new(bytes);
    let mut walked = Vec::new();
    let mut fault = None;
    for object in objects.by_ref() {
        assert_eq!(fault, None, "an error comes last");
        match object {
            Ok(object) => {
                walked.extend(object.id.to_le_bytes());
                walked.push(object.data.len() as u8);
                walked.extend(object.data);
                check_object(&object, product);
            }
            Err(error) => fault = Some(error),
        }
    }
    assert!(objects.next().is_none());
    let rest = bytes
        .strip_prefix(&walked[..])
        .expect("the objects as they stand");
    match fault {
        None => assert!(rest.len() < 3 && objects.trailing() == rest),
        Some(ParseError::TruncatedObject {
            offset,
            declared,
            available,
            ..
        }) => {
            assert_eq!((offset, available), (walked.len(), rest.len() - 3));
            assert!(usize::from(declared) > available);
        }
        Some(other) => panic!("{other}"),
    }
}

fn check_object(object: &Object<'_>, product: ProductId) {
    let sum = object
        .data
        .iter()
        .fold(object.id, |sum, byte| sum.rotate_left(3) ^ u16::from(*byte));
    let other = PRODUCTS[usize::from(sum) % PRODUCTS.len()];
    for product in [product, ProductId(other), ProductId(0)] {
        let readings = object.readings(product);
        assert!(readings.len() <= 5);
        readings.for_each(|reading| check_reading(&reading));
    }
    assert_eq!(object.spec_id().is_some(), (0x4000..0x8000).contains(&object.id));
    if let Some(id) = object.spec_id() {
        check_display(&id);
    }
}

/// A builder with everything that the frame says, but for the objects. `None` where no builder makes such a frame.
fn builder<'a>(frame: &Frame<'_>, counter: u32) -> Option<Builder<'a>> {
    let control = frame.control;
    let mut builder = Builder::new(frame.product_id, counter);
    builder.version = control.version();
    builder.auth_mode = control.auth_mode();
    builder.registered = control.is_registered();
    builder.solicited = control.is_solicited();
    builder.mac = frame.mac;
    builder.capability = frame.capability;
    builder.wifi_mac_tail = frame.wifi_mac_tail;
    builder.io_capability = frame.io_capability;
    builder.mesh_info = frame.mesh_info;
    assert!(matches!(
        builder.auth_mode,
        AuthMode::Old | AuthMode::HighSecurity | AuthMode::Standard | AuthMode::Reserved
    ));
    // A short frame of a combo chip leaves its Wi-Fi MAC out, which a reader can tell only if there are no objects.
    let is_combo = frame.capability.map(Capability::bond_ability) == Some(BondAbility::Combo);
    (frame.wifi_mac_tail.is_some() == is_combo).then_some(builder)
}

fn whole_objects(bytes: &[u8]) -> Option<Vec<Object<'_>>> {
    let mut objects = Objects::new(bytes);
    let whole: Result<Vec<_>, _> = objects.by_ref().collect();
    whole.ok().filter(|_| objects.trailing().is_empty())
}

fn check_idle(frame: &Frame<'_>, bytes: &[u8]) {
    assert!(!frame.control.has_objects() && frame.objects().is_none() && frame.object_bytes().is_empty());
    let Some(builder) = builder(frame, frame.counter.into()) else {
        return;
    };
    let mut out = [0; 300];
    let length = builder.encode(&mut out).expect("a short frame");
    let is_canonical = frame.control.reserved() == 0
        && !frame.control.is_encrypted()
        && frame.body == Body::Idle { trailing: &[] };
    if is_canonical {
        assert_eq!(out[..length], *bytes);
    }
    assert!(length <= bytes.len());
}

/// A plain frame of whole objects is built again, byte by byte; a buffer that is one byte short is refused.
fn check_plain(frame: &Frame<'_>, objects: &[u8], bytes: &[u8]) {
    let (Some(mut builder), Some(objects)) = (builder(frame, frame.counter.into()), whole_objects(objects))
    else {
        return;
    };
    builder.objects = &objects;
    let mut out = vec![0; bytes.len()];
    assert_eq!(builder.encode(&mut out), Ok(bytes.len()));
    out[0] |= frame.control.reserved();
    assert_eq!(out, bytes);
    let refused = builder.encode(&mut out[1..]);
    assert!(matches!(refused, Err(EncodeError::BufferTooSmall { .. })));
}

/// The same objects encrypted decrypt with the key, and with nothing else.
fn check_sealed(frame: &Frame<'_>, plaintext: &[u8], bytes: &[u8]) {
    let counter = u32::from(frame.counter) | u32::from(frame.product_id.0) << 8;
    let Some(builder) = builder(frame, counter) else {
        return;
    };
    let secret = hidden_key(bytes);
    let short = BindKey::new(&secret[..12]).expect("12 bytes");
    for key in [BindKey::from(secret), short] {
        let sender = frame.mac.unwrap_or(ADDRESS);
        let mut sealed = vec![0; bytes.len() + 7];
        let mut guard = NonceGuard::new();
        let length = builder
            .seal_bytes(plaintext, &key, sender, &mut guard, &mut sealed)
            .expect("room");
        sealed.truncate(length);
        let reuse = builder.seal_bytes(plaintext, &key, sender, &mut guard, &mut vec![0; length]);
        assert_eq!(
            reuse,
            Err(EncodeError::NonceReuse {
                counter,
                last: counter
            })
        );

        let read = Frame::parse(&sealed).expect("what was built parses");
        assert_eq!(read.counter32(), Some(counter));
        assert_eq!((read.mac, read.mesh_info), (frame.mac, frame.mesh_info));
        let mut out = vec![0; plaintext.len()];
        let is_legacy = read.control.scheme() == Scheme::Legacy;
        match read.decrypt(&key, Some(ADDRESS), &mut out) {
            Ok(objects) => assert_eq!(objects.as_bytes(), plaintext),
            // The tag of one byte is weak, so that legacy plaintext has to be whole objects.
            Err(error) => assert!(is_legacy && whole_objects(plaintext).is_none(), "{error}"),
        }
        if !is_legacy {
            check_refused(&read, &sealed, &key, plaintext.len());
        }
    }
}

/// No damage to counter, ciphertext or tag, no other key and no other sender opens a frame of version 4 or 5.
fn check_refused(frame: &Frame<'_>, sealed: &[u8], key: &BindKey, length: usize) {
    let refused = Err(DecryptError::Authentication);
    let mut out = vec![0xee; length];
    let other = BindKey::from(hidden_key(sealed));
    assert_eq!(frame.decrypt(&other, Some(ADDRESS), &mut out).map(drop), refused);
    assert!(out.iter().all(|byte| *byte == 0), "no plaintext stays behind");
    if frame.mac.is_none() {
        assert_eq!(
            frame.decrypt(key, Some(MacAddr6::nil()), &mut out).map(drop),
            refused
        );
        assert_eq!(
            frame.decrypt(key, None, &mut out).map(drop),
            Err(DecryptError::MacUnknown)
        );
    }
    let end = sealed.len() - frame.mesh_info.map_or(0, |_| 2);
    let protected = end - length - 7..end;
    let mut damaged = sealed.to_vec();
    let choice = u16::from_le_bytes([sealed[0] ^ sealed[end - 1], sealed[end - 2]]);
    flip(&mut damaged[protected], choice);
    let damaged = Frame::parse(&damaged).expect("of the same form");
    assert_eq!(damaged.decrypt(key, Some(ADDRESS), &mut out).map(drop), refused);
    let short = frame.decrypt(key, Some(ADDRESS), &mut out[1..]).map(drop);
    assert_eq!(
        short,
        Err(DecryptError::BufferTooSmall {
            needed: length,
            available: length - 1
        })
    );
}

/// An encrypted frame from the fuzzer: what decrypts nevertheless encrypts to the same bytes.
fn check_encrypted(frame: &Frame<'_>, bytes: &[u8]) {
    let counter = frame.counter32().expect("encrypted");
    assert_eq!(counter as u8, frame.counter);
    assert!(frame.objects().is_none());
    let key = BindKey::from(hidden_key(bytes));
    let mut out = vec![0; frame.object_bytes().len()];
    let sender = frame.mac.unwrap_or(ADDRESS);
    match frame.decrypt(&key, Some(ADDRESS), &mut out) {
        Ok(objects) => {
            let plaintext = objects.as_bytes();
            check_objects(plaintext, frame.product_id);
            let Some(builder) = builder(frame, counter).filter(|_| frame.control.reserved() == 0) else {
                return;
            };
            let mut sealed = vec![0; bytes.len()];
            let sealing = builder.seal_bytes(plaintext, &key, sender, &mut NonceGuard::new(), &mut sealed);
            assert_eq!(sealing, Ok(bytes.len()));
            assert_eq!(sealed, bytes);
        }
        Err(error) => assert_eq!(error, DecryptError::Authentication),
    }
}

/// Products that give one object id different meanings, and two that nobody knows.
const PRODUCTS: [u16; 46] = [
    0x0000, 0x0153, 0x03b6, 0x03bf, 0x04e1, 0x04e6, 0x068e, 0x0711, 0x07bf, 0x07f6, 0x0863, 0x098b, 0x0997,
    0x09b0, 0x0a8d, 0x0dfd, 0x1568, 0x1569, 0x1889, 0x18e3, 0x1949, 0x1c10, 0x20db, 0x30d9, 0x3a61, 0x3bd5,
    0x3e17, 0x45c9, 0x4683, 0x48cf, 0x4b05, 0x4c04, 0x4dcb, 0x4fc2, 0x51e2, 0x5968, 0x59fa, 0x59fb, 0x59fc,
    0x6188, 0x6375, 0x64c5, 0x6a0f, 0x7712, 0x78d1, 0xffff,
];
