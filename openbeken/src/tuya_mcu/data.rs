use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A data point: id, type, length (big-endian), data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPoint<'a> {
    /// Its number.
    pub id: u8,
    /// Its type.
    pub data_type: DataType,
    /// Its bytes.
    pub data: Cow<'a, [u8]>,
}

/// The type of a data point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataType(pub u8);

impl DataType {
    /// Bytes.
    pub const RAW: Self = Self(0);
    /// 0 or 1.
    pub const BOOL: Self = Self(1);
    /// Four bytes with a sign.
    pub const VALUE: Self = Self(2);
    /// UTF-8.
    pub const STRING: Self = Self(3);
    /// A byte.
    pub const ENUM: Self = Self(4);
    /// One, two or four bytes.
    pub const BITMAP: Self = Self(5);

    /// The name; `None` for a type that nobody knows.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::RAW => "raw",
            Self::BOOL => "bool",
            Self::VALUE => "value",
            Self::STRING => "string",
            Self::ENUM => "enum",
            Self::BITMAP => "bitmap",
            _ => return None,
        })
    }
}

/// What a data point says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataValue<'a> {
    /// On or off.
    Bool(bool),
    /// A number.
    Value(i32),
    /// Text.
    Text(Cow<'a, str>),
    /// One of a few.
    Enum(u8),
    /// Bits.
    Bitmap(u32),
}

impl<'a> DataPoint<'a> {
    /// On or off.
    #[must_use]
    pub fn bool(id: u8, value: bool) -> Self {
        Self {
            id,
            data_type: DataType::BOOL,
            data: Vec::from([u8::from(value)]).into(),
        }
    }

    /// A number.
    #[must_use]
    pub fn value_of(id: u8, value: i32) -> Self {
        Self {
            id,
            data_type: DataType::VALUE,
            data: value.to_be_bytes().to_vec().into(),
        }
    }

    /// Text.
    #[must_use]
    pub const fn text(id: u8, text: &'a str) -> Self {
        Self {
            id,
            data_type: DataType::STRING,
            data: Cow::Borrowed(text.as_bytes()),
        }
    }

    /// One of a few.
    #[must_use]
    pub fn choice(id: u8, choice: u8) -> Self {
        Self {
            id,
            data_type: DataType::ENUM,
            data: Vec::from([choice]).into(),
        }
    }

    /// Bytes.
    #[must_use]
    pub const fn raw(id: u8, data: &'a [u8]) -> Self {
        Self {
            id,
            data_type: DataType::RAW,
            data: Cow::Borrowed(data),
        }
    }

    /// What it says; `None` for raw ones, unknown types, and lengths that the type doesn't have.
    #[must_use]
    pub fn value(&self) -> Option<DataValue<'_>> {
        let data = self.data.as_ref();
        match (self.data_type, data) {
            (DataType::BOOL, [byte]) => Some(DataValue::Bool(*byte != 0)),
            (DataType::VALUE, [a, b, c, d]) => Some(DataValue::Value(i32::from_be_bytes([*a, *b, *c, *d]))),
            (DataType::STRING, text) => core::str::from_utf8(text)
                .ok()
                .map(|text| DataValue::Text(text.into())),
            (DataType::ENUM, [byte]) => Some(DataValue::Enum(*byte)),
            (DataType::BITMAP, [_] | [_, _] | [_, _, _, _]) => Some(DataValue::Bitmap(
                data.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)),
            )),
            _ => None,
        }
    }

    pub(super) fn encode_all(points: &[DataPoint<'_>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for point in points {
            let data = point.data.get(..usize::from(u16::MAX)).unwrap_or(&point.data);
            bytes.extend([point.id, point.data_type.0]);
            bytes.extend((data.len() as u16).to_be_bytes());
            bytes.extend_from_slice(data);
        }
        bytes
    }
}

/// The data points of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataPoints<'a> {
    /// All that are whole.
    pub list: Vec<DataPoint<'a>>,
    /// Whether the payload ends within one.
    pub truncated: bool,
}

impl<'a> DataPoints<'a> {
    /// Reads a payload.
    #[must_use]
    pub fn parse(mut payload: &'a [u8]) -> Self {
        let mut list = Vec::new();
        while let [id, data_type, l0, l1, rest @ ..] = payload {
            let length = usize::from(u16::from_be_bytes([*l0, *l1]));
            let Some((data, after)) = rest.split_at_checked(length) else {
                break;
            };
            list.push(DataPoint {
                id: *id,
                data_type: DataType(*data_type),
                data: Cow::Borrowed(data),
            });
            payload = after;
        }
        Self {
            list,
            truncated: !payload.is_empty(),
        }
    }
}
