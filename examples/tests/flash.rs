//! The program `flash`, run as a person runs it, on devices that it simulates itself.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The program, which cargo builds before tests unless it was told to build one test only.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "examples", "--example", "flash"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().unwrap().parent().unwrap();
        let program = profile
            .join("examples")
            .join(format!("flash{}", std::env::consts::EXE_SUFFIX));
        assert!(program.exists() || build.status().unwrap().success());
        program
    })
}

/// A simulated device in a folder of its own, and everything that was printed about it.
struct Device {
    folder: PathBuf,
    model: &'static str,
    printed: String,
}

impl Device {
    fn new(test: &str, model: &'static str) -> Self {
        let folder = std::env::temp_dir().join(format!("flash-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self {
            folder,
            model,
            printed: String::new(),
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn run(&mut self, words: &str) -> Output {
        let memory = self.path("device.bin");
        let words = words.split_whitespace().map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name),
            None => word.to_owned(),
        });
        let output = Command::new(program())
            .args(["--simulate", self.model, "--memory", &memory])
            .args(words.collect::<Vec<_>>())
            .env_remove("MI_TOKEN")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        self.printed += &String::from_utf8_lossy(&output.stdout);
        self.printed += &String::from_utf8_lossy(&output.stderr);
        output
    }

    /// What it printed, object by object, if all went well.
    fn json(&mut self, words: &str) -> Vec<Value> {
        let output = self.run(&format!("--json --yes {words}"));
        let stderr = String::from_utf8_lossy(&output.stderr);
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{words}: {stdout}{stderr}");
        objects(&output)
    }

    /// The error, if it failed as it should.
    fn error(&mut self, words: &str) -> Value {
        let output = self.run(&format!("--json {words}"));
        assert_eq!(output.status.code(), Some(1), "{words}");
        let last = objects(&output).pop().unwrap();
        assert!(last["cause"].is_string(), "{last}");
        last
    }

