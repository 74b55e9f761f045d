//! Nonces, keys, signatures, addresses, cookies.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use xiaomi_cloud::session::api_cookies as cookies_of;
use xiaomi_cloud::sign::{self, Signed};
use xiaomi_cloud::{Nonce, Password, Region, SignedNonce, Ssecurity, TrustedUrl};

use super::{Fields, hex, to_hex};

pub fn password_hash(input: &Fields, expect: &Fields) {
    let password = Password::new(input.text("password"));
    expect.check("hash", password.hash());
    assert_eq!(Password::from_hash(&password.hash().to_lowercase()), Ok(password));
}

pub fn nonce(input: &Fields, expect: &Fields) {
    let nonce = nonce_of(input);
    expect.check("minutes", nonce.minutes());
    expect.check("nonce", to_hex(nonce.bytes()));
    expect.check("nonce_b64", nonce.to_base64());
}

pub fn signed_nonce(input: &Fields, expect: &Fields) {
    let key = key_of(input);
    expect.check("signed_nonce", to_hex(key.expose()));
    expect.check("signed_nonce_b64", key.to_base64().as_str());
}

pub fn client_sign(input: &Fields, expect: &Fields) {
    let ssecurity = ssecurity_of(input);
    let signature = xiaomi_cloud::client_sign(input.text("nonce_text"), &ssecurity);
    expect.check("client_sign", signature.as_str());
    // The address itself is made by the login: see the flows. Compared decoded.
    let location = TrustedUrl::parse(input.text("location"), None).expect("a trusted address");
    let expected = expect.text("url");
    let (head, tail) = expected.split_once("clientSign=").expect("a signature");
    assert_eq!(head.trim_end_matches(['?', '&']), location.as_str());
    assert_eq!(
        tail.replace("%2B", "+").replace("%2F", "/").replace("%3D", "="),
        signature
    );
}

pub fn rc4(input: &Fields, expect: &Fields) {
    let mut bytes = input.hex("plain");
    xiaomi_cloud::rc4_drop1024(&input.hex("key"), &mut bytes);
    expect.check("cipher", to_hex(&bytes));
    expect.check_if_present("cipher_b64", STANDARD.encode(&bytes));
}

pub fn sign_path(input: &Fields, expect: &Fields) {
    let url: http::Uri = input.text("url").parse().expect("an address");
    expect.check("path", sign::path(url.path()));
}

pub fn server_url(input: &Fields, expect: &Fields) {
    match input.text("server").parse::<Region>() {
        Ok(region) => expect.check("base_url", region.base_url()),
        Err(_) => expect.check("error", "unknown_server"),
    }
}

pub fn api_cookies(input: &Fields, expect: &Fields) {
    let offset = i32::try_from(input.integer("utc_offset_minutes")).expect("minutes");
    let cookies = cookies_of(
        input.text("user_id"),
        input.text("service_token"),
        input.text("locale"),
        offset,
        input.flag("dst_active"),
    );
    let cookies: serde_json::Map<String, Value> = cookies
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    expect.check("cookies", cookies);
}

pub fn request_rc4(input: &Fields, expect: &Fields) {
    let (url, path) = url_of(input);
    let method = input.optional_text("method").unwrap_or("POST");
    let (data, nonce) = (input.text("data"), nonce_of(input));
    let send = input.value("send_ssecurity").is_some_and(|flag| flag == true);
    let signed = sign::rc4(method, &path, data, &ssecurity_of(input), nonce, send);
    common(&signed, nonce, &url, expect);
    let key = signed.key().to_base64();
    let plain = format!("{method}&{path}&data={data}&{}", *key);
    let hash = signed.rc4_hash().expect("the RC4 form");
    assert_eq!(STANDARD.encode(Sha1::digest(&plain)), hash);
    expect.check_if_present("sign_text_plain", plain);
    expect.check_if_present("rc4_hash_plain", hash);
    let field = |name| signed.field(name).expect("a field");
    let encrypted = format!(
        "{method}&{path}&data={}&rc4_hash__={}&{}",
        field("data"),
        field("rc4_hash__"),
        *key
    );
    assert_eq!(STANDARD.encode(Sha1::digest(&encrypted)), field("signature"));
    expect.check_if_present("sign_text_encrypted", encrypted);
}

pub fn request_plain(input: &Fields, expect: &Fields) {
    let (url, path) = url_of(input);
    let (data, nonce) = (input.text("data"), nonce_of(input));
    let signed = sign::plain(&path, data, &ssecurity_of(input), nonce);
    common(&signed, nonce, &url, expect);
    let text = format!(
        "{path}&{}&{}&data={data}",
        *signed.key().to_base64(),
        nonce.to_base64()
    );
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(signed.key().expose()).expect("any key");
    mac.update(text.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(signed.field("signature"), Some(signature.as_str()));
    expect.check_if_present("sign_text", text);
    expect.check_if_present("signature", signature);
}

fn common(signed: &Signed, nonce: Nonce, url: &str, expect: &Fields) {
    expect.check_if_present("url", url);
    expect.check_if_present("nonce_b64", nonce.to_base64());
    expect.check_if_present("signed_nonce_b64", signed.key().to_base64().as_str());
    let fields: Vec<Value> = signed
        .fields()
        .map(|(name, value)| json!([name, value]))
        .collect();
    expect.check_if_present("fields", fields);
    expect.check_if_present("body", signed.body());
}

/// The whole address, and the path that is signed.
fn url_of(input: &Fields) -> (String, String) {
    let url = match input.optional_text("url") {
        Some(url) => url.to_owned(),
        None => {
            let region: Region = input.text("server").parse().expect("a region");
            format!("{}{}", region.base_url(), input.text("path"))
        }
    };
    let uri: http::Uri = url.parse().expect("an address");
    let path = sign::path(uri.path()).to_owned();
    (url, path)
}

fn nonce_of(input: &Fields) -> Nonce {
    let random: [u8; 8] = hex(input.text("random")).try_into().expect("8 bytes");
    let time = u64::try_from(input.integer("unix_ms")).expect("a time");
    Nonce::new(random, time)
}

pub fn ssecurity_of(input: &Fields) -> Ssecurity {
    input.text("ssecurity_b64").parse().expect("ssecurity")
}

pub fn key_of(input: &Fields) -> SignedNonce {
    let nonce = Nonce::from_base64(input.text("nonce_b64")).expect("a nonce of 12 bytes");
    SignedNonce::new(&ssecurity_of(input), &nonce)
}
