//! MiBeacon frames: what is built reads back, what is damaged doesn't, and nothing panics.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod suite;

use macaddr::MacAddr6;
use mibeacon::frame::{
    AuthMode, Body, Builder, Capability, Frame, IoCapability, MeshInfo, Object, Objects, ProductId, Scheme,
};
use mibeacon::{BindKey, NonceGuard};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Everything a frame can hold, owned.
#[derive(Clone, Debug)]
struct Content {
    version: u8,
    auth_mode: AuthMode,
    registered: bool,
    solicited: bool,
    product_id: u16,
    counter: u32,
    mac: Option<[u8; 6]>,
    capability: Option<u8>,
    wifi_mac_tail: [u8; 2],
    io_capability: [u8; 2],
    objects: Vec<(u16, Vec<u8>)>,
    mesh_info: Option<[u8; 2]>,
}

impl Content {
    fn has_io(&self) -> bool {
        self.capability
            .is_some_and(|capability| Capability(capability).has_io())
    }

    fn is_combo(&self) -> bool {
        self.capability
            .is_some_and(|capability| capability & 0b1_1000 == 0b1_1000)
    }

    /// Builds the frame and reads it back.
    fn round_trip(&self, key: Option<(&BindKey, MacAddr6)>) {
        let objects: Vec<Object<'_>> = self
            .objects
            .iter()
            .map(|(id, data)| Object { id: *id, data })
            .collect();
        let mut builder = Builder::new(ProductId(self.product_id), self.counter);
        builder.version = self.version;
        builder.auth_mode = self.auth_mode;
        builder.registered = self.registered;
        builder.solicited = self.solicited;
        builder.mac = self.mac.map(MacAddr6::from);
        builder.capability = self.capability.map(Capability);
        builder.wifi_mac_tail = self.is_combo().then_some(self.wifi_mac_tail);
        builder.io_capability = self.has_io().then_some(IoCapability(self.io_capability));
        builder.objects = &objects;
        builder.mesh_info = self.mesh_info.map(MeshInfo);

        let mut bytes = [0; 600];
        let length = match key {
            Some((key, sender)) => builder.seal(key, sender, &mut NonceGuard::new(), &mut bytes),
            None => builder.encode(&mut bytes),
        };
        let bytes = &bytes[..length.expect("a frame")];
        let frame = Frame::parse(bytes).expect("what was built parses");

        let encrypted = key.is_some() && !objects.is_empty();
        assert_eq!(frame.control, builder.control(encrypted));
        assert_eq!(
            (frame.product_id, frame.counter),
            (builder.product_id, builder.counter.to_le_bytes()[0])
        );
        assert_eq!((frame.mac, frame.capability), (builder.mac, builder.capability));
        assert_eq!(
            (frame.wifi_mac_tail, frame.io_capability),
            (builder.wifi_mac_tail, builder.io_capability)
        );
        assert_eq!(frame.mesh_info, builder.mesh_info);
        assert_eq!(frame.counter32(), encrypted.then_some(builder.counter));

        let mut plaintext = [0; 600];
        let read = match key {
            Some((key, sender)) if encrypted => frame
                .decrypt(key, Some(sender), &mut plaintext)
                .expect("its own key"),
            _ => frame.objects().unwrap_or(Objects::new(&[])),
        };
        let read: Vec<Object<'_>> = read.map(|object| object.expect("whole objects")).collect();
        assert_eq!(read, objects);
    }
}

prop_compose! {
    fn content()(
        version in 0_u8..16,
        auth_mode in prop::sample::select(&[
            AuthMode::Old, AuthMode::HighSecurity, AuthMode::Standard, AuthMode::Reserved,
        ][..]),
        (registered, solicited) in any::<(bool, bool)>(),
        product_id in any::<u16>(),
        counter in any::<u32>(),
        mac in option::of(any::<[u8; 6]>()),
        capability in option::of(any::<u8>()),
        (wifi_mac_tail, io_capability) in any::<([u8; 2], [u8; 2])>(),
        objects in vec((any::<u16>(), vec(any::<u8>(), 0..20)), 0..4),
        mesh_info in option::of(any::<[u8; 2]>()),
    ) -> Content {
        Content {
            version, auth_mode, registered, solicited, product_id, counter, mac, capability, wifi_mac_tail,
            io_capability, objects, mesh_info,
        }
    }
}

fn keys() -> impl Strategy<Value = BindKey> {
    prop_oneof![vec(any::<u8>(), 16..=16), vec(any::<u8>(), 12..=12)]
        .prop_map(|key| BindKey::new(&key).unwrap())
}

