//! Seven Bluetooth devices, and a gateway that hears them and publishes their advertisements over MQTT, partly in
//! OpenMQTTGateway's JSON, partly as plain hex digits.

use std::net::SocketAddr;
use std::time::Duration;

use mibeacon::frame::{ObjectBuf, ProductId};
use mibeacon::scale::{LocalTime, WeightScale};
use mibeacon::{
    Beacon, BeaconFormat, BindKey, ButtonAction, Climate, Decimal, EncodeError, MacAddr6, Message,
    OpeningState, ad::Advertisement,
};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::{AsyncClient, MqttOptions};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tracing::warn;

use super::wave;

/// Where the simulated gateway publishes.
pub const TOPICS: [&str; 2] = ["home/+/BTtoMQTT/#", "adverts/#"];

/// Address, key and name of each device, as a person would list them.
pub fn listed() -> impl Iterator<Item = (MacAddr6, Option<&'static str>, &'static str)> {
    DEVICES
        .iter()
        .map(|device| (device.address.into(), device.key, device.name))
}

struct Device {
    address: [u8; 6],
    name: &'static str,
    key: Option<&'static str>,
    format: BeaconFormat,
    /// Seconds between what it has to say.
    every: u64,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Climate,
    Bthome,
    Flower,
    Door,
    Button,
    Scale,
}

const fn xiaomi(product: u16, version: u8) -> BeaconFormat {
    BeaconFormat::MiBeacon {
        product_id: ProductId(product),
        version,
    }
}

#[rustfmt::skip]
const DEVICES: &[Device] = &[
    Device { address: [0xa4, 0xc1, 0x38, 0, 0, 1], name: "Bedroom", key: Some("b2d46f0cd168c18b247c0c79e9ad5b8d"), format: xiaomi(0x055b, 5), every: 4, kind: Kind::Climate },
    Device { address: [0xa4, 0xc1, 0x38, 0, 0, 2], name: "Kitchen", key: None, format: BeaconFormat::Pvvx, every: 3, kind: Kind::Climate },
    Device { address: [0x54, 0x48, 0xe6, 0, 0, 3], name: "Cellar", key: Some("231d39c1d7cc1ab1aee224cd096db932"), format: BeaconFormat::BthomeV2 { trigger_based: false }, every: 5, kind: Kind::Bthome },
    Device { address: [0xc4, 0x7c, 0x8d, 0, 0, 4], name: "Ficus", key: None, format: xiaomi(0x0098, 2), every: 6, kind: Kind::Flower },
    Device { address: [0xe4, 0xaa, 0xec, 0, 0, 5], name: "Front door", key: Some("00112233445566778899aabbccddeeff"), format: xiaomi(0x098b, 5), every: 7, kind: Kind::Door },
    Device { address: [0x18, 0xc2, 0x3c, 0, 0, 6], name: "Button", key: Some("8f8e8d8c8b8a89888786858483828180"), format: xiaomi(0x2387, 5), every: 8, kind: Kind::Button },
    Device { address: [0xc8, 0x0f, 0x10, 0, 0, 7], name: "Scale", key: None, format: BeaconFormat::Plain, every: 11, kind: Kind::Scale },
];

/// Lets the devices live, for ever.
pub async fn run(broker: SocketAddr) {
    let mut options = MqttOptions::new("simulated-gateway", broker.ip().to_string(), broker.port());
    options.set_keep_alive(Duration::from_secs(30));
    let (client, mut events) = AsyncClient::new(options, 100);
    let connection = tokio::spawn(async move {
        loop {
            if events.poll().await.is_err() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    });
    let start = Instant::now();
    let mut beacons: Vec<(Beacon, &Device, u64)> = DEVICES.iter().filter_map(beacon).collect();
    let mut beat = interval(Duration::from_millis(100));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let now = start.elapsed();
        for (index, (beacon, device, said)) in beacons.iter_mut().enumerate() {
            // The first words come soon and one after the other.
            let turn = (now + Duration::from_millis(device.every * 1000 - 300 - 150 * index as u64))
                .as_secs()
                / device.every;
            if turn > *said {
                *said = turn;
                if let Err(error) = speak(beacon, device, now, turn) {
                    warn!("the simulated {} says nothing: {error}", device.name);
                }
            }
            while let Some(advert) = beacon.poll_transmit(now) {
                let (topic, payload) = message(device, &advert, index % 2 == 0);
                let _ = client.try_publish(topic, QoS::AtMostOnce, false, payload);
            }
        }
        if connection.is_finished() {
            return;
        }
    }
}

