//! The floor: what the cipher alone takes for the bytes of an advertisement.

use std::hint::black_box;

use aes::Aes128Enc;
use aes::cipher::{Block, BlockCipherEncrypt, KeyInit};
use benches::adverts::{Advert, Form};
use ccm::aead::AeadInOut;
use ccm::aead::array::ArraySize;
use ccm::aead::inout::InOutBuf;
use ccm::consts::{U4, U11, U12, U13};
use ccm::{Ccm, NonceSize};
use mibeacon::frame::{Body, Frame, Nonce};
use mibeacon::{MacAddr6, atc, bthome};

/// Decryption with RustCrypto's `ccm`, key schedule and nonces ready.
pub(crate) fn ccm(form: Form, ring: &[Advert], key: [u8; 16]) -> Box<dyn FnMut()> {
    let messages: Vec<Message> = ring.iter().map(|advert| Message::of(form, advert)).collect();
    match form {
        Form::PvvxEncrypted => Box::new(pass::<U11>(messages, key)),
        Form::MiBeaconEncrypted => Box::new(pass::<U12>(messages, key)),
        _ => Box::new(pass::<U13>(messages, key)),
    }
}

fn pass<N: ArraySize + NonceSize>(messages: Vec<Message>, key: [u8; 16]) -> impl FnMut() {
    let cipher = Ccm::<Aes128Enc, U4, N>::new(&key.into());
    let open = move |message: &Message, out: &mut [u8]| {
        let nonce = message.nonce.as_slice().try_into().expect("the form's length");
        let buffer = InOutBuf::new(&message.ciphertext, out).expect("equal lengths");
        cipher.decrypt_inout_detached(nonce, &message.aad, buffer, &message.tag.into())
    };
    let mut plaintext = [0; 31];
    for message in &messages {
        let out = plaintext.get_mut(..message.ciphertext.len()).expect("room");
        open(message, out).expect("the right key");
    }
    move || {
        for message in &messages {
            let out = plaintext.get_mut(..message.ciphertext.len()).expect("room");
            black_box(open(message, out).is_ok());
            black_box(&plaintext);
        }
    }
}

/// As many blocks as such a decryption needs, one after the other where CCM chains them.
pub(crate) fn aes(form: Form, ring: &[Advert], key: [u8; 16]) -> impl FnMut() + use<> {
    let cipher = Aes128Enc::new(&key.into());
    let messages: Vec<Message> = ring.iter().map(|advert| Message::of(form, advert)).collect();
    move || {
        for message in &messages {
            let blocks = message.ciphertext.len().div_ceil(16);
            // The first block, the additional data, and the plaintext.
            let chained = 1 + usize::from(!message.aad.is_empty()) + blocks;
            let mut mac = Block::<Aes128Enc>::default();
            for (to, from) in mac.iter_mut().zip(&message.nonce) {
                *to = *from;
            }
            let mut stream = [mac; 3];
            for _ in 0..chained {
                cipher.encrypt_block(&mut mac);
            }
            cipher.encrypt_blocks(stream.get_mut(..=blocks).expect("two blocks of plaintext"));
            black_box((mac, stream));
        }
    }
}

/// What CCM takes.
struct Message {
    nonce: Vec<u8>,
    aad: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: [u8; 4],
}

impl Message {
    fn of(form: Form, advert: &Advert) -> Self {
        match form {
            Form::PvvxEncrypted => Self::of_atc(&advert.service_data, advert.address),
            Form::MiBeaconEncrypted => Self::of_mibeacon(&advert.service_data, advert.address),
            Form::BthomeV2Encrypted | Form::BthomeV2WithoutId => {
                Self::of_bthome(&advert.service_data, advert.address)
            }
            _ => panic!("{form:?} isn't compared"),
        }
    }

    fn of_atc(service_data: &[u8], address: MacAddr6) -> Self {
        let Ok(atc::Frame::Encrypted(frame)) = atc::Frame::parse(service_data) else {
            panic!("not encrypted")
        };
        Self {
            nonce: frame.nonce(address).to_vec(),
            aad: atc::AAD.to_vec(),
            ciphertext: frame.ciphertext().to_vec(),
            tag: frame.tag(),
        }
    }

    fn of_mibeacon(service_data: &[u8], address: MacAddr6) -> Self {
        let frame = Frame::parse(service_data).expect("a frame");
        let (Body::Encrypted(body), Some(counter)) = (frame.body, frame.counter32()) else {
            panic!("not encrypted")
        };
        let Nonce::Modern(nonce) = frame.nonce(address, counter) else {
            panic!("not version 5")
        };
        Self {
            nonce: nonce.to_vec(),
            aad: vec![0x11],
            ciphertext: body.ciphertext.to_vec(),
            tag: body.mic.try_into().expect("4 bytes"),
        }
    }

    fn of_bthome(service_data: &[u8], address: MacAddr6) -> Self {
        let frame = bthome::v2::Frame::parse(service_data).expect("a frame");
        let (Some(body), Some(nonce)) = (frame.encrypted(), frame.nonce(address)) else {
            panic!("not encrypted")
        };
        Self {
            nonce: nonce.to_vec(),
            aad: Vec::new(),
            ciphertext: body.ciphertext.to_vec(),
            tag: body.tag,
        }
    }
}
