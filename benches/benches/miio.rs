//! Frames of 200 bytes beside the bare cipher and MD5 work on the same bytes, and the allocations of both.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark may panic"
)]

use std::hint::black_box;

use aes::cipher::array::Array;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use aes::{Aes128Dec, Aes128Enc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use md5::{Digest, Md5};
use miio_proto::{Cipher, DeviceId, Frame, PlaintextEnd, Token, json};

fn bench(c: &mut Criterion) {
    let token = Token::new([0x42; 16]);
    let (key, iv) = Cipher::expose_keys(&token);
    let cipher = Cipher::new(&token);
    let (enc, dec) = (Aes128Enc::new(&(*key).into()), Aes128Dec::new(&(*key).into()));
    let request = format!(
        "{{\"id\":1,\"method\":\"get_prop\",\"params\":[\"{}\"]}}",
        "x".repeat(158)
    );
    assert_eq!(request.len(), 200);
    let datagram = cipher
        .seal(DeviceId(1), 2, request.as_bytes(), PlaintextEnd::Nul)
        .unwrap();
    let ciphertext = datagram[32..].to_vec();

    let mut group = c.benchmark_group("miio");
    group.throughput(Throughput::Bytes(200));
    group.bench_function("encode/bare", |b| {
        b.iter(|| {
            let mut buffer = Vec::with_capacity(ciphertext.len());
            buffer.extend_from_slice(black_box(request.as_bytes()));
            buffer.resize(ciphertext.len(), 7);
            let (blocks, _) = Array::slice_as_chunks_mut(&mut buffer);
            cbc::Encryptor::<&Aes128Enc>::inner_iv_init(&enc, &(*iv).into()).encrypt_blocks(blocks);
            let mut md5 = Md5::new();
            md5.update(&datagram[..16]);
            md5.update(token.expose());
            md5.update(&buffer);
            black_box((md5.finalize(), buffer))
        });
    });
    group.bench_function("encode/crate", |b| {
        b.iter(|| {
            cipher
                .seal(DeviceId(1), 2, black_box(request.as_bytes()), PlaintextEnd::Nul)
                .unwrap()
        });
    });
    group.bench_function("decode/bare", |b| {
        b.iter(|| {
            let mut md5 = Md5::new();
            md5.update(black_box(&datagram[..16]));
            md5.update(token.expose());
            md5.update(&ciphertext);
            let sum = md5.finalize();
            let mut buffer = black_box(&ciphertext).clone();
            let (blocks, _) = Array::slice_as_chunks_mut(&mut buffer);
            cbc::Decryptor::<&Aes128Dec>::inner_iv_init(&dec, &(*iv).into()).decrypt_blocks(blocks);
            black_box((sum, buffer))
        });
    });
    group.bench_function("decode/crate", |b| {
        b.iter(|| cipher.open(&Frame::parse(black_box(&datagram)).unwrap()).unwrap());
    });
    group.bench_function("decode/crate with JSON", |b| {
        b.iter(|| json::decode(&cipher.open(&Frame::parse(black_box(&datagram)).unwrap()).unwrap()).unwrap());
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
