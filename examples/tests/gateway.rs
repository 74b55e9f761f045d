//! Every command of the program `gateway` against gateways that it simulates itself, in processes of their own.
//!
//! Each simulated gateway has a sid and a loopback address of its own, since all hear each other's multicasts.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const KEY: &str = "41D49ED97B487373";

/// `cargo test` builds the example beside this test.
fn program() -> Command {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let mut command = Command::new(path.join("examples").join("gateway"));
    command.env_remove("XIAOMI_GATEWAY_KEY");
    command
}

/// A simulated gateway. The system has 127.0.0.0/8 only on Linux; elsewhere all share an address.
struct Simulation {
    child: Child,
    events: BufReader<ChildStdout>,
    interface: String,
    host: String,
    sid: String,
}

impl Simulation {
    fn start(number: u8, options: &[&str]) -> Self {
        let sid = format!("04cf8c9100{number:02x}");
        let number = if cfg!(target_os = "linux") { number } else { 1 };
        let interface = format!("127.0.0.{number}");
        let mut child = program()
            .args([
                "--json", "--interface", &interface, "simulate", "--sid", &sid, "--port", "0", "--seconds",
                "60",
            ])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut events = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        events.read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(started["event"], "listening");
        Self {
            child,
            events,
            interface,
            host: started["address"].as_str().unwrap().into(),
            sid,
        }
    }

    fn output(&self, arguments: &[&str]) -> Output {
        let network = ["--json", "--interface", &self.interface, "--host", &self.host];
        program().args(network).args(arguments).output().unwrap()
    }

    /// Runs a command without KEY; what it prints, and whether it succeeds.
    fn run(&self, arguments: &[&str]) -> (bool, Vec<Value>) {
        let done = self.output(arguments);
        (done.status.success(), lines(&done))
    }

    /// Runs a command with the KEY, which succeeds.
    fn good(&self, arguments: &[&str]) -> Vec<Value> {
        let (success, printed) = self.run(&[&["--key", KEY], arguments].concat());
        assert!(success, "{printed:?}");
        printed
    }

    /// Runs a command that fails. The last line says why.
    fn bad(&self, arguments: &[&str]) -> (String, String) {
        let (success, printed) = self.run(arguments);
        assert!(!success, "{printed:?}");
        let last = printed.last().unwrap();
        let text = |name: &str| last[name].as_str().unwrap_or_default().to_owned();
        (text("error"), text("help"))
    }

