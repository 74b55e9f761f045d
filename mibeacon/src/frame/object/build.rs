//! Objects to be sent.

use core::fmt;

use arrayvec::ArrayVec;

use super::{Object, SpecId, lock};
use crate::EncodeError;
use crate::reading::{ButtonAction, LockEvent, OpeningState};

/// An object with its data inside, for a [`Builder`](crate::frame::Builder) or a [`Beacon`](crate::Beacon).
///
/// ```
/// use mibeacon::frame::{ObjectBuf, ProductId};
///
/// let object = ObjectBuf::temperature(215);
/// let reading = object.as_object().readings(ProductId(0)).next().unwrap();
/// assert_eq!(reading.to_string(), "temperature 21.5 °C");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectBuf {
    id: u16,
    data: ArrayVec<u8, MOST_DATA>,
}

/// A weighing of the S400 family, see [`ObjectBuf::scale_s400`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct S400 {
    /// Which user.
    pub profile: u8,
    /// 0.1 kg, 0 = none, at most 2046.
    pub weight: u16,
    /// bpm, 51 to 176.
    pub heart_rate: Option<u8>,
    /// 0.1 Ω, 0 = none, at most 16383. At 50 kHz with a weight, at 250 kHz without.
    pub impedance: u16,
    /// Unix time.
    pub timestamp: u32,
}

impl ObjectBuf {
    /// Any object of at most 12 bytes, which is what the vendor's firmware can send.
    pub fn new(id: u16, data: &[u8]) -> Result<Self, EncodeError> {
        let data = data.try_into().map_err(|_| EncodeError::TooLong {
            found: data.len(),
            limit: MOST_DATA,
        })?;
        Ok(Self { id, data })
    }

    /// A property or event of the MIoT specification. Fails if no object id has room for the address.
    pub fn miot(address: SpecId, data: &[u8]) -> Result<Self, EncodeError> {
        let conflict = EncodeError::Conflict("no object id stands for this MIoT address");
        Self::new(address.object_id().ok_or(conflict)?, data)
    }

    /// 0.1 °C.
    #[must_use]
    pub fn temperature(tenths: i16) -> Self {
        Self::short(0x1004, &tenths.to_le_bytes())
    }

    /// 0.1 %.
    #[must_use]
    pub fn humidity(tenths: u16) -> Self {
        Self::short(0x1006, &tenths.to_le_bytes())
    }

    /// 0.1 °C and 0.1 %.
    #[must_use]
    pub fn temperature_humidity(temperature: i16, humidity: u16) -> Self {
        let ([a, b], [c, d]) = (temperature.to_le_bytes(), humidity.to_le_bytes());
        Self::short(0x100d, &[a, b, c, d])
    }

    /// Percent.
    #[must_use]
    pub fn battery(percent: u8) -> Self {
        Self::short(0x100a, &[percent])
    }

    /// Percent.
    #[must_use]
    pub fn moisture(percent: u8) -> Self {
        Self::short(0x1008, &[percent])
    }

    /// µS/cm.
    #[must_use]
    pub fn conductivity(microsiemens: u16) -> Self {
        Self::short(0x1009, &microsiemens.to_le_bytes())
    }

    /// lx, 24 bits.
    pub fn illuminance(lux: u32) -> Result<Self, EncodeError> {
        Self::lux(0x1007, lux)
    }

    /// Motion now, and the light in lx, 24 bits.
    pub fn motion_with_light(lux: u32) -> Result<Self, EncodeError> {
        Self::lux(0x000f, lux)
    }

    /// Seconds since the last motion.
    #[must_use]
    pub fn idle_time(seconds: u32) -> Self {
        Self::short(0x1017, &seconds.to_le_bytes())
    }

    /// A door or window contact.
    #[must_use]
    pub fn opening(state: OpeningState) -> Self {
        Self::short(
            0x1019,
            &[match state {
                OpeningState::Open => 0,
                OpeningState::Closed => 1,
                OpeningState::OpenTimeout => 2,
                OpeningState::Reset => 3,
            }],
        )
    }

