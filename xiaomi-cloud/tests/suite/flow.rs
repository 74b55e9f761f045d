//! Single steps of logins: a saved state is restored, one thing happens, and the next request or question is compared.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use serde_json::{Map, Value, json};
use xiaomi_cloud::login::{LoginEvent, OpenReason, Question, Via};
use xiaomi_cloud::{Credentials, Failure, Identity, Login, LoginError, Password, refusal::Refusal};

use super::{Fields, hex, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    let session = Fields::new(input.get("session").expect("a session"));
    let context = input.get("context").cloned().unwrap_or_default();
    let event = input.get("event").cloned().expect("an event");
    let now = Duration::from_millis(u64::try_from(input.integer("now_ms")).expect("a time"));
    let state = input.text("state");

    let kind = event["type"].as_str().expect("a type");
    let mut saved = saved_state(&session, &context, state);
    // A code that was sent isn't sent twice: the state in between can't be restored.
    let posted = state == "await_verify_post";
    saved["state"] = if posted { "await_ticket_answer" } else { state }.into();
    saved["by_qr"] = (kind == "begin_qr").into();
    let mut login = Login::restore(saved.to_string().as_bytes()).expect("a state");
    while login.poll_event().is_some() {}
    if posted {
        login.answer_ticket("654321").expect("a code is asked for");
    }

    let (mut wait, mut pause) = (None, None);
    match kind {
        "begin" | "begin_qr" => {}
        "response" => {
            // Sent some time before, when nothing had run out.
            let sent = login
                .poll_transmit(Duration::ZERO)
                .expect("a request that is answered");
            login.handle_response(now, sent.id, &response_of(&event));
            if login.state_name() == "await_qr_poll" && state == "await_qr_poll" {
                let time = login.poll_timeout().expect("it waits");
                wait = Some(time - now);
                assert!(login.poll_transmit(now).is_none());
            }
        }
        "timeout" => {
            let sent = login.poll_transmit(Duration::ZERO).expect("a request that fails");
            login.handle_failure(now, sent.id, Failure::Timeout);
            // The same request may be sent again, and is, after a pause.
            pause = login.poll_timeout().and_then(|time| time.checked_sub(now));
        }
        // Empty answers are refused, and nothing is sent.
        "captcha" => drop(login.answer_captcha(event["answer"].as_str().expect("text"))),
        "ticket" => drop(login.answer_ticket(event["answer"].as_str().expect("text"))),
        "resend" => login.resend_ticket(now).expect("a code is asked for"),
        "done" => login.browser_done().expect("an address is open"),
        other => panic!("nobody knows {other}"),
    }
    let request = login.poll_transmit(now).or_else(|| {
        let pause = wait.or(pause)?;
        login.poll_transmit(now + pause)
    });

    expect.check_if_present("state", login.state_name());
    if expect.has("wait_ms") {
        let wait = wait.expect("it waits").as_millis();
        expect.check("wait_ms", u64::try_from(wait).expect("milliseconds"));
    }
    if let Some(expected) = expect.value("request") {
        compare(&request.expect("a request").request, expected);
    }
    outcome(&mut login, expect);
}

trait StateName {
    fn state_name(&self) -> String;
}

impl StateName for Login {
    fn state_name(&self) -> String {
        serde_json::to_value(self.state())
            .expect("a name")
            .as_str()
            .expect("text")
            .into()
    }
}

/// Compares question, error and what is remembered.
fn outcome(login: &mut Login, expect: &Fields) {
    let (mut asked, mut failed, mut credentials) = (None, None, None);
    let saved: Value = serde_json::from_slice(&login.save()).expect("JSON");
    while let Some(event) = login.poll_event() {
        match event {
            LoginEvent::Ask(question) => asked = Some(question),
            LoginEvent::Failed(error) => failed = Some(error),
            LoginEvent::LoggedIn(done) => credentials = Some(done),
            other => panic!("{other:?}"),
        }
    }
    if let Some(expected) = expect.value("ask") {
        match (asked, expected["optional"] == true) {
            (None, true) => {}
            (asked, _) => {
                let asked = shown(&asked.expect("a question"));
                for (name, value) in expected.as_object().expect("an object") {
                    assert_eq!(asked.get(name), Some(value), "{name} of {asked}");
                }
            }
        }
    } else {
        assert!(asked.is_none(), "a question that nobody expects: {asked:?}");
    }
    if let Some(expected) = expect.value("error") {
        compare_error(&failed.expect("a failure"), &Fields::new(expected));
    } else {
        assert!(failed.is_none(), "{failed:?}");
    }
    if expect.has("captcha_was_wrong") {
        expect.check("captcha_was_wrong", saved["captcha_wrong"].clone());
    }
    if expect.has("verify_url") {
        expect.check("verify_url", saved["verify_url"].clone());
    }
    if let Some(expected) = expect.value("session") {
        for (name, value) in expected.as_object().expect("an object") {
            let actual = remembered(&saved, credentials.as_deref(), name);
            assert_eq!(&actual, value, "{name}");
        }
    }
}

