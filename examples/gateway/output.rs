//! Text for people, or JSON for programs.

use std::fmt::Display;
use std::io::{self, Write};

use serde_json::{Value, json};
use xiaomi_gateway_proto::client::{Event, Update};
use xiaomi_gateway_proto::{Fields, Model, RINGTONES, Source};

use super::failure::Failure;
use super::number;

/// Where results go.
#[derive(Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// A result in both forms.
    pub(super) fn line(self, text: impl Display, value: &Value) {
        // Whoever reads may have seen enough: `| head` is no failure.
        let _ = if self.json {
            writeln!(io::stdout(), "{value}")
        } else {
            writeln!(io::stdout(), "{text}")
        };
    }

    /// Something beside the results, for people.
    pub(super) fn note(self, text: impl Display) {
        if !self.json {
            eprintln!("{text}");
        }
    }

    pub(super) fn failure(self, failure: &Failure) {
        if self.json {
            println!("{}", json!({"error": failure.cause, "help": failure.help}));
            return;
        }
        eprintln!("error: {}", failure.cause);
        if let Some(help) = failure.help {
            eprintln!("help:  {help}");
        }
    }

    /// The attributes of a device.
    pub(super) fn update(self, update: &Update) {
        let decoded: Value = serde_json::from_str(&update.decode().to_json()).unwrap_or_default();
        let source = match update.source {
            Source::Report => "report",
            Source::Heartbeat => "heartbeat",
            Source::Read => "read",
            Source::Write => "write",
        };
        let product = Model::find(&update.model).map(|model| model.name);
        let part = |name: &str| decoded.get(name).unwrap_or(&Value::Null);
        let items = |name: &str| part(name).as_array().into_iter().flatten();
        let mut parts = Vec::new();
        for event in items("events") {
            parts.push(format!("EVENT {}", pairs(event)));
        }
        parts.push(pairs(part("state")));
        let unparsed = pairs(part("unparsed"));
        if !unparsed.is_empty() {
            parts.push(format!("also {unparsed}"));
        }
        for name in items("invalid") {
            parts.push(format!("no valid {}", name.as_str().unwrap_or_default()));
        }
        if *part("trusted") == Value::Bool(false) {
            parts.push("(heartbeat: perhaps stale)".into());
        }
        parts.retain(|part| !part.is_empty());
        let (sid, model) = (update.sid, &update.model);
        let text = format!("{sid:<16} {model:<18} {source:<9} {}", parts.join("; "));
        let value = json!({
            "event": "update", "gateway": update.gateway.to_string(), "sid": sid.to_string(), "model": model,
            "product": product, "source": source, "decoded": decoded,
        });
        self.line(text, &value);
    }

    /// Anything but attributes.
    pub(super) fn event(self, event: &Event) {
        let (text, mut value) = describe(event);
        let Value::Object(members) = &mut value else {
            return;
        };
        let help = event.help();
        if let Some(help) = help {
            members.insert("help".into(), help.into());
        }
        let help = help.map_or_else(String::new, |help| format!("\n    {help}"));
        self.line(format!("{text}{help}"), &value);
    }

    pub(super) fn ringtones(self) {
        for (mid, group, name) in RINGTONES {
            let group = format!("{group:?}").to_lowercase();
            self.line(
                format!("{mid:>5} {name} ({group})"),
                &json!({"mid": mid, "name": name, "group": group}),
            );
        }
    }
}

/// `name=value name=value`.
pub(super) fn pairs(object: &Value) -> String {
    let members = object.as_object().into_iter().flatten();
    let pairs = members.map(|(name, value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    });
    pairs.collect::<Vec<_>>().join(" ")
}

pub(super) fn fields(fields: &Fields<'_>) -> Value {
    serde_json::from_str(&fields.to_json()).unwrap_or_default()
}

fn describe(event: &Event) -> (String, Value) {
    let about = |name: &str, sid: &xiaomi_gateway_proto::Sid| json!({"event": name, "sid": sid.to_string()});
    match event {
        Event::GatewayFound {
            sid,
            address,
            model,
            generation,
        } => {
            let (model, generation) = (model.as_deref(), number(*generation));
            let text = format!(
                "{sid} {} at {address}, generation {}",
                model.unwrap_or("(model not known yet)"),
                generation.map_or("not known yet".into(), |number| number.to_string())
            );
            let value = json!({
                "event": "gateway_found", "sid": sid.to_string(), "address": address.to_string(), "model": model,
                "generation": generation,
            });
            (text, value)
        }
        Event::AddressChanged { sid, from, to } => (
            format!("{sid} moved from {from} to {to}"),
            json!({"event": "address_changed", "sid": sid.to_string(), "from": from.to_string(), "to": to.to_string()}),
        ),
        Event::DuplicateSid { sid, used, other } => (
            format!("{used} and {other} both say that they are {sid}"),
            json!({"event": "duplicate_sid", "sid": sid.to_string(), "used": used.to_string(), "other": other.to_string()}),
        ),
        Event::Ready { gateway } => (
            format!("{gateway}: all devices are read"),
            about("ready", gateway),
        ),
        Event::Failed { sid, failure, .. } => (
            format!("{sid}: {failure}"),
            json!({"event": "failed", "sid": sid.to_string(), "error": failure.to_string()}),
        ),
        Event::NoGateway { address } => (
            "no gateway answers".into(),
            json!({"event": "no_gateway", "address": address.map(|address| address.to_string())}),
        ),
        Event::MulticastDegraded { gateway } => (
            format!("{gateway}: no heartbeat for 30 s"),
            about("multicast_degraded", gateway),
        ),
        Event::MulticastRestored { gateway } => (
            format!("{gateway}: heartbeats are back"),
            about("multicast_restored", gateway),
        ),
        Event::GatewayOffline { gateway } => {
            (format!("{gateway} is silent"), about("gateway_offline", gateway))
        }
        Event::GatewayOnline { gateway } => (format!("{gateway} is back"), about("gateway_online", gateway)),
        Event::DeviceOffline { sid } => (format!("{sid} is silent"), about("device_offline", sid)),
        Event::DeviceOnline { sid } => (format!("{sid} is back"), about("device_online", sid)),
        Event::DeviceRemoved { sid } => (
            format!("{sid} isn't in the list any more"),
            about("device_removed", sid),
        ),
        Event::Ignored { from, reason } => (
            format!("ignored something from {from}: {reason:?}"),
            json!({"event": "ignored", "from": from.to_string(), "reason": format!("{reason:?}")}),
        ),
        other => (format!("{other:?}"), json!({"event": format!("{other:?}")})),
    }
}
