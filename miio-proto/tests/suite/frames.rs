//! Frames, their encryption, and replies to hellos.

use miio_proto::json;
use miio_proto::{
    Cipher, DecryptError, DeviceId, Frame, FrameError, HELLO, HelloReply, PlaintextEnd, Token, TokenField,
};
use serde_json::Value;

use super::{Fields, to_hex};

fn token(input: &Fields) -> Token {
    Token::new(input.hex("token").try_into().expect("16 bytes"))
}

fn frame_error(error: FrameError) -> &'static str {
    match error {
        FrameError::TooShort { .. } => "too_short",
        FrameError::BadMagic { .. } => "bad_magic",
        FrameError::BadLength { .. } => "bad_length",
        FrameError::Truncated { .. } => "truncated",
        FrameError::NotHelloReply { .. } => "not_hello_reply",
        FrameError::HelloRequest => "hello_request",
        other => panic!("unnamed {other:?}"),
    }
}

fn decrypt_error(error: DecryptError) -> &'static str {
    match error {
        DecryptError::NoPayload => "no_payload",
        DecryptError::Checksum => "checksum",
        DecryptError::CiphertextLength { .. } => "bad_ciphertext_length",
        DecryptError::Padding => "bad_padding",
        other => panic!("unnamed {other:?}"),
    }
}

pub fn crypto(input: &Fields, expect: &Fields) {
    let token = token(input);
    let cipher = Cipher::new(&token);
    match input.op() {
        "derive" => {
            let (key, iv) = Cipher::expose_keys(&token);
            expect.check("key", to_hex(&*key));
            expect.check("iv", to_hex(&*iv));
        }
        "encrypt" => expect.check("ciphertext", to_hex(&cipher.encrypt(&input.hex("plaintext")))),
        "decrypt" => match cipher.decrypt(&input.hex("ciphertext")) {
            Ok(plaintext) => expect.check("plaintext", to_hex(&plaintext)),
            Err(error) => expect.check("error", decrypt_error(error)),
        },
        op => panic!("unknown operation {op}"),
    }
}

pub fn encode(input: &Fields, expect: &Fields) {
    let frame = match input.value("kind").and_then(Value::as_str) {
        Some("hello") => HELLO.to_vec(),
        Some("hello_reply") => {
            let token = match input.optional_hex("token") {
                None => TokenField::WithheldZero,
                Some(bytes) if bytes == [0; 16] => TokenField::WithheldZero,
                Some(bytes) if bytes == [0xff; 16] => TokenField::WithheldFf,
                Some(bytes) => TokenField::Disclosed(Token::new(bytes.try_into().expect("16 bytes"))),
            };
            let reply = HelloReply {
                device_id: DeviceId(input.number("device_id")),
                stamp: input.number("stamp"),
                token,
                trailing: 0,
            };
            assert_eq!(HelloReply::parse(&reply.encode()), Ok(reply.clone()));
            reply.encode().to_vec()
        }
        Some(kind) => panic!("unknown kind {kind}"),
        None => {
            let end = if input.flag("append_nul") {
                PlaintextEnd::Nul
            } else {
                PlaintextEnd::Bare
            };
            let (id, stamp) = (DeviceId(input.number("device_id")), input.number("stamp"));
            let cipher = Cipher::new(&token(input));
            cipher
                .seal(id, stamp, input.text("payload").as_bytes(), end)
                .expect("it fits")
        }
    };
    expect.check("frame", to_hex(&frame));
    expect.check("length", frame.len());
}

pub fn decode(input: &Fields, expect: &Fields) {
    let datagram = input.hex("datagram");
    let frame = match Frame::parse(&datagram) {
        Ok(frame) => frame,
        Err(error) => return expect.check("error", frame_error(error)),
    };
    let plaintext = match Cipher::new(&token(input)).open(&frame) {
        Ok(plaintext) => plaintext,
        Err(error) => return expect.check("error", decrypt_error(error)),
    };
    expect.check("length", frame.length());
    expect.check("unknown", format!("{:08x}", frame.unknown));
    expect.check("device_id", frame.device_id.0);
    expect.check("stamp", frame.stamp);
    expect.check("checksum", to_hex(frame.checksum.expose()));
    expect.check("payload_len", frame.payload.len());
    expect.check("trailing", frame.trailing);
    expect.check("plaintext", to_hex(&plaintext));
    match json::decode(&plaintext) {
        Ok(decoded) => {
            expect.check("json", decoded.value);
            let repairs: Vec<_> = decoded.repairs.iter().map(|repair| repair.name()).collect();
            expect.check("repairs", repairs);
        }
        Err(error) => {
            expect.check("json_error", "bad_json");
            let repairs: Vec<_> = error.repairs.iter().map(|repair| repair.name()).collect();
            expect.check_if_present("repairs", repairs);
        }
    }
}

pub fn handshake(input: &Fields, expect: &Fields) {
    let reply = match HelloReply::parse(&input.hex("datagram")) {
        Ok(reply) => reply,
        Err(error) => return expect.check("error", frame_error(error)),
    };
    expect.check("device_id", reply.device_id.0);
    expect.check("device_id_hex", format!("{:x}", reply.device_id));
    expect.check("stamp", reply.stamp);
    expect.check("trailing", reply.trailing);
    let state = match reply.token {
        TokenField::WithheldFf => "withheld_ff",
        TokenField::WithheldZero => "withheld_00",
        TokenField::Disclosed(_) => "disclosed",
    };
    expect.check("token_state", state);
    expect.check("token", reply.token.token().map(|token| to_hex(token.expose())));
}
