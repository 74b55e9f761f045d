//! Addresses that answers name, and the rule which of them a login may follow.
//!
//! An address must be `https`, without user information, on port 443, and its host `xiaomi.com`, `mi.com` or a name
//! below them (`notmi.com` is neither). Everything else ends the login: it could carry cookies to a stranger.

use std::fmt;

use http::Uri;

/// An address that passed the rule. It may carry one-time secrets in its query, so `Debug` shows only host and path.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustedUrl {
    text: String,
    host: usize,
    path: usize,
    query: usize,
}

/// Whose cookies a host gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// `xiaomi.com` and below: the account.
    Account,
    /// `mi.com` and below: the services.
    Api,
}

impl TrustedUrl {
    /// Reads an absolute address, or one that is relative to `base`.
    ///
    /// # Errors
    ///
    /// Anything that breaks the rule above.
    pub fn parse(text: &str, base: Option<&Self>) -> Result<Self, UrlError> {
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_LENGTH {
            return Err(UrlError::Malformed { found: text.len() });
        }
        // Browsers take a backslash for a slash, other parsers don't: nobody honest sends one.
        if text.bytes().any(|byte| byte == b'\\' || byte.is_ascii_control()) {
            return Err(UrlError::Malformed { found: text.len() });
        }
        let text = text.split('#').next().unwrap_or_default();
        let absolute = match (scheme_of(text), base) {
            (Some("https"), _) => text.to_owned(),
            (Some(scheme), _) => {
                return Err(UrlError::Scheme {
                    found: shorten(scheme),
                });
            }
            (None, None) => return Err(UrlError::Malformed { found: text.len() }),
            (None, Some(base)) => base.join(text),
        };
        Self::absolute(&absolute)
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, in lower case.
    #[must_use]
    pub fn host(&self) -> &str {
        self.text.get(SCHEME.len()..self.host).unwrap_or_default()
    }

    /// The path, from its slash on.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.host..self.path).unwrap_or_default()
    }

    /// What stands after `?`, undecoded.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.text.get(self.query..).filter(|_| self.query > self.path)
    }

    pub(crate) fn scope(&self) -> Scope {
        if is_below(self.host(), "mi.com") {
            Scope::Api
        } else {
            Scope::Account
        }
    }

    /// Whether it is the exchange of a login for a service token.
    pub(crate) fn is_sts(&self) -> bool {
        self.path().ends_with("/sts")
    }

    /// The decoded value of a name in the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        crate::form::decode(self.query()?)
            .into_iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The same with another path, query kept.
    pub(crate) fn with_path(&self, path: &str) -> Result<Self, UrlError> {
        let mut text = format!("{SCHEME}{}{path}", self.host());
        if let Some(query) = self.query() {
            text.push('?');
            text.push_str(query);
        }
        Self::absolute(&text)
    }

    /// The same with one more parameter, whose value is encoded.
    pub(crate) fn with_parameter(&self, name: &str, value: &str) -> Result<Self, UrlError> {
        let separator = if self.query().is_some() { '&' } else { '?' };
        let mut text = format!("{}{separator}{name}=", self.text);
        crate::form::encode_component(value, &mut text);
        Self::absolute(&text)
    }

    fn absolute(text: &str) -> Result<Self, UrlError> {
        let malformed = UrlError::Malformed { found: text.len() };
        let rest = text
            .get(..SCHEME.len())
            .filter(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
            .and_then(|_| text.get(SCHEME.len()..))
            .ok_or(malformed.clone())?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end).ok_or(malformed.clone())?;
        if authority.contains('@') {
            return Err(UrlError::UserInformation);
        }
        let host = match authority.split_once(':') {
            None => authority,
            Some((host, "443")) => host,
            Some((_, port)) => return Err(UrlError::Port { found: shorten(port) }),
        };
        let host = host.to_ascii_lowercase();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if host.is_empty() || !host.bytes().all(is_name) || !TRUSTED.iter().any(|zone| is_below(&host, zone))
        {
            return Err(UrlError::Host {
                found: shorten(&host),
            });
        }
        let (path, query) = match tail.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (tail, None),
        };
        let mut text = format!("{SCHEME}{host}");
        let host = text.len();
        push_legal(&mut text, if path.is_empty() { "/" } else { path });
        let path = text.len();
        let mut query_start = path;
        if let Some(query) = query {
            text.push('?');
            query_start = text.len();
            push_legal(&mut text, query);
        }
        if text.parse::<Uri>().is_err() {
            return Err(malformed);
        }
        Ok(Self {
            text,
            host,
            path,
            query: query_start,
        })
    }

    fn join(&self, relative: &str) -> String {
        let host = self.host();
        if relative.starts_with("//") {
            format!("https:{relative}")
        } else if relative.starts_with('/') {
            format!("{SCHEME}{host}{relative}")
        } else if relative.starts_with('?') {
            format!("{SCHEME}{host}{}{relative}", self.path())
        } else {
            let folder = self.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{SCHEME}{host}{folder}/{relative}")
        }
    }
}

