//! Opens a gateway for new devices, and shows those that come.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use xiaomi_gateway_proto::{Sid, command};

use super::failure::Result;
use super::session::Session;

/// For 30 s, or until the time is over.
pub(super) async fn run(session: &mut Session) -> Result<()> {
    let gateway = session.gateway().await?;
    // Whatever isn't in the list now is new.
    session.complete().await?;
    let mut known: BTreeSet<Sid> = session.devices_of(gateway).collect();
    session.write(gateway, command::join_permission(true)).await?;
    session
        .output
        .note("open for 30 s: press the device's reset key for 3 to 5 s");
    let end = Instant::now() + OPEN;
    let mut joined = 0;
    loop {
        let new: Vec<Sid> = session
            .devices_of(gateway)
            .filter(|sid| known.insert(*sid))
            .collect();
        for sid in new {
            joined += 1;
            let model = session.model_of(sid);
            session.output.line(
                format!("{sid} {model} joined"),
                &json!({"event": "joined", "sid": sid.to_string(), "model": model}),
            );
            let update = session.read(sid).await?;
            session.output.update(&update);
        }
        match tokio::time::timeout_at(end, session.next()).await {
            Ok(event) => {
                if event?.is_none() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    if joined == 0 {
        session.output.line(
            "no device came",
            &json!({"event": "join_ended", "joined": joined}),
        );
    }
    Ok(())
}

/// How long a gateway stays open.
const OPEN: Duration = Duration::from_secs(30);
