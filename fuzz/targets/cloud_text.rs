//! Texts: addresses, cookies, bodies of the account server, regions, tokens, keys, saved states.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xiaomi_cloud::api::BindKeyAnswer;
use xiaomi_cloud::{
    AccountBody, Credentials, DeviceToken, DidKind, Identity, Login, Region, SetCookie, Ssecurity,
    TrustedUrl, did, sign,
};

fuzz_target!(|data: &[u8]| {
    let _ = AccountBody::parse(data).map(|body| (body.code(), body.description(), body.text("nonce")));
    if let Ok(mut login) = Login::restore(data) {
        // A state that somebody has changed sends nothing elsewhere.
        let now = std::time::Duration::from_secs(1_763_629_200);
        if let Some(transmit) = login.poll_transmit(now) {
            TrustedUrl::parse(&transmit.request.uri().to_string(), None).expect("only Xiaomi's hosts");
        }
    }
    if let Ok(credentials) = Credentials::restore(data) {
        assert_eq!(
            Credentials::restore(&credentials.save()).as_ref(),
            Ok(&credentials)
        );
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let base = TrustedUrl::parse("https://account.xiaomi.com/pass/x?y", None).unwrap();
    if let Ok(url) = TrustedUrl::parse(text, Some(&base)) {
        let host = url.host();
        let trusted = ["xiaomi.com", "mi.com"]
            .iter()
            .any(|zone| host == *zone || host.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.')));
        assert!(trusted, "{host}");
        let uri: http::Uri = url.as_str().parse().expect("the HTTP library reads it, too");
        assert_eq!((uri.scheme_str(), uri.host()), (Some("https"), Some(host)));
        assert!(
            uri.authority()
                .is_some_and(|authority| !authority.as_str().contains('@'))
        );
        assert_eq!(TrustedUrl::parse(url.as_str(), None), Ok(url.clone()));
        let _ = sign::path(url.path());
    }
    if let Some(cookie) = SetCookie::parse(text) {
        assert!(!cookie.name.is_empty() && cookie.value != Some(""));
    }
    if let Ok(region) = text.parse::<Region>() {
        assert!(region.base_url().ends_with(".mi.com/app"));
    }
    if let Some(token) = DeviceToken::parse(text) {
        assert_eq!(token.to_hex().as_str(), text.to_ascii_lowercase());
    }
    if let Some(answer) = BindKeyAnswer::parse(text) {
        let _ = answer.help();
    }
    let _ = (
        Region::of_country(text),
        text.parse::<Ssecurity>(),
        Identity::existing(text, text),
    );
    if DidKind::of(text) == DidKind::Split {
        assert!(did::parent_of_split(text).is_some());
    }
});