    fn secrets(&self, file: &str) -> Vec<Vec<u8>> {
        let file: Value = serde_json::from_slice(&fs::read(self.path(file)).unwrap()).unwrap();
        ["token", "bind_key", "records"]
            .into_iter()
            .filter_map(|field| file[field].as_str())
            .map(|hex| base16ct::mixed::decode_vec(hex.as_bytes()).unwrap())
            .collect()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn objects(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn find<'v>(objects: &'v [Value], field: &str) -> &'v Value {
    let found = objects.iter().find(|object| !object[field].is_null());
    &found.unwrap_or_else(|| panic!("no {field} in {objects:?}"))[field]
}

#[test]
fn the_tour_goes_all_the_way_and_back() {
    let output = Command::new(program()).stdin(Stdio::null()).output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(output.status.success(), "{stdout}{stderr}");
    for expected in [
        "stock_mi 1.0.0_0130",
        "is registered as blt.3.129v",
        "mibeacon encrypted  temperature 21.4 °C",
        "has opened a session",
        "\ngo\n",
        "it runs: the device reports custom_pvvx V5.8",
        "pvvx encrypted  temperature 21.37 °C",
        "(invented)",
        "-29: The cloud refuses the device's id",
        "it runs: the device reports stock_mi 1.0.0_0130",
        "the vendor's app pairs it, without -29",
    ] {
        assert!(stdout.contains(expected), "{expected} in\n{stdout}");
    }
    assert!(
        stderr.contains("attempt 2 of 3"),
        "it goes on after a disconnect: {stderr}"
    );
    assert!(stderr.contains("KiB/s") && stderr.contains("left"), "{stderr}");
    let places = [
        "registered as", "V5.8, hardware 4", "pvvx encrypted", "keys are erased", "pairs it",
    ];
    let places: Vec<usize> = places.iter().map(|text| stdout.find(text).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_device_goes_its_way_call_by_call_and_no_call_prints_a_secret() {
    let mut device = Device::new("way", "LYWSD03MMC");
    assert_eq!(find(&device.json("identify"), "firmware"), "stock_mi");
    let error = device.error("--yes activate --keys @keys.json");
    assert_eq!(error["error"], "no_did");
    assert!(error["help"].as_str().unwrap().contains("--did"));
    let registered = device.json("activate --did blt.3.1hc1p4nu8k400 --keys @keys.json");
    assert_eq!(find(&registered, "invented"), false);
    device.json("login --keys @keys.json");
    let heard = device.json("listen --keys @keys.json --seconds 5");
    assert!(
        heard.iter().all(|object| object["authenticated"] == true),
        "{heard:?}"
    );

    let flashed = device.json("--drop-at 3000 flash --keys @keys.json");
    assert_eq!(find(&flashed, "proof"), "NewImageRuns");
    let progress: Vec<&Value> = flashed
        .iter()
        .filter(|object| object["event"] == "progress")
        .collect();
    assert!(progress.len() > 10, "{}", progress.len());
    assert!(
        progress
            .iter()
            .any(|object| object["bytes_per_second"].as_u64() > Some(0) && object["seconds_left"].is_u64())
    );
    let device_now = device.json("identify");
    assert_eq!(
        (find(&device_now, "firmware"), find(&device_now, "hardware_id")),
        (&"custom_pvvx".into(), &4.into())
    );

    let config = device.json("config show");
    assert_eq!(config[0]["config"]["advertising_type"], "bthome");
    device.json("config set advertising_type=pvvx encrypted=on advertising_interval_ms=5000 --name Attic --bind-key-from @keys.json");
    let config = device.json("config show");
    assert_eq!(config[0]["config"]["advertising_interval_ms"], 5000.0);
    let heard = device.json("listen --keys @keys.json");
    assert_eq!(find(&heard, "format"), "pvvx");
    assert!(
        heard.iter().all(|object| object["authenticated"] == true),
        "{heard:?}"
    );

    let log = device.json("log --last 5 --skip 2");
    assert_eq!(find(&log, "records"), 5);
    assert_eq!(log[0]["number"], 3);
    device.json("keys backup @backup.json");
    device.json("keys erase @before-erasing.json");
    assert_eq!(find(&device.json("keys backup @empty.json"), "token"), false);
    assert_eq!(
        find(&device.json("keys restore @backup.json"), "did"),
        "blt.3.1hc1p4nu8k400"
    );
    assert_eq!(find(&device.json("keys backup @again.json"), "token"), true);
    assert_eq!(
        device.secrets("again.json")[..2],
        device.secrets("keys.json")[..2]
    );

    let back = device.json("stock --backup @stock.json");
    let steps: Vec<&str> = back[0]["plan"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        steps,
        ["back_up_keys", "erase_keys", "flash_stock", "verify", "pair"]
    );
    assert_eq!(find(&back, "paired"), true);
    assert_eq!(find(&device.json("identify"), "revision"), "1.0.0_0130");
    // The app has registered it anew.
    assert_eq!(
        device.error("login --keys @keys.json")["error"],
        "device_confirm_mismatch"
    );
    device.run("identify");
    device.run("--help");

    let mut secrets = device.secrets("keys.json");
    secrets.extend(device.secrets("stock.json"));
    assert!(secrets.len() >= 5);
    assert_none_printed(&device.printed, &secrets);
}

#[test]
fn the_app_refuses_an_invented_id_unless_it_was_erased() {
    let mut device = Device::new("invented", "LYWSD03MMC:V5.8");
    let told = device.json("diagnose");
    assert_eq!(
        (find(&told, "symptom"), find(&told, "confirmed")),
        (&"-29".into(), &true.into())
    );
    // Straight back, without erasing: the stock image goes on like any other.
    let stock = device.path("stock.bin");
    let image = fs::read(device.path("device.bin")).unwrap();
    assert_eq!(&image[8..12], b"KNLT");
    let mut other = Device::new("invented-stock", "LYWSD03MMC");
    other.json("identify");
    let memory = fs::read(other.path("device.bin")).unwrap();
    let size = u32::from_le_bytes(memory[0x18..0x1c].try_into().unwrap()) as usize;
    fs::write(&stock, &memory[..size]).unwrap();
    assert_eq!(find(&device.json("inspect @stock.bin"), "version"), "1.0.0_0130");
    let error = device.error("pair");
    assert!(error["cause"].as_str().unwrap().contains("-27"), "{error}");
    device.json("flash @stock.bin");
    let error = device.error("pair");
    assert!(error["cause"].as_str().unwrap().contains("-29"), "{error}");
    assert!(error["help"].as_str().unwrap().contains("erase"), "{error}");
    let told = device.json("diagnose -29");
    assert_eq!(told[0]["name"], "cloud_refused_did");
    assert!(told.iter().any(|object| object["remedies"].is_array()));
    let token = "000102030405060708090a0b";
    assert_eq!(
        device.error(&format!("--yes flash --token {token}"))["error"],
        "device_confirm_mismatch"
    );
    // The way out: register anew, custom firmware, and back with the keys erased.
    device.json("activate --keys @keys.json");
    device.json("flash --keys @keys.json");
    assert_eq!(find(&device.json("stock --backup @backup.json"), "paired"), true);
    device.json("pair");
}

#[test]
fn nothing_is_written_without_a_yes() {
    let mut device = Device::new("declined", "LYWSD03MMC:V5.8");
    device.json("identify");
    let before = fs::read(device.path("device.bin")).unwrap();
    for words in [
        "flash",
        "stock --backup @backup.json",
        "keys erase @erased.json",
        "config set encrypted=on",
    ] {
        let error = device.error(words);
        assert_eq!(error["error"], "not_confirmed", "{words}");
        assert!(error["help"].as_str().unwrap().contains("--yes"));
        assert!(fs::read(device.path("device.bin")).unwrap() == before, "{words}");
    }
    let mut stock = Device::new("declined-stock", "LYWSD03MMC");
    assert_eq!(
        stock.error("activate --invent-did --keys @keys.json")["error"],
        "not_confirmed"
    );
    assert!(
        !Path::new(&stock.path("keys.json")).exists(),
        "no file is left behind"
    );
}

#[test]
fn what_speaks_against_an_image_is_told_by_name() {
    let mut device = Device::new("refused", "LYWSD03MMC");
    assert_eq!(device.error("preflight")["error"], "login_required");
    assert_eq!(device.error("--yes flash")["error"], "login_required");
    device.json("activate --invent-did --keys @keys.json");
    assert_eq!(find(&device.json("preflight --keys @keys.json"), "go"), true);

    let mut other = Device::new("refused-other", "MJWSD05MMC:V5.8");
    other.json("identify");
    let memory = fs::read(other.path("device.bin")).unwrap();
    let size = u32::from_le_bytes(memory[0x18..0x1c].try_into().unwrap()) as usize;
    fs::write(device.path("wrong.bin"), &memory[..size]).unwrap();
    let error = device.error("--yes flash @wrong.bin --keys @keys.json");
    assert_eq!(error["error"], "wrong_hardware");
    assert!(error["help"].as_str().unwrap().contains("board"));
    device.json("preflight @wrong.bin --keys @keys.json --override wrong_hardware");

    fs::write(
        device.path("damaged.bin"),
        [&memory[..size - 9], &[0x55; 9]].concat(),
    )
    .unwrap();
    assert_eq!(device.error("inspect @damaged.bin")["error"], "bad_crc");
    fs::write(
        device.path("text.bin"),
        "no image at all, but a text of some length",
    )
    .unwrap();
    assert_eq!(
        device.error("--yes flash @text.bin --keys @keys.json")["error"],
        "bad_magic"
    );
    assert_eq!(device.error("inspect @missing.bin")["error"], "file");
}

#[test]
fn version_two_is_refused_at_once_and_signed_firmware_takes_no_unsigned_image() {
    let mut device = Device::new("signed", "LYWSD03MMC:2.1.1_0159");
    assert_eq!(find(&device.json("identify"), "signed_only"), true);
    let error = device.error("--yes activate --invent-did --keys @keys.json");
    assert_eq!(error["error"], "auth_version_unsupported");
    assert!(error["help"].as_str().unwrap().contains("cloud"));
    let told = device.json("diagnose activation_hangs");
    assert_eq!(find(&told, "confirmed"), true);
    let error = device.error("preflight");
    assert!(
        error["cause"].as_str().unwrap().contains("signature_required"),
        "{error}"
    );
}

#[test]
fn other_devices_are_told_their_way() {
    let mut device = Device::new("button", "MJWSD05MMC");
    let output = device.run("--yes activate --invent-did --keys @keys.json");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stderr.contains("Hold both buttons"),
        "{stderr}"
    );
    device.json("flash --keys @keys.json");
    assert_eq!(find(&device.json("identify"), "hardware_id"), 9);

    let mut device = Device::new("atc1441", "LYWSD03MMC:atc1441");
    assert_eq!(find(&device.json("identify"), "firmware"), "custom_atc1441");
    assert_eq!(device.error("log")["error"], "not_pvvx");
    assert_eq!(
        device.error("--yes stock --backup @backup.json")["error"],
        "custom_first"
    );
    device.json("flash");
    device.json("stock --backup @backup.json");
}

#[test]
fn a_bad_link_costs_attempts_and_nothing_else() {
    let mut device = Device::new("link", "LYWSD03MMC:V4.5");
    // Legacy transfers need no notification.
    device.json("--lost 500 flash");
    assert_eq!(find(&device.json("identify"), "revision"), "V5.8");
    let log = device.json("--lost 100 log");
    let (records, missing) = (
        find(&log, "records").as_u64().unwrap(),
        find(&log, "missing").as_u64().unwrap(),
    );
    assert!(records > 20 && records + missing <= 48, "{records} + {missing}");
    assert_eq!(
        device.error("--yes --attempts 1 --drop-at 100 flash")["error"],
        "disconnected_during_transfer"
    );
    assert_eq!(find(&device.json("identify"), "revision"), "V5.8");
}

#[test]
fn key_files_are_for_the_owner_and_never_overwritten() {
    let mut device = Device::new("files", "LYWSD03MMC");
    device.json("activate --invent-did --keys @keys.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(device.path("keys.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let before = fs::read(device.path("keys.json")).unwrap();
    let error = device.error("--yes activate --invent-did --keys @keys.json");
    assert!(error["help"].as_str().unwrap().contains("another file"));
    assert_eq!(fs::read(device.path("keys.json")).unwrap(), before);
    let secrets = device.secrets("keys.json");

    // Damaged files are told without what is in them.
    let text = String::from_utf8(before).unwrap();
    let damaged = [
        text.replace("\"token\": \"", "\"token\": \"x"),
        text.replace("\"token\"", "\"tocken\""),
        text.replace("\",\n", "\"\n"),
        text[..text.len() / 2].to_owned(),
    ];
    for text in damaged {
        fs::write(device.path("damaged.json"), text).unwrap();
        assert_eq!(device.error("login --keys @damaged.json")["error"], "file");
    }
    // Swapped on the command line.
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let error = device.error(&format!("login --token {}", hex(&secrets[1])));
    assert!(error["help"].as_str().unwrap().contains("token"), "{error}");
    device.json(&format!("login --token {}", hex(&secrets[0])));
    assert_eq!(
        device.error("login --token 000102030405060708090a0b")["error"],
        "device_confirm_mismatch"
    );
    assert_none_printed(&device.printed, &secrets);
}

#[test]
fn wrong_arguments_are_told_before_anything_happens() {
    let mut device = Device::new("arguments", "LYWSD03MMC:V5.8");
    for words in [
        "--simulate X identify", "--override nothing", "diagnose nonsense", "listen --seconds x",
        "log --last 0",
    ] {
        assert_eq!(device.run(words).status.code(), Some(2), "{words}");
    }
    for (words, name) in [
        ("--yes config set encrypted", "setting"),
        ("--yes config set nonsense=1", "setting"),
        ("--yes config set encrypted=7", "wrong_kind"),
        ("--yes config set advertising_interval_ms=90000", "out_of_range"),
        ("--yes config set temp_offset_c=1", "no_such_setting"),
        ("login", "not_stock"),
    ] {
        let error = device.error(words);
        assert_eq!(error["error"], name, "{words}: {error}");
        assert!(error["help"].is_string(), "{words}: {error}");
    }
    fs::write(device.path("device.bin"), "too short").unwrap();
    assert_eq!(device.error("identify")["error"], "file");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_and_a_closed_pipe_is_none() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(program())
        .args(["--simulate", "LYWSD03MMC:V5.8", "log"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("can't be written"));

    let mut child = Command::new(program())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

/// No window of four bytes of a secret, in whatever form.
fn assert_none_printed(printed: &str, secrets: &[Vec<u8>]) {
    assert!(printed.len() > 1000, "there is something to search");
    let lower = printed.to_lowercase();
    let hex: String = lower
        .replace("0x", "")
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ':' | ',' | '-'))
        .collect();
    let decimal: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
    let windows: BTreeSet<&[u8]> = secrets
        .iter()
        .flat_map(|secret| secret.windows(4))
        // The device id is in the records too, and no secret.
        .filter(|window| !window.iter().all(u8::is_ascii_graphic) && window.iter().filter(|&&byte| byte == 0).count() < 2)
        .collect();
    assert!(windows.len() > 12);
    for window in windows {
        let digits: String = window.iter().map(|byte| format!("{byte:02x}")).collect();
        let numbers: Vec<String> = window.iter().map(u8::to_string).collect();
        assert!(
            !hex.contains(&digits) && !decimal.contains(&numbers.join(",")),
            "a secret is printed"
        );
    }
}
