//! The client's machines under any input in any order. The first byte picks one; then come `kind | length | bytes`.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use telink_ota::command::{Command, LogQuery};
use telink_ota::flow::{ExchangeEvent, ExtendedOtaEvent, KeyEvent, KeyGoal, LogEvent};
use telink_ota::gatt::{
    BATTERY_SERVICE, COMMAND_SERVICE, Characteristic, INFORMATION_SERVICE, OTA_SERVICE, SENSING_SERVICE,
    WriteMode,
};
use telink_ota::identify::Kind;
use telink_ota::image::{Declaration, finish, inspect};
use telink_ota::inquiry::InquiryEvent;
use telink_ota::ota::{Options, OtaEvent};
use telink_ota::preflight::{Preflight, Reason, Target};
use telink_ota::{Exchange, ExtendedOta, FirmwareVersion, Inquiry, KeyFlow, LogDownload, Ota, Session};

fuzz_target!(|bytes: &[u8]| {
    let Some((&machine, script)) = bytes.split_first() else {
        return;
    };
    match machine % 8 {
        0 => ota(Options::stock(WriteMode::WithResponse), script),
        1 => ota(Options::custom(WriteMode::WithoutResponse), script),
        2 => ota(Options::extended(machine & 0xf0, 1, true), script),
        3 => run(Exchange::new(&Command::Config).unwrap(), script, |event| {
            matches!(event, ExchangeEvent::Answered | ExchangeEvent::Failed(_))
        }),
        4 => run(
            KeyFlow::new(if machine & 0x80 == 0 {
                KeyGoal::BackUp
            } else {
                KeyGoal::Erase
            })
            .unwrap(),
            script,
            |event| {
                matches!(
                    event,
                    KeyEvent::Keys(_) | KeyEvent::Erased(_) | KeyEvent::Failed(_)
                )
            },
        ),
        5 => run(LogDownload::new(LogQuery::ALL).unwrap(), script, |event| {
            matches!(event, LogEvent::Finished(_) | LogEvent::Failed(_))
        }),
        6 => run(
            ExtendedOta::new(165_588, FirmwareVersion::CURRENT).unwrap(),
            script,
            |event| {
                matches!(
                    event,
                    ExtendedOtaEvent::Ready { .. } | ExtendedOtaEvent::Failed(_)
                )
            },
        ),
        _ => {
            let services = [
                OTA_SERVICE, COMMAND_SERVICE, SENSING_SERVICE, INFORMATION_SERVICE, BATTERY_SERVICE,
            ];
            run(Inquiry::new("LYWSD03MMC", &services), script, |event| {
                matches!(event, InquiryEvent::Done(_) | InquiryEvent::Failed(_))
            });
        }
    }
});

fn ota(options: Options, script: &[u8]) {
    let mut file = vec![0x5a; 400];
    let length = finish(&mut file, 320, &Declaration::stock()).unwrap();
    let file = &file[..length];
    let image = inspect(file).unwrap();
    let preflight = Preflight::of(&image, &Target::new(Kind::Telink));
    let clearance = preflight.clear_despite(&[Reason::TooSmall]).unwrap();
    if let Ok(ota) = Ota::new(Duration::ZERO, file, &clearance, options) {
        run(ota, script, |event| {
            matches!(event, OtaEvent::Finished(_) | OtaEvent::Failed(_))
        });
    }
}

/// Plays a script, then lets time pass: the machine ends, once, and does nothing afterwards.
fn run<S: Session>(mut machine: S, mut script: &[u8], is_end: impl Fn(&S::Event) -> bool) {
    let (mut now, mut ends) = (Duration::ZERO, 0);
    let mut settle = |machine: &mut S, now: Duration| {
        for _ in 0..10 {
            while let Some(event) = machine.poll_event() {
                assert_eq!(ends, 0, "an event after the end");
                ends += i32::from(is_end(&event));
            }
            let transmits = machine.poll_transmit(now).is_some();
            assert!(!transmits || ends == 0, "something to do after the end");
            if !transmits {
                break;
            }
        }
        ends
    };
    settle(&mut machine, now);
    while let Some((&[kind, length], rest)) = script.split_first_chunk() {
        let bytes = rest.get(..usize::from(length)).unwrap_or(rest);
        script = rest.get(usize::from(length)..).unwrap_or_default();
        now += Duration::from_millis(u64::from(kind));
        match kind % 8 {
            0 | 1 => machine.handle_written(now),
            2 => machine.handle_subscribed(now),
            3 => machine.handle_read(now, bytes),
            4 => machine.handle_notification(now, Characteristic::Ota, bytes),
            5 => machine.handle_notification(now, Characteristic::Command, bytes),
            6 => {
                now = machine.poll_timeout().unwrap_or(now).max(now);
                machine.handle_timeout(now);
            }
            _ if kind > 0xf0 => machine.handle_disconnect(now),
            _ if kind > 0xe0 => machine.handle_failure(now),
            _ => {}
        }
        settle(&mut machine, now);
    }
    // Nobody answers any more: it ends within its own time-outs.
    for _ in 0..100 {
        let Some(until) = machine.poll_timeout() else {
            break;
        };
        now = now.max(until);
        machine.handle_timeout(now);
        settle(&mut machine, now);
    }
    assert_eq!(settle(&mut machine, now), 1, "it never ends");
    assert_eq!(machine.poll_timeout(), None);
}
