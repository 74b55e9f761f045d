//! A session and its device over a link whose faults are the input: no panic, no stuck machine, no wrong answer.
#![no_main]

use std::collections::HashMap;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use miio_proto::device::{BrokenJson, Device, DeviceConfig, Fault};
use miio_proto::{Config, DeviceId, Event, Request, Session, Token};
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let token = Token::new([0x42; 16]);
    let mut config = DeviceConfig::new(DeviceId(77), token.clone(), "a.b.c");
    config.stamp_tolerance = Some(100);
    config.rising_ids = data.first().is_some_and(|byte| byte & 1 == 1);
    let mut device = Device::new(config);
    for number in 0..16 {
        device = device.with_legacy(format!("p{number}"), number);
    }
    let mut session = Session::new(Config::new(token.clone()).keep_alive(Duration::from_secs(20)));
    let cipher = miio_proto::Cipher::new(&token);
    let host = "127.0.0.1:4000".parse().unwrap();
    let (mut now, mut air, mut asked) = (Duration::ZERO, Vec::new(), HashMap::new());
    let mut input = data.iter().copied();
    while let Some(step) = input.next() {
        let extra = input.next().unwrap_or_default();
        match step % 16 {
            0..=2 => {
                let number = extra % 16;
                let name = format!("p{number}");
                asked.insert(session.call(Request::new("get_prop", json!([name]))), number);
            }
            3 => {
                if let Some(&id) = asked.keys().next()
                    && session.cancel(id)
                {
                    asked.remove(&id);
                }
            }
            4 => session.network_changed(),
            5 => device.inject(match extra % 8 {
                0 => Fault::NoHello,
                1 => Fault::Silence,
                2 => Fault::Delay(Duration::from_secs(extra.into())),
                3 => Fault::Duplicate,
                4 => Fault::ForeignId,
                5 => Fault::WrongStamp(i32::from(extra) * 1000 - 100_000),
                6 => Fault::ForeignToken,
                _ => Fault::BrokenJson(BrokenJson::Cut),
            }),
            6 => {
                let junk: Vec<u8> = input.by_ref().take(extra.into()).collect();
                session.handle_datagram(now, &junk);
                device.handle_datagram(now, host, &junk);
                // The same under the right token.
                if let Ok(frame) = cipher.seal(DeviceId(77), extra.into(), &junk, Default::default()) {
                    device.handle_datagram(now, host, &frame);
                }
            }
            7 => session.answer(extra.into(), "ok"),
            8 => {
                device.push(now, host, &Request::new("event", json!([extra])));
            }
            // Loses, doubles or delivers what is in the air.
            9 => drop(air.pop()),
            10 => air.extend(air.last().cloned()),
            _ => now += Duration::from_millis(u64::from(extra) * u64::from(step)),
        }
        turn(now, &mut session, &mut device, &mut air, host, step % 3 != 0);
        check(&mut session, &mut asked);
    }
    // With a good link from here on everything ends.
    for _ in 0..10_000 {
        turn(now, &mut session, &mut device, &mut air, host, true);
        check(&mut session, &mut asked);
        if session.pending() == 0 && air.is_empty() {
            break;
        }
        let next = [session.poll_timeout(), device.poll_timeout()]
            .into_iter()
            .flatten()
            .min();
        now = next.unwrap_or(now).max(now + Duration::from_millis(1));
    }
    assert_eq!(session.pending(), 0, "a call that never ends");
    assert!(asked.is_empty(), "a call without an end");
});

type Air = Vec<(bool, Vec<u8>)>;

fn turn(
    now: Duration,
    session: &mut Session,
    device: &mut Device,
    air: &mut Air,
    host: std::net::SocketAddr,
    deliver: bool,
) {
    for _ in 0..100 {
        let before = air.len();
        while let Some(transmit) = session.poll_transmit(now) {
            air.push((true, transmit.payload));
            assert!(air.len() < before + 1000, "it sends without end");
        }
        while let Some(transmit) = device.poll_transmit(now) {
            air.push((false, transmit.payload));
        }
        if !deliver || air.is_empty() {
            return;
        }
        for (to_device, datagram) in std::mem::take(air) {
            if to_device {
                device.handle_datagram(now, host, &datagram);
            } else {
                session.handle_datagram(now, &datagram);
            }
        }
    }
}

fn check(session: &mut Session, asked: &mut HashMap<miio_proto::RequestId, u8>) {
    while let Some(event) = session.poll_event() {
        match event {
            Event::Answered(answered) => {
                let number = asked.remove(&answered.request).expect("it ended once");
                if answered.repairs.is_empty() {
                    assert_eq!(answered.result, json!([number]), "an answer of another call");
                }
            }
            Event::Failed { request, error } => {
                asked.remove(&request).expect("it ended once");
                let _ = (error.to_string(), error.help());
            }
            _ => {}
        }
    }
}
