//! Locks: who opened, how, and what went wrong.

use core::fmt;

use super::named_enum;

/// A lock was operated (objects 0x000B, 0x0005).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LockEvent {
    /// What was done.
    pub action: LockAction,
    /// With what.
    pub method: LockMethod,
    /// By whom.
    pub key: LockKey,
    /// Unix time.
    pub timestamp: u32,
}

impl fmt::Display for LockEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.error() {
            Some(error) => write!(f, "lock {}: {error}", self.action),
            None => write!(f, "lock {} by {} ({})", self.action, self.method, self.key),
        }
    }
}

named_enum! {
    /// What was done with a lock.
    pub enum LockAction {
        /// Unlocked from outside.
        UnlockOutside => "unlock_outside",
        /// Locked, side unknown.
        Lock => "lock",
        /// Double lock on: can't be opened from outside.
        AntilockOn => "antilock_on",
        /// Double lock off.
        AntilockOff => "antilock_off",
        /// Unlocked from inside.
        UnlockInside => "unlock_inside",
        /// Locked from inside.
        LockInside => "lock_inside",
        /// Child lock on.
        ChildLockOn => "childlock_on",
        /// Child lock off.
        ChildLockOff => "childlock_off",
        /// Locked from outside.
        LockOutside => "lock_outside",
        /// Something is wrong; [`LockKey::error`] says what.
        Abnormal => "abnormal",
    }
}

impl LockAction {
    /// Whether the bolt that the action is about is locked afterwards.
    #[must_use]
    pub const fn is_locked(self) -> bool {
        matches!(
            self,
            Self::Lock | Self::AntilockOn | Self::LockInside | Self::ChildLockOn | Self::LockOutside
        )
    }
}

named_enum! {
    /// What a lock was operated with.
    pub enum LockMethod {
        /// A phone over Bluetooth.
        Bluetooth => "bluetooth",
        /// A password.
        Password => "password",
        /// Finger, face, vein or palm.
        Biometrics => "biometrics",
        /// A mechanical key.
        Key => "key",
        /// The turning knob inside.
        Turntable => "turntable",
        /// An NFC card or phone.
        Nfc => "nfc",
        /// A one-time password.
        OneTimePassword => "one_time_password",
        /// Two things in a row.
        TwoStepVerification => "two_step_verification",
        /// Under duress.
        Coercion => "coercion",
        /// `HomeKit`.
        HomeKit => "homekit",
        /// By hand.
        Manual => "manual",
        /// By itself.
        Automatic => "automatic",
        /// Something is wrong.
        Abnormal => "abnormal",
    }
}

/// The 32-bit key id of a lock: who operated it, or an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockKey(u32);

impl LockKey {
    /// The id as sent.
    #[must_use]
    pub const fn new(id: u32) -> Self {
        Self(id)
    }

    /// The id as sent.
    #[must_use]
    pub const fn id(self) -> u32 {
        self.0
    }

    /// What kind of key it is.
    #[must_use]
    pub const fn kind(self) -> LockKeyKind {
        match self.0 {
            0 => LockKeyKind::Administrator,
            0xffff_ffff => LockKeyKind::UnknownOperator,
            0xdead_beef => LockKeyKind::InvalidOperator,
            1..=0x7fff_ffff => LockKeyKind::Bluetooth,
            id => match id >> 16 {
                0x8001 => LockKeyKind::Fingerprint,
                0x8002 => LockKeyKind::Password,
                0x8003 => LockKeyKind::Key,
                0x8004 => LockKeyKind::Nfc,
                0x8005 => LockKeyKind::TwoStepVerification,
                0x8006 => LockKeyKind::Face,
                0x8007 => LockKeyKind::FingerVein,
                0x8008 => LockKeyKind::PalmPrint,
                0xc0de => LockKeyKind::Error,
                _ => LockKeyKind::Unknown,
            },
        }
    }

    /// The number of the key among those of its kind.
    #[must_use]
    pub const fn index(self) -> Option<u32> {
        match self.kind() {
            LockKeyKind::Bluetooth => Some(self.0),
            LockKeyKind::Administrator
            | LockKeyKind::UnknownOperator
            | LockKeyKind::InvalidOperator
            | LockKeyKind::Error => None,
            _ => Some(self.0 & 0xffff),
        }
    }

    /// The error, if the id is one (0xC0DExxxx).
    #[must_use]
    pub const fn error(self) -> Option<LockError> {
        if !matches!(self.kind(), LockKeyKind::Error) {
            return None;
        }
        Some(match self.0 & 0xffff {
            0x0000 => LockError::WrongPasswordRepeated,
            0x0001 => LockError::WrongFingerprintRepeated,
            0x0002 => LockError::OperationTimeout,
            0x0003 => LockError::LockPicking,
            0x0004 => LockError::ResetButtonPressed,
            0x0005 => LockError::WrongKeyRepeated,
            0x0006 => LockError::ForeignBodyInKeyhole,
            0x0007 => LockError::KeyNotRemoved,
            0x0008 => LockError::WrongNfcRepeated,
            0x0009 => LockError::NotLockedInTime,
            0x000a => LockError::MultipleMethodsFailed,
            0x000b => LockError::WrongFaceRepeated,
            0x000c => LockError::WrongVeinRepeated,
            0x000d => LockError::HijackAlarm,
            0x000e => LockError::UnlockInsideWhileArmed,
            0x000f => LockError::WrongPalmPrintRepeated,
            0x0010 => LockError::SafeMoved,
            0x1000 => LockError::BatteryBelow10Percent,
            0x1001 => LockError::BatteryBelow5Percent,
            0x1002 => LockError::FingerprintSensorFault,
            0x1003 => LockError::AccessoryBatteryLow,
            0x1004 => LockError::MechanicalFailure,
            0x1005 => LockError::LockSensorFault,
            _ => LockError::Unknown,
        })
    }
}

