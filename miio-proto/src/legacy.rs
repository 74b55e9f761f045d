//! Legacy miIO properties: named values that `get_prop` reads, in the order asked for.
//!
//! [`PropertyReader`] reads any number of them in batches that shrink when the device fails under them;
//! [`Prober`] finds out which properties a device has that nobody has described.
//!
//! ```
//! use miio_proto::legacy::{PropertyReader, Values};
//! use miio_proto::{BatchSize, legacy};
//! use serde_json::json;
//!
//! let mut reader = PropertyReader::new(["power", "bright", "ct"], BatchSize::new(2));
//! while let Some(request) = reader.next_request() {
//!     // Send it; here the device answers at once.
//!     let names = request.params.as_array().unwrap().len();
//!     reader.handle_result(&json!(vec![42; names]));
//! }
//! assert_eq!(reader.value("ct"), Some(&json!(42)));
//! ```

mod probe;
mod table;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::rpc::ErrorKind;
use crate::{BatchSize, CallError, Request};

pub use probe::{ProbeState, Prober, Progress};

/// Values by name, in the order asked for.
pub type Values = Vec<(String, Value)>;

/// Splits names into batches of at most `max`; all in one if `None`.
#[must_use]
pub fn batches<T>(properties: &[T], max: Option<usize>) -> Vec<&[T]> {
    properties.chunks(max.unwrap_or(usize::MAX).max(1)).collect()
}

/// Puts names and values together.
///
/// # Errors
///
/// Another count than asked for: some names are unknown to the firmware, and nobody can say which.
pub fn zip<T: AsRef<str>>(properties: &[T], values: &[Value]) -> Result<Values, CountMismatch> {
    if properties.len() != values.len() {
        return Err(CountMismatch {
            expected: properties.len(),
            found: values.len(),
        });
    }
    Ok(properties
        .iter()
        .map(|name| name.as_ref().into())
        .zip(values.iter().cloned())
        .collect())
}

/// An answer to `get_prop` that can't be put beside its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} values answer a request for {expected} properties")]
pub struct CountMismatch {
    /// The names that were asked for.
    pub expected: usize,
    /// The values that came.
    pub found: usize,
}

impl CountMismatch {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(
            "This firmware doesn't know some of the names and leaves their values out: ask for them one by one.",
        )
    }
}

/// Reads properties by name, a batch at a time.
///
/// Call [`next_request`](Self::next_request) until it returns `None`, and tell it after each request what came of
/// it. It asks for values one by one where the count doesn't fit, and for half as many where the device fails.
#[derive(Clone, Debug)]
pub struct PropertyReader {
    waiting: VecDeque<Group>,
    asked: Option<Group>,
    done: Values,
    missing: Vec<String>,
    size: BatchSize,
}

/// Names that are asked for with one limit.
#[derive(Clone, Debug)]
struct Group {
    names: Vec<String>,
    single: bool,
}

