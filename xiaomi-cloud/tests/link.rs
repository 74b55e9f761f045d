//! Login and session against the fake cloud, over links that lose answers, come late and mix them up.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod world;

use std::time::Duration;

use http::header::COOKIE;
use serde_json::json;
use xiaomi_cloud::api::{
    Action, Call, CheckMessages, MapApi, MapStep, MapUrl, PropGet, PropSet, PropertyKey, Raw, Rpc,
};
use xiaomi_cloud::login::{AnswerError, OpenReason, Via};
use xiaomi_cloud::refusal::Refusal;
use xiaomi_cloud::server::{AccountFault, Expiry, FakeHome, Fault, Verification};
use xiaomi_cloud::session::{Config, Notice};
use xiaomi_cloud::{
    ApiError, Failure, Listing, Login, LoginError, LoginEvent, Password, Question, Region, Session,
    SessionEvent,
};

use world::{NOW, World, credentials, seeded};

#[test]
fn a_password_alone_gets_through_and_is_dropped() {
    let mut world = World::new(1);
    let mut login = world.login();
    assert!(matches!(world.run(&mut login), Some(LoginEvent::LoggedIn(_))));
    let hash = Password::new("correct").hash().to_owned();
    assert!(!String::from_utf8(login.save().to_vec()).unwrap().contains(&hash));
}

#[test]
fn a_wrong_password_is_named_and_ends_the_login() {
    let mut world = World::new(1);
    let mut login = Login::password(world.identity(), "user@example.com", Password::new("wrong"));
    let Some(LoginEvent::Failed(error)) = world.run(&mut login) else {
        panic!("it got through")
    };
    assert!(matches!(
        &error,
        LoginError::Refused {
            refusal: Refusal::BadCredentials,
            code: 70016,
            ..
        }
    ));
    assert!(error.help().unwrap().contains("QR"));
}

#[test]
fn a_captcha_is_asked_again_until_it_is_right_and_survives_saving() {
    let mut world = World::new(2);
    world.cloud.scenario.captcha = Some("aBcD".into());
    let mut login = world.login();
    let Some(LoginEvent::Ask(Question::Captcha { image, wrong, .. })) = world.run(&mut login) else {
        panic!()
    };
    assert!(image.starts_with(b"\x89PNG") && !wrong);
    assert_eq!(login.answer_captcha("  "), Err(AnswerError::Empty));
    assert_eq!(login.answer_ticket("1"), Err(AnswerError::NotAsked));
    login.answer_captcha("abcd").unwrap();
    let Some(LoginEvent::Ask(Question::Captcha { wrong: true, .. })) = world.run(&mut login) else {
        panic!()
    };
    let mut login = Login::restore(&login.save()).unwrap();
    let Some(LoginEvent::Ask(Question::Captcha { image: again, .. })) = login.poll_event() else {
        panic!()
    };
    assert_eq!(image, again);
    login.answer_captcha(" aBcD\n").unwrap();
    assert!(matches!(world.run(&mut login), Some(LoginEvent::LoggedIn(_))));
}

#[test]
fn three_wrong_captchas_are_enough() {
    let mut world = World::new(3);
    world.cloud.scenario.captcha = Some("aBcD".into());
    let mut login = world.login();
    for _ in 0..3 {
        assert!(matches!(world.run(&mut login), Some(LoginEvent::Ask(_))));
        login.answer_captcha("wrong").unwrap();
    }
    let Some(LoginEvent::Failed(error)) = world.run(&mut login) else {
        panic!()
    };
    assert_eq!(error, LoginError::CaptchaRefused { rounds: 3 });
}

