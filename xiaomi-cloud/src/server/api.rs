//! The API: signatures are checked, answers encrypted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Response;
use serde_json::{Value, json};
use std::io::Write;
use subtle::ConstantTimeEq;

use super::fault::Fault;
use super::home::FakeRegion;
use super::{Cloud, Expiry, Incoming, MAP_HOST, Reply, Scenario, set};
use crate::crypto::{Nonce, SignedNonce};
use crate::json;
use crate::region::Region;
use crate::secret::Ssecurity;
use crate::sign;

impl Cloud {
    pub(super) fn api(&mut self, region: Region, incoming: &Incoming) -> Response<Bytes> {
        let opened = self.open(incoming);
        let (data, key) = match opened {
            Ok(opened) => opened,
            Err(response) => return *response,
        };
        let seal = Seal {
            key,
            encrypt: incoming.headers.get("miot-encrypt-algorithm").is_some(),
            pack: incoming
                .headers
                .get("miot-accept-encoding")
                .is_some_and(|coding| coding == "GZIP"),
        };
        if let Some(fault) = self.faults.pop_front() {
            return seal.spoiled(&fault);
        }
        let path = sign::path(&incoming.path);
        let here = self.regions.entry(region).or_default();
        let answer = match here.answer(path, &data, &self.scenario) {
            Ok(result) => json!({"code": 0, "message": "ok", "result": result}),
            Err(Refused::Code(code, message)) => json!({"code": code, "message": message, "result": null}),
            Err(Refused::Device(code, message)) => {
                json!({"code": 0, "message": "ok", "error": {"code": code, "message": message}})
            }
        };
        seal.answer(answer.to_string().as_bytes())
    }

