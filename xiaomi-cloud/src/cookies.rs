//! Cookies by name, in two scopes that never mix: those of the account (`xiaomi.com`) go to account hosts only, those
//! of services (`mi.com`) to services only.

use std::collections::BTreeMap;

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::trusted_url::{Scope, TrustedUrl, is_below};

/// One `Set-Cookie`: a name, and its value or `None` where the cookie is deleted.
///
/// Values are raw: they hold `+`, `/` and `=`, and are sent back without quotes or escapes. An empty value, a
/// `Max-Age` of zero or less, and the word `EXPIRED` delete.
///
/// ```
/// use xiaomi_cloud::SetCookie;
///
/// let cookie = SetCookie::parse("ick=\"a+b/c==\"; Path=/; Domain=.xiaomi.com").unwrap();
/// assert_eq!((cookie.name, cookie.value), ("ick", Some("a+b/c==")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SetCookie<'a> {
    /// The name, never empty.
    pub name: &'a str,
    /// The value; `None` deletes.
    pub value: Option<&'a str>,
    /// The attribute `Domain`, without a leading dot.
    pub domain: Option<&'a str>,
}

impl<'a> SetCookie<'a> {
    /// Reads the header's value; `None` for text without a name.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return None;
        }
        let value = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'))
            .unwrap_or(value);
        let mut deletes = value.is_empty() || value == "EXPIRED";
        let mut domain = None;
        for attribute in parts {
            let (key, text) = attribute.split_once('=').unwrap_or((attribute, ""));
            let (key, text) = (key.trim(), text.trim());
            if key.eq_ignore_ascii_case("max-age") {
                deletes |= text.parse::<i64>().is_ok_and(|seconds| seconds <= 0);
            } else if key.eq_ignore_ascii_case("domain") {
                domain = Some(text.trim_start_matches('.')).filter(|domain| !domain.is_empty());
            }
        }
        Some(Self {
            name,
            value: (!deletes).then_some(value),
            domain,
        })
    }
}

impl std::fmt::Debug for SetCookie<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SetCookie({}, ..)", self.name)
    }
}

/// The cookies that a login has collected.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Jar {
    account: BTreeMap<String, Secret>,
    api: BTreeMap<String, Secret>,
}

impl Jar {
    /// Takes over what an answer of this address sets. A cookie for a domain that the host isn't in is ignored.
    pub(crate) fn store(&mut self, url: &TrustedUrl, headers: &HeaderMap) {
        for header in headers.get_all(SET_COOKIE) {
            let Some(cookie) = std::str::from_utf8(header.as_bytes())
                .ok()
                .and_then(SetCookie::parse)
            else {
                continue;
            };
            let foreign = cookie
                .domain
                .is_some_and(|domain| !is_below(url.host(), &domain.to_ascii_lowercase()));
            // The device's identity is the client's to choose.
            if foreign || IDENTITY.contains(&cookie.name) || cookie.name.len() > MAX_NAME {
                continue;
            }
            let cookies = self.scope_mut(url.scope());
            match cookie.value {
                None => drop(cookies.remove(cookie.name)),
                Some(value) if value.len() > MAX_VALUE => {}
                Some(value) if cookies.len() < MAX_COOKIES || cookies.contains_key(cookie.name) => {
                    cookies.insert(cookie.name.into(), Secret::new(value));
                }
                Some(_) => {}
            }
        }
    }

    pub(crate) fn get(&self, scope: Scope, name: &str) -> Option<&Secret> {
        let cookies = match scope {
            Scope::Account => &self.account,
            Scope::Api => &self.api,
        };
        cookies.get(name)
    }

    pub(crate) fn set(&mut self, scope: Scope, name: &str, value: Secret) {
        self.scope_mut(scope).insert(name.into(), value);
    }

    pub(crate) fn remove(&mut self, scope: Scope, name: &str) {
        self.scope_mut(scope).remove(name);
    }

    pub(crate) fn clear(&mut self, scope: Scope) {
        self.scope_mut(scope).clear();
    }

    /// All cookies of a scope, by name.
    pub(crate) fn all(&self, scope: Scope) -> impl Iterator<Item = (&str, &str)> {
        let cookies = match scope {
            Scope::Account => &self.account,
            Scope::Api => &self.api,
        };
        cookies
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose()))
    }

    fn scope_mut(&mut self, scope: Scope) -> &mut BTreeMap<String, Secret> {
        match scope {
            Scope::Account => &mut self.account,
            Scope::Api => &mut self.api,
        }
    }
}

/// The header `Cookie`. It is marked as sensitive; pairs that could smuggle in another cookie are left out.
pub(crate) fn header<'a>(cookies: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<HeaderValue> {
    let mut text = String::new();
    for (name, value) in cookies {
        if value
            .bytes()
            .any(|byte| byte == b';' || !(byte == b' ' || byte.is_ascii_graphic()))
        {
            continue;
        }
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    let mut header = HeaderValue::from_str(&text).ok().filter(|_| !text.is_empty())?;
    header.set_sensitive(true);
    Some(header)
}

/// The pairs of a header `Cookie`, for the server's side.
pub(crate) fn parse_header(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

const IDENTITY: [&str; 2] = ["deviceId", "sdkVersion"];
const MAX_COOKIES: usize = 48;
const MAX_NAME: usize = 64;
const MAX_VALUE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn jar_after(url: &str, cookies: &[&str]) -> Jar {
        let mut jar = Jar::default();
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(SET_COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        jar.store(&TrustedUrl::parse(url, None).unwrap(), &headers);
        jar
    }

    #[test]
    fn scopes_never_mix_and_foreign_domains_are_ignored() {
        let jar = jar_after(
            "https://account.xiaomi.com/x",
            &[
                "passToken=a; Domain=.xiaomi.com",
                "serviceToken=b; Domain=.mi.com",
                "other=c; Domain=evil.example",
                "deviceId=changed",
            ],
        );
        assert_eq!(jar.all(Scope::Account).collect::<Vec<_>>(), [("passToken", "a")]);
        assert_eq!(jar.all(Scope::Api).count(), 0);
    }

    #[test]
    fn a_flood_of_cookies_is_bounded() {
        let cookies: Vec<String> = (0..1000)
            .map(|i| format!("c{i}={}", "x".repeat(5000 * (i % 2))))
            .collect();
        let jar = jar_after(
            "https://mi.com/",
            &cookies.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        assert_eq!(jar.all(Scope::Api).count(), 0);
        let cookies: Vec<String> = (0..1000).map(|i| format!("c{i}=1")).collect();
        let jar = jar_after(
            "https://mi.com/",
            &cookies.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        assert_eq!(jar.all(Scope::Api).count(), MAX_COOKIES);
    }

    #[test]
    fn a_cookie_can_not_smuggle_another_one_in() {
        let header = header([("a", "1; serviceToken=stolen"), ("b", "2"), ("c", "x\r\ny")]).unwrap();
        assert_eq!(header.as_bytes(), b"b=2");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }

    proptest! {
        #[test]
        fn any_header_parses_or_is_ignored(text in "\\PC{0,80}") {
            if let Some(cookie) = SetCookie::parse(&text) {
                prop_assert!(!cookie.name.is_empty());
                prop_assert_ne!(cookie.value, Some(""));
            }
        }
    }
}
