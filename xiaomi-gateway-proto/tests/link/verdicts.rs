//! Why a write fails: the KEY, the token, the port, the device.

use std::time::Duration;

use xiaomi_gateway_proto::client::{CallError, Failure, Silence};
use xiaomi_gateway_proto::diagnose::{Trouble, diagnose};
use xiaomi_gateway_proto::{Config, Event, Fields, Generation, Light, Sid, command};

use super::world::{CALM, KEY, World, failure, generation_of, sid};

#[test]
fn a_wrong_key_is_called_wrong_and_nothing_else() {
    for seed in 0..200 {
        let mut world = World::new(generation_of(seed), "41D49ED97B487374", CALM, seed);
        assert!(world.ready());
        let event = world.switch(true);
        assert_eq!(
            *failure(&event),
            Failure::KeyRejected { worked_before: false },
            "seed {seed}"
        );
        assert_eq!(world.plug_is(), "off");
        let symptoms = world.client.symptoms(sid()).unwrap();
        assert!(diagnose(&symptoms).contains(&Trouble::KeyWrong));
    }
}

#[test]
fn a_token_that_changed_unseen_costs_one_retry() {
    let mut world = World::new(Generation::One, KEY, CALM, 1);
    assert!(world.ready());
    world.gateway.rotate_token();
    assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
    assert_eq!(world.plug_is(), "on");
}

#[test]
fn a_key_that_is_made_anew_is_told_from_one_that_was_always_wrong() {
    let mut world = World::new(Generation::Two, KEY, CALM, 20);
    assert!(world.ready());
    assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
    world.gateway.set_key("91bg8zfkf9vd6uw7".parse().unwrap());
    let event = world.switch(false);
    assert_eq!(*failure(&event), Failure::KeyRejected { worked_before: true });
    assert!(event.help().unwrap().contains("anew"));
    let symptoms = world.client.symptoms(sid()).unwrap();
    assert_eq!(diagnose(&symptoms), [Trouble::KeyChanged]);
}

/// Refusals alone prove nothing while the gateway changes its token faster than it answers.
#[test]
fn a_gateway_whose_token_is_always_new_has_a_stale_token_and_no_wrong_key() {
    let mut world = World::new(Generation::One, KEY, CALM, 21);
    assert!(world.ready());
    world.run_for(Duration::from_secs(20));
    // Older than a token lives, so nobody can know since when the next one is there.
    world.gateway.faults().lost_multicast = true;
    world.run_for(Duration::from_secs(11));
    world.gateway.faults().refuse_keys = 1;
    assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
    world.gateway.faults().drop_lists = 3;
    world.gateway.faults().refuse_keys = 1;
    let event = world.switch(false);
    assert_eq!(*failure(&event), Failure::TokenStale);
    assert!(world.client.symptoms(sid()).unwrap().key_stale);
}

#[test]
fn a_wrong_key_is_named_although_multicast_is_lost() {
    for seed in 0..20 {
        let mut world = World::new(generation_of(seed), "41D49ED97B487374", CALM, seed);
        assert!(world.ready());
        world.gateway.faults().lost_multicast = true;
        world.run_for(Duration::from_secs(60 + seed));
        let event = world.switch(true);
        assert_eq!(*failure(&event), Failure::KeyRejected { worked_before: false });
    }
}

#[test]
fn a_closed_port_is_told_from_a_silent_device() {
    let mut world = World::new(Generation::One, KEY, CALM, 3);
    world.gateway.faults().closed_port = true;
    assert!(!world.ready());
    let failed = world.events.iter().find_map(|event| match event {
        Event::Failed { failure, .. } => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(
        failed,
        Some(Failure::Timeout {
            sends: 4,
            silence: Silence::NeverAnswered
        })
    );

    let mut world = World::new(Generation::One, KEY, CALM, 4);
    assert!(world.ready());
    let gone: Sid = "158d000000dead".parse().unwrap();
    world.gateway.add_device(gone, "magnet", Fields::new());
    world
        .gateway
        .poke(world.now, gone, Fields::new().with("status", "open"));
    world.run_for(Duration::from_secs(1));
    let removed = command::remove_device(gone);
    let id = world.client.write(sid(), removed).unwrap();
    assert!(matches!(world.outcome(id), Event::WriteAccepted { .. }));
    let id = world.client.read(gone).unwrap();
    let event = world.outcome(id);
    assert_eq!(
        *failure(&event),
        Failure::Timeout {
            sends: 4,
            silence: Silence::Device
        }
    );
}

#[test]
fn what_must_not_happen_twice_is_sent_once() {
    let mut world = World::new(Generation::Two, KEY, CALM, 5);
    assert!(world.ready());
    world.gateway.faults().drop_replies = 1;
    let id = world
        .client
        .write(sid(), Fields::new().with("relay_status", "toggle"))
        .unwrap();
    let event = world.outcome(id);
    assert!(matches!(failure(&event), Failure::Timeout { sends: 1, .. }));
    assert_eq!(
        world.gateway.fields(sid()).unwrap().text("relay_status"),
        Some("off"),
        "toggled once"
    );
}

#[test]
fn a_curtain_that_takes_the_next_step_is_told_once() {
    let mut world = World::new(Generation::One, KEY, CALM, 22);
    let curtain: Sid = "158d0000000022".parse().unwrap();
    world
        .gateway
        .add_device(curtain, "curtain", Fields::new().with("curtain_level", "50"));
    assert!(world.ready());
    world.gateway.faults().drop_replies = 1;
    let step = command::curtain("curtain", Generation::One, command::CurtainMove::Auto).unwrap();
    let id = world.client.write(curtain, step).unwrap();
    assert!(matches!(
        failure(&world.outcome(id)),
        Failure::Timeout { sends: 1, .. }
    ));
}

/// Real gateways know more errors than are documented: their words reach the user.
#[test]
fn other_errors_are_passed_on_as_they_are() {
    for seed in [23, 24] {
        let mut world = World::new(generation_of(seed), KEY, CALM, seed);
        assert!(world.ready());
        world.gateway.faults().write_error = Some("No device".into());
        let event = world.switch(true);
        assert_eq!(
            *failure(&event),
            Failure::Refused {
                text: "No device".into()
            }
        );
        world.gateway.faults().write_error = Some("No key".into());
        let event = world.switch(true);
        assert!(event.help().unwrap().contains("generation"), "{event:?}");
    }
}

#[test]
fn calls_that_cannot_be_made_say_why() {
    let mut world = World::with_client(Generation::One, Config::new(), CALM, 11);
    assert!(world.ready());
    let unknown: Sid = "123".parse().unwrap();
    assert_eq!(
        world.client.read(unknown),
        Err(CallError::UnknownDevice { sid: unknown })
    );
    let light = command::light(Light::new(100, [0, 255, 0]).unwrap());
    assert_eq!(
        world.client.write(sid(), light),
        Err(CallError::NoKey { gateway: sid() })
    );
    assert!(matches!(
        world.client.write(sid(), Fields::new()),
        Err(CallError::Values(_))
    ));
}