    /// Checks token, nonce and signature, and decrypts the parameters.
    fn open(&mut self, incoming: &Incoming) -> Result<(Value, SignedNonce), Box<Response<Bytes>>> {
        let refused = |message: &str| {
            Box::new(Reply::new(200).body(json!({"code": 0, "message": message}).to_string()))
        };
        let Some(token) = self.tokens.get_mut(incoming.cookie("serviceToken")) else {
            return Err(Box::new(expired(self.scenario.expiry)));
        };
        token.calls += 1;
        let used_up = self
            .scenario
            .calls_per_token
            .is_some_and(|calls| token.calls > calls);
        if token.expired || used_up || incoming.cookie("userId") != self.account.user_id {
            token.expired = true;
            return Err(Box::new(expired(self.scenario.expiry)));
        }
        let nonce =
            Nonce::from_base64(incoming.field("_nonce")).ok_or_else(|| refused("invalid signature"))?;
        let minutes = u32::try_from(incoming.now.as_secs() / 60).unwrap_or(u32::MAX);
        let fresh = nonce.minutes().abs_diff(minutes) <= self.scenario.clock_tolerance;
        // A nonce counts once: what was recorded can't be played again.
        if !fresh || !self.nonces.insert(nonce.bytes().to_vec()) {
            return Err(refused("invalid signature"));
        }
        let data = verified(incoming, &token.ssecurity, nonce).ok_or_else(|| refused("invalid signature"))?;
        let data = serde_json::from_str(&data).map_err(|_| {
            Box::new(Reply::new(200).body(r#"{"code":-8,"message":"data type not valid","result":null}"#))
        })?;
        Ok((data, SignedNonce::new(&token.ssecurity, &nonce)))
    }
}

/// The parameters, if the signature fits.
fn verified(incoming: &Incoming, ssecurity: &Ssecurity, nonce: Nonce) -> Option<String> {
    let path = sign::path(&incoming.path);
    if incoming.fields.contains_key("rc4_hash__") {
        let mut data = STANDARD.decode(incoming.field("data")).ok()?;
        SignedNonce::new(ssecurity, &nonce).apply(&mut data);
        let data = String::from_utf8(data).ok()?;
        let expected = sign::rc4(incoming.method.as_str(), path, &data, ssecurity, nonce, false);
        let same = ["data", "rc4_hash__", "signature"].iter().all(|name| {
            let field = expected.field(name).unwrap_or_default();
            field.as_bytes().ct_eq(incoming.field(name).as_bytes()).into()
        });
        return same.then_some(data);
    }
    let data = incoming.field("data");
    let expected = sign::plain(path, data, ssecurity, nonce);
    let signature = expected.field("signature").unwrap_or_default();
    bool::from(signature.as_bytes().ct_eq(incoming.field("signature").as_bytes())).then(|| data.to_owned())
}

fn expired(expiry: Expiry) -> Response<Bytes> {
    match expiry {
        Expiry::Code3 => Reply::new(200).body(r#"{"code":3,"message":"auth err"}"#),
        Expiry::Status401 => Reply::new(401).body(""),
        Expiry::Message => Reply::new(200).body(r#"{"code":0,"message":"SERVICETOKEN_EXPIRED"}"#),
    }
}

/// How answers to one request are written.
struct Seal {
    key: SignedNonce,
    encrypt: bool,
    pack: bool,
}

impl Seal {
    fn answer(&self, plain: &[u8]) -> Response<Bytes> {
        if !self.encrypt {
            return Reply::new(200).body(plain.to_vec());
        }
        let mut bytes = if self.pack { packed(plain) } else { plain.to_vec() };
        self.key.apply(&mut bytes);
        Reply::new(200)
            .header("content-type", "text/plain; charset=utf-8")
            .body(STANDARD.encode(bytes))
    }

    fn spoiled(&self, fault: &Fault) -> Response<Bytes> {
        let plain = br#"{"code":0,"message":"ok","result":{"list":[]}}"#;
        let sealed = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            self.key.apply(&mut bytes);
            Reply::new(200).body(STANDARD.encode(bytes))
        };
        match fault {
            Fault::Html => Reply::new(200).body("<!DOCTYPE html><html>proxy</html>"),
            Fault::Empty => Reply::new(200).body(""),
            Fault::Huge(bytes) => Reply::new(200).body(vec![b'A'; *bytes]),
            Fault::Truncated => {
                let body = sealed(plain).into_body();
                Reply::new(200).body(body.slice(..body.len() / 2 / 4 * 4))
            }
            Fault::WrongKey => {
                let mut bytes = plain.to_vec();
                crate::crypto::rc4_drop1024(b"another key", &mut bytes);
                Reply::new(200).body(STANDARD.encode(bytes))
            }
            Fault::BrokenGzip => {
                let bytes = packed(plain);
                sealed(bytes.get(..bytes.len() / 2).unwrap_or_default())
            }
            Fault::Bomb(bytes) => sealed(&packed(&vec![b' '; *bytes])),
            Fault::NotText => sealed(b"{\"code\":0,\"result\":\"\xff\"}"),
            Fault::List => sealed(b"[1]"),
            Fault::Status(status) => Reply::new(*status).body("<html>error</html>"),
            Fault::Busy(status, seconds) => Reply::new(*status)
                .header("retry-after", &seconds.to_string())
                .body(""),
            Fault::Code(code, message) => sealed(
                json!({"code": code, "message": message, "result": null})
                    .to_string()
                    .as_bytes(),
            ),
            Fault::InvalidSignature => Reply::new(200).body(r#"{"code":0,"message":"invalid signature"}"#),
            Fault::Result(result) => sealed(format!("{{\"code\":0,\"result\":{result}}}").as_bytes()),
        }
    }
}

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory doesn't fail.
    let _ = packer.write_all(plain);
    packer.finish().unwrap_or_default()
}

/// Why a call isn't answered with a result.
enum Refused {
    Code(i64, &'static str),
    Device(i64, &'static str),
}

const BAD_DATA: Refused = Refused::Code(-8, "data type not valid");
const UNKNOWN_DEVICE: Refused = Refused::Code(-8, "device id unkown");

impl FakeRegion {
    fn answer(&mut self, path: &str, data: &Value, scenario: &Scenario) -> Result<Value, Refused> {
        match path {
            "/v2/message/v2/check_new_msg" => Ok(json!({"new_msg": false})),
            "/home/device_list" => {
                let wanted = data.get("dids").and_then(Value::as_array);
                let fits =
                    |device: &&Value| wanted.is_none_or(|dids| dids.iter().any(|did| *did == device["did"]));
                let list: Vec<&Value> = self.listed().filter(fits).collect();
                Ok(json!({"list": list}))
            }
            "/v2/home/device_list_page" => {
                let (page, more, last) = page(self.listed(), data, scenario);
                Ok(json!({"list": page, "has_more": more, "next_start_did": last}))
            }
            "/v2/homeroom/gethome" => Ok(json!({
                "homelist": self.homes(false), "share_home_list": self.homes(true), "has_more": false, "max_id": "",
            })),
            "/v2/homeroom/gethome_merged" => {
                let mut homes = self.homes(false);
                homes.extend(self.homes(true));
                Ok(json!({"homelist": homes, "has_more": false, "max_id": ""}))
            }
            "/v2/homeroom/get_dev_room_page" => Ok(json!({"info": [], "has_more": false, "max_id": ""})),
            "/v2/home/home_device_list" => self.home_devices(data, scenario),
            "/v2/user/get_device_cnt" => {
                let shared: Vec<Value> = self
                    .homes
                    .iter()
                    .filter(|home| home.shared)
                    .map(|home| json!({"home_id": home.id, "home_owner": home.owner}))
                    .collect();
                let shared = if shared.is_empty() {
                    Value::Null
                } else {
                    shared.into()
                };
                Ok(json!({"own": {"own_count": self.devices.len()}, "share": {"share_family": shared}}))
            }
            "/v2/device/blt_get_beaconkey" => self.bind_key(data),
            "/miotspec/prop/get" => self.get_properties(data),
            "/miotspec/prop/set" => self.set_properties(data, scenario),
            "/miotspec/action" => {
                let params = data
                    .get("params")
                    .filter(|params| params.is_object())
                    .ok_or(BAD_DATA)?;
                let known = self.has(text(params, "did")?);
                let code = if known { 0 } else { -704_042_001 };
                Ok(json!({
                    "did": params["did"], "siid": params["siid"], "aiid": params["aiid"], "code": code, "out": [],
                }))
            }
            "/home/getmapfileurl" | "/v2/home/get_interim_file_url" | "/v2/home/get_interim_file_url_pro" => {
                let name = text(data, "obj_name")?;
                match &scenario.map_endpoint {
                    Some(endpoint) if endpoint != path => Err(BAD_DATA),
                    _ => Ok(json!({"url": format!("https://{MAP_HOST}/map?sig=fake&length={}", name.len())})),
                }
            }
            "/user/get_user_device_data" => {
                let key = (text(data, "did")?.to_owned(), text(data, "key")?.to_owned());
                Ok(self.history.get(&key).cloned().unwrap_or_default().into())
            }
            _ => match path
                .strip_prefix("/home/rpc/")
                .or_else(|| path.strip_prefix("/v2/home/rpc/"))
            {
                Some(did) => self.rpc(did, data),
                None => Err(Refused::Code(-8, "invalid param")),
            },
        }
    }

    /// The devices of the account's own list.
    fn listed(&self) -> impl Iterator<Item = &Value> {
        self.devices.iter().filter(|device| {
            let did = device["did"].as_str().unwrap_or_default();
            !self.homes.iter().any(|home| home.hidden && home.has(did))
        })
    }

    fn homes(&self, shared: bool) -> Vec<Value> {
        self.homes
            .iter()
            .filter(|home| home.shared == shared)
            .map(super::FakeHome::record)
            .collect()
    }

    fn home_devices(&self, data: &Value, scenario: &Scenario) -> Result<Value, Refused> {
        // Texts instead of numbers are the usual mistake.
        let number = |name| data.get(name).and_then(Value::as_u64).ok_or(BAD_DATA);
        let (id, owner) = (number("home_id")?, number("home_owner")?);
        let home = self
            .homes
            .iter()
            .find(|home| home.id == id && home.owner == owner)
            .ok_or(BAD_DATA)?;
        let devices = self
            .devices
            .iter()
            .filter(|device| home.has(device["did"].as_str().unwrap_or_default()));
        let (page, more, last) = page(devices, data, scenario);
        let page = if page.is_empty() { Value::Null } else { json!(page) };
        Ok(json!({"device_info": page, "has_more": more, "max_did": last}))
    }

    fn bind_key(&self, data: &Value) -> Result<Value, Refused> {
        if data.get("pdid").and_then(Value::as_i64) != Some(1) {
            return Err(BAD_DATA);
        }
        let did = text(data, "did")?;
        match self.keys.get(did) {
            Some(Value::Null) => Ok(json!({})),
            Some(key) => Ok(json!({"beaconkey": key})),
            None if self.has(did) => Ok(json!({"beaconkey": ""})),
            None => Err(UNKNOWN_DEVICE),
        }
    }

    fn get_properties(&self, data: &Value) -> Result<Value, Refused> {
        let items = data.get("params").and_then(Value::as_array).ok_or(BAD_DATA)?;
        items
            .iter()
            .map(|item| {
                let (did, siid, piid) = property(item)?;
                let mut answer = json!({"did": did, "siid": siid, "piid": piid});
                match self.properties.get(&(did, siid, piid)) {
                    Some(value) => {
                        set(&mut answer, "value", value.clone());
                        set(&mut answer, "code", 0);
                        set(&mut answer, "updateTime", 1_763_629_200);
                    }
                    None => set(&mut answer, "code", -704_040_003),
                }
                Ok(answer)
            })
            .collect()
    }

    fn set_properties(&mut self, data: &Value, scenario: &Scenario) -> Result<Value, Refused> {
        let items = data.get("params").and_then(Value::as_array).ok_or(BAD_DATA)?;
        items
            .iter()
            .map(|item| {
                let (did, siid, piid) = property(item)?;
                let value = item.get("value").ok_or(BAD_DATA)?;
                let slot = self.properties.get_mut(&(did.clone(), siid, piid));
                let code = match slot {
                    Some(slot) => {
                        slot.clone_from(value);
                        i64::from(scenario.sets_are_accepted)
                    }
                    None => -704_040_003,
                };
                Ok(json!({"did": did, "siid": siid, "piid": piid, "code": code}))
            })
            .collect()
    }

    fn rpc(&self, did: &str, data: &Value) -> Result<Value, Refused> {
        let device = self
            .devices
            .iter()
            .find(|device| device["did"] == did)
            .ok_or(UNKNOWN_DEVICE)?;
        if device["isOnline"] != true {
            return Err(Refused::Device(-9999, "user ack timeout"));
        }
        let method = text(data, "method")?;
        let known = self.results.get(&(did.to_owned(), method.to_owned()));
        Ok(known.cloned().unwrap_or_else(|| json!(["ok"])))
    }

    fn has(&self, did: &str) -> bool {
        self.devices.iter().any(|device| device["did"] == did)
    }
}

fn text<'a>(data: &'a Value, name: &str) -> Result<&'a str, Refused> {
    data.get(name).and_then(Value::as_str).ok_or(BAD_DATA)
}

fn property(item: &Value) -> Result<(String, u32, u32), Refused> {
    let number = |name| {
        item.get(name)
            .and_then(Value::as_u64)
            .and_then(|number| u32::try_from(number).ok())
    };
    let did = text(item, "did")?.to_owned();
    Ok((
        did,
        number("siid").ok_or(BAD_DATA)?,
        number("piid").ok_or(BAD_DATA)?,
    ))
}

/// A page after `start_did`, whether there is more, and its last id.
fn page<'a>(
    devices: impl Iterator<Item = &'a Value>,
    data: &Value,
    scenario: &Scenario,
) -> (Vec<&'a Value>, bool, String) {
    let did = |device: &Value| json::value_text(&device["did"]).unwrap_or_default();
    let start = data.get("start_did").and_then(Value::as_str).unwrap_or_default();
    let limit = data
        .get("limit")
        .and_then(Value::as_u64)
        .and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(usize::MAX).min(scenario.page).max(1);
    let mut rest = devices
        .skip_while(|device| !start.is_empty() && did(device) != start)
        .peekable();
    if !start.is_empty() {
        rest.next();
    }
    let page: Vec<&Value> = rest.by_ref().take(limit).collect();
    let more = rest.peek().is_some();
    let last = page
        .last()
        .filter(|_| more)
        .map(|device| did(device))
        .unwrap_or_default();
    (page, more, last)
}
