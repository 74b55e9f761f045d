//! What a beacon says, in each of its formats.

use arrayvec::ArrayVec;

use super::{Beacon, BeaconFormat, QUEUE};
use crate::ad::{AdvertBuf, Flags};
use crate::frame::{self, Object, ObjectBuf, ProductId};
use crate::{Decimal, EncodeError, atc, bthome, hhcc, qingping, scale};

/// Something for a [`Beacon`] to say.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Message<'a> {
    /// A measurement of a thermometer; every format of thermometers has it. Stock firmware sends it as three frames.
    Climate(Climate),
    /// Objects for one MiBeacon frame. Version 5 demands that there is only one.
    Objects(&'a [Object<'a>]),
    /// Objects for one BTHome advertisement, in any order.
    Bthome(&'a [(u8, bthome::Value<'a>)]),
    /// Mi Scale.
    WeightScale(scale::WeightScale),
    /// Mi Body Composition Scale.
    BodyComposition(scale::BodyComposition),
    /// Qingping and Cleargrass.
    Qingping(qingping::Frame<'a>),
    /// The plant sensor HHCCJCY10.
    Hhcc(hhcc::Frame),
}

/// A measurement of a thermometer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Climate {
    /// 0.01 °C.
    pub temperature: i16,
    /// 0.01 %.
    pub humidity: u16,
    /// Percent.
    pub battery_level: u8,
    /// mV. Stock firmware doesn't send it.
    pub battery_millivolts: u16,
}

type Adverts = ArrayVec<AdvertBuf, QUEUE>;

/// Builds the advertisements of a message.
pub(super) fn encode(
    beacon: &mut Beacon,
    message: &Message<'_>,
    out: &mut Adverts,
) -> Result<(), EncodeError> {
    match (beacon.format, message) {
        (BeaconFormat::MiBeacon { product_id, version }, Message::Climate(climate)) => {
            let objects = [
                ObjectBuf::temperature(tenths(climate.temperature)),
                ObjectBuf::humidity(climate.humidity.saturating_add(5) / 10),
                ObjectBuf::battery(climate.battery_level),
            ];
            for object in &objects {
                push(out, mibeacon(beacon, product_id, version, &[object.as_object()])?)?;
            }
            Ok(())
        }
        (BeaconFormat::MiBeacon { product_id, version }, Message::Objects(objects)) => {
            push(out, mibeacon(beacon, product_id, version, objects)?)
        }
        (BeaconFormat::Atc1441 | BeaconFormat::Pvvx, Message::Climate(climate)) => {
            push(out, atc(beacon, climate)?)
        }
        (BeaconFormat::BthomeV1 | BeaconFormat::BthomeV2 { .. }, Message::Climate(climate)) => {
            let objects = [
                (0x01, u32::from(climate.battery_level).into()),
                (0x02, Decimal::new(climate.temperature.into(), -2).into()),
                (0x03, Decimal::new(climate.humidity.into(), -2).into()),
            ];
            push(out, bthome(beacon, &objects)?)
        }
        (BeaconFormat::BthomeV1 | BeaconFormat::BthomeV2 { .. }, Message::Bthome(objects)) => {
            push(out, bthome(beacon, objects)?)
        }
        (BeaconFormat::Plain, Message::WeightScale(scale)) => {
            push(out, advert(scale::WeightScale::UUID, &scale.encode())?)
        }
        (BeaconFormat::Plain, Message::BodyComposition(scale)) => {
            push(out, advert(scale::BodyComposition::UUID, &scale.encode())?)
        }
        (BeaconFormat::Plain, Message::Hhcc(frame)) => push(out, advert(hhcc::UUID, &frame.encode()?)?),
        (BeaconFormat::Plain, Message::Qingping(frame)) => {
            let mut bytes = [0; MOST_SERVICE_DATA];
            let length = frame.encode(&mut bytes)?;
            push(
                out,
                advert(qingping::UUID, bytes.get(..length).unwrap_or_default())?,
            )
        }
        _ => Err(EncodeError::Conflict("this format has no such message")),
    }
}

