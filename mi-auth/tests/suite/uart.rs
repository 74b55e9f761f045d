//! The encrypted channel.

use mi_auth::SessionKey;
use mi_auth::uart::{Encryptor, Reassembler, checksum, decrypt};

use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.text("op") {
        "uart_encrypt" => {
            let counter = input.integer("counter").try_into().unwrap();
            let mut encryptor = Encryptor::starting_at(key(input), iv(input), counter);
            let tail = input.hex("random_tail").try_into().unwrap();
            let packet = encryptor.encrypt(&input.hex("message"), tail).unwrap();
            expect.check("bytes", to_hex(&packet));

            let high = (counter >> 16) as u16;
            let message = decrypt(&key(input), iv(input), &packet, high).unwrap();
            assert_eq!(message.plain(), &input.hex("message")[3..]);
            assert_eq!(message.counter, counter);
        }
        "uart_decrypt" => {
            let high = input.integer("counter_high").try_into().unwrap();
            let packet = input.hex("bytes");
            match decrypt(&key(input), iv(input), &packet, high) {
                Ok(message) => {
                    expect.check("size", message.size);
                    expect.check("counter", message.counter);
                    expect.check("plain", to_hex(message.plain()));
                    expect.check("random_tail", to_hex(&message.random()));

                    let mut reassembler = Reassembler::new();
                    let whole = packet.chunks(20).find_map(|piece| reassembler.push(piece));
                    assert_eq!(whole.as_deref(), Some(packet.as_slice()));
                }
                Err(error) => expect.check("error", error.name()),
            }
        }
        "uart_checksum" => expect.check("wire", to_hex(&checksum(&input.hex("data")))),
        op => panic!("nobody knows the operation {op}"),
    }
}

fn key(input: &Fields) -> SessionKey {
    SessionKey::new(&input.hex("key")).unwrap()
}

fn iv(input: &Fields) -> [u8; 4] {
    input.hex("iv").try_into().unwrap()
}
