//! Properties of the formats beside MiBeacon and BTHome: encoders and parsers are inverses, no bytes make a
//! parser panic, no damaged ciphertext decodes.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod suite;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use macaddr::MacAddr6;
use mibeacon::ad::{AdType, Advertisement, Encoder, Structure};
use mibeacon::atc::{self, Atc1441, Atc1441Payload, Frame, Payload, Pvvx, PvvxPayload, ReedEvent, Sample};
use mibeacon::hci::{
    self, AddressType, Event, EventType, ExtendedFields, LegacyEventType, Phy, Report, ReportForm,
};
use mibeacon::ll::{
    AdvDataInfo, AdvMode, AuxPointer, Capture, ExtendedPdu, LegacyPdu, LinkType, Packet, Pdu, PduType, Target,
};
use mibeacon::scale::{BodyComposition, LocalTime, WeightScale};
use mibeacon::{BinarySensor, BindKey, NonceGuard, OpeningState, Quantity, State};
use mibeacon::{hhcc, qingping};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

fn mac() -> impl Strategy<Value = MacAddr6> {
    any::<[u8; 6]>().prop_map(MacAddr6::from)
}

fn dbm() -> impl Strategy<Value = Option<i8>> {
    option::of(-127..=20_i8)
}

fn address_type() -> impl Strategy<Value = AddressType> {
    any::<u8>().prop_map(AddressType)
}

fn public_or_random() -> impl Strategy<Value = AddressType> {
    prop_oneof![Just(AddressType::PUBLIC), Just(AddressType::RANDOM)]
}

fn sample() -> impl Strategy<Value = Sample> {
    let fields = (
        mac(),
        any::<i16>(),
        any::<u16>(),
        any::<u8>(),
        any::<u16>(),
        any::<u8>(),
        any::<u8>(),
    );
    fields.prop_map(
        |(address, temperature, humidity, battery_level, battery_millivolts, counter, flags)| Sample {
            address,
            temperature,
            humidity,
            battery_level,
            battery_millivolts,
            counter,
            flags: atc::Flags(flags),
        },
    )
}

fn time() -> impl Strategy<Value = LocalTime> {
    (any::<u16>(), any::<[u8; 5]>()).prop_map(|(year, [month, day, hour, minute, second])| LocalTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
    })
}

fn qingping_value() -> impl Strategy<Value = qingping::Value> {
    use qingping::{Battery, Value};
    let door = prop_oneof![
        Just(OpeningState::Open),
        Just(OpeningState::Closed),
        Just(OpeningState::OpenTimeout)
    ];
    prop_oneof![
        any::<(i16, u16)>().prop_map(|(temperature, humidity)| Value::Climate {
            temperature,
            humidity
        }),
        any::<u8>().prop_map(|raw| Value::Battery(Battery(raw))),
        door.prop_map(Value::Door),
        any::<u16>().prop_map(Value::Pressure),
        (any::<bool>(), 0..1_u32 << 24)
            .prop_map(|(motion, illuminance)| Value::Motion { motion, illuminance }),
        any::<u32>().prop_map(Value::Illuminance),
        any::<u8>().prop_map(Value::PacketCounter),
        any::<bool>().prop_map(Value::Light),
        any::<(u16, u16)>().prop_map(|(pm25, pm10)| Value::ParticulateMatter { pm25, pm10 }),
        any::<u16>().prop_map(Value::CarbonDioxide),
        any::<u16>().prop_map(Value::VocIndex),
        any::<u16>().prop_map(Value::Hardware),
        any::<u8>().prop_map(Value::Noise),
    ]
}

fn extended_fields() -> impl Strategy<Value = ExtendedFields> {
    let kind = (any::<u16>(), any::<u8>(), any::<u8>(), option::of(0..=15_u8));
    (kind, dbm(), any::<u16>(), address_type(), mac()).prop_map(
        |(
            (event_type, primary, secondary, sid),
            tx_power,
            periodic_interval,
            direct_address_type,
            direct_address,
        )| ExtendedFields {
            event_type: EventType(event_type),
            primary_phy: Phy(primary),
            secondary_phy: Phy(secondary),
            sid,
            tx_power,
            periodic_interval,
            direct_address_type,
            direct_address,
        },
    )
}

