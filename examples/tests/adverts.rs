//! The program `adverts`, run as a person runs it.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// Keys that appear nowhere else, to look for in what is printed.
const SECRET: &str = "5b025b025b025b025b025b025b025b02";
/// A frame of LYWSD03MMC with its address and key, from the vectors of `mibeacon`.
const FRAME: &str = "58585b0550f4830238c1a495ef58763c26000097e2abb5";
const ADDRESS: &str = "A4:C1:38:02:83:F4";

/// The program, which cargo builds before tests unless it was told to build one test only.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build", "--quiet", "--package", "examples", "--example", "adverts",
        ]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().unwrap().parent().unwrap();
        let program = profile
            .join("examples")
            .join(format!("adverts{}", std::env::consts::EXE_SUFFIX));
        assert!(program.exists() || build.status().unwrap().success());
        program
    })
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What is printed here is less than a pipe holds, or comes after the input was read.
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Status, output, errors.
fn run_text(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let output = run(arguments, input);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn frame(address: &str, service_data: &str) -> String {
    format!("{{\"address\":\"{address}\",\"service_data\":{{\"fe95\":\"{service_data}\"}}}}\n")
}

const REAL: &str = include_str!("../adverts/real.jsonl");
const REAL_KEYS: &str = include_str!("../adverts/real-keys.toml");

#[test]
fn without_arguments_it_prints_readings_of_real_adverts() {
    let (status, table, errors) = run_text(&[], b"");
    assert_eq!((status, &*errors), (0, ""));
    for expected in [
        "A4:C1:38:FF:CF:2F     -  LYWSD03MMC          mibeacon                   5  humidity 46.2 %\n",
        "temperature 25.4 °C, humidity 58.4 %",
        "temperature 23.45 °C, humidity 41.73 %, battery 61 %",
        "Not decoded, or not all of it",
        "key: nothing_encrypted_yet",
        "Bind the device in the Mi Home app first",
    ] {
        assert!(table.contains(expected), "{expected:?} isn't in:\n{table}");
    }
    assert!(!table.contains('\x1b'), "colours are for terminals");
}

#[test]
fn the_bundled_capture_has_all_formats_and_decrypts_with_its_keys() {
    let (status, text, _) = run_text(&["--json"], b"");
    assert_eq!(status, 0);
    let reports = json_lines(&text);
    assert_eq!(reports.len(), REAL.lines().count());
    for format in [
        "mibeacon", "atc1441", "pvvx", "bthome_v1", "bthome_v2", "weight_scale", "body_composition",
        "qingping", "hhcc",
    ] {
        let has_readings = |report: &&Value| report["format"] == format && report["outcome"] == "readings";
        assert!(reports.iter().any(|report| has_readings(&report)), "{format}");
    }
    let decrypted = reports
        .iter()
        .filter(|report| report["authenticated"] == true)
        .count();
    assert!(decrypted >= 40, "{decrypted}");
    assert!(
        reports
            .iter()
            .all(|report| report["outcome"] != "wrong_key" && report["outcome"] != "malformed")
    );
}

#[test]
fn every_line_of_the_bundled_capture_is_a_vector_of_a_real_advert() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mibeacon/tests/vectors");
    let mut known = Vec::new();
    for area in ["mibeacon", "atc", "bthome"] {
        for entry in std::fs::read_dir(folder.join(area)).unwrap() {
            let cases: Vec<Value> =
                serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
            known.extend(cases);
        }
    }
    for line in json_lines(REAL) {
        let (name, source) = (&line["name"], line["source"].as_str().unwrap());
        let case = known
            .iter()
            .find(|case| case["name"] == *name)
            .unwrap_or_else(|| panic!("{name}"));
        let input = &case["input"];
        let same = match line["adv"].as_str() {
            Some(adv) => input["adv"] == adv || adv.contains(input["service_data"].as_str().unwrap()),
            None => line["service_data"]
                .as_object()
                .unwrap()
                .values()
                .any(|data| *data == input["service_data"]),
        };
        assert!(same, "{name}");
        for made_up in ["generated", "layout", "rule of", "computed", "derived", "run on"] {
            assert!(!source.starts_with(made_up), "{name}: {source}");
        }
    }
}

