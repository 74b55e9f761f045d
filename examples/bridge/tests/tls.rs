//! A broker behind TLS: the right authority, a wrong one, certificates of clients, passwords; and what is said when it fails.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may panic"
)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bridge::config::Config;
use bridge::home::Health;
use bridge::run::Bridge;
use common::{Listener, Mosquitto, free, is_there, until};

/// Authorities and certificates, made with openssl. `None`, said aloud, where it isn't installed.
fn certificates() -> Option<PathBuf> {
    if !is_there("openssl", "version") {
        eprintln!("SKIPPED: openssl isn't installed");
        return None;
    }
    let folder = common::folder("tls");
    let openssl = |arguments: &str| {
        let status = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "openssl {arguments}");
    };
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    for ca in ["ca", "other"] {
        openssl(&format!(
            "req -x509 {new} -keyout {ca}.key -out {ca}.pem -subj /CN={ca}"
        ));
    }
    for (name, names) in [
        ("server", "IP:127.0.0.1"),
        ("stranger", "DNS:elsewhere.example"),
        ("client", "DNS:client"),
    ] {
        std::fs::write(folder.join("names"), format!("subjectAltName={names}\n")).unwrap();
        let new = new.replace(" -days 2", "");
        openssl(&format!(
            "req {new} -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
        openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out {name}.pem"
        ));
    }
    Some(folder)
}

/// A mosquitto that shows this certificate at one port, and speaks plainly at another.
async fn mosquitto(
    folder: &Path,
    certificate: &str,
    more: &str,
) -> Option<(Mosquitto, std::net::SocketAddr)> {
    let (plain, folder) = (free(), folder.display());
    let extra = format!(
        "certfile {folder}/{certificate}.pem\nkeyfile {folder}/{certificate}.key\n{more}\n\
         listener {} 127.0.0.1\nallow_anonymous true\nuser root",
        plain.port()
    );
    Some((Mosquitto::start(&extra).await?, plain))
}

fn config(folder: &Path, port: u16, tls: &str, more: &str) -> Config {
    let text = format!("[mqtt]\nhost = '127.0.0.1'\nport = {port}\nclient_id = 'tls'\n{more}\n{tls}");
    let path = folder.join("bridge.toml");
    std::fs::write(&path, text).unwrap();
    Config::read(&path).unwrap()
}

