//! The account server: password, captcha, QR code, pass token, and the exchange for service tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Response};
use serde_json::json;

use super::fault::AccountFault;
use super::{Cloud, Grant, Incoming, Qr, Reply, Token, set};
use crate::crypto::client_sign;
use crate::form;
use crate::secret::Ssecurity;

impl Cloud {
    pub(super) fn account_server(&mut self, incoming: &Incoming) -> Response<Bytes> {
        if let Some(fault) = self.account_faults.pop_front() {
            match fault.answer() {
                Some(response) => return response,
                None => {
                    let mut response = self.account_route(incoming);
                    fault.spoil(&mut response);
                    return response;
                }
            }
        }
        self.account_route(incoming)
    }

    fn account_route(&mut self, incoming: &Incoming) -> Response<Bytes> {
        match (&incoming.method, incoming.path.as_str()) {
            (&Method::GET, "/pass/serviceLogin") => self.service_login(incoming),
            (&Method::POST, "/pass/serviceLoginAuth2") => self.auth2(incoming),
            (&Method::GET, "/pass/getCode") => self.captcha(),
            (&Method::GET, "/longPolling/loginUrl") => self.login_url(incoming),
            (&Method::GET, "/lp/s") => self.long_poll(incoming),
            (_, path) if path.contains("/identity/") || path == "/pass/serviceLoginAuth2/end" => {
                self.identity(incoming)
            }
            _ => Reply::new(404).body("not here"),
        }
    }

    fn service_login(&mut self, incoming: &Incoming) -> Response<Bytes> {
        let sid = incoming.field("sid").to_owned();
        let token = incoming.cookie("passToken");
        if self.pass_tokens.contains(token) && incoming.cookie("userId") == self.account.user_id {
            return self.success(&sid);
        }
        Reply::new(200).start(&not_logged_in(&sid, 70016, "登录验证失败", true))
    }

    fn auth2(&mut self, incoming: &Incoming) -> Response<Bytes> {
        let sid = incoming.field("sid").to_owned();
        let (qs, sign) = step_one(&sid);
        let refuse = |code, words: &str| Reply::new(200).start(&not_logged_in(&sid, code, words, false));
        if let Some((code, words)) = &self.scenario.refusal {
            return refuse(*code, words);
        }
        if let Some(answer) = self.scenario.captcha.clone() {
            // Each picture counts once.
            let fresh = self.icks.remove(incoming.cookie("ick"));
            if !fresh || incoming.field("captCode") != answer {
                let number = self.fresh("captcha");
                let mut body = not_logged_in(&sid, 87001, "验证码输入错误", false);
                let digits = number.get(..8).unwrap_or_default();
                let url = format!("/pass/getCode?icodeType=login&0.{digits}");
                set(&mut body, "captchaUrl", url);
                return Reply::new(200).start(&body);
            }
        }
        let user = incoming.field("user");
        let known = user == self.account.user || user == self.account.user_id;
        let right = incoming.field("hash") == self.account.password.hash();
        if !known || !right || incoming.field("qs") != qs || incoming.field("_sign") != sign {
            return refuse(70016, "登录验证失败");
        }
        let notification = if self.scenario.confirm_phone && !self.phone_confirmed {
            Some((
                "https://account.xiaomi.com/fe/service/verifyPhone?skipUrl=%2Fx".to_owned(),
                32,
            ))
        } else if self.scenario.verification.is_some() {
            Some((self.start_verification(&sid), 16))
        } else {
            None
        };
        if let Some((url, status)) = notification {
            return Reply::new(200).start(&json!({
                "notificationUrl": url, "result": "ok", "code": 0, "captchaUrl": null, "description": "成功",
                "location": "", "securityStatus": status, "pwd": 0, "child": 0, "desc": "成功",
            }));
        }
        self.success(&sid)
    }

