//! Frames, and both directions of a parcel.

use core::time::Duration;

use mi_auth::parcel::{Ack, Dmtu, Frame, Management, ParcelType, ReceiveEvent, Receiver, SendEvent, Sender};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Fields, hex, to_hex};

/// Enough for the parcel of 300 frames.
const ROOM: usize = 6000;

pub fn check(input: &Fields, expect: &Fields) {
    match input.text("op") {
        "encode_parcel" => encode(input, expect),
        "encode_single" => match Sender::<ROOM>::single(kind(input), &input.hex("data"), dmtu(input)) {
            Ok(mut sender) => {
                let bytes = sender.poll_transmit(Duration::ZERO).expect("a packet");
                expect.check("bytes", to_hex(&bytes));
            }
            Err(error) => expect.check("error", error.name()),
        },
        "decode_frame" => decode(input, expect),
        "receive_parcel" => {
            let mut receiver = Receiver::<ROOM>::new(dmtu(input));
            play(expect, |now, step| receive(&mut receiver, now, step));
        }
        "send_parcel" => {
            let mut sender = Sender::<ROOM>::new(kind(input), &input.hex("data"), dmtu(input)).unwrap();
            play(expect, |now, step| send(&mut sender, now, step));
        }
        op => panic!("nobody knows the operation {op}"),
    }
}

fn encode(input: &Fields, expect: &Fields) {
    let mut sender = match Sender::<ROOM>::new(kind(input), &input.hex("data"), dmtu(input)) {
        Ok(sender) => sender,
        Err(error) => return expect.check("error", error.name()),
    };
    let announcement = sender.poll_transmit(Duration::ZERO).expect("an announcement");
    expect.check("announce", to_hex(&announcement));
    expect.check("frame_count", sender.frame_count());
    let frames: Vec<String> = (1..=sender.frame_count())
        .map(|number| to_hex(&sender.frame(number).unwrap().encode().unwrap()))
        .collect();
    assert!(sender.frame(0).is_none() && sender.frame(sender.frame_count() + 1).is_none());
    if !expect.check_if_present("frames", frames.clone()) {
        let digest = Sha256::digest(hex(&frames.concat()));
        expect.check("frames_sha256", to_hex(&digest));
        expect.check("last_frame", frames.last().unwrap().as_str());
    }
}

fn decode(input: &Fields, expect: &Fields) {
    let bytes = input.hex("bytes");
    let frame = match Frame::parse(&bytes) {
        Ok(frame) => frame,
        Err(error) => return expect.check("error", error.name()),
    };
    // What comes behind an acknowledgement is no part of it.
    assert!(bytes.starts_with(&frame.encode().unwrap()));
    match frame {
        Frame::SegCmd { kind, frames } => {
            expect.check("kind", "seg_cmd");
            expect.check("type", kind.0);
            expect.check("frames", frames);
        }
        Frame::SegAck(ack) => {
            expect.check("kind", "seg_ack");
            expect.check("ack", ack.name());
            if let Ack::Lost(numbers) = ack {
                expect.check("lost", numbers.iter().collect::<Vec<_>>());
            }
        }
        Frame::Single { kind, data } => {
            expect.check("kind", "single");
            expect.check("type", kind.0);
            expect.check("data", to_hex(data));
        }
        Frame::SingleAck(ack) => {
            expect.check("kind", "single_ack");
            expect.check("ack", ack.name());
        }
        Frame::MngCmd(management) => {
            expect.check("kind", "mng_cmd");
            check_management(expect, management);
        }
        Frame::MngAck(management) => {
            expect.check("kind", "mng_ack");
            check_management(expect, management);
        }
        Frame::Data { number, data } => {
            expect.check("kind", "data");
            expect.check("frame", number);
            expect.check("data", to_hex(data));
        }
        other => panic!("a new kind of frame: {other:?}"),
    }
}

