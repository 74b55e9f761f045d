//! Objects 0x4000 to 0x7FFF: properties and events of the MIoT specification.
//!
//! Most numbers mean the same in every product; these serve products that nobody has recorded yet. Some don't and
//! count only for the products that were seen to use them.

use super::button::{press, press_together};
use super::{Known, Object, ProductId, Sink, SpecId, SpecKind, scale};
use crate::reading::{Button, ButtonAction, ChargingState};
use crate::{BinarySensor, Decimal, Event, OpeningState, Quantity, State, Unit};

pub(super) fn interpret<'a>(object: &Object<'a>, product: ProductId, out: &mut Sink<'a, '_>) -> Known {
    match object.spec_id() {
        Some(SpecId {
            kind: SpecKind::Property,
            iid,
            ..
        }) => property(object, iid, product, out),
        Some(SpecId {
            kind: SpecKind::Event,
            iid,
            ..
        }) => event(object, iid, product, out),
        _ => Known::No,
    }
}

/// Whether the id means the same in every product.
pub(super) const fn is_generic(id: u16) -> bool {
    match SpecId::of(id) {
        Some(SpecId {
            kind: SpecKind::Property,
            iid,
            ..
        }) => matches!(
            iid,
            1001..=1003 | 1005 | 1006 | 1008 | 1020 | 1024 | 1034 | 1060..=1064 | 1078..=1082 | 1123
        ),
        Some(SpecId {
            kind: SpecKind::Event,
            iid,
            ..
        }) => matches!(iid, 1001 | 1008 | 1012..=1014),
        _ => false,
    }
}

fn property<'a>(object: &Object<'a>, iid: u16, product: ProductId, out: &mut Sink<'a, '_>) -> Known {
    match (iid, object.data) {
        (1001, data) => float(out, Quantity::Temperature, data, Unit::Celsius),
        (1002, &[percent]) => out.measure(Quantity::Humidity, percent, Unit::Percent),
        (1003, &[percent]) => out.measure(Quantity::Battery, percent, Unit::Percent),
        (1005, data) => float(out, Quantity::Illuminance, data, Unit::Lux),
        (1006, &[wet]) => {
            let two_probes = matches!(product, SJWS02LM | ZHIEE_SJ01);
            out.binary(
                if two_probes {
                    BinarySensor::MoistureBottom
                } else {
                    BinarySensor::Moisture
                },
                wet != 0,
            );
        }
        (1008, data) => float(out, Quantity::Humidity, data, Unit::Percent),
        (1020, &[mode]) => out.measure(Quantity::Mode, mode, Unit::None),
        (1024, &[low, high]) => {
            out.measure(Quantity::IdleTime, u16::from_le_bytes([low, high]), Unit::Second);
        }
        (1034, &[state]) => out.state(Some(State::Charging(match state {
            0 => ChargingState::Charging,
            1 => ChargingState::NotCharging,
            2 => ChargingState::Full,
            _ => ChargingState::Unknown,
        }))),
        (1060, &[present]) => out.binary(BinarySensor::PressurePresent, present != 0),
        (1061, data) => seconds(out, Quantity::PressurePresentDuration, data),
        (1062, data) => seconds(out, Quantity::PressureAbsentDuration, data),
        (1063, data) => seconds(out, Quantity::PressurePresentTimeSet, data),
        (1064, data) => seconds(out, Quantity::PressureAbsentTimeSet, data),
        // What this one means by 2 is disputed: clear for xiaomi-ble, occupied for XiaomiGateway3 and ble_monitor.
        (1078, &[people]) if product == XMOSB01XS && people >= 2 => return Known::No,
        (1078, &[people]) => out.binary(BinarySensor::Occupancy, people != 0),
        (1079 | 1082, data) => minutes(out, Quantity::NoOneDuration, data),
        (1080 | 1081, data) => minutes(out, Quantity::HasSomeoneDuration, data),
        (1123, &[wet]) => out.binary(BinarySensor::MoistureTop, wet != 0),

        (1004, &[state]) if product == MS1BB => out.state(magnet(state)),
        (1012, &[state]) if product == MC_COMM => out.state(match state {
            0 => Some(State::Opening(OpeningState::Open)),
            1 => Some(State::Opening(OpeningState::Closed)),
            _ => None,
        }),
        (1016, &[state]) if is_pillow(product) => match state {
            0 | 1 => out.binary(BinarySensor::Asleep, state == 1),
            2 => press(out, Some(Button::Single), Some(ButtonAction::DoublePress)),
            _ => {}
        },
        (1016, &[state]) if is_smart_band(product) => out.binary(BinarySensor::Asleep, state == 0),
        (1017, &[snores]) if is_pillow(product) => out.binary(BinarySensor::Snoring, snores != 0),
        (1018, &[percent]) if product == PTX_F1 => out.measure(Quantity::Humidity, percent, Unit::Percent),
        (1019, &[near]) if product == ES5BB => out.binary(BinarySensor::OccupancyCloseRange, near != 0),
        (1093, &[degrees]) if product == PTX_F1 => {
            out.scaled(Quantity::Temperature, degrees.cast_signed(), 0, Unit::Celsius);
        }
        (1093, &[a, b, c, d]) if product == PTX_F1 => {
            out.scaled(
                Quantity::Temperature,
                i32::from_le_bytes([a, b, c, d]),
                0,
                Unit::Celsius,
            );
        }
        (1097, &[state]) if is_smart_band(product) => out.binary(BinarySensor::Wearing, state == 0),

        // Known, with data of another length than its type has.
        (1002 | 1003 | 1006 | 1020 | 1024 | 1034 | 1060 | 1078 | 1123, _) => {}
        _ => return Known::No,
    }
    Known::Yes
}

