//! An OpenBeken plug with a meter, on the embedded broker.

use std::net::SocketAddr;
use std::time::Duration;

use openbeken::device::{Device, Profile};
use openbeken::mqtt::Publish;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, Packet};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tokio::time::{Instant, interval};

use super::wave;

/// Its client id, which is the base of its topics.
pub const CLIENT_ID: &str = "obkSimulated";
/// Its group.
pub const GROUP: &str = "bekens_n";

/// Lets it live, for ever.
pub async fn run(broker: SocketAddr) {
    let mut plug = Device::new(Profile::plug(CLIENT_ID));
    let topics = plug.profile().topics.clone();
    let mut options = MqttOptions::new(CLIENT_ID, broker.ip().to_string(), broker.port());
    options.set_keep_alive(Duration::from_secs(30));
    let will = topics.last_will();
    options.set_last_will(LastWill::new(
        will.topic,
        will.payload,
        QoS::AtLeastOnce,
        will.retain,
        None,
    ));
    let (client, mut events) = AsyncClient::new(options, 200);
    let (sender, mut incoming) = tokio::sync::mpsc::channel(100);
    let connection = tokio::spawn(async move {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(packet @ (Packet::ConnAck(_) | Packet::Publish(_)))) => {
                    if sender.send(packet).await.is_err() {
                        return;
                    }
                }
                Ok(_) => {}
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    });
    let start = Instant::now();
    let mut beat = interval(Duration::from_secs(1));
    loop {
        let now = start.elapsed();
        tokio::select! {
            packet = incoming.recv() => match packet {
                None => return connection.abort(),
                Some(Packet::ConnAck(_)) => {
                    for filter in topics.device_subscriptions(false) {
                        let _ = client.try_subscribe(filter, QoS::AtMostOnce);
                    }
                    plug.handle_connect(now);
                    plug.set_channel(1, 1);
                }
                Some(Packet::Publish(publish)) => {
                    if let Ok(topic) = std::str::from_utf8(&publish.topic) {
                        plug.handle_publish(now, topic, &publish.payload);
                    }
                }
                Some(_) => {}
            },
            _ = beat.tick() => {
                let now = start.elapsed();
                let watts = if plug.channel(1) == Some(1) { wave(now, 55.0, 65.0, 40.0) } else { 0.0 };
                let tenths = |value: f64| openbeken::Decimal::new((value * 10.0) as i64, 1);
                let amperes = openbeken::Decimal::new((watts / 230.0 * 1000.0) as i64, 3);
                plug.set_load(tenths(230.0), amperes, tenths(watts));
                plug.handle_timeout(now);
            }
        }
        while let Some(Publish {
            topic,
            payload,
            retain,
            ..
        }) = plug.poll_transmit(now)
        {
            let _ = client.try_publish(topic, QoS::AtMostOnce, retain, payload);
        }
        while plug.poll_event().is_some() {}
    }
}
