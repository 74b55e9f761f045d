//! Entities and bus events.

use serde_json::{Value, json};
use xiaomi_gateway_proto::home_assistant::{EventValue, bus_events, entities};
use xiaomi_gateway_proto::{Sid, Source, decode};

use super::Fields;
use super::gateway::{generation, values};

pub fn home_assistant(input: &Fields, expect: &Fields) {
    let model = input.text("model");
    let generation = generation(input.value("generation").unwrap());
    if let Some(fields) = input.value("fields") {
        let fields = values(fields);
        let decoded = decode(model, Source::Report, &fields);
        let events = bus_events(&decoded).into_iter().map(|event| {
            let data = event.data.into_iter().map(|(name, value)| match value {
                EventValue::Text(text) => (name.to_owned(), Value::from(text)),
                EventValue::Number(number) => (name.to_owned(), Value::from(number.to_f64())),
            });
            json!({"event": event.event, "data": data.collect::<Value>()})
        });
        let events: Vec<_> = events.collect();
        return expect.check("events", events);
    }
    let sid: Sid = input.text("sid").parse().unwrap();
    let mut found: Vec<_> = entities(model, generation, sid, input.flag("has_key"))
        .map(|entity| (entity.entity_id(), entity.unique_id()))
        .collect();
    found.sort();
    let found = found
        .into_iter()
        .map(|(entity, unique)| json!({"entity_id": entity, "unique_id": unique}));
    expect.check("entities", found.collect::<Value>());
}
