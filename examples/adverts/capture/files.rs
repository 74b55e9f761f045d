//! Tests of all readers with files that are built here: whole, cut, damaged and hostile.

use std::io::{self, Read};
use std::time::Duration;

use macaddr::MacAddr6;
use mibeacon::hci::{self, AddressType, LegacyEventType, Report, ReportForm};
use mibeacon::ll::{LegacyPdu, Packet, Pdu};
use proptest::prelude::*;

use super::{Advert, CaptureError, Fault, Kind, LONGEST_PACKET, Place, Sink, Stopped, read};

const DATA: &[u8] = b"\x02\x01\x06\x04\x16\x95\xfe\x01";
const ADDRESS: MacAddr6 = MacAddr6::new(0xa4, 0xc1, 0x38, 1, 2, 3);

/// Keeps what a reader finds.
#[derive(Debug, Default)]
struct Found {
    adverts: Vec<Copied>,
    faults: Vec<(Place, String)>,
    damaged: usize,
    other: usize,
}

/// An advert with time, address, whether that is private, RSSI and data.
type Copied = (Option<Duration>, Option<MacAddr6>, bool, Option<i8>, Vec<u8>);

impl Sink for Found {
    fn advert(&mut self, advert: Advert<'_>) -> io::Result<()> {
        let Advert {
            time,
            address,
            is_private,
            rssi,
            data,
        } = advert;
        self.adverts
            .push((time, address, is_private, rssi, data.to_vec()));
        Ok(())
    }

    fn fault(&mut self, place: Place, fault: Fault) -> io::Result<()> {
        self.faults.push((place, fault.to_string()));
        Ok(())
    }

    fn damaged(&mut self) {
        self.damaged += 1;
    }

    fn other(&mut self) {
        self.other += 1;
    }
}

fn found(file: &[u8]) -> (Found, Option<CaptureError>) {
    let mut found = Found::default();
    let error = match read(file, None, &mut found) {
        Ok(()) => None,
        Err(Stopped::Capture(error)) => Some(error),
        Err(Stopped::Sink(error)) => panic!("{error}"),
    };
    (found, error)
}

fn event(address: MacAddr6, address_type: AddressType) -> Vec<u8> {
    let report = Report {
        address,
        address_type,
        rssi: Some(-56),
        data: DATA,
        form: ReportForm::Legacy(LegacyEventType::ADV_IND),
    };
    let mut buffer = [0; 258];
    let length = hci::encode(&[report], &mut buffer).unwrap();
    buffer[..length].to_vec()
}

fn uart() -> Vec<u8> {
    event(ADDRESS, AddressType::PUBLIC)
}

fn radio() -> Vec<u8> {
    let header = b"\x00\x0e\x03\x02\x01\x38\xc1\xa4";
    let pdu = [&header[..], DATA].concat();
    let packet = Packet::advertising(&pdu).unwrap();
    let Ok(Pdu::Legacy(LegacyPdu { data: DATA, .. })) = packet.pdu() else {
        panic!()
    };
    let mut buffer = [0; 64];
    let length = packet.encode(&mut buffer).unwrap();
    buffer[..length].to_vec()
}

fn btsnoop(data_link: u32, records: &[(u32, &[u8])]) -> Vec<u8> {
    let mut file = b"btsnoop\0\0\0\0\x01".to_vec();
    file.extend(data_link.to_be_bytes());
    for (flags, packet) in records {
        let length = (packet.len() as u32).to_be_bytes();
        file.extend([length, length, flags.to_be_bytes(), [0; 4]].concat());
        file.extend((0x00dc_ddb3_0f2f_8000_u64 + 1_700_000_000_250_000).to_be_bytes());
        file.extend(*packet);
    }
    file
}

fn pcap(link_type: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut file = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0".to_vec();
    file.extend(link_type.to_le_bytes());
    for packet in packets {
        let length = packet.len() as u32;
        for number in [1_700_000_000, 250_000, length, length] {
            file.extend(u32::to_le_bytes(number));
        }
        file.extend(*packet);
    }
    file
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padding = body.len().next_multiple_of(4) - body.len();
    let length = ((12 + body.len() + padding) as u32).to_le_bytes();
    [&kind.to_le_bytes(), &length, body, &[0; 4][..padding], &length].concat()
}

