//! A full disk: the state of the last save survives, the log says what to do, and the bridge works on.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may panic"
)]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bridge::run::Bridge;
use bridge::sim::Broker;
use common::Listener;

/// A file system of 64 KiB. Only root can mount one; others are told that nothing was tested.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = common::folder("disk");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(&folder)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        eprintln!("SKIPPED: a small file system can be mounted by root only");
        fs::remove_dir_all(folder).unwrap();
        None
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        while file.write(&[0; 512]).is_ok_and(|count| count > 0) {}
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}

async fn heard(listener: &Listener, topic: &str) {
    listener
        .until(&format!("{topic} isn't 26 degrees"), |latest| {
            latest.get(topic).is_some_and(|value| value.starts_with("26"))
        })
        .await;
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn on_a_full_disk_the_old_state_stays_and_the_bridge_works_on() {
    let Some(disk) = SmallDisk::mount() else { return };
    let broker = Broker::start(0).await.unwrap();
    let listener = Listener::start("listener", broker.mqtt5());
    let (path, state) = (disk.0.join("bridge.toml"), disk.0.join("state.json"));
    let text = format!(
        "state_file = 'state.json'\n[mqtt]\nhost = '127.0.0.1'\nport = {}\nkeep_alive = '5s'\n\
         [ble]\ntopics = ['adverts/#']\nstrangers = true\n",
        broker.mqtt5().port()
    );
    fs::write(&path, text).unwrap();
    // pvvx says its values plainly.
    let advert = "12161a1801000038c1a4280a7c15410c64010f";
    let other = advert.replace("01000038c1a4", "02000038c1a4");
    let run = |time: &str| {
        let mut command = Command::new(common::bridge());
        command
            .args(["--for", time, "--config"])
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let child = run("3s");
    listener.until_is("xiaomi/bridge/status", "online").await;
    listener.publish("adverts/a4c138000001", advert).await;
    heard(&listener, "xiaomi/a4c138000001/temperature").await;
    assert!(child.wait_with_output().unwrap().status.success());
    listener.until_is("xiaomi/bridge/status", "offline").await;
    let before = fs::read(&state).unwrap();
    assert!(String::from_utf8_lossy(&before).contains("a4c138000001"));

    disk.fill();
    let child = run("3s");
    listener.until_is("xiaomi/bridge/status", "online").await;
    listener.publish("adverts/a4c138000002", &other).await;
    heard(&listener, "xiaomi/a4c138000002/temperature").await;
    let output = child.wait_with_output().unwrap();
    listener.until_is("xiaomi/bridge/status", "offline").await;
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    assert!(
        log.contains("state.json") && log.contains("No space left") && log.contains("Free some space"),
        "{log}"
    );
    assert_eq!(fs::read(&state).unwrap(), before, "the old state");
    let mut left = names(&disk.0);
    left.sort();
    assert_eq!(
        left,
        ["bridge.toml", "filler", "state.json"],
        "nothing half written"
    );

    // With room again it is saved. In this process, to see the counter too.
    let config = bridge::config::Config::read(&path).unwrap();
    let bridge = Bridge::start(&config, None).await.unwrap();
    let home = std::sync::Arc::clone(&bridge.home);
    listener.until_is("xiaomi/bridge/status", "online").await;
    listener.publish("adverts/a4c138000002", &other).await;
    common::until("the second device isn't heard", || home.summary().devices == 1).await;
    bridge.stop().await;
    listener.until_is("xiaomi/bridge/status", "offline").await;
    assert_eq!(home.counters.saves_failed.get(), 1);
    assert_eq!(fs::read(&state).unwrap(), before);
    disk.free();
    let bridge = Bridge::start(&config, None).await.unwrap();
    let home = std::sync::Arc::clone(&bridge.home);
    listener.until_is("xiaomi/bridge/status", "online").await;
    listener.publish("adverts/a4c138000002", &other).await;
    common::until("the second device isn't heard", || home.summary().devices == 1).await;
    bridge.stop().await;
    assert_eq!(home.counters.saves_failed.get(), 0);
    assert!(fs::read_to_string(&state).unwrap().contains("a4c138000002"));
}
