//! What the bridge does; the program `bridge` only calls [`cli::main`].
//!
//! ```text
//! source::ble, miio, cloud, ..  ->  home  ->  mqtt::Session, home_assistant
//!   (each supervised alone)         |  ^          |
//!                                   v  +-- commands
//!                             show, metrics
//! ```
//!
//! [`home`] is the middle: it keeps the latest state of every device, tells what changed, and is bounded in every
//! direction. Sources and sinks know it, and not each other. [`sim`] plays a whole home over real sockets.

#![forbid(unsafe_code)]

pub mod bench;
pub mod cli;
pub mod config;
pub mod home;
pub mod home_assistant;
mod json;
pub mod metrics;
pub mod mqtt;
// The program `cloud` writes sessions; this reads them.
#[path = "../../cloud/private_file.rs"]
mod private_file;
pub mod run;
#[path = "../../cloud/session_file.rs"]
mod session_file;
pub mod show;
pub mod sim;
pub mod source;
pub mod state;
pub mod worker;