fn check_management(expect: &Fields, management: Management) {
    if let Management::Feature { retransmit, .. } = management {
        expect.check("type", "feature");
        expect.check("retransmit", retransmit);
    } else {
        expect.check("type", "length");
    }
    expect.check("dmtu", management.dmtu());
}

/// Feeds what comes in and compares all that goes out after it.
fn play(expect: &Fields, mut feed: impl FnMut(&mut Duration, Option<&Value>) -> Vec<Value>) {
    let mut now = Duration::ZERO;
    let mut due = feed(&mut now, None);
    for step in expect.list("steps") {
        if step.get("in").is_some() {
            assert!(due.is_empty(), "not expected before {step}: {due:?}");
            due = feed(&mut now, Some(step));
        } else {
            assert!(!due.is_empty(), "{step} is missing");
            assert_eq!(due.remove(0), *step);
        }
    }
    assert!(due.is_empty(), "not expected at the end: {due:?}");
}

fn receive(receiver: &mut Receiver<ROOM>, now: &mut Duration, step: Option<&Value>) -> Vec<Value> {
    match step.map(|step| step["in"].as_str().unwrap()) {
        None => {}
        Some("notified") => {
            let bytes = hex(step.unwrap()["bytes"].as_str().unwrap());
            // A handshake drops what is no frame.
            if let Ok(frame) = Frame::parse(&bytes) {
                receiver.handle_frame(*now, frame);
            }
        }
        Some("timer") => {
            let deadline = receiver.poll_timeout().expect("a time-out");
            assert_eq!(deadline - *now, Duration::from_millis(400));
            *now = deadline;
            receiver.handle_timeout(deadline);
        }
        Some(other) => panic!("nobody knows the input {other}"),
    }
    let mut out = written(core::iter::from_fn(|| receiver.poll_transmit(*now)));
    while let Some(event) = receiver.poll_event() {
        match event {
            ReceiveEvent::Parcel(parcel) => {
                out.push(json!({ "out": "parcel", "type": parcel.kind.0, "data": to_hex(&parcel.data) }));
            }
            ReceiveEvent::Failed(error) => out.push(json!({ "out": "fail", "error": error.name() })),
            ReceiveEvent::Requesting { missing } => assert!(missing > 0),
            other => panic!("a new event: {other:?}"),
        }
    }
    out
}

fn send(sender: &mut Sender<ROOM>, now: &mut Duration, step: Option<&Value>) -> Vec<Value> {
    match step.map(|step| step["in"].as_str().unwrap()) {
        None => {}
        Some("notified") => {
            let bytes = hex(step.unwrap()["bytes"].as_str().unwrap());
            if let Ok(frame) = Frame::parse(&bytes) {
                sender.handle_frame(*now, frame);
            }
        }
        Some("timer") => {
            *now = sender.poll_timeout().expect("a time-out");
            sender.handle_timeout(*now);
        }
        Some(other) => panic!("nobody knows the input {other}"),
    }
    let mut out = written(core::iter::from_fn(|| sender.poll_transmit(*now)));
    while let Some(event) = sender.poll_event() {
        match event {
            SendEvent::Sent => out.push(json!({ "out": "sent" })),
            SendEvent::Failed(error) => out.push(json!({ "out": "fail", "error": error.name() })),
            SendEvent::Resending { .. } => {}
            other => panic!("a new event: {other:?}"),
        }
    }
    out
}

fn written(packets: impl Iterator<Item = mi_auth::parcel::FrameBytes>) -> Vec<Value> {
    packets
        .map(|bytes| json!({ "out": "write", "bytes": to_hex(&bytes) }))
        .collect()
}

fn kind(input: &Fields) -> ParcelType {
    ParcelType(input.integer("type").try_into().unwrap())
}

fn dmtu(input: &Fields) -> Dmtu {
    Dmtu::new(input.integer("dmtu").try_into().unwrap()).expect("a usable dmtu")
}
