//! Nothing secret shows: not in `Debug`, not in `Display`, not in errors, and not in a log of everything.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod world;

use std::fmt::Write;

use http::header::COOKIE;
use serde_json::json;
use xiaomi_cloud::api::{BeaconKey, Call, MapApi, MapUrl, Rpc};
use xiaomi_cloud::server::{AccountFault, Fault, Verification};
use xiaomi_cloud::{
    Credentials, Listing, Login, LoginEvent, Nonce, Password, Question, Region, Session, SignedNonce, sign,
};

use world::{NOW, World, credentials};

const TOKEN: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75e";
const KEY: &str = "b17dcafeb17dcafeb17dcafeb17dcafe";
const PASSWORD: &str = "correct";

/// Everything that can be printed, printed.
#[derive(Default)]
struct Log(String);

impl Log {
    fn debug(&mut self, what: &dyn std::fmt::Debug) {
        writeln!(self.0, "{what:?} {what:#?}").unwrap();
    }

    fn error(&mut self, error: &dyn std::error::Error) {
        writeln!(self.0, "{error} {error:?}").unwrap();
        let mut source = error.source();
        while let Some(error) = source {
            writeln!(self.0, "{error} {error:?}").unwrap();
            source = error.source();
        }
    }
}

/// Runs a login and prints all that goes by.
fn login(world: &mut World, login: &mut Login, log: &mut Log, seen: &mut Vec<String>) -> Option<Credentials> {
    loop {
        log.debug(login);
        while let Some(event) = login.poll_event() {
            log.debug(&event);
            match event {
                LoginEvent::LoggedIn(credentials) => {
                    log.debug(&credentials);
                    return Some(*credentials);
                }
                LoginEvent::Failed(error) => {
                    log.error(&error);
                    return None;
                }
                LoginEvent::Ask(Question::Captcha { .. }) => login.answer_captcha("aBcD").unwrap(),
                LoginEvent::Ask(Question::Ticket { .. }) => login.answer_ticket("924816").unwrap(),
                _ => {}
            }
        }
        let Some(transmit) = login.poll_transmit(world.now) else {
            world.now = login.poll_timeout()?;
            continue;
        };
        log.debug(&transmit);
        log.debug(transmit.request.headers());
        let response = world.answer(&transmit);
        login.handle_response(world.now, transmit.id, &response);
        seen.extend(world.cloud.expose_secrets());
        seen.push(Password::new(PASSWORD).hash().into());
    }
}

