//! Key agreement, key derivation, the encrypted device id.

use mi_auth::{Did, DidKey, LoginRandom, PrivateKey, PublicKey, SessionKeys, SharedSecret, Token};

use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.text("op") {
        "ecdh" => ecdh(input, expect),
        "setup_kdf" => {
            let keys = SharedSecret::new(&input.hex("shared_secret"))
                .unwrap()
                .setup_keys();
            expect.check("token", to_hex(keys.token.expose()));
            expect.check("bind_key", to_hex(keys.bind_key.expose()));
            expect.check("did_key", to_hex(keys.did_key.expose()));
            // Nothing hands out the 20 bytes behind the keys: the rest must be the keys, in this order.
            let used = [
                to_hex(keys.token.expose()),
                to_hex(keys.bind_key.expose()),
                to_hex(keys.did_key.expose()),
            ];
            assert!(expect.text("okm").starts_with(&used.concat()));
        }
        "encrypt_did" => {
            let key = DidKey::new(&input.hex("did_key")).unwrap();
            let did = input.hex("did");
            let ciphertext = encrypt_any(&key, &did);
            if let Ok(did) = <[u8; 20]>::try_from(did) {
                let id = Did::parse(&did);
                assert_eq!(key.decrypt_did(&ciphertext), id);
                assert!(id.is_none_or(|id| key.encrypt_did(&id).as_slice() == ciphertext));
            }
            expect.check("ciphertext", to_hex(&ciphertext));
        }
        "login_kdf" => {
            let token = Token::new(&input.hex("token")).unwrap();
            let keys =
                SessionKeys::derive(&token, &random(input, "app_random"), &random(input, "dev_random"));
            expect.check("dev_key", to_hex(keys.device_key.expose()));
            expect.check("app_key", to_hex(keys.client_key.expose()));
            expect.check("dev_iv", to_hex(&keys.device_iv));
            expect.check("app_iv", to_hex(&keys.client_iv));
            expect.check("dev_confirm", to_hex(&keys.device_confirmation()));
            expect.check("app_confirm", to_hex(&keys.client_confirmation()));
        }
        op => panic!("nobody knows the operation {op}"),
    }
}

/// The crate knows the length of what it encrypts when it is compiled.
fn encrypt_any(key: &DidKey, did: &[u8]) -> Vec<u8> {
    macro_rules! lengths {
        ($($length:literal)*) => {
            match did.len() {
                $($length => key.encrypt::<$length>(did.try_into().unwrap()).collect(),)*
                length => panic!("a device id of {length} bytes"),
            }
        };
    }
    lengths!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24)
}

fn ecdh(input: &Fields, expect: &Fields) {
    let private = PrivateKey::new(&input.hex("private_key").try_into().unwrap()).unwrap();
    match PublicKey::parse(&input.hex("peer_public")) {
        Ok(peer) => {
            assert_eq!(to_hex(&peer.encode()), input.text("peer_public"));
            expect.check("public_key", to_hex(&private.public_key().encode()));
            expect.check("shared_secret", to_hex(private.agree(&peer).expose()));
        }
        // What a handshake makes of it, whatever is wrong with the key.
        Err(_) => expect.check("error", mi_auth::Failure::InvalidPublicKey.name()),
    }
}

fn random(input: &Fields, name: &str) -> LoginRandom {
    let bytes: [u8; 16] = input.hex(name).try_into().unwrap();
    bytes.into()
}
