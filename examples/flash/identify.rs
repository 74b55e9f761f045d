//! What a device is, and what a file is.

use std::fs;
use std::path::Path;

use mi_auth::KnownFirmware;
use serde_json::{Value, json};
use telink_ota::hardware::Hardware;
use telink_ota::identify::Auth;
use telink_ota::image::{self, Family, Genuine, Image, Strings, Trailer};
use telink_ota::inquiry::Report;

use super::console::Console;
use super::failure::{Failure, with_path};
use super::host::{Connection, Host, survey};

pub(super) async fn run<H: Host>(host: &mut H, console: &Console) -> Result<(), Failure> {
    let mut connection = host.connect().await?;
    let report = survey(&mut connection).await?;
    let label = connection.advertised().label();
    let device = &report.device;
    let mut lines = vec![format!("{label}: {}", describe(&report))];
    if let Some(percent) = report.battery_percent {
        lines.push(format!("  battery         {percent} %"));
    }
    if let Some(auth) = device.auth {
        lines.push(format!("  authentication  {}", auth.name()));
    }
    if device.signed_firmware {
        lines.push("  images          only those with Xiaomi's signature start".into());
    } else if let Some(limit) = device.max_payload {
        lines.push(format!("  images          up to {limit} bytes"));
    }
    if !device.candidates.is_empty() {
        lines.push(format!(
            "  hardware        one of {:?}: look at the board",
            device.candidates
        ));
    }
    let known = device
        .model
        .and_then(|model| KnownFirmware::find(model, &report.firmware));
    let help = known.and_then(KnownFirmware::help);
    if let Some(help) = help {
        lines.push(format!("  to register     {help}"));
    }
    let value = json!({
        "device": label, "firmware": device.kind.name(), "revision": device.revision.as_str(),
        "model": device.model, "hardware_id": device.hardware_id, "hardware_revision": report.hardware.as_str(),
        "battery_percent": report.battery_percent, "authentication": device.auth.map(Auth::name),
        "max_payload": device.max_payload, "signed_only": device.signed_firmware, "help": help,
    });
    console.say(lines.join("\n"), &value);
    Ok(())
}

/// A device in one line.
pub(super) fn describe(report: &Report) -> String {
    let device = &report.device;
    let hardware = match device.hardware_id {
        Some(id) => match Hardware::of(id) {
            Some(hardware) => match hardware.revision {
                Some(revision) => format!("hardware {id}, {} {revision}", hardware.model),
                None => format!("hardware {id}, {}", hardware.model),
            },
            None => format!("hardware {id}"),
        },
        None => "hardware unknown".into(),
    };
    let revision = if device.revision.is_empty() {
        "of unknown version"
    } else {
        &device.revision
    };
    format!("{} {revision}, {hardware}", device.kind.name())
}

pub(super) fn inspect(path: &Path, console: &Console) -> Result<(), Failure> {
    let file = fs::read(path).map_err(with_path(path))?;
    let image = image::inspect(file.as_slice())?;
    let strings = image::find_strings(image::payload(&image, file.as_slice())).unwrap_or_default();
    let (text, value) = describe_image(&path.display().to_string(), &image, &strings);
    console.say(text, &value);
    Ok(())
}

/// What an image is, for people and for programs.
pub(super) fn describe_image(name: &str, image: &Image, strings: &Strings) -> (String, Value) {
    let declared = match image.family() {
        Family::Pvvx { hardware_id } => {
            let model = Hardware::of(hardware_id).map_or("an unknown board", |hardware| hardware.model);
            format!("pvvx's firmware for hardware {hardware_id}, {model}")
        }
        Family::SignedStock { product_id } => format!("signed stock firmware for product {product_id:#06x}"),
        Family::Vendor {
            manufacturer,
            image_type,
        } => {
            format!("a vendor's firmware, manufacturer {manufacturer:#06x}, type {image_type:#06x}")
        }
        _ => "firmware that declares no hardware".into(),
    };
    let genuine = match image.genuine() {
        Genuine::Yes => "genuine: checksum, certificates and signature are Xiaomi's",
        Genuine::No => "NOT genuine: it carries a signed container in which something is wrong",
        _ => "unsigned",
    };
    let mut text = format!(
        "{name}: {declared}\n  size            {} bytes, CRC32 {:08x} is right\n  signature       {genuine}",
        image.payload_length, image.crc32
    );
    if strings.model.is_some() || strings.version.is_some() {
        let version = strings.version.as_deref().unwrap_or_default();
        text += &format!(
            "\n  its text names  {} {version}",
            strings.model.unwrap_or_default()
        );
    }
    if let Some(wrapper) = &image.wrapper {
        text += &format!(
            "\n  wrapped         in a Zigbee OTA file of version {:#010x}",
            wrapper.file_version
        );
    }
    if let Trailer::Unknown { length } = image.trailer {
        text += &format!("\n  behind it       {length} bytes of unknown meaning");
    }
    let value = json!({
        "image": name, "bytes": image.payload_length, "crc32": format!("{:08x}", image.crc32),
        "family": declared, "manufacturer": image.header.manufacturer, "image_type": image.header.image_type,
        "file_version": image.header.file_version, "trailer": image.trailer.name(),
        "genuine": match image.genuine() { Genuine::Yes => Some(true), Genuine::No => Some(false), _ => None },
        "zigbee": image.wrapper.is_some(), "model": strings.model,
        "version": strings.version.as_deref(),
    });
    (text, value)
}
