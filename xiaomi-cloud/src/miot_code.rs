//! Codes of MIoT properties and actions.

/// A code of one property or action. 0 is success, 1 means that the result follows later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MiotCode(pub i64);

/// What a code has to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Nothing known.
    Unknown,
    /// The service or feature isn't available.
    Unavailable,
    /// A value or parameter doesn't fit.
    BadValue,
    /// Resources are used up.
    Resource,
    /// A fault inside the cloud or the device.
    Internal,
    /// The account may not do this.
    Unauthorized,
    /// The device took too long.
    Timeout,
    /// The device is offline.
    Offline,
    /// A message doesn't fit.
    BadMessage,
    /// A certificate doesn't fit.
    BadCertificate,
    /// No such device, service, property, event or action.
    NotFound,
    /// The property can't be read, written or subscribed.
    Forbidden,
    /// The device can't do this in its present state.
    DeviceState,
    /// The device tried and failed.
    DeviceFailed,
}

impl MiotCode {
    /// What it means, if it is known.
    #[must_use]
    pub fn meaning(self) -> Option<&'static str> {
        self.row().map(|(_, meaning, _)| *meaning)
    }

    /// What it has to do with. Codes look like -70SSSNNNN with an HTTP-like status SSS, which tells for unknown ones.
    #[must_use]
    pub fn family(self) -> Family {
        if let Some((.., family)) = self.row() {
            return *family;
        }
        let digits = self.0.unsigned_abs();
        if self.0 >= 0 || !(700_000_000..710_000_000).contains(&digits) {
            return Family::Unknown;
        }
        match digits / 10_000 % 1000 {
            401 => Family::Unauthorized,
            403 => Family::Forbidden,
            404 | 409 => Family::NotFound,
            405 => Family::DeviceFailed,
            408 => Family::Timeout,
            422 => Family::BadValue,
            _ => Family::Unknown,
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub fn help(self) -> Option<&'static str> {
        Some(match self.family() {
            Family::BadValue => {
                "Check type, range and number of the values against the model's specification."
            }
            Family::Unauthorized => {
                "The device may have been removed from the account, or is only shared with it."
            }
            Family::Offline => "Check the device's power and network.",
            Family::NotFound => {
                "Check siid, piid and aiid against the model's specification, and the device id."
            }
            Family::Forbidden => {
                "The property can't be read or written: see its access in the specification."
            }
            Family::DeviceState => "Bring the device into a state in which it can do this: see its app.",
            Family::DeviceFailed => "Look at the device: it tried and failed.",
            Family::BadMessage | Family::BadCertificate => "Log in again.",
            Family::Unknown | Family::Unavailable | Family::Resource | Family::Internal | Family::Timeout => {
                return None;
            }
        })
    }

    fn row(self) -> Option<&'static (i64, &'static str, Family)> {
        let index = CODES.binary_search_by_key(&self.0, |(code, ..)| *code).ok()?;
        CODES.get(index)
    }
}

impl Family {
    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Unavailable => "unavailable",
            Self::BadValue => "bad_value",
            Self::Resource => "resource",
            Self::Internal => "internal",
            Self::Unauthorized => "unauthorized",
            Self::Timeout => "timeout",
            Self::Offline => "offline",
            Self::BadMessage => "bad_message",
            Self::BadCertificate => "bad_certificate",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::DeviceState => "device_state",
            Self::DeviceFailed => "device_failed",
        }
    }
}

/// Code, meaning, family; sorted by code.
#[rustfmt::skip]
const CODES: &[(i64, &str, Family)] = &[
    (-706014006, "Device description not found", Family::NotFound),
    (-706012043, "Property value error", Family::BadValue),
    (-706012033, "Property not subscribable", Family::Forbidden),
    (-706012023, "Property not writable", Family::Forbidden),
    (-706012015, "Action execution error", Family::DeviceFailed),
    (-706012013, "Property not readable", Family::Forbidden),
    (-706012000, "Unknown error", Family::Unknown),
    (-705201033, "Property not subscribable", Family::Forbidden),
    (-705201023, "Property not writable", Family::Forbidden),
    (-705201015, "Action execution error", Family::DeviceFailed),
    (-705201013, "Property not readable", Family::Forbidden),
    (-705004501, "Unknown error", Family::Unknown),
    (-705004000, "Unknown error", Family::Unknown),
    (-704222034, "Action return value error", Family::BadValue),
    (-704220043, "Property value error", Family::BadValue),
    (-704220035, "Action parameter error", Family::BadValue),
    (-704220025, "Action parameter count mismatch", Family::BadValue),
    (-704220008, "Invalid ID", Family::BadValue),
    (-704090001, "Device does not exist", Family::NotFound),
    (-704083036, "Device operation timeout", Family::Timeout),
    (-704053100, "Device cannot perform this operation in the current state", Family::DeviceState),
    (-704053036, "Device operation timeout", Family::Timeout),
    (-704042011, "Device offline", Family::Offline),
    (-704042001, "Device does not exist", Family::NotFound),
    (-704040999, "Feature not online", Family::Unavailable),
    (-704040005, "Action does not exist", Family::NotFound),
    (-704040004, "Event does not exist", Family::NotFound),
    (-704040003, "Property does not exist", Family::NotFound),
    (-704040002, "Service does not exist", Family::NotFound),
    (-704030033, "Property not subscribable", Family::Forbidden),
    (-704030023, "Property not writable", Family::Forbidden),
    (-704030013, "Property not readable", Family::Forbidden),
    (-704014006, "Device description not found", Family::NotFound),
    (-704010000, "Unauthorized (device may have been deleted)", Family::Unauthorized),
    (-704000000, "Unknown error", Family::Unknown),
    (-10050, "Invalid certificate", Family::BadCertificate),
    (-10040, "Invalid message format", Family::BadMessage),
    (-10030, "Invalid token (HTTP)", Family::Unauthorized),
    (-10020, "Unauthorized (OAuth2)", Family::Unauthorized),
    (-10007, "Device offline or does not exist", Family::Offline),
    (-10006, "Execution timeout", Family::Timeout),
    (-10005, "Insufficient permissions", Family::Unauthorized),
    (-10004, "Internal error", Family::Internal),
    (-10003, "Insufficient resources", Family::Resource),
    (-10002, "Invalid parameter", Family::BadValue),
    (-10001, "Service unavailable", Family::Unavailable),
    (-10000, "Unknown error", Family::Unknown),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        assert!(CODES.is_sorted_by(|(a, ..), (b, ..)| a < b));
        assert!(CODES.iter().all(|(code, ..)| MiotCode(*code).meaning().is_some()));
    }
}
