//! TuyaMCU: the serial protocol between a Wi-Fi module and the microcontroller behind it, 9600 8N1, both sides.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | 55 AA |
//! | 2 | 1 | version: 0 from the module, 3 from the MCU; 0 from battery devices, which have other command numbers |
//! | 3 | 1 | command |
//! | 4 | 2 | length of the payload, big-endian |
//! | 6 | n | payload |
//! | 6+n | 1 | sum of all before |
//!
//! ```
//! use openbeken::tuya_mcu::{DataPoint, DataValue, Frame};
//!
//! // Reported: data point 2 has the value 100.
//! let frame = Frame::parse(b"\x55\xaa\x03\x07\x00\x08\x02\x02\x00\x04\x00\x00\x00\x64\x7d")?;
//! let points = frame.data_points().unwrap();
//! assert_eq!((points.list[0].id, points.list[0].value()), (2, Some(DataValue::Value(100))));
//!
//! // Ask it to switch data point 1 on.
//! let set = Frame::set(&[DataPoint::bool(1, true)]);
//! assert_eq!(set.encode(), *b"\x55\xaa\x00\x06\x00\x05\x01\x01\x00\x01\x01\x0e");
//! # Ok::<(), openbeken::tuya_mcu::FrameError>(())
//! ```

mod data;
mod frame;
mod meter;

pub use self::data::{DataPoint, DataPoints, DataType, DataValue};
pub use self::frame::{Frame, FrameError, Frames, LocalTime, NetworkState, Stream, command};
pub use self::meter::{MeterFormat, MeterValues, color_text};
