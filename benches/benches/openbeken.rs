//! Figures of openbeken: a log's diagnosis, the check of a firmware file beside its bare hashes, frames of meters.
//!
//! Targets: at least 200 MB/s of log; the check within 1.3 times of the hashes that it needs; at least 20 million frames
//! a second.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use benches::{Comparison, Target, run};
use openbeken::image::{Rbl, RblBuilder, RblHeader, fnv1a};
use openbeken::meter::{bl0942, cse7766};
use openbeken::wifi::{Cause, Known, diagnose};

fn main() -> ExitCode {
    let log = log();
    let noise = noise(&log);
    let file = file();
    let (bl0942, cse7766) = frames();
    let comparisons = vec![
        Comparison::new("log of 64 kB", log.len())
            .contender(LINES, || {
                black_box(log.bytes().filter(|byte| *byte == b'\n').count());
            })
            .contender(DIAGNOSE, || diagnosis(&log))
            .target(Target::Shown(DIAGNOSE, LINES)),
        Comparison::new("check of 64 KiB", file.len())
            .contender(HASHES, || hashes(&file))
            .contender(CHECK, || check(&file))
            .target(Target::AtMost(1.3, CHECK, HASHES)),
        Comparison::new("frames of BL0942", FRAMES)
            .contender(SUMS, || sums(&bl0942, bl0942::FRAME))
            .contender(READINGS, || readings_bl0942(&bl0942))
            .target(Target::Shown(READINGS, SUMS)),
        Comparison::new("frames of CSE7766", FRAMES)
            .contender(SUMS, || sums(&cse7766, cse7766::FRAME))
            .contender(READINGS, || readings_cse7766(&cse7766))
            .target(Target::Shown(READINGS, SUMS)),
    ];
    let result = run(comparisons);
    if !std::env::args().any(|argument| argument == "--ratios") {
        return result;
    }
    let rates = [
        (
            "diagnosis",
            "MB/s",
            200.0,
            rate(log.len() as f64 / 1e6, || diagnosis(&log)),
        ),
        (
            "diagnosis of noise",
            "MB/s",
            200.0,
            rate(noise.len() as f64 / 1e6, || diagnosis(&noise)),
        ),
        (
            "BL0942",
            "million frames/s",
            20.0,
            rate(FRAMES as f64 / 1e6, || readings_bl0942(&bl0942)),
        ),
        (
            "CSE7766",
            "million frames/s",
            20.0,
            rate(FRAMES as f64 / 1e6, || readings_cse7766(&cse7766)),
        ),
    ];
    let mut missed = false;
    for (work, unit, least, measured) in rates {
        let verdict = if measured < least { "MISSED" } else { "" };
        missed |= measured < least;
        println!("| {work} | {unit} | at least {least} | {measured:.0} | {verdict} |");
    }
    if missed { ExitCode::FAILURE } else { result }
}

/// What the best of many passes does a second.
fn rate(amount: f64, mut pass: impl FnMut()) -> f64 {
    let passes = (0..300).map(|_| {
        let start = Instant::now();
        pass();
        start.elapsed()
    });
    amount / passes.min().unwrap_or(Duration::MAX).as_secs_f64()
}

fn diagnosis(log: &str) {
    let diagnosis = diagnose(black_box(log), &Known::default());
    assert_eq!(diagnosis.cause(), Cause::SaePmksaMissing);
}

/// What the check can't do without: both CRCs, and the hash of the image.
fn hashes(file: &[u8]) {
    let (header, package) = black_box(file).split_at(96);
    black_box((crc32fast::hash(header), crc32fast::hash(package), fnv1a(package)));
}

fn check(file: &[u8]) {
    let rbl = Rbl::parse(black_box(file)).expect("a good file");
    black_box(rbl.unpack(None).expect("a good image"));
}

fn sums(frames: &[u8], size: usize) {
    for frame in black_box(frames).chunks_exact(size) {
        black_box(frame.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
    }
}

fn readings_bl0942(frames: &[u8]) {
    for frame in black_box(frames).chunks_exact(bl0942::FRAME) {
        black_box(bl0942::Reading::parse(frame, 0).expect("a good frame"));
    }
}

fn readings_cse7766(frames: &[u8]) {
    for frame in black_box(frames).chunks_exact(cse7766::FRAME) {
        black_box(cse7766::Reading::parse(frame).expect("a good frame"));
    }
}

/// Lines as a BL602 prints them, the deciding ones in each of its tries.
fn log() -> String {
    const TRY: &str = "[WF][SM] State Action ###disconnect### --->>> ###connecting###\n[WF][SM] Action Connect\n\
        ssid HomeNet\nssid len 7\npsk secret\npsk len 24\npmk\npmk len 0\nmac 00:00:00:00:00:00\n\
        [WF][SM] Entering connecting state\n[APP] [EVT] Reconnect 84804\n[APP] [EVT] Connecting 84805\n\
        Info:MAIN:Main_OnWiFiStatusChange - WIFI_STA_CONNECTING - 1\n\
        wpa2/wpa3 pairwise ccmp:1,tkip:0,wep104:0,wep:40:0\nwpa2/wpa3 group ccmp:1,tkip:0,wep104:0,wep:40:0\n\
        wpa2/wpa3 is_pmf_required:1\nAP Security mode: wep:0,wpa:0,wpa2:1,wpa3:1\n\
        [APP] [EVT] SCAN On Join 85320\n[APP] [EVT] Unknown code 10, 85321\n\
        Association failure, Wlan802.11 status code = 53\nconnect fail\n\
        Info:MAIN:Time 67, idle 1194/s, free 107088, MQTT 0(0), bWifi 0, secondsWithNoPing -1, socks 2/21\n";
    TRY.repeat(64_000 / TRY.len())
}

/// Lines of random characters, then one try.
fn noise(log: &str) -> String {
    let mut state = 1_u32;
    let mut noise: String = (0..256_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match (state >> 16) % 96 {
                95 => '\n',
                printable => char::from(b' ' + printable as u8),
            }
        })
        .collect();
    noise.push('\n');
    noise.push_str(log.get(log.len() - 2000..).unwrap_or_default());
    noise
}

fn file() -> Vec<u8> {
    let raw: Vec<u8> = (0..64 * 1024_u32)
        .map(|place| ((place * 31) >> 3) as u8)
        .collect();
    let file = RblBuilder {
        name: "app",
        version: "1.18.100",
        timestamp: 0,
        gzip: false,
        key: None,
    }
    .build(&raw);
    assert_eq!(
        RblHeader::parse(&file).map(|header| header.raw_size),
        Ok(64 * 1024)
    );
    file
}

fn frames() -> (Vec<u8>, Vec<u8>) {
    let mut reading = bl0942::Reading::parse(&bl0942::Reading::default().encode(0), 0).expect("a frame");
    let cse =
        *b"\x55\x5a\x02\xd5\x00\x00\x05\xa6\x00\x3c\x05\x00\xfd\xab\x4d\xb2\xa0\x02\x96\x5f\x71\x48\x4b\x05";
    let mut frames = (Vec::new(), Vec::new());
    for number in 0..FRAMES {
        reading.voltage = 3_493_240 + number as u32;
        reading.power = 35_880 - number as i32;
        frames.0.extend_from_slice(&reading.encode(0));
        frames.1.extend_from_slice(&cse);
    }
    frames
}

const FRAMES: usize = 1000;
const LINES: &str = "counting lines";
const DIAGNOSE: &str = "diagnose";
const HASHES: &str = "bare hashes";
const CHECK: &str = "Rbl::parse and unpack";
const SUMS: &str = "bare sums";
const READINGS: &str = "readings";
