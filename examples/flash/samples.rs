//! Images for simulated devices: real headers and checksums around nothing but the texts that a simulation looks for.

use telink_ota::image::{Declaration, finish};

/// pvvx's firmware, as long as version 5.8 of the real one.
pub(super) fn pvvx(hardware_id: u8, version: &str) -> Vec<u8> {
    image(86_336, &Declaration::pvvx(hardware_id), &format!("\0{version}\0"))
}

/// Stock firmware.
pub(super) fn stock(model: &str, version: &str) -> Vec<u8> {
    image(70_000, &Declaration::stock(), &format!("\0{model}\0{version}\0"))
}

/// atc1441's firmware.
pub(super) fn atc1441() -> Vec<u8> {
    image(60_000, &Declaration::stock(), "\0ATC_\0")
}

fn image(length: usize, declaration: &Declaration, text: &str) -> Vec<u8> {
    // Something that looks like code, with the text where a real image has its own.
    let mut bytes: Vec<u8> = (0..length + 20)
        .map(|place| (place as u8).wrapping_mul(31) ^ (place >> 8) as u8 | 0x80)
        .collect();
    if let Some(place) = bytes.get_mut(64..64 + text.len()) {
        place.copy_from_slice(text.as_bytes());
    }
    let length = finish(&mut bytes, length, declaration).unwrap_or_default();
    bytes.truncate(length);
    bytes
}
