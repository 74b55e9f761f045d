//! What devices do that are not quite as one would like, and what comes of it.

use core::time::Duration;

use mi_auth::device::{Device, DeviceConfig, DeviceEvent, DeviceKeys, Fault, Peripheral};
use mi_auth::transport::{Incoming, NotConnected, RunError, SimulatedLink, run_blocking};
use mi_auth::{
    AppCode, Characteristic, Did, Event, Failure, Handshake, LoggedIn, Login, LoginConfig, PrivateKey,
    Register, RegisterConfig, Registration, Stage, Token, Transmit,
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

type Link = SimulatedLink<Device<ChaCha8Rng>>;
type Result<T> = core::result::Result<T, RunError<NotConnected>>;

const DID: &str = "blt.3.1hc1p4nu8k400";

#[test]
fn a_device_that_was_never_bound_gets_the_id_that_the_caller_gives() {
    let mut link = link(|config| config.did = None);
    let mut config = RegisterConfig::default();
    assert_eq!(failure(register(&mut link, config.clone())), Failure::NoDid);

    config.fallback_did = did();
    let registration = register(&mut link, config).expect("a registration");

    assert_eq!(registration.did.as_str(), DID);
    assert_eq!(registration.info.did, None);
    assert_eq!(link.device().did(), did());
}

#[test]
fn version_two_is_refused_at_once_with_the_way_out() {
    let mut link = link(|config| config.auth_version = 2);

    let failure = failure(register(&mut link, RegisterConfig::default()));

    assert_eq!(
        failure,
        Failure::AuthVersionUnsupported {
            announced: 2,
            allowed: 1
        }
    );
    assert!(failure.help().expect("a way out").contains("cloud"));
    assert!(now(&link) < Duration::from_secs(1), "{:?}", now(&link));
    assert!(link.device().keys().is_none());
}

#[test]
fn version_two_stays_silent_in_the_end_if_one_insists() {
    let mut link = link(|config| config.auth_version = 2);
    let mut config = RegisterConfig::default();
    config.allow_auth_version = 2;

    let failure = failure(register(&mut link, config));

    let stage = Stage::Confirm;
    let after = Duration::from_secs(15);
    assert_eq!(failure, Failure::Timeout { stage, after });
    assert!(link.device().keys().is_none());
}

#[test]
fn a_printed_code_is_asked_for_by_name() {
    let mut link = link(|config| config.capabilities = 0x80);
    let failure = failure(register(&mut link, RegisterConfig::default()));
    assert_eq!(failure, Failure::OobRequired { input: 0, output: 8 });
}

#[test]
fn a_device_that_registers_once_says_so() {
    let mut link = link(|config| {
        config.registers_once = true;
        config.keys = Some(DeviceKeys::new([1; 12].into(), [2; 16].into()));
    });
    let failure = failure(register(&mut link, RegisterConfig::default()));
    assert_eq!(failure, Failure::AlreadyRegistered);
    assert_eq!(failure.app_code(), Some(AppCode(-17)));
}

#[test]
fn registering_again_replaces_the_former_keys() {
    let mut link = link(|config| config.keys = Some(DeviceKeys::new([1; 12].into(), [2; 16].into())));
    let registration = register(&mut link, RegisterConfig::default()).expect("a registration");
    assert_ne!(registration.token, Token::from([1; 12]));
    assert_eq!(
        failure(login(&mut link, [1; 12].into())),
        Failure::DeviceConfirmMismatch
    );
    link.reconnect();
    assert!(matches!(
        login(&mut link, registration.token),
        Ok(LoggedIn::Opened(_))
    ));
}

#[test]
fn a_button_may_take_its_time() {
    let mut link = link(|config| config.needs_button = true);
    let mut config = RegisterConfig::default();
    config.confirm_on_device = true;
    let mut register = Register::new(config, key());
    let mut asked = false;

    // By hand, since somebody has to press the button in the middle.
    let registration = loop {
        while let Some(transmit) = register.poll_transmit(now(&link)) {
            match transmit {
                Transmit::Subscribe(_) => register.handle_subscribed(now(&link)),
                Transmit::Write { to, bytes } => {
                    let time = now(&link);
                    link.device_mut().handle_write(time, to, &bytes);
                }
                other => panic!("{other:?}"),
            }
        }
        match register.poll_event() {
            Some(Event::ConfirmOnDevice) => asked = true,
            Some(Event::Done(registration)) => break registration,
            Some(Event::Failed(failure)) => panic!("{failure}"),
            Some(_) => continue,
            None => {}
        }
        if link.poll_event() == Some(DeviceEvent::ButtonNeeded) {
            assert!(asked, "the user knows before the device waits");
            assert!(matches!(
                next(&mut link, Duration::from_secs(20)),
                Incoming::TimedOut
            ));
            let time = now(&link);
            link.device_mut().press_button(time);
        }
        let until = register.poll_timeout().expect("it waits");
        match next(&mut link, until) {
            Incoming::Notification { from, bytes } => register.handle_notification(now(&link), from, &bytes),
            Incoming::TimedOut => register.handle_timeout(now(&link)),
            other => panic!("{other:?}"),
        }
    };

    assert!(asked);
    assert_eq!(
        link.device().keys().map(|keys| &keys.token),
        Some(&registration.token)
    );
}

#[test]
fn a_button_that_nobody_presses_is_explained() {
    let mut link = link(|config| {
        config.needs_button = true;
        config.patience = Some(Duration::from_secs(300));
    });
    let failure = failure(register(&mut link, RegisterConfig::default()));
    let stage = Stage::SendPublicKey;
    let after = Duration::from_secs(15);
    assert_eq!(failure, Failure::Timeout { stage, after });
    assert!(failure.help().expect("a remedy").contains("button"));
}

#[test]
fn a_cloud_that_refuses_the_id_leaves_the_device_as_it_was() {
    let mut link = link(|config| config.did = "blt.3.129vABCDEFATC".parse().ok());
    let mut config = RegisterConfig::default();
    config.approval = true;
    let mut register = Register::new(config.clone(), key());
    let refused = drive(&mut register, &mut link, |register, _| {
        let info = register.device_info().expect("the device told about itself");
        assert!(info.did.expect("an id").is_invented());
        register.refuse();
    });
    assert_eq!(refused.err(), Some(Failure::Refused));
    assert_eq!(Failure::Refused.app_code(), Some(AppCode(-29)));
    assert_eq!(link.poll_event(), Some(DeviceEvent::RegistrationEnded));
    assert!(link.device().keys().is_none());

    // With the key sector erased the cloud gives an id of its own.
    link.device_mut().restore(None, None);
    let mut register = Register::new(config, key());
    let registration = drive(&mut register, &mut link, |register, _| register.approve(did()));
    assert_eq!(registration.expect("a registration").did.as_str(), DID);
    assert_eq!(link.device().did(), did());
}

#[test]
fn a_user_who_gives_up_aborts_the_device() {
    let mut link = link(|_| {});
    let mut config = RegisterConfig::default();
    config.approval = true;
    let mut register = Register::new(config, key());
    let result = drive(&mut register, &mut link, |register, now| register.cancel(now));
    assert_eq!(result.err(), Some(Failure::Cancelled));
    assert_eq!(link.poll_event(), Some(DeviceEvent::RegistrationEnded));
}

#[test]
fn every_fault_has_its_failure() {
    for (fault, expected) in [
        (Fault::RefusesRegistration, "register_failed"),
        (Fault::AbortsRegistration, "register_verify_failed"),
        (Fault::BadPublicKey, "invalid_public_key"),
        (Fault::Silent, "timeout"),
        (Fault::DropAfter(0), "disconnected"),
        (Fault::DropAfter(9), "disconnected"),
    ] {
        let mut link = link(|config| config.fault = Some(fault));
        let failure = failure(register(&mut link, RegisterConfig::default()));
        assert_eq!(failure.name(), expected, "{fault:?}");
        assert!(failure.help().is_some(), "{fault:?}");
        assert!(link.device().keys().is_none(), "{fault:?}");
    }
    for (fault, expected) in [
        (Fault::BadConfirmation, "device_confirm_mismatch"),
        (Fault::RefusesToken, "invalid_token"),
        (Fault::RefusesLogin, "login_failed"),
        (Fault::Silent, "timeout"),
        (Fault::DropAfter(3), "disconnected"),
    ] {
        for single in [false, true] {
            let mut link = link(|config| {
                config.fault = Some(fault);
                config.single_packets = single;
                config.keys = Some(DeviceKeys::new([1; 12].into(), [2; 16].into()));
            });
            let failure = failure(login(&mut link, [1; 12].into()));
            assert_eq!(failure.name(), expected, "{fault:?}");
            assert!(failure.help().is_some(), "{fault:?}");
            assert!(link.device().session().is_none(), "{fault:?}");
        }
    }
}

#[test]
fn a_device_that_drops_the_link_once_registers_the_next_time() {
    for count in 0..16 {
        let mut link = link(|config| config.fault = Some(Fault::DropAfter(count)));
        let first = register(&mut link, RegisterConfig::default());
        if first.is_err() {
            link.reconnect();
            let again = register(&mut link, RegisterConfig::default());
            assert!(again.is_ok(), "{count}: {again:?}");
        }
    }
}

#[test]
fn logins_need_a_registration_the_token_and_a_connection_of_their_own() {
    let mut link = link(|_| {});
    assert_eq!(failure(login(&mut link, [1; 12].into())), Failure::NotRegistered);

    let keys = DeviceKeys::new([1; 12].into(), [2; 16].into());
    link.device_mut().restore(did(), Some(keys));
    assert_eq!(
        failure(login(&mut link, [9; 12].into())),
        Failure::DeviceConfirmMismatch
    );
    assert!(matches!(
        login(&mut link, [1; 12].into()),
        Ok(LoggedIn::Opened(_))
    ));
    assert!(matches!(
        login(&mut link, [1; 12].into()),
        Ok(LoggedIn::AlreadyOpen)
    ));

    link.reconnect();
    assert!(
        link.device().session().is_none(),
        "a session lives as long as its connection"
    );
}

#[test]
fn a_device_drops_a_client_that_does_not_authenticate() {
    let mut link = link(|_| {});
    assert_eq!(next(&mut link, Duration::from_secs(3600)), Incoming::Disconnected);
    assert_eq!(now(&link), Duration::from_secs(30));
    let result = register(&mut link, RegisterConfig::default()).expect_err("no connection");
    assert_eq!(result.failure, Failure::SubscribeFailed(Characteristic::Control));
    assert_eq!(result.cause, Some(NotConnected));
}

#[test]
fn a_greeting_agrees_on_longer_frames() {
    let mut link = link(|config| config.mtu = 247);
    let time = now(&link);
    link.device_mut()
        .handle_write(time, Characteristic::Control, &[0xa4, 0, 0, 0]);
    let mut config = RegisterConfig::default();
    config.mtu = 100;
    let mut register = Register::new(config, key());
    let mut frames = 0;
    let registration = loop {
        while let Some(transmit) = register.poll_transmit(now(&link)) {
            match transmit {
                Transmit::Subscribe(_) => register.handle_subscribed(now(&link)),
                Transmit::Write { to, bytes } => {
                    frames += usize::from(to == Characteristic::Data && bytes[..2] != [0, 0]);
                    let time = now(&link);
                    link.device_mut().handle_write(time, to, &bytes);
                }
                other => panic!("{other:?}"),
            }
        }
        match register.poll_event() {
            Some(Event::Done(registration)) => break registration,
            Some(Event::Failed(failure)) => panic!("{failure}"),
            _ => {}
        }
        let until = register.poll_timeout().expect("it waits");
        match next(&mut link, until) {
            Incoming::Notification { from, bytes } => register.handle_notification(now(&link), from, &bytes),
            _ => register.handle_timeout(now(&link)),
        }
    };
    assert_eq!(frames, 2, "public key and device id in one frame each");
    assert_eq!(
        link.device().keys().map(|keys| &keys.token),
        Some(&registration.token)
    );
}

fn link(change: impl FnOnce(&mut DeviceConfig)) -> Link {
    let mut config = DeviceConfig::default();
    config.did = did();
    change(&mut config);
    SimulatedLink::new(Device::new(config, ChaCha8Rng::seed_from_u64(1)))
}

fn register(link: &mut Link, config: RegisterConfig) -> Result<Registration> {
    run_blocking(&mut Register::new(config, key()), link, |_| {})
}

fn login(link: &mut Link, token: Token) -> Result<LoggedIn> {
    run_blocking(
        &mut Login::new(LoginConfig::default(), token, [3; 16].into()),
        link,
        |_| {},
    )
}

/// Runs a registration that asks for approval.
fn drive(
    register: &mut Register,
    link: &mut Link,
    mut decide: impl FnMut(&mut Register, Duration),
) -> core::result::Result<Registration, Failure> {
    let future = mi_auth::transport::run(register, link, |register, event| {
        if *event == Event::ApprovalNeeded {
            decide(register, Duration::from_secs(1));
        }
    });
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    match core::pin::pin!(future).poll(&mut context) {
        core::task::Poll::Ready(result) => result.map_err(|error| error.failure),
        core::task::Poll::Pending => panic!("a simulated device never lets one wait"),
    }
}

fn next(link: &mut Link, until: Duration) -> Incoming {
    let future = mi_auth::transport::Gatt::next(link, until);
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    match core::pin::pin!(future).poll(&mut context) {
        core::task::Poll::Ready(incoming) => incoming,
        core::task::Poll::Pending => panic!("a simulated device never lets one wait"),
    }
}

fn now(link: &Link) -> Duration {
    mi_auth::transport::Gatt::now(link)
}

fn failure<T: core::fmt::Debug>(result: Result<T>) -> Failure {
    result.expect_err("it fails").failure
}

fn key() -> PrivateKey {
    PrivateKey::new(&[7; 32]).expect("a key")
}

fn did() -> Option<Did> {
    DID.parse().ok()
}