    /// Ends it, and returns what clients did.
    fn end(mut self) -> Vec<Value> {
        self.child.kill().unwrap();
        let mut rest = String::new();
        self.events.read_to_string(&mut rest).unwrap();
        rest.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(done: &Output) -> Vec<Value> {
    let text = String::from_utf8(done.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The first device of a category.
fn device<'a>(devices: &'a [Value], category: &str) -> &'a Value {
    let found = devices
        .iter()
        .find(|device| device["decoded"]["category"] == category);
    found.unwrap_or_else(|| panic!("no {category}"))
}

/// Whether this system carries multicasts on loopback; a sandbox may not.
fn has_multicast(interface: &str) -> bool {
    let interface: Ipv4Addr = interface.parse().unwrap();
    let group = Ipv4Addr::new(224, 0, 0, 50);
    let listener = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    listener
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let sender = UdpSocket::bind((interface, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.join_multicast_v4(&group, &interface).is_ok()
        && sender.send_to(b"x", (group, port)).is_ok()
        && listener.recv_from(&mut [0; 8]).is_ok()
}

#[test]
fn a_tour_needs_nothing_and_ends_soon() {
    let start = Instant::now();
    let done = program().stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success());
    assert!(start.elapsed() < Duration::from_secs(30));
    let text = String::from_utf8(done.stdout).unwrap();
    for shown in [
        "$ gateway devices", "temperature_c=23.33", "took rgb=687833088", "EVENT ",
    ] {
        assert!(text.contains(shown), "no {shown} in {text}");
    }
    let failures = String::from_utf8(done.stderr).unwrap();
    assert!(
        failures.contains("no gateway has a device 158d0000000bad"),
        "{failures}"
    );
}

#[test]
fn devices_of_both_generations_are_listed_and_read() {
    for (address, generation) in [(11, "1"), (12, "2")] {
        let gateway = Simulation::start(address, &["--generation", generation, "--all-models"]);
        let found = gateway.good(&["discover"]);
        assert_eq!(
            (&found[0]["event"], &found[0]["sid"]),
            (&json!("gateway_found"), &json!(gateway.sid))
        );
        let devices = gateway.good(&["devices"]);
        // All 70 models but the four that are gateways, and the gateway itself.
        assert_eq!(devices.len(), 67);
        assert!(
            devices
                .iter()
                .all(|device| device["decoded"]["category"].is_string())
        );
        let climate = device(&devices, "climate_thp");
        assert_eq!(climate["decoded"]["state"]["temperature_c"], 23.33);
        let sid = climate["sid"].as_str().unwrap();
        let read = gateway.good(&["read", sid]);
        assert_eq!(read[0]["decoded"]["state"]["pressure_pa"], 99900);
        // Without KEY too.
        assert!(gateway.run(&["read", &gateway.sid]).0);
    }
}

#[test]
fn writes_reach_the_gateway_in_both_generations() {
    for (address, generation) in [(13, "1"), (14, "2")] {
        let one = generation == "1";
        let gateway = Simulation::start(address, &["--generation", generation]);
        let devices = gateway.good(&["devices"]);
        let plug = device(&devices, "plug")["sid"].as_str().unwrap().to_owned();
        let name = if one { "status" } else { "channel_0" };
        let done = gateway.good(&["write", &plug, &format!("{name}=on")]);
        assert_eq!(
            done[0],
            json!({"event": "written", "sid": plug, "values": {name: "on"}})
        );
        assert_eq!(done[1]["decoded"]["state"]["channel_0"], "on", "its report");
        let curtain = device(&devices, "curtain")["sid"].as_str().unwrap().to_owned();
        let level = if one {
            "curtain_level:=25"
        } else {
            "curtain_level=25"
        };
        let done = gateway.good(&["write", &curtain, level]);
        assert_eq!(done[1]["decoded"]["state"]["position_pct"], 25);
        if one {
            let lit = gateway.good(&["light", "ff8000", "40"]);
            assert_eq!(lit[1]["decoded"]["state"]["light"]["brightness_pct"], 40);
            let dark = gateway.good(&["light", "off"]);
            assert_eq!(dark[1]["decoded"]["state"]["light"]["on"], false);
        } else {
            let (error, _) = gateway.bad(&["--key", KEY, "light", "ff8000"]);
            assert!(error.contains("no light"), "{error}");
        }
        gateway.good(&["ring", "10", "20"]);
        gateway.good(&["ring", "stop"]);
        let done = gateway.end();
        for values in [json!({"mid": 10, "vol": 20}), json!({"mid": 10000})] {
            assert!(done.iter().any(|event| event["values"] == values), "{done:?}");
        }
    }
}

#[test]
fn a_device_joins() {
    let gateway = Simulation::start(15, &[]);
    let printed = gateway.good(&["join", "--seconds", "4"]);
    let joined = printed.iter().find(|line| line["event"] == "joined").unwrap();
    assert_eq!(joined["model"], "sensor_switch.aq2");
    let sid = joined["sid"].as_str().unwrap();
    gateway.good(&["write", &gateway.sid, &format!("remove_device:={sid}")]);
    let (error, help) = gateway.bad(&["read", sid]);
    assert!(error.contains("no gateway has a device") && !help.is_empty());
}

#[test]
fn what_happens_is_watched_in_both_forms() {
    let gateway = Simulation::start(16, &["--all-models", "--double-reports"]);
    if !has_multicast(&gateway.interface) {
        eprintln!("skipped: this system carries no multicast on loopback");
        return;
    }
    let json = gateway.good(&["watch", "--seconds", "7"]);
    let reports: Vec<_> = json.iter().filter(|line| line["source"] == "report").collect();
    assert!(!reports.is_empty());
    let text = program()
        .args(["--interface", &gateway.interface, "watch", "--seconds", "5"])
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(
        text.contains(&gateway.sid) && text.contains(" read "),
        "found by multicast: {text}"
    );
}

#[test]
fn the_doctor_names_causes_and_remedies() {
    let well = Simulation::start(17, &[]);
    let deaf = Simulation::start(18, &["--no-multicast"]);
    let closed = Simulation::start(19, &["--closed"]);
    let multicast = has_multicast(&well.interface);
    let troubles = |simulation: &Simulation, key: &str| {
        let (success, printed) = simulation.run(&["--key", key, "doctor"]);
        let names = printed.iter().filter_map(|line| line["trouble"].as_str());
        let names: Vec<_> = names.map(str::to_owned).collect();
        assert_eq!(success, names.is_empty(), "{printed:?}");
        // This test may run in one.
        let names = names.into_iter().filter(|name| name != "container");
        names.collect::<Vec<_>>()
    };
    // Each waits for heartbeats, so all at once.
    std::thread::scope(|scope| {
        if multicast {
            scope.spawn(|| assert_eq!(troubles(&well, KEY), [""; 0]));
            scope.spawn(|| assert_eq!(troubles(&well, "41D49ED97B487374"), ["key_wrong"]));
        }
        scope.spawn(|| assert_eq!(troubles(&deaf, KEY), ["multicast_lost"]));
        scope.spawn(|| {
            let found = troubles(&closed, KEY);
            let cause = if multicast { "lan_mode_off" } else { "not_found" };
            assert!(found.contains(&cause.into()), "{found:?}");
        });
    });
    let elsewhere = program()
        .args(["--json", "--interface", "203.0.113.7", "doctor"])
        .output()
        .unwrap();
    assert!(
        lines(&elsewhere)
            .iter()
            .any(|line| line["trouble"] == "wrong_interface")
    );
}

#[test]
fn failures_name_cause_and_help() {
    let gateway = Simulation::start(20, &["--hide-version", "--empty-models"]);
    let plug = "158d0001000000";
    for (arguments, cause, remedy) in [
        (
            &["write", plug, "status=on"][..],
            "no KEY",
            "LAN communication protocol",
        ),
        (
            &["--key", "short", "devices"],
            "16 characters, this has 5",
            "exactly 16",
        ),
        (
            &["--key", "00112233445566778899aabbccddeeff", "devices"],
            "32 hex digits",
            "miIO token",
        ),
        (
            &["--key", "41D49ED97B48737é", "devices"],
            "character 16",
            "keyboard",
        ),
        (
            &["--key", "41D49ED97B487374", "light", "off"],
            "refuses the KEY",
            "upper and lower case",
        ),
        (&["read", "158d0000000bad"], "no gateway has a device", "list"),
        (&["--key", KEY, "write", &gateway.sid, "key=1"], "`key`", ""),
        (
            &["--gateway", "7811dcffffff", "--seconds", "2", "light", "off"],
            "no gateway has a device",
            "list",
        ),
        (&["--seconds", "0.05", "devices"], "time is over", "--seconds"),
    ] {
        let (error, help) = gateway.bad(arguments);
        assert!(error.contains(cause), "{arguments:?}: {error}");
        assert!(help.contains(remedy), "{arguments:?}: {help}");
    }
    let silent = program()
        .args([
            "--json", "--interface", "127.0.0.1", "--host", "127.0.0.1:9", "devices",
        ])
        .output()
        .unwrap();
    let error = lines(&silent).pop().unwrap();
    assert!(
        error["error"]
            .as_str()
            .unwrap()
            .contains("nobody answers at 127.0.0.1:9")
    );
    assert!(error["help"].as_str().unwrap().contains("LAN mode"));
}

#[test]
fn arguments_that_make_no_sense_are_refused_with_a_reason() {
    for (arguments, reason) in [
        (&["light", "red"][..], "six hex digits"),
        (&["light", "ff8000", "101"], "101"),
        (&["light"], "COLOUR"),
        (&["ring", "9"], "no ringtone 9"),
        (&["ring", "10", "101"], "101"),
        (&["read", "sid1"], "1 to 16 hex digits"),
        (&["write", "158d0001000000"], "VALUES"),
        (&["write", "158d0001000000", "status"], "name=value"),
        (&["write", "158d0001000000", "=on"], "name is missing"),
        (&["--interface", "eth0", "devices"], "IPv4 address"),
        (&["--host", "gateway.local", "devices"], "IPv4 address"),
        (&["--seconds=-1", "devices"], "negative"),
        (&["--gateway", "x", "devices"], "hex digits"),
        (&["simulate", "--generation", "3"], "3"),
        (&["fly"], "unrecognized"),
    ] {
        let done = program().args(arguments).output().unwrap();
        let error = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(error.contains(reason), "{arguments:?}: {error}");
    }
    let bad_secret = program().args(["simulate", "--secret", "x"]).output().unwrap();
    assert!(
        String::from_utf8(bad_secret.stderr)
            .unwrap()
            .contains("16 characters")
    );
}

#[test]
fn without_a_number_ring_lists_the_sounds() {
    let done = program().args(["ring", "--simulated"]).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(
        text.contains("   10 doorbell (doorbell)") && text.lines().count() == 23,
        "{text}"
    );
}

/// The KEY may come from the environment, where no list of processes shows it; help doesn't print it.
#[test]
fn the_key_may_come_from_the_environment_and_is_not_shown() {
    let gateway = Simulation::start(21, &[]);
    let done = program()
        .env("XIAOMI_GATEWAY_KEY", KEY)
        .args([
            "--json", "--interface", &gateway.interface, "--host", &gateway.host, "ring", "stop",
        ])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let help = program()
        .env("XIAOMI_GATEWAY_KEY", KEY)
        .arg("--help")
        .output()
        .unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().contains(KEY));
}

#[test]
fn a_gateway_that_changes_its_token_all_the_time_is_still_written_to() {
    let gateway = Simulation::start(22, &["--hasty-token"]);
    let done = gateway.good(&["--simulated", "light", "00ff00"]);
    assert_eq!(done[0]["event"], "written");
    let done = gateway.good(&["light", "00ff00"]);
    assert_eq!(done[0]["event"], "written");
}
