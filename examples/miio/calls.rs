//! The commands that talk to one device.

use std::net::SocketAddr;
use std::time::Duration;

use miio_proto::info::DeviceDescription;
use miio_proto::miot::{
    ActionResult, CodeError, Instance, Property, PropertyReader, SetResult, TypedValue, ValueError,
};
use miio_proto::transport::{Handle, discover as search};
use miio_proto::{Request, Value, command, models};
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

pub(crate) async fn discover(known: SocketAddr, seconds: f64, output: Output) -> Result<(), Failure> {
    let duration = Duration::try_from_secs_f64(seconds).map_err(Failure::new)?;
    let found = search(duration, &[known], |_| {}).await?;
    for device in &found {
        let address = device
            .address
            .map(|address| address.to_string())
            .unwrap_or_default();
        let model = device.model.as_deref().unwrap_or("-");
        let token = if device.token.is_some() {
            "discloses its token"
        } else {
            ""
        };
        output.line(
            format!(
                "{:>10}  {address:<21}  {model}  {token}",
                device.device_id.to_string()
            ),
            &json!({"device_id": device.device_id.0, "address": address, "model": device.model,
                "stamp": device.stamp, "discloses_token": device.token.is_some(),
                "hello": device.sources.hello, "mdns": device.sources.mdns}),
        );
    }
    if found.is_empty() {
        return Err(Failure::new("no device answered").help(
            "Broadcasts stay in their subnet: run this in the devices' subnet, or ask one address with --address; \
             some devices need a minute, so try --seconds 60.",
        ));
    }
    Ok(())
}

pub(crate) async fn info(device: &Handle, output: Output) -> Result<(), Failure> {
    let result = device.call(DeviceDescription::request()).await?.result;
    let info = DeviceDescription::from_json(&result);
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let protocols = info
        .model
        .as_deref()
        .and_then(models::find)
        .map(|model| model.protocols);
    let text = format!(
        "model     {}\nfirmware  {}\nhardware  {}\nmac       {}\nnetwork   {} at {} dBm\nup        {} s\nprotocol  {}",
        shown(&info.model),
        shown(&info.firmware),
        shown(&info.hardware),
        shown(&info.mac),
        shown(&info.access_point.ssid),
        info.access_point
            .rssi_dbm
            .map_or_else(|| "-".into(), |rssi| rssi.to_string()),
        info.uptime_s.map_or_else(|| "-".into(), |life| life.to_string()),
        match protocols {
            Some(protocols) if protocols.miot => "MIoT: get, set and action",
            Some(protocols) if protocols.miio => "legacy: call get_prop, probe",
            _ => "unknown model",
        },
    );
    output.line(text, &result);
    Ok(())
}

pub(crate) async fn call(device: &Handle, text: &str, repeat: usize, output: Output) -> Result<(), Failure> {
    let request = command::parse(text).map_err(|error| Failure::new(&error).help_of(error.help()))?;
    for _ in 0..repeat {
        let answer = device.call(request.clone()).await?;
        for repair in &answer.repairs {
            output.note(format!("note: the device's JSON was mended ({repair})"));
        }
        output.line(&answer.result, &answer.result);
    }
    Ok(())
}