    /// The fields of a successful step, and the pass token.
    fn success(&mut self, sid: &str) -> Response<Bytes> {
        let (location, ssecurity, nonce) = self.grant(sid);
        let pass_token = self.new_pass_token();
        let (qs, _) = step_one(sid);
        let user_id = &self.account.user_id;
        let user_id = user_id
            .parse::<u64>()
            .map_or_else(|_| user_id.clone().into(), serde_json::Value::from);
        let mut body = json!({
            "qs": qs, "ssecurity": ssecurity.expose(), "code": 0, "passToken": pass_token, "description": "成功",
            "securityStatus": 0, "userId": user_id, "cUserId": "fake_cUserId", "result": "ok",
            "psecurity": "AAAAAAAAAAAAAAAAAAAAAA==", "captchaUrl": null, "location": location, "pwd": 1, "child": 0,
            "desc": "成功",
        });
        set(&mut body, "nonce", nonce.parse::<i64>().unwrap_or_default());
        Reply::new(200)
            .cookie("passToken", &pass_token, ".xiaomi.com")
            .cookie("userId", &self.account.user_id, ".xiaomi.com")
            .start(&body)
    }

    pub(super) fn new_pass_token(&mut self) -> String {
        let token = format!("V1:{}", self.fresh("passToken"));
        self.pass_tokens.insert(token.clone());
        token
    }

    /// A one-time address of the exchange.
    pub(super) fn grant(&mut self, sid: &str) -> (String, Ssecurity, String) {
        let ticket = self.fresh("ticket");
        let text = STANDARD.encode(self.fresh_bytes());
        let [a, b, c, d, e, f, g, h, ..] = self.fresh_bytes();
        let nonce = i64::from_be_bytes([a, b, c, d, e, f, g, h]).to_string();
        // Base64 of 16 bytes is ssecurity.
        let ssecurity =
            Ssecurity::from_base64(&text).unwrap_or_else(|_| Ssecurity(crate::secret::Secret::new(text)));
        self.tickets.insert(
            ticket.clone(),
            Grant {
                sid: sid.into(),
                ssecurity: ssecurity.clone(),
                nonce: nonce.clone(),
            },
        );
        let host = if sid == "micoapi" {
            "api2.mina.mi.com"
        } else {
            "sts.api.io.mi.com"
        };
        let location = format!(
            "https://{host}/sts?d=wb_fake&ticket={ticket}&pwd=1&fid=0&auth=fake%3D%3D&m=1&_ssign=2%26V1_sts%26fake%3D"
        );
        (location, ssecurity, nonce)
    }

    pub(super) fn sts(&mut self, incoming: &Incoming) -> Response<Bytes> {
        let ticket = incoming.field("ticket");
        let Some(grant) = self.tickets.get(ticket) else {
            return Reply::new(403).body("");
        };
        if grant.sid != "xiaomiio"
            && incoming.field("clientSign") != client_sign(&grant.nonce, &grant.ssecurity)
        {
            return Reply::new(401).body("");
        }
        let Some(grant) = self.tickets.remove(ticket) else {
            return Reply::new(403).body("");
        };
        let token = format!("{}+/==", self.fresh("serviceToken"));
        self.tokens.insert(
            token.clone(),
            Token {
                ssecurity: grant.ssecurity,
                calls: 0,
                expired: false,
            },
        );
        let host = incoming.host.as_str();
        Reply::new(200)
            .cookie("serviceToken", &token, host)
            .cookie("userId", &self.account.user_id.clone(), host)
            .cookie("cUserId", "fake_cUserId", host)
            .cookie(&format!("{}_slh", grant.sid), "fake", host)
            .body("ok")
    }

    /// A picture, 8 by 8 pixels, and the cookie that belongs to it.
    fn captcha(&mut self) -> Response<Bytes> {
        let ick = format!("{}+/==", self.fresh("ick"));
        self.icks.insert(ick.clone());
        Reply::new(200)
            .header("content-type", "image/png")
            .cookie("ick", &ick, ".xiaomi.com")
            .body(PICTURE)
    }

