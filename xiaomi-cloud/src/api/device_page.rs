//! Reads a page of devices: in one pass where it looks as always, record by record where something in it is odd.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::from_str;
use serde_json::value::RawValue;

use super::next_cursor;
use crate::answer::{Answer, Key};
use crate::device::{Device, Fields};
use crate::error::ApiError;
use crate::json;
use crate::records::{Record, Records, list_of};
use crate::region::Region;

/// Some devices, and where the rest goes on.
#[derive(Clone, Debug, Default)]
pub struct DevicePage {
    /// The devices.
    pub devices: Vec<Device>,
    /// Entries that weren't objects or had no id.
    pub skipped: usize,
    /// Where the next page starts; `None` at the end.
    pub next: Option<String>,
}

impl DevicePage {
    pub(super) fn read(answer: &Answer, region: Region, asked: &str) -> Result<Self, ApiError> {
        let result = answer.required()?;
        if !result.starts_with('{') {
            return Err(answer.malformed("the list of devices isn't an object"));
        }
        let source = Source {
            region,
            records: &Arc::new(Records::of(answer)),
        };
        let mut json = serde_json::Deserializer::from_str(result);
        let page = match json.deserialize_map(Page { source, asked }) {
            Ok(page) => page,
            Err(_) => source.by_records(answer, asked)?,
        };
        Ok(page)
    }

    fn add(&mut self, device: Option<Device>) {
        match device {
            Some(device) => self.devices.push(device),
            None => self.skipped += 1,
        }
    }
}

/// What every device of a page gets.
#[derive(Clone, Copy)]
struct Source<'a> {
    region: Region,
    records: &'a Arc<Records>,
}

impl Source<'_> {
    fn device(self, fields: &Fields<'_>, position: usize) -> Option<Device> {
        Device::from_fields(fields, self.region, || Record::new(self.records, position))
    }

    /// Cuts the list into records first, so that a broken one costs only itself. Of two equal keys the last wins.
    fn by_records(self, answer: &Answer, asked: &str) -> Result<DevicePage, ApiError> {
        let result = answer.required()?;
        let fields: BTreeMap<Key<'_>, &RawValue> =
            from_str(result).map_err(|_| answer.malformed("the list of devices is broken"))?;
        let records: Option<Vec<&RawValue>> = from_str(list_of(result).map_or("null", RawValue::get))
            .map_err(|_| answer.malformed("the devices aren't a list"))?;
        let mut page = DevicePage::default();
        for (position, record) in records.unwrap_or_default().into_iter().enumerate() {
            let fields = from_str::<Fields<'_>>(record.get());
            page.add(fields.ok().and_then(|fields| self.device(&fields, position)));
        }
        let field = |name: &'static str| fields.get(&Key(name.into())).copied();
        page.next = next(
            field("has_more"),
            field("max_did").or(field("next_start_did")),
            asked,
        );
        Ok(page)
    }
}

fn next(has_more: Option<&RawValue>, cursor: Option<&RawValue>, asked: &str) -> Option<String> {
    let has_more = has_more.is_some_and(|flag| flag.get() == "true");
    next_cursor(has_more, cursor.and_then(json::text_of), asked)
}

/// A page in one pass. It fails where a list stands twice or isn't one, and where one record is no object.
struct Page<'a> {
    source: Source<'a>,
    asked: &'a str,
}

impl<'de> Visitor<'de> for Page<'_> {
    type Value = DevicePage;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a page of devices")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DevicePage, A::Error> {
        let mut page = None;
        let (mut has_more, mut max_did, mut next_start_did) = (None, None, None);
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match &*key.0 {
                "device_info" | "list" if page.is_some() => return Err(A::Error::custom("two lists")),
                "device_info" | "list" => page = Some(map.next_value_seed(List(self.source))?),
                "has_more" => has_more = Some(map.next_value()?),
                "max_did" => max_did = Some(map.next_value()?),
                "next_start_did" => next_start_did = Some(map.next_value()?),
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        let mut page = page.unwrap_or_default();
        page.next = next(has_more, max_did.or(next_start_did), self.asked);
        Ok(page)
    }
}