/// Parses the bytes as everything, and looks at all that comes out.
fn parse_as_everything(bytes: &[u8]) {
    let shown = |value: &dyn std::fmt::Debug| assert!(!format!("{value:?}").is_empty());
    let advertisement = Advertisement::new(bytes);
    shown(&advertisement.structures().collect::<Vec<_>>());
    shown(&(advertisement.flags(), advertisement.name(), advertisement.error()));
    shown(&advertisement.uuids_16().collect::<Vec<_>>());
    shown(&advertisement.manufacturer_data().collect::<Vec<_>>());
    shown(&ReedEvent::find(advertisement).map(|event| event.readings().collect::<Vec<_>>()));
    let key = BindKey::from([7; 16]);
    if let Ok(frame) = Frame::parse(bytes) {
        shown(&(frame.mac(), frame.counter(), frame.readings().collect::<Vec<_>>()));
        if let Frame::Encrypted(encrypted) = frame {
            shown(&encrypted.decrypt(&key, MacAddr6::nil()));
        }
    }
    shown(&WeightScale::parse(bytes).map(|frame| frame.readings().collect::<Vec<_>>()));
    shown(&BodyComposition::parse(bytes).map(|frame| frame.readings().collect::<Vec<_>>()));
    shown(&hhcc::Frame::parse(bytes).map(|frame| frame.readings().collect::<Vec<_>>()));
    shown(&qingping::Frame::parse(bytes).map(|frame| (frame.readings().collect::<Vec<_>>(), frame.error())));
    shown(&Event::parse(bytes).map(|event| event.reports().collect::<Vec<_>>()));
    for link_type in [
        LinkType::BluetoothLeLl,
        LinkType::BluetoothLeLlWithPhdr,
        LinkType::NordicBle,
    ] {
        if let Ok(Some(capture)) = Capture::parse(link_type, bytes) {
            shown(&(capture, capture.packet.crc_is_valid(), capture.packet.pdu()));
        }
    }
    shown(&Packet::parse_coded(bytes).map(|packet| packet.pdu()));
    shown(&Packet::advertising(bytes).map(|packet| packet.pdu()));
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in vec(any::<u8>(), 0..300)) {
        parse_as_everything(&bytes);
    }

    #[test]
    fn no_hci_event_makes_the_parser_panic(
        subevent in prop_oneof![Just(0x02_u8), Just(0x0d)],
        rest in vec(any::<u8>(), 0..250),
    ) {
        let mut bytes = vec![0x04, 0x3e, rest.len() as u8 + 1, subevent];
        bytes.extend(rest);
        parse_as_everything(&bytes);
    }

    #[test]
    fn no_advertising_pdu_makes_the_parser_panic(header: u8, payload in vec(any::<u8>(), 0..255)) {
        let mut bytes = vec![header, payload.len() as u8];
        bytes.extend(payload);
        prop_assert!(Packet::advertising(&bytes).is_ok());
        parse_as_everything(&bytes);
    }

    #[test]
    fn ad_structures_come_back(
        sent in vec((any::<u8>(), vec(any::<u8>(), 0..=254)), 0..8),
        padding in vec(any::<u8>(), 0..10),
    ) {
        let mut buffer = [0; 2100];
        let mut encoder = Encoder::new(&mut buffer);
        for (ad_type, data) in &sent {
            encoder.structure(AdType(*ad_type), data).unwrap();
        }
        let mut bytes = encoder.finish().to_vec();
        bytes.push(0);
        bytes.extend(padding);
        let received: Result<Vec<_>, _> = Advertisement::new(&bytes).structures().collect();
        let structure = |(ad_type, data): &'_ (u8, Vec<u8>)| (AdType(*ad_type), data.clone());
        let received: Vec<_> = received.unwrap().iter().map(|Structure { ad_type, data }| (*ad_type, data.to_vec())).collect();
        prop_assert_eq!(received, sent.iter().map(structure).collect::<Vec<_>>());
    }

    #[test]
    fn a_cut_payload_keeps_the_structures_before_the_cut(
        sent in vec((any::<u8>(), vec(any::<u8>(), 0..40)), 1..8),
        cut in any::<proptest::sample::Index>(),
    ) {
        let bytes: Vec<u8> = sent.iter().flat_map(|(ad_type, data)| [&[data.len() as u8 + 1, *ad_type], &data[..]].concat()).collect();
        let cut = cut.index(bytes.len() + 1);
        let mut whole = 0;
        let mut end = 0;
        while let Some((_, data)) = sent.get(whole).filter(|(_, data)| end + 2 + data.len() <= cut) {
            end += 2 + data.len();
            whole += 1;
        }
        let advertisement = Advertisement::new(&bytes[..cut]);
        prop_assert_eq!(advertisement.structures().filter(Result::is_ok).count(), whole);
        let offset = advertisement.error().map(|error| error.offset());
        prop_assert_eq!(offset, (end < cut).then_some(end));
    }

    #[test]
    fn plain_thermometer_forms_come_back(sample in sample()) {
        for frame in [Frame::Atc1441(sample.atc1441()), Frame::Pvvx(sample.pvvx()), Frame::Pvvx(sample.pvvx_without_flags())] {
            let advert = frame.advert(true).unwrap();
            let service_data = Advertisement::new(&advert).service_data_of(atc::UUID).unwrap();
            prop_assert_eq!(Frame::parse(service_data), Ok(frame));
            prop_assert!(advert.fits_legacy());
        }
    }

    #[test]
    fn raw_thermometer_forms_come_back(long: [u8; 15], middle: [u8; 13], short: [u8; 14]) {
        prop_assert_eq!(&Pvvx::from_bytes(long).encode()[..], &long);
        prop_assert_eq!(&Pvvx::from_short_bytes(short).encode()[..], &short);
        prop_assert_eq!(Atc1441::from_bytes(middle).encode(), middle);
    }

    #[test]
    fn encrypted_thermometer_forms_come_back(sample in sample(), key: [u8; 16]) {
        let key = BindKey::from(key);
        for payload in [sample.pvvx_payload(), sample.atc1441_payload()] {
            let sent = payload.encrypt(&key, sample.address, sample.counter, &mut NonceGuard::new()).unwrap();
            let Ok(Frame::Encrypted(received)) = Frame::parse(&sent.encode()) else { panic!("not encrypted") };
            prop_assert_eq!(received, sent);
            prop_assert_eq!(received.decrypt(&key, sample.address), Ok(payload));
        }
    }

    #[test]
    fn plaintexts_come_back(pvvx: [u8; 6], atc1441: [u8; 3]) {
        prop_assert_eq!(&Payload::Pvvx(PvvxPayload::from_bytes(pvvx)).encode()[..], &pvvx);
        prop_assert_eq!(&Payload::Atc1441(Atc1441Payload::from_bytes(atc1441)).encode()[..], &atc1441);
    }

    #[test]
    fn reed_events_come_back(flags in option::of(any::<u8>()), count in option::of(0..1_u32 << 24)) {
        let event = ReedEvent { flags: flags.map(atc::Flags), count };
        let mut buffer = [0; 31];
        let mut encoder = Encoder::new(&mut buffer);
        event.encode(&mut encoder).unwrap();
        let found = ReedEvent::find(Advertisement::new(encoder.finish()));
        prop_assert_eq!(found, (flags.is_some() || count.is_some()).then_some(event));
    }

    #[test]
    fn scale_frames_come_back(control: [u8; 2], raw_weight: u16, raw_impedance: u16, time in time()) {
        let frame = WeightScale { control: control[0], raw_weight, time };
        prop_assert_eq!(WeightScale::parse(&frame.encode()), Ok(frame));
        let frame = BodyComposition { control, time, raw_impedance, raw_weight };
        prop_assert_eq!(BodyComposition::parse(&frame.encode()), Ok(frame));
    }

    #[test]
    fn plant_sensor_frames_come_back(
        moisture: u8, temperature: i16, illuminance in 0..1_u32 << 24, battery_level: u8, conductivity: u16,
    ) {
        let frame = hhcc::Frame { moisture, temperature, illuminance, battery_level, conductivity };
        prop_assert_eq!(hhcc::Frame::parse(&frame.encode().unwrap()), Ok(frame));
    }

    #[test]
    fn qingping_frames_come_back(
        header: u8, device_id: u8, mac in mac(), sent in vec(qingping_value(), 0..12),
    ) {
        let mut payload = [0; 80];
        let mut end = 0;
        for value in &sent {
            end += value.encode(&mut payload[end..]).unwrap();
        }
        let frame = qingping::Frame { header: qingping::Header(header), device_id, mac, payload: &payload[..end] };
        let mut buffer = [0; 100];
        let length = frame.encode(&mut buffer).unwrap();
        let received = qingping::Frame::parse(&buffer[..length]).unwrap();
        prop_assert_eq!(received, frame);
        prop_assert_eq!(received.error(), None);
        let received: Vec<_> = received.items().map(|item| item.unwrap().value()).collect();
        prop_assert_eq!(received, sent.into_iter().map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn legacy_reports_come_back(
        sent in vec((any::<u8>(), address_type(), mac(), dbm(), vec(any::<u8>(), 0..=31)), 1..=6),
    ) {
        let reports: Vec<_> = sent.iter().map(|(event_type, address_type, address, rssi, data)| Report {
            address: *address,
            address_type: *address_type,
            rssi: *rssi,
            data,
            form: ReportForm::Legacy(LegacyEventType(*event_type)),
        }).collect();
        check_reports(&reports)?;
    }

    #[test]
    fn extended_reports_come_back(
        sent in vec((address_type(), mac(), dbm(), vec(any::<u8>(), 0..=60), extended_fields()), 1..=3),
        long in vec(any::<u8>(), 229),
    ) {
        let reports: Vec<_> = sent.iter().map(|(address_type, address, rssi, data, fields)| Report {
            address: *address,
            address_type: *address_type,
            rssi: *rssi,
            data,
            form: ReportForm::Extended(*fields),
        }).collect();
        check_reports(&reports)?;
        check_reports(&[Report { data: &long, ..reports[0] }])?;
    }

    #[test]
    fn legacy_pdus_come_back(
        pdu_type in prop_oneof![
            Just(PduType::ADV_IND), Just(PduType::ADV_NONCONN_IND), Just(PduType::ADV_SCAN_IND), Just(PduType::SCAN_RSP),
        ],
        channel_selection_2: bool, address in mac(), address_type in public_or_random(), data in vec(any::<u8>(), 0..=31),
    ) {
        let sent = LegacyPdu { pdu_type, channel_selection_2, address, address_type, data: &data };
        let mut pdu = [0; 39];
        let length = sent.encode(&mut pdu).unwrap();
        check_packet(&pdu[..length], Pdu::Legacy(sent))?;
    }

    #[test]
    fn extended_pdus_come_back(
        mode in prop_oneof![
            Just(AdvMode::NON_CONNECTABLE), Just(AdvMode::CONNECTABLE), Just(AdvMode::SCANNABLE), Just(AdvMode::RESERVED),
        ],
        address in option::of(mac()), address_type in public_or_random(),
        target in option::of((mac(), public_or_random())),
        cte_info in option::of(any::<u8>()), data_info in option::of(any::<u16>()),
        aux_pointer in option::of(any::<[u8; 3]>()), sync_info in option::of(any::<[u8; 18]>()),
        tx_power in option::of(any::<i8>()),
        additional in vec(any::<u8>(), 0..=25), data in vec(any::<u8>(), 0..=190),
    ) {
        let sent = ExtendedPdu {
            mode,
            address,
            address_type,
            target: target.map(|(address, address_type)| Target { address, address_type }),
            cte_info,
            data_info: data_info.map(AdvDataInfo),
            aux_pointer: aux_pointer.map(AuxPointer),
            sync_info: sync_info.as_ref(),
            tx_power,
            additional_controller_data: &additional,
            data: &data,
        };
        let mut pdu = [0; 257];
        let length = sent.encode(&mut pdu).unwrap();
        check_packet(&pdu[..length], Pdu::Extended(sent))?;
    }
}

fn check_reports(sent: &[Report<'_>]) -> Result<(), TestCaseError> {
    let mut buffer = [0; 258];
    let length = hci::encode(sent, &mut buffer).unwrap();
    for event in [&buffer[..length], &buffer[1..length]] {
        let received: Result<Vec<_>, _> = Event::parse(event).unwrap().reports().collect();
        prop_assert_eq!(received.unwrap(), sent);
    }
    Ok(())
}

fn check_packet(pdu: &[u8], sent: Pdu<'_>) -> Result<(), TestCaseError> {
    let packet = Packet::advertising(pdu).unwrap();
    prop_assert_eq!(packet.pdu(), Ok(sent));
    let mut buffer = [0; 280];
    let length = packet.encode(&mut buffer).unwrap();
    prop_assert_eq!(Packet::parse(&buffer[..length]), Ok(packet));
    prop_assert!(packet.crc_is_valid());
    Ok(())
}

/// Every case of every vector file of the repository: its file and the case.
fn all_cases() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut cases = Vec::new();
    for file in suite::files(&root) {
        let text = fs::read_to_string(root.join(&file)).unwrap();
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        cases.extend(list.into_iter().map(|case| (file.clone(), case)));
    }
    assert!(!cases.is_empty());
    cases
}

#[test]
fn every_prefix_of_every_vector_parses_or_fails_cleanly() {
    let mut inputs = 0;
    for (_, case) in all_cases() {
        let texts = ["service_data", "adv", "data"].map(|name| case["input"][name].as_str());
        for bytes in texts.into_iter().flatten().map(suite::hex) {
            for length in 0..=bytes.len() {
                parse_as_everything(&bytes[..length]);
            }
            inputs += 1;
        }
    }
    assert!(inputs > 0);
}

#[test]
fn no_flipped_bit_of_an_encrypted_vector_decodes() {
    let mut decoded = 0;
    for (file, case) in all_cases() {
        let (input, plaintext) = (&case["input"], &case["expect"]["plaintext"]);
        if !file.ends_with("advert_decode.json") || !plaintext.is_string() {
            continue;
        }
        let text = |name: &str| suite::hex(input[name].as_str().unwrap());
        let (service_data, key) = (text("service_data"), BindKey::new(&text("key")).unwrap());
        let address = MacAddr6::from(<[u8; 6]>::try_from(text("address")).unwrap());
        let decrypt = |bytes: &[u8]| match Frame::parse(bytes) {
            Ok(Frame::Encrypted(frame)) => frame.decrypt(&key, address),
            other => panic!("{other:?}"),
        };
        assert!(decrypt(&service_data).is_ok());
        for bit in 0..service_data.len() * 8 {
            let mut damaged = service_data.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decrypt(&damaged).is_err(), "{}: bit {bit}", case["name"]);
        }
        decoded += 1;
    }
    assert!(decoded > 0);
}

