//! Wi-Fi: keys, the RSN element, what access points answer, logs and what they mean.

use openbeken::wifi::{
    AccessPoint, Authentication, CipherScope, Code, ConnectParam, FirmwareStatus, JoinOutcome, Known,
    LogEvent, Passphrase, PassphraseKind, Pmk, PmkidAkm, Rsne, Station, Suite, diagnose, sae_pmkid,
};
use serde_json::{Value, json};

use super::{Fields, to_hex};

pub fn keys(input: &Fields, expect: &Fields) {
    match input.op() {
        "pmk" => {
            let passphrase = Passphrase::new(&input.hex("passphrase_hex")).unwrap();
            expect.check("pmk", to_hex(passphrase.pmk(&input.hex("ssid_hex")).expose()));
        }
        "pmkid" => {
            let pmk = Pmk::new(input.hex("pmk").try_into().unwrap());
            let akm = if input.integer("akm") == 2 {
                PmkidAkm::Sha1
            } else {
                PmkidAkm::Sha256
            };
            let (aa, spa) = (
                input.hex("aa").try_into().unwrap(),
                input.hex("spa").try_into().unwrap(),
            );
            expect.check("pmkid", to_hex(&pmk.pmkid(akm, aa, spa)));
        }
        "sae_pmkid" => {
            // Numbers, whose digits need not be even.
            let number = |name: &str| {
                let digits = input.text(name);
                super::hex(&if digits.len().is_multiple_of(2) {
                    digits.to_owned()
                } else {
                    format!("0{digits}")
                })
            };
            let id = sae_pmkid(&number("own_scalar"), &number("peer_scalar"), &number("order"));
            expect.check("pmkid", to_hex(&id.unwrap()));
        }
        "psk_kind" => expect.check("kind", PassphraseKind::of(&input.hex("key_hex")).name()),
        "rsne_parse" => {
            let bytes = input.hex("hex");
            let rsne = Rsne::parse(&bytes).unwrap();
            assert_eq!(Rsne::parse(&rsne.encode()), Ok(rsne.clone()));
            let numbers = |suites: &Option<Vec<Suite>>| -> Vec<u8> {
                suites.iter().flatten().map(|suite| suite.number()).collect()
            };
            expect.check_exactly(&json!({
                "version": 1,
                "group_cipher": rsne.group_cipher.map(Suite::number),
                "pairwise": numbers(&rsne.pairwise),
                "akms": numbers(&rsne.akms),
                "mfp_required": rsne.mfp_required(),
                "mfp_capable": rsne.mfp_capable(),
                "pmkids": rsne.pmkids.iter().flatten().map(|id| to_hex(id)).collect::<Vec<_>>(),
                "group_mgmt_cipher": rsne.group_management.map(Suite::number),
            }));
        }
        "rsne_error" => expect.check("error", Rsne::parse(&input.hex("hex")).unwrap_err().name()),
        "join_outcome" => join_outcome(input, expect),
        op => panic!("unknown operation {op}"),
    }
}

fn join_outcome(input: &Fields, expect: &Fields) {
    let (ap, station) = (input.value("ap").unwrap(), input.value("station").unwrap());
    let suite = |value: &Value| Suite::standard(u8::try_from(value.as_u64().unwrap()).unwrap());
    let akms: Vec<Suite> = ap["akms"].as_array().unwrap().iter().map(suite).collect();
    let access_point = AccessPoint {
        akms: &akms,
        mfp_capable: ap["mfpc"].as_bool().unwrap(),
        mfp_required: ap["mfpr"].as_bool().unwrap(),
    };
    let authentication = match station["auth"].as_str().unwrap() {
        "open" => Authentication::Open,
        "sae" => Authentication::Sae,
        _ => Authentication::Other(u16::MAX),
    };
    let outcome = access_point.answer(&Station {
        akm: suite(&station["akm"]),
        mfp_capable: station["mfpc"].as_bool().unwrap(),
        mfp_required: station["mfpr"].as_bool().unwrap(),
        authentication,
        cached_key: station["pmksa"].as_bool().unwrap(),
    });
    expect.check_exactly(&match outcome {
        JoinOutcome::Associated => json!({ "result": "associated" }),
        JoinOutcome::StationRefuses => json!({ "result": "station_refuses" }),
        JoinOutcome::Status(status) => json!({ "result": "status", "status": status }),
        other => panic!("{other:?}"),
    });
}

