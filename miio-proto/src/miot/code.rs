//! Result codes of MIoT: a device's own -4xxx, and the -70xxxyzzz of clouds and gateways.
//!
//! | digits of -70xxxyzzz | meaning |
//! |---|---|
//! | xxx | HTTP status |
//! | y | where it failed |
//! | zzz | what failed |

use core::fmt;

/// What a result code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// 0: done.
    Done,
    /// 1: accepted; the result follows, to the cloud.
    Accepted,
    /// Anything else.
    Failed(CodeError),
}

/// A code that says why it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CodeError {
    /// -4999 to -4000: the device itself.
    #[error("the device answers code {code}: {meaning}")]
    Device {
        /// The code.
        code: i64,
        /// What it means.
        meaning: DeviceMeaning,
    },
    /// -70xxxyzzz: the cloud, or a gateway that speaks like it.
    #[error("code -70{http:03}{}{sub:03}: {detail} ({place})", place.digit())]
    Cloud {
        /// HTTP status.
        http: u16,
        /// Where.
        place: Place,
        /// The last three digits.
        sub: u16,
        /// What they mean.
        detail: Detail,
    },
    /// Any other number.
    #[error("unknown code {code}")]
    Unknown {
        /// The code.
        code: i64,
    },
    /// The answer has neither a code nor a value for this instance.
    #[error("the answer leaves it out")]
    Missing,
}

/// What a device's own code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceMeaning {
    /// -4001.
    NotReadable,
    /// -4002.
    NotWritable,
    /// -4003: no such service, property, action or event.
    NoSuchInstance,
    /// -4004.
    InternalError,
    /// -4005.
    BadValue,
    /// -4006.
    BadActionParams,
    /// -4007.
    BadDid,
    /// Another one.
    Unknown,
}

/// Where a cloud code says that it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// 0.
    Client,
    /// 1.
    OpenPlatform,
    /// 2.
    DeviceCloud,
    /// 3.
    Device,
    /// 4.
    MiotSpec,
    /// Another digit.
    Unknown(u8),
}

/// What the last three digits of a cloud code say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Detail(&'static str);

impl Status {
    /// What a code says.
    ///
    /// ```
    /// use miio_proto::miot::Status;
    ///
    /// let Status::Failed(error) = Status::from_code(-704042011) else { panic!() };
    /// assert_eq!(error.to_string(), "code -704042011: device offline (device cloud)");
    /// assert_eq!(Status::from_code(0), Status::Done);
    /// ```
    #[must_use]
    pub fn from_code(code: i64) -> Self {
        Self::Failed(match code {
            0 => return Self::Done,
            1 => return Self::Accepted,
            -4999..=-4000 => CodeError::Device {
                code,
                meaning: DeviceMeaning::from_code(code),
            },
            // Nine digits that start with 70, whatever the sign: it says nothing.
            -709_999_999..=-700_000_000 | 700_000_000..=709_999_999 => {
                let digits = code.abs() - 700_000_000;
                let sub = (digits % 1000) as u16;
                CodeError::Cloud {
                    http: (digits / 10_000) as u16,
                    place: Place::from_digit((digits / 1000 % 10) as u8),
                    sub,
                    detail: Detail::from_number(sub),
                }
            }
            code => CodeError::Unknown { code },
        })
    }

    /// `Ok` for done and accepted.
    ///
    /// # Errors
    ///
    /// Any other code.
    pub const fn into_result(self) -> Result<(), CodeError> {
        match self {
            Self::Done | Self::Accepted => Ok(()),
            Self::Failed(error) => Err(error),
        }
    }
}

impl DeviceMeaning {
    const fn from_code(code: i64) -> Self {
        match code {
            -4001 => Self::NotReadable,
            -4002 => Self::NotWritable,
            -4003 => Self::NoSuchInstance,
            -4004 => Self::InternalError,
            -4005 => Self::BadValue,
            -4006 => Self::BadActionParams,
            -4007 => Self::BadDid,
            _ => Self::Unknown,
        }
    }

    /// The code; 0 for an unknown one.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::NotReadable => -4001,
            Self::NotWritable => -4002,
            Self::NoSuchInstance => -4003,
            Self::InternalError => -4004,
            Self::BadValue => -4005,
            Self::BadActionParams => -4006,
            Self::BadDid => -4007,
            Self::Unknown => 0,
        }
    }

    /// The name, in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotReadable => "not_readable",
            Self::NotWritable => "not_writable",
            Self::NoSuchInstance => "no_such_instance",
            Self::InternalError => "internal_error",
            Self::BadValue => "bad_value",
            Self::BadActionParams => "bad_action_params",
            Self::BadDid => "bad_did",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for DeviceMeaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReadable => "not readable",
            Self::NotWritable => "not writable",
            Self::NoSuchInstance => "no such service, property, action or event",
            Self::InternalError => "internal error",
            Self::BadValue => "wrong value",
            Self::BadActionParams => "wrong action parameters",
            Self::BadDid => "wrong did",
            Self::Unknown => "unknown",
        })
    }
}