#[test]
fn every_reading_of_the_vectors_can_be_named() {
    let mut names: BTreeSet<&str> = ["co2", "soil_moisture", "pm2_5", "noise", "weight_g"].into();
    names.extend(["low_battery", "water_leak", "water_leak_bottom", "water_leak_top"]);
    names.extend(Quantity::ALL.iter().map(|quantity| quantity.name()));
    names.extend(BinarySensor::ALL.iter().map(|sensor| sensor.name()));
    names.extend(states().iter().map(|state| state.name()));
    for (file, case) in all_cases()
        .iter()
        .filter(|(file, _)| file.starts_with("mibeacon/"))
    {
        for reading in case["expect"]["readings"].as_array().into_iter().flatten() {
            if let Some(field) = reading["field"].as_str() {
                assert!(names.contains(field), "{file}: {field}");
            }
        }
    }
}

fn states() -> [State; 7] {
    use mibeacon::{ChargingState, DoorState, GasState, KettleState, OpeningState, SmokeState, VacuumMode};
    [
        State::Charging(ChargingState::Full),
        State::Door(DoorState::Open),
        State::Gas(GasState::Normal),
        State::Kettle(KettleState::Idle),
        State::Opening(OpeningState::Open),
        State::Smoke(SmokeState::Normal),
        State::Vacuum(VacuumMode::Standby),
    ]
}
