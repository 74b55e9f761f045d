//! The program `openbeken`, against its own simulated device.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use openbeken::config::{CharKind, Config, Layout, TextField};
use openbeken::image::{RblBuilder, RblKey};
use serde_json::Value;

/// `cargo test` builds the example beside this test.
fn program() -> Command {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let mut command = Command::new(path.join("examples").join("openbeken"));
    command
        .env_remove("WIFI_PASSWORD")
        .env_remove("OPENBEKEN_PASSWORD");
    command
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = program().arg("--json").args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output)))
}

/// A file that goes when it is dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let folder = std::env::temp_dir().join(format!("openbeken-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

/// Its output stays open, so that it can go on printing.
struct Simulation(
    Child,
    String,
    #[expect(dead_code, reason = "held open")] BufReader<ChildStdout>,
);

impl Simulation {
    fn start(more: &[&str]) -> Self {
        let mut child = program()
            .args([
                "--json", "simulate", "--address", "127.0.0.1:0", "--seconds", "60",
            ])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        Self(child, started["address"].as_str().unwrap().into(), output)
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn without_arguments_the_bundled_log_is_explained() {
    let output = run(&[]);
    assert!(output.status.success());
    let text = text(&output);
    assert!(text.contains("Cause: sae_pmksa_missing"), "{text}");
    assert!(text.contains("not the password"), "{text}");
    assert!(
        text.contains("Set the router, or its guest network, to WPA2"),
        "{text}"
    );
    assert!(text.contains("status code = 53"), "{text}");
    let json = json(&[]);
    assert_eq!(json["status"], 53);
    assert_eq!(
        (json["wpa3"].clone(), json["pmf_required"].clone()),
        (true.into(), true.into())
    );
    assert_eq!(json["findings"][0]["remedies"][0]["name"], "router_wpa2_only");
    assert_eq!(json["password_length"], 24);
}

#[test]
fn a_log_may_come_from_a_file_or_from_standard_input() {
    let file = File::new("log.txt", b"psk hunter2 psk len 7\n[RX]   status_code 8\n");
    let found = json(&["diagnose", file.path(), "--password-length", "12"]);
    assert_eq!(found["cause"], "password_mangled");
    assert!(!found.to_string().contains("hunter2"), "{found}");
    let mut child = program()
        .args(["--json", "diagnose", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"Wlan802.11 status code = 17")
        .unwrap();
    let found: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(found["cause"], "ap_full");
}

#[test]
fn a_missing_file_is_a_clear_error() {
    let output = run(&["diagnose", "/no/such/file"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("/no/such/file") && error.contains("help:"),
        "{error}"
    );
}

#[test]
fn a_device_is_asked_and_commanded() {
    let simulation = Simulation::start(&[]);
    let status = json(&["status", &format!("http://{}/", simulation.1)]);
    assert_eq!(
        (status["chip"].as_str(), status["is_openbeken"].as_bool()),
        (Some("BK7231N"), Some(true))
    );
    assert_eq!(status["relays"]["1"], false);
    assert_eq!(json(&["cmd", &simulation.1, "POWER", "TOGGLE"])["POWER"], "ON");
    assert_eq!(json(&["status", &simulation.1])["relays"]["1"], true);
    let unknown = json(&["cmd", &simulation.1, "nosuchcommand"]);
    assert!(unknown["error"].as_str().unwrap().contains("501"), "{unknown}");
    assert!(text(&run(&["status", &simulation.1])).contains("relay 1      on"));
}

#[test]
fn a_password_of_the_pages_is_asked_for() {
    let simulation = Simulation::start(&["--password", "secret5"]);
    let refused = json(&["status", &simulation.1]);
    assert!(
        refused["help"].as_str().unwrap().contains("web password"),
        "{refused}"
    );
    assert_eq!(
        json(&["status", &simulation.1, "--password", "secret5"])["name"],
        "plug"
    );
}

#[test]
fn nobody_at_an_address_is_told() {
    let output = run(&["status", "127.0.0.1:9", "--timeout", "2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("help:"));
}

#[test]
fn a_plan_hides_the_password_and_is_carried_out() {
    let output = program()
        .args(["provision", "Home"])
        .env("WIFI_PASSWORD", "two words")
        .output()
        .unwrap();
    let plan = text(&output);
    assert!(
        plan.contains("command_quoted") && !plan.contains("two%20words"),
        "{plan}"
    );
    let shown = json(&["provision", "Home", "--wifi-password", "a\"b c\"d;e", "--show"]);
    assert_eq!(shown["route"], "cfg_wifi_set");
    let simulation = Simulation::start(&[]);
    let output = program()
        .args(["provision", "My Net", "--device", &simulation.1])
        .env("WIFI_PASSWORD", "correct horse")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let stored = json(&["cmd", &simulation.1, "SSID1", "\"My Net\""]);
    assert_eq!(stored["SSID1"], "My Net");
    let refused = json(&["provision", "Home", "--wifi-password", "short"]);
    assert!(
        refused["error"].as_str().unwrap().contains("at least 8"),
        "{refused}"
    );
    assert!(
        json(&["provision", "Home"])["help"]
            .as_str()
            .unwrap()
            .contains("WIFI_PASSWORD")
    );
}

#[test]
fn a_backup_is_shown_and_edited_without_its_secrets() {
    let mut config = Config::new(Layout::D);
    config.set_text(TextField::WifiSsid, b"Home").unwrap();
    config
        .set_text(TextField::WifiPassword, b"hunter2hunter2")
        .unwrap();
    config.set_text(TextField::MqttGroup, b"bekens_n").unwrap();
    let file = File::new("backup.bin", &config.encode(CharKind::Signed));
    let shown = json(&["config", "show", file.path(), "--chip", "BK7231N"]);
    assert_eq!(
        (shown["wifi_ssid"].as_str(), shown["checksum_valid"].as_bool()),
        (Some("Home"), Some(true))
    );
    assert!(!shown.to_string().contains("hunter2"), "{shown}");
    let output = file.0.with_file_name("new.bin");
    let changes = [
        "mqtt_host=192.0.2.1",
        "flag.10=1",
        "pin.6=Rel,1",
        "channel_type.2=temperature_div10",
    ];
    let mut arguments = vec!["config", "set", file.path(), "--output", output.to_str().unwrap()];
    arguments.extend(changes);
    assert!(run(&arguments).status.success());
    let new = Config::parse(&std::fs::read(&output).unwrap(), Layout::D).unwrap();
    assert!(new.checksum().fits(CharKind::Signed));
    assert_eq!(new.text(TextField::MqttHost), Some(b"192.0.2.1".as_slice()));
    assert_eq!(
        (new.flags(), new.pins().count(), new.channel_type(2)),
        (1 << 10, 1, Some(5))
    );
    let wrong = json(&[
        "config",
        "set",
        file.path(),
        "nonsense=1",
        "--output",
        output.to_str().unwrap(),
    ]);
    assert!(wrong["error"].as_str().unwrap().contains("nonsense"), "{wrong}");
    let erased = File::new("erased.bin", &[0xff; 3584]);
    assert!(
        json(&["config", "show", erased.path()])["error"]
            .as_str()
            .unwrap()
            .contains("erased")
    );
}

#[test]
fn a_firmware_file_is_checked_before_it_is_sent() {
    let mut raw = b"\x0e\0\0\xea\x14\xf0\x9f\xe5".to_vec();
    raw.extend_from_slice(b"OpenBK7231N_1.18.100");
    let builder = RblBuilder {
        name: "app",
        version: "1.18.100",
        timestamp: 0,
        gzip: true,
        key: Some(RblKey::PUBLIC),
    };
    let file = File::new("OpenBK7231N_1.18.100.rbl", &builder.build(&raw));
    let fits = json(&["check-ota", "BK7231N", file.path()]);
    assert_eq!(
        (fits["fits"].as_bool(), fits["version"].as_str()),
        (Some(true), Some("1.18.100"))
    );
    let output = run(&["check-ota", "BK7231T", file.path()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("BK7231N"), "{}", text(&output));
}
