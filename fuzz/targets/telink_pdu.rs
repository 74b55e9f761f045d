//! What either side of an OTA receives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telink_ota::pdu::{
    ClientPdu, DataPdu, LegacyStatus, START, ServerPdu, VERSION, encode_end, encode_start_extended,
    encode_version_request,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(pdu) = ClientPdu::parse(bytes, 240) {
        let encoded = match pdu {
            ClientPdu::Version => VERSION.to_vec(),
            ClientPdu::Start => START.to_vec(),
            ClientPdu::End { last_index } => encode_end(last_index).to_vec(),
            ClientPdu::StartExtended { pdu_length, compare } => {
                encode_start_extended(pdu_length, compare).unwrap().to_vec()
            }
            ClientPdu::VersionRequest { version, compare } => {
                encode_version_request(version, compare).to_vec()
            }
            ClientPdu::Data { index, data } => {
                let pdu = DataPdu::new(index, data).unwrap();
                assert_eq!(pdu.bytes(), bytes);
                return;
            }
            _ => return,
        };
        assert_eq!(ClientPdu::parse(&encoded, 240), Ok(pdu));
    }
    if let Ok(pdu) = ServerPdu::parse(bytes) {
        let (encoded, length) = pdu.encode();
        assert_eq!(ServerPdu::parse(&encoded[..length]), Ok(pdu));
    }
    if let Some(status) = LegacyStatus::parse(bytes) {
        assert_eq!(Some(status.to_wire()), bytes.first().copied());
    }
});
