//! Any datagram: parsed or refused, opened or refused, and what is well formed encodes to itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use miio_proto::{Cipher, Frame, HelloReply, PlaintextEnd, Token};

fuzz_target!(|data: &[u8]| {
    let cipher = Cipher::new(&Token::new([0x42; 16]));
    if let Ok(frame) = Frame::parse(data) {
        assert_eq!(frame.length() + frame.trailing, data.len());
        let _ = cipher.open(&frame);
        if let Ok(plaintext) = cipher.decrypt(frame.payload) {
            let datagram = cipher
                .seal(frame.device_id, frame.stamp, &plaintext, PlaintextEnd::Bare)
                .unwrap();
            assert_eq!(&datagram[32..], frame.payload);
            assert_eq!(cipher.open(&Frame::parse(&datagram).unwrap()).unwrap(), plaintext);
        }
    }
    if let Ok(mut reply) = HelloReply::parse(data) {
        reply.trailing = 0;
        assert_eq!(HelloReply::parse(&reply.encode()).unwrap(), reply);
    }
});
