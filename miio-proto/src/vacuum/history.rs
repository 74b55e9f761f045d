//! Runs of the past, wear of parts, timers.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::{Area, Consumable};
use crate::rpc::integer;

/// The answer to `get_clean_summary`: all runs together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CleanSummary {
    /// Seconds of all runs.
    pub clean_time_s: Option<i64>,
    /// Area of all runs.
    pub clean_area: Option<Area>,
    /// Number of runs.
    pub count: Option<i64>,
    /// How often the dock emptied the bin.
    pub dust_collections: Option<i64>,
    /// The latest runs, by their start in Unix time: what `get_clean_record` takes.
    pub records: Vec<i64>,
}

impl CleanSummary {
    /// Reads the list of old firmwares or the object of new ones.
    #[must_use]
    pub fn from_json(result: &Value) -> Self {
        let ids = |value: Option<&Value>| {
            let list = value
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            list.iter().filter_map(integer).collect()
        };
        let number = |key: &str| result.get(key).and_then(integer);
        let at = |index: usize| result.get(index).and_then(integer);
        if result.is_array() {
            return Self {
                clean_time_s: at(0),
                clean_area: at(1).map(Area),
                count: at(2),
                dust_collections: None,
                records: ids(result.get(3)),
            };
        }
        Self {
            clean_time_s: number("clean_time"),
            clean_area: number("clean_area").map(Area),
            count: number("clean_count"),
            dust_collections: number("dust_collection_count"),
            records: ids(result.get("records")),
        }
    }
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanRecord {
    /// Start in Unix time.
    pub begin: i64,
    /// End in Unix time.
    pub end: i64,
    /// Seconds of cleaning.
    pub duration_s: i64,
    /// Area cleaned.
    pub area: Area,
    /// See [`fault`](super::fault).
    pub error: i64,
    /// Whether it was finished.
    pub complete: bool,
}

/// Reads the answer to `get_clean_record`: lists of old firmwares, objects of new ones. Records that lack a
/// figure are left out.
#[must_use]
pub fn clean_records(result: &Value) -> Vec<CleanRecord> {
    let records = result.as_array().map(Vec::as_slice).unwrap_or_default();
    let record = |record: &Value| {
        let field = |index: usize, key: &str| {
            let value = if record.is_array() {
                record.get(index)
            } else {
                record.get(key)
            };
            value.and_then(integer)
        };
        Some(CleanRecord {
            begin: field(0, "begin")?,
            end: field(1, "end")?,
            duration_s: field(2, "duration")?,
            area: Area(field(3, "area")?),
            error: field(4, "error")?,
            complete: field(5, "complete")? != 0,
        })
    };
    records.iter().filter_map(record).collect()
}

/// The answer to `get_consumable`: how worn the parts are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consumables(pub Vec<(Consumable, Wear)>);

/// How worn a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wear {
    /// Seconds in use.
    pub used_s: i64,
    /// Seconds left; negative when it is overdue.
    pub left_s: i64,
    /// Percent left, rounded down; 0 when it is overdue.
    pub left_percent: u8,
}

impl Consumables {
    /// Reads the result: an object, alone or in a list. Parts that it doesn't name are left out.
    #[must_use]
    pub fn from_json(result: &Value) -> Self {
        let object = result.get(0).unwrap_or(result);
        let wear = |part: Consumable| {
            let used = integer(object.get(part.key())?)?.clamp(0, i64::from(u32::MAX));
            let life = part.lifetime_s()?;
            let percent = (100 * (life - used)).div_euclid(life).clamp(0, 100);
            Some((
                part,
                Wear {
                    used_s: used,
                    left_s: life - used,
                    left_percent: percent as u8,
                },
            ))
        };
        Self(Consumable::ALL.iter().filter_map(|&part| wear(part)).collect())
    }
}

/// A timer of `get_timer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its id; the time of its creation in milliseconds, or any text.
    pub id: String,
    /// Whether it is on.
    pub enabled: bool,
    /// "minute hour day month weekday", in China's time on old firmwares.
    pub cron: String,
    /// What it does: `start_clean`.
    pub command: String,
    /// What with.
    pub param: Value,
}

impl Timer {
    /// When it was made, in Unix milliseconds, if the id tells it.
    #[must_use]
    pub fn created_ms(&self) -> Option<i64> {
        self.id.parse().ok()
    }
}

/// Reads the answer to `get_timer`. What isn't a timer is left out.
#[must_use]
pub fn timers(result: &Value) -> Vec<Timer> {
    let list = result.as_array().map(Vec::as_slice).unwrap_or_default();
    let timer = |timer: &Value| {
        let plan = timer.get(2)?;
        let action = plan.get(1)?;
        let (command, param) = match action {
            Value::String(command) => (command.as_str(), Value::Null),
            action => (
                action.get(0)?.as_str()?,
                action.get(1).cloned().unwrap_or_default(),
            ),
        };
        Some(Timer {
            id: timer.get(0)?.as_str()?.into(),
            enabled: timer.get(1)? == "on",
            cron: plan.get(0)?.as_str()?.into(),
            command: command.into(),
            param,
        })
    };
    list.iter().filter_map(timer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn old_and_new_summaries_say_the_same() {
        let old = CleanSummary::from_json(&json!([60, 1_000_000, 2, [7, 8]]));
        let new = CleanSummary::from_json(
            &json!({"clean_time": 60, "clean_area": 1_000_000, "clean_count": 2,
            "records": [7, 8]}),
        );
        assert_eq!(old, new);
    }

    #[test]
    fn a_part_s_percentage_is_rounded_down() {
        let wear = Consumables::from_json(&json!([{"filter_work_time": 1}])).0;
        assert_eq!(wear[0].1.left_percent, 99);
        let wear = Consumables::from_json(&json!({"filter_work_time": i64::MAX})).0;
        assert_eq!(wear[0].1.left_percent, 0);
    }
}
