//! Finding gateways, with and without multicast, and keeping track of them.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use xiaomi_gateway_proto::client::{Health, KnownGateway};
use xiaomi_gateway_proto::diagnose::{Trouble, diagnose};
use xiaomi_gateway_proto::{Client, Config, Event, Generation, Message};

use super::world::{CALM, HOST, KEY, World, generation_of, magnet, plug, sid};

#[test]
fn a_configured_address_needs_no_multicast_in_either_generation() {
    for (seed, generation) in [(7, Generation::One), (8, Generation::Two)] {
        let config = Config::new().key(KEY.parse().unwrap()).address(HOST);
        let mut world = World::with_client(generation, config, CALM, seed);
        world.gateway.faults().lost_multicast = true;
        assert!(world.ready(), "{:?}", world.events);
        assert_eq!(world.client.generation_of(sid()), Some(generation));
        assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
        let names: Vec<_> = world
            .client
            .devices(sid())
            .map(|(_, model)| model.to_owned())
            .collect();
        assert_eq!(names.len(), 2);
    }
}

#[test]
fn without_multicast_writes_work_and_the_state_has_its_own_name() {
    let mut world = World::with_client(
        Generation::Two,
        Config::new()
            .key(KEY.parse().unwrap())
            .probe_without_heartbeat(Duration::from_secs(20)),
        CALM,
        2,
    );
    assert!(world.ready());
    world.gateway.faults().lost_multicast = true;
    world.run_for(Duration::from_secs(300));
    assert_eq!(world.client.health(sid()), Some(Health::MulticastLost));
    assert!(
        world
            .client
            .health(sid())
            .unwrap()
            .help()
            .unwrap()
            .contains("IGMP")
    );
    assert!(
        !world
            .events
            .iter()
            .any(|event| matches!(event, Event::GatewayOffline { .. }))
    );
    assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
    world.gateway.faults().lost_multicast = false;
    world.run_for(Duration::from_secs(11));
    assert_eq!(world.client.health(sid()), Some(Health::Online));
}

#[test]
fn a_gateway_that_moves_is_followed_and_two_that_claim_one_sid_are_told() {
    let mut world = World::new(Generation::One, KEY, CALM, 9);
    assert!(world.ready());
    let elsewhere = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 77), 9898);
    let iam = |at: SocketAddrV4| Message::iam(sid(), "gateway", *at.ip(), 9898, Some("1.1.2")).encode();
    world
        .client
        .handle_datagram(world.now, elsewhere, Some(0), &iam(elsewhere));
    world.client.handle_datagram(world.now, HOST, Some(0), &iam(HOST));
    let events: Vec<_> = std::iter::from_fn(|| world.client.poll_event()).collect();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::AddressChanged { to, .. } if *to == elsewhere))
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::DuplicateSid { used, .. } if *used == elsewhere))
    );
}

/// It is asked for its list in the first generation's way, says `iam` to another client, and then refuses the list.
#[test]
fn a_late_answer_to_a_configured_address_is_none_to_the_scan() {
    let mut client = Client::new(Config::new().address(HOST));
    client.start(Duration::ZERO);
    let now = Duration::from_millis(1);
    let first = client.poll_transmit(now).unwrap();
    assert_eq!((first.socket, first.destination), (0, HOST));
    let iam = Message::iam(sid(), "acpartner.v3", *HOST.ip(), HOST.port(), Some("2.0.2")).encode();
    client.handle_datagram(now, HOST, None, &iam);
    let scan = client.poll_transmit(now).unwrap();
    assert_ne!(scan.socket, first.socket);

    let refusal = Message::error_reply(Generation::Two, "get_id_list", None, "No sid").encode();
    client.handle_datagram(now, HOST, Some(first.socket), &refusal);
    client.handle_datagram(now, HOST, Some(first.socket), &refusal);
    let events: Vec<_> = std::iter::from_fn(|| client.poll_event()).collect();
    assert!(matches!(events[..], [Event::GatewayFound { .. }]), "{events:?}");

    // And it stays where the user said that it is.
    let elsewhere = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 77), 9898);
    let iam = Message::iam(sid(), "acpartner.v3", *elsewhere.ip(), 9898, Some("2.0.2")).encode();
    client.handle_datagram(now, elsewhere, None, &iam);
    assert!(matches!(client.poll_event(), Some(Event::DuplicateSid { .. })));
}

