//! The program `cloud` works out of the box, against the fake cloud that it brings.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// `cargo test` builds the example beside this test.
fn program() -> Command {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let mut command = Command::new(path.join("examples").join("cloud"));
    command.stdin(Stdio::null());
    command
}

fn text(output: &Output) -> (String, String) {
    (
        String::from_utf8(output.stdout.clone()).unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

fn json(arguments: &[&str]) -> Vec<Value> {
    let output = program()
        .args(["--simulate", "--json"])
        .args(arguments)
        .output()
        .unwrap();
    let (out, err) = text(&output);
    assert!(output.status.success(), "{out}{err}");
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_tour_shows_everything_and_no_secret() {
    let output = program().output().unwrap();
    let (out, err) = text(&output);
    assert!(output.status.success(), "{out}{err}");
    for line in [
        "Logged in as 1000000001",
        "Desk lamp",
        "key of 16 bytes",
        "no key (all FF)",
        "Europe",
        "forgotten",
    ] {
        assert!(out.contains(line), "no `{line}` in {out}");
    }
    for secret in ["00112233445566778899aabbccddeeff", "0123456789abcdef", "correct"] {
        assert!(
            !out.to_lowercase().contains(secret) && !err.to_lowercase().contains(secret),
            "{secret}"
        );
    }
}

#[test]
fn devices_of_all_regions_are_listed_and_tokens_only_on_request() {
    let hidden = json(&["devices"]);
    // The first line tells of the login.
    let lamp = hidden.iter().find(|device| device["did"] == "200000001").unwrap();
    assert_eq!(
        (&lamp["token"], &lamp["region"]),
        (&"hidden".into(), &"de".into())
    );
    assert_eq!(lamp["alternatives"][0]["region"], "cn");
    assert!(
        hidden.iter().any(|device| device["did"] == "200000020"),
        "the shared home's device"
    );
    let shown = json(&["devices", "--secrets"]);
    let lamp = shown.iter().find(|device| device["did"] == "200000001").unwrap();
    assert_eq!(lamp["token"], "00112233445566778899aabbccddeeff");
    let china = json(&["devices", "--region", "cn", "--secrets"]);
    assert_eq!(china.last().unwrap()["token"], "a1".repeat(16));
}

#[test]
fn keys_are_classified_with_help() {
    let keys = json(&["keys", "--secrets"]);
    let of = |did: &str| keys.iter().find(|key| key["did"] == did).unwrap().clone();
    assert_eq!(
        of("blt.3.synthetic00001")["key"],
        "0123456789abcdef0123456789abcdef"
    );
    assert_eq!(of("blt.3.synthetic00002")["key"], "a1a2a3a4a5a6a7a8a9aaabac");
    assert!(
        of("blt.3.synthetic00003")["help"]
            .as_str()
            .unwrap()
            .contains("add it again")
    );
    assert_eq!(of("1000000123")["key"], Value::Null);
}

#[test]
fn calls_and_maps_go_through() {
    assert_eq!(
        json(&["call", "200000001", "get_prop", "[\"power\"]"])
            .last()
            .unwrap()[0],
        "on"
    );
    assert_eq!(
        json(&["call", "200000001", "2.1", "--region", "de"])
            .last()
            .unwrap(),
        &Value::Bool(false)
    );
    let folder = std::env::temp_dir().join(format!("cloud-test-{}", std::process::id()));
    let map = folder.join("map");
    let told = json(&["map", "200000003", "--out", map.to_str().unwrap()]);
    assert_eq!(told.last().unwrap()["packed"], "gzip");
    assert_eq!(std::fs::read(&map).unwrap().len(), 20);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_session_file_is_its_owners_only_and_goes_away() {
    let folder = std::env::temp_dir().join(format!("cloud-session-{}", std::process::id()));
    let file = folder.join("session");
    let mut child = program()
        .args([
            "--simulate",
            "--session",
            file.to_str().unwrap(),
            "login",
            "--user",
            "user@example.com",
        ])
        .arg("--password-stdin")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"correct\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(!std::fs::read_to_string(&file).unwrap().contains("correct"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        1,
        "nothing temporary stays"
    );
    let logout = program()
        .args(["--session", file.to_str().unwrap(), "logout"])
        .status()
        .unwrap();
    assert!(logout.success() && !file.exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn failures_name_cause_and_help() {
    let mut child = program()
        .args([
            "--simulate", "--json", "login", "--user", "user@example.com", "--password-stdin",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"wrong\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        told["error"].as_str().unwrap().contains("70016") && told["help"].as_str().unwrap().contains("QR")
    );
    let nobody = std::env::temp_dir().join("no-such-session");
    for (arguments, cause) in [
        (
            &["--session", nobody.to_str().unwrap(), "devices"][..],
            "nobody is logged in",
        ),
        (&["--simulate", "call", "999", "x"], "no region has a device"),
        (&["--simulate", "call", "200000001", "9.9"], "-704040003"),
        (&["--simulate", "call", "blt.3.synthetic00001", "x"], "-9999"),
        (&["regions", "??"], "isn't in the table"),
        (
            &["--simulate", "devices", "--region", "evil.example/"],
            "name no region",
        ),
    ] {
        let output = program().args(arguments).output().unwrap();
        let (out, err) = text(&output);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(err.contains(cause), "{arguments:?}: {out}{err}");
    }
}