impl fmt::Display for LockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().name())?;
        match self.index() {
            Some(index) => write!(f, " {index}"),
            None => Ok(()),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for LockKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut key = serializer.serialize_struct("LockKey", 4)?;
        key.serialize_field("id", &self.id())?;
        key.serialize_field("kind", &self.kind())?;
        key.serialize_field("index", &self.index())?;
        key.serialize_field("error", &self.error())?;
        key.end()
    }
}

named_enum! {
    /// The kind of a [`LockKey`].
    pub enum LockKeyKind {
        /// The owner.
        Administrator => "administrator",
        /// A phone.
        Bluetooth => "bluetooth",
        /// A finger.
        Fingerprint => "fingerprint",
        /// A password.
        Password => "password",
        /// A mechanical key.
        Key => "key",
        /// An NFC card or phone.
        Nfc => "nfc",
        /// Two things in a row.
        TwoStepVerification => "two_step_verification",
        /// A face.
        Face => "face",
        /// A finger vein.
        FingerVein => "fingervein",
        /// A palm print.
        PalmPrint => "palmprint",
        /// Not a person: see [`LockKey::error`].
        Error => "error",
        /// The lock doesn't know who.
        UnknownOperator => "unknown_operator",
        /// Somebody without permission.
        InvalidOperator => "invalid_operator",
        /// An id that isn't documented.
        Unknown => "unknown",
    }
}

named_enum! {
    /// What went wrong at a lock (key ids 0xC0DExxxx).
    pub enum LockError {
        /// Wrong password, several times.
        WrongPasswordRepeated => "wrong_password_repeated",
        /// Wrong finger, several times.
        WrongFingerprintRepeated => "wrong_fingerprint_repeated",
        /// An operation took too long.
        OperationTimeout => "operation_timeout",
        /// Somebody picks the lock.
        LockPicking => "lock_picking",
        /// The reset button was pressed.
        ResetButtonPressed => "reset_button_pressed",
        /// Wrong key, several times.
        WrongKeyRepeated => "wrong_key_repeated",
        /// Something is in the keyhole.
        ForeignBodyInKeyhole => "foreign_body_in_keyhole",
        /// The key was left in the lock.
        KeyNotRemoved => "key_not_removed",
        /// Wrong NFC card, several times.
        WrongNfcRepeated => "wrong_nfc_repeated",
        /// Not locked in time.
        NotLockedInTime => "not_locked_in_time",
        /// Several ways to open failed.
        MultipleMethodsFailed => "multiple_methods_failed",
        /// Wrong face, several times.
        WrongFaceRepeated => "wrong_face_repeated",
        /// Wrong finger vein, several times.
        WrongVeinRepeated => "wrong_vein_repeated",
        /// Somebody is forced to open.
        HijackAlarm => "hijack_alarm",
        /// Opened from inside while armed.
        UnlockInsideWhileArmed => "unlock_inside_while_armed",
        /// Wrong palm, several times.
        WrongPalmPrintRepeated => "wrong_palmprint_repeated",
        /// The safe was moved.
        SafeMoved => "safe_moved",
        /// Battery below 10 %.
        BatteryBelow10Percent => "battery_below_10_percent",
        /// Battery below 5 %.
        BatteryBelow5Percent => "battery_below_5_percent",
        /// The fingerprint sensor has a fault.
        FingerprintSensorFault => "fingerprint_sensor_fault",
        /// The battery of an accessory is low.
        AccessoryBatteryLow => "accessory_battery_low",
        /// A mechanical fault.
        MechanicalFailure => "mechanical_failure",
        /// The lock's sensor has a fault.
        LockSensorFault => "lock_sensor_fault",
        /// A code that isn't documented.
        Unknown => "unknown",
    }
}

/// A finger was read (object 0x0006).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FingerprintEvent {
    /// Whose finger.
    pub key: LockKey,
    /// Whether it matched.
    pub result: FingerprintResult,
}

named_enum! {
    /// What a fingerprint reader found.
    pub enum FingerprintResult {
        /// A known finger.
        Match => "match",
        /// An unknown finger.
        NoMatch => "no_match",
        /// The finger didn't come in time.
        Timeout => "timeout",
        /// The picture is too bad.
        LowQuality => "low_quality",
        /// Too little of the finger was seen.
        InsufficientArea => "insufficient_area",
        /// Too dry.
        TooDry => "skin_too_dry",
        /// Too wet.
        TooWet => "skin_too_wet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_tell_who() {
        assert_eq!(LockKey::new(0x8002_0003).to_string(), "password 3");
        assert_eq!(LockKey::new(0).to_string(), "administrator");
        assert_eq!(LockKey::new(0x7fff_ffff).index(), Some(0x7fff_ffff));
        assert_eq!(LockKey::new(0xc0de_0003).error(), Some(LockError::LockPicking));
        assert_eq!(LockKey::new(0xc0de_4444).error(), Some(LockError::Unknown));
        assert_eq!(LockKey::new(0x8009_0001).kind(), LockKeyKind::Unknown);
    }
}
