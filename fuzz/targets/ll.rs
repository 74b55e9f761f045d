//! Link-layer packets, and captures of every link type.
#![no_main]

use fuzz::check_debug;
use libfuzzer_sys::fuzz_target;
use mibeacon::ParseError;
use mibeacon::hci::{AddressType, Phy};
use mibeacon::ll::{Capture, LinkType, Packet, Pdu, PduType};

fuzz_target!(|bytes: &[u8]| {
    for link_type in [
        LinkType::BluetoothLeLl,
        LinkType::BluetoothLeLlWithPhdr,
        LinkType::NordicBle,
    ] {
        check_capture(link_type, bytes);
    }
    for (parsed, is_coded) in [(Packet::parse(bytes), false), (Packet::parse_coded(bytes), true)] {
        match parsed {
            Ok(packet) => {
                assert_eq!(packet.coding_indicator().is_some(), is_coded);
                check_packet(&packet, bytes);
            }
            Err(ParseError::TooShort { expected, found }) => {
                assert!(found == bytes.len() && expected > found)
            }
            Err(other) => panic!("{other}"),
        }
    }
    check_pdu(bytes);
});

/// A capture holds a packet that stands in its bytes, at the end of the header.
fn check_capture(link_type: LinkType, bytes: &[u8]) {
    match Capture::parse(link_type, bytes) {
        Ok(Some(capture)) => {
            check_debug(&capture);
            assert!(
                capture
                    .channel_index
                    .is_none_or(|index| index < 40 || link_type == LinkType::NordicBle)
            );
            assert_eq!(
                capture.packet.coding_indicator().is_some(),
                capture.phy == Phy::LE_CODED
            );
            let start = match link_type {
                LinkType::BluetoothLeLl => 0,
                LinkType::BluetoothLeLlWithPhdr => 10,
                _ => 7 + usize::from(bytes[7]),
            };
            check_packet(&capture.packet, &bytes[start..]);
        }
        Ok(None) => assert_eq!(link_type, LinkType::NordicBle),
        Err(error) => {
            if let ParseError::TooShort { expected, found } = error {
                assert!(found <= bytes.len() && expected > found, "{error}");
            }
            assert!(error.offset() <= bytes.len(), "{error}");
        }
    }
}

/// A packet encodes to the bytes that it was read from.
fn check_packet(packet: &Packet<'_>, bytes: &[u8]) {
    let mut buffer = [0; 280];
    let length = packet.encode(&mut buffer).expect("room for the longest packet");
    assert_eq!(buffer[..length], bytes[..length]);
    let start = 4 + usize::from(packet.coding_indicator().is_some());
    let header = buffer[start];
    let computed = Packet::advertising(&buffer[start..length - 3]).expect("a whole PDU");
    assert!(computed.crc_is_valid());
    let stored = packet.is_advertising() && packet.coding_indicator().is_none();
    assert_eq!(computed == *packet, stored && packet.crc_is_valid());
    if let Ok(pdu) = packet.pdu() {
        assert!(packet.is_advertising() || pdu == Pdu::Other);
        check_advertising_pdu(pdu, header);
    }
}

/// The bytes as payload of the PDU that the first one names.
fn check_pdu(bytes: &[u8]) {
    let Some((&header, payload)) = bytes.split_first() else {
        return;
    };
    let Ok(length) = u8::try_from(payload.len()) else {
        return;
    };
    let pdu = [&[header, length], payload].concat();
    let packet = Packet::advertising(&pdu).expect("a whole PDU");
    assert!(packet.crc_is_valid() && packet.is_advertising());
    assert_eq!(
        (packet.payload(), packet.pdu_type().bits()),
        (payload, header & 0x0f)
    );
    if let Ok(pdu) = packet.pdu() {
        check_advertising_pdu(pdu, header);
    }
}

/// A PDU encodes to the same PDU, as far as its form has limits; what it drops are reserved bits.
fn check_advertising_pdu(pdu: Pdu<'_>, header: u8) {
    check_debug(&pdu);
    let mut buffer = [0; 257];
    let length = match pdu {
        Pdu::Legacy(pdu) => {
            assert_ne!(pdu.pdu_type, PduType::ADV_EXT_IND);
            match pdu.encode(&mut buffer) {
                Ok(length) => length,
                Err(error) => {
                    assert!(pdu.data.len() > 31, "{error}");
                    return;
                }
            }
        }
        Pdu::Extended(pdu) => {
            if let Some(pointer) = pdu.aux_pointer {
                assert!(pointer.channel_index() < 64 && pointer.offset_microseconds() <= 0x1fff * 300);
                assert!((1..=8).contains(&pointer.phy().0));
            }
            assert!(
                pdu.data_info
                    .is_none_or(|info| info.data_id() < 0x1000 && info.set_id() < 16)
            );
            pdu.encode(&mut buffer).expect("as short as before")
        }
        _ => return,
    };
    assert_eq!(buffer[0] & 0x4f, header & 0x4f, "type and TxAdd");
    let again = Packet::advertising(&buffer[..length]).expect("a whole PDU");
    assert_eq!(again.pdu(), Ok(pdu));
    let address_type = if header & 0x40 == 0 {
        AddressType::PUBLIC
    } else {
        AddressType::RANDOM
    };
    match pdu {
        Pdu::Legacy(pdu) => assert_eq!(pdu.address_type, address_type),
        Pdu::Extended(pdu) => assert_eq!(pdu.address_type, address_type),
        _ => {}
    }
}
