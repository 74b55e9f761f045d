//! Figures of telink-ota: the stream of chunks beside its bare checksums, and the check of an image beside its own.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use benches::{Comparison, Target, run};
use telink_ota::gatt::{Transmit, WriteMode};
use telink_ota::identify::Kind;
use telink_ota::image::{Declaration, finish, inspect};
use telink_ota::ota::Options;
use telink_ota::pdu::DataPdu;
use telink_ota::preflight::{self, Clearance, Preflight};
use telink_ota::{Ota, Session};

fn main() -> ExitCode {
    let file = image();
    let clearance = clearance(&file);
    let chunks = file.len().div_ceil(16);
    let comparisons = vec![
        Comparison::new("chunks of 128 KiB", chunks)
            .contender(BARE_CRC16, || bare_crc16(&file))
            .contender(PDUS, || pdus(&file))
            .contender(MACHINE, || machine(&file, &clearance))
            .target(Target::Shown(PDUS, BARE_CRC16))
            .target(Target::Shown(MACHINE, BARE_CRC16)),
        Comparison::new("verify 128 KiB", file.len() / 1024)
            .contender(BARE_CRC32, || {
                black_box(crc32fast::hash(black_box(&file)));
            })
            .contender(INSPECT, || {
                black_box(inspect(black_box(file.as_slice())).expect("an image"));
            })
            .target(Target::AtMost(1.2, INSPECT, BARE_CRC32)),
    ];
    let result = run(comparisons);
    if std::env::args().any(|argument| argument == "--ratios") && !is_fast_enough(&file, &clearance) {
        return ExitCode::FAILURE;
    }
    result
}

/// The one figure that is no ratio: megabytes a second through the machine, in its best pass.
fn is_fast_enough(file: &[u8], clearance: &Clearance) -> bool {
    let least = (0..500)
        .map(|_| {
            let start = Instant::now();
            machine(file, clearance);
            start.elapsed()
        })
        .min()
        .unwrap_or(Duration::MAX);
    let rate = file.len() as f64 / least.as_secs_f64() / 1e6;
    println!("| chunks of 128 KiB | MB/s through the machine | at least {LEAST_RATE} | {rate:.0} | |");
    rate >= LEAST_RATE
}

/// 128 KiB, the most that a plain OTA takes.
fn image() -> Vec<u8> {
    let mut file: Vec<u8> = (0..0x20000_u32).map(|place| ((place * 31) >> 3) as u8).collect();
    let length = finish(&mut file, 0x20000 - 16, &Declaration::pvvx(10)).expect("it fits");
    file.truncate(length);
    file
}

fn clearance(file: &[u8]) -> Clearance {
    let target = preflight::Target::new(Kind::Telink);
    let image = inspect(file).expect("an image");
    Preflight::of(&image, &target)
        .clear()
        .expect("nothing is against it")
}

/// What every sender has to compute: a table CRC of the `crc` crate over index and data.
fn bare_crc16(file: &[u8]) {
    static TABLE: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_MODBUS);
    for (index, data) in file.chunks(16).enumerate() {
        let mut digest = TABLE.digest();
        digest.update(&(index as u16).to_le_bytes());
        digest.update(black_box(data));
        black_box(digest.finalize());
    }
}

fn pdus(file: &[u8]) {
    for (index, data) in file.chunks(16).enumerate() {
        black_box(DataPdu::new(index as u16, black_box(data)));
    }
}

/// With its reads, its progress and its time-outs.
fn machine(file: &[u8], clearance: &Clearance) {
    let options = Options::custom(WriteMode::WithoutResponse);
    let mut now = Duration::ZERO;
    let mut ota = Ota::new(now, file, clearance, options).expect("the cleared image");
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
}

const BARE_CRC16: &str = "bare table CRC16";
const PDUS: &str = "PDUs";
const MACHINE: &str = "the machine";
const BARE_CRC32: &str = "bare CRC32";
const INSPECT: &str = "inspect";
const LEAST_RATE: f64 = 300.0;
