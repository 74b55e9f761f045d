use super::*;

/// CGG1-M and LYWSD03MMC before they are bound: two bytes of I/O capability.
#[test]
fn an_unbound_device_shows_two_bytes_of_io_capability() {
    let bytes = b"\x30\x58\x5b\x05\x01\x5a\x81\xed\x38\xc1\xa4\x28\x01\x00";
    let frame = Frame::parse(bytes).unwrap();
    assert_eq!(frame.io_capability, Some(IoCapability([1, 0])));
    assert_eq!(frame.body, Body::Idle { trailing: &[] });
    assert!(!frame.control.is_registered());
}

#[test]
fn a_mesh_beacon_is_accepted() {
    let bytes = b"\xb0\x54\x91\x48\x00\x4e\xbd\x83\x93\x46\x84\x08\x0e\x00";
    let frame = Frame::parse(bytes).unwrap();
    assert_eq!(frame.mesh_info, Some(MeshInfo([0x0e, 0])));
    assert_eq!(frame.mac.unwrap().to_string(), "84:46:93:83:BD:4E");
    assert_eq!(frame.capability, Some(Capability(8)));
}

#[test]
fn a_combo_chip_names_its_wifi_mac() {
    let bytes = b"\x30\x58\x84\x00\x02\x72\x82\x66\x17\x7e\xdc\x38\xa0\x69\x01\x00";
    let frame = Frame::parse(bytes).unwrap();
    assert_eq!(frame.wifi_mac_tail, Some([0xa0, 0x69]));
    assert_eq!(frame.io_capability, Some(IoCapability([1, 0])));
}

#[test]
fn the_tail_of_a_short_combo_frame_is_taken_as_absent() {
    let bytes = b"\x30\x58\x39\x0e\x09\x56\x34\x12\x38\xc1\xa4\x38\x01\x02\x03";
    let frame = Frame::parse(bytes).unwrap();
    assert_eq!(frame.wifi_mac_tail, None);
    assert_eq!(frame.io_capability, Some(IoCapability([1, 2])));
    assert_eq!(frame.body, Body::Idle { trailing: &[3] });
}

#[test]
fn a_legacy_frame_has_a_tag_of_one_byte() {
    let bytes = b"\x58\x30\xb6\x03\xd2\x8b\x98\xc5\x41\x24\xf8\xc3\x49\x14\x76\x75\x7e\x00\x00\x00\x99";
    let frame = Frame::parse(bytes).unwrap();
    let key = "b853075158487ca39a5b5ea9".parse().unwrap();
    let mut out = [0; 32];
    let mut objects = frame.decrypt(&key, None, &mut out).unwrap();
    assert_eq!(
        objects.next(),
        Some(Ok(Object {
            id: 0x1001,
            data: &[0, 1, 3]
        }))
    );
}

#[test]
fn a_wrong_legacy_tag_leaves_no_plaintext_behind() {
    let bytes = b"\x58\x30\xb6\x03\xd2\x8b\x98\xc5\x41\x24\xf8\xc3\x49\x14\x76\x75\x7e\x00\x00\x00\x98";
    let frame = Frame::parse(bytes).unwrap();
    let key = "b853075158487ca39a5b5ea9".parse().unwrap();
    let mut out = [0xee; 6];
    assert_eq!(
        frame.decrypt(&key, None, &mut out).unwrap_err(),
        crate::DecryptError::Authentication
    );
    assert_eq!(out, [0; 6]);
}

#[test]
fn a_short_buffer_is_named() {
    let bytes =
        b"\x58\x58\x5b\x05\xdb\x18\x4b\xf8\x38\xc1\xa4\x72\xc3\xfa\x42\xcd\x05\x00\x00\xce\x7b\x8a\x28";
    let frame = Frame::parse(bytes).unwrap();
    let error = frame.decrypt(&[0; 16].into(), None, &mut [0; 4]).unwrap_err();
    assert_eq!(
        error,
        crate::DecryptError::BufferTooSmall {
            needed: 5,
            available: 4
        }
    );
}

#[test]
fn the_sender_is_the_frame_s_mac_or_the_host_s() {
    let frame = Frame::parse(b"\x10\x58\x5b\x05\x01\x56\x34\x12\x38\xc1\xa4").unwrap();
    let mac: MacAddr6 = [0xa4, 0xc1, 0x38, 0x12, 0x34, 0x56].into();
    assert_eq!(frame.sender(None), Ok(Some(mac)));
    assert_eq!(frame.sender(Some(mac)), Ok(Some(mac)));
    let other = MacAddr6::nil();
    assert_eq!(
        frame.sender(Some(other)),
        Err(ParseError::MacMismatch {
            frame: mac,
            host: other
        })
    );
}
