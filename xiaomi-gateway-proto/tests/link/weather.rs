//! Bad weather: whatever the network does, answers are right and verdicts true.

use std::time::Duration;

use xiaomi_gateway_proto::client::Failure;
use xiaomi_gateway_proto::{Config, Event, Light, command, gateway};

use super::world::{KEY, Weather, World, failure, generation_of, plug, sid};

const BAD: Weather = Weather {
    loss: 20,
    double: 20,
    delay_ms: 300,
};

/// The list can be lost four times in a row: then the user is told, and it is tried again.
fn ready(world: &mut World, seed: u64) -> bool {
    let ready = world.ready();
    assert!(
        ready
            || world
                .events
                .iter()
                .any(|event| matches!(event, Event::Failed { .. } | Event::NoGateway { .. })),
        "seed {seed} is silent"
    );
    ready
}

#[test]
fn every_request_ends_with_the_right_answer_or_a_clear_error() {
    let (mut good, mut bad) = (0, 0);
    for seed in 0..2000 {
        let mut world = World::new(generation_of(seed), KEY, BAD, seed);
        if !ready(&mut world, seed) {
            continue;
        }
        assert_eq!(
            world.client.generation_of(sid()),
            Some(generation_of(seed)),
            "seed {seed}"
        );
        for on in [true, false, true] {
            // A write that comes late does what it says: let it arrive before the next one.
            world.run_for(Duration::from_secs(1));
            match world.switch(on) {
                Event::WriteAccepted { .. } => {
                    world.run_for(Duration::from_secs(1));
                    assert_eq!(world.plug_is(), if on { "on" } else { "off" }, "seed {seed}");
                    good += 1;
                }
                event => {
                    let failure = failure(&event);
                    assert!(
                        matches!(failure, Failure::Timeout { .. } | Failure::TokenStale),
                        "seed {seed}: a right KEY, but {failure}"
                    );
                    assert!(event.help().is_some(), "seed {seed}: {failure}");
                    bad += 1;
                }
            }
        }
        let id = world.client.read(plug()).unwrap();
        if let Event::Device(update) = world.outcome(id) {
            assert_eq!(
                (update.sid, update.model.as_str()),
                (plug(), "plug"),
                "seed {seed}"
            );
        }
    }
    // A try is lost with 1 - 0.8 * 0.8, a write has three: 280 of 6000 must fail.
    assert!(good > 5480 && bad < 400, "{good} good, {bad} bad");
}

/// Writes follow each other at once, while tokens change, answers are late and come twice: every answer is the
/// answer to its own write, and a right KEY is never called wrong.
#[test]
fn answers_are_never_taken_for_those_to_another_write() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..400 {
        let weather = Weather {
            double: 60,
            loss: 10,
            ..BAD
        };
        let mut world = World::new(generation_of(seed), KEY, weather, seed);
        if !ready(&mut world, seed) {
            continue;
        }
        let light = generation_of(seed).number() == 1;
        for number in 1..=12_u8 {
            let values = if light {
                command::light(Light::new(number, [1, 2, 3]).unwrap())
            } else {
                xiaomi_gateway_proto::Fields::new().with("temp_cfg", u32::from(number) + 16)
            };
            world.done.clear();
            let id = world.client.write(sid(), values.clone()).unwrap();
            if let Event::WriteAccepted { .. } = world.outcome(id) {
                accepted += 1;
                let done = |event: &gateway::Event| matches!(event, gateway::Event::Written { values: found, .. } if *found == values);
                assert!(
                    world.done.iter().any(done),
                    "seed {seed}: accepted, but not done: {values:?}"
                );
            } else {
                refused += 1;
                assert!(
                    !world.client.symptoms(sid()).unwrap().key_rejected,
                    "seed {seed}: the KEY is right"
                );
            }
        }
    }
    assert!(accepted > 4300 && refused < 330, "{accepted} and {refused}");
}

#[test]
fn a_wrong_key_is_never_accepted_and_nearly_always_named() {
    let (mut named, mut others) = (0, 0);
    for seed in 0..400 {
        let mut world = World::new(generation_of(seed), "41D49ED97B487374", BAD, seed);
        if !ready(&mut world, seed) {
            continue;
        }
        let event = world.switch(true);
        match failure(&event) {
            Failure::KeyRejected { worked_before: false } => named += 1,
            Failure::Timeout { .. } | Failure::TokenStale => others += 1,
            failure => panic!("seed {seed}: {failure}"),
        }
        assert_eq!(world.plug_is(), "off");
    }
    assert!(named > 7 * others, "{named} named, {others} not");
}

#[test]
fn a_client_with_one_socket_does_as_well_where_nothing_comes_twice() {
    for seed in 0..100 {
        let calm = Weather {
            loss: 10,
            double: 0,
            delay_ms: 20,
        };
        let config = Config::new().key(KEY.parse().unwrap());
        let mut world = World::with_client(generation_of(seed), config, calm, seed);
        world.one_socket = true;
        if ready(&mut world, seed) {
            for on in [true, false] {
                match world.switch(on) {
                    Event::WriteAccepted { .. } => {
                        assert_eq!(world.plug_is(), if on { "on" } else { "off" });
                    }
                    event => assert!(matches!(failure(&event), Failure::Timeout { .. }), "{event:?}"),
                }
            }
        }
    }
}
