//! Tokens from the files of the Mi Home app. This program reads the databases, the crate their rows.

use std::fs;
use std::path::Path;

use miio_proto::tokens::{ListedDevice, Row, android_log, android_row, ios_row};
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::failure::{Failure, with_path};
use crate::output::Output;

pub(crate) fn run(path: &Path, show: bool, output: Output) -> Result<(), Failure> {
    let start = fs::read(path).map_err(with_path(path))?;
    let devices = if start.starts_with(b"SQLite format 3\0") {
        database(path, output)?
    } else {
        android_log(&String::from_utf8_lossy(&start))
    };
    if devices.is_empty() {
        return Err(Failure::new("no device in this file").help(
            "Mi Home 5.4.49 logs tokens to SmartHome/logs/plug_DeviceManager; up to 5.0.19 they are in miio2.db, \
             and on iOS in <user id>_mihome.sqlite.",
        ));
    }
    for device in &devices {
        let token = match &device.token {
            Some(token) if show => token.to_hex().to_string(),
            Some(_) => "(hidden; --show prints it)".into(),
            None => "-".into(),
        };
        let address = device.address.as_deref().unwrap_or("-");
        output.line(
            format!("{:<12} {address:<15} {:<28} {token:<32}  {}", device.did, device.model, device.name),
            &json!({"did": device.did, "address": device.address, "model": device.model, "name": device.name,
                "mac": device.mac, "token": device.token.as_ref().filter(|_| show).map(|token| token.to_hex().to_string())}),
        );
    }
    Ok(())
}

fn database(path: &Path, output: Output) -> Result<Vec<ListedDevice>, Failure> {
    let database =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(with_path(path))?;
    let has = |table: &str| database.table_exists(None, table).unwrap_or(false);
    let (query, ios) = if has("devicerecord") {
        (
            "SELECT did, token, name, localIP, mac, model FROM devicerecord",
            false,
        )
    } else if has("ZDEVICE") {
        (
            "SELECT ZDID, ZTOKEN, ZNAME, ZLOCALIP, ZMAC, ZMODEL FROM ZDEVICE",
            true,
        )
    } else {
        return Err(Failure::new(
            "neither `devicerecord` (Android) nor `ZDEVICE` (iOS) is a table of this database",
        )
        .help("Take miio2.db or <user id>_mihome.sqlite from the backup."));
    };
    let mut statement = database.prepare(query).map_err(with_path(path))?;
    let mut rows = statement.query([]).map_err(with_path(path))?;
    let mut devices = Vec::new();
    while let Some(row) = rows.next().map_err(with_path(path))? {
        let column = |index: usize| match row.get_ref(index) {
            Ok(rusqlite::types::ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(rusqlite::types::ValueRef::Integer(number)) => number.to_string(),
            _ => String::new(),
        };
        let [did, token, name, address, mac, model] = [0, 1, 2, 3, 4, 5].map(column);
        let row = Row {
            did: &did,
            token: &token,
            name: &name,
            address: &address,
            mac: &mac,
            model: &model,
        };
        match if ios { ios_row(&row) } else { android_row(&row) } {
            Ok(device) => devices.extend(device),
            Err(error) => output.note(format!("{name}: {error}. {}", error.help().unwrap_or_default())),
        }
    }
    Ok(devices)
}