fn mibeacon(
    beacon: &mut Beacon,
    product_id: ProductId,
    version: u8,
    objects: &[Object<'_>],
) -> Result<AdvertBuf, EncodeError> {
    let counter = beacon.counter.wrapping_add(1);
    let mut builder = frame::Builder::new(product_id, counter);
    builder.version = version;
    builder.registered = beacon.key.is_some();
    builder.objects = objects;
    // The vendor's encoder leaves the MAC out of frames that it would make too long.
    let data: usize = objects.iter().map(|object| object.data.len()).sum();
    let most = if beacon.key.is_some() { 3 } else { 9 };
    builder.mac = (data <= most).then_some(beacon.address);

    let mut bytes = [0; MOST_SERVICE_DATA];
    let length = match &beacon.key {
        Some(key) => builder.seal(key, beacon.address, &mut beacon.guard, &mut bytes)?,
        None => builder.encode(&mut bytes)?,
    };
    beacon.counter = counter;
    advert(frame::UUID, bytes.get(..length).unwrap_or_default())
}

fn atc(beacon: &mut Beacon, climate: &Climate) -> Result<AdvertBuf, EncodeError> {
    let next = beacon.counter.wrapping_add(1);
    let [counter, ..] = next.to_le_bytes();
    if counter == 0 && beacon.nonce_reuse_as_firmware {
        beacon.guard = crate::NonceGuard::new();
    }
    let sample = atc::Sample {
        address: beacon.address,
        temperature: climate.temperature,
        humidity: climate.humidity,
        battery_level: climate.battery_level,
        battery_millivolts: climate.battery_millivolts,
        counter,
        flags: atc::Flags::default(),
    };
    let frame = match (beacon.format, &beacon.key) {
        (BeaconFormat::Atc1441, Some(key)) => {
            atc::Frame::Encrypted(sample.atc1441_encrypted(key, &mut beacon.guard)?)
        }
        (BeaconFormat::Atc1441, None) => atc::Frame::Atc1441(sample.atc1441()),
        (_, Some(key)) => atc::Frame::Encrypted(sample.pvvx_encrypted(key, &mut beacon.guard)?),
        (_, None) => atc::Frame::Pvvx(sample.pvvx()),
    };
    beacon.counter = next;
    frame.advert(true)
}

fn bthome(beacon: &mut Beacon, objects: &[(u8, bthome::Value<'_>)]) -> Result<AdvertBuf, EncodeError> {
    let counter = beacon.counter.wrapping_add(1);
    let [packet_id, ..] = counter.to_le_bytes();
    // Encrypted advertisements have the counter; plain ones need the packet id.
    let packet_id = beacon
        .key
        .is_none()
        .then_some((0x00, u32::from(packet_id).into()));
    let objects = packet_id.iter().chain(objects);
    let mut out = [0; MOST_SERVICE_DATA];
    let (uuid, service_data) = if let BeaconFormat::BthomeV2 { trigger_based } = beacon.format {
        let mut encoder = bthome::v2::Encoder::new(&mut out);
        if trigger_based {
            encoder = encoder.trigger_based();
        }
        for (id, value) in objects {
            encoder.push(*id, *value)?;
        }
        let service_data = match &beacon.key {
            Some(key) => encoder.seal(key, beacon.address, counter, &mut beacon.guard)?,
            None => encoder.finish()?,
        };
        (bthome::UUID_V2, service_data)
    } else {
        let mut encoder = bthome::v1::Encoder::new(&mut out);
        for (id, value) in objects {
            encoder.push(*id, *value)?;
        }
        match &beacon.key {
            Some(key) => (
                bthome::UUID_V1_ENCRYPTED,
                encoder.seal(key, beacon.address, counter, &mut beacon.guard)?,
            ),
            None => (bthome::UUID_V1, encoder.finish()),
        }
    };
    beacon.counter = counter;
    advert(uuid, service_data)
}

/// From hundredths, to the nearest.
fn tenths(hundredths: i16) -> i16 {
    hundredths.saturating_add(5 * hundredths.signum()) / 10
}

fn advert(uuid: u16, service_data: &[u8]) -> Result<AdvertBuf, EncodeError> {
    AdvertBuf::build(|ad| {
        ad.flags(Flags::LE_ONLY_GENERAL)?
            .service_data(uuid, service_data)
            .map(drop)
    })
}

fn push(out: &mut Adverts, advert: AdvertBuf) -> Result<(), EncodeError> {
    out.try_push(advert)
        .map_err(|_| EncodeError::Conflict("a message has at most eight advertisements"))
}

/// What one AD structure holds.
const MOST_SERVICE_DATA: usize = 252;
