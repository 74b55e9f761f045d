//! `xiaomi-gateway-proto` beside a plain tree of values, and beside the bare cipher.
//!
//! Targets: a report at least 5 times as fast as `serde_json::Value` for both levels and a look-up of the field; a
//! write key within 1.2 times of bare AES-CBC, key schedule included in both.

#![allow(
    clippy::indexing_slicing,
    reason = "the peer's plain JSON look-up, as people write it"
)]
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use criterion::{Criterion, criterion_group, criterion_main};
use xiaomi_gateway_proto::{Key, Message, Token};

const REPORT_1: &[u8] = br#"{"cmd":"report","model":"weather.v1","sid":"158d00022736ce","short_id":20951,"data":"{\"temperature\":\"2287\"}"}"#;
const REPORT_2: &[u8] =
    br#"{"cmd":"report","model":"weather","sid":"158d00022736ce","params":[{"temperature":2287}]}"#;
const HEARTBEAT: &[u8] = br#"{"cmd":"heartbeat","model":"weather.v1","sid":"158d00022736ce","short_id":20951,"data":"{\"voltage\":2875,\"temperature\":\"-1959\",\"humidity\":\"6053\",\"pressure\":\"100190\"}"}"#;

fn tree_1(bytes: &[u8]) -> (String, i64) {
    let outer: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let inner: serde_json::Value = serde_json::from_str(outer["data"].as_str().unwrap()).unwrap();
    let sid = outer["sid"].as_str().unwrap().to_owned();
    (sid, inner["temperature"].as_str().unwrap().parse().unwrap())
}

fn tree_2(bytes: &[u8]) -> (String, i64) {
    let outer: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let sid = outer["sid"].as_str().unwrap().to_owned();
    let found = outer["params"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|item| item.get("temperature"));
    (sid, found.unwrap().as_i64().unwrap())
}

fn ours(bytes: &[u8]) -> (u64, i64) {
    let message = Message::parse(bytes).unwrap();
    let temperature = message.fields.number("temperature").unwrap().to_i64().unwrap();
    (message.sid.unwrap().number(), temperature)
}

fn parse(c: &mut Criterion) {
    for (name, bytes, tree) in [
        (
            "report of generation 1",
            REPORT_1,
            tree_1 as fn(&[u8]) -> (String, i64),
        ),
        ("report of generation 2", REPORT_2, tree_2),
        ("heartbeat of generation 1", HEARTBEAT, tree_1),
    ] {
        let mut group = c.benchmark_group(name);
        group.bench_function("xiaomi-gateway-proto", |b| b.iter(|| ours(black_box(bytes))));
        group.bench_function("serde_json::Value", |b| b.iter(|| tree(black_box(bytes))));
        group.finish();
    }
}

fn write_key(c: &mut Criterion) {
    let iv = [
        0x17, 0x99, 0x6d, 0x09, 0x3d, 0x28, 0xdd, 0xb3, 0xba, 0x69, 0x5a, 0x2e, 0x6f, 0x58, 0x56, 0x2e,
    ];
    let key: Key = "41D49ED97B487373".parse().unwrap();
    let token: Token = "TahkC7dalbIhXG22".parse().unwrap();
    let mut group = c.benchmark_group("write key");
    group.bench_function("xiaomi-gateway-proto", |b| {
        b.iter(|| black_box(&key).write_key(black_box(&token)));
    });
    group.bench_function("bare AES-CBC", |b| {
        b.iter(|| {
            let mut block = [0; 16];
            block.copy_from_slice(black_box(token.as_str()).as_bytes());
            let mut block = block.into();
            let secret: [u8; 16] = black_box(*b"41D49ED97B487373");
            cbc::Encryptor::<aes::Aes128>::new(&secret.into(), &iv.into()).encrypt_block(&mut block);
            block
        });
    });
    group.finish();
}

criterion_group!(gateway, parse, write_key);
criterion_main!(gateway);
