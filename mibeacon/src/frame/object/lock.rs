//! Objects of locks: 0x0005, 0x0006, 0x0007, 0x0008, 0x000B.

use super::Sink;
use crate::Event;
use crate::reading::{
    ArmedEvent, DoorAction, DoorEvent, FingerprintEvent, FingerprintResult, LockAction, LockEvent, LockKey,
    LockMethod,
};

/// 0x000B: action in the low, method in the high half of byte 0; key id; Unix time.
pub(super) fn operation(data: &[u8], out: &mut Sink<'_, '_>) {
    let &[operation, k0, k1, k2, k3, t0, t1, t2, t3] = data else {
        return;
    };
    let key = LockKey::new(u32::from_le_bytes([k0, k1, k2, k3]));
    let timestamp = u32::from_le_bytes([t0, t1, t2, t3]);
    let (action, method) = (action(operation & 0x0f), method(operation >> 4));
    out.event(lock(action, method, key, timestamp));
}

/// 0x0005, obsolete: action, method, key id, Unix time, with codes of its own.
pub(super) fn old_operation(data: &[u8], out: &mut Sink<'_, '_>) {
    let &[action, method, k0, k1, k2, k3, t0, t1, t2, t3] = data else {
        return;
    };
    let key = LockKey::new(u32::from_le_bytes([k0, k1, k2, k3]));
    let timestamp = u32::from_le_bytes([t0, t1, t2, t3]);
    out.event(lock(old_action(action), old_method(method), key, timestamp));
}

/// 0x0006: key id, result.
pub(super) fn fingerprint(data: &[u8], out: &mut Sink<'_, '_>) {
    let &[k0, k1, k2, k3, result] = data else { return };
    let key = LockKey::new(u32::from_le_bytes([k0, k1, k2, k3]));
    let result = match result {
        0 => FingerprintResult::Match,
        1 => FingerprintResult::NoMatch,
        2 => FingerprintResult::Timeout,
        3 => FingerprintResult::LowQuality,
        4 => FingerprintResult::InsufficientArea,
        5 => FingerprintResult::TooDry,
        6 => FingerprintResult::TooWet,
        _ => return,
    };
    out.event(Some(Event::Fingerprint(FingerprintEvent { key, result })));
}

/// 0x0007: action, and the Unix time from some locks.
pub(super) fn door(data: &[u8], out: &mut Sink<'_, '_>) {
    let Some((action, timestamp)) = with_time(data) else {
        return;
    };
    let action = match action {
        0 => DoorAction::Open,
        1 => DoorAction::Close,
        2 => DoorAction::NotClosedTimeout,
        3 => DoorAction::Knock,
        4 => DoorAction::Pry,
        5 => DoorAction::Stuck,
        _ => return,
    };
    out.event(Some(Event::Door(DoorEvent { action, timestamp })));
}

/// 0x0008: 1 armed, 0 disarmed, and the Unix time from some locks.
///
/// xiaomi-ble and ble_monitor invert it; the vendor's documents don't, nor does XiaomiGateway3.
pub(super) fn armed(data: &[u8], out: &mut Sink<'_, '_>) {
    let Some((armed, timestamp)) = with_time(data) else {
        return;
    };
    out.event(Some(Event::Armed(ArmedEvent {
        armed: armed != 0,
        timestamp,
    })));
}

fn with_time(data: &[u8]) -> Option<(u8, Option<u32>)> {
    match *data {
        [value] => Some((value, None)),
        [value, a, b, c, d] => Some((value, Some(u32::from_le_bytes([a, b, c, d])))),
        _ => None,
    }
}

fn lock(
    action: Option<LockAction>,
    method: Option<LockMethod>,
    key: LockKey,
    timestamp: u32,
) -> Option<Event<'static>> {
    Some(Event::Lock(LockEvent {
        action: action?,
        method: method?,
        key,
        timestamp,
    }))
}

fn action(code: u8) -> Option<LockAction> {
    Some(match code {
        0 => LockAction::UnlockOutside,
        1 => LockAction::Lock,
        2 => LockAction::AntilockOn,
        3 => LockAction::AntilockOff,
        4 => LockAction::UnlockInside,
        5 => LockAction::LockInside,
        6 => LockAction::ChildLockOn,
        7 => LockAction::ChildLockOff,
        8 => LockAction::LockOutside,
        15 => LockAction::Abnormal,
        _ => return None,
    })
}

fn method(code: u8) -> Option<LockMethod> {
    Some(match code {
        0 => LockMethod::Bluetooth,
        1 => LockMethod::Password,
        2 => LockMethod::Biometrics,
        3 => LockMethod::Key,
        4 => LockMethod::Turntable,
        5 => LockMethod::Nfc,
        6 => LockMethod::OneTimePassword,
        7 => LockMethod::TwoStepVerification,
        8 => LockMethod::Coercion,
        9 => LockMethod::HomeKit,
        10 => LockMethod::Manual,
        11 => LockMethod::Automatic,
        15 => LockMethod::Abnormal,
        _ => return None,
    })
}

/// The inverse of [`action`].
pub(super) const fn action_code(action: LockAction) -> u8 {
    match action {
        LockAction::UnlockOutside => 0,
        LockAction::Lock => 1,
        LockAction::AntilockOn => 2,
        LockAction::AntilockOff => 3,
        LockAction::UnlockInside => 4,
        LockAction::LockInside => 5,
        LockAction::ChildLockOn => 6,
        LockAction::ChildLockOff => 7,
        LockAction::LockOutside => 8,
        LockAction::Abnormal => 15,
    }
}

/// The inverse of [`method`].
pub(super) const fn method_code(method: LockMethod) -> u8 {
    match method {
        LockMethod::Bluetooth => 0,
        LockMethod::Password => 1,
        LockMethod::Biometrics => 2,
        LockMethod::Key => 3,
        LockMethod::Turntable => 4,
        LockMethod::Nfc => 5,
        LockMethod::OneTimePassword => 6,
        LockMethod::TwoStepVerification => 7,
        LockMethod::Coercion => 8,
        LockMethod::HomeKit => 9,
        LockMethod::Manual => 10,
        LockMethod::Automatic => 11,
        LockMethod::Abnormal => 15,
    }
}

fn old_action(code: u8) -> Option<LockAction> {
    Some(match code {
        0 => LockAction::UnlockOutside,
        1 => LockAction::LockOutside,
        2 => LockAction::AntilockOn,
        3 => LockAction::AntilockOff,
        4 => LockAction::UnlockInside,
        5 => LockAction::LockInside,
        0xff => LockAction::Abnormal,
        _ => return None,
    })
}

fn old_method(code: u8) -> Option<LockMethod> {
    match code {
        0..=5 => method(code),
        0x10 => Some(LockMethod::Manual),
        0x20 => Some(LockMethod::Automatic),
        0xff => Some(LockMethod::Abnormal),
        _ => None,
    }
}