fn beacon(device: &Device) -> Option<(Beacon, &Device, u64)> {
    let mut beacon = Beacon::new(device.address.into(), device.format);
    if let Some(key) = device.key {
        beacon = beacon.with_key(key.parse::<BindKey>().ok()?);
    }
    Some((beacon, device, 0))
}

fn speak(beacon: &mut Beacon, device: &Device, now: Duration, turn: u64) -> Result<(), EncodeError> {
    let offset = f64::from(device.address[5]);
    let temperature = wave(now, 17.0 + offset, 19.0 + offset, 50.0 + offset);
    let humidity = wave(now, 40.0, 55.0, 70.0 + offset);
    match device.kind {
        Kind::Climate => {
            let climate = Climate {
                temperature: (temperature * 100.0) as i16,
                humidity: (humidity * 100.0) as u16,
                battery_level: 87,
                battery_millivolts: 2911,
            };
            beacon.send(now, &Message::Climate(climate))
        }
        Kind::Bthome => {
            let objects = [
                (0x01, 93_u32.into()),
                (0x02, Decimal::new((temperature * 100.0) as i64, -2).into()),
                (0x03, Decimal::new((humidity * 100.0) as i64, -2).into()),
            ];
            beacon.send(now, &Message::Bthome(&objects))
        }
        Kind::Flower => {
            let object = match turn % 4 {
                0 => ObjectBuf::conductivity(wave(now, 180.0, 320.0, 90.0) as u16),
                1 => ObjectBuf::moisture(wave(now, 20.0, 45.0, 120.0) as u8),
                2 => ObjectBuf::temperature((temperature * 10.0) as i16),
                _ => ObjectBuf::illuminance(wave(now, 200.0, 900.0, 60.0) as u32)?,
            };
            beacon.send(now, &Message::Objects(&[object.as_object()]))
        }
        Kind::Door => {
            let state = if turn % 2 == 1 {
                OpeningState::Open
            } else {
                OpeningState::Closed
            };
            beacon.send(now, &Message::Objects(&[ObjectBuf::opening(state).as_object()]))
        }
        Kind::Button => {
            let action = match turn % 3 {
                0 => ButtonAction::DoublePress,
                1 => ButtonAction::Press,
                _ => ButtonAction::LongPress,
            };
            beacon.send(
                now,
                &Message::Objects(&[ObjectBuf::button(0, action)?.as_object()]),
            )
        }
        Kind::Scale => {
            let weight = WeightScale {
                // Stabilized, kg.
                control: 0x22,
                raw_weight: (wave(now, 70.0, 74.0, 200.0) * 200.0) as u16,
                time: LocalTime {
                    year: 2026,
                    month: 11,
                    day: 26,
                    hour: 7,
                    minute: (turn / 60 % 60) as u8,
                    second: (turn % 60) as u8,
                },
            };
            beacon.send(now, &Message::WeightScale(weight))
        }
    }
}

/// The message of a gateway that heard an advertisement.
fn message(device: &Device, advert: &[u8], as_json: bool) -> (String, String) {
    let address = MacAddr6::from(device.address);
    let digits = base16ct::upper::encode_string(&device.address);
    let service_data = Advertisement::new(advert).service_data().next();
    match service_data.filter(|_| as_json) {
        Some(found) => {
            let data = base16ct::lower::encode_string(found.data);
            let json = serde_json::json!({
                "id": address.to_string(),
                "rssi": -60 - i32::from(device.address[5]),
                "servicedata": data,
                "servicedatauuid": format!("0x{:04x}", found.uuid),
            });
            (format!("home/simulated/BTtoMQTT/{digits}"), json.to_string())
        }
        None => (
            format!("adverts/simulated/{digits}"),
            base16ct::lower::encode_string(advert),
        ),
    }
}
