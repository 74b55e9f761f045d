//! Client against gateway over a network that loses, doubles, delays and reorders, driven by a seed.

#![allow(unreachable_pub, reason = "a test program exports nothing")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod devices;
mod discovery;
mod strangers;
mod verdicts;
mod weather;
mod world;