impl Place {
    const fn from_digit(digit: u8) -> Self {
        match digit {
            0 => Self::Client,
            1 => Self::OpenPlatform,
            2 => Self::DeviceCloud,
            3 => Self::Device,
            4 => Self::MiotSpec,
            other => Self::Unknown(other),
        }
    }

    const fn digit(self) -> u8 {
        match self {
            Self::Client => 0,
            Self::OpenPlatform => 1,
            Self::DeviceCloud => 2,
            Self::Device => 3,
            Self::MiotSpec => 4,
            Self::Unknown(digit) => digit,
        }
    }

    /// The name, in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::OpenPlatform => "open_platform",
            Self::DeviceCloud => "device_cloud",
            Self::Device => "device",
            Self::MiotSpec => "miot_spec",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::OpenPlatform => "open platform",
            Self::DeviceCloud => "device cloud",
            Self::Device => "device",
            Self::MiotSpec => "MIoT specification",
            Self::Unknown(_) => "unknown place",
        })
    }
}

impl Detail {
    fn from_number(number: u16) -> Self {
        let found = DETAILS.binary_search_by_key(&number, |row| row.0).ok();
        Self(
            found
                .and_then(|index| DETAILS.get(index))
                .map_or("unknown", |row| row.1),
        )
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl CodeError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Device { meaning, .. } => match meaning {
                DeviceMeaning::NotReadable => {
                    Some("The property can only be written or is only reported to the cloud.")
                }
                DeviceMeaning::NotWritable => {
                    Some("The property can only be read; look for an action that changes it.")
                }
                DeviceMeaning::NoSuchInstance => Some(
                    "This firmware has no such number: check siid and piid against the specification of this very model and version.",
                ),
                DeviceMeaning::BadValue => {
                    Some("Check format, range and list of the value in the model's specification.")
                }
                DeviceMeaning::BadActionParams => Some(
                    "Send the action's inputs in the other form (plain values, or objects with piid and value), and all of them.",
                ),
                DeviceMeaning::BadDid => Some("Send the device's own numeric id as did."),
                DeviceMeaning::InternalError | DeviceMeaning::Unknown => Some(
                    "The device can't do it in its present state (off, charging, locked): change that, then try again.",
                ),
            },
            Self::Cloud { sub: 11 | 36, .. } => {
                Some("The device doesn't reach the gateway or cloud: check its power and its network.")
            }
            Self::Cloud { sub: 1, .. } => {
                Some("No such device in this account or behind this gateway: check the did.")
            }
            Self::Cloud { sub: 2..=5, .. } => {
                Some("Check siid, piid and aiid against the specification of this very model.")
            }
            Self::Cloud { sub: 13, .. } => Some("The property can't be read."),
            Self::Cloud { sub: 23, .. } => Some("The property can't be written."),
            Self::Cloud {
                sub: 43 | 25 | 35, ..
            } => Some("Check values and their number against the model's specification."),
            Self::Cloud { sub: 100, .. } => {
                Some("The device can't do this in its present state: switch it on or end what it does.")
            }
            Self::Cloud { sub: 901..=903, .. } => Some("Log in to the cloud again."),
            Self::Missing => {
                Some("The firmware leaves out what it doesn't have: ask for it alone to learn more.")
            }
            Self::Cloud { .. } | Self::Unknown { .. } => None,
        }
    }
}

/// Last three digits and meaning; sorted.
const DETAILS: &[(u16, &str)] = &[
    (0, "unknown"),
    (1, "no such device"),
    (2, "no such service"),
    (3, "no such property"),
    (4, "no such event"),
    (5, "no such action"),
    (6, "no description"),
    (7, "no device cloud"),
    (8, "bad id"),
    (9, "no such scene"),
    (11, "device offline"),
    (13, "not readable"),
    (15, "action failed"),
    (23, "not writable"),
    (25, "wrong number of action parameters"),
    (33, "cannot be subscribed"),
    (34, "wrong return value of the action"),
    (35, "wrong action parameter"),
    (36, "device timed out"),
    (43, "wrong value"),
    (100, "not possible in the present state"),
    (101, "not supported by the infrared device"),
    (901, "token missing or expired"),
    (902, "token invalid"),
    (903, "authorisation expired"),
    (904, "voice device not authorised"),
    (905, "not bound"),
    (999, "not live"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        assert!(DETAILS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_cloud_code_prints_as_it_came() {
        for code in [-704_042_011, -709_999_999, -700_000_000, -705_201_013] {
            let Status::Failed(error) = Status::from_code(code) else {
                panic!("an error")
            };
            let text = error.to_string();
            assert!(text.contains(&code.to_string()), "{text}");
            assert_eq!(Status::from_code(-code), Status::Failed(error));
        }
        for code in [-699_999_999, -710_000_000, 7_040_420_110, 704_042] {
            assert_eq!(
                Status::from_code(code),
                Status::Failed(CodeError::Unknown { code })
            );
        }
        assert_eq!(
            Status::from_code(i64::MIN),
            Status::Failed(CodeError::Unknown { code: i64::MIN })
        );
    }
}
