//! Transcripts of state machines: what goes in, and what has to come out.

use std::time::Duration;

use serde_json::Value;
use telink_ota::flow::{ExtendedOtaEvent, KeyEvent, KeyGoal};
use telink_ota::gatt::{Characteristic, Transmit, WriteMode};
use telink_ota::identify::Kind;
use telink_ota::image::inspect;
use telink_ota::ota::{Options, OtaEvent};
use telink_ota::preflight::{Clearance, Preflight, Reason, Target};
use telink_ota::{ExtendedOta, KeyFlow, Ota, Session};

use super::{Fields, hex, to_hex};

/// The permission to flash an image that is too small to be one.
pub(crate) fn cleared(image: &[u8]) -> Clearance {
    let image = inspect(image).unwrap();
    let preflight = Preflight::of(&image, &Target::new(Kind::Telink));
    preflight.clear_despite(&[Reason::TooSmall]).unwrap()
}

pub(crate) fn ota(input: &Fields, expect: &Fields) {
    let image = input.hex("image");
    let writable = input
        .list("ota_properties")
        .iter()
        .any(|property| property == "write");
    let mode = if writable {
        WriteMode::WithResponse
    } else {
        WriteMode::WithoutResponse
    };
    let options = match input.text("protocol") {
        "legacy" if input.flag("speed_char") => Options::stock(mode),
        "legacy" => Options::custom(mode),
        _ => Options::extended(
            u8::try_from(input.integer("pdu_len")).unwrap(),
            u16::try_from(input.integer("version")).unwrap(),
            input.flag("version_compare"),
        ),
    };
    let clearance = cleared(&image);
    let machine = Ota::new(Duration::ZERO, image.as_slice(), &clearance, options).unwrap();
    let mut player = Player {
        machine,
        now: Duration::ZERO,
    };
    player.play(
        expect.list("steps"),
        |ota, step| match step {
            "cancel" => ota.cancel(),
            other => panic!("unknown input {other}"),
        },
        |event, step| match event {
            OtaEvent::Finished(outcome) => {
                step.check("out", "done");
                step.check("result", outcome.name());
                true
            }
            OtaEvent::Failed(error) => {
                step.check("out", "fail");
                step.check("error", error.name());
                step.check_if_present("restart_from", error.restart_from());
                true
            }
            _ => false,
        },
    );
}

/// Plays one side of a transcript against a machine.
pub(crate) struct Player<S> {
    pub(crate) machine: S,
    pub(crate) now: Duration,
}

impl<S: Session> Player<S> {
    /// `extra` does inputs that aren't GATT's; `check` checks an event against a step, and says whether it was
    /// the last one.
    pub(crate) fn play(
        &mut self,
        steps: &[Value],
        extra: impl Fn(&mut S, &str),
        check: impl Fn(S::Event, &Fields) -> bool,
    ) {
        let mut outputs = 0;
        for step in steps {
            let step = Fields::new(step);
            if let Some(input) = step.value("in").and_then(Value::as_str) {
                self.input(input, &step, &extra);
            } else {
                self.output(&step, &check);
                outputs += 1;
            }
            step.assert_all_read();
        }
        assert!(outputs > 0, "no output is checked");
        let more = self.machine.poll_transmit(self.now);
        assert!(more.is_none(), "after the end: {more:?}");
        assert!(self.machine.poll_event().is_none(), "an event after the end");
    }

    fn input(&mut self, input: &str, step: &Fields, extra: &impl Fn(&mut S, &str)) {
        let (machine, now) = (&mut self.machine, self.now);
        match input {
            // The machine was made for this.
            "start" => {}
            "subscribed" => machine.handle_subscribed(now),
            "write_done" => machine.handle_written(now),
            "write_failed" => machine.handle_failure(now),
            "read_done" => machine.handle_read(now, &step.hex("bytes")),
            "notified" => {
                machine.handle_notification(now, characteristic(step.text("char")), &step.hex("bytes"));
            }
            "disconnected" => machine.handle_disconnect(now),
            "timer" => {
                self.now = machine.poll_timeout().expect("a time to wait for");
                // A moment too early is harmless.
                machine.handle_timeout(self.now - Duration::from_millis(1));
                machine.handle_timeout(self.now);
            }
            other => extra(machine, other),
        }
    }

