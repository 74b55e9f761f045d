//! `provision`: plans, and carries out.

use openbeken::http::{Credentials, Reply, WebPassword};
use openbeken::provision::{Network, plan};
use serde_json::json;

use super::Provision;
use super::client::Client;
use super::failure::Failure;

pub(super) fn run(arguments: &Provision, as_json: bool) -> Result<bool, Failure> {
    let password = match (&arguments.wifi_password, arguments.open) {
        (Some(password), false) => password.as_str(),
        (None, true) => "",
        _ => {
            let help = "Set WIFI_PASSWORD in the environment, or give --open for a network without one.";
            return Err(Failure::new("there is no password", help));
        }
    };
    let mut network = Network::new(&arguments.ssid, password);
    if let Some(password) = &arguments.password {
        let checked = WebPassword::new(password).map_err(|found| {
            Failure::new(
                format!("a device's password has 5 to 32 bytes, this one {found}"),
                "Give the one that it has.",
            )
        })?;
        network = network.keep_web_password(checked);
    }
    let plan = plan(&network).map_err(|error| Failure::of(&error, error.help()))?;
    let target = |target: &str| {
        if arguments.show {
            target.to_owned()
        } else {
            hide(target)
        }
    };
    if as_json {
        let requests: Vec<_> = plan
            .requests
            .iter()
            .map(|request| json!({ "method": request.method().as_str(), "target": target(request.target()) }))
            .collect();
        let warnings: Vec<_> = plan
            .warnings
            .iter()
            .map(|warning| json!({ "warning": warning.to_string(), "help": warning.help() }))
            .collect();
        say!(
            "{}",
            json!({ "route": plan.route.name(), "requests": requests, "warnings": warnings })
        );
    } else {
        say!("The password goes by `{}`:", plan.route.name());
        for request in &plan.requests {
            say!("  {} {}", request.method().as_str(), target(request.target()));
        }
        for warning in &plan.warnings {
            say!("warning: {warning}");
            if let Some(help) = warning.help() {
                say!("  help: {help}");
            }
        }
    }
    let Some(device) = &arguments.device else {
        return Ok(true);
    };
    let credentials = arguments.password.as_deref().map(Credentials::new);
    let client = Client::new(device, credentials, super::seconds(arguments.timeout)?)?;
    let count = plan.requests.len();
    for (number, request) in plan.requests.into_iter().enumerate() {
        eprintln!("{} of {count} ..", number + 1);
        let bytes = client.send(request)?;
        let reply = Reply::parse(&bytes).map_err(|error| Failure::of(&error, error.help()))?;
        if reply.status != 200 {
            let help = if reply.status == 401 {
                "Give --password, the one of the device's pages."
            } else {
                "Restart the device and try again."
            };
            return Err(Failure::new(
                format!("the device answers with code {}", reply.status),
                help,
            ));
        }
    }
    if as_json {
        say!("{}", json!({ "sent": count }));
    } else {
        say!(
            "Sent. The device restarts and joins the network; if it doesn't, give its serial log to `diagnose`."
        );
    }
    Ok(true)
}

/// Passwords are what follows these marks.
fn hide(target: &str) -> String {
    for mark in ["cmnd=Password1%20", "&pass="] {
        if let Some((before, _)) = target.split_once(mark) {
            return format!("{before}{mark}***");
        }
    }
    target.into()
}
