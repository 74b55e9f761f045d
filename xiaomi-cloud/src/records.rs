//! The records of a list, as the text that they came as.
//!
//! Reading a list takes one pass over its text; where each record lies in it is found out only when somebody asks
//! for a record, then for all of them at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde_json::from_str;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::answer::{Answer, Key};

/// The text of a whole answer, shared by all devices that were read from it. It is overwritten with the last one.
pub(crate) struct Records {
    text: Arc<Zeroizing<String>>,
    /// The result of the answer.
    result: Range<usize>,
    places: OnceLock<Vec<Range<usize>>>,
}

impl Records {
    /// Those of an answer that is a list.
    pub(crate) fn of(answer: &Answer) -> Self {
        Self {
            text: answer.shared_text(),
            result: answer.result_range().unwrap_or_default(),
            places: OnceLock::new(),
        }
    }

    /// A single one.
    pub(crate) fn one(record: String) -> Self {
        let whole = 0..record.len();
        Self {
            text: Arc::new(Zeroizing::new(record)),
            result: whole.clone(),
            places: OnceLock::from(vec![whole]),
        }
    }

    fn get(&self, position: usize) -> Option<&str> {
        let places = self.places.get_or_init(|| {
            let result = self.text.get(self.result.clone()).unwrap_or_default();
            let records = list_of(result).and_then(|list| from_str::<Vec<&RawValue>>(list.get()).ok());
            // Raw values are pieces of the text.
            let place = |record: &RawValue| {
                let start = (record.get().as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
                start..start.wrapping_add(record.get().len())
            };
            records.unwrap_or_default().into_iter().map(place).collect()
        });
        self.text.get(places.get(position)?.clone())
    }
}

/// One record of an answer.
#[derive(Clone)]
pub(crate) struct Record {
    records: Arc<Records>,
    position: usize,
}

impl Record {
    pub(crate) fn new(records: &Arc<Records>, position: usize) -> Self {
        Self {
            records: Arc::clone(records),
            position,
        }
    }

    pub(crate) fn text(&self) -> &str {
        self.records.get(self.position).unwrap_or_default()
    }
}

/// The list of devices in a result, under either of its names. Of two equal keys the last wins.
pub(crate) fn list_of(result: &str) -> Option<&RawValue> {
    let fields: BTreeMap<Key<'_>, &RawValue> = from_str(result).ok()?;
    LIST_NAMES
        .iter()
        .find_map(|name| fields.get(&Key((*name).into())).copied())
}

/// What a list of devices is called, the one that wins first.
pub(crate) const LIST_NAMES: [&str; 2] = ["device_info", "list"];
