use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::Secret;

/// The password of the device's pages: 5 to 32 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPassword(Secret);

impl WebPassword {
    /// Takes a password that a device would take.
    ///
    /// # Errors
    ///
    /// If it has fewer than 5 bytes, which the device refuses, or more than 32, which it cuts; the number found.
    pub fn new(password: &str) -> Result<Self, usize> {
        if (5..=32).contains(&password.len()) {
            Ok(Self(password.into()))
        } else {
            Err(password.len())
        }
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

/// What a request shows to get in: HTTP Basic with the user `admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials(Secret);

impl Credentials {
    /// The device's user and a password as typed; devices compare the first 32 bytes.
    #[must_use]
    pub fn new(password: &str) -> Self {
        Self(password.into())
    }

    /// The value of the header `Authorization`.
    #[must_use]
    pub fn header(&self) -> Zeroizing<String> {
        let mut pair = Zeroizing::new(Vec::from(b"admin:".as_slice()));
        pair.extend_from_slice(self.0.expose());
        let encoded = Zeroizing::new(Base64::encode_string(&pair));
        let mut header = Zeroizing::new(String::with_capacity(6 + encoded.len()));
        header.push_str("Basic ");
        header.push_str(&encoded);
        header
    }

    /// Reads the value of a header, which is what the device does. The user is `admin` in any case.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let encoded = header.trim().strip_prefix("Basic ")?;
        let pair = Zeroizing::new(Base64::decode_vec(encoded.trim()).ok()?);
        let colon = pair.iter().position(|byte| *byte == b':')?;
        let (user, password) = (pair.get(..colon)?, pair.get(colon + 1..)?);
        user.eq_ignore_ascii_case(b"admin")
            .then(|| Self(Secret::new(password)))
    }

    /// Whether a device with this password lets it in. Takes the same time whatever differs.
    #[must_use]
    pub fn opens(&self, password: &WebPassword) -> bool {
        let shown = self.0.expose();
        let shown = shown.get(..32).unwrap_or(shown);
        Secret::new(shown) == password.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_opens_what_it_was_made_for() {
        let password = WebPassword::new("zażółć").unwrap();
        let header = Credentials::new("zażółć").header();
        assert!(Credentials::parse(&header).unwrap().opens(&password));
        assert!(!Credentials::new("zazolc").opens(&password));
        assert_eq!(Credentials::parse("Basic !!!"), None);
        assert_eq!(WebPassword::new("1234"), Err(4));
    }
}
