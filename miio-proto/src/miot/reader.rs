//! Reads any number of MIoT properties, in batches that shrink when the device fails under them.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::request::read_properties;
use super::{CodeError, PropertyKey, get};
use crate::rpc::ErrorKind;
use crate::{BatchSize, CallError, Request};

/// What became of a property: its value, or why there is none.
pub type PropertyResult = (PropertyKey, Result<Value, CodeError>);

/// Reads properties by number, a batch at a time.
///
/// Call [`next_request`](Self::next_request) until it returns `None`, and tell it after each request what came of
/// it. After "user ack timeout" or silence it asks for half as many, down to one.
///
/// ```
/// use miio_proto::BatchSize;
/// use miio_proto::miot::{PropertyKey, PropertyReader};
///
/// let keys = (1..=12).map(|piid| PropertyKey { siid: 2, piid });
/// let mut reader = PropertyReader::new(keys, BatchSize::new(10), None);
/// assert_eq!(reader.next_request().unwrap().params.as_array().unwrap().len(), 6);
/// ```
#[derive(Clone, Debug)]
pub struct PropertyReader {
    waiting: VecDeque<PropertyKey>,
    asked: Vec<PropertyKey>,
    done: Vec<PropertyResult>,
    size: BatchSize,
    did: Option<String>,
}

impl PropertyReader {
    /// A reader for these properties. Start with the model's size, [`crate::models::miot_batch`], or the one that
    /// worked the last time.
    pub fn new(keys: impl IntoIterator<Item = PropertyKey>, size: BatchSize, did: Option<&str>) -> Self {
        Self {
            waiting: keys.into_iter().collect(),
            asked: Vec::new(),
            done: Vec::new(),
            size,
            did: did.map(Into::into),
        }
    }

    /// The next request, `None` when all is done. Before an answer to the last one was handed in it is the same
    /// request again.
    pub fn next_request(&mut self) -> Option<Request> {
        if self.asked.is_empty() {
            let count = self.size.next(self.waiting.len());
            self.asked = self.waiting.drain(..count).collect();
        }
        if self.asked.is_empty() {
            return None;
        }
        let request = get(&self.asked, self.did.as_deref());
        Some(if self.asked.len() > 1 {
            request.without_error_retries()
        } else {
            request
        })
    }

    /// Takes the result of the last request.
    pub fn handle_result(&mut self, result: &Value) {
        let asked = core::mem::take(&mut self.asked);
        let values = read_properties(&asked, result);
        self.done.extend(asked.into_iter().zip(values));
    }

    /// Takes the failure of the last request. `false` if the reader gives up: the device doesn't answer at all, or
    /// it doesn't speak MIoT.
    pub fn handle_error(&mut self, error: &CallError) -> bool {
        let asked = core::mem::take(&mut self.asked);
        let sent = asked.len();
        let again = match error {
            CallError::Device(error) => match error.kind() {
                ErrorKind::UnsupportedMethod => false,
                _ if sent > 1 => self.size.shrink(sent),
                _ => {
                    let code = error.code.unwrap_or(-4004);
                    self.done.extend(
                        asked
                            .into_iter()
                            .map(|key| (key, Err(CodeError::Unknown { code }))),
                    );
                    return true;
                }
            },
            CallError::Unanswered { .. } | CallError::BadJson { .. } => self.size.shrink(sent),
            _ => false,
        };
        for key in asked.into_iter().rev() {
            self.waiting.push_front(key);
        }
        again
    }

    /// What became of the properties so far, in the order asked for.
    pub fn results(&self) -> &[PropertyResult] {
        &self.done
    }

    /// The batch size that worked, to begin with the next time.
    #[must_use]
    pub const fn batch_size(&self) -> BatchSize {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::RpcError;
    use serde_json::json;

    fn ack_timeout() -> CallError {
        CallError::Device(RpcError {
            code: Some(-9999),
            message: "user ack timeout".into(),
        })
    }

    /// A device that fails with more than `most` values, and with property 7 always.
    fn run(reader: &mut PropertyReader, most: usize) {
        while let Some(request) = reader.next_request() {
            let asked = request.params.as_array().unwrap();
            if asked.len() > most || asked.len() == 1 && asked[0]["piid"] == 7 {
                assert!(reader.handle_error(&ack_timeout()));
                continue;
            }
            let answer: Value = asked
                .iter()
                .map(|one| json!({"siid": one["siid"], "piid": one["piid"], "code": 0, "value": one["piid"]}))
                .collect();
            reader.handle_result(&answer);
        }
    }

    #[test]
    fn the_size_halves_until_it_fits_and_every_property_ends() {
        let keys = (1..=20).map(|piid| PropertyKey { siid: 2, piid });
        let mut reader = PropertyReader::new(keys, BatchSize::new(10), None);
        run(&mut reader, 3);
        assert_eq!(reader.batch_size().get(), 2);
        assert_eq!(reader.results().len(), 20);
        assert!(
            reader
                .results()
                .iter()
                .all(|(key, value)| *value == Ok(json!(key.piid)))
        );
    }

    #[test]
    fn a_property_that_fails_alone_does_not_stop_the_others() {
        let keys = (6..=8).map(|piid| PropertyKey { siid: 2, piid });
        let mut reader = PropertyReader::new(keys, BatchSize::new(1), None);
        run(&mut reader, 1);
        let good = reader.results().iter().filter(|(_, value)| value.is_ok()).count();
        assert_eq!((good, reader.results().len()), (2, 3));
    }

    #[test]
    fn a_legacy_device_ends_the_reading() {
        let mut reader = PropertyReader::new([PropertyKey { siid: 1, piid: 1 }], BatchSize::default(), None);
        reader.next_request();
        let error = RpcError {
            code: Some(-10000),
            message: "method not found".into(),
        };
        assert!(!reader.handle_error(&CallError::Device(error)));
    }
}