fn remembered(saved: &Value, credentials: Option<&Credentials>, name: &str) -> Value {
    match name {
        "ssecurity_b64" => saved["ssecurity"].clone(),
        "user_id" | "c_user_id" | "pass_token" | "masked" | "nonce" | "verify_url" | "qs" | "callback"
        | "flag" | "hops" | "last_url" | "tips_seen" | "lp" | "deadline_ms" | "captcha_for" => {
            saved[name].clone()
        }
        "_sign" => saved["sign"].clone(),
        "icode" => saved["captcha_answer"].clone(),
        "ick" | "identity_session" => saved["jar"]["account"][name].clone(),
        "service_token" => {
            let token = credentials.expect("credentials").service_token.expose();
            assert_eq!(saved["jar"]["api"]["serviceToken"], token);
            token.into()
        }
        other => panic!("nobody remembers {other}"),
    }
}

fn saved_state(session: &Fields, context: &Value, state: &str) -> Value {
    let text = |name: &str| session.optional_text(name).unwrap_or_default();
    let identity = Identity::existing(text("device_id"), text("user_agent")).expect("an identity");
    let login = Login::password(identity, text("username"), Password::new("x")).sid(text("sid"));
    let mut saved: Value = serde_json::from_slice(&login.save()).expect("JSON");
    saved["identity"]["sdk_version"] = text("sdk_version").into();
    saved["password"] = match text("password") {
        "" => Value::Null,
        password => Password::new(password).hash().into(),
    };
    if let Some(locale) = session.optional_text("locale") {
        saved["locale"] = locale.into();
    }
    let cookies = session
        .get("cookies")
        .and_then(Value::as_object)
        .expect("cookies");
    for (name, value) in cookies {
        saved["jar"]["account"][name] = value.clone();
    }
    // Addresses whose answers the cases start with.
    saved["captcha_url"] = "https://account.xiaomi.com/pass/getCode?icodeType=login&0.1".into();
    saved["verify_url"] =
        "https://account.xiaomi.com/fe/service/identity/authStart?sid=xiaomiio&context=syn_ctx-1_2".into();
    saved["last_url"] = "https://sts.api.io.mi.com/sts?d=wb_synthetic".into();
    saved["lp"] = "https://c3.lp.account.xiaomi.com/lp/s?k=lp_syn".into();
    if state == "await_hop" || context.get("hops").is_some() {
        saved["last_url"] = "https://account.xiaomi.com/identity/result/check?sid=xiaomiio".into();
    }
    for (name, value) in context.as_object().unwrap_or(&Map::new()) {
        match name.as_str() {
            "_sign" => saved["sign"] = value.clone(),
            "ssecurity_b64" => saved["ssecurity"] = value.clone(),
            "ick" | "identity_session" => saved["jar"]["account"][name] = value.clone(),
            "icode" => {
                saved["captcha_answer"] = value.clone();
                saved["captcha_for"] = "send_ticket".into();
                saved["captcha_sent"] = true.into();
            }
            "flag" => {
                saved["flag"] = value.clone();
                saved["options"] = json!([value]);
            }
            "qs" | "callback" | "captcha_sent" | "captcha_for" | "verify_url" | "masked" | "hops"
            | "last_url" | "tips_seen" | "user_id" | "lp" | "deadline_ms" | "nonce" => {
                saved[name] = value.clone();
            }
            other => panic!("nobody knows the context {other}"),
        }
    }
    saved
}

fn response_of(event: &Value) -> Response<Bytes> {
    let body = match (event.get("body"), event.get("body_hex")) {
        (Some(body), _) => body.as_str().expect("text").as_bytes().to_vec(),
        (None, Some(body)) => hex(body.as_str().expect("hex")),
        (None, None) => Vec::new(),
    };
    let mut response = Response::new(Bytes::from(body));
    let status = u16::try_from(event["status"].as_u64().expect("a status")).expect("a status");
    *response.status_mut() = status.try_into().expect("a status");
    for pair in event["headers"].as_array().into_iter().flatten() {
        let name: HeaderName = pair[0]
            .as_str()
            .expect("text")
            .to_lowercase()
            .parse()
            .expect("a name");
        let value = HeaderValue::from_str(pair[1].as_str().expect("text")).expect("a value");
        response.headers_mut().append(name, value);
    }
    response
}

