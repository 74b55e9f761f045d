//! mDNS: the query for `_miio._udp.local`, and what devices answer. The packets are `simple-dns`'s work.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::Ipv4Addr;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, QCLASS, QTYPE, Question, TYPE};

use super::MdnsName;
use crate::{DeviceId, PORT};

/// A device that announces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Its id.
    pub device_id: DeviceId,
    /// Its model.
    pub model: String,
    /// Its address, if the packet holds it.
    pub address: Option<Ipv4Addr>,
    /// Its port.
    pub port: u16,
}

/// The query for all miIO devices. Sent from any port but 5353, it is answered to that port.
#[must_use]
pub fn mdns_query() -> Vec<u8> {
    let mut packet = Packet::new_query(0);
    packet.questions.push(Question::new(
        Name::new_unchecked(SERVICE),
        QTYPE::TYPE(TYPE::PTR),
        QCLASS::CLASS(CLASS::IN),
        true,
    ));
    packet.build_bytes_vec().unwrap_or_default()
}

/// The devices that an mDNS packet announces; `None` if it isn't DNS at all.
#[must_use]
pub fn parse_mdns(datagram: &[u8]) -> Option<Vec<Announcement>> {
    let packet = Packet::parse(datagram).ok()?;
    let records = || {
        packet
            .answers
            .iter()
            .chain(&packet.additional_records)
            .take(MAX_RECORDS)
    };
    let mut found: Vec<Announcement> = Vec::new();
    for record in records() {
        let instance = match &record.rdata {
            RData::PTR(pointer) if is_service(&record.name.to_string()) => pointer.0.to_string(),
            RData::SRV(_) | RData::TXT(_) => record.name.to_string(),
            _ => continue,
        };
        let Ok(MdnsName {
            model,
            device_id: Some(device_id),
        }) = instance.parse()
        else {
            continue;
        };
        if found.iter().any(|known| known.device_id == device_id) {
            continue;
        }
        let service = records().find_map(|record| match &record.rdata {
            RData::SRV(service) if record.name.to_string() == instance => Some(service),
            _ => None,
        });
        let host = service.map(|service| service.target.to_string());
        // The address of the SRV record's host, or the only address there is.
        let address = records().find_map(|record| match &record.rdata {
            RData::A(address) if host.as_ref().is_none_or(|host| record.name.to_string() == *host) => {
                Some(Ipv4Addr::from(address.address))
            }
            _ => None,
        });
        let port = service.map_or(PORT, |service| service.port);
        found.push(Announcement {
            device_id,
            model,
            address,
            port,
        });
    }
    Some(found)
}

fn is_service(name: &str) -> bool {
    name.trim_end_matches('.').eq_ignore_ascii_case(SERVICE)
}

/// The service that miIO devices announce.
const SERVICE: &str = "_miio._udp.local";

/// The group that mDNS queries go to.
pub const MDNS_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

/// The port that mDNS queries go to.
pub const MDNS_PORT: u16 = 5353;

/// More records than any device sends; what follows them is left out.
const MAX_RECORDS: usize = 64;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use simple_dns::ResourceRecord;
    use simple_dns::rdata::{A, PTR, SRV, TXT};

    /// What a vacuum announces, as captured: PTR, SRV, TXT `path=/mydevice`, A.
    pub(in super::super) fn announcement() -> Vec<u8> {
        let instance = Name::new_unchecked("rockrobo-vacuum-v1_miio55408263._miio._udp.local");
        let host = Name::new_unchecked("rockrobo-vacuum-v1_miio55408263.local");
        let record = |name: &Name<'static>, data| ResourceRecord::new(name.clone(), CLASS::IN, 120, data);
        let mut packet = Packet::new_reply(0);
        packet.answers.push(record(
            &Name::new_unchecked(SERVICE),
            RData::PTR(PTR(instance.clone())),
        ));
        let service = SRV {
            priority: 0,
            weight: 0,
            port: 54321,
            target: host.clone(),
        };
        packet
            .additional_records
            .push(record(&instance, RData::SRV(service)));
        let text = TXT::new().with_string("path=/mydevice").unwrap();
        packet
            .additional_records
            .push(record(&instance, RData::TXT(text)));
        let address = A {
            address: Ipv4Addr::new(192, 168, 1, 20).into(),
        };
        packet.additional_records.push(record(&host, RData::A(address)));
        packet.build_bytes_vec_compressed().unwrap()
    }

    #[test]
    fn a_vacuum_s_announcement_gives_model_id_and_address() {
        let found = parse_mdns(&announcement()).unwrap();
        let expected = Announcement {
            device_id: DeviceId(55_408_263),
            model: "rockrobo.vacuum.v1".into(),
            address: Some(Ipv4Addr::new(192, 168, 1, 20)),
            port: 54321,
        };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn the_query_is_the_one_that_devices_expect() {
        let mut expected = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        expected.extend_from_slice(b"\x05_miio\x04_udp\x05local\0\0\x0c\x80\x01");
        assert_eq!(mdns_query(), expected);
    }

    proptest! {
        #[test]
        fn any_bytes_parse_or_fail_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_mdns(&bytes);
        }

        #[test]
        fn a_damaged_announcement_never_panics(at in 0usize..150, byte: u8, cut in 0usize..150) {
            let mut bytes = announcement();
            let end = bytes.len() - 1;
            bytes[at.min(end)] = byte;
            bytes.truncate(cut.max(12));
            let _ = parse_mdns(&bytes);
        }
    }
}