    /// A button, by its number from 0. Fails for actions that object 0x1001 has no code for.
    pub fn button(index: u16, action: ButtonAction) -> Result<Self, EncodeError> {
        let code = match action {
            ButtonAction::Press => 0,
            ButtonAction::DoublePress => 1,
            ButtonAction::LongPress => 2,
            ButtonAction::TriplePress => 3,
            ButtonAction::Release => 4,
            _ => return Err(EncodeError::OutOfRange { id: 0x1001 }),
        };
        let [low, high] = index.to_le_bytes();
        Ok(Self::short(0x1001, &[low, high, code]))
    }

    /// A lock was operated.
    #[must_use]
    pub fn lock(event: &LockEvent) -> Self {
        let operation = lock::action_code(event.action) | lock::method_code(event.method) << 4;
        let ([a, b, c, d], [e, f, g, h]) = (event.key.id().to_le_bytes(), event.timestamp.to_le_bytes());
        Self::short(0x000b, &[operation, a, b, c, d, e, f, g, h])
    }

    /// A weighing of a scale S400.
    pub fn scale_s400(weighing: &S400) -> Result<Self, EncodeError> {
        let out_of_range = EncodeError::OutOfRange { id: SCALE_S400 };
        let heart_rate = match weighing.heart_rate {
            None => 0,
            Some(rate @ 51..=176) => rate - 50,
            Some(_) => return Err(out_of_range),
        };
        if weighing.weight >= 0x7ff || weighing.impedance >= 1 << 14 {
            return Err(out_of_range);
        }
        let packed =
            u32::from(weighing.weight) | u32::from(heart_rate) << 11 | u32::from(weighing.impedance) << 18;
        Ok(Self::scale(
            SCALE_S400, weighing.profile, packed, weighing.timestamp,
        ))
    }

    /// A weighing of a scale S200: user, weight in 0.01 kg (0 = not final), Unix time.
    #[must_use]
    pub fn scale_s200(profile: u8, weight: u32, timestamp: u32) -> Self {
        Self::scale(0x4e16, profile, weight, timestamp)
    }

    /// The object, borrowed.
    #[must_use]
    pub fn as_object(&self) -> Object<'_> {
        Object {
            id: self.id,
            data: &self.data,
        }
    }

    fn lux(id: u16, lux: u32) -> Result<Self, EncodeError> {
        match lux.to_le_bytes() {
            [a, b, c, 0] => Ok(Self::short(id, &[a, b, c])),
            _ => Err(EncodeError::OutOfRange { id }),
        }
    }

    fn scale(id: u16, profile: u8, value: u32, timestamp: u32) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (value.to_le_bytes(), timestamp.to_le_bytes());
        Self::short(id, &[profile, a, b, c, d, e, f, g, h])
    }

    /// Data that is known to fit.
    fn short<const N: usize>(id: u16, data: &[u8; N]) -> Self {
        const { assert!(N <= MOST_DATA) }
        Self {
            id,
            data: data.iter().copied().collect(),
        }
    }
}

impl fmt::Debug for ObjectBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_object().fmt(f)
    }
}

/// What the vendor's firmware can send in one object.
const MOST_DATA: usize = 12;

