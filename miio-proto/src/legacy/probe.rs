//! "Test all known properties": which of the properties that any model has does this device have?

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{is_missing, table};
use crate::{CallError, Request, models};

/// Asks for every known legacy property, one at a time, those of similar models first.
///
/// 519 names take minutes. [`state`](Self::state) can be stored at any time, and [`resume`](Self::resume)
/// continues from it.
///
/// ```
/// use miio_proto::legacy::Prober;
/// use serde_json::json;
///
/// let mut prober = Prober::new("yeelink.light.unheardof");
/// let first = prober.next_request().unwrap();
/// assert_eq!(first.method, "get_prop");
/// prober.handle_result(&json!(["on"]));
/// assert_eq!((prober.progress().tested, prober.found().len()), (1, 1));
/// ```
#[derive(Clone, Debug)]
pub struct Prober {
    order: Vec<&'static str>,
    state: ProbeState,
    silent: u8,
}

/// What a [`Prober`] has done, to be stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProbeState {
    /// The model that decides the order.
    pub model: String,
    /// How many names are tested.
    pub tested: usize,
    /// The properties that the device has, with the values that it answered.
    pub found: Vec<(String, Value)>,
    /// Names whose requests nobody answered.
    pub unanswered: Vec<String>,
}

/// How far a [`Prober`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Names tested.
    pub tested: usize,
    /// Names in all.
    pub total: usize,
    /// Properties that the device has.
    pub found: usize,
}

impl Prober {
    /// A prober for a device of this model: the model's own properties first, then those of models with the same
    /// name up to the last dot, then of the same vendor and category, then all others. MIoT models count only
    /// where they speak the legacy protocol as well.
    #[must_use]
    pub fn new(model: &str) -> Self {
        Self::resume(ProbeState {
            model: model.into(),
            ..ProbeState::default()
        })
    }

    /// Continues where a stored state ends.
    #[must_use]
    pub fn resume(state: ProbeState) -> Self {
        let mut seen = BTreeSet::new();
        let mut order = Vec::new();
        for rank in 0..=3 {
            for &(name, models) in table::PROPERTIES {
                let legacy = models.is_empty() || models.iter().any(|model| speaks_legacy(model));
                let near = models.iter().any(|model| distance(&state.model, model) == rank);
                if legacy && (near || rank == 3) && seen.insert(name) {
                    order.push(name);
                }
            }
        }
        Self {
            order,
            state,
            silent: 0,
        }
    }

    /// The next request; `None` when all names are tested. It is the same one until a result or an error is
    /// handed in.
    #[must_use]
    pub fn next_request(&self) -> Option<Request> {
        self.order
            .get(self.state.tested)
            .map(|&name| Request::new("get_prop", [name].as_slice()).without_error_retries())
    }

    /// Takes the result of the last request.
    pub fn handle_result(&mut self, result: &Value) {
        let Some(&name) = self.order.get(self.state.tested) else {
            return;
        };
        self.silent = 0;
        self.state.tested += 1;
        let values = result.as_array().map(Vec::as_slice).unwrap_or_default();
        if let [value] = values
            && !is_missing(value)
        {
            self.state.found.push((name.into(), value.clone()));
        }
    }

    /// Takes the failure of the last request. `false` if it makes no sense to go on now: the device doesn't even
    /// answer a hello, or three names in a row went unanswered. Resume later.
    pub fn handle_error(&mut self, error: &CallError) -> bool {
        let Some(&name) = self.order.get(self.state.tested) else {
            return true;
        };
        match error {
            CallError::Device(_) | CallError::BadJson { .. } => {
                self.silent = 0;
                self.state.tested += 1;
                true
            }
            CallError::Unanswered { .. } => {
                self.silent += 1;
                self.state.tested += 1;
                self.state.unanswered.push(name.into());
                self.silent < 3
            }
            _ => false,
        }
    }

    /// How far it is.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        Progress {
            tested: self.state.tested,
            total: self.order.len(),
            found: self.state.found.len(),
        }
    }

    /// The properties that the device has, with the values that it answered.
    #[must_use]
    pub fn found(&self) -> &[(String, Value)] {
        &self.state.found
    }

    /// What to store.
    #[must_use]
    pub const fn state(&self) -> &ProbeState {
        &self.state
    }
}

fn speaks_legacy(model: &str) -> bool {
    models::find(model).is_none_or(|model| model.protocols.miio || !model.protocols.miot)
}

/// 0: the same model; 1: the same up to the last dot; 2: the same vendor and category; 3: another.
fn distance(model: &str, known: &str) -> u8 {
    let parts = |text: &str| {
        let mut parts = text.split('.');
        (parts.next().map(String::from), parts.next().map(String::from))
    };
    let family = |text: &str| text.rsplit_once('.').map(|(family, _)| String::from(family));
    if model.eq_ignore_ascii_case(known) {
        0
    } else if family(model) == family(known) {
        1
    } else if parts(model) == parts(known) {
        2
    } else {
        3
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::RpcError;
    use serde_json::json;

    fn name(request: &Request) -> String {
        request.params[0].as_str().unwrap().into()
    }

    /// Answers like a device that has these properties, up to `limit` requests.
    fn run(prober: &mut Prober, has: &[&str], limit: usize) -> usize {
        let mut asked = 0;
        while let Some(request) = prober.next_request() {
            if asked == limit {
                break;
            }
            asked += 1;
            if has.contains(&name(&request).as_str()) {
                prober.handle_result(&json!(["x"]));
            } else if asked % 2 == 0 {
                prober.handle_result(&json!([null]));
            } else {
                let error = RpcError {
                    code: Some(-5001),
                    message: "invalid_arg".into(),
                };
                assert!(prober.handle_error(&CallError::Device(error)));
            }
        }
        asked
    }

    #[test]
    fn a_stopped_probe_resumes_and_finds_the_same() {
        let has = ["power", "bright", "ct", "aqi"];
        let mut whole = Prober::new("yeelink.light.lamp9");
        let total = run(&mut whole, &has, usize::MAX);
        let mut first = Prober::new("yeelink.light.lamp9");
        run(&mut first, &has, 100);
        let stored = serde_json::to_string(first.state()).unwrap();
        let mut second = Prober::resume(serde_json::from_str(&stored).unwrap());
        assert_eq!(run(&mut second, &has, usize::MAX), total - 100);
        assert_eq!(second.found(), whole.found());
        assert_eq!(whole.found().len(), 4);
        assert_eq!(whole.progress().tested, whole.progress().total);
    }

    #[test]
    fn properties_of_similar_models_come_first_and_none_comes_twice() {
        let prober = Prober::new("yeelink.light.lamp9");
        let similar = table::PROPERTIES
            .iter()
            .filter(|(_, models)| models.iter().any(|model| model.starts_with("yeelink.light.")))
            .count();
        let position = prober.order.iter().position(|&name| name == "aqi").unwrap();
        assert!(similar > 5 && position >= similar, "{position} after {similar}");
        let unique: BTreeSet<_> = prober.order.iter().collect();
        assert_eq!(unique.len(), prober.order.len());
    }

    #[test]
    fn a_device_that_falls_silent_pauses_the_probe() {
        let mut prober = Prober::new("x.y.z");
        let silence = CallError::Unanswered {
            attempts: 3,
            suspects: crate::session::Suspects::default(),
        };
        assert!(prober.handle_error(&silence) && prober.handle_error(&silence));
        assert!(!prober.handle_error(&silence));
        assert!(!prober.handle_error(&CallError::Unreachable { hellos: 3 }));
        assert_eq!(prober.state().unanswered.len(), 3);
    }
}
