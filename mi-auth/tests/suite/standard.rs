//! Transcripts of registrations and logins.

use mi_auth::{Did, LoggedIn, Login, LoginConfig, PrivateKey, Register, RegisterConfig, Token};

use super::transcript::{Outcome, check_failure, play};
use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.text("op") {
        "auth_register" => register(input, expect),
        "auth_login" => login(input, expect),
        op => panic!("nobody knows the operation {op}"),
    }
}

fn register(input: &Fields, expect: &Fields) {
    let key = PrivateKey::new(&input.hex("app_private_key").try_into().unwrap()).unwrap();
    let mut config = RegisterConfig::default();
    if let Some(did) = input.value("fallback_did") {
        config.fallback_did = Some(did.as_str().unwrap().parse::<Did>().unwrap());
    }
    if input.value("allow_auth_version").is_some() {
        config.allow_auth_version = input.integer("allow_auth_version").try_into().unwrap();
    }
    match play(Register::new(config, key), expect) {
        Outcome::Done(registration) => {
            expect.check("result", "registered");
            expect.check("token", to_hex(registration.token.expose()));
            expect.check("bind_key", to_hex(registration.bind_key.expose()));
            expect.check("did", registration.did.as_str());
        }
        Outcome::Failed(failure) => check_failure(&failure, expect),
    }
}

fn login(input: &Fields, expect: &Fields) {
    let token = Token::new(&input.hex("token")).unwrap();
    let random: [u8; 16] = input.hex("app_random").try_into().unwrap();
    match play(Login::new(LoginConfig::default(), token, random.into()), expect) {
        Outcome::Done(LoggedIn::Opened(keys)) => {
            expect.check("result", "logged_in");
            expect.check("dev_key", to_hex(keys.device_key.expose()));
            expect.check("app_key", to_hex(keys.client_key.expose()));
            expect.check("dev_iv", to_hex(&keys.device_iv));
            expect.check("app_iv", to_hex(&keys.client_iv));
        }
        Outcome::Done(LoggedIn::AlreadyOpen) => expect.check("result", "already_logged_in"),
        Outcome::Done(other) => panic!("a new outcome: {other:?}"),
        Outcome::Failed(failure) => check_failure(&failure, expect),
    }
}
