//! Calls devices through the cloud.

use serde_json::{Value, json};
use xiaomi_cloud::api::{Action, ItemStatus, PropGet, PropSet, PropertyKey, Rpc};
use xiaomi_cloud::{ApiError, Region};

use crate::Context;
use crate::failure::Failure;
use crate::store::Generator;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The device's id, from `devices`
    pub(crate) did: String,
    /// A miIO method (get_prop), a MIoT property (2.1), or a MIoT action (action:2.1)
    what: String,
    /// Parameters of a method, value of a property or inputs of an action, as JSON
    value: Option<String>,
    /// The device's region; searched for if absent
    #[arg(long)]
    region: Option<Region>,
}

type Client = xiaomi_cloud::transport::Client<Generator>;

pub(crate) async fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let mut client = context.store.client(context)?;
    let region = match arguments.region {
        Some(region) => region,
        None => find(context, &mut client, &arguments.did).await?,
    };
    let value = arguments.value.as_deref().map(|text| {
        // A bare word is text: `call DID set_power on`.
        serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into())
    });
    let result = call(&mut client, region, arguments, value).await;
    context.store.keep(&mut client)?;
    let result = result?;
    context.output.line(&result, &result);
    Ok(())
}

async fn call(
    client: &mut Client,
    region: Region,
    arguments: &Arguments,
    value: Option<Value>,
) -> Result<Value, Failure> {
    let did = arguments.did.as_str();
    if let Some((siid, aiid)) = arguments.what.strip_prefix("action:").and_then(numbers) {
        let inputs = match value {
            None => Vec::new(),
            Some(Value::Array(inputs)) => inputs,
            Some(input) => vec![input],
        };
        let did = did.into();
        let done = client
            .call(
                region,
                &Action {
                    did,
                    siid,
                    aiid,
                    inputs,
                },
            )
            .await
            .map_err(failed)?;
        checked(done.status)?;
        return Ok(json!({"status": status(done.status), "outputs": done.outputs}));
    }
    if let Some((siid, piid)) = numbers(&arguments.what) {
        let key = PropertyKey::new(did, siid, piid);
        let results = match value {
            Some(value) => client.call(region, &PropSet::one(key.clone(), value)).await,
            None => client.call(region, &PropGet::one(key.clone())).await,
        }
        .map_err(failed)?;
        let result = results
            .get(&key)
            .ok_or_else(|| Failure::new("the answer has no such property"))?;
        checked(result.status)?;
        return Ok(result
            .value
            .clone()
            .unwrap_or_else(|| status(result.status).into()));
    }
    let params = match value {
        None => json!([]),
        Some(params @ (Value::Array(_) | Value::Object(_))) => params,
        Some(param) => json!([param]),
    };
    client
        .call(region, &Rpc::new(did, 1, arguments.what.as_str(), params))
        .await
        .map_err(failed)
}

/// The region that lists a device.
pub(crate) async fn find(context: &Context, client: &mut Client, did: &str) -> Result<Region, Failure> {
    crate::devices::all(context, client, &[])
        .await?
        .into_iter()
        .find(|merged| merged.device.did == did)
        .map(|merged| merged.device.region)
        .ok_or_else(|| unknown(did))
}

pub(crate) fn unknown(did: &str) -> Failure {
    Failure::new(format!("no region has a device {did}")).help("`cloud devices` lists them.")
}

#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(crate) fn failed(error: ApiError) -> Failure {
    let help = error.help();
    Failure::new(&error).help_of(help)
}

fn checked(status: ItemStatus) -> Result<(), Failure> {
    match status {
        ItemStatus::Error(code) => {
            let meaning = code.meaning().unwrap_or("unknown");
            Err(
                Failure::new(format!("the device refuses with code {}: {meaning}", code.0))
                    .help_of(code.help()),
            )
        }
        ItemStatus::Ok | ItemStatus::Accepted => Ok(()),
    }
}

const fn status(status: ItemStatus) -> &'static str {
    match status {
        ItemStatus::Accepted => "accepted",
        _ => "ok",
    }
}

fn numbers(text: &str) -> Option<(u32, u32)> {
    let (siid, piid) = text.split_once('.')?;
    Some((siid.parse().ok()?, piid.parse().ok()?))
}
