//! Handshakes of `mi-auth` against its simulated device, beside the bare key agreement in them, and the parcel layer.

#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use benches::{Comparison, Target, run};
use mi_auth::device::{Device, DeviceConfig, DeviceKeys};
use mi_auth::parcel::{Dmtu, Frame, ParcelType, ReceiveEvent, Receiver, Sender};
use mi_auth::transport::{SimulatedLink, run_blocking};
use mi_auth::uart::{Decryptor, Encryptor};
use mi_auth::{Login, LoginConfig, PrivateKey, Register, RegisterConfig, SessionKey, Token};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

fn main() -> ExitCode {
    let data = [0x5a; 5400];
    run(vec![
        Comparison::new("handshakes, both sides", 1)
            .contender(P256, bare_p256)
            .contender(REGISTER, register)
            .contender(LOGIN, login)
            .target(Target::AtMost(1.5, REGISTER, P256))
            .target(Target::Shown(LOGIN, P256)),
        Comparison::new("a parcel of 300 frames, both sides", 300)
            .contender("memory copy", || {
                for frame in data.chunks(18) {
                    black_box(<[u8; 18]>::try_from(black_box(frame)).unwrap_or_default());
                }
            })
            .contender("parcel", || transfer(black_box(&data)))
            .target(Target::Shown("parcel", "memory copy")),
        Comparison::new("31 bytes of the encrypted channel", 1).contender("encrypt, decrypt", uart()),
    ])
}

fn register() {
    let mut config = DeviceConfig::default();
    config.did = Some("blt.3.1hc1p4nu8k400".parse().unwrap());
    let mut link = SimulatedLink::new(Device::new(config, ChaCha8Rng::seed_from_u64(1)));
    let key = PrivateKey::new(&[7; 32]).unwrap();
    let mut register = Register::new(RegisterConfig::default(), key);
    black_box(run_blocking(&mut register, &mut link, |_| {}).unwrap());
}

/// What two sides can't do without.
fn bare_p256() {
    let secrets = [[7; 32], [8; 32]].map(|bytes| p256::SecretKey::from_slice(&bytes).unwrap());
    let [a, b] = black_box(&secrets);
    let (public_a, public_b) = (a.public_key(), b.public_key());
    black_box((a.diffie_hellman(&public_b), b.diffie_hellman(&public_a)));
}

fn login() {
    let token = Token::from([1; 12]);
    let mut config = DeviceConfig::default();
    config.keys = Some(DeviceKeys::new(token.clone(), [2; 16].into()));
    let mut link = SimulatedLink::new(Device::new(config, ChaCha8Rng::seed_from_u64(1)));
    let mut login = Login::new(LoginConfig::default(), token, [3; 16].into());
    black_box(run_blocking(&mut login, &mut link, |_| {}).unwrap());
}

fn uart() -> impl FnMut() {
    let mut message = [0x20; 34];
    message[..3].copy_from_slice(&[0x55, 0xaa, 30]);
    let key = SessionKey::from([7; 16]);
    let mut encryptor = Encryptor::starting_at(key.clone(), [1, 2, 3, 4], 0);
    let mut decryptor = Decryptor::new(key, [1, 2, 3, 4]);
    move || {
        let packet = encryptor.encrypt(black_box(&message), [9; 4]).unwrap();
        black_box(decryptor.decrypt(&packet).unwrap());
    }
}

fn transfer(data: &[u8]) {
    let now = Duration::ZERO;
    let mut sender = Sender::<5400>::new(ParcelType::WIFI_CONFIG, data, Dmtu::DEFAULT).unwrap();
    let mut receiver = Receiver::<5400>::new(Dmtu::DEFAULT);
    loop {
        while let Some(packet) = sender.poll_transmit(now) {
            receiver.handle_frame(now, Frame::parse(&packet).unwrap());
        }
        if let Some(packet) = receiver.poll_transmit(now) {
            sender.handle_frame(now, Frame::parse(&packet).unwrap());
        }
        if let Some(ReceiveEvent::Parcel(parcel)) = receiver.poll_event() {
            assert_eq!(parcel.data.len(), data.len());
            return;
        }
    }
}

const P256: &str = "bare P-256";
const REGISTER: &str = "register";
const LOGIN: &str = "login";