    fn login_url(&mut self, incoming: &Incoming) -> Response<Bytes> {
        let key = self.fresh("qr");
        self.qr.insert(
            key.clone(),
            Qr {
                sid: incoming.field("sid").to_owned(),
                polls: 0,
                scanned: false,
            },
        );
        Reply::new(200).start(&json!({
            "code": 0, "desc": "成功", "timeout": 300,
            "loginUrl": format!("https://account.xiaomi.com/longPolling/login?ticket={key}&dc=c3&sid=xiaomiio"),
            "qr": format!("https://account.xiaomi.com/longPolling/qr?ticket={key}&size=480"),
            "lp": format!("https://c3.lp.account.xiaomi.com/lp/s?k={key}"),
        }))
    }

    /// The real server holds the request open; here the caller comes again.
    fn long_poll(&mut self, incoming: &Incoming) -> Response<Bytes> {
        let Some(qr) = self.qr.get_mut(incoming.field("k")) else {
            return Reply::new(404).body("");
        };
        qr.polls += 1;
        let enough = self.scenario.qr_polls.is_some_and(|polls| qr.polls > polls);
        if !qr.scanned && !enough {
            return Reply::new(408).body("");
        }
        let sid = qr.sid.clone();
        self.qr.remove(incoming.field("k"));
        self.success(&sid)
    }
}

/// `qs` and `_sign`, which step 2 echoes.
fn step_one(sid: &str) -> (String, String) {
    let qs = format!("%3Fsid%3D{sid}%26_json%3Dtrue");
    if sid == "xiaomiio" {
        // Both are public constants of the real server.
        return (qs, "0psXfr43eNI0IX6q9Suk3qWbRqU=".into());
    }
    let sign = format!("fake_{sid}=");
    (qs, sign)
}

/// Step 1 has the login page as its location, step 2 none.
fn not_logged_in(sid: &str, code: i64, words: &str, page: bool) -> serde_json::Value {
    let (qs, sign) = step_one(sid);
    let query = form::encode([("_json", "true"), ("sid", sid)]);
    let location = if page {
        format!("https://account.xiaomi.com/fe/service/login?{query}")
    } else {
        String::new()
    };
    json!({
        "serviceParam": "{\"checkSafePhone\":false,\"checkSafeAddress\":false,\"lsrp_score\":0.0}",
        "qs": qs, "code": code, "description": words, "securityStatus": 0, "_sign": sign, "sid": sid,
        "result": "error", "captchaUrl": null, "callback": callback(sid), "location": location, "pwd": 0, "child": 0,
        "desc": words,
    })
}

fn callback(sid: &str) -> &'static str {
    if sid == "micoapi" {
        "https://api2.mina.mi.com/sts"
    } else {
        "https://sts.api.io.mi.com/sts"
    }
}

impl AccountFault {
    fn answer(&self) -> Option<Response<Bytes>> {
        Some(match self {
            Self::Html => Reply::new(200)
                .header("content-type", "text/html")
                .body("<html><title>Sign in to Wi-Fi</title></html>"),
            Self::Status(status) => Reply::new(*status).body("oops"),
            Self::Body(body) => Reply::new(200).body(body.clone()),
            Self::RedirectTo(url) => Reply::new(302).header("location", url).body(""),
            Self::ForeignCookie | Self::Location(_) => return None,
        })
    }
}

/// A checkerboard as PNG.
#[rustfmt::skip]
const PICTURE: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
    0x00, 0x08, 0x00, 0x00, 0x00, 0x08, 0x01, 0x00, 0x00, 0x00, 0x00, 0xec, 0x74, 0x83, 0x26, 0x00, 0x00, 0x00,
    0x0e, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x08, 0x65, 0x58, 0xc5, 0x80, 0x84, 0x01, 0x1e, 0x9c, 0x03,
    0xfd, 0x70, 0x15, 0xc9, 0x90, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
