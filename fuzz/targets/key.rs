//! What a person types or a file holds: bind keys as text, and decimals of any size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mibeacon::{BindKey, Decimal};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = core::str::from_utf8(bytes) {
        check_text(text);
    }
    if let Ok(key) = BindKey::new(bytes) {
        assert_eq!(key.expose(), bytes);
    }
    if let Some((&mantissa, [exponent, ..])) = bytes.split_first_chunk::<8>() {
        check_decimal(Decimal::new(i64::from_le_bytes(mantissa), exponent.cast_signed()));
        check_double(f64::from_le_bytes(mantissa));
    }
    if let Some((&single, _)) = bytes.split_first_chunk::<4>() {
        check_single(f32::from_le_bytes(single));
    }
});

/// Text that is accepted is exactly the hex form of the key.
fn check_text(text: &str) {
    match text.parse::<BindKey>() {
        Ok(key) => {
            let hex: String = key.expose().iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, text.trim().to_ascii_lowercase());
            assert_eq!(format!("{key:?}"), "BindKey(..)");
        }
        Err(error) => assert!(error.help().is_some()),
    }
}

/// A decimal prints, equals itself in its own units, and is an integer only where its text is one.
fn check_decimal(value: Decimal) {
    let text = value.to_string();
    assert_eq!(value.rescaled(value.exponent()), Some(value.mantissa()));
    assert!(value.to_f64().is_finite());
    if let Some(integer) = value.to_i64() {
        let whole = text.split('.').next().unwrap_or_default();
        assert_eq!(whole.parse(), Ok(integer), "{text}");
    }
}

/// The shortest decimal of a double reads back as the same double.
fn check_double(value: f64) {
    if let Some(decimal) = Decimal::from_f64(value) {
        assert_eq!(decimal.to_string().parse(), Ok(value));
    }
}

/// The shortest decimal of a float reads back as the same float.
fn check_single(value: f32) {
    match Decimal::from_f32(value) {
        Some(decimal) => assert_eq!(decimal.to_string().parse(), Ok(value)),
        None => assert!(!value.is_finite(), "{value:e} has no decimal"),
    }
}
