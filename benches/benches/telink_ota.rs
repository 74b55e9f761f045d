//! Figures of telink-ota: the stream of chunks, and the check of an image beside its bare checksum.
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use telink_ota::gatt::{Transmit, WriteMode};
use telink_ota::identify::Kind;
use telink_ota::image::{Declaration, finish, inspect};
use telink_ota::ota::Options;
use telink_ota::pdu::DataPdu;
use telink_ota::preflight::{Preflight, Target};
use telink_ota::{Ota, Session};

/// 128 KiB, the most that a plain OTA takes.
fn image() -> Vec<u8> {
    let mut file: Vec<u8> = (0..0x20000_u32).map(|place| ((place * 31) >> 3) as u8).collect();
    let length = finish(&mut file, 0x20000 - 16, &Declaration::pvvx(10)).expect("it fits");
    file.truncate(length);
    file
}

fn chunks(criterion: &mut Criterion) {
    let file = image();
    let mut group = criterion.benchmark_group("chunks of 128 KiB");
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("PDUs", |bencher| {
        bencher.iter(|| {
            for (index, data) in file.chunks(16).enumerate() {
                black_box(DataPdu::new(index as u16, data));
            }
        });
    });
    let clearance = Preflight::of(
        &inspect(file.as_slice()).expect("an image"),
        &Target::new(Kind::Telink),
    )
    .clear()
    .expect("nothing is against it");
    group.bench_function("through the machine", |bencher| {
        bencher.iter(|| {
            let options = Options::custom(WriteMode::WithoutResponse);
            let mut now = Duration::ZERO;
            let mut ota = Ota::new(now, file.as_slice(), &clearance, options).expect("the cleared image");
            while !ota.is_over() {
                match ota.poll_transmit(now) {
                    Some(Transmit::Write { bytes, .. }) => {
                        black_box(bytes);
                        ota.handle_written(now);
                    }
                    Some(_) => ota.handle_read(now, &[0]),
                    None => {
                        now = ota.poll_timeout().unwrap_or(now);
                        ota.handle_timeout(now);
                    }
                }
                while ota.poll_event().is_some() {}
            }
        });
    });
    group.finish();
}

fn verify(criterion: &mut Criterion) {
    let file = image();
    let mut group = criterion.benchmark_group("verify of 128 KiB");
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("bare CRC32 (crc32fast)", |bencher| {
        bencher.iter(|| crc32fast::hash(black_box(&file)));
    });
    group.bench_function("inspect", |bencher| {
        bencher.iter(|| inspect(black_box(file.as_slice())).expect("an image"));
    });
    group.finish();
}

criterion_group!(benches, chunks, verify);
criterion_main!(benches);
