//! Packets of sniffers.

use std::io;
use std::time::Duration;

use mibeacon::ll::{Capture, LinkType, Pdu};

use super::{Advert, Fault, Place, Sink};

/// A packet with the header that the link type puts before it.
pub(super) fn packet(
    link_type: LinkType,
    time: Option<Duration>,
    place: Place,
    bytes: &[u8],
    sink: &mut impl Sink,
) -> io::Result<()> {
    let capture = match Capture::parse(link_type, bytes) {
        Ok(Some(capture)) => capture,
        Ok(None) => {
            sink.other();
            return Ok(());
        }
        Err(error) => return sink.fault(place, Fault::Packet(error)),
    };
    if !capture.packet.is_advertising() {
        sink.other();
        return Ok(());
    }
    // Not every sniffer checks it, and half a packet in error still looks like an advert.
    if !capture
        .crc_is_valid
        .unwrap_or_else(|| capture.packet.crc_is_valid())
    {
        sink.damaged();
        return Ok(());
    }
    let (address, address_type, data) = match capture.packet.pdu() {
        Ok(Pdu::Legacy(pdu)) => (Some(pdu.address), pdu.address_type, pdu.data),
        Ok(Pdu::Extended(pdu)) => (pdu.address, pdu.address_type, pdu.data),
        Ok(_) => {
            sink.other();
            return Ok(());
        }
        Err(error) => return sink.fault(place, Fault::Packet(error)),
    };
    sink.advert(Advert {
        time,
        address,
        is_private: address.is_some_and(|address| !address_type.is_identity(address)),
        rssi: capture.rssi,
        data,
    })
}
