//! The gateway's loudspeaker.

use crate::BuildError;

/// A sound that a gateway plays: the attribute `mid`. Needs firmware 1.4.1_145 or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ringtone(u32);

/// The built-in sounds are in three groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RingtoneGroup {
    /// 0 to 8.
    Alarm,
    /// 10 to 13.
    Doorbell,
    /// 20 to 29.
    AlarmClock,
}

impl Ringtone {
    /// Stops what is playing.
    pub const STOP: Self = Self(10_000);

    /// Checks that it exists: built in, [`STOP`](Self::STOP), or one that the user loaded (10001 and up).
    ///
    /// # Errors
    /// 9, 14 to 19 and 30 to 9999 are gaps.
    pub const fn new(mid: u32) -> Result<Self, BuildError> {
        match mid {
            0..=8 | 10..=13 | 20..=29 | 10_000.. => Ok(Self(mid)),
            _ => Err(BuildError::NoSuchRingtone { found: mid }),
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn mid(self) -> u32 {
        self.0
    }

    /// Group and name of a built-in sound.
    #[must_use]
    pub fn name(self) -> Option<(RingtoneGroup, &'static str)> {
        RINGTONES
            .iter()
            .find(|row| row.0 == self.0)
            .map(|&(_, group, name)| (group, name))
    }
}

const fn ringtone(mid: u32, group: RingtoneGroup, name: &'static str) -> (u32, RingtoneGroup, &'static str) {
    (mid, group, name)
}

use RingtoneGroup::*;

/// Number, group and name of the built-in sounds, sorted.
#[rustfmt::skip]
pub const RINGTONES: &[(u32, RingtoneGroup, &str)] = &[
    ringtone(0, Alarm, "police car 1"),
    ringtone(1, Alarm, "police car 2"),
    ringtone(2, Alarm, "accident"),
    ringtone(3, Alarm, "countdown"),
    ringtone(4, Alarm, "ghost"),
    ringtone(5, Alarm, "sniper rifle"),
    ringtone(6, Alarm, "battle"),
    ringtone(7, Alarm, "air raid"),
    ringtone(8, Alarm, "bark"),
    ringtone(10, Doorbell, "doorbell"),
    ringtone(11, Doorbell, "knock at a door"),
    ringtone(12, Doorbell, "amuse"),
    ringtone(13, Doorbell, "alarm clock"),
    ringtone(20, AlarmClock, "mimix"),
    ringtone(21, AlarmClock, "enthusiastic"),
    ringtone(22, AlarmClock, "guitar classic"),
    ringtone(23, AlarmClock, "ice world piano"),
    ringtone(24, AlarmClock, "leisure time"),
    ringtone(25, AlarmClock, "childhood"),
    ringtone(26, AlarmClock, "morning streamlet"),
    ringtone(27, AlarmClock, "music box"),
    ringtone(28, AlarmClock, "orange"),
    ringtone(29, AlarmClock, "thinker"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_what_new_accepts() {
        assert!(RINGTONES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for mid in 0..10_000 {
            assert_eq!(
                Ringtone::new(mid).is_ok(),
                RINGTONES.iter().any(|row| row.0 == mid),
                "{mid}"
            );
        }
        assert_eq!(Ringtone::new(10).unwrap().name(), Some((Doorbell, "doorbell")));
        assert_eq!(Ringtone::STOP.name(), None);
    }
}
