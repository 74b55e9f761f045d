//! Objects 0x0000 to 0x3FFF: events and attributes that Xiaomi numbered before MIoT.

use super::{Known, Object, ProductId, Sink, button, lock};
use crate::number::Number;
use crate::reading::{
    BaseAction, Gesture, PeepholeAction, PlantMonitorAction, PomodoroAction, VacuumMode, WeighingEvent,
    WeighingKind,
};
use crate::{
    BinarySensor, DoorState, Event, GasState, KettleState, OpeningState, Quantity, SmokeState, State, Unit,
};

/// The number with this id, for objects that are nothing else, whatever the product.
#[inline]
pub(super) fn number(id: u16) -> Option<&'static Number> {
    let [high, low] = id.to_be_bytes();
    if high == 0x10 {
        Number::of(&NUMBERS, low)
    } else {
        None
    }
}

/// Attributes 0x1000 to 0x101F.
static NUMBERS: [Number; 0x20] = {
    use Number as N;
    let mut numbers = [N::NONE; 0x20];
    numbers[0x03] = N::unsigned(1, Quantity::RssiRaw, 0, Unit::None);
    numbers[0x04] = N::unsigned(2, Quantity::Temperature, -1, Unit::Celsius).signed(true);
    numbers[0x06] = N::unsigned(2, Quantity::Humidity, -1, Unit::Percent);
    numbers[0x08] = N::unsigned(1, Quantity::Moisture, 0, Unit::Percent);
    numbers[0x09] = N::unsigned(2, Quantity::Conductivity, 0, Unit::MicrosiemensPerCentimeter);
    numbers[0x0a] = N::unsigned(1, Quantity::Battery, 0, Unit::Percent);
    numbers[0x13] = N::unsigned(1, Quantity::Consumable, 0, Unit::Percent);
    numbers[0x17] = N::unsigned(4, Quantity::IdleTime, 0, Unit::Second);
    numbers[0x1a] = N::unsigned(2, Quantity::Weight, 0, Unit::Gram);
    numbers[0x1d] = N::unsigned(2, Quantity::Formaldehyde, -3, Unit::MilligramPerCubicMeter);
    numbers
};

