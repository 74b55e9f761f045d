//! Strangers, forgers, floods.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use xiaomi_gateway_proto::client::Ignored;
use xiaomi_gateway_proto::{Client, Config, Event, Fields, Generation, Message, Sid};

use super::world::{CALM, CLIENT, FIRST_PORT, HOST, KEY, World, generation_of, magnet, plug, sid};

#[test]
fn strangers_forgers_and_floods_change_nothing_and_are_told_rarely() {
    let mut world = World::new(Generation::One, KEY, CALM, 10);
    assert!(world.ready());
    world.run_for(Duration::from_secs(2));
    world.events.clear();
    let token = "AAAAAAAAAAAAAAAA".parse().unwrap();
    let mut forged = Message::heartbeat(
        Generation::One,
        Sid::gateway("34ce00880088").unwrap(),
        "gateway",
        Fields::new(),
    );
    forged.token = Some("AAAAAAAAAAAAAAAA".into());
    let stranger = SocketAddrV4::new(Ipv4Addr::new(10, 9, 9, 9), 9898);
    let list = Message::list_reply(Generation::One, sid(), &token, Vec::new()).encode();
    for number in 0..20_000_u32 {
        let from = if number % 2 == 0 { HOST } else { stranger };
        world
            .client
            .handle_datagram(world.now, from, None, &forged.encode());
        world.client.handle_datagram(world.now, stranger, Some(0), &list);
        world
            .client
            .handle_datagram(world.now, stranger, None, &number.to_be_bytes());
    }
    world.pump();
    let reasons: Vec<_> = world
        .events
        .iter()
        .filter(|event| matches!(event, Event::Ignored { .. }))
        .collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(world.events.iter().any(|event| matches!(
        event,
        Event::Ignored {
            reason: Ignored::WrongSid,
            ..
        }
    )));
    assert!(
        matches!(world.switch(true), Event::WriteAccepted { .. }),
        "the token is still the gateway's"
    );
}

#[test]
fn a_flood_of_gateways_and_devices_is_bounded() {
    let mut client = Client::new(Config::new());
    for number in 0..5000_u32 {
        let from = SocketAddrV4::new(Ipv4Addr::from(0x0a00_0000 + number), 9898);
        let gateway = Sid::gateway(&format!("{number:012x}")).unwrap();
        client.handle_datagram(
            Duration::ZERO,
            from,
            Some(0),
            &Message::iam(gateway, "gateway", *from.ip(), 9898, None).encode(),
        );
        let device: Sid = format!("158d{number:010x}").parse().unwrap();
        let report = Message::report(
            Generation::One,
            device,
            "magnet",
            Fields::new().with("status", "open"),
        );
        client.handle_datagram(
            Duration::ZERO,
            SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 0), 9898),
            None,
            &report.encode(),
        );
    }
    assert_eq!(client.known().len(), 32);
    assert_eq!(client.devices(Sid::gateway("0").unwrap()).count(), 1024);
}

/// Made-up gateways fill the table; since they never answer, they don't keep out a real one for long.
#[test]
fn made_up_gateways_make_room_for_a_real_one() {
    let mut world = World::new(Generation::One, KEY, CALM, 40);
    for number in 1..=40_u32 {
        let from = SocketAddrV4::new(Ipv4Addr::from(0x0a00_0000 + number), 9898);
        let gateway = Sid::gateway(&format!("{number:012x}")).unwrap();
        let iam = Message::iam(gateway, "gateway", *from.ip(), 9898, Some("1.1.2"));
        world
            .client
            .handle_datagram(world.now, from, Some(0), &iam.encode());
    }
    assert_eq!(world.client.known().len(), 32);
    world.run_for(Duration::from_secs(70));
    world.client.start(world.now);
    let ready = |event: &Event| matches!(event, Event::Ready { gateway } if *gateway == sid());
    assert!(world.run_until(Duration::from_secs(60), ready).is_some());
}

/// Whatever arrives from the gateway's address, every request ends, and the next one works.
#[test]
fn nonsense_from_the_gateways_address_stops_nothing() {
    for seed in 0..100 {
        let mut world = World::new(generation_of(seed), KEY, CALM, seed);
        assert!(world.ready());
        let id = world.client.read(plug()).unwrap();
        for _ in 0..200 {
            let bytes = nonsense(&mut world);
            let socket = (world.random.next() % 20) as usize;
            let socket = Some(socket).filter(|socket| *socket < 16);
            world.client.handle_datagram(world.now, HOST, socket, &bytes);
            let from = SocketAddrV4::new(CLIENT, FIRST_PORT);
            world.gateway.handle_datagram(world.now, from, 9898, &bytes);
        }
        let _ = world.outcome(id);
        world.run_for(Duration::from_secs(30));
        world.client.refresh(sid()).unwrap();
        world.run_for(Duration::from_secs(30));
        let event = world.switch(true);
        assert!(
            matches!(event, Event::WriteAccepted { .. }),
            "seed {seed}: {event:?}"
        );
    }
}

/// Messages that are nearly right: of this gateway's devices, with members changed, cut or doubled.
fn nonsense(world: &mut World) -> Vec<u8> {
    let cmds = [
        "iam", "heartbeat", "report", "read_ack", "read_rsp", "write_ack", "write_rsp", "get_id_list_ack",
        "discovery_rsp", "get_id_list_rsp", "server_ack", "read", "write", "whois", "x",
    ];
    let bodies = [
        r#""data":"{\"error\":\"Invalid key\"}""#,
        r#""data":"{\"status\":\"on\"}""#,
        r#""params":[{"error":"No sid"}]"#,
        r#""params":[{"channel_0":"on"}]"#,
        r#""data":"[\"158d00023f3f19\"]""#,
        r#""dev_list":[{"sid":"158d00023f3f19","model":"plug"}]"#,
        r#""data":"[]""#,
        r#""data":7"#,
        r#""data":"{"#,
        r#""params":{"status":null}"#,
    ];
    let sids = [sid(), plug(), magnet(), "1".parse().unwrap()];
    let mut pick = |length: usize| (world.random.next() % length as u64) as usize;
    let (cmd, body, about) = (cmds[pick(cmds.len())], bodies[pick(bodies.len())], sids[pick(4)]);
    // No forged `iam` of the gateway itself, which would move it, and no forged token, which would be believed.
    let about = if cmd == "iam" { sids[3] } else { about };
    let mut text = format!(r#"{{"cmd":"{cmd}","model":"plug","sid":"{about}",{body}}}"#).into_bytes();
    if pick(4) == 0 {
        text.truncate(pick(text.len()));
    }
    text
}