impl fmt::Debug for TrustedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedUrl({}{}?..)", self.host(), self.path())
    }
}

/// An address that a login must not follow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Not an address at all.
    #[error("{found} characters that are no web address")]
    Malformed {
        /// Their number.
        found: usize,
    },
    /// Not `https`.
    #[error("the scheme is `{found}` instead of https")]
    Scheme {
        /// What it is.
        found: String,
    },
    /// Another port than 443.
    #[error("the port is `{found}` instead of 443")]
    Port {
        /// What it is.
        found: String,
    },
    /// A name or password before the host.
    #[error("user information stands before the host")]
    UserInformation,
    /// A host that isn't Xiaomi's.
    #[error("the host `{found}` isn't one of xiaomi.com or mi.com")]
    Host {
        /// What it is.
        found: String,
    },
}

impl UrlError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(
            "Something between this program and Xiaomi changes its answers (a captive portal, a proxy, a DNS filter): \
             use another network, and don't enter the password again until it is found.",
        )
    }
}

/// Whether a host is the zone or a name in it.
pub(crate) fn is_below(host: &str, zone: &str) -> bool {
    host.strip_suffix(zone)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.') && rest.len() > 1)
}

fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let legal = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if legal && scheme.eq_ignore_ascii_case("https") && rest.starts_with("//") {
        return Some("https");
    }
    legal.then_some(scheme)
}

/// Encodes what may not stand in a path or a query, and leaves the rest as it is: signatures depend on it.
fn push_legal(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>`{}|^".contains(&byte) {
            out.push(char::from(byte));
        } else {
            crate::form::push_escaped(byte, out);
        }
    }
}

/// Keeps a stranger's text short enough for an error.
pub(crate) fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

const SCHEME: &str = "https://";
const TRUSTED: [&str; 2] = ["xiaomi.com", "mi.com"];
const MAX_LENGTH: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<TrustedUrl, UrlError> {
        let base = TrustedUrl::parse("https://account.xiaomi.com/pass/serviceLogin?sid=x", None)?;
        TrustedUrl::parse(text, Some(&base))
    }

    #[test]
    fn only_xiaomis_hosts_are_trusted() {
        for good in [
            "https://account.xiaomi.com/a?b=c&0.5",
            "https://sts.api.io.mi.com:443/sts?auth=a%3D%3D",
            "HTTPS://Account.Xiaomi.com",
            "//c3.account.xiaomi.com/x",
            "/pass/getCode?icodeType=login&0.2",
            "?x=1",
            "next",
            "https://mi.com/",
        ] {
            assert!(parse(good).is_ok(), "{good}: {:?}", parse(good));
        }
        for bad in [
            "",
            "http://account.xiaomi.com/",
            "https://notmi.com/",
            "https://mi.com.evil.example/",
            "https://evil.example/?https://mi.com",
            "https://evil.example\\@mi.com/",
            "https://user@mi.com/",
            "https://evil.example:x@mi.com/",
            "https://mi.com:8443/",
            "https://mi.com:/",
            "https://.mi.com/",
            "//evil.example/",
            "https:/evil.example/",
            "javascript:alert(1)",
            "https://evil.example%2f.mi.com/",
            "https://evil.example?.mi.com",
            "https://evil.example#.mi.com",
            "https://mi.com./",
            "https://mi.com/\r\nSet-Cookie: a=b",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_was_signed_stays_as_it_was() {
        let url = parse("https://sts.api.io.mi.com/sts?auth=syn%3D%3D&_ssign=2%26V1&x=a+b&0.5").unwrap();
        assert_eq!(url.query(), Some("auth=syn%3D%3D&_ssign=2%26V1&x=a+b&0.5"));
        assert_eq!(url.parameter("_ssign").as_deref(), Some("2&V1"));
        assert!(url.is_sts() && url.scope() == Scope::Api);
    }

    #[test]
    fn a_query_does_not_show() {
        let url = parse("https://sts.api.io.mi.com/sts?auth=secret").unwrap();
        assert_eq!(format!("{url:?}"), "TrustedUrl(sts.api.io.mi.com/sts?..)");
    }

    proptest! {
        #[test]
        fn whatever_passes_is_xiaomis_for_the_http_crate_too(text in "(https?:)?/{0,2}[a-z.@:\\\\/?#%]{0,12}(mi\\.com)?\\PC{0,20}") {
            if let Ok(url) = parse(&text) {
                let uri: Uri = url.as_str().parse().unwrap();
                prop_assert_eq!(uri.scheme_str(), Some("https"));
                let host = uri.host().unwrap();
                prop_assert!(is_below(host, "mi.com") || is_below(host, "xiaomi.com"), "{}", host);
                prop_assert_eq!(host, url.host());
                prop_assert_eq!(TrustedUrl::parse(url.as_str(), None), Ok(url));
            }
        }
    }
}
