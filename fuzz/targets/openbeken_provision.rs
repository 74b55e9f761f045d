//! A network's name and password, divided by the first zero byte: what is planned arrives whole on both kinds of chips.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use openbeken::Platform;
use openbeken::config::CharKind;
use openbeken::device::{Device, Profile};
use openbeken::provision::{Network, PasswordRoutes, Route, plan};

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (ssid, password) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let routes = PasswordRoutes::of(password);
    assert!(routes.safe.iter().all(|route| {
        [CharKind::Signed, CharKind::Unsigned]
            .into_iter()
            .all(|kind| route.stores(password, kind).is(password))
    }));
    assert!(routes.recommended != Some(Route::BacklogQuoted));
    let plan = match plan(&Network::new(ssid, password)) {
        Ok(plan) => plan,
        Err(refusal) => {
            assert!(refusal.help().is_some());
            let possible = (1..=32).contains(&ssid.len())
                && !password.contains(&0)
                && (password.is_empty() || (8..=63).contains(&password.len()));
            assert!(!possible, "{refusal}");
            return;
        }
    };
    for chip in ["BK7231T", "BL602"] {
        let mut profile = Profile::plug("plug");
        profile.platform = Platform::of(chip).unwrap();
        let mut device = Device::new(profile);
        for request in &plan.requests {
            let sent = request.encode("plug").unwrap();
            assert!(device.handle_request(Duration::ZERO, &sent).unwrap().is_some());
        }
        assert_eq!(device.ssid(), ssid);
        assert_eq!(device.wifi_password().expose(), password);
    }
});