#[test]
fn a_second_factor_with_all_its_detours_keeps_ssecurity() {
    for tips_page in [false, true] {
        let mut world = World::new(4);
        world.cloud.scenario.tips_page = tips_page;
        world.cloud.scenario.captcha = None;
        world.cloud.scenario.verification = Some(Verification {
            options: vec![4, 8],
            captcha: true,
            ..Verification::default()
        });
        let mut login = world.login();
        let Some(LoginEvent::Ask(Question::Captcha { wrong: false, .. })) = world.run(&mut login) else {
            panic!()
        };
        login.answer_captcha("aBcD").unwrap();
        let Some(LoginEvent::Ask(Question::Ticket {
            via,
            masked,
            resend_after,
            other,
            wrong,
        })) = world.run(&mut login)
        else {
            panic!()
        };
        assert_eq!((via, other, wrong), (Via::Phone, Some(Via::Email), false));
        assert_eq!(masked.as_deref(), Some("138******00"));
        assert_eq!(resend_after, Some(Duration::from_secs(60)));
        assert!(matches!(
            login.resend_ticket(NOW),
            Err(AnswerError::TooEarly { .. })
        ));
        login.answer_ticket("000000").unwrap();
        let Some(LoginEvent::Ask(Question::Ticket { wrong: true, .. })) = world.run(&mut login) else {
            panic!()
        };
        login.use_method(Via::Email).unwrap();
        let Some(LoginEvent::Ask(Question::Ticket { via: Via::Email, .. })) = world.run(&mut login) else {
            panic!()
        };
        let mut login = Login::restore(&login.save()).unwrap();
        assert!(matches!(
            login.poll_event(),
            Some(LoginEvent::Ask(Question::Ticket { .. }))
        ));
        login.answer_ticket(" 123456 ").unwrap();
        let Some(LoginEvent::LoggedIn(credentials)) = world.run(&mut login) else {
            panic!()
        };
        // The key is the one that the server has: a signed call works.
        let mut session = Session::new(*credentials);
        assert!(world.call(&mut session, &CheckMessages::default()).is_ok());
    }
}

#[test]
fn a_used_up_quota_of_codes_is_named() {
    let mut world = World::new(5);
    world.cloud.scenario.verification = Some(Verification {
        quota: 0,
        ..Verification::default()
    });
    let mut login = world.login();
    let Some(LoginEvent::Failed(error)) = world.run(&mut login) else {
        panic!()
    };
    assert!(matches!(
        error,
        LoginError::Refused {
            refusal: Refusal::TicketQuota,
            code: 70022,
            ..
        }
    ));
}

#[test]
fn a_browser_is_sent_for_what_only_it_can_do() {
    let mut world = World::new(6);
    world.cloud.scenario.confirm_phone = true;
    let mut login = world.login();
    let Some(LoginEvent::Ask(Question::OpenUrl { reason, url })) = world.run(&mut login) else {
        panic!()
    };
    assert_eq!(reason, OpenReason::ConfirmPhone);
    assert!(url.starts_with("https://account.xiaomi.com/"));
    world.cloud.confirm_phone();
    login.browser_done().unwrap();
    assert!(matches!(world.run(&mut login), Some(LoginEvent::LoggedIn(_))));
}

#[test]
fn a_qr_code_needs_no_password_and_expires() {
    for sid in ["xiaomiio", "micoapi"] {
        let mut world = World::new(7);
        world.cloud.scenario.qr_polls = Some(3);
        let mut login = Login::qr(world.identity()).sid(sid);
        let Some(LoginEvent::Ask(Question::ScanQr { login_url, .. })) = world.run(&mut login) else {
            panic!()
        };
        assert!(login_url.contains("longPolling/login"));
        let Some(LoginEvent::LoggedIn(credentials)) = world.run(&mut login) else {
            panic!()
        };
        assert_eq!(credentials.sid, sid);
    }
    let mut world = World::new(8);
    world.cloud.scenario.qr_polls = None;
    let mut login = Login::qr(world.identity());
    assert!(matches!(world.run(&mut login), Some(LoginEvent::Ask(_))));
    let Some(LoginEvent::Failed(LoginError::QrExpired)) = world.run(&mut login) else {
        panic!()
    };
    assert!(world.now >= NOW + Duration::from_secs(300));
}

#[test]
fn other_services_want_the_client_sign() {
    let mut world = World::new(9);
    let mut login = world.login().sid("micoapi");
    let Some(LoginEvent::LoggedIn(credentials)) = world.run(&mut login) else {
        panic!()
    };
    assert_eq!(credentials.sid, "micoapi");
    assert!(
        world
            .cloud
            .seen()
            .any(|seen| seen.host == "api2.mina.mi.com" && seen.status == 200)
    );
}

