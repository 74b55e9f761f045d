//! `diagnose`: from a log to causes and remedies.

use std::path::Path;

use openbeken::wifi::{Code, Diagnosis, Known, diagnose};
use serde_json::json;

use super::failure::Failure;

pub(super) fn run(
    log: Option<&Path>,
    password_length: Option<usize>,
    as_json: bool,
) -> Result<bool, Failure> {
    let text = match log {
        Some(path) => String::from_utf8_lossy(&super::read(path)?).into_owned(),
        None => BUNDLED.into(),
    };
    let known = password_length.map_or(Known::default(), Known::password_length);
    let diagnosis = diagnose(&text, &known);
    if as_json {
        say!("{}", to_json(&diagnosis));
        return Ok(true);
    }
    if log.is_none() {
        say!(
            "Bundled log: a BL602 module at a FRITZ!Box 7560 with WPA2 + WPA3. Give a file to explain yours.\n"
        );
    }
    print(&diagnosis);
    Ok(true)
}

fn print(diagnosis: &Diagnosis) {
    for (number, finding) in diagnosis.findings.iter().enumerate() {
        let title = if number == 0 { "Cause" } else { "Also" };
        say!("{title}: {}", finding.cause.name());
        say!("  {}", finding.cause.text());
        if number == 0 {
            if let Some(code) = diagnosis.status.and_then(Code::status) {
                say!(
                    "  The access point answered {} ({}): {}.",
                    code.code,
                    code.name,
                    code.meaning
                );
            }
            if let Some(status) = diagnosis.firmware_status {
                say!("  The radio firmware said {}: {}.", status.code(), status.text());
            }
            if diagnosis.is_not_the_password() {
                say!("  It is not the password: that is looked at only after this answer.");
            }
            if let Some(length) = diagnosis.password_length {
                say!("  The module has a password of {length} bytes; compare that with yours.");
            }
        }
        for evidence in &finding.evidence {
            say!("  line {:>5}: {}", evidence.line, evidence.text);
        }
        for (number, remedy) in finding.remedies.iter().enumerate() {
            say!("  {}. {}", number + 1, remedy.text());
        }
    }
}

fn to_json(diagnosis: &Diagnosis) -> serde_json::Value {
    let findings: Vec<_> = diagnosis
        .findings
        .iter()
        .map(|finding| {
            let evidence: Vec<_> = finding
                .evidence
                .iter()
                .map(|line| json!({ "line": line.line, "text": line.text }))
                .collect();
            let remedies: Vec<_> = finding
                .remedies
                .iter()
                .map(|remedy| json!({ "name": remedy.name(), "text": remedy.text() }))
                .collect();
            json!({
                "cause": finding.cause.name(),
                "text": finding.cause.text(),
                "evidence": evidence,
                "remedies": remedies,
            })
        })
        .collect();
    json!({
        "cause": diagnosis.cause().name(),
        "is_not_the_password": diagnosis.is_not_the_password(),
        "status": diagnosis.status,
        "firmware_status": diagnosis.firmware_status.map(openbeken::wifi::FirmwareStatus::code),
        "bk_status": diagnosis.bk_status,
        "wpa3": diagnosis.wpa3,
        "pmf_required": diagnosis.pmf_required,
        "password_length": diagnosis.password_length,
        "findings": findings,
    })
}

const BUNDLED: &str = include_str!("bl602-fritzbox-7560.log");
