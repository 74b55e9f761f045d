//! Verification by a code, and the redirects after it.

use bytes::Bytes;
use http::{Method, Response};
use serde_json::json;

use super::{Cloud, IdentitySession, Incoming, Reply, Verification};
use crate::form;

impl Cloud {
    /// The address that step 2 names.
    pub(super) fn start_verification(&mut self, sid: &str) -> String {
        let context = self.fresh("context");
        let query = form::encode([("sid", sid), ("context", context.as_str()), ("_locale", "en_US")]);
        format!("https://account.xiaomi.com/fe/service/identity/authStart?{query}")
    }

    pub(super) fn identity(&mut self, incoming: &Incoming) -> Response<Bytes> {
        let verification = self.scenario.verification.clone().unwrap_or_default();
        let path = incoming.path.as_str();
        if path == "/identity/list" {
            return self.list(incoming, &verification);
        }
        let key = incoming.cookie("identity_session").to_owned();
        let Some(session) = self.identity_sessions.get(&key).cloned() else {
            return Reply::new(200).start(&json!({"code": 70016, "desc": "登录验证失败"}));
        };
        match (&incoming.method, path) {
            (&Method::GET, "/identity/auth/verifyPhone") => {
                Reply::new(200).start(&json!({"code": 0, "maskedPhone": "138******00"}))
            }
            (&Method::GET, "/identity/auth/verifyEmail") => {
                Reply::new(200).start(&json!({"code": 0, "maskedEmail": "us**@example.com"}))
            }
            (&Method::POST, "/identity/auth/sendPhoneTicket" | "/identity/auth/sendEmailTicket") => {
                self.send(incoming, &key, session, &verification)
            }
            (&Method::POST, "/identity/auth/verifyPhone" | "/identity/auth/verifyEmail") => {
                self.check(incoming, &key, session, &verification)
            }
            (&Method::GET, "/identity/result/check") if session.verified => {
                let end = format!(
                    "https://account.xiaomi.com/pass/serviceLoginAuth2/end?{}",
                    form::encode([("sid", incoming.field("sid"))])
                );
                Reply::new(302).header("location", &end).body("")
            }
            (&Method::GET, "/pass/serviceLoginAuth2/end") if session.verified => {
                self.end(incoming, &key, session)
            }
            _ => Reply::new(403).body(""),
        }
    }

    fn list(&mut self, incoming: &Incoming, verification: &Verification) -> Response<Bytes> {
        let key = format!("{}+/==", self.fresh("identity_session"));
        self.identity_sessions.insert(
            key.clone(),
            IdentitySession {
                context: incoming.field("context").to_owned(),
                ..IdentitySession::default()
            },
        );
        Reply::new(200)
            .cookie("identity_session", &key, ".xiaomi.com")
            .start(&json!({
                "code": 2, "flag": verification.flag, "options": verification.options,
            }))
    }

    fn send(
        &mut self,
        incoming: &Incoming,
        key: &str,
        mut session: IdentitySession,
        verification: &Verification,
    ) -> Response<Bytes> {
        if verification.captcha && !session.captcha_passed {
            let fresh = self.icks.remove(incoming.cookie("ick"));
            let answer = self.scenario.captcha.clone().unwrap_or_else(|| "aBcD".into());
            if !fresh || incoming.field("icode") != answer {
                return Reply::new(200).start(&json!({
                    "code": 87001, "captchaUrl": "/pass/getCode?icodeType=antispam&0.1",
                }));
            }
            session.captcha_passed = true;
        }
        if session.sent >= verification.quota {
            return Reply::new(200).start(&json!({"code": 70022, "desc": "达到上限"}));
        }
        session.sent += 1;
        self.identity_sessions.insert(key.into(), session);
        Reply::new(200).start(&json!({"code": 0, "desc": "成功", "data": {"wt": 60}}))
    }

    fn check(
        &mut self,
        incoming: &Incoming,
        key: &str,
        mut session: IdentitySession,
        verification: &Verification,
    ) -> Response<Bytes> {
        // `trust=true` breaks the way back to the app.
        let right = incoming.field("ticket") == verification.ticket && incoming.field("trust") == "false";
        if !right || session.sent == 0 {
            return Reply::new(200).start(&json!({"code": 70014, "desc": "验证码错误"}));
        }
        session.verified = true;
        let query = form::encode([("sid", "xiaomiio"), ("context", session.context.as_str())]);
        self.identity_sessions.insert(key.into(), session);
        let location = format!("https://account.xiaomi.com/identity/result/check?{query}");
        Reply::new(200).start(&json!({"code": 0, "location": location}))
    }

    /// The last hop: what the login is for stands only in its headers.
    fn end(&mut self, incoming: &Incoming, key: &str, mut session: IdentitySession) -> Response<Bytes> {
        if self.scenario.tips_page && !session.tips_shown {
            session.tips_shown = true;
            self.identity_sessions.insert(key.into(), session);
            return Reply::new(200).body("<html><title>Xiaomi Account - Tips</title></html>");
        }
        self.identity_sessions.remove(key);
        let sid = incoming.field("sid").to_owned();
        let (location, ssecurity, nonce) = self.grant(&sid);
        let pass_token = self.new_pass_token();
        let pragma = format!(
            "{{\"ssecurity\":\"{}\",\"psecurity\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"nonce\":{nonce}}}",
            ssecurity.expose()
        );
        Reply::new(302)
            .header("extension-pragma", &pragma)
            .cookie("passToken", &pass_token, ".xiaomi.com")
            .cookie("userId", &self.account.user_id.clone(), ".xiaomi.com")
            .cookie("cUserId", "fake_cUserId", ".xiaomi.com")
            .header("location", &location)
            .body("")
    }
}