fn event<'a>(object: &Object<'a>, iid: u16, product: ProductId, out: &mut Sink<'a, '_>) -> Known {
    match (iid, object.data) {
        // S800 counts 2 as low too.
        (1001, &[low]) => out.binary(BinarySensor::BatteryLow, low != 0),
        (1008, data @ &[_, _, _, _]) => {
            out.binary(BinarySensor::Motion, true);
            float(out, Quantity::Illuminance, data, Unit::Lux);
        }
        (1012, &[code, ..]) if product == K9BB => press(out, Some(Button::Single), single_code(code)),
        (1012, data) => buttons(out, data, ButtonAction::Press, product),
        (1013, data) => buttons(out, data, ButtonAction::DoublePress, product),
        (1014, data) => buttons(out, data, ButtonAction::LongPress, product),

        (1015, &[removed]) if product == MS1BB => out.event((removed == 1).then_some(Event::ForciblyRemoved)),
        (1018, &[state]) if product == MS1BB => out.state(magnet(state)),
        (1019, &[pressed]) if product == MS1BB => {
            press(
                out,
                (pressed == 1).then_some(Button::Single),
                Some(ButtonAction::Press),
            );
        }
        // Of this number each product means the event of one service only.
        (1022, data) if is_s200(product) && object.id == SCALE_EVENT => scale::s200(data, out),
        (1022, data) if is_s400(product) && object.id == S400_EVENT => scale::s400(data, out),
        (1022, data) if product == MJTZC04YM && object.id == SCALE_EVENT => scale::s800(data, out),
        (1022, &[code]) if is_pillow(product) => match (object.id, code) {
            (BED_EVENT | PILLOW_EVENT, 1) => out.binary(BinarySensor::InBed, true),
            (PILLOW_EVENT, 2) => out.binary(BinarySensor::InBed, false),
            (PILLOW_EVENT, 3) => press(out, Some(Button::Single), Some(ButtonAction::DoublePress)),
            (BED_EVENT | PILLOW_EVENT, _) => {}
            _ => return Known::No,
        },
        (1023, &[left]) if is_pillow(product) => {
            if left == 1 {
                out.binary(BinarySensor::InBed, false);
            }
        }
        (1026, &[open]) if product == MS1BB => {
            out.state((open == 1).then_some(State::Opening(OpeningState::OpenTimeout)));
        }
        (1028, _) if matches!(object.id, 0x4a1c | 0x4e1c) => out.event(Some(Event::DeviceReset)),
        (1104, &[code]) if product == SJWS02LM => match code {
            0 | 1 => out.binary(BinarySensor::MoistureBottom, code == 0),
            2 | 3 => out.binary(BinarySensor::MoistureTop, code == 2),
            _ => {}
        },

        // Known, with data of another length than its type has.
        (1001 | 1008, _) => {}
        _ => return Known::No,
    }
    Known::Yes
}

fn float(out: &mut Sink<'_, '_>, quantity: Quantity, data: &[u8], unit: Unit) {
    let &[a, b, c, d] = data else { return };
    if let Some(value) = Decimal::from_f32(f32::from_le_bytes([a, b, c, d])) {
        out.measure(quantity, value, unit);
    }
}

fn seconds(out: &mut Sink<'_, '_>, quantity: Quantity, data: &[u8]) {
    if let &[a, b, c, d] = data {
        out.measure(quantity, u32::from_le_bytes([a, b, c, d]), Unit::Second);
    }
}

