//! Scales that send MiBeacon objects: 0x6E16 (S400), 0x4E16 (S200, S800).

use super::Sink;
use crate::{Quantity, Unit};

/// S400: profile, packed u32, Unix time.
///
/// | Bits | Field | Unit | None |
/// |---|---|---|---|
/// | 0-10 | weight | 0.1 kg | 0, 0x7FF |
/// | 11-17 | heart rate less 50 | bpm | 0, 127 |
/// | 18-31 | impedance | 0.1 Ω | 0 |
///
/// The first frame of a weighing carries the weight and the impedance at 50 kHz, the second one only the impedance
/// at 250 kHz: tissue conducts better at higher frequency, and the second value is the smaller one in every capture.
/// XiaomiGateway3 and ble_monitor name them the other way round.
pub(super) fn s400(data: &[u8], out: &mut Sink<'_, '_>) {
    let &[profile, p0, p1, p2, p3, t0, t1, t2, t3] = data else {
        return;
    };
    let packed = u32::from_le_bytes([p0, p1, p2, p3]);
    let (weight, heart_rate, impedance) = (packed & 0x7ff, packed >> 11 & 0x7f, packed >> 18);
    let has_weight = !matches!(weight, 0 | 0x7ff);

    out.measure(Quantity::ProfileId, profile, Unit::None);
    if has_weight {
        out.scaled(Quantity::Weight, weight, -1, Unit::Kilogram);
    }
    if let 1..=126 = heart_rate {
        out.measure(Quantity::HeartRate, heart_rate + 50, Unit::BeatsPerMinute);
    }
    if impedance != 0 {
        let quantity = if has_weight {
            Quantity::ImpedanceLowFrequency
        } else {
            Quantity::ImpedanceHighFrequency
        };
        out.scaled(quantity, impedance, -1, Unit::Ohm);
    }
    out.measure(
        Quantity::Timestamp,
        u32::from_le_bytes([t0, t1, t2, t3]),
        Unit::UnixSecond,
    );
}

/// S200: profile, weight u32 in 0.01 kg (0 = not final), Unix time.
pub(super) fn s200(data: &[u8], out: &mut Sink<'_, '_>) {
    let &[profile, w0, w1, w2, w3, t0, t1, t2, t3] = data else {
        return;
    };
    let weight = u32::from_le_bytes([w0, w1, w2, w3]);
    if weight == 0 {
        return;
    }
    out.measure(Quantity::ProfileId, profile, Unit::None);
    out.scaled(Quantity::Weight, weight, -2, Unit::Kilogram);
    out.measure(
        Quantity::Timestamp,
        u32::from_le_bytes([t0, t1, t2, t3]),
        Unit::UnixSecond,
    );
}

/// S800: 0x90, stage word, value word. From two peers, without a capture.
pub(super) fn s800(data: &[u8], out: &mut Sink<'_, '_>) {
    let &[0x90, _, _, stage, _, _, _, low, high] = data else {
        return;
    };
    out.measure(Quantity::MeasureStage, stage, Unit::None);
    match stage {
        0x05 => out.scaled(
            Quantity::Weight,
            u16::from_le_bytes([low, high]),
            -2,
            Unit::Kilogram,
        ),
        0x15 => out.measure(Quantity::HeartRate, u16::from(high) + 50, Unit::BeatsPerMinute),
        _ => {}
    }
}