/// Sections with a comment longer than the first read, an Ethernet interface, and this one.
fn pcapng(link_type: u16, packets: &[&[u8]]) -> Vec<u8> {
    let mut section = b"\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff".to_vec();
    section.extend(b"\x01\0\x64\0");
    section.extend([b'x'; 100]);
    section.extend([0; 4]);
    let [low, high] = link_type.to_le_bytes();
    let mut file = block(0x0a0d_0d0a, &section);
    file.extend(block(1, b"\x01\0\0\0\0\0\x04\0"));
    // Times in nanoseconds.
    file.extend(block(
        1,
        &[low, high, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0],
    ));
    for packet in packets {
        let nanos: u64 = 1_700_000_000_250_000_000;
        let length = packet.len() as u32;
        let numbers = [1, (nanos >> 32) as u32, nanos as u32, length, length];
        let mut body = numbers.map(u32::to_le_bytes).concat();
        body.extend(*packet);
        file.extend(block(6, &body));
    }
    file
}

fn jsonl() -> Vec<u8> {
    b"{\"time\":1700000000.25,\"address\":\"A4:C1:38:01:02:03\",\"rssi\":-56,\"adv\":\"020106041695fe01\"}\n"
        .to_vec()
}

/// Every format and link type with the same advert.
fn all_files() -> Vec<(&'static str, Vec<u8>)> {
    let monitor = |packet: &[u8]| [b"\0\0\0\x03", &packet[1..]].concat();
    let phdr = [&b"\x00\xc8\x80\x00\xd6\xbe\x89\x8e\x13\x0c"[..], &radio()].concat();
    let nordic_length = (10 + radio().len()) as u8;
    let nordic = [
        &[
            0x44, nordic_length, 0, 3, 1, 0, 2, 10, 1, 37, 56, 0, 0, 0, 0, 0, 0,
        ],
        &radio()[..],
    ]
    .concat();
    let direction = [&[0, 0, 0, 1], &uart()[..]].concat();
    vec![
        ("JSON lines", jsonl()),
        ("btsnoop 1001", btsnoop(1001, &[(3, &uart()[1..])])),
        ("btsnoop 1002", btsnoop(1002, &[(3, &uart())])),
        ("btsnoop 2001", btsnoop(2001, &[(0x0001_0003, &uart()[1..])])),
        ("pcap 187", pcap(187, &[&uart()])),
        ("pcap 201", pcap(201, &[&direction])),
        ("pcap 254", pcap(254, &[&monitor(&uart())])),
        ("pcap 251", pcap(251, &[&radio()])),
        ("pcap 256", pcap(256, &[&phdr])),
        ("pcap 272", pcap(272, &[&nordic])),
        ("pcapng 187", pcapng(187, &[&uart()])),
        ("pcapng 251", pcapng(251, &[&radio()])),
    ]
}

#[test]
fn every_format_and_link_type_gives_the_same_advert() {
    for (name, file) in all_files() {
        let (found, error) = found(&file);
        assert!(
            error.is_none() && found.faults.is_empty(),
            "{name}: {error:?} {found:?}"
        );
        let [(time, address, is_private, rssi, data)] = &found.adverts[..] else {
            panic!("{name}: {found:?}");
        };
        assert_eq!(*time, Some(Duration::from_millis(1_700_000_000_250)), "{name}");
        assert_eq!(
            (*address, *is_private, &**data),
            (Some(ADDRESS), false, DATA),
            "{name}"
        );
        let expected = if name.ends_with("251") { None } else { Some(-56) };
        assert_eq!(*rssi, expected, "{name}");
    }
}

#[test]
fn every_prefix_gives_what_it_holds_and_then_an_error() {
    for (name, file) in all_files() {
        let mut last = 0;
        for length in 0..file.len() {
            let (found, error) = found(&file[..length]);
            assert!(found.adverts.len() >= last, "{name} at {length}");
            last = found.adverts.len();
            if let Some(error) = error {
                assert!(error.help().is_some(), "{name} at {length}: {error}");
            }
        }
        // Whatever comes first is printed even if the second one is cut.
        let records = match name {
            "btsnoop 1002" => btsnoop(1002, &[(3, &uart()), (3, &uart())]),
            "pcap 187" => pcap(187, &[&uart(), &uart()]),
            "pcapng 187" => pcapng(187, &[&uart(), &uart()]),
            _ => continue,
        };
        let (found, error) = found(&records[..records.len() - 1]);
        assert_eq!(found.adverts.len(), 1, "{name}");
        let Some(CaptureError::Truncated {
            place: Place::Record { record, .. },
        }) = error
        else {
            panic!("{name}: {error:?}");
        };
        assert!(record >= 2, "{name}: {record}");
    }
}