/// One byte, or two bytes from XMOSB01XS.
fn minutes(out: &mut Sink<'_, '_>, quantity: Quantity, data: &[u8]) {
    match *data {
        [minutes] => out.measure(quantity, minutes, Unit::Minute),
        [low, high] => out.measure(quantity, u16::from_le_bytes([low, high]), Unit::Minute),
        _ => {}
    }
}

/// Devices with one button send no number.
fn buttons(out: &mut Sink<'_, '_>, data: &[u8], action: ButtonAction, product: ProductId) {
    let Some(&number) = data.first() else {
        return press(out, Some(Button::Single), Some(action));
    };
    let both = [Button::Left, Button::Right];
    let pressed: &[Button] = match (product, number) {
        (XMWS01XS, 0) | (XMWXKG01YL, 1) => &[Button::Left],
        (XMWS01XS, 1) | (XMWXKG01YL, 2) => &[Button::Right],
        (XMWS01XS, 2) | (XMWXKG01YL, 3) => &both,
        (XMWS01XS | XMWXKG01YL, _) => &[],
        (KS1 | KS1BP | PTX_F1, 0 | 5..) => &[],
        _ => &[Button::Number(u16::from(number))],
    };
    press_together(out, pressed, Some(action));
}

/// K9BB puts the kind of press where others put the button.
fn single_code(code: u8) -> Option<ButtonAction> {
    Some(match code {
        1 => ButtonAction::Press,
        8 => ButtonAction::LongPress,
        15 => ButtonAction::DoublePress,
        _ => return None,
    })
}

fn magnet(code: u8) -> Option<State> {
    Some(State::Opening(match code {
        1 => OpeningState::Open,
        2 => OpeningState::Closed,
        _ => return None,
    }))
}

/// 8H pillow, Xiaomi smart pillow.
const fn is_pillow(product: ProductId) -> bool {
    matches!(product.0, 0x18e3 | 0x20db)
}

/// The editions of the Smart Band 10.
const fn is_smart_band(product: ProductId) -> bool {
    matches!(product.0, 0x59fa | 0x59fb | 0x59fc | 0x6188)
}

const fn is_s200(product: ProductId) -> bool {
    matches!(product.0, 0x45c9 | 0x4c04 | 0x4dcb)
}

/// MJTZC01YM and MJTZC03YM.
const fn is_s400(product: ProductId) -> bool {
    matches!(product.0, 0x30d9 | 0x3bd5 | 0x48cf | 0x4b05 | 0x4fc2)
}

const MS1BB: ProductId = ProductId(0x1889);
const XMWXKG01YL: ProductId = ProductId(0x1949);
const K9BB: ProductId = ProductId(0x1c10);
const KS1: ProductId = ProductId(0x3a61);
const KS1BP: ProductId = ProductId(0x3e17);
const XMOSB01XS: ProductId = ProductId(0x4683);
const MJTZC04YM: ProductId = ProductId(0x51e2);
const XMWS01XS: ProductId = ProductId(0x5968);
const SJWS02LM: ProductId = ProductId(0x6375);
const PTX_F1: ProductId = ProductId(0x64c5);
const ES5BB: ProductId = ProductId(0x6a0f);
const ZHIEE_SJ01: ProductId = ProductId(0x7712);
const MC_COMM: ProductId = ProductId(0x78d1);

/// S200 and S800.
const SCALE_EVENT: u16 = 0x4e16;
/// S400.
const S400_EVENT: u16 = 0x6e16;
/// The pillow: somebody is in bed.
const BED_EVENT: u16 = 0x4e16;
/// The pillow: this one tells entering and leaving apart.
const PILLOW_EVENT: u16 = 0x5a16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;

    #[test]
    fn scales_and_pillows_count_in_their_own_service_only() {
        let scale = [1, 0xbc, 0xfa, 3, 0, 0x40, 0x96, 2, 0x68];
        for (product, ids, data) in [
            (0x3bd5, &[S400_EVENT][..], &scale[..]),
            (0x4c04, &[SCALE_EVENT], &scale),
            (0x20db, &[BED_EVENT, PILLOW_EVENT], &[1]),
        ] {
            for service in 0..16 {
                let id = 0x4216 | service << 10;
                let mut readings = Object { id, data }.readings(ProductId(product));
                let is_unknown = matches!(readings.next(), Some(Reading::Unknown(_)));
                assert_eq!(is_unknown, !ids.contains(&id), "{product:#06x} {id:#06x}");
            }
        }
    }
}