pub fn log(input: &Fields, expect: &Fields) {
    match input.op() {
        "parse_line" => {
            let mut found = describe(&LogEvent::parse(input.text("line")));
            respell(&mut found, expect);
            expect.check_exactly(&found);
        }
        "diagnose" => {
            let diagnosis = diagnose(input.text("log"), &Known::default());
            expect.check("cause", diagnosis.cause().name());
            let remedies: Vec<&str> = diagnosis.remedies().iter().map(|remedy| remedy.name()).collect();
            expect.check("remedies", remedies);
            for (name, value) in [
                ("status", Value::from(diagnosis.status)),
                (
                    "fw_status",
                    diagnosis.firmware_status.map(FirmwareStatus::code).into(),
                ),
                ("bk_status", diagnosis.bk_status.into()),
                ("wpa3", diagnosis.wpa3.into()),
                ("pmf_required", diagnosis.pmf_required.into()),
            ] {
                if value.is_null() {
                    assert!(expect.value(name).is_none(), "{name} was not found");
                } else {
                    expect.check(name, value);
                }
            }
        }
        "status_code" => expect.check("name", Code::status(input.number("code")).map(|code| code.name)),
        "reason_code" => expect.check("name", Code::reason(input.number("code")).map(|code| code.name)),
        op => panic!("unknown operation {op}"),
    }
}

/// Members whose names the specification leaves open, and a time that may be given in whole seconds.
fn respell(found: &mut Value, expect: &Fields) {
    match found["event"].as_str() {
        Some("ap_tsf") => {
            expect.respell(
                found,
                &["us", "tsf_us", "timestamp_us", "microseconds", "tsf", "timestamp"],
            );
            if expect.value("ap_uptime_s").is_some_and(Value::is_u64) {
                found["ap_uptime_s"] = (found["ap_uptime_s"].as_f64().unwrap() as u64).into();
            }
        }
        Some("bk_scan_rssi") => expect.respell(found, &["limit", "threshold", "min_rssi", "min", "best"]),
        Some("connect_param")
            if found["key"] == "dhcp_status" && expect.value("key") == Some(&"dhcp".into()) =>
        {
            found["key"] = "dhcp".into();
        }
        _ => {}
    }
}

