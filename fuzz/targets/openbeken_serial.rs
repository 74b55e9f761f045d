//! Frames of serial lines and datagrams: TuyaMCU, meters, device groups, DDP, SSDP. What is read is written the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openbeken::meter::{Format, Frames, Stream, bl0942, cse7766};
use openbeken::{ddp, dgr, ssdp, tuya_mcu};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = tuya_mcu::Frame::parse(bytes) {
        let written = frame.encode();
        assert!(bytes.starts_with(&written));
        if let Some(points) = frame.data_points() {
            let size: usize = points.list.iter().map(|point| point.data.len() + 4).sum();
            assert!(size <= frame.payload.len());
            assert!(points.truncated || size == frame.payload.len() || frame.record_time().is_some());
        }
    }
    // In one piece or in many, a stream has the same frames.
    let mut whole = tuya_mcu::Frames::new(bytes);
    let frames: Vec<_> = whole.by_ref().map(|frame| frame.encode()).collect();
    let total: usize = frames.iter().map(Vec::len).sum();
    assert_eq!(total + whole.skipped() + whole.remaining().len(), bytes.len());
    let mut stream = tuya_mcu::Stream::new();
    let pieces: Vec<_> = bytes
        .chunks(5)
        .flat_map(|piece| stream.push(piece))
        .map(|frame| frame.encode())
        .collect();
    assert_eq!(pieces, frames);
    assert_eq!(
        (stream.waiting(), stream.skipped()),
        (whole.remaining().len(), whole.skipped() as u64)
    );
    stream.reset();
    assert!(stream.waiting() < 5000);

    for format in [Format::Cse7766, Format::Bl0942(0), Format::Bl0942(3)] {
        let mut whole = Frames::new(format, bytes);
        let frames: Vec<_> = whole.by_ref().map(<[u8]>::to_vec).collect();
        let mut stream = Stream::new(format);
        let mut pieces = Vec::new();
        for piece in bytes.chunks(7) {
            stream.push(piece);
            pieces.extend(std::iter::from_fn(|| stream.next_frame()));
        }
        assert_eq!(pieces, frames);
        assert_eq!(stream.skipped(), whole.skipped() as u64);
    }
    if let Ok(reading) = cse7766::Reading::parse(bytes) {
        assert!(bytes.starts_with(&reading.encode()));
        if let Some(values) = reading.values(&cse7766::Multipliers::ONE) {
            assert!(values.volts.is_finite() && values.amperes.is_finite() && values.watts.is_finite());
        }
    }
    if let Ok(reading) = bl0942::Reading::parse(bytes, 0) {
        assert_eq!(bl0942::Reading::parse(&reading.encode(0), 0), Ok(reading));
    }

    if let Ok(packet) = dgr::Packet::parse(bytes) {
        let written = packet.encode();
        assert_eq!(dgr::Packet::parse(&written).as_ref(), Ok(&packet));
        for item in &packet.items {
            assert!(dgr::Item::new(item.id(), item.value().clone()).is_ok());
        }
    }
    if let Ok(packet) = ddp::Packet::parse(bytes) {
        assert_eq!(ddp::Packet::parse(&packet.encode()), Ok(packet));
    }
    if let Some(found) = ssdp::Announcement::parse(bytes) {
        assert!(found.ip.is_none() || found.location.is_some());
    }
});
