//! Handshakes of `mi-auth` against its simulated device, beside the bare key agreement in them, and the parcel layer.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mi_auth::device::{Device, DeviceConfig, DeviceKeys};
use mi_auth::parcel::{Dmtu, Frame, ParcelType, ReceiveEvent, Receiver, Sender};
use mi_auth::transport::{SimulatedLink, run_blocking};
use mi_auth::uart::{Decryptor, Encryptor};
use mi_auth::{Login, LoginConfig, PrivateKey, Register, RegisterConfig, SessionKey, Token};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

fn handshakes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mi_auth");
    group.bench_function("register, both sides", |bencher| {
        let mut config = DeviceConfig::default();
        config.did = Some("blt.3.1hc1p4nu8k400".parse().unwrap());
        bencher.iter_batched(
            || SimulatedLink::new(Device::new(config.clone(), ChaCha8Rng::seed_from_u64(1))),
            |mut link| {
                let key = PrivateKey::new(&[7; 32]).unwrap();
                let mut register = Register::new(RegisterConfig::default(), key);
                run_blocking(&mut register, &mut link, |_| {}).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("bare P-256: two public keys, two agreements", |bencher| {
        let secrets = [[7; 32], [8; 32]].map(|bytes| p256::SecretKey::from_slice(&bytes).unwrap());
        bencher.iter(|| {
            let [a, b] = black_box(&secrets);
            let (public_a, public_b) = (a.public_key(), b.public_key());
            (a.diffie_hellman(&public_b), b.diffie_hellman(&public_a))
        });
    });
    group.bench_function("login, both sides", |bencher| {
        let token = Token::from([1; 12]);
        let mut config = DeviceConfig::default();
        config.keys = Some(DeviceKeys::new(token.clone(), [2; 16].into()));
        bencher.iter_batched(
            || SimulatedLink::new(Device::new(config.clone(), ChaCha8Rng::seed_from_u64(1))),
            |mut link| {
                let mut login = Login::new(LoginConfig::default(), token.clone(), [3; 16].into());
                run_blocking(&mut login, &mut link, |_| {}).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn parcels(criterion: &mut Criterion) {
    let data = [0x5a; 5400];
    let mut group = criterion.benchmark_group("mi_auth parcel");
    group.throughput(Throughput::Bytes(data.len() as u64));
    group.bench_function("300 frames, both sides", |bencher| {
        bencher.iter(|| transfer(black_box(&data)))
    });
    group.finish();
}

fn uart(criterion: &mut Criterion) {
    let mut message = [0x20; 34];
    message[..3].copy_from_slice(&[0x55, 0xaa, 30]);
    let key = SessionKey::from([7; 16]);
    let mut encryptor = Encryptor::starting_at(key.clone(), [1, 2, 3, 4], 0);
    let mut decryptor = Decryptor::new(key, [1, 2, 3, 4]);
    criterion.bench_function("mi_auth uart: encrypt and decrypt 31 bytes", |bencher| {
        bencher.iter(|| {
            let packet = encryptor.encrypt(black_box(&message), [9; 4]).unwrap();
            decryptor.decrypt(&packet).unwrap()
        });
    });
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

criterion_group!(all, handshakes, parcels, uart);
criterion_main!(all);