/// What is no [`number`], or not of its length.
pub(super) fn interpret<'a>(object: &Object<'a>, product: ProductId, out: &mut Sink<'a, '_>) -> Known {
    match (object.id, object.data) {
        (0x0002, &[low, high]) => {
            out.measure(
                Quantity::PairingObject,
                u16::from_le_bytes([low, high]),
                Unit::None,
            );
        }
        (0x0003, &[motion]) => out.binary(BinarySensor::Motion, motion != 0),
        (0x0005, data) => lock::old_operation(data, out),
        (0x0006, data) => lock::fingerprint(data, out),
        (0x0007, data) => lock::door(data, out),
        (0x0008, data) => lock::armed(data, out),
        (0x0009, &[low, high]) => out.event(gesture(u16::from_le_bytes([low, high])).map(Event::Gesture)),
        (0x000a, &[low, high]) => {
            let raw = i16::from_le_bytes([low, high]);
            if raw != 0 {
                out.scaled(Quantity::BodyTemperature, raw, -2, Unit::Celsius);
            }
        }
        (0x000b, data) => lock::operation(data, out),
        (0x000c | 0x1014, &[wet]) => out.binary(BinarySensor::Moisture, wet != 0),
        (0x000d | 0x1015, &[state]) => out.state(smoke(state).map(State::Smoke)),
        (0x000e | 0x1016, &[state]) => out.state(gas(state).map(State::Gas)),
        (0x000f, &[low, middle, high]) => {
            let light = u32::from_le_bytes([low, middle, high, 0]);
            out.binary(BinarySensor::Motion, true);
            match product {
                // Two devices send 100 or 256 for light, 0 or 1 for dark.
                MJYD02YL | RTCGQ02LM => out.binary(BinarySensor::Light, light >= 100),
                _ => out.measure(Quantity::Illuminance, light, Unit::Lux),
            }
        }
        (0x0010, &[phase]) => out.binary(BinarySensor::Toothbrush, phase == 0),
        (0x0010, &[phase, number]) => {
            out.binary(BinarySensor::Toothbrush, phase == 0);
            let quantity = if phase == 0 {
                Quantity::Counter
            } else {
                Quantity::Score
            };
            out.measure(quantity, number, Unit::None);
        }
        (0x0011, &[action]) => out.event(peephole(action).map(Event::Peephole)),
        (0x0012, &[low, high, kind]) => {
            let grams = u16::from_le_bytes([low, high]);
            out.event(weighing(kind).map(|kind| Event::Weighing(WeighingEvent { grams, kind })));
        }
        (0x1001, &[button, value, action]) => button::interpret([button, value, action], product, out),
        (0x1002, &[asleep]) => out.binary(BinarySensor::Asleep, asleep != 0),
        (0x1005, &[state, temperature]) => {
            if let Some(kettle) = kettle(state) {
                let power = !matches!(kettle, KettleState::Idle | KettleState::Abnormal);
                out.binary(BinarySensor::Power, power);
                out.state(Some(State::Kettle(kettle)));
                out.scaled(Quantity::Temperature, temperature.cast_signed(), 0, Unit::Celsius);
            }
        }
        (0x1007, &[low, middle, high]) => {
            let light = u32::from_le_bytes([low, middle, high, 0]);
            match product {
                MJYD02YL | MCCGQ02HL => out.binary(BinarySensor::Light, light == 100),
                _ => out.measure(Quantity::Illuminance, light, Unit::Lux),
            }
        }
        // Lock 0x069E appends the time: `329aaecd62`.
        (0x100a, &[percent, _, _, _, _]) => {
            out.measure(Quantity::Battery, percent, Unit::Percent);
        }
        (0x100d, &[t_low, t_high, h_low, h_high]) => {
            out.scaled(
                Quantity::Temperature,
                i16::from_le_bytes([t_low, t_high]),
                -1,
                Unit::Celsius,
            );
            out.scaled(
                Quantity::Humidity,
                u16::from_le_bytes([h_low, h_high]),
                -1,
                Unit::Percent,
            );
        }
        (0x100e, &[bolts]) => {
            out.binary(BinarySensor::BoltSquare, bolts & 1 != 0);
            out.binary(BinarySensor::BoltDead, bolts & 1 << 1 != 0);
            out.binary(BinarySensor::BoltLatch, bolts & 1 << 2 != 0);
            out.binary(BinarySensor::ChildLock, bolts & 1 << 3 != 0);
        }
        (0x100f, &[state]) => out.state(door_state(state, product).map(State::Door)),
        (0x1010, &[low, high]) => {
            let exponent = if product == PTH_1 { -3 } else { -2 };
            let raw = u16::from_le_bytes([low, high]);
            out.scaled(
                Quantity::Formaldehyde,
                raw,
                exponent,
                Unit::MilligramPerCubicMeter,
            );
        }
        (0x1011, &[bound]) => out.binary(BinarySensor::Bound, bound != 0),
        (0x1012, &[on]) => out.binary(BinarySensor::Power, on != 0),
        // RTCGQ02LM sends the seconds without motion as four bytes under 0x101B too, the documents say one byte.
        (0x101b, &[a, b, c, d]) => {
            out.measure(Quantity::IdleTime, u32::from_le_bytes([a, b, c, d]), Unit::Second);
        }
        (0x1018, &[bright]) => out.binary(BinarySensor::Light, bright != 0),
        (0x1019, &[state]) => out.state(opening(state).map(State::Opening)),
        (0x101b, &[still]) => out.binary(BinarySensor::Motion, still == 0),
        (0x101c, &[in_bed]) => out.binary(BinarySensor::InBed, in_bed != 0),
        (0x2000, &[s_low, s_high, p_low, p_high, battery]) => {
            out.scaled(
                Quantity::SkinTemperature,
                i16::from_le_bytes([s_low, s_high]),
                -2,
                Unit::Celsius,
            );
            out.scaled(
                Quantity::PcbTemperature,
                i16::from_le_bytes([p_low, p_high]),
                -2,
                Unit::Celsius,
            );
            out.measure(Quantity::Battery, battery, Unit::Percent);
        }
        (0x2001, &[low, high, sleep, rssi]) => {
            out.measure(Quantity::Steps, u16::from_le_bytes([low, high]), Unit::None);
            if let 1 | 2 = sleep {
                out.binary(BinarySensor::Asleep, sleep == 1);
            }
            out.scaled(Quantity::Rssi, -i64::from(rssi), 0, Unit::DecibelMilliwatt);
        }
        (0x2002, &[mode, gear]) => {
            out.state(vacuum(mode).map(State::Vacuum));
            out.measure(Quantity::Gear, gear, Unit::None);
        }
        (0x2003, &[low, high, heart_rate, activity]) => {
            out.measure(Quantity::Steps, u16::from_le_bytes([low, high]), Unit::None);
            out.measure(Quantity::HeartRate, heart_rate, Unit::BeatsPerMinute);
            out.measure(Quantity::Activity, activity, Unit::None);
        }
        (0x20e1, &[a, b, c, d]) => {
            out.measure(Quantity::PulseCount, u32::from_le_bytes([a, b, c, d]), Unit::None);
        }
        (0x3000, &[action]) => out.event(plant_monitor(action).map(Event::PlantMonitor)),
        (0x3001, &[action]) => out.event(base(action).map(Event::Base)),
        (0x3002, &[action]) => out.event(pomodoro(action).map(Event::Pomodoro)),
        (0x3003, &[phase, a, b, c, d, ref score @ ..]) if score.len() <= 1 => {
            let time = u32::from_le_bytes([a, b, c, d]);
            out.binary(BinarySensor::Toothbrush, phase == 0);
            let quantity = if phase == 0 {
                Quantity::StartTime
            } else {
                Quantity::EndTime
            };
            out.measure(quantity, time, Unit::UnixSecond);
            if let &[score] = score {
                out.measure(Quantity::Score, score, Unit::None);
            }
        }
        // Known, with data of another length or value than documented.
        (id, _) if is_known(id) => {}
        _ => return Known::No,
    }
    Known::Yes
}

