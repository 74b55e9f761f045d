//! "Test all known properties", resumable.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use miio_proto::legacy::{ProbeState, Prober};
use miio_proto::transport::Handle;
use serde_json::json;

use crate::calls;
use crate::failure::{Failure, with_path};
use crate::output::Output;

pub(crate) async fn run(
    device: &Handle,
    path: Option<&Path>,
    model: Option<String>,
    limit: Option<usize>,
    output: Output,
) -> Result<(), Failure> {
    let mut prober = match path.map(load).transpose()?.flatten() {
        Some(state) => Prober::resume(state),
        None => match model {
            Some(model) => Prober::new(&model),
            None => Prober::new(&calls::model(device).await?),
        },
    };
    let mut left = limit.unwrap_or(usize::MAX);
    let mut stopped = None;
    while let Some(request) = prober.next_request().filter(|_| left > 0) {
        left -= 1;
        match device.call(request).await {
            Ok(answer) => prober.handle_result(&answer.result),
            Err(error) if prober.handle_error(&error) => {}
            Err(error) => {
                stopped = Some(error);
                break;
            }
        }
        let progress = prober.progress();
        if progress.tested % 25 == 0 || progress.tested == progress.total {
            output.note(format!(
                "{}/{} tested, {} found",
                progress.tested, progress.total, progress.found
            ));
            save(path, &prober)?;
        }
    }
    save(path, &prober)?;
    for (name, value) in prober.found() {
        output.line(
            format!("{name:<32} {value}"),
            &json!({"property": name, "value": value}),
        );
    }
    match stopped {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

fn load(path: &Path) -> Result<Option<ProbeState>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(with_path(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(with_path(path)(error)),
    }
}

fn save(path: Option<&Path>, prober: &Prober) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let text = serde_json::to_string_pretty(prober.state()).map_err(with_path(path))?;
    fs::write(path, text).map_err(with_path(path))
}