const SCALE_S400: u16 = 0x6e16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ProductId, SpecKind};
    use crate::reading::{LockAction, LockKey, LockMethod};
    use crate::{Event, Reading};

    fn texts(object: &ObjectBuf, product: u16) -> Vec<String> {
        object
            .as_object()
            .readings(ProductId(product))
            .map(|reading| reading.to_string())
            .collect()
    }

    #[test]
    fn what_is_built_is_read() {
        assert_eq!(
            texts(&ObjectBuf::temperature_humidity(-123, 352), 0),
            ["temperature -12.3 °C", "humidity 35.2 %"]
        );
        assert_eq!(texts(&ObjectBuf::humidity(1000), 0), ["humidity 100.0 %"]);
        assert_eq!(texts(&ObjectBuf::battery(87), 0), ["battery 87 %"]);
        assert_eq!(texts(&ObjectBuf::moisture(28), 0), ["moisture 28 %"]);
        assert_eq!(
            texts(&ObjectBuf::conductivity(305), 0),
            ["conductivity 305 µS/cm"]
        );
        assert_eq!(
            texts(&ObjectBuf::illuminance(120_000).unwrap(), 0),
            ["illuminance 120000 lx"]
        );
        assert_eq!(
            texts(&ObjectBuf::motion_with_light(5).unwrap(), 0),
            ["motion on", "illuminance 5 lx"]
        );
        assert_eq!(texts(&ObjectBuf::idle_time(120), 0), ["idle_time 120 s"]);
        assert_eq!(
            texts(&ObjectBuf::opening(OpeningState::OpenTimeout), 0),
            ["opening open_timeout"]
        );
        assert_eq!(
            texts(&ObjectBuf::button(0, ButtonAction::DoublePress).unwrap(), 0),
            ["button single double_press"]
        );
    }

    #[test]
    fn values_that_do_not_fit_are_refused() {
        assert_eq!(
            ObjectBuf::illuminance(1 << 24),
            Err(EncodeError::OutOfRange { id: 0x1007 })
        );
        assert!(ObjectBuf::button(0, ButtonAction::HoldPress).is_err());
        assert!(
            ObjectBuf::scale_s400(&S400 {
                weight: 0x7ff,
                ..S400::default()
            })
            .is_err()
        );
        assert!(
            ObjectBuf::scale_s400(&S400 {
                heart_rate: Some(50),
                ..S400::default()
            })
            .is_err()
        );
        assert!(ObjectBuf::new(0x1004, &[0; 13]).is_err());
    }

    #[test]
    fn a_weighing_with_pulse_reads_back() {
        let weighing = S400 {
            profile: 1,
            weight: 688,
            heart_rate: Some(69),
            impedance: 4480,
            timestamp: 1_778_217_052,
        };
        let object = ObjectBuf::scale_s400(&weighing).unwrap();
        assert_eq!(object.as_object().data, b"\x01\xb0\x9a\x00\x46\x5c\x70\xfd\x69");
        let readings = texts(&object, 0x48cf);
        assert_eq!(
            readings.get(1..4).unwrap(),
            [
                "weight 68.8 kg",
                "heart_rate 69 bpm",
                "impedance_low_freq 448.0 Ω"
            ]
        );
    }

    #[test]
    fn every_lock_action_and_method_reads_back() {
        for &action in LockAction::ALL {
            for &method in LockMethod::ALL {
                let event = LockEvent {
                    action,
                    method,
                    key: LockKey::new(0x8001_0002),
                    timestamp: 1_700_000_000,
                };
                let object = ObjectBuf::lock(&event);
                let read = object.as_object().readings(ProductId(0)).next();
                assert_eq!(read, Some(Reading::Event(Event::Lock(event))));
            }
        }
    }

    #[test]
    fn a_miot_address_becomes_its_object_id() {
        let address = SpecId {
            siid: 3,
            kind: SpecKind::Property,
            iid: 1001,
        };
        let object = ObjectBuf::miot(address, &23.8_f32.to_le_bytes()).unwrap();
        assert_eq!(object.as_object().id, 0x4c01);
        assert_eq!(texts(&object, 0), ["temperature 23.8 °C"]);
        for id in 0x4000..0x8000 {
            assert_eq!(SpecId::of(id).unwrap().object_id(), Some(id));
        }
        assert_eq!(SpecId { siid: 16, ..address }.object_id(), None);
        assert_eq!(SpecId { iid: 999, ..address }.object_id(), None);
        assert_eq!(SpecId { iid: 1256, ..address }.object_id(), None);
        assert_eq!(
            SpecId {
                kind: SpecKind::Other(4),
                ..address
            }
            .object_id(),
            None
        );
    }
}
