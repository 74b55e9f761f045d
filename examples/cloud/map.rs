//! Fetches the map of a vacuum, as the cloud keeps it: packed, and not yet read.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use xiaomi_cloud::api::{MapApi, MapName, MapUrl, Rpc};

use crate::Context;
use crate::calls::{failed, unknown};
use crate::failure::{Failure, with_path};
use crate::private_file::write_private;
use crate::store::Generator;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The vacuum's id, from `devices`
    did: String,
    /// Where to put it; without this only its size is told
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// The map's name, for vendors with several
    #[arg(long, default_value = "0")]
    name: String,
}

const LIMIT: usize = 16 << 20;

pub(crate) async fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let mut client = context.store.client(context)?;
    let merged = crate::devices::all(context, &mut client, &[]).await?;
    let device = merged
        .into_iter()
        .map(|merged| merged.device)
        .find(|device| device.did == arguments.did)
        .ok_or_else(|| unknown(&arguments.did))?;
    let api = MapApi::of_model(device.model.as_deref().unwrap_or_default());
    let url = match api {
        MapApi::Roborock => MapUrl::roborock(roborock_name(&mut client, &device).await?),
        api => {
            let account = client.session().credentials().user_id.clone();
            let owner = device.uid.clone().unwrap_or(account);
            MapUrl::interim(api, &owner, &device.did, &arguments.name)
        }
    };
    let map = client.map(device.region, url, LIMIT).await;
    context.store.keep(&mut client)?;
    let map = map.map_err(failed)?;
    let kind = match map.get(..2) {
        Some([0x1f, 0x8b]) => "gzip",
        Some([0x78, _]) => "zlib",
        _ => "something else",
    };
    if let Some(path) = &arguments.out {
        write_private(path, &map).map_err(with_path(path))?;
    }
    let place = arguments.out.as_ref().map(|path| path.display().to_string());
    context.output.line(
        format_args!(
            "{} bytes of {kind}{}",
            map.len(),
            place
                .as_ref()
                .map(|path| format!(" in {path}"))
                .unwrap_or_default()
        ),
        &json!({"bytes": map.len(), "packed": kind, "file": place}),
    );
    Ok(())
}

/// Roborock's robots say the name of their map, when they are ready to.
async fn roborock_name(
    client: &mut xiaomi_cloud::transport::Client<Generator>,
    device: &xiaomi_cloud::Device,
) -> Result<String, Failure> {
    for _ in 0..=MapName::MAX_RETRIES {
        let call = Rpc::new(device.did.as_str(), 1, "get_map_v1", json!([]));
        let result = client.call(device.region, &call).await.map_err(failed)?;
        match MapName::of_result(&result) {
            MapName::Name(name) => return Ok(name),
            MapName::Retry { after } => tokio::time::sleep(after.min(Duration::from_secs(5))).await,
            MapName::NoMap => break,
        }
    }
    Err(Failure::new("the robot has no map now").help("Let it clean, or open its map in the app first."))
}
