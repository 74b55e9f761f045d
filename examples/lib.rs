//! What the example programs do, one module a program.
//!
//! The programs themselves only call it: an example can't be reached from tests, a library can.

pub mod adverts;
pub mod flash;
pub mod gateway;
pub mod map;
pub mod openbeken;
