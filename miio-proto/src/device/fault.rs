//! What real devices and links do wrong, on demand.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// A fault of a device. It hits one request (or one hello).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// No reply to a hello.
    NoHello,
    /// No answer to a request.
    Silence,
    /// The answer comes later than usual by this.
    Delay(Duration),
    /// The answer comes twice.
    Duplicate,
    /// An answer that nobody asked for comes before the right one.
    ForeignId,
    /// The answer's stamp is off by so many seconds.
    WrongStamp(i32),
    /// The answer is encrypted under another token.
    ForeignToken,
    /// The answer's JSON is broken.
    BrokenJson(BrokenJson),
    /// The device answers with an error.
    Error {
        /// The code, such as -9999.
        code: i64,
        /// The words.
        message: String,
    },
}

/// Broken JSON of real devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BrokenJson {
    /// Two commas in a row: it can be mended.
    ExtraComma,
    /// A list with a hole: it can be mended.
    Hole,
    /// Nothing at all.
    Empty,
    /// The text is cut off.
    Cut,
    /// Bytes after a zero byte: they can be cut.
    Garbage,
}

impl BrokenJson {
    pub(super) fn text(self, id: i64) -> Vec<u8> {
        match self {
            Self::ExtraComma => alloc::format!("{{\"id\":{id},,\"result\":[\"ok\"]}}").into_bytes(),
            Self::Hole => alloc::format!("{{\"id\":{id},\"result\":[1,,3]}}").into_bytes(),
            Self::Empty => Vec::new(),
            Self::Cut => alloc::format!("{{\"id\":{id},\"result\":[\"o").into_bytes(),
            Self::Garbage => alloc::format!("{{\"id\":{id},\"result\":[\"ok\"]}}\0k").into_bytes(),
        }
    }
}