#[test]
fn every_spoilt_answer_of_the_account_server_ends_in_a_named_error() {
    let faults = [
        AccountFault::Html,
        AccountFault::Status(500),
        AccountFault::Body("".into()),
        AccountFault::Body("&&&START&&&[]".into()),
        AccountFault::Body("&&&START&&&{\"code\":0".into()),
        AccountFault::Body(vec![b'x'; 100 << 20].into()),
        AccountFault::RedirectTo("https://evil.example/".into()),
        AccountFault::Location("https://evil.example/sts".into()),
        AccountFault::Location("http://sts.api.io.mi.com/sts".into()),
        AccountFault::Location("https://notmi.com/sts".into()),
    ];
    for fault in faults {
        let mut world = World::new(10);
        world.cloud.inject_account(fault.clone());
        let mut login = world.login();
        let Some(LoginEvent::Failed(error)) = world.run(&mut login) else {
            panic!("{fault:?}")
        };
        assert!(!error.to_string().is_empty());
        assert!(
            world.hosts().iter().all(|host| host.ends_with("xiaomi.com")),
            "{fault:?}"
        );
    }
}

#[test]
fn foreign_cookies_are_never_sent_and_scopes_never_mix() {
    let mut world = World::new(11);
    world.cloud.inject_account(AccountFault::ForeignCookie);
    let mut login = world.login();
    let mut sent = Vec::new();
    while let Some(transmit) = login.poll_transmit(NOW) {
        let cookie = transmit
            .request
            .headers()
            .get(COOKIE)
            .map(|value| value.to_str().unwrap().to_owned());
        sent.push((
            transmit.request.uri().host().unwrap().to_owned(),
            cookie.unwrap_or_default(),
        ));
        let response = world.cloud.handle(NOW, &transmit.request);
        login.handle_response(NOW, transmit.id, &response);
    }
    assert!(sent.iter().any(|(host, _)| host == "sts.api.io.mi.com"));
    for (host, cookie) in sent {
        assert!(!cookie.contains("evil"), "{host}: {cookie}");
        if !host.ends_with("xiaomi.com") {
            assert!(
                !cookie.contains("passToken") && !cookie.contains("deviceId"),
                "{host}: {cookie}"
            );
        }
    }
}

#[test]
fn a_redirect_loop_ends() {
    let mut world = World::new(12);
    world.cloud.scenario.verification = Some(Verification::default());
    let mut login = world.login();
    assert!(matches!(world.run(&mut login), Some(LoginEvent::Ask(_))));
    login.answer_ticket("123456").unwrap();
    for _ in 0..20 {
        let url = "https://account.xiaomi.com/identity/result/check?sid=xiaomiio";
        world.cloud.inject_account(AccountFault::RedirectTo(url.into()));
    }
    // The code itself is answered by a redirect, which isn't what fits.
    let Some(LoginEvent::Failed(LoginError::HttpStatus { status: 302 })) = world.run(&mut login) else {
        panic!()
    };
    let mut world = World::new(12);
    world.cloud.scenario.verification = Some(Verification::default());
    let mut login = world.login();
    world.run(&mut login);
    login.answer_ticket("123456").unwrap();
    let transmit = login.poll_transmit(NOW).unwrap();
    login.handle_response(NOW, transmit.id, &world.cloud.handle(NOW, &transmit.request));
    for _ in 0..20 {
        let url = "/identity/result/check?sid=xiaomiio";
        world.cloud.inject_account(AccountFault::RedirectTo(url.into()));
    }
    let Some(LoginEvent::Failed(LoginError::RedirectLoop { hops: 10 })) = world.run(&mut login) else {
        panic!()
    };
}