fn describe(event: &LogEvent) -> Value {
    let mut found = match event {
        LogEvent::StateChange { from, to } => json!({ "event": "state_change", "from": from, "to": to }),
        LogEvent::StateEnter { state } => json!({ "event": "state_enter", "state": state }),
        LogEvent::StateExit { state } => json!({ "event": "state_exit", "state": state }),
        LogEvent::Retry => json!({ "event": "retry" }),
        LogEvent::ConnectParamsBegin => json!({ "event": "connect_params_begin" }),
        LogEvent::ConnectParam(parameter) => {
            let (key, value): (_, Value) = describe_parameter(parameter);
            json!({ "event": "connect_param", "key": key, "value": value })
        }
        LogEvent::DhcpTimeout => json!({ "event": "dhcp_timeout" }),
        LogEvent::AppEvent { name, code, time_ms } => {
            let mut found = json!({ "event": "app_event", "name": name });
            if let Some(code) = code {
                found["code"] = (*code).into();
                found["benign"] = (*code != 5).into();
            }
            if let Some(time) = time_ms {
                found["time_ms"] = (*time).into();
            }
            found
        }
        LogEvent::Disconnect {
            time_ms,
            reason,
            status,
        } => json!({
            "event": "app_event", "name": "disconnect", "time_ms": time_ms, "reason": reason,
            "fw_status": status.map(FirmwareStatus::code),
        }),
        LogEvent::ApCiphers {
            scope,
            ccmp,
            tkip,
            wep104,
            wep40,
        } => {
            let scope = match scope {
                CipherScope::Pairwise => "pairwise",
                CipherScope::Group => "group",
            };
            json!({ "event": "ap_ciphers", "scope": scope, "ccmp": ccmp, "tkip": tkip, "wep104": wep104, "wep40": wep40 })
        }
        LogEvent::ApPmf { required } => json!({ "event": "ap_pmf", "required": required }),
        LogEvent::ApSecurity { wep, wpa, wpa2, wpa3 } => {
            json!({ "event": "ap_security", "wep": wep, "wpa": wpa, "wpa2": wpa2, "wpa3": wpa3 })
        }
        LogEvent::ApTsf { microseconds } => {
            json!({ "event": "ap_tsf", "us": microseconds, "ap_uptime_s": *microseconds as f64 / 1e6 })
        }
        LogEvent::AssociationFailure { status } => json!({ "event": "assoc_failure", "status": status }),
        LogEvent::SsidSearch { ssid } => json!({ "event": "ssid_lookup", "ssid": ssid }),
        LogEvent::SsidLookup { index } => json!({ "event": "ssid_lookup", "index": index }),
        LogEvent::FirmwareStatus { code } => json!({ "event": "fw_status", "code": code }),
        LogEvent::FirmwareReason { code } => json!({ "event": "fw_reason", "code": code }),
        LogEvent::FirmwareResult { code, text } => {
            json!({ "event": "fw_result", "code": code.map(FirmwareStatus::code), "text": text })
        }
        LogEvent::ObkWifi { status, code } => json!({ "event": "obk_wifi", "status": status, "code": code }),
        LogEvent::ObkTick(tick) => json!({
            "event": "obk_tick", "uptime_s": tick.uptime_s, "idle_per_s": tick.idle_per_s, "free_heap": tick.free_heap,
            "mqtt_connected": tick.mqtt_connected, "mqtt_attempts": tick.mqtt_attempts, "wifi": tick.wifi,
            "no_ping_s": tick.no_ping_s, "sockets_used": tick.sockets_used, "sockets_max": tick.sockets_max,
        }),
        LogEvent::Unknown => json!({ "event": "unknown" }),
        other => describe_more(other),
    };
    // A time that isn't there has no field.
    if let Some(object) = found.as_object_mut() {
        object.retain(|name, value| !(name == "time_ms" && value.is_null()));
    }
    found
}

fn describe_more(event: &LogEvent) -> Value {
    match event {
        LogEvent::ObkConnecting { ssid } => json!({ "event": "obk_connecting", "ssid": ssid }),
        LogEvent::BkStatus { code, name } => json!({ "event": "bk_status", "code": code, "name": name }),
        LogEvent::BkScanRssi { rssi, limit } => {
            json!({ "event": "bk_scan_rssi", "rssi": rssi, "limit": limit })
        }
        LogEvent::BkAuthSend { seq } => json!({ "event": "bk_auth_send", "seq": seq }),
        LogEvent::BkAssociationResponse => json!({ "event": "bk_assoc_response" }),
        LogEvent::BkBssid { bssid } => json!({ "event": "bk_bssid", "bssid": to_hex(bssid) }),
        LogEvent::ObkLog { level, feature, text } => {
            json!({ "event": "obk_log", "level": level, "feature": feature, "text": text })
        }
        other => panic!("{other:?}"),
    }
}

fn describe_parameter(parameter: &ConnectParam) -> (&'static str, Value) {
    let secret = |secret: &openbeken::Secret| String::from_utf8_lossy(secret.expose()).into_owned().into();
    match parameter {
        ConnectParam::Ssid(ssid) => ("ssid", ssid.clone().into()),
        ConnectParam::SsidLength(length) => ("ssid_len", (*length).into()),
        ConnectParam::Psk(psk) => ("psk", secret(psk)),
        ConnectParam::PskLength(length) => ("psk_len", (*length).into()),
        ConnectParam::Passphrase(passphrase) => ("passphrase", secret(passphrase)),
        ConnectParam::PassphraseLength(length) => ("passphrase_len", (*length).into()),
        ConnectParam::PmkLength(length) => ("pmk_len", (*length).into()),
        ConnectParam::Bssid(bssid) => ("bssid", to_hex(bssid).into()),
        ConnectParam::Flags(flags) => ("flags", (*flags).into()),
        ConnectParam::Frequency(frequency) => ("freq", (*frequency).into()),
        ConnectParam::Dhcp(on) => ("dhcp_status", (*on).into()),
        other => panic!("{other:?}"),
    }
}
