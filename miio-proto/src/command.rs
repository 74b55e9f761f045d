//! The command text of openHAB's channels: `upd_timer["1498595904821","on"]`.
//!
//! | text | meaning |
//! |---|---|
//! | `method` | no params |
//! | `method[..]`, `method{..}` | JSON params |
//! | `{"method":..,"params":..}` | the whole object; its `id` is replaced, other keys are kept |
//! | `/path[..]` | a cloud request: see [`is_cloud_path`] |
//! | `$name$` | a variable, see [`substitute`] |
//!
//! ```
//! let request = miio_proto::command::parse(r#"upd_timer["1498595904821","on"]"#)?;
//! assert_eq!(request.method, "upd_timer");
//! assert_eq!(request.params[1], "on");
//! # Ok::<(), miio_proto::command::CommandError>(())
//! ```

use alloc::string::{String, ToString};

use serde_json::Value;

use crate::Request;

/// Reads a command.
///
/// # Errors
///
/// Params that aren't JSON, or no method.
pub fn parse(text: &str) -> Result<Request, CommandError> {
    let text = text.trim();
    if text.starts_with('{') && text.ends_with('}') {
        let Value::Object(mut map) = json(text)? else {
            return Err(CommandError::NoMethod);
        };
        let method = match map.remove("method") {
            Some(Value::String(method)) if !method.is_empty() => method,
            _ => return Err(CommandError::NoMethod),
        };
        let params = map.remove("params").unwrap_or_default();
        map.remove("id");
        let mut request = Request::new(method, params);
        request.extra = map;
        return Ok(request);
    }
    let start = text.find(['[', '{']).unwrap_or(text.len());
    let (method, params) = text.split_at(start);
    let method = method.trim();
    if method.is_empty() {
        return Err(CommandError::NoMethod);
    }
    let params = if params.is_empty() {
        Value::Null
    } else {
        json(params)?
    };
    Ok(Request::new(method, params))
}

/// Whether the command is for the cloud: its method is a path, and its first param the request's data.
#[must_use]
pub fn is_cloud_path(request: &Request) -> bool {
    request.method.starts_with('/')
}

/// Replaces each `$name$`, with or without double quotes around it, by a variable: numbers and booleans bare,
/// texts in double quotes. An unknown name stays, without the quotes next to it.
pub fn substitute<'a>(text: &str, mut variable: impl FnMut(&str) -> Option<&'a Value>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        let (before, from) = rest.split_at(start);
        let name_and_rest = from.get(1..).unwrap_or_default();
        let Some((name, after)) = name_and_rest.split_once('$').filter(|(name, _)| is_name(name)) else {
            // This dollar starts no name, the next one may.
            out.push_str(before);
            out.push('$');
            rest = name_and_rest;
            continue;
        };
        out.push_str(before.strip_suffix('"').unwrap_or(before));
        match variable(name) {
            Some(value) => out.push_str(&value.to_string()),
            None => {
                out.push('$');
                out.push_str(name);
                out.push('$');
            }
        }
        rest = after.strip_prefix('"').unwrap_or(after);
    }
    out.push_str(rest);
    out
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['"', ',', '[', ']', '{', '}', ' '])
}

fn json(text: &str) -> Result<Value, CommandError> {
    serde_json::from_str(text).map_err(|error| CommandError::BadJson {
        message: error.to_string(),
    })
}

/// A text that is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The params aren't JSON.
    #[error("the params aren't JSON: {message}")]
    BadJson {
        /// What the JSON parser says, with line and column.
        message: String,
    },
    /// Nothing before the params, or an object without `method`.
    #[error("the command names no method")]
    NoMethod,
}

impl CommandError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::BadJson { .. } => {
                "Write the params as JSON: texts in double quotes, in square brackets, as in set_power[\"on\"]."
            }
            Self::NoMethod => "Write the method first, then its params, as in set_power[\"on\"].",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variables_take_the_quotes_around_them_along() {
        let (text, flag) = (json!("a\"b"), json!(true));
        let lookup = |name: &str| match name {
            "text" => Some(&text),
            "flag" => Some(&flag),
            _ => None,
        };
        assert_eq!(
            substitute(r#"x["$text$",$flag$,"$other$"]"#, lookup),
            r#"x["a\"b",true,$other$]"#
        );
        assert_eq!(substitute("cost[5$]", lookup), "cost[5$]");
        assert_eq!(substitute("a[$ 1,\"$flag$\"]", lookup), "a[$ 1,true]");
    }

    #[test]
    fn a_cloud_path_is_told_from_a_method() {
        assert!(is_cloud_path(&parse("/home/device_list[{}]").unwrap()));
        assert!(!is_cloud_path(&parse("miIO.info").unwrap()));
    }
}