#[test]
fn an_expired_session_renews_itself_and_repeats_the_call() {
    for expiry in [Expiry::Code3, Expiry::Status401, Expiry::Message] {
        let mut world = World::new(13);
        world.cloud.scenario.expiry = expiry;
        let mut session = world.session();
        let before = session.save();
        world.cloud.expire_sessions();
        assert_eq!(world.call(&mut session, &CheckMessages::default()), Ok(()));
        assert!(
            world
                .events
                .iter()
                .any(|event| matches!(event, SessionEvent::Renewed))
        );
        assert_ne!(before, session.save());
        // What is stored works in the next run.
        let mut session = Session::restore(&session.save()).unwrap();
        assert_eq!(world.call(&mut session, &CheckMessages::default()), Ok(()));
    }
}

#[test]
fn a_revoked_login_is_told_once_and_does_not_insist() {
    let mut world = World::new(14);
    let mut session = world.session();
    world.cloud.revoke();
    for _ in 0..20 {
        let error = world.call(&mut session, &CheckMessages::default()).unwrap_err();
        assert_eq!(error, ApiError::LoginNeeded(LoginError::ReloginRequired));
    }
    let attempts = world
        .cloud
        .seen()
        .filter(|seen| seen.path == "/pass/serviceLogin")
        .count();
    assert_eq!(attempts, 2, "one for the login, one for the renewal");
    assert_eq!(
        world
            .events
            .iter()
            .filter(|event| matches!(event, SessionEvent::LoginNeeded(_)))
            .count(),
        1
    );
    session.set_credentials(credentials(&mut world));
    assert_eq!(world.call(&mut session, &CheckMessages::default()), Ok(()));
}

#[test]
fn a_session_that_is_never_accepted_is_not_renewed_all_the_time() {
    let mut world = World::new(15);
    let mut session = world.session();
    for _ in 0..10 {
        world.cloud.inject(Fault::InvalidSignature);
        world.cloud.inject(Fault::InvalidSignature);
        assert_eq!(
            world.call(&mut session, &CheckMessages::default()),
            Err(ApiError::AuthExpired)
        );
        world.cloud.scenario.calls_per_token = None;
        // Whatever is left belongs to the next round.
        while world.call(&mut session, &CheckMessages::default()).is_err() {}
    }
    let renewals = world
        .cloud
        .seen()
        .filter(|seen| seen.path == "/pass/serviceLogin")
        .count();
    assert!(renewals <= 3, "{renewals}");
}

#[test]
fn a_clock_that_is_hours_off_is_noticed_and_corrected() {
    for hours in [-30_i64, -3, 5, 1000] {
        let mut world = World::new(16);
        let mut session = world.session();
        world.server_ahead = hours * 3600;
        assert_eq!(
            world.call(&mut session, &CheckMessages::default()),
            Ok(()),
            "{hours}"
        );
        let told = world.events.iter().find_map(|event| match event {
            SessionEvent::Notice(Notice::ClockOff { seconds }) => Some(*seconds),
            _ => None,
        });
        assert!(
            told.is_some_and(|seconds| (seconds - hours * 3600).abs() <= 1),
            "{told:?}"
        );
        // The pass token needn't be used for that.
        assert_eq!(
            world
                .cloud
                .seen()
                .filter(|seen| seen.path == "/pass/serviceLogin")
                .count(),
            1
        );
    }
}

#[test]
fn every_spoilt_answer_of_the_api_is_a_named_error() {
    let limit = xiaomi_cloud::Answer::MAX;
    let faults = [
        Fault::Html,
        Fault::Empty,
        Fault::Huge(100 << 20),
        Fault::Truncated,
        Fault::WrongKey,
        Fault::BrokenGzip,
        Fault::Bomb(limit + 1),
        Fault::NotText,
        Fault::List,
        Fault::Status(502),
        Fault::Code(-8, "data type not valid".into()),
        Fault::Result("\"oops\"".into()),
    ];
    for fault in faults {
        let mut world = World::new(17);
        let mut session = world.session();
        world.cloud.inject(fault.clone());
        let homes = xiaomi_cloud::api::Homes { user_id: "1".into() };
        let error = world.call(&mut session, &homes).expect_err("a failure");
        match (&fault, &error) {
            (Fault::Huge(_) | Fault::Bomb(_), ApiError::TooLong { .. })
            | (Fault::Status(502), ApiError::HttpStatus { status: 502 })
            | (Fault::Code(..), ApiError::Api { code: -8, .. }) => {}
            (Fault::Huge(_) | Fault::Bomb(_) | Fault::Status(_) | Fault::Code(..), _) => {
                panic!("{fault:?}: {error:?}")
            }
            (_, ApiError::Malformed { .. }) => {}
            _ => panic!("{fault:?}: {error:?}"),
        }
        // The next call isn't harmed.
        assert_eq!(world.call(&mut session, &CheckMessages::default()), Ok(()));
    }
}

