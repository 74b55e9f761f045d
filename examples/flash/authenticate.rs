//! Registers and logs in.

use mi_auth::transport::run;
use mi_auth::{
    Did, Event, KnownFirmware, LoggedIn, Login, LoginConfig, LoginRandom, PrivateKey, Register,
    RegisterConfig, Way,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::json;
use telink_ota::identify::Kind;

use super::arguments::Activation;
use super::console::Console;
use super::failure::Failure;
use super::host::{Connection, Host, survey};
use super::keyfile::{Keys, Reserved};

/// A generator with a seed of the system's.
pub(super) fn generator() -> Result<ChaCha20Rng, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| Failure::new("random", error))?;
    Ok(ChaCha20Rng::from_seed(seed))
}

/// Random bytes for simulated devices; a system without randomness gives always the same.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0x5a; N];
    let _ = getrandom::fill(&mut bytes);
    bytes
}

pub(super) fn private_key() -> Result<PrivateKey, Failure> {
    Ok(PrivateKey::generate(&mut generator()?)?)
}

pub(super) async fn activate<H: Host>(
    host: &mut H,
    options: &Activation,
    console: &Console,
) -> Result<(), Failure> {
    let reserved = Reserved::new(&options.keys)?;
    let mut connection = host.connect().await?;
    let report = survey(&mut connection).await?;
    let label = connection.advertised().label();
    expect_stock(report.device.kind)?;
    console.ask(format_args!(
        "Register {label}? Whoever has it in the vendor's app loses it."
    ))?;

    let known = report
        .device
        .model
        .and_then(|model| KnownFirmware::find(model, &report.firmware));
    let mut config = RegisterConfig::default();
    config.fallback_did = match (options.did, options.invent_did) {
        (Some(did), _) => Some(did),
        (None, true) => Some(invent_did()?),
        (None, false) => None,
    };
    config.confirm_on_device = known.is_some_and(|known| matches!(known.register, Way::Button(_)));
    config.mtu = connection.mtu();
    let mut register = Register::new(config, private_key()?);
    let registration = run(&mut register, &mut connection, |_, event| match event {
        Event::ConfirmOnDevice => {
            let how = known
                .and_then(KnownFirmware::help)
                .unwrap_or("Press the device's button.");
            console.note(format_args!("  the device waits for you: {how}"));
        }
        Event::Resending { frames } => {
            console.note(format_args!("  {frames} frames got lost and go out again"));
        }
        Event::Requesting { missing } => {
            console.note(format_args!("  {missing} frames got lost and are asked for"));
        }
        _ => {}
    })
    .await
    .map_err(|error| {
        let no_did = error.failure == mi_auth::Failure::NoDid;
        let failure = Failure::from(error);
        if no_did {
            failure.help("Name one with --did; or take --invent-did, if you don't need the vendor's app.")
        } else {
            failure
        }
    })?;
    let invented = registration.did.is_invented();
    let keys = Keys {
        address: connection.advertised().address,
        did: Some(registration.did),
        token: Some(registration.token),
        bind_key: Some(registration.bind_key),
        ..Keys::default()
    };
    reserved.write(&keys)?;
    let file = options.keys.display();
    let value = json!({
        "registered": label, "did": registration.did.as_str(), "invented": invented, "keys": file.to_string(),
    });
    let text = format!(
        "{label} is registered as {}; token and bind key are in {file}",
        registration.did
    );
    console.say(text, &value);
    if invented {
        console.note("  the id is invented: before the vendor's app can pair again, `stock` has to erase it");
    }
    Ok(())
}

pub(super) async fn login<H: Host>(host: &mut H, keys: &Keys, console: &Console) -> Result<(), Failure> {
    let mut connection = host.connect().await?;
    let report = survey(&mut connection).await?;
    expect_stock(report.device.kind)?;
    log_in(&mut connection, keys).await?;
    let label = connection.advertised().label();
    console.say(
        format_args!("{label} has opened a session: the token is right, and an OTA would be taken now"),
        &json!({"logged_in": label}),
    );
    Ok(())
}

/// Opens a session on this connection.
pub(super) async fn log_in<C: Connection>(connection: &mut C, keys: &Keys) -> Result<(), Failure> {
    let Some(token) = keys.token.clone() else {
        return Err(Failure::new("no_token", "logging in takes a token")
            .help("Name the key file with --keys, set MI_TOKEN, or `activate` the device first."));
    };
    let mut config = LoginConfig::default();
    config.mtu = connection.mtu();
    let mut login = Login::new(config, token, LoginRandom::generate(&mut generator()?));
    match run(&mut login, connection, |_, _| {}).await? {
        LoggedIn::Opened(_) | LoggedIn::AlreadyOpen => Ok(()),
        _ => Err(Failure::new("login", "the login ended without a session")),
    }
}

fn expect_stock(kind: Kind) -> Result<(), Failure> {
    match kind {
        Kind::Stock | Kind::StockWithoutOta => Ok(()),
        kind => Err(Failure::new(
            "not_stock",
            format_args!("{} needs no registration and no login", kind.name()),
        )
        .help("Custom firmware takes commands and images from everybody, unless a PIN is set.")),
    }
}

/// As web pages do, so that `stock` and the app recognise it.
fn invent_did() -> Result<Did, Failure> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyzACDEFHJK";
    let mut generator = generator()?;
    let letters: String = std::iter::repeat_with(|| generator.next_u32() as usize % LETTERS.len())
        .filter_map(|place| LETTERS.get(place).copied().map(char::from))
        .take(6)
        .collect();
    Ok(format!("blt.3.129v{letters}g00").parse()?)
}
