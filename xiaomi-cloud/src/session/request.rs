//! The requests of calls.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, HeaderName, USER_AGENT};
use http::{HeaderValue, Method, Request};

use super::calls::Pending;
use crate::cookies;
use crate::credentials::Credentials;
use crate::crypto::{Nonce, SignedNonce};
use crate::error::ApiError;
use crate::sign::{self, Form};

/// Settings of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// How requests are signed.
    pub form: Form,
    /// Let answers be packed.
    pub gzip: bool,
    /// Send the session's key as a field, as some clients do. No server is known that needs it.
    pub send_ssecurity: bool,
    /// How many requests are on their way at a time.
    pub max_in_flight: usize,
    /// The language, as `en_GB`.
    pub locale: String,
    /// Minutes that local time is ahead of UTC, daylight saving included.
    pub utc_offset_minutes: i32,
    /// Whether daylight saving is on.
    pub dst_active: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            form: Form::Rc4,
            gzip: true,
            send_ssecurity: false,
            max_in_flight: 6,
            locale: "en_GB".into(),
            utc_offset_minutes: 0,
            dst_active: false,
        }
    }
}

/// The cookies of an API request: names and values.
#[must_use]
pub fn api_cookies(
    user_id: &str,
    service_token: &str,
    locale: &str,
    utc_offset_minutes: i32,
    dst_active: bool,
) -> Vec<(&'static str, String)> {
    let sign = if utc_offset_minutes < 0 { '-' } else { '+' };
    let minutes = utc_offset_minutes.unsigned_abs();
    vec![
        ("userId", user_id.into()),
        ("yetAnotherServiceToken", service_token.into()),
        ("serviceToken", service_token.into()),
        ("locale", locale.into()),
        (
            "timezone",
            format!("GMT{sign}{:02}:{:02}", minutes / 60, minutes % 60),
        ),
        ("is_daylight", if dst_active { "1" } else { "0" }.into()),
        ("dst_offset", if dst_active { "3600000" } else { "0" }.into()),
        ("channel", "MI_APP_STORE".into()),
    ]
}

pub(super) fn build(
    config: &Config,
    credentials: &Credentials,
    call: &Pending,
    nonce: Nonce,
) -> Result<(Request<Bytes>, SignedNonce), ApiError> {
    let path = call.path.as_str();
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if !path.starts_with('/') || !path.bytes().all(legal) || path.contains("..") {
        return Err(ApiError::BadPath);
    }
    // Tokens of the newer app are for another host, in China only.
    let host = if credentials.sid == "mijia" {
        "api.mijia.tech"
    } else {
        call.region.host()
    };
    let uri = format!("https://{host}/app{path}")
        .parse()
        .map_err(|_| ApiError::BadPath)?;
    let signed = match config.form {
        Form::Rc4 => sign::rc4(
            "POST", path, &call.data, &credentials.ssecurity, nonce, config.send_ssecurity,
        ),
        Form::Plain => sign::plain(path, &call.data, &credentials.ssecurity, nonce),
    };
    let mut request = Request::new(Bytes::from(signed.body()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(CONTENT_TYPE, "application/x-www-form-urlencoded");
    set(ACCEPT_ENCODING, "identity");
    set(
        HeaderName::from_static("x-xiaomi-protocal-flag-cli"),
        "PROTOCAL-HTTP2",
    );
    if config.form.is_encrypted() {
        set(HeaderName::from_static("miot-encrypt-algorithm"), "ENCRYPT-RC4");
        if config.gzip {
            set(HeaderName::from_static("miot-accept-encoding"), "GZIP");
        }
    }
    if let Ok(agent) = HeaderValue::from_str(&credentials.identity.user_agent) {
        headers.insert(USER_AGENT, agent);
    }
    let cookies = api_cookies(
        &credentials.user_id,
        credentials.service_token.expose(),
        &config.locale,
        config.utc_offset_minutes,
        config.dst_active,
    );
    let c_user_id = credentials.c_user_id.as_deref().map(|id| ("cUserId", id));
    let pairs = cookies
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .chain(c_user_id);
    if let Some(cookie) = cookies::header(pairs) {
        headers.insert(COOKIE, cookie);
    }
    Ok((request, signed.key().clone()))
}