#[test]
fn a_busy_server_is_given_time() {
    let mut world = World::new(18);
    let mut session = world.session();
    world.cloud.inject(Fault::Busy(429, 7));
    assert_eq!(world.call(&mut session, &CheckMessages::default()), Ok(()));
    assert!(world.now >= NOW + Duration::from_secs(7));
    for _ in 0..3 {
        world.cloud.inject(Fault::Busy(503, 1));
    }
    let outcome = world.call(&mut session, &CheckMessages::default());
    assert_eq!(outcome, Err(ApiError::HttpStatus { status: 503 }));
}

#[test]
fn a_replayed_request_is_refused_and_a_replayed_answer_ignored() {
    let mut world = World::new(19);
    let mut session = world.session();
    session.call(Region::Germany, &CheckMessages::default());
    let mut generator = seeded(3);
    let first = session.poll_transmit(NOW, &mut generator).unwrap();
    let answer = world.cloud.handle(NOW, &first.request);
    let again = world.cloud.handle(NOW, &first.request);
    assert!(String::from_utf8_lossy(again.body()).contains("invalid signature"));
    session.handle_response(NOW, first.id, &answer);
    assert!(matches!(
        session.poll_event(),
        Some(SessionEvent::Answered { .. })
    ));
    session.handle_response(NOW, first.id, &answer);
    assert!(session.poll_event().is_none());
    // An old answer under a new request doesn't decrypt.
    session.call(Region::Germany, &CheckMessages::default());
    let second = session.poll_transmit(NOW, &mut generator).unwrap();
    session.handle_response(NOW, second.id, &answer);
    let Some(SessionEvent::Failed {
        error: ApiError::Malformed { .. },
        ..
    }) = session.poll_event()
    else {
        panic!()
    };
}

#[test]
fn all_devices_of_all_regions_homes_and_pages_are_found_once() {
    let mut world = World::new(20);
    let token = "a1".repeat(16);
    let region = world.cloud.region(Region::Germany);
    for number in 0..450 {
        let did = format!("{}", 200_000_000 + number);
        region.add_wifi(&did, "Lamp", "yeelink.light.lamp4", &token, "192.168.1.20");
    }
    let shared: Vec<String> = (0..5).map(|number| format!("30000000{number}")).collect();
    for did in &shared {
        region.add_wifi(did, "Friend's", "dmaker.fan.p5", &"c3".repeat(16), "192.168.1.30");
    }
    region.add_home(FakeHome {
        id: 1,
        owner: 1_000_000_001,
        name: "Home".into(),
        rooms: vec![("Kitchen".into(), vec!["200000001".into()])],
        dids: vec!["200000000".into()],
        ..FakeHome::default()
    });
    region.add_home(FakeHome {
        id: 2,
        owner: 1_000_000_002,
        name: "Friend".into(),
        shared: true,
        dids: shared,
        hidden: true,
        ..FakeHome::default()
    });
    world.cloud.region(Region::China).add_wifi(
        "200000000",
        "Old",
        "yeelink.light.lamp4",
        &"b2".repeat(16),
        "",
    );
    world.cloud.scenario.calls_per_token = Some(9);
    world.cloud.scenario.page = 60;
    let mut session = world.session();
    let mut listing = Listing::start(&mut session, &Region::ALL);
    while session.pending() > 0 {
        world.turn(&mut session);
        while let Some(event) = world.events.pop_front() {
            listing.handle_event(&mut session, &event);
        }
        // Tokens that end in the middle are renewed; a minute must pass between two renewals.
        world.now += Duration::from_secs(61);
    }
    let list = listing.poll_result().unwrap();
    assert!(list.failures.is_empty(), "{:?}", list.failures);
    assert_eq!(list.devices.len(), 456);
    assert_eq!(list.homes.len(), 2);
    let merged = list.merged(&[Region::Germany]);
    assert_eq!(merged.len(), 455);
    let moved = merged
        .iter()
        .find(|merged| merged.device.did == "200000000")
        .unwrap();
    assert_eq!(
        (moved.device.region, moved.alternatives.len()),
        (Region::Germany, 1)
    );
    let kitchen = merged
        .iter()
        .find(|merged| merged.device.did == "200000001")
        .unwrap();
    assert_eq!(kitchen.device.room.as_deref(), Some("Kitchen"));
}