#[test]
fn keys_are_never_printed() {
    let secrets: Vec<_> = REAL_KEYS
        .lines()
        .filter_map(|line| Some(line.split_once(" = ")?.1.trim_matches('"')))
        .collect();
    assert!(secrets.len() > 30);
    for arguments in [
        &[][..],
        &["--all"],
        &["--json"],
        &["--json", "--summary"],
        &["--policy", "strict"],
    ] {
        let (_, text, errors) = run_text(arguments, b"");
        let shown = (text + &errors).to_lowercase();
        assert!(
            secrets.iter().all(|secret| !shown.contains(secret)),
            "{arguments:?}"
        );
    }
}

#[test]
fn mistakes_in_a_key_file_come_with_place_and_remedy_and_without_the_key() {
    for (name, content, expected) in [
        (
            "short",
            format!("\"{ADDRESS}\" = \"{}\"", &SECRET[..10]),
            ["1:23: a bind key has", "Copy the whole key"],
        ),
        (
            "odd",
            format!("\n\"{ADDRESS}\" = \"{SECRET}5\""),
            ["2:23: a bind key has", "Copy the whole key"],
        ),
        (
            "hex",
            format!("\"{ADDRESS}\" = \"{}xx\"", &SECRET[..30]),
            ["1:23: a bind key consists", "Copy only"],
        ),
        (
            "address",
            format!("[keys]\n\"A4:C1\" = \"{SECRET}\""),
            ["2:1: this isn't a Bluetooth", "Write the device's"],
        ),
        (
            "twice",
            format!("\"{ADDRESS}\" = \"{SECRET}\"\na4c1380283f4 = \"{SECRET}\""),
            ["2:1: this address has", "Keep the line"],
        ),
        (
            "all-ff",
            format!("\"{ADDRESS}\" = \"{}\"", "F".repeat(32)),
            ["1:23: this key is a placeholder", "bind it in the app"],
        ),
        (
            "toml",
            format!("{ADDRESS} = \"{SECRET}\""),
            ["1:3: this isn't TOML", "both in quotes"],
        ),
        (
            "number",
            format!("\"{ADDRESS}\" = 5"),
            ["1:23: the key isn't text", "in quotes"],
        ),
    ] {
        let path = file(&format!("{name}.toml"), content);
        let (status, text, errors) = run_text(&["--keys", &path, "-"], b"");
        assert_eq!((status, &*text), (2, ""), "{name}");
        assert!(errors.contains(&path), "{name}: {errors}");
        assert!(
            expected.iter().all(|expected| errors.contains(expected)),
            "{name}: {errors}"
        );
        assert!(!errors.contains("5b02"), "{name}: {errors}");
    }
    let (status, _, errors) = run_text(&["--keys", "/nonexistent.toml"], b"");
    assert_eq!(status, 2);
    assert!(errors.contains("/nonexistent.toml: it can't be read"), "{errors}");
}

#[test]
fn a_key_that_does_not_work_is_explained() {
    let keys = |key: &str| {
        file(
            &format!("key{}.toml", key.len()),
            format!("\"{ADDRESS}\" = \"{key}\"\n"),
        )
    };
    let capture = [frame(ADDRESS, FRAME), frame(ADDRESS, FRAME)].concat();
    let wrong = keys(SECRET);
    let (status, table, _) = run_text(&["--keys", &wrong, "-"], capture.as_bytes());
    assert_eq!(status, 0);
    assert!(
        table.contains("LYWSD03MMC  mibeacon  key: not_this_device"),
        "{table}"
    );
    assert!(table.contains("This is another device's bind key"), "{table}");

    let short = keys(&SECRET[..24]);
    let pvvx =
        format!("{{\"address\":\"{ADDRESS}\",\"service_data\":{{\"181a\":\"11d603fbfa7b6dfb1e26fd\"}}}}\n");
    let (_, table, _) = run_text(&["--keys", &short, "-"], pvvx.as_bytes());
    assert!(
        table.contains("key: too_short") && table.contains("32 hex digits"),
        "{table}"
    );

    let (_, table, _) = run_text(&["--keys", &wrong, "-"], b"");
    assert!(table.contains("it has a key, but sent nothing"), "{table}");
    assert!(table.contains("check the address"), "{table}");

    let (_, table, _) = run_text(&["-"], capture.as_bytes());
    assert!(
        table.contains("2 x encrypted, no key") && table.contains("Add the device's bind key"),
        "{table}"
    );
    assert_eq!(
        table.matches("[encrypted, no key]").count(),
        1,
        "the same problem is printed once:\n{table}"
    );
}

