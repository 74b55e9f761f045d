//! Answers of the API, and what is read from them: never a panic, and what is read stands in the text.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use xiaomi_cloud::api::{
    Action, BeaconKey, Call, DeviceCount, DeviceList, HomeDevices, Homes, MapApi, MapUrl, PropGet,
    PropertyKey, Rpc, UserDeviceData,
};
use xiaomi_cloud::{Answer, ApiError, Device, MergedDevice, Nonce, Region, SignedNonce, merge};

fuzz_target!(|data: &[u8]| {
    let ssecurity = "ABEiM0RVZneImaq7zN3u/w==".parse().unwrap();
    let key = SignedNonce::new(&ssecurity, &Nonce::new([7; 8], 1_763_629_200_000));
    let open = |body: &[u8]| Answer::open(StatusCode::OK, &HeaderMap::new(), body, &key);
    let _ = open(data);
    // The same as the real server writes it.
    let mut sealed = data.to_vec();
    key.apply(&mut sealed);
    let answer = match open(STANDARD.encode(&sealed).as_bytes()) {
        Ok(answer) => answer,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let ApiError::Api {
                message: Some(message),
                ..
            } = &error
            {
                assert!(message.chars().count() <= 200);
            }
            return;
        }
    };
    assert!(answer.expose().len() <= Answer::MAX);
    if let Some(result) = answer.result() {
        assert!(answer.expose().contains(result));
        assert!(serde_json::from_str::<Value>(result).is_ok() || result.len() > 100);
    }
    let region = Region::Germany;
    let pages = [
        DeviceList { region }.read(&answer),
        HomeDevices {
            region,
            home_id: "1".into(),
            owner: "2".into(),
            start_did: "x".into(),
        }
        .read(&answer),
    ];
    for page in pages.into_iter().flatten() {
        assert!(page.next.as_deref() != Some(""));
        for device in &page.devices {
            let again = Device::from_json(device.expose(), region).unwrap();
            assert_eq!(
                (&again.did, &again.token, again.mac),
                (&device.did, &device.token, device.mac)
            );
            let _ = (
                device.did_kind(),
                device.needs_bind_key(),
                device.has_local_control(),
                device.field("did"),
            );
        }
        let total = page.devices.len();
        let merged: Vec<MergedDevice> = merge::merge(page.devices, &[region]);
        assert!(merged.iter().map(|merged| merged.regions.len()).sum::<usize>() == total);
    }
    for homes in [
        Homes { user_id: "1".into() }.read(&answer),
        DeviceCount.read(&answer),
    ]
    .into_iter()
    .flatten()
    {
        assert!(homes.homes.is_sorted_by_key(|home| home.shared));
    }
    let _ = BeaconKey { did: "x".into() }
        .read(&answer)
        .map(|answer| answer.help());
    let key = PropertyKey::new("1", 1, 1);
    if let Ok(results) = PropGet::one(key).read(&answer) {
        for item in &results.items {
            assert!(results.get(&item.key).is_some());
            let _ = item.status.help();
        }
    }
    let _ = Action {
        did: "1".into(),
        siid: 1,
        aiid: 1,
        inputs: Vec::new(),
    }
    .read(&answer);
    let _ = Rpc::new("1", 1, "x", Value::Null).read(&answer);
    let _ = MapUrl::interim(MapApi::Interim, "1", "2", "0").read(&answer);
    let _ = UserDeviceData {
        did: "1".into(),
        key: "2".into(),
        kind: Default::default(),
        start: 0,
        end: 1,
        limit: 1,
    }
    .read(&answer);
});