#[test]
fn a_region_that_fails_does_not_spoil_the_list() {
    let mut world = World::new(21);
    world
        .cloud
        .region(Region::Russia)
        .add_wifi("1", "Lamp", "a.b.c", &"a1".repeat(16), "192.168.1.2");
    let mut session = world.session();
    let mut listing = Listing::start(&mut session, &[Region::China, Region::Russia]);
    for _ in 0..3 {
        world.cloud.inject(Fault::Html);
    }
    while session.pending() > 0 {
        world.turn(&mut session);
        while let Some(event) = world.events.pop_front() {
            listing.handle_event(&mut session, &event);
        }
    }
    let list = listing.poll_result().unwrap();
    assert_eq!(list.failures.len(), 3);
    assert_eq!(list.devices.len(), 1);
    assert!(listing.poll_result().is_none());
}

#[test]
fn devices_are_controlled_in_both_forms_of_requests() {
    for form in [xiaomi_cloud::sign::Form::Rc4, xiaomi_cloud::sign::Form::Plain] {
        for gzip in [false, true] {
            let mut world = World::new(22);
            let region = world.cloud.region(Region::Germany);
            region.add_wifi("7", "Robot", "dreame.vacuum.x", &"a1".repeat(16), "192.168.1.2");
            region.set_property("7", 2, 1, false);
            region.set_result("7", "get_map_v1", json!(["roboroommap%2F7%2F3"]));
            region.add_ble("blt.3.x", "Sensor", "a.b.c", "A4:C1:38:00:00:01", None);
            world.cloud.scenario.map_endpoint = Some(MapApi::Interim.path().into());
            let mut config = Config::default();
            config.form = form;
            config.gzip = gzip;
            config.send_ssecurity = true;
            let mut session = Session::with_config(credentials(&mut world), config);
            let key = PropertyKey::new("7", 2, 1);
            let set = world
                .call(&mut session, &PropSet::one(key.clone(), true))
                .unwrap();
            assert_eq!(set.items.len(), 1);
            let read = world.call(&mut session, &PropGet::one(key.clone())).unwrap();
            assert_eq!(read.get(&key).unwrap().value, Some(json!(true)));
            let name = world
                .call(&mut session, &Rpc::new("7", 1, "get_map_v1", json!([])))
                .unwrap();
            assert_eq!(name, json!(["roboroommap%2F7%2F3"]));
            let asleep = world
                .call(&mut session, &Rpc::new("blt.3.x", 1, "x", json!([])))
                .unwrap_err();
            assert!(matches!(asleep, ApiError::Device { code: -9999, .. }));
            let action = Action {
                did: "7".into(),
                siid: 2,
                aiid: 1,
                inputs: vec![],
            };
            assert!(world.call(&mut session, &action).is_ok());
            // The newer endpoint refuses, the other one has the map.
            let first = MapUrl::interim(MapApi::InterimPro, "1000000001", "7", "0");
            let refused = world.call(&mut session, &first).unwrap_err();
            let Ok(MapStep::TryNext(second)) = first.step(Err(refused)) else {
                panic!()
            };
            assert!(matches!(
                world.call(&mut session, &second),
                Ok(MapStep::Download(_))
            ));
        }
    }
}

