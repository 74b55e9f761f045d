//! A member of a device group under datagrams of anybody, at any time: `kind | length | bytes`.
#![no_main]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use fuzz::Script;
use libfuzzer_sys::fuzz_target;
use openbeken::dgr::{Config, Event, Flags, Item, MAX_PACKET, Member, Packet};

fuzz_target!(|bytes: &[u8]| {
    let mut script = Script::new(bytes);
    let mut config = Config::new("hall");
    let own = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 4447);
    config.own = Some(own);
    config.receive = u32::from(script.byte());
    let mut member = Member::new(config).unwrap();
    let mut now = Duration::ZERO;
    member.start(now);
    while !script.is_over() {
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, script.byte()), 4447);
        match script.byte() % 6 {
            0 => {
                let length = usize::from(script.byte());
                let datagram: Vec<u8> = (0..length).map(|_| script.byte()).collect();
                member.handle_datagram(now, from, &datagram);
            }
            1 => {
                let items = vec![
                    Item::power(u32::from(script.byte()), 8),
                    Item::brightness(script.byte()),
                ];
                let packet = Packet::new("hall", script.short(), Flags(script.short()), items).unwrap();
                member.handle_datagram(now, from, &packet.encode());
            }
            2 => {
                let brightness = Item::brightness(script.byte());
                if member.change(now, vec![brightness.clone()]).is_ok() {
                    assert_eq!(member.state().get(&5), Some(&brightness));
                }
            }
            3 => {
                now += Duration::from_millis(u64::from(script.short()));
                member.handle_timeout(now);
            }
            4 => {
                let ack = Packet::new("hall", script.short(), Flags::ACK, Vec::new()).unwrap();
                member.handle_datagram(now, from, &ack.encode());
            }
            _ => member.handle_datagram(now, own, b"TASMOTA_DGRhall\0\x01\0\0\0\x05\x7f\0"),
        }
        for out in std::iter::from_fn(|| member.poll_transmit(now)) {
            let packet = Packet::parse(&out.payload).unwrap();
            assert_eq!(packet.group, b"hall");
            // What it tells of its own accord fits into OpenBeken's buffer.
            assert!(out.payload.len() <= MAX_PACKET || packet.flags.has(Flags::FULL_STATUS));
        }
        for event in std::iter::from_fn(|| member.poll_event()) {
            if let Event::Changed { from, .. } = event {
                assert_ne!(from, own);
            }
        }
        assert!(member.members().count() <= 64 && member.state().len() <= 255);
        if let Some(next) = member.poll_timeout() {
            // It never asks to be woken for nothing, for ever.
            let mut probe = member.clone();
            let later = next.max(now);
            probe.handle_timeout(later);
            assert!(probe.poll_timeout().is_none_or(|again| again > later));
        }
    }
});
