//! `check-ota`: may this file be sent?

use std::path::Path;

use openbeken::image::ota_check;
use serde_json::json;

use super::failure::Failure;

pub(super) fn run(chip: &str, file: &Path, lfs_size: Option<u32>, as_json: bool) -> Result<bool, Failure> {
    let bytes = super::read(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let checked = ota_check(chip, &name, &bytes, lfs_size);
    if as_json {
        let printed = match &checked {
            Ok(fit) => json!({
                "fits": true,
                "chip": fit.platform.chip,
                "version": fit.version,
                "raw_size": fit.raw_size,
                "contents_checked": fit.contents_checked,
            }),
            Err(misfits) => {
                let reasons: Vec<_> = misfits
                    .iter()
                    .map(|misfit| json!({ "reason": misfit.to_string(), "help": misfit.help() }))
                    .collect();
                json!({ "fits": false, "reasons": reasons })
            }
        };
        say!("{printed}");
        return Ok(checked.is_ok());
    }
    match &checked {
        Ok(fit) => {
            say!("{name} fits {}.", fit.platform.chip);
            if let (Some(version), Some(size)) = (&fit.version, fit.raw_size) {
                say!(
                    "  version {version}, {size} bytes unpacked; checksums, packing, start and chip are right"
                );
            }
            if !fit.contents_checked {
                say!("  Only its name was checked: nobody knows the format of this maker's files.");
            }
        }
        Err(misfits) => {
            say!("{name} must not be sent to {chip}:");
            for misfit in misfits {
                say!("  - {misfit}");
                if let Some(help) = misfit.help() {
                    say!("    help: {help}");
                }
            }
        }
    }
    Ok(checked.is_ok())
}