/// Whether the id has a meaning, whatever its data.
pub(super) const fn is_known(id: u16) -> bool {
    matches!(id, 0x0002 | 0x0003 | 0x0005..=0x0012 | 0x1001..=0x100a | 0x100d..=0x101d | 0x2000..=0x2003 | 0x20e1 | 0x3000..=0x3003)
}

fn gesture(code: u16) -> Option<Gesture> {
    Some(match code {
        1 => Gesture::Shake,
        2 => Gesture::Flip90,
        3 => Gesture::Flip180,
        4 => Gesture::RotatePlane,
        5 => Gesture::Knock,
        6 => Gesture::Nudge,
        _ => return None,
    })
}

fn smoke(code: u8) -> Option<SmokeState> {
    Some(match code {
        0 => SmokeState::Normal,
        1 => SmokeState::Alarm,
        2 => SmokeState::Fault,
        3 => SmokeState::SelfCheck,
        4 => SmokeState::SimulatedAlarm,
        _ => return None,
    })
}

fn gas(code: u8) -> Option<GasState> {
    Some(match code {
        0 => GasState::Normal,
        1 => GasState::Alarm,
        2 => GasState::Fault,
        3 => GasState::EndOfLife,
        4 => GasState::Preheating,
        5 => GasState::SelfCheck,
        6 => GasState::SimulatedAlarm,
        _ => return None,
    })
}

