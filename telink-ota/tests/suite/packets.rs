//! Checksums, PDUs, commands and whole streams.

use std::time::Duration;

use sha2::{Digest, Sha256};
use telink_ota::crc::{Crc32, crc16};
use telink_ota::gatt::{Transmit, WriteMode};
use telink_ota::ota::{Options, OtaEvent, Outcome};
use telink_ota::pdu::{
    ClientPdu, DataPdu, LegacyStatus, PduError, START, ServerPdu, VERSION, encode_end, encode_start_extended,
    encode_version_request,
};
use telink_ota::{Ota, Session};

use super::flow::cleared;
use super::{Fields, to_hex};

pub(crate) fn crc(input: &Fields, expect: &Fields) {
    let data = input.hex("data");
    match input.text("op") {
        "crc16" => {
            let value = crc16(&data);
            expect.check("value", format!("{value:04x}"));
            expect.check("wire", to_hex(&value.to_le_bytes()));
        }
        op => {
            let mut crc = match op {
                "crc32_telink" => Crc32::telink(),
                "crc32_mifota" => Crc32::container(),
                other => panic!("unknown op {other}"),
            };
            let value = crc.update(&data).value();
            expect.check("value", format!("{value:08x}"));
            expect.check("wire", to_hex(&value.to_le_bytes()));
        }
    }
}

pub(crate) fn data_pdu(input: &Fields, expect: &Fields) {
    let pdu_length = u8::try_from(input.integer("pdu_len")).unwrap();
    match input.text("op") {
        "encode_data_pdu" => {
            let index = u16::try_from(input.integer("index")).unwrap();
            let data = input.hex("data");
            let pdu = DataPdu::new(index, &data).unwrap();
            expect.check("bytes", to_hex(pdu.bytes()));
            expect.check("padding", pdu.bytes().len() - 4 - data.len());
        }
        "decode_client_pdu" => match ClientPdu::parse(&input.hex("bytes"), pdu_length) {
            Ok(ClientPdu::Data { index, data }) => {
                expect.check("kind", "data");
                expect.check("index", index);
                expect.check("data", to_hex(data));
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => expect.check("error", error.name()),
        },
        other => panic!("unknown op {other}"),
    }
}

pub(crate) fn commands(input: &Fields, expect: &Fields) {
    match input.text("op") {
        "encode_command" => match encode_command(input) {
            Ok(bytes) => expect.check("bytes", to_hex(&bytes)),
            Err(error) => expect.check("error", error.name()),
        },
        "decode_server_pdu" => match ServerPdu::parse(&input.hex("bytes")) {
            Ok(ServerPdu::Version { version, accept }) => {
                expect.check("kind", "fw_version_rsp");
                expect.check("version", version);
                expect.check("accept", accept);
            }
            Ok(ServerPdu::Result(code)) => {
                expect.check("kind", "result");
                expect.check("code", code.to_wire());
                expect.check("result", code.name());
            }
            Ok(ServerPdu::ReceivedPdus(count)) => {
                expect.check("kind", "schedule_pdu_num");
                expect.check("count", count);
            }
            Ok(ServerPdu::ReceivedBytes(bytes)) => {
                expect.check("kind", "schedule_fw_size");
                expect.check("bytes", bytes);
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => expect.check("error", error.name()),
        },
        "decode_legacy_status" => {
            let status = LegacyStatus::parse(&input.hex("bytes"));
            expect.check_if_present("code", status.map(LegacyStatus::to_wire));
            expect.check("status", status.map_or("none", LegacyStatus::name));
        }
        other => panic!("unknown op {other}"),
    }
}

fn encode_command(input: &Fields) -> Result<Vec<u8>, PduError> {
    Ok(match input.text("command") {
        "version" => VERSION.to_vec(),
        "start" => START.to_vec(),
        "end" => encode_end(u16::try_from(input.integer("last_index")).unwrap()).to_vec(),
        "start_ext" => {
            // A length that its byte can't hold is wrong like any other.
            let pdu_length = u8::try_from(input.integer("pdu_len")).unwrap_or(u8::MAX);
            encode_start_extended(pdu_length, input.flag("version_compare"))?.to_vec()
        }
        "fw_version_req" => {
            let version = u16::try_from(input.integer("version")).unwrap();
            encode_version_request(version, input.flag("version_compare")).to_vec()
        }
        other => panic!("unknown command {other}"),
    })
}

pub(crate) fn stream(input: &Fields, expect: &Fields) {
    let image = input.hex("image");
    let options = match input.text("protocol") {
        "legacy" => Options::custom(WriteMode::WithoutResponse),
        _ => Options::extended(
            u8::try_from(input.integer("pdu_len")).unwrap(),
            u16::try_from(input.integer("version")).unwrap(),
            input.flag("version_compare"),
        ),
    };
    let (packets, reads) = transfer(&image, options);
    let chunks = packets
        .iter()
        .filter(|packet| matches!(ClientPdu::parse(packet, 240), Ok(ClientPdu::Data { .. })))
        .count();
    expect.check("chunks", chunks);
    let mut digest = Sha256::new();
    packets.iter().for_each(|packet| digest.update(packet));
    expect.check("sha256", to_hex(&digest.finalize()));
    let packets: Vec<String> = packets.iter().map(|packet| to_hex(packet)).collect();
    expect.check_if_present("reads_after_index", reads);
    expect.check_if_present("packets", packets.clone());
    let data: Vec<&String> = packets
        .iter()
        .filter(|packet| !packet[2..].starts_with("ff"))
        .collect();
    expect.check_if_present("first", data[0].as_str());
    expect.check_if_present("last", data[data.len() - 1].as_str());
    expect.check_if_present("end", packets[packets.len() - 1].as_str());
}

/// All packets of a transfer to a device that agrees with everything, and the indices after which it was read.
pub(crate) fn transfer(image: &[u8], options: Options) -> (Vec<Vec<u8>>, Vec<u16>) {
    let clearance = cleared(image);
    let mut now = Duration::ZERO;
    let mut ota = Ota::new(now, image, &clearance, options).unwrap();
    let (mut packets, mut reads, mut last) = (Vec::new(), Vec::new(), 0);
    loop {
        match ota.poll_event() {
            Some(OtaEvent::Finished(outcome)) => {
                assert_eq!(outcome, Outcome::SentThenDisconnected);
                return (packets, reads);
            }
            Some(OtaEvent::Failed(error)) => panic!("{error}"),
            Some(_) => continue,
            None => {}
        }
        match ota.poll_transmit(now) {
            Some(Transmit::Write { bytes, .. }) => {
                let packet = bytes.to_vec();
                ota.handle_written(now);
                match ClientPdu::parse(&packet, 240).unwrap() {
                    ClientPdu::Data { index, .. } => last = index,
                    ClientPdu::VersionRequest { version, .. } => {
                        let (bytes, length) = ServerPdu::Version {
                            version,
                            accept: true,
                        }
                        .encode();
                        let from = telink_ota::gatt::Characteristic::Ota;
                        ota.handle_notification(now, from, &bytes[..length]);
                    }
                    ClientPdu::End { .. } => ota.handle_disconnect(now),
                    _ => {}
                }
                packets.push(packet);
            }
            Some(Transmit::Read { .. }) => {
                reads.push(last);
                ota.handle_read(now, &[0]);
            }
            Some(Transmit::Subscribe { .. }) => ota.handle_subscribed(now),
            None => {
                now = ota.poll_timeout().expect("something to wait for");
                ota.handle_timeout(now);
            }
        }
    }
}
