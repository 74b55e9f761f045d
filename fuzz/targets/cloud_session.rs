//! A session and the fake cloud, whose faults, time and losses are the input: every call ends once, with its own
//! answer or an error.
#![no_main]

use std::collections::HashMap;
use std::time::Duration;

use fuzz::Script;
use libfuzzer_sys::fuzz_target;
use rand_core::SeedableRng;
use serde_json::json;
use xiaomi_cloud::api::{Call, PropGet, PropertyKey};
use xiaomi_cloud::server::{Account, Cloud, Fault};
use xiaomi_cloud::session::Config;
use xiaomi_cloud::sign::Form;
use xiaomi_cloud::{CallId, Failure, Identity, Login, LoginEvent, Password, Region, Session, SessionEvent};

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut generator = rand_chacha::ChaCha20Rng::seed_from_u64(1);
    let mut cloud = Cloud::new(1, Account::new("u", "p", "1"));
    let mut now = Duration::from_secs(1_763_629_200);
    let mut login = Login::password(Identity::random(&mut generator), "u", Password::new("p"));
    while let Some(transmit) = login.poll_transmit(now) {
        login.handle_response(now, transmit.id, &cloud.handle(now, &transmit.request));
    }
    let Some(LoginEvent::LoggedIn(credentials)) = login.poll_event() else {
        panic!("the way is free")
    };
    let region = cloud.region(Region::Germany);
    for number in 0..16_u32 {
        region.set_property("1", 1, number, number);
    }
    let setup = script.byte();
    cloud.scenario.calls_per_token = (setup & 1 != 0).then_some(3);
    let mut config = Config::default();
    config.form = if setup & 2 != 0 { Form::Plain } else { Form::Rc4 };
    config.gzip = setup & 4 != 0;
    config.max_in_flight = usize::from(setup >> 4);
    let mut session = Session::with_config(*credentials, config);
    let mut open: HashMap<CallId, u32> = HashMap::new();
    let mut air = Vec::new();
    for _ in 0..300 {
        if script.is_over() {
            break;
        }
        let (step, extra) = (script.byte(), script.byte());
        match step % 12 {
            0..=2 => {
                let number = u32::from(extra % 16);
                let id = session.call(Region::Germany, &PropGet::one(PropertyKey::new("1", 1, number)));
                open.insert(id, number);
            }
            3 => cloud.inject(match extra % 12 {
                0 => Fault::Html,
                1 => Fault::Empty,
                2 => Fault::Truncated,
                3 => Fault::WrongKey,
                4 => Fault::BrokenGzip,
                5 => Fault::NotText,
                6 => Fault::List,
                7 => Fault::Status(500 + u16::from(extra)),
                8 => Fault::Busy(429, u32::from(extra)),
                9 => Fault::Code(-8, "x".into()),
                10 => Fault::InvalidSignature,
                _ => Fault::Result("[{}]".into()),
            }),
            4 => cloud.expire_sessions(),
            5 if extra == 255 => cloud.revoke(),
            6 => {
                if let Some(id) = open.keys().next().copied() {
                    assert!(session.cancel(id));
                    open.remove(&id);
                }
            }
            7 => now += Duration::from_secs(u64::from(extra)),
            8 => session.renew_again(),
            _ => {}
        }
        pump(
            &mut session, &mut cloud, &mut air, &mut open, now, step, extra, &mut generator,
        );
    }
    for _ in 0..10_000 {
        if session.pending() == 0 {
            break;
        }
        pump(
            &mut session, &mut cloud, &mut air, &mut open, now, 255, 0, &mut generator,
        );
        if let Some(time) = session.poll_timeout() {
            now = now.max(time);
        }
        session.handle_timeout(now);
    }
    drain(&mut session, &mut open);
    assert_eq!(session.pending(), 0, "a call without end");
    assert!(open.is_empty(), "a call without an event");
});

type Air = Vec<(xiaomi_cloud::RequestId, http::Response<bytes::Bytes>)>;

#[allow(clippy::too_many_arguments)]
fn pump(
    session: &mut Session,
    cloud: &mut Cloud,
    air: &mut Air,
    open: &mut HashMap<CallId, u32>,
    now: Duration,
    step: u8,
    extra: u8,
    generator: &mut rand_chacha::ChaCha20Rng,
) {
    while let Some(transmit) = session.poll_transmit(now, generator) {
        assert_eq!(transmit.request.uri().scheme_str(), Some("https"));
        match step % 16 {
            9 => session.handle_failure(now, transmit.id, Failure::Timeout),
            10 => session.handle_failure(now, transmit.id, Failure::Unreachable),
            11 => session.handle_failure(now, transmit.id, Failure::TooLong(extra.into())),
            // Nobody ever tells.
            12 => {}
            13 => {
                let response = cloud.handle(now, &transmit.request);
                air.push((transmit.id, response));
                if air.len() > 4 {
                    air.remove(0);
                }
            }
            _ => {
                let response = cloud.handle(now, &transmit.request);
                session.handle_response(now, transmit.id, &response);
                // Late and foreign answers change nothing.
                for (id, response) in air.drain(..) {
                    session.handle_response(now, id, &response);
                }
            }
        }
    }
    drain(session, open);
}

fn drain(session: &mut Session, open: &mut HashMap<CallId, u32>) {
    while let Some(event) = session.poll_event() {
        match event {
            SessionEvent::Answered { call, answer } => {
                let number = open.remove(&call).expect("it ended once");
                let request = PropGet::one(PropertyKey::new("1", 1, number));
                if let Ok(results) = request.read(&answer)
                    && let Some(item) = results.items.first()
                {
                    assert_eq!(item.value, Some(json!(number)), "another call's answer");
                }
            }
            SessionEvent::Failed { call, error } => {
                open.remove(&call).expect("it ended once");
                assert!(!error.to_string().is_empty());
                let _ = error.help();
            }
            _ => {}
        }
    }
}
