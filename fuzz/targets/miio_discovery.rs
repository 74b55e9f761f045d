//! Any datagrams at a search.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use miio_proto::discovery::{Discovery, parse_mdns};

fuzz_target!(|data: &[u8]| {
    let _ = parse_mdns(data);
    let mut search = Discovery::new(Duration::from_secs(5));
    let from = "192.168.1.9:54321".parse().unwrap();
    for chunk in data.split(|&byte| byte == 0xfe) {
        search.handle_datagram(Duration::ZERO, from, chunk);
    }
    let mut events = 0;
    while let Some(found) = search.poll_event() {
        assert!(found.sources.hello || found.sources.mdns);
        events += 1;
    }
    assert_eq!(events, search.devices().count());
});
