//! `xiaomi-gateway-proto` beside a plain tree of values, and beside the bare cipher.
//!
//! Three ways to a report's sid and temperature: a whole [`Message`], a tree of `serde_json::Value` for both levels and
//! look-ups, and `serde_json` into structs that know beforehand which members there are and skip the rest. The structs
//! are the floor, which is itself less than 3 times as fast as the tree. Target: a message within 1.3 times of the floor; a write key within 1.2 times of bare AES-CBC, key schedule included in both.

#![allow(
    clippy::indexing_slicing,
    reason = "the peer's plain JSON look-up, as people write it"
)]
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::borrow::Cow;
use std::hint::black_box;
use std::process::ExitCode;

use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use benches::{Comparison, Target};
use serde::Deserialize;
use xiaomi_gateway_proto::{Key, Message, Token};

const OURS: &str = "xiaomi-gateway-proto";
const TREE: &str = "serde_json::Value";
const STRUCT: &str = "serde_json into structs";
const CBC: &str = "bare AES-CBC";

const REPORT_1: &[u8] = br#"{"cmd":"report","model":"weather.v1","sid":"158d00022736ce","short_id":20951,"data":"{\"temperature\":\"2287\"}"}"#;
const REPORT_2: &[u8] =
    br#"{"cmd":"report","model":"weather","sid":"158d00022736ce","params":[{"temperature":2287}]}"#;
const HEARTBEAT: &[u8] = br#"{"cmd":"heartbeat","model":"weather.v1","sid":"158d00022736ce","short_id":20951,"data":"{\"voltage\":2875,\"temperature\":\"-1959\",\"humidity\":\"6053\",\"pressure\":\"100190\"}"}"#;

fn main() -> ExitCode {
    type Reader = fn(&[u8]) -> (String, i64);
    let mut comparisons: Vec<_> = [
        (
            "report of generation 1", REPORT_1, tree_1 as Reader, struct_1 as Reader,
        ),
        ("report of generation 2", REPORT_2, tree_2, struct_2),
        ("heartbeat of generation 1", HEARTBEAT, tree_1, struct_1),
    ]
    .into_iter()
    .map(|(name, bytes, tree, floor)| {
        assert_eq!(ours(bytes).1, tree(bytes).1);
        assert_eq!(floor(bytes), tree(bytes));
        Comparison::new(name, 1)
            .contender(OURS, || _ = black_box(ours(black_box(bytes))))
            .contender(TREE, move || _ = black_box(tree(black_box(bytes))))
            .contender(STRUCT, move || _ = black_box(floor(black_box(bytes))))
            .target(Target::AtMost(1.3, OURS, STRUCT))
            .target(Target::Shown(TREE, OURS))
    })
    .collect();
    comparisons.push(write_key());
    benches::run(comparisons)
}

fn write_key() -> Comparison<'static> {
    let iv = [
        0x17, 0x99, 0x6d, 0x09, 0x3d, 0x28, 0xdd, 0xb3, 0xba, 0x69, 0x5a, 0x2e, 0x6f, 0x58, 0x56, 0x2e,
    ];
    let key: Key = "41D49ED97B487373".parse().unwrap();
    let token: Token = "TahkC7dalbIhXG22".parse().unwrap();
    Comparison::new("write key", 1)
        .contender(OURS, move || {
            black_box(black_box(&key).write_key(black_box(&token)));
        })
        .contender(CBC, move || {
            let mut block = [0; 16];
            block.copy_from_slice(black_box(token.as_str()).as_bytes());
            let mut block = block.into();
            let secret: [u8; 16] = black_box(*b"41D49ED97B487373");
            cbc::Encryptor::<aes::Aes128>::new(&secret.into(), &iv.into()).encrypt_block(&mut block);
            black_box(block);
        })
        .target(Target::AtMost(1.2, OURS, CBC))
}

fn ours(bytes: &[u8]) -> (u64, i64) {
    let message = Message::parse(bytes).unwrap();
    let temperature = message.fields.number("temperature").unwrap().to_i64().unwrap();
    (message.sid.unwrap().number(), temperature)
}

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

#[derive(Deserialize)]
struct Outer1<'a> {
    sid: &'a str,
    /// Its escapes must be taken out, so it is copied.
    data: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Inner1<'a> {
    temperature: &'a str,
}

fn struct_1(bytes: &[u8]) -> (String, i64) {
    let outer: Outer1<'_> = serde_json::from_slice(bytes).unwrap();
    let inner: Inner1<'_> = serde_json::from_str(&outer.data).unwrap();
    (outer.sid.to_owned(), inner.temperature.parse().unwrap())
}

#[derive(Deserialize)]
struct Outer2<'a> {
    sid: &'a str,
    params: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    temperature: Option<i64>,
}

fn struct_2(bytes: &[u8]) -> (String, i64) {
    let outer: Outer2<'_> = serde_json::from_slice(bytes).unwrap();
    let found = outer.params.iter().find_map(|item| item.temperature);
    (outer.sid.to_owned(), found.unwrap())
}
