//! The program as a newcomer meets it: an example configuration, a check, and errors that say what to do.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic")]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the program in a folder: whether it succeeded, and what it wrote.
fn run(folder: &Path, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(common::bridge())
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_example_passes_the_check_and_notes_say_what_will_not_work_yet() {
    let folder = common::folder("program");
    let (fine, example, _) = run(&folder, &["init"]);
    assert!(fine);
    let path = folder.join("bridge.toml");
    std::fs::write(&path, &example).unwrap();
    let (fine, out, err) = run(&folder, &["--config", "bridge.toml", "check"]);
    assert!(
        fine && out.contains("valid") && out.contains("broker 127.0.0.1:1883"),
        "{out}{err}"
    );
    assert!(!out.contains("note:"), "{out}");

    let with_cloud = example
        .replace("#: [cloud]", "[cloud]")
        .replace("#: session =", "session =");
    std::fs::write(&path, with_cloud).unwrap();
    let (fine, out, _) = run(&folder, &["--config", "bridge.toml", "check"]);
    let session = folder.join("session").display().to_string();
    assert!(
        fine && out.contains("note: the cloud") && out.contains(&format!("--session {session} login")),
        "the command works in any folder: {out}"
    );
    let (fine, out, _) = run(&folder, &["--config", "bridge.toml", "--json", "check"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(fine && json["valid"] == true && json["notes"][0].as_str().unwrap().contains("login"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_check_reads_the_files_that_are_named() {
    let folder = common::folder("check");
    let start = "[mqtt]\nhost = 'a'\n";
    let token = "address = '192.168.1.20'\ntoken = '00112233445566778899aabbccddeeff'\n";
    for (tables, words) in [
        (
            "[mqtt.tls]\nca = 'nowhere.pem'\n".to_owned(),
            ["nowhere.pem", "PEM"],
        ),
        (
            format!("[[miio]]\n{token}spec = 'nowhere.json'\n"),
            ["nowhere.json", "miot-spec.org"],
        ),
        (
            format!("[[miio]]\n{token}spec = 'bridge.toml'\n"),
            ["bridge.toml", "miot-spec.org"],
        ),
        (
            "[[miio]]\naddress = '192.168.1.20'\n".to_owned(),
            ["line 3", "[cloud]"],
        ),
        ("[cloud]\nservers = ['eu']\n".to_owned(), ["line 4", "servers"]),
    ] {
        std::fs::write(folder.join("bridge.toml"), format!("{start}{tables}")).unwrap();
        let (fine, out, err) = run(&folder, &["--config", "bridge.toml", "check"]);
        assert!(!fine && out.is_empty(), "{tables}{out}");
        assert!(words.iter().all(|word| err.contains(word)), "{tables}{err}");
    }
    std::fs::write(
        folder.join("bridge.toml"),
        format!("state_file = 'state'\n{start}"),
    )
    .unwrap();
    std::fs::write(folder.join("state"), "{").unwrap();
    let (fine, _, err) = run(&folder, &["--config", "bridge.toml", "check"]);
    assert!(!fine && err.contains("Move it away"), "{err}");
    let (fine, _, err) = run(&folder, &["check"]);
    assert!(!fine && err.contains("--config"), "{err}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_simulated_home_is_alive_at_once_and_ends_with_a_summary() {
    let folder = common::folder("alive");
    let (fine, out, err) = run(&folder, &["--json", "--for", "5s"]);
    assert!(fine, "{out}{err}");
    let lines = out.lines();
    let lines: Vec<serde_json::Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    for name in ["Vacuum", "Purifier", "Bedroom", "Heater"] {
        assert!(lines.iter().any(|line| line["name"] == name), "no {name}: {out}");
    }
    assert!(
        lines.last().unwrap()["summary"]["devices"].as_u64() >= Some(6),
        "{out}"
    );
    std::fs::remove_dir_all(folder).unwrap();
}
