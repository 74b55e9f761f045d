//! The program `miio` works out of the box, against a device that it simulates itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// `cargo test` builds the example beside this test.
fn program() -> Command {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let mut command = Command::new(path.join("examples").join("miio"));
    command.arg("--json");
    command
}

struct Simulation(Child, String);

impl Simulation {
    fn start() -> Self {
        let mut child = program()
            .args(["--address", "127.0.0.1:0", "simulate", "--seconds", "60"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        Self(child, started["address"].as_str().unwrap().into())
    }

    /// Runs a command against the simulated device and returns what it prints.
    fn run(&self, arguments: &[&str]) -> Vec<Value> {
        let done = program()
            .args(["--address", &self.1, "--timeout", "0.3"])
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn simulate_and_the_other_commands_work_together() {
    let lamp = Simulation::start();
    assert_eq!(lamp.run(&["info"])[0]["model"], "xiaomirs.light.lamp1");
    assert_eq!(lamp.run(&["get"]).len(), 7);
    assert_eq!(lamp.run(&["set", "light:mode", "Reading"])[0]["value"], 2);
    assert_eq!(lamp.run(&["get", "light:mode"])[0]["value"], 2);
    assert_eq!(lamp.run(&["action", "light:toggle"])[0]["done"], true);
    assert_eq!(lamp.run(&["call", "set_power[\"off\"]"]), [json!(["ok"])]);
    assert_eq!(lamp.run(&["call", "get_prop", "[\"power\"]"]), [json!(["off"])]);
    let found = lamp.run(&["discover", "--seconds", "0.5"]);
    assert!(found.iter().any(|device| device["device_id"] == 305_419_896));
}

#[test]
fn failures_name_cause_and_help() {
    let lamp = Simulation::start();
    for (arguments, cause) in [
        (&["set", "light:brightness", "101"][..], "isn't between"),
        (&["set", "environment:temperature", "1"], "can't be written"),
        (&["get", "light:colour"], "no property"),
        (&["call", "no_such_method"], "-32601"),
        (&["--token", "ab", "info"], "32 hex digits"),
        (
            &["--token", "0102030405060708090a0b0c0d0e0f10", "info"],
            "never answered under this token",
        ),
    ] {
        let printed = lamp.run(arguments);
        let error = &printed[0];
        assert!(error["error"].as_str().unwrap().contains(cause), "{error}");
        assert!(error["help"].is_string(), "{error}");
    }
}

#[test]
fn tokens_come_from_android_and_ios_databases_and_from_logs() {
    let folder = std::env::temp_dir().join(format!("miio-tokens-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (android, ios, log) = (
        folder.join("miio2.db"),
        folder.join("1_mihome.sqlite"),
        folder.join("log.txt"),
    );
    let token = "da174a26818605e887452c7aa0b2e0ef";
    let encrypted =
        "2e565e3795ff985b8351f605a5beeaf82a0bff12feef457d18a6ff4fbbef136a0143db63ee66b0cdff9f69917680151e";
    let database = rusqlite::Connection::open(&android).unwrap();
    database
        .execute_batch(&format!(
            "CREATE TABLE devicerecord (name, mac, localIP, model, token, did);
             INSERT INTO devicerecord VALUES ('Lamp', 'AA', '192.168.1.2', 'a.b.c', '{token}', '7');
             INSERT INTO devicerecord VALUES ('Door', 'BB', '', 'd.e.f', '', 'lumi.1');"
        ))
        .unwrap();
    let database = rusqlite::Connection::open(&ios).unwrap();
    database
        .execute_batch(&format!(
            "CREATE TABLE ZDEVICE (ZNAME, ZMAC, ZLOCALIP, ZMODEL, ZTOKEN, ZDID);
             INSERT INTO ZDEVICE VALUES ('Lamp', 'AA', '192.168.1.2', 'a.b.c', '{encrypted}', 7);"
        ))
        .unwrap();
    let entry = json!({"result": {"list": [{"did": "7", "token": token, "name": "Lamp", "model": "a.b.c", "mac": "AA",
        "localip": "192.168.1.2"}]}});
    std::fs::write(&log, format!("x processResult in result={entry}\n")).unwrap();
    for file in [android, ios, log] {
        let run = |show: &[&str]| {
            let done = program().arg("tokens").arg(&file).args(show).output().unwrap();
            serde_json::from_slice::<Value>(&done.stdout).unwrap()
        };
        let shown = run(&["--show"]);
        assert_eq!(
            (&shown["did"], &shown["token"]),
            (&json!("7"), &json!(token)),
            "{}",
            file.display()
        );
        assert_eq!(run(&[])["token"], Value::Null);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