#[test]
fn a_path_that_leads_elsewhere_is_refused_before_anything_is_sent() {
    let mut world = World::new(23);
    let mut session = world.session();
    for path in [
        "/home/rpc/../../x", "x", "/a?b", "/a b", "//evil.example/\r\n", "/é",
    ] {
        let call = Raw {
            path: path.into(),
            data: json!({}),
            repeatable: true,
        };
        let before = world.cloud.seen().count();
        let outcome = world.call(&mut session, &call);
        assert!(
            matches!(outcome, Err(ApiError::BadPath)) || path.starts_with("//"),
            "{path}"
        );
        assert!(
            world
                .hosts()
                .iter()
                .all(|host| host.ends_with("xiaomi.com") || host.ends_with("mi.com"))
        );
        if outcome == Err(ApiError::BadPath) {
            assert_eq!(world.cloud.seen().count(), before);
        }
    }
}

#[test]
fn over_a_bad_link_every_call_ends_with_its_own_answer_or_a_clear_error() {
    let (mut right, mut failed) = (0, 0);
    for seed in 0..1000 {
        let mut world = World::new(seed);
        let region = world.cloud.region(Region::Germany);
        for number in 0..8_u32 {
            region.add_wifi(
                &number.to_string(),
                "Lamp",
                "a.b.c",
                &"a1".repeat(16),
                "192.168.1.2",
            );
            region.set_property(&number.to_string(), 2, 1, number);
        }
        world.cloud.scenario.calls_per_token = Some(5);
        let mut session = world.session();
        let calls: Vec<_> = (0..8_u32)
            .map(|number| {
                let call = PropGet::one(PropertyKey::new(number.to_string(), 2, 1));
                (session.call(Region::Germany, &call), call, number)
            })
            .collect();
        world.bad_link(&mut session, seed);
        assert_eq!(session.pending(), 0, "seed {seed}: a call that never ends");
        let mut ended = std::collections::HashSet::new();
        for event in &world.events {
            match event {
                SessionEvent::Answered { call, answer } => {
                    let (_, request, number) = calls.iter().find(|(id, ..)| id == call).unwrap();
                    let results = request.read(answer).unwrap();
                    assert_eq!(
                        results.items[0].value,
                        Some(json!(number)),
                        "seed {seed}: another call's answer"
                    );
                    assert!(ended.insert(*call));
                    right += 1;
                }
                SessionEvent::Failed { call, error } => {
                    assert!(!error.to_string().is_empty());
                    assert!(ended.insert(*call));
                    failed += 1;
                }
                _ => {}
            }
        }
        assert_eq!(ended.len(), 8, "seed {seed}");
    }
    println!("{right} calls answered, {failed} failed");
    assert!(right > failed * 3);
}

#[test]
fn over_a_bad_link_a_login_ends() {
    let mut through = 0;
    for seed in 0..1000 {
        let mut world = World::new(seed);
        if seed % 3 == 0 {
            world.cloud.scenario.captcha = Some("aBcD".into());
        }
        if seed % 2 == 0 {
            world.cloud.scenario.verification = Some(Verification::default());
            world.cloud.scenario.tips_page = seed % 4 == 0;
        }
        let mut login = if seed % 7 == 0 {
            Login::qr(world.identity())
        } else {
            world.login()
        };
        match world.bad_login(&mut login, seed) {
            Ok(_) => through += 1,
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    println!("{through} of 1000 logins got through");
    assert!(through > 600, "{through}");
}

#[test]
fn a_login_that_can_not_reach_anybody_says_so_and_goes_on_later() {
    let mut world = World::new(24);
    let mut login = world.login();
    let mut now = NOW;
    for _ in 0..3 {
        let transmit = login.poll_transmit(now).unwrap();
        login.handle_failure(now, transmit.id, Failure::Unreachable);
        now += Duration::from_secs(5);
    }
    assert!(matches!(
        login.poll_event(),
        Some(LoginEvent::Failed(LoginError::Unreachable))
    ));
    assert!(login.poll_transmit(now).is_none());
    login.retry();
    assert!(matches!(world.run(&mut login), Some(LoginEvent::LoggedIn(_))));
}
