//! The other crates.

use std::collections::HashMap;
use std::hint::black_box;

use atc_mi_thermometer::parse_advert;
use benches::adverts::Advert;
use btsensor::atc::SensorReading;
use btsensor::bthome::v2::{BtHomeV2, Element};
use mibeacon::bthome::UUID_V2;
use uuid::Uuid;

/// What both crates take: service data by UUID.
type ServiceData = HashMap<Uuid, Vec<u8>>;

pub(crate) struct Btsensor(Vec<ServiceData>);

impl Btsensor {
    /// Checks that the crate reads these advertisements.
    pub(crate) fn new(ring: &[Advert]) -> Self {
        let maps: Vec<ServiceData> = ring.iter().map(service_data).collect();
        assert!(maps.iter().all(|map| btsensor::Reading::decode(map).is_some()));
        Self(maps)
    }

    pub(crate) fn decode_all(&self) {
        for map in &self.0 {
            black_box(match btsensor::Reading::decode(map) {
                Some(btsensor::Reading::Atc(reading)) => atc_sum(&reading),
                Some(btsensor::Reading::BtHomeV2(reading)) => bthome_sum(&reading),
                _ => 0.0,
            });
        }
    }
}

/// The functions for one format each, without the map.
pub(crate) fn btsensor_inner(ring: &[Advert]) {
    for advert in ring {
        black_box(if advert.uuid == UUID_V2 {
            BtHomeV2::decode(&advert.service_data).map_or(0.0, |reading| bthome_sum(&reading))
        } else {
            SensorReading::decode(&advert.service_data).map_or(0.0, |reading| atc_sum(&reading))
        });
    }
}

fn atc_sum(reading: &SensorReading) -> f64 {
    let percents = reading.temperature() + reading.humidity() + f32::from(reading.battery_percent());
    f64::from(percents + f32::from(reading.battery_mv()))
}

fn bthome_sum(reading: &BtHomeV2) -> f64 {
    reading.elements.iter().map(value).sum()
}

fn value(element: &Element) -> f64 {
    let integer = || element.value_int().map_or(0.0, |value| value as f64);
    element.value_float().unwrap_or_else(integer)
}

pub(crate) struct AtcMiThermometer {
    ring: Vec<([u8; 6], ServiceData)>,
    key: Option<[u8; 16]>,
}

impl AtcMiThermometer {
    /// Checks that the crate reads these advertisements.
    pub(crate) fn new(ring: &[Advert], key: Option<[u8; 16]>) -> Self {
        let ring = ring
            .iter()
            .map(|advert| (advert.address.into_array(), service_data(advert)))
            .collect();
        let new = Self { ring, key };
        for (address, map) in &new.ring {
            parse_advert(address, map, new.key.as_ref()).expect("the crate reads this format");
        }
        new
    }

    pub(crate) fn parse_all(&self) {
        for (address, map) in &self.ring {
            let advert = parse_advert(address, map, self.key.as_ref());
            black_box(advert.map_or(0.0, |advert| {
                let values = [
                    advert.temperature_celsius(),
                    advert.humidity_percent(),
                    advert.battery_percent(),
                ];
                values.into_iter().flatten().sum::<f32>()
            }));
        }
    }
}

fn service_data(advert: &Advert) -> ServiceData {
    let uuid = Uuid::from_u128(u128::from(advert.uuid) << 96 | BLUETOOTH_BASE);
    HashMap::from([(uuid, advert.service_data.clone())])
}

const BLUETOOTH_BASE: u128 = 0x0000_0000_0000_1000_8000_0080_5f9b_34fb;
