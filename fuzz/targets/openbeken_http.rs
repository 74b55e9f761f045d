//! HTTP text from both ends: replies, requests, JSON, and a whole device that answers.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use openbeken::device::{Device, Profile};
use openbeken::http::{Reply, ReplyError, Request, argument, encode};
use openbeken::json;
use openbeken::status::{Energy, Info, Pin, Power, Status, channels};

fuzz_target!(|bytes: &[u8]| {
    match Reply::parse(bytes) {
        Ok(reply) => {
            assert!(bytes.ends_with(reply.body));
            if let Err(error) = reply.result() {
                assert!(!error.to_string().is_empty());
            }
        }
        Err(ReplyError::Truncated { length } | ReplyError::NotHttp { length, .. }) => {
            assert_eq!(length, bytes.len())
        }
        Err(ReplyError::BadStatusLine { length }) => assert!(length < bytes.len()),
        Err(error) => panic!("{error}"),
    }
    match json::parse(bytes) {
        Ok(value) => {
            // What was read is written as JSON that reads the same.
            let written = value.to_string();
            assert_eq!(json::parse(written.as_bytes()).as_ref(), Ok(&value));
            assert!(Power::of(&value).relays.len() <= 256);
            assert!(channels(&value).keys().all(|channel| *channel < 64));
            assert!(Pin::list(&value).len() <= 64);
            let (_, _, _) = (Status::of(&value), Info::of(&value), Energy::of(&value));
        }
        Err(error) => {
            assert!(error.offset() <= bytes.len());
            // Lenient: whatever is JSON is read.
            assert!(serde_json::from_slice::<serde_json::Value>(bytes).is_err());
        }
    }
    let member = argument(bytes, "cmnd", 128);
    assert!(member.value.len() <= 127 && member.value.len() <= member.length && !member.value.contains(&0));
    let query = format!("cmnd={}", encode(bytes));
    let whole = argument(query.as_bytes(), "cmnd", usize::MAX);
    assert_eq!(whole.length, bytes.len());
    for profile in [Profile::plug("plug"), Profile::lamp("lamp")] {
        let mut device = Device::new(profile);
        let mut requests = vec![bytes.to_vec()];
        requests.push(format!("GET /cm?{query} HTTP/1.1\r\n\r\n").into_bytes());
        if let Ok(request) = core::str::from_utf8(bytes)
            .map_err(drop)
            .and_then(|line| Request::post_command(line).map_err(drop))
        {
            requests.push(request.encode("plug").unwrap());
        }
        for request in requests {
            if let Ok(Some(reply)) = device.handle_request(Duration::ZERO, &request) {
                assert!(Reply::parse(&reply).is_ok() || reply == b"Error");
            }
        }
        assert!(std::iter::from_fn(|| device.poll_event()).count() <= 128);
    }
});