fn compare(request: &Request<Bytes>, expected: &Value) {
    let expected = Fields::new(expected);
    expected.check_if_present("method", request.method().as_str());
    let uri = request.uri().to_string();
    let (url, query) = uri.split_once('?').unwrap_or((&uri, ""));
    // The crate leaves out the port that `https` has anyway.
    if let Some(expected) = expected.optional_text("url") {
        assert_eq!(url, expected.replacen(".com:443/", ".com/", 1));
    }
    if let Some(raw) = expected.optional_text("raw_query") {
        assert_eq!(query, raw);
    }
    let pairs = |text: &str| {
        let mut pairs: Vec<(String, String)> = text
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(name), decoded(value))
            })
            .collect();
        pairs.sort();
        pairs
    };
    let listed = |name| {
        let list = expected.get(name).and_then(Value::as_array)?;
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let mut pairs: Vec<_> = list.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect();
        pairs.sort();
        Some(pairs)
    };
    if let Some(query_pairs) = listed("query") {
        assert_eq!(pairs(query), query_pairs);
    }
    if let Some(form) = listed("form") {
        assert_eq!(pairs(std::str::from_utf8(request.body()).expect("text")), form);
    }
    if let Some(cookies) = expected.value("cookies") {
        let sent = request
            .headers()
            .get("cookie")
            .map(|header| header.to_str().expect("text"))
            .unwrap_or_default();
        let sent: Vec<&str> = sent.split("; ").collect();
        for (name, value) in cookies.as_object().expect("an object") {
            let pair = format!("{name}={}", value.as_str().expect("text"));
            assert!(sent.contains(&pair.as_str()), "no cookie {pair} among {sent:?}");
        }
    }
    // Nothing that this crate makes is followed by itself: that is the sender's promise.
    expected.check_if_present("follow_redirects", false);
    expected.assert_all_read();
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).expect("an escape")
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("text")
}

fn shown(question: &Question) -> Value {
    let mut shown = match question {
        Question::Captcha {
            image, content_type, ..
        } => json!({"kind": "captcha", "image_hex": to_hex(image), "content_type": content_type}),
        Question::Ticket {
            via,
            masked,
            resend_after,
            wrong,
            ..
        } => json!({
            "kind": "ticket", "via": match via { Via::Phone => "phone", Via::Email => "email" }, "masked": masked,
            "resend_after_s": resend_after.map(|wait| wait.as_secs()), "wrong": wrong.then_some(true),
        }),
        Question::OpenUrl { reason, url } => json!({
            "kind": "open_url", "url": url, "reason": match reason {
                OpenReason::ConfirmPhone => "confirm_phone",
                OpenReason::UnsupportedMethod => "unsupported_method",
                OpenReason::UnsolvableCaptcha => "unsolvable_captcha",
                OpenReason::Verification => "verification",
                other => panic!("{other:?}"),
            },
        }),
        Question::ScanQr {
            login_url,
            image_url,
            expires_in,
        } => json!({
            "kind": "scan_qr", "login_url": login_url, "image_url": image_url, "expires_in_s": expires_in.as_secs(),
        }),
        other => panic!("{other:?}"),
    };
    if let Some(fields) = shown.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    shown
}

fn compare_error(error: &LoginError, expect: &Fields) {
    let kind = match error {
        LoginError::Refused {
            refusal,
            code,
            description,
        } => {
            expect.check_if_present("code", *code);
            expect.check_if_present(
                "description",
                description.as_deref().map_or(Value::Null, Into::into),
            );
            match refusal {
                Refusal::BadCredentials => "bad_credentials",
                Refusal::BadRequest => "bad_request",
                Refusal::RateLimited => "rate_limited",
                Refusal::AccountRestricted => "account_restricted",
                Refusal::AppDenied => "app_denied",
                Refusal::ReloginRequired => "relogin_required",
                Refusal::VerificationRequired => "verification_required",
                Refusal::CaptchaRequired => "captcha_required",
                Refusal::TicketWrong => "ticket_wrong",
                Refusal::TicketQuota => "ticket_quota",
                _ => "account_error",
            }
        }
        LoginError::ReloginRequired => "relogin_required",
        LoginError::Malformed(_) => "malformed",
        LoginError::HttpStatus { status } => {
            expect.check_if_present("status", *status);
            "http_status"
        }
        LoginError::UntrustedUrl(_) => "untrusted_url",
        LoginError::RedirectLoop { .. } => "redirect_loop",
        LoginError::CaptchaIncomplete { status, .. } => {
            expect.check_if_present("status", *status);
            "captcha_incomplete"
        }
        LoginError::CaptchaRefused { .. } => "captcha_required",
        LoginError::MissingIdentitySession => "missing_identity_session",
        LoginError::MissingSsecurity => "missing_ssecurity",
        LoginError::MissingServiceToken => "missing_service_token",
        LoginError::AccessDenied { status } => {
            expect.check_if_present("status", *status);
            "access_denied"
        }
        LoginError::QrExpired => "qr_expired",
        other => panic!("the vectors have no name for {other}"),
    };
    expect.check("kind", kind);
    expect.assert_all_read();
}