/// Who says in its name that it moved is not believed as long as it answers where the user said that it is.
#[test]
fn a_configured_gateway_stays_where_it_is_while_it_answers() {
    let config = Config::new().key(KEY.parse().unwrap()).address(HOST);
    let mut world = World::with_client(Generation::One, config, CALM, 32);
    assert!(world.ready());
    let elsewhere = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 77), 9898);
    let iam = Message::iam(sid(), "gateway", *elsewhere.ip(), 9898, Some("1.1.2")).encode();
    world.client.handle_datagram(world.now, elsewhere, Some(0), &iam);
    assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
    let told = |event: &Event| matches!(event, Event::DuplicateSid { other, .. } if *other == elsewhere);
    assert!(world.events.iter().any(told));
    // When it is silent, it may have moved.
    world.gateway.faults().lost_multicast = true;
    world.run_for(Duration::from_secs(70));
    world.client.handle_datagram(world.now, elsewhere, Some(0), &iam);
    let moved = |event: Event| matches!(event, Event::AddressChanged { to, .. } if to == elsewhere);
    assert!(std::iter::from_fn(|| world.client.poll_event()).any(moved));
}

/// Its lease ran out: nobody says `iam`, but the heartbeat from an unknown address is worth a `whois`.
#[test]
fn a_gateway_with_a_new_address_is_found_by_its_heartbeat() {
    for seed in 0..20 {
        let mut world = World::new(generation_of(seed), KEY, CALM, seed);
        assert!(world.ready());
        world.host = Ipv4Addr::new(192, 168, 0, 99);
        let host = world.host;
        world.gateway.set_ip(host);
        world.run_for(Duration::from_secs(11));
        let moved = |event: &Event| matches!(event, Event::AddressChanged { to, .. } if *to.ip() == Ipv4Addr::new(192, 168, 0, 99));
        assert!(world.events.iter().any(moved), "seed {seed}");
        assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
    }
}

#[test]
fn a_device_that_left_its_gateway_is_forgotten_with_the_next_list() {
    let mut world = World::new(Generation::One, KEY, CALM, 30);
    assert!(world.ready());
    let removed = xiaomi_gateway_proto::command::remove_device(magnet());
    let id = world.client.write(sid(), removed).unwrap();
    assert!(matches!(world.outcome(id), Event::WriteAccepted { .. }));
    world.client.refresh(sid()).unwrap();
    world.run_for(Duration::from_secs(1));
    let gone = |event: &Event| matches!(event, Event::DeviceRemoved { sid } if *sid == magnet());
    assert!(world.events.iter().any(gone));
    assert_eq!(world.client.devices(sid()).count(), 1);
    assert!(world.client.is_online(magnet()).is_none() && world.client.is_online(plug()).is_some());
}

/// What the client doesn't know yet is no trouble.
#[test]
fn symptoms_tell_only_what_was_tried() {
    let mut world = World::new(Generation::One, KEY, CALM, 31);
    world.gateway.faults().lost_multicast = true;
    assert!(world.ready());
    let early = world.client.symptoms(sid()).unwrap();
    assert_eq!((early.answers, early.heartbeats), (Some(true), None));
    assert_eq!(diagnose(&early), []);
    world.run_for(Duration::from_secs(16));
    let late = world.client.symptoms(sid()).unwrap();
    assert_eq!(late.heartbeats, Some(false));
    assert_eq!(diagnose(&late), [Trouble::MulticastLost]);
}

#[test]
fn a_restored_client_writes_without_looking_for_anything() {
    let mut world = World::new(Generation::One, KEY, CALM, 12);
    assert!(world.ready());
    let known = world.client.known();
    world.client = Client::new(Config::new().key(KEY.parse().unwrap()));
    world.client.restore(world.now, known[0].clone());
    assert!(matches!(world.switch(true), Event::WriteAccepted { .. }));
}

/// Found by fuzzing: the refusal of the user's own read was taken for the answer to the client's question for the
/// generation, and the user never heard of it.
#[test]
fn a_refused_read_of_a_gateway_whose_generation_is_unknown_is_told() {
    for refusal in [
        r#"{"cmd":"read_rsp","sid":"04cf8c915f95","params":[{"error":"No sid"}]}"#,
        r#"{"cmd":"read_rsp","params":[{"error":"No sid"}]}"#,
    ] {
        let mut client = Client::new(Config::new());
        let known = KnownGateway {
            sid: sid(),
            address: HOST,
            model: None,
            generation: None,
            token: None,
            devices: Vec::new(),
        };
        client.restore(Duration::ZERO, known);
        let id = client.read(sid()).unwrap();
        client.refresh(sid()).unwrap();
        assert!(client.poll_transmit(Duration::ZERO).is_some());
        client.handle_datagram(Duration::ZERO, HOST, None, refusal.as_bytes());
        let failed = |event: &Event| matches!(event, Event::Failed { id: Some(found), .. } if *found == id);
        assert!(
            std::iter::from_fn(|| client.poll_event()).any(|event| failed(&event)),
            "{refusal}"
        );
    }
}