#[test]
fn a_flipped_bit_anywhere_makes_no_panic_and_no_endless_loop() {
    for (_, file) in all_files() {
        for bit in 0..file.len() * 8 {
            let mut file = file.clone();
            file[bit / 8] ^= 1 << (bit % 8);
            let _ = found(&file);
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        which in 0_usize..12,
        at in any::<prop::sample::Index>(),
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let (_, mut file) = all_files().swap_remove(which);
        file.truncate(at.index(file.len()));
        file.extend(&noise);
        let _ = found(&file);
        for kind in [Kind::Jsonl, Kind::Btsnoop, Kind::Pcap, Kind::Pcapng] {
            let _ = read(&*noise, Some(kind), &mut Found::default());
        }
    }
}

#[test]
fn a_length_of_gigabytes_is_an_error_and_not_memory() {
    let mut snoop = btsnoop(1002, &[(3, &uart())]);
    let start = snoop.len();
    snoop.extend([0xff; 24]);
    let (reports, error) = found(&snoop);
    assert_eq!(reports.adverts.len(), 1);
    let Some(CaptureError::Oversized { place, limit }) = error else {
        panic!("{error:?}")
    };
    let offset = start as u64;
    assert_eq!(
        (place, limit),
        (Place::Record { record: 2, offset }, LONGEST_PACKET)
    );

    let mut legacy = pcap(187, &[&uart()]);
    legacy.extend([0xff; 16]);
    legacy.resize(1 << 20, 0);
    let (reports, error) = found(&legacy);
    assert_eq!(reports.adverts.len(), 1);
    assert!(matches!(error, Some(CaptureError::Oversized { .. })), "{error:?}");
    assert!(error.unwrap().to_string().contains("record 2 at byte"));
}

#[test]
fn a_line_without_end_is_left_out_in_bounded_memory() {
    let endless = io::repeat(b'x').take(1 << 28);
    let input = b"{\"adv\":\"\"}\n{\"adv\":\""
        .chain(endless)
        .chain(&b"\n{\"adv\":\"00\"}"[..]);
    let mut found = Found::default();
    assert!(read(input, None, &mut found).is_ok());
    assert_eq!(found.adverts.len(), 2);
    let [(place, message)] = &found.faults[..] else {
        panic!("{:?}", found.faults)
    };
    assert_eq!(place.to_string(), "line 2");
    assert_eq!(message, "the line is longer than 65536 bytes");
}

#[test]
fn a_wrong_line_is_told_with_its_column_and_the_others_are_read() {
    let (found, error) = found(b"{\"adv\":\"00\"}\r\n\r\n{\"adv\":00}\n{\"adv\":\"\"");
    assert!(error.is_none());
    assert_eq!(found.adverts.len(), 1);
    let places: Vec<_> = found.faults.iter().map(|(place, _)| place.to_string()).collect();
    assert_eq!(places, ["line 3, column 9", "line 4, column 9"]);
}

#[test]
fn private_addresses_are_marked() {
    let private = MacAddr6::new(0x4a, 1, 2, 3, 4, 5);
    let (found, _) = found(&pcap(187, &[&event(private, AddressType::RANDOM)]));
    assert!(matches!(found.adverts[..], [(_, Some(address), true, ..)] if address == private));
}

#[test]
fn packets_with_a_wrong_checksum_are_left_out() {
    let mut packet = radio();
    packet[20] ^= 1;
    let (found, error) = found(&pcap(251, &[&packet, &radio()]));
    assert!(error.is_none());
    assert_eq!((found.adverts.len(), found.damaged), (1, 1));
}

#[test]
fn what_is_no_advert_is_counted() {
    let command = b"\x01\x03\x0c\x00";
    let (found, _) = found(&btsnoop(
        1002,
        &[(2, command), (3, b"\x04\x0e\x01\x00"), (3, &uart())],
    ));
    assert_eq!((found.adverts.len(), found.other), (1, 2));
}

#[test]
fn captures_of_something_else_say_so() {
    for (file, expected) in [
        (pcap(1, &[b"x"]), "link type 1"),
        (btsnoop(1003, &[]), "BCSP"),
        (pcapng(1, &[b"x"]), "link type 1"),
        (b"btsnoop\0\0\0\0\x02\0\0\0\0".to_vec(), "version 2"),
        (b"btsnoop\0".to_vec(), "isn't btsnoop"),
    ] {
        let (_, error) = found(&file);
        let error = error.unwrap();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.help().is_some());
    }
}
