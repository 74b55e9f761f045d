//! The encrypted channel: key, IV, and what comes in pieces. What decrypts encrypts to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mi_auth::SessionKey;
use mi_auth::uart::{Decryptor, Encryptor, Reassembler, decrypt};

fuzz_target!(|bytes: &[u8]| {
    let Some((key, rest)) = bytes.split_first_chunk::<16>() else {
        return;
    };
    let Some((&iv, rest)) = rest.split_first_chunk::<4>() else {
        return;
    };
    let key = SessionKey::from(*key);
    if let Ok(message) = decrypt(&key, iv, rest, 0)
        && message.plain().len() == usize::from(message.size) + 1
    {
        let plain = [&[0x55, 0xaa, message.size], message.plain()].concat();
        let mut encryptor = Encryptor::starting_at(key.clone(), iv, message.counter);
        let packet = encryptor.encrypt(&plain, message.random()).expect("a message");
        assert_eq!(packet.as_slice(), rest);
    }
    round_trip(key, iv, rest);
    let mut reassembler = Reassembler::new();
    for piece in rest.chunks(20) {
        if let Some(packet) = reassembler.push(piece) {
            assert_eq!(packet.len(), usize::from(packet[2]) + 16);
        }
    }
});

fn round_trip(key: SessionKey, iv: [u8; 4], content: &[u8]) {
    let Some(size) = content
        .len()
        .checked_sub(1)
        .and_then(|size| u8::try_from(size).ok())
    else {
        return;
    };
    let plain = [&[0x55, 0xaa, size], content].concat();
    let mut encryptor = Encryptor::starting_at(key.clone(), iv, 0xffff);
    let mut decryptor = Decryptor::new(key, iv);
    for _ in 0..2 {
        let packet = encryptor.encrypt(&plain, [1, 2, 3, 4]).expect("a message");
        let mut reassembler = Reassembler::new();
        let whole = packet
            .chunks(20)
            .find_map(|piece| reassembler.push(piece))
            .expect("whole");
        assert_eq!(
            decryptor.decrypt(&whole).expect("the first time").plain(),
            content
        );
        assert!(decryptor.decrypt(&whole).is_err(), "a replay");
    }
}
