//! Devices: what they are, and whether an image may go there.

use serde_json::Value;
use telink_ota::identify::{Auth, Kind, Surface, identify};
use telink_ota::preflight::{ImageFacts, Preflight, Target};
use uuid::Uuid;

use super::Fields;

pub(crate) fn detect(input: &Fields, expect: &Fields) {
    assert_eq!(input.text("op"), "detect");
    let services: Vec<Uuid> = input
        .list("services")
        .iter()
        .map(|service| service.as_str().unwrap().parse().unwrap())
        .collect();
    let information = Fields::new(input.value("dis").unwrap_or(&serde_json::json!({})));
    let text = |name| {
        information
            .value(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let device = identify(&Surface {
        name: input.text("name"),
        services: &services,
        hardware: text("hardware"),
        firmware: text("firmware"),
        software: text("software"),
    });
    expect.check("kind", device.kind.name());
    expect.check_if_present("hw_id", device.hardware_id);
    expect.check_if_present("auth", device.auth.map(Auth::name));
    expect.check_if_present("max_payload", device.max_payload);
    expect.check_if_present("signed_firmware", device.signed_firmware);
}

pub(crate) fn preflight(input: &Fields, expect: &Fields) {
    assert_eq!(input.text("op"), "preflight");
    let target = target(&Fields::new(input.value("target").unwrap()));
    let image = Fields::new(input.value("image").unwrap());
    let preflight = match image.value("error") {
        Some(_) => Preflight::of_bad_image(),
        None => Preflight::of(facts(&image), &target),
    };
    let reasons: Vec<_> = preflight.reasons().iter().map(|reason| reason.name()).collect();
    let warnings: Vec<_> = preflight
        .warnings()
        .iter()
        .map(|warning| warning.name())
        .collect();
    assert_eq!(preflight.clear().is_ok(), reasons.is_empty());
    expect.check("verdict", if reasons.is_empty() { "ok" } else { "refuse" });
    expect.check("reasons", reasons);
    expect.check("warnings", warnings);
    expect.check("extended", preflight.extended());
}

fn facts(image: &Fields) -> ImageFacts {
    ImageFacts {
        payload_length: u32::try_from(image.integer("payload_len")).unwrap(),
        crc32: 0,
        manufacturer: u16::from_str_radix(image.text("manufacturer"), 16).unwrap(),
        image_type: u16::from_str_radix(image.text("image_type"), 16).unwrap(),
        signed: image.text("trailer") == "mifota",
        product_id: hex16(image, "product_id"),
        stock: false,
        zigbee: image.value("zigbee").is_some_and(|zigbee| zigbee == true),
    }
}

fn target(fields: &Fields) -> Target {
    let kinds = [
        Kind::Stock,
        Kind::StockWithoutOta,
        Kind::Pvvx,
        Kind::Atc1441,
        Kind::ZigbeeDevice,
        Kind::Qingping,
        Kind::Telink,
        Kind::Phy62x2,
        Kind::Unsupported,
    ];
    let name = fields.text("kind");
    let kind = kinds.into_iter().find(|kind| kind.name() == name);
    let flag = |name| fields.value(name).is_some_and(|flag| flag == true);
    let number = |name| fields.value(name).and_then(Value::as_u64);
    Target {
        hardware_id: number("hw_id").map(|id| u16::try_from(id).unwrap()),
        max_payload: number("max_payload").map(|length| u32::try_from(length).unwrap()),
        logged_in: flag("logged_in"),
        signed_firmware: flag("signed_firmware"),
        product_id: hex16(fields, "product_id"),
        battery_percent: number("battery_pct").map(|percent| u8::try_from(percent).unwrap()),
        extended_ota: flag("ext_ota"),
        ..Target::new(kind.unwrap_or_else(|| panic!("unknown kind {name}")))
    }
}

fn hex16(fields: &Fields, name: &str) -> Option<u16> {
    let text = fields.value(name)?.as_str()?;
    Some(u16::from_str_radix(text, 16).unwrap())
}