impl PropertyReader {
    /// A reader for these names.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>, size: BatchSize) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let mut waiting = VecDeque::new();
        if !names.is_empty() {
            waiting.push_back(Group { names, single: false });
        }
        Self {
            waiting,
            asked: None,
            done: Vec::new(),
            missing: Vec::new(),
            size,
        }
    }

    /// The next request, `None` when all is done. Before an answer to the last one was handed in it is the same
    /// request again.
    pub fn next_request(&mut self) -> Option<Request> {
        if self.asked.is_none() {
            let mut group = self.waiting.pop_front()?;
            let count = if group.single {
                1
            } else {
                self.size.next(group.names.len())
            };
            let rest = group.names.split_off(count.min(group.names.len()));
            if !rest.is_empty() {
                self.waiting.push_front(Group {
                    names: rest,
                    single: group.single,
                });
            }
            self.asked = Some(group);
        }
        let group = self.asked.as_ref()?;
        let request = Request::new("get_prop", group.names.clone());
        Some(if group.names.len() > 1 {
            request.without_error_retries()
        } else {
            request
        })
    }

    /// Takes the result of the last request.
    pub fn handle_result(&mut self, result: &Value) {
        let Some(group) = self.asked.take() else { return };
        let values = result.as_array().map(Vec::as_slice).unwrap_or_default();
        match zip(&group.names, values) {
            Ok(values) => {
                for (name, value) in values {
                    if is_missing(&value) {
                        self.missing.push(name);
                    } else {
                        self.done.push((name, value));
                    }
                }
            }
            Err(_) => self.split(group),
        }
    }

    /// Takes the failure of the last request. `false` if the reader gives up: the device doesn't answer at all,
    /// and asking on would take minutes.
    pub fn handle_error(&mut self, error: &CallError) -> bool {
        let Some(group) = self.asked.take() else {
            return true;
        };
        match error {
            CallError::Device(error) if group.names.len() > 1 => {
                if matches!(error.kind(), ErrorKind::UserAckTimeout | ErrorKind::Transient)
                    && self.size.shrink(group.names.len())
                {
                    self.waiting.push_front(group);
                } else {
                    self.split(group);
                }
                true
            }
            CallError::Unanswered { .. } if self.size.shrink(group.names.len()) => {
                self.waiting.push_front(group);
                true
            }
            CallError::BadJson { .. } if group.names.len() > 1 => {
                self.split(group);
                true
            }
            CallError::Device(_) | CallError::BadJson { .. } => {
                self.missing.extend(group.names);
                true
            }
            _ => {
                self.waiting.push_front(group);
                false
            }
        }
    }

    /// Asks for the names of a group one by one.
    fn split(&mut self, group: Group) {
        if group.names.len() <= 1 {
            self.missing.extend(group.names);
        } else {
            self.waiting.push_front(Group {
                names: group.names,
                single: true,
            });
        }
    }

    /// The value of a property, if the device has it.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.done
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// All values so far, in the order asked for.
    #[must_use]
    pub fn values(&self) -> &[(String, Value)] {
        &self.done
    }

    /// The names that the device doesn't know.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The batch size that worked, to begin with the next time.
    #[must_use]
    pub const fn batch_size(&self) -> BatchSize {
        self.size
    }
}

/// What firmwares answer for a property that they don't know. A text may be empty, so `""` isn't in it.
fn is_missing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// The properties that public sources list for a model.
pub fn properties_of(model: &str) -> impl Iterator<Item = &'static str> {
    table::PROPERTIES
        .iter()
        .filter(move |(_, models)| models.iter().any(|known| known.eq_ignore_ascii_case(model)))
        .map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::RpcError;
    use serde_json::json;

    fn names(request: &Request) -> Vec<String> {
        let list = request.params.as_array().unwrap();
        list.iter().map(|name| name.as_str().unwrap().into()).collect()
    }

    #[test]
    fn the_table_is_sorted_and_unique() {
        assert_eq!(table::PROPERTIES.len(), 519);
        assert!(table::PROPERTIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (name, models) in table::PROPERTIES {
            assert!(models.windows(2).all(|pair| pair[0] < pair[1]), "{name}");
        }
    }

    #[test]
    fn a_wrong_count_is_read_again_one_by_one() {
        let mut reader = PropertyReader::new(["a", "b", "c"], BatchSize::default());
        let mut requests = 0;
        while let Some(request) = reader.next_request() {
            let known = names(&request).into_iter().filter(|name| name != "b");
            reader.handle_result(&known.map(|name| json!(name)).collect());
            requests += 1;
        }
        assert_eq!(requests, 4);
        assert_eq!(
            reader.values(),
            [("a".into(), json!("a")), ("c".into(), json!("c"))]
        );
        assert_eq!(reader.missing(), ["b"]);
    }

    #[test]
    fn a_device_that_takes_four_values_is_found_out_and_remembered() {
        let all: Vec<String> = (0..31).map(|n| alloc::format!("p{n}")).collect();
        let mut reader = PropertyReader::new(all, BatchSize::default());
        let error = CallError::Device(RpcError {
            code: Some(-9999),
            message: "user ack timeout".into(),
        });
        while let Some(request) = reader.next_request() {
            let names = names(&request);
            if names.len() > 4 {
                assert!(reader.handle_error(&error));
            } else {
                reader.handle_result(&json!(names));
            }
        }
        assert_eq!(reader.values().len(), 31);
        assert_eq!(reader.batch_size().get(), 2);
        assert!(reader.values().iter().all(|(name, value)| value == name));
    }

    #[test]
    fn a_device_that_is_gone_ends_the_reading_and_loses_nothing() {
        let mut reader = PropertyReader::new(["a", "b"], BatchSize::new(1));
        reader.next_request();
        assert!(!reader.handle_error(&CallError::Unreachable { hellos: 3 }));
        assert_eq!(names(&reader.next_request().unwrap()), ["a"]);
    }
}
