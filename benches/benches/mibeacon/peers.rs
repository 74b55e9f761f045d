//! The other crates.

use std::collections::HashMap;
use std::hint::black_box;

use atc_mi_thermometer::parse_advert;
use benches::adverts::Advert;
use btsensor::atc::SensorReading;
use btsensor::bthome::v2::BtHomeV2;
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
            match btsensor::Reading::decode(map) {
                Some(btsensor::Reading::Atc(reading)) => read_atc(&reading),
                Some(btsensor::Reading::BtHomeV2(reading)) => read_bthome(&reading),
                _ => {}
            }
        }
    }
}

/// The functions for one format each, without the map.
pub(crate) fn btsensor_inner(ring: &[Advert]) {
    for advert in ring {
        if advert.uuid == UUID_V2 {
            if let Ok(reading) = BtHomeV2::decode(&advert.service_data) {
                read_bthome(&reading);
            }
        } else if let Some(reading) = SensorReading::decode(&advert.service_data) {
            read_atc(&reading);
        }
    }
}

/// Reads every value out, as the floating-point number or the integer that the crate gives.
fn read_atc(reading: &SensorReading) {
    black_box(reading.temperature());
    black_box(reading.humidity());
    black_box(reading.battery_percent());
    black_box(reading.battery_mv());
}

fn read_bthome(reading: &BtHomeV2) {
    for element in &reading.elements {
        match element.value_float() {
            Some(value) => {
                black_box(value);
            }
            None => {
                black_box(element.value_int());
            }
        }
    }
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
            if let Ok(advert) = advert {
                black_box(advert.temperature_celsius());
                black_box(advert.humidity_percent());
                black_box(advert.battery_percent());
            }
        }
    }
}

fn service_data(advert: &Advert) -> ServiceData {
    let uuid = Uuid::from_u128(u128::from(advert.uuid) << 96 | BLUETOOTH_BASE);
    HashMap::from([(uuid, advert.service_data.clone())])
}

const BLUETOOTH_BASE: u128 = 0x0000_0000_0000_1000_8000_0080_5f9b_34fb;