    fn output(&mut self, step: &Fields, check: &impl Fn(S::Event, &Fields) -> bool) {
        let wait = |machine: &S, name| {
            let until = machine.poll_timeout().expect("a deadline");
            step.check(name, u64::try_from((until - self.now).as_millis()).unwrap());
        };
        let now = self.now;
        match step.text("out") {
            "done" | "fail" => {
                assert!(self.machine.poll_transmit(now).is_none(), "nothing is to be sent");
                while let Some(event) = self.machine.poll_event() {
                    if check(event, step) {
                        return;
                    }
                }
                panic!("it isn't over");
            }
            "wait" => {
                assert!(self.machine.poll_transmit(now).is_none(), "nothing is to be sent");
                wait(&self.machine, "ms");
            }
            out => {
                let transmit = self.machine.poll_transmit(now).expect("something to do");
                match transmit {
                    Transmit::Subscribe { characteristic } => {
                        assert_eq!(out, "subscribe");
                        step.check("char", name(characteristic));
                    }
                    Transmit::Read { characteristic } => {
                        assert_eq!(out, "read");
                        step.check("char", name(characteristic));
                        wait(&self.machine, "deadline_ms");
                    }
                    Transmit::Write {
                        characteristic,
                        bytes,
                        mode,
                    } => {
                        assert_eq!(out, "write");
                        step.check("char", name(characteristic));
                        step.check("bytes", to_hex(bytes));
                        step.check(
                            "mode",
                            match mode {
                                WriteMode::WithResponse => "with_response",
                                WriteMode::WithoutResponse => "without_response",
                            },
                        );
                    }
                }
            }
        }
    }
}

fn name(characteristic: Characteristic) -> &'static str {
    match characteristic {
        Characteristic::Ota => "2b12",
        Characteristic::Command => "1f1f",
        Characteristic::ConnectionSpeed => "ccd8",
        other => panic!("{other:?} is in no transcript"),
    }
}

fn characteristic(name: &str) -> Characteristic {
    match name {
        "2b12" => Characteristic::Ota,
        "1f1f" => Characteristic::Command,
        "ccd8" => Characteristic::ConnectionSpeed,
        // Somebody else's, which a machine ignores.
        _ => {
            assert!(hex(name).len() == 2, "odd characteristic {name}");
            Characteristic::BatteryLevel
        }
    }
}

pub(crate) fn custom(input: &Fields, expect: &Fields) {
    match input.text("op") {
        "ext_ota_flow" => {
            let length = u32::try_from(input.integer("payload_len")).unwrap();
            let version = super::commands::version(input.text("fw_bcd"));
            let machine = ExtendedOta::new(length, version).unwrap();
            let mut player = Player {
                machine,
                now: Duration::ZERO,
            };
            player.play(expect.list("steps"), no_other_input, |event, step| match event {
                ExtendedOtaEvent::Ready { max_payload } => {
                    step.check("out", "done");
                    step.check("result", "ready");
                    step.check("max_payload", max_payload);
                    true
                }
                ExtendedOtaEvent::Failed(error) => {
                    step.check("out", "fail");
                    step.check("error", error.name());
                    true
                }
                _ => false,
            });
        }
        "keys_flow" => {
            let goal = if input.flag("erase") {
                KeyGoal::Erase
            } else {
                KeyGoal::BackUp
            };
            let mut player = Player {
                machine: KeyFlow::new(goal).unwrap(),
                now: Duration::ZERO,
            };
            player.play(expect.list("steps"), no_other_input, |event, step| {
                let (result, keys) = match event {
                    KeyEvent::Keys(keys) => ("keys", keys),
                    KeyEvent::Erased(keys) => ("erased", keys),
                    KeyEvent::Failed(error) => {
                        step.check("out", "fail");
                        step.check("error", error.name());
                        return true;
                    }
                    other => panic!("{other:?}"),
                };
                step.check("out", "done");
                step.check("result", result);
                let expected = Fields::new(step.value("keys").unwrap());
                super::keys::check(&keys, &expected);
                expected.assert_all_read();
                true
            });
        }
        other => panic!("unknown op {other}"),
    }
}

fn no_other_input<S>(_: &mut S, input: &str) {
    panic!("unknown input {input}");
}
