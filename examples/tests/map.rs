//! The program `map`, run as people run it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use examples::map::flat;
use serde_json::Value;
use vacuum_map::block::Content;

/// `cargo test` builds the example beside this test.
fn run(arguments: &[&str]) -> Output {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    Command::new(path.join("examples").join("map"))
        .args(arguments)
        .output()
        .unwrap()
}

fn json(arguments: &[&str]) -> (Value, Option<i32>) {
    let output = run(&[&["--json"], arguments].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (value, output.status.code())
}

/// A folder of a test's own, which ends with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vacuum-map-test-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.file(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn flat(&self) -> String {
        self.write("flat.rrmap", &flat::flat().encode().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn without_arguments_it_draws_a_flat_and_says_where_the_picture_is() {
    let output = run(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let line = text
        .lines()
        .find(|line| line.starts_with("A made-up flat."))
        .unwrap();
    let picture = Path::new(line.rsplit(' ').next().unwrap());
    assert!(fs::read(picture).unwrap().starts_with(b"\x89PNG"));
    assert!(
        fs::read_to_string(picture.with_extension("svg"))
            .unwrap()
            .starts_with("<svg")
    );
    assert!(text.contains("digest       valid"), "{text}");
}

#[test]
fn info_says_what_is_in_a_file() {
    let folder = Folder::new("info");
    let (info, code) = json(&["info", &folder.flat()]);
    assert_eq!(code, Some(0));
    assert_eq!(info["digest_valid"], true);
    assert_eq!(info["image"]["rooms"], 6);
    assert_eq!(info["dock"]["room"], 18);
    assert_eq!(info["warnings"], serde_json::json!([]));
    assert_eq!(info["obstacles"][1]["photo"], "0017Q80vVl5VD5Gf");
    let cleaned = info["path"]["cleaned_m2"].as_f64().unwrap();
    assert!(cleaned > 5.0 && cleaned < info["image"]["floor_m2"].as_f64().unwrap());
}

#[test]
fn damage_is_told_and_refused_with_strict() {
    let folder = Folder::new("damage");
    let mut bytes = flat::flat().encode().unwrap();
    bytes.truncate(bytes.len() - 30);
    let file = folder.write("cut.rrmap", &bytes);
    let (info, code) = json(&["info", &file]);
    assert_eq!(
        (code, &info["warnings"][0]["name"]),
        (Some(0), &Value::from("truncated"))
    );
    let (error, code) = json(&["--strict", "info", &file]);
    assert_eq!(code, Some(2));
    assert!(error["error"].as_str().unwrap().contains("announces"));
    assert!(error["help"].as_str().unwrap().contains("fetch the map again"));
}

#[test]
fn rooms_have_areas_and_outlines() {
    let folder = Folder::new("rooms");
    let (answer, _) = json(&["rooms", &folder.flat()]);
    let rooms = answer["rooms"].as_array().unwrap();
    let ids: Vec<u64> = rooms.iter().map(|room| room["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [16, 17, 18, 19, 20, 21]);
    for room in rooms {
        let area: f64 = room["outline_mm"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| {
                let holes: f64 = part["holes"].as_array().unwrap().iter().map(area_m2).sum();
                area_m2(&part["outer"]) - holes
            })
            .sum();
        assert!((area - room["area_m2"].as_f64().unwrap()).abs() < 1e-9, "{room}");
    }
}

/// By the shoelace formula.
fn area_m2(ring: &Value) -> f64 {
    let corners: Vec<(f64, f64)> = ring
        .as_array()
        .unwrap()
        .iter()
        .map(|at| (at[0].as_f64().unwrap(), at[1].as_f64().unwrap()))
        .collect();
    let next = corners.iter().cycle().skip(1);
    let twice: f64 = corners.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
    twice.abs() / 2e6
}

#[test]
fn pictures_come_with_their_transform() {
    let folder = Folder::new("render");
    let flat = folder.flat();
    for (name, start) in [("a.png", &b"\x89PNG"[..]), ("a.svg", b"<svg")] {
        let picture = folder.file(name);
        let (answer, code) = json(&["render", &flat, &picture, "--style", "extractor", "--scale", "2"]);
        assert_eq!(code, Some(0), "{answer}");
        assert!(fs::read(&picture).unwrap().starts_with(start));
        assert_eq!(
            (&answer["width"], &answer["height"]),
            (&Value::from(400), &Value::from(300))
        );
        // (25500 / 50 - 430 + 0.5) * 2, (150 - (25500 / 50 - 440) - 0.5) * 2
        let at = &answer["calibration_points"][0]["map"];
        let (x, y) = (at["x"].as_f64().unwrap(), at["y"].as_f64().unwrap());
        assert!((x - 161.0).abs() < 1e-6 && (y - 159.0).abs() < 1e-6, "{at}");
    }
    let turned = folder.file("turned.png");
    let (answer, _) = json(&[
        "render", &flat, &turned, "--style", "extractor", "--rotate", "-90",
    ]);
    assert_eq!(
        (&answer["width"], &answer["height"]),
        (&Value::from(150), &Value::from(200))
    );
}

#[test]
fn options_of_openhab_are_read_and_mended_only_when_asked() {
    let folder = Folder::new("config");
    let (flat, picture) = (folder.flat(), folder.file("a.png"));
    let good = folder.write(
        "good.json",
        br#"{"scale": 3, "cropBorder": -1, "showLogo": false}"#,
    );
    let (answer, _) = json(&["render", &flat, &picture, "--config", &good]);
    assert_eq!(
        (&answer["width"], &answer["height"]),
        (&Value::from(600), &Value::from(450))
    );
    let bad = folder.write("bad.json", br#"{"cropBorder": 1.5}"#);
    let (answer, code) = json(&["render", &flat, &picture, "--config", &bad]);
    assert_eq!(code, Some(2));
    assert!(
        answer["error"]
            .as_str()
            .unwrap()
            .ends_with("cropBorder has to be a whole number of 32 bits, and is 1.5")
    );
    assert_eq!(fs::read_to_string(&bad).unwrap(), r#"{"cropBorder": 1.5}"#);
    let (_, code) = json(&["render", &flat, &picture, "--config", &bad, "--write-config"]);
    assert_eq!(code, Some(0));
    let written: Value = serde_json::from_str(&fs::read_to_string(&bad).unwrap()).unwrap();
    assert_eq!(written["cropBorder"], 10);
}

#[test]
fn diff_says_what_has_changed_and_ends_with_1() {
    let folder = Folder::new("diff");
    let old = folder.flat();
    assert_eq!(json(&["diff", &old, &old]).1, Some(0));
    let mut map = flat::flat();
    map.sequence += 1;
    for block in &mut map.blocks {
        match &mut block.content {
            Content::Robot(robot) => robot.x += 300,
            Content::Path(path) => path.points.truncate(path.points.len() - 2),
            Content::NoGo(areas) => areas.clear(),
            _ => {}
        }
    }
    let new = folder.write("new.rrmap", &map.encode().unwrap());
    let (answer, code) = json(&["diff", &old, &new]);
    assert_eq!(code, Some(1));
    let differences = answer["differences"].as_array().unwrap();
    let what: Vec<&str> = differences
        .iter()
        .map(|difference| difference["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["sequence", "robot", "path", "block"]);
    assert_eq!(differences[1]["value"]["moved_mm"], 300.0);
    assert_eq!(differences[3]["value"], "no_go");
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let folder = Folder::new("mistakes");
    let (flat, json_file) = (folder.flat(), folder.write("a.json", b"{\"code\": 0}"));
    for (arguments, cause) in [
        (&["info", "/nowhere/at/all"][..], "/nowhere/at/all"),
        (&["info", &json_file], "neither a map nor gzip nor zlib"),
        (&["render", &flat, &folder.file("a.jpg")], ".png or .svg"),
        (
            &["render", &flat, &folder.file("a.png"), "--scale", "0"],
            "isn't above 0",
        ),
        (
            &["render", &flat, &folder.file("a.png"), "--scale", "64"],
            "pixels has more than",
        ),
        (
            &[
                "render",
                &flat,
                &folder.file("a.png"),
                "--config",
                &folder.file("none.json"),
            ],
            "none.json",
        ),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(cause), "{arguments:?}: {text}");
    }
}
