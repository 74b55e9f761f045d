//! Plays the transcript of a handshake: feeds what comes in, compares all that goes out after it.

use core::time::Duration;

use mi_auth::{Characteristic, Event, Failure, Handshake, Transmit};
use serde_json::{Value, json};

use super::{Fields, hex, to_hex};

/// How a transcript ended.
pub enum Outcome<T> {
    Done(T),
    Failed(Failure),
}

pub fn play<H: Handshake>(mut handshake: H, expect: &Fields) -> Outcome<H::Output> {
    let mut now = Duration::ZERO;
    let mut outcome = None;
    let mut due: Vec<Value> = Vec::new();
    let mut told = None;
    for step in expect.list("steps") {
        let Some(input) = step.get("in") else {
            assert!(!due.is_empty(), "{step} is missing");
            let mut found = due.remove(0);
            // Legacy handshakes have no stages that the schema names.
            if step.get("stage").is_none() {
                found.as_object_mut().unwrap().remove("stage");
            }
            assert_eq!(found, *step);
            continue;
        };
        assert!(due.is_empty(), "not expected before {step}: {due:?}");
        match input.as_str().expect("a name") {
            "start" => {}
            "subscribed" => handshake.handle_subscribed(now),
            "notified" => {
                // Characteristics that are none of ours are not even handed in.
                if let Some(from) = characteristic(step) {
                    handshake.handle_notification(now, from, &hex(step["bytes"].as_str().unwrap()));
                }
            }
            "read_done" => handshake.handle_read(now, &hex(step["bytes"].as_str().unwrap())),
            "disconnected" => handshake.handle_disconnect(now),
            "timer" => {
                let deadline = handshake.poll_timeout().expect("a time-out");
                handshake.handle_timeout(deadline - Duration::from_millis(1));
                assert!(outputs(&mut handshake, now, &mut None).is_empty(), "too early");
                now = deadline;
                handshake.handle_timeout(now);
            }
            other => panic!("nobody knows the input {other}"),
        }
        due = outputs(&mut handshake, now, &mut outcome);
        // The only wait of this protocol; all other time-outs are longer.
        let pause = Duration::from_millis(250);
        let until = handshake.poll_timeout();
        if outcome.is_none() && until == Some(now + pause) && told != until {
            due.push(json!({ "out": "wait", "ms": 250 }));
            told = until;
        }
    }
    assert!(due.is_empty(), "not expected at the end: {due:?}");
    assert_eq!(
        handshake.poll_timeout(),
        None,
        "it is over and waits for something"
    );
    outcome.expect("an end")
}

fn outputs<H: Handshake>(
    handshake: &mut H,
    now: Duration,
    outcome: &mut Option<Outcome<H::Output>>,
) -> Vec<Value> {
    let mut out = Vec::new();
    while let Some(transmit) = handshake.poll_transmit(now) {
        let at = transmit.characteristic().to_string();
        out.push(match transmit {
            Transmit::Subscribe(_) => json!({ "out": "subscribe", "char": at }),
            Transmit::Read(_) => json!({ "out": "read", "char": at }),
            Transmit::Write { bytes, .. } => json!({ "out": "write", "char": at, "bytes": to_hex(&bytes) }),
            other => panic!("a new transmit: {other:?}"),
        });
    }
    while let Some(event) = handshake.poll_event() {
        match event {
            Event::Done(output) => *outcome = Some(Outcome::Done(output)),
            Event::Failed(failure) => {
                let mut fail = json!({ "out": "fail", "error": failure.name() });
                if let Failure::Timeout { stage, .. } = failure {
                    fail["stage"] = stage.name().into();
                }
                out.push(fail);
                *outcome = Some(Outcome::Failed(failure));
            }
            _ => {}
        }
    }
    out
}

/// Compares a failure with `result`, `error` and `stage`.
pub fn check_failure(failure: &Failure, expect: &Fields) {
    expect.check("result", "failed");
    expect.check("error", failure.name());
    if let Failure::Timeout { stage, .. } = failure {
        expect.check_if_present("stage", stage.name());
    }
    assert!(failure.help().is_some(), "{failure} needs a remedy");
}

fn characteristic(step: &Value) -> Option<Characteristic> {
    let name = step["char"].as_str().expect("a characteristic");
    Characteristic::ALL
        .into_iter()
        .find(|characteristic| characteristic.to_string() == name)
}
