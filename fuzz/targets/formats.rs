//! The formats that are never encrypted: Mi Scale, Qingping, HHCCJCY10.
#![no_main]

use fuzz::{check_debug, check_reading};
use libfuzzer_sys::fuzz_target;
use mibeacon::qingping::{self, Item, Value};
use mibeacon::scale::{BodyComposition, WeightScale};
use mibeacon::{ParseError, hhcc};

fuzz_target!(|bytes: &[u8]| {
    check_weight_scale(bytes);
    check_body_composition(bytes);
    check_hhcc(bytes);
    check_qingping(bytes);
});

fn check_weight_scale(bytes: &[u8]) {
    match WeightScale::parse(bytes) {
        Ok(frame) => {
            assert_eq!(frame.encode(), bytes);
            check_debug(&frame);
            let is_final = frame.is_stabilized() && !frame.is_removed() && frame.raw_weight > 0;
            assert_eq!(frame.readings().count(), usize::from(is_final));
            assert_eq!(frame.final_weight(), is_final.then(|| frame.weight()));
            frame.readings().for_each(|reading| check_reading(&reading));
        }
        Err(error) => assert_bad_length(error, 10, bytes),
    }
}

fn check_body_composition(bytes: &[u8]) {
    match BodyComposition::parse(bytes) {
        Ok(frame) => {
            assert_eq!(frame.encode(), bytes);
            check_debug(&frame);
            assert!(
                frame
                    .impedance()
                    .is_none_or(|ohm| frame.has_impedance() && ohm == frame.raw_impedance)
            );
            let expected = match frame.final_weight() {
                Some(weight) => {
                    assert!(frame.is_stabilized() && !frame.is_removed() && weight == frame.weight());
                    1 + usize::from(frame.impedance().is_some())
                }
                None => 0,
            };
            assert_eq!(frame.readings().count(), expected);
            frame.readings().for_each(|reading| check_reading(&reading));
        }
        Err(error) => assert_bad_length(error, 13, bytes),
    }
}

fn check_hhcc(bytes: &[u8]) {
    match hhcc::Frame::parse(bytes) {
        Ok(frame) => {
            assert_eq!(frame.encode().expect("24 bits were read")[..], *bytes);
            check_debug(&frame);
            assert_eq!(frame.readings().count(), 5);
            frame.readings().for_each(|reading| check_reading(&reading));
        }
        Err(error) => assert_bad_length(error, 9, bytes),
    }
}

fn assert_bad_length(error: ParseError, expected: usize, bytes: &[u8]) {
    assert_eq!(
        error,
        ParseError::BadLength {
            expected,
            found: bytes.len()
        }
    );
    assert_ne!(bytes.len(), expected);
}

fn check_qingping(bytes: &[u8]) {
    let frame = match qingping::Frame::parse(bytes) {
        Ok(frame) => frame,
        Err(error) => {
            assert_eq!(
                error,
                ParseError::TooShort {
                    expected: 8,
                    found: bytes.len()
                }
            );
            return;
        }
    };
    check_debug(&frame);
    let mut buffer = vec![0; bytes.len()];
    assert_eq!(frame.encode(&mut buffer), Ok(bytes.len()));
    assert_eq!(buffer, bytes);
    assert!(frame.encode(&mut buffer[1..]).is_err());

    let mut walked = Vec::new();
    let mut fault = None;
    for item in frame.items() {
        assert_eq!(fault, None, "an error comes last");
        match item {
            Ok(item) => walked.extend(check_item(&item)),
            Err(error) => fault = Some(error),
        }
    }
    assert_eq!(frame.error(), fault);
    let rest = frame
        .payload
        .strip_prefix(&walked[..])
        .expect("the items as they stand");
    assert_eq!(fault.is_none(), rest.is_empty());
    assert!(fault.is_none_or(|fault| fault.offset() == walked.len()));

    let most = 2 * frame.items().count();
    assert!(frame.readings().count() <= most);
    frame.readings().for_each(|reading| check_reading(&reading));
}

/// An item is its bytes; so is its meaning, but for bytes that only say zero or not.
fn check_item(item: &Item<'_>) -> Vec<u8> {
    let mut buffer = vec![0; item.data.len() + 2];
    assert_eq!(item.encode(&mut buffer), Ok(buffer.len()));
    if let Some(value) = item.value() {
        let mut again = [0; 8];
        let length = value
            .encode(&mut again)
            .expect("a value that was read can be written");
        let is_canonical = match value {
            Value::Motion { .. } | Value::Light(_) => item.data[0] < 2,
            _ => true,
        };
        assert_eq!(again[..length] == buffer, is_canonical);
        let data = &again[2..length];
        assert_eq!(Item { id: again[0], data }.value(), Some(value));
    }
    buffer
}
