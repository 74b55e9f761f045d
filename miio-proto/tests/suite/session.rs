//! Message ids and stamps.

use std::time::Duration;

use miio_proto::session::{DeviceClock, MessageIds, StampKind, match_answer, needs_handshake, stamp_kind};

use super::Fields;

pub fn message_id(input: &Fields, expect: &Fields) {
    match input.op() {
        "next" => {
            let mut ids = MessageIds::new(input.number("last"), input.number("max"));
            expect.check("id", ids.advance(1));
        }
        "after_timeout" => {
            let mut ids = MessageIds::new(input.number("last"), input.number("max"));
            expect.check("id", ids.advance(input.number("bump")));
        }
        "match" => {
            let pending: Vec<u32> = input
                .list("pending")
                .iter()
                .map(|id| u32::try_from(id.as_u64().expect("an id")).expect("32 bits"))
                .collect();
            let id = input.value("response_id").map(|id| id.as_i64().expect("an id"));
            expect.check("result", match_answer(&pending, id).name());
        }
        op => panic!("unknown operation {op}"),
    }
}

pub fn stamp(input: &Fields, expect: &Fields) {
    match input.op() {
        "request_stamp" => {
            let start = Duration::from_secs(1000);
            let clock = DeviceClock::new(input.number("device_stamp"), start);
            let now = start + Duration::from_millis(input.number("elapsed_ms"));
            expect.check("stamp", clock.request_stamp(now));
        }
        "needs_handshake" => {
            let age = input
                .value("age_ms")
                .map(|age| Duration::from_millis(age.as_u64().expect("ms")));
            let max = Duration::from_millis(input.number("max_age_ms"));
            expect.check("needs", needs_handshake(age, max));
        }
        "kind" => {
            let kind = match stamp_kind(input.number("stamp")) {
                StampKind::Uptime => "uptime",
                StampKind::UnixTime => "unix_time",
            };
            expect.check("kind", kind);
        }
        op => panic!("unknown operation {op}"),
    }
}
