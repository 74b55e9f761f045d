//! What is written reads the same, and nothing panics on any bytes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use openbeken::config::{CharKind, Config, Layout, TextField};
use openbeken::ddp::{self, PixelType};
use openbeken::dgr::{self, Flags, Item, ItemValue};
use openbeken::flash::{Command, Flasher, Payload, Response, Rom};
use openbeken::http::{Reply, ReplyHead, Request};
use openbeken::image::{Rbl, RblBuilder, RblKey, RfPartition, Ug, crc_blocks, strip_crc_blocks};
use openbeken::meter::{Format, Frames, bl0942};
use openbeken::tuya_mcu::{self, DataPoint, DataType};
use openbeken::wifi::{Known, LogEvent, Rsne, Suite, diagnose};
use openbeken::{Decimal, Topics, json, ssdp};
use proptest::collection::vec;
use proptest::prelude::*;

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        (1_u8..64, 0_u32..256).prop_map(|(id, value)| Item::new(id, ItemValue::Number(value)).unwrap()),
        (64_u8..128, 0_u32..65_536).prop_map(|(id, value)| Item::new(id, ItemValue::Number(value)).unwrap()),
        (129_u8..192, any::<u32>()).prop_map(|(id, value)| Item::new(id, ItemValue::Number(value)).unwrap()),
        (any::<u32>(), any::<u8>()).prop_map(|(bits, count)| Item::power(bits, count)),
        (192_u8..224, vec(1_u8.., 0..255))
            .prop_map(|(id, text)| Item::new(id, ItemValue::Text(text)).unwrap()),
        (224_u8.., vec(any::<u8>(), 0..256))
            .prop_map(|(id, data)| Item::new(id, ItemValue::Bytes(data)).unwrap()),
    ]
}

fn suites() -> impl Strategy<Value = Vec<Suite>> {
    vec(any::<[u8; 4]>().prop_map(Suite), 0..6)
}

