//! What a person types: tokens, bind keys, device ids.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mi_auth::{BindKey, Did, KeyError, Token};

fuzz_target!(|text: &str| {
    match text.parse::<Token>() {
        Ok(token) => assert_eq!(hex(token.expose()), text.trim().to_ascii_lowercase()),
        Err(error) => {
            assert!(error.help().is_some());
            assert_eq!(
                error == KeyError::BindKeyForToken,
                text.parse::<BindKey>().is_ok()
            );
        }
    }
    match text.parse::<BindKey>() {
        Ok(key) => assert_eq!(hex(key.expose()), text.trim().to_ascii_lowercase()),
        Err(error) => assert_eq!(error == KeyError::TokenForBindKey, text.parse::<Token>().is_ok()),
    }
    if let Ok(did) = text.parse::<Did>() {
        assert_eq!(did.as_str(), text);
        assert_eq!(Did::parse(&did.encode()), Some(did));
    }
});

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