#[test]
fn a_json_object_has_everything_about_a_report() {
    let keys = file("json.toml", REAL_KEYS);
    let line = "{\"time\":1700000000.25,\"rssi\":-61,\"address\":\"a4c138ffcf2f\",\"service_data\":{\"fe95\":\
                \"58585b05052fcfff38c1a4d57308db90000000e38dd476\"}}\n";
    let (_, text, _) = run_text(&["--json", "--keys", &keys, "--quiet", "-"], line.as_bytes());
    let [report] = &json_lines(&text)[..] else {
        panic!("{text}");
    };
    let expected = serde_json::json!({
        "time": 1_700_000_000.25,
        "address": "A4:C1:38:FF:CF:2F",
        "rssi": -61,
        "product": "Temperature/Humidity Sensor",
        "product_id": "0x055b",
        "model": "LYWSD03MMC",
        "format": "mibeacon",
        "counter": 5,
        "authenticated": true,
        "outcome": "readings",
        "readings": [{"name": "humidity", "value": 46.2, "unit": "%"}],
    });
    assert_eq!(*report, expected);
}

#[test]
fn the_json_summary_comes_last_or_on_the_standard_error() {
    let capture = [frame(ADDRESS, FRAME), frame(ADDRESS, FRAME)].concat();
    let (_, text, errors) = run_text(&["--json", "--summary", "-"], capture.as_bytes());
    assert_eq!(errors, "");
    let lines = json_lines(&text);
    assert_eq!(lines.len(), 3);
    assert_eq!(
        lines[0]["help"],
        lines[2]["summary"]["not_decoded"][0]["problems"][0]["help"]
    );
    assert_eq!(lines[2]["summary"]["outcomes"], serde_json::json!({"no_key": 2}));
    let (_, text, errors) = run_text(&["--json", "-"], capture.as_bytes());
    assert_eq!(json_lines(&text).len(), 2);
    assert!(errors.contains("2 adverts, 2 reports of 1 device"), "{errors}");
    let (_, text, errors) = run_text(&["--json", "--quiet", "-"], capture.as_bytes());
    assert_eq!((json_lines(&text).len(), &*errors), (2, ""));
}

#[test]
fn filters_choose_devices_formats_and_outcomes() {
    let (_, text, _) = run_text(&["--json", "--address", "58:2D:34:35:93:21"], b"");
    assert!(
        text.contains("LYWSDCGQ") && json_lines(&text).len() == 1,
        "{text}"
    );
    let (_, text, _) = run_text(
        &[
            "--json", "--format", "pvvx", "--format", "hhcc", "--outcome", "readings",
        ],
        b"",
    );
    let reports = json_lines(&text);
    assert!(reports.len() > 5);
    for report in reports {
        assert!(report["format"] == "pvvx" || report["format"] == "hhcc");
        assert_eq!(report["outcome"], "readings");
    }
    let (status, ..) = run_text(&["--format", "zigbee"], b"");
    assert_eq!(status, 2);
}

#[test]
fn duplicates_are_in_the_table_only_on_demand() {
    let plain = frame("58:2D:34:35:93:21", "5020aa01da219335342d580d1004fe004802").repeat(3);
    let (_, table, _) = run_text(&["-"], plain.as_bytes());
    assert_eq!(table.matches("LYWSDCGQ").count(), 1, "{table}");
    assert!(table.contains("duplicate 2, readings 1"), "{table}");
    let (_, table, _) = run_text(&["--all", "-"], plain.as_bytes());
    assert_eq!(table.matches("[the same as before]").count(), 2, "{table}");
    let (_, table, _) = run_text(&["--policy", "off", "-"], plain.as_bytes());
    assert_eq!(table.matches("temperature 25.4 °C").count(), 3, "{table}");
}

