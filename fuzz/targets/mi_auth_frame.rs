//! One packet: frames, control codes and device infos read back, and both directions of a parcel take it at any time.
#![no_main]

use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use mi_auth::parcel::{Dmtu, Frame, ParcelType, ReceiveEvent, Receiver, Sender};
use mi_auth::{ControlCode, DeviceInfo};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = Frame::parse(bytes)
        && let Ok(encoded) = frame.encode()
    {
        assert!(bytes.starts_with(&encoded));
        assert_eq!(Frame::parse(&encoded), Ok(frame));
    }
    if let Ok(code) = ControlCode::parse(bytes) {
        assert!(code.encode().starts_with(bytes));
    }
    if let Ok(info) = DeviceInfo::parse(bytes) {
        assert_eq!(DeviceInfo::parse(&info.encode()), Ok(info));
    }
    transfer(bytes);
});

/// Sends the bytes as a parcel over a link on which they also say which frames get lost.
fn transfer(bytes: &[u8]) {
    let Some((&dmtu, data)) = bytes.split_first() else {
        return;
    };
    let dmtu = Dmtu::new(dmtu).unwrap_or_default();
    let Ok(mut sender) = Sender::<400>::new(ParcelType::WIFI_CONFIG, data, dmtu) else {
        return;
    };
    let mut receiver = Receiver::<400>::new(dmtu);
    let mut now = Duration::ZERO;
    let mut fates = data.iter().map(|byte| byte % 4 == 0);
    for _ in 0..4000 {
        while let Some(packet) = sender.poll_transmit(now) {
            let frame = Frame::parse(&packet).expect("what is sent can be read");
            if !(matches!(frame, Frame::Data { .. }) && fates.next().unwrap_or(false)) {
                receiver.handle_frame(now, frame);
            }
        }
        while let Some(packet) = receiver.poll_transmit(now) {
            sender.handle_frame(now, Frame::parse(&packet).expect("what is sent can be read"));
        }
        match receiver.poll_event() {
            Some(ReceiveEvent::Parcel(parcel)) => return assert_eq!(parcel.data.as_slice(), data),
            Some(ReceiveEvent::Failed(_)) => return,
            _ => {}
        }
        now = [receiver.poll_timeout(), sender.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(now);
        receiver.handle_timeout(now);
        sender.handle_timeout(now);
    }
    panic!("no end");
}