async fn until_refused(config: &Config, words: &[&str]) {
    let bridge = Bridge::start(config, None).await.unwrap();
    let told = || match bridge.home.broker() {
        Health::Down(reason) => reason,
        other => format!("{other:?}"),
    };
    let end = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while !words.iter().all(|word| told().contains(word)) {
        assert!(
            tokio::time::Instant::now() < end,
            "{words:?} expected, {}",
            told()
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    bridge.stop().await;
}

#[tokio::test]
async fn only_the_right_authority_is_trusted_and_errors_say_what_to_compare() {
    let Some(folder) = certificates() else { return };
    let Some((server, plain)) = mosquitto(&folder, "server", "").await else {
        return;
    };
    let port = server.address.port();
    let bridge = Bridge::start(&config(&folder, port, "[mqtt.tls]\nca = 'ca.pem'", ""), None)
        .await
        .unwrap();
    let listener = Listener::start("listener", plain);
    until("it doesn't connect", || bridge.home.broker() == Health::Up).await;
    listener.until_is("xiaomi/bridge/status", "online").await;
    bridge.stop().await;
    listener.until_is("xiaomi/bridge/status", "offline").await;

    let other = config(&folder, port, "[mqtt.tls]\nca = 'other.pem'", "");
    until_refused(&other, &["certificate", "mqtt.tls.ca"]).await;
    // Those that the system trusts don't know this broker either.
    let system = config(&folder, port, "[mqtt.tls]", "");
    if !matches!(
        Bridge::start(&system, None).await,
        Err(bridge::run::StartError::Tls(
            bridge::mqtt::TlsError::NoAuthorities
        ))
    ) {
        until_refused(&system, &["certificate", "mqtt.tls.ca"]).await;
    }
    // One side speaks TLS, the other one doesn't.
    until_refused(&config(&folder, port, "", ""), &["mqtt.tls"]).await;
    let plainly = config(&folder, plain.port(), "[mqtt.tls]\nca = 'ca.pem'", "");
    until_refused(&plainly, &["mqtt.tls"]).await;

    let Some((stranger, _)) = mosquitto(&folder, "stranger", "").await else {
        return;
    };
    let config = config(&folder, stranger.address.port(), "[mqtt.tls]\nca = 'ca.pem'", "");
    until_refused(&config, &["mqtt.host"]).await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_broker_that_wants_certificates_of_clients_gets_one() {
    let Some(folder) = certificates() else { return };
    let wants = format!("cafile {}/ca.pem\nrequire_certificate true", folder.display());
    let Some((server, _)) = mosquitto(&folder, "server", &wants).await else {
        return;
    };
    let port = server.address.port();
    let own = "[mqtt.tls]\nca = 'ca.pem'\ncertificate = 'client.pem'\nkey = 'client.key'";
    let bridge = Bridge::start(&config(&folder, port, own, ""), None)
        .await
        .unwrap();
    until("it doesn't connect", || bridge.home.broker() == Health::Up).await;
    bridge.stop().await;
    let without = config(&folder, port, "[mqtt.tls]\nca = 'ca.pem'", "");
    until_refused(&without, &["mqtt.tls.certificate"]).await;

    // A file that is none, and one that isn't there.
    std::fs::write(folder.join("text.pem"), "no certificate").unwrap();
    for (tls, words) in [
        ("[mqtt.tls]\nca = 'text.pem'", "text.pem"),
        ("[mqtt.tls]\nca = 'nowhere.pem'", "nowhere.pem"),
        (
            "[mqtt.tls]\nca = 'ca.pem'\ncertificate = 'client.pem'\nkey = 'client.pem'",
            "client.pem",
        ),
        (
            "[mqtt.tls]\nca = 'ca.pem'\ncertificate = 'client.pem'\nkey = 'server.key'",
            "mqtt.tls",
        ),
    ] {
        let error = Bridge::start(&config(&folder, port, tls, ""), None)
            .await
            .err()
            .unwrap();
        let told = format!("{error}. {}", error.help().unwrap_or_default());
        assert!(told.contains(words), "{tls}: {told}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn user_and_password_are_checked_and_errors_say_where_they_stand() {
    let Some(folder) = certificates() else { return };
    if !is_there("mosquitto_passwd", "-h") {
        eprintln!("SKIPPED: mosquitto_passwd isn't installed");
        return;
    }
    let passwords = folder.join("passwords");
    let status = Command::new("mosquitto_passwd")
        .arg("-b")
        .arg("-c")
        .arg(&passwords)
        .args(["bridge", "right"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let extra = format!(
        "certfile {0}/server.pem\nkeyfile {0}/server.key\nallow_anonymous false\npassword_file {1}\nuser root",
        folder.display(),
        passwords.display()
    );
    let Some(server) = Mosquitto::start(&extra).await else {
        return;
    };
    let config = |password: &str| {
        let more = format!("username = 'bridge'\n{password}");
        config(&folder, server.address.port(), "[mqtt.tls]\nca = 'ca.pem'", &more)
    };
    let bridge = Bridge::start(&config("password = 'right'"), None).await.unwrap();
    until("it doesn't connect", || bridge.home.broker() == Health::Up).await;
    bridge.stop().await;
    until_refused(&config("password = 'wrong'"), &["mqtt.username", "mqtt.password"]).await;
    until_refused(&config(""), &["mqtt.username", "mqtt.password"]).await;
    std::fs::remove_dir_all(&folder).unwrap();
}
