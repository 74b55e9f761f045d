//! HCI packets: advertising reports are LE Meta events from the controller.

use std::io;
use std::time::Duration;

use mibeacon::hci::{AddressType, Event};

use super::{Advert, Fault, Place, Sink};

/// A packet of the UART transport (H4): the first byte says what it is.
pub(super) fn uart_packet(
    time: Option<Duration>,
    place: Place,
    packet: &[u8],
    sink: &mut impl Sink,
) -> io::Result<()> {
    match packet {
        [UART_EVENT, parameters @ ..] => event(time, place, parameters, sink),
        _ => {
            sink.other();
            Ok(())
        }
    }
}

/// A packet of BlueZ's monitor, whose opcode says what it is.
pub(super) fn monitor_packet(
    time: Option<Duration>,
    place: Place,
    opcode: u16,
    packet: &[u8],
    sink: &mut impl Sink,
) -> io::Result<()> {
    if opcode == MONITOR_EVENT {
        return event(time, place, packet, sink);
    }
    sink.other();
    Ok(())
}

/// An event without packet indicator.
pub(super) fn event(
    time: Option<Duration>,
    place: Place,
    event: &[u8],
    sink: &mut impl Sink,
) -> io::Result<()> {
    let reports = match Event::parse(event) {
        Ok(Event::AdvertisingReports(reports)) => reports,
        Ok(_) => {
            sink.other();
            return Ok(());
        }
        Err(error) => return sink.fault(place, Fault::Event(error)),
    };
    for report in reports {
        match report {
            Ok(report) => sink.advert(Advert {
                time,
                address: Some(report.address).filter(|_| report.address_type != AddressType::ANONYMOUS),
                is_private: report.identity_address().is_none(),
                rssi: report.rssi,
                data: report.data,
            })?,
            Err(error) => return sink.fault(place, Fault::Event(error)),
        }
    }
    Ok(())
}

/// Packet indicator of events.
const UART_EVENT: u8 = 0x04;
/// Opcode of events.
const MONITOR_EVENT: u16 = 3;