proptest! {
    #[test]
    fn packets_of_groups_come_back(group in "[a-z]{0,20}", sequence: u16, flags: u16, items in vec(item(), 0..8)) {
        let packet = dgr::Packet::new(&group, sequence, Flags(flags), items).unwrap();
        prop_assert_eq!(dgr::Packet::parse(&packet.encode()).unwrap(), packet);
    }

    #[test]
    fn pixels_come_back(data: Vec<u8>, push: bool, sequence in 0_u8..16, kind: u8, destination: u8, offset: u32) {
        let mut packet = ddp::Packet::pixels(PixelType(kind), &data);
        (packet.push, packet.sequence, packet.destination, packet.offset) = (push, sequence, destination, offset);
        let bytes = packet.encode();
        prop_assert_eq!(ddp::Packet::parse(&bytes).unwrap(), packet);
    }

    #[test]
    fn frames_of_an_mcu_come_back(version: u8, command: u8, payload in vec(any::<u8>(), 0..300), noise in vec(any::<u8>(), 0..20)) {
        let mut frame = tuya_mcu::Frame::new(command, payload);
        frame.version = version;
        let bytes = frame.encode();
        prop_assert_eq!(&tuya_mcu::Frame::parse(&bytes).unwrap(), &frame);
        // After noise that can't be the start of a frame it is found.
        let noise: Vec<u8> = noise.into_iter().filter(|byte| *byte != 0x55).collect();
        let stream = [noise.as_slice(), &bytes].concat();
        let mut frames = tuya_mcu::Frames::new(&stream);
        prop_assert_eq!(frames.next(), Some(frame));
        prop_assert_eq!(frames.skipped(), noise.len());
    }

    #[test]
    fn data_points_come_back(points in vec((any::<u8>(), any::<u8>(), vec(any::<u8>(), 0..40)), 0..10)) {
        let points: Vec<DataPoint<'_>> = points
            .into_iter()
            .map(|(id, kind, data)| DataPoint { id, data_type: DataType(kind), data: data.into() })
            .collect();
        let mut frame = tuya_mcu::Frame::set(&points);
        frame.command = tuya_mcu::command::STATE;
        let read = frame.data_points().unwrap();
        prop_assert!(!read.truncated);
        prop_assert_eq!(&read.list, &points);
    }

    #[test]
    fn readings_are_found_in_noise(before in vec(any::<u8>(), 0..60), power in -0x80_0000_i32..0x80_0000, address in 0_u8..4) {
        let mut reading = bl0942::Reading::parse(&bl0942::Reading::default().encode(0), 0).unwrap();
        reading.power = power;
        // Noise without starts of frames.
        let before: Vec<u8> = before.into_iter().filter(|byte| *byte != 0x55).collect();
        let bytes = [before.as_slice(), &reading.encode(address)].concat();
        let frame = Frames::new(Format::Bl0942(address), &bytes).next().unwrap();
        prop_assert_eq!(bl0942::Reading::parse(frame, address), Ok(reading));
    }

    #[test]
    fn elements_come_back(
        group: Option<[u8; 4]>, pairwise in suites(), akms in suites(), capabilities: u16, ids in vec(any::<[u8; 16]>(), 0..3),
        management: [u8; 4], depth in 0..6_u8,
    ) {
        let mut rsne = Rsne::default();
        // Fields may only be missing from the end on.
        rsne.group_cipher = group.map(Suite).filter(|_| depth > 0);
        if rsne.group_cipher.is_some() {
            rsne.pairwise = (depth > 1).then_some(pairwise);
            rsne.akms = (depth > 2).then_some(akms);
            rsne.capabilities = (depth > 3).then_some(capabilities);
            rsne.pmkids = (depth > 4).then_some(ids);
            rsne.group_management = (depth > 5).then_some(Suite(management));
        }
        prop_assert_eq!(Rsne::parse(&rsne.encode()).unwrap(), rsne);
    }

    #[test]
    fn firmware_files_come_back(raw in vec(any::<u8>(), 0..3000), gzip: bool, encrypted: bool, version in "[0-9.]{0,24}") {
        let key = encrypted.then_some(RblKey::PUBLIC);
        let file = RblBuilder { name: "app", version: &version, timestamp: 7, gzip, key: key.clone() }.build(&raw);
        let rbl = Rbl::parse(&file).unwrap();
        prop_assert_eq!(rbl.header.version().into_owned(), version);
        prop_assert_eq!(rbl.unpack(key.as_ref()).unwrap().into_owned(), raw.clone());
        let container = Ug::build("1", &raw);
        prop_assert_eq!(Ug::parse(&container).unwrap().payload, raw.as_slice());
        prop_assert!(strip_crc_blocks(&crc_blocks(&raw)).unwrap().starts_with(&raw));
    }

    #[test]
    fn answers_of_a_rom_come_back(status: u8, address: u32, data in vec(any::<u8>(), 0..300), value: u32, noise in vec(any::<u8>(), 0..10)) {
        let noise: Vec<u8> = noise.into_iter().filter(|byte| *byte != 4).collect();
        for (long, code, payload) in [
            (false, 0x01, Payload::Register { address, value }),
            (false, 0x10, Payload::Crc { raw: value }),
            (true, 0x09, Payload::Data { status, address, data: data.clone() }),
            (true, 0x07, Payload::Done { status, address: Some(address) }),
            (true, 0x0f, Payload::Erased { status, size_code: 0x20, address }),
        ] {
            let response = Response { long, code, payload };
            let bytes = [noise.as_slice(), &response.encode()].concat();
            let (read, skipped, length) = Response::parse(&bytes).unwrap();
            prop_assert_eq!((&read, skipped, length), (&response, noise.len(), bytes.len() - noise.len()));
        }
    }

    #[test]
    fn texts_of_a_configuration_come_back(texts in vec(vec(1_u8.., 0..70), 18), signed: bool, layout in 0..4_usize) {
        let kind = if signed { CharKind::Signed } else { CharKind::Unsigned };
        let mut config = Config::new(Layout::ALL[layout]);
        for (field, text) in TextField::ALL.into_iter().zip(&texts) {
            let _ = config.set_text(field, text);
        }
        let read = Config::parse(&config.encode(kind), config.layout()).unwrap();
        prop_assert!(read.checksum().fits(kind));
        for field in TextField::ALL {
            prop_assert_eq!(read.text(field), config.text(field));
        }
    }

    #[test]
    fn replies_come_back(status in -30..600_i32, body: Vec<u8>) {
        prop_assume!(status != 401);
        let bytes = ReplyHead { status, content_type: "application/json" }.encode(&body);
        let reply = Reply::parse(&bytes).unwrap();
        prop_assert_eq!((reply.status, reply.body), (status, body.as_slice()));
    }

    #[test]
    fn numbers_come_back(mantissa: i64, decimals in 0..19_u8) {
        let number = Decimal::new(mantissa, decimals);
        let read = Decimal::parse(&number.to_string()).unwrap();
        prop_assert_eq!((read, read.mantissa(), read.decimals()), (number, mantissa, decimals));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, topic: String) {
        let _ = Reply::parse(&bytes).map(|reply| reply.result());
        let _ = Request::parse(&bytes);
        let _ = json::parse(&bytes);
        let _ = Topics::new("a", "b").unwrap().classify(&topic, &bytes);
        let _ = openbeken::discovery::Entity::parse(&topic, &bytes);
        let _ = (dgr::Packet::parse(&bytes), ddp::Packet::parse(&bytes), ssdp::Announcement::parse(&bytes));
        let _ = (tuya_mcu::Frame::parse(&bytes), Rsne::parse(&bytes), RfPartition::parse(&bytes), Rbl::parse(&bytes));
        let _ = Layout::ALL.map(|layout| Config::parse(&bytes, layout));
        let _ = LogEvent::parse(&topic);
        let _ = diagnose(&String::from_utf8_lossy(&bytes), &Known::default());
        let mut chip = Rom::bk7231n(1 << 16);
        chip.handle_bytes(Duration::ZERO, &Command::LinkCheck.encode());
        chip.handle_bytes(Duration::ZERO, &bytes);
        let mut flasher = Flasher::new(openbeken::flash::Config::default());
        flasher.identify();
        flasher.handle_timeout(Duration::ZERO);
        flasher.handle_bytes(Duration::ZERO, &bytes);
    }
}