struct List<'a>(Source<'a>);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = DevicePage;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<DevicePage, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = DevicePage;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of devices")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<DevicePage, A::Error> {
        let mut page = DevicePage::default();
        for position in 0.. {
            let Some(fields) = records.next_element::<Fields<'de>>()? else {
                break;
            };
            page.add(self.0.device(&fields, position));
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(result: &str) -> Answer {
        Answer::from_json(format!(r#"{{"code":0,"result":{result}}}"#)).unwrap()
    }

    fn read(result: &str) -> DevicePage {
        DevicePage::read(&answer(result), Region::Germany, "").unwrap()
    }

    fn summary(page: &DevicePage) -> (Vec<(String, String)>, usize, Option<String>) {
        let devices = page.devices.iter();
        let devices = devices.map(|device| (device.did.clone(), device.expose().to_owned()));
        (devices.collect(), page.skipped, page.next.clone())
    }

    #[test]
    fn a_broken_record_costs_only_itself() {
        let page = read(r#"{"list":[{"did":"1","x":[1]},7,{"\ud800":1},{"name":"no id"},null,{"did":2}]}"#);
        let devices = vec![
            ("1".to_owned(), r#"{"did":"1","x":[1]}"#.to_owned()),
            ("2".to_owned(), r#"{"did":2}"#.to_owned()),
        ];
        assert_eq!(summary(&page), (devices, 4, None));
        assert_eq!(page.devices[0].field("x"), Some(serde_json::json!([1])));
    }

    #[test]
    fn an_unreadable_name_does_not_cost_the_device() {
        let page = read(r#"{"list":[{"did":"1","name":"\ud800"}]}"#);
        assert_eq!(page.devices.len(), 1);
        assert_eq!(page.devices[0].name, None);
    }

    #[test]
    fn no_list_is_an_empty_one_and_the_newer_name_wins() {
        for empty in [
            "{}",
            r#"{"list":null}"#,
            r#"{"device_info":[],"list":[{"did":"1"}]}"#,
        ] {
            assert_eq!(summary(&read(empty)), (vec![], 0, None), "{empty}");
        }
        for broken in [r#"{"list":{}}"#, r#"{"list":1}"#, r#"{"list":"x"}"#] {
            assert!(DevicePage::read(&answer(broken), Region::Germany, "").is_err());
        }
        let page = read(r#"{"list":[{"did":"1"}],"list":[{"did":"2"}]}"#);
        assert_eq!(page.devices[0].did, "2");
    }

    const KEY: &str = "(did|name|token|list|isOnline|\\\\u0064id|max_did|has_more)";
    const SCALAR: &str = "(\"[a1\\\\\\\\n]{0,3}\"|1|null|true|-7|\"\\\\\\\\ud800\")";

    fn record() -> impl Strategy<Value = String> {
        let field = (KEY, SCALAR).prop_map(|(key, value)| format!("\"{key}\":{value}"));
        prop_oneof![
            8 => proptest::collection::vec(field, 0..4).prop_map(|fields| format!("{{{}}}", fields.join(","))),
            1 => SCALAR.prop_map(String::from),
        ]
    }

    proptest! {
        #[test]
        fn one_pass_reads_what_records_one_by_one_give(
            records in proptest::collection::vec(record(), 0..6), list in "(list|device_info|other)",
            rest in proptest::collection::vec((KEY, SCALAR), 0..3),
        ) {
            let mut result = format!("{{\"{list}\":[{}]", records.join(","));
            for (key, value) in rest {
                result += &format!(",\"{key}\":{value}");
            }
            result.push('}');
            let Ok(answer) = Answer::from_json(format!("{{\"code\":0,\"result\":{result}}}")) else {
                return Ok(());
            };
            let records = Arc::new(Records::of(&answer));
            let source = Source { region: Region::Germany, records: &records };
            let one_by_one = source.by_records(&answer, "a");
            let page = DevicePage::read(&answer, Region::Germany, "a");
            prop_assert_eq!(page.as_ref().map(summary), one_by_one.as_ref().map(summary));
            for device in page.iter().flat_map(|page| &page.devices) {
                prop_assert!(Device::from_json(device.expose(), Region::Germany).is_some());
            }
        }
    }
}