pub(crate) async fn get(
    device: &Handle,
    spec: &Instance,
    names: &[String],
    output: Output,
) -> Result<(), Failure> {
    let all = || {
        spec.properties()
            .filter(|property| property.access.read)
            .collect()
    };
    let properties: Vec<&Property> = if names.is_empty() {
        all()
    } else {
        names
            .iter()
            .map(|name| property(spec, name))
            .collect::<Result<_, _>>()?
    };
    let size = models::miot_batch("");
    let mut reader = PropertyReader::new(properties.iter().map(|property| property.key), size, None);
    while let Some(request) = reader.next_request() {
        match device.call(request).await {
            Ok(answer) => reader.handle_result(&answer.result),
            Err(error) if reader.handle_error(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for (key, result) in reader.results() {
        let Some(property) = spec.property_at(*key) else {
            continue;
        };
        let (name, number) = (spec.name_of(property), key.to_string());
        match result {
            Ok(raw) => {
                let reading = property.read(raw);
                let unit = property
                    .unit
                    .as_ref()
                    .map(miio_proto::miot::Unit::symbol)
                    .unwrap_or_default();
                let odd = if reading.odd {
                    "  (outside the specification)"
                } else {
                    ""
                };
                output.line(
                    format!("{number:<6} {name:<40} {} {unit}{odd}", shown(&reading.value)),
                    &json!({"property": number, "name": name, "value": raw, "unit": unit, "odd": reading.odd}),
                );
            }
            Err(error) => output.line(
                format!("{number:<6} {name:<40} {error}"),
                &json!({"property": number, "name": name, "error": error.to_string(), "help": error.help()}),
            ),
        }
    }
    Ok(())
}

pub(crate) async fn set(
    device: &Handle,
    spec: &Instance,
    name: &str,
    value: &str,
    output: Output,
) -> Result<(), Failure> {
    let property = property(spec, name)?;
    let label = property.value_of_label(value).map(Value::from);
    let value = label.unwrap_or_else(|| json_or_text(value));
    let request = property
        .set(value.clone(), None)
        .map_err(|error| refused(property, &error))?;
    let result = device.call(request).await?.result;
    SetResult::from_json(&[property.key], &result)
        .into_result()
        .map_err(failed)?;
    let name = spec.name_of(property);
    output.line(
        format!("{name} = {value}"),
        &json!({"name": name, "value": value}),
    );
    Ok(())
}

pub(crate) async fn action(
    device: &Handle,
    spec: &Instance,
    name: &str,
    inputs: &[String],
    keyed: bool,
    output: Output,
) -> Result<(), Failure> {
    let action = spec.action(name).ok_or_else(|| {
        let known: Vec<_> = spec
            .actions()
            .map(|action| action.key.to_string() + " " + &action.urn.name)
            .collect();
        Failure::new(format!("no action `{name}`")).help(&format!("Known: {}.", known.join(", ")))
    })?;
    let inputs = inputs.iter().map(|text| json_or_text(text)).collect();
    let request = spec
        .start(action, inputs, keyed, None)
        .map_err(|error| Failure::new(error).help_of(error.help()))?;
    let result = ActionResult::from_json(&device.call(request.once()).await?.result);
    result.status.into_result().map_err(failed)?;
    output.line("done", &json!({"done": true, "outputs": result.outputs}));
    Ok(())
}

/// The model's name; an error where the device doesn't tell.
pub(crate) async fn model(device: &Handle) -> Result<String, Failure> {
    let result = device.call(Request::new("miIO.info", Value::Null)).await?.result;
    DeviceDescription::from_json(&result)
        .model
        .ok_or_else(|| Failure::new("the device doesn't tell its model").help("Name it with --model."))
}

fn property<'a>(spec: &'a Instance, name: &str) -> Result<&'a Property, Failure> {
    spec.property(name).ok_or_else(|| {
        let known: Vec<_> = spec.properties().map(|property| spec.name_of(property)).collect();
        Failure::new(format!("no property `{name}`")).help(&format!("Known: {}.", known.join(", ")))
    })
}

fn refused(property: &Property, error: &ValueError) -> Failure {
    let labels: Vec<_> = property
        .list
        .iter()
        .filter_map(|(value, _)| property.label(*value))
        .collect();
    let failure = Failure::new(error);
    match property.range {
        _ if !labels.is_empty() => failure.help(&format!("Choose one of: {}.", labels.join(", "))),
        Some(range) => failure.help(&format!(
            "Choose {} to {} in steps of {}.",
            range.min, range.max, range.step
        )),
        None => failure.help_of(error.help()),
    }
}

fn failed(error: CodeError) -> Failure {
    Failure::new(error).help_of(error.help())
}

/// A JSON value, or the text itself.
fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn shown(value: &TypedValue) -> String {
    match value {
        TypedValue::Bool(value) => value.to_string(),
        TypedValue::Integer(value) => value.to_string(),
        TypedValue::Choice(_, label) => label.clone(),
        TypedValue::Float(value) => value.to_string(),
        TypedValue::Text(text) => format!("{text:?}"),
        TypedValue::Other(value) => value.to_string(),
    }
}
