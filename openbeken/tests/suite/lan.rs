//! What goes by multicast: device groups, DDP, SSDP.

use openbeken::ddp::{Packet as Pixels, PixelType};
use openbeken::dgr::{Flags, Item, ItemValue, Packet, is_newer};
use openbeken::ssdp::{Announcement, Kind};
use serde_json::{Value, json};

use super::{Fields, hex, same, to_hex};

pub fn dgr(input: &Fields, expect: &Fields) {
    match input.op() {
        "encode" => {
            let items = input.list("items").iter().map(item).collect();
            let flags = Flags(input.number("flags"));
            let packet = Packet::new(input.text("group"), input.number("sequence"), flags, items).unwrap();
            expect.check("hex", to_hex(&packet.encode()));
        }
        "decode" => {
            let bytes = input.hex("hex");
            let packet = Packet::parse(&bytes).unwrap();
            expect.check("group", packet.group_name().into_owned());
            expect.check("sequence", packet.sequence);
            expect.check("flags", packet.flags.0);
            let items: Vec<Value> = packet.items.iter().map(describe).collect();
            assert!(
                same(expect.get("items").unwrap(), &items.clone().into()),
                "{items:?}"
            );
            expect.check("terminated", packet.terminated);
            assert_eq!(Packet::parse(&packet.encode()).unwrap(), packet);
        }
        "decode_error" => expect.check("error", Packet::parse(&input.hex("hex")).unwrap_err().name()),
        "sequence_newer" => expect.check("newer", is_newer(input.number("last"), input.number("seq"))),
        op => panic!("unknown operation {op}"),
    }
}

fn item(value: &Value) -> Item {
    let number = |name: &str| value[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let id = u8::try_from(number("id").unwrap()).unwrap();
    let content = if let (Some(bits), Some(count)) = (number("bits"), number("count")) {
        ItemValue::Power {
            bits,
            count: u8::try_from(count).unwrap(),
        }
    } else if let Some(text) = value["text"].as_str() {
        ItemValue::Text(text.as_bytes().to_vec())
    } else if let Some(digits) = value["hex"].as_str() {
        ItemValue::Bytes(hex(digits))
    } else {
        ItemValue::Number(number("value").unwrap())
    };
    Item::new(id, content).unwrap()
}

fn describe(item: &Item) -> Value {
    match item.value() {
        ItemValue::Number(value) => json!({ "id": item.id(), "value": value }),
        ItemValue::Power { bits, count } => json!({ "id": item.id(), "bits": bits, "count": count }),
        ItemValue::Text(text) => json!({ "id": item.id(), "text": String::from_utf8_lossy(text) }),
        ItemValue::Bytes(bytes) => json!({ "id": item.id(), "hex": to_hex(bytes) }),
        other => panic!("{other:?}"),
    }
}

pub fn ddp(input: &Fields, expect: &Fields) {
    match input.op() {
        "encode" => {
            assert_eq!(input.integer("version"), 1, "there is no other");
            let data = input.hex("data_hex");
            let pixel_type = if input.integer("pixel_bytes") == 4 {
                PixelType::RGBW
            } else {
                PixelType::RGB
            };
            let mut packet = Pixels::pixels(pixel_type, &data);
            packet.push = input.flag("push");
            packet.sequence = input.number("sequence");
            packet.destination = input.number("destination");
            packet.offset = input.number("offset");
            expect.check("hex", to_hex(&packet.encode()));
        }
        "decode" => {
            let bytes = input.hex("hex");
            let packet = Pixels::parse(&bytes).unwrap();
            expect.check_all(&json!({
                "version": 1,
                "push": packet.push,
                "sequence": packet.sequence,
                "type": packet.pixel_type.0,
                "pixel_bytes": packet.pixel_type.pixel_bytes(),
                "destination": packet.destination,
                "offset": packet.offset,
                "length": packet.data.len(),
                "data_hex": to_hex(packet.data),
            }));
        }
        "decode_error" => expect.check("error", Pixels::parse(&input.hex("hex")).unwrap_err().name()),
        op => panic!("unknown operation {op}"),
    }
}

pub fn ssdp(input: &Fields, expect: &Fields) {
    assert_eq!(input.op(), "parse");
    let Some(found) = Announcement::parse(input.text("text").as_bytes()) else {
        return expect.check("kind", "ignored");
    };
    let kind = match found.kind {
        Kind::NotifyAlive => "notify_alive",
        Kind::NotifyByebye => "notify_byebye",
        Kind::SearchResponse => "search_response",
        other => panic!("{other:?}"),
    };
    let ip = found.ip.map(|ip| ip.map(|byte| byte.to_string()).join("."));
    expect.check_all(&json!({
        "kind": kind,
        "openbeken": found.openbeken,
        "location": found.location,
        "ip": ip,
        "uuid": found.uuid,
    }));
}
