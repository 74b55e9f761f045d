//! Lists of devices and homes, ids, merging.

use macaddr::MacAddr6;
use serde_json::{Value, json};
use xiaomi_cloud::api::{
    Call, DeviceCount, DeviceList, DeviceListPage, DevicePage, Home, HomeDevices, HomePage, HomeRooms, Homes,
    HomesMerged,
};
use xiaomi_cloud::merge::{Candidate, rank};
use xiaomi_cloud::{ConnectType, Device, DeviceToken, DidKind, Region, did as ids};

use super::answers::answer_of;
use super::{Fields, check_api_error, same};

pub fn device_list(input: &Fields, expect: &Fields) {
    let region: Region = input.text("server").parse().expect("a region");
    let start_did = input.optional_text("start_did").unwrap_or_default().to_owned();
    let endpoint = input.text("endpoint");
    let page = answer_of(200, input.get("json").expect("JSON")).and_then(|answer| match endpoint {
        "/home/device_list" => DeviceList { region }.read(&answer),
        "/v2/home/device_list_page" => DeviceListPage { region, start_did }.read(&answer),
        "/v2/home/home_device_list" => {
            let call = HomeDevices {
                region,
                home_id: "1".into(),
                owner: "2".into(),
                start_did,
            };
            assert_eq!(call.path(), endpoint);
            call.read(&answer)
        }
        other => panic!("nobody asks {other}"),
    });
    let DevicePage {
        devices,
        skipped,
        next,
    } = match page {
        Ok(page) => page,
        Err(error) => return check_api_error(&error, expect),
    };
    let expected = expect.get("devices").and_then(Value::as_array).expect("devices");
    assert_eq!(devices.len(), expected.len());
    for (device, expected) in devices.iter().zip(expected) {
        let normal = normal(device);
        for (name, value) in expected.as_object().expect("an object") {
            let actual = normal.get(name).unwrap_or_else(|| panic!("nobody knows {name}"));
            assert!(same(value, actual), "{name}: expected {value}, found {actual}");
        }
    }
    expect.check("skipped", skipped);
    expect.check(
        "next",
        next.map_or(Value::Null, |next| json!({"start_did": next})),
    );
}

fn normal(device: &Device) -> Value {
    let mac = |mac: Option<MacAddr6>| mac.map(|mac| mac.to_string().to_lowercase());
    json!({
        "did": device.did, "did_kind": device.did_kind().name(), "name": device.name, "model": device.model,
        "token": device.token.as_ref().map(|token| token.to_hex().to_string()),
        "token_kind": device.token.as_ref().map(|token| match token {
            DeviceToken::Wifi(_) => "wifi16",
            DeviceToken::Ble(_) => "ble12",
            DeviceToken::Other(_) => "other",
        }),
        "mac": mac(device.mac), "local_ip": device.local_ip, "ssid": device.ssid, "bssid": mac(device.bssid),
        "online": device.online, "connect_type": device.connect_type.map(|kind| kind.0),
        "connect_name": device.connect_type.and_then(ConnectType::name), "parent_did": device.parent_did,
        "uid": device.uid, "fw_version": device.fw_version, "rssi": device.rssi, "shared": device.shared,
        "needs_beaconkey": device.needs_bind_key(), "local_control": device.has_local_control(),
        "server": device.region.name(), "spec_type": device.spec_type, "pd_id": device.product_id,
    })
}

pub fn homes(input: &Fields, expect: &Fields) {
    let user_id = input.text("user_id").to_owned();
    let endpoint = input.text("endpoint");
    let start_id = input.optional_text("start_id").unwrap_or_default().to_owned();
    let page = answer_of(200, input.get("json").expect("JSON")).and_then(|answer| match endpoint {
        "/v2/homeroom/gethome" => Homes { user_id }.read(&answer),
        "/v2/homeroom/gethome_merged" => HomesMerged { user_id }.read(&answer),
        HomeRooms::PATH => HomeRooms { user_id, start_id }.read(&answer),
        "/v2/user/get_device_cnt" => DeviceCount.read(&answer),
        other => panic!("nobody asks {other}"),
    });
    let HomePage { homes, next } = match page {
        Ok(page) => page,
        Err(error) => return check_api_error(&error, expect),
    };
    let expected = expect.get("homes").and_then(Value::as_array).expect("homes");
    assert_eq!(homes.len(), expected.len());
    for (home, expected) in homes.iter().zip(expected) {
        let normal = normal_home(home);
        for (name, value) in expected.as_object().expect("an object") {
            let actual = normal.get(name).unwrap_or_else(|| panic!("nobody knows {name}"));
            assert!(same(value, actual), "{name}: expected {value}, found {actual}");
        }
    }
    let next = next.map_or(
        Value::Null,
        |id| json!({"start_id": id, "endpoint": HomeRooms::PATH}),
    );
    expect.check_if_present("next", next);
}

fn normal_home(home: &Home) -> Value {
    let rooms: Vec<Value> = home
        .rooms
        .iter()
        .map(|room| json!({"room_id": room.id, "name": room.name, "dids": room.dids}))
        .collect();
    json!({
        "home_id": home.id, "owner_uid": home.owner, "name": home.name, "shared": home.shared, "dids": home.dids,
        "rooms": rooms,
    })
}

pub fn did(input: &Fields, expect: &Fields) {
    if let Some(id) = input.optional_text("miio_device_id_hex") {
        let id = u32::from_str_radix(id, 16).expect("hex");
        return expect.check("did", ids::of_miio_device_id(id));
    }
    let did = input.text("did");
    expect.check("kind", DidKind::of(did).name());
    expect.check_if_present(
        "parent_did",
        ids::parent_of_split(did).map_or(Value::Null, Into::into),
    );
}

pub fn merge(input: &Fields, expect: &Fields) {
    let records = input
        .get("candidates")
        .and_then(Value::as_array)
        .expect("candidates");
    let region = |value: &Value| value.as_str().expect("text").parse::<Region>().expect("a region");
    let preferred: Vec<Region> = input
        .value("preferred_servers")
        .and_then(Value::as_array)
        .map(|list| list.iter().map(region).collect())
        .unwrap_or_default();
    let tokens: Vec<Option<DeviceToken>> = records
        .iter()
        .map(|record| DeviceToken::parse(record["token"].as_str().unwrap_or_default()))
        .collect();
    let candidates: Vec<Candidate<'_>> = records
        .iter()
        .zip(&tokens)
        .map(|(record, token)| Candidate {
            did: record["did"].as_str().expect("a did"),
            region: region(&record["server"]),
            token: token.as_ref(),
            online: record["online"] == true,
            has_address: record["local_ip"]
                .as_str()
                .is_some_and(|address| !address.is_empty()),
        })
        .collect();
    let merged: Vec<Value> = rank(&candidates, &preferred)
        .iter()
        .map(|group| {
            let best = &records[group.order[0]];
            let alternatives: Vec<Value> = group
                .alternatives
                .iter()
                .map(|&index| json!({"server": records[index]["server"], "token": records[index]["token"]}))
                .collect();
            let servers: Vec<&Value> = group
                .order
                .iter()
                .map(|&index| &records[index]["server"])
                .collect();
            json!({
                "did": best["did"], "server": best["server"], "token": best["token"],
                "conflict": !alternatives.is_empty(), "alternatives": alternatives, "servers": servers,
            })
        })
        .collect();
    expect.check("merged", merged);
}