fn peephole(code: u8) -> Option<PeepholeAction> {
    Some(match code {
        0 => PeepholeAction::Stays,
        1 => PeepholeAction::Passes,
        2 => PeepholeAction::RingsBell,
        3 => PeepholeAction::LeavesMessage,
        4 => PeepholeAction::DamagesDevice,
        5 => PeepholeAction::Duress,
        6 => PeepholeAction::AbnormalUnlock,
        _ => return None,
    })
}

fn weighing(code: u8) -> Option<WeighingKind> {
    Some(match code {
        0 => WeighingKind::Current,
        1 => WeighingKind::Decrease,
        2 => WeighingKind::Increase,
        _ => return None,
    })
}

fn kettle(code: u8) -> Option<KettleState> {
    Some(match code {
        0 => KettleState::Idle,
        1 => KettleState::Heating,
        2 => KettleState::BoilThenKeepWarm,
        3 => KettleState::HeatThenKeepWarm,
        4 => KettleState::Abnormal,
        _ => return None,
    })
}

fn door_state(code: u8, product: ProductId) -> Option<DoorState> {
    let inverted = product == LOOCK_SAFE_V1;
    Some(match code {
        0 | 1 if (code == 0) != inverted => DoorState::Open,
        0 | 1 => DoorState::Closed,
        0xff => DoorState::Abnormal,
        _ => return None,
    })
}

fn opening(code: u8) -> Option<OpeningState> {
    Some(match code {
        0 => OpeningState::Open,
        1 => OpeningState::Closed,
        2 => OpeningState::OpenTimeout,
        3 => OpeningState::Reset,
        _ => return None,
    })
}

fn vacuum(code: u8) -> Option<VacuumMode> {
    Some(match code {
        0 => VacuumMode::Charging,
        1 => VacuumMode::Standby,
        2 => VacuumMode::Standard,
        3 => VacuumMode::Strong,
        0xff => VacuumMode::Abnormal,
        _ => return None,
    })
}

fn plant_monitor(code: u8) -> Option<PlantMonitorAction> {
    Some(match code {
        0 => PlantMonitorAction::Normal,
        1 => PlantMonitorAction::PulledOut,
        _ => return None,
    })
}

fn base(code: u8) -> Option<BaseAction> {
    Some(match code {
        0 => BaseAction::Separated,
        1 => BaseAction::Connected,
        _ => return None,
    })
}

fn pomodoro(code: u8) -> Option<PomodoroAction> {
    Some(match code {
        0 => PomodoroAction::WorkStart,
        1 => PomodoroAction::WorkEnd,
        2 => PomodoroAction::RestStart,
        3 => PomodoroAction::RestEnd,
        _ => return None,
    })
}

/// Nightlight with motion sensor.
const MJYD02YL: ProductId = ProductId(0x07f6);
/// Motion sensor.
const RTCGQ02LM: ProductId = ProductId(0x0a8d);
/// Door sensor with light sensor.
const MCCGQ02HL: ProductId = ProductId(0x098b);
/// Safe box.
const LOOCK_SAFE_V1: ProductId = ProductId(0x09b0);
/// Air monitor with a finer formaldehyde sensor.
const PTH_1: ProductId = ProductId(0x0711);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_safe_counts_the_other_way_round() {
        assert_eq!(door_state(0, LOOCK_SAFE_V1), Some(DoorState::Closed));
        assert_eq!(door_state(1, LOOCK_SAFE_V1), Some(DoorState::Open));
        assert_eq!(door_state(0, ProductId(0)), Some(DoorState::Open));
        assert_eq!(door_state(1, ProductId(0)), Some(DoorState::Closed));
        assert_eq!(door_state(7, ProductId(0)), None);
    }

    #[test]
    fn a_bad_length_is_no_unknown_object() {
        let object = Object {
            id: 0x1004,
            data: &[1],
        };
        assert_eq!(object.readings(ProductId(0)).len(), 0);
        let object = Object {
            id: 0x3fff,
            data: &[1],
        };
        assert_eq!(object.readings(ProductId(0)).len(), 1);
    }
}