#[test]
fn whatever_happens_no_secret_is_printed() {
    let mut log = Log::default();
    let mut seen: Vec<String> = vec![TOKEN.into(), KEY.into(), "924816".into()];
    log.debug(&Password::new(PASSWORD));

    // All kinds of logins, and some that fail.
    let mut world = World::new(77);
    world.cloud.scenario.captcha = Some("aBcD".into());
    world.cloud.scenario.tips_page = true;
    world.cloud.scenario.verification = Some(Verification {
        ticket: "924816".into(),
        captcha: true,
        ..Verification::default()
    });
    let mut machine = world.login();
    assert!(login(&mut world, &mut machine, &mut log, &mut seen).is_some());
    let mut machine = Login::qr(world.identity());
    assert!(login(&mut world, &mut machine, &mut log, &mut seen).is_some());
    world.cloud.scenario.captcha = None;
    world.cloud.scenario.verification = None;
    let mut hash_echoed = String::new();
    for fault in [
        AccountFault::Html,
        AccountFault::Location("https://evil.example/sts?token=x".into()),
        AccountFault::Body(
            format!("&&&START&&&{{\"code\":1,\"_sign\":\"\",\"description\":\"{KEY}\"}}").into(),
        ),
    ] {
        world.cloud.inject_account(fault);
        let mut machine = world.login();
        assert!(login(&mut world, &mut machine, &mut log, &mut seen).is_none());
    }
    // A server that echoes what it was sent.
    write!(hash_echoed, "no: {}", Password::new(PASSWORD).hash()).unwrap();
    world.cloud.scenario.refusal = Some((70016, hash_echoed));
    let mut machine = world.login();
    assert!(login(&mut world, &mut machine, &mut log, &mut seen).is_none());
    world.cloud.scenario.refusal = None;

    // A session with devices and keys, and answers that are spoilt.
    let region = world.cloud.region(Region::Germany);
    region.add_wifi("200000001", "Lamp", "a.b.c", TOKEN, "192.168.1.20");
    region.add_ble("blt.3.x", "Sensor", "d.e.f", "A4:C1:38:00:00:01", Some(KEY));
    world
        .cloud
        .region(Region::China)
        .add_wifi("200000001", "Lamp", "a.b.c", &TOKEN.replace('5', "6"), "");
    seen.push(TOKEN.replace('5', "6"));
    let mut session = Session::new(credentials(&mut world));
    seen.extend(world.cloud.expose_secrets());
    let mut listing = Listing::start(&mut session, &[Region::Germany, Region::China]);
    let key = session.call(
        Region::Germany,
        &BeaconKey {
            did: "blt.3.x".into(),
        },
    );
    let map = MapUrl::interim(MapApi::Interim, "1", "200000001", "0");
    let map_call = session.call(Region::Germany, &map);
    for fault in [
        Fault::WrongKey,
        Fault::Code(-8, format!("bad {TOKEN}")),
        Fault::InvalidSignature,
    ] {
        world.cloud.inject(fault);
        session.call(
            Region::Germany,
            &Rpc::new("200000001", 1, "get_prop", json!([TOKEN])),
        );
    }
    while session.pending() > 0 {
        while let Some(transmit) = session.poll_transmit(world.now, &mut world.generator) {
            log.debug(&transmit);
            log.debug(transmit.request.headers());
            let cookie = transmit.request.headers().get(COOKIE);
            assert!(cookie.is_none_or(http::HeaderValue::is_sensitive));
            let response = world.answer(&transmit);
            session.handle_response(world.now, transmit.id, &response);
        }
        log.debug(&session);
        while let Some(event) = session.poll_event() {
            log.debug(&event);
            match &event {
                xiaomi_cloud::SessionEvent::Answered { call, answer } if *call == key => {
                    let call = BeaconKey {
                        did: "blt.3.x".into(),
                    };
                    log.debug(&call.read(answer));
                }
                xiaomi_cloud::SessionEvent::Answered { call, answer } if *call == map_call => {
                    log.debug(&map.read(answer));
                }
                xiaomi_cloud::SessionEvent::Failed { error, .. } => log.error(error),
                _ => {}
            }
            listing.handle_event(&mut session, &event);
            log.debug(&listing);
        }
        if let Some(time) = session.poll_timeout() {
            world.now = time.max(world.now);
        }
    }
    let list = listing.poll_result();
    log.debug(&list);
    for merged in list.into_iter().flat_map(|list| list.merged(&[])) {
        log.debug(&merged);
    }
    seen.extend(world.cloud.expose_secrets());

    // The parts by themselves.
    let ssecurity = session.credentials().ssecurity.clone();
    let nonce = Nonce::new([1; 8], 1);
    let signed = sign::rc4("POST", "/x", "{}", &ssecurity, nonce, true);
    seen.push(SignedNonce::new(&ssecurity, &nonce).to_base64().to_string());
    for part in [
        &signed as &dyn std::fmt::Debug,
        signed.key(),
        &ssecurity,
        &session.credentials().service_token,
    ] {
        log.debug(part);
    }

    seen.retain(|secret| secret.len() >= 6);
    seen.sort();
    seen.dedup();
    assert!(
        seen.len() > 20 && log.0.len() > 10_000,
        "{} secrets, {} characters",
        seen.len(),
        log.0.len()
    );
    for secret in &seen {
        for form in [secret.clone(), secret.to_lowercase(), secret.to_uppercase()] {
            assert!(!log.0.contains(&form), "{form} shows");
        }
    }
}

#[test]
fn saved_states_are_the_only_place_where_secrets_are_written() {
    let mut world = World::new(78);
    let kept = credentials(&mut world);
    let bytes = kept.save();
    assert_eq!(Credentials::restore(&bytes).unwrap(), kept);
    for cut in 0..bytes.len() {
        let error = Credentials::restore(&bytes[..cut]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(kept.service_token.expose()));
    }
    let mut login = world.login();
    let _ = login.poll_transmit(NOW);
    let saved = login.save();
    for cut in (0..saved.len()).step_by(7) {
        assert!(Login::restore(&saved[..cut]).is_err());
    }
}
