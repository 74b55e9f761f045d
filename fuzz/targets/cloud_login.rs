//! A login whose answers are the input, or those of the fake cloud spoilt by it: requests go only to Xiaomi's hosts,
//! each scope keeps its cookies, and it always ends or asks.
#![no_main]

use std::time::Duration;

use bytes::Bytes;
use fuzz::Script;
use http::{HeaderName, HeaderValue, Response};
use libfuzzer_sys::fuzz_target;
use rand_core::SeedableRng;
use xiaomi_cloud::server::{Account, AccountFault, Cloud, Verification};
use xiaomi_cloud::{Failure, Identity, Login, LoginEvent, PassToken, Password, TrustedUrl};

const ACCOUNT_SECRET: &str = "V1:the-pass-token-of-the-account";

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut generator = rand_chacha::ChaCha20Rng::seed_from_u64(1);
    let identity = Identity::random(&mut generator);
    let setup = script.byte();
    let mut login = match setup % 4 {
        0 => Login::qr(identity),
        1 => Login::pass_token(identity, "1000000001", PassToken::new(ACCOUNT_SECRET)),
        _ => Login::password(identity, "user@example.com", Password::new("correct")),
    };
    if setup & 4 != 0 {
        login = login.sid("micoapi");
    }
    let mut cloud = Cloud::new(1, Account::new("user@example.com", "correct", "1000000001"));
    cloud.scenario.captcha = (setup & 8 != 0).then(|| "aBcD".into());
    cloud.scenario.verification = (setup & 16 != 0).then(|| Verification {
        captcha: setup & 32 != 0,
        options: vec![4, 8],
        ..Verification::default()
    });
    cloud.scenario.tips_page = setup & 64 != 0;
    let mut now = Duration::from_secs(1_763_629_200);
    for _ in 0..200 {
        while let Some(event) = login.poll_event() {
            match event {
                LoginEvent::Ask(question) => {
                    let _ = (format!("{question:?}"), question.help());
                }
                LoginEvent::LoggedIn(credentials) => {
                    assert!(
                        !credentials.service_token.expose().is_empty() && !credentials.user_id.is_empty()
                    );
                    return;
                }
                LoginEvent::Failed(error) => {
                    let text = format!("{error} {error:?}");
                    assert!(
                        !text.contains(ACCOUNT_SECRET) && !text.contains(Password::new("correct").hash())
                    );
                    let _ = error.help();
                    return;
                }
                _ => {}
            }
        }
        let step = script.byte();
        if let Some(transmit) = login.poll_transmit(now) {
            let uri = transmit.request.uri();
            let url = TrustedUrl::parse(&uri.to_string(), None).expect("only Xiaomi's hosts");
            let cookie = transmit
                .request
                .headers()
                .get("cookie")
                .map(|value| value.to_str().unwrap_or_default());
            if !url.host().ends_with("xiaomi.com") {
                assert!(
                    !cookie.unwrap_or_default().contains(ACCOUNT_SECRET),
                    "the account's cookie leaves it"
                );
            }
            match step % 8 {
                0 => login.handle_failure(now, transmit.id, Failure::Timeout),
                1 => login.handle_failure(now, transmit.id, Failure::Unreachable),
                2 | 3 => {
                    let mut response = Response::new(Bytes::new());
                    let status = [200, 200, 200, 302, 401, 500, 307, 404][usize::from(script.byte() % 8)];
                    *response.status_mut() = status.try_into().unwrap();
                    for name in ["set-cookie", "location", "extension-pragma", "content-type"] {
                        if let Ok(value) = HeaderValue::from_bytes(script.bytes()) {
                            response
                                .headers_mut()
                                .append(HeaderName::from_static(name), value);
                        }
                    }
                    *response.body_mut() = Bytes::copy_from_slice(script.bytes());
                    login.handle_response(now, transmit.id, &response);
                }
                4 => {
                    let text = String::from_utf8_lossy(script.bytes()).into_owned();
                    cloud.inject_account(if step & 8 == 0 {
                        AccountFault::RedirectTo(text)
                    } else {
                        AccountFault::Location(text)
                    });
                    let response = cloud.handle(now, &transmit.request);
                    login.handle_response(now, transmit.id, &response);
                }
                _ => {
                    let response = cloud.handle(now, &transmit.request);
                    login.handle_response(now, transmit.id, &response);
                }
            }
            continue;
        }
        match step % 8 {
            0 => drop(login.answer_captcha("wrong")),
            1 => drop(login.answer_ticket("000000")),
            2 => drop(login.resend_ticket(now)),
            3 => {
                login = Login::restore(&login.save()).expect("what was saved");
            }
            _ => {
                let _ = login.answer_captcha("aBcD");
                let _ = login.answer_ticket("123456");
                let _ = login.browser_done();
            }
        }
        match login.poll_timeout() {
            Some(time) => now = now.max(time),
            None => now += Duration::from_secs(1),
        }
        login.handle_timeout(now);
    }
});