#[test]
fn a_capture_that_is_cut_prints_what_it_has_and_says_where_it_ends() {
    let event =
        b"\x04\x3e\x22\x02\x01\x00\x00\x21\x93\x35\x34\x2d\x58\x16\x15\x16\x95\xfe\x50\x20\xaa\x01\xda\
        \x21\x93\x35\x34\x2d\x58\x0d\x10\x04\xfe\x00\x48\x02\xc8";
    let mut log = b"btsnoop\0\0\0\0\x01\0\0\x03\xea".to_vec();
    for _ in 0..2 {
        let length = (event.len() as u32).to_be_bytes();
        log.extend([length, length, [0, 0, 0, 3], [0; 4]].concat());
        log.extend(0x00e3_0000_0000_0000_u64.to_be_bytes());
        log.extend(event);
    }
    let path = file("cut.log", &log[..log.len() - 3]);
    let (status, table, errors) = run_text(&["--json", "--quiet", &path], b"");
    let report = &json_lines(&table)[0];
    assert_eq!(
        (status, &report["model"]),
        (1, &Value::from("LYWSDCGQ")),
        "{table}{errors}"
    );
    assert_eq!(report["rssi"], -56);
    let expected = format!(
        "adverts: {path}: it ends inside of record 2 at byte {}",
        16 + 24 + event.len()
    );
    assert!(errors.contains(&expected), "{errors}");
    assert!(errors.contains("What came before was read"), "{errors}");
}

#[test]
fn wrong_lines_are_told_counted_and_passed_over() {
    let mut capture = "oops\n".repeat(30);
    capture.insert_str(0, &frame(ADDRESS, FRAME));
    capture += &frame(ADDRESS, FRAME);
    let (status, table, errors) = run_text(&["-"], capture.as_bytes());
    assert_eq!(status, 1);
    assert!(
        errors.contains("adverts: standard input, line 2, column 1: not the JSON object"),
        "{errors}"
    );
    assert!(
        errors.contains("more records can't be read") && errors.lines().count() < 25,
        "{errors}"
    );
    assert!(table.contains("30 records left out"), "{table}");
    assert!(table.contains("2 x encrypted, no key"), "{table}");
}

#[test]
fn what_cannot_be_read_is_told_and_the_next_capture_is_read() {
    let good = file("good.jsonl", frame(ADDRESS, FRAME));
    let bad = file("bad.bin", b"\x7fELF and so on");
    let (status, table, errors) = run_text(&["/nonexistent.pcap", &bad, &good], b"");
    assert_eq!(status, 1);
    assert!(errors.contains("/nonexistent.pcap: it can't be read"), "{errors}");
    assert!(
        errors.contains("it is none of JSON lines, btsnoop, pcap and pcapng"),
        "{errors}"
    );
    assert!(errors.contains("--capture"), "{errors}");
    assert!(table.contains("1 advert, 1 report of 1 device"), "{table}");
    let (status, _, errors) = run_text(&["--capture", "pcapng", &good], b"");
    assert_eq!(status, 1);
    assert!(errors.contains("it isn't pcapng"), "{errors}");
}

#[test]
fn hostile_text_reaches_the_terminal_escaped() {
    // BTHome text with an escape sequence, and a JSON name with one.
    let text = "{\"service_data\":{\"fcd2\":\"4053041b5b326a\"}}\n{\"rssi\":\"\\u001b[2J\",\"adv\":\"\"}\n";
    let output = run(&["-"], text.as_bytes());
    for shown in [output.stdout, output.stderr] {
        assert!(!shown.contains(&0x1b), "{}", String::from_utf8_lossy(&shown));
        assert!(!shown.is_empty());
    }
}

#[test]
fn a_reader_who_has_had_enough_is_no_error() {
    let line = frame("58:2D:34:35:93:21", "5020aa01da219335342d580d1004fe004802");
    let path = file("long.jsonl", line.repeat(20_000));
    let mut child = Command::new(program())
        .args(["--json", &path])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn help_shows_examples_and_the_exit_status() {
    let (status, text, _) = run_text(&["--help"], b"");
    assert_eq!(status, 0);
    for expected in ["--keys <FILE>", "Examples:", "Exit status:", "lenient"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}
