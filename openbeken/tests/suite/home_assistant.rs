//! Home Assistant discovery.

use openbeken::Decimal;
use openbeken::discovery::{DeviceEntry, Entity};
use serde_json::{Map, Value};

use super::Fields;

pub fn check(input: &Fields, expect: &Fields) {
    assert_eq!(input.op(), "parse");
    input.get("qos");
    input.get("retain");
    let entity = Entity::parse(input.text("topic"), input.text("payload").as_bytes()).unwrap();
    let rounding = entity.rounding;
    let members: Vec<(&str, Value)> = vec![
        ("component", entity.component.clone().into()),
        ("object_id", entity.object_id.clone().into()),
        ("unique_id", entity.unique_id.clone().into()),
        ("name", entity.name.clone().into()),
        ("base", entity.base.clone().into()),
        ("device", device(&entity.device)),
        ("state_topic", entity.state_topic.clone().into()),
        ("command_topic", entity.command_topic.clone().into()),
        ("availability_topic", entity.availability_topic.clone().into()),
        ("qos", entity.qos.into()),
        ("unit", entity.unit.clone().into()),
        ("device_class", entity.device_class.clone().into()),
        ("state_class", entity.state_class.clone().into()),
        ("entity_category", entity.entity_category.clone().into()),
        ("payload_on", entity.payload_on.clone().into()),
        ("payload_off", entity.payload_off.clone().into()),
        ("brightness_scale", entity.brightness_scale.into()),
        ("min_mireds", entity.min_mireds.clone().into()),
        ("max_mireds", entity.max_mireds.clone().into()),
        (
            "brightness_state_topic",
            entity.brightness_state_topic.clone().into(),
        ),
        (
            "brightness_command_topic",
            entity.brightness_command_topic.clone().into(),
        ),
        ("rgb_state_topic", entity.rgb_state_topic.clone().into()),
        ("rgb_command_topic", entity.rgb_command_topic.clone().into()),
        (
            "color_temp_state_topic",
            entity.color_temp_state_topic.clone().into(),
        ),
        (
            "color_temp_command_topic",
            entity.color_temp_command_topic.clone().into(),
        ),
        (
            "scale",
            rounding
                .and_then(|rounding| rounding.scale)
                .map(Decimal::to_f64)
                .into(),
        ),
        ("decimals", rounding.map(|rounding| rounding.decimals).into()),
    ];
    for (name, value) in members {
        if value.is_null() {
            assert!(expect.value(name).is_none(), "{name} was not read");
        } else {
            expect.check(name, value);
        }
    }
    // What was read is written so that it reads the same.
    let publish = entity.publish();
    let below_prefix = |topic: &str| topic.split_once('/').map(|(_, rest)| rest.to_owned());
    assert_eq!(below_prefix(&publish.topic), below_prefix(input.text("topic")));
    assert_eq!(Entity::parse(&publish.topic, &publish.payload).unwrap(), entity);
}

fn device(entry: &DeviceEntry) -> Value {
    let members = [
        ("id", &entry.id),
        ("name", &entry.name),
        ("model", &entry.model),
        ("manufacturer", &entry.manufacturer),
        ("sw", &entry.sw),
        ("url", &entry.url),
    ];
    let present = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into())));
    present.collect::<Map<String, Value>>().into()
}
