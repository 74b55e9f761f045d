//! Logs: every line is an event, every log has a diagnosis, and no password gets into the evidence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openbeken::wifi::{Cause, ConnectParam, Known, LogEvent, Passphrase, Rsne, diagnose};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        let event = LogEvent::parse(line);
        assert!(!format!("{event:?}").is_empty());
        if let LogEvent::ConnectParam(parameter @ (ConnectParam::Psk(_) | ConnectParam::Passphrase(_))) =
            &event
        {
            assert!(parameter.is_secret() && format!("{parameter:?}").contains("Secret(..)"));
        }
    }
    let diagnosis = diagnose(&text, &Known::default());
    assert!(!diagnosis.findings.is_empty());
    assert_eq!(diagnosis.cause(), diagnosis.findings[0].cause);
    let lines = text.split('\n').count();
    for finding in &diagnosis.findings {
        assert_eq!(finding.remedies, finding.cause.remedies());
        for evidence in &finding.evidence {
            assert!((1..=lines).contains(&evidence.line));
            assert!(evidence.text.len() <= 1200, "{}", evidence.text.len());
        }
    }
    if diagnosis.is_not_the_password() {
        assert!(diagnosis.status.is_some() && diagnosis.cause() != Cause::WrongKey);
    }
    // A password in logs that people would paste.
    if text.len() < 4000 {
        for log in [
            format!("ssid x psk q7Zp#9kd psk len 8 {text} Wlan802.11 status code = 12"),
            format!("{text}\n\tpsk     q7Zp#9kd\n\tpsk len 8\n"),
        ] {
            let diagnosis = diagnose(&log, &Known::password_length(8));
            for evidence in diagnosis.findings.iter().flat_map(|finding| &finding.evidence) {
                assert!(!evidence.text.contains("q7Zp#9kd"), "{}", evidence.text);
            }
        }
    }
    if let Ok(rsne) = Rsne::parse(bytes) {
        let again = rsne.encode();
        assert_eq!(Rsne::parse(&again).as_ref(), Ok(&rsne));
    }
    if let Ok(passphrase) = Passphrase::new(bytes) {
        assert!((8..=64).contains(&passphrase.expose().len()));
    }
});
