//! What devices do: reports, pairing, life.

use std::time::Duration;

use xiaomi_gateway_proto::{Event, Fields, Generation, Sid, command};

use super::world::{CALM, KEY, World, magnet, plug, sid};

#[test]
fn a_reported_event_arrives_once_although_it_is_sent_twice() {
    for seed in 0..32 {
        let mut world = World::new(Generation::One, KEY, CALM, seed);
        assert!(world.ready());
        world
            .gateway
            .poke(world.now, magnet(), Fields::new().with("status", "open"));
        world.run_for(Duration::from_secs(1));
        let reports: Vec<_> = world
            .events
            .iter()
            .filter(|event| matches!(event, Event::Report(_)))
            .collect();
        assert_eq!(reports.len(), 1, "seed {seed}");
    }
}

#[test]
fn pairing_needs_permission_and_ends_after_30_s() {
    let mut world = World::new(Generation::One, KEY, CALM, 6);
    assert!(world.ready());
    let new: Sid = "158d0000000001".parse().unwrap();
    let now = world.now;
    assert!(!world.gateway.join(now, new, "cube", Fields::new()));
    let id = world.client.write(sid(), command::join_permission(true)).unwrap();
    assert!(matches!(world.outcome(id), Event::WriteAccepted { .. }));
    let now = world.now;
    assert!(world.gateway.join(now, new, "cube", Fields::new()));
    world.run_for(Duration::from_secs(31));
    let now = world.now;
    assert!(!world.gateway.join(now, new, "cube", Fields::new()));
}

#[test]
fn silent_devices_go_offline_by_their_class_and_come_back() {
    let mut world = World::new(Generation::One, KEY, CALM, 13);
    assert!(world.ready());
    world.gateway.faults().lost_multicast = true;
    world.run_for(Duration::from_secs(1510));
    assert_eq!(world.client.is_online(plug()), Some(false), "mains: 1500 s");
    assert_eq!(world.client.is_online(magnet()), Some(true), "battery: 9000 s");
    let id = world.client.read(plug()).unwrap();
    assert!(matches!(world.outcome(id), Event::Device(_)));
    assert_eq!(world.client.is_online(plug()), Some(true));
}