proptest! {
    #[test]
    fn a_plain_frame_reads_back(content in content()) {
        content.round_trip(None);
    }

    #[test]
    fn an_encrypted_frame_reads_back(content in content(), key in keys(), sender in any::<[u8; 6]>()) {
        content.round_trip(Some((&key, content.mac.unwrap_or(sender).into())));
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..300), key in keys(), host in option::of(any::<[u8; 6]>())) {
        read_everything(&bytes, &key, host.map(MacAddr6::from));
    }

    #[test]
    fn no_frame_like_bytes_panic(
        (control, rest) in (any::<[u8; 2]>(), vec(any::<u8>(), 0..40)),
        key in keys(),
    ) {
        let mut bytes = control.to_vec();
        bytes.extend(rest);
        read_everything(&bytes, &key, None);
    }

    #[test]
    fn object_readings_never_panic(id in any::<u16>(), product in any::<u16>(), data in vec(any::<u8>(), 0..260)) {
        for reading in (Object { id, data: &data }).readings(ProductId(product)) {
            prop_assert!(!reading.to_string().is_empty());
        }
    }
}

fn read_everything(bytes: &[u8], key: &BindKey, host: Option<MacAddr6>) {
    let mut plaintext = [0; 300];
    let Ok(frame) = Frame::parse(bytes) else { return };
    let _ = frame.sender(host);
    if let Some(objects) = frame.objects().or(frame.decrypt(key, host, &mut plaintext).ok()) {
        for object in objects.flatten() {
            object.readings(frame.product_id).for_each(drop);
        }
    }
}

/// The encrypted frames among the vectors, with key and sender.
fn encrypted_vectors() -> Vec<(Vec<u8>, BindKey, MacAddr6)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/mibeacon/frames.json");
    let cases: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(root).unwrap()).unwrap();
    let mut found = Vec::new();
    for case in cases {
        let input = &case["input"];
        let bytes = suite::hex(input["service_data"].as_str().unwrap());
        let frame = Frame::parse(&bytes).unwrap();
        let (Body::Encrypted(_), Some(key)) = (frame.body, input["key"].as_str()) else {
            continue;
        };
        let key = BindKey::new(&suite::hex(key)).unwrap();
        let host = input["mac"]
            .as_str()
            .map(|mac| <[u8; 6]>::try_from(suite::hex(mac)).unwrap().into());
        found.push((bytes.clone(), key, frame.sender(host).unwrap().unwrap()));
    }
    assert!(found.len() > 100, "{}", found.len());
    found
}

/// Where ciphertext, counters and tag stand.
fn protected_bytes(bytes: &[u8]) -> Vec<usize> {
    let frame = Frame::parse(bytes).unwrap();
    let mesh = if frame.mesh_info.is_some() { 2 } else { 0 };
    let Body::Encrypted(encrypted) = frame.body else {
        return Vec::new();
    };
    let length = encrypted.ciphertext.len() + 3 + encrypted.mic.len();
    let end = bytes.len() - mesh;
    std::iter::once(4).chain(end - length..end).collect()
}

#[test]
fn no_single_bit_flip_of_a_modern_frame_decrypts() {
    let mut plaintext = [0; 255];
    let mut tried = 0;
    for (bytes, key, sender) in encrypted_vectors() {
        if Frame::parse(&bytes).unwrap().control.scheme() == Scheme::Legacy {
            continue;
        }
        for index in protected_bytes(&bytes) {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[index] ^= 1 << bit;
                let frame = Frame::parse(&damaged).unwrap();
                assert!(
                    frame.decrypt(&key, Some(sender), &mut plaintext).is_err(),
                    "{damaged:02x?}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 10_000, "{tried}");
}

/// The tag of one byte lets damaged frames through once in 256 times: that is the limit of the old format. The
/// counter and the ciphertext go through the cipher; a flip in the tag itself always shows.
#[test]
fn few_bit_flips_of_a_legacy_frame_decrypt() {
    let mut plaintext = [0; 255];
    let (mut tried, mut passed) = (0, 0);
    for (bytes, key, sender) in encrypted_vectors() {
        if Frame::parse(&bytes).unwrap().control.scheme() == Scheme::Modern {
            continue;
        }
        for index in protected_bytes(&bytes) {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[index] ^= 1 << bit;
                let frame = Frame::parse(&damaged).unwrap();
                let decrypts = frame.decrypt(&key, Some(sender), &mut plaintext).is_ok();
                assert!(!decrypts || index != bytes.len() - 1, "a changed tag passes");
                (tried, passed) = (tried + 1, passed + u32::from(decrypts));
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert!(passed * 64 <= tried, "{passed} of {tried}");
}

#[test]
fn every_prefix_of_every_frame_gives_a_value_or_an_error() {
    for (bytes, key, sender) in encrypted_vectors() {
        for length in 0..bytes.len() {
            let mut plaintext = [0; 255];
            if let Ok(frame) = Frame::parse(&bytes[..length])
                && let Body::Encrypted(_) = frame.body
                && frame.control.scheme() == Scheme::Modern
            {
                assert!(frame.decrypt(&key, Some(sender), &mut plaintext).is_err());
            }
        }
    }
}
